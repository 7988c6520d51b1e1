"""The last steps: search what was made for identifiers, and lay it where its readers look."""

from __future__ import annotations

from pathlib import Path

from mspsurvey.files import fingerprint, write_whole
from mspsurvey.pipeline.step import Say, Step, code
from mspsurvey.publish.handover import Handover
from mspsurvey.publish.site.manifest import MANIFEST_FILE
from mspsurvey.study_file import BUILD_FOLDER, STUDY_FILE, StudyConfig


def last_steps(config: StudyConfig, plan: list[Step], *, alone: bool) -> tuple[Step, Step]:
    """Give the two steps that follow all others.

    Parameters
    ----------
    config : StudyConfig
        The study.
    plan : list of Step
        The others.
    alone : bool
        Whether one report alone is built, so that those of earlier builds stay.
    """
    tables = _within(config.aside.processed, plan)
    handover = Handover(config, tables, alone=alone)
    return privacy_step(config, plan, handover), hand_over_step(config, plan, handover)


def privacy_step(config: StudyConfig, plan: list[Step], handover: Handover) -> Step:
    """Search what readers will have for all that identifies a respondent or a firm."""
    checked = _searched(config)

    def told() -> str:
        return f"No identifier was found in any output ({fingerprint(handover.after)}).\n"

    def run(say: Say) -> None:
        from mspsurvey.intake.privacy.leaks import check_outputs  # pandas: a second

        check_outputs(config, say, paths=handover.after)
        write_whole(checked, told())

    def current() -> bool:
        return checked.is_file() and checked.read_text(encoding="utf-8") == told()

    raw = [path for source in config.sources.values() for path in source.inputs]
    definitions = (config.root / STUDY_FILE, *config.definitions)
    read = (*raw, *definitions, *_made(config, plan), *code("intake"))
    return Step("privacy", read, (checked,), run, current=current)


def hand_over_step(config: StudyConfig, plan: list[Step], handover: Handover) -> Step:
    """Lay what was audited and searched where its readers look."""
    return Step(
        "hand over",
        (_searched(config), *_made(config, plan)),
        (config.reports / MANIFEST_FILE,),
        lambda say: say(f"{handover.do()} files"),
        current=lambda: handover.is_done,
    )


def _searched(config: StudyConfig) -> Path:
    return config.root / BUILD_FOLDER / "privacy.checked"


def _made(config: StudyConfig, plan: list[Step]) -> list[Path]:
    """Give what is made to be handed over; charts are not foreseen."""
    made = config.aside
    return _within(made.processed, plan) + _within(made.reports, plan)


def _within(folder: Path, plan: list[Step]) -> list[Path]:
    return [path for step in plan for path in step.writes if path.is_relative_to(folder)]
