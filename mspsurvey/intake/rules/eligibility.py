"""Who belongs in the survey: real responses of eligible units."""

from __future__ import annotations

import pandas as pd

from mspsurvey.intake.rules.places import find_state, is_state_list
from mspsurvey.intake.work import Edit, Rule, Work, reject

_NOT_REAL = ("preview", "test", "spam")
_TEST_TEXT = r"(?i)(?:test(?:ing)?[\s.!]*){1,4}\Z"


def _real(work: Work) -> Edit:
    """Set aside previews, tests and spam, and responses whose texts only say "test"."""
    status = work.meta["status"]
    marked = status.isin(_NOT_REAL)
    edit = Edit(rejected=[reject(work, marked, "the platform marks it as " + status)])
    typed = pd.Series(False, index=status.index)
    for name in work.instrument.by_role("free_text", "personal"):
        if work.has(name):
            typed |= work.answers[name].str.match(_TEST_TEXT)
    edit.rejected.append(reject(work, typed & ~marked, "the respondent wrote that it is a test"))
    return edit


def _screened(work: Work) -> Edit:
    condition = work.instrument.eligible_if
    edit = Edit()
    if condition is not None and work.has(*condition.names):
        out = ~condition.holds(work.answers).astype("bool")
        edit.rejected.append(reject(work, out, "does not pass the screener"))
    if work.has("client_n_contract"):
        none = work.answers["client_n_contract"].eq(0)
        edit.rejected.append(reject(work, none, "no clients under an ongoing agreement"))
    return edit


def _in_country(work: Work) -> Edit:
    """Set aside units whose state is a place abroad."""
    edit = Edit()
    if work.has("state") and is_state_list(work.instrument["state"]):
        text = work.meta.get("state_text")
        if text is not None:
            abroad = work.answers["state"].isna() & text.map(lambda t: find_state(t).abroad)
            edit.rejected.append(reject(work, abroad.astype("bool"), "outside the United States"))
    return edit


def _staffed(work: Work) -> Edit:
    edit = Edit()
    if work.has("emp"):
        empty = work.answers["emp"].eq(0)
        edit.rejected.append(reject(work, empty, "nobody works there"))
    return edit


def remember_state(work: Work) -> Edit:
    """Keep the words given for the state until it is known whether they name a place abroad."""
    if work.has("state"):
        return Edit(meta={"state_text": work.answers["state"]})
    return Edit()


REAL = (
    Rule("S5", "E", "A response is real: no preview, no test.", _real, "set aside"),
)  # fmt: skip
RULES = (
    Rule("L1", "E", "The unit is eligible.", _screened, "set aside"),
    Rule("L2", "E", "The unit is in the United States.", _in_country, "set aside"),
    Rule("L3", "E", "Somebody works there.", _staffed, "set aside"),
)
REMEMBER = Rule("L2", "I", "The unit is in the United States.", remember_state, "set aside")
