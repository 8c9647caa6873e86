"""An economy and drivers as the arrays that the inventory kernel reads.

The economy's arrays are made once and kept as long as it lives; a run adds its drivers only. In the kernel's arrays
products lie along the last axis and are filled up with products that nobody makes or uses, see ``padded``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ..calendar import DAYS_PER_YEAR, Calendar
from ..drivers import Drivers
from ..economy import CATEGORIES, Economy
from ..errors import TableError
from .accounts import taste, unknown_products
from .base import LABOUR_INCOME, kept

if TYPE_CHECKING:
    from ..kernels.inventory_state import Shocks, Table
    from .inventory import Inventory

REGISTER = 8  # numbers of a vector register: sums over pools have no slow remainder
FEW_POOLS = 512  # up to so many a filled-up copy of the shares of origin costs little
NOT_USED = 365.0  # days of cover of an input that is not used: it never runs short
ENDLESS = 365.0  # days that an endless cover counts for in accounts of stocks
LINE = 64  # bytes of a cache line and of the widest vector register
SAME = 13  # decimals of shares and days that like technologies have in common


def table_of(economy: Economy, model: Inventory, dt: float) -> Table:
    """The economy as the kernel reads it, for a model's production functions and its sense of covers.

    Raises
    ------
    TableError
        If a purchase of inputs, a cover or a headroom is negative, or no value added is labour income.
    """
    production = model.production if isinstance(model.production, str) else tuple(sorted(model.production.items()))
    name = ("table", production, model.important_weight, dt if model.convention == "daily" else None, model.precision)
    real = np.dtype(model.precision)
    return kept(economy, name, lambda: _build(economy, model.binds(economy), model.spare_cover(economy, dt), real))


class Base(NamedTuple):
    """Flows of a period and stocks without any driver, to which a run adds its changes; see ``Paths``."""

    output: np.ndarray  # (n,)
    value_added: np.ndarray  # (n,)
    final: np.ndarray  # (F, K) padded
    imports: np.ndarray  # (K,)
    stocks: np.ndarray  # (K,)
    stock_change: np.ndarray  # (n,)


def base_of(economy: Economy, model: Inventory, calendar: Calendar) -> Base:
    """The base by the calendar's periods."""
    per_year, dt = calendar.per_year, calendar.dt
    name = ("base", per_year, dt, model.convention)
    return kept(economy, name, lambda: _base(economy, _finite(model.spare_cover(economy, dt)), per_year, dt))


def _finite(cover: np.ndarray) -> np.ndarray:
    """An endless cover counts as a year's use: it never binds, and only what is used of it is ordered."""
    return np.where(np.isinf(cover), ENDLESS, cover)


def _base(economy: Economy, cover: np.ndarray, per_year: float, dt: float) -> Base:
    use = economy.use_domestic + economy.use_imported
    return Base(
        output=economy.x / per_year,
        value_added=economy.value_added.sum(axis=0) / per_year,
        final=padded((economy.final_domestic + economy.final_imported).T / per_year),
        imports=(economy.use_imported.sum(axis=1) + economy.final_imported.sum(axis=1)) / per_year,
        stocks=(use * (cover + dt)).sum(axis=1) / DAYS_PER_YEAR,
        stock_change=economy.stock_change / per_year,
    )


def padded(
    values: np.ndarray, fill: float = 0.0, dtype: np.dtype | None = None, lanes: int | None = None
) -> np.ndarray:
    """A copy whose last axis, products, is filled up to a multiple of the kernel's ``LANES`` or of ``lanes``."""
    from ..kernels.inventory_state import LANES

    K, lanes = values.shape[-1], lanes or LANES
    wide = aligned((*values.shape[:-1], -(-K // lanes) * lanes), dtype or values.dtype)
    wide[..., K:] = fill
    wide[..., :K] = values
    return wide


def shares_of(origin: np.ndarray) -> np.ndarray:
    """Shares of origin (n, P) as sums over pools read them; the same array where there are many pools."""
    if origin.shape[1] > FEW_POOLS:
        return origin
    wide = padded(origin, lanes=REGISTER)
    wide.flags.writeable = False  # as all shares of origin are: one type of array, compiled once
    return wide


def aligned(shape: tuple[int, ...], dtype: np.dtype | type = np.float64) -> np.ndarray:
    """An empty array that starts where a vector register's worth of memory starts: no load then spans two lines."""
    size = math.prod(shape) * np.dtype(dtype).itemsize
    memory = np.empty(size + LINE, np.uint8)
    start = -memory.__array_interface__["data"][0] % LINE
    return memory[start : start + size].view(dtype).reshape(shape)


def _build(economy: Economy, critical: np.ndarray, cover: np.ndarray, real: np.dtype) -> Table:
    """The table, with stocks and what they are computed from in the precision ``real``."""
    from ..kernels.inventory_state import Table

    _check(economy)
    use = economy.use_domestic + economy.use_imported
    used = use > 0
    total = use.sum(axis=0)
    kind, (share, home, binds, _, _) = _alike(
        np.divide(use, total, out=np.zeros_like(use), where=total > 0),
        np.divide(economy.use_domestic, use, out=np.ones_like(use), where=used),
        np.where(used, critical, 0.0),
        np.isinf(cover).astype(float),
        np.where(used, _finite(cover), NOT_USED),
    )
    shelf, (cover,) = _alike(np.where(used, _finite(cover), NOT_USED))
    member, start, group_kind, group_pool = groups_of(kind, economy.pool)
    # Negative final demand (stocks that shrink, net sales of scrap) supplies, and does not queue for goods.
    final_home = np.maximum(economy.final_domestic, 0.0)
    pools = economy.pool, economy.user_pool, economy.P
    origin = np.asarray(economy.origin, dtype=float)  # not a copy: it may be most of an economy
    sells = (economy.origin[:, economy.user_pool] * (final_home - economy.final_domestic)[economy.sector]).sum(axis=1)
    return Table(
        sector=economy.sector.astype(np.int64),
        region=economy.region.astype(np.int64),
        x=economy.x.astype(float),
        per_x=np.divide(1.0, economy.x, out=np.zeros(economy.n), where=economy.x > 0),
        inputs=total,
        stored=np.maximum(economy.stock_change, 0.0),
        drawn=np.maximum(-economy.stock_change, 0.0) + sells,
        wages=economy.value_added[economy.value_added_names.index(LABOUR_INCOME)].astype(float),
        headroom=economy.headroom.astype(float),
        origin=origin,
        shares=shares_of(origin),
        kind=kind,
        share=padded(share, dtype=real),
        home=padded(home, 1.0, real),
        domestic=padded(share * home, dtype=real),
        foreign=padded(share - share * home, dtype=real),
        binds=padded(binds, dtype=real),
        abroad=(share - share * home).any(axis=1),
        shelf=shelf,
        cover=padded(cover, NOT_USED, real),
        member=member,
        start=start,
        group_kind=group_kind,
        group_pool=group_pool,
        seller=np.argsort(economy.sector, kind="stable").astype(np.int64),
        sells=np.searchsorted(np.sort(economy.sector), np.arange(economy.K + 1)).astype(np.int64),
        orders=padded(orders_of(*pools, economy.use_domestic, final_home)),
        by_firms=padded(orders_of(*pools, economy.use_domestic, np.zeros_like(final_home))),
        imported=padded(economy.use_imported.sum(axis=1)),
        final_home=padded(final_home.T),
        final_abroad=padded(np.maximum(economy.final_imported, 0.0).T),
        import_share=padded(economy.import_share.T),
        made=padded(~unknown_products(economy).T),
        hauled=economy.is_hauled.copy(),
        user_pool=economy.user_pool.astype(np.int64),
        user_region=economy.user_region.astype(np.int64),
        user_imports=np.asarray(((economy.final_imported > 0) | (economy.import_share > 0)).any(axis=0)),
    )


def _check(economy: Economy) -> None:
    for name in ("use_domestic", "use_imported", "cover", "headroom", "criticality"):
        values = getattr(economy, name)
        if not (values >= 0).all():
            place = tuple(int(i) for i in np.argwhere(~(values >= 0))[0])
            raise TableError(f"{economy.name}: {name} at {place} is {values[place]}; it must be zero or more")
    if LABOUR_INCOME not in economy.value_added_names:
        raise TableError(
            f"{economy.name}: no component '{LABOUR_INCOME}' in value added "
            f"({', '.join(economy.value_added_names)}), so there is no income to spend; name it so"
        )


def _alike(*parts: np.ndarray) -> tuple[np.ndarray, list[np.ndarray]]:
    """Activities (columns) that agree in all parts to rounding share a row; (n,) and (rows, K) arrays."""
    rows = np.concatenate(parts).T
    _, first, kind = np.unique(np.round(rows, SAME), axis=0, return_index=True, return_inverse=True)
    return kind.reshape(-1).astype(np.int64), [np.ascontiguousarray(part.T[first]) for part in parts]


def groups_of(kind: np.ndarray, pool: np.ndarray) -> tuple[np.ndarray, ...]:
    """Activities by technology and pool: their order, (G + 1,) where a group starts, (G,) technologies and pools."""
    member = np.lexsort((pool, kind))
    pairs = np.stack((kind[member], pool[member]), axis=1)
    first = np.flatnonzero(np.r_[True, (pairs[1:] != pairs[:-1]).any(axis=1)])
    group_kind, group_pool = pairs[first].T.astype(np.int64)
    return member.astype(np.int64), np.r_[first, len(kind)].astype(np.int64), group_kind.copy(), group_pool.copy()


def orders_of(firm: np.ndarray, user: np.ndarray, rows: int, use: np.ndarray, final: np.ndarray) -> np.ndarray:
    """Purchases of domestic products by the rows in which firms (n,) and final users (F,) buy, (rows, K)."""
    orders = np.zeros((rows, len(use)))
    np.add.at(orders, firm, use.T)
    np.add.at(orders, user, final.T)
    return orders


def shocks_of(economy: Economy, table: Table, drivers: Drivers, spending: np.ndarray, saved: float) -> Shocks:
    """Drivers as the kernel reads them.

    Parameters
    ----------
    spending : (K, F) array
        What households buy with one more yuan, from ``marginal_basket``.
    saved : float
        Share saved of what households no longer spend on products that they turn from.
    """
    from ..kernels.inventory_state import Shocks

    n, K, R = economy.n, economy.K, economy.R
    per_year = drivers.calendar.per_year
    capital = _dense(drivers, "capital", (n,), 0.0)
    want, basket = _final_demand(economy, drivers, spending, saved)
    passage = drivers.dense("passage")
    coefficient, keep = _by_input(drivers, "coefficient", table), _by_input(drivers, "stock_cover", table)
    if len(keep) > 1:
        keep *= coefficient
    elif len(coefficient) > 1:
        keep = coefficient.copy()
    keep = np.multiply(keep, table.cover[table.shelf], out=keep) if len(keep) > 1 else table.cover[None]
    return Shocks(
        capacity=_at_least_zero(_dense(drivers, "capacity", (n,), 1.0)),
        labour=_at_least_zero(_dense(drivers, "labour", (n,), 1.0)),
        floor=_dense(drivers, "floor", (n,), 0.0),
        listed=_listed(_dense(drivers, "listed", (n,), 1.0)),
        productivity=_at_least_zero(_dense(drivers, "productivity", (n,), 1.0)),
        capital=np.divide(capital, economy.x, out=np.zeros_like(capital), where=economy.x > 0),
        release=_dense(drivers, "stock_release", (n,), 0.0) * per_year,
        imports=padded(np.clip(_dense(drivers, "import_limit", (K,), 1.0), 0.0, 1.0), 1.0),
        passage=np.zeros((0, R, economy.P)) if passage is None else np.clip(passage, 0.0, 1.0),
        income=_dense(drivers, "income", (R,), 0.0) * per_year,
        want=padded(want.transpose(0, 2, 1)),
        basket=padded(basket.transpose(0, 2, 1)),
        coefficient=coefficient,
        keep=keep,
    )


def _dense(drivers: Drivers, channel: str, shape: tuple[int, ...], neutral: float) -> np.ndarray:
    values = drivers.dense(channel)
    return np.full((1, *shape), neutral) if values is None else values


def _listed(values: np.ndarray) -> np.ndarray:
    """A floor covers the whole activity where nobody states which part of it is listed."""
    return np.where(values > 0.0, np.minimum(values, 1.0), 1.0)


def _at_least_zero(values: np.ndarray) -> np.ndarray:
    return np.maximum(values, 0.0)


def _by_input(drivers: Drivers, channel: str, table: Table) -> np.ndarray:
    """(1 + T, n, K) padded, with the base first, or one row of ones that all activities share.

    Terms are multiplied in period by period where they do something, so that what is worked on stays in cache.
    """
    terms = [term for term in drivers.terms if term.channel == channel]
    if not terms:
        return padded(np.ones((1, 1, drivers.shapes["input"][0])), 1.0, table.cover.dtype)
    n, K = table.x.size, table.cover.shape[1]
    rows = aligned((1 + drivers.calendar.periods, n, K), table.cover.dtype)
    rows[:] = 1.0
    for term in terms:
        weights = padded(term.weights.T)
        for now, level in zip(rows[1:], term.profile, strict=True):
            if level != 0.0:
                now *= 1.0 + level * weights
    np.maximum(rows, 0.0, out=rows)
    return rows


def _final_demand(
    economy: Economy, drivers: Drivers, spending: np.ndarray, saved: float
) -> tuple[np.ndarray, np.ndarray]:
    """(T, K, F) yearly change of final demand, and the marginal basket."""
    demand, factor = drivers.dense("demand"), taste(economy, drivers)
    change, basket = np.zeros((1, economy.K, economy.F)), spending[None]
    if demand is not None:
        change = demand * drivers.calendar.per_year
    if factor is not None:
        spent = _spent(economy, drivers, saved)
        change = change + (economy.final_domestic + economy.final_imported) * (factor * spent - 1.0)
        basket = shares_by_region(economy, spending * factor) * spent
    return change, basket


def _spent(economy: Economy, drivers: Drivers, saved: float) -> np.ndarray | float:
    """(T, 1, F) share of their budget that users go on spending when they turn from products.

    1 - D (1 - sum_i (1 - e_i) theta_i) with D saved, e_i what product i loses and theta_i its share of the budget
    (Pichler et al. 2022); the preference for product i is 1 - e_i.
    """
    preference = drivers.dense("preference")
    if preference is None or saved == 0.0:
        return 1.0
    final = economy.final_domestic + economy.final_imported
    total = final.sum(axis=0)
    tilted = (final * preference).sum(axis=1)
    goes_on = np.divide(tilted, total, out=np.ones_like(tilted), where=total != 0)
    households = economy.user_category == CATEGORIES.index("households")
    left = np.where(households, np.maximum(0.0, 1.0 - goes_on), 0.0)
    return (1.0 - saved * left)[:, None, :]


def marginal_basket(economy: Economy, tilt: Mapping[str, float]) -> np.ndarray:
    """(K, F) what a region's households buy with one more yuan: their budget, tilted by income elasticities.

    Raises
    ------
    UnknownNameError
        If the tilt names no product.
    TableError
        If the economy has no purchase by households.
    """
    households = economy.user_category == CATEGORIES.index("households")
    bought = np.where(households, np.maximum(economy.final_domestic + economy.final_imported, 0.0), 0.0)
    for name, elasticity in tilt.items():
        bought[list(economy.sectors.expand(name))] *= elasticity
    if not bought.any():
        raise TableError(f"{economy.name}: households buy nothing; set mpc to 0, or give them purchases")
    return shares_by_region(economy, bought[None])[0]


def shares_by_region(economy: Economy, bought: np.ndarray) -> np.ndarray:
    """(T, K, F) purchases over what the buyer's region buys in all; zero for users abroad."""
    home = economy.user_region >= 0
    place = np.where(home, economy.user_region, 0)
    by_user = bought.sum(axis=1) * home  # (T, F)
    by_region = by_user @ (place[:, None] == np.arange(economy.R))
    total = by_region[:, place][:, None, :]
    return np.divide(bought, total, out=np.zeros_like(bought), where=(total > 0) & home)
