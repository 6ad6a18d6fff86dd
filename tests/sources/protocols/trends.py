"""Google Trends, live: a cookie, then for each request a token and its data.

Shapes are those recorded in 2023; the numbers are invented. Where the shape was
recalled and not seen, as of "<1", the source's card says so.
"""

import dataclasses
import datetime as dt
import json
from urllib.parse import quote

from sources.protocol import Protocol

from migration.errors import NoData
from migration.study import load_study

FIRST, LAST = dt.date(2021, 1, 1), dt.date(2021, 1, 8)
DAYS = f"{FIRST} {LAST}"
WHATSAPP, SIGNAL = "/m/0gwzvs1", "/g/11sig"
JSON = {
    "Content-Type": "application/json; charset=utf-8",
    "Content-Disposition": 'attachment; filename="json.txt"',
}
COOKIE = "NID=511=invented; expires=Sat, 01-Jan-2028 00:00:00 GMT; path=/; HttpOnly"
VISIT = "/trends/explore/?geo=US"
GUARDS = (b")]}'\n", b")]}',\n")
WORLD = [12, 14, 16, 15, 18, 40, 100, 90]
INDIA = [20, 22, 24, 23, 28, 60, 100, 95]
NAMIBIA = [10, 11, 12, 12, 14, 30, 50, 48]


def study(base):
    shipped = load_study("whatsapp-2021")
    source = dataclasses.replace(
        shipped.source("trends"),
        options={"live": True, "address": base, "topics": {"signal": "Signal"}},
    )
    return dataclasses.replace(
        shipped,
        apps=tuple(app for app in shipped.apps if app.id in ("signal", "whatsapp")),
        markets=tuple(m for m in shipped.markets if m.code in ("IN", "NA")),
        sources=(source,),
    )


def asked(keyword, geos):
    """The request as the plan writes it."""
    items = [{"keyword": keyword, "time": DAYS, "geo": geo} for geo in geos]
    return {"comparisonItem": items, "category": 0, "property": ""}


def path(where, request, token=""):
    text = quote(
        json.dumps(request, ensure_ascii=False, separators=(",", ":")), safe=""
    )
    tail = f"&token={quote(token, safe='')}" if token else ""
    return f"/trends/api/{where}?hl=en-US&tz=0&req={text}{tail}"


def page(request, token, **more):
    """What a page is made of: titles, and the line with its token."""
    widget = {
        "request": {
            "time": DAYS,
            "resolution": "DAY",
            "locale": "en-US",
            "comparisonItem": [
                {
                    "geo": {"country": item["geo"]} if item["geo"] else {},
                    "complexKeywordsRestriction": {
                        "keyword": [{"type": "ENTITY", "value": item["keyword"]}]
                    },
                }
                for item in request["comparisonItem"]
            ],
            "requestOptions": {"property": "", "backend": "IZG", "category": 0},
            "userConfig": {"userType": "USER_TYPE_SCRAPER"},
            **more,
        },
        "token": token,
        "id": "TIMESERIES",
        "type": "fe_line_chart",
    }
    title = {"text": {"text": "Suchbegriff"}, "id": "TITLE_0", "type": "fe_text"}
    return {"widgets": [title, widget], "keywords": []}, widget["request"]


def moment(number):
    start = dt.datetime(FIRST.year, FIRST.month, FIRST.day, tzinfo=dt.UTC)
    return str(int((start + dt.timedelta(days=number)).timestamp()))


def point(number, texts, **more):
    """One day; "" is no data."""
    return {
        "time": moment(number),
        "formattedTime": "Jan 1\u2009\u2013\u20097, 2021",
        "value": [int(text) if text.isdigit() else 0 for text in texts],
        "hasData": [text != "" for text in texts],
        "formattedValue": list(texts),
        **more,
    }


def timeline(*columns):
    rows = zip(*[[str(v) for v in column] for column in columns], strict=True)
    points = [point(n, row) for n, row in enumerate(rows)]
    return {"default": {"timelineData": points, "averages": []}}


def sent(value, guard=GUARDS[1]):
    return (200, JSON, guard + json.dumps(value, ensure_ascii=False).encode())


def exchange(keyword, geos, data, token, guard=GUARDS[1]):
    """The page of a request and the data behind it, by their addresses."""
    request = asked(keyword, geos)
    made, widget = page(request, token)
    return {
        path("explore", request): sent(made, GUARDS[0]),
        path("widgetdata/multiline", widget, token): sent(data, guard),
    }


def answers(base):  # noqa: ARG001 - the same at every address
    topics = [
        {"mid": "/m/0signal", "title": "Signal", "type": "Traffic control device"},
        {"mid": SIGNAL, "title": "Signal", "type": "Software"},
        {"mid": "/m/0whats", "title": "Signal Hill", "type": "City in California"},
    ]
    return {
        VISIT: (404, {"Content-Type": "text/html", "Set-Cookie": COOKIE}, b"<html>"),
        "/trends/api/autocomplete/Signal?hl=en-US": sent(
            {"default": {"topics": topics}}
        ),
        **exchange(WHATSAPP, [""], timeline([50] * 8), "w-world"),
        **exchange(WHATSAPP, ["IN", "NA"], timeline([90] * 8, [80] * 8), "w-markets"),
        **exchange(SIGNAL, [""], timeline(WORLD), "s-world"),
        **exchange(SIGNAL, ["IN", "NA"], timeline(INDIA, NAMIBIA), "s-markets"),
    }


MARKETS = path(
    "widgetdata/multiline", page(asked(SIGNAL, ["IN", "NA"]), "")[1], "s-markets"
)


def series(panel, market, app="signal"):
    chosen = panel[(panel["app"] == app) & (panel["market"] == market)]
    return chosen.set_index("period").sort_index()


def check(panel):
    """As written down above: nothing is linked, no two requests share a series."""
    assert set(panel["metric"]) == {"interest"}
    assert series(panel, "IN")["value"].tolist() == INDIA
    assert series(panel, "NA")["value"].tolist() == NAMIBIA
    assert series(panel, "WW")["value"].tolist() == WORLD
    assert series(panel, "NA", "whatsapp")["value"].tolist() == [80] * 8
    assert set(panel["status"]) == {"observed"}
    assert series(panel, "IN").index[0].isoformat() == "2021-01-01T00:00:00"


def _with_markets(points, guard=GUARDS[1]):
    value = {"default": {"timelineData": points, "averages": []}}
    return answers("") | {MARKETS: sent(value, guard)}


def _points():
    rows = zip(map(str, INDIA), map(str, NAMIBIA), strict=True)
    return [point(n, row) for n, row in enumerate(rows)]


def without_signal_in_markets(found):
    """The answer was not kept; the others were."""
    assert set(found["market"][found["app"] == "signal"]) == {"WW"}
    assert len(series(found, "IN", "whatsapp")) == 8


def too_many(base):  # noqa: ARG001
    """The first sign of refusal ends the visit, whatever it says of when."""

    def ended(found):
        assert set(found["app"]) == {"whatsapp", "signal"}
        without_signal_in_markets(found)

    body = b"<html><title>Error 429 (Too Many Requests)!!1</title>"
    return answers("") | {MARKETS: (429, {"Retry-After": "30"}, body)}, ended


def too_many_at_first(base):  # noqa: ARG001
    def nothing(found):
        assert isinstance(found, NoData)

    return answers("") | {VISIT: (429, {}, b"<html>")}, nothing


def a_day_twice(base):  # noqa: ARG001
    return _with_markets([*_points(), _points()[0]]), without_signal_in_markets


def out_of_order(base):  # noqa: ARG001
    return _with_markets(_points()[::-1]), check


def censored(base):  # noqa: ARG001
    """Below one, without data, and of a day that was not over."""
    rows = [("<1", ""), *zip(map(str, INDIA[1:]), map(str, NAMIBIA[1:]), strict=True)]
    points = [point(n, row) for n, row in enumerate(rows)]
    points[-1]["isPartial"] = True

    def told(panel):
        india, namibia = series(panel, "IN"), series(panel, "NA")
        assert india["status"].tolist() == ["censored", *["observed"] * 6, "partial"]
        assert india[["lower", "upper"]].iloc[0].tolist() == [0, 1]
        assert india[["lower", "upper"]].iloc[-1].tolist() == [0, 100]
        assert namibia["status"].iloc[0] == "missing"

    return _with_markets(points), told


def too_few_searches(base):  # noqa: ARG001
    return _with_markets([]), without_signal_in_markets


def in_other_scripts(base):  # noqa: ARG001
    """Namibia is a market, and titles and dates in any language are passed over."""

    def namibia(panel):
        assert "NA" in set(panel["market"])
        check(panel)

    points = [{**p, "formattedTime": "٨ يناير ２０２１"} for p in _points()]
    return _with_markets(points), namibia


def guard_without_comma(base):  # noqa: ARG001
    return _with_markets(_points(), GUARDS[0]), check


def no_guard(base):  # noqa: ARG001
    return _with_markets(_points(), b""), check


def short(base):  # noqa: ARG001
    """Fewer values than items were asked for: which is which cannot be told."""
    points = [{**p, "value": p["value"][:1]} for p in _points()]
    return _with_markets(points), without_signal_in_markets


PROTOCOL = Protocol(
    source="trends",
    study=study,
    window=(FIRST, LAST),
    answers=answers,
    data_path=MARKETS,
    absence="json",
    check=check,
    own={
        3: [too_many, too_many_at_first],
        11: [a_day_twice, out_of_order],
        12: [censored, too_few_searches],
        13: in_other_scripts,
        14: [guard_without_comma, no_guard],
        17: short,
    },
    not_here={
        15: "the live mode is sent JSON in UTF-8; exported tables of each form are "
        "tried in tests/sources/trends",
        16: "the lists of the protocol are lists even of one; another shape is refused",
        19: "an answer holds the whole window; there are no pages",
    },
)
