"""Checks of cases about limits of supply and demand at once: the allocation model and the mixed model."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from simcore.calendar import Calendar
from simcore.drivers import Drivers
from simcore.economy import indicators as io
from simcore.economy.readers import from_flows
from simcore.models.allocation import Allocation


def capacity(case: Any) -> dict[str, Any]:
    """A year in quarters under the case's capacities; the table without limits is the base."""
    Z, f, limit = case["Z"], case["final_demand_limit"], case["capacity"]
    x = Z.sum(axis=1) + f
    economy = from_flows(Z, f[:, None], activities=case.labels("Z"), users=["all"], categories={"all": "households"})
    calm = Drivers.calm(economy, Calendar.between("2022-Q1", "2022-Q4"))
    limited = calm.having("limits:capacity", "capacity", np.ones(4), limit / x - 1.0)
    found: dict[str, Any] = {}
    for objective in ("gross_output", "final_consumption"):
        paths = Allocation(objective=objective, disaster_imports=0.0).simulate(economy, limited)
        output, final = paths.output.sum(axis=0), paths.final.sum(axis=(0, 2))
        found[f"x_max_{objective}"], found[f"f_max_{objective}"] = output, final
        found[f"objective_max_{objective}"] = [(output if objective == "gross_output" else final).sum()]
    A, capped = io.technical_coefficients(Z, x), x > limit
    x_mixed, f_mixed = io.mixed_model(A, np.where(capped, 0.0, f), np.where(capped, limit, 0.0), capped)
    return {
        **found,
        "unconstrained_x": Allocation().simulate(economy, calm).output.sum(axis=0),
        "mixed_model_x_endogenous": x_mixed[~capped],
        "mixed_model_final_demand_of_capped": f_mixed[capped],
    }


CHECKS: dict[str, Callable[[Any], dict[str, Any]]] = {"con_capacity": capacity}
