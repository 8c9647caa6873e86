"""What a file of episodes names, held against what there is: runs, months, codes, divisions and parameters."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import NamedTuple

from ..economy import CATEGORIES
from ..language.codelists import CodeLists
from ..language.diagnostics import Diagnostic
from ..language.shape import did_you_mean
from ..language.source import Node
from ..measures.epidemic import Epidemic
from ..models.inventory import Inventory
from .history import read_history, release, release_month


def is_month(text: str) -> bool:
    """Whether a text is a month, ``2022-03``."""
    return re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", text) is not None


class Name(NamedTuple):
    """A text of the file with its place; ``key`` where it stands before a colon."""

    text: str
    node: Node
    key: bool = False

    def problem(self, message: str) -> Diagnostic:
        return self.node.problem("SC201", message, key=self.key)


def problems(tree: Node, folder: Path) -> Iterator[Diagnostic]:
    """Names that nothing answers to; codes and divisions as far as the folder holds their lists."""
    runs = _entries(tree, "runs")
    for episode in _entries(tree, "episodes").values():
        yield from _unknown(_values(episode, "run"), "run", runs)
        named = [runs[name.text] for name in _values(episode, "run") if name.text in runs]
        for run in named:
            yield from _outside(_values(episode, "months"), run)
    for run in runs.values():
        yield from _outside(_keys(run, "intensity"), run)
        for closure in _values_of(run, "closures"):
            yield from _outside(_keys(closure, "shape"), run)
            yield from _without_intensity(_keys(closure, "shape"), run)
        for demand in _entries(run, "demand").values():
            yield from _outside(_values(demand, "months"), run)
            yield from _unknown(_values(demand, "category"), "category", CATEGORIES)
    yield from _unknown(_keys(tree, "dynamics"), "parameter", _parameters())
    if (folder / "codes.json").is_file():
        yield from _codes(tree, CodeLists.load(folder))
    if (folder / "sources").is_dir():
        yield from _divisions(tree, folder)


def _parameters() -> list[str]:
    """What can be estimated: numbers with a range of the inventory model and of a closure."""
    of_model = [f"model.{f.name}" for f in fields(Inventory) if "range" in f.metadata]
    return of_model + [f"epidemic.{name}" for name in Epidemic.parameters]


def _codes(tree: Node, lists: CodeLists) -> Iterator[Diagnostic]:
    sectors, regions = lists.sector.codes, lists.region.codes
    for sensitivity in _values_of(tree, "sensitivity"):
        yield from _unknown(_keys(sensitivity, "outside"), "sector", sectors)
    for run in _entries(tree, "runs").values():
        for closure in _values_of(run, "closures"):
            yield from _unknown(_keys(closure, "exposure"), "region", regions)
        for demand in _entries(run, "demand").values():
            products = [name for name in _values(demand, "products") if name.text != "all"]
            yield from _unknown([*products, *_values(demand, "able")], "sector", sectors)


def _divisions(tree: Node, folder: Path) -> Iterator[Diagnostic]:
    known = sorted(set(read_history(folder / "sources").division))
    for episode in _entries(tree, "episodes").values():
        yield from _unknown(_values(episode, "inputs"), "division", known)
    for run in _entries(tree, "runs").values():
        for demand in _entries(run, "demand").values():
            yield from _unknown(_values(demand, "tied"), "division", [*known, "total"])


def _outside(months: Iterable[Name], run: Node) -> Iterator[Diagnostic]:
    """Months that a run does not cover."""
    start, end = (next((name.text for name in _values(run, key)), "") for key in ("start", "end"))
    for month in months:
        if start and end and is_month(month.text) and not start <= month.text <= end:
            yield month.problem(f"{month.text} is no month of this run, {start} to {end}")


def _without_intensity(months: Iterable[Name], run: Node) -> Iterator[Diagnostic]:
    """Months of a shape whose release has no level to be estimated; January's is February's."""
    given = [name.text for name in _keys(run, "intensity")]
    for month in months:
        asked = release_month(release(month.text)) if is_month(month.text) else month.text
        if is_month(month.text) and asked not in given:
            yield month.problem(f"no intensity for {asked}; add it to 'intensity' of this run, or take the month out")


def _unknown(names: Iterable[Name], what: str, known: Iterable[str]) -> Iterator[Diagnostic]:
    words = list(known)
    for name in names:
        if name.text not in words:
            yield name.problem(f"unknown {what} '{name.text}'{did_you_mean(name.text, words, 12)}")


def _entries(node: Node, key: str) -> dict[str, Node]:
    """What stands below a key, by name."""
    below = node.child(key)
    return below.value if below is not None and isinstance(below.value, dict) else {}


def _keys(node: Node, key: str) -> list[Name]:
    return [Name(str(text), child, True) for text, child in _entries(node, key).items()]


def _values_of(node: Node, key: str) -> list[Node]:
    """The items of a list, or the one value that stands in its place."""
    below = node.child(key)
    if below is None:
        return []
    return below.value if isinstance(below.value, list) else [below]


def _values(node: Node, key: str) -> list[Name]:
    """The same as texts."""
    return [Name(str(n.value), n) for n in _values_of(node, key) if isinstance(n.value, str | int | float)]
