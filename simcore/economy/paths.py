"""Structural path analysis: through which chains of suppliers an effect reaches final demand."""

from __future__ import annotations

import heapq
from itertools import count
from typing import NamedTuple

import numpy as np

from ..errors import TableError
from .indicators import leontief_inverse


class SupplyPath(NamedTuple):
    """One chain, from the product that final users buy back to the activity where the effect arises."""

    activities: tuple[int, ...]
    value: float
    share: float  # of the total


class PathAnalysis(NamedTuple):
    """``sum of the paths' values + remainder = total``, exactly."""

    total: float
    paths: tuple[SupplyPath, ...]  # the largest first
    remainder: float  # of all paths that are not listed
    covered: float  # share of the total in the listed paths
    complete: bool  # whether no path of the threshold's size is missing


def structural_paths(
    A: np.ndarray, intensity: np.ndarray, f: np.ndarray, *, threshold: float = 1e-3, limit: int = 100_000
) -> PathAnalysis:
    """All chains that carry at least a given share of an effect of final demand.

    The effect ``e (I - A)^-1 f = e f + e A f + e A^2 f ..`` is a sum over paths. A path's branches further upstream
    carry together ``weight * (e L)``, known beforehand, so that a branch is searched only where a path in it can
    reach the threshold, and what is not searched is counted to the remainder exactly.

    Parameters
    ----------
    A : (n, n) array
        Technical coefficients, zero or more.
    intensity : (n,) array
        Effect per unit of output: employment, value added, emissions; may have both signs.
    f : (n,) array
        Final demand; may have both signs.
    threshold : float
        Smallest size of a path, as a share of the total with all signs taken positive.
    limit : int
        Largest number of paths searched; the largest branches come first.

    Raises
    ------
    TableError
        If the threshold is not positive or a coefficient is negative.
    UnproductiveEconomyError
        If the economy cannot meet some final demand.

    References
    ----------
    Defourny and Thorbecke (1984), Structural path analysis and multiplier decomposition within a social accounting
    matrix framework, Economic Journal 94(373), 111-136.
    """
    if not threshold > 0.0:
        raise TableError(f"threshold is {threshold}; it must be positive, since chains have no end")
    if (A < 0).any():
        i, j = np.argwhere(A < 0)[0]
        raise TableError(f"coefficient ({i}, {j}) is {A[i, j]:.6g}; paths need zero or more")
    L = leontief_inverse(A)
    content, size = intensity @ L, np.abs(intensity) @ L
    total, least = float(content @ f), threshold * float(size @ np.abs(f))
    found: list[tuple[float, tuple[int, ...]]] = []
    skipped: list[float] = []
    order = count()  # ties go by age, so that the search does not depend on how paths compare
    heap: list[tuple[float, int, float, tuple[int, ...]]] = []

    def branch(weights: np.ndarray, path: tuple[int, ...]) -> None:
        """Put the branches that can hold a path of the least size on the heap; count the others as skipped."""
        worth = size * np.abs(weights)
        large = (worth >= least) & (worth > 0)
        skipped.append(float(content @ np.where(large, 0.0, weights)))
        for j in np.flatnonzero(large):
            heapq.heappush(heap, (-float(worth[j]), next(order), float(weights[j]), (*path, int(j))))

    branch(np.asarray(f, dtype=float), ())
    searched = 0
    while heap and searched < limit:
        searched += 1
        _, _, weight, path = heapq.heappop(heap)
        value = float(intensity[path[-1]]) * weight
        if abs(value) >= least and value != 0.0:
            found.append((value, path))
        else:
            skipped.append(value)
        branch(A[:, path[-1]] * weight, path)
    skipped += [float(content[path[-1]]) * weight for _, _, weight, path in heap]
    found.sort(key=lambda pair: -abs(pair[0]))
    listed = sum(value for value, _ in found)
    paths = tuple(SupplyPath(path, value, value / total if total else np.nan) for value, path in found)
    return PathAnalysis(total, paths, float(np.sum(skipped)), listed / total if total else np.nan, not heap)
