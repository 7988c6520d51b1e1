"""Banners as HTML and as workbooks."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from banner_cases import counts, frame, survey

from mspsurvey.inference.banner.banner import Banner
from mspsurvey.publish.banner_sheet import write_workbook
from mspsurvey.publish.banner_table import from_banner, to_html

SPACE = {"m": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
SECRET = {
    ("none", "s"): 2, ("some", "s"): 90, ("all", "s"): 110,
    ("none", "m"): 120, ("some", "m"): 100, ("all", "m"): 80,
    ("none", "l"): 100, ("some", "l"): 100, ("all", "l"): 100,
}  # fmt: skip


def made() -> Banner:
    return survey().banner(["mfa", "size", "tools", "score"], ["size", "region"])


def body(page: str) -> str:
    return page[page.index("</style>") :]


def test_every_header_that_a_cell_names_is_there_once() -> None:
    page = body(to_html(made()))
    ids = re.findall(r'id="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    named = {name for found in re.findall(r'headers="([^"]+)"', page) for name in found.split()}
    assert named <= set(ids)


def test_a_group_with_the_words_of_a_heading_keeps_an_id_of_its_own() -> None:
    # "Staff" is an item and a heading.
    page = body(to_html(made()))
    groups = re.findall(r'<th class="gt_group_heading"[^>]* id="([^"]*)"', page)
    assert len(groups) == 4
    assert all(re.search(r"-item-\d$", g) for g in groups)


def test_bases_letters_and_headings_are_shown() -> None:
    page = body(to_html(made(), title="Security", note="A note."))
    assert "Base (respondents)" in page
    assert "Base (weighted)" in page
    assert "1 to 9 (A)" in page
    assert re.search(r">\d+% AB<", page)
    assert "Holm over all of them" in page
    assert "A note." in page
    assert "SYNTHETIC DATA." in page


def test_a_suppressed_cell_shows_no_number() -> None:
    banner = counts(SECRET).banner("mfa", ["size"])
    page = body(to_html(banner))
    assert page.count(">[c]<") == int(banner.data["verdict"].eq("suppress").sum())
    assert "[c] suppressed" in page


def test_two_builds_of_a_page_are_equal_and_its_id_is_of_the_content() -> None:
    assert to_html(made()) == to_html(made())
    one = re.search(r'id="(banner-[0-9a-f]{10})"', to_html(made()))
    two = re.search(r'id="(banner-[0-9a-f]{10})"', to_html(survey().banner("mfa", ["region"])))
    assert one is not None
    assert two is not None
    assert one.group(1) != two.group(1)


def test_answers_cannot_bring_markup() -> None:
    data = frame().assign(mfa=lambda f: f["mfa"].replace("all", "<script>x</script>"))
    page = body(to_html(survey(data, instrument=None).banner("mfa", ["size"])))
    assert "<script>" not in page


def test_it_is_a_great_table() -> None:
    assert type(from_banner(made())).__name__ == "GT"


# ---- workbook ---------------------------------------------------------------------------


def workbook(path: Path) -> dict[str, str]:
    with zipfile.ZipFile(path) as book:
        return {name: book.read(name).decode() for name in book.namelist() if "xml" in name}


def cells(path: Path, sheet: int) -> dict[str, tuple[str, str]]:
    """Type and value of each cell of a sheet, texts resolved."""
    parts = workbook(path)
    strings = [
        "".join(t.text or "" for t in item.iter(f"{{{SPACE['m']}}}t"))
        for item in ET.fromstring(parts["xl/sharedStrings.xml"])
    ]
    found = {}
    for cell in ET.fromstring(parts[f"xl/worksheets/sheet{sheet}.xml"]).iter(f"{{{SPACE['m']}}}c"):
        value = cell.find("m:v", SPACE)
        if value is not None and value.text is not None:
            kind = cell.get("t", "n")
            found[cell.get("r", "")] = (
                (kind, strings[int(value.text)]) if kind == "s" else (kind, value.text)
            )
    return found


def test_two_writings_of_a_workbook_are_the_same_bytes(tmp_path: Path) -> None:
    one = write_workbook(made(), tmp_path / "a.xlsx").read_bytes()
    two = write_workbook(made(), tmp_path / "b.xlsx").read_bytes()
    assert one == two
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.xlsx", "b.xlsx"]


def test_shares_are_numbers_with_a_percent_format_that_bears_the_letters(tmp_path: Path) -> None:
    path = write_workbook(made(), tmp_path / "a.xlsx")
    sheet = cells(path, 1)
    total = made().wide().iloc[0, 0]
    # Title, subtitle, headings, labels, the item, two bases: "None" is in row 8.
    assert sheet["A8"] == ("s", "None")
    assert sheet["B8"][0] == "n"
    assert float(sheet["B8"][1]) == pytest.approx(total)
    styles = workbook(path)["xl/styles.xml"]
    assert "0%&quot; AB&quot;" in styles


def test_a_suppressed_cell_is_a_mark_and_no_sheet_has_its_number(tmp_path: Path) -> None:
    banner = counts(SECRET).banner("mfa", ["size"])
    path = write_workbook(banner, tmp_path / "a.xlsx")
    hidden = banner.data[banner.data["verdict"].eq("suppress")]
    assert len(hidden) >= 4
    for sheet in (1, 2):
        texts = [value for kind, value in cells(path, sheet).values() if kind == "s"]
        assert texts.count("[c]") >= len(hidden)
        numbers = [float(v) for kind, v in cells(path, sheet).values() if kind == "n"]
        for number in hidden["estimate"]:
            # 1/3 of a column is also shown elsewhere; the two firms' share is nowhere.
            if abs(number - 1 / 3) > 1e-6:
                assert all(abs(number - n) > 1e-9 for n in numbers)


def test_a_small_base_is_nowhere_in_the_workbook(tmp_path: Path) -> None:
    few = {k: v for k, v in SECRET.items() if k[1] != "s"} | {("all", "s"): 7}
    path = write_workbook(counts(few).banner("mfa", ["size"]), tmp_path / "a.xlsx")
    for sheet in (1, 2):
        values = cells(path, sheet).values()
        assert ("s", "<10") in values
        assert ("n", "7") not in values


def test_text_that_a_spreadsheet_would_run_is_neutralised(tmp_path: Path) -> None:
    data = frame().assign(mfa=lambda f: f["mfa"].replace("all", "=cmd|' /C calc'!A0"))
    banner = survey(data, instrument=None).banner("mfa", ["size"])
    path = write_workbook(banner, tmp_path / "a.xlsx", title="@SUM(1)")
    parts = workbook(path)
    assert all("<f>" not in text for name, text in parts.items() if "worksheets" in name)
    texts = [v for s in (1, 2, 3) for kind, v in cells(path, s).values() if kind == "s"]
    assert "'=cmd|' /C calc'!A0" in texts
    assert not [t for t in texts if t.startswith(("=", "@", "+"))]


def test_the_notes_say_how_columns_were_compared_and_that_data_are_synthetic(
    tmp_path: Path,
) -> None:
    path = write_workbook(made(), tmp_path / "a.xlsx")
    notes = " ".join(value for _, value in cells(path, 3).values())
    assert "Holm" in notes
    assert "SYNTHETIC DATA." in notes
