"""Draws of uncertain values: each path has its own stream, so that one more measure changes no other's."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from itertools import combinations
from typing import Protocol

import numpy as np

from .distribution import Distribution

SOBOL_DIMENSIONS = 1024  # fixed, so that the sequence of a path does not depend on how many paths there are


class Pairs(Protocol):
    """Paths that move together, and how closely."""

    @property
    def between(self) -> Sequence[str]: ...

    @property
    def value(self) -> float: ...


def draw(
    distributions: Mapping[str, Distribution],
    n: int,
    seed: int,
    sampler: str = "latin_hypercube",
    correlation: Sequence[Pairs] = (),
) -> dict[str, np.ndarray]:
    """Values for every path.

    Parameters
    ----------
    distributions : mapping
        Dotted path to distribution.
    n : int
        Number of draws.
    seed : int
        The same seed, path and n give the same values, whatever other paths there are.
    sampler : str
        ``random``: independent draws. ``latin_hypercube``: one draw in each of n equal parts of every
        distribution. ``sobol``: a scrambled Sobol sequence, each path on the dimension that its name chooses
        (loads scipy.stats); n should be a power of two.
    correlation : sequence
        Each entry correlates the normal scores of every two of its paths. The draws of a path are put in another
        order and stay the same numbers; the path that is named first keeps its order, so that one more path at the
        end moves none before it.

    Returns
    -------
    dict of (n,) arrays, base units
    """
    if n < 1:
        return {path: np.zeros(0) for path in distributions}
    # A path that somebody fixed has no distribution any more, and still decides the order of those tied to it.
    paths = dict.fromkeys([*distributions, *(path for entry in correlation for path in entry.between)])
    if sampler == "sobol":
        uniform = _sobol(paths, n, seed)
    else:
        uniform = {path: _uniform(path, n, seed, sampler) for path in paths}
    uniform |= _together(uniform, correlation)
    return {path: quantile(distribution, uniform[path]) for path, distribution in distributions.items()}


def correlation_matrix(correlation: Sequence[Pairs]) -> tuple[list[str], np.ndarray]:
    """Paths in the order in which they are first named, and their (m, m) correlations; 0 where none is stated."""
    paths = list(dict.fromkeys(path for entry in correlation for path in entry.between))
    place = {path: i for i, path in enumerate(paths)}
    matrix = np.eye(len(paths))
    for entry in correlation:
        for a, b in combinations(entry.between, 2):
            matrix[place[a], place[b]] = matrix[place[b], place[a]] = entry.value
    return paths, matrix


def _together(uniform: Mapping[str, np.ndarray], correlation: Sequence[Pairs]) -> dict[str, np.ndarray]:
    """Correlated draws: each path's own numbers in the order of correlated normal scores.

    Source: Iman and Conover (1982), A distribution-free approach to inducing rank correlation among input variables,
    Communications in Statistics - Simulation and Computation 11(3).
    """
    if not correlation:
        return {}
    from scipy.special import ndtri

    paths, matrix = correlation_matrix(correlation)
    scores = np.linalg.cholesky(matrix) @ np.array([ndtri(uniform[path]) for path in paths])
    return {path: np.sort(uniform[path])[score.argsort().argsort()] for path, score in zip(paths, scores, strict=True)}


def quantile(distribution: Distribution, u: np.ndarray) -> np.ndarray:
    """Values at the probabilities ``u`` in (0, 1); (n,), base units."""
    p, kind = distribution.params, distribution.kind
    if kind == "uniform":
        return p["low"] + u * (p["high"] - p["low"])
    if kind == "triangular":
        return _triangular(u, p["low"], p["mode"], p["high"])
    if kind == "discrete":
        edges = np.cumsum(p["weights"])
        return np.asarray(p["values"])[np.minimum(np.searchsorted(edges, u, side="right"), len(edges) - 1)]
    if kind in ("pert", "beta"):
        return _beta(u, p["low"], p["high"], *_shape(kind, p))
    return _normal(u, p, kind == "lognormal")


def _uniform(path: str, n: int, seed: int, sampler: str) -> np.ndarray:
    key = int.from_bytes(sha256(path.encode()).digest()[:16], "little")
    stream = np.random.default_rng(np.random.SeedSequence([seed, key]))
    if sampler == "random":
        return _inside(stream.random(n))
    if sampler != "latin_hypercube":
        raise ValueError(f"unknown sampler '{sampler}'; there is latin_hypercube, random and sobol")
    return _inside((stream.permutation(n) + stream.random(n)) / n)


def _sobol(paths: Iterable[str], n: int, seed: int) -> dict[str, np.ndarray]:
    from inspect import signature

    from scipy.stats import qmc  # slow to load, so only for those who ask for it

    # Older versions of scipy call the argument ``seed``.
    word = "rng" if "rng" in signature(qmc.Sobol.__init__).parameters else "seed"
    arguments = {word: np.random.default_rng(seed)}
    points = qmc.Sobol(SOBOL_DIMENSIONS, scramble=True, **arguments).random(n)
    return {path: _inside(points[:, column]) for path, column in _columns(paths).items()}


def _columns(paths: Iterable[str]) -> dict[str, int]:
    """The dimension of each path: the one its name's hash chooses, or the next free one."""
    taken: dict[int, str] = {}
    for path in sorted(paths):
        column = int.from_bytes(sha256(path.encode()).digest()[:8], "little") % SOBOL_DIMENSIONS
        while column in taken:
            column = (column + 1) % SOBOL_DIMENSIONS
        taken[column] = path
    return {path: column for column, path in taken.items()}


def _inside(u: np.ndarray) -> np.ndarray:
    return np.clip(u, 1e-12, 1.0 - 1e-12)  # the ends may lie at infinity


def _triangular(u: np.ndarray, low: float, mode: float, high: float) -> np.ndarray:
    width = high - low
    left = (mode - low) / width
    rising = low + np.sqrt(u * width * (mode - low))
    falling = high - np.sqrt((1.0 - u) * width * (high - mode))
    return np.where(u < left, rising, falling)


def _shape(kind: str, p: Mapping[str, float]) -> tuple[float, float]:
    """Shape parameters of a beta distribution; a PERT has the mean (low + 4 mode + high) / 6."""
    width = p["high"] - p["low"]
    if kind == "pert":
        return 1.0 + 4.0 * (p["mode"] - p["low"]) / width, 1.0 + 4.0 * (p["high"] - p["mode"]) / width
    mean, variance = (p["mean"] - p["low"]) / width, (p["sd"] / width) ** 2
    size = mean * (1.0 - mean) / variance - 1.0
    return mean * size, (1.0 - mean) * size


def _beta(u: np.ndarray, low: float, high: float, a: float, b: float) -> np.ndarray:
    from scipy.special import betaincinv

    return low + (high - low) * betaincinv(a, b, u)


def _normal(u: np.ndarray, p: Mapping[str, float], of_logarithm: bool) -> np.ndarray:
    """Normal or lognormal, cut off at low and high; mean and sd are those before the cut."""
    from scipy.special import ndtr, ndtri

    mean, sd = p["mean"], p["sd"]
    low, high = p.get("low", -math.inf), p.get("high", math.inf)
    if of_logarithm:
        spread = math.sqrt(math.log1p((sd / mean) ** 2))
        mean, sd = math.log(mean) - spread**2 / 2.0, spread
        low = math.log(low) if low > 0.0 else -math.inf
        high = math.log(high) if high < math.inf else math.inf
    a, b = (low - mean) / sd, (high - mean) / sd
    # Work in the tail that has precision.
    upper = a > 0.0
    values = -ndtri(ndtr(-a) - u * (ndtr(-a) - ndtr(-b))) if upper else ndtri(ndtr(a) + u * (ndtr(b) - ndtr(a)))
    values = np.clip(mean + sd * values, low, high)
    return np.exp(values) if of_logarithm else values
