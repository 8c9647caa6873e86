"""Manual pages of kinds of measures, of models and of problems' codes, and scenarios to start from."""

from __future__ import annotations

import inspect
import re
import textwrap
from dataclasses import MISSING, fields
from typing import Any, get_args

from pydantic.fields import FieldInfo

from .content import find_calibration
from .drivers import CHANNELS
from .errors import UnknownNameError
from .language.catalogue import explain
from .language.reading import register_measures
from .language.shape import did_you_mean, keys_of, kinds_of
from .measures.base import MARKS, MEASURES, Measure, Parameter
from .models.base import advice_on, register_models
from .units import EXAMPLES, quantity_of

START, END = "2022-11", "2023-12"
WIDTH = 100
_PERIOD = re.compile(r"\b\d{4}-\d{2}\b")
MONEY = (
    "Money: this page speaks of China's. In a scenario on another calibration yuan and CNY stand for that one's\n"
    "currency, and amounts are written in it: 10 bn USD on us-2019."
)
STARTER = """\
# Check this file with `simcore check {name}.yaml`, run it with `simcore run {name}.yaml`.
# What the fields of a measure mean: `simcore explain {kind}`; other kinds: `simcore list measures`.
schema: simcore/scenario@1
id: {name}
title: "{title}"
calibration: {calibration}
time: {{step: month, start: {start}, end: {end}}}
{section}:
{entry}
"""


def page(word: str, of: str | None = None) -> str:
    """The page of a kind of measure or shock, of a model, or of a problem's code.

    Parameters
    ----------
    of : {"measure", "model"}, optional
        What the word names; by default whatever there is of that name.

    Raises
    ------
    UnknownNameError
        If there is nothing of that name, or both a measure and a model.
    """
    if of not in (None, "measure", "model"):
        raise UnknownNameError(f"cannot explain a '{of}'; write simcore explain measure KIND or model KIND")
    if of is None and re.fullmatch(r"[Ss][Cc]\d+", word):
        return explain(word)
    models = register_models() if of != "measure" else {}
    register_measures()
    measures = MEASURES if of != "model" else {}
    if word in models and word in measures:
        raise UnknownNameError(
            f"'{word}' is a measure and a model; write simcore explain measure {word} or model {word}"
        )
    if word in models:
        return page_of_model(models[word])
    if word in measures:
        return page_of_kind(measures[word])
    known = sorted({*measures, *models})
    raise UnknownNameError(f"unknown {of or 'kind'} '{word}'" + did_you_mean(word, known, len(known)))


def starter(name: str, kind: str, calibration: str = "china-2022@1") -> str:
    """A scenario with one measure of a kind: the kind's own worked example.

    Raises
    ------
    UnknownNameError
        If there is no such kind, or the name cannot be an id.
    """
    if not re.fullmatch(r"[a-z][a-z0-9-]*", name):
        raise UnknownNameError(f"'{name}' cannot be an id: small letters, digits and hyphens, a letter first")
    find_calibration(calibration)
    cls = _kind(kind)
    return STARTER.format(
        name=name,
        kind=kind,
        title=name.replace("-", " "),
        calibration=calibration,
        start=_start(cls.example),
        end=END,
        section="shocks" if cls.shock else "policies",
        entry=textwrap.indent(textwrap.dedent(cls.example).strip(), "  "),
    )


def _start(example: str) -> str:
    """The usual first period, or the profile's own where it ends before that."""
    periods = sorted(p for line in example.splitlines() if "profile:" in line for p in _PERIOD.findall(line))
    return periods[0] if periods and periods[-1] < START else START


def page_of_kind(cls: type[Measure]) -> str:
    """What a kind does, its fields, what it assumes, and an example."""
    own = {n: f for n, f in keys_of(cls).items() if n not in Measure.model_fields}
    common = {n: f for n, f in keys_of(cls).items() if n in Measure.model_fields}
    parts = [
        f"{cls.kind}  ({'shock' if cls.shock else 'policy'})",
        _wrapped(inspect.getdoc(cls) or ""),
        "Fields\n" + _fields(own, cls),
        "Fields that every kind has\n" + _fields(common, cls),
    ]
    if cls.parameters:
        rows = [_parameter(name, p) for name, p in cls.parameters.items()]
        marks = [f"  [{mark}] {meaning}" for mark, meaning in MARKS.items()]
        parts.append("\n".join(["What it assumes unless the file says otherwise", *rows, *marks]))
    parts.append("Example\n" + textwrap.indent(textwrap.dedent(cls.example).strip(), "  "))
    return _page(parts)


def page_of_model(cls: type[Any]) -> str:
    """What a model computes and assumes, its parameters, the channels it understands, and its literature."""
    text = inspect.getdoc(cls) or ""
    parts = [
        f"{cls.name}  (model)",
        *(_section(title, body) for title, body in sections(text) if title != "Parameters"),
    ]
    told = dict(_told(body) for title, body in sections(text) if title == "Parameters" for body in _entries(body))
    rows = [_option(f, told.get(f.name, "")) for f in fields(cls)]
    if rows:
        parts.append("\n".join(["Parameters", *rows]))
    chosen = cls()
    width = max(map(len, CHANNELS))
    understood = [
        _channel(name, f"{CHANNELS[name].unit}: {CHANNELS[name].meaning}", width) for name in _ordered(chosen)
    ]
    refused = [_channel(name, advice_on(chosen, name), width) for name in CHANNELS if name not in chosen.channels]
    parts.append("\n".join(["Channels that it understands", *understood]))
    parts.append("\n".join(["Channels that it refuses, with what to do", *refused]))
    if getattr(cls, "bibtex", ""):
        parts.append("BibTeX\n" + cls.bibtex.strip())  # not indented: to copy
    return _page(parts)


def _page(parts: list[str]) -> str:
    """The parts of a page; the last says which money stands for which, where there is any."""
    text = "\n\n".join(parts)
    return f"{text}\n\n{MONEY}" if re.search(r"\b(yuan|CNY)\b", text) else text


def _ordered(chosen: Any) -> list[str]:
    return [name for name in CHANNELS if name in chosen.channels]


def _channel(name: str, text: str, width: int) -> str:
    lead = f"  {name:{width}}  "
    return textwrap.fill(text, WIDTH, initial_indent=lead, subsequent_indent=" " * len(lead))


def sections(text: str) -> list[tuple[str, str]]:
    """Parts of a docstring by their underlined headings; what stands before the first has none."""
    parts = re.split(r"^([^\n]+)\n-{3,}\n", text, flags=re.MULTILINE)
    return [("", parts[0].strip("\n")), *((t, b.strip("\n")) for t, b in zip(parts[1::2], parts[2::2], strict=True))]


def _section(title: str, body: str) -> str:
    return f"{title}\n{textwrap.indent(_wrapped(body), '  ')}" if title else _wrapped(body)


def _entries(body: str) -> list[str]:
    """Entries of a list of parameters: a name, then what is said of it, indented."""
    return [entry for entry in re.split(r"^(?=\S)", body, flags=re.MULTILINE) if entry.strip()]


def _told(entry: str) -> tuple[str, str]:
    head, _, rest = entry.partition("\n")
    return head.split(" : ")[0].strip(), " ".join(rest.split())


def _option(f: Any, told: str) -> str:
    """A parameter of a model: value, range, unit, meaning, source."""
    about = f.metadata
    value = f.default if f.default is not MISSING else f.default_factory()
    unit = f" {about['unit']}" if about.get("unit") else ""
    span = f" ({about['range'][0]:g} to {about['range'][1]:g})" if "range" in about else ""
    shown = f"{value:g}" if isinstance(value, float) else "none" if value in (None, {}, ()) else str(value)
    meaning, source = about.get("meaning") or told, about.get("source", "")
    text = f"{f.name} = {shown}{unit}{span}; {meaning.rstrip('.')}. {source}".rstrip()
    return textwrap.fill(text, WIDTH, initial_indent="  ", subsequent_indent="    ")


def _kind(word: str) -> type[Measure]:
    register_measures()
    if word not in MEASURES:
        raise UnknownNameError(f"unknown kind '{word}'" + did_you_mean(word, sorted(MEASURES), len(MEASURES)))
    return MEASURES[word]


def _wrapped(text: str) -> str:
    """Paragraphs at the width of a page; what is indented (formulas, tables) stays as it is."""
    paragraphs = text.split("\n\n")
    return "\n\n".join(p if "\n " in p else textwrap.fill(p, WIDTH) for p in paragraphs)


def _fields(fields: dict[str, FieldInfo], cls: type[Measure]) -> str:
    width = max((len(name) for name in fields), default=0)
    lines = []
    for name, field in fields.items():
        about = "; ".join(t for t in (field.description, _form(field), _default(name, field, cls)) if t)
        lines += textwrap.wrap(about, WIDTH, initial_indent=f"  {name:{width}}  ", subsequent_indent=" " * (width + 4))
    return "\n".join(lines)


def _form(field: FieldInfo) -> str:
    """How a value is written."""
    quantity = quantity_of(field.annotation, field.metadata)
    if quantity is not None:
        return f"as in {EXAMPLES[quantity.dimension]}" if quantity.dimension != "number" else "a number"
    words = [w for part in (field.annotation, *get_args(field.annotation)) for w in get_args(part)]
    texts = [w for w in words if isinstance(w, str)]
    kinds = kinds_of(field.annotation)
    return f"one of {', '.join(texts)}" if texts else f"kind {', '.join(kinds)}" if len(kinds) > 1 else ""


def _default(name: str, field: FieldInfo, cls: type[Measure]) -> str:
    if field.is_required():
        return "required"
    value: Any = field.default
    if name in cls.parameters:
        return f"default {cls.parameters[name].write(value)}"
    if isinstance(value, bool):
        return f"default {'true' if value else 'false'}"
    quantity = quantity_of(field.annotation, field.metadata)
    if quantity is not None and isinstance(value, int | float):
        return f"default {quantity.write(float(value))}"
    return f"default {value}" if isinstance(value, str) and value else ""


def _parameter(name: str, p: Parameter) -> str:
    span = f", {p.write(p.low)} to {p.write(p.high)}" if p.low < p.high else ""
    text = f"{name} = {p.write(p.default)}{span} [{p.mark}]: {p.meaning}. {p.source}"
    return "\n".join(textwrap.wrap(text, WIDTH, initial_indent="  ", subsequent_indent="    "))
