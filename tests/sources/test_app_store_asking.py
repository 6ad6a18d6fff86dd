"""What the App Store and the archive are asked, and in which order."""

import datetime as dt

import pytest
from app_store_shapes import (
    captured,
    chart,
    feed_address,
    index,
    legacy,
    listing_paths,
    lookup,
    playback_path,
    results,
    row,
    small,
    start_of,
)
from plan_loop import Loop, answer

from migration.errors import CannotAsk
from migration.sources.app_store import METRICS, plan
from migration.sources.app_store.asking import AT_ONCE, chosen
from migration.sources.app_store.places import archived
from migration.sources.archive import Capture, digest_of

HERE = "http://127.0.0.1:9"
WINDOW = (dt.date(2021, 1, 1), dt.date(2021, 1, 31))
LIVE = {"history": False, "address": HERE}
PAST = {"live": False, "address": HERE}
ALL = ("rank", "rank_social_networking", "rank_v2", "ratings")


def asked(study, answers=()):
    loop = Loop(answers)
    loop(plan(study, WINDOW))
    return loop, [ask.url.removeprefix(HERE) for ask in loop.asked]


# ---- today --------------------------------------------------------------------------


def test_today_is_asked_of_each_storefront_and_always_anew():
    loop, urls = asked(small(("NA", "US"), metrics=ALL, **LIVE))
    assert urls[4:] == [
        "/na/rss/topfreeapplications/limit=100/json",
        "/na/rss/topfreeapplications/limit=100/genre=6005/json",
        "/api/v2/na/apps/top-free/100/apps.json",
        "/lookup?id=310633997,686449807,874139669&country=na&entity=software",
    ]
    assert [url.replace("/us/", "/na/") for url in urls[:3]] == urls[4:7]
    assert {ask.settles for ask in loop.asked} == {dt.date.max}
    assert {(ask.pace, ask.silence) for ask in loop.asked} == {(4.0, 60.0)}
    assert len({ask.name for ask in loop.asked}) == len(urls) == 8


def test_only_what_the_study_names_is_asked():
    assert len(asked(small(("US",), metrics=("rank_v2",), **LIVE))[1]) == 1
    feeds = ("rss_xml", "v1", "rss")
    study = small(("US",), metrics=("rank", "rank_v1"), feeds=feeds, **LIVE)
    loop, urls = asked(study)
    assert urls == [
        "/us/rss/topfreeapplications/limit=100/xml",
        "/api/v1/us/ios-apps/top-free/all/100/explicit.json",
        "/us/rss/topfreeapplications/limit=100/json",
    ]
    assert [ask.kind for ask in loop.asked] == ["xml", "json", "json"]
    assert asked(small(("US", "IN"), storefronts=("IN",), **LIVE))[1] == [
        "/in/rss/topfreeapplications/limit=100/json"
    ]


def test_each_feed_has_its_own_host():
    study = small(("US",), metrics=METRICS, history=False, feeds=("rss", "v1", "v2"))
    hosts = [ask.url.split("/")[2] for ask in asked(study)[0].asked]
    assert hosts == [
        "itunes.apple.com", "rss.itunes.apple.com", "rss.marketingtools.apple.com",
        "itunes.apple.com",
    ]  # fmt: skip
    moved = small(("US",), history=False, addresses={"itunes": "http://h:1/"})
    assert asked(moved)[0].asked[0].url.startswith("http://h:1/us/rss/")


def test_many_apps_are_looked_up_in_several_questions():
    study = small(("US",), metrics=("ratings",), **LIVE)
    (source,) = study.sources
    many = tuple(f"{600000000 + n}" for n in range(2 * AT_ONCE))
    sources = (type(source)(**{**vars(source), "controls": many}),)
    urls = asked(type(study)(**{**vars(study), "sources": sources}))[1]
    assert [url.count(",") + 1 for url in urls] == [AT_ONCE, AT_ONCE, 3]


def test_an_answer_of_today_is_read_before_it_is_kept():
    study = small(("IN", "US"), metrics=("rank", "rank_v2", "ratings"), **LIVE)
    path = f"{HERE}/in/rss/topfreeapplications/limit=100/json"
    made = "2026-11-23T06:21:44-07:00"
    two = f"{HERE}/api/v2/in/apps/top-free/100/apps.json"
    look = f"{HERE}/lookup?id=310633997,686449807,874139669&country="
    answers = {
        path: answer(legacy(chart(), made=made), url=path),
        path.replace("/in/", "/us/"): answer(b"<html>", status=400, url=path),
        two: answer(results(chart(), made=made, cc="us"), url=two),
        f"{look}in&entity=software": answer(
            lookup(signal=1), url=f"{look}in&entity=software"
        ),
        f"{look}us&entity=software": answer(b"{}", url=f"{look}us&entity=software"),
    }
    loop, _ = asked(study, answers)
    assert sorted(loop.kept) == ["live-in-ratings-0.json", "live-in-rss.json"]
    assert "is there such a storefront?" in loop.absent[path.replace("/in/", "/us/")]
    assert "one of US came" in str(loop.refused[two])
    assert "needs a list 'results'" in str(loop.refused[f"{look}us&entity=software"])


# ---- the archive --------------------------------------------------------------------


def test_the_archive_is_asked_for_each_place_that_the_study_names():
    study = small(("IN", "US"), metrics=METRICS, **PAST)
    loop, urls = asked(study)
    assert len(urls) == 2 * 6
    assert all(url.startswith("/cdx/search/cdx?url=") for url in urls)
    assert all("from=20201231000000&to=20210201235959" in url for url in urls)
    assert all("matchType=prefix" in url for url in urls)
    assert loop.asked[0].leads_to == 10
    starts = [*archived("US", ("rank_itunes_page",)), *archived("GB", ("rank_page",))]
    assert starts == ["www.apple.com/itunes/charts/free-apps/",
                      "apps.apple.com/gb/charts/iphone/"]  # fmt: skip
    assert start_of("GB", "rank_itunes_page").startswith("www.apple.com/uk/")
    assert asked(small(("IN",), **PAST))[1] == listing_paths(
        HERE, "itunes.apple.com/in/rss/topfreeapplications/", WINDOW
    )


def test_captures_are_played_back_and_checked():
    study = small(("IN",), **PAST)
    (listing,) = listing_paths(HERE, start_of("IN", "rank"), WINDOW)
    good, apology = legacy(chart(signal=1)), b"<html>Access Denied</html>"
    stamps = ["20210110133000", "20210111133000", "20210112133000"]
    pages = [HERE + playback_path(stamp, feed_address("in")) for stamp in stamps]
    rows = [
        row(stamps[0], feed_address("in"), good),
        row(stamps[1], feed_address("in"), apology),
        row(stamps[2], feed_address("in").replace("topfree", "toppaid"), good),
    ]
    answers = {
        HERE + listing: answer(index(*rows)),
        pages[0]: played(good, stamps[0]),
        pages[1]: played(apology, stamps[1]),
    }
    loop, _ = asked(study, answers)
    assert len(loop.asked) == 3
    kept = f"in-rank-{stamps[0]}-{digest_of(good).lower()}.json"
    assert kept in loop.kept
    assert "was captured, but as what?" in loop.absent[pages[1]]


def played(content, stamp):
    status, headers, body = captured(content, stamp)
    named = {name.lower(): value for name, value in headers.items()}
    return answer(body, status=status, headers=named)


def capture(stamp, *, cc="in", limit=100, digest=None, page=False):
    original = feed_address(cc, limit)
    if page:
        original = f"https://www.apple.com/{cc}/itunes/charts/free-apps/"
    return Capture(
        timestamp=stamp, original=original, digest=digest or f"{stamp}{limit}"
    )


def hours(rows):
    return [(row.timestamp[8:10], row.original.split("=")[1][:3]) for row in rows]


def test_of_a_day_the_longest_charts_are_read_spread_over_it():
    day = [capture(f"20210110{h:02}0000") for h in range(24)]
    short = [capture(f"20210110{h:02}3000", limit=10) for h in range(24)]
    rows = sorted([*day, *short], key=lambda r: r.timestamp)
    assert hours(chosen(rows, "IN", per_day=3)) == [
        ("00", "100"), ("12", "100"), ("23", "100"),
    ]  # fmt: skip
    assert len(list(chosen(rows, "IN", per_day=1))) == 1
    assert len(list(chosen(rows, "IN", per_day=100))) == 24
    assert list(chosen(rows, "US", per_day=3)) == []
    assert hours(chosen(short[:2], "IN", per_day=4)) == [("00", "10/"), ("01", "10/")]


def test_the_same_feed_is_read_once_and_the_same_page_at_each_time():
    stamps = ["20210110060000", "20210110070000", "20210111060000"]
    feeds = [capture(stamp, digest="D" * 32) for stamp in stamps]
    assert [c.timestamp for c in chosen(feeds, "IN", per_day=4)] == stamps[:1]
    pages = [capture(stamp, digest="D" * 32, page=True) for stamp in stamps]
    assert [c.timestamp for c in chosen(pages, "IN", per_day=4)] == stamps
    unknown = [capture(stamp, digest="-") for stamp in stamps]
    assert [c.timestamp for c in chosen(unknown, "IN", per_day=4)] == stamps


# ---- options ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"alive": True}, "no option .alive.*per_day"),
        ({"live": "often"}, "live"),
        ({"per_day": 0}, "per_day"),
        ({"feeds": ["atom"]}, r"'feeds' .* needs some of rss, .* got 'atom'"),
        ({"storefronts": ["DE"]}, "'storefronts' .* needs some of .*IN.*, got 'DE'"),
        ({"addresses": {"apple": "http://x"}}, "'addresses' .* got 'apple'"),
        ({"address": "127.0.0.1"}, "needs a scheme and a host alone"),
        ({"address": "http://x/mirror"}, "needs a scheme and a host alone"),
    ],
)
def test_options_that_cannot_be_meant_are_refused(options, said):
    with pytest.raises(CannotAsk, match=f"(?s){said}"):
        asked(small(("IN",), **options))


def test_neither_live_nor_history_asks_nothing():
    assert asked(small(("IN",), live=False, history=False))[1] == []
