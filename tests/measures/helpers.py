"""A small economy by hand, the shipped one, and a worked measure of every kind."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from textwrap import dedent

import numpy as np
import yaml

import simcore.measures.all  # noqa: F401  registers every kind
from simcore.calendar import Calendar
from simcore.economy import Codes, Economy
from simcore.economy.store import load_economy
from simcore.measures.base import MEASURES, Measure

ROOT = Path(__file__).parents[2]
RUN = Calendar.between("2022-11", "2023-12")
SIZE = {  # the field that makes a kind large or small, and the value at which nothing happens
    "investment_support": {"amount": 0.0},
    "project_finance": {"amount": 0.0},
    "consumption_tax": {"covered_sales": 0.0},
    "consumer_subsidy": {"amount": 0.0},
    "export_support": {"cover_increase": 0.0},
    "supply_guarantee": {"floor": 0.0},
    "epidemic": {"exposure": {"east": 0.0}},
    "capacity_loss": {"loss": 0.0},
    "export_demand": {"change": 0.0},
    "demand_shock": {"change": 0.0},
    "import_price": {"change": 0.0},
    "cost_change": {"change": 0.0},
    "stay_at_home": {"take_up": 0.0},
    "strategic_stock": {"quantity": 0.0},
    "import_substitution": {"share": 0.0},
    "orders": {"amount": 0.0},
    "relocation": {"share": 0.0},
    "liquidity_support": {"amount": 0.0},
    "technology_programme": {"amount": 0.0},
    "cluster": {"take_up": 0.0},
    "investment_bring_forward": {"share": 0.0},
    "equipment_insurance": {"amount": 0.0},
    "energy_rationing": {"shortage": 0.0},
    "transport_delay": {"extra_days": 0.0},
    "supplier_loss": {"share": 0.0},
    "price_cap": {"discount": 0.0},
    "announcement": {"response": 0.0},
    "part": {"share": 0.0},
    "target": {},
    "warning": {},
    "responsible": {},
}
SILENT = ("announcement", "part", "price_cap", "responsible", "target", "warning")  # their worked example moves nothing
LABELS = ("part", "responsible", "target", "warning")  # nor do they have a time or a cost of their own
MONEY = {  # where a kind states money
    "investment_support": "amount",
    "project_finance": "amount",
    "consumption_tax": "covered_sales",
    "consumer_subsidy": "amount",
    "technology_programme": "amount",
    "liquidity_support": "amount",
    "equipment_insurance": "amount",
}


@cache
def china() -> Economy:
    return load_economy(ROOT / "calibration" / "china-2022")


def entry(kind: str, **changes) -> Measure:
    """The kind's worked example with some fields changed, read as a scenario file is."""
    (id, fields), *_ = yaml.safe_load(dedent(MEASURES[kind].example)).items()
    fields = {k: v for k, v in fields.items() if k != "kind"}
    made = MEASURES[kind].model_validate({"id": id, **fields}, context={"yaml": True})
    if not changes:
        return made
    again = made.model_dump(exclude_unset=True, by_alias=True) | {"id": id} | changes
    return MEASURES[kind].model_validate(again)


def small() -> Economy:
    """Three products (cars C36a, trade F, building E) in two regions, everything bought at home or abroad.

    Yearly flows in bn yuan: each region makes 60 of cars, 30 of trade and 40 of building; cars need 20 of
    cars and 10 of trade. Households buy cars and trade, investors cars and building; a tenth of cars bought
    by anyone is imported.
    """
    sectors = Codes(("C36a", "F", "E"), ("cars", "trade", "building"), ("车", "商", "建"), {"industry": ("C36a",)})
    regions = Codes(("east", "west"), ("East", "West"), ("东", "西"))
    owners = Codes(("unclassified",), ("unclassified",), ("未分类",))
    sector, region = np.tile([0, 1, 2], 2), np.repeat([0, 1], 3)
    use_domestic, use_imported = np.zeros((3, 6)), np.zeros((3, 6))
    for j in np.flatnonzero(sector == 0):
        use_domestic[:, j] = [18.0, 10.0, 0.0]
        use_imported[0, j] = 2.0
    category = np.array([0, 0, 2, 2, 1, 1, 4])  # households, investment, government by region; exports
    user_region = np.array([0, 1, 0, 1, 0, 1, -1])
    final_domestic = np.zeros((3, 7))
    final_domestic[:, 0:2] = np.array([[18.0], [20.0], [0.0]])
    final_domestic[:, 2:4] = np.array([[9.0], [0.0], [30.0]])
    final_domestic[:, 4:6] = np.array([[5.0], [0.0], [10.0]])
    final_domestic[:, 6] = [20.0, 0.0, 0.0]
    final_imported = np.zeros((3, 7))
    final_imported[0, 0:4] = [2.0, 2.0, 1.0, 1.0]
    x = np.tile([60.0, 30.0, 40.0], 2)
    value_added = (x - use_domestic.sum(axis=0) - use_imported.sum(axis=0))[None, :]
    origin = np.full((6, 3), 0.5)
    return Economy(
        name="small", version=1, unit="bn CNY", base_year=2022, price_year=2020, sectors=sectors,
        regions=regions, ownerships=owners, sector=sector, region=region, ownership=np.zeros(6, dtype=int),
        pools=("east", "west", "abroad"), pool=region, user_category=category, user_region=user_region,
        user_pool=np.array([0, 1, 0, 1, 0, 1, 2]), x=x, use_domestic=use_domestic, use_imported=use_imported,
        origin=origin, final_domestic=final_domestic, final_imported=final_imported, stock_change=np.zeros(6),
        value_added=value_added, value_added_names=("compensation",), employment=np.ones(6),
        cover=np.full((3, 6), 20.0), headroom=np.full(6, 0.04), criticality=np.ones((3, 6)),
        price_index=np.array([1.02, 1.05, 1.10]),
    )  # fmt: skip
