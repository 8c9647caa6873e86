"""Checks of cases about static and comparative-static models, supply and use, and the dynamic Leontief model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from simcore.economy import dynamics, supply_use
from simcore.economy import indicators as io


def chile(case: Any) -> dict[str, Any]:
    """The package's figures rest on A = X / d with d final demand; proper ones on gross output."""
    X, wages, d = case["transactions"], case["wage_demand"][:, 0], case["wage_demand"][:, -1]
    consumption, employees = case["wage_demand"][:, 2], case["employment"][:, 0]
    A, wage = io.technical_coefficients(X, d), wages / d
    L = io.leontief_inverse(A)
    x = X.sum(axis=1) + d
    proper = io.leontief_inverse(io.technical_coefficients(X, x))
    closed = io.close_to_households(A, wage, consumption / wages)
    from_column_means = ((L - L.mean(axis=0)) ** 2).sum(axis=1) / (len(L) - 1)
    package_cv = "power_of_dispersion_cv_as_package_prints_it_row_sums_of_column_deviations"
    return {
        "output_multiplier": io.output_multipliers(L),
        "income_multiplier": io.simple_multipliers(wage, L),
        "employment_multiplier": io.simple_multipliers(employees / d, L),
        "backward_linkage_direct": io.backward_linkages(A),
        "forward_linkage_direct_rows_of_A": io.forward_linkages(A),
        "equilibrium_output": L @ d,
        "power_of_dispersion": io.against_mean(io.backward_linkages(L)),
        "power_of_dispersion_cv_standard_definition": io.dispersion(L),
        package_cv: np.sqrt(from_column_means) / L.mean(axis=0),
        "sensitivity_of_dispersion": io.against_mean(io.forward_linkages(L)),
        "L_first_row": L[0],
        "multiplier_product_matrix_row0": io.multiplier_product(L).T[0],
        "package_L_d_minus_gross_output_relative": L @ d / x - 1.0,
        "proper_gross_output": x,
        "proper_output_multiplier": io.output_multipliers(proper),
        "proper_L_d": proper @ d,
        "household_column_convention_c_over_w": closed[:-1, -1],
        "backward_linkage_with_induced": io.backward_linkages(closed)[:-1],
    }


def supply_and_use(case: Any) -> dict[str, Any]:
    V, U, final = case["V_make"], case["U_use"], case["final_demand_commodity"]
    products, industries = supply_use.product_requirements(U, V), supply_use.industry_requirements(U, V)
    assert np.allclose(U.sum(axis=0) + case["value_added_industry"], V.sum(axis=1))
    return {
        "B_use_coeff": supply_use.use_coefficients(U, V),
        "D_market_share": supply_use.market_shares(V),
        "A_cxc_industry_technology": supply_use.coefficients(U, V, "industry_technology"),
        "A_cxc_commodity_technology": supply_use.coefficients(U, V, "product_technology"),
        "A_ixi_fixed_product_sales": supply_use.coefficients(U, V, "fixed_product_sales"),
        "A_ixi_fixed_industry_sales": supply_use.coefficients(U, V, "fixed_industry_sales"),
        "total_req_cxc_industry_technology": products,
        "total_req_ixc_industry_technology": industries,
        "commodity_output_check": products @ final,
        "industry_output_check": industries @ final,
    }


def dynamic_leontief(case: Any) -> dict[str, Any]:
    A, B, first, growth = case["A"], case["B"], case["f0"], float(case["growth_of_final_demand"][0])
    rows = [index for quantity, index in _expected(case) if quantity == "particular_path"]
    periods = 1 + max(int(index.split("|")[0]) for index in rows)
    rate, proportions = dynamics.balanced_growth(A, B)
    x = dynamics.growing_path(A, B, first, growth, periods)
    f = (1.0 + growth) ** np.arange(periods)[:, None] * first
    end = 1.1 * x[-1]
    return {
        "balanced_growth_rate": [rate],
        "balanced_proportions": proportions,
        "particular_path": x,
        "backward_path_from_terminal_110pct": np.vstack([dynamics.backward_path(A, B, f[:-1], end), end]),
        "equation_residual": [np.abs(dynamics.dynamic_residual(A, B, x, f[:-1])).max()],
    }


def inoperability(case: Any) -> dict[str, Any]:
    static = {
        f"q_{table[6:]}": dynamics.static_inoperability(case[table], case[f"c_{table[6:]}"])
        for table in sorted(case)
        if table.startswith("Astar_")
    }
    k, c = case["diim_k"], case["diim_c"]
    A_star = case[f"Astar_{len(k)}"]
    name = next(quantity for quantity, _ in _expected(case) if quantity.startswith("diim_path_c_applied"))
    words = name.split("_")  # diim_path_c_applied_steps_0_to_19_T60
    first, last, steps = int(words[5]), int(words[7]), int(words[8][1:])
    applied = np.zeros((steps, len(c)))
    applied[first : last + 1] = c
    path = dynamics.inoperability_path(A_star, k, applied, np.zeros(len(c)))
    return static | {
        name: path,
        "diim_cumulative_trapezoid": dynamics.cumulative_inoperability(path),
        "diim_steady_state_if_c_kept": dynamics.static_inoperability(A_star, c),
    }


def _expected(case: Any) -> list[tuple[str, str]]:
    """Quantity and index of every expected figure."""
    rows = (case.folder / "expected.csv").read_text(encoding="utf-8").splitlines()[1:]
    return [tuple(row.split(",")[:2]) for row in rows]  # type: ignore[misc]


CHECKS: Mapping[str, Callable[[Any], dict[str, Any]]] = {
    "io_chile": chile,
    "io_mb_sut": supply_and_use,
    "dyn_leontief": dynamic_leontief,
    "dyn_iim": inoperability,
}
