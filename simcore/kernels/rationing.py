"""Who gets what is short: orders by supplier, shares of short supply, and what buyers receive.

Letters, arrays and units as in ``inventory_state``.
"""

from .inventory_state import FIRMS, NOBODY, phase, row, sweep


@phase
def ask_suppliers(table, shocks, state, t):
    """Orders by supplier; what cannot pass to a buyer is not ordered."""
    P = table.origin.shape[1]
    blocked = shocks.passage.shape[0] > 0
    for i in range(table.x.size):
        k, change = table.sector[i], 0.0
        if blocked and table.hauled[k]:
            for p in range(P):
                passes = shocks.passage[t, table.region[i], p]
                change += table.origin[i, p] * (passes * state.wanted[p, k] - (1.0 - passes) * table.orders[p, k])
        else:
            for p in range(P):
                change += table.origin[i, p] * state.wanted[p, k]
        state.change[i] = change


@phase
def share_out(table, rates, shocks, state, t):
    """Buyers of a class get the same share of their orders; a pool lacks what its origins are short of."""
    P = table.origin.shape[1]
    blocked = shocks.passage.shape[0] > 0
    state.users_lack[:] = 0.0
    state.pool_lacks[:] = 0.0
    for i in range(table.x.size):
        k = table.sector[i]
        hindered = blocked and table.hauled[k]
        if state.shortage[i] <= 0.0 and not hindered:
            state.sold[i] = state.change[i]
            continue
        firms, others = split_shortage(table, rates, shocks, state, t, i, hindered)
        for p in range(P):
            passes = shocks.passage[t, table.region[i], p] if hindered else 1.0
            state.users_lack[p, k] += table.origin[i, p] * ((1.0 - passes) + passes * others)
            state.pool_lacks[p, k] += table.origin[i, p] * ((1.0 - passes) + passes * firms)
    for p in range(P):
        at_most_one(state.users_lack[p])
        at_most_one(state.pool_lacks[p])


@sweep
def split_shortage(table, rates, shocks, state, t, i, hindered):
    """Shares that firms and all others lack at a supplier that falls short; notes what it delivers."""
    short, k, firms = state.shortage[i], table.sector[i], 0.0
    reached = table.x[i] + table.drawn[i] - table.stored[i] + state.change[i]
    if short <= 0.0 or rates.first == NOBODY:
        state.sold[i] = state.change[i] - short * reached
        return short, short
    for p in range(table.origin.shape[1]):
        passes = shocks.passage[t, table.region[i], p] if hindered else 1.0
        firms += table.origin[i, p] * passes * (table.by_firms[p, k] + state.firm_orders[p, k])
    bought = max(0.0, -shocks.release[row(t, shocks.release), i])
    others = table.x[i] + table.drawn[i] + state.change[i] + bought - firms
    missing = short * (firms + others)
    if rates.first == FIRMS:
        firms_lack, others_lack = last_lacks(missing, firms, others)
    else:
        others_lack, firms_lack = last_lacks(missing, others, firms)
    state.sold[i] = state.change[i] - (others_lack * (reached - firms) + firms_lack * firms)
    return firms_lack, others_lack


@sweep
def last_lacks(missing, first, last):
    """Shares that buyers who come first and those who come last lack: the last ones as far as there are any."""
    last_lack = min(1.0, missing / last) if last > 0.0 else 1.0
    return min(1.0, max(0.0, missing - last) / first) if first > 0.0 else 0.0, last_lack


@sweep
def at_most_one(shares):
    """Rounding may add up to more."""
    for k in range(shares.size):
        shares[k] = min(1.0, shares[k])


@phase
def largest_gap(table, state):
    """Largest gap between what suppliers of a product deliver and what its buyers receive."""
    balance, worst = state.sweep[0], 0.0
    balance[:] = 0.0
    for p in range(state.wanted.shape[0]):
        receive(
            balance, state.wanted[p], table.orders[p], table.by_firms[p], state.firm_orders[p],
            state.users_lack[p], state.pool_lacks[p],
        )  # fmt: skip
    for i in range(table.x.size):
        balance[table.sector[i]] += state.sold[i]
    for k in range(balance.size):
        worst = max(worst, abs(balance[k]))
    return worst


@sweep
def receive(balance, wanted, orders, by_firms, firm_orders, users_lack, firms_lack):
    """Take what a pool receives, change from base, from the balance of supply."""
    for k in range(balance.size):
        firms = by_firms[k] + firm_orders[k]
        others = orders[k] + wanted[k] - firms
        balance[k] -= wanted[k] - (users_lack[k] * others + firms_lack[k] * firms)
