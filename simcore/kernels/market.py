"""Rationing in general: links between suppliers and buyers, classes of buyers, water-filling, bids.

It does what ``rationing`` does, for rules beyond the default ones. A link joins a supplier i to a pool p of buyers; a
buyer stands for the firms of a pool, or for its final users. Links lie supplier by supplier, all pools of each
(dense) or only those that it sells to (``pool`` names them then). Rows of one product lie along pools here, so that
a supplier's links and what its buyers order run side by side. Only suppliers that fall short, and products that they
make, are looked at. To hand over many arrays takes longer than to work on one supplier, so that what runs once a
supplier takes few. Letters, arrays and units as in ``inventory_state``; L links, C classes.
"""

from typing import NamedTuple

import numpy as np

from .inventory_state import phase, row, sweep, total

PROPORTIONAL, LEVEL, BIDS = 0, 1, 2  # how buyers of one class share
FIXED, BY_CAPACITY, BY_OUTPUT = 0, 1, 2  # where shares of origin move
LINE = 8  # numbers in a cache line
NONE = 1e-12  # of the suppliers' strength: nobody is left to turn to


class Market(NamedTuple):
    """Links, classes and rules; then memory, which ``open_market`` sets to the base, and scratch arrays."""

    start: np.ndarray  # (n + 1,) int, where the links of each supplier start
    pool: np.ndarray  # (L,) int, or (0,) where each supplier has one link a pool
    base: np.ndarray  # (L,) share of origin
    within: int  # PROPORTIONAL, LEVEL or BIDS
    firm_class: np.ndarray  # (T or 1, P) int: the highest is served first
    user_class: np.ndarray  # (T or 1, P) int
    rest_class: int  # of producers' own stocks and of strategic ones
    alike: np.ndarray  # (T or 1,) bool, all firms have one class and all users have one
    origin: int  # FIXED, BY_CAPACITY or BY_OUTPUT
    speed: np.ndarray  # (P,) share of the gap to the wanted shares of origin that closes in a step
    normal: np.ndarray  # (n,) capacity in the base, over base output
    band: float  # bids that differ by less are one
    buys_in: np.ndarray  # (n,) int, pool of each activity
    critical: np.ndarray  # (M, K) criticality over the share of all inputs; (0, 0) without bids
    value: np.ndarray  # (n,) value added per yuan of inputs
    most: float  # by which a firm overbids, over the price
    firm_offer: np.ndarray  # (P,) price a pool's firms offer, with full stocks, over the base price
    user_offer: np.ndarray  # (P,)
    turns: bool  # imports take the place of domestic goods, and back
    turning: float  # share of the gap of their ratio that closes in a step
    elasticity: float  # of that ratio to the ratio of fills
    reach: float  # most by which it can rise, or fall
    bought: np.ndarray  # (G,) all inputs of a group in the base

    firm_turn: np.ndarray  # (2, P, K) ratio of imports to domestic goods over base: of the last orders, and now
    user_turn: np.ndarray  # (P, K) of final users
    share: np.ndarray  # (L,) present share of origin; the same array as ``base`` where fixed
    moved: np.ndarray  # (K,) bool, whether shares of origin of a product ever moved
    firm_bid: np.ndarray  # (K, P) int, in bands; (0, 0) without bids

    orders: np.ndarray  # (K, P) in the base
    by_firms: np.ndarray  # (K, P) of these
    wanted: np.ndarray  # (K, P) change from base
    firms: np.ndarray  # (K, P) orders of firms
    users: np.ndarray  # (K, P) of final users
    firms_lack: np.ndarray  # (K, P)
    users_lack: np.ndarray  # (K, P)
    mean: np.ndarray  # (K, P) strength of a pool's origins over base, less one; then one over strength
    gate: np.ndarray  # (K, P) speed, zero where no origin has any strength
    ones: np.ndarray  # (P,) what gets through where nothing holds it up
    touched: np.ndarray  # (K,) bool
    strength: np.ndarray  # (n,)
    amount: np.ndarray  # (C,) orders that a supplier has, by class
    lack: np.ndarray  # (C,)


@phase
def open_market(table, market):
    """Shares of origin of the base; bids of firms with full stocks."""
    if market.origin != FIXED:
        for e in range(market.base.size):
            market.share[e] = market.base[e]
    market.moved[:] = False
    market.firm_turn[:] = 1.0
    market.user_turn[:] = 1.0
    turn_over(table.orders, market.orders)
    turn_over(table.by_firms, market.by_firms)
    for k in range(market.firm_bid.shape[0]):
        for p in range(market.firm_bid.shape[1]):
            market.firm_bid[k, p] = round(market.firm_offer[p] / market.band)


@total
def dot(share, pool, values):
    """Links of a supplier times values by pool."""
    result = 0.0
    if pool.size == 0:
        for p in range(share.size):
            result += share[p] * values[p]
    else:
        for e in range(share.size):
            result += share[e] * values[pool[e]]
    return result


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


@sweep
def links_of(market, i):
    """Pools and present shares of a supplier's links."""
    begin, end = market.start[i], market.start[i + 1]
    pool = market.pool[begin:end] if market.pool.size > 0 else market.pool
    return pool, market.share[begin:end], market.base[begin:end]


@phase
def turn_over(across, along):
    """Copy an array (pools, products) to one (products, pools), a cache line of products at a time."""
    for first in range(0, across.shape[1], LINE):
        for p in range(across.shape[0]):
            for k in range(first, min(first + LINE, across.shape[1])):
                along[k, p] = across[p, k]


@phase
def lacks_by_pool(along, across):
    """Copy shares (products, pools) to an array (pools, products); rounding may have added up to more than one."""
    for first in range(0, across.shape[1], LINE):
        for p in range(across.shape[0]):
            for k in range(first, min(first + LINE, across.shape[1])):
                across[p, k] = min(1.0, along[k, p])


@phase
def ask_links(table, shocks, state, market, t):
    """Orders by supplier; what cannot pass to a buyer is not ordered."""
    turn_over(state.wanted, market.wanted)
    blocked = shocks.passage.shape[0] > 0
    for i in range(table.x.size):
        k = table.sector[i]
        pool, share, base = links_of(market, i)
        if market.moved[k] or (blocked and table.hauled[k]):
            passes = shocks.passage[t, table.region[i]] if blocked and table.hauled[k] else market.ones
            state.change[i] = dot_moved(share, base, pool, passes, market.wanted[k], market.orders[k])
        else:
            state.change[i] = dot(share, pool, market.wanted[k])


@phase
def share_links(table, shocks, state, market, t):
    """A higher class is served before a lower one; within a class buyers share by the rule."""
    blocked, release = shocks.passage.shape[0] > 0, shocks.release[row(t, shocks.release)]
    two = market.within == PROPORTIONAL and market.alike[row(t, market.alike)]
    market.touched[:] = False
    for i in range(table.x.size):
        k = table.sector[i]
        if state.shortage[i] > 0.0 or (blocked and table.hauled[k]):
            market.touched[k] = True
    read_orders(state, market)
    for i in range(table.x.size):
        k = table.sector[i]
        state.sold[i] = state.change[i]
        if state.shortage[i] <= 0.0 and not (blocked and table.hauled[k]):
            continue
        passes = shocks.passage[t, table.region[i]] if blocked and table.hauled[k] else market.ones
        bought = max(0.0, -release[i])
        missing = state.shortage[i] * (table.x[i] + table.drawn[i] + state.change[i] + bought)
        market.amount[:] = 0.0
        market.amount[market.rest_class] += table.stored[i] + bought
        if two:
            at = row(t, market.firm_class)
            firm_class, user_class = market.firm_class[at, 0], market.user_class[at, 0]
            pool, share, _ = links_of(market, i)
            firms = dot_passing(share, pool, passes, market.firms[k])
            users = dot_passing(share, pool, passes, market.users[k])
            market.amount[firm_class] += firms
            market.amount[user_class] += users
            serve_classes(market.lack, market.amount, missing, state.shortage[i])
            firms_lack, users_lack = market.lack[firm_class], market.lack[user_class]
            state.sold[i] -= firms_lack * firms + users_lack * users
            add_lacks(market.firms_lack[k], share, pool, passes, firms_lack)
            add_lacks(market.users_lack[k], share, pool, passes, users_lack)
        else:
            share_many(table, state, market, passes, missing, bought, i, t)
    lacks_by_pool(market.firms_lack, state.pool_lacks)
    lacks_by_pool(market.users_lack, state.users_lack)


@phase
def read_orders(state, market):
    """Orders by pool, of firms and of final users, for the products that somebody asks of who is short."""
    turn_over(state.firm_orders, market.firms)
    market.firms_lack[:] = 0.0
    market.users_lack[:] = 0.0
    for k in range(market.touched.size):
        if market.touched[k]:
            add_base(market.firms[k], market.users[k], market.by_firms[k], market.orders[k], market.wanted[k])


@sweep
def add_base(firms, users, by_firms, orders, wanted):
    """Orders of firms from their change; those of final users are the rest."""
    for p in range(firms.size):
        firm = by_firms[p] + firms[p]
        users[p] = max(0.0, orders[p] + wanted[p] - firm)
        firms[p] = max(0.0, firm)


@total
def dot_passing(share, pool, passes, values):
    """Links of a supplier, as far as they let through, times values by pool."""
    result = 0.0
    if pool.size == 0:
        for p in range(share.size):
            result += share[p] * passes[p] * values[p]
    else:
        for e in range(share.size):
            result += share[e] * passes[pool[e]] * values[pool[e]]
    return result


@total
def add_lacks(lacks, share, pool, passes, lack):
    """Add what a supplier leaves open of each buyer's orders; what does not pass is missing too."""
    if pool.size == 0:
        for p in range(share.size):
            lacks[p] += share[p] * ((1.0 - passes[p]) + passes[p] * lack)
    else:
        for e in range(share.size):
            p = pool[e]
            lacks[p] += share[e] * ((1.0 - passes[p]) + passes[p] * lack)


@sweep
def serve_classes(lack, amount, missing, shortage):
    """What is missing at a supplier is missing to its lowest class first; shares that each class lacks."""
    if lack.size == 1:
        lack[0] = shortage
    else:
        for c in range(lack.size):
            lack[c] = min(1.0, missing / amount[c]) if amount[c] > 0.0 else 0.0
            missing = max(0.0, missing - amount[c])


@phase
def share_many(table, state, market, through, missing, bought, i, t):
    """Each link of a supplier is judged by itself."""
    k, within = table.sector[i], market.within
    pool, share, _ = links_of(market, i)
    firm_class, user_class = market.firm_class[row(t, market.firm_class)], market.user_class[row(t, market.user_class)]
    for e in range(share.size):
        p = pool[e] if pool.size > 0 else e
        part = share[e] * through[p]
        market.amount[firm_class[p]] += part * market.firms[k, p]
        market.amount[user_class[p]] += part * market.users[k, p]
    serve_classes(market.lack, market.amount, missing, state.shortage[i])
    last = 0  # the class that gets a part of its orders
    while last < market.lack.size - 1 and (market.lack[last] >= 1.0 or market.amount[last] <= 0.0):
        last += 1
    level, spare = np.inf, 1.0 - market.lack[last]
    if spare >= 1.0:  # nothing is missing, only held up: no class is served in part
        last = -1
    elif market.within == LEVEL:
        level, spare = water_level(market, through, table.stored[i], bought, i, k, t, last)
    elif market.within == BIDS:
        level, spare = last_bid(market, through, table.stored[i] + bought, i, k, t, last)
    for e in range(share.size):
        p = pool[e] if pool.size > 0 else e
        passes, size = through[p], market.orders[k, p] - market.by_firms[k, p]
        bid = market.firm_bid[k, p] if market.within == BIDS else 0
        offer = round(market.user_offer[p] / market.band) if market.within == BIDS else 0
        firm, user = market.firms[k, p], market.users[k, p]
        firm_lack, user_lack = market.lack[firm_class[p]], market.lack[user_class[p]]
        if firm_class[p] == last:
            firm_lack = lack_within(within, level, spare, firm, market.by_firms[k, p], bid)
        if user_class[p] == last:
            user_lack = lack_within(within, level, spare, user, size, offer)
        state.sold[i] -= share[e] * passes * (firm_lack * firm + user_lack * user)
        market.firms_lack[k, p] += share[e] * ((1.0 - passes) + passes * firm_lack)
        market.users_lack[k, p] += share[e] * ((1.0 - passes) + passes * user_lack)


@sweep
def lack_within(within, level, spare, order, size, bid):
    """Share of its order that a buyer of the class that is served in part lacks."""
    if within == PROPORTIONAL:
        return 1.0 - spare
    if within == LEVEL:
        if size <= 0.0:
            return 1.0 - spare
        return 1.0 - level * size / order if order > level * size else 0.0
    if bid == level:
        return 1.0 - spare
    return 0.0 if bid > level else 1.0


@phase
def water_level(market, through, stored, bought, i, k, t, c):
    """Size, over their base, up to which a supplier fills all orders of a class; share for orders without a base.

    Orders below the level are filled in full, larger ones up to it; what nobody ordered in the base comes last. The
    level is found by leaving out what it fills until that is all (Michelot): it never falls, so that few rounds do.
    """
    pool, share, _ = links_of(market, i)
    firm_class, user_class = market.firm_class[row(t, market.firm_class)], market.user_class[row(t, market.user_class)]
    left, level, filled = market.amount[c] * (1.0 - market.lack[c]), 0.0, -1
    rest = market.rest_class == c
    while True:
        full, open_size, new, count = 0.0, 0.0, 0.0, 0
        for e in range(share.size):
            p = pool[e] if pool.size > 0 else e
            part = share[e] * through[p]
            for firm in (True, False):
                if (firm_class[p] if firm else user_class[p]) != c or part <= 0.0:
                    continue
                order = market.firms[k, p] if firm else market.users[k, p]
                size = market.by_firms[k, p] if firm else market.orders[k, p] - market.by_firms[k, p]
                if order <= level * size:
                    full, count = full + part * order, count + 1
                elif size > 0.0:
                    open_size += part * size
                else:
                    new += part * order
        if rest and level >= 1.0:
            full, new, count = full + stored, new + bought, count + 1
        elif rest:
            open_size, new = open_size + stored, new + bought
        if open_size <= 0.0:
            return np.inf, min(1.0, max(0.0, left - full) / new) if new > 0.0 else 1.0
        if count == filled:
            return level, 0.0
        level, filled = max(level, (left - full) / open_size), count


@phase
def last_bid(market, through, kept, i, k, t, c):
    """The lowest bid of a class that a supplier serves, and the share that those who offer it get.

    Who offers more is served in full. The bid is found by halving the range of bids.
    """
    pool, share, _ = links_of(market, i)
    firm_class, user_class = market.firm_class[row(t, market.firm_class)], market.user_class[row(t, market.user_class)]
    left = market.amount[c] * (1.0 - market.lack[c])
    usual = round(1.0 / market.band)
    rest = kept if market.rest_class == c else 0.0
    low, high = usual, usual
    for e in range(share.size):
        p = pool[e] if pool.size > 0 else e
        offer = round(market.user_offer[p] / market.band)
        low, high = min(low, market.firm_bid[k, p], offer), max(high, market.firm_bid[k, p], offer)
    above = 0.0  # orders at bids of ``high`` and more, when the search ends
    high += 1
    while high - low > 1:
        middle = (low + high) // 2
        more = rest if usual >= middle else 0.0
        for e in range(share.size):
            p = pool[e] if pool.size > 0 else e
            part = share[e] * through[p]
            if firm_class[p] == c and market.firm_bid[k, p] >= middle:
                more += part * market.firms[k, p]
            if user_class[p] == c and round(market.user_offer[p] / market.band) >= middle:
                more += part * market.users[k, p]
        if more > left:
            low = middle
        else:
            high, above = middle, more
    same = rest if usual == low else 0.0
    for e in range(share.size):
        p = pool[e] if pool.size > 0 else e
        part = share[e] * through[p]
        if firm_class[p] == c and market.firm_bid[k, p] == low:
            same += part * market.firms[k, p]
        if user_class[p] == c and round(market.user_offer[p] / market.band) == low:
            same += part * market.users[k, p]
    return float(low), min(1.0, max(0.0, left - above) / same) if same > 0.0 else 1.0


@phase
def move_origins(table, shocks, state, market, t):
    """Shares of origin move towards suppliers with much of their usual strength and towards open routes.

    Strength is present capacity, or output, over what it is in the base.
    """
    blocked = shocks.passage.shape[0] > 0
    market.touched[:] = False
    for i in range(table.x.size):
        k, strength = table.sector[i], 1.0
        if table.x[i] > 0.0:
            strength = state.can_make[i] / market.normal[i] if market.origin == BY_CAPACITY else state.ratio[i]
        market.strength[i] = strength
        hindered = blocked and table.hauled[k]
        if strength == 1.0 and not hindered:
            continue
        if not market.touched[k]:
            market.touched[k] = True
            market.mean[k] = 0.0
        pool, _, base = links_of(market, i)
        passes = shocks.passage[t, table.region[i]] if hindered else market.ones
        add_strength(market.mean[k], base, pool, passes, strength)
    for k in range(market.touched.size):
        market.moved[k] |= market.touched[k]
        if market.moved[k]:
            for p in range(market.mean.shape[1]):
                mean = 1.0 + market.mean[k, p] if market.touched[k] else 1.0
                market.mean[k, p] = 1.0 / max(mean, NONE)
                market.gate[k, p] = market.speed[p] if mean > NONE else 0.0
    for i in range(table.x.size):
        k = table.sector[i]
        if market.moved[k]:
            pool, share, base = links_of(market, i)
            passes = shocks.passage[t, table.region[i]] if blocked and table.hauled[k] else market.ones
            move(share, base, pool, passes, market.mean[k], market.gate[k], market.strength[i])


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


@phase
def bid(table, rates, shocks, state, market, t):
    """Firms offer more for an input the emptier their shelves, up to what goes lost without it."""
    keep = shocks.keep[row(t + 1, shocks.keep)]
    tech, changed = shocks.coefficient[row(t + 1, shocks.coefficient)], shocks.coefficient.shape[0] > 1
    for j in range(table.x.size):
        kind, p = table.kind[j], market.buys_in[j]
        aims, c = j if shocks.keep.shape[0] > 1 else table.shelf[j], tech[j if changed else 0]
        for k in range(market.critical.shape[1]):
            goal = keep[aims, k] * state.plan[1, j] + c[k] * (rates.dt * state.target[1, j])
            empty = max(0.0, 1.0 - state.stock[j, k] / goal) if goal > 0.0 else 0.0
            worth = min(market.most, market.critical[kind, k] * market.value[j])
            offer = market.firm_offer[p] * (1.0 + worth * empty)
            market.firm_bid[k, p] = round(offer / market.band)
