"""The command ``simcore``. Commands load what they need when they run, so that help and checks stay quick."""

from __future__ import annotations

import errno
import gc
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from . import __version__
from .errors import RunExistsError, SimcoreError, TableError, UnknownNameError

if TYPE_CHECKING:
    from .comparison import Comparison
    from .language.scenario import Scenario
    from .result import Result

OK, INVALID, CHECK_FAILED, RUN_FAILED, INTERRUPTED = 0, 2, 3, 4, 130
TRACEBACK_VARIABLE = "SIMCORE_TRACEBACK"
CHINA = "china-2022"
LOG_WIDTH = 160  # characters of a table that goes to a file


class Commands(TyperGroup):
    """Whatever goes wrong in a command becomes one message on stderr and the exit code that belongs to it."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            _say("interrupted")
            raise typer.Exit(INTERRUPTED) from None
        except SimcoreError as problem:
            _say(str(problem))
            raise typer.Exit(problem.exit_code) from None
        except Exception as problem:
            if _for_typer(problem) or os.environ.get(TRACEBACK_VARIABLE):
                raise
            _say(
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

FileOrName = Annotated[str, typer.Argument(metavar="FILE_OR_NAME", help="A scenario's file or name.")]
Calibration = Annotated[str, typer.Option(metavar="NAME", help="Calibration whose codes are meant.")]


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


@app.command()
def run(
    scenario: FileOrName,
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="Folder to write; default: a new one here.")] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", metavar="PATH=VALUE", help="Change a value; repeatable.")
    ] = None,
    draws: Annotated[int | None, typer.Option(min=0, help="Draws of uncertain values; 0 for none.")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of the draws.")] = None,
    model: Annotated[str | None, typer.Option(metavar="NAME", help="Model in place of the file's.")] = None,
    formats: Annotated[
        str | None,
        typer.Option(metavar="LIST", help="What to write, of netcdf,csv,html; default: the file's, or all."),
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
    from .language.scenario import load
    from .runfolder import refuse_to_overwrite

    _require_dimension(by)
    chosen = None if formats is None else _formats(formats.split(","))
    loaded = load(_file(scenario), sets=tuple(set_ or ()))
    for warning in () if quiet else loaded.warnings:
        _say(str(warning))
    if loaded.sweep and not quiet:
        _say("the file's sweep is left out here; simcore study runs it")
    wanted = chosen or _formats(loaded.outputs.formats or ("netcdf", "csv", "html"))
    folder = out if out is not None else _free_folder(loaded.id)
    refuse_to_overwrite(folder, force)  # now, not after the run
    with _progress(quiet) as tell:
        warn = None if quiet else lambda text: _say(f"warning: {text}")
        choices: dict[str, Any] = {"draws": draws, "seed": seed, "model": model, "counterfactual": counterfactual}
        result = _run(loaded, tell, wanted, warn=warn, **choices)
        tell("writing the results")
        _write(result, loaded, folder, wanted, force)
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
    set_: Annotated[
        list[str] | None, typer.Option("--set", metavar="PATH=VALUE", help="Change a value; repeatable.")
    ] = None,
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
    from .comparison.choice import DEFAULT, split
    from .comparison.files import COMPARISON, require_formats
    from .language.scenario import load
    from .runfolder import refuse_to_overwrite

    wanted = [name.strip() for name in formats.split(",") if name.strip()]
    require_formats(wanted)
    loaded = load(_file(scenario), sets=tuple(set_ or ()))
    for warning in () if quiet else loaded.warnings:
        _say(str(warning))
    folder = out if out is not None else _free_folder(f"{loaded.id}-models")
    refuse_to_overwrite(folder, force, COMPARISON)
    with _progress(quiet) as tell:
        from .comparison import compare as compare_models

        chosen = [name for text in models or () for name in split(text)] or DEFAULT
        found = compare_models(loaded, chosen, counterfactual=counterfactual, progress=tell)
        tell("writing the results")
        found.save(folder, wanted, force)
    if not quiet:
        _print_comparison(found)
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
    model: Annotated[str | None, typer.Option(metavar="NAME", help="Model in place of the file's.")] = None,
    threads: Annotated[int | None, typer.Option(min=1, help="Threads; default: one a processor.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with a study that was interrupted.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print only the store's name.")] = False,
) -> None:
    """Run variants x sweep x draws of scenarios into a store; what is done is never lost and never run twice."""
    from .studies import study as run_study

    names = [_file(name) for name in scenarios]
    place = out if out is not None else _free_folder(f"{names[0].stem}-study", ".zarr")
    axes = None if sweep is None else dict(map(_axis, sweep))
    try:
        found = run_study(
            names if len(names) > 1 else names[0], sweep=axes, design=design, sets=set_ or (), draws=draws, seed=seed,
            model=model, out=place, resume=resume, threads=threads, progress=False if quiet else None,
        )  # fmt: skip
    except KeyboardInterrupt as problem:
        _say(f"{problem or 'interrupted'}" + (", with --resume" if problem.args and not resume else ""))
        raise typer.Exit(INTERRUPTED) from None
    typer.echo(str(place) if quiet else str(found))
    failures = found.failures
    for _, row in failures.head(5).iterrows():
        _say("failed: " + ", ".join(f"{name} {value}" for name, value in row.items()))
    if len(failures) > 5:
        _say(f"and {len(failures) - 5} more: simcore.open_study('{place}').failures lists them")
    raise typer.Exit(RUN_FAILED if found.all_failed else OK)


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
    set_: Annotated[
        list[str] | None, typer.Option("--set", metavar="PATH=VALUE", help="Change a value; repeatable.")
    ] = None,
    model: Annotated[str | None, typer.Option(metavar="NAME", help="Model in place of the file's.")] = None,
) -> None:
    """Find the smallest size of a measure that reaches a target, and how probable the target is then."""
    from .solve import solve as search

    with _progress(quiet=False) as tell:
        sets = tuple(set_ or ())
        found = search(
            _file(scenario), for_, until, low=at_least, high=at_most, draws=draws, sets=sets, model=model, progress=tell
        )
    typer.echo(str(found))
    raise typer.Exit(OK if found.reached else CHECK_FAILED)


@app.command()
def contributions(
    scenario: FileOrName,
    of: Annotated[
        str, typer.Option(metavar="OUTCOME", help="iva_level_effect, place, and period, first_year or mean.")
    ] = "iva_level_effect.total.first_year",
    groups: Annotated[
        str | None, typer.Option(metavar="FIELD", help="Take measures together by heading, responsible or kind.")
    ] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", metavar="PATH=VALUE", help="Change a value; repeatable.")
    ] = None,
    model: Annotated[str | None, typer.Option(metavar="NAME", help="Model in place of the file's.")] = None,
    format_: Annotated[str, typer.Option("--format", metavar="FORM", help="text or csv.")] = "text",
) -> None:
    """Say what each measure contributes: first in, last in, Shapley; with and without shocks, and the shocks."""
    from .contributions import contributions as attributed
    from .contributions import csv_table, text_tables
    from .language.scenario import load

    if format_ not in ("text", "csv"):
        raise UnknownNameError(f"unknown format '{format_}'; there is text, csv")
    with _progress(quiet=format_ == "csv") as tell:
        loaded = load(_file(scenario), sets=tuple(set_ or ()))
        found = attributed(loaded, of=of, groups=groups, model=model, progress=tell)
    if format_ == "csv":
        typer.echo(csv_table(found), nl=False)
        return
    from rich.console import Console

    Console(width=None if sys.stdout.isatty() else LOG_WIDTH).print(text_tables(found))


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
    set_: Annotated[
        list[str] | None, typer.Option("--set", metavar="PATH=VALUE", help="Change a value; repeatable.")
    ] = None,
    model: Annotated[str | None, typer.Option(metavar="NAME", help="Model in place of the file's.")] = None,
    format_: Annotated[str, typer.Option("--format", metavar="FORM", help="text or csv.")] = "text",
) -> None:
    """Rank the lines of a scenario by how far their ranges move a result: tornado and Sobol indices."""
    from .language.scenario import load
    from .sensitivity import csv_table, text_table
    from .sensitivity import sensitivity as ranked

    if format_ not in ("text", "csv"):
        raise UnknownNameError(f"unknown format '{format_}'; there is text, csv")
    loaded = load(_file(scenario), sets=tuple(set_ or ()))
    with _progress(quiet=format_ == "csv") as tell:
        found = ranked(loaded, of=of, samples=samples, model=model, progress=tell)
    if figure is not None:
        from .plot.tornado import draw_tornado

        draw_tornado(found).savefig(figure, dpi=150)
    if format_ == "csv":
        typer.echo(csv_table(found), nl=False)
        return
    from rich.console import Console

    Console(width=None if sys.stdout.isatty() else LOG_WIDTH).print(text_table(found, top))


@app.command()
def decompose(
    scenario: FileOrName,
    set_: Annotated[
        list[str] | None, typer.Option("--set", metavar="PATH=VALUE", help="Change a value; repeatable.")
    ] = None,
    model: Annotated[str | None, typer.Option(metavar="NAME", help="Model in place of the file's.")] = None,
    format_: Annotated[str, typer.Option("--format", metavar="FORM", help="text or csv.")] = "text",
) -> None:
    """Take an effect apart: direct, indirect and induced; own region and spill-overs; imports; multipliers by name."""
    from .decompose import csv_table, text_tables
    from .decompose import decompose as taken_apart
    from .language.scenario import load

    if format_ not in ("text", "csv"):
        raise UnknownNameError(f"unknown format '{format_}'; there is text, csv")
    with _progress(quiet=format_ == "csv") as tell:
        found = taken_apart(load(_file(scenario), sets=tuple(set_ or ())), model=model, progress=tell)
    if format_ == "csv":
        typer.echo(csv_table(found), nl=False)
        return
    from rich.console import Console

    Console(width=None if sys.stdout.isatty() else LOG_WIDTH).print(text_tables(found))


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
    from .content import scenarios_in
    from .language.diagnostics import FORMS, has_errors, render
    from .language.scenario import check as problems_of

    if format_ not in FORMS:
        raise UnknownNameError(f"unknown format '{format_}'; there is {', '.join(FORMS)}")
    found = [problem for path in scenarios_in(files) for problem in problems_of(path, require_sources=require_sources)]
    if found or format_ in ("json", "sarif"):
        typer.echo(render(found, format_))
    raise typer.Exit(INVALID if has_errors(found) else OK)


@app.command()
def migrate(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Scenario files of any age.")],
) -> None:
    """Rewrite scenario files of an older format for this one; comments and layout stay."""
    from .language.migrate import migrate as migrated
    from .language.schema import SCHEMA

    texts = [(path, migrated(path)) for path in files]  # all are read before one is written
    for path, text in texts:
        if text is None:
            typer.echo(f"{path}: already {SCHEMA}, the newest; nothing to do")
        else:
            path.write_text(text, encoding="utf-8", newline="\n")
            typer.echo(f"{path}: rewritten for {SCHEMA}")


@app.command()
def resolve(
    scenario: FileOrName,
    set_: Annotated[
        list[str] | None, typer.Option("--set", metavar="PATH=VALUE", help="Change a value; repeatable.")
    ] = None,
) -> None:
    """Print a scenario as it would run, every value with the file and line it comes from."""
    from .language.scenario import load

    typer.echo(load(_file(scenario), sets=tuple(set_ or ())).resolved(), nl=False)


@app.command()
def diff(
    scenario: FileOrName,
    other: FileOrName,
) -> None:
    """Print where two scenarios differ: path, value in the first, value in the second, all inclusions applied."""
    from .language.difference import differences
    from .language.scenario import load

    found = differences(load(_file(scenario)), load(_file(other)))
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
    from .manual import page

    *of, name = what
    if len(of) > 1:
        raise UnknownNameError(f"cannot explain '{' '.join(what)}'; write simcore explain model KIND, say")
    typer.echo(page(name, *of))


@app.command()
def schema() -> None:
    """Print the JSON Schema of scenario files, by which an editor completes and checks them while you write."""
    import json

    from .language.editor import json_schema

    typer.echo(json.dumps(json_schema(), ensure_ascii=False, indent=1))


@app.command()
def new(
    name: Annotated[str, typer.Argument(help="Id of the scenario: small letters, digits, hyphens.")],
    kind: Annotated[
        str, typer.Option(metavar="KIND", help="Kind of the measure to start with.")
    ] = "investment_support",
) -> None:
    """Write NAME.yaml here, a scenario to start from."""
    from .manual import starter

    path, text = Path(f"{name}.yaml"), starter(name, kind)
    if path.exists():
        raise RunExistsError(f"{path} exists; choose another name")
    path.write_text(text, encoding="utf-8", newline="\n")
    typer.echo(f"{path} written; change it, then: simcore check {path}, simcore run {path}")


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
    from .economy.audit import audit as audit_of
    from .economy.readers import read_raw, read_table

    path = _table_path(table)
    if final_demand is None and (path / "economy.npz").is_file():
        report = audit_of(read_table(path))
    else:  # without matching its labels first: the audit lists all that do not fit
        report = audit_of(read_raw(path, final_demand, unit=unit, year=year))
    typer.echo(str(report))
    raise typer.Exit(OK if report.ok else INVALID)


@app.command()
def bench(
    file: Annotated[str, typer.Argument(metavar="FILE_OR_NAME", help="A table as for audit, or a scenario.")],
    final_demand: Annotated[
        Path | None, typer.Argument(help="CSV of final demand, where FILE is a CSV of flows.")
    ] = None,
    models: Annotated[
        str | None,
        typer.Option(metavar="LIST", help="Models; default: inventory,leontief,price, or the scenario's own."),
    ] = None,
    members: Annotated[int, typer.Option(min=2, help="Most members, or draws, that run together.")] = 64,
    unit: Annotated[str | None, typer.Option(help="Unit of a table that states none: 'bn yuan'.")] = None,
    year: Annotated[int | None, typer.Option(help="Year of a table that states none.")] = None,
    json: Annotated[Path | None, typer.Option("--json", metavar="FILE", help="Also write all figures.")] = None,
) -> None:
    """Time a table or a scenario on this machine: by model and form of storage, one run and many."""
    from . import bench as timing

    wanted = [name.strip() for name in (models or "").split(",") if name.strip()]
    timing.require_models(wanted)
    with _progress(quiet=False) as tell:
        tell("loading the file")
        if timing.kind_of(file) == "scenario":
            from .language.scenario import load

            scenario = load(_file(file))
            lines = list(timing.of_scenario(scenario, wanted, members, tell=tell))
            about = f"{file}: {len(scenario.measures)} measures, {scenario.calendar.periods} periods"
        else:
            from .economy.readers import read_table

            path = _table_path(file)
            facts = {} if final_demand is None and (path / "economy.npz").is_file() else {"unit": unit, "year": year}
            economy = read_table(path, final_demand, **facts)
            lines = list(timing.of_table(economy, wanted or timing.MODELS, members, tell=tell))
            about = f"{economy.name}: {economy.n} activities, {economy.K} products, {economy.P} pools of buyers"
    machine = timing.machine()
    typer.echo(f"{about}\n{', '.join(f'{name} {value}' for name, value in machine.items())}\n")
    typer.echo(timing.text_table(lines))
    if json is not None:
        import json as writer

        content = {"file": file, "about": about, "machine": machine, "lines": [line.as_json() for line in lines]}
        json.write_text(writer.dumps(content, indent=1), encoding="utf-8")


@app.command()
def indicators(
    table: Annotated[
        str, typer.Argument(metavar="CALIBRATION_OR_TABLE", help="A calibration's name, or folder or .npz of a table.")
    ] = CHINA,
    by: Annotated[str, typer.Option(metavar="DIMENSION", help="Rows: sector, region or activity.")] = "sector",
    top: Annotated[int | None, typer.Option(min=1, help="Rows to print; default: 20, all in CSV.")] = None,
    format_: Annotated[str, typer.Option("--format", metavar="FORM", help="text or csv.")] = "text",
) -> None:
    """Rank sectors, regions or activities: multipliers, linkages, upstreamness, extraction, systemic risk."""
    if format_ not in ("text", "csv"):
        raise UnknownNameError(f"unknown format '{format_}'; there is text, csv")
    if by not in ("sector", "region", "activity"):
        raise UnknownNameError(f"unknown dimension '{by}' in --by; there is sector, region, activity")
    from .economy.readers import read_table
    from .key_sectors import csv_table, text_table
    from .key_sectors import indicators as indicators_of

    found = indicators_of(read_table(_table_path(table)), by)  # type: ignore[arg-type]
    if format_ == "csv":
        typer.echo(csv_table(found, top), nl=False)
        return
    from rich.console import Console

    console = Console(width=None if sys.stdout.isatty() else LOG_WIDTH)
    console.print(text_table(found, top, console.width))


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
    from . import lists

    rows = lists.rows(what, calibration)
    width = max((len(name) for name, _ in rows), default=0)
    for name, text in rows:
        typer.echo(f"{name:{width}}  {text}".rstrip())


@app.command()
def calibrate(
    folder: Annotated[Path, typer.Argument(help="Folder of a calibration: recipe.yaml and sources.")],
    check: Annotated[bool, typer.Option("--check", help="Write nothing; compare with what the folder holds.")] = False,
) -> None:
    """Build an economy and its baseline from a recipe and sources."""
    from .fitting import calibrate as fitting

    if check:
        found = fitting.compare(folder)
        for line in found:
            _say(line)
        typer.echo(f"{folder}: " + ("differs from its recipe" if found else "as its recipe builds it"))
        raise typer.Exit(CHECK_FAILED if found else OK)
    fitting.calibrate(folder)
    typer.echo(f"{folder}: built")


@app.command()
def warm(
    check: Annotated[bool, typer.Option("--check", help="Compile nothing; say what is compiled already.")] = False,
) -> None:
    """Compile all kernels now, so that no run has to, nor many at once; 'simcore run' compiles what it lacks itself."""
    from time import perf_counter

    from . import warming
    from .kernels.cache import cache_folder

    if check:
        missing = warming.cold()
        for name, job in warming.JOBS.items():
            typer.echo(f"{'cold' if name in missing else 'warm'}  {name:10}  {job.what}")
        raise typer.Exit(CHECK_FAILED if missing else OK)
    start, number = perf_counter(), len(warming.JOBS)
    with _progress(quiet=False) as tell:
        tell(f"compiling kernels, {number} sets; a minute or two where none is there yet")
        for count_, done in enumerate(warming.warm(), start=1):
            tell(f"{count_} of {number}: {done.name}, {done.seconds:.1f} s")
    typer.echo(f"all kernels are in {cache_folder()}, after {perf_counter() - start:.0f} s")


def _file(scenario: str) -> Path:
    """The scenario's file, named from here where it lies here: that is how messages and results quote it."""
    from .content import find_scenario

    found = find_scenario(scenario)
    return found.relative_to(Path.cwd()) if found.is_relative_to(Path.cwd()) else found


def _table_path(name: str) -> Path:
    """A table's file or folder, or that of a calibration."""
    from .content import find_calibration

    try:
        return Path(name) if Path(name).exists() else find_calibration(name)
    except UnknownNameError as problem:
        raise TableError(f"there is no file or folder '{name}'; {problem}") from None


def _require_dimension(by: str | None) -> None:
    if by not in (None, "region", "ownership", "sector"):
        raise UnknownNameError(f"unknown dimension '{by}' in --by; there is region, ownership, sector")


def _formats(names: Iterable[str]) -> tuple[str, ...]:
    """The formats to write, in the words of ``Result.save``."""
    known = {"netcdf": "nc", "nc": "nc", "csv": "csv", "html": "html"}
    wanted = [name.strip() for name in names]
    unknown = [name for name in wanted if name not in known]
    if unknown:
        raise UnknownNameError(f"cannot write format '{', '.join(unknown)}'; there is netcdf, csv, html")
    return tuple(dict.fromkeys(known[name] for name in wanted))


def _free_folder(name: str, suffix: str = "") -> Path:
    """The first of ``name-1``, ``name-2`` ... that does not exist here."""
    return next(path for number in count(1) if not (path := Path(f"{name}-{number}{suffix}")).exists())


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
    from .run import run as run_scenario

    return run_scenario(scenario, progress=tell, meanwhile=lambda: _load_writers(formats), **choices)


def _load_writers(formats: tuple[str, ...]) -> None:
    """Import what writing will need, so that it is there when the kernels are done."""
    if "html" in formats:
        import jinja2  # noqa: F401

        from .plot import style  # noqa: F401
    if "nc" in formats:
        import h5netcdf  # noqa: F401


def _write(result: Result, scenario: Scenario, folder: Path, formats: tuple[str, ...], force: bool) -> None:
    from .report import save_run

    save_run(result, folder, formats, {"resolved.yaml": scenario.resolved()}, force, beside=True)


def _print_tables(result: Result, by: str | None) -> None:
    from rich.console import Console

    from .tables import table

    console = Console(width=None if sys.stdout.isatty() else LOG_WIDTH)
    for dimension in (None, by) if by else (None,):
        console.print(table(result, dimension))


def _print_comparison(found: Comparison) -> None:
    from rich.console import Console

    from .comparison.show import printed

    Console(width=None if sys.stdout.isatty() else LOG_WIDTH).print(printed(found))


def _verdict(result: Result, quiet: bool) -> int:
    """Exit code of a run that came to its end; what the tables would say goes to stderr without them."""
    problems = [f"check failed: {c.name}: found {c.found}, asked {c.asked}" for c in result.checks if not c.passed]
    ended = result.outcome.status == "completed"
    if not ended:
        problems.append(f"outcome {result.outcome.status}: {result.outcome.message}")
    for problem in problems if quiet else ():
        _say(problem)
    return RUN_FAILED if not ended else CHECK_FAILED if problems else OK


@contextmanager
def _progress(quiet: bool) -> Iterator[Callable[[str], None]]:
    """A function that says what goes on: by a spinner on a terminal, by lines in a log."""
    if quiet:
        yield lambda text: None
    elif sys.stderr.isatty():
        from rich.console import Console

        with Console(stderr=True).status("starting") as status:
            yield status.update
    else:
        yield _say


def _for_typer(problem: Exception) -> bool:
    """Whether typer itself has an answer: its own exceptions, and a reader that closed the pipe."""
    own = isinstance(problem, typer.Exit | typer.Abort) or hasattr(problem, "format_message")
    return own or (isinstance(problem, OSError) and problem.errno == errno.EPIPE)


def _say(text: str) -> None:
    typer.echo(text, err=True)
