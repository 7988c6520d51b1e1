"""One condition in four languages: each means what it means on a frame."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from conftest import ROOT
from hypothesis import given, settings
from instrument_cases import ROUTED, cells, conditions, made
from lxml import etree

from mspsurvey.condition import Condition, Not
from mspsurvey.instrument import Instrument, load_instrument
from mspsurvey.instrument.route import english, expression_script, redcap_logic, xpath
from mspsurvey.instrument.route.solve import always_holds, can_hold, solve
from mspsurvey.instrument.target import target

Cells = dict[str, Any]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Instrument:
    return made(tmp_path_factory.mktemp("tiny"), ROUTED)


def parsed(source: str) -> Condition:
    return Condition.parse(source, where="test")


# As data, and as each platform works it out


def as_data(given: Cells) -> pd.DataFrame:
    """One row as intake would make it: reasons are missing, a blank beside a tick is a no."""
    ticks, answers = given["tools"], given["tools"] - {"dk"}
    row = {
        "emp": float(given["emp"]) if given["emp"] else None,
        "size": given["size"] if given["size"] in ("1", "2", "10") else None,
        "note": given["note"] or None,
        "tools_dk": ("yes" if "dk" in ticks else "no") if ticks else None,
    }
    for code in ("edr", "other"):
        row[f"tools_{code}"] = ("yes" if code in ticks else "no") if answers else None
    frame = pd.DataFrame([row])
    return frame.astype({"emp": "float64"}).astype(
        {n: "str" for n in frame.columns if n != "emp"}
    )  # fmt: skip


def by_data(condition: Condition, given: Cells) -> bool:
    return bool(condition.holds(as_data(given)).iloc[0])


def by_xpath(rule: str, given: Cells) -> bool:
    root = etree.Element("data")
    for name, cell in given.items():
        node = etree.SubElement(root, name)
        node.text = " ".join(sorted(cell)) if isinstance(cell, set) else cell

    def selected(_: object, nodes: list[Any], code: str) -> bool:
        return code in (nodes[0].text or "").split()

    rule = re.sub(r"\$\{(\w+)\}", r"/data/\1", rule)
    return bool(etree.XPath(rule, extensions={(None, "selected"): selected})(root))


def javascript(rule: str, boxes: dict[str, str]) -> bool:
    """Work out branching logic as a browser does: a blank is 0 beside a number."""

    def compare(match: re.Match[str]) -> str:
        cell, sign, constant = boxes[match[1]], match[2], match[3]
        if sign in ("=", "<>") and constant.startswith(("'", '"')):
            return str((cell == constant[1:-1]) == (sign == "="))
        number = float(cell) if cell else 0.0
        python = {"=": "==", "<>": "!="}.get(sign, sign)
        return str(eval(f"{number} {python} {constant}"))

    worked = re.sub(r"\[([\w()]+)\] (=|<>|<=|>=|<|>) ('[^']*'|\"[^\"]*\"|[\d.]+)", compare, rule)
    assert re.fullmatch(r"(True|False|and|or|1 = [12]|[() ])+", worked), worked
    return bool(eval(worked.replace(" = ", " == ")))


def by_redcap(rule: str, given: Cells) -> bool:
    boxes = {n: c for n, c in given.items() if isinstance(c, str)}
    boxes |= {f"tools({c})": str(int(c in given["tools"])) for c in ("edr", "other", "dk")}
    return javascript(rule, boxes)


def by_expression(rule: str, given: Cells) -> bool:
    boxes = {n: c for n, c in given.items() if isinstance(c, str)}
    boxes |= {f"tools_{c}": "Y" if c in given["tools"] else "" for c in ("edr", "other", "dk")}
    rule = re.sub(r"(!?)is_empty\((\w+)\.NAOK\)", lambda m: f"[{m[2]}] {'<>' if m[1] else '='} ''",
                  rule)  # fmt: skip
    rule = re.sub(r"(\w+)\.NAOK", r"[\1]", rule).replace("!=", "<>").replace("==", "=")
    rule = {"1": "1 = 1", "0": "1 = 2"}.get(rule, rule)
    return javascript(rule, boxes)


@settings(max_examples=60, deadline=None)
@given(conditions, cells)
def test_xpath_and_data_agree(tiny: Instrument, source: str, given: Cells) -> None:
    condition = parsed(source)
    assert by_xpath(xpath(condition, tiny, target(tiny, "xlsform")), given) == by_data(
        condition, given
    )


@settings(max_examples=60, deadline=None)
@given(conditions, cells)
def test_branching_logic_and_data_agree(tiny: Instrument, source: str, given: Cells) -> None:
    condition = parsed(source)
    rule = redcap_logic(condition, tiny, target(tiny, "redcap"))
    assert "not" not in rule.split()
    assert by_redcap(rule, given) == by_data(condition, given)


@settings(max_examples=60, deadline=None)
@given(conditions, cells)
def test_expression_script_and_data_agree(tiny: Instrument, source: str, given: Cells) -> None:
    condition = parsed(source)
    rule = expression_script(condition, tiny, target(tiny, "limesurvey"))
    assert by_expression(rule, given) == by_data(condition, given)


# As written

WRITTEN = {
    "emp > 9 and tools_edr == 'yes'": (
        "${emp} != '' and ${emp} > 9 and selected(${tools}, 'edr')",
        "[emp] <> '' and [emp] > 9 and [tools(edr)] = '1'",
        '!is_empty(emp.NAOK) and emp.NAOK > 9 and tools_edr.NAOK == "Y"',
    ),
    "not (emp > 9)": (
        "${emp} = '' or ${emp} <= 9",
        "[emp] = '' or [emp] <= 9",
        "is_empty(emp.NAOK) or emp.NAOK <= 9",
    ),
    "size >= 2": (
        "${size} = '2' or ${size} = '10'",
        "[size] = '2' or [size] = '10'",
        'size.NAOK == "2" or size.NAOK == "10"',
    ),
    "note == \"it's\"": (
        "${note} = \"it's\"", "[note] = \"it's\"", 'note.NAOK == "it\'s"',
    ),
}  # fmt: skip


@pytest.mark.parametrize("source", WRITTEN)
def test_each_language_is_written_as_its_manual_has_it(tiny: Instrument, source: str) -> None:
    condition = parsed(source)
    assert (
        xpath(condition, tiny, target(tiny, "xlsform")),
        redcap_logic(condition, tiny, target(tiny, "redcap")),
        expression_script(condition, tiny, target(tiny, "limesurvey")),
    ) == WRITTEN[source]


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("emp >= 5", "'Staff' is at least 5"),
        ("emp >= 1", "'Staff' is answered"),
        ("not (emp >= 1)", "'Staff' is not answered"),
        ("size in ['1', '2']", "'Size' is '1 to 4' or '5 to 9'"),
        ("size != '1'", "'Size' has an answer other than '1 to 4'"),
        ("tools_edr == 'no'", "'EDR' is not chosen"),
        ("not (emp > 1)", "it is not so that ('Staff' is more than 1)"),
        (
            "(emp > 9 or emp < 2) and size == '1'",
            "('Staff' is more than 9 or 'Staff' is less than 2) and 'Size' is '1 to 4'",
        ),
    ],
)
def test_a_condition_reads_well(tiny: Instrument, source: str, words: str) -> None:
    assert english(parsed(source), tiny) == words


def test_in_print_a_condition_names_the_numbers_of_questions(tiny: Instrument) -> None:
    numbers = {"emp": "question 2", "tools_edr": "question 4"}
    said = english(parsed("emp > 9 and tools_edr == 'yes'"), tiny, numbers)
    assert said == "question 2 'Staff' is more than 9 and 'EDR' in question 4 is chosen"


# Solved


@settings(max_examples=60, deadline=None)
@given(conditions, cells)
def test_what_some_answers_satisfy_can_hold(tiny: Instrument, source: str, given: Cells) -> None:
    condition = parsed(source)
    if given["emp"] != "0" and by_data(condition, given):  # 0 is outside the range
        assert can_hold(condition.tree, tiny)
    elif given["emp"] != "0":
        assert can_hold(Not(condition.tree), tiny)


@settings(max_examples=60, deadline=None)
@given(conditions)
def test_a_solution_satisfies_the_condition(tiny: Instrument, source: str) -> None:
    condition = parsed(source)
    answers = solve(condition.tree, tiny)
    if answers is None:
        assert always_holds(Not(condition.tree), tiny)
        return
    frame = pd.DataFrame([answers])
    frame = frame.astype({n: "float64" if n == "emp" else "str" for n in frame.columns})
    assert condition.holds(frame).all()


def test_ranges_are_part_of_the_question_whether_a_condition_can_hold(tiny: Instrument) -> None:
    assert can_hold(parsed("emp > 99").tree, tiny)
    assert not can_hold(parsed("emp > 100").tree, tiny)
    assert can_hold(parsed("emp > 4 and emp < 5").tree, tiny)
    assert not can_hold(parsed("emp > 5 and emp < 4").tree, tiny)


def test_a_long_chain_of_questions_is_decided_at_once() -> None:
    client = load_instrument(Path(ROOT / "definitions" / "client.yaml"))
    routed = [v for v in client if v.ask_if]
    assert all(can_hold(v.ask_if.tree, client) for v in routed)  # type: ignore[union-attr]
