"""Several answers in one cell, cut into a 0/1 column for each choice of the form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from mspsurvey.intake.readers.export import RawExport

_MOST_SHOWN = 3


@dataclass(frozen=True)
class Spelling:
    """One choice: as cells of the export write it, its name in the form, and its label."""

    text: str
    name: str
    label: str


def split_joined(export: RawExport, joined: Mapping[str, Sequence[Spelling]]) -> RawExport:
    """Add the columns that an export would have had with its choices apart.

    Parameters
    ----------
    export : RawExport
        With joined cells.
    joined : mapping of str to sequence of Spelling
        Choices of the columns whose cells are joined by blanks, by name of the column.

    Returns
    -------
    RawExport
        With a column ``name/choice`` for each choice: "1", "0", or "" where the cell is blank
        or cannot be cut. The joined column stays, with the role "order".
    """
    columns, answers, problems = [], {}, list(export.problems)
    for row in export.columns.to_dict("records"):
        columns.append(row)
        name = str(row["name"])
        if name in export.answers:
            answers[name] = export.answers[name]
        if name not in joined or row["role"] != "answer" or not joined[name]:
            continue
        row["role"] = "order"
        cuts = [cut(cell, [c.text for c in joined[name]]) for cell in export.answers[name]]
        problems += _not_cut(name, export.answers[name], cuts)
        for place, choice in enumerate(joined[name]):
            new = {**row, "role": "answer", "choice": choice.label}
            new["name"], new["id"] = f"{name}/{choice.name}", f"{row['id']}/{choice.name}"
            columns.append(new)
            answers[new["name"]] = pd.Series(
                ["" if c is None else str(int(place in c)) for c in cuts], dtype="str"
            )
    listing = pd.DataFrame(columns, columns=list(export.columns), dtype="str")
    return replace(export, answers=pd.DataFrame(answers), columns=listing, problems=problems)


def cut(cell: str, choices: Sequence[str]) -> set[int] | None:
    """Cut a cell into choices, each of one or more words.

    Returns
    -------
    set of int or None
        Places of the choices in the list; None where the cell is blank, or where its words
        are not those of choices.

    Examples
    --------
    >>> sorted(cut("Tea with milk Coffee", ["Tea", "Coffee", "Tea with milk"]))
    [1, 2]
    >>> cut("Tea with lemon", ["Tea", "Coffee"]) is None
    True
    """
    words = cell.split()
    if not words:
        return None
    wanted: dict[tuple[str, ...], int] = {}
    for place, choice in enumerate(choices):
        wanted.setdefault(tuple(choice.split()), place)
    wanted.pop((), None)
    longest = max(map(len, wanted), default=0)
    # From the end: what each rest of the cell can be cut into, long choices first.
    rest: list[set[int] | None] = [None] * len(words) + [set()]
    for start in reversed(range(len(words))):
        for size in range(min(longest, len(words) - start), 0, -1):
            found = wanted.get(tuple(words[start : start + size]))
            after = rest[start + size]
            if found is not None and after is not None:
                rest[start] = {found} | after
                break
    return rest[0]


def _not_cut(name: str, cells: pd.Series, cuts: list[set[int] | None]) -> list[str]:
    odd = [c for c, found in zip(cells, cuts, strict=True) if found is None and c.strip()]
    if not odd:
        return []
    shown = ", ".join(repr(c[:40]) for c in sorted(set(odd))[:_MOST_SHOWN])
    return [f"'{name}': {len(odd)} cells hold other words than the form's choices ({shown})"]
