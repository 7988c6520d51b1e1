"""From responses to sampled units, and from clients to their providers."""

from __future__ import annotations

import pandas as pd
import pytest
from intake_sample import work_of

from mspsurvey.errors import ReadError
from mspsurvey.instrument import Instrument
from mspsurvey.intake.clean import clean
from mspsurvey.intake.duplicates import alike_firms, find_duplicates
from mspsurvey.intake.link import join_sample, read_sample, unlinked, unsampled
from mspsurvey.intake.linking.normalise import firm_key
from mspsurvey.intake.work import Log, Work


def sample_file(tmp_path, text):
    path = tmp_path / "sample.csv"
    path.write_text(text)
    return path


def test_design_variables_come_from_the_sample(tmp_path):
    sample = read_sample(sample_file(tmp_path, "sample_id,stratum\nS1,1-4\nS2,5-9\n"))
    work = join_sample(work_of(tmp_path, {"SAMPLE_ID": "S2"}, {"SAMPLE_ID": "S9"}), sample)
    assert work.answers["stratum"].tolist() == ["5-9", ""]


def test_a_token_is_a_sample_id(tmp_path):
    sample = read_sample(sample_file(tmp_path, "token,msp_sample_id\nT1,M1\n"))
    assert sample["sample_id"].tolist() == ["T1"]


def test_a_response_of_no_sampled_unit_is_set_aside(tmp_path):
    sample = read_sample(sample_file(tmp_path, "sample_id,stratum\nS1,a\nS2,a\n"))
    work = work_of(tmp_path, {"SAMPLE_ID": "S1"}, {"SAMPLE_ID": "S7"}, {"SAMPLE_ID": ""})
    table = unsampled(work, sample).rejected[0]
    assert table[["row", "reason"]].to_numpy().tolist() == [
        [2, "its id is not in the sample"],
        [3, "it has no id of the sample"],
    ]


def test_a_client_whose_provider_did_not_answer_is_set_aside(tmp_path):
    work = work_of(tmp_path, {}, {})
    work.answers["msp_sample_id"] = ["M1", "M2"]
    providers = pd.DataFrame({"sample_id": ["M1", "M3"]})
    assert unlinked(work, providers).rejected[0]["row"].tolist() == [2]


@pytest.mark.parametrize(
    ("text", "word"),
    [("unit,stratum\n1,a\n", "sample_id or token"), ("sample_id,x\nS1,a\nS1,b\n", "stands twice")],
)
def test_a_sample_without_unique_ids_is_a_read_error(tmp_path, text, word):
    with pytest.raises(ReadError, match=word):
        read_sample(sample_file(tmp_path, text))


def duplicates(tmp_path, *rows):
    found = find_duplicates(clean(work_of(tmp_path, *rows), Log())[0])
    return found[["row", "kept_resp_id", "rule"]].to_numpy().tolist()


def test_a_row_exported_twice_goes(tmp_path):
    assert duplicates(tmp_path, {"RESP_ID": "A"}, {"RESP_ID": "A"}) == [[2, "A", "D1"]]


def test_of_two_answers_of_one_unit_the_fuller_stays(tmp_path):
    rows = ({"SAMPLE_ID": "S", "emp": "", "v1": ""}, {"SAMPLE_ID": "S"}, {"emp": "77"})
    assert duplicates(tmp_path, *rows) == [[1, "R2", "D2"]]


def test_of_two_people_of_one_unit_the_decider_stays(tmp_path):
    rows = (
        {"SAMPLE_ID": "S", "scr_role": "Technician", "emp": "11"},
        {"SAMPLE_ID": "S", "scr_role": "Owner", "emp": "", "v1": ""},
    )
    assert duplicates(tmp_path, *rows) == [[1, "R2", "D3"]]


def test_different_units_with_different_answers_both_stay(tmp_path):
    assert duplicates(tmp_path, {"emp": "11"}, {"emp": "12"}) == []


@pytest.mark.parametrize(
    ("one", "two"), [("Acme IT LLC", "ACME I.T."), ("Smith & Co", "Smith and Company, Inc.")]
)
def test_spellings_of_one_firm_have_one_key(one, two):
    assert firm_key(one) == firm_key(two)


def firms(*rows):
    """Responses that hold nothing but a firm's name, its place and its sampled unit."""
    cells = [{"firm_name": name, "zip3": place} for name, place, _ in rows]
    meta = pd.DataFrame(
        {
            "row": range(1, len(rows) + 1),
            "resp_id": [f"R{i}" for i in range(1, len(rows) + 1)],
            "sample_id": [unit for *_, unit in rows],
        }
    )
    answers = pd.DataFrame(cells, dtype="str")
    missing = pd.DataFrame("", index=answers.index, columns=answers.columns, dtype="str")
    return Work("msps", EMPTY, answers, missing, meta)


EMPTY = Instrument("none", "None", "1", "firms", "now", {}, {}, {})


def test_one_firm_without_a_sample_is_taken_once():
    work = firms(("Acme IT LLC", "701", ""), ("ACME I.T.", "701", ""), ("Acme IT", "941", ""))
    assert find_duplicates(work)["row"].tolist() == [2]
    assert alike_firms(work).queries == []


def test_one_firm_as_two_sampled_units_is_only_asked_about():
    work = firms(("Acme IT LLC", "701", "S1"), ("ACME I.T.", "701", "S2"))
    assert find_duplicates(work).empty
    assert alike_firms(work).queries[0]["value"].tolist() == ["S1", "S2"]
