"""Exact equilibria of a nested CES network: Newton on the prices of value added, with homotopy in the shock.

The factor of the Jacobian is kept from step to step and from state to state as long as the residual falls fast, so a
small shock costs some evaluations and no factorisation. Where Newton fails from the start at hand, the shock is reached
by parts from the base.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, NamedTuple

import numpy as np

from ..economy.solvers import solve_factored
from .factor_markets import MARKETS, Market
from .nested_ces import Elasticities, Network, Point, Shock, evaluate, no_shock
from .nested_ces_response import Response, respond

TOLERANCE = 1e-12  # of a residual in logs, at which Newton ends ..
ACCEPTED = 1e-10  # .. and at which a point that rounding keeps from it still counts
STEPS = 60
SLOW = 0.2  # of the last residual: a slower fall is worth a new Jacobian
LONGEST = 1.0  # largest move of an unknown in a step
SHORTEST = 1e-3  # part of a Newton step that is still tried
BOLD = 8  # full steps taken although the residual rises: a kink (slack or tight) lies between, seen from one side only
SMALLEST_PART = 1.0 / 64.0  # of a shock, in homotopy

Form = Literal["specific", "mobile_labour", "mobile"]


class State(NamedTuple):
    """A point with the residuals of its markets."""

    z: np.ndarray
    point: Point
    asked: np.ndarray  # (n,) log of value added that is asked for
    residual: np.ndarray
    size: float  # of the largest residual, that of prices against costs included


class Solution(NamedTuple):
    """An equilibrium, or the last point tried; in logs over the base."""

    state: State
    labour: np.ndarray  # (n,) employment
    wage: np.ndarray  # (n,)
    residual: float  # largest of any market, or of a price against its cost
    complementarity: float  # largest of unemployment against wage over floor; 0 where wages are flexible
    converged: bool
    evaluations: int
    factor: Any  # LU of a Jacobian near by; None where none was needed

    @property
    def point(self) -> Point:
        return self.state.point


@dataclass(frozen=True)
class Solver:
    """A network with its elasticities and closure; ``solve`` as many shocks as wanted.

    Parameters
    ----------
    network, elasticities
        As in ``nested_ces``.
    factors : {"specific", "mobile_labour", "mobile"}
        Whether labour and capital stay in their activity, labour moves, or both do.
    rigid : bool
        Wages do not fall below their base (Keynesian form).

    Examples
    --------
    >>> import numpy as np
    >>> from simcore.models.nested_ces import Elasticities, closed_network, no_shock
    >>> net = closed_network(np.array([[0.4, 0.6], [0.6, 0.4]]), np.array([0.5, 0.6]), np.array([0.3, 0.7]))
    >>> el = Elasticities(value_added=0.5, inputs=0.1, final=0.9, imports=1, origins=1, factors=0.5, exports=1)
    >>> shock = no_shock(net)._replace(productivity=np.array([-0.1, 0.0]))
    >>> found = Solver(net, el, factors="mobile").solve(shock)
    >>> found.converged, round(float(-found.point.user_price[0]), 4)
    (True, -0.0719)
    """

    network: Network
    elasticities: Elasticities
    factors: Form = "specific"
    rigid: bool = False

    def market(self, shock: Shock) -> Market:
        """The markets of factors under a shock."""
        net, eta = self.network, self.elasticities.factors
        return MARKETS[self.factors](
            net.value_added, net.labour_share, shock.labour, shock.capital, eta, self.rigid
        )  # fmt: skip

    def base(self) -> Solution:
        """The base as a solution, with a factor of its Jacobian; found once."""
        return self._base

    @cached_property
    def _base(self) -> Solution:
        from scipy.linalg import lu_factor

        shock = no_shock(self.network)
        market = self.market(shock)
        state = self._at(market, shock, np.zeros(market.size), None)
        factor = lu_factor(self._jacobian(market, state), check_finite=False)
        return self._solution(market, state, factor, 1)

    def solve(self, shock: Shock, near: Solution | None = None) -> Solution:
        """The equilibrium under a shock.

        Never raises for a shock too large: the solution then says that it has not converged.

        Parameters
        ----------
        near : Solution, optional
            Where to start, the base by default.
        """
        with np.errstate(all="ignore"):
            found = self._newton(shock, near or self.base())
            return found if found.converged else self._by_parts(shock, found.evaluations)

    def _by_parts(self, shock: Shock, count: int) -> Solution:
        at, done, part = self.base(), 0.0, 0.5
        while done < 1.0:
            goal = min(1.0, done + part)
            found = self._newton(shock.part(goal), at)
            count += found.evaluations
            if found.converged:
                at, done, part = found, goal, 1.5 * part
            elif part > SMALLEST_PART:
                part /= 3.0
            else:
                return found._replace(evaluations=count)
        return at._replace(evaluations=count)

    def _newton(self, shock: Shock, start: Solution) -> Solution:
        from scipy.linalg import lu_factor

        market = self.market(shock)
        now = self._at(market, shock, start.state.z, start.point)
        factor, fresh, count, bold = start.factor, False, 1, BOLD if self.rigid else 0
        for _ in range(STEPS):
            if now.size <= TOLERANCE or not np.isfinite(now.size):
                break
            if factor is None:
                factor, fresh = lu_factor(self._jacobian(market, now), check_finite=False), True
            step = -solve_factored(factor, now.residual)
            longest = float(np.abs(step).max())
            if not np.isfinite(longest):
                break
            step *= LONGEST / max(LONGEST, longest)
            part, tried = 1.0, self._at(market, shock, now.z + step, now.point)
            whole, count = tried, count + 1
            while fresh and part > SHORTEST and not tried.size < now.size:
                part *= 0.5
                tried = self._at(market, shock, now.z + part * step, now.point)
                count += 1
            better = tried.size < now.size
            if fresh and not better:
                if not bold or not np.isfinite(whole.size):
                    break
                now, factor, fresh, bold = whole, None, False, bold - 1
                continue
            if not better or tried.size > SLOW * now.size:
                factor = None  # renewed at the better of the two points
            fresh = False
            now = tried if better else now
        return self._solution(market, now, factor, count)

    def _at(self, market: Market, shock: Shock, z: np.ndarray, near: Point | None) -> State:
        paid, price = self.network.value_added, market.price(z)
        point = evaluate(self.network, self.elasticities, shock, price, near)
        asked = np.log(np.divide(point.paid, paid, out=np.ones_like(price), where=paid > 0)) - price
        residual = market.residual(z, asked)
        size = np.abs(residual).max(initial=point.unsettled)  # NaN where either is
        return State(z, point, asked, residual, float(size))

    def _jacobian(self, market: Market, now: State) -> np.ndarray:
        wage = market.price_change(now.z)
        change = self.asked_change(now.point, wage, respond(self.network, self.elasticities, now.point, wage))
        return market.cleared(now.z, now.asked, change) + market.own_change(now.z, now.asked)

    def asked_change(self, at: Point, wage: np.ndarray, change: Response) -> np.ndarray:
        """(n, m) change of the value added asked for, log, with prices of value added that change by ``wage``."""
        sales = at.sales[:, None]
        relative = np.divide(change.sales, sales, out=np.zeros_like(change.sales), where=sales != 0)
        return relative + (1.0 - self.elasticities.value_added) * (wage - change.cost) - wage

    def _solution(self, market: Market, now: State, factor: Any, count: int) -> Solution:
        gap = market.complementarity(now.z, now.asked) if self.rigid else 0.0
        labour, wage = market.employment(now.z, now.asked), market.wage(now.z)
        return Solution(now, labour, wage, now.size, gap, bool(now.size <= ACCEPTED), count, factor)
