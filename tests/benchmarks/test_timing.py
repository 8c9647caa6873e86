"""Timings: medians, turns, memory; a slow-down is seen through noise."""

import numpy as np
import pytest

from benchmarks.reference import reference
from simcore.timing import SHORTEST, Timing, peak_memory, samples_in_turn, timed_in_turn


def test_median_and_quartiles():
    timing = Timing.of([4.0, 1.0, 3.0, 2.0, 5.0])
    assert (timing.median, timing.low, timing.high, timing.samples) == (3.0, 2.0, 4.0, 5)
    assert timing.spread == pytest.approx(2.0 / 3.0)
    assert timing.per(10).median == 0.3


def test_one_sample_is_its_own_median():
    assert Timing.of([2.0]) == (2.0, 2.0, 2.0, 1)


class Clock:
    """A clock that only its calls move."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now

    def work(self, seconds, log=None, name=""):
        def call():
            self.now += seconds
            if log is not None:
                log.append(name)

        return call


def test_calls_take_turns():
    clock, log = Clock(), []
    calls = [clock.work(1.0, log, "a"), clock.work(2.0, log, "b")]
    samples = samples_in_turn(calls, clock, seconds=0.0, least=3)
    assert log == ["a", "b"] * 3
    assert samples == [[1.0] * 3, [2.0] * 3]


def test_short_calls_are_repeated_within_a_sample():
    clock, log = Clock(), []
    (samples,) = samples_in_turn([clock.work(SHORTEST / 8, log)], clock, seconds=0.0, least=4)
    assert len(samples) == 4
    assert len(log) == 1 + 4 * 8
    assert samples == pytest.approx([SHORTEST / 8] * 4)


def test_twice_the_work_is_seen():
    standard = reference()

    def twice():
        standard()
        standard()

    once, double = timed_in_turn([standard, twice], seconds=0.3)
    assert 1.6 < double.low / once.low < 2.4


def test_memory_at_the_peak():
    def call():
        first = np.ones(1_000_000)
        del first
        np.ones(500_000)

    assert peak_memory(call) == pytest.approx(8e6, rel=0.01)
