"""Every benchmark is a case that runs, once and small."""

import pytest

from benchmarks import cases, gate, peers, tables

CASES = cases.load()


@pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))
def test_a_case_runs_small(case):
    work = case.build(case.small)
    work.call()
    for rival in work.rivals.values():
        rival()
    assert work.count >= 1 and work.reads >= 0


@pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))
def test_what_a_case_states_fits_together(case):
    assert list(case.sizes) == sorted(case.sizes)
    assert case.small <= min(case.sizes)
    assert set(case.quick) <= set(case.sizes)
    assert case.clock in ("thread", "wall")
    assert set(case.peers) <= set(peers.PEERS)
    if case.along == "n":
        assert {*case.sizes, case.small, *([case.gate] if case.gate else [])} <= set(tables.LAYOUTS)
    rivals = set(case.build(case.small).rivals)
    for bar in case.bars:
        assert bar.size in case.sizes
        assert bar.of in {"seconds", "limit", "matrices", *rivals, *case.peers}
        if bar.of in case.peers:
            assert bar.size in peers.PEERS[bar.of].sizes


def test_every_gated_case_has_a_committed_figure():
    gated = {case.name for case in CASES.values() if case.gate}
    figures = gate.committed()
    assert gated and set().union(*figures.values()) == gated


def test_a_name_is_taken_once():
    with pytest.raises(ValueError, match="already"):
        cases.add("inventory", lambda size: cases.Work(lambda: None), sizes=(1,), small=1)


@pytest.mark.parametrize(
    ("bar", "text", "good", "bad"),
    [
        (cases.Bar(48, "boario", 50), ">= 50x boario", 51.0, 49.0),
        (cases.Bar(48, "limit", 0.6), ">= 0.6 of limit", 0.7, 0.5),
        (cases.Bar(48, "seconds", 0.005), "<= 5 ms", 0.004, 0.006),
        (cases.Bar(48, "matrices", 3), "<= 3 n x n", 2.9, 3.1),
    ],
)
def test_a_promise_says_what_keeps_it(bar, text, good, bad):
    assert bar.text == text
    assert bar.met(good) and not bar.met(bad)
