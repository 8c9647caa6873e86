"""A scenario's own checks: conditions on the result, each answered with what was found.

A path names a variable, a place and a time or statistic: ``iva_yoy.total.2022-12``,
``iva_level_effect.northeast.mean``, ``fiscal_cost.total.cumulative``. The place is ``total`` or a code of a sector,
region or kind of ownership; without one, the nation. The last word is a period, or ``mean``, ``min``, ``max``,
``cumulative``; without one, the mean. They are taken over the months of the file's ``time``: under the counterfactual
``never`` a run begins sooner, where its first measure did, and what that cost before is no part of what a file asks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from .errors import UnknownNameError
from .language.schema import Check as Condition
from .records import Check
from .result import BASELINE, DIMENSIONS, SCENARIO, TOTAL, Result

STATISTICS: dict[str, Callable[[np.ndarray], float]] = {
    "mean": lambda path: float(np.nanmean(path)),
    "min": lambda path: float(np.nanmin(path)),
    "max": lambda path: float(np.nanmax(path)),
    "cumulative": lambda path: float(np.nansum(path)),
}


def evaluate(result: Result, conditions: Sequence[Condition], since: str = "") -> tuple[Check, ...]:
    """Answer every check of a file whose time starts in ``since``; one whose path the result does not hold fails."""
    return tuple(_answer(result, condition, since) for condition in conditions)


def identities(result: Result) -> tuple[Check, ...]:
    """What must hold in every run: accounts close, contributions and slices add up. A failure is a fault of simcore."""
    accounts = max(result.residuals.values(), default=0.0)
    yoy = result.values["iva_yoy"]
    whole = yoy[result.variant(SCENARIO)] - yoy[result.variant(BASELINE)]
    parts = result.points.sum(axis=0) - whole if len(result.points) else whole
    level = result.values["iva"]
    sums = [
        np.abs(
            level[:, [result.index(*result.slice_of(d, c)) for c in result.codes(d)]].sum(axis=1) - level[:, 0]
        ).max()
        for d in DIMENSIONS
        if result.codes(d)
    ]
    gaps = (
        ("supply equals use, income equals spending, stocks close", accounts, 1e-9, "of output"),
        ("contributions add up to the effect", _largest(parts), 1e-8, "pp"),
        (
            "sectors, regions and ownership add up to the nation",
            max(sums, default=0.0) / level[0, 0].max(),
            1e-9,
            "of the total",
        ),
    )
    return tuple(
        Check(name, bool(gap <= bound), f"{gap:.1e} {unit}", f"at most {bound:g}") for name, gap, bound, unit in gaps
    )


def _largest(values: np.ndarray) -> float:
    """Largest absolute value, NaN left out."""
    known = np.abs(values[np.isfinite(values)])
    return float(known.max()) if known.size else 0.0


def value_at(result: Result, path: str, since: str = "") -> float:
    """The number that a path of a check names, of the file's own scenario.

    Parameters
    ----------
    since : str
        First month that statistics are taken over: that of the file's ``time``.

    Raises
    ------
    UnknownNameError
        If the result has no such variable, place, period or statistic.
    """
    variable, *rest = path.split(".")
    series = result.series(variable, SCENARIO, place_of(result, rest[0] if rest else TOTAL))
    word = rest[1] if len(rest) > 1 else "mean"
    if word in STATISTICS:
        return STATISTICS[word](series[own_months(result, since)])
    if word not in result.periods:
        raise UnknownNameError(f"'{word}' is no period of {result.periods[0]} .. {result.periods[-1]} and no statistic")
    return float(series[result.periods.index(word)])


def own_months(result: Result, since: str) -> np.ndarray:
    """Whether each month of a result lies in the file's time, (months,)."""
    return np.array([month >= since for month in result.periods])


def place_of(result: Result, code: str) -> tuple[str, str, str]:
    """The slice of ``total`` or of one code.

    Raises
    ------
    UnknownNameError
        If the code is none of this result.
    """
    if code == TOTAL:
        return (TOTAL, TOTAL, TOTAL)
    for dimension in DIMENSIONS:
        if code in result.codes(dimension):
            return result.slice_of(dimension, code)
    raise UnknownNameError(f"'{code}' is no sector, region or kind of ownership of this result")


def _answer(result: Result, condition: Condition, since: str) -> Check:
    asked = _asked(condition)
    try:
        found = value_at(result, condition.that, since)
        if condition.between is not None:
            low, high = condition.between
        else:
            bound = condition.than if condition.than is not None else 0.0
            limit = value_at(result, bound, since) if isinstance(bound, str) else float(bound)
            low, high = (limit, np.inf) if condition.is_ == "above" else (-np.inf, limit)
    except UnknownNameError as problem:
        return Check(condition.that, False, str(problem), asked)
    unit = result.variables[condition.that.split(".")[0]].unit
    if condition.that.endswith(".cumulative"):
        unit = unit.replace(" a month", "")
    return Check(condition.that, bool(low <= found <= high), f"{found:.3g} {unit}", asked)


def _asked(condition: Condition) -> str:
    if condition.between is not None:
        text = f"between {condition.between[0]:g} and {condition.between[1]:g}"
    else:
        text = f"{condition.is_} {condition.than}"
    return f"{text} ({condition.note})" if condition.note else text
