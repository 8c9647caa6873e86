"""Problems of scenario files: one record each, sorted by place, written for people or for machines."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote

WIDEST = 150  # characters of a source line that are shown


@dataclass(frozen=True, order=True)
class Diagnostic:
    """One problem: where (1-based line and column), what, and what to write instead."""

    file: str
    line: int
    column: int
    code: str
    severity: str  # error | warning | note
    message: str
    source: str = field(default="", compare=False)  # the line of the file

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}: {self.severity}[{self.code}]: {self.message}"
        if not self.source.strip():
            return place
        start = max(0, self.column - WIDEST + 30)  # long lines are shown around the problem
        shown = self.source.rstrip()[start : start + WIDEST].replace("\t", " ")
        before = shown[: self.column - 1 - start]
        caret = " " * sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in before) + "^"
        return f"{place}\n    {shown}\n    {caret}"


def tidy(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Sorted by place, each once; where the text itself is wrong, nothing is said about its meaning."""
    found = set(diagnostics)
    garbled = {(d.file, d.line, d.column) for d in found if d.code < "SC014"}
    return sorted(d for d in found if d.code < "SC014" or (d.file, d.line, d.column) not in garbled)


def in_currency(diagnostics: Iterable[Diagnostic], currency: str) -> list[Diagnostic]:
    """The same, with advice how an amount is written in this currency: fields do not know the calibration's."""
    advice = re.compile(r"((?:for example|did you mean) '[^']*)\bCNY'")
    return [replace(d, message=advice.sub(rf"\1{currency}'", d.message)) for d in diagnostics]


def has_errors(diagnostics: Iterable[Diagnostic]) -> bool:
    return any(d.severity == "error" for d in diagnostics)


FORMS = ("text", "json", "github", "sarif")


def render(diagnostics: Iterable[Diagnostic], form: str = "text") -> str:
    """All problems as text, as JSON (a list of objects), as annotations for hosted CI (``github``) or as SARIF.

    SARIF 2.1.0 is the OASIS standard for results of static analysis, which code hosts and editors read.
    """
    found = list(diagnostics)
    if form == "text":
        return "\n".join(str(d) for d in found)
    if form == "json":
        keys = ("file", "line", "column", "code", "severity", "message")
        return json.dumps([{k: getattr(d, k) for k in keys} for d in found], ensure_ascii=False, indent=1)
    if form == "github":
        return "\n".join(_annotation(d) for d in found)
    if form == "sarif":
        return json.dumps(_sarif(found), ensure_ascii=False, indent=1)
    raise ValueError(f"unknown format '{form}'; there is {', '.join(FORMS)}")


def _annotation(d: Diagnostic) -> str:
    message = d.message.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    level = {"note": "notice"}.get(d.severity, d.severity)
    return f"::{level} file={d.file},line={d.line},col={d.column},title={d.code}::{message}"


def _sarif(found: list[Diagnostic]) -> dict[str, Any]:
    from .. import __version__
    from .catalogue import CODES

    codes = sorted({d.code for d in found})
    rules = [
        {"id": code, "shortDescription": {"text": CODES[code].meaning if code in CODES else code}} for code in codes
    ]
    results = [
        {
            "ruleId": d.code,
            "ruleIndex": codes.index(d.code),
            "level": d.severity,
            "message": {"text": d.message},
            "locations": [
                {
                    "physicalLocation": {
                        "artifactLocation": {"uri": quote(d.file)},
                        "region": {"startLine": d.line, "startColumn": d.column},
                    }
                }
            ],
        }
        for d in found
    ]
    driver = {"name": "simcore", "version": __version__, "rules": rules}
    return {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}],
    }
