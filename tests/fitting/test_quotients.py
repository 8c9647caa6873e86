"""Location quotients and trade shares: what follows from their definitions, and refusals."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simcore.economy.indicators import leontief_inverse
from simcore.errors import TableError
from simcore.fitting import quotients as lq

few = settings(max_examples=30, deadline=None)


@st.composite
def places(draw):
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n = int(rng.integers(2, 8))
    nation = rng.gamma(1.0, 1000.0, n) + 1.0
    return nation * rng.uniform(0.01, 0.9, n), nation, rng


@given(places())
@few
def test_a_region_that_is_the_nation_in_small_buys_all_at_home_by_slq_and_less_by_flq(place):
    _, nation, _ = place
    small = 0.1 * nation
    assert np.allclose(lq.simple(small, nation), 1.0) and np.allclose(lq.cross_industry(small, nation), 1.0)
    assert np.allclose(lq.round_quotient(small, nation), 1.0)
    assert np.allclose(lq.flegg(small, nation, 0.3), np.log2(1.1) ** 0.3)


@given(places())
@few
def test_the_mean_of_slq_by_national_activity_is_one(place):
    region, nation, _ = place
    assert np.average(lq.simple(region, nation), weights=nation) == pytest.approx(1.0)


@given(places(), st.floats(0.05, 0.9))
@few
def test_augmented_quotients_are_never_below_plain_ones_and_larger_delta_means_more_imports(place, delta):
    region, nation, _ = place
    plain = lq.flegg(region, nation, delta)
    assert (lq.augmented_flegg(region, nation, delta) >= plain).all()
    assert (lq.flegg(region, nation, 0.5 * delta) >= plain).all()


@given(places())
@few
def test_regional_coefficients_never_exceed_national_ones(place):
    region, nation, rng = place
    A = rng.random((len(nation), len(nation))) / (2 * len(nation))
    region[0] = 0.0
    for q in (lq.simple(region, nation), lq.cross_industry(region, nation), lq.flegg(region, nation, 0.3)):
        found = lq.regional_coefficients(A, q)
        assert (found <= A).all() and (found >= 0).all() and np.isfinite(found).all()


@given(places())
@few
def test_own_deliveries_alone_leave_regions_apart(place):
    _, _, rng = place
    R, K = 2, 3
    shipments = np.einsum("rs,rk->rsk", np.eye(R), rng.uniform(1, 5, (R, K)))
    shipments[:, :, 0] = 0.0  # nobody delivers the first product: it would come from the region itself
    shares = lq.trade_shares(shipments)
    assert np.array_equal(lq.trade_matrix(shares), np.eye(R * K))
    A = np.kron(np.eye(R), rng.random((K, K)) / (2 * K))
    f = rng.random(R * K)
    assert np.allclose(lq.multiregional_output(shares, A, f)[0], leontief_inverse(A) @ f)


def test_a_region_larger_than_its_nation_is_refused():
    with pytest.raises(TableError, match="from zero to that of the nation"):
        lq.simple(np.array([2.0]), np.array([1.0]))
    with pytest.raises(TableError, match=r"delta is 1\.5"):
        lq.flegg(np.array([1.0]), np.array([2.0]), 1.5)
    with pytest.raises(TableError, match="without any activity"):
        lq.simple(np.zeros(2), np.ones(2))
