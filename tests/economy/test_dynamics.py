"""Identities of the dynamic Leontief model and of the inoperability model, on random matrices."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simcore.economy import dynamics
from simcore.economy import indicators as io
from simcore.errors import TableError, UnproductiveEconomyError

SEEDS = st.integers(0, 2**32 - 1)


def random_A(rng, n):
    A = rng.gamma(0.7, 1.0, (n, n)) * (rng.random((n, n)) < 0.7) + 1e-4
    return A * rng.uniform(0.2, 0.8, n) / A.sum(axis=0)


def random_star(rng, n):
    return dynamics.interdependency(random_A(rng, n), rng.uniform(1.0, 100.0, n))


@settings(max_examples=30, deadline=None)
@given(SEEDS, st.integers(1, 8))
def test_static_losses_solve_their_bounded_equation(seed, n):
    rng = np.random.default_rng(seed)
    A_star, c = random_star(rng, n), rng.uniform(-0.2, 0.6, n)
    least = np.where(rng.random(n) < 0.5, rng.uniform(0.0, 1.0, n), -np.inf)
    q = dynamics.static_inoperability(A_star, c, least)
    assert np.abs(q - np.minimum(1.0, np.maximum(least, A_star @ q + c))).max() < 1e-12


@settings(max_examples=30, deadline=None)
@given(SEEDS, st.integers(1, 8))
def test_losses_below_every_bound_have_their_closed_form(seed, n):
    rng = np.random.default_rng(seed)
    A_star = random_star(rng, n)
    c = rng.uniform(0.0, 1.0, n)
    c *= 0.9 / (io.leontief_inverse(A_star) @ c).max()
    found = dynamics.static_inoperability(A_star, c)
    assert np.abs(found - io.leontief_inverse(A_star) @ c).max() < 1e-12


@settings(max_examples=30, deadline=None)
@given(SEEDS, st.integers(1, 6))
def test_a_loss_of_demand_that_lasts_ends_at_the_static_loss(seed, n):
    rng = np.random.default_rng(seed)
    A_star, k = random_star(rng, n), rng.uniform(0.3, 1.0, n)
    c = rng.uniform(0.0, 0.1, n)
    c *= 0.5 / (io.leontief_inverse(A_star) @ c).max()
    path = dynamics.inoperability_path(A_star, k, np.tile(c, (2000, 1)), np.zeros(n))
    assert np.abs(path[-1] - dynamics.static_inoperability(A_star, c)).max() < 1e-6


@settings(max_examples=30, deadline=None)
@given(SEEDS, st.integers(1, 6))
def test_small_steps_of_recovery_come_to_the_continuous_one(seed, n):
    rng = np.random.default_rng(seed)
    A_star, k, first = random_star(rng, n), rng.uniform(0.1, 1.0, n), rng.uniform(0.0, 1e-3, n)
    exact = dynamics.continuous_recovery(A_star, k, first, np.array([2.0]))[0]
    gaps = []
    for steps in (200, 400):
        path = dynamics.inoperability_path(A_star, k * 2.0 / steps, np.zeros((steps, n)), first)
        gaps.append(np.abs(path[-1] - exact).max())
    assert gaps[1] < 0.02 * np.abs(exact).max() and (gaps[1] < gaps[0] / 1.7 or gaps[0] < 1e-12)


def test_an_activity_alone_keeps_the_stated_share_of_a_loss_after_its_recovery_time():
    A_star = np.array([[0.3]])
    k = dynamics.resilience(A_star, np.array([60.0]), left=0.01)
    left = dynamics.continuous_recovery(A_star, k, np.array([0.4]), np.array([60.0]))[0, 0]
    assert left == pytest.approx(0.004, rel=1e-12)


def test_a_recovery_without_time_is_refused():
    with pytest.raises(TableError, match="time above zero"):
        dynamics.resilience(np.zeros((1, 1)), np.array([0.0]))


def test_losses_that_feed_on_themselves_are_refused():
    with pytest.raises(UnproductiveEconomyError):
        dynamics.static_inoperability(np.array([[0.0, 2.0], [1.0, 0.0]]), np.array([0.1, 0.0]))


def test_the_economic_loss_is_the_area_in_money():
    path = np.array([[0.2, 0.0], [0.1, 0.0], [0.0, 0.0]])
    assert dynamics.economic_loss(path, np.array([120.0, 50.0]), 12.0) == pytest.approx(0.2 * 120.0 / 12.0)


@settings(max_examples=30, deadline=None)
@given(SEEDS, st.integers(1, 8))
def test_without_capital_the_backward_path_is_leontief(seed, n):
    rng = np.random.default_rng(seed)
    A, f = random_A(rng, n), rng.uniform(0.0, 10.0, (5, n))
    path = dynamics.backward_path(A, np.zeros((n, n)), f, rng.uniform(0.0, 10.0, n))
    assert np.abs(path - f @ io.leontief_inverse(A).T).max() < 1e-10


@settings(max_examples=30, deadline=None)
@given(SEEDS, st.integers(1, 8))
def test_the_backward_path_leaves_nothing_of_its_equation(seed, n):
    rng = np.random.default_rng(seed)
    A, B, f = random_A(rng, n), rng.uniform(0.0, 0.5, (n, n)), rng.uniform(0.0, 10.0, (7, n))
    end = rng.uniform(0.0, 20.0, n)
    path = np.vstack([dynamics.backward_path(A, B, f, end), end])
    assert np.abs(dynamics.dynamic_residual(A, B, path, f)).max() < 1e-8


@settings(max_examples=30, deadline=None)
@given(SEEDS, st.integers(1, 8))
def test_balanced_growth_invests_all_that_is_left(seed, n):
    rng = np.random.default_rng(seed)
    A, B = random_A(rng, n), rng.uniform(0.01, 0.5, (n, n))
    rate, x = dynamics.balanced_growth(A, B)
    assert np.abs(x - A @ x - rate * B @ x).max() < 1e-9


def test_growth_without_capital_has_no_bound():
    with pytest.raises(TableError, match="no bound"):
        dynamics.balanced_growth(np.full((2, 2), 0.2), np.zeros((2, 2)))
