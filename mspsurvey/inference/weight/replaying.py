"""Replicate weights of a weighted survey: each goes through every step again."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from mspsurvey.inference.design.coding import Floats
from mspsurvey.inference.survey import Survey


def replicate_survey(survey: Survey, **options: Any) -> Survey:
    """Make replicates of the weights at the start, and weigh each; see ``replicate``."""
    if not survey.weighting:
        return survey.replicate(**options)
    before = survey.weighting[0].before
    # Nonresponse has changed what a finite population counts.
    design = replace(before.design, stages=survey.design.stages)
    start = before.like(design=design).replicate(**options)
    assert start.design.replicates is not None
    made = start.design.replicates.mapped(lambda weights: weighed(survey, weights))
    design = replace(survey.design, replicates=made)
    return survey.like(design=design, raking=None)


def weighed(survey: Survey, weights: Floats) -> Floats:
    """Put weights through all steps that a survey's own went through."""
    for step in survey.weighting:
        assert step.function is not None
        weights = step.function(weights)
    return weights
