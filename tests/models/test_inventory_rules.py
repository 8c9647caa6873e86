"""Rules of published models as options of the inventory model: identities, limits and the plain statement."""

import math
from dataclasses import replace

import numpy as np
import pytest
from plain_inventory import NAMES, simulate

from simcore.calendar import Calendar
from simcore.drivers import Drivers
from simcore.models.inventory import Inventory
from simcore.models.inventory_options import PRODUCTION
from simcore.testing import SIZES, check_accounts, random_drivers, random_economy

CASES = 60
YEAR = Calendar.between("2022-01", "2022-12")
ALWAYS = np.ones(12)


def rules(rng):
    """A random choice of rules."""

    def one_of(*values):
        return values[rng.integers(len(values))]

    names = tuple(PRODUCTION)
    return {
        "production": one_of(*names, {"default": one_of(*names), "S1": one_of(*names)}),
        "important_weight": float(rng.uniform()),
        "elasticity": one_of(0.3, 0.9, 1.5),
        "stock_needed": one_of(0.0, 0.5, 0.8),
        "convention": one_of("continuous", "daily"),
        "orders": one_of("expected", "demand", "output"),
        "stock_target": one_of("follows", "fixed"),
        "surplus_time": one_of(None, 90.0, math.inf),
        "overproduction": one_of("headroom", "ario", "none"),
        "employment": one_of("flexible", "hire_and_fire"),
        "consumption": one_of("static", "keynesian", "muellbauer"),
        "saved": one_of(0.0, 0.5),
        "rebuild_time": one_of(None, 60.0),
        "rationing": one_of("intermediate_first", "proportional", "final_first"),
        "origin": one_of("fixed", "fixed", "capacity", "output"),
        "restocking_time": float(rng.uniform(20, 60)),
        "expectation_time": float(rng.choice([0.0, 60.0])),
        "waits": float(rng.uniform(0, 1)),
    }


def draw(seed):
    rng = np.random.default_rng(1000 + seed)
    economy = random_economy(rng, *(int(rng.integers(1, top)) for top in (5, 4, 3)), alike=seed % 5 == 0)
    if seed % 4 == 0:
        economy = replace(economy, cover=np.where(rng.random(economy.cover.shape) < 0.2, np.inf, economy.cover))
    calendar = Calendar.between("2022-01", "2022-04", inner_steps=int(rng.integers(1, 6)))
    return Inventory(**rules(rng)), economy, random_drivers(rng, economy, calendar, sorted(SIZES))


@pytest.mark.parametrize("block", range(6))
def test_kernel_equals_plain_statement_under_every_rule(block):
    for seed in range(block * CASES // 6, (block + 1) * CASES // 6):
        model, economy, drivers = draw(seed)
        plain, paths = simulate(model, economy, drivers), model.simulate(economy, drivers)
        allowed = 1e-12 if paths.outcome.status == "completed" else 1e-3  # rounding grows where all breaks down
        for name in NAMES:
            found, expected = getattr(paths, name), plain[name]
            scale = max(np.abs(expected).max(), economy.x.sum() / drivers.calendar.per_year)
            gap = np.abs(found - expected).max() / scale
            assert gap < allowed, f"seed {seed}: {name} differs by {gap:.2e} of {scale:.3g} under {model}"


@pytest.mark.parametrize("seed", range(12))
def test_an_undisturbed_economy_stays_put_under_every_rule(seed):
    model, economy, drivers = draw(seed)
    paths = model.simulate(economy, Drivers.calm(economy, drivers.calendar))
    assert (paths.output == economy.x / 12).all() and not paths.binding.any()
    assert (paths.stocks == paths.stocks[0]).all() and not paths.unmet.any() and not paths.household_income.any()


@pytest.mark.parametrize("seed", range(12))
def test_accounts_close_under_every_rule(seed):
    model, economy, drivers = draw(seed)
    model = replace(model, convention="continuous")
    economy = replace(economy, cover=np.where(np.isinf(economy.cover), 365.0, economy.cover))
    check_accounts(economy, drivers.calendar, model.simulate(economy, drivers))
