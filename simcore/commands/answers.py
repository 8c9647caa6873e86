"""Commands that ask a scenario a question: who contributes, how, what matters, how much it takes."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from .base import (
    CHECK_FAILED,
    OK,
    FileOrName,
    Form,
    ModelName,
    Sets,
    file_of,
    free_folder,
    group,
    printed,
    progress,
    require_form,
)

if TYPE_CHECKING:
    from rich.console import RenderableType

    from ..language.scenario import Scenario

Found = TypeVar("Found")
app = group()


def _asked(
    scenario: str, sets: list[str] | None, form: str, ask: Callable[[Scenario, Callable[[str], None]], Found]
) -> Found:
    """What ``ask`` finds for a scenario, told to a terminal as it goes on."""
    from ..language.scenario import load

    require_form(form)
    loaded = load(file_of(scenario), sets=tuple(sets or ()))
    with progress(quiet=form == "csv") as tell:
        return ask(loaded, tell)


def _told(found: Found, form: str, csv_table: Callable[[Found], str], table: Callable[[Found], RenderableType]) -> None:
    """An answer in the form that was asked for."""
    if form == "csv":
        typer.echo(csv_table(found), nl=False)
    else:
        printed(table(found))


@app.command()
def contributions(
    scenario: FileOrName,
    of: Annotated[
        str, typer.Option(metavar="OUTCOME", help="iva_level_effect, place, and period, first_year or mean.")
    ] = "iva_level_effect.total.first_year",
    groups: Annotated[
        str | None, typer.Option(metavar="FIELD", help="Take measures together by heading, responsible or kind.")
    ] = None,
    set_: Sets = None,
    model: ModelName = None,
    format_: Form = "text",
) -> None:
    """Say what each measure contributes: first in, last in, Shapley; with and without shocks, and the shocks."""
    from ..contributions import contributions as attributed
    from ..contributions import csv_table, text_tables

    found = _asked(
        scenario, set_, format_,
        lambda loaded, tell: attributed(loaded, of=of, groups=groups, model=model, progress=tell),
    )  # fmt: skip
    _told(found, format_, csv_table, text_tables)


@app.command()
def decompose(
    scenario: FileOrName,
    set_: Sets = None,
    model: ModelName = None,
    format_: Form = "text",
) -> None:
    """Take an effect apart: direct, indirect and induced; own region and spill-overs; imports; multipliers by name."""
    from ..decompose import csv_table, text_tables
    from ..decompose import decompose as taken_apart

    found = _asked(scenario, set_, format_, lambda loaded, tell: taken_apart(loaded, model=model, progress=tell))
    _told(found, format_, csv_table, text_tables)


@app.command()
def sensitivity(
    scenario: FileOrName,
    of: Annotated[
        str, typer.Option(metavar="OUTCOME", help="iva_level_effect or iva_yoy, place, period or first_year.")
    ] = "iva_level_effect.total.first_year",
    samples: Annotated[
        int, typer.Option(min=0, metavar="N", help="Base samples of the Sobol indices, a power of two; 0 for none.")
    ] = 128,
    top: Annotated[int, typer.Option(min=1, help="Rows to print.")] = 15,
    figure: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Also draw the tornado: .png, .svg, .pdf.")
    ] = None,
    set_: Sets = None,
    model: ModelName = None,
    format_: Form = "text",
) -> None:
    """Rank the lines of a scenario by how far their ranges move a result: tornado and Sobol indices."""
    from ..sensitivity import csv_table, text_table
    from ..sensitivity import sensitivity as ranked

    found = _asked(
        scenario, set_, format_,
        lambda loaded, tell: ranked(loaded, of=of, samples=samples, model=model, progress=tell),
    )  # fmt: skip
    if figure is not None:
        from ..plot.tornado import draw_tornado

        draw_tornado(found).savefig(figure, dpi=150)
    _told(found, format_, csv_table, lambda found: text_table(found, top))


@app.command()
def solve(
    scenario: FileOrName,
    for_: Annotated[str, typer.Option("--for", metavar="PATH", help="The value to size: policies.NAME.amount.")],
    until: Annotated[str, typer.Option(metavar="CONDITION", help="What to reach: 'iva_yoy.total.2023-Q1 >= 4.5 %'.")],
    at_least: Annotated[str | None, typer.Option(metavar="VALUE", help="Smallest size to try.")] = None,
    at_most: Annotated[
        str | None, typer.Option(metavar="VALUE", help="Largest size to try; default: ten times the file's.")
    ] = None,
    draws: Annotated[int, typer.Option(min=0, help="Draws for the probability of the target; 0 for none.")] = 64,
    set_: Sets = None,
    model: ModelName = None,
) -> None:
    """Find the smallest size of a measure that reaches a target, and how probable the target is then."""
    from ..solve import solve as search

    with progress(quiet=False) as tell:
        sets = tuple(set_ or ())
        found = search(
            file_of(scenario),
            for_,
            until,
            low=at_least,
            high=at_most,
            draws=draws,
            sets=sets,
            model=model,
            progress=tell,
        )
    typer.echo(str(found))
    raise typer.Exit(OK if found.reached else CHECK_FAILED)


@app.command()
def optimise(
    scenario: FileOrName,
    set_: Sets = None,
    model: ModelName = None,
) -> None:
    """Find the best use of a budget: the amounts that the file's 'optimise' block names."""
    from ..optimise import optimise as best_use

    with progress(quiet=False) as tell:
        found = best_use(file_of(scenario), sets=tuple(set_ or ()), model=model, progress=tell)
    typer.echo(str(found))


@app.command()
def forecast(
    scenario: FileOrName,
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="Folder to write; default: a new one here.")] = None,
    set_: Sets = None,
    draws: Annotated[int, typer.Option(min=2, help="Draws of projection error and epidemic path.")] = 1024,
    seed: Annotated[int | None, typer.Option(help="Seed of the draws.")] = None,
    model: ModelName = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a forecast that is already in DIR.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print only the folder's name.")] = False,
) -> None:
    """Forecast industrial value added with and without the measures and an epidemic path, as 50 and 90 % fans."""
    from ..forecast import forecast as forecast_of
    from ..language.scenario import load
    from ..report.forecast import FOLDER, save, text_table
    from ..runfolder import refuse_to_overwrite

    loaded = load(file_of(scenario), sets=tuple(set_ or ()))
    folder = out if out is not None else free_folder(f"{loaded.id}-forecast")
    refuse_to_overwrite(folder, force, FOLDER)
    with progress(quiet) as tell:
        found = forecast_of(loaded, draws=draws, seed=seed, model=model, progress=tell)
        tell("writing the results")
        save(found, folder, force)
    if quiet:
        typer.echo(str(folder))
        return
    typer.echo(text_table(found))
    typer.echo(f"written to {folder}{os.sep}, start with {folder / 'forecast.html'}")
