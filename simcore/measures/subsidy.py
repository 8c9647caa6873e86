"""Budget money for households' purchases: vouchers, trade-in premiums, campaigns with money behind them."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from pydantic import Field

from ..calendar import Calendar
from ..drivers import Drivers
from ..economy import Economy
from ..units import Money, PositiveNumber, Share
from .base import Account, FiscalLine, Measure, Parameter, measure
from .fields import Profile, SectorWeights
from .investment import MONTH, PullForward
from .lags import Spread, delayed
from .purchases import other_goods, volume, where_bought, with_margins


@measure("consumer_subsidy")
class ConsumerSubsidy(Measure):
    """Vouchers and premiums for purchases: quick, partly only earlier, and worth what the budget is worth.

    What it does. Each yuan of budget moves ``response`` yuan of spending in the categories it names, as
    users of vouchers spend; ``macro_factor`` of that is additional for the economy, the rest would have
    been spent elsewhere or by others. A campaign without a budget moves nothing.

    Channels. ``demand`` (households) on ``spend_on``, after trade and transport margins, at base-year
    prices, imports included. The share ``pull_forward.share`` is only earlier and is missed evenly over
    ``pull_forward.payback`` after each purchase; what is missed after the run is printed. With
    ``displaced``, other goods lose that share of it: the default is none, because the macro factor holds
    it.

    Crowding out. In ``macro_factor``; use ``displaced`` instead of it, never both.

    What it costs. The budget that is drawn, those buyers included who would have bought anyway.
    """

    example: ClassVar[str] = """\
    vouchers:
      kind: consumer_subsidy
      title: "Vouchers for household appliances"
      amount: 5 bn CNY
      spend_on: {C38: 0.7, C39: 0.3}
      profile: {kind: pulse, start: 2022-12, end: 2023-01}
      pull_forward: {share: 50 %, payback: 4 months}
      source: "assumption: no national budget was announced"
    """
    parameters: ClassVar = {
        "response": Parameter(
            3.1, 1.5, 5.8, "number", "F",
            "3.0-3.4 in Chinese coupon studies, range over studies: Chen, Li, "
            "Mao, Zhou (arXiv 2507.01365); Ding, Jiang, Msall, Notowidigdo",
            "yuan of spending per yuan of subsidy",
        ),
        "macro_factor": Parameter(
            0.5, 0.3, 0.8, "number", "A",
            "from users of coupons to the economy",
            "share of that spending which is additional for the economy",
        ),
        "pull_forward.share": Parameter(
            0.5, 0.2, 0.8, "share", "A", "no share is published", "share that is only earlier"
        ),
        "pull_forward.payback": Parameter(
            4 * MONTH, 1 * MONTH, 6 * MONTH, "days", "F",
            "purchases moved up by four months (digital coupons, rush design)",
            "time in which it is missed",
        ),
        "displaced": Parameter(
            0.0, 0.0, 0.5, "share", "A", "held in the macro factor", "share that other goods lose"
        ),
        "trade_margin": Parameter(
            0.12, 0.08, 0.16, "share", "C",
            "trade in the households' columns of the 2020 table, 2,180 bn, over goods with margins",
            "share of the price of goods that trade earns",
        ),
        "transport_margin": Parameter(
            0.02, 0.01, 0.04, "share", "A",
            "as in the investment column, shorter ways",
            "share of the price of goods that transport earns",
        ),
    }  # fmt: skip

    amount: Money = Field(description="budget in all")
    profile: Profile = Field(description="when it is spent; normalised to one")
    spend_on: SectorWeights = Field(description="what is bought, shares by product")
    response: PositiveNumber = parameters["response"].field()
    macro_factor: PositiveNumber = parameters["macro_factor"].field()
    pull_forward: PullForward = Field(
        default=PullForward(share=0.5, payback=4 * MONTH), description="the part that is only earlier"
    )
    displaced: Share = parameters["displaced"].field()
    trade_margin: Share = parameters["trade_margin"].field()
    transport_margin: Share = parameters["transport_margin"].field()

    def claim(self) -> float:
        """Budget drawn."""
        return self.amount * self.take_up

    def drawn(self, calendar: Calendar) -> np.ndarray:
        """Subsidies paid, bn yuan a period; (periods,)."""
        return self.taken_up(self.amount, calendar)

    def bought(self, calendar: Calendar) -> tuple[np.ndarray, np.ndarray]:
        """Extra purchases and purchases missed later, bn yuan a period; (periods,) each."""
        extra = self.response * self.macro_factor * self.drawn(calendar)
        early = self.pull_forward.share * extra
        return extra, delayed(early, Spread(0.0, self.pull_forward.payback), calendar)

    def drivers(self, economy: Economy, calendar: Calendar) -> Drivers:
        mix = self.spend_on.over(economy.sectors, np.bincount(economy.sector, economy.x, economy.K))
        regions = where_bought(economy, self.target)
        basket = with_margins(economy, mix, self.trade_margin, self.transport_margin)
        extra, missed = self.bought(calendar)
        goods = economy.spread("households", volume(economy, basket), regions)
        lost = economy.spread("households", volume(economy, other_goods(economy, mix)), regions)
        return (
            Drivers.calm(economy, calendar)
            .having(f"{self.id}:demand", "demand", extra - missed, goods)
            .having(f"{self.id}:displaced", "demand", -self.displaced * (extra - missed), lost)
        )

    def cost(self, economy: Economy, calendar: Calendar) -> tuple[FiscalLine, ...]:
        return (FiscalLine("budget spent", "gross", self.payer, self.drawn(calendar)),)

    def account(self, economy: Economy, calendar: Calendar) -> Account:
        offered = self.amount * self.granted
        drawn = offered * self.take_up
        inside = float(self.drawn(calendar).sum())
        before = drawn * self.profile.before(calendar)
        uses = {
            "beyond the pool's ceiling": self.amount - offered,
            "not drawn": offered - drawn,
            "spent before the run (in both paths)": before,
            "spent after the run": drawn - before - inside,
            "paid to buyers in the run": inside,
        }
        extra, missed = self.bought(calendar)
        total = float(extra.sum())
        early = self.pull_forward.share * total
        spending = {"additional purchases": total - early, "purchases made earlier": early}
        moved = {
            "missed in the run": float(missed.sum()),
            "missed after the run": early - float(missed.sum()),
        }
        return Account(self.amount, uses, total, spending, moved)
