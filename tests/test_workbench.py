"""What a notebook holds: a study's surveys, and a report that collects what it prints."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from conftest import copy_study

import mspsurvey as ms
from mspsurvey.errors import DefinitionError, NotBuiltError, PublicationError
from mspsurvey.workbench import STAGE, Contrast, Report, Study


@pytest.fixture(scope="module")
def study(demo: Path) -> Study:
    return ms.study(demo)


@pytest.fixture
def report(study: Study, monkeypatch: pytest.MonkeyPatch) -> Report:
    monkeypatch.delenv(STAGE, raising=False)
    return study.report("99_test")


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What a report shows, in the order in which it shows it."""
    shown: list[str] = []
    monkeypatch.setattr("mspsurvey.workbench.report.show", shown.append)
    return shown


def test_a_study_that_is_not_built_says_how_to_build_it(tmp_path: Path) -> None:
    unbuilt = ms.study(copy_study(tmp_path))
    with pytest.raises(NotBuiltError, match="make report"):
        _ = unbuilt.msps


def test_the_surveys_know_their_design_and_that_they_are_synthetic(study: Study) -> None:
    assert study.msps.synthetic
    assert "6 strata" in repr(study.msps)
    assert study.pairs.sample_type == "referral"


def test_a_share_of_clients_speaks_of_clients(study: Study) -> None:
    est = study.msps.share("base_class", of="clients_served")
    assert est.population == "contract clients of MSP firms"


def test_a_referral_sample_gets_no_margin_of_error(study: Study) -> None:
    est = study.pairs.share("outs_level")
    assert est.precision_kind == "none"
    assert est.frame[["low", "high"]].isna().all(axis=None)


def test_what_firms_say_of_themselves_is_known_however_it_was_computed(study: Study) -> None:
    assert study.self_reported("msps", ["g1"])
    assert study.self_reported("msps", ["mat_level"])  # from the score, from the practices
    assert not study.self_reported("msps", ["size"])
    assert not study.self_reported("clients", ["outs_level"])


def test_a_computed_variable_names_the_questions_it_comes_from(study: Study) -> None:
    words = study.wording("clients", ["it_staff"])
    assert "it_internal_fte" in words
    assert study.wording("clients", ["prov_any"]) == ""


def test_numbers_in_prose_are_findings(report: Report, study: Study, said: list[str]) -> None:
    found = report.find(study.msps.share("base_class"), question="q", source="msps")
    report.say("{share:about} firms ({share}) do not.", share=found["not_met"])
    assert said[0].startswith("About ")
    assert f"({found['not_met']})" in said[0]
    assert set(report.findings) == {"q.met", "q.partly", "q.not_met"}


@pytest.mark.parametrize("number", ["44%", "1,234", "0.4", "12 points"])
def test_a_number_that_is_no_finding_is_refused(report: Report, number: str) -> None:
    with pytest.raises(PublicationError, match="prints no other numbers"):
        report.say("It is {it}.", it=number)


def test_a_causal_claim_is_refused(report: Report, study: Study) -> None:
    found = report.find(study.msps.share("base_class"), question="q", source="msps")
    with pytest.raises(PublicationError, match="leads to"):
        report.say("Size leads to {it}.", it=found["met"])


def test_a_headline_is_the_sentence_of_its_finding(
    report: Report, study: Study, said: list[str]
) -> None:
    found = report.find(study.msps.share("base_class"), question="q", source="msps")
    report.headline("{it} of firms *meet* it.", found["met"])
    assert report.headlines == ["q.met"]
    assert report.findings["q.met"].sentence == f"{found['met']} of firms meet it."
    assert said == [f"{found['met']} of firms *meet* it."]


def test_a_contrast_is_in_words_and_kept_with_its_finding(report: Report, study: Study) -> None:
    est = study.msps.share("base_class", by="size").pick(level="not_met")
    found = report.find(est, question="q", source="msps")
    words = report.contrast(found["not_met", "1-4"], est, "1-4", "20-49", out_of=1)
    assert isinstance(words, Contrast)
    assert words.startswith("more likely, by ")
    kept = report.findings["q.not_met.1-4"]
    rows = est.data.set_index("size")["estimate"]
    assert kept.diff == pytest.approx(rows["1-4"] - rows["20-49"])
    assert kept.n_comparisons == 1


def test_ends_are_the_first_and_last_group_that_may_be_shown(report: Report, study: Study) -> None:
    est = study.clients.share("outs_level", by="size").pick(level="ad_hoc")
    shown = est.frame.dropna(subset="estimate")["size"].tolist()
    assert report.ends(est) == (shown[0], shown[-1])


def test_a_derived_finding_has_no_interval(report: Report, study: Study) -> None:
    found = report.find(study.msps.share("base_class"), question="q", source="msps")
    made = report.derive(found["met"], part="half", estimate=0.5, estimand="half of something")
    assert f"{made}" == "50%"
    assert made.lo is None
    assert made.finding_id == "q.met.half"


def test_a_chart_carries_all_twenty_fields(report: Report, study: Study) -> None:
    est = study.msps.share("base_class")
    found = report.find(
        est, question="q", source="msps", hypothesis="H3", caveats=["Self-report."]
    )
    drawn = report.chart(
        "bars", est, id="x", title="{it} of firms fall short", subtitle="Share of firms",
        finding=found["not_met"], note="One share; no comparison.",
    )  # fmt: skip
    assert drawn.id == "99-x"
    assert drawn.fields.lacking() == ()
    assert "H3" in drawn.fields.direction


def test_a_chart_without_caveats_is_refused(report: Report, study: Study) -> None:
    est = study.msps.share("base_class")
    found = report.find(est, question="q", source="msps")
    with pytest.raises(PublicationError, match="caveats"):
        report.chart(
            "bars", est, id="x", title="{it} of firms", subtitle="Share", note="None.",
            finding=found["met"],
        )  # fmt: skip


def test_close_hands_over_to_a_build_and_else_writes_nothing(
    report: Report, study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    report.find(study.msps.share("base_class"), question="q", source="msps")
    monkeypatch.chdir(tmp_path)
    report.close()
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setenv(STAGE, str(tmp_path))
    report.close()
    assert {row["finding_id"] for row in json.loads((tmp_path / "findings.json").read_text())} == {
        "q.met", "q.partly", "q.not_met",
    }  # fmt: skip
    told = json.loads((tmp_path / "report.json").read_text())
    assert told == {"charts": [], "tables": [], "headlines": []}


def test_a_table_of_a_report_is_offered_as_csv_in_a_build_only(
    report: Report, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[str] = []
    monkeypatch.setattr("IPython.display.display", lambda made: shown.append(made.data))
    frame = pd.DataFrame({"n": ["1,280"]}, index=pd.Index(["=A1"], name="What"))
    report.table(frame, id="rows", title="Rows")
    assert "Download" not in shown[0]
    with pytest.raises(PublicationError, match="two called 'rows'"):
        report.table(frame, id="rows", title="Rows")
    monkeypatch.setenv(STAGE, str(tmp_path))
    report.table(frame, id="more", title="More", note="Of all.")
    report.close()
    assert '<a href="charts/99-more.csv">CSV' in shown[1]
    written = (tmp_path / "charts/99-more.csv").read_text()
    assert written.startswith("What,n\n'=A1,1280\n# SYNTHETIC")
    assert json.loads((tmp_path / "report.json").read_text())["tables"] == ["99-rows", "99-more"]


def test_an_unknown_hypothesis_or_benchmark_is_named(report: Report, study: Study) -> None:
    with pytest.raises(DefinitionError, match="H333"):
        report.find(study.msps.share("size"), question="q", source="msps", hypothesis="H333")
    with pytest.raises(DefinitionError, match=r"Known: outs_level|Did you mean 'outs_level'"):
        study.benchmark("outs_levels")


def test_the_response_rate_comes_from_the_dispositions_of_the_sample(study: Study) -> None:
    response = study.response("msps")
    assert response.sampled == 7200
    assert 0.1 < response.rate("RR3") < 0.4
