"""What a public-use file holds: ``[release]`` of study.toml, and what goes without saying.

Without a word, a file holds only answers that were chosen from options, without any that
describe the firm itself, and the keys; incidents are sensitive. Numbers and computed variables
are named to be in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mspsurvey.errors import DefinitionError, did_you_mean
from mspsurvey.instrument import NUMBERS, Instrument
from mspsurvey.study_file import STUDY_FILE, StudyConfig

K, L = 5, 2
MOST_SUPPRESSED = 0.05
"""Share of records with a blanked key above which the next recoding is done."""
KEYS = ("size", "division", "area", "sector_group")
"""What a stranger may know of a firm, as far as a source has it; those named first are kept
longest."""
PROFILE = (
    "profile", "business model", "membership", "budget", "scale", "scope", "verification",
    "registration", "eligibility", "consent", "respondent", "regulation", "sensitivity of data",
)  # fmt: skip
"""Concepts by which a firm could be recognised: left out, unless named as a key."""
SENSITIVE = ("incident",)
"""How the concepts of sensitive answers begin."""
LICENCE = "CC BY 4.0"


@dataclass(frozen=True)
class Recoding:
    """One step of coarsening: codes taken together; no codes at all drop the variable."""

    variable: str
    to: Mapping[str, tuple[str, ...]]

    @property
    def words(self) -> str:
        """Say it."""
        if not self.to:
            return f"{self.variable} left out"
        parts = "; ".join(f"{new} for {', '.join(old)}" for new, old in self.to.items())
        return f"{self.variable}: {parts}"


@dataclass(frozen=True)
class Plan:
    """What goes into the file of one source.

    Attributes
    ----------
    keys : tuple of str
        Quasi-identifiers: what others may know of a respondent, the most wanted first.
    sensitive : tuple of str
        Answers that nobody may learn of a respondent they know, with all that is asked only
        because of them.
    answers, numbers : tuple of str
        Other classifications, and numbers (top-coded, two figures).
    recodings : tuple of Recoding
        Steps, done in this order as far as needed.
    k, l : int
        Fewest records alike in all keys; fewest different sensitive answers among them.
    most_suppressed : float
        Share of records that may have a key blanked before the next recoding is done.
    """

    keys: tuple[str, ...]
    sensitive: tuple[str, ...]
    answers: tuple[str, ...]
    numbers: tuple[str, ...] = ()
    recodings: tuple[Recoding, ...] = ()
    k: int = K
    l: int = L  # noqa: E741 (as the literature has it)
    most_suppressed: float = MOST_SUPPRESSED

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns of answers, in order."""
        return (*self.keys, *self.answers, *self.numbers, *self.sensitive)


def plan_of(
    config: StudyConfig, source: str, instrument: Instrument, columns: Iterable[str]
) -> Plan:
    """Read what study.toml says of a source's file, and fill in what it does not.

    Parameters
    ----------
    config : StudyConfig
    source : str
    instrument : Instrument
        With derived variables.
    columns : iterable of str
        Of the built table.

    Raises
    ------
    DefinitionError
        Where a name or a code is not known, or k or l is too small to protect anybody.
    """
    said = _Said(config.release, source, instrument, list(columns))
    keys = said.names("keys", [k for k in KEYS if k in said.columns])
    drop = {*said.names("drop", []), *_kin(instrument, keys)}
    known = [v for v in instrument if v.name in said.columns and v.name not in keys]
    default = [v.name for v in known if v.categorical and v.concept.startswith(SENSITIVE)]
    sensitive = _with_followers(instrument, said.names("sensitive", default), said.columns)
    answers = [
        v.name
        for v in known
        if v.categorical and v.role == "answer" and not v.rule and v.name not in drop
        and not any(word in v.concept for word in PROFILE)
    ]  # fmt: skip
    keep = said.names("keep", [])
    kinds = {v.name: v.kind for v in known}
    numbers = [n for n in keep if kinds.get(n) in NUMBERS and n not in sensitive]
    answers += [n for n in keep if n not in numbers]
    return Plan(
        keys=tuple(keys),
        sensitive=tuple(n for n in sensitive if kinds[n] not in NUMBERS and n not in drop),
        answers=tuple(dict.fromkeys(a for a in answers if a not in sensitive)),
        numbers=tuple(numbers),
        recodings=said.recodings(),
        k=said.least("k", K, 3),
        l=said.least("l", L, 2),
        most_suppressed=float(config.release.get("most_suppressed", MOST_SUPPRESSED)),
    )


def _kin(instrument: Instrument, keys: Sequence[str]) -> set[str]:
    """What keys were computed from, and all else that was: it would undo their coarsening."""
    roots = {root for key in keys if key in instrument for root in _roots(instrument, key)}
    return {v.name for v in instrument if roots & set(_roots(instrument, v.name))} - set(keys)


def _roots(instrument: Instrument, name: str) -> list[str]:
    """Give the questions that a variable goes back to, itself where it was asked."""
    parents = instrument[name].derived_from if name in instrument else ()
    if not parents:
        variable = instrument.variables.get(name)
        return [variable.question or name] if variable else [name]
    return [root for parent in parents for root in _roots(instrument, parent)]


def _with_followers(
    instrument: Instrument, sensitive: Sequence[str], columns: Sequence[str]
) -> list[str]:
    """Add what is asked only after a sensitive answer: that it was answered tells the answer."""
    found = dict.fromkeys(sensitive)
    for variable in instrument:
        asked = variable.ask_if.names if variable.ask_if else frozenset()
        if variable.name in columns and asked & set(found):
            found[variable.name] = None
    return list(found)


class _Said:
    """``[release]`` and ``[release.<source>]``, read with names of keys in the messages."""

    def __init__(
        self, table: Mapping[str, Any], source: str, instrument: Instrument, columns: list[str]
    ) -> None:
        self.whole, self.own = table, table.get(source, {})
        self.source, self.instrument, self.columns = source, instrument, columns

    def fail(self, key: str, wanted: str, came: str, do: str = "") -> DefinitionError:
        return DefinitionError(f"{STUDY_FILE}, [release.{self.source}] {key}: {wanted}", came, do)

    def names(self, key: str, default: list[str]) -> list[str]:
        named = [str(n) for n in self.own.get(key, default)]
        for name in named:
            if name not in self.columns or name not in self.instrument:
                raise self.fail(
                    key, "variables of the source were wanted.", f"There is none called '{name}'.",
                    did_you_mean(name, self.instrument.variables),
                )  # fmt: skip
        return named

    def least(self, key: str, default: int, least: int) -> int:
        value = int(self.whole.get(key, default))
        if value < least:
            raise self.fail(key, f"at least {least} was wanted.", f"It is {value}.")
        return value

    def recodings(self) -> tuple[Recoding, ...]:
        return tuple(self._recoding(step) for step in self.own.get("recode", []))

    def _recoding(self, step: Mapping[str, Any]) -> Recoding:
        name = str(step.get("variable", ""))
        to = {str(new): tuple(map(str, old)) for new, old in dict(step.get("to", {})).items()}
        if not to and not step.get("drop", False):
            raise self.fail("recode", "`to` or `drop = true` was wanted.", f"'{name}' has none.")
        return Recoding(name, to)
