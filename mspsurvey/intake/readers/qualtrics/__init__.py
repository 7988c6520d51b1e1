"""Exports of Qualtrics."""

from mspsurvey.intake.readers.qualtrics.responses import PLATFORM

__all__ = ["PLATFORM"]
