"""What all pages wear: colours, fonts, style sheet, and what a browser may load for them.

Pages stand alone: style, fonts and script are inside, and a content security policy forbids
everything else. Only the interactive library lies beside the pages, one copy for all.
"""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from pathlib import Path

from markupsafe import Markup

from mspsurvey.errors import PublicationError
from mspsurvey.publish import theme

HERE = Path(__file__).parent.parent
TEMPLATES = HERE / "templates"
FONTS = HERE / "fonts"
PLOTLY = "assets/plotly.min.js"
"""Where a page looks for the interactive library, relative to itself."""

_ADDRESS = re.compile(r"https?:|(?:src|href)=[\"']//|url\(\s*[\"']?//", re.IGNORECASE)
_WEIGHTS = {"Light": 300, "Regular": 400, "Medium": 500, "SemiBold": 600, "Bold": 700}
_FIXED_PARTS = ("shared/press.css", "shared/figure.css")


@cache
def stylesheet(*parts: str) -> str:
    """Style of a page: tokens of the theme, fonts, the shared sheets, then ``parts``.

    Parameters
    ----------
    *parts : str
        Names of further sheets under ``templates``.
    """
    sheets = [read(name) for name in (*_FIXED_PARTS, *parts)]
    return _squeeze("\n".join([_tokens(), font_faces(FONTS), *sheets]))


def read(name: str) -> str:
    """Read one of the files that templates include."""
    return (TEMPLATES / name).read_text(encoding="utf-8")


def font_faces(folder: Path) -> str:
    """Declare each font of a folder, with the font itself inside the declaration.

    A page from the disk may not load a font from beside it in every browser; 25 kB a font is
    less than one photograph. The name of a file is ``FamilyName-Weight.woff2``.
    """
    return "\n".join(_font_face(p) for p in sorted(folder.glob("*.woff2")))


def policy(script: str) -> str:
    """Content security policy: nothing from the network, and no script but this one.

    The page's own script is allowed by its hash, not by 'unsafe-inline': a script that came
    in with somebody's answer would stay dead.
    """
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode("ascii")
    return (
        f"default-src 'none'; script-src 'self' 'sha256-{digest}'; style-src 'unsafe-inline'; "
        "img-src 'self' data: blob:; font-src data:; base-uri 'none'; form-action 'none'"
    )


def css_text(text: str) -> Markup:
    """Write a text as a string of a style sheet: no letter of it can end the string."""
    safe = "".join(c if c.isalnum() or c in " .,:;-" else f"\\{ord(c):06x}" for c in text)
    return Markup(f'"{safe}"')


def require_no_address(page: str) -> None:
    """Raise where a page holds an address that a browser could go to."""
    found = _ADDRESS.search(page)
    if found:
        around = page[max(0, found.start() - 60) : found.end() + 60]
        raise PublicationError(
            "A page that asks nothing of the network was wanted.",
            f"It holds an address: …{around}…",
            "Write the address without http:, as text.",
        )


def _font_face(path: Path) -> str:
    family, _, weight = path.stem.partition("-")
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", family)
    style = "italic" if weight.endswith("Italic") else "normal"
    number = _WEIGHTS.get(weight.removesuffix("Italic") or "Regular", 400)
    packed = base64.b64encode(path.read_bytes()).decode("ascii")
    return (
        f'@font-face{{font-family:"{words}";font-weight:{number};font-style:{style};'
        f"font-display:swap;src:url(data:font/woff2;base64,{packed}) format('woff2')}}"
    )


def _tokens() -> str:
    names = {
        "ink": theme.INK,
        "muted": theme.MUTED,
        "paper": theme.PAPER,
        "rule": theme.RULE,
        "grid": theme.GRID,
        "accent": theme.ACCENT,
        "stamp": theme.STAMP,
        "link": theme.FIXED["base_class"]["met"].colour,
        "tint": theme.HELD_BACK_FILL,
        "family": theme.FALLBACK,
    }
    return ":root{" + "".join(f"--{k}:{v};" for k, v in names.items()) + "}"


def _squeeze(css: str) -> str:
    """Leave out comments and indents, which no reader of the page needs."""
    bare = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    return "\n".join(line.strip() for line in bare.splitlines() if line.strip())
