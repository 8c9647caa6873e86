"""A scenario: what a file says, checked, frozen and ready to run."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from ..calendar import Calendar
from ..content import SCENARIOS, content_folders, find_calibration
from ..errors import ScenarioError, UnknownNameError
from ..measures.base import Measure
from ..units import BaseUnits, currency_in
from . import resolved
from .check import check_reading
from .codelists import CodeLists
from .compose import MOST_TOLD, Files
from .definitions import is_part, part_problems, unused_definitions
from .diagnostics import Diagnostic, has_errors, in_currency, tidy
from .distribution import Distribution
from .overrides import Override, apply, check_optimise, check_sweep, new_problems, sets_of, variants_of
from .plausible import missing_sources
from .reading import YAML, Block, Reading, with_value
from .schema import Check, Claim, Optimise, Outputs, Pool, Sweep, Uncertainty
from .shape import Path as Keys


class Assumption(NamedTuple):
    """A value of the file that carries a note, a source or a range, for the report."""

    path: str
    value: str
    range: str
    note: str
    kind: str  # assumption | sourced


@dataclass(frozen=True)
class _Origins:
    """What a scenario was read from: needed for variants, draws and ``resolved``."""

    reading: Reading
    overrides: Mapping[str, tuple[Override, ...]]  # of each variant
    sets: tuple[Override, ...]
    variants: dict[str, Scenario] = field(default_factory=dict, compare=False)  # built when first asked for


@dataclass(frozen=True)
class Scenario:
    """A checked scenario, or one of its variants; immutable, and safe to use from many threads.

    ``measures`` holds policies, then shocks, in the order of the file, without those that are not enabled.
    ``distributions`` maps dotted paths to uncertain values; a parameter that several measures use stands
    there once, under ``parameters``.
    """

    id: str
    title: str
    description: str
    path: Path
    calibration: str  # name@version
    calendar: Calendar
    origin: str | None  # last observed month; None for the calibration's own
    counterfactual: str
    model_name: str
    model_options: dict[str, Any]
    closure: str
    measures: tuple[Measure, ...]
    pools: dict[str, Pool]
    variants: tuple[str, ...]
    sweep: Sweep | None
    optimise: Optimise | None
    distributions: dict[str, Distribution]
    uncertainty: Uncertainty
    outputs: Outputs
    checks: tuple[Check, ...]
    claims: dict[str, Claim]
    sources: tuple[str, ...]
    assumptions: tuple[Assumption, ...]
    warnings: tuple[Diagnostic, ...]
    variant_name: str | None = None
    _from: _Origins = field(default=None, repr=False, compare=False)  # type: ignore[assignment]
    _drawn: Mapping[str, float] = field(default_factory=dict, repr=False, compare=False)

    def variant(self, name: str) -> Scenario:
        """One of the file's variants, with the values drawn for this scenario.

        Raises
        ------
        UnknownNameError
            If the file has no such variant.
        """
        cached = self._from.variants.get(name)
        if cached is None:
            if name not in self._from.overrides:
                known = ", ".join(self.variants) or "none"
                raise UnknownNameError(f"{self.id} has no variant '{name}'; there is {known}")
            changed = (*self._from.overrides[name], *self._from.sets)  # --set has the last word
            cached = _scenario(self._from, apply(self._from.reading, changed), self.path, self.warnings, name)
            self._from.variants[name] = cached
        drawn = {p: v for p, v in self._drawn.items() if p in cached.distributions}
        return cached.with_values(drawn) if drawn else cached

    def at(self, changes: Iterable[Override]) -> Scenario:
        """This scenario at a point of a sweep: changed after its variants and before ``--set``.

        Raises
        ------
        ScenarioError
            With every problem that the changes bring.
        """
        changes = tuple(changes)
        if not changes:
            return self
        problems = self.problems_at(changes)
        if has_errors(problems):
            raise ScenarioError(tidy(problems))
        origins = replace(self._from, sets=(*changes, *self._from.sets), variants={})
        return _scenario(origins, apply(self._from.reading, origins.sets), self.path, self.warnings, None)

    def problems_at(self, changes: Iterable[Override]) -> list[Diagnostic]:
        """What is wrong with a point of a sweep that is not wrong with this scenario."""
        changed = apply(self._from.reading, (*changes, *self._from.sets))
        found = new_problems(self._variant_reading, changed)
        if has_errors(found):
            return found
        lists, wrong = _code_lists(changed, None)
        return [*found, *wrong, *check_reading(changed, lists, changed.fresh)]

    def with_values(self, values: Mapping[str, float]) -> Scenario:
        """This scenario with numbers in base units at the paths of ``distributions``.

        Only the measures concerned are validated again.

        Raises
        ------
        UnknownNameError
            For a path that has no distribution.
        """
        reading = self._variant_reading
        changed: dict[str, list[tuple[Keys, float]]] = {}
        for dotted, value in values.items():
            if dotted not in reading.places:
                raise UnknownNameError(f"{self.id} has no uncertain value '{dotted}'")
            for place in reading.places[dotted]:
                inside = place[0] in ("policies", "shocks")
                where, rest = (str(place[1]), place[2:]) if inside else ("", place)
                changed.setdefault(where, []).append((rest, float(value)))
        header = changed.pop("", [])
        measures = tuple(
            _rebuilt(reading.entries[m.id], changed[m.id], m) if m.id in changed else m for m in self.measures
        )
        pools, options = dict(self.pools), self.model_options
        for place, value in header:
            if place[0] == "pools":
                pools[str(place[1])] = pools[str(place[1])].model_copy(update={str(place[2]): value})
            else:
                options = with_value(options, place[2:], value)
        return replace(self, measures=measures, pools=pools, model_options=options, _drawn={**self._drawn, **values})

    def without(self, ids: Iterable[str]) -> Scenario:
        """This scenario without some measures."""
        left_out = set(ids)
        return replace(self, measures=tuple(m for m in self.measures if m.id not in left_out))

    @property
    def currency(self) -> str:
        """The currency in which its calibration counts, ISO 4217."""
        return _load_lists(find_calibration(self.calibration.partition("@")[0])).currency

    def resolved(self) -> str:
        """The whole scenario as YAML, composed and with references replaced, each value with its origin."""
        return resolved.write(self._variant_reading)

    @property
    def is_as_read(self) -> bool:
        """Whether this is the file with its ``--set``: no variant, no draw, no measure taken out."""
        read = tuple(m for m in self._variant_reading.measures if m.enabled)
        return self.variant_name is None and not self._drawn and self.measures == read

    @property
    def fixed_paths(self) -> frozenset[str]:
        """Paths that ``--set`` decides."""
        return frozenset(change.path for change in self._from.sets)

    @property
    def reading(self) -> Reading:
        """The file as read, of this variant."""
        return self._variant_reading

    _variant_reading: Reading = field(default=None, repr=False, compare=False)  # type: ignore[assignment]


def load(path: str | Path, sets: Iterable[str] = (), calibration_dir: str | Path | None = None) -> Scenario:
    """Read and check a scenario file.

    Parameters
    ----------
    path : path
        The file.
    sets : iterable of str
        Overrides ``path=value``, as given to ``--set``; the path must exist.
    calibration_dir : path, optional
        Folder of the calibration; by default it is found by its name.

    Raises
    ------
    ScenarioError
        With every problem of the file, if there is an error among them.
    """
    found = _Checked(Path(path), tuple(sets), calibration_dir, parts=False)
    if found.scenario is None or has_errors(found.problems):
        raise ScenarioError(found.problems)
    return found.scenario


def check(
    path: str | Path,
    sets: Iterable[str] = (),
    calibration_dir: str | Path | None = None,
    require_sources: bool = False,
) -> list[Diagnostic]:
    """All problems of a scenario file, sorted by place: errors, warnings and notes.

    A file that others include, with definitions or measures and no header, is checked as such.

    Parameters
    ----------
    require_sources : bool
        Whether a measure without a source, and an uncertain value without a source or a note, are errors.
    """
    found = _Checked(Path(path), tuple(sets), calibration_dir)
    if not require_sources or found.reading is None:
        return found.problems
    return tidy([*found.problems, *missing_sources(found.reading)])


class _Checked:
    """One file, read and checked with its variants and its sweep."""

    def __init__(self, path: Path, sets: tuple[str, ...], calibration_dir: str | Path | None, parts: bool = True):
        self._parts = parts  # whether a file without a header may be one that others include
        collecting = gc.isenabled()
        gc.disable()  # a large file makes many small objects and no garbage: looking for it doubles the time
        try:
            self._read(path, sets, calibration_dir)
        finally:
            if collecting:
                gc.enable()

    def _read(self, path: Path, sets: tuple[str, ...], calibration_dir: str | Path | None) -> None:
        roots = [path.parent, *(f / SCENARIOS for f in content_folders() if (f / SCENARIOS).is_dir())]
        files = Files(tuple(roots))
        root = files.load(path)
        self.scenario: Scenario | None = None
        self.reading: Reading | None = None
        if root is None:
            self.problems = tidy(files.problems)
            return
        self.reading = base = Reading(root)
        if self._parts and is_part(root):
            self.problems = tidy([*files.problems, *part_problems(base)])
            return
        overrides, wrong = variants_of(base)
        chosen, wrong_sets = sets_of(base, sets)
        reading = apply(base, chosen)
        lists, wrong_calibration = _code_lists(reading, calibration_dir)
        found = [*files.problems, *wrong, *wrong_sets, *wrong_calibration, *reading.problems]
        found += [*check_reading(reading, lists), *islice(unused_definitions(reading), MOST_TOLD)]
        for changes in overrides.values():
            varied = apply(base, (*changes, *chosen))
            found += new_problems(reading, varied)
            found += check_reading(varied, lists, varied.fresh)
        found += [*check_sweep(reading), *check_optimise(reading)]
        self.problems = tidy(in_currency(found, lists.currency) if lists else found)
        if not has_errors(self.problems):
            origins = _Origins(base, {k: tuple(v) for k, v in overrides.items()}, tuple(chosen))
            self.scenario = _scenario(origins, reading, path, tuple(self.problems), None)


def _code_lists(reading: Reading, calibration_dir: str | Path | None) -> tuple[CodeLists | None, list[Diagnostic]]:
    header = reading.header
    node = reading.header_block.node.child("calibration")
    if header is None or node is None or "calibration" in reading.stand_ins:
        return None, []
    name, _, version = header.calibration.partition("@")
    try:
        folder = Path(calibration_dir) if calibration_dir is not None else find_calibration(name)
        lists = _load_lists(folder)
    except UnknownNameError as error:
        return None, [node.problem("SC207", str(error))]
    except (OSError, ValueError, KeyError) as error:
        message = f"the calibration '{name}' has no readable codes.json ({error}); rebuild it"
        return None, [node.problem("SC207", message)]
    if lists.version is not None and lists.version != int(version):
        message = f"calibration '{name}' is at version {lists.version}; write '{name}@{lists.version}'"
        return lists, [node.problem("SC207", message)]
    return lists, []


@lru_cache(maxsize=16)
def _load_lists(folder: Path) -> CodeLists:
    return CodeLists.load(folder)


def _scenario(
    origins: _Origins, reading: Reading, path: Path, warnings: tuple[Diagnostic, ...], name: str | None
) -> Scenario:
    header, calendar = reading.header, reading.calendar
    if header is None or calendar is None or has_errors(reading.problems):
        raise ScenarioError(tidy(reading.problems))
    return Scenario(
        id=header.id,
        title=header.title,
        description=header.description,
        path=path,
        calibration=header.calibration,
        calendar=calendar,
        origin=header.origin,
        counterfactual=header.counterfactual,
        model_name=header.model.name,
        model_options=dict(header.model.options),
        closure=header.closure,
        measures=tuple(m for m in reading.measures if m.enabled),
        pools=dict(header.pools),
        variants=tuple(origins.overrides),
        sweep=header.sweep,
        optimise=header.optimise,
        distributions=dict(reading.distributions),
        uncertainty=header.uncertainty,
        outputs=header.outputs,
        checks=header.checks,
        claims=dict(header.claims),
        sources=(*header.source, *header.sources),
        assumptions=_assumptions(reading),
        warnings=warnings,
        variant_name=name,
        _from=origins,
        _variant_reading=reading,
    )


def _assumptions(reading: Reading) -> tuple[Assumption, ...]:
    rows = []
    for path, noted in reading.notes.items():
        dist = reading.distributions.get(path)
        text = " · ".join(t for t in (noted.note, noted.source) if t)
        kind = "sourced" if noted.source else "assumption"
        span = dist.range_text(currency_in(noted.value) or "CNY") if dist else ""
        rows.append(Assumption(path, noted.value, span, text, kind))
    return tuple(rows)


def _rebuilt(block: Block, changes: list[tuple[Keys, float]], old: Measure) -> Measure:
    data: Any = block.data
    for place, value in changes:
        data = with_value(data, place, value)
    assert block.model is not None
    made = block.model.model_validate({**data, "id": old.id}, context=YAML)
    assert isinstance(made, Measure)
    return made


__all__ = ["Assumption", "BaseUnits", "Scenario", "check", "load"]
