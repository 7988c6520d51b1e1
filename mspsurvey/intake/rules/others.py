"""The words after "Something else": coded to the option that they belong to (rule T2)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

import pandas as pd
from rapidfuzz import fuzz

from mspsurvey.instrument import Question, Variable
from mspsurvey.intake.work import Distinct, Edit, Rule, Work, changed, query

# Words of an option's label, and what people write who belong there.
SECTOR_WORDS: dict[str, tuple[str, ...]] = {
    "health": (
        "dentist", "dental", "doctor", "physician", "clinic", "medical", "hospital", "nursing",
        "pharmacy", "orthodont", "chiropract", "therapist", "therapy", "veterinar", "vet clinic",
        "optometr", "hospice", "home care", "health",
    ),
    "legal": ("law firm", "lawyer", "attorney", "legal", "law office", "notary", "paralegal"),
    "finance": (
        "bank", "credit union", "insurance", "wealth", "mortgage", "broker", "financ",
        "investment", "payroll",
    ),
    "professional": (
        "cpa", "accountant", "accounting", "bookkeep", "architect", "engineer", "consult",
        "marketing", "advertis", "design studio", "software", "surveyor", "tax prep",
    ),
    "non-profit": (
        "church", "charity", "charitable", "ministry", "synagogue", "mosque", "temple", "parish",
        "nonprofit", "non-profit", "non profit", "foundation", "food bank", "shelter", "ngo",
        "religio",
    ),
    "government": (
        "city hall", "city of", "county", "municipal", "town of", "township", "police",
        "fire department", "fire district", "public body", "government", "water district",
        "library", "state agency", "tribal",
    ),
    "education": (
        "school", "college", "university", "academy", "preschool", "kindergarten", "tutoring",
        "education", "day care", "daycare",
    ),
    "construction": (
        "construction", "contractor", "builder", "roofing", "plumb", "electrician", "hvac",
        "carpent", "landscap",
    ),
    "manufactur": ("manufactur", "factory", "machine shop", "fabricat", "foundry"),
    "retail": ("retail", "store", "shop", "boutique", "grocery", "car dealer", "dealership"),
    "restaurants": (
        "restaurant", "hotel", "motel", "cafe", "bar and grill", "catering", "brewery", "theater",
        "gym",
    ),
    "wholesale": (
        "trucking", "freight", "logistics", "warehouse", "wholesale", "real estate", "realtor",
        "property management", "transport", "distribut", "staffing",
    ),
    "personal": (
        "salon", "barber", "spa", "funeral", "laundry", "dry clean", "auto repair", "car repair",
        "pet groom", "cleaning",
    ),
}  # fmt: skip
_LEAST_SECTORS = 6
LEAST_KAPPA = 0.7
"""Cohen's kappa of the two codings from which they count as one reading."""
_LIKE = 70.0


def sector_codes(variable: Variable) -> dict[str, str]:
    """Give the code of each sector that the options of a question have; empty for others."""
    codes: dict[str, str] = {}
    for word in SECTOR_WORDS:
        for option in variable.options:
            if word in option.label.casefold() and option.missing is None:
                codes.setdefault(word, option.code)
    return codes if len(codes) >= _LEAST_SECTORS else {}


def sector_of(text: str) -> str | None:
    """Find the sector whose words a text holds; None where none or several do.

    Examples
    --------
    >>> sector_of("Dentist"), sector_of("CPA"), sector_of("city hall"), sector_of("various")
    ('health', 'professional', 'government', None)
    """
    low = text.casefold()
    found = [
        sector for sector, words in SECTOR_WORDS.items()
        if any(re.search(rf"\b{re.escape(word)}", low) for word in words)
    ]  # fmt: skip
    # "Church school" is two sectors; a person decides.
    return found[0] if len(found) == 1 else None


def second_sector(text: str) -> str | None:
    """Code a text again, by likeness to whole words instead of their beginnings.

    A second reading, made another way: where the two differ, a person decides.

    Examples
    --------
    >>> second_sector("dentist office"), second_sector("zzz")
    ('health', None)
    """
    scores = {
        sector: max(fuzz.token_set_ratio(text.casefold(), word) for word in words)
        for sector, words in SECTOR_WORDS.items()
    }
    best = max(scores.values())
    leading = [sector for sector, score in scores.items() if score == best]
    return leading[0] if best >= _LIKE and len(leading) == 1 else None


def kappa(first: Sequence[str], second: Sequence[str]) -> float:
    """Cohen's kappa: (p − p_e) / (1 − p_e), p the share of agreement and p_e that of chance.

    Examples
    --------
    >>> kappa(["a", "a", "b", "b"], ["a", "a", "b", "a"])
    0.5
    """
    n = len(first)
    agree = sum(a == b for a, b in zip(first, second, strict=True)) / n
    one, two = Counter(first), Counter(second)
    chance = sum(one[code] * two[code] for code in one) / n**2
    return 1.0 if chance == 1 else (agree - chance) / (1 - chance)


def _code_others(work: Work) -> Edit:
    edit = Edit()
    for question in work.instrument.questions.values():
        if (
            question.kind == "single"
            and question.other
            and work.has(question.name, question.other)
        ):
            _code_question(work, question, edit)
    return edit


def _code_question(work: Work, question: Question, edit: Edit) -> None:
    variable = work.instrument[question.name]
    codes = sector_codes(variable)
    other = variable.options and _other_code(variable)
    if not codes or not other:
        return
    answers, texts = work.answers[question.name], work.answers[str(question.other)]
    # A text without a choice counts as a choice of "other".
    open_ = (answers.eq(other) | answers.isna()).fillna(value=False).astype("bool")
    open_ &= texts.ne("")
    distinct = Distinct(texts)
    first, second = (
        distinct.spread([codes.get(read(t) or "", "") for t in distinct.texts], "str")
        for read in (sector_of, second_sector)
    )
    differ = open_ & first.ne("") & second.ne("") & first.ne(second)
    _judge(question.name, first[open_], second[open_], edit)
    _take_sectors(work, question.name, open_ & first.ne("") & ~differ, first, edit)
    message = f"two codings of the words in {question.other} differ"
    edit.queries.append(query(work, question.name, differ, answers.fillna(""), message))


def _judge(name: str, first: pd.Series, second: pd.Series, edit: Edit) -> None:
    """Say how well the two codings agree; to leave a text uncoded is a judgement too."""
    if first.eq("").all():
        return
    agreement = kappa(first.tolist(), second.tolist())
    said = f"words after {name}: {len(first)} texts coded twice, κ {agreement:.2f}"
    weak = f"; below {LEAST_KAPPA}: a person should code them" if agreement < LEAST_KAPPA else ""
    edit.remarks.append(said + weak)


def _take_sectors(work: Work, name: str, rows: pd.Series, sectors: pd.Series, edit: Edit) -> None:
    if rows.any():
        answers = work.answers[name]
        new = answers.mask(rows, sectors)
        edit.answers[name] = new
        edit.missing[name] = work.missing[name].mask(rows, "")
        reason = "coded from the words given"
        edit.changes.append(changed(work, name, rows, answers.fillna(""), new, reason))


def _other_code(variable: Variable) -> str:
    """Code of the option that asks for words: the last that is an answer."""
    for option in reversed(variable.options):
        words = option.label.casefold()
        if option.missing is None and ("else" in words or "other" in words or "another" in words):
            return option.code
    return ""


RULES = (
    Rule(
        "T2",
        "I",
        "Words after 'Something else' are coded.",
        _code_others,
        "take the option where two codings do not differ; else ask; κ is reported",
    ),
)
