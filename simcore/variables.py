"""The variables of a result: unit, kind and names in English and Chinese."""

from __future__ import annotations

import re
from typing import NamedTuple


class Variable(NamedTuple):
    """One variable of a result.

    ``kind`` says how it adds up: a ``flow`` sums over periods and over slices, a ``stock`` over slices only (its mean
    over periods is one of its like); a ``rate`` (in %) does neither, and the difference of two is in percentage points.
    """

    unit: str
    kind: str  # flow | stock | rate
    long_name: str
    long_name_zh: str

    @property
    def difference_unit(self) -> str:
        """Unit of the difference between two values."""
        return "pp" if self.kind == "rate" else self.unit


VOLUME = "bn CNY a month at 2020 prices"


class Money(NamedTuple):
    """The currency and the year of prices in which an economy is counted."""

    currency: str = "CNY"
    price_year: int = 2020

    @classmethod
    def of(cls, unit: str, price_year: int) -> Money:
        """From an economy's unit: ``bn yuan`` and ``bn USD`` are of CNY and USD."""
        word = unit.split()[-1] if unit.split() else "CNY"
        return cls({"yuan": "CNY", "RMB": "CNY"}.get(word, word), price_year)

    def words(self, text: str) -> str:
        """A text about China's economy (yuan, CNY, 2020 prices) as one about this economy."""
        if self.currency != "CNY":
            text = re.sub(r"\b[Yy]uan\b|\bCNY\b", self.currency, text)
        if self.price_year == 2020:
            return text
        return text.replace("2020 prices", f"{self.price_year} prices")

    def variables(self) -> dict[str, Variable]:
        """``VARIABLES`` with units of this economy."""
        return {name: v._replace(unit=self.words(v.unit)) for name, v in VARIABLES.items()}


VARIABLES: dict[str, Variable] = {
    "iva": Variable(VOLUME, "flow", "industrial value added", "工业增加值"),
    "iva_yoy": Variable("%", "rate", "industrial value added, growth on the year", "工业增加值同比增速"),
    "iva_two_year": Variable(
        "%", "rate", "industrial value added, average growth over two years", "工业增加值两年平均增速"
    ),
    "iva_level_effect": Variable(
        "%",
        "rate",
        "industrial value added, deviation from the baseline's level",
        "工业增加值对基线水平的偏离",
    ),
    "output": Variable(VOLUME, "flow", "gross output", "总产出"),
    "value_added": Variable(VOLUME, "flow", "value added, all sectors (GDP by production)", "增加值（生产法GDP）"),
    "imports": Variable(VOLUME, "flow", "imports", "进口"),
    "unmet": Variable(VOLUME, "flow", "final demand that was not met", "未满足的最终需求"),
    "household_income": Variable(VOLUME, "flow", "disposable labour income, change from the base", "居民劳动收入变动"),
    "employment": Variable("thousand persons", "stock", "jobs, change from the base", "就业人数变动"),
    "exports": Variable(VOLUME, "flow", "exports", "出口"),
    "inventories": Variable(
        "bn CNY at 2020 prices", "stock", "inputs that firms hold at the end of the month", "企业投入品库存"
    ),
    "price": Variable("%", "rate", "producer price, deviation from the base", "生产者价格对基期的偏离"),
    "consumer_price": Variable(
        "%", "rate", "price of what households buy, deviation from the base", "居民消费价格对基期的偏离"
    ),
    "fiscal_cost": Variable(
        "bn CNY a month at current prices", "flow", "budget cost: outlays and tax forgone", "财政成本"
    ),
}

# Statistics over draws, in the order in which every file has them; "value" is the run at central values.
STATISTICS = ("value", "mean", "q05", "q25", "q50", "q75", "q95")
RANGE = ("range_low", "range_high")  # statistics of the file as it stands, of regions and classes of owner
QUANTILES = (0.05, 0.25, 0.50, 0.75, 0.95)
