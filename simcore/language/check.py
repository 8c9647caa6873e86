"""The semantic pass: what a file means, held against calendars, code lists and common sense.

It runs on whatever parts of a file are valid, so that one round of corrections is enough.
"""

from __future__ import annotations

import re
import types
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import combinations, islice
from pathlib import Path
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, TypeAdapter, ValidationError

from ..calendar import Calendar, Period
from ..measures.fields import CodeOf, Profile, Selector
from ..measures.labels import TOTAL, Target
from ..measures.parts import SIZE, Part
from ..measures.profile import FrozenMap
from ..units import currency_in
from ..variables import VARIABLES
from .codelists import CodeLists
from .compose import MOST_TOLD
from .diagnostics import Diagnostic
from .plausible import doubts, together
from .reading import YAML, Block, Reading
from .schema import DIMENSIONS, FORMATS, LATER_VARIABLES, MEASURES_KEYS, PARTS, Correlation
from .shape import did_you_mean, keys_of, kinds_of, model_of
from .source import Node

_REGISTERED = re.compile(r"^@model\(\"([\w-]+)\"\)", re.MULTILINE)
_PROFILE: TypeAdapter[Any] = TypeAdapter(Profile)


def check_reading(reading: Reading, lists: CodeLists | None, blocks: Iterable[Block] | None = None) -> list[Diagnostic]:
    """Problems of meaning.

    Parameters
    ----------
    reading : Reading
        The file as read.
    lists : CodeLists or None
        Code lists of its calibration; without them codes are not checked.
    blocks : Block objects, optional
        Check only these measures (of a variant) and nothing of the header.
    """
    found: list[Diagnostic] = []
    for block in reading.entries.values() if blocks is None else blocks:
        found += _codes(block, lists) if lists else []
        found += _currencies(block.node, lists) if lists else []
        found += _profiles(block, reading.calendar)
        found += _pool(block, reading)
        found += _part(block, reading)
        found += _waits(block, reading, lists) if lists else []
        found += _target(block, reading.calendar, lists)
        if lists and block.made is not None:
            found += doubts(block, lists)
    if blocks is None:
        found += together(reading, lists) if lists else []
        found += _currencies(reading.header_block.node, lists) if lists else []
        found += _measures_given(reading)
        found += _uncertainty(reading)
        found += _outputs(reading)
        found += _checks(reading)
        found += _optimised(reading)
        found += _model(reading)
        found += islice(_unused(reading), MOST_TOLD)
    return found


# ---- codes and selections ------------------------------------------------------------------------------


def _codes(block: Block, lists: CodeLists) -> Iterator[Diagnostic]:
    if block.model is not None:
        yield from _walk(block.model, (), block.node, lists)


_SPEECH = ("note", "source", "title", "description")  # texts, whatever amounts they name


def _currencies(node: Node, lists: CodeLists) -> Iterator[Diagnostic]:
    """Amounts in another currency than the calibration's: nothing is converted in silence."""
    for path, inner in node.walk():
        if not isinstance(inner.value, str) or any(part in _SPEECH or part == "claims" for part in path):
            continue
        found = currency_in(inner.value)
        if found not in (None, lists.currency):
            message = f"'{inner.value}' is in {found}, but {lists.name} counts in {lists.currency}"
            yield inner.problem("SC113", f"{message}; convert it, and note the rate")


def _walk(annotation: Any, metadata: tuple[Any, ...], node: Node, lists: CodeLists) -> Iterator[Diagnostic]:
    """Codes below a node, wherever the language says that a text is one."""
    if isinstance(node.value, dict) and "value" in node.value and model_of(annotation, node.value) is None:
        node = node.value["value"]
    model = model_of(annotation, node.value)
    if model is Selector:
        for name in ("sector", "region", "ownership"):
            child = node.child(name)
            if child is not None:
                yield from _dimension(child, name, lists)
    elif model is not None and isinstance(node.value, dict):
        for key, info in keys_of(model).items():
            child = node.child(key)
            if child is not None and child.value is not None:
                yield from _walk(info.annotation, tuple(info.metadata), child, lists)
    else:
        of = _code_of(annotation, metadata)
        # Where a mapping of codes may stand, a text is the name of a table, not a code.
        if of is not None and not (isinstance(node.value, str) and _holds_map(annotation)):
            for name, place in _names(node):
                message = lists.dimension(of.dimension).unknown(name)
                if message:
                    yield place.problem("SC201", message, key=isinstance(node.value, dict))


def _code_of(annotation: Any, metadata: tuple[Any, ...]) -> CodeOf | None:
    for item in (*metadata, *getattr(annotation, "__metadata__", ())):
        if isinstance(item, CodeOf):
            return item
    if get_origin(annotation) in (Annotated, Union, types.UnionType, tuple, list):
        for part in get_args(annotation):
            found = _code_of(part, ())
            if found is not None:
                return found
    return None


def _holds_map(annotation: Any) -> bool:
    if isinstance(annotation, type):
        return issubclass(annotation, FrozenMap)
    return any(_holds_map(part) for part in get_args(annotation))


def _names(node: Node) -> Iterator[tuple[str, Node]]:
    if isinstance(node.value, dict):
        yield from node.value.items()
    elif isinstance(node.value, list):
        yield from ((n.value, n) for n in node.value if isinstance(n.value, str))
    elif isinstance(node.value, str):
        yield node.value, node


def _dimension(node: Node, name: str, lists: CodeLists) -> Iterator[Diagnostic]:
    """One dimension of a selector: known codes, no code twice, something left after ``except``."""
    if not isinstance(node.value, dict):
        return
    codes = lists.dimension(name)
    unknown = False
    for key in ("any", "weights", "except"):
        child = node.child(key)
        for code, place in _names(child) if child is not None else ():
            message = codes.unknown(code)
            if message:
                unknown = True
                yield place.problem("SC201", message, key=key == "weights")
    weights = node.child("weights")
    if weights is not None and isinstance(weights.value, dict):
        yield from _twice(weights, codes)
    if unknown:
        return
    chosen, left_out = _chosen(node, codes)
    if chosen and not chosen - left_out:
        at = node.child("except") or node
        yield at.problem("SC203", "the selection is empty after 'except'", key=True)
    for code, place in _names(node.child("except") or node.copy(None)):
        if chosen and not chosen & codes.expand(code):
            message = f"'{code}' is not part of the selection: leaving it out changes nothing"
            yield place.problem("SC209", message, severity="warning")


def _twice(weights: Node, codes: Any) -> Iterator[Diagnostic]:
    seen: dict[str, str] = {}
    for name, place in weights.value.items():
        for code in sorted(codes.expand(name)):
            if code in seen and seen[code] != name:
                yield place.problem("SC204", f"'{code}' is in '{seen[code]}' and in '{name}'", key=True)
                break
            seen[code] = name


def _chosen(node: Node, codes: Any) -> tuple[set[str], set[str]]:
    def expand(key: str) -> set[str]:
        child = node.child(key)
        return set().union(*(codes.expand(n) for n, _ in _names(child))) if child is not None else set()

    chosen = set(codes.codes) if node.child("all") is not None else expand("any") | expand("weights")
    return chosen, expand("except")


# ---- time ----------------------------------------------------------------------------------------------


def _profiles(block: Block, calendar: Calendar | None) -> Iterator[Diagnostic]:
    """Profiles that never meet the simulated time; also those of measures with faults elsewhere."""
    if block.model is None or calendar is None:
        return
    for key in _profile_keys(block.model):
        node = block.node.child(key)
        if node is None or not isinstance(block.data.get(key), dict):
            continue
        try:
            made = getattr(block.made, key, None) or _PROFILE.validate_python(block.data[key], context=YAML)
        except ValidationError:
            continue  # reported with the measure
        first, last = made.window()
        if last < calendar.start.first or first > calendar.end.last:
            start, end = _ends(node)
            shown = start if start == end else f"{start} .. {end}"
            run = f"{calendar.labels[0]} .. {calendar.labels[-1]}"
            message = f"profile {shown} lies wholly outside the simulated time {run}"
            yield node.problem("SC405", message)


@lru_cache(maxsize=256)
def _profile_keys(model: type[BaseModel]) -> tuple[str, ...]:
    """Fields of a measure that hold a profile."""
    return tuple(key for key, info in keys_of(model).items() if "ramp" in kinds_of(info.annotation))


def _ends(node: Node) -> tuple[str, str]:
    points = node.child("points")
    if points is not None:
        names = list(points.value)
        return names[0], names[-1]
    values = [node.child(k) for k in ("fade_to", "hold_until", "end", "start")]
    given = [v.value for v in values if v is not None]
    return given[-1], given[0]


# ---- money ---------------------------------------------------------------------------------------------


def _pool(block: Block, reading: Reading) -> Iterator[Diagnostic]:
    node = block.node.child("pool")
    pools = list(reading.header.pools) if reading.header is not None else []
    if node is not None and isinstance(node.value, str) and node.value not in pools:
        advice = did_you_mean(node.value, pools, 8) or "; define it under 'pools'"
        yield node.problem("SC208", f"unknown pool '{node.value}'{advice}")


def _waits(block: Block, reading: Reading, lists: CodeLists) -> Iterator[Diagnostic]:
    """Measures that wait for estimates which the calibration does not hold, or which know more than the run may."""
    if block.made is None or not block.made.waits:
        return
    until, origin = lists.estimated_until, reading.header.origin if reading.header is not None else None
    places = [node for path, node in block.node.walk() if node.value == "estimated" and len(path) == 1]
    at = places[0] if places else block.node
    if until is None:
        message = f"{lists.name} holds no estimates of past closures; state numbers, {{industry: 1}}"
        yield at.problem("SC211", message)
    elif origin is not None and until > origin:
        message = f"the estimates rest on months up to {until}, and this run knows {origin} at most; state numbers"
        yield at.problem("SC211", message)


def _part(block: Block, reading: Reading) -> Iterator[Diagnostic]:
    """Parts of a measure that is not there, that states no amount, or of which more than all is given away."""
    if not isinstance(block.made, Part):
        return
    of, node = block.made.of, block.node.child("of") or block.node
    wholes = [b.name.partition(".")[2] for b in reading.entries.values() if b.model is not Part]
    whole = reading.entries.get(of)
    if of not in wholes or whole is None:
        advice = did_you_mean(of, wholes, 12) or "; it is no measure of this file"
        yield node.problem("SC450", f"unknown measure '{of}'{advice}")
    elif whole.model is not None and SIZE not in whole.model.model_fields:
        yield node.problem("SC450", f"'{of}' states no {SIZE} of which a part could take a share")
    else:
        parts = [b for b in reading.entries.values() if isinstance(b.made, Part) and b.made.enabled and b.made.of == of]
        total = sum(b.made.share for b in parts)
        if total > 1.0 + 1e-9 and parts[-1] is block:
            message = f"the parts of '{of}' add up to {100 * total:.4g} % of it"
            yield (block.node.child("share") or node).problem("SC450", message)


def _target(block: Block, calendar: Calendar | None, lists: CodeLists | None) -> Iterator[Diagnostic]:
    """Targets for a place that is none, or for a time that the run does not reach."""
    if not isinstance(block.made, Target):
        return
    node, period = block.node.child("of"), Period.parse(block.made.period)
    if node is not None and lists is not None and block.made.of != TOTAL:
        known = [TOTAL, *(code for name in ("sector", "region", "ownership") for code in lists.dimension(name).codes)]
        if block.made.of not in known:
            advice = did_you_mean(block.made.of, known, 0) or "; write total, or the code of one"
            yield node.problem("SC201", f"'{block.made.of}' is no sector, region or class of owner{advice}")
    if calendar is not None and (period.last < calendar.start.first or period.first > calendar.end.last):
        run = f"{calendar.labels[0]} .. {calendar.labels[-1]}"
        message = f"the target's period {block.made.period} lies wholly outside the simulated time {run}"
        yield (block.node.child("period") or block.node).problem("SC405", message)


# ---- the header ----------------------------------------------------------------------------------------


def _measures_given(reading: Reading) -> Iterator[Diagnostic]:
    unreadable = any(d.code in ("SC008", "SC029") for d in reading.problems)
    given = any(reading.root.value.get(k) is not None for k in MEASURES_KEYS)
    if not reading.entries and not (given and unreadable):
        message = "no policies and no shocks: the run would equal the baseline"
        yield reading.root.problem("SC403", message)


def _uncertainty(reading: Reading) -> Iterator[Diagnostic]:
    node = reading.header_block.node.child("uncertainty")
    if node is None or reading.header is None:
        return
    chosen = reading.header.uncertainty
    count = node.child("n")
    n = chosen.n
    if chosen.sampler == "sobol" and n and n & (n - 1):
        near = 1 << (n - 1).bit_length()
        message = f"a Sobol sample needs a power of two; {n} would be unbalanced, try {near}"
        yield (count or node).problem("SC416", message)
    asks = n is None or n > 0
    if asks and not any(_has_dist(b) for b in (reading.header_block, *reading.entries.values())):
        yield node.problem("SC415", "uncertainty is asked for but no value has a 'dist'", key=True)
    elif chosen.correlation:
        yield from _correlation(node, chosen.correlation, reading)


def _correlation(node: Node, correlation: Sequence[Correlation], reading: Reading) -> Iterator[Diagnostic]:
    """Paths that are uncertain, each pair stated once, and numbers that can hold together."""
    import numpy as np

    from .draws import correlation_matrix

    known, seen, wrong = reading.distributions, set[frozenset[str]](), False
    for i, entry in enumerate(correlation):
        places = node.at(("correlation", i, "between"))
        for path, place in _names(places) if places is not None else ():
            if path not in known:
                wrong = True
                near = did_you_mean(path, known) or "; give it a 'dist', or take it out"
                yield place.problem("SC306", f"'{path}' has no distribution{near}")
        for pair in (frozenset(p) for p in combinations(entry.between, 2)):
            if len(pair) == 1 or pair in seen:
                wrong = True
                message = f"{' and '.join(sorted(pair))}: a pair of two values is stated once"
                yield (node.at(("correlation", i)) or node).problem("SC306", message)
            seen.add(pair)
    least = 0.0 if wrong else float(np.linalg.eigvalsh(correlation_matrix(correlation)[1])[0])
    if not wrong and least < 1e-9:
        message = "these correlations cannot hold together (not positive definite); "
        message += f"multiplied by {max(0.0, 0.99 / (1.0 - least)):.2f} they could"
        yield (node.child("correlation") or node).problem("SC307", message, key=True)


def _has_dist(block: Block) -> bool:
    return any("dist" in node.value for _, node in block.wrapped)


def _outputs(reading: Reading) -> Iterator[Diagnostic]:
    node = reading.header_block.node.child("outputs")
    if node is None:
        return
    known = [*VARIABLES, *LATER_VARIABLES]
    for item, place in _names(node.child("variables") or node.copy(None)):
        if item not in known:
            yield place.problem("SC201", f"unknown variable '{item}'{did_you_mean(item, known, 0)}")
        elif item not in VARIABLES:
            message = f"this version does not compute '{item}'; it is left out"
            yield place.problem("SC432", message, severity="warning")
    for item, place in _names(node.child("by") or node.copy(None)):
        if item not in DIMENSIONS:
            yield place.problem("SC201", f"unknown dimension '{item}'{did_you_mean(item, DIMENSIONS, 8)}")
    for item, place in _names(node.child("decompose") or node.copy(None)):
        if item not in PARTS:
            yield place.problem("SC201", f"unknown part '{item}'{did_you_mean(item, PARTS, 8)}")
    for item, place in _names(node.child("formats") or node.copy(None)):
        if item not in FORMATS:
            expected = ", ".join(f"'{f}'" for f in FORMATS)
            yield place.problem("SC024", f"found '{item}'; expected {expected}")


def _checks(reading: Reading) -> Iterator[Diagnostic]:
    node = reading.header_block.node.child("checks")
    for item in node.value if node is not None and isinstance(node.value, list) else ():
        that = item.child("that")
        if that is None or not isinstance(that.value, str):
            continue
        for place in (that, item.child("than")):
            if place is not None and isinstance(place.value, str):
                yield from _variable_path(place)
        between, comparison = item.child("between"), item.child("is")
        if (between is None) == (comparison is None):
            yield item.problem("SC417", "a check needs either 'between: [a, b]' or 'is' with 'than'")
        elif comparison is not None and item.child("than") is None:
            yield item.problem("SC021", f"missing key 'than' beside 'is: {comparison.value}'", key=True)
        elif between is not None and isinstance(between.value, list):
            bounds = [n.value for n in between.value]
            if len(bounds) == 2 and all(isinstance(b, int | float) for b in bounds) and bounds[0] > bounds[1]:
                yield between.problem("SC417", f"the lower bound comes first: [{bounds[1]:g}, {bounds[0]:g}]")


def _optimised(reading: Reading) -> Iterator[Diagnostic]:
    node = reading.header_block.node.at(("optimise", "maximise"))
    if node is not None and isinstance(node.value, str):
        yield from _variable_path(node)


def _variable_path(node: Node) -> Iterator[Diagnostic]:
    known = [*VARIABLES, *LATER_VARIABLES]
    first = node.value.split(".")[0]
    if first not in known:
        yield node.problem("SC201", f"unknown variable '{first}'{did_you_mean(first, known, 0)}")


def _model(reading: Reading) -> Iterator[Diagnostic]:
    node = reading.header_block.node.at(("model", "name"))
    if node is None or not isinstance(node.value, str):
        return
    known = model_names()
    if node.value not in known:
        yield node.problem("SC210", f"unknown model '{node.value}'{did_you_mean(node.value, known, 12)}")
        return
    options = reading.header_block.node.at(("model", "options"))
    if options is not None and isinstance(options.value, dict) and options.value:
        yield from _model_options(node.value, options, reading)


def _model_options(name: str, options: Node, reading: Reading) -> Iterator[Diagnostic]:
    """Options that the model does not have, or else what it says against their values."""
    from dataclasses import fields

    from ..models import all as _all_models  # noqa: F401  registers every model
    from ..models.base import get_model

    cls = get_model(name)
    known = [f.name for f in fields(cls)]
    unknown = [key for key in options.value if key not in known]
    for key in unknown:
        advice = did_you_mean(key, known, 30)
        yield options.value[key].problem("SC020", f"model '{name}' has no option '{key}'{advice}", key=True)
    header = reading.header
    if unknown or header is None:
        return
    try:
        cls(**header.model.options)
    except (ValueError, TypeError) as refused:
        text = str(refused)
        meant = next((key for key in options.value if re.search(rf"\b{re.escape(key)}\b", text)), None)
        at = options if meant is None else options.value[meant]
        yield at.problem("SC033", f"model '{name}': {text}")


def model_names() -> list[str]:
    """Models that a file may name.

    Their modules are read, not imported: that would load numba for the sake of a few words.
    """
    from importlib.metadata import entry_points

    from .. import models

    files = [f for folder in models.__path__ for f in Path(folder).glob("*.py")]
    own = [name for f in files for name in _REGISTERED.findall(f.read_text(encoding="utf-8"))]
    return sorted({*own, *(p.name for p in entry_points(group="simcore.models"))})


def _unused(reading: Reading) -> Iterator[Diagnostic]:
    used = {name for b in (reading.header_block, *reading.entries.values()) for name in b.uses}
    for name, (where, node) in reading.references.defined.items():
        # Shared definitions of other files may serve other scenarios; one's own are there to be used.
        if where not in used and where.startswith("parameters.") and node.file is reading.root.file:
            yield node.problem("SC419", f"parameter '{name}' is not used", key=True, severity="warning")
