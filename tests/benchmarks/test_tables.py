"""The tables that simcore and its peers are timed on."""

import numpy as np
import pytest

from benchmarks import tables
from simcore.models.inventory import Inventory
from simcore.testing import full_form


@pytest.mark.parametrize("n", [6, 42, 48, 420])
def test_a_table_balances(n):
    economy = tables.economy(n)
    assert economy.n == n
    used = economy.use_domestic.sum(axis=0) + economy.value_added.sum(axis=0)
    assert np.allclose(used, economy.x, rtol=1e-12)
    assert np.allclose(economy.Z.sum(axis=1) + economy.Y.sum(axis=1), economy.x, rtol=1e-12)
    assert (economy.value_added > 0).all()


def test_peers_get_the_same_table():
    economy = tables.economy(48)
    Z, Y = tables.matrices(tables.flows(*tables.LAYOUTS[48]))
    assert np.array_equal(Z, economy.Z)
    by_region = economy.Y.reshape(48, len(tables.BUYERS), economy.R).sum(axis=1)
    assert np.allclose(Y, by_region, rtol=1e-14)


def test_pymrio_reads_it():
    io = tables.pymrio_table(3, 4)
    assert list(io.get_regions()) == ["R00", "R01", "R02"]
    assert np.allclose(io.x["indout"], tables.economy(12).x, rtol=1e-12)


def test_full_form_gives_the_path_of_the_pooled_form():
    economy = tables.economy(24)
    drivers = tables.event(economy, tables.calendar(30))
    pooled = Inventory().simulate(economy, drivers)
    full = Inventory().simulate(*full_form(economy, drivers))
    assert pooled.output.min() < 0.8 * economy.x.min() / 365 or (pooled.binding != 0).any()
    assert np.allclose(pooled.output, full.output, rtol=1e-9)


def test_the_event_hits_and_fades():
    profile = tables.event_profile(tables.STEPS)
    assert (profile[: tables.EVENT_START] == 0).all()
    assert (profile[5:11] == 1.0).all()
    assert (np.diff(profile[11:]) < 0).all()
    assert (profile >= 0).all() and profile[-1] < 0.02  # some of it is there to the last day
