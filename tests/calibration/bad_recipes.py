"""Faulty recipes and sources: what stands in place of what is right. ``bad_recipes.txt`` holds their messages."""

from __future__ import annotations

from pathlib import Path

from own_country import FILES, RECIPE, write

TOTALS = "totals:\n  - {of: output, file: sources/output.csv, unit: bn EUR}\n"
OUTPUT = "code,value\nfarm,104\nsteel,101\ncars,99\n22,108\n"
ADDED = "totals:\n  - {of: value_added, file: sources/added.csv, unit: bn EUR, uncertainty: 2 %}\n"
DEFLATORS = "deflators: {year: 2018, file: sources/prices.csv, column: p19, over: p18}\n"
PRICES = "code,p18,p19\nfarm,100,101\nsteel,100,102\ncars,90,95\n22,100,101\n"

# name: (edits of the recipe, edits of sources, more files)
Edits = list[tuple[str, str]]
CASES: dict[str, tuple[Edits, dict[str, Edits], dict[str, str]]] = {
    "unknown key": ([("balance:", "balanse:")], {}, {}),
    "missing key": ([("year: 2019\n", "")], {}, {}),
    "unknown kind of table": ([("kind: symmetric", "kind: symetric")], {}, {}),
    "missing file": ([("sources/flows.csv", "sources/flow.csv")], {}, {}),
    "file outside the folder": ([("sources/flows.csv", "../flows.csv")], {}, {}),
    "file beside sources": ([("sources/flows.csv", "recipe.yaml")], {}, {}),
    "wrong unit": ([("unit: bn EUR", "unit: billions of euros")], {}, {}),
    "no currency": ([("unit: bn EUR", "unit: bn EURO")], {}, {}),
    "wrong year": ([("year: 2019", "year: 20190")], {}, {}),
    "year after the vintage": ([("year: 2019", "year: 2023"), ("2020-12", "2024-12")], {}, {}),
    "unknown method": ([("method: gras", "method: grass")], {}, {}),
    "YAML error": ([("title: A small country", "title: A small: country")], {}, {}),
    "a list in place of keys": ([(RECIPE, "- one\n- two\n")], {}, {}),
    "key twice": ([("version: 1", "version: 1\nversion: 2")], {}, {}),
    "name of another folder": ([("name: small", "name: big")], {}, {}),
    "unknown sector in industry": ([("industry: [steel, cars]", "industry: [stel, cars]")], {}, {}),
    "unknown sector in stocks": ([("{all: 20 days}", "{all: 20 days, carz: 3 days}")], {}, {}),
    "days without a unit": ([("{all: 20 days}", "{all: 20}")], {}, {}),
    "unknown category": ([("people: households", "people: consumption")], {}, {}),
    "category of no user": ([("people: households", "peeple: households")], {}, {}),
    "unknown component": ([("wages: compensation", "wage: compensation")], {}, {}),
    "totals name an unknown sector": (
        [("balance:", TOTALS + "balance:")],
        {},
        {"output": OUTPUT.replace("steel", "stel")},
    ),
    "totals lack a sector": ([("balance:", TOTALS + "balance:")], {}, {"output": OUTPUT.replace("cars,99\n", "")}),
    "totals of another currency": (
        [("balance:", TOTALS.replace("EUR", "USD") + "balance:")],
        {},
        {"output": OUTPUT},
    ),
    "totals that do not match": (
        [("balance:", TOTALS + "  - {of: final_demand, file: sources/demand.csv, unit: bn EUR}\nbalance:")],
        {},
        {
            "output": OUTPUT,
            "demand": "code,value\npeople,170\nstate,45\nplants,50\nstocks,-2\nabroad,38\n",
        },
    ),
    "target year without totals": (
        [("year: 2019\n", "year: 2019\ntarget_year: 2020\n"), ("2020-12", "2021-12")],
        {},
        {},
    ),
    "uncertain output": (
        [("balance:", TOTALS.replace("unit: bn EUR", "unit: bn EUR, uncertainty: 2 %") + "balance:")],
        {},
        {"output": OUTPUT},
    ),
    "table that is not square": ([], {"flows": [("22,5,6,5,4\n", "")]}, {}),
    "cell that is no number": ([], {"flows": [("2,20,30,8", "2,n/a,30,"), ("3,4,10,3", "3,4,10")]}, {}),
    "code twice": ([], {"flows": [("steel,2,20", "farm,2,20")]}, {}),
    "labels of another table": ([], {"value_added": [("code,farm,steel", "code,form,steel")]}, {}),
    "negative value added": (
        [],
        {"value_added": [("40,34,25,50", "40,34,-9,50"), ("30,25,10,25", "30,25,-6,25")]},
        {},
    ),
    "output without purchases missing": (
        [("  value_added:", "  output: sources/output.csv\n  value_added:")],
        {},
        {"output": "code,value\nfarm,100\nsteel,100\ncars,0\n22,100\n"},
    ),
    "table that does not balance": ([], {"final_demand": [("farm,50", "farm,53")]}, {}),
    "negative flow": (
        [],
        {
            "flows": [("steel,2,20", "steel,-8,20")],
            "final_demand": [("steel,10", "steel,20")],
            "value_added": [("profits,30", "profits,40")],
        },
        {},
    ),
    "target missed": (
        [("baseline:", "targets:\n  - {of: gdp, value: 300, source: the office}\nbaseline:")],
        {},
        {},
    ),
    "target with both value and range": (
        [("baseline:", "targets:\n  - {of: gdp, value: 300, low: 1, source: the office}\nbaseline:")],
        {},
        {},
    ),
    "baseline too short": ([("end: 2020-12", "end: 2020-06")], {}, {}),
    "activity with holes": (
        [("{kind: flat, end: 2020-12}", "{kind: levels, file: sources/activity.csv, end: 2021-12}")],
        {},
        {"activity": "month,code,value\n2019-01,total,100\n2019-03,total,101\n"},
    ),
    "names of unknown sectors": (
        [("industry:", "sectors: {names: sources/names.csv}\nindustry:")],
        {},
        {"names": "code,name_en\nfarm,Farms\nstele,Steel\n"},
    ),
    "many at once": (
        [
            ("name: small", "name: smal"),
            ("sources/flows.csv", "sources/flow.csv"),
            ("method: gras", "method: rass"),
            ("people: households", "peeple: households"),
        ],
        {"value_added": [("40,34", "x,34")]},
        {},
    ),
    "many in the recipe": (
        [
            ("year: 2019", "yaer: 2019"),
            ("unit: bn EUR", "unit: EUR bn"),
            ("within: 0.1 %", "within: 1"),
            ("flat", "flt"),
        ],
        {},
        {},
    ),
    "method for uncertain totals without one": ([("method: gras", "method: kras")], {}, {}),
    "method that meets every total with an uncertain one": (
        [("balance:", ADDED + "balance:")],
        {},
        {"added": "code,value\nfarm,75\nsteel,64\ncars,40\n22,77\n"},
    ),
    "method for regions": ([("method: gras", "method: mrgras")], {}, {}),
    "cells in a method that knows none": ([("within: 0.1 %", "within: 0.1 %, cells: 5 %")], {}, {}),
    "cells that cannot move": ([("within: 0.1 %", "within: 0.1 %, cells: 0 %")], {}, {}),
    "prices that lack a sector": (
        [("balance:", DEFLATORS + "balance:")],
        {},
        {"prices": PRICES.replace("cars,90,95\n", "")},
    ),
    "trade in one region": (
        [("balance:", TOTALS.replace("output", "trade") + "balance:")],
        {},
        {"trade": "code,small\nsmall,0\n"},
    ),
    "a standard deviation below zero": (
        [("balance:", ADDED.replace(", uncertainty: 2 %", "") + "balance:")],
        {},
        {"added": "code,value,sd\nfarm,75,1\nsteel,64,-1\ncars,40,1\n22,77,1\n"},
    ),
    "prices of the table's own year": (
        [("balance:", DEFLATORS.replace("2018", "2019") + "balance:")],
        {},
        {"prices": PRICES},
    ),
    "prices without their column": (
        [("balance:", DEFLATORS.replace("p19,", "p29,") + "balance:")],
        {},
        {"prices": PRICES},
    ),
    "prices that count from 100": (
        [("balance:", DEFLATORS.replace(", over: p18", "") + "balance:")],
        {},
        {"prices": PRICES},
    ),
    "a price of zero": ([("balance:", DEFLATORS + "balance:")], {}, {"prices": PRICES.replace("90,95", "0,95")}),
    "value added that turns negative": (
        [("balance:", DEFLATORS + "balance:")],
        {},
        {"prices": PRICES.replace("steel,100,102", "steel,100,20").replace("cars,90,95", "cars,90,180")},
    ),
    "an empty recipe": ([(RECIPE, "")], {}, {}),
}


def faulty(folder: Path, name: str) -> Path:
    """The small country with one fault; unknown edits would change nothing, so they are refused."""
    recipe_edits, source_edits, more = CASES[name]
    recipe = RECIPE
    for old, new in recipe_edits:
        assert old in recipe, old
        recipe = recipe.replace(old, new)
    files = dict(FILES)
    for source, edits in source_edits.items():
        for old, new in edits:
            assert old in files[source], old
            files[source] = files[source].replace(old, new)
    return write(folder, recipe, **files, **more)
