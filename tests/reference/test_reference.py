"""Published and independently recomputed cases, cell by cell; the layout stands in README.md."""

from __future__ import annotations

import csv
import os
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import checks_balance
import checks_dynamic
import checks_estimation
import checks_limits
import checks_network
import checks_regions
import checks_static
import numpy as np
import pytest

from simcore.calendar import Calendar
from simcore.drivers import Drivers
from simcore.economy import indicators as io
from simcore.economy.readers import from_flows
from simcore.models.leontief import Leontief

CASES = Path(__file__).parent / "cases"


class Case(Mapping):
    """A folder's tables by name, without labels; a vector comes as one."""

    def __init__(self, folder: Path):
        self.folder = folder

    def labels(self, name: str) -> list[str]:
        with open(self.folder / f"{name}.csv", newline="", encoding="utf-8") as file:
            return [row[0] for row in list(csv.reader(file))[1:]]

    def __getitem__(self, name: str) -> np.ndarray:
        with open(self.folder / f"{name}.csv", newline="", encoding="utf-8") as file:
            header, *rows = csv.reader(file)
        table = np.array([[float(cell) for cell in row[1:]] for row in rows])
        return table[:, 0] if header[1:] == ["value"] else table

    def __iter__(self):
        return (path.stem for path in self.folder.glob("*.csv"))

    def __len__(self) -> int:
        return len(list(iter(self)))

    def row(self, table: str, label: str) -> np.ndarray:
        return self[table][self.labels(table).index(label)]


def germany(case: Case) -> dict[str, Any]:
    Z, x = case["Z"], case["output"]
    A, G = io.technical_coefficients(Z, x), io.ghosh_inverse(io.allocation_coefficients(Z, case["total_use"]))
    L = io.leontief_inverse(A)
    value_added = case.row("primary_inputs", "gva") / x
    persons = case.row("primary_inputs", "employment_domestic_total") / x
    forward = io.forward_linkages(G)
    return {
        "A_spots_[0,0],[4,0],[4,4]": [A[0, 0], A[4, 0], A[4, 4]],
        "I_minus_A_diag_0_1_2": (1.0 - np.diag(A))[:3],
        "L_diag_0_1": np.diag(L)[:2],
        "output_multipliers_backward_linkages": io.output_multipliers(L),
        "gva_coefficients": value_added,
        "gva_multipliers": io.simple_multipliers(value_added, L),
        "employment_multipliers": io.simple_multipliers(persons, L),
        "ghosh_inverse_column_agriculture": G[:, 0],
        "ghosh_row_sums_forward_linkages": forward,
        "forward_linkages_sectors_0_2_3_4_5": forward[[0, 2, 3, 4, 5]],
        "L_full": L,
        "A_full": A,
        "G_full": G,
    }


def run_leontief(case: Case, extra: np.ndarray) -> np.ndarray:
    """Output under more final demand, by the model itself: a year in quarters, on the full form."""
    labels = case.labels("Z")
    economy = from_flows(
        case["Z"],
        case["final_demand"][:, None],
        activities=labels,
        users=["all"],
        categories={"all": "households"},
    )
    calendar = Calendar.between("2022-Q1", "2022-Q4")
    weights = economy.origin[:, economy.user_pool] * 0.0
    weights[:, 0] = extra  # products and activities are one and the same in a table without regions
    drivers = Drivers.calm(economy, calendar).having("d:demand", "demand", np.full(4, 0.25), weights)
    return Leontief().simulate(economy, drivers).output.sum(axis=0)


def two_sector(case: Case) -> dict[str, Any]:
    Z, x, f = case["Z"], case["x"], case["final_demand"]
    A, B = io.technical_coefficients(Z, x), io.allocation_coefficients(Z, x)
    L, G = io.leontief_inverse(A), io.ghosh_inverse(B)
    income = dict(zip(case.labels("household_scalars"), case["household_scalars"], strict=True))
    wages, total = case["labour_income"] / x, income["household_total_income"]
    within = income["households_to_households"] / total
    closed = io.close_to_households(A, wages, case["household_consumption"] / total, within)
    L_closed, target = io.leontief_inverse(closed), np.array([600.0, 1500.0])
    simple, all_income = (
        io.simple_multipliers(wages, L),
        io.total_multipliers(np.append(wages, within), L_closed),
    )
    primary = 1.0 - A.sum(axis=0)
    x_mixed, f_mixed = io.mixed_model(A, np.array([350.0, 0.0]), np.array([0.0, 1500.0]), np.array([False, True]))
    return {
        "A": A,
        "L": L,
        "x_for_f_600_1500": run_leontief(case, target - f),
        "A_closed": closed,
        "L_closed": L_closed,
        "x_closed_for_f_600_1500_0": L_closed @ np.append(target, 0.0),
        "output_multiplier_simple": io.output_multipliers(L),
        "output_multiplier_total_truncated": io.total_multipliers(np.array([1.0, 1.0, 0.0]), L_closed),
        "income_multiplier_simple": simple,
        "income_multiplier_typeI": io.per_direct_unit(simple, wages),
        "income_multiplier_total": all_income,
        "income_multiplier_typeII": io.per_direct_unit(all_income, wages),
        "typeII_over_typeI_ratio": all_income / simple,
        "B_allocation": B,
        "G_ghosh": G,
        "ghosh_check_x": (x - Z.sum(axis=0)) @ G,
        "price_base": io.cost_push_prices(A, primary),
        "price_wage_plus30pct": io.cost_push_prices(A, primary + 0.3 * wages),
        "power_of_dispersion": io.against_mean(io.backward_linkages(L)),
        "sensitivity_L": io.against_mean(io.forward_linkages(L)),
        "sensitivity_Ghosh": io.against_mean(io.forward_linkages(G)),
        "extraction_total_loss": io.extraction_losses(A, f),
        "mixed_x1_f2_given_f1_350_x2_1500": [x_mixed[0], f_mixed[1]],
        "power_series_k_0_7": io.power_series(A, target, 7),
    }


def interregional(case: Case) -> dict[str, Any]:
    A = io.technical_coefficients(case["Z"], case["x"])
    inside = np.array([label.startswith("r") for label in case.labels("Z")])
    effects = io.regional_effects(A, inside, np.array([100.0, 0.0, 0.0]))
    model = run_leontief(case, np.array([100.0, 0.0, 0.0, 0.0, 0.0])) - case["x"]
    assert np.allclose(model[inside], effects.own + effects.feedback, rtol=0, atol=1e-9)
    return {
        "L": io.leontief_inverse(A),
        "single_region_dx_for_100_r1": effects.own,
        "full_model_dx_region_r_for_100_r1": effects.own + effects.feedback,
        "interregional_feedback_share_pct": [100.0 * effects.feedback_share],
        "feedback_matrix": io.feedback_matrix(A, inside),
        "spillover_s_from_r1_100": effects.spillover,
    }


CHECKS: dict[str, Callable[[Case], dict[str, Any]]] = {
    "io_germany": germany,
    "io_mb_two_sector": two_sector,
    "io_mb_interregional": interregional,
    **checks_balance.CHECKS,
    **checks_estimation.CHECKS,
    **checks_limits.CHECKS,
    **checks_network.CHECKS,
    **checks_regions.CHECKS,
    **checks_static.CHECKS,
}
ITERATED = {
    "balanced",
    "independent_entropy_dual_solution",
    "fixed_point_iterations_to_1e-13",
    "gradient_residual_max",
    "grand_total",
    "block_error_of_plain_gras",
}


def check_for(folder: Path) -> Callable[[Case], dict[str, Any]] | None:
    """The check with the longest prefix of the folder's name."""
    fitting = [prefix for prefix in CHECKS if folder.name.startswith(prefix)]
    return CHECKS[max(fitting, key=len)] if fitting else None


def path_folders() -> list[Path]:
    """Cases that are paths, shipped or of the environment: their files are tables by day, without expected.csv."""
    named = [Path(entry) for entry in os.environ.get("SIMCORE_REFERENCE_DIRS", "").split(os.pathsep) if entry]
    found = [*sorted(CASES.iterdir()), *(p for entry in named for p in (entry, *sorted(entry.glob("*"))))]
    return [p for p in found if p.is_dir() and p.name.startswith(tuple(checks_dynamic.PATHS))]


@pytest.mark.parametrize("folder", path_folders(), ids=lambda folder: folder.name)
def test_the_path_is_reproduced_cell_by_cell(folder):
    fitting = [prefix for prefix in checks_dynamic.PATHS if folder.name.startswith(prefix)]
    assert checks_dynamic.problems(folder, checks_dynamic.PATHS[max(fitting, key=len)]) == []


def folders() -> list[Path]:
    """Shipped cases, then those of the environment; a named folder is a case or holds cases."""
    found = sorted(path.parent for path in CASES.glob("*/expected.csv"))
    for entry in filter(None, os.environ.get("SIMCORE_REFERENCE_DIRS", "").split(os.pathsep)):
        cases = [p.parent for p in sorted([*Path(entry).glob("expected.csv"), *Path(entry).glob("*/expected.csv")])]
        if not cases and not any(Path(entry) in (p, p.parent) for p in path_folders()):
            raise FileNotFoundError(f"SIMCORE_REFERENCE_DIRS: {entry} is no case and holds none (no expected.csv)")
        for case in cases:
            if check_for(case) is None:
                warnings.warn(f"no check for reference case {case.name}", stacklevel=1)
            else:
                found.append(case)
    return found


@pytest.mark.parametrize("folder", folders(), ids=lambda folder: folder.name)
def test_the_case_is_reproduced_cell_by_cell(folder):
    check = check_for(folder)
    assert check is not None, f"no check for {folder.name}; there is {', '.join(CHECKS)}"
    found = {name: np.asarray(value) for name, value in check(Case(folder)).items()}
    with open(folder / "expected.csv", newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if "NOT_REPRODUCED" not in row["quantity"]]
    sizes: dict[str, int] = {}
    problems = []
    for row in rows:
        name, index = row["quantity"], tuple(int(i) for i in row["index"].split("|"))
        assert name in found, f"{folder.name}: the check knows no quantity '{name}'"
        sizes[name] = sizes.get(name, 0) + 1
        value, recomputed, tolerance = (
            found[name][index],
            float(row["recomputed"]),
            float(row["tolerance_abs"]),
        )
        rough = name in ITERATED or name.endswith("_finite_difference")
        allowed = tolerance if rough else 1e-8 * max(1.0, abs(recomputed))
        if not abs(value - recomputed) <= allowed:
            problems.append(f"{name}[{row['index']}] is {value!r}, recomputed {recomputed!r}")
        if row["published"] and not abs(value - float(row["published"])) <= tolerance:
            problems.append(f"{name}[{row['index']}] is {value!r}, published {row['published']}")
    assert not problems, "\n".join(problems)
    assert rows and all(found[name].size == size for name, size in sizes.items()), "a quantity is not complete"


def test_every_issued_check_has_a_shipped_case():
    used = {check_for(path.parent) for path in CASES.glob("*/expected.csv")}
    assert used == set(CHECKS.values())


def test_a_wrong_figure_is_noticed(tmp_path):
    source = CASES / "bal_ras_mb_coefficients"
    for path in source.glob("*.csv"):
        (tmp_path / path.name).write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    moved = tmp_path.rename(tmp_path.with_name("bal_ras_mb_coefficients_moved"))
    text = (moved / "expected.csv").read_text(encoding="utf-8")
    (moved / "expected.csv").write_text(text.replace("0.3924231548721257", "0.39242"), encoding="utf-8")
    with pytest.raises(AssertionError, match=r"A1_ras\[0\|0\]"):
        test_the_case_is_reproduced_cell_by_cell(moved)
