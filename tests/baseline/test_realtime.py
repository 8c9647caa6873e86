"""Fans in pseudo-real time, the combination's weights, and shrunk seasonal factors on simulated histories."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from simcore.fitting.baseline import BaselineOptions, build_from, fans_in_real_time
from simcore.fitting.fan import FanOptions, Forecasts, past_forecasts, shrunk_weights, vintages
from simcore.fitting.history import SLOTS, History, release, release_time
from simcore.fitting.projection import COMBINED, NAIVE, ProjectionOptions, Vintage, project
from simcore.fitting.realtime import MEASURES, best_width, fans, gain
from simcore.fitting.seasonal import MONTHS_IN_RELEASE, SeasonalOptions, adjust, chained_growth, monthly_profile

EPIDEMIC = [release("2022-04"), release("2022-05")]


@pytest.fixture(scope="module")
def scored(history):
    return fans_in_real_time(history, BaselineOptions())


def test_the_fan_of_the_total_beats_every_naive_fan_in_pseudo_real_time(scored):
    own = scored["combined"]
    ordinary = ~np.isin(own.target, EPIDEMIC)
    for name, measure, kept in itertools.product(NAIVE, ("interval_50", "interval_90", "crps"), (None, ordinary)):
        found = gain(own, scored[name], measure, kept)
        assert found.gain > 0.15 and found.better > 0.95, (name, measure)


def test_it_also_beats_them_at_every_horizon_and_with_their_best_width(scored):
    own = scored["combined"]
    for name in NAIVE:
        assert gain(own, best_width(scored[name]), "interval_90").gain > 0.1
        for first, stop in ((0, 1), (1, 3), (3, 6), (6, 11)):
            ahead = np.zeros(own.sd.shape, dtype=bool)
            ahead[:, first:stop] = True
            assert own.mean("interval_90", ahead) < scored[name].mean("interval_90", ahead), (name, first)


def test_its_coverage_is_roughly_nominal(scored):
    # Overlapping forecasts of fourteen outcomes: coverage is only roughly known.
    own = scored["combined"]
    assert 0.40 < own.mean("coverage_50") < 0.75
    assert 0.80 < own.mean("coverage_90") <= 1.0


def test_a_fan_uses_nothing_printed_after_its_origin(history):
    options = BaselineOptions()
    later = release("2022-03")
    changed = history.total.copy()
    changed[later:] += 15.0
    pair = []
    for total in (history.total, changed):
        h = History(**{**vars(history), "total": total})
        known = vintages(h, options.seasonal, options.projection, options.fan)
        pair.append(fans(past_forecasts(h, "combined", known), options.fan))
    before = past_forecasts(history, "combined", known).origins < later
    both = np.isfinite(pair[0].sd) & before[:, None]
    assert both.sum() > 50
    np.testing.assert_array_equal(pair[0].sd[both], pair[1].sd[both])


def test_a_fan_against_itself_gains_nothing_and_a_wider_one_loses(scored):
    own = scored["combined"]
    assert gain(own, own, "crps")[:3] == (0.0, 0.0, 0.0)
    assert all(scored["no_change"].mean(m) > 0 for m in MEASURES)
    assert best_width(scored["mean_12"]).mean("interval_90") <= scored["mean_12"].mean("interval_90")


def test_fans_of_known_errors_have_nominal_coverage():
    rng = np.random.default_rng(3)
    origins, ahead = np.arange(SLOTS * 20, SLOTS * 20 + 120), 12
    months = np.arange(1, ahead + 1) * 12 / 11
    error = 0.02 * rng.standard_normal((len(origins), ahead)) * np.sqrt(1.0 + 0.2 * months)
    fan = fans(Forecasts("made", origins, error, 100.0 * error), FanOptions(floor=1e-4))
    assert fan.mean("coverage_90") == pytest.approx(0.90, abs=0.03)
    assert fan.mean("coverage_50") == pytest.approx(0.50, abs=0.04)


def test_weights_sum_to_one_begin_equal_and_stay_near_equal(history):
    options = BaselineOptions()
    known = vintages(history, options.seasonal, options.projection, options.fan)
    for vintage in known.values():
        assert sum(vintage.weights) == pytest.approx(1.0)
        assert min(vintage.weights) > 0.5 / len(COMBINED) and max(vintage.weights) < 2.0 / len(COMBINED)
    assert len(set(known[min(known)].weights)) == 1
    free = shrunk_weights(history, known, ProjectionOptions(outcomes=0.0))(history.releases)
    assert max(free) > max(shrunk_weights(history, known, ProjectionOptions())(history.releases))


def test_the_combination_is_the_weighted_mean_of_its_methods(history):
    vintage = Vintage.of(history, SeasonalOptions(), ProjectionOptions())
    mean = np.mean([project(name, vintage, 14) for name in COMBINED], axis=0)
    np.testing.assert_allclose(project("combined", vintage, 14), mean, rtol=1e-14)


def simulated(rng: np.random.Generator, season_sd: float = 0.05, noise: float = 0.006) -> tuple[History, np.ndarray]:
    """Five years of prints, rounded, from a known profile and trend with noise; and the true log profile."""
    T = 5 * SLOTS
    slot, time = np.arange(T) % SLOTS, release_time(np.arange(T))
    season = season_sd * rng.standard_normal(SLOTS)
    adjusted = np.log(1.06) / 12.0 * time + noise * rng.standard_normal(T)
    adjusted[:SLOTS] = np.log(1.06) / 12.0 * time[:SLOTS] + 0.01 * rng.standard_normal(SLOTS)
    level = adjusted + season[slot]
    total, to_date, monthly = (np.full(T, np.nan) for _ in range(3))
    size = MONTHS_IN_RELEASE[slot] * np.exp(level)
    for t in range(SLOTS, T):
        total[t] = round(100.0 * np.expm1(level[t] - level[t - SLOTS]), 1)
        start = t - slot[t]
        ratio = size[start : t + 1].sum() / size[start - SLOTS : t + 1 - SLOTS].sum()
        to_date[t] = round(100.0 * (ratio - 1.0), 1)
        change = adjusted[t] - adjusted[t - 1] if slot[t] else np.nan
        monthly[t] = round(100.0 * np.expm1(change + 0.003 * rng.standard_normal()), 2)
    none = np.full((T, 3), np.nan)
    made = History((), (), np.zeros(0, int), np.zeros(0), total, monthly, to_date, none, np.zeros((T, 0)), {})
    truth = level[:SLOTS] - np.log((MONTHS_IN_RELEASE * np.exp(level[:SLOTS])).sum() / 12.0)
    return made, truth


def test_shrunk_profiles_lie_nearer_the_truth_than_free_ones_and_than_none():
    rng = np.random.default_rng(5)
    shrunk, free, none = [], [], []
    for _ in range(25):
        made, truth = simulated(rng)
        shrunk.append(((monthly_profile(made, SeasonalOptions()) - truth) ** 2).mean())
        free.append(((monthly_profile(made, SeasonalOptions(profile_prior=10.0)) - truth) ** 2).mean())
        none.append((truth**2).mean())
    assert np.mean(shrunk) < np.mean(free)
    assert np.mean(shrunk) < np.mean(none)


def test_the_stated_error_of_the_adjusted_base_covers_the_truth():
    """Differences between releases of the base year, 90 % ranges from the covariance that the fan carries."""
    rng = np.random.default_rng(6)
    inside = []
    for _ in range(40):
        made, _ = simulated(rng)
        found = adjust(made, SeasonalOptions())
        true_season = chained_growth(made)  # path = base + chained: the base is what is left of the true path
        trend = np.log(1.06) / 12.0 * release_time(np.arange(made.releases))
        truth = np.array([np.mean((trend - true_season)[s::SLOTS]) for s in range(SLOTS)])
        gap = found.base - found.base.mean() - (truth - truth.mean())
        inside.append(np.abs(gap) <= 1.645 * np.sqrt(np.diag(found.covariance)))
    assert 0.80 < np.mean(inside) <= 1.0


@pytest.mark.parametrize("ratio", [0.0, 0.01, 0.3, 20.0])
def test_the_smooth_law_is_found_to_rounding(ratio):
    from simcore.fitting.fan import _smooth_law

    months = np.arange(1.0, 13.0)
    transitory, permanent = _smooth_law(months, np.log(4e-4 * (1.0 + ratio * months)), np.arange(20.0, 8.0, -1.0))
    assert transitory == pytest.approx(4e-4, rel=2e-5)
    assert permanent == pytest.approx(4e-4 * ratio, rel=1e-9, abs=1e-9)


def test_the_monthly_profile_is_a_minimum_to_rounding(history):
    """A thousandfold finer start of the year-to-date prints' own rounding leaves it where it is."""
    from simcore.fitting import seasonal

    found = monthly_profile(history, SeasonalOptions())
    rounds = seasonal.ROUNDS
    try:
        seasonal.ROUNDS = 300
        again = monthly_profile(history, SeasonalOptions())
    finally:
        seasonal.ROUNDS = rounds
    np.testing.assert_allclose(again, found, atol=1e-13)


def test_rounding_on_another_machine_moves_no_figure_by_1e_10(history, built):
    """Growth moved by its last bits stands for another BLAS: no optimiser stops elsewhere for it."""
    rng = np.random.default_rng(9)
    moved = {
        name: getattr(history, name) * (1.0 + 4e-16 * rng.standard_normal(getattr(history, name).shape))
        for name in ("total", "month_on_month", "year_to_date", "by_sector")
    }
    other = build_from(History(**{**vars(history), **moved}), BaselineOptions())
    for name in ("level", "seasonal", "error_loading"):
        one, two = getattr(built, name), getattr(other, name)
        assert np.abs(one - two).max() <= 1e-10 * np.abs(one).max(), name
