"""What a run gives: labelled paths with their draws, contributions, costs, all that a report must state.

A result is frozen and holds plain arrays; labels become xarray only where somebody asks for ``dataset``.
Arrays
are by variant, slice and period. A *slice* is a triple (sector, region, ownership), ``total`` where a
dimension is
summed. Statistics over draws always come from draws of the quantity itself: the range of a difference is
taken
from differences draw by draw, never from the ranges of its ends.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .errors import TableError, UnknownNameError
from .levels import TOTAL, Slice
from .models.base import Outcome
from .records import (
    BROUGHT,
    LEDGER,
    Assumption,
    Binding,
    Check,
    Claim,
    Estimate,
    Grid,
    History,
    Ledger,
    MeasureRecord,
    TargetRecord,
    WarningRecord,
)
from .variables import QUANTILES, STATISTICS, VARIABLES, Money, Variable

if TYPE_CHECKING:
    import xarray

    from .cost_effectiveness import Worth
    from .measures.base import FiscalLine
    from .runfolder import Content

BASELINE, SCENARIO = "baseline", "scenario"
DIMENSIONS = ("sector", "region", "ownership")
DRAW_PRECISION = np.float32  # seven digits of a draw are plenty, and half the size of the file
COMPLETED = Outcome("completed")
NATION: Slice = (TOTAL, TOTAL, TOTAL)


@dataclass(frozen=True, eq=False)
class Result:
    """One scenario's result; T periods, V variants, S slices, M measures, D draws.

    Parameters
    ----------
    scenario, title : str
        Id and title of the scenario.
    counterfactual, counterfactual_text : str
        Name of what is compared with what, and the sentence that explains it.
    model, closure : str
        What was run, and what it holds fixed, in a sentence each.
    periods, variants : tuple of str
        Labels; ``baseline`` is the run without measures, ``scenario`` the file without its variants.
    slices : tuple of (sector, region, ownership)
        The nation first; codes, or ``total`` where a dimension is summed.
    values : {variable: (V, S, T) array}
        The run at central values, NaN where a variable is not defined. Units in ``variables``.
    draws : {variable: (V, D, S', T) array}
        The same for each draw and the first S' slices, for some variables or none, in single precision; all variants
        use the same draws.
    points, parts : (M, S, T) arrays
        What each measure adds to ``iva_yoy`` of the scenario in pp, and to its level in % of the baseline.
    point_draws : (D, M, S', T) array, optional
        The first of these for each draw.
    measures : tuple of MeasureRecord
        In the order of the contributions, shocks included.
    fiscal : tuple of (measure id, FiscalLine)
        Cost and revenue, bn yuan at current prices.
    ledger : Ledger, optional
        What each measure brings and costs.
    targets, signals : tuples of TargetRecord, WarningRecord
        Distance to the targets of the file, and watched sectors that bind or come near it.
    binding : Binding, optional
        What bound each activity in each period.
    ranges : {(variable, slice): (low, high)}
        Range of the scenario's value over what the draws do not cover (methods of regionalisation, weights of
        ownership); numbers or (T,) arrays.
    flags : {dimension: tuple of str}
        ``estimate`` or ``share_only`` for sector, region, ownership.
    names : {dimension: {code: (English, Chinese)}}
    history : History, optional
        Published growth before the run.
    baseline_band : (4, T) array, optional
        Quantiles 5, 25, 75 and 95 % of the projected growth on the year, from the projection's past errors.
    hindcast : Grid, optional
    residuals : {name: number}
        Accounting residuals over output.
    provenance : mapping
        ``versions``, ``hashes``, ``timings`` (s) are mappings; ``seed``, ``draws``, ``vintage``,
        ``command`` single
        values; other keys are printed as they are.
    """

    scenario: str
    title: str
    counterfactual: str
    counterfactual_text: str
    model: str
    closure: str
    periods: tuple[str, ...]
    variants: tuple[str, ...]
    slices: tuple[Slice, ...]
    values: Mapping[str, np.ndarray]
    measures: tuple[MeasureRecord, ...] = ()
    points: np.ndarray = field(default_factory=lambda: np.zeros((0, 0, 0)))
    parts: np.ndarray = field(default_factory=lambda: np.zeros((0, 0, 0)))
    draws: Mapping[str, np.ndarray] = field(default_factory=dict)
    point_draws: np.ndarray | None = None
    variables: Mapping[str, Variable] = field(default_factory=lambda: VARIABLES)
    fiscal: tuple[tuple[str, FiscalLine], ...] = ()
    ledger: Ledger | None = None
    binding: Binding | None = None
    ranges: Mapping[tuple[str, Slice], tuple[Any, Any]] = field(default_factory=dict)
    flags: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    names: Mapping[str, Mapping[str, tuple[str, str]]] = field(default_factory=dict)
    estimates: tuple[Estimate, ...] = ()
    assumptions: tuple[Assumption, ...] = ()
    claims: tuple[Claim, ...] = ()
    checks: tuple[Check, ...] = ()
    targets: tuple[TargetRecord, ...] = ()
    signals: tuple[WarningRecord, ...] = ()
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    history: History | None = None
    baseline_band: np.ndarray | None = None
    hindcast: Grid | None = None
    residuals: Mapping[str, float] = field(default_factory=dict)
    provenance: Mapping[str, Any] = field(default_factory=dict)
    outcome: Outcome = COMPLETED

    def __post_init__(self) -> None:
        V, S, T, M = len(self.variants), len(self.slices), len(self.periods), len(self.measures)
        D, drawn = self.n_draws, self.n_drawn
        if not self.slices or self.slices[0] != NATION:
            raise TableError(f"the first slice of a result is the nation, {NATION}")
        for labels, what in ((self.variants, "variant"), (self.periods, "period"), (self.slices, "slice")):
            if len(set(labels)) < len(labels):
                raise TableError(f"a result has one {what} twice")
        expected: dict[str, tuple[Any, tuple[int, ...]]] = {
            "points": (self.points, (M, S, T)),
            "parts": (self.parts, (M, S, T)),
            "point_draws": (self.point_draws, (D, M, drawn, T)),
            "baseline_band": (self.baseline_band, (4, T)),
        }
        if self.ledger is not None:
            expected |= {
                "ledger.values": (self.ledger.values, (len(LEDGER), M, T)),
                "ledger.last_in": (self.ledger.last_in, (len(BROUGHT), M)),
                "ledger.draws": (self.ledger.draws, (D, len(LEDGER), M)),
            }
        if not M:
            for name in ("points", "parts"):
                object.__setattr__(self, name, np.zeros((0, S, T)))
                del expected[name]
        expected |= {f"values['{name}']": (array, (V, S, T)) for name, array in self.values.items()}
        expected |= {f"draws['{name}']": (array, (V, D, drawn, T)) for name, array in self.draws.items()}
        for name, (array, shape) in expected.items():
            if array is not None and np.shape(array) != shape:
                raise TableError(f"{name} has shape {np.shape(array)}; this result needs {shape}")
        for name in (*self.values, *self.draws):
            if name not in self.variables or name not in self.values:
                raise TableError(f"variable '{name}' needs central values, a unit and a name")
        for name in ("points", "parts", "baseline_band"):
            object.__setattr__(self, name, _frozen(getattr(self, name)))
        if self.ledger is not None:
            object.__setattr__(self, "ledger", Ledger(*map(_frozen, vars(self.ledger).values())))
        object.__setattr__(self, "point_draws", _frozen(self.point_draws, DRAW_PRECISION))
        object.__setattr__(self, "values", {k: _frozen(v) for k, v in self.values.items()})
        object.__setattr__(self, "draws", {k: _frozen(v, DRAW_PRECISION) for k, v in self.draws.items()})
        object.__setattr__(self, "ranges", {k: self._checked_range(k, v) for k, v in self.ranges.items()})

    def _checked_range(self, key: tuple[str, Slice], ends: tuple[Any, Any]) -> tuple[np.ndarray, np.ndarray]:
        variable, place = key
        if variable not in self.values or place not in self.slices:
            raise TableError(f"a range is given for {variable} of {place}, which the result does not hold")
        low, high = (np.broadcast_to(np.asarray(end, dtype=float), (len(self.periods),)) for end in ends)
        if (low > high).any():
            raise TableError(f"the range of {variable} of {place} has its low end above its high end")
        return low, high

    # Numbers

    @property
    def money(self) -> Money:
        """Currency and year of prices, as the unit of industrial value added states them."""
        found = re.match(r"bn (\S+) a month at (\d+) prices$", self.variables["iva"].unit)
        return Money(found[1], int(found[2])) if found else Money()

    @property
    def n_draws(self) -> int:
        """Number of draws, 0 where the run used central values only."""
        return next((np.shape(a)[1] for a in self.draws.values()), 0)

    @property
    def n_drawn(self) -> int:
        """Number of slices, the first ones, that have draws."""
        return next((min(np.shape(a)[2], len(self.slices)) for a in self.draws.values()), 0)

    @cached_property
    def _place(self) -> dict[Slice, int]:
        return {s: i for i, s in enumerate(self.slices)}

    @cached_property
    def _statistics(self) -> dict[str, np.ndarray]:
        return {}

    def index(self, sector: str = TOTAL, region: str = TOTAL, ownership: str = TOTAL) -> int:
        """Position of a slice.

        Raises
        ------
        UnknownNameError
            If the result does not hold it.
        """
        place = self._place.get((sector, region, ownership))
        if place is None:
            raise UnknownNameError(f"this result has no slice sector={sector}, region={region}, ownership={ownership}")
        return place

    def variant(self, name: str) -> int:
        """Position of a variant."""
        if name not in self.variants:
            raise UnknownNameError(f"no variant '{name}'; this result has {', '.join(self.variants)}")
        return self.variants.index(name)

    def codes(self, dimension: str) -> tuple[str, ...]:
        """Codes of a dimension that have a slice of their own."""
        if dimension not in DIMENSIONS:
            raise UnknownNameError(f"no dimension '{dimension}'; there is {', '.join(DIMENSIONS)}")
        axis = DIMENSIONS.index(dimension)
        return tuple(s[axis] for s in self.slices if s[axis] != TOTAL and s.count(TOTAL) == 2)

    def slice_of(self, dimension: str, code: str) -> Slice:
        """The slice of one code, everything else summed."""
        axis = DIMENSIONS.index(dimension)
        label = [TOTAL, TOTAL, TOTAL]
        label[axis] = code
        return (label[0], label[1], label[2])

    def name(self, dimension: str, code: str, chinese: bool = False) -> str:
        """Name of a code, the code itself where none is known."""
        return self.names.get(dimension, {}).get(code, (code, code))[int(chinese)]

    def series(self, variable: str, variant: str = SCENARIO, place: Slice = NATION) -> np.ndarray:
        """One path at central values, (periods,)."""
        return self._values(variable)[self.variant(variant), self.index(*place)]

    def series_draws(self, variable: str, variant: str = SCENARIO, place: Slice = NATION) -> np.ndarray | None:
        """The same for each draw, (draws, periods); None without draws."""
        row = self.index(*place)
        if variable not in self.draws or row >= self.n_drawn:
            return None
        return self.draws[variable][self.variant(variant), :, row].astype(float)

    def statistics(self, variable: str) -> np.ndarray:
        """(V, 1 or 7, S, T): central value and, with draws, mean and quantiles (``STATISTICS``)."""
        if variable not in self._statistics:
            values = self._values(variable)
            draws = self.draws.get(variable)
            self._statistics[variable] = with_statistics(values, None if draws is None else np.moveaxis(draws, 1, 0))
        return self._statistics[variable]

    def _values(self, variable: str) -> np.ndarray:
        if variable not in self.values:
            raise UnknownNameError(f"no variable '{variable}'; this result has {', '.join(self.values)}")
        return self.values[variable]

    # Labelled views

    @cached_property
    def dataset(self) -> xarray.Dataset:
        """Everything with labels: dims variant, statistic, slice, period (and measure, draw, activity).

        ``sector``, ``region`` and ``ownership`` are coordinates on ``slice``. Every variable has ``units``,
        ``long_name`` and ``long_name_zh``; estimated dimensions are named in the attribute ``flags``.
        """
        from .labels import dataset_of

        return dataset_of(self)

    def minus(self, other: Result) -> xarray.Dataset:
        """This result less another, variant by variant and draw by draw; rates in pp.

        Raises
        ------
        TableError
            If periods, slices or variants differ.
        """
        from .labels import difference

        return difference(self, other)

    def versus(self, baseline: str | Result = BASELINE) -> xarray.Dataset:
        """Deviation of every variant from a baseline: flows in % of it, rates in pp.

        ``baseline`` is one of this result's variants, or another result whose like-named variants serve.
        """
        from .labels import deviation

        return deviation(self, baseline)

    def by(self, dimension: str) -> xarray.Dataset:
        """The data set of one dimension's codes, everything else summed."""
        from .labels import along

        return along(self, dimension)

    def contributions(self) -> xarray.Dataset:
        """Contributions by measure: to growth on the year (pp), with statistics, and to the level (%)."""
        from .labels import contributions_of

        return contributions_of(self)

    def cost_effectiveness(self, by: str = "measure") -> tuple[Worth, ...]:
        """What each measure, heading or tier brings and costs, the whole package last; ratios by unambiguous names.

        ``by`` is measure, heading or responsible. Empty without a ledger.
        """
        from .cost_effectiveness import worth

        return worth(self, by)

    # Files

    def save(
        self,
        folder: str | Path,
        formats: Collection[str] = ("nc", "csv"),
        files: Mapping[str, Content] | None = None,
        force: bool = False,
    ) -> Path:
        """Write a run folder, all or nothing: ``run.json`` always, ``results.nc`` and the CSV files if asked.

        Parameters
        ----------
        files : {name: content}, optional
            What others add: the report, the resolved scenario. A function is called when all else is written.
        force : bool
            Replace a run that is already there; files that are not a run's stay.

        Raises
        ------
        RunExistsError
            If the folder holds anything and ``force`` does not cover it.
        """
        from .runfolder import save

        return save(self, Path(folder), formats, files or {}, force)

    @classmethod
    def load(cls, folder: str | Path) -> Result:
        """Read a result back from its ``results.nc``, exactly as it was."""
        from .runfolder import load

        return load(Path(folder))


def _frozen(array: Any, precision: type = float) -> Any:
    if array is None:
        return None
    frozen: np.ndarray = np.asarray(array, dtype=precision).view()
    frozen.flags.writeable = False
    return frozen


def with_statistics(values: np.ndarray, draws: np.ndarray | None) -> np.ndarray:
    """Central values, and the mean and quantiles of draws where there are any.

    Parameters
    ----------
    values : (V, S, T) array
    draws : (D, V, S', T) array or None
        Of the first S' slices.

    Returns
    -------
    (V, 1 or 7, S, T) array
        NaN where a slice has no draws. In the order of ``STATISTICS``; quantiles by linear interpolation
        between order statistics.
    """
    if draws is None:
        return values[:, None]
    ordered = np.sort(np.ascontiguousarray(np.moveaxis(draws, 0, -1)), axis=-1)  # NaN last, but never beside numbers
    last = ordered.shape[-1] - 1
    found = [ordered.mean(axis=-1, dtype=float)]
    for q in QUANTILES:
        below = int(q * last)
        weight = q * last - below
        low, high = (ordered[..., i].astype(float) for i in (below, min(below + 1, last)))
        found.append((1.0 - weight) * low + weight * high)
    result = np.full((len(values), len(STATISTICS), *values.shape[1:]), np.nan)
    result[:, 0] = values
    result[:, 1:, : draws.shape[-2]] = np.stack(found, axis=1)
    return result


def january_february(periods: Iterable[str]) -> list[tuple[str, list[int]]]:
    """Rows of a monthly table with their periods: January and February of a year are one observation."""
    rows: list[tuple[str, list[int]]] = []
    labels = list(periods)
    for i, label in enumerate(labels):
        if label.endswith("-02") and i and labels[i - 1] == f"{label[:4]}-01":
            rows[-1] = (f"{label[:4]} Jan-Feb", [i - 1, i])
        else:
            rows.append((label, [i]))
    return rows


__all__ = ["BASELINE", "DIMENSIONS", "NATION", "SCENARIO", "STATISTICS", "TOTAL", "Result", "Slice"]
