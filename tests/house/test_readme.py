"""What README says is true. Its two lines for a shell run in `.ci/run`."""

import re
from pathlib import Path

import pytest
from typer.main import get_command

from simcore.cli import app
from simcore.content import list_scenarios
from simcore.manual import page
from simcore.variables import VARIABLES

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_every_variable_has_its_row():
    rows = "\n".join(line for line in README.splitlines() if line.startswith("| `"))
    assert not [name for name in VARIABLES if f"`{name}`" not in rows]


def test_its_python_runs(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    code = README.split("<!-- python -->\n```python\n")[1].split("```")[0]
    assert len([line for line in code.splitlines() if line]) == 3
    exec(compile(code, "README.md", "exec"), {})
    assert capsys.readouterr().out.startswith("[")


def test_its_links_lead_somewhere():
    links = re.findall(r"\]\(([^)#:]+)\)", README)
    assert links and not [link for link in links if not (ROOT / link).exists()]


def test_its_commands_and_names_exist():
    known = set(get_command(app).commands)
    called = set(re.findall(r"(?:^|`)simcore ([a-z]+)\b", README.split("## Read the results")[1], re.MULTILINE))
    assert {"run", "new", "check", "explain", "calibrate", "audit"} <= called <= known
    for word in re.findall(r"simcore explain (?:model )?(\w+)", README):
        assert page(word)
    assert {"notice-2022", "epidemic-2022-spring"} <= {scenario.name for scenario in list_scenarios()}


@pytest.mark.parametrize("marker", ["run", "test"])
def test_a_newcomer_types_one_line(marker):
    block = README.split(f"<!-- {marker} -->\n```sh\n")[1].split("```")[0]
    assert block.count("\n") == 1
