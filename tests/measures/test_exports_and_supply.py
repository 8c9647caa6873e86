"""Export support and guarantees of supply."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from simcore.calendar import Calendar
from simcore.drivers import Drivers
from simcore.measures.exports import ExportSupport, exports_reached
from simcore.models.inventory import Inventory

from .helpers import RUN, china, entry, small

PULSE = {"kind": "pulse", "start": "2022-11", "end": "2023-12"}


def support(**fields):
    return ExportSupport(id="e", profile=PULSE, **fields)


def test_each_instrument_names_the_field_it_lacks():
    with pytest.raises(ValueError, match="rebate_change"):
        support(instrument="rebate")
    with pytest.raises(ValueError, match="amount"):
        support(instrument="credit")


def test_one_point_of_rebate_moves_exports_by_the_price_elasticity_on_the_eligible_share():
    rebate = support(instrument="rebate", rebate_change=0.01)
    assert rebate.rise(china()) == pytest.approx(0.65 * ((1.0 - 0.005) ** -0.65 - 1.0))
    assert support(instrument="rebate", rebate_change=0.01, response=7.0).rise(china()) == pytest.approx(0.65 * 0.07)


def test_rebates_are_paid_on_existing_exports_which_dominate_the_cost():
    rebate = support(instrument="rebate", rebate_change=0.01)
    account = rebate.account(china(), RUN)
    assert account.uses["additional exports"] < 0.01 * account.announced
    assert account.announced == pytest.approx(rebate.cost(china(), RUN)[0].path.sum())


def test_shipments_follow_orders_by_one_to_three_months():
    demand = entry("export_support").drivers(china(), RUN).dense("demand").sum(axis=(1, 2))
    assert demand[0] == 0.0 and demand[2] > 0.0
    at_once = support(instrument="insurance", cover_increase=0.05, lag_from=0.0, lag_to=0.0)
    month = at_once.drivers(small(), RUN).dense("demand").sum(axis=(1, 2))
    np.testing.assert_allclose(month, 0.175 * 0.23 * np.log(1.05) * 20.0 / 12.0)


def test_faster_rebates_are_a_float_once_and_near_nothing_in_exports():
    speed = support(instrument="speed", annual_rebate=1700.0, days_saved=3.0)
    deferred, interest = speed.cost(china(), RUN)
    assert deferred.path.sum() == pytest.approx(1700.0 * 3.0 / 365.0)
    assert deferred.path.sum() + deferred.after == pytest.approx(0.0)
    assert interest.path.sum() < 0.5
    assert 0.0 < speed.rise(china()) < 1e-4


def test_the_target_reaches_the_exports_of_its_own_activities_only():
    economy = china()
    everyone = exports_reached(economy, support(instrument="insurance", cover_increase=0.1).target)
    east = support(instrument="insurance", cover_increase=0.1, target={"region": {"any": ["east"]}}).target
    inland = support(instrument="insurance", cover_increase=0.1, target={"region": {"any": ["inland"]}}).target
    np.testing.assert_allclose(exports_reached(economy, east) + exports_reached(economy, inland), everyone, atol=1e-9)


def test_credit_turns_into_exports_only_as_far_as_it_is_additional():
    credit = support(instrument="credit", amount=80.0)
    demand = credit.drivers(china(), Calendar.between("2022-11", "2024-12")).dense("demand")
    money = np.einsum("tkf,k->", demand, china().price_index)
    assert money == pytest.approx(0.2 * 80.0, rel=1e-12)


def test_a_guarantee_is_a_floor_and_nothing_else():
    drivers = entry("supply_guarantee").drivers(china(), Calendar.between("2022-01", "2022-12"))
    assert drivers.channels == {"floor", "listed"}
    assert drivers.dense("floor").max() == pytest.approx(0.5)
    assert drivers.dense("listed").max() == pytest.approx(0.8)
    two = drivers & entry("supply_guarantee", floor=0.7).drivers(china(), drivers.calendar)
    assert two.dense("floor").max() == pytest.approx(0.7)  # the highest floor holds, they do not add
    assert two.dense("listed").max() == pytest.approx(0.8)
    first = entry("supply_guarantee", priority=2).drivers(china(), drivers.calendar).dense("priority")
    assert set(np.unique(first)) == {0.0, 2.0}


@pytest.mark.parametrize(("left", "kept"), [(0.9, 0.9), (0.5, 0.5), (0.4, 0.48), (0.1, 0.42)])
def test_listed_enterprises_keep_their_floor_and_the_others_lose_as_without_it(left, kept):
    economy, calendar = small(), Calendar.between("2022-04", "2022-06")
    # Capacity alone binds: no critical inputs, no overtime.
    economy = replace(economy, criticality=np.zeros_like(economy.criticality), headroom=np.zeros(economy.n))
    cars = economy.sector == economy.sectors.index("C36a")
    shock = Drivers.calm(economy, calendar).having("s:capacity", "capacity", np.ones(3), (left - 1.0) * cars)
    target = {"sector": {"any": ["C36a"]}, "region": {"all": True}}
    guarantee = entry("supply_guarantee", target=target)  # floor 50 % for 80 % of the output
    output = Inventory().simulate(economy, shock & guarantee.drivers(economy, calendar)).output
    np.testing.assert_allclose(output[:, cars], np.tile(kept * economy.x[cars] / 12.0, (3, 1)))


def test_listed_enterprises_of_a_higher_class_get_scarce_inputs_first_and_others_less():
    economy, calendar = small(), Calendar.between("2022-04", "2022-06")
    # Cars are short everywhere; car makers of both regions need cars, and hold none.
    economy = replace(
        economy, cover=np.zeros_like(economy.cover), criticality=np.ones_like(economy.criticality),
        headroom=np.zeros(economy.n),
    )  # fmt: skip
    cars = economy.sector == economy.sectors.index("C36a")
    shock = Drivers.calm(economy, calendar).having("s:capacity", "capacity", np.ones(3), -0.5 * cars)
    east = {"sector": {"any": ["C36a"]}, "region": {"any": ["east"]}}
    guarantee = entry("supply_guarantee", target=east, floor=0.0, priority=2).drivers(economy, calendar)
    assert guarantee.channels == {"priority"}
    model = Inventory(rationing="proportional")
    without, having = (model.simulate(economy, d) for d in (shock, shock & guarantee))
    listed = cars & (economy.region == 0)
    # Others get less at first; then what the listed ones go on making keeps up supply for all.
    assert (having.output[0, cars & ~listed] < 0.999 * without.output[0, cars & ~listed]).all()
    assert (having.output[1:, listed] > 1.05 * without.output[1:, listed]).all()


def test_a_guarantee_for_nobody_holds_no_floor():
    for nobody in ({"listed": 0.0}, {"take_up": 0.0}, {"floor": 0.0}):
        drivers = entry("supply_guarantee", **nobody).drivers(china(), Calendar.between("2022-04", "2022-06"))
        assert drivers.channels == frozenset()


def test_a_guarantee_costs_at_most_its_wedge_on_what_is_made_under_it():
    economy, calendar = small(), Calendar.between("2022-04", "2022-06")
    guarantee = entry("supply_guarantee", target={"sector": {"any": ["C36a"]}, "region": {"any": ["east"]}})
    line = guarantee.cost(economy, calendar)[0]
    assert line.kind == "contingent" and line.payer == "firms"
    np.testing.assert_allclose(line.path, 0.05 * 0.5 * 0.8 * 60.0 * 1.02 / 12.0)
    assert Drivers.calm(economy, calendar).channels == frozenset()


def test_a_wave_that_closes_a_part_of_a_region_needs_a_floor_of_that_part():
    calendar = Calendar.between("2022-04", "2022-06")
    part = entry("supply_guarantee", exposed=0.2).drivers(china(), calendar)
    assert part.dense("floor").max() == pytest.approx(1.0 - 0.2 * 0.5)
    full, some = (entry("supply_guarantee", exposed=e).cost(china(), calendar)[0].path.sum() for e in (1.0, 0.2))
    assert some == pytest.approx(0.2 * full)
