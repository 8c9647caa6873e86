"""Rules of published models as options of the inventory model: identities, limits and the plain statement."""

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from plain_inventory import NAMES, simulate

from simcore.calendar import Calendar
from simcore.drivers import Drivers
from simcore.errors import UnknownNameError
from simcore.models.inventory import Inventory
from simcore.models.inventory_options import PRODUCTION
from simcore.models.leontief import Leontief
from simcore.models.presets import Ario, Pichler
from simcore.models.stability import stability_warnings
from simcore.testing import SIZES, check_accounts, random_drivers, random_economy

CASES = 60
YEAR = Calendar.between("2022-01", "2022-12")
ALWAYS = np.ones(12)


def rules(rng):
    """A random choice of rules."""

    def one_of(*values):
        return values[rng.integers(len(values))]

    names = tuple(PRODUCTION)
    return {
        "production": one_of(*names, {"default": one_of(*names), "S1": one_of(*names)}),
        "important_weight": float(rng.uniform()),
        "elasticity": one_of(0.3, 0.9, 1.5),
        "stock_needed": one_of(0.0, 0.5, 0.8),
        "convention": one_of("continuous", "daily"),
        "orders": one_of("expected", "demand", "output"),
        "stock_target": one_of("follows", "fixed"),
        "surplus_time": one_of(None, 90.0, math.inf),
        "overproduction": one_of("headroom", "ario", "none"),
        "employment": one_of("flexible", "hire_and_fire"),
        "consumption": one_of("static", "keynesian", "muellbauer"),
        "saved": one_of(0.0, 0.5),
        "rebuild_time": one_of(None, 60.0),
        "rationing": one_of("intermediate_first", "proportional", "final_first", "water_filling"),
        "origin": one_of("fixed", "fixed", "capacity", "output"),
        "restocking_time": float(rng.uniform(20, 60)),
        "expectation_time": float(rng.choice([0.0, 60.0])),
        "waits": float(rng.uniform(0, 1)),
    }


def draw(seed):
    rng = np.random.default_rng(1000 + seed)
    economy = random_economy(rng, *(int(rng.integers(1, top)) for top in (5, 4, 3)), alike=seed % 5 == 0)
    if seed % 4 == 0:
        economy = replace(economy, cover=np.where(rng.random(economy.cover.shape) < 0.2, np.inf, economy.cover))
    calendar = Calendar.between("2022-01", "2022-04", inner_steps=int(rng.integers(1, 6)))
    model = Inventory(**rules(rng))
    if model.waits > 0.5:  # in half of the cases firms also order for what they cannot make
        model = replace(model, ordered_beyond=2.0 * model.waits - 1.0)
    return model, economy, random_drivers(rng, economy, calendar, sorted(SIZES))


@pytest.mark.parametrize("block", range(6))
def test_kernel_equals_plain_statement_under_every_rule(block):
    for seed in range(block * CASES // 6, (block + 1) * CASES // 6):
        model, economy, drivers = draw(seed)
        plain, paths = simulate(model, economy, drivers), model.simulate(economy, drivers)
        allowed = 1e-12 if paths.outcome.status == "completed" else 1e-3  # rounding grows where all breaks down
        for name in NAMES:
            found, expected = getattr(paths, name), plain[name]
            scale = max(np.abs(expected).max(), economy.x.sum() / drivers.calendar.per_year)
            gap = np.abs(found - expected).max() / scale
            assert gap < allowed, f"seed {seed}: {name} differs by {gap:.2e} of {scale:.3g} under {model}"


@pytest.mark.parametrize("seed", range(12))
def test_an_undisturbed_economy_stays_put_under_every_rule(seed):
    model, economy, drivers = draw(seed)
    paths = model.simulate(economy, Drivers.calm(economy, drivers.calendar))
    assert (paths.output == economy.x / 12).all() and not paths.binding.any()
    assert (paths.stocks == paths.stocks[0]).all() and not paths.unmet.any() and not paths.household_income.any()


@pytest.mark.parametrize("seed", range(12))
def test_accounts_close_under_every_rule(seed):
    model, economy, drivers = draw(seed)
    model = replace(model, convention="continuous")
    economy = replace(economy, cover=np.where(np.isinf(economy.cover), 365.0, economy.cover))
    check_accounts(economy, drivers.calendar, model.simulate(economy, drivers))


@pytest.fixture(scope="module")
def economy():
    return random_economy(np.random.default_rng(7), 3, 2, max_cover=30.0)


def with_term(economy, channel, profile, weights, calendar=YEAR):
    return Drivers.calm(economy, calendar).having("m:1", channel, profile, weights)


def one(economy, place, value):
    return value * (np.arange(economy.n) == place)


def test_the_weight_of_important_inputs_leads_from_weakly_to_strongly_critical(economy):
    shock = with_term(economy, "capacity", ALWAYS, one(economy, 0, -0.9))
    for weight, name in ((0.0, "weakly_critical"), (1.0, "strongly_critical")):
        found = Inventory(important_weight=weight).simulate(economy, shock)
        assert np.allclose(found.output, Inventory(production=name).simulate(economy, shock).output, rtol=1e-12)


def test_ces_lies_between_leontief_and_linear_and_reaches_both(economy):
    shock = with_term(economy, "capacity", ALWAYS, one(economy, 0, -0.9))

    def output(**options):
        return Inventory(mpc=0.0, orders="demand", **options).simulate(economy, shock).output

    assert np.abs(output(production="ces", elasticity=2e-3) / output(production="leontief") - 1).max() < 0.02
    assert np.abs(output(production="ces", elasticity=1e6) / output(production="linear") - 1).max() < 1e-4


def test_where_no_input_is_essential_a_loss_spreads_only_through_demand(economy):
    """Buyers of the stricken activity go on; its suppliers lose what it no longer buys: the mixed model."""
    free = replace(economy, criticality=np.zeros_like(economy.criticality), headroom=np.zeros(economy.n))
    free = replace(free, cover=economy.cover + 30.0)
    long = Calendar.between("2022-01", "2026-12")
    shock = with_term(free, "capacity", np.ones(60), one(free, 0, -0.3), long)
    paths = Inventory(mpc=0.0, waits=0.0, orders="output", stock_target="fixed").simulate(free, shock)
    A, f, others = free.Z / free.x, free.x - free.Z.sum(axis=1), np.arange(free.n) > 0
    left = 0.7 * free.x[0]
    rest = np.linalg.solve(np.eye(free.n - 1) - A[1:, 1:], f[others] + A[1:, 0] * left)
    assert np.allclose(12 * paths.output[-1], [left, *rest], rtol=1e-6)


def test_in_the_long_run_without_limits_output_is_leontiefs(economy):
    wide = replace(economy, headroom=np.full(economy.n, 1.0), cover=economy.cover + 30.0)
    long = Calendar.between("2022-01", "2031-12")
    more = with_term(wide, "demand", np.ones(120), 0.1 * wide.final_domestic / 12, long)
    expected = Leontief().simulate(wide, more).output
    for rules_of_orders in ({}, {"orders": "output"}, {"orders": "demand", "stock_target": "fixed"}):
        found = Inventory(mpc=0.0, **rules_of_orders).simulate(wide, more).output
        assert np.allclose(found[-1], expected[-1], rtol=1e-6), rules_of_orders


def test_shorter_steps_converge_under_the_rules_of_pichler(economy):
    paths, economy = [], replace(economy, cover=economy.cover + 20.0)
    for steps in (4, 8, 16, 32, 64):
        calendar = Calendar.between("2022-01", "2022-12", inner_steps=steps)
        drivers = random_drivers(
            np.random.default_rng(2), economy, calendar, ["labour", "preference", "capacity"], smooth=True
        )
        model = replace(Pichler(), convention="continuous", production="half_critical", restocking_time=30.0)
        paths.append(model.simulate(economy, drivers).output.sum(axis=1))
    gaps = [np.abs(a - b).max() for a, b in pairwise(paths)]
    # Eight times shorter steps: first order, but for the days on which another limit takes over.
    assert gaps[0] > 4.0 * gaps[3] > 0.0 and gaps[3] < 2e-4 * economy.x.sum() / 12


def test_firms_fire_at_their_speed_and_hire_at_another(economy):
    days = Calendar.between("2022-01-01", "2022-03-01")
    shock = with_term(economy, "demand", np.ones(60), -economy.final_domestic / 365, days)
    model = Pichler(consumption="static", production="weakly_critical", restocking_time=365.0)
    wages = economy.value_added[0] / 365
    paid = model.simulate(economy, shock).inside.labour_income
    assert np.allclose(paid[0], wages) and (np.diff(paid, axis=0) <= 0).all()
    # Nobody asks for more than firms still do, so that no day takes more than a fifteenth of what is left.
    assert (paid[1:] >= paid[:-1] * (1 - 1 / 15) - 1e-12).all() and (paid[-1] < 0.7 * wages).all()


def test_consumption_out_of_permanent_income_follows_its_closed_form():
    alone = random_economy(np.random.default_rng(3), 2, 1, empty=0.0)
    calm = replace(alone, criticality=np.zeros_like(alone.criticality), cover=np.full_like(alone.cover, 1e6))
    days = Calendar.between("2022-01-01", "2022-02-09")
    shock = with_term(calm, "labour", np.ones(40), np.full(calm.n, -0.2), days)
    model = Pichler(production="weakly_critical")
    paths, rho, level = model.simulate(calm, shock), 1 - 1 / 225, 1.0
    households = calm.user_category == 0
    wanted = (calm.final_domestic + calm.final_imported)[:, households].sum() / 365
    pay = calm.value_added[0].sum() / 365
    for t in range(40):
        lost = 1.0 - paths.inside.labour_income[t].sum() / pay
        level = level**rho * ((1 - 0.2 * lost) * (1 - 0.5 * 0.2)) ** ((1 - rho) / 2)
        asked = paths.final[t][:, households].sum() + paths.unmet[t][:, households].sum()
        assert asked == pytest.approx(wanted * level, rel=1e-12)


def test_what_households_no_longer_spend_is_saved_in_part(economy):
    away = np.zeros((economy.K, economy.F))
    households = economy.user_category == 0
    away[0, households] = -0.5
    shock = with_term(economy, "preference", ALWAYS, away)
    loose = replace(economy, criticality=np.zeros_like(economy.criticality))
    bought = (economy.final_domestic + economy.final_imported)[:, households]
    total = bought.sum() / 12
    for saved in (0.0, 0.5, 1.0):
        paths = Inventory(saved=saved, mpc=0.0, waits=0.0).simulate(loose, shock)
        asked = (paths.final + paths.unmet)[0][:, households].sum()
        assert asked == pytest.approx(total - saved * 0.5 * bought[0].sum() / 12, rel=1e-9)


def test_destroyed_capital_returns_as_it_is_delivered_and_overlapping_losses_add_up(economy):
    calendar = Calendar.between("2022-01", "2025-12")
    early, late = (np.arange(48) >= start for start in (2, 5))
    lost = one(economy, 1, -0.3 * economy.x[1])
    shock = with_term(economy, "capital", early, lost, calendar).having("m:2", "capital", late, 0.5 * lost)
    model, economy = Inventory(rebuild_time=90.0, mpc=0.0), replace(economy, headroom=np.full(economy.n, 0.6))
    paths, calm = model.simulate(economy, shock), model.simulate(economy, Drivers.calm(economy, calendar))
    worth = 4.0 * economy.value_added[:, 1].sum() / economy.x[1] * 0.45 * economy.x[1]
    spent = (paths.final - calm.final)[:, :, economy.user_category == 2].sum()
    assert spent == pytest.approx(worth, rel=1e-3)
    assert paths.output[-1] == pytest.approx(economy.x / 12, rel=0.01)
    capacity = replace(model, overproduction="none").simulate(economy, shock).inside.capacity[:, 1] / economy.x[1] * 12
    assert capacity[0] == pytest.approx(1.0, abs=1e-15) and 0.6 < capacity[5] < 0.75
    assert capacity[20] < capacity[-1] == pytest.approx(1.0, abs=0.01)


def test_an_input_of_endless_cover_never_binds(economy):
    shock = with_term(economy, "capacity", ALWAYS, one(economy, 0, -0.9))
    cover = np.full_like(economy.cover, 10.0)
    cover[economy.sector[0]] = np.inf
    endless = replace(economy, cover=cover)
    paths = Inventory(production="leontief").simulate(endless, shock)
    assert not (paths.binding == 3 + economy.sector[0]).any() and np.isfinite(paths.stocks).all()


def test_thin_reserves_are_warned_of_and_a_breakdown_is_reported():
    fragile = random_economy(np.random.default_rng(5), 4, 2, empty=0.0)
    fragile = replace(fragile, cover=np.full_like(fragile.cover, 5.0))
    stable = replace(fragile, cover=np.full_like(fragile.cover, 90.0))
    days = Calendar.between("2022-01-01", "2022-12-31")
    profile = (np.arange(365) < 30).astype(float)
    thin = "a small loss may feed on itself"
    for case, status in ((fragile, "collapsed"), (stable, "completed")):
        shock = with_term(case, "capacity", profile, one(case, 0, -0.3), days)
        assert Ario().simulate(case, shock).outcome.status == status
        assert any(thin in w for w in stability_warnings(case, Ario())) is (status == "collapsed")
    assert not any(thin in w for w in stability_warnings(fragile, Inventory()))


def test_production_by_sector_knows_codes_and_groups(economy):
    groups = replace(economy.sectors, groups={"makers": ("S0", "S1"), "others": ("S1", "S2")})
    grouped = replace(economy, sectors=groups)
    by_code = Inventory(production={"default": "critical", "makers": "linear", "S1": "leontief"})
    assert list(by_code.function_of(grouped)[np.unique(grouped.sector, return_index=True)[1]]) == [
        "linear", "leontief", "critical",
    ]  # fmt: skip
    with pytest.raises(ValueError, match="names S1 twice, by makers and by others"):
        Inventory(production={"default": "critical", "makers": "linear", "others": "ces"}).function_of(grouped)
    with pytest.raises(UnknownNameError, match="names 'S9'"):
        Inventory(production={"default": "critical", "S9": "linear"}).function_of(grouped)
    with pytest.raises(ValueError, match="needs a 'default'"):
        Inventory(production={"S1": "linear"})
