"""Models that solve equations: Leontief and its relatives, prices, equilibrium, allocation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from simcore.calendar import Calendar, Period
from simcore.drivers import Drivers
from simcore.economy import Economy, solvers
from simcore.economy.system import factorise
from simcore.models.base import get_model
from simcore.testing import full_form

from . import tables
from .cases import Bar, Work, add, case

SIZES = (42, 420, 1302, 2464)
QUICK = (42, 420)
CHANGED = 20  # columns, or outputs, that a policy changes
RIGHT_SIDES = 1024


def year() -> Calendar:
    """Twelve months."""
    return Calendar(Period.parse("2022-01"), 12)


def in_full_form(size: int) -> Economy:
    """The table with a pool for each buyer, as any table of a user's."""
    economy = tables.economy(size)
    return full_form(economy, Drivers.calm(economy, year()))[0]


def coefficients(economy: Economy) -> np.ndarray:
    """(K, n) domestic product k bought per unit of output."""
    return economy.use_domestic / economy.x


def parts(size: int) -> tuple[Economy, np.ndarray, np.ndarray]:
    """Full form, its coefficients A and final demand, (n,)."""
    economy = in_full_form(size)
    return economy, economy.A, economy.Y.sum(axis=1)


@case("leontief, one solve", sizes=SIZES, small=12, quick=QUICK, unit="solve", peers=("pymrio",),
      bars=(Bar(1302, "numpy inv", 15),), gate=420)  # fmt: skip
def one_solve(size: int) -> Work:
    """One solution of a table in full form, set-up included, against what most scripts do: an inverse."""
    economy, A, demand = parts(size)
    return Work(
        lambda: solvers.solve(A, demand, blocks=economy.region),
        rivals={
            "numpy inv": lambda: np.linalg.inv(np.eye(size) - A) @ demand,
            "numpy solve": lambda: np.linalg.solve(np.eye(size) - A, demand),
        },
        matrix=8 * size * size,
    )


@case("leontief, one solve, pooled", sizes=SIZES, small=12, quick=QUICK, unit="solve")
def one_solve_pooled(size: int) -> Work:
    """The same of a table in pooled form, from the economy on."""
    economy = tables.economy(size)
    a, demand = coefficients(economy), economy.Y.sum(axis=1)[None]
    dense = economy.A
    return Work(
        lambda: factorise(economy, a, columns=1).solve(demand),
        rivals={"numpy inv": lambda: np.linalg.inv(np.eye(size) - dense) @ demand[0]},
        matrix=8 * size * size,
    )


@case(f"leontief, {RIGHT_SIDES} right sides", sizes=SIZES, small=12, quick=QUICK, unit="solve",
      bars=(Bar(1302, "dgemm", 0.9),))  # fmt: skip
def many_right_sides(size: int) -> Work:
    """Many demands at once on an inverse that is there already, against one product of matrices of that size."""
    _, A, _ = parts(size)
    prepared = solvers.prepare(A, solver="inverse")
    demand = np.random.default_rng(3).uniform(0.0, 1.0, (RIGHT_SIDES, size))
    inverse = np.linalg.inv(np.eye(size) - A)
    return Work(
        lambda: prepared.solve(demand),
        rivals={"dgemm": lambda: demand @ inverse},
        flops=2.0 * size * size * RIGHT_SIDES,
        matrix=8 * size * size,
    )


@case("leontief, columns changed", sizes=SIZES, small=12, quick=QUICK, unit="solve", gate=420)
def columns_changed(size: int) -> Work:
    """A few columns of coefficients changed, by the factors of the old system, against a new solution."""
    _, A, demand = parts(size)
    base = solvers.prepare(A, solver="lu")
    where = np.arange(min(CHANGED, size // 4))
    change = -0.05 * np.ascontiguousarray(A[:, where].T)
    new = A.copy()
    new[:, where] *= 0.95
    return Work(
        lambda: solvers.Changed.of(base, where, change).solve(demand[None]),
        rivals={"numpy solve": lambda: np.linalg.solve(np.eye(size) - new, demand)},
    )


@case("leontief, outputs fixed", sizes=SIZES, small=12, quick=QUICK, unit="solve")
def outputs_fixed(size: int) -> Work:
    """The output of some sectors given, on an inverse that is there already."""
    _, A, demand = parts(size)
    inverse = solvers.inverse_of(A)
    where = np.arange(min(CHANGED, size // 4))
    columns, free = np.ascontiguousarray(inverse[:, where]), inverse @ demand
    return Work(lambda: solvers.fixed_outputs(columns, free, where, 0.9 * free[where]))


def running(model: str, channel: str, **options: Any) -> Callable[[int], Work]:
    """A model over twelve months with a term in one channel, on the pooled table; the first run sets it up."""

    def build(size: int) -> Work:
        economy = tables.economy(size)
        drivers = happening(economy, channel)
        chosen = get_model(model)(**options)
        return Work(lambda: chosen.simulate(economy, drivers))

    return build


def happening(economy: Economy, channel: str) -> Drivers:
    """A term of usual size in one channel, from the third month on."""
    calendar = year()
    calm = Drivers.calm(economy, calendar)
    when = (np.arange(12) >= 2).astype(float)
    if channel == "demand":
        return calm.having("policy:demand", channel, when, 0.03 * economy.final_domestic / calendar.per_year)
    if channel == "coefficient":
        change = np.zeros((economy.K, economy.n))
        change[:, :CHANGED] = -0.05
        return calm.having("policy:coefficient", channel, when, change)
    hit = np.zeros(economy.n)
    hit[:CHANGED] = 0.05 if channel == "cost" else -0.1
    return calm.having("policy:hit", channel, when, hit)


# name: (model, channel, options, sizes, size of the gate)
MODELS: dict[str, tuple[str, str, dict[str, Any], tuple[int, ...], int]] = {
    "leontief, 12 months": ("leontief", "demand", {}, SIZES, 420),
    "leontief, closed": ("leontief", "demand", {"households": "closed"}, SIZES, 0),
    "leontief, year, some columns": ("leontief", "coefficient", {}, SIZES, 420),
    "mixed, fixed outputs": ("mixed", "capacity", {}, SIZES, 420),
    "ghosh": ("ghosh", "capacity", {}, SIZES, 0),
    "price": ("price", "cost", {}, SIZES, 420),
    "diim": ("diim", "capacity", {}, (42, 420, 1302), 0),
    "cascade": ("cascade", "capacity", {}, (42, 420, 1302), 0),
    "dynamic_leontief": ("dynamic_leontief", "demand", {}, (42, 180), 0),
    "equilibrium": ("equilibrium", "capacity", {}, (42, 180, 420), 42),
    "allocation": ("allocation", "capacity", {}, (42, 180), 42),
}
for _name, (_model, _channel, _options, _sizes, _gate) in MODELS.items():
    add(_name, running(_model, _channel, **_options), sizes=_sizes, small=12, quick=(42,), unit="run", gate=_gate)


@case("leontief, set-up and 12 months", sizes=SIZES, small=12, quick=(42,), unit="run")
def leontief_anew(size: int) -> Work:
    """The model on an economy that it has not seen before."""
    economy = tables.economy(size)
    drivers = happening(economy, "demand")
    return Work(lambda: get_model("leontief")().simulate(replace(economy), drivers))
