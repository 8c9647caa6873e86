"""Compiled or not, a model computes the same."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from simcore import testing
from simcore.calendar import Calendar

from .promises import MONEY, cases, gap, label, made, shaken

TESTS = Path(__file__).parents[1]
YEAR = Calendar.between("2022-W01", "2022-W52")
PROGRAM = "import sys; from conformance.test_models_without_jit import write; write(sys.argv[1])"


def runs() -> dict[str, dict[str, np.ndarray]]:
    """What each model computes for a year of weeks of one shaken economy, by name."""
    economy = testing.random_economy(np.random.default_rng(3), sectors=3, regions=2)
    found = {}
    for case in cases():
        model = made(case)
        paths = model.simulate(economy, shaken(model, economy, seed=5, calendar=YEAR))
        found[label(case)] = {n: v for n in MONEY if (v := getattr(paths, n)) is not None}
    return found


def write(file: str) -> None:
    np.savez(file, **{f"{case}/{name}": v for case, arrays in runs().items() for name, v in arrays.items()})


@pytest.fixture(scope="module")
def interpreted(tmp_path_factory):
    file = tmp_path_factory.mktemp("interpreted") / "paths.npz"
    environment = os.environ | {"NUMBA_DISABLE_JIT": "1", "PYTHONPATH": f"{TESTS}{os.pathsep}{TESTS.parent}"}
    done = subprocess.run([sys.executable, "-c", PROGRAM, str(file)], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    with np.load(file) as arrays:
        return dict(arrays)


@pytest.fixture(scope="module")
def compiled():
    return runs()


@pytest.mark.parametrize("case", cases(), ids=label)
def test_a_year_of_weeks_is_the_same_with_jit_off(case, compiled, interpreted):
    arrays = compiled[label(case)]
    scale = np.abs(arrays["output"]).max()
    far = {n: g for n, v in arrays.items() if (g := gap(v, interpreted[f"{label(case)}/{n}"], scale)) > 1e-12}
    assert arrays["output"].shape[0] == 52 and far == {}
