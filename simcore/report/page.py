"""What the report's page shows: every table as text cells, every sentence, every figure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..headline import (
    MonthRow,
    Spread,
    first_year,
    first_year_part,
    growth_difference,
    level_effect,
    month_rows,
    place_rows,
    shown_measures,
    subject,
)
from ..records import Figure
from ..result import SCENARIO, Result, january_february
from ..tables import interval, plain_number, signed
from .costs import KINDS, by_line, by_measure, by_payer, totals
from .words import base_effects, headline, month_name, short_month

MARKS = {
    "F": "found in the source named",
    "C": "computed from the data of this calibration",
    "A": "assumption",
}


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
            "monthly": self.head[0] == "Month",
            "facts": not any(self.head),
            "parameters": bool(self.tail),
        }
        return " ".join(name for name, holds in kinds.items() if holds)


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
    variants: HtmlTable | None
    contributions: list[HtmlTable]
    costs: list[HtmlTable]
    places: list[tuple[str, str, list[HtmlTable]]]  # title, remark, tables
    assumptions: HtmlTable | None
    estimates: HtmlTable | None
    claims: HtmlTable | None
    checks: HtmlTable | None
    hindcast: HtmlTable | None
    variables: HtmlTable
    provenance: list[HtmlTable]


def page_of(result: Result, variant: str, figures: Mapping[str, tuple[str, str]]) -> Page:
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
        variants=_variants(result),
        contributions=_contributions(result, rows) if variant == SCENARIO and result.measures else [],
        costs=_costs(result),
        places=[
            _place(result, d, variant) for d in ("sector", "region", "ownership") if place_rows(result, d, variant)
        ],
        assumptions=_assumptions(result),
        estimates=_estimates(result),
        claims=_claims(result),
        checks=_checks(result),
        hindcast=_hindcast(result),
        variables=_variables(result),
        provenance=_provenance(result),
    )


def figure_text(value: Figure) -> str:
    """A number with four digits that count, text as it is, a dash for nothing."""
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return "–"
    if isinstance(value, str):
        return value
    text = f"{value:.4g}"
    return f"{value:,.0f}" if "e+" in text else text


def _growth(result: Result, rows: list[MonthRow]) -> HtmlTable:
    drawn = bool(result.n_draws)
    head = ["Month", "without, % y/y", "with, % y/y", "effect, pp"]
    head += ["5-95 %, pp"] if drawn else []
    head += ["two-year average without, %", "two-year average with, %", "effect on the level, %"]
    head += ["5-95 %, %"] if drawn else []
    cells = []
    for r in rows:
        line = [
            short_month(r.label),
            plain_number(r.without),
            plain_number(r.with_measures),
            signed(r.difference.value),
        ]
        line += [interval(r.difference)] if drawn else []
        line += [plain_number(r.two_year_without), plain_number(r.two_year_with), signed(r.level.value)]
        cells.append(line + ([interval(r.level)] if drawn else []))
    note = "y/y: growth on the same month of the year before. Effect: with less without. "
    note += "Two-year average: geometric, a year. Effect on the level: in % of the baseline's level. "
    note += f"5-95 %: range over {result.n_draws} draws." if drawn else "No draws were made, so no range is shown."
    caption = f"Industrial value added by month; counterfactual: {result.counterfactual}"
    return HtmlTable(caption, head, cells, note=note)


def _variants(result: Result) -> HtmlTable | None:
    if len(result.variants) <= 2:
        return None
    months = first_year(result)
    cells = []
    for name in result.variants[1:]:
        whole, year = level_effect(result, variant=name), level_effect(result, months, variant=name)
        cells.append([name, signed(whole.value), _or_dash(interval(whole)), signed(year.value)])
    head = ["Variant", "whole run, %", "5-95 %, %", "first twelve months, %"]
    return HtmlTable("Variants: effect on the level of industrial value added, % of the baseline", head, cells)


def _contributions(result: Result, rows: list[MonthRow]) -> list[HtmlTable]:
    names = shown_measures(result)[0]
    monthly = HtmlTable(
        f"Contributions to growth on the year, pp; counterfactual: {result.counterfactual}",
        ["Month", *names, "sum"],
        [[short_month(r.label), *(signed(p) for p in r.points), signed(sum(r.points))] for r in rows],
        note="Shapley values: the mean of what a measure adds over all orders in which the measures could "
        "come. The sum is the effect on growth in the table above.",
    )
    cells = []
    for i, m in enumerate(result.measures):
        part = first_year_part(result, i)
        cells.append(
            [
                m.name,
                m.source or "–",
                m.mark,
                signed(part.value, 3),
                _or_dash(interval(part, 3)),
                _percent(m.in_projection),
            ]
        )
    whole = HtmlTable(
        "Measures: what each adds to industrial value added in the first twelve months, % of the baseline's level",
        ["Measure", "Source", "Mark", "effect, %", "5-95 %, %", "share in the projection, %"],
        cells,
        text=3,
        note="Share in the projection: how much of the effect the projected path already carries; the "
        f"effect does not depend on it, the levels of both paths do. Marks: {_marks()}.",
    )
    return [monthly, whole]


def _or_dash(text: str) -> str:
    return text or "–"


def _percent(share: float) -> str:
    return f"{100.0 * share:.0f}"


def _marks() -> str:
    return "; ".join(f"{mark} {meaning}" for mark, meaning in MARKS.items())


def _costs(result: Result) -> list[HtmlTable]:
    if not result.fiscal:
        return []
    unit = "bn yuan at current prices, sum over the run"
    kinds = list(KINDS.values())
    measures = by_measure(result)
    sums = totals(result)
    net = f" Net budget cost: {sums['net']:,.1f} bn yuan"
    if sums["revenue"] > 0.0:
        net += f", after {sums['revenue']:,.1f} bn yuan of induced revenue"
    elif sums["revenue"] < 0.0:
        net += f", with {-sums['revenue']:,.1f} bn yuan of revenue lost"
    if sums["net"] <= 0.0 < sums["budget"]:
        net += ": self-financing in this model, which deserves doubt"
    net += ". Social contributions and corporate income tax are not modelled."
    return [
        HtmlTable(
            f"Cost by measure, {unit}",
            ["Measure", *kinds, "budget cost"],
            [[name, *(_money(v) for v in values)] for name, values in measures],
            note="Budget cost = outlays + tax forgone (on all covered sales, also on those that would have "
            f"taken place anyway). Deferred is timing only. Loan principal is not a cost.{net}",
            total=len(measures) > 1,
        ),
        HtmlTable(f"Cost by payer, {unit}", ["Payer", *kinds], [[p, *map(_money, v)] for p, v in by_payer(result)]),
        HtmlTable(
            f"Every line of cost and revenue, {unit}",
            ["Measure", "Line", "Kind", "Payer", "sum"],
            [[*words, _money(value)] for *words, value in by_line(result)],
            text=4,
        ),
    ]


def _money(value: float) -> str:
    return f"{value:,.1f}" if value else "–"


def _place(result: Result, dimension: str, variant: str) -> tuple[str, str, list[HtmlTable]]:
    rows = place_rows(result, dimension, variant)
    flags = result.flags.get(dimension, ())
    drawn, ranged = bool(result.n_draws), any(np.isfinite(r.method_low) for r in rows)
    head = [
        dimension.capitalize(),
        "",
        "share of industrial value added, %",
        "effect, bn yuan",
        "effect on the level, %",
    ]
    head += ["5-95 %, %"] if drawn else []
    head += ["range over methods, %"] if ranged else []
    cells = []
    for r in rows:
        chinese = result.name(dimension, r.code, chinese=True)
        line = [
            r.name,
            chinese if chinese != r.code else "",
            plain_number(r.share),
            signed(r.amount, 1),
            signed(r.level.value),
        ]
        line += [interval(r.level)] if drawn else []
        line += (
            [_or_dash(interval(Spread(0.0, r.method_low, r.method_high)) if np.isfinite(r.method_low) else "")]
            if ranged
            else []
        )
        cells.append(line)
    flagged = f" ({', '.join(f.replace('_', ' ') for f in flags)})" if flags else ""
    tables = [
        HtmlTable(
            f"Effect by {dimension}{flagged}, average over the run",
            head,
            cells,
            text=2,
            note="Effect: sum over the run at 2020 prices. Effect on the level: in % of the level without.",
        )
    ]
    if len(rows) <= 6:
        tables.append(_monthly_place(result, dimension, variant, [r.code for r in rows], flagged))
    return f"By {dimension}", _place_remark(dimension, flags), tables


def _monthly_place(result: Result, dimension: str, variant: str, codes: list[str], flagged: str) -> HtmlTable:
    cells = []
    for label, periods in january_february(result.periods):
        line = [short_month(label)]
        for code in codes:
            place = result.slice_of(dimension, code)
            rate = result.series("iva_yoy", variant, place)[periods[-1]]
            effect = growth_difference(result, periods[-1], place, variant)
            line.append(f"{plain_number(rate)} ({signed(effect.value)})")
        cells.append(line)
    caption = f"Growth on the year with {subject(result)}, %, and in brackets the effect, pp{flagged}"
    return HtmlTable(caption, ["Month", *(result.name(dimension, c) for c in codes)], cells)


def _place_remark(dimension: str, flags: tuple[str, ...]) -> str:
    text = ""
    if "estimate" in flags:
        text = f"No statistic publishes this by {dimension}: the figures are estimates. "
    if "share_only" in flags:
        text += "Share only: differences come from weights alone and are no evidence on behaviour."
    return text.strip()


def _assumptions(result: Result) -> HtmlTable | None:
    if not result.assumptions:
        return None
    united = any(a.unit for a in result.assumptions)  # values written as text carry their own unit
    rows = [
        [
            *(a.of, a.name, figure_text(a.value), _range(a.low, a.high)),
            *([a.unit or "–"] if united else []),
            *(a.mark, _joined(a.source, a.note)),
        ]
        for a in result.assumptions
    ]
    head = ["Belongs to", "Parameter", "value", "range", "Unit", "Mark", "Source and note"]
    if not united:
        head.remove("Unit")
    tail = 3 if united else 2
    return HtmlTable("Parameters of this run", head, rows, text=2, tail=tail, note=f"Marks: {_marks()}.")


def _joined(*texts: str) -> str:
    return "; ".join(t for t in texts if t) or "–"


def _range(low: Figure, high: Figure) -> str:
    if low is None and high is None:
        return "–"
    # A distribution in words stands in ``low`` alone.
    return figure_text(low) if high is None else f"{figure_text(low)} to {figure_text(high)}"


def _estimates(result: Result) -> HtmlTable | None:
    if not result.estimates:
        return None
    rows = [
        [e.name, figure_text(e.value), _range(e.low, e.high), e.unit or "–", e.method, e.source or "–"]
        for e in result.estimates
    ]
    head = ["What", "value", "range", "Unit", "Method", "From which figures"]
    return HtmlTable("Figures that no statistic publishes", head, rows, tail=3)


def _claims(result: Result) -> HtmlTable | None:
    if not result.claims:
        return None
    rows = [[c.claim, c.source, c.here, c.note] for c in result.claims]
    head = ["Claim", "Who says so", "What this run gives", "Note"]
    return HtmlTable("Official and other claims, as claims", head, rows, text=4, note="No parameter was tuned to them.")


def _checks(result: Result) -> HtmlTable | None:
    if not result.checks:
        return None
    rows = [["holds" if c.passed else "FAILS", c.name, c.found, c.asked or "–"] for c in result.checks]
    return HtmlTable("Identities and plausible size", ["", "Check", "Found", "Asked"], rows, text=4)


def _hindcast(result: Result) -> HtmlTable | None:
    grid = result.hindcast
    if grid is None:
        return None
    return HtmlTable(
        f"Hindcast: {grid.title}",
        grid.columns,
        [[figure_text(v) for v in row] for row in grid.rows],
        note=grid.note,
    )


def _variables(result: Result) -> HtmlTable:
    rows = []
    for name in result.values:
        v = result.variables[name]
        rows.append([name, v.long_name, v.long_name_zh, v.unit])
    return HtmlTable("Variables of summary.csv and results.nc", ["Name", "Meaning", "名称", "Unit"], rows, text=4)


def _provenance(result: Result) -> list[HtmlTable]:
    facts: dict[str, Any] = dict(result.provenance)
    tables = []
    for key, title, unit in (
        ("versions", "Versions", ""),
        ("hashes", "Hashes", ""),
        ("timings", "Timings", " s"),
    ):
        part = facts.pop(key, None)
        if part:
            rows = [[str(k), f"{v:.3g}{unit}" if isinstance(v, float) else f"{v}{unit}"] for k, v in part.items()]
            tables.append(HtmlTable(title, ["", ""], rows, text=2))
    residuals = [[name, f"{value:.1e}"] for name, value in result.residuals.items()]
    if residuals:
        tables.append(HtmlTable("Residuals, as a share of output", ["", ""], residuals, text=2))
    single = [
        [str(k), str(v)] for k, v in facts.items() if not isinstance(v, (Mapping, list, tuple)) and v not in ("", None)
    ]
    if single:
        tables.insert(0, HtmlTable("Run", ["", ""], single, text=2))
    return tables
