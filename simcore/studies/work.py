"""``simcore.study``: from the call to a finished store."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping, Sequence
from math import prod
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from ..errors import StudyError
from . import cluster, netcdf
from .blocks import Runner
from .journal import Done
from .plan import Block, Given, Plan, plan_of
from .progress import Listener, Pace, listener
from .store import Store
from .view import Study, open_study


def study(
    scenarios: Given | Sequence[Given],
    *,
    sweep: Mapping[str, Iterable[Any]] | None = None,
    design: str | None = None,
    variants: Sequence[str] | None = None,
    draws: int | None = None,
    seed: int | None = None,
    sets: Sequence[str] = (),
    model: str | None = None,
    counterfactual: str | None = None,
    outputs: Sequence[str] | None = None,
    by: Sequence[str] | None = None,
    out: str | Path | None = None,
    resume: bool = True,
    threads: int | None = None,
    block: int | None = None,
    progress: bool | Listener | None = None,
    client: Any = None,
) -> Study:
    """Run variants x points of a sweep x draws of a scenario, or of several, and keep what comes in a store.

    All cases share the draws: each uncertain value has its own stream, so another variant, another value of an axis or
    another scenario changes no draw of the rest. A member that fails is noted with its reason, and the others go on.
    A study that was interrupted or killed goes on where it stopped when it is called again with the same ``out``:
    blocks that are done are never run twice. The numbers are the same bit for bit for any number of threads, size of
    blocks and number of interruptions, on one machine and version.

    Parameters
    ----------
    scenarios : file, name or Scenario, or a list of these
        A list adds a dimension ``scenario``.
    sweep : {dotted path: values}, optional
        Axes in place of the file's own ``sweep``; ``{}`` for none. Values as in a file, ``"30 %"``.
    design : str, optional
        ``grid`` (each axis a dimension), ``zip`` or ``one_at_a_time`` (one dimension ``point``).
    variants : list of str, optional
        Named variants to run, all by default; ``baseline`` (without the measures) and ``scenario`` (the file as it
        stands) always are.
    draws, seed, model, counterfactual : optional
        As in ``simcore.run_file``. Central values are always run, too.
    sets : list of str, optional
        Overrides ``path=value`` for all runs.
    outputs : list of str, optional
        Variables to keep; by default the file's, or the headline series.
    by : list of str, optional
        Of sector, region, ownership; by default the file's. The nation is always kept.
    out : path, optional
        Store to write: a folder (zarr), or a NetCDF file if it ends in ``.nc``. By default a temporary one, which is
        removed with the study.
    resume : bool
        Whether to go on with a study that is there already.
    threads : int, optional
        Threads of the model; by default one a processor.
    block : int, optional
        Members that are computed and written together, 32 by default: what a kill may lose.
    progress : bool or function, optional
        A bar with the time left, by default on a terminal only; or a function that is called with a ``Progress``
        (done, total, failed, seconds, left).
    client : dask.distributed.Client, optional
        Run on its workers; needs the extra ``cluster``.

    Returns
    -------
    Study

    Raises
    ------
    ScenarioError, UnknownNameError, ChannelError
        If a scenario, a path, a value or a name is wrong; nothing has been written then.
    StudyError
        If the place of ``out`` is in use, holds another study or something else, or cannot be written.
    """
    plan = plan_of(
        scenarios, sweep=sweep, design=design, variants=variants, draws=draws, seed=seed, sets=sets, model=model,
        counterfactual=counterfactual, outputs=outputs, by=by, block=block,
    )  # fmt: skip
    if client is not None:
        cluster.require_cluster()
    if out is None:
        return _for_a_while(plan, threads, progress, client)
    path = Path(out)
    if netcdf.is_netcdf(path):
        if netcdf.is_finished(path, plan, resume):
            return open_study(path)
        netcdf.require_writable(path)
        folder = netcdf.working_folder(path)
        _work(folder, plan, resume, threads, progress, client, path)
        netcdf.write(folder, path)
        netcdf.remove(folder)
    else:
        _work(path, plan, resume, threads, progress, client, path)
    return Study(path)


def _for_a_while(plan: Plan, threads: int | None, progress: bool | Listener | None, client: Any) -> Study:
    """A study in a folder that goes with it."""
    folder = Path(mkdtemp(prefix="simcore-study-"))
    try:
        _work(folder / "study.zarr", plan, True, threads, progress, client, None)
        return Study(folder / "study.zarr", temporary=folder)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _work(
    folder: Path,
    plan: Plan,
    resume: bool,
    threads: int | None,
    progress: bool | Listener | None,
    client: Any,
    shown: Path | None,
) -> None:
    """Run what is not done yet."""
    with Store.open(folder, plan, resume) as store, listener(progress) as tell:
        todo = [b for b in store.plan.blocks if b.key not in store.done]
        pace = _pace(store, todo)
        tell(pace.now)
        results = Runner(store.plan, threads).run(todo, store.begin)
        if client is not None:
            results = cluster.run_on(client, store.plan, todo, store.begin)
        try:
            for block, found, seconds in results:
                store.commit(block, found, seconds)
                pace.advance(block.kind, len(found.status), _failed(store.done[block.key]))
                tell(pace.now)
        except KeyboardInterrupt:
            raise KeyboardInterrupt(_so_far("interrupted", pace, shown)) from None
        except OSError as error:
            raise StudyError(_so_far(f"writing failed: {error.strerror or error}", pace, shown)) from error


def _pace(store: Store, todo: Sequence[Block]) -> Pace:
    left = {kind.name: sum(prod(b.shape) for b in todo if b.kind == kind.name) for kind in store.plan.kinds}
    done = store.done.values()
    return Pace(left, sum(d.members for d in done), sum(map(_failed, done)))


def _failed(done: Done) -> int:
    """Members of a block with a failure."""
    return len({failure.member for failure in done.failures})


def _so_far(what: str, pace: Pace, path: Path | None) -> str:
    now = pace.now
    if path is None:
        return f"{what} after {now.done} of {now.total} members; a study with out=... keeps what is done"
    return f"{what}: {now.done} of {now.total} members are safe in {path}; the same call goes on from there"
