"""The base line: whom estimates speak of, how many answered, and why others are not counted."""

from __future__ import annotations

from collections.abc import Mapping

from mspsurvey.instrument import MISSING_WORDS, Variable

FEWEST_RESPONDENTS = 10
"""Below this a number could point at firms that are known to have taken part."""


def base_line(
    population: str,
    *,
    where: str = "",
    respondents: Mapping[str, int] | None = None,
    left_out: Mapping[str, int] | None = None,
    variables: Mapping[str, Variable] | None = None,
) -> str:
    """Say the base in words.

    Parameters
    ----------
    population : str
        Whom it speaks of; may be empty.
    where : str
        Domain as code.
    respondents : mapping of str to int
        Respondents in the base, by item; nothing is said of how many where it is empty.
    left_out : mapping of str to int
        Rows of the domain that are not in the base, by reason: a key of ``MISSING_REASONS``,
        or ``no_`` and the name of a grouping variable. Over several items they are added up.
    variables : mapping of str to Variable
        For the words of grouping variables.

    Examples
    --------
    >>> base_line("MSP firms", respondents={"mfa": 812}, left_out={"not_shown": 120})
    'Base: MSP firms (n = 812). Not in the base: not asked 120.'
    """
    number = _number(respondents or {})
    whom = f"Base: {population or 'all who answered'}" if population or number else ""
    parts = [f"{whom} ({number})." if number else f"{whom}." if whom else ""]
    parts.append(f"Only where {where}." if where else "")
    parts.append(gap_line(left_out or {}, items=len(respondents or {}), variables=variables))
    return " ".join(part for part in parts if part)


def gap_line(
    left_out: Mapping[str, int], *, items: int = 1,
    variables: Mapping[str, Variable] | None = None,
) -> str:  # fmt: skip
    """Say why others are not in the base: "Not in the base: not asked 120, refused 3."

    Parameters
    ----------
    left_out, variables
        As for ``base_line``.
    items : int, default 1
        Items that the numbers are added up over.
    """
    if not left_out:
        return ""
    gaps = ", ".join(f"{words} {n:,}" for words, n in _gaps(left_out, variables or {}))
    several = f", over {items} items" if items > 1 else ""
    return f"Not in the base{several}: {gaps}."


def _number(respondents: Mapping[str, int]) -> str:
    """Say how many answered: of several items the fewest and the most."""
    if not respondents or min(respondents.values()) < FEWEST_RESPONDENTS:
        return ""
    ends = dict.fromkeys((min(respondents.values()), max(respondents.values())))
    return f"n = {' to '.join(f'{n:,}' for n in ends)}"


def _gaps(left_out: Mapping[str, int], variables: Mapping[str, Variable]) -> list[tuple[str, int]]:
    """Words and number of each reason: the groups first, then reasons in their fixed order."""
    groups = [(k, n) for k, n in left_out.items() if k not in MISSING_WORDS]
    named = [(_unknown(k.removeprefix("no_"), variables), n) for k, n in groups]
    return named + [(words, left_out[k]) for k, words in MISSING_WORDS.items() if k in left_out]


def _unknown(name: str, variables: Mapping[str, Variable]) -> str:
    label = variables[name].label if name in variables else name.replace("_", " ")
    return f"{label[:1].lower()}{label[1:]} not known"
