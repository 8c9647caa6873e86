"""Balancing a table to known totals by RAS, with a refusal that names what cannot be met."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..errors import BalanceError
from ..kernels.balance import Sweeps, ras_multipliers


class Balanced(NamedTuple):
    """A balanced table and how it came about; errors are relative to the totals."""

    table: np.ndarray  # (m, n)
    row_multipliers: np.ndarray  # (m,)
    column_multipliers: np.ndarray  # (n,)
    iterations: int
    row_error: float
    column_error: float


def ras(
    prior: np.ndarray,
    row_totals: np.ndarray,
    column_totals: np.ndarray,
    tolerance: float = 1e-12,
    max_iterations: int = 1_000,
) -> Balanced:
    """The table nearest to a prior (in cross-entropy) with given row and column totals.

    Parameters
    ----------
    prior : (m, n) array
        Non-negative; zeros stay exact zeros.
    row_totals, column_totals : (m,), (n,) arrays
        Non-negative, with equal sums, in the unit that the balanced table shall have.
    tolerance : float
        Largest distance of any margin from its total, relative to that total.
    max_iterations : int
        Sweeps over rows and columns; after 200 of them each is led by a Newton step, which brings nearly
        blocked tables to their margins too.

    Returns
    -------
    Balanced
        ``table = row_multipliers[:, None] * prior * column_multipliers``; the multipliers are unique up to
        one common factor.

    Raises
    ------
    BalanceError
        If a cell or total is negative or not finite, if the sums of the totals differ, if a positive total
        meets only zeros, or if the prior's zeros leave no table with these totals; the message names the
        margin and the gap.

    References
    ----------
    Stone (1961), Input-Output and National Accounts; Bacharach (1970), Biproportional Matrices and
    Input-Output Change; Miller and Blair (2009), Input-Output Analysis, section 7.4.
    """
    prior, u, v = (np.ascontiguousarray(a, dtype=float) for a in (prior, row_totals, column_totals))
    _check_input(prior, u, v, tolerance)
    r, s = np.empty(len(u)), np.empty(len(v))
    # Impossible totals drive multipliers to zero or infinity; that is diagnosed below, not warned about.
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        try:
            sweeps = ras_multipliers(prior, u, v, r, s, tolerance, max_iterations)
        except np.linalg.LinAlgError:  # multipliers beyond all numbers
            sweeps = Sweeps(max_iterations, np.inf, np.inf)
    if not sweeps.row_error <= tolerance:
        raise BalanceError(_why_not(prior, u, v, sweeps.row_error, max_iterations))
    table = r[:, None] * prior * s
    return Balanced(table, r, s, *sweeps)


def _check_input(prior: np.ndarray, u: np.ndarray, v: np.ndarray, tolerance: float) -> None:
    if prior.shape != (len(u), len(v)):
        raise BalanceError(f"the prior has shape {prior.shape}; the totals need ({len(u)}, {len(v)})")
    for name, values in (("prior", prior), ("row totals", u), ("column totals", v)):
        if not np.isfinite(values).all():
            raise BalanceError(f"{name}: {_place(~np.isfinite(values))} is not a finite number")
        if (values < 0).any():
            worst = np.unravel_index(values.argmin(), values.shape)
            raise BalanceError(
                f"{name}: {_place(values == values[worst])} is {values[worst]:.6g}; RAS needs values of zero "
                "or more, "
                "net the negative entries out first"
            )
    rows, columns = u.sum(), v.sum()
    if abs(rows - columns) > max(0.5 * tolerance, 1e-15) * max(rows, columns):
        raise BalanceError(
            f"the row totals sum to {rows:.12g}, the column totals to {columns:.12g}: they differ by "
            f"{rows - columns:.6g}; settle which of them is right first"
        )
    reached = (prior > 0) & (u > 0)[:, None] & (v > 0)
    for name, totals, alive in (("row", u, reached.any(axis=1)), ("column", v, reached.any(axis=0))):
        stuck = np.flatnonzero((totals > 0) & ~alive)
        if stuck.size:
            other = "column" if name == "row" else "row"
            raise BalanceError(
                f"{name} {stuck[0]} has a total of {totals[stuck[0]]:.6g} but no positive cell of the prior "
                "in a "
                f"{other} with a positive total; {stuck.size} {name}(s) of this kind, give them a cell or a "
                "total of 0"
            )


def _place(mask: np.ndarray) -> str:
    """The first true cell, in words."""
    first = np.argwhere(mask)[0]
    return "cell (" + ", ".join(str(int(i)) for i in first) + ")" if len(first) > 1 else f"entry {int(first[0])}"


def _why_not(prior: np.ndarray, u: np.ndarray, v: np.ndarray, error: float, iterations: int) -> str:
    """Words for totals that were not met: the blocked margins and the gap, or plain slowness.

    A table with the prior's zeros and these totals exists exactly when a flow of the size of the totals
    passes from rows to columns through the positive cells; the smallest cut names the margins in the way
    (Ford and Fulkerson).
    """
    import scipy.optimize
    import scipy.sparse

    i, j = np.nonzero(prior > 0)
    m, n, cells = len(u), len(v), len(i)
    ones, column = np.ones(cells), np.arange(cells)
    margins = scipy.sparse.csr_matrix(
        (np.concatenate([ones, ones]), (np.concatenate([i, m + j]), np.concatenate([column, column]))),
        shape=(m + n, cells),
    )
    scale = u.sum()
    flow = scipy.optimize.linprog(-ones, A_ub=margins, b_ub=np.concatenate([u, v]) / scale, method="highs")
    gap = scale * (1.0 + flow.fun)
    if gap <= 1e-7 * scale:
        return (
            f"the totals were not met after {iterations} iterations: the worst row is off by {error:.3g} of "
            "its total; "
            "they can be met only in the limit, with some positive cells of the prior at zero, or slowly: "
            "check the totals of nearly empty rows and columns, or raise max_iterations"
        )
    # Dual prices of 1 mark the cut: rows without a price are blocked by the columns that have one.
    blocked = np.flatnonzero((flow.ineqlin.marginals[:m] > -0.5) & (u > 0))
    reach = np.flatnonzero((prior[blocked] > 0).any(axis=0))
    return (
        f"rows {_few(blocked)} need {u[blocked].sum():.6g} in all, but the columns in which they have "
        "positive cells, "
        f"{_few(reach)}, hold only {v[reach].sum():.6g}: {gap:.6g} too little; change these totals or allow "
        "more cells"
    )


def _few(positions: np.ndarray) -> str:
    """The first positions of a list."""
    shown = ", ".join(str(int(p)) for p in positions[:6])
    return f"[{shown}{', ...' if positions.size > 6 else ''}]"
