"""Economic common sense: what a file may say, and what an economist would ask about."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from pydantic import BaseModel

from ..measures.base import Measure
from ..measures.fields import Dimension, Selector
from ..units import Quantity, quantity_of
from .codelists import CodeLists
from .diagnostics import Diagnostic
from .reading import Block, Reading
from .shape import keys_of, model_of, slot_at
from .source import Node

LARGE_OF_GDP = 0.10  # share of yearly GDP above which an amount is probably in the wrong unit
LARGE_OF_OUTPUT = 0.50  # the same against the yearly output of the sectors it goes to


def doubts(block: Block, lists: CodeLists) -> Iterator[Diagnostic]:
    """What is doubtful about one measure by itself."""
    yield from _amounts(block, lists)
    yield from _outside_industry(block, lists)
    yield from _no_output(block, lists)
    yield from _signs(block)
    yield from _bare_shares(block)


def together(reading: Reading, lists: CodeLists) -> Iterator[Diagnostic]:
    """What is doubtful about several measures side by side."""
    given = [b for b in reading.entries.values() if b.made is not None and b.made.enabled]
    yield from _same_instrument([b for b in given if not b.made.shock and b.made.pool is None], lists)
    yield from _lost_twice([b for b in given if b.made.kind == "capacity_loss"], lists)


def missing_sources(reading: Reading) -> Iterator[Diagnostic]:
    """For publication: every measure says where its figures come from, every range what it rests on."""
    for block in reading.entries.values():
        if isinstance(block.node.value, dict) and not _says(block.node, "source"):
            yield block.node.problem("SC436", f"'{block.name.partition('.')[2]}' has no 'source'", key=True)
        for _, node in block.wrapped:
            if not (_says(node, "source") or _says(node, "note")):
                message = "this value has neither a 'source' nor, as an assumption, a 'note'"
                yield node.problem("SC436", message, key=True)


def _says(node: Node, key: str) -> bool:
    child = node.child(key)
    return child is not None and bool(child.value)


# ---- one measure ---------------------------------------------------------------------------------------


def _amounts(block: Block, lists: CodeLists) -> Iterator[Diagnostic]:
    """Amounts that are implausibly large: mostly a unit a thousand times too big."""
    measure: Measure = block.made
    for key in _money_keys(type(measure)):
        value = getattr(measure, key, None)
        node = block.node.child(key)
        if not value or node is None:
            continue
        sectors = _target_sectors(measure.target.sector, lists)
        narrow = measure.target.sector.restricts
        size, output = abs(value), lists.output_of(sectors)
        where = ""
        if lists.gdp > 0.0 and size > LARGE_OF_GDP * lists.gdp:
            where = f"{100 * size / lists.gdp:.0f} % of yearly GDP"
        elif narrow and output > 0.0 and size > LARGE_OF_OUTPUT * output:
            where = f"{100 * size / output:.0f} % of the yearly output of its target"
        if where:
            shown = Quantity("money", currency=lists.currency).write(value)
            advice = f"did you mean '{size:g} mn {lists.currency}'?"
            place = node.value["value"] if isinstance(node.value, dict) and "value" in node.value else node
            yield place.problem("SC418", f"{shown} is {where}; {advice}", severity="warning")


@lru_cache(maxsize=256)
def _money_keys(model: type[BaseModel]) -> tuple[str, ...]:
    found = ((key, quantity_of(i.annotation, i.metadata)) for key, i in keys_of(model).items())
    return tuple(key for key, quantity in found if quantity is not None and quantity.dimension == "money")


def _target_sectors(dimension: Dimension, lists: CodeLists) -> set[str]:
    chosen = set(lists.sector.codes) if dimension.all else set()
    for name in dimension.any or dimension.weights or ():
        chosen |= lists.sector.expand(name)
    for name in dimension.but:
        chosen -= lists.sector.expand(name)
    return chosen


def _outside_industry(block: Block, lists: CodeLists) -> Iterator[Diagnostic]:
    """Ownership is known in industry only: say which share of the amount has none."""
    target = block.made.target
    node = block.node.at(("target", "ownership"))
    if node is None or not target.ownership.weights or "industry" not in lists.sector.groups:
        return
    industry = lists.sector.expand("industry")
    chosen = _target_sectors(target.sector, lists)
    parts = target.sector.weights or {"": 1.0}
    outside = 0.0
    for name, share in parts.items():
        codes = lists.sector.expand(name) if name else chosen
        total = lists.output_of(codes)
        outside += share * lists.output_of(codes - industry) / total if total > 0.0 else 0.0
    if outside > 0.0005:
        message = f"{100 * outside:.1f} % of the target lies outside industry, where ownership is not known"
        yield node.problem("SC428", message, key=True, severity="note")


def _no_output(block: Block, lists: CodeLists) -> Iterator[Diagnostic]:
    """A target that makes nothing: whatever the measure does for it does nothing."""
    target: Selector = block.made.target
    sectors = _target_sectors(target.sector, lists)
    if lists.output and target.sector.restricts and sectors and not lists.output_of(sectors):
        node = block.node.at(("target", "sector")) or block.node
        message = "the sectors of this target have no output in the calibration: the measure has nothing to act on"
        yield node.problem("SC434", message, key=True, severity="warning")


def _signs(block: Block) -> Iterator[Diagnostic]:
    """Numbers whose sign contradicts the whole range that the kind's sources give."""
    for name, parameter in type(block.made).parameters.items():
        node = block.node.at(tuple(name.split(".")))
        value = getattr(block.made, name, None)
        if node is None or not isinstance(value, int | float):
            continue
        if (value > 0.0 and parameter.high < 0.0) or (value < 0.0 and parameter.low > 0.0):
            place = node.value["value"] if isinstance(node.value, dict) and "value" in node.value else node
            low, high = parameter.write(parameter.low), parameter.write(parameter.high)
            message = f"{parameter.write(value)} has the other sign than all estimates, {low} .. {high}"
            yield place.problem("SC435", f"{message}; did you mean {parameter.write(-value)}?", severity="warning")


def _bare_shares(block: Block) -> Iterator[Diagnostic]:
    """Shares without a unit: 0.3 is 30 %, but 0.3 % with its sign lost looks the same. Weights have none."""
    assert block.model is not None
    for path, node in block.node.walk():
        value = node.value
        if not isinstance(value, float) or value == 0.0 or abs(value) > 1.0:
            continue
        while path and path[-1] in _INSIDE:  # of {value: ..., dist: {...}}
            path = path[:-1]
        slot, holder = slot_at(block.model, block.node, path), block.node.at(path[:-1])
        if slot is None or slot.quantity is None or slot.quantity.dimension != "share":
            continue
        around = slot_at(block.model, block.node, path[:-1])
        if around is not None and holder is not None and model_of(around.annotation, holder.value) is not None:
            message = f"{value:g} has no unit and is read as {100 * value:g} %; write '{100 * value:g} %'"
            yield node.problem("SC110", message, severity="warning")


_INSIDE = frozenset(("value", "dist", "low", "mode", "high", "mean", "sd"))


# ---- several measures ----------------------------------------------------------------------------------


def _same_instrument(blocks: list[Block], lists: CodeLists) -> Iterator[Diagnostic]:
    """Two measures of one kind for the same buyers at the same time, without a pool: counted twice, perhaps."""
    seen: dict[tuple[str, str], list[tuple[Block, _Reach]]] = {}
    for block in blocks:
        measure: Measure = block.made
        reach = _Reach(measure, lists)
        if reach.window is None or measure.kind == "supply_guarantee":  # the highest guarantee holds: nothing adds up
            continue
        same = seen.setdefault((measure.kind, _told_apart(measure)), [])
        other = next((b for b, r in same if r.meets(reach)), None)
        if other is not None:
            message = f"'{measure.id}' works on the same target and at the same time as '{other.made.id}'"
            message += f" (line {other.node.key_line}), and they add up; give them one 'pool' if money is shared"
            yield block.node.problem("SC433", message, key=True, severity="warning")
        same.append((block, reach))


def _told_apart(measure: Measure) -> str:
    """What else tells two measures of a kind apart: every text, list of codes and choice, but not how much."""
    fields = {k: v for k, v in measure if k not in _NOT_AN_INSTRUMENT and not isinstance(v, float | int)}
    return repr(sorted(fields.items(), key=lambda item: item[0]))


_NOT_AN_INSTRUMENT = frozenset(
    ("id", "title", "source", "note", "target", "profile", "decided", "started", "payer", "pool")
)


def _lost_twice(blocks: list[Block], lists: CodeLists) -> Iterator[Diagnostic]:
    """Losses of capacity that add up to more than there is, as if each were counted from the whole."""
    seen: list[tuple[Block, _Reach]] = []
    for block in blocks:
        reach = _Reach(block.made, lists)
        met = [b for b, r in seen if r.meets(reach)]
        total = block.made.loss + sum(b.made.loss for b in met)
        if met and total > 1.0:
            left = 1.0 - block.made.loss
            for b in met:
                left *= 1.0 - b.made.loss
            names = " and ".join(f"'{b.made.id}'" for b in (*met, block))
            message = f"{names} together lose {100 * total:.0f} % of one capacity; losses multiply: "
            node = block.node.child("loss") or block.node
            yield node.problem("SC437", f"{message}{100 * left:.0f} % of it remain", key=True, severity="warning")
        seen.append((block, reach))


class _Reach:
    """Whom a measure reaches, as bits of codes by dimension, and when."""

    def __init__(self, measure: Measure, lists: CodeLists):
        target = measure.target
        self.bits = tuple(_bits(getattr(target, name), name, lists) for name in ("sector", "region", "ownership"))
        self.window = measure.profile.window() if measure.profile is not None else None

    def meets(self, other: _Reach) -> bool:
        if self.window is None or other.window is None:
            return False
        apart = self.window[1] < other.window[0] or other.window[1] < self.window[0]
        return not apart and all(a & b for a, b in zip(self.bits, other.bits, strict=True))


def _bits(dimension: Dimension, name: str, lists: CodeLists) -> int:
    codes = lists.dimension(name)
    chosen = set(codes.codes) if dimension.all else set()
    for code in dimension.any or dimension.weights or ():
        chosen |= codes.expand(code)
    for code in dimension.but:
        chosen -= codes.expand(code)
    return sum(1 << i for i, code in enumerate(codes.codes) if code in chosen)
