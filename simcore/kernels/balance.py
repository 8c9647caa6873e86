"""RAS: scale the rows and columns of a table until its margins fit.

Q  prior table         (m, n)  non-negative; a zero stays a zero
u  row totals          (m,)
v  column totals       (n,)
r  row multipliers     (m,)
s  column multipliers  (n,)
T  balanced table      (m, n)  ``diag(r) Q diag(s)``

A sweep is two products of a matrix and a vector, which BLAS does at the speed of memory: plain numpy is
faster here than a compiled loop and needs no compilation.
"""

from typing import NamedTuple

import numpy as np

PATIENCE = 200  # sweeps; a table that needs more is nearly blocked, and plain sweeps could need a million
LARGEST_STEP = 5.0  # of a logarithm of a multiplier, in one Newton step


class Sweeps(NamedTuple):
    """How the iteration ended; errors are relative to the totals, the largest of all rows (columns)."""

    iterations: int
    row_error: float
    column_error: float


def ras_multipliers(Q, u, v, r, s, tolerance, max_iterations):
    """Fill ``r`` and ``s``; rows and columns with a total of zero get a multiplier of zero.

    Every row with a positive total must have a positive cell in a column with one, and the reverse. After
    ``PATIENCE`` sweeps a Newton step goes before each sweep: the fixed point is the same, only nearer.
    """
    r[:] = u > 0.0
    s[:] = v > 0.0
    rows, columns = np.flatnonzero(u > 0.0), np.flatnonzero(v > 0.0)
    sums = Q @ s
    error = np.inf
    iteration = 0
    while error > tolerance and iteration < max_iterations:
        if iteration >= PATIENCE:
            newton_step(Q, u, v, r, s, rows, columns)
            sums = Q @ s
        iteration += 1
        r[rows] = u[rows] / sums[rows]
        s[columns] = v[columns] / (r @ Q)[columns]
        sums = Q @ s
        error = _worst(r * sums, u, rows)  # columns are exact here up to rounding
    return Sweeps(iteration, error, _worst(s * (r @ Q), v, columns))


def newton_step(Q, u, v, r, s, rows, columns):
    """Move ``r`` and ``s`` towards the minimum of ``sum(T) - u log r - v log s``, where the margins fit.

    The function is convex in the logarithms and its gradient is the gap of the margins; the smaller of the
    two blocks of its Hessian is solved after the other has been eliminated. The regularisation only fixes
    the factor that can pass between r and s at will. Knight and Ruiz (2013), A fast algorithm for matrix
    balancing.
    """
    live = np.ix_(rows, columns)
    T = r[rows, None] * Q[live] * s[columns]
    R, C = T.sum(axis=1), T.sum(axis=0)
    row_gap, column_gap = u[rows] - R, v[columns] - C
    if rows.size <= columns.size:
        H = np.diag(R * (1.0 + 1e-13)) - (T / C) @ T.T
        da = np.linalg.solve(H, row_gap - T @ (column_gap / C))
        db = (column_gap - da @ T) / C
    else:
        H = np.diag(C * (1.0 + 1e-13)) - (T.T / R) @ T
        db = np.linalg.solve(H, column_gap - (row_gap / R) @ T)
        da = (row_gap - T @ db) / R
    largest = max(np.abs(da).max(), np.abs(db).max())
    step = min(1.0, LARGEST_STEP / largest) if largest > 0.0 else 0.0
    both, slope = da[:, None] + db, u[rows] @ da + v[columns] @ db
    for _ in range(30):
        if (T * np.expm1(step * both)).sum() - step * slope <= 1e-15 * R.sum():
            r[rows] *= np.exp(step * da)
            s[columns] *= np.exp(step * db)
            return
        step *= 0.5


def _worst(sums, totals, positive):
    """Largest relative distance from the totals."""
    if positive.size == 0:
        return 0.0
    return float(np.abs(sums[positive] / totals[positive] - 1.0).max())
