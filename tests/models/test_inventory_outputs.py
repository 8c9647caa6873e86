"""What a run of the inventory model keeps, and in which precision it counts stocks."""

import numpy as np
import pytest

from simcore.calendar import Calendar
from simcore.drivers import Drivers
from simcore.errors import UnknownNameError
from simcore.models.inventory import ACCOUNTS, OUTPUTS, Inventory
from simcore.testing import random_drivers, random_economy

YEAR = Calendar.between("2022-11", "2023-10")
MONEY = ("output", "value_added", "final", "imports", "unmet", "stocks", "stock_change")
FLOAT32 = 1e-5  # largest difference by float32 over the largest value of a path


def case(seed, sectors=3):
    rng = np.random.default_rng(seed)
    economy = random_economy(rng, sectors, 2, max_cover=30.0)
    return economy, random_drivers(rng, economy, YEAR, sorted(Inventory.channels))


@pytest.mark.parametrize("name", OUTPUTS)
def test_an_output_asked_for_alone_is_that_of_the_full_run_bit_for_bit(name):
    economy, drivers = case(0)
    model = Inventory(employment="hire_and_fire", rebuild_time=90.0)
    full, alone = model.simulate(economy, drivers), model.simulate(economy, drivers, outputs=[name])
    assert [other for other in OUTPUTS if getattr(alone, other) is not None] == [name]
    found, expected = getattr(alone, name), getattr(full, name)
    pairs = zip(found, expected, strict=True) if name == "inside" else [(found, expected)]
    assert all(np.array_equal(a, b) for a, b in pairs)
    assert alone.outcome == full.outcome


def test_accounts_are_checked_where_all_of_them_are_kept():
    economy, drivers = case(1)
    full = Inventory().simulate(economy, drivers)
    assert Inventory().simulate(economy, drivers, outputs=ACCOUNTS).residual == full.residual
    assert Inventory().simulate(economy, drivers, outputs=["output"]).residual <= full.residual


def test_an_output_that_the_model_lacks_is_refused():
    economy, drivers = case(2)
    with pytest.raises(UnknownNameError, match="no output 'prices'; there is value_added, final"):
        Inventory().simulate(economy, drivers, outputs=["prices"])


@pytest.mark.parametrize("options", [{}, {"employment": "hire_and_fire"}], ids=str)
def test_float32_stays_close_to_float64_and_calm_stays_exact(options):
    short, long = Inventory(precision="float32", **options), Inventory(**options)
    for seed in range(12):
        economy, drivers = case(seed, sectors=5)
        one, other = short.simulate(economy, drivers), long.simulate(economy, drivers)
        for name in MONEY:
            found, expected = getattr(one, name), getattr(other, name)
            scale = max(np.abs(expected).max(), economy.x.max() / 12)
            assert np.abs(found - expected).max() < FLOAT32 * scale, f"seed {seed}: {name}"
        assert not np.array_equal(one.output, other.output)  # float32 it was
        calm = short.simulate(economy, Drivers.calm(economy, YEAR))
        assert (calm.output == economy.x / 12).all() and calm.residual == 0.0


def test_precision_is_one_of_two():
    with pytest.raises(ValueError, match="precision is 'float16'; write float64 or float32"):
        Inventory(precision="float16")
