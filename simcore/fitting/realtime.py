"""Fans in pseudo-real time: every fan is made of what was printed at its origin, then scored on what came.

Point forecast, weights and the scale of the errors all come from the past of the origin; the fan of a naive
forecast gets its scale from its own past errors by the same law. Forecasts overlap and share their outcomes, so the
difference between two fans is judged by a bootstrap over blocks of outcomes, not over forecasts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from .fan import NORMAL, FanOptions, Forecasts, fit_scale, horizon_months
from .history import SLOTS
from .scores import LEVELS, coverage, crps_normal, interval_score, weighted_interval_score

FIRST = 12  # origins whose errors are known before the first fan is scored
HORIZONS = {"1": (0, 1), "2-3": (1, 3), "4-6": (3, 6), "7-11": (6, 11)}  # releases ahead
MEASURES = ("interval_50", "interval_90", "crps", "wis", "error")
BLOCK, RESAMPLES = 6, 4000  # outcomes that stay together; a wave lasts three or four


@dataclass(frozen=True)
class Fans:
    """One method's fans of growth on the year; (O, H) arrays, NaN where nothing is scored."""

    method: str
    target: np.ndarray  # release that is forecast
    error: np.ndarray  # forecast less outcome, pp
    sd: np.ndarray  # pp
    scores: Mapping[str, np.ndarray]  # by MEASURES, and coverage_50, coverage_90

    def mean(self, measure: str, kept: np.ndarray | None = None) -> float:
        """Mean of a score over all forecasts, or over some."""
        values = self.scores[measure]
        return float(np.nanmean(values if kept is None else np.where(kept, values, np.nan)))


def fans(forecasts: Forecasts, options: FanOptions, hindsight: bool = False) -> Fans:
    """Score a method's fans, up to eleven releases ahead.

    Parameters
    ----------
    hindsight : bool
        Take the scale from all errors but those of the target itself, later ones included; no forecaster had that.
    """
    target, error = forecasts.target()[:, :SLOTS], forecasts.growth_error[:, :SLOTS].copy()
    error[:FIRST] = np.nan
    sd = np.full(error.shape, np.nan)
    for row, column in zip(*np.nonzero(np.isfinite(error)), strict=True):
        origin = int(forecasts.origins[row])
        months = horizon_months(origin, column + 1)[-1]
        if hindsight:
            scale = fit_scale(forecasts, options, leave_out=int(target[row, column]))
        elif column == 0 or np.isnan(sd[row, :column]).all():
            known = np.where(forecasts.target() <= origin, forecasts.error, np.nan)
            scale = fit_scale(replace(forecasts, error=known), options)
        sd[row, column] = 100.0 * scale.sd(months, target[row, column])
    return _scored(forecasts.method, np.where(np.isfinite(error), target, -1), error, sd)


def _scored(method: str, target: np.ndarray, error: np.ndarray, sd: np.ndarray) -> Fans:
    half = [NORMAL.inv_cdf(0.5 + level / 2.0) * sd for level in LEVELS]
    scores = {
        "crps": crps_normal(error, sd, 0.0),
        "wis": weighted_interval_score(error, [error - h for h in half], [error + h for h in half], 0.0),
        "error": np.abs(error),
    }
    for level, h in zip(LEVELS, half, strict=True):
        name = f"{100 * level:.0f}"
        scores[f"interval_{name}"] = interval_score(error - h, error + h, 0.0, level)
        scores[f"coverage_{name}"] = coverage(error - h, error + h, 0.0 * error)
    return Fans(method, target, error, sd, scores)


def best_width(fan: Fans, measure: str = "interval_90") -> Fans:
    """The same fans, made wider or narrower by the factor that would have scored best: a favour to a rival."""
    tried = [_scored(fan.method, fan.target, fan.error, factor * fan.sd) for factor in np.arange(0.2, 2.51, 0.05)]
    return min(tried, key=lambda f: f.mean(measure))


class Gain(NamedTuple):
    """How much less a fan scores than another: shares of the other's score, with a bootstrap interval."""

    gain: float
    low: float  # 5 % of resamples
    high: float  # 95 %
    better: float  # share of resamples in which it is better


def gain(own: Fans, other: Fans, measure: str, kept: np.ndarray | None = None, seed: int = 1) -> Gain:
    """``1 - score / score of the other`` on the forecasts of both.

    Circular blocks of outcomes are drawn with replacement (Politis and Romano 1992); all forecasts of an outcome go
    with it. ``kept`` (O, H) leaves forecasts out.
    """
    values, others = own.scores[measure], other.scores[measure]
    used = np.isfinite(values) & np.isfinite(others) & (True if kept is None else kept)
    outcomes = np.unique(own.target[used])
    place = np.searchsorted(outcomes, own.target[used])
    mine, theirs = (np.bincount(place, v[used], len(outcomes)) for v in (values, others))
    rng, n = np.random.default_rng(seed), len(outcomes)
    block = min(BLOCK, n)
    start = rng.integers(n, size=(RESAMPLES, -(-n // block)))
    drawn = ((start[:, :, None] + np.arange(block)) % n).reshape(RESAMPLES, -1)[:, :n]
    resampled = 1.0 - mine[drawn].sum(axis=1) / theirs[drawn].sum(axis=1)
    low, high = np.quantile(resampled, (0.05, 0.95))
    return Gain(float(1.0 - mine.sum() / theirs.sum()), float(low), float(high), float(np.mean(resampled > 0.0)))
