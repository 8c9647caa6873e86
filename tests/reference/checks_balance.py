"""Checks of cases about balancing tables: RAS, GRAS, blocks, totals in conflict."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from simcore.economy import indicators as io
from simcore.fitting.balance import ras
from simcore.fitting.entropy import Blocks, gras


def balanced(case: Any, table: np.ndarray, r: np.ndarray, s: np.ndarray, iterations: int) -> dict[str, Any]:
    """What a case states of a table that meets its margins; multipliers are scaled so that the last column's is 1."""
    prior, r, s = case["prior"], r * s[-1], s / s[-1]
    # Each cell over its prior has a logarithm that is additive in rows and columns, up to its sign.
    log = np.zeros_like(prior)
    cells = prior != 0
    log[cells] = np.log(table[cells] / prior[cells]) * np.sign(prior[cells])
    return {
        "balanced": table,
        "independent_entropy_dual_solution": table,
        "row_sums": table.sum(axis=1),
        "col_sums": table.sum(axis=0),
        "r_normalised_last_s_is_1": r,
        "s_normalised_last_s_is_1": s,
        "fixed_point_iterations_to_1e-13": [iterations],
        "exponential_form_residual": [np.abs(log - np.where(cells, np.log(r)[:, None] + np.log(s), 0.0)).max()],
    }


def ras_totals(case: Any) -> dict[str, Any]:
    f = ras(case["prior"], case["row_totals"], case["col_totals"], tolerance=1e-13)
    return balanced(case, f.table, f.row_multipliers, f.column_multipliers, f.iterations)


def signed_totals(case: Any) -> dict[str, Any]:
    prior = case["prior"]
    # The case counts iterations until no margin is off by 1e-13 in its own unit.
    largest = max(np.abs(prior).sum(axis=axis).max() for axis in (0, 1))
    f = gras(prior, case["row_totals"], case["col_totals"], tolerance=1e-13 / largest)
    return balanced(case, f.table, f.row_multipliers, f.column_multipliers, f.iterations)


def block_totals(case: Any) -> dict[str, Any]:
    prior, u, v, G, Q = (case[name] for name in ("prior", "row_totals", "col_totals", "G", "Q"))
    blocks = Blocks(G.argmax(axis=0), Q.argmax(axis=1), case["W_block_totals"])
    table = gras(prior, u, v, blocks=blocks, tolerance=1e-13).table
    return {
        "balanced": table,
        "row_sums": table.sum(axis=1),
        "col_sums": table.sum(axis=0),
        "block_sums": G @ table @ Q,
        "block_error_of_plain_gras": np.abs(G @ gras(prior, u, v).table @ Q - case["W_block_totals"]),
    }


def totals_in_conflict(case: Any) -> dict[str, Any]:
    prior, u, v, sd_u, sd_v = (case[name] for name in ("prior", "row_totals", "col_totals", "row_sigma", "col_sigma"))
    table = gras(prior, u, v, row_sd=sd_u, column_sd=sd_v).table
    rows, columns = (table.sum(axis=1) - u) / sd_u**2, (table.sum(axis=0) - v) / sd_v**2
    gradient = np.log(table / prior) + rows[:, None] + columns
    return {"balanced": table, "gradient_residual_max": [np.abs(gradient).max()], "grand_total": [table.sum()]}


def ras_coefficients(case: Any) -> dict[str, Any]:
    x, true = case["x1"], case["Z1_true"]
    fitted = ras(case["A0"] * x, true.sum(axis=1), true.sum(axis=0), tolerance=1e-13)
    A, A_true = io.technical_coefficients(fitted.table, x), io.technical_coefficients(true, x)
    return {
        "A1_ras": A,
        "A1_true": A_true,
        "mad_ras_vs_true": [np.abs(A - A_true).mean()],
        "mape_pct_ras_vs_true": [100.0 * (np.abs(A - A_true) / A_true).mean()],
    }


CHECKS: dict[str, Callable[[Any], dict[str, Any]]] = {
    "bal_ras_mb": ras_totals,
    "bal_ras_mb_coefficients": ras_coefficients,
    "bal_gras": signed_totals,
    "bal_mrgras": block_totals,
    "bal_soft": totals_in_conflict,
}
