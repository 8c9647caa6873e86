"""``python -m benchmarks``: what it prints and when it fails."""

import json

import pytest

from benchmarks import peers
from benchmarks.__main__ import FAILED, INVALID, main


def test_it_lists_its_cases(capsys):
    assert main(["--list", "--only", "inventory*"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["case", "sizes", "along", "peers", "bar"]
    assert all(line.startswith("inventory") for line in lines[2:])


def test_an_unknown_case_is_told(capsys):
    assert main(["--only", "nonsense"]) == INVALID
    assert "no case matches 'nonsense'" in capsys.readouterr().err


def test_an_earlier_run_that_is_none_is_told_before_anything_runs(capsys, tmp_path):
    assert main(["--compare", str(tmp_path / "old.json")]) == INVALID
    assert "no figures of an earlier run" in capsys.readouterr().err


def test_one_table_with_figures_and_a_file_of_them(capsys, tmp_path, monkeypatch):
    monkeypatch.setattr("benchmarks.limits.described", lambda quick: "limits")
    file = tmp_path / "new.json"
    assert main(["--only", "prepare", "--largest", "48", "--json", str(file)]) == 0
    out = capsys.readouterr().out
    assert "load" in out
    (line,) = [line for line in out.splitlines() if line.startswith("prepare")]
    assert line.split()[1] == "42"
    (row,) = json.loads(file.read_text())["rows"]
    assert row["time"]["median"] > 0 and row["reference"] > 0 and row["memory"] > 0

    slow = json.loads(file.read_text())
    for name in ("median", "low", "high"):
        slow["rows"][0]["time"][name] /= 100.0
    file.write_text(json.dumps(slow))
    assert main(["--only", "prepare", "--largest", "48", "--compare", str(file)]) == FAILED
    assert "SLOWER" in capsys.readouterr().out


@pytest.mark.parametrize("peer", ["boario", "macrostat"])
def test_a_peer_answers_or_is_not_installed(peer):
    found = peers.run(peer, min(peers.PEERS[peer].sizes))
    assert found == "not installed" or (isinstance(found, peers.Found) and found.seconds > 0)


def test_pymrio_is_timed():
    found = peers.run("pymrio", 42)
    assert isinstance(found, peers.Found) and found.seconds > 0
