"""From a package and a model to effects: contributions by activity, levels and growth by slice.

All effects are ratios to the base, ``x / x_calm - 1``. With P the projected baseline of an activity, s_i the share
of measure i that the projection already carries and c_i its contribution,

    without = P (1 - sum s_i c_i),    with = without + P sum c_i + P (effect of the shocks).

In months that were observed, s_i is 1: history happened with the measure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from .attribution import Coalition, Contributions, one_order, shapley_or_sampled
from .drivers import Drivers
from .economy import Economy
from .economy.baseline import Baseline
from .levels import Slices, growth, growth_contributions, months_of
from .models.base import Model, Paths, processors
from .package import Package

HISTORY = 24  # months before the run that growth on the year and over two years looks back on


class Member(NamedTuple):
    """One run: a model, an economy and what happens to it."""

    model: Any
    economy: Economy
    drivers: Drivers

    def run(self) -> Paths:
        return self.model.simulate(self.economy, self.drivers)


def simulate(members: Sequence[Member], threads: int | None = None) -> list[Paths]:
    """Run many members, one a thread; results are in their order, whatever the number of threads.

    Kernels release the interpreter's lock, so threads run side by side.
    """
    if not members:
        return []
    first = members[0].run()  # alone, so that a kernel is compiled once
    with ThreadPoolExecutor(threads or processors()) as pool:
        return [first, *pool.map(Member.run, members[1:])]


@dataclass(frozen=True)
class Effects:
    """What shocks and policies do to each activity's output, as shares of the base; (..., months, n)."""

    shocks: np.ndarray  # (shocks, months, n)
    policies: np.ndarray  # (policies, months, n)
    background: Paths  # with the shocks only
    scenario: Paths  # with everything


class Requests:
    """Runs asked for by many packages, so that one call can run them all."""

    def __init__(self) -> None:
        self.members: list[Member] = []
        self._asked: dict[tuple[int, int, tuple[int, ...]], int] = {}  # what happens where: the member that runs it

    def _ask(self, model: Model, economy: Economy, drivers: Drivers) -> int:
        """Position of a run among the members; the same in the same economy and model is one run.

        Measures that drive nothing (a target, a campaign without money) make coalitions with the same drivers.
        Undisturbed runs are the same in every model.
        """
        same = (id(economy), id(model) if drivers.terms else 0, tuple(map(id, drivers.terms)))
        if same not in self._asked:
            self._asked[same] = len(self.members)
            self.members.append(Member(model, economy, drivers))
        return self._asked[same]

    def add(self, package: Package, model: Model, reverse: bool | None = None) -> Callable[[list[Paths]], Effects]:
        """Ask for the effects of a package; the function reads them from the paths of all members.

        Shapley values by default; with ``reverse`` given, marginal contributions along one order of the measures, or
        along its reverse.
        """

        def split(players: int) -> tuple[list[Coalition], Contributions]:
            return shapley_or_sampled(players) if reverse is None else one_order(players, reverse)

        policy_sets, policy_shares = split(len(package.policies))
        shock_sets, shock_shares = split(len(package.shocks))
        every_policy, every_shock = (
            frozenset(range(len(package.policies))),
            frozenset(range(len(package.shocks))),
        )
        # Shocks among themselves without policies; all of them together are the policies' empty coalition.
        alone = [c for c in shock_sets if c != every_shock]
        economy = package.economy
        places = [self._ask(model, economy, package.drivers(c)) for c in policy_sets]
        places += [self._ask(model, economy, package.drivers(frozenset(), c)) for c in alone]
        weights, base = months_of(package.calendar)[1], package.economy.x / package.calendar.per_year

        def read(paths: list[Paths]) -> Effects:
            mine = [paths[place] for place in places]
            ratios = [_ratio(p.output, base, weights) for p in mine]
            policy = dict(zip(policy_sets, ratios, strict=False))
            shock = dict(zip(alone, ratios[len(policy_sets) :], strict=True)) | {every_shock: policy[frozenset()]}
            background, scenario = (mine[policy_sets.index(c)] for c in (frozenset(), every_policy))
            return Effects(shock_shares(shock), policy_shares(policy), background, scenario)

        return read

    def add_whole(self, package: Package, model: Model) -> Callable[[list[Paths]], Whole]:
        """Ask for a package as a whole only, without its parts."""
        position = self._ask(model, package.economy, package.drivers(frozenset(range(len(package.policies)))))
        weights, base = months_of(package.calendar)[1], package.economy.x / package.calendar.per_year

        def read(paths: list[Paths]) -> Whole:
            return Whole(_ratio(paths[position].output, base, weights) - 1.0, paths[position])

        return read

    def run(self, threads: int | None = None) -> list[Paths]:
        """Run all members, in the order they were added."""
        return simulate(self.members, threads)


class Whole(NamedTuple):
    """A package as a whole: its effect as a share of the base, (months, n), and the model's paths."""

    effect: np.ndarray
    scenario: Paths


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


def grow(yardstick: Yardstick, effects: Effects, carried: np.ndarray, error: np.ndarray | None = None) -> Growth:
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


def vary(yardstick: Yardstick, reference: Growth, whole: Whole) -> tuple[Path, np.ndarray]:
    """The path of another package against the same baseline, and its effect in per cent of the baseline's level."""
    lead = len(yardstick.months) - len(whole.effect)
    own = yardstick.slices.sum(whole.effect * reference.window)
    own = np.concatenate([np.zeros((len(own), lead)), own], axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = (100.0 * own / reference.without)[:, lead:]
    return _path(reference.without + own, yardstick.months, lead), share


def _levels(yardstick: Yardstick, window: np.ndarray, lead: int) -> np.ndarray:
    """Slices of history, which no draw changes, and of the run's window."""
    return np.concatenate([yardstick.summed[:, :lead], yardstick.slices.sum(window)], axis=-1)


def _path(level: np.ndarray, months: tuple[str, ...], lead: int) -> Path:
    return Path(level[:, lead:], growth(level, months)[:, lead:], growth(level, months, 2)[:, lead:])
