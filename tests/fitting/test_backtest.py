"""Episodes and back-tests: growth as published, identities of the fit, scores by hand, and the bar."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from simcore.cli import app
from simcore.commands.backtests import REPORT, report
from simcore.economy.store import load_economy
from simcore.errors import ScenarioError
from simcore.fitting.backtest import NAIVE, OWN, Replay, autoregression, backtest, by_sector, read_owners, replay
from simcore.fitting.episodes import EPISODES, calm, divisions, fit, problem, read_episodes
from simcore.fitting.estimation import coverage
from simcore.fitting.history import read_history, release
from simcore.fitting.polish import polish

CHINA = Path(__file__).parents[2] / "calibration" / "china-2022"
SOURCES = CHINA / "sources"


@pytest.fixture(scope="module")
def history():
    return read_history(SOURCES)


@pytest.fixture(scope="module")
def episodes():
    return read_episodes(CHINA)


@pytest.fixture(scope="module")
def found(history, episodes):
    return backtest(history, episodes, load_economy(CHINA), read_owners(SOURCES / "iva_ownership.csv"))


@pytest.fixture(scope="module")
def wave(history, episodes):
    """Divisions, calm dispersion and the first wave."""
    known = divisions(history, episodes.bar.month)
    return known, calm(history, known, episodes.calm), episodes.named("epidemic-2020")


def test_replays_hold_the_published_figures(found):
    with open(SOURCES / "iva_divisions.csv", newline="", encoding="utf-8") as lines:
        printed = {(row["month"], row["division"]): float(row["percent"]) for row in csv.DictReader(lines)}
    for r in (*found.replays, found.bar):
        assert [printed[r.month, code] for code in r.codes] == r.published.tolist()
        assert all((r.origin, code) in printed for code in r.codes)


def test_april_2022_from_sensitivities_of_2020_alone_errs_15_per_cent_less_than_the_naive_pattern(found):
    assert (found.bar.fitted, found.bar.origin, found.bar.month) == (("epidemic-2020",), "2022-03", "2022-04")
    assert len(found.bar.codes) == 16
    assert found.bar.score(NAIVE).error == pytest.approx(4.5625)
    assert found.bar.gain() >= 0.15
    assert found.bar.gain(("36",)) >= 0.15


def test_the_shipped_report_is_what_the_command_writes_now(found):
    assert report(found, CHINA.name) == (CHINA / REPORT).read_text(encoding="utf-8")


def test_no_replay_is_fitted_on_itself(found):
    assert all(r.episode not in r.fitted for r in (*found.replays, found.bar))


def test_sensitivities_of_2020_do_not_see_2022(history, wave, episodes):
    known, still, first = wave
    changed = history.by_sector.copy()
    changed[release("2022-03") :] += 7.0
    other = replace(history, by_sector=changed)
    assert (fit(other, known, [first], still).mean == fit(history, known, [first], still).mean).all()
    assert calm(other, known, episodes.calm) == still


def test_least_squares_find_the_closed_form_of_a_linear_problem(history, wave):
    known, still, first = wave
    asked = problem(history, known, [first], still, np.array([0.5, 1.1, 0.8]), 0.4)
    slope = asked.forward(np.eye(asked.p)).T
    cov, prior = np.asarray(asked.error), np.array([p.median for p in asked.parameters])
    gain = 0.4**2 * slope.T @ np.linalg.inv(cov + 0.4**2 * slope @ slope.T)
    assert asked.natural(polish(asked).mean) == pytest.approx(prior + gain @ (asked.observed - slope @ prior), abs=1e-7)


def test_intervals_of_sensitivities_hold_simulated_truths(found):
    asked = found.fits["bar"].posterior.problem  # its width of the prior is taken as known
    held = coverage(asked, lambda p, seed: polish(p), truths=40, seed=11)
    assert held.good


def test_without_a_change_of_the_total_all_divisions_stay_bit_for_bit(history, wave, found, episodes):
    same = replay(history, found.fits["bar"], wave[1], episodes.named("spring-2022"), (), "2022-03", "2022-03")
    assert len(same.codes) == 16
    assert (same.forecast[OWN] == same.published).all()
    assert (same.sd[OWN] == same.sd[NAIVE]).all()


def test_sensitivities_of_all_sectors_average_to_one(history, found):
    f = found.fits["bar"]
    s = by_sector(history, f, f.divisions)
    assert s.min() >= 0.0
    assert np.average(s, weights=history.value_added) == pytest.approx(1.0, abs=1e-12)


def test_the_order_of_divisions_does_not_matter(history, wave):
    known, still, first = wave
    back = known._replace(codes=known.codes[::-1], at=known.at[::-1], category=known.category[::-1])
    assert fit(history, back, [first], still).mean[::-1] == pytest.approx(fit(history, known, [first], still).mean)


def test_scores_by_hand():
    r = Replay(
        "e", (), "2022-03", "2022-04", ("13", "36"), np.array([1.0, -10.0]),
        {OWN: np.array([2.0, -7.0]), NAIVE: np.array([1.0, -2.0])}, {OWN: np.array([1.0, 1.0])}, {}, (),
    )  # fmt: skip
    assert r.score(OWN).error == 2.0
    assert r.score(OWN).coverage == 0.5  # 1 lies inside 1.645, 3 outside
    assert r.score(OWN).interval == pytest.approx(2 * 1.6448536 + (20 * (3 - 1.6448536)) / 2)
    assert r.gain() == pytest.approx(0.5)
    assert r.score(OWN, ("36",)).error == 1.0


def test_an_autoregression_continues_a_geometric_return():
    past = 5.0 + 8.0 * 0.5 ** np.arange(8)
    assert autoregression(past, 2) == pytest.approx(5.0 + 8.0 * 0.5**9)
    assert np.isnan(autoregression(past[:4], 1))


def test_faults_of_episodes_are_told_with_their_place(tmp_path):
    text = (CHINA / EPISODES).read_text(encoding="utf-8")
    (tmp_path / EPISODES).write_text(text.replace("kind: demand", "kind: flood"), encoding="utf-8")
    with pytest.raises(ScenarioError, match=r"episodes.yaml:\d+:\d+"):
        read_episodes(tmp_path)


def test_a_calibration_without_episodes_is_refused_and_nothing_is_written():
    before = sorted((CHINA.parent / "us-2019").iterdir())
    answer = CliRunner().invoke(app, ["backtest", str(CHINA.parent / "us-2019")])
    assert answer.exit_code == 2
    assert sorted((CHINA.parent / "us-2019").iterdir()) == before
