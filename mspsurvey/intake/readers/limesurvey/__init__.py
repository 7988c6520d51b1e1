"""Exports of LimeSurvey."""

from mspsurvey.intake.readers.limesurvey.responses import PLATFORM

__all__ = ["PLATFORM"]
