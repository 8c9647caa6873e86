"""Least squares: the most probable parameters, and a normal around them (Laplace)."""

from __future__ import annotations

import numpy as np

from .estimation import EstimationError, Posterior, Problem

DIFFERENCE = 1e-3  # in standard deviations of the prior; central differences, error of its square


def polish(
    problem: Problem,
    start: np.ndarray | None = None,
    prior: bool = True,
    tolerance: float = 1e-6,
    difference: float = DIFFERENCE,
) -> Posterior:
    """Minimise prior and residuals together by trust-region least squares, all differences in one call.

    Parameters
    ----------
    start : (p,) array, optional
        Coordinates to start from; the prior's median by default. An ensemble's mean is a good choice.
    prior : bool
        False for maximum likelihood: the prior then only sets the scale of the coordinates.
    tolerance : float
        Relative, of the step and of the sum of squares.
    difference : float
        Step of central differences, in standard deviations of the prior. A model with kinks (what binds, changes) needs
        one that looks across them.

    Returns
    -------
    Posterior
        ``mean`` is the optimum, ``cov`` the inverse of the Gauss-Newton Hessian there.

    Raises
    ------
    EstimationError
        If the model fails at the start, or, without prior, the data leave a direction open.
    """
    from scipy.optimize import least_squares

    p, calls = problem.p, [0]

    def run(z: np.ndarray) -> np.ndarray:
        calls[0] += len(z)
        r = problem.residuals(z)
        return np.hstack([r, z]) if prior else r

    def residual(z: np.ndarray) -> np.ndarray:
        return np.nan_to_num(run(z[None])[0], nan=1e6)

    def jacobian(z: np.ndarray) -> np.ndarray:
        moves = difference * np.eye(p)
        r = run(np.concatenate([z + moves, z - moves]))
        slope = (r[:p] - r[p:]).T / (2.0 * difference)
        return np.nan_to_num(slope)

    start = np.zeros(p) if start is None else start
    if not np.isfinite(run(start[None])).all():
        raise EstimationError("the model fails at the point from which least squares start; give another start")
    found = least_squares(residual, start, jac=jacobian, x_scale="jac", xtol=tolerance, ftol=tolerance, gtol=tolerance)
    slope = jacobian(found.x)
    hessian = slope.T @ slope
    if np.linalg.cond(hessian) > 1e14:
        raise EstimationError("the data leave a combination of parameters open; add a prior or observations")
    cov = np.linalg.inv(hessian)
    return Posterior(problem, found.x, (cov + cov.T) / 2.0, np.zeros((0, p)), "least squares", calls[0])


def misfit(problem: Problem, z: np.ndarray) -> float:
    """Squared whitened residual at (p,) coordinates: about m less what the parameters take, if errors are right."""
    return float((problem.residuals(z[None])[0] ** 2).sum())
