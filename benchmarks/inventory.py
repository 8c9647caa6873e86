"""Time of the inventory model on random economies of the size of a calibration.

    python -m benchmarks.inventory [--sectors 56] [--regions 5] [--owners 2] [--repeat 20] [--members 64]

Prints one table: for one run after warm-up on one thread the kernel alone and the way from drivers to paths, medians
in milliseconds of processor time; then many members on one and on all threads, in milliseconds of wall time a member.
"""

from __future__ import annotations

import argparse
import os
import time
from statistics import median

import numpy as np

from simcore.calendar import Calendar
from simcore.drivers import Drivers
from simcore.economy import Economy
from simcore.models.inventory import Inventory, _scratch
from simcore.models.inventory_table import marginal_basket, shocks_of
from simcore.testing import SIZES, random_drivers, random_economy

CHANNELS = ("labour", "demand", "capacity", "income")


def case(sectors: int, regions: int, owners: int, seed: int = 0) -> Economy:
    """``sectors x regions x owners`` activities with one technology a sector, as in the calibration."""
    return random_economy(np.random.default_rng(seed), sectors, regions, owners, max_cover=30.0, empty=0.0, alike=True)


def shocked(economy: Economy, calendar: Calendar, channels: tuple[str, ...] = CHANNELS, seed: int = 1) -> Drivers:
    """Random drivers that keep many activities short."""
    return random_drivers(np.random.default_rng(seed), economy, calendar, channels)


def small_demand(economy: Economy, calendar: Calendar) -> Drivers:
    """What measures do: 0.3 % more investment for half of the time, no supply shock."""
    users = economy.users("investment")
    weights = np.zeros((economy.K, economy.F))
    weights[:, users] = 0.003 * economy.final_domestic[:, users] / calendar.per_year
    half = (np.arange(calendar.periods) < calendar.periods / 2).astype(float)
    return Drivers.calm(economy, calendar).having("measure:demand", "demand", half, weights)


def time_kernel(economy: Economy, drivers: Drivers, repeat: int) -> float:
    """Median milliseconds of the compiled kernel alone."""
    from simcore.kernels.inventory import run

    model, calendar = Inventory(), drivers.calendar
    table, rates = model.prepare(economy, calendar), model._rates(calendar)
    shocks, _ = shocks_of(economy, table, drivers, marginal_basket(economy, {}), model.saved)
    times = []
    for _ in range(repeat):
        state, record = _scratch(table, economy.R, calendar)
        start = time.thread_time()
        run(table, rates, shocks, state, record, None, None, calendar.periods, calendar.inner_steps)
        times.append(1e3 * (time.thread_time() - start))
    return median(times)


def time_model(economy: Economy, drivers: Drivers, repeat: int) -> float:
    """Median milliseconds from drivers to paths."""
    model, times = Inventory(), []
    for _ in range(repeat):
        start = time.thread_time()
        model.simulate(economy, drivers)
        times.append(1e3 * (time.thread_time() - start))
    return median(times)


def time_members(economy: Economy, drivers: Drivers, members: int, threads: int) -> float:
    """Wall milliseconds a member, of many."""
    start = time.perf_counter()
    Inventory().simulate_members(economy, [drivers] * members, threads)
    return 1e3 * (time.perf_counter() - start) / members


def cases(economy: Economy, calendar: Calendar) -> dict[str, Drivers]:
    """What happens to the economy, from nothing to everything that can be drawn."""
    return {
        "calm": Drivers.calm(economy, calendar),
        "demand": small_demand(economy, calendar),
        "shock": shocked(economy, calendar),
        "shock, passage": shocked(economy, calendar, (*CHANNELS, "passage", "import_limit")),
        "all channels": shocked(economy, calendar, tuple(SIZES)),
    }


def table(economy: Economy, calendar: Calendar, repeat: int, members: int) -> str:
    """One line a case."""
    size = f"{economy.n:6d}{calendar.periods * calendar.inner_steps:7d}"
    lines = [f"{'case':22s}{'n':>6s}{'steps':>7s}{'ms kernel':>11s}{'ms drivers-to-paths':>21s}{'threads':>9s}"]
    for name, drivers in cases(economy, calendar).items():
        kernel, model = time_kernel(economy, drivers, repeat), time_model(economy, drivers, repeat)
        lines.append(f"{name:22s}{size}{kernel:11.2f}{model:21.2f}{1:9d}")
    drivers = shocked(economy, calendar)
    for threads in sorted({1, os.cpu_count() or 1}):
        model = time_members(economy, drivers, members, threads)
        lines.append(f"{f'shock, {members} members':22s}{size}{'':11s}{model:21.2f}{threads:9d}")
    return "\n".join(lines)


def main() -> None:
    """Run the cases and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in {"sectors": 56, "regions": 5, "owners": 2, "repeat": 20, "members": 64}.items():
        parser.add_argument(f"--{name}", type=int, default=default)
    chosen = parser.parse_args()
    economy = case(chosen.sectors, chosen.regions, chosen.owners)
    calendar = Calendar.between("2022-11", "2025-01")
    start = time.perf_counter()
    Inventory().simulate(economy, Drivers.calm(economy, calendar))
    print(f"load {os.getloadavg()[0]:.2f}, first run (compiles if needed) {time.perf_counter() - start:.2f} s")
    print(f"{economy.K} products, {economy.P} pools, {economy.F} users")
    print(table(economy, calendar, chosen.repeat, chosen.members))


if __name__ == "__main__":
    main()
