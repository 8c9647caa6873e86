"""The numbers that tables, figures and the report show, computed once from a result.

January and February are one observation. An average of the level effect over months is the effect on the
sum of their
levels, so it is weighted by the baseline.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from .result import BASELINE, NATION, SCENARIO, Result, Slice, january_february

MOVED_SECTORS = 6  # columns of the table of prices
SHOWN_MEASURES = 7  # columns and colours that can still be told apart; the smallest others are summed


class Spread(NamedTuple):
    """A central value with its 5-95 % range over draws; NaN ends without draws."""

    value: float
    low: float = float("nan")
    high: float = float("nan")

    @property
    def has_range(self) -> bool:
        return bool(np.isfinite(self.low) and np.isfinite(self.high))


class MonthRow(NamedTuple):
    """One line of the headline table: growth in %, differences in pp, level effect in % of the baseline."""

    label: str
    without: float
    with_measures: Spread
    difference: Spread
    points: tuple[float, ...]
    two_year_without: float
    two_year_with: float
    level: Spread


class PlaceRow(NamedTuple):
    """One line of a table by region, ownership or sector; shares and effects in %, amount in bn yuan."""

    code: str
    name: str
    share: float
    amount: float
    level: Spread
    method_low: float
    method_high: float
    amount_low: float = float("nan")
    amount_high: float = float("nan")
    share_low: float = float("nan")
    share_high: float = float("nan")


class PlaceMonth(NamedTuple):
    """Growth of a place on the year in a month, %, the effect on it, pp, and the range of the growth where known."""

    rate: float
    effect: float
    low: float
    high: float


def spread(value: float, draws: np.ndarray | None) -> Spread:
    """Central value and the 5 and 95 % quantiles of its draws (D,)."""
    if draws is None:
        return Spread(float(value))
    low, high = np.quantile(draws, (0.05, 0.95))
    return Spread(float(value), float(low), float(high))


def level_effect(
    result: Result, periods: list[int] | None = None, place: Slice = NATION, variant: str = SCENARIO
) -> Spread:
    """Effect on the sum of some months' levels (all months unless named), in % of the baseline."""
    chosen = list(range(len(result.periods))) if periods is None else periods

    def effect(high: np.ndarray, low: np.ndarray) -> np.ndarray:
        with np.errstate(invalid="ignore", divide="ignore"):
            return 100.0 * (high[..., chosen].sum(axis=-1) / low[..., chosen].sum(axis=-1) - 1.0)

    value = effect(result.series("iva", variant, place), result.series("iva", BASELINE, place))
    high, low = result.series_draws("iva", variant, place), result.series_draws("iva", BASELINE, place)
    return spread(float(value), None if high is None or low is None else effect(high, low))


def growth_difference(result: Result, period: int, place: Slice = NATION, variant: str = SCENARIO) -> Spread:
    """Growth on the year with measures less without, pp; the range is of the difference, draw by draw."""
    value = result.series("iva_yoy", variant, place)[period] - result.series("iva_yoy", BASELINE, place)[period]
    high, low = (
        result.series_draws("iva_yoy", variant, place),
        result.series_draws("iva_yoy", BASELINE, place),
    )
    return spread(value, None if high is None or low is None else high[:, period] - low[:, period])


def headings(result: Result) -> tuple[list[str], list[list[int]]]:
    """Measures of the notice in order of their names, and which measures each sums; what names none comes after."""
    named = sorted({m.heading for m in result.measures if m.heading})
    groups = [[i for i, m in enumerate(result.measures) if m.heading == name] for name in named]
    alone = [i for i, m in enumerate(result.measures) if not m.heading]
    return named + [result.measures[i].name for i in alone], groups + [[i] for i in alone]


def has_headings(result: Result) -> bool:
    """Whether measures say which measure of the notice they are part of."""
    return any(m.heading for m in result.measures)


def shown_measures(result: Result, limit: int = SHOWN_MEASURES) -> tuple[list[str], list[list[int]]]:
    """Names of the contributions to show, and which measures each sums: the smallest share the last place.

    More measures than ``limit`` are summed by heading first, where they name one.
    """
    names, groups = [m.name for m in result.measures], [[i] for i in range(len(result.measures))]
    if len(names) > limit and has_headings(result):
        names, groups = headings(result)
    if len(names) <= limit:
        return names, groups
    size = np.array([np.nansum(np.abs(result.points[g, 0].sum(axis=0))) for g in groups])
    kept = sorted(np.argsort(-size, kind="stable")[: limit - 1].tolist())
    rest = [i for i in range(len(names)) if i not in kept]
    shown = [groups[i] for i in kept] + [[m for i in rest for m in groups[i]]]
    return [names[i] for i in kept] + [f"{len(rest)} other measures"], shown


def month_rows(result: Result, variant: str = SCENARIO, groups: list[list[int]] | None = None) -> list[MonthRow]:
    """The headline table, by month; contributions are those of ``scenario`` and add up to its difference."""
    groups = shown_measures(result)[1] if groups is None else groups
    rows = []
    for label, periods in january_february(result.periods):
        last = periods[-1]  # both halves of January-February carry the growth of their sum
        rows.append(
            MonthRow(
                label,
                float(result.series("iva_yoy", BASELINE)[last]),
                _drawn(result, "iva_yoy", variant, last),
                growth_difference(result, last, variant=variant),
                tuple(float(result.points[g, 0, last].sum()) for g in groups) if variant == SCENARIO else (),
                float(result.series("iva_two_year", BASELINE)[last]),
                float(result.series("iva_two_year", variant)[last]),
                level_effect(result, periods, variant=variant),
            )
        )
    return rows


def _drawn(result: Result, variable: str, variant: str, period: int) -> Spread:
    draws = result.series_draws(variable, variant)
    return spread(float(result.series(variable, variant)[period]), None if draws is None else draws[:, period])


def added(result: Result, variant: str = SCENARIO) -> Spread:
    """Industrial value added over the run, with less without, bn yuan at base-year prices."""
    value = (result.series("iva", variant) - result.series("iva", BASELINE)).sum()
    high, low = result.series_draws("iva", variant), result.series_draws("iva", BASELINE)
    return spread(float(value), None if high is None or low is None else (high - low).sum(axis=1))


def average_part(result: Result, measure: int, place: Slice = NATION, periods: list[int] | None = None) -> float:
    """What a measure adds to the sum of some months' levels (all unless named), in % of the baseline."""
    chosen = list(range(len(result.periods))) if periods is None else periods
    base = result.series("iva", BASELINE, place)[chosen]
    return float(result.parts[measure, result.index(*place), chosen] @ base / base.sum())


def place_rows(result: Result, dimension: str, variant: str = SCENARIO) -> list[PlaceRow]:
    """Effects by code of a dimension, averaged over the run; codes without industry are left out.

    Ranges are those of the file as it stands. A variant has none, so it has no lines by class of owner either, whose
    figures never stand without.
    """
    ranges = _ranges(result, variant)
    if dimension == "ownership" and result.ranges and not ranges:
        return []
    total = result.series("iva", BASELINE).sum()
    rows = []
    for code in result.codes(dimension):
        place = result.slice_of(dimension, code)
        base, high = result.series("iva", BASELINE, place), result.series("iva", variant, place)
        if not np.nansum(base) > 0.0:
            continue
        low, top = (
            float("nan") if e is None else float(e @ base / base.sum())
            for e in ranges.get(("iva_level_effect", place), (None, None))
        )
        share = float(100.0 * base.sum() / total)
        widths = [end.sum() / high.sum() for end in ranges.get(("iva", place), ())] or [float("nan")] * 2
        rows.append(
            PlaceRow(
                code,
                result.name(dimension, code),
                share,
                float((high - base).sum()),
                level_effect(result, None, place, variant),
                low,
                top,
                *_amounts(ranges, place, base, high),
                *(share * width for width in widths),
            )
        )
    return rows


def place_month(result: Result, place: Slice, period: int, variant: str = SCENARIO) -> PlaceMonth:
    """Growth of one place in one month; its range is that of the file as it stands."""
    rate = float(result.series("iva_yoy", variant, place)[period])
    ends = _ranges(result, variant).get(("iva_yoy", place))
    low, high = (float("nan"),) * 2 if ends is None else (float(end[period]) for end in ends)
    return PlaceMonth(rate, growth_difference(result, period, place, variant).value, low, high)


def ranged_over(result: Result, dimension: str) -> str:
    """What ranges by place are taken over, in a word or two."""
    if dimension != "ownership":
        return "methods"
    return "weights" if "share_only" in result.flags.get(dimension, ()) else "weights, exports"


def _ranges(result: Result, variant: str) -> Mapping[tuple[str, Slice], Any]:
    return result.ranges if variant == SCENARIO else {}


def _amounts(
    ranges: Mapping[tuple[str, Slice], Any], place: Slice, base: np.ndarray, high: np.ndarray
) -> tuple[float, float]:
    """Least and largest effect on the sum of the run, bn yuan, over what the draws do not cover."""
    effects = ranges.get(("iva_level_effect", place))
    if ("iva", place) in ranges:  # other weights scale the level, and the effect with it
        effects = (100.0 * (high / base - 1.0),) if effects is None else effects
        found = [float(end @ (effect / (100.0 + effect))) for end in ranges["iva", place] for effect in effects]
    elif effects is not None:
        found = [float(end @ base) / 100.0 for end in effects]
    else:
        return float("nan"), float("nan")
    return min(found), max(found)


def price_paths(result: Result, variant: str = SCENARIO) -> dict[str, np.ndarray]:
    """Prices over the base by period, %: producers, households and the sectors that move most; empty without prices."""
    if "price" not in result.values:
        return {}
    found = {"all producers": result.series("price", variant)}
    if "consumer_price" in result.values:
        found["households"] = result.series("consumer_price", variant)
    sectors = {
        code: result.series("price", variant, result.slice_of("sector", code)) for code in result.codes("sector")
    }
    largest = sorted(sectors, key=lambda code: -float(np.abs(sectors[code]).max()))[:MOVED_SECTORS]
    return found | {code: sectors[code] for code in largest}


def subject(result: Result) -> str:
    """What the run adds to the baseline: the measures, the shocks, or both."""
    kinds = {m.shock for m in result.measures}
    return {frozenset({True}): "the shocks", frozenset({True, False}): "the measures and shocks"}.get(
        frozenset(kinds), "the measures"
    )


def first_year(result: Result) -> list[int]:
    """The first twelve months of the run, or all of a shorter one."""
    return list(range(min(12, len(result.periods))))


def first_year_part(result: Result, *measures: int) -> Spread:
    """What measures add to the level of the first twelve months, % of the baseline, with its range.

    Within twelve months of the start, contributions to growth in pp times the level a year before are
    amounts, so
    draws of the one give draws of the other; under the counterfactual ``never`` the year before is restated
    and
    only the central value is given.
    """
    months = first_year(result)
    value = float(sum(average_part(result, m, periods=months) for m in measures))
    base, rate = result.series_draws("iva", BASELINE), result.series_draws("iva_yoy", BASELINE)
    if result.point_draws is None or base is None or rate is None or result.counterfactual == "never":
        return Spread(value)
    before = base / (1.0 + rate / 100.0)
    amounts = result.point_draws[:, list(measures), 0].sum(axis=1) / 100.0 * before
    return spread(value, 100.0 * amounts[:, months].sum(axis=1) / base[:, months].sum(axis=1))
