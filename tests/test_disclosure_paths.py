"""No output path tells of fewer than ten firms, or gives back what another one hides."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from mspsurvey.inference.disclosure.ledger import Entry, entries
from mspsurvey.inference.disclosure.together import audit_entries
from mspsurvey.inference.result.disclose import DOMINATED
from mspsurvey.inference.result.estimate import BASE_GIVES_AWAY, Estimates
from mspsurvey.inference.survey import Survey


def firms() -> pd.DataFrame:
    """Seven firms in a, 90 in b, 150 in c and 153 in d; one stratum, two regions."""
    rng = np.random.default_rng(1)
    return pd.DataFrame({
        "size": ["a"] * 7 + ["b"] * 90 + ["c"] * 150 + ["d"] * 153,
        "region": ["north", "south"] * 200,
        "mfa": rng.choice(["yes", "no"], 400, p=[0.4, 0.6]),
        "price": rng.gamma(9, 10, 400),
        "staff": rng.gamma(9, 2, 400) + 1,
    })  # fmt: skip


SURVEY = Survey(firms(), population="firms")
BY_SIZE = {
    "share": SURVEY.share("mfa", by="size"),
    "share of a total": SURVEY.share("mfa", by="size", of="staff"),
    "mean": SURVEY.mean("price", by="size"),
    "total": SURVEY.total("price", by="size"),
    "ratio": SURVEY.ratio("price", "staff", by="size"),
    "median": SURVEY.quantile("price", by="size"),
    "variance": SURVEY.variance("price", by="size"),
    "correlation": SURVEY.correlation("price", "staff", by="size"),
    "difference": SURVEY.share("mfa", by="size").compare("a", "d"),
    "contrast": SURVEY.mean("price", by="size").contrast({"a": 1, "d": -1}),
    "margins": SURVEY.glm("mfa ~ size", family="binomial").margins("size"),
}


# ---- numbers of respondents -------------------------------------------------------------


@pytest.mark.parametrize("est", BY_SIZE.values(), ids=BY_SIZE)
def test_neither_n_nor_degrees_of_freedom_tell_a_base_below_ten(est: Estimates) -> None:
    small = est.frame[est.data["n"].lt(10)]
    assert len(small)
    assert small[["estimate", "se", "low", "high", "df", "n", "base"]].isna().all(axis=None)


@pytest.mark.parametrize("est", [e for e in BY_SIZE.values() if len(set(e.data["size"])) == 4])
def test_a_base_below_ten_is_not_400_less_the_others_whatever_is_estimated(
    est: Estimates,
) -> None:
    told = est.frame.drop_duplicates("size").set_index("size")["n"]
    assert told.isna().sum() == 2
    assert told.dropna().tolist() == [150, 153]


def test_a_base_goes_also_where_its_estimate_was_hidden_before() -> None:
    few = Survey(firms().drop(range(50, 97)))  # b has 43 left, too few for a share
    frame = few.share("mfa", by="size").frame.drop_duplicates("size").set_index("size")
    assert frame.loc["b", "why"] == f"n below 60; {BASE_GIVES_AWAY}"
    assert np.isnan(frame.loc["b", "n"])


def test_those_without_an_answer_are_not_told_of_a_base_below_ten() -> None:
    frame = firms()
    frame.loc[7:89, "mfa"] = None
    est = Survey(frame).where("size in ['a', 'b']").share("mfa")
    assert est.frame["n"].notna().all()
    few = Survey(frame.drop(range(90, 97))).where("size in ['a', 'b']").share("mfa")
    assert few.left_out == {"no_answer": 83}
    assert "83" not in few.footer
    assert "83" not in repr(few)


def test_a_difference_has_the_base_of_neither_side_where_one_is_not_told() -> None:
    difference = SURVEY.share("mfa", by="size").compare("b", "c")
    assert difference.frame["n"].isna().all()


# ---- covariance -------------------------------------------------------------------------


def test_the_covariance_of_a_hidden_share_is_not_told() -> None:
    est = BY_SIZE["share"]
    hidden = est.data["verdict"].eq("suppress").to_numpy()
    assert np.isnan(est.covariance[hidden]).all()
    assert np.isfinite(est.covariance[np.ix_(~hidden, ~hidden)]).all()
    assert np.isfinite(est.unsuppressed("audit").covariance).all()


# ---- sums that one firm makes up --------------------------------------------------------


def of_one(number: str) -> pd.DataFrame:
    frame = firms()
    return frame.assign(**{number: np.where(frame.index == 0, 1e7, frame[number])})


@pytest.mark.parametrize(
    "est",
    [
        Survey(of_one("staff")).mean("staff"),
        Survey(of_one("staff")).total("staff"),
        Survey(of_one("price")).ratio("price", "staff"),
        Survey(of_one("staff")).ratio("price", "staff"),
        Survey(of_one("staff")).share("region", of="staff"),
        Survey(of_one("staff")).share("region", of="staff", level="south"),
    ],
)
def test_no_sum_of_any_number_is_that_of_one_firm(est: Estimates) -> None:
    assert est.data["verdict"].eq("suppress").all()
    assert "one or two firms" in "".join(est.data["why"])


def test_a_sum_of_numbers_of_both_signs_is_that_of_one_firm_too() -> None:
    table = pd.DataFrame({"x": [-1000.0, *[1.0, -1.0] * 40], "y": [*[9.0, 11.0] * 40, -10.0]})
    assert Survey(table).total("x").data["why"].tolist() == [DOMINATED]
    assert DOMINATED not in Survey(table).total("y").data["why"].tolist()


def test_two_firms_that_are_as_large_come_first_and_second() -> None:
    frame = pd.DataFrame({"x": [500.0, 500.0] + [1.0] * 90})
    (why,) = Survey(frame).total("x").data["why"]
    assert why == "one or two firms make up most of the sum"
    many = frame.assign(x=[500.0] * 20 + [1.0] * 72)
    assert Survey(many).total("x").data["why"].tolist() == [""]


# ---- models -----------------------------------------------------------------------------


def test_no_coefficient_gives_the_mean_of_few_back() -> None:
    fit = SURVEY.glm("price ~ size")
    # a is the reference: the intercept is its mean, and all others are differences to it.
    assert fit.coefficients["estimate"].isna().all()
    assert fit.estimates.frame["estimate"].isna().all()
    assert np.isfinite(fit.estimates.unsuppressed("audit").frame["estimate"]).all()
    assert "NaN" not in fit._repr_html_()


def test_a_model_and_a_test_show_all_for_a_reason_that_they_print() -> None:
    fit = SURVEY.glm("price ~ size").unsuppressed("audit")
    assert fit.coefficients.notna().all().all()
    assert "because: audit" in fit._repr_html_()
    result = SURVEY.test("price", by="size").unsuppressed("audit")
    assert f"{result.p:.3f}" in str(result)
    assert "because: audit" in result.footer
    family = SURVEY.test(["mfa", "price"], by="size").unsuppressed("audit")
    assert family.frame[["estimate", "statistic", "p", "n"]].notna().all().all()


def test_a_prediction_says_once_why_it_is_hidden() -> None:
    why = BY_SIZE["margins"].data.set_index("size")["why"]
    assert why["b"] == BASE_GIVES_AWAY


def test_of_a_term_one_more_coefficient_goes_with_that_of_few() -> None:
    other = firms().assign(size=lambda f: f["size"].map({"a": "z", "b": "b", "c": "c", "d": "d"}))
    found = Survey(other).glm("price ~ size").coefficients.set_index("term")["estimate"]
    # z has seven; b, the smallest other, is the reference of all.
    assert found.isna().all()
    renamed = firms().replace({"size": {"a": "z", "b": "y", "c": "c", "d": "d"}})
    found = Survey(renamed).glm("price ~ size").coefficients.set_index("term")["estimate"]
    assert found[["size[y]", "size[z]"]].isna().all()
    assert found[["Intercept", "size[d]"]].notna().all()


def test_a_crossed_term_hides_all_of_it_where_one_of_its_cells_is_small() -> None:
    frame = firms().assign(region=lambda f: f["region"].where(f["size"] != "b", "south"))
    frame.loc[[7, 8], "region"] = "north"
    fit = Survey(frame[frame["size"] != "a"]).glm("price ~ size * region + staff")
    found = fit.coefficients.set_index("term")["estimate"]
    assert found.drop("staff").isna().all()
    assert np.isfinite(found["staff"])
    assert len(fit.estimates.frame) == len(found)


def test_a_number_in_a_model_tells_of_nobody() -> None:
    found = SURVEY.glm("price ~ staff").coefficients["estimate"]
    assert found.notna().all()


def test_a_saturated_model_does_not_count_one_or_two_answers() -> None:
    frame = firms()[7:].assign(mfa="no")
    frame.loc[frame["size"].ne("b") & (frame.index % 3 == 0), "mfa"] = "yes"
    frame.loc[[10, 20], "mfa"] = "yes"  # two of the 90 in b
    fit = Survey(frame).glm("mfa ~ size", family="binomial")
    assert fit.coefficients["estimate"].isna().all()
    assert fit.predict({"size": "b"}).frame["why"].tolist() == ["fewer than 3 cases"]


def test_a_profile_that_few_have_is_not_predicted() -> None:
    found = SURVEY.glm("price ~ size + staff").predict({"size": ["a", "b", "d"], "staff": 10})
    assert found.frame["estimate"].isna().tolist() == [True, True, False]


# ---- tests ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "asked",
    [
        {"item": "mfa", "groups": ["a", "d"]},
        {"item": "mfa"},
        {"item": "price", "groups": ["a", "d"]},
        {"item": "price"},
        {"item": "price", "method": "rank"},
    ],
)
def test_no_test_with_a_group_of_few_tells_statistic_p_or_n(asked: dict[str, object]) -> None:
    result = SURVEY.test(by="size", **asked)  # type: ignore[arg-type]
    text = f"{result} {result!r} {result._repr_html_()} {result.footer}"
    for number in (f"{result.p:.3f}", f"{result.statistic:.2f}", f"{result.n:,}", "'a': 7"):
        assert number not in text


def test_words_of_an_equivalence_do_not_hold_what_is_hidden() -> None:
    result = SURVEY.equivalence("price", by="size", groups=["a", "d"], margin=5.0)
    assert not any(char.isdigit() for char in str(result).replace("fewer than 10", ""))


# ---- the audit --------------------------------------------------------------------------


def ledger(*shown: Estimates) -> list[Entry]:
    return [e for est in shown for e in entries(est, report="r", source="s")]


def exposed(*shown: Estimates, table: pd.DataFrame | None = None) -> list[str]:
    kept = ledger(*shown)
    found = audit_entries(kept, {"s": firms() if table is None else table})
    return [str(e) for e in found if not e.safe]


def test_everybody_less_all_but_seven_tells_of_the_seven() -> None:
    found = exposed(SURVEY.share("mfa"), SURVEY.where("size != 'a'").share("mfa"))
    assert len(found) == 2
    assert found[0].startswith("mfa no of 7 respondents (everybody, less size != 'a') can be")
    assert not exposed(SURVEY.share("mfa"), SURVEY.where("size != 'b'").share("mfa"))


def test_it_tells_their_mean_as_well() -> None:
    found = exposed(SURVEY.mean("price"), SURVEY.where("size != 'a'").mean("price"))
    assert [text[:24] for text in found] == ["price of 7 respondents ("]


def test_rounding_leaves_the_seven_uncertain() -> None:
    shown = [SURVEY.share("mfa"), SURVEY.where("size != 'a'").share("mfa")]
    assert not exposed(*(est.rounded(2) for est in shown))
    assert shown[0].rounded(2).frame["estimate"].tolist() == [
        round(x, 2) for x in shown[0].data["estimate"]
    ]


def test_what_nobody_of_many_has_tells_nothing_of_one() -> None:
    table = firms().assign(mfa=lambda f: f["mfa"].where(f["size"].isin(["c", "d"]), "no"))
    survey = Survey(table)
    kept = (survey.share("mfa"), survey.where("size in ['c', 'd']").share("mfa"))
    assert not exposed(*kept, survey.where("size != 'a'").share("mfa"), table=table)


def test_an_item_that_follows_from_another_is_audited_with_it() -> None:
    table = pd.DataFrame({"level": ["1"] * 2 + ["2"] * 40 + ["3"] * 58})
    table["high"] = np.where(table["level"].eq("3"), "yes", "no")
    by_level = Survey(table).share("level")
    assert by_level.data["verdict"].tolist() == ["suppress", "suppress", "show"]
    assert not exposed(by_level, Survey(table).share("high"), table=table)
    # Odd is level 1 or 3: less the share of 3, it is that of 1.
    table["odd"] = np.where(table["level"].eq("2"), "no", "yes")
    found = exposed(by_level, Survey(table).share("odd"), table=table)
    assert [text[:14] for text in found] == ["level 1 (r: sh"]


def test_an_item_in_other_codes_is_the_same_item() -> None:
    table = pd.DataFrame({"q": ["1"] * 2 + ["2"] * 50 + ["3"] * 48})
    table["same"] = table["q"].map({"1": "a", "2": "b", "3": "c"})
    est = Survey(table).share("same")
    told = [replace(e, shown=True, why="") for e in ledger(Survey(table).share("q"))]
    found = [str(e) for e in audit_entries([*told, *ledger(est)], {"s": table}) if not e.safe]
    assert [text[:4] for text in found] == ["q 1 "]


def test_a_mean_of_codes_gives_two_hidden_levels_back() -> None:
    table = pd.DataFrame({"q": ["1"] * 2 + ["2"] * 50 + ["3"] * 48, "code": 0.0})
    est = Survey(table).share("q")
    assert est.data["verdict"].tolist() == ["suppress", "show", "suppress"]
    numbers = table.assign(q=table["q"].astype(float))
    mean = ledger(Survey(numbers).mean("q"))
    assert not [e for e in audit_entries(ledger(est), {"s": table}) if not e.safe]
    found = [str(e) for e in audit_entries([*ledger(est), *mean], {"s": table}) if not e.safe]
    assert [text[:4] for text in found] == ["q 1 "]


def test_numbers_below_0_are_audited_too() -> None:
    table = firms().assign(price=lambda f: f["price"] - 300)
    survey = Survey(table)
    hidden = survey.mean("price", by="size").pick(size="a")
    shown = [survey.mean("price"), survey.where("size != 'a'").mean("price")]
    assert any("size a" in text for text in exposed(hidden, *shown, table=table))


def test_a_base_is_audited_whatever_is_estimated() -> None:
    median = SURVEY.quantile("price", by="size")
    kept = ledger(SURVEY.mean("price"), median)
    assert not [e for e in audit_entries(kept, {"s": firms()}) if not e.safe]
    told = [replace(e, base_shown=e.n >= 10) for e in kept]
    found = [str(e) for e in audit_entries(told, {"s": firms()}) if not e.safe]
    assert found
    assert all(text.startswith("number of respondents") for text in found)


def test_a_researcher_can_ask_what_tables_give_away_together() -> None:
    whole, part = SURVEY.share("mfa"), SURVEY.where("size != 'a'").share("mfa")
    assert [e.safe for e in SURVEY.audit(whole, part)] == [False, False]
    assert "table 1: share of mfa" in str(SURVEY.audit(whole, part)[0])
    both = SURVEY.audit(whole, SURVEY.share("mfa", by="size"), SURVEY.banner(["mfa"], ["size"]))
    assert both
    assert all(e.safe for e in both)


def test_of_two_sums_that_a_firm_makes_up_neither_firm_learns_the_other() -> None:
    frame = pd.DataFrame({
        "size": ["a"] * 50 + ["b"] * 50 + ["c"] * 50 + ["d"] * 50,
        "x": [9000.0] + [1.0] * 49 + [8000.0] + [1.0] * 49 + [40.0] * 50 + [60.0] * 50,
    })  # fmt: skip
    total = Survey(frame).total("x", by="size").data
    assert total["verdict"].eq("suppress").tolist() == [True, True, True, False]
    assert total["why"].iloc[2] == "would give away one that is suppressed"


def test_crossed_columns_of_a_banner_do_not_give_a_base_away() -> None:
    banner = SURVEY.banner(["mfa", "price"], ["size", "region", ["size", "region"]])
    assert all(e.safe for e in SURVEY.audit(banner))
    told = banner.frame.query("column == 'size & region' and item == 'price'").set_index("group")
    # Four in a and north; with 45 in b they are the north's 200 less 75 and 76.
    assert told.loc[["a & north", "a & south", "b & north", "b & south"], "n"].isna().all()
    assert told.loc[["c & north", "d & north"], "n"].tolist() == [75, 76]
    # One pair of headings without the total of either.
    crossed = SURVEY.banner(["mfa"], [["size", "region"]])
    assert all(e.safe for e in SURVEY.audit(crossed, SURVEY.share("mfa", by="region")))
