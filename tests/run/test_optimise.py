"""Best use of a budget: known maxima, the block of a file, and what is wrong with one."""

import numpy as np
import pytest

from simcore.errors import SimcoreError
from simcore.language.scenario import check
from simcore.optimise import climb, optimise

FILE = """\
schema: simcore/scenario@1
id: two
calibration: china-2022@1
time: {step: month, start: 2022-11, end: 2023-06}
model: leontief
policies:
  machines:
    kind: investment_support
    amount: 20 bn CNY
    financing: {kind: interest_subsidy, rate: 2.5 pp, years: 2}
    target: {sector: {any: [C35]}}
    profile: {kind: pulse, start: 2022-11, end: 2023-01}
  projects:
    kind: investment_support
    amount: 20 bn CNY
    financing: {kind: interest_subsidy, rate: 2.5 pp, years: 2}
    target: {sector: {any: [C26]}}
    spend_on: {C34: 0.5, C38: 0.5}
    additionality: 60 %
    profile: {kind: pulse, start: 2022-11, end: 2023-01}
"""
BLOCK = """\
optimise:
  maximise: value_added.total.cumulative
  choose: [policies.machines.amount, policies.projects.amount]
  budget: 50 bn CNY
  bounds: {policies.machines.amount: [5 bn CNY, 40 bn CNY], policies.projects.amount: [0 bn CNY, 40 bn CNY]}
"""


def test_a_linear_objective_ends_in_the_corner_of_the_budget():
    found = climb(lambda a: float(a @ [1.0, 3.0, 2.0]), np.zeros(3), np.array([10.0, 4.0, 10.0]), 9.0)
    assert found == pytest.approx([0.0, 4.0, 5.0], abs=1e-9)


def test_falling_returns_are_shared_out():
    # sqrt(a) + 2 sqrt(b), a + b <= 10: b = 4 a
    found = climb(lambda a: float(np.sqrt(a[0]) + 2.0 * np.sqrt(a[1])), np.zeros(2), np.full(2, 10.0), 10.0)
    assert found.sum() <= 10.0 + 1e-9 and found == pytest.approx([2.0, 8.0], abs=0.25)


def test_what_does_harm_gets_its_least():
    found = climb(lambda a: float(a[0] - a[1]), np.array([0.0, 1.0]), np.array([5.0, 5.0]), 20.0)
    assert found == pytest.approx([5.0, 1.0], abs=1e-6)


def written(tmp_path, block=BLOCK):
    path = tmp_path / "two.yaml"
    path.write_text(FILE + block, encoding="utf-8")
    return path


def test_the_budget_of_a_file_goes_where_a_yuan_brings_most(tmp_path):
    path = written(tmp_path)
    assert not [d for d in check(path) if d.severity == "error"]
    found = optimise(path)
    machines, projects = found.choices
    assert machines.own == projects.own == 20.0
    assert found.best > found.own and machines.best + projects.best == pytest.approx(50.0, abs=1e-6)
    more, less = (machines, projects) if machines.gain > projects.gain else (projects, machines)
    assert more.best == pytest.approx(40.0, abs=1e-6) and less.best == pytest.approx(10.0, abs=1e-6)
    assert "maximise value_added.total.cumulative within 50 bn CNY" in str(found)


def test_a_file_without_the_block_says_what_to_write(tmp_path):
    with pytest.raises(SimcoreError, match="has no block 'optimise: "):
        optimise(written(tmp_path, ""))


def test_without_budget_and_bounds_there_is_no_end(tmp_path):
    block = "optimise: {maximise: value_added, choose: [policies.machines.amount]}\n"
    with pytest.raises(SimcoreError, match="has no upper bound; give 'bounds' or a 'budget'"):
        optimise(written(tmp_path, block))


@pytest.mark.parametrize(
    ("old", "new", "code", "message"),
    [
        ("policies.projects.amount]", "policies.projects.amuont]", "SC438", "did you mean 'amount'"),
        ("policies.projects.amount]", "policies.projects.kind]", "SC438", "is no amount"),
        ("5 bn CNY, 40 bn CNY]", "50 bn CNY, 40 bn CNY]", "SC438", "the lower bound comes first"),
        ("budget: 50 bn CNY", "budget: 3 bn CNY", "SC439", "the lower bounds add up to 5 bn CNY, more than"),
        ("value_added.total", "value_aded.total", "SC201", "did you mean 'value_added'"),
        ("[5 bn CNY, 40 bn CNY]", "[5 bm CNY, 40 bn CNY]", "SC105", "unknown unit"),
    ],
)
def test_a_faulty_block_is_told_with_its_place(tmp_path, old, new, code, message):
    assert old in BLOCK
    found = [d for d in check(written(tmp_path, BLOCK.replace(old, new, 1))) if d.severity == "error"]
    assert {d.code for d in found} == {code} and message in found[0].message
    assert found[0].line > FILE.count("\n")
