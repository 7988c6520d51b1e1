"""Markup that goes into a page: prose, and HTML from outputs made safe.

Text in outputs came out of answers and is hostile until it has passed here.
"""

from __future__ import annotations

import re
from html import escape

import mistune
from bs4 import BeautifulSoup
from bs4.element import PreformattedString, Tag

from mspsurvey.errors import PublicationError
from mspsurvey.publish.page.figure import svg_uri

_TAGS = frozenset((
    "a", "abbr", "article", "aside", "b", "blockquote", "br", "caption", "cite", "code",
    "col", "colgroup", "dd", "del", "details", "div", "dl", "dt", "em", "figcaption",
    "figure", "footer", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "i", "img", "ins",
    "kbd", "li", "mark", "ol", "p", "pre", "q", "s", "samp", "section", "small", "span",
    "strong", "sub", "summary", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "time",
    "tr", "u", "ul", "var",
))  # fmt: skip
_ATTRIBUTES = frozenset((
    "alt", "class", "colspan", "datetime", "dir", "headers", "height", "href", "id", "lang",
    "open", "role", "rowspan", "scope", "src", "start", "style", "title", "width",
))  # fmt: skip
_EXECUTES = ("script", "iframe", "object", "embed", "canvas", "form", "input", "link", "meta")
_SCHEME = re.compile(r"https?://", re.IGNORECASE)
_HAS_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:|[/\\]{2}|\\", re.IGNORECASE)
_UNSEEN = re.compile(r"[\x00-\x20]+")
"""Characters that a browser passes over in an address, so that "java\\nscript:" would run."""
_HARMFUL_STYLE = re.compile(r"url\s*\(|expression|@import|position\s*:|\\", re.IGNORECASE)


def markdown(source: str, *, trusted: bool) -> str:
    """Turn Markdown into HTML.

    There is no mathematics: "$110 and $150" are prices here.

    Parameters
    ----------
    source : str
        Text as written.
    trusted : bool
        True for the author's own cells, whose HTML is kept where it is harmless; False for
        outputs, in which HTML is shown as the text that it is.
    """
    render = mistune.create_markdown(
        escape=not trusted, plugins=["table", "strikethrough", "footnotes"]
    )
    return clean(str(render(source)))


def clean(markup: str) -> str:
    """Keep the harmless part of some HTML.

    Raises
    ------
    PublicationError
        Where it holds something that would run or load, or a picture without words: leaving
        it out in silence would make a figure vanish.
    """
    soup = BeautifulSoup(markup, "html.parser")
    running = soup.find(_EXECUTES)
    if isinstance(running, Tag):
        raise PublicationError(
            "Outputs that are text, tables or pictures were wanted.",
            f"One holds the HTML element <{running.name}>, which would run or load something.",
            "End the cell with the figure itself, not with HTML made from it.",
        )
    for picture in soup.find_all("svg"):
        picture.replace_with(_drawing(picture))
    for style in soup.find_all("style"):
        style.decompose()
    # A browser ends a comment, or what it takes for one, earlier than the parser does.
    for hidden in soup.find_all(string=lambda text: isinstance(text, PreformattedString)):
        hidden.extract()
    for tag in soup.find_all(True):
        if tag.name not in _TAGS:
            tag.unwrap()
        else:
            _clean_attributes(tag)
    return str(soup)


def _drawing(svg: Tag) -> Tag:
    title = svg.find("title")
    alt = str(svg.get("aria-label") or "") or (title.get_text() if title else "")
    if not alt.strip():
        raise _without_words("a drawing (svg)")
    address, _ = svg_uri(str(svg).replace("viewbox=", "viewBox="))
    image = BeautifulSoup("", "html.parser").new_tag("img")
    image["src"], image["alt"] = address, alt.strip()
    return image


def _clean_attributes(tag: Tag) -> None:
    for name in list(tag.attrs):
        if name not in _ATTRIBUTES and not name.startswith("aria-"):
            del tag[name]
    if _HARMFUL_STYLE.search(str(tag.get("style", ""))):
        del tag["style"]
    if tag.name == "img":
        if not str(tag.get("src", "")).startswith("data:image/"):
            raise PublicationError(
                "Pictures inside the page were wanted.",
                f"One is asked for from {str(tag.get('src', ''))[:60]!r}.",
                "Draw it in the notebook, so that the page needs no other file.",
            )
        if not str(tag.get("alt", "")).strip():
            raise _without_words("a picture (img)")
    if tag.name == "a":
        _clean_link(tag)


def _clean_link(link: Tag) -> None:
    """Write a link to the network out as text; keep those into the study and to a mailbox."""
    href = _UNSEEN.sub("", str(link.get("href", "")))
    if not _HAS_SCHEME.match(href) or href.lower().startswith("mailto:"):
        return
    address = _SCHEME.sub("", href).rstrip("/")
    if href.lower().startswith(("http:", "https:")) and address not in link.get_text():
        link.append(f" ({address})")
    link.unwrap()


def _without_words(what: str) -> PublicationError:
    return PublicationError(
        "A picture with alternative text was wanted.",
        f"{what.capitalize()} has none.",
        "Give it an alt text (aria-label or <title> for svg).",
    )


def plain(text: str) -> str:
    """Show text as text: escaped, without the colours of a terminal."""
    bare = re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", text)
    return f'<pre class="text">{escape(bare)}</pre>' if bare.strip() else ""
