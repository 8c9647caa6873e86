"""How much do the effects of a measure owe to one assumption? A study over its values and over draws of all others.

    python examples/07_study.py [FOLDER]

Results are written as they come. Kill the script at any point and call it again with the same folder: it goes on where
it stopped. ``simcore study notice-2022-five --sweep "policies.relending.take_up=30 %|60 %"`` does so from a shell.
"""

import sys
import tempfile
from pathlib import Path

import simcore

folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(tempfile.mkdtemp())
sweep = {"policies.relending.take_up": ["30 %", "60 %", "90 %"]}
study = simcore.study("equipment-relending", sweep=sweep, draws=16, by=["region"], out=folder / "relending.zarr")
print(study)

middle = study.quantiles("iva_level_effect", [0.05, 0.5, 0.95]).sel(period="2023-06")
for take_up in study.dataset.take_up.values:
    low, median, high = middle.sel(take_up=take_up).values
    spread = f"90 % of draws {low:+.3f} .. {high:+.3f}"
    print(f"take-up {take_up:.0f} %: effect on the level in June 2023 {median:+.3f} %, {spread}")
print(f"{len(study.failures)} failures; the data set is in {study.path}")
