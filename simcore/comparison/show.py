"""A comparison as text, as a data frame and as a labelled data set."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ..models.base import TRAITS
from ..tables import clipped, plain_number, signed
from .record import FIRST, Comparison, ModelRun
from .why import idle, left_out, why

if TYPE_CHECKING:
    import pandas
    import xarray
    from rich.console import RenderableType
    from rich.table import Table

SECTORS = 10  # largest of any model
WIDTH = 160  # characters of a table in a text


def columns(comparison: Comparison) -> list[tuple[str, str]]:
    """Name and unit of the columns of the main table that hold numbers; IVA is industrial value added."""
    found, unit = [("effect", "% of IVA")], comparison.money.words("bn yuan")
    if len(comparison.kinds) == 2:
        found.append(("of which policies", "% of IVA"))
    if any(r.left_out for r in comparison.runs):
        found.append((f"by channels of {comparison.runs[0].name} too", "% of IVA"))
    if any(r.switched for r in comparison.runs):
        found.append(("through income", "% of IVA"))
    found += [("bound by capacity", "% of output"), ("bound by inputs", "% of output"), ("unmet demand", unit)]
    if any(r.evidence is not None and abs(r.evidence.stocks) >= 0.05 for r in comparison.runs):
        found.append(("into stocks", unit))
    if any(r.evidence is not None and np.isfinite(r.evidence.price) for r in comparison.runs):
        found.append(("producer price", "%"))
    return [*found, ("time", "s")]


def values(comparison: Comparison, run: ModelRun) -> dict[str, float]:
    """The numbers of a row, by column."""
    e, nan, first = run.evidence, float("nan"), comparison.runs[0]
    both = run.felt & first.felt
    off = run.switched.get("income")
    found = {
        "effect": run.share(run.amount),
        "of which policies": run.share(run.policies),
        f"by channels of {first.name} too": run.share(run.on(both) if run is not first else run.amount),
        "through income": nan if off is None else run.share(run.amount) - run.share(off),
        "bound by capacity": nan if e is None else e.by_capacity,
        "bound by inputs": nan if e is None else e.by_inputs,
        "unmet demand": nan if e is None else e.unmet,
        "into stocks": nan if e is None else e.stocks,
        "producer price": nan if e is None else e.price,
        "time": run.seconds,
    }
    return {name: found[name] for name, _ in columns(comparison)}


def data_frame(comparison: Comparison) -> pandas.DataFrame:
    """One row a model; the units stand in ``attrs['units']``."""
    import pandas

    rows = []
    for run in comparison.runs:
        quarters = {f"growth {q}": comparison.growth_effect(run, m) for q, m in comparison.quarters()}
        left = "; ".join(f"{i.measure}: {', '.join(i.channels)}" for i in run.left_out)
        rows.append({"outcome": run.outcome.status, "left out": left, **values(comparison, run), **quarters})
    frame = pandas.DataFrame(rows, index=pandas.Index([r.label for r in comparison.runs], name="model"))
    growth = {f"growth {q}": "points of growth on the year" for q, _ in comparison.quarters()}
    frame.attrs["units"] = dict(columns(comparison)) | growth
    return frame


def dataset(comparison: Comparison) -> xarray.Dataset:
    """Dims model, slice, period; see ``Comparison.dataset``."""
    import xarray

    runs, shape = comparison.runs, (len(comparison.slices), len(comparison.months))

    def stacked(name: str) -> np.ndarray:
        arrays = [getattr(r, name) for r in runs]
        return np.array([np.full(shape, np.nan) if a is None else a for a in arrays])

    without, amount = stacked("without"), stacked("amount")
    with np.errstate(divide="ignore", invalid="ignore"):
        share = 100.0 * amount / without
    dims = ("model", "slice", "period")
    about = {
        "iva_effect": (amount, comparison.unit, "effect on industrial value added"),
        "iva_level_effect": (share, "%", "effect on the level of industrial value added"),
        "iva_without": (without, comparison.unit, "industrial value added without the package"),
    }
    axes = dict(zip(("sector", "region", "ownership"), zip(*comparison.slices, strict=True), strict=True))
    coords: dict[str, Any] = {"model": [r.label for r in runs], "period": list(comparison.months)}
    coords |= {name: ("slice", list(codes)) for name, codes in axes.items()}
    coords |= {"outcome": ("model", [r.outcome.status for r in runs])}
    coords |= {"left_out": ("model", [", ".join(r.channels_left_out) for r in runs])}
    found = {n: (dims, a, {"units": u, "long_name": text}) for n, (a, u, text) in about.items()}
    attributes = {"scenario": comparison.scenario, "title": comparison.title}
    attributes |= {"counterfactual": comparison.counterfactual, "vintage": comparison.vintage}
    return xarray.Dataset(found, coords=coords, attrs=attributes)


class Grid(NamedTuple):
    """A table of text; the first ``words`` columns are words, the others numbers."""

    title: str
    head: list[str]
    rows: list[list[str]]
    words: int = 1
    note: str = ""


def grids(comparison: Comparison) -> list[Grid]:
    """All tables of a comparison, in order."""
    return [
        main_grid(comparison),
        growth_grid(comparison),
        *(g for g in (places_grid(comparison, 0), places_grid(comparison, 1)) if g.rows),
        traits_grid(comparison),
    ]


def main_grid(comparison: Comparison) -> Grid:
    """One row a model."""
    head = ["Model", "outcome", "left out", *(f"{name}\n{unit}" for name, unit in columns(comparison))]
    rows = []
    for run in comparison.runs:
        cells = [_cell(name, value) for name, value in values(comparison, run).items()]
        rows.append([run.label, run.outcome.status, ", ".join(run.channels_left_out) or "nothing", *cells])
    note = (
        f"Industrial value added (IVA), with less without, {span(comparison)}. Counterfactual "
        f"{comparison.counterfactual}: {comparison.counterfactual_text}. "
        f"Channels of the scenario: {', '.join(comparison.used) or 'none'}."
    )
    return Grid(f"{comparison.title}: effect by model", head, rows, words=3, note=note)


def span(comparison: Comparison) -> str:
    """The months that the tables sum over."""
    return f"{comparison.months[0]} to {comparison.months[min(FIRST, len(comparison.months)) - 1]}"


def _cell(name: str, value: float) -> str:
    if name == "into stocks":
        return signed(value, 1)
    plain = name in ("time", "unmet demand") or name.startswith("bound")
    return plain_number(value) if plain else signed(value)


def growth_grid(comparison: Comparison) -> Grid:
    """What each model adds to growth on the year, by quarter."""
    quarters = comparison.quarters()
    rows = [[r.label, *(signed(comparison.growth_effect(r, m)) for _, m in quarters)] for r in comparison.runs]
    note = "a quarter's sum against that of the year before, with less without"
    return Grid(
        "Effect on growth of industrial value added on the year, points",
        ["Model", *(q for q, _ in quarters)],
        rows,
        note=note,
    )


def places_grid(comparison: Comparison, dimension: int) -> Grid:
    """Where the effect falls: the largest sectors, or all regions."""
    what = ("sector", "region")[dimension]
    rows = []
    for place, code in comparison.largest(dimension, SECTORS if dimension == 0 else len(comparison.slices)):
        name = clipped(comparison.name(dimension, code), 38)
        rows.append([name, *(_place(r, place) for r in comparison.runs)])
    title = ("Largest effects by sector", "Effects by region (estimates)")[dimension]
    title += comparison.money.words(", bn yuan and % of its level")
    return Grid(title, [what.capitalize(), *(r.label for r in comparison.runs)], rows, note=span(comparison))


def _place(run: ModelRun, place: int) -> str:
    if run.amount is None:
        return signed(float("nan"))
    return f"{signed(float(run.amount[place, :FIRST].sum()), 1)} ({signed(run.share(run.amount, place))} %)"


def traits_grid(comparison: Comparison) -> Grid:
    """What each model lets move."""
    rows = [
        [trait, *("not stated" if r.traits is None else getattr(r.traits, trait) for r in comparison.runs)]
        for trait in TRAITS
    ]
    used = {getattr(r.traits, trait) for r in comparison.runs if r.traits is not None for trait in TRAITS}
    told = [f"{word}: {meaning}" for words in TRAITS.values() for word, meaning in words.items() if word in used]
    head = ["Trait", *(r.label for r in comparison.runs)]
    return Grid("What each model lets move", head, rows, words=len(head), note="; ".join(told))


def printed(comparison: Comparison) -> RenderableType:
    """Everything for a terminal; print it with rich."""
    from rich.console import Group
    from rich.padding import Padding
    from rich.text import Text

    flags = [Text(line, style="bold red") for line in left_out(comparison)]
    parts: list[RenderableType] = [*flags, *(Text(line) for line in idle(comparison))]
    for grid in grids(comparison):
        parts += [_table(grid), *([Text(f"{grid.note}\n")] if grid.note else [])]
    parts.append(Text("Why they differ", style="bold"))
    for line in why(comparison):
        parts.append(Padding(Text(line.strip()), (0, 0, 0, len(line) - len(line.lstrip()))))
    return Group(*parts)


def text(comparison: Comparison) -> str:
    """The same as plain text."""
    from rich.console import Console

    console = Console(width=WIDTH, no_color=True, force_terminal=False)
    with console.capture() as captured:
        console.print(printed(comparison))
    return captured.get()


def _table(grid: Grid) -> Table:
    from rich import box
    from rich.table import Table

    made = Table(title=grid.title, box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), title_justify="left")
    for i, head in enumerate(grid.head):
        made.add_column(head, justify="left" if i < grid.words else "right", no_wrap=i == 0)
    for row in grid.rows:
        made.add_row(*row)
    return made
