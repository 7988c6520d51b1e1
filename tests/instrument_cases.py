"""Small instruments for the tests of linter, routes, writers and round trip."""

from __future__ import annotations

from pathlib import Path

from hypothesis import strategies as st

from mspsurvey.instrument import Instrument, load_instrument

HEAD = """\
instrument: tiny
title: A tiny survey
version: "1.0"
population: Firms
reference_period: the last 12 months
"""

ROUTED = (
    HEAD
    + """\
eligible_if: scr == 'yes'
blocks:
  - name: screener
    title: First
    intro: An MSP manages the IT of others.
    questions:
      - name: scr
        kind: single
        text: Do you manage IT?
        label: Manages IT
        required: true
        options:
          - {code: "yes", label: "Yes"}
          - {code: "no", label: "No"}
  - name: main
    title: Second
    questions:
      - {name: emp, kind: number, text: How many people?, label: Staff, low: 1, high: 100}
      - name: size
        kind: single
        text: Which size?
        label: Size
        ordered: true
        options:
          - {code: "1", label: 1 to 4}
          - {code: "2", label: 5 to 9}
          - {code: "10", label: 10 or more}
          - {code: dk, label: Don't know, missing: dont_know}
      - name: tools
        kind: multi
        text: Which tools?
        label: Tools
        options:
          - {code: edr, label: Detection software, short: EDR}
          - {code: other, label: Another}
          - {code: dk, label: Don't know, missing: dont_know}
        other: which?
      - {name: note, kind: text, text: Anything else?, label: Remark}
"""
)


def made(folder: Path, text: str, name: str = "tiny.yaml") -> Instrument:
    """Write a questionnaire and read it."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return load_instrument(path)


comparisons = st.one_of(
    st.builds(
        "emp {} {}".format, st.sampled_from(["==", "!=", "<", "<=", ">", ">="]), st.integers(0, 9)
    ),
    st.builds("emp {} [{}, 4]".format, st.sampled_from(["in", "not in"]), st.integers(0, 9)),
    st.builds("size {} {}".format, st.sampled_from(["<", "<=", ">", ">="]), st.integers(0, 11)),
    st.builds("size {} '{}'".format, st.sampled_from(["==", "!="]), st.sampled_from("12")),
    st.sampled_from(["size in ['1', '10']", "size not in ['1', '10']"]),
    st.builds(
        "tools_{} {} '{}'".format, st.sampled_from(["edr", "other", "dk"]),
        st.sampled_from(["==", "!="]), st.sampled_from(["yes", "no"]),
    ),
    st.sampled_from(["note == 'x'", "note != 'x'", "note in ['x', 'y']", "note not in ['x']"]),
)  # fmt: skip
conditions = st.recursive(
    comparisons,
    lambda inner: st.one_of(
        st.builds("({}) and ({})".format, inner, inner),
        st.builds("({}) or ({})".format, inner, inner),
        st.builds("not ({})".format, inner),
    ),
    max_leaves=5,
)
"""Conditions on the variables of ``ROUTED``."""

cells = st.fixed_dictionaries(
    {
        "emp": st.sampled_from(["", "0", "3", "4", "7", "100"]),
        "size": st.sampled_from(["", "1", "2", "10", "dk"]),
        "tools": st.sets(st.sampled_from(["edr", "other", "dk"])),
        "note": st.sampled_from(["", "x", "y", "it's"]),
    }
)
"""Cells as a platform stores them: a blank, a code, a reason for no answer, several ticks."""
