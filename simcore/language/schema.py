"""The header of a scenario file: everything but the measures, whose classes say their own fields."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from ..measures.fields import PeriodText
from ..units import Count, Money, Quantity, problem

SCHEMA = "simcore/scenario@1"
DIMENSIONS = ("sector", "region", "ownership", "day", "week", "month", "quarter", "year")
FORMATS = ("csv", "netcdf", "html", "xlsx", "zarr", "iamc")
DEFINITIONS = ("parameters", "selectors", "profiles", "pools")  # what an included file may define
MEASURES_KEYS = ("policies", "shocks")
PARTS = ("direct", "indirect", "induced", "policy", "shock", "interaction")  # into which effects are taken apart
LATER_VARIABLES = ("retail_sales", "unmet_demand")


def _id(value: Any) -> Any:
    import re

    if not isinstance(value, str) or not re.fullmatch(r"[a-z][a-z0-9-]*", value):
        raise problem("SC026", f"id '{value}' may hold small letters, digits and hyphens, and starts with a letter")
    return value


def _schema(value: Any) -> Any:
    if value == SCHEMA:
        return value
    advice = ""
    if isinstance(value, str) and value.startswith("simcore/scenario@"):
        advice = "; this simcore is older than the file: install a newer one"
    raise problem("SC024", f"found '{value}'; expected '{SCHEMA}'{advice}")


def _calibration(value: Any) -> Any:
    name, _, version = value.partition("@") if isinstance(value, str) else ("", "", "")
    if not name or not version.isdigit():
        raise problem("SC027", f"cannot read '{value}'; name a calibration with its version, 'china-2022@1'")
    return value


def _texts(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _quantity_or_number(value: Any) -> Any:
    """A bound of a check: a number, or text with any unit, in base units."""
    if not isinstance(value, str):
        return Quantity("number").read(value)
    for dimension in ("share", "points", "money", "days"):
        if any(value.rstrip().endswith(unit) for unit in _ENDINGS[dimension]):
            return Quantity(dimension).read(value)
    return Quantity("number").read(value)


_ENDINGS = {
    "share": ("%",),
    "points": ("pp", "百分点"),
    "money": ("CNY", "元"),
    "days": ("s", "年", "月", "周", "天"),
}
Texts = Annotated[tuple[str, ...], BeforeValidator(_texts)]
Bound = Annotated[float, BeforeValidator(_quantity_or_number)]


class Part(BaseModel):
    """A block of the file: no unknown keys, no change after reading."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Time(Part):
    """Simulated time; both ends are part of it."""

    step: Literal["day", "week", "month", "quarter"] = Field(default="month", description="length of a period")
    start: PeriodText = Field(description="first period")
    end: PeriodText = Field(description="last period")
    inner_steps: Annotated[int, Quantity("number", low=0, high=64, whole=True)] = Field(
        default=0,
        description="equal steps inside a period of a dynamic model; 0 takes the default of the step",
    )


class ModelChoice(Part):
    """The model and its parameters, where they differ from its defaults."""

    name: str
    options: dict[str, Any] = Field(default_factory=dict)


class Pool(Part):
    """Money that several measures draw on: together they get no more than the ceiling."""

    ceiling: Money
    source: str = ""
    note: str = ""


class Correlation(Part):
    """Uncertain values that move together: each two of them with this correlation of their normal scores."""

    between: Texts = Field(min_length=2, description="dotted paths of values with a distribution")
    value: Annotated[float, Quantity("number", low=-1.0, high=1.0)] = Field(description="-1 .. 1")
    note: str = ""
    source: str = ""


class Uncertainty(Part):
    """How draws are made; ``n: 0`` runs central values only."""

    sampler: Literal["latin_hypercube", "random", "sobol"] = "latin_hypercube"
    n: Count | None = Field(default=None, description="number of draws")
    seed: Count = 20221122
    correlation: tuple[Correlation, ...] = Field(default=(), description="what does not vary independently")


class Sweep(Part):
    """Runs over chosen values of some paths."""

    design: Literal["grid", "zip", "one_at_a_time"] = "grid"
    axes: dict[str, list[Any]]


class Optimise(Part):
    """Best use of a budget: ``simcore optimise`` chooses these values."""

    maximise: str = Field(description="path of a result, as in a check: value_added.total.cumulative")
    choose: Texts = Field(min_length=1, description="dotted paths of amounts to choose")
    budget: Money | None = Field(default=None, description="most that all of them may be together")
    bounds: dict[str, Annotated[list[Any], Field(min_length=2, max_length=2)]] = Field(
        default_factory=dict, description="least and most of each; without, nothing to the budget"
    )
    note: str = ""


class Outputs(Part):
    """What is written; what is not asked for is not written."""

    variables: Texts = ()
    by: Texts = ()
    compare: Texts = ()
    decompose: Texts = ()
    forecast: bool = False
    formats: Texts = ()
    plots: Texts = ()


class Check(Part):
    """A condition on the results: ``between`` two bounds, or ``is`` above or below another path or number."""

    that: str
    between: tuple[Bound, Bound] | None = None
    is_: Literal["above", "below"] | None = Field(default=None, alias="is")
    than: str | float | None = None
    note: str = ""
    source: str = ""


class Claim(Part):
    """What somebody said about the effect; shown beside the results, never used for them."""

    statement: str
    value: str | float | None = None
    unit: str = ""
    source: str = ""
    note: str = ""


class Header(Part):
    """Everything of a scenario file but its policies and shocks and the definitions they refer to."""

    schema_: Annotated[str, BeforeValidator(_schema)] = Field(alias="schema", description="version of the format")
    id: Annotated[str, BeforeValidator(_id)] = Field(description="name of the scenario in files and folders")
    title: str = Field(default="", description="one line for people")
    description: str = Field(default="", description="what the scenario is about")
    calibration: Annotated[str, BeforeValidator(_calibration)] = Field(description="economy, as name@version")
    time: Time
    origin: PeriodText | None = Field(default=None, description="last observed month; default: the calibration's")
    counterfactual: Literal["off_from_origin", "as_legislated", "never"] = Field(
        default="off_from_origin", description="what the run without measures leaves out"
    )
    model: ModelChoice = Field(default=ModelChoice(name="inventory"), description="name, or {name, options}")
    closure: str = Field(default="default", description="what is held fixed")
    basis: str = Field(default="current", description="prices of the amounts of money: current, or a year")
    pools: dict[str, Pool] = Field(default_factory=dict, description="money that several measures draw on")
    uncertainty: Uncertainty = Uncertainty()
    sweep: Sweep | None = None
    optimise: Optimise | None = Field(default=None, description="best use of a budget, for 'simcore optimise'")
    outputs: Outputs = Outputs()
    checks: tuple[Check, ...] = ()
    claims: dict[str, Claim] = Field(default_factory=dict, description="official statements, to stand beside results")
    source: Texts = Field(default=(), description="where the scenario's figures come from")
    sources: Texts = Field(default=(), description="the same, several")
    note: str = ""


# Keys of the file that other parts of the language read.
COMPOSED = ("extends", "include", "parameters", "selectors", "profiles", "policies", "shocks", "variants")
TOP_KEYS = tuple(f.alias or name for name, f in Header.model_fields.items()) + COMPOSED
INCLUDED_KEYS = ("schema", "title", "description", "note", "source", "include", *DEFINITIONS, *MEASURES_KEYS)
