"""Questionnaire files: what the reader makes of them, and how it names a mistake."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from conftest import ROOT

from mspsurvey.errors import DefinitionError
from mspsurvey.instrument import (
    MISSING_REASONS,
    Instrument,
    Option,
    Variable,
    load_instrument,
    read_yaml,
)
from mspsurvey.schema import RESPONSE_PARADATA, WEIGHT_COLUMNS, stored_variables

SMALL = """\
instrument: small
title: A small survey
version: "1.0"
population: Firms
reference_period: the last 12 months
eligible_if: scr == 'yes'
option_sets:
  yes_no:
    - {code: "yes", label: "Yes", value: 1}
    - {code: "no", label: "No", value: 0}
blocks:
  - name: screener
    title: First
    intro: An MSP manages the IT of others.
    questions:
      - {name: scr, kind: single, text: Do you manage IT?, label: Manages IT, options: yes_no}
      - {name: emp, kind: number, text: How many people?, label: Staff, low: 1, high: 100}
  - name: main
    title: Second
    ask_if: scr == 'yes'
    questions:
      - name: tools
        kind: multi
        text: Which tools?
        options:
          - {code: edr, label: Detection software, short: EDR}
          - {code: none, label: None of these}
        other: which?
      - name: habits
        kind: grid
        text: How often?
        ask_if: emp > 1
        concept: habit
        hypotheses: [H4]
        options:
          - {code: "0", label: Never}
          - {code: "1", label: Always}
          - {code: dk, label: Don't know, missing: dont_know}
        rows:
          - {name: h1, text: Patching, label: Patches, required: true, core: true}
          - name: h2
            text: Backup
            ask_if: emp > 9
            hypotheses: [H19a]
            options:
              - {code: "0", label: Never}
              - {code: na, label: Does not apply, missing: not_applicable}
      - name: mix
        kind: percent
        text: What share?
        sum_to: 100
        rows:
          - {name: mix_a, text: Alone}
          - {name: mix_b, text: Shared}
      - {name: words, kind: text, text: Anything else?, note: Last page.}
      - {name: batch, kind: text, text: Which batch?, role: design}
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "small.yaml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def small(tmp_path: Path) -> Instrument:
    return load_instrument(write(tmp_path, SMALL))


@pytest.fixture(scope="module", params=["msp", "client"])
def demo(request: pytest.FixtureRequest) -> Instrument:
    return load_instrument(ROOT / "definitions" / f"{request.param}.yaml")


# What the reader makes of a file


def test_each_row_each_tick_and_each_other_is_a_variable(small: Instrument) -> None:
    assert list(small.variables) == [
        "scr", "emp", "tools_edr", "tools_none", "tools_oth", "h1", "h2", "mix_a", "mix_b",
        "words", "batch",
    ]  # fmt: skip
    assert small.questions["tools"].variables == ("tools_edr", "tools_none", "tools_oth")
    assert small.questions["tools"].other == "tools_oth"
    assert small.questions["mix"].sum_to == 100


def test_a_row_says_the_stem_and_then_its_own_words(small: Instrument) -> None:
    assert small["h1"].text == "How often? Patching"
    assert small["h1"].label == "Patches"
    assert small["mix_b"].label == "Shared"
    assert small["mix_b"].unit == "%"


def test_a_row_inherits_from_its_question_what_it_does_not_say_itself(small: Instrument) -> None:
    assert small["h1"].hypotheses == ("H4",)
    assert small["h2"].hypotheses == ("H19a",)
    assert small["h2"].concept == "habit"
    assert (small["h1"].required, small["h1"].core) == (True, True)
    assert (small["h2"].required, small["h2"].core) == (False, False)


def test_a_row_may_have_options_of_its_own(small: Instrument) -> None:
    assert small["h1"].levels == ("0", "1")
    assert small["h2"].levels == ("0",)
    assert small["h2"].missing_codes == {"na": "not_applicable"}


def test_the_routes_of_block_question_and_row_are_joined(small: Instrument) -> None:
    route = small["h2"].ask_if
    assert route is not None
    assert route.names == {"scr", "emp"}
    assert route.source == "((scr == 'yes') and (emp > 1)) and (emp > 9)"
    assert small["emp"].ask_if is None


def test_a_tick_is_a_no_or_a_yes_under_the_short_words_of_its_choice(small: Instrument) -> None:
    tick = small["tools_edr"]
    assert (tick.kind, tick.levels, tick.label) == ("tick", ("no", "yes"), "EDR")
    assert tick.values == {"no": 0.0, "yes": 1.0}
    assert tick.text == "Which tools? Detection software"
    assert [o.code for o in small.questions["tools"].options] == ["edr", "none"]


def test_numbers_of_options_come_from_the_value_or_from_the_code(small: Instrument) -> None:
    assert small["scr"].values == {"yes": 1.0, "no": 0.0}
    assert small["h1"].values == {"0": 0.0, "1": 1.0}
    assert small["h1"].labels["dk"] == "Don't know"


def test_an_option_is_named_short_on_an_axis() -> None:
    assert Option("a", "A long label", short="Short").axis == "Short"
    assert Option("a", "A label").axis == "A label"


def test_text_is_free_text_unless_it_says_otherwise(small: Instrument) -> None:
    assert small["words"].role == "free_text"
    assert small["tools_oth"].role == "free_text"
    assert small.by_role("design") == ["batch"]
    assert [v.name for v in stored_variables(small)] == [
        "scr", "emp", "tools_edr", "tools_none", "h1", "h2", "mix_a", "mix_b", "batch",
    ]  # fmt: skip


def test_intro_note_and_eligibility_are_kept(small: Instrument) -> None:
    assert small.blocks == {"screener": "First", "main": "Second"}
    assert small.intros == {"screener": "An MSP manages the IT of others."}
    assert small.questions["words"].note == "Last page."
    assert small.eligible_if is not None
    assert small.eligible_if.names == {"scr"}


def test_a_name_that_is_not_there_is_answered_with_the_nearest(small: Instrument) -> None:
    assert "emp" in small
    assert "employees" not in small
    with pytest.raises(DefinitionError, match="Did you mean 'emp'"):
        small["empp"]


def test_derived_variables_are_added_to_a_new_instrument(small: Instrument) -> None:
    derived = Variable("size", "Size band", "Size", "single", "size", derived_from=("emp",))
    assert small.with_derived([derived])["size"] is derived
    assert "size" not in small


# How a mistake is named

MISTAKES = {
    "a name that stands twice": (
        "{name: emp, kind: number,", "{name: scr, kind: number,", "'scr' stands twice",
    ),
    "a row with the name of a question": (
        "{name: mix_b,", "{name: emp,", "'emp' stands twice",
    ),
    "a block that stands twice": ("- name: main", "- name: screener", "'screener' stands twice"),
    "a block without a name": ("  - name: main\n    title", "  - title", "blocks[2].name"),
    "an option without a code": (
        "{code: edr, label", "{label", "tools'.options[1]: an option needs a code",
    ),
    "an option that is only a word": (
        "- {code: none, label: None of these}", "- nothing", "an option needs a code",
    ),
    "a code that YAML reads as true": (
        '{code: "yes", label: "Yes"', '{code: yes, label: "Yes"', "Put it in quotes",
    ),
    "a label that YAML reads as false": (
        'label: "No"', "label: No", "option_sets.yes_no[2].label: a text or a number",
    ),
    "an option without a label": (
        "{code: none, label: None of these}", "{code: none}", "tools'.options[2].label",
    ),
    "a code that stands twice": (
        '{code: "1", label: Always}', '{code: "0", label: Always}', "'0' stands twice",
    ),
    "a label that stands twice": (
        '{code: "1", label: Always}', '{code: "1", label: Never}', "'Never' stands twice",
    ),
    "an unknown reason for a missing answer": (
        "missing: dont_know", "missing: unsure", "one of dont_know, refused",
    ),
    "an unknown option set": ("options: yes_no}", "options: yesno}", "Did you mean 'yes_no'"),
    "no options": ("Manages IT, options: yes_no}", "Manages IT}", "a list of options"),
    "options of a number": ("low: 1,", "options: yes_no,", "a question of kind number has no"),
    "a route to a question that is not there": (
        "ask_if: emp > 1\n", "ask_if: empl > 1\n", "Did you mean 'emp'",
    ),
    "a route to a question that comes later": (
        "ask_if: emp > 1\n", "ask_if: mix_a > 1\n", "'mix_a' is not among those before",
    ),
    "a route to a code that is not there": (
        "ask_if: scr == 'yes'", "ask_if: scr == 'yse'", "Did you mean 'yes'",
    ),
    "a route to a code without quotes": (
        "kind: percent\n", "kind: percent\n        ask_if: h1 == 1\n", "in quotes, was wanted",
    ),
    "a route to a code that is no answer": (
        "kind: percent\n", "kind: percent\n        ask_if: h1 == 'dk'\n",
        "'dk' is a reason for having none",
    ),
    "a route that compares a number with a text": (
        "ask_if: emp > 1\n", "ask_if: emp == '1'\n", "a number for 'emp' was wanted",
    ),
    "a route that compares words by size": (
        "ask_if: emp > 1\n", "ask_if: tools_edr > 1\n", "'tools_edr' should hold numbers",
    ),
    "a route that compares text by size": (
        "ask_if: emp > 1\n", "ask_if: tools_oth > 1\n", "'tools_oth' should hold numbers",
    ),
    "a route that is not a condition": (
        "ask_if: emp > 1\n", "ask_if: emp plus 1\n", "question 'habits'.ask_if: a condition such",
    ),
    "an eligibility rule that names nothing": (
        "eligible_if: scr", "eligible_if: scrr", "eligible_if: a route may only depend",
    ),
    "a range upside down": ("low: 1, high: 100", "low: 100, high: 1", "100 is above 1"),
    "a bound that is no number": ("low: 1,", "low: one,", "question 'emp'.low: a number"),
    "a bound without end": ("high: 100", "high: .inf", "question 'emp'.high: a number"),
    "an unknown kind": ("kind: percent", "kind: share", "one of single, multi"),
    "an unknown role": ("role: design", "role: secret", "one of answer, identifier"),
    "no wording": (", text: How many people?", "", "question 'emp'.text: a text was wanted"),
    "a name with a capital": ("{name: emp,", "{name: Emp,", "small letters"),
    "a name that is a number": ("{name: emp,", "{name: 7,", "small letters"),
    "a misspelt key of a question": (
        "kind: percent", "knid: percent", "question 'mix': the keys ask_if",
    ),
    "a misspelt key of a row": ("text: Alone", "text: Alone, lable: A", "Did you mean 'label'"),
    "a misspelt key of an option": ("short: EDR", "shrot: EDR", "Did you mean 'short'"),
    "a misspelt key of a block": ("    intro:", "    into:", "Did you mean 'intro'"),
    "a misspelt key of the file": ("option_sets:", "options_sets:", "Did you mean 'option_sets'"),
    "a row without words": ("{name: mix_a, text: Alone}", "{name: mix_a}", "rows[1]: a row with"),
    "a row that is only a word": ("{name: mix_a, text: Alone}", "alone", "rows[1]: a row with"),
    "a question that is only a word": (
        "- {name: batch, kind: text, text: Which batch?, role: design}", "- batch",
        "blocks.main.questions[5]",
    ),
    "hypotheses that are no list": ("[H4]", "H4", "a list was wanted"),
    "a hypothesis that is no id": ("[H4]", "[four]", "ids such as H19a"),
    "no population": ("population: Firms\n", "", "population: a text was wanted"),
}  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES)
def test_each_mistake_is_named_with_file_and_key(mistake: str, tmp_path: Path) -> None:
    old, new, message = MISTAKES[mistake]
    assert old in SMALL
    with pytest.raises(DefinitionError, match=re.escape(message)) as caught:
        load_instrument(write(tmp_path, SMALL.replace(old, new, 1)))
    assert "small.yaml, " in str(caught.value)


def test_a_grid_without_rows_is_refused(tmp_path: Path) -> None:
    text = SMALL[: SMALL.index("        rows:\n          - {name: h1")]
    with pytest.raises(DefinitionError, match="a grid needs rows"):
        load_instrument(write(tmp_path, text))


def test_a_key_that_stands_twice_is_refused_with_its_line(tmp_path: Path) -> None:
    text = SMALL.replace("title: A small survey", "title: One\ntitle: Two")
    with pytest.raises(DefinitionError, match="line 3, column 1: the key 'title' stands twice"):
        load_instrument(write(tmp_path, text))


def test_broken_yaml_is_named_with_its_line(tmp_path: Path) -> None:
    text = SMALL.replace("kind: percent", 'kind: "percent', 1)
    with pytest.raises(DefinitionError, match=r"Broken at line \d+, column \d+"):
        load_instrument(write(tmp_path, text))


def test_a_tag_that_would_run_code_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, "instrument: !!python/object/apply:os.getcwd []\n")
    with pytest.raises(DefinitionError, match="should be valid YAML"):
        read_yaml(path)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(DefinitionError, match=r"study\.toml"):
        load_instrument(tmp_path / "none.yaml")


def test_a_file_that_is_not_utf8_is_named_with_the_byte(tmp_path: Path) -> None:
    path = tmp_path / "small.yaml"
    path.write_bytes(b"title: caf\xe9")
    with pytest.raises(DefinitionError, match="Byte 10 is not"):
        load_instrument(path)


@pytest.mark.parametrize("text", ["", "just words", "instrument: x", "blocks: {}", "- 1"])
def test_a_file_without_blocks_is_refused(text: str, tmp_path: Path) -> None:
    with pytest.raises(DefinitionError, match="a list of blocks was wanted"):
        load_instrument(write(tmp_path, text))


# The two questionnaires of the study

PRACTICES = [f"{d}{n}" for d in "gpoadit" for n in (1, 2, 3, 4)] + ["b2", "b3", "b4"]
STARRED = ["g1", "g3", "p2", "p4", "o2", "o3", "a1", "a4", "d1", "i1", "t1", "t2"]
CONTROLS = ("mfa", "backup", "edr", "patch", "train", "admin", "eol", "plan")
DECISIONS = ("mfa", "patch", "backup", "vendor", "budget", "access", "ir")
HYPOTHESES = {f"H{n}" for n in range(1, 34) if n != 19} | {"H19a", "H19b"}


@pytest.fixture(scope="module")
def msp() -> Instrument:
    return load_instrument(ROOT / "definitions" / "msp.yaml")


@pytest.fixture(scope="module")
def client() -> Instrument:
    return load_instrument(ROOT / "definitions" / "client.yaml")


def respondent_text(instrument: Instrument) -> str:
    parts = [instrument.title, *instrument.blocks.values(), *instrument.intros.values()]
    for variable in instrument:
        parts += [variable.text, variable.label]
        parts += [words for o in variable.options for words in (o.label, o.short)]
    for question in instrument.questions.values():
        parts += [question.text, question.note]
        parts += [words for o in question.options for words in (o.label, o.short)]
    return "\n".join(parts)


def test_every_practice_of_the_rubric_is_asked_but_the_derived_one(msp: Instrument) -> None:
    assert len(PRACTICES) == 31
    assert [v.name for v in msp if v.block == "practices" and v.name != "attn"] == PRACTICES
    assert "b1" not in msp
    assert all(msp[p].values == {"0": 0, "1": 1, "2": 2, "3": 3} for p in PRACTICES)


def test_does_not_apply_is_offered_for_four_practices_only(msp: Instrument) -> None:
    offered = {p for p in PRACTICES if "na" in msp[p].missing_codes}
    assert offered == {"g4", "a4", "d1", "d2"}
    assert all('Choose "Does not apply" only if' in msp[p].text for p in offered)
    assert all("dk" in msp[p].missing_codes for p in PRACTICES)


def test_only_the_baseline_criteria_are_required_practices(msp: Instrument) -> None:
    assert [p for p in PRACTICES if msp[p].required] == STARRED
    assert all(msp[p].core for p in PRACTICES)


def test_the_client_sees_the_twelve_criteria_in_the_same_order(client: Instrument) -> None:
    views = [client[f"cv_{n}"].concept for n in range(1, 13)]
    assert views == [f"client's view of {p}" for p in STARRED]


def test_both_sides_are_asked_about_the_same_controls_and_decisions(
    msp: Instrument, client: Instrument
) -> None:
    for control in CONTROLS:
        assert f"ctl_{control}_dec_band" in msp
        assert f"rec_{control}" in client
        assert f"adopt_{control}" in client
    for decision in DECISIONS:
        assert f"auth_{decision}_full" in msp
        assert f"auth_{decision}_co" in msp
        assert msp[f"auth_{decision}_full"].levels == client[f"auth_{decision}"].levels
        assert f"resp_{decision}" in client
    for option in "abcdefg":
        ours, theirs = msp[f"pol_{option}_support"], client[f"pol_{option}_support"]
        assert ours.text == theirs.text
        assert list(ours.values.values()) == [-2, -1, 0, 1, 2]


def test_sectors_and_reasons_have_the_same_codes_on_both_sides(
    msp: Instrument, client: Instrument
) -> None:
    assert msp["dec_last_sector"].labels == client["sector"].labels
    assert set(client["dec_reason_main"].levels) <= set(msp["dec_last_reason"].levels)


def test_every_hypothesis_is_served_by_some_question(msp: Instrument, client: Instrument) -> None:
    served = {h for i in (msp, client) for v in i for h in v.hypotheses}
    assert served == HYPOTHESES


def test_the_word_amateur_appears_nowhere(demo: Instrument) -> None:
    assert "amateur" not in respondent_text(demo).lower()
    assert demo.path is not None
    assert "amateur" not in demo.path.read_text(encoding="utf-8").lower()


def test_msp_is_spelt_out_where_it_first_stands(demo: Instrument) -> None:
    first = demo.intros["screener"]
    assert "managed service providers (MSPs): companies that" in first
    assert "MSP" not in demo.title
    assert next(iter(demo.blocks)) == "screener"


def test_the_screener_comes_first_and_the_sample_last(demo: Instrument) -> None:
    blocks = list(demo.blocks)
    assert (blocks[0], blocks[-1]) == ("screener", "sample")
    assert all(v.name.startswith("scr_") for v in demo if v.block == "screener")
    assert {v.role for v in demo if v.block == "sample"} == {"design"}
    assert demo.by_role("design") == [v.name for v in demo if v.block == "sample"]


def test_every_label_fits_an_axis_and_reads_as_a_sentence(demo: Instrument) -> None:
    for variable in demo:
        assert variable.label != variable.name, variable.name
        assert len(variable.label) <= 40, variable.name
        assert variable.label[0].isupper(), variable.name
        assert not variable.label.endswith("."), variable.name


def test_every_answer_fits_an_axis(demo: Instrument) -> None:
    offered = [(q.name, o) for q in demo.questions.values() for o in q.options]
    offered += [(v.name, o) for v in demo for o in v.options]
    assert [(name, o.code) for name, o in offered if len(o.axis) > 40] == []


def test_labels_and_wordings_tell_variables_apart(demo: Instrument) -> None:
    assert len({v.label for v in demo}) == len(demo.variables)
    assert len({v.text for v in demo}) == len(demo.variables)


def test_codes_of_the_client_survey_fit_limesurvey(client: Instrument) -> None:
    options = [(v.name, o.code) for v in client for o in v.options]
    options += [(q.name, o.code) for q in client.questions.values() for o in q.options]
    too_long = [pair for pair in options if not re.fullmatch(r"[A-Za-z0-9]{1,5}", pair[1])]
    assert too_long == []


def test_questions_about_a_period_say_the_last_12_months(demo: Instrument) -> None:
    for variable in demo:
        assert not re.search(r"past year|last year|past 12", variable.text), variable.name
    assert '"The last 12 months" always' in demo.intros["screener"]


def test_each_question_is_a_full_sentence(demo: Instrument) -> None:
    asked = [q for q in demo.questions.values() if q.block not in ("sample", "paradata")]
    for question in asked:
        assert question.text[0].isupper(), question.name
        assert question.text[-1] in '.?)"', question.name


def test_no_variable_takes_the_name_of_a_column_that_intake_or_weights_make(
    demo: Instrument,
) -> None:
    # stratum is one column with one meaning: the sample gives it to answers and to weights
    reserved = {*RESPONSE_PARADATA, *WEIGHT_COLUMNS} - {"stratum"}
    assert reserved & set(demo.variables) == set()


def test_personal_data_and_free_text_are_never_stored(demo: Instrument) -> None:
    stored = {v.name for v in stored_variables(demo)}
    assert not stored & {"zip3", "firm_name", "firm_domain", "prov_domain_hash", "open_final"}
    assert not [name for name in stored if name.endswith("_oth")]


def test_percentages_of_a_whole_add_to_100(msp: Instrument) -> None:
    wholes = {q.name for q in msp.questions.values() if q.sum_to == 100}
    assert wholes == {"svc_pct", "client_sector_pct", "client_size_pct"}
    for name in wholes:
        assert all(
            (msp[v].low, msp[v].high, msp[v].unit) == (0, 100, "%")
            for v in msp.questions[name].variables
        )


def test_every_number_has_a_range_and_a_unit(demo: Instrument) -> None:
    for variable in demo:
        if variable.kind in ("number", "money", "percent"):
            assert variable.low is not None, variable.name
            assert variable.high is not None, variable.name
            assert variable.unit, variable.name


def test_all_states_and_the_district_can_be_chosen(demo: Instrument) -> None:
    assert len(demo["state"].levels) == 51
    assert "DC" in demo["state"].levels


def test_exactly_one_answer_passes_the_attention_check(demo: Instrument) -> None:
    assert sum(demo["attn"].values.values()) == 1
    assert demo["attn"].role == "paradata"


def test_no_route_depends_on_something_that_is_not_stored(demo: Instrument) -> None:
    stored = {v.name for v in stored_variables(demo)}
    for variable in demo:
        if variable.ask_if is not None:
            assert variable.ask_if.names <= stored, variable.name


def test_missing_codes_have_a_reason_that_exports_know(demo: Instrument) -> None:
    reasons = {r for v in demo for r in v.missing_codes.values()}
    assert reasons <= set(MISSING_REASONS)
    assert {"dont_know", "refused", "not_applicable"} <= reasons


def test_the_files_hold_plain_data_that_any_yaml_reader_can_read(demo: Instrument) -> None:
    assert demo.path is not None
    text = demo.path.read_text(encoding="utf-8")
    assert yaml.safe_load(text) == read_yaml(demo.path)
