"""Readers of the exports that survey platforms write."""

from mspsurvey.intake.readers.detect import read_responses
from mspsurvey.intake.readers.export import RawExport, typed

__all__ = ["RawExport", "read_responses", "typed"]
