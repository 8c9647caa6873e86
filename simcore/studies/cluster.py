"""Blocks of a study on the workers of a dask cluster; their numbers come back to the one process that writes."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from threading import local
from typing import Any

from .. import __version__
from ..content import find_calibration
from ..errors import StudyError
from .blocks import Result, Runner
from .plan import Block, Plan

AHEAD = 2  # blocks a thread of the cluster that are sent before their results are taken: bounds the memory here
_here = local()  # of a worker's thread: the runner of the study that it works for


def run_on(client: Any, plan: Plan, blocks: Sequence[Block], begin: Callable[[Block], None]) -> Iterator[Result]:
    """Blocks as workers finish them, with their seconds; a block whose worker dies runs again on another.

    Raises
    ------
    StudyError
        If a worker has another version of simcore or of a calibration.
    """
    from distributed import as_completed

    if not blocks:
        return
    payload = pickle.dumps(plan)
    key = sha256(payload).hexdigest()
    queue = iter(blocks)

    def send() -> Any:
        block = next(queue, None)
        if block is None:
            return None
        begin(block)
        return client.submit(_run, key, payload, block, pure=False)

    _warm(client, key, payload, blocks[-1])  # a draw if there are any: they take the least
    capacity = AHEAD * max(1, sum(client.nthreads().values()))
    sent = [future for _ in range(capacity) if (future := send()) is not None]
    coming = as_completed(sent)
    try:
        for future in coming:
            yield future.result()
            future.release()
            more = send()
            if more is not None:
                coming.add(more)
    finally:
        client.cancel([f for f in coming.futures], force=True)


def require_cluster() -> None:
    """Say before anything is written that the extra is missing.

    Raises
    ------
    StudyError
        If distributed is not installed.
    """
    try:
        import distributed  # noqa: F401
    except ImportError:
        raise StudyError("a client needs dask's distributed: pip install 'simcore[cluster]'") from None


def _warm(client: Any, key: str, payload: bytes, block: Block) -> None:
    """One member on one worker of each machine, so that kernels are compiled once and then read from its disk.

    Its numbers are not used: the block runs as a whole when its turn comes.
    """
    hosts: dict[str, str] = {}
    for address in client.nthreads():
        hosts.setdefault(address.rpartition("://")[2].rpartition(":")[0], address)
    alone = block._replace(stop=tuple(a + 1 for a in block.start))
    first = [
        client.submit(_run, key, payload, alone, workers=[a], allow_other_workers=True, pure=False)
        for a in hosts.values()
    ]
    client.gather(first)


def _run(key: str, payload: bytes, block: Block) -> Result:
    """On a worker: compute one block with one thread."""
    if getattr(_here, "key", None) != key:
        plan = pickle.loads(payload)
        require_same_files(plan)
        _here.runner, _here.key = Runner(plan, threads=1), key
    return next(_here.runner.run([block]))


def require_same_files(plan: Plan) -> None:
    """Refuse to compute where something else is installed than where the study was planned.

    Raises
    ------
    StudyError
        If the version of simcore or a file of a calibration differs.
    """
    version = plan.fingerprint()["simcore"]
    if version != __version__:
        raise StudyError(f"a worker has simcore {__version__}, the study needs {version}")
    for name, files in plan.hashes.items():
        for file, digest in files.items():
            if sha256((find_calibration(name) / file).read_bytes()).hexdigest() != digest:
                raise StudyError(f"{file} of calibration {name} differs on a worker; install the same one everywhere")
