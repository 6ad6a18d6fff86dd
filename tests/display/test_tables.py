import json
import math
import re
from dataclasses import replace

import nbformat
import pandas as pd
import pytest
from great_tables import GT

from migration.display import (
    table_calendar,
    table_calibration,
    table_check,
    table_checks,
    table_clashes,
    table_effects,
    table_frame,
    table_secondary,
    table_sensitivity,
    table_vintage,
)
from migration.display.card import REPORT_MIME, card
from migration.display.gt import Words, make_table
from migration.errors import DisplayError
from migration.report.manifest import read_card
from migration.results import CheckResult


@pytest.fixture
def calendar():
    day = pd.Timestamp("2021-01-06")
    row = {
        "id": "E3",
        "label": "A <b>bold</b> claim",
        "first_day": day,
        "last_day": day,
    }
    frame = pd.DataFrame(
        [{**row, "where": "window", "severity": "high", "markets": "US"}]
    )
    return CheckResult(
        check="calendar collisions",
        question="Which other events?",
        answer="1 other event",
        passed=False,
        frame=frame,
    )


@pytest.fixture
def every_table(result, null, placebos, calendar, clashes):
    return {
        "effects": table_effects({"Signal": result, "Other": null}),
        "secondary": table_secondary(result, name="Signal"),
        "calibration": table_calibration(result),
        "checks": table_checks([placebos, calendar]),
        "check": table_check(placebos),
        "calendar": table_calendar(calendar),
        "clashes": table_clashes(clashes),
        "vintage": table_vintage(result.vintage),
    }


def cells(table):
    """Text of each row of the body, the row's label first."""
    body = re.search(r"<tbody.*?</tbody>", table.as_raw_html(), re.DOTALL).group()
    rows = re.findall(r"<tr>(.*?)</tr>", body, re.DOTALL)
    return [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL) for row in rows]


def test_tables_are_captioned_scoped_and_load_nothing(every_table):
    for name, table in every_table.items():
        made = table._repr_html_()
        assert isinstance(table, GT)
        assert made.count("<caption") == 1, name
        assert 'scope="col"' in made
        assert 'scope="row"' in made
        assert not re.search(r"<script|https?://|@import|url\(|<link", made), name
        assert not re.search(r"color:\s*#|background(-color)?:\s*#", made), name
        ids = re.findall(r'\bid="([^"]*)"', made)
        assert len(ids) == len(set(ids)), name
        assert all(i.startswith("table-") for i in ids), name
        assert "gt_heading" not in made, "the title is the caption, not a row"


def test_every_rule_of_the_style_is_for_this_table_only(every_table):
    for table in every_table.values():
        style = re.search(r"<style>(.*?)</style>", table.as_raw_html(), re.DOTALL)
        selectors = re.findall(r"([^{}]+)\{", style.group(1))
        parts = [part.strip() for group in selectors for part in group.split(",")]
        assert all(part.startswith("#table-") for part in parts)


def test_numbers_have_one_minus_and_days_of_a_span_do_not_break():
    cells = pd.DataFrame(
        {"App": ["a-1"], "Days": ["1 Nov 2020 to 3 Jan 2021"], "Found": ["-0.5, 3-4"]}
    )
    notes = ("Estimates from -1 to 2.",)
    made = make_table(
        cells, Words(name="t", caption="-2 or so", stub="App", notes=notes)
    )
    text = made.as_raw_html()
    for said in (">a-1<", ">−0.5, 3-4<", "from −1 to 2.", ">−2 or so<"):
        assert said in text
    assert ">1&nbsp;Nov&nbsp;2020 to 3&nbsp;Jan&nbsp;2021<" in text
    assert made.cells["Days"][0] == "1 Nov 2020 to 3 Jan 2021"


def test_an_answer_and_its_warnings_begin_as_sentences_do(result):
    said = ["the window is short", "org.x: level -3 down", "io is below -1"]
    made = card({"Signal": result}, answer="It fell by -5%.", warnings=said)
    assert made["answer"] == "It fell by −5%."
    assert made["warnings"] == [
        "The window is short", "org.x: level −3 down", "Io is below −1"
    ]  # fmt: skip


def test_a_scope_says_it_and_no_cell_repeats_its_heads(every_table):
    for table in every_table.values():
        made = table.as_raw_html()
        assert made.count('scope="row"') >= len(table.cells)
        assert "headers=" not in made
        assert not re.search(r'span="1"|<t[dh][^>]* id=|class="gt_(row|col)', made)


def test_the_id_follows_the_contents(result, null):
    first, again, other = (
        re.search(r'id="([^"]*)"', table_effects(r).as_raw_html()).group(1)
        for r in (result, result, null)
    )
    assert first == again
    assert first != other
    assert (
        repr(table_effects(result))
        == "<table: Effects in 6–14 January 2021, after notice>"
    )


def test_effects_in_numbers_and_percent(result, null):
    rows = cells(table_effects({"Signal": result, "Other": null}))
    shared = ["bundle", "40 series"]
    signal = ["Signal", "0.69 (0.41 to 1.10)", "0.02", "+100% (50% to 200%)"]
    other = ["Other", "0.08 (−0.22 to 0.37)", "0.4", "+8.0% (−20% to 45%)"]
    assert rows == [signal + shared, other + shared]


def test_few_controls_and_open_ends_are_said(unbounded):
    table = table_effects({"Signal": unbounded})
    assert cells(table)[0][1:4] == ["0.69 (unbounded)", "0.1", "+100% (unbounded)"]
    assert cells(table)[0][5] == "no: 9 series"
    assert "fewer than 39 unrelated series" in table.as_raw_html()


def test_a_sign_that_changes_leaves_no_number(result, flips):
    table = table_effects({"Signal": result}, sensitivity={"Signal": flips})
    assert cells(table) == [
        ["Signal", "–", "–", "not an effect: sign changes", "bundle", "40 series"]
    ]


def test_percent_only_where_effects_are_logs(result):
    made = table_effects(replace(result, outcome="minus_log_rank")).as_raw_html()
    assert "Percent" not in made
    assert "%)" in made  # the interval's level in the heading


def test_the_headline_stands_above_the_tests_beside_it(result):
    rows = cells(table_secondary(result))
    assert rows[0][0].startswith("headline")
    assert rows[0][4] == "5.0%"
    beside = ["block-t alone", "0.69", "0.50 to 0.90", "&lt; 0.001", "9.1%", "little"]
    assert rows[1] == beside


def test_calibration_by_volume_and_what_could_be_found(result):
    assert cells(table_calibration({"Signal": result})) == [
        ["Signal", "40", "0.0%", "7.7%", "15.0%", "+62%", "−50%"]
    ]


def test_long_checks_are_cut_and_say_so(placebos):
    table = table_check(placebos, rows=3)
    assert len(cells(table)) == 3
    assert "38 more rows" in table.as_raw_html()


def test_a_check_of_nothing_says_none_and_simulated_stands_once(placebos):
    empty = replace(placebos, frame=placebos.frame.head(0))
    assert cells(table_check(empty)) == [["none", *["–"] * (empty.frame.shape[1] - 1)]]
    frame = pd.DataFrame({"a": [1]})
    frame.attrs["simulated"] = True
    for given in ("SIMULATED panel", "panel"):
        made = table_frame(frame, caption=given).as_raw_html()
        assert made.count("SIMULATED") == 1


def test_what_others_wrote_is_escaped(calendar):
    made = table_calendar(calendar).as_raw_html()
    assert "<b>" not in made
    assert "6 Jan 2021" in made


def test_a_clash_names_both_vintages(clashes):
    row = cells(table_clashes(clashes))[0]
    assert row[3] == "7.5 million in 6–10 January 2021 (Sensor Tower, 13 Jan 2021)"
    assert row[5] == "2.07"


def test_simulated_is_in_the_caption(result):
    assert table_effects(replace(result, simulated=True)).caption.startswith(
        "SIMULATED"
    )


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda _: table_effects(7), r"table_effects needs EffectResults.*got int"),
        (
            lambda r: table_effects({"a": r}, sensitivity={"b": r}),
            r"needs a CheckResult",
        ),
        (lambda r: table_secondary([r]), r"needs one EffectResult, got list"),
        (lambda _: table_checks([]), r"at least one CheckResult"),
        (lambda r: table_check(r), r"needs a CheckResult, got EffectResult"),
        (lambda r: table_clashes(r.effects), r"columns .*app.* are absent"),
        (lambda _: table_vintage({}), r"got an empty one"),
        (lambda _: table_vintage([1]), r"a vintage needs to be a mapping, got list"),
    ],
)
def test_wrong_input_is_refused_with_what_to_give(result, call, message):
    with pytest.raises(DisplayError, match=message):
        call(result)


def test_a_sensitivity_of_nobody_is_refused(result, flips):
    with pytest.raises(DisplayError, match=r"\['Sginal'\], which are no result's name"):
        table_effects({"Signal": result}, sensitivity={"Sginal": flips})


def read_back(made):
    """The card as the runner reads it from a notebook."""
    data = json.loads(json.dumps({REPORT_MIME: made}, allow_nan=False))
    output = nbformat.v4.new_output("display_data", data=data)
    cell = nbformat.v4.new_code_cell(outputs=[output])
    return read_card(nbformat.v4.new_notebook(cells=[cell]))


def test_the_runner_reads_the_card(result, unbounded):
    made = card({"Signal": result, "Few": unbounded}, answer="Yes.")
    read = read_back(made)
    first, second = read.headline
    assert first["app"] == "Signal"
    assert first["event"] == "notice"
    assert first["identification"] == "bundle"
    assert first["estimand"] == "mean of log count"
    assert first["estimate"] == pytest.approx(0.693, abs=1e-3)
    assert second["conf_low"] == second["conf_high"] == "unbounded"
    (vintage,) = read.vintage
    assert vintage == {"source": "flathub", "file": "a.csv", "sha256": "ab" * 6}
    assert read.warnings == ("The baseline is short",)
    assert made["simulated"] is False


def test_a_warning_of_one_app_names_it(result, null):
    alone = replace(null, warnings=("noisy",))
    said = card({"Signal": result, "Other": alone}, answer="Yes.")["warnings"]
    assert said == ["Signal: the baseline is short", "Other: noisy"]


def test_a_sign_that_changes_hands_no_number_over(result, flips):
    made = card({"Signal": result}, answer="No.", sensitivity={"Signal": flips})
    (row,) = read_back(made).headline
    assert row["estimate"] is row["conf_low"] is row["p_value"] is None
    assert row["change"] == "not an effect: sign changes"


def test_a_report_without_estimates_has_a_vintage(panel):
    panel.attrs = {"vintage": {"source": "flathub"}, "simulated": True}
    made = card({}, answer="What was published.", vintage=[panel])
    assert made["simulated"] is True
    assert made["headline"] == []
    assert made["vintage"] == [{"source": "flathub"}]


def test_a_vintage_is_cited_once(result):
    two = {**result.vintage, "citation": "Somebody (2021)", "ranked": [1, 2]}
    two["files"] = [{"name": "a.csv"}, {"name": "b.csv", "retrieved_at": "2021-02-01"}]
    table = table_vintage(two)
    assert cells(table) == [
        ["flathub", "a.csv", "–"],
        ["flathub", "b.csv", "2021-02-01"],
    ]
    assert table.as_raw_html().count("Somebody (2021)") == 1


def test_an_empty_answer_is_refused(result):
    with pytest.raises(DisplayError, match="needs an answer in words"):
        card(result, answer=" ")


def test_every_baseline_of_every_app_is_shown_with_the_verdict(flips):
    day = pd.Timestamp("2020-11-01")
    frame = flips.frame.assign(
        baseline=["declared", "later half"],
        first_day=day,
        last_day=pd.Timestamp("2021-01-03"),
        normal="market-adjusted",
        conf_low=-math.inf,
        conf_high=0.2,
        p_value=0.3,
    )
    table = table_sensitivity({"Signal": replace(flips, frame=frame)})
    shown = [cell.replace("&nbsp;", " ") for cell in cells(table)[1]]
    assert shown == [
        *("Signal", "Later half", "1 Nov 2020 to 3 Jan 2021", "market-adjusted"),
        *("−0.11 (unbounded to 0.20)", "0.3"),
    ]
    assert "the sign CHANGES" in table.as_raw_html()
    with pytest.raises(DisplayError, match="at least one CheckResult"):
        table_sensitivity({})


def test_a_bound_has_no_point_and_no_p(result):
    bound = result.headline.copy()
    bound[:] = [math.nan, math.nan, 1.59, math.inf, math.nan]
    made = replace(result, headline=bound, outcome="minus_log_rank")
    assert cells(table_effects(made))[0][1:3] == ["at least 1.59", "–"]


def test_a_table_says_what_the_library_makes_of_its_cells():
    cells = pd.DataFrame({"row": ["a", "<b>&"], "n": ["1", None], "text": ["", "x\ny"]})
    named = Words(name="t", caption="Cells", stub="row", right=("n",), notes=("One.",))
    table, plain = make_table(cells, named), make_table(cells, named)
    plain._body.body = plain._body.body.astype("string")
    assert table.as_raw_html() == plain.as_raw_html()
    assert "&lt;b&gt;&amp;" in table.as_raw_html()
