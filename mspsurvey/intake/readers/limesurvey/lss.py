"""The survey file of LimeSurvey (.lss): a dump of its tables as XML.

Two forms: until version 3 each row has its text and language; later the texts lie in tables
of their own (``question_l10ns``, ``answer_l10ns``). Nothing outside the file is read, no
entity is resolved, and a file that declares its own document type is refused.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path

from lxml import etree

from mspsurvey.errors import ReadError
from mspsurvey.intake.readers.export import clean_header
from mspsurvey.intake.readers.file.text import read_bytes
from mspsurvey.intake.readers.limesurvey.structure import LimeQuestion

LARGEST = 32 * 1024 * 1024
"""Bytes; the longest of 300 surveys that were looked at has one hundredth of it."""

Row = dict[str, str]


def read_lss(path: Path, languages: Sequence[str] = ()) -> list[LimeQuestion]:
    """Read the questions of a survey file.

    Parameters
    ----------
    path : Path
        The file.
    languages : sequence of str
        Languages that are wanted, the dearest first; then those of the file, in its order.

    Raises
    ------
    ReadError
        Where the file is too large, no whole XML, unsafe, or not of LimeSurvey.
    """
    root = _root(path)
    own = [str(e.text or "").strip() for e in root.iterfind("languages/language")]
    order = [*dict.fromkeys([*languages, *own])]
    # A row that names no language is good in each.
    questions = _rows(root, "questions")
    subs = _rows(root, "subquestions") + [q for q in questions if q.get("parent_qid", "0") != "0"]
    texts = _texts(_rows(root, "question_l10ns"), "qid", "question", order)
    words = _texts(_rows(root, "answer_l10ns"), "aid", "answer", order)
    parts = _grouped(_in_language(subs, ("qid",), "question", order, texts, "qid"), "parent_qid")
    answers = _grouped(
        _in_language(_rows(root, "answers"), ("qid", "code", "scale_id"), "answer", order, words,
                     "aid"),
        "qid",
    )  # fmt: skip
    main = [q for q in questions if q.get("parent_qid", "0") == "0"]
    found = [
        _question(row, parts.get(row.get("qid", ""), []), answers.get(row.get("qid", ""), []))
        for row in _in_order(_in_language(main, ("qid",), "question", order, texts, "qid"),
                             _rows(root, "groups"))
    ]  # fmt: skip
    if not found:
        raise _no_survey(path, "It has no question.")
    return found


def _content(path: Path) -> bytes:
    """Read a survey file; one in an archive (.lsa) is unpacked, but never more than allowed."""
    data = read_bytes(path)
    if not data.startswith(b"PK\x03\x04"):
        return data
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            inside = next(n for n in packed.namelist() if n.lower().endswith(".lss"))
            with packed.open(inside) as stream:
                return stream.read(LARGEST + 1)
    except (StopIteration, zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError,
            NotImplementedError, RuntimeError):  # fmt: skip
        raise _no_survey(path, "It is a zip from which no .lss can be read.") from None


def _root(path: Path) -> etree._Element:
    data = _content(path)
    if len(data) > LARGEST:
        raise _no_survey(path, f"It has {len(data):,} bytes, more than {LARGEST:,}.")
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise _no_survey(path, "It declares a document type, as no survey file does.")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise _no_survey(path, f"It is not whole XML ({error}).") from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise _no_survey(path, "It declares a document type, as no survey file does.")
    if root.tag != "document" or root.find("LimeSurveyDocType") is None:
        raise _no_survey(path, f"It is XML of another kind, <{root.tag}>.")
    return root


def _no_survey(path: Path, came: str) -> ReadError:
    return ReadError(
        f"{path.name} should be a survey file of LimeSurvey (.lss).",
        came,
        "Export it anew: Display/Export, Survey structure (.lss).",
    )


def _rows(root: etree._Element, table: str) -> list[Row]:
    return [
        {str(cell.tag): str(cell.text or "") for cell in row}
        for row in root.iterfind(f"{table}/rows/row")
    ]


def _texts(rows: Iterable[Row], key: str, text: str, languages: Sequence[str]) -> dict[str, str]:
    """Text of each question or answer, in the dearest language that has one."""
    found: dict[str, str] = {}
    for row in sorted(rows, key=lambda r: _rank(r, languages)):
        if not found.get(row.get(key, "")):
            found[row.get(key, "")] = clean_header(row.get(text, ""))
    return found


def _rank(row: Row, languages: Sequence[str]) -> int:
    language = row.get("language", "")
    return languages.index(language) if language in languages else len(languages)


def _in_language(
    rows: Iterable[Row], keys: tuple[str, ...], text: str, languages: Sequence[str],
    texts: dict[str, str], place: str,
) -> list[Row]:  # fmt: skip
    """Keep one row of each that stands once in each language, with its text made plain."""
    found: dict[tuple[str, ...], Row] = {}
    for row in sorted(rows, key=lambda r: _rank(r, languages)):
        plain = clean_header(row.get(text, "")) or texts.get(row.get(place, ""), "")
        kept = found.setdefault(tuple(row.get(k, "") for k in keys), {**row, "text": plain})
        kept["text"] = kept["text"] or plain
    return list(found.values())


def _grouped(rows: Iterable[Row], key: str) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row.get(key, ""), []).append(row)
    return found


def _in_order(questions: Iterable[Row], groups: Iterable[Row]) -> list[Row]:
    place = {g.get("gid", ""): _number(g.get("group_order", "")) for g in groups}
    return sorted(
        questions,
        key=lambda q: (place.get(q.get("gid", ""), 0), _number(q.get("question_order", ""))),
    )


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 10 else 0


def _question(row: Row, parts: list[Row], answers: list[Row]) -> LimeQuestion:
    scales: dict[str, dict[str, str]] = {}
    for answer in sorted(answers, key=lambda a: _number(a.get("sortorder", ""))):
        scale = scales.setdefault(answer.get("scale_id", "0") or "0", {})
        scale[answer.get("code", "")] = answer["text"]
    ordered = sorted(parts, key=lambda p: _number(p.get("question_order", "")))
    rows = {p.get("title", ""): p["text"] for p in ordered if p.get("scale_id", "0") != "1"}
    return LimeQuestion(
        code=row.get("title", ""), kind=row.get("type", ""), text=row["text"], rows=rows,
        across={p.get("title", ""): p["text"] for p in ordered if p.get("scale_id") == "1"},
        scales=scales, other=row.get("other") == "Y",
    )  # fmt: skip
