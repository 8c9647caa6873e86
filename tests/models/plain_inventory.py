"""The inventory model stated plainly: money flows, whole matrices, no anchoring, no tricks; slow and short.

Flows are yearly; stocks and orders are matrices (K, n) in bn yuan and bn yuan a year.
"""

from dataclasses import replace
from typing import NamedTuple

import numpy as np
import plain_rationing

from simcore.drivers import CHANNELS
from simcore.economy import CATEGORIES

YEAR = 365.0
NAMES = ("output", "value_added", "final", "imports", "unmet", "stocks", "household_income", "stock_change")


def positive(values):
    return np.maximum(values, 0.0)


def ratio(part, whole, otherwise=0.0):
    part, whole = np.broadcast_arrays(part, whole)
    return np.divide(part, whole, out=np.full(part.shape, otherwise), where=whole > 0)


def gain(model, dt, days):
    if days == 0:
        return 1.0
    return min(1.0, dt / days) if model.convention == "daily" else 1.0 - np.exp(-dt / days)


WEIGHT_OF_IMPORTANT = {"strongly_critical": 1.0, "half_critical": 0.5, "weakly_critical": 0.0}


def functions_of(model, e):
    """Production function by activity."""
    if isinstance(model.production, str):
        return [model.production] * e.n
    return [model.production.get(e.sectors.codes[k], model.production["default"]) for k in e.sector]


def criticality_of(model, e, functions):
    """(K, n) by interpolation between 0, the weight of important inputs, and 1."""
    found = np.zeros((e.K, e.n))
    for j, function in enumerate(functions):
        middle = WEIGHT_OF_IMPORTANT.get(function, model.important_weight)
        found[:, j] = np.interp(e.criticality[:, j], [0.0, 0.5, 1.0], [0.0, middle, 1.0])
        if function == "leontief":
            found[:, j] = 1.0
    return found


def inputs_allow(model, functions, critical, in_inputs, coefficient, enough, reach):
    """Activity over base that stocks allow; ``enough`` (K, n) is what each input allows, ``reach`` present capacity."""
    allowed = np.full(len(functions), np.inf)
    for j, function in enumerate(functions):
        share, level = in_inputs[:, j], enough[:, j]
        used = (share > 0) & (coefficient[:, j] > 0)
        if function == "linear" and used.any():
            needed = share[used] * coefficient[used, j]
            allowed[j] = (needed * level[used]).sum() / needed.sum()
        elif function == "ces" and used.any():
            power = (model.elasticity - 1.0) / model.elasticity
            with np.errstate(divide="ignore"):
                allowed[j] = (share[used] * level[used] ** power).sum() ** (1.0 / power)
        elif function not in ("linear", "ces"):
            other = 1.0 if function in WEIGHT_OF_IMPORTANT else reach[j]
            binds = critical[:, j] > 0
            part = critical[binds, j] * level[binds] + (1 - critical[binds, j]) * other
            allowed[j] = max(0.0, part.min(initial=np.inf))
    return allowed


def drivers_of(drivers):
    T = drivers.calendar.periods
    found = {}
    for name, channel in CHANNELS.items():
        dense = drivers.dense(name)
        shape = (T, *drivers.shapes[channel.over])
        found[name] = np.full(shape, channel.neutral) if dense is None else dense
    return found


class Rebuilding(NamedTuple):
    by: np.ndarray  # (n, F) 1 where the user orders for the activity
    home: np.ndarray  # (K, F) shares of what it buys
    abroad: np.ndarray


def rebuilding(model, e, made):
    """The investors of each region buy what is rebuilt there."""
    by, home, abroad = np.zeros((e.n, e.F)), np.zeros((e.K, e.F)), np.zeros((e.K, e.F))
    bought = positive(e.final_domestic + e.final_imported)
    for f in range(e.F):
        if e.user_category[f] == CATEGORIES.index("investment") and e.user_region[f] >= 0:
            mix = bought[:, f].copy()
            if model.rebuilding:
                mix = np.array([model.rebuilding.get(code, 0.0) for code in e.sectors.codes])
            mix[~made[:, f] & (e.import_share[:, f] < 1)] = 0.0
            by[e.region == e.user_region[f], f] = 1.0
            home[:, f] = mix / mix.sum() * (1 - e.import_share[:, f])
            abroad[:, f] = mix / mix.sum() * e.import_share[:, f]
    return Rebuilding(by, home, abroad)


def keeps_of(model, change):
    """What households keep of a change of pay."""
    return (1 - model.tax) * np.where(change > 0, change, change * (1 - model.benefits))


def simulate(model, economy, drivers):
    """Dictionary of the arrays of ``Paths`` that hold money."""
    e, cal, d = economy, drivers.calendar, drivers_of(drivers)
    K, F, R = e.K, e.F, e.R
    if model.convention == "daily":
        cal = replace(cal, inner_steps=round(YEAR / cal.per_year))
    dt, years = cal.dt, cal.dt / YEAR
    sells = (e.sector[:, None] == np.arange(K)).astype(float)  # (n, K)
    lives = e.region[:, None] == np.arange(R)  # (n, R)
    user_lives = e.user_region[:, None] == np.arange(R)  # (F, R)

    use = e.use_domestic + e.use_imported
    home = ratio(e.use_domestic, use, 1.0)
    functions = functions_of(model, e)
    endless = np.isinf(e.cover)
    critical = np.where((use > 0) & ~endless, criticality_of(model, e, functions), 0.0)
    cover = positive(e.cover - dt) if model.convention == "daily" else e.cover
    cover = np.where(endless, YEAR, cover)
    in_inputs = ratio(use, use.sum(0))
    steered = np.where(endless, 0.0, 1.0)
    up = gain(model, dt, model.restocking_time) / dt * steered
    down = up if model.surplus_time is None else gain(model, dt, model.surplus_time) / dt * steered
    steps_needed = np.maximum(dt, model.stock_needed * (cover + dt)) / dt
    pay = e.value_added[list(e.value_added_names).index("compensation")]
    final_home, final_abroad = positive(e.final_domestic), positive(e.final_imported)
    constant = -np.minimum(e.final_domestic, 0.0)  # negative final demand supplies
    gives = positive(-e.stock_change) + (e.origin[:, e.user_pool] * constant[e.sector]).sum(1)
    keeps = positive(e.stock_change)
    made = (sells.T @ e.origin)[:, e.user_pool] > 0.5

    base_final = e.final_domestic + e.final_imported
    basket = np.where(e.user_category == CATEGORIES.index("households"), positive(base_final), 0.0)
    for code, elasticity in model.budget_tilt.items():
        basket[list(e.sectors.expand(code))] *= elasticity

    stocks = use * (cover + dt) / YEAR
    orders = use.copy()
    target, plan = np.ones(e.n), np.ones(e.n)
    extra = np.zeros(e.n)
    spending = np.zeros(R)
    room, employed, allowed, want, x = np.zeros(e.n), np.ones(e.n), np.ones(e.n), np.ones(e.n), np.ones(e.n)
    if model.overproduction == "ario":
        room = np.full(e.n, model.overproduction_base)
    income, earned = np.zeros(R), pay @ lives
    level, permanent, deepest = np.ones(R), np.ones(R), np.zeros(R)
    are_households = e.user_category == CATEGORIES.index("households")
    consumed = (positive(e.final_domestic) + positive(e.final_imported)).sum(0) * are_households @ user_lives
    rebuilt, builds = np.zeros(e.n), rebuilding(model, e, made)
    waiting_home, waiting_abroad = np.zeros((K, F)), np.zeros((K, F))
    pools = plain_rationing.buyers_pools(e)
    shares = e.origin[:, pools]
    base_orders = np.concatenate([e.use_domestic, final_home], axis=1)
    bids = plain_rationing.offers(model, e)
    turned, home_now = np.ones((K, e.n + F)), home
    out = {name: [] for name in NAMES}
    for t in range(cal.periods):
        now = {name: values[t] for name, values in d.items()}
        total = {name: 0.0 for name in out}
        factor = now["preference"] * (base_final.sum(0) / (base_final * now["preference"]).sum(0))
        tilted = basket * factor
        regional = user_lives @ (user_lives.T @ tilted.sum(0))
        goes_on = ratio((base_final * now["preference"]).sum(0), base_final.sum(0), 1.0)
        spent = 1.0 - model.saved * np.where(are_households, positive(1 - goes_on), 0)
        share = np.where(e.user_region >= 0, ratio(tilted, regional), 0.0) * spent
        wanted = now["demand"] * cal.per_year + base_final * (factor * spent - 1.0)
        imposs = np.where(made, 0.0, wanted * (1 - e.import_share))
        come_in = np.clip(now["import_limit"], 0, 1)
        hauled = e.is_hauled[e.sector][:, None]
        passage = np.where(hauled, np.clip(now["passage"], 0, 1)[e.region], 1.0)  # (n, P)
        listed = np.where(now["listed"] > 0, np.minimum(now["listed"], 1), 1.0)
        release = now["stock_release"] * cal.per_year
        productivity = positive(now["productivity"])
        ranks, last_rank = plain_rationing.classes(model, e, now["priority"])
        coefficient = positive(now["coefficient"])
        for _ in range(cal.inner_steps):
            # labour and capacity
            hands = positive(now["labour"])
            if model.employment == "hire_and_fire":
                gap = ratio(np.minimum(allowed, want), productivity) - employed
                speed = np.where(gap >= 0, gain(model, dt, model.hiring_time), gain(model, dt, model.firing_time))
                employed = hands = np.minimum(hands, employed + speed * gap)
                income = keeps_of(model, pay * (employed - 1)) @ lives
            if model.consumption == "muellbauer":
                loss = pay * positive(1 - np.minimum(positive(now["capacity"]), positive(now["labour"])))
                lost = ratio(loss @ lives, earned)
                deepest = np.maximum(deepest, lost)
                believed = 1 - model.income_belief * np.maximum(lost, model.no_return * deepest)
                rho = 1 - gain(model, dt, model.consumption_time)
                permanent = np.where(believed > permanent, rho * permanent + (1 - rho) * believed, believed)
                now_earned = np.maximum(1e-9, 1 + ratio(income + now["income"] * cal.per_year, earned))
                level = level**rho * (now_earned * np.maximum(1e-9, permanent)) ** ((1 - rho) / 2)
                spending = np.where(earned > 0, consumed * (level - 1), 0.0)
            # final demand and orders
            induced = share * (user_lives @ spending)
            new_home = positive(final_home + wanted * (1 - e.import_share) - imposs + induced * (1 - e.import_share))
            new_abroad = positive(final_abroad + (wanted + induced) * e.import_share)
            again_home = waiting_home * gain(model, dt, model.backlog_time) / dt
            again_abroad = waiting_abroad * gain(model, dt, model.backlog_time) / dt
            new_home, new_abroad = plain_rationing.split(new_home, new_abroad, turned[:, e.n :])
            ruined = np.zeros(e.n)
            if model.rebuild_time is not None:
                rebuilt = np.minimum(rebuilt, positive(-ratio(now["capital"], e.x)))
                ruined = positive(-ratio(now["capital"], e.x)) - rebuilt
            worth = model.capital_per_value_added * ratio(e.value_added.sum(0), e.x) * e.x
            speed = gain(model, dt, model.rebuild_time) if model.rebuild_time is not None else 0.0
            building = (ruined * worth * speed / years) @ builds.by  # (F,)
            asked = np.concatenate([orders * home_now, new_home + again_home + building * builds.home], axis=1)
            asked = np.maximum(asked, plain_rationing.TINY)  # (K, B)
            reach = shares * passage[:, pools] * asked[e.sector]  # (n, B)
            clients = reach.sum(1) + keeps + positive(-release)
            need = positive(clients - gives - positive(release))
            # capacity
            want = ratio(need, e.x, 1.0)
            there = np.minimum(positive(now["capacity"]), hands)
            strength = productivity * (listed * np.maximum(there, now["floor"]) + (1 - listed) * there)
            if model.overproduction == "headroom":
                room = np.minimum(e.headroom, extra + e.headroom * gain(model, dt, model.overtime_time))
            if model.overproduction == "ario":
                demand = np.where(e.x > 0, (clients - gives - positive(release)) / e.x, 1.0)
                missing = np.where(demand > 0, (demand - x) / demand, 0.0)
                at_rest = positive(1 - np.abs(missing) / 1e-9)
                towards = (model.overproduction_most - room) * missing + (model.overproduction_base - room) * at_rest
                room = positive(room + gain(model, dt, model.overproduction_time) * towards)
            gained = ratio(now["capital"], e.x) + rebuilt
            can = positive(strength * (1 + room) + gained)
            # output
            enough = ratio(stocks / years, use * coefficient, np.inf) / steps_needed
            allowed = (
                inputs_allow(model, functions, critical, in_inputs, coefficient, enough, can / productivity)
                * productivity
            )
            x = np.where(e.x > 0, np.minimum(np.minimum(want, can), allowed), 1.0)
            filled = ratio(x * e.x + gives + positive(release), clients, 1.0).clip(0, 1)
            extra = positive(ratio(x - gained, strength, 1.0) - 1.0)
            # rationing
            sizes = shares * passage[:, pools] * base_orders[e.sector]
            received = plain_rationing.serve(
                model, ranks, last_rank, filled * clients, reach, sizes, bids[e.sector], keeps, positive(-release)
            )
            fills = ratio(sells.T @ received, asked * (sells.T @ shares), 1.0)
            firm_fill, fill = fills[:, : e.n], fills[:, e.n :]
            got_home = (new_home + again_home) * fill
            got_abroad = (new_abroad + again_abroad) * come_in[:, None]
            missing = new_home * (1 - fill) + new_abroad * (1 - come_in[:, None])
            waiting_home = waiting_home + dt * (model.waits * new_home * (1 - fill) - again_home * fill)
            waiting_abroad = waiting_abroad + dt * (
                model.waits * new_abroad * (1 - come_in[:, None]) - again_abroad * come_in[:, None]
            )
            # stocks and orders
            activity = x / productivity
            arrives_home = orders * home_now * firm_fill
            arrives_abroad = orders * (1 - home_now) * come_in[:, None]
            fresh = arrives_home + arrives_abroad if model.convention == "daily" else 0.0
            used = np.minimum(use * coefficient * activity, stocks / years + fresh)
            stocks = positive(stocks + (arrives_home + arrives_abroad - used) * years)
            target = (np.minimum(want, can) + model.ordered_beyond * positive(want - can)) / productivity
            plan = plan + (target - plan) * gain(model, dt, model.expectation_time)
            kept_for = (1.0, 1.0) if model.stock_target == "fixed" else (plan, target)
            keep = use * coefficient * (cover * positive(now["stock_cover"]) * kept_for[0] + dt * kept_for[1]) / YEAR
            expected = {"expected": target, "demand": want / productivity, "output": activity}[model.orders]
            lack = (keep - stocks) * YEAR
            orders = positive(use * coefficient * expected + lack * np.where(lack > 0, up, down))
            # who buys where
            if model.import_elasticity > 0:
                wanted_turn = plain_rationing.import_ratio(model, fills, come_in[:, None])
                turned = turned + (wanted_turn - turned) * gain(model, dt, model.import_time)
                home_now = 1 - (1 - home) * turned[:, : e.n] / (home + (1 - home) * turned[:, : e.n])
            bids = plain_rationing.offers(model, e, stocks, keep, critical)
            if model.origin != "fixed":
                moving, rising = gain(model, dt, model.substitution_time), gain(model, dt, model.overtime_time)
                shares = plain_rationing.turn(model, e, shares, passage, can, x, moving, rising)
            # incomes
            if model.employment == "flexible":
                income = keeps_of(model, pay * (activity - 1)) @ lives
            if model.consumption == "keynesian":
                aim = model.mpc * (income + now["income"] * cal.per_year)
                spending = spending + (aim - spending) * gain(model, dt, model.consumption_time)
            # rebuilding
            got_built = builds.home * building * fill
            abroad_built = builds.abroad * building * come_in[:, None]
            served = ratio((got_built + abroad_built).sum(0), building)
            rebuilt = rebuilt + ruined * speed * (builds.by @ served)
            # the books
            sold = received.sum(1)
            total["output"] += years * x * e.x
            total["value_added"] += years * (x * e.x - used.sum(0))
            below = np.minimum(e.final_imported, 0.0)
            total["final"] += years * (got_home + got_abroad + got_built + abroad_built - constant + below)
            total["imports"] += years * (arrives_abroad + 0.0).sum(1)
            total["imports"] += years * (got_abroad + abroad_built + below).sum(1)
            total["unmet"] += years * ((1 - model.waits) * missing + positive(imposs))
            total["household_income"] += years * income
            total["stock_change"] += years * (x * e.x - sold + (e.origin[:, e.user_pool] * constant[e.sector]).sum(1))
        total["stocks"] = stocks.sum(1)
        for name, value in total.items():
            out[name].append(value)
    return {name: np.array(values) for name, values in out.items()}
