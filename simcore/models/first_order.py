"""First-order shocks: each activity falls by the larger of its own supply and demand shock, and nothing propagates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from ..drivers import Drivers
from ..economy import Economy
from ..economy.system import final_sales
from .accounts import base_flows, settle, wanted_change
from .base import DEMAND, Outcome, Paths, Traits, model, require_channels
from .conditions import supply_left

PROPAGATION = "nothing propagates here; use 'inventory'"


@model("first_order")
class FirstOrder:
    """Output changes by the smaller of what supply lets it be and what final users ask for; no shock propagates.

    Equations. With x base output, l what labour and capacity leave of it and df the change of final demand for an
    activity's own product, output changes by

        dx = min((l - 1) x, df)   where supply was lost,   dx = df   elsewhere.

    In shares of output this is the minimum of the supply shock and the demand shock of del Rio-Chanona et al. (2020),
    who take the supply shock of an industry from the work that cannot be done at home in industries that are not
    essential, ``l - 1 = -(1 - RLI) (1 - e)``, with RLI the remote-labour index and e the essential share. The shock
    ``stay_at_home`` states this in a scenario file; ``simcore.measures.stay_at_home`` has it for arrays.

    What drivers do. ``capacity`` and ``labour`` (the scarcer of the two, at least the ``floor`` on the ``listed``
    part), ``capital`` and ``productivity`` give l; ``demand`` and ``preference`` df. ``stock_cover`` moves nothing.

    What it says. Where a policy hits first, before suppliers and buyers answer: a lower bound of what it costs. The
    paper states demand shocks as shares of an industry's whole output; here a change of final demand counts by its
    size, and orders of firms stay, so an industry that sells little to final users has a small demand shock.

    Assumptions. Suppliers and buyers have not answered yet: an activity uses inputs in proportion to what it makes;
    what it needs more comes out of its suppliers' stocks, what it needs less serves final users who lack it or goes
    into stocks. What an activity makes less is missed by its final users, and where they buy too little of it, by its
    stocks. No idle capacity, no prices, each period for itself. Anchored: calm stays, bit for bit.

    When not to use it. Not for the total effect of anything that lasts longer than stocks do: compare with
    ``inventory``. Not for gains of demand where capacity is tight.

    References
    ----------
    del Rio-Chanona, Mealy, Pichler, Lafond and Farmer (2020), Oxford Review of Economic Policy 36(S1).
    """

    name: ClassVar[str]
    channels: ClassVar[frozenset[str]] = frozenset(
        {"demand", "preference", "capacity", "labour", "capital", "productivity", "floor", "listed", "stock_cover"}
    )
    advice: ClassVar[Mapping[str, str]] = {
        name: PROPAGATION for name in ("coefficient", "import_limit", "passage", "income")
    }
    without_effect: ClassVar[frozenset[str]] = frozenset({"stock_cover"})
    traits: ClassVar[Traits] = Traits("first", "fixed", "at once", "passive", "given", "fixed", "shares")
    closure: ClassVar[str] = "first-order shocks only: orders of firms, prices and incomes stay"
    bibtex: ClassVar[str] = """\
@article{delriochanona2020,
  author = {del Rio-Chanona, R. Maria and Mealy, Penny and Pichler, Anton and Lafond, Fran{\\c{c}}ois and
    Farmer, J. Doyne},
  title = {Supply and Demand Shocks in the {COVID-19} Pandemic: An Industry and Occupation Perspective},
  journal = {Oxford Review of Economic Policy},
  volume = {36},
  number = {Supplement 1},
  pages = {S94--S137},
  year = {2020}
}
"""

    def simulate(self, economy: Economy, drivers: Drivers) -> Paths:
        """Run all periods; see ``Paths`` for shapes and units.

        Raises
        ------
        ChannelError
            If the drivers use a channel that the model lacks.
        """
        require_channels(self, drivers)
        base, supply = base_flows(economy, drivers.calendar), supply_left(economy, drivers)
        wanted = wanted_change(economy, drivers)
        called = final_sales(economy, np.where(base.unknown, 0.0, wanted * (1.0 - economy.import_share)))
        allowed = np.where(supply.hit, base.x * (supply.output - 1.0), np.inf)
        called = np.maximum(called, -base.x)  # nobody can ask for less than nothing
        output = base.x + np.minimum(allowed, called)
        binding = np.where(allowed < called, supply.cause, DEMAND).astype(np.int16)
        # Technology is that of the base: extra productivity lets an activity make more, not use less.
        calm = Drivers.calm(economy, drivers.calendar)
        return settle(
            economy,
            calm,
            output,
            wanted=wanted,
            firms_from_stocks=True,
            pay=base.wages * (output - base.x),
            binding=binding,
            outcome=Outcome("completed"),
        )
