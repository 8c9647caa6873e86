"""An epidemic wave with closures: fewer hands, fewer lorries, other purchases."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Self

import numpy as np
from pydantic import Field

from ..calendar import Calendar
from ..drivers import Drivers
from ..economy import ABROAD, Economy
from ..errors import SimcoreError
from ..units import PositiveDays, PositiveFactor, Quantity, Share, problem
from .base import Measure, Parameter, measure
from .fields import CodeOf, FrozenMap, Profile, SectorCodes
from .investment import MONTH
from .lags import Spread, delayed
from .purchases import bought
from .routes import pool_regions


class Shares(FrozenMap):
    """Code or group to share, each from 0 to 1 on its own; hashable."""

    @classmethod
    def _read(cls, value: Any, info: Any) -> Shares:
        return _mapping(cls, value, info, cls.element)


class Sensitivities(FrozenMap):
    """Sector or group to sensitivity, 1 is the mean of industry; hashable.

    ``estimated`` waits for the calibration's estimates: empty until ``Epidemic.with_estimates``, and nothing else is.
    """

    element: ClassVar[Quantity] = Quantity("number", low=0.0)
    word: ClassVar[str] = "estimated"

    @property
    def plain(self) -> dict[str, float] | str:
        return super().plain if self else self.word

    @classmethod
    def _read(cls, value: Any, info: Any) -> Sensitivities:
        if value == cls.word:
            return cls(())
        return _mapping(cls, value, info, cls.element, f", or '{cls.word}'")


def _mapping(cls: Any, value: Any, info: Any, quantity: Quantity, otherwise: str = "") -> Any:
    if isinstance(value, cls):
        return value
    if not isinstance(value, Mapping) or not value:
        raise problem("SC029", f"write a mapping of codes to numbers, {{a: 0.2, b: 0.3}}{otherwise}")
    yaml = bool(info.context and info.context.get("yaml"))
    return cls(tuple((str(k), quantity.read(v, yaml)) for k, v in value.items()))


@measure("epidemic", shock=True)
class Epidemic(Measure):
    """A wave with closures: the total is an input, the pattern over sectors and the knock-on effects are not.

    What it does. In a region of which the share ``exposure`` is closed, labour in sector i falls by profile
    x exposure x ``loss`` x sensitivity_i x (1 - ``closed_loop`` x ``loop_floor``). ``loss`` is what
    industry on average loses where everything is closed. Sectors are not equally sensitive: continuous
    processes keep running, assembly stops. ``sensitivity`` gives numbers by sector or group, 1 being
    the mean of industry; sectors that are left out take 1. ``sensitivity: estimated`` takes what
    the calibration learnt from past closures (``simcore estimate``): medians, and joint draws where the
    run draws. The shipped ``$closure_sensitivity_2020`` is what divisions lost in January-February 2020
    against their growth in May 2019; divisions without a published figure take the residual of their
    group. Services are assumptions in both.

    Channels. ``labour``, by activity. ``passage``: lorries from and to closed areas, both ways: 1 -
    profile x the share of the route that touches one x what ``freight_loss`` exceeds the loss of labour by: a
    closed area that makes less has less to send, so the two losses are not added. ``demand`` (households): contact
    services fall by ``contact_drop``, with ``contact_recovered`` of it made up later; ``delayed_goods``
    fall by ``delayed_drop`` and ``delayed_recovered`` of it comes back; medicines rise by
    ``medicine_rise``. What comes back does so evenly over ``recovery_time`` after each period. The loss of
    labour and that of freight meet in one output, where the scarcer binds. Catching up
    needs overtime and stocks: the model's part.

    Crowding out. Buyers ration and substitute as the model says.

    What it costs. Nothing by itself; closures are not paid for here.
    """

    example: ClassVar[str] = """\
    yangtze:
      kind: epidemic
      title: "Wave in the Yangtze delta"
      exposure: {east: 0.13}
      loss: 62 %
      sensitivity: {C36: 1.42, C38: 1.75, C39: 1.28, C31: 0.72, energy: 0.65}
      profile: {kind: table, points: {2022-03: 0.05, 2022-04: 1, 2022-05: 0.5, 2022-06: 0.05}}
      source: "Shanghai output -61.5 % in April 2022 (Reuters, 20 May 2022)"
    """
    parameters: ClassVar = {
        "loss": Parameter(
            0.62, 0.5, 0.7, "share", "F",
            "Shanghai's output fell by 61.5 % on the year in April 2022 (Reuters via "
            "chinapulse.com, 20 May 2022)",
            "labour lost by industry on average where everything is closed",
        ),
        "closed_loop": Parameter(
            0.0, 0.0, 0.5, "share", "A",
            "0 where the loss was observed with closed loops at work",
            "share of output that works in closed loops",
        ),
        "loop_floor": Parameter(
            0.5, 0.3, 0.7, "share", "A", "as in supply_guarantee", "capacity kept in a closed loop"
        ),
        "freight_loss": Parameter(
            0.54, 0.35, 0.65, "share", "F",
            "full lockdown of one month: lorry flows -54 % (Chen, Chen, Liu, Luo, Song, J. Urban Econ. 145)",
            "share of lorries that stop where everything is closed",
        ),
        "contact_drop": Parameter(
            0.6, 0.4, 0.8, "share", "A",
            "restaurants and personal services closed",
            "fall of contact services where everything is closed",
        ),
        "contact_recovered": Parameter(
            0.1, 0.0, 0.3, "share", "A",
            "meals not eaten out are not eaten twice later",
            "share of it made up later",
        ),
        "delayed_drop": Parameter(
            0.5, 0.3, 0.7, "share", "A", "shops closed, deliveries stopped", "fall of delayed goods"
        ),
        "delayed_recovered": Parameter(
            0.7, 0.4, 1.0, "share", "A", "durables are delayed, not lost", "share of it that comes back"
        ),
        "medicine_rise": Parameter(0.1, 0.0, 0.3, "share", "A", "tests and medicines", "rise of medicines"),
        "recovery_time": Parameter(
            3 * MONTH, 1 * MONTH, 6 * MONTH, "days", "A",
            "rebound within a quarter or two",
            "time over which purchases come back",
        ),
    }  # fmt: skip

    exposure: Annotated[Shares, CodeOf("region")] = Field(description="share of each region that is closed")
    profile: Profile = Field(description="course of the wave")
    sensitivity: Annotated[Sensitivities, CodeOf("sector")] | None = Field(
        default=None,
        description="by sector or group, 1 is the mean of industry, later entries have the last word; or 'estimated'",
    )
    loss: Share = parameters["loss"].field()
    closed_loop: Share = parameters["closed_loop"].field()
    loop_floor: Share = parameters["loop_floor"].field()
    freight_loss: Share = parameters["freight_loss"].field()
    contact_services: SectorCodes = Field(default=("H", "O", "R"), description="services that need contact")
    contact_drop: Share = parameters["contact_drop"].field()
    contact_recovered: Share = parameters["contact_recovered"].field()
    delayed_goods: SectorCodes = Field(
        default=("C18", "C19", "C21", "C36a", "C38", "C39"), description="goods bought later"
    )
    delayed_drop: Share = parameters["delayed_drop"].field()
    delayed_recovered: Share = parameters["delayed_recovered"].field()
    medicines: SectorCodes = Field(default=("C27",), description="goods that an epidemic calls for")
    medicine_rise: PositiveFactor = parameters["medicine_rise"].field()
    recovery_time: PositiveDays = parameters["recovery_time"].field()

    @property
    def waits(self) -> bool:
        return self.sensitivity is not None and not self.sensitivity

    def with_estimates(self, sensitivity: Mapping[str, float]) -> Self:
        if not self.waits:
            return self
        return self.model_copy(update={"sensitivity": Sensitivities(tuple(sensitivity.items()))})

    def exposed(self, economy: Economy) -> np.ndarray:
        """Share of each region that is closed, (R,)."""
        result = np.zeros(economy.R)
        for name, share in self.exposure.items():
            result[list(economy.regions.expand(name))] = share
        return result

    def by_sector(self, economy: Economy) -> np.ndarray:
        """Sensitivity of each sector, (K,); 1 where none is given.

        Raises
        ------
        SimcoreError
            If it still waits for estimates.
        """
        if self.waits:
            raise SimcoreError(f"{self.id}: its sensitivity waits for estimates; give it some by with_estimates")
        result = np.ones(economy.K)
        for name, value in (self.sensitivity or {}).items():
            result[list(economy.sectors.expand(name))] = value
        return result

    def drivers(self, economy: Economy, calendar: Calendar) -> Drivers:
        level = self.take_up * self.profile.level(calendar)
        labour, roads = self._labour(economy), self._roads(economy)
        drivers = Drivers.calm(economy, calendar)
        drivers = drivers.having(f"{self.id}:labour", "labour", level, labour)
        drivers = drivers.having(f"{self.id}:freight", "passage", level, roads)
        for name, goods, change, back in (
            ("contact services", self.contact_services, -self.contact_drop, self.contact_recovered),
            ("delayed goods", self.delayed_goods, -self.delayed_drop, self.delayed_recovered),
            ("medicines", self.medicines, self.medicine_rise, 0.0),
        ):
            flow = change * level / calendar.per_year
            path = flow - back * delayed(flow, Spread(0.0, self.recovery_time), calendar)
            drivers = drivers.having(f"{self.id}:{name}", "demand", path, self._purchases(economy, goods))
        return drivers

    def _labour(self, economy: Economy) -> np.ndarray:
        """Change of labour at the height of the wave, (n,), never below -1."""
        kept = 1.0 - self.closed_loop * self.loop_floor
        reached = self.target.activities(economy)
        lost = self.loss * kept * self.by_sector(economy)[economy.sector] * self.exposed(economy)[economy.region]
        return -np.minimum(lost * reached, 1.0)

    @property
    def _freight_excess(self) -> float:
        """What lorries lose beyond output: a closed area sends and needs less by the labour it lost."""
        return max(0.0, self.freight_loss - self.loss * (1.0 - self.closed_loop * self.loop_floor))

    def _roads(self, economy: Economy) -> np.ndarray:
        """Change of what gets through from each region to each pool of buyers, (R, P)."""
        closed = self.exposed(economy)
        home = pool_regions(economy)
        at_buyer = np.where(home == ABROAD, 0.0, closed[home])
        # A lorry needs both ends open; inside one region a trip has both ends in the same place.
        touched = 1.0 - np.multiply.outer(1.0 - closed, 1.0 - at_buyer)
        inside = np.arange(economy.R)[:, None] == home[None, :]
        return -self._freight_excess * np.where(inside, closed[:, None], touched)

    def _purchases(self, economy: Economy, goods: tuple[str, ...]) -> np.ndarray:
        """Yearly purchases of some goods by households in closed areas, (K, F)."""
        known = set(economy.sectors.codes) | set(economy.sectors.groups)
        chosen = [k for name in goods if name in known for k in economy.sectors.expand(name)]
        closed = np.append(self.exposed(economy), 0.0)  # the last one stands for abroad
        weights = np.zeros((economy.K, economy.F))
        weights[chosen] = bought(economy, "households")[chosen] * closed[economy.user_region]
        return weights
