"""The contract of the tables that pass between the rooms.

Intake, inference and evidence do not import one another: they meet in parquet files under
``data/processed``, and this module says what stands in each; ``contract`` makes schemas of it
that a table is held against.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from mspsurvey.errors import DataError, NotBuiltError
from mspsurvey.files import UNFINISHED, whole
from mspsurvey.instrument import Instrument, Variable
from mspsurvey.study_file import EXCLUSIONS, StudyConfig

if TYPE_CHECKING:
    import pandas as pd

RESPONSE_PARADATA: dict[str, str] = {
    "resp_id": "str",          # of the platform, unique
    "sample_id": "str",        # of the sampled unit; missing where no sample was drawn
    "row": "int64",            # record of the raw file, counted from 1
    "started": "datetime64[us, UTC]",
    "ended": "datetime64[us, UTC]",
    "duration_s": "float64",
    "status": "category",      # complete | partial
    "flags": "str",            # quality flags, separated by blanks: "C1 C3"
}  # fmt: skip
"""Columns of a responses table beside the instrument's variables, with their dtypes."""

CHANGES = ("source", "row", "resp_id", "variable", "old", "new", "rule", "reason")
SPELLINGS = ("source", "variable", "row", "code", "missing", "text")
RULES = (
    "source", "rule", "severity", "message", "cells_changed", "queries", "rows_set_aside",
)  # fmt: skip
QUARANTINE = ("source", "row", "resp_id", "rule", "reason")
DUPLICATES = ("source", "row", "resp_id", "kept_resp_id", "rule", "reason")
COUNTS = ("source", "rows_in", "kept", "quarantined", "duplicates")
LINKS = (
    "source", "resp_id", "msp_sample_id", "msp_resp_id", "score", "gap", "rule", "decision",
)  # fmt: skip
"""Columns of the links from clients to MSPs; a link is made where an MSP is given."""
LINK_RATES = (
    "source", "responses", "agreed", "named", "linked", "doubtful", "match_rate", "known", "wrong",
    "error_rate",
)  # fmt: skip
"""Columns of the rates of linking: ``match_rate`` is linked ÷ named, ``error_rate`` wrong ÷
known, where the sample says who the provider is."""

QUALITY_NUMBERS = (
    "seconds_per_question", "pace", "fast_pages", "straight_grids", "contradictions", "irv",
    "longest_run", "attention_missed", "text_surprise", "burst", "outlier_p", "platform_signs",
    "nearest_match",
)  # fmt: skip
"""Numbers behind the quality flags, one column each in the quality table."""
QUALITY_FLAGS: dict[str, str] = {
    "C1": "answered too fast",
    "C2": "one answer in grid after grid",
    "C3": "missed an attention check",
    "C4": "an open answer that is no language",
    "C5": "five or more from one place in ten minutes",
    "C6": "one answer through much of the questionnaire",
    "C7": "a pattern of answers far from all others",
    "C8": "the platform suspects a robot or a repeat",
    "C9": "nearly the answers of another response",
}
"""Quality flags and what each says of a response."""
QUALITY = ("source", "resp_id", *QUALITY_NUMBERS, *QUALITY_FLAGS, "excluded")

FINDINGS = ("source", "resp_id", "rule", "severity", "columns", "values")
VALIDATION = {
    "V1": ("E", "an answer that is no option of the question",
           "Add the option to the questionnaire, or its words to the mapping."),
    "V2": ("E", "a number outside the range of the question",
           "Look at the response; correct it in the file of corrections, or widen the range."),
    "V3": ("Q", "a required question left blank, though it was asked",
           "Nothing where the respondent broke off; else see that the form requires it."),
    "V4": ("E", "an answer to a question that was not asked",
           "Compare the routing of the form with that of the questionnaire."),
    "V5": ("E", "parts that do not add up to their total",
           "Look at the response; let the form add up before it goes on."),
    "V6": ("E", "a response id that stands twice",
           "Export once more; two exports may have been put together."),
    "V7": ("Q", "a part that is more than its whole",
           "Look at the response; correct it in the file of corrections, or leave it."),
}  # fmt: skip
"""Rules of validation: severity (E error, Q query), what is wrong, what to do about it."""

QUERIES = ("source", "resp_id", "variable", "value", "rule", "message")
"""Columns of the table of queries: values that are kept and that a person should look at."""
PROBLEMS = ("source", "problem")
LOGS: dict[str, tuple[str, ...]] = {
    "changes": CHANGES, "quarantine": QUARANTINE, "duplicates": DUPLICATES, "counts": COUNTS,
    "queries": QUERIES, "problems": PROBLEMS, "quality": QUALITY, "findings": FINDINGS,
    "spellings": SPELLINGS, "rules": RULES,
}  # fmt: skip
"""Tables over all sources that intake writes beside the answers, and their columns."""

WEIGHT_COLUMNS = ("resp_id", "stratum", "stratum_size", "w_base", "w_nonresponse", "w_rake", "w")
"""Columns of a weights table; ``w`` is the final weight, ``stratum_size`` the fpc."""


class Processed:
    """Where each processed table lies.

    ``responses/`` is written by intake, ``classes/`` by evidence, ``weights/`` by inference;
    ``<source>.parquet`` joins the three and is what an analyst opens.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def responses(self, source: str) -> Path:
        """Answers, one row a response, codes as categories."""
        return self.folder / "responses" / f"{source}.parquet"

    def missing(self, source: str) -> Path:
        """Reason for each answer that is missing; same shape as the answers."""
        return self.folder / "responses" / f"{source}_missing.parquet"

    def log(self, name: str) -> Path:
        """``changes``, ``quarantine``, ``rules``, … (``LOGS``), over all sources."""
        return self.folder / "responses" / f"{name}.parquet"

    def links(self, name: str) -> Path:
        """``links`` from clients to MSPs, or their ``rates``: apart, and in no public file."""
        return self.folder / "links" / f"{name}.parquet"

    def classes(self, source: str) -> Path:
        """Derived variables: segments, scores, levels, classes."""
        return self.folder / "classes" / f"{source}.parquet"

    def weights(self, source: str) -> Path:
        """Design variables and weights, each step a column."""
        return self.folder / "weights" / f"{source}.parquet"

    def weighting(self, source: str) -> Path:
        """Record of the steps of weighting, with diagnostics."""
        return self.folder / "weights" / f"{source}_steps.parquet"

    def joined(self, source: str) -> Path:
        """Answers, classes and weights in one table."""
        return self.folder / f"{source}.parquet"


def outputs(config: StudyConfig) -> list[Path]:
    """Every file that a study hands on, in the order of their names."""
    folders = (config.processed, config.reports)
    made = (p for folder in folders for p in folder.rglob("*") if p.is_file())
    return sorted(p for p in made if p.suffix != UNFINISHED)


def read_table(path: Path) -> pd.DataFrame:
    """Read one processed table; say how to make it where it is not there."""
    import pandas as pd  # slow to import, and not needed for --help

    if not path.is_file():
        raise NotBuiltError(
            f"The table {path.name} was wanted.",
            f"{path} is not there.",
            "Run `make report` (or `mspsurvey build`) first.",
        )
    return pd.read_parquet(path)


def write_table(frame: pd.DataFrame, path: Path) -> None:
    """Write one processed table whole or not at all, with the same bytes for the same rows."""
    with whole(path) as unfinished:
        frame.to_parquet(unfinished, index=False)


def stored_variables(instrument: Instrument) -> list[Variable]:
    """Variables that may stand in processed data: neither personal nor free text."""
    hidden = ("personal", "free_text", "identifier")
    return [v for v in instrument if v.role not in hidden]


def excluded(flags: pd.Series, rules: Iterable[str]) -> pd.Series:
    """Say which responses some rules of exclusion leave out.

    Parameters
    ----------
    flags : Series of str
        ``"C1 C3"``, as in a responses table.
    rules : iterable of str
        Keys of ``study_file.EXCLUSIONS``; one that holds is enough.

    Returns
    -------
    Series of bool
        Indexed as ``flags``.
    """
    import pandas as pd  # slow to import, and not needed for --help

    held = pd.DataFrame({name: flags.str.contains(name, regex=False) for name in QUALITY_FLAGS})
    out = pd.Series(False, index=flags.index)
    for rule in rules:
        names, least = EXCLUSIONS[rule]
        out |= held[list(names)].sum(axis=1).ge(least)
    return out


def require_columns(frame: pd.DataFrame, names: list[str], *, table: str) -> None:
    """Raise where a table lacks a column that the next step relies on."""
    absent = [n for n in names if n not in frame.columns]
    if absent:
        raise DataError(
            f"The table {table} should have the columns {', '.join(names)}.",
            f"It lacks {', '.join(absent)}.",
            "Build again from the raw files with `mspsurvey build`.",
        )
