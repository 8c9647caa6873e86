"""An effect taken apart: the parts are what the textbook says, and they add up."""

import numpy as np
import pytest

from simcore.calendar import Calendar
from simcore.content import find_scenario
from simcore.decompose import _chain, _places, csv_table, decompose
from simcore.drivers import Drivers
from simcore.economy.system import domestic_matrix
from simcore.language.scenario import load
from simcore.models.accounts import base_flows
from simcore.testing import random_drivers, random_economy

YEAR = Calendar.between("2022-01", "2022-06")


def textbook(economy, drivers):
    """Direct output of domestic demand, A, and value added per yuan of output, by the formulas alone."""
    demand = drivers.dense("demand")
    change = np.zeros((economy.K, economy.F)) if demand is None else demand.sum(axis=0)
    home = change * (1.0 - np.where(base_flows(economy, YEAR).unknown, 1.0, economy.import_share))
    f = np.zeros(economy.n)
    for i in range(economy.n):
        for u in range(economy.F):
            f[i] += economy.origin[i, economy.user_pool[u]] * home[economy.sector[i], u]
    A = domestic_matrix(economy, base_flows(economy, YEAR).a)
    A = A if isinstance(A, np.ndarray) else A.toarray()
    return change, f, A, economy.value_added.sum(axis=0) / economy.x


def only_abroad(economy, drivers):
    """What users abroad buy of it."""
    calm = Drivers.calm(economy, YEAR)
    for term in drivers.terms:
        calm = calm.having(term.id, term.channel, term.profile, term.weights * (economy.user_region < 0))
    return calm


@pytest.mark.parametrize("seed", range(5))
def test_direct_and_indirect_effects_are_those_of_the_leontief_inverse(seed):
    rng = np.random.default_rng(seed)
    economy = random_economy(rng, 5, 3, 2, empty=0.0)
    drivers = random_drivers(rng, economy, YEAR, ("demand",))
    change, f, A, worth = textbook(economy, drivers)
    x = np.linalg.solve(np.eye(economy.n) - A, f)
    chain = _chain(economy, drivers, 0.0, None, "one", "one")
    assert chain.direct == pytest.approx(worth @ f, rel=1e-10)
    assert chain.indirect == pytest.approx(worth @ (x - f), rel=1e-9)
    assert chain.induced == pytest.approx(0.0, abs=1e-9 * abs(chain.indirect))
    # What is spent becomes income at home or imports, and nothing else.
    assert chain.direct + chain.indirect + chain.imports == pytest.approx(change.sum(), rel=1e-9)
    more = _chain(economy, drivers, 0.3, 10.0, "one", "one")
    assert more.total == pytest.approx(10.0) and more.induced * (chain.direct + chain.indirect) > 0.0


@pytest.mark.parametrize("seed", range(5))
def test_between_regions_own_effects_and_spill_overs_are_the_blocks_of_the_inverse(seed):
    rng = np.random.default_rng(100 + seed)
    economy = random_economy(rng, 4, 3, 2, empty=0.0)
    drivers = random_drivers(rng, economy, YEAR, ("demand",))
    _, f, A, worth = textbook(economy, drivers)
    abroad = textbook(economy, only_abroad(economy, drivers))[1]
    L, total = np.linalg.inv(np.eye(economy.n) - A), 0.0
    for r, place in enumerate(_places(economy, drivers)):
        here = economy.region == r
        made = worth * (L @ np.where(here, f, 0.0))
        alone = worth[here] @ np.linalg.solve(np.eye(here.sum()) - A[np.ix_(here, here)], f[here])
        size = np.abs(worth * (L @ f)).sum()
        assert place.own == pytest.approx(made[here].sum(), abs=1e-9 * size)
        assert place.outward == pytest.approx(made[~here].sum(), abs=1e-9 * size)
        assert place.feedback == pytest.approx(made[here].sum() - alone, abs=1e-9 * size)
        total += place.own + place.inward
    assert total == pytest.approx(worth @ L @ f, abs=1e-9 * size)
    bought = sum(p.bought_here for p in _places(economy, drivers))
    assert bought + worth @ L @ abroad == pytest.approx(total, abs=1e-9 * size)  # users abroad are in no region


def test_a_package_adds_up_and_its_table_holds_every_number():
    found = decompose(load(find_scenario("consumption-vouchers")), model="leontief")
    assert found.residual < 1e-9
    for key in ("spent", "direct", "indirect", "induced", "imports"):
        parts = sum(getattr(c, key) for c in found.chains)
        assert parts == pytest.approx(getattr(found.whole, key), rel=1e-9, abs=1e-12)
    assert all(0.0 <= p.leaves <= 1.0 for p in found.places)
    names = [m.name for m in found.multipliers]
    assert len(set(names)) == len(names) == 8
    lines = csv_table(found).splitlines()
    assert lines[0] == "table,row,column,value,unit" and len(lines) == 1 + 8 * (1 + len(found.chains)) + 7 * 4 + 8
