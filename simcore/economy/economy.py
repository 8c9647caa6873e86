"""The economy: one balanced input-output table on a flat list of activities.

An *activity* is one sector in one region under one kind of ownership; it sells the product of its sector.
Buyers that share their origins form a *pool* (all buyers of a region, say): what pool p buys of product k
comes from activity i of that product in the share ``origin[i, p]``. A regional table with few pools is the
*pooled form*; a table in which every buyer has its own origins is the same thing with one pool a buyer, the
*full form*. Final demand lies in columns ("users"), each with a category, a region and a pool.

Flows are yearly, in ``unit``, at the prices of ``price_year``:

=================  ==========  ===================================================================
x                  (n,)        gross output
use_domestic       (K, n)      domestic product k used by activity j; imports apart in use_imported
origin             (n, P)      share of activity i in what pool p buys of i's product
final_domestic     (K, F)      domestic product k bought by final user f; imports apart
stock_change       (n,)        change in the producers' own stocks of finished goods (may be negative)
value_added        (V, n)      by component
=================  ==========  ===================================================================

Supply equals use: ``x = Z.sum(1) + Y.sum(1) + stock_change`` and ``x = use.sum(0) + value_added.sum(0)``.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from typing import Any

import numpy as np

from ..errors import TableError, UnknownNameError

CATEGORIES = ("households", "government", "investment", "inventories", "exports")
ABROAD = -1  # region of a user or pool that lies outside the country


@dataclass(frozen=True)
class Codes:
    """One dimension's codes with their names and the groups that stand for several codes."""

    codes: tuple[str, ...]
    names_en: tuple[str, ...]
    names_zh: tuple[str, ...]
    groups: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not len(self.codes) == len(self.names_en) == len(self.names_zh):
            raise TableError("codes and names of a dimension differ in number")
        if len(set(self.codes)) < len(self.codes):
            raise TableError("a code appears twice in one dimension")
        clash = set(self.groups) & set(self.codes)
        if clash:
            raise TableError(f"{sorted(clash)} name both a code and a group")

    def __len__(self) -> int:
        return len(self.codes)

    def index(self, code: str) -> int:
        """Position of a code."""
        try:
            return self._position[code]
        except KeyError:
            raise UnknownNameError(f"unknown code '{code}'") from None

    @cached_property
    def _position(self) -> dict[str, int]:
        return {code: i for i, code in enumerate(self.codes)}

    def expand(self, name: str) -> tuple[int, ...]:
        """Positions that a code or a group stands for."""
        members = self.groups.get(name, (name,))
        return tuple(self.index(code) for code in members)


@dataclass(frozen=True)
class Economy:
    """A balanced table, ready for any model; arrays are read-only. See the module for shapes and units.

    Parameters
    ----------
    name, version : str, int
        The calibration's name and version, ``china-2022`` and 1.
    sectors, regions, ownerships : Codes
        Code lists; products are sectors, so K is ``len(sectors)``.
    sector, region, ownership : (n,) int arrays
        Coordinates of each activity, as positions in the code lists.
    pools : tuple of str
        Names of the pools of buyers (P).
    pool : (n,) int array
        Pool in which each activity buys.
    user_category, user_region, user_pool : (F,) int arrays
        Of each final user: position in ``CATEGORIES``, in ``regions`` (or ``ABROAD``) and in ``pools``.
    value_added_names : tuple of str
        Components of value added, (V,).
    employment : (n,) array
        Persons, in millions; NaN where nothing is known.
    cover : (K, n) array
        Days of its own use of product k that activity j holds in stock.
    headroom : (n,) array
        Share by which output can exceed its base at once (best utilisation on record over the present one, less 1).
    criticality : (K, n) array
        1 where production of j stops without product k, 0.5 where it halves, 0 where it goes on.
    price_index : (K,) array
        Producer price of product k at the vintage, over its price in ``price_year``.
    meta : dict
        Sources, methods, estimates with ranges, flags; goes into every report.
    alternatives : dict of str to (n, P) arrays
        ``origin`` by other methods: the spread over them is the range of every regional figure.
    """

    name: str
    version: int
    unit: str
    base_year: int
    price_year: int
    sectors: Codes
    regions: Codes
    ownerships: Codes
    sector: np.ndarray
    region: np.ndarray
    ownership: np.ndarray
    pools: tuple[str, ...]
    pool: np.ndarray
    user_category: np.ndarray
    user_region: np.ndarray
    user_pool: np.ndarray
    x: np.ndarray
    use_domestic: np.ndarray
    use_imported: np.ndarray
    origin: np.ndarray
    final_domestic: np.ndarray
    final_imported: np.ndarray
    stock_change: np.ndarray
    value_added: np.ndarray
    value_added_names: tuple[str, ...]
    employment: np.ndarray
    cover: np.ndarray
    headroom: np.ndarray
    criticality: np.ndarray
    price_index: np.ndarray
    meta: dict[str, Any] = field(default_factory=dict)
    alternatives: dict[str, np.ndarray] = field(default_factory=dict)

    def __post_init__(self) -> None:
        n, K, P, F = self.n, self.K, self.P, self.F
        shapes = {
            "region": (n,), "ownership": (n,), "pool": (n,), "x": (n,), "stock_change": (n,),
            "employment": (n,), "headroom": (n,), "use_domestic": (K, n), "use_imported": (K, n),
            "cover": (K, n), "criticality": (K, n), "origin": (n, P), "user_region": (F,),
            "user_pool": (F,), "final_domestic": (K, F), "final_imported": (K, F),
            "value_added": (len(self.value_added_names), n), "price_index": (K,),
        }  # fmt: skip
        for name, shape in shapes.items():
            found = getattr(self, name).shape
            if found != shape:
                raise TableError(f"{name} has shape {found}; this economy needs {shape}")
        for f in fields(self):
            value = getattr(self, f.name)
            if isinstance(value, np.ndarray):
                frozen = np.array(value, order="C")  # a copy: nobody else can write to it
                frozen.flags.writeable = False
                object.__setattr__(self, f.name, frozen)

    @property
    def n(self) -> int:
        return len(self.sector)

    @property
    def K(self) -> int:
        return len(self.sectors)

    @property
    def P(self) -> int:
        return len(self.pools)

    @property
    def F(self) -> int:
        return len(self.user_category)

    @property
    def R(self) -> int:
        return len(self.regions)

    @cached_property
    def activities(self) -> tuple[str, ...]:
        """Labels ``sector|region|ownership``."""
        return tuple(
            f"{self.sectors.codes[s]}|{self.regions.codes[r]}|{self.ownerships.codes[o]}"
            for s, r, o in zip(self.sector, self.region, self.ownership, strict=True)
        )

    @cached_property
    def Z(self) -> np.ndarray:
        """Domestic intermediate flows, (n, n)."""
        return self.origin[:, self.pool] * self.use_domestic[self.sector]

    @cached_property
    def Y(self) -> np.ndarray:
        """Domestic final demand by user, (n, F), without the producers' own stock change."""
        return self.origin[:, self.user_pool] * self.final_domestic[self.sector]

    @cached_property
    def makers(self) -> tuple[np.ndarray, ...]:
        """Positions of the activities that make each product."""
        return tuple(np.flatnonzero(self.sector == k) for k in range(self.K))

    @cached_property
    def a(self) -> np.ndarray:
        """Domestic inputs per unit of output by product, (K, n); zero columns where nothing is made."""
        return np.divide(self.use_domestic, self.x, out=np.zeros_like(self.use_domestic), where=self.x > 0)

    @cached_property
    def A(self) -> np.ndarray:
        """Domestic technical coefficients, (n, n); zero columns where nothing is made."""
        return self.origin[:, self.pool] * self.a[self.sector]

    @cached_property
    def import_share(self) -> np.ndarray:
        """Imported share of what user f buys of product k, (K, F); 0 where f buys nothing of k."""
        total = self.final_domestic + self.final_imported
        return np.divide(self.final_imported, total, out=np.zeros_like(total), where=total != 0)

    @cached_property
    def value_added_share(self) -> np.ndarray:
        """Value added per yuan of output, (n,)."""
        total = self.value_added.sum(axis=0)
        return np.divide(total, self.x, out=np.zeros_like(total), where=self.x > 0)

    @cached_property
    def is_industry(self) -> np.ndarray:
        """(n,) bool: mining, manufacturing or utilities (group ``industry`` of the sector codes)."""
        members = [self.sectors.index(c) for c in self.sectors.groups.get("industry", ())]
        return np.isin(self.sector, members)

    @cached_property
    def is_hauled(self) -> np.ndarray:
        """(K,) bool: products that lorries carry (group ``goods`` of the sector codes; all where there is none)."""
        goods = self.sectors.groups.get("goods", self.sectors.codes)
        return np.isin(np.arange(self.K), [self.sectors.index(code) for code in goods])

    @classmethod
    def from_pymrio(cls, io: Any, **facts: Any) -> Economy:
        """An economy in full form from pymrio's ``IOSystem``; see ``pymrio_objects.from_pymrio``."""
        from .pymrio_objects import from_pymrio  # which makes economies

        return from_pymrio(io, **facts)

    def to_pymrio(self) -> Any:
        """This economy as pymrio's ``IOSystem``; needs pymrio, see ``pymrio_objects.to_pymrio``."""
        from .pymrio_objects import to_pymrio

        return to_pymrio(self)

    def users(self, category: str, region: str | None = None) -> np.ndarray:
        """Positions of the final users of one category, in one region or everywhere."""
        chosen = self.user_category == CATEGORIES.index(category)
        if region is not None:
            chosen &= self.user_region == self.regions.index(region)
        return np.flatnonzero(chosen)

    def spread(self, category: str, products: np.ndarray, regions: np.ndarray | None = None) -> np.ndarray:
        """Weights over (K, F) that spend ``products`` (K,) through the users of one category.

        Parameters
        ----------
        products : (K,) array
            Money by product; the result sums to the same.
        regions : (R,) array, optional
            Share of each region of use, sums to one. By default, and for users abroad, each product is
            split among the users of the category as they buy it now (all they buy, where none buys it).
        """
        users = self.users(category)
        if users.size == 0:
            raise TableError(f"no final user of category '{category}' in {self.name}")
        bought = np.maximum(self.final_domestic + self.final_imported, 0.0)[:, users]
        where = self.user_region[users]
        weights = np.zeros((self.K, self.F))
        if regions is None or (where == ABROAD).all():
            weights[:, users] = products[:, None] * _shares(bought)
            return weights
        for r in np.flatnonzero(regions):
            local = where == r
            if not local.any():
                raise TableError(f"region '{self.regions.codes[r]}' has no final user of category '{category}'")
            weights[:, users[local]] += regions[r] * products[:, None] * _shares(bought[:, local])
        return weights

    def with_origin(self, method: str) -> Economy:
        """The same economy with the trade shares of another method (a name in ``alternatives``)."""
        if method not in self.alternatives:
            raise UnknownNameError(f"no trade method '{method}'; there is {', '.join(sorted(self.alternatives))}")
        return replace(self, origin=self.alternatives[method], alternatives={})


def _shares(bought: np.ndarray) -> np.ndarray:
    """Row shares; a row without purchases takes the shares of the whole, equal ones if all is zero."""
    whole = bought.sum(axis=0)
    whole = whole / whole.sum() if whole.sum() > 0 else np.full(bought.shape[1], 1.0 / bought.shape[1])
    total = bought.sum(axis=1, keepdims=True)
    return np.where(total > 0, bought / np.where(total > 0, total, 1.0), whole)
