"""First drafts of scenario files for ``simcore new``: valid as they stand, with comments to go on from."""

from __future__ import annotations

import json
import re
from textwrap import dedent, indent

from ..calendar import Period
from ..content import find_calibration
from ..errors import UnknownNameError
from ..measures.base import MEASURES
from .codelists import CodeLists
from .reading import register_measures
from .shape import did_you_mean

_HEADER = """\
schema: simcore/scenario@1
id: {id}                   # small letters, digits and hyphens; names the run's folder
title: "{title}"
calibration: china-2022@1
{time}model: inventory                 # 'simcore list models' shows others
counterfactual: off_from_origin  # what the run without measures leaves out: as_legislated, never
"""

_FOOTER = """
# Other sizes of the same package; paths are those of this file.
# variants:
#   without: {{{section}.{name}.enabled: false}}

# A number may be uncertain:
#   take_up: {{value: 60 %, dist: {{kind: pert, low: 25 %, mode: 60 %, high: 100 %}}}}
# uncertainty: {{sampler: latin_hypercube, n: 64, seed: 1}}

outputs:
  variables: [iva_yoy, output, value_added, fiscal_cost]
  by: [sector, region]
  formats: [csv, netcdf, html]
"""

_ON_CALIBRATION = """\
schema: simcore/scenario@1
id: {id}                   # small letters, digits and hyphens; names the run's folder
title: "Draft: capacity lost in {title}"
calibration: {calibration}      # amounts are in {currency}
time: {{step: month, start: {year}-01, end: {year}-12}}  # both ends are simulated

shocks:
  loss:
    kind: capacity_loss          # 'simcore list measures' shows others
    target: {{sector: {{any: ["{sector}"]}}}}  # 'simcore list sectors --calibration {calibration}' shows the codes
    loss: 10 %
    profile: {{kind: pulse, start: {year}-02, end: {year}-04}}
    source: "assumption"

outputs:
  variables: [iva_yoy, iva_level_effect, output, value_added]
  by: [sector, region]
  formats: [csv, netcdf, html]
"""

_PACKAGE = (
    ("policies", "project_finance"),
    ("policies", "investment_support"),
    ("policies", "consumption_tax"),
    ("shocks", "export_demand"),
)


def template_names() -> list[str]:
    """What ``simcore new`` can draft: ``package`` and every kind of measure."""
    register_measures()
    return ["package", *sorted(k for k, c in MEASURES.items() if c.example)]


def new(name: str = "package") -> str:
    """The text of a draft scenario.

    Parameters
    ----------
    name : str
        A kind of measure or shock, or ``package`` for several at once.

    Raises
    ------
    UnknownNameError
        If there is no such draft.
    """
    known = template_names()
    if name not in known:
        raise UnknownNameError(f"no draft '{name}'{did_you_mean(name, known, 30)}")
    kinds = _PACKAGE if name == "package" else ((_section(name), name),)
    title = "A package of measures" if name == "package" else f"Draft: {name.replace('_', ' ')}"
    time = _time("".join(MEASURES[kind].example for _, kind in kinds if kind in known))
    parts = [_HEADER.format(id="my-scenario", title=title, time=time)]
    for section in ("policies", "shocks"):
        entries = [_entry(kind) for where, kind in kinds if where == section and kind in known]
        if entries:
            parts.append(f"\n{section}:\n" + "\n".join(entries))
    first = _entry(kinds[0][1]).split(":")[0].strip()
    parts.append(_FOOTER.format(section=kinds[0][0], name=first))
    return "".join(parts)


def on_calibration(id_: str, calibration: str) -> str:
    """A draft on another calibration than China's: examples of the manual name sectors that it lacks.

    Its largest industry loses capacity for a quarter; the year after the base year is simulated.

    Raises
    ------
    UnknownNameError
        If there is no such calibration, or it is not built yet.
    """
    folder = find_calibration(calibration)
    if not (folder / "meta.json").is_file():
        raise UnknownNameError(f"calibration '{calibration}' is not built yet; simcore calibrate {folder}")
    lists = CodeLists.load(folder)
    year = int(json.loads((folder / "meta.json").read_text(encoding="utf-8"))["base_year"]) + 1
    industry = lists.sector.groups.get("industry", lists.sector.codes)
    largest = max(industry, key=lambda code: lists.output.get(code, 0.0))
    return _ON_CALIBRATION.format(
        id=id_,
        calibration=f"{lists.name}@{lists.version}",
        year=year,
        sector=largest,
        title=dict(zip(lists.sector.codes, lists.sector.names, strict=True))[largest][0],
        currency=lists.currency,
    )


def _time(example: str) -> str:
    """Simulated time in which the example's own periods lie."""
    months = sorted(re.findall(r"\b20\d\d-[01]\d\b", example))
    if not months or months[-1] >= "2022-11":
        return "time: {step: month, start: 2022-11, end: 2023-12}  # both ends are simulated\n"
    first = Period.parse(months[0])
    return (
        f"time: {{step: month, start: {first}, end: 2022-10}}  # both ends are simulated\n"
        f"origin: {first.shift(-1)}                  # last observed month: what followed is projected\n"
    )


def _section(kind: str) -> str:
    return "shocks" if MEASURES[kind].shock else "policies"


def _entry(kind: str) -> str:
    return indent(dedent(MEASURES[kind].example).strip("\n") + "\n", "  ")
