"""The error band of a projection, from forecasts in pseudo-real time.

The method is repeated at every past origin on what was printed by then. Its log errors, by horizon, are few,
overlap and hold two epidemic months (April and May 2022) that no method of this kind can see: a pooled
standard deviation is mostly those months and the base effects of 2020-21. So the scale at each horizon is a
robust one (median absolute error over .6745), and a smooth law is put through all horizons at once:

    var(h) = transitory + permanent * h  (+ joint in January-February)          h in months

a level that is misjudged plus a random walk of growth. January-February has a variance of its own: both of
the two in this history came out 2 to 10 pp above every forecast, since their base is revised and the holiday
moves; two cases are few, so only part of the excess counts. It and the uncertainty of seasonal factors belong
to a calendar month and come back a year later. A new epidemic wave is a scenario on top, not part of this
band.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from statistics import NormalDist

import numpy as np

from .history import ROUNDING, SLOTS, History, release, release_time
from .projection import COMBINED, ProjectionOptions, Vintage, project
from .seasonal import SeasonalOptions, chained_growth

NORMAL = NormalDist()
MAD = 1.0 / NORMAL.inv_cdf(0.75)


@dataclass(frozen=True)
class FanOptions:
    """How the band is made; floor, persistence and minimum are assumptions."""

    first_origin: str = "2020-06"  # before it hardly a month of 2020 is known
    floor: float = 0.01  # log, least standard deviation in any month
    least_walk: float = 0.003  # log, a month; least random walk, 1 % in a year
    persistence: float = 0.7  # correlation of transitory errors a month apart, 0.5 to 0.9
    least_origins: int = 5  # horizons with fewer errors do not count
    joint_kept: float = 0.5  # share of January-February's excess variance that counts, 0 to 1


@dataclass(frozen=True)
class Forecasts:
    """Past forecasts of one method; rows are origins, columns releases ahead; NaN without an outcome."""

    method: str
    origins: np.ndarray  # (O,) last known release
    error: np.ndarray  # (O, H) log forecast less log outcome, of the level
    growth_error: np.ndarray  # (O, H) the same of growth on the year, pp

    def target(self) -> np.ndarray:
        """(O, H) release that each forecast is for."""
        return self.origins[:, None] + 1 + np.arange(self.error.shape[1])


@dataclass(frozen=True)
class Scale:
    """Variances of the log level error, see the module."""

    transitory: float
    permanent: float  # a month
    joint: float

    def sd(self, months: np.ndarray, target: np.ndarray) -> np.ndarray:
        """Standard deviation so many months ahead, for a target release."""
        return np.sqrt(self.transitory + self.permanent * months + self.joint * (target % SLOTS == 0))


def vintages(
    history: History, seasonal: SeasonalOptions, projection: ProjectionOptions, options: FanOptions
) -> dict[int, Vintage]:
    """What was known at each past origin, by number of releases, with the weights that past errors gave by then."""
    known = _vintages(history, seasonal, projection, options, history.releases)
    weights = shrunk_weights(history, known, projection)
    return {n: replace(v, weights=weights(n)) for n, v in known.items()}


def newest(history: History, seasonal: SeasonalOptions, projection: ProjectionOptions, options: FanOptions) -> Vintage:
    """What is known after the last release."""
    known = _vintages(history, seasonal, projection, options, history.releases + 1)
    weights = shrunk_weights(history, known, projection)
    return replace(known[history.releases], weights=weights(history.releases))


def _vintages(
    history: History, seasonal: SeasonalOptions, projection: ProjectionOptions, options: FanOptions, stop: int
) -> dict[int, Vintage]:
    first = min(release(options.first_origin) + 1, stop - 1)
    return {n: Vintage.of(history.until(n), seasonal, projection) for n in range(first, stop)}


def shrunk_weights(
    history: History, known: dict[int, Vintage], projection: ProjectionOptions
) -> Callable[[int], tuple[float, ...]]:
    """Weights of the combined methods at an origin, from what was known there; they sum to one.

    Inverse squares of the median absolute errors up to a year ahead, shrunk to equal weights: with k past outcomes
    they have k / (k + ``outcomes``) of the say. Errors of a handful of years tell little about which method will do
    well, and equal weights are hard to beat (Stock and Watson 2004, Journal of Forecasting 23).
    """
    past = {n: v for n, v in known.items() if n < history.releases}
    if not past:
        return lambda releases: (1.0 / len(COMBINED),) * len(COMBINED)
    made = [past_forecasts(history, name, past) for name in COMBINED]
    target, error = made[0].target()[:, :SLOTS], np.abs([f.error[:, :SLOTS] for f in made])

    def at(releases: int) -> tuple[float, ...]:
        seen = np.isfinite(error[0]) & (target < releases)
        outcomes = len(np.unique(target[seen]))
        equal = np.full(len(COMBINED), 1.0 / len(COMBINED))
        if not outcomes:
            return tuple(equal)
        merit = 1.0 / np.maximum(np.median(error[:, seen], axis=1), ROUNDING / 100.0) ** 2
        say = outcomes / (outcomes + projection.outcomes)
        return tuple(say * merit / merit.sum() + (1.0 - say) * equal)

    return at


def past_forecasts(history: History, method: str, known: dict[int, Vintage]) -> Forecasts:
    """Repeat a method at every origin and compare with the later prints."""
    chained = chained_growth(history)
    H = history.releases - min(known)
    error = np.full((len(known), H), np.nan)
    growth_error = np.full((len(known), H), np.nan)
    for row, (n, vintage) in enumerate(known.items()):
        ahead = history.releases - n
        path = np.concatenate([vintage.level[SLOTS:], project(method, vintage, ahead)])
        # Levels carry that origin's own profile; what was forecast is growth since 2019.
        forecast = path - path[np.arange(len(path)) % SLOTS]
        error[row, :ahead] = (forecast - chained)[n:]
        yoy = 100.0 * np.expm1(path[n:] - path[n - SLOTS : n - SLOTS + ahead])
        growth_error[row, :ahead] = yoy - history.total[n:]
    return Forecasts(method, np.array(list(known)) - 1, error, growth_error)


def horizon_months(origin: int, releases: int) -> np.ndarray:
    """Months from an origin to each of the next releases."""
    position = origin + 1 + np.arange(releases)
    return release_time(position) - release_time(np.array(origin))


def fit_scale(forecasts: Forecasts, options: FanOptions, leave_out: int | None = None) -> Scale:
    """Robust scale at each horizon, then the smooth law through their logarithms, weighted by origins.

    ``leave_out`` drops the errors of one target release, so that it can be scored on others' errors.
    Logarithms, because a scale is known to a share of itself: the long horizons must not set the short ones.
    """
    target = forecasts.target()
    error = np.where(target == leave_out, np.nan, forecasts.error)
    ordinary = np.where(target % SLOTS == 0, np.nan, error)
    count = np.isfinite(ordinary).sum(axis=0)
    used = np.flatnonzero(count >= options.least_origins)
    months = np.array([np.mean([horizon_months(o, int(h) + 1)[-1] for o in forecasts.origins[:SLOTS]]) for h in used])
    scale = MAD * np.nanmedian(np.abs(ordinary[:, used]), axis=0)
    log_variance = 2.0 * np.log(np.maximum(scale, options.floor / 10))
    transitory, permanent = _smooth_law(months, log_variance, count[used].astype(float))
    transitory = max(float(transitory), options.floor**2)
    law = Scale(transitory, max(float(permanent), options.least_walk**2), 0.0)
    return replace(law, joint=options.joint_kept * _joint_excess(forecasts, error, law))


RATIOS = np.logspace(-6.0, 3.0, 181)  # permanent over transitory variance, a month: where the law is looked for


def _smooth_law(months: np.ndarray, log_variance: np.ndarray, weight: np.ndarray) -> tuple[float, float]:
    """Transitory and permanent variance: weighted least squares of ``log(transitory + permanent * months)``.

    For a given ratio of the two the size is a mean of logarithms, so one root is left, and bisection finds it to
    rounding on every machine.
    """
    from scipy.optimize import brentq

    share = weight / weight.sum()

    def size(ratio: np.ndarray) -> np.ndarray:
        return (log_variance - np.log1p(ratio[..., None] * months)) @ share

    def gap(ratio: np.ndarray) -> np.ndarray:
        return size(ratio)[..., None] + np.log1p(ratio[..., None] * months) - log_variance

    def slope(ratio: np.ndarray | float) -> np.ndarray:
        r = np.asarray(ratio)
        return (gap(r) * months / (1.0 + r[..., None] * months)) @ share

    slopes = slope(RATIOS)
    turns = np.flatnonzero((slopes[:-1] < 0.0) & (slopes[1:] >= 0.0))
    minima = [brentq(slope, RATIOS[i], RATIOS[i + 1], xtol=1e-15, rtol=1e-14) for i in turns]
    candidates = np.array([*minima, RATIOS[0], RATIOS[-1]])
    ratio = candidates[int(np.argmin(gap(candidates) ** 2 @ share))]
    transitory = float(np.exp(size(ratio)))
    return transitory, float(ratio) * transitory


def _joint_excess(forecasts: Forecasts, error: np.ndarray, law: Scale) -> float:
    """Mean square of January-February errors above the law, up to a year ahead; 0 where there are none."""
    year = error[:, :SLOTS]
    rows, columns = np.nonzero(np.isfinite(year) & (forecasts.target()[:, :SLOTS] % SLOTS == 0))
    if not len(rows):
        return 0.0
    months = np.array(
        [horizon_months(int(forecasts.origins[r]), int(c) + 1)[-1] for r, c in zip(rows, columns, strict=True)]
    )
    expected = law.transitory + law.permanent * months
    return max(float(np.mean(year[rows, columns] ** 2 - expected)), 0.0)


def covariance(
    scale: Scale, seasonal_covariance: np.ndarray, origin: int, releases: int, options: FanOptions
) -> np.ndarray:
    """(releases, releases) covariance of log level errors.

    Random walk + errors of a calendar month, alike every year + transitory errors that fade.
    """
    months = horizon_months(origin, releases)
    slot = (origin + 1 + np.arange(releases)) % SLOTS
    walk = scale.permanent * np.minimum.outer(months, months)
    variance = np.diag(seasonal_covariance)[slot]
    share = np.minimum(variance, scale.transitory) / scale.transitory
    season = scale.transitory * np.sqrt(np.outer(share, share)) * (slot[:, None] == slot[None, :])
    apart = np.abs(np.subtract.outer(months, months))
    fading = np.sqrt(np.outer(1.0 - share, 1.0 - share)) * options.persistence**apart
    january = scale.joint * np.outer(slot == 0, slot == 0)
    return walk + season + january + scale.transitory * fading
