"""Small records that a result carries into its report: what was assumed, estimated, claimed and checked."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

Figure = float | str | None  # a number with the unit beside it, or text that carries its own


@dataclass(frozen=True)
class MeasureRecord:
    """A measure or shock as the tables name it; ``mark`` is F (found), C (computed) or A (assumed).

    ``announced`` and ``induced`` are bn yuan at current prices inside the run; ``account`` says what becomes of them:
    rows of part (announced, induced, moved, demand), what, bn yuan.
    """

    id: str
    title: str
    mark: str = "A"
    shock: bool = False
    in_projection: float = 0.0
    source: str = ""
    note: str = ""
    announced: float = 0.0
    induced: float = 0.0
    account: tuple[tuple[str, str, float], ...] = ()
    heading: str = ""  # measure of the notice that it is part of
    responsible: str = ""  # tier that answers for it

    def __post_init__(self) -> None:
        object.__setattr__(self, "account", tuple((part, what, value) for part, what, value in self.account))

    @property
    def name(self) -> str:
        return self.title or self.id


@dataclass(frozen=True)
class Assumption:
    """A parameter of the run; ``of`` is the measure or part of the model that it belongs to."""

    of: str
    name: str
    value: Figure
    unit: str
    low: Figure = None
    high: Figure = None
    mark: str = "A"
    source: str = ""
    note: str = ""


@dataclass(frozen=True)
class Estimate:
    """A figure of the calibration that no statistic publishes: method, what it rests on, range."""

    name: str
    method: str
    value: Figure = None
    unit: str = ""
    low: Figure = None
    high: Figure = None
    source: str = ""


@dataclass(frozen=True)
class Claim:
    """What an official source says a measure does, shown beside what this run gives, never tuned to."""

    claim: str
    source: str
    here: str
    note: str = ""


@dataclass(frozen=True)
class Check:
    """One identity or plausibility check: what was asked, what was found, whether it holds."""

    name: str
    passed: bool
    found: str
    asked: str = ""


@dataclass(frozen=True)
class Grid:
    """A table for the report with units in its column heads, such as the errors of a hindcast."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Figure, ...], ...]
    note: str = ""


@dataclass(frozen=True)
class History:
    """Published growth on the year before the run; arrays (months,) in %, NaN where nothing was published."""

    months: tuple[str, ...]
    yoy: np.ndarray
    two_year: np.ndarray
    source: str = ""


@dataclass(frozen=True)
class TargetRecord:
    """Where a run stands against a target of its file, with the package and without; None where there is no number.

    Values and bounds in %, distances in pp to the nearest bound: below 0 outside, above 0 inside. A probability is the
    share of draws that keep the bounds, with the error of the projected baseline; None without draws.
    """

    id: str
    title: str
    variable: str
    of: str  # total, or a sector, region or class of owner
    period: str
    months: tuple[str, ...]  # of the period that the run holds
    at_least: float | None
    at_most: float | None
    value: float | None = None
    low: float | None = None
    high: float | None = None
    distance: float | None = None
    probability: float | None = None
    without: float | None = None
    distance_without: float | None = None
    probability_without: float | None = None
    problem: str = ""  # why there are no numbers

    def __post_init__(self) -> None:
        object.__setattr__(self, "months", tuple(self.months))


@dataclass(frozen=True)
class WarningRecord:
    """A watched sector that binds or comes near it: in which variant, when first, why, for what share of it (%)."""

    variant: str
    sector: str
    period: str
    cause: str
    share: float


LEDGER = ("iva", "value_added", "jobs", "revenue", "budget_cost", "quasi_fiscal")
BROUGHT = LEDGER[:4]  # what a measure brings; the rest is what it costs


@dataclass(frozen=True)
class Ledger:
    """What each measure brings the nation and what it costs, in the order of a result's measures (M).

    Items (I) are those of ``LEDGER``, bn yuan a month: industrial value added on the baseline's levels, value added of
    all sectors at the level of the base year, both at base-year prices; thousand job-years a month; taxes that come
    back, outlays and tax forgone, cost to the central bank and state banks, at current prices. What is brought are
    contributions as elsewhere in the result, so measures add up to the whole.

    Parameters
    ----------
    values : (I, M, T) array
    last_in : (len(BROUGHT), M) array
        Sum over the run of what would be missing without the measure; NaN for shocks.
    draws : (D, I, M) array, optional
        Sums over the run.
    """

    values: np.ndarray
    last_in: np.ndarray
    draws: np.ndarray | None = None


@dataclass(frozen=True)
class Binding:
    """What bound output longest in each period.

    Parameters
    ----------
    codes : (variants, periods, n) int16 array
        Codes of ``simcore.models.base``: DEMAND, CAPACITY, LABOUR, INPUT + k.
    variants : tuple of str
        Variants of the first axis.
    activities : tuple of str
        Labels ``sector|region|ownership``, (n,).
    weights : (n,) array
        Gross output in the base, the weight of each activity.
    products : tuple of str
        Codes of the products that an input code k counts, (K,).
    """

    codes: np.ndarray
    variants: tuple[str, ...]
    activities: tuple[str, ...]
    weights: np.ndarray
    products: tuple[str, ...]

    def shares(self, variant: str) -> np.ndarray:
        """Share of output bound by demand, capacity, labour and inputs, in %; (periods, 4)."""
        codes = np.minimum(self.codes[self.variants.index(variant)], 3)
        weights = self.weights / self.weights.sum()
        return 100.0 * np.stack([(codes == kind) @ weights for kind in range(4)], axis=1)

    def inputs(self, variant: str) -> list[tuple[str, float]]:
        """Products that bind as inputs, with the share of output-periods they bind in %, largest first."""
        codes = self.codes[self.variants.index(variant)]
        weights = np.broadcast_to(self.weights / self.weights.sum() / len(codes), codes.shape)
        short = codes >= 3
        bound = np.bincount(codes[short] - 3, weights=weights[short], minlength=len(self.products))
        order = [k for k in np.argsort(-bound, kind="stable") if bound[k] > 0.0]
        return [(self.products[k], 100.0 * float(bound[k])) for k in order]
