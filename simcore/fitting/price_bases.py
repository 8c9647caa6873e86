"""Tables at another year's prices: rows deflated, value added as what is left of output (double deflation)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..errors import BalanceError


class Revalued(NamedTuple):
    """A table at another year's prices; rows and columns balance as before."""

    Z: np.ndarray  # (n, n) or (rows, n) intermediate flows
    Y: np.ndarray  # (rows, k) final demand
    x: np.ndarray  # (n,) output
    v: np.ndarray  # (n,) value added, output less deflated inputs
    negative: tuple[int, ...]  # columns whose value added turned negative


def revalue(
    Z: np.ndarray, Y: np.ndarray, x: np.ndarray, prices: np.ndarray, *, allow_negative: bool = False
) -> Revalued:
    """Flows at base-year prices: each row over its price index, value added by double deflation.

    Parameters
    ----------
    Z : (rows, n) array
        Intermediate flows; the first n rows are the products of the n industries, others, if any, imports.
    Y : (rows, k) array
        Final demand.
    x : (n,) array
        Output at current prices.
    prices : (rows,) array
        Price of each row over its price in the base year.
    allow_negative : bool
        Return negative value added, flagged in ``negative``, where it would be refused.

    Raises
    ------
    BalanceError
        If shapes do not fit, a price is not positive, or value added of an industry turns from positive to negative.

    References
    ----------
    Miller and Blair (2009), Input-Output Analysis; United Nations (2018), Handbook on Supply and Use Tables
    and Input-Output Tables.
    """
    Z, Y, x, p = (np.asarray(values, dtype=float) for values in (Z, Y, x, prices))
    n = len(x)
    if Z.ndim != 2 or Z.shape != (len(p), n) or Y.ndim != 2 or len(Y) != len(p) or len(p) < n:
        raise BalanceError(f"flows {Z.shape}, final demand {Y.shape}, {n} outputs and {len(p)} prices do not fit")
    if not (np.isfinite(p).all() and (p > 0).all()):
        worst = int(np.flatnonzero(~(np.isfinite(p) & (p > 0)))[0])
        raise BalanceError(f"price index {worst} is {p[worst]:.6g}; it must be a positive number")
    real, output = Z / p[:, None], x / p[:n]
    v, before = output - real.sum(axis=0), x - Z.sum(axis=0)
    turned = np.flatnonzero((v < 0) & (before >= 0))
    if turned.size and not allow_negative:
        worst = int(turned[v[turned].argmin()])
        raise BalanceError(
            f"value added of industry {worst} turns from {before[worst]:.6g} to {v[worst]:.6g} by double deflation, "
            f"{turned.size} of this kind; check its price of {p[worst]:.6g} against those of its inputs, or allow it"
        )
    return Revalued(real, Y / p[:, None], output, v, tuple(int(j) for j in turned))


def chained(current: np.ndarray, at_previous_prices: np.ndarray) -> np.ndarray:
    """Volumes in prices of the first year, linked from values at previous year's prices.

    ``volume[t] = volume[t - 1] * at_previous_prices[t] / current[t - 1]``. Chained parts do not add up to chained sums.

    Parameters
    ----------
    current, at_previous_prices : (years, ...) arrays
        Values at the year's own prices and at the year before's; the first entry of the second is not used.

    Raises
    ------
    BalanceError
        If shapes differ or a value that is divided by is not positive.

    References
    ----------
    United Nations (2018), Handbook on Supply and Use Tables and Input-Output Tables.
    """
    now, before = np.asarray(current, dtype=float), np.asarray(at_previous_prices, dtype=float)
    if now.shape != before.shape or not (now[:-1] > 0).all():
        raise BalanceError("chaining needs positive current values and as many values at previous year's prices")
    links = np.concatenate([now[:1], before[1:] / now[:-1]])
    return np.cumprod(links, axis=0)
