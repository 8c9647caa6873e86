"""From figures of a vintage to an epidemic path: a written rule, and draws from it.

A path is the loss of national industrial value added by month, in per cent of the level without a wave. The
rule lies beside the calibration whose vintage it rests on; every number there has a source or says that it is assumed.

    excess(t) = max(index(t) - reference, 0)         of the closures at hand, rising, then fading
    loss(t)   = loss_a_point x excess(t)             until closures end
              + later waves of closures              a Poisson process, until closures end
              + a wave of sickness                   once they have ended
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from .calendar import Period
from .language.document import read_document

FILE, SCHEMA = "epidemic.yaml", "simcore/epidemic-rule@1"  # in the calibration's folder
MOST = 60.0  # per cent; no month loses more
MONTH = 365.25 / 12.0  # days
_STREAM = 0xE91D  # keeps these draws apart from every other use of the same seed


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Reading(_Part):
    """The index on a day."""

    date: date
    value: Annotated[float, Field(ge=0.0, le=100.0)]
    source: str


class Days(_Part):
    """From one day to another, both included."""

    first: date
    last: date


class Uniform(_Part):
    """Anything from low to high, alike."""

    low: float
    high: float

    @model_validator(mode="after")
    def _ordered(self) -> Uniform:
        if self.low > self.high:
            raise ValueError(f"low {self.low} lies above high {self.high}")
        return self

    def draw(self, rng: np.random.Generator) -> float:
        return self.low + (self.high - self.low) * rng.random()


class Pert(_Part):
    """A beta distribution on [low, high] with its mean at (low + 4 mode + high) / 6."""

    low: float
    mode: float
    high: float

    @model_validator(mode="after")
    def _ordered(self) -> Pert:
        if not self.low <= self.mode <= self.high or self.low == self.high:
            raise ValueError(f"low {self.low}, mode {self.mode}, high {self.high} must be in this order")
        return self

    def draw(self, rng: np.random.Generator) -> float:
        width = self.high - self.low
        a = 1.0 + 4.0 * (self.mode - self.low) / width
        return self.low + width * float(rng.beta(a, 6.0 - a))


class Rise(_Part):
    """How long and how fast the index still rises."""

    weeks: Pert
    a_week: Uniform
    ceiling: float


class Again(_Part):
    """Later waves of closures."""

    waves: Annotated[int, Field(ge=0)]
    months: Annotated[int, Field(gt=0)]
    first: str
    height: Uniform
    course: tuple[float, ...]


class Sickness(_Part):
    """The wave that follows the end of closures."""

    loss: Pert
    course: tuple[float, ...]


class Rule(_Part):
    """A calibration's ``epidemic.yaml``."""

    format: Literal["simcore/epidemic-rule@1"] = Field(alias="schema")
    title: str
    vintage: date
    shock: str
    index: Annotated[tuple[Reading, ...], Field(min_length=2)]
    reference: Days
    rise: Rise
    fade: Uniform
    loss_a_point: Uniform
    again: Again
    exit: dict[str, Annotated[float, Field(ge=0.0, le=1.0)]]
    sickness: Sickness
    doubts: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _consistent(self) -> Rule:
        days = [r.date for r in self.index]
        if days != sorted(set(days)):
            raise ValueError("the index needs dates in their order, each once")
        late = [str(d) for d in days if d > self.vintage]
        if late:
            raise ValueError(f"{', '.join(late)} lies after the vintage {self.vintage}")
        if sum(self.exit.values()) > 1.0 + 1e-9:
            raise ValueError("the probabilities of exit sum to more than 1")
        return self

    @cached_property
    def normal(self) -> float:
        """Mean of the index over the reference period."""
        return float(np.mean(self.known(_days(self.reference.first, self.reference.last))))

    def known(self, days: np.ndarray) -> np.ndarray:
        """The index on some days (ordinals), on straight lines between readings."""
        return np.interp(days, [r.date.toordinal() for r in self.index], [r.value for r in self.index])


class EpidemicPath(NamedTuple):
    """One drawn path by month, and what lies behind it."""

    loss: np.ndarray  # (months,) per cent of value added
    controlled: np.ndarray  # (months,) index: per cent of GDP under controls, of the present wave
    exit: str | None  # month in which closures end


def load_rule(folder: str | Path) -> Rule:
    """Read the rule of a calibration's folder.

    Raises
    ------
    ScenarioError
        If there is none, it is not YAML, or has unknown keys or values out of range; all problems at once.
    """
    return read_document(Path(folder) / FILE, Rule, SCHEMA, "a forecast with an epidemic path needs it")


def draw_paths(rule: Rule, months: tuple[str, ...], n: int, seed: int) -> list[EpidemicPath]:
    """Draw n paths over some months ``YYYY-MM`` in a row.

    Path i depends on ``(seed, i)`` alone: more draws leave the first ones as they are.
    """
    return [
        _one(rule, months, np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(_STREAM, i))))
        for i in range(n)
    ]


def _one(rule: Rule, months: tuple[str, ...], rng: np.random.Generator) -> EpidemicPath:
    """All numbers are drawn in one order whatever they turn out to be, so that paths differ by what they differ in."""
    weeks, a_week, fade = rule.rise.weeks.draw(rng), rule.rise.a_week.draw(rng), rule.fade.draw(rng)
    a_point, sickness = rule.loss_a_point.draw(rng), rule.sickness.loss.draw(rng)
    end = _exit_month(rule, rng)
    rate = rng.gamma(rule.again.waves + 0.5) / rule.again.months  # a month; Jeffreys' prior for a Poisson rate
    starts, heights = rng.random(len(months)) < 1.0 - np.exp(-rate), rng.random(len(months))

    index = _index(rule, months, weeks, a_week, fade)
    open_ = np.array([end is None or month < end for month in months])
    loss = a_point * np.maximum(index - rule.normal, 0.0) * open_
    height = rule.again.height.low + (rule.again.height.high - rule.again.height.low) * heights
    for t, month in enumerate(months):
        if starts[t] and month >= rule.again.first and open_[t]:
            size = a_point * max(height[t] - rule.normal, 0.0)
            loss += size * _course(rule.again.course, t, len(months)) * open_
    if end is not None:
        before = sum(month < end for month in months) if end >= months[0] else 0
        loss += sickness * _course(rule.sickness.course, before, len(months))
    return EpidemicPath(np.minimum(loss, MOST), index, end)


def _course(shares: tuple[float, ...], start: int, months: int) -> np.ndarray:
    course = np.zeros(months)
    kept = shares[: max(months - start, 0)]
    course[start : start + len(kept)] = kept
    return course


def _exit_month(rule: Rule, rng: np.random.Generator) -> str | None:
    """Month in which closures end; months before the end of the vintage's own cannot be drawn."""
    u, v = rng.random(2)
    first = (rule.vintage.replace(day=1) + timedelta(days=32)).strftime("%Y-%m")
    for period, probability in rule.exit.items():
        if u < probability:
            span = Period.parse(period)
            inside = [m for m in _months(span.first, span.last) if m >= first]
            return inside[int(v * len(inside))] if inside else None
        u -= probability
    return None


def _index(rule: Rule, months: tuple[str, ...], weeks: float, a_week: float, fade: float) -> np.ndarray:
    """(months,) mean index: as published, then rising for some weeks, then back to the reference."""
    firsts = [date(int(m[:4]), int(m[5:]), 1) for m in months]
    days = _days(firsts[0], (firsts[-1] + timedelta(days=32)).replace(day=1) - timedelta(days=1))
    last = rule.index[-1]
    since = np.maximum(days - last.date.toordinal(), 0) / 7.0  # weeks
    top = min(last.value + a_week * weeks, rule.rise.ceiling)
    rising = np.minimum(last.value + a_week * np.minimum(since, weeks), rule.rise.ceiling)
    after = np.maximum(since - weeks, 0.0) * 7.0 / MONTH
    falling = rule.normal + (top - rule.normal) * fade**after
    daily = np.where(since > 0, np.where(since <= weeks, rising, falling), rule.known(days))
    start = np.array([f.toordinal() for f in firsts]) - days[0]
    return np.add.reduceat(daily, start) / np.diff([*start, len(days)])


def _days(first: date, last: date) -> np.ndarray:
    return np.arange(first.toordinal(), last.toordinal() + 1)


def _months(first: date, last: date) -> list[str]:
    return sorted({date.fromordinal(int(d)).strftime("%Y-%m") for d in _days(first, last)})
