"""Effects by sector, region and class of owner."""

from __future__ import annotations

import numpy as np

from ..headline import PlaceRow, Spread, place_month, place_rows, ranged_over, subject
from ..result import SCENARIO, Result, january_february
from ..tables import OWNERS_DIFFER, interval, month_cell, share_cell, signed
from .table import HtmlTable, or_dash
from .words import short_month

MONTHLY_CODES = 6  # up to so many codes a table by month is still legible


def place(result: Result, dimension: str, variant: str) -> tuple[str, str, list[HtmlTable]]:
    """Title, remark and tables of one dimension."""
    rows = place_rows(result, dimension, variant)
    flags = result.flags.get(dimension, ())
    flagged = f" ({', '.join(f.replace('_', ' ') for f in flags)})" if flags else ""
    tables = [_average(result, dimension, rows, flagged)]
    if len(rows) <= MONTHLY_CODES:
        tables.append(_monthly(result, dimension, variant, [r.code for r in rows], flagged))
    return f"By {dimension}", remark(dimension, flags), tables


def _average(result: Result, dimension: str, rows: list[PlaceRow], flagged: str) -> HtmlTable:
    drawn, ranged = bool(result.n_draws), any(np.isfinite(r.method_low) for r in rows)
    over = ranged_over(result, dimension)
    head = [dimension.capitalize(), "", "share of industrial value added, %", "effect, bn yuan"]
    head += [f"range over {over}, bn yuan"] if ranged else []
    head += ["effect on the level, %", *(["5-95 % of draws, %"] if drawn else [])]
    head += [f"range over {over}, %"] if ranged else []
    cells = []
    for r in rows:
        chinese = result.name(dimension, r.code, chinese=True)
        line = [r.name, chinese if chinese != r.code else "", share_cell(r), signed(r.amount, 1)]
        line += [_ends(r.amount_low, r.amount_high, 1)] if ranged else []
        line += [signed(r.level.value), *([interval(r.level)] if drawn else [])]
        line += [_ends(r.method_low, r.method_high, 2)] if ranged else []
        cells.append(line)
    note = "Effect: sum over the run at 2020 prices. Effect on the level: in % of the level without."
    if ranged and dimension == "ownership":
        note += (
            " The range is what other shares of the classes in each sector, and another difference in exports between "
            "them, would give. Weights decide the bn yuan of a class; its per cent hardly depend on them, since owners "
            "of a sector share its technology."
        )
    elif ranged:
        note += " The range over methods is the least and the largest value over ways to estimate trade of regions."
    head, note = [result.money.words(h) for h in head], result.money.words(note)
    return HtmlTable(f"Effect by {dimension}{flagged}, average over the run", head, cells, text=2, note=note)


def _ends(low: float, high: float, digits: int) -> str:
    return or_dash(interval(Spread(0.0, low, high), digits) if np.isfinite(low) else "")


def _monthly(result: Result, dimension: str, variant: str, codes: list[str], flagged: str) -> HtmlTable:
    cells = []
    for label, periods in january_february(result.periods):
        line = [short_month(label)]
        for code in codes:
            where = result.slice_of(dimension, code)
            line.append("; ".join(month_cell(place_month(result, where, periods[-1], variant))))
        cells.append(line)
    caption = f"Growth on the year with {subject(result)}, %, and in brackets the effect, pp{flagged}"
    note = "" if not flagged else "The growth rates follow from national growth by sector and the estimated weights."
    if dimension == "ownership" and variant == SCENARIO and result.ranges:
        note += f" After them the range of growth over {ranged_over(result, dimension)}."
    return HtmlTable(caption, ["Month", *(result.name(dimension, c) for c in codes)], cells, note=note)


def remark(dimension: str, flags: tuple[str, ...]) -> str:
    """What a reader must know of an estimated dimension."""
    text = ""
    if "estimate" in flags:
        text = f"Figures by {dimension} are estimates, not statistics: see the table of estimates below. "
    if "share_only" in flags:
        text += "Share only: differences come from weights alone and are no evidence on behaviour."
    elif dimension == "ownership" and flags:
        text += OWNERS_DIFFER
    return text.strip()
