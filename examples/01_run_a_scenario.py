"""Run a scenario that comes with simcore, look at its numbers, save a figure and the folder of results.

python examples/01_run_a_scenario.py [FOLDER]
"""

import sys
import tempfile
from pathlib import Path

import simcore
from simcore.plot import figures

result = simcore.run_file("notice-2022", draws=0)  # draws=64 adds the range that uncertain values imply

# Growth of industrial value added on the year, in per cent, with the measures and without.
with_measures = result.series("iva_yoy")
without = result.series("iva_yoy", variant="baseline")
for period, a, b in zip(result.periods, with_measures, without, strict=True):
    print(f"{period}  {a:6.2f} %  without {b:6.2f} %  effect {a - b:+.2f} pp")

# Everything with labels and units, as an xarray data set: by region, say (regions are estimates).
effect = result.by("region")["iva_level_effect"].sel(variant="scenario", statistic="value")
for region in effect["region"].values:
    mean = float(effect.sel(region=region).mean())
    print(f"{region:10} {mean:+.3f} {effect.attrs['units']} of industrial value added, mean of the run (estimate)")

folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(tempfile.mkdtemp())
picture = folder / "growth.png"
figures(result)["growth"].savefig(picture, dpi=150)
run = simcore.save_run(result, folder / "notice-2022")  # with the report; result.save writes numbers alone
print(f"written: {picture}")
print(f"written: {run}: {', '.join(sorted(path.name for path in run.iterdir()))}")
