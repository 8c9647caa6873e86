"""Commands about scenario files and their words; nothing runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import RunExistsError, UnknownNameError
from .base import (
    CHECK_FAILED,
    CHINA,
    INVALID,
    OK,
    FileOrName,
    Sets,
    file_of,
    group,
)

if TYPE_CHECKING:
    pass

Calibration = Annotated[str, typer.Option(metavar="NAME", help="Calibration whose codes are meant.")]
app = group()


@app.command()
def check(
    files: Annotated[
        list[str],
        typer.Argument(metavar="FILE...", help="Scenarios by file or name; a folder means all in it."),
    ],
    format_: Annotated[str, typer.Option("--format", metavar="FORM", help="text, json, github or sarif.")] = "text",
    require_sources: Annotated[
        bool, typer.Option("--require-sources", help="For publication: figures without a source are errors.")
    ] = False,
) -> None:
    """Find every problem in scenario files, and say what to write instead; nothing runs."""
    from ..content import scenarios_in
    from ..language.diagnostics import FORMS, has_errors, render
    from ..language.scenario import check as problems_of

    if format_ not in FORMS:
        raise UnknownNameError(f"unknown format '{format_}'; there is {', '.join(FORMS)}")
    found = [problem for path in scenarios_in(files) for problem in problems_of(path, require_sources=require_sources)]
    if found or format_ in ("json", "sarif"):
        typer.echo(render(found, format_))
    raise typer.Exit(INVALID if has_errors(found) else OK)


@app.command()
def resolve(
    scenario: FileOrName,
    set_: Sets = None,
) -> None:
    """Print a scenario as it would run, every value with the file and line it comes from."""
    from ..language.scenario import load

    typer.echo(load(file_of(scenario), sets=tuple(set_ or ())).resolved(), nl=False)


@app.command()
def diff(
    scenario: FileOrName,
    other: FileOrName,
) -> None:
    """Print where two scenarios differ: path, value in the first, value in the second, all inclusions applied."""
    from ..language.difference import differences
    from ..language.scenario import load

    found = differences(load(file_of(scenario)), load(file_of(other)))
    for line in found:
        typer.echo(line)
    raise typer.Exit(CHECK_FAILED if found else OK)


@app.command()
def explain(
    what: Annotated[
        list[str],
        typer.Argument(metavar="[model|measure] NAME", help="A kind of measure, a model, or a problem's code."),
    ],
) -> None:
    """Print the manual page of a kind of measure or of a model, or what a problem's code means."""
    from ..manual import page

    *of, name = what
    if len(of) > 1:
        raise UnknownNameError(f"cannot explain '{' '.join(what)}'; write simcore explain model KIND, say")
    typer.echo(page(name, *of))


@app.command("list")
def list_(
    what: Annotated[
        str,
        typer.Argument(
            help="measures, scenarios, models, calibrations, sectors, regions or ownerships.", metavar="WHAT"
        ),
    ],
    calibration: Calibration = CHINA,
) -> None:
    """List measures, models, scenarios, calibrations, or the codes of a calibration."""
    from .. import lists

    rows = lists.rows(what, calibration)
    width = max((len(name) for name, _ in rows), default=0)
    for name, text in rows:
        typer.echo(f"{name:{width}}  {text}".rstrip())


@app.command()
def new(
    name: Annotated[str, typer.Argument(help="Id of the scenario: small letters, digits, hyphens.")],
    kind: Annotated[
        str, typer.Option(metavar="KIND", help="Kind of the measure to start with.")
    ] = "investment_support",
    calibration: Annotated[
        str, typer.Option(metavar="NAME", help="Calibration to run on; another than China's gets a capacity loss.")
    ] = CHINA,
) -> None:
    """Write NAME.yaml here, a scenario to start from."""
    from ..language.templates import on_calibration
    from ..manual import starter

    path = Path(f"{name}.yaml")
    text = starter(name, kind) if calibration.partition("@")[0] == CHINA else on_calibration(name, calibration)
    if path.exists():
        raise RunExistsError(f"{path} exists; choose another name")
    path.write_text(text, encoding="utf-8", newline="\n")
    typer.echo(f"{path} written; change it, then: simcore check {path}, simcore run {path}")


@app.command()
def schema() -> None:
    """Print the JSON Schema of scenario files, by which an editor completes and checks them while you write."""
    import json

    from ..language.editor import json_schema

    typer.echo(json.dumps(json_schema(), ensure_ascii=False, indent=1))


@app.command()
def migrate(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Scenario files of any age.")],
) -> None:
    """Rewrite scenario files of an older format for this one; comments and layout stay."""
    from ..language.migrate import migrate as migrated
    from ..language.schema import SCHEMA

    texts = [(path, migrated(path)) for path in files]  # all are read before one is written
    for path, text in texts:
        if text is None:
            typer.echo(f"{path}: already {SCHEMA}, the newest; nothing to do")
        else:
            path.write_text(text, encoding="utf-8", newline="\n")
            typer.echo(f"{path}: rewritten for {SCHEMA}")
