"""What every registered kind promises, whatever it does."""

from __future__ import annotations

import inspect
from dataclasses import fields as dataclass_fields

import numpy as np
import pytest

from simcore.calendar import Calendar
from simcore.drivers import CHANNELS, Drivers
from simcore.language.scenario import load
from simcore.manual import page, starter
from simcore.measures.base import MEASURES, Account, Measure
from simcore.measures.money import demanded
from simcore.units import NAMES

from .helpers import LABELS, MONEY, RUN, SILENT, SIZE, china, entry

KINDS = sorted(SIZE)
TIMED = [kind for kind in KINDS if kind not in LABELS]
LATE = Calendar.between("2030-01", "2030-12")


def calendar_of(kind: str) -> Calendar:
    """A calendar in which the worked example happens."""
    if kind in LABELS:
        return RUN
    first, last = entry(kind).profile.window()
    return Calendar.between(f"{first.year}-01", f"{max(last.year, 2023)}-12")


def test_every_kind_is_tested_here():
    assert set(MEASURES) >= set(SIZE)
    assert {k for k, cls in MEASURES.items() if cls.__module__.startswith("simcore.")} == set(SIZE)


@pytest.mark.parametrize("kind", KINDS)
def test_the_manual_says_what_it_does_channels_crowding_out_and_cost(kind):
    text = inspect.getdoc(MEASURES[kind])
    for part in ("What it does", "Channels.", "Crowding out.", "What it costs."):
        assert part in text
    shown = page(kind)
    assert all(name in shown for name in MEASURES[kind].parameters)
    for name, field in MEASURES[kind].model_fields.items():
        assert field.description or field.exclude, name


@pytest.mark.parametrize("kind", KINDS)
def test_every_parameter_has_unit_range_mark_and_source_and_is_the_fields_default(kind):
    measure = entry(kind)
    for name, p in MEASURES[kind].parameters.items():
        assert p.low <= p.default <= p.high and p.mark in "FCA" and p.source and p.meaning and p.dimension in NAMES
        part = MEASURES[kind]
        *outer, last = name.split(".")
        for step in outer:
            part = type(part.model_fields[step].default)
            assert getattr(MEASURES[kind].model_fields[step].default, last) == pytest.approx(p.default)
        assert last in part.model_fields
        if not outer:
            assert part.model_fields[last].default == p.default
    for name, p in measure.assumed().items():
        changed = measure.replaced({name: p.high})
        value = changed
        for step in name.split("."):
            value = getattr(value, step)
        assert value == p.high


@pytest.mark.parametrize("kind", KINDS)
def test_size_zero_does_nothing_at_all(kind):
    calendar = calendar_of(kind)
    calm = Drivers.calm(china(), calendar)
    drivers = entry(kind, **SIZE[kind]).drivers(china(), calendar)
    for term in drivers.terms:
        assert not term.dense().any(), term.id
    assert drivers.equals(calm)
    assert entry(kind).drivers(china(), calendar).equals(calm) == (kind in SILENT)


@pytest.mark.parametrize("kind", KINDS)
def test_ids_of_terms_start_with_the_measures_id_and_differ(kind):
    ids = [t.id for t in entry(kind).drivers(china(), calendar_of(kind)).terms]
    assert len(set(ids)) == len(ids)
    assert all(i.startswith(entry(kind).id + ":") for i in ids)


@pytest.mark.parametrize("kind", TIMED)
def test_nothing_happens_before_the_start(kind):
    measure = entry(kind)
    first = measure.profile.window()[0]
    calendar = Calendar.between(f"{first.year - 1}-01", f"{first.year + 1}-12")
    before = sum(p.last < first for p in calendar.all)
    for term in measure.drivers(china(), calendar).terms:
        neutral_shape = term.dense()[:before]
        assert not neutral_shape.any(), term.id


@pytest.mark.parametrize("kind", KINDS)
def test_a_measure_that_is_over_before_the_run_belongs_to_both_paths(kind):
    assert entry(kind).drivers(china(), LATE).equals(Drivers.calm(china(), LATE))
    assert all(not line.path.any() for line in entry(kind).cost(china(), LATE))


@pytest.mark.parametrize("calendar", [RUN, Calendar.between("2022-06", "2023-03"), calendar_of("epidemic")])
@pytest.mark.parametrize("kind", KINDS)
def test_accounts_add_up(kind, calendar):
    measure = entry(kind)
    account: Account = measure.account(china(), calendar)
    size = max(account.announced, account.induced, 1.0)
    assert sum(account.uses.values()) == pytest.approx(account.announced, abs=1e-12 * size)
    assert sum(account.spending.values()) == pytest.approx(account.induced, abs=1e-12 * size)
    assert all(value >= -1e-12 * size for value in account.uses.values())
    if hasattr(measure, "amount") and measure.amount > 0:
        assert account.announced == measure.amount


@pytest.mark.parametrize("calendar", [RUN, Calendar.between("2022-06", "2023-03")])
@pytest.mark.parametrize("kind", [k for k in TIMED if not MEASURES[k].shock])
def test_money_out_is_demand_tax_margins_imports_what_is_displaced_and_what_comes_later(kind, calendar):
    """Spending in the account, less tax and what is missed again, is what the drivers ask for, in money."""
    measure = entry(kind)
    account, found = measure.account(china(), calendar), demanded(measure, china(), calendar)
    asked = sum(found.values()) - found["taken from other purchases"]
    parts = {k: v for k, v in account.spending.items() if "after the run" not in k and "in place of" not in k}
    if kind == "import_substitution":
        parts = {}  # home makers deliver in place of imports: nobody asks for more
    bought = {k: v for k, v in parts.items() if "wages" not in k}
    tax = sum(v for k, v in bought.items() if "VAT" in k)
    before_tax = sum(bought.values())
    missed = sum(v for k, v in account.moved.items() if "missed in the run" in k)
    net = (before_tax - missed) * (1.0 - tax / before_tax) if before_tax else 0.0
    assert asked == pytest.approx(net, abs=1e-9 * max(account.induced, account.announced, 1.0))
    assert found["imports"] == pytest.approx(0.0) or 0.0 < found["imports"] / asked < 0.5


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_round_trips_through_yaml(kind, tmp_path):
    first = tmp_path / "first.yaml"
    first.write_text(starter("first", kind), encoding="utf-8")
    once = load(first)
    again = tmp_path / "again.yaml"
    again.write_text(once.resolved(), encoding="utf-8")
    twice = load(again)
    assert twice.measures == once.measures
    for one, two in zip(once.measures, twice.measures, strict=True):
        assert one.drivers(china(), RUN).equals(two.drivers(china(), RUN))


@pytest.mark.parametrize("kind", sorted(MONEY))
def test_double_money_is_double_demand_and_double_cost(kind):
    field = MONEY[kind]
    once = entry(kind)
    twice = entry(kind, **{field: 2.0 * getattr(once, field)})
    one, two = (m.drivers(china(), RUN).dense("demand") for m in (once, twice))
    assert one.any()
    np.testing.assert_allclose(two, 2.0 * one, rtol=1e-13, atol=0)
    for a, b in zip(once.cost(china(), RUN), twice.cost(china(), RUN), strict=True):
        np.testing.assert_allclose(b.path, 2.0 * a.path, rtol=1e-13)


def test_measures_commute_bit_for_bit():
    calendar = Calendar.between("2022-03", "2023-12")
    every = [entry(kind).drivers(china(), calendar) for kind in KINDS]
    forward = backward = Drivers.calm(china(), calendar)
    for one in every:
        forward = forward & one
    for one in reversed(every):
        backward = backward & one
    assert forward.equals(backward)
    assert forward.channels <= set(CHANNELS)


# Not quantities of a moment: a floor and a class hold for a whole period or not, up to six days more at each end of a
# run of weeks; a delay of four days that begins on one day falls in the whole of its week.
EDGES = {"floor": 12.0, "priority": 12.0, "late": 4.0, "under way": 4.0 / 365.0, "in the end": 4.0 / 365.0}


def reached(drivers: Drivers, calendar: Calendar, days: np.ndarray) -> dict[str, np.ndarray]:
    """Each term's profile cumulated to some days: flows as they are, shares and stocks times days."""
    edges = np.array([*(p.first.toordinal() for p in calendar.all), calendar.end.last.toordinal() + 1])
    result = {}
    for term in drivers.terms:
        flow = CHANNELS[term.channel].unit == "bn yuan a period"
        steps = term.profile if flow else term.profile * np.diff(edges)
        result[term.id] = np.interp(days, edges, np.concatenate(([0.0], np.cumsum(steps))))
    return result


@pytest.mark.parametrize("kind", KINDS)
def test_any_step_gives_the_same_course(kind):
    months, weeks = Calendar.between("2022-01", "2024-12"), Calendar.between("2021-W52", "2025-W02")
    days = np.array([p.last.toordinal() + 1 for p in months.all])
    by_month = reached(entry(kind).drivers(china(), months), months, days)
    by_week = reached(entry(kind).drivers(china(), weeks), weeks, days)
    assert by_month.keys() == by_week.keys()
    for id, course in by_month.items():
        edges = EDGES.get(id.split(":")[1], 0.0)
        assert np.abs(course - by_week[id]).max() <= 0.05 * np.abs(course).max() + edges + 1e-12, id


@pytest.mark.parametrize("kind", KINDS)
def test_cost_lines_name_a_payer_and_are_never_the_principal(kind):
    measure = entry(kind)
    for line in measure.cost(china(), RUN):
        assert {f.name for f in dataclass_fields(line)} >= {"name", "kind", "payer", "path"}
        assert line.payer and line.path.shape == (RUN.periods,)
        if kind in ("investment_support", "project_finance", "liquidity_support"):
            assert line.kind == "deferred" or line.path.sum() + line.after <= 0.1 * measure.amount
        if line.kind == "deferred":  # what is only late adds up to nothing
            assert line.path.sum() + line.after == pytest.approx(0.0, abs=1e-12)


def test_the_base_class_states_no_drivers():
    with pytest.raises(TypeError, match="states no drivers"):
        Measure(id="nothing").drivers(china(), RUN)
