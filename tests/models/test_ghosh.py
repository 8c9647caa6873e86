"""The supply-driven model against its closed form and its own identities."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simcore import testing
from simcore.calendar import Calendar
from simcore.drivers import Drivers
from simcore.economy import indicators as io
from simcore.errors import ChannelError
from simcore.models.ghosh import Ghosh

YEAR = Calendar.between("2022-Q1", "2022-Q4")
few = settings(max_examples=15, deadline=None)
seeds = st.integers(0, 2**32 - 1)


@given(economy=testing.economies(), seed=seeds)
@few
def test_output_is_primary_inputs_times_the_ghosh_inverse(economy, seed):
    rng = np.random.default_rng(seed)
    lost = np.where(rng.random(economy.n) < 0.5, rng.uniform(0.0, 0.3, economy.n), 0.0)
    limit = rng.uniform(0.0, 0.3, economy.K)
    drivers = Drivers.calm(economy, YEAR).having("a:labour", "labour", np.ones(4), -lost)
    drivers = drivers.having("a:imports", "import_limit", np.ones(4), -limit)
    G = io.ghosh_inverse(io.allocation_coefficients(economy.Z, economy.x))
    primary = economy.value_added.sum(axis=0) * (1.0 - lost)
    primary = primary + ((1.0 - limit)[:, None] * economy.use_imported).sum(axis=0)
    found = Ghosh().simulate(economy, drivers).output
    assert np.abs(found * 4 - primary @ G).max() < 1e-10 * economy.x.max()


@given(economy=testing.economies())
@few
def test_primary_inputs_of_the_base_make_the_base(economy):
    G = io.ghosh_inverse(io.allocation_coefficients(economy.Z, economy.x))
    primary = economy.value_added.sum(axis=0) + economy.use_imported.sum(axis=0)
    assert np.allclose(primary @ G, economy.x, rtol=1e-10)
    assert (Ghosh().simulate(economy, Drivers.calm(economy, YEAR)).output == economy.x / 4).all()


@given(economy=testing.economies(), seed=seeds)
@few
def test_losing_the_same_share_of_all_primary_inputs_loses_that_share_of_all(economy, seed):
    share = 0.3 * np.random.default_rng(seed).random()
    drivers = Drivers.calm(economy, YEAR).having("a:c", "capacity", np.ones(4), np.full(economy.n, -share))
    drivers = drivers.having("a:i", "import_limit", np.ones(4), np.full(economy.K, -share))
    paths = Ghosh().simulate(economy, drivers)
    assert np.allclose(paths.output * 4, (1.0 - share) * economy.x, rtol=1e-10)
    assert np.allclose(paths.value_added * 4, (1.0 - share) * economy.value_added.sum(axis=0), rtol=1e-10)


def test_a_buyer_of_nothing_but_the_loser_loses_its_input_share(two_region_economy):
    economy = two_region_economy
    lost = np.zeros(economy.n)
    lost[0] = 0.2
    drivers = Drivers.calm(economy, YEAR).having("a:l", "labour", np.ones(4), -lost)
    ratio = Ghosh().simulate(economy, drivers).output[0] * 4 / economy.x - 1.0
    own = (ratio[0] - 0.2 * -economy.value_added_share[0]) - economy.A[:, 0] @ ratio
    assert own == pytest.approx(0.0, abs=1e-12)
    assert ratio[1:] == pytest.approx(economy.A.T[1:] @ ratio, abs=1e-12)
    assert -0.2 < ratio[0] < 0.0 and (ratio <= 0.0).all()


def test_a_floor_gives_back_what_it_guarantees(two_region_economy):
    calm = Drivers.calm(two_region_economy, YEAR)
    loss = calm.having("a:l", "labour", np.ones(4), np.full(two_region_economy.n, -0.5))
    floor = loss.having("b:f", "floor", np.ones(4), np.full(two_region_economy.n, 0.8))
    half = floor.having("c:l", "listed", np.ones(4), np.full(two_region_economy.n, 0.5))
    added = [Ghosh().simulate(two_region_economy, d).value_added[0].sum() for d in (loss, half, floor)]
    base = two_region_economy.value_added.sum() / 4
    assert np.allclose(np.array(added) / base, (0.5, 0.65, 0.8))


def test_wishes_of_buyers_are_refused_with_advice(two_region_economy):
    calm = Drivers.calm(two_region_economy, YEAR)
    drivers = calm.having("a:d", "demand", np.ones(4), np.ones((two_region_economy.K, two_region_economy.F)))
    with pytest.raises(ChannelError, match=r"'ghosh' has no channel 'demand'.*'leontief'"):
        Ghosh().simulate(two_region_economy, drivers)
