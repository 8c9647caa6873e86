"""Totals of trade between regions: blocks of the table, and whether they agree with its other totals.

Sales of a region at home are what its output leaves after sales to others, and what its purchases leave after what it
buys from others. In a table where no region sells to users of no region, and none uses products from outside, both are
known, and must be the same for each region.
"""

from __future__ import annotations

import numpy as np

from ..entropy import Blocks
from .accounts import Accounts
from .reading import Opened
from .totals import EXACT, Wanted


def blocks_of(a: Accounts, trade: Wanted) -> Blocks:
    """Blocks of the table of domestic and imported rows: regions, imports apart; regions, users of no region apart."""
    place = {code: r for r, code in enumerate(trade.labels)}
    R = len(place)

    def region(label: str) -> int:
        return place.get(label.rpartition("|")[0], R)

    own = [region(label) for label in a.activities]
    totals = np.full((R + 1, R + 1), np.nan)
    totals[:R, :R] = trade.values
    return Blocks(np.array([*own, *[R] * len(a.sectors)]), np.array([*own, *map(region, a.users)]), totals)


def traded(a: Accounts, regions: tuple[str, ...]) -> np.ndarray:
    """(regions, regions) what each sells to each, bn."""
    place = {code: r for r, code in enumerate(regions)}
    rows = np.array([[label.rpartition("|")[0] == code for label in a.activities] for code in place], dtype=float)
    heads = [*a.activities, *a.users]
    columns = np.array([[label.rpartition("|")[0] == code for code in place] for label in heads], dtype=float)
    return rows @ np.hstack([a.Zd, a.Yd]) @ columns


def agree_with_trade(
    opened: Opened, prior: np.ndarray, u: np.ndarray, v: np.ndarray, a: Accounts, totals: dict[str, Wanted]
) -> np.ndarray:
    """Column totals that agree with trade; spending of final users in a region takes the gap where it is not given."""
    import scipy.sparse
    from scipy.sparse.csgraph import connected_components

    wanted = totals["trade"]
    blocks = blocks_of(a, wanted)
    size = len(blocks.totals)
    rows, columns = (np.equal.outer(np.arange(size), group) for group in (blocks.row_group, blocks.column_group))
    open_ = np.isnan(blocks.totals) & (rows @ np.abs(prior) @ columns.T > 0)  # what follows from the other totals
    sold = rows @ u - np.nansum(blocks.totals, axis=1)
    bought = columns @ v - np.nansum(blocks.totals, axis=0)
    links = scipy.sparse.csr_matrix(np.block([[np.zeros((size, size)), open_], [open_.T, np.zeros((size, size))]]))
    count, part = connected_components(links, directed=False)
    v, final = v.copy(), np.arange(len(v)) >= len(a.activities)
    within = max(opened.recipe.balance.within, EXACT)
    for c in range(count):
        sellers, buyers = part[:size] == c, part[size:] == c
        gap = sold[sellers].sum() - bought[buyers].sum()
        takers = final & buyers[blocks.column_group] & (v > 0)
        left = v[takers].sum() + gap
        if ("final_demand" in totals and abs(gap) > within * max(np.abs(rows @ u)[sellers].sum(), EXACT)) or left < 0:
            names = ", ".join(f"'{code}'" for code, inside in zip(wanted.labels, sellers, strict=False) if inside)
            message = (
                f"what {names} sells at home is {sold[sellers].sum():.6g} bn by its output and its sales to others, "
                f"but {bought[buyers].sum():.6g} bn by its purchases and what it buys from others: {gap:+.6g} bn; "
                "correct trade or final demand, leave out one of them, or give final_demand an 'uncertainty'"
            )
            opened.tell("SC509", message, "totals", wanted.at, "file")
        elif takers.any():
            v[takers] *= left / v[takers].sum()
    opened.problems.stop()
    return v
