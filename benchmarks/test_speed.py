"""Gated cases under pytest-benchmark: ``python -m pytest benchmarks/test_speed.py``; see ``gate.py``."""

from __future__ import annotations

import json
import os
import time
from statistics import quantiles

import pytest

from benchmarks.cases import load
from benchmarks.gate import limit_of
from benchmarks.reference import reference

ROUNDS = 25
GATED = [name for name, case in load().items() if case.gate]
CHOSEN = json.loads(os.environ.get("BENCHMARKS_GATE", "null")) or GATED


def undisturbed(samples: list[float]) -> float:
    """The first quartile: what the machine does meanwhile only ever adds time."""
    return quantiles(samples, n=4, method="inclusive")[0]


@pytest.mark.benchmark(timer=time.thread_time)
@pytest.mark.parametrize("name", CHOSEN)
def test_it_is_as_fast_as_it_was(benchmark, name):
    case, standard = load()[name], reference()
    work = case.build(case.gate)
    work.call()
    work.call()
    times: list[float] = []

    def reference_round() -> None:
        start = time.thread_time()
        for _ in range(3):
            standard()
        times.append((time.thread_time() - start) / 3)

    benchmark.pedantic(work.call, setup=reference_round, rounds=ROUNDS)
    ratio = undisturbed(benchmark.stats.stats.data) / undisturbed(times)
    benchmark.extra_info.update(case=name, size=case.gate, ratio=ratio)
    committed, allowed = limit_of(name)
    assert ratio <= allowed * committed, (
        f"{name} takes {ratio:.2f} times the reference kernel, {ratio / committed:.2f} times its committed "
        f"{committed:.2f}; {allowed:g} is allowed. Find what made it slower, or, if that is meant, write the new "
        "figure with python -m benchmarks --update-gate"
    )
