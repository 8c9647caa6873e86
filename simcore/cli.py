"""The command ``simcore``. Commands load what they need when they run, so that help and checks stay quick."""

from __future__ import annotations

import errno
import gc
import os
import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from . import __version__
from .commands import answers, economies, files, machine, runs
from .commands.base import CHECK_FAILED, INTERRUPTED, INVALID, OK, RUN_FAILED, say
from .errors import SimcoreError

__all__ = ["CHECK_FAILED", "INTERRUPTED", "INVALID", "OK", "RUN_FAILED", "app", "main"]

TRACEBACK_VARIABLE = "SIMCORE_TRACEBACK"


class Commands(TyperGroup):
    """Whatever goes wrong in a command becomes one message on stderr and the exit code that belongs to it."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            say("interrupted")
            raise typer.Exit(INTERRUPTED) from None
        except SimcoreError as problem:
            say(str(problem))
            raise typer.Exit(problem.exit_code) from None
        except Exception as problem:
            if _for_typer(problem) or os.environ.get(TRACEBACK_VARIABLE):
                raise
            say(
                f"simcore failed: {type(problem).__name__}: {problem}\n"
                f"Please report this; {TRACEBACK_VARIABLE}=1 in the environment shows where it happened."
            )
            raise typer.Exit(RUN_FAILED) from None


app = typer.Typer(
    cls=Commands,
    help="What does a package of measures do to output, by sector, region, ownership and month?",
    rich_markup_mode=None,  # rich takes longer to load than all the rest of --help
    pretty_exceptions_enable=False,
    add_completion=False,
    no_args_is_help=True,
)


def main() -> None:
    """Entry point of the command ``simcore``."""
    # Nearly all that a command makes lives to its end: looking for garbage among it at the usual pace takes a twelfth
    # of the processor time of a run.
    gc.set_threshold(50_000, 50, 100)
    try:
        app(prog_name="simcore")
    except KeyboardInterrupt:  # outside any command: while Python was still loading
        sys.exit(INTERRUPTED)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"simcore {__version__}")
        raise typer.Exit()


@app.callback()
def common(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


def _for_typer(problem: Exception) -> bool:
    """Whether typer itself has an answer: its own exceptions, and a reader that closed the pipe."""
    own = isinstance(problem, typer.Exit | typer.Abort) or hasattr(problem, "format_message")
    return own or (isinstance(problem, OSError) and problem.errno == errno.EPIPE)


for part in (runs, answers, files, economies, machine):
    app.add_typer(part.app)
