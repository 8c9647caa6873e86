"""``simcore warm``: what it compiles is all that runs need, whatever happens meanwhile."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# The smallest of the jobs, in this process alone.
SMALL = """
from simcore import warming
warming.JOBS = {"statistics": warming.JOBS["statistics"]}
"""
WARM = (
    SMALL
    + """
print(warming.cold())
(done,) = warming.warm(threads=1)
assert done.files and done.seconds > 0.0, done
print(warming.cold())
"""
)


def program(text: str, **environment: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-c", text]
    everything = os.environ | {"PYTHONPATH": str(ROOT)} | environment
    return subprocess.run(command, env=everything, capture_output=True, text=True)


@pytest.fixture
def empty(tmp_path) -> dict[str, str]:
    return {"NUMBA_CACHE_DIR": str(tmp_path / "cache")}


def test_what_was_compiled_is_warm_until_a_file_is_lost(tmp_path, empty):
    done = program(WARM, **empty)
    assert done.stdout.splitlines() == ["('statistics',)", "()"], done.stderr
    next((tmp_path / "cache").rglob("*.kernel")).unlink()
    assert program(SMALL + "print(warming.cold())", **empty).stdout.strip() == "('statistics',)"


def test_what_is_warm_for_one_processor_is_cold_for_another(empty):
    assert program(WARM, **empty).returncode == 0
    other = empty | {"NUMBA_CPU_NAME": "generic", "NUMBA_CPU_FEATURES": ""}
    assert program(SMALL + "print(warming.cold())", **other).stdout.strip() == "('statistics',)"


def test_two_cold_processes_at_once_both_end_warm(empty):
    with ThreadPoolExecutor() as pool:
        done = list(pool.map(lambda _: program(WARM, **empty), range(2)))
    assert [d.returncode for d in done] == [0, 0], done
    assert program(SMALL + "print(warming.cold())", **empty).stdout.strip() == "()"


@pytest.mark.parametrize("damage", ["{", "[1, 2]", '{"statistics": []}', '{"statistics": 3}'])
def test_a_record_that_cannot_be_read_means_cold(tmp_path, empty, damage):
    assert program(WARM, **empty).returncode == 0
    (record,) = (tmp_path / "cache").rglob("warm-*.json")
    record.write_text(damage, encoding="utf-8")
    assert program(SMALL + "print(warming.cold())", **empty).stdout.strip() == "('statistics',)"


def test_warming_where_nothing_can_be_written_says_so_and_keeps_nothing(tmp_path):
    (tmp_path / "cache").write_text("a file, so that no folder can be made under it")
    done = program(
        SMALL + "list(warming.warm(threads=1))\nprint(warming.cold())", NUMBA_CACHE_DIR=str(tmp_path / "cache")
    )
    assert done.stdout.strip() == "('statistics',)"
    assert done.stderr.count("cannot write compiled kernels") == 1


def test_check_compiles_nothing_and_says_what_is_cold(tmp_path, empty):
    environment = os.environ | {"PYTHONPATH": str(ROOT)} | empty
    command = [sys.executable, "-m", "simcore", "warm", "--check"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 3
    assert {line.split()[0] for line in done.stdout.splitlines()} == {"cold"}
    assert not (tmp_path / "cache").exists()


def test_shipped_scenarios_need_nothing_that_warm_did_not_compile():
    """All scenarios at their values and one with draws, in one process: kernels are looked up when first called."""
    text = """
from simcore import list_scenarios, run_file, warming
from simcore.kernels import cache

files = {name for done in warming.warm() for name in done.files}
assert not warming.cold(), warming.cold()
for shipped in list_scenarios():
    run_file(shipped.path, draws=0)
run_file("notice-2022", draws=3)
print(sorted(set(cache.used()) - files))
"""
    main = "if __name__ == '__main__':\n" + "\n".join(f"    {line}" for line in text.strip().splitlines())
    done = program(main)
    assert done.stdout.strip() == "[]", done.stderr
