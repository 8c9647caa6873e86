"""BoARIO: median of the days of a run with the event; ``python -m benchmarks.peers.boario N``.

Its model and simulation are set up before the clock starts, simcore's figures include all that a run does.
"""

from __future__ import annotations

import sys
import time
import warnings

from benchmarks import tables
from benchmarks.peers.report import peak_above, report, resident

DAYS = {48: 365, 1302: 60, 2464: 20, 7172: 10}  # all days of a year would take minutes; medians do not change


def main(n: int) -> None:
    """Run and print one line of JSON."""
    warnings.filterwarnings("ignore")
    import boario
    import pandas as pd
    from boario import event
    from boario.extended_models import ARIOPsiModel
    from boario.simulation import Simulation

    regions, sectors = tables.LAYOUTS[n]
    io = tables.pymrio_table(regions, sectors)
    loaded = resident()
    model = ARIOPsiModel(io, order_type="alt", monetary_factor=1_000_000)
    steps = DAYS.get(n, 60)
    simulation = Simulation(model, n_temporal_units_to_sim=tables.STEPS)
    region, sector = tables.labels(regions, sectors)
    hit = pd.MultiIndex.from_product([region[:1], sector[: max(1, sectors // 4)]], names=["region", "sector"])
    simulation.add_event(
        event.from_series(
            pd.Series(tables.LOSS, index=hit), event_type="arbitrary", occurrence=tables.EVENT_START,
            duration=tables.EVENT_LASTS, recovery_tau=tables.EVENT_RECOVERS,
        )
    )  # fmt: skip
    times = []
    for _ in range(steps):
        start = time.thread_time()
        simulation.next_step()
        times.append(time.thread_time() - start)
    # Days before the event are left out: the event is active in what is compared.
    report(times[tables.EVENT_START :], peak_above(loaded), n, boario.__version__)


if __name__ == "__main__":
    main(int(sys.argv[1]))
