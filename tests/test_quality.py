"""Signs of careless answering."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
from intake_sample import work_of

from mspsurvey.instrument import load_instrument
from mspsurvey.intake.clean import clean
from mspsurvey.intake.quality import quality_flags
from mspsurvey.intake.work import Log, Work

GRIDS = """
instrument: grids
title: Grids
version: "1.0"
population: firms
reference_period: now
blocks:
  - name: main
    questions:
      - name: one
        kind: grid
        text: "One:"
        options: &scale
          - {{code: "1", label: Low}}
          - {{code: "2", label: Mid}}
          - {{code: "3", label: High}}
        rows: [{rows_a}]
      - name: two
        kind: grid
        text: "Two:"
        options: *scale
        rows: [{rows_b}]
      - name: attn
        kind: single
        role: paradata
        text: Choose b.
        options: [{{code: a, label: A, value: 0}}, {{code: b, label: B, value: 1}}]
"""


def grids(tmp_path, *rows):
    names = [f"{g}{i}" for g in "ab" for i in range(6)]
    path = tmp_path / "grids.yaml"
    listed = [", ".join(f"{{name: {n}, text: {n}}}" for n in names if n[0] == g) for g in "ab"]
    path.write_text(GRIDS.format(rows_a=listed[0], rows_b=listed[1]), encoding="utf-8")
    cells = [dict(zip(names, row, strict=True)) | {"attn": "b"} for row in rows]
    answers = pd.DataFrame(cells, dtype="str")
    meta = pd.DataFrame({"duration_s": [600.0] * len(rows)})
    missing = pd.DataFrame("", index=answers.index, columns=answers.columns, dtype="str")
    return Work("msps", load_instrument(path), answers, missing, meta)


def test_one_answer_in_two_long_grids_is_a_straight_line(tmp_path):
    work = grids(tmp_path, "111111222222", "111111222221", "121111211111")
    assert quality_flags(work).tolist() == ["C2", "", ""]


def test_a_missed_attention_check_is_flagged_and_a_blank_one_is_not(tmp_path):
    work = grids(tmp_path, "121111211111", "121111211111", "121111211111")
    attn = pd.Series(["a", "b", None], dtype="str")
    assert quality_flags(replace(work, answers=work.answers.assign(attn=attn))).tolist() == [
        "C3", "", "",
    ]  # fmt: skip


def test_a_speeder_needs_less_than_a_third_of_the_median(tmp_path):
    seconds = ("600", "600", "600", "190", "210")
    work, _ = clean(work_of(tmp_path, *({"SECONDS": s} for s in seconds)), Log())
    # A third of 600 is 200.
    assert quality_flags(work).tolist() == ["", "", "", "C1", ""]


def test_an_unknown_duration_is_no_speed(tmp_path):
    work, _ = clean(work_of(tmp_path, {}, {"SECONDS": "nan"}), Log())
    assert quality_flags(work).tolist() == ["", ""]
