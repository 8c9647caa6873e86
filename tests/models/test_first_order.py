"""First-order shocks: the larger one counts, and nothing spreads."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from simcore import testing
from simcore.calendar import Calendar
from simcore.drivers import Drivers
from simcore.models.base import DEMAND, LABOUR
from simcore.models.first_order import FirstOrder

YEAR = Calendar.between("2022-Q1", "2022-Q4")
few = settings(max_examples=20, deadline=None)
seeds = st.integers(0, 2**32 - 1)


@given(economy=testing.economies(), seed=seeds)
@few
def test_output_falls_by_the_larger_of_both_shocks(economy, seed):
    rng = np.random.default_rng(seed)
    supply = np.where(rng.random(economy.n) < 0.5, -rng.uniform(0.0, 0.5, economy.n), 0.0)
    share = rng.uniform(-0.5, 0.0, (economy.K, economy.F))
    fall = share * (economy.final_domestic + economy.final_imported) / 4
    drivers = Drivers.calm(economy, YEAR).having("a:l", "labour", np.ones(4), supply)
    drivers = drivers.having("b:d", "demand", np.ones(4), fall)
    paths = FirstOrder().simulate(economy, drivers)
    demand = (economy.origin[:, economy.user_pool] * (share * economy.final_domestic)[economy.sector]).sum(axis=1)
    expected = np.where(supply < 0.0, np.minimum(supply, demand / economy.x), demand / economy.x)
    assert np.abs(4 * paths.output / economy.x - 1.0 - expected).max() < 1e-12
    assert (paths.binding == np.where(supply * economy.x < demand, LABOUR, DEMAND)).all()


@given(economy=testing.economies(), seed=seeds)
@few
def test_a_shock_to_one_activity_moves_no_other(economy, seed):
    hit = np.zeros(economy.n)
    hit[seed % economy.n] = -0.3
    drivers = Drivers.calm(economy, YEAR).having("a:l", "labour", np.ones(4), hit)
    output = FirstOrder().simulate(economy, drivers).output
    assert (np.delete(output, seed % economy.n, axis=1) == np.delete(economy.x, seed % economy.n) / 4).all()
