"""Estimators against posteriors that are known, and the rules by which their intervals are told."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from simcore.fitting.estimation import EstimationError, Parameter, Problem, coverage, directions, identifiability
from simcore.fitting.kalman import ensemble_kalman
from simcore.fitting.polish import polish
from simcore.fitting.tempering import tempered

ESTIMATORS = {
    "kalman": partial(ensemble_kalman, members=400, steps=5, ensembles=2),
    "smc": partial(tempered, particles=500),
}


def linear(p: int = 6, m: int = 20, seed: int = 1) -> tuple[Problem, np.ndarray, np.ndarray]:
    """A linear problem with correlated errors, its exact posterior mean and covariance in z."""
    rng = np.random.default_rng(seed)
    H = rng.normal(size=(m, p))
    H[:, -1] = 0.0  # the last parameter touches nothing
    root = 0.5 * np.tril(rng.normal(size=(m, m))) / np.sqrt(m) + np.eye(m)
    C = root @ root.T
    y = rng.normal(size=m) + H @ rng.normal(size=p)
    cov = np.linalg.inv(H.T @ np.linalg.solve(C, H) + np.eye(p))
    mean = cov @ H.T @ np.linalg.solve(C, y)
    unknown = tuple(Parameter(f"p{i}", 0.0, 1.0, "identity") for i in range(p))
    return Problem(unknown, lambda v: v @ H.T, y, C), mean, cov


def test_least_squares_find_the_exact_posterior_of_a_linear_problem():
    problem, mean, cov = linear()
    found = polish(problem)
    assert np.allclose(found.mean, mean, atol=1e-9) and np.allclose(found.cov, cov, atol=1e-9)


@pytest.mark.parametrize("name", ESTIMATORS)
def test_samplers_come_near_the_exact_posterior_of_a_linear_problem(name):
    problem, mean, cov = linear()
    found = ESTIMATORS[name](problem, 7)
    sd = np.sqrt(np.diag(cov))
    assert np.abs((found.mean - mean) / sd).max() < 0.35
    assert np.abs(found.sd / sd - 1.0).max() < 0.25


@pytest.mark.parametrize("name", ESTIMATORS)
def test_a_seed_gives_the_same_bits_and_another_seed_gives_others(name):
    problem, _, _ = linear()
    one, same, other = (ESTIMATORS[name](problem, seed) for seed in (3, 3, 4))
    assert (one.mean == same.mean).all() and (one.cov == same.cov).all()
    assert not (one.mean == other.mean).all()


def banana() -> Problem:
    """Two parameters that only their curved combination is seen of."""
    unknown = (Parameter("a", 0.0, 1.0, "identity"), Parameter("b", 0.0, 1.0, "identity"))
    return Problem(
        unknown,
        lambda v: np.column_stack([v[:, 1] + 0.8 * v[:, 0] ** 2, 0.2 * v[:, 0]]),
        np.array([0.5, 0.1]),
        np.array([0.1, 0.2]),
    )


def test_the_sample_of_a_curved_posterior_has_the_moments_of_its_grid():
    problem = banana()
    axis = np.linspace(-5, 5, 1001)
    z = np.stack(np.meshgrid(axis, axis, indexing="ij"), axis=-1).reshape(-1, 2)
    density = np.exp(-0.5 * ((problem.residuals(z) ** 2).sum(axis=1) + (z**2).sum(axis=1)))
    density /= density.sum()
    mean = density @ z
    sd = np.sqrt(density @ (z - mean) ** 2)
    found = tempered(problem, 5, particles=2000, moves=8)
    assert np.abs(found.mean - mean).max() < 0.12
    assert np.abs(found.sd / sd - 1.0).max() < 0.12


@pytest.mark.parametrize("name", ESTIMATORS)
def test_intervals_hold_simulated_truths_as_often_as_they_say(name):
    problem, _, _ = linear(p=8, m=12, seed=3)
    found = coverage(problem, ESTIMATORS[name], truths=20, seed=11)
    assert 0.85 <= found.share <= 0.99 and found.good and found.intervals == 160
    assert found.widening < 1.5


def test_overconfident_intervals_are_told_and_widened_until_they_hold_as_often_as_they_say():
    problem, _, _ = linear()

    def bold(p: Problem, seed: int):
        honest = polish(p)
        return type(honest)(p, honest.mean, honest.cov / 16.0, honest.sample, "bold", 0)

    found = coverage(problem, bold, truths=40, seed=2)
    assert found.share < 0.6 and found.widening > 2.0 and found.good
    assert coverage(problem, lambda p, s: polish(p), truths=40, seed=2).widening < 1.5


def test_widening_is_what_larger_errors_leave_and_never_exceeds_the_prior():
    problem, _, _ = linear()
    once, thrice = polish(problem), polish(problem.scaled(3.0))
    assert np.allclose(once.widened(3.0).cov, thrice.cov, rtol=1e-6)  # a linear model
    assert (once.widened(1e3).sd <= 1.0).all() and np.allclose(once.widened(1e3).sd, 1.0, atol=1e-3)
    assert np.array_equal(once.widened(2.0).mean, once.mean)


def test_members_that_fail_are_replaced_and_too_many_are_told():
    problem, _, _ = linear()

    def failing(v: np.ndarray, share: float) -> np.ndarray:
        out = problem.forward(v).copy()
        out[v[:, 0] > np.quantile(v[:, 0], 1.0 - share)] = np.nan
        return out

    weak = Problem(problem.parameters, partial(failing, share=0.1), problem.observed, problem.error)
    assert np.isfinite(ensemble_kalman(weak, 1, members=200, steps=4, ensembles=1).mean).all()
    bad = Problem(problem.parameters, partial(failing, share=0.7), problem.observed, problem.error)
    with pytest.raises(EstimationError, match="failed"):
        ensemble_kalman(bad, 1, members=200, steps=4, ensembles=1)


def test_what_the_data_do_not_touch_is_told_as_not_identified():
    problem, _, _ = linear()
    told = identifiability(polish(problem))
    assert [t.identified for t in told][-1] is False and told[0].identified
    assert told[-1].kept == pytest.approx(1.0)
    left, rows = directions(polish(problem))
    assert left[-1] == pytest.approx(1.0) and abs(rows[-1, -1]) == pytest.approx(1.0)


@pytest.mark.parametrize("link, low, high", [("identity", -np.inf, np.inf), ("log", 0, 9), ("logit", 0.5, 4.0)])
def test_links_go_there_and_back(link, low, high):
    one = Parameter("x", 2.0, 0.7, link, low, high)
    z = np.linspace(-3, 3, 13)
    assert np.allclose(one.coordinate(one.natural(z)), z) and one.natural(np.zeros(1))[0] == pytest.approx(2.0)


def test_a_prior_outside_its_link_is_refused():
    with pytest.raises(EstimationError, match="share"):
        Parameter("share", 1.2, 0.5, "logit", 0.0, 1.0)
    with pytest.raises(EstimationError):
        Parameter("time", -1.0, 0.5, "log")


def test_maximum_likelihood_refuses_what_the_data_leave_open():
    with pytest.raises(EstimationError, match="open"):
        polish(linear()[0], prior=False)
