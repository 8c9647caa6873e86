"""Tempered sequential Monte Carlo: a sample of the posterior that assumes no shape of it; a second opinion."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .estimation import EstimationError, Posterior, Problem

PARTICLES, MOVES, STEP = 400, 5, 0.5


class _Normal(NamedTuple):
    """Mean (p,) and lower triangle of the covariance (p, p)."""

    mean: np.ndarray
    root: np.ndarray

    def distance(self, z: np.ndarray) -> np.ndarray:
        """(J,) half the squared Mahalanobis distance."""
        return 0.5 * (np.linalg.solve(self.root, (z - self.mean).T) ** 2).sum(axis=0)


def tempered(problem: Problem, seed: int, particles: int = PARTICLES, moves: int = MOVES) -> Posterior:
    """Move a sample of the prior to the posterior by raising the power of the likelihood from 0 to 1.

    Each power is the largest at which the effective sample size stays at half of the particles; particles are then
    resampled (systematically) and moved ``moves`` times by a Metropolis step around the sample's own normal: with its
    mean m and covariance C,

        z' = m + sqrt(1 - s^2) (z - m) + s e,    e ~ N(0, C)

    keeps N(m, C), so that a step is accepted with the ratio of target to that normal; s adapts to an acceptance near
    a third.

    Raises
    ------
    EstimationError
        If more than half of the runs from the prior fail.

    References
    ----------
    Del Moral, Doucet and Jasra (2006), Sequential Monte Carlo samplers, Journal of the Royal Statistical Society B 68;
    Cotter, Roberts, Stuart and White (2013), MCMC methods for functions, Statistical Science 28.
    """
    rng = np.random.default_rng(seed)
    z = rng.standard_normal((particles, problem.p))
    gap = _misfit(problem, z)
    if np.isinf(gap).mean() > 0.5:
        raise EstimationError(f"{np.isinf(gap).sum()} of {particles} runs from the prior failed; narrow the priors")
    power, evaluations, step = 0.0, particles, STEP
    while power < 1.0:
        rise = _next(gap, 1.0 - power)
        power += rise
        weight = np.exp(-rise * (gap - gap.min()))
        mean, cov = _moments(z, weight / weight.sum())
        chosen = _systematic(weight / weight.sum(), rng)
        z, gap = z[chosen], gap[chosen]
        around = _Normal(mean, np.linalg.cholesky(cov + 1e-10 * np.eye(problem.p)))
        for _ in range(moves):
            new = mean + np.sqrt(1.0 - step**2) * (z - mean) + step * rng.standard_normal(z.shape) @ around.root.T
            its = _misfit(problem, new)
            better = _level(power, around, new, its) - _level(power, around, z, gap)
            accept = np.log(rng.random(particles)) < better
            z, gap = np.where(accept[:, None], new, z), np.where(accept, its, gap)
            step = float(np.clip(step * np.exp(accept.mean() - 0.33), 0.05, 0.95))
            evaluations += particles
    mean, cov = _moments(z, np.full(particles, 1.0 / particles))
    return Posterior(problem, mean, cov, z, "tempered SMC", evaluations, seed)


def _misfit(problem: Problem, z: np.ndarray) -> np.ndarray:
    """(J,) minus the logarithm of the likelihood, and a constant; infinite where a run failed."""
    total = 0.5 * (problem.residuals(z) ** 2).sum(axis=1)
    return np.where(np.isfinite(total), total, np.inf)


def _level(power: float, around: _Normal, z: np.ndarray, gap: np.ndarray) -> np.ndarray:
    """Logarithm of the target at a power of the likelihood over the sample's own normal, (J,)."""
    return around.distance(z) - 0.5 * (z**2).sum(axis=1) - power * gap


def _next(gap: np.ndarray, left: float) -> float:
    """Largest rise of the power at which half of the particles still count."""

    def excess(rise: float) -> float:
        weight = np.exp(-rise * (gap - gap.min()))
        return float(weight.sum() ** 2 / (weight**2).sum() - 0.5 * len(gap))

    from scipy.optimize import brentq

    return left if excess(left) >= 0.0 else float(brentq(excess, 0.0, left))


def _moments(z: np.ndarray, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    mean = weight @ z
    return mean, ((z - mean) * weight[:, None]).T @ (z - mean) / (1.0 - (weight**2).sum())


def _systematic(weight: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Indices of the particles that stay, each about as often as its weight says."""
    J = len(weight)
    return np.minimum(np.searchsorted(np.cumsum(weight), (rng.random() + np.arange(J)) / J), J - 1)
