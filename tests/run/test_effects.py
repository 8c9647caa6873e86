"""From effects to growth: what the projection carries moves levels, never the effect; threads change no bit."""

import numpy as np
import pytest

from simcore.calendar import Calendar
from simcore.drivers import Drivers
from simcore.economy.baseline import Baseline
from simcore.effects import HISTORY, Effects, Requests, Yardstick, grow, vary
from simcore.levels import Slices
from simcore.models.inventory import Inventory
from simcore.models.leontief import Leontief
from simcore.package import Package

MONTHS = tuple(f"{y}-{m:02d}" for y in (2020, 2021, 2022, 2023) for m in range(1, 13))
RUN = MONTHS[34:]  # 2022-11 to 2023-12


@pytest.fixture(scope="module")
def baseline():
    M, S = len(MONTHS), 2
    level = 10.0 * 1.004 ** np.arange(M)[:, None] * np.array([[1.0, 2.0]])
    H = len(RUN)
    return Baseline(
        months=MONTHS, last_observed="2022-10", sectors=("C13", "C34"), level=level, status=np.zeros((M, S), int),
        growth_sd=np.zeros((M, S)), published_total=np.full(M, np.nan), published_sector=np.full((M, S), np.nan),
        joint=np.array([m[5:] in ("01", "02") for m in MONTHS]), seasonal=np.ones(12), error_loading=0.01 * np.eye(H),
    )  # fmt: skip


@pytest.fixture(scope="module")
def yardstick(two_region_economy, baseline):
    return Yardstick.of(two_region_economy, baseline, RUN)


def effects_of(economy, seed=0, policies=2, shocks=1):
    rng = np.random.default_rng(seed)
    paths = Leontief().simulate(economy, Drivers.calm(economy, Calendar.between("2022-11", "2023-12")))
    shape = (len(RUN), economy.n)
    return Effects(
        rng.normal(0, 0.02, (shocks, *shape)), rng.normal(0, 0.01, (policies, *shape)), background=paths, scenario=paths
    )


def test_the_yardstick_spreads_each_sector_whole_and_nothing_outside_industry(two_region_economy, baseline, yardstick):
    assert len(yardstick.months) == len(RUN) + HISTORY
    total = yardstick.level.sum(axis=1)
    rows = [MONTHS.index(m) for m in yardstick.months]
    assert np.allclose(total, baseline.level[rows].sum(axis=1))
    assert (yardstick.level[:, ~two_region_economy.is_industry] == 0).all()
    assert yardstick.observed.sum() == HISTORY


def test_without_effect_both_paths_are_the_same_bit_for_bit(two_region_economy, yardstick):
    nothing = effects_of(two_region_economy)
    nothing = Effects(0 * nothing.shocks, 0 * nothing.policies, nothing.background, nothing.scenario)
    grown = grow(yardstick, nothing, np.array([0.3, 1.0]))
    assert np.array_equal(grown.baseline.level, grown.scenario.level)
    assert np.array_equal(grown.baseline.level, yardstick.summed[:, HISTORY:])


def test_the_effect_does_not_depend_on_what_the_projection_carries(two_region_economy, yardstick):
    effects = effects_of(two_region_economy)
    free, held = (grow(yardstick, effects, np.full(2, s)) for s in (0.0, 1.0))
    assert np.allclose(free.scenario.level - free.baseline.level, held.scenario.level - held.baseline.level, atol=1e-12)
    assert np.allclose(free.baseline.level, yardstick.summed[:, HISTORY:])  # new measures: the projection lacks them
    policies = yardstick.slices.sum(effects.policies.sum(axis=0) * yardstick.level[HISTORY:])
    assert np.allclose(held.baseline.level, yardstick.summed[:, HISTORY:] - policies)


def test_contributions_add_up_to_the_difference_in_growth_and_in_level(two_region_economy, yardstick):
    grown = grow(yardstick, effects_of(two_region_economy), np.array([0.5, 0.2]))
    industry = np.isfinite(grown.baseline.yoy).all(axis=1)
    assert industry.sum() > 5
    difference = grown.scenario.yoy - grown.baseline.yoy
    assert np.abs(grown.points.sum(axis=0) - difference)[industry].max() < 1e-11
    level = 100 * (grown.scenario.level[industry] / grown.baseline.level[industry] - 1)
    assert np.allclose(grown.effect[industry], level)


def test_slices_of_each_dimension_add_up_to_the_nation(two_region_economy, yardstick):
    grown = grow(yardstick, effects_of(two_region_economy), np.zeros(2))
    labels = yardstick.slices.labels
    for axis in range(3):
        rows = [i for i, x in enumerate(labels) if x[axis] != "total" and x.count("total") == 2]
        assert np.allclose(grown.scenario.level[rows].sum(axis=0), grown.scenario.level[0])


def test_an_error_of_the_projection_moves_both_paths_alike(two_region_economy, yardstick):
    effects = effects_of(two_region_economy)
    error = np.concatenate([np.zeros(HISTORY), np.full(len(RUN), 0.01)])
    plain, moved = grow(yardstick, effects, np.zeros(2)), grow(yardstick, effects, np.zeros(2), error)
    assert np.allclose(moved.baseline.level, plain.baseline.level * np.exp(0.01))
    assert np.allclose(moved.effect, plain.effect, equal_nan=True)


def test_the_whole_package_as_a_variant_gives_the_path_of_the_file(two_region_economy, yardstick):
    effects = effects_of(two_region_economy)
    grown = grow(yardstick, effects, np.array([0.4, 0.4]))
    path, _ = vary(yardstick, grown, effects.policies.sum(axis=0) + effects.shocks.sum(axis=0))
    assert np.allclose(path.level, grown.scenario.level)
    assert np.allclose(path.yoy, grown.scenario.yoy, equal_nan=True)


def test_coarse_slices_are_the_first_ones(two_region_economy):
    slices = Slices.of(two_region_economy)
    coarse = slices.coarse
    assert coarse.labels == slices.labels[: len(coarse.labels)]
    assert all(label.count("total") >= 2 for label in coarse.labels)
    assert not any(label.count("total") >= 2 for label in slices.labels[len(coarse.labels) :])


def test_undisturbed_runs_are_asked_for_once(two_region_economy):
    package = Package.build([], {}, two_region_economy, Calendar.between("2022-11", "2022-12"))
    requests = Requests()
    for _ in range(3):
        requests.add(package, Inventory())
    requests.add_whole(package, Inventory())
    assert len(requests.asked) == 1
    assert len(requests.run().paths) == 1
