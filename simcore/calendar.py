"""Periods and calendars: which days a period covers, which periods a run has.

Everything that depends on time is first stated in days and then scaled to the step, so that halving
the step converges. A month counts as a twelfth of a year of 365 days, whatever its length.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

import numpy as np

DAYS_PER_YEAR = 365.0
PERIODS_PER_YEAR = {"day": 365.0, "week": 365.0 / 7.0, "month": 12.0, "quarter": 4.0}
INNER_STEPS = {"day": 1, "week": 1, "month": 4, "quarter": 12}  # equal steps inside one period


_FORM = re.compile(r"^(\d{4})-(?:(\d{1,2})(?:-(\d{1,2}))?|Q(\d)|W(\d{1,2}))$")


def unreadable(text: object) -> PeriodError:
    """The problem of a text that names no period of a run by weeks or longer steps."""
    return PeriodError("SC112", f"cannot read '{text}' as a period; write 2022-11, 2022-Q4 or 2022-W45")


def step_of(text: str) -> str:
    """Kind of the period that a text names."""
    return {"Q": "quarter", "W": "week"}.get(text[5], "day" if text.count("-") == 2 else "month")


class PeriodError(ValueError):
    """A text that names no period; ``code`` is the diagnostic's."""

    def __init__(self, code: str, message: str):
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, order=True)
class Period:
    """A named stretch of days, both ends inclusive: ``2022-11``, ``2022-Q4``, ``2022-W45`` or ``2022-11-01``."""

    first: date
    last: date
    text: str

    @classmethod
    def parse(cls, text: str) -> Period:
        """Read a period.

        Raises
        ------
        PeriodError
            ``SC112`` where the text has no period's form, ``SC111`` where the form names a month,
            quarter, ISO week or day that does not exist.
        """
        match = _FORM.match(text.strip()) if isinstance(text, str) else None
        if match is None:
            raise unreadable(text)
        year = int(match[1])
        if any(part is not None and len(part) < 2 for part in (match[2], match[3], match[5])):
            raise PeriodError("SC112", f"cannot read '{text}' as a period: months, weeks and days have two digits")
        if match[3]:
            return cls._day(text, year, int(match[2]), int(match[3]))
        if match[2]:
            return cls._month(text, year, int(match[2]))
        if match[4]:
            return cls._quarter(text, year, int(match[4]))
        return cls._week(text, year, int(match[5]))

    @classmethod
    def _day(cls, text: str, year: int, month: int, day: int) -> Period:
        try:
            only = date(year, month, day)
        except ValueError:
            raise PeriodError("SC111", f"{text}: day {day} of month {month} does not exist in {year}") from None
        return cls(only, only, only.isoformat())

    @classmethod
    def _month(cls, text: str, year: int, month: int) -> Period:
        if not 1 <= month <= 12:
            raise PeriodError("SC111", f"{text}: month {month} does not exist")
        after = date(year + month // 12, month % 12 + 1, 1)
        return cls(date(year, month, 1), after - timedelta(days=1), f"{year}-{month:02d}")

    @classmethod
    def _quarter(cls, text: str, year: int, quarter: int) -> Period:
        if not 1 <= quarter <= 4:
            raise PeriodError("SC111", f"{text}: quarter {quarter} does not exist")
        first = cls._month(text, year, 3 * quarter - 2).first
        return cls(first, cls._month(text, year, 3 * quarter).last, f"{year}-Q{quarter}")

    @classmethod
    def _week(cls, text: str, year: int, week: int) -> Period:
        try:
            first = date.fromisocalendar(year, week, 1)
        except ValueError:
            last = date(year, 12, 28).isocalendar().week
            raise PeriodError("SC111", f"{text}: week {week} does not exist, {year} has {last} ISO weeks") from None
        return cls(first, first + timedelta(days=6), f"{year}-W{week:02d}")

    @property
    def step(self) -> str:
        return step_of(self.text)

    def shift(self, periods: int) -> Period:
        """The period that lies ``periods`` steps later (earlier if negative)."""
        year, tail = int(self.text[:4]), self.text[5:]
        if self.step == "day":
            moved = self.first + timedelta(days=periods)
            return Period(moved, moved, moved.isoformat())
        if self.step == "week":
            moved = self.first + timedelta(weeks=periods)
            iso = moved.isocalendar()
            return Period(moved, moved + timedelta(days=6), f"{iso.year}-W{iso.week:02d}")
        if self.step == "quarter":
            count = 4 * year + int(tail[1:]) - 1 + periods
            return Period._quarter("", count // 4, count % 4 + 1)
        count = 12 * year + int(tail) - 1 + periods
        return Period._month("", count // 12, count % 12 + 1)

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Calendar:
    """The periods of a run.

    Parameters
    ----------
    start : Period
        First period; its kind is the run's step (day, week, month or quarter).
    periods : int
        Number of periods, at least one.
    inner_steps : int, optional
        Equal steps that a dynamic model takes inside a period; default 4 a month, 1 a week.
    """

    start: Period
    periods: int
    inner_steps: int = 0

    def __post_init__(self) -> None:
        if self.periods < 1:
            raise ValueError(f"a calendar needs at least one period, found {self.periods}")
        if self.inner_steps == 0:
            object.__setattr__(self, "inner_steps", INNER_STEPS[self.step])

    @classmethod
    def between(cls, start: str | Period, end: str | Period, inner_steps: int = 0) -> Calendar:
        """The calendar from ``start`` to ``end``, both inclusive and of one kind."""
        first = start if isinstance(start, Period) else Period.parse(start)
        last = end if isinstance(end, Period) else Period.parse(end)
        if first.step != last.step:
            raise PeriodError("SC402", f"step is {first.step} but the period {last} is not a {first.step}")
        if last.first < first.first:
            raise PeriodError("SC401", f"time.end {last} is not after time.start {first}")
        count = 1
        while first.shift(count - 1).first < last.first:
            count += 1
        return cls(first, count, inner_steps)

    @property
    def step(self) -> str:
        return self.start.step

    @cached_property
    def all(self) -> tuple[Period, ...]:
        return tuple(self.start.shift(i) for i in range(self.periods))

    @cached_property
    def labels(self) -> tuple[str, ...]:
        return tuple(p.text for p in self.all)

    @property
    def end(self) -> Period:
        return self.all[-1]

    @property
    def per_year(self) -> float:
        """Periods in a year: a flow of the year over this is the flow of a period."""
        return PERIODS_PER_YEAR[self.step]

    @property
    def dt(self) -> float:
        """Length of one inner step in days."""
        return DAYS_PER_YEAR / self.per_year / self.inner_steps

    def overlap(self, first: date, last: date) -> np.ndarray:
        """Share of each period's days that lies between two days, both inclusive; (periods,)."""
        share = np.zeros(self.periods)
        for i, p in enumerate(self.all):
            days = (min(last, p.last) - max(first, p.first)).days + 1
            share[i] = max(0, days) / ((p.last - p.first).days + 1)
        return share

    def index(self, period: str | Period) -> int:
        """Position of a period, or ``KeyError``."""
        text = period.text if isinstance(period, Period) else Period.parse(period).text
        try:
            return self.labels.index(text)
        except ValueError:
            raise KeyError(f"{text} lies outside {self.labels[0]} .. {self.labels[-1]}") from None

    def extended(self, before: int, after: int) -> Calendar:
        """This calendar with periods added at both ends, for what happens outside the run."""
        return Calendar(self.start.shift(-before), self.periods + before + after, self.inner_steps)
