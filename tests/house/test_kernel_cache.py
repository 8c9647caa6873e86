"""Where compiled kernels are kept. Each case is a process of its own: numba reads its settings once."""

import os
import shutil
import subprocess
import sys
import time
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
REUSED = "\nassert sum(simcore.kernels.probe.double.stats.cache_hits.values()) == 1"
OURS = """
import simcore.kernels
simcore.kernels.__path__.append("ours")
from simcore.kernels import cache, probe
"""


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
    """Our compiled kernels."""
    return sorted(folder.rglob(f"*{cache.SUFFIX}"))


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
    folders = {path.parent.name for path in compiled(tmp_path / "user")}
    assert folders == {f"kernels-{cache.sources_hash()}"}


def test_numba_cache_dir_overrides_the_place(tmp_path, probe):
    done = probe(NUMBA_CACHE_DIR=str(tmp_path / "mine"), **home(tmp_path / "user"))
    assert done.returncode == 0, done.stderr
    folders = {path.parent.name for path in compiled(tmp_path / "mine")}
    assert folders == {f"kernels-{cache.sources_hash()}"}  # so an edited callee in another file is compiled again
    assert not (tmp_path / "user").exists()


def test_where_nothing_can_be_written_our_kernels_run_uncached_with_one_warning(tmp_path, probe):
    (tmp_path / "user").write_text("a file, so that no folder can be made under it")
    done = probe(**home(tmp_path / "user"))
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("cannot write compiled kernels") == 1
    assert not compiled(tmp_path)
    assert len(list(tmp_path.rglob("*.nbc"))) == 1  # theirs: others' kernels are none of our business


def test_processes_that_compile_at_once_share_one_cache(tmp_path, probe):
    with ThreadPoolExecutor() as pool:
        done = list(pool.map(lambda _: probe(**home(tmp_path / "user")), range(3)))
    assert [d.returncode for d in done] == [0, 0, 0], done
    assert probe(PROGRAM + REUSED, **home(tmp_path / "user")).returncode == 0


def test_processes_that_compile_for_other_types_at_once_lose_nothing(tmp_path, probe):
    calls = [f"{OURS}assert probe.double({x}) == 2 * {x}" for x in ("3", "1.5", "2j")]
    with ThreadPoolExecutor() as pool:
        done = list(pool.map(lambda call: probe(call, **home(tmp_path / "user")), calls))
    assert [d.returncode for d in done] == [0, 0, 0], done
    assert len(compiled(tmp_path / "user")) == 3
    for call in calls:
        assert probe(call + REUSED.replace("simcore.kernels.", ""), **home(tmp_path / "user")).returncode == 0


def test_a_process_killed_while_it_writes_leaves_nothing_that_others_would_read(tmp_path, probe):
    killed = "\nimport os\nos.replace = lambda *names: os._exit(9)\nprobe.double(21)"
    assert probe(OURS + killed, **home(tmp_path / "user")).returncode == 9
    assert not compiled(tmp_path / "user")
    for more in ("", REUSED):
        done = probe(PROGRAM + more, **home(tmp_path / "user"))
        assert done.returncode == 0 and not done.stderr, done.stderr


@pytest.mark.parametrize("damage", [lambda old: b"", lambda old: old[:-9], lambda old: old[:-9] + b"nonsense!"])
def test_a_damaged_file_is_compiled_again_and_replaced(tmp_path, probe, damage):
    assert probe(**home(tmp_path / "user")).returncode == 0
    (file,) = compiled(tmp_path / "user")
    file.write_bytes(damage(file.read_bytes()))
    assert probe(PROGRAM + REUSED, **home(tmp_path / "user")).returncode != 0
    done = probe(PROGRAM + REUSED, **home(tmp_path / "user"))
    assert done.returncode == 0, done.stderr


def left_behind(folder: Path, days: float, *files: str) -> Path:
    """A folder of kernels that was used last so many days ago."""
    folder.mkdir(parents=True)
    then = time.time() - 86400.0 * days
    for name in files:
        (folder / name).write_bytes(b"code")
        os.utime(folder / name, (then, then))
    os.utime(folder, (then, then))
    return folder


def test_who_makes_a_new_folder_removes_those_that_nobody_has_used_for_long(tmp_path, probe):
    assert probe(**home(tmp_path / "user")).returncode == 0  # to learn where it lies
    (own,) = compiled(tmp_path / "user")
    root = own.parent.parent
    shutil.rmtree(own.parent)
    old = left_behind(root / f"kernels-{'a' * 16}", 91, "one.f-12.kernel", ".one.f-12.kernel.0123abcd")
    empty = left_behind(root / f"kernels-{'b' * 16}", 91)
    kept = [
        left_behind(root / f"kernels-{'c' * 16}", 89, "one.f-12.kernel"),
        left_behind(root / f"kernels-{'d' * 16}", 91, "one.f-12.kernel", "notes.txt"),
        left_behind(root / "kernels-of-mine", 91, "one.f-12.kernel"),
        left_behind(root / "other", 91, "one.f-12.kernel"),
        left_behind(tmp_path / "elsewhere", 91, "one.f-12.kernel"),
    ]
    link = root / f"kernels-{'e' * 16}"
    link.symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    assert probe(**home(tmp_path / "user")).returncode == 0
    assert not old.exists() and not empty.exists() and own.exists() and link.is_symlink()
    assert all((folder / "one.f-12.kernel").is_file() for folder in kept) and (kept[1] / "notes.txt").is_file()


def test_a_folder_that_is_used_counts_as_young_and_one_that_is_there_already_removes_nothing(tmp_path, probe):
    assert probe(**home(tmp_path / "user")).returncode == 0
    (file,) = compiled(tmp_path / "user")
    then = time.time() - 86400.0 * 100
    for path in (file, file.parent):
        os.utime(path, (then, then))
    old = left_behind(file.parent.parent / f"kernels-{'a' * 16}", 91, "one.f-12.kernel")
    done = probe(PROGRAM + REUSED, **home(tmp_path / "user"))
    assert done.returncode == 0, done.stderr
    assert file.parent.stat().st_mtime > time.time() - 3600.0 and old.exists()


def test_a_place_of_ones_own_is_left_as_it_is(tmp_path, probe):
    old = left_behind(tmp_path / "mine" / f"kernels-{'a' * 16}", 91, "one.f-12.kernel")
    assert probe(NUMBA_CACHE_DIR=str(tmp_path / "mine"), **home(tmp_path / "user")).returncode == 0
    assert len(compiled(tmp_path / "mine")) == 2 and old.exists()


def test_code_for_another_processor_is_not_read_and_stays(tmp_path, probe):
    assert probe(**home(tmp_path / "user")).returncode == 0
    other = home(tmp_path / "user") | {"NUMBA_CPU_NAME": "generic", "NUMBA_CPU_FEATURES": ""}
    assert probe(PROGRAM + REUSED, **other).returncode != 0  # compiled for itself
    assert len(compiled(tmp_path / "user")) == 2
    assert probe(PROGRAM + REUSED, **home(tmp_path / "user")).returncode == 0


def test_a_folder_that_can_only_be_read_serves_without_a_warning(tmp_path, probe):
    sealed = "\ndef refuse(*_): raise OSError\ncache._write_whole = refuse\nassert probe.double(21) == 42"
    assert probe(**home(tmp_path / "user")).returncode == 0
    done = probe(OURS + sealed + REUSED.replace("simcore.kernels.", ""), **home(tmp_path / "user"))
    assert done.returncode == 0 and not done.stderr, done.stderr


def test_reading_a_compiled_kernel_loads_nothing_that_only_compiling_needs(tmp_path, probe):
    light = "\nimport sys\nprobe.double(21)\nassert not {'scipy.linalg', 'numba.np.arraymath'} & set(sys.modules)"
    assert probe(**home(tmp_path / "user")).returncode == 0
    done = probe(OURS + light, **home(tmp_path / "user"))
    assert done.returncode == 0, done.stderr


def test_other_compilers_start_an_empty_cache(monkeypatch):
    before = cache.sources_hash()
    monkeypatch.setattr(cache, "version", lambda package: "99.1" if package == "numba" else "1.0")
    assert cache.sources_hash() != before


def test_an_edited_kernel_starts_an_empty_cache(tmp_path):
    (tmp_path / "one.py").write_text("a = 1")
    (tmp_path / "other.py").write_text("b = 1")
    before = cache.sources_hash(tmp_path)
    assert cache.sources_hash(tmp_path) == before
    (tmp_path / "other.py").write_text("b = 2")
    assert cache.sources_hash(tmp_path) != before
