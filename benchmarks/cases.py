"""What a case is, and the registry in which cases enter themselves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from simcore.timing import Call


class Work(NamedTuple):
    """What is timed at one size, made ready; the first ``call`` is not timed."""

    call: Call
    count: int = 1  # units of work in a call: steps, members, right-hand sides
    rivals: Mapping[str, Call] = {}  # other ways to the same, timed in turn with it
    reads: int = 0  # bytes that a unit must read once at least, and the working set they lie in
    flops: float = 0.0  # floating-point operations of a unit, where matrix products set the limit
    matrix: int = 0  # bytes of an n x n matrix, where memory is counted in these
    memory: Callable[[], int] | None = None  # bytes at the peak; by default what the first call allocates


class Bar(NamedTuple):
    """What is promised at one size.

    ``of`` names what the value is compared with: a peer or rival (at least so many times its speed), ``limit`` (at
    least this share of what the machine can do), ``seconds`` a unit or ``matrices`` of n x n (at most).
    """

    size: int
    of: str
    value: float

    @property
    def text(self) -> str:
        """The promise as printed."""
        if self.of == "seconds":
            return f"<= {duration(self.value)}"
        if self.of == "matrices":
            return f"<= {self.value:g} n x n"
        return f">= {self.value:g} of limit" if self.of == "limit" else f">= {self.value:g}x {self.of}"

    def met(self, found: float) -> bool:
        """Whether a measured figure keeps the promise."""
        return found <= self.value if self.of in ("seconds", "matrices") else found >= self.value


@dataclass(frozen=True)
class Case:
    """A named piece of work at several sizes."""

    name: str
    build: Callable[[int], Work]
    sizes: tuple[int, ...]
    small: int  # size at which the case runs once among the tests
    quick: tuple[int, ...] = ()  # sizes of a quick run
    unit: str = "step"
    along: str = "n"  # what the size counts
    clock: str = "thread"  # or wall: for several threads, and for whole processes
    peers: tuple[str, ...] = ()  # of ``benchmarks.peers``, where they have the size
    bars: tuple[Bar, ...] = ()
    gate: int = 0  # size at which the regression gate times it; 0: not gated
    about: str = field(default="", repr=False)


CASES: dict[str, Case] = {}


def case(name: str, **facts: object) -> Callable[[Callable[[int], Work]], Callable[[int], Work]]:
    """Register a function from a size to its work; ``facts`` are the fields of ``Case``."""

    def register(build: Callable[[int], Work]) -> Callable[[int], Work]:
        add(name, build, about=(build.__doc__ or "").strip(), **facts)
        return build

    return register


def add(name: str, build: Callable[[int], Work], **facts: object) -> None:
    """Register a case that a loop makes."""
    if name in CASES:
        raise ValueError(f"there is a case '{name}' already")
    CASES[name] = Case(name, build, **facts)  # type: ignore[arg-type]


def load() -> Mapping[str, Case]:
    """All cases, in the order of their files."""
    from . import inventory, processes, solvers  # noqa: F401

    return CASES


def duration(seconds: float) -> str:
    """Seconds with the unit that suits them, three digits."""
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds * 1e6:.3g} us"
