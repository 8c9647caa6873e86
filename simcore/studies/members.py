"""One case and its members: from a scenario at a point of the sweep to the numbers that a study keeps.

Members are what ``simcore run`` computes, so that a study of a file gives the values and draws of its run.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from pydantic import ValidationError

from ..effects import Effects, Growth, Requests, Whole, grow
from ..errors import SimcoreError
from ..findings import Findings, Variant
from ..measures.money import SPENT
from ..models.base import Outcome, require_channels
from ..package import Package
from ..result import BASELINE, SCENARIO
from ..run import Drawn, Setting, carried, prepare, projection_errors
from .plan import Plan, slices_by

# Words for how a member ended, by code: those of ``Outcome``, and some for what never became a run.
STATUS = ("not run", "completed", "collapsed", "infeasible", "not_converged", "invalid", "error", "absent")
VOLUMES = ("output", "value_added", "imports", "unmet", "household_income")
PRICES = ("price", "consumer_price")


class Problem(NamedTuple):
    """Why a member, or one variant of it, has no numbers."""

    status: str
    reason: str

    @classmethod
    def of(cls, error: Exception) -> Problem:
        """What was refused is ``invalid``; anything else is an ``error`` with its kind."""
        if isinstance(error, ValidationError):
            found = (".".join(map(str, e["loc"])) + f": {e['msg']}" for e in error.errors(include_url=False))
            return cls("invalid", "; ".join(found))
        if isinstance(error, SimcoreError):
            return cls("invalid", str(error))
        return cls("error", f"{type(error).__name__}: {error}")


class Member(NamedTuple):
    """A member's numbers, (variants, slices of the case, months of the case) by variable, and what failed of it."""

    variants: tuple[str, ...]
    values: dict[str, np.ndarray]
    problems: dict[str, Problem]


class Stated(NamedTuple):
    """A member ready to run; a variant that cannot be stated stands there with its problem."""

    package: Package
    model: Any
    reverse: bool | None  # order of the measures; None: exact contributions
    error: np.ndarray | None  # of the projection, (months of the yardstick,)
    variants: dict[str, Package | Problem]


@dataclass(frozen=True)
class Case:
    """A scenario at one point of the sweep.

    setting : with the slices that the study keeps.
    rows, columns : places of the case's slices and months among those of the study.
    """

    setting: Setting
    drawn: Drawn
    errors: np.ndarray  # (draws, months of the yardstick)
    variants: tuple[str, ...]  # named ones that this scenario has
    variables: tuple[str, ...]
    rows: np.ndarray
    columns: np.ndarray

    @classmethod
    def of(cls, plan: Plan, number: int, point: tuple[int, ...], calibrations: Callable[..., Any]) -> Case:
        """Case of a scenario, by its number in the plan, at a point.

        Raises
        ------
        SimcoreError
            If the values of the point do not go together.
        """
        scenario = plan.scenarios[number].at(plan.points.overrides(point))
        setting = prepare(scenario, plan.model, plan.counterfactual, calibrations)
        unknown = [month for month in setting.months if month not in plan.periods]
        if unknown:
            raise SimcoreError(f"these values together cover {unknown[0]}, which none of them does alone")
        slices = slices_by(setting.yardstick.slices, plan.by)
        setting.package(scenario)  # states once what no draw changes
        return cls(
            replace(setting, yardstick=replace(setting.yardstick, slices=slices)),
            Drawn.of(setting, plan.draws, plan.seed_of(scenario)),
            projection_errors(setting, plan.draws, plan.seed_of(scenario)),
            plan.variants_of(scenario),
            plan.variables,
            np.array([plan.slices.index(label) for label in slices.labels]),
            np.array([plan.periods.index(month) for month in setting.months]),
        )

    @property
    def names(self) -> tuple[str, ...]:
        return (BASELINE, SCENARIO, *self.variants)

    def at_once(self, drawn: bool, runs: int) -> int:
        """How many members make about so many runs of the model."""
        package = self.setting.package(self.setting.scenario)
        each = 1 + len(package.policies) + len(package.shocks) + len(self.variants)
        return max(1, runs // each) if drawn else 1  # exact contributions need many runs of each

    def state(self, draw: int | None) -> Stated | Problem:
        """One member, at central values (None) or at a draw."""
        # Drivers that a draw changes are forgotten with it: kept, they would grow with every member.
        setting = replace(self.setting, stated=dict(self.setting.stated))
        try:
            if draw is None:
                scenario = setting.scenario

                def central(name: str | None) -> Package:
                    return setting.package(scenario if name is None else scenario.variant(name))

                return self._stated(setting.model, central)
            members = self.drawn.members([draw])
            made = self._stated(members.models[0], lambda name: members.package(setting, 0, name))
            return made._replace(reverse=bool(draw % 2), error=self.errors[draw])
        except Exception as error:
            return Problem.of(error)

    def _stated(self, model: Any, package_of: Callable[[str | None], Package]) -> Stated:
        """The packages of a member: of the file itself (None) and of its variants."""

        def package(name: str | None) -> Package:
            made = package_of(name)
            require_channels(model, made.drivers(frozenset(range(len(made.policies)))))
            return made

        variants: dict[str, Package | Problem] = {}
        for name in self.variants:
            try:
                variants[name] = package(name)
            except Exception as error:
                variants[name] = Problem.of(error)
        return Stated(package(None), model, None, None, variants)

    def simulate(self, stated: Sequence[Stated], threads: int | None) -> list[Member]:
        """Run members together; what their models say of an end before time stands in their problems."""
        requests, readers = Requests(), []
        for one in stated:
            first = len(requests.asked)
            read = requests.add(one.package, one.model, one.reverse)
            runs = slice(first, len(requests.asked))
            wholes = {n: requests.add_whole(p, one.model) for n, p in one.variants.items() if isinstance(p, Package)}
            readers.append((read, runs, wholes))
        answers = requests.run(threads)
        return [
            self._member(one, answers.outcomes[runs], read(answers), {n: r(answers) for n, r in wholes.items()})
            for one, (read, runs, wholes) in zip(stated, readers, strict=True)
        ]

    def _member(self, one: Stated, outcomes: Sequence[Outcome], effects: Effects, wholes: dict[str, Whole]) -> Member:
        """Numbers of a member; all its variants rest on the runs of the file itself."""
        ended = next((o for o in (effects.background.outcome, *outcomes) if o.status != "completed"), None)
        if ended is not None:
            return failed(self.names, Problem(*ended))
        problems = {name: p for name, p in one.variants.items() if isinstance(p, Problem)}
        ends = {name: whole.scenario.outcome for name, whole in wholes.items()}
        problems |= {name: Problem(*o) for name, o in ends.items() if o.status != "completed"}
        grown = grow(self.setting.yardstick, effects, carried(one.package), one.error)
        named = {
            name: Variant.of(self.setting.yardstick, grown, [], whole, [])
            for name, whole in wholes.items()
            if name not in problems
        }
        values = self._values(one, effects, grown, named)
        return Member((BASELINE, SCENARIO, *named), {v: values[v] for v in self.variables if v in values}, problems)

    def _values(self, one: Stated, effects: Effects, grown: Growth, named: dict[str, Variant]) -> dict[str, np.ndarray]:
        """Variables of the study that the model knows, (variants, slices, months)."""
        findings = Findings(self.setting, one.package, effects, grown, [], named, {})
        values = findings.growth_values()
        if not set(VOLUMES).isdisjoint(self.variables):
            values |= findings.path_values()
        if not set(PRICES).isdisjoint(self.variables):
            values |= findings.prices()
        if "fiscal_cost" in self.variables:
            packages = [
                one.package,
                *(p for name, p in one.variants.items() if name in named and isinstance(p, Package)),
            ]
            cost = np.full((1 + len(packages), len(self.rows), len(self.columns)), np.nan)
            cost[:, 0] = [np.zeros(len(self.columns)), *(_outlays(p, findings.weights) for p in packages)]
            values["fiscal_cost"] = cost
        return values


def failed(names: Sequence[str], problem: Problem) -> Member:
    """A member without numbers."""
    return Member((), {}, dict.fromkeys(names, problem))


def _outlays(package: Package, weights: np.ndarray) -> np.ndarray:
    """Outlays and tax forgone by month, bn yuan a month at current prices."""
    paths = [line.path for _, line in package.costs() if line.kind in SPENT]
    return weights @ np.sum(paths, axis=0) if paths else np.zeros(len(weights))
