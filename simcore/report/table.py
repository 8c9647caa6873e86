"""A table of the page as text cells, and how single cells are written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..answer_tables import TextTable
from ..records import Figure

MARKS = {
    "F": "found in the source named",
    "C": "computed from the data of this calibration",
    "A": "assumption",
}


DENSE = 10  # columns beyond which cells move closer together


@dataclass(frozen=True)
class HtmlTable:
    """A table of text; the first ``text`` columns are words, the others numbers."""

    caption: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    text: int = 1
    tail: int = 0  # so many last columns are words again
    note: str = ""
    total: bool = False  # the last row is a sum

    def is_number(self, column: int) -> bool:
        """Whether a column holds numbers."""
        return self.text <= column < len(self.head) - self.tail

    @property
    def style(self) -> str:
        """Classes of the style sheet."""
        kinds = {
            "sum": self.total,
            "monthly": self.head[0].lower() == "month",
            "facts": not any(self.head),
            "parameters": bool(self.tail),
            "dense": len(self.head) > DENSE,
        }
        return " ".join(name for name, holds in kinds.items() if holds)


def from_text(table: TextTable) -> HtmlTable:
    """A table that a terminal shows, too."""
    head = [h.replace("-\n", "-").replace("\n", " ") for h in table.head]
    return HtmlTable(table.title, head, table.rows, text=table.text, note=table.note, total=table.total)


def figure_text(value: Figure) -> str:
    """A number with four digits that count, text as it is, a dash for nothing."""
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return "–"
    if isinstance(value, str):
        return value
    text = f"{value:.4g}"
    return f"{value:,.0f}" if "e+" in text else text


def or_dash(text: str) -> str:
    """The text, or a dash for none."""
    return text or "–"


def joined(*texts: str) -> str:
    """The texts that are there, or a dash."""
    return or_dash("; ".join(t for t in texts if t))


def span(low: Figure, high: Figure) -> str:
    """``0.1 to 0.6``; a distribution in words stands in ``low`` alone."""
    if low is None and high is None:
        return "–"
    return figure_text(low) if high is None else f"{figure_text(low)} to {figure_text(high)}"


def money(value: float) -> str:
    """bn yuan with one digit, a dash for nothing."""
    text = f"{value:,.1f}"
    return "–" if text in ("0.0", "-0.0") else text


def marks() -> str:
    """What the marks mean."""
    return "; ".join(f"{mark} {meaning}" for mark, meaning in MARKS.items())
