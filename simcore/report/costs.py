"""Cost by measure, kind and payer, summed over the run; bn yuan at current prices."""

from __future__ import annotations

import numpy as np

from ..result import Result

KINDS = {
    "gross": "outlays",
    "forgone": "tax forgone",
    "quasi_fiscal": "quasi-fiscal",
    "contingent": "contingent",
    "deferred": "deferred",
}
PACKAGE = "whole package"  # lines that belong to no single measure
BUDGET = ("gross", "forgone")  # what a budget really loses; the other kinds have columns of their own


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


def by_measure(result: Result) -> list[tuple[str, list[float]]]:
    """Rows: measure, then a sum for each of ``KINDS`` and the budget's whole; the last row is the total."""
    titles = {m.id: m.name for m in result.measures}
    ids = list(dict.fromkeys(m for m, line in result.fiscal if line.kind != "revenue"))
    rows = []
    for i in ids:
        sums = [_sum(result, kind, i) for kind in KINDS]
        rows.append((titles.get(i, PACKAGE), [*sums, sum(_sum(result, kind, i) for kind in BUDGET)]))
    if len(rows) > 1:
        rows.append(("Total", [sum(column) for column in zip(*(r[1] for r in rows), strict=True)]))
    return rows


def by_line(result: Result) -> list[tuple[str, str, str, str, float]]:
    """Rows: measure, line, kind, payer, sum."""
    titles = {m.id: m.name for m in result.measures}
    kinds = KINDS | {"revenue": "revenue"}
    return [
        (
            titles.get(m, PACKAGE),
            x.name,
            kinds.get(x.kind, x.kind),
            x.payer,
            float(np.sum(x.path)),
        )
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
