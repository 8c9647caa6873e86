"""Commands that run scenarios: once, through several models, many times."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import SimcoreError, UnknownNameError
from .base import (
    CHECK_FAILED,
    INTERRUPTED,
    OK,
    RUN_FAILED,
    FileOrName,
    ModelName,
    Sets,
    file_of,
    free_folder,
    group,
    printed,
    progress,
    say,
)

if TYPE_CHECKING:
    from ..forecast import Forecast
    from ..language.scenario import Scenario
    from ..result import Result

ALL = ("netcdf", "csv", "html")  # formats of a run
app = group()


@app.command()
def run(
    scenario: FileOrName,
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="Folder to write; default: a new one here.")] = None,
    set_: Sets = None,
    draws: Annotated[int | None, typer.Option(min=0, help="Draws of uncertain values; 0 for none.")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of the draws.")] = None,
    model: ModelName = None,
    formats: Annotated[
        str | None,
        typer.Option(
            metavar="LIST", help="What to write, of netcdf,csv,html,zarr,iamc,xlsx; default: the file's, or all."
        ),
    ] = None,
    by: Annotated[
        str | None, typer.Option(metavar="DIMENSION", help="Also print by region, ownership or sector.")
    ] = None,
    counterfactual: Annotated[
        str | None, typer.Option(metavar="NAME", help="off_from_origin, as_legislated or never.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a run that is already in DIR.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print only the folder's name.")] = False,
) -> None:
    """Run a scenario, print its table and write a folder of results."""
    from ..language.scenario import load
    from ..runfolder import refuse_to_overwrite

    _require_dimension(by)
    chosen = None if formats is None else _formats(formats.split(","))
    loaded = load(file_of(scenario), sets=tuple(set_ or ()))
    for warning in () if quiet else loaded.warnings:
        say(str(warning))
    if loaded.sweep and not quiet:
        say("the file's sweep is left out here; simcore study runs it")
    wanted = chosen or _formats(loaded.outputs.formats or ALL)
    folder = out if out is not None else free_folder(loaded.id)
    refuse_to_overwrite(folder, force)  # now, not after the run
    forecasting = loaded.outputs.forecast and draws != 0
    if forecasting:
        from ..forecast import written_rule

        written_rule(loaded)
    with progress(quiet) as tell:
        warn = None if quiet else lambda text: say(f"warning: {text}")
        choices: dict[str, Any] = {"draws": draws, "seed": seed, "model": model, "counterfactual": counterfactual}
        result = _run(loaded, tell, wanted, warn=warn, **choices)
        ahead = _forecast(loaded, result, model, tell) if forecasting else None
        tell("writing the results")
        _write(result, loaded, folder, wanted, force, choices, ahead)
    if not quiet:
        _print_tables(result, by)
    report = f", start with {folder / 'report.html'}" if "html" in wanted else ""
    typer.echo(str(folder) if quiet else f"written to {folder}{os.sep}{report}")
    raise typer.Exit(_verdict(result, quiet))


@app.command()
def compare(
    scenario: FileOrName,
    models: Annotated[
        list[str] | None,
        typer.Option(
            metavar="LIST", help="Models, or forms such as leontief(households=closed); the first is the yardstick."
        ),
    ] = None,
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="Folder to write; default: a new one here.")] = None,
    set_: Sets = None,
    formats: Annotated[
        str, typer.Option(metavar="LIST", help="What to write, of netcdf,csv,png,html.")
    ] = "csv,png,html",
    counterfactual: Annotated[
        str | None, typer.Option(metavar="NAME", help="off_from_origin, as_legislated or never.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a comparison that is already in DIR.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print only the folder's name.")] = False,
) -> None:
    """Run a scenario through several models; print what each finds, what it leaves out and why they differ."""
    from ..comparison.choice import DEFAULT, split
    from ..comparison.files import COMPARISON, require_formats
    from ..language.scenario import load
    from ..runfolder import refuse_to_overwrite

    wanted = [name.strip() for name in formats.split(",") if name.strip()]
    require_formats(wanted)
    loaded = load(file_of(scenario), sets=tuple(set_ or ()))
    for warning in () if quiet else loaded.warnings:
        say(str(warning))
    folder = out if out is not None else free_folder(f"{loaded.id}-models")
    refuse_to_overwrite(folder, force, COMPARISON)
    with progress(quiet) as tell:
        from ..comparison import compare as compare_models

        chosen = [name for text in models or () for name in split(text)] or DEFAULT
        found = compare_models(loaded, chosen, counterfactual=counterfactual, progress=tell)
        tell("writing the results")
        found.save(folder, wanted, force)
    if not quiet:
        from ..comparison.show import printed as tables_of

        printed(tables_of(found))
    page = f", start with {folder / 'comparison.html'}" if "html" in wanted else ""
    typer.echo(str(folder) if quiet else f"written to {folder}{os.sep}{page}")
    raise typer.Exit(OK if any(run.amount is not None for run in found.runs) else RUN_FAILED)


@app.command()
def study(
    scenarios: Annotated[list[str], typer.Argument(metavar="FILE_OR_NAME...", help="Scenarios by file or name.")],
    out: Annotated[
        Path | None, typer.Option(metavar="STORE", help="Folder (zarr) or file (.nc); default: a new one here.")
    ] = None,
    sweep: Annotated[
        list[str] | None,
        typer.Option(metavar="PATH=A|B|...", help="Axis in place of the file's own; repeatable."),
    ] = None,
    design: Annotated[str | None, typer.Option(help="Of the sweep: grid, zip or one_at_a_time.")] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", metavar="PATH=VALUE", help="Change a value in all runs; repeatable.")
    ] = None,
    draws: Annotated[int | None, typer.Option(min=0, help="Draws of uncertain values; 0 for none.")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of the draws.")] = None,
    model: ModelName = None,
    threads: Annotated[int | None, typer.Option(min=1, help="Threads; default: one a processor.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with a study that was interrupted.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print only the store's name.")] = False,
) -> None:
    """Run variants x sweep x draws of scenarios into a store; what is done is never lost and never run twice."""
    from ..studies import study as run_study

    names = [file_of(name) for name in scenarios]
    place = out if out is not None else free_folder(f"{names[0].stem}-study", ".zarr")
    axes = None if sweep is None else dict(map(_axis, sweep))
    try:
        found = run_study(
            names if len(names) > 1 else names[0], sweep=axes, design=design, sets=set_ or (), draws=draws, seed=seed,
            model=model, out=place, resume=resume, threads=threads, progress=False if quiet else None,
        )  # fmt: skip
    except KeyboardInterrupt as problem:
        say(f"{problem or 'interrupted'}" + (", with --resume" if problem.args and not resume else ""))
        raise typer.Exit(INTERRUPTED) from None
    typer.echo(str(place) if quiet else str(found))
    failures = found.failures
    for _, row in failures.head(5).iterrows():
        say("failed: " + ", ".join(f"{name} {value}" for name, value in row.items()))
    if len(failures) > 5:
        say(f"and {len(failures) - 5} more: simcore.open_study('{place}').failures lists them")
    raise typer.Exit(RUN_FAILED if found.all_failed else OK)


def _require_dimension(by: str | None) -> None:
    if by not in (None, "region", "ownership", "sector"):
        raise UnknownNameError(f"unknown dimension '{by}' in --by; there is region, ownership, sector")


def _formats(names: Iterable[str]) -> tuple[str, ...]:
    """The formats to write, in the words of ``Result.save``."""
    known = {"netcdf": "nc", **{name: name for name in ("nc", "csv", "html", "zarr", "iamc", "xlsx")}}
    wanted = [name.strip() for name in names]
    unknown = [name for name in wanted if name not in known]
    if unknown:
        raise UnknownNameError(
            f"cannot write format '{', '.join(unknown)}'; there is netcdf, csv, html, zarr, iamc, xlsx"
        )
    return tuple(dict.fromkeys(known[name] for name in wanted))


def _axis(text: str) -> tuple[str, list[str]]:
    """Path and values of ``path=30 %|60 %``."""
    path, equals, values = text.partition("=")
    if not equals or not values:
        raise UnknownNameError(
            f"cannot read --sweep '{text}'; write PATH=A|B, as in policies.relending.take_up=30 %|60 %"
        )
    return path.strip(), [value.strip() for value in values.split("|")]


def _run(scenario: Scenario, tell: Callable[[str], None], formats: tuple[str, ...] = (), **choices: Any) -> Result:
    tell("loading the model")
    from ..run import run as run_scenario

    return run_scenario(scenario, progress=tell, meanwhile=lambda: _load_writers(formats), **choices)


def _load_writers(formats: tuple[str, ...]) -> None:
    """Import what writing will need, so that it is there when the kernels are done."""
    if "html" in formats:
        import jinja2  # noqa: F401

        from ..plot import style  # noqa: F401
    if "nc" in formats:
        import h5netcdf  # noqa: F401


def _forecast(scenario: Scenario, result: Result, model: str | None, tell: Callable[[str], None]) -> Forecast | None:
    """The forecast that the file's ``outputs.forecast`` asks for; why there is none goes to stderr, the run counts."""
    from ..forecast import forecast

    try:
        return forecast(scenario, model=model, result=result, progress=tell)
    except SimcoreError as problem:
        say(f"warning: no forecast: {problem}")
        return None


def _write(
    result: Result,
    scenario: Scenario,
    folder: Path,
    formats: tuple[str, ...],
    force: bool,
    choices: dict[str, Any],
    forecast: Forecast | None,
) -> None:
    from ..report import save_run

    files = {"resolved.yaml": scenario.resolved(), **_taken_apart(scenario, choices)}
    save_run(result, folder, formats, files, force, beside=True, forecast=forecast)


def _taken_apart(scenario: Scenario, choices: dict[str, Any]) -> dict[str, str]:
    """Tables that the file's ``outputs.decompose`` asks for."""
    asked, files = {*scenario.outputs.decompose}, {}
    chosen = {name: choices[name] for name in ("model", "counterfactual")}
    if asked & {"direct", "indirect", "induced"}:
        from ..decompose import csv_table, decompose

        files["decomposition.csv"] = csv_table(decompose(scenario, **chosen))
    if asked & {"policy", "shock", "interaction"}:
        from ..contributions import contributions
        from ..contributions import csv_table as attributed

        files["contributions.csv"] = attributed(contributions(scenario, **chosen))
    return files


def _print_tables(result: Result, by: str | None) -> None:
    from ..tables import table

    printed(*(table(result, dimension) for dimension in ((None, by) if by else (None,))))


def _verdict(result: Result, quiet: bool) -> int:
    """Exit code of a run that came to its end; what the tables would say goes to stderr without them."""
    problems = [f"check failed: {c.name}: found {c.found}, asked {c.asked}" for c in result.checks if not c.passed]
    ended = result.outcome.status == "completed"
    if not ended:
        problems.append(f"outcome {result.outcome.status}: {result.outcome.message}")
    for problem in problems if quiet else ():
        say(problem)
    return RUN_FAILED if not ended else CHECK_FAILED if problems else OK
