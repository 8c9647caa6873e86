"""Production with inventories, step by step: stocks, capacity, rationing, incomes.

The letters, the arrays and their units are those of ``inventory_state``; who gets what is short is in ``rationing``.
What activities can make is in ``production``, what they pay and what that buys in ``incomes``. Orders are computed
twice instead of stored, from the same expression.
"""

from numba import njit

from .imports import add_turned, arriving_turned, turn_imports, turn_users
from .incomes import earn, order_rebuilding, pay_out, rebuild, spend
from .inventory_rules import open_rules
from .inventory_state import DAYS_PER_YEAR, phase, row, sweep, total
from .market import BIDS, FIXED, ask_links, bid, move_origins, open_market, share_links
from .production import employ, overproduce, plan_capacity, produce
from .rationing import ask_suppliers, largest_gap, share_out


@njit(cache=True, nogil=True, error_model="numpy")
def run(table, rates, shocks, state, record, rules, market, periods, steps):
    """All periods; returns the largest gap between supply and receipts of a product, yuan a year.

    Without rules beyond the default ones, ``rules`` and ``market`` are None, and what asks for them is not compiled.
    """
    worst = 0.0
    open_books(table, rates, state)
    if rules is not None:
        open_rules(rules)
    if market is not None:
        open_market(table, market)
    for t in range(periods):
        for step in range(steps):
            if rules is not None:
                hire_and_spend(table, rates, shocks, state, rules, t)
            ask_final(table, rates, shocks, state, t)
            if market is not None and market.turns:
                turn_users(table, state, market)
            if rules is not None and rules.rebuilds:
                order_rebuilding(table, rates, shocks, state, rules, t)
            if market is None:
                ask_suppliers(table, shocks, state, t)
            else:
                ask_links(table, shocks, state, market, t)
            if rules is not None and rules.swells:
                overproduce(table, shocks, state, rules, t)
            plan_capacity(table, rates, shocks, state, rules, t)
            produce(table, rates, shocks, state, rules, t, step)
            if market is None:
                share_out(table, rates, shocks, state, t)
            else:
                share_links(table, shocks, state, market, t)
            worst = max(worst, largest_gap(table, state))
            deliver_final(table, rates, shocks, state, record, t)
            pay_out(table, rates, shocks, state, rules, record, t)
            before = t - 1 if step == 0 else t  # period in which the arriving orders were placed
            if market is not None and market.turns:
                turn_imports(state, market)
            if rules is None:
                add_up(table, rates, shocks, state, rules, record, t)
                restock(table, rates, shocks, state, rules, market, before, t)
            else:
                if rules.rebuilds:
                    rebuild(table, rates, state, rules, record, t)
                restock(table, rates, shocks, state, rules, market, before, t)
                add_up(table, rates, shocks, state, rules, record, t)
                note(table, rates, state, rules, t)
            if market is not None and market.origin != FIXED:
                move_origins(table, shocks, state, market, t)
            if market is not None and market.within == BIDS:
                bid(table, rates, shocks, state, market, t)
        close_period(table, rates, state, record, t, steps)
    return worst


@phase
def hire_and_spend(table, rates, shocks, state, rules, t):
    """Before anything is ordered: labour follows the last step, and its pay is what households spend from."""
    if rules.hires:
        employ(table, shocks, rules, t)
        earn(table, rates, state, rules.employed)
    if rules.muellbauer:
        spend(table, rates, shocks, state, rules, t)


@phase
def open_books(table, rates, state):
    """The base: stocks are cover plus the arrivals of the first step, nothing waits, nothing has changed."""
    for j in range(table.x.size):
        cover = table.cover[table.kind[j]]
        state.stock[j] = cover + rates.dt
        state.scarce[j] = 0
    for ones in (state.ratio, state.activity, state.target[0], state.target[1], state.plan[0], state.plan[1]):
        ones[:] = 1.0
    for zeros in (state.extra, state.shortage, state.spending, state.pay, state.firm_imports):
        zeros[:] = 0.0
    for zeros in (state.firm_orders, state.waiting_home, state.waiting_abroad):
        zeros[:] = 0.0


@phase
def ask_final(table, rates, shocks, state, t):
    """Final demand of the step, demand that waited, and the orders that firms placed last."""
    want, basket = shocks.want[row(t, shocks.want)], shocks.basket[row(t, shocks.basket)]
    state.wanted[:] = state.firm_orders
    for f in range(table.user_pool.size):
        region, abroad = table.user_region[f], table.import_share[f]
        spending = state.spending[region] if region >= 0 else 0.0
        ask_home(state.ask_home[f], table.final_home[f], want[f], table.made[f], basket[f], abroad, spending)
        ask_abroad(state.ask_abroad[f], table.final_abroad[f], want[f], basket[f], abroad, spending)
        add_orders(
            state.wanted[table.user_pool[f]],
            state.ask_home[f],
            table.final_home[f],
            state.waiting_home[f],
            rates.recall,
        )


@sweep
def ask_home(ask, base, want, made, basket, import_share, spending):
    """New demand of a final user for domestic products; what nobody makes is not asked for."""
    for k in range(ask.size):
        at_home = want[k] * made[k] + basket[k] * spending
        ask[k] = max(0.0, base[k] + at_home * (1.0 - import_share[k]))


@sweep
def ask_abroad(ask, base, want, basket, import_share, spending):
    """New demand of a final user for imports."""
    for k in range(ask.size):
        ask[k] = max(0.0, base[k] + (want[k] + basket[k] * spending) * import_share[k])


@sweep
def add_orders(wanted, ask, base, waiting, recall):
    """Add what a final user newly asks for and asks for again to the orders of its pool."""
    for k in range(wanted.size):
        wanted[k] += (ask[k] - base[k]) + recall * waiting[k]


@phase
def deliver_final(table, rates, shocks, state, record, t):
    """Final users get what is left to them; of what is new and missing a share waits, the rest is lost."""
    weight = rates.dt / DAYS_PER_YEAR
    come_in, lacks, delivered = shocks.imports[row(t, shocks.imports)], state.abroad_lacks, state.sweep[0]
    imports, lost = record.imports[t], weight * (1.0 - rates.waits)
    for k in range(lacks.size):
        lacks[k] = 1.0 - come_in[k]
        imports[k] += weight * (state.firm_imports[k] - lacks[k] * (table.imported[k] + state.firm_imports[k]))
    for f in range(table.user_pool.size):
        final, unmet = record.final[t, f], record.unmet[t, f]
        ask, waiting, short = state.ask_home[f], state.waiting_home[f], state.users_lack[table.user_pool[f]]
        deliver(delivered, ask, table.final_home[f], waiting, short, rates.recall)
        add(final, delivered, weight)
        lose(unmet, ask, short, lost)
        wait(waiting, ask, short, rates)
        ask, waiting = state.ask_abroad[f], state.waiting_abroad[f]
        deliver(delivered, ask, table.final_abroad[f], waiting, lacks, rates.recall)
        add(final, delivered, weight)
        add(imports, delivered, weight)
        lose(unmet, ask, lacks, lost)
        wait(waiting, ask, lacks, rates)


@sweep
def deliver(delivered, ask, base, waiting, lacks, recall):
    """What a final user gets, change from base: new and waiting demand less what is lacking."""
    for k in range(delivered.size):
        again = recall * waiting[k]
        delivered[k] = (ask[k] - base[k]) + (again - lacks[k] * (ask[k] + again))


@sweep
def add(total, part, weight):
    """Add weighted."""
    for k in range(total.size):
        total[k] += weight * part[k]


@sweep
def lose(unmet, ask, lacks, weight):
    """New demand that goes unmet and does not wait."""
    for k in range(unmet.size):
        unmet[k] += weight * (lacks[k] * ask[k])


@sweep
def wait(waiting, ask, lacks, rates):
    """The backlog: a share of new demand that goes unmet, less what of the backlog is served."""
    for k in range(waiting.size):
        again = rates.recall * waiting[k]
        waiting[k] += rates.dt * (rates.waits * lacks[k] * ask[k] - (1.0 - lacks[k]) * again)


@phase
def add_up(table, rates, shocks, state, rules, record, t):
    """Output, value added (output less inputs used) and the producers' own stocks."""
    weight = rates.dt / DAYS_PER_YEAR
    tech, changed = shocks.coefficient[row(t + 1, shocks.coefficient)], shocks.coefficient.shape[0] > 1
    for j in range(table.x.size):
        output = table.x[j] * (state.ratio[j] - 1.0)
        used = state.activity[j] - 1.0
        if rules is not None:
            used = rules.used[j]
        elif state.scarce[j]:
            c = tech[j if changed else 0]
            used = used_inputs(table.share[table.kind[j]], state.stock[j], c, state.activity[j], rates.per_day)
        record.output[t, j] += weight * output
        record.value_added[t, j] += weight * (output - table.inputs[j] * used)
        record.stock_change[t, j] += weight * (output - state.sold[j])


@total
def used_inputs(share, held, c, need, per_day):
    """All inputs used, over those of the base, less one."""
    used = 0.0
    for k in range(share.size):
        used += share[k] * (min(c[k] * need, held[k] * per_day) - 1.0)
    return used


@phase
def restock(table, rates, shocks, state, rules, market, before, t):
    """Arrivals and use of the step, then the next orders.

    The orders that arrive now were placed with the expectations and technology of ``before``.
    """
    coefficient, keep = shocks.coefficient, shocks.keep
    tech0, tech1 = coefficient[row(before + 1, coefficient)], coefficient[row(t + 1, coefficient)]
    keep0, keep1 = keep[row(before + 1, keep)], keep[row(t + 1, keep)]
    changed, own_keep = coefficient.shape[0] > 1, keep.shape[0] > 1
    arrives, ordered = state.sweep[0], state.sweep[1]
    state.firm_orders[:] = 0.0
    state.firm_imports[:] = 0.0
    for g in range(table.group_kind.size):
        kind, pool = table.group_kind[g], table.group_pool[g]
        if market is not None and market.turns:
            turn = market.firm_turn[0, pool]
            arriving_turned(arrives, table.home[kind], turn, state.pool_lacks[pool], state.abroad_lacks)
        else:
            arriving(arrives, table.home[kind], state.pool_lacks[pool], state.abroad_lacks)
        ordered[:] = 0.0
        for place in range(table.start[g], table.start[g + 1]):
            j = table.member[place]
            now = (state.target[1, j], state.plan[1, j])
            then = (state.target[0, j], state.plan[0, j])
            held, aims, inputs, need = state.stock[j], j if own_keep else kind, table.inputs[j], state.activity[j]
            if rules is not None:
                rules.used[j] = renew_by_rules(
                    held, ordered, arrives, table.share[kind], keep0[aims], keep1[aims],
                    tech0[j if changed else 0], tech1[j if changed else 0], (rules.expected[0, j], *then),
                    (rules.expected[1, j], *now), need, inputs, rates, rules.refill[kind], rules.run_down[kind],
                    rules.as_they_arrive,
                )  # fmt: skip
            elif changed:
                c0, c1 = tech0[j], tech1[j]
                take_in(held, arrives, keep0[aims], c0, c1, then, need, rates)
                order(ordered, held, keep1[aims], c1, now, inputs, rates)
            else:
                renew(held, ordered, arrives, keep0[aims], keep1[aims], then, now, need, inputs, rates)
        if market is not None and market.turns:
            share, home, turn = table.share[kind], table.home[kind], market.firm_turn[1, pool]
            add_turned(state.firm_orders[pool], state.firm_imports, ordered, market.bought[g], share, home, turn)
        else:
            add_product(state.firm_orders[pool], ordered, table.domestic[kind])
            add_product(state.firm_imports, ordered, table.foreign[kind])


@sweep
def arriving(arrives, home, pool_lacks, abroad_lacks):
    """Share of its orders that a group receives."""
    for k in range(arrives.size):
        arrives[k] = 1.0 - (home[k] * pool_lacks[k] + (1.0 - home[k]) * abroad_lacks[k])


@sweep
def order_of(stock, keep, c, expected, dt, speed):
    """Expected need and a part of the gap to the wanted stock, arrivals of a step included."""
    target, plan = expected
    return max(0.0, c * target + ((keep * plan + c * (dt * target)) - stock) * speed)


@sweep
def stock_after(stock, arrives, need, rates):
    """Firms use what they need or have, and keep the rest."""
    return max(0.0, stock + (arrives - min(need, stock * rates.per_day)) * rates.dt)


@sweep
def renew(held, ordered, arrives, keep0, keep1, then, now, need, inputs, rates):
    """Take in and order with the input coefficients of the base."""
    dt, speed = rates.dt, rates.restock
    for k in range(held.size):
        q = held[k]
        q = stock_after(q, order_of(q, keep0[k], 1.0, then, dt, speed) * arrives[k], need, rates)
        held[k] = q
        ordered[k] += inputs * (order_of(q, keep1[k], 1.0, now, dt, speed) - 1.0)


@sweep
def take_in(held, arrives, keep, c0, c1, then, need, rates):
    """Orders arrive as far as suppliers and borders let them."""
    dt, speed = rates.dt, rates.restock
    for k in range(held.size):
        q = held[k]
        got = order_of(q, keep[k], c0[k], then, dt, speed) * arrives[k]
        held[k] = stock_after(q, got, c1[k] * need, rates)


@sweep
def order(ordered, held, keep, c, now, inputs, rates):
    """Add the orders of an activity to its group's: change from base, before the share of each input."""
    dt, speed = rates.dt, rates.restock
    for k in range(held.size):
        ordered[k] += inputs * (order_of(held[k], keep[k], c[k], now, dt, speed) - 1.0)


@sweep
def add_product(total, values, shares):
    """Add element by element."""
    for k in range(total.size):
        total[k] += shares[k] * values[k]


@sweep
def order_by_rules(stock, keep, c, aim, dt, up, down):
    """Expected need and a part of the gap to the wanted stock; a surplus has a speed of its own.

    ``aim`` is the activity to order for, and the last and the learned one to keep stocks for.
    """
    expected, last, plan = aim
    gap = (keep * plan + c * (dt * last)) - stock
    return max(0.0, c * expected + gap * (up if gap > 0.0 else down))


@sweep
def renew_by_rules(
    held, ordered, arrives, share, keep0, keep1, c0, c1, then, now, need, inputs, rates, up, down, fresh
):
    """Take in and order; returns inputs used, over those of the base, less one."""
    dt, used = rates.dt, 0.0
    for k in range(held.size):
        q = held[k]
        got = order_by_rules(q, keep0[k], c0[k], then, dt, up[k], down[k]) * arrives[k]
        at_hand = q * rates.per_day + (got if fresh else 0.0)
        takes = min(c1[k] * need, at_hand)
        q = max(0.0, q + (got - takes) * dt)
        held[k] = q
        ordered[k] += inputs * (order_by_rules(q, keep1[k], c1[k], now, dt, up[k], down[k]) - 1.0)
        used += share[k] * (takes - 1.0)
    return used


@phase
def note(table, rates, state, rules, t):
    """What the rules work on, for those who want to look inside."""
    weight = rates.dt / DAYS_PER_YEAR
    for j in range(table.x.size):
        x = table.x[j]
        rules.record_demand[t, j] += weight * (x + table.drawn[j] + state.change[j])
        rules.record_capacity[t, j] += weight * x * state.can_make[j]
        rules.record_limit[t, j] += weight * x * rules.allowed[j]
        rules.record_pay[t, j] += weight * table.wages[j] * (rules.employed[j] if rules.hires else state.activity[j])


@phase
def close_period(table, rates, state, record, t, steps):
    """Stocks at the end, and what bound longest (the first of equals)."""
    gained = state.sweep[0]
    for g in range(table.group_kind.size):
        kind = table.group_kind[g]
        gained[:] = 0.0
        for place in range(table.start[g], table.start[g + 1]):
            j = table.member[place]
            add_gain(gained, state.stock[j], table.cover[kind], table.inputs[j] / DAYS_PER_YEAR, rates.dt)
        add_product(record.stocks[t], gained, table.share[kind])
    for j in range(table.x.size):
        most = 0
        for a in range(steps):
            if most >= steps - a:  # no other code is left that could be more frequent
                break
            same = 0
            for b in range(steps):
                same += state.code[b, j] == state.code[a, j]
            if same > most:
                most, record.binding[t, j] = same, state.code[a, j]


@sweep
def add_gain(gained, held, cover, weight, dt):
    """Add the change of an activity's stocks from the base to its group's."""
    for k in range(gained.size):
        gained[k] += weight * (held[k] - (cover[k] + dt))
