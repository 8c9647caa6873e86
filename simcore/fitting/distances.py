"""How far two tables of the same shape are from each other: what an update moved, or how far it is from the truth."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike


def percentage_error(found: ArrayLike, true: ArrayLike) -> float:
    """Sum of absolute differences over the sum of absolute true cells, per cent.

    On coefficients this is the standardised total percentage error (STPE), on flows the weighted absolute percentage
    error (WAPE), in which each cell counts by its size.

    Raises
    ------
    ValueError
        If shapes differ or all true cells are zero.

    References
    ----------
    Miller and Blair (2009), Input-Output Analysis, section 7.4; Temurshoev, Webb and Yamano (2011), Economic Systems
    Research 23.
    """
    a, b = np.asarray(found, dtype=float), np.asarray(true, dtype=float)
    if a.shape != b.shape or not b.any():
        raise ValueError(f"tables of shapes {a.shape} and {b.shape} cannot be compared, or all true cells are zero")
    return float(100.0 * np.abs(a - b).sum() / np.abs(b).sum())


def redirected(A: ArrayLike, before: ArrayLike, x: ArrayLike) -> float:
    """Mean absolute change of input coefficients, summed by column and weighted by output, per cent of output.

    Of 100 yuan of output, by how many yuan purchases of inputs changed, whether towards another input or in all.

    Parameters
    ----------
    A, before : (m, n) arrays
        Input coefficients.
    x : (n,) array
        Output.
    """
    moved = np.abs(np.asarray(A, dtype=float) - np.asarray(before, dtype=float)).sum(axis=0)
    weights = np.asarray(x, dtype=float)
    return float(100.0 * moved @ weights / weights.sum())
