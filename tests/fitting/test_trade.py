"""Methods of trade between regions: all keep the national sums; each says what its literature says."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simcore.errors import TableError
from simcore.fitting.regional_options import Decay, FinalUse, Regional
from simcore.fitting.trade import METHODS, Markets, estimate_trade, heterogeneity

GIVEN = {"chenery_moses", "table"}  # say what they are told


def options(**changed) -> Regional:
    use = FinalUse(households="gdp", government="gdp", investment="gdp", inventories="gdp")
    plain = {
        "broad": {}, "products": {}, "use": use, "export_cap": 0.9, "flq_delta": 0.3, "local": ("S",),
        "decay": Decay(goods=1.0, services=1.5, local=2.5), "strong_decay": Decay(goods=2.0, services=2.5, local=3.5),
    }  # fmt: skip
    return Regional(**(plain | changed))


def markets(seed: int, K: int, R: int, empty: float = 0.2) -> Markets:
    """A random economy of K products in R regions; some products are made in some regions only."""
    rng = np.random.default_rng(seed)
    share = rng.dirichlet(np.full(R, 0.7), K) * (rng.random((K, R)) > empty)
    share[:, 0] += 0.01  # somewhere
    share /= share.sum(axis=1, keepdims=True)
    use = rng.uniform(0, 1, (K, K)) * (rng.random((K, K)) > 0.4)
    final = rng.uniform(0.1, 2, K)[:, None] * rng.dirichlet(np.full(R, 2.0), K)
    exports = rng.uniform(0, 0.3, K)
    x = use.sum(axis=1) + final.sum(axis=1) + exports
    place = rng.uniform(0, 1000, (R, 2))
    km = np.sqrt(((place[:, None] - place) ** 2).sum(axis=2))
    np.fill_diagonal(km, np.inf)
    np.fill_diagonal(km, 0.5 * km.min(axis=1))
    flows = rng.uniform(0.01, 1, (K, R, R))
    codes = (*(f"C{k}" for k in range(K - 2)), "F", "S")
    return Markets(
        codes, x[:, None] * share, (x - exports)[:, None] * share, use[:, :, None] * share, final,
        np.column_stack([exports, rng.uniform(0, 0.3, K)]), km, np.eye(R), {codes[0]: flows[0]}, flows,
    )  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.integers(3, 6), st.integers(2, 7), st.sampled_from(sorted(METHODS)))
def test_no_method_moves_what_regions_ship_and_buy(seed, K, R, name):
    known = markets(seed, K, R)
    found = estimate_trade(known, options(shipments="s", flq_delta=0.25), name)
    scale = known.supply.max()
    np.testing.assert_allclose(found.flows.sum(axis=2), known.supply, rtol=1e-9, atol=1e-11 * scale)
    np.testing.assert_allclose(found.flows.sum(axis=1), known.demand, rtol=1e-9, atol=1e-11 * scale)
    np.testing.assert_allclose(found.flows.sum(axis=(1, 2)), known.supply.sum(axis=1), rtol=1e-10)
    assert (found.flows >= 0).all()
    assert found.worst <= 1e-12


def test_without_distance_everybody_has_the_same_origins():
    known = markets(1, 5, 4)
    flows = estimate_trade(known, options(), "no_distance").flows
    origins = flows / flows.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(origins, np.repeat(origins[:, :, :1], 4, axis=2), rtol=1e-10)


def test_stronger_decay_keeps_more_at_home():
    known = markets(2, 5, 6)
    kept = [
        np.nansum(estimate_trade(known, options(decay=Decay(goods=d, services=d, local=d)), "gravity").own)
        for d in (0.5, 1.0, 2.0, 4.0)
    ]
    assert kept == sorted(kept)


def test_a_higher_delta_of_flegg_lets_more_in():
    known = markets(3, 6, 5)
    stated = [np.nansum(estimate_trade(known, options(flq_delta=d), "flq").own_prior) for d in (0.0, 0.2, 0.3, 0.4)]
    assert stated == sorted(stated, reverse=True)
    assert stated[0] > stated[-1] + 0.1


def test_flegg_without_size_is_the_cross_industry_quotient():
    known = markets(4, 6, 3, empty=0.0)
    one, other = (estimate_trade(known, options(flq_delta=0.0), name).own_prior for name in ("flq", "cilq"))
    np.testing.assert_allclose(one, other, rtol=1e-12)


def test_own_shares_by_the_simple_quotient_are_those_of_a_hand_calculation():
    # Two regions of equal size; product 1 is made to 3/4 in the first: quotients 1.5 and 0.5.
    share = np.array([[0.75, 0.25], [0.25, 0.75], [0.5, 0.5]])
    x, R = np.array([4.0, 4.0, 4.0]), 2
    use = np.full((3, 3), 1.0)
    known = Markets(
        ("C1", "C2", "S"), x[:, None] * share, x[:, None] * share, use[:, :, None] * share, np.full((3, R), 0.5),
        np.zeros((3, 2)), np.array([[1.0, 9.0], [9.0, 1.0]]), np.eye(R), {}, None,
    )  # fmt: skip
    own = estimate_trade(known, options(), "slq").own_prior
    np.testing.assert_allclose(own, [[0.99, 0.5], [0.5, 0.99], [0.99, 0.99]], rtol=1e-12)


def test_cross_hauling_is_net_trade_plus_the_stated_share_of_supply_and_demand():
    known = markets(5, 5, 4, empty=0.0)
    for h in (0.0, 0.1):
        found = estimate_trade(known, options(heterogeneity=h), "cross_hauling")
        s, d = known.supply, known.demand
        wanted = np.minimum(s, d) - np.minimum(h * (s + d) / 2, np.minimum(s, d))
        prior_own = found.own_prior * (found.flows.sum(axis=1) * 0 + d)
        np.testing.assert_allclose(prior_own, wanted, rtol=1e-6, atol=1e-8)


def test_heterogeneity_is_that_of_foreign_trade_unless_stated():
    known = markets(6, 5, 4)
    found = heterogeneity(known, options())
    e, m = known.foreign.T
    use = known.demand.sum(axis=1) + m
    np.testing.assert_allclose(found, 2 * np.minimum(e, m) / (known.output.sum(axis=1) + use), rtol=1e-12)
    assert (heterogeneity(known, options(heterogeneity=0.25)) == 0.25).all()


def test_given_shipments_decide_their_product_and_gravity_the_others():
    known = markets(7, 5, 4, empty=0.0)
    found, gravity = (estimate_trade(known, options(shipments="s"), n) for n in ("chenery_moses", "gravity"))
    assert np.abs(found.flows[0] - gravity.flows[0]).max() > 1e-3
    np.testing.assert_array_equal(found.flows[1:], gravity.flows[1:])


def test_shipments_that_already_fit_come_back():
    known = markets(8, 5, 4, empty=0.0)
    first = estimate_trade(known, options(), "gravity").flows
    again = known._replace(shipments={c: f for c, f in zip(known.codes, first, strict=True)})
    found = estimate_trade(again, options(shipments="s"), "chenery_moses")
    np.testing.assert_allclose(found.flows, first, rtol=1e-9)
    assert found.iterations <= 2


def test_shipments_that_contradict_the_totals_are_refused_with_the_product():
    known = markets(9, 5, 3, empty=0.0)
    only_at_home = {known.codes[0]: np.eye(3)}
    with pytest.raises(TableError, match=r"trade in C0 by chenery_moses: rows \[0\] need .* too little"):
        estimate_trade(known._replace(shipments=only_at_home), options(shipments="s"), "chenery_moses")


def test_an_unknown_method_is_refused_with_those_that_there_are():
    with pytest.raises(TableError, match="unknown method 'radiation'; there is aflq"):
        estimate_trade(markets(1, 4, 2), options(), "radiation")


def test_products_for_which_ras_alone_is_too_slow_are_named_and_met():
    known = markets(2, 5, 3, empty=0.4)
    found = estimate_trade(known, options(most_own=0.9999999), "slq")
    assert found.by_newton
    assert found.worst <= 1e-13
    np.testing.assert_allclose(found.flows.sum(axis=1), known.demand, rtol=1e-10)
