"""The public-use file: no record alone, no answer certain, no order that tells."""

from __future__ import annotations

import hashlib
import io
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from conftest import ROOT
from hypothesis import given, settings
from hypothesis import strategies as st

from mspsurvey.condition import Condition
from mspsurvey.errors import DataError, DefinitionError
from mspsurvey.instrument import Instrument, Option, Question, Variable
from mspsurvey.keyed import Key
from mspsurvey.publish.release.anonymity import anonymous, class_sizes, recoded
from mspsurvey.publish.release.deposit import (
    CHECKSUMS,
    checksums,
    deposit_files,
    to_csv,
    to_zip,
    write_deposit,
)
from mspsurvey.publish.release.describe import described
from mspsurvey.publish.release.diversity import distinct, diverse, entropy
from mspsurvey.publish.release.plan import Plan, Recoding, plan_of
from mspsurvey.publish.release.public_file import PublicFile, public_file, rounded, shared
from mspsurvey.publish.release.risk import diversity_table, risk_report, risk_table, size_table
from mspsurvey.study_file import StudyConfig, load_config

KEY = Key(b"a key for tests only")
MERGE = Recoding("size", {"small": ("1-4", "5-9"), "large": ("10+",)})


def single(name: str, *codes: str, **more: object) -> Variable:
    options = tuple(Option(c, c) for c in codes)
    return Variable(name, name, name, "single", name, options=options, **more)  # type: ignore[arg-type]


VARIABLES = (
    Variable("emp", "emp", "emp", "number", "emp", concept="company profile"),
    single("size", "1-4", "5-9", "10+", derived_from=("emp",), rule="bands"),
    single("area", "metro", "rural"),
    single("own", "family", "fund", concept="company profile"),
    single("opinion", "yes", "no"),
    single("small", "yes", "no", derived_from=("emp",), rule="emp < 5"),
    Variable("price", "price", "price", "money", "price"),
    single("inc_any", "yes", "no", concept="incident"),
    single("ransom", "yes", "no", concept="ransom",
           ask_if=Condition.parse("inc_any == 'yes'", where="test")),
    Variable("note", "note", "note", "text", "note", role="free_text"),
)  # fmt: skip
INSTRUMENT = Instrument(
    name="t", title="T", version="1", population="firms", reference_period="2026",
    blocks={}, variables={v.name: v for v in VARIABLES},
    questions={v.name: Question(v.name, v.text, v.kind, "", (v.name,), v.options)
               for v in VARIABLES if not v.rule},
)  # fmt: skip


def answers(rows: int = 240, seed: int = 1) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    emp = rng.choice([3.0, 7, 20], rows, p=[0.6, 0.3, 0.1])
    incident = rng.choice(["yes", "no"], rows, p=[0.3, 0.7])
    ransom = rng.choice(["yes", "no"], rows)
    return pd.DataFrame({
        "resp_id": [f"R_{i:04d}" for i in range(rows)],
        "ended": pd.Timestamp("2026-08-03", tz="UTC") + pd.to_timedelta(np.arange(rows) / 3, "D"),
        "emp": emp,
        "size": pd.Series(emp).map({3.0: "1-4", 7.0: "5-9", 20.0: "10+"}),
        "area": rng.choice(["metro", "rural"], rows, p=[0.8, 0.2]),
        "own": "family",
        "opinion": rng.choice(["yes", "no"], rows),
        "small": np.where(emp < 5, "yes", "no"),
        "price": rng.uniform(80, 200, rows).round(2),
        "inc_any": incident,
        "ransom": pd.Series(ransom).where(incident == "yes"),
        "w": 10 + emp + rng.uniform(0, 1, rows),
    })  # fmt: skip


PLAN = Plan(
    keys=("size", "area"), sensitive=("inc_any", "ransom"), answers=("opinion",),
    numbers=("price",), recodings=(MERGE,),
)  # fmt: skip


def made(table: pd.DataFrame | None = None, plan: Plan = PLAN) -> PublicFile:
    table = answers() if table is None else table
    return public_file(table, plan, INSTRUMENT, KEY, weight="w")


# ---- k-anonymity ------------------------------------------------------------------------


def test_a_value_is_blanked_only_where_a_record_stands_out() -> None:
    # Two of the small are alone with their area; the area of both is blanked, nothing else.
    keys = pd.DataFrame({
        "size": ["small"] * 5 + ["large"] * 3, "area": ["a", "a", "a", "b", "c"] + ["a"] * 3,
    })  # fmt: skip
    found = anonymous(keys, 2)
    assert found.keys["size"].tolist() == keys["size"].tolist()
    assert found.keys["area"].tolist() == ["a", "a", "a", "", "", "a", "a", "a"]
    assert found.blanked == {"size": 0, "area": 2}


def test_a_record_that_is_like_nobody_joins_the_smallest_class() -> None:
    keys = pd.DataFrame(
        {"size": ["s"] * 3 + ["m"] * 2 + ["l"], "area": ["a"] * 3 + ["b"] * 2 + ["c"]}
    )
    found = anonymous(keys, 2)
    assert found.keys["size"].tolist() == ["s"] * 3 + [""] * 3
    assert class_sizes(found.keys).min() == 3


def test_coarsening_stops_as_soon_as_few_enough_stand_out() -> None:
    keys = pd.DataFrame({"size": ["1-4"] * 4 + ["5-9"] * 1 + ["10+"] * 5, "area": ["a"] * 10})
    drop = Recoding("area", {})
    found = anonymous(keys, 5, [MERGE, drop])
    assert found.done == (MERGE,)
    assert found.keys["size"].tolist() == ["small"] * 5 + ["large"] * 5
    assert found.blanked == {"size": 0, "area": 0}
    assert anonymous(keys, 5, [MERGE], most=0.6).done == ()


def test_a_variable_can_be_left_out() -> None:
    keys = pd.DataFrame({"size": ["1-4"] * 6, "area": list("abcdef")})
    found = anonymous(keys, 3, [Recoding("area", {})])
    assert list(found.keys.columns) == ["size"]


def test_a_code_without_a_coarser_one_is_refused() -> None:
    with pytest.raises(DataError, match="200"):
        recoded(pd.DataFrame({"size": ["200"]}), MERGE)


def test_fewer_records_than_k_are_refused() -> None:
    with pytest.raises(DataError, match="At least 5"):
        anonymous(pd.DataFrame({"size": ["1-4"] * 4}), 5)


@settings(max_examples=60, deadline=None)
@given(
    rows=st.integers(1, 60), columns=st.integers(1, 4), levels=st.integers(1, 6),
    k=st.integers(2, 7), seed=st.integers(0, 999), gaps=st.booleans(),
)  # fmt: skip
def test_any_table_ends_k_anonymous_or_is_refused(
    rows: int, columns: int, levels: int, k: int, seed: int, gaps: bool
) -> None:
    rng = np.random.default_rng(seed)
    keys = pd.DataFrame(
        {f"q{c}": rng.integers(0, levels, rows).astype(str) for c in range(columns)}
    )
    if gaps:
        keys = keys.mask(rng.uniform(size=keys.shape) < 0.2)
    if rows < k:
        with pytest.raises(DataError):
            anonymous(keys, k)
        return
    found = anonymous(keys, k).keys
    assert class_sizes(found).min() >= k
    changed = found.ne(keys.astype("object").where(keys.notna(), ""))
    assert found.to_numpy()[changed.to_numpy()].tolist() == [""] * int(changed.sum().sum())


# ---- l-diversity ------------------------------------------------------------------------


def test_classes_with_one_answer_lose_it_and_what_hangs_on_it() -> None:
    classes = pd.Series([0, 0, 0, 1, 1, 1, 1])
    given_ = pd.DataFrame({
        "inc_any": ["yes"] * 3 + ["yes", "yes", "no", "no"],
        "ransom": ["yes", "no", "no", "yes", "yes", None, None],
    })  # fmt: skip
    found = diverse(given_, classes, 2, INSTRUMENT)
    # The first class all had one; that some were asked of ransom would say so.
    assert found.answers["inc_any"].isna().tolist() == [True] * 3 + [False] * 4
    # In the second, all that were asked paid.
    assert found.answers["ransom"].isna().all()
    assert found.blanked == {"inc_any": 3, "ransom": 5}
    assert found.classes == {"inc_any": (1, 1), "ransom": (0, 2)}


def test_entropy_is_the_number_of_answers_where_all_are_as_frequent() -> None:
    classes = pd.Series([0, 0, 0, 0, 1, 1])
    given_ = pd.Series(["a", "b", "a", "b", "a", None])
    assert distinct(given_, classes).tolist() == [2, 1]
    assert entropy(given_, classes).tolist() == pytest.approx([2, 1])


# ---- the file ---------------------------------------------------------------------------


def test_the_file_has_the_planned_columns_and_no_others() -> None:
    frame = made().frame
    assert frame.columns.tolist() == [
        "id", "weight", "size", "area", "quarter", "opinion", "price", "inc_any", "ransom",
    ]  # fmt: skip
    assert set(frame["quarter"].dropna()) == {"2026-Q3", "2026-Q4"}


def test_no_record_of_the_file_is_alone_in_its_keys() -> None:
    frame = made().frame
    assert class_sizes(frame[["size", "area", "quarter"]].fillna("")).min() >= 5


def test_sensitive_answers_differ_among_records_that_are_alike() -> None:
    frame = made().frame
    classes = frame[["size", "area", "quarter"]].fillna("").agg("|".join, axis=1)
    for name in ("inc_any", "ransom"):
        counts = frame[name].groupby(classes).nunique()
        assert (counts[counts > 0] >= 2).all()


def test_records_are_not_in_the_order_they_came_in_nor_found_without_the_key() -> None:
    table = answers()
    public = made(table)
    price = shared(table["price"], 5)
    assert public.frame["price"].tolist() != price.tolist()
    order = {k: public_file(table, PLAN, INSTRUMENT, Key(k), weight="w").frame["price"].tolist()
             for k in (b"one key of many", b"another key here")}  # fmt: skip
    assert order[b"one key of many"] != order[b"another key here"]
    turned = made(table.iloc[::-1].reset_index(drop=True))
    pd.testing.assert_frame_equal(turned.frame, public.frame)


def test_a_weight_tells_no_more_than_the_keys() -> None:
    frame = made().frame
    keys = frame[["size", "area", "quarter"]].fillna("").agg("|".join, axis=1)
    assert frame["weight"].groupby(keys).nunique().max() == 1
    assert frame["weight"].sum() == pytest.approx(answers()["w"].sum(), rel=0.01)


def test_of_two_who_answered_each_would_know_the_other_so_both_are_blank() -> None:
    classes = pd.Series([0] * 6 + [1] * 7)
    answers_ = ["yes", "no", *[None] * 4, "yes", "yes", "no", "no", "no", None, None]
    given_ = pd.DataFrame({"ransom": answers_})
    found = diverse(given_, classes, 2, INSTRUMENT, fewest=5)
    assert found.answers["ransom"].notna().tolist() == [False] * 6 + [True] * 5 + [False] * 2


def test_each_number_is_that_of_k_records_at_the_least() -> None:
    # Three of 12, two of 50 and 8 and the only 900: with their neighbours.
    prices = pd.Series([12.0] * 3 + [8.0] * 2 + [20.0] * 6 + [50.0] * 2 + [900.0] + [40.0] * 4)
    found = shared(prices.sample(frac=1, random_state=1), 5)
    assert found.value_counts().sort_index().to_dict() == {12: 5, 20: 6, 40: 7}
    assert shared(pd.Series([1.0, 2.0, np.nan]), 5).isna().all()


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 400), min_size=6, max_size=60), st.integers(2, 6))
def test_no_number_of_the_file_is_rare(numbers: list[int], k: int) -> None:
    found = shared(pd.Series(numbers, dtype="float64"), k)
    assert found.notna().all()
    assert found.value_counts().min() >= k


def test_numbers_are_cut_off_and_rounded() -> None:
    public = made()
    assert public.frame["price"].max() <= rounded(answers()["price"].quantile(0.99), 2)
    assert public.frame["price"].nunique() < 60
    assert [rounded(x, 2) for x in (0, 1234.5, 0.0456, 99.6)] == [0, 1200, 0.046, 100]


# ---- the plan ---------------------------------------------------------------------------


def config(**release: object) -> StudyConfig:
    return replace(load_config(ROOT), release=release)


def planned(**own: object) -> Plan:
    return plan_of(config(msps=own), "msps", INSTRUMENT, answers().columns)


def test_without_a_word_profile_numbers_and_computed_variables_stay_out() -> None:
    plan = planned()
    assert plan.keys == ("size", "area")
    assert plan.answers == ("opinion",)
    assert plan.numbers == ()
    # Ransom is asked only after an incident.
    assert plan.sensitive == ("inc_any", "ransom")
    assert (plan.k, plan.l) == (5, 2)


def test_what_keys_were_computed_from_is_out_and_numbers_come_when_named() -> None:
    plan = planned(
        keys=["size"], keep=["price"], recode=[{"variable": "size", "to": {"s": ["1-4"]}}]
    )
    assert not {"emp", "small"} & set(plan.columns)
    assert plan.numbers == ("price",)
    assert plan.recodings == (Recoding("size", {"s": ("1-4",)}),)


@pytest.mark.parametrize(
    ("release", "words"),
    [
        ({"msps": {"keys": ["sizes"]}}, "Did you mean 'size'"),
        ({"k": 2}, "At least 3|at least 3"),
        ({"l": 1}, "at least 2"),
        ({"msps": {"recode": [{"variable": "size"}]}}, "drop"),
    ],
)
def test_a_plan_that_cannot_be_followed_is_refused(release: dict[str, object], words: str) -> None:
    with pytest.raises(DefinitionError, match=words):
        plan_of(config(**release), "msps", INSTRUMENT, answers().columns)


# ---- report and deposit -----------------------------------------------------------------


def test_the_risk_report_tells_before_and_after() -> None:
    rare = answers().assign(area=lambda f: f["area"].mask(f.index == 0, "island"))
    public = made(rare)
    table = risk_table(public).set_index("measure")
    assert table.loc["records that are unique"].tolist() == ["0.4%", "0.0%"]
    assert int(table.loc["records in the smallest class", "after"]) >= 5
    assert size_table(public)[["before", "after"]].sum().tolist() == [240, 240]
    assert (diversity_table(public)["fewest"] >= 2).all()
    text = risk_report(public, title="T", stamp="SYNTHETIC")
    assert "**SYNTHETIC**" in text
    assert "k = 5" in text


def test_the_codebook_has_the_codes_of_the_file() -> None:
    public = made(plan=replace(PLAN, most_suppressed=0.0))
    shown = described(public, INSTRUMENT)
    assert list(shown.variables) == public.frame.columns.tolist()
    assert shown["size"].levels == ("small", "large")
    assert shown["size"].labels["small"] == "1-4 or 5-9"
    assert shown["price"].high == public.tops["price"]


def deposit() -> dict[str, bytes]:
    return deposit_files(load_config(ROOT), {"msps": (made(), INSTRUMENT)}, "CC BY 4.0")


def test_a_deposit_holds_data_documents_licence_and_checksums() -> None:
    files = deposit()
    assert {"data/msps.csv", "data/msps.parquet", "documentation/msps_ddi.xml",
            "documentation/msps_codebook.csv", "documentation/msps_risk.md", "LICENCE.txt",
            "README.md", CHECKSUMS} <= set(files)  # fmt: skip
    sums = dict(reversed(line.split("  ")) for line in files[CHECKSUMS].decode().splitlines())
    assert sums["README.md"] == hashlib.sha256(files["README.md"]).hexdigest()
    assert (
        checksums({n: c for n, c in files.items() if n != CHECKSUMS}).encode() == files[CHECKSUMS]
    )
    described = [n for n in files if n.startswith("documentation") and not n.endswith(".csv")]
    assert len(described) == 4
    assert all(b"SYNTHETIC" in files[n] for n in ["README.md", *described])
    parquet = pd.read_parquet(io.BytesIO(files["data/msps.parquet"]))
    assert len(parquet) == 240
    everything = b"".join(files.values())
    assert b"R_0001" not in everything


def test_the_same_data_give_the_same_bytes() -> None:
    one, two = to_zip(deposit()), to_zip(deposit())
    assert one == two
    names = zipfile.ZipFile(io.BytesIO(one)).namelist()
    assert names == sorted(names)


def test_files_of_an_earlier_deposit_go_and_those_of_anybody_else_stay(tmp_path: Path) -> None:
    out = tmp_path / "out"
    first = {"data/old.csv": b"x", "data/edited.csv": b"x", "../mine.csv": b"x"}
    write_deposit({**first, CHECKSUMS: checksums(first).encode()}, out)
    (out / "data/edited.csv").write_text("mine")
    (out / "data/mine.csv").write_text("mine")
    archive = write_deposit({"data/new.csv": b"y"}, out)
    kept = sorted(p.name for p in (out / "data").iterdir())
    assert kept == ["edited.csv", "mine.csv", "new.csv"]
    assert (tmp_path / "mine.csv").is_file()
    assert zipfile.ZipFile(archive).namelist() == ["data/new.csv"]


def test_no_cell_of_the_csv_is_a_formula() -> None:
    assert to_csv(pd.DataFrame({"x": ["=1+1", None]})) == 'x\n\'=1+1\n""\n'
