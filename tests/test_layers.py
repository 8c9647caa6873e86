"""Imports point one way, and heavy libraries load only where they are used."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1] / "simcore"

# From the ground up: a layer imports from itself and from layers below it. Subpackages and modules of the top
# level stand by their name. Parts of one layer in different lists are siblings, which never import each
# other.
LAYERS: list[list[set[str]]] = [
    [{"errors", "units", "calendar", "attribution", "records", "variables", "timing"}],
    [{"kernels"}],
    [{"statistics"}],
    [{"economy"}],
    [{"drivers"}],
    [{"measures"}, {"models"}],  # they meet in the drivers alone
    [{"ensemble"}],  # many runs of a model
    [{"package"}],  # the measures of a run, with their pools of money
    [{"language"}],
    # A result holds its numbers, however they were made, so that figures and reports need no model.
    [
        {"levels", "result", "labels", "resultfile", "runfolder", "headline", "tables"}
        | {"safeguards", "cost_effectiveness", "cells", "answer_tables", "exchange"},
    ],
    [
        {"setting", "drawn", "run", "effects", "findings", "describe"}
        | {"claims", "ownership", "fiscal", "ledger", "checks", "hindcast"},
    ],
    [
        {"studies"},
        {"solve", "decompose", "sensitivity", "contributions", "optimise", "forecast", "epidemic_rule"},
    ],  # many runs of one or several scenarios: in a store; for an answer
    [{"plot"}],
    [{"report"}],  # a report shows figures
    [{"comparison"}],  # several runs of one scenario, with a page of their own
    [
        {
            "cli",
            "commands",
            "bench",
            "key_sectors",
            "lists",
            "manual",
            "testing",
            "warming",
            "__main__",
            "__init__",
        }
    ],
]
FITTING = "fitting"  # beside the way through: from statistics to an economy
FITTING_USES = {"errors", "units", "calendar", "kernels", "economy", "drivers", "models", "content", FITTING}
FITTING_USES |= {"language"}  # a recipe is a file that a user writes: its text is read and its problems told alike
FITTING_USES |= {"measures", "ensemble"}  # episodes of the past run the same shocks as scenarios
CONTENT = "content"  # finds files, knows nothing
CONTENT_USERS = {
    "bench",
    "language",
    "run",
    "setting",
    "studies",
    "solve",
    "optimise",
    "forecast",
    "comparison",
    "cli",
    "commands",
    "lists",
    "manual",
    "testing",
    "__init__",
    FITTING,
    CONTENT,
}

HEAVY = {"xarray", "matplotlib", "pandas", "numba", "scipy", "zarr", "distributed"}
ALWAYS_NEED = {
    "kernels": ({"numba"}, "kernels are compiled"),
    "plot": ({"matplotlib"}, "every module draws, and only functions that draw import plot"),
}

RANK = {name: rank for rank, layer in enumerate(LAYERS) for part in layer for name in part}
SIBLINGS = {name: part for layer in LAYERS for part in layer for name in part}
MODULES = sorted(ROOT.rglob("*.py"))


def part_of(path: Path) -> str:
    """The subpackage or top-level module that a file belongs to."""
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def imported(path: Path, everywhere: bool = True) -> set[tuple[str, ...]]:
    """Dotted names that a file imports, relative ones made absolute; optionally only those run on import."""
    package = ("simcore", *path.relative_to(ROOT).parts[:-1])
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names: set[tuple[str, ...]] = set()
    for node in ast.walk(tree) if everywhere else statements_run_on_import(tree):
        if isinstance(node, ast.Import):
            names |= {tuple(alias.name.split(".")) for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            base = (*base, *(node.module.split(".") if node.module else ()))
            names |= {(*base, alias.name) for alias in node.names}
    return names


def statements_run_on_import(tree: ast.AST):
    """Nodes outside functions and outside blocks that only type checkers read."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            continue
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        yield node
        yield from statements_run_on_import(node)


def own_parts(names: set[tuple[str, ...]]) -> set[str]:
    """Parts of simcore among dotted names; facts of the package itself, as its version, are no part."""
    return {n[1] for n in names if n[0] == "simcore" and len(n) > 1 and not n[1].startswith("__")}


def why_not(user: str, used: str) -> str | None:
    """What is wrong with one import, in words; None if nothing is."""
    if user == used:
        return None
    if used == CONTENT:
        return None if user in CONTENT_USERS else f"{user} looks for files; only {sorted(CONTENT_USERS)} may"
    if user == CONTENT:
        return None if used == "errors" else f"{CONTENT} imports {used}; it knows nothing but errors"
    if used == FITTING:
        return None if user in ("commands", "__main__") else f"{user} imports {FITTING}; only commands may"
    if user == FITTING:
        return None if used in FITTING_USES else f"{FITTING} imports {used}; it uses {sorted(FITTING_USES)}"
    if not {user, used} <= set(RANK):
        return f"say in LAYERS where {user} and {used} belong"
    if RANK[used] > RANK[user]:
        return f"{user} imports {used}, which lies above it"
    if RANK[used] == RANK[user] and SIBLINGS[used] is not SIBLINGS[user]:
        return f"{user} imports its sibling {used}"
    return None


def test_every_module_has_its_layer():
    unknown = {part_of(path) for path in MODULES} - set(RANK) - {FITTING, CONTENT}
    assert not unknown, f"say in LAYERS where {sorted(unknown)} belong"


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_point_one_way(path):
    user = part_of(path)
    problems = [why_not(user, used) for used in sorted(own_parts(imported(path)))]
    assert not [p for p in problems if p], "; ".join(p for p in problems if p)


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_heavy_libraries_are_imported_where_they_are_used(path):
    allowed, _reason = ALWAYS_NEED.get(part_of(path), (set(), ""))
    found = {name[0] for name in imported(path, everywhere=False)} & HEAVY
    assert found <= allowed, f"{sorted(found - allowed)} load with the module; import them where used"


@pytest.mark.parametrize(
    ("user", "used", "problem"),
    [
        ("economy", "drivers", "lies above it"),
        ("measures", "models", "sibling"),
        ("models", "measures", "sibling"),
        ("run", "fitting", "only commands may"),
        ("fitting", "run", "it uses"),
        ("economy", "content", "looks for files"),
        ("content", "economy", "knows nothing"),
        ("language", "run", "lies above it"),
    ],
)
def test_a_wrong_import_would_be_noticed(user, used, problem):
    assert problem in (why_not(user, used) or "")


def test_relative_imports_are_followed(tmp_path, monkeypatch):
    package = tmp_path / "simcore" / "economy"
    package.mkdir(parents=True)
    file = package / "odd.py"
    file.write_text("from .. import run\nfrom ..models.base import Paths\ndef f():\n import scipy.linalg\n")
    monkeypatch.setitem(globals(), "ROOT", tmp_path / "simcore")
    assert own_parts(imported(file)) == {"run", "models"}
    assert ("scipy", "linalg") in imported(file)
    assert ("scipy", "linalg") not in imported(file, everywhere=False)


LIGHT = ["economy", "drivers", "measures", "language", "cli"]  # what `--help` and `check` import


@pytest.mark.parametrize("part", LIGHT)
def test_what_a_check_imports_loads_nothing_heavy(part):
    files = [path.relative_to(ROOT.parent).with_suffix("") for path in MODULES if part_of(path) == part]
    names = [".".join(file.parts).removesuffix(".__init__") for file in files]
    code = f"import importlib, sys; [importlib.import_module(name) for name in {names!r}]; "
    code += f"print(sorted({HEAVY!r} & set(sys.modules)))"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT.parent, check=False)
    assert names and done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"
