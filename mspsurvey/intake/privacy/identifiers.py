"""What in the raw files identifies a person or a firm: gathered to be searched for in outputs."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from mspsurvey.instrument import load_instrument
from mspsurvey.intake.linking.normalise import domain_of, words_of
from mspsurvey.intake.mapping import map_columns, read_decisions
from mspsurvey.intake.readers import RawExport, read_responses
from mspsurvey.intake.readers.file.delimited import read_cells
from mspsurvey.intake.redact import find
from mspsurvey.intake.work import HIDDEN_ROLES
from mspsurvey.study_file import Source, StudyConfig

SHORTEST = 5
"""Characters from which a text can be searched for without finding it everywhere."""
_SHORTEST_NUMBER = 9
_SHORTEST_NAME = 8
_SHORTEST_REMARK, _FEWEST_WORDS = 20, 4
_TELLING_HEADER = re.compile(
    r"(?i)(?:^|_)(?:first_?name|last_?name|name|company|firm|e_?mail|phone|tel|mobile|"
    r"domain|website|url|address|street|ip|token|.*_?id)$"
)
# Among the answers of an export, where a heading is as often a question.
_TELLING_QUESTION = re.compile(
    r"(?i)(?:what(?: is|'s) )?(?:your |the )?(?:"
    r"(?:(?:first|last|full|contact|company|firm|business)[ _]?)?name|company|firm|website"
    r"|e[-_ ]?mail(?:[ _]address)?|(?:tele)?phone(?:[ _]number)?|street(?:[ _]address)?"
    r")(?:_\d+)?\W*"
)
# Headings of platforms in the languages whose exports have the two names apart.
_FIRST_NAME = re.compile(
    r"(?i)first_?\s?name|vorname|pr[ée]nom|^nom(?:br)?e\b|primeiro\snome|voornaam|^名$"
)
_LAST_NAME = re.compile(
    r"(?i)last_?\s?name|nachname|^nom\b|apellidos?|sobrenome|cognome|achternaam|^姓$"
)
# What Microsoft Forms writes where it does not know who answers.
_NOBODY = {"anonymous"}
# An id that the reader gave, where the platform has none.
_BY_ROW = r"row_\d+"
_DESIGN = ("stratum", "stratum_id", "wave_id")
# Only cells with one of these are worth the patterns of ``personal``.
_MAY_HOLD = re.compile(r"@|://|www\.|\d\.\d+\.\d|\d[-. )]\d{3}|::|\d{9}")
_FORMS = ("e-mail", "url", "ip", "phone", "card", "ssn", "ein", "mac")


@dataclass(frozen=True)
class Identifier:
    """A text that must be in no output.

    Attributes
    ----------
    text : str
        With case and blanks evened out.
    kind : str
        What it is, in words.
    origin : str
        File and column that it stands in.
    whole : bool
        Whether it counts only as a whole cell: a name that is a word too.
    """

    text: str
    kind: str
    origin: str
    whole: bool = False


def even(text: str) -> str:
    """Even out case and blanks, so that a text is found however it is set."""
    return " ".join(text.casefold().split())


def identifiers(config: StudyConfig) -> dict[str, Identifier]:
    """Gather the identifiers of all raw files of a study, by their text.

    From exports: response ids, personal columns, and answers of the roles personal,
    identifier and free text, with the addresses and names inside them, and of questions that
    the instrument does not know but whose heading is a name or an address; from samples and
    frames: ids, and columns that are called name, e-mail, domain and the like; from every
    cell: what has the form of an address or number of a person. What is too short to be told
    from other text is left out.
    """
    found: dict[str, Identifier] = {}
    for source in config.sources.values():
        for item in _of_source(source):
            found.setdefault(item.text, item)
    allowed = {even(word) for word in config.public_words} | _NOBODY
    return {text: item for text, item in found.items() if text not in allowed}


def _of_source(source: Source) -> Iterator[Identifier]:
    yield from _of_export(source)
    for path in (source.sample, source.frame):
        if path is not None:
            yield from _of_list(path)


def _of_export(source: Source) -> Iterator[Identifier]:
    instrument = load_instrument(source.instrument)
    export = read_responses(
        source.export, source.platform, codebook=source.codebook, time_zone=source.time_zone
    )
    decisions = read_decisions(source.mapping, instrument) if source.mapping else None
    columns = map_columns(export, instrument, decisions).columns
    file, cells = source.export.name, export.cells
    for name in instrument.by_role(*HIDDEN_ROLES):
        if name in columns:
            yield from _of_column(cells[columns[name]], f"{file}, {name}", instrument[name].role)
    for part in (export, *export.linked.values()):
        yield from _of_platform(part, file, known=set(columns.values()))


def _of_platform(
    export: RawExport, file: str, *, known: Collection[str] = ()
) -> Iterator[Identifier]:
    """Identifiers that no instrument names; its own are the answers ``known``."""
    for name in ("resp_id", "sample_id"):
        ids = export.meta[name]
        yield from _of_column(ids[~ids.str.fullmatch(_BY_ROW)], f"{file}, {name}", "id")
    for header, column in export.personal.items():
        yield from _of_column(column, f"{file}, {header}", "personal")
    yield from _full_names(export.personal, file)
    for header, column in export.answers.items():
        yield from _forms(column, f"{file}, {header}")
    for name, wording, choice in export.columns[["name", "wording", "choice"]].to_numpy():
        unknown = name in export.answers and name not in known
        if unknown and _TELLING_QUESTION.fullmatch(choice or wording):
            yield from _of_column(export.answers[name], f"{file}, {name}", "identifier")


def _full_names(personal: pd.DataFrame, file: str) -> Iterator[Identifier]:
    """First and last names together, where the platform has them apart."""
    first = next((c for c in personal if _FIRST_NAME.search(str(c))), None)
    last = next((c for c in personal if _LAST_NAME.search(str(c))), None)
    if first is not None and last is not None:
        whole = personal[first] + " " + personal[last]
        yield from _of_column(whole, f"{file}, {first} and {last}", "personal")


def _of_list(path: Path) -> Iterator[Identifier]:
    """Identifiers of a sample or frame."""
    rows = read_cells(path).rows
    for header, *cells in zip(*rows, strict=True):
        name, column = header.strip(), pd.Series(cells, dtype="str")
        if name not in _DESIGN and _TELLING_HEADER.search(name):
            role = "id" if re.search(r"(?i)(?:id|token)$", name) else "identifier"
            yield from _of_column(column, f"{path.name}, {name}", role)
        else:
            yield from _forms(column, f"{path.name}, {name}")


def _of_column(column: pd.Series, origin: str, role: str) -> Iterator[Identifier]:
    for text in dict.fromkeys(column.tolist()):
        yield from _of_cell(str(text).strip(), origin, role)


def _of_cell(text: str, origin: str, role: str) -> Iterator[Identifier]:
    """What is to be searched for on account of one cell."""
    if role == "id":
        yield from _distinct(text, "id", origin)
        return
    hits = find(text)
    for hit in hits:
        inside = text[hit.start : hit.end]
        # A person's single name is a word as often.
        if hit.kind != "name" or " " in inside:
            yield from _distinct(inside, hit.kind, origin)
    if role == "free_text":
        if len(text) >= _SHORTEST_REMARK and len(text.split()) >= _FEWEST_WORDS:
            yield Identifier(even(text), "open answer", origin)
        return
    if domain := domain_of(text):
        yield from _distinct(domain, "web domain", origin)
    elif not any(hit.kind in _FORMS for hit in hits):
        yield from _of_name(text, origin)


def _of_name(text: str, origin: str) -> Iterator[Identifier]:
    """A name as it is written, and without its legal form; one word only as a whole cell."""
    yield from _distinct(text, "identifying answer", origin, whole=text.isalpha())
    words = " ".join(words_of(text))
    if " " in words and len(words) >= _SHORTEST_NAME:
        yield Identifier(words, "name", origin)


def _distinct(text: str, kind: str, origin: str, *, whole: bool = False) -> Iterator[Identifier]:
    text = even(text)
    number = re.fullmatch(r"[-+]?[\d.,]+", text) and kind not in ("ip", "phone", "ssn", "card")
    if len(text) >= (_SHORTEST_NUMBER if number else SHORTEST):
        yield Identifier(text, kind, origin, whole)


def _forms(column: pd.Series, origin: str) -> Iterator[Identifier]:
    """Addresses and numbers of persons in a column that should hold none."""
    for text in _telling(dict.fromkeys(column.tolist())):
        for hit in find(text):
            if hit.kind in _FORMS:
                yield from _distinct(text[hit.start : hit.end], hit.kind, origin)


def _telling(texts: Iterable[object]) -> Iterator[str]:
    return (str(text) for text in texts if _MAY_HOLD.search(str(text)))
