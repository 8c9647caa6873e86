"""Identities that the indicators must keep on any productive table."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simcore.economy import indicators as io
from simcore.errors import TableError, UnproductiveEconomyError


@st.composite
def tables(draw):
    """Flows and final demand of a productive economy."""
    n = draw(st.integers(2, 8))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    Z, f = rng.random((n, n)) * (rng.random((n, n)) < 0.8), rng.uniform(0.5, 5.0, n)
    return Z, f, Z.sum(axis=1) + f


@given(tables())
@settings(max_examples=60, deadline=None)
def test_demand_pulls_and_supply_pushes_the_same_output(table):
    Z, f, x = table
    A, B = io.technical_coefficients(Z, x), io.allocation_coefficients(Z, x)
    assert np.allclose(io.leontief_inverse(A) @ f, x, rtol=1e-10)
    assert np.allclose((x - Z.sum(axis=0)) @ io.ghosh_inverse(B), x, rtol=1e-10)
    assert np.allclose(io.power_series(A, f, 400)[-1], x, rtol=1e-6)
    assert io.spectral_radius(A) < 1
    assert io.spectral_radius(A) == pytest.approx(io.spectral_radius(B), rel=1e-9)  # similar matrices


@given(tables())
@settings(max_examples=60, deadline=None)
def test_extraction_equals_the_model_without_the_activity(table):
    Z, f, x = table
    A = io.technical_coefficients(Z, x)
    losses = io.extraction_losses(A, f)
    for k in range(len(x)):
        rest = np.arange(len(x)) != k
        without = np.linalg.solve(np.eye(rest.sum()) - A[np.ix_(rest, rest)], f[rest])
        assert losses[k] == pytest.approx(x.sum() - without.sum(), rel=1e-9)


@given(tables())
@settings(max_examples=60, deadline=None)
def test_value_added_contents_of_final_demand_sum_to_one(table):
    Z, _f, x = table
    A = io.technical_coefficients(Z, x)
    content = io.simple_multipliers(1.0 - A.sum(axis=0), io.leontief_inverse(A))
    assert np.allclose(content, 1.0, rtol=1e-10)
    assert np.allclose(io.cost_push_prices(A, 1.0 - A.sum(axis=0)), 1.0, rtol=1e-10)


@given(tables(), st.data())
@settings(max_examples=60, deadline=None)
def test_the_mixed_model_returns_the_base_when_told_the_base(table, data):
    Z, f, x = table
    given_output = np.array(data.draw(st.lists(st.booleans(), min_size=len(x), max_size=len(x))))
    output, demand = io.mixed_model(io.technical_coefficients(Z, x), f, x, given_output)
    assert np.allclose(output, x, rtol=1e-9)
    assert np.allclose(demand, f, rtol=1e-7, atol=1e-9)


@given(tables())
@settings(max_examples=60, deadline=None)
def test_own_feedback_and_spillover_add_up_to_the_whole(table):
    Z, f, x = table
    A = io.technical_coefficients(Z, x)
    inside = np.arange(len(x)) < len(x) // 2 + 1
    effects = io.regional_effects(A, inside, f[inside])
    whole = io.leontief_inverse(A) @ np.where(inside, f, 0.0)
    assert np.allclose(effects.own + effects.feedback, whole[inside], rtol=1e-10)
    assert np.allclose(effects.spillover, whole[~inside], rtol=1e-10)
    assert 0.0 <= effects.feedback_share < 1.0
    # The feedback matrix closes the region's own system to the same result.
    own = A[np.ix_(inside, inside)] + io.feedback_matrix(A, inside)
    assert np.allclose(np.linalg.solve(np.eye(inside.sum()) - own, f[inside]), whole[inside], rtol=1e-9)


def test_an_activity_without_output_has_zero_coefficients():
    A = io.technical_coefficients(np.array([[1.0, 0.0], [1.0, 0.0]]), np.array([4.0, 0.0]))
    assert np.array_equal(A, [[0.25, 0.0], [0.25, 0.0]])
    assert np.isnan(io.per_direct_unit(np.array([1.0, 2.0]), np.array([0.5, 0.0]))[1])


@pytest.mark.parametrize("A", [[[0.5, 0.6], [0.6, 0.5]], [[1.0, 0.0], [0.0, 0.5]], [[0.2, 0.9], [1.2, 0.3]]])
def test_an_economy_that_eats_more_than_it_makes_is_refused(A):
    with pytest.raises(UnproductiveEconomyError, match=r"activity \d buys inputs of \d+\.\d %"):
        io.leontief_inverse(np.array(A))
    with pytest.raises(UnproductiveEconomyError, match=r"activity \d sells \d\.\d{3} of its output"):
        io.ghosh_inverse(np.array(A))


def test_final_demand_of_another_length_than_the_region_is_refused():
    with pytest.raises(TableError, match="has 3 entries; the region has 2 activities"):
        io.regional_effects(np.zeros((4, 4)), np.array([True, True, False, False]), np.ones(3))


@pytest.mark.parametrize("transposed", [False, True])
def test_output_without_the_inverse_is_that_with_it(transposed):
    A = np.random.default_rng(1).random((30, 30)) / 40
    A[:, 2] *= 1.05 / A[:, 2].sum()  # buys more than it makes, and the economy is productive all the same
    f = np.random.default_rng(2).random((4, 30))
    L = io.leontief_inverse(A)
    assert np.allclose(io.output_for(A, f, transposed), f @ (L if transposed else L.T), rtol=1e-12)
    assert np.allclose(io.output_for(A, f[0], transposed), L.T @ f[0] if transposed else L @ f[0], rtol=1e-12)


@pytest.mark.parametrize("A", [[[0.5, 0.6], [0.6, 0.5]], [[1.0]], [[0.2, 0.0], [0.9, 1.1]]])
def test_output_that_no_economy_can_make_is_refused(A):
    with pytest.raises(UnproductiveEconomyError, match=r"activity [01] buys inputs of 1\d\d\.\d %"):
        io.output_for(np.array(A), np.ones(len(A)))


def test_an_activity_that_makes_nothing_changes_nothing():
    Z, x = np.array([[2.0, 0.0, 1.0], [0.0, 0.0, 0.0], [1.0, 0.0, 3.0]]), np.array([10.0, 0.0, 8.0])
    made = io.output_for(io.technical_coefficients(Z, x), x - Z.sum(axis=1))
    assert made == pytest.approx(x, abs=1e-12)
