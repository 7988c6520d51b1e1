"""Signs of careless answering: a number and a flag each."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from intake_sample import work_of
from quality_cases import answered, distance, grid, longest_run, variability

from mspsurvey.intake.clean import clean
from mspsurvey.intake.quality import quality_flags, quality_table, traces
from mspsurvey.intake.quality.attention import says
from mspsurvey.intake.quality.bursts import most_within
from mspsurvey.intake.quality.gibberish import LetterPairs, is_gibberish
from mspsurvey.intake.quality.grids import irv, longstring
from mspsurvey.intake.quality.outliers import mahalanobis
from mspsurvey.intake.quality.repeats import LEAST_MATCH, nearest_match
from mspsurvey.intake.readers.export import RawExport
from mspsurvey.intake.work import Log, Work
from mspsurvey.schema import QUALITY_FLAGS, excluded

LONG = [grid("a", 6), grid("b", 6)]


def flags(work: Work) -> list[str]:
    return quality_flags(quality_table(work)).tolist()


# ---- C1 ---------------------------------------------------------------------------------------


def test_a_speeder_needs_less_than_a_third_of_the_median(tmp_path):
    seconds = ("600", "600", "600", "190", "210")
    work, _ = clean(work_of(tmp_path, *({"SECONDS": s} for s in seconds)), Log())
    # A third of 600 is 200.
    assert flags(work) == ["", "", "", "C1", ""]


def test_an_unknown_duration_is_no_speed(tmp_path):
    work, _ = clean(work_of(tmp_path, {}, {"SECONDS": "nan"}), Log())
    assert flags(work) == ["", ""]


def test_half_of_the_timed_pages_left_at_once_is_speed_whatever_the_whole_took(tmp_path):
    pages = {f"page:{k}": [60.0, 60.0, 60.0, 5.0 if k < 2 else 60.0] for k in range(4)}
    work = answered(tmp_path, LONG, *["121111211111"] * 4, **pages)
    table = quality_table(work)
    assert table["fast_pages"].tolist() == [0, 0, 0, 2 / 4]
    assert table["C1"].tolist() == [False, False, False, True]


def test_three_timed_pages_are_too_few(tmp_path):
    pages = {f"page:{k}": [60.0, 60.0, 1.0] for k in range(3)}
    work = answered(tmp_path, LONG, *["121111211111"] * 3, **pages)
    assert quality_table(work)["fast_pages"].isna().all()


# ---- C2 and C6 --------------------------------------------------------------------------------


def test_one_answer_in_two_long_grids_is_a_straight_line(tmp_path):
    work = answered(tmp_path, LONG, "111111222222", "111111222221", "121111211111")
    assert flags(work) == ["C2", "", ""]


def test_one_answer_to_rows_that_run_both_ways_is_a_contradiction(tmp_path):
    work = answered(tmp_path, [grid("a", 4, turned=[2, 4])], "3333", "2222", "3131", "333 ")
    table = quality_table(work)
    # All high says high and low at once; all mid contradicts nothing; three rows are too few.
    assert table["contradictions"].tolist() == [1, 0, 0, 0]
    assert table["C2"].tolist() == [True, False, False, False]


def test_twenty_four_like_answers_in_a_row_are_a_long_string(tmp_path):
    work = answered(tmp_path, [grid("a", 5)] + [grid(n, 5) for n in "bcdef"],
                    "1" * 24 + "23" * 3, "1" * 23 + "2" + "13" * 3)  # fmt: skip
    table = quality_table(work)
    assert table["longest_run"].tolist() == [24, 23]
    assert table["C6"].tolist() == [True, False]


@given(st.lists(st.lists(st.sampled_from(" 123"), min_size=5, max_size=5), min_size=1))
def test_longstring_and_irv_are_those_of_their_papers(rows):
    codes = np.array([[" 123".index(c) - 1 for c in row] for row in rows])
    assert longstring(codes).tolist() == [longest_run(row) for row in rows]
    values = np.where(codes >= 0, codes, np.nan)
    by_hand = [variability([float(c) for c in row if c != " "]) for row in rows]
    np.testing.assert_allclose(irv(values), by_hand, atol=1e-12)


# ---- C3 ---------------------------------------------------------------------------------------


def test_a_missed_attention_check_is_flagged_and_a_blank_one_is_not(tmp_path):
    work = answered(tmp_path, LONG, *["121111211111"] * 3, attn=["a", "b", None])
    assert flags(work) == ["C3", "", ""]


@pytest.mark.parametrize("typed", ["purple", ' "Purple." ', "PURPLE", "purpel", "pürple"])
def test_who_typed_quotes_or_a_slip_has_read_the_question(typed):
    assert says(typed, "purple")


def test_a_typed_check_is_missed_by_another_word(tmp_path):
    work = answered(tmp_path, LONG, *["121111211111"] * 3, word=["purple!", "green", ""])
    settings = {"attention": {"word": "purple"}}
    table = quality_table(Work(work.source, work.instrument, work.answers, work.missing,
                               work.meta, settings))  # fmt: skip
    assert table["attention_missed"].tolist() == [0, 1, 0]


# ---- C4 ---------------------------------------------------------------------------------------

ENGLISH = LetterPairs.learn(
    ["Which of these practices do you follow with your contract clients?",
     "How many people work at your company, and how many are technical staff?",
     "Would a public register of providers help organisations to choose?",
     "We are asking about security, insurance, backups and written policies."]
)  # fmt: skip


@pytest.mark.parametrize("text", ["sdkjfh skdjfh", "xxxxxxxx", "qwerty", "asdf asdf", "dfgdfg hjk",
                                  "lorem ipsum dolor", "test test"])  # fmt: skip
def test_keys_and_fillers_are_gibberish(text):
    assert is_gibberish(text, ENGLISH)


@pytest.mark.parametrize("text", ["Nothing to add.", "Good survey, but a little long.", "no", "",
                                  "MFA SSO EDR", "請看附件", "12345"])  # fmt: skip
def test_words_abbreviations_and_other_scripts_are_not(text):
    assert not is_gibberish(text, ENGLISH)


def test_the_sign_is_a_number_and_the_text_stays_unseen(tmp_path):
    work = answered(tmp_path, LONG, *["121111211111"] * 2, more=["sdkjfh skdjfh", ""])
    table = quality_table(work)
    assert table["C4"].tolist() == [True, False]
    assert np.isnan(table["text_surprise"].iloc[1])
    assert "sdkjfh" not in table.to_csv()


# ---- C5 ---------------------------------------------------------------------------------------


def test_five_of_one_origin_in_ten_minutes_are_a_burst():
    seconds = np.array([0, 150, 300, 450, 600, 601, 300])
    origins = np.array([0, 0, 0, 0, 0, 0, 1])
    # From 0 to 600 there are five; from 150 to 601 five as well.
    assert most_within(origins, seconds, 600).tolist() == [5, 5, 5, 5, 5, 5, 1]


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 60)), max_size=25))
def test_a_burst_counts_the_fullest_window_that_holds_a_response(events):
    origins = np.array([o for o, _ in events], dtype="int64")
    seconds = np.array([s for _, s in events], dtype="int64")
    by_hand = [
        max(sum(o == p and t <= u <= t + 10 for p, u in events)
            for t in range(s - 10, s + 1))
        for o, s in events
    ]  # fmt: skip
    assert most_within(origins, seconds, 10).tolist() == by_hand


def export(answers: dict[str, list[str]], personal: dict[str, list[str]]) -> RawExport:
    frame = pd.DataFrame(answers, dtype="str")
    meta = pd.DataFrame({"row": range(1, len(frame) + 1)})
    return RawExport(frame, pd.DataFrame(), meta, "qualtrics", "current",
                     personal=pd.DataFrame(personal, dtype="str"))  # fmt: skip


def test_an_origin_is_a_number_and_never_an_address():
    found = traces(export(
        {"Q9_Browser": ["Firefox", "Firefox", "Chrome", "Firefox"]},
        {"IPAddress": ["203.0.113.1", "203.0.113.1", "203.0.113.1", ""]},
    ))  # fmt: skip
    assert found["origin"].tolist() == ["0", "0", "1", ""]


@pytest.mark.parametrize("heading", ["Endereço IP", "IP-adres", "IP アドレス", "Network ID"])
def test_an_address_is_known_in_every_language(heading):
    found = traces(export({"Zip?": ["1", "2"]}, {heading: ["a", "a"], "E-mail": ["b", "c"]}))
    assert found["origin"].tolist() == ["0", "0"]


def test_page_times_and_scores_of_the_platform_are_found_by_their_names():
    found = traces(export(
        {"Q1_Page Submit": ["12.5", ""], "groupTime12": ["3", "4"],
         "Q_RecaptchaScore": ["0.9", ""]},
        {},
    ))  # fmt: skip
    assert found["page:q1"].tolist()[0] == 12.5
    assert found["page:12"].tolist() == [3, 4]
    assert found["score:q_recaptchascore"].tolist() == ["0.9", ""]


# ---- C7 and C8 --------------------------------------------------------------------------------


def test_distances_without_gaps_are_those_of_the_textbook():
    values = np.random.default_rng(1).integers(1, 5, (40, 6)).astype("float64")
    found, count = mahalanobis(values)
    np.testing.assert_allclose(found, distance(values), rtol=1e-10)
    assert set(count) == {6}


def test_a_gap_is_left_out_and_nobody_else_is_moved():
    values = np.random.default_rng(1).normal(size=(60, 5))
    values[0, 2] = np.nan
    values[1] = np.nan
    found, count = mahalanobis(values)
    assert count[:3].tolist() == [4, 0, 5]
    assert found[1] == 0
    assert np.isfinite(found).all()


def test_scores_of_the_platform_are_read_by_its_own_bounds(tmp_path):
    work = answered(
        tmp_path, LONG, *["121111211111"] * 4,
        **{"score:q_recaptchascore": ["0.9", "0.4", "", "0.5"],
           "score:q_relevantidfraudscore": ["0", "0", "30", "29"],
           "score:q_ballotboxstuffing": ["", "", "true", "false"]},
    )  # fmt: skip
    table = quality_table(work)
    assert table["platform_signs"].tolist() == [0, 1, 2, 0]
    assert table["C8"].tolist() == [False, True, True, False]


# ---- C9 ---------------------------------------------------------------------------------------


def opinions(items, *, n=200, answers=5, seed=1):
    """Draw honest answers, in which firms have something in common."""
    rng = np.random.default_rng(seed)
    alike = rng.integers(0, answers, (n, 1))
    return np.where(rng.random((n, items)) < 0.2, alike, rng.integers(0, answers, (n, items)))


def test_the_nearest_match_is_the_largest_share_of_common_questions_answered_alike():
    codes = opinions(30, n=600)  # more than one block
    codes[codes == 4] = -1
    nearest, _ = nearest_match(codes)
    for k in (0, 511, 512, 599):
        common = (codes >= 0) & (codes[k] >= 0)
        share = (common & (codes == codes[k])).sum(axis=1) / np.maximum(common.sum(axis=1), 1)
        share[(common.sum(axis=1) < 20) | (np.arange(600) == k)] = np.nan
        np.testing.assert_allclose(nearest[k], np.nanmax(share), rtol=1e-6)


def test_an_answer_sheet_that_was_copied_with_a_few_changes_stands_out_and_no_other():
    codes = opinions(60)
    codes[7] = codes[3]
    codes[7, :4] = (codes[3, :4] + 1) % 5
    nearest, limit = nearest_match(codes)
    assert np.flatnonzero(nearest >= limit).tolist() == [3, 7]
    assert nearest[7] == pytest.approx(56 / 60)


def test_in_a_short_questionnaire_of_few_answers_nobody_is_marked():
    nearest, limit = nearest_match(opinions(20, answers=2))
    assert nearest.max() > LEAST_MATCH
    assert not (nearest >= limit).any()


def test_who_has_too_few_questions_in_common_is_not_compared():
    codes = opinions(30, n=3)
    codes[2, 19:] = -1
    nearest, _ = nearest_match(codes)
    assert np.isnan(nearest).tolist() == [False, False, True]
    assert np.isnan(nearest_match(codes[2:])[0]).all()


def test_a_near_copy_bears_the_flag_and_stays(tmp_path):
    rng = np.random.default_rng(2)
    rows = ["".join(map(str, rng.integers(1, 4, 24))) for _ in range(60)]
    table = quality_table(answered(tmp_path, [grid("g", 24)], *rows, "1" + rows[0][1:]))
    assert table["C9"].to_numpy().nonzero()[0].tolist() == [0, 60]
    assert table["nearest_match"].iloc[60] == pytest.approx(23 / 24)


# ---- Rules of exclusion -----------------------------------------------------------------------


def test_a_rule_leaves_out_who_bears_enough_of_its_flags():
    borne = pd.Series(["", "C1", "C1 C7", "C1 C3", "C5"], dtype="str")
    assert excluded(borne, []).tolist() == [False] * 5
    assert excluded(borne, ["C1"]).tolist() == [False, True, True, True, False]
    # C7 does not count among the two.
    assert excluded(borne, ["two", "C5"]).tolist() == [False, False, False, True, True]


def test_each_flag_has_its_words_and_its_rule_of_exclusion(tmp_path):
    table = quality_table(answered(tmp_path, LONG, "121111211111"))
    assert set(QUALITY_FLAGS) <= set(table.columns)
    for flag in QUALITY_FLAGS:
        assert excluded(pd.Series([flag]), [flag]).tolist() == [True]
