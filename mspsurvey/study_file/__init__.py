"""What this study is, as ``study.toml`` says it once.

Everything that prints a date, a sponsor or the word SYNTHETIC takes it from here. ``model``
says what there is to know, ``reader`` reads and checks it.
"""

from mspsurvey.study_file.model import (
    BUILD_FOLDER,
    DISCLOSURE,
    EXCLUSIONS,
    SAMPLE_TYPES,
    SOURCES,
    STUDY_FILE,
    SYNTHETIC,
    LinkPlan,
    Pages,
    Quality,
    Source,
    StudyConfig,
    WeightPlan,
)
from mspsurvey.study_file.reader import find_root, load_config

__all__ = [
    "BUILD_FOLDER",
    "DISCLOSURE",
    "EXCLUSIONS",
    "SAMPLE_TYPES",
    "SOURCES",
    "STUDY_FILE",
    "SYNTHETIC",
    "LinkPlan",
    "Pages",
    "Quality",
    "Source",
    "StudyConfig",
    "WeightPlan",
    "find_root",
    "load_config",
]
