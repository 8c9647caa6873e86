"""Variants, sweeps and ``--set``: dotted paths that must exist, and the trees they make."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice, product
from typing import NamedTuple

from pydantic_core import PydanticCustomError

from ..units import Quantity, currency_in
from .compose import MOST_TOLD, REFERENCE, from_command_line, override
from .diagnostics import Diagnostic
from .reading import Reading
from .schema import COMPOSED, Header
from .shape import did_you_mean, keys_of, model_of, slot_at
from .source import Node

MOST_RUNS = 1_000_000
MOST_TRIALS = 200  # combinations in which a value of a sweep is tried before it counts as wrong


class Override(NamedTuple):
    """A value for a dotted path; its node knows where it was written."""

    path: str
    node: Node


Changes = tuple[Override, ...]


def variants_of(reading: Reading) -> tuple[dict[str, list[Override]], list[Diagnostic]]:
    """The variants of a file by name, and what is wrong with their paths."""
    block = reading.root.value.get("variants")
    if block is None or block.value is None:
        return {}, []
    if not isinstance(block.value, dict):
        return {}, [block.problem("SC029", "'variants' needs a name for each entry: {name: {path: value}}")]
    found: dict[str, list[Override]] = {}
    problems: list[Diagnostic] = []
    for name, node in block.value.items():
        if len(problems) > MOST_TOLD:
            break
        if name in ("baseline", "scenario"):
            message = f"'{name}' is the name of a run already: call the variant something else"
            problems.append(node.problem("SC026", message, key=True))
        if not isinstance(node.value, dict):
            problems.append(node.problem("SC029", f"variant '{name}' must map paths to values", key=True))
            continue
        found[name] = []
        for path, value in node.value.items():
            wrong = missing_path(reading, path)
            if wrong is None:
                found[name].append(Override(path, value))
            else:
                problems.append(value.problem("SC410", wrong, key=True))
    return found, problems


def sets_of(reading: Reading, sets: Iterable[str]) -> tuple[list[Override], list[Diagnostic]]:
    """The overrides of ``--set path=value``."""
    found: list[Override] = []
    problems: list[Diagnostic] = []
    for text in sets:
        path, node, wrong = from_command_line(text)
        problems += wrong
        if node is None:
            continue
        message = missing_path(reading, path)
        if message is None:
            found.append(Override(path, node))
        else:
            problems.append(node.problem("SC410", message, key=True))
    return found, problems


def apply(reading: Reading, overrides: Iterable[Override]) -> Reading:
    """The reading of the tree with overrides."""
    root = reading.root
    for path, node in overrides:
        root = _expanded(reading, root, tuple(path.split(".")))
        root = override(root, tuple(path.split(".")), node)
    return Reading(root, before=reading) if root is not reading.root else reading


def _expanded(reading: Reading, root: Node, path: tuple[str, ...]) -> Node:
    """The tree with references on the way to a path replaced, so that the path can be followed."""
    here: Node | None = root
    for depth, key in enumerate(path[:-1], start=1):
        here = here.child(int(key) if here and isinstance(here.value, list) else key) if here else None
        if here is not None and isinstance(here.value, str) and REFERENCE.match(here.value):
            here = reading.references.resolve(here, path[:depth])
            root = override(root, path[:depth], here)
    return root


def missing_path(reading: Reading, dotted: str) -> str | None:
    """Why a path does not exist, or None if the file or the language has it."""
    keys = dotted.split(".")
    here: Node | None = reading.root
    for depth, key in enumerate(keys):
        if here is not None and isinstance(here.value, str) and REFERENCE.match(here.value):
            here = reading.references.resolve(here, ())
        if here is not None and isinstance(here.value, list):
            here = here.child(int(key)) if key.isdigit() else None
            if here is None:
                return f"path '{dotted}': no entry '{key}' in this list"
            continue
        child = here.child(key) if here is not None else None
        if child is None:
            known = _keys_at(reading, keys[:depth], here)
            if key not in known:
                return f"path '{dotted}': no key '{key}' here{did_you_mean(key, known, 8)}"
        here = child
    return None


def _keys_at(reading: Reading, keys: list[str], node: Node | None) -> list[str]:
    """Keys that may follow a path: those in the file and those that the language has."""
    own = list(node.value) if node is not None and isinstance(node.value, dict) else []
    if not keys:
        return [*own, *(k for k in keys_of(Header) if k not in own)]
    block = reading.entries.get(keys[1]) if len(keys) > 1 and keys[0] in ("policies", "shocks") else None
    if keys[0] in COMPOSED and block is None:
        return own
    top, rest = (block.node, tuple(keys[2:])) if block else (reading.header_block.node, tuple(keys))
    model = block.model if block else Header
    slot = slot_at(model, top, rest) if model else None
    at = top.at(rest)
    inner = model_of(slot.annotation, at.value if at else None) if slot else None
    return [*own, *(k for k in keys_of(inner) if k not in own)] if inner else own


# ---- sweeps --------------------------------------------------------------------------------------------


def check_sweep(reading: Reading) -> list[Diagnostic]:
    """Paths, values and size of a sweep."""
    header = reading.header
    if header is None or header.sweep is None:
        return []
    node = reading.header_block.node.at(("sweep", "axes"))
    assert node is not None
    problems: list[Diagnostic] = []
    lengths: dict[str, int] = {}
    for path, axis in node.value.items():
        message = missing_path(reading, path)
        if message is not None:
            problems.append(axis.problem("SC411", message, key=True))
            continue
        lengths[path] = len(axis.value)
        if not axis.value:
            problems.append(axis.problem("SC412", "the axis has no values"))
    axes = {path: node.value[path].value for path in lengths}
    for path in lengths:
        for i in range(min(len(axes[path]), 1000)):
            problems += trial(lambda c: new_problems(reading, apply(reading, c)), header.sweep.design, axes, path, i)[1]
    counts = list(lengths.values())
    if header.sweep.design == "zip" and len(set(counts)) > 1:
        message = "axes have different lengths, which 'zip' cannot pair"
        problems.append(node.problem("SC413", message, key=True))
    runs = {"grid": math.prod(counts), "zip": max(counts, default=0)}.get(header.sweep.design, sum(counts) + 1)
    total = runs * max(1, header.uncertainty.n or 1)
    if total > MOST_RUNS:
        message = f"the sweep asks for {total} runs (limit {MOST_RUNS})"
        problems.append(node.problem("SC414", message, key=True))
    return problems


def trial(
    problems_at: Callable[[Changes], list[Diagnostic]],
    design: str,
    axes: Mapping[str, Sequence[Node]],
    path: str,
    i: int,
) -> tuple[Changes, list[Diagnostic]]:
    """A point in which value i of an axis can stand, alone if possible; else what is wrong with it alone.

    A value may need others beside it: a later start of a profile needs a later end.
    """
    alone = (Override(path, axes[path][i]),)
    if design == "zip":
        paired = tuple(Override(p, values[i]) for p, values in axes.items() if i < len(values))
        return paired, problems_at(paired)
    problems = problems_at(alone)
    if design == "grid" and problems:
        others = [[Override(p, value) for value in values] for p, values in axes.items() if p != path]
        for beside in islice(product(*others), MOST_TRIALS):
            if not problems_at((*alone, *beside)):
                return (*alone, *beside), []
    return alone, problems


def new_problems(base: Reading, changed: Reading) -> list[Diagnostic]:
    """Problems of a changed tree that the base did not have."""
    old = set(base.problems)
    return [d for d in changed.problems if d not in old]


# ---- best use of a budget ------------------------------------------------------------------------------


def check_optimise(reading: Reading) -> list[Diagnostic]:
    """Paths that exist and hold amounts, bounds in order, and a budget that leaves a choice."""
    header = reading.header
    node = reading.header_block.node.child("optimise")
    if header is None or header.optimise is None or node is None:
        return []
    problems: list[Diagnostic] = []
    least = 0.0
    for i, path in enumerate(header.optimise.choose):
        place = node.at(("choose", i)) or node.child("choose") or node
        quantity = None if missing_path(reading, path) else quantity_at(reading, path)
        if quantity is None or quantity.dimension != "money" or header.optimise.choose.index(path) != i:
            message = missing_path(reading, path) or f"'{path}' is no amount, or is named twice"
            problems.append(place.problem("SC438", message))
            continue
        bound = node.at(("bounds", path))
        if path not in header.optimise.bounds:
            continue
        try:
            low, high = (quantity.read(v, yaml=True) for v in header.optimise.bounds[path])
        except PydanticCustomError as error:
            problems.append((bound or node).problem(error.type, (error.context or {})["message"]))
            continue
        if low >= high:
            problems.append((bound or node).problem("SC438", "the lower bound comes first, and is below the upper one"))
        least += low
    for path in header.optimise.bounds:
        if path not in header.optimise.choose:
            known = did_you_mean(path, header.optimise.choose, 8)
            problems.append(
                (node.at(("bounds", path)) or node).problem("SC438", f"'{path}' is not chosen{known}", key=True)
            )
    budget = header.optimise.budget
    if budget is not None and least > budget and not problems:
        write = Quantity("money", currency=currency_in(str((node.child("budget") or node).value)) or "CNY").write
        message = f"the lower bounds add up to {write(least)}, more than the budget of {write(budget)}"
        problems.append((node.child("budget") or node).problem("SC439", message))
    return problems


def quantity_at(reading: Reading, path: str) -> Quantity | None:
    """The quantity that a field of a measure holds; None for what is no number of a measure."""
    keys = tuple(path.split("."))
    block = reading.entries.get(keys[1]) if len(keys) > 2 and keys[0] in ("policies", "shocks") else None
    slot = slot_at(block.model, block.node, keys[2:]) if block is not None and block.model is not None else None
    return slot.quantity if slot is not None else None
