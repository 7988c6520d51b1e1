"""Segments: size, division, membership, sector, level of outsourcing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mspsurvey.errors import DataError, DefinitionError
from mspsurvey.evidence.segment import (
    load_segments,
    outsourcing_level,
    segment,
    segment_variables,
)

FILE = Path(__file__).parents[1] / "definitions" / "segments.toml"
SEGMENTS = load_segments(FILE)
FUNCTIONS = SEGMENTS.outsourcing.functions


def msps(**columns) -> pd.DataFrame:
    n = len(next(iter(columns.values())))
    start = {"emp": [5.0] * n, "state": ["LA"] * n, "assoc_gtia": ["no"] * n,
             "assoc_none": ["yes"] * n, "client_n_contract": [10.0] * n}  # fmt: skip
    return pd.DataFrame({**start, **columns})


def client(
    led: int = 0, *, own: int = 0, share: int = 0, nobody: int = 0, unknown: int = 0, **answers
) -> pd.DataFrame:
    """One client; functions beyond the counts are nobody's."""
    said: list[str | None] = ["prov"] * led + ["own"] * own + ["share"] * share
    said += ["nobod"] * nobody + [None] * unknown
    said += ["nobod"] * (len(FUNCTIONS) - len(said))
    row = {"emp": 12.0, "state": "TX", "sector": "manu", "prov_any": "yes",
           "prov_contract": "yes", "it_internal_fte": 0.0}  # fmt: skip
    row |= dict(zip(FUNCTIONS, said, strict=True))
    row |= dict.fromkeys(SEGMENTS.transparency)
    return pd.DataFrame([{**row, **answers}]).astype(
        dict.fromkeys((*FUNCTIONS, *SEGMENTS.transparency), "object")
    )


def of_client(frame: pd.DataFrame, **options) -> pd.Series:
    return segment(frame, SEGMENTS, "clients", **options).iloc[0]


@pytest.mark.parametrize(
    ("emp", "band"),
    [(1, "1-4"), (4, "1-4"), (5, "5-9"), (9, "5-9"), (10, "10-19"), (20, "20-49"),
     (50, "50-99"), (99, "50-99"), (100, "100+"), (2500, "100+")],
)  # fmt: skip
def test_a_band_starts_at_its_lower_end(emp, band):
    assert segment(msps(emp=[float(emp)]), SEGMENTS, "msps")["size"].iloc[0] == band


def test_no_staff_given_or_none_at_all_is_no_band():
    sizes = segment(msps(emp=[np.nan, 0.0]), SEGMENTS, "msps")["size"]
    assert sizes.isna().all()


def test_clients_have_finer_bands_at_the_top():
    assert SEGMENTS.sizes("clients")[-3:] == ["100-249", "250-499", "500+"]
    assert SEGMENTS.sizes("pairs") == SEGMENTS.sizes("clients")


def test_divisions_hold_fifty_states_and_dc_once():
    assert len(SEGMENTS.division.group_of) == 51
    assert SEGMENTS.division.group_of["DC"] == "south_atlantic"
    assert len(SEGMENTS.division.labels) == 9


def test_a_territory_is_in_no_division():
    divisions = segment(msps(state=["LA", "PR"]), SEGMENTS, "msps")["division"]
    assert divisions.iloc[0] == "west_south_central"
    assert pd.isna(divisions.iloc[1])


def test_a_member_has_ticked_any_body():
    frame = msps(assoc_gtia=["yes", "no", "no"], assoc_none=["no", "yes", "no"])
    assert segment(frame, SEGMENTS, "msps")["member"].tolist() == ["yes", "no", np.nan]


def test_the_text_of_other_is_no_tick():
    frame = msps(assoc_none=["yes"], assoc_oth=["yes"])
    assert segment(frame, SEGMENTS, "msps")["member"].iloc[0] == "no"


@pytest.mark.parametrize(
    ("sector", "group"),
    [("heal", "regulated"), ("fin", "regulated"), ("legal", "regulated"),
     ("nonp", "nonprofit_education"), ("educ", "nonprofit_education"), ("retl", "other")],
)  # fmt: skip
def test_sectors_fall_into_three_groups(sector, group):
    assert of_client(client(sector=sector))["sector_group"] == group


# --- Level of outsourcing --------------------------------------------------------------------


def test_eight_functions_and_no_staff_are_full():
    assert of_client(client(8))["outs_level"] == "full"
    assert of_client(client(7))["outs_level"] == "co_managed"


def test_half_a_post_makes_it_co_managed():
    assert of_client(client(10, it_internal_fte=0.4))["outs_level"] == "full"
    assert of_client(client(10, it_internal_fte=0.5))["outs_level"] == "co_managed"


def test_two_functions_of_their_own_make_an_agreement_co_managed_and_not_limited():
    found = of_client(client(5, own=1, share=1))
    assert (found["outs_level"], found["outs_limited"]) == ("co_managed", "no")


def test_an_agreement_for_few_functions_is_co_managed_with_a_flag():
    found = of_client(client(3, own=1))
    assert (found["outs_level"], found["outs_limited"]) == ("co_managed", "yes")


def test_full_comes_first_where_both_rules_hold():
    assert of_client(client(8, share=2))["outs_level"] == "full"


def test_no_agreement_is_ad_hoc_however_much_is_done():
    found = of_client(client(10, prov_contract="no"))
    assert (found["outs_level"], found["outs_limited"]) == ("ad_hoc", "no")


def test_no_provider_is_none():
    found = of_client(client(0, own=10, prov_any="no", prov_contract=None))
    assert (found["outs_level"], found["full_no_it"]) == ("none", "no")


def test_do_not_know_that_could_decide_leaves_the_level_open():
    assert pd.isna(of_client(client(7, unknown=1))["outs_level"])
    assert of_client(client(6, unknown=1))["outs_level"] == "co_managed"
    assert of_client(client(8, unknown=2))["outs_level"] == "full"


def test_missing_staff_leaves_the_level_open_only_where_it_decides():
    assert pd.isna(of_client(client(8, it_internal_fte=np.nan))["outs_level"])
    assert of_client(client(5, it_internal_fte=np.nan))["outs_level"] == "co_managed"


def test_an_unanswered_screener_gives_no_level():
    found = of_client(client(8, prov_any=None, prov_contract=None))
    assert pd.isna(found["outs_level"])
    assert pd.isna(found["outs_limited"])


def test_the_rule_can_be_run_with_other_parameters():
    frame = client(7)
    rule = replace(SEGMENTS.outsourcing, functions_needed=7)
    assert outsourcing_level(frame, rule)[0].iloc[0] == "full"
    stricter = replace(SEGMENTS.outsourcing, staff_below=0.25)
    assert outsourcing_level(client(10, it_internal_fte=0.3), stricter)[0].iloc[0] == "co_managed"


def test_the_index_is_the_mean_over_functions_that_are_known():
    # 4 led, 2 shared, 2 own, 2 unknown: (4 × 1 + 2 × .5) / 8
    assert of_client(client(4, share=2, own=2, unknown=2))["outs_index"] == pytest.approx(62.5)


def test_full_without_staff_is_yes_and_no_elsewhere():
    assert of_client(client(9))["full_no_it"] == "yes"
    assert of_client(client(9, it_internal_fte=2.0))["full_no_it"] == "no"
    assert of_client(client(9, it_internal_fte=2.0))["it_staff"] == "some"


# --- Transparency ----------------------------------------------------------------------------


def test_known_answers_are_counted_over_questions_asked():
    answers = {"cv_1": "yes", "cv_2": "no", "cv_3": "yes"}
    frame = client(8, **answers)
    reasons = pd.DataFrame([dict.fromkeys(SEGMENTS.transparency, "dont_know")])
    reasons[list(answers)] = None
    assert of_client(frame, missing=reasons)["transp_index"] == pytest.approx(100 * 3 / 12)


def test_a_question_not_shown_is_not_held_against_the_provider():
    reasons = pd.DataFrame([dict.fromkeys(SEGMENTS.transparency, "not_shown")])
    assert np.isnan(of_client(client(8), missing=reasons)["transp_index"])


def test_all_unknown_is_zero_and_not_missing():
    reasons = pd.DataFrame([dict.fromkeys(SEGMENTS.transparency, "dont_know")])
    assert of_client(client(8), missing=reasons)["transp_index"] == 0


def test_without_reasons_one_answer_shows_that_all_were_asked():
    assert of_client(client(8, cv_1="yes"))["transp_index"] == pytest.approx(100 / 12)
    assert np.isnan(of_client(client(8))["transp_index"])


# --- Contract ----------------------------------------------------------------------------------


@pytest.mark.parametrize("source", ["msps", "clients", "pairs"])
def test_every_segment_is_described_with_its_categories(source):
    frame = msps(emp=[3.0]) if source == "msps" else client(8)
    found = segment(frame.assign(resp_id="r1"), SEGMENTS, source)
    described = segment_variables(SEGMENTS, source)
    assert list(found.columns) == ["resp_id", *(v.name for v in described)]
    for variable in described:
        if variable.categorical:
            assert list(found[variable.name].cat.categories) == list(variable.levels)


def test_the_largest_numbers_of_clients_are_set_to_the_quantile_of_the_file():
    rule = replace(SEGMENTS, top_code=replace(SEGMENTS.top_code, at=0.75))
    clients = [1.0, 2.0, 3.0, 4.0, 1000.0]
    found = segment(msps(emp=[9.0] * 5, client_n_contract=clients), rule, "msps")
    assert found["clients_served"].tolist() == [1, 2, 3, 4, 4]  # 4 of 5 lie at or below 4


def test_an_unknown_source_is_an_error():
    with pytest.raises(DefinitionError, match="clients"):
        segment(msps(emp=[1.0]), SEGMENTS, "client")


def test_a_missing_column_is_an_error():
    with pytest.raises(DataError, match="fn_patch"):
        segment(client(8).drop(columns="fn_patch"), SEGMENTS, "clients")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('members = ["NJ", "NY", "PA"]', 'members = ["NJ", "NY", "CT"]', "'CT' is in"),
        ("functions_needed = 8", "functions_needed = 11", "outsourcing.functions_needed"),
        ("msps = [1, 5,", "msps = [5, 1,", "size.msps"),
        ('prefix = "assoc_"', "", "member.prefix"),
        ("at = 0.995", "at = 99.5", "top_code.at"),
    ],
)
def test_a_broken_file_names_the_key(tmp_path, old, new, said):
    broken = tmp_path / "segments.toml"
    text = FILE.read_text(encoding="utf-8")
    assert old in text
    broken.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(DefinitionError) as error:
        load_segments(broken)
    assert said in str(error.value)


def test_segmenting_leaves_its_input_alone():
    frame = client(8)
    before = frame.copy()
    segment(frame, SEGMENTS, "clients")
    pd.testing.assert_frame_equal(frame, before)


def test_a_rule_that_is_left_out_makes_no_variable(tmp_path):
    head = FILE.read_text(encoding="utf-8").partition("# ---")[0]
    (tmp_path / "few.toml").write_text(head + '[size]\nvariable = "staff"\nmsps = [1, 20]\n')
    few = load_segments(tmp_path / "few.toml")
    firms = segment(pd.DataFrame({"staff": [3.0, 20.0]}), few, "msps")
    assert firms.to_dict("list") == {"size": ["1-19", "20+"]}
    assert segment(pd.DataFrame({"staff": [3.0]}), few, "clients").empty
    assert [v.name for v in segment_variables(few, "msps")] == ["size"]
    assert segment_variables(few, "clients") == []
