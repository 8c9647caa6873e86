"""Who contributed what to an effect: first in, last in and Shapley values, with the shocks held fixed and as players.

With v(S) the level of an outcome with the measures S and all shocks, a measure i contributes

    first in  v({i}) - v({})          as if it came alone
    last in   v(all) - v(all but i)   what would be missing without it
    Shapley   the mean of v(S + i) - v(S) over all orders in which measures can come

Shapley values add up to v(all) - v({}); what first and last in add up to differs from it by interaction.

References
----------
Shapley (1953), A value for n-person games; Mitchell et al. (2022), Sampling permutations for Shapley value estimation,
Journal of Machine Learning Research 23(43), for antithetic orders.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from .attribution import Coalition, all_coalitions, antithetic_orders, coalitions_of, marginal, shapley
from .effects import Requests, grow, vary
from .errors import SimcoreError
from .language.scenario import Scenario
from .package import Package
from .sensitivity import DEFAULT, Outcome
from .setting import Setting, carried, prepare

if TYPE_CHECKING:
    from rich.console import RenderableType

MOST_EXACT = 12  # players: 4096 coalitions
PAIRS = 16  # of antithetic orders beyond


class Part(NamedTuple):
    """One player's contribution to the outcome, % of the baseline's level."""

    name: str
    members: tuple[str, ...]
    first_in: float
    last_in: float
    shapley: float
    error: float  # standard error of the sampled Shapley value; 0 where it is exact
    without_shocks: float  # first in, as if no shock had come; NaN among shocks


class Table(NamedTuple):
    """Contributions of some players, which add up."""

    title: str
    parts: tuple[Part, ...]
    whole: float  # v(all) - v({})
    exact: bool
    coalitions: int


@dataclass(frozen=True)
class Attribution:
    """Contributions of policies with the shocks held fixed, and of shocks; the second is None without shocks."""

    outcome: str
    policies: Table
    shocks: Table | None
    scenario: str
    model: str

    @property
    def gap(self) -> float:
        """Largest gap between a table's Shapley values and its whole."""
        tables = [t for t in (self.policies, self.shocks) if t is not None]
        return max(abs(sum(p.shapley for p in t.parts) - t.whole) for t in tables)


class Player(NamedTuple):
    """One or several measures that come and go together."""

    name: str
    policies: Coalition
    shocks: Coalition


def contributions(
    scenario: Scenario,
    *,
    of: str = DEFAULT,
    groups: str | None = None,
    model: str | None = None,
    counterfactual: str | None = None,
    most_exact: int = MOST_EXACT,
    pairs: int = PAIRS,
    progress: Callable[[str], None] | None = None,
) -> Attribution:
    """Contributions to the effect on the level of industrial value added.

    Parameters
    ----------
    of : str
        ``iva_level_effect.place.period``; the period a month, a quarter, ``first_year`` or ``mean``.
    groups : str, optional
        Field of the measures by which they are taken together: heading, responsible or kind.
    most_exact : int
        Players up to which every coalition is run; beyond, ``pairs`` antithetic pairs of orders.

    Raises
    ------
    SimcoreError
        If the outcome is no level, the scenario has no policy or shock, or measures have no such field.
    """
    if not of.startswith("iva_level_effect"):
        raise SimcoreError(f"contributions add up on levels; write iva_level_effect.{of.partition('.')[2] or 'total'}")
    tell = progress or (lambda text: None)
    setting = prepare(scenario, model, counterfactual)
    package = setting.package(scenario)
    game = _Game(setting, package, Outcome.of(of, setting))
    every_shock = frozenset(range(len(package.shocks)))
    players = _grouped(package, groups)
    tell(f"{len(players)} policies or groups of them")
    policies = game.table("policies, shocks held fixed", players, frozenset(), every_shock, most_exact, pairs)
    shocks = None
    if every_shock:
        together = Player("all policies together", frozenset(range(len(package.policies))), frozenset())
        apart = [Player(s.title or s.id, frozenset(), frozenset({i})) for i, s in enumerate(package.shocks)]
        tell(f"{len(apart)} shocks")
        all_players = [*apart, *([together] if players else [])]
        shocks = game.table("shocks, policies together", all_players, frozenset(), frozenset(), most_exact, pairs)
    named = getattr(setting.model, "name", str(setting.model))
    return Attribution(of, policies, shocks, scenario.id, named)


def _grouped(package: Package, by: str | None) -> list[Player]:
    if by is None:
        return [Player(m.title or m.id, frozenset({i}), frozenset()) for i, m in enumerate(package.policies)]
    if by not in ("heading", "responsible", "kind"):
        raise SimcoreError(f"measures are not grouped by '{by}'; there is heading, responsible, kind")
    found: dict[str, set[int]] = {}
    for i, m in enumerate(package.policies):
        found.setdefault(str(getattr(m, by)) or "not named", set()).add(i)
    return [Player(name, frozenset(members), frozenset()) for name, members in sorted(found.items())]


class _Game:
    """Levels of an outcome by coalition."""

    def __init__(self, setting: Setting, package: Package, outcome: Outcome) -> None:
        self.setting, self.package, self.outcome = setting, package, outcome
        self.yardstick = setting.yardstick.coarse
        requests = Requests()
        parts = requests.add_parts(package, setting.model)
        self.reference = grow(self.yardstick, parts(requests.run()), carried(package))

    def table(
        self, title: str, players: Sequence[Player], policies: Coalition, shocks: Coalition, most_exact: int, pairs: int
    ) -> Table:
        """Contributions of players, beside some policies and shocks that are always there."""
        number = len(players)
        exact = number <= most_exact
        orders = [] if exact else antithetic_orders(number, pairs=pairs)
        every = frozenset(range(number))
        asked = dict.fromkeys(all_coalitions(number) if exact else coalitions_of(orders))
        asked |= dict.fromkeys([frozenset(), every, *(frozenset({i}) for i in every), *(every - {i} for i in every)])
        value = self._values(players, list(asked), policies, shocks)
        if exact:
            shares, errors = shapley(value.__getitem__, number) if number else np.zeros(0), np.zeros(number)
        else:
            shares, errors = marginal(value.__getitem__, orders)
        alone = self._values(players, [frozenset(), *(frozenset({i}) for i in every)], policies, frozenset())
        parts = [
            Part(
                p.name, self._ids(p), value[frozenset({i})] - value[frozenset()], value[every] - value[every - {i}],
                float(shares[i]), float(errors[i]),
                float("nan") if p.shocks else alone[frozenset({i})] - alone[frozenset()],
            )
            for i, p in enumerate(players)
        ]  # fmt: skip
        return Table(title, tuple(parts), value[every] - value[frozenset()], exact, len(value))

    def _ids(self, player: Player) -> tuple[str, ...]:
        chosen = [self.package.policies[i].id for i in sorted(player.policies)]
        return (*chosen, *(self.package.shocks[i].id for i in sorted(player.shocks)))

    def _values(
        self, players: Sequence[Player], coalitions: Sequence[Coalition], policies: Coalition, shocks: Coalition
    ) -> Mapping[Coalition, float]:
        requests = Requests()
        readers = {}
        for coalition in coalitions:
            chosen = [players[i] for i in coalition]
            drivers = self.package.drivers(
                policies.union(*(p.policies for p in chosen)), shocks.union(*(p.shocks for p in chosen))
            )
            readers[coalition] = requests.add_drivers(self.package, drivers, self.setting.model)
        answers = requests.run()
        return {coalition: self._level(read(answers)) for coalition, read in readers.items()}

    def _level(self, effect: np.ndarray) -> float:
        path = vary(self.yardstick, self.reference, effect)[0]
        return self.outcome.read(path, self.reference)


# ---- tables --------------------------------------------------------------------------------------------


def text_tables(found: Attribution) -> RenderableType:
    """The tables for a terminal; print them with rich."""
    from rich import box
    from rich.console import Group
    from rich.table import Table as Rich
    from rich.text import Text

    shown: list[RenderableType] = []
    for table in (found.policies, found.shocks):
        if table is None:
            continue
        title = f"{table.title}: {found.outcome}, % of the baseline's level; model {found.model}"
        made = Rich(title=title, box=box.SIMPLE_HEAD, title_justify="left", pad_edge=False)
        made.add_column("measure")
        heads = ["first in", "last in", "Shapley"] + ([] if table.exact else ["± s.e."])
        with_shocks = found.shocks is not None and table is found.policies
        for head in [*heads, *(["first in, no shock"] if with_shocks else [])]:
            made.add_column(head, justify="right", no_wrap=True)
        for part in sorted(table.parts, key=lambda p: -abs(p.shapley)):
            cells = [part.first_in, part.last_in, part.shapley] + ([] if table.exact else [part.error])
            made.add_row(part.name, *(f"{c:+.4f}" for c in (*cells, *([part.without_shocks] if with_shocks else []))))
        sums = [sum(getattr(p, key) for p in table.parts) for key in ("first_in", "last_in", "shapley")]
        made.add_section()
        made.add_row("sum", *(f"{s:+.4f}" for s in sums))
        made.add_row("effect", *(f"{table.whole:+.4f}" for _ in sums))
        how = "exact" if table.exact else "sampled in antithetic orders"
        shown += [made, Text(f"Shapley values {how}, {table.coalitions} coalitions; sum less effect is interaction.\n")]
    return Group(*shown)


def csv_table(found: Attribution) -> str:
    """One line a player."""
    text = StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    fields = ("name", "first_in", "last_in", "shapley", "error", "without_shocks")
    writer.writerow(("table", *fields, "members"))
    tables = [found.policies] if found.shocks is None else [found.policies, found.shocks]
    for table in tables:
        for part in table.parts:
            row = [getattr(part, f) for f in fields]
            writer.writerow((table.title.split(",")[0], *row, " ".join(part.members)))
    return text.getvalue()
