"""The code lists of a calibration and the sizes that checks need, from its ``codes.json``."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from .shape import did_you_mean, nearest


@dataclass(frozen=True)
class CodeList:
    """Codes of one dimension and the groups that stand for several."""

    word: str  # sector | region | ownership class
    codes: tuple[str, ...]
    groups: Mapping[str, tuple[str, ...]]

    def expand(self, name: str) -> frozenset[str]:
        """Codes that a name stands for; none for an unknown one."""
        if name in self.groups:
            return frozenset(self.groups[name])
        return frozenset((name,)) if name in self.codes else frozenset()

    def unknown(self, name: str) -> str | None:
        """What to say about a name that is neither a code nor a group, or None."""
        if name in self.groups or name in self.codes:
            return None
        near = nearest(name, [*self.codes, *self.groups])
        advice = did_you_mean(name, [*self.codes, *self.groups], 12) if near or len(self.codes) <= 8 else ""
        return f"unknown {self.word} '{name}'{advice}"


@dataclass(frozen=True)
class CodeLists:
    """Code lists by dimension; ``gdp`` and ``output`` in bn yuan a year."""

    name: str
    sector: CodeList
    region: CodeList
    ownership: CodeList
    gdp: float = 0.0
    output: Mapping[str, float] = field(default_factory=dict)
    version: int | None = None

    @classmethod
    def load(cls, folder: Path) -> CodeLists:
        """Read ``codes.json`` of a calibration folder."""
        raw = json.loads((folder / "codes.json").read_text(encoding="utf-8"))

        def of(key: str, word: str) -> CodeList:
            block = raw[key]
            groups = {name: tuple(codes) for name, codes in block.get("groups", {}).items()}
            return CodeList(word, tuple(block["codes"]), groups)

        sector = of("sectors", "sector")
        output = dict(zip(sector.codes, raw.get("output_by_sector", ()), strict=False))
        return cls(
            raw.get("name", folder.name), sector, of("regions", "region"),
            of("ownerships", "ownership class"), float(raw.get("gdp", 0.0)), output, raw.get("version"),
        )  # fmt: skip

    def dimension(self, name: str) -> CodeList:
        return {"sector": self.sector, "region": self.region, "ownership": self.ownership}[name]

    def output_of(self, sectors: Iterable[str]) -> float:
        """Yearly output of some sectors, bn yuan."""
        return sum(self.output.get(code, 0.0) for code in sectors)
