"""Mutated exports into every reader: ``python -m benchmarks.fuzz --files 20000``.

Small exports of each platform are written by the package's own writers, spoiled by chance
(bytes, cells, rows, members of a workbook), and read. What counts: each file is read, or
refused by one error of the package; never a traceback, never more than ten seconds, never
more than one gigabyte, and no row unaccounted for. ``--seeds`` adds a folder of other files.
"""

from __future__ import annotations

import argparse
import io
import multiprocessing
import random
import resource
import signal
import sys
import tempfile
import time
import traceback
import warnings
import zipfile
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from mspsurvey.errors import MspSurveyError
from mspsurvey.instrument import load_instrument
from mspsurvey.intake.readers import RawExport, read_responses
from mspsurvey.intake.readers.file.book import read_book
from mspsurvey.synth.answers.fill import Filled, Plan, fill
from mspsurvey.synth.export import coded, platforms, stored, worded
from mspsurvey.synth.export.record import record

LONGEST, LARGEST = 10, 1 << 30
"""Seconds and bytes that one file may take."""
MOST_HEADER_ROWS = 5
WRITERS: dict[str, Callable[..., str | bytes]] = {
    "qualtrics.csv": platforms.qualtrics_csv,
    "limesurvey.csv": platforms.limesurvey_csv,
    "kobo.csv": coded.kobo_csv,
    "kobo.xlsx": coded.kobo_workbook,
    "redcap.csv": coded.redcap_csv,
    "surveymonkey.csv": worded.surveymonkey_csv,
    "surveymonkey.xlsx": worded.surveymonkey_workbook,
    "google.csv": worded.google_csv,
    "google.xlsx": worded.google_workbook,
    "microsoft.csv": worded.microsoft_csv,
    "microsoft.xlsx": worded.microsoft_workbook,
    "spss.sav": stored.spss_bytes,
    "stata.dta": stored.stata_bytes,
}
INSTRUMENT = """
instrument: fuzz
title: Questions to be spoiled
version: "1"
population: Firms
reference_period: now
blocks:
  - name: a
    title: All
    questions:
      - {name: size, kind: single, text: How large?, options: [
          {code: s, label: "Small, 1 to 4"}, {code: l, label: Large}]}
      - {name: tool, kind: multi, text: Which tools?, options: [
          {code: mfa, label: "Second login (MFA, all)"}, {code: edr, label: EDR}]}
      - {name: agree, kind: grid, text: Agree?, options: [
          {code: "1", label: "No"}, {code: "2", label: "Yes"}],
         rows: [{name: agree_a, text: Prices}, {name: agree_b, text: Speed}]}
      - {name: price, kind: number, text: What price?, low: 0, high: 600}
      - {name: said, kind: text, text: Anything else?}
"""
ODD = (
    '"', ",", ";", "\t", "\r", "\n", "\x00", "\ufeff", "\u200b", "é", "=1+1",
    "N/A", "1e999", "-99", "{'ImportId': 'QID1'}", "[other]", "a/b", "___1", "1900-01-00",
    "99/99/9999 99:99", "٣", "&amp;", "<b>", "\\", "%", "NaN", "None", "x" * 5000,
)  # fmt: skip


@dataclass(frozen=True)
class Outcome:
    """What became of one file: read, refused, or the fault that it showed."""

    word: str
    seconds: float
    detail: str = ""


def seeds(folder: Path | None = None) -> dict[str, bytes]:
    """Give small whole exports by name: one of each writer, and those of a folder."""
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "fuzz.yaml"
        path.write_text(INSTRUMENT, encoding="utf-8")
        instrument = load_instrument(path)
    rng = np.random.default_rng(1)
    n = 6
    plan = Plan(known={}, skipped={}, lean=rng.standard_normal(n), stop=np.full(n, 10**6),
                default_skip=0.2)  # fmt: skip
    filled: Filled = fill(rng, instrument, plan)
    about = record(filled)
    found: dict[str, bytes] = {}
    for name, write in WRITERS.items():
        content = write(filled, instrument, about)
        found[name] = content if isinstance(content, bytes) else content.encode()
    if folder is not None:
        files = sorted(p for p in folder.rglob("*") if p.is_file() and p.suffix != ".md")
        found |= {p.name: p.read_bytes() for p in files if p.stat().st_size < 300_000}
    return found


def spoiled(rng: random.Random, data: bytes, name: str) -> bytes:
    """Spoil a file in one to six places."""
    if data.startswith(b"PK") and rng.random() < 0.7:
        return _spoiled_member(rng, data)
    text = name.endswith((".csv", ".txt", ".qsf", ".lss"))
    for _ in range(rng.randint(1, 6)):
        data = _spoil_text(rng, data) if text and rng.random() < 0.6 else _spoil_bytes(rng, data)
    return data


def _spoil_bytes(rng: random.Random, data: bytes) -> bytes:
    if not data:
        return data
    at, to = sorted((rng.randrange(len(data)), rng.randrange(len(data))))
    some = bytes(rng.randrange(256) for _ in range(rng.randint(1, 8)))
    return rng.choice((
        data[:at] + some + data[at + len(some):],
        data[:at] + some + data[at:],
        data[:at] + data[min(to, at + 64):],
        data[:to],
        data[:to] + data[at:to] + data[to:],
        data[:at] + b"\x00" * rng.randint(1, 64) + data[at:],
        some + data,
    ))  # fmt: skip


def _spoil_text(rng: random.Random, data: bytes) -> bytes:
    text = data.decode("utf-8", errors="surrogateescape")
    lines = text.split("\n")
    at, other = rng.randrange(len(lines)), rng.randrange(len(lines))
    place = rng.randrange(len(text) + 1)
    return rng.choice((
        lambda: text[:place] + rng.choice(ODD) + text[place:],
        lambda: "\n".join(lines[:at] + lines[at + 1:]),
        lambda: "\n".join([*lines[:at], lines[other], *lines[at:]]),
        lambda: text.replace(rng.choice(",;\t"), rng.choice(",;\t|")),
        lambda: text.replace('"', "", rng.randint(1, 4)),
        lambda: text.replace("\n", rng.choice(("\r\n", "\r\r\n", "\r"))),
        lambda: "\ufeff" + text,
        lambda: text + "," * rng.randint(1, 9) + "\n" * rng.randint(1, 99),
        lambda: "\n".join([*lines[:at], "Title of it all", *lines[at:]]),
    ))().encode("utf-8", errors="surrogateescape")  # fmt: skip


def _spoiled_member(rng: random.Random, data: bytes) -> bytes:
    """Spoil one member of a workbook and pack it again."""
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        members = {name: book.read(name) for name in book.namelist()}
    chosen = rng.choice(sorted(members))
    if rng.random() < 0.1:
        del members[chosen]
    else:
        members[chosen] = _spoil_text(rng, _spoil_bytes(rng, members[chosen]))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as book:
        for name, content in members.items():
            book.writestr(name, content)
    return packed.getvalue()


def _late(*_: object) -> None:
    raise TimeoutError(f"longer than {LONGEST} seconds")


def try_file(path: Path) -> Outcome:
    """Read one file as a user would, and say what became of it."""
    started = time.perf_counter()
    signal.signal(signal.SIGALRM, _late)
    signal.alarm(LONGEST)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            export = read_responses(path)
            lost = unaccounted(export, path)
    except MspSurveyError as error:
        word, detail = "refused", str(error)
    except BaseException:
        word, detail = "fault", traceback.format_exc(limit=-4)
    else:
        word, detail = ("fault", lost) if lost else ("read", "")
    finally:
        signal.alarm(0)
    return Outcome(word, time.perf_counter() - started, detail)


def unaccounted(export: RawExport, path: Path) -> str:
    """Say what does not add up between a file and what was read; "" where all does."""
    size = len(export)
    if len(export.answers) != size or not export.meta["row"].is_unique:
        return "answers and metadata are of different rows"
    if export.answers.isna().any(axis=None):
        return "an answer is missing instead of blank"
    if path.suffix in (".csv", ".xlsx"):
        rows = len(read_book(path).main.rows)
        said = any("row" in p or "record" in p for p in export.problems)
        if rows - size > MOST_HEADER_ROWS and not said:
            return f"{rows} rows in the file, {size} responses, and no word of the others"
    return ""


HEAD = "id,submitdate,lastpage,startlanguage,"
HOSTILE: dict[str, Callable[[], bytes]] = {
    "wide.csv": lambda: (HEAD + ",".join(f"q{i}" for i in range(1_000_000)) + "\n1,2\n").encode(),
    "long.csv": lambda: f"{HEAD}q1\n1,,1,en,{'x' * 100_000_000}\n".encode(),
    "quote.csv": lambda: f'{HEAD}q1\n1,,1,en,"{"x" * 50_000_000}\n'.encode(),
    "lines.csv": lambda: f"{HEAD}q1\n".encode() + b"\n" * 50_000_000,
    "commas.csv": lambda: f"{HEAD}q1\n".encode() + b"," * 50_000_000,
    "bomb.xlsx": lambda: _bomb(),
    "columns.xlsx": lambda: _sheet("<row>" + "<c><v>1</v></c>" * 2_000_000 + "</row>"),
    "rows.xlsx": lambda: _sheet("<row><c><v>1</v></c></row>" * 3_000_000),
    "far.xlsx": lambda: _sheet('<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'),
    "laughs.xlsx": lambda: _sheet("<row><c><v>&z;</v></c></row>", _laughs()),
    "laughs.lss": lambda: (_laughs() + "<document>&z;</document>").encode(),
    "deep.qsf": lambda: b'{"SurveyElements":' + b"[" * 200_000 + b"]" * 200_000 + b"}",
}
"""Files made to exhaust a reader, each made when it is wanted."""


def _laughs() -> str:
    names = "abcdefghijklmnopqrstuvwxyz"
    lines = ['<!ENTITY a "haha">']
    lines += [f'<!ENTITY {y} "{f"&{x};" * 10}">' for x, y in pairwise(names)]
    return "<!DOCTYPE d [" + "".join(lines) + "]>"


def _bomb() -> bytes:
    packed = io.BytesIO()
    with (
        zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as book,
        book.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as member,
    ):
        for _ in range(400):
            member.write(b" " * 1_000_000)
    return packed.getvalue()


def _sheet(rows: str, doctype: str = "") -> bytes:
    """Make a bare workbook of one sheet."""
    kind = "http://schemas.openxmlformats.org"
    main = f"{kind}/spreadsheetml/2006/main"
    office = f"{kind}/officeDocument/2006/relationships"
    package = f"{kind}/package/2006/relationships"
    members = {
        "[Content_Types].xml": f'<Types xmlns="{kind}/package/2006/content-types"/>',
        "_rels/.rels": f'<Relationships xmlns="{package}"><Relationship Id="r1" '
        f'Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}"><Relationship Id="r1" '
        f'Type="{office}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets>'
        '<sheet name="s" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/worksheets/sheet1.xml": f'{doctype}<worksheet xmlns="{main}"><sheetData>{rows}'
        "</sheetData></worksheet>",
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as book:
        for name, content in members.items():
            book.writestr(name, content)
    return packed.getvalue()


def peak() -> int:
    """Give the most memory that this process has held, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def batch(
    first: int, count: int, folder: Path | None, keep: Path
) -> tuple[Counter[str], list[tuple[str, Outcome]], int]:
    """Try files ``first`` to ``first + count``: counts, faults, and memory at the most."""
    whole = seeds(folder)
    names = sorted(whole)
    counts: Counter[str] = Counter()
    faults = []
    with tempfile.TemporaryDirectory() as scratch:
        for number in range(first, first + count):
            rng = random.Random(number)
            name = names[number % len(names)]
            path = Path(scratch) / name
            path.write_bytes(spoiled(rng, whole[name], name))
            outcome = try_file(path)
            counts[f"{name}: {outcome.word}" if folder is None else outcome.word] += 1
            if outcome.word == "fault" or outcome.seconds > LONGEST:
                faults.append((f"{number}-{name}", outcome))
                (keep / f"{number}-{name}").write_bytes(path.read_bytes())
    return counts, faults, peak()


def one(name: str, content: bytes) -> tuple[str, Outcome, int]:
    """Try a hostile file in a process of its own; its peak is beyond what importing took."""
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / name
        path.write_bytes(content)
        del content
        return name, try_file(path), peak()


def main() -> None:
    """Spoil, read, count; exit with 1 where anything went wrong."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--files", type=int, default=20_000)
    parser.add_argument("--seeds", type=Path)
    parser.add_argument("--keep", type=Path, default=Path(tempfile.gettempdir()) / "faults")
    given = parser.parse_args()
    given.keep.mkdir(exist_ok=True)
    size = 500
    context = multiprocessing.get_context("spawn")
    jobs = [(k, min(size, given.files - k), given.seeds, given.keep)
            for k in range(0, given.files, size)]  # fmt: skip
    counts: Counter[str] = Counter()
    faults: list[tuple[str, Outcome]] = []
    largest = 0
    with ProcessPoolExecutor(2, mp_context=context) as pool:
        for found, wrong, memory in pool.map(batch, *zip(*jobs, strict=True)):
            counts += found
            faults += wrong
            largest = max(largest, memory)
    for word, number in sorted(counts.items()):
        print(f"{number:7,} {word}")
    print(f"{given.files:,} files; {len(faults)} faults; at most {largest / 2**20:.0f} MB")
    for name, outcome in faults[:20]:
        print(f"--- {name}: {outcome.seconds:.1f} s\n{outcome.detail}")
    bad = bool(faults) or largest > LARGEST
    for name, make in HOSTILE.items():
        # A process of its own for each: its peak is of this file.
        with ProcessPoolExecutor(1, mp_context=context) as pool:
            _, outcome, memory = pool.submit(one, name, make()).result()
        wrong = outcome.word == "fault" or outcome.seconds > LONGEST or memory > LARGEST
        bad |= wrong
        print(f"{name}: {outcome.word} in {outcome.seconds:.1f} s, {memory / 2**20:.0f} MB"
              f"{' <-- too much' if wrong else ''} {outcome.detail[:300]}")  # fmt: skip
    sys.exit(bad)


if __name__ == "__main__":
    main()
