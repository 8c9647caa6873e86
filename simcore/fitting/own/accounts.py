"""The table of a recipe as accounts in bn, with imports apart.

Zd  domestic flows      (n, n)    Zm  imported products used (K, n), K products = sectors
Yd  domestic final use  (n, F)    Ym  imported final use     (K, F)
va  value added         (V, n)    x   gross output           (n,)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ...economy import CATEGORIES
from ...language.shape import did_you_mean
from .imports import IMPORTS
from .reading import Opened, Sheet


@dataclass(frozen=True)
class Accounts:
    """One table; see the module. ``sheet`` holds the lines on which its industries stand, for messages."""

    activities: tuple[str, ...]  # sector, or region|sector
    users: tuple[str, ...]  # labels of final users
    categories: tuple[str, ...]  # of each final user
    Zd: np.ndarray
    Zm: np.ndarray
    Yd: np.ndarray
    Ym: np.ndarray
    va: np.ndarray
    va_names: tuple[str, ...]
    x: np.ndarray
    sheet: Sheet | None = None
    notes: tuple[tuple[str, str, str], ...] = ()  # item, what was done, flag
    employment: np.ndarray | None = None

    @property
    def sectors(self) -> tuple[str, ...]:
        """Sector codes, which are the products, by first appearance."""
        return tuple(dict.fromkeys(a.rpartition("|")[2] for a in self.activities))

    @property
    def sector(self) -> np.ndarray:
        """(n,) position of each activity's sector."""
        place = {code: k for k, code in enumerate(self.sectors)}
        return np.array([place[a.rpartition("|")[2]] for a in self.activities])

    @property
    def regions(self) -> tuple[str, ...]:
        """Region codes by first appearance; one empty code for a table of one region."""
        return tuple(dict.fromkeys(a.rpartition("|")[0] for a in self.activities))

    @property
    def inventories(self) -> np.ndarray:
        """(F,) whether a final user is a change in stocks."""
        return np.array([c == "inventories" for c in self.categories])

    def row_gap(self) -> np.ndarray:
        """(n,) sales less output."""
        return self.Zd.sum(axis=1) + self.Yd.sum(axis=1) - self.x

    def column_gap(self) -> np.ndarray:
        """(n,) inputs and value added less output."""
        return self.Zd.sum(axis=0) + self.Zm.sum(axis=0) + self.va.sum(axis=0) - self.x

    def gdp(self) -> float:
        return float(self.va.sum())


def called(label: str, names: Mapping[str, str]) -> str:
    """A label with the name of its sector."""
    name = names.get(label.rpartition("|")[2].removeprefix("imported "), "")
    return label if not name or label.endswith(name) else f"{label} {name}"


def categories_of(opened: Opened, users: tuple[str, ...], sheet: Sheet | None) -> tuple[str, ...]:
    """Category of each final user: what the recipe says of its label, else the label itself."""
    told = opened.recipe.final_demand
    found = []
    for label in users:
        own = label.rpartition("|")[2]
        category = told.get(label, told.get(own, own))
        if category not in (*CATEGORIES, IMPORTS):
            message = (
                f"final user '{own}' is of no known category{did_you_mean(own, CATEGORIES)}; add "
                f"'{own}: households' (or {', '.join(CATEGORIES[1:])}, {IMPORTS}) under 'final_demand'"
            )
            if sheet is not None:
                opened.problems.add(sheet.head(sheet.columns.index(label), "SC514", message))
            else:
                opened.tell("SC514", message, "final_demand")
        found.append(category)
    known = {label.rpartition("|")[2] for label in users} | set(users)
    for label in told:
        if label not in known:
            node = opened.at("final_demand", label)
            message = f"the table has no final user '{label}'{did_you_mean(label, known, 12)}"
            opened.problems.add(node.problem("SC505", message, key=True))
    return tuple(found)
