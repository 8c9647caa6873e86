"""The benchmark of the inventory model runs, once and small."""

from benchmarks.inventory import case, cases, table
from simcore.calendar import Calendar


def test_the_benchmark_prints_a_time_for_every_case():
    economy, calendar = case(3, 2, 2), Calendar.between("2022-11", "2023-01")
    head, *lines = table(economy, calendar, repeat=1, members=3).splitlines()
    assert head.split() == ["case", "n", "steps", "ms", "kernel", "ms", "drivers-to-paths", "threads"]
    single, members = lines[: len(cases(economy, calendar))], lines[len(cases(economy, calendar)) :]
    assert [line[:22].strip() for line in single] == ["calm", "demand", "shock", "shock, passage", "all channels"]
    assert members and all("3 members" in line for line in members)
    for line in single:
        n, steps, kernel, model, threads = line[22:].split()
        assert (int(n), int(steps), int(threads)) == (economy.n, 12, 1)
        assert float(kernel) > 0.0 and float(model) > 0.0
