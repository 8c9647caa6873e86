"""A package of measures on one economy and calendar: who counts, what the pools of money grant, the drivers.

The counterfactual decides what is compared with what (see ``COUNTERFACTUALS``); the effect of a measure, with
minus without, never depends on its ``in_projection``, the levels of both paths do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from .calendar import Calendar, Period
from .drivers import Drivers
from .economy import Economy
from .measures.base import FiscalLine, Measure
from .measures.money import grant
from .measures.parts import allocated

COUNTERFACTUALS = {
    "off_from_origin": "every listed measure is off from the first simulated month; history and the payback of "
    "earlier purchases stay in both paths",
    "as_legislated": "only what was decided after the last observed month counts; earlier law is in both paths",
    "never": "every listed measure is off since its own start: history is restated, its payback included",
}


@dataclass(frozen=True)
class Package:
    """Measures ready to run; policies and shocks apart, each with its own drivers."""

    economy: Economy
    calendar: Calendar
    policies: tuple[Measure, ...]
    shocks: tuple[Measure, ...]
    policy_drivers: tuple[Drivers, ...]
    shock_drivers: tuple[Drivers, ...]
    grants: Any
    left_out: tuple[str, ...] = field(default=())

    @classmethod
    def build(
        cls,
        measures: Sequence[Measure],
        pools: Any,
        economy: Economy,
        calendar: Calendar,
        left_out: Sequence[str] = (),
        stated: dict[Any, Drivers] | None = None,
    ) -> Package:
        """Give parts their share, scale the claims on each pool of money, then state every measure's drivers once.

        ``stated`` remembers drivers from one package to the next: variants share most of their measures.
        """
        known: dict[Any, Drivers] = {} if stated is None else stated

        def drivers(m: Measure) -> Drivers:
            key = (m.id, m, id(economy))
            if key not in known:
                known[key] = m.drivers(economy, calendar)
            return known[key]

        granted, grants = grant(allocated(measures), pools)
        policies = tuple(m for m in granted if not m.shock)
        shocks = tuple(m for m in granted if m.shock)
        return cls(
            economy,
            calendar,
            policies,
            shocks,
            tuple(drivers(m) for m in policies),
            tuple(drivers(m) for m in shocks),
            grants,
            tuple(left_out),
        )

    def drivers(self, policies: frozenset[int], shocks: frozenset[int] | None = None) -> Drivers:
        """Drivers of some policies and some shocks (all shocks unless named)."""
        parts = [self.shock_drivers[i] for i in sorted(range(len(self.shocks)) if shocks is None else shocks)]
        parts += [self.policy_drivers[i] for i in sorted(policies)]
        return Drivers.calm(self.economy, self.calendar).all_of(parts)

    def costs(self) -> list[tuple[str, FiscalLine]]:
        """Every line of cost with the id of its measure."""
        return [(m.id, line) for m in self.policies for line in m.cost(self.economy, self.calendar)]


def simulated_calendar(calendar: Calendar, measures: Sequence[Measure], counterfactual: str) -> Calendar:
    """The run's calendar; ``never`` starts where the earliest measure started, to restate history."""
    if counterfactual != "never":
        return calendar
    starts = [Period.parse(m.started) for m in measures if m.started and not m.shock]
    first = min([p.first for p in starts] + [calendar.start.first])
    before = 0
    while calendar.start.shift(-before).first > first:
        before += 1
    return calendar.extended(before, 0)


def counted(measures: Sequence[Measure], counterfactual: str, last_observed: str) -> tuple[list[Measure], list[str]]:
    """The measures that count under a counterfactual, and the ids of those that contribute nothing."""
    if counterfactual != "as_legislated":
        return list(measures), []
    cut = Period.parse(last_observed).last
    old = [m.id for m in measures if not m.shock and m.decided and Period.parse(m.decided).last <= cut]
    return [m for m in measures if m.id not in old], old
