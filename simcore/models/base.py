"""What every model offers, and the registry by which scenario files find models."""

from __future__ import annotations

import os
import weakref
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, Protocol, TypeVar, get_args

import numpy as np

from ..drivers import Drivers
from ..economy import Economy
from ..errors import ChannelError, UnknownNameError

MILLER_BLAIR = """\
@book{millerblair2009,
  author = {Miller, Ronald E. and Blair, Peter D.},
  title = {Input-Output Analysis: Foundations and Extensions},
  edition = {2},
  publisher = {Cambridge University Press},
  year = {2009}
}
"""  # the textbook of several models, for their ``bibtex``
LABOUR_INCOME = "compensation"  # component of value added that households spend from


class Outcome(NamedTuple):
    """How a run ended; the message is the advice. Never an exception inside a batch."""

    status: str  # completed | collapsed | infeasible | not_converged
    message: str = ""


class Paths(NamedTuple):
    """What a model returns, by period (T); bn yuan a period at base-year prices unless said otherwise."""

    output: np.ndarray  # (T, n) gross output
    value_added: np.ndarray  # (T, n) by double deflation: output less inputs used
    final: np.ndarray  # (T, K, F) delivered to final users, imports included
    imports: np.ndarray  # (T, K) intermediate and final
    unmet: np.ndarray  # (T, K, F) wanted by final users and neither delivered nor still waiting
    stocks: np.ndarray  # (T, K) inputs held at the end of the period, bn yuan
    household_income: np.ndarray  # (T, R) change of disposable labour income from the base
    binding: np.ndarray  # (T, n) int16: what bound output longest, codes of ``BINDING``
    residual: float  # largest accounting residual of any period over output
    outcome: Outcome
    stock_change: np.ndarray | None = None  # (T, n) of producers, strategic stocks included; None: as in the base
    price: np.ndarray | None = None  # (T, n) producer price over its base; None: prices are passive
    user_price: np.ndarray | None = None  # (T, F) purchaser price of what a final user buys, over its base
    inside: Any = None  # what the rules of a model work on, where it notes it; see the model
    shadow_price: np.ndarray | None = None  # (T, n) objective gained by one more yuan of capacity; None: not priced
    form: str = ""  # whether buyers share their origins, where that decides how a model runs
    solver: str = ""  # what solved the equations, with the largest gap it left over output; empty: nothing to solve


# Codes of Paths.binding: an input k stands as INPUT + k.
DEMAND, CAPACITY, LABOUR, INPUT = 0, 1, 2, 3


class Traits(NamedTuple):
    """What a model lets move and what it holds, in words that all models share; ``TRAITS`` says what they mean.

    Why two models differ on the same drivers is read from these, from the channels that each understands and from
    what bound in its run.
    """

    output: str
    inputs: str
    time: str
    prices: str
    income: str
    imports: str
    origins: str


TRAITS: Mapping[str, Mapping[str, str]] = {
    "output": {
        "demand": "output is whatever is asked for",
        "supply": "output is what is left of supply and spreads to those who are supplied",
        "capped": "output is whatever is asked for, up to what losses of capacity and labour leave",
        "least": "output is the least of demand, capacity and inputs",
        "optimum": "output within capacity is chosen so that as little as possible goes short",
        "markets": "prices move until goods, labour and capital find buyers: extra demand crowds out other demand",
        "spread": "losses spread to buyers and to suppliers until they settle",
        "recovery": "lost output spreads from buyers to suppliers and comes back at a speed of its own",
        "first": "output changes by the shock itself, and nothing spreads",
        "base": "output is that of the base",
    },
    "inputs": {
        "fixed": "inputs are used in fixed proportions and none of them stops production",
        "binding": "inputs are used in fixed proportions and each of them can stop production",
        "critical": "inputs are used in fixed proportions and those that are critical can stop production",
        "substitutable": "inputs, and labour and capital, replace each other as their prices move",
        "partly": "inputs can replace each other in part",
        "any": "any input can replace any other",
    },
    "time": {
        "at once": "all of an effect falls in the period of its cause",
        "foreseen": "what is coming is foreseen and moves output before it comes",
        "lasting": "stocks, delays and demand that waits carry effects from period to period",
    },
    "prices": {
        "passive": "prices are those of the base",
        "costs": "prices follow costs and quantities stay",
        "clearing": "scarcity shows in prices",
    },
    "income": {
        "given": "what households spend does not follow what they earn",
        "spent": "households spend part of a change of what they earn",
        "all": "all income is spent within the period",
    },
    "imports": {
        "fixed": "imports keep their shares",
        "relief": "imports can replace what is short at home",
        "prices": "imports replace home goods as prices move",
    },
    "origins": {
        "shares": "buyers keep their shares of origin and no origin stops them",
        "each": "each origin of a product is needed in its own share, so that a short one stops its buyers everywhere",
        "pooled": "what one origin fails to deliver lowers the supply of its product by its share",
        "moving": "buyers turn to other origins of a product",
        "market": "others replace a seller the more, the smaller its share in the market",
        "prices": "origins of a product replace each other as their prices move",
    },
}


class Model(Protocol):
    """Frozen parameters and one method; ``channels`` names the drivers it understands."""

    @property
    def name(self) -> str: ...

    @property
    def channels(self) -> frozenset[str]: ...

    def simulate(self, economy: Economy, drivers: Drivers) -> Paths: ...


ENTRY_POINTS = "simcore.models"  # the entry point's name is the model's, its object the decorated class
MODELS: dict[str, Any] = {}
M = TypeVar("M", bound=type)


def model(name: str) -> Callable[[M], M]:
    """Register a frozen dataclass as the model that scenario files call ``name``."""

    def register(cls: M) -> M:
        cls.name = name  # type: ignore[attr-defined]
        MODELS[name] = dataclass(frozen=True)(cls)
        return MODELS[name]  # type: ignore[return-value]

    return register


def parameter(value: float, low: float, high: float, unit: str, meaning: str, source: str) -> Any:
    """A field with its range and what it rests on; ``[F]`` found in a source, ``[A]`` assumed."""
    notes = {"range": (low, high), "unit": unit, "meaning": meaning, "source": source}
    return field(default=value, metadata=notes)


Solving = Literal["auto", "lu", "krylov", "inverse", "sparse"]


def solver_option() -> Any:
    """The field that says how a model solves its equations; see ``economy.solvers``."""
    return field(
        default="auto",
        metadata={
            "meaning": "how (I - A) x = b is solved, which changes no figure beyond rounding. auto: lu, but where a run"
            " has few periods (one per 350 unknowns, 20 at most) krylov, and from 350 unknowns and 0.7 as many periods"
            " on inverse. lu: factors, refined; krylov: GMRES with the blocks of regions, and lu where that does not"
            " converge; inverse: one product for all periods; sparse: factors of the non-zeros"
        },
    )


def check_solver(chosen: str) -> None:
    """Refuse a solver that does not exist."""
    if chosen not in get_args(Solving):
        raise ValueError(f"solver is '{chosen}'; write {', '.join(get_args(Solving))}")


_KEPT: dict[tuple[int, Hashable], Any] = {}


def kept(economy: Economy, name: Hashable, build: Callable[[], Any]) -> Any:
    """What ``build`` makes of the economy; built at first use and kept as long as the economy lives."""
    key = (id(economy), name)
    if key not in _KEPT:
        _KEPT[key] = build()
        weakref.finalize(economy, _KEPT.pop, key, None)
    return _KEPT[key]


def get_model(name: str) -> type:
    """The class of a registered model, or of one that another package offers, which is imported only then."""
    if name not in MODELS:
        _load(name)
    if name not in MODELS:
        raise UnknownNameError(f"unknown model '{name}'; there is {', '.join(sorted(MODELS))}")
    return MODELS[name]


def register_models() -> Mapping[str, Any]:
    """Load the models that come with simcore and those of other packages; all by their names."""
    _load()
    return MODELS


def _load(name: str | None = None) -> None:
    """Import simcore's models, and what other packages offer as entry points, of one name or all."""
    from importlib import import_module
    from importlib.metadata import entry_points

    import_module("simcore.models.all")
    for point in entry_points(group=ENTRY_POINTS) if name is None else entry_points(group=ENTRY_POINTS, name=name):
        point.load()


def require_channels(chosen: Model, drivers: Drivers) -> None:
    """Refuse drivers that the model would have to ignore, before anything runs."""
    for channel in sorted(drivers.channels - chosen.channels):
        raise ChannelError(f"model '{chosen.name}' has no channel '{channel}'; {advice_on(chosen, channel)}")


def advice_on(chosen: Model, channel: str) -> str:
    """What to do about a channel that a model lacks: another option of it, or other models."""
    own: Mapping[str, str] = getattr(chosen, "advice", {})  # where another option of the same model has it
    able = sorted((name for name, cls in MODELS.items() if channel in cls.channels), key=_usual_first)
    return own.get(channel) or (f"use {_either(able)}" if able else "no model of this version has it")


def _usual_first(name: str) -> tuple[bool, str]:
    return name != "inventory", name


def _either(names: list[str]) -> str:
    """``'a'``, or ``'a' (or 'b', 'c')``: the usual model first."""
    first, *others = (f"'{name}'" for name in names)
    return f"{first} (or {', '.join(others)})" if others else first


def processors() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
