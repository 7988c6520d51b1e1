"""Make the answers of an export as messy as real ones, one kind of error after the other."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mspsurvey.instrument import Variable
from mspsurvey.synth.mess import garble
from mspsurvey.synth.mess.log import Mess

FORMULAS = (
    '=HYPERLINK("http://example.org/x","see here")',
    "+cmd|' /C calc'!A0",
    "=1+1+2",
)
PERSONAL = (
    "You can reach Pat Doe at 555-0142 if you have questions.",
    "Write to sam.roe@example.org for our price list.",
    "Our office line is (555) 555-0173, ask for Jo Bloggs.",
    "Logs show 203.0.113.77 as the attacker; ask lee.poe@example.org.",
)
FACTUAL_GRIDS = ("rec", "adopt", "fn")
"""Grids on matters of fact, which even the careless do not answer in one column."""
EPOCHS = ("1970-01-01 00:00:00", "1900-01-00 00:00")
RATES_TO_USD = {"CAD": 0.73, "GBP": 1.29, "EUR": 1.09}
"""Dollars for one unit, as the synthetic world has them."""


def spoil(mess: Mess, *, dates: tuple[str, ...], duration: str = "") -> None:
    """Put in every kind of error that concerns single cells.

    Parameters
    ----------
    mess : Mess
        The export.
    dates : tuple of str
        Headers of the start, the end, and of other times that go with the end.
    duration : str
        Header of the seconds spent, where the platform writes them.
    """
    _straightline(mess)
    _attention(mess)
    _speed(mess, dates, duration)
    _sums(mess)
    _percents(mess)
    _money(mess)
    _impossible(mess)
    _counts(mess)
    _states(mess)
    _texts(mess)
    _numbers(mess)
    _leaks(mess)
    _soft(mess)
    if mess.labels:
        _labels(mess)
    _dates(mess, dates)


def _straightline(mess: Mess) -> None:
    """Give the same answer in every row of every practice or opinion grid."""
    grids: dict[str, list[str]] = {}
    for header, variable in mess.cells.variables.items():
        if variable.kind == "grid" and variable.question not in FACTUAL_GRIDS:
            grids.setdefault(variable.question, []).append(header)
    for row in mess.some("straightline"):
        for headers in grids.values():
            answered = mess.filled(row, headers)
            if len(answered) < 2:
                continue
            for header in answered[1:]:
                mess.put(row, header, "straightline", mess.value(row, answered[0]))


def _attention(mess: Mess) -> None:
    header = mess.header("attn")
    if not header:
        return
    words = _options(mess, mess.cells.variables[header])
    for row in mess.some("attention"):
        if mess.filled(row, [header]):
            mess.put(row, header, "attention", mess.pick(words))


def _options(mess: Mess, variable: Variable) -> list[str]:
    return [o.label if mess.labels else o.code for o in variable.options]


def _speed(mess: Mess, dates: tuple[str, ...], duration: str) -> None:
    """Let some rush: a tenth to three tenths of the time, with the end to match."""
    start, ends = dates[0], dates[1:]
    for row in mess.some("speeder"):
        if len(mess.filled(row, dates)) < len(dates):
            continue
        began = np.datetime64(mess.value(row, start).replace(" ", "T"))
        took = int((np.datetime64(mess.value(row, ends[0]).replace(" ", "T")) - began).astype(int))
        short = max(15, int(took * mess.rng.uniform(0.08, 0.28)))
        for end in ends:
            mess.put(
                row, end, "speeder", str(began + np.timedelta64(short, "s")).replace("T", " ")
            )
        if duration:
            mess.put(row, duration, "speeder", str(short))


def _sums(mess: Mess) -> None:
    groups: dict[str, list[str]] = {}
    for header, variable in mess.cells.variables.items():
        if variable.kind == "percent" and variable.question != variable.name:
            groups.setdefault(variable.question, []).append(header)
    groups = {
        q: h for q, h in groups.items() if sum(map(_total, (mess.cells.table[x] for x in h))) > 0
    }
    adding = [q for q in groups if not q.startswith("pol_")]
    if not adding:
        return
    for row in mess.some("sum_not_100"):
        headers = mess.filled(row, groups[mess.pick(adding)])
        if len(headers) < 2:
            continue
        header = max(headers, key=lambda h: float(mess.value(row, h)))
        step = float(mess.rng.choice([-10, -5, 5, 10, 10, 35]))
        raw = max(0.0, float(mess.value(row, header)) + step)
        mess.put(row, header, "sum_not_100", f"{raw:.10g}")


def _total(column: np.ndarray) -> int:
    return int((column != "").sum())


def _percents(mess: Mess) -> None:
    """Write a percentage as a share of one, or with a nought too many."""
    single = [
        h for h in mess.fields("percent")
        if mess.cells.variables[h].question == mess.cells.variables[h].name
    ]  # fmt: skip
    for row in mess.some("percent_scale"):
        headers = [h for h in mess.filled(row, single) if float(mess.value(row, h)) >= 11]
        if headers:
            header = mess.pick(headers)
            value = float(mess.value(row, header))
            raw = f"{value / 100:.10g}" if mess.rng.random() < 0.8 else f"{value * 10:.10g}"
            mess.put(row, header, "percent_scale", raw)


def _money(mess: Mess) -> None:
    """Other currencies, a year's price for a month's, a sign in the cell."""
    for price_name, currency_name in (
        ("price_user_month", "price_currency"),
        ("price_user_month_c", "price_currency_c"),
        ("rev_usd", "rev_currency"),
    ):
        price, currency = mess.header(price_name), mess.header(currency_name)
        if not price:
            continue
        for row in mess.some("currency"):
            if len(mess.filled(row, [price, currency])) == 2:
                _one_price(mess, row, price, currency, monthly=price_name != "rev_usd")


def _one_price(mess: Mess, row: int, price: str, currency: str, *, monthly: bool) -> None:
    value = float(mess.value(row, price))
    draw = mess.rng.random()
    if draw < 0.45:
        code = mess.pick(list(RATES_TO_USD))
        option = {o.code: o for o in mess.cells.variables[currency].options}[code]
        mess.put(row, price, "other_currency", f"{np.rint(value / RATES_TO_USD[code]):.0f}")
        mess.put(row, currency, "other_currency", option.label if mess.labels else code)
    elif draw < 0.75 and monthly:
        mess.put(row, price, "annual_price", f"{value * 12:.10g}")
    else:
        mess.put(row, price, "currency_sign", mess.pick([f"${value:,.0f}", f"US$ {value:.0f}"]))


IMPOSSIBLE: dict[str, Callable[[float], str]] = {
    "emp_tech": lambda x: f"{x * 3 + 40:.0f}",
    "yr_founded": lambda _: "2031",
    "client_n_adhoc": lambda _: "-3",
    "term_months": lambda _: "9999",
    "emp": lambda _: "40000",
    "need_sites_n": lambda _: "-1",
    "sel_year": lambda _: "1875",
    "it_internal_fte": lambda _: "9999",
}


def _impossible(mess: Mess) -> None:
    headers = [h for h in map(mess.header, IMPOSSIBLE) if h]
    for row in mess.some("impossible"):
        found = mess.filled(row, headers)
        if found:
            header = mess.pick(found)
            make = IMPOSSIBLE[mess.cells.variables[header].name]
            mess.put(row, header, "impossible", make(float(mess.value(row, header))))


def _counts(mess: Mess) -> None:
    told, declined = mess.header("mfa_rec_n"), mess.header("mfa_dec_n")
    if not told:
        return
    for row in mess.some("counts_do_not_add"):
        if len(mess.filled(row, [told, declined])) == 2:
            raw = float(mess.value(row, told)) + float(mess.value(row, declined)) + 5
            mess.put(row, declined, "counts_do_not_add", f"{raw:.0f}")


def _states(mess: Mess) -> None:
    header = mess.header("state")
    if not header:
        return
    labels = mess.cells.variables[header].labels
    codes = {label: code for code, label in labels.items()}
    for row in mess.some("state"):
        if mess.filled(row, [header]):
            cell = mess.value(row, header)
            code = codes.get(cell, cell)
            mess.put(row, header, "state", garble.state(mess.rng, code, labels[code]))


def _texts(mess: Mess) -> None:
    """Formulas, personal data, gibberish and odd spacing in open answers."""
    final = mess.header("open_final")
    rows = np.flatnonzero([mess.value(r, final) != "N/A" for r in range(len(mess.cells))])
    # Only those who came to the end can have written a last remark.
    rows = rows[mess.cells.table[mess.header("device")][rows] != ""]
    for row, text in zip(
        mess.rng.choice(rows, len(FORMULAS), replace=False), FORMULAS, strict=True
    ):
        mess.put(int(row), final, "formula", text)
    for kind, texts in (("personal", PERSONAL), ("gibberish", garble.GIBBERISH)):
        for row in mess.some(kind):
            mess.put(row, final, kind, mess.pick(list(texts)))
    for header in mess.fields_of_text():
        for row in mess.some("text_spacing"):
            if mess.filled(row, [header]):
                mess.put(row, header, "spacing", garble.spacing(mess.rng, mess.value(row, header)))


def _numbers(mess: Mess) -> None:
    fields = mess.fields("number", "money", "percent")
    for row in mess.some("number_as_text"):
        found = [h for h in mess.filled(row, fields) if mess.value(row, h).isdigit()]
        if found:
            header = mess.pick(found)
            percent = mess.cells.variables[header].kind == "percent"
            raw = garble.number(mess.rng, int(mess.value(row, header)), percent=percent)
            mess.put(row, header, "number_as_text", raw)


def _leaks(mess: Mess) -> None:
    """Answer a question that should have been hidden."""
    routed = [
        h for h in mess.fields("single", "number")
        if mess.cells.variables[h].ask_if is not None
        and len(mess.cells.variables[h].ask_if.names) == 1  # type: ignore[union-attr]
    ]  # fmt: skip
    hidden = ("N/A",) if not mess.labels else ("",)
    complete = mess.cells.table[mess.header("pol_a_support")]
    for row in mess.some("skip_leak"):
        gate_open = [h for h in routed if mess.value(row, h) in hidden and _closed(mess, row, h)]
        if gate_open and complete[row] not in ("", "N/A"):
            header = mess.pick(gate_open)
            variable = mess.cells.variables[header]
            raw = mess.pick(_options(mess, variable)) if variable.options else _low(variable)
            mess.put(row, header, "skip_leak", raw)


def _low(variable: Variable) -> str:
    """Give a number just inside the range."""
    return f"{(variable.low or 0) + 1:.0f}"


def _closed(mess: Mess, row: int, header: str) -> bool:
    """Whether the question before it was answered, so that this one is hidden for sure."""
    condition = mess.cells.variables[header].ask_if
    assert condition is not None
    gate = mess.header(next(iter(condition.names)))
    return bool(gate) and mess.value(row, gate) not in ("", "N/A")


def _soft(mess: Mess) -> None:
    fields = mess.fields("number", "money", "percent")
    for row in mess.some("soft_refusal"):
        found = mess.filled(row, fields)
        if found:
            mess.put(row, mess.pick(found), "soft_refusal", mess.pick(list(garble.SOFT)))


def _labels(mess: Mess) -> None:
    """Misspell, space and misread labels."""
    fields = [
        h for h in mess.fields("single", "grid")
        if mess.cells.variables[h].name not in ("state", "attn")
    ]  # fmt: skip
    for kind, change in (
        ("label_typo", garble.typo),
        ("label_spacing", garble.spacing),
    ):
        for row in mess.some(kind):
            found = [h for h in mess.filled(row, fields) if len(mess.value(row, h)) >= 8]
            if found:
                header = mess.pick(found)
                mess.put(row, header, kind, change(mess.rng, mess.value(row, header)))
    for row in mess.some("mojibake"):
        found = [h for h in mess.filled(row, fields) if "'" in mess.value(row, h)]
        if found:
            header = mess.pick(found)
            mess.put(row, header, "mojibake", mess.value(row, header).replace("'", "â€™"))


def _dates(mess: Mess, dates: tuple[str, ...]) -> None:
    """Dates that a spreadsheet has been at, epochs, ends before starts, words."""
    start, end = dates[:2]
    for row in mess.some("date"):
        if len(mess.filled(row, (start, end))) < 2:
            continue
        draw = mess.rng.random()
        begun, ended = mess.value(row, start), mess.value(row, end)
        if draw < 0.4:
            mess.put(row, start, "date_day_first", garble.day_first(begun))
        elif draw < 0.6:
            mess.put(row, start, "date_epoch", mess.pick(list(EPOCHS)))
        elif draw < 0.85:
            mess.put(row, start, "date_reversed", ended)
            mess.put(row, end, "date_reversed", begun)
        else:
            mess.put(row, start, "date_text", mess.pick(["last March", "yesterday"]))
