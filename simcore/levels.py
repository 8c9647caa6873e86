"""From a model's output path to levels of industrial value added, and from levels to growth on the year.

The model gives ratios to the base, r = x / x_calm. The level of activity j in month t is
``P_j(t) * r_j(t)``: the projected baseline of its sector times the activity's share of the sector's value added
in the base year. Growth on the year is always taken from levels, so base effects come out by themselves.
January and February are one observation: both carry the growth of their sum.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from .calendar import Calendar, Period
from .economy import Economy
from .economy.baseline import growth, join_january_february

TOTAL = "total"
Slice = tuple[str, str, str]  # sector, region, ownership; TOTAL where a dimension is summed


@dataclass(frozen=True)
class Slices:
    """Sums over activities: the nation, each sector, region and ownership, then each sector in each region."""

    labels: tuple[Slice, ...]
    members: np.ndarray  # (slices, n) of 0 and 1

    @property
    def coarse(self) -> Slices:
        """Without the cells of sector and region: what draws are kept for."""
        stop = sum(label.count(TOTAL) >= 2 for label in self.labels)
        return Slices(self.labels[:stop], self.members[:stop])

    @classmethod
    def of(cls, economy: Economy) -> Slices:
        dimensions = (
            (economy.sectors.codes, economy.sector),
            (economy.regions.codes, economy.region),
            (economy.ownerships.codes, economy.ownership),
        )
        labels: list[Slice] = [(TOTAL, TOTAL, TOTAL)]
        rows = [np.ones(economy.n)]
        for axis, (codes, place) in enumerate(dimensions):
            for position, code in enumerate(codes):
                label = [TOTAL, TOTAL, TOTAL]
                label[axis] = code
                labels.append((label[0], label[1], label[2]))
                rows.append((place == position).astype(float))
        for s, sector in enumerate(economy.sectors.codes):
            for r, region in enumerate(economy.regions.codes):
                labels.append((sector, region, TOTAL))
                rows.append(((economy.sector == s) & (economy.region == r)).astype(float))
        kept = [i for i, row in enumerate(rows) if row.any()]
        return cls(tuple(labels[i] for i in kept), np.array([rows[i] for i in kept]))

    def sum(self, by_activity: np.ndarray) -> np.ndarray:
        """(..., periods, n) -> (..., slices, periods).

        Added up activity by activity: the last bits of a matrix product depend on how many threads BLAS takes.
        """
        activities, first = self._places
        return np.swapaxes(np.add.reduceat(by_activity[..., activities], first, axis=-1), -1, -2)

    @cached_property
    def _places(self) -> tuple[np.ndarray, np.ndarray]:
        """Activities of every slice in a row, and where each slice starts among them."""
        rows, activities = np.nonzero(self.members)
        return activities, np.searchsorted(rows, np.arange(len(self.labels)))

    def index(self, sector: str = TOTAL, region: str = TOTAL, ownership: str = TOTAL) -> int:
        """Position of a slice."""
        return self.labels.index((sector, region, ownership))


def months_of(calendar: Calendar) -> tuple[tuple[str, ...], np.ndarray]:
    """Months that a calendar covers in full, and the weights (months, periods) that average its periods.

    A weekly run reports its growth by month: each month is the mean of its weeks, weighted by days.
    """
    if calendar.step == "month":
        return calendar.labels, np.eye(calendar.periods)
    first, last = calendar.start.first, calendar.end.last
    month = Period.parse(f"{first.year}-{first.month:02d}")
    if month.first < first:
        month = month.shift(1)
    labels, rows = [], []
    while month.last <= last:
        days = np.array([max(0, (min(month.last, p.last) - max(month.first, p.first)).days + 1) for p in calendar.all])
        labels.append(month.text)
        rows.append(days / days.sum())
        month = month.shift(1)
    return tuple(labels), np.array(rows).reshape(len(labels), calendar.periods)


def growth_contributions(base: np.ndarray, parts: np.ndarray, months: tuple[str, ...]) -> np.ndarray:
    """What each part adds to growth on the year, in percentage points; adds up exactly.

    Parameters
    ----------
    base : (slices, months) array
        Level without the measures.
    parts : (measures, slices, months) array
        What each measure adds to the level.

    Returns
    -------
    (measures, slices, months) array
        ``D_i(t) / X'(t-12) - X0(t) D_i(t-12) / (X'(t-12) X0(t-12))`` with X' the level with all measures: the
        second term is the measures' own base effect, from the thirteenth month on.
    """
    base = join_january_february(base, months)
    parts = join_january_february(parts, months)
    whole = base + parts.sum(axis=0)
    points = np.full(parts.shape, np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        before, before_base = whole[..., :-12], base[..., :-12]
        own = parts[..., 12:] / before
        echo = base[..., 12:] * parts[..., :-12] / (before * before_base)
        points[..., 12:] = 100.0 * (own - echo)
    return points


__all__ = ["TOTAL", "Slice", "Slices", "growth", "growth_contributions", "join_january_february", "months_of"]
