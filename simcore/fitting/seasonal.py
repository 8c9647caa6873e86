"""Levels from growth rates: the monthly profile of a year, and the seasonally adjusted path.

First prints say how each release compares with a year before, so the level of every release is known up to
one profile of eleven numbers, the base year's:  log level = base[slot] + chained growth.

Two questions remain. How large is a March beside a June? *Year-to-date* growth answers it: it is the mean of
monthly growth with last year's levels as weights. How does this March lie to its trend? A smooth base year is
the usual answer and a bad one: the base is revised in silence, and chained Januaries-Februaries end far above
trend. The published seasonally adjusted month-on-month changes are a second source, and the smoothness of
ordinary months a third; they are weighed by least squares with heavy tails, so that no month has to be left
out by hand.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .history import SLOTS, History, release_time

MONTHS_IN_RELEASE = np.array([2.0, *([1.0] * (SLOTS - 1))])
ROUNDS = 100  # of any iteration here; a handful is enough
SMALLEST_STEP = 1e-14  # log


@dataclass(frozen=True)
class SeasonalOptions:
    """Standard deviations of the sources; all are assumptions, varied in the check report."""

    profile_prior: float = 0.10  # log, of a month around an even year; what year-to-date growth must overcome
    year_to_date: float = 0.10  # pp: rounding of .03 and revisions of the base
    smooth_base: float = 0.02  # log, change between releases of 2019 around its trend; first prints drift
    month_on_month: float = 0.005  # log, a first print of a seasonally adjusted change
    month_on_month_share: float = 0.10  # ... plus this share of the change itself
    ordinary: float = 0.008  # log, change between releases around trend growth
    growth_2019: float = 6.0  # per cent; January-May 2019, the only figure of that year (5.0 to 6.5)


def chained_growth(history: History) -> np.ndarray:
    """(T,) log growth since the same release of 2019; zero in 2019."""
    chained = np.zeros(history.releases)
    for t in range(SLOTS, history.releases):
        chained[t] = chained[t - SLOTS] + np.log1p(history.total[t] / 100.0)
    return chained


def monthly_profile(history: History, options: SeasonalOptions) -> np.ndarray:
    """(11,) log level of a month of each release of 2019, mean of the twelve months one.

    Least squares on every year-to-date print from March on, with a normal prior around an even year: a month
    leaves the even year only as far as prints ask for. Gauss-Newton with exact derivatives, to rounding, so that
    every machine finds the same profile.
    """
    chained = chained_growth(history)
    printed = np.array(
        [t for t in range(SLOTS, history.releases) if t % SLOTS and np.isfinite(history.year_to_date[t])]
    )
    slot = np.arange(history.releases) % SLOTS
    belongs = np.eye(SLOTS)[slot]  # (T, 11)
    # (printed, T): releases of the year so far, and the same a year before
    place = np.arange(history.releases)
    start = (printed - printed % SLOTS)[:, None]
    now = ((place >= start) & (place <= printed[:, None])).astype(float)
    before = ((place >= start - SLOTS) & (place <= printed[:, None] - SLOTS)).astype(float)
    base = np.zeros(SLOTS)
    for _ in range(ROUNDS):
        level = np.exp(base[slot] + chained) * MONTHS_IN_RELEASE[slot]
        high, low = now @ level, before @ level
        ratio = high / low
        slope = ((now * level) @ belongs - ratio[:, None] * ((before * level) @ belongs)) / low[:, None]
        misfit = (100.0 * (ratio - 1.0) - history.year_to_date[printed]) / options.year_to_date
        J = np.concatenate([100.0 * slope / options.year_to_date, np.eye(SLOTS) / options.profile_prior])
        step = -np.linalg.lstsq(J, np.concatenate([misfit, base / options.profile_prior]), rcond=None)[0]
        base = base + step
        if np.abs(step).max() < SMALLEST_STEP:
            break
    return base - np.log((MONTHS_IN_RELEASE * np.exp(base)).sum() / 12.0)


@dataclass(frozen=True)
class Adjusted:
    """The seasonally adjusted path: ``path[t] = base[slot] + chained growth``."""

    base: np.ndarray  # (11,) log, mean zero
    covariance: np.ndarray  # (11, 11) of base
    path: np.ndarray  # (T,) log


def adjust(history: History, options: SeasonalOptions) -> Adjusted:
    """Weigh a smooth base (normal), month-on-month prints and smoothness (Student t, 3 d.f.)."""
    chained = chained_growth(history)
    slot = np.arange(history.releases) % SLOTS
    monthly = np.log1p(options.growth_2019 / 100.0) / 12.0
    rows, targets, sds = [], [], []

    def change(later: int, earlier: int) -> np.ndarray:
        row = np.zeros(SLOTS)
        row[later] += 1.0
        row[earlier] -= 1.0
        return row

    for s in range(SLOTS):  # the trend of 2019, closed over the turn of the year
        months = 1.5 if s in (0, 1) else 1.0
        rows.append(change(s, s - 1))
        targets.append(months * monthly - (12.0 * monthly if s == 0 else 0.0))
        sds.append(options.smooth_base)
    time = release_time(np.arange(history.releases))
    for t in range(SLOTS, history.releases):
        given = chained[t] - chained[t - 1]
        rows.append(change(slot[t], slot[t - 1]))
        targets.append(monthly * (time[t] - time[t - 1]) - given)
        sds.append(options.ordinary)
        printed = _month_on_month(history, t)
        if printed is not None:
            rows.append(change(slot[t], slot[t - 1]))
            targets.append(printed - given)
            sds.append(options.month_on_month + options.month_on_month_share * abs(printed))
    X, y, sd = np.array(rows), np.array(targets), np.array(sds)
    pin = np.full((1, SLOTS), 1.0)  # the level itself is free: fix the mean
    weight, heavy = np.ones(len(y)), np.arange(len(y)) >= SLOTS
    for _ in range(ROUNDS):
        W = weight / sd**2
        precision = X.T @ (W[:, None] * X) + 1e8 * pin.T @ pin
        base = np.linalg.solve(precision, X.T @ (W * y))
        # The base year stays normal: else one year of history could blame an epidemic month on its base.
        weight = np.where(heavy, 4.0 / (3.0 + ((y - X @ base) / sd) ** 2), 1.0)
    return Adjusted(base, np.linalg.inv(precision), base[slot] + chained)


def _month_on_month(history: History, t: int) -> float | None:
    """Seasonally adjusted log change from the release before, where the prints allow one.

    January is never printed, so nothing leads into January-February; March starts from its middle, half of
    February's change before February.
    """
    change = np.log1p(history.month_on_month / 100.0)
    if t % SLOTS == 0 or np.isnan(change[t]):
        return None
    if t % SLOTS == 1:
        return None if np.isnan(change[t - 1]) else float(change[t] + change[t - 1] / 2.0)
    return float(change[t])
