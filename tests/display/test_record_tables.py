"""Tables of the ledger, of who printed what, and of windows where nothing happened."""

import math
from dataclasses import replace
from types import SimpleNamespace

import pandas as pd
import pytest

from migration.display import (
    table_citations,
    table_effects,
    table_event_citations,
    table_events,
    table_ledger,
    table_placebos,
    table_segments,
)
from migration.display.card import card
from migration.errors import DisplayError
from migration.results import CheckResult
from migration.study import load_study


def _cells(table):
    return table._tbl_data.to_numpy().tolist()


@pytest.fixture
def ledger():
    """Four figures of Signal's installs, one rank of it, one of Telegram's users."""
    days = pd.to_datetime(["2021-01-06"] * 4 + ["2021-01-10", None])
    return pd.DataFrame(
        {
            "app": ["Signal"] * 5 + ["Telegram"],
            "quantity": ["installs"] * 4 + ["chart_rank", "new_users"],
            "vendor": ["Sensor Tower"] * 3 + ["Apptopia", "Appfigures", "Telegram"],
            "start": days,
            "end": days + pd.Timedelta(days=4),
            "source_date": ["2021-01-13", "", "2021-02", "", "", "2021-01-12"],
            "status": "observed",
        }
    )


def test_the_ledger_is_counted_and_what_is_rare_shares_a_row(ledger):
    table = table_ledger(ledger)
    assert _cells(table) == [
        ["Signal", "installs", "4", "2", "6–10 January 2021", "2"],
        ["Signal", "1 other", "1", "1", "10–14 January 2021", "1"],
        ["Telegram", "1 other", "1", "1", "–", "0"],
    ]
    assert "6 figures, each as it was printed" in table.as_raw_html()


def test_a_ledger_of_nothing_or_of_another_kind_is_refused(ledger):
    with pytest.raises(DisplayError, match="at least one figure"):
        table_ledger(ledger.iloc[:0])
    with pytest.raises(DisplayError, match="vendor are absent"):
        table_ledger(ledger.drop(columns="vendor"))


def test_each_article_is_cited_once(clashes):
    sides = {
        f"{side}_{name}": value
        for side in ("first", "second")
        for name, value in (
            ("publisher", f"Paper of the {side}"),
            ("source_url", f"https://example.org/{side}"),
        )
    }
    twice = pd.concat([clashes.assign(**sides)] * 2)
    assert _cells(table_citations(twice)) == [
        ["Paper of the first", "13 Jan 2021", "https://example.org/first"],
        ["Paper of the second", "Feb 2021", "https://example.org/second"],
    ]


def test_each_event_of_the_shipped_study_has_its_citation():
    study = load_study("whatsapp-2021")
    cited = dict(_cells(table_event_citations(study)))
    assert len(cited) == len(study.events)
    assert all("https://" in text or len(text) > 10 for text in cited.values())


def test_a_small_group_is_shown_by_its_markets():
    rows = {
        row[0]: row[-1] for row in _cells(table_events(load_study("whatsapp-2021")))
    }
    first = next(
        markets for label, markets in rows.items() if "leads the App Store" in label
    )
    assert "FIRST" not in first
    assert {"IN", "AT", "CH"} <= set(first.split(", "))
    assert rows["European Data Protection Board rejects Hamburg's request"] == "EU"


@pytest.fixture
def windows():
    days = pd.to_datetime(["2020-12-26", "2020-12-17"])
    frame = pd.DataFrame(
        {
            "first_day": days,
            "last_day": days + pd.Timedelta(days=8),
            "estimate": [0.004, 0.06],
            "conf_low": [-0.08, -math.inf],
            "conf_high": [0.09, 0.2],
            "p_value": [0.91, 0.15],
        }
    )
    return CheckResult(
        check="placebo in time", question="?", answer="0 of 2 have p <= 0.05",
        passed=True, frame=frame,
    )  # fmt: skip


def test_placebo_windows_name_their_app_and_say_whether_they_hold(windows):
    table = table_placebos({"Signal": windows})
    assert _cells(table) == [
        [
            "Signal",
            "26 December 2020 to 3 January 2021",
            "0.00 (−0.08 to 0.09)",
            "0.91",
        ],
        ["Signal", "17–25 December 2020", "0.06 (unbounded to 0.20)", "0.15"],
    ]
    assert "Signal: 0 of 2 have p &lt;= 0.05 (holds)." in table.as_raw_html()
    with pytest.raises(DisplayError, match="at least one CheckResult"):
        table_placebos({})


def test_where_no_app_has_an_answer_the_table_says_so():
    table = table_effects({})
    assert _cells(table) == [["none", "–", "–"]]
    assert "the reasons are listed under what was not answered" in table.as_raw_html()


def test_a_gain_of_a_window_has_its_sign_as_everywhere(result):
    days = pd.Timestamp("2021-01-06"), pd.Timestamp("2021-01-14")
    row = dict(zip(("first_day", "last_day"), days, strict=True))
    row |= dict.fromkeys(("conf_low", "conf_high"), 0.0)
    row |= {"estimate": math.log(2), "p_value": 0.01, "identification": "bundle"}
    made = replace(result, effects=pd.DataFrame([row], index=["notice"]))
    assert _cells(table_segments({"Signal": made}))[0][3] == "+100% (0.0% to 0.0%)"
    held = CheckResult(
        check="baselines", question="?", answer="no", passed=False, frame=pd.DataFrame()
    )
    signs = {"notice": {"Signal": held}}
    cells = _cells(table_segments({"Signal": made}, sensitivity=signs))[0]
    assert cells[3:5] == ["not an effect: sign changes", "–"]
    other = {"delay": {"Signal": held}, "notice": {"Telegram": held}}
    assert "+100%" in _cells(table_segments({"Signal": made}, sensitivity=other))[0][3]


def test_notes_of_a_table_are_blocks_that_can_stay_in_view(result):
    made = table_effects(result).as_raw_html()
    assert (
        made.count('<td class="gt_sourcenote"') == made.count('<div class="note">') > 1
    )


def test_the_headline_names_its_source(result):
    (row,) = card({"Signal": result}, answer="Yes.")["headline"]
    assert row["source"] == "flathub"


def test_a_day_of_retrieval_that_nobody_noted_is_said(panel):
    panel.attrs = {"vintage": {"source": "flathub", "retrieved_at": ""}}
    made = card({}, answer="What was published.", vintage=[panel])
    assert made["vintage"] == [{"source": "flathub", "retrieved": "not recorded"}]


def test_findings_stand_one_a_line(result):
    from migration.display.answers import answer

    said = answer({"Signal": result, "Telegram": result}, what="new installs")
    first, *rest = said.splitlines()
    assert first == (
        "New installs, 6–14 January 2021 (mean of logs, 95% intervals): "
        "Signal +100% (50% to 200%), Telegram +100% (50% to 200%); "
        "the estimate is of a bundle of events, not of the notice alone."
    )
    assert [line.split(" rose")[0] for line in rest] == [
        "New installs of Signal", "New installs of Telegram",
    ]  # fmt: skip
    assert SimpleNamespace(**card(result, answer=said)).answer == said
