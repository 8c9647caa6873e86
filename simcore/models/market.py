"""Who buys where and who is served first: rules of the inventory model as the arrays of its market kernel.

The default kernel knows pools of buyers with fixed shares of origin, and two classes of buyers. What a rule needs
beyond that becomes links between suppliers and pools, see ``simcore.kernels.market``. A pool is split where its
buyers differ: by the path of their class, firms from final users where only firms change suppliers, and into single
buyers, the full form, where each is judged by itself. What a buyer gets never depends on how others are pooled.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ..drivers import Drivers
from ..economy import CATEGORIES, Economy
from ..errors import ChannelError, TableError
from .inventory_table import kept

if TYPE_CHECKING:
    from ..kernels.inventory_state import Rates, Table
    from ..kernels.market import Market
    from .inventory import Inventory

MANY_POOLS = 64  # beyond, a supplier's links are worth a vector loop
SPARSE = 0.25  # share of links in use below which only these are kept
CLASSES = 4
BAND = 0.01  # of the base price: offers that differ by less are one [A]
MOST = 9.0  # firms offer at most ten times the price [A]: beyond, who comes first hardly changes
SINGLE = ("water_filling", "price")  # rules that judge each buyer by itself: full form


def uses_market(model: Inventory, economy: Economy, drivers: Drivers) -> bool:
    """Whether a run needs links: for its rules, its drivers, or because there are many pools."""
    ruled = model.rationing in SINGLE or model.origin != "fixed" or model.import_elasticity > 0.0
    ruled = ruled or "priority" in drivers.channels
    return ruled or model.storage in ("dense", "csr") or (model.storage == "auto" and economy.P > MANY_POOLS)


def split_pools(model: Inventory, economy: Economy, drivers: Drivers) -> tuple[Economy, np.ndarray]:
    """The economy with its pools split as the rules need it, and the old pool of each new one.

    Raises
    ------
    TableError
        If a rule needs the full form, and ``storage`` is pooled.
    ChannelError
        If a class in rationing is above 3.
    """
    buyers = economy.n + economy.F
    pools = np.concatenate([economy.pool, economy.user_pool])
    firm = np.arange(buyers) < economy.n
    full = model.rationing in SINGLE and np.unique(pools).size < buyers
    if full and model.storage == "pooled":
        raise TableError(
            f"{economy.name}: rationing '{model.rationing}' judges each buyer by itself and needs the full form, one "
            "pool a buyer; write storage: auto, dense or csr"
        )
    keys = [
        pools,
        np.concatenate([_paths(economy, drivers)[0], np.zeros(economy.F, int)]),
        firm if model.origin != "fixed" and model.substitutes == "firms" else np.zeros(buyers, int),
        np.arange(buyers) if full else np.zeros(buyers, int),
    ]
    _, first, which = np.unique(np.stack(keys, axis=1), axis=0, return_index=True, return_inverse=True)
    which, old = which.reshape(-1), pools[first]
    if old.size == economy.P and (old == np.arange(economy.P)).all():
        return economy, old
    return kept(economy, ("split", which.tobytes()), lambda: _split(economy, old, which)), old


def _split(economy: Economy, old: np.ndarray, which: np.ndarray) -> Economy:
    return replace(
        economy,
        pools=tuple(f"{economy.pools[o]} {i}" for i, o in enumerate(old)),
        pool=which[: economy.n],
        user_pool=which[economy.n :],
        origin=economy.origin[:, old],
        alternatives={},
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


def market_of(model: Inventory, economy: Economy, table: Table, rates: Rates, drivers: Drivers) -> Market:
    """Links, classes and bids of a run, and room for its memory; the economy with its pools split."""
    from ..kernels.market import BIDS, BY_CAPACITY, BY_OUTPUT, FIXED, LEVEL, PROPORTIONAL, Market

    n, P, K = economy.n, economy.P, table.orders.shape[1]
    start, pool, base = _links(model, economy, table)
    origin = {"fixed": FIXED, "capacity": BY_CAPACITY, "output": BY_OUTPUT}[model.origin]
    firm_class, user_class, rest_class, count = _classes(model, economy, drivers)
    bids = model.rationing == "price"
    firm_offer, user_offer = _offers(economy, model.bids)
    places = {name: np.zeros((K, P)) for name in _BY_POOL}
    return Market(
        start=start,
        pool=pool,
        base=base,
        within={"water_filling": LEVEL, "price": BIDS}.get(model.rationing, PROPORTIONAL),
        firm_class=firm_class,
        user_class=user_class,
        rest_class=rest_class,
        alike=(firm_class == firm_class[:, :1]).all(axis=1) & (user_class == user_class[:, :1]).all(axis=1),
        origin=origin,
        speed=_speed(model, economy, rates.dt),
        normal=1.0 + _room(model, table, rates),
        band=BAND,
        firm_offer=firm_offer,
        user_offer=user_offer,
        buys_in=economy.pool.astype(np.int64),
        critical=np.divide(table.binds, table.share, out=np.zeros_like(table.share), where=table.share > 0)
        if bids
        else np.zeros((0, 0)),
        value=np.divide(table.x - table.inputs, table.inputs, out=np.zeros(n), where=table.inputs > 0),
        most=MOST,
        turns=model.import_elasticity > 0.0,
        turning=model.closed(rates.dt, model.import_time),
        elasticity=float(model.import_elasticity),
        reach=float(model.import_reach),
        bought=np.add.reduceat(table.inputs[table.member], table.start[:-1]),
        firm_turn=np.ones((2, P, K)),
        user_turn=np.ones((P, K)),
        share=base if origin == FIXED else base.copy(),
        moved=np.zeros(K, np.bool_),
        firm_bid=np.zeros((K, P) if bids else (0, 0), np.int64),
        ones=np.ones(P),
        touched=np.zeros(K, np.bool_),
        strength=np.ones(n),
        amount=np.zeros(count),
        lack=np.zeros(count),
        **places,
    )


_BY_POOL = ("orders", "by_firms", "wanted", "firms", "users", "firms_lack", "users_lack", "mean", "gate")


def _links(model: Inventory, economy: Economy, table: Table) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Where the links of each supplier start, their pools (none where it has one a pool), and shares of origin."""
    n, P = table.origin.shape
    sparse = model.storage == "csr"
    if model.storage == "auto":
        sparse = kept(economy, "density", lambda: np.count_nonzero(table.origin) / table.origin.size) < SPARSE
    if not sparse:
        return np.arange(n + 1) * P, np.zeros(0, np.int64), table.origin.reshape(-1)
    return kept(economy, "links", lambda: _nonzero(table.origin))


def _nonzero(origin: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    supplier, pool = np.nonzero(origin)
    start = np.searchsorted(supplier, np.arange(len(origin) + 1))
    return start.astype(np.int64), pool.astype(np.int64), origin[supplier, pool]


def _classes(model: Inventory, economy: Economy, drivers: Drivers) -> tuple[np.ndarray, np.ndarray, int, int]:
    """Classes of firms and of final users by pool, (T or 1, P), that of the rest, and their number.

    Within a class of the channel, firms or final users may come first.
    """
    which, paths = _paths(economy, drivers)
    firms = np.zeros((economy.P, paths.shape[1]), int)
    firms[:] = paths[which[0]] if economy.n else 0  # for pools where no firm buys
    firms[economy.pool] = paths[which]
    firms = 2 * firms + (model.rationing == "intermediate_first")
    users = np.full_like(firms, model.rationing == "final_first")
    found, order = np.unique(np.concatenate([[[users[0, 0]] * firms.shape[1]], firms, users]), return_inverse=True)
    order = order.reshape(1 + 2 * economy.P, -1).astype(np.int64)
    firm_class, user_class = order[1 : 1 + economy.P].T, order[1 + economy.P :].T
    return np.ascontiguousarray(firm_class), np.ascontiguousarray(user_class), int(order[0, 0]), found.size


def _room(model: Inventory, table: Table, rates: Rates) -> np.ndarray:
    """(n,) what can be made above capacity in the base, as the kernel plans it."""
    if model.overproduction == "headroom":
        return np.minimum(table.headroom, 0.0 + table.headroom * rates.overtime)
    return np.full(len(table.x), model.overproduction_base if model.overproduction == "ario" else 0.0)


def _speed(model: Inventory, economy: Economy, dt: float) -> np.ndarray:
    speed = np.full(economy.P, model.closed(dt, model.substitution_time))
    if model.substitutes == "firms":
        speed[~np.isin(np.arange(economy.P), economy.pool)] = 0.0
    return speed


def _offers(economy: Economy, bids: Mapping[str, float]) -> tuple[np.ndarray, np.ndarray]:
    """Prices that the buyers of each pool offer, over the base price: of firms and of final users, (P,) each."""
    firms, users = np.ones(economy.P), np.ones(economy.P)
    for name, offer in bids.items():
        if name in CATEGORIES:
            users[economy.user_pool[economy.users(name)]] = offer
        else:
            firms[economy.pool[np.isin(economy.sector, economy.sectors.expand(name))]] = offer
    return firms, users
