"""Sweeps: values for dotted paths, and the points that they make."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import Any

from ..errors import ScenarioError, UnknownNameError
from .compose import from_command_line
from .diagnostics import Diagnostic, has_errors, tidy
from .overrides import MOST_RUNS, Changes, Override, missing_path, trial
from .scenario import Scenario
from .source import Node, Source

DESIGNS = ("grid", "zip", "one_at_a_time")
UNCHANGED = "as in the file"
_QUANTITY = re.compile(r"^\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*(\D.*?)?\s*$")


@dataclass(frozen=True)
class Axis:
    """Values of one path, as they were written; ``name`` is the end of the path that tells it from the others."""

    path: str
    name: str
    nodes: tuple[Node, ...]

    @property
    def texts(self) -> tuple[str, ...]:
        return tuple(_text(node) for node in self.nodes)

    def numbers(self) -> tuple[tuple[float, ...], str] | None:
        """The values as numbers of one unit, with that unit; None where they are not."""
        found = [_QUANTITY.match(text) for text in self.texts]
        units = {match[2] or "" if match else None for match in found}
        if len(units) != 1 or None in units:
            return None
        return tuple(float(match[1]) for match in found if match), str(units.pop())

    def override(self, i: int) -> Override:
        return Override(self.path, self.nodes[i])


@dataclass(frozen=True)
class Points:
    """The points of a sweep; without axes there is one, the file as it stands.

    ``design``: ``grid`` crosses all axes, ``zip`` pairs their values, ``one_at_a_time`` starts from the file and
    changes one path at a time.
    """

    design: str = "grid"
    axes: tuple[Axis, ...] = ()
    trials: tuple[Changes, ...] = ()  # points that together hold every value of every axis

    @property
    def dims(self) -> tuple[str, ...]:
        """One dimension an axis in a grid, else ``point``."""
        if self.design == "grid":
            return tuple(axis.name for axis in self.axes)
        return ("point",) if self.axes else ()

    @property
    def shape(self) -> tuple[int, ...]:
        counts = tuple(len(axis.nodes) for axis in self.axes)
        if self.design == "grid" or not counts:
            return counts
        return (counts[0],) if self.design == "zip" else (1 + sum(counts),)

    def overrides(self, place: Sequence[int]) -> tuple[Override, ...]:
        """What the point at a place changes."""
        if not self.axes:
            return ()
        if self.design == "grid":
            return tuple(axis.override(i) for axis, i in zip(self.axes, place, strict=True))
        if self.design == "zip":
            return tuple(axis.override(place[0]) for axis in self.axes)
        changes = [axis.override(i) for axis in self.axes for i in range(len(axis.nodes))]
        return () if place[0] == 0 else (changes[place[0] - 1],)

    def labels(self) -> list[str]:
        """What each point of a ``zip`` or ``one_at_a_time`` design changes, in words."""
        names = {axis.path: axis.name for axis in self.axes}
        found = []
        for i in range(self.shape[0]):
            changes = self.overrides((i,))
            found.append(", ".join(f"{names[c.path]}={_text(c.node)}" for c in changes) or UNCHANGED)
        return found

    def record(self) -> dict[str, Any]:
        """Design and axes as plain text."""
        return {"design": self.design, "axes": {axis.path: list(axis.texts) for axis in self.axes}}


def points_of(
    scenario: Scenario, sweep: Mapping[str, Iterable[Any]] | None = None, design: str | None = None
) -> Points:
    """The points of a scenario's own sweep, or of other axes in its place.

    Parameters
    ----------
    sweep : {dotted path: values}, optional
        Values as a file has them (``"30 %"``); empty for none.
    design : str, optional
        ``grid`` (default), ``zip`` or ``one_at_a_time``.

    Raises
    ------
    ScenarioError
        With every problem of the axes: a path that does not exist, a value that cannot stand there, axes that do not
        pair, too many points.
    UnknownNameError
        For a design that does not exist.
    """
    if design is not None and design not in DESIGNS:
        raise UnknownNameError(f"unknown design '{design}' of a sweep; there is {', '.join(DESIGNS)}")
    if sweep is None:
        own = scenario.sweep
        block = scenario.reading.header_block.node.at(("sweep", "axes")) if own else None
        given = {path: tuple(axis.value) for path, axis in block.value.items()} if block is not None else {}
        chosen = design or (own.design if own else "grid")
        problems: list[Diagnostic] = []
    else:
        given, problems = _nodes(sweep)
        chosen = design or "grid"
    points = Points(chosen, tuple(Axis(path, name, given[path]) for path, name in _names(given).items()))
    problems += _problems(scenario, points)
    trials: list[Changes] = []
    if not has_errors(problems):
        for path, nodes in given.items():
            for i in range(len(nodes)):
                tried, wrong = trial(scenario.problems_at, chosen, given, path, i)
                problems += wrong
                trials += [tried] if tried not in trials else []
    if has_errors(problems):
        raise ScenarioError(tidy(problems))
    return replace(points, trials=tuple(trials))


def _nodes(sweep: Mapping[str, Iterable[Any]]) -> tuple[dict[str, tuple[Node, ...]], list[Diagnostic]]:
    given: dict[str, tuple[Node, ...]] = {}
    problems: list[Diagnostic] = []
    for path, values in sweep.items():
        if isinstance(values, str):
            message = f"the axis needs a list of values: {{'{path}': ['{values}', ...]}}"
            problems.append(Source("sweep", path).problem("SC412", message, 1, 1))
            continue
        nodes = []
        for value in values:
            text = value if isinstance(value, str) else json.dumps(_plain(value), ensure_ascii=False)
            _, node, wrong = from_command_line(f"{path}={text}", "sweep")
            problems += wrong
            nodes += [node] if node is not None else []
        given[path] = tuple(nodes)
    return given, problems


def _plain(value: Any) -> Any:
    """A numpy number as Python has it."""
    return value.item() if hasattr(value, "item") else value


def _problems(scenario: Scenario, points: Points) -> list[Diagnostic]:
    problems: list[Diagnostic] = []
    for axis in points.axes:
        at = axis.nodes[0] if axis.nodes else Node(None, Source("sweep", axis.path), 1, 1)
        message = missing_path(scenario.reading, axis.path)
        if message is not None:
            problems.append(at.problem("SC411", message, key=True))
        elif axis.path in scenario.fixed_paths:
            problems.append(
                at.problem("SC411", f"'{axis.path}' is set for all runs already; sweep it or set it", key=True)
            )
        elif not axis.nodes:
            problems.append(at.problem("SC412", f"the axis '{axis.path}' has no values"))
        elif len(set(axis.texts)) < len(axis.texts):
            problems.append(at.problem("SC412", f"the axis '{axis.path}' has a value twice", key=True))
    counts = {len(axis.nodes) for axis in points.axes}
    if points.design == "zip" and len(counts) > 1:
        problems.append(
            points.axes[0].nodes[0].problem("SC413", "axes have different lengths, which 'zip' cannot pair")
        )
    elif points.axes and prod(points.shape) > MOST_RUNS:
        message = f"the sweep asks for {prod(points.shape)} points (limit {MOST_RUNS})"
        problems.append(points.axes[0].nodes[0].problem("SC414", message))
    return problems


def _names(paths: Iterable[str]) -> dict[str, str]:
    """The shortest end of each path that no other path has, and that is no other dimension's name."""
    all_paths = list(paths)
    taken = {"scenario", "variant", "point", "draw", "slice", "period", "sector", "region", "ownership", "status"}
    found = {}
    for path in all_paths:
        keys = path.split(".")
        ends = [".".join(keys[-k:]) for k in range(1, len(keys) + 1)]
        others = [p for p in all_paths if p != path]
        free = (e for e in ends if e not in taken and not any(p == e or p.endswith(f".{e}") for p in others))
        found[path] = next(free, path)
    return found


def _text(node: Node) -> str:
    value = node.plain()
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
