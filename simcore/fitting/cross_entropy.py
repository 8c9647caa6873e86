"""Coefficients nearest to prior ones that give known row totals, by cross-entropy."""

from __future__ import annotations

import numpy as np

from ..errors import BalanceError
from .entropy import LARGEST_STEP, RIDGE

POLISH = 3  # steps for small rows, once all rows are met by the size of the largest
ROUNDING = 1e-9  # of the dual: near its minimum a whole step is taken, whatever its last digits say


def cross_entropy(
    prior: np.ndarray, column_weights: np.ndarray, row_totals: np.ndarray, tolerance: float = 1e-12
) -> np.ndarray:
    """The coefficients nearest to prior ones in cross-entropy that give the row totals.

    ``sum a log(a / prior)`` over all cells is least, each column keeps its sum, and ``a @ column_weights`` equals the
    row totals. Other than RAS, which counts flows, it counts every column's coefficients alike, however large the
    column.

    Parameters
    ----------
    prior : (m, n) array
        Non-negative coefficients; zeros stay exact zeros.
    column_weights : (n,) array
        Positive, such as outputs.
    row_totals : (m,) array
        Positive where the row has a cell; they must sum to what the columns spend.

    Raises
    ------
    BalanceError
        If a sign or shape does not fit, or no coefficients with the prior's zeros give the totals.

    References
    ----------
    Golan, Judge and Robinson (1994), Review of Economics and Statistics 76; Robinson, Cattaneo and El-Said (2001),
    Economic Systems Research 13.
    """
    Q, x, u = (np.asarray(values, dtype=float) for values in (prior, column_weights, row_totals))
    sums = Q.sum(axis=0)
    if Q.shape != (len(u), len(x)) or (Q < 0).any() or (x <= 0).any() or (u < 0).any():
        raise BalanceError("coefficients and row totals must be zero or more, column weights positive, shapes must fit")
    spent = float(sums @ x)
    if abs(u.sum() - spent) > 1e-12 * max(spent, 1e-300):
        raise BalanceError(
            f"the row totals sum to {u.sum():.12g}, the columns spend {spent:.12g}: they differ by "
            f"{u.sum() - spent:.6g}; settle which of them is right"
        )
    share = np.divide(Q, sums, out=np.zeros_like(Q), where=sums > 0)
    level, size = np.zeros(len(u)), x / x.mean()  # a[i, j] is share times exp(level[i] size[j]), made to sum to one
    near = 0
    for _ in range(200):
        a = _tilted(share, level, size)
        gap = a @ (sums * x) - u
        near += bool(np.abs(gap).max() <= tolerance * max(float(u.max()), 1e-300))
        if near > POLISH or (np.abs(gap) <= tolerance * u).all():
            return a * sums
        weight = sums * x * size
        H = np.diag(a @ weight) - (a * weight) @ a.T
        H[np.diag_indices_from(H)] += RIDGE * np.diag(H) + np.where(np.diag(H) > 0, 0.0, 1.0)
        step = -np.linalg.lstsq(H, gap, rcond=None)[0]
        step *= min(1.0, LARGEST_STEP / max(float(np.abs(step).max()), 1e-300))
        level = _downhill(share, level, step, size, sums * x / size, u, float(gap @ step))
    worst = int(np.abs(gap).argmax())
    raise BalanceError(
        f"row {worst} ends {abs(gap[worst]):.6g} {'above' if gap[worst] > 0 else 'below'} its total of {u[worst]:.6g}: "
        "no coefficients with the prior's zeros and column sums give these row totals; change them or allow more cells"
    )


def _downhill(
    share: np.ndarray,
    level: np.ndarray,
    step: np.ndarray,
    size: np.ndarray,
    spent: np.ndarray,
    u: np.ndarray,
    slope: float,
) -> np.ndarray:
    """The levels after as much of a step as lowers the dual.

    That is ``sum_j spent_j log sum_i share_ij exp(level_i size_j) - u level``, convex with ``gap`` as its gradient; far
    from its minimum a whole Newton step may overshoot for ever.
    """
    here, part = _dual(share, level, size, spent, u), 1.0
    for _ in range(40):
        there = level + part * step
        if _dual(share, there, size, spent, u) <= here + 1e-4 * part * slope + ROUNDING * (1.0 + abs(here)):
            return there
        part /= 2.0
    return level + step


def _dual(share: np.ndarray, level: np.ndarray, size: np.ndarray, spent: np.ndarray, u: np.ndarray) -> float:
    z = np.where(share > 0, np.multiply.outer(level, size), -np.inf)
    top = np.max(z, axis=0, initial=-745.0)
    total = (share * np.exp(z - top)).sum(axis=0)
    logs = np.log(total, out=np.zeros_like(total), where=total > 0) + np.where(total > 0, top, 0.0)
    return float(spent @ logs - u @ level)


def _tilted(share: np.ndarray, level: np.ndarray, size: np.ndarray) -> np.ndarray:
    """Column shares moved by ``exp(level[i] size[j])``, columns summing to one (or zero)."""
    z = np.multiply.outer(level, size)
    z = np.where(share > 0, z, -np.inf)
    moved = share * np.exp(z - np.max(z, axis=0, initial=-745.0))
    total = moved.sum(axis=0)
    return np.divide(moved, total, out=np.zeros_like(moved), where=total > 0)
