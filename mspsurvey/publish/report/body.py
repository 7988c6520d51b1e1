"""Body of a page brought into order: title, headings, contents, tables, addresses."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bs4 import BeautifulSoup
from bs4.element import AttributeValueList, NavigableString, Tag
from markupsafe import Markup

from mspsurvey.files import slug
from mspsurvey.publish.page.figure import NUMBER

_SCHEME = re.compile(r"https?://", re.IGNORECASE)
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")


@dataclass(frozen=True)
class Heading:
    """One line of the contents list."""

    level: int
    id: str
    text: str


@dataclass(frozen=True)
class Body:
    """Body of a page, with what was found in it."""

    markup: Markup
    title: str
    lead: Markup
    contents: tuple[Heading, ...]


def finish(markup: str) -> Body:
    """Bring a whole body into order.

    The first h1 becomes the page's title, later ones h2; no level is skipped; each heading
    has an id of its own; code of cells that follow one another is folded in one place; tables get
    captions and scopes; addresses lose their scheme.
    """
    soup = BeautifulSoup(markup, "html.parser")
    title, lead = _take_title(soup)
    contents = _order_headings(soup)
    _join_code(soup)
    for table in soup.find_all("table"):
        _mend_table(soup, table)
    _write_addresses_out(soup)
    return Body(Markup(str(soup)), title, Markup(lead), tuple(contents))


def _join_code(soup: BeautifulSoup) -> None:
    """Move code that is folded right after other code into the same fold."""
    # The last goes first, so that three in a row end in one.
    for later in reversed(soup.select("details.code + details.code")):
        earlier = later.find_previous_sibling("details")
        assert isinstance(earlier, Tag)  # the selector says so
        anchor = soup.new_tag("span", attrs={"id": str(later.get("id", ""))})
        earlier.extend([anchor, *later.find_all(recursive=False)[1:]])
        later.decompose()


def mended_table(markup: str) -> str:
    """Bring a table that stands by itself into order, as ``finish`` does with a page's."""
    soup = BeautifulSoup(markup, "html.parser")
    for table in soup.find_all("table"):
        _mend_table(soup, table)
    return str(soup)


def _write_addresses_out(soup: BeautifulSoup) -> None:
    """Take the scheme off each address: to be read, not to be followed."""
    for text in soup.find_all(string=_SCHEME):
        if isinstance(text.parent, Tag) and text.parent.name != "script":
            text.replace_with(NavigableString(_SCHEME.sub("", str(text))))
    for name in ("alt", "title", "aria-label"):
        for tag in soup.select(f"[{name}*='://']"):
            tag[name] = _SCHEME.sub("", str(tag[name]))


def _take_title(soup: BeautifulSoup) -> tuple[str, str]:
    """Take the first h1 and the paragraph right after it out of the body."""
    heading = soup.find("h1")
    if not isinstance(heading, Tag):
        return "", ""
    lead = heading.find_next_sibling()
    heading.extract()
    title = heading.get_text(" ", strip=True)
    if not (isinstance(lead, Tag) and lead.name == "p"):
        return title, ""
    lead["class"] = "lead"
    return title, _SCHEME.sub("", str(lead.extract()))


def _order_headings(soup: BeautifulSoup) -> list[Heading]:
    contents: list[Heading] = []
    seen: dict[str, int] = {}
    before = 1
    for heading in soup.find_all(_HEADINGS):
        level = max(2, min(int(heading.name[1]), before + 1))
        heading.name, before = f"h{level}", level
        text = heading.get_text(" ", strip=True)
        name = slug(text.lower())[:60].strip("-") or "section"
        seen[name] = seen.get(name, 0) + 1
        heading["id"] = name if seen[name] == 1 else f"{name}-{seen[name]}"
        contents.append(Heading(level, str(heading["id"]), text))
    return contents


def _mend_table(soup: BeautifulSoup, table: Tag) -> None:
    """Give a table caption, scopes and a frame that scrolls on a narrow screen."""
    for tag in (table, *table.find_all("tr")):
        del tag["style"]
    _fold_index_names(table)
    if table.find("caption") is None:
        table.insert(0, _caption(soup, table))
    for cell in table.find_all("th"):
        _mend_header(cell)
    _align_numbers(table)
    if table.parent is None or "scroll" not in _classes(table.parent):
        table.wrap(soup.new_tag("div", attrs={"class": "scroll"}))


def _fold_index_names(table: Tag) -> None:
    """Put the names of a pandas index into the header row, where a table has one header."""
    rows = table.select("thead tr")
    if len(rows) != 2:
        return
    upper, lower = (r.find_all(("th", "td"), recursive=False) for r in rows)
    texts = [
        (u.get_text(strip=True), d.get_text(strip=True))
        for u, d in zip(upper, lower, strict=False)
    ]
    if len(upper) == len(lower) and all(not (u and d) for u, d in texts):
        for above, (_, below) in zip(upper, texts, strict=True):
            if below:
                above.string = below
        rows[1].decompose()


def _caption(soup: BeautifulSoup, table: Tag) -> Tag:
    """Make a caption of a great-tables heading, or of the section's heading."""
    caption = soup.new_tag("caption")
    titles = table.select("td.gt_heading")
    if titles:
        for place, cell in enumerate(titles):
            part = soup.new_tag("span" if place else "strong")
            part.extend(list(cell.children))
            caption.extend([part, " "])
        for row in table.select("tr.gt_heading"):
            row.decompose()
        del table["aria-labelledby"]
        return caption
    heading = table.find_previous(_HEADINGS)
    caption["class"] = "unseen"
    caption.string = f"Table: {heading.get_text(' ', strip=True)}" if heading else "Table"
    return caption


def _mend_header(cell: Tag) -> None:
    if not cell.get_text(strip=True):
        cell.name = "td"  # an empty header says nothing, and axe refuses it
        del cell["scope"]
    elif not cell.get("scope"):
        cell["scope"] = "col" if cell.find_parent("thead") else "row"


def _align_numbers(table: Tag) -> None:
    """Set whole columns of numbers, with their headers, to the right."""
    body = [r.find_all(("td", "th"), recursive=False) for r in table.select("tbody tr")]
    heads = [r.find_all(("td", "th"), recursive=False) for r in table.select("thead tr")[-1:]]
    width = max((len(row) for row in body), default=0)
    whole = [row for row in body if len(row) == width]
    for place in range(width):
        texts = [row[place].get_text(" ", strip=True) for row in whole]
        if any(texts) and all(NUMBER.match(text) for text in texts):
            for row in (*whole, *(h for h in heads if len(h) == width)):
                row[place]["class"] = _with_class(row[place], "num")


def _classes(tag: Tag) -> list[str]:
    given = tag.get("class")
    return list(given) if isinstance(given, list) else str(given or "").split()


def _with_class(tag: Tag, name: str) -> AttributeValueList:
    return AttributeValueList(dict.fromkeys([*_classes(tag), name]))
