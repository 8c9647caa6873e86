"""Identities of the field, held by the inventory model against economies drawn at random."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from simcore import testing
from simcore.calendar import Calendar
from simcore.drivers import Drivers
from simcore.models.inventory import Inventory

HALF_YEAR = Calendar.between("2022-01", "2022-06")
MODEL = Inventory(restocking_time=40.0, expectation_time=90.0)  # inside the stable region of what is drawn
few = settings(max_examples=30, deadline=None)
ARRAYS = (
    "output",
    "value_added",
    "final",
    "imports",
    "unmet",
    "stocks",
    "household_income",
    "stock_change",
    "binding",
)


@st.composite
def cases(draw, **options):
    """An economy and drivers for it."""
    economy = draw(testing.economies())
    return economy, draw(testing.drivers(economy, HALF_YEAR, **options))


def same(one, other):
    return all(np.array_equal(getattr(one, a), getattr(other, a)) for a in ARRAYS)


def total_gap(one, other, economy):
    """Largest distance of totals of two runs, over a period's output."""
    return np.abs(one.output.sum(axis=1) - other.output.sum(axis=1)).max() / (economy.x.sum() / 12)


@given(testing.economies(), st.sampled_from([0.0, 1e-3, 0.5, 7.0, 40.0]), st.sampled_from([1, 3, 4, 7]))
@few
def test_an_undisturbed_economy_stays_put_whatever_its_stocks(economy, cover, steps):
    economy = replace(economy, cover=np.full(economy.cover.shape, cover))
    paths = Inventory().simulate(economy, Drivers.calm(economy, Calendar.between("2022-01", "2022-06", steps)))
    assert (paths.output == economy.x / 12).all()
    assert (paths.stocks == paths.stocks[0]).all() and not paths.unmet.any() and not paths.binding.any()
    assert not paths.household_income.any() and paths.residual == 0.0


@given(testing.economies(), st.integers(0, 1000))
@few
def test_drivers_of_size_zero_equal_the_baseline_bit_for_bit(economy, seed):
    drawn = testing.random_drivers(np.random.default_rng(seed), economy, HALF_YEAR, testing.SIZES)
    nothing = Drivers.calm(economy, HALF_YEAR)
    silent = nothing
    for term in drawn.terms:
        silent = silent.having(term.id, term.channel, term.profile, 0.0 * term.weights)
    assert same(Inventory().simulate(economy, silent), Inventory().simulate(economy, nothing))


@given(cases())
@few
def test_accounts_close_in_every_period(case):
    economy, drivers = case
    paths = MODEL.simulate(economy, drivers)
    testing.check_accounts(economy, HALF_YEAR, paths, tolerance=1e-9)


@given(cases())
@few
def test_nobody_receives_more_than_was_made(case):
    economy, drivers = case
    testing.check_supply(economy, drivers, MODEL.simulate(economy, drivers), tolerance=1e-9)


@given(testing.economies(), st.integers(0, 1000), st.integers(0, 1000))
@few
def test_measures_commute(economy, one, other):
    first = testing.random_drivers(np.random.default_rng(one), economy, HALF_YEAR, testing.SIZES, name="first")
    second = testing.random_drivers(np.random.default_rng(other), economy, HALF_YEAR, testing.SIZES, name="second")
    assert (first & second).equals(second & first)
    assert same(MODEL.simulate(economy, first & second), MODEL.simulate(economy, second & first))


@given(cases())
@few
def test_doubling_all_money_doubles_all_money(case):
    economy, drivers = case
    paths = MODEL.simulate(economy, drivers)
    double = MODEL.simulate(*testing.scaled(economy, drivers, 2.0))
    for name in ARRAYS[:-1]:
        assert (getattr(double, name) == 2.0 * getattr(paths, name)).all()  # a power of two costs no rounding


@given(cases(), st.randoms(use_true_random=False))
@few
def test_the_order_of_sectors_and_activities_does_not_matter(case, random):
    economy, drivers = case
    order, products = list(range(economy.n)), list(range(economy.K))
    random.shuffle(order)
    random.shuffle(products)
    paths = MODEL.simulate(economy, drivers)
    other = MODEL.simulate(*testing.permuted(economy, drivers, np.array(order), np.array(products)))
    scale = paths.output.max()
    assert np.abs(other.output - paths.output[:, order]).max() <= 1e-10 * scale
    assert np.abs(other.stocks - paths.stocks[:, products]).max() <= 1e-10 * paths.stocks.max()


@given(cases(), st.integers(0, 100))
@few
def test_splitting_an_activity_into_like_halves_changes_no_total(case, which):
    economy, drivers = case
    paths = MODEL.simulate(economy, drivers)
    halves = MODEL.simulate(*testing.split(economy, drivers, which % economy.n))
    assert total_gap(paths, halves, economy) <= 1e-9
    assert np.abs(paths.final - halves.final).max() <= 1e-9 * paths.final.max()


@given(cases())
@few
def test_one_pool_a_buyer_gives_the_path_of_the_pooled_form(case):
    economy, drivers = case
    paths = MODEL.simulate(economy, drivers)
    full = MODEL.simulate(*testing.full_form(economy, drivers))
    assert np.abs(paths.output - full.output).max() <= 1e-9 * paths.output.max()
    assert np.abs(paths.final - full.final).max() <= 1e-9 * paths.final.max()


def gaps_of_halving(seed, channels, steps):
    """Mean distance of total output between a step and its half, over and over, in an economy with stocks."""
    rng = np.random.default_rng(seed)
    economy = testing.random_economy(rng, 3, 2)
    economy = replace(economy, cover=rng.uniform(7.0, 40.0, economy.cover.shape))
    calendar = Calendar.between("2022-01", "2022-12")
    drawn = testing.random_drivers(rng, economy, calendar, channels, smooth=True)
    runs = []
    for count in steps:
        finer = Drivers.calm(economy, replace(calendar, inner_steps=count))
        for term in drawn.terms:
            finer = finer.having(term.id, term.channel, 0.3 * term.profile, term.weights)
        runs.append(MODEL.simulate(economy, finer).output.sum(axis=1) / (economy.x.sum() / 12))
    return np.array([np.abs(a - b).mean() for a, b in pairwise(runs)])


def test_halving_the_step_cuts_the_difference_where_demand_and_technology_move_smoothly():
    channels = ("demand", "income", "productivity", "preference")
    for seed in range(25):
        gaps = gaps_of_halving(seed, channels, (4, 8, 16, 32))
        assert gaps[0] / gaps[2] >= 1.7**2, (seed, gaps)  # two halvings


def test_halving_the_step_cuts_the_typical_difference_where_labour_is_lost():
    gaps = np.array([gaps_of_halving(seed, ("labour", "demand"), (4, 8, 16, 32)) for seed in range(25)])
    assert (np.median(gaps[:, :-1] / gaps[:, 1:], axis=0) >= 1.7).all()


@given(testing.economies(), st.integers(0, 1000))
@few
def test_a_higher_floor_never_lowers_total_output(economy, seed):
    rng = np.random.default_rng(seed)
    shock = testing.random_drivers(rng, economy, HALF_YEAR, ("capacity", "labour"))
    totals = []
    for level in (0.0, 0.5, 0.8, 1.0):
        floor = shock.having("guarantee:1", "floor", np.ones(6), np.full(economy.n, level))
        totals.append(MODEL.simulate(economy, floor).output.sum())
    assert (np.diff(totals) >= -1e-9 * totals[0]).all()


@given(cases())
@few
def test_without_a_propensity_to_spend_income_changes_nothing(case):
    economy, drivers = case
    model = replace(MODEL, mpc=0.0)
    without = Drivers(drivers.calendar, drivers.shapes, tuple(t for t in drivers.terms if t.channel != "income"))
    assert same(model.simulate(economy, drivers), model.simulate(economy, without))
