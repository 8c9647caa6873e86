"""A scenario as one YAML text in which every value says where it comes from."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from .reading import Reading
from .source import Node, scalar

_ORDER = ("schema", "id", "title", "description", "calibration", "time")


def write(reading: Reading) -> str:
    """YAML with ``# file:line`` after each value; reads back to the same scenario.

    References stay, beside what they refer to: a parameter that is used twice is drawn once.
    """
    nodes = reading.root.value
    keys = [k for k in _ORDER if k in nodes] + [k for k in nodes if k not in _ORDER]
    return "\n".join(line for key in keys for line in _entry(key, nodes[key], 0)) + "\n"


def _entry(key: str, node: Node, depth: int) -> Iterator[str]:
    indent = "  " * depth
    if isinstance(node.value, dict) and node.value:
        yield f"{indent}{_text(key)}:"
        for inner, child in node.value.items():
            yield from _entry(inner, child, depth + 1)
    elif isinstance(node.value, list) and any(isinstance(n.value, dict | list) for n in node.value):
        yield f"{indent}{_text(key)}:"
        for item in node.value:
            yield f"{indent}  - {_flow(item)}  # {_origin(item)}"
    else:
        yield f"{indent}{_text(key)}: {_flow(node)}  # {_origin(node)}"


def _flow(node: Node) -> str:
    if isinstance(node.value, dict):
        return "{" + ", ".join(f"{_text(k)}: {_flow(n)}" for k, n in node.value.items()) + "}"
    if isinstance(node.value, list):
        return "[" + ", ".join(_flow(n) for n in node.value) + "]"
    return _text(node.value)


def _text(value: Any) -> str:
    """A scalar as YAML: quoted where it would otherwise be read as something else."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    plain = value.isascii() and value == value.strip() and scalar(value) == value and value[:1].isalnum()
    if plain and not set(value) & set(":#,[]{}&*!|>'\"%@`\n\t"):
        return value
    return json.dumps(value, ensure_ascii=False)


def _origin(node: Node) -> str:
    return f"{node.file.name}:{node.line}"
