"""The files of the demo: as the platforms write them, messy on record, always the same."""

from __future__ import annotations

import csv
import hashlib
import ipaddress
import json
import re
import tomllib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mspsurvey.errors import DefinitionError
from mspsurvey.instrument import Instrument, load_instrument
from mspsurvey.synth import model
from mspsurvey.synth.answers.fill import Plan, fill, whole_shares
from mspsurvey.synth.export.cells import limesurvey_header, tick_label
from mspsurvey.synth.export.platforms import QUALTRICS_META, wording_cell
from mspsurvey.synth.mess import garble
from mspsurvey.synth.population.draw import draw_population
from mspsurvey.synth.population.margins import margin_tables
from mspsurvey.synth.population.places import DIVISION_OF
from mspsurvey.synth.population.rubric_truth import classify
from mspsurvey.synth.study import synth

ROOT = Path(__file__).parent.parent
DEFINITIONS = ROOT / "definitions"
LARGEST_MB = 8
DOCUMENTATION = [
    ipaddress.ip_network(n) for n in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24")
]


@pytest.fixture(scope="module")
def msp() -> Instrument:
    return load_instrument(DEFINITIONS / "msp.yaml")


@pytest.fixture(scope="module")
def client() -> Instrument:
    return load_instrument(DEFINITIONS / "client.yaml")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, msp: Instrument, client: Instrument) -> Path:
    out = tmp_path_factory.mktemp("demo")
    synth(out / "raw", out / "truth", msp=msp, client=client)
    return out


@pytest.fixture(scope="module")
def log(folder: Path) -> pd.DataFrame:
    return pd.read_parquet(folder / "truth" / "injected.parquet")


def rows_of(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def table(path: Path, header_rows: int = 1) -> pd.DataFrame:
    rows = rows_of(path)
    return pd.DataFrame(rows[header_rows:], columns=rows[0], dtype="str")


@pytest.fixture(scope="module")
def exports(folder: Path) -> dict[str, pd.DataFrame]:
    return {
        "msps": table(folder / "raw" / "msp_survey.csv", 3),
        "clients": table(folder / "raw" / "client_survey.csv"),
        "pairs": table(folder / "raw" / "referral_survey.csv"),
    }


ID = {"msps": "ResponseId", "clients": "id", "pairs": "id"}


def digests(folder: Path) -> dict[str, str]:
    files = sorted(p for p in folder.rglob("*") if p.is_file())
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def test_the_same_seed_gives_the_same_bytes(
    folder: Path, tmp_path: Path, msp: Instrument, client: Instrument
) -> None:
    synth(tmp_path / "raw", tmp_path / "truth", msp=msp, client=client)
    assert digests(tmp_path) == digests(folder)


def test_the_committed_demo_is_what_the_program_draws(folder: Path) -> None:
    drawn = digests(folder)
    for place in ("data/raw", "data/truth"):
        for path in sorted((ROOT / place).iterdir()):
            if path.name in drawn:
                found = hashlib.sha256(path.read_bytes()).hexdigest()
                assert found == drawn[path.name], f"{path} is stale: run `mspsurvey synth`"


def test_the_committed_margins_are_those_of_the_population() -> None:
    tables = margin_tables(draw_population(model.WORLD_SEED))
    for name, wanted in tables.items():
        found = pd.read_csv(DEFINITIONS / "margins" / name, dtype={"level": "str"})
        pd.testing.assert_frame_equal(found, wanted, check_dtype=False)
        assert found["total"].sum() == (40_000 if name.startswith("msp") else 5_771_290)


def test_margin_levels_are_codes_that_respondents_can_have(client: Instrument) -> None:
    assert set(model.SECTOR_SHARE) <= set(client["sector"].levels)


def test_an_unknown_scenario_is_refused_with_the_nearest_name(
    tmp_path: Path, msp: Instrument, client: Instrument
) -> None:
    with pytest.raises(DefinitionError, match="Did you mean 'mnar_strong'"):
        synth(tmp_path, tmp_path, scenario="mnar_stron", msp=msp, client=client)
    assert list(tmp_path.iterdir()) == []


def test_no_unfinished_file_is_left(folder: Path) -> None:
    assert not list(folder.rglob("*.tmp"))


def test_the_files_are_small_enough_to_be_committed(folder: Path) -> None:
    size = sum(p.stat().st_size for p in (folder / "raw").iterdir())
    assert size < LARGEST_MB * 1e6


def test_the_readme_says_in_its_first_line_that_all_is_synthetic(folder: Path) -> None:
    text = (folder / "raw" / "README.md").read_text(encoding="utf-8")
    assert text.startswith("# SYNTHETIC")
    for path in (folder / "raw").glob("*.csv"):
        assert f"`{path.name}`" in text


# ---- Qualtrics ------------------------------------------------------------------------------


def test_the_qualtrics_file_has_three_header_rows(folder: Path, msp: Instrument) -> None:
    path = folder / "raw" / "msp_survey.csv"
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    names, words, keys = rows_of(path)[:3]
    assert names[: len(QUALTRICS_META)] == list(QUALTRICS_META)
    assert len(names) == len(set(names)) == len(words) == len(keys)
    parsed = [json.loads(k) for k in keys]
    assert len({k["ImportId"] for k in parsed}) == len(parsed)
    zones = {n: k.get("timeZone") for n, k in zip(names, parsed, strict=True) if "timeZone" in k}
    assert zones == dict.fromkeys(("StartDate", "EndDate", "RecordedDate"), "America/New_York")
    assert any("\n" in w for w in words)
    asked = {v.name for v in msp if v.role != "design"}
    assert set(names[len(QUALTRICS_META) :]) == asked


def test_wording_keeps_every_word_of_the_question(msp: Instrument) -> None:
    for variable in msp:
        cell = wording_cell(variable, msp)
        assert re.findall(r"\w+", cell) == re.findall(r"\w+", variable.text), variable.name


def test_cells_hold_labels_or_are_in_the_log(
    exports: dict[str, pd.DataFrame], log: pd.DataFrame, msp: Instrument
) -> None:
    frame = exports["msps"]
    spoilt = set(
        zip(*log.loc[log["source"] == "msps", ["row_id", "field"]].to_numpy().T, strict=True)
    )
    for variable in msp:
        if not variable.categorical or variable.role == "design":
            continue
        tick = variable.kind == "tick"
        known = {"", tick_label(variable, msp)} if tick else {"", *variable.labels.values()}
        odd = frame.loc[~frame[variable.name].isin(known), "ResponseId"]
        assert {(r, variable.name) for r in odd} <= spoilt, variable.name


def test_a_tick_is_written_in_the_words_of_the_choice(msp: Instrument) -> None:
    assert tick_label(msp["assoc_mspalliance"], msp) == "MSPAlliance"


def test_previews_are_marked(exports: dict[str, pd.DataFrame]) -> None:
    status = exports["msps"]["Status"].value_counts()
    assert set(status.index) == {"IP Address", "Survey Preview"}
    assert status["Survey Preview"] >= 12


# ---- LimeSurvey -----------------------------------------------------------------------------


def test_limesurvey_headings_follow_question_row_and_choice(client: Instrument) -> None:
    wanted = {
        "emp": "emp",
        "cv_1": "cv[cv_1]",
        "data_heal": "data[heal]",
        "sector_oth": "sector[other]",
        "dec_reason_other": "dec_reason[other]",
        "dec_reason_oth": "dec_reason[oth]",
    }
    assert {n: limesurvey_header(client[n], client) for n in wanted} == wanted


def test_codes_are_those_of_the_instrument_or_in_the_log(
    exports: dict[str, pd.DataFrame], log: pd.DataFrame, client: Instrument
) -> None:
    for source in ("clients", "pairs"):
        frame = exports[source]
        part = log.loc[log["source"] == source, ["row_id", "field"]].to_numpy().T
        spoilt = set(zip(*part, strict=True))
        for variable in client:
            if not variable.categorical or variable.role == "design":
                continue
            header = limesurvey_header(variable, client)
            codes = {"Y"} if variable.kind == "tick" else set(variable.labels)
            odd = frame.loc[~frame[header].isin({"", "N/A", *codes}), "id"]
            assert {(r, header) for r in odd} <= spoilt, header


def test_what_routing_hid_is_not_blank_but_not_applicable(
    exports: dict[str, pd.DataFrame], log: pd.DataFrame
) -> None:
    frame = exports["clients"]
    frame = frame[frame["submitdate"] != ""]
    touched = set(log.loc[log["source"] == "clients", "row_id"])
    alone = frame[(frame["prov_any"] == "no") & ~frame["id"].isin(touched)]
    assert len(alone) > 100
    assert (alone["prov_contract"] == "N/A").all()
    assert (alone["cv[cv_1]"] == "N/A").all()
    served = frame[(frame["prov_contract"] == "yes") & ~frame["id"].isin(touched)]
    assert not (served["rec[rec_mfa]"] == "N/A").any()


# ---- Samples, frames, links -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("export", "sample", "column", "n"),
    [
        ("msps", "msp_sample.csv", "ExternalReference", 7_200),
        ("clients", "client_sample.csv", "token", 30_000),
        ("pairs", "referral_sample.csv", "token", 700),
    ],
)
def test_every_response_belongs_to_a_sampled_unit(
    folder: Path, exports: dict[str, pd.DataFrame], export: str, sample: str, column: str, n: int
) -> None:
    drawn = table(folder / "raw" / sample)
    assert len(drawn) == n
    assert drawn["sample_id"].is_unique
    tokens = exports[export][column]
    assert set(tokens[tokens != ""]) <= set(drawn["sample_id"])
    complete = drawn.loc[drawn["disposition"] == "complete", "sample_id"]
    assert set(complete) <= set(tokens)


def test_frames_add_up_to_what_was_sampled(folder: Path) -> None:
    frame, sample = (table(folder / "raw" / f"msp_{k}.csv") for k in ("frame", "sample"))
    drawn = frame.set_index("sample_id").loc[sample["sample_id"]]
    assert not drawn.index.has_duplicates
    assert drawn["stratum"].tolist() == sample["stratum"].tolist()
    strata = table(folder / "raw" / "client_frame.csv")
    invited = table(folder / "raw" / "client_sample.csv")["stratum"].value_counts()
    assert strata.set_index("stratum")["sampled"].astype(int).to_dict() == invited.to_dict()
    assert strata["stratum_size"].astype(int).sum() == 5_771_290


def test_pairs_name_firms_that_answered(folder: Path) -> None:
    pairs = table(folder / "raw" / "referral_sample.csv")
    firms = table(folder / "raw" / "msp_sample.csv").set_index("sample_id")["disposition"]
    assert set(firms[pairs["msp_sample_id"].tolist()]) <= {"complete", "partial"}


def test_every_client_stratum_has_ten_complete_answers(folder: Path) -> None:
    sample = table(folder / "raw" / "client_sample.csv")
    complete = sample[sample["disposition"] == "complete"]["stratum"].value_counts()
    assert len(complete) == 24
    assert complete.min() >= 10


# ---- The mess -------------------------------------------------------------------------------

KINDS_BY_SOURCE = {
    "msps": {
        "exact_duplicate", "same_firm_twice", "second_respondent", "test_row", "speeder",
        "straightline", "attention", "date_day_first", "date_epoch", "date_reversed",
        "number_as_text", "percent_scale", "sum_not_100", "other_currency", "annual_price",
        "currency_sign", "impossible", "counts_do_not_add", "state", "label_typo", "skip_leak",
        "soft_refusal", "label_spacing", "spacing", "mojibake", "personal", "formula",
    },
    "clients": {
        "exact_duplicate", "same_firm_twice", "test_row", "speeder", "straightline",
        "number_as_text", "other_currency", "impossible", "state", "skip_leak", "formula",
    },
}  # fmt: skip


def test_every_kind_of_error_is_there(log: pd.DataFrame) -> None:
    for source, kinds in KINDS_BY_SOURCE.items():
        assert kinds <= set(log.loc[log["source"] == source, "kind"])


def test_each_logged_cell_reads_as_the_log_says(
    exports: dict[str, pd.DataFrame], log: pd.DataFrame
) -> None:
    for source, frame in exports.items():
        cells = {}
        for field in log.loc[log["source"] == source, "field"].unique():
            once = frame.drop_duplicates(ID[source])
            cells[field] = once.set_index(ID[source], drop=False)[field]
        part = log[log["source"] == source]
        found = [cells[f][i] for f, i in zip(part["field"], part["row_id"], strict=True)]
        assert found == part["raw"].tolist()


def test_a_cell_is_spoilt_once_at_most_and_differs_from_the_truth(log: pd.DataFrame) -> None:
    rows = ("exact_duplicate", "same_firm_twice", "second_respondent", "test_row")
    cells = log[~log["kind"].isin(rows)]
    assert not cells.duplicated(["source", "row_id", "field"]).any()
    assert (cells["true"] != cells["raw"]).all()


def test_exact_duplicates_are_whole_rows_twice(
    exports: dict[str, pd.DataFrame], log: pd.DataFrame
) -> None:
    for source, frame in exports.items():
        twice = set(frame.loc[frame.duplicated(keep=False), ID[source]])
        wanted = log[(log["source"] == source) & (log["kind"] == "exact_duplicate")]
        assert twice == set(wanted["row_id"])


def test_three_cells_a_file_would_run_as_a_formula(
    exports: dict[str, pd.DataFrame], log: pd.DataFrame
) -> None:
    for source, frame in exports.items():
        risky = frame["open_final"].str.startswith(("=", "+", "@"))
        rows = frame.loc[risky, ID[source]].drop_duplicates()
        assert len(rows) == 3
        logged = log[(log["source"] == source) & (log["kind"] == "formula")]
        assert set(rows) == set(logged["row_id"])


def test_no_address_name_or_number_could_be_anybodys(
    folder: Path, exports: dict[str, pd.DataFrame]
) -> None:
    for path in sorted((folder / "raw").glob("*.csv")):
        text = path.read_text(encoding="utf-8-sig")
        for address in set(re.findall(r"\b\d{1,3}(?:\.\d{1,3}){3}\b", text)):
            assert any(ipaddress.ip_address(address) in n for n in DOCUMENTATION), address
        for domain in set(re.findall(r"@([\w.-]+)", text)):
            assert domain.rstrip(".") == "example.org"
        for number in set(re.findall(r"\b\d{3}-\d{4}\b", text)):
            assert number.startswith("555-01")
    sites = exports["msps"]["firm_domain"]
    assert sites[sites.str.strip() != ""].str.strip().str.endswith(".example.org").all()


def test_answers_hold_no_trace_of_the_truth(folder: Path) -> None:
    for path in (folder / "raw").glob("*.csv"):
        header = path.read_text(encoding="utf-8-sig").split("\n", 1)[0]
        assert not {"theta", "base_class", "incident", "member"} & set(header.split(","))


# ---- Small parts ----------------------------------------------------------------------------


def test_shares_in_steps_of_five_add_up() -> None:
    shares = whole_shares(np.random.default_rng(1).random((200, 7)))
    assert (shares.sum(axis=1) == 100).all()
    assert (shares % 5 == 0).all()
    assert (shares >= 0).all()


def test_a_typo_changes_a_word_but_not_its_first_letter() -> None:
    rng = np.random.default_rng(2)
    for _ in range(50):
        wrong = garble.typo(rng, "Strongly agree")
        assert wrong != "Strongly agree"
        assert wrong[0] == "S"
        assert abs(len(wrong) - len("Strongly agree")) <= 1


@pytest.mark.parametrize("value", [0, 7, 50, 1200, 45_000])
def test_a_number_as_text_is_no_plain_number(value: int) -> None:
    rng = np.random.default_rng(3)
    for percent in (False, True):
        texts = {garble.number(rng, value, percent=percent) for _ in range(30)}
        assert not any(t.isdigit() for t in texts)


def test_who_stops_answers_nothing_later(msp: Instrument) -> None:
    n, size = 4, len(msp.variables)
    plan = Plan(known={}, skipped={}, lean=np.zeros(n), stop=np.array([size, 10, 5, size]))
    filled = fill(np.random.default_rng(1), msp, plan)
    order = [v.name for v in msp if v.name in filled.answers and v.block != "paradata"]
    position = {v.name: k for k, v in enumerate(msp)}
    for name in order:
        if position[name] >= 10:
            assert not filled.shown[name][1]
            value = filled.answers[name][1]
            assert value is None or value != value


def test_a_code_that_the_instrument_lacks_is_refused(msp: Instrument) -> None:
    plan = Plan(
        known={"scr_role": np.array(["queen"], dtype=object)},
        skipped={},
        lean=np.zeros(1),
        stop=np.array([len(msp.variables)]),
    )
    with pytest.raises(DefinitionError, match="scr_role"):
        fill(np.random.default_rng(1), msp, plan)


def test_divisions_are_those_of_the_segment_rules() -> None:
    groups = tomllib.loads((DEFINITIONS / "segments.toml").read_text(encoding="utf-8"))
    wanted = {m: g["code"] for g in groups["division"]["groups"] for m in g["members"]}
    assert wanted == DIVISION_OF


def test_the_truth_scores_the_rubric_as_the_analysis_does() -> None:
    rubric = pytest.importorskip("mspsurvey.evidence.rubric")
    firms = draw_population(11, n_firms=400, n_clients=400).msps
    answers = firms[list(model.ITEMS)].astype("int64").astype("str")
    # The analysis takes b1 from the share of recurring revenue: 10, 35, 60, 85 per cent.
    answers["rev_recurring_pct"] = 10.0 + 25.0 * firms["b1"]
    answers = answers.drop(columns="b1").assign(resp_id=[f"r{k}" for k in range(len(firms))])
    found = rubric.score(answers, rubric.load_rubric(DEFINITIONS / "rubric.toml"))
    wanted = classify(firms)
    assert found["base_class"].astype("str").tolist() == wanted["base_class"].tolist()
    assert found["mat_level"].astype("str").tolist() == wanted["mat_level"].tolist()
    assert found["score"].to_numpy(float) == pytest.approx(wanted["score"].to_numpy())
    assert found["base_n"].to_numpy(float) == pytest.approx(wanted["base_n"].to_numpy())
