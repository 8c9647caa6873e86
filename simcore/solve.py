"""How large must a measure be to reach a target? The size of one value of a file at which a result meets a condition.

The search runs the scenario with trial values: at the ends and at points between, so that a target that only a middle
size reaches is found, then between the two trials where the condition turns true.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from pydantic_core import PydanticCustomError

from .calendar import Period, PeriodError
from .checks import STATISTICS, own_months, place_of, value_at
from .content import find_scenario
from .errors import SimcoreError, UnknownNameError
from .language.overrides import missing_path
from .language.reading import own_quantity
from .language.scenario import Scenario, load
from .language.shape import slot_at
from .result import SCENARIO, TOTAL, Result
from .run import own_start, run
from .safeguards import over_months
from .units import Quantity, currency_in
from .variables import VARIABLES

BETWEEN = 5  # trials between the ends before the search closes in
LARGEST = 10.0  # times the file's own value, where neither the field nor the caller bounds the search
CLOSE = 1e-3  # of the bracket's end: sizes this near are one, given what they rest on
MOST_TRIALS = 40
_CONDITION = re.compile(r"^\s*([a-z_]+)((?:\.[\w-]+)*)\s*(>=|<=|>|<)\s*(.+?)\s*$")
_GROWTH = {"iva": "iva_yoy"}  # a level that a condition bounds in % means its growth on the year


class Condition(NamedTuple):
    """``path >= bound`` or ``path <= bound``; the bound in the variable's own unit, amounts in bn of ``currency``."""

    path: str
    above: bool
    bound: float
    currency: str = "CNY"

    @classmethod
    def parse(cls, text: str, currency: str = "CNY") -> Condition:
        """Read ``iva_yoy.total.2023-Q1 >= 4.5 %``.

        Raises
        ------
        UnknownNameError
            If the variable is none of a result.
        SimcoreError
            If the text is no condition, or its bound no number of the variable.
        """
        match = _CONDITION.match(text)
        if match is None:
            raise SimcoreError(f"cannot read '{text}'; write for example 'iva_yoy.total.2023-Q1 >= 4.5 %'")
        variable, rest, sign, bound = match.groups()
        if bound.endswith("%") and variable in _GROWTH:
            variable = _GROWTH[variable]
        if variable not in VARIABLES:
            raise UnknownNameError(f"unknown variable '{variable}'; there is {', '.join(VARIABLES)}")
        kind = VARIABLES[variable].kind
        number = re.sub(r"\s*(%|pp)$" if kind == "rate" else rf"\s*(bn {currency}|thousand persons)$", "", bound)
        try:
            value = float(number)
        except ValueError:
            unit = "'4.5 %'" if kind == "rate" else f"'100 bn {currency}'"
            raise SimcoreError(f"'{bound}' does not bound {variable}; write a number such as {unit}") from None
        return cls(variable + rest, sign.startswith(">"), value, currency)

    @property
    def unit(self) -> str:
        """Unit of the bound."""
        unit = VARIABLES[self.path.split(".")[0]].unit
        return f"bn {self.currency}" if unit.startswith("bn CNY") else unit

    def __str__(self) -> str:
        return f"{self.path} {'>=' if self.above else '<='} {self.bound:g} {self.unit}"

    def gap(self, value: float) -> float:
        """How far inside the bound a value lies; below 0 outside."""
        return value - self.bound if self.above else self.bound - value

    def of(self, result: Result, since: str, drawn: bool = False) -> np.ndarray:
        """What a result finds from the file's first month on: (1,), or one value a draw with its baseline's error.

        Raises
        ------
        UnknownNameError
            If the result has no such place or period.
        """
        variable, *rest = self.path.split(".")
        place, word = place_of(result, rest[0] if rest else TOTAL), rest[1] if len(rest) > 1 else "mean"
        if word in STATISTICS or word in result.periods:
            if not drawn:
                return np.array([value_at(result, self.path, since)])
            paths = result.series_draws(variable, SCENARIO, place)
            if paths is None:
                return np.zeros(0)
            if word not in STATISTICS:
                return paths[:, result.periods.index(word)]
            return np.array([STATISTICS[word](path) for path in paths[:, own_months(result, since)]])
        months = _months(result, word)
        if variable in ("iva_yoy", "iva_two_year", "iva_level_effect"):
            found = over_months(result, variable, SCENARIO, place, months, drawn)
        else:
            paths = (
                result.series_draws(variable, SCENARIO, place)
                if drawn
                else result.series(variable, SCENARIO, place)[None]
            )
            add = np.sum if VARIABLES[variable].kind == "flow" else np.mean
            found = None if paths is None else add(paths[:, months], axis=1)
        return np.zeros(0) if found is None else found


def _months(result: Result, text: str) -> list[int]:
    """Months of the result in a longer period."""
    try:
        period = Period.parse(text)
    except PeriodError as error:
        raise UnknownNameError(str(error)) from None
    months = [Period.parse(label) for label in result.periods]
    inside = [i for i, m in enumerate(months) if period.first <= m.first and m.last <= period.last]
    if not inside:
        raise UnknownNameError(f"'{text}' is no period of {result.periods[0]} .. {result.periods[-1]} and no statistic")
    return inside


class Trial(NamedTuple):
    """One size and what the scenario finds with it."""

    size: float  # base units
    found: float


@dataclass(frozen=True)
class Solution:
    """What the search found; ``size`` is None where no size between the ends meets the condition."""

    path: str
    condition: Condition
    quantity: Quantity
    own: Trial  # with the file's value
    size: float | None
    trials: tuple[Trial, ...]  # by size
    probability: float = math.nan  # share of draws that meet the condition at ``size``; NaN without draws
    own_probability: float = math.nan  # the same with the file's value

    @property
    def reached(self) -> bool:
        return self.size is not None

    def __str__(self) -> str:
        write, unit = self.quantity.write, self.condition.unit
        low, high = self.trials[0], self.trials[-1]
        lines = [
            f"target: {self.condition}",
            f"file:   {self.path} = {write(self.own.size)}: {self.own.found:.3f} {unit}",
        ]
        if self.size is None:
            best = max(self.trials, key=lambda t: self.condition.gap(t.found))
            lines.append(f"answer: no size from {write(low.size)} to {write(high.size)} reaches it")
            lines.append(f"        nearest: {write(best.size)}: {best.found:.3f} {unit}")
            lines.append(self._why())
        else:
            at = next(t for t in self.trials if t.size == self.size)
            lines.append(f"answer: {self.path} = {write(self.size)}: {at.found:.3f} {unit}")
            if self.size == low.size:
                lines.append("        the smallest size tried already meets the target")
        if math.isfinite(self.own_probability):
            lines.append(f"        probability of the target: file {self.own_probability:.0%}{self._at_size()}")
        return "\n".join(lines)

    def _at_size(self) -> str:
        return f", answer {self.probability:.0%}" if math.isfinite(self.probability) else ""

    def _why(self) -> str:
        """What more of the measure does at the upper end."""
        before, last = self.trials[-2:]
        slope = (last.found - before.found) / (last.size - before.size) if last.size > before.size else 0.0
        step = last.size - before.size
        if abs(slope * step) < 1e-6:
            return "        more of it changes nothing there: a pool's ceiling, a capacity or its profile binds"
        return (
            f"        there, another {self.quantity.write(step)} moves it by {slope * step:+.3f} {self.condition.unit}"
        )


def solve(
    scenario: str | Path,
    path: str,
    until: str | Condition,
    *,
    low: str | None = None,
    high: str | None = None,
    draws: int = 0,
    sets: tuple[str, ...] = (),
    model: str | None = None,
    counterfactual: str | None = None,
    progress: Callable[[str], None] | None = None,
) -> Solution:
    """The smallest size of one value at which a scenario meets a condition.

    Parameters
    ----------
    scenario : file or name
    path : str
        Dotted path of a number of the file: ``policies.relending.amount``.
    until : str
        Condition on the result: ``iva_yoy.total.2023-Q1 >= 4.5 %``. The period is one of the run, a longer one (growth
        is then that of the sums of levels) or mean, min, max, cumulative.
    low, high : str, optional
        Ends of the search with units; by default the field's own bounds, 0 and ten times the file's value.
    draws : int
        Draws for the probability of the target at the file's size and at the answer; 0 for none.

    Raises
    ------
    ScenarioError
        If the file, or a trial value, is invalid.
    SimcoreError
        If the path holds no number, the condition cannot be read or the ends are no range.
    """
    file = find_scenario(scenario)
    base = load(file, sets=sets)
    condition = until if isinstance(until, Condition) else Condition.parse(until, base.currency)
    quantity, own = number_at(base, path)
    quantity = replace(quantity, currency=base.currency)
    ends = _ends(quantity, own, low, high)
    tell = progress or (lambda text: None)
    trials: dict[float, Trial] = {}
    since = own_start(base)

    def with_size(size: float, number: int = 0) -> Result:
        changed = load(file, sets=(*sets, f"{path}={_exact(quantity, size)}"))
        return run(changed, draws=number, model=model, counterfactual=counterfactual)

    def try_size(size: float) -> float:
        if size not in trials:
            tell(f"trial {len(trials) + 1}: {_short(quantity, size)}")
            trials[size] = Trial(size, float(condition.of(with_size(size), since)[0]))
        return condition.gap(trials[size].found)

    try_size(own)
    size = smallest(try_size, *ends)
    chances = [math.nan, math.nan]
    if draws:
        for i, chosen in enumerate((own, size)):
            if chosen is not None:
                tell(f"probability at {_short(quantity, chosen)}")
                found = condition.of(with_size(chosen, draws), since, drawn=True)
                chances[i] = float(np.mean([condition.gap(v) >= 0.0 for v in found])) if found.size else math.nan
    ordered = tuple(trials[s] for s in sorted(trials))
    return Solution(path, condition, quantity, trials[own], size, ordered, chances[1], chances[0])


def smallest(gap: Callable[[float], float], low: float, high: float) -> float | None:
    """The smallest size between two ends whose gap is not below 0, to ``CLOSE`` of it; None if no trial finds one.

    Between the two trials where the gap turns, the false-position rule with the Illinois step (Dowell and Jarratt
    1971, BIT 11), and halving where that gains little.
    """
    if gap(low) >= 0.0:
        return low
    grid = np.linspace(low, high, BETWEEN + 2)[1:]
    a, fa, b, fb = low, gap(low), math.nan, math.nan
    for point in map(float, grid):
        value = gap(point)
        if value >= 0.0:
            b, fb = point, value
            break
        a, fa = point, value
    if math.isnan(b):
        return None
    side = 0
    for _ in range(MOST_TRIALS):
        if b - a <= CLOSE * max(abs(b), 1e-12):
            break
        cut = b - fb * (b - a) / (fb - fa)
        inside = (a + 0.01 * (b - a), b - 0.01 * (b - a))
        cut = min(max(cut, inside[0]), inside[1])
        value = gap(cut)
        if value >= 0.0:
            b, fb = cut, value
            fa = fa / 2.0 if side > 0 else fa
            side = 1
        else:
            a, fa = cut, value
            fb = fb / 2.0 if side < 0 else fb
            side = -1
    return b


def number_at(scenario: Scenario, path: str) -> tuple[Quantity, float]:
    """The quantity that a dotted path of a file holds, and its value in base units.

    Raises
    ------
    UnknownNameError
        If there is no such path.
    SimcoreError
        If it holds no number.
    """
    missing = missing_path(scenario.reading, path)
    if missing is not None:
        raise UnknownNameError(f"{scenario.id}: {missing}")
    keys = tuple(path.split("."))
    found = _of_measure(scenario, keys) if keys[0] in ("policies", "shocks") else _of_parameter(scenario, keys)
    if found is None:
        raise SimcoreError(f"'{path}' of {scenario.id} is no number; name one, such as policies.NAME.amount")
    return found


def _of_measure(scenario: Scenario, keys: tuple[str, ...]) -> tuple[Quantity, float] | None:
    """A field of a measure, stated in the file or left at its default."""
    block = scenario.reading.entries.get(keys[1]) if len(keys) > 2 else None
    slot = slot_at(block.model, block.node, keys[2:]) if block is not None and block.model is not None else None
    value = block.made if block is not None else None
    for key in keys[2:]:
        value = getattr(value, key, None)
    if slot is None or slot.quantity is None or not isinstance(value, int | float):
        return None
    return slot.quantity, float(value)


def _of_parameter(scenario: Scenario, keys: tuple[str, ...]) -> tuple[Quantity, float] | None:
    node = scenario.reading.root.at(keys)
    wrapper = node if node is None or isinstance(node.value, dict) else node.copy({"value": node})
    inner = wrapper.value.get("value") if wrapper is not None else None
    if keys[0] != "parameters" or wrapper is None or inner is None:
        return None
    quantity = own_quantity(wrapper)
    return quantity, quantity.read(inner.value, yaml=True)


def _end(quantity: Quantity, text: str) -> float:
    """An end of the search as a caller writes it."""
    try:
        value = quantity.read(_number(text), yaml=True)
    except PydanticCustomError as error:
        raise SimcoreError(f"end of the search: {error.message().replace('CNY', quantity.currency)}") from None
    found = currency_in(text)
    if found not in (None, quantity.currency):
        raise SimcoreError(f"'{text}' is in {found}, but the calibration counts in {quantity.currency}; convert it")
    return value


def _number(text: str) -> float | str:
    """A number without a unit as a file would hold it."""
    try:
        return float(text)
    except ValueError:
        return text


def _ends(quantity: Quantity, own: float, low: str | None, high: str | None) -> tuple[float, float]:
    bottom = _end(quantity, low) if low is not None else max(quantity.low, min(0.0, LARGEST * own))
    top = _end(quantity, high) if high is not None else min(quantity.high, LARGEST * own)
    if high is None and own <= 0.0 and not math.isfinite(quantity.high):
        raise SimcoreError("the file's value is 0 or below: say how large it may become (--at-most)")
    if not bottom < top:
        raise SimcoreError(
            f"the search needs a range, but it goes from {quantity.write(bottom)} to {quantity.write(top)}"
        )
    return bottom, top


_UNITS = {"money": " bn CNY", "share": " %", "points": " pp", "days": " days", "number": ""}


def _short(quantity: Quantity, value: float) -> str:
    """A value as text, to four digits."""
    return quantity.write(float(f"{value:.4g}"))


def _exact(quantity: Quantity, value: float) -> str:
    """A value as text that loses no digit."""
    scaled = 100.0 * value if quantity.dimension in ("share", "points") else value
    return f"{scaled!r}{_UNITS[quantity.dimension].replace('CNY', quantity.currency)}"
