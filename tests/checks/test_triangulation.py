"""Measures side by side: by hand, what each can mean, and which are absent."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from migration.checks.triangulation import triangulate
from migration.design import Design
from migration.display import alt_text, plot_triangulation, table_triangulation
from migration.errors import DesignError, DisplayError
from migration.estimators.abnormal_interest import abnormal_interest
from migration.panel import COLUMNS
from migration.sources import load_ledger
from migration.study import load_study


@pytest.fixture(scope="module")
def study():
    return load_study("whatsapp-2021")


@pytest.fixture(scope="module")
def effects(request):
    """SIMULATED: one effect of 0.8 in logs under two names."""
    frame = request.getfixturevalue("frame").copy()
    frame = frame[(frame.unit == "hit") | (frame.unit < "c10")]
    plan = Design(
        outcome="y",
        treated="hit",
        event="2021-01-06",
        window=(0, 8),
        baseline=("2020-11-01", "2021-01-03"),
        controls=[u for u in frame.unit.unique() if u != "hit"],
        event_name="notice",
    )
    frame.attrs = {"outcome": "log_count", "vintage": {"source": "flathub"}}
    found = abnormal_interest(frame, plan)
    return {"Signal": found, "WhatsApp": found}


def views(metric="views"):
    """Signal: 40 on the baseline's days up to 9, then 90; Telegram: at most 10."""
    days = pd.date_range("2020-12-28", "2021-01-20")
    rows = []
    for app in ("signal", "telegram"):
        for day in days:
            here = app == "signal" and day >= pd.Timestamp("2021-01-06")
            value = 90.0 if here else np.nan
            upper = 90.0 if here else 10.0
            lower = 90.0 if here else 0.0
            status = "observed" if here else "censored"
            told = ("made", metric, app, "WW", day, "UTC")
            rows.append((*told, value, lower, upper, status))
    names = ["source", "metric", "app", "market", "period", "zone"]
    frame = pd.DataFrame(rows, columns=[*names, "value", "lower", "upper", "status"])
    return frame.astype({"status": "str"})[list(COLUMNS)]


@pytest.fixture(scope="module")
def found(study, effects):
    return triangulate(study, effects, ledger=load_ledger(), panels=[views()])


def test_the_estimates_come_first_with_their_intervals(found, effects):
    first = found[found.kind == "estimate"]
    assert first.app.tolist() == ["Signal", "WhatsApp"]
    assert first.estimate.iloc[0] == effects["Signal"].headline.estimate
    assert first.conf_low.iloc[0] == effects["Signal"].headline.conf_low
    assert "an install is not a user who left" in first.cannot.iloc[0]
    assert "Linux desktop" in first.cannot.iloc[0]


def test_a_printed_change_worked_by_hand(found):
    """17.8 million in the 8 days of 5-12 January, 285,000 in the 8 before."""
    rows = found[(found.app == "Signal") & (found.kind == "published change")]
    world = rows[(rows.market == "WW") & (rows.against == "2020-12-28 to 2021-01-04")]
    assert world.estimate.iloc[0] == pytest.approx(np.log(17_800_000 / 285_000))
    assert world.vintage.iloc[0] == "2021-01-14"
    short = rows[rows.against == "2021-01-01 to 2021-01-05"].iloc[0]
    assert short.estimate == pytest.approx(np.log(2_300_000 / 24_000))  # 5 days each
    assert "differ by up to x3.9 between vintages" in short.cannot
    assert rows.conf_low.isna().all()


def test_a_change_that_was_printed_as_one_is_taken_as_it_was(found):
    rows = found[(found.app == "WhatsApp") & (found.scale == "downloads_change_pct")]
    assert rows.estimate.tolist() == pytest.approx([np.log(0.83)])
    assert rows.kind.tolist() == ["published change"]


def test_what_people_wanted_is_apart_from_what_they_did(found):
    asked = found[found.share.notna()].set_index("share")
    assert asked.kind[0.2597] == "survey: wanted"
    assert asked.kind[0.005] == "survey: done"
    assert asked.estimate[0.2597] == pytest.approx(np.log(1 - 0.2597))
    assert asked.estimate[0.005] == pytest.approx(np.log(0.995))
    assert asked.cannot[0.2597] == "what they did"
    assert 0.74 not in asked.index  # a share of those who wanted, not of all


def test_a_share_of_everybody_has_no_logarithm_and_no_row(study, effects):
    ledger = load_ledger()
    whole = ledger.value.mask(ledger.kind == "percent of respondents", 100.0)
    found = triangulate(study, effects, ledger=ledger.assign(value=whole))
    assert found.share.isna().all()


def test_attention_is_a_bound_worked_by_hand(found):
    rows = found[found.source == "made"].set_index("app")
    assert rows.kind.tolist() == ["bound", "bound"]
    assert rows.conf_low["Signal"] == pytest.approx(np.log(9.0))
    assert rows.conf_high["Signal"] == np.inf
    assert rows.conf_low["Telegram"] == -np.inf
    assert np.isnan(rows.estimate["Signal"])
    assert rows.against["Signal"] == "2020-12-28 to 2021-01-03"


def test_known_values_have_a_point(study, effects):
    known = views().assign(value=lambda f: f.upper, lower=lambda f: f.upper)
    known = known.assign(status="observed").astype({"status": "str"})
    rows = triangulate(study, effects, panels=[known]).query("source == 'made'")
    assert rows.kind.tolist() == ["arithmetic", "arithmetic"]
    np.testing.assert_allclose(rows.estimate, [np.log(9.0), 0.0], atol=1e-12)


def test_known_places_have_the_point_between_the_bounds_of_their_rounding(
    study, effects
):
    """From place 40 to place 4: log 10, and from 39.5 to 4.5 at the least."""
    places = views("rank")
    known = places.assign(value=np.where(places.value.isna(), 40.0, 4.0))
    known = known.assign(lower=known.value, upper=known.value, status="observed")
    known = known.astype({"status": "str"})
    rows = triangulate(study, effects, panels=[known]).query("source == 'made'")
    signal = rows.set_index("app").loc["Signal"]
    assert signal.kind == "arithmetic"
    assert signal.estimate == pytest.approx(np.log(10))
    assert signal.conf_low == pytest.approx(np.log(39.5 / 4.5))
    assert signal.conf_high == pytest.approx(np.log(40.5 / 3.5))


def test_places_beyond_the_chart_leave_the_middle_place(study, effects):
    places = views("rank")
    off = places.value.isna()
    places = places.assign(
        value=places.value.where(off, 4.0),
        lower=np.where(off, 101.0, 4.0),
        upper=np.where(off, np.inf, 4.0),
    )
    rows = triangulate(study, effects, panels=[places]).query("source == 'made'")
    signal = rows.set_index("app").loc["Signal"]
    assert signal.conf_low == pytest.approx(np.log(100.5 / 4.5))
    assert signal.cannot == "a percentage: a place has no unit"


def test_sources_that_gave_nothing_are_named(found, study):
    absent = found[found.kind == "absent"].set_index("measure")
    assert "trends" in absent.index
    assert "no series of it was given" in absent.cannot["trends"]
    assert "does not read it yet" in absent.cannot["reddit"]
    assert "flathub" not in absent.index
    assert "published" not in absent.index
    alone = {s.id for s in study.sources} - {"flathub", "published", "made"}
    assert set(absent.index) == alone


def test_the_order_of_the_ledger_is_of_no_matter(study, effects, found):
    ledger = load_ledger().iloc[::-1].reset_index(drop=True)
    other = triangulate(study, effects, ledger=ledger, panels=[views()])
    keys = ["app", "measure", "against", "estimate"]
    one, two = (f[keys].sort_values(keys, ignore_index=True) for f in (found, other))
    pd.testing.assert_frame_equal(one, two)


def test_effects_that_do_not_belong_together_are_refused(study, effects):
    with pytest.raises(DesignError, match="one effect or more, got none"):
        triangulate(study, {})
    signal = effects["Signal"]
    plain = {"Signal": replace(signal, outcome="interest_share")}
    with pytest.raises(DesignError, match="on logarithms"):
        triangulate(study, plain)
    moved = replace(signal, design=signal.design.but(window=(0, 3)))
    with pytest.raises(DesignError, match="one event and window"):
        triangulate(study, effects | {"Signal": moved})


class TestDisplay:
    def test_the_table_says_what_each_can_mean(self, found):
        made = table_triangulation(found).as_raw_html()
        assert "can say what respondents said they wanted; cannot say what" in made
        assert ": the study does not read it yet: it says nothing here." in made
        assert "at least 800%" in made
        assert "at least 2.20" in made  # log 9
        assert "−26% of the users" in made
        row = made.split("−26% of the users")[0].rsplit("<tr", 1)[-1]
        assert "of the users" not in row

    def test_the_figure_tells_all_that_it_draws(self, found):
        told = alt_text(plot_triangulation(found))
        assert "Signal, views, made (bound): at least 800%" in told
        assert "(survey: wanted): −26% of the users" in told
        assert "Absent: wikipedia_top" in told

    def test_a_small_range_keeps_percent_ticks(self, study, effects):
        ax = plot_triangulation(triangulate(study, effects))
        ax.figure.canvas.draw()
        assert "0%" in [text.get_text() for text in ax.get_xticklabels()]

    def test_what_is_no_triangulation_is_refused(self, found):
        with pytest.raises(DisplayError, match="needs the columns"):
            plot_triangulation(found.drop(columns="can"))
        with pytest.raises(DisplayError, match="one measure or more"):
            table_triangulation(found.iloc[:0])
        with pytest.raises(DisplayError, match="a measure in percent"):
            plot_triangulation(found[found.kind == "absent"])
