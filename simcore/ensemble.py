"""Many runs on one economy: draws, sweeps, coalitions of measures, candidates of a calibration.

``blocks`` runs members in parts, one part a thread, and hands the parts back in the order of the members;
``simulate`` keeps of them what is asked for. Members may come from a generator, so that they never exist all at once.
Parts are reduced in the order of their members, and what a member gives never depends on which others run beside it:
no bit of a result depends on the number of threads or on the size of the parts.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import islice
from operator import length_hint
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from .drivers import Drivers
from .economy import Economy
from .errors import SimcoreError
from .models.base import Outcome, Paths, processors, require_channels
from .statistics import BINS, PILOT, Histogram, Kept, Moments

if TYPE_CHECKING:
    from .models.members import Together

SIZE = 16  # members that a thread takes at once, at most
AHEAD = 2  # parts that wait for each thread
FIELDS = tuple(name for name in Paths._fields if name not in ("residual", "outcome", "inside", "form", "solver"))


class Member(NamedTuple):
    """What happens in one run beside what all share, and its model where that is another one."""

    drivers: Drivers | None = None
    model: Any = None


@dataclass(frozen=True)
class Block:
    """Runs of some members in a row.

    first : position of the first one among all members.
    values : by field of ``Paths``, (members, periods, ...); NaN for a member that was refused.
    residual : (members,) largest accounting residual over output.
    outcomes : how each run ended; ``refused`` where the model could not run at all, with the reason.
    """

    first: int
    values: Mapping[str, np.ndarray]
    residual: np.ndarray
    outcomes: tuple[Outcome, ...]


def blocks(
    economy: Economy,
    drivers: Drivers,
    members: Iterable[Member | Drivers],
    model: Any = None,
    *,
    outputs: Sequence[str] = ("output",),
    threads: int | None = None,
    size: int | None = None,
    multiple: int = 1,
) -> Iterator[Block]:
    """Run members and hand them back in their order, part by part, while others still run.

    Parameters
    ----------
    drivers : Drivers
        What all members share; ``Drivers.calm(economy, calendar)`` if nothing.
    members : iterable of Member or Drivers
        What happens beside that; a generator is asked for new members only as fast as they run.
    model : optional
        Any registered model, for members that name none; the inventory model with its defaults if left out.
    outputs : names of fields of ``Paths``
        What to hand back.
    threads : int, optional
        By default as many as the machine lets this process use. Changes no bit.
    size : int, optional
        Members that a thread takes at once. Changes no bit.
    multiple : int
        Parts are multiples of so many members, for groups that belong together.

    Raises
    ------
    SimcoreError
        If ``outputs`` names no field of ``Paths``, or one that the model leaves out. A member that fails is flagged.
    """
    _known(outputs)
    threads = threads or processors()
    stop = np.zeros(1, np.bool_)
    run = partial(_run, economy, drivers, model or _default(), tuple(outputs), stop)
    parts = _parts(members, size or SIZE, threads, multiple)
    if threads == 1:
        for first, part in parts:
            yield run(first, part)
        return
    pool = ThreadPoolExecutor(threads)
    waiting: deque[Future[Block]] = deque()
    try:
        for first, part in parts:
            waiting.append(pool.submit(run, first, part))
            if len(waiting) > AHEAD * threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:  # also where the caller stops early, or is interrupted: nothing is waited for
        stop[0] = True
        pool.shutdown(wait=False, cancel_futures=True)


def each(asked: Sequence[tuple[Any, Economy, Drivers]], threads: int | None = None) -> list[Paths]:
    """Full paths of a few runs of any models on any economies, one a thread; what fails is raised."""
    with ThreadPoolExecutor(threads or processors()) as pool:
        return list(pool.map(lambda one: one[0].simulate(one[1], one[2]), asked))


def _known(outputs: Sequence[str]) -> None:
    for name in outputs:
        if name not in FIELDS:
            raise SimcoreError(f"a run has no output '{name}'; there is {', '.join(FIELDS)}")


def _default() -> Any:
    from .models.inventory import Inventory

    return Inventory()


def _parts(
    members: Iterable[Member | Drivers], size: int, threads: int, multiple: int
) -> Iterator[tuple[int, list[Member]]]:
    """Members in parts, with the position of the first; smaller ones towards the end, so that no thread ends late."""
    source, first, left = iter(members), 0, length_hint(members)
    while True:
        fair = min(size, -(-left // (2 * threads))) if left > 0 else size
        taken = max(1, fair // multiple) * multiple
        part = [m if isinstance(m, Member) else Member(m) for m in islice(source, taken)]
        if not part:
            return
        yield first, part
        first, left = first + len(part), max(left - len(part), 0)


def _run(
    economy: Economy,
    shared: Drivers,
    model: Any,
    outputs: tuple[str, ...],
    stop: np.ndarray,
    first: int,
    part: Sequence[Member],
) -> Block:
    """One part, in the thread that calls: in one compiled call where the model has one, else run by run."""
    from .models.members import FIELDS as COMPILED
    from .models.members import run_together, runs

    asked = [_ask(shared, model, member) for member in part]
    pieces: list[Together] = []
    for ready, places in runs(economy, asked):
        if ready and set(outputs) <= set(COMPILED):
            with suppress(SimcoreError):  # one of them cannot run: alone, it is told which
                pieces.append(run_together(economy, ready, outputs, stop))
                continue
        pieces.append(_alone(economy, asked[places], outputs))
    return Block(
        first,
        {name: _joined([piece.values[name] for piece in pieces]) for name in outputs},
        np.concatenate([piece.residual for piece in pieces]),
        tuple(outcome for piece in pieces for outcome in piece.outcomes),
    )


def _ask(shared: Drivers, model: Any, member: Member) -> tuple[Any, Drivers] | Outcome:
    """A member's model and drivers, or why it is refused."""
    chosen = member.model or model
    try:
        drivers = shared if member.drivers is None else shared & member.drivers
        require_channels(chosen, drivers)
    except SimcoreError as problem:
        return Outcome("refused", str(problem))
    return chosen, drivers


def _alone(economy: Economy, asked: Sequence[tuple[Any, Drivers] | Outcome], outputs: Sequence[str]) -> Together:
    """Run by run."""
    from .models.members import Together

    runs = [a if isinstance(a, Outcome) else _paths(economy, *a) for a in asked]
    for run in runs:
        for name in outputs:
            if isinstance(run, Paths) and getattr(run, name) is None:
                raise SimcoreError(f"the model gives no '{name}' on this economy; ask for something else")
    residual = np.array([np.nan if isinstance(r, Outcome) else r.residual for r in runs])
    outcomes = [r if isinstance(r, Outcome) else r.outcome for r in runs]
    return Together({name: _stacked(name, runs) for name in outputs}, residual, outcomes)


def _paths(economy: Economy, model: Any, drivers: Drivers) -> Paths | Outcome:
    """One run, or why it was refused."""
    try:
        return model.simulate(economy, drivers)
    except SimcoreError as problem:
        return Outcome("refused", str(problem))


def _stacked(name: str, runs: Sequence[Paths | Outcome]) -> np.ndarray:
    """A field of all runs, (runs, periods, ...); NaN, or -1 in whole numbers, where there is none."""
    found = [None if isinstance(r, Outcome) else getattr(r, name) for r in runs]
    known = next((f for f in found if f is not None), np.zeros(0))
    none = np.full_like(known, np.nan if known.dtype.kind == "f" else -1)
    return np.array([none if f is None else f for f in found])


@dataclass(frozen=True)
class Spread:
    """Mean, variance and quantiles of a field in every period and activity, without the members' paths."""

    moments: Moments
    histogram: Histogram


@dataclass(frozen=True)
class Runs:
    """What ``simulate`` kept. A draw is one member, or one group of members where ``combine`` is given.

    number : draws; ``counted`` of them are in the statistics, the others hold a member that was refused.
    outcomes : how each member ended.
    residual : largest accounting residual over output of any member.
    kept : by field, (draws, [quantities,] periods, ...); NaN where refused.
    totals : by field, kept values of ([quantities,] periods, groups), with exact quantiles.
    spread : by field, statistics of ([quantities,] periods, ...).
    """

    number: int
    counted: int
    outcomes: tuple[Outcome, ...]
    residual: float
    kept: Mapping[str, np.ndarray]
    totals: Mapping[str, Kept]
    spread: Mapping[str, Spread]


def simulate(
    economy: Economy,
    drivers: Drivers,
    members: Iterable[Member | Drivers],
    model: Any = None,
    *,
    keep: Sequence[str] = (),
    totals: Sequence[str] = (),
    spread: Sequence[str] = (),
    groups: np.ndarray | None = None,
    combine: np.ndarray | None = None,
    bins: int = BINS,
    pilot: int = PILOT,
    threads: int | None = None,
    size: int | None = None,
    told: Callable[[int], None] | None = None,
) -> Runs:
    """Run members and keep what is asked for: full paths, sums over groups of activities, or statistics.

    Parameters
    ----------
    economy, drivers, members, model, threads, size
        As in ``blocks``.
    keep : names of fields of ``Paths``
        Kept in full for every draw.
    totals : names of fields by activity
        Summed over ``groups`` and kept for every draw, so that their quantiles are exact.
    spread : names of fields
        Mean, variance and histogram quantiles in every place.
    groups : (G, n) array of 0 and 1, optional
        Activities of each total, ``Slices.members`` say; all activities as one by default.
    combine : (Q, size of a group) array, optional
        Members come in groups, and a draw is Q weighted sums over its group: ``[[-1, 1]]`` is with minus without.
        Contributions of measures are such sums over their coalitions.
    bins, pilot
        Of the histograms, see ``Histogram``.
    told : function, optional
        Told after each part how many members are done.

    Raises
    ------
    SimcoreError
        If a name is unknown, or the members are no whole number of groups. A member that fails is flagged.
    """
    outputs = tuple(dict.fromkeys((*keep, *totals, *spread)))
    group = 1 if combine is None else np.shape(combine)[1]
    collect = _Collect(keep, totals, spread, _by_group(economy, groups), combine, bins, pilot)
    done = 0
    for block in blocks(
        economy, drivers, members, model, outputs=outputs, threads=threads, size=size, multiple=group
    ):  # fmt: skip
        collect.add(block)
        done += len(block.outcomes)
        if told is not None:
            told(done)
    return collect.runs()


def _by_group(economy: Economy, groups: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    """Activities of each group in a row, (G + 1,) where each group starts among them."""
    chosen = np.ones((1, economy.n)) if groups is None else np.asarray(groups)
    if chosen.ndim != 2 or chosen.shape[1] != economy.n or not np.isin(chosen, (0, 1)).all():
        raise SimcoreError(
            f"groups have shape {chosen.shape}; they must be 0 or 1, by group and activity ({economy.n})"
        )
    place, member = np.nonzero(chosen)
    return np.searchsorted(place, np.arange(len(chosen) + 1)).astype(np.int64), member.astype(np.int64)


class _Collect:
    """Takes blocks in order and keeps of them what is asked for."""

    def __init__(
        self,
        keep: Sequence[str],
        totals: Sequence[str],
        spread: Sequence[str],
        by_group: tuple[np.ndarray, np.ndarray],
        combine: np.ndarray | None,
        bins: int,
        pilot: int,
    ) -> None:
        self.by_group, self.bins, self.pilot = by_group, bins, pilot
        self.combine = None if combine is None else np.asarray(combine, dtype=float)
        self.group = 1 if self.combine is None else self.combine.shape[1]
        self.kept: dict[str, list[np.ndarray]] = {name: [] for name in keep}
        self.totals: dict[str, Kept | None] = dict.fromkeys(totals)
        self.spread: dict[str, Spread | None] = dict.fromkeys(spread)
        self.outcomes: list[Outcome] = []
        self.counted, self.residual = 0, 0.0

    def add(self, block: Block) -> None:
        """Take the next members."""
        if len(block.outcomes) % self.group:
            raise SimcoreError(f"members come in groups of {self.group}, and the last group is not complete")
        self.outcomes += block.outcomes
        refused = np.array([o.status == "refused" for o in block.outcomes]).reshape(-1, self.group).any(axis=1)
        self.counted += int((~refused).sum())
        self.residual = float(np.nanmax(block.residual, initial=self.residual))
        for name, values in block.values.items():
            drawn = values if self.combine is None else _combined(values, self.combine)
            if name in self.kept:
                self.kept[name].append(drawn)
            good = drawn[~refused] if refused.any() else drawn
            if len(good) and name in self.totals:
                self._add_totals(name, good)
            if len(good) and name in self.spread:
                self._add_spread(name, good)

    def _add_totals(self, name: str, values: np.ndarray) -> None:
        from .kernels.statistics import add_groups

        start, member = self.by_group
        rows = np.ascontiguousarray(values, dtype=float).reshape(-1, values.shape[-1])
        total = np.empty((len(rows), len(start) - 1))
        add_groups(rows, start, member, total)
        kept = self.totals[name] = self.totals[name] or Kept((*values.shape[1:-1], len(start) - 1))
        kept.add(total.reshape(len(values), *kept.shape))

    def _add_spread(self, name: str, values: np.ndarray) -> None:
        shape = values.shape[1:]
        new = self.spread[name] or Spread(Moments(shape), Histogram(shape, self.bins, self.pilot))
        self.spread[name] = new
        new.moments.add(values)
        new.histogram.add(values)

    def runs(self) -> Runs:
        """All that was kept."""
        return Runs(
            number=len(self.outcomes) // self.group,
            counted=self.counted,
            outcomes=tuple(self.outcomes),
            residual=self.residual,
            kept={name: _joined(parts) for name, parts in self.kept.items()},
            totals={name: found or Kept((0,)) for name, found in self.totals.items()},
            spread={
                name: found or Spread(Moments((0,)), Histogram((0,), self.bins, self.pilot))
                for name, found in self.spread.items()
            },
        )


def _combined(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Weighted sums over groups of members, (draws, Q, ...); one member after the other."""
    grouped = values.reshape(-1, weights.shape[1], *values.shape[1:])
    sums = np.zeros((len(grouped), len(weights), *values.shape[1:]))
    for q, row in enumerate(weights):
        for g in np.flatnonzero(row):
            sums[:, q] += row[g] * grouped[:, g]
    return sums


def _joined(parts: list[np.ndarray]) -> np.ndarray:
    """All parts in a row; a part of refused members only has no shape of its own."""
    if len(parts) < 2:
        return parts[0] if parts else np.zeros(0)
    shape = max((p.shape[1:] for p in parts), key=np.size)
    return np.concatenate([p if p.shape[1:] == shape else np.full((len(p), *shape), np.nan) for p in parts])
