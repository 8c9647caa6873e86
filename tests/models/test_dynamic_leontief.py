"""The dynamic Leontief model against its equation, the static model and its terminal conditions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from simcore import testing
from simcore.calendar import Calendar
from simcore.drivers import Drivers
from simcore.economy import dynamics
from simcore.errors import TableError
from simcore.models.dynamic_leontief import DynamicLeontief
from simcore.models.leontief import Leontief

QUARTERS = Calendar.between("2022-Q1", "2023-Q4")
few = settings(max_examples=15, deadline=None)
seeds = st.integers(0, 2**32 - 1)


def growing_demand(economy, calendar, seed):
    base = (economy.final_domestic + economy.final_imported) / calendar.per_year
    rise = 0.01 * np.random.default_rng(seed).random(base.shape) * base
    return Drivers.calm(economy, calendar).having("a:d", "demand", np.linspace(0.0, 1.0, calendar.periods), rise)


@given(economy=testing.economies(), seed=seeds)
@few
def test_without_capital_it_is_leontief(economy, seed):
    channels = ("demand", "preference", "coefficient", "productivity")
    drivers = testing.random_drivers(np.random.default_rng(seed), economy, QUARTERS, channels)
    one = DynamicLeontief(capital_ratio=0.0).simulate(economy, drivers)
    other = Leontief().simulate(economy, drivers)
    for name in ("output", "value_added", "final", "imports"):
        gap = np.abs(getattr(one, name) - getattr(other, name))
        assert np.nanmax(gap, initial=0.0) <= 1e-12 * economy.x.max(), name


@given(economy=testing.economies(), seed=seeds)
@few
def test_it_solves_the_textbooks_equation_backward(economy, seed):
    drivers, model = growing_demand(economy, QUARTERS, seed), DynamicLeontief(after="base")
    paths = model.simulate(economy, drivers)
    assume("explodes" not in paths.outcome.message)  # a few random economies: there is no stable solution to compare
    extra = drivers.dense("demand") * (1.0 - economy.import_share)
    df = (economy.origin[:, economy.user_pool] * extra[:, economy.sector]).sum(axis=2)
    bought = np.zeros((economy.n, economy.n))
    need = model.capital_per_output(economy) * QUARTERS.per_year
    for j in range(economy.n):
        users = [f for f in economy.users("investment") if economy.user_region[f] == economy.region[j]]
        basket = np.maximum(economy.final_domestic + economy.final_imported, 0.0)[:, users]
        home = basket * (1.0 - economy.import_share[:, users]) / basket.sum()
        sales = economy.origin[:, economy.user_pool[users]] * home[economy.sector]
        bought[:, j] = sales.sum(axis=1) * need[j]
    dx = dynamics.backward_path(economy.A, bought, df, np.zeros(economy.n))
    assert np.abs(paths.output - economy.x / 4 - dx).max() <= 1e-10 * economy.x.max()


@given(economy=testing.economies(), seed=seeds)
@few
def test_demand_that_lasts_settles_at_leontief(economy, seed):
    base = (economy.final_domestic + economy.final_imported) / 4
    rise = 0.05 * np.random.default_rng(seed).random(base.shape) * base
    drivers = Drivers.calm(economy, QUARTERS).having("a:d", "demand", np.ones(8), rise)
    one, other = DynamicLeontief().simulate(economy, drivers), Leontief().simulate(economy, drivers)
    assume("explodes" not in one.outcome.message)
    assert np.abs(one.output - other.output).max() <= 1e-11 * economy.x.max()


def test_a_recursion_that_explodes_is_told_and_gives_no_figures():
    economy = testing.random_economy(np.random.default_rng(12989631), 2, 3, 2)
    paths = DynamicLeontief().simulate(economy, growing_demand(economy, QUARTERS, 0))
    assert paths.outcome.status == "infeasible" and "explodes" in paths.outcome.message
    assert np.isnan(paths.output).all()


def test_growth_makes_capital_goods_before_it_comes(two_region_economy):
    economy = two_region_economy
    base = (economy.final_domestic + economy.final_imported) / 4
    rise = np.where(economy.user_category == 0, 0.02 * base, 0.0)
    later = np.array([0.0, 0, 0, 0, 1, 1, 1, 1])
    drivers = Drivers.calm(economy, QUARTERS).having("a:d", "demand", later, rise)
    one, other = DynamicLeontief().simulate(economy, drivers), Leontief().simulate(economy, drivers)
    machinery = economy.sector == 1
    assert (other.output[3] == economy.x / 4).all()
    assert (one.output[3, machinery] > economy.x[machinery] / 4).all()
    assert one.final[3][:, economy.user_category == 2].sum() > base[:, economy.user_category == 2].sum()
    assert np.allclose(one.output[7], other.output[7], rtol=1e-12)
    assert one.residual < 1e-12


def test_more_unbuilding_than_wear_is_told(two_region_economy):
    economy = two_region_economy
    base = (economy.final_domestic + economy.final_imported) / 4
    fall = np.array([0.0, 0, 0, 0, 1, 1, 1, 1])
    drivers = Drivers.calm(economy, QUARTERS).having("a:d", "demand", fall, -0.6 * base)
    paths = DynamicLeontief().simulate(economy, drivers)
    assert paths.outcome.status == "infeasible" and "investment in" in paths.outcome.message


def test_a_table_without_depreciation_needs_a_ratio(two_region_economy):
    names = tuple(
        "consumption of fixed capital" if n == "depreciation" else n for n in two_region_economy.value_added_names
    )
    economy = replace(two_region_economy, value_added_names=names)
    calm = Drivers.calm(economy, QUARTERS)
    with pytest.raises(TableError, match="capital_ratio"):
        DynamicLeontief().simulate(economy, calm)
    assert (DynamicLeontief(capital_ratio=2.0).simulate(economy, calm).output == economy.x / 4).all()
