"""The same study on the workers of a dask cluster, one of which dies in the middle."""

import os
import signal
import sys

import pytest
from distributed import Client, LocalCluster
from small_study import QUICK, assert_same, quick

import simcore
from simcore.errors import StudyError
from simcore.studies import cluster
from simcore.studies.journal import sessions
from simcore.studies.plan import plan_of


@pytest.fixture(scope="module")
def client():
    """Two processes of one thread each."""
    with (
        LocalCluster(n_workers=2, processes=True, threads_per_worker=1, dashboard_address=None) as processes,
        Client(processes) as found,
    ):
        yield found


def test_a_worker_that_is_killed_in_the_middle_changes_no_bit(client, tmp_path):
    many = {"draws": 24, "block": 2}
    undisturbed = quick(tmp_path / "undisturbed.zarr", **many)
    victims = [client.run(os.getpid)]

    def kill(progress):
        if victims and progress.done >= 16:
            os.kill(next(iter(victims.pop().values())), signal.SIGKILL)

    study = quick(tmp_path / "study.zarr", client=client, progress=kill, **many)
    assert not victims and study.complete and study.failures.empty
    assert_same(study, undisturbed)
    begun = [key for _, key in sessions(study.path)]
    assert len(begun) == len(set(begun)) == len(plan_of("consumption-vouchers", **(QUICK | many)).blocks)


def test_a_study_that_was_interrupted_goes_on_on_a_cluster(client, undisturbed, tmp_path):
    def interrupt(progress):
        if progress.done >= 6:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        quick(tmp_path / "study.zarr", client=client, progress=interrupt)
    assert 6 <= simcore.open_study(tmp_path / "study.zarr").done < 14
    assert_same(quick(tmp_path / "study.zarr", client=client), undisturbed)


def test_workers_with_another_calibration_are_refused(monkeypatch):
    plan = plan_of("consumption-vouchers", model="first_order", draws=0)
    cluster.require_same_files(plan)
    monkeypatch.setitem(plan.hashes["china-2022@1"], "economy.npz", "0")
    with pytest.raises(StudyError, match=r"economy.npz of calibration china-2022@1 differs on a worker"):
        cluster.require_same_files(plan)


def test_without_the_extra_the_call_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(StudyError, match=r"pip install 'simcore\[cluster\]'"):
        quick(tmp_path / "study.zarr", client=object())
    assert not list(tmp_path.iterdir())
