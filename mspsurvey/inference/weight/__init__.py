"""Weights, from the sampling frame to final ones: ``ms.weight``.

Steps of a survey (a Survey in, a new Survey out)::

    survey = ms.weight.nonresponse(survey, responded="answered", classes=["stratum"])
    survey = ms.weight.rake(survey, margins)
    survey = ms.weight.trim(survey, 40, after="recalibrate")
    ms.weight.diagnose(survey, ["base_class"]).steps

``rake``, ``trim`` and ``nonresponse`` also take frames and series of weights, for those who
have no Survey yet.
"""

from __future__ import annotations

from mspsurvey.inference.weight.base import base_weights, frame_counts
from mspsurvey.inference.weight.diagnose import (
    Diagnostics,
    before_and_after,
    diagnose,
    effects_before_and_after,
)
from mspsurvey.inference.weight.facade import (
    calibrate,
    nonresponse,
    poststratify,
    rake,
    replicate,
    trim,
)
from mspsurvey.inference.weight.kish import design_effect, effective_n
from mspsurvey.inference.weight.margin import Margin, load_margins
from mspsurvey.inference.weight.pseudo import quasi_randomise
from mspsurvey.inference.weight.raking import Raked
from mspsurvey.inference.weight.step import WeightStep
from mspsurvey.inference.weight.totals import Total

__all__ = [
    "Diagnostics",
    "Margin",
    "Raked",
    "Total",
    "WeightStep",
    "base_weights",
    "before_and_after",
    "calibrate",
    "design_effect",
    "diagnose",
    "effective_n",
    "effects_before_and_after",
    "frame_counts",
    "load_margins",
    "nonresponse",
    "poststratify",
    "quasi_randomise",
    "rake",
    "replicate",
    "trim",
]
