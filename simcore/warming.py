"""Compiling every kernel that comes with simcore before somebody has to wait for it.

A kernel is compiled for the types of its arguments when it is first called, and kept (see ``kernels.cache``). Each job
here makes the small calls that lead to the same types as the runs of one kind; the jobs run side by side, each in a
process of its own, since compiling leaves no room for a second thread.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

import numpy as np

from .calendar import Calendar
from .drivers import Drivers
from .economy import Economy
from .models.base import get_model, processors
from .testing import random_drivers, random_economy


class Job(NamedTuple):
    """What is compiled, in words for the user, and the calls that need it."""

    what: str
    run: Callable[[], None]


class Done(NamedTuple):
    """How a job went: what it read or wrote in the cache folder, and how long it took, seconds."""

    name: str
    files: tuple[str, ...]
    seconds: float


def warm(threads: int | None = None) -> Iterator[Done]:
    """Do all jobs, side by side in as many processes as this one may use processors; tells of each as it is done."""
    workers = min(threads or processors(), len(JOBS))
    if workers == 1:
        found = map(_do, JOBS)
        yield from _noted(found)
        return
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        waiting = [pool.submit(_do, name) for name in JOBS]
        yield from _noted(future.result() for future in as_completed(waiting))


def cold() -> tuple[str, ...]:
    """Names of the jobs whose kernels are not there in full, for this version and this processor."""
    from .kernels.cache import cache_folder

    folder, record = cache_folder(), _record()
    return tuple(name for name in JOBS if not _all_there(folder, record.get(name)))


def _all_there(folder: Path, files: object) -> bool:
    return isinstance(files, list) and bool(files) and all((folder / str(file)).is_file() for file in files)


def _noted(found: Iterator[Done]) -> Iterator[Done]:
    """Keep which files each job needs, as soon as it is known."""
    for done in found:
        path, record = _record_file(), dict(_record())
        record[done.name] = done.files
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(record, indent=1), encoding="utf-8")
        except OSError:
            pass  # the kernels' own cache has said that nothing can be written
        yield done


def _record() -> Mapping[str, object]:
    try:
        found = json.loads(_record_file().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _record_file() -> Path:
    from .kernels.cache import cache_folder, processor

    return cache_folder() / f"warm-{processor()}.json"


def _do(name: str) -> Done:
    from .kernels.cache import used

    before, start = set(used()), perf_counter()
    JOBS[name].run()
    return Done(name, tuple(sorted(set(used()) - before)), perf_counter() - start)


def _inventory(name: str, **options: object) -> Callable[[], None]:
    """A run of one kind of inventory model in which nothing happens, alone and as a member of an ensemble."""

    def run() -> None:
        from .ensemble import simulate

        economy, calendar = _economy()
        model, calm = get_model(name)(**options), Drivers.calm(economy, calendar)
        model.simulate(economy, calm)
        simulate(economy, calm, [calm, calm], model, totals=["output"], threads=1)

    return run


def _cascade() -> None:
    economy, calendar = _economy()
    drivers = random_drivers(np.random.default_rng(0), economy, calendar, ["capacity"])
    get_model("cascade")().simulate(economy, drivers)


def _systemic() -> None:
    from scipy.sparse import csr_array

    from .models.systemic import SweptUpstream, esri_of

    esri_of(_economy()[0])
    SweptUpstream(csr_array(np.array([[0.0, 0.5], [0.3, 0.0]])), 1e-9).of([np.array([0])])


def _statistics() -> None:
    from .kernels.statistics import add_groups
    from .statistics import Histogram, Moments

    values = np.random.default_rng(0).normal(size=(3, 2))
    for accumulator in (Moments((2,)), Histogram((2,), pilot=2)):
        accumulator.add(values)
    add_groups(values, np.array([0, 2]), np.array([0, 1]), np.zeros((3, 1)))


def _economy() -> tuple[Economy, Calendar]:
    return random_economy(np.random.default_rng(0)), Calendar.between("2022-11", "2022-12")


JOBS: Mapping[str, Job] = {
    "inventory": Job("the inventory model with the rules it comes with", _inventory("inventory")),
    "rules": Job("its other rules of production, orders, labour and consumption", _inventory("pichler")),
    "links": Job(
        "its rules for single links: classes, water-filling, prices, imports", _inventory("inventory", origin="output")
    ),
    "both": Job("both kinds of rules together", _inventory("guan-2020")),
    "cascade": Job("the cascade model", _cascade),
    "systemic": Job("systemic risk", _systemic),
    "statistics": Job("statistics of many draws", _statistics),
}
