"""Tables that are measured, put between marks in a page whose words stay."""

from __future__ import annotations

from pathlib import Path


def put(text: str, page: Path, made_by: str) -> None:
    """Put text between the marks ``<!-- made_by -->`` and ``<!-- end -->`` of a page.

    A page without the marks gets them at its end.
    """
    start, end = f"<!-- {made_by} -->", "<!-- end -->"
    old = page.read_text() if page.exists() else ""
    if start not in old:
        old = f"{old}\n{start}\n{end}\n"
    head, _, rest = old.partition(start)
    _, _, tail = rest.partition(end)
    page.write_text(f"{head}{start}\n\n{text}\n\n{end}{tail}")
