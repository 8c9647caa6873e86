"""pymrio: the accounts of a table, its dense Leontief inverse included; ``python -m benchmarks.peers.pymrio N``."""

from __future__ import annotations

import sys
import time
import warnings

from benchmarks import tables
from benchmarks.peers.report import peak_above, report, resident

REPEATS = 5


def main(n: int) -> None:
    """Run and print one line of JSON."""
    warnings.filterwarnings("ignore")
    import pymrio

    times = []
    loaded = 0
    for _ in range(REPEATS):
        io = tables.pymrio_table(*tables.LAYOUTS[n])
        loaded = loaded or resident()
        start = time.thread_time()
        io.calc_all()
        times.append(time.thread_time() - start)
    report(times, peak_above(loaded), n, pymrio.__version__)


if __name__ == "__main__":
    main(int(sys.argv[1]))
