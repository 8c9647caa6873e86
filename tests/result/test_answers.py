"""Tables of answers: every measure of a notice, what money brings, targets, warnings; legible for many measures."""

from __future__ import annotations

import html
import json
import re
from dataclasses import replace

import numpy as np
import pytest
from rich.console import Console

from simcore.answer_tables import brings, by_month, package_lines, targets, warnings
from simcore.headline import headings, shown_measures
from simcore.measures.labels import EarlyWarning, Target
from simcore.plot import drawings
from simcore.plot.style import to_svg
from simcore.records import Ledger, MeasureRecord, WarningRecord
from simcore.report import render
from simcore.result import Result
from simcore.safeguards import tracked, warned
from simcore.tables import table

COUNT, HEADS = 42, 17


@pytest.fixture(scope="module")
def notice(result) -> Result:
    """Forty-two measures under seventeen headings; those of the last three do nothing."""
    share = np.where(np.arange(COUNT) % HEADS < 14, 1.0 + np.arange(COUNT), 0.0)
    share /= share.sum()
    titles = [f"{i % HEADS + 1:02d} measure of the notice" for i in range(COUNT)]
    measures = tuple(MeasureRecord(f"m{i}", f"Entry {i}", heading=h) for i, h in enumerate(titles))

    def spread(whole, axis):
        return np.moveaxis(np.multiply.outer(share, whole), 0, axis)

    ledger = result.ledger
    return replace(
        result,
        measures=measures,
        points=spread(result.points.sum(axis=0), 0),
        parts=spread(result.parts.sum(axis=0), 0),
        point_draws=spread(result.point_draws.sum(axis=1), 1),
        ledger=Ledger(
            spread(ledger.values.sum(axis=1), 1),
            spread(ledger.last_in.sum(axis=1), 1),
            spread(ledger.draws.sum(axis=2), 2),
        ),
        fiscal=tuple((f"m{i}", line) for i, (_, line) in enumerate(result.fiscal)),
    )


def printed(shown) -> str:
    console = Console(width=160, record=True, file=open("/dev/null", "w"))  # noqa: SIM115
    console.print(table(shown))
    return console.export_text()


def words(page: str) -> str:
    return re.sub(
        r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", re.sub(r"<style>.*?</style>", "", page, flags=re.S)))
    )


def test_every_measure_of_the_notice_has_its_row_also_one_that_adds_nothing(notice):
    found = by_month(notice)
    names = [row[0] for row in found.rows]
    assert names == [f"{i:02d} measure of the notice" for i in range(1, HEADS + 1)] + ["Sum"]
    for column in range(1, len(found.head)):
        cells = [float(row[column]) for row in found.rows]
        assert sum(cells[:-1]) == pytest.approx(cells[-1], abs=0.006 * HEADS)
    assert set(found.rows[16][1:]) <= {"0.00", "0.000"}
    text = printed(notice)
    assert all(f"{i:02d} measure of the notice" in text for i in range(1, HEADS + 1))
    assert max(map(len, text.splitlines())) <= 160


def test_groups_by_heading_hold_every_measure_once(notice):
    names, groups = headings(notice)
    assert len(names) == HEADS and sorted(i for g in groups for i in g) == list(range(COUNT))
    shown, members = shown_measures(notice, 7)
    assert len(shown) == 7 and shown[-1] == "11 other measures"
    assert sorted(i for g in members for i in g) == list(range(COUNT))


def test_figures_of_many_measures_go_by_heading(notice):
    assert drawings()["headings"].possible(notice)
    figure = drawings()["headings"].draw(notice, "scenario")
    assert len(figure.axes[0].get_yticks()) == HEADS
    assert "17 measure of the notice" in to_svg(figure)
    cost = drawings()["cost"].draw(notice, "scenario")
    assert [t.get_text() for t in cost.axes[0].get_yticklabels()] == [
        "01 measure of the notice", "02 measure of the notice", "03 measure of the notice", "04 measure of the notice",
    ]  # fmt: skip


def test_few_measures_keep_their_own_columns(result):
    labelled = replace(result, measures=tuple(replace(m, heading="01 all") for m in result.measures))
    assert not drawings()["headings"].possible(labelled)
    assert shown_measures(labelled)[0] == [m.name for m in result.measures]
    assert "car" in printed(labelled) and "By measure of the notice" in printed(labelled)


def test_what_money_brings_is_told_with_ranges_and_undefined_ratios_in_words(result):
    text = printed(result)
    assert "What each brings and costs over the run" in text and "no cost" in text
    rows = {row[0]: row for row in brings(result, "measure").rows}
    assert rows["Policy-bank funds for projects"][-1] == "no cost"
    assert len({len(row) for row in rows.values()} | {len(brings(result, "measure").head)}) == 1
    lines = package_lines(result)
    assert "5-95 %" in lines[0] and "va_per_net_cost" in lines[1] and "multiplier_cumulative" in lines[1]
    assert brings(replace(result, ledger=None), "measure") is None and package_lines(replace(result, ledger=None)) == []


def test_more_coming_back_than_is_paid_is_said_in_words(central):
    rich = central.ledger.values.copy()
    rich[3] = 10.0 * (rich[4] + 1.0)
    found = brings(replace(central, ledger=Ledger(rich, central.ledger.last_in)), "measure")
    assert "pays back" in found.rows[0] and "?" not in "".join(found.rows[0])


def test_targets_stand_in_the_table_the_report_and_the_record_of_a_run(result, tmp_path):
    goals = (
        Target(id="quarter", title="A stable start", variable="iva_yoy", period="2023-Q1", at_least=1, at_most=9),
        Target(id="past", title="Long ago", variable="iva_yoy", period="2019-Q1", at_least=1),
    )
    found = tracked(result, goals)
    assert [t.problem == "" for t in found] == [True, False] and "outside the run" in found[1].problem
    assert 0.0 <= found[0].probability <= 1.0 and found[0].distance > 0.0 and found[0].low < found[0].high
    assert found[0].distance_without < found[0].distance
    shown = replace(result, targets=found)
    assert "at least 1, at most 9" in printed(shown) and "outside the run" in printed(shown)
    assert "Targets and early warning" in words(render(shown)) and "A stable start" in words(render(shown))
    folder = shown.save(tmp_path / "run", formats=("nc",))
    assert json.loads((folder / "run.json").read_text(encoding="utf-8"))["targets"][0]["months"][0] == "2023-01"
    assert Result.load(folder).targets == found


def test_without_draws_a_target_has_a_distance_and_no_probability(central):
    goal = Target(id="q", variable="iva_yoy", period="2023-Q1", at_least=1)
    (found,) = tracked(central, [goal])
    assert found.probability is None and found.low is None and found.distance is not None
    assert targets(replace(central, targets=(found,))).rows[0][-2:] == ["–", "–"]
    assert targets(central) is None


def test_warnings_name_the_variant_and_the_first_sectors_only(result, tmp_path):
    many = tuple(WarningRecord("scenario", c, "2022-12", "capacity", 50.0) for c in result.codes("sector")[:9])
    shown = replace(result, signals=many)
    rows = warnings(shown, ["scenario"]).rows
    assert len(rows) == 6 and rows[-1][1] == "and 4 more" and rows[0][1] == "Coal mining (B06)"
    assert warnings(result, ["scenario"]) is None
    assert "and 4 more" in words(render(shown))
    assert Result.load(shown.save(tmp_path / "run", formats=("nc",))).signals == many


def test_nothing_is_watched_without_a_record_of_what_bound(result):
    watch = EarlyWarning(id="w", watch=("C31",))
    assert warned(replace(result, binding=None), None, [watch]) == ()


def test_the_report_of_forty_two_measures_unfolds_what_is_long(notice):
    page = render(notice)
    assert "Contributions to growth on the year by measure of the notice" in words(page)
    before = page.split("<details>")[0]
    assert "Entry 41" in page and before.count("Entry 41") <= 2  # in the headline and in the list of its heading
    assert "What each single measure brings and costs" in page
