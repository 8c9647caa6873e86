"""Figures say what they show in which unit; the report stands alone and tells what a reader must know."""

import base64
import dataclasses
import html
import re
import subprocess
import sys
from html.parser import HTMLParser

import numpy as np
import pytest
from matplotlib.collections import PolyCollection

from simcore.headline import month_rows
from simcore.plot import drawings, figures
from simcore.plot.style import short_labels, to_png, to_svg
from simcore.records import MeasureRecord
from simcore.report import linked, render
from simcore.tables import signed

UNIT = re.compile(r"%|\bpp\b|bn yuan|Region|Sector")


@pytest.fixture(scope="module")
def drawn(result):
    return figures(result)


@pytest.fixture(scope="module")
def page(result) -> str:
    return render(result)


def words(page: str) -> str:
    return re.sub(
        r"\s+",
        " ",
        html.unescape(re.sub(r"<[^>]+>", " ", re.sub(r"<style>.*?</style>", "", page, flags=re.S))),
    )


def test_every_axis_with_numbers_carries_its_unit(drawn):
    for name, figure in drawn.items():
        labels = [label for axis in figure.axes for label in (axis.get_xlabel(), axis.get_ylabel()) if label]
        assert labels, name
        assert all(UNIT.search(label) for label in labels), (name, labels)
        if name in ("growth", "contributions"):
            assert all(UNIT.search(axis.get_ylabel()) for axis in figure.axes)


def test_every_figure_has_a_title_a_source_and_a_vintage(drawn):
    for figure in drawn.values():
        text = re.sub(r"\s+", " ", to_svg(figure))
        assert "22 November 2022" in text and "off_from_origin" in text
        titled = [axis.get_title(loc="left") for axis in figure.axes] + [figure.get_suptitle()]
        assert any(titled)


def test_the_bars_of_contributions_add_up_to_the_line(result, drawn):
    upper = drawn["contributions"].axes[0]
    bars = [c for c in upper.collections if isinstance(c, PolyCollection)]
    assert len(bars) == len(result.measures)
    heights = sum(np.array([path.vertices[1, 1] - path.vertices[0, 1] for path in c.get_paths()]) for c in bars)
    np.testing.assert_allclose(heights, [r.difference.value for r in month_rows(result)], atol=1e-9)


def test_the_heat_map_shows_industry_only_in_the_order_of_effects(drawn):
    axis = drawn["heatmap"].axes[0]
    labels = [t.get_text() for t in axis.texts if t.get_position()[0] < 0.0]
    assert len(labels) == 12 and not any("trade" in label for label in labels)
    national = [float(t.get_text()) for t in axis.texts if t.get_position()[0] == 0.5]
    assert national == sorted(national, reverse=True)


def test_a_heat_map_of_many_regions_has_upright_names_and_no_numbers_on_top_of_each_other(result, monkeypatch):
    from simcore.plot import heatmap

    few = heatmap.draw_heatmap(result).axes[0]
    monkeypatch.setattr(heatmap, "BROAD", len(result.codes("region")) - 1)
    many = heatmap.draw_heatmap(result).axes[0]
    sectors = len([t for t in many.texts if t.get_text()])
    assert len(few.texts) > sectors
    assert not any(t.get_text().startswith(("+", "-")) for t in many.texts)
    assert {t.get_rotation() for t in many.get_xticklabels()} == {90.0}
    assert {t.get_rotation() for t in few.get_xticklabels()} == {0.0}


def test_shares_of_what_bound_output_sum_to_a_hundred(result):
    for variant in result.binding.variants:
        np.testing.assert_allclose(result.binding.shares(variant).sum(axis=1), 100.0)
    assert dict(result.binding.inputs("scenario")).keys() == {"C31", "C39"}
    assert result.binding.inputs("baseline") == []


def test_the_fan_is_drawn_only_with_draws(drawn, central):
    without = drawings()["growth"].draw(central, "scenario")
    assert len(drawn["growth"].axes[1].collections) == 2 and len(without.axes[1].collections) == 0


def test_the_same_result_gives_the_same_figure(result):
    one, two = (to_svg(drawings()["growth"].draw(result, "scenario")) for _ in range(2))
    assert one == two


def test_a_figure_can_be_a_png(central):
    assert to_png(drawings()["cost"].draw(central, "scenario"), 60).startswith(b"\x89PNG")


def test_pyplot_stays_out():
    code = "import sys, simcore.plot as p; p.drawings(); sys.exit('matplotlib.pyplot' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_months_are_named_with_the_year_where_it_changes():
    assert short_labels(["2022-11", "2022-12", "2023 Jan-Feb", "2023-03"]) == [
        "Nov\n2022",
        "Dec",
        "Jan-Feb\n2023",
        "Mar",
    ]
    assert short_labels(["2023-Q1"]) == ["2023-Q1"]


class Loads(HTMLParser):
    """Collects what a page would load, the ids it has and whether tags close."""

    def __init__(self):
        super().__init__()
        self.loaded, self.ids, self.anchors, self.open = [], set(), [], []

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        if "src" in attributes or tag in ("link", "script", "iframe", "object"):
            self.loaded.append(attributes.get("src", tag))
        self.ids |= {attributes["id"]} if "id" in attributes else set()
        if tag == "a" and attributes.get("href", "").startswith("#"):
            self.anchors.append(attributes["href"][1:])
        if tag not in ("img", "meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_the_report_stands_alone_and_is_well_formed(page, result):
    loads, possible = Loads(), [name for name, d in drawings().items() if d.possible(result)]
    loads.feed(page)
    assert len(loads.loaded) == len(possible) and loads.open == []
    assert all(source.startswith("data:image/svg+xml;base64,") for source in loads.loaded)
    assert set(loads.anchors) <= loads.ids and "growth" in loads.anchors
    assert "url(" not in page and "@import" not in page
    for source in loads.loaded:
        svg = base64.b64decode(source.split(",")[1]).decode()
        assert "<svg" in svg and not re.search(r'href="https?:', svg)


def test_the_report_says_what_when_how_sure_and_at_what_cost(page):
    text = words(page)
    assert "From November 2022 to December 2023 the measures raise industrial value added" in text
    assert "5-95 % of draws" in text and "16 draws" in text
    assert "1 of the 2 parameters below are assumptions" in text
    assert re.search(r"Budget cost over the run: 22.4 bn yuan \([\d.]+ to [\d.]+\) at current prices", text)
    assert re.search(r"thousand persons for a year; per yuan of net cost [\d.]+", text)
    assert "Net budget cost: 9.8 bn yuan" in text
    assert "Loan principal is not a cost" in text


def test_the_report_explains_base_effects(page):
    text = words(page)
    assert "growth on the year in April 2023 is 12." in text and "two-year average" in text
    assert "From November 2023 on" in text
    assert "measured against months that the measures have already changed" in text


def test_the_report_holds_every_number_of_the_headline_table(page, result):
    text = words(page)
    for row in month_rows(result):
        assert signed(row.difference.value) in text and f"{row.without:.1f}" in text


def test_the_report_names_counterfactual_model_closure_and_provenance(page):
    text = words(page)
    for part in (
        "Counterfactual off_from_origin",
        "Model inventory",
        "demand-driven, prices passive",
        "ab12",
        "seed 7",
        "0.31 s",
        "3.0e-13",
        "22 November 2022",
        "association, 2022",
        "gravity with RAS",
        "Hindcast: Spring 2022",
        "F found in the source named",
        "are estimates, not statistics",
        "Share only",
        "FAILS",
    ):
        assert part in text, part


def test_addresses_become_links_and_nothing_else_becomes_html():
    text = linked('see https://example.org/a?b=1&c=2, <b>or</b> "http://other.org/x".')
    assert '<a href="https://example.org/a?b=1&amp;c=2">' in text and '<a href="http://other.org/x">' in text
    assert "<b>" not in text and linked("javascript:alert(1)") == "javascript:alert(1)"


def test_text_from_a_scenario_is_escaped(result):
    wicked = dataclasses.replace(result, title="<script>alert(1)</script>", notes=("a < b & c",))
    page = render(wicked)
    assert "<script>" not in page and "&lt;script&gt;" in page and "a &lt; b &amp; c" in page


def test_a_result_with_little_in_it_still_gives_a_report(central):
    bare = dataclasses.replace(
        central,
        measures=(),
        points=np.zeros((0, 0, 0)),
        parts=np.zeros((0, 0, 0)),
        fiscal=(),
        ledger=None,
        binding=None,
        ranges={},
        history=None,
        baseline_band=None,
        hindcast=None,
        assumptions=(),
        estimates=(),
        claims=(),
        checks=(),
        warnings=(),
    )
    text = words(render(bare))
    assert "without draws this run does not say how sure it is" in text
    assert "What it costs" not in text and "What bound output" not in text


def test_a_package_of_seventeen_measures_stays_legible(central):
    count = 17
    measures = tuple(MeasureRecord(f"m{i}", f"Measure number {i} with a rather long title") for i in range(count))
    share = np.arange(1, count + 1) / np.arange(1, count + 1).sum()
    whole = central.points.sum(axis=0), central.parts.sum(axis=0)
    points, parts = (share[:, None, None] * w for w in whole)
    big = dataclasses.replace(central, measures=measures, points=points, parts=parts, ledger=None)
    figure = drawings()["contributions"].draw(big, "scenario")
    names = figure.legends[0].get_texts()
    assert len(names) == 8 and any("11 other measures" in t.get_text() for t in names)
    to_svg(figure)
    assert "Measure number 16" in words(render(big))


def test_a_shock_is_not_called_a_measure(central):
    shocks = tuple(dataclasses.replace(m, shock=True) for m in central.measures)
    text = words(render(dataclasses.replace(central, measures=shocks)))
    assert "to December 2023 the shocks raise industrial value added" in text
    assert "Growth without and with the shocks" in text


def test_a_package_without_effect_is_said_to_have_none(central):
    flat = {name: np.repeat(array[:1], 2, axis=0) for name, array in central.values.items()}
    still = dataclasses.replace(central, values=flat, points=0 * central.points, parts=0 * central.parts)
    text = words(render(still))
    assert "leave industrial value added where it is: 0.00 %" in text
    assert "changes by less than 0.005 pp in every month" in text


def test_variants_are_set_side_by_side(central):
    values = {name: np.concatenate([array, array[1:]]) for name, array in central.values.items()}
    more = dataclasses.replace(central, variants=("baseline", "scenario", "late-start"), values=values)
    text = words(render(more))
    assert "Variants: effect on the level" in text and "late-start" in text
