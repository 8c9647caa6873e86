"""From a case and a size to a row of figures."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import log
from statistics import median
from typing import Any

from simcore.timing import Timing, peak_memory, samples_in_turn, timed

from . import limits
from .cases import Bar, Case, Work
from .peers import Found
from .reference import reference

CLOCKS = {"thread": time.thread_time, "wall": time.perf_counter}


@dataclass(frozen=True)
class Row:
    """One case at one size."""

    case: str
    size: int
    along: str
    unit: str
    clock: str
    time: Timing  # seconds a unit
    reference: float  # seconds of the reference kernel before and after
    memory: int  # bytes at the peak of the first run, above the loaded economy
    matrices: float | None = None  # the same in n x n matrices
    ratios: dict[str, float] = field(default_factory=dict)  # how many times faster than each rival and peer
    peer_matrices: dict[str, float] = field(default_factory=dict)  # memory of peers, in n x n matrices
    limit: float | None = None  # share of what the machine can do
    bars: list[tuple[str, float | None, bool | None]] = field(default_factory=list)  # promise, found, kept
    growth: float | None = None  # exponent with the size, up to this one

    def as_json(self) -> dict[str, Any]:
        """For a file."""
        return {**vars(self), "time": self.time._asdict(), "bars": [list(bar) for bar in self.bars]}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Row:
        """Back from a file."""
        bars = [(text, found, kept) for text, found, kept in values["bars"]]
        return cls(**{**values, "time": Timing(**values["time"]), "bars": bars})


def warm_up(case: Case) -> None:
    """Compile what the case needs, so that its first run at size shows the memory of a run alone."""
    if case.clock == "thread":
        case.build(case.small).call()


def measure(case: Case, size: int, seconds: float) -> Row:
    """Time a case at one size, for about so many seconds."""
    work, clock = case.build(size), CLOCKS[case.clock]
    start = time.perf_counter()
    memory = work.memory() if work.memory else peak_memory(work.call)
    least = samples_for(time.perf_counter() - start)
    before = timed(reference(), seconds=0.0).median
    columns = samples_in_turn([work.call, *work.rivals.values()], clock, seconds, least)
    after = timed(reference(), seconds=0.0).median
    own = Timing.of(columns[0]).per(work.count)
    ratios = {
        name: median(theirs / ours for theirs, ours in zip(column, columns[0], strict=True))
        for name, column in zip(work.rivals, columns[1:], strict=True)
    }
    return Row(
        case.name, size, case.along, case.unit, case.clock, own, (before + after) / 2, memory,
        memory / work.matrix if work.matrix else None, ratios, limit=share_of_limit(work, size, own.median),
    )  # fmt: skip


def samples_for(first: float) -> int:
    """Least number of samples, by how long the first call took."""
    return 5 if first < 2.0 else 3 if first < 15.0 else 1


def share_of_limit(work: Work, size: int, seconds: float) -> float | None:
    """What is read, or computed, a second over the most that one thread of this machine does."""
    if work.reads:
        return work.reads / seconds / limits.read_bandwidth(work.reads)
    return work.flops / seconds / limits.gemm(size) if work.flops else None


def judged(row: Row, bars: tuple[Bar, ...], peers: Mapping[str, Found]) -> Row:
    """The row with its ratios to peers and what became of the promises."""
    ratios = {**row.ratios, **{name: peer.seconds / row.time.median for name, peer in peers.items()}}
    theirs = {name: peer.matrices for name, peer in peers.items() if peer.matrices is not None}
    found = {**ratios, "limit": row.limit, "seconds": row.time.median, "matrices": row.matrices}
    kept: list[tuple[str, float | None, bool | None]] = []
    for bar in bars:
        value = found.get(bar.of) if bar.size == row.size else None
        if bar.size == row.size:
            kept.append((bar.text, value, None if value is None else bar.met(value)))
    return replace(row, ratios=ratios, peer_matrices=theirs, bars=kept)


def with_growth(rows: list[Row]) -> list[Row]:
    """Each row with the exponent by which time grew, from the next smaller size of at most half of it."""
    grown = []
    for row in rows:
        smaller = [r for r in rows if r.case == row.case and 2 * r.size <= row.size]
        last = max(smaller, key=lambda r: r.size, default=None)
        exponent = log(row.time.median / last.time.median) / log(row.size / last.size) if last else None
        grown.append(replace(row, growth=exponent))
    return grown
