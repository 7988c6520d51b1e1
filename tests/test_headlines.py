"""What leaving careless responses out does to a figure, and how a report shows it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

import mspsurvey as ms
from mspsurvey.errors import PublicationError
from mspsurvey.instrument import load_instrument
from mspsurvey.schema import QUALITY_FLAGS
from mspsurvey.workbench.data_quality import headline_changes
from mspsurvey.workbench.headlines import HEADLINES, TRIED, Headline, sensitivity, staying
from mspsurvey.workbench.tables import table_csv, table_html

INSTRUMENT = """
instrument: tiny
title: Tiny
version: "1.0"
population: firms
reference_period: now
blocks:
  - name: main
    questions:
      - name: plan
        kind: single
        text: A plan?
        options: [{code: "yes", label: "Yes"}, {code: "no", label: "No"}]
"""


def survey(folder: Path) -> ms.Survey:
    """A hundred firms, forty with a plan; the last twenty were too fast, ten with a plan."""
    (folder / "tiny.yaml").write_text(INSTRUMENT, encoding="utf-8")
    frame = pd.DataFrame(
        {
            "plan": ["yes"] * 30 + ["no"] * 50 + ["yes"] * 10 + ["no"] * 10,
            "flags": [""] * 80 + ["C1"] * 18 + ["C1 C3"] * 2,
        }
    )
    return ms.Survey(frame, instrument=load_instrument(folder / "tiny.yaml"))


def test_each_rule_leaves_out_whom_it_names_and_the_share_is_of_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = Headline("q", "firms with a plan", "msps", "plan", ("yes",))
    monkeypatch.setattr("mspsurvey.workbench.headlines.HEADLINES", (plan,))
    asked = survey(tmp_path)
    found = sensitivity({"msps": asked}, {"msps": asked.frame["flags"]}).set_index("rule")
    assert found.loc["", ["left_out", "n"]].tolist() == [0, 100]
    assert found.loc["", "estimate"] == pytest.approx(40 / 100)
    assert found.loc["C1", ["left_out", "n"]].tolist() == [20, 80]
    assert found.loc["C1", "estimate"] == pytest.approx(30 / 80)
    assert found.loc["C1", "change"] == pytest.approx(100 * (30 / 80 - 40 / 100))
    assert found.loc["C3", "left_out"] == 2
    # A rule that leaves nobody out has no row.
    assert set(found.index) == {"", "C1", "C3", "two or C5", "any"}


def test_a_headline_of_what_a_study_does_not_ask_is_passed_over(tmp_path: Path) -> None:
    asked = survey(tmp_path)
    for absent in ({"item": "no"}, {"of": "no"}, {"where": "no == 'yes'"}):
        headline = replace(Headline("q", "firms", "msps", "plan", ("yes",)), **absent)
        assert not headline.asked_in(asked)
    assert sensitivity({"msps": asked}, {"msps": asked.frame["flags"]}).empty


def test_who_stays_is_a_condition_that_an_audit_can_read(tmp_path: Path) -> None:
    asked = survey(tmp_path)
    flags = asked.frame["flags"]
    rule = staying(flags, flags.str.contains("C3"))
    assert rule == "flags not in ['C1 C3']"
    assert asked.where(rule).share("plan").frame["n"].iloc[0] == 98


def test_there_are_ten_headlines_of_reports_one_to_three() -> None:
    assert len(HEADLINES) == 10
    assert len({headline.id for headline in HEADLINES}) == 10
    assert set(QUALITY_FLAGS) <= set(TRIED)


def test_a_table_of_a_report_is_text_and_claims_no_cause() -> None:
    frame = pd.DataFrame({"n <b>": ["<script>"]}, index=pd.Index(["a & b"], name="What"))
    made = table_html(frame, title="Counts", note="Of all rows.")
    assert "<script>" not in made
    assert "&lt;script&gt;" in made
    assert "a &amp; b" in made
    with pytest.raises(PublicationError, match="go with"):
        table_html(frame, title="Carelessness causes errors")


def test_a_table_as_csv_has_plain_numbers_and_no_formulas() -> None:
    cells = {"n": ["1,280", "–", "45.2%"], "+x": ["−1.2", "+0.3", "@now"]}
    frame = pd.DataFrame(cells, index=["=1+1", "b, c", ' "d" '])
    assert table_csv(frame, ["Counts,\nof rows", ""]).splitlines() == [
        ",n,'+x", "'=1+1,1280,-1.2", '"b, c",–,+0.3', "\" \"\"d\"\" \",45.2%,'@now",
        '"# Counts, of rows"',
    ]  # fmt: skip


def test_what_fewer_than_ten_left_out_would_tell_is_not_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = Headline("q", "firms with a plan", "msps", "plan", ("yes",))
    monkeypatch.setattr("mspsurvey.workbench.headlines.HEADLINES", (plan,))
    asked = survey(tmp_path)
    flags = asked.frame["flags"]
    study = SimpleNamespace(sensitivity=sensitivity({"msps": asked}, {"msps": flags}))
    # C1 leaves out twenty; C3 and two signs only two.
    assert list(headline_changes(study)) == ["As published", "C1", "any"]
