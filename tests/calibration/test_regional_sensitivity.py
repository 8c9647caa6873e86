"""How much regional results depend on the method of trade: worked out, reported, drawn."""

import shutil

import numpy as np
import pytest

from simcore.commands.regional_sensitivity import dependence, report, write
from simcore.content import find_calibration
from simcore.errors import SimcoreError
from simcore.plot.regions import draw_regions


@pytest.fixture(scope="module")
def found(folder):
    return dependence(folder)


def test_national_sums_do_not_move_with_the_method(found):
    assert len(found.ways) > 15
    # Stocks and capacities of places bind a little sooner or later: a twenty-thousandth of the effect.
    np.testing.assert_allclose(found.percent[:, 0], found.percent[0, 0], rtol=2e-4)
    np.testing.assert_allclose(found.amount[:, 1:].sum(axis=1), found.amount[:, 0], rtol=1e-9)
    np.testing.assert_allclose(found.landed.sum(axis=2), 1.0, rtol=1e-12)


def test_the_effect_by_region_is_that_of_a_run(found, folder):
    from simcore.run import run_file

    result = run_file("notice-2022-five", draws=0)
    for r, code in enumerate(result.codes("region")):
        place = result.slice_of("region", code)
        without, with_ = (result.series("iva", v, place) for v in ("baseline", "scenario"))
        window = slice(-len(without), None)
        wanted = 100.0 * (with_[window].sum() / without[window].sum() - 1.0)
        assert found.percent[0, r + 1] == pytest.approx(wanted, rel=1e-6), code


def test_nearer_trade_keeps_more_and_spills_less(found):
    ways = [found.ways.index(f"gravity, decay of goods {d:g}") for d in (0.5, 1.5, 2.0)]
    assert list(found.own[ways]) == sorted(found.own[ways])
    assert list(found.spill[ways]) == sorted(found.spill[ways], reverse=True)
    assert found.own[found.ways.index("slq")] > found.own[found.ways.index("flq")]
    assert found.spill[found.ways.index("no_distance")] == found.spill.max()


def test_figures_by_product_move_more_than_methods_do(found):
    # Coal: what is known of provinces puts it in the west, whatever the method; broad shares would put it in the east.
    k = found.products.index("B06")
    assert found.landed[: found.methods, k, 2].min() > found.landed_broad[k, 2] + 0.1


def test_the_report_says_what_is_evidence_and_the_figure_has_every_method(found):
    text = report(found, "china-2022")
    for way in found.ways:
        assert way in text
    assert "crude_steel by province" in text
    assert "share_only" in text
    labels = [t.get_text() for t in draw_regions(found).legends[0].get_texts()]
    assert [label.removesuffix(" (taken)") for label in labels] == list(found.ways[: found.methods])


def test_both_files_are_written_beside_the_calibration(folder, tmp_path):
    place = tmp_path / "china-2022"
    shutil.copytree(folder, place)
    (place / "regions.md").unlink(missing_ok=True)
    path = write(place)
    assert path.read_text(encoding="utf-8") == (folder / "regions.md").read_text(encoding="utf-8")
    assert (place / "regions.png").stat().st_size > 10_000


def test_a_table_of_ones_own_has_no_trade_to_choose_a_method_for():
    with pytest.raises(SimcoreError, match="us-2019 is made from a table of its own"):
        dependence(find_calibration("us-2019"))
