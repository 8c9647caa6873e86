"""What a report must state beside the numbers: what was assumed, estimated, claimed, left out."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import numpy as np

from .economy import Economy
from .economy.baseline import Baseline
from .language.scenario import Scenario
from .measures.base import Measure
from .package import Package
from .records import Assumption, Claim, Estimate, History, MeasureRecord

if TYPE_CHECKING:
    from .run import Setting

HISTORY = 24  # published months that the growth figure looks back on
CLOSURES = {
    "default": "demand-driven, prices passive, supply capped in the short run; nominal government purchases are "
    "fixed and the deficit takes the rest; exchange rate, interest and wages are fixed; no accelerator",
}


def model(chosen: Any) -> str:
    """Name of a model and its parameters."""
    values = ", ".join(f"{f.name} {getattr(chosen, f.name)}" for f in fields(chosen) if getattr(chosen, f.name) != {})
    return f"{chosen.name} ({values})" if values else chosen.name


def closure(chosen: Any, scenario: Scenario) -> str:
    """What the run holds fixed."""
    text = CLOSURES.get(scenario.closure, scenario.closure)
    if chosen.name == "leontief":
        consumption = (
            "households spend a share of their income" if chosen.households == "closed" else "fixed consumption"
        )
        return f"demand-driven, prices passive, supply unlimited within the period; {consumption}"
    return f"{text}; income feeds consumption" if getattr(chosen, "mpc", 0.0) else f"{text}; consumption is fixed"


def measure(stated: Measure) -> MeasureRecord:
    """A measure as the tables name it; F only where no parameter of it is an assumption."""
    marks = {p.mark for p in stated.parameters.values()}
    mark = "A" if "A" in marks or not marks else min(marks)
    return MeasureRecord(
        stated.id,
        stated.title or stated.id,
        mark,
        stated.shock,
        stated.in_projection,
        stated.source,
        stated.note,
    )


def flags(economy: Economy) -> dict[str, tuple[str, ...]]:
    """Flags of the estimated dimensions, from the calibration's own list of estimates."""
    found: dict[str, list[str]] = {"sector": [], "region": [], "ownership": []}
    for item in economy.meta.get("estimate_details", ()):
        about = str(item.get("item", ""))
        dimension = "ownership" if "owner" in about else "region" if "region" in about else None
        flag = str(item.get("flag", "estimate"))
        if dimension and flag not in found[dimension]:
            found[dimension].append(flag)
    return {dimension: tuple(marks) for dimension, marks in found.items() if marks}


def names(economy: Economy) -> dict[str, dict[str, tuple[str, str]]]:
    """English and Chinese names by dimension and code."""
    dimensions = {"sector": economy.sectors, "region": economy.regions, "ownership": economy.ownerships}
    return {
        name: {c: (en, zh) for c, en, zh in zip(codes.codes, codes.names_en, codes.names_zh, strict=True)}
        for name, codes in dimensions.items()
    }


def estimates(economy: Economy) -> tuple[Estimate, ...]:
    """What no statistic publishes: method, sources and range, as the calibration states them."""
    return tuple(
        Estimate(
            name=str(e.get("item", "")),
            method=f"{e.get('method', '')} [{e.get('flag', 'estimate')}]",
            value=e.get("what"),
            low=e.get("range"),
            source=str(e.get("source", "")),
        )
        for e in economy.meta.get("estimate_details", ())
    )


def assumptions(scenario: Scenario, chosen: Any, fixed: Collection[str]) -> tuple[Assumption, ...]:
    """Every value with a range: of the file, of the measures' defaults and of the model."""
    rows = [
        Assumption(*_place(a.path), a.value, "", a.range or None, None, "F" if a.kind == "sourced" else "A", a.note)
        for a in scenario.assumptions
    ]
    for m in scenario.measures:
        for name, p in m.assumed().items():
            low, high = (p.write(p.low), p.write(p.high)) if p.low < p.high else (None, None)
            rows.append(Assumption(m.id, f"{name}: {p.meaning}", p.write(p.default), "", low, high, p.mark, p.source))
    for f in fields(chosen):
        if "range" in f.metadata:
            low, high = f.metadata["range"]
            mark = "F" if str(f.metadata["source"]).startswith("[F]") else "A"
            note = "set by the scenario" if f.name in fixed else ""
            text = f"{f.name}: {f.metadata['meaning']}"
            value = getattr(chosen, f.name)
            row = (
                f"model {chosen.name}",
                text,
                value,
                f.metadata["unit"],
                low,
                high,
                mark,
                f.metadata["source"],
                note,
            )
            rows.append(Assumption(*row))
    return tuple(rows)


def _place(path: str) -> tuple[str, str]:
    parts = path.split(".")
    if parts[0] in ("policies", "shocks") and len(parts) > 2:
        return parts[1], ".".join(parts[2:])
    return parts[0], ".".join(parts[1:])


def claims(scenario: Scenario) -> tuple[Claim, ...]:
    """Official statements of the file, to stand beside the results."""
    return tuple(
        Claim(c.statement, c.source, "", f"{'' if c.value is None else c.value} {c.unit}".strip())
        for c in scenario.claims.values()
    )


def warnings(package: Package, scenario: Scenario) -> tuple[str, ...]:
    """What the reader must know before believing a number."""
    found = [str(w) for w in scenario.warnings if w.severity != "note"]
    for grant in package.grants:
        if grant.excess > 0.0:
            found.append(
                f"pool {grant.pool}: claims of {grant.claimed:,.0f} bn CNY against a ceiling of {grant.ceiling:,.0f}; "
                f"every claim got {100 * grant.share:.0f} %"
            )
    if package.left_out:
        found.append(f"decided before the projection's origin, so without effect here: {', '.join(package.left_out)}")
    return tuple(found)


def notes(setting: Setting, package: Package, uncertain: int) -> tuple[str, ...]:
    """How the numbers were made, in sentences."""
    economy, baseline = setting.economy, setting.calibration.baseline
    found = [
        f"Industrial value added is real, at prices of {economy.price_year}; growth on the year is computed from levels. "
        f"Published growth ends in {baseline.last_observed}; what follows is projected.",
        "Output, value added, imports and unmet demand are volumes at the level of the base year "
        f"{economy.base_year}, without the baseline's growth.",
        "January and February are published as one figure; both months carry the growth of their sum.",
        "Contributions are Shapley values on levels, shocks held fixed; they add up exactly. In draws each measure counts "
        "alone, and what they do together beyond that is shared in proportion.",
    ]
    if uncertain:
        found.append(
            f"Each draw changes {uncertain} values at once: those of the file with a distribution, the measures' and the "
            "model's parameters within their stated ranges; and the error of the projected baseline."
        )
    for m in (*package.policies, *package.shocks):
        account = m.account(economy, setting.calendar)
        if account.uses:
            uses = ", ".join(f"{name} {value:,.1f}" for name, value in account.uses.items())
            found.append(f"{m.title or m.id}: of {account.announced:,.1f} bn CNY: {uses}.")
        if account.spending:
            spending = ", ".join(f"{name} {value:,.1f}" for name, value in account.spending.items())
            found.append(f"{m.title or m.id}: induced spending {account.induced:,.1f} bn CNY: {spending}.")
    return tuple(found)


def history(baseline: Baseline, first: str) -> History:
    """Published growth on the year before the run, with the two-year average from levels."""
    stop = baseline.months.index(first)
    rows = slice(max(0, stop - HISTORY), stop)
    published = np.array(baseline.published_total[rows])
    return History(
        baseline.months[rows],
        published,
        baseline.two_year_average()[rows],
        str(baseline.meta.get("source", "National Bureau of Statistics, first prints")),
    )
