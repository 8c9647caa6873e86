"""Public projects: policy-bank funds and special bonds that let construction start or go faster."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from ..calendar import Calendar
from ..drivers import Drivers
from ..economy import Economy
from ..units import Money, Points, PositiveDays, PositiveNumber, Share
from .base import Account, FiscalLine, Measure, Parameter, measure
from .fields import PeriodText, Profile, RegionCode, SectorWeights, first_day
from .investment import DEFAULT_RATE, LOSS_GIVEN_DEFAULT, drawn_for
from .lags import by_period, evenly_after
from .purchases import (
    TRADE_MARGIN,
    TRANSPORT_MARGIN,
    equipment_mix,
    volume,
    where_bought,
    with_building,
    with_margins,
)


class Shift(BaseModel):
    """Work that is only done earlier: taken from a later stretch of time."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    share: Share = Field(description="share of the extra work that is only earlier")
    start: PeriodText = Field(description="first period from which work is taken")
    length: PositiveDays = Field(description="length of the time from which it is taken")


class Winter(BaseModel):
    """Outdoor work that the cold stops; what is not done then is done in the rest of the profile."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    regions: tuple[RegionCode, ...] = Field(description="regions with a stop")
    factor: Share = Field(default=0.45, description="share of the usual pace that goes on")
    first_month: int = Field(default=12, ge=1, le=12, description="first month of the stop")
    last_month: int = Field(default=2, ge=1, le=12, description="last month of the stop")

    def pace(self, days: list[date]) -> np.ndarray:
        """Share of the usual pace on each day."""
        months = np.array([day.month for day in days])
        if self.first_month <= self.last_month:
            stopped = (months >= self.first_month) & (months <= self.last_month)
        else:
            stopped = (months >= self.first_month) | (months <= self.last_month)
        return np.where(stopped, self.factor, 1.0)


@measure("project_finance")
class ProjectFinance(Measure):
    """Capital for public projects: construction work, as far as it is really done in time.

    What it does. Funds and bonds give projects the capital they need to start. What counts is neither the
    fund nor the total value of the projects but the work done: ``work_done_ratio`` yuan of work a year per
    yuan of fund, while the profile is fully on. Launches quote projects of ten times the fund; work of a
    year is about as much as the fund.

    Channels. ``demand`` (investment): ``construction`` of the work is building, the rest equipment with its
    margins; steel and cement follow through the input coefficients. With ``winter``, outdoor work in cold
    regions slows down and is made up in the rest of the profile, so that the total stays. ``shift`` takes
    part of the extra work from a later time: that part adds up to zero.

    Crowding out. Only ``additionality`` of the work would not have been done: the rest was in budgets and
    plans. Work that began before the first period of the run is in both paths. Capacity of roads and grids
    is not modelled inside two years.

    What it costs. Interest on the fund that the budget pays for ``years`` (gross), expected losses of the
    banks (contingent). The principal is never a cost. VAT is not taken out unless ``deductible`` says so:
    public builders do not deduct it.
    """

    example: ClassVar[str] = """\
    policy_bank_funds:
      kind: project_finance
      title: "Policy-bank funds for infrastructure"
      amount: 300 bn CNY
      profile: {kind: pulse, start: 2022-11, end: 2023-10}
      work_done_ratio: 1.0
      construction: 70 %
      winter: {regions: [northeast], factor: 45 %}
      shift: {share: 30 %, start: 2023-11, length: 12 months}
      source: "300 bn yuan placed by August 2022 (TMTPost, 30 August 2022)"
    """
    parameters: ClassVar = {
        "work_done_ratio": Parameter(
            1.0, 0.5, 1.5, "number", "A",
            "launches quote total project values of ten times the fund; work of twelve months is far less",
            "yuan of work a year per yuan of fund",
        ),
        "additionality": Parameter(
            0.5, 0.2, 0.8, "share", "A",
            "projects were in plans and budgets; credit multiplier 0.2 "
            "falling to 0 by 2010-15 (Chen, Ratnovski, Tsai, IMF WP/17/273) as lower end",
            "share of the work that would not have been done",
        ),
        "construction": Parameter(
            0.7, 0.6, 0.8, "share", "A",
            "infrastructure projects; the rest is equipment",
            "share of the work that is construction",
        ),
        "trade_margin": TRADE_MARGIN,
        "transport_margin": TRANSPORT_MARGIN,
        "vat": Parameter(
            0.13, 0.09, 0.13, "share", "A", "mixed rate of building and equipment", "VAT on the work"
        ),
        "deductible": Parameter(
            0.0, 0.0, 0.5, "share", "A", "public builders do not deduct", "share of VAT deducted"
        ),
        "interest": Parameter(
            0.02, 0.01, 0.03, "points", "A",
            "the notice of June 2022 names no rate that could be checked",
            "interest on the fund that the budget pays, a year",
        ),
        "default_rate": DEFAULT_RATE,
        "loss_given_default": LOSS_GIVEN_DEFAULT,
    }  # fmt: skip

    amount: Money = Field(description="funds or bonds placed: a ceiling, not work")
    profile: Profile = Field(description="pace of the work, 1 is the full pace of work_done_ratio a year")
    work_done_ratio: PositiveNumber = parameters["work_done_ratio"].field()
    additionality: Share = parameters["additionality"].field()
    construction: Share = parameters["construction"].field()
    spend_on: SectorWeights | None = Field(default=None, description="equipment bought, shares by product")
    shift: Shift | None = Field(default=None, description="the part of the work that is only earlier")
    winter: Winter | None = Field(default=None, description="regions in which the cold stops outdoor work")
    trade_margin: Share = parameters["trade_margin"].field()
    transport_margin: Share = parameters["transport_margin"].field()
    vat: Share = parameters["vat"].field()
    deductible: Share = parameters["deductible"].field()
    interest: Points = parameters["interest"].field()
    years: PositiveNumber = Field(default=2.0, description="how long the budget pays interest")
    default_rate: Share = parameters["default_rate"].field()
    loss_given_default: Share = parameters["loss_given_default"].field()

    def claim(self) -> float:
        """Work that the fund pays for in a year, additional or not."""
        return self.amount * self.take_up * self.work_done_ratio

    def pace(self, calendar: Calendar, cold: bool = False) -> np.ndarray:
        """Years of full work in each period, (periods,), in a region with or without a winter stop."""
        return by_period(self._daily(cold), self.profile.window()[0].toordinal(), calendar) / 365.0

    def _daily(self, cold: bool) -> np.ndarray:
        daily = self.profile.daily()
        if not cold or self.winter is None:
            return daily
        start = self.profile.window()[0].toordinal()
        slowed = daily * self.winter.pace([date.fromordinal(start + i) for i in range(len(daily))])
        return slowed * (daily.sum() / slowed.sum()) if slowed.sum() > 0 else daily

    def work(self, calendar: Calendar, cold: bool = False) -> tuple[np.ndarray, np.ndarray]:
        "Extra work done and work missed later because it was done earlier, bn yuan a period;"
        "(periods,) each."
        yearly = self.amount * self.granted * self.take_up * self.work_done_ratio * self.additionality
        done = yearly * self.pace(calendar, cold)
        if self.shift is None:
            return done, np.zeros(calendar.periods)
        day = first_day(self.shift.start).toordinal()
        missed = evenly_after(day, self.shift.length, calendar)
        return done, self.shift.share * done.sum() * missed

    def basket(self, economy: Economy) -> np.ndarray:
        """Volume at base-year producer prices of one yuan of work, by product (K,)."""
        if self.spend_on is None:
            mix = equipment_mix(economy)
        else:
            mix = self.spend_on.over(economy.sectors, np.bincount(economy.sector, economy.x, economy.K))
        mix = with_margins(economy, mix, self.trade_margin, self.transport_margin)
        mix = with_building(economy, mix, self.construction)
        return volume(economy, mix / (1.0 + self.vat * self.deductible))

    def drivers(self, economy: Economy, calendar: Calendar) -> Drivers:
        basket = self.basket(economy)
        use = economy.spread("investment", basket, where_bought(economy, self.target, by_output=True))
        cold = self._cold(economy)
        drivers = Drivers.calm(economy, calendar)
        for name, is_cold in (("demand", False), ("demand in cold regions", True)):
            if is_cold and not cold.any():
                continue
            done, missed = self.work(calendar, is_cold)
            drivers = drivers.having(f"{self.id}:{name}", "demand", done - missed, use * (cold == is_cold))
        return drivers

    def _cold(self, economy: Economy) -> np.ndarray:
        """(F,) bool: final users in regions with a winter stop."""
        if self.winter is None:
            return np.zeros(economy.F, dtype=bool)
        members = [i for name in self.winter.regions for i in economy.regions.expand(name)]
        return np.isin(economy.user_region, members)

    def cost(self, economy: Economy, calendar: Calendar) -> tuple[FiscalLine, ...]:
        # The fund is paid out as its work is done, and bears interest from then on.
        level = self.pace(calendar)
        whole = float(self.profile.daily().sum()) / 365.0
        drawn = self.amount * self.granted * self.take_up * level / whole if whole > 0 else level
        supported = drawn_for(drawn, self.years, calendar)
        total = float(drawn.sum()) * self.years
        subsidy, expected = self.interest * supported, self.default_rate * self.loss_given_default * supported
        lost = self.default_rate * self.loss_given_default * total
        return (
            FiscalLine("interest on the fund", "gross", self.payer, subsidy, self.interest * total - subsidy.sum()),
            FiscalLine("expected losses", "contingent", "policy banks", expected, lost - expected.sum()),
        )

    def account(self, economy: Economy, calendar: Calendar) -> Account:
        offered = self.amount * self.granted
        drawn = offered * self.take_up
        uses = {
            "beyond the pool's ceiling": self.amount - offered,
            "not placed": offered - drawn,
            "capital for work that was planned anyway": drawn * (1.0 - self.additionality),
            "capital for additional work": drawn * self.additionality,
        }
        use = economy.spread("investment", self.basket(economy), where_bought(economy, self.target, by_output=True))
        cold = float(use[:, self._cold(economy)].sum() / use.sum())
        done, missed = (
            float((1.0 - cold) * warm.sum() + cold * slow.sum())
            for warm, slow in zip(self.work(calendar), self.work(calendar, cold=True), strict=True)
        )
        net = done / (1.0 + self.vat * self.deductible)
        spending = {"work done in the run": net, "VAT that builders deduct": done - net}
        share = self.shift.share if self.shift else 0.0
        moved = {
            "of which earlier work, missed in the run": missed,
            "of which earlier work, missed after the run": share * done - missed,
        }
        return Account(self.amount, uses, done, spending, moved)
