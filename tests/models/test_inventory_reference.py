"""The compiled kernel against the plain statement of the same model."""

import numpy as np
import pytest
from plain_inventory import NAMES, simulate

from simcore.calendar import Calendar
from simcore.models.inventory import Inventory
from simcore.models.market_options import WORDS
from simcore.testing import SIZES, random_drivers, random_economy

CASES = 100


def draw(seed):
    """A random economy, drivers in all channels and parameters; every third case has a single channel."""
    rng = np.random.default_rng(seed)
    economy = random_economy(rng, *(int(rng.integers(1, top)) for top in (5, 4, 3)), alike=seed % 5 == 0)
    calendar = Calendar.between("2022-01", "2022-06", inner_steps=int(rng.integers(1, 6)))
    channels = sorted(SIZES)
    if seed % 3 == 0:
        channels = [channels[seed // 3 % len(channels)]]
    model = Inventory(
        production=("critical", "leontief")[seed % 2],
        rationing=WORDS["rationing"][seed // 2 % 5],
        **market(rng, seed),
        restocking_time=float(rng.uniform(20, 60)),
        expectation_time=float(rng.choice([0.0, 60.0, 120.0])),
        mpc=float(rng.choice([0.0, 0.35])),
        waits=float(rng.uniform(0, 1)),
        ordered_beyond=float(rng.uniform(0, 1)),
        budget_tilt={"S0": 2.5},
    )
    drivers = random_drivers(rng, economy, calendar, channels)
    if seed % 4 == 1:  # classes that change
        when = np.array([0.0, 1, 1, 1, 0, 1])
        drivers = drivers.having("list:1", "priority", when, rng.integers(0, 4, economy.n).astype(float))
        drivers = drivers.having("list:2", "priority", np.ones(6), rng.integers(0, 2, economy.n).astype(float))
    return model, economy, drivers


def market(rng, seed):
    """Rules for origins and bids, in half of the cases."""
    bids = {"bids": {"S0": 1.05, "exports": 0.9}} if seed // 2 % 5 == 4 else {}
    if seed % 2:
        return bids
    return bids | {
        "origin": str(rng.choice(["fixed", "capacity", "output"])),
        "substitution_time": float(rng.choice([0.0, 25.0])),
        "substitutes": str(rng.choice(["all", "firms"])),
        "import_elasticity": float(rng.choice([0.0, 2.0])),
        "import_time": float(rng.choice([0.0, 60.0])),
        "storage": str(rng.choice(["auto", "dense", "csr"])),
    }


@pytest.mark.parametrize("block", range(10))
def test_kernel_equals_plain_statement(block):
    for seed in range(block * CASES // 10, (block + 1) * CASES // 10):
        model, economy, drivers = draw(seed)
        plain, paths = simulate(model, economy, drivers), model.simulate(economy, drivers)
        for name in NAMES:
            found, expected = getattr(paths, name), plain[name]
            scale = max(np.abs(expected).max(), economy.x.sum() / drivers.calendar.per_year)
            gap = np.abs(found - expected).max() / scale
            assert gap < 1e-12, f"seed {seed}: {name} differs by {gap:.2e} of {scale:.3g}"


def test_shocks_of_the_cases_bind_capacity_labour_and_inputs():
    seen = set()
    for seed in range(20):
        model, economy, drivers = draw(seed)
        seen |= set(np.unique(np.minimum(model.simulate(economy, drivers).binding, 3)))
    assert seen == {0, 1, 2, 3}
