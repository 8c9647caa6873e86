"""Who gets what is short, stated plainly: every supplier by itself, every buyer by itself, by sorting; slow and short.

B buyers are the firms and then the final users; flows are yearly.
"""

import numpy as np

from simcore.economy import CATEGORIES
from simcore.models.market import BAND, MOST

TINY = 1e-13  # bn yuan: who orders nothing still sees who is short


def buyers_pools(e):
    return np.concatenate([e.pool, e.user_pool])


def ratio(part, whole, otherwise):
    part, whole = np.broadcast_arrays(part, whole)
    return np.divide(part, whole, out=np.full(part.shape, otherwise), where=whole > 0)


def classes(model, e, priority):
    """Of all buyers, (B,), and of stocks: the channel decides, then who comes first by the rule."""
    firms = 2 * np.floor(priority) + (model.rationing == "intermediate_first")
    users = np.full(e.F, int(model.rationing == "final_first"))
    return np.concatenate([firms, users]), users[0]


def offers(model, e, stocks=None, goal=None, critical=None):
    """Bids (K, B) in bands: what a buyer offers, more for a critical input the emptier its shelves."""
    price = np.ones(e.n + e.F)
    for name, offer in model.bids.items():
        if name in CATEGORIES:
            price[e.n + np.flatnonzero(e.user_category == CATEGORIES.index(name))] = offer
        else:
            price[: e.n][np.isin(e.sector, e.sectors.expand(name))] = offer
    more = np.zeros((e.K, e.n + e.F))
    if stocks is not None:
        use = e.use_domestic + e.use_imported
        worth = np.minimum(MOST, critical * ratio(e.x - use.sum(axis=0), use, 0.0))
        more[:, : e.n] = worth * np.maximum(0.0, 1.0 - ratio(stocks, goal, 1.0))
    return np.round(price * (1.0 + more) / BAND)


def serve(model, ranks, last_rank, available, orders, sizes, bids, keeps, bought):
    """Deliveries (n, B) to buyers with ``orders`` (n, B), which were ``sizes`` in the base; stocks take their part."""
    n, B = orders.shape
    delivered = np.zeros((n, B))
    usual = round(1 / BAND)
    for i in range(n):
        order = np.concatenate([orders[i], [keeps[i], bought[i]]])
        size = np.concatenate([sizes[i], [keeps[i], 0.0]])
        bid = np.concatenate([bids[i], [usual, usual]])
        rank = np.concatenate([ranks, [last_rank, last_rank]])
        got, left = np.zeros(B + 2), available[i]
        if left >= order.sum():
            got = order
            left = 0.0
        for r in sorted(set(rank), reverse=True):
            if left <= 0.0:
                break
            of_rank = rank == r
            take = np.where(of_rank, order, 0.0)
            if take.sum() > left:
                take = {"water_filling": up_to_a_level, "price": by_bid}.get(model.rationing, alike)(
                    left, take, np.where(of_rank, size, 0.0), bid
                )
            got = got + take
            left = left - take.sum()
        delivered[i] = got[:B]
    return delivered


def alike(left, order, size, bid):
    return order * (left / order.sum())


def up_to_a_level(left, order, size, bid):
    """Fill the orders that grew least first; what had no size comes last."""
    old = size > 0
    if order[old].sum() <= left:
        rest = np.where(old, 0.0, order)
        return np.where(old, order, rest * ratio(left - order[old].sum(), rest.sum(), 0.0))
    level, before = 0.0, 0.0
    relative = np.where(old, order / np.where(old, size, 1.0), np.inf)
    for r in np.sort(relative[old]):
        filled = (size * np.minimum(relative, r))[old].sum()
        if filled >= left:
            open_size = size[old & (relative > before)].sum()
            level = before + (left - (size * np.minimum(relative, before))[old].sum()) / open_size
            break
        before = r
    else:
        level = before  # rounding: all orders fit
    return np.where(old, np.minimum(order, level * size), 0.0)


def by_bid(left, order, size, bid):
    """Serve the highest bids; those who offer the same share."""
    got = np.zeros(order.size)
    for b in sorted(set(bid), reverse=True):
        same = np.where(bid == b, order, 0.0)
        if same.sum() >= left:
            return got + (same * (left / same.sum()) if same.sum() > 0 else 0.0)
        got, left = got + same, left - same.sum()
    return got


def turn(model, e, shares, passage, can, made, speed, headroom_speed):
    """Shares of origin (n, B) after a step: buyers turn to suppliers that keep more of their strength."""
    pools = buyers_pools(e)
    base, passes = e.origin[:, pools], passage[:, pools]
    above = {"headroom": np.minimum(e.headroom, e.headroom * headroom_speed), "ario": model.overproduction_base}
    normal = 1.0 + above.get(model.overproduction, 0.0)
    strength = np.where(e.x > 0, can / normal if model.origin == "capacity" else made, 1.0)
    wanted = base * strength[:, None] * passes
    sells = (e.sector[:, None] == np.arange(e.K)).astype(float)
    total, usual = sells.T @ wanted, sells.T @ base
    wanted = np.where(total[e.sector] > 1e-12, wanted * ratio(usual, total, 0.0)[e.sector], shares)
    moves = np.ones(len(pools))
    if model.substitutes == "firms":
        moves[e.n :] = 0.0
    return shares + (wanted - shares) * speed * moves


def import_ratio(model, fills, come_in):
    """Wanted ratio of imports to domestic purchases over its base."""
    fills = np.maximum(fills, 1e-9) / np.maximum(come_in, 1e-9)
    return np.clip(fills**-model.import_elasticity, 1 / model.import_reach, model.import_reach)


def split(home, abroad, turned):
    """New demand of final users, at home and abroad, with the ratio of both changed."""
    total = home + abroad
    share = ratio(abroad * turned, home + abroad * turned, 0.0)
    both = (home > 0) & (abroad > 0)
    return np.where(both, total * (1 - share), home), np.where(both, total * share, abroad)
