"""What a study runs: points of a sweep, names of axes, blocks, and everything that is refused before it runs."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import simcore
from simcore.errors import ScenarioError, SimcoreError, UnknownNameError
from simcore.language.sweep import points_of
from simcore.studies.plan import Kind, plan_of
from simcore.studies.store import coordinates

AMOUNT, END = "policies.vouchers.amount", "policies.vouchers.profile.end"
ENABLED = "policies.vouchers.enabled"


@pytest.fixture(scope="module")
def vouchers():
    return simcore.load(simcore.find_scenario("consumption-vouchers"))


@given(st.lists(st.integers(1, 7), max_size=4), st.integers(1, 40))
def test_blocks_hold_every_member_once_and_follow_the_order_of_members(shape, size):
    kind = Kind.of("draws", tuple("abcd"[: len(shape)]), tuple(shape), size)
    members = [m for block in kind.blocks() for m in block.members]
    assert members == list(product(*map(range, shape)))
    assert all(len(block.members) <= size for block in kind.blocks())


def test_a_grid_crosses_a_zip_pairs_and_one_at_a_time_starts_from_the_file(vouchers):
    sweep = {AMOUNT: ["5 bn CNY", "6 bn CNY"], END: ["2023-01", "2023-02"]}
    grid, pairs, single = (points_of(vouchers, sweep, d) for d in ("grid", "zip", "one_at_a_time"))
    assert (grid.dims, grid.shape) == (("amount", "end"), (2, 2))
    assert [[c.node.value for c in grid.overrides(p)] for p in ((0, 1), (1, 0))] == [
        ["5 bn CNY", "2023-02"],
        ["6 bn CNY", "2023-01"],
    ]
    assert pairs.labels() == ["amount=5 bn CNY, end=2023-01", "amount=6 bn CNY, end=2023-02"]
    assert single.labels() == ["as in the file", "amount=5 bn CNY", "amount=6 bn CNY", "end=2023-01", "end=2023-02"]
    assert single.shape == (5,) and pairs.shape == (2,)


def test_axes_are_numbers_with_a_unit_where_all_values_are(vouchers):
    axes = points_of(vouchers, {AMOUNT: ["5 bn CNY", "6.5 bn CNY"], "policies.vouchers.enabled": [True, False]}).axes
    assert axes[0].numbers() == ((5.0, 6.5), "bn CNY")
    assert axes[1].numbers() is None and axes[1].texts == ("true", "false")


def test_an_axis_is_named_by_the_end_of_its_path_that_no_other_has():
    scenario = simcore.load(simcore.find_scenario("notice-2022"))
    sweep = {"policies.relending.additionality": ["30 %"], "policies.policy_bank_funds.additionality": ["20 %"]}
    assert points_of(scenario, sweep).dims == ("relending.additionality", "policy_bank_funds.additionality")


def test_a_sweep_comes_after_variants_and_before_set(tmp_path):
    text = simcore.find_scenario("consumption-vouchers").read_text(encoding="utf-8")
    path = tmp_path / "two.yaml"
    path.write_text(
        f"{text}\nvariants: {{more: {{{AMOUNT}: 20 bn CNY}}, later: {{}}}}\n".replace(", later: {}", ""),
        encoding="utf-8",
    )
    scenario = simcore.load(path)
    point = scenario.at(points_of(scenario, {AMOUNT: ["7 bn CNY"]}).overrides((0,)))
    assert [s.measures[0].amount for s in (scenario.variant("more"), point, point.variant("more"))] == [20.0, 7.0, 7.0]
    with pytest.raises(ScenarioError, match="is set for all runs already"):
        points_of(simcore.load(path, sets=[f"{END}=2023-03"]), {END: ["2023-04"]})


def test_the_files_own_sweep_is_used_where_none_is_given(tmp_path):
    text = simcore.find_scenario("consumption-vouchers").read_text(encoding="utf-8")
    path = tmp_path / "swept.yaml"
    path.write_text(text + f"sweep: {{design: zip, axes: {{{AMOUNT}: [5 bn CNY, 10 bn CNY]}}}}\n", encoding="utf-8")
    plan = plan_of(path, model="first_order", draws=0)
    assert plan.points.record() == {"design": "zip", "axes": {AMOUNT: ["5 bn CNY", "10 bn CNY"]}}
    assert plan_of(path, model="first_order", draws=0, sweep={}).points.shape == ()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"sweep": {"policies.vouchers.amuont": ["5 bn CNY"]}}, "did you mean 'amount'"),
        ({"sweep": {AMOUNT: ["5 %"]}}, "needs money"),
        ({"sweep": {AMOUNT: []}}, "has no values"),
        ({"sweep": {AMOUNT: ["5 bn CNY", "5 bn CNY"]}}, "a value twice"),
        ({"sweep": {AMOUNT: "5 bn CNY"}}, "needs a list of values"),
        ({"sweep": {AMOUNT: ["5 bn CNY"], "policies.vouchers.enabled": [True, False]}, "design": "zip"}, "lengths"),
        ({"sweep": {"model.name": ["leontief", "no-such"]}}, "sweep of model.name: unknown model 'no-such'"),
        ({"sweep": {"time.end": ["2040-01"]}}, "sweep of time.end: the run covers"),
        ({"design": "latin"}, "unknown design 'latin'"),
        ({"variants": ["more"]}, "no variant 'more'"),
        ({"outputs": ["iva_yyo"]}, "did you mean 'iva_yoy'"),
        ({"outputs": []}, "outputs is empty"),
        ({"by": ["regoin"]}, "did you mean 'region'"),
        ({"model": "levontief"}, "unknown model 'levontief'"),
        ({"draws": -1}, "draws is a number of 0 or more"),
        ({"sets": ["policies.vouchers.amuont=5 bn CNY"]}, "did you mean 'amount'"),
    ],
)
def test_what_is_wrong_is_said_before_anything_is_written(changes, message, tmp_path):
    with pytest.raises(SimcoreError, match=message):
        simcore.study("consumption-vouchers", out=tmp_path / "study.zarr", **changes)
    assert not list(tmp_path.iterdir())


def test_scenarios_of_a_list_need_one_sweep_and_different_names(tmp_path):
    path = tmp_path / "swept.yaml"
    text = simcore.find_scenario("consumption-vouchers").read_text(encoding="utf-8")
    path.write_text(text + f"sweep: {{axes: {{{AMOUNT}: [5 bn CNY]}}}}\n", encoding="utf-8")
    with pytest.raises(UnknownNameError, match="have different sweeps"):
        plan_of([path, "equipment-relending"], draws=0)
    with pytest.raises(UnknownNameError, match="twice"):
        plan_of(["consumption-vouchers", "consumption-vouchers"], draws=0)
    with pytest.raises(UnknownNameError, match="at least one scenario"):
        plan_of([])


def test_a_scenario_that_was_changed_since_it_was_read_is_refused(vouchers):
    drawn = vouchers.with_values({AMOUNT: 3.0})
    for changed in (vouchers.without(["vouchers"]), drawn):
        with pytest.raises(UnknownNameError, match="has been changed since it was read"):
            plan_of(changed)
    assert plan_of(vouchers, model="first_order").labels == ("consumption-vouchers",)
    set_before = simcore.load(simcore.find_scenario("consumption-vouchers"), sets=[f"{END}=2023-03"])
    assert plan_of(set_before, model="first_order").labels == ("consumption-vouchers",)
    with pytest.raises(UnknownNameError, match="is loaded already"):
        plan_of(vouchers, sets=[f"{END}=2023-03"])


def test_one_at_a_time_labels_its_points_and_leaves_other_values_open():
    sweep = {AMOUNT: ["5 bn CNY", "6 bn CNY"], ENABLED: [False]}
    plan = plan_of("consumption-vouchers", model="first_order", draws=0, sweep=sweep, design="one_at_a_time")
    labels = coordinates(plan)
    assert labels["point"][1].tolist() == ["as in the file", "amount=5 bn CNY", "amount=6 bn CNY", "enabled=false"]
    assert labels["amount"][0] == ("point",) and labels["enabled"][1].tolist() == ["", "", "", "false"]
    assert np.array_equal(labels["amount"][1], [np.nan, 5.0, 6.0, np.nan], equal_nan=True)
    assert plan.kinds[0].dims == ("point",) and plan.kinds[0].shape == (4,)
