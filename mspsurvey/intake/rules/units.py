"""Amounts in one unit: US dollars, per month, percentages from 0 to 100."""

from __future__ import annotations

import pandas as pd

from mspsurvey.instrument import Variable
from mspsurvey.intake.work import Edit, Rule, Work, changed, query

PRICE_RANGE = (10.0, 600.0)
"""Dollars for a user and month between which a price is believed (rule R4)."""
PRICE_LIMIT = 2000.0
"""Above this a price for a user and month is an error, whatever its unit."""

_FAIR_SHARE = (0.4, 2.5)


def price_variables(work: Work) -> list[Variable]:
    """Money variables that are a price for a user and month."""
    return [
        v for v in work.instrument
        if v.kind == "money" and v.name.startswith("price_user_month") and work.has(v.name)
    ]  # fmt: skip


def _currency(work: Work) -> Edit:
    """Convert amounts in another currency at the study's rates."""
    edit = Edit()
    rates = {str(k): v for k, v in dict(work.settings.get("exchange", {})).items()}
    for variable in work.instrument:
        if variable.kind != "money" or not work.has(variable.name):
            continue
        name, amounts = variable.name, work.answers[variable.name]
        said = _said_currency(work, name)
        foreign = amounts.notna() & said.ne("") & said.ne(variable.unit or "USD") & said.ne("USD")
        if not foreign.any():
            continue
        rate = said.map(rates).astype("float64")
        known = foreign & rate.notna()
        converted = amounts.mask(known, amounts * rate)
        lost = foreign & rate.isna()
        edit.answers[name] = converted.mask(lost)
        edit.missing[name] = work.missing[name].mask(lost, "unparseable")
        why = "converted from " + said + " at the study's rate"
        edit.changes.extend(
            [
                changed(work, name, known, amounts, converted, why),
                changed(work, name, lost, amounts, converted.mask(lost), "no rate for " + said),
            ]
        )
        edit.queries.append(
            query(work, name, lost, amounts, "study.toml has no [settings.exchange] rate for it")
        )
    return edit


def _said_currency(work: Work, name: str) -> pd.Series:
    """Currency of each amount: what was typed beside it, else the question on currency."""
    blank = pd.Series("", index=work.answers.index, dtype="str")
    typed = work.meta.get(f"currency:{name}", blank)
    asked = follow_up(work, name, "USD")
    if asked is None:
        return typed
    return typed.where(typed.ne(""), work.answers[asked].fillna(""))


def follow_up(work: Work, name: str, code: str) -> str | None:
    """Find the question asked only after ``name`` that offers ``code``: on currency or basis."""
    for variable in work.instrument:
        follows = variable.ask_if is not None and name in variable.ask_if.names
        if follows and code in variable.labels and work.has(variable.name):
            return variable.name
    return None


def _basis(work: Work) -> Edit:
    """Make a price missing that is not for a user: devices and clients cannot be converted."""
    edit = Edit()
    for variable in price_variables(work):
        name, prices = variable.name, work.answers[variable.name]
        asked = follow_up(work, name, "user")
        if asked is None:
            continue
        other = prices.notna() & work.answers[asked].notna() & work.answers[asked].ne("user")
        other = other.fillna(value=False).astype("bool")
        kept = prices.mask(other)
        edit.answers[name] = kept
        edit.missing[name] = work.missing[name].mask(other, "unparseable")
        edit.changes.append(
            changed(work, name, other, prices, kept, "price is not for a user and month")
        )
    return edit


def _period(work: Work) -> Edit:
    """Turn prices for a year into prices for a month.

    A price is yearly where the text says so, or where it is above the range for a month
    and its twelfth is near the median.
    """
    edit = Edit()
    for variable in price_variables(work):
        name, prices = variable.name, work.answers[variable.name]
        said = work.meta.get(f"period:{name}")
        yearly = said.eq("year") if said is not None else pd.Series(False, index=prices.index)
        believed = prices[prices.between(*PRICE_RANGE)]
        low, high = (share * believed.median() for share in _FAIR_SHARE)
        yearly |= prices.gt(PRICE_RANGE[1]) & (prices / 12).between(low, high)
        monthly = prices.mask(yearly, prices / 12)
        edit.answers[name] = monthly
        edit.changes.append(
            changed(work, name, yearly, prices, monthly, "price for a year divided by twelve")
        )
    return edit


def _percent(work: Work) -> Edit:
    """Bring shares typed as fractions to percent, where the context leaves no doubt."""
    edit = Edit()
    alone = [
        v.name for v in work.instrument
        if v.kind == "percent" and work.has(v.name)
        and work.instrument.questions[v.question].sum_to is None
    ]  # fmt: skip
    for name in alone:
        values = work.answers[name]
        # Nobody answers with a fraction of one percent.
        fraction = values.gt(0) & values.lt(1)
        if fraction.any():
            percent = values.mask(fraction, (values * 100).round(6))
            edit.answers[name] = percent
            edit.changes.append(
                changed(work, name, fraction, values, percent, "fraction turned into percent")
            )
    for question in work.instrument.questions.values():
        names = [n for n in question.variables if work.has(n)]
        if question.kind == "percent" and question.sum_to and len(names) > 1:
            _percent_of_sum(work, names, question.sum_to, edit)
    return edit


def _percent_of_sum(work: Work, names: list[str], total: float, edit: Edit) -> None:
    """Mend the scale of one part where only that makes the parts add up."""
    parts = work.answers[names]
    sums = parts.sum(axis=1, min_count=1)
    fractions = sums.sub(total / 100).abs().le(0.02) & parts.max(axis=1).le(1)
    mended = parts.mask(fractions, (parts * 100).round(6), axis=0)
    off = sums.sub(total).abs().gt(2) & ~fractions
    for factor, reason in ((100.0, "fraction"), (0.1, "tenfold")):
        for name in names:
            new = parts[name] * factor
            fits = off & new.notna() & (sums - parts[name] + new).sub(total).abs().le(2)
            suspicious = parts[name].lt(1) if reason == "fraction" else parts[name].gt(100)
            rows = fits & suspicious & parts[name].gt(0)
            mended[name] = mended[name].mask(rows, new.round(6))
    for name in names:
        rows = mended[name].ne(parts[name]) & parts[name].notna()
        if rows.any():
            edit.answers[name] = mended[name]
            edit.changes.append(
                changed(
                    work, name, rows, parts[name], mended[name],
                    "scale of a percentage mended so that the parts add up",
                )
            )  # fmt: skip


def _price(work: Work) -> Edit:
    edit = Edit()
    for variable in price_variables(work):
        name, prices = variable.name, work.answers[variable.name]
        wrong = prices.gt(PRICE_LIMIT)
        kept = prices.mask(wrong)
        edit.answers[name] = kept
        edit.missing[name] = work.missing[name].mask(wrong, "unparseable")
        edit.changes.append(
            changed(work, name, wrong, prices, kept, "price above any for a user and month")
        )
        odd = kept.notna() & ~kept.between(*PRICE_RANGE)
        edit.queries.append(query(work, name, odd, kept, "price outside 10 to 600 dollars"))
    return edit


RULES = (
    Rule(
        "U1",
        "E",
        "Amounts are in US dollars.",
        _currency,
        "convert at the rate of study.toml; without a rate missing, and asked about",
    ),
    Rule(
        "U4",
        "E",
        "Prices are for a user.",
        _basis,
        "missing: the number of devices or clients is not asked, so it cannot be converted",
    ),
    Rule(
        "U2",
        "E",
        "Prices are for a month.",
        _period,
        "divide by twelve where the text says a year, or only a twelfth is near the median",
    ),
    Rule(
        "U3",
        "E",
        "Percentages run from 0 to 100.",
        _percent,
        "times 100 or by ten where the other parts, or a value below 1, leave no doubt",
    ),
    Rule(
        "R4",
        "Q",
        "A price is 10 to 600 dollars for a user and month.",
        _price,
        "ask; above $2,000 missing",
    ),
)
