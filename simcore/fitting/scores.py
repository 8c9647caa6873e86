"""How good a probabilistic forecast was: interval score, CRPS, coverage, weighted interval score.

All scores are in the unit of the outcome, less is better, and each is proper: nobody can expect a better score by
stating another distribution than the one believed (Gneiting and Raftery 2007, Journal of the American Statistical
Association 102, 359-378). Arguments broadcast against each other; NaN gives NaN.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

LEVELS = (0.5, 0.9)  # central intervals that tables and fans show


def interval_score(low: ArrayLike, high: ArrayLike, outcome: ArrayLike, level: float) -> np.ndarray:
    """Width of a central interval plus ``2 / alpha`` times the distance of the outcome outside, ``alpha = 1 - level``.

    Parameters
    ----------
    low, high : arrays
        The ``alpha / 2`` and ``1 - alpha / 2`` quantiles.
    level : float
        Nominal coverage, between 0 and 1.

    References
    ----------
    Gneiting and Raftery (2007), equation 43.
    """
    alpha = 1.0 - _inside(level)
    l, u, y = (np.asarray(a, dtype=float) for a in (low, high, outcome))  # noqa: E741  letters of the source
    return (u - l) + 2.0 / alpha * (np.maximum(l - y, 0.0) + np.maximum(y - u, 0.0))


def coverage(low: ArrayLike, high: ArrayLike, outcome: ArrayLike) -> np.ndarray:
    """1 where the outcome lies in the interval, ends included, 0 outside; its mean is the coverage."""
    l, u, y = np.broadcast_arrays(*(np.asarray(a, dtype=float) for a in (low, high, outcome)))  # noqa: E741
    inside = ((l <= y) & (y <= u)).astype(float)
    return np.where(np.isnan(l) | np.isnan(u) | np.isnan(y), np.nan, inside)


def crps_normal(mean: ArrayLike, sd: ArrayLike, outcome: ArrayLike) -> np.ndarray:
    """Continuous ranked probability score of a normal forecast.

    ``sd (z (2 Phi(z) - 1) + 2 phi(z) - 1 / sqrt(pi))`` with ``z = (outcome - mean) / sd``; the absolute error where
    ``sd`` is 0.

    References
    ----------
    Gneiting, Raftery, Westveld and Goldman (2005), Monthly Weather Review 133, equation 5.
    """
    from scipy.special import ndtr

    mu, sigma, y = np.broadcast_arrays(*(np.asarray(a, dtype=float) for a in (mean, sd, outcome)))
    point = sigma == 0.0
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.where(point, 0.0, (y - mu) / sigma)
    density = np.exp(-0.5 * z**2) / np.sqrt(2.0 * np.pi)
    score = sigma * (z * (2.0 * ndtr(z) - 1.0) + 2.0 * density - 1.0 / np.sqrt(np.pi))
    return np.where(point, np.abs(y - mu), score)


def crps_ensemble(members: ArrayLike, outcome: ArrayLike, axis: int = 0, fair: bool = False) -> np.ndarray:
    """The same of the empirical distribution of an ensemble: ``E|X - y| - E|X - X'| / 2``.

    Parameters
    ----------
    members : array
        Draws along ``axis``; the other dimensions are those of ``outcome``.
    fair : bool
        Pairs of different members only, which takes the bias of a small ensemble away (Ferro 2014, Quarterly
        Journal of the Royal Meteorological Society 140); by default a member is paired with itself, too.

    References
    ----------
    Gneiting and Raftery (2007), equation 21; the mean over pairs through order statistics, which needs
    ``n log n`` operations.
    """
    x = np.sort(np.moveaxis(np.asarray(members, dtype=float), axis, 0), axis=0)
    n = len(x)
    if n < 1 + fair:
        raise ValueError(f"an ensemble of {n} members has no {'fair ' if fair else ''}score; give more members")
    distance = np.abs(x - np.asarray(outcome, dtype=float)).mean(axis=0)
    rank = 2.0 * np.arange(1, n + 1) - n - 1.0
    pairs = 2.0 * np.tensordot(rank, x, axes=1) / (n * (n - 1.0 if fair else n))
    return distance - 0.5 * pairs


def weighted_interval_score(
    median: ArrayLike, low: ArrayLike, high: ArrayLike, outcome: ArrayLike, levels: Sequence[float] = LEVELS
) -> np.ndarray:
    """Absolute error of the median and interval scores, weighted so that many intervals come near the CRPS.

    ``(|y - m| / 2 + sum_k alpha_k / 2 IS_k) / (K + 1/2)``

    Parameters
    ----------
    low, high : arrays
        Ends of the central intervals, ``levels`` on the first axis.

    References
    ----------
    Bracher, Ray, Gneiting and Reich (2021), PLoS Computational Biology 17, e1008618, equation 1.
    """
    lows, highs = np.asarray(low, dtype=float), np.asarray(high, dtype=float)
    if not len(lows) == len(highs) == len(levels):
        raise ValueError(f"{len(levels)} levels need as many low and high ends, not {len(lows)} and {len(highs)}")
    total = 0.5 * np.abs(np.asarray(outcome, dtype=float) - np.asarray(median, dtype=float))
    for l, u, level in zip(lows, highs, levels, strict=True):  # noqa: E741
        total = total + 0.5 * (1.0 - level) * interval_score(l, u, outcome, level)
    return total / (len(levels) + 0.5)


def _inside(level: float) -> float:
    if not 0.0 < level < 1.0:
        raise ValueError(f"nominal coverage {level} must lie between 0 and 1")
    return level
