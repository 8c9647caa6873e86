"""How far first and second order go: GDP when coal mines and power stations stand still, by size of the loss.

    python examples/06_orders_of_a_shock.py

Hulten's theorem multiplies what is lost by its share in income. Where inputs are hard to replace, scarcity makes that
share grow with the loss: the second order counts its slope, the exact solution all of it (model ``equilibrium``).
"""

import numpy as np

from simcore.calendar import Calendar
from simcore.drivers import Drivers
from simcore.models.equilibrium import Equilibrium
from simcore.setting import Calibration

LOSSES = np.array([0.02, 0.05, 0.1, 0.2])  # share of capacity, and of the workers there

economy = Calibration.load("china-2022@1").economy
energy = np.isin(economy.sector, [economy.sectors.index(code) for code in ("B06", "D44")])
calendar = Calendar.between("2022-11", "2023-02")  # a month for each loss
drivers = Drivers.calm(economy, calendar).having("loss:capacity", "capacity", -LOSSES, energy.astype(float))
models = {"complements": Equilibrium(), "harder to replace": Equilibrium(value_added=0.2, inputs=0.001, imports=0.2)}
for name, model in models.items():
    print(f"{name}: change of real GDP, %\n{'loss':>8}{'first':>10}{'second':>10}{'exact':>10}")
    for loss, found in zip(LOSSES, model.orders(economy, drivers), strict=True):
        print(f"{loss:8.0%}" + "".join(f"{100 * value:10.3f}" for value in found))
