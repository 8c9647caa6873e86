"""The shipped calibration, worked through once."""

from pathlib import Path

import pytest

from simcore.economy.store import load_economy
from simcore.fitting.calibrate import work_through

FOLDER = Path(__file__).parents[2] / "calibration" / "china-2022"


@pytest.fixture(scope="session")
def folder() -> Path:
    return FOLDER


@pytest.fixture(scope="session")
def steps():
    return work_through(FOLDER)


@pytest.fixture(scope="session")
def china():
    return load_economy(FOLDER)
