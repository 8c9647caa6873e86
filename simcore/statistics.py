"""Statistics of members that come one after the other, without keeping them.

All of them take members in their order and give the same bits however the members are divided into parts.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

BINS = 512
PILOT = 256  # members that settle the range of the bins
MARGIN = 0.5  # of the pilot's range, added on both sides


class Quantiles(NamedTuple):
    """Quantiles of a sample, and how far they may lie from those of the values themselves; (quantiles, ...)."""

    value: np.ndarray
    error: np.ndarray


class Moments:
    """Mean and variance of values of one shape (Welford 1962)."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.count = 0
        self._mean = np.zeros(shape)
        self._spread = np.zeros(shape)

    def add(self, values: np.ndarray) -> None:
        """Add members, (members, *shape)."""
        from .kernels.statistics import add_moments

        flat = np.ascontiguousarray(values, dtype=float).reshape(len(values), -1)
        add_moments(flat, self.count, self._mean.reshape(-1), self._spread.reshape(-1))
        self.count += len(values)

    @property
    def mean(self) -> np.ndarray:
        """(*shape,); NaN before the first member."""
        return self._mean.copy() if self.count else np.full_like(self._mean, np.nan)

    @property
    def variance(self) -> np.ndarray:
        """(*shape,) of the sample, over its number less one; NaN before the second member."""
        return self._spread / (self.count - 1) if self.count > 1 else np.full_like(self._spread, np.nan)


class Kept:
    """Values that are kept, for exact quantiles."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.shape = shape
        self._parts: list[np.ndarray] = []

    def add(self, values: np.ndarray) -> None:
        """Add members, (members, *shape)."""
        self._parts.append(np.array(values, dtype=float))

    @property
    def values(self) -> np.ndarray:
        """(members, *shape), a copy."""
        return np.concatenate([np.zeros((0, *self.shape)), *self._parts])

    def quantile(self, q: np.ndarray | float) -> np.ndarray:
        """(quantiles, *shape), exact, between order statistics linearly (R type 7, as numpy); NaN without members."""
        levels = np.atleast_1d(np.asarray(q, dtype=float))
        result = np.full((len(levels), *self.shape), np.nan)
        for first in np.ndindex(self.shape[:1]):  # row by row, so that only a row is copied
            row = np.concatenate([part[(slice(None), *first)] for part in self._parts]) if self._parts else np.zeros(0)
            if len(row):
                result[(slice(None), *first)] = np.quantile(row, levels, axis=0)
        return result


class Histogram:
    """Counts in equal bins around the range of the first members: quantiles with a bound of their error.

    The first ``pilot`` members settle the bins of each element: the range of their values, and half of it more on
    both sides. What falls outside is counted, too, with the least and the largest value.
    """

    def __init__(self, shape: tuple[int, ...], bins: int = BINS, pilot: int = PILOT) -> None:
        self.shape, self.bins, self.pilot = shape, bins, pilot
        self.count = 0
        self._first: list[np.ndarray] = []  # members of the pilot, until it is complete
        self._low = self._width = self._least = self._most = np.zeros(0)
        self._counts = np.zeros((0, bins + 2), np.uint32)

    def add(self, values: np.ndarray) -> None:
        """Add members, (members, *shape)."""
        flat = np.ascontiguousarray(values, dtype=float).reshape(len(values), -1)
        room = max(self.pilot - self.count, 0)
        self.count += len(flat)
        if room:
            self._first.append(flat[:room].copy())
            if self.count >= self.pilot:
                self._settle()
        if len(flat) > room:
            self._add_counts(flat[room:])

    def _settle(self) -> None:
        """Set the bins by the pilot and count its members."""
        first = np.concatenate(self._first)
        low, high = first.min(axis=0), first.max(axis=0)
        # Where the pilot never moved, bins as wide as rounding.
        reach = np.maximum(high - low, 1e-12 * np.maximum(np.abs(low), np.abs(high)) + 1e-300)
        self._low = low - MARGIN * reach
        self._width = (1.0 + 2.0 * MARGIN) * reach / self.bins
        self._least, self._most = low.copy(), high.copy()
        self._counts = np.zeros((first.shape[1], self.bins + 2), np.uint32)
        self._first = []
        self._add_counts(first)

    def _add_counts(self, flat: np.ndarray) -> None:
        from .kernels.statistics import add_counts

        add_counts(np.ascontiguousarray(flat), self._low, self._width, self._counts, self._least, self._most)

    def quantile(self, q: np.ndarray | float) -> Quantiles:
        """Quantiles, (quantiles, *shape), with the most by which they may miss ``numpy.quantile`` of all values.

        An order statistic lies inside its bin, and a quantile between two of them. NaN without members.
        """
        levels = np.atleast_1d(np.asarray(q, dtype=float))
        if self._first or self.count == 0:
            few = Kept(self.shape)
            few.add(np.concatenate([np.zeros((0, int(np.prod(self.shape)))), *self._first]).reshape(-1, *self.shape))
            exact = few.quantile(levels)
            return Quantiles(exact, np.zeros_like(exact))
        upto = np.cumsum(self._counts, axis=1, dtype=np.int64)
        found = [self._quantile(upto, level) for level in levels]
        value, error = (np.array(column).reshape(len(levels), *self.shape) for column in zip(*found, strict=True))
        return Quantiles(value, error)

    def _quantile(self, upto: np.ndarray, level: float) -> tuple[np.ndarray, np.ndarray]:
        rank = level * (self.count - 1)
        whole = int(rank)
        part = rank - whole
        one, other = self._statistic(upto, whole), self._statistic(upto, min(whole + 1, self.count - 1))
        value, low, high = ((1.0 - part) * a + part * b for a, b in zip(one, other, strict=True))
        return value, np.maximum(high - value, value - low)

    def _statistic(self, upto: np.ndarray, rank: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The value of a rank (0: the least) in each element, spread evenly over its bin, and the bin's ends."""
        rows = np.arange(len(upto))
        place = (upto <= rank).sum(axis=1)
        before = np.where(place > 0, upto[rows, place - 1], 0)
        low = np.where(place == 0, self._least, self._low + (place - 1) * self._width)
        high = np.where(place == self.bins + 1, self._most, self._low + place * self._width)
        low, high = np.maximum(low, self._least), np.minimum(high, self._most)
        inside = (rank - before + 0.5) / (upto[rows, place] - before)
        return low + (high - low) * inside, low, high
