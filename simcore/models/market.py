"""Who buys where and who is served first: rules of the inventory model as the arrays of its market kernel.

The default kernel knows pools of buyers with fixed shares of origin, and two classes of buyers. What a rule needs
beyond that becomes links between suppliers and pools, see ``simcore.kernels.market``. Shares of origin keep the
economy's pools; only where firms change suppliers and final users do not, each pool becomes two. The rows of the
kernel's arrays divide pools where their buyers differ: by the path of their class, and into single buyers where each
is judged by itself. What a buyer gets never depends on how others are pooled.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ..drivers import Drivers
from ..economy import CATEGORIES, Economy
from ..errors import ChannelError
from .inventory_table import groups_of, kept, orders_of, padded, shares_of

if TYPE_CHECKING:
    from ..kernels.inventory_state import Rates, Table
    from ..kernels.market import Market
    from .inventory import Inventory

SAME = 1e-13  # up to which shares of origin of like pools agree
WORTH = 0.5  # share of all pools up to which it is worth while to take like ones as one
STRIP = 64  # suppliers whose shares are compared at a time
MANY_POOLS = 64  # beyond, a supplier's links are worth a vector loop
SPARSE = 0.25  # share of links in use below which only these are kept
CLASSES = 4
BAND = 0.01  # of the base price: offers that differ by less are one [A]
MOST = 9.0  # firms offer at most ten times the price [A]: beyond, who comes first hardly changes
SINGLE = ("water_filling", "price")  # rules that judge each buyer by itself


def buying(
    model: Inventory, economy: Economy, drivers: Drivers, table: Table, rates: Rates
) -> tuple[Table, Market | None, np.ndarray]:
    """The table by the rows of a run, links where it needs them, and the economy's pool of each of its pools, (P,)."""
    linked = uses_market(model, economy, drivers)
    if not linked and not merges(model, economy, drivers):
        return table, None, np.arange(economy.P)
    rows = rows_of(model, economy, drivers)
    table = regrouped(table, economy, rows)
    market = market_of(model, economy, rows, table, rates, drivers) if linked else None
    return table, market, rows.pools


def uses_market(model: Inventory, economy: Economy, drivers: Drivers) -> bool:
    """Whether a run needs links: for its rules, its drivers, or because there are many pools."""
    ruled = model.rationing in SINGLE or model.origin != "fixed" or model.import_elasticity > 0.0
    if ruled or "priority" in drivers.channels or model.storage in ("dense", "csr"):
        return True
    return model.storage == "auto" and _apart(model, economy, drivers).max(initial=-1) + 1 > MANY_POOLS


def merges(model: Inventory, economy: Economy, drivers: Drivers) -> bool:
    """Whether a run takes pools of like origins as one."""
    return bool(_apart(model, economy, drivers).max(initial=-1) + 1 < economy.P)


def _apart(model: Inventory, economy: Economy, drivers: Drivers) -> np.ndarray:
    """(P,) number of each pool among those that differ; routes tell pools apart, too."""
    if model.storage != "auto" or economy.P <= MANY_POOLS or "passage" in drivers.channels:
        return np.arange(economy.P)
    return _alike(economy).which


class Alike(NamedTuple):
    """Pools whose shares of origin agree in whatever they buy."""

    which: np.ndarray  # (P,) number of each pool among those that differ
    source: np.ndarray  # (number, K) int, a pool that has their shares of a product


def _alike(economy: Economy) -> Alike:
    return kept(economy, "like pools", lambda: _like_pools(economy))


def _like_pools(economy: Economy) -> Alike:
    """In full form the buyers of a region, say, where a table was made with the same shares of origin for all of them.

    What a pool of firms does not buy tells it from no other. A pool goes with the first one that it agrees with.
    """
    each = Alike(np.arange(economy.P), np.zeros((0, 0), np.int64))
    kind = _kinds_of_shares(economy)
    if kind.max(initial=-1) + 1 > WORTH * economy.P:
        return each
    known, source = np.zeros((0, economy.K), np.int64), np.zeros((0, economy.K), np.int64)
    which = np.empty(economy.P, np.int64)
    for p, own in enumerate(kind.T):
        agree = ((known == own) | (known < 0) | (own < 0)).all(axis=1)
        c = int(agree.argmax()) if agree.any() else len(known)
        if c == len(known):
            known, source = np.vstack([known, own]), np.vstack([source, np.full(economy.K, p)])
        new = (known[c] < 0) & (own >= 0)
        known[c, new], source[c, new] = own[new], p
        which[p] = c
        if len(known) > WORTH * economy.P:
            return each
    for begin in range(0, economy.n, STRIP):
        rows = np.arange(begin, min(begin + STRIP, economy.n))
        sector = economy.sector[rows]
        taken = economy.origin[rows[:, None], source[:, sector].T][:, which]
        if (np.abs(economy.origin[rows] - taken)[kind[sector] >= 0] > SAME).any():
            return each
    return Alike(which, source)


def _kinds_of_shares(economy: Economy) -> np.ndarray:
    """(K, P) int: pools of one number buy a product in like shares, as sums with random weights tell; -1: not at all.

    Final users may come to want any product.
    """
    needed = np.zeros((economy.P, economy.K), bool)
    np.logical_or.at(needed, economy.pool, economy.use_domestic.T > 0)
    needed[economy.user_pool] = True
    weights = np.random.default_rng(0).random(economy.n)
    kind = np.empty((economy.K, economy.P), np.int64)
    for k in range(economy.K):
        makers = np.flatnonzero(economy.sector == k)
        sums = weights[makers] @ economy.origin[makers]
        order = np.argsort(sums, kind="stable")
        kind[k, order] = np.cumsum(np.r_[0, np.diff(sums[order]) > SAME * max(1, makers.size)])
    return np.where(needed.T, kind, -1)


def form_of(economy: Economy, pools: np.ndarray, market: Market | None) -> str:
    """Whether buyers share their origins in the pools of a run, and which links it keeps, in words for its record."""
    buyers = economy.n + economy.F
    full = pools.size >= buyers
    form = (
        f"full: each of {buyers} buyers has its own origins"
        if full
        else f"pooled: {buyers} buyers in {pools.size} pools"
    )
    if market is None:
        return form
    return form + (", all links" if market.pool.size == 0 else f", the {market.pool.size} links in use")


class Rows(NamedTuple):
    """Who buys in a run: B rows of buyers that are served alike, in P pools that have their shares of origin."""

    pools: np.ndarray  # (P,) int, the economy's pool of each pool of links
    pool: np.ndarray  # (B,) int, pool of links of each row
    firm: np.ndarray  # (n,) int, row of each activity
    user: np.ndarray  # (F,) int, row of each final user
    merged: bool = False  # whether like pools are one

    def buyers(self) -> tuple[np.ndarray, np.ndarray]:
        """Rows in which firms buy, and rows in which final users buy."""
        return np.unique(self.firm), np.unique(self.user)


def rows_of(model: Inventory, economy: Economy, drivers: Drivers) -> Rows:
    """The economy's pools, divided as the rules need it.

    Raises
    ------
    ChannelError
        If a class in rationing is above 3.
    """
    n, buyers = economy.n, economy.n + economy.F
    merged = merges(model, economy, drivers)
    pools, to = np.unique(_apart(model, economy, drivers), return_index=True, return_inverse=True)[1:]
    of = to.reshape(-1)[np.concatenate([economy.pool, economy.user_pool])]
    path = np.concatenate([_paths(economy, drivers)[0], np.zeros(economy.F, int)])
    if model.origin != "fixed" and model.substitutes == "firms":
        keys, of = np.unique(np.stack([of, np.arange(buyers) >= n]), axis=1, return_inverse=True)
        pools, of = pools[keys[0]], of.reshape(-1)
    if model.rationing in SINGLE:
        return Rows(pools, of, np.arange(n), np.arange(n, buyers), merged)
    if not path.any():
        return Rows(pools, np.arange(len(pools)), of[:n], of[n:], merged)
    keys, row = np.unique(np.stack([of, path]), axis=1, return_inverse=True)
    row = row.reshape(-1)
    return Rows(pools, keys[0], row[:n], row[n:], merged)


def regrouped(table: Table, economy: Economy, rows: Rows) -> Table:
    """The table with orders and groups of activities by row; shares of origin by pool of links."""
    name = ("rows", id(table), *(np.asarray(part).tobytes() for part in rows))
    return kept(economy, name, lambda: _regrouped(table, economy, rows))


def _regrouped(table: Table, economy: Economy, rows: Rows) -> Table:
    B = len(rows.pool)
    origin = table.origin
    if rows.merged:
        source = _alike(economy).source[_alike(economy).which[rows.pools]]
        origin = np.ascontiguousarray(table.origin[np.arange(economy.n)[:, None], source[:, economy.sector].T])
    elif len(rows.pools) != economy.P or (rows.pools != np.arange(economy.P)).any():
        origin = np.ascontiguousarray(table.origin[:, rows.pools])
    if origin is not table.origin:
        origin.flags.writeable = False  # as all shares of origin are: one type of array, compiled once
    if B == economy.P and (rows.firm == economy.pool).all() and (rows.user == economy.user_pool).all():
        return table._replace(origin=origin, shares=shares_of(origin))
    member, start, group_kind, group_pool = groups_of(table.kind, rows.firm)
    bought, nothing = economy.use_domestic, np.zeros_like(economy.final_domestic)
    return table._replace(
        origin=origin,
        shares=shares_of(origin),
        member=member,
        start=start,
        group_kind=group_kind,
        group_pool=group_pool,
        orders=padded(orders_of(rows.firm, rows.user, B, bought, np.maximum(economy.final_domestic, 0.0))),
        by_firms=padded(orders_of(rows.firm, rows.user, B, bought, nothing)),
        user_pool=rows.user.astype(np.int64),
    )


def _paths(economy: Economy, drivers: Drivers) -> tuple[np.ndarray, np.ndarray]:
    """(n,) which path of classes each activity has, the first being class 0 throughout; (paths, T) or (1, 1)."""
    classes = drivers.dense("priority")
    if classes is None:
        return np.zeros(economy.n, int), np.zeros((1, 1), int)
    classes = np.floor(classes)  # a class holds from its number on
    if classes.max() >= CLASSES:
        raise ChannelError(f"class {classes.max():g} in rationing; there are {CLASSES}, 0 to {CLASSES - 1}")
    # In order of their numbers, so that the path of zeros comes first.
    paths, which = np.unique(
        np.concatenate([np.zeros((1, len(classes))), classes.T]).astype(int), axis=0, return_inverse=True
    )
    return which.reshape(-1)[1:], paths


def market_of(model: Inventory, economy: Economy, rows: Rows, table: Table, rates: Rates, drivers: Drivers) -> Market:
    """Links, buyers, classes and bids of a run, and room for its memory; the table grouped by these rows."""
    from ..kernels.market import LINE, Market
    from ..kernels.origins import BY_CAPACITY, BY_OUTPUT, FIXED
    from ..kernels.sharing import BIDS, LEVEL, PROPORTIONAL

    n, P, (B, K) = economy.n, len(rows.pools), table.orders.shape
    firm_rows, user_rows = rows.buyers()
    row_of, firms = np.concatenate([firm_rows, user_rows]), len(firm_rows)
    E, pool_of = len(row_of), rows.pool[row_of]
    start, pool, base = _links(model, economy, table)
    origin = {"fixed": FIXED, "capacity": BY_CAPACITY, "output": BY_OUTPUT}[model.origin]
    class_of, rest_class, count = _classes(model, economy, rows, drivers)
    bids, turns, same = model.rationing == "price", model.import_elasticity > 0.0, (rows.pool == np.arange(B)).all()
    single = model.rationing in SINGLE
    return Market(
        start=start,
        pool=pool,
        base=base,
        pool_of=np.zeros(0, np.int64) if same and B == P else rows.pool.astype(np.int64),
        row_of=row_of.astype(np.int64),
        firms=firms,
        buyer_start=np.searchsorted(np.sort(pool_of), np.arange(P + 1)).astype(np.int64),
        buyer=np.argsort(pool_of, kind="stable"),
        straight=bool(pool.size == 0 and E == P and (pool_of == np.arange(P)).all()),
        within={"water_filling": LEVEL, "price": BIDS}.get(model.rationing, PROPORTIONAL),
        class_of=class_of,
        rest_class=rest_class,
        alike=np.array([_all_same(row[:firms]) and _all_same(row[firms:]) for row in class_of]),
        origin=origin,
        speed=_speed(model, rows, rates.dt),
        normal=1.0 + _room(model, table, rates),
        band=BAND,
        offer=_offers(economy, model.bids) if bids else np.ones(E),
        firm=np.arange(n),
        critical=np.divide(table.binds, table.share, out=np.zeros_like(table.share), where=table.share > 0)
        if bids
        else np.zeros((0, 0)),
        value=np.divide(table.x - table.inputs, table.inputs, out=np.zeros(n), where=table.inputs > 0),
        most=MOST,
        turns=turns,
        turning=model.closed(rates.dt, model.import_time),
        elasticity=float(model.import_elasticity),
        reach=float(model.import_reach),
        bought=np.add.reduceat(table.inputs[table.member], table.start[:-1]),
        orders=_along(orders_by_pool(table.orders, rows)),
        size=_along(np.concatenate([table.by_firms[firm_rows], (table.orders - table.by_firms)[user_rows]])),
        firm_turn=np.empty((2, B, K) if turns else (2, 0, 0)),
        user_turn=np.empty((B, K) if turns else (0, 0)),
        share=np.empty(0 if origin == FIXED else base.size),
        moved=np.empty(K, np.bool_),
        strength=np.empty(n),
        noted=np.empty(-(-K // LINE), np.bool_),
        pooled=np.empty((0, 0) if same and B == P else (P, K)),
        wanted=np.empty((K, P)),
        asked=np.empty(K),
        mean=np.empty(P),
        gate=np.empty(P),
        ones=np.ones(P),
        touched=np.empty(K, np.bool_),
        order=np.empty((LINE, E)),
        lacks=np.empty((LINE, E)),
        bids=np.zeros(E),
        who=np.empty(E, np.int64),
        part=np.empty(E),
        held=np.empty(E),
        asks=np.empty(E if single else 0),
        usual=np.empty(E if single else 0),
        amount=np.empty(count),
        lack=np.empty(count),
    )


def _all_same(values: np.ndarray) -> bool:
    return bool((values == values[:1]).all())


def _along(values: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(values.T)


def orders_by_pool(orders: np.ndarray, rows: Rows) -> np.ndarray:
    """Orders by row, (B, K), added up to pools of links, (P, K)."""
    if len(rows.pool) == len(rows.pools) and (rows.pool == np.arange(len(rows.pools))).all():
        return orders
    sums = np.zeros((len(rows.pools), orders.shape[1]))
    np.add.at(sums, rows.pool, orders)
    return sums


def _links(model: Inventory, economy: Economy, table: Table) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Where the links of each supplier start, their pools (none where it has one a pool), and shares of origin."""
    n, P = table.origin.shape
    sparse = model.storage == "csr"
    if model.storage == "auto":
        sparse = kept(economy, "density", lambda: np.count_nonzero(economy.origin) / economy.origin.size) < SPARSE
    if not sparse:
        return np.arange(n + 1) * P, np.zeros(0, np.int32), table.origin.reshape(-1)
    if P != economy.P:
        return _nonzero(table.origin)
    return kept(economy, "links", lambda: _nonzero(table.origin))


def _nonzero(origin: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    supplier, pool = np.nonzero(origin)
    start = np.searchsorted(supplier, np.arange(len(origin) + 1))
    shares = origin[supplier, pool]
    shares.flags.writeable = False
    return start.astype(np.int64), pool.astype(np.int32), shares


def _classes(model: Inventory, economy: Economy, rows: Rows, drivers: Drivers) -> tuple[np.ndarray, int, int]:
    """Classes of buyers, (T or 1, E), that of the rest, and their number.

    Within a class of the channel, firms or final users may come first.
    """
    which, paths = _paths(economy, drivers)
    firm_rows, user_rows = rows.buyers()
    path = np.zeros(len(rows.pool), int)
    path[rows.firm] = which
    firms = 2 * paths[path[firm_rows]] + (model.rationing == "intermediate_first")
    users = np.full((len(user_rows), firms.shape[1]), int(model.rationing == "final_first"))
    rest = np.full((1, firms.shape[1]), int(model.rationing == "final_first"))
    found, order = np.unique(np.concatenate([rest, firms, users]), return_inverse=True)
    order = order.reshape(1 + len(firms) + len(users), -1).astype(np.int64)
    return _along(order[1:]), int(order[0, 0]), found.size


def _room(model: Inventory, table: Table, rates: Rates) -> np.ndarray:
    """(n,) what can be made above capacity in the base, as the kernel plans it."""
    if model.overproduction == "headroom":
        return np.minimum(table.headroom, 0.0 + table.headroom * rates.overtime)
    return np.full(len(table.x), model.overproduction_base if model.overproduction == "ario" else 0.0)


def _speed(model: Inventory, rows: Rows, dt: float) -> np.ndarray:
    speed = np.full(len(rows.pools), model.closed(dt, model.substitution_time))
    if model.substitutes == "firms":
        speed[~np.isin(np.arange(len(rows.pools)), rows.pool[rows.firm])] = 0.0
    return speed


def _offers(economy: Economy, bids: Mapping[str, float]) -> np.ndarray:
    """Prices that single buyers offer, over the base price: firms, then final users, (n + F,)."""
    firms, users = np.ones(economy.n), np.ones(economy.F)
    for name, offer in bids.items():
        if name in CATEGORIES:
            users[economy.users(name)] = offer
        else:
            firms[np.isin(economy.sector, economy.sectors.expand(name))] = offer
    return np.concatenate([firms, users])
