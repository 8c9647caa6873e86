"""How far a study is: a bar with the time left on a terminal, or calls of a function."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from time import perf_counter
from typing import NamedTuple


class Progress(NamedTuple):
    """Members done (those of earlier sessions too) of all, failures among them, seconds since the start and left."""

    done: int
    total: int
    failed: int
    seconds: float
    left: float | None  # unknown before the first block


Listener = Callable[[Progress], None]


class Pace:
    """Seconds a member takes, by kind of member: those at central values take longer than draws."""

    def __init__(self, left: Mapping[str, int], done: int, failed: int):
        self._left = dict(left)
        self._seconds: dict[str, list[float]] = {}
        self._started = perf_counter()
        self._last = self._started
        self._done, self._failed = done, failed
        self._total = done + sum(left.values())

    def advance(self, kind: str, members: int, failed: int) -> None:
        """Count a block."""
        now = perf_counter()
        took = self._seconds.setdefault(kind, [0.0, 0.0])
        took[0] += now - self._last
        took[1] += members
        self._last = now
        self._left[kind] -= members
        self._done += members
        self._failed += failed

    @property
    def now(self) -> Progress:
        means = {kind: seconds / members for kind, (seconds, members) in self._seconds.items()}
        usual = min(means.values(), default=None)
        left = None if usual is None else sum(n * means.get(kind, usual) for kind, n in self._left.items())
        return Progress(self._done, self._total, self._failed, perf_counter() - self._started, left)


@contextmanager
def listener(progress: bool | Listener | None) -> Iterator[Listener]:
    """What to tell: a function of the caller's, a bar on stderr if asked for or on a terminal, or nothing."""
    if callable(progress):
        yield progress
    elif progress or (progress is None and sys.stderr.isatty()):
        with _bar() as told:
            yield told
    else:
        yield lambda _: None


@contextmanager
def _bar() -> Iterator[Listener]:
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn
    from rich.progress import Progress as Bar

    columns = (
        BarColumn(),
        TextColumn("{task.completed:.0f} of {task.total:.0f} members"),
        TextColumn("{task.fields[note]}"),
    )
    with Bar(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("study", total=None, note="")

        def told(now: Progress) -> None:
            parts = [] if now.left is None else [f"{_clock(now.left)} left"]
            parts += [f"{now.failed} failed"] if now.failed else []
            bar.update(task, completed=now.done, total=now.total, note=", ".join(parts))

        yield told


def _clock(seconds: float) -> str:
    """``75 s`` as ``1:15``, hours where there are any."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
