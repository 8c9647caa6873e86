"""The shipped scenarios: complete, sourced and of a plausible size."""

from __future__ import annotations

import re

import numpy as np
import pytest

from simcore.content import find_scenario
from simcore.language.scenario import load
from simcore.package import Package, simulated_calendar
from simcore.run import run

from .helpers import ROOT, china

NAMES = sorted(p.stem for p in (ROOT / "scenarios").glob("*.yaml"))


def industrial_effect(package: Package) -> dict[str, np.ndarray]:
    """Per cent of industrial value added by measure and month, open Leontief: demand alone, no limits."""
    economy = package.economy
    inverse = np.linalg.inv(np.eye(economy.n) - economy.A)
    per_demand = (economy.value_added_share * economy.is_industry) @ inverse
    base = economy.value_added.sum(axis=0)[economy.is_industry].sum() / 12.0
    result = {}
    for m, drivers in zip(package.policies, package.policy_drivers, strict=True):
        home = drivers.dense("demand") * (1.0 - economy.import_share)
        by_pool = np.stack([home[:, :, economy.user_pool == p].sum(axis=2) for p in range(economy.P)], axis=2)
        sold = np.einsum("tnp,np->tn", by_pool[:, economy.sector], economy.origin)
        result[m.id] = 100.0 * sold @ per_demand / base
    return result


@pytest.fixture(scope="module")
def effects():
    scenario = load(find_scenario(ROOT / "scenarios" / "notice-2022-five.yaml"))
    return industrial_effect(Package.build(scenario.measures, scenario.pools, china(), scenario.calendar))


@pytest.mark.parametrize("name", NAMES)
def test_every_scenario_is_valid_and_carries_checks_and_sources(name):
    scenario = load(ROOT / "scenarios" / f"{name}.yaml")
    assert scenario.checks and scenario.title and not scenario.warnings
    assert all(m.source for m in scenario.measures)
    for m in scenario.measures:
        if not m.shock:
            assert m.decided and m.started
    for variant in scenario.variants:
        assert scenario.variant(variant).measures


@pytest.mark.parametrize("name", NAMES)
def test_every_scenario_keeps_its_own_checks(name):
    found = run(load(ROOT / "scenarios" / f"{name}.yaml"), draws=0).checks
    assert found and not [check for check in found if not check.passed]


@pytest.mark.parametrize("path", sorted((ROOT / "scenarios").rglob("*.yaml")), ids=lambda p: p.stem)
def test_every_distribution_has_a_note_or_a_source(path):
    text = path.read_text(encoding="utf-8")
    blocks = re.split(r"\n(?=\s*value:)", text)[1:]
    for block in blocks:
        if "dist:" in block.split("\n\n")[0][:400]:
            assert re.search(r"(note|source):", block[:900]), block[:80]


def test_the_package_adds_about_a_quarter_point_in_its_first_year(effects):
    # Demand alone: 0.05 to 0.9 with all parameters in their ranges, about 0.2 to 0.3 at central values.
    total = sum(path[:12].mean() for path in effects.values())
    assert 0.1 < total < 0.45


def test_projects_are_the_largest_part_and_cars_are_gone_after_a_year(effects):
    year = {id: path[:12].mean() for id, path in effects.items()}
    assert max(year, key=year.get) == "policy_bank_funds"
    assert 0.02 <= year["relending"] <= 0.30
    assert 0.05 <= year["policy_bank_funds"] <= 0.25
    assert abs(year["purchase_tax"]) <= 0.05
    assert effects["purchase_tax"][:2].mean() > 0.15 and effects["purchase_tax"][2:9].max() < 0.0
    assert 0.0 <= year["credit_insurance"] <= 0.15 and abs(year["faster_rebates"]) < 0.005


def test_never_adds_the_months_before_and_their_payback():
    scenario = load(ROOT / "scenarios" / "auto-tax-halving.yaml")
    calendar = simulated_calendar(scenario.calendar, scenario.measures, "never")
    assert calendar.labels[0] == "2022-06"
    whole = industrial_effect(Package.build(scenario.measures, {}, china(), calendar))["purchase_tax"]
    late = industrial_effect(Package.build(scenario.measures, {}, china(), scenario.calendar))["purchase_tax"]
    assert whole[:5].min() > 0.05  # it worked from June on
    np.testing.assert_allclose(whole[5:7], late[:2], atol=0.01)  # the same months, but for what is displaced
    assert whole[8:14].mean() < 1.5 * late[3:9].mean() < 0.0  # and more to pay back
