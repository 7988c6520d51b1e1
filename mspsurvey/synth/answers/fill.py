"""Turn drawn units into answered questionnaires, question by question, as the form would.

Answers that the model knows come in by name; every other question gets one from a small
generic generator, by kind:

* one choice, grid row: options weighted 1/(position + 1); where ordered, a normal score
  plus the respondent's ``lean`` is cut into equal parts; reasons for no answer get 3% each;
* several choices: each ticked with .3, an option called "none" when nothing else is;
* number, money: lognormal above the lower bound, within the range, whole;
* percent: a beta draw in steps of five; rows that must add up share 100 out in such steps;
* text: empty, but for a remark now and then.

Routing, item nonresponse and the point where a respondent stopped are applied on the way,
so that a question left out hides those that depend on it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from mspsurvey.errors import DefinitionError
from mspsurvey.instrument import Instrument, Question, Variable
from mspsurvey.instrument.model import OTHER_CODES, RECORDED
from mspsurvey.synth.model import choose

REASON_RATE = 0.03
TICK_RATE = 0.30
REMARK_RATE = 0.10
NONE_CODES = ("none", "dk", "pns", "na", "none_of_these")
OTHER_WORDS = ("Something not on the list", "A local group", "It depends", "A mix of these")
SECTOR_WORDS = (
    "dentist", "CPA", "church", "city hall", "law firm", "Dental office", "accountant",
    "animal clinic", "farm supply", "property manager", "engineering", "day care",
)  # fmt: skip
"""What people write who do not find their sector, although it is often on the list."""
REMARKS = (
    "Nothing to add.",
    "Good survey, but a little long.",
    "Most of our work goes through word of mouth.",
    "Please share the results with everyone who took part.",
    "Rules should fit the size of the company.",
    "Cost is the first thing that everyone asks about.",
    "We changed a lot last year and are still catching up.",
    "Insurance forms now ask more than any law does.",
)


@dataclass(frozen=True)
class Plan:
    """What is known of the respondents before the form is filled in.

    Attributes
    ----------
    known : mapping of str to array
        Answers by variable: codes, numbers, texts; None or NaN where there is none.
    skipped : mapping of str to array or float
        Chance, by variable, that a question shown is left without an answer.
    lean : ndarray
        Score of each respondent that moves generic ordered answers.
    stop : ndarray of int
        Position of the first variable that was not reached; the number of variables for
        those who came to the end.
    """

    known: Mapping[str, np.ndarray]
    skipped: Mapping[str, np.ndarray | float]
    lean: np.ndarray
    stop: np.ndarray
    default_skip: float = 0.01


@dataclass(frozen=True)
class Filled:
    """Answered forms.

    Attributes
    ----------
    answers : dict of str to ndarray
        Answers by variable: codes and texts as objects, numbers as floats; None or NaN
        where there is no answer.
    shown : dict of str to ndarray of bool
        Whether the form put the question.
    reached : dict of str to ndarray of bool
        Whether the respondent came that far.
    """

    answers: dict[str, np.ndarray]
    shown: dict[str, np.ndarray]
    reached: dict[str, np.ndarray]

    @property
    def share_reached(self) -> np.ndarray:
        """Share of the variables that each respondent reached."""
        share: np.ndarray = np.mean(list(self.reached.values()), axis=0)
        return share


def fill(rng: np.random.Generator, instrument: Instrument, plan: Plan) -> Filled:
    """Fill in the form for all respondents of a plan.

    Raises
    ------
    DefinitionError
        Where the model gives a code that the instrument does not have.
    """
    n = len(plan.lean)
    shown: dict[str, np.ndarray] = {}
    columns: dict[str, np.ndarray] = {}
    position = {v.name: k for k, v in enumerate(instrument)}
    for question in asked_questions(instrument):
        answers = _answer(rng, instrument, question, plan)
        for name in question.variables:
            variable = instrument[name]
            asked = np.ones(n, dtype=bool)
            if variable.ask_if is not None:
                frame = pd.DataFrame({k: columns[k] for k in variable.ask_if.names})
                asked = variable.ask_if.holds(frame).to_numpy()
            reached = reaches(variable, position[name], plan)
            shown[name] = asked & reached
            columns[name] = _keep(variable, answers[name], shown[name])
        _leave_out(rng, instrument, question, columns, plan)
    order = [v.name for v in instrument if v.name in columns]
    return Filled(
        {name: columns[name] for name in order},
        {name: shown[name] for name in order},
        {name: reaches(instrument[name], position[name], plan) for name in order},
    )


def asked_questions(instrument: Instrument) -> list[Question]:
    """Questions of the form: all but those that are filled from the sample."""
    return [
        q for q in instrument.questions.values() if instrument[q.variables[0]].role != "design"
    ]


def reaches(variable: Variable, position: int, plan: Plan) -> np.ndarray:
    """Who came as far as a variable; what the platform records, it records of everybody."""
    if variable.block == RECORDED:
        return np.ones(len(plan.lean), dtype=bool)
    before: np.ndarray = position < plan.stop
    return before


def _keep(variable: Variable, answers: np.ndarray, shown: np.ndarray) -> np.ndarray:
    """Blank what was not shown; check codes against the options."""
    if variable.categorical:
        _check_codes(variable, answers)
    kept = answers.copy()
    kept[~shown] = np.nan if kept.dtype == float else None
    return kept


def _check_codes(variable: Variable, answers: np.ndarray) -> None:
    unknown = {a for a in pd.unique(answers) if a is not None and a == a} - set(variable.labels)
    if unknown:
        raise DefinitionError(
            f"The synthetic answers to '{variable.name}' should be codes of its options.",
            f"{sorted(map(str, unknown))} are none of {list(variable.labels)}.",
            "Make the model in mspsurvey/synth and the instrument agree.",
        )


def _leave_out(
    rng: np.random.Generator,
    instrument: Instrument,
    question: Question,
    columns: dict[str, np.ndarray],
    plan: Plan,
) -> None:
    """Blank the answers of those who went past the question; ticks and sums as a whole."""
    together = question.kind == "multi" or question.sum_to is not None
    n = len(plan.lean)
    whole = rng.random(n)
    for name in question.variables:
        if instrument[name].required or instrument[name].block == RECORDED:
            continue
        rate = plan.skipped.get(name, plan.skipped.get(question.name, plan.default_skip))
        out = (whole if together else rng.random(n)) < rate
        columns[name][out] = np.nan if columns[name].dtype == float else None


def _answer(
    rng: np.random.Generator, instrument: Instrument, question: Question, plan: Plan
) -> dict[str, np.ndarray]:
    """Answers to one question, known or generic, before routing."""
    n = len(plan.lean)
    variables = [instrument[name] for name in question.variables]
    missing = [v for v in variables if v.name not in plan.known]
    result = {
        v.name: np.asarray(plan.known[v.name]).copy() for v in variables if v.name in plan.known
    }
    if question.sum_to is not None and missing:
        shares = _shares(rng, n, len(missing), question.sum_to)
        result.update({v.name: shares[:, k] for k, v in enumerate(missing)})
        return result
    ticks = [v for v in missing if v.kind == "tick"]
    if ticks:
        result.update(_ticks(rng, n, question, ticks))
    for variable in missing:
        if variable.name == question.other:
            result[variable.name] = _other_text(rng, question, result)
        elif variable.kind != "tick":
            result[variable.name] = _one(rng, variable, plan.lean)
    return result


def _other_text(
    rng: np.random.Generator, question: Question, answers: Mapping[str, np.ndarray]
) -> np.ndarray:
    """Fill in the box beside "other" for most of those who chose it."""
    chosen = np.zeros(len(next(iter(answers.values()))), dtype=bool)
    for code in OTHER_CODES:
        chosen |= answers.get(question.name, chosen) == code
        chosen |= answers.get(f"{question.name}_{code}", chosen) == "yes"
    words = SECTOR_WORDS if "sector" in question.name else OTHER_WORDS
    texts = np.array(words, dtype=object)[rng.integers(0, len(words), len(chosen))]
    texts[~chosen | (rng.random(len(chosen)) < 0.15)] = None
    return texts


def _one(rng: np.random.Generator, variable: Variable, lean: np.ndarray) -> np.ndarray:
    """Draw a generic answer to one variable."""
    n = len(lean)
    if variable.categorical:
        return _option(rng, variable, lean)
    if variable.kind == "percent":
        return np.rint(rng.beta(2, 3, n) * 20) * 5.0
    if variable.kind in ("number", "money"):
        return _number(rng, variable, n)
    if variable.kind == "date":
        days = rng.integers(10, 360, n).astype("timedelta64[D]")
        return np.array([str(d) for d in np.datetime64("2026-09-01") - days], dtype=object)
    return remarks(rng, n)


def remarks(rng: np.random.Generator, n: int, rate: float = REMARK_RATE) -> np.ndarray:
    """Give a remark to a few, nothing to the others."""
    texts = np.array(REMARKS, dtype=object)[rng.integers(0, len(REMARKS), n)]
    texts[rng.random(n) >= rate] = None
    return texts


def _option(rng: np.random.Generator, variable: Variable, lean: np.ndarray) -> np.ndarray:
    codes = np.array([o.code for o in variable.options], dtype=object)
    is_reason = np.array([o.missing is not None for o in variable.options])
    answers = np.flatnonzero(~is_reason)
    n, k = len(lean), len(answers)
    if variable.ordered:
        score = 0.4 * lean + rng.standard_normal(n)
        cuts = np.linspace(-1.5, 1.5, k + 1)[1:-1]
        chosen = answers[np.searchsorted(cuts, score)]
    else:
        weight = 1.0 / np.arange(2, k + 2)
        chosen = answers[choose(rng, np.broadcast_to(weight / weight.sum(), (n, k)))]
    for reason in np.flatnonzero(is_reason):
        chosen = np.where(rng.random(n) < REASON_RATE, reason, chosen)
    result: np.ndarray = codes[chosen]
    return result


def _number(rng: np.random.Generator, variable: Variable, n: int) -> np.ndarray:
    low = 0.0 if variable.low is None else variable.low
    high = np.inf if variable.high is None else variable.high
    middle = 20_000.0 if variable.kind == "money" else 4.0
    middle = min(middle, (high - low) / 4)
    return np.clip(np.rint(low + middle * np.exp(0.7 * rng.standard_normal(n))), low, high)


def _shares(rng: np.random.Generator, n: int, k: int, total: float) -> np.ndarray:
    """Share ``total`` out over ``k`` rows in steps of a twentieth; shape (n, k)."""
    parts = rng.dirichlet(np.full(k, 1.2), n)
    return whole_shares(parts, total)


def whole_shares(parts: np.ndarray, total: float = 100.0) -> np.ndarray:
    """Round shares to twentieths of ``total`` so that each row adds up to it."""
    steps = np.rint(parts / parts.sum(axis=1, keepdims=True) * 20)
    largest = steps.argmax(axis=1)
    steps[np.arange(len(steps)), largest] += 20 - steps.sum(axis=1)
    rounded: np.ndarray = np.maximum(steps, 0) * total / 20
    return rounded


def _ticks(
    rng: np.random.Generator, n: int, question: Question, ticks: list[Variable]
) -> dict[str, np.ndarray]:
    """Tick each choice with the same chance; nothing but the exclusive one otherwise."""
    codes = [v.name.removeprefix(f"{question.name}_") for v in ticks]
    exclusive = [code in NONE_CODES for code in codes]
    chosen = rng.random((n, len(ticks))) < TICK_RATE
    chosen[:, exclusive] = False
    if any(exclusive):
        chosen[:, exclusive.index(True)] = ~chosen.any(axis=1)
    words = np.where(chosen, "yes", "no").astype(object)
    return {v.name: words[:, k] for k, v in enumerate(ticks)}
