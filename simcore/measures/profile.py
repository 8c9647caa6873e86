"""When a measure works: periods as text and profiles, courses in time from 0 to 1."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from functools import lru_cache
from itertools import pairwise
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, model_validator
from pydantic_core import PydanticCustomError, core_schema

from ..calendar import Calendar, Period, PeriodError, unreadable
from ..errors import TableError
from ..units import Quantity, problem

CUT_OFF = 10.0  # half-lives after which a decay without an end stops: the level is then below 0.1 %
MOST_DAYS = 36_525  # a century: the longest profile


# ---- periods -------------------------------------------------------------------------------------------


def period_text(value: Any, info: ValidationInfo) -> str:
    """The text of a period, or the problem that it is none; days are periods of a run by days only."""
    if isinstance(value, Period):
        return value.text
    try:
        period = Period.parse(value if isinstance(value, str) else str(value))
        if period.step == "day" and (info.context or {}).get("step", "day") != "day":
            raise unreadable(value)
        return period.text
    except PeriodError as error:
        raise problem(error.code, str(error)) from None


PeriodText = Annotated[str, BeforeValidator(period_text)]


def first_day(period: str) -> date:
    """First day of a period given as text."""
    return _parsed(period).first


def last_day(period: str) -> date:
    """Last day of a period given as text."""
    return _parsed(period).last


@lru_cache(maxsize=4096)
def _parsed(period: str) -> Period:
    return Period.parse(period)


@lru_cache(maxsize=256)
def _bounds(calendar: Calendar) -> np.ndarray:
    """First day of each period and the day after the last, as ordinals; (periods + 1,)."""
    days = [p.first.toordinal() for p in calendar.all]
    return np.array([*days, calendar.end.last.toordinal() + 1])


# ---- profiles ------------------------------------------------------------------------------------------


class FrozenMap(Mapping[str, float]):
    """Name to number, hashable; subclasses say what they accept with ``_read`` and what each number is."""

    element: ClassVar[Quantity] = Quantity("share", low=0.0, high=1.0)
    word: ClassVar[str | None] = None  # that a file may write in its place

    def __init__(self, pairs: tuple[tuple[str, float], ...]):
        self._pairs = pairs
        self._values = dict(pairs)

    def __getitem__(self, key: str) -> float:
        return self._values[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __hash__(self) -> int:
        return hash(self._pairs)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({dict(self._pairs)})"

    @property
    def plain(self) -> dict[str, float] | str:
        """As a file writes it."""
        return self._values

    @classmethod
    def _read(cls, value: Any, info: core_schema.ValidationInfo) -> Any:
        raise TypeError(f"{cls.__name__} does not say what it accepts")

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> core_schema.CoreSchema:
        return core_schema.with_info_plain_validator_function(
            cls._read, serialization=core_schema.plain_serializer_function_ser_schema(lambda value: value.plain)
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: Any, handler: Any) -> dict[str, Any]:
        mapping = {"type": "object", "additionalProperties": {"type": ["number", "string"]}}
        return mapping if cls.word is None else {"anyOf": [mapping, {"const": cls.word}]}


def read_weight(value: Any, yaml: bool) -> float:
    """A share from 0 to 1 in a list of shares, where a bare 1 or 0 cannot be misread."""
    whole = isinstance(value, int) and not isinstance(value, bool) and value == 1
    number = 1.0 if whole else Quantity("share", high=1.0).read(value, yaml)
    if number < 0.0:
        raise problem("SC205", "weights must not be negative")
    return number


def read_at(key: str, read: Any, *arguments: Any) -> Any:
    """Call ``read`` so that an error points at one key of the mapping that is being read."""
    try:
        return read(*arguments)
    except PydanticCustomError as error:
        message = (error.context or {}).get("message", error.message())
        raise problem(error.type, message, at=(key,)) from None


class _Profile(BaseModel):
    """A course in time: a level from 0 to 1 for each day of a window, 0 outside it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def window(self) -> tuple[date, date]:
        """First and last day on which the level may differ from 0, both inclusive."""
        raise TypeError(f"{type(self).__name__} states no window")

    def daily(self) -> np.ndarray:
        """Level on each day of the window, (days,)."""
        raise TypeError(f"{type(self).__name__} states no levels")

    def level(self, calendar: Calendar) -> np.ndarray:
        """Mean level over the days of each period, (periods,), each from 0 to 1."""
        bounds = _bounds(calendar)
        return np.diff(self._cumulated(bounds)) / np.diff(bounds)

    def shares(self, calendar: Calendar) -> np.ndarray:
        """Share of a total that falls in each period, (periods,).

        The whole window has the share 1; what lies outside the calendar is ``before`` and ``after``.
        """
        return np.diff(self._cumulated(_bounds(calendar))) / self._total()

    def before(self, calendar: Calendar) -> float:
        """Share of a total that falls before the calendar starts."""
        return float(self._cumulated(_bounds(calendar)[:1])[0] / self._total())

    def after(self, calendar: Calendar) -> float:
        """Share of a total that falls after the calendar ends."""
        return float(1.0 - self._cumulated(_bounds(calendar)[-1:])[0] / self._total())

    def _cumulated(self, days: np.ndarray) -> np.ndarray:
        """Sum of daily levels before each of the days (ordinals)."""
        first, cumulated = _course(self)
        return cumulated[np.clip(days - first, 0, len(cumulated) - 1)]

    def _total(self) -> float:
        total = float(_course(self)[1][-1])
        if total <= 0.0:
            raise TableError("the profile is zero throughout: an amount cannot be spread over it")
        return total


@lru_cache(maxsize=4096)
def _course(profile: _Profile) -> tuple[int, np.ndarray]:
    """Ordinal of a profile's first day and the running sum of its daily levels, from 0."""
    cumulated = np.concatenate(([0.0], np.cumsum(profile.daily())))
    cumulated.flags.writeable = False
    return profile.window()[0].toordinal(), cumulated


class Pulse(_Profile):
    """Fully on from the first day of ``start`` to the last day of ``end``."""

    kind: Literal["pulse"] = "pulse"
    start: PeriodText
    end: PeriodText

    @model_validator(mode="after")
    def _in_order(self) -> Pulse:
        _require_order(("start", self.start), ("end", self.end))
        return self

    def window(self) -> tuple[date, date]:
        return first_day(self.start), last_day(self.end)

    def daily(self) -> np.ndarray:
        return np.ones(_days(self.window()))


class Ramp(_Profile):
    """Rises evenly from 0 at the first day of ``start`` to 1 at the last day of ``end``.

    Then it stays at 1 to the last day of ``hold_until`` (without it, not at all) and falls evenly to 0 at
    the last day of ``fade_to`` (without it, at once). A level that is to stay holds until the end of the run.
    """

    kind: Literal["ramp"] = "ramp"
    start: PeriodText
    end: PeriodText
    hold_until: PeriodText | None = None
    fade_to: PeriodText | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Ramp:
        _require_order(
            ("start", self.start),
            ("end", self.end),
            ("hold_until", self.hold_until),
            ("fade_to", self.fade_to),
        )
        return self

    def window(self) -> tuple[date, date]:
        return first_day(self.start), last_day(self.fade_to or self.hold_until or self.end)

    def daily(self) -> np.ndarray:
        first, last = self.window()
        top = last_day(self.end)
        held = last_day(self.hold_until) if self.hold_until else top
        rising, holding, falling = _days((first, top)), (held - top).days, (last - held).days
        up = (np.arange(rising) + 0.5) / rising  # level at noon of each day
        down = (np.arange(falling)[::-1] + 0.5) / max(falling, 1)
        return np.concatenate((up, np.ones(holding), down))


class Decay(_Profile):
    """Fully on at the first day of ``start``, halved every ``half_life``; stops at ``end``.

    Without ``end`` it stops after ten half-lives, where the level is below 0.1 %.
    """

    kind: Literal["decay"] = "decay"
    start: PeriodText
    half_life: Annotated[float, Quantity("days", low=0.0, high=3650.0, above=True)]
    end: PeriodText | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Decay:
        _require_order(("start", self.start), ("end", self.end))
        return self

    def window(self) -> tuple[date, date]:
        first = first_day(self.start)
        if self.end:
            return first, last_day(self.end)
        return first, date.fromordinal(first.toordinal() + int(np.ceil(CUT_OFF * self.half_life)) - 1)

    def daily(self) -> np.ndarray:
        days = np.arange(_days(self.window()) + 1)
        # Mean over each day of 2^(-t / half_life), exact.
        fallen = np.exp2(-days / self.half_life)
        return -np.diff(fallen) * self.half_life / np.log(2.0)


class Points(FrozenMap):
    """Period to level, in order of time; hashable."""

    @classmethod
    def _read(cls, value: Any, info: core_schema.ValidationInfo) -> Points:
        if isinstance(value, cls):
            return value
        if not isinstance(value, Mapping):
            raise problem("SC029", "points must be a mapping of periods to levels, {2022-11: 0, 2022-12: 1}")
        if not value:
            raise problem("SC406", "points has no entries")
        yaml = bool(info.context and info.context.get("yaml"))
        pairs = tuple(
            (read_at(str(k), period_text, k, info), read_at(str(k), read_weight, v, yaml)) for k, v in value.items()
        )
        periods = [_parsed(text) for text, _ in pairs]
        if len({p.step for p in periods}) > 1:
            raise problem("SC402", "points mix weeks, months or quarters; use one kind")
        for one, next_one in pairwise(periods):
            if next_one.first <= one.first:
                raise problem("SC406", "points are not in time order", at=(next_one.text,))
        return cls(pairs)


class Table(_Profile):
    """Levels by period; each holds throughout its period, and the last period named is the end.

    Periods between two points take values on the straight line between them (``linear``) or the value of
    the earlier point (``step``).
    """

    kind: Literal["table"] = "table"
    points: Points
    interpolate: Literal["linear", "step"] = "linear"

    def window(self) -> tuple[date, date]:
        periods = list(self.points)
        return first_day(periods[0]), last_day(periods[-1])

    def daily(self) -> np.ndarray:
        periods = list(self.points)
        calendar = Calendar.between(periods[0], periods[-1])
        known = np.array([calendar.index(p) for p in periods])
        values, every = np.array(list(self.points.values())), np.arange(calendar.periods)
        if self.interpolate == "linear":
            levels = np.interp(every, known, values)
        else:
            levels = values[np.searchsorted(known, every, side="right") - 1]
        return np.repeat(levels, np.diff(_bounds(calendar)))


Profile = Annotated[Pulse | Ramp | Decay | Table, Field(discriminator="kind")]


def _days(window: tuple[date, date]) -> int:
    return (window[1] - window[0]).days + 1


def _require_order(*steps: tuple[str, str | None]) -> None:
    given = [(name, text) for name, text in steps if text is not None]
    for (name, text), (later, later_text) in pairwise(given):
        if last_day(later_text) < (first_day(text) if name == "start" else last_day(text)):
            if (name, later) == ("start", "end"):
                raise problem("SC404", f"profile ends ({later_text}) before it starts ({text})", at=(later,))
            raise problem("SC404", f"{later} ({later_text}) lies before {name} ({text})", at=(later,))
    if given and (last_day(given[-1][1]) - first_day(given[0][1])).days > MOST_DAYS:
        raise problem("SC404", "the profile is longer than a century", at=(given[-1][0],))
