"""The folder of a comparison: complete or not there at all, as that of a run."""

from __future__ import annotations

import csv
import json
import os
import platform
from collections.abc import Collection
from pathlib import Path

import numpy as np

from .. import __version__
from ..errors import UnknownNameError
from ..levels import TOTAL
from ..runfolder import Kind, whole_or_nothing
from .record import Comparison
from .show import grids
from .why import agreement, idle, left_out, why

FORMATS = ("netcdf", "csv", "png", "html")
COMPARISON = Kind(
    "comparison",
    "comparison.json",
    ("comparison.json", "comparison.nc", "models.csv", "effects.csv", "comparison.png", "comparison.html"),
)


def require_formats(formats: Collection[str]) -> None:
    """Refuse a format that does not exist.

    Raises
    ------
    UnknownNameError
    """
    unknown = [f for f in formats if f not in FORMATS]
    if unknown:
        raise UnknownNameError(f"cannot write format '{', '.join(unknown)}'; there is {', '.join(FORMATS)}")


def save(comparison: Comparison, folder: Path, formats: Collection[str], force: bool) -> Path:
    """Write the folder; see ``Comparison.save``."""
    require_formats(formats)
    with whole_or_nothing(folder, force, COMPARISON) as part:
        if "netcdf" in formats:
            comparison.dataset.to_netcdf(part / "comparison.nc", engine="h5netcdf")
        if "csv" in formats:
            write_models(comparison, part / "models.csv")
            write_effects(comparison, part / "effects.csv")
        if {"png", "html"} & set(formats):
            _write_pictures(comparison, part, formats)
        (part / "comparison.json").write_text(record(comparison), encoding="utf-8")
    return Path(os.path.abspath(folder))


def write_models(comparison: Comparison, path: Path) -> None:
    """``models.csv``: one line a model, with units in the heads."""
    units = comparison.table.attrs["units"]
    heads = {name: f"{name} ({units[name]})" for name in comparison.table.columns if name in units}
    comparison.table.rename(columns=heads).to_csv(path, float_format="%.6g", lineterminator="\n")


def write_effects(comparison: Comparison, path: Path) -> None:
    """``effects.csv``: one number a line, by model and month, of the nation, sectors and regions.

    Numbers that do not exist have no line; sectors in regions, and classes of owner (which have no range here), are in
    the data set.
    """
    kept = [i for i, label in enumerate(comparison.slices) if label.count(TOTAL) >= 2 and label[2] == TOTAL]
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["model", "variable", "sector", "region", "ownership", "period", "value", "unit"])
        for name, unit in (("iva_effect", comparison.unit), ("iva_level_effect", "%")):
            values = comparison.dataset[name].values[:, kept]
            for m, s, t in np.argwhere(np.isfinite(values)):
                where = (*comparison.slices[kept[s]], comparison.months[t])
                writer.writerow([comparison.runs[m].label, name, *where, f"{values[m, s, t]:.8g}", unit])


def record(comparison: Comparison) -> str:
    """``comparison.json``: what was compared, how each run ended, what it went without, and why they differ."""
    content = {
        "scenario": comparison.scenario,
        "title": comparison.title,
        "counterfactual": comparison.counterfactual,
        "periods": [comparison.months[0], comparison.months[-1]],
        "channels": list(comparison.used),
        "vintage": comparison.vintage,
        "versions": {"simcore": __version__, "python": platform.python_version(), "numpy": np.__version__},
        "hashes": dict(comparison.hashes),
        "models": [
            {
                "model": run.label,
                "outcome": run.outcome._asdict(),
                "left_out": {item.measure: list(item.channels) for item in run.left_out},
                "traits": None if run.traits is None else run.traits._asdict(),
                "seconds": round(run.seconds, 3),
            }
            for run in comparison.runs
        ],
        "why": comparison.why,
    }
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def _write_pictures(comparison: Comparison, part: Path, formats: Collection[str]) -> None:
    from ..plot.style import to_png

    if "png" in formats:
        (part / "comparison.png").write_bytes(to_png(comparison.plot()))
    if "html" in formats:
        (part / "comparison.html").write_text(render(comparison), encoding="utf-8")


def render(comparison: Comparison) -> str:
    """The comparison as one page that loads nothing from anywhere."""
    from ..plot.style import embedded
    from ..report import templates

    said = why(comparison)[1:]
    return (
        templates(Path(__file__).parent)
        .get_template("page.html.j2")
        .render(
            comparison=comparison,
            agreement=agreement(comparison)[0],
            alerts=[*left_out(comparison), *idle(comparison)],
            grids=grids(comparison),
            figure=embedded(comparison.plot()),
            reasons=_nested(said),
        )
    )


def _nested(lines: list[str]) -> list[tuple[str, list[str]]]:
    """Lines with the indented ones that follow each."""
    found: list[tuple[str, list[str]]] = []
    for line in lines:
        if line.startswith(" ") and found:
            found[-1][1].append(line.strip())
        else:
            found.append((line.strip(), []))
    return found
