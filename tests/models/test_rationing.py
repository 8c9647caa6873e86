"""Who is served first, who buys where: small cases with a plain answer, and identities under every rule."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simcore import testing
from simcore.calendar import Calendar
from simcore.drivers import Drivers
from simcore.errors import ChannelError
from simcore.models.inventory import Inventory
from simcore.models.market import MANY_POOLS, rows_of

HALF_YEAR = Calendar.between("2022-01", "2022-06")
ONE_STEP = Calendar.between("2022-01", "2022-06", inner_steps=1)
ALWAYS = np.ones(6)
RULES = (
    {"rationing": "proportional"},
    {"rationing": "final_first"},
    {"rationing": "water_filling"},
    {"rationing": "price", "bids": {"S0": 1.1, "exports": 1.2}},
    {"origin": "capacity"},
    {"origin": "capacity", "substitutes": "firms", "substitution_time": 20.0, "rationing": "water_filling"},
    {"import_elasticity": 3.0, "import_time": 20.0, "import_reach": 5.0},
    {"import_elasticity": 1.0, "import_time": 0.0, "rationing": "price", "origin": "capacity"},
    {"origin": "output", "substitution_time": 40.0, "storage": "csr"},
)
few = settings(max_examples=15, deadline=None)


@st.composite
def cases(draw):
    """A rule, an economy, and drivers with classes in half of the cases."""
    economy = draw(testing.economies(max_cover=30.0))
    drivers = draw(testing.drivers(economy, HALF_YEAR))
    if draw(st.booleans()):
        rng = np.random.default_rng(draw(st.integers(0, 1000)))
        drivers = drivers.having(
            "list:1", "priority", np.array([0.0, 1, 1, 2, 2, 0]), 1.0 * rng.integers(0, 2, economy.n)
        )
    rule = draw(st.sampled_from(RULES))
    return Inventory(restocking_time=40.0, expectation_time=90.0, **rule), economy, drivers


def gap(one, other, names=("output", "final", "imports", "stocks")):
    pairs = [(getattr(one, name), getattr(other, name)) for name in names]
    return max(np.abs(a - b).max() / np.abs(a).max() for a, b in pairs)


@pytest.fixture(scope="module")
def economy():
    economy = testing.random_economy(np.random.default_rng(7), 3, 2, max_cover=30.0, empty=0.0)
    return replace(economy, headroom=np.zeros(economy.n))


def shock(economy, size=-0.5):
    """The first activity loses half of its capacity."""
    loss = size * (np.arange(economy.n) == 0)
    return Drivers.calm(economy, HALF_YEAR).having("m:1", "capacity", ALWAYS, loss)


@given(cases())
@few
def test_accounts_close_and_nobody_receives_more_than_was_made_under_every_rule(case):
    model, economy, drivers = case
    paths = model.simulate(economy, drivers)
    testing.check_accounts(economy, HALF_YEAR, paths, tolerance=1e-11)
    testing.check_supply(economy, drivers, paths, tolerance=1e-11)


@given(cases())
@few
def test_calm_stays_put_bit_for_bit_under_every_rule(case):
    model, economy, _ = case
    paths = model.simulate(economy, Drivers.calm(economy, HALF_YEAR))
    assert (paths.output == economy.x / 12).all() and (paths.stocks == paths.stocks[0]).all()


@given(cases())
@few
def test_pooled_equals_full_form_and_every_storage_under_every_rule(case):
    model, economy, drivers = case
    paths = model.simulate(economy, drivers)
    assert gap(paths, model.simulate(*testing.full_form(economy, drivers))) <= 1e-9
    for storage in ("dense", "csr"):
        assert gap(paths, replace(model, storage=storage).simulate(economy, drivers)) <= 1e-11


@given(cases(), st.integers(0, 100), st.randoms(use_true_random=False))
@few
def test_like_halves_and_another_order_change_nothing_under_every_rule(case, which, random):
    model, economy, drivers = case
    paths = model.simulate(economy, drivers)
    halves = model.simulate(*testing.split(economy, drivers, which % economy.n))
    assert np.abs(paths.output.sum(axis=1) - halves.output.sum(axis=1)).max() <= 1e-9 * economy.x.sum()
    order, products = list(range(economy.n)), list(range(economy.K))
    random.shuffle(order)
    random.shuffle(products)
    codes = economy.sectors.codes
    renamed = {codes.index(name): offer for name, offer in model.bids.items() if name in codes}
    bids = {k: v for k, v in model.bids.items() if k not in codes} | {
        codes[products.index(k)]: v for k, v in renamed.items()
    }
    other_economy, other_drivers = testing.permuted(economy, drivers, np.array(order), np.array(products))
    bids = model.bids if other_economy.sectors.codes != codes else bids
    other = replace(model, bids=bids).simulate(other_economy, other_drivers)
    assert np.abs(other.output - paths.output[:, order]).max() <= 1e-9 * paths.output.max()


def test_dense_and_csr_follow_one_path_to_rounding():
    rng = np.random.default_rng(5)
    economy = testing.random_economy(rng, 4, 3, 2)
    drivers = testing.random_drivers(rng, economy, HALF_YEAR, sorted(testing.SIZES))
    full = testing.full_form(economy, drivers)
    for rule in ({}, *RULES):
        dense, csr = (Inventory(**{**rule, "storage": s}).simulate(*full) for s in ("dense", "csr"))
        assert gap(dense, csr) <= 1e-12


def test_who_comes_first_gets_more(economy):
    loss = -0.5 * (np.arange(economy.n) == 0)
    drivers = Drivers.calm(economy, ONE_STEP).having("m:1", "capacity", ALWAYS, loss)
    received = {
        r: Inventory(rationing=r, mpc=0.0).simulate(economy, drivers).final[0].sum()
        for r in ("intermediate_first", "proportional", "final_first")
    }
    assert received["intermediate_first"] < received["proportional"] < received["final_first"]


def test_a_higher_class_goes_short_last(economy):
    drivers = shock(economy)
    buyer = int(np.argmax(np.where(np.arange(economy.n) > 0, economy.Z[0], 0.0)))
    listed = drivers.having("list:1", "priority", ALWAYS, 2.0 * (np.arange(economy.n) == buyer))
    tight = replace(economy, cover=np.zeros_like(economy.cover), criticality=np.ones_like(economy.criticality))
    model = Inventory(rationing="proportional", mpc=0.0)
    without, having = (model.simulate(tight, d).output[:, buyer] for d in (drivers, listed))
    assert having[0] > 1.01 * without[0]


def test_a_class_holds_from_the_period_in_which_it_is_given(economy):
    late = np.array([0.0, 0, 0, 1, 1, 1])
    drivers = shock(economy)
    listed = drivers.having("list:1", "priority", late, 1.0 * (np.arange(economy.n) % 2))
    model = Inventory(rationing="proportional")
    without, having = (model.simulate(economy, d).output for d in (drivers, listed))
    assert np.abs(having[:3] / without[:3] - 1.0).max() < 1e-12 and np.abs(having[3] / without[3] - 1.0).max() > 1e-6


def test_a_class_for_everybody_is_no_class(economy):
    drivers = shock(economy)
    model = Inventory(rationing="intermediate_first")
    listed = drivers.having("list:1", "priority", ALWAYS, np.full(economy.n, 3.0))
    assert gap(model.simulate(economy, drivers), model.simulate(economy, listed)) < 1e-12


def test_a_class_that_does_not_exist_is_refused(economy):
    wrong = shock(economy).having("list:1", "priority", ALWAYS, np.full(economy.n, 4.0))
    with pytest.raises(ChannelError, match="class 4 in rationing; there are 4, 0 to 3"):
        Inventory().simulate(economy, wrong)


@pytest.mark.parametrize("rule", ["water_filling", "price"])
def test_rules_on_single_buyers_need_no_shares_of_origin_but_those_of_pools(economy, rule):
    drivers = shock(economy)
    model = Inventory(rationing=rule, storage="pooled")
    rows = rows_of(model, economy, drivers)
    assert len(rows.pool) == economy.n + economy.F and len(rows.pools) == economy.P
    whole = model.simulate(*testing.full_form(economy, drivers))
    assert gap(model.simulate(economy, drivers), whole) <= 1e-11


@pytest.mark.parametrize("rule", [{}, *RULES])
def test_only_a_table_whose_buyers_differ_in_their_origins_runs_in_full_form_and_says_so(economy, rule):
    drivers, buyers = shock(economy), economy.n + economy.F
    pooled = Inventory(**rule).simulate(economy, drivers)
    whole = Inventory(**{**rule, "storage": "dense"}).simulate(*testing.full_form(economy, drivers))
    assert pooled.form.startswith(f"pooled: {buyers} buyers in ")
    assert whole.form == f"full: each of {buyers} buyers has its own origins, all links"


@pytest.mark.parametrize("rule", [{}, *RULES])
def test_buyers_of_like_origins_run_as_one_pool_though_a_table_keeps_them_apart(rule):
    rng = np.random.default_rng(3)
    economy = testing.random_economy(rng, 6, 4, 3, max_cover=30.0)
    imported = np.where(rng.random((economy.K, economy.n)) < 0.2, economy.use_domestic, 0.0)
    neighbour = [int(np.flatnonzero(economy.user_pool == p)[0]) for p in economy.pool]  # who buys it in its place
    final = np.array(economy.final_domestic)
    np.add.at(final.T, neighbour, imported.T)
    economy = replace(
        economy, use_domestic=economy.use_domestic - imported, use_imported=economy.use_imported + imported,
        final_domestic=final,
    )  # fmt: skip
    drivers = testing.random_drivers(rng, economy, HALF_YEAR, ("capacity", "demand", "labour"))
    whole, chosen = testing.full_form(economy, drivers)
    assert whole.P > MANY_POOLS
    # What a firm does not buy may come from anywhere.
    unused = np.pad(whole.use_domestic == 0, ((0, 0), (0, whole.F)))[whole.sector]
    makers = np.bincount(whole.sector, minlength=whole.K)[whole.sector][:, None]
    assert unused.any()
    whole = replace(whole, origin=np.where(unused, 1.0 / makers, whole.origin))
    found, kept_apart = (Inventory(**{**rule, "storage": s}).simulate(whole, chosen) for s in ("auto", "dense"))
    assert found.form.startswith("pooled: ") and kept_apart.form.startswith("full: ")
    assert gap(found, kept_apart) <= 1e-11
    other = np.array(whole.origin)
    makers = np.flatnonzero(whole.sector == 0)[:2]
    other[makers, 0] = other[makers[::-1], 0]  # one buyer of its own kind: still few pools, and it is one of them
    sold = (other - whole.origin)[:, 0] * whole.use_domestic[whole.sector, 0]
    paid = sold * (np.arange(len(whole.value_added)) == 0)[:, None]
    single = replace(whole, origin=other, x=whole.x + sold, value_added=whole.value_added + paid)
    one, all_apart = (Inventory(**{**rule, "storage": s}).simulate(single, chosen) for s in ("auto", "dense"))
    assert gap(one, all_apart) <= 1e-11 < gap(one, found)


def test_buyers_that_differ_in_their_origins_stay_apart():
    rng = np.random.default_rng(4)
    economy = testing.random_economy(rng, 4, 6, 3)
    whole, calm = testing.full_form(economy, Drivers.calm(economy, ONE_STEP))
    drawn = rng.random(whole.origin.shape)
    made = np.zeros((whole.K, whole.P))
    np.add.at(made, whole.sector, drawn)
    own = replace(whole, origin=drawn / made[whole.sector])
    assert Inventory().simulate(own, calm).form == f"full: each of {own.P} buyers has its own origins, all links"


def test_water_filling_leaves_alone_who_orders_no_more_than_in_the_base(economy):
    more = np.zeros((economy.K, economy.F))
    more[0, 0] = economy.final_domestic[0, 0]  # doubles what the first user buys of the first product
    bare = replace(economy, final_imported=np.zeros_like(economy.final_imported))
    drivers = Drivers.calm(bare, ONE_STEP).having("m:1", "demand", ALWAYS, more / 12)
    water, alike = (Inventory(rationing=r, mpc=0.0).simulate(bare, drivers) for r in ("water_filling", "proportional"))
    others = np.arange(economy.F) != 0
    assert alike.unmet[0, 0, others].max() > 1e-3 and water.unmet[0, 0, others].max() < 1e-9
    assert water.unmet[0, 0, 0] > alike.unmet[0, 0, 0]


def test_who_offers_more_is_served_first(economy):
    drivers = shock(economy, -0.2)
    exports, rest = economy.users("exports"), np.arange(economy.F) < economy.F - 1
    model = Inventory(rationing="price", mpc=0.0)
    high = replace(model, bids={"exports": 1.5}).simulate(economy, drivers)
    low = replace(model, bids={"exports": 0.5}).simulate(economy, drivers)
    assert high.unmet[0, 0, exports].sum() < 1e-12 < low.unmet[0, 0, exports].sum()
    assert low.unmet[0, 0, rest].sum() < high.unmet[0, 0, rest].sum()


def test_equal_offers_share_in_proportion(economy):
    full = replace(economy, criticality=np.zeros_like(economy.criticality))  # then nobody overbids
    drivers = shock(full)
    price, alike = (Inventory(rationing=r).simulate(full, drivers) for r in ("price", "proportional"))
    assert gap(price, alike) < 1e-12


def test_buyers_turn_to_suppliers_that_keep_their_capacity(economy):
    drivers = shock(economy)
    rivals = (economy.sector == economy.sector[0]) & (np.arange(economy.n) > 0)
    roomy = replace(economy, headroom=np.full(economy.n, 1.0))
    fixed, slow, instant = (
        Inventory(mpc=0.0, overtime_time=0.0, **o).simulate(roomy, drivers).output[:, rivals].sum(axis=1)
        for o in ({}, {"origin": "capacity", "substitution_time": 60.0}, {"origin": "capacity"})
    )
    assert (instant[0] > 1.01 * slow[0]) and (slow[0] > 1.001 * fixed[0])
    assert slow[-1] == pytest.approx(instant[-1], rel=0.05)


def test_shares_of_origin_return_when_capacity_does(economy):
    once = np.array([1.0, 1, 0, 0, 0, 0])
    loss = -0.5 * (np.arange(economy.n) == 0)
    drivers = Drivers.calm(economy, HALF_YEAR).having("m:1", "capacity", once, loss)
    model = Inventory(origin="capacity", mpc=0.0, restocking_time=5.0, expectation_time=5.0, waits=0.0)
    ratio = model.simulate(economy, drivers).output / (economy.x / 12)
    assert abs(ratio[1, 0] - 1.0) > 0.2 and abs(ratio[-1, 0] - 1.0) < 0.02


def test_buyers_turn_to_imports_where_supply_falls_short_and_back_when_it_recovers(economy):
    once = np.array([1.0, 1, 0, 0, 0, 0])
    loss = -0.7 * (economy.sector == 0)
    roomy = replace(economy, headroom=np.full(economy.n, 0.5))  # so that what waits is soon made up for
    drivers = Drivers.calm(roomy, HALF_YEAR).having("m:1", "capacity", once, loss)
    imports, usual = (
        Inventory(mpc=0.0, overtime_time=0.0, import_elasticity=s, import_time=20.0)
        .simulate(roomy, drivers)
        .imports[:, 0]
        for s in (2.0, 0.0)
    )
    more = imports / usual - 1.0
    assert more[1] > more[0] > 0.01 and abs(more[-1]) < 0.1 * more[1]


def test_a_limit_on_imports_sends_buyers_home_and_caps_what_others_find_abroad(economy):
    roomy = replace(economy, headroom=np.full(economy.n, 0.5))
    limit = -0.5 * np.ones(economy.K)
    drivers = Drivers.calm(roomy, HALF_YEAR).having("m:1", "import_limit", ALWAYS, limit)
    plain = {"mpc": 0.0, "overtime_time": 0.0, "waits": 0.0}
    usual, turned = (
        Inventory(**plain, import_elasticity=s, import_time=0.0).simulate(roomy, drivers) for s in (0.0, 2.0)
    )
    assert turned.imports[-1].sum() < usual.imports[-1].sum() and turned.output[0].sum() > 1.01 * usual.output[0].sum()
    assert turned.unmet[-1].sum() < usual.unmet[-1].sum()


def test_what_is_not_imported_has_no_substitute_abroad(economy):
    closed = replace(
        economy,
        use_domestic=economy.use_domestic + economy.use_imported,
        use_imported=np.zeros_like(economy.use_imported),
        final_domestic=economy.final_domestic + economy.final_imported,
        final_imported=np.zeros_like(economy.final_imported),
    )
    drivers = shock(closed)
    usual, turned = (Inventory(import_elasticity=s, storage="dense").simulate(closed, drivers) for s in (0.0, 3.0))
    assert gap(usual, turned, ("output", "final", "stocks")) < 1e-12 and not turned.imports.any()
