"""The shipped sources and what is made of them, read once."""

from pathlib import Path

import pytest

from simcore.economy.baseline import Baseline
from simcore.fitting.baseline import build
from simcore.fitting.history import History, read_history

CALIBRATION = Path(__file__).parents[2] / "calibration" / "china-2022"


@pytest.fixture(scope="session")
def folder() -> Path:
    return CALIBRATION


@pytest.fixture(scope="session")
def history() -> History:
    return read_history(CALIBRATION / "sources")


@pytest.fixture(scope="session")
def built() -> Baseline:
    return build(CALIBRATION / "sources")
