"""DDI-Codebook 2.5: the instrument for archives, and for programs that read their files.

Elements stand in the order that the schema of the DDI Alliance (2012-01-17) demands. A grid and
a multiple choice are groups of variables (``varGrp``), since DDI-Codebook has neither.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from lxml import etree

from mspsurvey.instrument.model import NUMBERS, Instrument, Question, Variable
from mspsurvey.instrument.route import english
from mspsurvey.instrument.write.texts import plain_number

NAMESPACE = "ddi:codebook:2_5"
SCHEMA = "https://www.ddialliance.org/Specification/DDI-Codebook/2.5/XMLSchema/codebook.xsd"
_INSTANCE = "http://www.w3.org/2001/XMLSchema-instance"
_NAMES: Any = {None: NAMESPACE, "xsi": _INSTANCE}
_GROUPS = {"multi": "multipleResp", "grid": "grid"}
_CONTROL = dict.fromkeys([*range(9), 11, 12, *range(14, 32), 127])
Node = etree._Element


def ddi(
    instrument: Instrument, names: Iterable[str] | None = None, *, title: str | None = None
) -> bytes:
    """Write an instrument as DDI-Codebook 2.5.

    Parameters
    ----------
    instrument : Instrument
    names : iterable of str, optional
        Variables that the data hold; default: all.
    title : str, optional
        Title of the study; default: that of the questionnaire.

    Returns
    -------
    bytes
        XML in UTF-8.
    """
    kept = set(instrument.variables if names is None else names)
    root = etree.Element(
        f"{{{NAMESPACE}}}codeBook",
        {f"{{{_INSTANCE}}}schemaLocation": f"{NAMESPACE} {SCHEMA}", "version": "2.5"},
        nsmap=_NAMES,
    )
    _study(root, instrument, title or instrument.title)
    data = _add(root, "dataDscr")
    for question in instrument.questions.values():
        _group(data, question, [n for n in question.variables if n in kept])
    shown: set[str] = set()
    for variable in instrument:
        if variable.name in kept:
            intro = "" if variable.block in shown else instrument.intros.get(variable.block, "")
            _variable(data, variable, instrument, intro)
            shown.add(variable.block)
    xml: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)
    return xml


def _add(parent: Node, tag: str, text: str = "", **attributes: str) -> Node:
    node = etree.SubElement(parent, f"{{{NAMESPACE}}}{tag}", attributes)
    if text:
        node.text = text.translate(_CONTROL)
    return node


def _study(root: Node, instrument: Instrument, title: str) -> None:
    study = _add(root, "stdyDscr")
    citation = _add(study, "citation")
    _add(_add(citation, "titlStmt"), "titl", title)
    version = _add(citation, "verStmt")
    _add(version, "version", f"Questionnaire {instrument.version}", type=instrument.name)
    summary = _add(_add(study, "stdyInfo"), "sumDscr")
    _add(summary, "universe", instrument.population)
    _add(summary, "dataKind", "survey data")
    collection = _add(_add(study, "method"), "dataColl")
    _add(collection, "collMode", "self-administered questionnaire")
    _add(collection, "resInstru", f"Reference period: {instrument.reference_period}")


def _group(data: Node, question: Question, names: list[str]) -> None:
    if len(names) < 2:
        return
    group = _add(
        data, "varGrp", ID=f"G_{question.name}", name=question.name,
        type=_GROUPS.get(question.kind, "section"), var=" ".join(f"V_{n}" for n in names),
    )  # fmt: skip
    _add(group, "labl", question.text)


def _variable(data: Node, variable: Variable, instrument: Instrument, intro: str) -> None:
    counted = variable.kind in NUMBERS
    node = _add(
        data, "var", ID=f"V_{variable.name}", name=variable.name,
        intrvl="contin" if counted else "discrete",
    )  # fmt: skip
    _add(node, "labl", variable.label, level="variable")
    question = _add(node, "qstn", ID=f"Q_{variable.name}")
    if intro:
        _add(question, "preQTxt", intro)
    _add(question, "qstnLit", variable.text)
    if variable.unit:
        _add(question, "postQTxt", f"Unit: {variable.unit}")
    _range(node, variable)
    base = english(variable.ask_if, instrument) if variable.ask_if else "all respondents"
    _add(node, "universe", base)
    for option in variable.options:
        category = _add(node, "catgry", missing="Y" if option.missing else "N")
        _add(category, "catValu", option.code)
        _add(category, "labl", option.label, level="category")
    if variable.concept:
        _add(node, "concept", variable.concept)
    _add(node, "varFormat", type="numeric" if counted else "character")
    if variable.hypotheses:
        _add(node, "notes", f"Hypotheses: {', '.join(variable.hypotheses)}")


def _range(node: Node, variable: Variable) -> None:
    bounds = {
        name: plain_number(bound)
        for name, bound in (("min", variable.low), ("max", variable.high))
        if bound is not None
    }
    if bounds:
        _add(_add(node, "valrng"), "range", **bounds)
