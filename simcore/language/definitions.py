"""Definitions that nothing uses yet: they are checked by what they are, since no field says what they must be.

That also checks a file that others include, with nothing of a scenario's own header in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from pydantic import BaseModel, ValidationError, create_model
from pydantic_core import PydanticCustomError

from ..measures.fields import Profile, Selector
from ..units import UNITS, Quantity
from .compose import MOST_TOLD
from .diagnostics import Diagnostic
from .distribution import read_distribution
from .reading import YAML, Reading, own_quantity, wrapper_problems
from .schema import DEFINITIONS, INCLUDED_KEYS, MEASURES_KEYS
from .source import Node
from .translate import is_wrapped, translate

_WITH_UNIT = re.compile(r"^[-+]?[\d.]+(?:[eE][-+]?\d+)?\s*(\D.*)$")


def is_part(root: Node) -> bool:
    """Whether a file holds definitions or measures for others to include, and nothing of a scenario's header."""
    keys = root.value.keys()
    return keys <= set(INCLUDED_KEYS) and any(k in keys for k in (*DEFINITIONS, *MEASURES_KEYS))


def part_problems(reading: Reading) -> list[Diagnostic]:
    """Problems of a file that others include; names that those others define are not known here."""
    header = {(d.line, d.column, d.code) for d in reading.header_block.problems}
    found = [d for d in reading.problems if d.code != "SC408" and (d.line, d.column, d.code) not in header]
    message = "no id, calibration and time: checked as a file that scenarios include, its codes with these"
    return [
        *found,
        *islice(unused_definitions(reading), MOST_TOLD),
        reading.root.problem("SC034", message, severity="note"),
    ]


def unused_definitions(reading: Reading) -> Iterator[Diagnostic]:
    """Problems of selectors, profiles and parameters that no measure refers to."""
    used = {name for b in (reading.header_block, *reading.entries.values()) for name in b.uses}
    for name, (where, raw) in tuple(reading.references.defined.items()):
        if where in used:
            continue
        node = reading.references.resolve(raw, (where,))
        section = where.partition(".")[0]
        if section == "selectors":
            yield from _against(create_model(name, **{name: (Selector, ...)}), name, section, node, reading.step)  # type: ignore[call-overload]
        elif section == "profiles":
            yield from _against(create_model(name, **{name: (Profile, ...)}), name, section, node, reading.step)  # type: ignore[call-overload]
        else:
            yield from _parameter(node, where)


def _against(model: type[BaseModel], name: str, section: str, node: Node, step: str) -> list[Diagnostic]:
    holder = node.copy({name: node})
    try:
        model.model_validate({name: node.plain()}, context={**YAML, "step": step})
    except ValidationError as error:
        return translate(error.errors(include_url=False), model, holder, section, step)
    return []


def _parameter(node: Node, where: str) -> Iterator[Diagnostic]:
    value = node.value
    if not (is_wrapped(node) or (isinstance(value, dict) and "value" in value)):
        yield from _unit(node)
        return
    yield from wrapper_problems(node, where)
    inner = value.get("value")
    if inner is None:
        return
    wrong = list(_unit(inner))
    yield from wrong
    if "dist" in value and not wrong and not isinstance(inner.value, dict | list):
        quantity = own_quantity(node)
        number = quantity.read(inner.value, yaml=True)
        yield from read_distribution(node, quantity, number, "", "")[1]


def _unit(node: Node) -> Iterator[Diagnostic]:
    """A number with a unit that there is not; other text may be a name."""
    match = _WITH_UNIT.match(node.value) if isinstance(node.value, str) else None
    if match is None or match[1] in UNITS:
        return
    try:
        Quantity("share").read(node.value, yaml=True)
    except PydanticCustomError as error:
        yield node.problem(error.type, (error.context or {})["message"])
