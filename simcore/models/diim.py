"""The dynamic inoperability input-output model: losses spread to suppliers and fade at each activity's own speed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import field
from typing import ClassVar, Literal

import numpy as np

from ..drivers import Drivers
from ..economy import Economy
from ..economy.dynamics import inoperability_path, interdependency, resilience, static_inoperability
from ..economy.system import final_sales
from .accounts import base_flows, settle, wanted_change
from .base import DEMAND, Outcome, Paths, Traits, kept, model, parameter, require_channels
from .conditions import Supply, base_system, of_activities, supply_left, within_limits

LEFT = 0.01  # share of a loss that is left after the recovery time


@model("diim")
class Diim:
    """Shares of lost output spread from buyers to suppliers and close at a speed that each activity's resilience sets.

    Equations. q is the share of base output that an activity loses (inoperability; negative where it makes more),
    c* the loss of final demand over base output, and ``A*[i, j] = A[i, j] x[j] / x[i]`` (demand form). With K the
    diagonal matrix of resilience,

        static       q = A* q + c*
        discrete     q[t + 1] = q[t] + K (A* q[t] + c*[t] - q[t])
        continuous   dq/dt = K (A* q + c* - q), solved exactly between changes of c*

    ``k_i = ln(100) / (T_i (1 - a*_ii))`` lets an activity left to itself get rid of all but 1 % of a loss within its
    ``recovery_time`` T; or ``resilience`` is given for all, per day. The discrete form takes the calendar's inner steps
    and closes ``1 - exp(-k dt)`` of a gap in each, so that shorter steps converge. A loss that lasts ends at the
    static one.

    What drivers do. ``demand`` and ``preference`` give c*: the loss of an activity's final sales. What the scarcer of
    ``capacity`` and ``labour`` (at least the ``floor`` on the ``listed`` part, plus ``capital``) leaves is a loss q
    that holds whatever is demanded. ``supply_loss: sustained`` (default): q is at least that loss as long as it lasts,
    as Orsi and Santos (2010) have it for absent workers, and recovers afterwards. ``supply_loss: initial``: each rise
    of the loss hits q once and recovery starts in the next step, as after a sudden destruction. Gains of capacity and
    ``stock_cover`` move nothing.

    What it says. ``inoperability`` gives q by period; output is ``(1 - q) x``. The cumulative economic loss is base
    output less output, summed over the run; ``simcore.economy.dynamics`` has both for bare arrays. Final users get
    what firms leave: while output lags behind a rise of demand they go short, after a fall goods go into stocks.

    Assumptions. Losses travel upstream only: whoever sells to a stopped activity sells less. Nobody stops for lack of
    an input. Coefficients are fixed, output cannot fall below zero, a rise of demand meets no limit. Resilience is one
    number for falls and rises; its default rests on no survey [A]. Anchored: calm stays, bit for bit. With derived
    resilience two like halves of an activity recover a little more slowly than the whole, since ``a*_ii`` halves.

    Left out. The version with inventories of Barker and Santos (2010): its equations could not be checked against the
    paper; ``inventory`` holds stocks explicitly.

    When not to use it. Not where missing inputs stop buyers (use ``inventory``), nor for prices, substitution or new
    capacity. It screens many scenarios fast and ranks activities by loss and by recovery.

    References
    ----------
    Haimes and Jiang (2001), Journal of Infrastructure Systems 7(1); Santos and Haimes (2004), Risk Analysis; Lian and
    Haimes (2006), Systems Engineering 9(3); Orsi and Santos (2010), IEEE Transactions on Systems, Man, and Cybernetics
    A 40(2).
    """

    form: Literal["discrete", "continuous", "static"] = field(
        default="discrete", metadata={"meaning": "discrete or continuous recovery, or the end point of each period"}
    )
    supply_loss: Literal["sustained", "initial"] = field(
        default="sustained",
        metadata={"meaning": "sustained: a loss of supply holds while it lasts; initial: it hits once and recovers"},
    )
    recovery_time: float = parameter(
        60.0, 14.0, 180.0, "days", "in which an activity by itself gets rid of 99 % of a loss", "[A]"
    )
    recovery_by_sector: Mapping[str, float] = field(
        default_factory=dict,
        metadata={"meaning": "days by sector or group, in place of recovery_time; later entries have the last word"},
    )
    resilience: float = field(
        default=0.0, metadata={"meaning": "k of all activities, per day; 0: derived from the recovery times"}
    )
    name: ClassVar[str]
    channels: ClassVar[frozenset[str]] = frozenset(
        {"demand", "preference", "capacity", "labour", "capital", "floor", "listed", "stock_cover"}
    )
    without_effect: ClassVar[frozenset[str]] = frozenset({"stock_cover"})
    traits: ClassVar[Traits] = Traits("recovery", "fixed", "lasting", "passive", "given", "fixed", "shares")
    closure: ClassVar[str] = "demand-driven with lagging output; inputs never bind, prices passive"
    bibtex: ClassVar[str] = """\
@article{haimesjiang2001,
  author = {Haimes, Yacov Y. and Jiang, Pu},
  title = {Leontief-Based Model of Risk in Complex Interconnected Infrastructures},
  journal = {Journal of Infrastructure Systems},
  volume = {7},
  number = {1},
  pages = {1--12},
  year = {2001},
  doi = {10.1061/(ASCE)1076-0342(2001)7:1(1)}
}
@article{lianhaimes2006,
  author = {Lian, Chenyang and Haimes, Yacov Y.},
  title = {Managing the Risk of Terrorism to Interdependent Infrastructure Systems Through the Dynamic Inoperability
    Input-Output Model},
  journal = {Systems Engineering},
  volume = {9},
  number = {3},
  pages = {241--258},
  year = {2006},
  doi = {10.1002/sys.20051}
}
@article{orsisantos2010,
  author = {Orsi, Mark J. and Santos, Joost R.},
  title = {Estimating Workforce-Related Economic Impact of a Pandemic on the Commonwealth of Virginia},
  journal = {IEEE Transactions on Systems, Man, and Cybernetics, Part A},
  volume = {40},
  number = {2},
  pages = {301--305},
  year = {2010},
  doi = {10.1109/tsmca.2009.2033032}
}
"""

    def __post_init__(self) -> None:
        if self.form not in ("discrete", "continuous", "static"):
            raise ValueError(f"form is '{self.form}'; write discrete, continuous or static")
        if self.supply_loss not in ("sustained", "initial"):
            raise ValueError(f"supply_loss is '{self.supply_loss}'; write sustained or initial")
        if self.form == "static" and self.supply_loss == "initial":
            raise ValueError(
                "the static form has no time in which an initial loss could fade; use supply_loss: sustained"
            )
        for name, days in {"recovery_time": self.recovery_time, **self.recovery_by_sector}.items():
            if not (math.isfinite(days) and days > 0.0):
                raise ValueError(f"recovery time of {name} is {days}; write a number of days above zero")
        if not (math.isfinite(self.resilience) and self.resilience >= 0.0):
            raise ValueError(f"resilience is {self.resilience}; write a speed per day, or 0 to derive it")

    def speeds(self, economy: Economy) -> np.ndarray:
        """Resilience k of each activity, per day, (n,).

        Raises
        ------
        UnknownNameError
            If a name in ``recovery_by_sector`` is no sector or group of the economy.
        """
        if self.resilience > 0.0:
            return np.full(economy.n, float(self.resilience))
        days = of_activities(economy, self.recovery_time, self.recovery_by_sector, "recovery_by_sector")
        return resilience(interdependency_of(economy), days, LEFT)

    def inoperability(self, economy: Economy, drivers: Drivers) -> np.ndarray:
        """Mean share of base output that is lost in each period, (T, n); negative where more is made.

        Raises
        ------
        ChannelError
            If the drivers use a channel that the model lacks.
        UnproductiveEconomyError
            If the economy cannot meet its final demand even in the base.
        """
        require_channels(self, drivers)
        base_system(economy)  # refuses an economy whose losses would feed on themselves
        supply = supply_left(economy, drivers)
        lost, least = _demand_lost(economy, drivers), _supply_lost(supply)
        if self.form == "static":
            return self._static(economy, drivers, lost, supply)
        steps = drivers.calendar.inner_steps
        lost, least = np.repeat(lost, steps, axis=0), np.repeat(least, steps, axis=0)
        if self.supply_loss == "initial":
            rises = np.diff(np.maximum(least, 0.0), axis=0, prepend=0.0) > 0.0
            least = np.where(rises, least, -np.inf)
        run = self._discrete if self.form == "discrete" else self._continuous
        levels = run(economy, drivers.calendar.dt, lost, least)
        return levels.reshape(drivers.calendar.periods, steps, economy.n).mean(axis=1)

    def simulate(self, economy: Economy, drivers: Drivers) -> Paths:
        """Run all periods; see ``Paths`` for shapes and units.

        Raises
        ------
        ChannelError
            If the drivers use a channel that the model lacks.
        UnproductiveEconomyError
            If the economy cannot meet its final demand even in the base.
        UnknownNameError
            If ``recovery_by_sector`` names no sector or group.
        """
        q = self.inoperability(economy, drivers)
        base, supply = base_flows(economy, drivers.calendar), supply_left(economy, drivers)
        output = base.x * (1.0 - q)
        bound = supply.hit & (q > 0.0) & (q <= (1.0 - supply.output) * (1.0 + 1e-12))
        binding = np.where(bound, supply.cause, DEMAND).astype(np.int16)
        return settle(economy, drivers, output, binding=binding, outcome=Outcome("completed"))

    def _static(self, economy: Economy, drivers: Drivers, lost: np.ndarray, supply: Supply) -> np.ndarray:
        """Losses by period, (T, n); the whole matrix is needed only where all of an output would be lost."""
        base, periods = base_flows(economy, drivers.calendar), list(range(len(lost)))
        system = base_system(economy)
        free = base.x + system.solve(-lost * base.x)
        x, _ = within_limits(base.x, supply, system, free, periods)
        q = np.divide(base.x - x, base.x, out=np.zeros_like(x), where=base.x > 0)
        least = _supply_lost(supply)
        for t in np.flatnonzero((q > 1.0).any(axis=1)):
            q[t] = static_inoperability(interdependency_of(economy), lost[t], least[t])
        return q

    def _discrete(self, economy: Economy, dt: float, lost: np.ndarray, least: np.ndarray) -> np.ndarray:
        """Losses by inner step, (T steps, n)."""
        closes = -np.expm1(-self.speeds(economy) * dt)
        path = inoperability_path(interdependency_of(economy), closes, lost, np.zeros(economy.n), least)
        return path[1:]

    def _continuous(self, economy: Economy, dt: float, lost: np.ndarray, least: np.ndarray) -> np.ndarray:
        """Mean losses by inner step, (T steps, n); within a step c* stays and recovery is exact."""
        from scipy.linalg import expm

        k = self.speeds(economy)
        left = expm(-dt * k[:, None] * (np.eye(economy.n) - interdependency_of(economy)))
        q, levels = np.zeros(economy.n), np.empty_like(lost)
        for t, (end, floor) in enumerate(zip(_settled(economy, lost), least, strict=True)):
            q = np.maximum(q, floor)  # a loss of supply is there from the start of its step
            gap = q - end
            after = left @ gap
            # The mean of exp(-K (I - A*) t) over the step, times the gap.
            mean = end + _settled(economy, ((gap - after) / (k * dt))[None])[0]
            levels[t] = np.maximum(np.minimum(mean, 1.0), floor)
            q = np.minimum(np.maximum(end + after, floor), 1.0)
        return levels


def interdependency_of(economy: Economy) -> np.ndarray:
    """A* of the economy in the demand form, (n, n); kept as long as the economy lives."""
    return kept(economy, "interdependency", lambda: interdependency(economy.A, economy.x))


def _demand_lost(economy: Economy, drivers: Drivers) -> np.ndarray:
    """c*: loss of final sales over base output, (T, n); nothing where nothing is made."""
    base, wanted = base_flows(economy, drivers.calendar), wanted_change(economy, drivers)
    called = final_sales(economy, np.where(base.unknown, 0.0, wanted * (1.0 - economy.import_share)))
    return np.divide(-called, base.x, out=np.zeros_like(called), where=base.x > 0)


def _supply_lost(supply: Supply) -> np.ndarray:
    """Share of output lost whatever is demanded, (T, n); -inf where nothing was lost."""
    return np.where(supply.hit, np.minimum(1.0 - supply.output, 1.0), -np.inf)


def _settled(economy: Economy, lost: np.ndarray) -> np.ndarray:
    """``(I - A*)^-1 c`` for each row c of ``lost`` (T, n): the loss in which a lasting c* ends."""
    made = base_system(economy).solve(lost * economy.x)
    return np.divide(made, economy.x, out=np.zeros_like(made), where=economy.x > 0)
