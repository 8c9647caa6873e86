"""From a package and a model to effects: contributions by activity, levels and growth by slice.

All effects are ratios to the base, ``x / x_calm - 1``. With P the projected baseline of an activity, s_i the share
of measure i that the projection already carries and c_i its contribution,

    without = P (1 - sum s_i c_i),    with = without + P sum c_i + P (effect of the shocks).

In months that were observed, s_i is 1: history happened with the measure.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

from .attribution import Coalition, plan
from .drivers import Drivers
from .economy import Economy
from .economy.baseline import Baseline
from .levels import Slices, growth, growth_contributions, months_of
from .models.base import Model, Paths
from .package import Package

HISTORY = 24  # months before the run that growth on the year and over two years looks back on


def simulate(economy: Economy, members: Sequence[tuple[Any, Drivers]], threads: int | None = None) -> list[Paths]:
    """Run many pairs of model and drivers, one a thread; results are in their order, whatever the threads.

    Kernels release the interpreter's lock, so threads run side by side.
    """
    if not members:
        return []
    first = members[0][0].simulate(economy, members[0][1])  # alone, so that a kernel is compiled once
    with ThreadPoolExecutor(threads or processors()) as pool:
        return [first, *pool.map(lambda member: member[0].simulate(economy, member[1]), members[1:])]


def processors() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass(frozen=True)
class Effects:
    """What shocks and policies do to each activity's output, as shares of the base; (..., months, n)."""

    shocks: np.ndarray  # (shocks, months, n)
    policies: np.ndarray  # (policies, months, n)
    paths: dict[str, Paths]  # 'scenario' with everything, 'background' with the shocks only


class Requests:
    """Coalitions to run, collected over many packages so that one call can run them all."""

    def __init__(self) -> None:
        self.members: list[tuple[Any, Drivers]] = []
        self._readers: list[Callable[[list[Paths]], Any]] = []

    def add(self, package: Package, model: Model, exact: bool) -> None:
        """Ask for the effects of a package in a model; ``exact`` as in ``attribution.plan``."""
        start = len(self.members)
        policy_sets, policy_shares = plan(len(package.policies), exact)
        shock_sets, shock_shares = plan(len(package.shocks), exact)
        everything = frozenset(range(len(package.shocks)))
        self.members += [(model, package.drivers(c)) for c in policy_sets]
        # Shocks among themselves, without policies; the set of all shocks is the policies' empty coalition.
        alone = [c for c in shock_sets if c != everything]
        self.members += [(model, package.drivers(frozenset(), c)) for c in alone]
        stop = len(self.members)
        weights = months_of(package.calendar)[1]
        base = package.economy.x / package.calendar.per_year

        def read(paths: list[Paths]) -> Effects:
            mine = paths[start:stop]
            ratios = [_ratio(p.output, base, weights) for p in mine]
            policy = dict(zip(policy_sets, ratios, strict=False))
            shock: dict[Coalition, np.ndarray] = dict(zip(alone, ratios[len(policy_sets) :], strict=True))
            shock[everything] = policy[frozenset()]
            named = {
                "background": mine[policy_sets.index(frozenset())],
                "scenario": mine[policy_sets.index(frozenset(range(len(package.policies))))],
            }
            return Effects(shock_shares(shock), policy_shares(policy), named)

        self._readers.append(read)

    def run(self, economy: Economy) -> list[Effects]:
        """Run all members and read each package's effects from them, in the order they were added."""
        paths = simulate(economy, self.members)
        return [read(paths) for read in self._readers]


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
class Growth:
    """Levels and growth by slice in the months of the run; arrays (slices, months) and (players, slices, months)."""

    baseline: np.ndarray
    scenario: np.ndarray
    baseline_yoy: np.ndarray
    scenario_yoy: np.ndarray
    baseline_two_year: np.ndarray
    scenario_two_year: np.ndarray
    points: np.ndarray  # contributions to growth on the year, pp; shocks first, then policies
    parts: np.ndarray  # the same in per cent of the baseline's level


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
    P = yardstick.level if error is None else yardstick.level * np.exp(error)[:, None]
    window, observed = P[lead:], yardstick.observed[lead:]
    held = np.where(observed[None, :], 1.0, carried[:, None])  # (policies, months)
    without = window * (1.0 - np.einsum("im,imj->mj", held, effects.policies))
    parts = np.concatenate([effects.shocks, effects.policies]) * window

    history = yardstick.slices.sum(P[:lead])
    base = np.concatenate([history, yardstick.slices.sum(without)], axis=-1)
    own = yardstick.slices.sum(parts)
    own = np.concatenate([np.zeros((*own.shape[:-1], lead)), own], axis=-1)
    total = base + own.sum(axis=0)
    months = yardstick.months

    def cut(a: np.ndarray) -> np.ndarray:
        return a[..., lead:]

    with np.errstate(divide="ignore", invalid="ignore"):
        share = 100.0 * own / base
    return Growth(
        cut(base),
        cut(total),
        cut(growth(base, months)),
        cut(growth(total, months)),
        cut(growth(base, months, 2)),
        cut(growth(total, months, 2)),
        cut(growth_contributions(base, own, months)),
        cut(share),
    )
