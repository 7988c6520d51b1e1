"""Which forms an instrument can take, and their files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from mspsurvey.errors import PublicationError, did_you_mean
from mspsurvey.files import write_whole
from mspsurvey.instrument.model import Instrument
from mspsurvey.instrument.target import COLUMNS, Target, target
from mspsurvey.instrument.write.codebook import codebook_csv, codebook_html
from mspsurvey.instrument.write.ddi import ddi
from mspsurvey.instrument.write.limesurvey import limesurvey_tsv
from mspsurvey.instrument.write.questionnaire import questionnaire_html
from mspsurvey.instrument.write.redcap import redcap_dictionary
from mspsurvey.instrument.write.sheet import delimited
from mspsurvey.instrument.write.table_schema import table_schema_json
from mspsurvey.instrument.write.xlsform import xlsform

Files = dict[str, str | bytes]


def _platform(
    instrument: Instrument, platform: str, ending: str, write: Callable[[Target], str | bytes]
) -> Files:
    """Write a form for a platform, and beside it the table that leads back from an export."""
    names = target(instrument, platform)
    return {
        f"{instrument.name}_{ending}": write(names),
        f"{instrument.name}_{platform}_columns.csv": delimited([COLUMNS, *names.table()]),
    }


FORMS: Mapping[str, Callable[[Instrument], Files]] = {
    "xlsform": lambda i: _platform(i, "xlsform", "xlsform.xlsx", xlsform),
    "redcap": lambda i: _platform(i, "redcap", "redcap.csv", redcap_dictionary),
    "limesurvey": lambda i: _platform(i, "limesurvey", "limesurvey.txt", limesurvey_tsv),
    "ddi": lambda i: {f"{i.name}_ddi.xml": ddi(i)},
    "schema": lambda i: {f"{i.name}_schema.json": table_schema_json(i)},
    "questionnaire": lambda i: {f"{i.name}_questionnaire.html": questionnaire_html(i)},
    "codebook": lambda i: {
        f"{i.name}_codebook.html": codebook_html(i),
        f"{i.name}_codebook.csv": codebook_csv(i),
    },
}
"""Each form by name: for survey platforms, for archives and programs, for people."""


def form_files(instrument: Instrument, form: str) -> Files:
    """Give the files of one form by name; text, or bytes of a workbook.

    Raises
    ------
    PublicationError
        Where there is no such form.
    """
    if form not in FORMS:
        raise PublicationError(
            f"One of the forms {', '.join(FORMS)} was wanted.",
            f"'{form}' is none.",
            did_you_mean(form, FORMS),
        )
    return FORMS[form](instrument)


def write_form(instrument: Instrument, form: str, folder: Path) -> list[Path]:
    """Write one form into a folder, each file whole or not at all; give their paths."""
    files = form_files(instrument, form)
    return [write_whole(folder / name, content) for name, content in files.items()]
