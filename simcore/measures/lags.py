"""Time between cause and effect: how a flow of money becomes a later flow of goods.

A lag has a density g over the days after the cause. A flow that is even within each period and passes
through it arrives in shares ``h[k] = (I((k+1) d) - 2 I(k d) + I((k-1) d)) / d`` with d the days of a period
and I the integral of the lag's distribution function: exact for any step, so that months and weeks agree.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from ..calendar import DAYS_PER_YEAR, Calendar


class Lag(Protocol):
    """A delay with a distribution."""

    def integral(self, days: np.ndarray) -> np.ndarray:
        """Integral of the distribution function from 0 to each of ``days``; 0 for negative days."""
        ...


@dataclass(frozen=True)
class Spread:
    """Evenly between ``first`` and ``last`` days; both equal is a fixed delay."""

    first: float
    last: float

    def integral(self, days: np.ndarray) -> np.ndarray:
        if self.last <= self.first:
            return np.maximum(days - self.first, 0.0)
        inside = np.clip(days - self.first, 0.0, self.last - self.first)
        return inside**2 / (2.0 * (self.last - self.first)) + np.maximum(days - self.last, 0.0)


@dataclass(frozen=True)
class Erlang:
    """Sum of ``shape`` exponential stages with ``mean`` days in all: hardly anything comes at once."""

    mean: float
    shape: int = 1

    def integral(self, days: np.ndarray) -> np.ndarray:
        t = np.maximum(days, 0.0)
        if self.mean <= 0.0:
            return t
        stages = np.minimum(t / self.mean * self.shape, 700.0)  # beyond it all is over, and exp would underflow
        poisson, below, waiting = np.exp(-stages), np.zeros_like(t), np.zeros_like(t)
        for i in range(self.shape):
            below = below + poisson  # chance that at most i stages are over
            waiting = waiting + (1.0 - below)
            poisson = poisson * stages / (i + 1)
        return t - waiting * self.mean / self.shape


def days_of(calendar: Calendar) -> float:
    """Days of a period; a month is a twelfth of a year."""
    return DAYS_PER_YEAR / calendar.per_year


def arrival(lag: Lag, calendar: Calendar) -> np.ndarray:
    "Share of a period's flow that arrives k periods later, (periods,); what is missing to 1 comes"
    "after them."
    d = days_of(calendar)
    integral = lag.integral(d * np.arange(-1, calendar.periods + 1))
    return np.diff(integral, n=2) / d


def delayed(path: np.ndarray, lag: Lag, calendar: Calendar) -> np.ndarray:
    """A flow (periods,) after its lag; what arrives after the run is ``path.sum() - result.sum()``."""
    return np.convolve(path, arrival(lag, calendar))[: calendar.periods]


def in_place(flow: np.ndarray, life: float, calendar: Calendar) -> np.ndarray:
    """Mean stock in each period of what ``flow`` adds and wear takes away at the rate 1 / ``life`` (days)."""
    left = np.exp(-days_of(calendar) / life)
    stock, held = np.empty_like(flow), 0.0
    for t, added in enumerate(flow):
        stock[t] = 0.5 * (held + held * left + added)
        held = held * left + added
    return stock


def by_period(daily: np.ndarray, first: int, calendar: Calendar) -> np.ndarray:
    """Sum of daily values, the first on the day with ordinal ``first``, inside each period; (periods,)."""
    cumulated = np.concatenate(([0.0], np.cumsum(daily)))
    return np.diff(cumulated[np.clip(bounds(calendar) - first, 0, len(daily))])


def bounds(calendar: Calendar) -> np.ndarray:
    """Ordinals of the first day of each period and of the day after the last; (periods + 1,)."""
    return np.array([*(p.first.toordinal() for p in calendar.all), calendar.end.last.toordinal() + 1])


def evenly_after(day: int, length: float, calendar: Calendar) -> np.ndarray:
    "Shares by period of a total that is spread evenly over ``length`` days from the day with ordinal"
    "``day``."
    elapsed = bounds(calendar) - day
    return np.diff(np.clip(elapsed / length, 0.0, 1.0) if length > 0 else (elapsed > 0).astype(float))
