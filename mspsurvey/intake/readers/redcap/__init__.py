"""Exports of REDCap."""

from mspsurvey.intake.readers.redcap.responses import PLATFORM

__all__ = ["PLATFORM"]
