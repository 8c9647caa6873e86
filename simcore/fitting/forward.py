"""From parameters to growth by division in the episodes: the inventory model under the shocks that scenarios use.

Parameters are named by what they are of: ``sensitivity.31``, ``model.restocking_time``, ``epidemic.contact_drop``; and
the inputs of one run by run and release, ``closure.spring-2022.2022-04``, ``demand.cars.2022-07``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ..calendar import Calendar
from ..drivers import Drivers
from ..economy import CATEGORIES, Economy
from ..ensemble import Member, simulate
from ..measures.epidemic import Epidemic, Sensitivities
from ..measures.profile import Table
from ..measures.purchases import bought
from ..models.inventory import Inventory
from .episodes import TOTAL, Demand, Observed, Past, Run, error_of
from .estimation import Parameter, Problem
from .history import release, release_month

CLOSED_LOSS = 0.62  # share of output lost where everything is closed, Shanghai in April 2022 (Reuters, 20 May 2022)


@dataclass(frozen=True)
class Cells:
    """Which figures of a run are observations: (T, 1 + D) bool, the total first, with their errors.

    ``pattern`` are divisions that are explained, ``tied`` those and totals that inputs are tied to.
    """

    seen: Observed
    pattern: np.ndarray  # (T, D)
    tied: np.ndarray  # (T, 1 + D)

    @property
    def size(self) -> int:
        return int(self.pattern.sum() + self.tied.sum())


@dataclass(frozen=True)
class Episodes:
    """The episodes chosen, as a problem for the estimators.

    Parameters
    ----------
    past : Past
    economy : Economy
        Stands for the years before as well: volumes of 2022 at prices of 2020; only its proportions matter.
    chosen : names of episodes whose pattern is an observation; totals are tied in every run that is needed.
    """

    past: Past
    economy: Economy
    chosen: tuple[str, ...]

    @property
    def runs(self) -> tuple[str, ...]:
        """Runs that hold a chosen episode, in the order of the file."""
        needed = {self.past.file.episodes[name].run for name in self.chosen}
        return tuple(name for name in self.past.file.runs if name in needed)

    @cached_property
    def parameters(self) -> tuple[Parameter, ...]:
        """Sensitivities and dynamics, then the inputs of each run."""
        return (*structural(self.past), *(p for run in self.runs for p in inputs(self.past, run)))

    @cached_property
    def _worlds(self) -> dict[str, _World]:
        return {}

    def _world(self, run: str) -> _World:
        """What all members of a run share, made once."""
        if run not in self._worlds:
            self._worlds[run] = _World.of(self.past, self.economy, run)
        return self._worlds[run]

    @cached_property
    def cells(self) -> tuple[Cells, ...]:
        return tuple(self._cells(run) for run in self.runs)

    def _cells(self, run: str) -> Cells:
        past, seen = self.past, self.past.observed(run)
        D = len(past.divisions)
        pattern, tied = np.zeros((len(seen.releases), D), bool), np.zeros((len(seen.releases), 1 + D), bool)
        tied[:, 0] = True
        for name, episode in past.file.episodes.items():
            if episode.run != run:
                continue
            rows = [seen.releases.index(m) for m in episode.months]
            given = [past.divisions.index(d) for d in episode.inputs]
            tied[np.ix_(rows, [1 + d for d in given])] = True
            if name in self.chosen:
                pattern[rows] = np.isfinite(seen.growth[rows])
        tied[:, 1:] &= np.isfinite(seen.growth)
        pattern &= ~tied[:, 1:]
        return Cells(seen, pattern, tied)

    @cached_property
    def problem(self) -> Problem:
        """All chosen figures, with their errors."""
        from scipy.linalg import block_diag

        observed, errors, labels = [], [], []
        file = self.past.file
        for run, cells in zip(self.runs, self.cells, strict=True):
            seen = cells.seen
            observed += [seen.growth.T[cells.pattern.T], np.hstack([seen.total[:, None], seen.growth]).T[cells.tied.T]]
            kinds = np.nonzero(cells.tied.T)[0]
            tight = np.where(kinds == 0, file.total_error, file.input_error)
            errors += [error_of(self.past, seen, cells.pattern), np.diag(tight**2)]
            names = (TOTAL, *self.past.divisions)
            labels += [f"{run} {self.past.divisions[d]} {seen.releases[t]}" for d, t in np.argwhere(cells.pattern.T)]
            labels += [f"{run} {names[d]} {seen.releases[t]} (input)" for d, t in np.argwhere(cells.tied.T)]
        blocks = [e for e in errors if e.size]
        return Problem(self.parameters, self.forward, np.concatenate(observed), block_diag(*blocks), tuple(labels))

    def forward(self, natural: np.ndarray) -> np.ndarray:
        """(J, p) to (J, m): growth in the observed cells."""
        found = []
        for run, cells in zip(self.runs, self.cells, strict=True):
            grown = self.growth(run, natural)
            found.append(grown[:, :, 1:].transpose(0, 2, 1)[:, cells.pattern.T])
            found.append(grown.transpose(0, 2, 1)[:, cells.tied.T])
        return np.concatenate(found, axis=1)

    def growth(self, run: str, natural: np.ndarray, parameters: Sequence[Parameter] | None = None) -> np.ndarray:
        """(J, T, 1 + D) growth on the year by release, of the total and each division, per cent."""
        seen = self.past.observed(run) if run not in self.runs else self.cells[self.runs.index(run)].seen
        reference = np.hstack([seen.reference_total[:, None], seen.reference])
        change = self.changes(run, natural, parameters)
        return (100.0 + reference) * (1.0 + change) - 100.0

    def changes(self, run: str, natural: np.ndarray, parameters: Sequence[Parameter] | None = None) -> np.ndarray:
        """(J, T, 1 + D) deviation of output from calm by release, of the total and each division, as shares."""
        names = [p.name for p in (parameters or self.parameters)]
        world = self._world(run)
        members = (world.member(dict(zip(names, row, strict=True))) for row in natural)
        found = simulate(
            self.economy, world.calm, _sized(members, len(natural)), totals=("output",), groups=world.groups
        )
        change = np.full((len(natural), *world.base.shape), np.nan)
        good = np.array([o.status != "refused" for o in found.outcomes])
        if good.any():
            change[good] = found.totals["output"].values / world.base - 1.0
        return np.einsum("tp,jps,ds->jtd", world.by_release, change, self.past.weights)

    def by_place(self, run: str, natural: np.ndarray) -> dict[str, np.ndarray]:
        """Deviation of industrial value added by region and kind of owner in one run, (T,) each, and of the nation.

        Kinds of owner are named as published: ``joint_stock`` is all but the foreign ones.
        """
        world, economy = self._world(run), self.economy
        member = world.member(dict(zip((p.name for p in self.parameters), natural, strict=True)))
        output = simulate(economy, world.calm, [world.still, member], keep=("output",)).kept["output"]
        change = world.by_release @ np.where(
            economy.x > 0, output[1] / np.where(output[0] > 0, output[0], 1.0) - 1.0, 0.0
        )
        industry = world.groups.sum(axis=0)
        value = economy.value_added.sum(axis=0) * industry
        chosen = {"nation": industry}
        chosen |= {code: economy.region == i for i, code in enumerate(economy.regions.codes)}
        owner = {code: economy.ownership == i for i, code in enumerate(economy.ownerships.codes)}
        published: dict[str, tuple[str, ...]] = {
            "state_holding": ("state",),
            "private": ("private",),
            "foreign_hmt": ("foreign",),
        }
        published["joint_stock"] = ("state", "private", "other")
        chosen |= {name: sum(owner[c] for c in codes) for name, codes in published.items() if set(codes) <= set(owner)}
        return {name: change @ (value * rows) / (value @ rows) for name, rows in chosen.items()}


class _sized:
    """A generator that knows how many members it has."""

    def __init__(self, members: Iterator[Member], number: int) -> None:
        self.members, self.number = members, number

    def __iter__(self) -> Iterator[Member]:
        return self.members

    def __length_hint__(self) -> int:
        return self.number


@dataclass(frozen=True)
class _World:
    """What all members of one run share."""

    past: Past
    economy: Economy
    name: str
    run: Run
    calm: Drivers
    groups: np.ndarray  # (S, n) activities of each sector of industry
    base: np.ndarray  # (1, S) output a month in calm
    by_release: np.ndarray  # (T, periods) mean over a release's months

    @classmethod
    def of(cls, past: Past, economy: Economy, name: str) -> _World:
        run = past.file.runs[name]
        calendar = Calendar.between(run.start, run.end)
        place = [economy.sectors.index(s) for s in past.history.sectors]
        groups = np.array([economy.sector == k for k in place]).astype(float)
        months = [release(month) for month in calendar.labels]
        first = months[0]
        by_release = np.zeros((months[-1] - first + 1, len(months)))
        for t, position in enumerate(months):
            by_release[position - first, t] = 1.0
        by_release /= by_release.sum(axis=1, keepdims=True)
        calm = Drivers.calm(economy, calendar)
        base = simulate(economy, calm, [Member(calm)], totals=("output",), groups=groups).totals["output"].values[0]
        return cls(past, economy, name, run, calm, groups, base, by_release)

    @property
    def still(self) -> Member:
        """Nothing happens."""
        return Member(self.calm)

    def member(self, value: dict[str, float]) -> Member:
        """One run's shocks and model."""
        options, changed = _of(value, "model."), _of(value, "epidemic.")
        changed["sensitivity"] = Sensitivities(
            (*self.past.file.sensitivity.outside.items(), *sensitivities(self.past, value).items())
        )
        parts = [self._wave(wave, value, changed).drivers(self.economy, self.calm.calendar) for wave in self.waves]
        return Member(self._shifted(self.calm.all_of(parts), value), Inventory(**options))

    @cached_property
    def waves(self) -> tuple[Epidemic, ...]:
        """The closures as the file states them; members change numbers only, so nothing needs to be read again."""
        return tuple(
            Epidemic.model_validate(
                {
                    "id": closure.id,
                    "title": closure.id,
                    "source": self.run.source,
                    "exposure": closure.exposure,
                    "loss": CLOSED_LOSS,
                    "profile": {"kind": "table", "points": dict(closure.shape)},
                }
            )
            for closure in self.run.closures
        )

    def _wave(self, wave: Epidemic, value: dict[str, float], changed: dict[str, Any]) -> Epidemic:
        """One closure at a member's intensities and sensitivities."""
        profile = wave.profile
        assert isinstance(profile, Table)
        points = tuple(
            (month, min(level * value[f"closure.{self.name}.{release_month(release(month))}"], 1.0))
            for month, level in profile.points.items()
        )
        course = profile.model_copy(update={"points": type(profile.points)(points)})
        return wave.model_copy(update={**changed, "profile": course})

    @cached_property
    def shifts(self) -> tuple[tuple[str, Demand, np.ndarray, np.ndarray], ...]:
        """Shifts of final demand: name, as stated, yearly purchases (K, F) and makers' output (n,) that they move."""
        economy, found = self.economy, []
        codes = np.array(economy.sectors.codes)
        for name, demand in self.run.demand.items():
            weights = sum((bought(economy, c) for c in demand.category if c in CATEGORIES), np.zeros(1))
            if demand.products != "all":
                weights = weights * np.isin(codes, demand.products)[:, None]
            found.append((name, demand, weights, economy.x * np.isin(codes[economy.sector], demand.able)))
        return tuple(found)

    def _shifted(self, drivers: Drivers, value: dict[str, float]) -> Drivers:
        """With shifts of final demand."""
        calendar = self.calm.calendar
        for name, demand, weights, makers in self.shifts:
            path = np.zeros(calendar.periods)
            for month in demand.months:
                path[calendar.labels.index(month)] = value[f"demand.{name}.{month}"]
            drivers = drivers.having(f"demand:{name}", "demand", path / calendar.per_year, weights)
            drivers = drivers.having(f"demand:{name}:able", "capital", np.maximum(path, 0.0), makers)
        return drivers


def structural(past: Past) -> tuple[Parameter, ...]:
    """Sensitivities by division and residual group, and the dynamics, with their priors."""
    file = past.file
    own = tuple(
        Parameter(f"sensitivity.{name}", 1.0, file.sensitivity.sd, unit="mean of industry", role="sensitivity")
        for name in past.groups
    )
    return own + tuple(
        Parameter(name, u.median, u.sd, unit=u.unit)
        if u.low is None or u.high is None
        else Parameter(name, u.median, u.sd, "logit", u.low, u.high, unit=u.unit)
        for name, u in file.dynamics.items()
    )


def inputs(past: Past, run: str) -> tuple[Parameter, ...]:
    """What is tied to the totals of a run: intensities by release, shifts of demand by month."""
    stated = past.file.runs[run]
    closed = tuple(
        Parameter(f"closure.{run}.{month}", i.median, i.sd, role="input") for month, i in stated.intensity.items()
    )
    return closed + tuple(
        Parameter(f"demand.{name}.{month}", 0.0, d.sd, "identity", role="input")
        for name, d in stated.demand.items()
        for month in d.months
    )


def _of(value: dict[str, float], prefix: str) -> dict[str, Any]:
    """Parameters of one kind by their name without the prefix."""
    return {k.removeprefix(prefix): v for k, v in value.items() if k.startswith(prefix)}


def sensitivities(past: Past, value: dict[str, float]) -> dict[str, float]:
    """By sector of industry, scaled so that their mean over value added is 1."""
    own = np.array([value[f"sensitivity.{group}"] for group in past.group_of])
    mean = own @ past.history.value_added / past.history.value_added.sum()
    return dict(zip(past.history.sectors, (own / mean).tolist(), strict=True))
