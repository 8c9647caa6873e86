"""Guarantees of production through a shock: white lists, closed loops, priority in allocation."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from pydantic import Field

from ..calendar import Calendar
from ..drivers import Drivers
from ..economy import Economy
from ..units import Count, PositiveFactor, Share
from .base import Account, FiscalLine, Measure, Parameter, measure
from .fields import Profile


@measure("supply_guarantee")
class SupplyGuarantee(Measure):
    """A floor under production of listed enterprises while a shock lasts; worth nothing in calm.

    What it does. Enterprises on the list, ``listed`` of the target's output, keep at least ``floor`` of
    their capacity, whatever labour and capacity lose: closed-loop work, passes, dormitories. Where a shock
    leaves the share l of capacity, the activity keeps listed x max(l, floor) + (1 - listed) x l: the list
    helps as soon as l falls below the floor, and those not listed lose as they would without it. The list
    fills and empties along ``profile``. Where a wave closes only a part of the region, l is the mean of open and closed
    areas and a floor for closed ones would never be reached: state that part as ``exposed``, and the floor of the
    whole is 1 - exposed x (1 - floor).

    Channels. ``floor`` and ``listed``, after all losses. Of several guarantees of one activity the highest
    floor and the longest list hold, each for itself: give enterprises with different floors targets of
    their own, or the shorter list is credited too much. A floor creates no inputs: it works as far as
    stocks and deliveries allow. ``priority``: with a class above 0, listed activities get scarce inputs
    first, and others less. ``capacity``: with ``extra_capacity``, makers may produce that much more than usual, an
    output quota that is raised for coal, say; it moves nothing unless capacity binds.

    Crowding out. Inputs that listed enterprises get first are missing elsewhere: compare both in the result.

    What it costs. ``wedge`` on the output made under the floor: firms' cost, only if a shock makes them use
    it, so it is stated as contingent, at most. It moves no price here. In calm there is neither effect nor
    cost.
    """

    example: ClassVar[str] = """\
    white_list:
      kind: supply_guarantee
      title: "White list of enterprises that keep working"
      floor: 50 %
      listed: 80 %
      target: {sector: {any: [C36, C39]}, region: {any: [east]}}
      profile: {kind: pulse, start: 2022-04, end: 2022-06}
      source: "666 enterprises in Shanghai (shine.cn, 15 April 2022)"
    """
    parameters: ClassVar = {
        "floor": Parameter(
            0.5, 0.3, 0.7, "share", "A",
            "after reopening in June 2022, 96 % of tracked firms had resumed, at a "
            "rate above 70 % (Ministry of Industry)",
            "share of capacity that listed enterprises keep",
        ),
        "listed": Parameter(
            0.3, 0.1, 0.8, "share", "A",
            "666 enterprises in Shanghai, 1,722 at the ministry; their share of output is not published",
            "share of the target's output that is listed",
        ),
        "wedge": Parameter(
            0.05, 0.03, 0.10, "share", "A",
            "dormitories, food, tests, passes",
            "extra cost of output in a closed loop",
        ),
    }  # fmt: skip

    floor: Share = parameters["floor"].field()
    listed: Share = parameters["listed"].field()
    exposed: Share = Field(default=1.0, description="share of the target in closed areas, where the floor is needed")
    wedge: Share = parameters["wedge"].field()
    profile: Profile = Field(description="when the guarantee holds, and for which part of the list")
    extra_capacity: PositiveFactor = Field(
        default=0.0, description="capacity allowed beyond the usual, as a share of it, where the profile is 1"
    )
    priority: Count = Field(default=0, le=3, description="class in rationing, 0 to 3; higher gets inputs first")
    payer: str = Field(default="firms", description="who pays")

    def drivers(self, economy: Economy, calendar: Calendar) -> Drivers:
        level, who = self.profile.level(calendar), self.target.activities(economy)
        listed = self.take_up * self.listed * who
        # A floor and a class are labels: they hold for a period or not. How many they hold for, the list says.
        on = (level > 0.0).astype(float)
        drivers = Drivers.calm(economy, calendar)
        if self.floor > 0.0 and listed.any():  # a floor without a list would cover the whole activity
            least = 1.0 - self.exposed * (1.0 - self.floor)
            drivers = drivers.having(f"{self.id}:floor", "floor", on, least * (listed > 0.0))
            drivers = drivers.having(f"{self.id}:listed", "listed", level, listed)
        if self.extra_capacity > 0.0:
            more = self.extra_capacity * self.take_up * who
            drivers = drivers.having(f"{self.id}:capacity", "capacity", level, more)
        if self.priority == 0:
            return drivers
        return drivers.having(f"{self.id}:priority", "priority", on, self.priority * (who > 0.0))

    def _most(self, economy: Economy, calendar: Calendar) -> np.ndarray:
        """Most that closed-loop work can cost, bn yuan a period at current prices; (periods,)."""
        value = economy.x * economy.price_index[economy.sector] * self.target.activities(economy)
        made = self.take_up * self.exposed * self.floor * self.listed * float(value.sum()) / calendar.per_year
        return self.wedge * made * self.profile.level(calendar)

    def cost(self, economy: Economy, calendar: Calendar) -> tuple[FiscalLine, ...]:
        most = self._most(economy, calendar)
        return (FiscalLine("closed-loop work, at most, if a shock calls for it", "contingent", self.payer, most),)

    def account(self, economy: Economy, calendar: Calendar) -> Account:
        return Account(0.0, {})
