"""The rules of the inventory model that a scenario may choose, what they are checked for, and how they close gaps."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal

import numpy as np

from ..calendar import DAYS_PER_YEAR, Calendar
from ..economy import Economy
from ..errors import UnknownNameError
from .base import parameter

# What an input rated important (0.5) counts by production function; None: as ``important_weight`` says.
PRODUCTION: Mapping[str, float | None] = {
    "critical": None,
    "leontief": 1.0,
    "strongly_critical": 1.0,
    "half_critical": 0.5,
    "weakly_critical": 0.0,
    "linear": 0.0,
    "ces": 0.0,
}
OF_NORMAL_CAPACITY = ("strongly_critical", "half_critical", "weakly_critical")
CHOICES: Mapping[str, tuple[str, ...]] = {
    "convention": ("continuous", "daily"),
    "orders": ("expected", "demand", "output"),
    "stock_target": ("follows", "fixed"),
    "overproduction": ("headroom", "ario", "none"),
    "employment": ("flexible", "hire_and_fire"),
    "consumption": ("static", "keynesian", "muellbauer"),
    "precision": ("float64", "float32"),
}


def rule(default: Any, meaning: str) -> Any:
    """A field that chooses a rule."""
    return field(default=default, metadata={"meaning": meaning})


@dataclass(frozen=True, kw_only=True)
class RuleOptions:
    """Rules and their parameters; those that the chosen rules do not read are ``idle``."""

    production: str | Mapping[str, str] = rule(
        "critical",
        "one of critical, leontief, strongly_critical, half_critical, weakly_critical, linear, ces; or by code or "
        "group of sectors, with a default: {default: critical, C26: leontief}",
    )
    important_weight: float = field(
        default=0.5,
        metadata={
            "unit": "share",
            "meaning": "of capacity that an input rated important (0.5) stops under 'critical'; ratings between 0, 0.5 "
            "and 1 in proportion: 0 is weakly, 0.5 half and 1 strongly critical",
        },
    )
    elasticity: float = parameter(
        0.5, 0.1, 0.95, "elasticity", "between inputs under 'ces'", "[A] complements; 0 is leontief, infinite is linear"
    )
    stock_needed: float = field(
        default=0.0,
        metadata={
            "unit": "share",
            "meaning": "of the wanted stock, below which an input limits output in proportion (ARIO's psi); 0: only "
            "what the step uses must be there",
        },
    )
    convention: Literal["continuous", "daily"] = rule(
        "continuous",
        "continuous: a gap closes by 1 - exp(-dt / time) in a step of any length; daily: as published daily models "
        "write it, steps of a day, dt / time, covers that count the step's arrivals, and arrivals that inputs which "
        "do not stop production are used from at once",
    )
    orders: Literal["expected", "demand", "output"] = rule(
        "expected",
        "inputs are ordered for what is asked for as far as capacity goes (expected), for all of it (demand) or for "
        "what was made (output)",
    )
    stock_target: Literal["follows", "fixed"] = rule(
        "follows", "wanted stocks follow expected output over expectation_time, or stay at the base's"
    )
    surplus_time: float | None = field(
        default=None,
        metadata={
            "unit": "days",
            "meaning": "in which firms run a surplus of stocks down; none: restocking_time; .inf: they only use it up",
        },
    )
    overproduction: Literal["headroom", "ario", "none"] = rule(
        "headroom",
        "headroom: overtime up to the activity's headroom, over overtime_time; ario: capacity grows with the share "
        "of demand that the last output would miss, over overproduction_time; none: no output above capacity",
    )
    overproduction_base: float = field(
        default=0.0, metadata={"unit": "share", "meaning": "of capacity, overproduction at rest under 'ario'"}
    )
    overproduction_most: float = parameter(
        0.25, 0.1, 0.4, "share", "of capacity, most overproduction under 'ario'", "[F] BoARIO 0.7.2's default, 1.25"
    )
    overproduction_time: float = parameter(
        365.0, 90.0, 365.0, "days", "in which overproduction rises and falls", "[F] BoARIO 0.7.2's default"
    )
    employment: Literal["flexible", "hire_and_fire"] = rule(
        "flexible", "flexible: labour and pay follow output at once; hire_and_fire: over hiring_time and firing_time"
    )
    hiring_time: float = parameter(
        30.0, 10.0, 60.0, "days", "in which a lack of labour closes", "[F] Pichler et al. 2022"
    )
    firing_time: float = parameter(
        15.0, 7.0, 60.0, "days", "in which a surplus of labour closes", "[F] Pichler et al. 2022"
    )
    consumption: Literal["static", "keynesian", "muellbauer"] = rule(
        "keynesian",
        "static: households go on buying; keynesian: mpc of a change of income, over consumption_time; muellbauer: "
        "half of current and half of permanent income in logarithms, over consumption_time",
    )
    income_belief: float = parameter(
        0.5, 0.0, 1.0, "share", "of a first loss of labour income taken into permanent income while it lasts",
        "[F] Pichler et al. 2022",
    )  # fmt: skip
    no_return: float = parameter(
        0.5, 0.0, 1.0, "share", "of households who expect that what is lost at first stays lost (L-shape)",
        "[F] Pichler et al. 2022; 0 and 1 are their other cases",
    )  # fmt: skip
    saved: float = field(
        default=0.0,
        metadata={
            "unit": "share",
            "meaning": "of what households do not spend on products they turn from (preference below 1), that is "
            "saved and not spent on others",
        },
    )
    rebuild_time: float | None = field(
        default=None,
        metadata={
            "unit": "days",
            "meaning": "in which destroyed capital (capital below 0) is ordered anew; its capacity returns as it is "
            "delivered; none: it returns as the shock says",
        },
    )
    rebuilding: Mapping[str, float] = field(
        default_factory=dict,
        metadata={"meaning": "shares of products in rebuilding; by default as the region's investors buy"},
    )
    capital_per_value_added: float = parameter(
        4.0,
        2.0,
        6.0,
        "years",
        "of value added that an activity's capital is worth",
        "[F] default of BoARIO 0.7.2; range [A]",
    )
    precision: Literal["float64", "float32"] = rule(
        "float64",
        "of stocks of inputs and what is ordered for them; everything else is float64. With float32 calm stays exact, "
        "paths differ by about 1e-7, at most 1e-5, of their largest value, and runs of the shipped economy take 0.85 "
        "of the time",
    )

    @property
    def idle(self) -> frozenset[str]:
        """Parameters that the chosen rules do not read: no run draws them."""
        needs = {
            "elasticity": "ces" in self.functions,
            "overproduction_most": self.overproduction == "ario",
            "overproduction_time": self.overproduction == "ario",
            "overtime_time": self.overproduction == "headroom",
            "hiring_time": self.employment == "hire_and_fire",
            "firing_time": self.employment == "hire_and_fire",
            "income_belief": self.consumption == "muellbauer",
            "no_return": self.consumption == "muellbauer",
            "mpc": self.consumption == "keynesian",
            "consumption_time": self.consumption != "static",
            "expectation_time": self.stock_target == "follows",
            "substitution_time": getattr(self, "origin", "fixed") != "fixed",
            "import_time": getattr(self, "import_elasticity", 0.0) > 0.0,
            "import_reach": getattr(self, "import_elasticity", 0.0) > 0.0,
            "import_elasticity": getattr(self, "import_elasticity", 0.0) > 0.0,
            "capital_per_value_added": self.rebuild_time is not None,
        }
        return frozenset(name for name, read in needs.items() if not read)

    @property
    def functions(self) -> frozenset[str]:
        """Production functions in use."""
        return frozenset((self.production,) if isinstance(self.production, str) else self.production.values())

    def check_rules(self) -> None:
        """Refuse what the rules cannot mean.

        Raises
        ------
        ValueError
            With the option, its value and what may stand there.
        """
        for name, allowed in CHOICES.items():
            if getattr(self, name) not in allowed:
                raise ValueError(f"{name} is '{getattr(self, name)}'; write {_listed(allowed)}")
        for function in sorted(self.functions):
            if function not in PRODUCTION:
                raise ValueError(f"production is '{function}'; write {_listed(tuple(PRODUCTION))}")
        if not isinstance(self.production, str) and "default" not in self.production:
            raise ValueError("production by sector needs a 'default' for all others")
        for f in fields(self):
            value = getattr(self, f.name)
            if value is None:
                continue
            endless = f.name == "surplus_time" and value == math.inf
            if f.name.endswith("_time") and not endless and not (math.isfinite(value) and value >= 0.0):
                raise ValueError(f"{f.name} is {value}; write a number of days, zero or more")
            if f.metadata.get("unit") in ("share", "yuan per yuan") and not 0.0 <= value <= 1.0:
                raise ValueError(f"{f.name} is {value}; it lies between 0 and 1")
            if f.name in ("elasticity", "capital_per_value_added") and not 0.0 < value < math.inf:
                raise ValueError(f"{f.name} is {value}; it must be above zero")
        for name in ("budget_tilt", "rebuilding"):
            for code, value in getattr(self, name).items():
                if not (math.isfinite(value) and value >= 0.0):
                    raise ValueError(f"{name} of {code} is {value}; it must be zero or more")
        if self.rebuilding and not any(self.rebuilding.values()):
            raise ValueError("rebuilding has no share above zero; leave it out, or say what is bought")

    def closed(self, dt: float, days: float) -> float:
        """Share of a gap that closes within ``dt`` days at an adjustment time of ``days``; 1 at time zero."""
        if days == 0.0:
            return 1.0
        return min(1.0, dt / days) if self.convention == "daily" else -math.expm1(-dt / days)

    def inner_calendar(self, calendar: Calendar) -> Calendar:
        """The calendar with the model's own steps: of a day under the daily convention, else as it stands."""
        if self.convention == "continuous":
            return calendar
        return replace(calendar, inner_steps=max(1, round(DAYS_PER_YEAR / calendar.per_year)))

    def spare_cover(self, economy: Economy, dt: float) -> np.ndarray:
        """(K, n) days of use held beyond a step's arrivals; endless covers stay so."""
        return np.maximum(economy.cover - dt, 0.0) if self.convention == "daily" else economy.cover

    def function_of(self, economy: Economy) -> np.ndarray:
        """(n,) the production function of each activity; a code overrides a group.

        Raises
        ------
        UnknownNameError
            If a key is no code and no group of the economy's sectors.
        ValueError
            If two groups name one sector differently.
        """
        if isinstance(self.production, str):
            return np.full(economy.n, self.production, dtype=object)
        by_sector = np.full(economy.K, self.production["default"], dtype=object)
        named = [key for key in self.production if key != "default"]
        for is_code in (False, True):
            found: dict[int, str] = {}
            for key in named:
                if (key in economy.sectors.codes) is not is_code:
                    continue
                for k in _sectors(economy, key):
                    if found.setdefault(k, key) != key and self.production[found[k]] != self.production[key]:
                        code = economy.sectors.codes[k]
                        raise ValueError(
                            f"production names {code} twice, by {found[k]} and by {key}; name it by its code"
                        )
                    by_sector[k] = self.production[key]
        return by_sector[economy.sector]

    def binds(self, economy: Economy) -> np.ndarray:
        """(K, n) share of capacity that each input stops; ratings between 0, 0.5 and 1 count in proportion."""
        function = self.function_of(economy)
        weights = [self.important_weight if PRODUCTION[f] is None else PRODUCTION[f] for f in function]
        important = np.array(weights, dtype=float)
        rated = np.clip(economy.criticality, 0.0, 1.0)
        share = np.where(rated <= 0.5, 2.0 * rated * important, important + (2.0 * rated - 1.0) * (1.0 - important))
        share = np.where(important == 0.5, economy.criticality, share)
        share = np.where(function == "leontief", 1.0, share)
        return np.where(np.isinf(economy.cover) | np.isin(function, ("linear", "ces")), 0.0, share)


def _sectors(economy: Economy, key: str) -> tuple[int, ...]:
    try:
        return economy.sectors.expand(key)
    except UnknownNameError:
        raise UnknownNameError(f"production names '{key}', which is no sector and no group of {economy.name}") from None


def _listed(words: tuple[str, ...]) -> str:
    return f"{', '.join(words[:-1])} or {words[-1]}"
