"""Belgium in spring 2020: its economy of 63 industries, the shocks of the first lockdown, what was observed.

Everything is read from ``data/belgium-2020``; ``SOURCES.md`` there says where each figure is from. What is assumed
is marked [A].
"""

import csv
from datetime import date
from pathlib import Path
from typing import NamedTuple

import numpy as np

from simcore.calendar import Calendar
from simcore.content import find_calibration
from simcore.drivers import Drivers
from simcore.economy import ABROAD, CATEGORIES, Codes, Economy
from simcore.fitting.criticality import Ratings, Unrated, rate

FOLDER = Path(__file__).parent / "data" / "belgium-2020"
SURVEY = find_calibration("china-2022") / "sources" / "critical_inputs_wiod55.csv"
CARRIED_SHARE = 0.1  # [A] least share of a class's purchases for a member to carry the class's rating
OTHER_DEMAND_BACK = date(2020, 9, 30)  # [A] exports and investment are back by then; Pichler et al. keep them down
USERS = ("households", "government", "investment", "exports")
QUARTERS = {
    "2020Q1": (date(2020, 1, 1), date(2020, 3, 31)),
    "2020Q2": (date(2020, 4, 1), date(2020, 6, 30)),
    "2020Q3": (date(2020, 7, 1), date(2020, 9, 30)),
}
# Weeks with seven inner steps: the model steps by the day, shocks that begin in mid-week fall on their days' share.
CALENDAR = Calendar.between("2020-W01", "2020-W40", inner_steps=7)


def rows(name: str) -> list[dict[str, str]]:
    with open(FOLDER / f"{name}.csv", encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def column(name: str, field: str) -> np.ndarray:
    return np.array([float(row[field]) for row in rows(name)])


def matrix(name: str) -> np.ndarray:
    return np.array([[float(value) for value in list(row.values())[1:]] for row in rows(name)])


CODES = tuple(row["code"] for row in rows("industries"))
SECTIONS = tuple(dict.fromkeys(row["section"] for row in rows("industries")))
SECTION_OF = np.array([SECTIONS.index(row["section"]) for row in rows("industries")])


def economy(ratings: str = "survey", unrated: Unrated = "important") -> Economy:
    """Belgium's table of 2015, bn EUR, domestic and imported products apart.

    The published table counts imports as supply of the product, so the same share of every use of a product is
    taken as imported (re-exports included) [A]; changes of stocks are of domestic goods [A].

    Parameters
    ----------
    ratings : {"survey", "relaxed"}
        Criticality of inputs as the analysts gave it, or as relaxed by the authors of the Belgian study after
        they had seen the lockdown.
    unrated : str
        What pairs that the analysts left empty count as; see ``simcore.fitting.criticality``.
    """
    supply, stock_change = column("industries", "supply"), column("industries", "stock_change")
    flows = matrix("flows")
    final = np.array([column("industries", name) for name in USERS]).T
    final[:, USERS.index("government")] += column("industries", "nonprofit")
    wages = column("industries", "compensation")
    imports = _imports(supply, flows, wages)
    imported = np.divide(imports, supply - stock_change)[:, None]
    output = supply - imports
    abroad = np.array([name == "exports" for name in USERS])
    return Economy(
        name="belgium-2020", version=1, unit="bn EUR", base_year=2015, price_year=2015,
        sectors=Codes(CODES, tuple(row["name"] for row in rows("industries")), CODES),
        regions=Codes(("belgium",), ("Belgium",), ("比利时",)),
        ownerships=Codes(("unclassified",), ("Unclassified",), ("未分类",)),
        sector=np.arange(len(CODES)), region=np.zeros(len(CODES), int), ownership=np.zeros(len(CODES), int),
        pools=("belgium", "abroad"), pool=np.zeros(len(CODES), int),
        user_category=np.array([CATEGORIES.index(name) for name in USERS]),
        user_region=np.where(abroad, ABROAD, 0), user_pool=abroad.astype(int),
        x=output / 1e3, use_domestic=flows * (1.0 - imported) / 1e3, use_imported=flows * imported / 1e3,
        origin=np.ones((len(CODES), 2)),
        final_domestic=final * (1.0 - imported) / 1e3, final_imported=final * imported / 1e3,
        stock_change=stock_change / 1e3,
        value_added=np.array([wages, output - flows.sum(axis=0) - wages]) / 1e3,
        value_added_names=("compensation", "surplus_depreciation_taxes"),
        employment=column("industries", "employees") / 1e6,
        cover=np.tile(column("industries", "stock_days"), (len(CODES), 1)),
        headroom=np.zeros(len(CODES)),
        criticality=matrix("critical_inputs_relaxed") if ratings == "relaxed" else _survey(flows, unrated),
        price_index=np.ones(len(CODES)),
    )  # fmt: skip


def _imports(supply: np.ndarray, flows: np.ndarray, wages: np.ndarray) -> np.ndarray:
    """Imports by product, from an earlier edition of the table.

    Where the editions differ so much that less value added than wages is left, though the earlier edition has
    more (air transport, motor vehicles), the earlier value added is kept instead.
    """
    imports, earlier = column("industries", "imports"), column("industries", "value_added_earlier")
    left = supply - flows.sum(axis=0)
    odd = (left - imports < wages) & (earlier >= wages)
    return np.where(odd, left - earlier, imports)


def _survey(flows: np.ndarray, unrated: Unrated) -> np.ndarray:
    with open(SURVEY, encoding="utf-8", newline="") as lines:
        ratings = Ratings.read(csv.DictReader(lines))
    classes = [[row["wiod55"]] for row in rows("industries")]
    return rate(ratings, classes, flows, unrated, CARRIED_SHARE).rating


class Shocks(NamedTuple):
    """Shares lost, by week and industry (T, n)."""

    labour: np.ndarray
    households: np.ndarray  # of what households buy of a product
    other: np.ndarray  # of what government, investors and buyers abroad take of a product


def shocks(labour: str = "survey", other_demand_fades: bool = True) -> Shocks:
    """The first lockdown, week by week.

    Labour: who neither worked from home nor at the workplace in April 2020, by the business survey of the Economic
    Risk Management Group, wherever and as long as the industry is closed. The survey counts people who were sent
    home for want of orders as well, so this overstates the shock to supply. Households' demand falls by the
    study's figures as long as the industry is closed.

    Parameters
    ----------
    labour : {"survey", "revised"}
        ``revised``: the later figures of the study's authors, among them 40 % in health care.
    other_demand_fades : bool
        Whether exports and investment recover from 4 May to the end of September, or stay down.
    """
    closed = sum(
        np.outer(
            CALENDAR.overlap(date.fromisoformat(p["first"]), date.fromisoformat(p["last"])),
            column("policies", p["phase"]),
        )
        for p in rows("phases")
    )
    if labour == "survey":
        lost = 1.0 - column("shocks", "remote") - column("shocks", "at_workplace")
    else:
        lost = column("shocks", "labour_revised")
    return Shocks(
        labour=closed * lost,
        households=closed * column("shocks", "household_demand"),
        other=np.outer(_other_demand(other_demand_fades), column("shocks", "other_demand")),
    )


def _other_demand(fades: bool) -> np.ndarray:
    """Share of the full fall of exports and investment in each week."""
    begin, reopening = date(2020, 3, 18), date(2020, 5, 4)
    down = CALENDAR.overlap(begin, CALENDAR.end.last)
    if not fades:
        return down
    middle = np.array([p.first.toordinal() + 3.5 for p in CALENDAR.all])
    left = (OTHER_DEMAND_BACK.toordinal() - middle) / (OTHER_DEMAND_BACK - reopening).days
    return down * np.clip(left, 0.0, 1.0)


def drivers(place: Economy, lost: Shocks) -> Drivers:
    """The shocks in the words that models understand."""
    result = Drivers.calm(place, CALENDAR)
    bought = place.final_domestic + place.final_imported
    homes = place.user_category == CATEGORIES.index("households")
    for k, code in enumerate(CODES):
        unit = np.arange(place.n) == k
        result = result.having(f"labour:{code}", "labour", -lost.labour[:, k], unit)
        result = result.having(f"households:{code}", "preference", -lost.households[:, k], np.outer(unit, homes))
        weights = np.outer(unit, ~homes) * bought / CALENDAR.per_year
        result = result.having(f"other:{code}", "demand", -lost.other[:, k], weights)
    return result


def left_out() -> np.ndarray:
    """Value added of each section that the table leaves out, bn EUR: rents of dwellings, which no lockdown moves."""
    real_estate = CODES.index("L68")
    place = economy()
    rents = column("industries", "value_added_earlier")[real_estate] / 1e3 - place.value_added[:, real_estate].sum()
    return np.where(np.arange(len(SECTIONS)) == SECTIONS.index("L"), rents, 0.0)


def by_section(place: Economy, value_added: np.ndarray) -> dict[str, dict[str, float]]:
    """Change of value added by section and quarter on its base, in per cent; ``GDP`` is all of it.

    Parameters
    ----------
    value_added : (T, n) array
        Of each week and industry, over its base of a week.
    """
    base = np.bincount(SECTION_OF, place.value_added.sum(axis=0), len(SECTIONS))
    whole = base + left_out()
    found: dict[str, dict[str, float]] = {name: {} for name in (*SECTIONS, "GDP")}
    for quarter, (first, last) in QUARTERS.items():
        days = CALENDAR.overlap(first, last)
        mean = days @ value_added / days.sum()
        change = np.bincount(SECTION_OF, (mean - 1.0) * place.value_added.sum(axis=0), len(SECTIONS))
        for s, name in enumerate(SECTIONS):
            found[name][quarter] = 100.0 * change[s] / whole[s]
        found["GDP"][quarter] = 100.0 * change.sum() / whole.sum()
    return found


def observed() -> dict[str, dict[str, float]]:
    """Change of value added on the fourth quarter of 2019, in per cent."""
    before, *after = rows("observed_sections")
    sections = [name for name in before if name != "quarter"]
    found = {s: {row["quarter"]: 100.0 * (float(row[s]) / float(before[s]) - 1.0) for row in after} for s in sections}
    for row in rows("observed_totals"):
        path = found.setdefault(row["series"], {})
        last = list(path.values())[-1] if path else 0.0
        path[row["quarter"]] = (100.0 + last) * (1.0 + float(row["change_pct"]) / 100.0) - 100.0
    return found
