"""Files as economists write them: they load, and they mean what they say."""

from pathlib import Path

import pytest

from simcore.content import list_scenarios
from simcore.language.scenario import check, load

GOOD = Path(__file__).parent / "good"


@pytest.mark.parametrize("path", sorted(GOOD.glob("*.yaml")), ids=lambda p: p.stem)
def test_a_worked_example_has_no_errors_and_its_variants_build(path):
    assert not [d for d in check(path) if d.severity == "error"]
    one = load(path)
    assert one.measures and all(one.variant(v).calendar == one.calendar for v in one.variants)


@pytest.mark.parametrize("shipped", list_scenarios(), ids=lambda s: s.name)
def test_a_shipped_scenario_has_no_problems(shipped):
    assert not [str(d) for d in check(shipped.path) if d.severity != "note"]


def test_the_car_example_reads_as_written():
    one = load(GOOD / "auto-tax-halving.yaml")
    tax = one.measures[0]
    assert (tax.product, tax.pass_through, tax.demand_elasticity) == ("C36", 0.9, -1.2)
    assert (tax.pull_forward.share, tax.pull_forward.payback) == (0.35, 182.5)
    assert one.distributions["policies.purchase_tax.demand_elasticity"].params == {
        "mean": -1.2,
        "sd": 0.3,
        "high": 0.0,
    }
    assert one.variant("extended").measures[0].profile.end == "2023-06"
    assert one.variant("strong_payback").measures[0].pull_forward.share == 0.6
    assert [m.id for m in one.variant("no_nev").measures] == ["purchase_tax"]


def test_a_weekly_run_has_weekly_periods():
    one = load(GOOD / "epidemic-weekly.yaml")
    assert one.calendar.labels[0] == "2022-W44" and one.calendar.periods == 61
    loss = one.measures[1]
    assert loss.target.sector.but == ("C25",) and loss.recovery.half_life == 35.0
    level = loss.profile.level(one.calendar)
    assert level[1:4] == pytest.approx([0.0, 0.5, 1.0]) and level[6] == pytest.approx(0.8)


def test_a_run_by_days_has_days_as_periods_and_names_a_model_with_options_by_sector():
    one = load(GOOD / "epidemic-daily.yaml")
    assert one.calendar.step == "day" and one.calendar.labels[0] == "2022-10-20" and one.calendar.periods == 73
    level = one.measures[0].profile.level(one.calendar)
    assert level.sum() == 20.0 and one.calendar.labels[int(level.argmax())] == "2022-11-15"
    assert one.model_options["production"]["C25"] == "leontief"
