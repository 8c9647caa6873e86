"""What one field of a recipe says about another: told before any source is opened."""

from __future__ import annotations

from ...language.shape import did_you_mean
from ..balances import BALANCES
from .reading import Opened

CERTAIN = {
    "output": "output is a total of rows and of columns at once and must hold exactly",
    "trade": "trade between regions is met exactly",
}


def check_words(opened: Opened) -> None:
    """Tell what one field says about another, before a source is opened."""
    recipe = opened.recipe
    _check_name_and_years(opened)
    _check_totals(opened)
    _check_balance(opened)
    _check_deflators(opened)
    if recipe.baseline.end < f"{recipe.base_year + 1}-12":
        opened.tell(
            "SC508",
            f"the baseline ends in {recipe.baseline.end}; it must reach {recipe.base_year + 1}-12 "
            "or later, so that a year before every month of a run is in it",
            "baseline",
            "end",
        )
    if recipe.baseline.end.endswith("-01"):
        opened.tell(
            "SC508", f"a baseline cannot end with a January; write '{recipe.baseline.end[:5]}02'", "baseline", "end"
        )


def _check_name_and_years(opened: Opened) -> None:
    recipe = opened.recipe
    if recipe.name != opened.folder.resolve().name:
        opened.tell(
            "SC519",
            f"the calibration is called '{recipe.name}' but lies in the folder '{opened.folder.resolve().name}', by "
            "which scenarios find it; give both the same name",
            "name",
        )
    if recipe.year > recipe.vintage.year:
        opened.tell("SC508", f"the table is of {recipe.year}, after the vintage {recipe.vintage}", "year")
    if recipe.target_year is not None:
        if recipe.target_year <= recipe.year:
            opened.tell(
                "SC508",
                f"target_year {recipe.target_year} is not after the table's year {recipe.year}; leave it out or "
                "write a later one",
                "target_year",
            )
        elif recipe.target_year > recipe.vintage.year:
            opened.tell(
                "SC508", f"target_year {recipe.target_year} lies after the vintage {recipe.vintage}", "target_year"
            )
        if not any(t.of == "output" for t in recipe.totals):
            opened.tell(
                "SC509",
                f"to bring the table to {recipe.target_year}, totals of output of that year are needed; add "
                "'- {of: output, file: sources/output.csv, unit: ...}' under 'totals'",
                "target_year",
            )


def _check_totals(opened: Opened) -> None:
    recipe = opened.recipe
    seen: dict[str, int] = {}
    for i, total in enumerate(recipe.totals):
        if total.of in seen:
            opened.tell("SC009", f"totals of {total.of} are given twice", "totals", i, "of")
        seen[total.of] = i
        if total.of in CERTAIN and total.uncertainty > 0:
            opened.tell(
                "SC509",
                f"{CERTAIN[total.of]}; leave 'uncertainty' out here and give it to value_added, imports or "
                "final_demand",
                "totals",
                i,
                "uncertainty",
            )
        if total.unit.split()[-1] != recipe.currency:
            opened.tell(
                "SC507",
                f"the totals are in {total.unit} but the table is in {recipe.table.unit}; give both in one currency",
                "totals",
                i,
                "unit",
            )


def _check_balance(opened: Opened) -> None:
    """The word; whether it fits the totals is known once their files are read."""
    method = opened.recipe.balance.method
    if method is not None and method not in BALANCES:
        opened.tell("SC024", f"unknown method '{method}'{did_you_mean(method, BALANCES, 12)}", "balance", "method")
    if opened.recipe.balance.cells == 0:
        message = "with cells of 0 % the table cannot move; write how uncertain its cells are, for example 30 %"
        opened.tell("SC518", message, "balance", "cells")


def _check_deflators(opened: Opened) -> None:
    recipe, given = opened.recipe, opened.recipe.deflators
    if given is None:
        return
    if given.year == recipe.base_year:
        opened.tell(
            "SC508",
            f"the table is of {recipe.base_year} and at its prices already; name the other year whose prices it shall "
            "have, or leave 'deflators' out",
            "deflators",
            "year",
        )
    if given.year > recipe.vintage.year:
        opened.tell("SC508", f"prices of {given.year} lie after the vintage {recipe.vintage}", "deflators", "year")
    if recipe.price_year is not None and recipe.price_year != given.year:
        opened.tell(
            "SC518",
            f"price_year {recipe.price_year} is not the year of the deflators, {given.year}; leave 'price_year' out",
            "price_year",
        )
    if given.imports_over is not None and given.imports is None:
        opened.tell("SC518", "'imports_over' needs a column 'imports' to stand over", "deflators", "imports_over")
