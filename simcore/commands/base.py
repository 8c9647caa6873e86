"""What commands share: arguments, exit codes, and how they tell what goes on."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Annotated, Any

import typer

from ..errors import TableError, UnknownNameError

OK, INVALID, CHECK_FAILED, RUN_FAILED, INTERRUPTED = 0, 2, 3, 4, 130
CHINA = "china-2022"
LOG_WIDTH = 160  # characters of a table that goes to a file

FileOrName = Annotated[str, typer.Argument(metavar="FILE_OR_NAME", help="A scenario's file or name.")]
Sets = Annotated[list[str] | None, typer.Option("--set", metavar="PATH=VALUE", help="Change a value; repeatable.")]
ModelName = Annotated[str | None, typer.Option(metavar="NAME", help="Model in place of the file's.")]
Form = Annotated[str, typer.Option("--format", metavar="FORM", help="text or csv.")]


def group() -> typer.Typer:
    """Commands that the command line takes in as its own."""
    return typer.Typer(rich_markup_mode=None)


def file_of(scenario: str) -> Path:
    """The scenario's file, named from here where it lies here: that is how messages and results quote it."""
    from ..content import find_scenario

    found = find_scenario(scenario)
    return found.relative_to(Path.cwd()) if found.is_relative_to(Path.cwd()) else found


def table_path(name: str) -> Path:
    """A table's file or folder, or that of a calibration."""
    from ..content import find_calibration

    try:
        return Path(name) if Path(name).exists() else find_calibration(name)
    except UnknownNameError as problem:
        raise TableError(f"there is no file or folder '{name}'; {problem}") from None


def free_folder(name: str, suffix: str = "") -> Path:
    """The first of ``name-1``, ``name-2`` ... that does not exist here."""
    return next(path for number in count(1) if not (path := Path(f"{name}-{number}{suffix}")).exists())


@contextmanager
def progress(quiet: bool) -> Iterator[Callable[[str], None]]:
    """A function that says what goes on: by a spinner on a terminal, by lines in a log."""
    if quiet:
        yield lambda text: None
    elif sys.stderr.isatty():
        from rich.console import Console

        with Console(stderr=True).status("starting") as status:
            yield status.update
    else:
        yield say


def say(text: str) -> None:
    typer.echo(text, err=True)


def printed(*tables: Any) -> None:
    """Tables for a terminal, wide ones for a file."""
    from rich.console import Console

    console = Console(width=None if sys.stdout.isatty() else LOG_WIDTH)
    for table in tables:
        console.print(table)


def require_form(form: str, known: tuple[str, ...] = ("text", "csv")) -> None:
    """Refuse an unknown form before anything runs.

    Raises
    ------
    UnknownNameError
        If the form is none of the known ones.
    """
    if form not in known:
        raise UnknownNameError(f"unknown format '{form}'; there is {', '.join(known)}")
