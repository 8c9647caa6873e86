"""What the report's page shows: every table as text cells, every sentence, every figure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ..answer_tables import by_month, targets, usual_entries, warnings
from ..attribution import EXACT_LIMIT, PAIRS
from ..cells import plain_interval
from ..headline import (
    MonthRow,
    first_year,
    first_year_part,
    level_effect,
    month_rows,
    place_rows,
    price_paths,
    shown_measures,
    subject,
)
from ..result import DIMENSIONS, SCENARIO, Result
from ..safeguards import by_heading, by_tier
from ..tables import PRICES, interval, plain_number, signed, variant_name
from . import basis
from .costs import cost_tables, detail_tables, sizes
from .places import place
from .table import HtmlTable, from_text, marks, or_dash
from .words import base_effects, first_months, headline, month_name, short_month

if TYPE_CHECKING:
    from .forecast import Section


@dataclass(frozen=True)
class Page:
    """All that the template needs."""

    result: Result
    first: str
    last: str
    headline: list[str]
    base_effects: list[str]
    figures: Mapping[str, tuple[str, str]]
    subject: str
    growth: HtmlTable
    prices: HtmlTable | None
    variants: HtmlTable | None
    contributions: list[HtmlTable]
    contribution_details: list[tuple[str, HtmlTable]]  # titles and tables that unfold
    watching: list[HtmlTable]  # targets and early warnings
    sizes: HtmlTable | None
    costs: list[HtmlTable]
    cost_details: list[tuple[str, HtmlTable]]  # titles and tables that unfold
    places: list[tuple[str, str, list[HtmlTable]]]  # title, remark, tables
    assumptions: list[tuple[str, HtmlTable]]  # of each measure and part of the model
    marks: str
    estimates: HtmlTable | None
    claims: HtmlTable | None
    checks: HtmlTable | None
    hindcast: HtmlTable | None
    forecast: Section | None
    variables: HtmlTable
    provenance: list[HtmlTable]


def page_of(
    result: Result, variant: str, figures: Mapping[str, tuple[str, str]], forecast: Section | None = None
) -> Page:
    """Everything on the page for one variant."""
    groups = shown_measures(result)[1]
    rows = month_rows(result, variant, groups)
    return Page(
        result=result,
        first=month_name(result.periods[0]),
        last=month_name(result.periods[-1]),
        headline=headline(result, variant),
        base_effects=base_effects(result),
        figures=figures,
        subject=subject(result),
        growth=_growth(result, rows),
        prices=_prices(result, variant),
        variants=_variants(result),
        contributions=_contributions(result, rows) if variant == SCENARIO and result.measures else [],
        contribution_details=_each(result) if variant == SCENARIO and many(result) else [],
        watching=[*map(from_text, filter(None, (targets(result), warnings(result, result.variants[1:]))))],
        sizes=None if many(result) else sizes(result),
        costs=cost_tables(result),
        cost_details=detail_tables(result),
        places=[place(result, d, variant) for d in DIMENSIONS if place_rows(result, d, variant)],
        assumptions=basis.assumptions(result),
        marks=basis.marks_note(result),
        estimates=basis.estimates(result),
        claims=basis.claims(result),
        checks=basis.checks(result),
        hindcast=basis.hindcast(result),
        forecast=forecast,
        variables=basis.variables(result),
        provenance=basis.provenance(result),
    )


def _growth(result: Result, rows: list[MonthRow]) -> HtmlTable:
    drawn = bool(result.n_draws)
    head = ["Month", "without, % y/y", "with, % y/y", *(["5-95 %, % y/y"] if drawn else []), "effect, pp"]
    head += ["5-95 %, pp"] if drawn else []
    head += ["two-year average without, %", "two-year average with, %", "effect on the level, %"]
    head += ["5-95 %, %"] if drawn else []
    cells = []
    for r in rows:
        line = [
            short_month(r.label),
            plain_number(r.without),
            plain_number(r.with_measures.value),
            *([plain_interval(r.with_measures)] if drawn else []),
            signed(r.difference.value),
        ]
        line += [interval(r.difference)] if drawn else []
        line += [plain_number(r.two_year_without), plain_number(r.two_year_with), signed(r.level.value)]
        cells.append(line + ([interval(r.level)] if drawn else []))
    note = "y/y: growth on the same month of the year before. Without: the projection less what it already carries of "
    note += "the measures. Effect: with less without. "
    note += "Two-year average: geometric, a year. Effect on the level: in % of the baseline's level. "
    note += f"5-95 %: range over {result.n_draws} draws." if drawn else "No draws were made, so no range is shown."
    caption = f"Industrial value added by month; counterfactual: {result.counterfactual}"
    return HtmlTable(caption, head, cells, note=note)


def _prices(result: Result, variant: str) -> HtmlTable | None:
    paths = price_paths(result, variant)
    if not paths:
        return None
    cells = [
        [short_month(label), *(signed(float(path[t])) for path in paths.values())]
        for t, label in enumerate(result.periods)
    ]
    note = "Averages over output and over purchases of the base. Whether volumes react is the model's part."
    return HtmlTable(f"{PRICES}, % over the base", ["Month", *paths], cells, note=note)


def _variants(result: Result) -> HtmlTable | None:
    if len(result.variants) <= 2:
        return None
    months, longer = first_year(result), len(result.periods) > 12
    cells = []
    for name in result.variants[1:]:
        whole, year = level_effect(result, variant=name), level_effect(result, months, variant=name)
        line = [variant_name(name), signed(whole.value), or_dash(interval(whole))]
        cells.append([*line, *([signed(year.value), or_dash(interval(year))] if longer else [])])
    head = ["Variant", "whole run, %", "5-95 %, %", *(["first twelve months, %", "5-95 %, %"] if longer else [])]
    return HtmlTable("Variants: effect on the level of industrial value added, % of the baseline", head, cells)


SUM = "The sum is the effect on growth in the table above."


def _shapley(result: Result) -> str:
    """What contributions are."""
    text = "Shapley values: the mean of what a measure adds over all orders in which the measures could come"
    if sum(not m.shock for m in result.measures) > EXACT_LIMIT:
        text += f" (for so many measures over {PAIRS} sampled orders and their reverses)"
    return f"{text}. {SUM}"


def many(result: Result) -> bool:
    """Whether tables go by measure of the notice, and single measures unfold."""
    return usual_entries(result) == "heading"


def _contributions(result: Result, rows: list[MonthRow]) -> list[HtmlTable]:
    if many(result):
        table = from_text(by_month(result))
        head = [table.head[0], *(short_month(r.label) for r in rows), table.head[-1]]
        return [replace(table, head=head, note=_shapley(result)), *_sums(result)]
    names = shown_measures(result)[0]
    monthly = HtmlTable(
        f"Contributions to growth on the year, pp; counterfactual: {result.counterfactual}",
        ["Month", *names, "sum"],
        [[short_month(r.label), *(signed(p) for p in r.points), signed(sum(r.points))] for r in rows],
        note=_shapley(result),
    )
    return [monthly, *(replace(table, caption=title) for title, table in _each(result)), *_sums(result)]


def _each(result: Result) -> list[tuple[str, HtmlTable]]:
    """What each measure adds, with what it rests on; with its title."""
    cells = []
    for i, m in enumerate(result.measures):
        part = first_year_part(result, i)
        found = [signed(part.value, 3), or_dash(interval(part, 3)), _percent(m.in_projection)]
        cells.append([m.name, *found, m.mark, m.source or "–"])
    table = HtmlTable(
        "",
        ["Measure", "effect, %", "5-95 %, %", "share in the projection, %", "Mark", "Source"],
        cells,
        tail=2,
        note="Share in the projection: how much of the effect the projected path already carries; the "
        f"effect does not depend on it, the levels of both paths do. Marks: {marks()}.",
    )
    title = f"What each adds to industrial value added {first_months(result)}, % of the baseline's level"
    return [(title, table)]


def _sums(result: Result) -> list[HtmlTable]:
    """Sums by measure of the notice and by tier, where measures name them."""
    found = []
    for title, named, sums in (
        ("measure of the notice", [m.heading for m in result.measures], by_heading),
        ("tier that answers", [m.responsible for m in result.measures], by_tier),
    ):
        if any(named):
            counted = sums is by_tier and many(result)
            names = {m.id: m.name for m in result.measures}
            cells = [
                [
                    s.label,
                    signed(s.effect.value, 3),
                    or_dash(interval(s.effect, 3)),
                    str(len(s.members)) if counted else "; ".join(names[i] for i in s.members),
                ]
                for s in sums(result)
            ]
            head = [title.capitalize(), "effect, %", "5-95 %, %", "entries"]
            note = "Sums of the values above, no second attribution."
            caption = f"By {title}, {first_months(result)}, % of the baseline's level"
            found.append(HtmlTable(caption, head, cells, tail=1, note=note))
    return found


def _percent(share: float) -> str:
    return f"{100.0 * share:.0f}"
