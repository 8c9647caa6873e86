"""What a comparison found: one row a model, with effects by slice and month, and what bound in its run."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ..levels import TOTAL, Slice
from ..models.base import Outcome, Traits
from ..result import january_february
from ..variables import Money

if TYPE_CHECKING:
    import pandas
    import xarray
    from matplotlib.figure import Figure

FIRST = 12  # months of the headline


class LeftOut(NamedTuple):
    """Channels of one measure that a model lacks, so that its run goes without them."""

    measure: str
    channels: tuple[str, ...]


class Evidence(NamedTuple):
    """What happened in a run over its first twelve months, beside output; shares are of gross output, in %."""

    by_capacity: float  # bound by capacity or labour
    by_inputs: float
    unmet: float  # bn yuan of final demand, at the level of the base year
    income: float  # bn yuan change of what households earn
    imports: float  # bn yuan change
    stocks: float  # bn yuan that went into stocks of inputs and goods beyond what goes there in the base
    price: float  # % change of the mean producer price, NaN where prices are passive
    scarce: str  # what one more yuan of capacity is worth most in; nothing where it is not priced


@dataclass(frozen=True, eq=False)
class ModelRun:
    """One model's row; S slices, T months, amounts in bn a month at base-year prices.

    Parameters
    ----------
    understood : set of str
        Channels of the scenario that the model has.
    left_out : tuple of LeftOut
        What the run goes without.
    idle : tuple of str
        Channels of the scenario that move nothing here by the model's logic.
    outcome : Outcome
        How it ended; ``refused`` where the model could not run at all, and then there are no arrays.
    without, amount : (S, T) arrays
        Industrial value added without the package, and the effect on it.
    policies : (S, T) array, optional
        The part of the effect that policies have, given the shocks.
    growth_without, growth : (T',) arrays
        The nation's level from before the run to its end, without and with.
    switched : {trait: (S, T) array}
        Effect with a trait switched off.
    common : {channels: (S, T) array}
        Effect of the channels that this model and another one both have, where they are not all of its own.
    common_switched : {(channels, trait): (S, T) array}
        The same with a trait switched off.
    """

    label: str
    name: str
    summary: str
    closure: str
    traits: Traits | None
    understood: frozenset[str]
    left_out: tuple[LeftOut, ...]
    idle: tuple[str, ...]
    outcome: Outcome
    seconds: float = 0.0
    without: np.ndarray | None = None
    amount: np.ndarray | None = None
    policies: np.ndarray | None = None
    level_without: np.ndarray | None = None
    level: np.ndarray | None = None
    switched: Mapping[str, np.ndarray] = field(default_factory=dict)
    common: Mapping[frozenset[str], np.ndarray] = field(default_factory=dict)
    common_switched: Mapping[tuple[frozenset[str], str], np.ndarray] = field(default_factory=dict)
    evidence: Evidence | None = None

    def share(self, amount: np.ndarray | None, place: int = 0) -> float:
        """An effect over the first twelve months in % of the level without; NaN where there is none."""
        if amount is None or self.without is None:
            return float("nan")
        base = float(self.without[place, :FIRST].sum())
        return 100.0 * float(amount[place, :FIRST].sum()) / base if base > 0.0 else float("nan")

    @property
    def felt(self) -> frozenset[str]:
        """Channels of the scenario that the model has and that can move something in it."""
        return self.understood - set(self.idle)

    def on(self, channels: frozenset[str]) -> np.ndarray | None:
        """Effect of some channels that another model has too; None where it was not asked for."""
        return self.amount if channels == self.felt else self.common.get(channels)

    def switched_off(self, trait: str, channels: frozenset[str]) -> np.ndarray | None:
        """The same with a trait switched off; None where there is no switch."""
        return self.switched.get(trait) if channels == self.felt else self.common_switched.get((channels, trait))

    @property
    def channels_left_out(self) -> tuple[str, ...]:
        return tuple(sorted({channel for item in self.left_out for channel in item.channels}))


@dataclass(frozen=True, eq=False)
class Comparison:
    """One scenario through several models; the first is the yardstick of the others.

    ``months`` are those of the run, ``history`` those of the levels that growth is computed from; ``slices`` are
    (sector, region, ownership) with ``total`` where a dimension is summed; ``used`` are the channels that the
    scenario's measures use; ``money`` says what amounts are counted in.
    """

    scenario: str
    title: str
    counterfactual: str
    counterfactual_text: str
    vintage: str
    hashes: Mapping[str, str]
    months: tuple[str, ...]
    history: tuple[str, ...]
    slices: tuple[Slice, ...]
    names: Mapping[str, Mapping[str, str]]
    used: tuple[str, ...]
    kinds: tuple[str, ...]
    money: Money
    runs: tuple[ModelRun, ...]

    @cached_property
    def table(self) -> pandas.DataFrame:
        """One row a model: outcome, what is left out, effects in % of industrial value added, what bound."""
        from .show import data_frame

        return data_frame(self)

    @cached_property
    def dataset(self) -> xarray.Dataset:
        """Effects by model, slice and month, with units; ``sector``, ``region``, ``ownership`` lie on ``slice``."""
        from .show import dataset

        return dataset(self)

    @property
    def why(self) -> list[str]:
        """What is left out of which model, how far the models agree, and why they differ, in sentences."""
        from .why import idle, left_out, why

        return [*left_out(self), *idle(self), *why(self)]

    def plot(self) -> Figure:
        """Effect paths by model, and effects by sector and region."""
        from .figure import draw

        return draw(self)

    def save(self, folder: str | Path, formats: Collection[str] = ("csv", "png", "html"), force: bool = False) -> Path:
        """Write a folder, all or nothing: ``comparison.json`` always; ``netcdf``, ``csv``, ``png``, ``html`` if asked.

        Raises
        ------
        RunExistsError
            If the folder holds anything and ``force`` does not cover it.
        """
        from .files import save

        return save(self, Path(folder), formats, force)

    def __str__(self) -> str:
        from .show import text

        return text(self)

    # Numbers of tables and figures

    def places(self, dimension: int) -> list[tuple[int, str]]:
        """Slices of one dimension (0 sector, 1 region) with everything else summed: position and code."""
        return [
            (i, label[dimension])
            for i, label in enumerate(self.slices)
            if label[dimension] != TOTAL and label.count(TOTAL) == 2
        ]

    def largest(self, dimension: int, count: int) -> list[tuple[int, str]]:
        """Places where some model finds the largest effect in bn yuan, largest first."""
        sizes = [
            (
                max(
                    (abs(float(np.nan_to_num(r.amount[i, :FIRST]).sum())) for r in self.runs if r.amount is not None),
                    default=0.0,
                ),
                i,
                code,
            )
            for i, code in self.places(dimension)
        ]
        return [(i, code) for size, i, code in sorted(sizes, key=lambda s: -s[0])[:count] if size > 0.0]

    def name(self, dimension: int, code: str) -> str:
        """A sector with its code, a region by its name."""
        name = self.names.get(("sector", "region")[dimension], {}).get(code, code)
        return f"{code} {name}" if dimension == 0 and name != code else name

    def quarters(self) -> list[tuple[str, list[int]]]:
        """Quarters of the run with the positions of their months; one that the run covers in part says so."""
        found: dict[str, list[int]] = {}
        for i, month in enumerate(self.months):
            found.setdefault(f"{month[:4]} Q{(int(month[5:]) + 2) // 3}", []).append(i)
        return [(q if len(m) == 3 else f"{q} ({len(m)} of 3 months)", m) for q, m in found.items()]

    def growth_effect(self, run: ModelRun, months: list[int]) -> float:
        """What a model adds to growth on the year of the sum of some months, in points; NaN where there is none."""
        lead = len(self.history) - len(self.months)
        before = [i + lead - 12 for i in months]
        if run.level is None or run.level_without is None or min(before) < 0:
            return float("nan")
        now = [i + lead for i in months]
        rates = [level[now].sum() / level[before].sum() for level in (run.level, run.level_without)]
        return 100.0 * float(rates[0] - rates[1])

    def path(self, run: ModelRun) -> np.ndarray:
        """The nation's effect by observation, in % of the level without; January and February are one."""
        if run.amount is None or run.without is None:
            return np.full(len(self.observations), np.nan)
        return np.array([100.0 * run.amount[0, m].sum() / run.without[0, m].sum() for _, m in self.observations])

    @property
    def unit(self) -> str:
        """Unit of industrial value added."""
        return self.money.variables()["iva"].unit

    @property
    def observations(self) -> list[tuple[str, list[int]]]:
        return january_february(self.months)
