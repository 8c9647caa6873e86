"""Tables that a terminal and a page share, as text: contributions by heading, what money brings, targets, warnings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from .cells import interval, plain_interval, plain_number, signed
from .cost_effectiveness import NO_COST, NO_JOBS, PAYS, Ratio, Worth, worth
from .headline import Spread, average_part, first_year, first_year_part, has_headings, headings, month_rows
from .records import TargetRecord
from .result import SCENARIO, Result

FEW = 9  # entries up to which measures stand by themselves
SIGNALS = 5  # of a variant, the first ones
SHORT = {NO_COST: "no cost", PAYS: "pays back", NO_JOBS: "unknown"}


class TextTable(NamedTuple):
    """Cells of a table; a line break in a head is one for a terminal only. The first ``text`` columns are words."""

    title: str
    head: list[str]
    rows: list[list[str]]
    note: str = ""
    text: int = 1
    total: bool = False


# ---- contributions by heading --------------------------------------------------------------------------


def by_month(result: Result) -> TextTable:
    """Every measure of the notice, also those that add nothing, by month and over the first year."""
    names, groups = headings(result)
    rows, year = month_rows(result, groups=groups), first_year(result)
    cells, whole = [], [sum(average_part(result, i, periods=year) for i in g) for g in groups]
    for i, name in enumerate(names):
        cells.append([name, *(signed(r.points[i]) for r in rows), signed(whole[i], 3)])
    cells.append(["Sum", *(signed(sum(r.points)) for r in rows), signed(sum(whole), 3)])
    months = [f"{r.label[:4]}\n{r.label[5:]}" for r in rows]
    span = "first\nyear, %" if len(result.periods) > 12 else "whole\nrun, %"
    title = "Contributions to growth on the year by measure of the notice, pp; last column: % of the level"
    return TextTable(title, ["Measure of the notice", *months, span], cells, total=True)


# ---- what money brings ---------------------------------------------------------------------------------


def usual_entries(result: Result) -> str:
    """By heading where more measures than a table can show name one, else by measure."""
    return "heading" if len(result.measures) > FEW and has_headings(result) else "measure"


def brings(result: Result, by: str) -> TextTable | None:
    """Effect, value added, jobs, costs and ratios by entry; nothing without a ledger."""
    entries = worth(result, by)
    if not entries:
        return None
    drawn, margin = bool(result.n_draws), by == "measure"
    head = ["Measure" if margin else "Measure of the notice" if by == "heading" else "Tier that answers"]
    head += ["effect,\nfirst\nyear, %", *(["5-95 %"] if drawn else []), "value\nadded,\nbn", "jobs,\n1000\nyears"]
    head += ["budget\ncost,\nbn", "comes\nback,\nbn", "net\ncost,\nbn", "quasi-\nfiscal,\nbn"]
    head += ["value added\nper yuan of\nbudget cost", *(["marginal"] if margin else []), "per yuan\nof net\ncost"]
    head += ["job-years\nper mn of\nbudget cost"]
    place = {m.id: i for i, m in enumerate(result.measures)}
    rows = [_entry(result, entry, [place[i] for i in entry.members], drawn, margin) for entry in entries]
    head = [result.money.words(h) for h in head]
    return TextTable(
        "What each brings and costs over the run", head, rows, result.money.words(_brings_note(result)), total=True
    )


def _entry(result: Result, entry: Worth, rows: list[int], drawn: bool, margin: bool) -> list[str]:
    effect, amounts, ratios = first_year_part(result, *rows), entry.amounts, entry.ratios
    cells = [entry.label, signed(effect.value, 3), *([interval(effect, 3) or "–"] if drawn else [])]
    cells += [signed(amounts["value_added"].value, 1), signed(amounts["jobs"].value, 0)]
    cells += [plain_number(amounts[k].value) for k in ("budget_cost", "revenue", "net_cost", "quasi_fiscal")]
    cells += [_ratio(ratios["va_per_gross_cost"])]
    cells += [_ratio(ratios["marginal_va_per_gross_cost"]) if len(rows) == 1 else "–"] if margin else []
    return [*cells, _ratio(ratios["va_per_net_cost"]), _ratio(ratios["job_years_per_mn_gross_cost"], 1)]


def _ratio(ratio: Ratio, digits: int = 2) -> str:
    if not ratio.defined:
        return SHORT[ratio.note]
    return plain_number(ratio.found.value, digits) + (" ?" if ratio.note else "")


def _brings_note(result: Result) -> str:
    text = (
        "Sums over the run; value added of all sectors at 2020 prices, costs at current prices. Budget cost: outlays "
        "and tax forgone. Comes back: taxes on the value added, and on sales that a measure adds. Net cost: budget "
        "cost less that. Principal and deferrals are no cost; quasi-fiscal cost is in no ratio. A ratio is undefined "
        "where there is no budget cost (no cost) and where more comes back than is paid (pays back: self-financing in "
        "this model, which deserves doubt). Cheap credit costs little and shows high ratios by construction: no ground "
        "to rank by."
    )
    if result.n_draws:
        text += " Ratios are those of means over draws."
    return f"{text} ?: the cost is not above zero in every draw, or below a hundredth of the value added: says nothing."


def package_lines(result: Result) -> list[str]:
    """What the whole package brings and costs, with ranges, in sentences."""
    entries = worth(result)
    if not entries:
        return []
    a, ratios = entries[-1].amounts, entries[-1].ratios

    def told(name: str, unit: str, digits: int = 1, sign: bool = False) -> str:
        value = signed(a[name].value, digits) if sign else plain_number(a[name].value, digits)
        ends = interval(a[name], digits) if sign else plain_interval(a[name], digits)
        return f"{value} {unit}" + (f" (5-95 %: {ends})" if ends else "")

    def of(name: str) -> str:
        found = ratios[name]
        if not found.defined:
            return f"{name} {found.note}"
        text, ends = plain_number(found.found.value, 2), plain_interval(found.found, 2)
        beside = "; ".join(t for t in (f"5-95 %: {ends}" if ends else "", found.note) if t)
        return f"{name} {text}" + (f" ({beside})" if beside else "")

    jobs = f"; jobs {told('jobs', 'thousand job-years', 0, True)}" if np.isfinite(a["jobs"].value) else ""
    named = ("va_per_gross_cost", "va_per_net_cost", "job_years_per_mn_gross_cost", "job_years_per_mn_net_cost")
    lines = [
        f"Whole package over the run: value added {told('value_added', 'bn yuan', 1, True)}{jobs}; budget cost "
        f"{told('budget_cost', 'bn yuan')}; comes back {told('revenue', 'bn yuan')}; net cost "
        f"{told('net_cost', 'bn yuan')}; quasi-fiscal {told('quasi_fiscal', 'bn yuan')}.",
        f"Ratios: {'; '.join(of(name) for name in (*named, 'multiplier_impact', 'multiplier_cumulative'))}.",
    ]
    return [result.money.words(line) for line in lines]


# ---- targets and warnings ------------------------------------------------------------------------------


def targets(result: Result) -> TextTable | None:
    """Value, distance and probability of each target, without the package and with it."""
    if not result.targets:
        return None
    head = ["Target", "months in\nthe run", "asked,\n%", "without,\n%", "with,\n%", "5-95 %", "distance,\npp"]
    head += ["probability\nwithout, %", "probability\nwith, %"]
    note = (
        "Distance to the nearest bound: below 0 outside, above 0 inside. Probability: share of draws that keep the "
        "bounds, the error of the projected baseline included. A quarter that the run holds in part counts for the "
        "months named."
    )
    return TextTable("Targets", head, [_target(t) for t in result.targets], note, text=3)


def _target(t: TargetRecord) -> list[str]:
    asked = _bounds(t)
    if t.problem:
        return [t.title, t.problem, asked, *["–"] * 6]
    ends = interval(Spread(0.0, _number(t.low), _number(t.high)), 1)
    months = t.months[0] if len(t.months) == 1 else f"{t.months[0]} to {t.months[-1]}"
    chances = [plain_number(100.0 * _number(p), 0) for p in (t.probability_without, t.probability)]
    values = [plain_number(_number(t.without), 2), plain_number(_number(t.value), 2)]
    return [t.title, months, asked, *values, ends or "–", signed(_number(t.distance)), *chances]


def _bounds(t: TargetRecord) -> str:
    low = "" if t.at_least is None else f"at least {t.at_least:g}"
    high = "" if t.at_most is None else f"at most {t.at_most:g}"
    return ", ".join(text for text in (low, high) if text)


def _number(value: float | None) -> float:
    return float("nan") if value is None else value


def warnings(result: Result, variants: Sequence[str]) -> TextTable | None:
    """The first watched sectors of each variant that bind or come near; nothing where none does in any."""
    rows = []
    for variant in variants if result.signals else ():
        found = [s for s in result.signals if s.variant == variant]
        if not found:
            rows.append([_variant(variant), "none", "", "", ""])
        for s in found[:SIGNALS]:
            name = result.name("sector", s.sector)
            rows.append([_variant(variant), f"{name} ({s.sector})", s.period, s.cause, plain_number(s.share, 0)])
        if len(found) > SIGNALS:
            rows.append([_variant(variant), f"and {len(found) - SIGNALS} more", "", "", ""])
    if not rows:
        return None
    head = ["Variant", "Watched sector", "first month", "bound by", "share of its\noutput, %"]
    note = "Sectors that something other than demand binds, or that come near what they can make; the first ones first."
    return TextTable("Early warning", head, rows, note, text=4)


def _variant(name: str) -> str:
    return "the file itself" if name == SCENARIO else name
