"""The block ``regional`` of a recipe: where products are made, and how they travel between regions."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Share = Annotated[float, Field(ge=0.0, le=1.0)]
Positive = Annotated[float, Field(gt=0.0)]
Method = Literal[
    "gravity", "no_distance", "strong_home_bias", "slq", "cilq", "flq", "aflq", "rlq", "cross_hauling",
    "chenery_moses", "table",
]  # fmt: skip


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ProductShare(_Part):
    """Product whose output by province stands for a sector's, and the period: one, or the newest of each province."""

    product: str
    period: str


class Decay(_Part):
    goods: Positive
    services: Positive
    local: Positive


class FinalUse(_Part):
    """Columns of the provincial shares that place final demand in regions."""

    households: str
    government: str
    investment: str
    inventories: str


class RegionalTable(_Part):
    """A table of many regions that replaces the estimate, in any layout that is read."""

    path: str  # of the file or folder, from the recipe's folder
    layout: Literal["auto", "ceads", "icio", "wiod", "pymrio", "exiobase", "eora26"] = "auto"
    year: int | None = None  # of a folder that holds several, for eora26
    concordance: str = "concordance.csv"  # from the recipe's folder; columns list, code, stands_for
    list: str  # rows of the concordance that describe the table's sectors
    regions: dict[str, tuple[str, ...]] = {}  # ours -> the table's; by default equal codes or English names
    unit: str = "mn yuan"  # of a layout that states none; only shares are taken

    @model_validator(mode="after")
    def _dated(self) -> RegionalTable:
        if self.layout == "eora26" and self.year is None:
            raise ValueError("eora26 needs the 'year' that its files name, for example 'year: 2017'")
        return self


class Regional(_Part):
    areas: Literal["region", "province"] = "region"  # column of the provincial files that our regions stand for
    broad: dict[str, str]
    products: dict[str, ProductShare]
    use: FinalUse
    export_cap: Annotated[float, Field(gt=0.0, lt=1.0)]
    rest_floor: Share = 0.2  # least part of its broad share that a region keeps in sectors without product figures
    method: Method = "gravity"
    alternatives: tuple[Method, ...] = ("no_distance", "strong_home_bias", "flq")
    decay: Decay
    strong_decay: Decay
    flq_delta: Annotated[float, Field(ge=0.0, lt=1.0)]
    most_own: Annotated[float, Field(gt=0.0, lt=1.0)] = 0.99  # own share that a quotient of 1 or more stands for
    heterogeneity: Literal["foreign_trade"] | Share = "foreign_trade"  # cross-hauling over supply and demand
    shipments: str | None = None  # source with product, origin, destination, value; for chenery_moses
    table: RegionalTable | None = None
    local: tuple[str, ...]

    @model_validator(mode="after")
    def _consistent(self) -> Regional:
        wanted = {self.method, *self.alternatives}
        if len(self.alternatives) != len(set(self.alternatives)) or self.method in self.alternatives:
            raise ValueError("alternatives: name each method once, and not the one that 'method' names")
        if "chenery_moses" in wanted and self.shipments is None:
            raise ValueError("chenery_moses needs 'shipments': a source with product, origin, destination, value")
        if "table" in wanted and self.table is None:
            raise ValueError("method 'table' needs 'table': its path and the list of its sectors")
        return self
