"""A result with labels: what its arrays are called, in which dimensions and units; and arithmetic on labels.

One list of ``Array`` describes a result; the data set of xarray and the file ``results.nc`` are both made
from it, so
that they agree.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from .errors import TableError, UnknownNameError
from .records import BROUGHT, LEDGER
from .result import BASELINE, DIMENSIONS, STATISTICS, Result, with_statistics

if TYPE_CHECKING:
    import xarray


class Array(NamedTuple):
    """One array of a result with its dimensions and attributes."""

    name: str
    dims: tuple[str, ...]
    data: np.ndarray
    attributes: dict[str, str]


PATH = ("variant", "statistic", "slice", "period")


def _attributes(unit: str, english: str, chinese: str, **more: str) -> dict[str, str]:
    return {"units": unit, "long_name": english, "long_name_zh": chinese, **more}


def coordinates(result: Result) -> dict[str, tuple[str, list[str]]]:
    """Labels by name: (dimension, labels)."""
    labels: dict[str, tuple[str, list[str]]] = {
        "variant": ("variant", list(result.variants)),
        "statistic": ("statistic", list(STATISTICS if result.n_draws else STATISTICS[:1])),
        "period": ("period", list(result.periods)),
        "measure": ("measure", [m.id for m in result.measures]),
    }
    for axis, dimension in enumerate(DIMENSIONS):
        labels[dimension] = ("slice", [s[axis] for s in result.slices])
    if result.fiscal:
        for name, texts in (
            ("cost_measure", [m for m, _ in result.fiscal]),
            ("cost_name", [line.name for _, line in result.fiscal]),
            ("cost_kind", [line.kind for _, line in result.fiscal]),
            ("cost_payer", [line.payer for _, line in result.fiscal]),
        ):
            labels[name] = ("cost_line", texts)
    if result.ledger is not None:
        labels["item"] = ("item", list(LEDGER))
        labels["brought"] = ("brought", list(BROUGHT))
    if result.binding is not None:
        labels["activity"] = ("activity", list(result.binding.activities))
        labels["binding_variant"] = ("binding_variant", list(result.binding.variants))
        labels["product"] = ("product", list(result.binding.products))
    return labels


def arrays(result: Result, with_draws: bool = True) -> list[Array]:
    """Every array of a result. Statistics that a variable does not have are NaN."""
    words = result.money.words
    found = [_path(result, name) for name in result.values]
    if with_draws:
        for name, draws in result.draws.items():
            v = result.variables[name]
            about = _attributes(v.unit, f"{v.long_name}, each draw; first slices", f"{v.long_name_zh}（逐次抽样）")
            found.append(Array(f"{name}_draws", ("variant", "draw", "drawn_slice", "period"), draws, about))
    place = ("measure", "slice", "period")
    points = _attributes("pp", "contribution to growth on the year", "对同比增速的贡献")
    parts = _attributes("% of the baseline's level", "contribution to the level", "对水平的贡献")
    found += [Array("points", place, result.points, points), Array("parts", place, result.parts, parts)]
    if result.point_draws is not None and with_draws:
        found.append(Array("points_draws", ("draw", "measure", "drawn_slice", "period"), result.point_draws, points))
    found += _ranges(result)
    if result.fiscal:
        cost = np.array([line.path for _, line in result.fiscal], dtype=float)
        about = _attributes(words("bn CNY a month at current prices"), "cost by line", "分项财政成本")
        found.append(Array("cost", ("cost_line", "period"), cost, about))
    if result.ledger is not None and result.measures:
        ledger = result.ledger
        sums = words("bn CNY; jobs: thousand job-years")
        about = _attributes(sums.replace(";", " a month;"), "brought and paid by measure", "分项效果与成本")
        found.append(Array("ledger", ("item", "measure", "period"), ledger.values, about))
        total = _attributes(sums, "missing without the measure", "缺少该项时的差额")
        found.append(Array("ledger_last_in", ("brought", "measure"), ledger.last_in, total))
        if ledger.draws is not None and with_draws:
            total = _attributes(sums, "brought and paid, sum, each draw", "逐次抽样合计")
            found.append(Array("ledger_draws", ("draw", "item", "measure"), ledger.draws, total))
    if result.binding is not None:
        about = _attributes(
            "code",
            "what bound output longest",
            "产出约束",
            codes="0 demand, 1 capacity, 2 labour, 3 + k input k",
        )
        found.append(Array("binding", ("binding_variant", "period", "activity"), result.binding.codes, about))
        weight = _attributes(words("bn CNY a year at 2020 prices"), "gross output in the base", "基期总产出")
        found.append(Array("binding_weight", ("activity",), result.binding.weights, weight))
    if result.baseline_band is not None:
        about = _attributes("%", "projected growth on the year, quantiles 5 25 75 95 %", "基线同比增速区间")
        found.append(Array("baseline_band", ("band", "period"), result.baseline_band, about))
    return found


def _path(result: Result, name: str) -> Array:
    data = result.statistics(name)
    if result.n_draws and data.shape[1] == 1:
        full = np.full((len(data), len(STATISTICS), *data.shape[2:]), np.nan)
        full[:, :1] = data
        data = full
    v = result.variables[name]
    flags = "; ".join(f"{dimension}: {', '.join(f)}" for dimension, f in result.flags.items() if f)
    return Array(name, PATH, data, _attributes(v.unit, v.long_name, v.long_name_zh, kind=v.kind, flags=flags))


def _ranges(result: Result) -> list[Array]:
    found = []
    for name in dict.fromkeys(variable for variable, _ in result.ranges):
        ends = np.full((2, len(result.slices), len(result.periods)), np.nan)
        for (variable, place), (low, high) in result.ranges.items():
            if variable == name:
                ends[:, result.index(*place)] = low, high
        v = result.variables[name]
        for end, word in zip(ends, ("low", "high"), strict=True):
            about = _attributes(
                v.unit, f"{v.long_name}, {word} end of the range over methods", f"{v.long_name_zh}（范围）"
            )
            found.append(Array(f"{name}_range_{word}", ("slice", "period"), end, about))
    return found


def carried(array: Array, labels: Mapping[str, tuple[str, list[str]]]) -> list[str]:
    """Names of the coordinates that lie along an array's dimensions without being one of them."""
    return [name for name, (dim, values) in labels.items() if dim in array.dims and name != dim and values]


def title_attributes(result: Result) -> dict[str, str]:
    """Attributes of the whole: what was run, against what, how it ended."""
    return {
        "title": result.title,
        "scenario": result.scenario,
        "counterfactual": result.counterfactual,
        "model": result.model,
        "closure": result.closure,
        "outcome": result.outcome.status,
        "vintage": str(result.provenance.get("vintage", "")),
    }


def dataset_of(result: Result) -> xarray.Dataset:
    """The labelled data set; see ``Result.dataset``."""
    import xarray

    data = {a.name: (a.dims, a.data, a.attributes) for a in arrays(result)}
    coords = {name: (dim, labels) for name, (dim, labels) in coordinates(result).items()}
    return xarray.Dataset(data, coords, title_attributes(result))


def _paths(result: Result, values: Mapping[str, np.ndarray], units: Mapping[str, str], title: str) -> xarray.Dataset:
    """A data set of paths with statistics, (V, 1 or 7, S, T) each, in the labels of a result."""
    import xarray

    count = max((a.shape[1] for a in values.values()), default=1)
    data: dict[str, Any] = {}
    for name, array in values.items():
        full = np.full((len(array), count, *array.shape[2:]), np.nan)
        full[:, : array.shape[1]] = array
        v = result.variables[name]
        data[name] = (PATH, full, _attributes(units[name], v.long_name, v.long_name_zh))
    labels = coordinates(result) | {"statistic": ("statistic", list(STATISTICS[:count]))}
    wanted = ("variant", "statistic", "period", *DIMENSIONS)
    return xarray.Dataset(data, {k: labels[k] for k in wanted}, {"title": title})


def difference(result: Result, other: Result) -> xarray.Dataset:
    """See ``Result.minus``."""
    _require_same_labels(result, other)
    if result.variants != other.variants:
        raise TableError(f"variants differ: {', '.join(result.variants)} against {', '.join(other.variants)}")
    common = [name for name in result.values if name in other.values]
    values = {}
    for name in common:
        one, two = _draws(result, name), _draws(other, name)
        paired = one is not None and two is not None and one.shape == two.shape
        values[name] = with_statistics(result.values[name] - other.values[name], one - two if paired else None)
    units = {name: result.variables[name].difference_unit for name in common}
    return _paths(result, values, units, f"{result.title} minus {other.title}")


def deviation(result: Result, baseline: str | Result) -> xarray.Dataset:
    """See ``Result.versus``."""
    if isinstance(baseline, Result):
        _require_same_labels(result, baseline)
        missing = [v for v in result.variants if v not in baseline.variants]
        if missing:
            raise TableError(f"the baseline has no variant {', '.join(missing)}")
        source, rows = baseline, [baseline.variant(v) for v in result.variants]
    else:
        source, rows = result, [result.variant(baseline)] * len(result.variants)
    values, units = {}, {}
    for name in (n for n in result.values if n in source.values):
        rate = result.variables[name].kind == "rate"
        one, two = _draws(result, name), _draws(source, name)
        paired = one is not None and two is not None and len(one) == len(two)
        draws = _deviate(one, two[:, rows], rate) if paired else None
        values[name] = with_statistics(_deviate(result.values[name], source.values[name][rows], rate), draws)
        units[name] = "pp" if rate else "% of the baseline"
    against = baseline if isinstance(baseline, str) else baseline.title
    return _paths(result, values, units, f"{result.title}, deviation from {against}")


def _draws(result: Result, name: str) -> Any:
    """(D, V, S, T), or None."""
    return np.moveaxis(result.draws[name], 1, 0) if name in result.draws else None


def _deviate(value: np.ndarray, base: np.ndarray, rate: bool) -> np.ndarray:
    if rate:
        return value - base
    return 100.0 * np.divide(value - base, base, out=np.full(value.shape, np.nan), where=base != 0)


def _require_same_labels(one: Result, two: Result) -> None:
    if one.periods != two.periods:
        raise TableError(
            f"periods differ: {one.periods[0]}..{one.periods[-1]} against "
            f"{two.periods[0]}..{two.periods[-1]}; run both over the same months"
        )
    if one.slices != two.slices:
        raise TableError("sectors, regions or ownership classes differ; run both on the same calibration")


def along(result: Result, dimension: str) -> xarray.Dataset:
    """See ``Result.by``."""
    codes = result.codes(dimension)
    if not codes:
        raise UnknownNameError(f"this result holds no slices by {dimension}")
    rows = [result.index(*result.slice_of(dimension, code)) for code in codes]
    others = [d for d in DIMENSIONS if d != dimension]
    chosen = dataset_of(result).isel(slice=rows).drop_vars(others)
    chosen = chosen.swap_dims(slice=dimension)
    chosen[dimension].attrs["flags"] = ", ".join(result.flags.get(dimension, ()))
    return chosen.assign_coords({f"{dimension}_name": (dimension, [result.name(dimension, c) for c in codes])})


def contributions_of(result: Result) -> xarray.Dataset:
    """See ``Result.contributions``."""
    import xarray

    data = with_statistics(result.points, result.point_draws)
    labels = coordinates(result) | {"statistic": ("statistic", list(STATISTICS[: data.shape[1]]))}
    wanted = ("measure", "statistic", "period", *DIMENSIONS)
    return xarray.Dataset(
        {
            "points": (
                ("measure", "statistic", "slice", "period"), data,
                _attributes("pp", "contribution to growth on the year", "对同比增速的贡献"),
            ),
            "parts": (
                ("measure", "slice", "period"), result.parts,
                _attributes("% of the baseline's level", "contribution to the level", "对水平的贡献"),
            ),
        },
        {k: labels[k] for k in wanted} | {"title": ("measure", [m.name for m in result.measures])},
        {"title": result.title, "counterfactual": result.counterfactual, "against": BASELINE},
    )  # fmt: skip
