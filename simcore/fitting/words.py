"""Text of reports in Markdown."""

from __future__ import annotations

import textwrap

WIDTH = 116


def paragraphs(*texts: str) -> str:
    """Paragraphs as they stand in the source, however indented there, filled to one width."""
    filled = (textwrap.fill(" ".join(t.split()), WIDTH, break_long_words=False, break_on_hyphens=False) for t in texts)
    return "\n\n".join(filled)
