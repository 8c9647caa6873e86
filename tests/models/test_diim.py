"""The inoperability model against its closed forms, and how losses of supply recover."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simcore import testing
from simcore.calendar import Calendar
from simcore.drivers import Drivers
from simcore.economy import indicators as io
from simcore.economy.dynamics import economic_loss, static_inoperability
from simcore.errors import UnknownNameError
from simcore.models.base import DEMAND, LABOUR
from simcore.models.diim import Diim, interdependency_of
from simcore.models.mixed import Mixed

MONTHS = Calendar.between("2022-01", "2022-12")
LONG = Calendar.between("2022-Q1", "2031-Q4")
few = settings(max_examples=12, deadline=None)
seeds = st.integers(0, 2**32 - 1)


def weaker(economy, calendar, seed, size=0.1):
    """Demand for all products falls by up to ``size``, for good."""
    base = economy.final_domestic + economy.final_imported
    fall = -size * np.random.default_rng(seed).random(base.shape) * base / calendar.per_year
    return Drivers.calm(economy, calendar).having("a:d", "demand", np.ones(calendar.periods), fall)


def closed_form(economy, drivers):
    fall = -drivers.dense("demand")[0] * (1.0 - economy.import_share) * drivers.calendar.per_year
    lost = (economy.origin[:, economy.user_pool] * fall[economy.sector]).sum(axis=1)
    return io.leontief_inverse(interdependency_of(economy)) @ (lost / economy.x)


@given(economy=testing.economies(), seed=seeds)
@few
def test_the_static_form_is_its_closed_form(economy, seed):
    drivers = weaker(economy, MONTHS, seed)
    assert np.abs(Diim(form="static").inoperability(economy, drivers)[0] - closed_form(economy, drivers)).max() < 1e-12


@pytest.mark.parametrize("form", ["discrete", "continuous"])
@given(economy=testing.economies(), seed=seeds)
@few
def test_a_fall_of_demand_that_lasts_ends_at_the_static_loss(form, economy, seed):
    drivers = weaker(economy, LONG, seed)
    q = Diim(form=form).inoperability(economy, drivers)
    assert np.abs(q[-1] - closed_form(economy, drivers)).max() < 1e-9


@given(economy=testing.economies(), seed=seeds)
@few
def test_the_static_loss_of_supply_is_the_mixed_models(economy, seed):
    rng = np.random.default_rng(seed)
    lost = np.where(rng.random(economy.n) < 0.5, -rng.uniform(0.0, 0.5, economy.n), 0.0)
    drivers = weaker(economy, MONTHS, seed).having("b:c", "capacity", np.ones(12), lost)
    least = np.where(lost < 0.0, -lost, -np.inf)
    c = io.leontief_inverse(interdependency_of(economy))
    demand = np.linalg.solve(c, closed_form(economy, drivers))
    exact = static_inoperability(interdependency_of(economy), demand, least)
    assert np.abs(Diim(form="static").inoperability(economy, drivers)[0] - exact).max() < 1e-11
    one, other = Diim(form="static").simulate(economy, drivers), Mixed().simulate(economy, drivers)
    assert np.abs(one.output - other.output).max() < 1e-11 * economy.x.max()


@given(economy=testing.economies(), seed=seeds)
@few
def test_no_more_than_all_output_is_lost(economy, seed):
    base = economy.final_domestic + economy.final_imported
    fall = np.zeros(base.shape)
    fall[seed % economy.K] = -3.0 * base.sum(axis=0).max() / 12
    drivers = Drivers.calm(economy, MONTHS).having("a:d", "demand", np.ones(12), fall)
    for form in ("static", "discrete", "continuous"):
        q = Diim(form=form).inoperability(economy, drivers)
        assert q.max() == pytest.approx(1.0, abs=1e-6) and np.isfinite(q).all()


@given(economy=testing.economies(), seed=seeds)
@few
def test_half_the_step_halves_the_distance_to_continuous_time(economy, seed):
    def gap(steps):
        calendar = Calendar.between("2022-01", "2022-06", inner_steps=steps)
        base = economy.final_domestic + economy.final_imported
        wave = np.sin(np.pi * np.arange(6) / 5) ** 2
        drivers = Drivers.calm(economy, calendar).having("a:d", "demand", wave, -0.1 * base / 12)
        exact = Diim(form="continuous").inoperability(economy, drivers)
        return np.abs(Diim().inoperability(economy, drivers) - exact).max()

    one, half = gap(20), gap(40)
    assert half < one / 1.7


def test_a_lasting_loss_of_workers_holds_and_then_recovers(two_region_economy):
    economy = two_region_economy
    hit = np.where(np.arange(economy.n) == 0, -0.3, 0.0)
    profile = ((np.arange(12) >= 2) & (np.arange(12) < 5)).astype(float)
    drivers = Drivers.calm(economy, MONTHS).having("a:l", "labour", profile, hit)
    for form in ("discrete", "continuous"):
        model = Diim(form=form)
        q = model.inoperability(economy, drivers)
        assert (q[:2] == 0.0).all() and np.allclose(q[2:5, 0], 0.3)
        assert (np.diff(q[4:, 0]) < 0.0).all() and (q[5:, 0] > 0.0).all()
        assert (q[2:, 1:] >= 0.0).all() and q[3, 1:].max() > 0.0  # suppliers sell less
        paths = model.simulate(economy, drivers)
        assert (paths.binding[2:5, 0] == LABOUR).all() and (paths.binding[5:] == DEMAND).all()


def test_an_initial_loss_begins_to_recover_in_the_next_step(two_region_economy):
    economy = two_region_economy
    hit = np.where(np.arange(economy.n) == 0, -0.3, 0.0)
    lasting = Drivers.calm(economy, MONTHS).having("a:l", "labour", np.ones(12), hit)
    at_once = Diim(supply_loss="initial").inoperability(economy, lasting)[:, 0]
    sustained = Diim().inoperability(economy, lasting)[:, 0]
    assert np.allclose(sustained, 0.3) and at_once[0] < 0.3
    # Two months are 61 days: what is left of the loss is about a hundredth, more for what its buyers lost.
    assert at_once[2] < 0.02 and at_once[11] < 1e-9


def test_activities_recover_in_their_own_time(two_region_economy):
    economy = two_region_economy
    model = Diim(recovery_by_sector={"manufacturing": 30.0, "C34": 120.0})
    speeds, own = model.speeds(economy), 1.0 - np.diag(interdependency_of(economy))
    codes = np.array(economy.sectors.codes)[economy.sector]
    days = np.array([{"C13": 30.0, "C34": 120.0, "F": 60.0}[c] for c in codes])
    assert np.allclose(speeds, np.log(100.0) / (days * own))
    with pytest.raises(UnknownNameError, match="_by_sector: no sector or group 'C99'"):
        Diim(recovery_by_sector={"C99": 10.0}).speeds(economy)
    assert (Diim(resilience=0.1).speeds(economy) == 0.1).all()


@pytest.mark.parametrize("form", ["discrete", "continuous"])
def test_with_one_resilience_for_all_like_halves_recover_as_the_whole(form, two_region_economy):
    economy, model = two_region_economy, Diim(form=form, resilience=0.05)
    drivers = testing.random_drivers(np.random.default_rng(3), economy, MONTHS, ("demand", "labour"))
    whole = model.simulate(economy, drivers).output
    halves = model.simulate(*testing.split(economy, drivers, 2)).output
    halves[:, 2] += halves[:, -1]
    assert np.abs(halves[:, :-1] - whole).max() < 1e-11 * economy.x.max()


def test_the_cumulative_loss_is_base_output_less_output(two_region_economy):
    economy = two_region_economy
    drivers = weaker(economy, MONTHS, 1)
    q, paths = Diim().inoperability(economy, drivers), Diim().simulate(economy, drivers)
    lost = (economy.x / 12 - paths.output).sum()
    assert lost == pytest.approx(q.sum(axis=0) @ economy.x / 12, rel=1e-12)
    # The same by the area under a path of levels that are held for a month each.
    held = np.repeat(q, 2, axis=0)
    assert economic_loss(held, economy.x, 24.0) == pytest.approx(
        lost - ((q[0] + q[-1]) / 4) @ economy.x / 12, rel=1e-12
    )


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"form": "fast"}, "discrete, continuous or static"),
        ({"supply_loss": "both"}, "sustained or initial"),
        ({"form": "static", "supply_loss": "initial"}, "no time"),
        ({"recovery_time": 0.0}, "above zero"),
        ({"resilience": -1.0}, "speed per day"),
    ],
)
def test_options_that_make_no_sense_are_refused(options, text):
    with pytest.raises(ValueError, match=text):
        Diim(**options)
