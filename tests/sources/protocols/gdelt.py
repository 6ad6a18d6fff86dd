"""GDELT's timelines: one answer a query, its faults as sentences with a 200."""

import dataclasses
import datetime as dt
import json

from served import serve
from sources.protocol import Protocol

from migration.errors import NoData
from migration.sources import gdelt
from migration.study import load_study

WINDOW = (dt.date(2021, 1, 1), dt.date(2021, 1, 31))
JSON = {"Content-Type": "application/json; charset=utf-8"}
SAID = {"Content-Type": "text/html; charset=utf-8"}
HASTE = (
    b"Please limit requests to one every 5 seconds or contact us for larger queries."
)


def study(base):
    """Signal by a phrase in Hindi too, in the world, Namibia and India."""
    shipped = load_study("whatsapp-2021")
    names = ('"signal app"', '"सिग्नल ऐप"')
    app = dataclasses.replace(shipped.app("signal"), ids={"gdelt": names}, until={})
    source = dataclasses.replace(
        shipped.source("gdelt"),
        options={"address": f"{base}/doc", "markets": ["WW", "NA", "IN"]},
    )
    return dataclasses.replace(shipped, apps=(app,), sources=(source,))


def paths(base):
    """By market, in the order of asking."""
    asked, _ = serve(gdelt.plan(study(base), WINDOW), {})
    markets = (market for _, market in gdelt.queries(study(base)).values())
    return dict(zip(markets, (a.url.removeprefix(base) for a in asked), strict=True))


def point(day, value, norm=1000):
    return {"date": f"202101{day:02d}T000000Z", "value": value, "norm": norm}


def sent(points, *, dirt="", mark=b""):
    reply = {
        "query_details": {"title": "सिग्नल", "date_resolution": "day"},
        "timeline": [{"series": "Article Count", "data": list(points)}],
    }
    text = json.dumps(reply, ensure_ascii=False).replace("सिग्नल", f"सिग्नल{dirt}")
    return (200, JSON, mark + text.encode())


POINTS = [point(8, 4), point(9, 30), point(10, 55)]


def answers(base, world=None):
    where = paths(base)
    return {
        where["WW"]: world or sent(POINTS),
        where["NA"]: sent([point(9, 1, 50), point(10, 0, 40)]),
        where["IN"]: sent([point(9, 20, 100)]),
    }


def values(panel, metric, market="WW"):
    chosen = panel[(panel["metric"] == metric) & (panel["market"] == market)]
    return chosen.set_index("period").sort_index()["value"].tolist()


def check(panel):
    assert values(panel, "news_share") == [0.4, 3.0, 5.5]
    assert values(panel, "articles") == [4, 30, 55]
    assert values(panel, "news_share", "NA")[1:] == [2.0, 0.0]
    assert values(panel, "articles", "IN")[1] == 20
    assert panel["status"].value_counts().to_dict() == {"observed": 12, "missing": 6}


def without_the_world(panel):
    assert set(panel["market"]) == {"NA", "IN"}
    assert panel.attrs["vintage"]["absent"] == [["signal", "WW"]]


def equal_and_out_of_order(base):
    return answers(base, sent([POINTS[2], *POINTS])), check


def twice_and_different(base):
    return answers(base, sent([*POINTS, point(9, 31)])), without_the_world


def nothing_monitored(base):
    """A share of nothing is no zero."""

    def unknown(panel):
        assert values(panel, "articles") == [4, 0, 55]
        share = panel[(panel["metric"] == "news_share") & (panel["market"] == "WW")]
        assert share["status"].tolist() == ["observed", "missing", "observed"]

    return answers(base, sent([POINTS[0], point(9, 0, 0), POINTS[2]])), unknown


def haste(base):
    """The limit is told in words with a 200: nothing more is asked, nothing kept."""

    def ended(found):
        assert isinstance(found, NoData)

    return answers(base, (200, SAID, HASTE)), ended


def not_taken(base):
    """So is a query that is too short: the others are read."""
    said = (200, SAID, b"The specified phrase is too short.")
    return answers(base, said), without_the_world


def hindi_and_namibia(base):
    return answers(base), check


def marked_and_spoilt(base):
    """A mark, control characters, a stray backslash."""
    return answers(base, sent(POINTS, dirt="\x01\\x", mark=b"\xef\xbb\xbf")), check


def one_day(base):
    def alone(panel):
        assert values(panel, "articles")[0] == 30

    return answers(base, sent(POINTS[1:2])), alone


def short(base):
    """A day that the timeline leaves out is missing, and no zero."""

    def gap(panel):
        world = panel[(panel["metric"] == "articles") & (panel["market"] == "WW")]
        assert world["status"].tolist() == ["observed", "missing", "observed"]

    return answers(base, sent(POINTS[::2])), gap


PROTOCOL = Protocol(
    source="gdelt",
    study=study,
    window=WINDOW,
    answers=answers,
    data_path=paths("http://x")["WW"],
    absence="json",
    check=check,
    own={
        11: [equal_and_out_of_order, twice_and_different],
        12: [nothing_monitored, haste, not_taken],
        13: hindi_and_namibia,
        15: marked_and_spoilt,
        16: one_day,
        17: short,
    },
    not_here={
        14: "GDELT puts no guard before its JSON",
        19: "one timeline holds all days of a query; there are no pages",
    },
)
