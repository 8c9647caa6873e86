"""Capacity and production: labour, overtime, and what inputs allow.

Letters, arrays and units as in ``inventory_state``. Activities that have enough of every input for the step are found
by a cheap screen and need no further look.
"""

import numpy as np

from .inventory_rules import CES, DEMANDED, LINEAR, MADE, STILL
from .inventory_state import CAPACITY, DEMAND, INPUT, LABOUR, phase, row, sweep


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
    release = shocks.release[row(t, shocks.release)]
    productivity, capital = (
        shocks.productivity[row(t, shocks.productivity)],
        shocks.capital[row(t, shocks.capital)],
    )
    tech, changed = shocks.coefficient[row(t + 1, shocks.coefficient)], shocks.coefficient.shape[0] > 1
    for j in range(table.x.size):
        x = table.x[j]
        bought = max(0.0, -release[j])  # by the strategic stock
        orders = x + table.drawn[j] + state.change[j] + bought
        need = max(0.0, x + state.change[j] + bought - max(0.0, release[j]))
        state.code[step, j] = DEMAND
        if x <= 0.0:
            state.shortage[j] = min(1.0, need / orders) if orders > 0.0 else 0.0
            continue
        want, can = need / x, state.can_make[j]
        ratio, missing = want, 0.0
        if can < want:
            ratio, state.code[step, j] = can, state.cause[j]
        per_output = 1.0 / productivity[j] if productivity[j] > 0.0 else 0.0
        state.scarce[j] = changed or any_below(state.stock[j], rates.per_day, ratio * per_output)
        if rules is None:
            if state.scarce[j] and per_output > 0.0:
                allowed, code = tightest(
                    state.stock[j], table.binds[table.kind[j]], tech[j if changed else 0],
                    rates.per_day, ratio * per_output, can * per_output - 1.0,
                )  # fmt: skip
                if allowed * productivity[j] < ratio:
                    ratio, state.code[step, j] = allowed * productivity[j], code
        else:
            c, spare = tech[j if changed else 0], can * per_output - 1.0
            allowed, code = what_inputs_allow(table, state, rules, c, 0.0 if rules.normal[j] else spare, j)
            rules.allowed[j], rules.want[j] = allowed * productivity[j], want
            if rules.allowed[j] < ratio:
                ratio, state.code[step, j] = rules.allowed[j], code
        if ratio < want:
            missing = min(1.0, (need - ratio * x) / orders)
        state.ratio[j], state.shortage[j] = ratio, missing
        strength = state.strength[j]
        gained = capital[j]
        if rules is not None:
            gained += rules.rebuilt[j]
        state.extra[j] = max(0.0, (ratio - gained) / strength - 1.0) if strength > 0.0 else 0.0
        state.activity[j] = ratio * per_output
        state.target[0, j], state.plan[0, j] = state.target[1, j], state.plan[1, j]
        state.target[1, j] = min(want, can) * per_output
        state.plan[1, j] += (state.target[1, j] - state.plan[1, j]) * rates.learning
        if rules is not None:
            expect(state, rules, want * per_output, j)


@sweep
def any_below(held, per_day, need):
    """Whether some stock would not last a step."""
    below = 0
    for k in range(held.size):
        below |= held[k] * per_day < need
    return below != 0


@sweep
def tightest(held, binds, c, per_day, need, spare):
    """The least that critical inputs allow, in units of base inputs, and the code of the one that does.

    A partly critical input stops that part of the capacity 1 + spare. 1 is allowed exactly where all inputs
    and capacity allow 1.
    """
    least, code = np.inf, INPUT
    for k in range(held.size):
        enough = held[k] * per_day
        if c[k] != 1.0:
            enough = enough / c[k] if c[k] > 0.0 else np.inf
        if enough < need and binds[k] > 0.0:
            limit = binds[k] * (enough - 1.0) + (1.0 - binds[k]) * spare
            if limit < least:
                least, code = limit, INPUT + k
    return max(0.0, 1.0 + least), code


@phase
def what_inputs_allow(table, state, rules, c, spare, j):
    """Activity that inputs allow, over base, and the code of the scarcest one; endless where none binds.

    The forms take what is in stock, not what a step needs of it, as an input (Pichler et al. 2022).
    """
    kind = table.kind[j]
    held, per_day, share, binds = state.stock[j], rules.per_day[kind], table.share[kind], table.binds[kind]
    form, power = rules.form[j], rules.power[j]
    least, scarcest, gain, weight = np.inf, np.inf, 0.0, 0.0
    code = INPUT
    for k in range(held.size):
        if c[k] <= 0.0:
            continue
        enough = held[k] * per_day[k] / c[k]
        if form == LINEAR:
            weight += share[k] * c[k]
            gain += share[k] * c[k] * (enough - 1.0)
        elif form == CES and share[k] > 0.0:
            weight = 1.0
            gain += share[k] * (np.log(enough) if power == 0.0 else enough**power - 1.0)
        elif form != CES and binds[k] > 0.0:
            limit = binds[k] * (enough - 1.0) + (1.0 - binds[k]) * spare
            if limit < least:
                least, code = limit, INPUT + k
        if form != 0 and share[k] > 0.0 and enough < scarcest:
            scarcest, code = enough, INPUT + k
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
