"""Small economies that are easy to check by hand."""

import numpy as np
import pytest

from simcore.economy import ABROAD, CATEGORIES, Codes, Economy


def make_two_region_economy() -> Economy:
    """Goods, machines and services in two regions, two kinds of owner in industry; balanced by construction."""
    sectors = Codes(
        ("C13", "C34", "F"),
        ("Food", "Machinery", "Trade"),
        ("食品", "机械", "批发零售"),
        {"industry": ("C13", "C34"), "manufacturing": ("C13", "C34"), "equipment": ("C34",)},
    )
    regions = Codes(("east", "west"), ("East", "West"), ("东部", "西部"))
    ownerships = Codes(
        ("state", "private", "unclassified"), ("State", "Private", "Unclassified"), ("国有", "私营", "未分类")
    )
    activities = [(s, r, o) for s in (0, 1) for r in (0, 1) for o in (0, 1)] + [(2, 0, 2), (2, 1, 2)]
    sector, region, ownership = (np.array(axis) for axis in zip(*activities, strict=True))
    n, K = len(activities), 3
    # Shares of origin by product and pool (two regions, abroad), owners in fixed shares of a region.
    between = np.array(
        [
            [[0.8, 0.3, 0.7], [0.2, 0.7, 0.3]],
            [[0.7, 0.5, 0.9], [0.3, 0.5, 0.1]],
            [[0.9, 0.1, 0.6], [0.1, 0.9, 0.4]],
        ]
    )
    owner = np.where(ownership == 0, 0.4, np.where(ownership == 1, 0.6, 1.0))
    origin = between[sector, region] * owner[:, None]
    domestic = np.array([[0.20, 0.02, 0.05], [0.03, 0.30, 0.04], [0.10, 0.08, 0.15]])
    imported = np.array([[0.02, 0.00, 0.01], [0.01, 0.06, 0.00], [0.00, 0.00, 0.00]])
    users = [(c, r) for c in ("households", "government", "investment") for r in (0, 1)] + [("exports", ABROAD)]
    category = np.array([CATEGORIES.index(c) for c, _ in users])
    user_region = np.array([r for _, r in users])
    user_pool = np.where(user_region == ABROAD, 2, user_region)
    final = np.array(
        [
            [300.0, 100.0, 10.0, 5.0, 0.0, 0.0, 60.0],
            [40.0, 10.0, 0.0, 0.0, 150.0, 60.0, 80.0],
            [250.0, 90.0, 120.0, 60.0, 20.0, 10.0, 30.0],
        ]
    )
    final_imported = 0.1 * final * (category != CATEGORIES.index("exports"))
    stock_change = np.where(sector == 0, 2.0, -1.0)
    stock_change[sector == 2] = 0.0
    A = origin[:, region] * domestic[np.ix_(sector, sector)]
    Y = origin[:, user_pool] * final[sector]
    x = np.linalg.solve(np.eye(n) - A, Y.sum(axis=1) + stock_change)
    use_domestic, use_imported = domestic[:, sector] * x, imported[:, sector] * x
    added = x - use_domestic.sum(axis=0) - use_imported.sum(axis=0)
    value_added = np.array([0.5, 0.15, 0.15, 0.2])[:, None] * added
    return Economy(
        name="two-regions", version=1, unit="bn yuan", base_year=2022, price_year=2020,
        sectors=sectors, regions=regions, ownerships=ownerships,
        sector=sector, region=region, ownership=ownership,
        pools=("east", "west", "abroad"), pool=region,
        user_category=category, user_region=user_region, user_pool=user_pool,
        x=x, use_domestic=use_domestic, use_imported=use_imported, origin=origin,
        final_domestic=final, final_imported=final_imported, stock_change=stock_change,
        value_added=value_added,
        value_added_names=("compensation", "net_taxes", "depreciation", "operating_surplus"),
        employment=x / 100.0, cover=np.full((K, n), 20.0), headroom=np.full(n, 0.04),
        criticality=np.ones((K, n)), price_index=np.array([1.05, 1.1, 1.0]),
        meta={"note": "made for tests"},
        alternatives={"strong_home_bias": origin},
    )  # fmt: skip


@pytest.fixture(scope="session")
def two_region_economy() -> Economy:
    return make_two_region_economy()
