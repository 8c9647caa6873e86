"""Models are found by name: those of simcore, and those that other packages offer by entry points."""

import sys

import pytest

from simcore.errors import UnknownNameError
from simcore.language.check import model_names
from simcore.models.base import MODELS, get_model, register_models

MODULE = '''
from simcore.models.base import model

@model("elsewhere")
class Elsewhere:
    """A model of another package."""
    channels = frozenset()
'''


@pytest.fixture
def other_package(tmp_path, monkeypatch):
    """A package that offers a model, installed for the length of a test."""
    facts = tmp_path / "elsewhere-1.0.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: elsewhere\nVersion: 1.0\n")
    (facts / "entry_points.txt").write_text("[simcore.models]\nelsewhere = elsewhere_model:Elsewhere\n")
    (tmp_path / "elsewhere_model.py").write_text(MODULE)
    monkeypatch.syspath_prepend(tmp_path)
    yield
    MODELS.pop("elsewhere", None)
    sys.modules.pop("elsewhere_model", None)


def test_a_model_of_another_package_is_imported_when_it_is_asked_for_and_not_before(other_package):
    get_model("leontief")
    assert "elsewhere" in model_names() and "elsewhere_model" not in sys.modules
    assert get_model("elsewhere").__doc__ == "A model of another package."
    assert "elsewhere" in register_models()


def test_all_models_are_registered_under_the_names_that_files_may_use():
    assert sorted(register_models()) == model_names()


def test_an_unknown_model_is_told_what_there_is():
    register_models()
    with pytest.raises(UnknownNameError, match=r"unknown model 'leontiev'; there is .*inventory, leontief"):
        get_model("leontiev")
