"""The instrument in the forms of others: accepted by their checkers, complete, harmless."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import shutil
from pathlib import Path

import pytest
from conftest import ROOT, mspsurvey
from instrument_cases import HEAD, made
from lxml import etree
from pyxform.xls2xform import convert

from mspsurvey.errors import PublicationError
from mspsurvey.instrument import Instrument, load_instrument
from mspsurvey.instrument.target import RULES, asked, fitted, target
from mspsurvey.instrument.write import FORMS, form_files, write_form
from mspsurvey.instrument.write.codebook import codebook_csv, codebook_html
from mspsurvey.instrument.write.ddi import ddi
from mspsurvey.instrument.write.limesurvey import limesurvey_tsv
from mspsurvey.instrument.write.questionnaire import questionnaire_html
from mspsurvey.instrument.write.redcap import COLUMNS, redcap_dictionary
from mspsurvey.instrument.write.table_schema import table_schema
from mspsurvey.instrument.write.xlsform import sheets, xlsform

EVERYTHING = (
    HEAD
    + """\
eligible_if: scr == 'yes'
blocks:
  - name: screener
    title: First <part>
    intro: An MSP manages the IT of others.
    questions:
      - name: scr
        kind: single
        text: Do you manage IT?
        label: Manages IT
        required: true
        options: [{code: "yes", label: "Yes"}, {code: "no", label: "No"}]
  - name: main
    title: Second
    questions:
      - {name: emp, kind: number, text: How many people?, label: Staff, low: 1, high: 2000,
         unit: people}
      - {name: cost, kind: money, text: What did it cost?, label: Cost, low: 0, high: 9, unit: USD}
      - {name: day, kind: date, text: Since when?, label: Since}
      - name: tools
        kind: multi
        text: Which tools?
        label: Tools
        ask_if: emp > 1
        options:
          - {code: edr, label: Detection & response, short: EDR}
          - {code: other, label: Another}
          - {code: dk, label: Don't know, missing: dont_know}
        other: which?
      - name: sure
        kind: grid
        text: How sure?
        label: Sure
        ask_if: emp > 1
        options: [{code: "1-2", label: Not}, {code: "12", label: Very},
                  {code: dk, label: Don't know, missing: dont_know}]
        rows:
          - {name: sure_a, text: Of <this>, label: This}
          - {name: sure_b, text: Of that, label: That, ask_if: emp > 9}
      - name: mixed
        kind: grid
        text: How often?
        label: Often
        options: [{code: "0", label: Never}, {code: "1", label: Always}]
        rows:
          - {name: mixed_a, text: One, label: One}
          - {name: mixed_b, text: Two, label: Two,
             options: [{code: "0", label: Never}, {code: once, label: Once a year}]}
      - name: share
        kind: percent
        text: Which shares?
        label: Shares
        low: 0
        high: 100
        sum_to: 100
        rows: [{name: share_a, text: Alone, label: Alone},
               {name: share_b, text: Shared, label: Shared}]
      - {name: words, kind: text, text: Anything else?, label: Remark}
  - name: paradata
    title: Recorded
    questions:
      - name: device
        kind: single
        text: Device.
        label: Device
        role: paradata
        options: [{code: desk, label: Desktop}, {code: phone, label: Phone}]
  - name: sample
    title: Sample
    questions:
      - {name: stratum, kind: text, text: Stratum., label: Stratum, role: design}
"""
)


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Instrument:
    return made(tmp_path_factory.mktemp("everything"), EVERYTHING)


@pytest.fixture(scope="module", params=["msp", "client"])
def demo(request: pytest.FixtureRequest) -> Instrument:
    return load_instrument(ROOT / "definitions" / f"{request.param}.yaml")


def records(text: str, delimiter: str = ",") -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.lstrip("\ufeff"), newline=""),
                               delimiter=delimiter))  # fmt: skip


# Names and codes


@pytest.mark.parametrize("platform", RULES)
def test_every_variable_that_is_asked_has_a_column_of_its_own(
    demo: Instrument, platform: str
) -> None:
    names = target(demo, platform)
    wanted = [n for q in asked(demo) for n in q.variables]
    assert list(names.columns) == wanted
    assert len({c.casefold() for c in names.columns.values()}) == len(wanted)
    assert set(demo.by_role("design")).isdisjoint(names.columns)


@pytest.mark.parametrize("platform", RULES)
def test_codes_of_a_variable_stay_different_and_within_the_limits(
    demo: Instrument, platform: str
) -> None:
    names, rule = target(demo, platform), RULES[platform]
    for name in names.columns:
        cells = names.cells(name)
        assert len(set(cells.values())) == len(cells)
        if demo[name].kind != "tick":
            assert all(len(c) <= rule.code[1] for c in cells.values())
            assert not any(re.search(rule.code[0], c) for c in cells.values())


def test_names_that_fit_keep_their_form_and_the_others_make_way() -> None:
    assert fitted(["1-9", "19", "already"], "[^A-Za-z0-9]", 5) == {
        "1-9": "191", "19": "19", "already": "alrea",
    }  # fmt: skip
    assert fitted(["--", "a" * 9, "a" * 8 + "b"], "[^a-z]", 5) == {
        "--": "x", "a" * 9: "aaaaa", "a" * 8 + "b": "aaaa1",
    }  # fmt: skip


def test_the_table_leads_from_columns_and_cells_to_variables_and_codes(
    everything: Instrument,
) -> None:
    rows = target(everything, "limesurvey").table()
    assert ("tools_edr", "tools[edr]", "yes", "Y") in rows
    assert ("sure_a", "sure[surea]", "1-2", "121") in rows
    assert ("mixed_b", "mixedb", "once", "once") in rows
    assert ("share_a", "share[sharea]", "", "") in rows
    assert ("tools_oth", "toolsoth", "", "") in rows
    assert ("tools_edr", "tools___edr", "yes", "1") in target(everything, "redcap").table()
    assert ("tools_edr", "tools/edr", "no", "0") in target(everything, "xlsform").table()


# XLSForm


# In CI nothing is skipped: there is a Java, or the test fails.
@pytest.mark.skipif(
    not (shutil.which("java") or os.environ.get("MSPSURVEY_SKIP_NOTHING")),
    reason="no Java here, which ODK Validate needs: apt-get install default-jre-headless",
)
@pytest.mark.parametrize("name", ["everything", "msp", "client"])
def test_odk_validate_accepts_the_form_without_a_warning(
    name: str, everything: Instrument
) -> None:
    instrument = everything
    if name != "everything":
        instrument = load_instrument(ROOT / "definitions" / f"{name}.yaml")
    warnings: list[str] = []
    book = io.BytesIO(xlsform(target(instrument, "xlsform")))
    converted = convert(book, warnings=warnings, validate=True, file_type=".xlsx")
    assert warnings == []
    for question in asked(instrument):
        assert question.name in converted.xform


def test_a_form_has_groups_lists_routes_and_constraints(everything: Instrument) -> None:
    made = sheets(target(everything, "xlsform"))
    survey = {row["name"]: row for row in made["survey"][1] if row["type"] != "end_group"}
    assert survey["block_main"]["relevant"] == "${scr} = 'yes'"
    assert survey["block_screener_intro"]["type"] == "note"
    assert survey["tools"]["type"] == "select_multiple list_tools"
    assert survey["tools_oth"]["relevant"] == (
        "${emp} != '' and ${emp} > 1 and selected(${tools}, 'other')"
    )
    assert survey["grid_sure"]["appearance"] == "table-list"
    assert survey["sure_b"]["relevant"].endswith("${emp} > 9")
    assert survey["grid_mixed"]["appearance"] == "field-list"
    assert survey["emp"]["constraint"] == ". >= 1 and . <= 2000"
    assert survey["emp"]["constraint_message"] == "Please enter a number from 1 to 2,000."
    assert survey["share_b"]["constraint"] == (
        ". >= 0 and . <= 100 and coalesce(${share_a}, 0) + . = 100"
    )
    assert survey["device"]["type"] == "hidden"
    assert "stratum" not in survey
    lists = [(r["list_name"], r["name"]) for r in made["choices"][1]]
    assert ("list_sure_a", "1-2") in lists
    assert len(lists) == len(set(lists))


# REDCap


def test_a_dictionary_has_the_columns_of_redcap_and_a_field_for_each_question(
    everything: Instrument,
) -> None:
    text = redcap_dictionary(target(everything, "redcap"))
    fields = {row["Variable / Field Name"]: row for row in records(text)}
    assert len(COLUMNS) == 18
    assert next(iter(fields)) == "record_id"
    tools = fields["tools"]
    assert tools["Field Type"] == "checkbox"
    choices = "Choices, Calculations, OR Slider Labels"
    logic = "Branching Logic (Show field only if...)"
    assert tools[choices] == "edr, Detection & response | other, Another | dk, Don't know"
    assert tools[logic] == "[scr] = 'yes' and [emp] <> '' and [emp] > 1"
    assert fields["tools_oth"][logic].endswith("[tools(other)] = '1'")
    assert fields["sure_a"]["Matrix Group Name"] == "sure"
    assert fields["mixed_a"]["Matrix Group Name"] == ""
    assert fields["sure_a"][choices] == "121, Not | 12, Very | dk, Don't know"
    assert fields["emp"]["Text Validation Min"] == "1"
    assert fields["day"]["Text Validation Type OR Show Slider Number"] == "date_ymd"
    assert fields["share_b"]["Field Note"] == "%. The rows should add up to 100."
    assert fields["words"]["Identifier?"] == "y"
    assert fields["scr"]["Required Field?"] == "y"
    assert fields["device"]["Field Annotation"] == "@HIDDEN"
    assert "stratum" not in fields


# LimeSurvey


def test_a_structure_file_puts_together_what_belongs_together(everything: Instrument) -> None:
    rows = records(limesurvey_tsv(target(everything, "limesurvey")), delimiter="\t")
    shape = [(r["class"], r["type/scale"], r["name"]) for r in rows]
    start = shape.index(("Q", "F", "sure"))
    assert shape[start + 1 : start + 6] == [
        ("SQ", "0", "surea"), ("SQ", "0", "sureb"), ("A", "0", "121"), ("A", "0", "12"),
        ("A", "0", "dk"),
    ]  # fmt: skip
    assert ("Q", "L", "mixedb") in shape  # a list of its own
    by_name = {r["name"]: r for r in rows if r["class"] in ("Q", "SQ")}
    assert by_name["tools"]["relevance"] == "!is_empty(emp.NAOK) and emp.NAOK > 1"
    assert by_name["toolsoth"]["relevance"].endswith('tools_other.NAOK == "Y"')
    assert by_name["share"]["equals_num_value"] == "100"
    assert by_name["surea"]["text"] == "Of &lt;this&gt;"
    assert by_name["device"]["hidden"] == "1"
    groups = [r["relevance"] for r in rows if r["class"] == "G"]
    assert groups == ["1", 'scr.NAOK == "yes"', "1"]
    assert len({r["id"] for r in rows if r["id"]}) == sum(bool(r["id"]) for r in rows)


# DDI

# Order of the children of each element that we write, from the schema of DDI-Codebook 2.5.
SEQUENCE = {
    "codeBook": "docDscr stdyDscr fileDscr dataDscr otherMat",
    "stdyDscr": "citation stdyInfo method dataAccs",
    "citation": "titlStmt rspStmt prodStmt distStmt serStmt verStmt biblCit",
    "titlStmt": "titl subTitl altTitl parTitl IDNo",
    "verStmt": "version verResp notes",
    "stdyInfo": "studyBudget subject abstract sumDscr qualityStatement notes",
    "sumDscr": "timePrd collDate nation geogCover geogUnit anlyUnit universe dataKind",
    "method": "dataColl notes anlyInfo",
    "dataColl": "timeMeth dataCollector sampProc deviat collMode resInstru sources",
    "dataDscr": "varGrp nCubeGrp var nCube notes",
    "varGrp": "labl txt concept defntn universe notes",
    "var": "location labl imputation security embargo respUnit anlysUnit qstn valrng invalrng "
           "undocCod universe TotlResp sumStat txt stdCatgry catgryGrp catgry codInstr verStmt "
           "concept derivation varFormat geoMap catLevel notes",
    "qstn": "preQTxt qstnLit postQTxt forward backward ivuInstr",
    "valrng": "item range key notes",
    "catgry": "catValu labl txt catStat mrow",
}  # fmt: skip
ATTRIBUTES = {
    "codeBook": {"version"}, "var": {"ID", "name", "intrvl"},
    "varGrp": {"ID", "name", "type", "var"}, "labl": {"level"}, "qstn": {"ID"},
    "range": {"min", "max"}, "catgry": {"missing"}, "varFormat": {"type"}, "version": {"type"},
}  # fmt: skip


@pytest.mark.parametrize("part", ["whole", "few"])
def test_ddi_has_the_elements_of_the_schema_in_its_order(demo: Instrument, part: str) -> None:
    names = None if part == "whole" else ["device"]
    root = etree.fromstring(ddi(demo, names))
    space = "{ddi:codebook:2_5}"
    assert root.tag == f"{space}codeBook"
    for node in root.iter():
        tag = node.tag.removeprefix(space)
        children = [c.tag.removeprefix(space) for c in node]
        order = SEQUENCE[tag].split() if children else []
        assert children == sorted(children, key=order.index)
        plain = {a for a in node.attrib if not a.startswith("{")}
        assert plain <= ATTRIBUTES.get(tag, set())
    ids = [i for n in root.iter() if (i := n.get("ID"))]
    assert len(ids) == len(set(ids))
    referred = {i for g in root.iter(f"{space}varGrp") for i in g.get("var", "").split()}
    assert referred <= set(ids)
    wanted = list(demo.variables) if names is None else names
    assert [v.get("name") for v in root.iter(f"{space}var")] == wanted


def test_ddi_says_wording_base_codes_and_reasons(everything: Instrument) -> None:
    root = etree.fromstring(ddi(everything))
    space = {"d": "ddi:codebook:2_5"}
    [sure] = root.xpath("//d:var[@name='sure_b']", namespaces=space)
    assert sure.findtext("d:qstn/d:qstnLit", namespaces=space) == "How sure? Of that"
    assert sure.findtext("d:universe", namespaces=space) == (
        "'Staff' is more than 1 and 'Staff' is more than 9"
    )
    missing = [c.get("missing") for c in sure.findall("d:catgry", namespaces=space)]
    assert missing == ["N", "N", "Y"]
    [emp] = root.xpath("//d:var[@name='emp']", namespaces=space)
    assert dict(emp.find("d:valrng/d:range", namespaces=space).attrib) == {
        "min": "1", "max": "2000",
    }  # fmt: skip


# Table Schema

CONSTRAINTS = {  # of the specification, by type of field
    "string": {"required", "unique", "minLength", "maxLength", "pattern", "enum"},
    "number": {"required", "unique", "minimum", "maximum", "exclusiveMinimum",
               "exclusiveMaximum", "enum"},
    "date": {"required", "unique", "minimum", "maximum", "enum"},
}  # fmt: skip


def test_a_table_schema_keeps_to_the_specification(demo: Instrument) -> None:
    schema = json.loads(json.dumps(table_schema(demo)))
    assert schema["$schema"].endswith("/2.0/tableschema.json")
    names = [field["name"] for field in schema["fields"]]
    assert names == list(demo.variables)
    for field in schema["fields"]:
        assert set(field.get("constraints", {})) <= CONSTRAINTS[field["type"]]
        if "categories" in field:
            values = [c["value"] for c in field["categories"]]
            assert values == field["constraints"]["enum"]
            assert not set(values) & set(field["missingValues"])
            assert isinstance(field["categoriesOrdered"], bool)


# Pages and tables for people


def test_the_questionnaire_numbers_questions_and_says_routes(everything: Instrument) -> None:
    text = re.sub(r"<[^>]+>", "", questionnaire_html(everything))
    text = " ".join(text.split())
    assert "Answer only if question 2 &#39;Staff&#39; is more than 1." in text
    assert "Please go on only if question 1 &#39;Manages IT&#39; is &#39;Yes&#39;." in text
    assert "The rows should add up to 100." in text
    assert "9 questions" in text
    assert "Device." not in text


def test_the_codebook_has_a_row_for_each_code(everything: Instrument) -> None:
    rows = records(codebook_csv(everything))
    sure = [r for r in rows if r["variable"] == "sure_a"]
    assert [(r["code"], r["missing_reason"]) for r in sure] == [
        ("1-2", ""), ("12", ""), ("dk", "dont_know"),
    ]  # fmt: skip
    assert {r["base"] for r in sure} == {"'Staff' is more than 1"}
    assert {r["variable"] for r in rows} == set(everything.variables)


def test_hostile_words_never_become_markup_or_a_formula(tmp_path: Path) -> None:
    text = (
        HEAD
        + """\
blocks:
  - name: main
    title: <script>alert(1)</script>
    questions:
      - name: a
        kind: single
        text: =cmd() <img src=x onerror=alert(1)>
        label: "@SUM(A1)"
        options: [{code: x, label: "<b>bold</b>"}, {code: y, label: "+1"}]
"""
    )
    instrument = made(tmp_path, text)
    for markup in (questionnaire_html(instrument), codebook_html(instrument)):
        assert not re.search(r"<(script|img|b)\b", markup)
        assert "&lt;img" in markup
    for row in records(codebook_csv(instrument)):
        assert not any(cell.startswith(("=", "+", "@")) for cell in row.values())
    assert b"<script" not in ddi(instrument)
    assert "<script" not in limesurvey_tsv(target(instrument, "limesurvey"))


@pytest.mark.parametrize("form", ["questionnaire", "codebook"])
def test_a_page_needs_nothing_from_elsewhere(demo: Instrument, form: str) -> None:
    [page] = [c for n, c in form_files(demo, form).items() if n.endswith(".html")]
    assert isinstance(page, str)
    assert not re.search(r"(src|href)=[\"'](?!#)|url\(|@import", page)
    assert "default-src 'none'" in page


# All forms


@pytest.mark.parametrize("form", FORMS)
def test_the_same_instrument_gives_the_same_bytes(everything: Instrument, form: str) -> None:
    assert form_files(everything, form) == form_files(everything, form)


def test_forms_are_written_into_a_folder(everything: Instrument, tmp_path: Path) -> None:
    paths = write_form(everything, "redcap", tmp_path / "new")
    assert [p.name for p in paths] == ["tiny_redcap.csv", "tiny_redcap_columns.csv"]
    assert paths[0].read_text(encoding="utf-8").startswith("Variable / Field Name,")
    with pytest.raises(PublicationError, match="Did you mean 'redcap'"):
        write_form(everything, "redcp", tmp_path)


def test_the_command_line_writes_forms_and_lists_faults(tmp_path: Path) -> None:
    done = mspsurvey(ROOT, "instrument", "msp", "--to", "schema", "--folder", str(tmp_path))
    assert done.returncode == 0
    assert [p.name for p in tmp_path.iterdir()] == ["msp_schema.json"]
    done = mspsurvey(ROOT, "lint", "clinet")
    assert done.returncode == 1
    assert "Did you mean 'client'" in done.stderr
