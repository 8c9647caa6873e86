"""What public money brings: effects and costs by measure add up, and no ratio is given that does not exist."""

from __future__ import annotations

import csv
import json
from dataclasses import replace

import numpy as np
import pytest

from simcore.content import find_scenario
from simcore.cost_effectiveness import NO_COST, PAYS, RATIOS, TINY, UNSURE, of_package, worth
from simcore.language.scenario import load
from simcore.measures.investment import InvestmentSupport
from simcore.records import BROUGHT, LEDGER, Ledger, MeasureRecord
from simcore.result import BASELINE, SCENARIO, TOTAL, Result
from simcore.run import run

ITEM = {name: i for i, name in enumerate(LEDGER)}


def shipped(name, *kept):
    """Some measures of a shipped scenario, through a model without limits where it has their channels."""
    linear = "model={name: leontief, options: {households: closed}}"
    scenario = load(find_scenario(name), sets=() if "tax_deferral" in kept else (linear,))
    some = replace(scenario.without(m.id for m in scenario.measures if m.id not in kept), variants=(), checks=())
    return replace(some, claims={}, outputs=some.outputs.model_copy(update={"variables": ()}))


@pytest.fixture(scope="module")
def linear() -> Result:
    """Two measures in a model without limits, where measures do not meet."""
    return run(shipped("notice-2022", "purchase_tax", "policy_bank_funds"), draws=2)


@pytest.fixture(scope="module")
def lent() -> Result:
    """Relending, deferred taxes: money that is lent or comes later."""
    return run(shipped("notice-2022", "relending", "tax_deferral"), draws=0)


def changed(result, variable):
    return float((result.series(variable, SCENARIO) - result.series(variable, BASELINE)).sum())


def made_up(values, draws=None, names=("one", "two")):
    """A result of two months with a ledger of sums (items, measures), spread evenly."""
    sums = np.array(values, dtype=float)
    paths = np.repeat(sums[:, :, None] / 2.0, 2, axis=2)
    empty = np.zeros((len(names), 1, 2))
    drawn = {} if draws is None else {"iva": np.zeros((2, len(draws), 1, 2))}
    return Result(
        "s", "s", "off_from_origin", "", "m", "c", ("2022-11", "2022-12"), (BASELINE, SCENARIO),
        ((TOTAL, TOTAL, TOTAL),), {"iva": np.ones((2, 1, 2))},
        measures=tuple(MeasureRecord(n, n) for n in names), points=empty, parts=empty, draws=drawn,
        point_draws=None if draws is None else np.zeros((len(draws), len(names), 1, 2)),
        ledger=Ledger(paths, sums[: len(BROUGHT)], None if draws is None else np.array(draws, dtype=float)),
    )  # fmt: skip


def column(iva=0.0, value_added=0.0, jobs=0.0, revenue=0.0, budget_cost=0.0, quasi_fiscal=0.0):
    return [iva, value_added, jobs, revenue, budget_cost, quasi_fiscal]


def table(*columns):
    return np.array(columns).T


def test_measures_add_up_to_the_whole_of_every_account(linear):
    whole = worth(linear)[-1].amounts
    assert whole["value_added"].value == pytest.approx(changed(linear, "value_added"), rel=1e-10)
    assert whole["iva"].value == pytest.approx(changed(linear, "iva"), rel=1e-10)
    assert whole["jobs"].value == pytest.approx(linear.series("employment").sum() / 12.0, rel=1e-10)
    back = sum(line.path.sum() for _, line in linear.fiscal if line.kind == "revenue")
    assert whole["revenue"].value == pytest.approx(back, rel=1e-10)
    assert whole["budget_cost"].value == pytest.approx(linear.series("fiscal_cost").sum(), rel=1e-12)
    for name in ("value_added", "jobs", "budget_cost", "revenue", "net_cost", "quasi_fiscal"):
        parts = sum(entry.amounts[name].value for entry in worth(linear)[:-1])
        assert parts == pytest.approx(whole[name].value, rel=1e-12)


def test_headings_and_tiers_divide_the_same_sums(linear):
    for by in ("heading", "responsible"):
        *parts, whole = worth(linear, by)
        assert {m for p in parts for m in p.members} == set(whole.members) == {"purchase_tax", "policy_bank_funds"}
        assert sum(p.amounts["jobs"].value for p in parts) == pytest.approx(whole.amounts["jobs"].value, rel=1e-12)


def test_where_measures_do_not_meet_the_margin_is_the_average(linear):
    for entry in worth(replace(linear, ledger=replace(linear.ledger, draws=None)))[:-1]:
        for name in ("va_per_gross_cost", "job_years_per_mn_gross_cost"):
            margin, average = entry.ratios[f"marginal_{name}"].found.value, entry.ratios[name].found.value
            assert margin == pytest.approx(average, rel=1e-8)


def test_cost_has_its_range_over_draws(linear):
    drawn = linear.series_draws("fiscal_cost").sum(axis=1)
    np.testing.assert_allclose(drawn, linear.ledger.draws[:, ITEM["budget_cost"]].sum(axis=1), rtol=1e-6)
    assert np.ptp(drawn) > 0.0 and (linear.series_draws("fiscal_cost", BASELINE) == 0.0).all()
    amount = worth(linear)[-1].amounts["budget_cost"]
    assert amount.low < amount.high


def test_jobs_follow_output_by_sector_and_add_up_over_places(linear):
    jobs = linear.values["employment"]
    assert (jobs[0] == 0.0).all() and jobs[1, 0].sum() > 0.0
    for dimension in ("sector", "region", "ownership"):
        rows = [linear.index(*linear.slice_of(dimension, c)) for c in linear.codes(dimension)]
        np.testing.assert_allclose(jobs[1, rows].sum(axis=0), jobs[1, 0], atol=1e-9)
    assert any("Hours move first" in note for note in linear.notes)


def test_exports_and_stocks_of_inputs_stay_where_nothing_moves_them(linear):
    for name in ("exports", "inventories"):
        paths = linear.values[name][:, 0]
        assert paths[0].min() > 0.0
        np.testing.assert_allclose(paths[1], paths[0], rtol=1e-12)


def test_principal_and_deferrals_are_never_cost(lent):
    amounts = {e.members[0]: e.amounts for e in worth(lent)[:-1]}
    deferred = sum(line.path.clip(min=0.0).sum() for m, line in lent.fiscal if line.kind == "deferred")
    spent = sum(line.path.sum() for _, line in lent.fiscal if line.kind in ("gross", "forgone"))
    assert deferred > 1.0
    assert sum(a["budget_cost"].value for a in amounts.values()) == pytest.approx(spent, rel=1e-12)
    announced = {m.id: m.announced for m in lent.measures}
    assert announced["relending"] > 50.0 and amounts["relending"]["budget_cost"].value < 0.05 * announced["relending"]
    assert amounts["relending"]["quasi_fiscal"].value > 0.0
    whole = lent.cost_effectiveness()[-1].amounts
    assert whole["net_cost"].value == pytest.approx(whole["budget_cost"].value - whole["revenue"].value, rel=1e-12)


def test_a_measure_of_size_zero_brings_and_costs_nothing_and_has_no_ratio():
    scenario = shipped("notice-2022", "relending")
    zero = tuple(m.model_copy(update={"amount": 0.0}) for m in scenario.measures)
    assert isinstance(zero[0], InvestmentSupport)
    result = run(replace(scenario, measures=zero), draws=0)
    entry = worth(result)[0]
    assert all(amount.value == 0.0 for amount in entry.amounts.values())
    assert {r.note for r in entry.ratios.values()} == {NO_COST} and not any(r.defined for r in entry.ratios.values())
    assert (result.values["employment"] == 0.0).all()


def test_a_ratio_without_a_cost_above_zero_does_not_exist_and_says_so():
    result = made_up(table(column(1, 2, 3, 5, 4, 1), column(1, 2, 3, 0, 0, 7)))
    pays, free, whole = worth(result)
    assert pays.ratios["va_per_gross_cost"].found.value == pytest.approx(0.5)
    assert pays.ratios["va_per_net_cost"].note == PAYS and not pays.ratios["va_per_net_cost"].defined
    assert free.ratios["va_per_gross_cost"].note == free.ratios["va_per_net_cost"].note == NO_COST
    assert whole.amounts["net_cost"].value == pytest.approx(-1.0)
    assert of_package(result)["va_per_net_cost"] == PAYS


def test_quasi_fiscal_cost_enters_no_ratio():
    little, much = (made_up(table(column(1, 2, 3, 0, 4, q), column())) for q in (0.0, 1000.0))
    for one, other in zip(worth(little), worth(much), strict=True):
        assert [r.found.value for r in one.ratios.values() if r.defined] == [
            r.found.value for r in other.ratios.values() if r.defined
        ]


def test_a_ratio_over_draws_is_that_of_the_means():
    first, second = table(column(1, 2, 1, 0, 1), column()), table(column(1, 6, 1, 0, 9), column())
    ratio = worth(made_up(first, [first, second]))[0].ratios["va_per_gross_cost"].found
    assert ratio.value == pytest.approx(8.0 / 10.0)  # and not (2 + 6/9) / 2
    assert ratio.low < 6.0 / 9.0 + 0.1 and ratio.high > 1.9


def test_a_net_cost_that_may_be_none_gives_no_range():
    first, second = table(column(1, 2, 1, 3, 1), column()), table(column(1, 2, 1, 0, 9), column())
    ratio = worth(made_up(first, [first, second]))[0].ratios["va_per_net_cost"]
    assert ratio.note == UNSURE and ratio.found.value == pytest.approx(4.0 / 7.0) and not ratio.found.has_range


def test_a_cost_too_small_to_be_a_cause_gives_a_ratio_that_says_so():
    large, usual, _ = worth(made_up(table(column(1, 300, 3, 0, 1), column(1, 99, 1, 0, 1))))
    assert large.ratios["va_per_gross_cost"].note == TINY and large.ratios["va_per_gross_cost"].defined
    assert large.ratios["job_years_per_mn_gross_cost"].note == TINY
    assert usual.ratios["va_per_gross_cost"].note == ""


def test_shocks_have_no_entry_and_a_result_without_a_ledger_no_table():
    result = made_up(table(column(1, 2, 3, 0, 4), column(1, 1, 1, 0, 0)))
    shocked = replace(result, measures=(result.measures[0], replace(result.measures[1], shock=True)))
    assert [e.members for e in worth(shocked)] == [("one",), ("one",)]
    assert worth(replace(result, ledger=None)) == () and of_package(replace(result, ledger=None)) == {}


def test_the_files_of_a_run_hold_the_same_numbers(linear, tmp_path):
    folder = linear.save(tmp_path / "run", formats=("csv", "nc"))
    with open(folder / "cost_effectiveness.csv", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    found = {(r["by"], r["entry"], r["name"]): r["value"] for r in rows}
    entry = worth(linear)[0]
    written = float(found["measure", entry.members[0], "va_per_gross_cost"])
    assert written == pytest.approx(entry.ratios["va_per_gross_cost"].found.value, rel=1e-9)
    assert set(RATIOS) <= {r["name"] for r in rows if r["by"] == "measure"}
    record = json.loads((folder / "run.json").read_text(encoding="utf-8"))["cost_effectiveness"]
    assert record["jobs"] == pytest.approx(worth(linear)[-1].amounts["jobs"].value)
    again = Result.load(folder)
    for name in ("values", "last_in", "draws"):
        np.testing.assert_array_equal(getattr(again.ledger, name), getattr(linear.ledger, name))
