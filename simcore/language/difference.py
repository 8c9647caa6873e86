"""Where two scenarios differ, value by value, whatever files their values come from."""

from __future__ import annotations

from collections.abc import Iterator

from .scenario import Scenario
from .source import Node

NOTHING = "(nothing)"


def differences(one: Scenario, other: Scenario) -> list[str]:
    """``path: value in one -> value in the other``, a line each, in the order of the first file."""
    first, second = (dict(_values(s.reading.root, ())) for s in (one, other))
    paths = [*first, *(path for path in second if path not in first)]
    rows = [(path, first.get(path, NOTHING), second.get(path, NOTHING)) for path in paths]
    return [f"{path}: {a} -> {b}" for path, a, b in rows if a != b]


def _values(node: Node, path: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Dotted paths of all leaves with their values; a list counts as one value."""
    if isinstance(node.value, dict):
        for key, child in node.value.items():
            yield from _values(child, (*path, str(key)))
    else:
        yield ".".join(path), _shown(node)


def _shown(node: Node) -> str:
    if isinstance(node.value, list):
        return "[" + ", ".join(_shown(item) for item in node.value) + "]"
    if isinstance(node.value, dict):
        return "{" + ", ".join(f"{key}: {_shown(child)}" for key, child in node.value.items()) + "}"
    if node.value is None:
        return "null"
    return str(node.value).lower() if isinstance(node.value, bool) else str(node.value)
