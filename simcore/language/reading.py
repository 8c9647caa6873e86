"""From a composed tree to validated parts: header, measures, distributions; with every problem found."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, NamedTuple

from pydantic import BaseModel, ValidationError
from pydantic_core import PydanticCustomError

from ..calendar import Calendar, PeriodError, step_of
from ..measures.base import MEASURES, Measure
from ..units import UNITS, BaseUnits, Quantity, currency_in
from .compose import MOST_TOLD, References, named_entries
from .diagnostics import Diagnostic
from .distribution import Distribution, read_distribution
from .schema import COMPOSED, MEASURES_KEYS, Header
from .shape import Path, did_you_mean, keys_of, model_of, nearest, slot_at
from .source import Node
from .translate import is_wrapped, translate

YAML = {"yaml": True}
_ID = re.compile(r"^[A-Za-z][\w-]*$")


@lru_cache(maxsize=1)
def register_measures() -> None:
    """Load the kinds that come with simcore and those of other packages (``simcore.measures``)."""
    from importlib import import_module
    from importlib.util import find_spec

    if find_spec("simcore.measures.all") is not None:
        import_module("simcore.measures.all")
    from importlib.metadata import entry_points

    for point in entry_points(group="simcore.measures"):
        point.load()


class Noted(NamedTuple):
    """A value that carries a note, a source or a distribution, for the list of assumptions."""

    path: str
    value: str
    note: str
    source: str


@dataclass
class Block:
    """A part of the tree and what it became; ``data`` is plain, uncertain values at their central value."""

    name: str  # dotted path, empty for the header
    node: Node
    model: type[BaseModel] | None = None
    data: dict[str, Any] = field(default_factory=dict)
    made: Any = None  # the validated object, None where it is invalid
    wrapped: list[tuple[Path, Node]] = field(default_factory=list)  # {value: ..., dist: ...} and their paths
    problems: list[Diagnostic] = field(default_factory=list)
    uses: Mapping[str, list[Path]] = field(default_factory=dict)  # references in it
    source: Node | None = None  # its tree before references were replaced


class Reading:
    """One tree, read.

    Parameters
    ----------
    root : Node
        The composed file, with references.
    before : Reading, optional
        An earlier reading of almost the same tree: measures whose nodes are the same are taken from it.
    """

    def __init__(self, root: Node, before: Reading | None = None):
        register_measures()
        self.root = root
        self.references = References(root)
        self.distributions: dict[str, Distribution] = {}
        self.notes: dict[str, Noted] = {}
        self.places: dict[str, list[Path]] = {}  # of each distribution: where its value stands in the tree
        self.step = str(_text(root.at(("time", "step"))) or "month")
        self.header_block = self._header()
        self.header: Header | None = self.header_block.made
        self._before = before.entries if before and self._same_definitions(before) else {}
        self.fresh: list[Block] = []  # measures that were not taken from ``before``
        self.entries: dict[str, Block] = dict(self._measures())
        self.calendar, self.time_problems = self._calendar()
        self._distribution_problems: list[Diagnostic] = []
        for block in (self.header_block, *self.entries.values()):
            self._collect(block)

    @property
    def problems(self) -> list[Diagnostic]:
        dangling = {(d.file, d.line, d.column) for d in self.references.problems}
        own = [*self.time_problems, *self._distribution_problems]
        own += [d for b in (self.header_block, *self.entries.values()) for d in b.problems]
        # A reference that leads nowhere is one problem, whatever its field says about it.
        return self.references.problems + [d for d in own if (d.file, d.line, d.column) not in dangling]

    @property
    def measures(self) -> list[Measure]:
        """Valid measures, policies first, in the order of the file."""
        return [b.made for b in self.entries.values() if b.made is not None]

    def _same_definitions(self, before: Reading) -> bool:
        return self.step == before.step and all(
            self.root.value.get(k) is before.root.value.get(k) for k in ("parameters", "selectors", "profiles")
        )

    # ---- parts

    def _header(self) -> Block:
        nodes = {k: n for k, n in self.root.value.items() if k not in COMPOSED}
        choice = nodes.get("model")
        if choice is not None and isinstance(choice.value, str):
            nodes["model"] = choice.copy({"name": choice})
        block = self._block("", self.root.copy(nodes), Header, ())
        for key in ("pools", "claims"):
            if isinstance(block.data.get(key), list):
                block.problems.append(named_entries(nodes[key], key))
                del block.data[key]
        self._validate(block)
        if block.made is None:
            self._salvage(block)
        return block

    def _salvage(self, block: Block) -> None:
        """Validate the header without its faulty keys, so that later checks have what is right."""
        try:
            Header.model_validate(block.data, context={**YAML, "step": self.step})
        except ValidationError as error:
            faulty = {str(e["loc"][0]) for e in error.errors(include_url=False) if e["loc"]}
            kept = {k: v for k, v in block.data.items() if k not in faulty}
            stand_in = {
                "schema": "simcore/scenario@1", "id": "unnamed", "calibration": "unnamed@1",
                "time": {"start": "2000-01", "end": "2000-01"},
            }  # fmt: skip
            missing = {k: v for k, v in stand_in.items() if k not in kept}
            self.stand_ins = frozenset(missing)
            block.made = Header.model_validate({**kept, **missing}, context={**YAML, "step": self.step})

    stand_ins: frozenset[str] = frozenset()  # keys of the header that are not the file's

    def _measures(self) -> Iterator[tuple[str, Block]]:
        seen: dict[str, Node] = {}
        faulty = 0
        for section in MEASURES_KEYS:
            part = self.root.value.get(section)
            if part is None or (part.value is None):
                continue
            if not isinstance(part.value, dict):
                self.header_block.problems.append(named_entries(part, section))
                continue
            for id_, node in part.value.items():
                if id_ in seen:
                    message = f"'{id_}' is defined twice (also on line {seen[id_].key_line})"
                    self.header_block.problems.append(node.problem("SC425", message, key=True))
                    continue
                seen[id_] = node
                if faulty > MOST_TOLD:
                    message = f"{MOST_TOLD} measures have problems; from here on nothing was read"
                    self.header_block.problems.append(node.problem("SC012", message, key=True))
                    return
                old = self._before.get(id_)
                if old is not None and old.name == f"{section}.{id_}" and old.source is node:
                    yield id_, old
                    continue
                block = self._measure(section, id_, node)
                block.source = node
                faulty += bool(block.problems)
                self.fresh.append(block)
                yield id_, block

    def _measure(self, section: str, id_: str, raw: Node) -> Block:
        name = f"{section}.{id_}"
        if not isinstance(raw.value, dict):
            block = Block(name, raw)
            message = f"'{id_}' must be a mapping of keys to values"
            block.problems.append(raw.problem("SC029", message, key=True))
            return block
        cls, problem = self._kind(raw, section, name)
        block = self._block(name, raw, cls, (section, id_))
        if problem is not None:
            block.problems.append(problem)
        if not _ID.match(id_):
            message = f"the name '{id_}' may hold letters, digits, _ and -, and starts with a letter"
            block.problems.append(raw.problem("SC026", message, key=True))
        if cls is not None:
            block.data.pop("kind", None)
            self._validate(block, id=id_)
        return block

    def _kind(self, raw: Node, section: str, name: str) -> tuple[type[Measure] | None, Diagnostic | None]:
        node = raw.value.get("kind")
        if node is None:
            slip = next((k for k in raw.value if nearest(k, ["kind"])), None)
            if slip is not None:
                message = f"unknown key '{slip}'; did you mean 'kind'?"
                return None, raw.value[slip].problem("SC020", message, key=True)
            return None, raw.problem("SC023", f"missing key 'kind' in {name}", key=True)
        shocks = section == "shocks"
        cls = MEASURES.get(node.value) if isinstance(node.value, str) else None
        if cls is None:
            known = sorted(k for k, c in MEASURES.items() if c.shock == shocks) or sorted(MEASURES)
            word = str(node.plain())
            near = nearest(word, known) or nearest(word, MEASURES)  # perhaps it is in the wrong section, too
            advice = f"; did you mean '{near}'?" if near else did_you_mean(word, known, 30)
            return None, node.problem("SC022", f"unknown kind '{node.value}'{advice}")
        if cls.shock != shocks:
            what, where = ("a shock", "shocks") if cls.shock else ("a policy", "policies")
            return cls, node.problem("SC028", f"'{node.value}' is {what}: it belongs under '{where}'")
        return cls, None

    def _block(self, name: str, raw: Node, model: type[BaseModel] | None, prefix: Path) -> Block:
        before = {k: len(v) for k, v in self.references.uses.items()}
        node = self.references.resolve(raw, prefix)
        used = {k: v[before.get(k, 0) :] for k, v in self.references.uses.items() if len(v) > before.get(k, 0)}
        block = Block(name, node, model, uses=used)
        block.data = _unwrapped(node, (), model, node, block.wrapped)
        return block

    def _validate(self, block: Block, **more: Any) -> None:
        assert block.model is not None
        block.problems += list(_flags(block.model, block.node))
        try:
            made = block.model.model_validate({**block.data, **more}, context={**YAML, "step": self.step})
        except ValidationError as error:
            errors = error.errors(include_url=False)
            known = {(d.line, d.column) for d in block.problems}
            found = translate(errors, block.model, block.node, block.name, self.step)
            block.problems += [d for d in found if (d.line, d.column) not in known or d.code != "SC123"]
        else:
            block.made = None if any(d.severity == "error" for d in block.problems) else made

    def _calendar(self) -> tuple[Calendar | None, list[Diagnostic]]:
        if self.header is None or "time" in self.stand_ins:
            return None, []
        time, node = self.header.time, self.header_block.node.at(("time",))
        assert node is not None
        problems = []
        for key in ("start", "end"):
            period = getattr(time, key)
            kind = step_of(period)
            if kind != time.step:
                message = f"step is {time.step} but the period {period} is not a {time.step}"
                problems.append((node.child(key) or node).problem("SC402", message))
        if problems:
            return None, problems
        try:
            calendar = Calendar.between(time.start, time.end, time.inner_steps)
        except PeriodError as error:
            return None, [(node.child("end") or node).problem(error.code, str(error))]
        return calendar, []

    # ---- distributions and notes

    def _collect(self, block: Block) -> None:
        """Read what stands beside the values of a block: distributions, notes, sources."""
        for path, wrapper in block.wrapped:
            slot = slot_at(block.model, block.node, path) if block.model else None
            quantity = slot.quantity if slot else None
            full = (*block.name.split("."), *path) if block.name else path
            dotted = self._dotted(block, full)
            if quantity is None and "options" in full:
                quantity = own_quantity(wrapper)
            self._collect_one(dotted, full, wrapper, quantity, bool(slot) or "options" in full)

    def _dotted(self, block: Block, full: Path) -> str:
        """The path under which a value is known: that of its definition, where it comes from a reference."""
        for definition, places in block.uses.items():
            for place in places:
                if full[: len(place)] == place:
                    return ".".join(str(p) for p in (definition, *full[len(place) :]))
        return ".".join(str(p) for p in full)

    def _collect_one(self, dotted: str, full: Path, wrapper: Node, quantity: Quantity | None, known: bool) -> None:
        texts = {k: str(wrapper.value[k].plain() or "") if k in wrapper.value else "" for k in ("note", "source")}
        self._distribution_problems += wrapper_problems(wrapper, dotted)
        value = number_in(wrapper, quantity)
        if dotted not in self.notes and "value" in wrapper.value:
            text = str(_text(wrapper.value["value"]))
            shown = text
            if quantity and value is not None:
                shown = replace(quantity, currency=currency_in(text) or "CNY").write(value)
            self.notes[dotted] = Noted(dotted, shown, texts["note"], texts["source"])
        if "dist" not in wrapper.value:
            return
        if quantity is None:
            if known:
                message = "this value cannot have a distribution: it is not a number"
                self._distribution_problems.append(wrapper.value["dist"].problem("SC305", message, key=True))
            return
        self.places.setdefault(dotted, []).append(full)
        if dotted not in self.distributions:
            found, problems = read_distribution(wrapper, quantity, value, texts["note"], texts["source"])
            self._distribution_problems += problems
            if found is not None:
                self.distributions[dotted] = found


def _unwrapped(node: Node, path: Path, model: type[BaseModel] | None, top: Node, found: list) -> Any:
    """Plain data in which ``{value: ...}`` is replaced by the value; wrappers are added to ``found``."""
    value = node.value
    if isinstance(value, dict):
        if path and is_wrapped(node) and not _is_block(model, top, path):
            found.append((path, node))
            inner = value.get("value")
            return _unwrapped(inner, (*path, "value"), None, top, []) if inner is not None else 0.0
        return {k: _unwrapped(n, (*path, k), model, top, found) for k, n in value.items()}
    if isinstance(value, list):
        return [_unwrapped(n, (*path, i), model, top, found) for i, n in enumerate(value)]
    return value


def _is_block(model: type[BaseModel] | None, top: Node, path: Path) -> bool:
    """Whether the language has a block of its own here, with a key 'value' (a claim, say)."""
    slot = slot_at(model, top, path) if model is not None else None
    inner = model_of(slot.annotation, None) if slot is not None else None
    return inner is not None and "value" in keys_of(inner)


def _flags(model: type[BaseModel], node: Node) -> Iterator[Diagnostic]:
    """``yes`` and ``no`` where a flag is expected: pydantic alone would read them as true and false."""
    for key, info in keys_of(model).items():
        child = node.child(key)
        if info.annotation is bool and child is not None and isinstance(child.value, str):
            meant = {"yes": "true", "on": "true", "no": "false", "off": "false"}.get(
                child.value.lower(), "true or false"
            )
            yield child.problem("SC123", f"'{child.value}' is text here; write {meant}")


def number_in(wrapper: Node, quantity: Quantity | None) -> float | None:
    node = wrapper.value.get("value")
    if node is None or quantity is None:
        return None
    try:
        return quantity.read(node.value, yaml=True)
    except PydanticCustomError:
        return None  # the field itself reports it


def wrapper_problems(wrapper: Node, dotted: str) -> Iterator[Diagnostic]:
    """Keys that ``{value: ...}`` should not or should have."""
    for key in [k for k in wrapper.value if k not in ("value", "dist", "note", "source", "unit")]:
        allowed = ["value", "dist", "note", "source"]
        yield wrapper.value[key].problem("SC020", f"unknown key '{key}'{did_you_mean(key, allowed, 8)}", key=True)
    if "value" not in wrapper.value:
        yield wrapper.problem("SC021", f"missing key 'value' in {dotted}", key=True)


def own_quantity(wrapper: Node) -> Quantity:
    """The dimension that a value's own unit names: for options of models, whose types are not known here."""
    text = _text(wrapper.value.get("value"))
    unit = re.sub(r"^[-+\d.eE\s]+", "", text) if isinstance(text, str) else ""
    if isinstance(text, str) and currency_in(text):
        return Quantity("money")
    return Quantity(UNITS[unit][0] if unit in UNITS else "number")


def _text(node: Node | None) -> Any:
    return node.value if node is not None else None


def with_value(data: Any, path: Path, value: float) -> Any:
    """A copy of plain data with a number in base units at a path; what is not on the way is shared."""
    if not path:
        return BaseUnits(value)
    copy: Any = list(data) if isinstance(data, list) else dict(data)
    copy[path[0]] = with_value(copy[path[0]], path[1:], value)
    return copy
