"""The deposit: a folder and a zip for an archive, with the same bytes for the same data."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

import pandas as pd

from mspsurvey.files import sha256, write_whole
from mspsurvey.instrument import Instrument
from mspsurvey.instrument.write.codebook import codebook_csv, codebook_html
from mspsurvey.instrument.write.ddi import ddi
from mspsurvey.instrument.write.table_schema import table_schema_json
from mspsurvey.publish.chart.datum import neutral
from mspsurvey.publish.release.describe import described
from mspsurvey.publish.release.public_file import PublicFile
from mspsurvey.publish.release.risk import risk_report
from mspsurvey.study_file import StudyConfig

CHECKSUMS = "sha256sums.txt"
_EARLIEST = (1980, 1, 1, 0, 0, 0)
"""Date of every file in the zip: the earliest that the format can hold."""
_READABLE = 0o644 << 16


def deposit_files(
    config: StudyConfig, made: Mapping[str, tuple[PublicFile, Instrument]], licence: str
) -> dict[str, bytes]:
    """Make the files of a deposit, checksums and all.

    Parameters
    ----------
    config : StudyConfig
    made : mapping of (PublicFile, Instrument)
        By source: its file, and its instrument with derived variables.
    licence : str
        Name of the licence of the data.

    Returns
    -------
    dict of str to bytes
        Content by path, sorted.
    """
    files: dict[str, bytes] = {}
    for source, (public, instrument) in made.items():
        files |= _source_files(config, source, public, described(public, instrument))
    files["LICENCE.txt"] = _licence(config, licence).encode()
    files["README.md"] = _readme(config, made, licence).encode()
    files[CHECKSUMS] = checksums(files).encode()
    return dict(sorted(files.items()))


def _source_files(
    config: StudyConfig, source: str, public: PublicFile, columns: Instrument
) -> dict[str, bytes]:
    title = f"{config.title}: {config.sources[source].unit}"
    names = list(columns.variables)
    # Each file travels alone: invented data must say so in every description of them.
    stamp = f" ({config.stamp})" if config.stamp else ""
    columns = replace(columns, title=f"{columns.title}{stamp}")
    return {
        f"data/{source}.csv": to_csv(public.frame).encode(),
        f"data/{source}.parquet": _parquet(public.frame),
        f"documentation/{source}_ddi.xml": ddi(columns, names, title=f"{title}{stamp}"),
        f"documentation/{source}_codebook.csv": codebook_csv(columns).encode(),
        f"documentation/{source}_codebook.html": codebook_html(columns).encode(),
        f"documentation/{source}_schema.json": table_schema_json(columns, names).encode(),
        f"documentation/{source}_risk.md": risk_report(
            public, title=title, stamp=config.stamp
        ).encode(),
    }


def to_csv(frame: pd.DataFrame) -> str:
    """Write a table as CSV that no spreadsheet can take for formulas; missing is empty."""
    texts = frame.copy()
    for name in texts.columns[~texts.dtypes.map(pd.api.types.is_numeric_dtype)]:
        texts[name] = texts[name].map(lambda v: neutral(v) if isinstance(v, str) else v)
    return texts.to_csv(index=False, lineterminator="\n")


def _parquet(frame: pd.DataFrame) -> bytes:
    out = io.BytesIO()
    frame.to_parquet(out, index=False)
    return out.getvalue()


def checksums(files: Mapping[str, bytes]) -> str:
    """Write SHA-256 of each file, as ``sha256sum --check`` reads it."""
    return "".join(
        f"{hashlib.sha256(content).hexdigest()}  {name}\n"
        for name, content in sorted(files.items())
    )


def to_zip(files: Mapping[str, bytes]) -> bytes:
    """Pack files in the order of their names, without dates and owners."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in sorted(files.items()):
            info = zipfile.ZipInfo(name, date_time=_EARLIEST)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = _READABLE
            info.create_system = 3
            archive.writestr(info, content)
    return out.getvalue()


def write_deposit(files: Mapping[str, bytes], folder: Path) -> Path:
    """Write the folder, and the zip beside it; files of an earlier deposit go.

    Returns
    -------
    Path
        The zip.
    """
    folder = folder.resolve()  # "." has no name to call the zip by
    old = _old(folder, files)
    for name, content in files.items():
        write_whole(folder / name, content)
    for path in old:
        path.unlink()
    return write_whole(folder.with_name(f"{folder.name}.zip"), to_zip(files))


def _old(folder: Path, files: Iterable[str]) -> list[Path]:
    """Files that an earlier deposit laid down, nobody edited, and this one has not."""
    listed = folder / CHECKSUMS
    lines = listed.read_text(encoding="utf-8").splitlines() if listed.is_file() else []
    told = {folder / name: digest for digest, _, name in (li.partition("  ") for li in lines)}
    gone = set(told) - {folder / name for name in files}
    # Whatever else lies there, or is named from elsewhere, is not ours to take away.
    ours = [p for p in gone if p.resolve().is_relative_to(folder) and p.is_file()]
    return sorted(p for p in ours if sha256(p) == told[p])


def _licence(config: StudyConfig, licence: str) -> str:
    stamp = f"{config.stamp}\n\n" if config.stamp else ""
    return (
        f"{stamp}{config.title}\n\nThese data may be used under the terms of: {licence}.\n"
        "Whoever uses them must not try to find out who a respondent is.\n"
    )


def _readme(config: StudyConfig, made: Mapping[str, object], licence: str) -> str:
    stamp = [f"**{config.stamp}**", ""] if config.stamp else []
    sources = [f"- `data/{s}.csv`, `data/{s}.parquet`: {config.sources[s].unit}" for s in made]
    return "\n".join(
        [
            f"# {config.title}: public-use files", "", *stamp,
            f"Published {config.date.isoformat()}. Licence of the data: {licence}. "
            f"Contact: {config.contact}.", "",
            *sources, "",
            "`documentation/` has for each the DDI-Codebook 2.5, a codebook, a Table Schema and "
            f"the report on risk. `{CHECKSUMS}` has the SHA-256 of every file: "
            f"`sha256sum --check {CHECKSUMS}`.", "",
            "Estimates need `weight`. Strata and sampling units are not given, since they would "
            "tell more of a respondent than what others may know already: treat records as drawn "
            "with unequal probabilities and take intervals as rough. The published reports are "
            "made from the full data and differ a little.", "",
            "An empty cell is an answer that is missing, or was blanked to protect respondents.",
            "",
        ]
    )  # fmt: skip
