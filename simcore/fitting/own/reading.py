"""From the text of ``recipe.yaml`` to a recipe, and from CSV files to labelled numbers; with every problem found."""

from __future__ import annotations

import csv
import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import ValidationError

from ...errors import ScenarioError
from ...language.diagnostics import Diagnostic, has_errors, tidy
from ...language.document import read_tree, told
from ...language.shape import did_you_mean
from ...language.source import Node, Source
from ..recipe import RECIPE, SCHEMA
from .recipe import TableRecipe

MOST_CELLS = 5  # faulty cells told of one file


class Problems:
    """Collects diagnostics; stops the build at the end of a stage, so that all of its problems are told at once."""

    def __init__(self) -> None:
        self.found: list[Diagnostic] = []

    def add(self, diagnostic: Diagnostic) -> None:
        self.found.append(diagnostic)

    def stop(self) -> None:
        """
        Raises
        ------
        ScenarioError
            With all problems so far, if one of them is an error.
        """
        if has_errors(self.found):
            raise ScenarioError(tidy(self.found))

    @property
    def warnings(self) -> tuple[Diagnostic, ...]:
        return tuple(tidy(d for d in self.found if d.severity != "error"))


@dataclass(frozen=True)
class Opened:
    """A recipe with the tree it was read from, which knows where every value stands."""

    folder: Path
    recipe: TableRecipe
    node: Node
    problems: Problems = field(default_factory=Problems)

    def at(self, *path: str | int) -> Node:
        """The node at a path, or the nearest above it."""
        node = self.node
        for key in path:
            child = node.child(key)
            if child is None:
                break
            node = child
        return node

    def tell(self, code: str, message: str, *path: str | int, severity: str = "error") -> None:
        self.problems.add(self.at(*path).problem(code, message, severity=severity))

    def hashes(self) -> dict[str, str]:
        """SHA-256 of the recipe and of every file below ``sources``, by path from the folder."""
        return input_hashes(self.folder)


def input_hashes(folder: Path) -> dict[str, str]:
    """SHA-256 of ``recipe.yaml`` and of every file in ``sources``, by path from the calibration's folder."""
    files = [folder / RECIPE, *sorted(p for p in (folder / "sources").rglob("*") if p.is_file())]
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
        if path.is_file()
    }


def is_own(folder: str | Path) -> bool:
    """Whether a folder's recipe is one of this kind; the recipe of China alone names kinds of owner."""
    try:
        text = (Path(folder) / RECIPE).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    keys = {line.partition(":")[0].strip() for line in text.splitlines() if line[:1].isalpha()}
    return "kind" in keys or not keys & {"ownerships", "extends"}


def open_recipe(folder: str | Path) -> Opened:
    """Read and validate ``recipe.yaml``; what one field says about another is ``words.check_words``'s.

    Raises
    ------
    ScenarioError
        With every problem of the text, its shape and its values.
    """
    folder = Path(folder)
    node, found = read_tree(folder / RECIPE, SCHEMA)
    recipe = None
    try:
        recipe = TableRecipe.model_validate(node.plain(), context={"yaml": True})
    except ValidationError as error:
        found += told(error, TableRecipe, [node])
    if has_errors(found):
        raise ScenarioError(tidy(found))
    assert recipe is not None
    opened = Opened(folder, recipe, node)
    return opened


# ---- files


def path_of(opened: Opened, name: str, *where: str | int) -> Path | None:
    """The file that the recipe names at ``where``; None, with a problem, where it cannot be used."""
    folder = opened.folder.resolve()
    path = (folder / name).resolve()
    if folder not in path.parents:
        opened.tell(
            "SC502",
            f"'{name}' lies outside the calibration's folder; copy it into 'sources/', so that the calibration can "
            "be built again elsewhere",
            *where,
        )
        return None
    if not path.exists():
        near = sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())
        opened.tell("SC501", f"there is no file '{name}'{did_you_mean(name, near)}", *where)
        return None
    if folder / "sources" not in (path, *path.parents):
        opened.tell(
            "SC502",
            f"'{name}' does not lie in 'sources/', where hashes are kept of what a calibration is "
            "made from; move it there",
            *where,
        )
        return None
    return opened.folder / name


@dataclass(frozen=True)
class Sheet:
    """Numbers from a CSV file with labels in the first row and column, and where each line stands."""

    source: Source
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    values: np.ndarray  # (rows, columns)
    lines: tuple[int, ...]  # of each row

    def row(self, i: int, code: str, message: str, severity: str = "error") -> Diagnostic:
        """A problem of one row."""
        return self.source.problem(code, message, self.lines[i], 1, severity)

    def cell(self, i: int, j: int, code: str, message: str, severity: str = "error") -> Diagnostic:
        """A problem of one cell."""
        return self.source.problem(code, message, self.lines[i], _column(self.source, self.lines[i], j + 1), severity)

    def head(self, j: int, code: str, message: str, severity: str = "error") -> Diagnostic:
        """A problem of one column, at its label."""
        return self.source.problem(code, message, 1, _column(self.source, 1, j + 1), severity)


def _column(source: Source, line: int, field_: int) -> int:
    """Where the field of a line starts, 1-based; quoted fields that hold commas are counted as one."""
    text, quoted, at = source.lines[line - 1], False, 0
    for i, letter in enumerate(text):
        if at == field_:
            return i + 1
        if letter == '"':
            quoted = not quoted
        elif letter == "," and not quoted:
            at += 1
    return len(text) + 1 if at == field_ else 1


def read_lines(opened: Opened, name: str, *where: str | int) -> tuple[Source, list[tuple[int, list[str]]]] | None:
    """Fields of a CSV file with the line each row stands on; None, with a problem, where it cannot be read."""
    path = path_of(opened, name, *where)
    if path is None:
        return None
    if path.is_dir():
        opened.tell("SC501", f"'{name}' is a folder; name a CSV file", *where)
        return None
    source = _text(opened, path, *where)
    if source is None:
        return None
    rows = [(i, next(csv.reader([line]))) for i, line in enumerate(source.lines, start=1) if line.strip(", ")]
    if len(rows) < 2:
        opened.problems.add(
            source.problem("SC506", "the file needs a row of labels and at least one row of numbers", 1, 1)
        )
        return None
    return source, rows


def _text(opened: Opened, path: Path, *where: str | int) -> Source | None:
    """A CSV file as text, of any size; a table of many regions has tens of MB."""
    try:
        return Source(str(path), path.read_text(encoding="utf-8-sig"), path)
    except OSError as problem:
        opened.tell("SC501", f"'{path.name}' cannot be read ({problem.strerror})", *where)
    except UnicodeDecodeError:
        opened.tell("SC011", f"'{path.name}' is not UTF-8 text; save it as CSV in UTF-8", *where)
    return None


def read_sheet(opened: Opened, name: str, *where: str | int) -> Sheet | None:
    """A CSV file of numbers; every faulty label or cell is told, and None returned, where there are some."""
    found = read_lines(opened, name, *where)
    if found is None:
        return None
    source, rows = found
    before, faulty = len(opened.problems.found), 0
    columns = tuple(cell.strip() for cell in rows[0][1][1:])
    labels = tuple(row[0].strip() for _, row in rows[1:])
    values = np.full((len(labels), len(columns)), np.nan)
    for j, label in enumerate(columns):
        if label in columns[:j]:
            opened.problems.add(
                source.problem("SC504", f"the column label '{label}' appears twice", 1, _column(source, 1, j + 1))
            )
    first: dict[str, int] = {}
    for i, (line, row) in enumerate(rows[1:]):
        label = labels[i]
        if label in first:
            opened.problems.add(
                source.problem("SC504", f"the row label '{label}' appears twice (also on line {first[label]})", line, 1)
            )
        first.setdefault(label, line)
        if len(row) != len(columns) + 1:
            opened.problems.add(
                source.problem("SC506", f"{len(row) - 1} values under {len(columns)} column labels", line, 1)
            )
            continue
        for j, cell in enumerate(row[1:]):
            value = number(cell)
            if value is not None:
                values[i, j] = value
            elif faulty < MOST_CELLS:
                faulty += 1
                advice = "write 0 where nothing flows" if not cell.strip() else "write a plain number, 1234.5"
                message = f"row '{label}', column '{columns[j]}': '{cell.strip()}' is not a number; {advice}"
                opened.problems.add(source.problem("SC503", message, line, _column(source, line, j + 1)))
    return (
        Sheet(source, labels, columns, values, tuple(line for line, _ in rows[1:]))
        if len(opened.problems.found) == before
        else None
    )


def number(cell: str) -> float | None:
    """A finite number, or None."""
    try:
        value = float(cell)
    except ValueError:
        return None
    return value if np.isfinite(value) else None


def matched(
    opened: Opened, sheet: Sheet, want: tuple[str, ...], axis: str, what: str, none: str = "0 where nothing flows"
) -> np.ndarray | None:
    """Positions in the sheet of wanted labels, in their order; None, with problems, where the two lists differ."""
    have = sheet.rows if axis == "row" else sheet.columns
    missing = [label for label in want if label not in have]
    wanted = set(want)
    extra = [i for i, label in enumerate(have) if label not in wanted]
    for i in extra[:MOST_CELLS]:
        message = f"unknown {what} '{have[i]}'{did_you_mean(have[i], want)}"
        opened.problems.add(sheet.row(i, "SC505", message) if axis == "row" else sheet.head(i, "SC505", message))
    if missing and len(missing) > len(extra):
        shown = ", ".join(f"'{label}'" for label in missing[:MOST_CELLS])
        more = f" and {len(missing) - MOST_CELLS} more" if len(missing) > MOST_CELLS else ""
        opened.problems.add(
            sheet.source.problem("SC505", f"no {axis} for {what} {shown}{more}; add what is missing, with {none}", 1, 1)
        )
    if missing or extra:
        return None
    place = {label: i for i, label in enumerate(have)}
    return np.array([place[label] for label in want], dtype=int)


def read_vector(
    opened: Opened, name: str, want: tuple[str, ...], what: str, *where: Any, doubt: bool = False
) -> Sheet | None:
    """A CSV of one value column, in the order of ``want``; with ``doubt`` a second one, ``sd``, may stand beside it."""
    sheet = read_sheet(opened, name, *where)
    if sheet is None:
        return None
    if len(sheet.columns) != 1 and not (doubt and len(sheet.columns) == 2 and sheet.columns[1] == "sd"):
        asked = "one, and perhaps 'sd'" if doubt else "one"
        message = f"{len(sheet.columns)} value columns; this file has {asked}"
        opened.problems.add(sheet.source.problem("SC506", message, 1, 1))
        return None
    order = matched(opened, sheet, want, "row", what)
    if order is None:
        return None
    return Sheet(sheet.source, want, sheet.columns, sheet.values[order], tuple(sheet.lines[i] for i in order))
