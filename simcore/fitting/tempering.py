"""Tempered sequential Monte Carlo: a sample of the posterior that assumes no shape of it; a second opinion."""

from __future__ import annotations

import numpy as np

from .estimation import EstimationError, Posterior, Problem

PARTICLES, MOVES, STEP = 400, 4, 0.5


def tempered(problem: Problem, seed: int, particles: int = PARTICLES, moves: int = MOVES) -> Posterior:
    """Move a sample from prior to posterior through powers of the likelihood, 0 to 1.

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
    misfit = _misfit(problem, z)
    if np.isinf(misfit).mean() > 0.5:
        raise EstimationError(f"{np.isinf(misfit).sum()} of {particles} runs from the prior failed; narrow the priors")
    power, evaluations, step = 0.0, particles, STEP
    while power < 1.0:
        rise = _next(misfit, 1.0 - power)
        power += rise
        weight = np.exp(-rise * (misfit - misfit.min()))
        mean, cov = _moments(z, weight / weight.sum())
        chosen = _systematic(weight / weight.sum(), rng)
        z, misfit = z[chosen], misfit[chosen]
        root = np.linalg.cholesky(cov + 1e-10 * np.eye(problem.p))
        for _ in range(moves):
            z, misfit, accepted = _step(problem, z, misfit, power, mean, root, step, rng)
            step = float(np.clip(step * np.exp(accepted - 0.33), 0.05, 0.95))
            evaluations += particles
    mean, cov = _moments(z, np.full(particles, 1.0 / particles))
    return Posterior(problem, mean, cov, z, "tempered SMC", evaluations, seed)


def _misfit(problem: Problem, z: np.ndarray) -> np.ndarray:
    """(J,) half the squared whitened residual; infinite where a run failed."""
    r = problem.residuals(z)
    total = 0.5 * (r**2).sum(axis=1)
    return np.where(np.isfinite(total), total, np.inf)


def _next(misfit: np.ndarray, left: float) -> float:
    """Largest rise of the power at which half of the particles still count."""

    def excess(rise: float) -> float:
        weight = np.exp(-rise * (misfit - misfit.min()))
        return float(weight.sum() ** 2 / (weight**2).sum() - 0.5 * len(misfit))

    from scipy.optimize import brentq

    return left if excess(left) >= 0.0 else float(brentq(excess, 0.0, left))


def _moments(z: np.ndarray, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    mean = weight @ z
    return mean, ((z - mean) * weight[:, None]).T @ (z - mean) / (1.0 - (weight**2).sum())


def _systematic(weight: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Indices of the particles that stay, each about as often as its weight says."""
    J = len(weight)
    return np.minimum(np.searchsorted(np.cumsum(weight), (rng.random() + np.arange(J)) / J), J - 1)


def _step(
    problem: Problem,
    z: np.ndarray,
    misfit: np.ndarray,
    power: float,
    mean: np.ndarray,
    root: np.ndarray,
    size: float,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray, float]:
    """One Metropolis step of all particles; coordinates, misfits and the share accepted."""

    def beyond(at: np.ndarray, its: np.ndarray) -> np.ndarray:
        """Logarithm of the target over the sample's normal."""
        own = np.linalg.solve(root, (at - mean).T)
        return -power * its - 0.5 * (at**2).sum(axis=1) + 0.5 * (own**2).sum(axis=0)

    new = mean + np.sqrt(1.0 - size**2) * (z - mean) + size * rng.standard_normal(z.shape) @ root.T
    its = _misfit(problem, new)
    accept = np.log(rng.random(len(z))) < beyond(new, its) - beyond(z, misfit)
    return np.where(accept[:, None], new, z), np.where(accept, its, misfit), float(accept.mean())
