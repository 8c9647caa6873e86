"""Run all shipped scenarios and put their effects side by side, in one CSV.

    python examples/03_batch_of_scenarios.py [FOLDER]

The kernels release Python's lock, so one thread per processor keeps the machine busy.
"""

import csv
import os
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import simcore


def effects(name: str) -> list[tuple[str, str, float]]:
    """Effect of a scenario on the level of industrial value added by month, in % of the baseline."""
    result = simcore.run_file(name, draws=0)
    return list(zip([name] * len(result.periods), result.periods, result.series("iva_level_effect"), strict=True))


names = [scenario.name for scenario in simcore.list_scenarios()]
first, *others = names
rows = effects(first)  # alone: it compiles the kernels for all
with ThreadPoolExecutor(os.cpu_count()) as pool:
    for found in pool.map(effects, others):
        rows += found

folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(tempfile.mkdtemp())
with open(folder / "effects.csv", "w", encoding="utf-8", newline="") as file:
    writer = csv.writer(file)
    writer.writerow(["scenario", "period", "iva_level_effect_percent"])
    writer.writerows((name, period, f"{value:.4f}") for name, period, value in rows)
for name in names:
    largest = max((value for other, _, value in rows if other == name), key=abs)
    print(f"{name:40} largest effect in a month {largest:+.3f} %")
print(f"written to {folder / 'effects.csv'}")
