"""The shipped package end to end, with two draws: what must hold whatever the numbers are."""

from dataclasses import replace

import numpy as np
import pytest

from simcore.answer_tables import by_month
from simcore.content import find_scenario
from simcore.findings import content
from simcore.headline import headings
from simcore.language.scenario import load
from simcore.result import BASELINE, DIMENSIONS, NATION, SCENARIO, TOTAL
from simcore.run import run, run_file

DRAWS = 2


@pytest.fixture(scope="module")
def scenario():
    return load(find_scenario("notice-2022"))


@pytest.fixture(scope="module")
def two_measures(scenario):
    """Cars and projects only: quick enough to run several times."""
    kept = ("purchase_tax", "policy_bank_funds")
    return replace(scenario.without(m.id for m in scenario.measures if m.id not in kept), variants=())


@pytest.fixture(scope="module")
def result(scenario):
    return run(scenario, draws=DRAWS)


@pytest.fixture(scope="module")
def small(two_measures):
    return run(two_measures, draws=DRAWS)


def carrying(scenario, share):
    """The scenario with every measure in the projection to this share."""
    return replace(scenario, measures=tuple(m.model_copy(update={"in_projection": share}) for m in scenario.measures))


def test_contributions_add_up_to_with_minus_without_in_every_slice(result):
    growth = result.values["iva_yoy"]
    effect = growth[result.variant(SCENARIO)] - growth[result.variant(BASELINE)]
    industrial = result.values["iva"][0].sum(axis=1) > 0
    assert industrial.sum() > 40
    np.testing.assert_allclose(result.points.sum(axis=0)[industrial], effect[industrial], rtol=0, atol=1e-9)
    level = result.values["iva_level_effect"][result.variant(SCENARIO)]
    np.testing.assert_allclose(result.parts.sum(axis=0)[industrial], level[industrial], rtol=0, atol=1e-9)


def test_sectors_regions_and_owners_add_up_to_the_nation(result):
    level = result.values["iva"]
    for dimension in DIMENSIONS:
        rows = [result.index(*result.slice_of(dimension, code)) for code in result.codes(dimension)]
        np.testing.assert_allclose(level[:, rows].sum(axis=1), level[:, 0], rtol=1e-12)


def test_a_scenario_without_measures_is_the_baseline_bit_for_bit(two_measures):
    every = two_measures.outputs.model_copy(update={"variables": ()})
    empty = run(replace(two_measures, measures=(), claims={}, checks=(), outputs=every), draws=DRAWS)
    assert {"employment", "exports", "inventories"} < set(empty.values)
    for values in empty.values.values():
        np.testing.assert_array_equal(values[empty.variant(SCENARIO)], values[empty.variant(BASELINE)])
    for draws in empty.draws.values():
        np.testing.assert_array_equal(draws[empty.variant(SCENARIO)], draws[empty.variant(BASELINE)])


def test_what_the_projection_carries_moves_both_paths_and_not_their_difference(two_measures):
    none, all_of_it = (run(carrying(two_measures, share), draws=0) for share in (0.0, 1.0))
    difference = [r.series("iva") - r.series("iva", BASELINE) for r in (none, all_of_it)]
    np.testing.assert_allclose(*difference, rtol=0, atol=1e-9)
    assert np.abs(none.series("iva") - all_of_it.series("iva")).max() > 1.0  # bn yuan a month: the paths do move


def test_the_same_seed_gives_the_same_draws_and_another_seed_others(two_measures, small):
    again, other = run(two_measures, draws=DRAWS), run(two_measures, draws=DRAWS, seed=7)
    for name, draws in small.draws.items():
        np.testing.assert_array_equal(draws, again.draws[name])
    assert (small.series_draws("iva_yoy") != other.series_draws("iva_yoy")).any()


def test_a_variant_changes_no_number_of_the_others(scenario, two_measures, small):
    more = run(replace(two_measures, variants=("cars_extended",)), draws=DRAWS)
    assert more.variants == (*small.variants, "cars_extended")
    for name in small.values:
        np.testing.assert_array_equal(more.values[name][:2], small.values[name])
    for name in small.draws:
        np.testing.assert_array_equal(more.draws[name][:2], small.draws[name])


def test_as_legislated_leaves_out_what_was_decided_before_the_projection(scenario, result):
    run_of_law = run(scenario, draws=0, counterfactual="as_legislated")
    before = {m.id for m in scenario.measures if m.decided and m.decided <= "2022-10"}
    assert {"relending", "policy_bank_funds", "purchase_tax"} < before < {m.id for m in scenario.measures}
    assert {m.id for m in run_of_law.measures} == {m.id for m in result.measures} - before
    assert any(all(name in warning for name in before) for warning in run_of_law.warnings)


def test_never_starts_with_the_first_measure_and_restates_only_the_path_without(two_measures, small):
    never = run(two_measures, draws=0, counterfactual="never")
    assert never.periods[0] == "2022-06" and never.periods[-1] == small.periods[-1]
    observed = [i for i, p in enumerate(never.periods) if p <= "2022-10"]
    history = small.history
    published = [history.yoy[history.months.index(never.periods[i])] for i in observed]
    np.testing.assert_allclose(never.series("iva_yoy")[observed], published, atol=1e-9)
    assert (never.series("iva", BASELINE)[observed] < never.series("iva")[observed]).all()


def test_checks_of_a_file_hold_where_its_measures_count_from_their_beginning():
    never = run(load(find_scenario("auto-tax-halving")), draws=0, counterfactual="never")
    cost, own = never.series("fiscal_cost"), [month >= "2022-11" for month in never.periods]
    assert 0.0 < 3.0 * cost[own].sum() < cost.sum()  # what five months before the file's time cost is in the run, too
    assert never.checks and all(check.passed for check in never.checks)


def test_every_number_by_owner_and_region_has_its_range(result):
    for dimension in ("region", "ownership"):
        for code in result.codes(dimension):
            place = result.slice_of(dimension, code)
            if result.series("iva", BASELINE, place).sum() == 0.0:
                continue
            for name in ("iva_level_effect", "iva_yoy"):
                low, high = result.ranges[name, place]
                value = result.series(name, SCENARIO, place)
                assert (low <= value + 1e-9).all() and (value <= high + 1e-9).all()
    low, high = result.ranges["iva", (TOTAL, TOTAL, "state")]
    assert (high > 1.5 * low).all()  # the weight of the state in industry is hardly known


def test_more_exports_are_foreign_firms_and_the_range_over_who_exports_says_how_surely():
    found = run(load(find_scenario("export-stabilisation")), draws=0)
    assert "share_only" not in found.flags["ownership"]

    def gain(owner):
        place = (TOTAL, TOTAL, owner)
        own, ends = found.series("iva_level_effect", SCENARIO, place), found.ranges["iva_level_effect", place]
        return own.sum(), ends[0].sum(), ends[1].sum()

    value, low, high = gain("foreign")
    assert value > gain("private")[0] > gain("state")[0] > 0.0
    assert low < 0.95 * value and high > 1.05 * value


def test_claims_stand_beside_what_the_run_gives(result):
    found = {c.claim[:20]: c.here for c in result.claims}
    assert len(found) >= 3 and all(found.values())
    chain = next(c.here for c in result.claims if "upstream" in c.claim)
    assert "gross output" in chain and "value added" in chain


def test_the_hash_of_a_scenario_does_not_depend_on_where_it_lies(tmp_path):
    text = (
        "schema: simcore/scenario@1\nid: moved\ncalibration: china-2022@1\n"
        "time: {step: month, start: 2022-11, end: 2023-01}\n"
        'policies:\n  vouchers:\n    kind: consumer_subsidy\n    amount: 5 bn CNY\n    title: "Vouchers  # 5:2"\n'
        "    profile: {kind: pulse, start: 2022-12, end: 2022-12}\n    spend_on: {C38: 1.0}\n"
    )
    found = []
    for name, lead in (("one/first.yaml", ""), ("two/second.yaml", "# a comment\n\n")):
        path = tmp_path / name
        path.parent.mkdir()
        path.write_text(lead + text, encoding="utf-8")
        found.append(content(load(path)))
    assert found[0] == found[1]
    assert "Vouchers  # 5:2" in found[0]


def test_costs_are_split_by_kind_and_the_variable_holds_what_budgets_pay(result):
    kinds = {line.kind for _, line in result.fiscal}
    assert {"gross", "forgone", "quasi_fiscal", "contingent", "deferred", "revenue"} == kinds
    spent = sum(line.path for _, line in result.fiscal if line.kind in ("gross", "forgone"))
    np.testing.assert_allclose(result.series("fiscal_cost", SCENARIO, NATION), spent)


def test_the_record_says_what_solved_the_equations_and_how_well(small):
    closed = "model={name: leontief, options: {households: closed, solver: inverse}}"
    solved = run_file("consumption-vouchers", sets=[closed], draws=0)
    assert solved.provenance["solver"].startswith("inverse, residual ")
    assert 0.0 < solved.residuals["scenario"] < 1e-12
    assert "solver" not in small.provenance  # the inventory model goes step by step
    assert "form" not in solved.provenance and small.provenance["form"].startswith("pooled: ")


def test_all_seventeen_measures_of_the_notice_are_in_the_table_and_add_up(result):
    names, groups = headings(result)
    assert [name[:2] for name in names] == [f"{i:02d}" for i in range(1, 18)]
    assert sorted(i for g in groups for i in g) == list(range(len(result.measures)))
    assert [row[0] for row in by_month(result).rows] == [*names, "Sum"]
    whole = result.series("iva_level_effect")
    np.testing.assert_allclose(result.parts[:, 0].sum(axis=0), whole, rtol=0, atol=1e-10)
    silent = [i for name, g in zip(names, groups, strict=True) if name[:2] in ("15", "16", "17") for i in g]
    assert len(silent) == 4 and (result.points[silent, 0] == 0.0).all()
    assert (result.point_draws[:, silent, 0] == 0.0).all()
    assert (result.ledger.values[:, silent] == 0.0).all() and (result.ledger.last_in[:, silent] == 0.0).all()


def test_targets_of_the_notice_are_tracked_and_its_sectors_watched(result):
    assert [t.id for t in result.targets] == ["fourth_quarter", "first_quarter"]
    for target in result.targets:
        assert target.problem == "" and target.value > target.without and 0.0 <= target.probability <= 1.0
    bound = {w.variant: {s.sector for s in result.signals if s.variant == w.variant} for w in result.signals}
    assert len(bound["winter_wave"]) > len(bound.get("scenario", ()))  # a wave binds what calm does not
