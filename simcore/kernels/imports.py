"""Import substitution: buyers turn from domestic goods to imports where those come more fully, and back.

A buyer with the imported share m of a use in the base buys the share m r / (1 + m (r - 1)) abroad, so that r is the
ratio of imported to domestic purchases over its base. It moves towards

    r* = (fill at home / fill of imports) ** -elasticity

as if a good of which the share f is delivered cost 1 / f (Armington). Letters, arrays and units as in
``inventory_state``; r is kept by pool and product, for firms and for final users.
"""

from .inventory_state import copy, phase, sweep

LEAST = 1e-9  # fill ratio: its power must exist


@phase
def turn_imports(state, market):
    """Move the ratios after deliveries; that of firms by which the arriving orders were placed is kept."""
    copy(market.firm_turn[0], market.firm_turn[1])
    elasticity, reach, speed = market.elasticity, market.reach, market.turning
    for p in range(state.pool_lacks.shape[0]):
        follow(market.firm_turn[1, p], state.pool_lacks[p], state.abroad_lacks, elasticity, reach, speed)
        follow(market.user_turn[p], state.users_lack[p], state.abroad_lacks, elasticity, reach, speed)


@sweep
def follow(turn, lacks, abroad_lacks, elasticity, reach, speed):
    """Close a part of the gap to the ratio that present fills call for."""
    for k in range(turn.size):
        wanted = 1.0
        if lacks[k] != abroad_lacks[k]:
            fills = max(LEAST, 1.0 - lacks[k]) / max(LEAST, 1.0 - abroad_lacks[k])
            wanted = min(reach, max(1.0 / reach, fills**-elasticity))
        turn[k] += (wanted - turn[k]) * speed


@phase
def turn_users(table, state, market):
    """Final users split new demand by their ratio; orders of their pools follow."""
    for f in range(table.user_pool.size):
        p = table.user_pool[f]
        split(state.ask_home[f], state.ask_abroad[f], state.wanted[p], market.user_turn[p])


@sweep
def split(ask_home, ask_abroad, wanted, turn):
    """Move a part of domestic demand abroad, or back; nothing where one of them is zero."""
    for k in range(turn.size):
        home, abroad = ask_home[k], ask_abroad[k]
        if turn[k] != 1.0 and home * abroad > 0.0:
            moved = home * abroad * (turn[k] - 1.0) / (home + abroad * turn[k])
            ask_home[k], ask_abroad[k] = home - moved, abroad + moved
            wanted[k] -= moved


@sweep
def away(home, turn):
    """By how much the domestic share of a use is below its base."""
    return home * (1.0 - home) * (turn - 1.0) / (home + (1.0 - home) * turn)


@sweep
def lacking_turned(lacks, home, kind, firm_turn, pool_lacks, abroad_lacks, pool):
    """Share of its orders, placed by the ratio that was kept, that a group does not receive."""
    for k in range(lacks.size):
        now = home[kind, k] - away(home[kind, k], firm_turn[0, pool, k])
        lacks[k] = now * pool_lacks[pool, k] + (1.0 - now) * abroad_lacks[k]


@sweep
def add_turned(firm_orders, pool, firm_imports, ordered, bought, share, home, kind, firm_turn):
    """Split what a group orders, change from base; ``bought`` are all its inputs in the base. The next starts anew."""
    for k in range(ordered.size):
        at_home = home[kind, k]
        moved = away(at_home, firm_turn[1, pool, k])
        firm_orders[pool, k] += share[kind, k] * ((at_home - moved) * ordered[k] - moved * bought)
        firm_imports[k] += share[kind, k] * ((1.0 - at_home + moved) * ordered[k] + moved * bought)
        ordered[k] = ordered.dtype.type(0.0)
