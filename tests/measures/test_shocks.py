"""Epidemics, lost capacity and shifts of demand."""

from __future__ import annotations

import csv

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from simcore.calendar import Calendar
from simcore.measures.epidemic import Epidemic, pool_regions

from .helpers import ROOT, china, entry, small

SPRING = Calendar.between("2022-03", "2023-06")
WAVE = {"kind": "pulse", "start": "2022-04", "end": "2022-04"}
COMMON = ROOT / "scenarios" / "common"


def shipped_rows() -> list[dict[str, str]]:
    with (COMMON / "closure-sensitivity-2020.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def shipped() -> dict[str, float]:
    text = (COMMON / "closure-sensitivity-2020.yaml").read_text(encoding="utf-8")
    return yaml.safe_load(text)["parameters"]["closure_sensitivity_2020"]


def test_the_shipped_sensitivities_average_to_one_over_industry():
    table = shipped()
    economy = china()
    assert set(table) == set(economy.sectors.codes)
    inside = economy.is_industry
    added = economy.value_added.sum(axis=0)[inside]
    each = np.array([table[economy.sectors.codes[s]] for s in economy.sector])[inside]
    assert added @ each / added.sum() == pytest.approx(1.0, abs=0.03)  # weights of 2022 against those of 2020
    assert table["C36a"] > 1.3 > 1.0 > table["C31"] > table["B07"] >= 0.0


def test_every_row_of_the_sensitivities_says_what_it_rests_on():
    rows = shipped_rows()
    assert {r["code"]: float(r["sensitivity"]) for r in rows} == shipped()
    for r in rows:
        assert r["basis"] in ("published", "published_2020_group_2019", "group_residual", "assumption") and r["source"]
        if r["basis"] == "published":
            found = float(r["growth_2020_02_pct"]) - float(r["growth_2019_05_pct"])
            assert found == pytest.approx(float(r["deviation_pp"]), abs=0.05)
    # Published deviations and sensitivities are proportional.
    pairs = [(float(r["deviation_pp"]), float(r["sensitivity"])) for r in rows if r["basis"] == "published"]
    ratio = [s / d for d, s in pairs]
    assert max(ratio) - min(ratio) < 1e-3


def test_industrial_labour_falls_by_exposure_times_loss_on_average():
    economy = china()
    labour = entry("epidemic", sensitivity=shipped()).drivers(economy, SPRING).dense("labour")
    east = (economy.region == economy.regions.index("east")) & economy.is_industry
    added = economy.value_added.sum(axis=0)[east]
    april = 1.0 - added @ labour[1, east] / added.sum()
    assert april == pytest.approx(0.13 * 0.62, rel=0.12)
    assert (labour[:, economy.region != economy.regions.index("east")] == 1.0).all()


@given(st.floats(0.0, 1.0), st.floats(0.0, 1.0), st.floats(0.0, 3.0))
@settings(max_examples=30, deadline=None)
def test_labour_and_passage_stay_shares(exposure, loss, sensitivity):
    wave = Epidemic(id="w", exposure={"east": exposure}, loss=loss, sensitivity={"C36a": sensitivity}, profile=WAVE)
    drivers = wave.drivers(small(), SPRING)
    for channel in ("labour", "passage"):
        dense = drivers.dense(channel)
        assert dense is None or (dense.min() >= 0.0 and dense.max() <= 1.0)


def test_closed_loops_keep_their_share_of_the_loss():
    plain = Epidemic(id="w", exposure={"east": 0.5}, profile=WAVE).drivers(small(), SPRING).dense("labour")
    loops = Epidemic(id="w", exposure={"east": 0.5}, profile=WAVE, closed_loop=0.4, loop_floor=0.5)
    kept = loops.drivers(small(), SPRING).dense("labour")
    np.testing.assert_allclose(1.0 - kept, 0.8 * (1.0 - plain))


def test_lorries_are_stopped_both_ways_and_elsewhere_not():
    economy = small()
    assert list(pool_regions(economy)) == [0, 1, -1]
    wave = Epidemic(id="w", exposure={"east": 0.5}, loss=0.3, freight_loss=0.54, profile=WAVE)
    passage = wave.drivers(economy, SPRING).dense("passage")[1]
    np.testing.assert_allclose(passage, [[0.88, 0.88, 0.88], [0.88, 1.0, 1.0]])  # 1 - (0.54 - 0.3) x 0.5


def test_a_closed_area_that_makes_less_than_lorries_could_carry_loses_no_freight_beyond_that():
    wave = Epidemic(id="w", exposure={"east": 0.5}, loss=0.62, freight_loss=0.54, profile=WAVE)
    assert wave.drivers(small(), SPRING).dense("passage") is None


def test_what_households_delay_comes_back_in_its_share():
    wave = Epidemic(id="w", exposure={"east": 0.5}, profile=WAVE, delayed_goods=["C36a"])
    demand = wave.drivers(small(), SPRING).dense("demand")[:, 0].sum(axis=1)
    lost = -0.5 * 0.5 * 20.0 / 12.0
    assert demand.sum() == pytest.approx(0.3 * lost, rel=1e-9)
    assert demand[1] < 0.0 < demand[3]


def test_sectors_left_out_take_the_mean_and_groups_can_be_overruled():
    wave = Epidemic(id="w", exposure={"east": 0.5}, profile=WAVE, sensitivity={"industry": 0.5, "C36": 1.4})
    by_sector = dict(zip(china().sectors.codes, wave.by_sector(china()), strict=True))
    assert (by_sector["C31"], by_sector["C36a"], by_sector["H"]) == (0.5, 1.4, 1.0)


def test_lost_capacity_comes_back_by_half_in_each_half_life():
    calendar = Calendar.between("2022-W30", "2022-W50")
    shock = entry("capacity_loss", profile={"kind": "pulse", "start": "2022-W32", "end": "2022-W33"})
    lost = 1.0 - shock.drivers(china(), calendar).dense("capacity").min(axis=1)
    np.testing.assert_allclose(lost[2:4], 0.12)
    np.testing.assert_allclose(lost[6:16] / lost[4:14], 0.5, rtol=1e-9)  # half-life of two weeks
    sharp = entry("capacity_loss", recovery=None).drivers(china(), SPRING).dense("capacity")
    assert (sharp[6:] == 1.0).all() and sharp[5].min() == pytest.approx(0.88)


def test_export_orders_fall_by_the_elasticity_times_foreign_demand():
    shock = entry("export_demand", change=None, foreign_demand=-0.02, lag_from=0.0, lag_to=0.0)
    calendar = Calendar.between("2023-06", "2023-08")
    fallen = shock.drivers(china(), calendar).dense("demand")[0].sum()
    reached = entry("export_demand", change=-0.0468, lag_from=0.0, lag_to=0.0)
    assert fallen == pytest.approx(reached.drivers(china(), calendar).dense("demand")[0].sum(), rel=1e-12)


def test_a_shift_of_demand_touches_its_own_buyers_products_and_regions():
    economy = small()
    shock = entry("demand_shock", target={"sector": {"any": ["E"]}, "region": {"any": ["west"]}})
    demand = shock.drivers(economy, Calendar.between("2022-11", "2023-10")).dense("demand")
    assert demand[0, 2, 3] == pytest.approx(-0.03 * 30.0 / 12.0)
    assert np.count_nonzero(demand[0]) == 1


def test_a_sensitivity_is_a_number_that_may_have_a_distribution(tmp_path):
    from simcore.language.scenario import load

    path = tmp_path / "wave.yaml"
    path.write_text(
        "schema: simcore/scenario@1\nid: wave\ntitle: Wave\ncalibration: china-2022@1\n"
        "time: {step: month, start: 2022-11, end: 2023-01}\nshocks:\n  wave:\n    kind: epidemic\n    title: Wave\n"
        "    exposure: {east: 0.2}\n    source: test\n"
        "    sensitivity: {C31: {value: 0.7, dist: {kind: pert, low: 0.4, mode: 0.7, high: 1.2}}, C36a: 2.0}\n"
        "    profile: {kind: table, points: {2022-11: 0.5, 2022-12: 1, 2023-01: 0}}\n",
        encoding="utf-8",
    )
    scenario = load(path)
    (found,) = scenario.distributions.values()
    assert found.params["high"] == 1.2
    drawn = scenario.with_values({next(iter(scenario.distributions)): 1.1}).measures[0]
    assert drawn.sensitivity["C31"] == 1.1 and drawn.sensitivity["C36a"] == 2.0
