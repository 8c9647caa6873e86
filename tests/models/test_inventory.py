"""What the inventory model does, in small economies where the answer is plain."""

from dataclasses import fields, replace

import numpy as np
import pytest

from simcore.calendar import Calendar
from simcore.drivers import Drivers
from simcore.errors import ChannelError, TableError, UnknownNameError
from simcore.models.base import CAPACITY, DEMAND, INPUT, LABOUR, MODELS, get_model
from simcore.models.inventory import Inventory
from simcore.models.stability import stability_warnings, stock_cycle
from simcore.testing import check_accounts, random_economy

YEAR = Calendar.between("2022-01", "2022-12")
ALWAYS = np.ones(12)


@pytest.fixture(scope="module")
def economy():
    return random_economy(np.random.default_rng(7), 3, 2, max_cover=30.0)


def with_term(economy, channel, profile, weights, calendar=YEAR):
    return Drivers.calm(economy, calendar).having("m:1", channel, profile, weights)


def months(*values):
    return np.array([*values, *([0.0] * (12 - len(values)))])


def relative(paths, economy):
    return paths.output.sum(axis=1) / (economy.x.sum() / 12)


def test_scenario_files_find_the_model_by_its_name():
    assert get_model("inventory") is Inventory and MODELS["inventory"].name == "inventory"


def test_every_number_has_a_range_that_holds_it_and_a_source():
    numbers = [f for f in fields(Inventory) if "range" in f.metadata]
    assert len(numbers) == 23 and len([f for f in numbers if f.name not in Inventory().idle]) == 11
    for f in numbers:
        low, high = f.metadata["range"]
        assert low <= f.default <= high and f.metadata["meaning"] and "[" in f.metadata["source"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"production": "cobb"}, "production is 'cobb'; write critical, leontief"),
        ({"rationing": "random"}, "write proportional, intermediate_first"),
        ({"mpc": 1.2}, "mpc is 1.2; it lies between 0 and 1"),
        ({"restocking_time": -1.0}, "restocking_time is -1.0; write a number of days"),
        ({"budget_tilt": {"S0": -2.0}}, "budget_tilt of S0 is -2.0"),
    ],
)
def test_a_wrong_option_is_refused_with_advice(options, words):
    with pytest.raises(ValueError, match=words):
        Inventory(**options)


def test_a_channel_that_the_model_lacks_is_refused(economy):
    with pytest.raises(ChannelError, match="no channel 'delay'"):
        Inventory().simulate(economy, with_term(economy, "delay", ALWAYS, np.ones((economy.R, economy.P))))


def test_economies_that_it_cannot_run_are_refused(economy):
    calm = Drivers.calm(economy, YEAR)
    with pytest.raises(TableError, match="cover at"):
        Inventory().simulate(replace(economy, cover=economy.cover - 50.0), calm)
    with pytest.raises(TableError, match="no component 'compensation'"):
        Inventory().simulate(replace(economy, value_added_names=("a", "b", "c", "d")), calm)
    with pytest.raises(UnknownNameError, match="C99"):
        Inventory(budget_tilt={"C99": 2.0}).simulate(economy, calm)


def test_labour_and_capacity_hit_one_output_and_the_scarcer_one_is_named(economy):
    half = np.zeros(economy.n)
    half[0] = -0.5
    labour = with_term(economy, "labour", ALWAYS, half)
    both = labour.having("m:2", "capacity", ALWAYS, 0.8 * half)
    one, two = Inventory().simulate(economy, labour), Inventory().simulate(economy, both)
    assert one.binding[0, 0] == two.binding[0, 0] == LABOUR
    assert np.array_equal(one.output, two.output)
    capacity = Inventory().simulate(economy, with_term(economy, "capacity", ALWAYS, half))
    assert capacity.binding[0, 0] == CAPACITY


def test_extra_demand_is_met_by_overtime_that_rises_slowly_up_to_the_headroom(economy):
    economy = replace(economy, headroom=np.full(economy.n, 0.05), criticality=np.zeros_like(economy.criticality))
    demand = with_term(economy, "demand", ALWAYS, economy.final_domestic / 12)  # far more than can be made
    ratio = Inventory(overtime_time=30.0).simulate(economy, demand).output / (economy.x / 12)
    assert (ratio <= 1.05 + 1e-12).all() and (np.diff(ratio, axis=0) >= -1e-12).all()
    assert (ratio[0] < 1.04).all() and ratio[-1] == pytest.approx(1.05)


def test_new_capital_lets_output_exceed_base_and_headroom(economy):
    demand = with_term(economy, "demand", ALWAYS, economy.final_domestic / 60)
    more = demand.having("m:2", "capital", ALWAYS, 0.2 * economy.x)
    small, large = (Inventory().simulate(economy, d).output.sum() for d in (demand, more))
    assert large > 1.02 * small


def test_only_critical_inputs_stop_production_and_the_input_is_named(economy):
    stop = np.zeros(economy.n)
    stop[economy.sector == 0] = -1.0
    shock = with_term(economy, "capacity", months(1, 1), stop)
    others = economy.sector != 0
    bought = (economy.use_domestic[0] > 0.05 * economy.x) & others & (economy.use_imported[0] == 0)
    assert bought.any()
    bare = replace(economy, cover=np.zeros_like(economy.cover))
    loose = Inventory(mpc=0.0).simulate(replace(bare, criticality=np.zeros_like(bare.criticality)), shock)
    tight = Inventory(mpc=0.0, production="leontief").simulate(bare, shock)
    # What producers of the stopped good draw from their own stocks still reaches their customers.
    assert (tight.output[1, bought] < 0.1 * economy.x[bought] / 12).all() and (tight.binding[1, bought] == INPUT).all()
    assert (loose.output[1, bought] > 0.5 * economy.x[bought] / 12).all() and not (loose.binding >= INPUT).any()


def test_stocks_bridge_a_short_stop(economy):
    stop = np.zeros(economy.n)
    stop[economy.sector == 0] = -0.9
    shock = with_term(economy, "labour", months(1), stop)
    stopped = []
    for days in (0.0, 20.0, 60.0):
        held = replace(economy, cover=np.full_like(economy.cover, days))
        paths = Inventory(production="leontief", mpc=0.0).simulate(held, shock)
        stopped.append(economy.x[paths.binding[0] >= INPUT].sum())
    assert stopped[0] > 0.0 and stopped[0] >= stopped[1] >= stopped[2] == 0.0


def test_a_floor_guarantees_capacity_but_creates_no_inputs(economy):
    away = with_term(economy, "labour", ALWAYS, np.full(economy.n, -0.9))
    kept = away.having("m:2", "floor", ALWAYS, (economy.sector == 1) * 0.95)
    paths = Inventory(production="leontief").simulate(economy, kept)
    ratio = paths.output / (economy.x / 12)
    assert (ratio[0, economy.sector == 1] > 0.2).all()
    assert (ratio[-1, economy.sector == 1] < 0.9).all()  # the others do not deliver
    check_accounts(economy, YEAR, paths)


def test_firms_are_served_before_final_users_and_proportional_rationing_can_be_chosen(economy):
    shock = with_term(economy, "capacity", ALWAYS, (economy.sector == 0) * -0.2)
    first, same = (
        Inventory(rationing=r, mpc=0.0).simulate(economy, shock) for r in ("intermediate_first", "proportional")
    )
    assert first.output.sum() > same.output.sum()
    assert first.final[0, 0].sum() < same.final[0, 0].sum()


def test_unmet_demand_waits_or_is_lost(economy):
    shock = with_term(economy, "capacity", months(1, 1), np.full(economy.n, -0.5))
    none, all_of_it = (Inventory(waits=w).simulate(economy, shock) for w in (0.0, 1.0))
    assert not all_of_it.unmet.any()
    assert none.unmet[0].sum() > 0.0
    assert all_of_it.final[3:].sum() > none.final[3:].sum()  # bought later


def test_imports_stop_at_the_border_and_passage_on_the_way(economy):
    closed = Inventory().simulate(economy, with_term(economy, "import_limit", ALWAYS, np.full(economy.K, -1.0)))
    assert np.abs(closed.imports).max() <= 1e-12 * economy.x.sum()
    routes = np.zeros((economy.R, economy.P))
    routes[0, economy.P - 1] = -1.0  # nothing of region 0 leaves the country
    blocked = Inventory(mpc=0.0, waits=0.0).simulate(economy, with_term(economy, "passage", ALWAYS, routes))
    exports = economy.users("exports")
    sold = (economy.origin[:, -1] * (economy.region != 0)) @ economy.final_domestic[economy.sector][:, exports]
    assert blocked.final[0][:, exports].sum() == pytest.approx(sold.sum() / 12)


def test_a_released_stock_replaces_production_where_demand_binds_and_adds_to_supply_where_it_does_not(
    economy,
):
    release = with_term(economy, "stock_release", months(1), 0.1 * economy.x / 12)
    calm = Inventory(mpc=0.0).simulate(economy, release)
    assert calm.output[0] == pytest.approx(0.9 * economy.x / 12, rel=0.1)
    loss = with_term(economy, "labour", months(1), np.full(economy.n, -0.2))
    bare = Inventory(mpc=0.0).simulate(economy, loss)
    helped = Inventory(mpc=0.0).simulate(
        economy, loss & with_term(economy, "stock_release", months(1), 0.1 * economy.x / 12)
    )
    assert helped.final[0].sum() > 1.05 * bare.final[0].sum()


def test_income_feeds_consumption_with_a_lag_and_by_region(economy):
    gift = with_term(economy, "income", ALWAYS, np.array([10.0, 0.0]))
    slack = replace(economy, headroom=np.full(economy.n, 0.5))
    more = Inventory().simulate(slack, gift).final - Inventory().simulate(slack, Drivers.calm(slack, YEAR)).final
    households = economy.users("households")
    spent = more[:, :, households].sum(axis=1)  # (months, regions)
    assert 0.0 < spent[0, 0] < spent[2, 0] < spent[-1, 0]
    assert spent[-1, 0] == pytest.approx(0.35 * 10.0, rel=0.15)
    assert spent[0, 0] > 10.0 * spent[0, 1]


def test_benefits_replace_a_share_of_lost_pay_only(economy):
    shock = with_term(economy, "labour", ALWAYS, np.full(economy.n, -0.3))
    with_benefits, without = (Inventory(benefits=b, mpc=0.0).simulate(economy, shock) for b in (0.2, 0.0))
    assert with_benefits.household_income == pytest.approx(0.8 * without.household_income)
    assert (without.household_income < 0).all()


def test_extra_productivity_makes_more_of_the_same_inputs(economy):
    paths = Inventory(mpc=0.0).simulate(economy, with_term(economy, "productivity", ALWAYS, np.full(economy.n, 0.1)))
    assert (
        paths.value_added.sum(axis=1) / paths.output.sum(axis=1) > 1.05 * economy.value_added.sum() / economy.x.sum()
    ).all()


def test_a_breakdown_is_reported_with_advice_and_warned_of():
    economy = random_economy(np.random.default_rng(1), 3, 2, max_cover=0.0, empty=0.0)
    model = Inventory(production="leontief", rationing="proportional")
    shock = with_term(economy, "labour", months(1, 1), (economy.region == 0) * -0.4)
    paths = model.simulate(economy, shock)
    assert paths.outcome.status == "collapsed" and "restocking_time" in paths.outcome.message
    assert any("first missed delivery" in w for w in stability_warnings(economy, model))
    assert Inventory().simulate(economy, Drivers.calm(economy, YEAR)).outcome.status == "completed"


def test_a_shock_that_lasts_is_no_breakdown(economy):
    shock = with_term(economy, "labour", ALWAYS, np.full(economy.n, -0.7))
    assert Inventory().simulate(economy, shock).outcome.status == "completed"


def test_the_stock_cycle_dies_out_only_beyond_its_threshold():
    rng = np.random.default_rng(4)
    economy = random_economy(rng, 3, 2, empty=0.0)
    economy = replace(
        economy,
        cover=rng.uniform(5.0, 90.0, economy.cover.shape),
        criticality=np.zeros_like(economy.criticality),
        headroom=np.full(economy.n, 10.0),
    )
    calendar = Calendar.between("2022-01", "2026-12")
    once = np.zeros(60)
    once[0] = 1e-4
    push = with_term(economy, "demand", once, economy.final_domestic / 12, calendar)
    days = stock_cycle(economy)
    swings = []
    for factor in (1.4, 0.7):
        model = Inventory(restocking_time=factor * days, expectation_time=0.0, mpc=0.0)
        moved = np.abs(relative(model.simulate(economy, push), economy) - 1.0)
        swings.append(moved[-12:].max() / moved[6:18].max())
        assert stability_warnings(economy, model)
    assert swings[0] < 0.01 < 1.0 < swings[1]
    assert not stability_warnings(economy, Inventory(restocking_time=days, expectation_time=days))


def test_a_prepared_economy_is_kept_as_long_as_it_lives():
    from simcore.models import base

    economy = random_economy(np.random.default_rng(0))
    model, before = Inventory(), len(base._KEPT)
    assert model.prepare(economy, YEAR) is model.prepare(economy, YEAR)
    assert model.prepare(economy, YEAR) is not Inventory(production="leontief").prepare(economy, YEAR)
    assert len(base._KEPT) == before + 2
    del economy
    assert len(base._KEPT) == before


def test_what_bound_in_a_calm_month_is_demand(economy):
    assert (Inventory().simulate(economy, Drivers.calm(economy, YEAR)).binding == DEMAND).all()
