"""Updating one's own table by the words of a recipe: methods, uncertain totals, trade, prices, and what is reported."""

import re

import numpy as np
import pytest
from own_country import RECIPE, column, with_totals, write

from simcore.errors import ScenarioError
from simcore.fitting.balances import BALANCES, balance
from simcore.fitting.calibrate import calibrate
from simcore.fitting.distances import percentage_error, redirected
from simcore.fitting.own.build import build_own
from simcore.fitting.own.fit import CELLS, labelled
from simcore.fitting.own.report import check_report

OUTPUT = [110.0, 101.0, 95.0, 112.0]
ADDED = [80.0, 64.0, 40.0, 77.0]
PRICES = "code,p2019,p2020,bought\nfarm,100,110,1.2\nsteel,50,40,0.9\ncars,100,104,1\n22,200,204,1\n"


def edited(folder, *edits, **files):
    """A folder with edits of its recipe and more files."""
    path = folder / "recipe.yaml"
    text = path.read_text(encoding="utf-8")
    for old, new in edits:
        assert old in text, old
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")
    for name, content in files.items():
        (folder / "sources" / f"{name}.csv").write_text(content, encoding="utf-8")
    return folder


def updated(folder, method, **options):
    return build_own(with_totals(folder, method, output=column(OUTPUT), value_added=column(ADDED), **options))


def flows(built):
    a = built.settled.accounts
    return np.block([[a.Zd, a.Yd], [a.Zm, a.Ym]])


# ---- methods


@pytest.mark.parametrize("method", ["ras", "gras", "least_squares", "cross_entropy"])
def test_every_method_of_certain_totals_meets_them_and_keeps_zeros_and_signs(tmp_path, method):
    built = updated(tmp_path, method)
    economy, start = built.economy, built.settled.start
    assert economy.x == pytest.approx(OUTPUT, rel=1e-10)
    assert economy.value_added.sum(axis=0) == pytest.approx(ADDED, rel=1e-9)
    assert built.settled.method == method and built.settled.worst[1] < 1e-10
    prior = np.block([[start.Zd, start.Yd], [start.Zm, start.Ym]])
    assert (np.sign(flows(built)) == np.sign(prior)).all()


def test_methods_differ_and_each_is_the_balance_of_that_name(tmp_path):
    tables = {m: flows(updated(tmp_path / m, m)) for m in ("gras", "least_squares", "cross_entropy")}
    start = updated(tmp_path / "start", "gras").settled.start
    growth = np.array(OUTPUT) / start.x
    spent = tables["gras"].sum(axis=0)[4:] / (start.Yd.sum(axis=0) + start.Ym.sum(axis=0))
    prior = np.block([[start.Zd * growth, start.Yd * spent], [start.Zm * growth, start.Ym * spent]])
    for method in ("gras", "least_squares"):
        u, v = tables[method].sum(axis=1), tables[method].sum(axis=0)
        options = {"cells": CELLS} if method == "least_squares" else {}
        assert balance(method, prior, u, v, **options).table == pytest.approx(tables[method], abs=1e-9)
    assert np.abs(tables["gras"] - tables["least_squares"]).max() > 0.01
    assert np.abs(tables["gras"] - tables["cross_entropy"]).max() > 0.01


@pytest.mark.parametrize("method", ["ras", "cross_entropy"])
def test_methods_without_signs_hold_negative_cells_as_they_are_and_say_so(tmp_path, method):
    built = updated(tmp_path, method)
    assert built.settled.accounts.Yd[1, 3] == -5.0  # falls in stocks of steel
    assert any(
        "1 negative cells (-5 bn) stay as they are" in row["what"] for row in built.economy.meta["estimate_details"]
    )


def test_without_a_word_the_totals_choose_the_method(tmp_path):
    def chosen(name, **options):
        folder = with_totals(tmp_path / name, output=column(OUTPUT), value_added=column(ADDED), **options)
        return build_own(edited(folder, ("method: gras, ", ""))).settled.method

    assert chosen("hard") == "gras" and chosen("soft", uncertainty="5 %") == "kras"


def test_least_squares_sets_cells_that_would_change_sign_to_zero_and_says_so(tmp_path):
    far = column([100.0, 100.0, 30.0, 100.0])
    built = build_own(
        with_totals(tmp_path, "least_squares", within="90 %", output=far, value_added=column([70, 90, 15, 75]))
    )
    a = built.settled.accounts
    assert min(a.Zd.min(), a.Zm.min(), a.Ym.min()) >= 0.0
    assert built.economy.value_added.sum(axis=0) == pytest.approx([70, 90, 15, 75], rel=1e-9)
    assert any("least squares gives another sign" in what for _, what, _ in built.settled.notes)


# ---- uncertain totals


@pytest.mark.parametrize("method", ["kras", "least_squares"])
def test_the_surer_totals_are_the_nearer_they_are_met(tmp_path, method):
    def gap(uncertainty):
        economy = updated(tmp_path / f"u{uncertainty}", method, uncertainty=f"{uncertainty} %").economy
        return np.sum((economy.value_added.sum(axis=0) / ADDED - 1.0) ** 2)  # falls along the path, whatever the table

    gaps = [gap(u) for u in (0.01, 1, 5, 20)]
    assert gaps[0] < 1e-8 and (np.diff(gaps) > 0).all() and gaps[-1] > 1e-4


def test_uncertain_totals_give_the_same_table_in_any_unit(tmp_path):
    def thousandfold(text):
        return re.sub(r"(?<=,)-?\d+(\.\d+)?(?=,|\n)", lambda m: repr(1000 * float(m[0])), text)

    one = with_totals(tmp_path / "bn", "kras", uncertainty="5 %", output=column(OUTPUT), value_added=column(ADDED))
    other = with_totals(tmp_path / "mn", "kras", uncertainty="5 %", output=column(OUTPUT), value_added=column(ADDED))
    edited(other, ("bn EUR", "mn EUR"))
    for path in (other / "sources").glob("*.csv"):
        head, body = path.read_text(encoding="utf-8").split("\n", 1)
        path.write_text(head + "\n" + thousandfold(body), encoding="utf-8")
    assert flows(build_own(other)) == pytest.approx(flows(build_own(one)), rel=1e-9, abs=1e-9)


def test_kras_gives_the_same_table_in_any_unit_once_cells_have_a_relative_error():
    rng = np.random.default_rng(5)
    prior = rng.gamma(1.0, 10.0, (5, 6))
    u, v = prior.sum(axis=1) * rng.uniform(0.9, 1.2, 5), prior.sum(axis=0)
    one = balance("kras", prior, u, v, row_sd=0.05 * u, cells=0.1).table
    other = balance("kras", 1e3 * prior, 1e3 * u, 1e3 * v, row_sd=50 * u, cells=0.1).table
    assert other == pytest.approx(1e3 * one, rel=1e-10)


def test_standard_deviations_of_a_file_are_those_of_the_same_uncertainty(tmp_path):
    share = updated(tmp_path / "share", "kras", uncertainty="5 %")
    sd = column(ADDED).replace("value", "value,sd").splitlines()
    text = "\n".join([sd[0], *(f"{line},{0.05 * float(line.split(',')[1])!r}" for line in sd[1:])]) + "\n"
    own = build_own(with_totals(tmp_path / "own", "kras", output=column(OUTPUT), value_added=text))
    assert flows(own) == pytest.approx(flows(share), rel=1e-12)


def test_totals_in_conflict_are_refused_unless_they_may_give_way(tmp_path):
    spent = "code,value\npeople,190\nstate,45\nplants,50\nstocks,-2\nabroad,38\n"  # beyond value added and imports
    totals = {"output": column(OUTPUT), "value_added": column(ADDED), "final_demand": spent}
    with pytest.raises(ScenarioError, match=r"SC509.*final demand of 321 bn does not match value added of 261 bn"):
        build_own(with_totals(tmp_path / "hard", "gras", within="1 %", **totals))
    built = build_own(with_totals(tmp_path / "soft", "kras", within="1 %", uncertainty="4 %", **totals))
    added, users = built.economy.value_added.sum(), built.settled.accounts.Yd.sum() + built.settled.accounts.Ym.sum()
    assert 261 < added < 283 and 299 < users < 321


# ---- trade between regions

REGIONS, SECTORS = ("north", "south", "west"), ("farm", "cars")
LABELS = [f"{r}|{s}" for r in REGIONS for s in SECTORS]
USERS = [f"{r}|people" for r in REGIONS] + ["abroad"]


def grid(head, rows, values):
    lines = [",".join(["code", *head])]
    return (
        "\n".join(lines + [",".join([r, *map(repr, map(float, v))]) for r, v in zip(rows, values, strict=True)]) + "\n"
    )


def regional(folder, trade, method="mrgras", users=USERS, more=""):
    rng = np.random.default_rng(8)
    Z, Y = rng.uniform(1, 9, (6, 6)), rng.uniform(5, 30, (6, 4))[:, : len(users)]
    sold = ", abroad: exports" if "abroad" in users else ""
    recipe = RECIPE.split("table:")[0] + (
        "table:\n  kind: symmetric\n  unit: bn EUR\n  flows: sources/flows.csv\n  final_demand: sources/final.csv\n"
        f"industry: [cars]\nfinal_demand: {{people: households{sold}}}\nlabour_share: 50 %\n"
        f"balance: {{method: {method}}}\ntotals:\n  - {{of: trade, file: sources/trade.csv, unit: bn EUR}}\n{more}"
        "baseline: {kind: flat, end: 2020-12}\n"
    )
    flows_, final = grid(LABELS, LABELS, Z), grid(users, LABELS, Y)
    return write(folder, recipe, flows=flows_, final=final, trade=grid(REGIONS, REGIONS, trade)), Z, Y


def traded(Z, Y):
    of = np.repeat(np.eye(3), 2, axis=0)
    return of.T @ np.hstack([Z, Y]) @ np.vstack([of, np.eye(Y.shape[1], 3)])


def test_trade_between_regions_is_met_with_output_and_value_added_as_they_were(tmp_path):
    _, Z, Y = regional(tmp_path / "as is", np.zeros((3, 3)))
    wanted = traded(Z, Y) * np.array([[0, 1.2, 0.9], [0.8, 0, 1.1], [1.1, 1.0, 0]])
    built = build_own(regional(tmp_path / "new", wanted)[0])
    a = built.settled.accounts
    found = traded(a.Zd, a.Yd)
    away = ~np.eye(3, dtype=bool)
    assert found[away] == pytest.approx(wanted[away], rel=1e-9)
    assert a.x == pytest.approx(Z.sum(axis=1) + Y.sum(axis=1), rel=1e-9)
    assert a.va.sum(axis=0) == pytest.approx(a.x - Z.sum(axis=0), rel=1e-9)
    assert "trade" in check_report(built)


def test_in_a_world_table_trade_settles_what_final_users_of_each_region_spend(tmp_path):
    world = USERS[:3]
    _, Z, Y = regional(tmp_path / "as is", np.zeros((3, 3)), users=world)
    wanted = traded(Z, Y) * np.array([[0, 1.3, 0.9], [0.8, 0, 1.1], [1.1, 1.0, 0]])
    a = build_own(regional(tmp_path / "free", wanted, users=world)[0]).settled.accounts
    of = np.repeat(np.eye(3), 2, axis=0)
    surplus = wanted.sum(axis=1) - wanted.sum(axis=0)
    assert a.Yd.sum(axis=0) == pytest.approx(of.T @ a.va.sum(axis=0) - surplus, rel=1e-9)
    spent = "  - {of: final_demand, file: sources/spent.csv, unit: bn EUR}\n"
    given, *_ = regional(tmp_path / "given", wanted, users=world, more=spent)
    edited(given, spent=grid(["value"], world, Y.sum(axis=0)[:, None]))
    with pytest.raises(
        ScenarioError, match=r"SC509.*what 'north' sells at home is [\d.]+ bn by its output and its sales"
    ):
        build_own(given)
    a = build_own(edited(given, ("unit: bn EUR}\nbase", "unit: bn EUR, uncertainty: 10 %}\nbase"), ("mrgras", "kras")))
    assert a.settled.worst[1] < 1e-9


def test_trade_that_cannot_be_is_told_with_the_regions_by_name(tmp_path):
    wanted = np.full((3, 3), 5.0)
    np.fill_diagonal(wanted, 0.0)
    wanted[0, 1] = 900.0
    with pytest.raises(ScenarioError, match=r"SC516.*trade of 'north' with 'south' (lacks|exceeds by) [\d.]+"):
        build_own(regional(tmp_path, wanted)[0])


@pytest.mark.parametrize("method", ["gras", "ras", "least_squares", "cross_entropy"])
def test_other_methods_do_not_fit_totals_of_trade(tmp_path, method):
    wanted = np.ones((3, 3)) - np.eye(3)
    said = f"{method} cannot meet totals of trade between regions; take mrgras"
    with pytest.raises(ScenarioError, match=rf"recipe.yaml:\d+:\d+: error\[SC520\]: {said}"):
        build_own(regional(tmp_path, wanted, method)[0])


def test_sales_at_home_are_not_given(tmp_path):
    with pytest.raises(ScenarioError, match=r"trade.csv:2:7: error\[SC509\]: what 'north' buys at home follows"):
        build_own(regional(tmp_path, np.ones((3, 3)))[0])


def test_totals_that_no_table_has_are_told_with_what_would_have_to_give_way(tmp_path):
    imports = "code,value\nfarm,150\nsteel,13\ncars,12\n22,5\n"  # farms, services and people cannot buy 150
    spent = "code,value\npeople,20\nstate,200\nplants,100\nstocks,-2\nabroad,116\n"
    added = column([73, 64, 40, 77])
    totals = {"output": column([100] * 4), "value_added": added, "imports": imports, "final_demand": spent}
    with pytest.raises(ScenarioError, match=r"SC516.*by gras: .*row 'imports of farm' .*give some an 'uncertainty'"):
        build_own(with_totals(tmp_path, "gras", **totals))


def test_messages_of_a_balance_carry_labels():
    text = "rows [0, 1, ...] need 2, but the columns in which they have positive cells, [1], hold 1; row 1, column 0"
    assert labelled(text, ["a", "b"], ["x", "y"], []) == (
        "rows 'a', 'b', ... need 2, but the columns in which they have positive cells, 'y', hold 1; row 'b', column 'x'"
    )


# ---- prices


def at_prices(folder, words, prices=PRICES, **options):
    made = with_totals(folder, output=column(OUTPUT), value_added=column(ADDED), **options)
    line = f"deflators: {{year: 2019, file: sources/prices.csv, {words}}}\nstocks: {{cover"
    return edited(made, ("stocks: {cover", line), prices=prices)


def test_rows_are_over_their_prices_and_value_added_is_what_output_leaves(tmp_path):
    built = build_own(at_prices(tmp_path, "column: p2020, over: p2019, imports: bought"))
    before, after, economy = built.settled.accounts, built.prices.after, built.economy
    p, pm = np.array([1.1, 0.8, 1.04, 1.02]), np.array([1.2, 0.9, 1.0, 1.0])
    assert after.x == pytest.approx(before.x / p, rel=1e-14)
    assert after.Zd == pytest.approx(before.Zd / p[:, None]) and after.Zm == pytest.approx(before.Zm / pm[:, None])
    assert economy.value_added.sum(axis=0) == pytest.approx(after.x - after.Zd.sum(axis=0) - after.Zm.sum(axis=0))
    spent = economy.Y.sum() + economy.stock_change.sum() + economy.final_imported.sum()
    imports = economy.use_imported.sum() + economy.final_imported.sum()
    assert spent - imports == pytest.approx(economy.value_added.sum(), rel=1e-12)
    assert economy.base_year == 2020 and economy.price_year == 2019
    assert economy.price_index == pytest.approx(p)  # a scenario's amounts are of today
    report = check_report(built)
    deflator = before.va.sum() / after.va.sum()
    assert f"| value added | 261.0 | {after.va.sum():,.1f} | {deflator:.4f} |" in report
    assert "brought to 2020, at prices of 2019" in report


def test_prices_of_imports_are_those_of_products_at_home_unless_given_and_that_is_flagged(tmp_path):
    built = build_own(at_prices(tmp_path, "column: p2020, over: p2019"))
    assert built.prices.import_prices == pytest.approx([1.1, 0.8, 1.04, 1.02])
    assert any(
        e["item"] == "prices of imports" and e["flag"] == "assumption" for e in built.economy.meta["estimate_details"]
    )


def test_value_added_that_turns_negative_is_refused_by_name_or_warned_of(tmp_path):
    dear = PRICES.replace("steel,50,40", "steel,50,15").replace("cars,100,104", "cars,100,150")
    words = "column: p2020, over: p2019"
    with pytest.raises(
        ScenarioError, match=r"prices.csv:4:1: error\[SC521\]: value added of 'cars' turns from 40 to -"
    ):
        build_own(at_prices(tmp_path / "no", words, dear))
    folder = edited(at_prices(tmp_path / "yes", words + ", negative: warning", dear), ("[steel, cars]", "[steel]"))
    built = build_own(folder)
    assert built.prices.turned == ("cars",) and "turns negative: cars." in check_report(built)
    pay = built.economy.value_added[built.economy.value_added_names.index("compensation")]
    assert (pay > 0).all()  # what capital earns takes it
    assert any("[SC521]" in str(w) for w in built.opened.problems.warnings)


# ---- the report


def test_the_update_report_says_how_far_coefficients_and_multipliers_moved(tmp_path):
    built = updated(tmp_path, "gras")
    a, b = built.settled.start, built.settled.accounts
    report = check_report(built)
    old, new = a.Zd / a.x, b.Zd / b.x
    row = f"| domestic | {redirected(new, old, b.x):.2f} | {percentage_error(new, old):.2f} |"
    assert row in report and "## What the update to 2020 moved" in report
    L = [np.linalg.inv(np.eye(4) - A).sum(axis=0) for A in (old, new)]
    assert f"| cars | {L[0][2]:.3f} | {L[1][2]:.3f} | {100 * (L[1][2] / L[0][2] - 1):+.2f} |" in report
    assert re.search(
        r"gras, \d+ iterations; the worst margin is (sales|purchases) of [\w ]+, met to \d.\de-\d+", report
    )
    assert "What the update" not in check_report(build_own(write(tmp_path / "as is")))


def test_distances_are_those_of_their_formulas():
    A, B, x = np.array([[0.2, 0.1], [0.3, 0.0]]), np.array([[0.1, 0.1], [0.4, 0.2]]), np.array([30.0, 10.0])
    assert percentage_error(A, B) == pytest.approx(100 * 0.4 / 0.8)
    assert redirected(A, B, x) == pytest.approx(100 * (0.2 * 30 + 0.2 * 10) / 40)
    with pytest.raises(ValueError, match="cannot be compared"):
        percentage_error(A, np.zeros((2, 2)))


def test_a_method_that_does_not_fit_changes_nothing_on_disk(tmp_path):
    folder = with_totals(tmp_path, "gras", output=column(OUTPUT), value_added=column(ADDED))
    calibrate(folder)
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file() and path.name != "recipe.yaml"}
    edited(folder, ("method: gras", "method: kras"))
    with pytest.raises(ScenarioError, match="SC520"):
        calibrate(folder)
    assert {p: p.read_bytes() for p in folder.rglob("*") if p.is_file() and p.name != "recipe.yaml"} == before


def test_every_word_of_the_balances_is_a_word_of_recipes(tmp_path):
    for method in BALANCES:
        folder = with_totals(tmp_path / method, method, output=column(OUTPUT), value_added=column(ADDED))
        try:
            build_own(folder)
        except ScenarioError as problem:  # known, and told why it does not fit these totals
            assert "SC024" not in str(problem) and "SC520" in str(problem)
