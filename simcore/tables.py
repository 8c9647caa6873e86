"""The tables that a run prints."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from .answer_tables import FEW, TextTable, brings, by_month, package_lines, targets, usual_entries, warnings
from .cells import interval, plain_interval, plain_number, signed
from .headline import (
    PlaceMonth,
    PlaceRow,
    Spread,
    average_part,
    first_year,
    has_headings,
    level_effect,
    month_rows,
    place_month,
    place_rows,
    price_paths,
    ranged_over,
    shown_measures,
    subject,
)
from .result import BASELINE, DIMENSIONS, SCENARIO, Result, january_february
from .safeguards import Sum, by_heading, by_tier

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

PRICES = "Prices of all producers, of what households buy, and of the sectors that move most"
NAME = 34  # characters of a first column that leaves room for ten others
OWNERS_DIFFER = (
    "Owners of a sector share its technology and stocks; they differ in their weights and in what they export."
)
MONTHLY_CODES = 6  # up to so many codes a table by month is still legible


def table(result: Result, by: str | None = None, variant: str = SCENARIO) -> RenderableType:
    """The headline table, or effects by ``sector``, ``region`` or ``ownership``; print it with rich."""
    from rich.console import Group

    if by is None:
        shown = (_growth(result, variant), *_contributions(result, variant), *_prices(result, variant))
        return Group(*shown, *_variants(result), *_answers(result, variant), *_remarks(result))
    return Group(_places(result, by, variant), *_monthly_places(result, by, variant), *_place_remarks(result, by))


def clipped(name: str, length: int = 20) -> str:
    """A name that leaves room for the numbers beside it."""
    return name if len(name) <= length else f"{name[: length - 1].rstrip()}…"


def variant_name(name: str) -> str:
    """A variant as tables name it: the file itself is the variant ``scenario``."""
    return "scenario (the file itself)" if name == SCENARIO else name


def _title(result: Result, what: str) -> str:
    against = f"counterfactual: {result.counterfactual}"
    return f"{result.title}: {what}\n{result.periods[0]} to {result.periods[-1]}; {against}"


def _table(title: str, columns: list[str], caption: str = "") -> Table:
    from rich import box
    from rich.table import Table

    made = Table(
        title=title, caption=caption or None, box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0),
        title_justify="left", caption_justify="left",
    )  # fmt: skip
    for i, column in enumerate(columns):
        made.add_column(column, justify="left" if i == 0 else "right", no_wrap=i == 0)
    return made


def _growth(result: Result, variant: str) -> Table:
    drawn = bool(result.n_draws)
    columns = ["Month", "without\n% y/y", "with\n% y/y", *(["5-95 %\n% y/y"] if drawn else []), "effect\npp"]
    columns += ["5-95 %\npp"] if drawn else []
    columns += ["2-year\nwithout\n%", "2-year\nwith\n%", "level\n% of\nbase"]
    columns += ["5-95 %\n% of base"] if drawn else []
    caption = "effect: with less without; 2-year: average growth over two years; level: deviation from the baseline"
    made = _table(
        _title(result, f"industrial value added, growth on the year, without and with {subject(result)}"),
        columns,
        caption,
    )
    for row in month_rows(result, variant):
        cells = [
            row.label,
            plain_number(row.without),
            plain_number(row.with_measures.value),
            *([plain_interval(row.with_measures)] if drawn else []),
            signed(row.difference.value),
        ]
        cells += [interval(row.difference)] if drawn else []
        cells += [
            plain_number(row.two_year_without),
            plain_number(row.two_year_with),
            signed(row.level.value),
        ]
        made.add_row(*cells, *([interval(row.level)] if drawn else []))
    return made


def _contributions(result: Result, variant: str) -> list[RenderableType]:
    if variant != SCENARIO or not result.measures:
        return []
    if len(result.measures) > FEW and has_headings(result):
        return [_text_table(by_month(result)), *_tiers(result)]
    names, groups = shown_measures(result, FEW)
    heads = [short_name(result.measures[g[0]].id) if len(g) == 1 else n for n, g in zip(names, groups, strict=True)]
    made = _table(
        "Contributions to growth on the year by measure, pp; the sum is the effect above",
        ["Month", *heads, "sum"],
    )
    for row in month_rows(result, variant, groups):
        made.add_row(row.label, *(signed(p) for p in row.points), signed(sum(row.points)))
    year = first_year(result)
    parts = [sum(average_part(result, i, periods=year) for i in g) for g in groups]
    title = "first year,\n% of level" if len(result.periods) > 12 else "whole run,\n% of level"
    made.add_section()
    made.add_row(title, *(signed(p) for p in parts), signed(sum(parts)))
    return [made, *_headings(result)]


def _headings(result: Result) -> list[RenderableType]:
    """Sums by measure of the notice, where measures name them, and by tier."""
    return [*_sums(result, "measure of the notice", has_headings(result), by_heading), *_tiers(result)]


def _tiers(result: Result) -> list[RenderableType]:
    return _sums(result, "tier that answers", any(m.responsible for m in result.measures), by_tier)


def _sums(result: Result, title: str, named: bool, sums: Callable[[Result], list[Sum]]) -> list[RenderableType]:
    if not named:
        return []
    drawn = bool(result.n_draws)
    made = _table(
        f"By {title}: sums of the above over the first year, % of the level",
        [title.capitalize(), "entries", "effect", *(["5-95 %"] if drawn else [])],
    )
    for part in sums(result):
        cells = [part.label, str(len(part.members)), signed(part.effect.value, 3)]
        made.add_row(*cells, *([interval(part.effect, 3)] if drawn else []))
    return [made]


def _answers(result: Result, variant: str) -> list[RenderableType]:
    """What the package brings and costs, targets and early warnings."""
    costs = brings(result, usual_entries(result)) if variant == SCENARIO else None
    shown = [t for t in (costs, targets(result), warnings(result, [variant])) if t is not None]
    lines = package_lines(result) if costs else []
    return [*map(_text_table, shown), *map(_text, lines)]


def _text_table(table: TextTable) -> RenderableType:
    made = _table(table.title, table.head, table.note)
    for column in made.columns[: table.text]:
        column.justify = "left"
    for i, row in enumerate(table.rows):
        if table.total and i == len(table.rows) - 1:
            made.add_section()
        made.add_row(clipped(row[0], NAME), *row[1:])
    return made


def _prices(result: Result, variant: str) -> list[RenderableType]:
    paths = price_paths(result, variant)
    if not paths:
        return []
    made = _table(f"{PRICES}, % over the base", ["Month", *(name.replace(" ", "\n") for name in paths)])
    for t, label in enumerate(result.periods):
        made.add_row(label, *(signed(float(path[t])) for path in paths.values()))
    return [made]


def short_name(code: str) -> str:
    """The key of a measure in the file as a narrow head: a word a line."""
    return code.replace("_", "\n").replace("-", "\n")


def _variants(result: Result) -> list[RenderableType]:
    if len(result.variants) <= 2:
        return []
    drawn, longer = bool(result.n_draws), len(result.periods) > 12
    columns = ["Variant", "whole run\n% of base", *(["5-95 %\n% of base"] if drawn else [])]
    columns += ["first year\n% of base", *(["5-95 %\n% of base"] if drawn else [])] if longer else []
    made = _table("Variants: effect on the level of industrial value added", columns)
    for name in result.variants[1:]:
        whole, year = level_effect(result, variant=name), level_effect(result, first_year(result), variant=name)
        cells = [variant_name(name), signed(whole.value), *([interval(whole)] if drawn else [])]
        made.add_row(*cells, *([signed(year.value), *([interval(year)] if drawn else [])] if longer else []))
    return [made]


def _remarks(result: Result) -> list[RenderableType]:
    lines = [f"Counterfactual {result.counterfactual}: {result.counterfactual_text}."]
    if result.n_draws:
        lines.append(f"5-95 %: range over {result.n_draws} draws of the uncertain parameters.")
    lines += (
        [f"Outcome {result.outcome.status}: {result.outcome.message}"] if result.outcome.status != "completed" else []
    )
    lines += [f"Check failed: {c.name}: found {c.found}, asked {c.asked}" for c in result.checks if not c.passed]
    lines += [f"Warning: {w}" for w in result.warnings]
    return [_text(line) for line in lines]


def _text(line: str) -> RenderableType:
    from rich.text import Text

    return Text(line)  # plain: brackets in a title are no markup


def _flagged(result: Result, dimension: str) -> str:
    return ", ".join(f.replace("_", " ") for f in result.flags.get(dimension, ()))


def _places(result: Result, dimension: str, variant: str) -> Table:
    flag, over = _flagged(result, dimension), ranged_over(result, dimension).replace(", ", ",\n")
    drawn, ranged = (
        bool(result.n_draws),
        any(np.isfinite(r.method_low) for r in place_rows(result, dimension, variant)),
    )
    columns = [dimension.capitalize(), "share of\nIVA, %", "effect\nbn CNY"]
    columns += ["range over\n" + over + "\nbn CNY"] if ranged else []
    columns += ["level\n% of\nbase", *(["5-95 %\n% of base"] if drawn else [])]
    columns += ["range over\n" + over + "\n% of base"] if ranged else []
    title = _title(result, f"industrial value added (IVA) by {dimension}" + (f" ({flag})" if flag else ""))
    columns = [result.money.words(c) for c in columns]
    note = result.money.words("effect: sum over the run at 2020 prices; level: average over the run")
    made = _table(title, columns, note)
    for row in place_rows(result, dimension, variant):
        cells = [clipped(row.name), share_cell(row), signed(row.amount, 1)]
        cells += [interval(Spread(0.0, row.amount_low, row.amount_high), 1)] if ranged else []
        cells += [signed(row.level.value), *([interval(row.level)] if drawn else [])]
        cells += [interval(Spread(0.0, row.method_low, row.method_high))] if ranged else []
        made.add_row(*cells)
    return made


def _monthly_places(result: Result, dimension: str, variant: str) -> list[RenderableType]:
    rows = place_rows(result, dimension, variant)
    if not 0 < len(rows) <= MONTHLY_CODES:
        return []
    flag = _flagged(result, dimension)
    made = _table(
        f"Growth on the year with {subject(result)}, % (effect, pp){f'; {flag}' if flag else ''}",
        ["Month", *(clipped(r.name, 14) for r in rows)],
    )
    for label, periods in january_february(result.periods):
        cells = []
        for row in rows:
            place = result.slice_of(dimension, row.code)
            cells.append("\n".join(month_cell(place_month(result, place, periods[-1], variant))))
        made.add_row(label, *cells)
    return [made]


def month_cell(month: PlaceMonth) -> list[str]:
    """Growth with the effect in brackets, then its range where there is one."""
    own = f"{plain_number(month.rate)} ({signed(month.effect)})"
    return [own, f"{plain_number(month.low)} to {plain_number(month.high)}"] if np.isfinite(month.low) else [own]


def share_cell(row: PlaceRow) -> str:
    """Share with its range where there is one."""
    own = plain_number(row.share)
    if not np.isfinite(row.share_low):
        return own
    return f"{own} ({plain_number(row.share_low)} to {plain_number(row.share_high)})"


def _place_remarks(result: Result, dimension: str) -> list[RenderableType]:
    flags = result.flags.get(dimension, ())
    lines = []
    if "estimate" in flags:
        lines.append(f"Figures by {dimension} are estimates, not statistics.")
    if "share_only" in flags:
        lines.append(
            f"share only: results by {dimension} differ through weights alone and are no evidence of behaviour."
        )
    elif dimension == "ownership" and flags:
        lines.append(OWNERS_DIFFER)
    return [_text(line) for line in lines]


__all__ = ["BASELINE", "DIMENSIONS", "interval", "plain_number", "signed", "table"]
