"""Estimating what a model leaves open: parameters with priors, what was observed, and what is known afterwards.

Every parameter has a coordinate z in which its prior is standard normal, so that algorithms need no scales, no bounds
and no units; ``Parameter.natural`` turns it into what the model takes. Observations are whitened by their errors. With
``r(z)`` the whitened residual, minus the logarithm of the posterior density is ``(z @ z + r @ r) / 2`` and a constant.

``kalman`` (ensembles), ``tempering`` (a sample by sequential Monte Carlo) and ``polish`` (least squares) are three
independent ways to the posterior of one ``Problem``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from statistics import NormalDist
from typing import NamedTuple

import numpy as np

from ..economy.estimates import EstimationError, Parameter

__all__ = ["Coverage", "EstimationError", "Parameter", "Posterior", "Problem", "coverage", "identifiability"]
NORMAL = NormalDist()


@dataclass(frozen=True)
class Problem:
    """What is unknown, what was observed, and the map between them.

    forward : from (J, p) parameters in natural units to (J, m) predictions; a row of NaN is a member that failed.
    observed : (m,), with ``error`` their standard deviations (m,) or covariance (m, m), same units.
    labels : of the observations.
    """

    parameters: tuple[Parameter, ...]
    forward: Callable[[np.ndarray], np.ndarray]
    observed: np.ndarray
    error: np.ndarray
    labels: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(p.name for p in self.parameters)

    @property
    def p(self) -> int:
        return len(self.parameters)

    @cached_property
    def _root(self) -> np.ndarray:
        """Square root of the observations' covariance: (m,) or lower triangle (m, m)."""
        error = np.asarray(self.error, dtype=float)
        return error if error.ndim == 1 else np.linalg.cholesky(error)

    def natural(self, z: np.ndarray) -> np.ndarray:
        """(..., p) coordinates to natural units."""
        return np.stack([p.natural(z[..., i]) for i, p in enumerate(self.parameters)], axis=-1)

    def coordinates(self, natural: np.ndarray) -> np.ndarray:
        """(..., p) natural units to coordinates."""
        return np.stack([p.coordinate(natural[..., i]) for i, p in enumerate(self.parameters)], axis=-1)

    def whitened(self, values: np.ndarray) -> np.ndarray:
        """(..., m) in units of the observations' errors, made independent of each other."""
        if self._root.ndim == 1:
            return values / self._root
        from scipy.linalg import solve_triangular

        flat = values.reshape(-1, values.shape[-1]).T
        return solve_triangular(self._root, flat, lower=True, check_finite=False).T.reshape(values.shape)

    def residuals(self, z: np.ndarray) -> np.ndarray:
        """(J, m) whitened prediction less observation at (J, p) coordinates; NaN rows failed."""
        return self.whitened(self.forward(self.natural(z)) - self.observed)

    def scaled(self, factor: float) -> Problem:
        """The same with all errors ``factor`` times as large."""
        power = 1 if np.ndim(self.error) == 1 else 2
        return Problem(self.parameters, self.forward, self.observed, self.error * factor**power, self.labels)

    def seen(self, observed: np.ndarray) -> Problem:
        """The same with other observations."""
        return Problem(self.parameters, self.forward, observed, self.error, self.labels)

    def drawn(self, z: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Observations as they would be if (p,) coordinates ``z`` were the truth, errors included, (m,)."""
        noise = rng.standard_normal(len(self.observed))
        error = self._root * noise if self._root.ndim == 1 else self._root @ noise
        return self.forward(self.natural(z[None]))[0] + error


@dataclass(frozen=True)
class Posterior:
    """What is known of a problem's parameters, as a normal in the coordinates z, and as a sample where there is one.

    mean, cov : (p,), (p, p); the prior is 0 and the identity.
    sample : (N, p) coordinates.
    method, evaluations, seed : how it was found.
    spread : (p,) standard deviation of independent runs' means over ``sd``: what the algorithm's own chance adds.
    """

    problem: Problem
    mean: np.ndarray
    cov: np.ndarray
    sample: np.ndarray
    method: str
    evaluations: int
    seed: int | None = None
    spread: np.ndarray = field(default_factory=lambda: np.zeros(0))

    @property
    def sd(self) -> np.ndarray:
        """(p,) over the prior's: 1 where nothing was learnt."""
        return np.sqrt(np.diag(self.cov))

    def widened(self, factor: float) -> Posterior:
        """The same with what the data say counted as if their errors were ``factor`` times as large.

        The prior keeps its weight, so that no interval becomes wider than the prior's.
        """
        return replace(self, cov=_widened(self.cov, factor))

    def quantiles(self, levels: Sequence[float] = (0.05, 0.5, 0.95)) -> np.ndarray:
        """(levels, p) in natural units, by the normal; links are monotone, so quantiles carry over."""
        z = self.mean + np.array([NORMAL.inv_cdf(q) for q in levels])[:, None] * self.sd
        return self.problem.natural(z)


class Told(NamedTuple):
    """One parameter in the report of what the data say."""

    name: str
    role: str
    prior: tuple[float, float, float]  # 5, 50, 95 %
    posterior: tuple[float, float, float]
    kept: float  # posterior over prior standard deviation
    partner: str  # the parameter with which its estimate is tied most
    tie: float  # their correlation
    identified: bool


IDENTIFIED = 0.9  # a parameter is identified where at most so much of its prior's standard deviation is left,
MOVED = 1.0  # or where its median lies further than so many of these from the prior's


def identified(mean: np.ndarray, cov: np.ndarray) -> np.ndarray:
    """(p,) bool: parameters of which the data say more than the prior did."""
    return (np.sqrt(np.diag(cov)) <= IDENTIFIED) | (np.abs(mean) >= MOVED)


def _widened(cov: np.ndarray, factor: float) -> np.ndarray:
    learnt = np.linalg.inv(cov) - np.eye(len(cov))
    wide = np.linalg.inv(np.eye(len(cov)) + learnt / factor**2)
    return (wide + wide.T) / 2.0


def identifiability(posterior: Posterior) -> tuple[Told, ...]:
    """What the data say about each parameter: posterior against prior spread, and its strongest correlation."""
    problem, sd = posterior.problem, posterior.sd
    known = identified(posterior.mean, posterior.cov)
    tie = posterior.cov / np.multiply.outer(sd, sd)
    np.fill_diagonal(tie, 0.0)
    partner = np.abs(tie).argmax(axis=1)
    levels = (0.05, 0.5, 0.95)
    before = Posterior(problem, np.zeros(problem.p), np.eye(problem.p), np.zeros((0, problem.p)), "prior", 0)
    prior, after = before.quantiles(levels).T, posterior.quantiles(levels).T
    return tuple(
        Told(
            p.name, p.role, tuple(prior[i]), tuple(after[i]), float(sd[i]), problem.names[partner[i]],
            float(tie[i, partner[i]]), bool(known[i]),
        )
        for i, p in enumerate(problem.parameters)
    )  # fmt: skip


def directions(posterior: Posterior) -> tuple[np.ndarray, np.ndarray]:
    """Share of the prior's variance that is left in each direction, best informed first, (p,); directions (p, p)."""
    left, vectors = np.linalg.eigh(posterior.cov)
    return left, vectors.T


WIDEST, STEP = 8.0, 1.05  # widenings tried: powers of the step


@dataclass(frozen=True)
class Coverage:
    """How often intervals of simulated truths held them, and how much wider they must be to do so as often as they say.

    truth, mean : (T, p) coordinates drawn from the prior, and their estimates; cov : (T, p, p) as estimated.
    """

    truth: np.ndarray
    mean: np.ndarray
    cov: np.ndarray
    nominal: float = 0.95

    @property
    def truths(self) -> int:
        return len(self.truth)

    @property
    def intervals(self) -> int:
        return self.truth.size

    @cached_property
    def _held(self) -> np.ndarray:
        """(widenings, T) share of a truth's parameters inside their intervals."""
        reach = NORMAL.inv_cdf(0.5 + self.nominal / 2.0)
        gap = np.abs(self.mean - self.truth)
        sd = np.array([[np.sqrt(np.diag(_widened(c, f))) for c in self.cov] for f in self._tried])
        return (gap <= reach * sd).mean(axis=2)

    @cached_property
    def _tried(self) -> np.ndarray:
        return STEP ** np.arange(np.ceil(np.log(WIDEST) / np.log(STEP)) + 1)

    def _enough(self, truths: np.ndarray) -> int:
        """The least widening at which intervals of these truths hold as many as they say; else the widest."""
        good = self._held[:, truths].mean(axis=1) >= self.nominal
        return int(good.argmax()) if good.any() else len(good) - 1

    @property
    def share(self) -> float:
        """Pooled over parameters and truths, as estimated."""
        return float(self._held[0].mean())

    @property
    def widening(self) -> float:
        """Factor on the errors (``Posterior.widened``) that makes the share the nominal one; 1 at least."""
        return float(self._tried[self._enough(np.arange(self.truths))])

    @property
    def share_widened(self) -> float:
        """Share inside widened intervals, each truth with the widening that the others ask for."""
        every = np.arange(self.truths)
        return float(np.mean([self._held[self._enough(every[every != t]), t] for t in every]))

    @property
    def good(self) -> bool:
        """Whether widened intervals may be printed: 85 to 99 % at a nominal 95 %."""
        return 0.85 <= self.share_widened <= 0.99


def coverage(problem: Problem, estimate: Callable[[Problem, int], Posterior], truths: int, seed: int) -> Coverage:
    """Draw truths from the prior, observe them with errors, estimate each, and see how many 95 % intervals hold it.

    Parameters
    ----------
    estimate : function of a problem and a seed
        The estimator under test, as it is used on the real observations.

    References
    ----------
    Talts, Betancourt, Simpson, Vehtari and Gelman (2018), Validating Bayesian inference algorithms with
    simulation-based calibration, arXiv:1804.06788.
    """
    rng = np.random.default_rng(seed)
    drawn: list[np.ndarray] = []
    found: list[Posterior] = []
    while len(found) < truths:
        z = rng.standard_normal(problem.p)
        observed = problem.drawn(z, rng)
        if not np.isfinite(observed).all():
            continue
        drawn.append(z)
        found.append(estimate(problem.seen(observed), int(rng.integers(2**31))))
    return Coverage(np.array(drawn), np.array([f.mean for f in found]), np.array([f.cov for f in found]))
