"""What every measure and shock states: who, when, how much, who pays; and the registry of kinds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, TypeVar

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from ..calendar import Calendar
from ..drivers import Drivers
from ..economy import Economy
from ..errors import UnknownNameError
from ..units import Share
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


@dataclass(frozen=True)
class Account:
    """Where a measure's money goes inside the run's horizon and beyond, bn yuan at current prices.

    ``announced`` = undrawn + refinanced + demand + tax + displaced... : the entries of ``uses`` sum to it.
    """

    announced: float
    uses: dict[str, float]


class Measure(BaseModel):
    """Fields that every kind has; a kind's docstring is its manual page."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    kind: ClassVar[str]
    shock: ClassVar[bool] = False  # shocks befall, policies are decided

    id: str = Field(default="", exclude=True, description="its key in the scenario file")
    title: str = Field(default="", description="name in tables and figures")
    enabled: bool = Field(default=True, description="false leaves it out of the run")
    target: Selector = Field(default_factory=Selector, description="sectors, regions and kinds of enterprise")
    profile: Profile | None = Field(default=None, description="when: normalised to one for an amount, as is for a level")
    take_up: Share = Field(default=1.0, description="share of the announced amount that is drawn")
    in_projection: Share = Field(default=0.0, description="share of the effect that the projected baseline already carries")
    decided: PeriodText | None = Field(default=None, description="when it was decided, for the counterfactual 'as_legislated'")
    started: PeriodText | None = Field(default=None, description="when it began, for the counterfactual 'never'")
    pool: str | None = Field(default=None, description="pool of money whose ceiling binds all its claimants together")
    payer: str = Field(default="central budget", description="who pays")
    source: str = Field(default="", description="where the figures come from")
    note: str = Field(default="", description="what a reader should know")
    granted: float = Field(default=1.0, exclude=True, description="share of its claim that its pool can pay")

    def drivers(self, economy: Economy, calendar: Calendar) -> Drivers:
        """What this measure does, as drivers; ids of terms start with ``self.id`` and a colon."""
        raise TypeError(f"{type(self).__name__} states no drivers")

    def cost(self, economy: Economy, calendar: Calendar) -> tuple[FiscalLine, ...]:
        """Who pays what, by period."""
        return ()

    def claim(self) -> float:
        """What it asks of its pool of money, bn yuan; 0 for a measure that draws on none."""
        return 0.0


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
