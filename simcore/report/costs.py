"""Cost by measure, kind and payer, and what a yuan of it brings; bn yuan at current prices, summed over the run."""

from __future__ import annotations

import numpy as np

from ..headline import average_part, first_year_part
from ..result import BASELINE, SCENARIO, Result
from ..tables import interval, signed
from .table import HtmlTable, money, or_dash

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


def by_measure(result: Result) -> list[tuple[str, list[float]]]:
    """Rows: measure, then a sum for each of ``KINDS`` and the budget's whole; the last row is the total."""
    titles = {m.id: m.name for m in result.measures}
    ids = list(dict.fromkeys(m for m, line in result.fiscal if line.kind != "revenue"))
    rows = [(titles.get(i, PACKAGE), [*(_sum(result, kind, i) for kind in KINDS), budget_of(result, i)]) for i in ids]
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
    """Cost by measure and by payer."""
    if not result.fiscal:
        return []
    kinds = list(KINDS.values())
    measures = by_measure(result)
    sums = totals(result)
    net = f" Net budget cost: {sums['net']:,.1f} bn yuan"
    if sums["revenue"] > 0.0:
        net += f", after {sums['revenue']:,.1f} bn yuan of revenue that comes back"
    elif sums["revenue"] < 0.0:
        net += f", with {-sums['revenue']:,.1f} bn yuan of revenue lost"
    if sums["net"] <= 0.0 < sums["budget"]:
        net += ": self-financing in this model, which deserves doubt"
    net += ". Social contributions and corporate income tax are not modelled."
    return [
        HtmlTable(
            f"Cost by measure, {UNIT}",
            ["Measure", *kinds, "budget cost"],
            [[name, *(money(v) for v in values)] for name, values in measures],
            note="Budget cost = outlays + tax forgone (on all covered sales, also on those that would have "
            "taken place anyway). Quasi-fiscal falls on the central bank and state banks, contingent is an expected "
            f"loss, deferred is timing only. Loan principal is not a cost.{net}",
            total=len(measures) > 1,
        ),
        HtmlTable(f"Cost by payer, {UNIT}", ["Payer", *kinds], [[p, *map(money, v)] for p, v in by_payer(result)]),
    ]


def detail_tables(result: Result) -> list[tuple[str, HtmlTable]]:
    """Every line of cost, and where each measure's money goes; with titles."""
    found = []
    if result.fiscal:
        late = any(x.after for _, x in result.fiscal)
        head = ["Measure", "Line", "Kind", "Payer", "in the run", *(["after the run"] if late else [])]
        rows = [
            [name, line, kind, payer, money(inside), *([money(after)] if late else [])]
            for name, line, kind, payer, inside, after in by_line(result)
        ]
        found.append(("Every line of cost and revenue", HtmlTable("", head, rows, text=4, note=f"{UNIT}.")))
    rows = [[m.name, part, what, money(v)] for m in result.measures for part, what, v in m.account if abs(v) >= 0.05]
    if rows:
        note = (
            "Bn yuan at current prices. Announced: what becomes of the amount announced, or of the tax forgone. "
            "Induced: spending that the measure brings about in the run, own funds of the buyers included. Moved: of "
            "it, what is only earlier and missed later. Demand: what the purchases in the run, less those missed, are "
            "made of at producer prices, imports in the shares of now."
        )
        table = HtmlTable("", ["Measure", "Of", "What becomes of it", "bn yuan"], rows, text=3, note=note)
        found.append(("Where the money goes", table))
    return found


def sizes(result: Result) -> HtmlTable | None:
    """Effect, spending and cost of each measure side by side, with the ratios named."""
    policies = [(i, m) for i, m in enumerate(result.measures) if not m.shock]
    if not policies or not result.fiscal:
        return None
    level = float(result.series("iva", BASELINE).sum())
    rows = []
    for i, m in policies:
        amount, year = average_part(result, i) / 100.0 * level, first_year_part(result, i)
        budget = budget_of(result, m.id)
        rows.append(
            [
                m.name, signed(year.value, 3), or_dash(interval(year, 3)), signed(amount, 1), money(m.induced),
                ratio(amount, m.induced), money(budget), ratio(amount, budget),
            ]
        )  # fmt: skip
    head = [
        "Measure", "effect, first year, % of IVA", "5-95 %, %", "effect, whole run, bn yuan",
        "spending induced, bn yuan", "IVA per yuan induced", "budget cost, bn yuan", "iva_per_gross_cost",
    ]  # fmt: skip
    return HtmlTable("Size, spending and cost by measure", head, rows, note=_sizes_note(result))


def _sizes_note(result: Result) -> str:
    sums = totals(result)
    iva = float((result.series("iva") - result.series("iva", BASELINE)).sum())
    text = (
        "IVA: industrial value added at 2020 prices; its effect in the first twelve months in % of a year's is also pp "
        "of the year's growth. Spending induced, at current prices, is before what is missed later; – where none is "
        "stated. iva_per_gross_cost: IVA over the run per yuan of outlays and tax forgone. Principal lent is "
        "spent by those who borrow it and is no budget cost, so cheap credit shows a high ratio by construction: it is "
        f"no multiplier and ranks no value for money. Whole package: iva_per_gross_cost {ratio(iva, sums['budget'])}"
    )
    if "value_added" in result.values:
        added = float((result.series("value_added", SCENARIO) - result.series("value_added", BASELINE)).sum())
        text += f"; va_per_gross_cost, value added of all sectors, {ratio(added, sums['budget'])}"
        text += f"; va_per_net_cost, after revenue that comes back, {ratio(added, sums['net'])}"
        if sums["net"] <= 0.0:
            text += " (undefined: revenue exceeds cost in this model)"
        else:
            text += " (net cost is a small difference of two uncertain sums: no ground for a decision)"
    return f"{text}."


def ratio(effect: float, cost: float) -> str:
    """Yuan of effect per yuan of cost; a dash where the cost is nothing or less."""
    return f"{effect / cost:.2f}" if cost >= 0.05 else "–"
