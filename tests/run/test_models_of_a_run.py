"""Any model can run a scenario, or says before anything runs why it cannot."""

import pytest

import simcore
from simcore.errors import ChannelError
from simcore.models.base import register_models

SCENARIOS = ("consumption-vouchers", "supply-guarantee-epidemic", "import-prices")


@pytest.mark.parametrize("model", sorted(register_models()))
def test_each_model_runs_what_it_understands_and_refuses_the_rest_with_advice(model):
    ran, refused = [], []
    for scenario in SCENARIOS:
        try:
            result = simcore.run_file(scenario, model=model, draws=0)
        except ChannelError as problem:
            refused.append(str(problem))
        else:
            ran.append(result)
            assert result.model.startswith(model) and result.closure
            # ARIO's rules break down where stocks are short against the time in which they are refilled: a warning
            # goes before it.
            warned = any("a small loss may feed on itself" in text for text in result.warnings)
            assert result.outcome.status == "completed" or (result.outcome.status == "collapsed" and warned)
    assert ran or model in ("cascade", "ghosh"), refused  # losses of supply alone come with those of demand here
    assert all(text.startswith(f"model '{model}' has no channel '") and "; " in text for text in refused)


def test_a_variants_channel_is_refused_before_anything_runs():
    said = []
    with pytest.raises(ChannelError, match="no channel 'passage'"):
        simcore.run_file("epidemic-2022-spring", model="mixed", draws=0, progress=said.append)
    assert not any(text.startswith("simulating") for text in said)


def test_a_doubtful_model_is_named_before_anything_runs():
    said = []

    def told(text):
        said.append(text)

    simcore.run_file("consumption-vouchers", model="ario", draws=0, progress=told, warn=told)
    doubts = [i for i, text in enumerate(said) if "a small loss may feed on itself" in text]
    assert doubts and doubts[0] < next(i for i, text in enumerate(said) if text.startswith("simulating"))
