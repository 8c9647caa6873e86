"""Coarser (or split) classifications by named concordances; every total is kept.

A concordance says which code of the new classification each old code belongs to, wholly or in shares. A code
that goes to several is split into parts of like technology, sales and purchases: the split adds labels, not
knowledge.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ..errors import TableError
from .economy import Codes, Economy

TOLERANCE = 1e-9  # of one, for shares


@dataclass(frozen=True)
class Concordance:
    """``shares[old][new]``: the share of each old code in each new one; each old code's shares sum to one."""

    name: str
    shares: Mapping[str, Mapping[str, float]]

    def __post_init__(self) -> None:
        for old, parts in self.shares.items():
            if not parts or min(parts.values()) <= 0 or abs(sum(parts.values()) - 1.0) > TOLERANCE:
                raise TableError(
                    f"concordance {self.name}: the shares of '{old}' are {dict(parts)}; they must be "
                    "positive and sum to one"
                )

    @classmethod
    def of(cls, name: str, mapping: Mapping[str, str]) -> Concordance:
        """From old code to new code."""
        return cls(name, {old: {new: 1.0} for old, new in mapping.items()})

    @classmethod
    def read(cls, path: str | Path) -> Concordance:
        """From a CSV with columns ``from``, ``to`` and, for splits, ``weight``; named as the file."""
        path = Path(path)
        if not path.is_file():
            raise TableError(f"{path} does not exist")
        shares: dict[str, dict[str, float]] = {}
        with open(path, newline="", encoding="utf-8-sig") as file:
            rows = csv.DictReader(file)
            if not {"from", "to"} <= set(rows.fieldnames or ()):
                raise TableError(f"{path}: header {rows.fieldnames}; it needs from, to and perhaps weight")
            for row in rows:
                old, new = row["from"].strip(), row["to"].strip()
                try:
                    weight = float(row.get("weight") or 1.0)
                except ValueError:
                    place = f"{path}, line {rows.line_num}"
                    raise TableError(f"{place}: weight '{row['weight']}' is not a number") from None
                if new in shares.setdefault(old, {}):
                    raise TableError(f"{path}, line {rows.line_num}: '{old}' goes to '{new}' twice")
                shares[old][new] = weight
        return cls(path.stem, shares)

    @property
    def splits(self) -> bool:
        return any(len(parts) > 1 for parts in self.shares.values())

    def matrix(self, codes: Codes, what: str) -> tuple[tuple[str, ...], np.ndarray]:
        """New codes by first appearance, and the shares (new, old); both code lists must match exactly."""
        missing = [code for code in codes.codes if code not in self.shares]
        extra = [code for code in self.shares if code not in codes.codes]
        if missing or extra:
            raise TableError(
                f"concordance {self.name}: {what} {missing or 'none'} are missing, {extra or 'none'} are "
                "unknown; it must name each code of the economy once"
            )
        new = tuple(dict.fromkeys(part for code in codes.codes for part in self.shares[code]))
        shares = np.zeros((len(new), len(codes)))
        for old, code in enumerate(codes.codes):
            for part, share in self.shares[code].items():
                shares[new.index(part), old] = share
        return new, shares


def aggregate(
    economy: Economy,
    sectors: Concordance | None = None,
    regions: Concordance | None = None,
    ownerships: Concordance | None = None,
) -> Economy:
    """The economy in other classifications.

    Parameters
    ----------
    economy : Economy
    sectors, regions, ownerships : Concordance, optional
        Regions can be put together but not split: nothing says where a part of a region buys.

    Returns
    -------
    Economy
        Output, value added, employment, use, final demand and imports keep their totals, and balance is kept.
        Pools whose buyers come together become one; inside a pool, shares of origin are averages by flow, so
        single flows are exact where each buyer has its own pool and averages where buyers share one. Stocks
        are kept in money, headroom is weighted by output, a criticality is the rating of half steps nearest
        to the mean by use.

    Raises
    ------
    TableError
        If a concordance does not name each code once, or splits regions.
    """
    if regions is not None and regions.splits:
        raise TableError(f"concordance {regions.name} splits a region; regions can only be put together")
    new_sectors, S, dropped_sectors = _dimension(economy.sectors, sectors, "sectors")
    new_regions, R, dropped_regions = _dimension(economy.regions, regions, "regions")
    new_ownerships, W, dropped_ownerships = _dimension(economy.ownerships, ownerships, "ownerships")
    place, G = _activities(economy, S, R, W)
    pools, pool_of = _pools(economy, G)
    member = G > 0
    own_pool = pool_of[economy.pool[member.argmax(axis=1)]]
    user_pool = pool_of[economy.user_pool]
    use_domestic = S @ economy.use_domestic @ G.T
    use_imported = S @ economy.use_imported @ G.T
    final_domestic = S @ economy.final_domestic
    x = G @ economy.x

    def origin(old: np.ndarray) -> np.ndarray:
        return _origin(
            old,
            economy,
            G,
            pool_of,
            len(pools),
            place[0],
            x,
            own_pool,
            user_pool,
            use_domestic,
            final_domestic,
        )

    used = economy.use_domestic + economy.use_imported
    names = [c.name for c in (sectors, regions, ownerships) if c is not None]
    dropped = [*dropped_sectors, *dropped_regions, *dropped_ownerships]
    meta = {**economy.meta, "aggregated": [*economy.meta.get("aggregated", []), *names]}
    if dropped:
        meta["groups_lost_in_aggregation"] = dropped
    return replace(
        economy, name=economy.name, sectors=new_sectors, regions=new_regions, ownerships=new_ownerships,
        sector=place[0], region=place[1], ownership=place[2], pools=pools, pool=own_pool,
        user_region=_user_regions(economy, R), user_pool=user_pool, x=x, use_domestic=use_domestic,
        use_imported=use_imported, origin=origin(economy.origin), final_domestic=final_domestic,
        final_imported=S @ economy.final_imported, stock_change=G @ economy.stock_change,
        value_added=economy.value_added @ G.T, employment=G @ economy.employment,
        cover=_mean(economy.cover, used, S, G), headroom=_by_output(economy.headroom, economy.x, G),
        criticality=np.round(2.0 * _mean(economy.criticality, used, S, G)) / 2.0,
        price_index=_by_output(economy.price_index, np.bincount(economy.sector, economy.x, economy.K), S),
        meta=meta, alternatives={method: origin(shares) for method, shares in economy.alternatives.items()},
    )  # fmt: skip


def _dimension(old: Codes, concordance: Concordance | None, what: str) -> tuple[Codes, np.ndarray, list[str]]:
    """New codes, shares (new, old), and groups that the new codes cut through."""
    if concordance is None:
        return old, np.eye(len(old)), []
    codes, shares = concordance.matrix(old, what)
    groups, dropped = {}, []
    for group in old.groups:
        inside = np.isin(np.arange(len(old)), old.expand(group))
        touched: np.ndarray = (shares[:, inside] > 0).sum(axis=1) > 0
        cut: np.ndarray = (shares[:, ~inside] > 0).sum(axis=1) > 0
        if (touched & cut).any() or group in codes:
            dropped.append(group)
        else:
            groups[group] = tuple(code for code, chosen in zip(codes, touched, strict=True) if chosen)
    known = {code: i for i, code in enumerate(old.codes)}
    english = tuple(old.names_en[known[code]] if code in known else code for code in codes)
    chinese = tuple(old.names_zh[known[code]] if code in known else code for code in codes)
    return Codes(codes, english, chinese, groups), shares, dropped


def _activities(
    economy: Economy, S: np.ndarray, R: np.ndarray, W: np.ndarray
) -> tuple[tuple[np.ndarray, np.ndarray, np.ndarray], np.ndarray]:
    """Coordinates of the new activities by first appearance, and the old ones' shares in them, (new, old)."""
    new: dict[tuple[int, int, int], int] = {}
    entries = []
    for i, (s, r, o) in enumerate(zip(economy.sector, economy.region, economy.ownership, strict=True)):
        for s2 in np.flatnonzero(S[:, s]):
            for r2 in np.flatnonzero(R[:, r]):
                for o2 in np.flatnonzero(W[:, o]):
                    at = new.setdefault((int(s2), int(r2), int(o2)), len(new))
                    entries.append((at, i, S[s2, s] * R[r2, r] * W[o2, o]))
    G = np.zeros((len(new), economy.n))
    for at, i, share in entries:
        G[at, i] = share
    sector, region, ownership = np.array(list(new), dtype=int).T
    return (sector, region, ownership), G


def _pools(economy: Economy, G: np.ndarray) -> tuple[tuple[str, ...], np.ndarray]:
    """New pools and the new pool of each old one: pools with buyers in one new activity come together."""
    leader = np.arange(economy.P)
    for row in G:
        together = np.unique(leader[economy.pool[row > 0]])
        leader[np.isin(leader, together)] = together[0]
    first, pool_of = np.unique(leader, return_inverse=True)
    names = []
    for at in first:
        members = [economy.pools[p] for p in np.flatnonzero(leader == at)]
        names.append("+".join(members) if len(members) <= 3 else f"{members[0]}+{len(members) - 1} more")
    return tuple(names), pool_of


def _origin(
    old: np.ndarray, economy: Economy, G: np.ndarray, pool_of: np.ndarray, P: int, sector: np.ndarray,
    x: np.ndarray, pool: np.ndarray, user_pool: np.ndarray, use: np.ndarray, final: np.ndarray,
) -> np.ndarray:  # fmt: skip
    """Shares of origin that carry the old flows into each new pool; of output where nothing is bought."""
    before = _bought(
        economy.K, economy.P, economy.pool, economy.user_pool, economy.use_domestic, economy.final_domestic
    )
    to_new_pool = (pool_of[:, None] == np.arange(P)).astype(float)
    flows = G @ ((old * before[economy.sector]) @ to_new_pool)
    total = _bought(len(use), P, pool, user_pool, use, final)[sector]
    by_sector = np.bincount(sector, np.maximum(x, 0.0))[sector]
    share = np.divide(x, by_sector, out=np.zeros_like(x), where=by_sector > 0)
    return np.where(total != 0, flows / np.where(total != 0, total, 1.0), share[:, None])


def _bought(K: int, P: int, pool: np.ndarray, user_pool: np.ndarray, use: np.ndarray, final: np.ndarray) -> np.ndarray:
    """Domestic product bought by each pool, (K, P)."""
    bought = np.zeros((P, K))
    np.add.at(bought, pool, use.T)
    np.add.at(bought, user_pool, final.T)
    return bought.T


def _user_regions(economy: Economy, R: np.ndarray) -> np.ndarray:
    home = R.argmax(axis=0)  # each region goes to one
    return np.where(economy.user_region >= 0, home[np.maximum(economy.user_region, 0)], economy.user_region)


def _mean(values: np.ndarray, weights: np.ndarray, S: np.ndarray, G: np.ndarray) -> np.ndarray:
    """Means over (K, n) by weights; plain means where nothing is used."""
    total = S @ weights @ G.T
    plain = (S > 0) @ values @ (G > 0).T / ((S > 0).sum(axis=1)[:, None] * (G > 0).sum(axis=1))
    return np.where(total > 0, S @ (values * weights) @ G.T / np.where(total > 0, total, 1.0), plain)


def _by_output(values: np.ndarray, output: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Means by output; plain means where nothing is made."""
    total = shares @ output
    plain = (shares > 0) @ values / (shares > 0).sum(axis=1)
    return np.where(total > 0, shares @ (values * output) / np.where(total > 0, total, 1.0), plain)
