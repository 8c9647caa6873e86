"""Which line moves a result most: against a plain loop, a known answer, and wrong questions."""

import io

import numpy as np
import pytest

from simcore.content import find_scenario
from simcore.errors import SimcoreError, UnknownNameError
from simcore.language.scenario import load
from simcore.plot.tornado import _labels, draw_tornado
from simcore.run import run
from simcore.sensitivity import Line, csv_table, sensitivity, text_table
from simcore.units import Quantity

FILE = "consumption-vouchers"
CLOSED = "model={name: leontief, options: {households: closed}}"


def vouchers(*sets):
    return load(find_scenario(FILE), sets=(CLOSED, *sets))


def whole_run(*sets):
    """The outcome ``iva_level_effect.total.mean`` of a run, from its levels."""
    result = run(vouchers("uncertainty.n=0", *sets), draws=0)
    return 100.0 * (result.series("iva").sum() / result.series("iva", "baseline").sum() - 1.0)


@pytest.fixture(scope="module")
def found():
    return sensitivity(vouchers(), of="iva_level_effect.total.mean", samples=16, leading=3)


def test_the_ends_are_those_of_runs_with_the_values_set(found):
    assert found.central == pytest.approx(whole_run(), rel=1e-9)
    lines = {line.path: line for line in found.lines}
    amount = lines["policies.vouchers.amount"]
    assert amount.place == "consumption-vouchers.yaml:9" and amount.central == 5.0
    assert amount.at_low == pytest.approx(whole_run(f"policies.vouchers.amount={amount.low!r} bn CNY"), rel=1e-6)
    assert amount.at_high == pytest.approx(whole_run(f"policies.vouchers.amount={amount.high!r} bn CNY"), rel=1e-6)


def test_lines_come_in_the_order_of_their_swing_and_the_leading_ones_have_indices(found):
    swings = [line.swing for line in found.lines]
    assert swings == sorted(swings, reverse=True) and len({line.path for line in found.lines}) == len(found.lines)
    indexed = [line for line in found.lines if not np.isnan(line.total)]
    assert indexed == list(found.lines[:3])
    assert all(line.total_range[0] <= line.total <= line.total_range[1] for line in indexed)
    assert found.runs == 2 * len(found.lines) + 16 * (3 + 2)


def test_the_same_seed_gives_the_same_intervals_and_leaves_other_random_numbers_alone(found):
    state = np.random.get_state()[1].copy()  # noqa: NPY002
    again = sensitivity(vouchers(), of="iva_level_effect.total.mean", samples=16, leading=3)
    assert csv_table(again) == csv_table(found)
    assert (np.random.get_state()[1] == state).all()  # noqa: NPY002


def test_a_run_without_indices_gives_the_same_tornado(found):
    alone = sensitivity(vouchers(), of="iva_level_effect.total.mean", samples=0)
    assert [(a.path, a.at_low, a.at_high) for a in alone.lines] == [(b.path, b.at_low, b.at_high) for b in found.lines]


def test_the_figure_and_both_tables_show_the_leading_line(found, tmp_path):
    from rich.console import Console

    draw_tornado(found).savefig(tmp_path / "tornado.png")
    assert (tmp_path / "tornado.png").stat().st_size > 10_000
    console = Console(width=160, file=io.StringIO())
    console.print(text_table(found, top=2))
    shown = console.file.getvalue()
    assert found.lines[0].name in shown and "more values move it less" in shown and "…" not in shown
    rows = csv_table(found).splitlines()
    assert len(rows) == 1 + len(found.lines) and rows[1].startswith(found.lines[0].path)


@pytest.mark.parametrize(
    ("of", "message"),
    [
        ("iva", "unknown outcome 'iva'; there is iva_level_effect, iva_yoy"),
        ("iva_yoy.mars", "'mars' is no sector, region or kind of ownership"),
        ("iva_yoy.total.1999-01", "'1999-01' lies outside the run"),
        ("iva_yoy.total.soon", "cannot read 'soon' as a period"),
    ],
)
def test_an_outcome_that_a_run_does_not_have_is_refused_by_name(of, message):
    with pytest.raises(UnknownNameError, match=message):
        sensitivity(vouchers(), of=of, samples=0)


def test_a_design_needs_a_power_of_two():
    with pytest.raises(SimcoreError, match="instead of 100 try 128"):
        sensitivity(vouchers(), samples=100)


@pytest.mark.parametrize(
    ("at_low", "at_high", "labels"),
    [
        (1.0, 3.0, [(1.0, "20 %"), (3.0, "40 %")]),
        (3.0, 1.0, [(1.0, "40 %"), (3.0, "20 %")]),
        (2.5, 3.0, [(3.0, "20 % … 40 %")]),
        (1.0, 1.9, [(1.0, "20 % … 40 %")]),
    ],
)
def test_values_of_ends_on_one_side_are_written_together(at_low, at_high, labels):
    line = Line("policies.a.share", "here", Quantity("share"), 0.3, 0.2, 0.4, at_low, at_high)
    assert _labels(line, central=2.0) == labels
