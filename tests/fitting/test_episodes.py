"""Episodes of the past, their replay, and what of the estimates reaches a run."""

from __future__ import annotations

import csv
import json
import pickle
import re
from pathlib import Path

import numpy as np
import pytest

from simcore.calendar import Calendar
from simcore.content import find_scenario
from simcore.drawn import Drawn, number_of_draws
from simcore.economy.estimates import Estimates, Parameter, estimates_in
from simcore.economy.store import load_economy
from simcore.errors import ScenarioError, SimcoreError, TableError
from simcore.fitting import backtest_report
from simcore.fitting.backtest import NAIVE, Backtest, Line, _autoregressed, backtest
from simcore.fitting.episodes import Past, Straying, read_episodes
from simcore.fitting.estimate import changed
from simcore.fitting.forward import Episodes, inputs, sensitivities, structural
from simcore.fitting.history import release
from simcore.language.scenario import load
from simcore.models.inventory import Inventory
from simcore.run import run as run_scenario
from simcore.setting import Calibration, prepare

CHINA = Path(__file__).parents[2] / "calibration" / "china-2022"


@pytest.fixture(scope="module")
def past() -> Past:
    return Past(CHINA)


@pytest.fixture(scope="module")
def episodes(past) -> Episodes:
    return Episodes(past, load_economy(CHINA), tuple(past.file.episodes))


def test_targets_are_the_published_figures_of_their_months(past, episodes):
    with open(CHINA / "sources" / "iva_divisions.csv", newline="", encoding="utf-8") as file:
        printed = {(row["month"], row["division"]): float(row["percent"]) for row in csv.DictReader(file)}
    for cells in episodes.cells:
        for t, month in enumerate(cells.seen.releases):
            for j, division in enumerate(past.divisions):
                if cells.pattern[t, j]:
                    assert cells.seen.growth[t, j] == printed[month, division]
    months = {m for e in past.file.episodes.values() for m in e.months}
    used = sum(int(c.pattern.sum() + c.tied[:, 1:].sum()) for c in episodes.cells)
    assert used == sum(m in months for m, _ in printed)


def test_without_closures_and_shifts_nothing_moves_bit_for_bit(past, episodes):
    names = [p.name for p in episodes.parameters]
    value = np.array([p.median for p in episodes.parameters])
    value[[n.startswith(("closure", "demand")) for n in names]] = 0.0
    for run in episodes.runs:
        assert (episodes.changes(run, value[None]) == 0.0).all()


def test_scaling_all_sensitivities_changes_nothing(past, episodes):
    value = np.array([p.median for p in episodes.parameters])
    value[:5] = (0.4, 0.8, 1.7, 0.2, 2.0)
    double = value.copy()
    double[[n.startswith("sensitivity") for n in episodes.problem.names]] *= 2.0
    one, other = (episodes.forward(v[None]) for v in (value, double))
    assert np.allclose(one, other, rtol=1e-12)


def test_sensitivities_have_mean_one_over_industry(past):
    rng = np.random.default_rng(1)
    value = {p.name: float(p.natural(rng.standard_normal())) for p in structural(past)}
    own = sensitivities(past, value)
    weights = dict(zip(past.history.sectors, past.history.value_added, strict=True))
    assert sum(own[s] * weights[s] for s in own) == pytest.approx(sum(weights.values()))


def test_a_longer_closure_of_one_division_lowers_that_division_most(past, episodes):
    names = list(episodes.problem.names)
    value = np.array([p.median for p in episodes.parameters])
    more = value.copy()
    more[names.index("sensitivity.31")] *= 3.0
    low, high = (episodes.growth("spring-2020", v[None])[0, 0] for v in (value, more))
    assert past.divisions[int((high - low)[1:].argmin())] == "31"


def test_straying_grows_with_time_and_its_covariance_is_one():
    law = Straying(1.0, 30.0, 0.95)
    months = np.array([1.0, 2.0, 5.0, 9.0])
    cov = law.covariance(months)
    assert np.linalg.eigvalsh(cov).min() > 0.0 and (np.diff(np.diag(cov)) > 0.0).all()
    step = cov[1, 1] + cov[0, 0] - 2.0 * cov[0, 1]  # of the change between two prints a month apart
    assert step == pytest.approx(2.0 * 1.0 + 2.0 * 30.0 * (1.0 - 0.95))


SLIPS = {  # what stands in the file, what is written instead, what is said
    "run: spring-2022": ("run: spring-2021", "unknown run 'spring-2021'; did you mean 'spring-2020'?"),
    "calm:": ("clam:", "unknown key 'clam'; did you mean 'calm'?"),
    "northeast: 0.": ("northeast: 1.", "is out of range; it must be at most 1"),
    "ordered_beyond": (
        "ordered_beyon",
        "unknown parameter 'model.ordered_beyon'; did you mean 'model.ordered_beyond'?",
    ),
    'inputs: ["36"]': ('inputs: ["99"]', "unknown division '99'"),
    "products: [C36a]": ("products: [C36x]", "unknown sector 'C36x'; did you mean 'C36a'?"),
    "{east: 0.40}": ("{eats: 0.40}", "unknown region 'eats'; did you mean 'east'?"),
    "category: [households, inv": ("category: [household, inv", "unknown category 'household'"),
    "months: [2020-02, 2020-03": ("months: [2020-02, 2020-13", "'2020-13' is no month; write for example 2022-03"),
    "months: [2022-03, ": ("months: [2022-02, ", "2022-02 is no month of this run, 2022-03 to 2022-10"),
    "2020-04: {median": ("2020-01: {median", "no intensity for 2020-04; add it to 'intensity'"),
    "outside: {A:": ("outside: {AA:", "unknown sector 'AA'; did you mean 'A'?"),
}


@pytest.mark.parametrize("given", SLIPS)
def test_a_slip_in_a_file_of_episodes_is_told_at_its_place(given, tmp_path):
    text = (CHINA / "episodes.yaml").read_text(encoding="utf-8")
    written, said = SLIPS[given]
    assert given in text
    (tmp_path / "episodes.yaml").write_text(text.replace(given, written, 1), encoding="utf-8")
    (tmp_path / "codes.json").symlink_to(CHINA / "codes.json")
    (tmp_path / "sources").symlink_to(CHINA / "sources")
    with pytest.raises(ScenarioError) as told:
        read_episodes(tmp_path)
    assert re.search(rf"episodes\.yaml:\d+:\d+: error\[SC\d+\]: [^\n]*{re.escape(said)}", str(told.value))


def test_a_folder_without_episodes_says_what_to_do(tmp_path):
    with pytest.raises(ScenarioError, match=r"episodes\.yaml: there is no such file; state past episodes there"):
        read_episodes(tmp_path / "nowhere")


def test_the_shipped_estimates_fit_their_inputs_and_their_intervals_were_tested():
    assert changed(CHINA) == []
    found = Estimates.load(CHINA / "dynamics.json")
    tested = found.facts["coverage"]
    assert tested["truths"] >= 20 and 0.85 <= tested["share"] <= 0.99
    assert {"ordered_beyond", "restocking_time"} <= set(found.options())


WAVE = """
schema: simcore/scenario@1
id: wave
title: Wave
calibration: china-2022@1
time: {step: month, start: 2022-11, end: 2023-04}
shocks:
  wave:
    kind: epidemic
    title: Wave
    exposure: {east: 10 %}
    sensitivity: estimated
    profile: {kind: pulse, start: 2022-12, end: 2022-12}
    source: "assumption"
"""


def test_a_wave_takes_the_estimated_sensitivities_and_draws_them_jointly(past, tmp_path):
    (tmp_path / "wave.yaml").write_text(WAVE, encoding="utf-8")
    setting = prepare(load(tmp_path / "wave.yaml"))
    found = Estimates.load(CHINA / "dynamics.json")
    median = {p.name: float(p.natural(found.mean[i])) for i, p in enumerate(found.parameters)}
    expected = sensitivities(past, median) | dict(past.file.sensitivity.outside)
    used = setting.package(setting.scenario).shocks[0].sensitivity
    assert dict(used) == pytest.approx(expected)

    assert number_of_draws(setting.scenario) > 0
    members = Drawn.of(setting, 400, 7).members()
    drawn = [dict(members.package(setting, d).shocks[0].sensitivity) for d in range(400)]
    industry = past.history.sectors
    weights = past.history.value_added / past.history.value_added.sum()
    for one in drawn:
        assert weights @ [one[s] for s in industry] == pytest.approx(1.0)
    assert [one["C36a"] for one in drawn] == [one["C36b"] for one in drawn]  # one division, one draw
    together = {s: np.log([one[s] for one in drawn]) for s in ("C13", "C34", "C36a")}
    assert all(v.std() > 0.02 for v in together.values())
    assert np.median([one["C34"] for one in drawn]) == pytest.approx(expected["C34"], rel=0.1)
    short = Drawn.of(setting, 3, 7).members()
    assert dict(short.package(setting, 2).shocks[0].sensitivity) == pytest.approx(drawn[2])


def test_a_wave_that_waits_still_waits_in_another_process_and_refuses_to_run_without_estimates(tmp_path):
    (tmp_path / "wave.yaml").write_text(WAVE, encoding="utf-8")
    wave = load(tmp_path / "wave.yaml").measures[0]
    sent = pickle.loads(pickle.dumps(wave))
    assert sent.waits and sent == wave and sent.model_dump()["sensitivity"] == "estimated"
    assert not sent.with_estimates({"C34": 1.0}).waits
    with pytest.raises(SimcoreError, match="waits for estimates"):
        sent.drivers(load_economy(CHINA), Calendar.between("2022-11", "2023-04"))


def test_the_report_lists_estimated_sensitivities_with_ranges_and_assumed_ones_as_such(past, tmp_path):
    (tmp_path / "wave.yaml").write_text(WAVE, encoding="utf-8")
    rows = {a.name: a for a in run_scenario(load(tmp_path / "wave.yaml"), draws=2).assumptions if a.of == "wave"}
    cars = rows["sensitivity of C36a, C36b"]
    assert cars.mark == "C" and cars.low < cars.value < cars.high and cars.note == "estimate, drawn jointly"
    members = Drawn.of(prepare(load(tmp_path / "wave.yaml")), 400, 3).sensitivities
    inside = np.mean([cars.low <= one["C36a"] <= cars.high for one in members])
    assert 0.85 < inside < 0.95
    assert rows["sensitivity of A"].mark == "A" and rows["sensitivity of A"].low is None
    listed = {s for name in rows if name.startswith("sensitivity of") for s in name[15:].split(", ")}
    assert listed == set(past.history.sectors) | set(past.file.sensitivity.outside)


def test_a_calibration_without_estimates_says_so_where_a_wave_waits_for_them(tmp_path):
    text = WAVE.replace("china-2022@1", "us-2019@1").replace(
        "start: 2022-11, end: 2023-04", "start: 2020-02, end: 2020-06"
    )
    (tmp_path / "wave.yaml").write_text(text.replace("{east: 10 %}", "{US: 10 %}"), encoding="utf-8")
    with pytest.raises(ScenarioError, match="us-2019 holds no estimates of past closures"):
        load(tmp_path / "wave.yaml")


def test_estimates_come_back_from_their_file_and_draw_inside_their_bounds(tmp_path):
    found = Estimates(
        (
            Parameter("model.mpc", 0.35, 0.6, "logit", 0.0, 0.8), Parameter("model.waits", 0.4, 0.5),
            Parameter("s", 1.0, 1.0),
        ),
        np.array([0.5, -1.0, 0.0]), np.array([[0.3, 0.1, 0.0], [0.1, 0.2, 0.0], [0.0, 0.0, 1.0]]),
        np.array([True, True, False]), {"inputs": {}},
    )  # fmt: skip
    found.save(tmp_path / "dynamics.json")
    again = estimates_in(tmp_path)
    assert again is not None and again.parameters == found.parameters and np.allclose(again.cov, found.cov)
    drawn = again.draw(4000, seed=1)
    assert set(drawn) == {"mpc", "waits"} and (drawn["mpc"] > 0).all() and (drawn["mpc"] < 0.8).all()
    z = np.array([found.parameters[0].coordinate(drawn["mpc"]), found.parameters[1].coordinate(drawn["waits"])])
    assert np.cov(z) == pytest.approx(found.cov[:2, :2], abs=0.02)
    assert again.of("inventory", fixed=["waits"]) == {"mpc": pytest.approx(found.options()["mpc"])}
    assert again.of("leontief") == {} and (again.draw(3, 5)["mpc"] == again.draw(3, 5)["mpc"]).all()
    assert estimates_in(tmp_path / "nowhere") is None
    (tmp_path / "dynamics.json").write_text(json.dumps({"parameters": [{"name": "x"}]}), encoding="utf-8")
    with pytest.raises(TableError, match="simcore estimate"):
        estimates_in(tmp_path)


def test_a_changed_input_is_told(tmp_path):
    for name in ("episodes.yaml", "economy.npz", "dynamics.json"):
        (tmp_path / name).write_bytes((CHINA / name).read_bytes())
    (tmp_path / "sources").mkdir()
    for path in (CHINA / "sources").glob("iva_*.csv"):
        (tmp_path / "sources" / path.name).write_bytes(path.read_bytes())
    assert changed(tmp_path) == []
    with open(tmp_path / "sources" / "iva_total.csv", "a", encoding="utf-8") as file:
        file.write("\n")
    assert changed(tmp_path) == ["sources/iva_total.csv"]


def test_a_run_from_an_earlier_origin_knows_no_estimates_that_rest_on_later_months():
    today, then = Calibration.load("china-2022"), Calibration.load("china-2022", "2022-02")
    assert today.estimates is not None and today.estimates.until == "2022-10" <= today.baseline.last_observed
    assert then.estimates is None and then.baseline.last_observed == "2022-02" and "dynamics.json" not in then.hashes
    hindcast = prepare(load(find_scenario("epidemic-2022-spring")))
    assert hindcast.model == Inventory() and not hindcast.estimated
    forward = prepare(load(find_scenario("supply-chains-winter")))
    assert forward.estimated == today.estimates.options()


def test_draws_of_a_run_are_joint_draws_of_the_estimates():
    setting = prepare(load(find_scenario("supply-chains-winter")))
    found = setting.calibration.estimates
    drawn = Drawn.of(setting, 400, seed=5)
    rows = [found.names.index(f"model.{name}") for name in found.options()]
    z = np.array([found.parameters[i].coordinate(drawn.options[found.names[i]]) for i in rows])
    wanted = found.cov[np.ix_(rows, rows)]
    assert np.abs(np.cov(z) - wanted).max() < 0.2 * wanted.diagonal().max()
    assert np.abs(z.mean(axis=1) - found.mean[rows]).max() < 0.15
    models = drawn.members([0, 7]).models
    assert models[1].restocking_time == drawn.options["model.restocking_time"][7] != models[0].restocking_time


@pytest.fixture(scope="module")
def replayed() -> Backtest:
    """About 40 s of two cores: three fits, the replay that the README quotes."""
    return backtest(CHINA)


def test_the_pattern_of_april_2022_from_2020_alone_errs_at_least_15_percent_less_than_the_honest_naive(replayed):
    april = replayed.find("spring-2022", "2022-04", fitted_on="spring-2020")
    assert april.cells == 16 and april.naive[NAIVE[0]] == pytest.approx(4.56, abs=0.01)
    assert backtest_report.gain(april) >= 0.15
    without = replayed.find("spring-2022", "2022-04", "without vehicles", "spring-2020")
    assert backtest_report.gain(without) >= 0.15


def test_vehicles_are_no_win_in_the_car_tax_months(replayed):
    for month in ("2022-06", "2022-10"):
        line = replayed.find("cars-2022", month)
        assert line.cells == 15 and line.model == replayed.find("cars-2022", month, "without vehicles").model


def test_the_fan_holds_about_nine_tenths(replayed):
    lines = [x for x in replayed.lines if x.month == "all" and x.scope == "divisions"]
    covered = np.average([x.covered for x in lines], weights=[x.cells for x in lines])
    assert 0.8 <= covered <= 0.98


def test_the_shipped_report_is_what_the_back_test_says(replayed):
    shipped = (CHINA / "backtest.md").read_text(encoding="utf-8")
    april = replayed.find("spring-2022", "2022-04", fitted_on="spring-2020")
    assert f"**{april.model:.2f}**" in shipped and backtest_report.report(replayed)[:900] == shipped[:900]


def test_gains_are_shares_of_the_naive_error():
    line = Line("e", "f", "m", "divisions", 3, 3.0, {NAIVE[0]: 4.0}, 1.0, 1.0, 1.0)
    assert backtest_report.gain(line) == pytest.approx(0.25)
    assert backtest_report.gain(replace_model(line, 5.0)) == pytest.approx(-0.25)


def replace_model(line: Line, value: float) -> Line:
    return line._replace(model=value)


def test_an_autoregression_needs_six_pairs_and_follows_a_line():
    series = np.array([1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0])
    assert _autoregressed(series) == pytest.approx(128.0)
    assert np.isnan(_autoregressed(series[:6])) and np.isnan(_autoregressed(np.append(series, np.nan)))


def test_inputs_lie_in_the_run_that_they_are_of(past):
    for run, stated in past.file.runs.items():
        for p in inputs(past, run):
            month = p.name.rsplit(".", 1)[1]
            assert release(stated.start) <= release(month) <= release(stated.end) and p.role == "input"


def test_provinces_run_with_the_estimates_of_the_economy_that_they_extend():
    provinces = CHINA.with_name("china-2022-provinces") / "dynamics.json"
    assert provinces.read_bytes() == (CHINA / "dynamics.json").read_bytes()
