"""How numbers are written in the cells of tables."""

from __future__ import annotations

import numpy as np

from .headline import Spread


def signed(value: float, digits: int = 2) -> str:
    """A difference with its sign, 0.00 where it rounds to nothing; a dash where there is none."""
    if not np.isfinite(value):
        return "–"
    text = f"{value:+.{digits}f}"
    return text[1:] if float(text) == 0.0 else text


def plain_number(value: float, digits: int = 1) -> str:
    """A level or a rate; a dash where there is none."""
    if not np.isfinite(value):
        return "–"
    text = f"{value:.{digits}f}"
    return text.removeprefix("-") if float(text) == 0.0 else text


def interval(spread: Spread, digits: int = 2) -> str:
    """``0.10 to 0.32``, or nothing without draws."""
    return f"{signed(spread.low, digits)} to {signed(spread.high, digits)}" if spread.has_range else ""


def plain_interval(spread: Spread, digits: int = 1) -> str:
    """The same of levels, without signs."""
    if not spread.has_range:
        return ""
    return f"{plain_number(spread.low, digits)} to {plain_number(spread.high, digits)}"
