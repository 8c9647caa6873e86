"""The Leontief system, solved again and again."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from simcore import testing
from simcore.economy.system import factorise


def test_threads_that_share_a_system_find_the_same():
    economy = testing.random_economy(np.random.default_rng(1), sectors=40, regions=3)
    system = factorise(economy, economy.use_domestic / economy.x)
    wanted = np.random.default_rng(2).random((14, economy.n))
    alone = system.solve(wanted)
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda _: system.solve(wanted), range(400)))
    assert all(np.array_equal(found, alone) for found in together)
