"""The App Store's charts as the Internet Archive captured them."""

import datetime as dt

from app_store_shapes import (
    captured,
    chart,
    feed_address,
    index,
    legacy,
    listing_paths,
    playback_path,
    row,
    small,
    start_of,
)
from sources.protocol import Protocol

TEXT = {"Content-Type": "text/plain;charset=UTF-8"}
WINDOW = (dt.date(2021, 1, 4), dt.date(2021, 1, 12))
STAMPS = ("20210109013015", "20210110063000", "20210110180000", "20210111200000")
MADE = ("2021-01-09T01:10:00Z", "2021-01-10T06:10:00Z", "2021-01-10T17:10:00Z",
        "2021-01-11T19:10:00Z")  # fmt: skip
INDIA = [legacy(chart(signal=place), made=made) for place, made in zip(
    (9, 4, 1, 2), MADE, strict=True)]  # fmt: skip
NAMIBIA = legacy(chart(40, telegram=3), made=MADE[1], cc="na")


def study(base):
    return small(("IN", "NA"), live=False, address=base)


def listing(base, market, *, keys=()):
    return listing_paths(base, start_of(market, "rank"), WINDOW, keys=keys)


def page(stamp, cc="in"):
    return playback_path(stamp, feed_address(cc))


def sent(content, *, status=200):
    return (status, TEXT, content)


def india(*contents):
    """Captures of India's chart, in turn."""
    rows = [
        row(s, feed_address("in"), c) for s, c in zip(STAMPS, contents, strict=False)
    ]
    pages = {page(s): captured(c, s) for s, c in zip(STAMPS, contents, strict=False)}
    return rows, pages


def answers(base, contents=INDIA):
    rows, pages = india(*contents)
    (there,), (too,) = listing(base, "IN"), listing(base, "NA")
    namibia = row(STAMPS[1], feed_address("na"), NAMIBIA)
    return {
        **pages,
        there: sent(index(*rows)),
        too: sent(index(namibia)),
        page(STAMPS[1], "na"): captured(NAMIBIA, STAMPS[1]),
    }


def ranks(panel, app="signal", market="IN"):
    chosen = panel[(panel["app"] == app) & (panel["market"] == market)]
    return chosen.set_index("period").sort_index()


def bounds(panel, **which):
    found = ranks(panel, **which)
    return {
        f"{day:%d}": bound
        for day, bound in zip(
            found.index, zip(found["lower"], found["upper"], strict=True), strict=True
        )
    }


def check(panel):
    """India's days begin at 18:30 UTC: the last chart is of the 12th there."""
    assert bounds(panel) == {"09": (9, 9), "10": (1, 4), "12": (2, 2)}
    assert ranks(panel)["status"].tolist() == ["observed", "censored", "observed"]
    assert bounds(panel, app="telegram")["10"] == (101, float("inf"))
    assert bounds(panel, app="telegram", market="NA") == {"10": (3, 3)}
    assert bounds(panel, market="NA") == {"10": (41, float("inf"))}


def twice_and_out_of_order(base):
    rows, _ = india(*INDIA)
    (there,) = listing(base, "IN")
    mixed = index(*rows[::-1], *rows, rows[2])
    return answers(base) | {there: sent(mixed)}, check


def off_the_chart(base):
    """On one chart of the day, off another: no better than the best, no end."""

    def censored(panel):
        assert bounds(panel) == {"09": (101, float("inf")), "10": (4, float("inf"))}
        assert ranks(panel)["value"].isna().all()

    off = [legacy(chart(), made=made) for made in MADE]
    return answers(base, [off[0], INDIA[1], off[2]]), censored


def namibia_and_other_scripts(base):
    """Names in Cyrillic and Devanagari are in every feed, and NA is a market."""
    return answers(base), check


def marked_and_wide(base):
    texts = [content.decode() for content in INDIA]
    wide = ("utf-8-sig", "utf-16", "utf-16-le", "utf-8")
    contents = [text.encode(code) for text, code in zip(texts, wide, strict=True)]
    return answers(base, contents), check


def one_entry(base):
    """One app alone: no list in the feed, and the others are past place one."""

    def alone(panel):
        assert bounds(panel) == {"09": (2, float("inf"))}
        assert bounds(panel, app="telegram") == {"09": (1, 1)}

    return answers(base, [legacy(chart(1, telegram=1), made=MADE[0])]), alone


def shorter_than_asked(base):
    def short(panel):
        assert bounds(panel) == {"09": (24, float("inf"))}
        assert panel.attrs["vintage"]["chart_size"] == {"rank": [23, 40]}

    return answers(base, [legacy(chart(23), made=MADE[0])]), short


def pages_by_key(base):
    """The second page repeats a row of the first."""
    rows, _ = india(*INDIA)
    key = "com%2Capple%2Citunes%29%2Fin%2Frss+20210110063001"
    first, second = listing(base, "IN", keys=[key])
    paged = {
        first: sent(index(*rows[:2], key=key)),
        second: sent(index(*rows[1:])),
    }
    return answers(base) | paged, check


PROTOCOL = Protocol(
    source="app_store",
    by="archive",
    study=study,
    window=WINDOW,
    answers=answers,
    data_path=page(STAMPS[0]),
    check=check,
    own={
        11: twice_and_out_of_order,
        12: off_the_chart,
        13: namibia_and_other_scripts,
        15: marked_and_wide,
        16: one_entry,
        17: shorter_than_asked,
        19: pages_by_key,
    },
    not_here={
        14: "neither Apple's feeds nor the archive's index put a guard before JSON",
    },
)
