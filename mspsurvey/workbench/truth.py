"""The known truth of an invented study, and how far each way of handling it is from that."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from mspsurvey.evidence.scoring import fates, score
from mspsurvey.inference.survey import Survey
from mspsurvey.instrument import load_instrument
from mspsurvey.intake.as_read import as_read
from mspsurvey.intake.mapping import map_columns
from mspsurvey.intake.privacy.coded import coded
from mspsurvey.intake.readers import read_responses
from mspsurvey.intake.take_in import take_in
from mspsurvey.keyed import Key, read_key
from mspsurvey.schema import QUALITY_FLAGS, read_table
from mspsurvey.study_file import Source
from mspsurvey.synth.mess.undo import without_errors
from mspsurvey.workbench.headlines import HEADLINES

if TYPE_CHECKING:
    from mspsurvey.workbench.open_study import Study

_CURRENCIES = ("price_currency", "price_currency_c", "rev_currency")
FIGURES, INJECTED = "truth.json", "injected.parquet"
_TIMES = {
    "StartDate": "started", "startdate": "started",
    "EndDate": "ended", "submitdate": "ended", "datestamp": "ended",
}  # fmt: skip
EFFECT = ("headline", "words", "truth", "error_free", "uncleaned", "cleaned")


@dataclass(frozen=True)
class Truth:
    """What is known of an invented study: its errors, its figures, its files without errors."""

    study: Study
    folder: Path

    @cached_property
    def figures(self) -> dict[str, Any]:
        """True figures of the population, nested by subject."""
        found = json.loads((self.folder / FIGURES).read_text(encoding="utf-8"))
        return dict(found)

    @cached_property
    def injected(self) -> pd.DataFrame:
        """Errors put in: ``source, resp_id, variable, kind``, with variables of the study."""
        log = read_table(self.folder / INJECTED)
        parts = []
        for name, source in self.study.config.sources.items():
            part = log[log["source"].eq(name)]
            variable = part["field"].map(_variables(source) | _TIMES)
            # A price in Canadian dollars, said to be so, is no error of the currency's cell.
            part = part[~variable.isin(_CURRENCIES)]
            parts.append(
                part.assign(variable=variable[part.index].fillna(""), resp_id=part["row_id"])
            )
        table = pd.concat(parts, ignore_index=True)[["source", "resp_id", "variable", "kind"]]
        return coded(table, self.key)

    @property
    def key(self) -> Key:
        """Key that the ids of the processed tables were coded with."""
        return read_key(self.study.config)

    @cached_property
    def error_free(self) -> dict[str, pd.DataFrame]:
        """Responses tables that the same method makes of files without errors."""
        log = read_table(self.folder / INJECTED)
        with tempfile.TemporaryDirectory() as folder:
            sources = {}
            for name, source in self.study.config.sources.items():
                mended = without_errors(
                    source.export.read_text(encoding="utf-8-sig"), log[log["source"].eq(name)]
                )
                path = Path(folder) / source.export.name
                path.write_text(mended, encoding="utf-8")
                sources[name] = replace(source, export=path)
            taken = take_in(replace(self.study.config, sources=sources))
        return {name: coded(table, self.key) for name, table in taken.responses.items()}

    def scores(self) -> pd.DataFrame:
        """Precision and recall of each kind of error; see ``evidence.scoring.score``."""
        config, processed = self.study.config, self.study.processed
        clean = {name: read_table(processed.responses(name)) for name in config.sources}
        found = [
            fates(part, clean[name], self.error_free[name])
            for name, part in ((n, self.injected[self.injected["source"].eq(n)]) for n in clean)
        ]
        judged = [(name, r) for name, frame in clean.items() for r in frame["resp_id"]]
        return score(self.injected, marks=self._marks(), fates=pd.concat(found), judged=judged)

    def _marks(self) -> pd.DataFrame:
        """All that the rules marked: changes, queries, flags, rows set aside."""
        columns = ["source", "resp_id", "variable", "rule"]
        names = ("changes", "queries", "quarantine", "duplicates", "quality")
        logs = {n: self.study.log(n) for n in names}
        rows = [logs[n].assign(variable="") for n in ("quarantine", "duplicates")]
        quality = logs["quality"]
        rows += [quality[quality[flag]].assign(variable="", rule=flag) for flag in QUALITY_FLAGS]
        parts = [logs["changes"], logs["queries"], *rows]
        return pd.concat([p[columns] for p in parts], ignore_index=True)

    @cached_property
    def effect(self) -> pd.DataFrame:
        """Each headline by four ways of handling the same answers.

        The truth of the population (where it is known), the answers without errors, the
        exports as read, and the published ones. All use the published weights, so that what
        differs is the answers: a row without a weight has the mean of its stratum.

        Returns
        -------
        DataFrame
            Columns ``EFFECT``; shares.
        """
        ways = {"error_free": self.error_free.__getitem__, "uncleaned": self._uncleaned}
        surveys: dict[tuple[str, str], Survey] = {}
        for source in {h.source for h in HEADLINES}:
            surveys["cleaned", source] = self.study.survey(source)
            for way, tables in ways.items():
                surveys[way, source] = self._survey(source, tables(source))
        rows = []
        for headline in HEADLINES:
            row: dict[str, object] = {"headline": headline.id, "words": headline.words}
            row["truth"] = _at(self.figures, headline.truth)
            for way in ("error_free", "uncleaned", "cleaned"):
                est = headline.estimate(surveys[way, headline.source])
                # Only the published ones are numbers of this study, and go into its ledger.
                shown = est.frame if way == "cleaned" else est.data
                row[way] = float(shown["estimate"].iloc[0])
            rows.append(row)
        return pd.DataFrame(rows, columns=list(EFFECT))

    def _uncleaned(self, source: str) -> pd.DataFrame:
        return coded(as_read(self.study.source(source)), self.key)

    def _survey(self, name: str, responses: pd.DataFrame) -> Survey:
        """Make a survey of other answers to the same questions, with the published weights."""
        classes = self.study.definitions.classify(responses, name)
        table = responses.merge(classes, on="resp_id", validate="one_to_one")
        table = table.assign(w=_weights(table["sample_id"], self.study, name))
        return Survey(
            table, weights="w", instrument=self.study.instrument(name),
            sample_type=self.study.source(name).sample_type, synthetic=True,
        )  # fmt: skip


def _variables(source: Source) -> dict[str, str]:
    """Variable of each header of an export."""
    instrument = load_instrument(source.instrument)
    export = read_responses(source.export, source.platform, codebook=source.codebook,
                            time_zone=source.time_zone)  # fmt: skip
    columns = map_columns(export, instrument).columns
    headers = export.columns.set_index("name")["header"].to_dict()
    return {str(headers[column]): variable for variable, column in columns.items()}


def _weights(sample_id: pd.Series, study: Study, source: str) -> pd.Series:
    """Published weight of each sampled unit; of one that has none, the mean of its stratum."""
    published = study.table(source)[["sample_id", "stratum", "w"]]
    sample = pd.read_csv(str(study.source(source).sample), dtype="str")
    drawn = coded(sample, read_key(study.config))
    known = published.set_index("sample_id")["w"]
    mean = published.astype({"stratum": "str"}).groupby("stratum")["w"].mean()
    stratum = sample_id.map(drawn.set_index("sample_id")["stratum"])
    return sample_id.map(known).fillna(stratum.map(mean)).fillna(published["w"].mean())


def _at(figures: Mapping[str, Any], keys: tuple[str, ...]) -> float:
    found: Any = figures if keys else float("nan")
    for key in keys:
        found = found[key]
    return float(found)
