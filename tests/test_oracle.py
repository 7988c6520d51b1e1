"""Estimates against R's survey 4.1-1, key by key.

The reference results and the data lie outside this repository; where they are absent these
tests are skipped, and the golden values in test_variance.py and test_weights.py remain.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mspsurvey.errors import DesignError
from mspsurvey.inference.result.estimate import Estimates
from mspsurvey.inference.survey import Survey
from mspsurvey.inference.weight import Margin, rake

ORACLE = Path(__file__).parents[2] / "shared" / "oracle"
RTOL = 1e-8

pytestmark = pytest.mark.skipif(not ORACLE.is_dir(), reason="the R results are not here")


@cache
def results() -> dict[str, Any]:
    answer: dict[str, Any] = json.loads((ORACLE / "r_survey.json").read_text())
    return answer


@cache
def table(name: str) -> pd.DataFrame:
    return pd.read_csv(ORACLE / "data" / f"{name}.csv")


def design(name: str) -> Survey:
    if name in ("strat", "strat0"):
        fpc = "fpc" if name == "strat" else None
        return Survey(table("apistrat"), weights="pw", strata="stype", fpc=fpc)
    if name in ("clus1", "clus10"):
        fpc = "fpc" if name == "clus1" else None
        return Survey(table("apiclus1"), weights="pw", psu="dnum", fpc=fpc)
    if name == "nhanes":
        frame = table("nhanes")
        return Survey(frame, weights="WTMEC2YR", strata="SDMVSTRA", psu="SDMVPSU")
    if name in ("nested_dn1", "nested_dn0"):
        fpc = "N1" if name == "nested_dn1" else None
        return Survey(table("msp_nested"), weights="wt", strata="region", psu="msp", fpc=fpc)
    _, option, finite = name.split("_")
    fpc = "N" if finite == "fpc" else None
    return Survey(
        table("msp_lonely"), weights="wt", strata="stratum", psu="psu", fpc=fpc, lonely_psu=option
    )


def complementary(survey: Survey) -> Survey:
    return survey.where(pd.Series(survey.frame["comp.imp"] == "Yes"))


QUESTIONS = {
    "mean": lambda s: s.mean(["api00", "api99", "enroll"]),
    "mean_api00": lambda s: s.mean("api00"),
    "mean_api00_deffrep": lambda s: s.mean("api00", deff="wr"),
    "total_api00": lambda s: s.total("api00"),
    "total_stype": lambda s: s.total("stype"),
    "prop_stype": lambda s: s.share("stype", interval="mean"),
    "prop_awards": lambda s: s.share("awards", interval="mean"),
    "ratio": lambda s: s.ratio("api.stu", "enroll"),
    "by_stype_mean": lambda s: s.mean("api00", by="stype"),
    "by_stype_total": lambda s: s.total("api00", by="stype"),
    "by_stype_ratio": lambda s: s.ratio("api00", "api99", by="stype"),
    "by_schwide_mean": lambda s: s.mean("api00", by="sch.wide"),
    "subset_mean": lambda s: complementary(s).mean("api00"),
}
NESTED = {
    "mean": lambda s: s.mean(["score", "spend", "breach"]),
    "total": lambda s: s.total("spend"),
    "ratio": lambda s: s.ratio("spend", "employees"),
    "by_size": lambda s: s.mean("score", by="size"),
    "prop_sat": lambda s: s.share("sat", interval="mean"),
}
LONELY = {
    "mean": lambda s: s.mean(["score", "uses_msp"]),
    "total": lambda s: s.total("uses_msp"),
    "by_country": lambda s: s.mean("score", by="country"),
    "by_sector": lambda s: s.mean("score", by="sector"),
}
NHANES = {
    "mean_HI_CHOL": lambda s: s.mean("HI_CHOL"),
    "by_race_agecat": lambda s: s.mean("HI_CHOL", by=["agecat", "race"]),
}
API = ("strat", "strat0", "clus1", "clus10")
KINDS = ("certainty", "remove", "adjust", "average")
LONELY_DESIGNS = [f"lonely_{o}_{f}" for o in KINDS for f in ("fpc", "nofpc")]
ASKED = [
    *((d, k, q) for d in API for k, q in QUESTIONS.items()),
    *((d, k, q) for d in ("nested_dn1", "nested_dn0") for k, q in NESTED.items()),
    *((d, k, q) for d in LONELY_DESIGNS for k, q in LONELY.items()),
    *(("nhanes", k, q) for k, q in NHANES.items()),
]
CASES = [c for c in ASKED if ORACLE.is_dir() and f"{c[0]}/{c[1]}" in results()]


def test_most_questions_have_a_result_of_r() -> None:
    assert len(CASES) > 70


@pytest.mark.parametrize(("name", "key", "ask"), CASES, ids=[f"{d}/{k}" for d, k, _ in CASES])
def test_estimate_error_and_design_effect_are_those_of_r(name: str, key: str, ask: Any) -> None:
    reference = results()[f"{name}/{key}"]
    agree(ask(design(name)), reference, domain=key.startswith("by_"))


def agree(estimates: Estimates, reference: dict[str, Any], *, domain: bool) -> None:
    pairs = {"estimate": "est", "se": "se", "deff": "deff"}
    if not domain:
        # By domain, R's tables give the degrees of freedom of the whole design; ours are the
        # domain's own, and are compared with degf(subset()) below.
        pairs |= {"df": "df", "low": "lci_t", "high": "uci_t"}
    for ours, theirs in pairs.items():
        if theirs in reference:
            expected = np.asarray(reference[theirs], dtype=float)
            found = estimates.data[ours].to_numpy(dtype=float)
            np.testing.assert_allclose(
                found, np.broadcast_to(expected, found.shape), rtol=RTOL, atol=1e-12, err_msg=ours
            )


@pytest.mark.parametrize("name", ["strat", "clus10"])
def test_shares_in_domains_are_those_of_r(name: str) -> None:
    # R lists levels within domains: No:No, Yes:No, No:Yes, Yes:Yes.
    reference = results()[f"{name}/by_schwide_prop"]
    data = design(name).share("comp.imp", by="sch.wide").data.sort_values(["level", "sch.wide"])
    np.testing.assert_allclose(data["estimate"], reference["est"], rtol=RTOL)
    np.testing.assert_allclose(data["se"], reference["se"], rtol=RTOL, atol=1e-15)


@pytest.mark.parametrize("name", ["strat0", "clus1", "clus10"])
def test_shares_of_joint_cells_are_those_of_r(name: str) -> None:
    survey = design(name)
    frame = survey.frame.assign(cell=survey.frame["stype"] + survey.frame["sch.wide"])
    fpc = "fpc" if name == "clus1" else None
    strata, psu = ("stype", None) if name == "strat0" else (None, "dnum")
    cells = Survey(frame, weights="pw", strata=strata, psu=psu, fpc=fpc)
    agree(cells.share("cell", interval="mean"), results()[f"{name}/cells"], domain=False)


@pytest.mark.parametrize("name", API)
@pytest.mark.parametrize(
    ("r", "ours"), [("logit", "logit"), ("beta", "korn-graubard"), ("mean", "mean")]
)
def test_intervals_of_a_share_are_those_of_r(name: str, r: str, ours: str) -> None:
    reference = results()[f"{name}/ciprop_{r}"]
    row = design(name).share("awards", level="Yes", interval=ours).data.iloc[0]
    found = row[["estimate", "se", "low", "high"]].to_numpy(dtype=float)
    expected = [reference[k] for k in ("est", "se", "lci", "uci")]
    np.testing.assert_allclose(found, expected, rtol=RTOL)


def test_the_exact_interval_counts_the_rows_of_the_domain_as_r_does_where_answers_lack() -> None:
    reference = results()["nhanes/ciprop_beta"]
    survey = design("nhanes")
    row = survey.share("HI_CHOL", level="1", interval="korn-graubard").data.iloc[0]
    found = row[["estimate", "se", "low", "high"]].to_numpy(dtype=float)
    expected = [reference[k] for k in ("est", "se", "lci", "uci")]
    np.testing.assert_allclose(found, expected, rtol=RTOL)


@pytest.mark.parametrize("name", API)
def test_degrees_of_freedom_are_those_of_r(name: str) -> None:
    survey = design(name)
    assert survey.df == results()[f"{name}/degf"]["est"]
    subset = results().get(f"{name}/subset_degf")
    if subset is not None:
        assert complementary(survey).df == subset["est"]


@pytest.mark.parametrize("finite", ["fpc", "nofpc"])
def test_a_lonely_unit_fails_where_r_fails(finite: str) -> None:
    assert "error" in results()[f"lonely_fail_{finite}/by_country"]
    with pytest.raises(DesignError, match="NZ_mid has only one"):
        design(f"lonely_fail_{finite}").mean("score")


def margins(count: int) -> list[Margin]:
    known = results()["weighting/margins"]
    levels = {"stype": "EHM", "sch.wide": ["No", "Yes"], "comp.imp": ["No", "Yes"]}
    made = [Margin(v, dict(zip(k, known[v], strict=True)), "CDE") for v, k in levels.items()]
    return made[:count]


@pytest.mark.parametrize(
    ("key", "count"), [("clus1_rake2", 2), ("clus10_rake2", 2), ("clus10_rake3", 3)]
)
def test_standard_errors_after_raking_are_those_of_r(key: str, count: int) -> None:
    frame = table("apiclus1")
    raked = rake(frame, frame["pw"], margins(count))
    survey = Survey(
        frame.assign(w=raked.weights),
        weights="w",
        psu="dnum",
        fpc="fpc" if key.startswith("clus1_") else None,
        raked_to=[m.variable for m in margins(count)],
        raked_from="pw",
    )
    found = 0
    for name, answer in (
        ("mean_api00", survey.mean("api00")),
        ("total_enroll", survey.total("enroll")),
    ):
        reference = results().get(f"weighting/{key}/{name}")
        if reference is not None:
            found += 1
            agree(answer, reference, domain=False)
    assert found


def test_raked_weights_are_those_of_r() -> None:
    frame = table("apiclus1")
    expected = results()["weighting/clus10_rake3"]["weights"]
    # R stopped at its own epsilon here, two parts in a thousand million away.
    np.testing.assert_allclose(rake(frame, frame["pw"], margins(3)).weights, expected, rtol=1e-8)
