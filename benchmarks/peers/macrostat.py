"""MacroStat's model of Pichler et al. (2022); ``python -m benchmarks.peers.macrostat DAYS``.

On the table of 55 sectors with the labour shock of the event, which it reads as a supply shock. It needs torch
(``pip install torch macrostat``, best in an environment of its own).
"""

from __future__ import annotations

import sys
import time

import numpy as np

from benchmarks import tables
from benchmarks.peers.report import peak_above, report, resident

SECTORS, REPEATS = 55, 3
COVER = 30.0  # days, as in the economy that simcore is timed on


def main(days: int) -> None:
    """Run and print one line of JSON."""
    import macrostat
    import torch
    from macrostat.models.PichlerEtAl2022DIO.parameters import ParametersPichlerEtAl2022DIO as Parameters
    from macrostat.models.PichlerEtAl2022DIO.pichleretal2022dio import PichlerEtAl2022DIO
    from macrostat.models.PichlerEtAl2022DIO.scenarios import ScenariosPichlerEtAl2022DIO as Scenarios

    torch.set_num_threads(1)
    table = tables.flows(1, SECTORS)
    names = tables.labels(1, SECTORS)[1]
    sizes = {
        "timesteps": days, "n_sectors": SECTORS, "sector_names": names, "sectors": [*names, "Household"],
        "iosectors": names,
    }  # fmt: skip
    parameters = Parameters(hyperparameters=sizes)
    for name, values in inputs(table).items():
        parameters.data[name]["value"] = torch.tensor(values, dtype=torch.float32)
    scenarios = Scenarios(parameters=parameters)
    hit = np.where(np.arange(SECTORS) < SECTORS // 4, tables.LOSS, 0.0)
    shock = np.outer(tables.event_profile(days), hit)
    scenarios.add_vector_scenario({"SupplyShock": torch.tensor(shock, dtype=torch.float32)}, name="event")
    model = PichlerEtAl2022DIO(parameters=parameters, scenarios=scenarios)
    loaded, times = resident(), []
    for _ in range(REPEATS):
        start = time.thread_time()
        model.simulate("event")
        times.append(time.thread_time() - start)
    report(times, peak_above(loaded), SECTORS, macrostat.__version__)


def inputs(table: tables.Flows) -> dict[str, np.ndarray]:
    """The table in MacroStat's names, a day's flows."""
    per_day = 1.0 / 365.0
    x, use, final = table.x * per_day, table.use * per_day, table.final[:, 0] * per_day
    added = x - use.sum(axis=0)
    return {
        "TechnicalCoefficients": use / x,
        "CriticalInputMatrix": (use > 0).astype(float),
        "IntermediateConsumptionMatrix": use,
        "InitialGrossOutput": x,
        "InitialLabourCompensation": 0.5 * added,
        "InitialHouseholdConsumption": 0.7 * final,
        "InitialProfits": 0.5 * added,
        "InitialOtherFinalDemand": 0.3 * final,
        "InventoryTargetDays": np.full(SECTORS, COVER),
        "OtherCostCoefficients": np.zeros(SECTORS),
    }


if __name__ == "__main__":
    main(int(sys.argv[1]))
