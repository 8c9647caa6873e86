"""What every registered model promises, and where one of them promises less, with the reason."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from simcore import testing
from simcore.calendar import Calendar
from simcore.drivers import Drivers
from simcore.economy import Economy
from simcore.models.base import Paths, get_model, register_models

HALF_YEAR = Calendar.between("2022-01", "2022-06")
MONEY = ("output", "value_added", "final", "imports", "unmet", "stocks", "household_income", "stock_change")
DRAWN = {*testing.SIZES, *testing.MORE_SIZES}  # channels whose terms can be drawn
Case = tuple[str, dict[str, Any]]  # a model and the options of one of its forms


class Promise(NamedTuple):
    """Tolerances are shares of the largest output of a period in the base; 0 means bit for bit."""

    calm: float = 0.0  # an undisturbed economy stays put
    close: float = 1e-9  # the same economy in another form (unit, order, halves, pools) gives the same path
    halves: str = ""  # why like halves of an activity need not do what it did; nothing: they do
    options: tuple[dict[str, Any], ...] = ({},)  # forms of the model that are tested


RULES = {
    "production": {"default": "ces", "S0": "weakly_critical"},
    "orders": "demand",
    "employment": "hire_and_fire",
    "consumption": "muellbauer",
    "overproduction": "ario",
    "rebuild_time": 90.0,
}
OTHERS = Promise(calm=1e-9)  # asked of a model that another package offers
PROMISES = {
    "allocation": Promise(),
    "cascade": Promise(halves="replaceability depends on the market share of each supplier"),
    "diim": Promise(
        halves="the speed of recovery is derived from what an activity uses of itself",
        options=({}, {"form": "continuous"}, {"form": "static"}),
    ),
    "dynamic_leontief": Promise(),
    "equilibrium": Promise(
        calm=1e-9,
        options=({}, {"factors": "mobile_labour", "wages": "rigid"}),
    ),
    "first_order": Promise(),
    "ghosh": Promise(),
    "guan-2020": Promise(),
    "ario": Promise(options=({}, {"production": "half_critical", "rebuild_time": 60.0, "origin": "capacity"})),
    "inventory": Promise(
        options=(
            {},
            {"production": "leontief", "rationing": "proportional"},
            {"rationing": "water_filling", "origin": "output", "import_elasticity": 2.0},
            RULES,
        )
    ),
    "leontief": Promise(options=({}, {"households": "closed"})),
    "mixed": Promise(),
    "pichler": Promise(options=({}, {"production": "linear"})),
    "price": Promise(options=({}, {"pass_through": 0.6})),
}


def promise(case: Case) -> Promise:
    return PROMISES.get(case[0], OTHERS)


def cases() -> list[Case]:
    """Each registered model in each form that is tested."""
    return [(name, options) for name in sorted(register_models()) for options in promise((name, {})).options]


def label(case: Case) -> str:
    return "-".join([case[0], *(str(v) for v in case[1].values() if not isinstance(v, dict))])


def made(case: Case) -> Any:
    return get_model(case[0])(**case[1])


def shaken(model: Any, economy: Economy, seed: int, calendar: Calendar = HALF_YEAR, size: float = 0.4) -> Drivers:
    """Terms in every channel that the model has, of a size that leaves most economies a solution."""
    rng = np.random.default_rng(seed)
    drawn = testing.random_drivers(rng, economy, calendar, model.channels & DRAWN)
    milder = Drivers.calm(economy, calendar)
    for term in drawn.terms:
        milder = milder.having(term.id, term.channel, term.profile, size * term.weights)
    return milder


def period_scale(economy: Economy, calendar: Calendar) -> float:
    """Largest output of a period in the base."""
    return float(economy.x.max()) / calendar.per_year


def gap(one: np.ndarray | None, other: np.ndarray | None, scale: float = 1.0) -> float:
    """Largest distance over ``scale``; NaN equals NaN, and nothing equals nothing."""
    if one is None or other is None:
        return 0.0 if one is other else np.inf
    if not np.array_equal(np.isnan(one), np.isnan(other)):
        return np.inf
    return float(np.nanmax(np.abs(one - other), initial=0.0)) / scale


def far(one: Paths, other: Paths, scale: float, allowed: float) -> dict[str, float]:
    """What differs by more than ``allowed`` between two runs, by name."""
    gaps = {name: gap(getattr(one, name), getattr(other, name), scale) for name in MONEY}
    gaps["price"] = gap(one.price, other.price)
    return {name: found for name, found in gaps.items() if not found <= allowed}
