"""Capacity and production: labour, overtime, and what inputs allow.

Letters, arrays and units as in ``inventory_state``. Activities that have enough of every input for the step are found
by a cheap screen and need no further look.
"""

import numpy as np

from .inventory_rules import CES, DEMANDED, LINEAR, MADE, MINIMUM, STILL
from .inventory_state import CAPACITY, DEMAND, INPUT, LABOUR, LANES, phase, row, sweep

ENOUGH = 1e300  # activity over base that inputs allow where nobody needs to know how much; finite, to be multiplied


@phase
def employ(table, shocks, rules, t):
    """Firms move towards the labour that demand and inputs called for in the last step (Pichler et al. 2022).

    They hire no more than what is left of their labour, which a shock takes at once.
    """
    labour = shocks.labour[row(t, shocks.labour)]
    productivity = shocks.productivity[row(t, shocks.productivity)]
    for j in range(table.x.size):
        per_output = 1.0 / productivity[j] if productivity[j] > 0.0 else 0.0
        gap = min(rules.allowed[j], rules.want[j]) * per_output - rules.employed[j]
        speed = rules.hire if gap >= 0.0 else rules.fire
        rules.employed[j] = min(labour[j], rules.employed[j] + speed * gap)


@phase
def plan_capacity(table, rates, shocks, state, rules, t):
    """Labour and capacity hit one output; overtime rises slowly and falls at once."""
    capacity, labour = shocks.capacity[row(t, shocks.capacity)], shocks.labour[row(t, shocks.labour)]
    floor, capital = shocks.floor[row(t, shocks.floor)], shocks.capital[row(t, shocks.capital)]
    listed = shocks.listed[row(t, shocks.listed)]
    productivity = shocks.productivity[row(t, shocks.productivity)]
    for j in range(table.x.size):
        hands, gained = labour[j], capital[j]
        if rules is not None:
            hands, gained = rules.employed[j] if rules.hires else hands, gained + rules.rebuilt[j]
        there = min(capacity[j], hands)
        state.cause[j] = LABOUR if hands < capacity[j] and there >= floor[j] else CAPACITY
        strength = productivity[j] * (there + listed[j] * max(0.0, floor[j] - there))
        room = min(table.headroom[j], state.extra[j] + table.headroom[j] * rates.overtime)
        if rules is not None:
            room = rules.room[j] if rules.swells else room
        state.strength[j] = strength
        state.can_make[j] = max(0.0, strength * (1.0 + room) + gained)


@phase
def overproduce(table, shocks, state, rules, t):
    """Overproduction rises with the share of demand that the last output would miss (ARIO, as BoARIO computes it).

    Where that output would exceed demand it falls by the same rule, slowly; where it meets demand it returns to rest.
    """
    release = shocks.release[row(t, shocks.release)]
    for j in range(table.x.size):
        x = table.x[j]
        want = (x + state.change[j] + max(0.0, -release[j]) - max(0.0, release[j])) / x if x > 0.0 else 1.0
        missing = (want - state.ratio[j]) / want if want > 0.0 else 0.0
        rest = max(0.0, 1.0 - abs(missing) / STILL)
        towards = (rules.room_most - rules.room[j]) * missing + (rules.room_base - rules.room[j]) * rest
        rules.room[j] = max(0.0, rules.room[j] + rules.swell * towards)


@phase
def produce(table, rates, shocks, state, rules, t, step):
    """Output is the least of demand, capacity and inputs; suppliers that fall short note by how much."""
    releases, products, capitals = row(t, shocks.release), row(t, shocks.productivity), row(t, shocks.capital)
    levels, low = state.sweep[0], state.sweep[1]
    tech, changed = shocks.coefficient[row(t + 1, shocks.coefficient)], shocks.coefficient.shape[0] > 1
    exact = changed
    if rules is not None:
        exact |= rules.record_limit.shape[0] > 0  # somebody wants to know what inputs allow even where it is enough
    for j in range(table.x.size):
        x, release, productivity = table.x[j], shocks.release[releases, j], shocks.productivity[products, j]
        bought = max(0.0, -release)  # by the strategic stock
        state.code[step, j] = DEMAND
        if x <= 0.0:
            orders = table.drawn[j] + state.change[j] + bought
            need = max(0.0, state.change[j] + bought - max(0.0, release))
            state.shortage[j] = min(1.0, need / orders) if orders > 0.0 else 0.0
            continue
        want, can = max(0.0, 1.0 + (state.change[j] + bought - max(0.0, release)) * table.per_x[j]), state.can_make[j]
        ratio, missing = want, 0.0
        if can < want:
            ratio, state.code[step, j] = can, state.cause[j]
        per_output = 1.0
        if productivity != 1.0:
            per_output = 1.0 / productivity if productivity > 0.0 else 0.0
        own, kind = j if changed else 0, table.kind[j]
        if changed:
            state.scarce[j] = any_below_changed(state.stock, j, tech, rates.per_day, ratio * per_output)
        else:
            state.scarce[j] = any_below(state.stock, j, rates.per_day, ratio * per_output)
        if rules is None:
            if state.scarce[j] and per_output > 0.0:
                last(levels, state.stock, j, rates.per_day)
                if changed:
                    per_coefficient(levels, tech, j)
                allowed = tightest(levels, low, table.binds, kind, ratio * per_output, can * per_output - 1.0)
                if allowed * productivity < ratio:
                    ratio, state.code[step, j] = allowed * productivity, scarcest(levels, allowed)
        else:
            spare = 0.0 if rules.normal[j] else can * per_output - 1.0
            allowed, code = ENOUGH, DEMAND
            if rules.form[j] != MINIMUM:
                allowed, code = what_inputs_allow(table, state, rules, tech, own, j)
            elif exact or in_doubt(state.stock, j, rules, kind, ratio, want, per_output):
                last_by_rules(levels, state.stock, j, rules.per_day, kind)
                if changed:
                    per_coefficient(levels, tech, j)
                allowed = tightest(levels, low, table.binds, kind, np.inf, spare)
            rules.allowed[j], rules.want[j] = allowed * productivity, want
            if rules.allowed[j] < ratio:
                ratio = rules.allowed[j]
                state.code[step, j] = scarcest(levels, allowed) if rules.form[j] == MINIMUM else code
        if ratio < want:
            orders = x + table.drawn[j] + state.change[j] + bought
            missing = min(1.0, (want - ratio) * x / orders)
        state.ratio[j], state.shortage[j] = ratio, missing
        strength, gained = state.strength[j], shocks.capital[capitals, j]
        if rules is not None:
            gained += rules.rebuilt[j]
        state.extra[j] = 0.0
        if ratio - gained > strength > 0.0:
            state.extra[j] = (ratio - gained) / strength - 1.0
        state.activity[j] = ratio * per_output
        state.target[0, j], state.plan[0, j] = state.target[1, j], state.plan[1, j]
        able = want if want <= can else can + rates.beyond * (want - can)
        state.target[1, j] = able * per_output
        state.plan[1, j] += (state.target[1, j] - state.plan[1, j]) * rates.learning
        if rules is not None:
            expect(state, rules, want * per_output, j)


@sweep
def in_doubt(stock, j, rules, kind, ratio, want, per_output):
    """Whether what inputs allow may matter: where all stocks last, it is no less than what capacity and demand leave.

    Not so where a partly critical input stops a part of normal capacity and more is made than in the base; and those
    who hire look at what inputs would allow if there were more capacity.
    """
    need = ratio * per_output
    if (rules.hires and ratio < want) or (rules.normal[j] and need > 1.0):
        return True
    below = 0
    for k in range(stock.shape[1]):
        below |= stock[j, k] * rules.per_day[kind, k] < need
    return below != 0


@sweep
def any_below(stock, j, per_day, need):
    """Whether some stock would not last a step."""
    per_day, need = stock.dtype.type(per_day), stock.dtype.type(need)
    below = 0
    for k in range(stock.shape[1]):
        below |= stock[j, k] * per_day < need
    return below != 0


@sweep
def any_below_changed(stock, j, coefficient, per_day, need):
    """The same with input coefficients of the activity's own."""
    per_day, need = stock.dtype.type(per_day), stock.dtype.type(need)
    below = 0
    for k in range(stock.shape[1]):
        below |= stock[j, k] * per_day < coefficient[j, k] * need
    return below != 0


@sweep
def last(levels, stock, j, per_day):
    """Activity over base that each stock allows in a step."""
    per_day = stock.dtype.type(per_day)
    for k in range(levels.size):
        levels[k] = stock[j, k] * per_day


@sweep
def last_by_rules(levels, stock, j, per_day, kind):
    """The same by the days of stock that unhindered production needs."""
    for k in range(levels.size):
        levels[k] = stock[j, k] * per_day[kind, k]


@sweep
def per_coefficient(levels, coefficient, j):
    """The same with input coefficients of the activity's own; what it no longer needs never binds."""
    endless = levels.dtype.type(np.inf)
    for k in range(levels.size):
        c = coefficient[j, k]
        levels[k] = levels[k] / c if c > 0.0 else endless


@sweep
def tightest(levels, low, binds, kind, need, spare):
    """The least that critical inputs below what is needed allow; ``levels`` become what each allows, less one.

    A partly critical input stops that part of the capacity 1 + spare. 1 is allowed exactly where all inputs
    and capacity allow 1.
    """
    real = levels.dtype.type
    one, endless, need, spare = real(1.0), real(np.inf), real(need), real(spare)
    for k in range(levels.size):
        enough, part = levels[k], binds[kind, k]
        limit = part * (enough - one) + (one - part) * spare
        levels[k] = limit if (enough < need) & (part > 0.0) else endless
    return max(0.0, 1.0 + least_of(levels, low))


@sweep
def least_of(levels, low):
    """The least of a row: lane by lane first, since a single minimum waits for the one before."""
    for k in range(LANES):
        low[k] = levels[k]
    for first in range(LANES, levels.size, LANES):
        for k in range(LANES):
            low[k] = min(low[k], levels[first + k])
    least = low[0]
    for k in range(LANES):
        least = min(least, low[k])
    return least


@sweep
def scarcest(levels, allowed):
    """The code of the input that allows so much, the first of equals."""
    code = 0
    for k in range(levels.size - 1, -1, -1):
        if 1.0 + levels[k] <= allowed:
            code = k
    return INPUT + code


@phase
def what_inputs_allow(table, state, rules, tech, own, j):
    """Activity that inputs allow, over base, and the code of the scarcest one; endless where none binds.

    The forms take what is in stock, not what a step needs of it, as an input (Pichler et al. 2022).
    """
    kind = table.kind[j]
    form, power = rules.form[j], rules.power[j]
    least, lowest, gain, weight, code = np.inf, np.inf, 0.0, 0.0, INPUT
    for k in range(state.stock.shape[1]):
        c, share = tech[own, k], table.share[kind, k]
        if c <= 0.0 or share <= 0.0:
            continue
        enough = state.stock[j, k] * rules.per_day[kind, k] / c
        if form == LINEAR:
            weight += share * c
            gain += share * c * (enough - 1.0)
        else:
            weight = 1.0
            gain += share * (np.log(enough) if power == 0.0 else enough**power - 1.0)
        if enough < lowest:
            lowest, code = enough, INPUT + k
    if form == LINEAR and weight > 0.0:
        least = gain / weight
    elif form == CES and weight > 0.0:
        least = (np.exp(gain) if power == 0.0 else max(0.0, 1.0 + gain) ** (1.0 / power)) - 1.0
    return max(0.0, 1.0 + least), code


@sweep
def expect(state, rules, demanded, j):
    """For which activity the next inputs are ordered, and stocks are kept."""
    rules.expected[0, j] = rules.expected[1, j]
    rules.expected[1, j] = state.target[1, j]
    if rules.order_for == DEMANDED:
        rules.expected[1, j] = demanded
    elif rules.order_for == MADE:
        rules.expected[1, j] = state.activity[j]
    if rules.target_fixed:
        state.target[1, j] = state.plan[1, j] = 1.0
