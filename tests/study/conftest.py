"""The small study, run in one go."""

import pytest
from small_study import quick


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory):
    """The small study, run in one go."""
    return quick(tmp_path_factory.mktemp("study") / "undisturbed.zarr")
