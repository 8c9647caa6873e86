"""Words that measures share: whom they concern (``Selector``), lists of codes, and when (``Profile``)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import core_schema

from ..economy import Codes, Economy
from ..errors import TableError
from ..units import problem
from .profile import (
    Decay,
    FrozenMap,
    PeriodText,
    Points,
    Profile,
    Pulse,
    Ramp,
    Table,
    first_day,
    last_day,
    read_at,
    read_weight,
)

__all__ = [
    "CodeOf", "Decay", "Dimension", "OwnershipCode", "PeriodText", "Points", "Profile", "Pulse", "Ramp",
    "RegionCode", "SectorCode", "SectorCodes", "SectorWeights", "Selector", "Table", "Weights", "first_day",
    "last_day", "product_shares", "split_code",
]  # fmt: skip


# ---- codes ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class CodeOf:
    """Metadata of a field whose text is a code or group of one dimension: the language checks it."""

    dimension: str  # sector | region | ownership


SectorCode = Annotated[str, CodeOf("sector")]
RegionCode = Annotated[str, CodeOf("region")]
OwnershipCode = Annotated[str, CodeOf("ownership")]
SectorCodes = tuple[SectorCode, ...]


class Weights(FrozenMap):
    """Code or group to share, adding up to one; hashable."""

    def over(self, codes: Codes, size: np.ndarray) -> np.ndarray:
        """The shares as an array (len(codes),); a group is split among its members by ``size``."""
        result = np.zeros(len(codes))
        for name, share in self._pairs:
            result += share * split_code(codes, name, size)
        return result

    @classmethod
    def _read(cls, value: Any, info: core_schema.ValidationInfo) -> Weights:
        if isinstance(value, cls):
            return value
        if not isinstance(value, Mapping) or not value:
            raise problem("SC029", "write shares by code, {C35: 0.4, C38: 0.6}")
        yaml = bool(info.context and info.context.get("yaml"))
        pairs = tuple((str(k), read_at(str(k), read_weight, v, yaml)) for k, v in value.items())
        total = sum(w for _, w in pairs)
        if abs(total - 1.0) > 1e-6:
            if info.field_name == "weights":
                raise problem("SC206", f"weights add up to {total:.6g}, not 1")
            raise problem("SC407", f"{info.field_name} shares add up to {total:.6g}, not 1")
        return cls(pairs)


SectorWeights = Annotated[Weights, CodeOf("sector")]


def split_code(codes: Codes, name: str, size: np.ndarray) -> np.ndarray:
    """One code or group as shares (len(codes),) that sum to one, within a group by ``size``."""
    members = list(codes.expand(name))
    result = np.zeros(len(codes))
    total = size[members].sum()
    result[members] = size[members] / total if total > 0 else 1.0 / len(members)
    return result


def product_shares(economy: Economy, product: str) -> np.ndarray:
    """A product code or group as shares (K,) that sum to one, within a group by output."""
    return split_code(economy.sectors, product, np.bincount(economy.sector, economy.x, economy.K))


# ---- selectors -----------------------------------------------------------------------------------------


def _code_list(value: Any) -> Any:
    if isinstance(value, str):
        raise problem("SC029", f"write a list, [{value}]")
    if isinstance(value, list | tuple):
        seen = set()
        for i, code in enumerate(value):
            if not isinstance(code, str):
                raise problem("SC201", f"a code is text, found {code!r}", at=(i,))
            if code in seen:
                raise problem("SC204", f"a code is listed twice: '{code}'", at=(i,))
            seen.add(code)
        return tuple(value)
    return value


CodeList = Annotated[tuple[str, ...], BeforeValidator(_code_list)]


class Dimension(BaseModel):
    """Codes of one dimension: ``all: true``, ``any: [codes or groups]`` or ``weights: {code: share}``."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    all: Literal[True] | None = Field(default=None, description="every code")
    any: CodeList | None = Field(default=None, description="these codes or groups")
    weights: Weights | None = Field(default=None, description="share of the whole by code or group; sums to 1")
    but: CodeList = Field(default=(), alias="except", description="codes or groups left out")

    @model_validator(mode="after")
    def _one_way(self) -> Dimension:
        given = sum(x is not None for x in (self.all, self.any, self.weights))
        if given != 1:
            raise problem("SC202", f"give exactly one of 'any', 'all' or 'weights' (found {given})")
        if self.any is not None and not self.any:
            raise problem("SC203", "the selection is empty", at=("any",))
        return self

    @property
    def restricts(self) -> bool:
        """Whether it says anything at all."""
        return self.all is None or bool(self.but)

    def chosen(self, codes: Codes) -> np.ndarray:
        """(len(codes),) bool: the codes that are meant.

        Raises
        ------
        UnknownNameError
            For a name that is neither a code nor a group.
        """
        result = np.zeros(len(codes), dtype=bool)
        if self.all:
            result[:] = True
        for name in self.any or self.weights or ():
            result[list(codes.expand(name))] = True
        for name in self.but:
            result[list(codes.expand(name))] = False
        return result

    def level(self, codes: Codes) -> np.ndarray:
        """(len(codes),) share in [0, 1] of a level that reaches each code.

        With weights, the code with the largest weight gets the whole level, others in proportion.
        """
        result = self.chosen(codes).astype(float)
        if self.weights:
            largest = max(self.weights.values())
            for name, share in self.weights.items():
                result[list(codes.expand(name))] *= share / largest
        return result


ALL = Dimension(all=True)


def _frozen_dimension(value: Any) -> Any:
    return ALL if value is None else value


DimensionField = Annotated[Dimension, BeforeValidator(_frozen_dimension)]


class Selector(BaseModel):
    """Sectors, regions and kinds of enterprise: the activities in all three at once.

    An amount is split among them by ``split``; a dimension with weights gets exactly these shares. Ownership
    is known in industry only: a target that lists kinds of enterprise means industry alone, while weights of
    ownership divide the part that falls in industry and leave the rest where it is.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    sector: DimensionField = Field(default=ALL, description="sectors: codes or groups")
    region: DimensionField = Field(default=ALL, description="regions")
    ownership: DimensionField = Field(default=ALL, description="kinds of enterprise, in industry")
    split: Literal["output", "value_added", "equal"] = Field(
        default="output", description="how an amount is split inside"
    )

    def activities(self, economy: Economy) -> np.ndarray:
        """(n,) share in [0, 1] of a level that reaches each activity."""
        result = self.sector.level(economy.sectors)[economy.sector] * self.region.level(economy.regions)[economy.region]
        if self.ownership.restricts:
            by_class = self.ownership.level(economy.ownerships)[economy.ownership]
            result = result * np.where(economy.is_industry, by_class, 1.0 if self.ownership.weights else 0.0)
        return result

    def weights(self, economy: Economy) -> np.ndarray:
        """(n,) share of an amount that each activity gets; sums to one.

        Where weights are given, each weighted code gets its share (each pair of codes the product of the
        two), and inside it activities share by ``split``. Weighted codes without any activity are left out
        and the others scaled up.

        Raises
        ------
        TableError
            If no activity is selected.
        """
        size = self._size(economy)
        size = size * self.sector.chosen(economy.sectors)[economy.sector]
        size = size * self.region.chosen(economy.regions)[economy.region]
        if self.ownership.restricts and not self.ownership.weights:
            size = size * (self.ownership.chosen(economy.ownerships)[economy.ownership] & economy.is_industry)
        if size.sum() <= 0.0:
            raise TableError(f"the target selects no activity with {self.split.replace('_', ' ')} in {economy.name}")
        cell = np.zeros(economy.n, dtype=np.int64)
        share = np.ones(economy.n)
        for dimension, codes, axis in (
            (self.sector, economy.sectors, economy.sector),
            (self.region, economy.regions, economy.region),
        ):
            if dimension.weights:
                entry, weight = _entries(dimension.weights, codes)
                cell = cell * (len(dimension.weights) + 1) + entry[axis]
                share = share * weight[axis]
        result = _fill(cell, share, size) if self.sector.weights or self.region.weights else size / size.sum()
        return self._by_ownership(economy, cell, size, result) if self.ownership.weights else result

    def outside_industry(self, economy: Economy) -> float:
        """Share of an amount that falls outside industry, where ownership is not known."""
        return float(self.weights(economy)[~economy.is_industry].sum())

    def products(self, economy: Economy) -> np.ndarray:
        """(K,) share of an amount by sector; sums to one."""
        return np.bincount(economy.sector, self.weights(economy), economy.K)

    def regions(self, economy: Economy) -> np.ndarray:
        """(R,) share of an amount by region; sums to one."""
        return np.bincount(economy.region, self.weights(economy), economy.R)

    def _size(self, economy: Economy) -> np.ndarray:
        if self.split == "value_added":
            return np.maximum(economy.value_added.sum(axis=0), 0.0)
        return economy.x.astype(float) if self.split == "output" else np.ones(economy.n)

    def _by_ownership(self, economy: Economy, cell: np.ndarray, size: np.ndarray, result: np.ndarray) -> np.ndarray:
        """Share out anew what falls in industry, by the weights of ownership within each cell."""
        assert self.ownership.weights is not None
        entry, weight = _entries(self.ownership.weights, economy.ownerships)
        inside = economy.is_industry
        chosen = self.ownership.chosen(economy.ownerships)[economy.ownership]
        final = np.where(inside, 0.0, result)
        for each in np.unique(cell[inside & (result > 0)]):
            here = inside & (cell == each)
            own = size * (here & chosen)
            if own.sum() <= 0.0:
                raise TableError("no enterprise of the weighted kinds of ownership in the target's industry")
            final += result[here].sum() * _fill(entry[economy.ownership], weight[economy.ownership], own)
        return final


def _entries(weights: Weights, codes: Codes) -> tuple[np.ndarray, np.ndarray]:
    """Number of the entry (from 1) that each code belongs to, 0 for none, and that entry's weight."""
    entry, weight = np.zeros(len(codes), dtype=np.int64), np.zeros(len(codes))
    for i, (name, share) in enumerate(weights.items(), start=1):
        members = list(codes.expand(name))
        entry[members], weight[members] = i, share
    return entry, weight


def _fill(cell: np.ndarray, share: np.ndarray, size: np.ndarray) -> np.ndarray:
    """Give each cell its share and split it by size; empty cells drop out. Sums to one."""
    _, position = np.unique(cell, return_inverse=True)
    total = np.bincount(position, size)[position]
    inside = np.divide(size, total, out=np.zeros_like(size), where=total > 0)
    result = share * inside
    if result.sum() <= 0.0:
        raise TableError("the weighted codes of the target have no activity")
    return result / result.sum()
