"""Why an answer is missing: the four cells of asked and answered, and what lies outside them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from intake_sample import INSTRUMENT, work_of
from test_intake import study

from mspsurvey.intake.clean import clean
from mspsurvey.intake.take_in import take_in
from mspsurvey.intake.work import Log, change_table

END = {"v1": "", "v2": "", "note": ""}


def reasons(tmp_path, row, *names, last_page=None):
    work = work_of(tmp_path, row)
    if last_page is not None:
        work = replace(work, meta=work.meta.assign(last_page=float(last_page)))
    done, log = clean(work, Log())
    return done.missing.loc[0, list(names)].tolist(), change_table(log)


@pytest.mark.parametrize(
    ("cells", "reason", "logged"),
    [
        ({"has_plan": "Yes", "plan_age": "2"}, "", []),
        ({"has_plan": "Yes", "plan_age": ""}, "no_answer", []),
        ({"has_plan": "No", "plan_age": ""}, "not_shown", []),
        ({"has_plan": "No", "plan_age": "2"}, "not_shown", ["G6"]),
    ],
    ids=["asked and answered", "asked, blank", "not asked, blank", "not asked, answered"],
)
def test_the_route_tells_the_four_cells_apart(tmp_path, cells, reason, logged):
    found, changes = reasons(tmp_path, cells, "plan_age")
    assert found == [reason]
    assert changes["rule"].tolist() == logged


def test_what_was_said_instead_of_an_answer_is_the_reason(tmp_path):
    row = {"v1": "Don't know", "emp": "prefer not to say", "grow_pct": "n/a", "emp_tech": "lots"}
    found, _ = reasons(tmp_path, row, *row)
    assert found == ["dont_know", "refused", "not_applicable", "unparseable"]


def test_who_left_did_not_reach_what_comes_after_the_last_answer(tmp_path):
    row = {"FINISHED": "no", "grow_pct": "", "plan_age": "", **END}
    found, _ = reasons(tmp_path, row, "grow_pct", "plan_age", "v1")
    assert found == ["no_answer", "not_reached", "not_reached"]


def test_followers_of_a_question_that_was_not_reached_were_not_reached(tmp_path):
    row = {"FINISHED": "no", "has_plan": "", "plan_age": "", **END}
    assert reasons(tmp_path, row, "has_plan", "plan_age")[0] == ["not_reached"] * 2


def test_a_blank_on_a_page_that_was_sent_was_asked(tmp_path):
    row = {"FINISHED": "no", **END}
    assert reasons(tmp_path, row, "v1", last_page=1)[0] == ["no_answer"]
    # A last page beyond the blocks says that pages are not the blocks.
    assert reasons(tmp_path, row, "v1", last_page=2)[0] == ["not_reached"]


def test_free_text_that_was_given_is_redacted_and_else_has_its_reason(tmp_path):
    assert reasons(tmp_path, {"note": "I am Ann"}, "note")[0] == ["redacted"]
    assert reasons(tmp_path, {"note": ""}, "note")[0] == ["no_answer"]


def test_a_question_without_a_column_is_not_in_the_version(tmp_path):
    config = study(tmp_path, {"plan_age": "2"})
    added = "      - {name: extra, kind: number, text: And more of it?, low: 0, high: 9}\n"
    text = INSTRUMENT.replace("      - name: note\n", added + "      - name: note\n")
    assert text != INSTRUMENT
    (tmp_path / "small.yaml").write_text(text)
    made = take_in(config).missing["msps"]
    assert made["extra"].tolist() == ["not_in_version"]
    assert made["plan_age"].isna().all()
