"""Fifty kills at random points lose nothing that was finished, run nothing twice and change no bit."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from small_study import assert_same

import simcore
from simcore.studies.journal import JOURNAL, read_journal, sessions

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
KILLS = 50


@pytest.fixture(scope="module")
def survivors(tmp_path_factory):
    """Folder of an undisturbed store and of those that were killed on the way, and the account of the kills."""
    folder = tmp_path_factory.mktemp("kills")
    done = subprocess.run(
        [sys.executable, str(HERE / "kill_studies.py"), str(folder), str(KILLS), "20221122"],
        capture_output=True, text=True, timeout=280, env=os.environ | {"PYTHONPATH": f"{ROOT}{os.pathsep}{HERE}"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return folder, json.loads(done.stdout)


def test_stores_that_were_killed_on_the_way_equal_an_undisturbed_one(survivors):
    folder, account = survivors
    assert account["kills"] == KILLS and account["early"] < KILLS // 2
    undisturbed = simcore.open_study(folder / "undisturbed.zarr")
    for out in folder.glob("round-*.zarr"):
        study = simcore.open_study(out)
        assert study.complete and study.failures.empty
        assert_same(study, undisturbed)


def test_nothing_that_was_finished_ran_again(survivors):
    folder, account = survivors
    stores = list(folder.glob("round-*.zarr"))
    assert len(stores) == account["rounds"]
    for out in stores:
        lines = [json.loads(line) for line in (out / JOURNAL).read_text().splitlines()]
        finished = set()
        for line in lines:
            assert line.get("began") not in finished
            finished |= {line["done"]} if "done" in line else set()
        assert Counter(d.key for d in read_journal(out)) == Counter(finished)
        again = Counter(key for _, key in sessions(out))
        assert sum(again.values()) - len(finished) <= account["kills"]  # at most one block was in work at each kill


def test_ctrl_c_says_what_is_safe_and_resume_goes_on(tmp_path):
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [
        sys.executable, "-m", "simcore", "study", "consumption-vouchers", "--model", "first_order", "--draws", "150",
        "--out", "study.zarr", "--quiet",
    ]  # fmt: skip
    started = subprocess.Popen(
        command,
        cwd=tmp_path,
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a shell's background jobs ignore Ctrl-C
    )
    journal, deadline = tmp_path / "study.zarr" / JOURNAL, time.monotonic() + 120
    while time.monotonic() < deadline and not (journal.is_file() and b'"done"' in journal.read_bytes()):
        time.sleep(0.01)
    started.send_signal(signal.SIGINT)
    said = started.communicate(timeout=120)[1]
    assert started.returncode == 130
    assert "of 151 members are safe in study.zarr; the same call goes on from there, with --resume" in said
    half = simcore.open_study(tmp_path / "study.zarr")
    assert 0 < half.done < half.total and half.dataset["status"].values[1] == 1
    refused = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert refused.returncode == 2 and "members done; go on with --resume" in refused.stderr
    resumed = subprocess.run([*command, "--resume"], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert resumed.returncode == 0, resumed.stderr
    assert resumed.stdout.strip() == "study.zarr" and simcore.open_study(tmp_path / "study.zarr").complete
