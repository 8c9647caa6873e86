"""How an effect comes about: directly, through suppliers, through spending of income; at home, elsewhere, abroad.

With f what final users buy more of each activity, L the Leontief inverse of domestic coefficients and L* that of the
economy closed by households' spending, the effect on output is f directly, (L - I) f indirectly and (L* - L) f (and of
transfers) induced; value added is that times value added per yuan of output. What the run's model finds beyond or
below is the rest: capacity and inputs that bind, stocks, what falls after the run's end, and channels other than
demand.

Between regions, with f_r what is bought of region r: its own effect is what L f_r makes in r, the spill-over what it
makes elsewhere, and the feedback what comes back to r through the others, own - (I - A_rr)^-1 f_r.

References
----------
Miller and Blair (2009), Input-Output Analysis, chapters 3.3, 3.4 (spill-overs, feedback) and 6.2 (multipliers).
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass
from io import StringIO
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from . import describe
from .drivers import Drivers
from .economy import Economy
from .economy.solvers import prepare
from .economy.system import domestic_matrix, factorise, final_sales
from .language.scenario import Scenario
from .models.accounts import base_flows, by_region, wanted_change
from .models.base import get_model
from .models.leontief import Leontief
from .package import Package
from .setting import Setting
from .setting import prepare as settle

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

BY_DEMAND = frozenset({"demand", "preference", "income"})


class Chain(NamedTuple):
    """One measure over the whole run, bn at base-year prices; value added but for what is spent."""

    id: str
    title: str
    spent: float  # on goods and services by final users, imports included; what they move between products is 0 in all
    imported: float  # of it, at once
    direct: float
    indirect: float
    induced: float
    rest: float  # what the run's model finds beside; NaN where it was not run
    imports: float  # first round and inputs of all rounds, open model

    @property
    def total(self) -> float:
        """Effect on value added in the run's model; of the Leontief part alone where that was not run."""
        return self.direct + self.indirect + self.induced + (0.0 if np.isnan(self.rest) else self.rest)

    @property
    def leakage(self) -> float:
        """Imports of all rounds over what is spent; NaN where nothing is."""
        return self.imports / self.spent if self.spent else float("nan")


class Place(NamedTuple):
    """One region, value added over the whole run in the open model, bn at base-year prices."""

    code: str
    direct: float  # of what is bought of this region
    own: float  # made here, of that
    outward: float  # made elsewhere, of that
    inward: float  # made here, of what is bought of others
    feedback: float  # of own: comes back through other regions
    bought_here: float  # value added anywhere of what this region's users buy
    leaves: float  # share of it that is made in other regions


class Multiplier(NamedTuple):
    """One ratio with its full name, so that it cannot be taken for another one."""

    name: str
    value: float


@dataclass(frozen=True)
class Decomposition:
    """Chains by measure, then all together; regions; multipliers by name."""

    chains: tuple[Chain, ...]
    whole: Chain
    places: tuple[Place, ...]
    multipliers: tuple[Multiplier, ...]
    propensity: float  # consumption per unit of labour income in the closed form
    residual: float  # largest gap of spending = value added + imports, over spending
    unit: str  # of amounts


def decompose(
    scenario: Scenario,
    *,
    model: str | None = None,
    counterfactual: str | None = None,
    with_run: bool = True,
    progress: Callable[[str], None] | None = None,
) -> Decomposition:
    """Take a scenario's effect on value added apart.

    Parameters
    ----------
    with_run : bool
        Whether to run the scenario's model beside, measure by measure (first in: shocks held fixed, no other measure),
        for the rest; without, chains end with the induced effect.

    Raises
    ------
    TableError
        If the economy has no labour income to spend.
    """
    tell = progress or (lambda text: None)
    setting = settle(scenario, model, counterfactual)
    package = setting.package(scenario)
    economy, propensity = setting.economy, _propensity(setting)
    every = frozenset(range(len(package.policies)))
    sets = [frozenset({i}) for i in sorted(every)] + [every]
    found = []
    background = None
    if with_run:
        tell("the run without measures")
        background = _value_added(setting, package, frozenset())
    for chosen in sets:
        names = [package.policies[i] for i in sorted(chosen)]
        one = names[0] if len(chosen) == 1 else None
        tell(one.title or one.id if one else "all measures together")
        drivers = package.drivers(chosen, frozenset()).within(BY_DEMAND)
        effect = None if background is None else _value_added(setting, package, chosen) - background
        found.append(_chain(economy, drivers, propensity, effect, one.id if one else "", one.title if one else "all"))
    whole = package.drivers(every, frozenset()).within(BY_DEMAND)
    gaps = [abs(c.direct + c.indirect + c.imports - c.spent) / abs(c.spent) for c in found if c.spent]
    return Decomposition(
        tuple(found[:-1]), found[-1], _places(economy, whole), _multipliers(economy, whole, found[-1], propensity),
        propensity, max(gaps, default=0.0), describe.money(economy).words("bn CNY at 2020 prices"),
    )  # fmt: skip


def _propensity(setting: Setting) -> float:
    """Spending per yuan of labour income before tax that the run's model implies in the long run, or Leontief's own."""
    mpc, tax = getattr(setting.model, "mpc", None), getattr(setting.model, "tax", 0.0)
    return Leontief.marginal_propensity if mpc is None else float(mpc) * (1.0 - float(tax))


def _value_added(setting: Setting, package: Package, policies: frozenset[int]) -> float:
    paths = setting.model.simulate(package.economy, package.drivers(policies))
    return float(paths.value_added.sum())


def _bought(economy: Economy, drivers: Drivers) -> tuple[np.ndarray, np.ndarray]:
    """What final users buy more over the whole run, (K, F): of domestic products and imported ones."""
    wanted = wanted_change(economy, drivers).sum(axis=0)
    abroad = np.where(base_flows(economy, drivers.calendar).unknown, 1.0, economy.import_share)
    return wanted * (1.0 - abroad), wanted * abroad


def _chain(economy: Economy, drivers: Drivers, propensity: float, effect: float | None, name: str, title: str) -> Chain:
    home, abroad = _bought(economy, drivers)
    base = base_flows(economy, drivers.calendar)
    direct = final_sales(economy, home[None])[0]
    worth = _worth(economy)
    through = factorise(economy, base.a).solver.solve(direct[None]).x[0]
    closed = get_model("leontief")(households="closed", marginal_propensity=propensity).simulate(economy, drivers)
    income = float((closed.output - base.x).sum(axis=0) @ worth)
    indirect = float((through - direct) @ worth)
    first = float(direct @ worth)
    induced = income - first - indirect
    imports = float(abroad.sum() + (base.m @ through).sum())
    rest = np.nan if effect is None else effect - income
    spent, at_once = float(home.sum() + abroad.sum()), float(abroad.sum())
    return Chain(name, title, spent, at_once, first, indirect, induced, rest, imports)


def _worth(economy: Economy) -> np.ndarray:
    """Value added per yuan of output, (n,)."""
    return np.divide(economy.value_added.sum(axis=0), economy.x, out=np.zeros(economy.n), where=economy.x > 0)


def _places(economy: Economy, drivers: Drivers) -> tuple[Place, ...]:
    home, _ = _bought(economy, drivers)
    base, worth = base_flows(economy, drivers.calendar), _worth(economy)
    system = factorise(economy, base.a).solver
    direct = final_sales(economy, home[None])[0]
    at = economy.region == np.arange(economy.R)[:, None]  # (R, n)
    made = system.solve(direct * at).x * worth  # (R, n) by region that is bought from
    own = np.array([made[r, at[r]].sum() for r in range(economy.R)])
    users = economy.user_region == np.arange(economy.R)[:, None]  # (R, F)
    by_user = np.stack([final_sales(economy, (home * users[r])[None])[0] for r in range(economy.R)])
    anywhere = by_region(economy, system.solve(by_user).x * worth)  # (R of users, R of makers)
    found, trade = [], domestic_matrix(economy, base.a)
    for r, code in enumerate(economy.regions.codes):
        alone = float(prepare(trade[np.ix_(at[r], at[r])]).solve(direct[at[r]][None]).x[0] @ worth[at[r]])
        total = float(anywhere[r].sum())
        found.append(Place(
            code, float(direct[at[r]] @ worth[at[r]]), float(own[r]), float(made[r].sum() - own[r]),
            float(made[:, at[r]].sum() - own[r]), float(own[r] - alone), total,
            1.0 - float(anywhere[r, r]) / total if total else float("nan"),
        ))  # fmt: skip
    return tuple(found)


def _multipliers(economy: Economy, drivers: Drivers, whole: Chain, propensity: float) -> tuple[Multiplier, ...]:
    """Ratios of the package as a whole, each with what it divides by what."""
    spent = whole.spent
    if abs(spent) < 1e-12:
        return ()
    home = spent - whole.imported
    open_added = whole.direct + whole.indirect
    closed, direct = open_added + whole.induced, whole.direct or np.nan
    spending = f"closed, spending {propensity:.2f} of labour income"
    rows = [
        ("value added per yuan spent: direct, open", whole.direct / spent),
        ("value added per yuan spent: direct and indirect, open", open_added / spent),
        (f"value added per yuan spent: induced too, {spending}", closed / spent),
        ("value added per yuan of domestic goods: direct and indirect, open", open_added / home if home else np.nan),
        ("ratio, type I: direct and indirect over direct value added", open_added / direct),
        ("ratio, type II: induced too, over direct value added", closed / direct),
        ("imports per yuan spent: all rounds, open", whole.imports / spent),
    ]
    if not np.isnan(whole.rest):
        rows.append(("value added per yuan spent: in the run's model, up to its end", whole.total / spent))
    words = describe.money(economy).words
    return tuple(Multiplier(words(name), float(value)) for name, value in rows)


# ---- tables --------------------------------------------------------------------------------------------

CHAIN = {
    "spent": "spent", "imported": "imported\nat once", "direct": "direct", "indirect": "indirect",
    "induced": "induced", "rest": "rest", "total": "total", "imports": "imports,\nall rounds",
}  # fmt: skip
PLACE = {
    "direct": "direct", "own": "own\neffect", "outward": "spill-over\nto others", "inward": "spill-over\nfrom others",
    "feedback": "feedback\n(of own)", "bought_here": "of what its\nusers buy", "leaves": "% of it made\nin others",
}  # fmt: skip


def text_tables(found: Decomposition) -> RenderableType:
    """The tables for a terminal; print them with rich."""
    from rich.console import Group
    from rich.text import Text

    chains = _table(f"Effect on value added over the run, {found.unit}", "measure", CHAIN)
    for chain in (*found.chains, found.whole):
        last = chain is found.whole
        name = "all together" if last else chain.title or chain.id
        chains.add_row(name, *(_cell(getattr(chain, key)) for key in CHAIN), end_section=last)
    places = _table(f"Between regions: direct and indirect, open model, {found.unit}", "region", PLACE)
    for place in found.places:
        shown = place._replace(leaves=100.0 * place.leaves)
        places.add_row(place.code, *(_cell(getattr(shown, key)) for key in PLACE))
    ratios = _table("Multipliers of the package", "name", {"value": "value"})
    for multiplier in found.multipliers:
        ratios.add_row(multiplier.name, f"{multiplier.value:.3f}")
    return Group(chains, Text(NOTE.format(found.propensity)), places, ratios)


NOTE = (
    "direct: value added in what is bought; indirect: in its suppliers; induced: by spending {:.2f} of labour income; "
    "rest: what the run's model finds beside (limits, stocks, timing, channels other than demand), each measure alone, "
    "with the shocks. spent = direct + indirect + imports of all rounds.\n"
)


def _table(title: str, first: str, columns: dict[str, str]) -> Table:
    from rich import box
    from rich.table import Table

    made = Table(title=title, box=box.SIMPLE_HEAD, title_justify="left", pad_edge=False)
    made.add_column(first)
    for head in columns.values():
        made.add_column(head, justify="right", no_wrap=True)
    return made


def _cell(value: float) -> str:
    return "" if np.isnan(value) else f"{value:,.2f}"


def csv_table(found: Decomposition) -> str:
    """One value a line: table, row, column, value, unit."""
    unit = found.unit
    chains = (*found.chains, found.whole)
    rows = [("chain", c.id or "all", key, getattr(c, key), unit) for c in chains for key in CHAIN]
    units = {key: "share" if key == "leaves" else unit for key in PLACE}
    rows += [("region", p.code, key, getattr(p, key), units[key]) for p in found.places for key in PLACE]
    rows += [("multiplier", m.name, "value", m.value, "ratio") for m in found.multipliers]
    text = StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("table", "row", "column", "value", "unit"))
    writer.writerows((*labels, repr(value), of) for *labels, value, of in rows)
    return text.getvalue()
