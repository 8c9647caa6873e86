"""From a block of a plan to its numbers: none of its members can spoil another."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
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


@dataclass
class Runner:
    """Runs the blocks of a plan; remembers economies, and the cases it has just seen. For one thread."""

    plan: Plan
    threads: int | None = None  # of the model's runs; None: one a processor
    _calibrations: Any = field(default_factory=remembering, repr=False)
    _cases: OrderedDict[Any, Case | Problem] = field(default_factory=OrderedDict, repr=False)

    def run(self, block: Block) -> Found:
        """All members of a block, in their order."""
        plan, members = self.plan, block.members
        shape = (len(members), len(plan.variants), len(plan.slices), len(plan.periods))
        values = {name: np.full(shape, np.nan) for name in plan.variables}
        status = np.full(shape[:2], STATUS.index("absent"), dtype=np.int8)
        failures = []
        for i, (case, one) in enumerate(self._members(block.kind, members)):
            for name, problem in one.problems.items():
                status[i, plan.variants.index(name)] = STATUS.index(problem.status)
                failures.append(Failure(members[i], name, *problem))
            places = [plan.variants.index(name) for name in one.variants]
            status[i, places] = STATUS.index("completed")
            if isinstance(case, Case):
                region = np.ix_(np.array(places), case.rows, case.columns)
                for name, array in one.values.items():
                    values[name][i][region] = array
        return Found(values, status, tuple(failures))

    def _members(self, kind: str, members: Sequence[tuple[int, ...]]) -> Iterator[tuple[Case | Problem, Member]]:
        """Each member with its case, in order; those of one case run in groups."""
        places = [self.plan.case(kind, member) for member in members]
        for (number, point), group in groupby(places, key=lambda place: place[:2]):
            draws = [draw for _, _, draw in group]
            case = self._case(number, point)
            if isinstance(case, Problem):
                names = (BASELINE, SCENARIO, *self.plan.variants_of(self.plan.scenarios[number]))
                yield from ((case, failed(names, case)) for _ in draws)
                continue
            size = case.at_once(draws[0] is not None, RUNS_AT_ONCE)
            for first in range(0, len(draws), size):
                yield from ((case, one) for one in self._group(case, draws[first : first + size]))

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

    def _group(self, case: Case, draws: Sequence[int | None]) -> list[Member]:
        stated = [case.state(draw) for draw in draws]
        ready = iter(self._apart(case, [one for one in stated if isinstance(one, Stated)]))
        return [failed(case.names, one) if isinstance(one, Problem) else next(ready) for one in stated]

    def _apart(self, case: Case, stated: Sequence[Stated]) -> list[Member]:
        """Members run together; one by one if something goes wrong, so that only the culprit fails."""
        if not stated:
            return []
        try:
            return case.simulate(stated, self.threads)
        except MemoryError:
            raise
        except Exception as error:
            if len(stated) == 1:
                return [failed(case.names, Problem.of(error))]
            return [member for one in stated for member in self._apart(case, [one])]
