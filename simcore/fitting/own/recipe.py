"""The recipe of a calibration from one's own table; every field is a word of ``recipe.yaml``.

It shares its first line with the recipe of China (``schema: simcore/calibration@1``) and is told apart by
``kind: table``. That recipe names sources which exist for China only (releases of industrial growth, provinces,
kinds of owner), all of them required; were they one model, every key would be optional and a missing one no
error. What both share is shared as code: store, baseline, comparison, hashes, estimates.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from ...economy import CATEGORIES
from ...language.shape import did_you_mean
from ...units import CURRENCIES, Days, Number, Share, problem
from ..recipe import Estimate

SCALES = {"tn": 1000.0, "bn": 1.0, "mn": 1e-3, "k": 1e-6, "": 1e-9}  # to bn
_UNIT = re.compile(r"^(?:(tn|bn|mn|k) )?([A-Z]{3})$")
_MEANT = {
    "billion": "bn",
    "billions": "bn",
    "million": "mn",
    "millions": "mn",
    "trillion": "tn",
    "thousand": "k",
    "thousands": "k",
    "m": "mn",
    "b": "bn",
    "bln": "bn",
    "mln": "mn",
    "mio": "mn",
}
_CURRENCIES = {"euro": "EUR", "dollar": "USD", "pound": "GBP", "sterling": "GBP", "yen": "JPY", "rupee": "INR"}
FIRST_YEAR = 1900
MONTH = re.compile(r"^\d{4}-(0[1-9]|1[0-2])$")


def _text(value: Any) -> Any:
    """Codes such as 22 or 334 read as numbers by YAML are text here; a leading zero needs quotes (SC006)."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _unit(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    match = _UNIT.match(value)
    if match is not None and match[2] in CURRENCIES:
        return value
    words = value.split()
    scales = [_MEANT.get(word.lower(), word.lower()) for word in words]
    scale = next((word for word in scales if word in SCALES), "")
    currency = next((w.upper() for w in words if w.upper() in CURRENCIES), "USD")
    currency = next((code for name, code in _CURRENCIES.items() if name in value.lower()), currency)
    currency = "CNY" if "yuan" in value.lower() or "RMB" in value else currency
    known = scale or "mn"
    raise problem(
        "SC507", f"unknown unit '{value}'; write scale and currency (ISO 4217), for example '{known} {currency}'"
    )


def _year(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int):
        raise problem("SC508", f"expected a year, found '{value}'; write for example 2019")
    if not FIRST_YEAR <= value <= 2100:
        raise problem("SC508", f"{value} is no year between {FIRST_YEAR} and 2100")
    return value


def _month(value: Any) -> Any:
    if not isinstance(value, str) or not MONTH.match(value):
        raise problem("SC112", f"cannot read the month '{value}'; write for example '2020-01'")
    return value


def _category(value: Any) -> Any:
    words = (*CATEGORIES, "imports")
    if value not in words:
        advice = did_you_mean(str(value), words, 8)
        raise problem("SC514", f"'{value}' is no category of final demand{advice}")
    return value


Code = Annotated[str, BeforeValidator(_text)]
Unit = Annotated[str, BeforeValidator(_unit)]
Year = Annotated[int, BeforeValidator(_year)]
Month = Annotated[str, BeforeValidator(_month)]
Category = Annotated[str, BeforeValidator(_category)]


def scale_of(unit: str) -> tuple[float, str]:
    """What a unit comes to in bn, and its currency: ``mn EUR`` is (0.001, ``EUR``)."""
    found = _UNIT.match(unit)
    assert found is not None
    return SCALES[found[1] or ""], found[2]


_SAID = {"M.": "mn", "Mio": "mn", "million": "mn", "Million": "mn", "000": "k", "thousand": "k", "bn": "bn", "mn": "mn"}


def unit_said(text: str) -> str | None:
    """A unit as published tables state it (``M.EUR``, ``000 USD``) in the words of a recipe; None if not understood."""
    match = re.match(r"^(.*?)[ .]*([A-Z]{3})$", text.strip())
    if match is None or match[2] not in CURRENCIES:
        return None
    scale = match[1].strip()
    word = _SAID.get(scale, _SAID.get(f"{scale}."))
    return f"{word} {match[2]}" if word else None


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


# ---- where the table stands


class Symmetric(_Part):
    """One table of industries (or of products): CSV files with labels in the first row and column."""

    kind: Literal["symmetric"] = "symmetric"
    unit: Unit
    flows: str
    final_demand: str
    output: str | None = None
    imports: str | None = None
    final_imports: str | None = None
    value_added: str | None = None


class MakeUse(_Part):
    """Make (industries by products) and use (products by industries), all use, with imports as a column."""

    kind: Literal["make_use"] = "make_use"
    unit: Unit
    make: str
    use: str
    final_demand: str
    value_added: str
    imported_use: str | None = None
    construction: Literal[
        "fixed_product_sales", "fixed_industry_sales", "industry_technology", "product_technology"
    ] = "fixed_product_sales"


class Published(_Part):
    """A file or folder in a published layout: OECD ICIO, WIOD, CEADS, or a folder that pymrio saved."""

    kind: Literal["published"] = "published"
    unit: Unit
    file: str


class Exiobase(_Part):
    """A folder or archive of EXIOBASE 3, parsed by pymrio (the extra ``pymrio``)."""

    kind: Literal["exiobase3"] = "exiobase3"
    unit: Unit
    file: str


class Eora(_Part):
    """A folder or archive of one year of Eora 26, parsed by pymrio (the extra ``pymrio``)."""

    kind: Literal["eora26"] = "eora26"
    unit: Unit
    file: str


# ---- the other parts


class Sectors(_Part):
    names: str | None = None  # CSV: code, name_en and perhaps name_zh
    groups: dict[str, tuple[Code, ...]] = {}


class Balance(_Part):
    """How the table is brought to its totals; gaps larger than ``within`` are refused, not balanced away.

    ``method`` is a word of ``fitting.balances.BALANCES``; without one it is gras, kras where totals are uncertain,
    mrgras where trade between regions is given. ``cells`` is the relative standard deviation of the table's own cells,
    against which uncertain totals are weighed.
    """

    method: str | None = None
    within: Share = 0.001
    cells: Share | None = None


class Total(_Part):
    """Totals to meet; ``uncertainty`` is a relative standard deviation, 0 for a total that holds exactly.

    The file may state standard deviations of its own, in the unit of the totals, in a second column ``sd``.
    """

    of: Literal["output", "value_added", "imports", "final_demand", "trade"]
    file: str
    unit: Unit
    uncertainty: Share = 0.0


class Deflators(_Part):
    """The table at prices of ``year``: rows over their prices, value added by double deflation.

    ``column`` of the file holds the price of each product in the table's year over that in ``year``; with ``over`` it
    is ``column`` over that column, so that index series of any base can be named.
    """

    year: Year
    file: str
    column: Code
    over: Code | None = None
    imports: Code | None = None  # column for imported products; without it they have the prices of domestic ones
    imports_over: Code | None = None
    negative: Literal["error", "warning"] = "error"  # where value added of an industry turns negative


class Stocks(_Part):
    """What the table does not say; each key that is left out is filled with a default and flagged so."""

    cover: dict[Code, Days] = {}  # days of use, by input; ``all`` for the rest
    headroom: dict[Code, Share] = {}  # by sector; ``all`` for the rest
    criticality: str | None = None  # CSV of inputs by users, 0 to 1


class Flat(_Part):
    """No growth: every month is a twelfth of the year, so effects are to be read in per cent."""

    kind: Literal["flat"] = "flat"
    end: Month


class Levels(_Part):
    """Monthly levels of activity: CSV with columns month, code (a sector or ``total``) and value."""

    kind: Literal["levels"] = "levels"
    file: str
    end: Month
    method: str = "combined"


class Target(_Part):
    """A published figure that the built economy must reproduce, as a value or as a range."""

    of: Literal[
        "gdp",
        "output",
        "imports",
        "exports",
        "compensation",
        "value_added",
        "output_multiplier",
        "value_added_multiplier",
        "spectral_radius",
    ]
    sector: Code | None = None
    value: Number | None = None
    within: Share = 0.01
    low: Number | None = None
    high: Number | None = None
    source: str
    miss: Literal["error", "warning"] = "error"

    @model_validator(mode="after")
    def _value_or_range(self) -> Target:
        if (self.value is None) == (self.low is None and self.high is None):
            raise problem("SC518", "a target has a value (with 'within'), or a range ('low', 'high')")
        if self.low is not None and self.high is not None and self.low > self.high:
            raise problem("SC518", f"low {self.low:g} is above high {self.high:g}")
        if self.sector is None and self.of.endswith("multiplier"):
            raise problem("SC518", f"a target for '{self.of}' needs its sector")
        if self.sector is not None and self.of not in (
            "output",
            "value_added",
            "compensation",
            "output_multiplier",
            "value_added_multiplier",
        ):
            raise problem("SC518", f"'{self.of}' is one figure for the whole economy; leave 'sector' out")
        return self

    @property
    def ends(self) -> tuple[float, float]:
        """Least and largest figure that meet it."""
        if self.value is not None:
            margin = self.within * abs(self.value)
            return self.value - margin, self.value + margin
        return (
            -float("inf") if self.low is None else self.low,
            float("inf") if self.high is None else self.high,
        )


class TableRecipe(_Part):
    """All options of a calibration from one's own table; unknown keys are refused."""

    format: Literal["simcore/calibration@1"] = Field(alias="schema")
    kind: Literal["table"]
    name: str
    title: str
    version: Annotated[int, Field(ge=1)]
    vintage: date
    year: Year
    target_year: Year | None = None
    price_year: Year | None = None
    table: Annotated[Symmetric | MakeUse | Published | Exiobase | Eora, Field(discriminator="kind")]
    regions: dict[str, str] = {}
    sectors: Sectors = Sectors()
    industry: tuple[Code, ...] = Field(min_length=1)
    final_demand: dict[Code, Category] = {}
    value_added: dict[str, str] = {}
    labour_share: Share | None = None
    balance: Balance = Balance()
    totals: tuple[Total, ...] = ()
    deflators: Deflators | None = None
    price_index: str | None = None
    employment: str | None = None
    stocks: Stocks = Stocks()
    baseline: Annotated[Flat | Levels, Field(discriminator="kind")]
    targets: tuple[Target, ...] = ()
    estimates: tuple[Estimate, ...] = ()
    definitions: dict[str, str] = {}

    @property
    def base_year(self) -> int:
        return self.target_year or self.year

    @property
    def currency(self) -> str:
        return scale_of(self.table.unit)[1]
