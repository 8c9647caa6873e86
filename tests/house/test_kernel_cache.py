"""Where compiled kernels are kept. Each case is a process of its own: numba reads its settings once."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from simcore.kernels import cache

ROOT = Path(cache.__file__).resolve().parents[2]
KERNEL = "from numba import njit\n\n@njit(cache=True)\ndef double(x):\n    return x + x\n"
# A kernel of ours and one of somebody else's, which is met after simcore.kernels was imported.
PROGRAM = """
import simcore.kernels
simcore.kernels.__path__.append("ours")
import simcore.kernels.probe, theirs
assert simcore.kernels.probe.double(21) == theirs.double(21) == 42
"""
REUSED = "assert sum(simcore.kernels.probe.double.stats.cache_hits.values()) == 1"


@pytest.fixture
def probe(tmp_path):
    """A function that runs a program in a process of its own, in a folder with two kernels."""
    (tmp_path / "ours").mkdir()
    for name in ("ours/probe.py", "theirs.py"):
        (tmp_path / name).write_text(KERNEL)

    def run(program: str = PROGRAM, **environment: str) -> subprocess.CompletedProcess:
        dropped = ("NUMBA_CACHE_DIR", "XDG_CACHE_HOME", "HOME", "LOCALAPPDATA")
        kept = {k: v for k, v in os.environ.items() if k not in dropped}
        return subprocess.run(
            [sys.executable, "-c", program],
            env=kept | {"PYTHONPATH": str(ROOT)} | environment,
            cwd=tmp_path,
            capture_output=True,
            text=True,
        )

    return run


def compiled(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.nbc"))


def home(folder: Path) -> dict[str, str]:
    """An environment in which the user's cache folder lies under a folder, whatever the operating system."""
    return {
        "HOME": str(folder),
        "XDG_CACHE_HOME": str(folder / "cache"),
        "LOCALAPPDATA": str(folder / "local"),
    }


def test_kernels_are_kept_in_the_users_cache_under_the_hash_of_their_sources(tmp_path, probe):
    done = probe(**home(tmp_path / "user"))
    assert done.returncode == 0, done.stderr
    folders = {path.parents[1].name for path in compiled(tmp_path / "user")}
    assert folders == {f"kernels-{cache.sources_hash()}"}


def test_numba_cache_dir_overrides_the_place(tmp_path, probe):
    done = probe(NUMBA_CACHE_DIR=str(tmp_path / "mine"), **home(tmp_path / "user"))
    assert done.returncode == 0, done.stderr
    folders = {path.parents[1].name for path in compiled(tmp_path / "mine")}
    assert folders == {f"kernels-{cache.sources_hash()}"}  # so an edited callee in another file is compiled again
    assert not (tmp_path / "user").exists()


def test_where_nothing_can_be_written_our_kernels_run_uncached_with_one_warning(tmp_path, probe):
    (tmp_path / "user").write_text("a file, so that no folder can be made under it")
    done = probe(**home(tmp_path / "user"))
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("cannot write compiled kernels") == 1
    assert len(compiled(tmp_path)) == 1  # theirs: others' kernels are none of our business


def test_processes_that_compile_at_once_share_one_cache(tmp_path, probe):
    with ThreadPoolExecutor() as pool:
        done = list(pool.map(lambda _: probe(**home(tmp_path / "user")), range(3)))
    assert [d.returncode for d in done] == [0, 0, 0], done
    assert probe(PROGRAM + REUSED, **home(tmp_path / "user")).returncode == 0


def test_an_edited_kernel_starts_an_empty_cache(tmp_path):
    (tmp_path / "one.py").write_text("a = 1")
    (tmp_path / "other.py").write_text("b = 1")
    before = cache.sources_hash(tmp_path)
    assert cache.sources_hash(tmp_path) == before
    (tmp_path / "other.py").write_text("b = 2")
    assert cache.sources_hash(tmp_path) != before
