"""Workbooks: what is in them, and what is refused before it is opened."""

from __future__ import annotations

import datetime as dt
import zipfile

import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from old_workbook_sample import write_old_workbook
from sheet_sample import write_workbook

from mspsurvey.errors import ReadError
from mspsurvey.intake.readers.file import archive
from mspsurvey.intake.readers.file.book import number_text, read_book
from mspsurvey.intake.readers.file.packed import MOST_TABLES

CELL = '<table:table-cell office:value-type="string"><text:p>x</text:p></table:table-cell>'
SHEET = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'


def with_sheet(path, cells):
    """Replace the content of the first sheet by hand-written XML."""
    write_workbook(path, {"S": [["x", "y"]]})
    with zipfile.ZipFile(path) as packed:
        parts = {name: packed.read(name) for name in packed.namelist()}
    parts["xl/worksheets/sheet1.xml"] = f"{SHEET}{cells}</sheetData></worksheet>".encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in parts.items():
            packed.writestr(name, data)
    return path


def test_typed_cells_are_said_as_the_platform_would_have(tmp_path):
    row = [1.0, 0.1 + 0.2, 12687305205, 1e-5, True, "1.20", " x ", dt.datetime(2026, 1, 2, 3, 4)]
    cells = read_book(write_workbook(tmp_path / "b.xlsx", {"S": [["h"] * 8, row]})).main
    assert cells.rows[1] == [
        "1", "0.3", "12687305205", "0.00001", "TRUE", "1.20", " x ", "2026-01-02 03:04:00",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("value", "text"), [(-0.0, "0"), (1e20, "1" + 20 * "0"), (1e300, "1e+300"), (1.2, "1.2")]
)
def test_a_number_has_fifteen_digits_at_the_most(value, text):
    assert number_text(value) == text


def test_errors_of_excel_are_kept_as_text_and_reported(tmp_path):
    book = xlsxwriter.Workbook(str(tmp_path / "b.xlsx"))
    for name in ("first", "second"):
        sheet = book.add_worksheet(name)
        sheet.write_row(2, 1, ["q1", "q2"])
        sheet.write_formula(3, 1, "=NA()", None, "#N/A" if name == "second" else "#DIV/0!")
        sheet.write(3, 2, 5)
    book.close()
    first, second = read_book(tmp_path / "b.xlsx").sheets
    assert first.rows == [["q1", "q2"], ["#DIV/0!", "5"]]
    assert first.problems[0] == "2 blank rows left out"
    assert second.rows == [["q1", "q2"], ["#N/A", "5"]]
    assert second.problems[1] == "1 cells hold an error of Excel (#N/A)"


def test_a_hidden_sheet_stands_last_and_is_reported(tmp_path):
    sheets = {"Old": [["a", "b"], [1, 2]], "New": [["a", "b"], [3, 4]]}
    read = read_book(write_workbook(tmp_path / "b.xlsx", sheets, hidden=["Old"]))
    assert [cells.name for cells in read.sheets] == ["New", "Old"]
    assert read.problems == ("the sheet 'Old' is hidden",)


def test_blank_rows_merged_rows_and_cut_names_are_reported(tmp_path):
    name = "A survey of thirty-one letters!"
    assert len(name) == 31
    book = xlsxwriter.Workbook(str(tmp_path / "b.xlsx"))
    sheet = book.add_worksheet(name)
    sheet.write_row(0, 0, ["a", "b"])
    sheet.merge_range("A3:A4", "both")
    sheet.write("B4", "x")
    book.close()
    read = read_book(tmp_path / "b.xlsx")
    assert read.main.rows == [["a", "b"], ["both", ""], ["", "x"]]
    assert read.main.problems == (
        "1 blank rows left out",
        "1 merged areas reach over several rows; only their first row is filled",
    )
    assert read.problems == (f"the name of sheet '{name}' may be cut off at 31 characters",)


def test_a_blank_workbook_is_a_read_error(tmp_path):
    with pytest.raises(ReadError, match="blank"):
        read_book(write_workbook(tmp_path / "b.xlsx", {"S": [["  "]]}))


@pytest.mark.parametrize(
    "cells",
    [
        '<row r="1"><c r="A1"><v>1</v></c></row><row r="9"><c r="XFD1048576"><v>2</v></c></row>',
        '<row r="1"><c r="A1"><v>1</v></c><c r="ZZZZZZ1"><v>2</v></c></row>',
        "<row r='1'><c r='A1'><v>1</v></c></row><row r='5'><c r='C90000000'><v>2</v></c></row>",
        "<row>" + "<c/>" * 17_000 + "<c><v>1</v></c></row>",
        '<row>' + '<c s="1"/>' * 17_000 + "<c><v>1</v></c></row>",
        '<row r="4000001"><c><v>1</v></c></row>',
    ],
)  # fmt: skip
def test_cells_in_far_corners_are_refused_before_memory_is_asked_for(tmp_path, cells):
    with pytest.raises(ReadError, match=r"span [\d,]+ columns"):
        read_book(with_sheet(tmp_path / "b.xlsx", cells))


def test_a_formatted_last_row_is_no_far_corner(tmp_path):
    cells = (
        '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576" s="1"/></row>'
    )
    assert read_book(with_sheet(tmp_path / "b.xlsx", cells)).main.rows == [["1"]]


def test_a_zip_bomb_is_refused_unopened(tmp_path):
    path = tmp_path / "b.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/workbook.xml", "<workbook/>")
        packed.writestr("xl/worksheets/sheet1.xml", b" " * 10_000_000)
    with pytest.raises(ReadError, match="times its size"):
        read_book(path)


def test_one_long_text_in_very_many_cells_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(archive, "LARGEST_WORKBOOK", 100_000)
    rows = [["x" * 20_000]] * 6
    with pytest.raises(ReadError, match="at most 100,000 bytes"):
        read_book(write_workbook(tmp_path / "b.xlsx", {"S": rows}))
    assert len(read_book(write_workbook(tmp_path / "c.xlsx", {"S": rows[:4]})).main.rows) == 4


def test_a_cell_of_a_million_letters_is_refused(tmp_path):
    text = "ab" * 500_000
    cells = f'<row r="1"><c r="A1" t="inlineStr"><is><t>{text}</t></is></c></row>'
    with pytest.raises(ReadError, match="1,000,000"):
        read_book(with_sheet(tmp_path / "b.xlsx", cells))


def test_a_lie_about_the_size_of_a_part_is_a_read_error(tmp_path):
    path = write_workbook(tmp_path / "b.xlsx", {"S": [["a", "b"]]})
    data = path.read_bytes()
    at = data.rindex(b"PK\x01\x02", 0, data.rindex(b"xl/worksheets/sheet1.xml"))
    path.write_bytes(data[: at + 24] + (5).to_bytes(4, "little") + data[at + 28 :])
    with pytest.raises(ReadError, match=r"cannot be unpacked|do not fit together"):
        read_book(path)


def test_a_password_is_said(tmp_path):
    path = tmp_path / "b.xls"
    path.write_bytes(b"\xd0\xcf\x11\xe0" + "EncryptedPackage".encode("utf-16-le"))
    with pytest.raises(ReadError, match="password"):
        read_book(path)


@pytest.mark.parametrize("kind", [".xls", ".xlsb", ".ods"])
def test_workbooks_of_other_kinds_are_read_in_a_process_of_their_own(tmp_path, kind):
    rows = [["q1", "é & ü", ""], [7.0, "x", ""], ["", 0.1, ""]]
    book = read_book(write_old_workbook(tmp_path / f"b{kind}", rows))
    assert book.main.rows == [["q1", "é & ü"], ["7", "x"], ["", "0.1"]]
    assert (book.workbook, book.main.name, book.problems) == (True, "Data", ())


@pytest.mark.parametrize("kind", [".xls", ".xlsb", ".ods"])
def test_half_a_workbook_of_another_kind_is_one_clear_error(tmp_path, kind):
    path = write_old_workbook(tmp_path / f"b{kind}", [["q1", "q2"], ["a", 2.0]])
    path.write_bytes(path.read_bytes()[: 1200 if kind == ".xls" else -40])
    with pytest.raises(ReadError, match=r"cannot be read|cannot be unpacked"):
        read_book(path)


def test_another_kind_of_workbook_has_the_same_bound_when_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr(archive, "LARGEST_WORKBOOK", 500)
    rows = [["x" * 600]]
    for kind in (".xlsb", ".ods"):
        with pytest.raises(ReadError, match="at most 500 bytes"):
            read_book(write_old_workbook(tmp_path / f"b{kind}", rows))


def test_cells_of_another_kind_of_workbook_that_ask_for_all_memory_end_only_there(tmp_path):
    rows = f'<table:table-row table:number-rows-repeated="1000000">{50 * CELL}</table:table-row>'
    path = write_old_workbook(tmp_path / "b.ods", [["a"]])
    with zipfile.ZipFile(path) as packed:
        parts = {name: packed.read(name) for name in packed.namelist()}
    parts["content.xml"] = parts["content.xml"].replace(
        b"</table:table>", rows.encode() + b"</table:table>"
    )
    with zipfile.ZipFile(path, "w") as packed:
        for name, content in parts.items():
            packed.writestr(name, content)
    with pytest.raises(ReadError, match="cannot be read"):
        read_book(path)


@pytest.mark.parametrize(
    ("parts", "word"),
    [
        ({"a.pdf": "1,2", "__MACOSX/a.csv": "x"}, "a zip archive"),
        ({"content.xml": "<x/>", "mimetype": "x"}, "cannot be read"),
        ({"xl/workbook.bin": "x"}, "cannot be read"),
        ({"xl/workbook.xml": "<workbook/>"}, "do not fit together|blank"),
    ],
)
def test_another_zip_is_named(tmp_path, parts, word):
    path = tmp_path / "b.xlsx"
    with zipfile.ZipFile(path, "w") as packed:
        for name, text in parts.items():
            packed.writestr(name, text)
    with pytest.raises(ReadError, match=word):
        read_book(path)


def test_the_tables_in_a_zip_or_a_folder_are_sheets(tmp_path):
    texts = {"form-staff.csv": "n,PARENT_KEY\nA,k\n", "form.csv": "q,KEY\n1,k\n", "a.png": "x"}
    folder = tmp_path / "folder"
    folder.mkdir()
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as packed:
        for name, text in texts.items():
            packed.writestr(name, text)
            (folder / name).write_text(text)
    for path in (tmp_path / "all.zip", folder):
        book = read_book(path)
        assert [c.name for c in book.sheets] == ["form", "form-staff"]
        assert book.problems == (f"{path.name} holds 2 tables: form, form-staff",)


def test_the_one_table_in_a_zip_is_read_as_if_it_lay_outside(tmp_path):
    inside = write_workbook(tmp_path / "in.xlsx", {"S": [["a", "b"], [1, 2]]})
    for name, data in {"in.xlsx": inside.read_bytes(), "in.csv": b"a,b\n1,2\n"}.items():
        path = tmp_path / "one.zip"
        with zipfile.ZipFile(path, "w") as packed:
            packed.writestr(f"folder/{name}", data)
        book = read_book(path)
        assert (book.main.rows, book.problems) == ([["a", "b"], ["1", "2"]], ())


def test_a_zip_with_too_much_in_it_is_refused(tmp_path):
    path = tmp_path / "many.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("bomb.csv", b"a,b\n" * 8_000_000)
    with pytest.raises(ReadError, match="unpack to more"):
        read_book(path)
    with zipfile.ZipFile(path, "w") as packed:
        for k in range(MOST_TABLES + 1):
            packed.writestr(f"{k}.csv", "a,b\n")
    with pytest.raises(ReadError, match="at most 100 tables"):
        read_book(path)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_no_damage_to_a_workbook_ends_in_another_error_than_a_read_error(tmp_path, data):
    path = tmp_path / "whole.xlsx"
    if not path.exists():
        write_workbook(path, {"S": [["q1", "q2"], ["a", 2], ["b", 3.5]], "T": [["x"], [1]]})
    whole = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 6))):
        whole[data.draw(st.integers(4, len(whole) - 1))] = data.draw(st.integers(0, 255))
    damaged = tmp_path / "damaged.xlsx"
    damaged.write_bytes(bytes(whole[: data.draw(st.integers(60, len(whole)))]))
    try:
        book = read_book(damaged)
    except ReadError:
        return
    assert all(len({len(row) for row in cells.rows}) == 1 for cells in book.sheets)


def test_tables_that_are_large_together_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("mspsurvey.intake.readers.file.book.LARGEST_TABLE", 7)
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_text("p,q\n1,2\n")
    with pytest.raises(ReadError, match="at most 7 cells"):
        read_book(tmp_path)
