"""The headline in words: what, when, through which measures, how sure, at what cost."""

from __future__ import annotations

import numpy as np

from ..headline import Spread, first_year, first_year_part, growth_difference, level_effect, month_rows
from ..result import BASELINE, Result
from ..tables import signed
from .costs import totals

MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
RANGE = "5-95 % of draws: "
NOTHING = 0.005  # % or pp: what rounds to 0.00


def month_name(label: str) -> str:
    """``2023-04`` as April 2023, ``2023 Jan-Feb`` as January-February 2023; other labels stay."""
    if label.endswith("Jan-Feb"):
        return f"January-February {label[:4]}"
    tail = label[5:]
    return f"{MONTHS[int(tail) - 1]} {label[:4]}" if tail.isdigit() and len(tail) == 2 else label


def short_month(label: str) -> str:
    """The same with three letters a month, for tables: ``Apr 2023``, ``Jan-Feb 2023``."""
    name = month_name(label)
    if name == label:
        return label
    return f"Jan-Feb {label[:4]}" if label.endswith("Jan-Feb") else f"{name[:3]} {label[:4]}"


def with_range(spread: Spread, unit: str, explain: str = "") -> str:
    """``+0.21 % (+0.13 to +0.34)``; ``explain`` says what the range is where it stands first."""
    text = f"{signed(spread.value)} {unit}"
    if spread.has_range:
        text += (
            f" ({explain}{signed(spread.low)} to {signed(spread.high)} {unit if explain else ''}".rstrip()
            + ")"
        )
    return text


def headline(result: Result, variant: str) -> list[str]:
    """Sentences, most important first."""
    return [
        _what(result, variant),
        _when(result, variant),
        *_through(result, variant),
        _certainty(result),
        *_cost(result),
    ]


def _what(result: Result, variant: str) -> str:
    effect = level_effect(result, variant=variant)
    high, low = result.series("iva", variant), result.series("iva", BASELINE)
    first, last = month_name(result.periods[0]), month_name(result.periods[-1])
    if abs(effect.value) < NOTHING:
        found = with_range(effect, "%", RANGE)
        return f"From {first} to {last} the measures leave industrial value added where it is: {found}."
    verb = "raise" if effect.value > 0 else "lower"
    text = (
        f"From {first} to {last} the measures {verb} industrial value added: "
        f"{with_range(effect, '%', RANGE)} of its level "
        f"without them, or {signed(float((high - low).sum()), 0)} bn yuan at 2020 prices."
    )
    year = level_effect(result, first_year(result), variant=variant)
    if len(result.periods) > 12:
        text += f" Over the first twelve months it is {with_range(year, '%')}."
    return text


def _when(result: Result, variant: str) -> str:
    rows = month_rows(result, variant)
    best = max(rows, key=lambda r: r.difference.value)
    worst = min(rows, key=lambda r: r.difference.value)
    text = (
        f"Growth on the year changes most in {month_name(best.label)}, by {with_range(best.difference, 'pp')}"
    )
    if worst.difference.value < -NOTHING:
        text += f"; it is lowered most in {month_name(worst.label)}, by {with_range(worst.difference, 'pp')}"
        if result.periods.index(_last_period(result, worst.label)) >= 12:
            text += ", because the month it is measured against already contained the measures"
    return text + "."


def _last_period(result: Result, label: str) -> str:
    return f"{label[:4]}-02" if label.endswith("Jan-Feb") else label


def _through(result: Result, variant: str) -> list[str]:
    if not result.measures or variant != "scenario":
        return []
    parts = [(m.name, first_year_part(result, i)) for i, m in enumerate(result.measures)]
    parts.sort(key=lambda p: -abs(p[1].value))
    named = "; ".join(f"{name} {with_range(part, '%')}" for name, part in parts[:3])
    return [f"In the first twelve months most comes from: {named} of the baseline's level."]


def _certainty(result: Result) -> str:
    assumed = sum(a.mark == "A" for a in result.assumptions)
    count = (
        f"{assumed} of {len(result.assumptions)} parameters listed below are assumptions"
        if result.assumptions
        else ""
    )
    if result.n_draws:
        text = f"The ranges come from {result.n_draws} draws of the uncertain parameters"
        text += f"; {count}, not findings." if count else "."
    else:
        text = "Central values only: without draws this run does not say how sure it is"
        text += f"; {count}." if count else "."
    if result.baseline_band is not None:
        width = float(np.mean(result.baseline_band[3] - result.baseline_band[0])) / 2.0
        text += (
            f" The projection itself errs by about ±{width:.1f} pp of growth on the year (5-95 %): it "
            "moves both paths alike "
            "and hardly touches their difference."
        )
    return text


def _cost(result: Result) -> list[str]:
    sums = totals(result)
    if not sums:
        return []
    text = f"Budget cost over the run: {sums['budget']:,.1f} bn yuan at current prices"
    if sums["revenue"]:
        text += f"; taxes on induced value added bring back {sums['revenue']:,.1f} bn yuan of it"
    if sums["quasi_fiscal"]:
        text += f"; quasi-fiscal cost {sums['quasi_fiscal']:,.1f} bn yuan apart"
    return [text + ". The principal of loans is not counted as cost."]


def base_effects(result: Result) -> list[str]:
    """What growth on the year owes to the month a year before."""
    yoy, two = result.series("iva_yoy", BASELINE), result.series("iva_two_year", BASELINE)
    lines = []
    if np.isfinite(yoy - two).any():
        t = int(np.nanargmax(np.abs(yoy - two)))
        lines.append(
            f"Without any measure growth on the year in {month_name(result.periods[t])} is {yoy[t]:.1f} "
            "%, the two-year "
            f"average {two[t]:.1f} %: {signed(float(yoy[t] - two[t]), 1)} pp come from the month a year "
            "before, not from "
            "the measures. Read the two-year average beside growth on the year."
        )
    if len(result.periods) > 12:
        late = growth_difference(result, 12)
        level = level_effect(result, [12])
        lines.append(
            f"From {month_name(result.periods[12])} on, growth on the year is measured against months "
            "that already contain "
            f"the measures: there the measures change growth by {signed(late.value)} pp while the level "
            "differs by "
            f"{signed(level.value)} %. A negative contribution then says that a boost has ended, not "
            "that it has turned."
        )
    return lines
