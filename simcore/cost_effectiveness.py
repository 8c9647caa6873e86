"""What a yuan of public money brings, by names that cannot be mistaken.

Effects and costs are sums over the run. Budget cost is outlays and tax forgone, on what would have happened anyway as
well; net cost is that less the taxes that come back; quasi-fiscal cost stands beside them and in no ratio. Principal
and deferrals are never cost. With draws a ratio is that of the means, never a mean of ratios; its range is that of the
ratio over draws, given only where the cost is above zero in every one of them. A ratio without a cost above zero does
not exist, and says so.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping
from io import StringIO
from typing import NamedTuple

import numpy as np

from .headline import Spread, spread
from .records import BROUGHT, LEDGER
from .result import Result

DISCOUNT = 0.03  # a year, of value added and cost alike, in multiplier_cumulative
IMPACT = 12  # months of multiplier_impact
NOTHING = 1e-9  # bn yuan
LARGE = 100.0  # yuan of value added per yuan of cost: a cost so small is no cause of the effect

NO_COST = "undefined: no budget cost"
PAYS = "undefined: revenue exceeds cost in this model"
UNSURE = "not above zero in every draw: no ground for a decision"
TINY = "cost below a hundredth of the value added: says nothing"
NO_JOBS = "unknown: the table does not say how many work where"

RATIOS = {
    "iva_per_gross_cost": "industrial value added per yuan of budget cost",
    "va_per_gross_cost": "value added of all sectors per yuan of budget cost",
    "va_per_net_cost": "value added of all sectors per yuan of net cost",
    "job_years_per_mn_gross_cost": "job-years per million yuan of budget cost",
    "job_years_per_mn_net_cost": "job-years per million yuan of net cost",
    "multiplier_impact": "value added of all sectors per yuan of budget cost, both of the first twelve months",
    "multiplier_cumulative": "value added of all sectors per yuan of budget cost, both discounted 3 % a year",
    "marginal_va_per_gross_cost": "value added missing without the measure, per yuan of its budget cost",
    "marginal_va_per_net_cost": "the same per yuan of its net cost, less the taxes that would be missing",
    "marginal_job_years_per_mn_gross_cost": "job-years missing without it, per million yuan of its budget cost",
}
AMOUNTS = {
    "iva": "bn CNY at 2020 prices",
    "value_added": "bn CNY at 2020 prices",
    "jobs": "thousand job-years",
    "budget_cost": "bn CNY at current prices",
    "revenue": "bn CNY at current prices",
    "net_cost": "bn CNY at current prices",
    "quasi_fiscal": "bn CNY at current prices",
}


class Ratio(NamedTuple):
    """An effect over a cost; ``note`` says why there is none, or how little it is worth."""

    found: Spread
    note: str = ""

    @property
    def defined(self) -> bool:
        """Whether there is such a number."""
        return bool(np.isfinite(self.found.value))


class Worth(NamedTuple):
    """What one entry brings and costs over the run."""

    label: str
    members: tuple[str, ...]
    amounts: Mapping[str, Spread]  # by name of ``AMOUNTS``
    ratios: Mapping[str, Ratio]  # by name of ``RATIOS``


def worth(result: Result, by: str = "measure") -> tuple[Worth, ...]:
    """Entries in the order of the result's measures (by measure) or of their names, the whole package last.

    Shocks cost nothing that anybody decided and have no entry. Marginal ratios are those of single measures.
    """
    if result.ledger is None:
        return ()
    policies = [i for i, m in enumerate(result.measures) if not m.shock]
    if not policies:
        return ()
    groups: dict[str, list[int]] = {}
    for i in policies:
        m = result.measures[i]
        groups.setdefault(m.id if by == "measure" else str(getattr(m, by)) or "not named", []).append(i)
    if by == "measure":
        found = [_worth(result, result.measures[rows[0]].name, rows) for rows in groups.values()]
    else:
        found = [_worth(result, label, groups[label]) for label in sorted(groups)]
    return (*found, _worth(result, "Whole package", policies))


def _worth(result: Result, label: str, rows: list[int]) -> Worth:
    assert result.ledger is not None
    ledger = result.ledger
    paths = ledger.values[:, rows].sum(axis=1)  # (I, T)
    central = _with_net(paths.sum(axis=-1))
    drawn = None if ledger.draws is None else _with_net(np.moveaxis(ledger.draws[:, :, rows].sum(axis=-1), 1, 0))
    amounts = {k: spread(float(central[k]), None if drawn is None else drawn[k]) for k in AMOUNTS}
    sums = {k: np.atleast_1d(v) for k, v in (central if drawn is None else drawn).items()}
    ratios = {
        "iva_per_gross_cost": _ratio(sums, "iva", "budget_cost"),
        "va_per_gross_cost": _ratio(sums, "value_added", "budget_cost"),
        "va_per_net_cost": _ratio(sums, "value_added", "net_cost"),
        "job_years_per_mn_gross_cost": _ratio(sums, "jobs", "budget_cost"),  # thousand over bn: one over a million
        "job_years_per_mn_net_cost": _ratio(sums, "jobs", "net_cost"),
    } | _multipliers(paths)
    if len(rows) == 1:
        ratios |= _marginal(ledger.last_in[:, rows[0]], float(central["budget_cost"]))
    members = tuple(result.measures[i].id for i in rows)
    return Worth(label, members, amounts, ratios)


def _with_net(items: np.ndarray) -> dict[str, np.ndarray]:
    """Items by name, net cost with them; the first axis is that of ``LEDGER``."""
    found = dict(zip(LEDGER, items, strict=True))
    return found | {"net_cost": found["budget_cost"] - found["revenue"]}


def _ratio(sums: Mapping[str, np.ndarray], effect: str, cost: str) -> Ratio:
    """Ratio of the means over draws, or of the central values, which then are one draw; (draws,) each."""
    gained, paid, budget = sums[effect], sums[cost], sums["budget_cost"]
    nothing = Spread(float("nan"))
    if not np.isfinite(gained).all():
        return Ratio(nothing, NO_JOBS)
    if budget.mean() <= NOTHING:
        return Ratio(nothing, NO_COST)
    if paid.mean() <= NOTHING:
        return Ratio(nothing, PAYS)
    value = float(gained.mean() / paid.mean())
    if (paid <= NOTHING).any():
        return Ratio(Spread(value), UNSURE)
    note = TINY if abs(sums["value_added"].mean()) > LARGE * paid.mean() else ""
    return Ratio(Spread(value) if len(paid) == 1 else spread(value, gained / paid), note)


def _multipliers(paths: np.ndarray) -> dict[str, Ratio]:
    """At central values; discounting needs months, which draws do not keep."""
    months = np.arange(paths.shape[1])
    weights = {"multiplier_impact": months < IMPACT, "multiplier_cumulative": (1.0 + DISCOUNT) ** (-months / 12.0)}
    return {
        name: _ratio({k: np.atleast_1d(v) for k, v in _with_net(paths @ w).items()}, "value_added", "budget_cost")
        for name, w in weights.items()
    }


def _marginal(last_in: np.ndarray, budget: float) -> dict[str, Ratio]:
    """Of a measure that comes last, at central values: its cost does not depend on the others."""
    missing = dict(zip(BROUGHT, last_in, strict=True))
    sums = {k: np.atleast_1d(v) for k, v in missing.items()} | {"budget_cost": np.array([budget])}
    sums["net_cost"] = sums["budget_cost"] - sums["revenue"]
    return {
        "marginal_va_per_gross_cost": _ratio(sums, "value_added", "budget_cost"),
        "marginal_va_per_net_cost": _ratio(sums, "value_added", "net_cost"),
        "marginal_job_years_per_mn_gross_cost": _ratio(sums, "jobs", "budget_cost"),
    }


def of_package(result: Result) -> dict[str, float | str]:
    """Amounts and ratios of the whole package by name; a ratio that does not exist says why."""
    if not (entries := worth(result)):
        return {}
    amounts = {name: amount.value for name, amount in entries[-1].amounts.items() if np.isfinite(amount.value)}
    return amounts | {name: r.found.value if r.defined else r.note for name, r in entries[-1].ratios.items()}


def csv_table(result: Result) -> str:
    """``cost_effectiveness.csv``: an amount or ratio a line, by measure, heading and tier."""
    text = StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("by", "entry", "name", "value", "q05", "q95", "unit", "note"))
    kinds = ["measure", *(k for k in ("heading", "responsible") if any(getattr(m, k) for m in result.measures))]
    for by in kinds:
        entries = worth(result, by)
        for place, entry in enumerate(entries):
            last = place == len(entries) - 1
            if last and by != "measure":
                continue  # the whole is the same however it is divided
            key = "package" if last else entry.members[0] if by == "measure" else entry.label
            writer.writerows(("package" if last else by, key, *row) for row in _lines(entry, result.money.words))
    return text.getvalue()


def _lines(entry: Worth, words: Callable[[str], str]) -> Iterator[tuple[str, ...]]:
    """Name, value, ends of the range, unit, note."""
    for name, amount in entry.amounts.items():
        yield name, *map(_number, amount), words(AMOUNTS[name]), ""
    for name, ratio in entry.ratios.items():
        yield name, *map(_number, ratio.found), words(RATIOS[name]), ratio.note


def _number(value: float) -> str:
    return f"{value:.10g}" if np.isfinite(value) else ""
