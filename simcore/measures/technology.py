"""New drivers: digital technology in manufacturing, and clusters. Demand now, productivity years later."""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from ..calendar import Calendar
from ..drivers import Drivers
from ..economy import Economy
from ..units import Days, Factor, Money, PositiveNumber, Quantity, Share
from .base import Account, FiscalLine, Measure, Parameter, measure
from .fields import Profile, SectorWeights, Weights
from .investment import MONTH
from .lags import Erlang, Spread, delayed
from .purchases import (
    TRADE_MARGIN,
    TRANSPORT_MARGIN,
    VAT,
    equipment_mix,
    volume,
    where_bought,
    with_building,
    with_margins,
)

STAGES = 4  # of the Erlang lags: adoption is slow at first, then faster, then slow, as a logistic curve is
SERVICES = "I"  # software and information services
Cost = Annotated[float, Quantity("number", low=0.0, above=True)]
DEDUCTIBLE = Parameter(
    0.9, 0.7, 1.0, "share", "A", "small taxpayers cannot deduct", "share of purchases whose VAT the buyer deducts"
)


def grant_uses(stated: Measure, amount: float, calendar: Calendar) -> dict[str, float]:
    """What becomes of an amount up to its payment in the run; the rest of the account adds what that is spent on."""
    assert stated.profile is not None
    offered = amount * stated.granted
    drawn = offered * stated.take_up
    return {
        "beyond the pool's ceiling": amount - offered,
        "not drawn": offered - drawn,
        "paid before the run (in both paths)": drawn * stated.profile.before(calendar),
        "paid after the run": drawn * stated.profile.after(calendar),
    }


@measure("technology_programme")
class TechnologyProgramme(Measure):
    """Money for digital plants: demand for electronics and software now, better firms in two or three years.

    What it does. Of ``amount``, ``take_up`` is paid along the profile; ``additionality`` of it brings about investment
    that would not have been made, ``own_funds`` on top of each yuan. It is spent on ``spend_on`` between
    ``delivery_from`` and ``delivery_to`` later. ``cost_per_output`` yuan make plants with one yuan of yearly output
    adopters; they reach the gain after ``gain_time`` on average, along an S-shaped curve, and hardly any of it at
    once.

    Channels. ``demand`` (investment) at base-year producer prices, margins and deductible VAT out. ``productivity``:
    ``gain`` on the adopters' part of each activity of the target. ``coefficient``: adopters use ``energy_saving`` less
    energy and ``software`` more of services I. ``stock_cover``: adopters keep ``stock_saving`` less stock of inputs.
    With demand given, better firms sell no more: they buy less for it, and gain value added, not output.

    Crowding out. In ``additionality``.

    What it costs. The grants paid, those to firms that would have invested anyway included.
    """

    example: ClassVar[str] = """\
    smart_plants:
      kind: technology_programme
      title: "Digital technology in manufacturing"
      amount: 10 bn CNY
      target: {sector: {any: [manufacturing]}}
      profile: {kind: pulse, start: 2022-12, end: 2023-11}
      source: "assumption: the notice names no sum"
    """
    parameters: ClassVar = {
        "additionality": Parameter(
            0.3, 0.1, 0.6, "share", "A", "as for equipment", "share that pays for investment not made otherwise"
        ),
        "own_funds": Parameter(
            2.0, 1.0, 4.0, "number", "A", "grants cover 20-50 % of a project", "own funds added per yuan granted"
        ),
        "delivery_from": Parameter(
            3 * MONTH, 1 * MONTH, 6 * MONTH, "days", "A",
            "orders for machines on stock",
            "first deliveries after a grant",
        ),
        "delivery_to": Parameter(
            12 * MONTH, 6 * MONTH, 18 * MONTH, "days", "A", "projects of a year", "last deliveries after a grant"
        ),
        "cost_per_output": Parameter(
            0.03, 0.01, 0.06, "number", "A",
            "1-3 % of output adopts in a year; no cost of a plant is published",
            "investment per yuan of an adopter's yearly output",
        ),
        "gain": Parameter(
            0.02, 0.0, 0.05, "share", "A",
            "positive, often from listed firms, first negative (China Account. Finance Rev. 27(5)); upper anchor 8.9 % "
            "over years from the VAT reform (Liu, Mao 2019)",
            "output for given inputs gained by adopters",
        ),
        "gain_time": Parameter(
            30 * MONTH, 24 * MONTH, 48 * MONTH, "days", "A", "after 2-3 years", "mean time from delivery to the gain"
        ),
        "energy_saving": Parameter(
            0.02, 0.0, 0.05, "share", "A", "control of processes", "energy saved by adopters"
        ),
        "software": Parameter(
            0.05, 0.0, 0.10, "share", "A", "licences and cloud services", "more information services used by adopters"
        ),
        "stock_saving": Parameter(
            0.05, 0.0, 0.10, "share", "A", "better planning", "input stocks saved by adopters"
        ),
        "trade_margin": TRADE_MARGIN,
        "transport_margin": TRANSPORT_MARGIN,
        "vat": VAT,
        "deductible": DEDUCTIBLE,
    }  # fmt: skip

    amount: Money = Field(description="grants in all: a ceiling, not spending")
    profile: Profile = Field(description="when they are paid; normalised to one")
    additionality: Share = parameters["additionality"].field()
    own_funds: PositiveNumber = parameters["own_funds"].field()
    spend_on: SectorWeights = Field(
        default=Weights((("C39", 0.4), ("I", 0.4), ("C40", 0.1), ("C38", 0.1))),
        description="what is bought, shares by product",
    )
    delivery_from: Days = parameters["delivery_from"].field()
    delivery_to: Days = parameters["delivery_to"].field()
    cost_per_output: Cost = parameters["cost_per_output"].field()
    gain: Share = parameters["gain"].field()
    gain_time: Days = parameters["gain_time"].field()
    energy_saving: Share = parameters["energy_saving"].field()
    software: Factor = parameters["software"].field()
    stock_saving: Share = parameters["stock_saving"].field()
    trade_margin: Share = parameters["trade_margin"].field()
    transport_margin: Share = parameters["transport_margin"].field()
    vat: Share = parameters["vat"].field()
    deductible: Share = parameters["deductible"].field()

    def claim(self) -> float:
        """Investment that grants and own funds pay for, additional or not."""
        return self.amount * self.take_up * (1.0 + self.own_funds)

    def paid(self, calendar: Calendar) -> np.ndarray:
        """Grants, bn yuan a period; (periods,)."""
        return self.taken_up(self.amount, calendar)

    def delivered(self, calendar: Calendar) -> np.ndarray:
        """Additional investment, bn yuan a period at purchaser prices; (periods,)."""
        wanted = self.additionality * (1.0 + self.own_funds) * self.paid(calendar)
        return delayed(wanted, Spread(self.delivery_from, self.delivery_to), calendar)

    def adopters(self, economy: Economy) -> np.ndarray:
        """Share of each activity's output that one yuan of investment makes adopters, (n,)."""
        output = self.target.weights(economy) / self.cost_per_output
        value = economy.x * economy.price_index[economy.sector]
        return np.divide(output, value, out=np.zeros(economy.n), where=value > 0)

    def drivers(self, economy: Economy, calendar: Calendar) -> Drivers:
        delivered = self.delivered(calendar)
        mix = self.spend_on.over(economy.sectors, np.bincount(economy.sector, economy.x, economy.K))
        mix = with_margins(economy, mix, self.trade_margin, self.transport_margin)
        basket = volume(economy, mix / (1.0 + self.vat * self.deductible))
        use = economy.spread("investment", basket, where_bought(economy, self.target, by_output=True))
        adopted = delayed(delivered, Erlang(self.gain_time, STAGES), calendar)
        at_work = np.cumsum(adopted) - 0.5 * adopted
        part = self.adopters(economy)
        everything = np.ones(economy.K)
        return (
            Drivers.calm(economy, calendar)
            .having(f"{self.id}:demand", "demand", delivered, use)
            .having(f"{self.id}:gain", "productivity", at_work, self.gain * part)
            .having(f"{self.id}:inputs", "coefficient", at_work, np.multiply.outer(self._inputs(economy), part))
            .having(
                f"{self.id}:cover", "stock_cover", at_work, -self.stock_saving * np.multiply.outer(everything, part)
            )
        )

    def _inputs(self, economy: Economy) -> np.ndarray:
        """Change of adopters' input coefficients, (K,)."""
        change = np.zeros(economy.K)
        codes, energy = np.array(economy.sectors.codes), economy.sectors.groups.get("energy", ())
        change[np.isin(codes, list(energy))] -= self.energy_saving
        change[codes == SERVICES] += self.software
        return change

    def cost(self, economy: Economy, calendar: Calendar) -> tuple[FiscalLine, ...]:
        return (FiscalLine("grants paid", "gross", self.payer, self.paid(calendar)),)

    def account(self, economy: Economy, calendar: Calendar) -> Account:
        paid = float(self.paid(calendar).sum())
        uses = grant_uses(self, self.amount, calendar) | {
            "for investment made anyway": (1.0 - self.additionality) * paid,
            "for additional investment": self.additionality * paid,
        }
        wanted = self.additionality * (1.0 + self.own_funds) * paid
        delivered = float(self.delivered(calendar).sum())
        net = delivered / (1.0 + self.vat * self.deductible)
        spending = {
            "equipment and software delivered in the run": net,
            "VAT that buyers deduct": delivered - net,
            "delivered after the run": wanted - delivered,
        }
        return Account(self.amount, uses, wanted, spending)


@measure("cluster")
class Cluster(Measure):
    """An industrial cluster is named and equipped: some building now, a small gain over three years, part of it moved.

    What it does. Grants of ``amount`` pay for laboratories, roads and equipment along the profile, ``additionality`` of
    which would not have been built. Firms in the cluster, ``covered`` of the target's output, gain ``gain`` from
    being near each other, on average ``gain_time`` after the designation; ``moved`` of that is drawn from firms
    elsewhere or lost to congestion.

    Channels. ``demand`` (investment): ``construction`` of it building, the rest equipment with its margins.
    ``productivity`` of the target's activities: covered x gain x (1 - moved), never at once. With demand given it
    shows in value added, not in output.

    Crowding out. In ``additionality`` and ``moved``. A new zone raised a city's output level by 20 %, mainly through
    capital and over years (Alder, Shao, Zilibotti 2016); naming a cluster that is there is no new zone.

    What it costs. The grants.
    """

    example: ClassVar[str] = """\
    clusters:
      kind: cluster
      title: "Advanced manufacturing clusters"
      amount: 5 bn CNY
      covered: 10 %
      target: {sector: {any: [C35, C37, C38, C39, C27]}}
      profile: {kind: pulse, start: 2022-12, end: 2023-12}
      payer: "local budgets"
      source: "assumption"
    """
    parameters: ClassVar = {
        "covered": Parameter(
            0.1, 0.02, 0.2, "share", "A", "output of named clusters is not published", "share of the target's output"
        ),
        "additionality": Parameter(
            0.3, 0.1, 0.6, "share", "A", "local plans come first", "share that would not have been built"
        ),
        "construction": Parameter(
            0.5, 0.3, 0.7, "share", "A", "parks, roads, laboratories", "share of it that is building"
        ),
        "gain": Parameter(
            0.0025, 0.0, 0.005, "share", "A",
            "designation of an existing cluster: level +0-0.5 % over 3 years",
            "output for given inputs gained in the cluster",
        ),
        "gain_time": Parameter(
            24 * MONTH, 18 * MONTH, 36 * MONTH, "days", "A", "over three years", "mean time to the gain"
        ),
        "moved": Parameter(
            0.5, 0.0, 1.0, "share", "A",
            "gains are offset by congestion and competition (Hu, Xu, Yashiro 2015)",
            "share of the gain that others lose",
        ),
        "trade_margin": TRADE_MARGIN,
        "transport_margin": TRANSPORT_MARGIN,
    }  # fmt: skip

    amount: Money = Field(description="grants and public building in all")
    profile: Profile = Field(description="when it is built; normalised to one, and the course of the designation")
    covered: Share = parameters["covered"].field()
    additionality: Share = parameters["additionality"].field()
    construction: Share = parameters["construction"].field()
    gain: Share = parameters["gain"].field()
    gain_time: Days = parameters["gain_time"].field()
    moved: Share = parameters["moved"].field()
    trade_margin: Share = parameters["trade_margin"].field()
    transport_margin: Share = parameters["transport_margin"].field()

    def claim(self) -> float:
        """Money drawn."""
        return self.amount * self.take_up

    def paid(self, calendar: Calendar) -> np.ndarray:
        """Grants and building, bn yuan a period; (periods,)."""
        return self.taken_up(self.amount, calendar)

    def drivers(self, economy: Economy, calendar: Calendar) -> Drivers:
        mix = with_margins(economy, equipment_mix(economy), self.trade_margin, self.transport_margin)
        mix = with_building(economy, mix, self.construction)
        use = economy.spread("investment", volume(economy, mix), where_bought(economy, self.target, by_output=True))
        named = self.take_up * self.profile.shares(calendar)
        gained = delayed(named, Erlang(self.gain_time, STAGES), calendar)
        reached = np.cumsum(gained) - 0.5 * gained
        better = self.gain * (1.0 - self.moved) * self.covered * self.target.activities(economy)
        return (
            Drivers.calm(economy, calendar)
            .having(f"{self.id}:demand", "demand", self.additionality * self.paid(calendar), use)
            .having(f"{self.id}:gain", "productivity", reached, better)
        )

    def cost(self, economy: Economy, calendar: Calendar) -> tuple[FiscalLine, ...]:
        return (FiscalLine("grants and public building", "gross", self.payer, self.paid(calendar)),)

    def account(self, economy: Economy, calendar: Calendar) -> Account:
        paid = float(self.paid(calendar).sum())
        built = self.additionality * paid
        uses = grant_uses(self, self.amount, calendar) | {
            "would have been built anyway": paid - built,
            "additional building and equipment": built,
        }
        return Account(self.amount, uses, built, {"building and equipment in the run": built})
