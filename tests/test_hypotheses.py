"""The register of claims, and how an interval decides one."""

from __future__ import annotations

from pathlib import Path

import pytest

from mspsurvey.errors import DefinitionError
from mspsurvey.evidence.hypothesis import (
    Bound,
    Hypothesis,
    Rule,
    direction,
    load_hypotheses,
    require_items,
)

FILE = Path(__file__).parents[1] / "definitions" / "hypotheses.toml"
REGISTER = load_hypotheses(FILE)


def claim(*, by_definition: bool = False, against: float | None = 0.2) -> Hypothesis:
    rule = Rule(
        "msps", "share", "dec_any_12m", ("yes",), "", "",
        Bound("at_least", 0.5), None if against is None else Bound("at_most", against),
    )  # fmt: skip
    return Hypothesis("H", ("S1",), "c", "f", "a", True, by_definition=by_definition, rule=rule)


def test_the_register_holds_h1_to_h33_and_f1():
    numbered = [f"H{i}" for i in range(1, 34) if i != 19]
    assert set(REGISTER) == {*numbered, "H19a", "H19b", "F1"}


def test_each_claim_has_both_sides():
    for hypothesis in REGISTER.values():
        assert hypothesis.evidence_for, hypothesis.id
        assert hypothesis.evidence_against, hypothesis.id


def test_what_is_not_testable_here_says_why_and_has_no_rule():
    closed = [h for h in REGISTER.values() if not h.testable]
    assert {h.id for h in closed} == {"H2", "H6", "H7", "H33", "F1"}
    assert all(h.limits and h.rule is None for h in closed)


def test_all_thirty_sentences_of_the_essay_are_covered():
    covered = {sentence for h in REGISTER.values() for sentence in h.sentences}
    assert covered == {f"S{i}" for i in range(1, 31)}


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.50, 0.60, "supports"), (0.49, 0.60, "cannot tell"), (0.25, 0.45, "mixed"),
        (0.10, 0.20, "against"), (0.10, 0.21, "cannot tell"), (0.1, 0.9, "cannot tell"),
    ],
)  # fmt: skip
def test_the_whole_interval_decides(low, high, expected):
    assert direction(claim(), low, high) == expected


def test_a_rule_with_one_side_never_says_mixed():
    assert direction(claim(against=None), 0.1, 0.3) == "cannot tell"


def test_a_suppressed_number_decides_nothing():
    assert direction(claim(), 0.6, 0.7, suppressed=True) == "cannot tell"
    assert direction(claim(), float("nan"), float("nan")) == "cannot tell"


def test_a_claim_about_amateurs_needs_three_quarters_of_the_definitions():
    hypothesis = claim(by_definition=True)
    assert direction(hypothesis, 0.6, 0.7, same_side=0.75) == "supports"
    assert direction(hypothesis, 0.6, 0.7, same_side=0.70) == "mixed"
    assert direction(hypothesis, 0.6, 0.7) == "cannot tell"


def test_a_claim_without_rule_cannot_be_told():
    assert direction(REGISTER["H33"], 0.6, 0.7) == "cannot tell"


def test_rules_name_variables_and_levels_that_the_surveys_have():
    from mspsurvey.evidence.rubric import load_rubric, rubric_variables
    from mspsurvey.evidence.segment import load_segments, segment_variables
    from mspsurvey.instrument import load_instrument

    here = FILE.parent
    if not (here / "client.yaml").is_file() or not (here / "msp.yaml").is_file():
        pytest.skip("the demo's questionnaires are not there")
    segments = load_segments(here / "segments.toml")
    msps = load_instrument(here / "msp.yaml").with_derived(
        [
            *rubric_variables(load_rubric(here / "rubric.toml")),
            *segment_variables(segments, "msps"),
        ]
    )
    clients = load_instrument(here / "client.yaml").with_derived(
        segment_variables(segments, "clients")
    )
    surveys = {"msps": msps, "clients": clients, "pairs": clients}
    require_items(REGISTER, {k: v.variables for k, v in surveys.items()}, path=FILE)
    for hypothesis in REGISTER.values():
        if hypothesis.rule is not None:
            variable = surveys[hypothesis.rule.source][hypothesis.rule.item]
            assert set(hypothesis.rule.level) <= set(variable.levels), hypothesis.id


def test_a_rule_on_an_unknown_variable_is_an_error():
    known = {"msps": ["dec_any_12"], "clients": [], "pairs": []}
    with pytest.raises(DefinitionError, match="dec_any_12"):
        require_items({"H": claim()}, known, path=FILE)


def test_rules_of_a_source_that_the_study_does_not_have_are_left_alone():
    require_items({"H": claim()}, {"pairs": ["dec_any_12"]}, path=FILE)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('source = "msps"', 'source = "msp"', "rule.source"),
        ("supports = { at_least = 0.50 }", "supports = { above = 0.50 }", "above"),
        ("supports = { at_least = 0.50 }", "", "neither"),
        ('id = "H2"', 'id = "H1"', "'H1' stands twice"),
        ("by_definition = true", 'by_definition = "yes"', "true or false"),
    ],
)
def test_a_broken_register_names_the_key(tmp_path, old, new, said):
    broken = tmp_path / "hypotheses.toml"
    text = FILE.read_text(encoding="utf-8")
    assert old in text
    broken.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(DefinitionError) as error:
        load_hypotheses(broken)
    assert said in str(error.value)
