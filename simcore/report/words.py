"""The headline in words: what, when, through which measures, how sure, at what cost."""

from __future__ import annotations

import numpy as np

from ..headline import (
    Spread,
    first_year,
    first_year_part,
    growth_difference,
    level_effect,
    month_rows,
    subject,
)
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
        text += f" ({explain}{signed(spread.low)} to {signed(spread.high)} {unit if explain else ''}".rstrip() + ")"
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
    first, last, who = month_name(result.periods[0]), month_name(result.periods[-1]), subject(result)
    if not np.isfinite(effect.value):
        return f"From {first} to {last} this run gives no level of industrial value added; see how it ended."
    if abs(effect.value) < NOTHING:
        found = with_range(effect, "%", RANGE)
        return f"From {first} to {last} {who} leave industrial value added where it is: {found}."
    verb = "raise" if effect.value > 0 else "lower"
    text = (
        f"From {first} to {last} {who} {verb} industrial value added: {with_range(effect, '%', RANGE)} of "
        f"its level without them, or {signed(float((high - low).sum()), 0)} bn yuan at 2020 prices."
    )
    year = level_effect(result, first_year(result), variant=variant)
    if len(result.periods) > 12:
        text += f" Over the first twelve months it is {with_range(year, '%')}."
    return text


def _when(result: Result, variant: str) -> str:
    rows = month_rows(result, variant)
    most = max(rows, key=lambda r: abs(np.nan_to_num(r.difference.value)))
    if abs(np.nan_to_num(most.difference.value)) < NOTHING:
        return "Growth on the year changes by less than 0.005 pp in every month."
    text = f"Growth on the year changes most in {month_name(most.label)}: {with_range(most.difference, 'pp')}"
    text += _echo(result, most.label)
    sign = np.sign(most.difference.value)
    back = min(rows, key=lambda r: sign * np.nan_to_num(r.difference.value))
    if sign * back.difference.value < -NOTHING:
        text += f"; the other way most in {month_name(back.label)}: {with_range(back.difference, 'pp')}"
        text += _echo(result, back.label)
    return text + "."


def _echo(result: Result, label: str) -> str:
    if result.periods.index(_last_period(result, label)) < 12:
        return ""
    return f", measured against a month that {subject(result)} had already changed"


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
        f"{assumed} of {len(result.assumptions)} parameters listed below are assumptions" if result.assumptions else ""
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
            f" The projection itself errs by about ±{width:.1f} pp of growth on the year (5-95 %): it moves "
            "both paths alike and hardly touches their difference."
        )
    return text


def _cost(result: Result) -> list[str]:
    sums = totals(result)
    if not sums:
        return []
    text = f"Budget cost over the run: {sums['budget']:,.1f} bn yuan at current prices"
    if sums["revenue"] < 0.0:
        text += f"; tax revenue falls by another {-sums['revenue']:,.1f} bn yuan"
    elif sums["revenue"] > 0.0:
        text += f"; induced tax revenue brings back {sums['revenue']:,.1f} bn yuan of it"
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
            f"In the baseline growth on the year in {month_name(result.periods[t])} is {yoy[t]:.1f} %, the "
            f"two-year average {two[t]:.1f} %: {signed(float(yoy[t] - two[t]), 1)} pp come from the month a "
            f"year before, not from {subject(result)}. Read the two-year average beside growth on the year."
        )
    if len(result.periods) > 12:
        late, level = growth_difference(result, 12), level_effect(result, [12])
        lines.append(
            f"From {month_name(result.periods[12])} on, growth on the year is measured against months that "
            f"{subject(result)} have already changed: in that month growth differs by {signed(late.value)} "
            f"pp and the level by {signed(level.value)} %. From then on the sign of a contribution says "
            "whether an effect grows or fades, not whether it is there."
        )
    return lines
