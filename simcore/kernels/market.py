"""Rationing in general: links between suppliers and pools, classes of buyers, water-filling, bids.

It does what ``rationing`` does, for rules beyond the default ones and for many pools. A link joins a supplier i to a
pool p of buyers that have its shares of origin; links lie supplier by supplier, all pools of each (dense) or only
those that it sells to (``pool`` names them then). A buyer b is what is served alike: the firms of a row of the
state's arrays, or its final users. Rows are pools, or parts of them where buyers of one pool differ: by their class,
or because each is judged by itself. So shares of origin need no more columns than there are pools.

Products are taken one after the other, with all their suppliers. What buyers order of a product lies along pools
here, so that a supplier's links and what its pools order run side by side, and shares of origin leave memory once a
step: four suppliers at a time share the orders that they are multiplied by. Only suppliers that fall short, and
products that they make, get a second look. Letters, arrays and units as in ``inventory_state``; L links, E buyers,
C classes.
"""

from typing import NamedTuple

import numpy as np

from .inventory_state import phase, row, sweep, total
from .origins import FIXED, ask_moving, dot_moved
from .sharing import BIDS, LEVEL, PROPORTIONAL, asks_of_class, bid, lack_within, last_bid, serve_classes, water_level

LINE = 8  # numbers in a cache line: products that are turned over together
STRIP = 64  # rows that are turned over together


class Market(NamedTuple):
    """Links, buyers, classes and rules; then memory, which ``open_market`` sets to the base, and scratch arrays."""

    start: np.ndarray  # (n + 1,) int, where the links of each supplier start
    pool: np.ndarray  # (L,) int, or (0,) where each supplier has one link a pool
    base: np.ndarray  # (L,) share of origin
    pool_of: np.ndarray  # (B,) int, pool of each row; (0,) where row p is pool p
    row_of: np.ndarray  # (E,) int, row of each buyer
    firms: int  # buyers that are firms: they come first
    buyer_start: np.ndarray  # (P + 1,) int, where the buyers of each pool start
    buyer: np.ndarray  # (E,) int, buyers by pool
    straight: bool  # buyer p is pool p, and links are dense
    within: int  # PROPORTIONAL, LEVEL or BIDS
    class_of: np.ndarray  # (T or 1, E) int: the highest is served first
    rest_class: int  # of producers' own stocks and of strategic ones
    alike: np.ndarray  # (T or 1,) bool, all firms have one class and all final users have one
    origin: int  # FIXED, BY_CAPACITY or BY_OUTPUT
    speed: np.ndarray  # (P,) share of the gap to the wanted shares of origin that closes in a step
    normal: np.ndarray  # (n,) capacity in the base, over base output
    band: float  # bids that differ by less are one
    offer: np.ndarray  # (E,) price that a buyer offers, with full stocks, over the base price
    firm: np.ndarray  # (E,) int, activity of a buyer with bids
    critical: np.ndarray  # (M, K) criticality over the share of all inputs; (0, 0) without bids
    value: np.ndarray  # (n,) value added per yuan of inputs
    most: float  # by which a firm overbids, over the price
    turns: bool  # imports take the place of domestic goods, and back
    turning: float  # share of the gap of their ratio that closes in a step
    elasticity: float  # of that ratio to the ratio of fills
    reach: float  # most by which it can rise, or fall
    bought: np.ndarray  # (G,) all inputs of a group in the base
    orders: np.ndarray  # (K, P) in the base
    size: np.ndarray  # (K, E) of each buyer in the base

    firm_turn: np.ndarray  # (2, B, K) ratio of imports to domestic goods over base: of the last orders, and now
    user_turn: np.ndarray  # (B, K) of final users
    share: np.ndarray  # (L,) present share of origin; (0,) where fixed
    moved: np.ndarray  # (K,) bool, whether shares of origin of a product ever moved
    strength: np.ndarray  # (n,) after the last step, over base: what shares of origin follow
    noted: np.ndarray  # (lines of K,) bool, whether the state has lacks of these products

    pooled: np.ndarray  # (P, K) orders by pool, change from base; (0, 0) where rows are pools
    wanted: np.ndarray  # (K, P) the same
    asked: np.ndarray  # (K,) their sum
    mean: np.ndarray  # (P,) strength of a pool's origins over base, less one; then one over strength
    gate: np.ndarray  # (P,) speed, zero where no origin has any strength
    ones: np.ndarray  # (P,) what gets through where nothing holds it up
    touched: np.ndarray  # (K,) bool
    order: np.ndarray  # (LINE, E) of each buyer
    lacks: np.ndarray  # (LINE, E) share of it that the buyer does not get
    bids: np.ndarray  # (E,) in bands
    who: np.ndarray  # (E,) int, buyers that a supplier serves
    part: np.ndarray  # (E,) share of their orders that gets through to it
    held: np.ndarray  # (E,) that does not
    asks: np.ndarray  # (E,) orders of one class that reach it
    usual: np.ndarray  # (E,) the same in the base
    amount: np.ndarray  # (C,) orders that a supplier has, by class
    lack: np.ndarray  # (C,)


@phase
def open_market(state, market):
    """Shares of origin of the base; nobody lacks anything."""
    if market.origin != FIXED:
        copy_row(market.share, market.base)
    market.moved[:] = False
    market.noted[:] = False
    market.strength[:] = 1.0
    market.firm_turn[:] = 1.0
    market.user_turn[:] = 1.0
    state.pool_lacks[:] = 0.0
    state.users_lack[:] = 0.0


@phase
def ask_links(table, shocks, state, market, before, t):
    """Orders by supplier; what cannot pass to a buyer is not ordered.

    Shares of origin follow the strength that suppliers had in the last step, in the period ``before``.
    """
    if market.pool_of.size == 0:
        turn_over(state.wanted, market.wanted)
    else:
        add_by_pool(market.pooled, market.pool_of, state.wanted)
        turn_over(market.pooled, market.wanted)
    blocked = shocks.passage.shape[0] > 0
    for k in range(table.sells.size - 1):
        sellers, wanted = table.seller[table.sells[k] : table.sells[k + 1]], market.wanted[k]
        market.asked[k] = add_up_orders(wanted)
        if market.origin != FIXED and market.moved[k]:
            ask_moving(table, shocks, state, market, sellers, k, before, t)
        elif blocked and table.hauled[k]:
            for i in sellers:
                begin, end = market.start[i], market.start[i + 1]
                pool = market.pool[begin:end] if market.pool.size > 0 else market.pool
                base, passes = market.base[begin:end], shocks.passage[t, table.region[i]]
                state.change[i] = dot_moved(base, base, pool, passes, wanted, market.orders[k])
        elif market.pool.size > 0:
            for i in sellers:
                begin, end = market.start[i], market.start[i + 1]
                state.change[i] = dot_some(market.base[begin:end], market.pool[begin:end], wanted)
        else:
            dot_all(market.base, wanted, sellers, state.change)


@phase
def add_by_pool(pooled, pool_of, wanted):
    """Orders by pool, change from base, from those by row."""
    pooled[:] = 0.0
    for b in range(pool_of.size):
        add_row(pooled[pool_of[b]], wanted[b])


@sweep
def add_row(sums, values):
    """Add element by element."""
    for k in range(sums.size):
        sums[k] += values[k]


@sweep
def turn_over(across, along):
    """Copy an array (pools, products) to one (products, pools), a strip of pools at a time, which stays in cache."""
    for first in range(0, across.shape[0], STRIP):
        last = min(first + STRIP, across.shape[0])
        for k in range(across.shape[1]):
            copy_row(along[k, first:last], across[first:last, k])


@sweep
def copy_row(to, values):
    """Copy element by element."""
    for p in range(to.size):
        to[p] = values[p]


@total
def add_up_orders(wanted):
    """Sum over pools."""
    result = 0.0
    for p in range(wanted.size):
        result += wanted[p]
    return result


@total
def dot_some(share, pool, values):
    """Links of a supplier times values by pool."""
    result = 0.0
    for e in range(share.size):
        result += share[e] * values[pool[e]]
    return result


@phase
def dot_all(shares, values, sellers, result):
    """Dense links of suppliers times values by pool, four suppliers at a time."""
    P, fours = values.size, sellers.size - sellers.size % 4
    for q in range(0, fours, 4):
        one, two, three, four = sellers[q] * P, sellers[q + 1] * P, sellers[q + 2] * P, sellers[q + 3] * P
        sums = dot_four(
            shares[one : one + P], shares[two : two + P], shares[three : three + P], shares[four : four + P], values
        )
        for r in range(4):
            result[sellers[q + r]] = sums[r]
    for q in range(fours, sellers.size):
        i = sellers[q]
        result[i] = dot(shares[i * P : i * P + P], values)


@total
def dot_four(one, two, three, four, values):
    """Links of four suppliers times values by pool."""
    a = b = c = d = 0.0
    for p in range(values.size):
        value = values[p]
        a += one[p] * value
        b += two[p] * value
        c += three[p] * value
        d += four[p] * value
    return a, b, c, d


@total
def dot(share, values):
    """Links of a supplier times values, both in one order."""
    result = 0.0
    for p in range(share.size):
        result += share[p] * values[p]
    return result


@phase
def share_links(table, rates, shocks, state, market, before, t):
    """A higher class is served before a lower one; within a class buyers share by the rule.

    Returns the largest gap between what suppliers of a product deliver and what its buyers receive.
    """
    blocked, worst = shocks.passage.shape[0] > 0, 0.0
    simple = market.straight and market.within == PROPORTIONAL and market.alike[row(t, market.alike)]
    release = shocks.release[row(t, shocks.release)]
    touch(table, state, market, blocked)
    products = table.sells.size - 1
    for first in range(0, products, LINE):
        last, any_touched = min(first + LINE, products), False
        for k in range(first, last):
            any_touched |= market.touched[k]
        if any_touched or market.noted[first // LINE]:
            market.lacks[:] = 0.0
            read_orders(state, market, first, last)
        for k in range(first, last):
            gap, hindered = -market.asked[k], blocked and table.hauled[k]
            sellers = table.seller[table.sells[k] : table.sells[k + 1]]
            order, lacks = market.order[k - first], market.lacks[k - first]
            if market.touched[k] and market.within == BIDS:
                bid(table, rates, shocks, state, market, k, before)
            for i in sellers:
                state.sold[i] = state.change[i]
                if state.shortage[i] > 0.0 or hindered:
                    bought = max(0.0, -release[i])
                    missing = state.shortage[i] * (table.x[i] + table.drawn[i] + state.change[i] + bought)
                    market.amount[:] = 0.0
                    market.amount[market.rest_class] += table.stored[i] + bought
                    if simple and not hindered:
                        serve_two(state, market, order, lacks, missing, i, k, t)
                    else:
                        passes = shocks.passage[t, table.region[i]] if hindered else market.ones
                        serve_many(state, market, passes, order, lacks, missing, table.stored[i], bought, i, k, t)
                gap += state.sold[i]
            if market.touched[k]:
                gap += undelivered(order, lacks)
            worst = max(worst, abs(gap))
        if any_touched or market.noted[first // LINE]:
            write_lacks(state, market, first, last)
            market.noted[first // LINE] = any_touched
    return worst


@phase
def touch(table, state, market, blocked):
    """Note products of which some supplier falls short, or that are held up on the way."""
    market.touched[:] = False
    for i in range(table.x.size):
        if state.shortage[i] > 0.0:
            market.touched[table.sector[i]] = True
    if blocked:
        for k in range(table.hauled.size):
            market.touched[k] |= table.hauled[k]


@phase
def read_orders(state, market, first, last):
    """Orders by buyer of the products that somebody is short of; those of final users are what firms leave."""
    firms, E = market.firms, market.row_of.size
    for begin in range(0, E, STRIP):
        for k in range(first, last):
            if market.touched[k]:
                order, size = market.order[k - first], market.size[k]
                for b in range(begin, min(begin + STRIP, firms)):
                    order[b] = max(0.0, size[b] + state.firm_orders[market.row_of[b], k])
                for b in range(max(begin, firms), min(begin + STRIP, E)):
                    at = market.row_of[b]
                    order[b] = max(0.0, size[b] + (state.wanted[at, k] - state.firm_orders[at, k]))


@phase
def write_lacks(state, market, first, last):
    """What buyers lack, for the rest of the step."""
    firms, E = market.firms, market.row_of.size
    for begin in range(0, E, STRIP):
        for k in range(first, last):
            lacks = market.lacks[k - first]
            for b in range(begin, min(begin + STRIP, firms)):
                state.pool_lacks[market.row_of[b], k] = min(1.0, lacks[b])
            for b in range(max(begin, firms), min(begin + STRIP, E)):
                state.users_lack[market.row_of[b], k] = min(1.0, lacks[b])


@total
def undelivered(order, lacks):
    """What all buyers of a product do not get; rounding may have added up to more than all of an order."""
    result = 0.0
    for b in range(order.size):
        result += min(1.0, lacks[b]) * order[b]
    return result


@sweep
def serve_two(state, market, order, lacks, missing, i, k, t):
    """All firms lack one share of what they order from a supplier, all final users another."""
    firms, at, share = market.firms, row(t, market.class_of), market.part
    begin, end = market.start[i], market.start[i + 1]
    if market.origin != FIXED and market.moved[k]:
        copy_row(share, market.share[begin:end])
    else:
        copy_row(share, market.base[begin:end])
    firm_class = market.class_of[at, 0]
    user_class = market.class_of[at, share.size - 1]
    to_firms, to_users = dot(share[:firms], order[:firms]), dot(share[firms:], order[firms:])
    market.amount[firm_class] += to_firms
    market.amount[user_class] += to_users
    serve_classes(market.lack, market.amount, missing, state.shortage[i])
    firms_lack, users_lack = market.lack[firm_class], market.lack[user_class]
    state.sold[i] -= firms_lack * to_firms + users_lack * to_users
    add_lack(lacks[:firms], share[:firms], firms_lack)
    add_lack(lacks[firms:], share[firms:], users_lack)


@sweep
def add_lack(lacks, share, lack):
    """Add what a supplier leaves open of each buyer's orders."""
    for p in range(share.size):
        lacks[p] += share[p] * lack


@phase
def serve_many(state, market, passes, order, lacks, missing, stored, bought, i, k, t):
    """Each buyer of a supplier is judged by itself."""
    class_of, who, part, held = market.class_of[row(t, market.class_of)], market.who, market.part, market.held
    count, within, short = buyers_of(market, passes, i, k), market.within, state.shortage[i]
    for e in range(count):
        market.amount[class_of[who[e]]] += part[e] * order[who[e]]
    serve_classes(market.lack, market.amount, missing, short)
    last = 0  # the class that gets a part of its orders
    while last < market.lack.size - 1 and (market.lack[last] >= 1.0 or market.amount[last] <= 0.0):
        last += 1
    level, spare = np.inf, 1.0 - market.lack[last]
    if spare >= 1.0:  # nothing is missing, only held up: no class is served in part
        last = -1
    elif within != PROPORTIONAL:
        asks, usual, left = market.asks[:count], market.usual[:count], market.amount[last] * spare
        asks_of_class(asks, usual, who, part, order, market.size[k], class_of, last)
        rest = 1.0 if market.rest_class == last else 0.0
        if within == LEVEL:
            level, spare = water_level(asks, usual, left, rest, rest * stored, rest * bought)
        else:
            usual_bid = np.rint(1.0 / market.band)
            level, spare = last_bid(asks, market.bids, who, left, rest * (stored + bought), usual_bid)
    for e in range(count):
        b = who[e]
        lack = market.lack[class_of[b]]
        if class_of[b] == last:
            lack = lack_within(within, level, spare, order[b], market.size[k, b], market.bids[b])
        state.sold[i] -= part[e] * lack * order[b]
        lacks[b] += held[e] + part[e] * lack


@phase
def buyers_of(market, passes, i, k):
    """Note who buys from a supplier, which share of the orders gets through to it and which does not; how many."""
    count, moved = 0, market.origin != FIXED and market.moved[k]
    begin, end = market.start[i], market.start[i + 1]
    for e in range(begin, end):
        share, p = market.share[e] if moved else market.base[e], market.pool[e] if market.pool.size > 0 else e - begin
        if share == 0.0:
            continue
        for place in range(market.buyer_start[p], market.buyer_start[p + 1]):
            market.who[count] = market.buyer[place]
            market.part[count] = share * passes[p]
            market.held[count] = share * (1.0 - passes[p])
            count += 1
    return count
