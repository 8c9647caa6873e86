"""Who exports in China: the published share is met, in all sectors at one odds ratio, and what cannot be is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from simcore.errors import BalanceError
from simcore.fitting.calibrate import assemble, work_through
from simcore.fitting.figures import Figures
from simcore.fitting.owner_exports import FOREIGN, estimate_owner_exports
from simcore.fitting.owner_report import _electronics
from simcore.fitting.recipe import Weight

CHINA = Path(__file__).parents[2] / "calibration" / "china-2022"


@pytest.fixture(scope="module")
def steps():
    return work_through(CHINA)


def test_the_wanted_share_of_exports_is_met_in_the_economy(steps):
    economy = assemble(steps, {})
    users = economy.users("exports")
    abroad = economy.origin[:, economy.user_pool[users]] * economy.final_domestic[:, users][economy.sector]
    made = np.bincount(economy.ownership, abroad.sum(axis=1) * economy.is_industry)
    assert made[FOREIGN] / made.sum() == pytest.approx(steps.recipe.ownership.exports.share, rel=1e-9)
    np.testing.assert_allclose(made[:4] / made.sum(), steps.exporters.by_class[2], rtol=1e-9)


def test_shares_sum_to_one_inside_industry_and_lie_on_both_sides_of_the_weight(steps):
    found, inside = steps.exporters, list(steps.sectors.expand("industry"))
    for shares in (found.abroad, found.home):
        np.testing.assert_allclose(shares[inside].sum(axis=2), 1.0, rtol=1e-12)
    weight = steps.owners.share[inside, FOREIGN][:, None]
    assert (found.abroad[inside][:, :, FOREIGN] >= weight - 1e-12).all()
    assert (found.home[inside][:, :, FOREIGN] <= weight + 1e-12).all()


def test_the_ends_hold_the_published_figures(steps):
    # 2021: 14.03 of 39.1 x 10^12 yuan of trade; 2019: private firms exported 8.9 of 17.23 x 10^12 yuan.
    wanted = steps.recipe.ownership.exports
    assert wanted.low == pytest.approx(14.03 / 39.1, abs=0.005) and wanted.high == pytest.approx(
        1 - 8.9 / 17.23, abs=0.005
    )
    even, low, central, high = steps.exporters.share
    assert even < low < central < high and list(steps.exporters.ratio) == sorted(steps.exporters.ratio)


def test_electronics_of_2013_follow_from_the_ministry_s_rows(steps):
    sales, exports, ratio = _electronics(Figures(CHINA))
    assert (sales, exports) == (pytest.approx(0.6855, abs=1e-3), pytest.approx(0.8868, abs=1e-3))
    intensity = 2564 / 13682, 7017 / 10417
    assert ratio == pytest.approx(intensity[1] / (1 - intensity[1]) / (intensity[0] / (1 - intensity[0])), rel=1e-3)


def test_a_share_that_no_odds_ratio_reaches_is_an_error(steps):
    with pytest.raises(BalanceError, match=r"ownership[.]exports asks for 0[.]99"):
        estimate_owner_exports(steps.regional, steps.owners.share, Weight(share=0.99, low=0.99, high=0.99))
