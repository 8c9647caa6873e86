"""The code lists of a calibration and the sizes that checks need, from its ``codes.json``."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from ..economy.estimates import FILE as ESTIMATES
from ..variables import Money
from .shape import did_you_mean, nearest

_BELOW = re.compile(r"^([A-Z]\d\d)\d{1,2}$")  # a class below a division of GB/T 4754, C3611 say


class Elsewhere(NamedTuple):
    """A code of another classification, and the codes here that make it up."""

    list: str  # what that classification is called
    code: str
    names: tuple[str, ...]
    stands_for: tuple[str, ...]


@dataclass(frozen=True)
class CodeList:
    """Codes of one dimension and the groups that stand for several; ``folder`` may hold a concordance."""

    word: str  # sector | region | ownership class
    codes: tuple[str, ...]
    groups: Mapping[str, tuple[str, ...]]
    names: tuple[tuple[str, ...], ...] = ()  # of each code
    folder: Path | None = None

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
        advice = self._meant(name)
        if not advice and (near or len(self.codes) <= 8):
            advice = did_you_mean(name, [*self.codes, *self.groups], 12)
        return f"unknown {self.word} '{name}'{advice}"

    def _meant(self, name: str) -> str:
        """What a name of another list, or the name of a code in words, is called here."""
        word = name.strip().casefold()
        for other in self._elsewhere:
            if word in (other.code.casefold(), *(n.casefold() for n in other.names if n)):
                here = ", ".join(f"'{code}'" for code in other.stands_for)
                inside = "lies in" if self.word == "region" else "is"
                return f"; '{name}' of {other.list} {inside} {here} here"
        below = _BELOW.match(name)
        if below and self.expand(below[1]):
            return f"; this list ends at divisions: '{below[1]}'"
        called = [c for c, names in zip(self.codes, self.names, strict=False) if any(_same(word, n) for n in names)]
        return f"; did you mean {' or '.join(repr(c) for c in called)}?" if 0 < len(called) <= 3 else ""

    @cached_property
    def _elsewhere(self) -> tuple[Elsewhere, ...]:
        file = self.folder / "concordance.csv" if self.folder is not None else None
        if file is None or not file.is_file():
            return ()
        with file.open(encoding="utf-8", newline="") as text:
            rows = [row for row in csv.DictReader(text) if row["dimension"] == self.word]
        return tuple(
            Elsewhere(row["list"], row["code"], (row["name_en"], row["name_zh"]), tuple(row["stands_for"].split()))
            for row in rows
        )


def _same(word: str, name: str) -> bool:
    """Whether a word stands in a name; a syllable would be in many."""
    return bool(name) and (word == name.casefold() or (len(word) > 3 and word in name.casefold()))


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
    currency: str = "CNY"
    folder: Path | None = None

    @cached_property
    def estimated_until(self) -> str | None:
        """Last month that the calibration's estimates of past closures rest on, ``YYYY-MM``; None without any."""
        file = self.folder / ESTIMATES if self.folder is not None else None
        if file is None or not file.is_file():
            return None
        facts = json.loads(file.read_text(encoding="utf-8"))["facts"]
        return facts["until"] if "closures" in facts else None

    @classmethod
    def load(cls, folder: Path) -> CodeLists:
        """Read ``codes.json`` of a calibration folder."""
        raw = json.loads((folder / "codes.json").read_text(encoding="utf-8"))

        def of(key: str, word: str) -> CodeList:
            block = raw[key]
            groups = {name: tuple(codes) for name, codes in block.get("groups", {}).items()}
            names = tuple(zip(*(block.get(key, ()) for key in ("names_en", "names_zh")), strict=False))
            return CodeList(word, tuple(block["codes"]), groups, names, folder)

        sector = of("sectors", "sector")
        output = dict(zip(sector.codes, raw.get("output_by_sector", ()), strict=False))
        return cls(
            raw.get("name", folder.name), sector, of("regions", "region"),
            of("ownerships", "ownership class"), float(raw.get("gdp", 0.0)), output, raw.get("version"),
            Money.of(raw.get("unit", "bn yuan"), 0).currency, folder,
        )  # fmt: skip

    def dimension(self, name: str) -> CodeList:
        return {"sector": self.sector, "region": self.region, "ownership": self.ownership}[name]

    def output_of(self, sectors: Iterable[str]) -> float:
        """Yearly output of some sectors, bn yuan."""
        return sum(self.output.get(code, 0.0) for code in sectors)
