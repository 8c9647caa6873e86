"""Stocks and orders: what arrives and what is used in a step, and what firms order next.

Letters, arrays and units as in ``inventory_state``. Orders are computed twice instead of stored, from the same
expression, and written as their change from base: what an activity orders of each of its inputs over what it uses of
it in the base, less one. Sweeps take whole arrays and the number of a row: to cut out a row costs more than to work
on it. They count in the precision of stocks.
"""

from .imports import add_turned, lacking_turned
from .inventory_state import DAYS_PER_YEAR, phase, row, sweep, total


@phase
def restock(table, rates, shocks, state, rules, market, before, t):
    """Arrivals and use of the step, then the next orders.

    The orders that arrive now were placed with the expectations and technology of ``before``.
    """
    coefficient, keep = shocks.coefficient, shocks.keep
    tech0, tech1 = coefficient[row(before + 1, coefficient)], coefficient[row(t + 1, coefficient)]
    keep0, keep1 = keep[row(before + 1, keep)], keep[row(t + 1, keep)]
    changed, own_keep = coefficient.shape[0] > 1, keep.shape[0] > 1
    stock, ordered, takes, nothing = state.stock, state.sweep[0], state.sweep[1], state.sweep[3]
    state.firm_orders[:] = 0.0
    state.firm_imports[:] = 0.0
    ordered[:] = 0.0
    nothing[:] = 0.0
    abroad_short = any_short(state)
    simple = market is None and not (changed or own_keep)
    if rules is not None:
        simple &= rules.plain != 0
    for g in range(table.group_kind.size):
        kind, pool = table.group_kind[g], table.group_pool[g]
        lacks = nothing
        if abroad_short or state.short[pool]:
            lacks = state.sweep[2]
            if market is not None and market.turns:
                lacking_turned(lacks, table.home, kind, market.firm_turn, state.pool_lacks, state.abroad_lacks, pool)
            else:
                lacking(lacks, table.home, kind, state.pool_lacks, pool, state.abroad_lacks)
        if simple and table.start[g + 1] == table.start[g] + 1 and not table.abroad[kind]:
            j = table.member[table.start[g]]
            if rules is not None:
                note_use(table, state, rules, kind, j, tech1, 0, False, rates)
            renew_alone(
                stock, j, state.firm_orders, pool, lacks, table.domestic, kind, keep1, table.shelf[j],
                (state.target[0, j], state.plan[0, j]), (state.target[1, j], state.plan[1, j]), state.activity[j],
                table.inputs[j], rates,
            )  # fmt: skip
            continue
        for place in range(table.start[g], table.start[g + 1]):
            j = table.member[place]
            now = (state.target[1, j], state.plan[1, j])
            then = (state.target[0, j], state.plan[0, j])
            need, inputs = state.activity[j], table.inputs[j]
            aims, tech = j if own_keep else table.shelf[j], j if changed else 0
            if rules is not None and rules.plain == 0:
                renew_by_rules(
                    stock, j, ordered, takes, lacks, kind, keep0, keep1, aims, tech0, tech1, tech,
                    (rules.expected[0, j], *then), (rules.expected[1, j], *now), need, inputs, rates,
                    rules.refill, rules.run_down, rules.as_they_arrive,
                )  # fmt: skip
                rules.used[j] = weighted(table.share, kind, takes)
                continue
            if rules is not None:
                note_use(table, state, rules, kind, j, tech1, tech, changed, rates)
            if changed:
                renew_changed(
                    stock, j, ordered, lacks, keep0, keep1, aims, tech0, tech1, then, now, need, inputs, rates
                )
            else:
                renew(stock, j, ordered, lacks, keep0, keep1, aims, then, now, need, inputs, rates)
        if market is not None and market.turns:
            add_turned(
                state.firm_orders, pool, state.firm_imports, ordered, market.bought[g], table.share, table.home, kind,
                market.firm_turn,
            )  # fmt: skip
        else:
            if table.abroad[kind]:
                add_imports(state.firm_imports, ordered, table.foreign, kind)
            add_orders(state.firm_orders, pool, ordered, table.domestic, kind)


@sweep
def note_use(table, state, rules, kind, j, coefficient, tech, changed, rates):
    """All inputs that an activity uses in the step, over those of the base, less one."""
    need = state.activity[j]
    rules.used[j] = need - 1.0
    if changed or state.scarce[j]:
        rules.used[j] = used_inputs(table.share, kind, state.stock, j, coefficient, tech, need, rates.per_day)


@phase
def any_short(state):
    """Note which pools lack something of their orders; whether some imports do not come in."""
    for p in range(state.short.size):
        state.short[p] = some(state.pool_lacks, p)
    abroad = 0
    for k in range(state.abroad_lacks.size):
        abroad |= state.abroad_lacks[k] > 0.0
    return abroad != 0


@sweep
def some(lacks, p):
    """Whether anything in a row is above zero."""
    found = 0
    for k in range(lacks.shape[1]):
        found |= lacks[p, k] > 0.0
    return found != 0


@sweep
def lacking(lacks, home, kind, pool_lacks, pool, abroad_lacks):
    """Share of its orders that a group does not receive."""
    for k in range(lacks.size):
        lacks[k] = home[kind, k] * pool_lacks[pool, k] + (1.0 - home[kind, k]) * abroad_lacks[k]


@sweep
def order_of(stock, keep, c, expected, dt, speed, one):
    """Expected need and a part of the gap to the wanted stock, arrivals of a step included; change from base."""
    target, plan = expected
    return max(-one, (c * target - one) + ((keep * plan + c * (dt * target)) - stock) * speed)


@sweep
def renew(stock, j, ordered, lacks, keep0, keep1, aims, then, now, need, inputs, rates):
    """Take in and order with the input coefficients of the base: firms use what they need or have, keep the rest."""
    real = stock.dtype.type
    one, none, dt, speed, per_day = real(1.0), real(0.0), real(rates.dt), real(rates.restock), real(rates.per_day)
    then, now = (real(then[0]), real(then[1])), (real(now[0]), real(now[1]))
    need, inputs = real(need), real(inputs)
    for k in range(stock.shape[1]):
        q = stock[j, k]
        more = order_of(q, keep0[aims, k], one, then, dt, speed, one)
        more -= lacks[k] * (one + more)
        q = max(none, q + (more + (one - min(need, q * per_day))) * dt)
        stock[j, k] = q
        ordered[k] += inputs * order_of(q, keep1[aims, k], one, now, dt, speed, one)


@sweep
def renew_alone(stock, j, firm_orders, pool, lacks, domestic, kind, keep, aims, then, now, need, inputs, rates):
    """The same for a group of one activity that buys at home only: its orders go to the pool at once."""
    real = stock.dtype.type
    one, none, dt, speed, per_day = real(1.0), real(0.0), real(rates.dt), real(rates.restock), real(rates.per_day)
    then, now = (real(then[0]), real(then[1])), (real(now[0]), real(now[1]))
    need, inputs = real(need), real(inputs)
    for k in range(stock.shape[1]):
        q = stock[j, k]
        more = order_of(q, keep[aims, k], one, then, dt, speed, one)
        more -= lacks[k] * (one + more)
        q = max(none, q + (more + (one - min(need, q * per_day))) * dt)
        stock[j, k] = q
        firm_orders[pool, k] += domestic[kind, k] * (inputs * order_of(q, keep[aims, k], one, now, dt, speed, one))


@sweep
def renew_changed(stock, j, ordered, lacks, keep0, keep1, aims, tech0, tech1, then, now, need, inputs, rates):
    """Take in and order with coefficients of the activity's own, those of the last order and of the period."""
    real = stock.dtype.type
    one, none, dt, speed, per_day = real(1.0), real(0.0), real(rates.dt), real(rates.restock), real(rates.per_day)
    then, now = (real(then[0]), real(then[1])), (real(now[0]), real(now[1]))
    need, inputs = real(need), real(inputs)
    for k in range(stock.shape[1]):
        q, c = stock[j, k], tech1[j, k]
        more = order_of(q, keep0[aims, k], tech0[j, k], then, dt, speed, one)
        more -= lacks[k] * (one + more)
        q = max(none, q + (more + (one - min(c * need, q * per_day))) * dt)
        stock[j, k] = q
        ordered[k] += inputs * order_of(q, keep1[aims, k], c, now, dt, speed, one)


@sweep
def order_by_rules(stock, keep, c, aim, dt, up, down, one):
    """Expected need and a part of the gap to the wanted stock; a surplus has a speed of its own.

    ``aim`` is the activity to order for, and the last and the learned one to keep stocks for.
    """
    expected, last, plan = aim
    gap = (keep * plan + c * (dt * last)) - stock
    return max(-one, (c * expected - one) + gap * (up if gap > 0.0 else down))


@sweep
def renew_by_rules(
    stock, j, ordered, takes, lacks, kind, keep0, keep1, aims, tech0, tech1, tech, then, now, need, inputs, rates,
    refill, run_down, fresh,
):  # fmt: skip
    """Take in and order; ``takes`` becomes what is used of each input, over its base use, less one."""
    real = stock.dtype.type
    one, none, dt, per_day = real(1.0), real(0.0), real(rates.dt), real(rates.per_day)
    then, now = (real(then[0]), real(then[1]), real(then[2])), (real(now[0]), real(now[1]), real(now[2]))
    need, inputs, fresh = real(need), real(inputs), real(fresh)
    for k in range(stock.shape[1]):
        q, up, down = stock[j, k], refill[kind, k], run_down[kind, k]
        more = order_by_rules(q, keep0[aims, k], tech0[tech, k], then, dt, up, down, one)
        more -= lacks[k] * (one + more)
        takes[k] = min(tech1[tech, k] * need, q * per_day + fresh * (one + more)) - one
        q = max(none, q + (more - takes[k]) * dt)
        stock[j, k] = q
        ordered[k] += inputs * order_by_rules(q, keep1[aims, k], tech1[tech, k], now, dt, up, down, one)


@total
def weighted(share, kind, values):
    """Sum over products of values by their share in all inputs."""
    result = share.dtype.type(0.0)
    for k in range(values.size):
        result += share[kind, k] * values[k]
    return result


@sweep
def add_orders(firm_orders, pool, ordered, domestic, kind):
    """Split what a group orders by product; the next group starts anew."""
    none = ordered.dtype.type(0.0)
    for k in range(ordered.size):
        firm_orders[pool, k] += domestic[kind, k] * ordered[k]
        ordered[k] = none


@sweep
def add_imports(firm_imports, ordered, foreign, kind):
    """The part that comes from abroad."""
    for k in range(ordered.size):
        firm_imports[k] += foreign[kind, k] * ordered[k]


@total
def used_inputs(share, kind, stock, j, coefficient, tech, need, per_day):
    """All inputs used, over those of the base, less one."""
    real = stock.dtype.type
    one, need, per_day, used = real(1.0), real(need), real(per_day), real(0.0)
    for k in range(stock.shape[1]):
        used += share[kind, k] * (min(coefficient[tech, k] * need, stock[j, k] * per_day) - one)
    return used


@phase
def stocks_now(table, rates, state, stocks):
    """Add the change of stocks from the base, by product."""
    gained = state.sweep[0]
    gained[:] = 0.0
    for g in range(table.group_kind.size):
        kind = table.group_kind[g]
        for place in range(table.start[g], table.start[g + 1]):
            j = table.member[place]
            a_day = table.inputs[j] * (1.0 / DAYS_PER_YEAR)
            add_gain(gained, state.stock, j, table.cover, table.shelf[j], a_day, rates.dt)
        add_stocks(stocks, gained, table.share, kind)


@sweep
def add_gain(gained, stock, j, cover, shelf, a_day, dt):
    """Add the change of an activity's stocks from the base to its group's, before the share of each input."""
    dt, a_day = stock.dtype.type(dt), stock.dtype.type(a_day)
    for k in range(gained.size):
        gained[k] += a_day * (stock[j, k] - (cover[shelf, k] + dt))


@sweep
def add_stocks(stocks, gained, share, kind):
    """Split what a group gained by product; the next group starts anew."""
    none = gained.dtype.type(0.0)
    for k in range(gained.size):
        stocks[k] += share[kind, k] * gained[k]
        gained[k] = none
