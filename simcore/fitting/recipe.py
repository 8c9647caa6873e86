"""Recipes: how a calibration is made from its sources, as an economist writes it in ``recipe.yaml``."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from ..economy import Codes
from ..errors import ScenarioError
from ..language.diagnostics import has_errors, tidy
from ..language.document import read_tree, told
from .criticality import Unrated
from .regional_options import Regional

RECIPE, SCHEMA = "recipe.yaml", "simcore/calibration@1"
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


class Weight(_Part):
    """Share of a class in a total of industry, with its range."""

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
    exports: Weight


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
    folders, content = lineage(folder), None
    for base in reversed(folders):
        own = _content(base)
        own.pop("extends", None)
        content = own if content is None else _over(content, own)
    try:
        return Recipe.model_validate(content)
    except ValidationError as problem:
        raise ScenarioError(
            tidy(told(problem, Recipe, [read_tree(base / RECIPE, SCHEMA)[0] for base in folders]))
        ) from None


def lineage(folder: str | Path) -> list[Path]:
    """The folder of a recipe, of the one that it extends, and so on.

    Raises
    ------
    ScenarioError
        If one of them cannot be read, or recipes extend each other in a circle.
    """
    found = [Path(folder)]
    while (base := _content(found[-1]).get("extends")) is not None:
        following = Path(found[-1] / str(base))
        if any(following.resolve() == known.resolve() for known in found):
            raise ScenarioError([f"{found[-1] / RECIPE}: extends: {base} leads back to a recipe before it"])
        found.append(following)
    return found


def _content(folder: Path) -> dict[str, Any]:
    node, found = read_tree(folder / RECIPE, SCHEMA)
    if has_errors(found):
        raise ScenarioError(tidy(found))
    return node.plain()


def _over(base: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    """A recipe's own words over those of the one it extends: blocks key by key, lists and values as a whole.

    Estimates are matched by ``item``: one that the recipe states itself takes the place of the other.
    """
    result = dict(base)
    for key, value in own.items():
        if key == "estimates" and isinstance(base.get(key), list) and isinstance(value, list):
            stated = {entry.get("item"): entry for entry in value if isinstance(entry, dict)}
            kept = [stated.pop(entry.get("item"), entry) for entry in base[key]]
            result[key] = [*kept, *stated.values()]
        elif isinstance(value, dict) and isinstance(base.get(key), dict) and key not in ("regions", "ownerships"):
            result[key] = _over(base[key], value)
        else:
            result[key] = value
    return result
