"""The shape of the language: which keys may stand where, read from the pydantic models; and near misses."""

from __future__ import annotations

import types
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Annotated, Any, NamedTuple, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from ..measures.profile import FrozenMap
from ..units import Quantity, quantity_of

Path = tuple[str | int, ...]


class Slot(NamedTuple):
    """A place in the language: the annotation of what may stand there, with its metadata."""

    annotation: Any
    metadata: tuple[Any, ...] = ()

    @property
    def quantity(self) -> Quantity | None:
        return quantity_of(self.annotation, self.metadata)


@lru_cache(maxsize=1024)
def keys_of(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """Keys that a file may use for a model, with their fields."""
    return {field.alias or name: field for name, field in model.model_fields.items() if not field.exclude}


def model_of(annotation: Any, value: Any = None) -> type[BaseModel] | None:
    """The model behind an annotation; among several, the one whose ``kind`` the value names."""
    found = _models_in(annotation)
    if len(found) > 1:
        kind = value.get("kind") if isinstance(value, dict) else None
        kind = getattr(kind, "value", kind)
        found = tuple(m for m in found if "kind" in m.model_fields and m.model_fields["kind"].default == kind)
    return found[0] if len(found) == 1 else None


def kinds_of(annotation: Any) -> list[str]:
    """The words that ``kind`` may have where several models may stand."""
    return [m.model_fields["kind"].default for m in _models(annotation) if "kind" in m.model_fields]


def slot_at(model: type[BaseModel], value: Any, path: Path) -> Slot | None:
    """The slot at a path below a model, or None where the language has no such key.

    Parameters
    ----------
    model : pydantic model
        What stands at the top.
    value : plain data or dict of nodes
        The data: it decides which model stands where several may.
    path : tuple
        Keys and positions.
    """
    slot = Slot(model)
    for key in path:
        inner = model_of(slot.annotation, _value(value))
        if inner is not None:
            field = keys_of(inner).get(str(key))
            if field is None:
                return None
            slot = Slot(field.annotation, tuple(field.metadata))
        else:
            element = _element(slot.annotation)
            if element is None:
                return None
            slot = Slot(element)
        value = _child(value, key)
    return slot


@lru_cache(maxsize=4096)
def _models_in(annotation: Any) -> tuple[type[BaseModel], ...]:
    return tuple(_models(annotation))


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    elif get_origin(annotation) in (Annotated, Union, types.UnionType):
        for part in get_args(annotation):
            yield from _models(part)


def _element(annotation: Any) -> Any:
    """What a list or mapping holds, or None for what has no parts."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in (Annotated, Union, types.UnionType):
        return next((e for e in map(_element, arguments) if e is not None), None)
    if origin in (list, tuple) and arguments:
        return arguments[0]
    if origin is dict and arguments:
        return arguments[1]
    if isinstance(annotation, type) and issubclass(annotation, FrozenMap):
        return Annotated[float, annotation.element]
    return None


def _value(value: Any) -> Any:
    return getattr(value, "value", value)


def _child(value: Any, key: str | int) -> Any:
    value = _value(value)
    if isinstance(value, dict):
        return value.get(key)
    if isinstance(value, list) and isinstance(key, int) and key < len(value):
        return value[key]
    return None


# ---- near misses ---------------------------------------------------------------------------------------


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that was probably meant, or None.

    Swapped neighbours count as one slip, so ``C83`` is nearer to ``C38`` than to ``C39``.
    """
    best, least = None, 1.0 + max(1.0, len(word) / 3.0)
    folded = word.lower().replace("-", "_")
    letters = set(folded)
    for candidate in known:
        target = candidate.lower().replace("-", "_")
        if abs(len(target) - len(folded)) > 4:
            continue
        # Every letter that the other word lacks is a slip: most words are out before their distance is taken.
        begins = folded.startswith(target) or target.startswith(folded)
        if not begins and max(len(letters.difference(target)), abs(len(target) - len(folded))) - 0.5 >= least:
            continue
        distance = slips(folded, target)
        if sorted(folded) == sorted(target):
            distance -= 0.5  # the same letters in another order
        shorter, longer = sorted((folded, target), key=len)
        if len(shorter) >= 4 and longer.startswith(shorter):
            distance = min(distance, 1.5)
        if distance < least:
            best, least = candidate, distance
    return best


def slips(a: str, b: str) -> float:
    """Damerau-Levenshtein distance: letters added, dropped, changed or swapped with their neighbour."""
    rows = [list(range(len(b) + 1))]
    for i, p in enumerate(a, start=1):
        row = [i]
        for j, q in enumerate(b, start=1):
            cost = min(rows[-1][j] + 1, row[-1] + 1, rows[-1][j - 1] + (p != q))
            if i > 1 and j > 1 and p == b[j - 2] and a[i - 2] == q:
                cost = min(cost, rows[-2][j - 2] + 1)
            row.append(cost)
        rows.append(row)
    return rows[-1][-1]


def did_you_mean(word: str, known: Iterable[str], otherwise: int = 0) -> str:
    """``; did you mean 'x'?``, or up to ``otherwise`` known words, or nothing."""
    words = list(known)
    near = nearest(word, words)
    if near is not None:
        return f"; did you mean '{near}'?"
    if 0 < len(words) <= otherwise:
        return "; expected " + ", ".join(f"'{w}'" for w in words)
    return ""
