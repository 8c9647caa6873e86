"""Projections of the total beyond the last release: few, simple, robust, and replaceable by name.

A method gets what was known at its origin and returns log levels. ``@projection("name")`` registers one; the
recipe chooses it by that name.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..errors import UnknownNameError
from .history import SLOTS, History, release_time
from .seasonal import SeasonalOptions, adjust, chained_growth, monthly_profile


@dataclass(frozen=True)
class ProjectionOptions:
    """What the methods share; assumptions."""

    start: int = 3  # releases whose mean level and growth stand for "now"
    look_back: int = 22  # releases whose median growth is the long run; 22 is two years
    damping: float = 0.90  # a month; share of the distance to the long run that is left


@dataclass(frozen=True)
class Vintage:
    """What is known at an origin; log levels of a month, by release.

    ``level`` starts a year before 2019, at the growth assumed for 2019, so that rates over several years
    exist.
    """

    level: np.ndarray  # (SLOTS + T,)
    seasonal: np.ndarray  # (11,) log seasonal factor of a release
    seasonal_covariance: np.ndarray  # (11, 11)
    options: ProjectionOptions

    @classmethod
    def of(cls, history: History, options: SeasonalOptions, projection: ProjectionOptions) -> Vintage:
        profile, adjusted = monthly_profile(history, options), adjust(history, options)
        known = profile[np.arange(history.releases) % SLOTS] + chained_growth(history)
        before = known[:SLOTS] - np.log1p(options.growth_2019 / 100.0)
        trend = adjusted.base - adjusted.base.mean()
        return cls(np.concatenate([before, known]), profile - trend, adjusted.covariance, projection)

    @property
    def rates(self) -> np.ndarray:
        """(T,) annual log growth by release: median of the rates over one, two and three years.

        The median passes over a trough, whether it lies in the month itself (all three then fall, as they
        should only in part) or in a base (one of the three).
        """
        x = self.level
        rate = np.empty(len(x) - SLOTS)
        for t in range(SLOTS, len(x)):
            rate[t - SLOTS] = np.median([(x[t] - x[t - SLOTS * k]) / k for k in (1, 2, 3) if t >= SLOTS * k])
        return rate

    @property
    def long_run(self) -> float:
        """Annual log growth: median of ``rates`` over ``look_back``."""
        return float(np.median(self.rates[-self.options.look_back :]))

    @property
    def present(self) -> float:
        """Annual log growth: mean of the last rates."""
        return float(np.mean(self.rates[-self.options.start :]))


Method = Callable[[Vintage, int], np.ndarray]
PROJECTIONS: dict[str, Method] = {}


def projection(name: str) -> Callable[[Method], Method]:
    """Register a method under the name that recipes use."""

    def register(method: Method) -> Method:
        PROJECTIONS[name] = method
        return method

    return register


def project(name: str, vintage: Vintage, releases: int) -> np.ndarray:
    """(releases,) log levels after the origin.

    Raises
    ------
    UnknownNameError
        If no projection has this name.
    """
    if name not in PROJECTIONS:
        raise UnknownNameError(f"no projection '{name}'; there is {', '.join(sorted(PROJECTIONS))}")
    return PROJECTIONS[name](vintage, releases)


@projection("trend")
def trend(vintage: Vintage, releases: int) -> np.ndarray:
    """Seasonally adjusted level of the last three releases, grown at the long-run rate, times the season."""
    position = np.arange(SLOTS, len(vintage.level) + releases)
    time = release_time(position - SLOTS)
    known = len(vintage.level) - SLOTS
    season = vintage.seasonal[(position - SLOTS) % SLOTS]
    adjusted = vintage.level[SLOTS:] - season[:known]
    monthly, last = vintage.long_run / 12.0, vintage.options.start
    start = np.mean(adjusted[-last:] - monthly * (time[known - last : known] - time[known - 1]))
    return start + monthly * (time[known:] - time[known - 1]) + season[known:]


@projection("bases")
def bases(vintage: Vintage, releases: int) -> np.ndarray:
    """Median of the same month one, two and three years before, each grown up to now.

    Growth runs from the mean of the last three rates to the long run. It needs no seasonal factors, and a
    trough in one of the three bases leaves no echo.
    """
    x = list(vintage.level)
    now, damping = vintage.present, vintage.options.damping
    time = release_time(np.arange(len(x) - 1, len(x) + releases))
    for h in range(releases):
        rate = vintage.long_run + (now - vintage.long_run) * damping ** (time[h + 1] - time[0])
        x.append(float(np.median([x[-SLOTS * k] + k * rate for k in (1, 2, 3) if SLOTS * k <= len(x)])))
    return np.array(x[-releases:]) if releases else np.empty(0)


@projection("combined")
def combined(vintage: Vintage, releases: int) -> np.ndarray:
    """Mean of ``trend`` and ``bases``: one trusts seasonally adjusted levels, the other growth over years."""
    return (trend(vintage, releases) + bases(vintage, releases)) / 2.0


@projection("no_change")
def no_change(vintage: Vintage, releases: int) -> np.ndarray:
    """Growth on the year stays at its last print: the naive forecast that others are scored against."""
    x = list(vintage.level)
    last = x[-1] - x[-1 - SLOTS]
    for _ in range(releases):
        x.append(x[-SLOTS] + last)
    return np.array(x[-releases:]) if releases else np.empty(0)
