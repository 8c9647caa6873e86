"""A part of another measure, for one group of sectors, regions or owners: the parts and the rest are the whole."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from pydantic import Field

from ..calendar import Calendar
from ..drivers import Drivers
from ..economy import Economy
from ..errors import TableError
from ..units import Share
from .base import Measure, measure
from .fields import Selector

SIZE = "amount"  # the field of which a part takes its share


@measure("part")
class Part(Measure):
    """A share of another measure's money for a target of its own, shown by itself and counted once.

    What it does. Of the ``amount`` of the measure ``of``, the share ``share`` goes to this part's target; the other
    measure keeps the rest. Everything else, all assumptions and their draws included, is the other measure's, so that
    the parts and the rest add up to what it would be alone. A notice that names raw materials, regions and small firms
    after it has named projects and renovation is written so, without counting a yuan twice. Without the other
    measure (disabled, or left out by the counterfactual) a part is nothing; a part that is disabled stays with the
    other measure. The other measure states an ``amount``.

    Channels. Those of the measure that it is a part of. With ``replacement``, equipment of an ``investment_support``
    adds other capacity here than elsewhere: none in a swap of old plants for new. Demand and cost stay those of the
    whole.

    Crowding out. As there.

    What it costs. As there, its share.
    """

    example: ClassVar[str] = """\
    relending_steel:
      kind: part
      title: "Relending for steel and metals"
      of: relending
      share: 20 %
      target: {sector: {any: [metals]}}
      source: "assumption: the split of the quota is not published"
    relending:
      kind: investment_support
      title: "Relending and interest subsidy for equipment"
      amount: 200 bn CNY
      profile: {kind: pulse, start: 2022-11, end: 2022-12}
      source: "press notice of 28 September 2022"
    """
    parameters: ClassVar = {}

    of: str = Field(description="id of the measure that it is a part of")
    share: Share = Field(description="share of that measure's amount")
    replacement: Share | None = Field(
        default=None, description="share of new equipment that replaces old, where it differs; 100 % is a capacity swap"
    )

    def drivers(self, economy: Economy, calendar: Calendar) -> Drivers:
        return Drivers.calm(economy, calendar)


def allocated(measures: Sequence[Measure]) -> tuple[Measure, ...]:
    """Measures in which each part stands as the measure that it is a part of, cut to its share and target.

    Raises
    ------
    TableError
        If parts ask for more than the whole, or the whole states no amount.
    """
    whole = {m.id: m for m in measures if m.enabled and not isinstance(m, Part)}
    taken: dict[str, float] = {}
    for m in measures:
        if isinstance(m, Part) and m.enabled and m.of in whole:
            taken[m.of] = taken.get(m.of, 0.0) + m.share
    for name, share in taken.items():
        if not hasattr(whole[name], SIZE):
            raise TableError(f"'{name}' states no {SIZE} of which a part could take a share")
        if share > 1.0 + 1e-9:
            raise TableError(f"the parts of '{name}' add up to {100 * share:.4g} % of it")
    return tuple(_resolved(m, whole, taken) for m in measures)


def _resolved(m: Measure, whole: dict[str, Measure], taken: dict[str, float]) -> Measure:
    if isinstance(m, Part):
        return _member(m, whole[m.of]) if m.enabled and m.of in whole else m
    if m.id not in taken:
        return m
    left = max(0.0, 1.0 - taken[m.id])
    return m.model_copy(update={SIZE: left * getattr(m, SIZE)})


def _member(part: Part, parent: Measure) -> Measure:
    own = {name: getattr(part.target, name) for name in part.target.model_fields_set}
    target: Selector = parent.target.model_copy(update=own)
    named = {
        name: getattr(part, name) or getattr(parent, name) for name in ("heading", "responsible", "source", "note")
    }
    update = {"id": part.id, "title": part.title, "target": target, **named, SIZE: part.share * getattr(parent, SIZE)}
    if part.replacement is not None:
        if not hasattr(parent, "replacement"):
            raise TableError(f"'{part.id}' states a replacement, but '{parent.id}' renews no equipment")
        update["replacement"] = part.replacement
    return parent.model_copy(update=update)
