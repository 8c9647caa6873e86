"""The headline in words: what, when, through which measures, how sure, at what cost."""

from __future__ import annotations

import numpy as np

from ..cells import interval, plain_interval, signed
from ..cost_effectiveness import Worth, worth
from ..headline import (
    MonthRow,
    Spread,
    added,
    first_year,
    first_year_part,
    growth_difference,
    level_effect,
    month_rows,
    subject,
)
from ..result import BASELINE, Result, january_february
from .costs import totals

MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
RANGE = "5-95 % of draws: "
NOTHING = 0.005  # % or pp: what rounds to 0.00
BASE_EFFECT = 2.5  # pp: a base effect worth a sentence


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


def first_months(result: Result) -> str:
    """The stretch that first-year figures are about."""
    return "in the first twelve months" if len(result.periods) > 12 else "over the run"


def _what(result: Result, variant: str) -> str:
    effect = level_effect(result, variant=variant)
    amount = added(result, variant)
    ends = f" ({interval(amount, 0)})" if amount.has_range else ""
    first, last, who = month_name(result.periods[0]), month_name(result.periods[-1]), subject(result)
    if not np.isfinite(effect.value):
        return f"From {first} to {last} this run gives no level of industrial value added; see how it ended."
    if abs(effect.value) < NOTHING:
        found = with_range(effect, "%", RANGE)
        return f"From {first} to {last} {who} leave industrial value added where it is: {found}."
    verb = "raise" if effect.value > 0 else "lower"
    text = (
        f"From {first} to {last} {who} {verb} industrial value added: {with_range(effect, '%', RANGE)} of "
        f"its level without them, or {signed(amount.value, 0)} bn yuan{ends} at 2020 prices."
    )
    text = result.money.words(text)
    year = level_effect(result, first_year(result), variant=variant)
    if len(result.periods) > 12:
        text += f" Over the first twelve months it is {with_range(year, '%')}."
    return text


def _when(result: Result, variant: str) -> str:
    rows = month_rows(result, variant)
    most = max(rows, key=lambda r: np.nan_to_num(r.difference.value))
    least = min(rows, key=lambda r: np.nan_to_num(r.difference.value))
    told = [
        f"{verb} most in {month_name(r.label)}: {with_range(r.difference, 'pp')}{_echo(result, r, variant)}"
        for verb, r, sign in (("rises", most, 1.0), ("falls", least, -1.0))
        if sign * np.nan_to_num(r.difference.value) > NOTHING
    ]
    if not told:
        return "Growth on the year changes by less than 0.005 pp in every month."
    return f"Growth on the year {'; it '.join(told)}."


def _echo(result: Result, row: MonthRow, variant: str) -> str:
    """How much of a month's effect on growth is an effect on its base, from the thirteenth month on."""
    t = result.periods.index(_last_period(result, row.label))
    if t < 12:
        return ""
    own = (1.0 + row.without / 100.0) * level_effect(result, _months(result, row.label), variant=variant).value
    echo = row.difference.value - own
    return (
        f", of which {signed(echo)} pp only because {subject(result)} had changed the same month a year before "
        f"(the level itself: {signed(row.level.value)} %)"
    )


def _months(result: Result, label: str) -> list[int]:
    return next(periods for found, periods in january_february(result.periods) if found == label)


def _last_period(result: Result, label: str) -> str:
    return f"{label[:4]}-02" if label.endswith("Jan-Feb") else label


def _through(result: Result, variant: str) -> list[str]:
    if not result.measures or variant != "scenario":
        return []
    parts = [(m.name, first_year_part(result, i)) for i, m in enumerate(result.measures)]
    parts = [(name, part) for name, part in parts if abs(part.value) >= NOTHING]
    if not parts:
        return []
    parts.sort(key=lambda p: -abs(p[1].value))
    named = "; ".join(f"{name} {with_range(part, '%')}" for name, part in parts[:3])
    return [f"{first_months(result).capitalize()} most comes from: {named} of the baseline's level."]


def _certainty(result: Result) -> str:
    assumed = sum(a.mark == "A" for a in result.assumptions)
    count = f"{assumed} of the {len(result.assumptions)} parameters below are assumptions" if result.assumptions else ""
    if result.n_draws:
        text = f"The ranges come from {result.n_draws} draws of the uncertain parameters"
        text += f"; {count}, not findings." if count else "."
        text += " They hold the model and the calibration as given."
    else:
        text = "Central values only: without draws this run does not say how sure it is"
        text += f"; {count}." if count else "."
    if result.baseline_band is not None:
        width = float(np.mean(result.baseline_band[3] - result.baseline_band[0])) / 2.0
        text += (
            f" The projection itself, with or without {subject(result)}, is uncertain by about ±{width:.1f} pp of "
            "growth on the year (5-95 %, on average over the months); that error moves both paths alike and hardly "
            "touches their difference."
        )
    return text


def _cost(result: Result) -> list[str]:
    sums = totals(result)
    if not sums:
        return []
    entries = worth(result)
    ranges = entries[-1].amounts if entries else {}
    if sums["budget"] >= 0.05:
        text = f"Budget cost over the run: {_money(sums['budget'], ranges.get('budget_cost'))} at current prices"
    else:
        text = "No budget cost over the run"
    if sums["revenue"] < 0.0:
        text += f"; tax revenue falls by another {-sums['revenue']:,.1f} bn yuan"
    elif sums["revenue"] > 0.0:
        text += f"; tax revenue of {_money(sums['revenue'], ranges.get('revenue'))} comes back"
    if sums["quasi_fiscal"]:
        text += f"; quasi-fiscal cost {_money(sums['quasi_fiscal'], ranges.get('quasi_fiscal'))} apart"
    found = [text + ". The principal of loans is not counted as cost."]
    return [result.money.words(line) for line in (*found, *([_brought(entries[-1])] if entries else []))]


def _money(value: float, spread: Spread | None) -> str:
    ends = plain_interval(spread) if spread is not None else ""
    return f"{value:,.1f} bn yuan" + (f" ({ends})" if ends else "")


def _brought(package: Worth) -> str:
    """Value added and jobs, and what a yuan of budget cost brings."""
    added, jobs = package.amounts["value_added"], package.amounts["jobs"]

    def of(spread: Spread, digits: int) -> str:
        ends = interval(spread, digits)
        return f"{signed(spread.value, digits)}" + (f" ({ends})" if ends else "")

    text = f"Value added of all sectors over the run: {of(added, 0)} bn yuan at 2020 prices"
    if np.isfinite(jobs.value):
        text += f", the work of {of(jobs, 0)} thousand persons for a year"
    ratio = package.ratios["va_per_net_cost"]
    if not ratio.defined:
        return f"{text}. Per yuan of net cost: {ratio.note}."
    ends = plain_interval(ratio.found, 2)
    note = f"; {ratio.note}" if ratio.note else ""
    return f"{text}; per yuan of net cost {ratio.found.value:.2f}{f' ({ends})' if ends else ''}{note}."


def base_effects(result: Result) -> list[str]:
    """What growth on the year owes to the month a year before."""
    return [*_projected_base(result), *_own_base(result)]


def _projected_base(result: Result) -> list[str]:
    """The month of the baseline whose growth owes most to the year before, by two rules that bracket the truth."""
    yoy, two = result.series("iva_yoy", BASELINE), result.series("iva_two_year", BASELINE)
    gap = np.nan_to_num(yoy - two)
    t = int(np.argmax(np.abs(gap)))
    if abs(gap[t]) < BASE_EFFECT:
        return []
    name, before = month_name(result.periods[t]), _published(result, t, 12)
    text = f"Base effects. Without {subject(result)} growth on the year in {name} is {yoy[t]:.1f} %, "
    text += f"the two-year average {two[t]:.1f} %"
    if np.isfinite(before):
        usual = float(np.nanmedian(yoy))
        low, high = sorted((gap[t], usual - before), key=abs)
        text += (
            f": a year before, growth was {before:.1f} %. Some {signed(float(low), 1)} to {signed(float(high), 1)} pp "
        )
        text += f"of it are base and owe nothing to {subject(result)} (growth less the two-year average, and the usual "
        text += f"{usual:.1f} % less growth a year before)."
    else:
        text += f": {signed(float(gap[t]), 1)} pp come from the month a year before, not from {subject(result)}."
    further = _published(result, t, 24)
    if np.isfinite(further) and abs(further - np.nanmedian(yoy)) > 2.0 * BASE_EFFECT:
        text += (
            f" The two-year average of that month has a base of its own: growth two years before was {further:.1f} %."
        )
    return [f"{text} Read the two-year average and the level beside growth on the year."]


def _published(result: Result, t: int, back: int) -> float:
    """Published growth so many months before period t of the run, NaN where the history does not hold it."""
    history = result.history
    if history is None or t - back >= 0 or t - back < -len(history.months):
        return float("nan")
    return float(history.yoy[t - back])


def _own_base(result: Result) -> list[str]:
    """From the thirteenth month on the measures stand in the base themselves."""
    if len(result.periods) <= 12:
        return []
    late, level = growth_difference(result, 12), level_effect(result, [12])
    return [
        f"From {month_name(result.periods[12])} on, growth on the year is measured against months that "
        f"{subject(result)} have already changed: in that month growth differs by {signed(late.value)} "
        f"pp and the level by {signed(level.value)} %. From then on the sign of a contribution says "
        "whether an effect grows or fades, not whether it is there."
    ]
