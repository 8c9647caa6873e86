"""YAML files beside scenarios (recipes, episodes, rules): read into one model, with every problem at its place."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from ..errors import ScenarioError
from .diagnostics import Diagnostic, has_errors, tidy
from .source import Node, parse, read
from .translate import translate

M = TypeVar("M", bound=BaseModel)


def read_tree(path: Path, schema: str) -> tuple[Node, list[Diagnostic]]:
    """The tree of a file with the problems of its text that leave a tree; ``schema`` is what its first line says.

    Raises
    ------
    ScenarioError
        If the file is missing, is no YAML, or holds no keys.
    """
    source, found = read(path)
    node = None
    if not found:
        node, found = parse(source)
    if node is not None and not isinstance(node.value, dict):
        found.append(node.problem("SC010", f"{path.name} is a mapping of keys to values; write 'schema: {schema}'"))
    if node is None or not isinstance(node.value, dict):
        raise ScenarioError(tidy(found))
    return node, found


def told(error: ValidationError, model: type[BaseModel], trees: Sequence[Node]) -> list[Diagnostic]:
    """What a model refuses, each at its place in the first tree that holds it: a file, then those it extends."""
    found: list[Diagnostic] = []
    by_tree: dict[int, list] = {}
    for problem in error.errors(include_url=False):
        path = problem["loc"][:-1] if problem["type"] == "missing" else problem["loc"]
        holds = (i for i, tree in enumerate(trees) if tree.at(path) is not None)
        by_tree.setdefault(next(holds, 0), []).append(problem)
    for i, problems in by_tree.items():
        found += translate(problems, model, trees[i], "")
    return found


def read_document(
    path: Path, model: type[M], schema: str, why: str, more: Callable[[Node], Iterable[Diagnostic]] = lambda _: ()
) -> M:
    """A file as its model; ``more`` looks at the tree for what no single value can tell, ``why`` says who needs it.

    Raises
    ------
    ScenarioError
        If the file is missing, is no YAML or does not fit; all problems at once, each with line and column.
    """
    if not path.is_file():
        raise ScenarioError([f"{path}: there is no such file; {why}"])
    node, found = read_tree(path, schema)
    made = None
    try:
        made = model.model_validate(node.plain())
    except ValidationError as error:
        found += told(error, model, [node])
    found += more(node)
    if made is None or has_errors(found):
        raise ScenarioError(tidy(found))
    return made
