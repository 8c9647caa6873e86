"""Growth arithmetic, and the baseline as a file."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simcore.economy.baseline import Baseline, growth
from simcore.errors import TableError

MONTHS = tuple(f"{y}-{m:02d}" for y in (2020, 2021, 2022) for m in range(1, 13))
levels = st.lists(st.floats(1.0, 1e4), min_size=36, max_size=36).map(np.array)


@settings(deadline=None, max_examples=50)
@given(levels, st.floats(1e-3, 1e3))
def test_growth_does_not_depend_on_the_unit(level, factor):
    np.testing.assert_allclose(growth(factor * level, MONTHS), growth(level, MONTHS), rtol=1e-9, atol=1e-9)


@settings(deadline=None, max_examples=50)
@given(levels)
def test_the_two_year_average_compounds_the_two_years(level):
    one, two = growth(level, MONTHS), growth(level, MONTHS, 2)
    compound = (1 + one[12:24] / 100) * (1 + one[24:] / 100)
    np.testing.assert_allclose((1 + two[24:] / 100) ** 2, compound, rtol=1e-9)
    assert np.isnan(two[:24]).all()


@settings(deadline=None, max_examples=50)
@given(levels, st.floats(0.05, 0.95))
def test_growth_of_january_and_february_does_not_depend_on_how_their_sum_is_split(level, share):
    other = level.copy()
    for i in range(0, 36, 12):
        pair = level[i] + level[i + 1]
        other[i], other[i + 1] = share * pair, (1 - share) * pair
    rate = growth(level, MONTHS)
    np.testing.assert_allclose(growth(other, MONTHS), rate, rtol=1e-7, atol=1e-7)
    assert rate[12] == rate[13] and rate[24] == rate[25]


def test_a_january_without_its_february_has_no_growth():
    level = np.full(25, 100.0)
    assert np.isnan(growth(level, (*MONTHS[:24], "2022-01"))[24])
    assert growth(level[:24], MONTHS[:24])[13] == 0.0


def test_saving_and_loading_gives_the_same_baseline_and_the_same_bytes(built, tmp_path):
    first, second = tmp_path / "a.npz", tmp_path / "b.npz"
    built.save(first)
    loaded = Baseline.load(first)
    loaded.save(second)
    assert first.read_bytes() == second.read_bytes()
    assert loaded.months == built.months and loaded.meta == built.meta
    assert (loaded.level == built.level).all() and (loaded.error_loading == built.error_loading).all()


def test_a_file_that_is_no_baseline_says_so_with_its_path(tmp_path):
    path = tmp_path / "wrong.npz"
    np.savez(path, level=np.ones(3))
    with pytest.raises(TableError, match=r"wrong\.npz: not a readable baseline"):
        Baseline.load(path)
    with pytest.raises(TableError, match=r"nowhere\.npz"):
        Baseline.load(tmp_path / "nowhere.npz")


def test_arrays_of_a_baseline_cannot_be_changed(built):
    with pytest.raises(ValueError, match="read-only"):
        built.level[0, 0] = 1.0


def test_error_paths_depend_on_seed_and_draw_alone(built):
    few, many = built.error_paths(5, seed=11), built.error_paths(50, seed=11)
    assert (few == many[:5]).all()
    assert not np.isclose(built.error_paths(5, seed=12), few).any()


def test_error_paths_have_the_stated_spread_and_are_correlated_over_the_horizon(built):
    paths = built.error_paths(4000, seed=3)
    np.testing.assert_allclose(paths.std(axis=0), built.error_sd, rtol=0.06)
    assert np.abs(paths.mean(axis=0)).max() < 0.05 * built.error_sd.max()
    expected = built.error_loading @ built.error_loading.T
    correlation = expected / np.outer(built.error_sd, built.error_sd)
    np.testing.assert_allclose(np.corrcoef(paths.T), correlation, atol=0.06)
    assert correlation[0, 1] > 0.5


def test_error_paths_do_not_share_the_plain_stream_of_their_seed(built):
    plain = np.random.default_rng(7).standard_normal(built.error_loading.shape[1]) @ built.error_loading.T
    assert not np.isclose(built.error_paths(1, seed=7)[0], plain).any()


def test_spread_of_growth_agrees_with_drawn_paths(built):
    paths = built.error_paths(6000, seed=5)
    first = int(np.argmax(built.projected))
    level = np.concatenate([np.tile(built.total[:first], (6000, 1)), built.total[first:] * np.exp(paths)], axis=1)
    drawn = growth(level, built.months)[:, first:].std(axis=0)
    np.testing.assert_allclose(drawn, built.yoy_error_sd(), rtol=0.08)
