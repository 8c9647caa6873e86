"""What of a study is done, one line a block, in a file that survives a kill at any point.

A block counts as done when its line is on disk, which happens after its numbers are. A line that was cut off by a kill
has no end and is dropped.
"""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path
from typing import IO, Any, NamedTuple

from ..errors import StudyError
from .blocks import Failure

JOURNAL, LOCK = "study-journal.jsonl", "study.lock"
_FAR = 1 << 30  # byte that Windows locks: past the text, which others may still read


class Done(NamedTuple):
    """A block that is finished: how many members, how long they took, what failed."""

    key: str
    members: int
    seconds: float
    failures: tuple[Failure, ...]


class Journal:
    """The open journal of the one process that writes a study."""

    def __init__(self, folder: Path):
        self._lock = take_lock(folder)
        try:
            done, begun, length = _parse(folder / JOURNAL)
            self.done = {d.key: d for d in done}
            self.session = 1 + max((session for session, _ in begun), default=0)
            self._file: IO[bytes] = open(folder / JOURNAL, "ab")  # noqa: SIM115  open as long as the study runs
            self._file.truncate(length)
        except BaseException:
            self._lock.close()
            raise

    def begin(self, key: str) -> None:
        """Note that a block is being computed: what a crash was busy with."""
        self._write({"session": self.session, "began": key})

    def finish(self, done: Done) -> None:
        """Note a block whose numbers are on disk."""
        failures = [[list(f.member), *f[1:]] for f in done.failures]
        self._write(
            {
                "session": self.session,
                "done": done.key,
                "members": done.members,
                "seconds": round(done.seconds, 4),
                "failures": failures,
            }
        )
        os.fsync(self._file.fileno())
        self.done[done.key] = done

    def close(self) -> None:
        self._file.close()
        self._lock.close()

    def _write(self, line: dict[str, Any]) -> None:
        self._file.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")
        self._file.flush()


def read_journal(folder: Path) -> list[Done]:
    """Blocks that are done, in the order in which they were; also while another process writes."""
    return _parse(folder / JOURNAL)[0]


def sessions(folder: Path) -> list[tuple[int, str]]:
    """Each computation of a block that was begun: the session that did, and the block."""
    return _parse(folder / JOURNAL)[1]


def _parse(path: Path) -> tuple[list[Done], list[tuple[int, str]], int]:
    """Blocks done, blocks begun, and the length in bytes of all whole lines."""
    raw = path.read_bytes() if path.is_file() else b""
    whole = raw[: raw.rfind(b"\n") + 1]
    done, begun = [], []
    for text in whole.splitlines():
        line = json.loads(text)
        if "began" in line:
            begun.append((line["session"], line["began"]))
        else:
            failures = tuple(Failure(tuple(member), *rest) for member, *rest in line["failures"])
            done.append(Done(line["done"], line["members"], line["seconds"], failures))
    return done, begun, len(whole)


def take_lock(folder: Path) -> IO[str]:
    """The lock of a study's folder, held until the file is closed or its process ends.

    Raises
    ------
    StudyError
        If another process holds it.
    """
    file = open(folder / LOCK, "a+", encoding="utf-8")  # noqa: SIM115  held open by the caller
    try:
        _lock(file)
    except OSError:
        file.seek(0)
        holder = file.read().strip() or "another process"
        file.close()
        raise StudyError(
            f"{folder} is being written by {holder}; wait for it, or choose another place with --out"
        ) from None
    file.seek(0)
    file.truncate()
    file.write(f"process {os.getpid()} on {socket.gethostname()}\n")
    file.flush()
    return file


def _lock(file: IO[str]) -> None:
    try:
        import fcntl
    except ImportError:  # Windows
        import msvcrt

        file.seek(_FAR)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
    else:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
