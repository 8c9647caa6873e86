"""What befalls the economy: lost capacity, weaker orders from abroad, shifts of demand at home."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from ..calendar import Calendar
from ..drivers import Drivers
from ..economy import Economy
from ..units import Days, Factor, Number, PositiveDays, Share
from .base import Measure, Parameter, measure
from .exports import exports_reached
from .fields import Profile
from .investment import MONTH
from .lags import Spread, bounds, by_period, delayed
from .purchases import bought

FADED = 10.0  # half-lives after which a loss is over: a thousandth of it is left


class Recovery(BaseModel):
    """How a loss fades once its profile falls."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["exponential"] = Field(default="exponential", description="halves in equal times")
    half_life: PositiveDays = Field(description="time in which what is lost halves")


def fading(profile: Profile, half_life: float, calendar: Calendar) -> np.ndarray:
    """Mean level of each period, falling day by day no faster than by half in each half-life; (periods,).

    What a profile did before the run, its tail included, belongs to both paths.
    """
    first, edges = profile.window()[0].toordinal(), bounds(calendar)
    tail = np.zeros(int(np.ceil(FADED * half_life)))
    daily = np.concatenate((profile.daily(), tail))
    daily[: max(0, edges[0] - first)] = 0.0
    left, held = 2.0 ** (-1.0 / half_life), 0.0
    for day, level in enumerate(daily):
        held = max(level, held * left)
        daily[day] = held
    return by_period(daily, first, calendar) / np.diff(edges)


@measure("capacity_loss", shock=True)
class CapacityLoss(Measure):
    """Productive capacity that cannot be used: closures, power cuts, floods, accidents.

    What it does. The target's capacity falls by ``loss`` times the profile. With ``recovery`` it comes back
    no faster than by half in each half-life, whatever the profile. Losses of several shocks multiply what
    remains.

    Channels. ``capacity``, by activity. Stocks, idle capacity elsewhere and imports soften it, missing
    inputs spread it: that is the model's part. Demand is not touched.

    Crowding out. Buyers ration, substitute or wait as the model says.

    What it costs. Nothing is paid by itself; the loss is in the result.
    """

    example: ClassVar[str] = """\
    power_cuts:
      kind: capacity_loss
      title: "Factories stopped for lack of power"
      target: {sector: {any: [manufacturing], except: [C25]}, region: {any: [west]}}
      loss: 12 %
      profile: {kind: pulse, start: 2022-08, end: 2022-08}
      recovery: {kind: exponential, half_life: 2 weeks}
      source: "assumption"
    """
    parameters: ClassVar = {}

    loss: Share = Field(description="share of capacity lost where the profile is 1")
    profile: Profile = Field(description="course of the loss")
    recovery: Recovery | None = Field(default=None, description="how it fades")

    def drivers(self, economy: Economy, calendar: Calendar) -> Drivers:
        level = self.profile.level(calendar)
        if self.recovery is not None:
            level = fading(self.profile, self.recovery.half_life, calendar)
        lost = -self.loss * self.take_up * self.target.activities(economy)
        return Drivers.calm(economy, calendar).having(f"{self.id}:capacity", "capacity", level, lost)


@measure("export_demand", shock=True)
class ExportDemand(Measure):
    """Weaker or stronger orders from abroad.

    What it does. Orders for the target's exports change by ``change`` times the profile, in volume: values at
    dollar prices must be split into price, exchange rate and volume first. Without ``change``,
    ``foreign_demand`` times ``income_elasticity`` gives it. Shipments follow orders evenly between
    ``lag_from`` and ``lag_to``.

    Channels. ``demand`` (exports), by product, in proportion to exports.

    Crowding out. None at home; finished goods go to stock first where the model keeps stocks.

    What it costs. Nothing by itself.
    """

    example: ClassVar[str] = """\
    world_slowdown:
      kind: export_demand
      title: "Weaker world demand"
      change: -5 %
      target: {sector: {any: [manufacturing]}}
      profile: {kind: ramp, start: 2022-11, end: 2023-03, hold_until: 2023-12}
      source: "assumption"
    """
    parameters: ClassVar = {
        "income_elasticity": Parameter(
            2.34, 1.0, 3.0, "number", "F",
            "short run (Yao, Tian, Su 2013); unstable over time (Aziz, Li, IMF WP/07/266)",
            "per cent of exports per per cent of foreign demand",
        ),
        "lag_from": Parameter(
            1 * MONTH, 0.0, 2 * MONTH, "days", "A", "orders lead shipments by 2-3 months", "first shipments"
        ),
        "lag_to": Parameter(
            3 * MONTH, 2 * MONTH, 4 * MONTH, "days", "A",
            "orders lead shipments by 2-3 months",
            "last shipments",
        ),
    }  # fmt: skip

    change: Factor | None = Field(default=None, description="change of orders where the profile is 1")
    foreign_demand: Factor = Field(default=0.0, description="change of foreign demand, used without 'change'")
    income_elasticity: Number = parameters["income_elasticity"].field()
    lag_from: Days = parameters["lag_from"].field()
    lag_to: Days = parameters["lag_to"].field()
    profile: Profile = Field(description="course of the change")

    def drivers(self, economy: Economy, calendar: Calendar) -> Drivers:
        change = self.income_elasticity * self.foreign_demand if self.change is None else self.change
        orders = change * self.take_up * self.profile.level(calendar) / calendar.per_year
        shipped = delayed(orders, Spread(self.lag_from, max(self.lag_to, self.lag_from)), calendar)
        weights = economy.spread("exports", exports_reached(economy, self.target))
        return Drivers.calm(economy, calendar).having(f"{self.id}:demand", "demand", shipped, weights)


@measure("demand_shock", shock=True)
class DemandShock(Measure):
    """A change of what one group of final buyers wants, by product and region of use.

    What it does. Purchases of ``category`` change by ``change`` times the profile, for the products in
    target.sector and buyers in target.region. The share ``recovered`` of what is lost (or brought forward)
    comes back, evenly over ``recovery_time`` after each period.

    Channels. ``demand``, in proportion to present purchases, imports included.

    Crowding out. None: what is not spent is saved.

    What it costs. Nothing by itself.
    """

    example: ClassVar[str] = """\
    property_slump:
      kind: demand_shock
      title: "Less building"
      category: investment
      change: -3 %
      target: {sector: {any: [construction]}}
      profile: {kind: pulse, start: 2022-11, end: 2023-06}
      source: "assumption"
    """
    parameters: ClassVar = {}

    category: Literal["households", "government", "investment", "exports"] = Field(description="which buyers")
    change: Factor = Field(description="change of their purchases where the profile is 1")
    profile: Profile = Field(description="course of the change")
    recovered: Share = Field(default=0.0, description="share that comes back later")
    recovery_time: PositiveDays = Field(default=3 * MONTH, description="time over which it comes back")

    def drivers(self, economy: Economy, calendar: Calendar) -> Drivers:
        flow = self.change * self.take_up * self.profile.level(calendar) / calendar.per_year
        back = self.recovered * delayed(flow, Spread(0.0, self.recovery_time), calendar)
        products = self.target.sector.level(economy.sectors)
        weights = bought(economy, self.category) * products[:, None]
        if self.category != "exports":
            regions = np.append(self.target.region.level(economy.regions), 0.0)  # the last one stands for abroad
            weights = weights * regions[economy.user_region]
        return Drivers.calm(economy, calendar).having(f"{self.id}:demand", "demand", flow - back, weights)
