"""Exports of KoboToolbox, ODK and Ona."""

from mspsurvey.intake.readers.kobo.responses import PLATFORM

__all__ = ["PLATFORM"]
