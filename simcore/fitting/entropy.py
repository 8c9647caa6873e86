"""Balancing tables with negative cells, known blocks or uncertain totals: one convex problem.

A   prior table          (m, n)  any signs; P its positive cells, N the sizes of its negative ones
u   row totals           (m,)    v  column totals (n,)    W  block totals (G, H), where they are known
a   logarithms of the row multipliers (m,);  b  of the column multipliers (n,);  c  of the block multipliers (G, H)
X   balanced table       (m, n)  ``P exp(z) - N exp(-z)`` with ``z = a[i] + b[j] + c[group(i), group(j)]``

The multipliers minimise ``sum(P exp(z) + N exp(-z)) - u a - v b - W c``, which is convex and has the gaps of the
margins as its gradient: where it is smallest, all totals are met. A total with standard error sd adds ``(sd a)^2 / 2``:
then its gap is ``-sd^2 a``, which trades distance from the prior against distance from the totals. So RAS (no negative
cells), GRAS, multi-regional GRAS (blocks) and conflicting totals are the same computation.

Plain sweeps set one group of multipliers after the other to their exact optimum; where those are slow, Newton steps on
all multipliers at once lead them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ..errors import BalanceError
from .unmet import why_not

PATIENCE = 20  # sweeps before Newton steps lead them; more in large systems, where one step costs many sweeps
SWEEPS_A_STEP = 1 / 40  # of the number of multipliers
LARGE = 2_000  # multipliers: from here on a balance ends after STALLED Newton steps that bring it no nearer
STALLED = 8
LARGEST_STEP = 5.0  # of a logarithm of a multiplier, in one Newton step
RIDGE = 1e-13  # of the curvature: fixes the factors that can pass between rows, columns and blocks at will


class Blocks(NamedTuple):
    """Totals of blocks of cells, such as what one region sells to another."""

    row_group: np.ndarray  # (m,) int, which of G groups a row belongs to
    column_group: np.ndarray  # (n,) int, of H
    totals: np.ndarray  # (G, H), NaN where nothing is known


class Fitted(NamedTuple):
    """A balanced table and how it came about.

    Errors are the largest gaps over the absolute cells of a margin; for uncertain totals they count from where the
    optimum lies, so they say whether the iteration has ended, and ``row_gap`` and ``column_gap`` say how far the
    table is from the totals, in their unit.
    """

    table: np.ndarray  # (m, n)
    row_multipliers: np.ndarray  # (m,)
    column_multipliers: np.ndarray  # (n,)
    block_multipliers: np.ndarray  # (G, H), ones where no block is given
    iterations: int
    row_error: float
    column_error: float
    block_error: float
    row_gap: np.ndarray  # (m,) sum of the row less its total
    column_gap: np.ndarray  # (n,)


@dataclass(frozen=True)
class Problem:
    """The arrays of one balance; see the module."""

    P: np.ndarray
    N: np.ndarray
    u: np.ndarray
    v: np.ndarray
    row_var: np.ndarray  # (m,)
    column_var: np.ndarray  # (n,)
    rows: np.ndarray  # (G, m) 0 or 1
    columns: np.ndarray  # (n, H) 0 or 1
    W: np.ndarray  # (G, H), zero where unknown
    known: np.ndarray  # (G, H) bool


class Point(NamedTuple):
    """Logarithms of the multipliers."""

    a: np.ndarray
    b: np.ndarray
    c: np.ndarray


def gras(
    prior: np.ndarray,
    row_totals: np.ndarray,
    column_totals: np.ndarray,
    *,
    row_sd: np.ndarray | None = None,
    column_sd: np.ndarray | None = None,
    blocks: Blocks | None = None,
    tolerance: float = 1e-12,
    max_iterations: int = 1_000,
) -> Fitted:
    """The table nearest to a prior of any signs that meets its totals, or trades them off where they are uncertain.

    Parameters
    ----------
    prior : (m, n) array
        Zeros stay exact zeros, cells keep their signs.
    row_totals, column_totals : (m,), (n,) arrays
        In the unit that the balanced table shall have. Without standard errors their sums must agree.
    row_sd, column_sd : (m,), (n,) arrays, optional
        Standard errors of the totals, zero for a total that must be met; in the unit of the totals, which must then
        be the unit of the prior, too: the distance from the prior counts in it.
    blocks : Blocks, optional
        Totals of blocks of cells, to be met.
    tolerance : float
        Largest gap of any margin, over the absolute cells of that margin.
    max_iterations : int
        Sweeps; after ``PATIENCE`` of them each is led by a Newton step.

    Raises
    ------
    BalanceError
        If shapes do not fit, a value is not finite, or no table with the prior's signs meets the totals that must be
        met; the message names the margins and the gap.

    References
    ----------
    Junius and Oosterhaven (2003), Economic Systems Research 15, with the objective of Lenzen, Wood and Gallego
    (2007), 19; Temurshoev, Miller and Bouwmeester (2013) for rows of negatives alone; Temursho, Oosterhaven and
    Cardenete (2019) for blocks; Lenzen, Gallego and Wood (2009) for totals in conflict.
    """
    problem = _problem(prior, row_totals, column_totals, row_sd, column_sd, blocks)
    point, iterations, errors = _iterate(problem, tolerance, max_iterations)
    if not max(errors) <= tolerance:
        with np.errstate(over="ignore", invalid="ignore"):  # multipliers of impossible totals
            cells = _cells(problem, point)
        raise BalanceError(why_not(problem, point, cells, errors, iterations))
    up, down = _cells(problem, point)
    table = up - down
    return Fitted(
        table, np.exp(point.a), np.exp(point.b), np.exp(point.c), iterations, *errors,
        table.sum(axis=1) - problem.u, table.sum(axis=0) - problem.v,
    )  # fmt: skip


def _problem(
    prior: np.ndarray,
    row_totals: np.ndarray,
    column_totals: np.ndarray,
    row_sd: np.ndarray | None,
    column_sd: np.ndarray | None,
    blocks: Blocks | None,
) -> Problem:
    A, u, v = (np.asarray(a, dtype=float) for a in (prior, row_totals, column_totals))
    m, n = len(u), len(v)
    if A.shape != (m, n):
        raise BalanceError(f"the prior has shape {A.shape}; the totals need ({m}, {n})")
    sd_u, sd_v = (
        np.zeros(size) if sd is None else np.asarray(sd, dtype=float) for sd, size in ((row_sd, m), (column_sd, n))
    )
    for name, values in (
        ("prior", A), ("row totals", u), ("column totals", v), ("row_sd", sd_u), ("column_sd", sd_v)
    ):  # fmt: skip
        if not np.isfinite(values).all():
            place = ", ".join(str(int(i)) for i in np.argwhere(~np.isfinite(values))[0])
            raise BalanceError(f"{name}: entry ({place}) is not a finite number")
    for name, sd, size in (("row_sd", sd_u, m), ("column_sd", sd_v, n)):
        if sd.shape != (size,) or (sd < 0).any():
            raise BalanceError(f"{name} needs {size} standard errors of zero or more")
    rows, columns, W = _grouped(blocks, m, n)
    known = np.isfinite(W)
    problem = Problem(
        np.maximum(A, 0.0), np.maximum(-A, 0.0), u, v, sd_u**2, sd_v**2, rows, columns, np.where(known, W, 0.0), known
    )
    _require_agreeing_sums(problem)
    return problem


def _grouped(blocks: Blocks | None, m: int, n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    if blocks is None:
        return np.ones((1, m)), np.ones((n, 1)), np.full((1, 1), np.nan)
    row, column, W = np.asarray(blocks.row_group), np.asarray(blocks.column_group), np.asarray(blocks.totals, float)
    if row.shape != (m,) or column.shape != (n,) or W.ndim != 2:
        raise BalanceError(f"blocks need a group for each of {m} rows and {n} columns, and a table of their totals")
    if row.min() < 0 or column.min() < 0 or row.max() >= W.shape[0] or column.max() >= W.shape[1]:
        raise BalanceError(f"a group of blocks lies outside their table of totals, {W.shape[0]} by {W.shape[1]}")
    G, H = W.shape
    return (row == np.arange(G)[:, None]).astype(float), (column[:, None] == np.arange(H)).astype(float), W


def _require_agreeing_sums(problem: Problem) -> None:
    """Totals that must be met may not contradict each other: rows against columns, both against blocks."""
    hard_rows, hard_columns = not problem.row_var.any(), not problem.column_var.any()
    size = float(np.abs(problem.u).sum() + np.abs(problem.v).sum())
    if hard_rows and hard_columns and abs(problem.u.sum() - problem.v.sum()) > 1e-12 * size:
        raise BalanceError(
            f"the row totals sum to {problem.u.sum():.12g}, the column totals to {problem.v.sum():.12g}: they differ "
            f"by {problem.u.sum() - problem.v.sum():.6g}; settle which of them is right, or give standard errors"
        )
    for name, hard, totals, of_blocks, full in (
        ("row", hard_rows, problem.rows @ problem.u, problem.W.sum(axis=1), problem.known.all(axis=1)),
        ("column", hard_columns, problem.v @ problem.columns, problem.W.sum(axis=0), problem.known.all(axis=0)),
    ):
        gap = np.where(full, totals - of_blocks, 0.0)
        worst = int(np.abs(gap).argmax())
        if hard and abs(gap[worst]) > 1e-12 * size:
            raise BalanceError(
                f"the {name} totals of group {worst} sum to {totals[worst]:.12g}, its blocks to "
                f"{of_blocks[worst]:.12g}: they differ by {gap[worst]:.6g}; settle which of them is right"
            )


def _spread(problem: Problem, c: np.ndarray) -> np.ndarray:
    """Block values on the cells, (m, n)."""
    return problem.rows.T @ c @ problem.columns.T


def _cells(problem: Problem, at: Point) -> tuple[np.ndarray, np.ndarray]:
    """Positive and negative cells by size, (m, n) each."""
    z = at.a[:, None] + at.b + _spread(problem, at.c)
    return problem.P * np.exp(z), problem.N * np.exp(-z)


def _errors(problem: Problem, at: Point, cells: tuple[np.ndarray, np.ndarray]) -> tuple[float, float, float]:
    """Largest gap from the optimum by rows, columns and blocks, over the absolute cells of the margin."""
    X, size = cells[0] - cells[1], cells[0] + cells[1]
    blocks = problem.rows @ X @ problem.columns - problem.W
    return (
        _worst(X.sum(axis=1) - problem.u + problem.row_var * at.a, size.sum(axis=1) + np.abs(problem.u)),
        _worst(X.sum(axis=0) - problem.v + problem.column_var * at.b, size.sum(axis=0) + np.abs(problem.v)),
        _worst(np.where(problem.known, blocks, 0.0), problem.rows @ size @ problem.columns + np.abs(problem.W)),
    )


def _worst(gap: np.ndarray, size: np.ndarray) -> float:
    if not (np.isfinite(gap).all() and np.isfinite(size).all()):
        return np.inf
    return float(np.divide(np.abs(gap), size, out=np.zeros_like(gap), where=size > 0).max(initial=0.0))


def _iterate(problem: Problem, tolerance: float, most: int) -> tuple[Point, int, tuple[float, float, float]]:
    """Sweeps until all margins are at their optimum, later ones led by Newton steps; with their number and errors."""
    at = Point(np.zeros(len(problem.u)), np.zeros(len(problem.v)), np.zeros(problem.W.shape))
    beyond = (np.inf, np.inf, np.inf)
    size = len(at.a) + len(at.b) + int(problem.known.sum())
    patience = max(PATIENCE, int(SWEEPS_A_STEP * size))
    best, since = np.inf, 0
    # Impossible totals drive multipliers to zero or infinity; that is diagnosed afterwards, not warned about.
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        for iteration in range(1, most + 1):
            try:
                at = _sweep(problem, at if iteration <= patience else _newton(problem, at))
            except np.linalg.LinAlgError:
                return at, iteration, beyond
            if not all(np.isfinite(part).all() for part in at):
                return at, iteration, beyond
            errors = _errors(problem, at, _cells(problem, at))
            since = since + 1 if iteration > patience and max(errors) > 0.9 * best else 0
            best = min(best, max(errors))
            if best <= tolerance or (size > LARGE and since > STALLED):
                break
        if max(errors) <= tolerance:
            at, errors = _polished(problem, at, errors)
        return at, iteration, errors


def _polished(
    problem: Problem, at: Point, errors: tuple[float, float, float]
) -> tuple[Point, tuple[float, float, float]]:
    """A solution taken on to rounding: small cells in large margins are settled last."""
    while True:
        try:
            following = _sweep(problem, _newton(problem, at))
        except np.linalg.LinAlgError:
            return at, errors
        found = _errors(problem, following, _cells(problem, following))
        if not max(found) < 0.5 * max(errors):
            return at, errors
        at, errors = following, found


def _sweep(problem: Problem, at: Point) -> Point:
    """Rows, then columns, then blocks, each at its optimum while the others stay."""
    up, down = _cells(problem, at._replace(a=np.zeros_like(at.a)))
    at = at._replace(a=_best(up.sum(axis=1), down.sum(axis=1), problem.u, problem.row_var, at.a))
    up, down = _cells(problem, at._replace(b=np.zeros_like(at.b)))
    at = at._replace(b=_best(up.sum(axis=0), down.sum(axis=0), problem.v, problem.column_var, at.b))
    if not problem.known.any():
        return at
    up, down = _cells(problem, at._replace(c=np.zeros_like(at.c)))
    of_block = [problem.rows @ part @ problem.columns for part in (up, down)]
    certain = np.zeros(problem.W.size)
    best = _best(of_block[0].ravel(), of_block[1].ravel(), problem.W.ravel(), certain, at.c.ravel())
    return at._replace(c=np.where(problem.known, best.reshape(at.c.shape), 0.0))


def _best(p: np.ndarray, n: np.ndarray, total: np.ndarray, var: np.ndarray, start: np.ndarray) -> np.ndarray:
    """The logarithms a with ``p exp(a) - n exp(-a) + var a = total``; a margin without cells keeps zero."""
    root = np.sqrt(total**2 + 4.0 * p * n)
    # Of the two forms of the positive root, the one that adds numbers of one sign.
    exact = np.where(total >= 0, np.log((total + root) / (2.0 * p)), np.log(2.0 * n / (root - total)))
    exact = np.where((p > 0) & (n == 0), np.log(total / p), np.where((p == 0) & (n > 0), np.log(-n / total), exact))
    a = np.where((p > 0) | (n > 0), exact, 0.0)
    soft = var > 0
    return np.where(soft, _best_soft(p, n, total, np.where(soft, var, 1.0), start), a) if soft.any() else a


def _best_soft(p: np.ndarray, n: np.ndarray, total: np.ndarray, var: np.ndarray, start: np.ndarray) -> np.ndarray:
    """The same with var > 0: Newton on an increasing function, kept inside a bracket."""
    a = np.array(start)
    low, high = np.full_like(a, -700.0), np.full_like(a, 700.0)
    for _ in range(200):
        gap = p * np.exp(a) - n * np.exp(-a) + var * a - total
        low, high = np.where(gap < 0, a, low), np.where(gap > 0, a, high)
        step = a - gap / (p * np.exp(a) + n * np.exp(-a) + var)
        inside = (step >= low) & (step <= high)  # ends included: a step of nothing is the solution, not a way out
        following = np.where(gap == 0, a, np.where(inside, step, 0.5 * (low + high)))
        if (np.abs(following - a) <= 1e-15 * (1.0 + np.abs(a))).all():
            return following
        a = following
    return a


def _newton(problem: Problem, at: Point) -> Point:
    """One damped Newton step on all multipliers."""
    up, down = _cells(problem, at)
    size, X = up + down, up - down
    known = problem.known.ravel()
    of_rows = (size @ problem.columns)[:, None, :] * problem.rows.T[:, :, None]  # (m, G, H)
    of_columns = (problem.rows @ size).T[:, :, None] * problem.columns[:, None, :]  # (n, G, H)
    in_blocks = (problem.rows @ size @ problem.columns).ravel()[known]
    by_row, by_column = of_rows.reshape(len(at.a), -1)[:, known], of_columns.reshape(len(at.b), -1)[:, known]
    H = np.block(
        [
            [np.diag(size.sum(axis=1) + problem.row_var), size, by_row],
            [size.T, np.diag(size.sum(axis=0) + problem.column_var), by_column],
            [by_row.T, by_column.T, np.diag(in_blocks)],
        ]
    )
    blocks = (problem.rows @ X @ problem.columns - problem.W).ravel()[known]
    gradient = np.concatenate(
        [
            X.sum(axis=1) - problem.u + problem.row_var * at.a,
            X.sum(axis=0) - problem.v + problem.column_var * at.b,
            blocks,
        ]
    )
    if not np.isfinite(H).all():
        raise np.linalg.LinAlgError("multipliers beyond all numbers")
    # Scaled to a unit diagonal, since curvatures of nearly empty margins differ by many powers of ten.
    curvature = np.diag(H)
    scale = 1.0 / np.sqrt(np.where(curvature > 0, curvature, 1.0))
    H = scale[:, None] * H * scale
    H[np.diag_indices_from(H)] = np.where(curvature > 0, 1.0 + RIDGE, 1.0)
    step = -scale * np.linalg.solve(H, scale * gradient)
    largest = np.abs(step).max()
    step *= min(1.0, LARGEST_STEP / largest) if largest > 0 else 0.0
    return _descend(problem, at, step, gradient)


def _descend(problem: Problem, at: Point, step: np.ndarray, gradient: np.ndarray) -> Point:
    """Go as far along a step as the function falls (Armijo)."""
    m, n = len(at.a), len(at.b)
    dc = np.zeros(at.c.size)
    dc[problem.known.ravel()] = step[m + n :]
    d = Point(step[:m], step[m : m + n], dc.reshape(at.c.shape))
    slope, here, share = float(gradient @ step), _objective(problem, at), 1.0
    for _ in range(40):
        there = Point(*(x + share * dx for x, dx in zip(at, d, strict=True)))
        if _objective(problem, there) <= here + 1e-4 * share * slope + 1e-14 * abs(here):
            return there
        share *= 0.5
    return at


def _objective(problem: Problem, at: Point) -> float:
    up, down = _cells(problem, at)
    value = up.sum() + down.sum() - problem.u @ at.a - problem.v @ at.b - (problem.W * at.c).sum()
    return float(value + 0.5 * (problem.row_var @ at.a**2 + problem.column_var @ at.b**2))


class SupplyUse(NamedTuple):
    """Balanced supply and use of products, basic prices; p products, q industries, f final users."""

    supply: np.ndarray  # (p, q) product p made by industry q
    use: np.ndarray  # (p, q)
    final: np.ndarray  # (p, f)
    fitted: Fitted


def balance_supply_use(
    supply: np.ndarray,
    use: np.ndarray,
    final: np.ndarray,
    imports: np.ndarray,
    output: np.ndarray,
    inputs: np.ndarray,
    final_totals: np.ndarray,
    tolerance: float = 1e-12,
) -> SupplyUse:
    """Supply and use tables nearest to prior ones in which every product's supply equals its use.

    One signed balance: supply stands with a plus, use with a minus, and each product's row sums to minus its imports,
    so that product totals need not be known.

    Parameters
    ----------
    supply, use : (p, q) arrays
        Prior tables; signs and zeros are kept.
    final : (p, f) array
        Prior final demand by product.
    imports : (p,) array
        Supply from abroad.
    output, inputs : (q,) arrays
        Output of each industry, and what it spends on products.
    final_totals : (f,) array
        Spending of each final user.

    Raises
    ------
    BalanceError
        If the totals contradict each other or the prior's zeros; output and imports must equal all spending.

    References
    ----------
    Temurshoev and Timmer (2011), Papers in Regional Science 90 (SUT-RAS, whose solution this is).
    """
    prior = np.hstack([supply, -np.asarray(use, dtype=float), -np.asarray(final, dtype=float)])
    totals = np.concatenate([output, -np.asarray(inputs, dtype=float), -np.asarray(final_totals, dtype=float)])
    fitted = gras(prior, -np.asarray(imports, dtype=float), totals, tolerance=tolerance)
    q, table = np.shape(supply)[1], fitted.table
    return SupplyUse(table[:, :q], -table[:, q : 2 * q], -table[:, 2 * q :], fitted)
