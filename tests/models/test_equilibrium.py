"""The equilibrium model: closed accounts, independence of the form of the table, what drivers do."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simcore import testing
from simcore.calendar import Calendar
from simcore.drivers import Drivers
from simcore.economy.readers import from_flows
from simcore.errors import ChannelError, TableError
from simcore.models.base import CAPACITY, DEMAND, LABOUR
from simcore.models.equilibrium import Equilibrium
from simcore.testing import economies, random_drivers, random_economy

QUARTERS = Calendar.between("2022-Q1", "2022-Q3")
SOFT = ("demand", "preference", "income", "capacity", "labour", "capital", "productivity", "coefficient", "floor")
CHANNELS = (*SOFT, "listed", "stock_release")
FORMS = [Equilibrium(), Equilibrium(wages="rigid"), Equilibrium(factors="mobile_labour"), Equilibrium(factors="mobile")]
models = st.sampled_from(FORMS)
seeds = st.integers(0, 2**32 - 1)


def drawn(seed: int, channels=CHANNELS, **options):
    rng = np.random.default_rng(seed)
    economy = random_economy(rng, int(rng.integers(1, 4)), int(rng.integers(1, 3)), int(rng.integers(1, 3)), **options)
    return economy, random_drivers(rng, economy, QUARTERS, channels)


def total(paths, name: str) -> np.ndarray:
    return getattr(paths, name).reshape(len(paths.output), -1).sum(axis=1)


def close(one, other, tolerance: float = 1e-9) -> bool:
    scale = max(float(np.abs(one).max(initial=0.0)), 1e-300)
    return bool(np.allclose(one, other, rtol=0, atol=tolerance * scale))


@settings(max_examples=20, deadline=None)
@given(economies(), models)
def test_an_undisturbed_economy_stays_put(economy, model):
    paths = model.simulate(economy, Drivers.calm(economy, QUARTERS))
    assert paths.outcome.status == "completed"
    assert close(paths.output, np.tile(economy.x / 4, (3, 1)))
    assert close(paths.value_added, np.tile(economy.value_added.sum(axis=0) / 4, (3, 1)))
    assert close(paths.price, np.ones((3, economy.n)))
    assert np.abs(paths.household_income).max() < 1e-9 * economy.x.max()
    testing.check_accounts(economy, QUARTERS, paths)


@settings(max_examples=25, deadline=None)
@given(seeds, models)
def test_accounts_close_and_nobody_receives_more_than_was_made(seed, model):
    economy, chosen = drawn(seed)
    paths = model.simulate(economy, chosen)
    if paths.outcome.status == "completed":
        testing.check_accounts(economy, QUARTERS, paths)
        testing.check_supply(economy, chosen, paths)
        assert np.isfinite(paths.output).all() and (paths.price > 0).all()


def test_random_drivers_of_the_usual_sizes_have_an_equilibrium():
    found = [Equilibrium().simulate(*drawn(seed)).outcome.status for seed in range(20)]
    assert found == ["completed"] * 20


@settings(max_examples=10, deadline=None)
@given(seeds, models)
def test_doubling_all_money_doubles_all_volumes_and_no_price(seed, model):
    economy, chosen = drawn(seed)
    one, other = model.simulate(economy, chosen), model.simulate(*testing.scaled(economy, chosen, 2.0))
    assert close(2.0 * one.output, other.output) and close(one.price, other.price)


@settings(max_examples=10, deadline=None)
@given(seeds, models)
def test_the_order_of_activities_and_products_does_not_matter(seed, model):
    economy, chosen = drawn(seed)
    rng = np.random.default_rng(seed)
    order, products = rng.permutation(economy.n), rng.permutation(economy.K)
    one, other = model.simulate(economy, chosen), model.simulate(*testing.permuted(economy, chosen, order, products))
    assert close(one.output[:, order], other.output) and close(one.imports[:, products], other.imports)


@settings(max_examples=10, deadline=None)
@given(seeds, models)
def test_splitting_an_activity_into_like_halves_changes_no_total(seed, model):
    economy, chosen = drawn(seed)
    place = seed % economy.n
    one, other = model.simulate(economy, chosen), model.simulate(*testing.split(economy, chosen, place))
    assert close(total(one, "output"), total(other, "output"))
    assert close(other.output[:, place], other.output[:, -1]) and close(one.price, other.price[:, :-1])


@settings(max_examples=10, deadline=None)
@given(seeds, models)
def test_the_full_form_gives_the_path_of_the_pooled_one(seed, model):
    economy, chosen = drawn(seed)
    one, other = model.simulate(economy, chosen), model.simulate(*testing.full_form(economy, chosen))
    for name in ("output", "value_added", "final", "price"):
        assert close(getattr(one, name), getattr(other, name))


def test_the_pooled_chain_is_used_and_agrees_on_a_table_of_many_activities():
    rng = np.random.default_rng(8)
    economy = random_economy(rng, 4, 2, 6)
    chosen = random_drivers(rng, economy, QUARTERS, CHANNELS)
    assert Equilibrium().solver(economy).base().point.chain.matrix is None
    one, other = Equilibrium().simulate(economy, chosen), Equilibrium().simulate(*testing.full_form(economy, chosen))
    assert close(one.output, other.output)


@pytest.mark.parametrize("model", FORMS, ids=lambda model: f"{model.factors}-{model.wages}")
def test_activities_without_output_or_inputs_give_no_nan(model):
    Z = np.array([[10.0, 5.0, 0.0, 0.0], [3.0, 8.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0], [1.0, 2.0, 0.0, 0.0]])
    final = np.array([[30.0], [40.0], [0.0], [6.0]])
    added = (Z.sum(axis=1) + final[:, 0] - Z.sum(axis=0))[None]
    economy = from_flows(
        Z, final, activities=list("abcd"), users=["all"], categories={"all": "households"}, value_added=added,
        value_added_names=("compensation",),
    )  # fmt: skip
    weights = np.array([-0.2, 0.0, 0.0, -0.3])
    chosen = Drivers.calm(economy, QUARTERS).having("l:labour", "labour", np.ones(3), weights)
    paths = model.simulate(economy, chosen)
    assert paths.outcome.status == "completed"
    for f in paths._fields:
        value = getattr(paths, f)
        if isinstance(value, np.ndarray):
            assert np.isfinite(value).all(), f
    assert (paths.output[:, 2] == 0).all() and paths.output[0, 3] < economy.x[3] / 4


def test_periods_with_equal_drivers_are_equal_bit_for_bit_whatever_lies_between():
    economy, _ = drawn(5)
    calendar = Calendar.between("2022-01", "2022-04")
    profile = np.array([1.0, 0.3, 1.0, 0.0])
    chosen = Drivers.calm(economy, calendar).having("a:labour", "labour", profile, np.full(economy.n, -0.2))
    paths = Equilibrium().simulate(economy, chosen)
    assert (paths.output[0] == paths.output[2]).all()
    assert (paths.output[3] == Equilibrium().simulate(economy, Drivers.calm(economy, calendar)).output[0]).all()


def test_channels_that_it_lacks_are_refused_by_name_with_advice():
    economy, _ = drawn(1)
    calm = Drivers.calm(economy, QUARTERS)
    limited = calm.having("m:import_limit", "import_limit", np.ones(3), np.full(economy.K, -0.5))
    with pytest.raises(ChannelError, match=r"'equilibrium' has no channel 'import_limit'.*import_price"):
        Equilibrium().simulate(economy, limited)
    blocked = calm.having("p:passage", "passage", np.ones(3), np.full((economy.R, economy.P), -0.5))
    with pytest.raises(ChannelError, match="inventory"):
        Equilibrium().simulate(economy, blocked)


def test_a_table_that_no_ces_can_have_is_refused():
    economy, chosen = drawn(2)
    added = np.array(economy.value_added)
    added[:, 0] = -economy.x[0]
    with pytest.raises(TableError, match="value added at"):
        Equilibrium().simulate(replace(economy, value_added=added), chosen)
    nameless = replace(economy, value_added_names=("a", "b", "c", "d"))
    with pytest.raises(TableError, match="compensation"):
        Equilibrium(wages="rigid").simulate(nameless, chosen)


def test_options_out_of_range_are_refused():
    for options in (
        {"factors": "some"}, {"wages": "sticky"}, {"inputs": -0.1}, {"substitution": 0.0}, {"mpc": 1.5},
    ):  # fmt: skip
        with pytest.raises(ValueError, match=next(iter(options))):
            Equilibrium(**options)


def test_the_loss_of_all_labour_is_an_outcome_with_advice():
    economy, _ = drawn(3)
    weights = np.zeros(economy.n)
    weights[0] = -1.0
    chosen = Drivers.calm(economy, QUARTERS).having("l:labour", "labour", np.array([0.0, 1.0, 0.0]), weights)
    paths = Equilibrium().simulate(economy, chosen)
    assert paths.outcome.status == "infeasible"
    assert "2022-Q2" in paths.outcome.message and economy.activities[0] in paths.outcome.message
    assert np.isnan(paths.output[1]).all() and np.isfinite(paths.output[[0, 2]]).all()


def test_what_does_not_converge_is_an_outcome_with_advice():
    economy, _ = drawn(4)
    chosen = Drivers.calm(economy, QUARTERS).having("c:cost", "cost", np.ones(3), np.full(economy.n, 1.5))
    paths = Equilibrium().simulate(economy, chosen)  # more than the whole price goes elsewhere
    assert paths.outcome.status == "not_converged" and "smaller" in paths.outcome.message


# What drivers do


def one_term(economy, channel: str, weights: np.ndarray) -> Drivers:
    return Drivers.calm(economy, QUARTERS).having(f"t:{channel}", channel, np.array([1.0, 0.0, 0.0]), weights)


def gdp(model: Equilibrium, economy, channel: str, weights: np.ndarray) -> float:
    """Change of real GDP by the term, over its base."""
    paths = model.simulate(economy, one_term(economy, channel, weights))
    assert paths.outcome.status == "completed"
    return float(total(paths, "value_added")[0] / total(paths, "value_added")[1] - 1.0)


@settings(max_examples=10, deadline=None)
@given(seeds)
def test_real_gdp_follows_hulten_to_first_order_in_an_open_economy(seed):
    economy = random_economy(np.random.default_rng(seed), 3, 2, 1)
    model, h = Equilibrium(), 1e-4
    base = economy.value_added.sum()
    place = seed % economy.n
    weights = np.zeros(economy.n)
    weights[place] = h
    both = [gdp(model, economy, "productivity", sign * weights) for sign in (1, -1)]
    assert (both[0] - both[1]) / (2 * h) == pytest.approx(economy.x[place] / base, abs=1e-6)
    share = model.solver(economy).network.labour_share[place]
    both = [gdp(model, economy, "labour", sign * weights) for sign in (1, -1)]
    expected = share * economy.value_added[:, place].sum() / base
    assert (both[0] - both[1]) / (2 * h) == pytest.approx(expected, abs=1e-6)


@settings(max_examples=10, deadline=None)
@given(seeds)
def test_demand_moves_real_gdp_by_nothing_to_first_order_and_crowds_out(seed):
    economy = random_economy(np.random.default_rng(seed), 3, 2, 1)
    home = economy.users("government")
    weights = np.zeros((economy.K, economy.F))
    weights[0, home] = 1e-3 * economy.final_domestic[0, home].max() / 4
    paths = Equilibrium().simulate(economy, one_term(economy, "demand", weights))
    change = (paths.final[0] - paths.final[1])[:, home].sum()
    assert abs(gdp(Equilibrium(), economy, "demand", weights)) * total(paths, "value_added")[1] < 0.02 * weights.sum()
    assert 0.0 < change <= 1.001 * weights.sum()  # the same users buy less of what got dearer
    assert (paths.price[0] * economy.x).sum() > economy.x.sum()  # and prices rise


def test_a_stimulus_in_a_slump_works_with_rigid_wages_and_not_with_flexible_ones():
    economy = random_economy(np.random.default_rng(9), 4, 2, 1)
    pay = economy.value_added[0].sum() / 4
    slump = -0.1 * pay * np.ones(economy.R) / economy.R
    extra = np.zeros((economy.K, economy.F))
    for r in range(economy.R):
        user = economy.users("government", economy.regions.codes[r])
        extra[:, user] = 0.01 * economy.final_domestic[:, user] / 4
    profile = np.array([1.0, 0.0, 0.0])
    works = {}
    for wages in ("rigid", "flexible"):
        model = Equilibrium(wages=wages, mpc=0.6)
        calm = one_term(economy, "income", slump)
        without = model.simulate(economy, calm)
        with_it = model.simulate(economy, calm.having("g:demand", "demand", profile, extra))
        works[wages] = (total(with_it, "value_added") - total(without, "value_added"))[0] / extra.sum()
    assert works["rigid"] > 0.2 and abs(works["flexible"]) < 0.02


def test_rigid_wages_say_which_labour_is_slack():
    economy = random_economy(np.random.default_rng(10), 3, 2, 1)
    weights = np.zeros(economy.n)
    weights[0] = -0.4
    paths = Equilibrium(wages="rigid").simulate(economy, one_term(economy, "labour", weights))
    assert paths.binding[0, 0] == LABOUR and (paths.binding[0] == DEMAND).any()
    flexible = Equilibrium().simulate(economy, one_term(economy, "labour", weights))
    assert flexible.binding[0, 0] == LABOUR and (flexible.binding[0, 1:] == DEMAND).all()
    closed = Equilibrium().simulate(economy, one_term(economy, "capacity", weights))
    assert closed.binding[0, 0] == CAPACITY and (closed.binding[1] == DEMAND).all()


def test_dearer_imports_lower_their_volume_and_raise_home_prices():
    economy = random_economy(np.random.default_rng(12), 4, 2, 1)
    paths = Equilibrium().simulate(economy, one_term(economy, "import_price", np.full(economy.K, 0.2)))
    assert total(paths, "imports")[0] < total(paths, "imports")[1]
    assert (paths.price[0] * economy.x).sum() > economy.x.sum()


def test_a_cost_wedge_raises_the_price_and_lowers_output_of_its_activity():
    economy = random_economy(np.random.default_rng(13), 4, 2, 2)
    weights = np.zeros(economy.n)
    weights[0] = 0.1
    for model in (Equilibrium(factors="mobile"), Equilibrium(factors="mobile_labour")):
        paths = model.simulate(economy, one_term(economy, "cost", weights))
        assert paths.price[0, 0] > 1.02 and paths.output[0, 0] < paths.output[1, 0]


def test_a_floor_guards_what_it_covers():
    economy, _ = drawn(14)
    lost = one_term(economy, "capacity", np.full(economy.n, -0.5))
    half = np.array([1.0, 0.0, 0.0])
    guarded = lost.having("f:floor", "floor", half, np.full(economy.n, 0.9))
    partly = guarded.having("f:listed", "listed", half, np.full(economy.n, 0.5))
    outputs = [total(Equilibrium().simulate(economy, chosen), "output")[0] for chosen in (lost, partly, guarded)]
    assert outputs[0] < outputs[1] < outputs[2] < economy.x.sum() / 4


def test_released_stocks_add_to_supply():
    economy = random_economy(np.random.default_rng(15), 3, 2, 1)
    release = np.zeros(economy.n)
    release[0] = 0.05 * economy.x[0] / 4
    paths = Equilibrium().simulate(economy, one_term(economy, "stock_release", release))
    assert paths.price[0, 0] < 1.0
    assert (paths.stock_change[0] - paths.stock_change[1])[0] == pytest.approx(-release[0])
    testing.check_accounts(economy, QUARTERS, paths)


def test_every_number_of_the_model_has_a_range_and_a_source():
    for f in fields(Equilibrium):
        if isinstance(f.default, float):
            low, high = f.metadata["range"]
            assert low <= f.default <= high and f.metadata["source"], f.name


def test_lost_capacity_takes_its_workers_along_where_they_cannot_move():
    economy = random_economy(np.random.default_rng(16), 3, 2, 1)
    weights = np.zeros(economy.n)
    weights[0] = -0.3
    lost = one_term(economy, "capacity", weights)
    nowhere = lost.having("l:labour", "labour", np.array([1.0, 0.0, 0.0]), weights)
    one, other = (Equilibrium().simulate(economy, chosen) for chosen in (lost, nowhere))
    assert (one.output == other.output).all()
    assert one.output[0, 0] < 0.75 * one.output[1, 0]
    moving = Equilibrium(factors="mobile_labour").simulate(economy, lost)
    assert total(moving, "value_added")[0] > total(one, "value_added")[0]


def test_threads_that_share_a_base_find_the_same():
    economy, chosen = drawn(18)
    alone = Equilibrium().simulate(economy, chosen).output
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda _: Equilibrium().simulate(economy, chosen).output, range(24)))
    assert all(np.array_equal(found, alone) for found in together)


def test_orders_are_refused_where_weights_are_no_effects():
    economy = random_economy(np.random.default_rng(17), 3, 1, 1)
    costly = one_term(economy, "cost", np.full(economy.n, 0.01))
    leaner = one_term(economy, "coefficient", np.full((economy.K, economy.n), -0.01))
    scarce = one_term(economy, "labour", np.full(economy.n, -0.01))
    for model, chosen in ((Equilibrium(), costly), (Equilibrium(), leaner), (Equilibrium(wages="rigid"), scarce)):
        with pytest.raises(ValueError, match="flexible wages, without cost or coefficient"):
            model.orders(economy, chosen)
    calm = Equilibrium().orders(economy, scarce)[1]
    assert calm == (0.0, 0.0, 0.0)
