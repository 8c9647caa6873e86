"""How fast a table or a scenario runs on this machine: by model, by form of storage, one run and many.

Everything is wall time, what a user waits for: other programs that run meanwhile make it longer.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .calendar import Calendar, Period
from .drivers import CHANNELS, Drivers
from .economy import Economy
from .errors import SimcoreError, UnknownNameError
from .models.base import get_model, processors
from .timing import Timing, peak_memory
from .timing import timed as timed_by

if TYPE_CHECKING:
    from .language.scenario import Scenario

FORMS = ("auto", "pooled", "dense", "csr")  # how the inventory model may store who buys where
MODELS = ("inventory", "leontief", "price")
MONTHS = 12
MEMBERS = 64
LINKS = 64  # bytes that a run needs for a link from a supplier to a pool, at most
ENSEMBLE_SECONDS = 3.0  # what many members may take on one thread; fewer of them run where one takes long
START = "2022-01"  # of the run; the table knows no months
HIT, LOSS = 10, 0.1  # every tenth activity loses a tenth of its capacity, or what the model has in its place

Tell = Callable[[str], None]
timed = partial(timed_by, clock=time.perf_counter)


@dataclass(frozen=True)
class Line:
    """One thing that was timed; seconds, bytes.

    first : the first run on this table, what is prepared once included; nothing where there is no such difference.
    per : what a part of the run is called, with how many there are, ``("step", 48)``.
    """

    what: str
    form: str = ""
    first: float | None = None
    run: Timing | None = None
    per: tuple[str, int] | None = None
    memory: int | None = None
    note: str = ""

    def as_json(self) -> dict[str, Any]:
        """For a file."""
        part = None if self.run is None or self.per is None else self.run.median / self.per[1]
        return {
            "what": self.what, "form": self.form, "first_seconds": self.first,
            "seconds": None if self.run is None else self.run._asdict(),
            "part": None if self.per is None else self.per[0], "seconds_per_part": part,
            "memory_bytes": self.memory, "note": self.note,
        }  # fmt: skip


def of_table(
    economy: Economy, models: Sequence[str] = MODELS, members: int = MEMBERS, seconds: float = 1.0, tell: Tell = print
) -> Iterator[Line]:
    """Time models on a table over twelve months in which every tenth activity loses a tenth of its capacity.

    Parameters
    ----------
    models : names of registered models
        The inventory model runs in each form of storage that fits into memory.
    members : int
        Most members of the ensembles.
    seconds : float
        For the repeats of each line.
    tell : function
        Told what is timed next.

    Raises
    ------
    UnknownNameError
        If there is no such model.
    """
    chosen = [get_model(name)() for name in models]
    calendar = Calendar(Period.parse(START), MONTHS)
    for model in chosen:
        for form in FORMS if model.name == "inventory" else ("",):
            tell(f"timing {model.name} {form}".rstrip())
            yield from _of_model(replace(model, storage=form) if form else model, economy, calendar, seconds, form)
    for model in chosen:
        tell(f"timing many members of {model.name}")
        drivers = [happening(model, economy, calendar, LOSS * (m + 1) / members) for m in range(members)]
        yield from _many(model, economy, drivers)


def of_scenario(
    scenario: Scenario, models: Sequence[str] = (), members: int = MEMBERS, seconds: float = 1.0, tell: Tell = print
) -> Iterator[Line]:
    """Time the parts of a scenario's run: stating measures, one run of its model and others, many draws, all of it.

    Raises
    ------
    SimcoreError
        As ``run`` raises it.
    """
    from .drawn import Drawn
    from .run import run
    from .setting import prepare

    tell("timing the measures")
    setting = prepare(scenario)
    yield Line("load the calibration", run=timed(lambda: prepare(scenario), seconds=seconds))
    stating = timed(lambda: replace(setting, stated={}).package(scenario), seconds=seconds)
    yield Line("state the measures", run=stating, per=("measure", max(1, len(scenario.measures))))
    package = setting.package(scenario)
    drivers = package.drivers(frozenset(range(len(package.policies))))
    for name in models or (setting.model.name,):
        tell(f"timing {name}")
        model = setting.model if name == setting.model.name else get_model(name)()
        yield from _of_model(model, setting.economy, setting.calendar, seconds, drivers=drivers)
    if members and scenario.distributions:
        tell(f"timing {members} draws")
        draws = Drawn.of(setting, members, scenario.uncertainty.seed).members()
        packages = [draws.package(setting, d) for d in range(members)]
        together = [p.drivers(frozenset(range(len(p.policies)))) for p in packages]
        yield from _many(setting.model, setting.economy, together)
    tell("timing the whole run")
    whole = timed(lambda: run(scenario, draws=0), seconds=seconds, least=3)
    yield Line("the whole run without draws", run=whole, note="figures and files apart")


def happening(model: Any, economy: Economy, calendar: Calendar, size: float = LOSS) -> Drivers:
    """Every tenth activity (product, where the channel has products) is hit from the third month on."""
    order = ("capacity", "demand", "cost", *CHANNELS)
    channel = next(name for name in order if name in model.channels)
    calm = Drivers.calm(economy, calendar)
    shape = calm.shapes[CHANNELS[channel].over]
    weights = np.zeros(shape)
    weights.reshape(shape[0], -1)[::HIT] = -size if channel == "capacity" else size
    if channel == "demand":
        weights *= np.maximum(economy.final_domestic + economy.final_imported, 0.0) / calendar.per_year
    return calm.having("shock:bench", channel, (np.arange(calendar.periods) >= 2).astype(float), weights)


def _of_model(
    model: Any, economy: Economy, calendar: Calendar, seconds: float, form: str = "", drivers: Drivers | None = None
) -> Iterator[Line]:
    """One line, or why there is none."""
    too_large = _too_large(economy) if form in ("dense", "csr") else ""
    if too_large:
        yield Line(model.name, form, note=too_large)
        return
    try:
        asked = happening(model, economy, calendar) if drivers is None else drivers
        model.simulate(economy, asked)  # compiles what is needed
        again = replace(economy)  # a copy that nothing was prepared for
        start = time.perf_counter()
        model.simulate(again, asked)
        first = time.perf_counter() - start
        memory = _peak(model, replace(economy), asked)
        run = timed(lambda: model.simulate(again, asked), seconds=seconds, least=3)
    except SimcoreError as problem:
        yield Line(model.name, form, note=str(problem))
        return
    part = (calendar.step, calendar.periods)
    if hasattr(model, "inner_calendar"):  # steps are a matter of dynamic models
        part = ("step", calendar.periods * model.inner_calendar(calendar).inner_steps)
    yield Line(model.name, form, first, run, part, memory)


def _peak(model: Any, economy: Economy, drivers: Drivers) -> int:
    """Bytes that a first run needs at its peak, above the economy."""
    return peak_memory(lambda: model.simulate(economy, drivers))


def _many(model: Any, economy: Economy, drivers: Sequence[Drivers]) -> Iterator[Line]:
    """Many members on one thread and on all, if one of them runs at all."""
    from .ensemble import blocks

    calm = Drivers.calm(economy, drivers[0].calendar)
    try:
        start = time.perf_counter()
        model.simulate(economy, drivers[0])
    except SimcoreError:
        return  # its own line says why
    once = time.perf_counter() - start
    fitting = drivers[: max(2 * processors(), int(ENSEMBLE_SECONDS / once))]
    for threads in sorted({1, processors()}):
        start = time.perf_counter()
        for _ in blocks(economy, calm, fitting, model, threads=threads):
            pass
        spent = time.perf_counter() - start
        words = "1 thread" if threads == 1 else f"{threads} threads"
        name = f"{model.name}, {len(fitting)} members"
        yield Line(name, words, run=Timing.of([spent]), per=("member", len(fitting)))


def _too_large(economy: Economy) -> str:
    """Why links do not fit into memory; nothing if they do, or where the system does not tell."""
    needed, free = LINKS * economy.n * economy.P, free_memory()
    if free is None or needed <= free // 2:
        return ""
    return f"left out: may need {needed / 1e9:.1f} GB, {free / 1e9:.1f} GB are free"


def free_memory() -> int | None:
    """Bytes that a program can still get, as the system tells; None where it does not."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    return next((1024 * int(line.split()[1]) for line in lines if line.startswith("MemAvailable")), None)


def machine() -> dict[str, Any]:
    """What the figures depend on."""
    import platform
    from importlib.metadata import version

    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    versions = {name: version(name) for name in ("simcore", "numpy", "scipy", "numba")}
    return {"python": platform.python_version(), **versions, "processors": processors(), "load": load}


HEADS = ("what", "form", "first run", "run", "+-", "a part", "memory", "note")
TO_LEFT = (True, True, False, False, False, False, False, True)


def text_table(lines: Iterable[Line]) -> str:
    """The figures in columns; notes last, as they may be long."""
    rows = [HEADS, *(_cells(line) for line in lines)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(HEADS) - 1)]

    def aligned(row: Sequence[str]) -> str:
        cells = [c.ljust(w) if left else c.rjust(w) for c, w, left in zip(row, widths, TO_LEFT, strict=False)]
        return "  ".join((*cells, row[-1])).rstrip()

    return "\n".join(map(aligned, rows))


def _cells(line: Line) -> tuple[str, ...]:
    run, per = line.run, line.per
    return (
        line.what,
        line.form,
        "" if line.first is None else duration(line.first),
        "" if run is None else duration(run.median),
        "" if run is None or run.samples == 1 else f"{run.spread:.0%}",
        "" if run is None or per is None else f"{duration(run.median / per[1])}/{per[0]}",
        "" if line.memory is None else size(line.memory),
        line.note,
    )


def duration(seconds: float) -> str:
    """Seconds with the unit that suits them, three digits."""
    for unit, length in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= length:
            return f"{seconds / length:.3g} {unit}"
    return f"{seconds * 1e6:.3g} us"


def size(bytes_: float) -> str:
    """Bytes with the unit that suits them."""
    return f"{bytes_ / 1e9:.2f} GB" if bytes_ >= 1e9 else f"{bytes_ / 1e6:.1f} MB"


def require_models(names: Iterable[str]) -> None:
    """Refuse unknown models before anything is timed.

    Raises
    ------
    UnknownNameError
        If there is no such model.
    """
    for name in names:
        get_model(name)


def kind_of(given: str) -> str:
    """Whether a file or name is a ``scenario`` or a ``table``.

    Raises
    ------
    UnknownNameError
        If it is neither.
    """
    from .content import find_calibration, find_scenario

    path = Path(given)
    if path.suffix in (".yaml", ".yml"):
        return "scenario"
    if path.exists():
        return "table"
    for kind, find in (("scenario", find_scenario), ("table", find_calibration)):
        try:
            find(given)
        except UnknownNameError:
            continue
        return kind
    raise UnknownNameError(
        f"'{given}' is no file or folder here and no name of a scenario or calibration; "
        "see simcore list scenarios, simcore list calibrations"
    )
