"""Coefficients nearest to prior ones that give known row totals, by cross-entropy."""

from __future__ import annotations

import numpy as np

from ..errors import BalanceError
from .entropy import LARGEST_STEP, RIDGE


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
    for _ in range(200):
        a = _tilted(share, level, size)
        gap = a @ (sums * x) - u
        if np.abs(gap).max() <= tolerance * max(float(u.max()), 1e-300):
            return a * sums
        weight = sums * x * size
        H = np.diag(a @ weight) - (a * weight) @ a.T
        H[np.diag_indices_from(H)] += RIDGE * np.diag(H) + np.where(np.diag(H) > 0, 0.0, 1.0)
        step = -np.linalg.lstsq(H, gap, rcond=None)[0]
        level = level + step * min(1.0, LARGEST_STEP / max(float(np.abs(step).max()), 1e-300))
    worst = int(np.abs(gap).argmax())
    raise BalanceError(
        f"row {worst} ends {abs(gap[worst]):.6g} {'above' if gap[worst] > 0 else 'below'} its total of {u[worst]:.6g}: "
        "no coefficients with the prior's zeros and column sums give these row totals; change them or allow more cells"
    )


def _tilted(share: np.ndarray, level: np.ndarray, size: np.ndarray) -> np.ndarray:
    """Column shares moved by ``exp(level[i] size[j])``, columns summing to one (or zero)."""
    z = np.multiply.outer(level, size)
    z = np.where(share > 0, z, -np.inf)
    moved = share * np.exp(z - np.max(z, axis=0, initial=-745.0))
    total = moved.sum(axis=0)
    return np.divide(moved, total, out=np.zeros_like(moved), where=total > 0)
