"""Distributions of uncertain values: what a file may say about them, in base units."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from pydantic_core import PydanticCustomError

from ..units import Quantity
from .diagnostics import Diagnostic
from .shape import did_you_mean, nearest
from .source import Node

# Parameters that a kind needs, and those it may have. low and high of normal, lognormal and beta are bounds.
KINDS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "triangular": (("low", "mode", "high"), ()),
    "pert": (("low", "mode", "high"), ()),
    "uniform": (("low", "high"), ()),
    "normal": (("mean", "sd"), ("low", "high")),
    "lognormal": (("mean", "sd"), ("low", "high")),
    "beta": (("mean", "sd"), ("low", "high")),
    "discrete": (("values",), ("weights",)),
}


@dataclass(frozen=True)
class Distribution:
    """One uncertain value.

    ``params`` holds numbers in base units: low, mode, high, mean, sd as the kind needs them; ``mean`` and
    ``sd`` are those of the value itself, before any truncation to [low, high]. Discrete values have
    ``values`` and ``weights``, which sum to one. ``value`` is the central value.
    """

    kind: str
    params: dict[str, Any]
    value: float
    unit: str = "number"  # dimension: money, share, points, days, number
    note: str = ""
    source: str = ""

    def range_text(self, currency: str) -> str:
        """The distribution in words for tables: ``pert 30 % .. 55 % .. 80 %``; amounts are in ``currency``."""
        write = Quantity(self.unit, currency=currency).write
        p = self.params
        if self.kind == "discrete":
            return "discrete " + ", ".join(write(v) for v in p["values"])
        if "sd" in p:
            text = f"{self.kind}, mean {write(p['mean'])}, sd {write(p['sd'])}"
            bounds = [f"{word} {write(p[k])}" for word, k in (("from", "low"), ("to", "high")) if k in p]
            return ", ".join([text, *bounds])
        return f"{self.kind} " + " .. ".join(write(p[k]) for k in ("low", "mode", "high") if k in p)


def read_distribution(
    wrapper: Node, quantity: Quantity, value: float | None, note: str, source: str
) -> tuple[Distribution | None, list[Diagnostic]]:
    """The distribution of a value written ``{value: ..., dist: {...}}``, and what is wrong with it."""
    block = wrapper.value["dist"]
    if not isinstance(block.value, dict):
        return None, [block.problem("SC029", "'dist' must be a mapping, {kind: triangular, low: ..., ...}")]
    problems: list[Diagnostic] = []
    kind = _kind(block, problems)
    if kind is None:
        return None, problems
    needed = KINDS[kind][0]
    numbers = _numbers(block, kind, quantity, problems)
    missing = [k for k in needed if k not in block.value and not _misspelt(k, block, kind)]
    problems += [block.problem("SC021", f"missing key '{k}' in dist", key=True) for k in missing]
    if problems:
        return None, problems
    wrong = _consistent(kind, numbers, block, quantity)
    if wrong is not None:
        return None, [wrong]
    _bounds_of_field(kind, numbers, quantity)
    if kind == "discrete":
        weights = numbers.get("weights") or [1.0] * len(numbers["values"])
        numbers["weights"] = tuple(w / sum(weights) for w in weights)
        numbers["values"] = tuple(numbers["values"])
    central = _central(kind, numbers) if value is None else value
    return Distribution(kind, numbers, central, quantity.dimension, note, source), _outside(wrapper, numbers, value)


def _kind(block: Node, problems: list[Diagnostic]) -> str | None:
    node = block.value.get("kind")
    if node is None:
        known = ", ".join(f"'{k}'" for k in KINDS)
        problems.append(block.problem("SC023", f"missing key 'kind' in dist; expected {known}", key=True))
        return None
    if not isinstance(node.value, str) or node.value not in KINDS:
        word = str(node.plain())
        problems.append(node.problem("SC022", f"unknown kind '{word}'{did_you_mean(word, KINDS, 8)}"))
        return None
    return node.value


def _misspelt(key: str, block: Node, kind: str) -> bool:
    known = ("kind", *KINDS[kind][0], *KINDS[kind][1])
    return any(k not in known and nearest(k, known) == key for k in block.value)


def _numbers(block: Node, kind: str, quantity: Quantity, problems: list[Diagnostic]) -> dict[str, Any]:
    known = ("kind", *KINDS[kind][0], *KINDS[kind][1])
    spread = Quantity(quantity.dimension)  # a standard deviation need not lie within the field's own bounds
    numbers: dict[str, Any] = {}
    for key, node in block.value.items():
        if key == "kind":
            continue
        if key not in known:
            problems.append(node.problem("SC020", f"unknown key '{key}'{did_you_mean(key, known, 8)}", key=True))
            continue
        reader = spread if key == "sd" else Quantity("share", low=0.0) if key == "weights" else quantity
        many = key in ("values", "weights")
        if many and not (isinstance(node.value, list) and node.value):
            problems.append(node.problem("SC029", f"'{key}' is a list, [1, 2, 3]"))
            continue
        found = []
        for item in node.value if many else [node]:
            try:
                # Weights of discrete values may be any positive numbers: they are scaled to sum to one.
                found.append(reader.read(item.value, yaml=key != "weights"))
            except PydanticCustomError as error:
                problems.append(item.problem(error.type, (error.context or {})["message"]))
        if len(found) == (len(node.value) if many else 1):
            numbers[key] = found if many else found[0]
    return numbers


def _consistent(kind: str, p: dict[str, Any], block: Node, quantity: Quantity) -> Diagnostic | None:
    def text(key: str) -> str:
        shown = block.value[key].value
        return shown if isinstance(shown, str) else f"{shown:g}"

    ordered = [k for k in ("low", "mode", "high") if k in p]
    if any(p[a] > p[b] for a, b in pairwise(ordered)):
        found = " / ".join(text(k) for k in ordered)
        return block.problem("SC301", f"needs {' <= '.join(ordered)}, found {found}")
    if "low" in p and "high" in p and p["low"] == p["high"]:
        return block.problem("SC302", "low and high are equal: drop 'dist'")
    if "sd" in p and p["sd"] <= 0.0:
        return block.value["sd"].problem("SC302", "sd must be above 0 (or drop 'dist')")
    if kind == "lognormal" and p["mean"] <= 0.0:
        return block.value["mean"].problem("SC304", "the mean of a lognormal value must be above 0")
    if kind == "beta":
        low, high = _beta_bounds(p, quantity)
        if not (math.isfinite(low) and math.isfinite(high)):
            return block.problem("SC304", "a beta distribution of this field needs 'low' and 'high'")
        if not low < p["mean"] < high or p["sd"] ** 2 >= (p["mean"] - low) * (high - p["mean"]):
            message = f"no beta distribution between {low:g} and {high:g} has mean {p['mean']:g} and sd {p['sd']:g}"
            return block.problem("SC304", message)
    if kind == "discrete":
        weights = p.get("weights")
        if weights is not None and (len(weights) != len(p["values"]) or sum(weights) <= 0.0):
            return block.problem("SC304", "'weights' needs one positive number for each of 'values'")
    return None


def _beta_bounds(p: dict[str, Any], quantity: Quantity) -> tuple[float, float]:
    low, high = p.get("low", quantity.low), p.get("high", quantity.high)
    if quantity.dimension in (
        "number",
        "share",
    ):  # a share of any size: from 0 to 1 unless the file says otherwise
        low = low if math.isfinite(low) else 0.0
        high = high if math.isfinite(high) else 1.0
    return low, high


def _bounds_of_field(kind: str, p: dict[str, Any], quantity: Quantity) -> None:
    """No draw may leave what the field allows: its own bounds truncate open-ended distributions."""
    if kind == "beta":
        p["low"], p["high"] = _beta_bounds(p, quantity)
    elif kind in ("normal", "lognormal"):
        if math.isfinite(quantity.low):
            p.setdefault("low", quantity.low)
        if math.isfinite(quantity.high):
            p.setdefault("high", quantity.high)


def _central(kind: str, p: dict[str, Any]) -> float:
    if "mode" in p:
        return p["mode"]
    if "mean" in p:
        return p["mean"]
    return (p["low"] + p["high"]) / 2.0 if kind == "uniform" else p["values"][0]


def _outside(wrapper: Node, p: dict[str, Any], value: float | None) -> list[Diagnostic]:
    if value is None or not (value < p.get("low", -math.inf) or value > p.get("high", math.inf)):
        return []
    node = wrapper.value["value"]
    message = "the central value lies outside the range of its own 'dist'"
    return [node.problem("SC303", message, severity="warning")]
