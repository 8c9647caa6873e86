"""The text of a recipe as a tree whose values know their places, and the messages of what its model refuses."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pydantic import BaseModel, ValidationError

from ..errors import ScenarioError
from ..language.diagnostics import Diagnostic, tidy
from ..language.source import Node, parse, read
from ..language.translate import translate

RECIPE = "recipe.yaml"


def read_tree(folder: Path) -> tuple[Node, list[Diagnostic]]:
    """The tree of ``recipe.yaml`` with the problems of its text that leave a tree.

    Raises
    ------
    ScenarioError
        If the file is missing, is no YAML, or holds no keys.
    """
    source, found = read(folder / RECIPE)
    node = None
    if not found:
        node, found = parse(source)
    if node is not None and not isinstance(node.value, dict):
        message = "a recipe is a mapping of keys to values; write 'schema: simcore/calibration@1'"
        found.append(node.problem("SC010", message))
    if node is None or not isinstance(node.value, dict):
        raise ScenarioError(tidy(found))
    return node, found


def told(error: ValidationError, model: type[BaseModel], trees: Sequence[Node]) -> list[Diagnostic]:
    """What a model refuses, each at its place in the first tree that holds it: a recipe, then those it extends."""
    found: list[Diagnostic] = []
    by_tree: dict[int, list] = {}
    for problem in error.errors(include_url=False):
        path = problem["loc"][:-1] if problem["type"] == "missing" else problem["loc"]
        holds = (i for i, tree in enumerate(trees) if tree.at(path) is not None)
        by_tree.setdefault(next(holds, 0), []).append(problem)
    for i, problems in by_tree.items():
        found += translate(problems, model, trees[i], "")
    return found
