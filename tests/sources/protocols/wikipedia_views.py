"""Wikimedia's views by title: one answer a title, after the wiki named the titles."""

import dataclasses
import datetime as dt
import json
from urllib.parse import quote

from sources.protocol import Protocol

from migration.study import load_study

JSON = {"Content-Type": "application/json; charset=utf-8"}
PROBLEM = {"Content-Type": "application/problem+json"}
NO_DATA = json.dumps(
    {
        "detail": "The date(s) you used are valid, but we either do not have data for "
        "those date(s), or the project you asked for is not loaded yet.",
        "method": "get",
        "status": 404,
        "title": "Not Found",
        "type": "about:blank",
        "uri": "/metrics/pageviews/per-article/…",
    }
).encode()
FIRST, LAST = dt.date(2021, 1, 5), dt.date(2021, 1, 8)
EN, DE, HI = "en.wikipedia", "de.wikipedia", "hi.wikipedia"
SIGNAL, MESSENGER, WHATSAPP = "Signal_(software)", "Signal_(Messenger)", "व्हाट्सऐप"
IDS = {
    "signal": (f"{EN}/{SIGNAL}", f"{DE}/{MESSENGER}"),
    "whatsapp": (f"{HI}/{WHATSAPP}",),
}


def study(base):
    shipped = load_study("whatsapp-2021")
    apps = tuple(
        dataclasses.replace(shipped.app(name), ids={"wikipedia_views": ids}, until={})
        for name, ids in IDS.items()
    )
    addresses = {
        "pageviews": f"{base}/pageviews",
        "wiki": f"{base}/{{project}}/w/api.php",
    }
    source = dataclasses.replace(
        shipped.source("wikipedia_views"), options={"addresses": addresses}
    )
    return dataclasses.replace(shipped, apps=apps, sources=(source,))


def titles_path(project, title, more=""):
    return (
        f"/{project}/w/api.php?action=query&format=json&prop=redirects%7Cpageprops"
        "&rdlimit=max&rdnamespace=0&ppprop=disambiguation%7Cwikibase_item&redirects=1"
        f"&titles={quote(title, safe='')}{more}"
    )


def titles(title, redirects=(), **more):
    """A page, with the titles that lead to it, as a wiki writes them: with spaces."""
    named = [{"pageid": n, "ns": 0, "title": one} for n, one in enumerate(redirects)]
    page = {"pageid": 99, "ns": 0, "title": title.replace("_", " ")}
    page |= {"pageprops": {"wikibase_item": "Q19718090"}}
    page |= {"redirects": named} if named else {}
    reply = {"batchcomplete": "", "query": {"pages": {"99": page}}, **more}
    return (200, JSON, json.dumps(reply).encode())


def views_path(project, title):
    return (
        f"/pageviews/per-article/{project}/all-access/user/{quote(title, safe='')}"
        "/daily/2021010500/2021010800"
    )


def all_path(project):
    return f"/pageviews/aggregate/{project}/all-access/user/daily/2021010500/2021010800"


def item(project, title, day, views):
    named = {"article": title} if title else {}
    return {
        "project": project, **named, "granularity": "daily",
        "timestamp": f"202101{day:02d}00", "access": "all-access", "agent": "user",
        "views": views,
    }  # fmt: skip


def views(project, title, counts):
    """Counts by day of January, in the order given."""
    items = [item(project, title, day, count) for day, count in counts]
    return (200, JSON, json.dumps({"items": items}, ensure_ascii=False).encode())


def steady(project, title, count):
    return views(project, title, [(day, count) for day in range(5, 9)])


def answers(base):  # noqa: ARG001 - the same at every address
    counted = {
        views_path(EN, SIGNAL): views(
            EN, SIGNAL, [(5, 100), (6, 300), (7, 700), (8, 900)]
        ),
        views_path(EN, "TextSecure"): views(EN, "TextSecure", [(6, 20)]),
        views_path(EN, "Signal_app"): (404, PROBLEM, NO_DATA),
        views_path(DE, MESSENGER): steady(DE, MESSENGER, 50),
        views_path(HI, WHATSAPP): steady(HI, WHATSAPP, 7),
    }
    named = {
        titles_path(EN, SIGNAL): titles(SIGNAL, ["TextSecure", "Signal app"]),
        titles_path(DE, MESSENGER): titles(MESSENGER),
        titles_path(HI, WHATSAPP): titles(WHATSAPP),
    }
    totals = {all_path(p): steady(p, "", 10_000) for p in (EN, DE, HI)}
    return counted | named | totals


def series(panel, metric, app="signal"):
    chosen = panel[(panel["app"] == app) & (panel["metric"] == metric)]
    return chosen.set_index("period").sort_index()


def check(panel):
    """Worked by hand: 300 of the title and 20 of a redirect on the 6th."""
    assert set(panel["metric"]) == {"views", "share"}
    signal = series(panel, "views")
    assert signal["value"].tolist() == [150, 370, 750, 950]
    assert set(signal["status"]) == {"observed"}
    shares = series(panel, "share")["value"]
    assert shares.tolist() == [150 / 20e3, 370 / 20e3, 750 / 20e3, 950 / 20e3]
    assert series(panel, "views", "whatsapp")["value"].tolist() == [7] * 4
    assert set(panel["market"]) == {"WW"}
    told = panel.attrs["vintage"]["titles"]["signal"][EN]
    assert told == {"summed": [SIGNAL, "TextSecure"], "no_views": ["Signal_app"]}


def _with(base, **paths):
    """The usual answers, some of them others: by the names of the paths below."""
    named = {"en": views_path(EN, SIGNAL), "titles": titles_path(EN, SIGNAL)}
    return answers(base) | {named[name]: sent for name, sent in paths.items()}


def no_views_of_the_main_title(base):
    """Never 0: English is left out, and told; German stays."""

    def without(panel):
        assert series(panel, "views")["value"].tolist() == [50] * 4
        told = panel.attrs["vintage"]["languages"]["signal"]
        assert told == {"no_views": [EN], "summed": [DE]}

    return _with(base, en=(404, PROBLEM, NO_DATA)), without


def a_page_with_404(base):
    """Somebody else's 404 is no answer: what was not read makes the sum missing."""
    page = (404, {"Content-Type": "text/html"}, b"<html>no such page</html>")
    return _with(base, en=page), missing


def missing(panel):
    assert set(series(panel, "views")["status"]) == {"missing"}
    assert panel.attrs["vintage"]["languages"]["signal"]["not_fetched"] == [EN]


def twice_and_out_of_order(base):
    counts = [(8, 900), (6, 300), (5, 100), (6, 300), (7, 700)]
    return _with(base, en=views(EN, SIGNAL, counts)), check


def twice_with_two_counts(base):
    return _with(base, en=views(EN, SIGNAL, [(5, 100), (5, 101)])), missing


def days_left_out(base):
    """No views on a day that had settled when it was read: 0, and the redirect's 20."""

    def zeros(panel):
        assert series(panel, "views")["value"].tolist() == [150, 70, 50, 50]
        assert set(series(panel, "views")["status"]) == {"observed"}

    return _with(base, en=views(EN, SIGNAL, [(5, 100)])), zeros


def other_scripts(base):
    """A redirect in Devanagari adds its views, under its own name."""
    other = "वॉट्सऐप"
    sent = {
        titles_path(HI, WHATSAPP): titles(WHATSAPP, [other]),
        views_path(HI, other): steady(HI, other, 3),
    }

    def added(panel):
        assert series(panel, "views", "whatsapp")["value"].tolist() == [10] * 4
        told = panel.attrs["vintage"]["titles"]["whatsapp"][HI]
        assert told == {"summed": [WHATSAPP, other]}

    return answers(base) | sent, added


def redirects_by_pages(base):
    """The wiki goes on by a key; a redirect that comes twice is asked for once."""
    more = {"continue": {"rdcontinue": "é|5", "continue": "||"}}
    rest = titles_path(EN, SIGNAL, "&rdcontinue=%C3%A9%7C5&continue=%7C%7C")
    sent = {
        titles_path(EN, SIGNAL): titles(SIGNAL, ["TextSecure"], **more),
        rest: titles(SIGNAL, ["TextSecure", "Signal app"]),
    }
    return answers(base) | sent, check


def a_second_page_that_lacks(base):
    """Some redirects are not known: what was counted is a floor."""
    more = {"continue": {"rdcontinue": "99|5", "continue": "||"}}

    def floor(panel):
        signal = series(panel, "views")
        assert signal["value"].tolist() == [150, 370, 750, 950]
        assert set(signal["status"]) == {"partial"}
        assert set(signal["upper"]) == {float("inf")}

    return _with(base, titles=titles(SIGNAL, ["TextSecure"], **more)), floor


PROTOCOL = Protocol(
    source="wikipedia_views",
    study=study,
    window=(FIRST, LAST),
    answers=answers,
    data_path=views_path(EN, SIGNAL),
    absence="json",
    check=check,
    own={
        8: [no_views_of_the_main_title, a_page_with_404],
        11: [twice_and_out_of_order, twice_with_two_counts],
        13: other_scripts,
        17: days_left_out,
        19: [redirects_by_pages, a_second_page_that_lacks],
    },
    not_here={
        12: "counts of a title are released whole; a day without views is left out, "
        "which is case 17",
        14: "the service's JSON carries no guard",
        15: "the service and the wikis send JSON, which is UTF-8; no table is fetched",
        16: "'items' is a list even where it holds one day; another shape is refused",
    },
)
