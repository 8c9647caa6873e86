"""The audit of a table: what a model would stumble over. It reports and never repairs."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ..errors import TableError, UnproductiveEconomyError
from .economy import CATEGORIES, Economy
from .indicators import leontief_inverse, spectral_radius
from .readers import Table

BALANCE = 1e-6  # of the activity's output; published tables in whole millions stay below it or say so here
ROUNDING = 1e-9  # of the largest flow; smaller negative cells come from arithmetic
RADIUS_BY_POWERS = 400  # activities above which the spectral radius is found by repeated multiplication
LISTED = 5


@dataclass(frozen=True)
class Finding:
    """One check: ``status`` is ok, note (worth knowing) or problem (a model would be wrong)."""

    check: str
    status: str
    message: str
    places: tuple[str, ...] = ()

    def __str__(self) -> str:
        lines = [f"{self.status:8}{self.check}: {self.message}"]
        lines += [f"{'':10}{place}" for place in self.places[:LISTED]]
        if len(self.places) > LISTED:
            lines.append(f"{'':10}and {len(self.places) - LISTED} more")
        return "\n".join(lines)


@dataclass(frozen=True)
class AuditReport:
    """What was found in one table; prints as text."""

    name: str
    summary: str
    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        return not any(f.status == "problem" for f in self.findings)

    def __str__(self) -> str:
        problems = sum(f.status == "problem" for f in self.findings)
        verdict = "no problem" if problems == 0 else f"{problems} problem{'s' if problems > 1 else ''}"
        return "\n".join(
            [
                f"{self.name}: {self.summary}",
                *map(str, self.findings),
                f"{verdict} found; nothing was changed",
            ]
        )


def audit(table: Economy | Table) -> AuditReport:
    """Check a table: labels, units, balance of rows and columns, signs, idle activities, productivity.

    Parameters
    ----------
    table : Economy or Table
        A ``Table`` (from ``read_raw``) is also checked for its labels, before it becomes an economy.

    References
    ----------
    Hawkins and Simon (1949), Note: Some Conditions of Macroeconomic Stability, for productivity; Eurostat
    (2008), Manual of Supply, Use and Input-Output Tables, for the balances.
    """
    if isinstance(table, Economy):
        return _audit_economy(table, ())
    name = str(table.facts.get("name", table.flows.source))
    mismatches = table.mismatches()
    if mismatches:
        bad = Finding("labels", "problem", f"{len(mismatches)} mismatches; nothing else was checked", tuple(mismatches))
        return AuditReport(name, f"{len(table.flows.rows)} rows, {len(table.flows.columns)} columns", (bad,))
    unknown = table.unknown_users()
    if unknown:  # any category will do to check the rest
        stand_in = dict.fromkeys(unknown, CATEGORIES[0])
        categories = {**table.facts.get("categories", {}), **stand_in}
        table = replace(table, facts={**table.facts, "categories": categories})
    try:
        economy = table.economy()
    except TableError as problem:
        bad = Finding("table", "problem", f"{problem}; nothing else was checked")
        return AuditReport(name, f"{len(table.flows.rows)} activities", (bad,))
    labels = Finding("labels", "ok", "rows, columns and vectors carry the same labels in the same order")
    return _audit_economy(economy, (labels, _categories(unknown)))


def _categories(unknown: tuple[str, ...]) -> Finding:
    if not unknown:
        return Finding("categories", "ok", f"every final user is one of {', '.join(CATEGORIES)}")
    words = f"of {len(unknown)} final users no model knows the category; say which of {', '.join(CATEGORIES)}"
    return Finding("categories", "problem", f"{words} each is, under 'categories' in table.json", unknown)


def _audit_economy(economy: Economy, before: tuple[Finding, ...]) -> AuditReport:
    findings = (
        *before, _units(economy), _finite(economy), _rows(economy), _columns(economy), _income(economy),
        _signs(economy), _negative_final(economy), _value_added(economy), _origins(economy), _idle(economy),
        _productivity(economy), _flags(economy),
    )  # fmt: skip
    summary = (
        f"{economy.n} activities ({economy.K} sectors, {economy.R} regions), {economy.F} final users, "
        f"{economy.P} pools; "
        f"output {economy.x.sum():,.6g} {economy.unit}"
    )
    return AuditReport(f"{economy.name} (version {economy.version})", summary, findings)


def _units(economy: Economy) -> Finding:
    if not economy.unit.strip():
        return Finding("units", "problem", "the table states no unit; say which, as 'bn yuan'")
    flows, prices = economy.base_year or "an unstated year", economy.price_year or "an unstated year"
    years = f"flows of {flows} at prices of {prices}"
    status = "ok" if economy.base_year and economy.price_year else "note"
    return Finding("units", status, f"{economy.unit}, {years}")


def _finite(economy: Economy) -> Finding:
    names = ("x", "use_domestic", "use_imported", "origin", "final_domestic", "final_imported",
             "stock_change", "value_added", "cover", "headroom", "criticality", "price_index")  # fmt: skip
    bad = [f"{name}: {(~np.isfinite(getattr(economy, name))).sum()} cells" for name in names
           if not np.isfinite(getattr(economy, name)).all()]  # fmt: skip
    if bad:
        return Finding("numbers", "problem", "cells that are not finite numbers", tuple(bad))
    return Finding("numbers", "ok", "every cell is a finite number")


def _sales(economy: Economy) -> np.ndarray:
    """What each activity sells, (n,), without forming the flows."""
    bought = np.zeros((economy.K, economy.P))
    np.add.at(bought.T, economy.pool, economy.use_domestic.T)
    np.add.at(bought.T, economy.user_pool, economy.final_domestic.T)
    return (economy.origin * bought[economy.sector]).sum(axis=1) + economy.stock_change


def _rows(economy: Economy) -> Finding:
    return _balance(economy, "rows", _sales(economy), "sales to all users")


def _columns(economy: Economy) -> Finding:
    spent = economy.use_domestic.sum(axis=0) + economy.use_imported.sum(axis=0) + economy.value_added.sum(axis=0)
    return _balance(economy, "columns", spent, "inputs and value added")


def _balance(economy: Economy, check: str, found: np.ndarray, words: str) -> Finding:
    gap = found - economy.x
    scale = np.where(economy.x > 0, economy.x, max(economy.x.max(initial=0.0), 1e-300))
    relative = np.abs(gap) / scale
    worst = np.argsort(-relative, kind="stable")
    bad = tuple(
        f"{economy.activities[i]}: {words} {found[i]:,.6g}, output {economy.x[i]:,.6g}, gap {gap[i]:+,.6g} "
        f"({gap[i] / scale[i]:+.2%})"
        for i in worst[: (relative > BALANCE).sum()]
    )
    if bad:
        whole = np.abs(gap).sum() / max(float(np.abs(economy.x).sum()), 1e-300)
        return Finding(
            check,
            "problem",
            f"{words} differ from output in {len(bad)} activities, by {whole:.2g} of all output; "
            "balance the table first",
            bad,
        )
    return Finding(check, "ok", f"{words} equal output, largest gap {relative.max(initial=0.0):.1e} of output")


def _income(economy: Economy) -> Finding:
    spent = economy.final_domestic.sum() + economy.final_imported.sum() + economy.stock_change.sum()
    spent -= economy.use_imported.sum() + economy.final_imported.sum()
    earned = economy.value_added.sum()
    gap = abs(spent - earned) / max(abs(earned), 1e-300)
    words = f"value added {earned:,.6g}, final demand less imports {spent:,.6g} {economy.unit}"
    if gap > BALANCE:
        return Finding("accounts", "problem", f"{words}: they differ by {spent - earned:+,.6g}")
    return Finding("accounts", "ok", words)


def _signs(economy: Economy) -> Finding:
    bad = []
    for name in ("use_domestic", "use_imported", "origin", "employment", "cover", "price_index"):
        array = getattr(economy, name)
        low = -ROUNDING * max(float(np.nanmax(np.abs(array), initial=0.0)), 1e-300)
        for place in np.argwhere(array < low):
            bad.append(f"{name}[{_where(economy, name, place)}] = {array[tuple(place)]:.6g}")
    bad += [f"output of {economy.activities[i]} = {economy.x[i]:.6g}" for i in np.flatnonzero(economy.x < 0)]
    if bad:
        return Finding("signs", "problem", f"{len(bad)} negative cells where none can be", tuple(bad))
    return Finding("signs", "ok", "no negative flow, share, output or stock")


def _where(economy: Economy, name: str, place: np.ndarray) -> str:
    if name in ("use_domestic", "use_imported", "cover"):
        return f"{economy.sectors.codes[place[0]]}, {economy.activities[place[1]]}"
    if name == "origin":
        return f"{economy.activities[place[0]]}, {economy.pools[place[1]]}"
    return economy.sectors.codes[place[0]] if name == "price_index" else economy.activities[place[0]]


def _negative_final(economy: Economy) -> Finding:
    total = economy.final_domestic + economy.final_imported
    cells = np.argwhere((economy.final_domestic < 0) | (economy.final_imported < 0))
    places = tuple(
        f"{economy.sectors.codes[k]} bought by {CATEGORIES[economy.user_category[f]]} (user {f}): {total[k, f]:.6g}"
        for k, f in cells
    )
    if not places:
        return Finding("final demand", "ok", "no negative cell")
    odd = [f for _, f in cells if CATEGORIES[economy.user_category[f]] != "inventories"]
    words = f"{len(places)} negative cells, {len(odd)} of them outside changes of inventories"
    return Finding("final demand", "note", words, places)


def _value_added(economy: Economy) -> Finding:
    total = economy.value_added.sum(axis=0)
    bad = tuple(f"{economy.activities[i]}: {total[i]:.6g}" for i in np.flatnonzero(total < 0))
    if bad:
        return Finding(
            "value added", "problem", f"negative in {len(bad)} activities: inputs cost more than output", bad
        )
    parts = np.argwhere(economy.value_added < 0)
    if len(parts):
        places = tuple(
            f"{economy.value_added_names[v]} of {economy.activities[i]}: {economy.value_added[v, i]:.6g}"
            for v, i in parts
        )
        return Finding("value added", "note", f"{len(places)} negative components (subsidies, losses)", places)
    return Finding("value added", "ok", f"positive in all components: {', '.join(economy.value_added_names)}")


def _origins(economy: Economy) -> Finding:
    """Shares of origin must sum to one wherever something is bought."""
    shares = np.zeros((economy.K, economy.P))
    np.add.at(shares, economy.sector, economy.origin)
    bought = np.zeros((economy.K, economy.P))
    np.add.at(bought.T, economy.pool, np.abs(economy.use_domestic.T))
    np.add.at(bought.T, economy.user_pool, np.abs(economy.final_domestic.T))
    bad = np.argwhere((bought > 0) & (np.abs(shares - 1.0) > ROUNDING))
    places = tuple(f"{economy.sectors.codes[k]} in pool {economy.pools[p]}: {shares[k, p]:.9g}" for k, p in bad)
    if places:
        return Finding("origins", "problem", f"shares do not sum to one in {len(places)} pools of a product", places)
    return Finding("origins", "ok", "shares of origin sum to one wherever something is bought")


def _idle(economy: Economy) -> Finding:
    idle = np.flatnonzero(economy.x == 0)
    spent = np.vstack([economy.use_domestic, economy.use_imported, economy.value_added])
    used = np.abs(spent).sum(axis=0)
    broken = [economy.activities[i] for i in idle if used[i] > 0]
    if broken:
        return Finding("idle", "problem", f"{len(broken)} activities make nothing but buy or earn", tuple(broken))
    if idle.size:
        places = tuple(economy.activities[i] for i in idle)
        return Finding(
            "idle",
            "note",
            f"{idle.size} activities make and buy nothing; their coefficients count as zero",
            places,
        )
    return Finding("idle", "ok", "every activity makes something")


def _productivity(economy: Economy) -> Finding:
    try:
        leontief_inverse(economy.A)
    except UnproductiveEconomyError as problem:
        # The inverse knows positions only; the label helps to find the row in a file.
        buys = economy.A.sum(axis=0)
        worst = economy.activities[int(buys.argmax())]
        return Finding("productivity", "problem", f"{problem} (the worst is {worst})")
    return Finding(
        "productivity",
        "ok",
        f"Hawkins-Simon holds; spectral radius of the domestic coefficients {_radius(economy.A):.3f}",
    )


def _radius(A: np.ndarray) -> float:
    """Exact for small tables; by repeated multiplication (Gelfand) beyond, to three digits."""
    if len(A) <= RADIUS_BY_POWERS:
        return spectral_radius(A)
    vector, growth, before = np.ones(len(A)), 0.0, -1.0
    for _ in range(1000):
        if abs(growth - before) <= 1e-6 * growth:
            break
        before, vector = growth, 0.5 * (A @ vector + vector)  # the shift keeps cyclic tables from oscillating
        growth = float(np.abs(vector).max())
        vector = vector / growth
    return 2.0 * growth - 1.0


def _flags(economy: Economy) -> Finding:
    told = [str(entry) for key in ("estimates", "assumptions") for entry in _listed(economy.meta.get(key))]
    if not told:
        return Finding("estimates", "ok", "the table flags no estimate and no assumption")
    return Finding("estimates", "note", f"{len(told)} estimates and assumptions stand in meta", tuple(told))


def _listed(value: object) -> list[object]:
    if isinstance(value, dict):
        return [f"{key}: {text}" for key, text in value.items()]
    if isinstance(value, (list, tuple)):
        return list(value)
    return [] if value is None else [value]
