"""``simcore study``: what it prints, its exit codes, and what it refuses."""

import pytest

import simcore
from simcore import cli

AXIS = "policies.vouchers.amount=5 bn CNY|10 bn CNY"


@pytest.fixture
def command(tmp_path, monkeypatch, capsys):
    """The command in an empty folder: exit code, stdout, stderr."""
    monkeypatch.chdir(tmp_path)

    def call(*words: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as end:
            cli.app([*words, "--model", "first_order"], prog_name="simcore")
        return (end.value.code or 0, *capsys.readouterr())

    return call


def test_a_study_prints_what_it_holds_and_takes_a_free_name(command):
    code, out, _ = command("study", "consumption-vouchers", "--draws", "2", "--sweep", AXIS)
    assert code == 0 and "Study of consumption-vouchers: amount 2, draw 2" in out
    assert "6 of 6 members done, 0 failed" in out and "in consumption-vouchers-study-1.zarr" in out
    assert simcore.open_study("consumption-vouchers-study-1.zarr").dataset["amount"].values.tolist() == [5.0, 10.0]


def test_failures_are_printed_and_only_a_study_without_numbers_fails(command):
    profile = ["--sweep", "policies.vouchers.profile.start=2022-12|2023-06"]
    ends = ["--sweep", "policies.vouchers.profile.end=2023-02|2023-08"]
    code, out, err = command("study", "consumption-vouchers", "--draws", "0", *profile, *ends, "--out", "some.nc")
    assert code == 0 and "4 of 4 members done, 1 failed" in out
    assert "failed: start 2023-06, end 2023-02, variant baseline, status invalid" in err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--sweep", "policies.vouchers.amount"), "write PATH=A|B"),
        (("--sweep", "policies.vouchers.amuont=5 bn CNY"), "did you mean 'amount'"),
        (("--design", "latin"), "unknown design 'latin'"),
    ],
)
def test_what_is_wrong_is_said_with_exit_code_2_and_nothing_is_written(words, message, command, tmp_path):
    code, _, err = command("study", "consumption-vouchers", *words)
    assert code == 2 and message in err and not list(tmp_path.iterdir())


def test_a_run_says_that_it_leaves_out_a_sweep(command, tmp_path):
    text = simcore.find_scenario("consumption-vouchers").read_text(encoding="utf-8")
    (tmp_path / "swept.yaml").write_text(f"{text}sweep: {{axes: {{policies.vouchers.amount: [5 bn CNY]}}}}\n", "utf-8")
    code, _, err = command("run", "swept.yaml", "--draws", "0", "--formats", "csv")
    assert code == 0 and "the file's sweep is left out here; simcore study runs it" in err
