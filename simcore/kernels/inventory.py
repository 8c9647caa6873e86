"""Production with inventories, step by step: stocks, capacity, rationing, incomes.

Everything is counted from the base: a sum is its base plus the sum of deviations, a fill ratio is one less a
shortage. Calm is then an exact fixed point: all deviations and shortages are exact zeros.

n activities, K products, P pools of buyers, F final users, R regions; flows are yearly, times in days.

x   base output         (n,)    yuan a year; ``ratio`` is output over it
q   stock of an input   (n, K)  days of the holder's base use; arrivals for the next step are part of it
s   shortage            (n,)    share of its orders that a supplier cannot meet; (K, P) that a pool does not get

Each activity's row of q and of its coefficients lies contiguous in memory, and short loops sweep over it, each with one
output so that it becomes vector instructions. Orders are computed twice instead of stored. Inputs of which every unit that
capacity could use is at hand are found by a cheap screen and need no further look.
Driver arrays have one row a period, or a single neutral row where nothing uses them (see ``row``).
"""

from typing import NamedTuple

import numpy as np
from numba import njit

# Only ``run`` is called from Python: the others need no wrapper, which would cost most of their compile time.
_inner = {"nogil": True, "error_model": "numpy", "no_cpython_wrapper": True, "no_cfunc_wrapper": True}
_phase = njit(**_inner)
# Sweeps over one row, built into their caller. Minima and maxima become vector instructions where NaN and the sign of
# zero need no care: neither occurs here.
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
    use: np.ndarray  # (n, K) domestic and imported
    home: np.ndarray  # (n, K) domestic share of it
    cover: np.ndarray  # (n, K) days
    binds: np.ndarray  # (n, K) criticality
    orders: np.ndarray  # (K, P) domestic, by firms and final users
    imported: np.ndarray  # (K,) by firms
    final_home: np.ndarray  # (K, F)
    final_abroad: np.ndarray  # (K, F)
    import_share: np.ndarray  # (K, F)
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


class Shocks(NamedTuple):
    """Drivers, one row a period (T) or one neutral row."""

    capacity: np.ndarray  # (T, n)
    labour: np.ndarray  # (T, n)
    floor: np.ndarray  # (T, n)
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
    keep: np.ndarray  # (1 + T, n, K) or (1, n, K): days of stock wanted, for the coefficients of the period


class State(NamedTuple):
    """What one step hands to the next, and scratch arrays."""

    stock: np.ndarray  # (n, K) q
    can_make: np.ndarray  # (n,) capacity over base output
    strength: np.ndarray  # (n,) of it, what is there without overtime and new capital
    cause: np.ndarray  # (n,) CAPACITY or LABOUR
    allowed: np.ndarray  # (n,) what inputs allow, in units of base inputs
    bottleneck: np.ndarray  # (n,) int, the input that allows least, where one binds
    scarce: np.ndarray  # (n,) 1 where some input, critical or not, is less than capacity could use
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
    lacking: np.ndarray  # (K, P)
    lacking_rows: np.ndarray  # (P, K) the same, transposed for the sweep over inputs
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
    plan_capacity(table, rates, shocks, state, 0)
    limit_by_inputs(table, rates, shocks, state, 0)
    for t in range(periods):
        for step in range(steps):
            ask_final(table, rates, shocks, state, t)
            ask_suppliers(table, shocks, state, t)
            produce(table, rates, shocks, state, t, step)
            share_out(table, shocks, state, t)
            worst = max(worst, check_balance(table, shocks, state, t))
            deliver_final(table, rates, shocks, state, record, t)
            pay_out(table, rates, shocks, state, record, t)
            add_up(table, rates, shocks, state, record, t)
            upcoming = t + 1 if step == steps - 1 and t < periods - 1 else t
            before = t - 1 if step == 0 else t  # period in which the arriving orders were placed
            plan_capacity(table, rates, shocks, state, upcoming)
            restock(table, rates, shocks, state, before, t)
            limit_by_inputs(table, rates, shocks, state, upcoming)
        close_period(table, rates, state, record, t, steps)
    return worst


@_phase
def open_stocks(table, rates, state):
    """Cover plus the arrivals of the first step."""
    for j in range(table.x.size):
        for k in range(table.cover.shape[1]):
            state.stock[j, k] = table.cover[j, k] + rates.dt


@_phase
def plan_capacity(table, rates, shocks, state, t):
    """Labour and capacity hit one output; overtime rises slowly and falls at once."""
    capacity, labour = shocks.capacity[row(t, shocks.capacity)], shocks.labour[row(t, shocks.labour)]
    floor, capital = shocks.floor[row(t, shocks.floor)], shocks.capital[row(t, shocks.capital)]
    productivity = shocks.productivity[row(t, shocks.productivity)]
    for j in range(table.x.size):
        there = min(capacity[j], labour[j])
        state.cause[j] = LABOUR if labour[j] < capacity[j] and there >= floor[j] else CAPACITY
        strength = productivity[j] * max(there, floor[j])
        room = min(table.headroom[j], state.extra[j] + table.headroom[j] * rates.overtime)
        state.strength[j] = strength
        state.can_make[j] = max(0.0, strength * (1.0 + room) + capital[j])


@_phase
def limit_by_inputs(table, rates, shocks, state, t):
    """What stocks and arrivals allow each activity, in units of its base inputs, and by which input."""
    productivity = shocks.productivity[row(t, shocks.productivity)]
    tech, changed = shocks.coefficient[row(t + 1, shocks.coefficient)], shocks.coefficient.shape[0] > 1
    for j in range(table.x.size):
        state.allowed[j], state.scarce[j] = np.inf, 0
        could_use = state.can_make[j] / productivity[j] if productivity[j] > 0.0 else 1.0
        if changed or any_below(state.stock, j, rates.per_day, could_use):
            state.scarce[j] = 1
            place = j if changed else 0
            state.allowed[j], state.bottleneck[j] = tightest(
                state.stock, table.binds, j, tech, place, rates.per_day, could_use
            )


@_sweep
def any_below(stock, j, per_day, could_use):
    """Whether some stock would not last a step at full use."""
    held, below = stock[j], 0
    for k in range(held.size):
        below |= held[k] * per_day < could_use
    return below != 0


@_sweep
def tightest(stock, binds, j, tech, place, per_day, could_use):
    """The least that critical inputs allow, and which does; a partly critical one stops that part of the capacity.

    1 is allowed exactly where all inputs and capacity allow 1.
    """
    held, binds, c = stock[j], binds[j], tech[place]
    spare, least, which = could_use - 1.0, np.inf, 0
    for k in range(held.size):
        enough = held[k] * per_day
        if c[k] != 1.0:
            enough = enough / c[k] if c[k] > 0.0 else np.inf
        if enough < could_use and binds[k] > 0.0:
            limit = binds[k] * (enough - 1.0) + (1.0 - binds[k]) * spare
            if limit < least:
                least, which = limit, k
    return max(0.0, 1.0 + least), which


@_phase
def ask_final(table, rates, shocks, state, t):
    """Final demand of the step, waiting demand, and the orders that firms placed at the end of the last step."""
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
        if blocked:
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
    productivity, capital = shocks.productivity[row(t, shocks.productivity)], shocks.capital[row(t, shocks.capital)]
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
        inputs = productivity[j] * state.allowed[j] if productivity[j] > 0.0 else 0.0
        ratio, missing = want, 0.0
        if want > can or want > inputs:
            ratio = min(can, inputs)
            missing = min(1.0, (need - ratio * x) / orders)
            state.code[step, j] = state.cause[j] if can <= inputs else INPUT + state.bottleneck[j]
        state.ratio[j], state.shortage[j] = ratio, missing
        strength = state.strength[j]
        state.extra[j] = max(0.0, (ratio - capital[j]) / strength - 1.0) if strength > 0.0 else 0.0
        per_output = 1.0 / productivity[j] if productivity[j] > 0.0 else 0.0
        state.activity[j] = ratio * per_output
        state.target[0, j], state.plan[0, j] = state.target[1, j], state.plan[1, j]
        state.target[1, j] = min(want, can) * per_output
        state.plan[1, j] += (state.target[1, j] - state.plan[1, j]) * rates.learning


@_phase
def share_out(table, shocks, state, t):
    """Every buyer of a supplier gets the same share; a pool lacks the weighted shortages of its origins."""
    P = table.origin.shape[1]
    blocked = shocks.passage.shape[0] > 0
    state.lacking[:] = 0.0
    for i in range(table.x.size):
        short = state.shortage[i]
        if short > 0.0 or blocked:
            lacking, origin = state.lacking[table.sector[i]], table.origin[i]
            if blocked:
                passage = shocks.passage[t, table.region[i]]
                for p in range(P):
                    lacking[p] += origin[p] * ((1.0 - passage[p]) + passage[p] * short)
            else:
                for p in range(P):
                    lacking[p] += origin[p] * short
    for k in range(state.lacking.shape[0]):
        for p in range(P):
            state.lacking[k, p] = min(1.0, state.lacking[k, p])
            state.lacking_rows[p, k] = state.lacking[k, p]


@_phase
def sold(table, shocks, state, t, i):
    """Deliveries of activity i to all buyers, change from base."""
    reached = table.x[i] + table.drawn[i] - table.stored[i] + state.change[i]
    return state.change[i] - state.shortage[i] * reached


@_phase
def check_balance(table, shocks, state, t):
    """Largest gap between what suppliers of a product deliver and what its buyers receive."""
    K, P = state.wanted.shape
    for k in range(K):
        received = 0.0
        for p in range(P):
            received += state.wanted[k, p] - state.lacking[k, p] * (table.orders[k, p] + state.wanted[k, p])
        state.balance[k] = -received
    for i in range(table.x.size):
        state.balance[table.sector[i]] += sold(table, shocks, state, t, i)
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
            used = used_inputs(table.use, state.stock, j, tech, j if changed else 0, state.activity[j], rates.per_day)
        record.output[t, j] += weight * output
        record.value_added[t, j] += weight * (output - used)
        record.stock_change[t, j] += weight * (output - sold(table, shocks, state, t, j))


@_total
def used_inputs(use, stock, j, tech, place, need, per_day):
    """All inputs used, change from base."""
    use, held, c, used = use[j], stock[j], tech[place], 0.0
    for k in range(use.size):
        used += use[k] * (min(c[k] * need, held[k] * per_day) - 1.0)
    return used


@_phase
def restock(table, rates, shocks, state, before, t):
    """Arrivals and use of the step, then the next orders.

    The orders that arrive now were placed with the expectations and technology of ``before``: the same expression
    gives them again, to the bit.
    """
    coefficient, keep = shocks.coefficient, shocks.keep
    closed = 1.0 - shocks.imports[row(t, shocks.imports)]
    tech0, tech1 = coefficient[row(before + 1, coefficient)], coefficient[row(t + 1, coefficient)]
    keep0, keep1 = keep[row(before + 1, keep)], keep[row(t + 1, keep)]
    state.firm_orders[:] = 0.0
    state.firm_imports[:] = 0.0
    for j in range(table.x.size):
        place, pool = j if coefficient.shape[0] > 1 else 0, table.pool[j]
        receive_and_use(
            state.stock, table.home, state.lacking_rows, closed, keep0, tech0, tech1, j, pool, place,
            state.target[0, j], state.plan[0, j], state.activity[j], rates.dt, rates.per_day, rates.restock,
        )  # fmt: skip
        place_orders(
            state.more, state.stock, table.use, keep1, tech1, j, place,
            state.target[1, j], state.plan[1, j], rates.dt, rates.restock,
        )  # fmt: skip
        pass_on(state.firm_orders, state.firm_imports, state.more, table.home, j, pool)


@_sweep
def order_of(stock, keep, c, target, plan, dt, speed):
    """Expected need and a part of the gap to the wanted stock, arrivals of a step included."""
    return max(0.0, c * target + ((keep * plan + c * (dt * target)) - stock) * speed)


@_sweep
def receive_and_use(
    stock, home, lacking, closed, keep, tech0, tech1, j, pool, place, target, plan, need, dt, per_day, speed
):
    """Orders arrive as far as suppliers and borders let them; firms use what they need or have."""
    held, home, lacking, keep, c0, c1 = stock[j], home[j], lacking[pool], keep[j], tech0[place], tech1[place]
    for k in range(held.size):
        q = held[k]
        lost = home[k] * lacking[k] + (1.0 - home[k]) * closed[k]
        arrives = order_of(q, keep[k], c0[k], target, plan, dt, speed) * (1.0 - lost)
        held[k] = max(0.0, q + (arrives - min(c1[k] * need, q * per_day)) * dt)


@_sweep
def place_orders(more, stock, use, keep, tech, j, place, target, plan, dt, speed):
    """Orders of activity j, change from base."""
    held, use, keep, c = stock[j], use[j], keep[j], tech[place]
    for k in range(held.size):
        more[k] = use[k] * (order_of(held[k], keep[k], c[k], target, plan, dt, speed) - 1.0)


@_sweep
def pass_on(orders, imports, more, home, j, pool):
    """Add an activity's orders to its pool's, and its imports to all imports."""
    orders, home = orders[pool], home[j]
    for k in range(home.size):
        at_home = home[k] * more[k]
        orders[k] += at_home
        imports[k] += more[k] - at_home


@_phase
def close_period(table, rates, state, record, t, steps):
    """Stocks at the end, and what bound longest (the first of equals)."""
    n, K = table.use.shape
    for j in range(n):
        for k in range(K):
            gained = state.stock[j, k] - (table.cover[j, k] + rates.dt)
            record.stocks[t, k] += table.use[j, k] * gained / DAYS_PER_YEAR
        most = 0
        for a in range(steps):
            same = 0
            for b in range(steps):
                same += state.code[b, j] == state.code[a, j]
            if same > most:
                most, record.binding[t, j] = same, state.code[a, j]
