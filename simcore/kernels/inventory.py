"""Production with inventories, step by step: stocks, capacity, rationing, incomes.

Everything is counted from the base: a sum is its base plus the sum of deviations, a fill ratio is one less a
shortage. Calm is then an exact fixed point: all deviations and shortages are exact zeros.

n activities, K products, P pools of buyers, F final users, R regions, M technologies; flows are yearly, times
in days.

x  base output        (n,)    yuan a year; ``ratio`` is output over it
q  stock of an input  (n, K)  days of the holder's base use; arrivals for the next step are part of it
s  shortage           (n,)    share of its orders that a supplier cannot meet; (K, P): that a pool lacks

Each activity's row of q and of its coefficients lies contiguous in memory, and short loops sweep over it,
each with one output so that it becomes vector instructions. Orders are computed twice instead of stored.
Activities that have enough of every input for the step are found by a cheap screen and need no further look.
Driver arrays have one row a period, or a single neutral row where nothing uses them (see ``row``).
"""

from typing import Any, NamedTuple

import numpy as np
from numba import njit

# Only ``run`` is called from Python: the others need no wrapper, which would cost most of their compile time.
_inner: dict[str, Any] = {
    "nogil": True,
    "error_model": "numpy",
    "no_cpython_wrapper": True,
    "no_cfunc_wrapper": True,
}
_phase = njit(**_inner)
# Sweeps over one row, built into their caller. Minima and maxima become vector instructions where NaN and the
# sign of zero need no care: neither occurs here.
_sweep = njit(**_inner, forceinline=True, fastmath={"nnan", "nsz"})
_total = njit(**_inner, forceinline=True, fastmath={"nnan", "nsz", "reassoc"})

DEMAND, CAPACITY, LABOUR, INPUT = 0, 1, 2, 3  # as in simcore.models.base
DAYS_PER_YEAR = 365.0


class Table(NamedTuple):
    """One economy."""

    sector: np.ndarray  # (n,) int
    region: np.ndarray  # (n,) int
    pool: np.ndarray  # (n,) int
    x: np.ndarray  # (n,)
    inputs: np.ndarray  # (n,) all inputs used
    stored: np.ndarray  # (n,) added to the producer's own stock, where that grows
    drawn: np.ndarray  # (n,) supplied from it, where it shrinks; negative final demand too
    wages: np.ndarray  # (n,)
    headroom: np.ndarray  # (n,)
    origin: np.ndarray  # (n, P)
    kind: np.ndarray  # (n,) int, row of the next four: activities of like technology share one, which stays in cache
    share: np.ndarray  # (M, K) of a product in all inputs, imported ones included
    home: np.ndarray  # (M, K) domestic share of it
    cover: np.ndarray  # (M, K) days
    binds: np.ndarray  # (M, K) criticality
    orders: np.ndarray  # (K, P) domestic, by firms and final users
    by_firms: np.ndarray  # (P, K) of these, by firms
    imported: np.ndarray  # (K,) by firms
    final_home: np.ndarray  # (K, F)
    final_abroad: np.ndarray  # (K, F)
    import_share: np.ndarray  # (K, F)
    hauled: np.ndarray  # (K,) bool, carried by lorries: what passage holds up
    user_pool: np.ndarray  # (F,) int
    user_region: np.ndarray  # (F,) int, -1 abroad


class Rates(NamedTuple):
    """Step and behaviour; a speed is the share of a gap that closes in a step."""

    dt: float  # days
    per_day: float  # 1 / dt, rounded up: a stock of dt days then allows 1 in full
    restock: float  # share of a gap in stocks ordered per day
    learning: float  # speed of the output for which stocks are planned
    overtime: float  # share of headroom that can be added in a step
    settle: float  # speed of consumption
    recall: float  # share of the backlog asked for per day
    waits: float  # share of unmet final demand that waits
    mpc: float
    keep_gain: float  # disposable share of additional pay
    keep_loss: float  # share of lost pay that households feel
    firms_first: int  # 1: what is short is missing to final users before it is missing to firms


class Shocks(NamedTuple):
    """Drivers, one row a period (T) or one neutral row."""

    capacity: np.ndarray  # (T, n)
    labour: np.ndarray  # (T, n)
    floor: np.ndarray  # (T, n)
    listed: np.ndarray  # (T, n) share of the activity that its floor covers
    productivity: np.ndarray  # (T, n)
    capital: np.ndarray  # (T, n) over base output
    release: np.ndarray  # (T, n) yearly
    imports: np.ndarray  # (T, K)
    passage: np.ndarray  # (T, R, P); no rows where unused
    income: np.ndarray  # (T, R) yearly
    want_home: np.ndarray  # (T, K, F) yearly, change of final demand
    want_abroad: np.ndarray  # (T, K, F)
    basket: np.ndarray  # (T, K, F) what one yuan of a region's consumption buys
    coefficient: np.ndarray  # (1 + T, n, K), the base first; or (1, 1, K)
    keep: np.ndarray  # (1 + T, n, K) or (1, M, K): days of stock wanted, for the coefficients of the period


class State(NamedTuple):
    """What one step hands to the next, and scratch arrays."""

    stock: np.ndarray  # (n, K) q
    can_make: np.ndarray  # (n,) capacity over base output
    strength: np.ndarray  # (n,) of it, what is there without overtime and new capital
    cause: np.ndarray  # (n,) CAPACITY or LABOUR
    scarce: np.ndarray  # (n,) 1 where some input, critical or not, may run out in the step
    ratio: np.ndarray  # (n,)
    activity: np.ndarray  # (n,) inputs needed over base inputs: ratio over productivity
    extra: np.ndarray  # (n,) overtime
    target: np.ndarray  # (2, n) expected need of inputs: when the last orders were placed, and now
    plan: np.ndarray  # (2, n) the same, learned slowly: what stocks are kept for
    firm_orders: np.ndarray  # (P, K) domestic, change from base
    firm_imports: np.ndarray  # (K,)
    spending: np.ndarray  # (R,) consumption out of changed income
    pay: np.ndarray  # (R,)
    waiting_home: np.ndarray  # (K, F) backlog, yuan a year times days
    waiting_abroad: np.ndarray  # (K, F)
    ask_home: np.ndarray  # (K, F) new final demand
    ask_abroad: np.ndarray  # (K, F)
    wanted: np.ndarray  # (K, P) all orders, change from base
    change: np.ndarray  # (n,) orders that reach a supplier, change from base
    shortage: np.ndarray  # (n,)
    to_firms: np.ndarray  # (n,) orders of firms at a supplier that falls short
    firms_lack: np.ndarray  # (n,) share of these that it cannot meet
    others_lack: np.ndarray  # (n,) share of all other orders
    lacking: np.ndarray  # (K, P) what final users of a pool do not get
    lacking_rows: np.ndarray  # (P, K) what its firms do not get
    balance: np.ndarray  # (K,) supply less receipts
    more: np.ndarray  # (K,) an activity's orders, change from base
    code: np.ndarray  # (inner steps, n) what bound


class Record(NamedTuple):
    """Sums over a period, changes from base; see ``simcore.models.base.Paths``."""

    output: np.ndarray
    value_added: np.ndarray
    final: np.ndarray
    imports: np.ndarray
    unmet: np.ndarray
    stocks: np.ndarray
    household_income: np.ndarray
    stock_change: np.ndarray
    binding: np.ndarray


@_phase
def row(t, array):
    """The row of period t, or the only one."""
    return t if array.shape[0] > 1 else 0


@njit(cache=True, nogil=True, error_model="numpy")
def run(table, rates, shocks, state, record, periods, steps):
    """All periods; returns the largest gap between supply and receipts of a product, yuan a year."""
    worst = 0.0
    open_stocks(table, rates, state)
    for t in range(periods):
        for step in range(steps):
            plan_capacity(table, rates, shocks, state, t)
            ask_final(table, rates, shocks, state, t)
            ask_suppliers(table, shocks, state, t)
            produce(table, rates, shocks, state, t, step)
            share_out(table, rates, shocks, state, t)
            worst = max(worst, check_balance(table, state))
            deliver_final(table, rates, shocks, state, record, t)
            pay_out(table, rates, shocks, state, record, t)
            add_up(table, rates, shocks, state, record, t)
            before = t - 1 if step == 0 else t  # period in which the arriving orders were placed
            restock(table, rates, shocks, state, before, t)
        close_period(table, rates, state, record, t, steps)
    return worst


@_phase
def open_stocks(table, rates, state):
    """Cover plus the arrivals of the first step."""
    for j in range(table.x.size):
        for k in range(table.cover.shape[1]):
            state.stock[j, k] = table.cover[table.kind[j], k] + rates.dt


@_phase
def plan_capacity(table, rates, shocks, state, t):
    """Labour and capacity hit one output; overtime rises slowly and falls at once."""
    capacity, labour = shocks.capacity[row(t, shocks.capacity)], shocks.labour[row(t, shocks.labour)]
    floor, capital = shocks.floor[row(t, shocks.floor)], shocks.capital[row(t, shocks.capital)]
    listed = shocks.listed[row(t, shocks.listed)]
    productivity = shocks.productivity[row(t, shocks.productivity)]
    for j in range(table.x.size):
        there = min(capacity[j], labour[j])
        state.cause[j] = LABOUR if labour[j] < capacity[j] and there >= floor[j] else CAPACITY
        strength = productivity[j] * (there + listed[j] * max(0.0, floor[j] - there))
        room = min(table.headroom[j], state.extra[j] + table.headroom[j] * rates.overtime)
        state.strength[j] = strength
        state.can_make[j] = max(0.0, strength * (1.0 + room) + capital[j])


@_phase
def ask_final(table, rates, shocks, state, t):
    """Final demand of the step, demand that waited, and the orders that firms placed last."""
    K, F = table.final_home.shape
    home, abroad = shocks.want_home[row(t, shocks.want_home)], shocks.want_abroad[row(t, shocks.want_abroad)]
    basket = shocks.basket[row(t, shocks.basket)]
    for k in range(K):
        for p in range(state.wanted.shape[1]):
            state.wanted[k, p] = state.firm_orders[p, k]
        for f in range(F):
            induced = 0.0
            if table.user_region[f] >= 0:
                induced = basket[k, f] * state.spending[table.user_region[f]]
            at_home = induced * (1.0 - table.import_share[k, f])
            base = table.final_home[k, f]
            state.ask_home[k, f] = max(0.0, base + (home[k, f] + at_home))
            state.ask_abroad[k, f] = max(0.0, table.final_abroad[k, f] + (abroad[k, f] + (induced - at_home)))
            recalled = rates.recall * state.waiting_home[k, f]
            state.wanted[k, table.user_pool[f]] += (state.ask_home[k, f] - base) + recalled


@_phase
def ask_suppliers(table, shocks, state, t):
    """Orders by supplier; what cannot pass to a buyer is not ordered."""
    P = table.origin.shape[1]
    blocked = shocks.passage.shape[0] > 0
    for i in range(table.x.size):
        wanted, orders = state.wanted[table.sector[i]], table.orders[table.sector[i]]
        origin, change = table.origin[i], 0.0
        if blocked and table.hauled[table.sector[i]]:
            passage = shocks.passage[t, table.region[i]]
            for p in range(P):
                change += origin[p] * (passage[p] * wanted[p] - (1.0 - passage[p]) * orders[p])
        else:
            for p in range(P):
                change += origin[p] * wanted[p]
        state.change[i] = change


@_phase
def produce(table, rates, shocks, state, t, step):
    """Output is the least of demand, capacity and inputs; suppliers that fall short note by how much."""
    release = shocks.release[row(t, shocks.release)]
    productivity, capital = (
        shocks.productivity[row(t, shocks.productivity)],
        shocks.capital[row(t, shocks.capital)],
    )
    tech, changed = shocks.coefficient[row(t + 1, shocks.coefficient)], shocks.coefficient.shape[0] > 1
    for j in range(table.x.size):
        x = table.x[j]
        bought = max(0.0, -release[j])  # by the strategic stock
        orders = x + table.drawn[j] + state.change[j] + bought
        need = max(0.0, x + state.change[j] + bought - max(0.0, release[j]))
        state.code[step, j] = DEMAND
        if x <= 0.0:
            state.shortage[j] = min(1.0, need / orders) if orders > 0.0 else 0.0
            continue
        want, can = need / x, state.can_make[j]
        ratio, missing = want, 0.0
        if can < want:
            ratio, state.code[step, j] = can, state.cause[j]
        per_output = 1.0 / productivity[j] if productivity[j] > 0.0 else 0.0
        state.scarce[j] = changed or any_below(state.stock, j, rates.per_day, ratio * per_output)
        if state.scarce[j] and per_output > 0.0:
            allowed, code = tightest(
                state.stock, table.binds, j, table.kind[j], tech, j if changed else 0,
                rates.per_day, ratio * per_output, can * per_output - 1.0,
            )  # fmt: skip
            if allowed * productivity[j] < ratio:
                ratio, state.code[step, j] = allowed * productivity[j], code
        if ratio < want:
            missing = min(1.0, (need - ratio * x) / orders)
        state.ratio[j], state.shortage[j] = ratio, missing
        strength = state.strength[j]
        state.extra[j] = max(0.0, (ratio - capital[j]) / strength - 1.0) if strength > 0.0 else 0.0
        state.activity[j] = ratio * per_output
        state.target[0, j], state.plan[0, j] = state.target[1, j], state.plan[1, j]
        state.target[1, j] = min(want, can) * per_output
        state.plan[1, j] += (state.target[1, j] - state.plan[1, j]) * rates.learning


@_sweep
def any_below(stock, j, per_day, need):
    """Whether some stock of activity j would not last a step."""
    held, below = stock[j], 0
    for k in range(held.size):
        below |= held[k] * per_day < need
    return below != 0


@_sweep
def tightest(stock, binds, j, kind, tech, place, per_day, need, spare):
    """The least that critical inputs allow, in units of base inputs, and the code of the one that does.

    A partly critical input stops that part of the capacity 1 + spare. 1 is allowed exactly where all inputs
    and capacity allow 1.
    """
    held, binds, c = stock[j], binds[kind], tech[place]
    least, code = np.inf, INPUT
    for k in range(held.size):
        enough = held[k] * per_day
        if c[k] != 1.0:
            enough = enough / c[k] if c[k] > 0.0 else np.inf
        if enough < need and binds[k] > 0.0:
            limit = binds[k] * (enough - 1.0) + (1.0 - binds[k]) * spare
            if limit < least:
                least, code = limit, INPUT + k
    return max(0.0, 1.0 + least), code


@_phase
def share_out(table, rates, shocks, state, t):
    """Buyers of a class get the same share of their orders; a pool lacks what its origins are short of."""
    P = table.origin.shape[1]
    blocked = shocks.passage.shape[0] > 0
    state.lacking[:] = 0.0
    state.lacking_rows[:] = 0.0
    for i in range(table.x.size):
        k = table.sector[i]
        hindered = blocked and table.hauled[k]
        split_shortage(table, rates, shocks, state, t, i, hindered)
        if state.shortage[i] > 0.0 or hindered:
            firms, others = state.firms_lack[i], state.others_lack[i]
            for p in range(P):
                passes = shocks.passage[t, table.region[i], p] if hindered else 1.0
                state.lacking[k, p] += table.origin[i, p] * ((1.0 - passes) + passes * others)
                state.lacking_rows[p, k] += table.origin[i, p] * ((1.0 - passes) + passes * firms)
    for k in range(state.lacking.shape[0]):
        for p in range(P):
            state.lacking[k, p] = min(1.0, state.lacking[k, p])
            state.lacking_rows[p, k] = min(1.0, state.lacking_rows[p, k])


@_sweep
def split_shortage(table, rates, shocks, state, t, i, hindered):
    """What a supplier's shortage means for firms and for all others."""
    short = state.shortage[i]
    state.firms_lack[i] = state.others_lack[i] = short
    if short <= 0.0 or not rates.firms_first:
        return
    k, firms = table.sector[i], 0.0
    for p in range(table.origin.shape[1]):
        passes = shocks.passage[t, table.region[i], p] if hindered else 1.0
        firms += table.origin[i, p] * passes * (table.by_firms[p, k] + state.firm_orders[p, k])
    bought = max(0.0, -shocks.release[row(t, shocks.release), i])
    others = table.x[i] + table.drawn[i] + state.change[i] + bought - firms
    missing = short * (firms + others)
    state.to_firms[i] = firms
    state.others_lack[i] = min(1.0, missing / others) if others > 0.0 else 1.0
    state.firms_lack[i] = min(1.0, max(0.0, missing - others) / firms) if firms > 0.0 else 0.0


@_phase
def sold(table, state, i):
    """Deliveries of activity i to all buyers, change from base."""
    reached = table.x[i] + table.drawn[i] - table.stored[i] + state.change[i]
    firms = state.to_firms[i]  # matters only where the classes lack different shares
    return state.change[i] - (state.others_lack[i] * (reached - firms) + state.firms_lack[i] * firms)


@_phase
def check_balance(table, state):
    """Largest gap between what suppliers of a product deliver and what its buyers receive."""
    K, P = state.wanted.shape
    for k in range(K):
        received = 0.0
        for p in range(P):
            firms = table.by_firms[p, k] + state.firm_orders[p, k]
            others = table.orders[k, p] + state.wanted[k, p] - firms
            received += state.wanted[k, p] - (state.lacking[k, p] * others + state.lacking_rows[p, k] * firms)
        state.balance[k] = -received
    for i in range(table.x.size):
        state.balance[table.sector[i]] += sold(table, state, i)
    worst = 0.0
    for k in range(K):
        worst = max(worst, abs(state.balance[k]))
    return worst


@_phase
def deliver_final(table, rates, shocks, state, record, t):
    """Final users get what is left to them; of what is new and missing a share waits, the rest is lost."""
    K, F = table.final_home.shape
    weight = rates.dt / DAYS_PER_YEAR
    come_in = shocks.imports[row(t, shocks.imports)]
    for k in range(K):
        abroad_lacks = 1.0 - come_in[k]
        arrived = state.firm_imports[k] - abroad_lacks * (table.imported[k] + state.firm_imports[k])
        for f in range(F):
            lacks = state.lacking[k, table.user_pool[f]]
            new, recalled = state.ask_home[k, f], rates.recall * state.waiting_home[k, f]
            home = (new - table.final_home[k, f]) + (recalled - lacks * (new + recalled))
            state.waiting_home[k, f] += rates.dt * (rates.waits * lacks * new - (1.0 - lacks) * recalled)
            lost = lacks * new
            new, recalled = state.ask_abroad[k, f], rates.recall * state.waiting_abroad[k, f]
            abroad = (new - table.final_abroad[k, f]) + (recalled - abroad_lacks * (new + recalled))
            state.waiting_abroad[k, f] += rates.dt * (
                rates.waits * abroad_lacks * new - (1.0 - abroad_lacks) * recalled
            )
            lost += abroad_lacks * new
            arrived += abroad
            record.final[t, k, f] += weight * (home + abroad)
            record.unmet[t, k, f] += weight * (1.0 - rates.waits) * lost
        record.imports[t, k] += weight * arrived


@_phase
def pay_out(table, rates, shocks, state, record, t):
    """Disposable pay by region; consumption moves towards what it will buy."""
    weight = rates.dt / DAYS_PER_YEAR
    state.pay[:] = 0.0
    for j in range(table.x.size):
        gain = table.wages[j] * (state.activity[j] - 1.0)
        state.pay[table.region[j]] += gain * (rates.keep_gain if gain > 0.0 else rates.keep_loss)
    income = shocks.income[row(t, shocks.income)]
    for r in range(state.pay.size):
        record.household_income[t, r] += weight * state.pay[r]
        if rates.mpc > 0.0:
            aim = rates.mpc * (state.pay[r] + income[r])
            state.spending[r] += (aim - state.spending[r]) * rates.settle


@_phase
def add_up(table, rates, shocks, state, record, t):
    """Output, value added (output less inputs used) and the producers' own stocks."""
    weight = rates.dt / DAYS_PER_YEAR
    tech, changed = shocks.coefficient[row(t + 1, shocks.coefficient)], shocks.coefficient.shape[0] > 1
    for j in range(table.x.size):
        output = table.x[j] * (state.ratio[j] - 1.0)
        used = table.inputs[j] * (state.activity[j] - 1.0)
        if state.scarce[j]:
            used = table.inputs[j] * used_inputs(
                table.share,
                state.stock,
                j,
                table.kind[j],
                tech,
                j if changed else 0,
                state.activity[j],
                rates.per_day,
            )
        record.output[t, j] += weight * output
        record.value_added[t, j] += weight * (output - used)
        record.stock_change[t, j] += weight * (output - sold(table, state, j))


@_total
def used_inputs(share, stock, j, kind, tech, place, need, per_day):
    """All inputs used, over those of the base, less one."""
    share, held, c, used = share[kind], stock[j], tech[place], 0.0
    for k in range(share.size):
        used += share[k] * (min(c[k] * need, held[k] * per_day) - 1.0)
    return used


@_phase
def restock(table, rates, shocks, state, before, t):
    """Arrivals and use of the step, then the next orders.

    The orders that arrive now were placed with the expectations and technology of ``before``: the same
    expression gives them again, to the bit.
    """
    coefficient, keep = shocks.coefficient, shocks.keep
    closed = 1.0 - shocks.imports[row(t, shocks.imports)]
    tech0, tech1 = coefficient[row(before + 1, coefficient)], coefficient[row(t + 1, coefficient)]
    keep0, keep1 = keep[row(before + 1, keep)], keep[row(t + 1, keep)]
    changed = coefficient.shape[0] > 1
    state.firm_orders[:] = 0.0
    state.firm_imports[:] = 0.0
    for j in range(table.x.size):
        before_now = (state.target[0, j], state.plan[0, j], state.target[1, j], state.plan[1, j])
        kind, pool = table.kind[j], table.pool[j]
        place = j if keep.shape[0] > 1 else kind
        if changed:
            receive_changed(
                state.stock, table.home, state.lacking_rows, closed, keep0, tech0, tech1, j, kind, pool,
                place, before_now, state.activity[j], rates,
            )  # fmt: skip
            order_changed(state.more, state.stock, table.share, keep1, tech1, j, kind, place, before_now, rates)
        else:
            receive(
                state.stock, table.home, state.lacking_rows, closed, keep0, j, kind, pool, place,
                before_now, state.activity[j], rates,
            )  # fmt: skip
            order(state.more, state.stock, table.share, keep1, j, kind, place, before_now, rates)
        pass_on(state.firm_orders, state.firm_imports, state.more, table.inputs[j], table.home, kind, pool)


@_sweep
def order_of(stock, keep, c, target, plan, dt, speed):
    """Expected need and a part of the gap to the wanted stock, arrivals of a step included."""
    return max(0.0, c * target + ((keep * plan + c * (dt * target)) - stock) * speed)


@_sweep
def receive(stock, home, lacking, closed, keep, j, kind, pool, place, expected, need, rates):
    """Orders arrive as far as suppliers and borders let them; firms use what they need or have."""
    held, home, lacking, keep, dt = stock[j], home[kind], lacking[pool], keep[place], rates.dt
    target, plan, speed, per_day = expected[0], expected[1], rates.restock, rates.per_day
    for k in range(held.size):
        q = held[k]
        lost = home[k] * lacking[k] + (1.0 - home[k]) * closed[k]
        arrives = order_of(q, keep[k], 1.0, target, plan, dt, speed) * (1.0 - lost)
        held[k] = max(0.0, q + (arrives - min(need, q * per_day)) * dt)


@_sweep
def order(more, stock, share, keep, j, kind, place, expected, rates):
    """Orders of activity j, change from base over all inputs of the base."""
    held, share, keep = stock[j], share[kind], keep[place]
    target, plan, dt, speed = expected[2], expected[3], rates.dt, rates.restock
    for k in range(held.size):
        more[k] = share[k] * (order_of(held[k], keep[k], 1.0, target, plan, dt, speed) - 1.0)


@_sweep
def receive_changed(stock, home, lacking, closed, keep, tech0, tech1, j, kind, pool, place, expected, need, rates):
    """As ``receive``, with input coefficients that differ from the base."""
    held, home, lacking, keep, dt = stock[j], home[kind], lacking[pool], keep[place], rates.dt
    target, plan, speed, per_day = expected[0], expected[1], rates.restock, rates.per_day
    c0, c1 = tech0[j], tech1[j]
    for k in range(held.size):
        q = held[k]
        lost = home[k] * lacking[k] + (1.0 - home[k]) * closed[k]
        arrives = order_of(q, keep[k], c0[k], target, plan, dt, speed) * (1.0 - lost)
        held[k] = max(0.0, q + (arrives - min(c1[k] * need, q * per_day)) * dt)


@_sweep
def order_changed(more, stock, share, keep, tech, j, kind, place, expected, rates):
    """As ``order``, with input coefficients that differ from the base."""
    held, share, keep, c = stock[j], share[kind], keep[place], tech[j]
    target, plan, dt, speed = expected[2], expected[3], rates.dt, rates.restock
    for k in range(held.size):
        more[k] = share[k] * (order_of(held[k], keep[k], c[k], target, plan, dt, speed) - 1.0)


@_sweep
def pass_on(orders, imports, more, inputs, home, kind, pool):
    """Add an activity's orders to its pool's, and its imports to all imports."""
    orders, home = orders[pool], home[kind]
    for k in range(home.size):
        ordered = inputs * more[k]
        at_home = home[k] * ordered
        orders[k] += at_home
        imports[k] += ordered - at_home


@_phase
def close_period(table, rates, state, record, t, steps):
    """Stocks at the end, and what bound longest (the first of equals)."""
    for j in range(table.x.size):
        kind, weight = table.kind[j], table.inputs[j] / DAYS_PER_YEAR
        for k in range(table.share.shape[1]):
            gained = state.stock[j, k] - (table.cover[kind, k] + rates.dt)
            record.stocks[t, k] += weight * table.share[kind, k] * gained
        most = 0
        for a in range(steps):
            same = 0
            for b in range(steps):
                same += state.code[b, j] == state.code[a, j]
            if same > most:
                most, record.binding[t, j] = same, state.code[a, j]
