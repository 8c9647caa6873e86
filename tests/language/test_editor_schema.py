"""The schema for editors accepts every file that the language accepts, and refuses what a schema can see."""

import json
import re
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from simcore.content import list_scenarios
from simcore.language.editor import json_schema
from simcore.language.source import parse, read
from simcore.measures.base import MEASURES

HERE = Path(__file__).parent
SCHEMA = json_schema()
VALIDATOR = Draft202012Validator(SCHEMA)
# Codes of problems that lie in the shape of a file or in the unit of a value.
VISIBLE = {"SC010", "SC020", "SC021", "SC022", "SC023", "SC026", "SC027", "SC028", "SC029", "SC031"} | {
    "SC101", "SC103", "SC104", "SC105", "SC106", "SC107", "SC112", "SC121", "SC123",
}  # fmt: skip


def plain(node):
    value = node.value
    if isinstance(value, dict):
        return {key: plain(child) for key, child in value.items()}
    return [plain(child) for child in value] if isinstance(value, list) else value


def data(path):
    """The file's data by the language's own rules of reading; None where it is no YAML of the language."""
    source, problems = read(path, path.name)
    root, problems = (None, problems) if problems else parse(source)
    return None if root is None or problems else plain(root)


def good():
    shipped = [s.path for s in list_scenarios()]
    own = sorted({q for p in shipped for q in p.parent.rglob("*.yaml")})
    return [*own, *sorted((HERE / "good").rglob("*.yaml"))]


def bad():
    """Files whose first problem a schema can see: not what depends on the step of the run or on the model chosen."""
    found, beyond = [], ("36_full_date", "88_unknown_model_option")
    for path in sorted((HERE / "bad").glob("*.yaml")):
        code = re.search(r"error\[(SC\d+)\]", path.with_suffix(".txt").read_text(encoding="utf-8"))
        if code and code[1] in VISIBLE and path.stem not in beyond and data(path) is not None:
            found.append(path)
    return found


def test_it_is_a_schema_and_small_enough_for_an_editor():
    Draft202012Validator.check_schema(SCHEMA)
    assert len(json.dumps(SCHEMA)) < 100_000


@pytest.mark.parametrize("path", good(), ids=lambda p: p.name)
def test_what_the_language_accepts_is_accepted(path):
    problems = [f"{list(e.absolute_path)}: {e.message[:200]}" for e in VALIDATOR.iter_errors(data(path))]
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize("path", bad(), ids=lambda p: p.stem)
def test_what_a_schema_can_see_is_refused(path):
    assert not VALIDATOR.is_valid(data(path))


def test_many_kinds_of_mistakes_are_seen():
    assert len(bad()) >= 20


def meant(field):
    """What a field that all kinds have in common refers to; other fields themselves."""
    shared = str(field.get("$ref", "")).removeprefix("#/$defs/")
    return SCHEMA["$defs"][shared] if shared.startswith("every-") else field


def test_every_kind_of_measure_stands_in_it_with_its_fields_described():
    for kind, cls in MEASURES.items():
        block = SCHEMA["$defs"][kind]
        assert block["description"] and block["properties"]["kind"] == {"const": kind}
        fields = {name: meant(field) for name, field in block["properties"].items() if name != "kind"}
        undescribed = [name for name, field in fields.items() if not field.get("description")]
        assert not undescribed, f"{cls.kind}: {undescribed}"
