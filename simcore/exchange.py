"""A result in the formats of other tools: the table of the IAMC, a workbook, a zarr store.

``results.nc`` is the complete record; these hold its numbers for those who go on elsewhere.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from . import __version__
from .result import BASELINE, SCENARIO, STATISTICS, TOTAL, Result
from .variables import RANGE

Row = tuple[str, str, str, str, str, np.ndarray]  # variant, statistic, sector, region, ownership, values by period


def write_zarr(result: Result, path: Path) -> None:
    """``results.zarr``: what ``Result.dataset`` holds; ``xarray.open_zarr`` reads it back."""
    result.dataset.to_zarr(path, zarr_format=2)


def write_iamc(result: Result, path: Path) -> None:
    """``results.iamc.csv``: Model, Scenario, Region, Variable, Unit, then one column a period.

    Regions are ``total`` and the regions of the economy; sectors and kinds of owner stand behind a bar in the name of
    the variable, as do statistics over draws (``|q05``). The layout is that of the Integrated Assessment Modeling
    Consortium's templates, with months in place of years.
    """
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("Model", "Scenario", "Region", "Variable", "Unit", *result.periods))
        model = f"simcore {__version__} {result.model.split(' (')[0]}"
        for name in result.values:
            variable = result.variables[name]
            for variant, statistic, sector, region, ownership, values in _rows(result, name):
                parts = [variable.long_name, *(p for p in (sector, ownership) if p != TOTAL)]
                parts += [] if statistic == STATISTICS[0] else [statistic]
                scenario = f"{result.scenario} {variant}"
                numbers = ("" if np.isnan(v) else f"{v:.10g}" for v in values)
                writer.writerow((model, scenario, region, "|".join(parts), variable.unit, *numbers))


def write_xlsx(result: Result, path: Path) -> None:
    """``results.xlsx``: a sheet a variable, and sheets of contributions, costs and assumptions."""
    import xlsxwriter

    with xlsxwriter.Workbook(str(path), {"constant_memory": True, "nan_inf_to_errors": False}) as book:
        bold = book.add_format({"bold": True})

        def sheet(title: str, head: tuple[str, ...], rows: Iterator[tuple[Any, ...]]) -> None:
            made = book.add_worksheet(title[:31])
            made.freeze_panes(1, 0)
            made.write_row(0, 0, head, bold)
            for number, row in enumerate(rows, start=1):
                made.write_row(number, 0, [_cell(v) for v in row])

        labels = ("variant", "statistic", "sector", "region", "ownership")
        for name in result.values:
            head = (*labels, *result.periods, f"unit: {result.variables[name].unit}")
            sheet(name, head, ((*row[:5], *row[5].tolist()) for row in _rows(result, name)))
        months = result.periods
        sheet("contributions", ("measure", "of growth on the year, pp", *months), _contributions(result))
        sheet("costs", ("measure", "line", "kind", "payer", *months), (
            (m, line.name, line.kind, line.payer, *np.asarray(line.path).tolist()) for m, line in result.fiscal
        ))  # fmt: skip
        head = ("of", "name", "value", "unit", "low", "high", "mark", "source")
        sheet("assumptions", head, (tuple(getattr(a, field) for field in head) for a in result.assumptions))


def _cell(value: Any) -> Any:
    """What a cell can hold; nothing for what is no number."""
    if isinstance(value, float) and np.isnan(value):
        return None
    return value if value is None or isinstance(value, str | int | float) else str(value)


def _contributions(result: Result) -> Iterator[tuple[Any, ...]]:
    for measure, points in zip(result.measures, result.points[:, 0], strict=True):
        yield (measure.id, measure.name, *points.tolist())


def _rows(result: Result, name: str) -> Iterator[Row]:
    """All that a variable has by nation, sector, region and class of owner; quantiles and ranges of the file itself."""
    data = result.statistics(name)
    for v, variant in enumerate(result.variants):
        for k in range(data.shape[1] if variant in (BASELINE, SCENARIO) else 1):
            for i, (sector, region, ownership) in enumerate(result.slices):
                values = data[v, k, i]
                if (sector, region, ownership).count(TOTAL) >= 2 and np.isfinite(values).any():
                    yield variant, STATISTICS[k], sector, region, ownership, values
    for place in result.slices:
        if place.count(TOTAL) == 2 and (name, place) in result.ranges:
            for word, values in zip(RANGE, result.ranges[name, place], strict=True):
                yield SCENARIO, word, *place, values


WRITERS: Mapping[str, tuple[str, Callable[[Result, Path], None]]] = {
    "zarr": ("results.zarr", write_zarr),
    "iamc": ("results.iamc.csv", write_iamc),
    "xlsx": ("results.xlsx", write_xlsx),
}
