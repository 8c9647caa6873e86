"""Which line moves a result most: every uncertain value by itself, then the leading ones together.

A tornado takes one value after the other to the 5 and the 95 % point of its own distribution, everything else at its
central value. Sobol indices take the leading values together and say which share of the variance each explains by
itself (first order) and with all its interactions (total).

References
----------
Saltelli et al. (2010), Computer Physics Communications 181(2), for the estimators, as scipy computes them.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from inspect import signature
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from .calendar import Period, PeriodError
from .drawn import Drawn, uncertain_options
from .effects import Growth, Requests, grow, vary
from .effects import Path as Levels
from .errors import SimcoreError, UnknownNameError
from .language.distribution import Distribution
from .language.draws import quantile
from .language.scenario import Scenario
from .levels import TOTAL
from .setting import Setting, carried, prepare
from .units import Quantity

if TYPE_CHECKING:
    from rich.console import RenderableType

LOW, HIGH = 0.05, 0.95
AT_ONCE = 128  # candidates whose output is held at a time
FIRST_YEAR = 12  # months
DEFAULT = "iva_level_effect.total.first_year"
VARIABLES = ("iva_level_effect", "iva_yoy")


class Line(NamedTuple):
    """One uncertain value: what it is, where it is stated, and what its range does to the outcome."""

    path: str
    place: str  # file:line, or whose default it is
    quantity: Quantity  # what its values are
    central: float
    low: float  # the 5 % point of its distribution
    high: float
    at_low: float  # outcome there, the rest at central values
    at_high: float
    first: float = float("nan")  # Sobol index of first order
    first_range: tuple[float, float] = (float("nan"), float("nan"))  # 90 % of bootstrap samples
    total: float = float("nan")
    total_range: tuple[float, float] = (float("nan"), float("nan"))

    @property
    def name(self) -> str:
        """The path without what every path begins with."""
        for start in ("policies.", "parameters.", "shocks."):
            if self.path.startswith(start):
                return self.path.removeprefix(start)
        return self.path

    @property
    def swing(self) -> float:
        """How far its range moves the outcome."""
        return abs(self.at_high - self.at_low)

    def write(self, value: float) -> str:
        """One of its values with its unit."""
        return self.quantity.write(float(f"{value:.3g}"))

    @property
    def unit(self) -> str:
        """Dimension of its values."""
        return self.quantity.dimension


@dataclass(frozen=True)
class Sensitivity:
    """Lines by how far they move the outcome, the largest first."""

    outcome: str
    unit: str
    central: float
    lines: tuple[Line, ...]
    samples: int  # of the Sobol design; 0 without
    runs: int
    scenario: str
    model: str


class Outcome(NamedTuple):
    """What is looked at: a variable of a place over some months."""

    name: str
    variable: str
    row: int  # of the slices
    months: tuple[int, ...]

    @classmethod
    def of(cls, text: str, setting: Setting) -> Outcome:
        """Read ``iva_level_effect.total.2023-Q1`` or ``iva_yoy.northeast.2022-12``.

        Raises
        ------
        UnknownNameError
            If the variable, the place or the period is none of the run.
        """
        variable, *rest = text.split(".")
        if variable not in VARIABLES:
            raise UnknownNameError(f"unknown outcome '{variable}'; there is {', '.join(VARIABLES)}")
        place, period = (*rest, *(TOTAL, "first_year")[len(rest) :])[:2]
        labels = setting.yardstick.coarse.slices.labels
        rows = [i for i, s in enumerate(labels) if place in s and s.count(TOTAL) >= 2]
        if not rows:
            raise UnknownNameError(f"'{place}' is no sector, region or kind of ownership of {setting.scenario.id}")
        return cls(text, variable, rows[0], _months(period, setting.months))

    @property
    def unit(self) -> str:
        return "% of the baseline's level" if self.variable == "iva_level_effect" else "% on the year"

    def read(self, path: Levels, reference: Growth) -> float:
        """Its value on a path of levels, in %: from sums of levels, never from a mean of rates."""
        months = list(self.months)
        level = path.level[self.row, months].sum()
        if self.variable == "iva_level_effect":
            return float(100.0 * (level / reference.baseline.level[self.row, months].sum() - 1.0))
        before = (path.level[self.row, months] / (1.0 + path.yoy[self.row, months] / 100.0)).sum()
        return float(100.0 * (level / before - 1.0))


def _months(text: str, labels: tuple[str, ...]) -> tuple[int, ...]:
    if text == "first_year":
        return tuple(range(min(FIRST_YEAR, len(labels))))
    if text == "mean":
        return tuple(range(len(labels)))
    try:
        period = Period.parse(text)
    except PeriodError as error:
        raise UnknownNameError(f"{error}; or first_year, mean") from None
    months = [Period.parse(label) for label in labels]
    inside = tuple(i for i, m in enumerate(months) if period.first <= m.first and m.last <= period.last)
    if not inside:
        raise UnknownNameError(f"'{text}' lies outside the run, {labels[0]} .. {labels[-1]}")
    return inside


def sensitivity(
    scenario: Scenario,
    *,
    of: str = DEFAULT,
    samples: int = 128,
    leading: int = 8,
    model: str | None = None,
    counterfactual: str | None = None,
    seed: int | None = None,
    progress: Callable[[str], None] | None = None,
) -> Sensitivity:
    """Rank everything uncertain by how far it moves an outcome.

    Parameters
    ----------
    of : str
        Outcome: ``variable.place.period``, the variable one of ``VARIABLES``, the period a month, a quarter,
        ``first_year`` (the first twelve months) or ``mean``.
    samples : int
        Base samples of the Sobol design, a power of two; ``samples x (leading + 2)`` runs. 0: the tornado only.
    leading : int
        How many of the lines that move the outcome most are taken together.

    Raises
    ------
    SimcoreError
        If nothing is uncertain, or ``samples`` is no power of two.
    """
    if samples & (samples - 1):
        raise SimcoreError(f"a Sobol design needs a power of two; instead of {samples} try {1 << samples.bit_length()}")
    tell = progress or (lambda text: None)
    tell("loading the economy")
    setting = prepare(scenario, model, counterfactual)
    ranges = _uncertain(setting)
    if not ranges:
        raise SimcoreError(f"{scenario.id} has nothing uncertain: give a value a 'dist'")
    bench = _Bench(setting, Outcome.of(of, setting), ranges)
    tell(f"{2 * len(ranges)} runs, one value after the other")
    lines = sorted(bench.tornado(), key=lambda line: -line.swing)
    if samples:
        top = [line.path for line in lines if line.swing > 0.0][:leading]
        tell(f"{samples * (len(top) + 2)} runs, {len(top)} values together")
        lines = bench.sobol(lines, top, samples, scenario.uncertainty.seed if seed is None else seed)
    named = getattr(setting.model, "name", str(setting.model))
    outcome = bench.outcome
    return Sensitivity(outcome.name, outcome.unit, bench.central, tuple(lines), samples, bench.runs, scenario.id, named)


def _uncertain(setting: Setting) -> dict[str, Distribution]:
    """Everything that draws would vary, by path: of the file, of parameters at their default, of the model."""
    scenario = setting.scenario
    found = dict(scenario.distributions)
    for m in scenario.measures:
        for name, p in m.assumed().items():
            params = p.dist()
            if params is not None:
                found[f"parameters.{m.id}.{name}"] = Distribution("pert", params, p.default, p.dimension)
    return found | {f"model.{k}": d for k, d in (uncertain_options(setting) | setting.learnt).items()}


class _Bench:
    """Runs of one scenario with chosen values of what is uncertain, and the outcome of each."""

    def __init__(self, setting: Setting, outcome: Outcome, ranges: Mapping[str, Distribution]) -> None:
        self.setting, self.outcome, self.ranges = setting, outcome, ranges
        self.yardstick = setting.yardstick.coarse
        self.runs = 0
        package = setting.package(setting.scenario)
        requests = Requests()
        parts, whole = requests.add_parts(package, setting.model), requests.add_effect(package, setting.model)
        answers = requests.run()
        self.reference = grow(self.yardstick, parts(answers), carried(package))
        self.central = self._value(whole(answers))

    def _value(self, effect: np.ndarray) -> float:
        return self.outcome.read(vary(self.yardstick, self.reference, effect)[0], self.reference)

    def outcomes(self, values: Mapping[str, np.ndarray]) -> np.ndarray:
        """The outcome for every candidate: values by path, (candidates,); what is not named stays central."""
        number = len(next(iter(values.values())))
        found = np.empty(number)
        for start in range(0, number, AT_ONCE):
            rows = slice(start, min(start + AT_ONCE, number))
            found[rows] = self._some({path: column[rows] for path, column in values.items()})
        self.runs += number
        return found

    def _some(self, values: Mapping[str, np.ndarray]) -> list[float]:
        number = len(next(iter(values.values())))
        kinds: tuple[dict[str, np.ndarray], dict[str, np.ndarray], dict[str, np.ndarray]] = ({}, {}, {})
        for path, column in values.items():
            of_model, of_default = path.startswith("model."), path not in self.setting.scenario.distributions
            kinds[2 if of_model else 1 if of_default else 0][path] = column
        members = Drawn(self.setting, number, 0, *kinds).members()
        requests = Requests()
        readers = [requests.add_effect(members.package(self.setting, d), members.models[d]) for d in range(number)]
        answers = requests.run()
        return [self._value(read(answers)) for read in readers]

    def tornado(self) -> Iterator[Line]:
        """Each line with the outcome at both ends of its range."""
        paths = list(self.ranges)
        ends = {p: quantile(d, np.array([LOW, HIGH])) for p, d in self.ranges.items()}
        columns = {p: np.full(2 * len(paths), self.ranges[p].value) for p in paths}
        for i, path in enumerate(paths):
            columns[path][2 * i : 2 * i + 2] = ends[path]
        found = self.outcomes(columns).reshape(-1, 2)
        for path, (low, high), (at_low, at_high) in zip(paths, ends.values(), found, strict=True):
            distribution = self.ranges[path]
            yield Line(
                path, self._place(path), Quantity(distribution.unit, currency=self.setting.scenario.currency),
                float(distribution.value), float(low), float(high), float(at_low), float(at_high),
            )  # fmt: skip

    def sobol(self, lines: list[Line], top: list[str], samples: int, seed: int) -> list[Line]:
        """The lines with the Sobol indices of the leading ones."""
        from scipy.stats import sobol_indices

        def outcome(x: np.ndarray) -> np.ndarray:
            return self.outcomes(dict(zip(top, x, strict=True)))

        dists = [_Ppf(self.ranges[path]) for path in top]
        # Older versions of scipy call the argument ``random_state``.
        word = "rng" if "rng" in signature(sobol_indices).parameters else "random_state"
        found = sobol_indices(func=outcome, n=samples, dists=dists, **{word: np.random.default_rng(seed)})
        with _global_seed(seed):
            spread = found.bootstrap(confidence_level=0.9)
        place = {path: i for i, path in enumerate(top)}
        return [
            line if line.path not in place else line._replace(
                first=float(found.first_order[place[line.path]]),
                first_range=_ends(spread.first_order.confidence_interval, place[line.path]),
                total=float(found.total_order[place[line.path]]),
                total_range=_ends(spread.total_order.confidence_interval, place[line.path]),
            )
            for line in lines
        ]  # fmt: skip

    def _place(self, path: str) -> str:
        """Where a value is stated."""
        if path.startswith("model."):
            return "default of the model"
        node = self.setting.scenario.reading.root.at(tuple(path.split(".")))
        if path in self.setting.scenario.distributions and node is not None:
            return f"{Path(node.file.name).name}:{node.line}"
        return "default of its kind"


@contextmanager
def _global_seed(seed: int) -> Iterator[None]:
    """A state of numpy's global generator for what takes no seed, as scipy's bootstrap of Sobol indices does not."""
    before = np.random.get_state()  # noqa: NPY002
    np.random.seed(seed % 2**32)  # noqa: NPY002
    try:
        yield
    finally:
        np.random.set_state(before)  # noqa: NPY002


class _Ppf:
    """A distribution as scipy's designs ask for it."""

    def __init__(self, distribution: Distribution) -> None:
        self.distribution = distribution

    def ppf(self, q: np.ndarray) -> np.ndarray:
        return quantile(self.distribution, np.clip(q, 1e-12, 1.0 - 1e-12))


def _ends(interval: Any, i: int) -> tuple[float, float]:
    return float(interval.low[i]), float(interval.high[i])


# ---- tables --------------------------------------------------------------------------------------------


def text_table(found: Sensitivity, top: int = 15) -> RenderableType:
    """The table for a terminal; print it with rich."""
    from rich import box
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    title = f"What moves {found.outcome} most, {found.unit}; central {found.central:+.3f}; model {found.model}"
    made = Table(title=title, box=box.SIMPLE_HEAD, title_justify="left", pad_edge=False)
    for head, side in (
        ("value", "left"), ("stated in", "left"), ("5 %", "right"), ("central", "right"), ("95 %", "right"),
        ("at 5 %", "right"), ("at 95 %", "right"), ("first", "right"), ("total", "right"),
    ):  # fmt: skip
        made.add_column(head, justify=side, no_wrap=True)  # type: ignore[arg-type]
    for line in found.lines[:top]:
        made.add_row(
            line.name, line.place, line.write(line.low), line.write(line.central), line.write(line.high),
            f"{line.at_low:+.3f}", f"{line.at_high:+.3f}", "" if np.isnan(line.first) else f"{line.first:.2f}",
            _share(line.total, line.total_range),
        )  # fmt: skip
    left = len(found.lines) - top
    rest = f" {left} more values move it less." if left > 0 else ""
    note = f"Each value by itself at both ends of its range.{rest}"
    if found.samples:
        note += (
            f" first, total: shares of the variance when the leading values vary together, by themselves and with all "
            f"interactions (90 % of bootstraps of {found.samples} samples: with few samples they are rough)."
        )
    return Group(made, Text(f"{note} {found.runs} runs."))


def _share(value: float, ends: tuple[float, float]) -> str:
    return "" if np.isnan(value) else f"{value:.2f} ({ends[0]:.2f}..{ends[1]:.2f})"


def csv_table(found: Sensitivity) -> str:
    """One line a value, in base units, the largest swing first."""
    text = StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    fields = ("path", "place", "unit", "central", "low", "high", "at_low", "at_high", "swing", "first", "total")
    writer.writerow((*fields, "first_low", "first_high", "total_low", "total_high"))
    for line in found.lines:
        writer.writerow([getattr(line, f) for f in fields] + [*line.first_range, *line.total_range])
    return text.getvalue()
