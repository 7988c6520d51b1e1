"""What every page of a study says around its main part: name, sponsor, date, stamp."""

from __future__ import annotations

import re

from mspsurvey.study_file import StudyConfig

ABOUT_KEY = "mspsurvey"
"""Key of a notebook's metadata that tells the exporter what the notebook cannot know."""

KEYS = ("study", "stamp", "sponsor", "contact", "built", "title", "summary", "notebook",
        "home", "methods", "charts")  # fmt: skip


def about(config: StudyConfig, **more: str) -> dict[str, str]:
    """Say what a page of a study carries around its main part.

    Parameters
    ----------
    config : StudyConfig
        The study.
    **more : str
        What differs from page to page: ``title``, ``summary``, ``notebook``; and, for pages
        that are part of a built site, ``home``, ``methods`` and ``charts`` (addresses relative
        to the page).

    Returns
    -------
    dict
        A text for each of ``KEYS``, "" where there is nothing to say.
    """
    own = {
        "study": config.title,
        "stamp": config.stamp,
        "sponsor": config.sponsor,
        "contact": config.contact,
        "built": f"{config.date.day} {config.date:%B %Y}",
    }
    return {key: without_scheme({**own, **more}.get(key, "")) for key in KEYS}


def without_scheme(text: object) -> str:
    """Write network addresses without their scheme: to be read, not to be followed."""
    return re.sub(r"https?://", "", str(text), flags=re.IGNORECASE)
