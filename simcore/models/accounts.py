"""The accounts that belong to a path of gross output: who uses it, what comes in, who earns what.

Models that say what is *made* (and, where inputs substitute, what is *used*) leave the rest to ``settle``. All is
counted as the change from the base, so that nothing that happens moves nothing, bit for bit.

x  gross output               (T, n)     what the model found
u  domestic inputs used       (T, K, n)  base coefficients times what drivers say, unless the model gives its own
d  wanted by final users      (T, K, F)  base purchases and what drivers add

An activity's output goes to the firms that use it, then to final users. Where less is left than final users want, all
of them go short in the same proportion, and what even that cannot meet comes out of the producers' stocks; where more
is left, it goes into their stocks. So supply equals use in every activity, and value added equals expenditure.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import numpy as np

from ..calendar import DAYS_PER_YEAR, Calendar
from ..drivers import Drivers
from ..economy import Economy
from ..economy.solvers import UNSOLVED, Solved
from ..economy.system import final_sales, intermediate_sales, sales_on_path
from .base import DEMAND, LABOUR_INCOME, Outcome, Paths, kept

NEGATIVE = -1e-9  # of the largest base output or purchase: below it a fall is larger than what there was


class Inputs(NamedTuple):
    """Change from the base of the inputs that activities use, (T, K, n) bn yuan a period, by origin."""

    domestic: np.ndarray
    imported: np.ndarray


class Base(NamedTuple):
    """The base year as flows of one period."""

    x: np.ndarray  # (n,) gross output
    a: np.ndarray  # (K, n) domestic inputs per unit of output
    m: np.ndarray  # (K, n) imported ones
    wages: np.ndarray  # (n,) labour income per unit of output; NaN where the table has none
    final: np.ndarray  # (K, F) purchases of final users, imports included
    final_domestic: np.ndarray  # (K, F)
    final_imported: np.ndarray  # (K, F)
    value_added: np.ndarray  # (n,)
    imported: np.ndarray  # (K,) intermediate and final
    stock_change: np.ndarray  # (n,)
    stocks: np.ndarray  # (K,) inputs held, a step's arrivals included
    unknown: np.ndarray  # (K, F) bool: no activity sells this product to this user


def base_flows(economy: Economy, calendar: Calendar) -> Base:
    """The base by the calendar's periods; kept as long as the economy lives."""
    per_year, dt = calendar.per_year, calendar.dt
    return kept(economy, ("flows", per_year, dt), partial(_base_flows, economy, per_year, dt))


def _base_flows(economy: Economy, per_year: float, dt: float) -> Base:
    def per_output(flows: np.ndarray) -> np.ndarray:
        return np.divide(flows, economy.x, out=np.zeros_like(flows), where=economy.x > 0)

    names = economy.value_added_names
    known = LABOUR_INCOME in names
    used = economy.use_domestic + economy.use_imported
    return Base(
        x=economy.x / per_year,
        a=economy.a,
        m=per_output(economy.use_imported),
        wages=per_output(economy.value_added[names.index(LABOUR_INCOME)]) if known else np.full(economy.n, np.nan),
        final=(economy.final_domestic + economy.final_imported) / per_year,
        final_domestic=economy.final_domestic / per_year,
        final_imported=economy.final_imported / per_year,
        value_added=economy.value_added.sum(axis=0) / per_year,
        imported=(economy.use_imported.sum(axis=1) + economy.final_imported.sum(axis=1)) / per_year,
        stock_change=economy.stock_change / per_year,
        stocks=(used * (economy.cover + dt)).sum(axis=1) / DAYS_PER_YEAR,
        unknown=unknown_products(economy),
    )


def unknown_products(economy: Economy) -> np.ndarray:
    """(K, F) bool: no activity sells this product to this user."""
    supplied = np.zeros((economy.K, economy.F))
    np.add.at(supplied, economy.sector, economy.origin[:, economy.user_pool])
    return supplied < 0.5  # shares of origin sum to one or are all zero


def wanted_change(economy: Economy, drivers: Drivers) -> np.ndarray:
    """What final users want beyond the base by ``demand`` and ``preference``, (T, K, F), imports included.

    A change of taste keeps what each user spends in all.
    """
    T = drivers.calendar.periods
    demand, factor = drivers.dense("demand"), taste(economy, drivers)
    change = np.zeros((T, economy.K, economy.F)) if demand is None else demand
    if factor is None:
        return change
    return change + base_flows(economy, drivers.calendar).final * (factor - 1.0)


def taste(economy: Economy, drivers: Drivers) -> np.ndarray | None:
    """The factor on each purchase at a given total, (T, K, F); None where tastes are those of the base."""
    preference = drivers.dense("preference")
    if preference is None:
        return None
    final = economy.final_domestic + economy.final_imported
    total, tilted = final.sum(axis=0), (final * preference).sum(axis=1)
    # The sum of an untouched column is the same number twice, so its factor is exactly one.
    level = np.divide(total, tilted, out=np.ones_like(tilted), where=tilted != 0)
    return preference * level[:, None, :]


def technology(drivers: Drivers) -> np.ndarray | None:
    """Inputs per unit of output over the base's, (T, K, n): ``coefficient`` over ``productivity``; None: the base's."""
    coefficient, productivity = drivers.dense("coefficient"), drivers.dense("productivity")
    if coefficient is None and productivity is None:
        return None
    T = drivers.calendar.periods
    factor = np.ones((T, *drivers.shapes["input"])) if coefficient is None else coefficient
    return factor if productivity is None else factor / productivity[:, None, :]


class Use(NamedTuple):
    """Intermediate use, change from the base."""

    sales: np.ndarray  # (T, n) of each activity to firms
    spent: np.ndarray  # (T, n) of each activity on inputs, imported ones included
    bought: np.ndarray  # (T, K) domestic products
    imported: np.ndarray  # (T, K)


def use_of(economy: Economy, drivers: Drivers, output: np.ndarray, inputs: Inputs | None = None) -> Use:
    """What firms use at a path of output (T, n): ``inputs``, or the drivers' coefficients times output."""
    base, factor = base_flows(economy, drivers.calendar), technology(drivers)
    if inputs is None and factor is None:
        return _use_at_base(economy, base, output - base.x)
    rows = []
    for t, x in enumerate(output):  # by period: (T, K, n) of a large table would not fit
        if inputs is not None:
            domestic, imported = inputs.domestic[t], inputs.imported[t]
        else:
            assert factor is not None
            change = x - base.x + x * (factor[t] - 1.0)
            domestic, imported = base.a * change, base.m * change
        spent = domestic.sum(axis=0) + imported.sum(axis=0)
        rows.append((intermediate_sales(economy, domestic), spent, domestic.sum(axis=1), imported.sum(axis=1)))
    return Use(*(np.array(column) for column in zip(*rows, strict=True)))


def _use_at_base(economy: Economy, base: Base, change: np.ndarray) -> Use:
    """What a change of output (T, n) uses at the base's coefficients: one product for all periods."""
    spent = change * (base.a.sum(axis=0) + base.m.sum(axis=0))
    return Use(sales_on_path(economy, change), spent, change @ base.a.T, change @ base.m.T)


def settle(
    economy: Economy,
    drivers: Drivers,
    output: np.ndarray,
    *,
    wanted: np.ndarray | None = None,
    inputs: Inputs | None = None,
    served: bool = False,
    firms_from_stocks: bool = False,
    pay: np.ndarray | None = None,
    binding: np.ndarray | None = None,
    outcome: Outcome | None = None,
    price: np.ndarray | None = None,
    shadow_price: np.ndarray | None = None,
) -> Paths:
    """Complete paths for a path of gross output; see the module for who gets what.

    Parameters
    ----------
    output : (T, n) array
        Gross output, bn yuan a period. NaN rows (periods without a solution) stay NaN.
    wanted : (T, K, F) array, optional
        What final users want beyond the base, imports included; by default what the drivers say.
    inputs : Inputs, optional
        Change of the inputs used; by default the drivers' coefficients times output.
    served : bool
        Output follows demand: nobody goes short, and what rounding leaves goes into stocks.
    firms_from_stocks : bool
        What firms use more comes out of the producers' stocks, so that final users do not go short for it; by default
        firms come first.
    pay : (T, n) array, optional
        Labour income, change from the base; by default it follows output over productivity.
    binding : (T, n) int array, optional
        What bound output, codes of ``models.base``; by default demand.
    outcome, price, shadow_price
        As in ``Paths``; passed on.

    Returns
    -------
    Paths
        ``residual`` is the larger gap of supply against use by activity and of income against expenditure, both
        counted afresh from flows. Imports come in as far as ``import_limit`` lets them; ``stock_release`` adds to
        supply.
    """
    base = base_flows(economy, drivers.calendar)
    wanted = wanted_change(economy, drivers) if wanted is None else wanted
    pay = _pay(economy, drivers, output) if pay is None else pay
    use, change = use_of(economy, drivers, output, inputs), output - base.x
    release = drivers.dense("stock_release")
    left = change - (np.minimum(use.sales, 0.0) if firms_from_stocks else use.sales)
    left = left if release is None else left + release
    home, lost, sold = _share_out(economy, base, wanted, None if served else left)
    abroad, held_up = _come_in(economy, base, drivers, wanted)
    imported = base.imported + (use.imported + abroad.sum(axis=2))
    paths = Paths(
        output=output,
        value_added=base.value_added + (change - use.spent),
        final=base.final + (home + abroad),
        imports=imported,
        unmet=lost + held_up,
        stocks=np.broadcast_to(base.stocks, imported.shape),
        household_income=by_region(economy, pay),
        binding=np.full(output.shape, DEMAND, dtype=np.int16) if binding is None else binding,
        residual=0.0,
        outcome=outcome or Outcome("completed"),
        stock_change=base.stock_change + (change - use.sales - sold),
        price=price,
        shadow_price=shadow_price,
    )
    return paths._replace(residual=_residual(economy, paths, use, home, sold))


def _share_out(
    economy: Economy, base: Base, wanted: np.ndarray, left: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Domestic purchases of final users and what they lack, (T, K, F), and what activities sell to them, (T, n).

    Purchases and sales are changes from the base; ``left`` (T, n) is what firms leave of output, change from the
    base, or None where that is whatever final users ask for.
    """
    at_home = wanted * (1.0 - economy.import_share)
    impossible = np.where(base.unknown, at_home, 0.0)
    asked = at_home - impossible
    called = final_sales(economy, asked)
    if left is None:
        return asked, impossible, called
    purchases = np.maximum(base.final_domestic + asked, 0.0)  # negative final demand supplies, and never goes short
    total = final_sales(economy, purchases)
    short = np.maximum(called - left, 0.0)
    share = np.minimum(np.divide(short, total, out=np.zeros_like(short), where=total > 0), 1.0)
    lacks = np.stack([_pool_lacks(economy, row) for row in share])[:, :, economy.user_pool] * purchases
    return asked - lacks, lacks + impossible, called - share * total


def _pool_lacks(economy: Economy, share: np.ndarray) -> np.ndarray:
    """(K, P) share of its purchases that a pool lacks when activities lack ``share`` (n,) of their final sales."""
    lacks = np.zeros((economy.K, economy.P))
    short = np.flatnonzero(share)
    np.add.at(lacks, economy.sector[short], economy.origin[short] * share[short, None])
    return lacks


def _come_in(economy: Economy, base: Base, drivers: Drivers, wanted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Imports of final users, change from the base, and what of them does not come in; (T, K, F) each."""
    asked = wanted * economy.import_share
    limit = drivers.dense("import_limit")
    if limit is None:
        return asked, np.zeros_like(asked)
    held_up = (1.0 - np.clip(limit, 0.0, 1.0))[:, :, None] * np.maximum(base.final_imported + asked, 0.0)
    return asked - held_up, held_up


def _pay(economy: Economy, drivers: Drivers, output: np.ndarray) -> np.ndarray:
    """Labour income, change from the base: pay per unit of output falls where productivity rises."""
    base, productivity = base_flows(economy, drivers.calendar), drivers.dense("productivity")
    work = output - base.x if productivity is None else output / productivity - base.x
    return base.wages * work


def told(paths: Paths, answers: Sequence[Solved]) -> Paths:
    """Say in the paths what solved the equations, and how well; an answer that is none is no completed run."""
    if not answers:
        return paths
    residual = max(answer.residual for answer in answers)
    names = dict.fromkeys(answer.solver for answer in answers)
    notes = dict.fromkeys(answer.note for answer in answers if answer.note)
    text = "; ".join([f"{', '.join(names)}, residual {residual:.1e}", *notes])
    outcome = paths.outcome
    if residual > UNSOLVED and outcome.status == "completed":
        outcome = Outcome(
            "not_converged",
            f"the equations were solved to {residual:.1e} of output only ({', '.join(names)}): the economy is close to "
            "using up all that it makes (Hawkins-Simon); audit the table, or set solver: lu",
        )
    return paths._replace(residual=max(paths.residual, residual), solver=text, outcome=outcome)


def unproductive(drivers: Drivers, failed: np.ndarray) -> Outcome:
    """The outcome of a run in which some periods, (T,) bool, have a technology that no demand can be met with."""
    first = drivers.calendar.labels[int(failed.argmax())]
    return Outcome(
        "infeasible",
        f"in {first} production needs more inputs than it yields (Hawkins-Simon fails), in {int(failed.sum())} "
        "period(s): lower the coefficient factors or raise productivity",
    )


def impossible(economy: Economy, drivers: Drivers, output: np.ndarray) -> Outcome | None:
    """The outcome where output (T, n) does not exist (NaN) or would be negative; None where all of it can be made."""
    failed = np.isnan(output).all(axis=1)
    if failed.any():
        return unproductive(drivers, failed)
    below = np.argwhere(output < NEGATIVE * base_flows(economy, drivers.calendar).x.max())
    if not below.size:
        return None
    t, i = below[0]
    return Outcome(
        "infeasible",
        f"output of {economy.activities[i]} would be {output[t, i]:.4g} in {drivers.calendar.labels[t]}: demand falls "
        "by more than is sold; make the fall smaller or spread it over more products",
    )


def by_region(economy: Economy, values: np.ndarray) -> np.ndarray:
    """Sums over the activities of a region: (..., n) to (..., R)."""
    return np.stack([values[..., economy.region == r].sum(axis=-1) for r in range(economy.R)], axis=-1)


def _residual(economy: Economy, paths: Paths, use: Use, home: np.ndarray, sold: np.ndarray) -> float:
    """Largest gap of any period, over output: of what is sold and bought of a product, of income and expenditure."""
    x, stock_change = paths.output, paths.stock_change
    solved = np.isfinite(x).all(axis=1)
    if stock_change is None or not solved.any():
        return float("nan")
    makers = (economy.sector[:, None] == np.arange(economy.K)).astype(float)
    by_product = (sold + use.sales) @ makers - home.sum(axis=2) - use.bought
    spent = paths.final.sum(axis=(1, 2)) + stock_change.sum(axis=1) - paths.imports.sum(axis=1)
    gap = np.maximum(np.abs(by_product).max(axis=1), np.abs(spent - paths.value_added.sum(axis=1)))
    return float((gap / np.maximum(np.abs(x).sum(axis=1), 1e-300))[solved].max())
