"""Kill a study at random points until enough were killed, and hold what is left against an undisturbed one.

    python tests/study/kill_studies.py FOLDER KILLS SEED

Children are forked from a process that has everything loaded, so that an attempt costs no start. Every other one is
killed after a random time, the rest inside the writing of a block: at a random call that puts a file on the disk.
Prints one JSON line: kills, rounds (stores brought to their end), and kills before the first block was begun.
"""

import json
import os
import random
import signal
import sys
import time
from itertools import count
from pathlib import Path

import numcodecs  # noqa: F401  loaded before the children are forked
import zarr  # noqa: F401
from small_study import QUICK

import simcore
from simcore.studies import study
from simcore.studies.journal import JOURNAL

SCENARIO = simcore.load(simcore.find_scenario("consumption-vouchers"))
LONGER = {"draws": 24, "block": 2, "threads": 2, "progress": False}  # 26 blocks, each written as soon as it is there
LONGEST = 1.0  # seconds until a kill
CALLS = 30  # at one of which a child dies: three blocks or so


def die_at(call: int) -> None:
    """Let this process kill itself where it would put a file on the disk for the n-th time."""
    calls, to_disk = count(1), os.fsync

    def fatal(handle: int) -> None:
        if next(calls) == call:
            os.kill(os.getpid(), signal.SIGKILL)
        to_disk(handle)

    os.fsync = fatal


def attempt(out: Path, call: int) -> int:
    """A child that runs the study, and dies at a call if that is not 0."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            die_at(call)
            study(SCENARIO, out=out, **(QUICK | LONGER))
            status = 0
        finally:
            os._exit(status)
    return child


def killed(out: Path, delays: random.Random, inside: bool) -> bool:
    """Start or resume a study that is killed; false if it came to its end before."""
    child = attempt(out, delays.randint(1, CALLS) if inside else 0)
    until = time.monotonic() + (60.0 if inside else delays.uniform(0.0, LONGEST))
    while time.monotonic() < until:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            assert status in (0, signal.SIGKILL), f"the study failed with status {status}"
            return status != 0
        time.sleep(0.002)
    os.kill(child, signal.SIGKILL)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def main(folder: Path, wanted: int, seed: int) -> None:
    delays, kills, rounds, early = random.Random(seed), 0, 0, 0
    study(SCENARIO, out=folder / "undisturbed.zarr", **(QUICK | LONGER))
    while kills < wanted:
        rounds += 1
        out = folder / f"round-{rounds}.zarr"
        while kills < wanted and killed(out, delays, inside=bool(kills % 2)):
            kills += 1
            journal = out / JOURNAL
            early += not (journal.is_file() and journal.stat().st_size)
        study(SCENARIO, out=out, **(QUICK | LONGER))
    print(json.dumps({"kills": kills, "rounds": rounds, "early": early}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
