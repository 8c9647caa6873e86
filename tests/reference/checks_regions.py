"""Checks of cases about regional coefficients and trade among regions."""

from __future__ import annotations

import csv
from collections.abc import Callable
from typing import Any

import numpy as np

from simcore.economy import indicators as io
from simcore.fitting import quotients as lq


def location_quotients(case: Any) -> dict[str, Any]:
    r, n, A, delta = case["employment_region"], case["employment_nation"], case["A_nation"], float(case["delta"][0])
    cross, off = lq.cross_industry(r, n), ~np.eye(len(A), dtype=bool)
    quotients = {
        "SLQ": lq.simple(r, n),
        "CILQ": cross,
        "FLQ": lq.flegg(r, n, delta),
        "AFLQ": lq.augmented_flegg(r, n, delta),
    }
    found: dict[str, Any] = dict(quotients)
    found["lambda"] = [lq.region_size(r, n, delta)]
    found["FLQ_delta_0_equals_CILQ_off_diagonal"] = (lq.flegg(r, n, 0.0) - cross)[off]
    for name, q in quotients.items():
        coefficients = lq.regional_coefficients(A, q)
        found[f"A_region_{name}"] = coefficients
        found[f"output_multipliers_{name}"] = io.output_multipliers(io.leontief_inverse(coefficients))
    return found


def chenery_moses(case: Any) -> dict[str, Any]:
    with open(case.folder / "shipments.csv", newline="", encoding="utf-8") as file:
        rows = [
            (int(r["from"]) - 1, int(r["to"]) - 1, int(r["good"]) - 1, float(r["value"])) for r in csv.DictReader(file)
        ]
    R, K = 1 + max(r[0] for r in rows), 1 + max(r[2] for r in rows)
    shipments = np.zeros((R, R, K))
    for origin, destination, good, value in rows:
        shipments[origin, destination, good] = value
    shares = lq.trade_shares(shipments)
    A, f = case["A_block_diagonal"], case["final_demand_by_destination"]
    x, multipliers = lq.multiregional_output(shares, A, f)
    assert np.isclose(x.sum(), (A @ x).sum() + f.sum(), rtol=1e-12)
    return {
        "trade_shares_C": lq.trade_matrix(shares),
        "x": x,
        "multiplier_matrix": multipliers,
        "total_output_equals_total_use": [x.sum()],
    }


CHECKS: dict[str, Callable[[Any], dict[str, Any]]] = {"reg_lq": location_quotients, "reg_chenery_moses": chenery_moses}
