"""The supply-constrained model against Leontief, the textbook's mixed model and its own equation."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from simcore import testing
from simcore.calendar import Calendar
from simcore.drivers import Drivers
from simcore.economy import indicators as io
from simcore.models.base import CAPACITY, DEMAND, LABOUR
from simcore.models.leontief import Leontief
from simcore.models.mixed import Mixed

YEAR = Calendar.between("2022-Q1", "2022-Q4")
few = settings(max_examples=20, deadline=None)
seeds = st.integers(0, 2**32 - 1)


@given(economy=testing.economies(), seed=seeds)
@few
def test_with_nothing_constrained_it_is_leontief(economy, seed):
    channels = ("demand", "preference", "productivity", "coefficient")
    drivers = testing.random_drivers(np.random.default_rng(seed), economy, YEAR, channels)
    raised = [t for t in drivers.terms if t.channel != "productivity" or (t.weights >= 0.0).all()]
    drivers = Drivers(YEAR, drivers.shapes, tuple(raised))
    mixed, leontief = Mixed().simulate(economy, drivers), Leontief().simulate(economy, drivers)
    assert np.abs(mixed.output - leontief.output).max() <= 1e-12 * economy.x.max()
    assert np.abs(mixed.final - leontief.final).max() <= 1e-12 * economy.x.max()


@given(economy=testing.economies(), seed=seeds)
@few
def test_output_is_the_smaller_of_its_limit_and_what_is_asked(economy, seed):
    rng = np.random.default_rng(seed)
    lost = np.where(rng.random(economy.n) < 0.5, rng.uniform(0.0, 0.5, economy.n), 0.0)
    drivers = testing.random_drivers(rng, economy, YEAR, ("demand",))
    drivers = drivers.having("a:c", "capacity", np.ones(4), -lost)
    paths = Mixed().simulate(economy, drivers)
    demand = drivers.dense("demand")
    extra = np.zeros((4, economy.K, economy.F)) if demand is None else demand * (1.0 - economy.import_share)
    extra = (economy.origin[:, economy.user_pool] * extra[:, economy.sector]).sum(axis=2)
    f = (economy.x - economy.A @ economy.x) / 4 + extra
    limit = np.where(lost > 0.0, (1.0 - lost) * economy.x / 4, np.inf)
    x = paths.output
    assert np.abs(x - np.minimum(limit, x @ economy.A.T + f)).max() <= 1e-11 * economy.x.max()
    assert (paths.binding == np.where(limit < x @ economy.A.T + f - 1e-9, CAPACITY, DEMAND)).all()


@given(economy=testing.economies(), seed=seeds)
@few
def test_given_output_and_given_final_demand_are_the_textbooks(economy, seed):
    rng = np.random.default_rng(seed)
    given_output = np.zeros(economy.n, dtype=bool)
    given_output[rng.integers(economy.n)] = True
    drivers = Drivers.calm(economy, YEAR).having("a:l", "labour", np.ones(4), np.where(given_output, -0.1, 0.0))
    paths = Mixed().simulate(economy, drivers)
    f = economy.x - economy.A @ economy.x
    x, final = io.mixed_model(economy.A, f, 0.9 * economy.x, given_output)
    assert np.abs(4 * paths.output[0] - x).max() <= 1e-11 * economy.x.max()
    assert (paths.binding == np.where(given_output, LABOUR, DEMAND)).all()
    short = 4 * paths.unmet[0].sum()
    if not paths.outcome.message:  # what final users miss is what their demand fell by
        assert abs(short - (f - final)[given_output].sum()) <= 1e-9 * economy.x.max()


def test_firms_that_need_more_than_is_made_are_told(two_region_economy):
    economy = two_region_economy
    lost = np.where(economy.sector == 1, -0.95, 0.0)  # machinery, which firms use
    paths = Mixed().simulate(economy, Drivers.calm(economy, YEAR).having("a:c", "capacity", np.ones(4), lost))
    assert paths.outcome.status == "completed"
    assert "firms need" in paths.outcome.message and "'inventory'" in paths.outcome.message
    assert paths.residual <= 1e-12


def test_a_loss_that_lower_demand_does_not_feel_binds_nothing(two_region_economy):
    economy = two_region_economy
    calm = Drivers.calm(economy, YEAR)
    fall = -0.4 * (economy.final_domestic + economy.final_imported) / 4
    lower = calm.having("a:d", "demand", np.ones(4), fall)
    both = lower.having("b:c", "capacity", np.ones(4), np.full(economy.n, -0.05))
    one, other = Mixed().simulate(economy, lower), Mixed().simulate(economy, both)
    assert np.allclose(one.output, other.output, rtol=1e-13) and not other.binding.any()


def test_released_stocks_serve_demand_first(two_region_economy):
    economy = two_region_economy
    release = np.zeros(economy.n)
    release[0] = 1.0
    drivers = Drivers.calm(economy, YEAR).having("a:r", "stock_release", np.ones(4), release)
    paths = Mixed().simulate(economy, drivers)
    expected = io.leontief_inverse(economy.A)[:, 0]
    assert np.allclose(economy.x / 4 - paths.output[0], expected, atol=1e-10)
    assert abs(paths.unmet).max() < 1e-10
