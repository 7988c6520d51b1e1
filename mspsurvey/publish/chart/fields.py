"""The twenty fields without which a chart is not published.

A chart is an evidence object: who was asked what, when, how many answered, how sure the
number is, what speaks against it, who paid. What follows from estimates is filled in from
them; the rest is the author's, and ``Fields.check`` names each that is still empty.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from typing import Any

from mspsurvey.errors import PublicationError, did_you_mean
from mspsurvey.evidence.phrase import check_words
from mspsurvey.inference.result.base import gap_line
from mspsurvey.inference.result.estimate import PRECISION_WORDS, Estimates

TITLE_WORDS = 18
ALT_WORDS = 120
CAVEATS = 3
_NUMBER_WORDS = frozenset(
    {
        *("half", "third", "quarter", "fifth", "twice", "double", "none", "no", "nobody", "all"),
        *("most", "every", "one", "two", "three", "four", "five", "six", "seven", "eight"),
        *("nine", "ten"),
    }
)


@dataclass(frozen=True, kw_only=True)
class Fields:
    """What each chart for legislators carries.

    Attributes
    ----------
    finding_title : str
        The finding as a full sentence with its number, 18 words at most, no causal verb.
    stat_subtitle : str
        Measure, population, unit, period.
    estimand_id : str
        Key of the estimand in the findings table.
    question_text : str
        Exact wording, with names of variables.
    filter : str
        Whom the numbers speak of, in words and as code.
    n_unweighted : int
        Answers behind the whole chart; each row also prints its own.
    n_eff : float
        Effective number of answers behind the whole chart.
    weighted : str
        "Yes" with name and targets of the weight, or "No" and why.
    field_dates : str
        When answers were collected.
    sample_type : str
        How people came into the sample.
    uncertainty : str
        What is drawn, and its precision kind; or the sentence that says why nothing is.
    comparison_note : str
        Which difference is clear and which is not, and how many were looked at.
    definition_version : str
        Version of rubric and segment rules.
    strength : str
        Strength of evidence, with its ledger.
    direction : str
        Supports, against, mixed or cannot tell, and for which hypothesis.
    caveats : tuple of str
        One to three, the most important first.
    source : str
        Survey and sponsor.
    alt_text : str
        Chart in words, 120 at most; made by the chart kind unless given.
    data_csv : str
        The numbers drawn, as CSV; made by the chart kind.
    code_ref : str
        Notebook, cell, commit, hash of the data, seed.
    """

    finding_title: str = ""
    stat_subtitle: str = ""
    estimand_id: str = ""
    question_text: str = ""
    filter: str = ""
    n_unweighted: int = 0
    n_eff: float = 0.0
    weighted: str = ""
    field_dates: str = ""
    sample_type: str = ""
    uncertainty: str = ""
    comparison_note: str = ""
    definition_version: str = ""
    strength: str = ""
    direction: str = ""
    caveats: tuple[str, ...] = ()
    source: str = ""
    alt_text: str = ""
    data_csv: str = ""
    code_ref: str = ""

    def lacking(self) -> tuple[str, ...]:
        """Names of the fields that are empty."""
        return tuple(f.name for f in fields(self) if _empty(getattr(self, f.name)))

    def problems(self) -> tuple[str, ...]:
        """All that keeps these fields from being published, one sentence each."""
        found = [f"The field '{name}' is empty." for name in self.lacking()]
        found += _title_problems(self.finding_title)
        words = len(self.alt_text.split())
        if words > ALT_WORDS:
            found.append(f"'alt_text' has {words} words; {ALT_WORDS} are the most.")
        if len(self.caveats) > CAVEATS:
            found.append(f"There are {len(self.caveats)} caveats; {CAVEATS} are the most.")
        return tuple(found)

    def check(self) -> Fields:
        """Give the fields back, or say what keeps them from being published.

        Raises
        ------
        PublicationError
            Names every empty field, a title that is too long, has no number or claims a
            cause, and an alternative text that is too long.
        """
        found = self.problems()
        if found:
            raise PublicationError(
                f"A chart for publication carries {len(fields(self))} fields"
                f" (this one: {self.estimand_id or self.finding_title or 'no name'}).",
                " ".join(found),
                "Fill them in with `replace(fields, …)`, or keep the chart as a draft.",
            )
        return self


def draft_fields(est: Estimates, **given: Any) -> Fields:
    """Fill in what the estimates themselves tell, and leave the rest to the author.

    Parameters
    ----------
    est : Estimates
        What is drawn.
    **given
        Fields that are known; they win.

    Raises
    ------
    PublicationError
        Where a name is not one of the twenty.
    """
    known = [f.name for f in fields(Fields)]
    for name in given:
        if name not in known:
            raise PublicationError(
                "A field of a chart was wanted.", f"There is none called '{name}'.",
                did_you_mean(name, known),
            )  # fmt: skip
    shown = est.frame.dropna(subset=["estimate"])
    own = Fields(
        stat_subtitle=_subtitle(est),
        question_text=_questions(est),
        filter=_filter(est),
        n_unweighted=_total(shown, est, "n"),
        n_eff=float(_total(shown, est, "n_eff")),
        weighted=f"Yes: {est.weight}" if est.weight else "No: every answer counts the same",
        uncertainty=_uncertainty(est),
    )
    return replace(own, **{k: _value(k, v) for k, v in given.items()})


def _uncertainty(est: Estimates) -> str:
    words = PRECISION_WORDS[est.precision_kind].replace("95%", f"{100 * est.confidence:.3g}%")
    return _sentence(words)


def _value(name: str, value: Any) -> Any:
    if name == "caveats":
        return (value,) if isinstance(value, str) else tuple(value)
    return value


def _empty(value: object) -> bool:
    if isinstance(value, tuple):
        return not any(str(v).strip() for v in value)
    return not value or not str(value).strip()


def _title_problems(title: str) -> Iterable[str]:
    if not title.strip():
        return []
    found = []
    words = title.split()
    if len(words) > TITLE_WORDS:
        found.append(f"'finding_title' has {len(words)} words; {TITLE_WORDS} are the most.")
    bare = {re.sub(r"\W", "", w).lower() for w in words}
    if not re.search(r"\d", title) and not bare & _NUMBER_WORDS:
        found.append("'finding_title' has no number.")
    return [*found, *_forbidden(title)]


def _forbidden(title: str) -> list[str]:
    try:
        check_words(title)
    except PublicationError as error:
        # All problems are told at once, so this one joins the others.
        return [f"{error.came} {error.do}"]
    return []


def _subtitle(est: Estimates) -> str:
    """Say what is measured, of whom: "Baseline: Not met, by size of firm – share, MSP firms"."""
    items = list(dict.fromkeys(est.label("item", i) for i in est.items))
    what = items[0] if len(items) == 1 else f"{len(items)} items"
    levels = list(dict.fromkeys(est.data["level"]))
    level = f": {est.label('level', levels[0])}" if len(levels) == 1 and levels[0] else ""
    by = f", by {' and '.join(_small(est.label('item', b)) for b in est.by)}" if est.by else ""
    whom = f", {est.population}" if est.population else ""
    return f"{what}{level}{by} – {est.statistic}{whom}"


def _small(text: str) -> str:
    """Begin with a small letter, unless it is an abbreviation."""
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]


def _questions(est: Estimates) -> str:
    """Give the exact wording of each question once, with the names of its variables."""
    texts: dict[str, list[str]] = {}
    for item in est.items:
        if item in est.variables:
            texts.setdefault(est.variables[item].text, []).append(item)
    parts = [f"“{text}” ({', '.join(names)})" for text, names in texts.items()]
    if len(parts) > 3:
        return f"{'; '.join(parts[:2])}; and {len(parts) - 2} more items, listed in the table"
    return "; ".join(parts)


def _filter(est: Estimates) -> str:
    """Say whom the numbers speak of, and who of them is not among those who answered."""
    code = f" [{est.where}]" if est.where else ""
    whom = f"{_sentence(est.population)}{code}" if est.population else code.strip()
    gaps = gap_line(est.left_out, items=len(est.items), variables=est.variables)
    return ". ".join(part for part in (whom, gaps.removesuffix(".")) if part)


def _total(shown: Any, est: Estimates, column: str) -> int:
    """Answers behind the chart: of the largest item, summed over the groups.

    Levels of one item share their base, and items share their respondents. The effective
    number differs from level to level: the smallest promises least.
    """
    if shown.empty:
        return 0
    levels = shown.groupby(["item", *est.by], observed=True)[column]
    groups = levels.min() if column == "n_eff" else levels.max()
    return round(float(groups.groupby("item", observed=True).sum().max()))


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
