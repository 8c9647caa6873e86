"""Commands about this machine: compiled kernels and speed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .base import (
    CHECK_FAILED,
    OK,
    file_of,
    group,
    progress,
    table_path,
)

if TYPE_CHECKING:
    pass

app = group()


@app.command()
def warm(
    check: Annotated[bool, typer.Option("--check", help="Compile nothing; say what is compiled already.")] = False,
) -> None:
    """Compile all kernels now, so that no run has to, nor many at once; 'simcore run' compiles what it lacks itself."""
    from time import perf_counter

    from .. import warming
    from ..kernels.cache import cache_folder

    if check:
        missing = warming.cold()
        for name, job in warming.JOBS.items():
            typer.echo(f"{'cold' if name in missing else 'warm'}  {name:10}  {job.what}")
        raise typer.Exit(CHECK_FAILED if missing else OK)
    start, number = perf_counter(), len(warming.JOBS)
    with progress(quiet=False) as tell:
        tell(f"compiling kernels, {number} sets; a minute or two where none is there yet")
        for count_, done in enumerate(warming.warm(), start=1):
            tell(f"{count_} of {number}: {done.name}, {done.seconds:.1f} s")
    typer.echo(f"all kernels are in {cache_folder()}, after {perf_counter() - start:.0f} s")


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
    from .. import bench as timing

    wanted = [name.strip() for name in (models or "").split(",") if name.strip()]
    timing.require_models(wanted)
    with progress(quiet=False) as tell:
        tell("loading the file")
        if timing.kind_of(file) == "scenario":
            from ..language.scenario import load

            scenario = load(file_of(file))
            lines = list(timing.of_scenario(scenario, wanted, members, tell=tell))
            about = f"{file}: {len(scenario.measures)} measures, {scenario.calendar.periods} periods"
        else:
            from ..economy.readers import read_table

            path = table_path(file)
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
