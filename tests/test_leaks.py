"""No identifier of the raw files in any output: codes at the door, and the search behind it."""

from __future__ import annotations

import base64
import datetime as dt
import gzip
import io
import struct
import zipfile
import zlib
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from conftest import ROOT
from hypothesis import given
from hypothesis import strategies as st
from instrument_cases import HEAD
from intake_sample import csv_text, qualtrics_rows, small_instrument
from rich.console import Console

from mspsurvey.build import build
from mspsurvey.errors import DefinitionError, PublicationError
from mspsurvey.files import write_whole
from mspsurvey.intake.privacy.coded import coded, coded_tables
from mspsurvey.intake.privacy.identifiers import (
    Identifier,
    _full_names,
    _of_cell,
    _of_export,
    _of_list,
    _of_platform,
    even,
)
from mspsurvey.intake.privacy.leaks import check_outputs, find_leaks, leak_error, masked
from mspsurvey.intake.privacy.search import Search
from mspsurvey.intake.readers import read_responses
from mspsurvey.intake.redact import FirmNames
from mspsurvey.keyed import DEMO_KEY, Key, read_key
from mspsurvey.pipeline import Step
from mspsurvey.pipeline.hand_over import hand_over_step, privacy_step
from mspsurvey.publish.handover import Handover
from mspsurvey.study_file import STUDY_FILE, Source, load_config

MAIL = "ann.lee@firm.example"
KEY = Key(b"a key for tests only")
ASKED = """\
blocks:
  - name: firm
    title: The firm
    questions:
      - {name: mail, kind: text, role: identifier, text: Email Address}
      - {name: size, kind: number, text: Which size?, low: 0, high: 99}
"""


def sought(*texts, whole=()):
    found = {even(t): Identifier(even(t), "e-mail", "raw.csv, mail") for t in texts}
    return found | {even(t): Identifier(even(t), "name", "raw.csv, name", True) for t in whole}


def leaks(path, *texts, whole=()):
    return [leak.identifier.text for leak in find_leaks(sought(*texts, whole=whole), [path])]


def png(*chunks):
    def chunk(kind, data):
        size, check = len(data), zlib.crc32(kind + data)
        return struct.pack(">I", size) + kind + data + struct.pack(">I", check)

    body = b"".join(chunk(kind, data) for kind, data in chunks)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", b"\0" * 13) + body + chunk(b"IEND", b"")


def pdf(page, table=b"", info=b""):
    head, end = b"1 0 obj\n<< /Filter /FlateDecode >>\nstream\n", b"\nendstream\nendobj\n"
    streams = b"".join(head + zlib.compress(s) + end for s in (page, table) if s)
    return b"%PDF-1.4\n" + streams + b"2 0 obj\n<< /Title " + info + b" >>\nendobj\n"


def zipped(name, text):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as parts:
        parts.writestr(name, text)
    return out.getvalue()


CMAP = b"begincmap\n1 beginbfrange\n<0001> <0050> <0040>\nendbfrange\nendcmap"
GLYPHS = "".join(f"{ord(c) - 0x3F:04x}" for c in "ANN@FIRM").encode()

HIDING_PLACES = {
    "page.html": f"<p>ask {MAIL}!</p>".encode(),
    "entities.html": b"<p>ann.lee&#64;firm.example</p>",
    "parts.svg": b"<text><tspan>Ann</tspan><tspan>Lee-Example</tspan></text>",
    "escaped.json": b'{"x": "ann.lee\\u0040firm.example"}',
    "address.html": b"<a href='mailto:ann.lee%40firm.example'>",
    "upper.csv": MAIL.upper().encode(),
    "wide.csv": MAIL.encode("utf-16"),
    "inside.html": b"<img src='data:image/png;base64,"
    + base64.b64encode(png((b"tEXt", b"Author\0" + MAIL.encode())))
    + b"'>",
    "text.png": png((b"iTXt", b"Description\0\0\0\0\0" + MAIL.encode())),
    "packed.png": png((b"zTXt", b"Comment\0\0" + zlib.compress(MAIL.encode()))),
    "title.pdf": pdf(b"", info=b"(by " + MAIL.encode() + b")"),
    "wide.pdf": pdf(b"", info=b"<feff" + MAIL.encode("utf-16-be").hex().encode() + b">"),
    "plain.pdf": pdf(b"BT (ann.lee@) Tj [(ann.le)-20(e@firm.example)] TJ ET"),
    "glyphs.pdf": pdf(b"BT [<" + GLYPHS[:12] + b"> 5 <" + GLYPHS[12:] + b">] TJ ET", CMAP),
    "book.xlsx": zipped("xl/sharedStrings.xml", f"<si><t>{MAIL}</t></si>"),
    "table.csv.gz": gzip.compress(MAIL.encode()),
}


@pytest.mark.parametrize("name", HIDING_PLACES)
def test_an_identifier_is_found_wherever_it_hides(tmp_path, name):
    (tmp_path / name).write_bytes(HIDING_PLACES[name])
    found = leaks(tmp_path / name, MAIL, "Ann Lee-Example", "ann@firm")
    assert len(found) == 1


@pytest.mark.parametrize(
    "column",
    [
        pd.Series(["x", f"ask {MAIL}"], dtype="str"),
        pd.Series(["x", MAIL], dtype="category"),
        pd.Series([["x"], [MAIL]]),
    ],
)
def test_cells_of_parquet_are_searched(tmp_path, column):
    pd.DataFrame({"a": column}).to_parquet(tmp_path / "t.parquet")
    assert leaks(tmp_path / "t.parquet", MAIL) == [MAIL]


def test_long_numbers_and_column_names_of_parquet_are_searched(tmp_path):
    pd.DataFrame({MAIL: [5_555_550_173]}).to_parquet(tmp_path / "t.parquet")
    assert set(leaks(tmp_path / "t.parquet", MAIL, "5555550173")) == {MAIL, "5555550173"}


def test_the_name_of_a_file_is_searched(tmp_path):
    (tmp_path / "F00012.csv").write_text("nothing")
    assert leaks(tmp_path / "F00012.csv", "F00012") == ["f00012"]


@pytest.mark.parametrize(
    "text",
    [
        "xF00012", "F000123", "fill:#F00012;", "9af00012", "F0001 2", "aF00012b",
        "sha 87f00012acff",
    ],
)  # fmt: skip
def test_an_id_inside_something_else_is_none(tmp_path, text):
    (tmp_path / "a.html").write_text(text)
    assert leaks(tmp_path / "a.html", "F00012") == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('{"name": "Reliable"}', True), ("a,Reliable,b", True), ("<td>Reliable</td>", True),
        ("Reliable", True), ("a Reliable provider", False), ("<p>Reliable work</p>", False),
    ],
)  # fmt: skip
def test_a_name_that_is_a_word_counts_as_a_whole_cell_only(tmp_path, text, found):
    (tmp_path / "a.html").write_text(text)
    assert leaks(tmp_path / "a.html", whole=["Reliable"]) == (["reliable"] if found else [])


@given(
    st.text(alphabet="ab c1é.", min_size=6, max_size=14).map(even).filter(lambda t: len(t) > 5),
    st.text(alphabet="ab c1é.\n", max_size=40), st.text(alphabet="ab c1é.\n", max_size=40),
)  # fmt: skip
def test_a_text_is_found_between_any_words(text, before, after):
    assert text in set(Search([text]).find(f"{before} | {text} | {after}"))


def test_a_text_is_found_across_the_edge_of_a_chunk():
    search = Search([MAIL])
    for before in range((1 << 20) - 24, (1 << 20) + 3, 4):
        assert list(search.find("x" * before + f" {MAIL} y")) == [MAIL]


def test_the_error_says_where_and_repeats_nothing(tmp_path):
    path = tmp_path / "reports" / "a.html"
    path.parent.mkdir()
    path.write_text(MAIL)
    error = leak_error(find_leaks(sought(MAIL), [path]), tmp_path)
    assert isinstance(error, PublicationError)
    assert "reports/a.html" in str(error)
    assert "raw.csv, mail" in str(error)
    assert MAIL not in str(error)
    assert masked(MAIL) == "a…, 20 characters"


def study(tmp_path):
    """A study of one response, whose remark holds an address."""
    (tmp_path / STUDY_FILE).write_text('contact = "Study Office, office@public.example"')
    instrument = small_instrument(tmp_path)
    row = {"note": f"write to {MAIL} or office@public.example"}
    (tmp_path / "export.csv").write_text(csv_text(qualtrics_rows(instrument, row)))
    (tmp_path / "sample.csv").write_text("sample_id,stratum\nUNIT01,a\n")
    source = Source(
        name="msps", export=tmp_path / "export.csv", instrument=tmp_path / "small.yaml",
        platform="auto", sample_type="probability", field_start=dt.date(2026, 8, 3),
        field_end=dt.date(2026, 10, 16), unit="firms", sample=tmp_path / "sample.csv",
    )  # fmt: skip
    for name in ("processed", "reports"):
        (tmp_path / name).mkdir()
    return replace(
        load_config(ROOT), root=tmp_path, sources={"msps": source}, weights={},
        processed=tmp_path / "processed", reports=tmp_path / "reports", public_words=(),
        **dict.fromkeys(("rubric", "segments", "hypotheses", "benchmarks"), source.instrument),
    )  # fmt: skip


def test_what_the_study_publishes_of_itself_is_no_leak(tmp_path):
    config = study(tmp_path)
    (tmp_path / "reports" / "index.html").write_text("Ask office@public.example")
    check_outputs(config)


@pytest.mark.parametrize("name", ["reports/page.html", "processed/t.parquet", "reports/c.png"])
def test_an_address_planted_in_an_output_fails_the_check(tmp_path, name):
    config, path = study(tmp_path), tmp_path / name
    if path.suffix == ".parquet":
        pd.DataFrame({"a": [f"x {MAIL}"]}).to_parquet(path)
    elif path.suffix == ".png":
        path.write_bytes(png((b"tEXt", b"Author\0" + MAIL.encode())))
    else:
        path.write_text(f"<p>{MAIL}</p>")
    with pytest.raises(PublicationError, match=f"{name}: e-mail .a…, 20 characters. from export"):
        check_outputs(config)


def pages(config, text):
    """Give the last steps of a build, whose only page says a text."""
    page = config.aside.reports / "01_a.html"
    steps = [Step("page", (config.root / "say.txt",), (page,), lambda _: write_whole(page, text))]
    (config.root / "say.txt").write_text(text)
    handover = Handover(config, (), alone=False)
    return [*steps, *(make(config, steps, handover) for make in (privacy_step, hand_over_step))]


def test_a_leak_reaches_no_reader_and_the_error_says_where_what_and_what_to_do(tmp_path):
    config = study(tmp_path)
    assert build(config, pages(config, "good"), Console(quiet=True)).failed == ()
    before = {p: p.read_bytes() for p in config.reports.rglob("*")}
    ((step, error),) = build(config, pages(config, f"ask {MAIL}"), Console(quiet=True)).failed
    assert step == "privacy"
    assert ".build/reports/01_a.html: e-mail (a…, 20 characters) from export" in str(error)
    assert "public_words" in error.do
    assert MAIL not in str(error)
    assert {p: p.read_bytes() for p in config.reports.rglob("*")} == before


def test_a_file_that_somebody_laid_among_the_reports_is_searched_too(tmp_path):
    config = study(tmp_path)
    (config.reports / "mine.txt").write_text(MAIL)
    ((_, error),) = build(config, pages(config, "good"), Console(quiet=True)).failed
    assert "reports/mine.txt: e-mail" in str(error)
    assert not (config.reports / "01_a.html").exists()


def test_a_file_that_is_still_to_be_handed_on_can_be_searched_alone(tmp_path):
    config, deposit = study(tmp_path), tmp_path / "aside" / "data.csv"
    deposit.parent.mkdir()
    deposit.write_text("id\n1\n")
    check_outputs(config, paths=[deposit])
    deposit.write_text(f"id\n{MAIL}\n")
    with pytest.raises(PublicationError, match=r"data.csv: e-mail"):
        check_outputs(config, paths=[deposit])


def test_an_id_of_the_sample_in_an_output_fails_the_check(tmp_path):
    config = study(tmp_path)
    (tmp_path / "processed" / "t.csv").write_text("id\nUNIT01\n")
    with pytest.raises(PublicationError, match=r"id .u…, 6 characters. from sample.csv"):
        check_outputs(config)


def kinds(text, role):
    return {(i.text, i.kind) for i in _of_cell(text, "raw", role)}


@pytest.mark.parametrize(
    ("text", "role", "wanted"),
    [
        ("F00012", "id", {("f00012", "id")}),
        ("17", "id", set()),
        ("1234", "id", set()),
        ("203.0.113.7", "personal", {("203.0.113.7", "ip")}),
        ("701", "identifier", set()),
        ("Oakfield Tech, LLC", "identifier",
         {("oakfield tech, llc", "identifying answer"), ("oakfield tech", "name")}),
        ("plumbing", "free_text", set()),
        ("Ask Jo Bloggs, jo@x.example, whenever you like", "free_text",
         {("jo bloggs", "name"), ("jo@x.example", "e-mail"),
          ("ask jo bloggs, jo@x.example, whenever you like", "open answer")}),
    ],
)  # fmt: skip
def test_what_is_searched_for_is_what_can_be_told_from_other_text(text, role, wanted):
    found = kinds(text, role)
    assert wanted <= found
    assert wanted or not found


def test_samples_and_frames_give_their_ids_names_and_addresses(tmp_path):
    path = tmp_path / "frame.csv"
    path.write_text("sample_id,stratum,company,note\nU00001,1-4/other,Zenith Cloud,a@b.example\n")
    found = {i.text for i in _of_list(path)}
    assert {"u00001", "zenith cloud", "a@b.example"} == found


def log(**columns):
    return pd.DataFrame({k: pd.array(v, dtype="str") for k, v in columns.items()})


def test_ids_become_codes_that_can_still_be_joined():
    answers = coded(log(resp_id=["R1", "R2"], msp_sample_id=["F1", None]), KEY)
    units = coded(log(sample_id=["F1"], size=["9"]), KEY)
    assert answers["resp_id"].tolist() == [KEY.code("response", "R1"), KEY.code("response", "R2")]
    assert answers["msp_sample_id"].iloc[0] == units["sample_id"].iloc[0]
    assert answers["msp_sample_id"].isna().tolist() == [False, True]
    assert units["size"].tolist() == ["9"]


def test_an_id_that_a_log_repeats_is_coded_too():
    table = coded(log(variable=["sample_id", "emp"], value=["F1", "F1"]), KEY)
    assert table["value"].tolist() == [KEY.code("unit", "F1"), "F1"]


def test_kept_text_is_redacted_and_a_log_hides_the_whole_cell():
    firms = FirmNames(["Oakfield Tech LLC"])
    tables = {
        "answers": log(note=["ask oakfield tech", None, "nothing"]),
        "log": log(old=["Oakfield Tech does it", "about 50"]),
    }
    made = coded_tables(tables, KEY, firms)
    assert made["answers"]["note"].fillna("").tolist() == ["ask [firm]", "", "nothing"]
    assert made["log"]["old"].tolist() == ["[redacted]", "about 50"]
    assert tables["answers"]["note"].iloc[0] == "ask oakfield tech"


def test_codes_differ_by_key_and_by_kind_and_look_like_no_number():
    one = KEY.code("unit", "F1")
    assert one != Key(b"another key of tests").code("unit", "F1")
    assert one[1:] != KEY.code("response", "F1")[1:]
    assert one.startswith("u")
    assert len(one) == 16
    assert "key for tests" not in repr(KEY)


def test_the_fingerprint_of_a_key_tells_it_from_others_and_does_not_tell_it():
    assert KEY.fingerprint == Key(KEY.secret).fingerprint
    assert KEY.fingerprint != Key(b"another key of tests").fingerprint
    assert KEY.secret.hex()[:8] not in KEY.fingerprint


def config(tmp_path, **more):
    return SimpleNamespace(
        **{"root": tmp_path / "study", "key_file": None, "synthetic": False} | more
    )


def test_a_key_comes_from_the_environment_or_from_a_file_outside_the_study(tmp_path):
    (tmp_path / "study.key").write_text("sixteen letters or more\n")
    outside = config(tmp_path, key_file=tmp_path / "study.key")
    assert read_key(outside, {}).secret == b"sixteen letters or more"
    assert read_key(outside, {"MSPSURVEY_KEY": "k" * 16}).secret == b"k" * 16
    assert read_key(config(tmp_path, synthetic=True), {}) == DEMO_KEY


@pytest.mark.parametrize(
    ("where", "environ", "words"),
    [
        (None, {}, "Real data need a key"),
        (None, {"MSPSURVEY_KEY": "short"}, "at least 16"),
        (None, {"MSPSURVEY_KEY": DEMO_KEY.secret.decode()}, "published key"),
        ("study/my.key", {}, "outside the study"),
        ("none.key", {}, "cannot be read"),
    ],
)
def test_without_a_good_key_real_data_are_not_taken_in(tmp_path, where, environ, words):
    key_file = where and tmp_path / where
    with pytest.raises(DefinitionError, match=words):
        read_key(config(tmp_path, key_file=key_file), environ)


def test_many_texts_are_searched_for_at_once():
    rng = np.random.default_rng(1)
    ids = [f"Z{k:06d}" for k in range(100_000)]
    text = " ".join(map(str, rng.integers(0, 10**6, 200_000))) + " Z054321 "
    assert list(Search(map(even, ids)).find(text)) == ["z054321"]


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("RecipientFirstName", "RecipientLastName"), ("Vorname", "Nachname"),
        ("Prénom", "Nom"), ("Nombre", "Apellidos"), ("Nome", "Cognome"), ("名", "姓"),
    ],
)  # fmt: skip
def test_names_apart_are_searched_for_together_in_every_language(first, last):
    personal = pd.DataFrame({last: ["Lindqvist"], first: ["Ann"]}, dtype="str")
    assert "ann lindqvist" in {item.text for item in _full_names(personal, "raw.csv")}


def test_an_id_that_the_reader_gave_identifies_nobody(tmp_path):
    path = tmp_path / "g.csv"
    path.write_text("Timestamp,Email Address,Why?\n2026-04-22 10:00:00,ann@firm.example,x\n")
    export = read_responses(path)
    assert list(export.meta["resp_id"]) == ["row_1"]
    texts = {item.text for item in _of_platform(export, "g.csv")}
    assert ("ann@firm.example" in texts, "row_1" in texts) == (True, False)


def test_a_name_below_a_heading_that_no_instrument_knows_is_searched_for_too(tmp_path):
    path = tmp_path / "r.csv"
    path.write_text(
        "record_id,first_name,firm,paid,contact_name,form_complete\n"
        "1,Annabel,Alm Works,Monthly,Birk Lund,2\n2,,,,,2\n"
    )
    export = read_responses(path)
    found = {i.text for i in _of_platform(export, "r.csv")}
    assert {"annabel", "alm works", "birk lund"} <= found
    assert "monthly" not in found
    assert "annabel" not in {i.text for i in _of_platform(export, "r.csv", known={"first_name"})}


def test_an_answer_that_the_platform_calls_personal_is_searched_for(tmp_path):
    path = tmp_path / "export.csv"
    path.write_text(
        "Timestamp,Email Address,Which size?\n2026-08-10 09:00:00,ann@firm.example,9\n"
    )
    (tmp_path / "form.yaml").write_text(HEAD + ASKED)
    source = replace(
        next(iter(load_config(ROOT).sources.values())), export=path, platform="auto",
        instrument=tmp_path / "form.yaml", mapping=None, codebook=None,
    )  # fmt: skip
    found = {item.text: item.kind for item in _of_export(source)}
    assert found["ann@firm.example"] == "e-mail"
