"""The tables that a run prints."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .cases import duration
from .gate import Verdict
from .measure import Row

HEADS = ("case", "size", "time", "+-", "faster than", "limit", "growth", "memory", "bar")
LEFT = {"case", "bar", "faster than", "verdict"}
MATRICES_FROM = 400  # activities; below, everything else takes more memory than matrices
LEGEND = (
    "time: median of processor time of one thread (wall time for ensembles and commands); +-: distance of the\n"
    "quartiles over it. limit: share of what this machine reads, or multiplies, a second. growth: exponent of time\n"
    "with size, from the next one of at most half. memory: peak of the first run above the loaded economy (n2: in\n"
    "n x n matrices; in brackets what the peer took)."
)


def text_table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Columns as wide as they must be; words to the left, figures to the right."""
    lines = [tuple(heads), *map(tuple, rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    left = [head in LEFT for head in heads]
    lines.insert(1, tuple("-" * width for width in widths))
    return "\n".join(
        "  ".join(
            c.ljust(w) if to_left else c.rjust(w) for c, w, to_left in zip(line, widths, left, strict=True)
        ).rstrip()
        for line in lines
    )


def figures(rows: Iterable[Row]) -> str:
    """One block of lines a row: the first with the figures, more where there are several peers or bars."""
    return text_table(HEADS, (line for row in rows for line in lines_of(row)))


def lines_of(row: Row) -> list[tuple[str, ...]]:
    """A row's lines."""
    size = str(row.size) if row.along == "n" else f"{row.size} {row.along}"
    first = (
        row.case, size, f"{duration(row.time.median)}/{row.unit}", f"{row.time.spread:.0%}",
        "", "" if row.limit is None else f"{row.limit:.2f}",
        "" if row.growth is None else f"{row.growth:.1f}", memory(row),
    )  # fmt: skip
    ratios = [faster(row, name, ratio) for name, ratio in row.ratios.items()]
    bars = [f"{text} {verdict(kept)}" for text, _found, kept in row.bars]
    lines = []
    for i in range(max(1, len(ratios), len(bars))):
        columns = list(first) if i == 0 else [""] * len(first)
        columns[4] = ratios[i] if i < len(ratios) else ""
        lines.append((*columns, bars[i] if i < len(bars) else ""))
    return lines


def faster(row: Row, name: str, ratio: float) -> str:
    """How many times faster than a peer, and the memory that it took where tables are large enough to tell."""
    theirs = row.peer_matrices.get(name) if row.size >= MATRICES_FROM else None
    return f"{name} {ratio:.3g}x" + ("" if theirs is None else f" ({theirs:.1f} n2)")


def verdict(kept: bool | None) -> str:
    """What became of a promise."""
    return "no peer" if kept is None else "met" if kept else "MISSED"


def memory(row: Row) -> str:
    """Bytes, or n x n matrices where the table is large enough for these to be what counts."""
    if row.matrices is not None and row.size >= MATRICES_FROM:
        return f"{row.matrices:.2f} n2"
    return f"{row.memory / 1e6:.1f} MB"


def bars(rows: Iterable[Row]) -> str:
    """All promises with what was found, and their count."""
    kept = [(row, text, found, ok) for row in rows for text, found, ok in row.bars]
    count = {word: sum(verdict(ok) == word for *_, ok in kept) for word in ("met", "MISSED", "no peer")}
    return ", ".join(f"{number} {word}" for word, number in count.items() if number) if kept else "none at these sizes"


def gate_table(verdicts: Iterable[Verdict]) -> str:
    """Each gated case against its committed figure."""
    heads = ("case", "size", "of reference", "committed", "change", "allowed", "verdict")
    return text_table(
        heads,
        (
            (v.case, str(v.size), f"{v.found:.2f}", f"{v.committed:.2f}", f"{v.found / v.committed - 1.0:+.0%}",
             f"{v.allowed - 1.0:+.0%}", v.word)
            for v in verdicts
        ),
    )  # fmt: skip
