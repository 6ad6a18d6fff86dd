"""Wikimedia's lists of what a country reads most: one answer a country and day."""

import dataclasses
import datetime as dt
import json

from sources.protocol import Protocol

from migration.study import load_study

JSON = {"Content-Type": "application/json; charset=utf-8"}
PROBLEM = {"Content-Type": "application/problem+json"}
NO_DATA = (404, PROBLEM, b'{"title": "Not Found", "status": 404, "detail": "valid"}')
FIRST, LAST = dt.date(2020, 12, 30), dt.date(2021, 1, 3)
EN, HI = "en.wikipedia", "hi.wikipedia"
IDS = {
    "signal": (f"{EN}/Signal_(software)", f"{HI}/सिग्नल"),
    "whatsapp": (f"{EN}/WhatsApp",),
}
SIGNAL, HINDI = (EN, "Signal_(software)"), (HI, "सिग्नल")


def study(base):
    shipped = load_study("whatsapp-2021")
    apps = tuple(
        dataclasses.replace(shipped.app(name), ids={"wikipedia_views": ids}, until={})
        for name, ids in IDS.items()
    )
    options = {"address": f"{base}/pageviews", "identifiers_of": "wikipedia_views"}
    source = dataclasses.replace(
        shipped.source("wikipedia_country_top"), options=options
    )
    markets = tuple(m for m in shipped.markets if m.code in ("IN", "NA", "TR"))
    return dataclasses.replace(shipped, apps=apps, sources=(source,), markets=markets)


def path(country, day):
    return f"/pageviews/top-per-country/{country}/all-access/2021/01/{day:02d}"


def chart(country, day, places, *, length=1000):
    """A list: the given articles at their ranks, filled up with others."""
    given = {rank: (project, title, views) for rank, project, title, views in places}
    rows = [
        given.get(rank, (EN, f"Other_{rank}", 100 * (2000 - rank)))
        for rank in range(1, length + 1)
    ]
    articles = [
        {"article": title, "project": project, "views_ceil": views, "rank": rank}
        for rank, (project, title, views) in enumerate(rows, start=1)
    ]
    item = {
        "country": country, "access": "all-access", "year": "2021", "month": "01",
        "day": f"{day:02d}", "articles": articles,
    }  # fmt: skip
    return (200, JSON, json.dumps({"items": [item]}, ensure_ascii=False).encode())


def answers(base):  # noqa: ARG001 - the same at every address
    india = {
        1: [],
        2: [(9, *SIGNAL, 199_100), (300, *HINDI, 170_000)],
        3: [(2, *SIGNAL, 199_800)],
    }
    namibia = {day: chart("NA", day, [], length=3) for day in (1, 3)}
    return (
        {path("IN", day): chart("IN", day, places) for day, places in india.items()}
        | {path("NA", day): sent for day, sent in namibia.items()}
        | {path("NA", 2): NO_DATA, path("TR", 1): NO_DATA}
    )


def series(panel, metric, market, app="signal"):
    chosen = panel[(panel["app"] == app) & (panel["market"] == market)]
    return chosen[chosen["metric"] == metric].set_index("period").sort_index()


def bounds(rows):
    return list(zip(rows["lower"], rows["upper"], strict=True))


def check(panel):
    """Worked by hand: the last of a whole list has 100 000 views, rounded up."""
    views = series(panel, "views", "IN")
    assert bounds(views) == [
        (0, 200_000),  # neither article is on the list
        (199_001 + 169_901, 199_100 + 170_000),
        (199_701, 199_800 + 100_000),
    ]
    assert set(views["status"]) == {"censored"}
    rank = series(panel, "rank", "IN")
    assert rank["value"].tolist()[1:] == [9, 2]
    assert bounds(rank)[0] == (1001, float("inf"))
    assert bounds(series(panel, "views", "IN", "whatsapp")) == [(0, 100_000)] * 3
    told = panel.attrs["vintage"]
    assert told["without_list"] == ["TR"]
    assert told["articles"]["signal"]["IN"] == [
        f"{EN}/Signal_(software)",
        f"{HI}/सिग्नल",
    ]


def _second(base, sent):
    return answers(base) | {path("IN", 2): sent}


def missing(panel):
    day = series(panel, "views", "IN").loc["2021-01-02"]
    assert day["status"] == "missing"
    assert series(panel, "rank", "IN")["value"].dropna().tolist() == [2]


def no_list(base):
    return _second(base, NO_DATA), missing


def a_page_with_404(base):
    return _second(base, (404, {"Content-Type": "text/html"}, b"<html>")), missing


def refused_countries_are_asked_once(base):
    """Turkey answers 404 on the first day and is left alone; Namibia is not denied."""

    def told(panel):
        assert panel.attrs["vintage"]["without_list"] == ["NA", "TR"]

    none = {path("NA", day): NO_DATA for day in (1, 2, 3)}
    return answers(base) | none, told


def twice(base):
    """An article at two places of one list: the list is refused."""
    places = [(9, *SIGNAL, 199_100), (10, *SIGNAL, 199_000)]
    return _second(base, chart("IN", 2, places)), missing


def not_rounded(base):
    return _second(base, chart("IN", 2, [(9, *SIGNAL, 199_150)])), missing


def other_orders(base):
    status, headers, body = answers(base)[path("IN", 2)]
    reply = json.loads(body)
    reply["items"][0]["articles"].reverse()
    return _second(base, (status, headers, json.dumps(reply).encode())), check


def namibia(base):
    """NA is a country, and its short list says nothing of what is not on it."""

    def there(panel):
        rows = series(panel, "views", "NA")
        assert bounds(rows)[0] == bounds(rows)[2] == (0, float("inf"))
        assert rows["status"].tolist() == ["censored", "missing", "censored"]
        assert panel.attrs["vintage"]["short"] == 2

    return answers(base), there


PROTOCOL = Protocol(
    source="wikipedia_country_top",
    study=study,
    window=(FIRST, LAST),
    answers=answers,
    data_path=path("IN", 2),
    absence="json",
    check=check,
    own={
        8: [no_list, a_page_with_404, refused_countries_are_asked_once],
        11: [twice, other_orders],
        12: not_rounded,
        13: namibia,
        17: namibia,
    },
    not_here={
        14: "the service's JSON carries no guard",
        15: "the service sends JSON, which is UTF-8; no table is fetched",
        16: "'items' and 'articles' are lists even of one; another shape is refused",
        19: "a list comes whole; there are no pages",
    },
)
