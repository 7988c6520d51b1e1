"""A questionnaire with one question of each kind that platforms export in ways of their own."""

from __future__ import annotations

INSTRUMENT = """
instrument: drinks
title: What firms drink
version: "1.0"
population: firms
reference_period: the last week
option_sets:
  agree:
    - {code: "1", label: Disagree}
    - {code: "2", label: Agree}
    - {code: dk, label: Don't know, missing: dont_know}
blocks:
  - name: main
    title: Main
    questions:
      - name: host
        kind: single
        text: Who pays?
        options:
          - {code: firm, label: The firm}
          - {code: staff, label: "Staff, each"}
      - name: kind_of
        kind: multi
        text: Which drinks are there?
        options:
          - {code: tea, label: Tea}
          - {code: milk, label: "Milk (cold, warm)"}
          - {code: cocoa, label: Cocoa}
      - name: view
        kind: grid
        text: "Do you agree:"
        options: agree
        rows: [{name: view_hot, text: It is hot}, {name: view_good, text: It is good}]
      - {name: cups, kind: number, text: How many cups?, low: 0, high: 50}
"""
