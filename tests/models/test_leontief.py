"""The Leontief model: identities on random economies, and the textbook algebra stated densely beside it."""

import gc
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simcore.calendar import Calendar
from simcore.drivers import CHANNELS, Drivers
from simcore.economy import ABROAD, Codes, Economy
from simcore.economy.build import from_flows
from simcore.economy.indicators import close_to_households, leontief_inverse
from simcore.economy.solvers import Solved
from simcore.errors import ChannelError, TableError, UnproductiveEconomyError
from simcore.models.accounts import told
from simcore.models.base import _KEPT, DEMAND, get_model, require_channels
from simcore.models.leontief import WITHOUT_EFFECT, Leontief

YEAR = Calendar.between("2022-11", "2023-10")
OPEN, CLOSED = Leontief(), Leontief(households="closed", marginal_propensity=0.5)


def numbered(prefix: str, count: int) -> Codes:
    names = tuple(f"{prefix}{i}" for i in range(count))
    return Codes(names, names, names)


def make_economy(seed: int, K: int = 3, R: int = 3, owners: int = 1) -> Economy:
    """A balanced economy in pooled form: one pool a region and one abroad, all activities present."""
    rng = np.random.default_rng(seed)
    sector, region, ownership = (a.ravel() for a in np.indices((K, R, owners)))
    n, P = K * R * owners, R + 1
    origin = rng.random((n, P)) + 0.05
    origin /= np.stack([np.bincount(sector, origin[:, p], K) for p in range(P)], axis=1)[sector]
    domestic, imported = rng.random((K, n)) * 0.6 / K, rng.random((K, n)) * 0.2 / K
    users = [(c, r) for c in (0, 1, 2) for r in range(R)] + [(4, ABROAD)]
    category, user_region = (np.array(a) for a in zip(*users, strict=True))
    user_pool = np.where(user_region == ABROAD, R, user_region)
    final = rng.random((K, len(users))) * 100.0
    A = origin[:, region] * domestic[sector]
    stock = rng.normal(size=n)
    x = np.linalg.solve(np.eye(n) - A, (origin[:, user_pool] * final[sector]).sum(axis=1) + stock)
    added = x * (1.0 - domestic.sum(axis=0) - imported.sum(axis=0))
    wages = rng.uniform(0.2, 0.7, n)
    return Economy(
        name="random", version=1, unit="bn yuan", base_year=2022, price_year=2020, sectors=numbered("s", K),
        regions=numbered("r", R), ownerships=numbered("o", owners), sector=sector, region=region,
        ownership=ownership, pools=tuple(f"p{p}" for p in range(P)), pool=region, user_category=category,
        user_region=user_region, user_pool=user_pool, x=x, use_domestic=domestic * x, use_imported=imported *
        x, origin=origin, final_domestic=final, final_imported=0.2 * rng.random(final.shape) * final *
        (category != 4), stock_change=stock, value_added=np.stack([wages * added, (1.0 - wages) * added]),
        value_added_names=("compensation", "surplus"), employment=x, cover=np.full((K, n), 20.0),
        headroom=np.zeros(n), criticality=np.ones((K, n)), price_index=np.ones(K),
    )  # fmt: skip


seeds = st.integers(0, 2**32 - 1)
economies = st.builds(make_economy, seeds, st.integers(2, 4), st.integers(1, 3), st.integers(1, 2))
models = st.sampled_from([OPEN, CLOSED])


def push(economy: Economy, channel: str, seed: int = 0, size: float = 1.0) -> Drivers:
    """A term of random size in one channel."""
    rng = np.random.default_rng(seed)
    calm = Drivers.calm(economy, YEAR)
    weights = rng.uniform(-0.1, 0.2, calm.shapes[CHANNELS[channel].over]) * size
    return calm.having(f"m{seed}:{channel}", channel, rng.random(YEAR.periods), weights)


def all_channels(economy: Economy, model: Leontief, seed: int = 0) -> Drivers:
    drivers = Drivers.calm(economy, YEAR)
    for channel in sorted(model.channels):
        drivers &= push(economy, channel, seed)
    return drivers


def assert_paths_equal(one, other, relative: float = 0.0) -> None:
    for name in ("output", "value_added", "final", "imports", "unmet", "stocks", "household_income"):
        a, b = getattr(one, name), getattr(other, name)
        assert np.allclose(a, b, rtol=relative, atol=relative * (1.0 + np.abs(b).max())), name


@given(economies, models, st.integers(1, 24))
@settings(max_examples=40, deadline=None)
def test_an_undisturbed_economy_stays_put_bit_for_bit(economy, model, periods):
    calendar = Calendar(YEAR.start, periods)
    paths = model.simulate(economy, Drivers.calm(economy, calendar))
    assert (paths.output == economy.x / 12.0).all()
    assert (paths.value_added == economy.value_added.sum(axis=0) / 12.0).all()
    assert (paths.final == (economy.final_domestic + economy.final_imported) / 12.0).all()
    imports = economy.use_imported.sum(axis=1) + economy.final_imported.sum(axis=1)
    assert (paths.imports == imports / 12.0).all()
    assert not paths.unmet.any() and not paths.household_income.any()
    assert (paths.binding == DEMAND).all()
    assert paths.outcome.status == "completed"


@given(economies, models, seeds)
@settings(max_examples=30, deadline=None)
def test_measures_of_size_zero_move_no_bit(economy, model, seed):
    calm = model.simulate(economy, Drivers.calm(economy, YEAR))
    drivers = Drivers.calm(economy, YEAR)
    for channel in sorted(model.channels):
        drivers &= push(economy, channel, seed, size=0.0)
    paths = model.simulate(economy, drivers)
    for name in ("output", "value_added", "final", "imports", "household_income"):
        assert (getattr(paths, name) == getattr(calm, name)).all(), name


@given(economies, models, seeds)
@settings(max_examples=40, deadline=None)
def test_accounts_close_in_every_period_whatever_happens(economy, model, seed):
    drivers = all_channels(economy, model, seed)
    paths = model.simulate(economy, drivers)
    assert paths.residual <= 1e-11
    spent = paths.final.sum(axis=(1, 2)) + economy.stock_change.sum() / 12.0 - paths.imports.sum(axis=1)
    assert np.allclose(spent, paths.value_added.sum(axis=1), rtol=1e-10)


@given(economies, models, seeds)
@settings(max_examples=25, deadline=None)
def test_measures_commute(economy, model, seed):
    one, other = push(economy, "demand", seed), all_channels(economy, model, seed + 1)
    assert_paths_equal(model.simulate(economy, one & other), model.simulate(economy, other & one))


@given(economies, models, seeds, st.floats(0.01, 100.0))
@settings(max_examples=25, deadline=None)
def test_more_money_in_all_places_is_more_money_in_all_results(economy, model, seed, factor):
    money = ["x", "use_domestic", "use_imported", "final_domestic", "final_imported"]
    money += ["stock_change", "value_added"]
    larger = replace(economy, **{name: factor * getattr(economy, name) for name in money})
    drivers = push(economy, "demand", seed) & push(economy, "coefficient", seed)
    scaled = push(economy, "demand", seed, factor) & push(economy, "coefficient", seed)
    one, other = model.simulate(economy, drivers), model.simulate(larger, scaled)
    assert np.allclose(factor * one.output, other.output, rtol=1e-9)
    assert np.allclose(factor * one.value_added, other.value_added, rtol=1e-9)


@given(economies, models, seeds)
@settings(max_examples=25, deadline=None)
def test_the_full_form_gives_the_path_of_the_pooled_form(economy, model, seed):
    n, F = economy.n, economy.F
    full = replace(
        economy,
        pools=tuple(f"buyer {i}" for i in range(n + F)),
        pool=np.arange(n),
        user_pool=np.arange(n, n + F),
        origin=np.hstack([economy.origin[:, economy.pool], economy.origin[:, economy.user_pool]]),
    )
    drivers = all_channels(economy, model, seed)
    rebuilt = Drivers.calm(full, YEAR)
    for term in drivers.terms:
        rebuilt = rebuilt.having(term.id, term.channel, term.profile, term.weights)
    assert_paths_equal(model.simulate(economy, drivers), model.simulate(full, rebuilt), relative=1e-10)


@given(seeds)
@settings(max_examples=25, deadline=None)
def test_splitting_an_activity_into_like_halves_changes_no_total(seed):
    whole = make_economy(seed)
    n, K = whole.n, whole.K
    twice = np.repeat(np.arange(n), 2)
    halves = replace(
        whole, ownerships=numbered("o", 2), sector=whole.sector[twice], region=whole.region[twice],
        ownership=np.tile([0, 1], n), pool=whole.pool[twice], x=whole.x[twice] / 2,
        use_domestic=whole.use_domestic[:, twice] / 2, use_imported=whole.use_imported[:, twice] / 2,
        origin=whole.origin[twice] / 2, stock_change=whole.stock_change[twice] / 2,
        value_added=whole.value_added[:, twice] / 2, employment=whole.employment[twice] / 2,
        cover=whole.cover[:, twice], headroom=whole.headroom[twice], criticality=whole.criticality[:, twice],
    )  # fmt: skip
    drivers = push(whole, "demand", seed)
    drivers = drivers & push(whole, "coefficient", seed) & push(whole, "productivity", seed)
    split = Drivers.calm(halves, YEAR)
    for term in drivers.terms:
        weights = term.weights if term.channel == "demand" else term.weights[..., twice]
        split = split.having(term.id, term.channel, term.profile, weights)
    one, other = CLOSED.simulate(whole, drivers), CLOSED.simulate(halves, split)
    assert np.allclose(one.output, other.output.reshape(-1, n, 2).sum(axis=2), rtol=1e-10)
    assert np.allclose(one.final, other.final, rtol=1e-10, atol=1e-10)
    assert one.imports.shape == (12, K) and np.allclose(one.imports, other.imports, rtol=1e-10)


def test_demand_works_through_the_leontief_inverse_of_the_whole_table(two_region_economy):
    economy = two_region_economy
    drivers = push(economy, "demand", 3)
    paths = OPEN.simulate(economy, drivers)
    direct = drivers.dense("demand") * (1.0 - economy.import_share)
    f = np.einsum("if,tif->ti", economy.origin[:, economy.user_pool], direct[:, economy.sector])
    assert np.allclose(paths.output, economy.x / 12.0 + f @ leontief_inverse(economy.A).T, rtol=1e-12)
    wanted = drivers.dense("demand") + (economy.final_domestic + economy.final_imported) / 12.0
    assert np.allclose(paths.final, wanted, rtol=1e-12)


def test_new_technology_solves_the_changed_table(two_region_economy):
    economy = two_region_economy
    drivers = push(economy, "coefficient", 1) & push(economy, "productivity", 2)
    paths = OPEN.simulate(economy, drivers)
    factor = drivers.dense("coefficient") / drivers.dense("productivity")[:, None, :]
    f = (economy.Y.sum(axis=1) + economy.stock_change) / 12.0
    for t in range(12):
        A = economy.A * factor[t][economy.sector]
        x = np.linalg.solve(np.eye(economy.n) - A, f)
        inputs = (economy.use_domestic + economy.use_imported) / economy.x * factor[t]
        assert np.allclose(paths.output[t], x, rtol=1e-12)
        assert np.allclose(paths.value_added[t], x * (1.0 - inputs.sum(axis=0)), rtol=1e-10)


def test_the_closed_form_is_the_type_two_inverse_of_one_region():
    economy = make_economy(5, K=4, R=1)
    household = economy.final_domestic[:, 0], economy.final_imported[:, 0]
    consumption = 0.5 * household[0] / (household[0] + household[1]).sum()
    closed = leontief_inverse(close_to_households(economy.A, economy.value_added[0] / economy.x, consumption))
    weights = np.zeros((4, economy.F))
    weights[2, -1] = 1.0  # exports of product 2
    drivers = Drivers.calm(economy, YEAR).having("a:x", "demand", np.ones(12), weights)
    paths = CLOSED.simulate(economy, drivers)
    assert np.allclose(paths.output - economy.x / 12.0, closed[:4, 2], rtol=1e-9)
    assert np.allclose(paths.household_income, closed[4, 2], rtol=1e-9)


def test_a_gain_in_productivity_costs_labour_income_and_its_spending():
    economy = make_economy(7, K=3, R=1)
    gain = np.array([0.1, 0.0, 0.2])
    drivers = Drivers.calm(economy, YEAR).having("a:x", "productivity", np.ones(12), gain)
    paths = CLOSED.simulate(economy, drivers)
    wages, basket = (
        economy.value_added[0] / economy.x,
        economy.final_domestic[:, 0] + economy.final_imported[:, 0],
    )
    domestic = 0.5 * basket / basket.sum() * (1.0 - economy.import_share[:, 0])
    # Spending of the base stays in final demand, so only the change of income is spent anew.
    A = economy.A / (1.0 + gain) + np.outer(domestic, wages / (1.0 + gain))
    f = (economy.Y.sum(axis=1) + economy.stock_change - domestic * (wages @ economy.x)) / 12.0
    x = np.linalg.solve(np.eye(3) - A, f)
    assert np.allclose(paths.output, x, rtol=1e-12)
    income = (wages / (1.0 + gain)) @ x - wages @ economy.x / 12.0
    assert np.allclose(paths.household_income, income, rtol=1e-10)


def test_income_is_spent_once_and_by_the_basket():
    economy = make_economy(6)
    rich = Drivers.calm(economy, YEAR).having("a:x", "income", np.ones(12), np.array([1.0, 0.0, 0.0]))
    silent = replace(economy, value_added=economy.value_added[::-1] * [[0.0], [1.0]])
    paths = CLOSED.simulate(silent, rich)
    change = paths.final - (economy.final_domestic + economy.final_imported) / 12.0
    user = economy.users("households", "r0")[0]
    basket = (economy.final_domestic + economy.final_imported)[:, user]
    assert np.allclose(change[:, :, user], 0.5 * basket / basket.sum(), rtol=1e-9)
    assert np.allclose(np.delete(change, user, axis=2), 0.0, atol=1e-12)


@given(economies, models, seeds)
@settings(max_examples=25, deadline=None)
def test_a_change_of_taste_keeps_what_each_user_spends(economy, model, seed):
    paths = OPEN.simulate(economy, push(economy, "preference", seed))
    total = (economy.final_domestic + economy.final_imported).sum(axis=0) / 12.0
    assert np.allclose(paths.final.sum(axis=1), total, rtol=1e-12)


def test_what_nobody_sells_stays_unmet_and_the_accounts_close(two_region_economy):
    origin = two_region_economy.origin.copy()
    origin[two_region_economy.sector == 1, 2] = 0.0  # no machinery for pool 'abroad'
    final = two_region_economy.final_domestic.copy()
    final[1, -1] = 0.0
    Z = origin[:, two_region_economy.pool] * two_region_economy.use_domestic[two_region_economy.sector]
    Y = origin[:, two_region_economy.user_pool] * final[two_region_economy.sector]
    stock = two_region_economy.x - Z.sum(axis=1) - Y.sum(axis=1)
    economy = replace(two_region_economy, origin=origin, final_domestic=final, stock_change=stock)
    weights = np.zeros((3, economy.F))
    weights[1, -1] = 5.0
    paths = OPEN.simulate(economy, Drivers.calm(economy, YEAR).having("a:x", "demand", np.ones(12), weights))
    assert (paths.unmet[:, 1, -1] == 5.0).all() and paths.unmet.sum() == 60.0
    assert (paths.output == economy.x / 12.0).all()
    assert paths.residual <= 1e-12
    imported = economy.final_imported.copy()
    imported[1, -1] = 1.0  # bought from abroad alone, so more of it comes from abroad
    buyer = replace(economy, final_imported=imported)
    paths = OPEN.simulate(buyer, Drivers.calm(buyer, YEAR).having("a:x", "demand", np.ones(12), weights))
    assert not paths.unmet.any() and paths.residual <= 1e-12
    base = (buyer.use_imported.sum(axis=1) + imported.sum(axis=1)) / 12.0
    assert np.allclose(paths.imports - base, [0.0, 5.0, 0.0])


def test_income_is_refused_by_the_open_form_and_known_to_the_closed_one(two_region_economy):
    drivers = push(two_region_economy, "income")
    with pytest.raises(ChannelError, match=r"has no channel 'income'; .*options: \{households: closed\}"):
        OPEN.simulate(two_region_economy, drivers)
    require_channels(CLOSED, drivers)
    assert get_model("leontief") is Leontief and "income" in Leontief.channels
    with pytest.raises(ChannelError, match="has no channel 'capacity'"):
        CLOSED.simulate(two_region_economy, push(two_region_economy, "capacity"))


@pytest.mark.parametrize("model", [OPEN, CLOSED])
@pytest.mark.parametrize("channel", sorted(WITHOUT_EFFECT))
def test_what_only_widens_or_guards_supply_moves_no_bit(model, channel, two_region_economy):
    demand = push(two_region_economy, "demand")
    alone = model.simulate(two_region_economy, demand)
    both = model.simulate(two_region_economy, demand & push(two_region_economy, channel, seed=1))
    assert_paths_equal(alone, both)


@pytest.mark.parametrize("channel", ["capacity", "labour", "passage", "import_limit", "stock_release"])
def test_what_takes_supply_away_is_refused(channel, two_region_economy):
    with pytest.raises(ChannelError, match=f"has no channel '{channel}'"):
        OPEN.simulate(two_region_economy, push(two_region_economy, channel))


@pytest.mark.parametrize("wrong", [{"households": "shut"}, {"marginal_propensity": 1.5}])
def test_parameters_outside_their_range_are_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Leontief(**wrong)


def test_a_technology_that_feeds_on_itself_is_an_outcome_not_an_exception(two_region_economy):
    calm, weights = Drivers.calm(two_region_economy, YEAR), np.full((3, two_region_economy.n), 3.0)
    drivers = calm.having("a:x", "coefficient", np.eye(12)[4], weights)
    paths = OPEN.simulate(two_region_economy, drivers)
    assert paths.outcome.status == "infeasible"
    assert "in 2023-03 production needs more inputs than it yields" in paths.outcome.message
    assert np.isnan(paths.output[4]).all() and np.isfinite(np.delete(paths.output, 4, axis=0)).all()


def test_a_fall_beyond_what_is_sold_is_an_outcome(two_region_economy):
    weights = np.zeros((3, two_region_economy.F))
    weights[1, 0] = -1e4
    drivers = Drivers.calm(two_region_economy, YEAR).having("a:x", "demand", np.ones(12), weights)
    outcome = OPEN.simulate(two_region_economy, drivers).outcome
    assert outcome.status == "infeasible" and "demand falls by more than is sold" in outcome.message
    weights[1, 0] = -5.0  # less than the machinery sold, more than households buy
    drivers = Drivers.calm(two_region_economy, YEAR).having("a:x", "demand", np.ones(12), weights)
    outcome = OPEN.simulate(two_region_economy, drivers).outcome
    assert outcome.status == "completed"
    assert "households would buy -1.333 of C34 in 2022-11" in outcome.message


def test_a_table_that_eats_itself_is_refused():
    Z, Y = np.array([[5.0, 6.0], [6.0, 5.0]]), np.array([[1.0], [1.0]])
    economy = from_flows(Z, Y, activities=["a", "b"], users=["households"], x=np.array([8.0, 8.0]))
    with pytest.raises(UnproductiveEconomyError, match=r"activity a\|nation\|unclassified buys .* of 137[.]5 %"):
        OPEN.simulate(economy, Drivers.calm(economy, YEAR))


def test_the_closed_form_needs_labour_income_and_households(two_region_economy):
    nameless = replace(two_region_economy, value_added_names=("w", "t", "d", "s"))
    with pytest.raises(TableError, match="no component 'compensation' in value added"):
        CLOSED.simulate(nameless, Drivers.calm(nameless, YEAR))
    assert np.isnan(OPEN.simulate(nameless, Drivers.calm(nameless, YEAR)).household_income).all()
    category = np.where(np.arange(7) == 1, 1, two_region_economy.user_category)
    lonely = replace(two_region_economy, user_category=category)
    with pytest.raises(TableError, match="'west' earns labour income but has no household purchases"):
        CLOSED.simulate(lonely, Drivers.calm(lonely, YEAR))


def test_the_factorisation_is_kept_as_long_as_its_economy():
    economy = make_economy(1)
    drivers = push(economy, "demand")
    first = OPEN.simulate(economy, drivers)
    key = (id(economy), ("leontief", 0.0, "lu"))
    kept = _KEPT[key]
    assert_paths_equal(first, OPEN.simulate(economy, drivers))
    assert _KEPT[key] is kept
    del economy
    gc.collect()
    assert key not in _KEPT


def test_an_economy_with_few_pools_is_solved_in_its_pools():
    economy = make_economy(2, K=3, R=2, owners=4)
    OPEN.simulate(economy, push(economy, "demand"))
    system = _KEPT[id(economy), ("leontief", 0.0, "lu")]
    assert system.solver.supply.shape == (24, 9)


SOLVERS = ("auto", "lu", "krylov", "inverse", "sparse")


@pytest.mark.parametrize("households", ["open", "closed"])
@pytest.mark.parametrize("solver", SOLVERS)
def test_the_solver_changes_no_figure_and_is_named_with_its_residual(households, solver):
    economy = make_economy(3, K=4, R=3, owners=2)
    drivers = push(economy, "demand") & push(economy, "coefficient")
    usual = Leontief(households=households).simulate(economy, drivers)
    found = Leontief(households=households, solver=solver).simulate(economy, drivers)
    assert np.abs(found.output - usual.output).max() <= 1e-12 * usual.output.max()
    assert "residual" in found.solver and (solver == "auto" or found.solver.startswith(solver))
    assert found.residual <= 1e-12 and found.outcome == usual.outcome


@pytest.mark.parametrize("solver", SOLVERS)
def test_calm_is_exact_whatever_the_solver(solver):
    economy = make_economy(3)
    found = Leontief(solver=solver).simulate(economy, Drivers.calm(economy, YEAR))
    assert (found.output == economy.x / 12).all()


@pytest.mark.parametrize("solver", SOLVERS)
def test_a_run_is_the_same_alone_and_among_many_in_threads(solver):
    economy = make_economy(5, K=4, R=3)
    model = Leontief(solver=solver)
    members = [push(economy, "demand", seed) for seed in range(40)]
    alone = [model.simulate(make_economy(5, K=4, R=3), drivers) for drivers in members[:3]]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda drivers: model.simulate(economy, drivers), members))
    for one, other in zip(alone, together, strict=False):
        assert_paths_equal(one, other)


def test_a_solver_that_does_not_exist_is_refused():
    with pytest.raises(ValueError, match="solver is 'magic'; write auto, lu, krylov, inverse, sparse"):
        Leontief(solver="magic")


def test_a_run_whose_equations_were_not_solved_says_so():
    economy = make_economy(3)
    paths = OPEN.simulate(economy, push(economy, "demand"))
    bad = told(paths, [Solved(paths.output, 1e-3, "krylov", 60, "1 of 2 right-hand sides did not converge")])
    assert bad.outcome.status == "not_converged" and "set solver: lu" in bad.outcome.message
    assert bad.residual == 1e-3 and bad.solver == "krylov, residual 1.0e-03; 1 of 2 right-hand sides did not converge"


EATS = np.array([[5.0, 6.0, 0.0], [6.0, 5.0, 0.0], [1.0, 1.0, 0.0]])  # a and b use up each other; c makes them nothing


def eating(x: list[float]) -> Economy:
    demand = np.array([[1.0], [1.0], [2.0]])
    return from_flows(EATS, demand, activities=["a", "b", "c"], users=["households"], x=np.array(x))


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("name", ["leontief", "ghosh", "price", "mixed"])
@pytest.mark.parametrize("x", [[8.0, 8.0, 4.0], [11.0, 11.0, 4.0], [11.0, 11.0 - 1e-12, 4.0]])
def test_what_cannot_meet_any_demand_is_refused_by_every_model_and_solver(solver, name, x):
    economy = eating(x)
    with pytest.raises(UnproductiveEconomyError, match=r"activity [ab]\|nation\|unclassified buys .* of 1\d\d\.\d %"):
        get_model(name)(solver=solver).simulate(economy, Drivers.calm(economy, YEAR))


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("name", ["leontief", "ghosh", "price", "mixed"])
def test_a_sector_that_makes_nothing_stays_empty(solver, name):
    Z, Y = np.array([[2.0, 0.0, 1.0], [0.0, 0.0, 0.0], [1.0, 0.0, 3.0]]), np.array([[7.0], [0.0], [4.0]])
    economy = from_flows(Z, Y, activities=["a", "none", "c"], users=["households"])
    paths = get_model(name)(solver=solver).simulate(economy, Drivers.calm(economy, YEAR))
    assert (paths.output == economy.x / 12).all() and (paths.output[:, 1] == 0.0).all()
    assert paths.residual <= 1e-12 and paths.outcome.status == "completed"
