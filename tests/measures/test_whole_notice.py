"""The whole notice: seventeen measures, none counted twice, what has no money behind it exactly nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from simcore.economy.estimates import Estimates
from simcore.language.scenario import load
from simcore.measures.investment import InvestmentSupport
from simcore.measures.parts import Part
from simcore.models.inventory import Inventory
from simcore.package import Package

from .helpers import ROOT, china
from .test_shipped_scenarios import industrial_effect

NOTICE = ROOT / "scenarios" / "notice-2022.yaml"


@pytest.fixture(scope="module")
def scenario():
    return load(NOTICE)


@pytest.fixture(scope="module")
def package(scenario):
    return Package.build(scenario.measures, scenario.pools, china(), scenario.calendar)


def test_all_seventeen_measures_are_there_and_every_entry_belongs_to_one(scenario):
    headings = sorted({m.heading for m in scenario.measures})
    assert len(headings) == 17 and [h[:2] for h in headings] == [f"{i:02d}" for i in range(1, 18)]


def test_each_file_is_included_once(scenario):
    files = {p.stem for p in (ROOT / "scenarios" / "notice-2022").glob("*.yaml")}
    listed = NOTICE.read_text(encoding="utf-8")
    assert all(listed.count(f"notice-2022/{name}.yaml") == 1 for name in files)


def test_parts_and_rests_add_up_to_what_the_first_five_announce(scenario, package):
    wholes = {m.id: m.amount for m in scenario.measures if hasattr(m, "amount")}
    for id in {m.of for m in scenario.measures if isinstance(m, Part)}:
        members = {id} | {m.id for m in scenario.measures if isinstance(m, Part) and m.of == id}
        assert len(members) >= 2
        assert sum(m.amount for m in package.policies if m.id in members) == pytest.approx(wholes[id], rel=1e-12)
    lent = [m for m in package.policies if isinstance(m, InvestmentSupport) and m.pool == "eligible_equipment"]
    assert sum(m.amount for m in lent) == pytest.approx(200.0)


def test_the_nation_is_the_same_without_the_parts(scenario, package):
    alone = [m for m in scenario.measures if not isinstance(m, Part)]
    whole = Package.build(alone, scenario.pools, china(), scenario.calendar)
    demand = [p.drivers(frozenset(range(len(p.policies)))).dense("demand").sum(axis=2) for p in (package, whole)]
    # Regional parts move a little work into the winter stop of the north-east, or out of it: months, not sums.
    np.testing.assert_allclose(demand[0], demand[1], rtol=1e-3, atol=1e-12)
    paid = [
        sum(line.path.sum() for _, line in p.costs() if line.kind in ("gross", "forgone")) for p in (package, whole)
    ]
    assert paid[0] == pytest.approx(paid[1], rel=1e-12)


def test_campaigns_caps_and_safeguards_drive_nothing(package):
    silent = {m.id for m, d in zip(package.policies, package.policy_drivers, strict=True) if not d.terms}
    assert silent == {
        "green_consumption", "information_consumption", "three_products", "building_materials_campaign",
        "coal_contracts", "fourth_quarter", "first_quarter", "monitoring", "who_answers",
    }  # fmt: skip


def test_guarantees_move_nothing_in_calm(package):
    guarantees = frozenset(i for i, m in enumerate(package.policies) if m.kind == "supply_guarantee")
    assert len(guarantees) == 5
    output = Inventory().simulate(china(), package.drivers(guarantees)).output
    np.testing.assert_array_equal(output, np.broadcast_to(china().x / 12.0, output.shape))


def test_guarantees_keep_some_of_what_a_wave_takes(scenario):
    wave = scenario.variant("winter_wave")
    estimated = Estimates.load(ROOT / "calibration" / "china-2022" / "dynamics.json").sensitivities()
    measures = [m.with_estimates(estimated) for m in wave.measures]
    built = Package.build(measures, wave.pools, china(), wave.calendar)
    guarantees = frozenset(i for i, m in enumerate(built.policies) if m.kind == "supply_guarantee")
    without, having = (
        Inventory().simulate(china(), built.drivers(chosen)).output.sum() for chosen in (frozenset(), guarantees)
    )
    lost = china().x.sum() / 12.0 * scenario.calendar.periods - without
    assert 0.02 * lost < having - without < 0.5 * lost


def test_effects_are_of_the_size_that_their_evidence_allows(package):
    # Demand alone, per cent of a year's industrial value added; orders of magnitude by heading.
    moving = [i for i, d in enumerate(package.policy_drivers) if "demand" in d.channels]
    kept = replace(
        package,
        policies=tuple(package.policies[i] for i in moving),
        policy_drivers=tuple(package.policy_drivers[i] for i in moving),
    )
    year = {id: path[:12].mean() for id, path in industrial_effect(kept).items()}
    by_heading = dict.fromkeys((m.heading for m in kept.policies), 0.0)
    for m in kept.policies:
        by_heading[m.heading] += year[m.id]
    assert 0.1 < sum(year.values()) < 0.6
    assert 0.0 < by_heading["05 new drivers"] < 0.05
    assert -0.02 < by_heading["13 small enterprises"] < 0.10
    assert -0.05 < by_heading["02 consumption"] < 0.10
    assert 0.0 < by_heading["03 exports"] < 0.15
    relending = sum(v for k, v in year.items() if k == "relending" or k.endswith("renovation"))
    assert 0.02 < relending < 0.30
    projects = sum(v for k, v in year.items() if k == "policy_bank_funds" or k.endswith("projects"))
    assert 0.0 < projects < 0.5
