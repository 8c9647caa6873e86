"""Run a scenario that comes with simcore, look at its numbers, and write its folder of results.

python examples/01_run_a_scenario.py [FOLDER]
"""

import sys
import tempfile
from pathlib import Path

import simcore

result = simcore.run_file("notice-2022", draws=0)  # draws=64 adds the range that uncertain values imply

# Growth of industrial value added on the year, in per cent, with the measures and without.
with_measures = result.series("iva_yoy")
without = result.series("iva_yoy", variant="baseline")
for period, a, b in zip(result.periods, with_measures, without, strict=True):
    print(f"{period}  {a:6.2f} %  without {b:6.2f} %  effect {a - b:+.2f} pp")

# Everything with labels and units, as an xarray data set; by region, say (regions are estimates).
regions = result.by("region")
print(regions["iva_yoy"].attrs["long_name"], regions["iva_yoy"].attrs["units"], dict(regions.sizes))

parent = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(tempfile.mkdtemp())
folder = simcore.save_run(result, parent / "notice-2022")  # with the report; result.save writes numbers alone
print(f"written to {folder}: {', '.join(sorted(path.name for path in folder.iterdir()))}")
