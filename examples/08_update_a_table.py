"""How far off is a table that was brought to a later year? China's of 2017, by every method, against 2018 and 2020.

    python examples/08_update_a_table.py

First with the later margins of the flows between industries alone, exact and with errors in sales; then through the
recipe ``data/china-2018/recipe.yaml``, which knows output, value added, imports and what final users spend in all.
"""

import tempfile
from pathlib import Path

from updating import by_recipe, errors

print("Errors of flows by product, per cent of all flows; of multipliers where it says so")
print(f"{'':18}{'exact':>24}{'sales +- 5 %':>20}{'sales +- 10 %':>16}")
print(f"{'':18}{'2018':>8}{'2020':>8}{'multipl.':>10}" + f"{'2018':>8}{'2020':>8}" * 2)
for method, row in errors().items():
    print(f"{method:18}" + "".join(f"{v:{w}.2f}" for v, w in zip(row, (8, 8, 10, 8, 8, 8, 8), strict=True)))

print("\nThrough the recipe, 2018 and 2020")
with tempfile.TemporaryDirectory() as place:
    for method in ("ras", "gras", "cross_entropy", "least_squares"):
        print(f"{method:18}" + "".join(f"{by_recipe(Path(place), method, year):8.2f}" for year in (2018, 2020)))
