"""Recipes: how a calibration is made from its sources, as an economist writes it in ``recipe.yaml``."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from ..economy import Codes
from ..errors import ScenarioError
from .criticality import Unrated

Share = Annotated[float, Field(ge=0.0, le=1.0)]
Positive = Annotated[float, Field(gt=0.0)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Code(_Part):
    """One code with its names."""

    code: str
    name_en: str
    name_zh: str


class CodeList(_Part):
    """Codes of one dimension and the groups that stand for several of them."""

    codes: tuple[Code, ...] = Field(min_length=1)
    groups: dict[str, tuple[str, ...]] = {}

    def as_codes(self) -> Codes:
        return Codes(
            tuple(c.code for c in self.codes),
            tuple(c.name_en for c in self.codes),
            tuple(c.name_zh for c in self.codes),
            dict(self.groups),
        )


class Tolerances(_Part):
    """Relative standard deviations with which figures give way in the scaling of volumes."""

    published: Positive
    proxy: Positive
    residual: Positive
    final_demand: Positive
    stock_change: Positive


class Scaling(_Part):
    tolerance: Tolerances


class Prices(_Part):
    division_weight: Share
    division_month: str
    service_range: Share


class ProductShare(_Part):
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


class Regional(_Part):
    broad: dict[str, str]
    products: dict[str, ProductShare]
    use: FinalUse
    export_cap: Annotated[float, Field(gt=0.0, lt=1.0)]
    decay: Decay
    strong_decay: Decay
    flq_delta: Annotated[float, Field(ge=0.0, lt=1.0)]
    local: tuple[str, ...]


class Weight(_Part):
    """Share of a class in industrial value added, with its range."""

    share: Share
    low: Share
    high: Share

    @model_validator(mode="after")
    def _in_order(self) -> Weight:
        if not self.low <= self.share <= self.high:
            raise ValueError(f"{self.share} does not lie between low {self.low} and high {self.high}")
        return self


class FittedWeight(_Part):
    share: Literal["fitted"]
    low: Share
    high: Share


class Months(_Part):
    first: str
    last: str


class Ownership(_Part):
    state: Weight
    private: Weight
    foreign: FittedWeight
    fit: Months


class Headroom(_Part):
    latest: str
    low: Share
    high: Share
    construction: Share
    services: Share
    agriculture: Share


class Stocks(_Part):
    mean_days: Positive
    coal_days_at_power_plants: Positive
    not_storable: tuple[str, ...]
    shifted_days: Positive
    postponable: tuple[str, ...]
    postponed_days: Positive
    headroom: Headroom
    carried_share: Share
    unrated: Unrated


class BaselineRecipe(_Part):
    """The monthly baseline: options of ``fitting.baseline``, and earlier months to project from for hindcasts."""

    options: dict[str, Any] = Field(default_factory=dict)
    hindcast_origins: tuple[str, ...] = ()


class Estimate(_Part):
    """What a report says about one estimated item; ``{name}`` takes a figure of the build."""

    item: str
    what: str
    method: str
    source: str
    range: str
    flag: Literal["estimate", "share_only", "assumption"]


class Recipe(_Part):
    """All options of one calibration; unknown keys are refused."""

    format: Literal["simcore/calibration@1"] = Field(alias="schema")
    name: str
    title: str
    version: int
    unit: str
    base_year: int
    price_year: int
    vintage: date
    regions: CodeList
    ownerships: CodeList
    scaling: Scaling
    prices: Prices
    regional: Regional
    ownership: Ownership
    stocks: Stocks
    baseline: BaselineRecipe
    definitions: dict[str, str]
    estimates: tuple[Estimate, ...]


def load_recipe(folder: str | Path) -> Recipe:
    """Read ``recipe.yaml`` of a calibration's folder.

    Raises
    ------
    ScenarioError
        If the file is missing, is not YAML, or has unknown keys or values out of range; all problems at once.
    """
    path = Path(folder) / "recipe.yaml"
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as problem:
        raise ScenarioError([f"{path}: cannot be read ({problem.strerror}); a calibration needs recipe.yaml"]) from None
    except yaml.YAMLError as problem:
        raise ScenarioError([f"{path}: not YAML: {problem}"]) from None
    try:
        return Recipe.model_validate(content)
    except ValidationError as problem:
        raise ScenarioError([f"{path}: {_words(error)}" for error in problem.errors()]) from None


def _words(error) -> str:
    place = ".".join(str(part) for part in error["loc"]) or "the file"
    if error["type"] == "extra_forbidden":
        return f"{place}: unknown key; take it out or correct its spelling"
    if error["type"] == "missing":
        return f"{place}: missing; add it"
    return f"{place}: {error['msg'].removeprefix('Value error, ')} (found {error['input']!r})"
