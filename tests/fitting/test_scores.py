"""Scores of probabilistic forecasts against closed forms, integrals and simulation."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import norm

from simcore.fitting.scores import coverage, crps_ensemble, crps_normal, interval_score, weighted_interval_score

REAL = st.floats(-20.0, 20.0)


def test_interval_score_is_width_inside_and_grows_by_two_over_alpha_outside():
    assert interval_score(1.0, 3.0, 2.0, 0.9) == pytest.approx(2.0)
    assert interval_score(1.0, 3.0, 3.5, 0.9) == pytest.approx(2.0 + 20.0 * 0.5)
    assert interval_score(1.0, 3.0, 0.0, 0.5) == pytest.approx(2.0 + 4.0 * 1.0)


@given(REAL, st.floats(0.05, 10.0), REAL)
def test_crps_of_a_normal_is_the_integral_of_squared_distance_to_the_step(mean, sd, outcome):
    def distance(x):
        return (norm.cdf(x, mean, sd) - (x >= outcome)) ** 2

    edges = sorted({outcome, mean, *(mean + k * sd for k in (-9, -3, 3, 9))})
    integral = sum(quad(distance, a, b, limit=200)[0] for a, b in pairwise(edges))
    assert crps_normal(mean, sd, outcome) == pytest.approx(integral, rel=1e-6, abs=1e-8)


def test_crps_of_a_certain_forecast_is_the_absolute_error():
    assert crps_normal(2.0, 0.0, 5.0) == 3.0
    assert crps_ensemble([2.0], 5.0) == 3.0


@given(st.lists(REAL, min_size=2, max_size=12), REAL)
def test_crps_of_an_ensemble_is_mean_distance_less_half_the_mean_distance_of_pairs(members, outcome):
    x = np.array(members)
    distance, gaps = np.abs(x - outcome).mean(), np.abs(x[:, None] - x)
    n = len(x)
    assert crps_ensemble(x, outcome) == pytest.approx(distance - gaps.mean() / 2.0, abs=1e-9)
    fair = distance - gaps.sum() / (2.0 * n * (n - 1))
    assert crps_ensemble(x, outcome, fair=True) == pytest.approx(fair, abs=1e-9)


def test_crps_of_a_large_ensemble_is_that_of_its_distribution():
    draws = np.random.default_rng(1).normal(1.0, 2.0, (20_000, 3))
    outcome = np.array([-3.0, 1.0, 2.5])
    assert crps_ensemble(draws, outcome) == pytest.approx(crps_normal(1.0, 2.0, outcome), abs=0.03)


def test_scores_are_proper_the_true_spread_scores_best():
    outcome = np.random.default_rng(2).normal(0.0, 1.0, 40_000)
    z = norm.ppf(0.95)
    spreads = (0.5, 0.8, 1.0, 1.25, 2.0)
    interval = [interval_score(-z * s, z * s, outcome, 0.9).mean() for s in spreads]
    ranked = [crps_normal(0.0, s, outcome).mean() for s in spreads]
    assert spreads[int(np.argmin(interval))] == spreads[int(np.argmin(ranked))] == 1.0
    # Expected interval score of the true one: 2 phi(z) / (alpha / 2), Gneiting and Raftery (2007).
    assert interval[2] == pytest.approx(2.0 * norm.pdf(z) / 0.05, rel=0.02)
    assert ranked[2] == pytest.approx(1.0 / np.sqrt(np.pi), rel=0.02)


def test_coverage_counts_ends_and_passes_over_what_is_not_known():
    found = coverage([0.0, 0.0, 0.0], [1.0, 1.0, np.nan], [1.0, 1.1, 0.5])
    np.testing.assert_array_equal(found, [1.0, 0.0, np.nan])


def test_weighted_interval_score_of_many_intervals_comes_near_the_crps():
    levels = np.arange(0.01, 1.0, 0.01)
    half = norm.ppf(0.5 + levels / 2.0)
    outcome = np.array([-1.5, 0.2, 3.0])
    ends = (-half[:, None], half[:, None])
    found = weighted_interval_score(0.0, *ends, outcome, tuple(levels))
    # Both are a mean pinball loss; the CRPS is twice the integral of it.
    assert found == pytest.approx(crps_normal(0.0, 1.0, outcome), rel=0.02)


@given(REAL, st.floats(0.1, 5.0), REAL, st.floats(0.1, 10.0))
def test_scores_carry_the_unit_of_the_outcome(mean, sd, outcome, unit):
    z = norm.ppf(0.75)
    one = interval_score(mean - z * sd, mean + z * sd, outcome, 0.5)
    other = interval_score(unit * (mean - z * sd), unit * (mean + z * sd), unit * outcome, 0.5)
    assert other == pytest.approx(unit * one, rel=1e-9, abs=1e-9)
    assert crps_normal(unit * mean, unit * sd, unit * outcome) == pytest.approx(
        unit * crps_normal(mean, sd, outcome), rel=1e-9, abs=1e-9
    )


@pytest.mark.parametrize("level", [0.0, 1.0, 90.0])
def test_a_level_that_is_no_share_is_refused(level):
    with pytest.raises(ValueError, match="between 0 and 1"):
        interval_score(0.0, 1.0, 0.5, level)


def test_intervals_and_levels_must_match():
    with pytest.raises(ValueError, match="as many"):
        weighted_interval_score(0.0, [[-1.0]], [[1.0]], 0.0)
    with pytest.raises(ValueError, match="more members"):
        crps_ensemble([1.0], 0.0, fair=True)
