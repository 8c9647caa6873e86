"""Scenario files of an older format, rewritten for this one; comments and layout stay.

A step renames keys, since that is what a new major version of the format does to old files; what a file means never
changes in silence.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from ..errors import ScenarioError
from .schema import SCHEMA
from .source import Node, Source, parse, read

_VERSION = re.compile(r"^simcore/scenario@(\d+)$")


class Renamed(NamedTuple):
    """A key that has another name from the next major version on.

    ``path`` leads to it from the top of a file; ``*`` stands for any name.
    """

    path: tuple[str, ...]
    new: str


STEPS: dict[int, tuple[Renamed, ...]] = {}  # from each older major version to the next one; @1 is the first


def migrate(path: Path, steps: dict[int, tuple[Renamed, ...]] = STEPS, newest: str = SCHEMA) -> str | None:
    """The text of a scenario file in the newest format, or None where it is in that format already.

    Parameters
    ----------
    steps, newest
        What to rewrite and how far.

    Raises
    ------
    ScenarioError
        If the file cannot be read as YAML, names no version, or is newer than this simcore.
    """
    source, problems = read(path)
    root, wrong = (None, problems) if problems else parse(source)
    if root is None or wrong:
        raise ScenarioError(wrong)
    node = root.child("schema")
    match = _VERSION.match(str(node.value)) if node is not None else None
    if node is None or match is None:
        message = f"no version of the format to start from; write 'schema: {newest}' at the top"
        raise ScenarioError([(node or root).problem("SC024", message)])
    version, last = int(match[1]), int(newest.rpartition("@")[2])
    if version == last:
        return None
    if not all(number in steps for number in range(version, last)) or version > last:
        advice = "install a newer simcore" if version > last else "there was no such version"
        raise ScenarioError([node.problem("SC024", f"found version {version} of the format; {advice}")])
    text = source.text
    for number in range(version, last):
        text = _rewritten(text, path, steps[number], number + 1)
    return text


def _rewritten(text: str, path: Path, renames: tuple[Renamed, ...], version: int) -> str:
    """The text one version on: every edit is a word at a known place, from the end to the beginning."""
    root, _ = parse(Source(str(path), text))
    assert root is not None
    edits = [(n.key_line, n.key_column, r.path[-1], r.new) for r in renames for n in _under(root, r.path)]
    node = root.value["schema"]
    edits.append((node.line, node.column, str(node.value), f"simcore/scenario@{version}"))
    lines = text.split("\n")
    for line, column, old, new in sorted(edits, reverse=True):
        before, after = lines[line - 1][: column - 1], lines[line - 1][column - 1 :]
        lines[line - 1] = before + after.replace(old, new, 1)
    return "\n".join(lines)


def _under(node: Node, path: tuple[str, ...]) -> list[Node]:
    """Nodes at a path with wildcards."""
    if not path:
        return [node]
    if not isinstance(node.value, dict):
        return []
    names = list(node.value) if path[0] == "*" else [path[0]] if path[0] in node.value else []
    return [found for name in names for found in _under(node.value[name], path[1:])]
