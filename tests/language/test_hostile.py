"""Files that were made to hurt are refused soon, and lead to no file outside their folder."""

import os
import resource
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from simcore import cli

ROOT = Path(cli.__file__).resolve().parents[1]
SECONDS = 2.0  # processor time: about twice what they take on a slow machine, start-up included
HEADER = (
    "schema: simcore/scenario@1\nid: a\ncalibration: china-2022@1\ntime: {step: month, start: 2022-11, end: 2023-12}\n"
)
MEASURE = """\
  m{i}:
    kind: investment_support
    amount: {{value: 2 mn CNY, dist: {{kind: pert, low: 1 mn CNY, mode: 2 mn CNY, high: 3 mn CNY}}, note: assumed}}
    financing: {{kind: interest_subsidy, rate: 2.5 pp, years: 2}}
    target:
      sector: {{any: [{sector}]}}
      region: {{any: [east, west]}}
    profile: {{kind: ramp, start: 2022-11, end: 2023-03, hold_until: 2023-12}}
    take_up: 60 %
    title: "Measure {i}"
    source: "notice {i}"
"""
NAMES = "abcdefghij"
BOMB = "a: &a [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{new}: &{new} [{','.join(['*' + old] * 10)}]\n" for old, new in pairwise(NAMES)
)
HOSTILE = {
    "aliases": (BOMB, "SC004"),
    "fifty_megabytes": ("# " + "a" * 50_000_000, "SC012"),
    "many_values": ("a:\n" + "  - 1\n" * 400_000, "SC012"),
    "brackets": ("[" * 3_000_000, "SC001"),
    "braces": ("a: " + "{a: " * 900_000, "SC001"),
    "dashes": ("- " * 1_900_000, "SC001"),
    "steps": ("\n".join(" " * i + "a:" for i in range(2500)), "SC001"),
    "zeros": ("\0" * 3_900_000, "SC011"),
    "keys": ("".join(f"k{i}: v\n" for i in range(90_000)), "SC020"),
    "kinds": (HEADER + "policies:\n" + "".join(f"  a{i}: {{kind: x}}\n" for i in range(90_000)), "SC022"),
    "tags": (HEADER + "policies: !!python/object/apply:os.system ['touch pwned']\n", "SC005"),
}


def checked(path: Path) -> tuple[str, float]:
    """What ``simcore check`` prints about a file, and the processor time it takes."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [sys.executable, "-m", "simcore", "check", path.name],
        cwd=path.parent, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.returncode in (0, 2) and not done.stderr, done.stderr[-500:]
    return done.stdout, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_soon(name, tmp_path):
    text, code = HOSTILE[name]
    (tmp_path / "bad.yaml").write_text(text, encoding="utf-8")
    told, seconds = checked(tmp_path / "bad.yaml")
    assert f"error[{code}]" in told and len(told) < 200_000
    assert [p.name for p in tmp_path.iterdir()] == ["bad.yaml"]
    assert seconds < SECONDS


def test_a_thousand_measures_are_checked_soon(tmp_path):
    sectors = ("C34", "C35", "C38", "C39", "health", "education, C13", "C26", "C31, C32")
    body = "".join(MEASURE.format(i=i, sector=sectors[i % len(sectors)]) for i in range(1000))
    (tmp_path / "big.yaml").write_text(HEADER + "policies:\n" + body, encoding="utf-8")
    told, seconds = checked(tmp_path / "big.yaml")
    assert "error" not in told and told.count("warning[SC433]") == 1000 - len(sectors)  # each but the first of a target
    assert seconds < 2 * SECONDS


OPENED = """
import sys
opened = set()
sys.addaudithook(lambda event, of: opened.add(str(of[0])) if event == "open" else None)
from simcore.language.scenario import check
for problem in check("in/bad.yaml"):
    print(problem.code)
print("--")
print(*sorted(opened), sep="\\n")
"""


def test_no_file_outside_the_folder_is_opened(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    secret = tmp_path / "secret.yaml"
    secret.write_text("selectors: {makers: {sector: {any: [C35]}}}\n", encoding="utf-8")
    (folder / "link.yaml").symlink_to(secret)
    includes = ["../secret.yaml", str(secret), "link.yaml", "/etc/passwd"]
    text = HEADER + f"extends: ../secret.yaml\ninclude: {includes}\npolicies: {{}}\n"
    (folder / "bad.yaml").write_text(text, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", OPENED],
        cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    codes, opened = done.stdout.split("--\n")
    assert codes.count("SC422") == 5
    places = {Path(p).name for p in opened.splitlines()}
    assert "bad.yaml" in places and not places & {"secret.yaml", "link.yaml", "passwd"}
