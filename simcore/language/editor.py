"""The language as a JSON Schema, for editors: what may stand where, with descriptions, units and examples.

It is made from the same models that read a file, so it cannot fall behind them. It is wider than the language where
JSON Schema cannot say more: names, sums of shares, order of dates and the like are the business of ``simcore check``.
"""

from __future__ import annotations

import re
import types
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from ..measures.base import MEASURES, Measure
from ..measures.fields import CodeOf, Profile, Selector
from ..measures.profile import FrozenMap, Points, period_text
from ..units import CURRENCIES, EXAMPLES, UNITS, Quantity, quantity_of
from .distribution import KINDS
from .reading import register_measures
from .schema import COMPOSED, INCLUDED_KEYS, MEASURES_KEYS, SCHEMA, Header
from .shape import keys_of

Json = dict[str, Any]
REFERENCE: Json = {"type": "string", "pattern": r"^\$[A-Za-z_][\w-]*$", "description": "a parameter of the file"}
REFER: Json = {"$ref": "#/$defs/reference"}
ID = r"^[a-z][a-z0-9-]*$"
UNSIGNED = r"([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?"
NAME = r"^[A-Za-z_][\w-]*$"
PERIOD = r"^\s*[0-9]{4}-([0-9]{2}(-[0-9]{2})?|Q[1-4]|W[0-9]{2})\s*$"


def json_schema() -> Json:
    """The JSON Schema (draft 2020-12) of a scenario file, or of a file that one includes."""
    register_measures()
    parts = Parts()
    header = {name: parts.field(field) for name, field in keys_of(Header).items()} | {
        "schema": {"const": SCHEMA, "description": "version of the format"},
        "id": {"type": "string", "pattern": ID, "description": "name of the scenario in files and folders"},
        "calibration": {"type": "string", "pattern": r"^.+@\d+$", "description": "economy, as name@version"},
    }
    header["model"] = _either([{"type": "string"}, header["model"]])
    kinds = {kind: parts.entry(cls) for kind, cls in sorted(MEASURES.items())}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"{SCHEMA}.json",
        "title": "simcore scenario",
        "type": "object",
        "properties": header | _composed(parts),
        "additionalProperties": False,
        "anyOf": [
            {"required": ["schema", "id", "calibration", "time"]},
            {"required": ["extends"]},
            {"propertyNames": {"enum": list(INCLUDED_KEYS)}},
        ],
        "$defs": kinds | {section: _one_of_kinds(section, list(kinds)) for section in MEASURES_KEYS} | parts.shared,
    }


def _composed(parts: Parts) -> dict[str, Json]:
    """Keys by which a file is put together."""
    anything: Json = {}
    found: dict[str, Json] = {
        "extends": {"type": "string", "description": "the scenario that this one starts from"},
        "include": {"type": "array", "items": {"type": "string"}, "description": "files with definitions and measures"},
        "parameters": _named(parts.wrapped(anything), "values that the file refers to as $name"),
        "selectors": _named(parts.block(Selector), "targets that the file refers to as $name"),
        "profiles": _named(parts.slot(Profile), "profiles that the file refers to as $name"),
        "policies": _named({"$ref": "#/$defs/policies"}, "what is decided, by id"),
        "shocks": _named({"$ref": "#/$defs/shocks"}, "what befalls, by id"),
        "variants": _named({"type": "object"}, "alternatives: paths with the values they take"),
    }
    return {key: found[key] for key in COMPOSED}


def _named(value: Json, description: str) -> Json:
    names = {"pattern": NAME}
    return {"type": "object", "propertyNames": names, "additionalProperties": value, "description": description}


def _one_of_kinds(section: str, kinds: list[str]) -> Json:
    """An entry of a section: what its ``kind`` says it is. Alternatives by condition, so that messages stay short."""
    own = [kind for kind in kinds if MEASURES[kind].shock == (section == "shocks")]
    by_kind = [_if_kind(kind, {"$ref": f"#/$defs/{kind}"}) for kind in own]
    return {"type": "object", "required": ["kind"], "properties": {"kind": {"enum": own}}, "allOf": by_kind}


def _if_kind(kind: str, then: Json) -> Json:
    return {"if": {"properties": {"kind": {"const": kind}}, "required": ["kind"]}, "then": then}


class Parts:
    """Pieces of the schema, those that recur as shared definitions."""

    def __init__(self) -> None:
        self.shared: dict[str, Json] = {"reference": REFERENCE, "dist": _distribution()}

    def entry(self, cls: type[Measure]) -> Json:
        """A policy or shock of one kind."""
        found = self.model(cls)
        own = {name: self.common(name, value) for name, value in found["properties"].items()}
        found["properties"] = {"kind": {"const": cls.kind}} | own
        found["description"] = (cls.__doc__ or "").strip().split("\n")[0]
        return found

    def common(self, name: str, value: Json) -> Json:
        """What may stand at a key of a kind, once for all kinds where it is the same as for every measure."""
        if name not in keys_of(Measure):
            return value
        shared = f"every-{name}"
        if shared not in self.shared:
            self.shared[shared] = self.field(keys_of(Measure)[name])
        return {"$ref": f"#/$defs/{shared}"} if self.shared[shared] == value else value

    def model(self, cls: type[BaseModel]) -> Json:
        """A block of the file."""
        fields = keys_of(cls)
        found: Json = {
            "type": "object",
            "properties": {name: self.field(field) for name, field in fields.items()},
            "additionalProperties": False,
        }
        # Where several blocks may stand, the word that tells them apart must be there.
        required = [name for name, field in fields.items() if field.is_required() or name == "kind"]
        return found | ({"required": required} if required else {})

    def field(self, field: FieldInfo) -> Json:
        """What may stand at a key."""
        found = self.slot(Annotated[(field.annotation, *field.metadata)] if field.metadata else field.annotation)
        return found | ({"description": field.description} if field.description else {})

    def slot(self, annotation: Any) -> Json:
        """What may stand where a field has this annotation; anything where the annotation does not say."""
        metadata = getattr(annotation, "__metadata__", ())
        plain = get_args(annotation)[0] if get_origin(annotation) is Annotated else annotation
        origin = get_origin(plain)
        quantity = quantity_of(annotation) if origin not in (dict, tuple, list) else None
        if quantity is not None:
            return self.quantity(quantity)
        if origin in (Union, types.UnionType):
            return _either([self.slot(part) for part in get_args(plain) if part is not type(None)])
        if origin is Literal:
            return {"enum": list(get_args(plain))}
        if isinstance(plain, type) and issubclass(plain, FrozenMap):
            named = {"propertyNames": {"pattern": PERIOD}} if issubclass(plain, Points) else {}
            word = [] if plain.word is None else [{"const": plain.word}]
            mapping = {"type": "object", "additionalProperties": self.quantity(plain.element)} | named
            return _either([mapping, *word, REFER])
        if isinstance(plain, type) and issubclass(plain, BaseModel):
            return self.block(plain)
        if plain is bool:
            return self.wrapped({"type": "boolean"})
        return _text(metadata) if plain is str else self.collection(plain)

    def block(self, cls: type[BaseModel]) -> Json:
        """A reference to a block's shared definition."""
        if cls.__name__ not in self.shared:
            self.shared[cls.__name__] = {}  # holds the place while the block is made
            self.shared[cls.__name__] = self.model(cls)
        return _either([{"$ref": f"#/$defs/{cls.__name__}"}, REFER])

    def collection(self, plain: Any) -> Json:
        """A list or mapping."""
        origin, parts = get_origin(plain), [part for part in get_args(plain) if part is not Ellipsis]
        if origin is dict:
            return {"type": "object", "additionalProperties": self.slot(parts[1])}
        if origin in (tuple, list) and parts:
            several = {"type": "array", "items": self.slot(parts[0])}
            return _either([several, {"type": "string"}]) if parts[0] is str else several
        return {}

    def quantity(self, quantity: Quantity) -> Json:
        """A number with its unit, shared by all fields of the same dimension and bounds."""
        bounds = [f"{b:g}" if abs(b) < float("inf") else "any" for b in (quantity.low, quantity.high)]
        name = "-".join([quantity.dimension, *bounds, *(["whole"] if quantity.whole else [])])
        if name not in self.shared:
            self.shared[name] = self.wrapped(_number(quantity))
        return {"$ref": f"#/$defs/{name}"}

    def wrapped(self, value: Json) -> Json:
        """A value, a reference to one, or one with its note, source and distribution."""
        text: Json = {"type": "string"}
        about = {"value": value, "dist": {"$ref": "#/$defs/dist"}, "note": text, "source": text, "unit": text}
        block = {
            "type": "object",
            "properties": about,
            "additionalProperties": False,
            "anyOf": [{"required": ["value"]}, {"required": ["dist"]}],
        }
        return _either([value, REFER, block])


def _text(metadata: tuple[Any, ...]) -> Json:
    if any(getattr(item, "func", None) is period_text for item in metadata):
        forms = {"type": "string", "pattern": PERIOD, "examples": ["2022-11", "2022-Q4", "2022-W45"]}
        return _either([forms, REFER])
    codes = next((item for item in metadata if isinstance(item, CodeOf)), None)
    if codes is None:
        return {"type": "string"}
    return {"type": "string", "description": f"a code or group; see simcore list {codes.dimension}s"}


def _either(parts: list[Json]) -> Json:
    """One of several; alternatives that are alternatives themselves are laid side by side."""
    flat = [inner for part in parts for inner in (part["anyOf"] if set(part) == {"anyOf"} else [part])]
    unique = [part for i, part in enumerate(flat) if part not in flat[:i]]
    return unique[0] if len(unique) == 1 else {"anyOf": unique}


def _number(quantity: Quantity) -> Json:
    if quantity.dimension == "number":
        low, high = "exclusiveMinimum" if quantity.above else "minimum", "maximum"
        bounds = {key: b for key, b in ((low, quantity.low), (high, quantity.high)) if abs(b) < float("inf")}
        return {"type": "integer" if quantity.whole else "number"} | bounds
    units = sorted(
        (u for u, (dimension, *_) in UNITS.items() if dimension == quantity.dimension), key=len, reverse=True
    )
    known = [re.escape(unit) for unit in units]
    if quantity.dimension == "money":
        known.append(rf"((tn|bn|mn)\s+)?({'|'.join(sorted(CURRENCIES))})")
    sign = "-?" if quantity.low < 0.0 else ""
    written = {
        "type": "string",
        "pattern": rf"^\s*{sign}\+?{UNSIGNED}\s*({'|'.join(known)})\s*$",
        "examples": [EXAMPLES[quantity.dimension]],
    }
    # A bare fraction is a share: it cannot be misread. Zero is zero in any unit.
    bare: Json = {"const": 0}
    if quantity.dimension == "share":
        bare = {"type": "number", "minimum": max(quantity.low, -1.0), "maximum": 1.0}
    return {"anyOf": [written, bare]}


def _distribution() -> Json:
    number: Json = {"type": ["number", "string"]}
    several: Json = {"type": "array", "items": number}
    by_kind = []
    for kind, (needed, optional) in KINDS.items():
        names = {name: several if name in ("values", "weights") else number for name in (*needed, *optional)}
        properties = {"kind": {"const": kind}} | names
        by_kind.append(
            _if_kind(kind, {"required": list(needed), "properties": properties, "additionalProperties": False})
        )
    return {"type": "object", "required": ["kind"], "properties": {"kind": {"enum": list(KINDS)}}, "allOf": by_kind}
