"""Rationed energy, slow freight, a supplier that fails; campaigns, caps and safeguards that move nothing."""

from __future__ import annotations

import numpy as np
import pytest

from simcore.calendar import Calendar
from simcore.models.inventory import Inventory

from .helpers import RUN, china, entry

WINTER = Calendar.between("2022-12", "2023-06")


def test_heavy_users_are_cut_first_and_the_protected_never():
    economy = china()
    left = entry("energy_rationing").drivers(economy, WINTER).dense("capacity")[0]
    west, codes = economy.region == economy.regions.index("west"), np.array(economy.sectors.codes)[economy.sector]
    first, protected = np.isin(codes, ["C26", "C30", "C31", "C32"]), np.isin(codes, ["C13", "C27", "D44"])
    assert (left[~west] == 1.0).all() and (left[west & protected] == 1.0).all()
    assert (left[west & first] < 1.0).all()
    small = entry("energy_rationing", shortage=0.02).drivers(economy, WINTER).dense("capacity")[0]
    assert (small[west & ~first] == 1.0).all()  # heavy users alone suffice


def test_what_is_cut_is_what_is_missing():
    economy = china()
    shock = entry("energy_rationing", self_generation=0.0)
    lost = 1.0 - shock.drivers(economy, WINTER).dense("capacity")[0]
    power, west = economy.sectors.index("D44"), economy.regions.index("west")
    use = economy.use_domestic[power] + economy.use_imported[power]
    final = (economy.final_domestic + economy.final_imported)[power]
    total = use[economy.region == west].sum() + final[economy.user_region == west].sum()
    assert use @ lost == pytest.approx(0.7 * 0.10 * total, rel=1e-12)


def test_a_shortage_lowers_output_by_about_what_is_cut():
    output = Inventory().simulate(china(), entry("energy_rationing").drivers(china(), WINTER)).output
    base = china().x.sum() / 12.0
    assert 0.90 * base < output[0].sum() < 0.99 * base
    assert abs(output[-1].sum() / base - 1.0) < 0.01  # four months after it is over


def test_a_delay_is_one_shift_of_arrivals_and_not_a_lasting_loss():
    shock = entry("transport_delay")
    late = shock.late(WINTER)
    assert late[0] == pytest.approx(4.0 / 31.0) and not late[1:].any()
    weeks = Calendar.between("2022-W48", "2023-W10")
    longer = entry("transport_delay", extra_days=10.0).late(weeks)
    np.testing.assert_allclose(longer[longer > 0], [1.0, 3.0 / 7.0])  # a week's flow, and what is left of it next week
    output = Inventory().simulate(china(), shock.drivers(china(), WINTER)).output.sum(axis=1)
    base = china().x.sum() / 12.0
    assert 0.95 * base < output[0] < base  # where stocks do not last four days
    assert abs(output[-1] / base - 1.0) < 5e-3 and abs(output.sum() / (7.0 * base) - 1.0) < 5e-3


def test_what_goes_into_the_pipeline_comes_out_of_it():
    shock = entry("transport_delay")
    long = Calendar.between("2022-11", "2024-12")
    path = shock.drivers(china(), long).dense("stock_release").sum(axis=1)
    assert path.sum() == pytest.approx(0.0, abs=1e-3 * np.abs(path).max()) and path[1] < 0.0 < path[3]
    goods = np.flatnonzero(~china().is_hauled)
    assert not shock.drivers(china(), long).dense("stock_release")[:, np.isin(china().sector, goods)].any()
    shelves = shock.drivers(china(), long).dense("stock_cover")
    assert 0.0 <= shelves.min() < 1.0 and shelves.max() == 1.0


def test_delays_reach_routes_that_touch_the_region_only():
    economy = china()
    passes = entry("transport_delay").drivers(economy, WINTER).dense("passage")[0]
    east, north = economy.regions.index("east"), economy.regions.index("northeast")
    assert passes[east, economy.pool[economy.region == east][0]] == 1.0
    assert passes[north, economy.pool[economy.region == east][0]] == 1.0
    assert passes[economy.regions.index("west"), economy.pool[economy.region == east][0]] < 1.0


def test_others_learn_to_make_what_a_lost_supplier_made():
    out = entry("supplier_loss").out(RUN)
    assert out[0] == 0.0 and 0.45 < out[1] < 0.5
    assert out[7] == pytest.approx(out[1] * np.exp(-1.0), rel=0.02)  # six months later
    left = entry("supplier_loss").drivers(china(), RUN).dense("capacity")
    assert left.min() == pytest.approx(1.0 - 0.1 * out[1])


@pytest.mark.parametrize("kind", ["announcement", "target", "warning", "responsible", "price_cap"])
def test_what_has_no_money_behind_it_drives_nothing(kind):
    assert entry(kind).drivers(china(), RUN).terms == ()


def test_somebody_may_suppose_that_a_campaign_works():
    believed = entry("announcement", response=0.001).drivers(china(), RUN).dense("demand")
    bought = china().users("households")
    yearly = (china().final_domestic + china().final_imported)[:, bought].sum(axis=1)
    chosen = list(china().sectors.expand("consumer_goods"))
    assert believed[1].sum() == pytest.approx(0.001 * yearly[chosen].sum() / 12.0, rel=1e-9)
    with pytest.raises(ValueError, match=r"outside 0 % \.\. 1 %"):
        entry("announcement", response=0.02)


def test_a_cap_moves_profit_and_for_a_model_with_prices_the_sellers_price():
    cap = entry("price_cap")
    account = cap.account(china(), RUN)
    assert account.announced > 0.0 and account.uses["gained by buyers, lost by sellers"] == account.announced
    cost = entry("price_cap", in_prices=True).drivers(china(), RUN).dense("cost")[0]
    coal = china().sector == china().sectors.index("B06")
    np.testing.assert_allclose(cost, np.where(coal, -0.2 * 0.3, 0.0))


def test_a_target_has_a_bound_and_bounds_in_order():
    with pytest.raises(ValueError, match="at_least"):
        entry("target", at_least=None, at_most=None)
    with pytest.raises(ValueError, match="above at_most"):
        entry("target", at_least=7.0)


def test_a_quota_adds_capacity_that_demand_does_not_ask_for():
    quota = entry("supply_guarantee", extra_capacity=0.05, floor=0.0)
    drivers = quota.drivers(china(), Calendar.between("2022-04", "2022-06"))
    assert drivers.channels == {"capacity"} and drivers.dense("capacity").max() == pytest.approx(1.05)
    output = Inventory().simulate(china(), drivers).output
    np.testing.assert_array_equal(output, np.broadcast_to(china().x / 12.0, output.shape))
