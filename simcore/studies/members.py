"""One case and its members: from a scenario at a point of the sweep to the numbers that a study keeps.

Members are what ``simcore run`` computes, so that a study of a file gives the values and draws of its run.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from pydantic import ValidationError

from ..drawn import Drawn, projection_errors
from ..effects import Answers, Effects, Parts, Requests, effect_of, grow, vary
from ..errors import SimcoreError
from ..findings import Findings, Variant, growth_of
from ..levels import months_of
from ..measures.money import SPENT
from ..models.base import Outcome, require_channels
from ..package import Package
from ..result import BASELINE, SCENARIO
from ..setting import Setting, carried, prepare
from .plan import Plan, slices_by

# Words for how a member ended, by code: those of ``Outcome``, and some for what never became a run.
STATUS = ("not run", "completed", "collapsed", "infeasible", "not_converged", "invalid", "error", "absent")
VOLUMES = ("output", "value_added", "imports", "unmet", "household_income", "employment", "exports", "inventories")
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

    @classmethod
    def ended(cls, outcome: Outcome) -> Problem:
        """How a run ended before its time; a word that a model of others uses alone is an ``error`` here."""
        known = outcome.status in STATUS
        return cls(outcome.status if known else "error", outcome.message if known else ": ".join(outcome))


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

    @property
    def in_full(self) -> bool:
        """Whether the study keeps more of a run than its output."""
        return not set((*VOLUMES, *PRICES)).isdisjoint(self.variables)

    def simulate(self, stated: Sequence[Stated], threads: int | None) -> list[Member]:
        """Run members together; what their models say of an end before time stands in their problems."""
        requests, asked = Requests(), []
        for one in stated:
            first = len(requests.asked)
            read = (requests.add if self.in_full else requests.add_parts)(one.package, one.model, one.reverse)
            runs = [requests.place(one.package, one.model), *range(first, len(requests.asked))]
            packages = {name: package for name, package in one.variants.items() if isinstance(package, Package)}
            places = {name: requests.place(package, one.model, self.in_full) for name, package in packages.items()}
            asked.append((read, runs, places))
        answers = requests.run(threads)
        return [
            self._member(one, read(answers), [answers.outcomes[i] for i in runs], places, answers)
            for one, (read, runs, places) in zip(stated, asked, strict=True)
        ]

    def _member(
        self, one: Stated, parts: Parts, outcomes: Sequence[Outcome], places: dict[str, int], answers: Answers
    ) -> Member:
        """Numbers of a member; all its variants rest on the runs of the file itself."""
        ended = next((outcome for outcome in outcomes if outcome.status != "completed"), None)
        if ended is not None:
            return failed(self.names, Problem.ended(ended))
        grown = grow(self.setting.yardstick, parts, carried(one.package), one.error)
        problems: dict[str, Problem] = {}
        packages, paths, effects = [one.package], [grown.baseline, grown.scenario], [0.0 * grown.effect, grown.effect]
        named: dict[str, Variant] = {}
        for name, package in one.variants.items():
            if isinstance(package, Problem):
                problems[name] = package
            elif answers.outcomes[places[name]].status != "completed":
                problems[name] = Problem.ended(answers.outcomes[places[name]])
            else:
                path, effect = vary(self.setting.yardstick, grown, effect_of(package, answers.output[places[name]]))
                packages.append(package)
                paths.append(path)
                effects.append(effect)
                if self.in_full:
                    named[name] = Variant(path, effect, answers.paths[places[name]], [])
        values = growth_of(paths) | {"iva_level_effect": np.array(effects)}
        if isinstance(parts, Effects):
            values |= self._flows(Findings(self.setting, one.package, parts, grown, [], named, {}))
        if "fiscal_cost" in self.variables:
            values["fiscal_cost"] = self._cost(packages)
        names = (BASELINE, SCENARIO, *(name for name in one.variants if name not in problems))
        return Member(names, {v: values[v] for v in self.variables if v in values}, problems)

    def _flows(self, findings: Findings) -> dict[str, np.ndarray]:
        """Volumes and prices where the study keeps any, (variants, slices, months)."""
        volumes = {} if set(VOLUMES).isdisjoint(self.variables) else findings.path_values()
        return volumes if set(PRICES).isdisjoint(self.variables) else volumes | findings.prices()

    def _cost(self, packages: Sequence[Package]) -> np.ndarray:
        """Cost of the nation without measures, which is none, and with each package; NaN for its parts."""
        calendar = self.setting.calendar
        weights = months_of(calendar)[1] * (calendar.per_year / 12.0)  # a flow of a period as one of a month
        cost = np.full((1 + len(packages), len(self.rows), len(self.columns)), np.nan)
        cost[:, 0] = [np.zeros(len(self.columns)), *(_outlays(package, weights) for package in packages)]
        return cost


def failed(names: Sequence[str], problem: Problem) -> Member:
    """A member without numbers."""
    return Member((), {}, dict.fromkeys(names, problem))


def _outlays(package: Package, weights: np.ndarray) -> np.ndarray:
    """Outlays and tax forgone by month, bn yuan a month at current prices."""
    paths = [line.path for _, line in package.costs() if line.kind in SPENT]
    return weights @ np.sum(paths, axis=0) if paths else np.zeros(len(weights))
