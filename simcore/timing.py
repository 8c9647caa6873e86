"""Timings that can be trusted on a busy machine: medians over repeats, their spread, processor time."""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Callable
from statistics import quantiles
from typing import Any, NamedTuple

Clock = Callable[[], float]
Call = Callable[[], Any]

SHORTEST = 2e-3  # seconds; shorter calls are repeated within one sample, since clocks and loops cost microseconds
MOST_SAMPLES = 200


class Timing(NamedTuple):
    """Seconds of one call: median and quartiles over samples."""

    median: float
    low: float  # first quartile
    high: float  # third quartile
    samples: int

    @property
    def spread(self) -> float:
        """Distance of the quartiles over the median: what differences below it mean nothing."""
        return (self.high - self.low) / self.median if self.median > 0 else 0.0

    def per(self, count: float) -> Timing:
        """The same for one of ``count`` equal parts of the call."""
        return Timing(self.median / count, self.low / count, self.high / count, self.samples)

    @classmethod
    def of(cls, samples: list[float]) -> Timing:
        """Median and quartiles of samples in seconds."""
        low, median, high = quantiles(samples, n=4, method="inclusive") if len(samples) > 1 else samples * 3
        return cls(median, low, high, len(samples))


def timed(call: Call, clock: Clock = time.thread_time, seconds: float = 1.0, least: int = 5) -> Timing:
    """Time a call until ``seconds`` are used up, at least ``least`` times; warm it up before.

    ``time.thread_time`` counts the processor time of this thread alone, which other processes on the machine hardly
    change; for work on several threads or in other processes pass ``time.perf_counter``.
    """
    return timed_in_turn([call], clock, seconds, least)[0]


def timed_in_turn(
    calls: list[Call], clock: Clock = time.thread_time, seconds: float = 1.0, least: int = 5
) -> list[Timing]:
    """Time several calls in turn, so that whatever the machine does meanwhile hits them alike; see ``timed``."""
    return [Timing.of(column) for column in samples_in_turn(calls, clock, seconds, least)]


def samples_in_turn(
    calls: list[Call], clock: Clock = time.thread_time, seconds: float = 1.0, least: int = 5
) -> list[list[float]]:
    """Seconds of each call in each round, one list a call."""
    first = [_sample(call, clock, 1) for call in calls]
    loops = [max(1, round(SHORTEST / max(once, 1e-7))) for once in first]
    samples = [[once] if count == 1 else [] for once, count in zip(first, loops, strict=True)]
    end = time.perf_counter() + seconds
    while any(_wanting(column, least, time.perf_counter() < end) for column in samples):
        for column, call, count in zip(samples, calls, loops, strict=True):
            column.append(_sample(call, clock, count))
    rounds = min(len(column) for column in samples)
    return [column[-rounds:] for column in samples]


def _wanting(column: list[float], least: int, in_time: bool) -> bool:
    """Whether a call needs more samples."""
    return len(column) < least or (in_time and len(column) < MOST_SAMPLES)


def _sample(call: Call, clock: Clock, count: int) -> float:
    start = clock()
    for _ in range(count):
        call()
    return (clock() - start) / count


def peak_memory(call: Call) -> int:
    """Bytes that a call allocates at its peak, above what was there before; libraries' own workspace apart."""
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        call()
        return tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()
