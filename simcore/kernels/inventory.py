"""Production with inventories, step by step: stocks, capacity, rationing, incomes.

The letters, the arrays and their units are those of ``inventory_state``; who gets what is short is in ``rationing``.
What activities can make is in ``production``, what arrives and is ordered in ``restocking``, what is paid and what
that buys in ``incomes``.
"""

from numba import njit

from .imports import turn_imports, turn_users
from .incomes import earn, order_rebuilding, pay_out, rebuild, spend
from .inventory_rules import open_rules
from .inventory_state import DAYS_PER_YEAR, DEMAND, copy, phase, row, sweep
from .market import ask_links, open_market, share_links
from .origins import FIXED, note_strength
from .production import employ, overproduce, plan_capacity, produce
from .rationing import ask_suppliers, largest_gap, share_out
from .restocking import restock, stocks_now, used_inputs


# Built into the call of ``run_members`` before anything is compiled: the machine code of a run is made once.
@njit(inline="always")
def run(table, rates, shocks, state, record, rules, market, periods, steps):
    """All periods; returns the largest gap between supply and receipts of a product, yuan a year.

    Without rules beyond the default ones, ``rules`` and ``market`` are None, and what asks for them is not compiled.
    """
    worst = 0.0
    open_books(table, rates, state)
    if rules is not None:
        open_rules(rules)
    if market is not None:
        open_market(state, market)
    for t in range(periods):
        for step in range(steps):
            before = t - 1 if step == 0 else t  # period in which the arriving orders were placed
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
                ask_links(table, shocks, state, market, before, t)
            if rules is not None and rules.swells:
                overproduce(table, shocks, state, rules, t)
            plan_capacity(table, rates, shocks, state, rules, t)
            produce(table, rates, shocks, state, rules, t, step)
            if market is None:
                share_out(table, rates, shocks, state, t)
                worst = max(worst, largest_gap(table, state))
            else:
                worst = max(worst, share_links(table, rates, shocks, state, market, before, t))
            deliver_final(table, rates, shocks, state, record, t)
            pay_out(table, rates, shocks, state, rules, record, t)
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
                note_strength(table, shocks, state, market)
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
    state.scarce[:] = 0
    for j in range(table.x.size):
        fill_shelf(state.stock, j, table.cover, table.shelf[j], rates.dt)
    for ones in (state.ratio, state.activity, state.target[0], state.target[1], state.plan[0], state.plan[1]):
        ones[:] = 1.0
    for zeros in (state.extra, state.shortage, state.spending, state.pay, state.firm_imports):
        zeros[:] = 0.0
    for zeros in (state.firm_orders, state.waiting_home, state.waiting_abroad, state.ask_abroad):
        zeros[:] = 0.0


@sweep
def fill_shelf(stock, j, cover, shelf, dt):
    """Cover and the arrivals of a step, in the precision of stocks."""
    for k in range(stock.shape[1]):
        stock[j, k] = cover[shelf, k] + stock.dtype.type(dt)


@phase
def ask_final(table, rates, shocks, state, t):
    """Final demand of the step, demand that waited, and the orders that firms placed last."""
    want, basket = shocks.want[row(t, shocks.want)], shocks.basket[row(t, shocks.basket)]
    copy(state.wanted, state.firm_orders)
    for f in range(table.user_pool.size):
        region, abroad = table.user_region[f], table.import_share[f]
        spending = state.spending[region] if region >= 0 else 0.0
        ask_home(state.ask_home[f], table.final_home[f], want[f], table.made[f], basket[f], abroad, spending)
        if table.user_imports[f]:
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
    lost, lacks, delivered = weight * (1.0 - rates.waits), state.abroad_lacks, state.balance
    notes_final, notes_unmet = record.final.shape[0] > 0, record.unmet.shape[0] > 0
    border(lacks, shocks.imports, row(t, shocks.imports))
    if record.imports.shape[0] > 0:
        add_firm_imports(record.imports, t, table.imported, state.firm_imports, lacks, weight)
    for f in range(table.user_pool.size):
        ask, waiting, short = state.ask_home[f], state.waiting_home[f], state.users_lack[table.user_pool[f]]
        if notes_final:
            deliver(delivered, ask, table.final_home[f], waiting, short, rates.recall)
            add(record.final[t, f], delivered, weight)
        if notes_unmet:
            lose(record.unmet[t, f], ask, short, lost)
        wait(waiting, ask, short, rates)
        if table.user_imports[f]:
            ask, waiting = state.ask_abroad[f], state.waiting_abroad[f]
            deliver(delivered, ask, table.final_abroad[f], waiting, lacks, rates.recall)
            if notes_final:
                add(record.final[t, f], delivered, weight)
            if record.imports.shape[0] > 0:
                add(record.imports[t], delivered, weight)
            if notes_unmet:
                lose(record.unmet[t, f], ask, lacks, lost)
            wait(waiting, ask, lacks, rates)


@sweep
def border(lacks, imports, now):
    """Share of imports that does not come in."""
    for k in range(lacks.size):
        lacks[k] = 1.0 - imports[now, k]


@sweep
def add_firm_imports(imports, t, base, ordered, lacks, weight):
    """What firms get from abroad."""
    for k in range(lacks.size):
        imports[t, k] += weight * (ordered[k] - lacks[k] * (base[k] + ordered[k]))


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
    if record.output.shape[0] > 0:
        for j in range(table.x.size):
            record.output[t, j] += weight * (table.x[j] * (state.ratio[j] - 1.0))
    if record.stock_change.shape[0] > 0:
        for j in range(table.x.size):
            record.stock_change[t, j] += weight * (table.x[j] * (state.ratio[j] - 1.0) - state.sold[j])
    if record.value_added.shape[0] == 0:
        return
    tech, changed = shocks.coefficient[row(t + 1, shocks.coefficient)], shocks.coefficient.shape[0] > 1
    for j in range(table.x.size):
        used = state.activity[j] - 1.0
        if rules is not None:
            used = rules.used[j]
        elif changed or state.scarce[j]:
            own, kind = j if changed else 0, table.kind[j]
            used = used_inputs(table.share, kind, state.stock, j, tech, own, state.activity[j], rates.per_day)
        record.value_added[t, j] += weight * (table.x[j] * (state.ratio[j] - 1.0) - table.inputs[j] * used)


@phase
def note(table, rates, state, rules, t):
    """What the rules work on, for those who want to look inside."""
    if rules.record_demand.shape[0] == 0:
        return
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
    if record.stocks.shape[0] > 0:
        stocks_now(table, rates, state, record.stocks[t])
    if record.binding.shape[0] == 0:
        return
    for j in range(table.x.size):
        most, longest = 0, DEMAND
        for a in range(steps):
            if most >= steps - a:  # no other code is left that could be more frequent
                break
            same = 0
            for b in range(steps):
                same += state.code[b, j] == state.code[a, j]
            if same > most:
                most, longest = same, state.code[a, j]
        record.binding[t, j] = longest
