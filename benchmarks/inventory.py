"""Time of the inventory model on a random economy of the default calibration's size.

    python -m benchmarks.inventory [--sectors 58] [--regions 4] [--owners 3] [--repeat 20]

Prints, for one run after warm-up on one thread, the kernel alone and the way from drivers to paths, medians
in milliseconds of processor time, and many members on one and on all threads. The shock hits labour, demand
and routes.
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
from simcore.testing import random_drivers, random_economy

CHANNELS = ("labour", "demand", "capacity", "income")


def case(sectors: int, regions: int, owners: int, seed: int = 0) -> Economy:
    """``sectors x regions x owners`` activities with one technology a sector, as in the calibration."""
    return random_economy(np.random.default_rng(seed), sectors, regions, owners, max_cover=30.0, empty=0.0, alike=True)


def shocked(economy: Economy, calendar: Calendar, channels: tuple[str, ...] = CHANNELS, seed: int = 1) -> Drivers:
    """Random drivers that keep many activities short."""
    return random_drivers(np.random.default_rng(seed), economy, calendar, channels)


def time_kernel(economy: Economy, drivers: Drivers, repeat: int) -> float:
    """Median milliseconds of the compiled kernel alone."""
    from simcore.kernels.inventory import run

    model, calendar = Inventory(), drivers.calendar
    table, rates = model.prepare(economy), model._rates(calendar)
    shocks, _ = shocks_of(economy, table, drivers, marginal_basket(economy, {}))
    times = []
    for _ in range(repeat):
        state, record = _scratch(economy, calendar)
        start = time.thread_time()
        run(table, rates, shocks, state, record, calendar.periods, calendar.inner_steps)
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
    """Wall seconds of many members."""
    start = time.perf_counter()
    Inventory().simulate_members(economy, [drivers] * members, threads)
    return time.perf_counter() - start


def main() -> None:
    """Run the cases and print one line each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sectors", type=int, default=58)
    parser.add_argument("--regions", type=int, default=4)
    parser.add_argument("--owners", type=int, default=3)
    parser.add_argument("--repeat", type=int, default=20)
    parser.add_argument("--members", type=int, default=64)
    chosen = parser.parse_args()
    economy = case(chosen.sectors, chosen.regions, chosen.owners)
    calendar = Calendar.between("2022-11", "2025-01")
    start = time.perf_counter()
    Inventory().simulate(economy, Drivers.calm(economy, calendar))
    print(f"load {os.getloadavg()[0]:.2f}, first run (compiles if needed) {time.perf_counter() - start:.2f} s")
    steps = calendar.periods * calendar.inner_steps
    print(f"{economy.n} activities, {economy.K} products, {economy.P} pools, {economy.F} users, {steps} steps")
    for name, drivers in {
        "calm": Drivers.calm(economy, calendar),
        "shock": shocked(economy, calendar),
        "shock, passage": shocked(economy, calendar, (*CHANNELS, "passage", "import_limit")),
        "all channels": shocked(economy, calendar, Inventory.channels),
    }.items():
        print(
            f"{name:16s} kernel {time_kernel(economy, drivers, chosen.repeat):6.2f} ms, drivers to paths "
            f"{time_model(economy, drivers, chosen.repeat):6.2f} ms"
        )
    drivers = shocked(economy, calendar)
    for threads in (1, os.cpu_count() or 1):
        seconds = time_members(economy, drivers, chosen.members, threads)
        print(f"{chosen.members} members on {threads} thread(s): {seconds:.3f} s")


if __name__ == "__main__":
    main()
