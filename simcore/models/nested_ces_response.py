"""First-order response of a nested CES network: the analytic Jacobian, and what approximations are made of.

In logs, what a buyer j spends on activity i changes by

    (1 - origins) dp_i + (origins - imports) dQ_kp + (imports - inputs) dR_kj + (inputs - va) dq_j + (va - 1) dB_j

and a home user's by ``.. + (imports - final) dR_kf + (final - 1) dP_f``, a user's outside any budget by
``.. + (imports - own) dR_kf``. Terms in dp and dQ are diagonal in activities, or in products and pools; those in dq, dB
and dP have the rank of the buyers. Letters as in ``nested_ces``.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .chain import Chain
from .nested_ces import Elasticities, Network, Point


class Response(NamedTuple):
    """Changes, (n, m) each."""

    price: np.ndarray  # of log price
    cost: np.ndarray  # of log unit cost before productivity
    sales: np.ndarray  # of sales, in money


def respond(
    net: Network, el: Elasticities, at: Point, wage: np.ndarray, productivity: np.ndarray | float = 0.0
) -> Response:
    """Changes of prices and sales at a point.

    Parameters
    ----------
    wage : (n, m) array
        Changes of the log price of value added, m directions.
    productivity : (n, m) array, optional
        Changes of log productivity.
    """
    costs = at.cost_chain
    if costs.needs is not at.needs:  # the chain of an earlier point: good for steps, not for a derivative
        costs = Chain.of(net.sector, net.members, at.needs, at.origin)
    raised = at.alpha[:, None] * wage
    price = costs.costs(raised - productivity)
    cost = price + productivity
    part = 1.0 - at.alpha
    inputs = np.divide(cost - raised, part[:, None], out=np.zeros_like(cost), where=part[:, None] > 1e-12)
    paid = at.sales[:, None]  # the chain of sales holds what is kept of them
    change = at.chain.spread(paid * ((el.inputs - el.value_added) * inputs + (el.value_added - 1.0) * cost))
    change += _by_product(net, el, at, price)
    spent = at.spent * at.final_home
    towards = at.origin[:, net.user_pool] * spent[net.sector]  # (n, F) of each home user on each activity
    total = np.maximum(at.spent.sum(axis=0), 1e-300)
    change += towards @ ((el.final - 1.0) / total[:, None] * (towards.T @ price))
    final = (at.origin[:, net.user_pool] * ((at.spent + at.other) * at.final_home)[net.sector]).sum(axis=1)
    stocks = at.sales - final - at.chain.spread(at.sales)
    change += ((1.0 - el.origins) * (at.sales - stocks) + stocks)[:, None] * price
    return Response(price, cost, at.chain.sales(change))


def _by_product(net: Network, el: Elasticities, at: Point, price: np.ndarray) -> np.ndarray:
    """Terms in the price of a product in a pool: ``sum_p o_ip c_kp dQ_kp``, dQ over the product's activities."""
    P = at.origin.shape[1]
    flows = at.needs * (at.sales * at.keep)
    weight = np.zeros((len(net.makers), P))
    for p, buyers in enumerate(net.members):
        mine, home = flows[:, buyers], at.home[:, buyers]
        weight[:, p] = (el.origins - el.imports) * mine.sum(axis=1) + (el.imports - el.inputs) * (mine * home).sum(
            axis=1
        )
    own = at.other * at.final_home
    spent = at.spent * at.final_home
    by_user = (el.origins - el.imports) * (spent + own) + (el.imports - el.final) * spent * at.final_home
    by_user += (el.imports - at.other_elasticity) * own * at.final_home
    weight += by_user @ (net.user_pool[:, None] == np.arange(P))
    change = np.zeros_like(price)
    for k in range(len(net.makers)):
        makers = np.flatnonzero(net.makers[k])
        shares = at.origin[makers]
        change[makers] = (shares * weight[k]) @ (shares.T @ price[makers])
    return change
