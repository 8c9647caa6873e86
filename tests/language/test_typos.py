"""A slip in any key or unit of any shipped file is found, and said to be in that file."""

import re
import shutil
from pathlib import Path

import pytest
import yaml

from simcore.language.scenario import check

SHIPPED = Path(__file__).parents[2] / "scenarios"
FILES = sorted(p.relative_to(SHIPPED).as_posix() for p in SHIPPED.rglob("*.yaml"))
NAMED = ("policies", "shocks", "parameters", "selectors", "profiles", "variants", "claims", "pools")
PROSE = ("title", "source", "note", "description", "statement", "sources")
CODE = re.compile(r"^[A-Z]\d*[a-z]?$")  # a code with two digits swapped may be another one
WITH_UNIT = re.compile(r"^(-?[\d.]+) ?(%|pp|bn CNY|mn CNY|tn CNY|亿元|万亿元|days?|weeks?|months?|years?)$")


def nodes(node, path=()):
    """Keys and scalars of a YAML tree with their paths: (is a key, node, path)."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield True, key, path
            yield from nodes(value, (*path, key.value))
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from nodes(item, path)
    else:
        yield False, node, path


def slips(text):
    """(offset, end, what stands there then): one wrong letter in a key, or a unit lost, misspelt or of another kind."""
    for is_key, node, path in nodes(yaml.compose(text, Loader=yaml.CSafeLoader)):
        word, start, end = node.value, node.start_mark.index, node.end_mark.index
        if is_key and not (len(path) == 1 and path[0] in NAMED):  # names of the author's own choice
            swapped = word[:-2] + word[-1] + word[-2:-1]
            yield start, end, word + "q" if CODE.match(word) or swapped == word else swapped
        match = None if is_key else WITH_UNIT.match(word)
        if match and not {*PROSE} & {*path}:
            other = "pp" if match[2] == "%" else "%"
            for wrong in (f"{match[1]} {match[2]}x", f"{match[1]} {other}", match[1]):
                if float(wrong.split()[0]) or " " in wrong:  # nothing is nothing in any unit
                    yield start, end, wrong


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shipped") / "scenarios"
    shutil.copytree(SHIPPED, folder)
    return folder


def problems(paths):
    """What is said of some files, by place."""
    return {(Path(d.file).name, d.line, d.column, d.code) for path in paths for d in check(path)}


@pytest.mark.parametrize("name", FILES)
def test_no_slip_in_a_shipped_file_passes_silently(name, copy):
    path = copy / name
    text = path.read_text(encoding="utf-8")
    # By itself first: most slips show there; a scenario that includes the file knows the rest.
    ways = [[path]] if path.parent == copy else [[path], sorted(copy.glob("*.yaml"))]
    known = [problems(way) for way in ways]
    silent = []
    for start, end, wrong in slips(text):
        path.write_text(text[:start] + wrong + text[end:], encoding="utf-8")
        told = (problems(way) - before for way, before in zip(ways, known, strict=True))
        if not any(place[0] == path.name for found in told for place in found):
            silent.append((text[:start].count("\n") + 1, text[start:end], wrong))
    path.write_text(text, encoding="utf-8")
    assert silent == []
