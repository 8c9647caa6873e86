"""Files that take the places of others together, once all of them are whole."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replaced(*places: Path) -> Iterator[list[Path]]:
    """Names to write to, beside the places that they take when all went well; else every place stays as it was."""
    parts = [place.with_name(f".{place.stem}.part{place.suffix}") for place in places]
    try:
        yield parts
        for part, place in zip(parts, places, strict=True):
            part.replace(place)
    finally:
        for part in parts:
            part.unlink(missing_ok=True)
