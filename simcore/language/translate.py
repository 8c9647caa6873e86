"""From pydantic's errors to messages for economists: the leaf key, its place, and what to write instead."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from ..units import quoted
from .compose import MOST_TOLD, unknown_key
from .diagnostics import Diagnostic
from .shape import Path, did_you_mean, keys_of, kinds_of, model_of, nearest, slot_at
from .source import Node, first_full_width, full_width_problem

_FULL_DATE = re.compile(r"^\d{4}-\d{1,2}-\d{1,2}")


def is_wrapped(node: Node) -> bool:
    """Whether a node is ``{value: ..., dist: ..., note: ..., source: ...}`` around a value."""
    value = node.value
    return isinstance(value, dict) and ("dist" in value or ("value" in value and set(value) <= _WRAPPER))


_WRAPPER = {"value", "dist", "note", "source", "unit"}


def translate(
    errors: Iterable[ErrorDetails], model: type[BaseModel], node: Node, name: str, step: str = ""
) -> list[Diagnostic]:
    """Diagnostics for the errors of one model.

    Parameters
    ----------
    errors : list
        ``ValidationError.errors()``.
    model : pydantic model
        What was validated.
    node : Node
        Its tree; ``name`` is its dotted path, empty for the top of the file.
    step : str
        The run's step, for the advice on periods.
    """
    found, missing = [], []
    errors = list(errors)[:MOST_TOLD]
    for error in errors:
        path, last = _real_path(node, error["loc"])
        if error["type"] == "missing":
            missing.append((path, str(error["loc"][-1])))
        else:
            found.append(_one(error, model, node, name, path, last, step))
    meant = {(path, key) for path, key in _meant(errors, model, node)}
    for path, key in missing:
        if (path, key) not in meant:  # a misspelt required key is one problem, not two
            at = node.at(path) or node
            where = ".".join(str(p) for p in (name, *path) if p != "")
            found.append(at.problem("SC021", f"missing key '{key}'" + (f" in {where}" if where else ""), key=True))
    return found


def _real_path(node: Node, loc: tuple[int | str, ...]) -> tuple[Path, Any]:
    """The part of pydantic's location that is in the file (tags of unions are not), and its last key."""
    path: list[int | str] = []
    here: Node = node
    for key in loc:
        child = here.child(key)
        if child is None and isinstance(here.value, dict) and not isinstance(key, int):
            child = here.child(str(key))
        if child is not None:
            path.append(key)
            here = child
    return tuple(path), loc[-1] if loc else ""


def _meant(errors: Iterable[ErrorDetails], model: type[BaseModel], node: Node) -> Iterable[tuple[Path, str]]:
    for error in errors:
        if error["type"] == "extra_forbidden":
            path, key = _real_path(node, error["loc"])
            near = nearest(str(key), _known(model, node, path[:-1]))
            if near:
                yield path[:-1], near


def _known(model: type[BaseModel], node: Node, path: Path) -> list[str]:
    slot = slot_at(model, node, path)
    inner = model_of(slot.annotation, _kind_only(node.at(path))) if slot else None
    return list(keys_of(inner)) if inner else []


def _kind_only(node: Node | None) -> Any:
    return node.value if node is not None else None


def _one(
    error: ErrorDetails, model: type[BaseModel], node: Node, name: str, path: Path, last: Any, step: str
) -> Diagnostic:
    at = node.at(path) or node
    kind, context = error["type"], error.get("ctx") or {}
    if kind == "extra_forbidden":
        return unknown_key(at, str(last), _known(model, node, path[:-1]))
    if is_wrapped(at) and "value" in at.value:
        at = at.value["value"]
    if kind.startswith("SC"):
        for key in context.get("at", ()):
            at = at.child(key) or at
        message = str(context["message"])
        if kind == "SC112" and _FULL_DATE.match(str(at.value)):
            message = f"{message}; this run has {step or 'month'}s as steps"
        return at.problem(kind, message)
    where = f"'{path[-1]}'" if path else "this"
    if kind == "union_tag_not_found":
        return _no_kind(at, model, node, path, name)
    if kind == "union_tag_invalid":
        tag = at.value.get("kind") if isinstance(at.value, dict) else None
        word = str(context.get("tag", ""))
        slot = slot_at(model, node, path)
        advice = did_you_mean(word, kinds_of(slot.annotation) if slot else [], 8)
        return (tag or at).problem("SC022", f"unknown kind '{word}'{advice}")
    return at.problem(*_plain(error, at, where, context))


def _no_kind(at: Node, model: type[BaseModel], node: Node, path: Path, name: str) -> Diagnostic:
    slot = slot_at(model, node, path)
    known = kinds_of(slot.annotation) if slot else []
    for key, child in (at.value if isinstance(at.value, dict) else {}).items():
        if nearest(key, ["kind"]):
            return unknown_key(child, key, ["kind"])
    expected = ", ".join(f"'{k}'" for k in known)
    where = ".".join(str(p) for p in (name, *path) if p != "")
    return at.problem("SC023", f"missing key 'kind' in {where}; expected {expected}", key=True)


_BOUNDS = {"gt": "more than", "ge": "at least", "lt": "less than", "le": "at most"}


def _plain(error: ErrorDetails, at: Node, where: str, context: dict[str, Any]) -> tuple[str, str]:
    """Code and message for pydantic's own kinds of error."""
    kind, shown = error["type"], quoted(at.value)
    if kind in ("literal_error", "enum"):
        expected = str(context.get("expected", "")).replace(" or ", ", ")
        words = re.findall(r"'([^']*)'", expected)
        near = nearest(str(at.value), words)
        return "SC024", f"found {shown}; " + (f"did you mean '{near}'?" if near else f"expected {expected}")
    if kind == "string_type":
        advice = f'; write "{at.value}"' if isinstance(at.value, int | float) else ""
        return "SC030", f"{where} must be text, found {shown}{advice}"
    if kind in ("dict_type", "model_type", "model_attributes_type", "mapping_type", "dataclass_type"):
        letter = first_full_width(at.value) if isinstance(at.value, str) else None
        if letter:
            d = full_width_problem(at.file, letter, at.line, at.column + at.value.index(letter))
            return d.code, d.message
        return "SC029", f"{where} must be a mapping of keys to values, found {shown}"
    if kind in ("list_type", "tuple_type"):
        return "SC029", f"{where} must be a list, [a, b], found {shown}"
    if kind in ("bool_type", "bool_parsing"):
        return "SC123", f"expected true or false, found {shown}"
    if kind.startswith(("int_", "float_")):
        return "SC121", f"expected a number, found {shown}"
    if kind in ("too_short", "too_long", "missing_argument", "unexpected_positional_argument"):
        return (
            "SC031",
            f"{where} has {context.get('actual_length', 'the wrong number of')} entries; see the manual",
        )
    if kind.startswith(("greater_than", "less_than")):
        rule, bound = next((words, context[k]) for k, words in _BOUNDS.items() if k in context)
        return "SC108", f"{shown} is out of range; it must be {rule} {bound:g}"
    message = re.sub(r"^(Value|Assertion) error, ", "", error["msg"])
    return "SC099", f"{where}: {message}"
