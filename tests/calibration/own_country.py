"""A small country of four industries, as its user would write it: a recipe and CSV files that balance."""

from pathlib import Path

FLOWS = """code,farm,steel,cars,22
farm,10,0,5,5
steel,2,20,30,8
cars,3,4,10,3
22,5,6,5,4
"""
FINAL = """code,people,state,plants,stocks,abroad
farm,50,5,5,0,20
steel,10,5,20,-5,10
cars,40,10,20,2,8
22,50,25,4,1,0
"""
# Output: farm 100, steel 100, cars 100, 22 (services) 100.
IMPORTS = """code,farm,steel,cars,22
farm,5,0,0,1
steel,1,5,5,1
cars,0,0,4,0
22,1,1,1,1
"""
FINAL_IMPORTS = """code,people,state,plants,stocks,abroad
farm,2,0,0,0,0
steel,0,0,1,0,0
cars,5,0,3,0,0
22,1,0,0,0,0
"""
VALUE_ADDED = """code,farm,steel,cars,22
wages,40,34,25,50
taxes,3,5,5,2
profits,30,25,10,25
"""
RECIPE = """schema: simcore/calibration@1
kind: table
name: small
title: A small country
version: 1
vintage: 2022-11-22
year: 2019
table:
  kind: symmetric
  unit: bn EUR
  flows: sources/flows.csv
  final_demand: sources/final_demand.csv
  imports: sources/imports.csv
  final_imports: sources/final_imports.csv
  value_added: sources/value_added.csv
regions: {small: Small country}
industry: [steel, cars]
final_demand:
  people: households
  state: government
  plants: investment
  stocks: inventories
  abroad: exports
value_added: {wages: compensation, taxes: net_taxes, profits: operating_surplus}
balance: {method: gras, within: 0.1 %}
stocks: {cover: {all: 20 days}}
baseline: {kind: flat, end: 2020-12}
"""
FILES = {
    "flows": FLOWS,
    "final_demand": FINAL,
    "imports": IMPORTS,
    "final_imports": FINAL_IMPORTS,
    "value_added": VALUE_ADDED,
}


def write(folder: Path, recipe: str = RECIPE, **files: str) -> Path:
    """The country's folder, with other files where they are given."""
    place = folder / "small"
    (place / "sources").mkdir(parents=True, exist_ok=True)
    (place / "recipe.yaml").write_text(recipe, encoding="utf-8")
    for name, text in {**FILES, **files}.items():
        (place / "sources" / f"{name}.csv").write_text(text, encoding="utf-8")
    return place


def column(values):
    """A file of one value for each industry."""
    return "code,value\n" + "".join(
        f"{code},{float(v)!r}\n" for code, v in zip(("farm", "steel", "cars", "22"), values, strict=True)
    )


def with_totals(folder, method="gras", within="30 %", uncertainty=None, **totals):
    """The country brought to 2020 by totals; ``uncertainty`` is of all but output."""
    more = f", uncertainty: {uncertainty}" if uncertainty else ""
    lines = [
        f"  - {{of: {name}, file: sources/{name}_total.csv, unit: bn EUR{more if name != 'output' else ''}}}\n"
        for name in totals
    ]
    recipe = RECIPE.replace("{method: gras, within: 0.1 %}", f"{{method: {method}, within: {within}}}")
    recipe = recipe.replace("year: 2019\n", "year: 2019\ntarget_year: 2020\n").replace("2020-12", "2021-12")
    recipe = recipe.replace("stocks: {cover", "totals:\n" + "".join(lines) + "stocks: {cover")
    return write(folder, recipe, **{f"{name}_total": text for name, text in totals.items()})
