"""The App Store's charts and counts of ratings as they are on the day of asking."""

import datetime as dt

import pandas as pd
from app_store_shapes import JSON, chart, legacy, lookup, results, small
from sources.protocol import Protocol
from sources.protocols.app_store import bounds, ranks

WINDOW = (dt.date(2021, 1, 4), dt.date(2021, 1, 12))  # says nothing of what is live
METRICS = ("rank", "rank_social_networking", "rank_v2", "ratings")
LATE = "2021-01-10T19:10:00Z"  # past midnight in India, not yet in Namibia
OFF = float("inf")


def study(base):
    return small(("IN", "NA"), metrics=METRICS, history=False, address=base)


def paths(cc):
    legacy_feed = f"/{cc}/rss/topfreeapplications/limit=100"
    return (
        f"{legacy_feed}/json",
        f"{legacy_feed}/genre=6005/json",
        f"/api/v2/{cc}/apps/top-free/100/apps.json",
        f"/lookup?id=310633997,686449807,874139669&country={cc}&entity=software",
    )


def contents(cc):
    return (
        legacy(chart(signal=1), made=LATE, cc=cc),
        legacy(chart(60, telegram=2), made=LATE, cc=cc),
        results(chart(50), made="Sun, 10 Jan 2021 10:02:11 +0000", cc=cc),
        lookup(signal=812345, whatsapp=0),
    )


def answers(base, india=None):  # noqa: ARG001 - the same at every address
    sent = {
        path: (200, JSON, content)
        for cc in ("in", "na")
        for path, content in zip(paths(cc), contents(cc), strict=True)
    }
    return sent | ({paths("in")[0]: (200, JSON, india)} if india is not None else {})


def of(panel, metric):
    return panel[panel["metric"] == metric]


def check(panel):
    """Each chart is of the day inside it, each count of the day of asking."""
    charts = of(panel, "rank")
    assert bounds(charts) == {"11": (1, 1)}
    assert bounds(charts, market="NA") == {"10": (1, 1)}
    assert bounds(charts, app="telegram") == {"11": (101, OFF)}
    social = of(panel, "rank_social_networking")
    assert bounds(social, app="telegram") == {"11": (2, 2)}
    assert bounds(social) == {"11": (61, OFF)}
    assert bounds(of(panel, "rank_v2")) == {"10": (51, OFF)}
    ratings = ranks(of(panel, "ratings"))
    assert ratings["value"].tolist() == [812345]
    assert ratings.index[0] > pd.Timestamp("2021-01-31")
    assert panel.attrs["vintage"]["stale_charts"] == 6


def well(base):
    return answers(base), check


def not_there(base):
    """A storefront that does not exist: told in either way, and the other is read."""

    def other(panel):
        assert set(panel["market"]) == {"IN"}
        assert panel.attrs["vintage"]["without"] == ["NA"]

    gone = {path: (404, {}, b"<html>Not Found") for path in paths("na")[::2]}
    refused = {path: (400, {}, b"<html>Bad Request") for path in paths("na")[1::2]}
    return answers(base) | gone | refused, other


def twice(base):
    """Of an app that a feed lists twice nobody knows which place is its own."""

    def first(panel):
        assert bounds(of(panel, "rank"))["11"] == (3, 91)

    apps = chart(90, signal=3)
    return answers(base, legacy([*apps, apps[2]], made=LATE)), first


def off_the_chart(base):
    def censored(panel):
        assert bounds(of(panel, "rank")) == {"11": (101, OFF)}

    return answers(base, legacy(chart(), made=LATE)), censored


def marked(base):
    text = legacy(chart(signal=1), made=LATE).decode()
    return answers(base, text.encode("utf-8-sig")), check


def one_entry(base):
    def alone(panel):
        assert bounds(of(panel, "rank")) == {"11": (2, OFF)}

    return answers(base, legacy(chart(1), made=LATE)), alone


def shorter_than_asked(base):
    def short(panel):
        assert bounds(of(panel, "rank")) == {"11": (24, OFF)}

    return answers(base, legacy(chart(23), made=LATE)), short


PROTOCOL = Protocol(
    source="app_store",
    by="live",
    study=study,
    window=WINDOW,
    answers=answers,
    data_path=paths("in")[0],
    check=check,
    own={
        1: well,
        8: not_there,
        11: twice,
        12: off_the_chart,
        13: well,
        15: marked,
        16: one_entry,
        17: shorter_than_asked,
    },
    not_here={
        14: "Apple's feeds put no guard before their JSON",
        19: "a feed is one answer; there are no pages",
        20: "a live chart is another one each time and is always asked anew; a test of "
        "its own holds that the same bytes are kept once",
    },
)
