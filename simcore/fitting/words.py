"""Text of reports in Markdown."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable

WIDTH = 116


def paragraphs(*texts: str) -> str:
    """Paragraphs as they stand in the source, however indented there, filled to one width."""
    filled = (textwrap.fill(" ".join(t.split()), WIDTH, break_long_words=False, break_on_hyphens=False) for t in texts)
    return "\n\n".join(filled)


def table(head: list[str], rows: Iterable[Iterable[object]]) -> str:
    """A table of Markdown; bars in cells become slashes."""
    lines = ["| " + " | ".join(head) + " |", "| " + " | ".join("---" for _ in head) + " |"]
    lines += ["| " + " | ".join(str(cell).replace("|", "/") for cell in row) + " |" for row in rows]
    return "\n".join(lines)
