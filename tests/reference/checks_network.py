"""Checks of cases about production networks with CES technology."""

from __future__ import annotations

import csv
from collections.abc import Callable
from typing import Any

import numpy as np

from simcore.models.nested_ces import Elasticities, closed_network, no_shock
from simcore.models.nested_ces_orders import hessian, hulten, weights
from simcore.models.nested_ces_solve import Solver


def ces(case: Any) -> dict[str, Any]:
    """One mobile factor; rows of the case's shares are buyers. The elasticity stands in the name of the quantity."""
    bought, sigma = case["omega_input_shares"].T, float(case["sigma"][0])
    inputs = bought.sum(axis=0)
    net = closed_network(bought / inputs, 1.0 - inputs, case["beta_final_shares"])
    shock = no_shock(net)._replace(productivity=np.log(case["productivity_z"]))

    def solver(theta: float, final: float) -> Solver:
        return Solver(net, Elasticities(theta, theta, final, 1.0, 1.0, 1.0, 1.0), factors="mobile")

    found: dict[str, Any] = {
        "domar_weights": weights(solver(1.0, 1.0)).productivity,
        "logY_hulten_first_order": [hulten(solver(1.0, 1.0), shock)],
        "logY_cobb_douglas_exact": -solver(1.0, 1.0).solve(shock).point.user_price,
    }
    with open(case.folder / "expected.csv", newline="", encoding="utf-8") as file:
        asked = {row["quantity"] for row in csv.DictReader(file)}
    for name in asked:
        head, _, rest = name.partition("_theta_")
        theta = rest.split("_")[0]
        if head == "logY":
            found[name] = -solver(float(theta), float(rest.split("_sigma_")[1])).solve(shock).point.user_price
        elif head == "hessian":
            found[name] = hessian(solver(float(theta), sigma))
    return found


CHECKS: dict[str, Callable[[Any], dict[str, Any]]] = {"net_ces": ces}
