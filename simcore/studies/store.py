"""The store of a study: a zarr group that is readable at any time, with a journal of what is done.

Arrays are chunked as they are computed and read: one variable, all variants, places and months of a block of members.
The second version of the zarr format is written, which every reader of zarr knows and in which labels are plain text.

    .zgroup .zattrs .zmetadata    the group, its metadata in one file
    iva_yoy/ iva_yoy_draws/ ...   arrays, one file a chunk
    study.json                    what the study is; written last, so that a folder without it is no study yet
    study-journal.jsonl           what is done
    study.lock                    held by the process that writes
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from .. import __version__
from ..errors import StudyError
from ..result import DIMENSIONS
from ..variables import VARIABLES
from .blocks import Found
from .journal import JOURNAL, LOCK, Done, Journal
from .members import STATUS
from .plan import DRAWS, Block, Kind, Plan

FORMAT = "simcore/study@1"
RECORD = "study.json"
PATH = ("variant", "slice", "period")  # dimensions of one member's numbers
STATUS_NAME = "status"
COMPRESSION = {
    "cname": "lz4",
    "clevel": 5,
    "shuffle": 1,
}  # as small as zstd but for a twentieth, at five times its speed


class Array(NamedTuple):
    """One array of the store; ``data`` is given for labels, and None for what comes block by block."""

    name: str
    dims: tuple[str, ...]
    shape: tuple[int, ...]
    chunks: tuple[int, ...]
    dtype: Any
    data: np.ndarray | None
    attributes: dict[str, Any]


def array_name(variable: str, kind: str) -> str:
    """``iva_yoy`` at central values, ``iva_yoy_draws`` by draw."""
    return f"{variable}_draws" if kind == DRAWS else variable


class Store:
    """A study's folder, open for writing by this process alone."""

    def __init__(self, path: Path, plan: Plan, journal: Journal):
        import zarr

        self.path = path
        self._plan = plan
        self._journal = journal
        self._group = zarr.open_group(path, mode="r+", zarr_format=2)
        self._arrays: dict[str, Any] = {}

    @classmethod
    def open(cls, path: Path, plan: Plan, resume: bool) -> Store:
        """Make the store of a plan, or go on with one that was interrupted.

        Raises
        ------
        StudyError
            If another process writes there, it holds another study or something else, it holds this one and ``resume``
            is false, or nothing can be written there.
        """
        refuse_what_is_no_study(path)
        try:
            path.mkdir(parents=True, exist_ok=True)
            journal = Journal(path)
        except OSError as error:
            raise StudyError(f"cannot write to {path} ({error.strerror}); choose another place with --out") from error
        try:
            if (path / RECORD).is_file():
                journal_of = _record(path)
                require_same(path, journal_of, plan)
                if not resume:
                    total = sum(int(np.prod(kind.shape)) for kind in plan.kinds)
                    done = sum(d.members for d in journal.done.values())
                    raise StudyError(
                        f"{path} holds this study, {done} of {total} members done; go on with --resume (resume=True)"
                    )
                plan = _as_stored(plan, journal_of)
            else:  # new, or killed while it was made
                _create(path, plan)
            return cls(path, plan, journal)
        except BaseException:
            journal.close()
            raise

    @property
    def done(self) -> Mapping[str, Done]:
        """Blocks that need not run again."""
        return self._journal.done

    @property
    def plan(self) -> Plan:
        """The plan, in the blocks that the store has."""
        return self._plan

    def begin(self, block: Block) -> None:
        self._journal.begin(block.key)

    def commit(self, block: Block, found: Found, seconds: float) -> None:
        """Write a block, then note it as done; until then it counts as never run."""
        written = []
        region = tuple(slice(a, b) for a, b in zip(block.start, block.stop, strict=True))
        for variable, array in found.values.items():
            written.append(self._write(array_name(variable, block.kind), block, region, array))
        written.append(self._write(array_name(STATUS_NAME, block.kind), block, region, found.status))
        for file in written:
            _to_disk(file)
        self._journal.finish(Done(block.key, len(found.status), seconds, found.failures))

    def _write(self, name: str, block: Block, region: tuple[slice, ...], members: np.ndarray) -> Path:
        """Write one chunk whole; the file that holds it."""
        if name not in self._arrays:
            self._arrays[name] = self._group[name]
        own = members.shape[1:]
        self._arrays[name][(*region, ...)] = members.reshape(*block.shape, *own)
        return self.path / name / ".".join(map(str, (*block.place, *(0 for _ in own))))

    def close(self) -> None:
        """Let others write."""
        self._journal.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def refuse_what_is_no_study(path: Path) -> None:
    """Never write into what somebody else made.

    Raises
    ------
    StudyError
        If the place is taken by a file, or by a folder with anything but a study.
    """
    if path.is_dir() and (not any(path.iterdir()) or (path / LOCK).is_file()):
        return
    if path.exists():
        raise StudyError(f"{path} exists and is not a study; choose another place with --out")


def _to_disk(file: Path) -> None:
    """Make sure that a file and its name are on the disk; a chunk without numbers has no file."""
    if not file.is_file():
        return
    for place in (file, file.parent):
        if place.is_dir() and os.name == "nt":  # there is no such call for folders there
            continue
        handle = os.open(place, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


# ---- what a store is -----------------------------------------------------------------------------------


def _create(path: Path, plan: Plan) -> None:
    import zarr

    for old in path.iterdir():
        if old.name not in (LOCK, JOURNAL):
            shutil.rmtree(old) if old.is_dir() else old.unlink()
    group = zarr.open_group(path, mode="a", zarr_format=2, attributes=_attributes(plan))
    for array in arrays(plan):
        _add(group, array)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # zarr names the files beside its own; readers of the whole metadata do not
        zarr.consolidate_metadata(group.store, zarr_format=2)
    record = {
        "format": FORMAT,
        "fingerprint": plan.fingerprint(),
        "kinds": [[kind.name, list(kind.dims), list(kind.shape), list(kind.chunk)] for kind in plan.kinds],
        "size": plan.size,
        "variants": list(plan.variants),
        "versions": {"simcore": __version__, "python": platform.python_version(), "numpy": np.__version__},
    }
    part = path / f"{RECORD}.part"
    part.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    part.replace(path / RECORD)


def _add(group: Any, array: Array) -> None:
    from numcodecs import Blosc

    attributes = {"_ARRAY_DIMENSIONS": list(array.dims), **array.attributes}
    if array.data is not None:
        made = group.create_array(
            array.name, shape=array.shape, dtype=array.dtype, chunks=array.chunks, fill_value=None,
            compressors=None, attributes=attributes,
        )  # fmt: skip
        made[...] = array.data
        return
    # Readers take a fill value for missing: right for numbers, not for the status 0, "not run".
    fill = np.nan if np.dtype(array.dtype).kind == "f" else None
    group.create_array(
        array.name, shape=array.shape, dtype=array.dtype, chunks=array.chunks, fill_value=fill,
        compressors=Blosc(**COMPRESSION), attributes=attributes,
    )  # fmt: skip


def arrays(plan: Plan) -> list[Array]:
    """Labels, then numbers and statuses of every kind of member."""
    found = [Array(n, dims, d.shape, d.shape, d.dtype, d, about) for n, (dims, d, about) in coordinates(plan).items()]
    own = (len(plan.variants), len(plan.slices), len(plan.periods))
    flags = "; ".join(f"{dimension}: {words}" for dimension, words in plan.flags.items())
    meanings: dict[str, Any] = {
        "flag_values": list(range(len(STATUS))),
        "flag_meanings": " ".join(w.replace(" ", "_") for w in STATUS),
    }
    for kind in plan.kinds:
        draws = "; by draw" if kind.name == DRAWS else ""
        for variable in plan.variables:
            v = VARIABLES[variable]
            about: dict[str, Any] = {
                "units": plan.units[variable],
                "long_name": v.long_name + draws,
                "long_name_zh": v.long_name_zh,
                "kind": v.kind,
                "flags": flags,
            }
            found.append(_numbers(array_name(variable, kind.name), kind, PATH, own, float, about))
        about = {"long_name": f"how each member ended{draws}", **meanings}
        found.append(_numbers(array_name(STATUS_NAME, kind.name), kind, PATH[:1], own[:1], np.int8, about))
    return found


def _numbers(name: str, kind: Kind, dims: tuple[str, ...], own: tuple[int, ...], dtype: Any, about: Any) -> Array:
    return Array(name, (*kind.dims, *dims), (*kind.shape, *own), (*kind.chunk, *own), dtype, None, about)


def coordinates(plan: Plan) -> dict[str, tuple[tuple[str, ...], np.ndarray, dict[str, Any]]]:
    """Labels by name: dimensions, values, attributes."""
    found: dict[str, Any] = {}
    if plan.listed:
        found["scenario"] = ("scenario",), np.array(plan.labels), {}
        found["title"] = ("scenario",), np.array([s.title or s.id for s in plan.scenarios]), {}
    found |= _axes(plan)
    if plan.draws:
        found["draw"] = ("draw",), np.arange(plan.draws), {"long_name": "draw, the same values in all cases"}
    found["variant"] = ("variant",), np.array(plan.variants), {}
    for axis, dimension in enumerate(DIMENSIONS):
        found[dimension] = (
            ("slice",),
            np.array([label[axis] for label in plan.slices]),
            {"flags": plan.flags.get(dimension, "")},
        )
    found["period"] = ("period",), np.array(plan.periods), {}
    return found


def _axes(plan: Plan) -> dict[str, Any]:
    """Values of the sweep: numbers with their unit where all values of an axis are, else as they were written."""
    points, found = plan.points, {}
    if points.dims == ("point",):
        found["point"] = ("point",), np.array(points.labels()), {"long_name": "what is changed"}
    for axis in points.axes:
        numbers = axis.numbers()
        about = {"long_name": axis.path, "values": ", ".join(axis.texts)}
        values, unit = (np.array(numbers[0]), numbers[1]) if numbers else (np.array(axis.texts), "")
        if unit:
            about["units"] = unit
        if points.design == "one_at_a_time":
            values = _one_at_a_time(plan, axis.path, values)
            about["missing"] = "the path is as in the file"
        found[axis.name] = (axis.name,) if points.design == "grid" else ("point",), values, about
    return found


def _one_at_a_time(plan: Plan, path: str, values: np.ndarray) -> np.ndarray:
    """Values of one axis along the points, which all but its own leave alone."""
    full: Any = np.full(plan.points.shape, np.nan if values.dtype.kind == "f" else "", dtype=values.dtype)
    changed = [i for i in range(plan.points.shape[0]) if any(c.path == path for c in plan.points.overrides((i,)))]
    full[changed] = values
    return full


def _attributes(plan: Plan) -> dict[str, Any]:
    beside = [name for name, (dims, _, _) in coordinates(plan).items() if dims != (name,)]
    model = plan.model or ", ".join(dict.fromkeys(s.model_name for s in plan.scenarios))
    return {
        "title": plan.scenarios[0].title if not plan.listed else "several scenarios",
        "scenario": ", ".join(plan.labels),
        "model": model,
        "counterfactual": plan.counterfactual or ", ".join(dict.fromkeys(s.counterfactual for s in plan.scenarios)),
        "source": f"simcore {__version__}",
        "format": FORMAT,
        "coordinates": " ".join(beside),
    }


# ---- the same study? -----------------------------------------------------------------------------------


def _record(path: Path) -> dict[str, Any]:
    """What the folder of a study says about it.

    Raises
    ------
    StudyError
        If it is in a format that this version does not know.
    """
    record: dict[str, Any] = json.loads((path / RECORD).read_text(encoding="utf-8"))
    if record.get("format") != FORMAT:
        raise StudyError(f"{path} has format {record.get('format')}; this simcore writes {FORMAT}")
    return record


def read_record(path: Path) -> dict[str, Any]:
    """What the folder of a study says about it.

    Raises
    ------
    StudyError
        If it is none, or in a format that this version does not know.
    """
    if not (path / RECORD).is_file():
        what = "is not a study" if path.exists() else "does not exist"
        raise StudyError(f"{path} {what}; simcore.study(..., out=...) and simcore study --out make one")
    return _record(path)


def require_same(path: Path, record: Mapping[str, Any], plan: Plan) -> None:
    """Refuse to mix two studies in one store; say what differs."""
    here, there = plan.fingerprint(), record["fingerprint"]
    differing = [line for key in here for line in _differences(key, there.get(key), here[key])]
    if differing:
        what = "; ".join(differing[:5])
        raise StudyError(
            f"{path} holds another study: {what}; choose another place with --out, or remove what is there"
        )


def _differences(name: str, there: Any, here: Any) -> list[str]:
    if there == here:
        return []
    if isinstance(there, Mapping) and isinstance(here, Mapping) and (set(there) & set(here)):
        keys = dict.fromkeys([*there, *here])
        return [line for key in keys for line in _differences(f"{name} {key}", there.get(key), here.get(key))]
    return [f"{name} is {_short(there)} there and {_short(here)} here"]


def _short(value: Any) -> str:
    if isinstance(value, str) and len(value) == 64:
        return f"of hash {value[:8]}"
    text = ", ".join(map(str, value)) if isinstance(value, Sequence) and not isinstance(value, str) else str(value)
    return text if len(text) < 80 else text[:77] + "..."


def _as_stored(plan: Plan, record: Mapping[str, Any]) -> Plan:
    """The plan in blocks of the size that the store was made with."""
    from dataclasses import replace

    return replace(plan, size=record["size"])
