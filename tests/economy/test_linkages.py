"""Extraction, closed inverses and places in the chain against the systems that they stand for."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simcore.economy import indicators as io
from simcore.economy.linkages import closed_inverse, downstreamness, extraction, upstreamness
from simcore.errors import TableError

SOME = settings(max_examples=40, deadline=None)


@st.composite
def tables(draw):
    """Flows, final demand and output of a productive economy, and some groups of its activities."""
    n = draw(st.integers(2, 9))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    Z, f = rng.random((n, n)) * (rng.random((n, n)) < 0.8), rng.uniform(0.5, 5.0, n)
    member = rng.integers(0, 3, n)
    return Z, f, Z.sum(axis=1) + f, [np.flatnonzero(member == g) for g in np.unique(member)]


@given(tables())
@SOME
def test_extraction_of_groups_equals_the_economy_solved_without_them(table):
    Z, f, x, groups = table
    A, B, v = io.technical_coefficients(Z, x), io.allocation_coefficients(Z, x), x - Z.sum(axis=0)
    L, G, eye = io.leontief_inverse(A), io.ghosh_inverse(B), np.eye(len(x))
    whole, backward = extraction(L, x, groups), extraction(L, x, groups, "backward")
    forward = extraction(G, x, groups, "forward")
    for i, g in enumerate(groups):
        inside = np.isin(np.arange(len(x)), g)
        cut = np.where(inside[:, None] | inside, 0.0, A)
        assert np.allclose(x - whole[i], np.linalg.solve(eye - cut, np.where(inside, 0.0, f)), rtol=1e-9)
        without_purchases = np.linalg.solve(eye - np.where(inside, 0.0, A), f)
        assert np.allclose(x - backward[i], without_purchases, rtol=1e-9)
        without_sales = np.linalg.solve((eye - np.where(inside[:, None], 0.0, B)).T, v)
        assert np.allclose(x - forward[i], without_sales, rtol=1e-9)


@given(tables())
@SOME
def test_extraction_one_by_one_is_the_known_form_and_order_and_money_do_not_matter(table):
    Z, f, x, _ = table
    A = io.technical_coefficients(Z, x)
    L, alone = io.leontief_inverse(A), [np.array([i]) for i in range(len(x))]
    losses = extraction(L, x, alone).sum(axis=1)
    assert np.allclose(losses, io.extraction_losses(A, f), rtol=1e-10)
    order = np.random.default_rng(0).permutation(len(x))
    assert np.allclose(extraction(L[np.ix_(order, order)], 7.0 * x[order], alone).sum(axis=1), 7.0 * losses[order])


@given(tables(), st.integers(1, 3))
@SOME
def test_the_closed_inverse_is_that_of_the_closed_table(table, regions):
    Z, _, x, _ = table
    A = io.technical_coefficients(Z, x)
    rng = np.random.default_rng(len(x))
    home = np.arange(len(x)) % regions == np.arange(regions)[:, None]
    earned, bought = 0.6 * home * (1.0 - A.sum(axis=0)), rng.dirichlet(np.ones(len(x)), regions).T * 0.8
    closed = closed_inverse(io.leontief_inverse(A), earned, bought)
    assert np.allclose(closed, np.linalg.inv(np.eye(len(x)) - A - bought @ earned), rtol=1e-8)
    one = io.close_to_households(A, earned.sum(axis=0), bought[:, 0])
    if regions == 1:
        assert np.allclose(closed, io.leontief_inverse(one)[:-1, :-1], rtol=1e-8)


def test_households_that_earn_all_they_spend_are_refused():
    with pytest.raises(TableError, match="as much and more"):
        closed_inverse(np.array([[2.0]]), np.array([[0.5]]), np.array([[1.0]]))


def test_places_in_a_chain_by_hand():
    # 0 sells all it makes to 1, 1 to 2, 2 to final users.
    Z = np.array([[0.0, 10.0, 0.0], [0.0, 0.0, 20.0], [0.0, 0.0, 0.0]])
    x = np.array([10.0, 20.0, 40.0])
    assert upstreamness(Z, x) == pytest.approx([3.0, 2.0, 1.0])
    assert downstreamness(Z, x) == pytest.approx([1.0, 1.5, 1.75])
    # Half of 0's product is exported: used abroad as at home, its distance stays three stages.
    exports = np.array([10.0, 0.0, 0.0])
    assert upstreamness(Z, x + exports, exports=exports, imports=np.zeros(3)) == pytest.approx([3.0, 2.0, 1.0])
    assert upstreamness(Z, x + exports) == pytest.approx([2.0, 2.0, 1.0])  # as a final use, exports are nearer
    with pytest.raises(TableError, match="activity 1 exports"):
        upstreamness(Z, x, exports=np.array([0.0, 50.0, 0.0]))


@given(tables())
@SOME
def test_output_and_value_added_weighted_places_agree(table):
    Z, f, x, _ = table
    # All output counted by stages up to final use, or from primary inputs on: both are sums of the same paths.
    v = x - Z.sum(axis=0)
    if (v > 0).all():
        assert v @ upstreamness(Z, x) == pytest.approx(x.sum(), rel=1e-9)
    assert f @ downstreamness(Z, x) == pytest.approx(x.sum(), rel=1e-9)


def test_an_activity_without_output_stands_alone():
    Z, x = np.array([[1.0, 0.0], [0.0, 0.0]]), np.array([4.0, 0.0])
    assert upstreamness(Z, x)[1] == downstreamness(Z, x)[1] == 1.0
    L = io.leontief_inverse(io.technical_coefficients(Z, x))
    assert (extraction(L, x, [np.array([1])]) == 0.0).all()
    with pytest.raises(TableError, match="kind of extraction is 'partial'"):
        extraction(L, x, [], "partial")
