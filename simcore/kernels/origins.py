"""Shares of origin that move: buyers turn to suppliers that keep more of their strength, and to open routes.

Shares of a product move just before its next orders are shared out, so that present and base shares leave memory
once a step. Dense links are taken a strip of pools at a time: the base shares of all suppliers of a product to these
are read for their mean and are still in cache when shares move. Letters, arrays and units as in ``inventory_state``
and ``market``.
"""

from .inventory_state import phase, total

FIXED, BY_CAPACITY, BY_OUTPUT = 0, 1, 2  # where shares of origin move
NONE = 1e-12  # of the suppliers' strength: nobody is left to turn to
STRIP = 512  # pools: 4 KiB of each of the arrays that a strip takes


@phase
def note_strength(table, shocks, state, market):
    """Present capacity, or output, over what it is in the base, and the products whose shares must move."""
    blocked = shocks.passage.shape[0] > 0
    for i in range(table.x.size):
        k, strength = table.sector[i], 1.0
        if table.x[i] > 0.0:
            strength = state.can_make[i] / market.normal[i] if market.origin == BY_CAPACITY else state.ratio[i]
        market.strength[i] = strength
        market.moved[k] |= strength != 1.0 or (blocked and table.hauled[k])


@phase
def ask_moving(table, shocks, state, market, sellers, k, before, t):
    """Move the shares of a product's suppliers by what they could do in the period ``before``, and ask them."""
    hindered, P = shocks.passage.shape[0] > 0 and table.hauled[k], market.ones.size
    dense = market.pool.size == 0
    width = STRIP if dense else P
    for i in sellers:
        state.change[i] = 0.0
    for low in range(0, P, width):
        high = min(low + width, P)
        mean, gate = market.mean[low:high], market.gate[low:high]
        wanted, orders = market.wanted[k, low:high], market.orders[k, low:high]
        mean[:] = 0.0
        for i in sellers:
            if market.strength[i] != 1.0 or hindered:
                begin = market.start[i] + low
                end = begin + high - low if dense else market.start[i + 1]
                pool = market.pool if dense else market.pool[begin:end]
                passes = shocks.passage[before, table.region[i], low:high] if hindered else market.ones[low:high]
                add_strength(mean, market.base[begin:end], pool, passes, market.strength[i])
        for p in range(mean.size):
            strength = 1.0 + mean[p]
            gate[p] = market.speed[low + p] if strength > NONE else 0.0
            mean[p] = 1.0 / max(strength, NONE)
        for i in sellers:
            begin = market.start[i] + low
            end = begin + high - low if dense else market.start[i + 1]
            pool = market.pool if dense else market.pool[begin:end]
            share, base, passed, passes = (
                market.share[begin:end],
                market.base[begin:end],
                market.ones[low:high],
                market.ones[low:high],
            )
            if hindered:
                passed, passes = (
                    shocks.passage[before, table.region[i], low:high],
                    shocks.passage[t, table.region[i], low:high],
                )
            move(share, base, pool, passed, mean, gate, market.strength[i])
            state.change[i] += dot_moved(share, base, pool, passes, wanted, orders)


@total
def add_strength(mean, base, pool, passes, strength):
    """Add a supplier's strength to the mean of the pools that buy from it."""
    if pool.size == 0:
        for p in range(base.size):
            mean[p] += base[p] * (strength * passes[p] - 1.0)
    else:
        for e in range(base.size):
            mean[pool[e]] += base[e] * (strength * passes[pool[e]] - 1.0)


@total
def move(share, base, pool, passes, per_mean, speed, strength):
    """Close a part of the gap between a supplier's shares and the wanted ones; where nobody can deliver all stay."""
    if pool.size == 0:
        for p in range(share.size):
            share[p] += (base[p] * (strength * passes[p] * per_mean[p]) - share[p]) * speed[p]
    else:
        for e in range(share.size):
            p = pool[e]
            share[e] += (base[e] * (strength * passes[p] * per_mean[p]) - share[e]) * speed[p]


@total
def dot_moved(share, base, pool, passes, wanted, orders):
    """Change of the orders that reach a supplier, where shares of origin moved or not everything gets through."""
    result = 0.0
    if pool.size == 0:
        for p in range(share.size):
            result += share[p] * (passes[p] * wanted[p]) + (share[p] * passes[p] - base[p]) * orders[p]
    else:
        for e in range(share.size):
            p = pool[e]
            result += share[e] * (passes[p] * wanted[p]) + (share[e] * passes[p] - base[e]) * orders[p]
    return result
