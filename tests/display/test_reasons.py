"""What cannot be drawn is said in its place, and apps without a number by name."""

import html
from dataclasses import replace

import matplotlib.pyplot as plt
import pandas as pd
import pytest

from migration.checks.each import check_or_reason
from migration.display import answer, sentence, show, show_app, table_effects
from migration.display.card import card
from migration.errors import DesignError
from migration.estimators.apps import AppEffects

WHY = "'y' lacks 1 values on window days; drop the unit"


@pytest.fixture
def effects(result):
    refused = pd.DataFrame([{"app": "Telegram", "reason": WHY}])
    names = {"signal": "Signal", "telegram": "Telegram"}
    return AppEffects({"signal": result}, refused, names)


def refuse(*_, **__):
    plt.figure()
    raise DesignError("needs two, got 1")


def test_what_is_refused_is_said_in_its_place_and_leaves_no_figure():
    before = plt.get_fignums()
    page = show(refuse).as_raw_html()
    assert "Not computed" in page
    assert "needs two, got 1" in page
    assert plt.get_fignums() == before
    with pytest.raises(ZeroDivisionError):  # a fault is no refusal
        show(lambda: 1 / 0)


def test_one_apps_drawing_or_why_it_has_none(effects):
    drawn = show_app(lambda result, *, name: (result, name), effects, "signal")
    assert drawn == (effects.results["signal"], "Signal")
    page = show_app(refuse, effects, "telegram").as_raw_html()
    assert f"Telegram has no answer: {WHY}" in html.unescape(page)


def test_a_check_that_cannot_be_computed_informs():
    found = check_or_reason(refuse, pd.DataFrame())
    assert found.passed is None
    assert found.answer == "not computed: needs two, got 1"


def test_refused_apps_are_named_in_answer_headline_and_table(effects):
    said = answer(effects, what="installs").splitlines()
    assert said[-1] == f"No effect on installs of Telegram can be given: {WHY}."
    rows = card(effects, answer="x")["headline"]
    assert [row["app"] for row in rows] == ["Signal", "Telegram"]
    assert rows[1]["estimate"] is None
    assert rows[1]["change"] == "not estimated: 'y' lacks 1 values on window days"
    assert rows[1]["days"] == rows[0]["days"]
    page = table_effects(effects).as_raw_html()
    assert "Telegram" in page
    assert "not estimated: " in page


def test_a_neighbour_that_is_not_seen_is_no_headline(effects):
    led = effects.naming(["signal", "other"])
    assert led.named.keys() == {"Signal"}
    assert [row["app"] for row in card(led, answer="x")["headline"]] == ["Signal"]
    assert list(effects.naming(["telegram"]).refused["app"]) == ["Telegram"]


def test_all_refused_is_a_table_of_reasons(effects):
    none = AppEffects({}, effects.refused, effects.names)
    assert "Telegram" in table_effects(none).as_raw_html()
    assert [row["app"] for row in card(none, answer="x")["headline"]] == ["Telegram"]


def test_a_place_that_grows_is_a_fall(result):
    places = replace(result, outcome="minus_log_rank")
    assert sentence(places, "rank of Signal").startswith(
        "Rank of Signal improved: the number of its place became 0.50 times as large "
        "(0.33 to 0.67; 1 is the best place) in 6–14 January 2021, p = 0.02; "
    )
    down = result.headline.copy()
    down[["estimate", "conf_low", "conf_high"]] *= -1
    worse = replace(places, headline=down)
    assert "fell: the number of its place became 2.00 times" in sentence(worse, "x")
    assert card({"S": places}, answer="x")["headline"][0]["change"] == (
        "better, 0.50 times its place (0.33 to 0.67)"
    )
