"""Who gets what is short: orders by supplier, shares of short supply, and what buyers receive.

Letters, arrays and units as in ``inventory_state``.
"""

from .inventory_state import FIRMS, NOBODY, phase, row, sweep, total


@phase
def ask_suppliers(table, shocks, state, t):
    """Orders by supplier; what cannot pass to a buyer is not ordered."""
    wanted, orders = state.column[0], state.column[1]
    blocked = shocks.passage.shape[0] > 0
    for k in range(table.sells.size - 1):
        take_column(wanted, state.wanted, k)
        hindered = blocked and table.hauled[k]
        if hindered:
            take_column(orders, table.orders, k)
        for place in range(table.sells[k], table.sells[k + 1]):
            i = table.seller[place]
            if hindered:
                state.change[i] = asked_through(table.shares, i, wanted, orders, shocks.passage, t, table.region[i])
            else:
                state.change[i] = asked(table.shares, i, wanted)


@sweep
def take_column(column, values, k):
    """Lay what pools have of one product side by side; the places up to a multiple of ``LANES`` stay zero."""
    for p in range(values.shape[0]):
        column[p] = values[p, k]


@total
def asked(shares, i, orders):
    """Orders by pool that reach a supplier."""
    result = 0.0
    for p in range(orders.size):
        result += shares[i, p] * orders[p]
    return result


@total
def asked_through(shares, i, wanted, orders, passage, t, r):
    """The same, change from base, of what can pass."""
    result = 0.0
    for p in range(passage.shape[2]):
        passes = passage[t, r, p]
        result += shares[i, p] * (passes * wanted[p] - (1.0 - passes) * orders[p])
    return result


@phase
def share_out(table, rates, shocks, state, t):
    """Buyers of a class get the same share of their orders; a pool lacks what its origins are short of."""
    blocked = shocks.passage.shape[0] > 0
    state.users_lack[:] = 0.0
    state.pool_lacks[:] = 0.0
    for k in range(table.sells.size - 1):
        hindered, touched = blocked and table.hauled[k], False
        for place in range(table.sells[k], table.sells[k + 1]):
            i = table.seller[place]
            state.sold[i] = state.change[i]
            touched |= state.shortage[i] > 0.0 or hindered
        if touched:
            share_product(table, rates, shocks, state, t, k, hindered)


@phase
def share_product(table, rates, shocks, state, t, k, hindered):
    """Add up by pool what the suppliers of a product leave open."""
    from_firms, users_lack, firms_lack = state.column[0], state.column[1], state.column[2]
    users_lack[:] = 0.0
    firms_lack[:] = 0.0
    pools = table.by_firms.shape[0]
    for p in range(pools):
        from_firms[p] = table.by_firms[p, k] + state.firm_orders[p, k]
    for place in range(table.sells[k], table.sells[k + 1]):
        i = table.seller[place]
        if state.shortage[i] <= 0.0 and not hindered:
            continue
        firms, others = split_shortage(table, rates, shocks, state, t, i, hindered, from_firms)
        if hindered:
            leave_open_through(users_lack, table.shares, i, others, shocks.passage, t, table.region[i])
            leave_open_through(firms_lack, table.shares, i, firms, shocks.passage, t, table.region[i])
        else:
            leave_open(users_lack, table.shares, i, others)
            leave_open(firms_lack, table.shares, i, firms)
    for p in range(pools):  # rounding may add up to more than one
        state.users_lack[p, k] = min(1.0, users_lack[p])
        state.pool_lacks[p, k] = min(1.0, firms_lack[p])


@sweep
def leave_open(lacks, shares, i, share):
    """Add what a supplier leaves open to what pools lack."""
    for p in range(lacks.size):
        lacks[p] += shares[i, p] * share


@sweep
def leave_open_through(lacks, shares, i, share, passage, t, r):
    """The same, and what cannot pass."""
    for p in range(passage.shape[2]):
        passes = passage[t, r, p]
        lacks[p] += shares[i, p] * ((1.0 - passes) + passes * share)


@total
def passing(shares, i, orders, passage, t, r):
    """Orders by pool, as far as they can pass, that reach a supplier."""
    result = 0.0
    for p in range(passage.shape[2]):
        result += shares[i, p] * (passage[t, r, p] * orders[p])
    return result


@sweep
def split_shortage(table, rates, shocks, state, t, i, hindered, from_firms):
    """Shares that firms and all others lack at a supplier that falls short; notes what it delivers."""
    short = state.shortage[i]
    reached = table.x[i] + table.drawn[i] - table.stored[i] + state.change[i]
    if short <= 0.0 or rates.first == NOBODY:
        state.sold[i] = state.change[i] - short * reached
        return short, short
    if hindered:
        firms = passing(table.shares, i, from_firms, shocks.passage, t, table.region[i])
    else:
        firms = asked(table.shares, i, from_firms)
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


@phase
def largest_gap(table, state):
    """Largest gap between what suppliers of a product deliver and what its buyers receive."""
    balance, worst = state.balance, 0.0
    balance[:] = 0.0
    for p in range(state.wanted.shape[0]):
        receive(balance, p, table, state)
    for k in range(table.sells.size - 1):
        gap = balance[k]
        for place in range(table.sells[k], table.sells[k + 1]):
            gap += state.sold[table.seller[place]]
        worst = max(worst, abs(gap))
    return worst


@sweep
def receive(balance, p, table, state):
    """Take what a pool receives, change from base, from the balance of supply."""
    for k in range(balance.size):
        wanted = state.wanted[p, k]
        firms = table.by_firms[p, k] + state.firm_orders[p, k]
        others = table.orders[p, k] + wanted - firms
        balance[k] -= wanted - (state.users_lack[p, k] * others + state.pool_lacks[p, k] * firms)
