"""Manual pages and starting points, for every kind that is registered."""

from dataclasses import fields

import pytest

from simcore import lists, manual
from simcore.drivers import CHANNELS
from simcore.errors import UnknownNameError
from simcore.language.diagnostics import has_errors
from simcore.language.reading import register_measures
from simcore.language.scenario import check, load
from simcore.language.shape import keys_of
from simcore.measures.base import MEASURES
from simcore.models.base import register_models

register_measures()
KINDS = sorted(MEASURES)
MODELS = dict(register_models())


@pytest.mark.parametrize("kind", KINDS)
def test_a_new_scenario_of_a_kind_has_no_error_and_holds_that_kind(kind, tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(manual.starter("mine", kind), encoding="utf-8")
    problems = check(path)
    assert not has_errors(problems), "\n".join(map(str, problems))
    assert kind in {measure.kind for measure in load(path).measures}


@pytest.mark.parametrize("kind", KINDS)
def test_a_page_names_every_field_and_everything_assumed(kind):
    page = manual.page(kind)
    for name in (*keys_of(MEASURES[kind]), *MEASURES[kind].parameters):
        assert f"  {name} " in page
    for parameter in MEASURES[kind].parameters.values():
        assert parameter.write(parameter.default) in page


@pytest.mark.parametrize("kind", KINDS)
def test_a_page_is_not_silent_about_crowding_out_and_cost(kind):
    page = manual.page(kind)
    assert "Crowding out." in page and "What it costs." in page


@pytest.mark.parametrize("name", sorted(MODELS))
def test_the_page_of_a_model_names_every_parameter_every_channel_and_its_literature(name):
    shown, cls = manual.page(name, "model"), MODELS[name]
    understood, refused = shown.split("Channels that it understands")[1].split("Channels that it refuses")
    for channel in CHANNELS:
        assert f"  {channel} " in (understood if channel in cls().channels else refused)
    for f in fields(cls):
        assert f"\n  {f.name} = " in shown
        for key in ("unit", "meaning", "source"):
            assert all(word in shown for word in str(f.metadata.get(key, "")).split())
    assert shown.split("BibTeX\n")[1].lstrip().startswith("@")
    assert max(map(len, shown.splitlines())) <= 120


def test_a_model_is_explained_without_saying_that_it_is_one():
    assert manual.page("leontief") == manual.page("leontief", "model")


def test_a_word_is_looked_for_where_the_user_says():
    with pytest.raises(UnknownNameError, match="unknown measure 'leontief'"):
        manual.page("leontief", "measure")
    with pytest.raises(UnknownNameError, match="did you mean 'inventory'"):
        manual.page("inventry", "model")
    with pytest.raises(UnknownNameError, match="cannot explain a 'shape'"):
        manual.page("inventory", "shape")


def test_a_word_for_a_measure_and_a_model_must_say_which(monkeypatch):
    monkeypatch.setitem(MEASURES, "leontief", MEASURES[KINDS[0]])
    with pytest.raises(UnknownNameError, match="explain measure leontief or model leontief"):
        manual.page("leontief")


def test_a_page_fits_a_terminal():
    assert all(len(line) <= 110 for kind in KINDS for line in manual.page(kind).splitlines())


def test_the_code_of_a_problem_has_its_page():
    assert manual.page("sc020").startswith("SC020")


def test_an_unknown_kind_is_told_the_nearest():
    with pytest.raises(UnknownNameError, match="did you mean 'consumption_tax'"):
        manual.page("consumption_tex")


@pytest.mark.parametrize("name", ["Mine", "2023", "my package", "../mine", ""])
def test_a_name_that_cannot_be_an_id_is_refused(name):
    with pytest.raises(UnknownNameError, match="cannot be an id"):
        manual.starter(name, KINDS[0])


def test_lists_have_each_name_once():
    for what in lists.KNOWN:
        names = [name for name, _ in lists.rows(what, "china-2022")]
        assert len(set(names)) == len(names)


def test_an_unknown_list_is_told_what_there_is():
    with pytest.raises(UnknownNameError, match="there is measures, scenarios"):
        lists.rows("measure", "china-2022")
