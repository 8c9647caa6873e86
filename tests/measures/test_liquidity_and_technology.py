"""Cash that is given back, and gains that take years."""

from __future__ import annotations

import numpy as np
import pytest

from simcore.calendar import Calendar
from simcore.models.inventory import Inventory

from .helpers import RUN, china, entry

LONG = Calendar.between("2022-11", "2027-12")


def money(measure, calendar=LONG):
    demand = measure.drivers(china(), calendar).dense("demand")
    return np.einsum("tkf,k->t", demand, china().price_index)


@pytest.mark.parametrize("form", ["deferral", "credit", "arrears"])
def test_what_is_due_turns_round_to_the_last_yuan(form):
    cash = entry("liquidity_support", form=form)
    drivers = cash.drivers(china(), LONG)
    assert drivers.dense("demand").sum() == pytest.approx(0.0, abs=1e-9)
    assert drivers.dense("income").sum() == pytest.approx(0.0, abs=1e-9)
    assert drivers.dense("income")[:2].sum() > 0.0 > drivers.dense("income")[4:6].sum()


def test_constrained_firms_spend_and_pay_out_their_part():
    cash = entry("liquidity_support", form="credit")
    first = money(cash)[:2].sum()
    assert first == pytest.approx(0.3 * 0.2 * 100.0)
    used = cash.account(china(), LONG).uses["paid out or spent by firms"]
    assert used == pytest.approx(0.3 * (0.2 + 0.1) * 100.0)


def test_arrears_count_the_difference_of_two_responses():
    arrears = money(entry("liquidity_support", form="arrears"))[:2].sum()
    assert arrears == pytest.approx((0.3 * 0.2 - 0.1) * 100.0)


def test_a_levy_that_is_cut_is_paid_for_and_never_given_back():
    levy = entry("liquidity_support", form="levy")
    assert money(levy).sum() == pytest.approx(0.2 * 100.0)
    (line,) = levy.cost(china(), LONG)
    assert line.kind == "forgone" and line.path.sum() == pytest.approx(100.0)


def test_a_deferral_costs_interest_and_what_is_never_paid_but_not_the_tax():
    late, interest, lost = entry("liquidity_support").cost(china(), LONG)
    assert late.path.sum() == pytest.approx(0.0, abs=1e-9) and late.path[0] > 0.0
    assert interest.path.sum() + interest.after == pytest.approx(100.0 * 0.025 * 4.0 / 12.0)
    assert interest.path.sum() == pytest.approx(interest.path.sum() + interest.after, rel=0.02)
    assert lost.kind == "contingent" and lost.path.sum() == pytest.approx(2.0)


def test_firms_that_stay_help_only_where_capacity_binds():
    kept = entry("liquidity_support").drivers(china(), RUN).dense("capacity")
    assert kept.max() > 1.0 and kept.min() == 1.0
    only = entry("liquidity_support", payroll=0.0, stocks=0.0).drivers(china(), Calendar.between("2022-11", "2022-12"))
    assert only.channels == {"capacity"}
    output = Inventory().simulate(china(), only).output
    np.testing.assert_array_equal(output, np.broadcast_to(china().x / 12.0, output.shape))


@pytest.mark.parametrize("kind", ["technology_programme", "cluster"])
def test_productivity_is_never_at_once(kind):
    gain = entry(kind).drivers(china(), LONG).dense("productivity").max(axis=1) - 1.0
    assert gain[:6].max() < 0.02 * gain[-1] and np.all(np.diff(gain) >= 0.0) and gain[-1] > 0.0


def test_adopters_are_what_investment_buys():
    programme = entry("technology_programme")
    value = china().x * china().price_index[china().sector]
    assert programme.adopters(china()) @ value == pytest.approx(1.0 / 0.03)
    wanted = 10.0 * 0.3 * 3.0  # additional part of the grants, with two yuan of own funds on each
    assert programme.delivered(LONG).sum() == pytest.approx(wanted)
    better = programme.drivers(china(), LONG).dense("productivity")[-1] - 1.0
    assert better @ value < 0.02 * wanted / 0.03  # the gain of all adopters, not yet complete
    assert better @ value > 0.8 * 0.02 * wanted / 0.03


def test_in_a_year_new_drivers_are_demand():
    for kind in ("technology_programme", "cluster"):
        drivers = entry(kind).drivers(china(), RUN)
        better = drivers.dense("productivity").max() - 1.0
        assert drivers.dense("demand").sum() > 0.0 and better < 5e-5


def test_earlier_investment_is_missed_later():
    sooner = entry("investment_bring_forward")
    made, missed = sooner.flows(china(), LONG)
    assert missed.sum() == pytest.approx(0.5 * made.sum())
    assert made.sum() == pytest.approx(0.5 * 0.02 * sooner.usual(china()))
    (line,) = sooner.cost(china(), LONG)
    assert line.kind == "quasi_fiscal" and line.path.sum() == pytest.approx(0.03 * 0.5 * made.sum(), rel=1e-3)
    assert line.after == pytest.approx(0.0, abs=1e-3)


def test_insurance_of_first_machines_pays_premiums_on_all_contracts():
    insured = entry("equipment_insurance")
    (line,) = insured.cost(china(), RUN)
    assert line.path.sum() == pytest.approx(0.03 * 0.8 * insured.insured(RUN).sum())
    assert insured.rise == pytest.approx(2.0 * 0.03 * 0.8 + 0.05)
    gross = money(entry("equipment_insurance", displaced=0.0)).sum()
    assert money(insured).sum() == pytest.approx(0.5 * gross) and gross > 0.0


def test_a_government_fund_bears_its_own_losses():
    fund = entry("investment_support", financing={"kind": "equity", "rate": 0.025, "years": 3.0})
    lines = {line.kind: line for line in fund.cost(china(), LONG)}
    assert set(lines) == {"quasi_fiscal", "contingent"} and lines["contingent"].payer == fund.payer
