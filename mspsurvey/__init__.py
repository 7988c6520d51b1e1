"""From surveys of managed service providers and their clients to evidence for policy.

In a notebook::

    import mspsurvey as ms

    study = ms.study()
    study.msps.share("base_class", by="size")

Importing this package does nothing else: what is behind a public name is loaded when the
name is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mspsurvey.inference import weight as weight
    from mspsurvey.inference.plan import planning as planning
    from mspsurvey.inference.quality import nonprobability as nonprobability
    from mspsurvey.inference.quality import reliability as reliability
    from mspsurvey.inference.result.estimate import Estimates as Estimates
    from mspsurvey.inference.survey import Survey as Survey
    from mspsurvey.instrument import load_instrument as load_instrument
    from mspsurvey.intake.readers import read_responses as read_responses
    from mspsurvey.publish import chart as chart
    from mspsurvey.workbench import Study as Study
    from mspsurvey.workbench import study as study

__version__ = "0.1.0"

_PUBLIC = {
    "study": "mspsurvey.workbench:study",
    "Study": "mspsurvey.workbench:Study",
    "Survey": "mspsurvey.inference.survey:Survey",
    "Estimates": "mspsurvey.inference.result.estimate:Estimates",
    "weight": "mspsurvey.inference.weight",
    "planning": "mspsurvey.inference.plan.planning",
    "reliability": "mspsurvey.inference.quality.reliability",
    "nonprobability": "mspsurvey.inference.quality.nonprobability",
    "chart": "mspsurvey.publish.chart",
    "read_responses": "mspsurvey.intake.readers:read_responses",
    "load_instrument": "mspsurvey.instrument:load_instrument",
}

__all__ = ["__version__", *_PUBLIC]


def __getattr__(name: str) -> Any:
    """Load what is behind a public name when it is first used."""
    if name not in _PUBLIC:
        raise AttributeError(f"module 'mspsurvey' has no attribute {name!r}")
    module, _, attribute = _PUBLIC[name].partition(":")
    loaded = import_module(module)
    value = getattr(loaded, attribute) if attribute else loaded
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names."""
    return sorted(__all__)
