"""What a study runs and what it keeps: scenarios x points of a sweep x draws, each with all variants.

A *case* is one scenario at one point of the sweep. A *member* is one case at central values or at one draw; it runs
the file without its measures, as it stands and in every variant, since these are measured against each other. A
*block* is what is computed, written and noted as done together; blocks tile the members' own dimensions.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from itertools import product
from math import ceil, prod
from pathlib import Path
from typing import Any, NamedTuple

from .. import __version__
from ..content import find_scenario
from ..describe import flags, money
from ..drawn import number_of_draws
from ..errors import ScenarioError, SimcoreError, UnknownNameError
from ..findings import HEADLINE, content
from ..language.scenario import Scenario, load
from ..language.shape import did_you_mean
from ..language.sweep import Points, points_of
from ..levels import TOTAL, Slice, Slices
from ..models.base import require_channels
from ..result import BASELINE, DIMENSIONS, SCENARIO
from ..setting import Calibration, Setting, prepare
from ..variables import VARIABLES

BLOCK = 32  # members; a chunk of one variable then holds about a megabyte with all sectors and regions
CENTRAL, DRAWS = "central", "draws"  # kinds of members
Given = str | Path | Scenario


class Block(NamedTuple):
    """Members that are computed and written together."""

    kind: str
    place: tuple[int, ...]  # among the blocks of its kind
    start: tuple[int, ...]  # along the members' dimensions
    stop: tuple[int, ...]

    @property
    def key(self) -> str:
        """Its name in the journal."""
        return f"{self.kind}/{'.'.join(map(str, self.place))}"

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(b - a for a, b in zip(self.start, self.stop, strict=True))

    @property
    def members(self) -> list[tuple[int, ...]]:
        """Places of the members, the last dimension fastest."""
        return list(product(*(range(a, b) for a, b in zip(self.start, self.stop, strict=True))))


class Kind(NamedTuple):
    """Members at central values, or at draws: their dimensions and how blocks tile them."""

    name: str
    dims: tuple[str, ...]
    shape: tuple[int, ...]
    chunk: tuple[int, ...]

    @classmethod
    def of(cls, name: str, dims: tuple[str, ...], shape: tuple[int, ...], size: int) -> Kind:
        """Blocks of up to ``size`` members that follow each other: whole last dimensions, part of one, one of each."""
        chunk: list[int] = []
        for length in reversed(shape):
            chunk.insert(0, max(1, min(length, size // prod(chunk))))
        return cls(name, dims, shape, tuple(chunk))

    def blocks(self) -> Iterator[Block]:
        """All blocks in order."""
        counts = [ceil(n / c) for n, c in zip(self.shape, self.chunk, strict=True)]
        for place in product(*map(range, counts)):
            start = tuple(p * c for p, c in zip(place, self.chunk, strict=True))
            stop = tuple(min(a + c, n) for a, c, n in zip(start, self.chunk, self.shape, strict=True))
            yield Block(self.name, place, start, stop)


@dataclass(frozen=True)
class Plan:
    """Everything that decides a study's results, and nothing that does not but ``size``, the members of a block.

    Safe to send to other processes.
    """

    scenarios: tuple[Scenario, ...]
    labels: tuple[str, ...]  # of the scenarios
    listed: bool  # whether they are a dimension of the study
    points: Points
    variants: tuple[str, ...]  # baseline, scenario, then named ones
    draws: int
    seed: int | None  # None: each file's own
    model: str | None
    counterfactual: str | None
    variables: tuple[str, ...]
    by: tuple[str, ...]
    slices: tuple[Slice, ...]
    periods: tuple[str, ...]
    hashes: Mapping[str, Mapping[str, str]]  # of each calibration's files
    flags: Mapping[str, str]  # estimated dimensions, in words
    units: Mapping[str, str]  # of the variables
    size: int = BLOCK

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """Central values first: they are few, and what one looks at first."""
        dims = (*(("scenario",) if self.listed else ()), *self.points.dims)
        shape = (*((len(self.scenarios),) if self.listed else ()), *self.points.shape)
        found = [Kind.of(CENTRAL, dims, shape, self.size)]
        if self.draws:
            found.append(Kind.of(DRAWS, (*dims, "draw"), (*shape, self.draws), self.size))
        return tuple(found)

    @property
    def blocks(self) -> list[Block]:
        return [block for kind in self.kinds for block in kind.blocks()]

    def case(self, kind: str, member: tuple[int, ...]) -> tuple[int, tuple[int, ...], int | None]:
        """Scenario, point and draw (None at central values) of a member."""
        draw = member[-1] if kind == DRAWS else None
        place = member[:-1] if kind == DRAWS else member
        return (place[0], place[1:], draw) if self.listed else (0, place, draw)

    def seed_of(self, scenario: Scenario) -> int:
        return scenario.uncertainty.seed if self.seed is None else self.seed

    def variants_of(self, scenario: Scenario) -> tuple[str, ...]:
        """Named variants of a study that a scenario has."""
        return tuple(name for name in self.variants[2:] if name in scenario.variants)

    def fingerprint(self) -> dict[str, Any]:
        """What must agree for a study to be resumed, as plain data."""
        texts = {
            label: sha256(content(s).encode()).hexdigest() for label, s in zip(self.labels, self.scenarios, strict=True)
        }
        return {
            "simcore": __version__,
            "scenario": texts,
            "calibration": {name: dict(files) for name, files in self.hashes.items()},
            "sweep": self.points.record(),
            "variants": list(self.variants[2:]),
            "draws": self.draws,
            "seed": [self.seed_of(s) for s in self.scenarios],
            "model": self.model or [s.model_name for s in self.scenarios],
            "counterfactual": self.counterfactual or [s.counterfactual for s in self.scenarios],
            "outputs": list(self.variables),
            "by": list(self.by),
        }


def plan_of(
    scenarios: Given | Sequence[Given],
    *,
    sweep: Mapping[str, Iterable[Any]] | None = None,
    design: str | None = None,
    variants: Sequence[str] | None = None,
    draws: int | None = None,
    seed: int | None = None,
    sets: Sequence[str] = (),
    model: str | None = None,
    counterfactual: str | None = None,
    outputs: Sequence[str] | None = None,
    by: Sequence[str] | None = None,
    block: int | None = None,
) -> Plan:
    """Settle what a study runs; see ``study``. Nothing is written."""
    listed = not isinstance(scenarios, str | Path | Scenario)
    given: list[Given] = [scenarios] if isinstance(scenarios, str | Path | Scenario) else list(scenarios)
    if not given:
        raise UnknownNameError("a study needs at least one scenario")
    loaded = tuple(_loaded(one, sets) for one in given)
    points = _common_points(loaded, sweep, design)
    number = max(number_of_draws(s, draws) for s in loaded)
    if number < 0 or (block is not None and block < 1):
        raise UnknownNameError("draws is a number of 0 or more, and block one of 1 or more")
    wanted = _variables(loaded, outputs)
    dimensions = _dimensions(loaded, by)
    settings = _settings(loaded, points, model, counterfactual)
    return Plan(
        scenarios=loaded,
        labels=_labels(loaded),
        listed=listed,
        points=points,
        variants=(BASELINE, SCENARIO, *_variants(loaded, variants)),
        draws=number,
        seed=seed,
        model=model,
        counterfactual=counterfactual,
        variables=wanted,
        by=dimensions,
        slices=tuple(dict.fromkeys(s for one in settings for s in slices_by(one.yardstick.slices, dimensions).labels)),
        periods=tuple(sorted({month for one in settings for month in one.months})),
        hashes=_hashes(settings),
        flags=_flags(settings),
        units=_units(settings, wanted),
        size=block or BLOCK,
    )


def slices_by(slices: Slices, dimensions: Sequence[str]) -> Slices:
    """The nation, and the codes of some dimensions."""
    kept = [
        i
        for i, label in enumerate(slices.labels)
        if label.count(TOTAL) == 3
        or (label.count(TOTAL) == 2 and any(label[DIMENSIONS.index(d)] != TOTAL for d in dimensions))
    ]
    return Slices(tuple(slices.labels[i] for i in kept), slices.members[kept])


def remembering() -> Any:
    """``Calibration.load`` that reads each calibration once, so that all cases share one economy."""
    return cache(Calibration.load)


def _loaded(one: Given, sets: Sequence[str]) -> Scenario:
    if not isinstance(one, Scenario):
        return load(find_scenario(one), sets=tuple(sets))
    if sets:
        raise UnknownNameError(f"{one.id} is loaded already: give its changes to simcore.load(..., sets=...)")
    if not one.is_as_read:
        raise UnknownNameError(
            f"{one.id} has been changed since it was read: give the file, and the changes as sets, variants or a sweep"
        )
    return one


def _labels(scenarios: Sequence[Scenario]) -> tuple[str, ...]:
    """Ids, or files where two have the same id."""
    ids = [s.id for s in scenarios]
    labels = ids if len(set(ids)) == len(ids) else [s.path.as_posix() for s in scenarios]
    if len(set(labels)) < len(labels):
        twice = next(label for label in labels if labels.count(label) > 1)
        raise UnknownNameError(f"the study lists {twice} twice; give alternatives as variants or as a sweep")
    return tuple(labels)


def _common_points(
    scenarios: Sequence[Scenario], sweep: Mapping[str, Iterable[Any]] | None, design: str | None
) -> Points:
    if sweep is not None:
        sweep = {path: values if isinstance(values, str) else tuple(values) for path, values in sweep.items()}
    found = [points_of(s, sweep, design) for s in scenarios]
    if any(points.record() != found[0].record() for points in found):
        raise UnknownNameError(
            "the scenarios of this study have different sweeps; give one for all with sweep={...}, or none: sweep={}"
        )
    return found[0]


def _variants(scenarios: Sequence[Scenario], asked: Sequence[str] | None) -> tuple[str, ...]:
    known = tuple(dict.fromkeys(name for s in scenarios for name in s.variants))
    if asked is None:
        return known
    for name in asked:
        if name not in known:
            advice = did_you_mean(name, known) or ("" if known else "; the scenario has no variants")
            raise UnknownNameError(f"no variant '{name}'{advice}")
    return tuple(dict.fromkeys(asked))


def _variables(scenarios: Sequence[Scenario], asked: Sequence[str] | None) -> tuple[str, ...]:
    """What is asked for; else what the files ask for as far as it is known; else the headline series."""
    if asked is None:
        of_files = {name for s in scenarios for name in s.outputs.variables if name in VARIABLES}
        return tuple(v for v in VARIABLES if v in (of_files or HEADLINE))
    for name in asked:
        if name not in VARIABLES:
            raise UnknownNameError(
                f"unknown variable '{name}' in outputs{did_you_mean(name, VARIABLES, len(VARIABLES))}"
            )
    if not asked:
        raise UnknownNameError("outputs is empty: a study that keeps nothing need not run")
    return tuple(v for v in VARIABLES if v in asked)


def _dimensions(scenarios: Sequence[Scenario], asked: Sequence[str] | None) -> tuple[str, ...]:
    if asked is None:
        return tuple(d for d in DIMENSIONS if any(d in s.outputs.by for s in scenarios))
    asked = (asked,) if isinstance(asked, str) else asked
    for name in asked:
        if name not in DIMENSIONS:
            raise UnknownNameError(f"unknown dimension '{name}' in by{did_you_mean(name, DIMENSIONS, 3)}")
    return tuple(d for d in DIMENSIONS if d in asked)


def _settings(
    scenarios: Sequence[Scenario], points: Points, model: str | None, counterfactual: str | None
) -> list[Setting]:
    """Each scenario as it stands, and with every value of the sweep alone: what is wrong with one is told now."""
    calibrations = remembering()
    found = []
    for scenario in scenarios:
        base = prepare(scenario, model, counterfactual, calibrations)
        for named in (scenario, *(scenario.variant(name) for name in scenario.variants)):
            package = base.package(named)
            require_channels(base.model, package.drivers(frozenset(range(len(package.policies)))))
        found.append(base)
        for changes in points.trials:
            try:
                found.append(prepare(scenario.at(changes), model, counterfactual, calibrations))
            except ScenarioError:  # says itself where
                raise
            except (SimcoreError, TypeError, ValueError) as problem:
                paths = ", ".join(change.path for change in changes)
                raise UnknownNameError(f"sweep of {paths}: {problem}") from problem
    return found


def _hashes(settings: Sequence[Setting]) -> dict[str, dict[str, str]]:
    """Of all files of each calibration that are used: baselines of several origins may be."""
    found: dict[str, dict[str, str]] = {}
    for one in settings:
        found.setdefault(one.scenario.calibration, {}).update(one.calibration.hashes)
    return found


def _units(settings: Sequence[Setting], wanted: Sequence[str]) -> dict[str, str]:
    """Units of the variables, which all economies of the study must share."""
    monies = dict.fromkeys(money(one.economy) for one in settings)
    found = {name: dict.fromkeys(m.variables()[name].unit for m in monies) for name in wanted}
    for name, units in found.items():
        if len(units) > 1:
            rates = ", ".join(v for v in wanted if len(found[v]) == 1)
            raise UnknownNameError(
                f"the scenarios count '{name}' in different units: {', '.join(units)}; make a study of each, "
                f"or keep what has one unit, outputs: {rates or 'iva_level_effect'}"
            )
    return {name: next(iter(units)) for name, units in found.items()}


def _flags(settings: Sequence[Setting]) -> dict[str, str]:
    return {dimension: ", ".join(words) for dimension, words in flags(settings[0].economy).items() if words}
