"""Writing a calibration whole or not at all."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


def write_whole(folder: Path, write: Callable[[Path], None]) -> None:
    """Let ``write`` fill a new folder beside the files, then put each file in its place.

    Whatever goes wrong while writing (an error, a full disk, Ctrl-C), ``folder`` keeps its old files. Once all is
    written, each file replaces its forerunner in one step and Ctrl-C waits for the last of them.
    """
    folder.mkdir(parents=True, exist_ok=True)
    place = Path(tempfile.mkdtemp(prefix=".building-", dir=folder))  # the same file system, so that replacing is atomic
    try:
        write(place)
        made = sorted(path for path in place.rglob("*") if path.is_file())
        with ctrl_c_waits():
            for path in made:
                os.replace(path, folder / path.relative_to(place))
    finally:
        shutil.rmtree(place, ignore_errors=True)


@contextmanager
def ctrl_c_waits() -> Iterator[None]:
    """Hold an interrupt back until the block is done; outside the main thread there is none to hold."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    pending: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _frame: pending.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        if pending:
            signal.raise_signal(signal.SIGINT)
