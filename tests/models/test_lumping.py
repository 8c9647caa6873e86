"""Activities that nothing tells apart run as one, and nobody can tell from the result."""

from dataclasses import replace

import numpy as np
import pytest

from simcore.calendar import Calendar
from simcore.drivers import Drivers
from simcore.models import inventory
from simcore.models.inventory import Inventory
from simcore.models.lumping import KEPT, Lumped, lump
from simcore.testing import random_drivers, random_economy, split

HALF_YEAR = Calendar.between("2022-11", "2023-04")
CHANNELS = tuple(sorted(Inventory.channels))
RULES = (
    {},
    {"rationing": "proportional"},
    {"rationing": "water_filling"},
    {"rationing": "price"},
    {"origin": "capacity", "import_elasticity": 1.0},
    {"employment": "hire_and_fire", "consumption": "muellbauer"},
    {"production": "ces", "overproduction": "ario"},
    {"convention": "daily", "production": "leontief"},
)


def classes(seed=0, channels=CHANNELS):
    """Thirds of every activity, and drivers that hit all of them alike."""
    rng = np.random.default_rng(seed)
    economy = random_economy(rng, 3, 2, max_cover=30.0)
    drivers = random_drivers(rng, economy, HALF_YEAR, channels)
    for activity in [*range(economy.n), *range(economy.n)]:
        economy, drivers = split(economy, drivers, activity)
    return economy, drivers


def each_by_itself(economy, drivers):
    return Lumped(economy, drivers, None, np.ones(economy.n))


def gaps(one, other):
    """Largest difference over the largest value, by name of a path."""
    pairs = {name: (getattr(one, name), getattr(other, name)) for name in ("output", "value_added", "stock_change")}
    pairs |= {name: (getattr(one, name), getattr(other, name)) for name in ("final", "imports", "unmet", "stocks")}
    return {name: np.abs(a - b).max() / max(np.abs(b).max(), 1.0) for name, (a, b) in pairs.items()}


@pytest.mark.parametrize("options", RULES, ids=str)
def test_like_activities_run_as_one_and_give_the_paths_of_each(options, monkeypatch):
    economy, drivers = classes()
    model = Inventory(**options)
    assert 3 * lump(economy, drivers).economy.n == economy.n
    lumped = model.simulate(economy, drivers)
    monkeypatch.setattr(inventory, "lump", each_by_itself)
    alone = model.simulate(economy, drivers)
    assert max(gaps(lumped, alone).values()) < 1e-12
    assert (lumped.binding == alone.binding).mean() > 0.99  # exact ties may fall either way
    if lumped.inside is not None:
        for one, other in zip(lumped.inside, alone.inside, strict=True):
            assert one == pytest.approx(other, rel=1e-11, abs=1e-11)
    assert lumped.residual < 1e-12


def test_calm_stays_the_base_bit_for_bit():
    economy, _ = classes()
    calm = Drivers.calm(economy, HALF_YEAR)
    assert lump(economy, calm).which is not None
    paths = Inventory().simulate(economy, calm)
    assert (paths.output == economy.x / 12).all()
    assert (paths.value_added == economy.value_added.sum(axis=0) / 12).all()
    assert (paths.stock_change == economy.stock_change / 12).all()


@pytest.mark.parametrize("channel", ["capacity", "capital", "coefficient"])
def test_a_driver_tells_apart_those_whom_it_hits_differently(channel):
    economy, drivers = classes(channels=("labour", "demand"))
    alike = lump(economy, drivers).economy.n
    weights = np.zeros(economy.n)
    weights[-1] = -0.1
    if channel == "coefficient":
        weights = np.zeros((economy.K, economy.n))
        weights[0, -1] = 0.1
    hit = drivers.having("m:one", channel, np.ones(6), weights)
    assert lump(economy, hit).economy.n == alike + 1
    nothing = drivers.having("m:none", channel, np.ones(6), 0.0 * weights)
    one, other = Inventory().simulate(economy, drivers), Inventory().simulate(economy, nothing)
    assert np.array_equal(one.output, other.output)


def test_an_amount_by_size_tells_nobody_apart_and_an_equal_one_does():
    economy, drivers = classes(channels=("labour",))
    alike = lump(economy, drivers).economy.n
    by_size = drivers.having("m:1", "capital", np.ones(6), 0.01 * economy.x)
    assert lump(economy, by_size).economy.n == alike
    uneven = replace(economy, headroom=economy.headroom + 0.01 * np.arange(economy.n))
    assert lump(uneven, by_size).which is None


def test_the_last_economies_of_lumped_activities_are_kept_and_no_more():
    economy, drivers = classes(channels=("labour",))
    small = lump(economy, drivers).economy
    assert lump(economy, drivers).economy is small
    for code in range(1, KEPT + 2):  # the first activities of classes, singled out in every combination
        weights = np.zeros(economy.n)
        weights[:5] = [-0.1 * (code >> bit & 1) for bit in range(5)]
        lump(economy, drivers.having("m:one", "capacity", np.ones(6), weights))
    assert lump(economy, drivers).economy is not small
