"""Google Play's charts and app pages as the Internet Archive captured them."""

import dataclasses
import datetime as dt
import json
from urllib.parse import parse_qs, urlsplit

from captured import Captured, paths_of
from google_play_pages import PACKAGES, cluster, free, product, top
from sources.protocol import Protocol

from migration.sources import google_play
from migration.study import load_study

WINDOW = (dt.date(2021, 1, 8), dt.date(2021, 1, 12))
HOST = "https://play.google.com"
SIGNAL = "org.thoughtcrime.securesms"
APP = f"{HOST}/store/apps/details?id={SIGNAL}"
TOP = f"{HOST}/store/apps/top?hl=hi&gl={{}}"
CHART = ("20210110190000", TOP.format("IN"))
BEFORE = ("20210109190000", TOP.format("IN"))
NAMIBIA = ("20210110190000", TOP.format("NA"))
COUNTERS = [("20210108120000", APP), ("20210112120000", APP)]
HINDI = "मुफ़्त ऐप्लिकेशन"


def study(base):
    shipped = load_study("whatsapp-2021")
    app = dataclasses.replace(
        shipped.app("signal"), ids={"google_play": (SIGNAL,)}, until={}
    )
    source = dataclasses.replace(
        shipped.source("google_play"),
        controls=(),
        metrics=("rank", "installs", "ratings"),
        options={"address": base, "clusters": False},
    )
    return dataclasses.replace(shipped, apps=(app,), sources=(source,))


def counted(exact, ratings):
    return product(SIGNAL, ["10,000,000+", 10_000_000, exact], ratings)


def captured(**more):
    """What was captured; names of the module to other contents."""
    hindi = top(cluster("टॉप पेड", PACKAGES), cluster(HINDI, (*PACKAGES[:2], SIGNAL)))
    own = {
        BEFORE: free((*PACKAGES[:8], SIGNAL, *PACKAGES[8:])),
        CHART: free((SIGNAL, *PACKAGES)),
        NAMIBIA: hindi,
        COUNTERS[0]: counted(23_000_000, 400),
        COUNTERS[1]: counted(31_000_000, 480),
    }
    return Captured(own | more.get("of", {}))


def answers(base, **more):
    return paths_of(google_play.plan(study(base), WINDOW), captured(**more), base)


def series(panel, metric, market):
    chosen = panel[(panel["metric"] == metric) & (panel["market"] == market)]
    return chosen.set_index("period").sort_index()


def bounds(panel, metric, market):
    found = series(panel, metric, market)
    return {
        f"{day:%d}": pair
        for day, pair in zip(
            found.index, zip(found["lower"], found["upper"], strict=True), strict=True
        )
    }


def check(panel):
    """19:00 UTC on the 10th is the 11th in India, and the 10th in Namibia."""
    assert bounds(panel, "rank", "IN") == {"10": (9, 9), "11": (1, 1)}
    assert bounds(panel, "rank", "NA") == {"10": (3, 3)}
    assert series(panel, "installs", "WW")["value"].tolist() == [23e6, 31e6]
    assert series(panel, "ratings", "WW")["value"].tolist() == [400, 480]


def listings(base, change):
    """The index of captures, each page of it changed."""
    whole = answers(base)
    for path, (status, headers, body) in whole.items():
        if path.startswith("/cdx/"):
            whole[path] = (status, headers, change(body))
    return whole


def twice_and_out_of_order(base):
    def mixed(body):
        table = json.loads(body)
        return json.dumps([*table[:1], *table[:0:-1], *table[1:]]).encode()

    return listings(base, mixed), check


def off_the_chart_and_a_tier(base):
    """Past the end of what was captured; from a tier to just below the next."""

    def censored(panel):
        assert bounds(panel, "rank", "IN")["11"] == (8, float("inf"))
        assert bounds(panel, "installs", "WW")["12"] == (10_000_000, 49_999_999)
        assert series(panel, "rank", "IN")["value"].isna().tolist() == [False, True]

    off = {CHART: free(PACKAGES[:7]), COUNTERS[1]: counted(None, 480)}
    return answers(base, of=off), censored


def hindi_and_namibia(base):
    return answers(base), check


def marked_and_wide(base):
    own = captured()
    wide = {
        CHART: own[CHART].decode().encode("utf-16"),
        BEFORE: b"\xef\xbb\xbf" + own[BEFORE],
    }
    return answers(base, of=wide), check


def one_app(base):
    def alone(panel):
        assert bounds(panel, "rank", "IN") == {"10": (9, 9), "11": (1, 1)}
        assert panel.attrs["vintage"]["chart_size"] == {"rank": [1, 31]}

    return answers(base, of={CHART: free((SIGNAL,))}), alone


def first_batch(base):
    def short(panel):
        assert bounds(panel, "rank", "IN")["11"] == (6, float("inf"))

    return answers(base, of={CHART: free(PACKAGES[:5])}), short


def pages_by_key(base):
    """The index of charts in two pages, the second of which repeats a row."""
    whole = answers(base)
    path = next(p for p in whole if p.startswith("/cdx/") and "%2Ftop&" in p)
    status, headers, body = whole[path]
    head, *rows = json.loads(body)
    key = "com%2Cgoogle%2Cplay%29%2Fstore+20210110190001"
    first = json.dumps([head, *rows[:2], [], [key]]).encode()
    second = json.dumps([head, *rows[1:]]).encode()
    assert "resumeKey" not in parse_qs(urlsplit(path).query)
    following = f"{path}&resumeKey={key.replace('%', '%25').replace('+', '%2B')}"
    paged = {path: (status, headers, first), following: (status, headers, second)}
    return whole | paged, check


PROTOCOL = Protocol(
    source="google_play",
    study=study,
    window=WINDOW,
    answers=answers,
    data_path="/web/{}id_/{}".format(*CHART),
    check=check,
    own={
        11: twice_and_out_of_order,
        12: off_the_chart_and_a_tier,
        13: hindi_and_namibia,
        15: marked_and_wide,
        16: one_app,
        17: first_batch,
        19: pages_by_key,
    },
    not_here={
        14: "Google's guarded answers are read when brought, and never asked for",
    },
)
