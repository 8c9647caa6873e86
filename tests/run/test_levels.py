"""Levels and growth: January with February, base effects, contributions that add up."""

import os
import subprocess
import sys

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from simcore.calendar import Calendar
from simcore.levels import Slices, growth, growth_contributions, months_of

MONTHS = tuple(f"{y}-{m:02d}" for y in (2021, 2022, 2023) for m in range(1, 13))


def test_january_and_february_carry_the_growth_of_their_sum():
    level = np.ones((1, 36))
    level[0, 12], level[0, 13] = 0.5, 1.7  # an early New Year moves output from January to February
    rate = growth(level, MONTHS)
    assert np.allclose(rate[0, 12:14], 10.0)
    assert np.isnan(rate[0, :12]).all()


def test_a_lost_month_returns_as_a_base_effect_a_year_later():
    level = np.ones((1, 36))
    level[0, 15] = 0.92  # April 2022
    rate = growth(level, MONTHS)
    assert np.isclose(rate[0, 15], -8.0)
    assert np.isclose(rate[0, 27], 100 * (1 / 0.92 - 1))
    assert np.isclose(growth(level, MONTHS, years=2)[0, 27], 0.0)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 5))
def test_contributions_add_up_to_the_difference_in_growth(seed, measures):
    rng = np.random.default_rng(seed)
    base = rng.uniform(1.0, 2.0, (3, 36))
    parts = rng.normal(0.0, 0.05, (measures, 3, 36))
    points = growth_contributions(base, parts, MONTHS)
    difference = growth(base + parts.sum(axis=0), MONTHS) - growth(base, MONTHS)
    assert np.nanmax(np.abs(points.sum(axis=0) - difference)) < 1e-11


def test_a_measure_that_stays_contributes_nothing_to_growth_after_a_year():
    base = np.ones((1, 36))
    parts = np.zeros((1, 1, 36))
    parts[..., 20:] = 0.01
    points = growth_contributions(base, parts, MONTHS)[0, 0]
    assert np.allclose(points[20:32], 1.0)
    assert np.allclose(points[32:], 0.0)


def test_weeks_become_months_only_where_a_month_is_covered_in_full():
    labels, weights = months_of(Calendar.between("2022-W44", "2023-W10"))
    assert labels == ("2022-11", "2022-12", "2023-01", "2023-02")
    assert np.allclose(weights.sum(axis=1), 1.0)


def test_slices_of_a_dimension_add_up_to_the_total(two_region_economy):
    slices = Slices.of(two_region_economy)
    summed = slices.sum(np.arange(two_region_economy.n, dtype=float)[None, :])[:, 0]
    regions = [slices.index(region=r) for r in two_region_economy.regions.codes]
    sectors = [slices.index(sector=s) for s in two_region_economy.sectors.codes]
    assert summed[0] == summed[regions].sum() == summed[sectors].sum()


def test_sums_over_slices_do_not_depend_on_the_threads_of_blas():
    program = (
        "import numpy as np; from simcore.levels import Slices; from simcore.setting import Calibration;"
        "slices = Slices.of(Calibration.load('china-2022').economy);"
        "paths = np.random.default_rng(0).normal(size=(38, slices.members.shape[1]));"
        "print(__import__('hashlib').sha256(slices.coarse.sum(paths).tobytes()).hexdigest())"
    )
    found = set()
    for threads in "12":
        environment = os.environ | {"OPENBLAS_NUM_THREADS": threads, "MKL_NUM_THREADS": threads}
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=environment)
        found.add(done.stdout.strip() or done.stderr)
    assert len(found) == 1 and len(found.pop()) == 64
