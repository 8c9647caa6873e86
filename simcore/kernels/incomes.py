"""Incomes and what they buy, and what is rebuilt; letters, arrays and units as in ``inventory_state``."""

import numpy as np

from .inventory_state import DAYS_PER_YEAR, phase, row

LEAST = 1e-9  # of an income over its base: its logarithm must exist


@phase
def earn(table, rates, state, labour):
    """Change of disposable pay by region, where activities use ``labour``, over its base."""
    state.pay[:] = 0.0
    for j in range(table.x.size):
        gain = table.wages[j] * (labour[j] - 1.0)
        state.pay[table.region[j]] += gain * (rates.keep_gain if gain > 0.0 else rates.keep_loss)


@phase
def pay_out(table, rates, shocks, state, rules, record, t):
    """Disposable pay by region; consumption moves towards what it will buy."""
    weight = rates.dt / DAYS_PER_YEAR
    if rules is None or not rules.hires:
        earn(table, rates, state, state.activity)
    income = shocks.income[row(t, shocks.income)]
    for r in range(state.pay.size):
        if record.household_income.shape[0] > 0:
            record.household_income[t, r] += weight * state.pay[r]
        if rates.mpc > 0.0:
            aim = rates.mpc * (state.pay[r] + income[r])
            state.spending[r] += (aim - state.spending[r]) * rates.settle


@phase
def spend(table, rates, shocks, state, rules, t):
    """Consumption follows its own past, income and permanent income in logarithms (Muellbauer; Pichler et al. 2022).

    level = level^rho (income permanent)^((1 - rho) / 2), all over their base. While a first loss of labour income
    lasts, households believe in the share ``belief`` of it; once it is over, those who expect no return go on to.
    """
    income = shocks.income[row(t, shocks.income)]
    for r in range(state.pay.size):
        if rules.earned[r] <= 0.0:
            continue
        lost = first_loss(table, shocks, r, t) / rules.earned[r]
        rules.deepest[r] = max(rules.deepest[r], lost)
        aim = 1.0 - rules.belief * max(lost, rules.no_return * rules.deepest[r])
        speed = rates.settle if aim > rules.permanent[r] else 1.0
        rules.permanent[r] += (aim - rules.permanent[r]) * speed
        now = np.log(max(LEAST, 1.0 + (state.pay[r] + income[r]) / rules.earned[r]))
        later = np.log(max(LEAST, rules.permanent[r]))
        past = np.log(rules.level[r])
        rules.level[r] = np.exp(past + (0.5 * (now + later) - past) * rates.settle)
        state.spending[r] = rules.consumed[r] * (rules.level[r] - 1.0)


@phase
def first_loss(table, shocks, r, t):
    """Labour income that the shocks themselves take from a region, before anything follows from them."""
    capacity, labour = shocks.capacity[row(t, shocks.capacity)], shocks.labour[row(t, shocks.labour)]
    lost = 0.0
    for j in range(table.x.size):
        if table.region[j] == r:
            lost += table.wages[j] * max(0.0, 1.0 - min(capacity[j], labour[j]))
    return lost


@phase
def order_rebuilding(table, rates, shocks, state, rules, t):
    """Destroyed capital is ordered over the rebuilding time; overlapping losses add up."""
    capital = shocks.capital[row(t, shocks.capital)]
    rules.building[:] = 0.0
    for j in range(table.x.size):
        lost = max(0.0, -capital[j])
        rules.rebuilt[j] = min(rules.rebuilt[j], lost)
        rules.ruined[j] = lost - rules.rebuilt[j]
        flow = rules.ruined[j] * table.x[j] * rules.worth[j] * (rules.rebuild / rates.dt) * DAYS_PER_YEAR
        rules.building[rules.builder[j]] += flow
    for f in range(rules.building.size):
        wanted = state.wanted[table.user_pool[f]]
        for k in range(wanted.size):
            wanted[k] += rules.building[f] * rules.build_home[f, k]


@phase
def rebuild(table, rates, state, rules, record, t):
    """What is delivered brings capacity back from the next step on; the rest is ordered again."""
    weight = rates.dt / DAYS_PER_YEAR
    for f in range(rules.building.size):
        lacks, share = state.users_lack[table.user_pool[f]], 0.0
        for k in range(lacks.size):
            home = rules.build_home[f, k] * (1.0 - lacks[k])
            abroad = rules.build_abroad[f, k] * (1.0 - state.abroad_lacks[k])
            if record.final.shape[0] > 0:
                record.final[t, f, k] += weight * rules.building[f] * (home + abroad)
            if record.imports.shape[0] > 0:
                record.imports[t, k] += weight * rules.building[f] * abroad
            share += home + abroad
        rules.served[f] = share
    for j in range(table.x.size):
        rules.rebuilt[j] += rules.ruined[j] * rules.rebuild * rules.served[rules.builder[j]]
