"""The epidemic path by its written rule, and the forecast's four fans."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import pytest
import yaml
from typer.testing import CliRunner

from simcore.cli import app
from simcore.economy.baseline import Baseline
from simcore.epidemic_rule import FILE, Rule, draw_paths, load_rule
from simcore.errors import ScenarioError, SimcoreError
from simcore.forecast import CASES, HEADING, forecast
from simcore.language.scenario import load
from simcore.report.forecast import csv_text, observations, page, text_table
from simcore.run import run

CALIBRATION = Path(__file__).parents[2] / "calibration" / "china-2022"
MONTHS = ("2022-11", "2022-12", *(f"2023-{m:02d}" for m in range(1, 13)))
SCENARIO = """\
schema: simcore/scenario@1
id: small
title: "One measure and the wave"
calibration: china-2022@1
time: {step: month, start: 2022-11, end: 2023-12}
include: [notice-2022/winter-risks.yaml]
policies:
  support:
    kind: investment_support
    target: {sector: {any: [C34, C35]}}
    amount: {value: 200 bn CNY, dist: {kind: uniform, low: 150 bn CNY, high: 250 bn CNY}}
    profile: {kind: pulse, start: 2022-12, end: 2023-03}
    source: "assumption"
uncertainty: {n: 6}
"""


@pytest.fixture(scope="module")
def rule() -> Rule:
    return load_rule(CALIBRATION)


@pytest.fixture(scope="module")
def content() -> dict:
    return yaml.safe_load((CALIBRATION / FILE).read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    file = tmp_path_factory.mktemp("forecast") / "small.yaml"
    file.write_text(SCENARIO, encoding="utf-8")
    return load(file)


@pytest.fixture(scope="module")
def found(small):
    return forecast(small, draws=80)


def changed(content: dict, **parts) -> Rule:
    return Rule.model_validate({**content, **parts})


def test_every_reading_lies_within_the_vintage_and_names_its_source(rule):
    assert all(r.date <= rule.vintage and len(r.source) > 10 for r in rule.index)


def test_numbers_taken_from_the_record_are_those_of_the_baseline(rule):
    baseline = Baseline.load(CALIBRATION / "baseline.npz")
    gap = dict(zip(baseline.months, baseline.trend_gap(), strict=True))
    left = [
        gap[after] / gap[before]
        for before, after in (
            ("2020-02", "2020-03"),
            ("2020-03", "2020-04"),
            ("2020-04", "2020-05"),
            ("2022-04", "2022-05"),
        )
    ]
    assert min(left) == pytest.approx(rule.fade.low, abs=0.015)
    assert max(left) == pytest.approx(rule.fade.high, abs=0.015)
    normal = baseline.meta["long_run_growth_percent"] / 12.0
    assert rule.loss_a_point.high == pytest.approx((7.08 + normal) / 20.0, abs=0.005)
    assert rule.again.course[2] == pytest.approx(left[-1], abs=0.015)


def test_paths_depend_on_their_number_alone(rule):
    few, many = draw_paths(rule, MONTHS, 5, 7), draw_paths(rule, MONTHS, 9, 7)
    for one, other in zip(few, many, strict=False):
        np.testing.assert_array_equal(one.loss, other.loss)
    assert (draw_paths(rule, MONTHS, 1, 8)[0].loss != few[0].loss).any()


def test_paths_are_losses_and_end_of_closures_has_the_stated_odds(rule):
    paths = draw_paths(rule, MONTHS, 3000, 1)
    loss = np.array([p.loss for p in paths])
    assert loss.min() >= 0.0 and loss.max() <= 60.0
    none = 1.0 - sum(rule.exit.values())
    assert np.mean([p.exit is None for p in paths]) == pytest.approx(none, abs=0.025)
    before_april = rule.exit["2022-Q4"] + rule.exit["2023-Q1"]
    assert np.mean([p.exit is not None and p.exit < "2023-04" for p in paths]) == pytest.approx(before_april, abs=0.025)


def test_a_country_without_cost_of_closures_and_without_an_end_of_them_loses_nothing(content):
    free = changed(content, loss_a_point={"low": 0.0, "high": 0.0}, exit={})
    assert max(p.loss.max() for p in draw_paths(free, MONTHS, 50, 1)) == 0.0


def test_november_is_the_mean_of_readings_where_the_rise_stands_still(content):
    still = changed(
        content,
        rise={"weeks": {"low": 9.9, "mode": 9.95, "high": 10}, "a_week": {"low": 0, "high": 0}, "ceiling": 40.3},
        again={**content["again"], "waves": 0}, exit={}, loss_a_point={"low": 1.0, "high": 1.0},
    )  # fmt: skip
    first = draw_paths(still, MONTHS[:1], 1, 1)[0]
    days = [
        9.2 + (15.6 - 9.2) * (d + 5) / 18 if d <= 13 else 15.6 + 4.3 * (d - 13) / 7 if d <= 20 else 19.9
        for d in range(30)
    ]  # day 0 is 1 November; 27 October 9.2, 14 November 15.6, 21 November 19.9
    assert first.controlled[0] == pytest.approx(np.mean(days), abs=1e-9)
    assert first.loss[0] == pytest.approx(np.mean(days) - still.normal, abs=1e-9)


def test_the_index_never_exceeds_its_ceiling(content):
    steep = changed(
        content,
        rise={"weeks": {"low": 5, "mode": 8, "high": 10}, "a_week": {"low": 9, "high": 9}, "ceiling": 40.3},
    )
    assert max(p.controlled.max() for p in draw_paths(steep, MONTHS, 40, 1)) <= 40.3 + 1e-9


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"vintage": "2022-11-20"}, "2022-11-21 lies after the vintage"),
        ({"exit": {"2023-Q2": 0.7, "2023-Q3": 0.7}}, "sum to more than 1"),
        ({"fade": {"low": 0.6, "high": 0.2}}, "low 0.6 lies above high 0.2"),
        ({"fades": 1}, "fades"),
    ],
)
def test_a_rule_with_an_error_is_refused_with_its_place(content, tmp_path, change, message):
    text = yaml.safe_dump({**content, **change}, allow_unicode=True)
    (tmp_path / FILE).write_text(text, encoding="utf-8")
    with pytest.raises(ScenarioError, match=message):
        load_rule(tmp_path)


def test_a_calibration_without_a_rule_says_which_file_it_needs(tmp_path):
    with pytest.raises(ScenarioError, match=r"epidemic\.yaml: there is no such file"):
        load_rule(tmp_path)


def test_the_path_lowers_every_level_by_what_the_rule_states(found):
    loss = np.array([p.loss for p in found.paths]) / 100.0
    lost = found.level["neither"] - found.level["epidemic"]
    assert (lost >= -1e-9).all()
    # Without measures held in the projection, the level is the projection times one less the loss.
    np.testing.assert_allclose(lost / found.level["neither"], loss, rtol=1e-9, atol=1e-12)


def test_a_wave_takes_from_the_measures_at_most_all_they_do(found):
    calm = found.level["measures"] - found.level["neither"]
    wave = found.level["both"] - found.level["epidemic"]
    assert (wave >= np.minimum(calm, 0.0) - 1e-9).all()
    assert (wave <= calm + 1e-9).all()  # hands are short
    assert found.wave.interplay < 0.0


def test_the_run_through_the_model_meets_the_stated_losses(found):
    np.testing.assert_allclose(found.wave.met, found.wave.stated, atol=0.02)
    worst = int(np.argmax(found.wave.stated))
    assert (
        found.wave.by_sector["C36a"][worst] < found.wave.by_sector["C27"][worst] <= 0.5
    )  # assembly stops, drugs do not


def test_the_fan_without_anything_is_that_of_the_projection(small):
    fan = forecast(small, draws=1500)
    baseline = Baseline.load(CALIBRATION / "baseline.npz")
    place = [list(baseline.months).index(m) for m in fan.months]
    growth = fan.growth["neither"]
    np.testing.assert_allclose(growth.mean(axis=0), baseline.yoy()[place], atol=0.35)
    sd = baseline.yoy_error_sd()[: len(place)]
    # January and February are one observation whose two errors are nearly one.
    np.testing.assert_allclose(growth.std(axis=0), sd, rtol=0.08)
    assert fan.growth["epidemic"].std(axis=0)[1] > growth.std(axis=0)[1]


def test_a_run_has_the_draws_that_a_forecast_needs(small, found):
    result = run(small)
    again = forecast(small, draws=80, result=result)
    for case in CASES:
        np.testing.assert_allclose(again.growth[case], found.growth[case], rtol=0, atol=1e-3)  # seven digits of levels
    other = forecast(small, draws=80, result=run(small, seed=5))
    assert other.seed == 5 and np.abs(other.growth["neither"] - found.growth["neither"]).max() > 0.1
    with pytest.raises(SimcoreError, match="a run with draws"):
        forecast(small, draws=80, result=run(small, draws=0))


def test_a_run_whose_file_asks_for_it_shows_its_forecast(small, found, tmp_path):
    out = tmp_path / "out"
    words = ["run", str(small.path), "--set", "outputs.forecast=true", "--out", str(out), "--formats", "html"]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    rows = list(csv.DictReader(io.StringIO((out / "forecast.csv").read_text(encoding="utf-8"))))
    assert tuple(rows[0]) == HEADING and len(rows) == 4 * len(found.months)
    report = (out / "report.html").read_text(encoding="utf-8")
    for text in ("Forecast with an epidemic path", "without the epidemic path: median", "What would make this wrong"):
        assert text in report
    assert report.count("data:image") == 1 + report_without(small, tmp_path).count("data:image")


def report_without(scenario, folder):
    done = CliRunner().invoke(app, ["run", str(scenario.path), "--out", str(folder / "bare"), "--formats", "html"])
    assert done.exit_code == 0 and not (folder / "bare" / "forecast.csv").exists()
    text = (folder / "bare" / "report.html").read_text(encoding="utf-8")
    assert "epidemic path" not in text
    return text


def test_a_run_counts_where_no_forecast_can_be_made(small, tmp_path):
    asked = ["run", str(small.path), "--set", "outputs.forecast=true", "--formats", "csv"]
    started = CliRunner().invoke(app, [*asked, "--set", "time.start=2022-06", "--out", str(tmp_path / "early")])
    assert started.exit_code == 0 and "no forecast: small starts in 2022-06, which was published" in started.output
    undrawn = CliRunner().invoke(app, [*asked, "--draws", "0", "--out", str(tmp_path / "central")])
    assert undrawn.exit_code == 0 and not (tmp_path / "central" / "forecast.csv").exists()


def test_a_file_that_asks_for_a_forecast_without_a_rule_is_refused_before_it_runs(tmp_path):
    asked = ["run", "us-vehicles-2020", "--set", "outputs.forecast=true", "--out", str(tmp_path / "out")]
    done = CliRunner().invoke(app, asked)
    assert done.exit_code == 2 and "epidemic.yaml: there is no such file" in done.output
    assert "simulating" not in done.output and not (tmp_path / "out").exists()


def test_january_and_february_are_one_observation(found):
    t = found.months.index("2023-01")
    for case in CASES:
        np.testing.assert_array_equal(found.growth[case][:, t], found.growth[case][:, t + 1])
    assert [label for label, _ in observations(found)][2] == "2023-01/02"


def test_quantiles_rise_and_april_is_a_base_effect(found):
    for case in CASES:
        assert (np.diff(found.quantiles(case), axis=0) >= 0.0).all()
    april = found.months.index("2023-04")
    assert found.base_effect[april] > 5.0
    assert found.growth["both"][:, april].mean() > 2.0 * found.two_year["both"][:, april].mean()


def test_more_draws_leave_the_first_ones_as_they_are(small, found):
    more = forecast(small, draws=90)
    for case in CASES[:2]:
        np.testing.assert_allclose(more.growth[case][:80], found.growth[case], rtol=0, atol=1e-12)


def test_the_table_holds_every_case_and_month_once(found):
    rows = list(csv.DictReader(io.StringIO(csv_text(found))))
    assert tuple(rows[0]) == HEADING
    assert len({(r["month"], r["measures"], r["epidemic"]) for r in rows}) == len(rows) == 4 * len(found.months)
    one = next(r for r in rows if (r["month"], r["measures"], r["epidemic"]) == ("2023-04", "yes", "yes"))
    april = found.months.index("2023-04")
    assert float(one["q50"]) == pytest.approx(np.median(found.growth["both"][:, april]), abs=1e-4)
    assert float(one["q05"]) < float(one["q25"]) < float(one["q50"]) < float(one["q75"]) < float(one["q95"])


def test_page_and_printed_table_show_fans_doubts_and_sources(found):
    html, text = page(found), text_table(found)
    for words in ("What would make this wrong", "With measures, with epidemic", "Reuters, 22 November 2022", "2023-04"):
        assert words in html
    assert "nan" not in html.lower().split() and "2023-01/02" in text


def test_a_scenario_that_cannot_carry_the_path_is_told_what_it_needs(tmp_path):
    file = tmp_path / "bare.yaml"
    file.write_text(SCENARIO.replace("include: [notice-2022/winter-risks.yaml]\n", ""), encoding="utf-8")
    with pytest.raises(SimcoreError, match="no epidemic shock 'winter_wave'"):
        forecast(load(file), draws=4)
    file.write_text(SCENARIO, encoding="utf-8")
    with pytest.raises(SimcoreError, match="already runs 'winter_wave'"):
        forecast(load(file, sets=("shocks.winter_wave.enabled=true",)), draws=4)
    with pytest.raises(SimcoreError, match="no quantiles"):
        forecast(load(file), draws=1)
