"""Volumes of a later year at the prices of the table: value added as published, technology as it was.

Technical coefficients and import shares stay; output x, domestic final demand f and stock changes s move
together: ``f = (I - A) x - s``. Figures that cannot all hold give way in proportion to their tolerances.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..errors import BalanceError
from .figures import Table
from .growth import Growth
from .recipe import Tolerances


class Scaled(NamedTuple):
    """The scaled table and how far each figure had to move."""

    table: Table
    target: np.ndarray  # (K,) value added that growth asks for
    value_added_miss: np.ndarray  # (K,) relative distance of value added from its target
    final_demand_factor: np.ndarray  # (K,) domestic final demand over that of the table's year; 1 where none
    stock_move: np.ndarray  # (K,) stock change less the grown one, as a share of output


def scale_volumes(table: Table, growth: Growth, tolerance: Tolerances) -> Scaled:
    """Bring a table to the volumes of a later year by constrained least squares.

    Minimised are the squared relative misses of value added by sector, of domestic final demand by product
    (expected to grow as the product's value added) and of stock changes (as shares of output), each over its
    tolerance; value added of every broad sector is met exactly. What has no stock change in the table gets
    none.

    Raises
    ------
    BalanceError
        If some product's final demand turns negative: its output cannot fall short of what others need of it.

    References
    ----------
    Stone, Champernowne and Meade (1942), The precision of national income estimates, Review of Economic
    Studies 9.
    """
    K = len(table.x)
    A = table.use_domestic / table.x
    v = table.value_added.sum(axis=0)
    f = table.final_domestic.sum(axis=1)
    t = v * growth.factor
    # Unknowns, relative: output over its growth (K), stock change moved, as a share of grown output (K).
    grown = table.x * growth.factor
    s = table.stock_change * growth.factor
    final = np.hstack([(np.eye(K) - A) * grown, -np.diag(grown)])  # d f / d unknowns
    at_target = (np.eye(K) - A) @ grown - s  # final demand if all targets held
    bought = f > 0
    unstored = table.stock_change == 0.0
    hoped = f * growth.factor
    own = np.array([getattr(tolerance, kind) for kind in growth.kind])
    weights = np.concatenate([1.0 / own, np.full(K, 1.0 / tolerance.stock_change)])
    rows = np.vstack([np.diag(weights), final[bought] / (hoped[bought] * tolerance.final_demand)[:, None]])
    aims = np.concatenate([np.zeros(2 * K), (1.0 - at_target[bought] / hoped[bought]) / tolerance.final_demand])
    still = np.eye(2 * K)[K:][unstored]
    exact = np.vstack([*_totals(growth, t, K), final[~bought], still])
    exact_aims = np.concatenate([np.zeros(len(growth.totals)), -at_target[~bought], np.zeros(len(still))])
    moved = _least_squares(rows, aims, exact, exact_aims)
    moved[K:][unstored] = 0.0
    x, s = grown * (1.0 + moved[:K]), s + grown * moved[K:]
    factor = np.divide((np.eye(K) - A) @ x - s, f, out=np.ones(K), where=bought)
    if factor.min() <= 0:
        worst = int(factor.argmin())
        raise BalanceError(
            f"product {worst}: final demand would be {factor[worst]:.2f} of the table's; "
            "look at its growth and those of its buyers, or widen a tolerance"
        )
    scaled = _rebuild(table, x, s, factor)
    return Scaled(scaled, t, scaled.value_added.sum(axis=0) / t - 1.0, factor, moved[K:])


def _totals(growth: Growth, target: np.ndarray, K: int) -> list[np.ndarray]:
    """One row per broad sector: the weighted misses of its members sum to zero."""
    rows = []
    for members in growth.totals.values():
        row = np.zeros(2 * K)
        row[members] = target[members] / target[members].sum()
        rows.append(row)
    return rows


def _least_squares(rows: np.ndarray, aims: np.ndarray, exact: np.ndarray, exact_aims: np.ndarray) -> np.ndarray:
    """Least squares under equalities, inside their null space (no normal equations: worse condition)."""
    scale = np.abs(exact).max(axis=1)
    held = len(exact)
    basis, triangle = np.linalg.qr((exact / scale[:, None]).T, mode="complete")
    fixed = basis[:, :held] @ np.linalg.solve(triangle[:held].T, exact_aims / scale)
    free = basis[:, held:]
    return fixed + free @ np.linalg.lstsq(rows @ free, aims - rows @ fixed, rcond=None)[0]


def _rebuild(table: Table, x: np.ndarray, s: np.ndarray, factor: np.ndarray) -> Table:
    """All flows at the new volumes: inputs and value added follow output, imports their product's demand."""
    by_output = x / table.x
    imported_only = (table.final_domestic.sum(axis=1) <= 0) & (table.final_imported.sum(axis=1) > 0)
    final_factor = np.where(imported_only, by_output, factor)[:, None]
    return Table(
        use_domestic=table.use_domestic * by_output,
        use_imported=table.use_imported * by_output,
        final_domestic=table.final_domestic * final_factor,
        final_imported=table.final_imported * final_factor,
        stock_change=s,
        inventories_imported=table.inventories_imported * by_output,
        value_added=table.value_added * by_output,
        x=x,
    )
