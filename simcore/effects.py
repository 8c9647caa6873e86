"""From a package and a model to effects: contributions by activity, levels and growth by slice.

All effects are ratios to the base, ``x / x_calm - 1``. With P the projected baseline of an activity, s_i the share
of measure i that the projection already carries and c_i its contribution,

    without = P (1 - sum s_i c_i),    with = without + P sum c_i + P (effect of the shocks).

In months that were observed, s_i is 1: history happened with the measure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from .attribution import Coalition, Contributions, one_order, shapley_or_sampled
from .drivers import Drivers
from .economy import Economy
from .economy.baseline import Baseline
from .ensemble import Member, Runs, each, simulate
from .errors import SimcoreError
from .levels import Slices, growth, growth_contributions, months_of
from .models.base import Model, Outcome, Paths
from .package import Package

HISTORY = 24  # months before the run that growth on the year and over two years looks back on


@dataclass(frozen=True)
class Parts:
    """What each shock and each policy does to each activity's output, as shares of the base."""

    shocks: np.ndarray  # (shocks, months, n)
    policies: np.ndarray  # (policies, months, n)


@dataclass(frozen=True)
class Effects(Parts):
    """The same with the model's paths."""

    background: Paths  # with the shocks only
    scenario: Paths  # with everything


class Whole(NamedTuple):
    """A package as a whole: its effect as a share of the base, (months, n), and the model's paths."""

    effect: np.ndarray
    scenario: Paths


class Asked(NamedTuple):
    """One run that somebody asked for; in full, or its output only."""

    model: Any
    economy: Economy
    drivers: Drivers
    in_full: bool


class Answers(NamedTuple):
    """Output (T, n) and end of every run asked for, and the paths of those asked for in full, by position."""

    output: Sequence[np.ndarray]
    outcomes: Sequence[Outcome]
    paths: Mapping[int, Paths]


class Requests:
    """Runs asked for by many packages, so that one call can run them all."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self._places: dict[tuple[int, int, tuple[int, ...]], int] = {}  # what happens where: the run of it

    def _ask(self, model: Model, economy: Economy, drivers: Drivers, in_full: bool) -> int:
        """Position of a run; the same in the same economy and model is one run.

        Measures that drive nothing (a target, a campaign without money) make coalitions with the same drivers.
        Undisturbed runs are the same in every model.
        """
        same = (id(economy), id(model) if drivers.terms else 0, tuple(map(id, drivers.terms)))
        place = self._places.setdefault(same, len(self.asked))
        if place == len(self.asked):
            self.asked.append(Asked(model, economy, drivers, in_full))
        elif in_full:
            self.asked[place] = self.asked[place]._replace(in_full=True)
        return place

    def add(self, package: Package, model: Model, reverse: bool | None = None) -> Callable[[Answers], Effects]:
        """Ask for the effects of a package with the model's paths; see ``add_parts``."""
        every = frozenset(range(len(package.policies)))
        background, scenario = (
            self._ask(model, package.economy, package.drivers(c), in_full=True) for c in (frozenset(), every)
        )
        parts = self.add_parts(package, model, reverse, {frozenset(): background, every: scenario})

        def read(answers: Answers) -> Effects:
            found = parts(answers)
            return Effects(found.shocks, found.policies, answers.paths[background], answers.paths[scenario])

        return read

    def add_parts(
        self,
        package: Package,
        model: Model,
        reverse: bool | None = None,
        known: Mapping[Coalition, int] | None = None,
    ) -> Callable[[Answers], Parts]:
        """Ask for the effects of a package's parts; the function reads them from the answers to all requests.

        Shapley values by default; with ``reverse`` given, marginal contributions along one order of the measures, or
        along its reverse. ``known`` are the positions of coalitions of policies that were asked for before.
        """

        def split(players: int) -> tuple[list[Coalition], Contributions]:
            return shapley_or_sampled(players) if reverse is None else one_order(players, reverse)

        policy_sets, policy_shares = split(len(package.policies))
        shock_sets, shock_shares = split(len(package.shocks))
        every_shock = frozenset(range(len(package.shocks)))
        economy = package.economy

        def place(policies: Coalition, shocks: Coalition | None = None) -> int:
            return self._ask(model, economy, package.drivers(policies, shocks), in_full=False)

        before = known or {}
        of_policies = {c: before[c] if c in before else place(c) for c in policy_sets}
        # Shocks among themselves without policies; all of them together are the policies' empty coalition.
        of_shocks = {c: of_policies[frozenset()] if c == every_shock else place(frozenset(), c) for c in shock_sets}
        weights, base = months_of(package.calendar)[1], economy.x / package.calendar.per_year

        def read(answers: Answers) -> Parts:
            def ratios(places: Mapping[Coalition, int]) -> dict[Coalition, np.ndarray]:
                return {c: _ratio(answers.output[p], base, weights) for c, p in places.items()}

            return Parts(shock_shares(ratios(of_shocks)), policy_shares(ratios(of_policies)))

        return read

    def add_last_in(self, package: Package, model: Model) -> Callable[[Answers], np.ndarray]:
        """Ask what would be missing without each policy; (policies, months, n) shares of the base's output."""
        every = frozenset(range(len(package.policies)))
        without = [self._ask(model, package.economy, package.drivers(every - {i}), False) for i in sorted(every)]
        whole = self.place(package, model)

        def read(answers: Answers) -> np.ndarray:
            all_of_it = effect_of(package, answers.output[whole])
            missing = np.zeros((len(without), *all_of_it.shape))
            for i, place in enumerate(without):
                missing[i] = all_of_it - effect_of(package, answers.output[place])
            return missing

        return read

    def add_whole(self, package: Package, model: Model) -> Callable[[Answers], Whole]:
        """Ask for a package as a whole only, without its parts."""
        place = self.place(package, model, in_full=True)

        def read(answers: Answers) -> Whole:
            return Whole(effect_of(package, answers.output[place]), answers.paths[place])

        return read

    def add_effect(self, package: Package, model: Model) -> Callable[[Answers], np.ndarray]:
        """Ask for the effect of a package as a whole only, (months, n)."""
        return self.add_drivers(package, package.drivers(frozenset(range(len(package.policies)))), model)

    def add_drivers(self, package: Package, drivers: Drivers, model: Model) -> Callable[[Answers], np.ndarray]:
        """Ask for the effect of some drivers on a package's economy and calendar, (months, n)."""
        place = self._ask(model, package.economy, drivers, in_full=False)
        return lambda answers: effect_of(package, answers.output[place])

    def place(self, package: Package, model: Model, in_full: bool = False) -> int:
        """Ask for a package as a whole; its position among the answers."""
        every = frozenset(range(len(package.policies)))
        return self._ask(model, package.economy, package.drivers(every), in_full)

    def run(self, threads: int | None = None) -> Answers:
        """Run all that was asked for, side by side.

        Raises
        ------
        SimcoreError
            If a model refuses to run.
        """
        if not self.asked:
            return Answers([], [], {})
        # Runs in full and those on other economies, which are few, and the output of the rest.
        ((usual, _),) = Counter(id(a.economy) for a in self.asked).most_common(1)
        few = [i for i, a in enumerate(self.asked) if a.in_full or id(a.economy) != usual]
        paths = dict(zip(few, each([self.asked[i][:3] for i in few], threads), strict=True))
        output = {i: p.output for i, p in paths.items()}
        outcomes = {i: p.outcome for i, p in paths.items()}
        many = [i for i in range(len(self.asked)) if i not in paths]
        found = self._output_of(many, threads)
        for place, made, outcome in zip(many, found.kept["output"], found.outcomes, strict=True):
            if outcome.status == "refused":
                raise SimcoreError(outcome.message)
            output[place], outcomes[place] = made, outcome
        order = range(len(self.asked))
        return Answers([output[i] for i in order], [outcomes[i] for i in order], paths)

    def _output_of(self, places: Sequence[int], threads: int | None) -> Runs:
        """Output of runs on one economy."""
        one = self.asked[places[0] if places else 0]
        calm = Drivers.calm(one.economy, one.drivers.calendar)
        members = [Member(self.asked[i].drivers, self.asked[i].model) for i in places]
        return simulate(one.economy, calm, members, keep=["output"], threads=threads)


def effect_of(package: Package, output: np.ndarray) -> np.ndarray:
    """Change of output (T, n) over its base by month, (months, n), as a share of the base."""
    base = package.economy.x / package.calendar.per_year
    return _ratio(output, base, months_of(package.calendar)[1]) - 1.0


def _ratio(output: np.ndarray, base: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Output over its base by month, (months, n); 1 where nothing is made."""
    ratio = np.divide(output, base, out=np.ones_like(output), where=base > 0)
    # Anchored, so that a run without effect gives exactly one whatever the weights.
    return 1.0 + weights @ (ratio - 1.0)


@dataclass(frozen=True)
class Yardstick:
    """The projected baseline by activity: what the effects of a run are measured on.

    months : labels from two years before the run to its end.
    level : (months, n) bn yuan a month at base-year prices; 0 outside industry.
    observed : (months,) bool, published by the vintage.
    """

    months: tuple[str, ...]
    level: np.ndarray
    observed: np.ndarray
    slices: Slices

    @cached_property
    def coarse(self) -> Yardstick:
        """The same with fewer slices, for draws."""
        return replace(self, slices=self.slices.coarse)

    @cached_property
    def summed(self) -> np.ndarray:
        """(slices, months) level without errors."""
        return self.slices.sum(self.level)

    @classmethod
    def of(cls, economy: Economy, baseline: Baseline, months: Iterable[str]) -> Yardstick:
        """Spread each sector's baseline over its activities by value added in the base year."""
        months = tuple(months)
        first = baseline.months.index(months[0]) - HISTORY
        chosen = tuple(baseline.months[max(first, 0) : baseline.months.index(months[-1]) + 1])
        rows = [baseline.months.index(m) for m in chosen]
        added = economy.value_added.sum(axis=0)
        national = np.bincount(economy.sector, weights=added, minlength=economy.K)
        share = np.divide(added, national[economy.sector], out=np.zeros(economy.n), where=added > 0)
        column = {code: i for i, code in enumerate(baseline.sectors)}
        level = np.zeros((len(chosen), economy.n))
        for j in np.flatnonzero(economy.is_industry):
            level[:, j] = baseline.level[rows, column[economy.sectors.codes[economy.sector[j]]]] * share[j]
        observed = np.array([m <= baseline.last_observed for m in chosen])
        return cls(chosen, level, observed, Slices.of(economy))


@dataclass(frozen=True)
class Path:
    """Level of industrial value added by slice in the months of the run, and its growth; (slices, months)."""

    level: np.ndarray
    yoy: np.ndarray
    two_year: np.ndarray


@dataclass(frozen=True)
class Growth:
    """With and without a package; contributions of its parts, shocks first, (players, slices, months)."""

    baseline: Path
    scenario: Path
    points: np.ndarray  # to growth on the year, pp
    parts: np.ndarray  # per cent of the baseline's level
    effect: np.ndarray  # (slices, months) their sum
    window: np.ndarray  # (months, n) projected level of this draw
    without: np.ndarray  # (slices, months of the yardstick) level without the package


def grow(yardstick: Yardstick, effects: Parts, carried: np.ndarray, error: np.ndarray | None = None) -> Growth:
    """Levels with and without the package, growth on the year and what each measure contributes.

    Parameters
    ----------
    carried : (policies,) array
        ``in_projection`` of each policy.
    error : (months of the yardstick,) array, optional
        Log error of the projected total, 0 in observed months; the same for both paths.
    """
    lead = len(yardstick.months) - effects.policies.shape[1]
    window, observed = yardstick.level[lead:], yardstick.observed[lead:]
    if error is not None:
        window = window * np.exp(error[lead:])[:, None]
    held = np.where(observed[None, :], 1.0, carried[:, None])  # (policies, months)
    base = _levels(yardstick, window * (1.0 - np.einsum("im,imj->mj", held, effects.policies)), lead)
    own = yardstick.slices.sum(np.concatenate([effects.shocks, effects.policies]) * window)
    own = np.concatenate([np.zeros((*own.shape[:-1], lead)), own], axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = (100.0 * own / base)[..., lead:]
    return Growth(
        _path(base, yardstick.months, lead),
        _path(base + own.sum(axis=0), yardstick.months, lead),
        growth_contributions(base, own, yardstick.months)[..., lead:],
        share,
        share.sum(axis=0) if len(share) else 0.0 * base[:, lead:],
        window,
        base,
    )


def vary(yardstick: Yardstick, reference: Growth, effect: np.ndarray) -> tuple[Path, np.ndarray]:
    """The path of another package against the same baseline, and its effect in per cent of the baseline's level.

    ``effect`` (months, n) is that of the whole package on output, as a share of the base.
    """
    lead = len(yardstick.months) - len(effect)
    own = yardstick.slices.sum(effect * reference.window)
    own = np.concatenate([np.zeros((len(own), lead)), own], axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = (100.0 * own / reference.without)[:, lead:]
    return _path(reference.without + own, yardstick.months, lead), share


def _levels(yardstick: Yardstick, window: np.ndarray, lead: int) -> np.ndarray:
    """Slices of history, which no draw changes, and of the run's window."""
    return np.concatenate([yardstick.summed[:, :lead], yardstick.slices.sum(window)], axis=-1)


def _path(level: np.ndarray, months: tuple[str, ...], lead: int) -> Path:
    return Path(level[:, lead:], growth(level, months)[:, lead:], growth(level, months, 2)[:, lead:])
