"""Safeguards of a notice, read off a result: distance to targets, what is about to bind, who answers for what.

Nothing here feeds back into a run, and no number is an effect of the safeguards themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from .calendar import Period
from .economy import Codes, Economy
from .errors import SimcoreError
from .headline import Spread, first_year_part, spread
from .measures.base import Measure
from .measures.labels import EarlyWarning, Target
from .models.base import CAPACITY, DEMAND, LABOUR
from .records import TargetRecord, WarningRecord
from .result import BASELINE, SCENARIO, TOTAL, Result, Slice

NAMELESS = "not named"
CAUSES = {CAPACITY: "capacity", LABOUR: "labour"}


# ---- who answers for what ------------------------------------------------------------------------------


class Sum(NamedTuple):
    """Contributions under one label: effect on the level of the first twelve months, % of the baseline."""

    label: str
    members: tuple[str, ...]
    effect: Spread


def by_heading(result: Result) -> list[Sum]:
    """Contributions added up by the measure of the notice that each belongs to, in order of their names."""
    return _added_up(result, [m.heading for m in result.measures])


def by_tier(result: Result) -> list[Sum]:
    """Contributions added up by the tier that each measure names: the same values, never a second attribution."""
    return _added_up(result, [m.responsible for m in result.measures])


def _added_up(result: Result, labels: list[str]) -> list[Sum]:
    found = []
    for label in sorted(set(labels), key=lambda text: (not text, text)):
        rows = [i for i, own in enumerate(labels) if own == label]
        members = tuple(result.measures[i].id for i in rows)
        found.append(Sum(label or NAMELESS, members, first_year_part(result, *rows)))
    return found


# ---- targets -------------------------------------------------------------------------------------------


class Tracking(NamedTuple):
    """Where a result stands against a target."""

    found: Spread  # value in %, with its 5-95 % range over draws
    distance: float  # pp to the nearest bound: below 0 outside, above 0 inside
    probability: float  # share of draws that keep the bounds, the baseline's error included; NaN without draws
    months: tuple[str, ...]  # months of the period that the run holds


def track(result: Result, target: Target, variant: str = SCENARIO) -> Tracking:
    """Distance to a target and the probability of meeting it.

    Values of several months come from the sum of their levels, never from a mean of rates.

    Raises
    ------
    SimcoreError
        If no month of the target's period lies in the run, or its place is none of the result.
    """
    period = Period.parse(target.period)
    chosen = [i for i, m in enumerate(result.periods) if _inside(Period.parse(m), period)]
    if not chosen:
        raise SimcoreError(
            f"{target.id}: {target.period} lies outside the run, {result.periods[0]}..{result.periods[-1]}"
        )
    place = _place(result, target)
    central = over_months(result, target.variable, variant, place, chosen, drawn=False)
    assert central is not None  # every result holds central values
    drawn = over_months(result, target.variable, variant, place, chosen, drawn=True)
    low = -np.inf if target.at_least is None else target.at_least
    high = np.inf if target.at_most is None else target.at_most
    value = float(central[0])
    met = float("nan") if drawn is None else float(np.mean((drawn >= low) & (drawn <= high)))
    months = tuple(result.periods[i] for i in chosen)
    return Tracking(spread(value, drawn), float(min(value - low, high - value)), met, months)


def _inside(month: Period, period: Period) -> bool:
    return period.first <= month.first and month.last <= period.last


def _place(result: Result, target: Target) -> Slice:
    if target.of == TOTAL:
        return (TOTAL, TOTAL, TOTAL)
    for dimension in ("sector", "region", "ownership"):
        if target.of in result.codes(dimension):
            return result.slice_of(dimension, target.of)
    raise SimcoreError(f"{target.id}: '{target.of}' is no sector, region or class of owner of this result")


def over_months(
    result: Result, variable: str, variant: str, place: Slice, chosen: list[int], drawn: bool
) -> np.ndarray | None:
    """The variable over some months together, in %; (1,) or (draws,)."""

    def read(name: str, of: str) -> np.ndarray | None:
        if drawn:
            path = result.series_draws(name, of, place)
            return None if path is None else path[:, chosen]
        return result.series(name, of, place)[None, chosen]

    level = read("iva", variant)
    if level is None:
        return None
    if variable == "iva_level_effect":
        before, years = read("iva", BASELINE), 1.0
    else:
        years = 2.0 if variable == "iva_two_year" else 1.0
        rate = read(variable, variant)
        before = None if rate is None else level / (1.0 + rate / 100.0) ** years
    if before is None:
        return None
    ratio: np.ndarray = level.sum(axis=1) / before.sum(axis=1)
    return 100.0 * (ratio ** (1.0 / years) - 1.0)


def tracked(result: Result, measures: Sequence[Measure]) -> tuple[TargetRecord, ...]:
    """Every target among some measures, with the package and without; one that cannot be read says why."""
    return tuple(_record(result, m) for m in measures if isinstance(m, Target))


def _record(result: Result, target: Target) -> TargetRecord:
    stated = TargetRecord(
        target.id, target.title or target.id, target.variable, target.of, target.period, (), target.at_least,
        target.at_most,
    )  # fmt: skip
    try:
        found, before = track(result, target), track(result, target, BASELINE)
    except SimcoreError as problem:
        return replace(stated, problem=str(problem))
    return replace(
        stated,
        months=found.months,
        value=found.found.value,
        low=_or_none(found.found.low),
        high=_or_none(found.found.high),
        distance=found.distance,
        probability=_or_none(found.probability),
        without=before.found.value,
        distance_without=before.distance,
        probability_without=_or_none(before.probability),
    )


def _or_none(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


# ---- early warning -------------------------------------------------------------------------------------


class Signal(NamedTuple):
    """One watched sector: when it first binds or comes near, why, and how much of its output is meant."""

    sector: str
    period: str
    cause: str  # capacity, labour, the code of an input, or 'near capacity'
    share: float  # of the sector's output, %


def signals(result: Result, economy: Economy, watch: EarlyWarning, variant: str = SCENARIO) -> list[Signal]:
    """Watched sectors that a run binds, or brings near what they can make; the earliest first.

    Raises
    ------
    SimcoreError
        If the result holds no record of what bound output (a run by weeks).
    """
    if result.binding is None:
        raise SimcoreError("this result holds no record of what bound output; run by months")
    codes = result.binding.codes[result.binding.variants.index(variant)]
    found = []
    for code in _watched(economy.sectors, watch):
        mine = economy.sector == economy.sectors.index(code)
        signal = _bound(result, code, codes[:, mine], economy.x[mine]) or _near(result, economy, code, watch, variant)
        if signal is not None:
            found.append(signal)
    return sorted(found, key=lambda s: (result.periods.index(s.period), -s.share, s.sector))


def warned(result: Result, economy: Economy, measures: Sequence[Measure]) -> tuple[WarningRecord, ...]:
    """Signals of every early warning among some measures, in each variant; none for a run by weeks."""
    watches = [m for m in measures if isinstance(m, EarlyWarning)]
    if result.binding is None:
        return ()
    found = {
        WarningRecord(variant, *signal)
        for variant in result.variants[1:]
        for watch in watches
        for signal in signals(result, economy, watch, variant)
    }
    place = {name: i for i, name in enumerate(result.variants)}
    return tuple(sorted(found, key=lambda w: (place[w.variant], w.period, -w.share, w.sector)))


def _watched(sectors: Codes, watch: EarlyWarning) -> list[str]:
    members = {k for name in watch.watch for k in sectors.expand(name)}
    return [sectors.codes[k] for k in sorted(members)]


def _bound(result: Result, code: str, causes: np.ndarray, output: np.ndarray) -> Signal | None:
    assert result.binding is not None
    bound = (causes != DEMAND) @ output / output.sum()
    if not bound.any():
        return None
    first = int(np.argmax(bound > 0.0))
    weight = {int(c): float(output[causes[first] == c].sum()) for c in np.unique(causes[first]) if c != DEMAND}
    worst = max(weight, key=lambda c: weight[c])
    cause = CAUSES.get(worst) or f"input {result.binding.products[worst - 3]}"
    return Signal(code, result.periods[first], cause, 100.0 * float(bound[first]))


def _near(result: Result, economy: Economy, code: str, watch: EarlyWarning, variant: str) -> Signal | None:
    place = result.slice_of("sector", code)
    rise = result.series("output", variant, place) / result.series("output", BASELINE, place) - 1.0
    mine = economy.sector == economy.sectors.index(code)
    room = float(economy.headroom[mine] @ economy.x[mine] / economy.x[mine].sum())
    close = rise >= room - watch.room
    if not close.any():
        return None
    return Signal(code, result.periods[int(np.argmax(close))], "near capacity", 100.0)
