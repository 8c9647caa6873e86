"""An economy as a folder: ``economy.npz`` (arrays), ``meta.json`` (facts and sources), ``codes.json``
(labels).

The bytes depend on the economy alone (fixed order, no time stamps, no compression), so a rebuilt calibration
can be compared with the committed one. An array that is one figure a sector, or a sector and a region, times one an
activity (a nation's table spread over places and owners) is stored as these two: ``Spread``. ``codes.json`` also holds
total value added and output by sector: what a scenario check needs, without loading an array.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ..errors import TableError
from .economy import Codes, Economy

DIMENSIONS = ("sectors", "regions", "ownerships")
FACTS = ("name", "version", "unit", "base_year", "price_year", "pools", "value_added_names")
ALTERNATIVE = "origin__"  # prefix of the arrays in ``alternatives``
FIGURE, WEIGHT = "figure__", "weight__"  # prefixes of the parts of an array that is stored as two
_NO_TIME = (1980, 1, 1, 0, 0, 0)


class Spread(NamedTuple):
    """An array of activities as figures times weights; along the first axis (sector, region), or the last (sector).

    ``figure[..., sector] * weight`` with as many axes as the array, ``figure[sector, region] * weight[:, None]`` with
    one more: origins by product, region and pool. Weights of two columns are those of all pools but the last, and of
    the last: what stays in the country and what leaves it.
    """

    figure: np.ndarray
    weight: np.ndarray  # (n,) or (n, 2)

    def over(self, sector: np.ndarray, region: np.ndarray, ndim: int) -> np.ndarray:
        """The whole array."""
        if self.figure.ndim > ndim:
            weight = self.weight.reshape(len(self.weight), -1)
            last = np.arange(self.figure.shape[-1]) == self.figure.shape[-1] - 1
            return self.figure[sector, region] * weight[:, np.where(last, weight.shape[1] - 1, 0)]
        return self.figure[..., sector] * self.weight


def save_economy(economy: Economy, folder: str | Path, spread: Mapping[str, Spread] | None = None) -> None:
    """Write an economy; the same economy always gives the same bytes.

    Parameters
    ----------
    economy : Economy
        Its ``meta`` may hold only what JSON can: text, numbers, lists, and dictionaries with text as keys.
    folder : path
        Made if it does not exist; its three files are replaced.
    spread : mapping, optional
        Arrays, by their name in the file, that are known to be figures times weights; each is stored so if that
        gives back every bit, else as it is.

    Raises
    ------
    TableError
        If ``meta`` would not come back as it was.
    """
    folder = Path(folder)
    facts = {name: _plain(getattr(economy, name)) for name in FACTS}
    texts = {"meta.json": _json({**facts, "meta": economy.meta}, economy), "codes.json": _codes(economy)}
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
    _write_arrays(folder / "economy.npz", _in_parts(economy, spread or {}))


def load_economy(folder: str | Path) -> Economy:
    """Read an economy as it was saved, bit for bit.

    Raises
    ------
    TableError
        If one of the three files is missing or cannot be read.
    """
    folder = Path(folder)
    for name in ("economy.npz", "meta.json", "codes.json"):
        if not (folder / name).is_file():
            raise TableError(
                f"{folder / name} does not exist; an economy is a folder with economy.npz, meta.json, codes.json"
            )
    try:
        facts = json.loads((folder / "meta.json").read_text(encoding="utf-8"))
        codes = json.loads((folder / "codes.json").read_text(encoding="utf-8"))
        with np.load(folder / "economy.npz", allow_pickle=False) as stored:
            arrays: dict[str, Any] = _whole({name: stored[name] for name in stored.files})
        known: dict[str, Any] = {name: _read_codes(codes[name]) for name in DIMENSIONS}
        known |= {name: _tupled(facts[name]) for name in (*FACTS, "meta")}
    except (OSError, ValueError, KeyError, IndexError, zipfile.BadZipFile) as problem:
        raise TableError(f"{folder}: not a readable economy ({problem}); build or save it again") from problem
    alternatives = {k.removeprefix(ALTERNATIVE): arrays.pop(k) for k in list(arrays) if k.startswith(ALTERNATIVE)}
    expected = {f.name for f in fields(Economy)} - {*FACTS, *DIMENSIONS, "meta", "alternatives"}
    if set(arrays) != expected:
        raise TableError(
            f"{folder / 'economy.npz'}: missing arrays {sorted(expected - set(arrays))}, "
            f"unknown arrays {sorted(set(arrays) - expected)}; build or save the economy again"
        )
    return Economy(**known, **arrays, alternatives=alternatives)


def _in_parts(economy: Economy, spread: Mapping[str, Spread]) -> dict[str, np.ndarray]:
    """Arrays to be written; equal weights are written once."""
    arrays = _arrays(economy)
    weights: dict[str, np.ndarray] = {}
    for name, parts in spread.items():
        whole = arrays.get(name)
        if whole is None or not np.array_equal(parts.over(economy.sector, economy.region, whole.ndim), whole, True):
            continue
        del arrays[name]
        same = next((n for n, w in weights.items() if np.array_equal(w, parts.weight)), f"w{len(weights)}")
        weights[same] = parts.weight
        arrays[f"{FIGURE}{same}__{whole.ndim}__{name}"] = parts.figure
    return arrays | {WEIGHT + name: weight for name, weight in weights.items()}


def _whole(arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    weights = {name.removeprefix(WEIGHT): arrays.pop(name) for name in list(arrays) if name.startswith(WEIGHT)}
    for stored in [name for name in arrays if name.startswith(FIGURE)]:
        weight, ndim, name = stored.removeprefix(FIGURE).split("__", 2)
        parts = Spread(arrays.pop(stored), weights[weight])
        arrays[name] = parts.over(arrays["sector"], arrays["region"], int(ndim))
    return arrays


def _arrays(economy: Economy) -> dict[str, np.ndarray]:
    own = {f.name: getattr(economy, f.name) for f in fields(economy)}
    arrays = {name: value for name, value in own.items() if isinstance(value, np.ndarray)}
    return arrays | {ALTERNATIVE + name: array for name, array in sorted(economy.alternatives.items())}


def _write_arrays(path: Path, arrays: dict[str, np.ndarray]) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name, array in arrays.items():
            member = zipfile.ZipInfo(name + ".npy", _NO_TIME)
            member.create_system, member.external_attr = 3, 0o644 << 16  # the same on every system
            content = io.BytesIO()
            np.lib.format.write_array(content, np.ascontiguousarray(array), version=(1, 0), allow_pickle=False)
            archive.writestr(member, content.getvalue())


def _codes(economy: Economy) -> str:
    content: dict[str, Any] = {"name": economy.name, "version": economy.version, "unit": economy.unit}
    for name in DIMENSIONS:
        codes = getattr(economy, name)
        content[name] = {
            "codes": list(codes.codes),
            "names_en": list(codes.names_en),
            "names_zh": list(codes.names_zh),
            "groups": {group: list(members) for group, members in codes.groups.items()},
        }
    output = np.bincount(economy.sector, weights=economy.x, minlength=economy.K)
    content["gdp"] = float(economy.value_added.sum())
    content["output_by_sector"] = [float(value) for value in output]
    return _json(content, economy)


def _read_codes(content: dict[str, Any]) -> Codes:
    groups = {group: tuple(members) for group, members in content["groups"].items()}
    return Codes(tuple(content["codes"]), tuple(content["names_en"]), tuple(content["names_zh"]), groups)


def _json(content: dict[str, Any], economy: Economy) -> str:
    try:
        text = json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False)
        same = json.loads(text) == content
    except (TypeError, ValueError) as problem:
        raise TableError(
            f"meta of {economy.name} cannot be written as JSON: {problem}; use text, numbers, lists"
        ) from None
    if not same:
        raise TableError(f"meta of {economy.name} would change in JSON; use lists, not tuples, and text as keys")
    return text + "\n"


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _tupled(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
