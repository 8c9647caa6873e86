"""Ways of balancing a table by name, with one signature and one result.

``BALANCES["gras"](prior, row_totals, column_totals)`` or ``balance("gras", ...)``; see ``BALANCES`` for the words.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from ..errors import BalanceError
from .balance import ras
from .cross_entropy import cross_entropy
from .entropy import Blocks, gras
from .least_squares import adjust


class Balance(NamedTuple):
    """A balanced table, how it came about and what it cost."""

    table: np.ndarray  # (m, n)
    iterations: int | None  # sweeps; None where the method counts none
    row_gap: np.ndarray  # (m,) sum of the row less its total, in the unit of the totals
    column_gap: np.ndarray  # (n,)
    largest_gap: float  # over the absolute cells of its margin
    largest_gap_at: str  # such as "row 3"
    moved: float  # sum of absolute changes of cells over the sum of absolute cells of the prior
    changed_signs: int  # cells whose sign is not the prior's: zero but for least squares


class Doubts(NamedTuple):
    """What some methods need besides totals; see ``balance``."""

    row_sd: np.ndarray | None = None
    column_sd: np.ndarray | None = None
    cell_sd: np.ndarray | None = None
    cells: float | None = None
    blocks: Blocks | None = None


NOTHING = Doubts()


def balance(
    method: str,
    prior: np.ndarray,
    row_totals: np.ndarray,
    column_totals: np.ndarray,
    *,
    row_sd: np.ndarray | None = None,
    column_sd: np.ndarray | None = None,
    cell_sd: np.ndarray | None = None,
    cells: float | None = None,
    blocks: Blocks | None = None,
    tolerance: float = 1e-12,
) -> Balance:
    """The table nearest to a prior with given totals, by a method of ``BALANCES``.

    Parameters
    ----------
    method : str
        ``ras``, ``gras``, ``mrgras`` (needs ``blocks``), ``kras`` (needs standard errors of totals, takes ``cells``),
        ``least_squares`` (takes standard errors of totals and cells), ``cross_entropy`` (each column's coefficients
        count alike).
    prior : (m, n) array
        Exact zeros stay zeros; signs stay but for ``least_squares``, which counts those that change.
    row_totals, column_totals : (m,), (n,) arrays
        In the unit that the table shall have.
    row_sd, column_sd : (m,), (n,) arrays, optional
        Standard errors of totals, zero for a total that must be met.
    cell_sd : (m, n) array, optional
        Standard errors of cells, for ``least_squares``; the cell's size if absent.
    cells : float, optional
        Relative standard error of cells against which those of totals are weighed. ``least_squares`` takes it for every
        cell; in ``kras``, where the variance of a cell is in proportion to its size, it is the mean weighted by size.
        Without it ``kras`` counts a cell of one unit as uncertain by one unit, whatever the unit.
    blocks : Blocks, optional
        Totals of blocks of cells.
    tolerance : float
        Largest gap of a margin that must be met.

    Raises
    ------
    BalanceError
        If the method is unknown, lacks what it needs or is given what it cannot use; if the totals cannot be met: the
        message names the margins and by how much they fail.
    """
    if method not in BALANCES:
        raise BalanceError(f"no balancing method '{method}'; there is {', '.join(BALANCES)}")
    given = Doubts(row_sd, column_sd, cell_sd, cells, blocks)
    return BALANCES[method](prior, row_totals, column_totals, given, tolerance)


def _ras(prior, row_totals, column_totals, given=NOTHING, tolerance=1e-12) -> Balance:
    _takes("ras", given)
    found = ras(prior, row_totals, column_totals, tolerance=tolerance)
    return _measured(prior, found.table, row_totals, column_totals, found.iterations)


def _gras(prior, row_totals, column_totals, given=NOTHING, tolerance=1e-12) -> Balance:
    _takes("gras", given)
    return _signed(prior, row_totals, column_totals, given, tolerance)


def _mrgras(prior, row_totals, column_totals, given=NOTHING, tolerance=1e-12) -> Balance:
    _takes("mrgras", given, "blocks")
    if given.blocks is None:
        raise BalanceError("mrgras needs totals of blocks; without them take gras")
    return _signed(prior, row_totals, column_totals, given, tolerance)


def _kras(prior, row_totals, column_totals, given=NOTHING, tolerance=1e-12) -> Balance:
    _takes("kras", given, "row_sd", "column_sd", "cells", "blocks")
    if given.row_sd is None and given.column_sd is None:
        raise BalanceError("kras needs standard errors of row or column totals; without them take gras")
    if given.cells is None:
        return _signed(prior, row_totals, column_totals, given, tolerance)
    unit = _unit_of_doubt(np.asarray(prior, dtype=float), given.cells)
    row_sd, column_sd = (
        None if sd is None else np.asarray(sd, dtype=float) / unit for sd in (given.row_sd, given.column_sd)
    )
    blocks = None if given.blocks is None else given.blocks._replace(totals=np.asarray(given.blocks.totals) / unit)
    inside = Doubts(row_sd, column_sd, blocks=blocks)
    u, v = np.asarray(row_totals, dtype=float), np.asarray(column_totals, dtype=float)
    found = _signed(np.asarray(prior, dtype=float) / unit, u / unit, v / unit, inside, tolerance)
    return _measured(prior, found.table * unit, u, v, found.iterations)


def _unit_of_doubt(prior: np.ndarray, cells: float) -> float:
    """The unit in which a cell's variance is its size, if relative errors are ``cells`` in the mean weighted by size.

    Near the prior the distance of an entropy is ``(x - a)^2 / (2 a)``: a variance of ``a``, in the unit counted in.
    """
    size = np.abs(prior)
    if not cells > 0 or not size.any():
        raise BalanceError(f"the relative standard error of cells is {cells:g}; it is above 0, and some cell is not 0")
    return float((cells * size.sum() / np.sqrt(size).sum()) ** 2)


def _least_squares(prior, row_totals, column_totals, given=NOTHING, tolerance=1e-12) -> Balance:
    _takes("least_squares", given, "row_sd", "column_sd", "cell_sd", "cells")
    if given.cells is not None and given.cell_sd is not None:
        raise BalanceError("least_squares takes cells or cell_sd, not both")
    prior, u, v = (np.asarray(values, dtype=float) for values in (prior, row_totals, column_totals))
    if prior.shape != (len(u), len(v)):
        raise BalanceError(f"the prior has shape {prior.shape}; the totals need ({len(u)}, {len(v)})")
    m, n = prior.shape
    sd = np.abs(prior) * (1.0 if given.cells is None else given.cells)
    sd = sd if given.cell_sd is None else np.where(prior != 0, given.cell_sd, 0.0)
    G = np.vstack([np.kron(np.eye(m), np.ones(n)), np.kron(np.ones(m), np.eye(n))])
    doubt = np.concatenate([np.zeros(m) if given.row_sd is None else given.row_sd,
                            np.zeros(n) if given.column_sd is None else given.column_sd])  # fmt: skip
    names = [f"row {i}" for i in range(m)] + [f"column {j}" for j in range(n)]
    table = adjust(prior.ravel(), sd.ravel(), G, np.concatenate([u, v]), doubt, names, max(tolerance, 1e-12))
    return _measured(prior, table.reshape(m, n), u, v, None)


def _cross_entropy(prior, row_totals, column_totals, given=NOTHING, tolerance=1e-12) -> Balance:
    _takes("cross_entropy", given)
    prior, u, v = (np.asarray(values, dtype=float) for values in (prior, row_totals, column_totals))
    if prior.shape != (len(u), len(v)):
        raise BalanceError(f"the prior has shape {prior.shape}; the totals need ({len(u)}, {len(v)})")
    kept = np.where((u != 0)[:, None], prior, 0.0)  # a row without a total is empty, whatever its prior
    sums = kept.sum(axis=0)
    empty = np.flatnonzero((sums <= 0) & (v != 0))
    if empty.size:
        raise BalanceError(f"column {empty[0]} has a total of {v[empty[0]]:.6g} but no positive cell in the prior")
    live = (sums > 0) & (v != 0)
    table = np.zeros_like(prior)
    share = kept[:, live] / sums[live]
    table[:, live] = cross_entropy(share, v[live], u, tolerance=tolerance) * v[live]
    return _measured(prior, table, u, v, None)


BALANCES: dict[str, Callable[..., Balance]] = {
    "ras": _ras,
    "gras": _gras,
    "mrgras": _mrgras,
    "kras": _kras,
    "least_squares": _least_squares,
    "cross_entropy": _cross_entropy,
}


def _signed(prior, row_totals, column_totals, given: Doubts, tolerance: float) -> Balance:
    prior, u, v = (np.asarray(values, dtype=float) for values in (prior, row_totals, column_totals))
    left = _emptied(prior, u, v, given)
    # An uncertain total without a cell has nothing to give way to; its gap is told below.
    aims = [
        total if sd is None or prior.ndim != 2 else np.where((np.asarray(sd) > 0) & ~left.any(axis=axis), 0.0, total)
        for axis, total, sd in ((1, u, given.row_sd), (0, v, given.column_sd))
    ]
    found = gras(left, *aims, row_sd=given.row_sd, column_sd=given.column_sd, blocks=given.blocks, tolerance=tolerance)
    return _measured(prior, found.table, u, v, found.iterations)


def _emptied(prior: np.ndarray, u: np.ndarray, v: np.ndarray, given: Doubts) -> np.ndarray:
    """Cells of one sign under a certain total of zero can only be zero, which no finite multiplier gives."""
    certain = [total == 0 if sd is None else (total == 0) & (np.asarray(sd) == 0)
               for total, sd in ((u, given.row_sd), (v, given.column_sd))]  # fmt: skip
    if prior.shape != (len(u), len(v)):
        return prior
    left = prior.copy()
    while True:
        rows, columns = (
            known & left.any(axis=axis) & ((left >= 0).all(axis=axis) | (left <= 0).all(axis=axis))
            for axis, known in ((1, certain[0]), (0, certain[1]))
        )
        if not (rows.any() or columns.any()):
            return left
        left[rows], left[:, columns] = 0.0, 0.0


def _takes(method: str, given: Doubts, *usable: str) -> None:
    for name, value in given._asdict().items():
        if value is not None and name not in usable:
            fit = {"blocks": "mrgras", "cell_sd": "least_squares", "cells": "kras"}.get(name, "kras or least_squares")
            raise BalanceError(f"{method} has no use for {name}; leave it out or take {fit}")


def _measured(prior, table, row_totals, column_totals, iterations: int | None) -> Balance:
    prior = np.asarray(prior, dtype=float)
    row_gap, column_gap = table.sum(axis=1) - row_totals, table.sum(axis=0) - column_totals
    gaps = [row_gap, column_gap]
    sizes = [np.maximum(np.abs(table).sum(axis=axis), np.abs(total)) for axis, total in
             ((1, row_totals), (0, column_totals))]  # fmt: skip
    relative = np.concatenate([np.abs(gap) / np.where(size > 0, size, 1.0)
                               for gap, size in zip(gaps, sizes, strict=True)])  # fmt: skip
    worst = int(relative.argmax())
    at = f"row {worst}" if worst < len(gaps[0]) else f"column {worst - len(gaps[0])}"
    size = np.abs(prior).sum()
    moved = float(np.abs(table - prior).sum() / size) if size > 0 else 0.0
    return Balance(
        table, iterations, row_gap, column_gap, float(relative[worst]), at, moved, int((table * prior < 0).sum())
    )
