"""A study as one NetCDF file: written when all is done, from the zarr store in which it grew beside it.

A file of this format can be lost whole when its writer is killed, so nothing is ever added to one.
"""

from __future__ import annotations

import json
import os
import shutil
from itertools import product
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import StudyError
from .journal import read_journal
from .plan import Plan
from .store import FORMAT, read_record, require_same

SUFFIX = ".nc"
RECORD = "study"  # variable that holds what the study is, and its failures


def is_netcdf(path: Path) -> bool:
    return path.suffix == SUFFIX


def working_folder(path: Path) -> Path:
    """Where a study grows before it becomes a file: ``relending.nc`` beside ``relending.nc.zarr``."""
    return path.with_name(f"{path.name}.zarr")


def is_finished(path: Path, plan: Plan, resume: bool) -> bool:
    """Whether the file holds the plan's study.

    Raises
    ------
    StudyError
        If it is there and holds something else, or ``resume`` is false.
    """
    if not path.exists():
        return False
    record = read_file_record(path)
    require_same(path, record, plan)
    if record["done"] < members_of(record):
        what = "holds a part of this study, which cannot be added to"
        raise StudyError(f"{path} {what}; choose another place with --out")
    if not resume:
        raise StudyError(f"{path} holds this study, all of it; open it with simcore.open_study")
    return True


def members_of(record: dict[str, Any]) -> int:
    """Number of members of a whole study."""
    return sum(prod(shape) for _, _, shape, _ in record["kinds"])


def require_writable(path: Path) -> None:
    """Say before anything runs that the file cannot be written.

    Raises
    ------
    StudyError
        If its folder cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        allowed = os.access(path.parent, os.W_OK)
    except OSError:
        allowed = False
    if not allowed:
        raise StudyError(f"cannot write to {path.parent}; choose another place with --out")


def remove(folder: Path) -> None:
    """Delete the working folder."""
    shutil.rmtree(folder, ignore_errors=True)


def write(folder: Path, path: Path) -> None:
    """Write the file of a study's folder, whole or not at all; one block of one variable is in memory at a time."""
    import h5netcdf
    import h5py
    import zarr

    text = h5py.string_dtype()
    group = zarr.open_group(folder, mode="r", zarr_format=2)
    part = path.with_name(f".{path.name}.part")
    part.unlink(missing_ok=True)
    with h5netcdf.File(part, "w") as file:
        arrays: dict[str, Any] = dict(group.arrays())
        for array in arrays.values():
            for dim, size in zip(array.attrs["_ARRAY_DIMENSIONS"], array.shape, strict=True):
                if dim not in file.dimensions:
                    file.dimensions[dim] = size
        about = dict(group.attrs)
        beside = str(about.pop("coordinates", "")).split()
        file.attrs.update(_attributes(about) | {"Conventions": "CF-1.10"})
        for name, array in arrays.items():
            _copy(file, name, array, beside, text)
        done = read_journal(folder)
        ended = {"done": sum(d.members for d in done), "failures": [list(f) for d in done for f in d.failures]}
        record = json.dumps(read_record(folder) | ended, ensure_ascii=False)
        file.create_variable(RECORD, (), text, data=np.array(record, dtype=object))
    part.replace(path)


def _copy(file: Any, name: str, array: Any, beside: list[str], text: Any) -> None:
    about = dict(array.attrs)
    dims = tuple(about.pop("_ARRAY_DIMENSIONS"))
    if array.dtype.kind in "UO":
        made = file.create_variable(name, dims, text, data=np.asarray(array[...]).astype(object))
    else:
        fill = {"fillvalue": np.nan} if array.dtype.kind == "f" else {}
        made = file.create_variable(name, dims, array.dtype, chunks=array.chunks or None, **fill)
        for corner in product(*(range(0, n, c) for n, c in zip(array.shape, array.chunks, strict=True))):
            region = tuple(slice(a, a + c) for a, c in zip(corner, array.chunks, strict=True))
            made[region if region else ...] = array[region if region else ...]
    links = [other for other in beside if other != name and set(_dims(file, other)) <= set(dims)]
    made.attrs.update(
        _attributes(
            about | ({"coordinates": " ".join(links)} if links and name not in beside and len(dims) > 1 else {})
        )
    )


def _dims(file: Any, name: str) -> tuple[str, ...]:
    return tuple(file.variables[name].dimensions) if name in file.variables else ("",)


def _attributes(about: dict[str, Any]) -> dict[str, Any]:
    """Attributes as NetCDF knows them; empty ones are left out."""
    return {k: np.array(v) if isinstance(v, list) else v for k, v in about.items() if v not in ("", None)}


def read_file_record(path: Path) -> dict[str, Any]:
    """What a file says about its study.

    Raises
    ------
    StudyError
        If it holds none.
    """
    import h5netcdf

    try:
        with h5netcdf.File(path, "r") as file:
            raw = file.variables[RECORD][()] if RECORD in file.variables else "{}"
    except OSError:
        raise StudyError(f"{path} exists and is not a study; choose another place with --out") from None
    record: dict[str, Any] = json.loads(raw.decode() if isinstance(raw, bytes) else str(raw))
    if record.get("format") != FORMAT:
        raise StudyError(
            f"{path} exists and holds no study of a format that this simcore knows; choose another place with --out"
        )
    return record
