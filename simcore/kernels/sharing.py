"""How the buyers of one supplier share what it has: by class, and within a class in proportion, to a level, by bids.

Letters, arrays and units as in ``inventory_state`` and ``market``.
"""

import numpy as np

from .inventory_state import phase, row, sweep

PROPORTIONAL, LEVEL, BIDS = 0, 1, 2  # how buyers of one class share
ENDLESS = 1e300  # a level that fills every order


@sweep
def serve_classes(lack, amount, missing, shortage):
    """What is missing at a supplier is missing to its lowest class first; shares that each class lacks."""
    if lack.size == 1:
        lack[0] = shortage
    else:
        for c in range(lack.size):
            lack[c] = min(1.0, missing / amount[c]) if amount[c] > 0.0 else 0.0
            missing = max(0.0, missing - amount[c])


@sweep
def asks_of_class(asks, usual, who, part, order, size, class_of, c):
    """Orders of one class that reach a supplier, now and in the base; zero for all other buyers."""
    for e in range(asks.size):
        share = part[e] if class_of[who[e]] == c else 0.0
        asks[e] = share * order[who[e]]
        usual[e] = share * size[who[e]]


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
def water_level(asks, usual, left, rest, stored, bought):
    """Size, over their base, up to which a supplier fills all orders of a class; share for orders without a base.

    Orders below the level are filled in full, larger ones up to it; what nobody ordered in the base comes last. The
    level is found by leaving out what it fills until that is all (Michelot): it never falls, so that few rounds do.
    Stocks, where they are of the class (``rest`` is 1), ask for what they take in the base, ``stored``, and for more,
    ``bought``.
    """
    level, filled = 0.0, -1.0
    while True:
        full, open_size, new, count = below(asks, usual, level)
        new += bought
        if level >= 1.0:
            full, count = full + stored, count + rest
        else:
            open_size += stored
        if open_size <= 0.0:
            return ENDLESS, min(1.0, max(0.0, left - full) / new) if new > 0.0 else 1.0
        if count == filled:
            return level, 0.0
        level, filled = max(level, (left - full) / open_size), count


@sweep
def below(asks, usual, level):
    """Orders that a level fills; base orders of those that it does not, orders without a base, and how many fit."""
    full = open_size = new = count = 0.0
    for e in range(asks.size):
        fits = asks[e] <= level * usual[e]
        full += asks[e] if fits else 0.0
        count += 1.0 if fits else 0.0
        open_size += 0.0 if fits else usual[e]
        new += asks[e] if not fits and usual[e] <= 0.0 else 0.0
    return full, open_size, new, count


@phase
def last_bid(asks, bids, who, left, rest, usual):
    """The lowest bid of a class that a supplier serves, and the share that those who offer it get.

    Who offers more is served in full. The bid is found by halving the range of bids. Stocks ask for ``rest`` and
    offer the ``usual`` price.
    """
    low, high, above = usual, usual, 0.0
    for e in range(asks.size):
        low, high = min(low, bids[who[e]]), max(high, bids[who[e]])
    high += 1.0
    while high - low > 1.0:
        middle = np.floor(0.5 * (low + high))
        more = rest if usual >= middle else 0.0
        for e in range(asks.size):
            more += asks[e] if bids[who[e]] >= middle else 0.0
        if more > left:
            low = middle
        else:
            high, above = middle, more
    same = rest if usual == low else 0.0
    for e in range(asks.size):
        same += asks[e] if bids[who[e]] == low else 0.0
    return low, min(1.0, max(0.0, left - above) / same) if same > 0.0 else 1.0


@phase
def bid(table, rates, shocks, state, market, k, before):
    """Firms offered more for an input the emptier their shelves were when they ordered, up to what is lost without it.

    Orders of the step were placed at the end of the last one, in the period ``before``.
    """
    keep = shocks.keep[row(before + 1, shocks.keep)]
    tech, changed = shocks.coefficient[row(before + 1, shocks.coefficient)], shocks.coefficient.shape[0] > 1
    for b in range(market.bids.size):
        offer = market.offer[b]
        if b < market.firms:
            j = market.firm[b]
            kind = table.kind[j]
            aims, c = j if shocks.keep.shape[0] > 1 else table.shelf[j], tech[j if changed else 0]
            goal = keep[aims, k] * state.plan[0, j] + c[k] * (rates.dt * state.target[0, j])
            empty = max(0.0, 1.0 - state.stock[j, k] / goal) if goal > 0.0 else 0.0
            offer *= 1.0 + min(market.most, market.critical[kind, k] * market.value[j]) * empty
        market.bids[b] = np.rint(offer / market.band)
