"""The inventory model stated plainly: money flows, whole matrices, no anchoring, no tricks; slow and short.

Flows are yearly; stocks and orders are matrices (K, n) in bn yuan and bn yuan a year.
"""

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


def gain(dt, days):
    return 1.0 if days == 0 else 1.0 - np.exp(-dt / days)


def drivers_of(drivers):
    T = drivers.calendar.periods
    found = {}
    for name, channel in CHANNELS.items():
        dense = drivers.dense(name)
        shape = (T, *drivers.shapes[channel.over])
        found[name] = np.full(shape, channel.neutral) if dense is None else dense
    return found


def simulate(model, economy, drivers):
    """Dictionary of the arrays of ``Paths`` that hold money."""
    e, cal, d = economy, drivers.calendar, drivers_of(drivers)
    K, F, R = e.K, e.F, e.R
    dt, years = cal.dt, cal.dt / YEAR
    sells = (e.sector[:, None] == np.arange(K)).astype(float)  # (n, K)
    lives = e.region[:, None] == np.arange(R)  # (n, R)
    user_lives = e.user_region[:, None] == np.arange(R)  # (F, R)

    use = e.use_domestic + e.use_imported
    home = ratio(e.use_domestic, use, 1.0)
    critical = np.where(use > 0, np.ones_like(use) if model.production == "leontief" else e.criticality, 0.0)
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

    stocks = use * (e.cover + dt) / YEAR
    orders = use.copy()
    target, plan = np.ones(e.n), np.ones(e.n)
    extra = np.zeros(e.n)
    spending = np.zeros(R)
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
        share = np.where(e.user_region >= 0, ratio(tilted, regional), 0.0)
        wanted = now["demand"] * cal.per_year + base_final * (factor - 1.0)
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
            there = np.minimum(positive(now["capacity"]), positive(now["labour"]))
            strength = productivity * (listed * np.maximum(there, now["floor"]) + (1 - listed) * there)
            room = np.minimum(e.headroom, extra + e.headroom * gain(dt, model.overtime_time))
            gained = ratio(now["capital"], e.x)
            can = positive(strength * (1 + room) + gained)
            # final demand and orders
            induced = share * (user_lives @ spending)
            new_home = positive(final_home + wanted * (1 - e.import_share) - imposs + induced * (1 - e.import_share))
            new_abroad = positive(final_abroad + (wanted + induced) * e.import_share)
            again_home = waiting_home * gain(dt, model.backlog_time) / dt
            again_abroad = waiting_abroad * gain(dt, model.backlog_time) / dt
            new_home, new_abroad = plain_rationing.split(new_home, new_abroad, turned[:, e.n :])
            asked = np.concatenate([orders * home_now, new_home + again_home], axis=1)  # (K, B)
            asked = np.maximum(asked, plain_rationing.TINY)
            reach = shares * passage[:, pools] * asked[e.sector]  # (n, B)
            clients = reach.sum(1) + keeps + positive(-release)
            need = positive(clients - gives - positive(release))
            # output
            enough = ratio(stocks / years, use * coefficient, np.inf)
            part = critical * enough + (1 - critical) * (can / productivity)
            allowed = np.where(critical > 0, part, np.inf).min(0) * productivity
            want = ratio(need, e.x, 1.0)
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
            used = np.minimum(use * coefficient * activity, stocks / years)
            arrives_home = orders * home_now * firm_fill
            arrives_abroad = orders * (1 - home_now) * come_in[:, None]
            stocks = positive(stocks + (arrives_home + arrives_abroad - used) * years)
            target = np.minimum(want, can) / productivity
            plan = plan + (target - plan) * gain(dt, model.expectation_time)
            keep = use * coefficient * (e.cover * positive(now["stock_cover"]) * plan + dt * target) / YEAR
            orders = positive(
                use * coefficient * target + (keep - stocks) * YEAR * gain(dt, model.restocking_time) / dt
            )
            # who buys where
            if model.import_elasticity > 0:
                wanted_turn = plain_rationing.import_ratio(model, fills, come_in[:, None])
                turned = turned + (wanted_turn - turned) * gain(dt, model.import_time)
                home_now = 1 - (1 - home) * turned[:, : e.n] / (home + (1 - home) * turned[:, : e.n])
            bids = plain_rationing.offers(model, e, stocks, keep, critical)
            if model.origin != "fixed":
                shares = plain_rationing.turn(
                    model, e, shares, passage, can, x, gain(dt, model.substitution_time), gain(dt, model.overtime_time)
                )
            # incomes
            change = pay * (activity - 1)
            change = (1 - model.tax) * np.where(change > 0, change, change * (1 - model.benefits))
            income = change @ lives
            aim = model.mpc * (income + now["income"] * cal.per_year)
            spending = spending + (aim - spending) * gain(dt, model.consumption_time)
            # the books
            sold = received.sum(1)
            total["output"] += years * x * e.x
            total["value_added"] += years * (x * e.x - used.sum(0))
            total["final"] += years * (got_home + got_abroad - constant + np.minimum(e.final_imported, 0.0))
            total["imports"] += years * (
                arrives_abroad.sum(1) + got_abroad.sum(1) + np.minimum(e.final_imported, 0.0).sum(1)
            )
            total["unmet"] += years * ((1 - model.waits) * missing + positive(imposs))
            total["household_income"] += years * income
            total["stock_change"] += years * (x * e.x - sold + (e.origin[:, e.user_pool] * constant[e.sector]).sum(1))
        total["stocks"] = stocks.sum(1)
        for name, value in total.items():
            out[name].append(value)
    return {name: np.array(values) for name, values in out.items()}
