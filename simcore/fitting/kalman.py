"""Ensemble smoother with multiple data assimilation: a posterior from runs of an ensemble, without derivatives.

Z  coordinates   (J, p)
G  whitened predictions  (J, m)
"""

from __future__ import annotations

import numpy as np

from .estimation import EstimationError, Posterior, Problem

MEMBERS, STEPS, ENSEMBLES = 300, 6, 3


def ensemble_kalman(
    problem: Problem, seed: int, members: int = MEMBERS, steps: int = STEPS, ensembles: int = ENSEMBLES
) -> Posterior:
    """Posterior from several independent ensembles; their disagreement is part of the answer.

    Each ensemble starts from the prior and is moved ``steps`` times towards the observations, which are perturbed anew
    with errors inflated by alpha, where the inverses of all alphas sum to one:

        z += C_zg (C_gg + alpha I)^-1 (y + sqrt(alpha) e - g(z))

    Alphas fall by a constant factor, so that the first steps, where the model is least linear, are the most careful.
    Spurious correlations of a finite ensemble, of size 1 / sqrt(J), would shrink its spread too much: each entry of
    C_zg is multiplied by r^2 / (r^2 + 1 / J), r its correlation. Members whose run fails are replaced by others.

    Parameters
    ----------
    members : int
        Of each ensemble, J.

    Raises
    ------
    EstimationError
        If more than half of the runs of a step fail.

    References
    ----------
    Emerick and Reynolds (2013), Ensemble smoother with multiple data assimilation, Computers and Geosciences 55.
    """
    streams = np.random.SeedSequence(seed).spawn(ensembles)
    found = [_one(problem, np.random.default_rng(s), members, _inflation(steps)) for s in streams]
    sample = np.concatenate(found)
    means = np.array([z.mean(axis=0) for z in found])
    within = np.mean([np.cov(z, rowvar=False) for z in found], axis=0)
    between = np.cov(means, rowvar=False) if ensembles > 1 else np.zeros_like(within)
    cov = np.atleast_2d(within) + np.atleast_2d(between)
    spread = means.std(axis=0, ddof=1) / np.sqrt(np.diag(cov)) if ensembles > 1 else np.zeros(problem.p)
    return Posterior(
        problem, means.mean(axis=0), cov, sample, "ensemble Kalman", members * steps * ensembles, seed, spread
    )


def _inflation(steps: int, ratio: float = 0.6) -> np.ndarray:
    """(steps,) alphas that fall by ``ratio``, inverses summing to one."""
    shape = ratio ** np.arange(steps)
    return shape * (1.0 / shape).sum()


def _one(problem: Problem, rng: np.random.Generator, members: int, inflation: np.ndarray) -> np.ndarray:
    """(J, p) coordinates of one ensemble after all steps."""
    z = rng.standard_normal((members, problem.p))
    z = (z - z.mean(axis=0)) / z.std(axis=0, ddof=1)
    for alpha in inflation:
        residual = problem.residuals(z)
        z, residual = _repaired(z, residual, rng)
        z = _moved(z, residual, alpha, rng)
    return z


def _moved(z: np.ndarray, residual: np.ndarray, alpha: float, rng: np.random.Generator) -> np.ndarray:
    """One step of the whole ensemble."""
    J = len(z)
    dz, dg = z - z.mean(axis=0), residual - residual.mean(axis=0)
    cross = dz.T @ dg / (J - 1)
    scale = np.multiply.outer(dz.std(axis=0, ddof=1), dg.std(axis=0, ddof=1))
    r2 = np.divide(cross, scale, out=np.zeros_like(cross), where=scale > 0) ** 2
    cross *= r2 / (r2 + 1.0 / J)
    wanted = np.sqrt(alpha) * rng.standard_normal(residual.shape) - residual
    # (C_gg + alpha I)^-1 through the singular vectors of the ensemble: exact, whatever m is against J.
    left, singular, _ = np.linalg.svd(dg.T / np.sqrt(J - 1), full_matrices=False)
    inner = left.T @ wanted.T
    solved = wanted.T / alpha + left @ ((1.0 / (singular**2 + alpha) - 1.0 / alpha)[:, None] * inner)
    return z + (cross @ solved).T


def _repaired(z: np.ndarray, residual: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Put members that ran in the place of those that failed; the next errors tell copies apart."""
    failed = ~np.isfinite(residual).all(axis=1)
    if not failed.any():
        return z, residual
    if failed.mean() > 0.5:
        raise EstimationError(f"{failed.sum()} of {len(z)} runs failed; narrow the priors or mend the model")
    donors = rng.choice(np.flatnonzero(~failed), int(failed.sum()))
    z, residual = z.copy(), residual.copy()
    z[failed], residual[failed] = z[donors], residual[donors]
    return z, residual
