"""Safeguards read a result and change nothing in it: sums by label, distance to targets, what is about to bind."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from simcore.economy import Codes
from simcore.errors import SimcoreError
from simcore.headline import first_year_part
from simcore.measures.labels import EarlyWarning, Target
from simcore.models.base import CAPACITY, INPUT, LABOUR
from simcore.report.page import _sums
from simcore.safeguards import by_heading, by_tier, signals, track
from simcore.tables import table

LABELS = (("01 projects", "bank"), ("01 projects", "province"), ("02 consumption", ""))


def labelled(result):
    marked = zip(result.measures, LABELS, strict=True)
    return replace(result, measures=tuple(replace(m, heading=h, responsible=r) for m, (h, r) in marked))


def target(**fields):
    chosen = {"variable": "iva_yoy", "period": "2023-Q1", "at_least": 0.0} | fields
    return Target(id="goal", **chosen)


def test_sums_by_heading_and_by_tier_are_sums_of_the_same_values(result):
    sums = by_heading(labelled(result))
    assert [s.label for s in sums] == ["01 projects", "02 consumption"]
    assert [s.members for s in sums] == [("relending", "projects"), ("car-tax",)]
    alone = [first_year_part(result, i).value for i in range(3)]
    assert [s.effect.value for s in sums] == pytest.approx([alone[0] + alone[1], alone[2]], abs=1e-14)
    tiers = by_tier(labelled(result))
    assert [s.label for s in tiers] == ["bank", "province", "not named"]
    assert sum(s.effect.value for s in tiers) == pytest.approx(sum(alone), abs=1e-14)


def test_the_range_of_a_sum_is_that_of_the_sum_in_each_draw(result):
    (both, _) = by_heading(labelled(result))
    first, second = (first_year_part(result, i) for i in range(2))
    assert both.effect.has_range and both.effect.low < both.effect.value < both.effect.high
    assert both.effect.high <= first.high + second.high + 1e-12


def test_tables_show_them_only_where_measures_name_a_heading(result):
    from rich.console import Console

    def text(shown):
        console = Console(width=120, record=True, file=open("/dev/null", "w"))  # noqa: SIM115
        console.print(table(shown))
        return console.export_text()

    assert "By measure of the notice" in text(labelled(result)) and "By measure" not in text(result)
    assert [t.caption.split(",")[0] for t in _sums(labelled(result))] == [
        "By measure of the notice", "By tier that answers",
    ]  # fmt: skip
    assert _sums(result) == []


def test_the_growth_of_a_quarter_is_that_of_its_sum(result):
    found = track(result, target(period="2023-Q1"))
    months = [result.periods.index(m) for m in ("2023-01", "2023-02", "2023-03")]
    level, rate = result.series("iva")[months], result.series("iva_yoy")[months]
    expected = 100.0 * (level.sum() / (level / (1.0 + rate / 100.0)).sum() - 1.0)
    assert found.found.value == pytest.approx(expected) and found.months == ("2023-01", "2023-02", "2023-03")
    month = track(result, target(period="2023-03"))
    assert month.found.value == pytest.approx(result.series("iva_yoy")[result.periods.index("2023-03")])


def test_a_quarter_that_begins_before_the_run_is_what_the_run_holds_of_it(result):
    assert track(result, target(period="2022-Q4")).months == ("2022-11", "2022-12")
    with pytest.raises(SimcoreError, match="outside the run"):
        track(result, target(period="2021-Q4"))


def test_the_probability_is_the_share_of_draws_within_the_bounds(result):
    drawn = result.series_draws("iva_yoy")[:, result.periods.index("2023-03")]
    middle = float(np.median(drawn))
    found = track(result, target(period="2023-03", at_least=middle))
    assert found.probability == pytest.approx(np.mean(drawn >= middle))
    assert track(result, target(period="2023-03", at_least=-50.0, at_most=50.0)).probability == 1.0
    assert track(result, target(period="2023-03", at_least=50.0)).probability == 0.0


def test_the_distance_is_above_zero_inside_the_bounds_only(result):
    value = track(result, target(period="2023-03")).found.value
    inside = track(result, target(period="2023-03", at_least=value - 1.0, at_most=value + 2.0))
    assert inside.distance == pytest.approx(1.0)
    assert track(result, target(period="2023-03", at_least=value + 0.5)).distance == pytest.approx(-0.5)


def test_without_draws_there_is_no_probability(central):
    found = track(central, target(period="2023-03"))
    assert np.isnan(found.probability) and not found.found.has_range


def test_targets_may_concern_a_region_two_years_or_the_effect(result):
    east = track(result, target(of="east", period="2023-03"))
    at = result.periods.index("2023-03")
    assert east.found.value == pytest.approx(result.series("iva_yoy", place=("total", "east", "total"))[at])
    two = track(result, target(variable="iva_two_year", period="2023-03"))
    assert two.found.value == pytest.approx(result.series("iva_two_year")[at])
    with pytest.raises(SimcoreError, match="is no sector"):
        track(result, target(of="atlantis"))


def watched(result, causes, headroom):
    """The result with what bound each sector in some periods, {(sector, period): code}, and an economy for it."""
    names = tuple(result.names["sector"])
    sector = np.array([names.index(label.split("|")[0]) for label in result.binding.activities])
    codes = np.zeros(result.binding.codes.shape, dtype=np.int16)
    for (name, period), cause in causes.items():
        codes[1, period, sector == names.index(name)] = cause
    economy = SimpleNamespace(
        sectors=Codes(names, names, names),
        sector=sector,
        x=result.binding.weights,
        headroom=np.full(len(sector), headroom),
    )
    return replace(result, binding=replace(result.binding, codes=codes)), economy


def test_the_first_sector_to_bind_is_named_first_with_its_cause(result):
    one, two, *_ = dict.fromkeys(label.split("|")[0] for label in result.binding.activities)
    bound, economy = watched(result, {(one, 5): CAPACITY, (two, 2): INPUT + 1, (two, 6): LABOUR}, headroom=1.0)
    found = signals(bound, economy, EarlyWarning(id="w", watch=(one, two)))
    assert [(s.sector, s.period) for s in found] == [(two, result.periods[2]), (one, result.periods[5])]
    assert found[0].cause == f"input {result.binding.products[1]}" and found[1].cause == "capacity"
    assert found[0].share == pytest.approx(100.0)


def test_a_sector_near_what_it_can_make_is_told_before_it_binds(result):
    one = result.binding.activities[0].split("|")[0]
    place = result.slice_of("sector", one)
    rise = result.series("output", place=place) / result.series("output", "baseline", place) - 1.0
    calm, economy = watched(result, {}, headroom=float(rise.max()) + 0.005)
    (near,) = signals(calm, economy, EarlyWarning(id="w", watch=(one,), room=0.01))
    assert near.cause == "near capacity"
    assert signals(calm, economy, EarlyWarning(id="w", watch=(one,), room=0.001)) == []
    with pytest.raises(SimcoreError, match="no record of what bound"):
        signals(replace(result, binding=None), economy, EarlyWarning(id="w"))
