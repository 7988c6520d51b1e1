"""The main job, end to end: the demo's raw exports in, its reports out."""

from __future__ import annotations

import csv
import filecmp
import json
import re
import shutil
from dataclasses import fields
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from conftest import ROOT, copy_study, mspsurvey

from mspsurvey.evidence.finding import Finding
from mspsurvey.schema import Processed

SOURCES = {
    "msps": "msp_survey.csv",
    "clients": "client_survey.csv",
    "pairs": "referral_survey.csv",
}
HEADER_ROWS = {"msps": 3, "clients": 1, "pairs": 1}
REPORTS = ("01_maturity", "02_baseline", "03_outsourcing", "08_quality")


@pytest.fixture(scope="session")
def processed(demo: Path) -> Processed:
    return Processed(demo / "data" / "processed")


@pytest.fixture(scope="session")
def findings(demo: Path) -> dict[str, dict[str, object]]:
    rows = json.loads((demo / "reports" / "findings.json").read_text(encoding="utf-8"))
    return {row["finding_id"]: row for row in rows}


def raw_records(source: str) -> list[list[str]]:
    path = ROOT / "data" / "raw" / SOURCES[source]
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))[HEADER_ROWS[source] :]


# ---- Nothing is lost ------------------------------------------------------------------------


@pytest.mark.parametrize("source", SOURCES)
def test_each_raw_row_is_kept_quarantined_or_a_duplicate_exactly_once(
    processed: Processed, source: str
) -> None:
    kept = pd.read_parquet(processed.responses(source))["row"].tolist()
    logs = {name: pd.read_parquet(processed.log(name)) for name in ("quarantine", "duplicates")}
    others = [r for log in logs.values() for r in log.loc[log["source"].eq(source), "row"]]
    assert sorted([*kept, *others]) == list(range(1, len(raw_records(source)) + 1))


@pytest.mark.parametrize("source", SOURCES)
def test_the_count_closes(processed: Processed, source: str) -> None:
    counts = pd.read_parquet(processed.log("counts")).set_index("source").loc[source]
    assert counts["rows_in"] == len(raw_records(source))
    assert counts["rows_in"] == counts[["kept", "quarantined", "duplicates"]].sum()


def test_each_row_set_aside_has_a_rule_and_a_reason(processed: Processed) -> None:
    for name in ("quarantine", "duplicates", "changes"):
        log = pd.read_parquet(processed.log(name))
        assert log["rule"].str.len().gt(0).all()
        assert log["reason"].str.len().gt(0).all()


# ---- Nothing personal comes out -------------------------------------------------------------


def personal_values() -> set[str]:
    """IP addresses, e-mail addresses and names of firms in the raw files."""
    firms = pd.read_csv(
        ROOT / "data/raw/msp_survey.csv", header=0, skiprows=[1, 2], dtype="str",
        keep_default_na=False, encoding="utf-8-sig",
    )  # fmt: skip
    clients = [
        pd.read_csv(ROOT / "data/raw" / name, dtype="str", keep_default_na=False)
        for name in ("client_survey.csv", "referral_survey.csv")
    ]
    values = {*firms["IPAddress"], *firms["firm_name"], *firms["firm_domain"]}
    values |= {ip for frame in clients for ip in frame["ipaddr"]}
    text = " ".join((ROOT / "data/raw" / name).read_text("utf-8-sig") for name in SOURCES.values())
    values |= set(re.findall(r"[\w.]+@[\w.]+\.\w+", text))
    return {value for value in values if len(value) > 5}


def test_no_personal_value_of_the_raw_files_stands_in_any_output(demo: Path) -> None:
    values = personal_values()
    assert len(values) > 1000
    said = set()
    for path in sorted((demo / "data/processed").rglob("*.parquet")):
        frame = pd.read_parquet(path)
        for name in frame.select_dtypes(exclude=["number", "datetime", "datetimetz"]):
            said |= set(frame[name].dropna().astype("str").unique())
    assert not said & values
    # A firm's name could also stand inside a longer text.
    longer = "\n".join(text for text in said if " " in text)
    assert not [value for value in values if "@" in value and value in longer]


def test_no_name_of_a_firm_stands_on_a_page(demo: Path) -> None:
    names = {v for v in personal_values() if " " in v or "@" in v}
    for path in [*(demo / "reports").glob("*.html"), *(demo / "reports").rglob("*.csv")]:
        text = path.read_text(encoding="utf-8")
        assert not [name for name in names if name in text], path.name


# ---- The numbers are right ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "variable"), [("q1", "mat_level"), ("q5", "base_class"), ("q9", "outs_level")]
)
def test_weighted_shares_agree_with_a_computation_by_hand(
    processed: Processed, findings: dict[str, dict[str, object]], question: str, variable: str
) -> None:
    source = "clients" if question == "q9" else "msps"
    frame = pd.read_parquet(processed.joined(source))[[variable, "w"]].dropna()
    for level, part in frame.groupby(variable, observed=True):
        by_hand = part["w"].sum() / frame["w"].sum()
        assert findings[f"{question}.{level}"]["estimate"] == pytest.approx(by_hand, rel=1e-12)
        assert findings[f"{question}.{level}"]["n"] == len(frame)


def test_every_margin_is_hit(processed: Processed) -> None:
    for source, prefix in (("msps", "msp"), ("clients", "client")):
        frame = pd.read_parquet(processed.joined(source))
        for path in sorted((ROOT / "definitions/margins").glob(f"{prefix}_*.csv")):
            margin = pd.read_csv(path, dtype={"level": "str"})
            variable = margin["variable"].iloc[0]
            sums = frame.groupby(variable, observed=True)["w"].sum()
            got = sums / sums.sum()
            wanted = margin.set_index("level")["total"] / margin["total"].sum()
            np.testing.assert_allclose(got[wanted.index], wanted, rtol=1e-6, err_msg=path.name)


def test_the_baseline_class_can_be_worked_out_again_from_the_answers(processed: Processed) -> None:
    frame = pd.read_parquet(processed.joined("msps"))
    criteria = ["g1", "g3", "p2", "p4", "o2", "o3", "a1", "a4", "d1", "i1", "t1", "t2"]
    critical = ["g1", "a1", "d1", "i1"]
    whole = frame[frame[criteria].notna().all(axis=1)]  # no missing answer: no edge cases
    assert len(whole) > 500
    met = whole[criteria].astype("float64") >= 2
    n, c = met.sum(axis=1), met[critical].sum(axis=1)
    by_hand = np.select(
        [(n >= 10) & (c == 4), (n >= 7) & (c >= 3)], ["met", "partly"], default="not_met"
    )
    assert (whole["base_class"].astype("str") == by_hand).all()


def test_the_share_not_met_is_near_what_the_invented_firms_report(
    findings: dict[str, dict[str, object]],
) -> None:
    truth = json.loads((ROOT / "data/truth/truth.json").read_text(encoding="utf-8"))
    reported = truth["firms"]["base_class_as_reported"]["not_met"]
    # The scenario makes mature firms answer more often: the estimate is low by some points,
    # and no interval knows it.
    bias = float(findings["q5.not_met"]["estimate"]) - reported
    assert -0.07 < bias < 0.02


def test_clients_outsourcing_is_near_the_truth(findings: dict[str, dict[str, object]]) -> None:
    truth = json.loads((ROOT / "data/truth/truth.json").read_text(encoding="utf-8"))
    for level, share in truth["clients"]["outs_level"].items():
        assert float(findings[f"q9.{level}"]["estimate"]) == pytest.approx(share, abs=0.04)


# ---- The outputs are fit to be held ---------------------------------------------------------


def test_each_finding_has_the_fields_of_the_register_and_is_synthetic(
    findings: dict[str, dict[str, object]],
) -> None:
    names = [f.name for f in fields(Finding)]
    assert len(findings) > 100
    for row in findings.values():
        assert list(row) == names
        assert row["synthetic"] is True
        assert row["code_ref"]
        assert row["data_hash"]


def test_a_suppressed_finding_holds_no_number(findings: dict[str, dict[str, object]]) -> None:
    suppressed = [row for row in findings.values() if row["suppressed"]]
    assert suppressed
    for row in suppressed:
        assert row["estimate"] is None
        assert row["lo"] is None
        assert not re.search(r"\d%", str(row["sentence"]))


@pytest.mark.parametrize("page", ["index", "methods", *REPORTS])
def test_each_page_says_synthetic_and_names_no_network_address(demo: Path, page: str) -> None:
    text = (demo / "reports" / f"{page}.html").read_text(encoding="utf-8")
    assert "SYNTHETIC" in text
    assert not re.search(r"https?://", text)


def test_each_chart_has_its_files_and_each_says_synthetic(demo: Path) -> None:
    folder = demo / "reports" / "charts"
    names = {path.stem for path in folder.glob("*.json")}
    assert len(names) >= 8
    for name in names:
        files = {path.suffix: path for path in folder.glob(f"{name}.*")}
        assert set(files) == {".png", ".svg", ".pdf", ".csv", ".json"}
        assert "SYNTHETIC" in files[".svg"].read_text(encoding="utf-8")
        record = json.loads(files[".json"].read_text(encoding="utf-8"))["provenance"]
        assert any("SYNTHETIC" in stamp for stamp in record["stamps"])
        assert all(value for value in record["fields"].values())


def test_each_table_of_report_eight_is_a_csv_that_its_page_offers(demo: Path) -> None:
    folder, page = demo / "reports" / "charts", demo / "reports" / "08_quality.html"
    names = {path.stem for path in folder.iterdir()} - {p.stem for p in folder.glob("*.json")}
    assert len(names) == 10
    offered = page.read_text(encoding="utf-8")
    for name in names:
        assert f'href="charts/{name}.csv"' in offered
        assert "# SYNTHETIC" in (folder / f"{name}.csv").read_text(encoding="utf-8")


def test_every_figure_has_alternative_text(demo: Path) -> None:
    for page in REPORTS:
        text = (demo / "reports" / f"{page}.html").read_text(encoding="utf-8")
        figures = text.count("<figure")
        labels = re.findall(r'<div role="img"[^>]*aria-label="([^"]+)"', text)
        assert figures >= 3
        assert len([label for label in labels if len(label.split()) > 10]) == figures


def test_the_manifest_names_every_raw_file_and_every_page(demo: Path) -> None:
    manifest = json.loads((demo / "reports/manifest.json").read_text(encoding="utf-8"))
    assert {f"data/raw/{name}" for name in SOURCES.values()} <= set(manifest["inputs"])
    assert {f"reports/{name}.html" for name in REPORTS} <= set(manifest["outputs"])


# ---- Builds ---------------------------------------------------------------------------------


def test_a_second_build_with_nothing_changed_does_nothing(demo: Path) -> None:
    done = mspsurvey(demo, "build")
    assert done.returncode == 0
    assert "Nothing has changed" in done.stdout


def test_the_same_inputs_give_the_same_bytes(demo: Path, tmp_path: Path) -> None:
    other = copy_study(tmp_path)
    done = mspsurvey(other, "report", "03_outsourcing")
    assert done.returncode == 0, done.stderr
    made = [p for p in (other / "reports").rglob("*") if p.is_file()]
    made.remove(other / "reports" / "manifest.json")  # lists one report, the demo's all of them
    made += sorted((other / "data/processed").rglob("*.parquet"))
    assert len(made) > 30
    different = [
        str(path.relative_to(other))
        for path in made
        if not filecmp.cmp(path, demo / path.relative_to(other), shallow=False)
    ]
    assert different == []


def spoil(study: Path, name: str, change: object) -> None:
    path = study / name
    path.write_bytes(change(path.read_bytes()))  # type: ignore[operator]


BROKEN = {
    "a broken instrument": (
        "definitions/msp.yaml", lambda b: b.replace(b"blocks:", b"blocks: [", 1), "msp.yaml",
    ),
    "an empty export": ("data/raw/msp_survey.csv", lambda _: b"", "msp_survey.csv"),
    "an export of another survey": (
        "data/raw/client_survey.csv",
        lambda _: b"id,submitdate,lastpage,startlanguage,token,colour\n"
                  b"1,2026-01-01 10:00:00,3,en,T1,blue\n",
        "client_survey.csv",
    ),
    "a wrong encoding": (
        "data/raw/msp_survey.csv", lambda b: b.decode("utf-8-sig").encode("utf-32"),
        "msp_survey.csv",
    ),
    "a broken rubric": (
        "definitions/rubric.toml", lambda b: b.replace(b"version =", b"version", 1), "rubric.toml",
    ),
    "a margin without a level": (
        "definitions/margins/msp_size.csv",
        lambda b: b"\n".join(line for line in b.splitlines() if b"100+" not in line) + b"\n",
        "'size' sums to",
    ),
}  # fmt: skip


@pytest.fixture(scope="session")
def breakable(demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A built study that tests may spoil, if they mend it afterwards."""
    return Path(shutil.copytree(demo, tmp_path_factory.mktemp("breakable") / "study"))


@pytest.mark.parametrize("what", BROKEN)
def test_bad_input_gets_one_clear_error_and_leaves_earlier_outputs(
    breakable: Path, what: str
) -> None:
    name, change, said = BROKEN[what]
    before = (breakable / name).read_bytes()
    reports = {p: p.read_bytes() for p in (breakable / "reports").rglob("*") if p.is_file()}
    spoil(breakable, name, change)
    try:
        done = mspsurvey(breakable, "build")
    finally:
        (breakable / name).write_bytes(before)
    assert done.returncode == 1
    assert done.stderr.count("Error") == 1, done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert {p: p.read_bytes() for p in reports} == reports
