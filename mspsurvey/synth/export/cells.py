"""Answered forms as the cells of a file: labels for Qualtrics, codes for LimeSurvey.

Also what a platform records beside the answers: times, addresses, ids. Addresses come from
the three ranges that are set aside for documentation (RFC 5737); they belong to nobody.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mspsurvey.instrument import Instrument, Variable
from mspsurvey.instrument.target import Target
from mspsurvey.synth.answers.fill import Filled

NETWORKS = ("192.0.2", "198.51.100", "203.0.113")
ID_LETTERS = np.array(list("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"))


@dataclass
class Cells:
    """A table of texts in the making; the only thing in this room that changes in place.

    Attributes
    ----------
    table : dict of str to ndarray of str objects
        Columns by header, in the order of the file.
    variables : dict of str to Variable
        The question behind a header, for the headers that have one.
    id_column : str
        Header that names a response.
    """

    table: dict[str, np.ndarray]
    variables: dict[str, Variable]
    id_column: str

    def __len__(self) -> int:
        """Rows of the table."""
        return len(self.table[self.id_column])

    def append(self, rows: dict[str, np.ndarray]) -> None:
        """Add rows at the end; the same columns are wanted."""
        for name in self.table:
            self.table[name] = np.concatenate([self.table[name], rows[name]])

    def take(self, rows: np.ndarray) -> dict[str, np.ndarray]:
        """Copy rows."""
        return {name: column[rows].copy() for name, column in self.table.items()}


def number_text(values: np.ndarray) -> np.ndarray:
    """Write numbers as people type them: no trailing zeros, blank where there is none."""
    texts = ["" if x != x else f"{x:.10g}" for x in values.astype(float).tolist()]
    return np.array(texts, dtype=object)


def label_cells(filled: Filled, instrument: Instrument) -> dict[str, np.ndarray]:
    """Write answers as labels; a tick is the words of the choice, or blank."""
    table: dict[str, np.ndarray] = {}
    for name, column in filled.answers.items():
        variable = instrument[name]
        if variable.kind == "tick":
            words = tick_label(variable, instrument)
            table[name] = _mapped(column, {"yes": words, "no": ""})
        elif variable.categorical:
            table[name] = _mapped(column, variable.labels)
        else:
            table[name] = _plain(column, variable)
    return table


def tick_label(variable: Variable, instrument: Instrument) -> str:
    """Words of the choice that a tick stands for: what follows the stem in its wording."""
    stem = instrument.questions[variable.question].text
    return variable.text.removeprefix(stem).strip()


def code_cells(
    filled: Filled, instrument: Instrument, names: Target | None = None
) -> tuple[dict[str, np.ndarray], dict[str, Variable]]:
    """Write answers as codes under LimeSurvey's headers.

    With ``names``, names and codes are those of the form that we write for LimeSurvey;
    without, they are ours, as where somebody set up the survey by hand.

    ``N/A`` stands where routing hid a question that was reached, nothing where it was
    left open or not reached; a tick is ``Y`` or blank.
    """
    table: dict[str, np.ndarray] = {}
    variables: dict[str, Variable] = {}
    for name, column in filled.answers.items():
        variable = instrument[name]
        if variable.kind == "tick":
            cells = _mapped(column, {"yes": "Y", "no": ""})
        elif variable.categorical:
            codes = names.cells(name) if names else {code: code for code in variable.labels}
            cells = _mapped(column, codes)
        else:
            cells = _plain(column, variable)
        hidden = filled.reached[name] & ~filled.shown[name]
        cells[hidden] = "N/A"
        header = names.columns[name] if names else limesurvey_header(variable, instrument)
        table[header], variables[header] = cells, variable
    return table, variables


def limesurvey_header(variable: Variable, instrument: Instrument) -> str:
    """Heading of a column: ``name``, ``question[row]``, ``question[code]``, ``name[other]``."""
    question = instrument.questions[variable.question]
    if variable.name == question.other:
        # The bracket [other] is taken where the list has a choice of that code.
        taken = f"{question.name}_other" in instrument
        return f"{question.name}[{'oth' if taken else 'other'}]"
    if variable.kind == "tick":
        return f"{question.name}[{variable.name.removeprefix(question.name + '_')}]"
    if variable.name != question.name:
        return f"{question.name}[{variable.name}]"
    return variable.name


def _mapped(column: np.ndarray, words: dict[str, str]) -> np.ndarray:
    return np.array([words.get(x, "") for x in column.tolist()], dtype=object)


def _plain(column: np.ndarray, variable: Variable) -> np.ndarray:
    if variable.kind in ("number", "money", "percent"):
        return number_text(column)
    return np.array([x if isinstance(x, str) else "" for x in column], dtype=object)


def addresses(rng: np.random.Generator, n: int) -> np.ndarray:
    """Addresses that belong to nobody."""
    networks, hosts = rng.integers(0, 3, n), rng.integers(1, 255, n)
    texts = [f"{NETWORKS[a]}.{b}" for a, b in zip(networks, hosts, strict=True)]
    return np.array(texts, dtype=object)


def response_ids(rng: np.random.Generator, n: int) -> np.ndarray:
    """Names of responses as Qualtrics makes them: R_ and fifteen letters or digits."""
    letters = ID_LETTERS[rng.integers(0, len(ID_LETTERS), (n, 15))]
    return np.array(["R_" + "".join(row) for row in letters], dtype=object)


def stamps(moments: np.ndarray) -> np.ndarray:
    """Write times without a zone, as the platforms do."""
    texts = [str(t).replace("T", " ") for t in moments.astype("datetime64[s]")]
    return np.array(texts, dtype=object)


def field_times(
    rng: np.random.Generator, day: np.ndarray, first_day: str, seconds: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Start and end of each response, on a day counted from the first, between 8 and 20."""
    clock = rng.integers(8 * 3600, 20 * 3600, len(day))
    offset = (day * 86_400 + clock).astype("timedelta64[s]")
    start = np.datetime64(f"{first_day}T00:00:00") + offset
    return start, start + seconds.astype("timedelta64[s]")


def durations(rng: np.random.Generator, share: np.ndarray, *, median_s: float) -> np.ndarray:
    """Seconds spent: lognormal around the median for the whole form, less for a part."""
    noise = np.exp(0.35 * rng.standard_normal(len(share)))
    seconds: np.ndarray = np.maximum(np.rint(median_s * share * noise), 12).astype(int)
    return seconds
