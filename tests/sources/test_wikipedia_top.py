"""The hundred most read: a number on the chart, an interval off it."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from migration.errors import MigrationError, SchemaDrift, UnexpectedContent
from migration.outcomes import to_outcome
from migration.panel import check_panel
from migration.sources import load_panel
from migration.sources.wikipedia_top import best_rank, parse

HEAD = "date,article,views,rank,top100_threshold_views,censored\n"
ON = "2021-01-08,Signal_(software),78155,39,42753,0\n"
OFF = "2021-01-07,Signal_(software),,,55298,1\n"


def rows(text, metric):
    made = check_panel(parse({"t.csv": (HEAD + text).encode()}))
    return made[made["metric"] == metric].sort_values("period").reset_index(drop=True)


def test_views_off_the_chart_are_below_the_threshold_by_hand():
    made = rows(ON + OFF, "views")
    np.testing.assert_array_equal(made["value"], [np.nan, 78155])
    np.testing.assert_array_equal(made["lower"], [0, 78155])
    np.testing.assert_array_equal(made["upper"], [55298, 78155])
    assert made["status"].tolist() == ["censored", "observed"]
    assert set(made["zone"]) == {"UTC"}


def test_a_rank_off_the_chart_is_beyond_the_hundredth_place():
    made = rows(ON + OFF, "rank")
    np.testing.assert_array_equal(made["lower"], [101, 39])
    np.testing.assert_array_equal(made["upper"], [np.inf, 39])
    frame = to_outcome(made, "minus_log_rank")
    assert frame["y_upper"].iloc[0] == -np.log(100.5)
    assert frame["y_lower"].iloc[0] == -np.inf


def test_the_record_is_read_whole(study):
    made = load_panel(study, source="wikipedia_top")
    assert set(made["app"]) == {"signal", "telegram", "whatsapp"}
    views = made[made["metric"] == "views"].set_index(["app", "period"]).sort_index()
    assert views.loc[("signal", "2021-01-10"), "value"] == 199246
    early = views.loc[views.index.get_level_values("period") < "2021-01-08"]
    assert set(early["status"]) == {"censored"}
    on = views[views["status"] == "observed"].groupby(level="app").size()
    assert on["signal"] == 10


def test_several_articles_are_at_least_as_good_as_the_best_of_them():
    both = rows(
        ON + ON.replace("Signal_(software)", "Signal").replace("39", "12"), "rank"
    )
    (row,) = best_rank(both.assign(app="signal")).to_dict("records")
    assert (row["lower"], row["upper"], row["status"]) == (1, 12, "censored")


@pytest.mark.parametrize(
    "text",
    [
        "",
        ON + ON,
        "2021-01-08,Signal,78155,39,42753,2\n",
        "2021-01-08,Signal,78155,39,42753,1\n",
        "2021-01-08,Signal,,39,42753,0\n",
        "2021-01-08,Signal,78155,101,42753,0\n",
        "2021-01-08,Signal,42752,39,42753,0\n",
        "2021-01-08,Signal,78155,39,,0\n",
        "2021-01-08,Signal,,,,1\n",
        "2021-01-08,Signal,7e4,39,42753,0\n",
        "2021-01-08,Signal,-5,39,42753,0\n",
        "2021-01-08,Signal,0,39,42753,0\n",
        "2021-01-08,,78155,39,42753,0\n",
        "08/01/2021,Signal,78155,39,42753,0\n",
        "2021-01-08,Signal,78155,39,42753\n",
    ],
)
def test_what_the_chart_cannot_say_is_refused(text):
    with pytest.raises(SchemaDrift, match="wikipedia_top"):
        parse({"t.csv": (HEAD + text).encode()})


@pytest.mark.parametrize("raw", [b"<html>", b'{"items": []}', b"\xff\xfe"])
def test_another_kind_of_content_is_refused(raw):
    with pytest.raises(UnexpectedContent):
        parse({"t.csv": raw})


@given(st.text(alphabet='0123456789-,"\nab', max_size=60), st.binary(max_size=60))
def test_anything_is_read_right_or_refused(text, raw):
    for content in ((HEAD + ON + text).encode(), raw):
        try:
            made = parse({"t.csv": content})
        except MigrationError:
            continue
        check_panel(made)


def test_the_order_of_rows_changes_nothing():
    one, other = rows(ON + OFF, "views"), rows(OFF + ON, "views")
    pd.testing.assert_frame_equal(one, other)
