"""Why totals were not met: words that name the margins and the amounts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from .entropy import Point, Problem

Cells = tuple[np.ndarray, np.ndarray]  # positive and negative ones, by size
Errors = tuple[float, float, float]  # of rows, columns, blocks
NAMED_BY_PROGRAM = 300_000  # cells up to which a linear program names what would have to give way


def why_not(problem: Problem, at: Point, cells: Cells, errors: Errors, iterations: int) -> str:
    """Words for totals that were not met: which margins, by how much, or plain slowness.

    The linear program that moves the totals least names the margins that no table with the prior's signs can meet.
    """
    import scipy.optimize
    import scipy.sparse as sp

    m, n = len(problem.u), len(problem.v)
    i, j = np.nonzero(problem.P + problem.N)
    if len(i) > NAMED_BY_PROGRAM:
        return _furthest(problem, at, cells, errors, iterations)
    sign, each = np.where(problem.P[i, j] > 0, 1.0, -1.0), np.arange(len(i))
    group = problem.rows.argmax(axis=0)[i] * problem.W.shape[1] + problem.columns.argmax(axis=1)[j]
    place = np.cumsum(problem.known.ravel()) - 1
    inside = problem.known.ravel()[group]
    margins = sp.csr_matrix(
        (
            np.concatenate([sign, sign, sign[inside]]),
            (np.concatenate([i, m + j, m + n + place[group[inside]]]), np.concatenate([each, each, each[inside]])),
        ),
        shape=(m + n + int(problem.known.sum()), len(i)),
    )
    totals = np.concatenate([problem.u, problem.v, problem.W[problem.known]])
    must = np.concatenate([problem.row_var, problem.column_var, np.zeros(int(problem.known.sum()))]) == 0
    scale, both = max(float(np.abs(totals).sum()), 1e-300), sp.identity(len(totals), format="csr")[must]
    found = scipy.optimize.linprog(
        np.concatenate([np.zeros(len(i)), np.ones(2 * int(must.sum()))]),
        A_eq=sp.hstack([margins[must], both[:, must], -both[:, must]], format="csr"),
        b_eq=totals[must] / scale,
        method="highs",
    )
    slow = (
        f"the totals were not met after {iterations} iterations: the worst row is off by {errors[0]:.3g}, column by "
        f"{errors[1]:.3g}, block by {errors[2]:.3g} of its cells; they can be met only in the limit, with some cells "
        "at zero, or slowly: check nearly empty margins, or raise max_iterations"
    )
    if found.status != 0 or scale * found.fun <= 1e-7 * scale:
        return slow
    moved = scale * (found.x[len(i) : len(i) + int(must.sum())] - found.x[len(i) + int(must.sum()) :])
    names = np.array([f"row {k}" for k in range(m)] + [f"column {k}" for k in range(n)]
                     + [f"block ({g}, {h})" for g, h in np.argwhere(problem.known)])[must]  # fmt: skip
    worst = np.argsort(-np.abs(moved))[:4]
    listed = ", ".join(
        f"{names[k]} {'lacks' if moved[k] > 0 else 'exceeds by'} {abs(moved[k]):.6g}"
        for k in worst
        if abs(moved[k]) > 1e-9 * scale
    )
    return (
        f"no table with the prior's zeros and signs has these totals; the least that would have to give way is "
        f"{scale * found.fun:.6g} in all: {listed}; change these totals, allow more cells, or give standard errors"
    )


def _furthest(problem: Problem, at: Point, cells: Cells, errors: Errors, iterations: int) -> str:
    """Words for a large table: the margins that are furthest off where the balance ended."""
    X, size = cells[0] - cells[1], cells[0] + cells[1]
    rows = X.sum(axis=1) - problem.u + problem.row_var * at.a
    columns = X.sum(axis=0) - problem.v + problem.column_var * at.b
    gaps = np.concatenate([rows, columns])
    share = np.nan_to_num(np.abs(gaps), nan=np.inf) / np.maximum(
        np.concatenate([size.sum(axis=1), size.sum(axis=0)]), 1e-300
    )
    names = [*(f"row {k}" for k in range(len(rows))), *(f"column {k}" for k in range(len(columns)))]
    worst = [k for k in np.argsort(-share)[:4] if share[k] > 0]
    listed = ", ".join(f"{names[k]} {'exceeds by' if gaps[k] > 0 else 'lacks'} {abs(gaps[k]):.6g}" for k in worst)
    return (
        f"the totals were not met after {iterations} iterations, and more bring them no nearer: rows are off by "
        f"{errors[0]:.3g} at most, columns by {errors[1]:.3g}, blocks by {errors[2]:.3g} of their cells; {listed}; "
        "change these totals, allow more cells, or give standard errors"
    )
