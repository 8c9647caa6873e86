"""First in, last in and Shapley: they mean what they say, add up, and know the shocks apart."""

import io
from math import isnan

import numpy as np
import pytest

from simcore.attribution import antithetic_orders, coalitions_of, marginal, shapley
from simcore.content import find_scenario
from simcore.contributions import contributions, csv_table, text_tables
from simcore.errors import SimcoreError
from simcore.language.scenario import load
from simcore.run import run

FIVE = "notice-2022-five"  # few enough for exact values

EPIDEMIC = "supply-guarantee-epidemic"


@pytest.fixture(scope="module")
def notice():
    return contributions(load(find_scenario(FIVE)), of="iva_level_effect.total.mean")


@pytest.fixture(scope="module")
def guarantee():
    return contributions(load(find_scenario(EPIDEMIC)), of="iva_level_effect.total.2022-12")


def test_they_add_up_and_agree_with_the_report(notice):
    assert notice.gap < 1e-10 and notice.policies.exact and notice.shocks is None
    result = run(load(find_scenario(FIVE)), draws=0)
    with_, without = result.series("iva").sum(), result.series("iva", "baseline").sum()
    assert notice.policies.whole == pytest.approx(100.0 * (with_ / without - 1.0), rel=1e-9)


def test_first_in_is_the_run_with_the_measure_alone(notice):
    off = [f"policies.{m}.enabled=false" for m in ("purchase_tax", "vouchers", "credit_insurance", "faster_rebates")]
    alone = run(load(find_scenario(FIVE), sets=(*off, "policies.policy_bank_funds.enabled=false")), draws=0)
    effect = 100.0 * (alone.series("iva").sum() / alone.series("iva", "baseline").sum() - 1.0)
    (relending,) = [p for p in notice.policies.parts if p.members == ("relending",)]
    # Nearly: what the projection already holds of the other measures stays in that run's baseline.
    assert relending.first_in == pytest.approx(effect, rel=2e-3)


def test_a_guarantee_is_worth_something_in_a_wave_only(guarantee):
    (listed,) = guarantee.policies.parts
    assert listed.without_shocks == 0.0 and listed.first_in > 0.01
    assert guarantee.shocks is not None and guarantee.gap < 1e-10
    wave, together = guarantee.shocks.parts
    assert wave.members == ("wave",) and isnan(wave.without_shocks) and wave.first_in < wave.last_in < 0.0
    assert together.first_in == 0.0 and together.last_in == pytest.approx(listed.last_in, rel=1e-12)


def test_measures_taken_together_add_up_to_the_same_effect(notice):
    grouped = contributions(load(find_scenario(FIVE)), of="iva_level_effect.total.mean", groups="responsible")
    assert len(grouped.policies.parts) < len(notice.policies.parts)
    assert sorted(m for p in grouped.policies.parts for m in p.members) == sorted(
        m for p in notice.policies.parts for m in p.members
    )
    assert grouped.policies.whole == pytest.approx(notice.policies.whole, rel=1e-12) and grouped.gap < 1e-10


def test_sampled_values_add_up_and_their_errors_cover_the_exact_ones(notice):
    sampled = contributions(load(find_scenario(FIVE)), of="iva_level_effect.total.mean", most_exact=3, pairs=8)
    assert not sampled.policies.exact and sampled.gap < 1e-10
    for one, other in zip(sampled.policies.parts, notice.policies.parts, strict=True):
        assert one.name == other.name and abs(one.shapley - other.shapley) <= 5.0 * one.error + 1e-12


def test_errors_of_sampled_values_are_honest_on_a_known_game():
    rng = np.random.default_rng(5)
    worth = {frozenset(): 0.0}

    def value(coalition):
        return worth.setdefault(coalition, float(rng.normal() + len(coalition)))

    exact = shapley(value, 7)
    far = []
    for seed in range(40):
        orders = antithetic_orders(7, pairs=12, seed=seed)
        assert len(coalitions_of(orders)) > 50
        means, errors = marginal(value, orders)
        assert means.sum() == pytest.approx(value(frozenset(range(7))), abs=1e-10)
        far += list(np.abs(means - exact) / errors)
    assert 0.5 < np.mean(np.array(far) < 1.0) < 0.85 and np.mean(np.array(far) < 3.0) > 0.95


def test_tables_hold_every_player(guarantee):
    from rich.console import Console

    console = Console(width=160, file=io.StringIO())
    console.print(text_tables(guarantee))
    shown = console.file.getvalue()
    assert (
        "White list of assembly plants" in shown and "all policies together" in shown and "first in, no shock" in shown
    )
    assert len(csv_table(guarantee).splitlines()) == 1 + 1 + 2


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"of": "iva_yoy.total.2022-12"}, "add up on levels; write iva_level_effect.total.2022-12"),
        ({"groups": "colour"}, "not grouped by 'colour'; there is heading, responsible, kind"),
    ],
)
def test_what_does_not_add_up_is_refused(asked, message):
    with pytest.raises(SimcoreError, match=message):
        contributions(load(find_scenario(EPIDEMIC)), **asked)
