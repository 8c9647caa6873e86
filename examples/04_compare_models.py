"""Run one scenario through several models, and read why they differ.

    python examples/04_compare_models.py [FOLDER]

A channel that a model lacks is left out of its run and named. On the command line this is
``simcore compare notice-2022-five --models leontief,inventory,equilibrium,allocation,diim``.
"""

import sys
import tempfile
from pathlib import Path

import simcore

# The first model is the yardstick of the others; a form of a model is named with its options in brackets.
MODELS = ["leontief", "leontief(households=closed)", "inventory", "equilibrium", "allocation", "diim"]

comparison = simcore.compare("notice-2022-five", models=MODELS)

# One row a model, as a pandas data frame; the units stand beside it.
units = comparison.table.attrs["units"]
for model, row in comparison.table.iterrows():
    print(f"{model:28} {row['effect']:+.2f} {units['effect']}  left out: {row['left out'] or 'nothing'}")

print()
for line in comparison.why:
    print(line)

# Everything with labels and units: effects by model, slice (sector, region, class of owner) and month.
december = comparison.dataset["iva_level_effect"].sel(period="2022-12").isel(slice=0)
for model in december["model"].values:
    print(f"{model:28} {float(december.sel(model=model)):+.2f} {december.attrs['units']} of the level in December 2022")

folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(tempfile.mkdtemp())
print(f"written: {comparison.save(folder / 'notice-2022-models')}")
