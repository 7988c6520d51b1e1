"""The base line: who answered, and why others are not counted."""

from __future__ import annotations

import pandas as pd

from mspsurvey.inference.result.base import base_line, gap_line
from mspsurvey.inference.survey import Survey
from mspsurvey.instrument import MISSING_REASONS, MISSING_WORDS
from mspsurvey.publish.chart.fields import draft_fields

ASKED = {"not_shown": 12, "dont_know": 3, "no_answer": 1}


def people(yes=30, no=20, blank=0, group="a"):
    answers = ["yes"] * yes + ["no"] * no + [None] * blank
    return pd.DataFrame({"q": answers, "g": group})


def test_the_reasons_stand_in_the_order_in_which_they_come_about():
    assert gap_line(ASKED) == "Not in the base: not asked 12, no answer 1, don't know 3."


def test_every_reason_has_words():
    assert set(MISSING_WORDS) == set(MISSING_REASONS)


def test_a_base_says_whom_how_many_and_who_not():
    line = base_line("firms", where="g == 'x'", respondents={"q": 1812}, left_out={"refused": 2})
    assert line == "Base: firms (n = 1,812). Only where g == 'x'. Not in the base: refused 2."


def test_several_items_have_a_base_from_the_least_to_the_most():
    line = base_line("firms", respondents={"a": 90, "b": 120}, left_out={"no_size": 4})
    assert line == "Base: firms (n = 90 to 120). Not in the base, over 2 items: size not known 4."


def test_a_small_base_is_not_told():
    assert base_line("firms", respondents={"q": 9}) == "Base: firms."
    assert base_line("") == ""


def test_tables_and_charts_say_the_same_of_who_is_left_out():
    frame = people(blank=4)
    missing = pd.DataFrame({"q": ["not_shown" if pd.isna(v) else None for v in frame["q"]]})
    est = Survey(frame, population="firms", missing=missing).share("q")
    assert est.footer.startswith("Base: firms (n = 50). Not in the base: not asked 4.")
    assert draft_fields(est).filter == "Firms. Not in the base: not asked 4"


def test_no_total_is_said_where_it_would_give_a_small_group_away():
    frame = pd.concat([people(), people(3, 2, group="b")], ignore_index=True)
    assert Survey(frame).share("q", by="g").respondents == {}
    assert Survey(people()).share("q", by="g").respondents == {"q": 50}
