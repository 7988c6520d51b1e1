"""The words after "Something else": coded to the option that they belong to (rule T2)."""

from __future__ import annotations

import re

from mspsurvey.instrument import Question, Variable
from mspsurvey.intake.work import Edit, Rule, Work, changed

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
    sectors = texts.map(lambda t: codes.get(sector_of(t) or "", "") if t else "")
    # A text without a choice counts as a choice of "other".
    rows = (answers.eq(other) | answers.isna()) & sectors.ne("")
    rows = rows.fillna(value=False).astype("bool")
    if rows.any():
        new = answers.mask(rows, sectors)
        edit.answers[question.name] = new
        edit.missing[question.name] = work.missing[question.name].mask(rows, "")
        edit.changes.append(
            changed(
                work, question.name, rows, answers.fillna(""), new, "coded from the words given"
            )
        )


def _other_code(variable: Variable) -> str:
    """Code of the option that asks for words: the last that is an answer."""
    for option in reversed(variable.options):
        words = option.label.casefold()
        if option.missing is None and ("else" in words or "other" in words or "another" in words):
            return option.code
    return ""


RULES = (Rule("T2", "I", "Words after 'Something else' are coded.", _code_others),)
