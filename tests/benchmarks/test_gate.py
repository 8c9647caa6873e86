"""The gate: what fails is timed again, and only what is always slow is slower."""

import json

import pytest

from benchmarks import gate

HERE = "this processor"


@pytest.fixture
def figures(monkeypatch, tmp_path):
    """Two committed cases, and a function that says what each process finds."""
    file = tmp_path / "gate.json"
    file.write_text(json.dumps({HERE: {"a": 2.0, "b": 4.0}, "another": {"a": 3.0, "b": 3.0}}))
    monkeypatch.setattr(gate, "FILE", file)
    monkeypatch.setattr(gate, "processor", lambda: HERE)
    asked = []

    def finding(*rounds):
        waiting = iter(rounds)

        def run(cases):
            asked.append(cases)
            found = next(waiting)
            return {name: (42, found[name]) for name in cases}

        monkeypatch.setattr(gate, "run", run)
        return asked

    return finding


def test_as_fast_as_it_was(figures):
    asked = figures({"a": 2.1, "b": 3.9})
    assert all(verdict.kept for verdict in gate.judge(["a", "b"]))
    assert asked == [["a", "b"]]


def test_noise_passes(figures):
    asked = figures({"a": 4.0, "b": 4.0}, {"a": 2.2})
    verdicts = gate.judge(["a", "b"])
    assert all(verdict.kept for verdict in verdicts)
    assert asked == [["a", "b"], ["a"]]
    assert verdicts[0].found == 2.2


def test_a_slow_down_stays(figures):
    asked = figures({"a": 2.0, "b": 8.0}, {"b": 7.9}, {"b": 8.1})
    a, b = gate.judge(["a", "b"])
    assert a.kept and not b.kept
    assert b.word == "SLOWER in 3 tries"
    assert len(asked) == gate.TRIES


def test_a_figure_that_guards_nothing_is_pointed_out(figures):
    figures({"a": 1.0, "b": 4.0})
    assert [verdict.word for verdict in gate.judge(["a", "b"])] == ["faster: commit it", "ok"]


def test_another_processor_gets_more_room(figures, monkeypatch):
    figures({"a": 2.0, "b": 4.0})
    monkeypatch.setattr(gate, "processor", lambda: "unknown")
    assert gate.limit_of("a") == (3.0, gate.ELSEWHERE)
    assert gate.limit_of("b") == (4.0, gate.ELSEWHERE)


def test_a_case_without_a_figure_says_how_to_get_one(figures):
    with pytest.raises(KeyError, match="--update-gate"):
        gate.limit_of("c")


def test_new_figures_are_written_beside_those_of_other_processors(figures):
    figures({"a": 1.0}, {"a": 1.2}, {"a": 1.1})
    gate.update(["a"], ["a", "b"])
    assert gate.committed() == {HERE: {"a": 1.1, "b": 4.0}, "another": {"a": 3.0, "b": 3.0}}


def test_figures_of_cases_that_are_gone_are_forgotten(figures):
    figures(*[{"a": 1.0}] * gate.TRIES)
    gate.update(["a"], ["a"])
    assert gate.committed()[HERE] == {"a": 1.0}


def test_the_timed_process_fails_a_case_that_became_slower(monkeypatch, tmp_path):
    """End to end, on a figure that no kernel can keep."""
    strict = {name: {case: 1e-6 for case in by_case} for name, by_case in gate.committed().items()}
    file = tmp_path / "gate.json"
    file.write_text(json.dumps(strict))
    monkeypatch.setattr(gate, "FILE", file)
    size, ratio = gate.run(["price"])["price"]
    assert size > 0 and ratio > 0.0
    assert not gate.Verdict("price", size, ratio, *gate.limit_of("price"), 1).kept
