"""What the numbers rest on: parameters, estimates, claims, checks, provenance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..records import Assumption
from ..result import Result
from ..tables import plain_number
from .table import HtmlTable, figure_text, joined, marks, or_dash, span


def assumptions(result: Result) -> list[tuple[str, HtmlTable]]:
    """One table of parameters for each measure and part of the model, with its title."""
    groups: dict[str, list[Assumption]] = {}
    for a in result.assumptions:
        groups.setdefault(a.of, []).append(a)
    titles = {m.id: m.name for m in result.measures}
    return [(_title(titles.get(of, of), rows), _parameters(rows)) for of, rows in groups.items()]


def _title(name: str, rows: list[Assumption]) -> str:
    ranged = sum(a.low is not None for a in rows)
    assumed = sum(a.mark == "A" for a in rows)
    name = "shared by several measures" if name == "parameters" else name
    count = "1 parameter" if len(rows) == 1 else f"{len(rows)} parameters"
    return f"{name[:1].upper()}{name[1:]}: {count}, {assumed} assumed, {ranged} with a range"


def _parameters(rows: list[Assumption]) -> HtmlTable:
    cells = [
        [a.name, figure_text(a.value), span(a.low, a.high), or_dash(a.unit), a.mark, joined(a.source), or_dash(a.note)]
        for a in rows
    ]
    head = ["Parameter", "value", "range", "Unit", "Mark", "Source and reason", "In this run"]
    return HtmlTable("", head, cells, tail=4)


def marks_note(result: Result) -> str:
    """How to read the tables of parameters."""
    text = f"Marks: {marks()}."
    if result.n_draws:
        text += " Drawn within range: every draw takes another value; central values are those shown."
    return text


def estimates(result: Result) -> HtmlTable | None:
    """Figures of the calibration that no statistic publishes."""
    if not result.estimates:
        return None
    rows = [
        [
            e.name if e.value is None else f"{e.name}: {figure_text(e.value)} {e.unit}".rstrip(),
            e.method,
            span(e.low, e.high),
            or_dash(e.source),
        ]
        for e in result.estimates
    ]
    head = ["What", "Method", "Range", "From which figures"]
    return HtmlTable("", head, rows, text=4)


def claims(result: Result) -> HtmlTable | None:
    """Official and other claims beside what the run gives."""
    if not result.claims:
        return None
    rows = [[c.claim, c.source, c.here, or_dash(c.note)] for c in result.claims]
    head = ["Claim", "Who says so", "What this run gives", "Note"]
    note = "No parameter was tuned to a claim. Amounts at current prices; sales before tax."
    return HtmlTable("Official and other claims, as claims", head, rows, text=4, note=note)


def checks(result: Result) -> HtmlTable | None:
    """Identities and conditions of the file."""
    if not result.checks:
        return None
    rows = [["holds" if c.passed else "FAILS", c.name, c.found, c.asked or "–"] for c in result.checks]
    return HtmlTable("Identities and plausible size", ["", "Check", "Found", "Asked"], rows, text=4)


def hindcast(result: Result) -> HtmlTable | None:
    """Errors against what was published."""
    grid = result.hindcast
    if grid is None:
        return None
    words = sum(all(isinstance(row[i], str) for row in grid.rows) for i in range(2)) if grid.rows else 1
    rows = [[plain_number(v) if isinstance(v, float) else figure_text(v) for v in row] for row in grid.rows]
    return HtmlTable(f"Hindcast: {grid.title}", grid.columns, rows, text=max(words, 1), note=grid.note)


def variables(result: Result) -> HtmlTable:
    """Names, meanings and units of the files' variables."""
    rows = []
    for name in result.values:
        v = result.variables[name]
        rows.append([name, v.long_name, v.long_name_zh, v.unit])
    return HtmlTable("", ["Name", "Meaning", "名称", "Unit"], rows, text=4)


def provenance(result: Result) -> list[HtmlTable]:
    """Versions, hashes, timings, residuals and whatever else the run recorded."""
    facts: dict[str, Any] = dict(result.provenance)
    tables = []
    for key, title, unit in (
        ("versions", "Versions", ""),
        ("hashes", "Hashes (SHA-256)", ""),
        ("timings", "Timings", " s"),
    ):
        part = facts.pop(key, None)
        if part:
            rows = [[str(k), f"{v:.3g}{unit}" if isinstance(v, float) else f"{v}{unit}"] for k, v in part.items()]
            tables.append(HtmlTable(title, ["", ""], rows, text=2))
    residuals = [[name, f"{value:.1e}"] for name, value in result.residuals.items()]
    if residuals:
        tables.append(HtmlTable("Largest accounting residuals, as a share of output", ["", ""], residuals, text=2))
    single = [
        [str(k), str(v)] for k, v in facts.items() if not isinstance(v, (Mapping, list, tuple)) and v not in ("", None)
    ]
    if single:
        tables.insert(0, HtmlTable("Run", ["", ""], single, text=2))
    return tables
