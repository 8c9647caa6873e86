"""Work in a copy of the process: the same result, whatever becomes of the copy."""

import os
import signal
import time

import pytest

from simcore.report import beside, draw, save_run

HERE = os.getpid()


def who() -> int:
    return os.getpid()


def only_here(action):
    """Work that comes to its end in this process only."""

    def work() -> str:
        if os.getpid() != HERE:
            action()
        return "done here"

    return work


def fail() -> None:
    raise ValueError("not in a copy")


def test_work_beside_gives_its_result():
    assert beside.started(lambda: {"figure": "x" * 3_000_000})() == {"figure": "x" * 3_000_000}


def test_a_system_that_cannot_copy_processes_works_here(monkeypatch):
    monkeypatch.delattr(os, "fork", raising=False)
    assert beside.started(who)() == HERE


@pytest.mark.parametrize(
    "action", [fail, lambda: os._exit(0), lambda: os.kill(os.getpid(), signal.SIGKILL), lambda: time.sleep(60)]
)
def test_a_copy_that_fails_or_hangs_is_done_without(monkeypatch, action):
    monkeypatch.setattr(beside, "PATIENCE", 0.5)
    assert beside.started(only_here(action))() == "done here"


def test_an_error_of_the_work_itself_is_raised_here():
    with pytest.raises(ValueError, match="not in a copy"):
        beside.started(fail)()


def test_a_report_drawn_beside_is_the_same_report(tmp_path, result):
    pages = [
        (save_run(result, tmp_path / str(side), ["html"], beside=side) / "report.html").read_bytes()
        for side in (True, False)
    ]
    assert pages[0] == pages[1] and pages[0].count(b"<figure>") == len(draw(result)) > 3
