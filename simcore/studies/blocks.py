"""From a block of a plan to its numbers: none of its members can spoil another."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import groupby
from math import prod
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np

from ..result import BASELINE, SCENARIO
from .members import STATUS, Case, Member, Problem, Stated, failed
from .plan import Block, Plan, remembering

RUNS_AT_ONCE = 64  # runs of the model whose paths are in memory together: some tens of megabytes
CASES_KEPT = 4


class Failure(NamedTuple):
    """A member, or one variant of it, that gave no numbers, and why."""

    member: tuple[int, ...]
    variant: str
    status: str
    reason: str


class Found(NamedTuple):
    """A block's numbers.

    values : {variable: (members, variants, slices, periods)}, NaN where there are none.
    status : (members, variants) int8, places in ``STATUS``.
    """

    values: dict[str, np.ndarray]
    status: np.ndarray
    failures: tuple[Failure, ...]


Result = tuple[Block, Found, float]  # with the seconds that it took


class Group(NamedTuple):
    """Members of one case that run together, stated; ``names`` are their variants."""

    names: tuple[str, ...]
    case: Case | Problem
    stated: list[Stated | Problem]


@dataclass
class Runner:
    """Runs the blocks of a plan; remembers economies, and the cases it has just seen. For one thread at a time."""

    plan: Plan
    threads: int | None = None  # of the model's runs; None: one a processor
    _calibrations: Any = field(default_factory=remembering, repr=False)
    _cases: OrderedDict[Any, Case | Problem] = field(default_factory=OrderedDict, repr=False)

    def run(self, blocks: Sequence[Block], begin: Callable[[Block], None] | None = None) -> Iterator[Result]:
        """Each block in order, with its seconds; ``begin`` is told of it before.

        The next members are stated while the kernels, which leave the interpreter free, run those before them.
        """
        groups = self._groups(blocks)
        with ThreadPoolExecutor(1) as beside:
            ahead = beside.submit(next, groups, None)
            for block in blocks:
                if begin is not None:
                    begin(block)
                started = perf_counter()
                members: list[tuple[Case | Problem, Member]] = []
                while len(members) < prod(block.shape):
                    group = ahead.result()
                    assert group is not None
                    ahead = beside.submit(next, groups, None)
                    members += [(group.case, one) for one in self._finished(group)]
                yield block, self._found(block, members), perf_counter() - started

    def _found(self, block: Block, done: Sequence[tuple[Case | Problem, Member]]) -> Found:
        plan, members = self.plan, block.members
        shape = (len(members), len(plan.variants), len(plan.slices), len(plan.periods))
        values = {name: np.full(shape, np.nan) for name in plan.variables}
        status = np.full(shape[:2], STATUS.index("absent"), dtype=np.int8)
        failures = []
        for i, (case, one) in enumerate(done):
            for name, problem in one.problems.items():
                status[i, plan.variants.index(name)] = STATUS.index(problem.status)
                failures.append(Failure(members[i], name, *problem))
            places = [plan.variants.index(name) for name in one.variants]
            status[i, places] = STATUS.index("completed")
            if isinstance(case, Case):
                region = np.ix_(np.array(places, dtype=int), case.rows, case.columns)
                for name, array in one.values.items():
                    values[name][i][region] = array
        return Found(values, status, tuple(failures))

    def _groups(self, blocks: Sequence[Block]) -> Iterator[Group]:
        """Members of all blocks in order; those of one case and one block run in groups."""
        for block in blocks:
            places = [self.plan.case(block.kind, member) for member in block.members]
            for (number, point), same in groupby(places, key=lambda place: place[:2]):
                draws = [draw for _, _, draw in same]
                case = self._case(number, point)
                if isinstance(case, Problem):
                    names = (BASELINE, SCENARIO, *self.plan.variants_of(self.plan.scenarios[number]))
                    yield Group(names, case, [case] * len(draws))
                    continue
                size = case.at_once(draws[0] is not None, RUNS_AT_ONCE)
                for first in range(0, len(draws), size):
                    yield Group(case.names, case, [case.state(draw) for draw in draws[first : first + size]])

    def _case(self, number: int, point: tuple[int, ...]) -> Case | Problem:
        key = (number, point)
        if key not in self._cases:
            if len(self._cases) >= CASES_KEPT:
                self._cases.popitem(last=False)
            try:
                self._cases[key] = Case.of(self.plan, number, point, self._calibrations)
            except Exception as error:
                self._cases[key] = Problem.of(error)
        return self._cases[key]

    def _finished(self, group: Group) -> list[Member]:
        ready = iter(self._apart(group, [one for one in group.stated if isinstance(one, Stated)]))
        return [failed(group.names, one) if isinstance(one, Problem) else next(ready) for one in group.stated]

    def _apart(self, group: Group, stated: Sequence[Stated]) -> list[Member]:
        """Members run together; one by one if something goes wrong, so that only the culprit fails."""
        if not stated or isinstance(group.case, Problem):
            return []
        try:
            return group.case.simulate(stated, self.threads)
        except MemoryError:
            raise
        except Exception as error:
            if len(stated) == 1:
                return [failed(group.names, Problem.of(error))]
            return [member for one in stated for member in self._apart(group, [one])]
