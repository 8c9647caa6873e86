"""One period of the allocation model as a small linear program.

L  Leontief inverse           (n, n)  of the period's coefficients
x  output that is wanted      (n,)    meets all that is asked for, whatever the limits
y  given up                   (N,)    the decisions: see ``_Columns``
E  demand that y takes away   (n, N)  from activities; output becomes ``x - L E y``

Output, imports and deliveries are linear in y, so every limit is one row over y alone: not the activities but the
limits that could bind make the size of the program. Rows that only a remedy can break (nobody makes or delivers less
than nothing, no remedy overloads another activity) enter when they are broken.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..economy import Economy
from .accounts import Base
from .allocation_limits import PeriodLimits
from .base import DEMAND, INPUT
from .program import Optimum, Program, optimum

BROKEN = 1e-10  # of the size of a limit
ROUNDS = 50  # in which broken limits are added


class Weights(NamedTuple):
    """The objective: what a yuan of each decision costs, on top of the output that it saves."""

    objective: str
    rationing: float
    imports: float
    redirect: float
    rationing_limit: float
    disaster_imports: float
    chosen: bool


class Period(NamedTuple):
    """What is asked for in one period."""

    economy: Economy
    base: Base
    a: np.ndarray  # (K, n) domestic coefficients
    m: np.ndarray  # (K, n) imported ones
    output: np.ndarray  # (n,) that all that is wanted calls for
    home: np.ndarray  # (K, F) domestic products that final users want
    abroad: np.ndarray  # (K, F) imported ones
    limits: PeriodLimits


class Given(NamedTuple):
    """What comes of it."""

    output: np.ndarray  # (n,)
    lost_home: np.ndarray  # (K, F) withheld from final users
    lost_abroad: np.ndarray  # (K, F)
    imported: np.ndarray  # (n,) disaster imports in place of an activity's output
    redirected: np.ndarray  # (n,) deliveries by an activity beyond its base shares of what is bought
    restocked: np.ndarray  # (n,) change of the producers' stocks from the base
    price: np.ndarray  # (n,) gain of the objective per yuan of capacity
    binding: np.ndarray  # (n,) codes of ``models.base``
    scarce: dict[int, float]  # product whose imports are short: gain per yuan
    nearest: bool = True  # among equal optima the nearest to what is wanted


class _Columns(NamedTuple):
    """The decisions, one block after the other; ``at`` gives the slice of each block.

    ration (k, p) final demand for product k of the users in pool p; store (i) stock building of producer i;
    abroad (k) imports of final users; disaster (i) imports in place of i's output; undrawn (i) less taken out of i's
    stocks; up and down (i, p) deliveries from i to pool p, more and less than by the base's shares.
    """

    at: dict[str, slice]
    places: dict[str, tuple[np.ndarray, ...]]
    cost: np.ndarray
    upper: np.ndarray
    weight: np.ndarray
    taken: Any  # E, (n, N) sparse
    arrives: Any  # (K, N) sparse: imports that a yuan adds


class _Row(NamedTuple):
    """A limit: ``(through @ E + direct) y >= need``."""

    key: tuple[Any, ...]
    through: np.ndarray  # (n,) per yuan of demand taken away
    direct: np.ndarray  # (N,)
    need: float
    size: float
    equal: bool = False


def allocate(period: Period, weights: Weights) -> Given | None:
    """The optimum of a period; None where no answer meets all limits. Where no limit binds nothing is given up."""
    n = period.economy.n
    if period.limits.passage is None and not _broken_at(period, period.output, _imports(period, period.output, 0.0)):
        nothing = np.zeros_like(period.home)
        return Given(
            period.output, nothing, nothing, np.zeros(n), np.zeros(n), -period.limits.release, np.zeros(n),
            np.full(n, DEMAND, dtype=np.int16), {},
        )  # fmt: skip
    return _Problem(period, weights).solve()


def _imports(period: Period, output: np.ndarray, more: np.ndarray | float) -> np.ndarray:
    """(K,) intermediate and final."""
    return period.m @ output + period.abroad.sum(axis=1) + more


def _broken_at(period: Period, output: np.ndarray, imports: np.ndarray) -> list[Any]:
    """Limits of capacity, imports and sign that an answer breaks."""
    limits, base = period.limits, period.base
    size = np.maximum(base.x, BROKEN * base.x.max())
    over = np.flatnonzero(output > limits.capacity + BROKEN * np.maximum(size, limits.capacity))
    below = np.flatnonzero(output < -BROKEN * size)
    allowed = limits.come_in * base.imported
    held = np.flatnonzero((limits.come_in < 1.0) & (imports > allowed + BROKEN * np.maximum(base.imported, BROKEN)))
    return (
        [("capacity", int(i)) for i in over] + [("sign", int(i)) for i in below] + [("imports", int(k)) for k in held]
    )


class _Problem:
    """Columns and rows of one period."""

    def __init__(self, period: Period, weights: Weights):
        economy = period.economy
        self.period, self.weights = period, weights
        A = economy.origin[:, economy.pool] * period.a[economy.sector]
        self.L = np.linalg.inv(np.eye(economy.n) - A)
        self.flows = _wanted_flows(period) if weights.chosen else np.zeros((0, 0))
        self.columns = _columns(period, weights, self.L.sum(axis=0), self.flows)
        self.rows: dict[tuple[Any, ...], _Row] = {}

    def solve(self) -> Given | None:
        """Add rows until none is broken."""
        if self.weights.chosen:
            self._add_trade()
        self._add(_broken_at(self.period, self.period.output, _imports(self.period, self.period.output, 0.0)))
        self._add([("imports", int(k)) for k in np.flatnonzero(self.period.limits.come_in < 1.0)])
        for _ in range(ROUNDS):
            answer = optimum(self._program())
            if answer is None:
                return None
            output, imports = self._outcome(answer)
            broken: list[Any] = [key for key in _broken_at(self.period, output, imports) if key not in self.rows]
            broken += self._broken_flows(answer) if self.weights.chosen else []
            if not broken:
                return self._given(answer, output)
            self._add(broken)
        raise ArithmeticError(f"limits were still broken after {ROUNDS} rounds")

    def _program(self) -> Program:
        c = self.columns
        rows = list(self.rows.values())
        relief = np.zeros((len(rows), len(c.cost)))
        for r, row in enumerate(rows):
            relief[r] = c.taken.T @ row.through + row.direct
        return Program(
            c.cost, c.upper, c.weight, relief, np.array([row.need for row in rows]),
            np.array([row.equal for row in rows], dtype=bool), np.array([row.size for row in rows]),
        )  # fmt: skip

    def _outcome(self, answer: Optimum) -> tuple[np.ndarray, np.ndarray]:
        output = self.period.output - self.L @ (self.columns.taken @ answer.given_up)
        return output, _imports(self.period, output, self.columns.arrives @ answer.given_up)

    def _add(self, keys: list[Any]) -> None:
        for key in keys:
            if key not in self.rows:
                self.rows[key] = self._row(key)

    def _row(self, key: tuple[Any, ...]) -> _Row:
        p, c = self.period, self.columns
        none = np.zeros(len(c.cost))
        if key[0] == "capacity":
            i = key[1]
            capacity = p.limits.capacity[i]
            return _Row(key, self.L[i], none, p.output[i] - capacity, max(capacity, p.base.x[i]))
        if key[0] == "sign":
            i = key[1]
            return _Row(key, -self.L[i], none, -p.output[i], p.base.x[i])
        if key[0] == "imports":
            k = key[1]
            direct = -np.asarray(c.arrives[[k]].todense()).ravel()
            need = _imports(p, p.output, 0.0)[k] - p.limits.come_in[k] * p.base.imported[k]
            return _Row(key, p.m[k] @ self.L, direct, need, p.base.imported[k])
        return self._flow_row(key)

    # Deliveries that the program redirects

    def _add_trade(self) -> None:
        """What comes from one origin does not come from another, and closed routes."""
        c, economy, n = self.columns, self.period.economy, self.period.economy.n
        i, pool = c.places["up"]
        pair = economy.sector[i] * economy.P + pool
        for number in np.unique(pair):
            direct = np.zeros(len(c.cost))
            direct[c.at["up"]][pair == number] = 1.0
            direct[c.at["down"]][pair == number] = -1.0
            total = float(self.flows[i[pair == number], pool[pair == number]].sum())
            key = ("origins", int(number))
            self.rows[key] = _Row(key, np.zeros(n), direct, 0.0, total, equal=True)
        if self.period.limits.passage is not None:
            self._add([("passage", int(a), int(b)) for a, b in np.argwhere(self.flows > self._passable())])

    def _passable(self) -> np.ndarray:
        """(n, P) most that gets through; no limit where the route is open."""
        economy, passage = self.period.economy, self.period.limits.passage
        share = np.ones((economy.n, economy.P)) if passage is None else passage[economy.region]
        share = np.where(economy.is_hauled[economy.sector][:, None], share, 1.0)
        return np.where(share < 1.0, share * _base_flows(self.period), np.inf)

    def _flow_row(self, key: tuple[Any, ...]) -> _Row:
        """A delivery from i to pool p: ``o (d - w E y - r) + up - down``, not below zero, not above its passage."""
        (what, i, p), c, economy = key, self.columns, self.period.economy
        k, share = economy.sector[i], economy.origin[i, p]
        buyers = np.flatnonzero(economy.pool == p)
        through = -share * (self.period.a[k, buyers] @ self.L[buyers])
        direct = np.zeros(len(c.cost))
        products, pools = c.places["ration"]
        direct[c.at["ration"]][(products == k) & (pools == p)] = -share
        sellers, places = c.places["up"]
        here = (sellers == i) & (places == p)
        direct[c.at["up"]][here], direct[c.at["down"]][here] = 1.0, -1.0
        flow = float(self.flows[i, p])
        if what == "flow":
            return _Row(key, through, direct, -flow, flow)
        passable = float(self._passable()[i, p])
        return _Row(key, -through, -direct, flow - passable, max(passable, flow))

    def _broken_flows(self, answer: Optimum) -> list[tuple[str, int, int]]:
        c, y, economy = self.columns, answer.given_up, self.period.economy
        bought = _wanted_by_pool(self.period, self._outcome(answer)[0])
        np.subtract.at(bought, c.places["ration"], y[c.at["ration"]])
        flow = economy.origin * bought[economy.sector]
        np.add.at(flow, c.places["up"], y[c.at["up"]] - y[c.at["down"]])
        size = BROKEN * np.maximum(self.flows, BROKEN * self.flows.max())
        negative = [("flow", int(i), int(p)) for i, p in np.argwhere(flow < -size)]
        stopped = [("passage", int(i), int(p)) for i, p in np.argwhere(flow > self._passable() + size)]
        return [key for key in negative + stopped if key not in self.rows]

    # What comes of it

    def _given(self, answer: Optimum, output: np.ndarray) -> Given:
        p, c, y, economy = self.period, self.columns, answer.given_up, self.period.economy
        wanted = np.maximum(p.home, 0.0)
        short = np.zeros((economy.K, economy.P))
        short[c.places["ration"]] = y[c.at["ration"]]
        total = _by_pool(economy, wanted)
        share = np.divide(short, total, out=np.zeros_like(short), where=total > 0)[:, economy.user_pool]
        from_abroad = np.maximum(p.abroad, 0.0)
        held = np.zeros(economy.K)
        held[c.places["abroad"]] = y[c.at["abroad"]]
        total = from_abroad.sum(axis=1)
        held = np.divide(held, total, out=np.zeros_like(held), where=total > 0)
        imported, restocked = np.zeros(economy.n), -p.limits.release.copy()
        imported[c.places["disaster"]] = y[c.at["disaster"]]
        restocked[c.places["store"]] -= y[c.at["store"]]
        restocked[c.places["undrawn"]] += y[c.at["undrawn"]]
        redirected = np.zeros(economy.n)
        if self.weights.chosen:
            np.add.at(redirected, c.places["up"][0], y[c.at["up"]] - y[c.at["down"]])
        price, binding, scarce = self._prices(answer, output)
        return Given(
            output, share * wanted, held[:, None] * from_abroad, imported, redirected, restocked, price, binding,
            scarce, answer.nearest,
        )  # fmt: skip

    def _prices(self, answer: Optimum, output: np.ndarray) -> tuple[np.ndarray, np.ndarray, dict[int, float]]:
        p, n = self.period, self.period.economy.n
        price, binding, scarce = np.zeros(n), np.full(n, DEMAND, dtype=np.int16), {}
        worth = np.zeros(n)
        for key, value in zip(self.rows, answer.price, strict=True):
            if key[0] == "capacity":
                price[key[1]] = value
            elif key[0] == "imports" and value > 1e-9:
                k = key[1]
                scarce[k] = float(value)
                held = value * p.m[k] * (output < p.output * (1.0 - 1e-9))
                binding, worth = np.where(held > worth, INPUT + k, binding).astype(np.int16), np.maximum(worth, held)
        capacity = p.limits.capacity
        full = (output >= capacity * (1.0 - 1e-9)) & (p.output > capacity * (1.0 + 1e-9))
        return price, np.where(full, p.limits.cause, binding).astype(np.int16), scarce


def _by_pool(economy: Economy, final: np.ndarray) -> np.ndarray:
    """(K, P) purchases of the final users of a pool."""
    total = np.zeros((economy.P, economy.K))
    np.add.at(total, economy.user_pool, final.T)
    return total.T


def _wanted_by_pool(period: Period, output: np.ndarray) -> np.ndarray:
    """(K, P) domestic products that a pool buys when output is made and nothing is withheld."""
    economy = period.economy
    bought = _by_pool(economy, period.home).T.copy()
    np.add.at(bought, economy.pool, (period.a * output).T)
    return bought.T.copy()


def _wanted_flows(period: Period) -> np.ndarray:
    """(n, P) deliveries that all that is wanted calls for, by the base's shares."""
    return period.economy.origin * _wanted_by_pool(period, period.output)[period.economy.sector]


def _base_flows(period: Period) -> np.ndarray:
    """(n, P) deliveries of the base."""
    economy, base = period.economy, period.base
    at_base = period._replace(a=base.a, home=base.final_domestic)
    return economy.origin * _wanted_by_pool(at_base, base.x)[economy.sector]


def _columns(period: Period, weights: Weights, chain: np.ndarray, flows: np.ndarray) -> _Columns:
    """All decisions of a period; ``chain`` (n,) is the output of all per unit of final demand for each activity."""
    from scipy.sparse import csc_matrix, hstack

    economy, base, limits = period.economy, period.base, period.limits
    n, K = economy.n, economy.K
    blocks: list[tuple[str, tuple[np.ndarray, ...], np.ndarray, np.ndarray, np.ndarray, Any, Any]] = []

    def add(name: str, places: Any, cost: Any, upper: Any, weight: Any, taken: Any, arrives: Any = None) -> None:
        count = len(places[0])
        arrives = csc_matrix((K, count)) if arrives is None else arrives
        blocks.append((name, places, np.broadcast_to(cost, count), upper, weight, taken, arrives))

    def one(index: np.ndarray, rows: int, value: float = 1.0) -> Any:
        return csc_matrix((np.full(len(index), value), (index, np.arange(len(index)))), shape=(rows, len(index)))

    price = _prices_of(weights, chain)
    wanted = _by_pool(economy, np.maximum(period.home, 0.0))
    places = np.nonzero(wanted > 0)
    drawn_from = np.where(economy.sector[:, None] == places[0], economy.origin[:, places[1]], 0.0)  # (n, ration)
    amount = wanted[places]
    add(
        "ration", places, price["ration"] @ drawn_from, weights.rationing_limit * amount, amount, csc_matrix(drawn_from)
    )

    stored = np.maximum(base.stock_change, 0.0) + np.maximum(-limits.release, 0.0)
    at = np.flatnonzero(stored > 0)
    add("store", (at,), price["ration"][at], weights.rationing_limit * stored[at], stored[at], one(at, n))

    from_abroad = np.maximum(period.abroad, 0.0).sum(axis=1)
    at = np.flatnonzero((from_abroad > 0) & (limits.come_in < 1.0))
    held = weights.rationing_limit * from_abroad[at]
    add("abroad", (at,), price["abroad"], held, from_abroad[at], csc_matrix((n, len(at))), one(at, K, -1.0))

    made = np.bincount(economy.sector, base.x, K)[economy.sector]
    most = np.divide(base.x, made, out=np.zeros(n), where=made > 0) * base.imported[economy.sector]
    most *= weights.disaster_imports
    at = np.flatnonzero(most > 0)
    add("disaster", (at,), price["disaster"][at], most[at], base.x[at], one(at, n), one(economy.sector[at], K))

    sold = (economy.origin[:, economy.user_pool] * np.maximum(-period.home, 0.0)[economy.sector]).sum(axis=1)
    drawn = np.maximum(-base.stock_change, 0.0) + np.maximum(limits.release, 0.0) + sold
    at = np.flatnonzero(drawn > 0)
    add("undrawn", (at,), price["undrawn"][at], drawn[at], drawn[at], one(at, n, -1.0))

    if weights.chosen:
        several = np.zeros((K, economy.P))
        np.add.at(several, economy.sector, (economy.origin > 0).astype(float))
        places = np.nonzero((flows > 0) & (several[economy.sector] > 1))
        flow, pair = flows[places], _wanted_by_pool(period, period.output)[economy.sector[places[0]], places[1]]
        add("up", places, weights.redirect, pair, flow, one(places[0], n, -1.0))
        add("down", places, 0.0, flow, flow, one(places[0], n))

    ends = np.cumsum([0, *(len(block[1][0]) for block in blocks)])
    at_slice = {block[0]: slice(int(a), int(b)) for block, a, b in zip(blocks, ends, ends[1:], strict=False)}
    cost, upper, weight = (np.concatenate([np.asarray(block[j], dtype=float) for block in blocks]) for j in (2, 3, 4))
    taken, arrives = (hstack([block[j] for block in blocks], format="csr") for j in (5, 6))
    return _Columns(at_slice, {block[0]: block[1] for block in blocks}, cost, upper, weight, taken, arrives)


def _prices_of(weights: Weights, chain: np.ndarray) -> dict[str, np.ndarray]:
    """What the objective loses per yuan: of an activity's product (n,) or, for imports, of any."""
    none, one = np.zeros_like(chain), np.ones_like(chain)
    if weights.objective == "gross_output":
        return {"ration": chain, "disaster": chain, "undrawn": chain, "abroad": np.zeros(())}
    if weights.objective == "final_consumption":
        return {"ration": one, "disaster": none, "undrawn": none, "abroad": np.ones(())}
    return {
        "ration": weights.rationing * chain,
        "disaster": weights.imports * chain,
        "undrawn": chain,
        "abroad": np.full((), weights.rationing),
    }
