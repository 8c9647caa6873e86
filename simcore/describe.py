"""What a report must state beside the numbers: what was assumed, estimated, claimed, left out."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import Field, fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from .attribution import EXACT_LIMIT, PAIRS
from .economy import Economy
from .economy.baseline import Baseline
from .economy.estimates import ClosureSensitivity
from .language.distribution import Distribution
from .language.scenario import Assumption as Stated
from .language.scenario import Scenario
from .measures.base import Measure
from .measures.money import demanded
from .package import Package
from .records import Assumption, Estimate, History, MeasureRecord
from .units import DAYS_PER_MONTH
from .variables import Money

if TYPE_CHECKING:
    from .setting import Setting

HISTORY = 24  # published months that the growth figure looks back on
OF_CHINA = Money()
ESTIMATED = "estimated on past episodes, 5 to 95 %; dynamics.md of the calibration"
CLOSURES = {
    "default": "demand-driven, prices passive, supply capped in the short run; nominal government purchases are "
    "fixed and the deficit takes the rest; exchange rate, interest and wages are fixed; no accelerator",
}


def model(chosen: Any) -> str:
    """Name of a model and its parameters."""
    values = ", ".join(f"{f.name} {getattr(chosen, f.name)}" for f in fields(chosen) if getattr(chosen, f.name) != {})
    return f"{chosen.name} ({values})" if values else chosen.name


def closure(chosen: Any, scenario: Scenario) -> str:
    """What the run holds fixed: in the model's own words (its ``closure``), or the usual closure of a dynamic run."""
    own = getattr(chosen, "closure", None)
    if own is not None:
        return str(own)
    text = CLOSURES.get(scenario.closure, scenario.closure)
    return f"{text}; income feeds consumption" if getattr(chosen, "mpc", 0.0) else f"{text}; consumption is fixed"


def measure(stated: Measure, setting: Setting) -> MeasureRecord:
    """A measure as the tables name it; F only where no parameter of it is an assumption."""
    marks = {p.mark for p in stated.parameters.values()}
    mark = "A" if "A" in marks or not marks else min(marks)
    account = stated.account(setting.economy, setting.calendar)
    rows = [
        (part, what, float(value))
        for part, entries in (
            ("announced", account.uses),
            ("induced", account.spending),
            ("moved", account.moved),
            ("demand", {} if stated.shock else demanded(stated, setting.economy, setting.calendar)),
        )
        for what, value in entries.items()
    ]
    return MeasureRecord(
        stated.id,
        stated.title or stated.id,
        mark,
        stated.shock,
        stated.in_projection,
        stated.source,
        stated.note,
        float(account.announced),
        float(account.induced),
        tuple(rows),
        stated.heading,
        stated.responsible or "",
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
    if found["ownership"] and "exports" not in economy.meta.get("ownership", {}):
        found["ownership"].append("share_only")  # owners of a sector share its technology and where its goods go
    order = ("estimate", "share_only", "assumption")
    return {
        dimension: tuple(sorted(set(marks), key=lambda m: order.index(m) if m in order else len(order)))
        for dimension, marks in found.items()
        if marks
    }


def money(economy: Economy) -> Money:
    """Currency and year of prices in which results are counted."""
    return Money.of(economy.unit, economy.price_year)


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
            name=f"{e.get('item', '')}: {e.get('what', '')}",
            method=f"{e.get('method', '')} [{str(e.get('flag', 'estimate')).replace('_', ' ')}]",
            low=e.get("range"),
            source=str(e.get("source", "")),
        )
        for e in economy.meta.get("estimate_details", ())
    )


def assumptions(
    scenario: Scenario,
    chosen: Any,
    fixed: Collection[str],
    drawn: bool,
    money: Money = OF_CHINA,
    learnt: Mapping[str, Distribution] | None = None,
    closures: Sequence[ClosureSensitivity] = (),
) -> tuple[Assumption, ...]:
    """Every value with a range or a source: of the file, of the measures' defaults and of the model.

    ``drawn``: the run has draws, so that defaults with a range were drawn within it. ``learnt``: parameters of the
    model that the calibration estimates from past episodes, with their 5 and 95 %; ``closures`` the same of sectors,
    for measures that wait for them.
    """
    rows = [_of_file(a, scenario.distributions.get(a.path), drawn, money.currency) for a in scenario.assumptions]
    for m in scenario.measures:
        for name, p in m.assumed().items():
            (value, low, high), unit = in_unit(p.dimension, p.default, p.low, p.high, currency=money.currency)
            ranged = p.low < p.high
            text = f"{name}: {money.words(p.meaning)}"
            about = Assumption(m.id, text, value, unit, mark=p.mark, source=p.source, note=_default(drawn and ranged))
            rows.append(replace(about, low=low, high=high) if ranged else about)
        rows += [_of_closure(m.id, s, drawn) for s in closures if m.waits]
    idle: frozenset[str] = getattr(chosen, "idle", frozenset())
    for f in fields(chosen):
        if "range" in f.metadata and f.name not in idle:
            row = _of_model(chosen, f, f.name in fixed, drawn)
            if learnt and f.name in learnt:
                row = _estimated(row, learnt[f.name], drawn)
            rows.append(replace(row, name=money.words(row.name), unit=money.words(row.unit)))
    return tuple(rows)


def _of_closure(of: str, found: ClosureSensitivity, drawn: bool) -> Assumption:
    name = f"sensitivity of {', '.join(found.sectors)}"
    if found.low is None:
        return Assumption(
            of, name, found.value, "", source="no monthly figure by section; episodes.yaml", note="assumed"
        )
    about = Assumption(of, name, found.value, "", found.low, found.high)
    return replace(about, mark="C", source=ESTIMATED, note=_jointly(drawn))


def _default(drawn: bool) -> str:
    return "default, drawn within range" if drawn else "default"


def _of_file(stated: Stated, distribution: Distribution | None, drawn: bool, currency: str) -> Assumption:
    """A value that the file gives with a note, a source or a distribution."""
    # A source for the order of a figure that the file itself calls an assumption makes it no finding.
    mark = "F" if stated.kind == "sourced" and not stated.note.startswith("assumption") else "A"
    of, name = _place(stated.path)
    if distribution is None:
        number = re.match(r"^(-?\d+(?:\.\d+)?)\s*(\D.*)?$", stated.value)
        value, unit = (float(number[1]), number[2] or "") if number else (stated.value, "")
        return Assumption(of, name, value, unit, None, None, mark, stated.note)
    p, note = distribution.params, f"{distribution.kind}, drawn within range" if drawn else distribution.kind
    if "low" not in p or "high" not in p:
        (value,), unit = in_unit(distribution.unit, distribution.value, currency=currency)
        return Assumption(of, name, value, unit, distribution.range_text(currency), None, mark, stated.note, note)
    ends = (distribution.value, p["low"], p["high"])
    (value, low, high), unit = in_unit(distribution.unit, *ends, currency=currency)
    return Assumption(of, name, value, unit, low, high, mark, stated.note, note)


def _of_model(chosen: Any, parameter: Field[Any], fixed: bool, drawn: bool) -> Assumption:
    about = parameter.metadata
    source, (low, high) = str(about["source"]), about["range"]
    return Assumption(
        f"model {chosen.name}",
        f"{parameter.name}: {about['meaning']}",
        getattr(chosen, parameter.name),
        about["unit"],
        low,
        high,
        "F" if source.startswith("[F]") else "A",
        re.sub(r"^\[[FAC]\]\s*;?\s*", "", source),  # the mark has a column of its own
        "set by the scenario" if fixed else _default(drawn),
    )


def _estimated(about: Assumption, spread: Distribution, drawn: bool) -> Assumption:
    low, high = spread.params["low"], spread.params["high"]
    return replace(about, low=low, high=high, mark="C", source=ESTIMATED, note=_jointly(drawn))


def _jointly(drawn: bool) -> str:
    return "estimate, drawn jointly" if drawn else "estimate"


def in_unit(dimension: str, *values: float, currency: str = "CNY") -> tuple[tuple[float, ...], str]:
    """Values in base units as a table shows them, all in one unit: shares in %, long times in months."""
    scale, unit = {
        "share": (100.0, "%"),
        "points": (100.0, "pp"),
        "money": (1.0, f"bn {currency}"),
        "days": (1.0 / DAYS_PER_MONTH, "months") if max(values) > 1.5 * DAYS_PER_MONTH else (1.0, "days"),
    }.get(dimension, (1.0, ""))
    return tuple(scale * v for v in values), unit


def _place(path: str) -> tuple[str, str]:
    parts = path.split(".")
    if parts[0] in ("policies", "shocks") and len(parts) > 2:
        return parts[1], ".".join(parts[2:])
    return parts[0], ".".join(parts[1:])


def warnings(package: Package, scenario: Scenario) -> tuple[str, ...]:
    """What the reader must know before believing a number."""
    found = [str(w) for w in scenario.warnings if w.severity != "note"]
    for grant in package.grants:
        if grant.excess > 0.0:
            found.append(
                f"pool {grant.pool}: claims of {grant.claimed:,.0f} bn {scenario.currency} against a ceiling of "
                f"{grant.ceiling:,.0f}; every claim got {100 * grant.share:.0f} %"
            )
    if package.left_out:
        found.append(
            "decided up to the last observed month, so part of both paths and counted for nothing here: "
            f"{', '.join(package.left_out)}"
        )
    return tuple(found)


def notes(setting: Setting, uncertain: int, jobs: bool = False) -> tuple[str, ...]:
    """How the numbers were made, in sentences."""
    economy, baseline = setting.economy, setting.calibration.baseline
    flat = baseline.meta.get("method") == "flat"
    found = [
        f"Industrial value added is real, at prices of {economy.price_year}; growth on the year is computed from "
        "levels. "
        + (
            "The path without measures is flat, without growth and season: an assumption. Read effects in per cent of "
            "the level; growth on the year is that of the measures alone."
            if flat
            else f"Published growth ends in {baseline.last_observed}; what follows is projected."
        ),
        "Output, value added, imports and unmet demand are volumes at the level of the base year "
        f"{economy.base_year}, without the baseline's growth.",
        "January and February are published as one figure; both months carry the growth of their sum.",
        f"Contributions are Shapley values on levels, shocks held fixed; they add up exactly. {_sampling(setting)}In "
        "draws they come from one order of the measures and its reverse in turn.",
    ]
    if jobs:
        details = economy.meta.get("estimate_details", ())
        how: dict[str, Any] = next((e for e in details if e.get("item") == "employment"), {})
        about = f" ({how['method']}; {how.get('range', 'no range')})" if how.get("method") else ""
        found.append(
            f"Jobs are those of the base{about} times the change of output: one per cent of output is one per cent of "
            "jobs, an assumption. Hours move first and jobs follow over quarters, so within a year the figure is work "
            "for so many persons more than it is persons hired."
        )
    if "industry" in economy.meta.get("own_groups", ()):
        found.append(
            f"Industry is what the calibration {economy.name} puts into that group. The default parameters of measures "
            "and of the model come from the sources that stand beside them, most of them about China: where they "
            "matter, state your own with their source."
        )
    if uncertain:
        found.append(
            f"Each draw changes {uncertain} values at once: those of the file with a distribution, the measures' and "
            "the model's parameters within their stated ranges; and the error of the projected baseline."
        )
    return tuple(found)


def _sampling(setting: Setting) -> str:
    if sum(not m.shock for m in setting.scenario.measures) <= EXACT_LIMIT:
        return ""
    return (
        f"With more than {EXACT_LIMIT} measures they are sampled, {PAIRS} orders and their reverses; 'simcore "
        "contributions' takes more, with standard errors. "
    )


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
