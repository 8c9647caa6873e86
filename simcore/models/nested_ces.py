"""A production network of nested CES functions in exact hat algebra: base-year shares in, prices and sales out.

All prices are logs of the price over its base, so that the base is zero. A cost index with base shares s is
``log sum_k s_k exp((1 - e) p_k) / (1 - e)``, in the form ``log1p(sum_k s_k expm1(..)) / (1 - e)`` that is exactly zero
at the base and good near elasticity 1, where it is ``sum_k s_k p_k``. From the bottom of the tree:

Q  (K, P)  domestic product k for pool p, over its origins                  elasticity ``origins``
R  (K, n)  product k for buyer j, home and imported                         elasticity ``imports``
q  (n,)    all intermediate inputs of j                                     elasticity ``inputs``
B  (n,)    unit cost of j, value added at price w and inputs at q           elasticity ``value_added``
p  (n,)    price of j, ``B - log A - log(1 - wedge)``
           a home user f spends a given sum at the index over products      elasticity ``final``
           a user outside buys at its own elasticity, its index given

Sales follow from spending: ``s = O (1 - wedge) s + b``. Source: Baqaee and Farhi (2019), Econometrica 87(4), with
an Armington tier and users of fixed budgets added.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..errors import TableError
from .chain import Chain

SETTLED = 1e-14  # largest move of a log price at which prices have settled
STEPS = 60
SLOW = 0.1  # of the last gap: a slower fall is worth a new factorisation


class Elasticities(NamedTuple):
    """Elasticities of substitution, one a tier."""

    value_added: float  # between value added and inputs
    inputs: float  # among intermediate products
    final: float  # among products, home users
    imports: float  # between home and imported
    origins: float  # among the activities that make a product
    factors: float  # between labour and capital
    exports: float  # price elasticity of demand of users outside


class Network(NamedTuple):
    """A base year, in money a year: K products, n activities, P pools of buyers, F final users."""

    sector: np.ndarray  # (n,) product that each activity makes
    members: tuple[np.ndarray, ...]  # activities that buy in each pool
    pool: np.ndarray  # (n,)
    user_pool: np.ndarray  # (F,)
    origin: np.ndarray  # (n, P)
    makers: np.ndarray  # (K, n) 1 where j makes k
    alpha: np.ndarray  # (n,) share of value added in cost
    omega: np.ndarray  # (K, n) share of product k in inputs
    home: np.ndarray  # (K, n) home share of it
    labour_share: np.ndarray  # (n,) of value added
    budgeted: np.ndarray  # (F,) bool: home users that spend a given sum ..
    budget: np.ndarray  # (F,) .. which is this
    beta: np.ndarray  # (K, F) share of product k in it
    own: np.ndarray  # (K, F) purchases outside any budget
    final_home: np.ndarray  # (K, F) home share of what users buy
    outside: np.ndarray  # (F,) bool: users abroad
    stock_change: np.ndarray  # (n,) volume
    sales: np.ndarray  # (n,) base sales
    value_added: np.ndarray  # (n,) base payments to factors, sales times alpha


class Shock(NamedTuple):
    """What differs from the base; every entry is zero there, so a part of a shock is the shock times the part."""

    productivity: np.ndarray  # (n,) log
    wedge: np.ndarray  # (n,) share of the price that is neither cost nor income of factors
    coefficient: np.ndarray  # (K, n) or (1, 1), log of inputs needed
    import_price: np.ndarray  # (K,) log
    taste: np.ndarray  # (K, F) or (1, 1), factor on budget shares, less 1
    budget: np.ndarray  # (F,) money added to what home users spend
    extra: (
        np.ndarray
    )  # (K, F) or (1, 1), demand added, in money at base prices; it minds prices as the user's other does
    release: np.ndarray  # (n,) volume sold out of stocks
    labour: np.ndarray  # (n,) log of supply
    capital: np.ndarray  # (n,) log of supply

    def part(self, share: float) -> Shock:
        return Shock(*(share * values for values in self))


class Point(NamedTuple):
    """Prices, shares and sales at given prices of value added."""

    wage: np.ndarray  # (n,) log price of value added
    price: np.ndarray  # (n,) log
    unsettled: float  # largest gap of a price and its cost, in logs
    alpha: np.ndarray  # (n,) shares of cost: value added ..
    needs: np.ndarray  # (K, n) .. domestic products ..
    imported: np.ndarray  # (K, n) .. and imported ones
    home: np.ndarray  # (K, n)
    origin: np.ndarray  # (n, P)
    spent: np.ndarray  # (K, F) out of budgets
    other: np.ndarray  # (K, F) outside budgets
    other_elasticity: np.ndarray  # (K, F)
    final_home: np.ndarray  # (K, F)
    user_price: np.ndarray  # (F,) log of the index of each home user
    sales: np.ndarray  # (n,)
    paid: np.ndarray  # (n,) to factors
    keep: np.ndarray  # (n,) 1 - wedge
    chain: Chain  # of sales
    cost_chain: Chain  # of prices, at these shares or near them


def ces_index(shares: np.ndarray, prices: np.ndarray, elasticity: float) -> np.ndarray:
    """Log of the CES index of log prices, both (k, ...), over the first axis."""
    r = 1.0 - elasticity
    if abs(r) < 1e-12:
        return np.einsum("k...,k...->...", shares, prices)
    return np.log1p(np.einsum("k...,k...->...", shares, np.expm1(r * prices))) / r


def build_network(
    *,
    sector: np.ndarray,
    pool: np.ndarray,
    user_pool: np.ndarray,
    origin: np.ndarray,
    use_domestic: np.ndarray,
    use_imported: np.ndarray,
    value_added: np.ndarray,
    labour_share: np.ndarray,
    final_domestic: np.ndarray,
    final_imported: np.ndarray,
    budgeted: np.ndarray,
    outside: np.ndarray,
    stock_change: np.ndarray,
) -> Network:
    """A network from flows in money a year; see ``Network`` for shapes.

    Parameters
    ----------
    value_added : (n,) array
        All payments to factors, taxes included.
    budgeted : (F,) bool array
        Home users that spend a given sum; what others at home buy is a given volume, and so are negative purchases.
    outside : (F,) bool array
        Users abroad, who buy at a price elasticity.

    Raises
    ------
    TableError
        If a use of inputs or an activity's value added is negative: no CES share is.
    """
    for name, values in (
        ("use of inputs", use_domestic),
        ("use of inputs", use_imported),
        ("value added", value_added),
    ):
        if not (values >= 0).all():
            place = tuple(int(i) for i in np.argwhere(~(values >= 0))[0])
            raise TableError(f"{name} at {place} is {values[place]:.6g}; shares of cost cannot be negative")
    K = len(use_domestic)
    use, final = use_domestic + use_imported, final_domestic + final_imported
    inputs = use.sum(axis=0)
    spent = np.where(budgeted, np.maximum(final, 0.0), 0.0)
    own = final - spent
    net = Network(
        sector=sector,
        members=tuple(np.flatnonzero(pool == p) for p in range(origin.shape[1])),
        pool=pool,
        user_pool=user_pool,
        origin=origin,
        makers=(sector == np.arange(K)[:, None]).astype(float),
        alpha=_share(value_added, inputs + value_added, 0.0),
        omega=_share(use, inputs, 0.0),
        home=_share(use_domestic, use, 1.0),
        labour_share=labour_share,
        budgeted=budgeted,
        budget=spent.sum(axis=0),
        beta=_share(spent, spent.sum(axis=0), 0.0),
        own=own,
        final_home=np.clip(_share(final_domestic, final, 1.0), 0.0, 1.0),
        outside=outside,
        stock_change=stock_change,
        sales=inputs + value_added,
        value_added=value_added,
    )
    needs = (1.0 - net.alpha) * net.omega * net.home
    bought = (final * net.final_home) @ _indicator(user_pool, origin.shape[1])
    demand = (origin * bought[sector]).sum(axis=1) + stock_change
    # Sales by the model's own arithmetic, which a table meets to rounding only.
    sales = Chain.of(sector, net.members, needs, origin).sales(demand)
    return net._replace(sales=sales, value_added=sales * net.alpha)


def closed_network(omega: np.ndarray, alpha: np.ndarray, beta: np.ndarray) -> Network:
    """One country, one user and one product an activity, from shares; GDP is 1.

    Parameters
    ----------
    omega : (n, n) array
        ``omega[i, j]``: share of input i among the inputs of j; columns sum to one.
    alpha : (n,) array
        Share of value added in cost, all of it labour.
    beta : (n,) array
        Shares of final demand.
    """
    n = len(beta)
    sales = np.linalg.solve(np.eye(n) - omega * (1.0 - alpha), beta)
    zero = np.zeros((n, 1))
    return build_network(
        sector=np.arange(n), pool=np.zeros(n, int), user_pool=np.zeros(1, int), origin=np.ones((n, 1)),
        use_domestic=omega * (1.0 - alpha) * sales, use_imported=np.zeros((n, n)), value_added=alpha * sales,
        labour_share=np.ones(n), final_domestic=beta[:, None], final_imported=zero, budgeted=np.ones(1, bool),
        outside=np.zeros(1, bool), stock_change=np.zeros(n),
    )  # fmt: skip


def no_shock(net: Network) -> Shock:
    """The base."""
    n, (K, F) = len(net.sector), net.beta.shape
    one = np.zeros((1, 1))
    return Shock(
        np.zeros(n), np.zeros(n), one, np.zeros(K), one, np.zeros(F), one, np.zeros(n), np.zeros(n), np.zeros(n)
    )


def evaluate(net: Network, el: Elasticities, shock: Shock, wage: np.ndarray, near: Point | None = None) -> Point:
    """Prices that cover costs and the sales that follow, at log prices ``wage`` (n,) of value added.

    ``near`` is a point whose prices and chain are a good start. Prices solve a contraction (cost shares of domestic
    inputs sum to less than one), by Newton steps whose factor is renewed where they get slow.
    """
    active = net.alpha + net.omega.sum(axis=0) > 0  # others make nothing, at a price that stays
    shift = np.where(active, -shock.productivity - np.log1p(-shock.wedge), 0.0)
    if near is None:
        price, chain = np.zeros(len(net.sector)), None
    else:
        chain = near.cost_chain
        price = near.price + chain.costs(near.alpha * (wage - near.wage))
    last = np.inf
    for step in range(STEPS):
        tree = _costs(net, el, shock, wage, price)
        gap = tree.cost + shift - price
        size = float(np.abs(gap).max(initial=0.0))
        if not np.isfinite(size) or size <= SETTLED or (size >= last and size < 1e3 * SETTLED):
            break
        if chain is None or (step and size > SLOW * last):
            _, needs, _, _ = _cost_shares(net, el, tree)
            chain = Chain.of(net.sector, net.members, needs, _origin_shares(net, el, tree, price))
        price, last = price + chain.costs(gap), size
    return _sales(net, el, shock, price, size, tree, chain)


class Tree(NamedTuple):
    """Composite prices, in logs, and the ratios of shares to the base that they stand on."""

    composite: np.ndarray  # (K, P)
    here: np.ndarray  # (K, n) ratio of prices to the power of the tier, home product ..
    product: np.ndarray  # (K, n) .. home and imported
    needed: np.ndarray  # (K, n) .. with the input coefficient
    together: np.ndarray  # (n,) .. all inputs
    inputs: np.ndarray  # (n,) log
    cost: np.ndarray  # (n,) log
    wage: np.ndarray  # (n,) log


def _costs(net: Network, el: Elasticities, shock: Shock, wage: np.ndarray, price: np.ndarray) -> Tree:
    """Unit costs at given prices. Each sum ``1 + sum s expm1(..)`` is kept: shares are ratios of such sums."""
    composite = _over_origins(net, el, price)
    here, foreign = _powers(composite, el.imports)[:, net.pool], _powers(shock.import_price, el.imports)[:, None]
    mixed = net.home * here + (1.0 - net.home) * foreign
    product = _log_of(mixed, el.imports) if el.imports != 1.0 else _plain(net.home, composite[:, net.pool], shock)
    product = product + shock.coefficient
    needed = _powers(product, el.inputs)
    together = np.einsum("kn,kn->n", net.omega, needed)
    inputs = _log_of(together, el.inputs) if el.inputs != 1.0 else np.einsum("kn,kn->n", net.omega, product)
    cost = _two(net.alpha, wage, inputs, el.value_added)
    return Tree(composite, here, mixed, needed, together, inputs, cost, wage)


def _cost_shares(net: Network, el: Elasticities, tree: Tree) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Shares of cost: value added, home products, imported ones; and the home share of each product."""
    alpha = net.alpha * np.exp((1.0 - el.value_added) * (tree.wage - tree.cost))
    part = (1.0 - net.alpha) * np.exp((1.0 - el.value_added) * (tree.inputs - tree.cost))
    use = net.omega * (1.0 + tree.needed) * (part / (1.0 + tree.together))
    home = net.home * (1.0 + tree.here) / (1.0 + tree.product)
    needs = use * home
    return alpha, needs, use - needs, home


def _origin_shares(net: Network, el: Elasticities, tree: Tree, price: np.ndarray) -> np.ndarray:
    return net.origin * np.exp((1.0 - el.origins) * (price[:, None] - tree.composite[net.sector]))


def _powers(log_price: np.ndarray, elasticity: float) -> np.ndarray:
    """Price to the power ``1 - elasticity``, less 1."""
    return np.expm1((1.0 - elasticity) * log_price)


def _log_of(power: np.ndarray, elasticity: float) -> np.ndarray:
    """The log price whose power, less 1, is given."""
    return np.log1p(power) / (1.0 - elasticity)


def _plain(home: np.ndarray, here: np.ndarray, shock: Shock) -> np.ndarray:
    return home * here + (1.0 - home) * shock.import_price[:, None]


def _sales(
    net: Network,
    el: Elasticities,
    shock: Shock,
    price: np.ndarray,
    unsettled: float,
    tree: Tree,
    near: Chain | None,
) -> Point:
    alpha, needs, imported, home_share = _cost_shares(net, el, tree)
    origin = _origin_shares(net, el, tree, price)
    here = tree.composite[:, net.user_pool]
    product = _two(net.final_home, here, shock.import_price[:, None], el.imports)
    home = net.final_home * np.exp((1.0 - el.imports) * (here - product))
    taste = net.beta * (1.0 + shock.taste)
    # An untouched column keeps the sum that its shares have. What is added has its size at base prices.
    meant = (net.budget + shock.budget) * taste * _share(net.beta.sum(axis=0), taste.sum(axis=0), 1.0)
    meant = np.maximum(meant + shock.extra * net.budgeted, 0.0)
    index = ces_index(_share(meant, meant.sum(axis=0), 0.0), product, el.final)
    spent = meant * np.exp((1.0 - el.final) * (product - index))
    own = net.own * (1.0 + shock.taste) + shock.extra * ~net.budgeted
    elastic = net.outside & ((net.own > 0) | (own > 0))
    elasticity = np.where(elastic, el.exports, 0.0)
    other = np.where(elastic, np.maximum(own, 0.0), own) * np.exp((1.0 - elasticity) * product)
    bought = ((spent + other) * home) @ _indicator(net.user_pool, net.origin.shape[1])
    demand = (origin * bought[net.sector]).sum(axis=1) + (net.stock_change - shock.release) * np.exp(price)
    keep = 1.0 - shock.wedge
    chain = Chain.of(net.sector, net.members, needs * keep, origin)
    sales = chain.sales(demand)
    own_chain = near if shock.wedge.any() and near is not None else chain
    return Point(
        tree.wage, price, unsettled,
        alpha, needs, imported, home_share, origin, spent, other, elasticity, home, index, sales,
        sales * keep * alpha, keep, chain, own_chain,
    )  # fmt: skip


def _over_origins(net: Network, el: Elasticities, price: np.ndarray) -> np.ndarray:
    r = 1.0 - el.origins
    if abs(r) < 1e-12:
        return net.makers @ (net.origin * price[:, None])
    return np.log1p(net.makers @ (net.origin * np.expm1(r * price)[:, None])) / r


def _two(share: np.ndarray, one: np.ndarray, other: np.ndarray, elasticity: float) -> np.ndarray:
    """Index of two prices, the first with ``share``."""
    r = 1.0 - elasticity
    if abs(r) < 1e-12:
        return share * one + (1.0 - share) * other
    return np.log1p(share * np.expm1(r * one) + (1.0 - share) * np.expm1(r * other)) / r


def _share(part: np.ndarray, whole: np.ndarray, otherwise: float) -> np.ndarray:
    return np.divide(
        part, whole, out=np.full(np.shape(part), otherwise), where=np.broadcast_to(whole != 0, np.shape(part))
    )


def _indicator(places: np.ndarray, count: int) -> np.ndarray:
    """(len(places), count) 1 at each place."""
    return (places[:, None] == np.arange(count)).astype(float)
