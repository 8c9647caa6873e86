"""``simcore calibrate --check`` notices what a rebuild would change. That nothing would, `.ci/run` shows."""

import shutil
from dataclasses import replace

import pytest

from simcore import cli
from simcore.content import find_calibration
from simcore.economy.baseline import Baseline
from simcore.economy.store import load_economy, save_economy


@pytest.fixture(scope="module")
def tampered(tmp_path_factory):
    """The shipped calibration with a figure of the economy and one of the baseline a little too large."""
    folder = tmp_path_factory.mktemp("calibration") / "china-2022"
    shutil.copytree(find_calibration("china-2022"), folder)
    economy = load_economy(folder)
    save_economy(replace(economy, headroom=economy.headroom * (1 + 1e-6)), folder)
    baseline = Baseline.load(folder / "baseline.npz")
    replace(baseline, seasonal=baseline.seasonal * (1 + 1e-4)).save(folder / "baseline.npz")
    return folder


def test_a_figure_that_is_not_what_the_recipe_builds_exits_with_3_and_is_named(tampered, capsys):
    before = {path.name: path.read_bytes() for path in tampered.glob("*.*")}
    with pytest.raises(SystemExit) as end:
        cli.app(["calibrate", str(tampered), "--check"], prog_name="simcore")
    told = sorted(capsys.readouterr().err.splitlines())
    assert end.value.code == cli.CHECK_FAILED
    assert len(told) == 2 and "baseline.npz" in told[0] and "headroom" in told[1]
    assert {path.name: path.read_bytes() for path in tampered.glob("*.*")} == before
