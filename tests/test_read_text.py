"""From bytes to cells: encodings, delimiters, damage."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from intake_sample import csv_text

from mspsurvey.errors import ReadError
from mspsurvey.intake.readers.file.delimited import find_delimiter, read_cells, split_rows
from mspsurvey.intake.readers.file.text import decode

TABLE = "name,town\nZoë,Málaga\nBob,Köln\n"


@pytest.mark.parametrize(
    ("encoding", "evidence"),
    [
        ("utf-8", "no byte order mark"),
        ("utf-8-sig", "UTF-8 byte order mark"),
        ("utf-16", "UTF-16 byte order mark"),
        ("utf-16-le", "a zero in every second byte"),
        ("utf-16-be", "a zero in every second byte"),
        ("cp1252", "3 bytes are not UTF-8"),
    ],
)
def test_a_text_reads_the_same_in_every_encoding(encoding, evidence):
    read = decode(TABLE.encode(encoding), name="f.csv")
    assert read.text == TABLE
    assert read.evidence == evidence


def test_stray_cp1252_bytes_in_utf_8_are_mended_and_reported():
    data = "name,town\nZoë,Köln\n".encode() + "Ana,Málaga\n".encode("cp1252")
    read = decode(data, name="f.csv")
    assert read.text == "name,town\nZoë,Köln\nAna,Málaga\n"
    assert read.problems == ("1 bytes are not UTF-8; read as utf-8 with cp1252 bytes",)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\r\r\n"])
def test_every_line_end_is_one_line_feed(end):
    assert decode(f"a,b{end}1,2{end}".encode(), name="f.csv").text == "a,b\n1,2\n"


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf\n", "empty"),
        (b"PK\x03\x04rest", "Excel"),
        (b"%PDF-1.7", "PDF"),
        (bytes(range(256)) * 4, "binary or garbled"),
        (b"\xff\xfe\x00\xd8\x41", "binary or garbled"),
        (b"a,b\n1,\x00\n", "binary or garbled"),
        (b"just words\nmore words\n", "no two columns"),
        (b'a,b\n1,"never ends\n', "never ends"),
        (b"a,b\n1,2,3\n1,2\n", "Row 2 has 3"),
    ],
)
def test_a_file_that_is_no_table_is_one_clear_error(tmp_path, data, word):
    path = tmp_path / "f.csv"
    path.write_bytes(data)
    with pytest.raises(ReadError, match=word) as caught:
        read_cells(path)
    assert caught.value.wanted


def test_a_missing_file_is_a_read_error(tmp_path):
    with pytest.raises(ReadError, match="cannot be opened"):
        read_cells(tmp_path / "none.csv")


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_though_cells_hold_others(delimiter):
    rows = [["a;b,c", "d|e"], ["1,5;2", "3"], ["4", "6"]]
    assert find_delimiter(csv_text(rows, delimiter), name="f") == delimiter


def test_short_rows_are_filled_and_blank_ones_left_out():
    rows, problems = split_rows("a,b,c\n1,2\n,,\n3,4,5,\n", ",", name="f")
    assert rows == [["a", "b", "c"], ["1", "2", ""], ["3", "4", "5"]]
    assert problems == [
        "1 blank rows left out",
        "1 rows are shorter than the header; filled with blanks",
    ]


CELL = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=8)


@given(st.lists(st.tuples(CELL, CELL), min_size=2, max_size=6))
def test_what_was_written_is_read(pairs):
    rows = [["x" + a, "y" + b] for a, b in pairs]
    assert split_rows(csv_text(rows), ",", name="f")[0] == rows


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200))
def test_no_bytes_end_in_another_error_than_a_read_error(tmp_path, data):
    path = tmp_path / "any.csv"
    path.write_bytes(data)
    try:
        cells = read_cells(path)
    except ReadError:
        return
    assert len({len(row) for row in cells.rows}) == 1


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("q," * 6_000 + "q\n" + "1," * 6_000 + "1\n", "at most 6,000 columns"),
        ("a,b\n1," + "x" * 131_073 + "\n", "more than 131,072 characters"),
        ('a,b\n1,"' + "x,y\n" * 40_000, "more than 131,072 characters"),
        ("a,b\n1,2" + "\n" * 1_100_002, "1,100,000 blank rows"),
    ],
)
def test_a_table_beyond_all_bounds_is_one_clear_error(tmp_path, text, word):
    path = tmp_path / "f.csv"
    path.write_text(text)
    with pytest.raises(ReadError, match=word):
        read_cells(path)


def test_a_hundred_thousand_carriage_returns_are_read_at_once():
    assert decode(b"a,b" + b"\r" * 100_000 + b"1,2", name="f.csv").text.endswith("\n1,2")


@pytest.mark.parametrize("line", ["sep=;\n", "SEP=;\r\n", '"sep=;"\n'])
def test_a_line_for_excel_names_the_delimiter_and_is_no_row(tmp_path, line):
    path = tmp_path / "f.csv"
    path.write_text(f"\ufeff{line}a;b\n1,5;2\n", encoding="utf-8", newline="")
    assert read_cells(path).rows == [["a", "b"], ["1,5", "2"]]


def test_a_file_with_the_line_ends_of_old_macintoshes_has_their_letters():
    read = decode("name\rZoë\rKöln\r".encode("mac_roman"), name="f.csv")
    assert (read.text, read.encoding) == ("name\nZoë\nKöln\n", "mac_roman")


def test_lines_that_are_one_quoted_cell_each_are_unpacked_and_reported(tmp_path):
    path = tmp_path / "f.csv"
    path.write_text('"a,""b, c"""\n"1,""2, 3"""\n')
    cells = read_cells(path)
    assert cells.rows == [["a", "b, c"], ["1", "2, 3"]]
    assert cells.problems == ("each line was one quoted cell; the quotes around it are taken off",)


@pytest.mark.parametrize("text", ['"a","b"\n"1","2"\n', '"a ""b""","c"\n"1","2"\n'])
def test_lines_of_several_quoted_cells_are_left_alone(tmp_path, text):
    path = tmp_path / "f.csv"
    path.write_text(text)
    assert (len(read_cells(path).rows[0]), read_cells(path).problems) == (2, ())
