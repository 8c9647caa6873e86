"""``results.nc``: a result as netCDF-4, complete, readable by any netCDF tool and back without loss.

Arrays and labels are ordinary variables; everything else (assumptions, checks, provenance ...) is one JSON
text in the
variable ``record``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from . import __version__
from .errors import TableError
from .labels import arrays, carried, coordinates, title_attributes
from .models.base import Outcome
from .records import (
    Assumption,
    Binding,
    Check,
    Claim,
    Estimate,
    Grid,
    History,
    Ledger,
    MeasureRecord,
    TargetRecord,
    WarningRecord,
)
from .result import Result
from .variables import Variable

FORMAT = "simcore/result@1"
COMPRESS_UP_TO = 1_000_000  # bytes; zlib writes random digits at 80 MB/s and hardly shrinks them

_LISTS: dict[str, type] = {
    "measures": MeasureRecord,
    "estimates": Estimate,
    "assumptions": Assumption,
    "claims": Claim,
    "checks": Check,
    "targets": TargetRecord,
    "signals": WarningRecord,
}
_PLAIN = ("scenario", "title", "counterfactual", "counterfactual_text", "model", "closure")
_MAPPINGS = ("residuals", "provenance")


def write(result: Result, path: Path) -> None:
    """Write the file; ``path`` must not exist."""
    import h5netcdf
    import h5py

    text = h5py.string_dtype()
    labels, data = coordinates(result), arrays(result)
    sizes: dict[str, int] = {dim: len(values) for dim, values in labels.values()}
    for a in data:
        sizes.update(zip(a.dims, a.data.shape, strict=True))
    with h5netcdf.File(path, "w") as file:
        file.dimensions = {dim: size for dim, size in sizes.items() if size}
        file.attrs.update(title_attributes(result) | {"Conventions": "CF-1.10", "format": FORMAT})
        for name, (dim, values) in labels.items():
            if values:
                file.create_variable(name, (dim,), text, data=np.array(values, dtype=object))
        for a in data:
            if a.data.size:
                light = {"compression": "gzip", "compression_opts": 1, "shuffle": True}
                # A constant fill costs nothing compressed; large random digits are better left as they are.
                options = light if a.data.nbytes <= COMPRESS_UP_TO else {}
                variable = file.create_variable(a.name, a.dims, a.data.dtype, data=a.data, **options)
                beside = " ".join(carried(a, labels))  # how CF links labels that are no dimension
                variable.attrs.update({k: v for k, v in (a.attributes | {"coordinates": beside}).items() if v})
        file.create_variable(
            "record", (), text, data=np.array(json.dumps(_record(result), ensure_ascii=False), dtype=object)
        )


def _record(result: Result) -> dict[str, Any]:
    """Everything that is not an array over the result's own dimensions."""
    record: dict[str, Any] = {"format": FORMAT, "simcore": __version__}
    record |= {name: getattr(result, name) for name in _PLAIN}
    record |= {name: plain(getattr(result, name)) for name in _MAPPINGS}
    record |= {name: [asdict(r) for r in getattr(result, name)] for name in _LISTS}
    record |= {name: list(getattr(result, name)) for name in ("warnings", "notes", "periods", "variants", "slices")}
    record["values"] = list(result.values)
    record["draws"] = list(result.draws)
    record["variables"] = {k: list(v) for k, v in result.variables.items()}
    record["flags"] = {k: list(v) for k, v in result.flags.items()}
    record["names"] = plain(result.names)
    record["ranges"] = [[variable, list(place)] for variable, place in result.ranges]
    record["fiscal"] = [[m, line.name, line.kind, line.payer, line.after] for m, line in result.fiscal]
    record["outcome"] = list(result.outcome)
    record["hindcast"] = None if result.hindcast is None else asdict(result.hindcast)
    history = result.history
    record["history"] = None if history is None else plain(asdict(history))
    if result.binding is not None:
        record["binding"] = [list(getattr(result.binding, k)) for k in ("variants", "activities", "products")]
    return record


def plain(value: Any) -> Any:
    """Numpy values and mappings as JSON knows them; floats keep every digit."""
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    return value if isinstance(value, (str, int, float, bool)) or value is None else str(value)


def read(path: Path) -> Result:
    """Read a file that ``write`` made.

    Raises
    ------
    TableError
        If it is another kind of file, or of a format that this version does not know.
    """
    import h5netcdf

    with h5netcdf.File(path, "r") as file:
        if "record" not in file.variables:
            raise TableError(f"{path} holds no simcore result; results.nc of a run folder is needed")
        raw = file.variables["record"][()]
        record = json.loads(raw.decode() if isinstance(raw, bytes) else str(raw))
        if record["format"] != FORMAT:
            raise TableError(f"{path} has format {record['format']}; this simcore reads {FORMAT}")
        found = {name: np.asarray(v[...]) for name, v in file.variables.items() if v.dtype.kind in "fi"}
    return _result(record, found)


def _result(record: dict[str, Any], found: dict[str, np.ndarray]) -> Result:
    from .measures.base import FiscalLine

    slices = tuple((s[0], s[1], s[2]) for s in record["slices"])
    places = {s: i for i, s in enumerate(slices)}
    empty = np.zeros((len(record["measures"]), len(slices), len(record["periods"])))
    ranges = {}
    for variable, label in record["ranges"]:
        place = (label[0], label[1], label[2])
        ends = (found[f"{variable}_range_{word}"][places[place]] for word in ("low", "high"))
        ranges[variable, place] = tuple(ends)
    hindcast, history = record["hindcast"], record["history"]
    lists: dict[str, Any] = {name: tuple(kind(**r) for r in record[name]) for name, kind in _LISTS.items()}
    return Result(
        **{name: record[name] for name in (*_PLAIN, *_MAPPINGS)},
        **lists,
        periods=tuple(record["periods"]),
        variants=tuple(record["variants"]),
        slices=slices,
        values={name: found[name][:, 0] for name in record["values"]},
        draws={name: found[f"{name}_draws"] for name in record["draws"]},
        points=found.get("points", empty),
        parts=found.get("parts", empty),
        point_draws=found.get("points_draws"),
        variables={k: Variable(*v) for k, v in record["variables"].items()},
        fiscal=tuple(
            (m, FiscalLine(name, kind, payer, path, after))
            for (m, name, kind, payer, after), path in zip(record["fiscal"], found.get("cost", ()), strict=True)
        ),
        ledger=_ledger(found),
        binding=_binding(record.get("binding"), found),
        ranges=ranges,  # type: ignore[arg-type]
        flags={k: tuple(v) for k, v in record["flags"].items()},
        names={d: {code: (n[0], n[1]) for code, n in codes.items()} for d, codes in record["names"].items()},
        warnings=tuple(record["warnings"]),
        notes=tuple(record["notes"]),
        history=None
        if history is None
        else History(
            tuple(history["months"]),
            np.array(history["yoy"], dtype=float),
            np.array(history["two_year"], dtype=float),
            history["source"],
        ),
        baseline_band=found.get("baseline_band"),
        hindcast=None if hindcast is None else _grid(hindcast),
        outcome=Outcome(*record["outcome"]),
    )


def _ledger(found: dict[str, np.ndarray]) -> Ledger | None:
    if "ledger" not in found:
        return None
    return Ledger(found["ledger"], found["ledger_last_in"], found.get("ledger_draws"))


def _grid(record: dict[str, Any]) -> Grid:
    rows = tuple(tuple(row) for row in record["rows"])
    return Grid(record["title"], tuple(record["columns"]), rows, record["note"])


def _binding(labels: Any, found: dict[str, np.ndarray]) -> Binding | None:
    if labels is None:
        return None
    variants, activities, products = (tuple(part) for part in labels)
    return Binding(found["binding"], variants, activities, found["binding_weight"], products)
