"""Charts out of everything in which Apple ever sent them; numbers are invented."""

import datetime as dt
import json
import random

import pytest
from app_store_shapes import (
    OTHERS,
    SIGNAL,
    TELEGRAM,
    WHATSAPP,
    atom,
    chart,
    grid,
    legacy,
    lockups,
    lookup,
    results,
    scripted,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from migration.errors import MigrationError, NoData, SchemaDrift, UnexpectedContent
from migration.sources.app_store.feeds import (
    Chart,
    parse_json,
    parse_xml,
    to_instant,
)
from migration.sources.app_store.pages import parse_page
from migration.sources.app_store.places import ADDRESSES, FEEDS, place_of
from migration.sources.app_store.ratings import parse_lookup
from migration.sources.app_store.reading import read

APPS = chart(30, signal=1, telegram=2, whatsapp=30)
MADE = dt.datetime(2021, 1, 10, 13, 21, 44, tzinfo=dt.UTC)
LATER = dt.datetime(2021, 1, 10, 20, tzinfo=dt.UTC)
FORMS = {
    "legacy": (parse_json, legacy(APPS)),
    "xml": (parse_xml, atom(APPS)),
    "v1": (parse_json, results(APPS, made="2021-01-10T05:21:44.000-08:00")),
    "v2": (parse_json, results(APPS, made="Sun, 10 Jan 2021 13:21:44 +0000")),
    "grid": (parse_page, grid(APPS)),
    "lockups": (parse_page, lockups(APPS)),
    "links": (parse_page, lockups(APPS, classes="new")),
    "script": (parse_page, scripted(APPS)),
}


@pytest.mark.parametrize("form", FORMS)
def test_the_order_is_the_chart_in_every_form(form):
    parse, content = FORMS[form]
    found = parse(content)
    assert found.apps == tuple(APPS)
    assert [found.place(app) for app in (SIGNAL, TELEGRAM, WHATSAPP)] == [1, 2, 30]
    assert found.place("111111111") is None
    assert found.size == 30
    assert found.made == (MADE if parse is not parse_page else None)


# ---- feeds --------------------------------------------------------------------------


def test_a_single_entry_is_no_list_and_no_entry_is_no_chart():
    assert parse_json(legacy([SIGNAL])).apps == (SIGNAL,)
    assert b'"entry": {' in legacy([SIGNAL])
    for empty in (legacy([]), legacy([], entry=[]), results([], made="")):
        with pytest.raises(NoData, match="the chart is empty"):
            parse_json(empty)
    assert parse_xml(atom([SIGNAL])).apps == (SIGNAL,)
    with pytest.raises(NoData, match="the chart is empty"):
        parse_xml(atom([]))


def test_neither_the_order_of_keys_nor_what_is_optional_matters():
    feed = json.loads(legacy(APPS))["feed"]
    shuffled = {name: feed[name] for name in sorted(feed, key=lambda n: n[::-1])}
    for entry in shuffled["entry"]:
        for name in random.Random(1).sample(list(entry), 5):
            if name != "id":
                del entry[name]
    assert parse_json(json.dumps({"feed": shuffled}).encode()).apps == tuple(APPS)


def test_an_entry_without_its_field_is_known_by_its_address_and_not_by_its_maker():
    feed = json.loads(legacy(APPS))
    for entry in feed["feed"]["entry"]:
        del entry["id"]["attributes"]
    assert parse_json(json.dumps(feed).encode()).apps == tuple(APPS)
    del feed["feed"]["entry"][3]["id"]["label"]
    with pytest.raises(SchemaDrift, match="needs an app's identifier, got"):
        parse_json(json.dumps(feed).encode())


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-be", "utf-32"])
def test_a_feed_in_any_unicode_is_read(encoding):
    wide = legacy(APPS).decode().encode(encoding)
    assert parse_json(wide).apps == tuple(APPS)


@pytest.mark.parametrize(
    ("content", "error", "said"),
    [
        (b"", UnexpectedContent, "needs JSON, got b''"),
        (b"<html>", UnexpectedContent, "needs JSON, got b'<html>'"),
        (legacy(APPS)[:-300], UnexpectedContent, "fetch it again"),
        (b"[" * 100_000, UnexpectedContent, "needs JSON"),
        (b"[]", SchemaDrift, "needs an object 'feed'"),
        (b'{"feed": []}', SchemaDrift, "needs an object 'feed'"),
        (b'{"feed": {}}', SchemaDrift, "needs a list of apps"),
        (b'{"feed": {"entry": 3}}', SchemaDrift, "needs a list of apps"),
        (b'{"feed": {"results": [3]}}', SchemaDrift, "identifier, got 3"),
        (b'{"feed": {"results": [{"id": 874139669}]}}', SchemaDrift, "identifier"),
        (legacy(APPS, made="yesterday"), SchemaDrift, "ISO 8601 with a zone, or"),
        (legacy(APPS, made="2021-01-10T06:21:44"), SchemaDrift, "it has no zone"),
        (legacy(APPS, made="1970-01-01T00:00:00Z"), SchemaDrift, "no charts then"),
        (legacy(APPS, made="Sun, 10 Jan 99999999999 1:1:1 +0"), SchemaDrift, "RFC"),
    ],
)
def test_a_feed_in_json_is_read_or_refused(content, error, said):
    with pytest.raises(error, match=said):
        parse_json(content)


def test_a_feed_that_does_not_say_when_has_no_time():
    assert parse_json(legacy(APPS, updated={})).made is None
    assert parse_json(legacy(APPS, updated=None)).made is None
    assert to_instant("") is None
    unknown_place = to_instant("Sun, 10 Jan 2021 13:21:44 -0000")
    assert unknown_place == MADE


SWELLS = [f"<!ENTITY e{n} '{f'&e{n - 1};' * 10}'>" for n in range(1, 10)]
BOMB = f"<!DOCTYPE x [<!ENTITY e0 'ha'>{''.join(SWELLS)}]>"


@pytest.mark.parametrize(
    ("content", "error", "said"),
    [
        (b"", UnexpectedContent, "needs XML, got b''"),
        (legacy(APPS), UnexpectedContent, "needs XML"),
        (atom(APPS)[:-20], UnexpectedContent, "fetch it again"),
        (atom(APPS, top=BOMB), UnexpectedContent, "no document type, and has one"),
        (
            b"<!DOCTYPE f SYSTEM 'file:///etc/passwd'><f/>",
            UnexpectedContent,
            "no document type",
        ),
        (b"<rss><channel/></rss>", SchemaDrift, "an Atom feed, got 'rss'"),
        (b"<?xml version='1.0' encoding='x'?><a/>", UnexpectedContent, "needs XML"),
        (
            atom(["1"]).replace(b"/id1?", b"/x?"),
            SchemaDrift,
            "needs an app's identifier",
        ),
    ],
)
def test_a_feed_in_xml_is_read_or_refused(content, error, said):
    with pytest.raises(error, match=said):
        parse_xml(content)


def test_deep_xml_is_no_chart():
    deep = b"<a>" * 100_000 + b"</a>" * 100_000
    with pytest.raises(SchemaDrift, match="an Atom feed, got 'a'"):
        parse_xml(deep)


# ---- pages --------------------------------------------------------------------------


def test_links_to_other_things_are_no_places():
    """An app of the day before the list, each app's maker, each app's second link."""
    assert "111111111" not in parse_page(grid(APPS)).apps
    assert "999999999" not in parse_page(lockups(APPS)).apps


@pytest.mark.parametrize("length", [12, 100])
def test_an_item_without_an_app_spoils_the_ranks_of_a_list(length):
    """Of a long list, too: its other links would be the apps after it, one too high."""
    whole = grid(chart(length, whatsapp=1)).replace(
        f"/id{OTHERS[4]}".encode(), b"/nothing"
    )
    with pytest.raises(SchemaDrift, match=f"got {length}, 1 of them without"):
        parse_page(whole, known=())


def test_a_list_of_the_oldest_making_that_is_too_short_is_no_chart():
    """Whatever else the page links to."""
    links = "".join(f'<a href="/us/app/id{app}">x</a>' for app in chart(40))
    page = grid(chart(9)).replace(b"</body>", f"{links}</body>".encode())
    with pytest.raises(SchemaDrift, match=r"needs 10 items or more.*got 9, 0 of them"):
        parse_page(page)


def test_a_page_of_unknown_making_needs_enough_links_and_an_app_that_all_charts_have():
    plain = {"classes": "new"}
    strangers = chart(40)
    with pytest.raises(SchemaDrift, match=r"needs 20 links to apps.*got 40"):
        parse_page(lockups(strangers, **plain), known=())
    assert parse_page(lockups(strangers, **plain), known=[OTHERS[7]]).size == 40
    assert parse_page(lockups(chart(20, whatsapp=9), **plain), known=()).size == 20
    with pytest.raises(SchemaDrift, match="got 19"):
        parse_page(lockups(chart(19, whatsapp=9), **plain), known=())
    assert parse_page(lockups(strangers, **plain)).size == 40  # proved before


def test_the_main_part_is_read_before_the_whole_page():
    page = lockups(APPS, classes="new", top=f'<a href="/us/app/id{OTHERS[99]}">x</a>')
    assert parse_page(page).apps == tuple(APPS)


def test_a_page_in_utf_16_is_read_and_what_is_no_page_is_refused():
    wide = lockups(APPS).decode().encode("utf-16")
    assert parse_page(wide).apps == tuple(APPS)
    for content in (b"", b"{}", b"\xff\xfe"):
        with pytest.raises(UnexpectedContent, match="needs HTML, got"):
            parse_page(content)


# ---- ratings ------------------------------------------------------------------------


def test_counts_of_ratings_by_app():
    assert parse_lookup(lookup(signal=812345, whatsapp=0)) == {
        SIGNAL: 812345, WHATSAPP: 0,
    }  # fmt: skip
    one = json.loads(lookup(signal=5))
    one["results"][0]["userRatingCount"] = None
    assert parse_lookup(json.dumps(one).encode()) == {}


@pytest.mark.parametrize(
    ("content", "error", "said"),
    [
        (b'{"resultCount": 0, "results": []}', NoData, "none of the apps"),
        (b"{}", SchemaDrift, "needs a list 'results'"),
        (b'{"results": [3]}', SchemaDrift, "needs a list 'results'"),
        (lookup(signal=-1), SchemaDrift, "a whole userRatingCount, got -1"),
        (lookup(signal=True), SchemaDrift, "a whole userRatingCount, got True"),
        (lookup(signal=2**53), SchemaDrift, "a whole userRatingCount"),
        (lookup(signal=1.5), SchemaDrift, "a whole userRatingCount, got 1.5"),
        (b'{"results": [{"trackId": "1"}]}', SchemaDrift, "a whole trackId, got '1'"),
    ],
)
def test_a_look_up_is_read_or_refused(content, error, said):
    with pytest.raises(error, match=said):
        parse_lookup(content)


# ---- addresses ----------------------------------------------------------------------

LEGACY = "https://itunes.apple.com/in/rss/topfreeapplications"


@pytest.mark.parametrize(
    ("url", "metric", "market", "asked"),
    [
        (f"{LEGACY}/limit=100/json", "rank", "IN", 100),
        (f"{LEGACY}/json", "rank", "IN", None),
        (f"{LEGACY.replace('/in/', '/na/')}/limit=200/xml", "rank", "NA", 200),
        ("http://itunes.apple.com:80/gb/rss/topfreeapplications/limit=9/json", "rank",
         "GB", 9),
        (f"{LEGACY}/limit=9/genre=6005/json", "rank_social_networking", "IN", 9),
        (f"{LEGACY}/genre=6005/limit=9/json", "rank_social_networking", "IN", 9),
        ("https://rss.itunes.apple.com/api/v1/us/ios-apps/top-free/all/200/explicit.json",
         "rank_v1", "US", 200),
        ("https://rss.applemarketingtools.com/api/v2/in/apps/top-free/50/apps.json",
         "rank_v2", "IN", 50),
        ("https://apps.apple.com/de/charts/iphone/top-free-apps/36", "rank_page", "DE",
         None),
        ("https://apps.apple.com/de/charts/iphone/social-networking-apps/6005?chart=top-"
         "free", "rank_page_social_networking", "DE", None),
        ("https://www.apple.com/itunes/charts/free-apps/", "rank_itunes_page", "US",
         None),
        ("https://www.apple.com/uk/itunes/charts/free-apps/", "rank_itunes_page", "GB",
         None),
        ("https://apps.apple.com/de/charts/iphone/top-free-apps/36?l=en", "rank_page",
         "DE", None),
        ("https://apps.apple.com/de/charts/iphone/social-networking-apps/6005?l=en-GB&"
         "chart=top-free", "rank_page_social_networking", "DE", None),
        ("https://www.apple.com/uk/itunes/charts/free-apps/?l=es", "rank_itunes_page",
         "GB", None),
        ("https://itunes.apple.com/lookup?id=1&country=na", "ratings", "NA", None),
        ("https://itunes.apple.com/IN/RSS/topFreeApplications/limit=9/JSON", "rank",
         "IN", 9),
    ],
)  # fmt: skip
def test_an_address_says_which_chart_it_shows(url, metric, market, asked):
    place = place_of(url)
    assert (place.metric, place.market, place.asked) == (metric, market, asked)


@pytest.mark.parametrize(
    "url",
    [
        f"{LEGACY}/limit=100/genre=6014/json",  # games
        f"{LEGACY}/limit=100/genre=36/json",
        f"{LEGACY}/limit=100/limit=10/json",
        f"{LEGACY}/limit=100/json?callback=x",
        LEGACY.replace("topfree", "toppaid") + "/limit=100/json",
        "https://itunes.apple.com/rss/topfreeapplications/json",
        "https://rss.itunes.apple.com/api/v1/us/ios-apps/top-free/games/200/explicit.json",
        "https://apps.apple.com/de/charts/iphone/social-networking-apps/6005",
        "https://apps.apple.com/de/charts/iphone/top-paid-apps/36",
        "https://apps.apple.com/de/charts/iphone/top-free-apps/36?l=en&chart=top-paid",
        "https://apps.apple.com/de/charts/iphone/top-free-apps/36?l=en&l=de",
        "https://apps.apple.com/de/charts/iphone/top-free-apps/36?l=",
        f"{LEGACY}/limit=100/json?l=en",
        "https://itunes.apple.com/lookup?id=1",
        "https://web.archive.org/cdx/search/cdx?url=x",
        "https://[",
    ],
)
def test_another_chart_is_not_taken_for_ours(url):
    assert place_of(url) is None


def test_every_live_feed_is_known_by_its_address():
    for feed in FEEDS.values():
        place = place_of(ADDRESSES[feed.host] + feed.path.format(cc="na"))
        assert (place.metric, place.market, place.form) == (
            feed.metric,
            "NA",
            feed.kind,
        )


def test_a_chart_of_another_storefront_or_of_another_time_is_refused():
    url = f"{LEGACY}/limit=100/json"
    assert read(url, legacy(APPS), asked=LATER).when == MADE
    for content in (legacy(APPS, cc="us"), results(APPS, made="", cc="us")):
        with pytest.raises(SchemaDrift, match="IN was asked, and one of US came"):
            read(url, content, asked=LATER)
    early = LATER - dt.timedelta(days=2)
    with pytest.raises(
        SchemaDrift, match="asked on 2021-01-08 cannot be of 2021-01-10"
    ):
        read(url, legacy(APPS), asked=early)
    with pytest.raises(SchemaDrift, match="no chart that is known"):
        read("https://a.org/", legacy(APPS), asked=LATER)


# ---- whatever comes -----------------------------------------------------------------

SHAPES = [content for _, content in FORMS.values()] + [
    lookup(signal=1),
    legacy([SIGNAL]),
]
PARSERS = (parse_json, parse_xml, parse_page, parse_lookup)
PIECES = st.sampled_from(
    [b"", b"null", b"{", b"]", b'"', b"<", b"</", b"&#x0;", b"<!--", b"<![CDATA[",
     b"\x00", b"<!DOCTYPE", b"<?xml", b"/id", b"'", b"\xff", b"1e999", b"NaN", b"\\u12",
     b"-"]
)  # fmt: skip


@st.composite
def broken(draw):
    """A real shape with pieces cut out, put in, doubled or turned."""
    content = draw(st.sampled_from(SHAPES))[:3000]
    for _ in range(draw(st.integers(1, 4))):
        at, width = draw(st.integers(0, len(content))), draw(st.integers(0, 60))
        piece = draw(PIECES | st.binary(max_size=5))
        content = content[:at] + piece + content[at + width :]
    return content


def ends_well(content):
    for parse in PARSERS:
        try:
            found = parse(content)
        except MigrationError:
            continue
        if isinstance(found, Chart):
            assert found.size >= 1
            assert all(6 <= len(app) <= 12 and app.isdigit() for app in found.apps)
            assert found.made is None or found.made.tzinfo is dt.UTC
        else:
            assert all(count >= 0 for count in found.values())


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
    | st.sampled_from([SIGNAL, "2021-01-10T06:21:44-07:00", "Sun, 10 Jan 2021"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["feed", "entry", "results", "id", "label", "attributes",
                         "im:id", "updated", "title", "url", "trackId",
                         "userRatingCount"]),
        inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@pytest.mark.parametrize("examples", [150, pytest.param(1000, marks=pytest.mark.slow)])
def test_whatever_comes_is_a_chart_or_an_error_of_ours(examples):
    @settings(max_examples=examples)
    @given(broken() | VALUES.map(lambda v: json.dumps({"feed": v}).encode())
           | VALUES.map(lambda v: json.dumps(v).encode()))  # fmt: skip
    def each(content):
        ends_well(content)

    each()
