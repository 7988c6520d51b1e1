"""Exports of SurveyMonkey."""

from mspsurvey.intake.readers.surveymonkey.responses import PLATFORM

__all__ = ["PLATFORM"]
