"""Finding scenarios and calibrations by name: the user's own first, then those that come with simcore.

A content folder holds ``scenarios/`` and ``calibration/``. They are searched in this order, and the first hit
counts: the current folder, the folders in the environment variable ``SIMCORE_PATH``, the library inside the
installed package, the checkout that the package was imported from.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from .errors import UnknownNameError

PATH_VARIABLE = "SIMCORE_PATH"
SCENARIOS, CALIBRATIONS = "scenarios", "calibration"
DEFINITIONS = "common"  # folder of definitions inside scenarios/: nothing to run
SUFFIXES = (".yaml", ".yml")
CALIBRATION_FILES = ("recipe.yaml", "codes.json")  # either makes a folder a calibration

SCHEMA = "simcore/scenario@"

_HEADER = re.compile(rf"^schema:\s*[\"']?{SCHEMA}", re.MULTILINE)
_ID = re.compile(r"^id:", re.MULTILINE)  # parts for inclusion may name the schema, only scenarios have an id
_TITLE = re.compile(r"^title:\s*(.+?)\s*$", re.MULTILINE)


class Shipped(NamedTuple):
    """A scenario or calibration that can be called by name."""

    name: str
    path: Path


def content_folders() -> tuple[Path, ...]:
    """Where content is looked for, in order."""
    package = Path(__file__).resolve().parent
    own = [Path(part) for part in os.environ.get(PATH_VARIABLE, "").split(os.pathsep) if part]
    folders = [Path.cwd(), *own, package / "library"]
    if (package.parent / "pyproject.toml").is_file():  # else it is site-packages, where others live too
        folders.append(package.parent)
    return tuple(folders)


def find_scenario(file_or_name: str | Path) -> Path:
    """The file of a scenario, given as a path or as a name.

    A name is the file's place under ``scenarios/`` without its ending: ``notice-2022``.

    Raises
    ------
    UnknownNameError
        If there is neither such a file nor such a scenario; the message proposes the nearest names.
    """
    given = Path(file_or_name)
    if given.is_file():
        return given
    name = given.with_suffix("") if given.suffix in SUFFIXES else given
    if given == name:
        for folder in content_folders():
            for suffix in SUFFIXES:
                path = folder / SCENARIOS / f"{name}{suffix}"
                if path.is_file():
                    return path
    what = f"'{given}' is a folder, not a scenario" if given.is_dir() else f"no scenario file '{given}'"
    beside = next((f"{name}{suffix}" for suffix in SUFFIXES if Path(f"{name}{suffix}").is_file()), None)
    if given == name and beside is not None:
        raise UnknownNameError(f"no scenario is called '{given}', but a file '{beside}' lies here: write '{beside}'")
    if given == name and not given.is_dir():
        what = f"unknown scenario '{given}'"
    raise UnknownNameError(what + _advice(name.name, (s.name for s in list_scenarios()), "scenarios"))


def find_calibration(name: str | Path) -> Path:
    """The folder of a calibration, given as a path or as a name with or without its version.

    ``china-2022@1`` and ``china-2022`` find the same folder: which version lies in it, its own files say.

    Raises
    ------
    UnknownNameError
        If there is no such calibration.
    """
    if is_calibration(Path(name)):
        return Path(name)
    bare = str(name).split("@")[0]
    for folder in content_folders():
        path = folder / CALIBRATIONS / bare
        if is_calibration(path):
            return path
    known = (c.name for c in list_calibrations())
    raise UnknownNameError(f"unknown calibration '{name}'" + _advice(bare, known, "calibrations"))


def list_scenarios() -> list[Shipped]:
    """Every scenario that can be called by name, sorted; definitions and parts for inclusion are left out."""
    found: dict[str, Path] = {}
    for folder in content_folders():
        for name, path in _scenarios_under(folder / SCENARIOS):
            found.setdefault(name, path)
    return [Shipped(name, found[name]) for name in sorted(found)]


def list_calibrations() -> list[Shipped]:
    """Every calibration that can be called by name, sorted."""
    found: dict[str, Path] = {}
    for folder in content_folders():
        for path in sorted((folder / CALIBRATIONS).glob("*")):
            if is_calibration(path):
                found.setdefault(path.name, path)
    return [Shipped(name, found[name]) for name in sorted(found)]


def scenarios_in(given: Iterable[str | Path]) -> list[Path]:
    """Files of scenarios given as files, names or folders; of a folder, all scenarios in it.

    Raises
    ------
    UnknownNameError
        If one is none of these, or a folder holds no scenario.
    """
    found: list[Path] = []
    for one in given:
        if Path(one).is_dir():
            inside = [path for _, path in _scenarios_under(Path(one))]
            if not inside:
                raise UnknownNameError(f"folder '{one}' holds no scenario, a YAML file with the keys schema and id")
            found += inside
        else:
            found.append(find_scenario(one))
    return list({path.resolve(): path for path in found}.values())


def title(path: Path) -> str:
    """The title in a scenario's header, without checking the file."""
    match = _TITLE.search(_text(path))
    return match[1].strip("\"'") if match else ""


def is_calibration(folder: Path) -> bool:
    return any((folder / name).is_file() for name in CALIBRATION_FILES)


def _scenarios_under(top: Path) -> list[Shipped]:
    found = []
    for path in sorted(top.rglob("*")):
        place = path.relative_to(top)
        if path.suffix in SUFFIXES and DEFINITIONS not in place.parts and _is_scenario(_text(path)):
            found.append(Shipped(place.with_suffix("").as_posix(), path))
    return found


def _is_scenario(text: str) -> bool:
    return bool(_HEADER.search(text) and _ID.search(text))


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")


def _advice(name: str, known: Iterable[str], what: str) -> str:
    from difflib import get_close_matches

    by_last_part = {full.split("/")[-1]: full for full in known}
    near = [by_last_part[hit] for hit in get_close_matches(name, by_last_part, n=3, cutoff=0.6)]
    if near:
        return "; did you mean " + " or ".join(f"'{full}'" for full in near) + "?"
    if by_last_part:
        return "; there is " + ", ".join(sorted(by_last_part.values()))
    return f"; no {what} found: {PATH_VARIABLE} can name a folder with '{SCENARIOS}/' and '{CALIBRATIONS}/'"
