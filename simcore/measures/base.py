"""What every measure and shock states: who, when, how much, who pays; and the registry of kinds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, ClassVar, Literal, Self, TypeVar

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from ..calendar import Calendar
from ..drivers import Drivers
from ..economy import Economy
from ..errors import UnknownNameError
from ..units import NAMES, Flag, Quantity, Share, problem
from .fields import PeriodText, Profile, Selector


@dataclass(frozen=True)
class FiscalLine:
    """One line of a measure's cost, bn yuan by period at current prices.

    ``kind`` is gross (outlays), forgone (tax on all covered transactions), quasi_fiscal (central bank, state
    banks), contingent (expected loss) or deferred (timing only). Loan principal is never a cost.
    """

    name: str
    kind: str
    payer: str
    path: np.ndarray  # (periods,)
    after: float = 0.0  # what falls due after the run's end, from what the measure did inside the run


@dataclass(frozen=True)
class Account:
    """Where a measure's money goes inside the run's horizon and beyond, bn yuan at current prices.

    Parameters
    ----------
    announced : float
        The amount in the announcement, or the gross cost where none was announced.
    uses : dict
        What becomes of it; the entries sum to ``announced``.
    induced : float
        Spending that the measure brings about, own funds of the buyers included.
    spending : dict
        What becomes of that; the entries sum to ``induced``.
    moved : dict
        Purchases that are only earlier, and when they are missed; the entries sum to all that is moved.
    """

    announced: float
    uses: dict[str, float]
    induced: float = 0.0
    spending: dict[str, float] = field(default_factory=dict)
    moved: dict[str, float] = field(default_factory=dict)


MARKS = {
    "F": "found in the source named",
    "C": "computed from the calibration's own data",
    "A": "assumption, carried as a range",
}


@dataclass(frozen=True)
class Parameter:
    """A number that a kind rests on: its default, its range and what both rest on.

    ``dimension`` is one of ``units.NAMES`` (share, points, days, number); values are in its base unit.
    """

    default: float
    low: float
    high: float
    dimension: str
    mark: str
    source: str
    meaning: str

    def __post_init__(self) -> None:
        if not self.low <= self.default <= self.high:
            raise ValueError(f"{self.meaning}: {self.default} is outside {self.low} .. {self.high}")
        if self.mark not in MARKS or self.dimension not in NAMES or not self.source:
            raise ValueError(f"{self.meaning}: needs a mark of {', '.join(MARKS)}, a dimension and a source")

    def field(self) -> Any:
        """The pydantic field of this parameter."""
        return Field(default=self.default, description=self.meaning)

    def write(self, value: float) -> str:
        """A value with its unit, as in a scenario file."""
        return Quantity(self.dimension).write(value)

    def dist(self) -> dict[str, Any] | None:
        """The range as a distribution in a scenario's words, in base units; None where there is no range."""
        if self.low == self.high:
            return None
        return {"kind": "pert", "low": self.low, "mode": self.default, "high": self.high}


class Measure(BaseModel):
    """Fields that every kind has; a kind's docstring is its manual page."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    kind: ClassVar[str]
    shock: ClassVar[bool] = False  # shocks befall, policies are decided
    parameters: ClassVar[Mapping[str, Parameter]] = {}  # by field; a dot leads into a nested field
    example: ClassVar[str] = ""  # a worked entry of a scenario file

    id: str = Field(default="", exclude=True, description="its key in the scenario file")
    title: str = Field(default="", description="name in tables and figures")
    enabled: Flag = Field(default=True, description="false leaves it out of the run")
    target: Selector = Field(default_factory=Selector, description="sectors, regions and kinds of enterprise")
    profile: Profile | None = Field(
        default=None, description="when: normalised to one for an amount, as is for a level"
    )
    take_up: Share = Field(default=1.0, description="share of the announced amount that is drawn")
    in_projection: Share = Field(
        default=0.0, description="share of the effect that the projected baseline already carries"
    )
    decided: PeriodText | None = Field(
        default=None, description="when it was decided, for the counterfactual 'as_legislated'"
    )
    started: PeriodText | None = Field(default=None, description="when it began, for the counterfactual 'never'")
    pool: str | None = Field(default=None, description="pool of money whose ceiling binds all its claimants together")
    heading: str = Field(default="", description="measure of the notice that it is part of; tables add up by it")
    responsible: Literal["ministry", "province", "enterprise group", "bank"] | None = Field(
        default=None, description="tier that answers for it; a label, results are added up by it"
    )
    payer: str = Field(default="central budget", description="who pays")
    source: str = Field(default="", description="where the figures come from")
    note: str = Field(default="", description="what a reader should know")
    granted: float = Field(default=1.0, exclude=True, description="share of its claim that its pool can pay")

    @model_validator(mode="after")
    def _ranges_run_forward(self) -> Self:
        for first, last in _ranges(type(self)):
            if getattr(self, last) < getattr(self, first):
                raise problem("SC404", f"{last} lies before {first}", at=(last,))
        return self

    def drivers(self, economy: Economy, calendar: Calendar) -> Drivers:
        """What this measure does, as drivers; ids of terms start with ``self.id`` and a colon."""
        raise TypeError(f"{type(self).__name__} states no drivers")

    def cost(self, economy: Economy, calendar: Calendar) -> tuple[FiscalLine, ...]:
        """Who pays what, by period."""
        return ()

    def claim(self) -> float:
        """What it asks of its pool of money, bn yuan; 0 for a measure that draws on none."""
        return 0.0

    def taken_up(self, amount: float, calendar: Calendar) -> np.ndarray:
        """What of an amount its pool grants and its takers draw, over the profile; in its unit, (periods,)."""
        assert self.profile is not None  # a kind with an amount says when
        return amount * self.granted * self.take_up * self.profile.shares(calendar)

    def account(self, economy: Economy, calendar: Calendar) -> Account:
        """Where its money goes; empty for what has none, a shock say."""
        return Account(0.0, {})

    def assumed(self) -> dict[str, Parameter]:
        """Parameters that the scenario leaves at their default: an ensemble draws these from their range."""
        return {name: p for name, p in self.parameters.items() if not _is_set(self, name.split("."))}

    @property
    def waits(self) -> bool:
        """Whether a part of it is left to the calibration's estimates."""
        return False

    def with_estimates(self, sensitivity: Mapping[str, float]) -> Self:
        """This measure with the estimated sensitivities of sectors to closures where its file leaves them open."""
        return self

    def replaced(self, values: Mapping[str, float]) -> Measure:
        """This measure with some parameters at other values; a dot leads into a nested field."""
        return _replaced(self, {tuple(name.split(".")): value for name, value in values.items()})


@cache
def _ranges(cls: type[Measure]) -> tuple[tuple[str, str], ...]:
    """Fields ``NAME_from`` and ``NAME_to`` of a kind."""
    names = [name.removesuffix("_from") for name in cls.model_fields if name.endswith("_from")]
    return tuple((f"{name}_from", f"{name}_to") for name in names if f"{name}_to" in cls.model_fields)


def _is_set(part: Any, names: list[str]) -> bool:
    if names[0] not in part.model_fields_set:
        return False
    return len(names) == 1 or _is_set(getattr(part, names[0]), names[1:])


def _replaced(part: Any, values: Mapping[tuple[str, ...], float]) -> Any:
    update: dict[str, Any] = {names[0]: value for names, value in values.items() if len(names) == 1}
    for nested in {names[0] for names in values if len(names) > 1}:
        inner = {names[1:]: value for names, value in values.items() if len(names) > 1 and names[0] == nested}
        update[nested] = _replaced(getattr(part, nested), inner)
    return part.model_copy(update=update)


MEASURES: dict[str, type[Measure]] = {}
C = TypeVar("C", bound=type[Measure])


def measure(kind: str, shock: bool = False) -> Callable[[C], C]:
    """Register a class as the measure (or shock) that scenario files call ``kind``."""

    def register(cls: C) -> C:
        cls.kind, cls.shock = kind, shock
        MEASURES[kind] = cls
        return cls

    return register


def get_measure(kind: str) -> type[Measure]:
    """The class of a registered kind."""
    if kind not in MEASURES:
        raise UnknownNameError(f"unknown kind '{kind}'; there is {', '.join(sorted(MEASURES))}")
    return MEASURES[kind]
