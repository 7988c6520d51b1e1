"""All definitions of a study together: what another study may leave out, and must not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from intake_sample import small_instrument

from mspsurvey.errors import DefinitionError
from mspsurvey.evidence.definitions import load_all
from mspsurvey.evidence.hypothesis import load_hypotheses
from mspsurvey.study_file import load_config

ROOT = Path(__file__).parent.parent
CONFIG = load_config(ROOT)


def test_rules_on_what_is_not_asked_are_named_with_the_questions_that_they_miss(tmp_path):
    instrument = small_instrument(tmp_path)  # it asks for staff, `emp`, and for no state
    with pytest.raises(DefinitionError) as raised:
        load_all(CONFIG).check(instrument, "msps", CONFIG.hypotheses)
    assert "segments.toml" in raised.value.wanted
    assert "'state' (for division), 'assoc_none' (for member)" in raised.value.came
    assert "'emp'" not in raised.value.came


def test_a_study_may_have_no_rubric(tmp_path):
    definitions = load_all(replace(CONFIG, rubric=None))
    assert definitions.version == "segments v1.0"
    names = [v.name for v in definitions.variables("msps")]
    assert names == ["size", "division", "member", "clients_served"]
    firm = {"emp": [12.0], "state": ["LA"], "assoc_none": ["yes"], "client_n_contract": [9.0]}
    classes = definitions.classify(pd.DataFrame({"resp_id": ["R1"], **firm}), "msps")
    assert list(classes) == ["resp_id", *names]


def test_a_register_may_hold_no_hypotheses_yet(tmp_path):
    head = 'version = "1"\ndate = 2027-01-04\nchanged_by = "A"\nwhy = "First."\n'
    (tmp_path / "hypotheses.toml").write_text(head)
    assert load_hypotheses(tmp_path / "hypotheses.toml") == {}
