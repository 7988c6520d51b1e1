"""The audit of a build: nothing that a report hides can be worked out from all of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

from mspsurvey.errors import PublicationError
from mspsurvey.files import write_whole
from mspsurvey.inference.disclosure.audit import Exposure
from mspsurvey.inference.disclosure.ledger import Entry, read_ledger
from mspsurvey.inference.disclosure.primary import discloses_group
from mspsurvey.inference.disclosure.together import audit_entries
from mspsurvey.study_file import StudyConfig
from mspsurvey.workbench.open_study import Study

_MOST = 5


def audit_build(
    config: StudyConfig, ledgers: Iterable[Path], to: Path, say: Callable[[str], None]
) -> list[Exposure]:
    """Audit the ledgers of all reports together, and keep the result beside the build.

    Parameters
    ----------
    config : StudyConfig
    ledgers : iterable of Path
        Of all reports that are published together.
    to : Path
        Where the result is written; private, for it names what is hidden.

    Raises
    ------
    PublicationError
        Where a number that was hidden to protect a firm can be worked out.
    """
    kept = [entry for path in ledgers for entry in read_ledger(path)]
    study = Study(config)
    tables = {name: study.table(name) for name in sorted({e.source for e in kept})}
    exposures = audit_entries(kept, tables)
    unsafe = [e for e in exposures if not e.safe]
    say(f"{len(kept):,} numbers, {len(exposures)} of them secret")
    if unsafe:
        raise _exposed(unsafe)
    record = {
        "secrets": [{"number": str(e), "safe": e.safe} for e in exposures],
        # No secret by itself, but for a person to know: it holds for each firm of the group.
        "everybody or nobody": sorted({f"{e.place}: {e.name}" for e in kept if _tells_all(e)}),
    }
    write_whole(to, json.dumps(record, ensure_ascii=False, indent=1) + "\n")
    return exposures


def _tells_all(entry: Entry) -> bool:
    if entry.statistic != "share" or entry.estimate is None or not entry.shown:
        return False
    cases = np.array([entry.estimate * entry.n])
    return bool(discloses_group(cases, np.array([entry.n])).item())


def _exposed(unsafe: list[Exposure]) -> PublicationError:
    named = " ".join(str(e) for e in unsafe[:_MOST])
    more = f" And {len(unsafe) - _MOST} more." if len(unsafe) > _MOST else ""
    return PublicationError(
        "Numbers that are hidden to protect a firm should stay hidden.",
        named + more,
        "Hide one more number in one of these tables, with est.withhold(…), or group by "
        "something coarser.",
    )
