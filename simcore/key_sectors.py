"""Who matters in an economy: multipliers, linkages, place in the chain, extraction and systemic risk in one table.

All is computed by activity. A sector or region is the group of its activities: effects, linkages and stages are
means by output (a yuan of demand for a sector's products goes to its activities as they produce now); extraction
takes the group out as a whole, and the index of systemic risk lets all of it fail at once.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np

from . import describe
from .economy import CATEGORIES, Economy
from .economy.indicators import against_mean, allocation_coefficients, ghosh_inverse, leontief_inverse
from .economy.linkages import closed_inverse, extraction
from .economy.system import induced_spending
from .errors import TableError, UnknownNameError
from .models.base import LABOUR_INCOME
from .models.leontief import Leontief
from .models.systemic import esri_of

if TYPE_CHECKING:
    from rich.console import RenderableType
    from xarray import Dataset

By = Literal["sector", "region", "activity"]
PERCENT = "% of the output of all"
TAXES = "net_taxes"
SHOWN = 20  # rows of the text table unless told otherwise
NAME, NUMBER = 32, 9  # characters of a name and of a number in the text table


class Groups(NamedTuple):
    """Rows of the table."""

    codes: list[str]
    names: list[str]
    members: list[np.ndarray]  # positions of their activities


class Effect(NamedTuple):
    """What a unit of final demand brings about, (n,) each, in one unit."""

    title: str
    unit: str
    direct: np.ndarray  # per unit of output
    open: np.ndarray
    closed: np.ndarray | None


def indicators(economy: Economy, by: By = "activity", *, threads: int | None = None) -> Dataset:
    """The indicators of an economy, by activity, sector or region, the most important first.

    Parameters
    ----------
    economy : Economy
    by : {"activity", "sector", "region"}
        Rows of the table; groups without activities are left out.
    threads : int, optional
        For the index of systemic risk; by default as many as this process may use.

    Returns
    -------
    xarray.Dataset
        Along ``by``, sorted by systemic risk (by extraction loss where that is missing), with English names as the
        coordinate ``name``. Every variable has ``long_name`` and ``units``. ``X_open`` and ``X_closed`` are effects
        per unit of final demand, with fixed consumption and with that of households induced; ``X_type_1`` and
        ``X_type_2`` are the same over the direct effect. What a table cannot tell is left out; ``attrs["notes"]``
        says why.

    Raises
    ------
    UnknownNameError
        If there is no such dimension.
    UnproductiveEconomyError
        If the economy cannot meet some final demand.

    Notes
    -----
    Open: ``e (I - A)^-1``. Closed: households of each region spend the share of labour income that ``leontief`` in
    its closed form takes, on what they buy now. Flows are domestic; exports are a final use. Taxes are those on
    production in the table. Backward and forward linkages are column sums of the Leontief and row sums of the
    Ghosh inverse over the mean of all rows. Extraction is complete, in the demand model. The index of systemic risk
    (ESRI) is the share of output lost when all of a row stops for good.

    References
    ----------
    Miller and Blair (2009), Input-Output Analysis, chapters 6 and 12; for upstreamness and the index see
    ``economy.linkages`` and ``models.systemic``.
    """
    groups = _groups(economy, by)
    notes: list[str] = []
    L, G = leontief_inverse(economy.A), ghosh_inverse(allocation_coefficients(economy.Z, economy.x))
    mean = _mean_by_output(economy, groups)
    total = max(float(economy.x.sum()), 1e-300)
    table: dict[str, tuple[np.ndarray, str, str]] = {}
    output = np.array([economy.x[g].sum() for g in groups.members])
    table["output"] = output, "gross output", f"{economy.unit} a year".strip()
    table["output_share"] = 100.0 * output / total, "gross output", PERCENT
    table["value_added_share"] = 100.0 * mean(economy.value_added_share), "value added", "% of own output"
    for name, effect in _effects(economy, L, notes).items():
        table |= _columns(name, effect, mean)
    stages = mean(G.sum(axis=1))
    table["backward_linkage"] = against_mean(mean(L.sum(axis=0))), "backward linkage", "1 = mean of all"
    table["forward_linkage"] = against_mean(stages), "forward linkage (Ghosh)", "1 = mean of all"
    table["upstreamness"] = stages, "upstreamness: stages up to final use", "stages"
    table["downstreamness"] = mean(L.sum(axis=0)), "downstreamness: stages from primary inputs on", "stages"
    for kind, inverse in (("complete", L), ("backward", L), ("forward", G)):
        lost = extraction(inverse, economy.x, groups.members, kind).sum(axis=1)  # type: ignore[arg-type]
        text = {"complete": "extraction loss", "backward": "loss without its purchases", "forward": "without its sales"}
        table[f"extraction_{kind}"] = 100.0 * lost / total, text[kind], PERCENT
    table |= _risk(economy, groups, threads, notes)
    return _dataset(economy, by, groups, table, notes)


def _groups(economy: Economy, by: str) -> Groups:
    if by == "activity":
        names = [_activity_name(economy, i) for i in range(economy.n)]
        return Groups(list(economy.activities), names, [np.array([i]) for i in range(economy.n)])
    if by not in ("sector", "region"):
        raise UnknownNameError(f"no indicators by '{by}'; there is activity, sector, region")
    codes, place = (economy.sectors, economy.sector) if by == "sector" else (economy.regions, economy.region)
    members = [np.flatnonzero(place == k) for k in range(len(codes))]
    kept = [k for k, group in enumerate(members) if group.size]
    return Groups([codes.codes[k] for k in kept], [codes.names_en[k] for k in kept], [members[k] for k in kept])


def _activity_name(economy: Economy, i: int) -> str:
    parts = [economy.sectors.names_en[economy.sector[i]]]
    if economy.R > 1:
        parts.append(economy.regions.names_en[economy.region[i]])
    owner = economy.ownerships.codes[economy.ownership[i]]
    return ", ".join(parts if owner == "unclassified" else [*parts, economy.ownerships.names_en[economy.ownership[i]]])


def _mean_by_output(economy: Economy, groups: Groups) -> Callable[[np.ndarray], np.ndarray]:
    """Means of values (n,) over each group, weighted by output; plain ones where a group makes nothing."""

    def mean(values: np.ndarray) -> np.ndarray:
        return np.array([np.average(values[g], weights=_weights(economy.x[g])) for g in groups.members])

    return mean


def _weights(x: np.ndarray) -> np.ndarray:
    return x if x.sum() > 0 else np.ones(len(x))


# Effects


def _effects(economy: Economy, L: np.ndarray, notes: list[str]) -> dict[str, Effect]:
    """Effects on output, income, value added, employment, imports and taxes."""
    closed, spent_abroad = _closed(economy, L, notes)
    money = money_word(economy.unit)
    per_money = f"{money} per {money} of final demand"
    effects = {}
    for name, (title, direct, unit) in _contents(economy, notes).items():
        unit = unit or per_money
        extra = spent_abroad if name == "imports" and spent_abroad is not None else 0.0
        whole = None if closed is None else (direct + extra) @ closed
        effects[name] = Effect(title, unit, direct, direct @ L, whole)
    return effects


def _contents(economy: Economy, notes: list[str]) -> dict[str, tuple[str, np.ndarray, str]]:
    """Title, content of a unit of output (n,) and unit (empty: money per money) of each kind of effect."""

    def per_output(flows: np.ndarray) -> np.ndarray:
        return np.divide(flows, economy.x, out=np.zeros(economy.n), where=economy.x > 0)

    found = {"output": ("output", np.ones(economy.n), "")}
    names = economy.value_added_names
    if LABOUR_INCOME in names:
        found["income"] = ("labour income", per_output(economy.value_added[names.index(LABOUR_INCOME)]), "")
    found["value_added"] = ("value added", economy.value_added_share, "")
    if np.isfinite(economy.employment[economy.x > 0]).all():
        factor, unit = _persons(economy.unit)
        persons = per_output(np.nan_to_num(economy.employment)) * factor
        found["employment"] = ("employment", persons, unit)
    else:
        notes.append("no effects on employment: the table does not say how many work in each activity")
    found["imports"] = ("imports of inputs", per_output(economy.use_imported.sum(axis=0)), "")
    if TAXES in names:
        found["taxes"] = ("net taxes on production", per_output(economy.value_added[names.index(TAXES)]), "")
    return found


def money_word(unit: str) -> str:
    """``yuan`` of ``bn yuan``."""
    return unit.split()[-1] if unit.split() else "unit"


def _persons(unit: str) -> tuple[float, str]:
    """Factor and unit that turn millions of persons per unit of output into a readable number."""
    size = {"bn": 1000.0, "billion": 1000.0, "m": 1.0, "mn": 1.0, "million": 1.0}.get(unit.split(" ")[0])
    if size is None:
        return 1.0, f"million persons per {unit or 'unit'} of final demand"
    return size, f"persons per m {money_word(unit)} of final demand"


def _closed(economy: Economy, L: np.ndarray, notes: list[str]) -> tuple[np.ndarray | None, np.ndarray | None]:
    """Inverse closed to households (n, n), and their induced direct imports per unit of output (n,)."""
    if LABOUR_INCOME not in economy.value_added_names:
        notes.append(f"no closed effects: value added has no component '{LABOUR_INCOME}' that households could spend")
        return None, None
    pay = economy.value_added[economy.value_added_names.index(LABOUR_INCOME)]
    wages = np.divide(pay, economy.x, out=np.zeros(economy.n), where=economy.x > 0)
    households = economy.user_category == CATEGORIES.index("households")
    basket = np.where(households, np.maximum(economy.final_domestic + economy.final_imported, 0.0), 0.0)
    spend = Leontief.marginal_propensity
    try:
        induced = induced_spending(economy, wages, basket, spend)
        closed = closed_inverse(L, induced.earned, induced.bought)
    except TableError as problem:
        notes.append(f"no closed effects: {problem}")
        return None, None
    notes.append(
        f"closed: households of each region spend {spend:.0%} of what labour income changes on what they buy now"
    )
    shares = basket * economy.import_share
    bought_abroad = np.zeros(economy.R)
    for r, code in enumerate(economy.regions.codes):
        users = economy.users("households", code)
        bought_abroad[r] = shares[:, users].sum() / max(basket[:, users].sum(), 1e-300)
    return closed, bought_abroad @ induced.earned


def _columns(
    name: str, effect: Effect, mean: Callable[[np.ndarray], np.ndarray]
) -> dict[str, tuple[np.ndarray, str, str]]:
    """Effects and, but for output whose direct effect is 1, their ratios to the direct one."""
    kinds = [("open", "type_1", "Type I", effect.open), ("closed", "type_2", "Type II", effect.closed)]
    direct, columns = mean(effect.direct), {}
    for form, ratio, title, values in kinds:
        if values is None:
            continue
        whole = mean(values)
        columns[f"{name}_{form}"] = whole, f"effect on {effect.title}, {form}", effect.unit
        if name != "output":
            over = np.divide(whole, direct, out=np.full(len(whole), np.nan), where=direct != 0)
            columns[f"{name}_{ratio}"] = (
                over,
                f"multiplier of {effect.title}, {title} ({form})",
                "per unit of direct effect",
            )
    return columns


def _risk(
    economy: Economy, groups: Groups, threads: int | None, notes: list[str]
) -> dict[str, tuple[np.ndarray, str, str]]:
    try:
        found = esri_of(economy, groups.members, threads=threads)
    except TableError as problem:
        notes.append(f"no index of systemic risk: {problem}")
        return {}
    notes.extend(f"systemic risk: {text}" for text in economy.meta.get("assumptions", ()) if "critical" in text)
    return {
        "esri": (100.0 * found.esri, "systemic risk: output lost if all of it stops", PERCENT),
        "esri_upstream": (100.0 * found.upstream, "systemic risk, lost orders alone", PERCENT),
        "esri_downstream": (100.0 * found.downstream, "systemic risk, lost supplies alone", PERCENT),
    }


def _dataset(
    economy: Economy, by: str, groups: Groups, table: dict[str, tuple[np.ndarray, str, str]], notes: list[str]
) -> Dataset:
    import xarray as xr

    leading = "esri" if "esri" in table else "extraction_complete"
    order = np.argsort(-table[leading][0], kind="stable")
    variables = {
        name: xr.Variable(by, values[order], {"long_name": title, "units": unit})
        for name, (values, title, unit) in table.items()
    }
    coordinates = {by: np.array(groups.codes)[order], "name": (by, np.array(groups.names)[order])}
    flags = describe.flags(economy)
    places = ("region", "ownership") if by == "activity" else (by,)
    flagged = [place for place in places if "estimate" in flags.get(place, ())]
    notes += [f"figures by {place} are estimates, not statistics" for place in flagged]
    words = {"esri": "systemic risk (ESRI)", "extraction_complete": "extraction loss"}
    facts = {"title": f"{economy.name}: indicators by {by}", "sorted_by": words[leading], "notes": notes}
    return xr.Dataset(variables, coordinates, facts)


# The printed table


class Column(NamedTuple):
    """One of the text table; where the terminal is narrow, those of a late rank are left out."""

    head: str
    digits: int
    rank: int


TEXT_COLUMNS = {
    "output": Column("output", 0, 2),
    "value_added_share": Column("value\nadded", 1, 5),
    "output_open": Column("output\neffect\nopen", 2, 3),
    "output_closed": Column("output\neffect\nclosed", 2, 4),
    "value_added_open": Column("val. add.\neffect\nopen", 2, 11),
    "employment_open": Column("jobs\neffect\nopen", 1, 6),
    "income_type_1": Column("income\nType I", 2, 9),
    "income_type_2": Column("income\nType II", 2, 10),
    "backward_linkage": Column("backward\nlinkage", 2, 8),
    "forward_linkage": Column("forward\nlinkage", 2, 12),
    "upstreamness": Column("upstream", 2, 7),
    "extraction_complete": Column("extract.\nloss", 2, 1),
    "esri": Column("systemic\nrisk\nESRI", 2, 0),
}


def text_table(found: Dataset, top: int | None = None, width: int = 160) -> RenderableType:
    """The table for a terminal of some width, with what its columns mean; print it with rich."""
    from rich import box
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    by = str(next(iter(found.sizes)))
    shown = min(SHOWN if top is None else top, found.sizes[by])
    available = [name for name in TEXT_COLUMNS if name in found]
    fit = max(1, (width - NAME - 2) // (NUMBER + 1))
    chosen = set(sorted(available, key=lambda name: TEXT_COLUMNS[name].rank)[:fit])
    made = Table(
        title=f"{found.attrs['title']}; {shown} of {found.sizes[by]}, the largest {found.attrs['sorted_by']} first",
        box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), title_justify="left", pad_edge=False,
    )  # fmt: skip
    made.add_column(by.capitalize(), no_wrap=True)
    columns = [name for name in available if name in chosen]
    for name in columns:
        made.add_column(
            f"{TEXT_COLUMNS[name].head}\n{_short_unit(str(found[name].units))}", justify="right", no_wrap=True
        )
    for i in range(shown):
        label = str(found["name"].values[i])
        label = label if len(label) <= NAME else f"{label[: NAME - 1].rstrip()}…"
        made.add_row(label, *(_cell(float(found[name].values[i]), TEXT_COLUMNS[name].digits) for name in columns))
    return Group(made, *(Text(line) for line in _legend(found, len(chosen) < len(available))))


def _short_unit(unit: str) -> str:
    short = {
        PERCENT: "% of all",
        "% of own output": "% of own",
        "per unit of direct effect": "ratio",
        "1 = mean of all": "mean 1",
    }
    return short.get(unit, unit.removesuffix(" of final demand").removesuffix(" a year").replace(" per ", "\nper "))


def _cell(value: float, digits: int) -> str:
    return f"{value:,.{digits}f}" if np.isfinite(value) else "–"


def _legend(found: Dataset, narrow: bool) -> list[str]:
    lines = [
        "Effects: on all activities together, of one unit of final demand. Open: consumption is given. Closed: "
        "households spend what they earn more.",
        "Type I and II: multipliers of labour income, the whole effect over the direct one, open and closed.",
        "Linkages: column sums of the Leontief, row sums of the Ghosh inverse, over their mean. Upstream: stages up to "
        "final use.",
        "Extraction loss: output that is lost without it in the demand model, its own included.",
        "ESRI: output that is lost when all of it stops for good and nothing can be stocked or imported instead; "
        "chains of essential inputs stop with it.",
        "All indicators, also those on imports and taxes: --format csv"
        + (", or a wider terminal for some more." if narrow else "."),
    ]
    return [*lines, *(f"Note: {note}." for note in found.attrs["notes"])]


def csv_table(found: Dataset, top: int | None = None) -> str:
    """All indicators as CSV; units stand in the heads."""
    by = str(next(iter(found.sizes)))
    names: list[Any] = list(found.data_vars)
    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\n")
    writer.writerow([by, "name", *(f"{name} [{found[name].units}]" for name in names)])
    for i in range(min(found.sizes[by], found.sizes[by] if top is None else top)):
        values = (float(found[name].values[i]) for name in names)
        cells = [f"{value:.10g}" if np.isfinite(value) else "" for value in values]
        writer.writerow([str(found[by].values[i]), str(found["name"].values[i]), *cells])
    return target.getvalue()
