"""Two exports of one Qualtrics survey, one with codes and one with labels: what codes mean."""

from __future__ import annotations

import re
from dataclasses import replace

import pandas as pd

from mspsurvey.errors import ReadError
from mspsurvey.intake.readers.export import RawExport, choice_table

LEAST_SHARED = 0.5
"""Share of the responses that must be in both exports."""

_CODE = re.compile(r"-?\d+\Z")
_MOST_NAMED = 5


def learn_labels(export: RawExport, other: RawExport) -> RawExport:
    """Learn what the codes of an export mean from the same responses in words.

    Parameters
    ----------
    export : RawExport
        With codes.
    other : RawExport
        With labels; columns are matched by id where they have one, else by name, and rows by
        response id.

    Returns
    -------
    RawExport
        With ``choices``; a code that stands beside two labels is left out, and a problem.

    Raises
    ------
    ReadError
        Where the two do not share their responses, or both have codes, or labels.
    """
    rows = _rows(export, other)
    places = {key: name for name, key in _keys(other).items()}
    choices: list[tuple[str, str, str, str]] = []
    double: list[str] = []
    turned = 0
    for name, key in _keys(export).items():
        if key not in places:
            continue
        codes, labels = _cells(export, name, rows[0]), _cells(other, places[key], rows[1])
        turned += bool(labels.str.match(_CODE).any() and not codes.str.match(_CODE).any())
        pairs = pd.DataFrame({"code": codes, "label": labels}).drop_duplicates()
        pairs = pairs[pairs["code"].str.match(_CODE) & pairs["label"].ne("")]
        if pairs["code"].eq(pairs["label"]).all():
            continue
        twice = pairs["code"].duplicated(keep=False)
        if twice.any():
            double.append(name)
        learned = sorted(pairs[~twice].to_numpy().tolist(), key=lambda pair: int(pair[0]))
        choices += [(name, code, label, "") for code, label in learned]
    if not choices:
        raise _nothing(turned)
    problems = list(export.problems)
    if double:
        named = ", ".join(double[:_MOST_NAMED])
        problems.append(f"{len(double)} columns have a code beside two labels: {named}")
    return replace(export, choices=choice_table(choices), problems=problems)


def _rows(export: RawExport, other: RawExport) -> tuple[list[int], list[int]]:
    """Places of the same responses in both exports."""
    there = {ident: place for place, ident in enumerate(other.meta["resp_id"])}
    both = [(k, there[i]) for k, i in enumerate(export.meta["resp_id"]) if i in there]
    if len(both) < LEAST_SHARED * len(export):
        raise ReadError(
            "The codebook should be the same export with labels.",
            f"It has {len(both)} of {len(export)} responses, by response id.",
            "Download both exports on one day, with the same filter.",
        )
    here, place = zip(*both, strict=True)
    return list(here), list(place)


def _keys(export: RawExport) -> dict[str, str]:
    """Id or name of each column that may hold codes."""
    asked = export.columns[export.columns["role"].eq("answer")]
    single = ~asked["id"].duplicated(keep=False) & asked["id"].ne("")
    keys = asked["id"].where(single, asked["name"])
    return dict(zip(asked["name"], keys, strict=True))


def _cells(export: RawExport, name: str, rows: list[int]) -> pd.Series:
    return export.answers[name].iloc[rows].str.strip().reset_index(drop=True)


def _nothing(turned: int) -> ReadError:
    came = (
        "The export itself has the labels." if turned else "Nothing can be learned from the two."
    )
    return ReadError(
        "An export with codes, and the same with labels as codebook, were wanted.",
        came,
        "Take the one with codes as export, the other as codebook." if turned else "",
    )
