"""Findings and charts of one report, collected while its notebook runs."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from mspsurvey.errors import DefinitionError, PublicationError, did_you_mean
from mspsurvey.evidence import phrase
from mspsurvey.evidence.finding import (
    Finding,
    Key,
    from_estimates,
    with_comparison,
    write_findings,
)
from mspsurvey.evidence.strength import Grounds
from mspsurvey.evidence.verdict import both_sides
from mspsurvey.files import write_whole
from mspsurvey.inference.banner.banner import Banner
from mspsurvey.inference.disclosure.ledger import Entry, entries, write_ledger
from mspsurvey.inference.result.estimate import Code, Estimates
from mspsurvey.inference.result.exits import dismiss, witness
from mspsurvey.publish import chart as charts
from mspsurvey.publish.chart.overall import with_overall
from mspsurvey.publish.report.stage import FINDINGS, LEDGER, RECORD
from mspsurvey.workbench.derived import derived
from mspsurvey.workbench.drawing import draw, headline_fields
from mspsurvey.workbench.tables import show_table, table_csv
from mspsurvey.workbench.words import Contrast, cell, difference_words, said, show

if TYPE_CHECKING:
    from mspsurvey.workbench.open_study import Study

STAGE = "MSPSURVEY_STAGE"
"""Variable of the environment that names the folder a build wants findings and charts in."""


class Report:
    """Findings and charts of one report, collected while its notebook runs."""

    def __init__(self, of: Study, name: str) -> None:
        self.study, self.name = of, name
        self.findings: dict[str, Finding] = {}
        self.charts: list[charts.Chart] = []
        self.headlines: list[str] = []
        self._sources: dict[str, str] = {}
        self._tables: dict[str, str] = {}
        self._ledger: list[Entry] = []
        if os.environ.get(STAGE):
            witness(self._enter)

    def _enter(self, shown: Estimates | Banner) -> None:
        """Put numbers that are shown, in whatever way, into the ledger of this report."""
        est = shown.source if isinstance(shown, Banner) else shown
        source = self.study.source_of(est.population)
        self._ledger += entries(shown, report=self.name, source=source)

    def find(
        self,
        est: Estimates,
        *,
        question: str,
        source: str,
        hypothesis: str = "",
        grounds: Mapping[str, Any] | None = None,
        **options: Any,
    ) -> dict[Key, Finding]:
        """Make a finding of each estimate, and keep it for ``findings.json``.

        Parameters
        ----------
        est : Estimates
            What was estimated.
        question : str
            Key of the policy question, "q1"; a second set for one question needs a second
            key, "q1.by_size".
        source : str
            ``msps``, ``clients`` or ``pairs``.
        hypothesis : str, optional
            Claim that the finding bears on, "H12".
        grounds : mapping, optional
            What is known of the strength beyond sample and precision; see ``Grounds``.
        **options
            As in ``evidence.finding.from_estimates``: caveats, curves, benchmark, …

        Returns
        -------
        dict
            By the codes of level and groups: ``found["3"]``, ``found["yes", "1-4"]``.
        """
        about = self.study.source(source)
        known = Grounds(
            sample_type=about.sample_type,
            weighted=source in self.study.config.weights,
            self_report=self.study.self_reported(source, est.items),
            response_rate=self.study.response_rate(source),
            **(grounds or {}),
        )
        found = from_estimates(
            est,
            report=self.name,
            question_id=question,
            source=f"Survey of {about.unit}, {self.study.config.title}",
            field_start=about.field_start,
            field_end=about.field_end,
            data_hash=self.study.data_hash,
            code_ref=self._code_ref(),
            definition=self.study.definitions.version,
            hypothesis=self._hypothesis(hypothesis),
            grounds=known,
            **options,
        )
        for finding in found.values():
            self.findings[finding.finding_id] = finding
            self._sources[finding.finding_id] = source
        return found

    def find_one(self, est: Estimates, **options: Any) -> Finding:
        """Make the finding of the only row of some estimates; see ``find``."""
        if len(est) != 1:
            raise PublicationError(
                "Estimates of one row were wanted.", f"There are {len(est)}.",
                "Name the level, or use report.find(…).",
            )  # fmt: skip
        return next(iter(self.find(est, **options).values()))

    def derive(self, finding: Finding, *, part: str, estimate: float, estimand: str) -> Finding:
        """Make a finding that is computed from others and has no interval of its own.

        Parameters
        ----------
        finding : Finding
            The one it belongs to; population, dates and source are taken from it.
        part : str
            Added to that finding's id.
        estimate : float
            Share, as a fraction.
        estimand : str
            What it is, in words.
        """
        made = derived(
            finding, part=part, estimate=estimate, estimand=estimand, code_ref=self._code_ref()
        )
        self.findings[made.finding_id] = made
        self._sources[made.finding_id] = self._sources[finding.finding_id]
        return made

    def contrast(
        self,
        finding: Finding,
        est: Estimates,
        a: Code,
        b: Code,
        *,
        out_of: int,
        words: tuple[str, str] = ("more likely", "less likely"),
    ) -> Contrast:
        """Say how two groups differ, by the rule for wording, and keep it with a finding.

        Parameters
        ----------
        finding : Finding
            That of group a.
        est : Estimates
            Holds one row for a and one for b.
        a, b : code or mapping
            As in ``Estimates.compare``.
        out_of : int
            How many comparisons of this kind were looked at.
        words : (str, str)
            For more and for less.

        Returns
        -------
        Contrast
            "more likely, by 24 points (17 to 31)", for ``say`` and for notes of charts.
        """
        difference = est.compare(a, b)
        if len(difference) != 1:
            raise PublicationError(
                "A difference of two rows was wanted.", f"There are {len(difference)}.",
                "Narrow the estimates with .pick(…) first.",
            )  # fmt: skip
        row = next(difference.rows())
        if pd.isna(row["estimate"]):
            return Contrast(phrase.SUPPRESSED)
        share = difference.of == "share"
        kept = with_comparison(
            finding,
            comparison=f"{a} vs {b}",
            diff=row["estimate"],
            diff_lo=row["low"],
            diff_hi=row["high"],
            n_comparisons=out_of,
        )
        self.findings[finding.finding_id] = kept
        return difference_words(row, words=words, share=share)

    def say(self, text: str, **findings: Finding | str) -> None:
        """Show a paragraph of Markdown whose numbers are findings.

        Parameters
        ----------
        text : str
            With tokens: ``{top}`` 44%, ``{top:about}`` about 4 in 10, ``{top:ci}``.
        **findings
            Finding, or a word that is no number, for each token.
        """
        show(said(text, findings))

    def headline(self, text: str, finding: Finding, **findings: Finding | str) -> None:
        """Say a paragraph, and put it on the first page of the site as a key finding.

        Parameters
        ----------
        text : str
            As in ``say``; ``{it}`` is the finding.
        finding : Finding
            Gives strength and direction beside the sentence.
        """
        told = said(text, {"it": finding, **findings})
        self.findings[finding.finding_id] = replace(
            self.findings[finding.finding_id], sentence=told.replace("*", "")
        )
        self.headlines.append(finding.finding_id)
        show(told)

    def claim(self, finding: Finding) -> None:
        """Show what was to speak for a finding's claim and against it, and what it does.

        Parameters
        ----------
        finding : Finding
            Made with ``hypothesis=``.
        """
        known = self._hypothesis(finding.hypothesis)
        if known is None:
            raise PublicationError(
                "A finding that bears on a claim was wanted.", f"{finding.finding_id} does not.",
                "Make it with report.find(…, hypothesis=…).",
            )  # fmt: skip
        show(phrase.check_words(both_sides(finding, known)))

    def ends(self, est: Estimates) -> tuple[str, str]:
        """Codes of the first and the last group whose numbers may be shown.

        Parameters
        ----------
        est : Estimates
            One row a group of its last grouping variable.
        """
        shown = est.frame.dropna(subset="estimate")[est.by[-1]]
        if len(shown) < 2:
            raise PublicationError(
                "Two groups whose numbers may be shown were wanted.", f"There are {len(shown)}.",
                "Group by something coarser.",
            )  # fmt: skip
        return str(shown.iloc[0]), str(shown.iloc[-1])

    def chart(
        self,
        kind: str,
        est: Estimates,
        *,
        id: str,
        title: str,
        subtitle: str,
        finding: Finding,
        note: str,
        caveats: Sequence[str] = (),
        second: Estimates | None = None,
        overall: Estimates | None = None,
        findings: Mapping[str, Finding] | None = None,
        question_text: str = "",
        n: Finding | None = None,
        **options: Any,
    ) -> charts.Chart:
        """Draw estimates with all that a chart for legislators carries.

        Parameters
        ----------
        kind : str
            ``bars``, ``stacked``, ``paired`` (with ``second``), ``heat`` or ``dots``.
        id : str
            Name of the chart's files.
        title : str
            The finding as a sentence with its number, as tokens of ``findings``; ``{it}`` is
            the headline finding.
        subtitle : str
            Measure, population, unit.
        finding : Finding
            Headline finding: gives strength, direction, dates, definition.
        note : str
            Which differences are clear and which are not, and how many were looked at.
        caveats : sequence of str
            Three at most; those of the finding if not given.
        overall : Estimates, optional
            The same for everyone, drawn as one more row above those of the groups.
        n : Finding, optional
            Where rows are the same firms seen anew, the finding whose base stands for all.
        """
        source = self._sources[finding.finding_id]
        given = headline_fields(
            finding,
            self.study.source(source),
            claim=self._hypothesis(finding.hypothesis),
            sponsor=self.study.config.sponsor,
        ) | {
            "finding_title": title.format(it=finding, **(findings or {})),
            "stat_subtitle": subtitle,
            "comparison_note": note,
            "caveats": tuple(caveats) or finding.caveats,
            "code_ref": self._code_ref(),
        }
        if asked := question_text or self.study.wording(source, est.items):
            given["question_text"] = asked
        if n is not None:
            given |= {"n_unweighted": n.n, "n_eff": n.n_eff}
        fields = charts.draft_fields(est if overall is None else overall, **given)
        est = est if overall is None else with_overall(est, overall)
        drawn = draw(kind, est, second, fields, options)
        drawn = replace(drawn, id=self._file_name(id, self._tables)).check()
        self.charts.append(drawn)
        return drawn

    def table(self, frame: pd.DataFrame, *, id: str, title: str, note: str = "") -> None:
        """Show a table of counts and words, and in a build offer it as CSV.

        Parameters
        ----------
        frame : DataFrame of str
            Cells as they are to be read; the index holds the words of each row.
        id : str
            Of the table in this report; its file is named by it.
        title, note : str
            Caption, and what a reader must know to read it.
        """
        name = self._file_name(id, [*self._tables, *(c.id for c in self.charts)])
        self._tables[name] = table_csv(frame, [self.study.config.stamp, title, note])
        file = f"charts/{name}.csv" if os.environ.get(STAGE) else ""
        show_table(frame, title=title, note=note, file=file)

    def _file_name(self, id: str, taken: Iterable[str]) -> str:
        """Name the files of a table or chart, which begin with the report's two digits."""
        name = f"{self.name[:2]}-{id}"
        if name in taken:
            raise PublicationError(
                "Each table and chart of a report should have an id of its own.",
                f"There are two called '{id}'.",
            )
        return name

    def close(self) -> None:
        """Hand findings and charts over to the build that runs this notebook, if one does."""
        stage = os.environ.get(STAGE)
        if not stage:
            return
        folder = Path(stage)
        dismiss(self._enter)
        for drawn in self.charts:
            charts.save(drawn, folder / "charts")
        for name, text in self._tables.items():
            write_whole(folder / "charts" / f"{name}.csv", text)
        write_findings(folder / FINDINGS, self.findings.values())
        write_whole(folder / RECORD, self._record())
        write_ledger(folder / LEDGER, self._ledger)

    def _record(self) -> str:
        """What the site must know of this report beside its findings, as JSON."""
        drawn = [
            {"id": c.id, "title": c.title, "alt": c.alt, "report": self.name} for c in self.charts
        ]
        record = {"charts": drawn, "tables": list(self._tables), "headlines": self.headlines}
        return json.dumps(record, ensure_ascii=False, indent=1) + "\n"

    def _hypothesis(self, name: str) -> Any:
        known = self.study.definitions.hypotheses
        if name and name not in known:
            raise DefinitionError(
                "A hypothesis of the register was wanted.",
                f"There is none called '{name}'.",
                did_you_mean(name, known),
            )
        return known[name] if name else None

    def _code_ref(self) -> str:
        return (
            f"notebooks/{self.name}.ipynb, cell {cell()}; code {self.study.code_hash}; "
            f"data {self.study.data_hash}"
        )
