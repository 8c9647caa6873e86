"""Work done in a copy of this process, while this one does something else."""

from __future__ import annotations

import os
import pickle
import select
import signal
import sys
import warnings
from collections.abc import Callable
from time import monotonic
from typing import TypeVar

PATIENCE = 60.0  # seconds without an answer, after which the work is done here

T = TypeVar("T")


def started(work: Callable[[], T]) -> Callable[[], T]:
    """Start ``work`` beside this process; the function that comes back waits for its result.

    The copy has everything in memory, so nothing is loaded or handed over. It must neither write to files nor use
    threads. Where a process cannot be copied safely, and where the copy fails or hangs, the work is done here when its
    result is asked for: an error in it is raised there, too.
    """
    if not hasattr(os, "fork") or sys.platform == "darwin":  # whose libraries may not be used in a copy
        return work
    receiving, sending = os.pipe()
    with warnings.catch_warnings():
        # Python warns of threads, whose locks a copy would find closed for ever: the work here asks for none of them.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        _work(work, sending)
    os.close(sending)

    def result() -> T:
        content = _read(receiving, monotonic() + PATIENCE)
        os.close(receiving)
        if content is None:
            os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        return pickle.loads(content) if content else work()

    return result


def _work(work: Callable[[], object], sending: int) -> None:
    """What the copy does; it never returns, and leaves all that its parent began to its parent."""
    try:
        with open(sending, "wb") as file:
            file.write(pickle.dumps(work()))
    finally:
        os._exit(0)


def _read(receiving: int, until: float) -> bytes | None:
    """All that comes until the other end closes, in vain if nothing whole comes; None if that lasts too long."""
    parts: list[bytes] = []
    while select.select([receiving], [], [], max(0.0, until - monotonic()))[0]:
        part = os.read(receiving, 1 << 20)
        if not part:
            return b"".join(parts)
        parts.append(part)
    return None
