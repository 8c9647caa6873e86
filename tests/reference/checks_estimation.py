"""Checks of cases about estimating parameters from what was observed."""

from __future__ import annotations

from typing import Any

import numpy as np

from simcore.economy.dynamics import inoperability_path
from simcore.fitting.estimation import Parameter, Problem
from simcore.fitting.polish import misfit, polish

SHOCK, STEPS_SHOCKED, NOISE = 0.15, 6, 0.002  # on the second sector, as the case's README states


def recover(case: Any) -> dict[str, Any]:
    A_star, observed, truth = case["Astar"], case["observed_path"], case["true_k"]
    T, n = observed.shape
    c = np.zeros((T, n))
    c[:STEPS_SHOCKED, 1] = SHOCK

    def forward(k: np.ndarray) -> np.ndarray:
        return np.array([inoperability_path(A_star, one, c, np.zeros(n))[1:].ravel() for one in k])

    speeds = tuple(Parameter(f"k{i}", 0.2, 0.1, "identity") for i in range(n))
    problem = Problem(speeds, forward, observed.ravel(), np.full(T * n, NOISE))
    found = polish(problem, prior=False, tolerance=1e-13)
    k, error = problem.natural(found.mean), 0.1 * found.sd
    mean, cov = linear_gaussian(case)
    return {
        "maximum_likelihood_k": k,
        "standard_error_k": error,
        "minus_2_loglik_at_ml": [misfit(problem, found.mean)],
        "truth_within_3_se": (np.abs(k - truth) <= 3.0 * error).astype(float),
        "linear_gaussian_posterior_mean": mean,
        "linear_gaussian_posterior_cov": cov,
    }


def linear_gaussian(case: Any) -> tuple[np.ndarray, np.ndarray]:
    H, y, mean, var = (case[f"linear_{name}"] for name in ("H", "y", "prior_mean", "prior_var"))
    unknown = tuple(
        Parameter(f"p{i}", m, np.sqrt(v), "identity") for i, (m, v) in enumerate(zip(mean, var, strict=True))
    )
    error = np.full(len(y), np.sqrt(case["linear_noise_var"][0]))
    problem = Problem(unknown, lambda values: values @ H.T, y, error)
    found = polish(problem, tolerance=1e-13)
    return problem.natural(found.mean), np.sqrt(var)[:, None] * found.cov * np.sqrt(var)


CHECKS = {"cal_recover": recover}
