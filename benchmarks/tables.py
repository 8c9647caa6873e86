"""Synthetic balanced tables of many regions, the same for simcore and for its peers.

Drawn from a seed, so that every process makes the same table. Shares of origin depend on product and region of use,
not on the buying industry: the pooled form holds on these tables exactly, and the full form must give the same path.
Only numpy is needed until simcore's or pymrio's own object is asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from simcore.calendar import Calendar
    from simcore.drivers import Drivers
    from simcore.economy import Economy

# Regions and sectors by number of activities: the layouts that economists use, from one region of China's table to
# ICIO, WIOD and EXIOBASE in the number of regions and sectors, and smaller ones for tests.
LAYOUTS = {
    6: (2, 3), 12: (3, 4), 24: (4, 6), 42: (1, 42), 48: (4, 12), 55: (1, 55), 120: (10, 12), 180: (5, 36),
    420: (10, 42), 1302: (31, 42), 2464: (44, 56), 7172: (44, 163), 7987: (49, 163),
}  # fmt: skip
EVENT_START, EVENT_LASTS, EVENT_RECOVERS = 5, 5, 355  # days: what is lost is missed all the year
LOSS = 0.3  # of the capacity of the activities that the event hits
STEPS = 365  # days of a run with the event
BUYERS = {"households": 0.7, "government": 0.1, "investment": 0.2}  # of final demand; one pool a region
TOTAL = 1e6  # money a year, gross output of all activities


class Flows(NamedTuple):
    """A balanced table: region r, sector k is activity ``r * K + k``; money a year."""

    x: np.ndarray  # (n,) gross output
    use: np.ndarray  # (K, n) product k bought by activity j
    origin: np.ndarray  # (n, 2 R) share of activity i in what a region's firms, then its final users, buy of a product
    final: np.ndarray  # (K, R) product k bought by the final users of a region


def flows(regions: int, sectors: int, seed: int = 0) -> Flows:
    """Draw a table in which each region makes every product."""
    rng = np.random.default_rng(seed)
    R, K = regions, sectors
    # Column sums between 0.35 and 0.65: every economy of this kind is productive.
    national = rng.gamma(0.6, 1.0, (K, K)) * (rng.random((K, K)) < 0.85)
    national[np.diag_indices(K)] += 0.3
    national *= rng.uniform(0.35, 0.65, K) / national.sum(axis=0)
    regional = national * rng.uniform(0.8, 1.2, (R, K, K))
    regional *= (national.sum(axis=0) / regional.sum(axis=1))[:, None, :]
    a = regional.transpose(1, 0, 2).reshape(K, R * K)
    weight = rng.lognormal(0.0, 0.8, R)
    weight /= weight.sum()
    origin = np.concatenate([_shares(rng, weight, K, home) for home in (0.80, 0.85)], axis=2).reshape(R * K, 2 * R)
    final = (weight[:, None] * rng.gamma(1.2, 1.0, K) * rng.uniform(0.7, 1.3, (R, K))).T
    x = _output(a, origin, final)
    scale = TOTAL / x.sum()
    return Flows(x * scale, a * x * scale, origin, final * scale)


def _shares(rng: np.random.Generator, weight: np.ndarray, K: int, home: float) -> np.ndarray:
    """(R, K, R) share of each region of origin in product k bought in each region."""
    R = len(weight)
    if R == 1:
        return np.ones((1, K, 1))
    away = weight[:, None, None] * rng.lognormal(0.0, 0.7, (R, K, R))
    away[np.arange(R), :, np.arange(R)] = 0.0
    at_home = np.clip(home + rng.normal(0.0, 0.1, (K, R)), 0.3, 0.98)
    share = away / away.sum(axis=0) * (1.0 - at_home)
    share[np.arange(R), :, np.arange(R)] = at_home.T
    return share


def _output(a: np.ndarray, origin: np.ndarray, final: np.ndarray) -> np.ndarray:
    """Output that meets final demand, by rounds of spending: what is left shrinks to 0.65 of itself or less each."""
    K, R = final.shape
    added = _sold(origin[:, R:], final)
    x = added.copy()
    while added.sum() > 1e-17 * x.sum():
        bought = (a * added).reshape(K, R, K).sum(axis=2)
        added = _sold(origin[:, :R], bought)
        x += added
    return x


def _sold(origin: np.ndarray, bought: np.ndarray) -> np.ndarray:
    """(n,) sales of each activity when the pools buy ``bought`` (K, R)."""
    R, K = bought.shape[1], bought.shape[0]
    return (origin.reshape(R, K, R) * bought).sum(axis=2).reshape(R * K)


def matrices(table: Flows) -> tuple[np.ndarray, np.ndarray]:
    """Intermediate flows Z (n, n) and final demand Y (n, R) of a table, as peers read them."""
    K, R = table.final.shape
    n = R * K
    Z = np.empty((n, n))
    for r in range(R):
        columns = slice(r * K, (r + 1) * K)
        np.multiply(table.origin[:, r, None], np.tile(table.use[:, columns], (R, 1)), out=Z[:, columns])
    return Z, table.origin[:, R:] * np.tile(table.final, (R, 1))


def labels(regions: int, sectors: int) -> tuple[list[str], list[str]]:
    """Codes of regions and sectors, padded with zeros: peers sort by letters."""
    return [f"R{r:02d}" for r in range(regions)], [f"S{k:03d}" for k in range(sectors)]


def pymrio_table(regions: int, sectors: int) -> Any:
    """The table as pymrio's ``IOSystem``."""
    import pandas as pd
    import pymrio

    Z, Y = matrices(flows(regions, sectors))
    region, sector = labels(regions, sectors)
    activities = pd.MultiIndex.from_product([region, sector], names=["region", "sector"])
    users = pd.MultiIndex.from_product([region, ["households"]], names=["region", "category"])
    io = pymrio.IOSystem(
        Z=pd.DataFrame(Z, index=activities, columns=activities), Y=pd.DataFrame(Y, index=activities, columns=users)
    )
    io.x = pd.DataFrame(Z.sum(axis=1) + Y.sum(axis=1), index=activities, columns=["indout"])
    io.A = pymrio.calc_A(io.Z, io.x)
    return io


def economy(n: int) -> Economy:
    """The table with ``n`` activities in pooled form, a pool for each region's firms and one for its final users.

    A month of use of each input is in stock, every input that is used is critical, a fifth of inputs counts half.
    """
    from simcore.economy import CATEGORIES, Codes, Economy

    R, K = LAYOUTS[n]
    table = flows(R, K)
    region_codes, sector_codes = (Codes(tuple(codes), tuple(codes), tuple(codes)) for codes in labels(R, K))
    region, sector = np.repeat(np.arange(R), K), np.tile(np.arange(K), R)
    used = table.use > 0.0
    half = np.random.default_rng(1).random((K, n)) < 0.2
    parts = np.array([0.5, 0.1, 0.15, 0.25])[:, None]
    return Economy(
        name=f"synthetic {n}", version=1, unit="bn yuan", base_year=2022, price_year=2022,
        sectors=sector_codes, regions=region_codes, ownerships=Codes(("all",), ("all",), ("all",)),
        sector=sector, region=region, ownership=np.zeros(n, dtype=int),
        pools=(*(f"firms {r}" for r in region_codes.codes), *(f"users {r}" for r in region_codes.codes)), pool=region,
        user_category=np.repeat([CATEGORIES.index(name) for name in BUYERS], R),
        user_region=np.tile(np.arange(R), len(BUYERS)), user_pool=np.tile(R + np.arange(R), len(BUYERS)),
        x=table.x, use_domestic=table.use, use_imported=np.zeros((K, n)), origin=table.origin,
        final_domestic=np.hstack([share * table.final for share in BUYERS.values()]),
        final_imported=np.zeros((K, len(BUYERS) * R)), stock_change=np.zeros(n),
        value_added=parts * (table.x - table.use.sum(axis=0)),
        value_added_names=("compensation", "net_taxes", "depreciation", "operating_surplus"),
        employment=table.x / 100.0, cover=np.full((K, n), 30.0), headroom=np.full(n, 0.02),
        criticality=np.where(half, 0.5, 1.0) * used, price_index=np.ones(K), meta={"note": "drawn from a seed"},
    )  # fmt: skip


def calendar(steps: int = STEPS) -> Calendar:
    """Days, one step a day, from the first of January 2022."""
    from simcore.calendar import Calendar, Period

    return Calendar(Period.parse("2022-01-01"), steps, 1)


def event(chosen: Economy, days: Calendar, channel: str = "capacity", loss: float = LOSS) -> Drivers:
    """The first quarter of the first region's sectors loses a part of its capacity, for days, and recovers."""
    from simcore.drivers import Drivers

    hit = np.zeros(chosen.n)
    hit[: max(1, chosen.K // 4)] = -loss
    return Drivers.calm(chosen, days).having("shock:event", channel, event_profile(days.periods), hit)


def event_profile(steps: int) -> np.ndarray:
    """(steps,) share of the loss that is there on each day: in full, then fading in a straight line."""
    since = np.arange(steps) - EVENT_START
    fading = 1.0 - (since - EVENT_LASTS) / EVENT_RECOVERS
    return np.where(since < 0, 0.0, np.clip(fading, 0.0, 1.0))
