"""One check of several effects: answers by name, refusals with their reason."""

from types import SimpleNamespace

import matplotlib.pyplot as plt
import pytest

from migration.checks.each import check_each
from migration.checks.influence import leave_one_out
from migration.checks.placebo import placebo_in_time
from migration.display import (
    alt_text,
    checks_answer,
    plot_each,
    plot_placebo_dates,
    table_each,
    table_every_check,
)
from migration.errors import DisplayError


@pytest.fixture
def results(design):
    short = design.but(baseline=("2020-11-29", "2021-01-03"))
    null = design.but(treated="c00", controls=design.controls[1:])
    return {n: SimpleNamespace(design=d) for n, d in
            {"Hit": design, "Null": null, "Short": short}.items()}  # fmt: skip


def test_answers_and_refusals_stand_side_by_side(frame, results):
    found = check_each(placebo_in_time, frame, results)
    assert list(found.results) == ["Hit", "Null"]
    assert found.refused["app"].tolist() == ["Short"]
    assert "needs 47 baseline days" in found.refused["reason"][0]
    alone = placebo_in_time(frame, results["Hit"].design)
    assert found.results["Hit"].answer == alone.answer


def test_options_reach_the_check(frame, results):
    found = check_each(leave_one_out, frame, results, over="days")
    assert {each.over for each in found.results.values()} == {"days"}


def test_every_app_has_its_panel_and_its_rows(frame, results):
    found = check_each(placebo_in_time, frame, results).results
    ax = plot_each(plot_placebo_dates, found)
    assert len(ax.figure.axes) == 2
    assert "for Hit" in alt_text(ax.figure)
    assert "for Null" in alt_text(ax.figure)
    plt.close("all")
    made = table_each(found, rows=1).as_raw_html()
    assert all(f">{name}</th>" in made for name in ("Hit", "Null"))
    assert "more rows in result.to_frame()" in made


def test_every_check_is_listed_and_counted_by_app(frame, results):
    days = frame.period.between("2020-12-26", "2021-01-03")
    hit = (frame.unit == "hit") & days
    spoilt = frame.assign(y=frame.y + 0.3 * hit)
    in_time = check_each(placebo_in_time, spoilt, results).results
    apart = check_each(leave_one_out, spoilt, results, over="days").results
    said = checks_answer(in_time, apart)
    assert "Hit: 1 of 2 checks that can fail hold; failing: placebo in time." in said
    assert "Null: 2 of 2 checks that can fail hold; none fails." in said
    made = table_every_check(in_time, apart).as_raw_html()
    assert made.index("Placebo in time") < made.index("Leave one out over days")
    first, *rest = said.splitlines()
    assert first == (
        "Checks that hold, of those that can fail: "
        "Hit 1 of 2, Null 2 of 2, Short 0 of 1."
    )
    assert all(line in made for line in rest)
    assert first not in made


def test_nothing_and_a_mixture_are_refused(frame, results):
    with pytest.raises(DisplayError, match="plot_each needs results by the app's name"):
        plot_each(plot_placebo_dates, {})
    with pytest.raises(DisplayError, match=r"table_every_check needs results .* none"):
        table_every_check()
    one = {"a": placebo_in_time(frame, results["Hit"].design),
           "b": leave_one_out(frame, results["Hit"].design)}  # fmt: skip
    with pytest.raises(DisplayError, match="table_each needs one check, got leave one"):
        table_each(one)
