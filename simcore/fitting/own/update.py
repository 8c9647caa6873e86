"""How far an update to another year moved a table: part of the check report."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ...economy.indicators import output_for
from ..distances import percentage_error, redirected
from ..words import table
from .accounts import Accounts, called
from .settle import Settled

SHOWN = 12


def update_report(settled: Settled, year: int | None, names: Mapping[str, str]) -> tuple[str, ...]:
    """The section, or nothing where the table stays in its year; ``names`` are those of sectors by code."""
    if year is None or settled.start is None:
        return ()
    before, after = settled.start, settled.accounts
    count = "one solution" if settled.iterations is None else f"{settled.iterations} iterations"
    text = (
        f"## What the update to {year} moved\n\n"
        f"{settled.method}, {count}; the worst margin is {settled.worst[0]}, met to {settled.worst[1]:.1e} of its "
        "cells. Coefficients are inputs over output; redirected is their absolute change, summed by industry and "
        "weighted by its new output; STPE its sum over the sum of old coefficients; WAPE the same of flows, against "
        "old coefficients at new output.\n\n"
    )
    text += table(["inputs", "redirected, % of output", "STPE, %", "WAPE of flows, %"], _changes(before, after))
    text += "\n\nLargest moves of coefficients, by what they redirect:\n\n"
    text += table(["input", "industry", "before", "after", "redirected, bn"], _largest(before, after, names))
    text += "\n\nOutput per unit of demand (open model, domestic inputs), largest industries and largest changes:\n\n"
    text += table(["industry", "before", "after", "change, %"], _multipliers(before, after, names))
    return (text,)


def inputs(a: Accounts) -> tuple[np.ndarray, np.ndarray]:
    """Coefficients of domestic inputs (n, n) and of imported ones (K, n); zero where nothing is made."""
    x = np.where(a.x > 0, a.x, np.inf)
    return a.Zd / x, a.Zm / x


def _by_product(a: Accounts, domestic: np.ndarray, imported: np.ndarray) -> np.ndarray:
    whole = imported.copy()
    np.add.at(whole, a.sector, domestic)
    return whole


def _changes(before: Accounts, after: Accounts) -> list[list[str]]:
    old, new = inputs(before), inputs(after)
    kinds = {
        "domestic": (old[0], new[0]),
        "imported": (old[1], new[1]),
        "both, by product": (_by_product(before, *old), _by_product(after, *new)),
    }
    return [
        [name, *(f"{v:.2f}" for v in (redirected(b, a, after.x), percentage_error(b, a),
                                      percentage_error(b * after.x, a * after.x)))]
        for name, (a, b) in kinds.items()
        if (a * after.x).any()
    ]  # fmt: skip


def _largest(before: Accounts, after: Accounts, names: Mapping[str, str]) -> list[list[str]]:
    old, new = np.vstack(inputs(before)), np.vstack(inputs(after))
    moved = np.abs(new - old) * after.x
    rows = [*after.activities, *(f"imported {s}" for s in after.sectors)]
    order = zip(*np.unravel_index(np.argsort(-moved, axis=None)[:SHOWN], moved.shape), strict=True)

    def line(i: int, j: int) -> list[str]:
        figures = f"{old[i, j]:.4f}", f"{new[i, j]:.4f}", f"{moved[i, j]:,.2f}"
        return [called(rows[i], names), called(after.activities[j], names), *figures]

    return [line(i, j) for i, j in order]


def _multipliers(before: Accounts, after: Accounts, names: Mapping[str, str]) -> list[list[str]]:
    ones = np.ones(len(after.x))
    old, new = (output_for(inputs(a)[0], ones, transposed=True) for a in (before, after))
    change = 100.0 * (new / old - 1.0)
    largest = [int(i) for i in np.argsort(-after.va.sum(axis=0))[: SHOWN // 2]]
    rest = [int(i) for i in np.argsort(-np.abs(change)) if i not in largest][: SHOWN // 2]
    weights = after.x / after.x.sum()
    rows = [["mean, by output", f"{weights @ old:.3f}", f"{weights @ new:.3f}", f"{weights @ change:+.2f}"]]
    return rows + [
        [called(after.activities[i], names), f"{old[i]:.3f}", f"{new[i]:.3f}", f"{change[i]:+.2f}"]
        for i in (*largest, *rest)
    ]
