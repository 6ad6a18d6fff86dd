"""What is known by source, market and day: rows, shares and words worked by hand."""

import matplotlib.pyplot as plt
import pytest

from migration.display import alt_text, plot_coverage
from migration.display.plots_coverage import _percent
from migration.errors import DisplayError


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


def names(ax):
    return [label.get_text() for label in ax.get_yticklabels()]


def test_rows_stand_in_the_order_of_the_study(covered):
    ax = plot_coverage(covered)
    assert names(ax) == [
        "empty",
        "shop rank, IN",
        "shop rank, NA",
        "wide, 13 markets",
        "broken",
    ]
    told = [text.get_text() for text in ax.texts]
    assert told == [
        "nothing here yet",
        "cannot be read",
        "2 series",
        "2 series",
        "13 series",
    ]


def test_the_words_say_the_shares(covered):
    """At home one series is known on all 10 days, one missing on the last 7 of them."""
    text = alt_text(plot_coverage(covered))
    assert text.startswith(
        "Chart of what is known of each source and market by day, 1–10 January 2021. "
        "empty: nothing here yet. shop rank, IN: 1–10 January 2021, 2 series at most, "
        "50% censored, 50% partial."
    )
    assert "NA: 1–10 January 2021, 2 series at most, 65% observed, 35% missing" in text
    assert text.endswith("13 series at most, 100% observed. broken: cannot be read.")


def test_a_colour_fills_its_share_of_the_row(covered):
    home = covered[covered["market"] == "NA"]
    ax = plot_coverage(home)
    observed, missing = (bar.get_paths()[0].get_extents() for bar in ax.collections)
    whole = 0.72
    assert observed.height == pytest.approx(whole)  # alone for three days
    assert missing.height == pytest.approx(whole / 2)
    assert missing.width == pytest.approx(7)
    assert missing.y0 == pytest.approx(1 - whole / 2)  # on top: the axis points down


def test_the_key_has_what_is_drawn_and_no_more(covered):
    ax = plot_coverage(covered)
    key = [text.get_text() for text in ax.get_legend().get_texts()]
    assert key == ["observed", "censored", "partial", "missing"]
    home = covered[covered["market"] == "NA"]
    key = plot_coverage(home).get_legend().get_texts()
    assert [text.get_text() for text in key] == ["observed", "missing"]


def test_where_nothing_is_here_there_are_names_and_no_days(covered):
    nothing = covered.iloc[:0]
    nothing.attrs = covered.attrs | {"sources": ["empty", "broken"]}
    ax = plot_coverage(nothing)
    assert names(ax) == ["empty", "broken"]
    assert ax.get_xticks().tolist() == []
    assert alt_text(ax).endswith("empty: nothing here yet. broken: cannot be read.")


def test_what_is_simulated_says_so(covered):
    covered.attrs["simulated"] = True
    ax = plot_coverage(covered)
    assert ax._left_title.get_text().startswith("SIMULATED: ")
    assert alt_text(ax).startswith("SIMULATED. ")


def test_another_frame_is_refused(covered):
    with pytest.raises(DisplayError, match="market, observed are absent; call load_"):
        plot_coverage(covered.drop(columns=["market", "observed"]))


@pytest.mark.parametrize(
    ("share", "said"),
    [
        (1, "100%"),
        (0.9999, "99%"),
        (0.35, "35%"),
        (0.005, "1%"),
        (1e-9, "less than 1%"),
    ],
)
def test_a_share_that_is_there_is_never_none_and_never_all(share, said):
    assert _percent(share) == said
