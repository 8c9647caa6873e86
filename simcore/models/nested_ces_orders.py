"""GDP by orders of the shock: Hulten's first, Baqaee and Farhi's second, and the exact one, side by side.

In an efficient economy real GDP moves, at every point, by sales over GDP times productivity and by shares of income
times supply of factors: ``dlog Y = sum_i lambda_i dlog A_i + sum_f Lambda_f dlog L_f``, whatever the closure.
The base's weights give the first order (Hulten 1978), how the weights move along the shock the second (``lambda_i``'s
derivatives are the Hessian), weights along the whole path the exact change of the chained index of GDP. Wages are
flexible here: with rigid ones employment moves too.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..economy.solvers import solve_factored
from .nested_ces import Shock, no_shock
from .nested_ces_response import respond
from .nested_ces_solve import Solution, Solver

NODES = 8  # of the path, Gauss-Legendre


class Weights(NamedTuple):
    """Effects on log GDP, (n,) each, or their changes, (n, m)."""

    productivity: np.ndarray  # sales over GDP (Domar weights)
    labour: np.ndarray  # income of labour over GDP
    capital: np.ndarray


class Orders(NamedTuple):
    """Change of log GDP."""

    first: float
    second: float
    exact: float  # NaN where no equilibrium was found


def weights(solver: Solver, found: Solution | None = None) -> Weights:
    """Domar weights and factor shares at a solution, the base by default."""
    net, eta = solver.network, solver.elasticities.factors
    found = found or solver.base()
    at = found.point
    gdp = at.paid.sum()
    labour = at.paid * net.labour_share * np.exp((1.0 - eta) * (found.wage - at.wage))
    return Weights(at.sales / gdp, labour / gdp, (at.paid - labour) / gdp)


def hulten(solver: Solver, shock: Shock) -> float:
    """First-order change of log GDP by productivity and supply of factors; other parts of the shock have none.

    References
    ----------
    Hulten (1978), as restated by Baqaee and Farhi (2019), Econometrica 87(4).
    """
    return _along(solver, shock, weights(solver))


def second_order(solver: Solver, shock: Shock) -> float:
    """Second-order change of log GDP by productivity and supply of factors, ``lambda'a + a'H a / 2``.

    References
    ----------
    Baqaee and Farhi (2019), Econometrica 87(4).
    """
    labour, capital = solver.market(shock).supplies()
    moved = weights_change(solver, shock.productivity[:, None], labour[:, None], capital[:, None])
    change = Weights(*(values[:, 0] for values in moved))
    return hulten(solver, shock) + 0.5 * _along(solver, shock, change)


def hessian(solver: Solver) -> np.ndarray:
    """(n, n) second derivatives of log GDP by log productivities, ``d lambda_i / d log A_j``."""
    n = len(solver.network.sector)
    still = np.zeros((n, n))
    return weights_change(solver, np.eye(n), still, still).productivity


def orders(solver: Solver, shock: Shock) -> Orders:
    """First order, second order and exact change of log GDP under a shock.

    Parameters
    ----------
    solver : Solver
        With flexible wages.
    shock : Shock
        Without wedges, which make the economy inefficient, and input coefficients, which are technology by pair.

    Returns
    -------
    Orders
        ``exact`` is the chained index along the ray to the shock, by Gauss-Legendre nodes with an equilibrium solved
        at each; for one country with one user it is the change of real consumption.

    Examples
    --------
    An input that is hard to replace, a fifth less productive:

    >>> import numpy as np
    >>> from simcore.models.nested_ces import Elasticities, closed_network, no_shock
    >>> net = closed_network(np.array([[0.1, 0.3], [0.9, 0.7]]), np.array([0.6, 0.4]), np.array([0.05, 0.95]))
    >>> complements = Elasticities(0.5, 0.001, 0.9, imports=1, origins=1, factors=0.5, exports=1)
    >>> fall = no_shock(net)._replace(productivity=np.log([0.8, 1.0]))
    >>> [round(100 * value, 2) for value in orders(Solver(net, complements), fall)]
    [-9.07, -10.43, -10.5]

    Raises
    ------
    ValueError
        If wages are rigid, or the shock has wedges or input coefficients.

    References
    ----------
    Baqaee and Farhi (2019), Econometrica 87(4).
    """
    if solver.rigid or shock.wedge.any() or shock.coefficient.any():
        raise ValueError("orders are those of productivity and factors, at flexible wages, without cost or coefficient")
    labour, capital = solver.market(shock).supplies()
    shock = shock._replace(labour=labour, capital=capital)  # of what moves only the total counts, on the whole path
    exact, near = 0.0, solver.base()
    for node, width in zip(*np.polynomial.legendre.leggauss(NODES), strict=True):
        near = solver.solve(shock.part(0.5 + 0.5 * node), near)
        exact += 0.5 * width * _along(solver, shock, weights(solver, near)) if near.converged else np.nan
    return Orders(hulten(solver, shock), second_order(solver, shock), float(exact))


def _along(solver: Solver, shock: Shock, at: Weights) -> float:
    labour, capital = solver.market(shock).supplies()
    return float(at.productivity @ shock.productivity + at.labour @ labour + at.capital @ capital)


def weights_change(solver: Solver, productivity: np.ndarray, labour: np.ndarray, capital: np.ndarray) -> Weights:
    """Derivatives of the base's weights in directions of log productivity and supplies, (n, m) each.

    Supplies as ``Market.supplies`` states them: of what moves, each activity's is the total.
    """
    net, el = solver.network, solver.elasticities
    base, market = solver.base(), solver.market(no_shock(net))
    at, z, share = base.point, base.state.z, net.labour_share[:, None]
    still, shifted = market.supply_change(labour, capital)
    asked = solver.asked_change(at, still, respond(net, el, at, still, productivity))
    moved = -solve_factored(base.factor, market.cleared(z, base.state.asked, asked) + shifted)
    wage = still + market.price_change(z) @ moved
    change = respond(net, el, at, wage, productivity)
    asked = solver.asked_change(at, wage, change)
    gdp = at.paid.sum()
    paid = at.paid[:, None] * (asked + wage)
    growth = paid.sum(axis=0) / gdp
    # Labour's share moves with the wage against the price of value added.
    pay = market.pay_change(moved, wage, labour, capital)
    income = share * (paid + at.paid[:, None] * (1.0 - el.factors) * (pay - wage))
    first = weights(solver, base)
    return Weights(
        change.sales / gdp - first.productivity[:, None] * growth,
        income / gdp - first.labour[:, None] * growth,
        (paid - income) / gdp - first.capital[:, None] * growth,
    )
