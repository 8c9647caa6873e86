"""Commands about tables and calibrations."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import UnknownNameError
from .base import (
    CHECK_FAILED,
    CHINA,
    INVALID,
    LOG_WIDTH,
    OK,
    Form,
    group,
    require_form,
    say,
    table_path,
)

if TYPE_CHECKING:
    pass

app = group()


@app.command()
def audit(
    table: Annotated[str, typer.Argument(help="Folder or .npz of a table, CSV of flows, or a calibration's name.")],
    final_demand: Annotated[
        Path | None, typer.Argument(help="CSV of final demand, where TABLE is a CSV of flows.")
    ] = None,
    unit: Annotated[str | None, typer.Option(help="Unit of a table that states none: 'bn yuan'.")] = None,
    year: Annotated[int | None, typer.Option(help="Year of a table that states none.")] = None,
) -> None:
    """Report what a model would stumble over in a table; nothing is repaired."""
    from ..economy.audit import audit as audit_of
    from ..economy.readers import read_raw, read_table

    path = table_path(table)
    if final_demand is None and (path / "economy.npz").is_file():
        report = audit_of(read_table(path))
    else:  # without matching its labels first: the audit lists all that do not fit
        report = audit_of(read_raw(path, final_demand, unit=unit, year=year))
    typer.echo(str(report))
    raise typer.Exit(OK if report.ok else INVALID)


@app.command()
def indicators(
    table: Annotated[
        str, typer.Argument(metavar="CALIBRATION_OR_TABLE", help="A calibration's name, or folder or .npz of a table.")
    ] = CHINA,
    by: Annotated[str, typer.Option(metavar="DIMENSION", help="Rows: sector, region or activity.")] = "sector",
    top: Annotated[int | None, typer.Option(min=1, help="Rows to print; default: 20, all in CSV.")] = None,
    format_: Form = "text",
) -> None:
    """Rank sectors, regions or activities: multipliers, linkages, upstreamness, extraction, systemic risk."""
    require_form(format_)
    if by not in ("sector", "region", "activity"):
        raise UnknownNameError(f"unknown dimension '{by}' in --by; there is sector, region, activity")
    from ..economy.readers import read_table
    from ..key_sectors import csv_table, text_table
    from ..key_sectors import indicators as indicators_of

    found = indicators_of(read_table(table_path(table)), by)  # type: ignore[arg-type]
    if format_ == "csv":
        typer.echo(csv_table(found, top), nl=False)
        return
    from rich.console import Console

    console = Console(width=None if sys.stdout.isatty() else LOG_WIDTH)
    console.print(text_table(found, top, console.width))


@app.command()
def calibrate(
    folder: Annotated[
        Path, typer.Argument(metavar="RECIPE", help="Folder of a calibration (recipe.yaml and sources), or its recipe.")
    ],
    check: Annotated[bool, typer.Option("--check", help="Write nothing; compare with what the folder holds.")] = False,
) -> None:
    """Build an economy and its baseline from a recipe and sources."""
    from ..fitting import calibrate as fitting

    folder = folder.parent if folder.name == "recipe.yaml" else folder
    if check:
        found = fitting.compare(folder)
        for line in found:
            say(line)
        typer.echo(f"{folder}: " + ("differs from its recipe" if found else "as its recipe builds it"))
        raise typer.Exit(CHECK_FAILED if found else OK)
    fitting.calibrate(folder, warn=say)
    typer.echo(f"{folder}: built; read {folder / fitting.REPORT}")


@app.command()
def regions(
    calibration: Annotated[str, typer.Argument(help="A calibration's name or folder, with its recipe.")] = CHINA,
    scenario: Annotated[str, typer.Option(help="Scenario whose effect by region is set out.")] = "notice-2022-five",
) -> None:
    """Set out how much regional results depend on the method of trade: regions.md and a figure, in the folder."""
    from ..content import find_calibration
    from .regional_sensitivity import write

    typer.echo(f"written: {write(find_calibration(calibration), scenario)}")


@app.command()
def estimate(
    calibration: Annotated[str, typer.Argument(help="A calibration's name or folder.")] = CHINA,
    check: Annotated[bool, typer.Option("--check", help="Run nothing; tell which inputs changed since.")] = False,
    truths: Annotated[int, typer.Option(min=2, help="Simulated truths on which intervals are tested.")] = 20,
) -> None:
    """Estimate a calibration's dynamics and closure sensitivities from its past episodes."""
    from ..content import find_calibration
    from ..fitting import estimate as fitting

    folder = find_calibration(calibration)
    if check:
        lost = fitting.changed(folder)
        for name in lost:
            say(f"{name} has changed since the estimates were made; run simcore estimate {calibration}")
        typer.echo(f"{folder}: " + ("estimates are older than their inputs" if lost else "estimates fit their inputs"))
        raise typer.Exit(CHECK_FAILED if lost else OK)
    found = fitting.estimate(folder, truths=truths, told=say)
    written = fitting.write(found)
    known = int(found.estimates.identified.sum())
    typer.echo(
        f"{known} of {len(found.estimates.parameters)} parameters identified; coverage {found.coverage.share:.0%}"
    )
    typer.echo("written: " + ", ".join(str(path) for path in written))


@app.command()
def backtest(
    calibration: Annotated[str, typer.Argument(help="A calibration's name or folder.")] = CHINA,
    write: Annotated[
        bool, typer.Option(help="Write backtest.md and backtest.png into the calibration's folder.")
    ] = True,
) -> None:
    """Replay past episodes with what was estimated on the others; score against what happened and simple forecasts."""
    from ..content import find_calibration
    from ..fitting import backtest as fitting
    from ..fitting import backtest_report as told

    folder = find_calibration(calibration)
    found = fitting.backtest(folder)
    typer.echo(told.summary(found))
    if write:
        typer.echo("written: " + ", ".join(str(path) for path in told.write(found, folder)))
