"""Two runs held against each other."""

import json

import pytest

from benchmarks.cases import Bar, Work
from benchmarks.compare import changes, read, shown
from benchmarks.measure import Row, judged, share_of_limit, with_growth
from benchmarks.peers import Found
from benchmarks.show import faster, figures
from simcore.timing import Timing


def row(seconds=1.0, spread=0.02, reference=1e-3, case="a", size=420, **facts):
    timing = Timing(seconds, seconds * (1 - spread / 2), seconds * (1 + spread / 2), 9)
    return Row(case, size, "n", "step", "thread", timing, reference, memory=1000, **facts)


@pytest.mark.parametrize(
    ("old", "new", "verdict"),
    [
        (row(1.0), row(1.01), "same"),
        (row(1.0), row(1.3), "SLOWER"),
        (row(1.0), row(0.7), "faster"),
        (row(1.0, spread=0.4), row(1.3), "cannot tell"),
        (row(1.0, spread=0.4), row(2.0), "SLOWER"),
        (row(1.0, reference=1e-3), row(2.0, reference=2e-3), "same"),  # a machine of half the speed
    ],
)
def test_a_verdict_minds_the_noise(old, new, verdict):
    (change,) = changes([old], [new])
    assert change.verdict == verdict
    assert verdict in shown([change])


def test_only_what_both_measured_is_compared():
    assert changes([row(case="a")], [row(case="b")]) == []


def test_figures_survive_a_file(tmp_path):
    rows = [judged(row(limit=0.5), (Bar(420, "limit", 0.6), Bar(420, "boario", 2)), {"boario": Found(3.0, 12.0, "1")})]
    file = tmp_path / "old.json"
    file.write_text(json.dumps({"rows": [r.as_json() for r in rows]}))
    assert read(file) == rows


def test_a_broken_file_is_told(tmp_path):
    file = tmp_path / "old.json"
    file.write_text("[]")
    with pytest.raises(ValueError, match=r"old\.json: no figures"):
        read(file)
    with pytest.raises(ValueError, match="no figures"):
        read(tmp_path / "missing.json")


def test_bars_are_judged_at_their_size():
    bars = (Bar(420, "boario", 50), Bar(1302, "boario", 300), Bar(420, "pymrio", 2))
    found = judged(row(1e-3), bars, {"boario": Found(0.06, None, "1")})
    assert found.ratios == {"boario": pytest.approx(60.0)}
    assert found.bars == [(">= 50x boario", pytest.approx(60.0), True), (">= 2x pymrio", None, None)]


def test_the_memory_of_a_peer_stands_beside_its_time():
    found = judged(row(1e-3), (), {"boario": Found(0.06, 12.3, "1")})
    assert faster(found, "boario", found.ratios["boario"]) == "boario 60x (12.3 n2)"
    assert "boario 60x (12.3 n2)" in figures([found])


def test_growth_is_the_exponent_from_a_size_that_is_well_below():
    small, near, large = with_growth([row(1.0, size=100), row(9.0, size=120), row(8.0, size=200)])
    assert small.growth is None and near.growth is None
    assert large.growth == pytest.approx(3.0)


def test_a_share_of_what_can_be_read(monkeypatch):
    monkeypatch.setattr("benchmarks.limits.read_bandwidth", lambda size: 1e9)
    assert share_of_limit(Work(lambda: None, reads=10**6), 1, 2e-3) == pytest.approx(0.5)
    assert share_of_limit(Work(lambda: None), 1, 1.0) is None
