"""The linter: each rule finds its fault, all faults are listed, and the demo has none."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import ROOT
from instrument_cases import HEAD, ROUTED

from mspsurvey.errors import DefinitionError
from mspsurvey.instrument import load_instrument
from mspsurvey.instrument.lint import RULES, SEVERITIES, Fault, lint


def linted(folder: Path, text: str) -> list[Fault]:
    path = folder / "tiny.yaml"
    path.write_text(text, encoding="utf-8")
    return lint(path)


def questions(*lines: str) -> str:
    return HEAD + "blocks:\n  - name: b\n    questions:\n" + "".join(
        f"      - {line}\n" for line in lines
    )  # fmt: skip


ANY = "{name: a, kind: single, text: A?, options: [{code: x, label: X}, {code: y, label: Y}]"
NUMBER = "{name: n, kind: number, text: N?, low: 1, high: 9"

SEEDED = {
    "form": (questions("{name: n, kind: nummer, text: N?}"), "question 'n'.kind"),
    "double-name": (questions(NUMBER + "}", NUMBER + "}"), "question 'n'"),
    "double-code": (
        questions(ANY.replace("code: y", "code: x") + "}"), "question 'a'.options",
    ),
    "double-label": (
        questions(ANY.replace("label: Y", "label: X") + "}"), "question 'a'.options",
    ),
    "range": (questions(NUMBER.replace("low: 1", "low: 10") + "}"), "question 'n'.low"),
    "condition": (questions(NUMBER + ", ask_if: n plus 1}"), "question 'n'.ask_if"),
    "unknown-question": (questions(ANY + "}", NUMBER + ", ask_if: b == 'x'}"),
                         "question 'n'.ask_if"),
    "later-question": (questions(NUMBER + ", ask_if: a == 'x'}", ANY + "}"),
                       "question 'n'.ask_if"),
    "unknown-code": (questions(ANY + "}", NUMBER + ", ask_if: a == 'z'}"), "question 'n'.ask_if"),
    "missing-code": (
        questions(ANY.replace("label: Y", "label: Y, missing: refused") + "}",
                  NUMBER + ", ask_if: a == 'y'}"),
        "question 'n'.ask_if",
    ),
    "no-number": (questions(ANY + "}", NUMBER + ", ask_if: a > 1}"), "question 'n'.ask_if"),
    "circle": (
        questions(NUMBER + ", ask_if: a == 'x'}", ANY + ", ask_if: n > 1}"),
        "question 'n'.ask_if",
    ),
    "contradiction": (
        questions(NUMBER + "}", ANY + ", ask_if: n > 5 and n < 4}"), "question 'a'.ask_if",
    ),
    "unreachable": (
        questions(NUMBER + "}", ANY + ", ask_if: n > 5}",
                  "{name: t, kind: text, text: T?, ask_if: a == 'x' and n < 3}"),
        "question 't'.ask_if",
    ),
    "nobody-eligible": (
        questions(NUMBER + "}").replace("blocks:", "eligible_if: n > 9\nblocks:"), "eligible_if",
    ),
    "never-part": (
        questions(NUMBER + "}", ANY + ", ask_if: n > 20 or n == 2}"), "question 'a'.ask_if",
    ),
    "always": (
        questions(NUMBER + "}", ANY + ", ask_if: n > 2 or not (n > 2)}"), "question 'a'.ask_if",
    ),
    "tick-name": (
        questions(ANY.replace("single", "multi").replace("code: x", "code: 1-9") + "}"),
        "question 'a'",
    ),
    "code-space": (questions(ANY.replace("code: x", "code: x x") + "}"), "question 'a'.options"),
    "no-answer": (
        questions("{name: a, kind: single, text: A?, options: "
                  "[{code: dk, label: No idea, missing: dont_know}]}"),
        "question 'a'.options",
    ),
    "sum": (
        questions("{name: p, kind: percent, text: P?, low: 0, high: 40, sum_to: 100, rows: "
                  "[{name: p1, text: One}, {name: p2, text: Two}]}"),
        "question 'p'",
    ),
    "name-long": (questions(NUMBER.replace("name: n", "name: n" + "o" * 32) + "}"),
                  "question 'n" + "o" * 32 + "'"),
    "name-reserved": (questions(NUMBER.replace("name: n", "name: byte") + "}"), "question 'byte'"),
    "name-alike": (questions(NUMBER + "}", NUMBER.replace("name: n", "name: n_") + "}"),
                   "question 'n_'"),
    "label-alike": (questions(ANY.replace("label: Y", "label: x") + "}"), "question 'a'.options"),
    "label-separator": (
        questions(ANY.replace("label: Y", "label: y | z") + "}"), "question 'a'.options",
    ),
    "control": (questions('{name: t, kind: text, text: "T\\u0007?"}'), "question 't'"),
    "one-option": (
        questions("{name: a, kind: single, text: A?, options: [{code: x, label: X}]}"),
        "question 'a'.options",
    ),
    "scale": (
        questions("{name: a, kind: single, text: A?, ordered: true, options: [{code: '1', "
                  "label: X}, {code: '3', label: Y}, {code: '2', label: Z}]}"),
        "question 'a'.options",
    ),
    "no-range": (questions("{name: n, kind: number, text: N?, low: 1}"), "question 'n'"),
    "other": (questions(ANY + ", other: which?}"), "question 'a'"),
    "label-long": (questions(NUMBER + ", label: " + "long " * 9 + "}"), "question 'n'"),
}  # fmt: skip


@pytest.mark.parametrize("rule", SEEDED)
def test_each_rule_finds_its_fault_with_its_key(rule: str, tmp_path: Path) -> None:
    text, key = SEEDED[rule]
    found = [fault for fault in linted(tmp_path, text) if fault.rule == rule]
    assert [fault.key for fault in found] == [key]
    assert found[0].severity == RULES[rule][0]
    assert found[0].file.name == "tiny.yaml"
    assert found[0].message.endswith(".")


def test_each_rule_is_seeded_here() -> None:
    assert set(SEEDED) == set(RULES)
    assert {severity for severity, _ in RULES.values()} == set(SEVERITIES)


@pytest.mark.parametrize("rule", [r for r in SEEDED if RULES[r][0] != "error"])
def test_what_is_only_doubtful_can_be_read_all_the_same(rule: str, tmp_path: Path) -> None:
    path = tmp_path / "tiny.yaml"
    path.write_text(SEEDED[rule][0], encoding="utf-8")
    load_instrument(path)
    assert "error" not in {fault.severity for fault in lint(path)}


def test_all_faults_are_listed_errors_first(tmp_path: Path) -> None:
    text = questions(
        "{name: n, kind: number, text: N?}",
        "{name: a, kind: nummer, text: A?}",
        "{name: t, kind: text, text: T?, ask_if: n > 1 and n < 0}",
        "{name: u, kind: text, text: U?, ask_if: b == 1}",
    )
    faults = linted(tmp_path, text)
    assert [(f.severity, f.rule) for f in faults] == [
        ("error", "form"), ("error", "unknown-question"), ("error", "contradiction"),
        ("note", "no-range"),
    ]  # fmt: skip
    assert str(faults[0]).startswith("error form: tiny.yaml, question 'a'.kind: one of single,")


def test_a_question_that_cannot_be_read_is_not_missed_by_those_that_name_it(
    tmp_path: Path,
) -> None:
    text = questions("{name: n, kind: nummer, text: N?}",
                     "{name: t, kind: text, text: T?, ask_if: n > 1}")  # fmt: skip
    assert [f.rule for f in linted(tmp_path, text)] == ["form"]


def test_each_circle_is_named_once(tmp_path: Path) -> None:
    text = questions(
        "{name: a, kind: text, text: A?, ask_if: b == 'x'}",
        "{name: b, kind: text, text: B?, ask_if: a == 'x'}",
        "{name: c, kind: text, text: C?, ask_if: d == 'x'}",
        "{name: d, kind: text, text: D?, ask_if: c == 'x'}",
    )
    found = [f.message for f in linted(tmp_path, text) if f.rule == "circle"]
    assert len(found) == 2
    assert {m.split()[0] for m in found} <= set("abcd")


def test_a_question_for_those_who_are_not_eligible_is_unreachable(tmp_path: Path) -> None:
    text = ROUTED + "      - {name: why, kind: text, text: Why not?, ask_if: scr == 'no'}\n"
    assert [f.rule for f in linted(tmp_path, text) if f.severity == "error"] == ["unreachable"]


def test_what_is_no_questionnaire_at_all_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DefinitionError, match="a list of blocks was wanted"):
        linted(tmp_path, "title: nothing\n")


@pytest.mark.parametrize("name", ["msp", "client"])
def test_the_questionnaires_of_the_demo_have_no_fault(name: str) -> None:
    assert lint(ROOT / "definitions" / f"{name}.yaml") == []


def test_a_typed_id_of_the_sample_may_bear_its_reserved_name(tmp_path: Path) -> None:
    typed = "{name: sample_id, kind: text, text: Your code?, label: Code, role: %s}"
    for role, rules in (("identifier", []), ("free_text", ["name-reserved"])):
        found = linted(tmp_path, questions(typed % role))
        assert [fault.rule for fault in found] == rules
