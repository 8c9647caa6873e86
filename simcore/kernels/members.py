"""Many members of the inventory model in one call: their drivers made dense, run and judged without the interpreter.

A member is a row of ``Terms``: which of the terms at hand it has, channel by channel. A term is profile(t) times
weights, and only here becomes an array by period. A channel that a member does not use costs it nothing: it reads
one neutral row. All arrays but ``Terms`` and ``Results`` are scratch of the thread that calls, used member after
member. Letters, arrays and units as in ``inventory_state``.
"""

from typing import NamedTuple

import numpy as np

from .inventory import run
from .inventory_state import Rates, Record, Shocks, kernel, phase

# Channels in the order of their names, as the terms of a run lie.
CHANNELS = (
    "capacity", "capital", "demand", "floor", "import_limit", "income", "labour", "listed", "passage", "productivity",
    "stock_release",
)  # fmt: skip
CAPACITY, CAPITAL, DEMAND, FLOOR, IMPORT_LIMIT, INCOME, LABOUR, LISTED, PASSAGE, PRODUCTIVITY, RELEASE = range(11)
ADD, MULTIPLY, MAXIMUM = 0, 1, 2
GAP, ACCOUNT, MADE, ASKED, ABLE = range(5)


class Terms(NamedTuple):
    """Terms of some members, each of them once."""

    values: np.ndarray  # profiles and weights in a row
    profile: np.ndarray  # (terms,) int, where each profile starts
    weights: np.ndarray  # (terms,) int, where its weights start
    term: np.ndarray  # int, the terms of each member, channel by channel, in the order in which they combine
    start: np.ndarray  # (members, channels + 1) int, where those of a channel start


class Results(NamedTuple):
    """Of each member: sums over periods, changes from base, as in ``Record``; one row where nobody asks for them."""

    output: np.ndarray  # (members or 1, T, n)
    value_added: np.ndarray
    final: np.ndarray
    imports: np.ndarray
    unmet: np.ndarray
    stocks: np.ndarray
    household_income: np.ndarray
    stock_change: np.ndarray
    binding: np.ndarray


@kernel
def run_members(table, rates, terms, dense, still, turned, state, results, judged, rules, market, size, stop):
    """All members, one after the other; returns how many ran before ``stop`` was set.

    ``rates`` (members, fields of Rates); ``dense`` and ``still`` are Shocks with one row a period and one in all;
    ``turned`` has one place a product; ``judged`` (members, 5) gets what the outcome of a run is judged by; ``size``
    is periods, steps in each and periods in a year.
    """
    periods, steps, per_year = size
    for m in range(rates.shape[0]):
        if stop[0]:
            return m
        shocks = shocks_of(table, terms, dense, still, turned, per_year, m)
        record = record_of(results, m)
        if rules is not None:
            for noted in (rules.record_demand, rules.record_capacity, rules.record_limit, rules.record_pay):
                noted[:] = 0.0
        gap = run(table, rates_of(rates[m]), shocks, state, record, rules, market, periods, steps)
        judge(table, state, record, judged[m], gap, per_year)
        lose_unknown(table, shocks, record, per_year)
    return rates.shape[0]


@phase
def row(place, array):
    """The row of a member or period, or the only one."""
    return place if array.shape[0] > 1 else 0


@phase
def rates_of(values):
    """A member's rates, in the order of ``Rates``."""
    return Rates(
        values[0], values[1], values[2], values[3], values[4], values[5], values[6], values[7], values[8], values[9],
        values[10], values[11], int(values[12]),
    )  # fmt: skip


@phase
def record_of(results, m):
    """Room for a member's sums, set to zero."""
    record = Record(
        results.output[row(m, results.output)],
        results.value_added[row(m, results.value_added)],
        results.final[row(m, results.final)],
        results.imports[row(m, results.imports)],
        results.unmet[row(m, results.unmet)],
        results.stocks[row(m, results.stocks)],
        results.household_income[row(m, results.household_income)],
        results.stock_change[row(m, results.stock_change)],
        results.binding[row(m, results.binding)],
    )
    for flow in (record.output, record.value_added, record.stock_change):
        flow[:] = 0.0
    for flow in (record.imports, record.stocks, record.household_income):
        flow[:] = 0.0
    for flow in (record.final, record.unmet):
        flow[:] = 0.0
    record.binding[:] = 0
    return record


@phase
def shocks_of(table, terms, dense, still, turned, per_year, m):
    """A member's drivers as the kernel reads them."""
    capacity = remains(terms, m, CAPACITY, dense.capacity, still.capacity)
    labour = remains(terms, m, LABOUR, dense.labour, still.labour)
    productivity = remains(terms, m, PRODUCTIVITY, dense.productivity, still.productivity)
    floor = still.floor
    if uses(terms, m, FLOOR):
        floor = dense.floor
        combine(terms, m, FLOOR, MAXIMUM, floor, floor.shape[1])
    listed = still.listed
    if uses(terms, m, LISTED):
        listed = dense.listed
        combine(terms, m, LISTED, MAXIMUM, listed, listed.shape[1])
        cover_all_unless_stated(listed)
    capital = still.capital
    if uses(terms, m, CAPITAL):
        capital = dense.capital
        combine(terms, m, CAPITAL, ADD, capital, capital.shape[1])
        over_output(capital, table.x)
    release = still.release
    if uses(terms, m, RELEASE):
        release = dense.release
        combine(terms, m, RELEASE, ADD, release, release.shape[1])
        scale(release, per_year)
    imports = still.imports
    if uses(terms, m, IMPORT_LIMIT):
        imports = dense.imports
        combine(terms, m, IMPORT_LIMIT, MULTIPLY, imports, turned.size)
        clip(imports)
    passage = still.passage
    if uses(terms, m, PASSAGE):
        passage = dense.passage
        routes = passage.shape[1] * passage.shape[2]
        flat = passage.reshape(passage.shape[0], routes)
        combine(terms, m, PASSAGE, MULTIPLY, flat, routes)
        clip(flat)
    income = still.income
    if uses(terms, m, INCOME):
        income = dense.income
        combine(terms, m, INCOME, ADD, income, income.shape[1])
        scale(income, per_year)
    want = still.want
    if uses(terms, m, DEMAND):
        want = dense.want
        add_demand(terms, m, want, turned)
        for t in range(want.shape[0]):
            scale(want[t], per_year)
    return Shocks(
        capacity, labour, floor, listed, productivity, capital, release, imports, passage, income, want, still.basket,
        still.coefficient, still.keep,
    )  # fmt: skip


@phase
def uses(terms, m, channel):
    """Whether a member has terms in a channel."""
    return terms.start[m, channel + 1] > terms.start[m, channel]


@phase
def remains(terms, m, channel, dense, still):
    """Shares that remain, at least zero."""
    if not uses(terms, m, channel):
        return still
    combine(terms, m, channel, MULTIPLY, dense, dense.shape[1])
    for t in range(dense.shape[0]):
        for j in range(dense.shape[1]):
            dense[t, j] = max(dense[t, j], 0.0)
    return dense


@phase
def combine(terms, m, channel, rule, dense, width):
    """The terms of a channel by its rule; (T, width or more): what lies beyond stays neutral."""
    dense[:] = 1.0 if rule == MULTIPLY else 0.0
    periods = dense.shape[0]
    for place in range(terms.start[m, channel], terms.start[m, channel + 1]):
        i = terms.term[place]
        profile = terms.values[terms.profile[i] : terms.profile[i] + periods]
        weights = terms.values[terms.weights[i] : terms.weights[i] + width]
        for t in range(periods):
            p, line = profile[t], dense[t]
            if p == 0.0:  # nothing happens to zero, to a factor or to a level that is zero or more
                continue
            if rule == ADD:
                for k in range(width):
                    line[k] += p * weights[k]
            elif rule == MULTIPLY:
                for k in range(width):
                    line[k] *= 1.0 + p * weights[k]
            else:
                for k in range(width):
                    line[k] = max(line[k], p * weights[k])


@phase
def add_demand(terms, m, want, turned):
    """Extra final demand (T, F, K); the weights of a term are stated by product and final user."""
    want[:] = 0.0
    periods, users = want.shape[0], want.shape[1]
    products = turned.size
    for place in range(terms.start[m, DEMAND], terms.start[m, DEMAND + 1]):
        i = terms.term[place]
        profile = terms.values[terms.profile[i] : terms.profile[i] + periods]
        weights = terms.values[terms.weights[i] : terms.weights[i] + products * users]
        for f in range(users):
            some = False
            for k in range(products):
                turned[k] = weights[k * users + f]
                some = some or turned[k] != 0.0
            if not some:
                continue
            for t in range(periods):
                p, line = profile[t], want[t, f]
                if p != 0.0:
                    for k in range(products):
                        line[k] += p * turned[k]


@phase
def cover_all_unless_stated(listed):
    """A floor covers the whole activity where nobody states which part of it is listed."""
    for t in range(listed.shape[0]):
        for j in range(listed.shape[1]):
            listed[t, j] = min(listed[t, j], 1.0) if listed[t, j] > 0.0 else 1.0


@phase
def over_output(capital, x):
    """Capacity gained or lost over base output; nothing where nothing is made."""
    for t in range(capital.shape[0]):
        for j in range(capital.shape[1]):
            capital[t, j] = capital[t, j] / x[j] if x[j] > 0.0 else 0.0


@phase
def scale(values, factor):
    """Times a factor."""
    for t in range(values.shape[0]):
        for k in range(values.shape[1]):
            values[t, k] *= factor


@phase
def total(values):
    """Sum of all."""
    amount = 0.0
    for a in range(values.shape[0]):
        for b in range(values.shape[1]):
            amount += values[a, b]
    return amount


@phase
def clip(shares):
    """Between zero and one."""
    for t in range(shares.shape[0]):
        for k in range(shares.shape[1]):
            shares[t, k] = min(max(shares[t, k], 0.0), 1.0)


@phase
def judge(table, state, record, judged, gap, per_year):
    """What outcome and residual of a run are read from, yuan a year.

    The largest gap between supply and receipts of a product, and between income and expenditure; output of the last
    step, what final users asked for in it, and what capacity allowed.
    """
    made, able, account, before = 0.0, 0.0, 0.0, 0.0
    for j in range(table.x.size):
        made += table.x[j] * state.ratio[j]
        able += table.x[j] * min(1.0, state.can_make[j])
    asked = total(state.ask_home) + total(state.ask_abroad)
    periods = min(record.value_added.shape[0], record.final.shape[0], record.stock_change.shape[0])
    for t in range(min(periods, record.imports.shape[0], record.stocks.shape[0])):  # none unless all were asked for
        held = total(record.stocks[t : t + 1])
        spent = total(record.final[t]) + total(record.stock_change[t : t + 1]) - total(record.imports[t : t + 1])
        account = max(account, abs(total(record.value_added[t : t + 1]) - (spent + (held - before))))
        before = held
    judged[GAP], judged[ACCOUNT], judged[MADE], judged[ASKED], judged[ABLE] = gap, account * per_year, made, asked, able


@phase
def lose_unknown(table, shocks, record, per_year):
    """Demand for home products that nobody makes goes unmet."""
    for f in range(table.made.shape[0]):
        for k in range(table.made.shape[1]):
            if table.made[f, k] == 0.0:
                for t in range(record.unmet.shape[0]):
                    wanted = shocks.want[row(t, shocks.want), f, k]
                    record.unmet[t, f, k] += max(wanted * (1.0 - table.import_share[f, k]), 0.0) / per_year
