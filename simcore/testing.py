"""For tests of models and measures: random economies and drivers, transformations, identities of the field.

``economies()`` and ``drivers(economy, calendar)`` are hypothesis strategies (install ``simcore[test]``); the
functions that they rest on, ``random_economy`` and ``random_drivers``, need numpy only. The transformations
give the same economy and drivers in another form; a model must not care. The checks raise AssertionError with
what is wrong.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from .calendar import Calendar
from .drivers import CHANNELS, Drivers
from .economy import ABROAD, CATEGORIES, Codes, Economy
from .models.base import Paths

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

# Smallest and largest weight of a random term, by channel: shares of a base flow where the channel is in
# money.
SIZES = {
    "demand": (-0.15, 0.25), "preference": (-0.3, 0.4), "income": (-0.05, 0.05), "capacity": (-0.6, 0.1),
    "labour": (-0.6, 0.0), "capital": (-0.1, 0.15), "productivity": (-0.1, 0.1), "coefficient": (-0.1, 0.1),
    "import_limit": (-0.6, 0.0), "passage": (-0.6, 0.0), "floor": (0.0, 0.9), "stock_release": (-0.05, 0.1),
    "stock_cover": (-0.5, 0.5), "listed": (0.1, 1.0),
}  # fmt: skip
# The same for channels that only some models have; ``drivers`` draws these where they are asked for.
MORE_SIZES = {
    "cost": (-0.1, 0.2), "buyer_price": (-0.1, 0.1), "import_price": (-0.1, 0.3), "delay": (0.0, 10.0),
    "priority": (0.0, 3.0),
}  # fmt: skip


def economies(
    max_sectors: int = 4, max_regions: int = 3, max_owners: int = 2, **options: Any
) -> SearchStrategy[Economy]:
    """Random balanced economies, small enough to look at; ``options`` go to ``random_economy``."""
    from hypothesis import strategies as st

    def build(seed: int, sectors: int, regions: int, owners: int) -> Economy:
        return random_economy(np.random.default_rng(seed), sectors, regions, owners, **options)

    return st.builds(
        build,
        st.integers(0, 2**32 - 1),
        st.integers(1, max_sectors),
        st.integers(1, max_regions),
        st.integers(1, max_owners),
    )


def drivers(
    economy: Economy, calendar: Calendar, channels: Collection[str] = tuple(SIZES), smooth: bool = False
) -> SearchStrategy[Drivers]:
    """Random drivers in some of the channels; see ``random_drivers``."""
    from hypothesis import strategies as st

    def build(seed: int, chosen: list[str]) -> Drivers:
        return random_drivers(np.random.default_rng(seed), economy, calendar, chosen, smooth=smooth)

    return st.builds(
        build, st.integers(0, 2**32 - 1), st.lists(st.sampled_from(sorted(channels)), min_size=1, unique=True)
    )


def random_economy(
    rng: np.random.Generator,
    sectors: int = 3,
    regions: int = 2,
    owners: int = 1,
    max_cover: float = 60.0,
    empty: float = 0.1,
    alike: bool = False,
) -> Economy:
    """A balanced economy, productive by construction.

    Every product is made in at least one region; other regions may lack it. All buyers of a region form a
    pool, so do those abroad. Covers, headroom and criticality differ by activity.

    Parameters
    ----------
    max_cover : float
        Longest stock of an input, days; a fifth of the covers are zero.
    empty : float
        Share of input cells that are zero, and of activities that do not exist.
    alike : bool
        Whether all activities of a sector have the same technology, covers and criticality.
    """
    K, R, P = sectors, regions, regions + 1
    made = rng.random((K, R)) >= empty
    made[np.arange(K), rng.integers(0, R, K)] = True
    place = [(k, r, o) for k in range(K) for r in range(R) if made[k, r] for o in range(owners)]
    sector, region, ownership = (np.array(axis) for axis in zip(*place, strict=True))
    n = len(place)
    weight = rng.gamma(2.0, 1.0, (n, P)) * np.where(region[:, None] == np.arange(P), 3.0, 1.0)
    product = (sector == np.arange(K)[:, None]).astype(float)
    origin = weight / (product @ weight)[sector]

    need = rng.gamma(0.7, 1.0, (K, n)) * (rng.random((K, n)) >= empty) + 1e-3
    need *= rng.uniform(0.3, 0.7, n) / need.sum(axis=0)
    imported = need * rng.uniform(0.0, 0.4, (K, n)) * (rng.random((K, n)) < 0.5)
    cover = rng.uniform(0.0, max_cover, (K, n)) * (rng.random((K, n)) >= 0.2)
    criticality = rng.choice([0.0, 0.5, 1.0], (K, n))
    if alike:
        same = np.searchsorted(sector, sector)  # the first activity of each sector
        need, imported, cover, criticality = (a[:, same] for a in (need, imported, cover, criticality))
    users = [(c, r) for c in ("households", "government", "investment") for r in range(R)] + [("exports", ABROAD)]
    user_region = np.array([r for _, r in users])
    user_pool = np.where(user_region == ABROAD, R, user_region)
    final = rng.gamma(1.0, 100.0, (K, len(users))) * (rng.random((K, len(users))) >= empty) + 1.0
    abroad = final * rng.uniform(0.0, 0.3, final.shape) * (user_region != ABROAD)
    final_home = final - abroad
    A = origin[:, region] * (need - imported)[sector]
    Y = origin[:, user_pool] * final_home[sector]
    stock_change = Y.sum(axis=1) * rng.uniform(-0.05, 0.05, n)
    x = np.linalg.solve(np.eye(n) - A, Y.sum(axis=1) + stock_change)
    added = x * (1.0 - need.sum(axis=0))
    parts = rng.dirichlet((5.0, 1.0, 2.0, 3.0), n).T
    return Economy(
        name="random", version=1, unit="bn yuan", base_year=2022, price_year=2020,
        sectors=_codes("S", K), regions=_codes("R", R), ownerships=_codes("O", owners),
        sector=sector, region=region, ownership=ownership,
        pools=(*(f"R{r}" for r in range(R)), "abroad"), pool=region,
        user_category=np.array([CATEGORIES.index(c) for c, _ in users]), user_region=user_region,
        user_pool=user_pool,
        x=x, use_domestic=(need - imported) * x, use_imported=imported * x, origin=origin,
        final_domestic=final_home, final_imported=abroad, stock_change=stock_change,
        value_added=parts * added,
        value_added_names=("compensation", "net_taxes", "depreciation", "operating_surplus"),
        employment=x / 100.0,
        cover=cover, headroom=rng.uniform(0.0, 0.1, n), criticality=criticality,
        price_index=np.ones(K), meta={"note": "drawn at random"},
    )  # fmt: skip


def _codes(letter: str, count: int) -> Codes:
    codes = tuple(f"{letter}{i}" for i in range(count))
    return Codes(codes, codes, codes)


def random_drivers(
    rng: np.random.Generator,
    economy: Economy,
    calendar: Calendar,
    channels: Collection[str],
    terms: int = 2,
    smooth: bool = False,
    name: str = "random",
) -> Drivers:
    """Some terms in each channel, each on a part of its axes, of the sizes in ``SIZES`` and ``MORE_SIZES``.

    Profiles jump on and off at random, or, if ``smooth``, rise and fall over the whole calendar.
    """
    chosen = Drivers.calm(economy, calendar)
    for channel in sorted(channels):
        shape = chosen.shapes[CHANNELS[channel].over]
        low, high = SIZES[channel] if channel in SIZES else MORE_SIZES[channel]
        for i in range(terms):
            weights = rng.uniform(low, high, shape) * (rng.random(shape) < 0.4) * _money(economy, calendar, channel)
            profile = _profile(rng, calendar.periods, smooth)
            chosen = chosen.having(f"{name}:{channel}{i}", channel, profile, weights)
    return chosen


def _profile(rng: np.random.Generator, periods: int, smooth: bool) -> np.ndarray:
    if smooth:
        return np.sin(np.pi * (np.arange(periods) + 0.5) / periods) ** 2
    start = rng.integers(0, periods)
    last = rng.integers(start, periods)
    return rng.uniform(0.3, 1.0) * ((np.arange(periods) >= start) & (np.arange(periods) <= last))


def _money(economy: Economy, calendar: Calendar, channel: str) -> np.ndarray | float:
    """Base flow that the sizes of a channel in money are shares of."""
    if channel == "demand":
        return (economy.final_domestic + economy.final_imported) / calendar.per_year
    if channel == "income":
        pay = economy.value_added[economy.value_added_names.index("compensation")]
        return np.bincount(economy.region, weights=pay, minlength=economy.R) / calendar.per_year
    if channel == "capital":
        return economy.x
    return economy.x / calendar.per_year if channel == "stock_release" else 1.0


# The same economy and drivers in another form


def scaled(economy: Economy, chosen: Drivers, factor: float) -> tuple[Economy, Drivers]:
    """All money times a factor."""
    money = (
        "x",
        "use_domestic",
        "use_imported",
        "final_domestic",
        "final_imported",
        "stock_change",
        "value_added",
    )
    other = replace(economy, **{name: getattr(economy, name) * factor for name in money})
    in_money = ("demand", "income", "capital", "stock_release")
    return other, _mapped(other, chosen, lambda term, w: w * factor if term in in_money else w)


def permuted(economy: Economy, chosen: Drivers, order: np.ndarray, products: np.ndarray) -> tuple[Economy, Drivers]:
    """Activities and products in another order: place i holds what stood at ``order[i]``."""
    place = np.argsort(products)

    def reorder(values: np.ndarray, axes: str) -> np.ndarray:
        for axis, letter in enumerate(axes):
            index = {"n": order, "K": products}.get(letter)
            values = values if index is None else np.take(values, index, axis=axis)
        return values

    def codes(c: Codes) -> Codes:
        en, zh = (tuple(names[k] for k in products) for names in (c.names_en, c.names_zh))
        return Codes(tuple(c.codes[k] for k in products), en, zh, c.groups)

    changes: dict[str, Any] = {name: reorder(getattr(economy, name), axes) for name, axes in _AXES.items()}
    changes["sector"] = place[economy.sector[order]]
    other = replace(economy, sectors=codes(economy.sectors), **changes, alternatives={})
    return other, _mapped(other, chosen, lambda channel, w: reorder(w, _CHANNEL_AXES[CHANNELS[channel].over]))


def split(economy: Economy, chosen: Drivers, activity: int) -> tuple[Economy, Drivers]:
    """One activity as two like halves, the second one last; its shocks hit both."""
    halves = ("x", "stock_change", "employment", "use_domestic", "use_imported", "origin", "value_added")

    def doubled(values: np.ndarray, axes: str, half: bool) -> np.ndarray:
        axis = axes.index("n")
        order = np.append(np.arange(values.shape[axis]), activity)
        share = np.where(order == activity, 0.5, 1.0) if half else np.ones(len(order))
        return np.take(values, order, axis=axis) * share.reshape([-1 if a == axis else 1 for a in range(values.ndim)])

    changes: dict[str, Any] = {
        name: doubled(getattr(economy, name), a, name in halves) for name, a in _AXES.items() if "n" in a
    }
    for name in ("sector", "region", "ownership", "pool"):
        changes[name] = changes[name].astype(int)
    other = replace(economy, **changes, alternatives={})

    def mapped(channel: str, weights: np.ndarray) -> np.ndarray:
        axes = _CHANNEL_AXES[CHANNELS[channel].over]
        return doubled(weights, axes, channel in ("capital", "stock_release")) if "n" in axes else weights

    return other, _mapped(other, chosen, mapped)


def full_form(economy: Economy, chosen: Drivers) -> tuple[Economy, Drivers]:
    """Every buyer its own pool, with the origins that its pool had."""
    pools = np.concatenate([economy.pool, economy.user_pool])
    other = replace(
        economy,
        pools=tuple(f"buyer {i}" for i in range(len(pools))),
        pool=np.arange(economy.n),
        user_pool=economy.n + np.arange(economy.F),
        origin=economy.origin[:, pools],
        alternatives={},
    )
    return other, _mapped(other, chosen, lambda channel, w: w[:, pools] if CHANNELS[channel].over == "route" else w)


def with_gaps(economy: Economy) -> Economy:
    """The economy with what makes careless divisions fail; balanced, with its output solved afresh.

    Its first activity buys nothing. A last activity makes and buys nothing. Two more products have no maker: one is
    imported by firms and users, of the other there is nothing at all.
    """
    per_output = [flows / economy.x for flows in (economy.use_domestic, economy.use_imported)]
    domestic, imported = (np.pad(a * (np.arange(economy.n) > 0), ((0, 2), (0, 1))) for a in per_output)
    imported[-2, 1:-1] = 0.01
    home = economy.user_region != ABROAD
    final_domestic, final_imported = (
        np.pad(f, ((0, 2), (0, 0))) for f in (economy.final_domestic, economy.final_imported)
    )
    final_imported[-2, home] = final_domestic.max()
    last: dict[str, Any] = {
        name: np.append(getattr(economy, name), 0) for name in ("sector", "region", "ownership", "pool")
    }
    origin = np.pad(economy.origin, ((0, 1), (0, 0)))
    stock_change = np.append(economy.stock_change, 0.0)
    sold = (origin[:, economy.user_pool] * final_domestic[last["sector"]]).sum(axis=1) + stock_change
    x = np.linalg.solve(np.eye(economy.n + 1) - origin[:, last["pool"]] * domestic[last["sector"]], sold)
    parts = np.pad(economy.value_added / economy.value_added.sum(axis=0), ((0, 0), (0, 1)))
    names = (*economy.sectors.codes, "imported only", "nothing")
    return replace(
        economy, sectors=Codes(names, names, names), **last, origin=origin, stock_change=stock_change,
        x=np.where(np.arange(economy.n + 1) < economy.n, x, 0.0), use_domestic=domestic * x, use_imported=imported * x,
        final_domestic=final_domestic, final_imported=final_imported,
        value_added=parts * x * (1.0 - domestic.sum(axis=0) - imported.sum(axis=0)),
        employment=np.append(economy.employment, 0.0), headroom=np.append(economy.headroom, 0.0),
        cover=np.pad(economy.cover, ((0, 2), (0, 1))), criticality=np.pad(economy.criticality, ((0, 2), (0, 1))),
        price_index=np.append(economy.price_index, [1.0, 1.0]), alternatives={},
    )  # fmt: skip


_AXES = {
    "sector": "n", "region": "n", "ownership": "n", "pool": "n", "x": "n", "stock_change": "n",
    "employment": "n", "headroom": "n", "use_domestic": "Kn", "use_imported": "Kn", "cover": "Kn",
    "criticality": "Kn", "origin": "nP", "final_domestic": "KF", "final_imported": "KF", "value_added": "Vn",
    "price_index": "K",
}  # fmt: skip
_CHANNEL_AXES = {"activity": "n", "use": "KF", "product": "K", "input": "Kn", "region": "R", "route": "RP"}


def _mapped(economy: Economy, chosen: Drivers, change: Any) -> Drivers:
    other = Drivers.calm(economy, chosen.calendar)
    for term in chosen.terms:
        other = other.having(term.id, term.channel, term.profile, change(term.channel, term.weights))
    return other


# Identities


def check_accounts(economy: Economy, calendar: Calendar, paths: Paths, tolerance: float = 1e-9) -> None:
    """Income, production and expenditure agree in every period, and nothing is negative that cannot be.

    value added = final demand + change of all stocks - imports, to ``tolerance`` of output; stocks of inputs
    close from one period to the next, the first from the base, whose stocks include a step's arrivals.
    """
    output = paths.output.sum(axis=1)
    if paths.stock_change is None:
        raise AssertionError("the model does not state the producers' change of stocks")
    used = (economy.use_domestic + economy.use_imported) * (economy.cover + calendar.dt)
    start = used.sum() / (calendar.per_year * calendar.dt * calendar.inner_steps)
    gained = np.diff(paths.stocks.sum(axis=1), prepend=start)
    spent = paths.final.sum(axis=(1, 2)) + paths.stock_change.sum(axis=1) + gained - paths.imports.sum(axis=1)
    _close("value added and expenditure", paths.value_added.sum(axis=1), spent, tolerance * output)
    scale = tolerance * float(output.max())
    negative_base = np.minimum(economy.final_domestic + economy.final_imported, 0.0) / calendar.per_year
    for name, values in {
        "output": paths.output, "imports": paths.imports, "unmet": paths.unmet, "stocks": paths.stocks,
        "final": paths.final - negative_base,
    }.items():  # fmt: skip
        if not (values >= -scale).all():
            raise AssertionError(f"{name} falls to {values.min():.3g}")
    if not paths.residual <= tolerance:
        raise AssertionError(f"residual {paths.residual:.3g} exceeds {tolerance:.3g} of output")


def check_supply(economy: Economy, chosen: Drivers, paths: Paths, tolerance: float = 1e-9) -> None:
    """Nobody receives more than was made: what leaves an activity is output and what its stocks give."""
    if paths.stock_change is None:
        raise AssertionError("the model does not state the producers' change of stocks")
    per_year = chosen.calendar.per_year
    negative = np.maximum(-economy.final_domestic, 0.0)
    gives = np.maximum(-economy.stock_change, 0.0) / per_year
    gives = gives + (economy.origin[:, economy.user_pool] * negative[economy.sector]).sum(axis=1) / per_year
    release = chosen.dense("stock_release")
    gives = gives if release is None else gives + np.maximum(release, 0.0)
    sold = paths.output - paths.stock_change
    if not (sold <= paths.output + gives + tolerance * paths.output.max()).all():
        raise AssertionError("an activity delivers more than it makes and holds")
    product = (economy.sector == np.arange(economy.K)[:, None]).astype(float)
    supply = sold @ product.T + paths.imports
    if not (paths.final.sum(axis=2) <= supply + tolerance * supply.max()).all():
        raise AssertionError("final users receive more of a product than is made and imported")


def _close(what: str, one: np.ndarray, other: np.ndarray, allowed: np.ndarray) -> None:
    gap = np.abs(one - other)
    if not (gap <= allowed).all():
        t = int(np.argmax(gap - allowed))
        raise AssertionError(f"{what} differ by {gap[t]:.3g} in period {t}: {one[t]:.12g} against {other[t]:.12g}")
