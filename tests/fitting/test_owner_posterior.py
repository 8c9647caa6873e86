"""Weights of the kinds of owner: what bounds them, and what does not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from simcore.fitting import owner_posterior as module
from simcore.fitting.figures import Figures
from simcore.fitting.owner_posterior import CLASSES, owner_posterior
from simcore.fitting.ownership import fit_foreign_weight
from simcore.fitting.recipe import load_recipe

CHINA = Path(__file__).parents[2] / "calibration" / "china-2022"


@pytest.fixture(scope="module")
def known():
    options, figures = load_recipe(CHINA).ownership, Figures(CHINA)
    return figures, options, fit_foreign_weight(figures, options.fit.first, options.fit.last)


def test_the_posterior_is_narrower_than_the_prior_and_holds_the_weights_of_the_economy(known):
    figures, options, fit = known
    found = owner_posterior(figures, options, fit.weight, fit.standard_error)
    assert (found.kept < 1.0).all() and found.effective > 1000
    central = (options.state.share, options.private.share, fit.weight)
    for name, weight in zip(CLASSES, central, strict=False):
        low, high = found.range_of(name)
        assert low < weight < high
    assert (np.diff(found.posterior, axis=0) > 0).all() and found.posterior[2].sum() == pytest.approx(1.0, abs=0.02)


def test_without_evidence_the_prior_comes_back(known, monkeypatch):
    figures, options, fit = known
    for name in ("MARGIN", "REVENUE", "APART"):
        monkeypatch.setattr(module, name, 1e6)
    found = owner_posterior(figures, options, fit.weight, 1e6)
    assert np.allclose(found.posterior, found.prior, atol=2e-3) and np.allclose(found.kept, 1.0, atol=1e-3)
    assert not any(found.narrowed)


def test_published_growth_narrows_foreign_firms_most(known):
    figures, options, fit = known
    found = owner_posterior(figures, options, fit.weight, fit.standard_error)
    assert CLASSES[int(found.kept.argmin())] == "foreign"


def test_a_seed_makes_it_the_same_again(known):
    figures, options, fit = known
    one, other = (owner_posterior(figures, options, fit.weight, fit.standard_error) for _ in range(2))
    assert (one.posterior == other.posterior).all()
