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
    momentum: int = 6  # releases whose median slope is the momentum of the seasonally adjusted level
    memory: float = 24.0  # releases that the prior on the persistence of growth is worth
    outcomes: float = 60.0  # outcomes after which past errors have half of the say on the weights


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
    weights: tuple[float, ...] = ()  # of the methods that ``combined`` combines; none: alike

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
    def adjusted(self) -> np.ndarray:
        """(T,) seasonally adjusted log level by release."""
        return self.level[SLOTS:] - self.seasonal[np.arange(len(self.level) - SLOTS) % SLOTS]

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


def _ahead(vintage: Vintage, releases: int) -> tuple[np.ndarray, np.ndarray]:
    """(releases,) months after the origin, and log seasonal factors."""
    known = len(vintage.level) - SLOTS
    position = known - 1 + np.arange(releases + 1)
    time = release_time(position)
    return time[1:] - time[0], vintage.seasonal[position[1:] % SLOTS]


def _start(vintage: Vintage) -> float:
    """Seasonally adjusted log level at the origin: mean of the last releases, brought there at the long-run rate."""
    last, known = vintage.options.start, len(vintage.level) - SLOTS
    time = release_time(np.arange(known - last, known))
    return float(np.mean(vintage.adjusted[-last:] - vintage.long_run / 12.0 * (time - time[-1])))


def _slope(vintage: Vintage, releases: int) -> float:
    """Median monthly slope of the adjusted level over all pairs of the last releases (Theil 1950, Sen 1968)."""
    known = len(vintage.level) - SLOTS
    i, j = np.triu_indices(min(releases, known), 1)
    path, time = vintage.adjusted[-releases:], release_time(np.arange(known))[-releases:]
    return float(np.median((path[j] - path[i]) / (time[j] - time[i])))


@projection("trend")
def trend(vintage: Vintage, releases: int) -> np.ndarray:
    """Seasonally adjusted level of the last three releases, grown at the long-run rate, times the season."""
    months, season = _ahead(vintage, releases)
    return _start(vintage) + vintage.long_run / 12.0 * months + season


@projection("damped")
def damped(vintage: Vintage, releases: int) -> np.ndarray:
    """The same, but growth starts from the momentum of the last half year and fades to the long run.

    A damped trend (Gardner and McKenzie 1985, Management Science 31) with given damping and a median slope.
    """
    months, season = _ahead(vintage, releases)
    normal, kept = vintage.long_run / 12.0, vintage.options.damping
    extra = (_slope(vintage, vintage.options.momentum) - normal) * kept * (1.0 - kept**months) / (1.0 - kept)
    return _start(vintage) + normal * months + extra + season


@projection("drift")
def drift(vintage: Vintage, releases: int) -> np.ndarray:
    """The same, with growth for good half way between the long run and the median slope of the last year."""
    months, season = _ahead(vintage, releases)
    monthly = (vintage.long_run / 12.0 + _slope(vintage, SLOTS)) / 2.0
    return _start(vintage) + monthly * months + season


def _from_bases(vintage: Vintage, rates: np.ndarray) -> np.ndarray:
    """Median of the same month one, two and three years before, each grown up to now at a yearly log rate."""
    x = list(vintage.level)
    for rate in rates:
        x.append(float(np.median([x[-SLOTS * k] + k * rate for k in (1, 2, 3) if SLOTS * k <= len(x)])))
    return np.array(x[len(vintage.level) :])


@projection("bases")
def bases(vintage: Vintage, releases: int) -> np.ndarray:
    """Median of the same month one, two and three years before, each grown up to now.

    Growth runs from the mean of the last three rates to the long run. It needs no seasonal factors, and a
    trough in one of the three bases leaves no echo.
    """
    months, _ = _ahead(vintage, releases)
    gap = vintage.present - vintage.long_run
    return _from_bases(vintage, vintage.long_run + gap * vintage.options.damping**months)


@projection("steady")
def steady(vintage: Vintage, releases: int) -> np.ndarray:
    """The same, with growth over years as it is now: no change of multi-year growth."""
    return _from_bases(vintage, np.full(releases, vintage.present))


@projection("persistence")
def persistence(vintage: Vintage, releases: int) -> np.ndarray:
    """The same, with the return to the long run at the pace of the past: an autoregression of multi-year growth.

    Its coefficient is least squares on all releases so far, shrunk to ``damping`` by as much as ``memory`` releases
    of ordinary size would.
    """
    gap = vintage.rates - vintage.long_run
    ordinary = vintage.options.memory * float(np.median(np.abs(gap)) ** 2 + 1e-8)
    kept = (gap[1:] @ gap[:-1] + vintage.options.damping * ordinary) / (gap[:-1] @ gap[:-1] + ordinary)
    months, _ = _ahead(vintage, releases)
    now = vintage.present - vintage.long_run
    return _from_bases(vintage, vintage.long_run + now * float(np.clip(kept, 0.0, 1.0)) ** months)


NAIVE = ("no_change", "mean_12", "autoregression")  # what others are scored against
COMBINED = ("trend", "damped", "drift", "bases", "steady", "persistence")


@projection("combined")
def combined(vintage: Vintage, releases: int) -> np.ndarray:
    """Weighted mean of six methods: three trust seasonally adjusted levels, three growth over years.

    The weights are those of the vintage, see ``fan.shrunk_weights``; alike where there is none.
    """
    weights = vintage.weights or (1.0 / len(COMBINED),) * len(COMBINED)
    paths = np.array([PROJECTIONS[name](vintage, releases) for name in COMBINED])
    return np.array(weights) @ paths


@projection("no_change")
def no_change(vintage: Vintage, releases: int) -> np.ndarray:
    """Growth on the year stays at its last print: naive."""
    x = vintage.level
    return _grown(vintage, np.full(releases, x[-1] - x[-1 - SLOTS]))


@projection("mean_12")
def mean_12(vintage: Vintage, releases: int) -> np.ndarray:
    """Growth on the year is the mean of the last twelve months (eleven releases) for good: naive."""
    x = vintage.level
    return _grown(vintage, np.full(releases, np.mean(x[-SLOTS:] - x[-2 * SLOTS : -SLOTS])))


@projection("autoregression")
def autoregression(vintage: Vintage, releases: int) -> np.ndarray:
    """First-order autoregression of growth on the year by least squares on all prints so far: naive."""
    growth = (vintage.level[SLOTS:] - vintage.level[:-SLOTS])[SLOTS:]  # prints begin in 2020
    X = np.column_stack([np.ones(len(growth) - 1), growth[:-1]])
    constant, slope = np.linalg.lstsq(X, growth[1:], rcond=None)[0]
    rates, last = [], growth[-1]
    for _ in range(releases):
        last = constant + slope * last
        rates.append(last)
    return _grown(vintage, np.array(rates))


def _grown(vintage: Vintage, rates: np.ndarray) -> np.ndarray:
    """Levels from log growth on the year."""
    x = list(vintage.level)
    for rate in rates:
        x.append(x[-SLOTS] + rate)
    return np.array(x[len(vintage.level) :])
