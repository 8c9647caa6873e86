"""Two runs held against each other: faster, slower, the same, or more noise than difference."""

from __future__ import annotations

import json
from collections.abc import Iterable
from math import hypot
from pathlib import Path
from typing import NamedTuple

from .measure import Row
from .show import text_table

LEAST = 0.05  # a change below it is none: code layout and memory addresses alone move kernels by per cents
TOO_NOISY = 0.15  # a spread above it hides changes that matter


class Change(NamedTuple):
    """One case at one size, old and new, each over the reference kernel of its own run."""

    case: str
    size: str
    old: float
    new: float
    noise: float

    @property
    def verdict(self) -> str:
        """In a word."""
        ratio = self.new / self.old
        if max(ratio, 1.0 / ratio) - 1.0 > max(LEAST, self.noise):
            return "faster" if ratio < 1.0 else "SLOWER"
        return "cannot tell" if self.noise > TOO_NOISY else "same"


def changes(old: Iterable[Row], new: Iterable[Row]) -> list[Change]:
    """What both runs measured."""
    before = {(row.case, row.size): row for row in old}
    found = []
    for row in new:
        other = before.get((row.case, row.size))
        if other is not None:
            noise = hypot(row.time.spread, other.time.spread)
            times = [r.time.median / r.reference for r in (other, row)]
            found.append(Change(row.case, f"{row.size} {row.along}", times[0], times[1], noise))
    return found


def shown(found: Iterable[Change]) -> str:
    """The table."""
    rows = [
        (c.case, c.size, f"{c.old:.3g}", f"{c.new:.3g}", f"{c.new / c.old - 1.0:+.0%}", f"{c.noise:.0%}", c.verdict)
        for c in found
    ]
    return text_table(("case", "size", "old", "new", "change", "noise", "verdict"), rows)


def read(path: Path) -> list[Row]:
    """The rows of a file that a run wrote.

    Raises
    ------
    ValueError
        If the file holds something else.
    """
    try:
        return [Row.from_json(values) for values in json.loads(path.read_text(encoding="utf-8"))["rows"]]
    except (OSError, ValueError, KeyError, TypeError) as problem:
        raise ValueError(f"{path}: no figures of an earlier run ({problem}); write them with --json {path}") from None
