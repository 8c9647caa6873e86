"""Cost by measure, kind and payer, and what a yuan of it brings; bn yuan at current prices, summed over the run."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..answer_tables import brings, usual_entries
from ..headline import average_part, first_year_part
from ..result import BASELINE, Result
from ..tables import interval, signed
from .table import HtmlTable, from_text, money, or_dash

KINDS = {
    "gross": "outlays",
    "forgone": "tax forgone",
    "quasi_fiscal": "quasi-fiscal",
    "contingent": "contingent",
    "deferred": "deferred",
}
PACKAGE = "whole package"  # lines that belong to no single measure
BUDGET = ("gross", "forgone")  # what a budget really loses; the other kinds have columns of their own
UNIT = "bn yuan at current prices, sum over the run"


def _sum(result: Result, kind: str, measure: str | None = None) -> float:
    lines = [x.path for m, x in result.fiscal if x.kind == kind and (measure is None or m == measure)]
    return float(sum(np.sum(path) for path in lines))


def totals(result: Result) -> dict[str, float]:
    """Sums over all measures by kind, with ``budget``, ``revenue`` and ``net``; empty without costs."""
    if not result.fiscal:
        return {}
    sums = {kind: _sum(result, kind) for kind in (*KINDS, "revenue")}
    sums["budget"] = sum(sums[kind] for kind in BUDGET)
    sums["net"] = sums["budget"] - sums["revenue"]
    return sums


def budget_of(result: Result, measure: str) -> float:
    """Outlays and tax forgone of one measure."""
    return sum(_sum(result, kind, measure) for kind in BUDGET)


def by_entry(result: Result, by: str) -> list[tuple[str, list[float]]]:
    """Rows: measure, or measure of the notice; a sum for each of ``KINDS``, the budget's whole; at last the total."""
    names = {m.id: m.name if by == "measure" else m.heading or m.name for m in result.measures}
    groups: dict[str, list[str]] = {}
    for id in dict.fromkeys(m for m, line in result.fiscal if line.kind != "revenue"):
        groups.setdefault(names.get(id, PACKAGE), []).append(id)
    rows = [
        (name, [*(sum(_sum(result, kind, i) for i in ids) for kind in KINDS), sum(budget_of(result, i) for i in ids)])
        for name, ids in (groups.items() if by == "measure" else sorted(groups.items()))
    ]
    if len(rows) > 1:
        rows.append(("Total", [sum(column) for column in zip(*(r[1] for r in rows), strict=True)]))
    return rows


def by_line(result: Result) -> list[tuple[str, str, str, str, float, float]]:
    """Rows: measure, line, kind, payer, sum over the run, what falls due after it."""
    titles = {m.id: m.name for m in result.measures}
    kinds = KINDS | {"revenue": "revenue (comes back)"}
    return [
        (titles.get(m, PACKAGE), x.name, kinds.get(x.kind, x.kind), x.payer, float(np.sum(x.path)), x.after)
        for m, x in result.fiscal
    ]


def by_payer(result: Result) -> list[tuple[str, list[float]]]:
    """Rows: payer, then a sum for each of ``KINDS``."""
    payers = list(dict.fromkeys(x.payer for _, x in result.fiscal if x.kind != "revenue"))
    return [
        (
            payer,
            [
                float(sum(np.sum(x.path) for _, x in result.fiscal if x.payer == payer and x.kind == kind))
                for kind in KINDS
            ],
        )
        for payer in payers
    ]


def cost_tables(result: Result) -> list[HtmlTable]:
    """What each brings and costs; cost by measure, or measure of the notice, and by payer."""
    if not result.fiscal:
        return []
    kinds, by = list(KINDS.values()), usual_entries(result)
    entries, found = by_entry(result, by), brings(result, by)
    sums = totals(result)
    net = f" Net budget cost: {sums['net']:,.1f} bn yuan"
    if sums["revenue"] > 0.0:
        net += f", after {sums['revenue']:,.1f} bn yuan of revenue that comes back"
    elif sums["revenue"] < 0.0:
        net += f", with {-sums['revenue']:,.1f} bn yuan of revenue lost"
    if sums["net"] <= 0.0 < sums["budget"]:
        net += ": self-financing in this model, which deserves doubt"
    net += ". Social contributions and corporate income tax are not modelled."
    note = (
        "Budget cost = outlays + tax forgone (on all covered sales, also on those that would have taken place anyway). "
        "Quasi-fiscal falls on the central bank and state banks, contingent is an expected loss or the most that a "
        "guarantee could cost, deferred is timing "
        f"only. Loan principal is not a cost.{net}"
    )
    what = "measure" if by == "measure" else "measure of the notice"
    cells = [[name, *(money(v) for v in values)] for name, values in entries]
    head = [what.capitalize(), *kinds, "budget cost"]
    unit, note = result.money.words(UNIT), result.money.words(note)
    return [
        *([from_text(found)] if found else []),
        HtmlTable(f"Cost by {what}, {unit}", head, cells, note=note, total=len(entries) > 1),
        HtmlTable(f"Cost by payer, {unit}", ["Payer", *kinds], [[p, *map(money, v)] for p, v in by_payer(result)]),
    ]


def detail_tables(result: Result) -> list[tuple[str, HtmlTable]]:
    """Every line of cost, and where each measure's money goes; with titles."""
    found = []
    if usual_entries(result) == "heading":
        single = (brings(result, "measure"), brings(result, "responsible"))
        titles = ("What each single measure brings and costs", "What each tier's measures bring and cost")
        found += [(title, replace(from_text(t), caption="")) for title, t in zip(titles, single, strict=True) if t]
        found += [("Size and spending by measure", replace(t, caption="")) for t in (sizes(result),) if t]
    if result.fiscal:
        late = any(x.after for _, x in result.fiscal)
        head = ["Measure", "Line", "Kind", "Payer", "in the run", *(["after the run"] if late else [])]
        rows = [
            [name, line, kind, payer, money(inside), *([money(after)] if late else [])]
            for name, line, kind, payer, inside, after in by_line(result)
        ]
        found.append(
            ("Every line of cost and revenue", HtmlTable("", head, rows, text=4, note=f"{result.money.words(UNIT)}."))
        )
    rows = [[m.name, part, what, money(v)] for m in result.measures for part, what, v in m.account if abs(v) >= 0.05]
    if rows:
        note = (
            "In bn yuan at current prices. Announced: what becomes of the amount announced, or of the tax forgone. "
            "Induced: spending that the measure brings about in the run, own funds of the buyers included. Moved: of "
            "it, what is only earlier and missed later. Demand: what the purchases in the run, less those missed, are "
            "made of at producer prices, imports in the shares of now."
        )
        words = result.money.words
        table = HtmlTable("", ["Measure", "Of", "What becomes of it", words("bn yuan")], rows, text=3, note=words(note))
        found.append(("Where the money goes", table))
    return found


def sizes(result: Result) -> HtmlTable | None:
    """Effect and spending of each measure side by side."""
    policies = [(i, m) for i, m in enumerate(result.measures) if not m.shock]
    if not policies or not result.fiscal:
        return None
    level = float(result.series("iva", BASELINE).sum())
    rows = []
    for i, m in policies:
        amount, year = average_part(result, i) / 100.0 * level, first_year_part(result, i)
        shown = [signed(year.value, 3), or_dash(interval(year, 3)), signed(amount, 1), money(m.induced)]
        rows.append([m.name, *shown, ratio(amount, m.induced)])
    head = [
        "Measure", "effect, first year, % of IVA", "5-95 %, %", "effect, whole run, bn yuan",
        "spending induced, bn yuan", "IVA per yuan induced",
    ]  # fmt: skip
    note = (
        "IVA: industrial value added at 2020 prices; its effect in the first twelve months in % of a year's is also pp "
        "of the year's growth. Spending induced, at current prices, is before what is missed later; – where none is "
        "stated. Principal lent is spent by those who borrow it and is no budget cost."
    )
    head, note = [result.money.words(h) for h in head], result.money.words(note)
    return HtmlTable("Size and spending by measure", head, rows, note=note)


def ratio(effect: float, spent: float) -> str:
    """Yuan of effect per yuan spent; a dash where nothing is."""
    return f"{effect / spent:.2f}" if spent >= 0.05 else "–"
