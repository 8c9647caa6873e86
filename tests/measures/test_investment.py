"""Equipment credit and public projects: from a ceiling to deliveries, capacity and cost."""

from __future__ import annotations

import numpy as np
import pytest

from simcore.calendar import Calendar

from .helpers import RUN, china, entry, small

LONG = Calendar.between("2022-09", "2032-12")


def relending(**changes):
    return entry("investment_support", **changes)


def test_a_quota_is_a_ceiling():
    flows = relending().flows(LONG)
    assert flows.drawn.sum() == pytest.approx(200.0 * 0.6)
    assert flows.delivered.sum() == pytest.approx(200.0 * 0.6 * 0.3 * 1.4)


def test_volume_of_the_delivery_is_money_less_vat_at_base_year_prices():
    drivers = relending().drivers(china(), LONG)
    net = relending().flows(LONG)
    money = np.einsum("tkf,k->t", drivers.dense("demand"), china().price_index)
    np.testing.assert_allclose(money, (net.delivered - net.repaid) / (1.0 + 0.13 * 0.9), rtol=1e-12, atol=1e-12)


def test_earlier_orders_are_missed_later_to_the_last_yuan():
    flows = relending().flows(LONG)
    assert flows.repaid.sum() == pytest.approx(0.3 * flows.delivered.sum(), abs=1e-12)
    net = flows.delivered - flows.repaid
    assert (net[15:24] < 0).all()
    account = relending().account(china(), RUN)
    assert sum(account.moved.values()) == pytest.approx(relending().flows(RUN).moved, abs=1e-12)


def test_nothing_is_delivered_before_the_first_delivery_time():
    delivered = relending().flows(LONG).delivered
    assert not delivered[:3].any() and delivered[4] > 0


def test_capacity_comes_only_after_gestation():
    whole = relending(pull_forward={"share": 0.0, "payback": 100.0}).drivers(china(), LONG)
    capital = whole.dense("capital").sum(axis=1)
    delivered = relending().flows(LONG).delivered
    first = int(np.flatnonzero(delivered)[0])
    assert not capital[:first].any()
    assert capital[first] < 0.001 * capital.max()
    assert capital[first + 1] < 0.01 * capital.max()
    assert capital[first + 13] > 0.4 * capital.max()


def test_capacity_is_stated_as_yearly_output_of_industry_net_of_replacement():
    measure = relending(pull_forward={"share": 0.0, "payback": 100.0}, life=1e13)
    weights = measure.target.weights(china())
    drivers = measure.drivers(china(), Calendar.between("2022-09", "2040-12"))
    gained = drivers.dense("capital")[-1]
    real = drivers.dense("demand").sum()
    value_added = (gained * china().value_added_share).sum()
    industrial = weights[china().is_industry].sum()
    assert 0.1 < industrial < 1.0
    assert value_added == pytest.approx(0.3 * real * industrial / 1.8, rel=1e-6)
    assert not gained[~china().is_industry].any()
    assert relending(replacement=1.0).drivers(china(), LONG).dense("capital") is None


def test_replaced_equipment_saves_energy_and_materials_only():
    factor = relending().drivers(china(), LONG).dense("coefficient")
    products = np.array(china().sectors.codes)
    touched = (factor != 1.0).any(axis=(0, 2))
    assert set(products[touched]) <= set(china().sectors.groups["energy"]) | set(
        china().sectors.groups["raw_materials"]
    )
    assert touched.any() and factor.min() > 0.999 and factor.max() <= 1.0


def test_interest_is_paid_for_two_years_and_the_principal_never():
    measure = relending()
    interest, refunding, losses = measure.cost(china(), LONG)
    assert interest.path.sum() == pytest.approx(0.025 * 2.0 * 120.0, rel=1e-6)
    assert interest.after == pytest.approx(0.0, abs=1e-9)
    assert (interest.kind, refunding.kind, losses.kind) == ("gross", "quasi_fiscal", "contingent")
    full = relending(take_up=1.0).cost(china(), LONG)[0]
    assert full.path.sum() == pytest.approx(10.0, rel=1e-6)  # 200 bn, 2.5 pp, two years
    short = measure.cost(china(), RUN)[0]
    # Loans drawn before the run belong to both paths.
    inside = measure.flows(RUN).drawn.sum()
    assert short.path.sum() + short.after == pytest.approx(0.05 * inside)


def test_trade_and_transport_take_their_margins_and_building_its_part():
    basket = relending(spend_on={"C35": 1.0}).basket(china()) * china().price_index * 1.117
    codes = china().sectors.codes
    assert basket[codes.index("E")] == pytest.approx(0.15)
    assert basket[codes.index("F")] == pytest.approx(0.85 * 0.087)
    assert basket[codes.index("G")] == pytest.approx(0.85 * 0.035)
    assert basket.sum() == pytest.approx(1.0)


def test_an_economy_without_those_sectors_keeps_the_margins_with_the_product():
    economy = small()
    basket = relending(spend_on={"C36a": 1.0}, target={}).basket(economy) * economy.price_index * 1.117
    np.testing.assert_allclose(basket, [0.85 * (1 - 0.087), 0.85 * 0.087, 0.15])


def test_work_of_a_year_is_the_fund_times_its_ratio_and_the_shift_adds_up_to_zero():
    projects = entry("project_finance", winter=None)
    done, missed = projects.work(Calendar.between("2022-11", "2025-12"))
    assert done.sum() == pytest.approx(300.0 * 0.5, rel=1e-12)
    assert missed.sum() == pytest.approx(0.3 * done.sum(), abs=1e-12)
    only_moved = entry("project_finance", shift={"share": 1.0, "start": "2023-11", "length": 300.0})
    drivers = only_moved.drivers(china(), Calendar.between("2022-11", "2025-12"))
    assert drivers.dense("demand").sum() == pytest.approx(0.0, abs=1e-9)


def test_winter_moves_work_of_cold_regions_and_loses_none():
    calendar = Calendar.between("2022-11", "2023-10")
    warm, cold = (entry("project_finance").pace(calendar, c) for c in (False, True))
    assert cold.sum() == pytest.approx(warm.sum(), rel=1e-12)
    assert cold[2] < 0.6 * warm[2] and cold[6] > warm[6]
    regions = china().user_region
    demand = entry("project_finance").drivers(china(), calendar).dense("demand").sum(axis=1)
    north = demand[:, regions == china().regions.index("northeast")].sum(axis=1)
    east = demand[:, regions == china().regions.index("east")].sum(axis=1)
    assert north[2] / north[7] < 0.6 * east[2] / east[7]
