"""What README says is true. Its two lines for a shell run in `.ci/run`."""

import re
from pathlib import Path

import numpy as np
import pytest
from typer.main import get_command

from simcore.cli import app
from simcore.content import find_scenario, list_scenarios
from simcore.forecast import forecast
from simcore.language.scenario import load
from simcore.manual import page
from simcore.report.forecast import fans
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


def test_the_table_of_the_forecast_is_what_the_command_finds():
    found = fans(forecast(load(find_scenario("notice-2022"))))
    rows = [f"| {' | '.join([*row[:4], f'**{row[4]}**', *row[5:]])} |" for row in found.rows]
    table = README.split("## The forecast")[1].split("\n## ")[0]
    told = [line for line in table.splitlines() if line.startswith("| 202")]
    numbers = [[[float(n) for n in re.findall(r"-?\d+\.\d", line)] for line in lines] for lines in (told, rows)]
    assert len(told) == len(rows) == 13
    np.testing.assert_allclose(*numbers, atol=0.11, err_msg="write into README.md:\n" + "\n".join(rows))
