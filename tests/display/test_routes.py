"""The table of routes, and the band in the figure of a path."""

from dataclasses import replace

import pytest

from migration.display import alt_text, plot_effects, table_routes
from migration.errors import DisplayError
from migration.estimators.abnormal_interest import abnormal_interest
from migration.estimators.event_study import event_study


@pytest.fixture(scope="module")
def path(request):
    frame = request.getfixturevalue("frame")
    from migration.design import Design

    design = Design(
        outcome="y",
        treated="hit",
        event="2021-01-06",
        window=(0, 8),
        baseline=("2020-11-01", "2021-01-03"),
        controls=[f"c{i:02d}" for i in range(45)],
        other_events={"delay": ("2021-01-15", "2021-01-16")},
        event_name="notice",
    )
    return event_study(frame, design), abnormal_interest(frame, design)


def test_each_route_is_a_row_with_what_it_rests_on(path):
    html = table_routes({"Hit": path[0]}).as_raw_html()
    assert html.count("<td") >= 5 * len(path[0].second)
    for told in ("combined path", "bounds", "dose", "the sum of both effects"):
        assert told in html
    assert "nan" not in html


def test_other_results_are_refused_and_so_is_none(path):
    with pytest.raises(DisplayError, match="results of event_study, got EffectResult"):
        table_routes({"Hit": path[1]})
    with pytest.raises(DisplayError, match="needs at least one result"):
        table_routes({})


def test_a_design_without_a_later_event_says_so_in_its_row(path):
    alone = replace(path[0], second=path[0].second.iloc[:0])
    html = table_routes({"Hit": alone}).as_raw_html()
    assert "the design has no later event" in html


def test_the_band_of_all_days_is_drawn_where_there_is_one(path):
    labels = [
        [text.get_text() for text in plot_effects(result).get_legend().get_texts()]
        for result in path
    ]
    assert "95% band for all days at once" in labels[0]
    assert "95% band for all days at once" not in labels[1]
    low, high = plot_effects(path[0]).get_ylim()
    assert low < path[0].effects.loc[-14:, "band_low"].min()
    assert high > path[0].effects.loc[-14:, "band_high"].max()
    assert "SIMULATED" not in alt_text(plot_effects(path[1]).figure)
