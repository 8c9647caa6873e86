"""How products travel between regions: methods by name, each balanced to what regions ship and buy.

s   shipments within the country  (K, R)        output of a product in a region less exports and stock changes
d   purchases                     (K, R)        of a product by all buyers of a region, domestic origin only
q   location quotient             (K, K)        of supplying sector and buying sector, for one region
T   trade                         (K, R, R)     of product k from region r to region p; rows sum to s, columns to d

A method only states a prior of T; row and column factors then bring it to s and d, product by product. So the sums of
the nation are the same under every method, and methods differ in who supplies whom.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from ..errors import BalanceError, TableError
from ..kernels.balance import PATIENCE
from .balance import ras
from .quotients import augmented_flegg, cross_industry, flegg, region_size, round_quotient, simple
from .regional_options import Regional as Options

Array = np.ndarray
TOLERANCE, MOST_STEPS = 1e-13, 300  # of the largest margin's gap; Newton steps after the sweeps of RAS alone


class Markets(NamedTuple):
    """What a method may know of regions and products."""

    codes: tuple[str, ...]  # (K,) sectors
    output: Array  # (K, R)
    supply: Array  # (K, R) s
    firms: Array  # (K, K, R) purchases of product i by sector j of region p, domestic origin
    final: Array  # (K, R) likewise by final users at home
    foreign: Array  # (K, 2) exports and imports of the nation
    km: Array  # (N, N) between places, half the way to the nearest within one
    weight: Array  # (R, N) of a region's places, sums to one
    shipments: dict[str, Array]  # (R, R) seen or stated flows by product, for chenery_moses
    table: Array | None  # (K, R, R) flows of a table of regions, for table

    @property
    def demand(self) -> Array:
        """(K, R) d."""
        return self.firms.sum(axis=1) + self.final


Prior = Callable[[Markets, Options], Array]
METHODS: dict[str, Prior] = {}


def method(name: str) -> Callable[[Prior], Prior]:
    """Register a prior of trade, (K, R, R) by product, origin and destination, under its word in a recipe."""

    def register(prior: Prior) -> Prior:
        METHODS[name] = prior
        return prior

    return register


class Trade(NamedTuple):
    """Balanced trade and how it came about."""

    flows: Array  # (K, R, R)
    own_prior: Array  # (K, R) own-region share of purchases that the method stated
    iterations: int  # most sweeps that any product took
    by_newton: tuple[str, ...]  # products whose last sweeps Newton steps led
    worst: float  # largest gap of a margin, over the margin

    @property
    def own(self) -> Array:
        """(K, R) own-region share of purchases after balancing; NaN where nothing is bought."""
        return _own(self.flows)


def estimate_trade(markets: Markets, options: Options, name: str) -> Trade:
    """Trade by one method, balanced to shipments and purchases.

    RAS, whose sweeps Newton steps on the same problem lead where they are slow (the minimum is one and the same): such
    products are named.

    Raises
    ------
    TableError
        If there is no such method, or a product's totals cannot be met from its prior; with product and reason.
    """
    if name not in METHODS:
        raise TableError(f"regional: unknown method '{name}'; there is {', '.join(sorted(METHODS))}")
    prior = METHODS[name](markets, options)
    flows, slow, most, worst = np.empty_like(prior), [], 0, 0.0
    for k, code in enumerate(markets.codes):
        s, d = markets.supply[k], markets.demand[k]
        s = s * (d.sum() / s.sum())  # one number apart from rounding
        try:
            found = ras(prior[k], s, d, tolerance=TOLERANCE, max_iterations=PATIENCE + MOST_STEPS)
        except BalanceError as problem:
            raise TableError(f"trade in {code} by {name}: {problem}") from None
        flows[k] = found.table
        most, worst = max(most, found.iterations), max(worst, found.row_error, found.column_error)
        slow += [code] if found.iterations > PATIENCE else []
    return Trade(flows, _own(prior), most, tuple(slow), worst)


def _own(flows: Array) -> Array:
    bought = flows.sum(axis=1)
    return np.divide(np.einsum("krr->kr", flows), bought, out=np.full(bought.shape, np.nan), where=bought > 0)


def kinds(codes: tuple[str, ...], options: Options) -> list[str]:
    """Of each product: goods, services, or local ones that hardly travel."""
    return ["local" if c in options.local else "goods" if c[0] in "ABCD" else "services" for c in codes]


def _gravity(markets: Markets, power: Array) -> Array:
    """Shipments times distance to minus ``power`` (K,), summed over pairs of places: nearness inside regions counts."""
    near = {p: markets.weight @ markets.km**-p @ markets.weight.T for p in set(power.tolist())}
    return np.stack([markets.supply[k][:, None] * near[p] for k, p in enumerate(power.tolist())])


def _powers(markets: Markets, options: Options, decay) -> Array:
    return np.array([getattr(decay, kind) for kind in kinds(markets.codes, options)])


@method("gravity")
def gravity(markets: Markets, options: Options) -> Array:
    """Trade falls with distance to the power ``decay``. Leontief and Strout (1963); Wilson (1970)."""
    return _gravity(markets, _powers(markets, options, options.decay))


@method("strong_home_bias")
def strong_home_bias(markets: Markets, options: Options) -> Array:
    """Gravity with ``strong_decay``."""
    return _gravity(markets, _powers(markets, options, options.strong_decay))


@method("no_distance")
def no_distance(markets: Markets, options: Options) -> Array:
    """Everybody buys from everybody as they supply: the least home bias, and the most cross-hauling."""
    return _gravity(markets, np.zeros(len(markets.codes)))


@method("slq")
def slq(markets: Markets, options: Options) -> Array:
    """Simple location quotient of the supplying sector."""
    return _quotients(markets, options, lambda region, nation: simple(region, nation)[:, None])


@method("cilq")
def cilq(markets: Markets, options: Options) -> Array:
    """Cross-industry quotient; final users and purchases inside a sector by the simple one."""
    return _quotients(markets, options, _with_simple_diagonal(cross_industry))


@method("rlq")
def rlq(markets: Markets, options: Options) -> Array:
    """Round's quotient; final users by the simple one."""
    return _quotients(markets, options, round_quotient)


@method("flq")
def flq(markets: Markets, options: Options) -> Array:
    """Flegg's quotient with ``flq_delta``; final users by the simple one times the term of size."""
    delta = options.flq_delta
    return _quotients(markets, options, lambda r, n: flegg(r, n, delta), delta)


@method("aflq")
def aflq(markets: Markets, options: Options) -> Array:
    """Flegg's quotient, raised for sectors in which a region is specialised."""
    delta = options.flq_delta
    return _quotients(markets, options, lambda r, n: augmented_flegg(r, n, delta), delta)


def _with_simple_diagonal(quotient: Callable[[Array, Array], Array]) -> Callable[[Array, Array], Array]:
    def changed(region: Array, nation: Array) -> Array:
        q = quotient(region, nation)
        np.fill_diagonal(q, simple(region, nation))
        return q

    return changed


def _quotients(
    markets: Markets, options: Options, quotient: Callable[[Array, Array], Array], delta: float | None = None
) -> Array:
    """Own shares by quotient, weighed over buyers by what they buy; the rest comes from others as they supply.

    A quotient of 1 or more stands for ``most_own``, so that every region can buy elsewhere where totals ask for it:
    with shares of exactly 1 many of these problems have no solution, or one in the limit alone.
    """
    nation, demand = markets.output.sum(axis=1), markets.demand
    own = np.zeros_like(markets.output)
    for r, region in enumerate(markets.output.T):
        if not region.any():  # makes nothing: all that it buys comes from elsewhere
            continue
        q = np.nan_to_num(np.minimum(quotient(region, nation), 1.0))
        size = 1.0 if delta is None else region_size(region, nation, delta)
        at_home = (q * markets.firms[:, :, r]).sum(axis=1)
        at_home += np.minimum(size * simple(region, nation), 1.0) * markets.final[:, r]
        own[:, r] = np.divide(at_home, demand[:, r], out=np.zeros_like(at_home), where=demand[:, r] > 0)
    return _from_own(markets, np.minimum(own, options.most_own))


def _from_own(markets: Markets, own: Array) -> Array:
    """Purchases split by own share (K, R); what comes from elsewhere, from each as it supplies."""
    R = own.shape[1]
    others = np.where(np.eye(R, dtype=bool), 0.0, markets.supply[:, :, None])
    total = others.sum(axis=1, keepdims=True)
    away = np.divide(others, total, out=np.zeros_like(others), where=total > 0)
    prior = away * ((1.0 - own) * markets.demand)[:, None, :]
    prior[:, np.arange(R), np.arange(R)] = own * markets.demand
    return prior


@method("cross_hauling")
def cross_hauling(markets: Markets, options: Options) -> Array:
    """Regions ship out and bring in the same product in proportion to how mixed the product is (CHARM).

    Beyond its net trade, each region ships out and brings in ``heterogeneity * (supply + demand) / 2``. By default
    the product's heterogeneity is the nation's: two-way foreign trade over output and use. The rest is own supply.

    References
    ----------
    Kronenberg (2009), International Regional Science Review 32; Többen and Kronenberg (2015), Economic Systems
    Research 27, on why it is bounded by what a region makes and uses.
    """
    s, d = markets.supply, markets.demand
    mixed = heterogeneity(markets, options)[:, None]
    both = np.minimum(mixed * (s + d) / 2.0, (1.0 - 1e-9) * np.minimum(s, d))
    own = np.minimum(s, d) - both
    R = s.shape[1]
    out, into = s - own, d - own
    prior = np.where(np.eye(R, dtype=bool), 0.0, out[:, :, None] * into[:, None, :])
    for _ in range(100):  # so that own supplies stay where others can take what is shipped out
        for axis, wanted in ((2, out[:, :, None]), (1, into[:, None, :])):
            total = prior.sum(axis=axis, keepdims=True)
            prior = prior * np.divide(wanted, total, out=np.zeros_like(total), where=total > 0)
    prior[:, np.arange(R), np.arange(R)] = own
    return prior


def heterogeneity(markets: Markets, options: Options) -> Array:
    """(K,) cross-hauling over supply plus demand: stated, or that of the nation's foreign trade."""
    if options.heterogeneity != "foreign_trade":
        return np.full(len(markets.codes), float(options.heterogeneity))
    exports, imports = markets.foreign.T
    two_way = exports + imports - np.abs(exports - imports)
    return two_way / (markets.output.sum(axis=1) + markets.demand.sum(axis=1) + imports)


@method("chenery_moses")
def chenery_moses(markets: Markets, options: Options) -> Array:
    """Shares of origin in given shipments; products without any by gravity. Chenery (1953); Moses (1955)."""
    prior = gravity(markets, options)
    for k, code in enumerate(markets.codes):
        flows = markets.shipments.get(code, markets.shipments.get("all"))
        if flows is not None:
            prior[k] = _shares_of(flows) * markets.demand[k]
    return prior


@method("table")
def of_table(markets: Markets, options: Options) -> Array:
    """Shares of origin of a table of regions that a user has."""
    if markets.table is None:
        raise TableError("regional: method 'table' needs 'table' in the recipe")
    return np.stack([_shares_of(flows) for flows in markets.table]) * markets.demand[:, None, :]


def _shares_of(flows: Array) -> Array:
    """Origins' shares by destination; where nothing arrives, as in the sum over destinations, else own."""
    total = flows.sum(axis=0)
    usual = flows.sum(axis=1)
    usual = np.tile((usual / usual.sum())[:, None], len(flows)) if usual.sum() > 0 else np.eye(len(flows))
    return np.where(total > 0, np.divide(flows, np.where(total > 0, total, 1.0)), usual)
