"""First-order supply shocks: what cannot be done at home and is not essential stops."""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from ..calendar import Calendar
from ..drivers import Drivers
from ..economy import Economy
from ..units import Share
from .base import Measure, measure
from .epidemic import Shares
from .fields import CodeOf, Profile


def labour_lost(
    remote: np.ndarray, essential: np.ndarray, proximity: np.ndarray | float = 0.0, distancing: np.ndarray | float = 0.0
) -> np.ndarray:
    """Share of labour that a stay-at-home order takes from each industry, ``(1 - r) (1 - e (1 - d p))``.

    Parameters
    ----------
    remote : array
        Remote-labour index r: share of the work that can be done at home.
    essential : array
        Essential share e: part of the industry that may go on at the workplace.
    proximity : array, optional
        Physical-proximity index p, 0 to 1: how closely people work together.
    distancing : array, optional
        How strictly distance is kept, 0 (not at all) to 1: essential work on site falls by this times p.

    Returns
    -------
    array of the same shape, 0 to 1

    References
    ----------
    del Rio-Chanona, Mealy, Pichler, Lafond and Farmer (2020), Oxford Review of Economic Policy 36(S1), without
    distancing; Pichler, Pangallo, del Rio-Chanona, Lafond and Farmer (2022), Journal of Economic Dynamics and Control
    144, with it.
    """
    return (1.0 - np.asarray(remote)) * (1.0 - np.asarray(essential) * (1.0 - np.asarray(distancing) * proximity))


def stay_at_home(
    economy: Economy,
    calendar: Calendar,
    level: np.ndarray,
    remote: np.ndarray,
    essential: np.ndarray,
    proximity: np.ndarray | float = 0.0,
    distancing: float = 0.0,
    id: str = "stay_at_home",
) -> Drivers:
    """Drivers of ``labour`` from indices by sector; a model with that channel does the rest.

    Parameters
    ----------
    level : (periods,) array
        How much of the order is in force, 0 to 1.
    remote, essential, proximity : (K,) arrays
        By sector, see ``labour_lost``.
    distancing : float

    Raises
    ------
    ChannelError
        If an array does not fit the calendar or the economy's sectors.
    """
    lost = np.broadcast_to(labour_lost(remote, essential, proximity, distancing), (economy.K,))
    return Drivers.calm(economy, calendar).having(f"{id}:labour", "labour", level, -lost[economy.sector])


@measure("stay_at_home", shock=True)
class StayAtHome(Measure):
    """Workplaces close: what cannot be done at home and is not essential stops.

    What it does. Labour in a sector falls by the profile times (1 - ``remote``) (1 - ``essential`` (1 -
    ``distancing`` x ``proximity``)): work that can be done at home goes on, and so does essential work on site, less
    what keeping distance takes from it. Shares are given by sector or group, later entries have the last word.
    Sectors that stand in neither ``remote`` nor ``essential`` are not touched; one that stands in one of the two has 0
    in the other.

    Channels. ``labour``, by activity of the target. Demand that falls at the same time is a ``demand_shock``. With
    ``model: {name: first_order}`` the result is the first-order shock of del Rio-Chanona et al. (2020), with
    ``inventory`` what it sets off.

    Crowding out. Buyers ration and substitute as the model says.

    What it costs. Nothing by itself; wage support is a measure of its own.
    """

    example: ClassVar[str] = """\
    lockdown:
      kind: stay_at_home
      title: "Workplaces closed but for essential work"
      remote: {manufacturing: 20 %, J: 80 %}
      essential: {manufacturing: 40 %, C13: 100 %}
      profile: {kind: pulse, start: 2022-11, end: 2022-12}
      source: "assumption: shares for illustration, not measured"
    """
    parameters: ClassVar = {}

    remote: Annotated[Shares, CodeOf("sector")] = Field(description="share of the work that can be done at home")
    essential: Annotated[Shares, CodeOf("sector")] | None = Field(
        default=None, description="share that may go on at the workplace"
    )
    proximity: Annotated[Shares, CodeOf("sector")] | None = Field(
        default=None, description="how closely people work together on site, 0 to 1"
    )
    distancing: Share = Field(default=0.0, description="how strictly distance is kept on site")
    profile: Profile = Field(description="course of the order")

    def by_sector(self, economy: Economy) -> np.ndarray:
        """Share of labour lost where the order is in force, (K,)."""

        def read(shares: Shares | None, otherwise: float) -> np.ndarray:
            result = np.full(economy.K, otherwise)
            for name, share in (shares or {}).items():
                result[list(economy.sectors.expand(name))] = share
            return result

        remote, essential = read(self.remote, np.nan), read(self.essential, np.nan)
        touched = ~(np.isnan(remote) & np.isnan(essential))
        lost = labour_lost(np.nan_to_num(remote), np.nan_to_num(essential), read(self.proximity, 0.0), self.distancing)
        return np.where(touched, lost, 0.0)

    def drivers(self, economy: Economy, calendar: Calendar) -> Drivers:
        level = self.take_up * self.profile.level(calendar)
        lost = -self.by_sector(economy)[economy.sector] * self.target.activities(economy)
        return Drivers.calm(economy, calendar).having(f"{self.id}:labour", "labour", level, lost)
