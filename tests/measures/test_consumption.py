"""The car tax: what it adds, what it only moves, who pays."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simcore.calendar import Calendar

from .helpers import RUN, china, entry, small

WHOLE = Calendar.between("2022-01", "2027-12")
EARLY = Calendar.between("2022-06", "2023-02")


def car_tax(**changes):
    return entry("consumption_tax", product="C36a", **changes)


@given(st.floats(0.0, 1.0), st.floats(30.0, 600.0), st.floats(-2.0, -0.5))
@settings(max_examples=40, deadline=None)
def test_payback_integrates_to_what_was_pulled_forward(share, payback, elasticity):
    tax = car_tax(pull_forward={"share": share, "payback": payback}, demand_elasticity=elasticity)
    for calendar in (RUN, EARLY, WHOLE):
        sales = tax.sales(china(), calendar)
        assert sales.missed.sum() + sales.still_missed == pytest.approx(sales.early.sum(), abs=1e-12)
    assert tax.sales(china(), WHOLE).still_missed == pytest.approx(0.0, abs=1e-12)


def test_what_is_printed_as_missed_after_the_run_is_what_a_longer_run_shows():
    tax = car_tax()
    longer = Calendar.between("2022-06", "2026-12")
    short, full = tax.sales(china(), EARLY), tax.sales(china(), longer)
    assert short.still_missed > 1.0
    assert full.missed[EARLY.periods :].sum() == pytest.approx(short.still_missed, abs=1e-12)
    account = tax.account(china(), EARLY)
    assert account.moved["missed after the run"] == short.still_missed


@given(st.floats(0.05, 0.75))
@settings(max_examples=20, deadline=None)
def test_the_share_pulled_forward_is_a_share_of_all_extra_sales(share):
    sales = car_tax(pull_forward={"share": share, "payback": 200.0}).sales(china(), WHOLE)
    early, permanent = sales.early.sum(), sales.permanent.sum()
    assert early / (early + permanent) == pytest.approx(share, rel=1e-9)


def test_with_all_of_it_only_earlier_nothing_is_permanent_and_the_size_stays_finite():
    sizes = []
    for share in (0.9, 0.99, 0.999999, 1.0):
        sales = car_tax(pull_forward={"share": share, "payback": 200.0}).sales(china(), WHOLE)
        early, permanent = sales.early.sum(), sales.permanent.sum()
        assert early / (early + permanent) == pytest.approx(share, rel=1e-9)
        sizes.append(early)
    assert permanent == 0.0
    np.testing.assert_allclose(sizes, sizes[-1], rtol=1e-9)


def test_advances_rise_towards_the_end():
    early = car_tax().sales(china(), WHOLE).early[5:12]
    assert (np.diff(early) > 0).all() and early[-1] > 8 * early[0]


def test_the_price_falls_by_what_is_passed_on_over_the_price_with_vat_and_tax():
    assert car_tax().price_change == pytest.approx(-0.85 * 0.05 / 1.23)


def test_tax_is_forgone_on_all_covered_sales():
    tax = car_tax()
    sales, (forgone, back) = tax.sales(china(), RUN), tax.cost(china(), RUN)
    np.testing.assert_allclose(forgone.path, 0.05 * (sales.covered + sales.permanent + sales.early))
    assert sales.covered.sum() > 5 * (sales.permanent.sum() + sales.early.sum())
    # Over all time the state loses the cut on what would have been sold, and gains the new rate on the rest.
    whole, (lost, won) = tax.sales(china(), WHOLE), tax.cost(china(), WHOLE)
    net = lost.path.sum() - won.path.sum() - won.after
    expected = 0.05 * (whole.covered.sum() + whole.early.sum()) - 0.05 * whole.permanent.sum()
    assert net == pytest.approx(expected, abs=1e-9)
    assert back.kind == "revenue"


def test_relief_in_summer_2022_is_near_the_published_7_to_8_bn_a_month():
    june = Calendar.between("2022-06", "2022-08")
    forgone = car_tax(covered_sales=141.0).cost(china(), june)[0].path
    assert forgone.sum() == pytest.approx(23.04, rel=0.05)


def test_without_a_figure_for_sales_coverage_of_household_purchases_stands_for_it():
    economy = small()
    tax = entry("consumption_tax", product="C36a", covered_sales=None)
    assert tax.yearly_sales(economy) == pytest.approx(0.51 * 40.0 * 1.02)
    east = entry("consumption_tax", product="C36a", covered_sales=None, target={"region": {"any": ["east"]}})
    assert east.yearly_sales(economy) == pytest.approx(0.51 * 20.0 * 1.02)


def test_goods_and_dealers_share_the_value_and_prices_are_taken_out():
    economy, tax = small(), entry("consumption_tax", product="C36a", covered_sales=1.0, displaced=0.0)
    sales, drivers = tax.sales(economy, RUN), tax.drivers(economy, RUN)
    demand = drivers.dense("demand")
    np.testing.assert_allclose(demand[:, 0].sum(axis=1) * 1.02, 0.92 * sales.extra, atol=1e-15)
    np.testing.assert_allclose(demand[:, 1].sum(axis=1) * 1.05, 0.08 * sales.extra, atol=1e-15)
    assert not demand[:, 2].any()


def test_other_goods_lose_the_displaced_share_of_the_outlay_in_the_end():
    economy = small()
    tax = entry("consumption_tax", product="C36a", covered_sales=1.0)
    calendar = Calendar.between("2022-01", "2027-12")
    lost = next(t for t in tax.drivers(economy, calendar).terms if t.id.endswith("displaced"))
    money = (lost.dense().sum(axis=2) * economy.price_index).sum()
    paid = tax.sales(economy, calendar).extra.sum() * 1.23 * (1.0 + tax.price_change)
    assert money == pytest.approx(-0.5 * paid, rel=1e-12)
    assert not lost.dense()[:, 0].any()  # cars themselves are not displaced


def test_dealers_stock_delays_factories_and_loses_nothing():
    economy, calendar = small(), Calendar.between("2022-01", "2027-12")
    at_once, later = (
        entry("consumption_tax", product="C36a", covered_sales=1.0, dealer_stock=days)
        .drivers(economy, calendar)
        .dense("demand")[:, 0]
        .sum(axis=1)
        for days in (0.0, 45.0)
    )
    assert later.sum() == pytest.approx(at_once.sum(), abs=1e-9)
    assert later.max() < at_once.max() and later[12] > at_once[12]


def test_buyers_keep_the_tax_saved_on_sales_that_would_have_been_made():
    tax = car_tax()
    income = tax.drivers(china(), RUN).dense("income").sum(axis=1)
    sales = tax.sales(china(), RUN)
    from simcore.measures.purchases import consumer_price

    saved = 0.85 * 0.05 * (sales.covered + sales.early) / consumer_price(china())
    np.testing.assert_allclose(income, saved, rtol=1e-12)


def test_vouchers_repay_what_they_moved_and_no_budget_moves_nothing():
    for share in (0.0, 0.5, 1.0):
        vouchers = entry("consumer_subsidy", pull_forward={"share": share, "payback": 120.0})
        extra, missed = vouchers.bought(Calendar.between("2022-11", "2025-12"))
        assert missed.sum() == pytest.approx(share * extra.sum(), abs=1e-12)
    none = entry("consumer_subsidy", amount=0.0).account(china(), RUN)
    assert none.induced == 0.0 and not any(none.uses.values())
