"""What an export and its instrument have in common, and what they have not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
from rapidfuzz import fuzz, process, utils

from mspsurvey.instrument import Instrument, Variable
from mspsurvey.intake.mapping.columns import ColumnMap
from mspsurvey.intake.mapping.decisions import Decisions, Entry
from mspsurvey.intake.readers.export import RawExport
from mspsurvey.intake.shown import REDACTED, shown

LEAST_SCORE = 60.0
"""Likeness (0 to 100, a ratio of rapidfuzz) below which nothing is proposed."""
MOST_PROPOSALS = 3
_MOST_TEXTS = 200
_LONGEST = 70
_MOST_LETTERS = 500

Near = dict[str, list[tuple[str, float]]]
Keys = set[tuple[str, str, str, str]]

MATCHED = ("variable", "column", "how")
COLUMNS = ("column", "wording", "answers", "nearest", "score")
CHOICES = ("variable", "text", "count", "nearest", "label", "score")
QUESTIONS = ("variable", "wording", "nearest", "score")


@dataclass(frozen=True)
class Coverage:
    """How far an export and its instrument fit.

    Attributes
    ----------
    matched : DataFrame
        ``variable``, ``column``, and ``how`` they were matched.
    columns : DataFrame
        Answer columns that are no variable: ``column``, ``wording``, number of ``answers``,
        the ``nearest`` variable that has no column, and the ``score`` of the likeness (0-100).
    choices : DataFrame
        Texts that are no option: ``variable``, ``text``, ``count`` of cells, code and
        ``label`` of the ``nearest`` option, ``score``.
    questions : DataFrame
        Variables without a column: ``variable``, ``wording``, ``nearest`` column, ``score``.
    undecided : int
        Proposals that nobody has decided on; none of them is applied.
    proposals : tuple of Entry
        For the file of decisions.
    """

    matched: pd.DataFrame
    columns: pd.DataFrame
    choices: pd.DataFrame
    questions: pd.DataFrame
    undecided: int
    proposals: tuple[Entry, ...]

    def table(self) -> pd.DataFrame:
        """All gaps in one table for people: ``what``, ``where``, ``how often``, ``nearest``."""
        parts = [
            _gaps("column without a question", self.columns, "column", "answers"),
            _gaps("choice without an option", self.choices, "variable", "count", "text"),
            _gaps("question without a column", self.questions, "variable"),
        ]
        return pd.concat(parts, ignore_index=True)

    def text(self) -> str:
        """Say the same in plain text."""
        lines = [
            f"{len(self.matched)} variables have a column, {len(self.questions)} have none.",
            f"{len(self.columns)} columns belong to no question; "
            f"{len(self.choices)} different answers are no option.",
        ]
        for what, rows in self.table().groupby("what", sort=False):
            lines += ["", f"{str(what).capitalize()}:"]
            for where, often, nearest in rows[["where", "how often", "nearest"]].to_numpy():
                count = f" ({often})" if often else ""
                lines.append(f"  {where}{count}" + (f" ~ {nearest}" if nearest else ""))
        if self.undecided:
            lines += ["", f"{self.undecided} proposals wait for a decision; none is applied."]
        return "\n".join(lines) + "\n"


def _gaps(
    what: str, table: pd.DataFrame, where: str, count: str = "", also: str = ""
) -> pd.DataFrame:
    place = table[where] + (": " + table[also].map(_short) if also else "")
    nearest = [f"{n} ({s:.0f})" if n else "" for n, s in zip(table["nearest"], table["score"],
                                                             strict=True)]  # fmt: skip
    often = table[count].astype("str") if count else ""
    return pd.DataFrame({"what": what, "where": place, "how often": often, "nearest": nearest})


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def cover(
    export: RawExport,
    instrument: Instrument,
    columns: ColumnMap,
    unknown: Mapping[str, Mapping[str, int]],
    decisions: Decisions,
) -> Coverage:
    """Compare an export with its instrument.

    Parameters
    ----------
    export : RawExport
        With the columns that were matched.
    instrument : Instrument
        With the variables that were wanted.
    columns : ColumnMap
        Which were found.
    unknown : mapping
        Texts that are no option, with their counts, by variable or question.
    decisions : Decisions
        What a person decided.
    """
    refused = {e.key for e in decisions.entries if e.decision == "reject"}
    known = export.columns.set_index("name")
    near = _near_columns(known.loc[columns.unused], instrument, columns.absent, refused)
    proposals = [
        Entry("column", column, variable, "", f"{score:.0f}")
        for column, found in near.items()
        for variable, score in found
    ]
    choices = []
    for name, texts in sorted(unknown.items()):
        for text, count in sorted(texts.items(), key=lambda t: (-t[1], t[0]))[:_MOST_TEXTS]:
            said = shown(text)
            found = [] if said == REDACTED else _near_options(instrument, name, text, refused)
            proposals += [Entry("choice", text, name, c, f"{s:.0f}") for c, _, s in found]
            code, label, score = found[0] if found else ("", "", 0.0)
            choices.append((name, said, count, code, label, score))
    matched = [(v, _held(v, columns, instrument), how) for v, how in columns.how.items()]
    free = [_free(export, known, c, near.get(c, [])) for c in columns.unused]
    lacking = [_lacking(instrument[v], near) for v in columns.absent]
    open_keys = {e.key for e in (*decisions.entries, *proposals) if not e.decision}
    return Coverage(
        matched=_frame(matched, MATCHED),
        columns=_frame(free, COLUMNS),
        choices=_frame(choices, CHOICES),
        questions=_frame(lacking, QUESTIONS),
        undecided=len(open_keys - {e.key for e in decisions.decided}),
        proposals=tuple(proposals),
    )


def _frame(rows: Sequence[tuple[object, ...]], columns: tuple[str, ...]) -> pd.DataFrame:
    kinds = {"answers": "int64", "count": "int64", "score": "float64"}
    frame = pd.DataFrame(list(rows), columns=list(columns))
    return frame.astype({c: kinds.get(c, "str") for c in columns})


def _held(variable: str, columns: ColumnMap, instrument: Instrument) -> str:
    whole = columns.joined.get(instrument[variable].question, ())
    return columns.columns.get(variable) or ", ".join(whole)


def _free(
    export: RawExport, known: pd.DataFrame, column: str, near: list[tuple[str, float]]
) -> tuple[object, ...]:
    answers = int(export.answers[column].str.strip().ne("").sum())
    best = near[0] if near else ("", 0.0)
    return column, str(known.loc[column, "wording"]), answers, *best


def _lacking(variable: Variable, near: Near) -> tuple[object, ...]:
    found = [(s, c) for c, pairs in near.items() for v, s in pairs if v == variable.name]
    score, column = max(found, default=(0.0, ""), key=lambda f: f[0])
    return variable.name, variable.text, column, score


def _near_columns(
    free: pd.DataFrame,
    instrument: Instrument,
    absent: Iterable[str],
    refused: Keys,
) -> Near:
    """Variables without a column that are like a column without a variable, the likest first."""
    texts = {name: instrument[name].text for name in absent}
    # One column may hold all choices of a question.
    ticks = {instrument[n].question for n in texts if instrument[n].kind == "tick"}
    texts |= {q: instrument.questions[q].text for q in sorted(ticks)}
    names = {name: name for name in texts}
    found: Near = {}
    for column, row in zip(free.index, free[["header", "wording"]].to_numpy(), strict=True):
        header, wording = row
        scores: dict[str, float] = {}
        # Wordings gain and lose clauses; in a name or a label each letter counts.
        for query, wanted, scorer in ((wording, texts, fuzz.WRatio), (header, names, fuzz.ratio)):
            for _, score, name in _like(str(query), wanted, scorer):
                scores[name] = max(score, scores.get(name, 0.0))
        order = sorted(scores.items(), key=lambda s: (-s[1], s[0]))
        kept = [(n, s) for n, s in order if ("column", column, n, "") not in refused]
        if kept:
            found[str(column)] = kept[:MOST_PROPOSALS]
    return found


def _near_options(
    instrument: Instrument, name: str, text: str, refused: Keys
) -> list[tuple[str, str, float]]:
    owner = instrument.questions[name] if name in instrument.questions else instrument[name]
    labels = {o.code: o.label for o in owner.options}
    found = [(code, label, score) for label, score, code in _like(text, labels, fuzz.token_ratio)]
    return [f for f in found if ("choice", text, name, f[0]) not in refused][:MOST_PROPOSALS]


def _like(
    query: str, wanted: Mapping[str, str], scorer: Callable[..., float]
) -> list[tuple[str, float, str]]:
    matches = process.extract(
        query[:_MOST_LETTERS], wanted, scorer=scorer, processor=utils.default_process,
        limit=MOST_PROPOSALS + 2, score_cutoff=LEAST_SCORE,
    )  # fmt: skip
    return [(str(m), round(float(s), 1), str(k)) for m, s, k in matches]
