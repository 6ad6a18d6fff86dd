"""The archive's traps and a live chart's vintages, against a server on this machine."""

import dataclasses
import gzip

import pytest
from app_store_shapes import atom, captured, chart, index, legacy, row
from sources.protocols import app_store as past
from sources.protocols import app_store_live as live

from migration.sources import fetch, load_panel
from migration.sources.client import Client
from migration.store import Store

FIRST = past.page(past.STAMPS[0])
HTML = {"Content-Type": "text/html; charset=utf-8"}
SLOW_DOWN = b"<html><body><h1>429 Too Many Requests</h1>\nYou have sent too many</body>"
EXCLUDED = b"<!DOCTYPE html><p>This URL has been excluded from the Wayback Machine.</p>"


@pytest.fixture
def waits():
    return []


@pytest.fixture
def ask(server, workspace, waits):
    """Fetches by one of the two ways, some of the answers replaced."""
    client = Client(contact="tests@example.org", pace=0.0, sleep=waits.append)

    def fetched(way, **changes):
        server.asked.clear()
        sent = way.answers(server.base) | changes
        server.script = {
            path: some if isinstance(some, list) else [some]
            for path, some in sent.items()
        }
        since, until = way.WINDOW
        where = {"workspace": workspace, "client": client}
        study = way.study(server.base)
        (done,) = fetch(study, since=since, until=until, **where)
        return done, study

    yield fetched
    client.close()


def paths(server):
    return [path for path, _ in server.asked]


def days(study, workspace, **which):
    return past.bounds(
        load_panel(study, source="app_store", workspace=workspace), **which
    )


# ---- the archive --------------------------------------------------------------------


def test_a_capture_that_is_excluded_leaves_the_others(ask, server, workspace):
    done, study = ask(past, **{FIRST: (200, HTML, EXCLUDED)})
    assert (done.ended, done.failed) == ("", True)
    assert any("is excluded from the archive" in why for why in done.refused.values())
    assert paths(server).count(FIRST) == 1
    assert days(study, workspace) == {"10": (1, 4), "12": (2, 2)}


@pytest.mark.parametrize("status", [403, 404, 429, 500, 503])
def test_an_error_that_was_captured_is_absent_and_not_asked_again(
    ask, server, workspace, status
):
    was = captured(b"<html>Sorry", past.STAMPS[0], headers=HTML, status=status)
    done, study = ask(past, **{FIRST: was})
    assert not done.failed
    assert any("an error was captured" in why for why in done.absent.values())
    assert paths(server).count(FIRST) == 1
    assert days(study, workspace) == {"10": (1, 4), "12": (2, 2)}
    ask(past, **{FIRST: was})
    assert paths(server) == []


def test_an_error_of_the_archives_own_is_asked_again(ask, server, workspace):
    well = past.answers(server.base)[FIRST]
    done, study = ask(past, **{FIRST: [(503, HTML, b"<html>"), well]})
    assert not done.failed
    assert paths(server).count(FIRST) == 2
    assert days(study, workspace)["09"] == (9, 9)


def test_the_archive_is_left_alone_for_a_minute_when_it_says_429(ask, server, waits):
    (listing,) = past.listing(server.base, "IN")
    well = past.answers(server.base)[listing]
    done, _ = ask(past, **{listing: [(429, HTML, SLOW_DOWN), well]})
    assert not done.failed
    assert any(59 < seconds <= 60 for seconds in waits)
    assert sum(2 < seconds <= 2.5 for seconds in waits) >= 1


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (403, b"org.archive.util.io.RuntimeIOException: Blocked Site Error"),
        (200, b"org.archive.wayback.exception.RobotAccessControlException: Blocked By"),
    ],
)
def test_an_index_that_may_not_show_an_address_is_asked_for_the_others(
    ask, server, workspace, status, said
):
    (listing,) = past.listing(server.base, "IN")
    done, study = ask(past, **{listing: (status, {"Content-Type": "text/plain"}, said)})
    assert (done.ended, len(done.refused)) == ("", 1)
    assert "may not show this address" in next(iter(done.refused.values()))
    panel = load_panel(study, source="app_store", workspace=workspace)
    assert set(panel["market"]) == {"NA"}


def test_a_403_that_names_no_address_ends_the_source(ask, server):
    (listing,) = past.listing(server.base, "IN")
    done, _ = ask(past, **{listing: (403, {"Content-Type": "text/plain"}, b"policy")})
    assert "refuses (403)" in done.ended
    assert paths(server) == [listing]


@pytest.mark.parametrize(
    ("there", "day"), [("20210109230000", (5, 5)), ("20210601000000", None)]
)
def test_the_archive_leads_to_the_nearest_capture(ask, workspace, there, day):
    """Another hour is taken; another month would be read for January in silence."""
    nearest = past.page(there)
    instead = legacy(chart(signal=5), made="2021-01-09T02:00:00Z")
    done, study = ask(
        past,
        **{
            FIRST: (302, {"Location": f"https://web.archive.org{nearest}"}, b""),
            nearest: captured(instead, there),
        },
    )
    assert not done.failed
    assert days(study, workspace).get("09") == day
    assert any("nearest" in why for why in done.absent.values()) == (day is None)


def test_a_redirect_that_was_captured_is_followed_by_hand(ask, server, workspace):
    stamp, content = past.STAMPS[0], past.INDIA[0]
    target = FIRST.replace("https://itunes", "http://itunes")
    moved = captured(b"", stamp, status=301, Location=target)
    done, study = ask(past, **{FIRST: moved, target: captured(content, stamp)})
    assert not done.failed
    assert days(study, workspace)["09"] == (9, 9)
    assert target in paths(server)


@pytest.mark.parametrize("coding", [None, ", gzip", "gzip, "])
def test_a_body_that_was_captured_packed_is_unpacked(ask, workspace, coding):
    """Without a header, or with the pair of which one is empty; twice, too."""
    content, stamp = past.INDIA[0], past.STAMPS[0]
    said = {"Content-Encoding": coding} if coding else {}
    packed = gzip.compress(gzip.compress(content, mtime=0), mtime=0)
    more = {"x-archive-orig-content-encoding": "gzip", **said}
    done, study = ask(past, **{FIRST: captured(packed, stamp, **more)})
    assert not done.failed, done.why
    assert days(study, workspace)["09"] == (9, 9)


def test_other_bytes_than_the_index_promised_are_not_kept(ask, server, workspace):
    other = legacy(chart(signal=77), made=past.MADE[0])
    done, study = ask(past, **{FIRST: captured(other, past.STAMPS[0])})
    assert "needs the SHA-1" in done.why
    assert "09" not in days(study, workspace)
    done, study = ask(past)
    assert days(study, workspace)["09"] == (9, 9)
    assert paths(server) == [FIRST]


def test_a_storefront_without_a_capture_is_an_answer_that_is_kept(
    ask, server, workspace
):
    (listing,) = past.listing(server.base, "NA")
    done, study = ask(past, **{listing: past.sent(b"[]")})
    assert not done.failed
    found = load_panel(study, source="app_store", workspace=workspace)
    assert found.attrs["vintage"]["without"] == ["NA"]
    ask(past)
    assert paths(server) == []


def test_what_was_captured_as_something_else_is_absent(ask, server, workspace):
    (listing,) = past.listing(server.base, "IN")
    sorry = b"<html>Access Denied. Reference #18.1</html>"
    rows = [row(past.STAMPS[0], past.feed_address("in"), sorry)]
    done, study = ask(
        past,
        **{
            listing: past.sent(index(*rows)),
            FIRST: captured(sorry, past.STAMPS[0], headers=HTML),
        },
    )
    assert not done.failed
    assert any("captured, but as what?" in why for why in done.absent.values())
    assert days(study, workspace, market="NA")["10"][0] == 41


# ---- today --------------------------------------------------------------------------


def test_every_vintage_of_a_live_chart_is_read(ask, server, workspace):
    """Asked three times: two charts that differ, and one again."""
    path = live.paths("in")[0]
    then = legacy(chart(signal=7), made="2021-01-12T19:10:00Z")
    for content in (None, then, then):
        changes = {path: (200, live.JSON, content)} if content else {}
        done, study = ask(live, **changes)
        assert not done.failed
        assert paths(server).count(path) == 1
    kept = [
        e for e in Store(workspace.raw).entries("app_store") if e.url.endswith(path)
    ]
    assert len({entry.sha256 for entry in kept}) == len(kept) == 2
    charts = load_panel(study, source="app_store", metric="rank", workspace=workspace)
    assert past.bounds(charts) == {"11": (1, 1), "13": (7, 7)}


def test_the_twin_in_xml_is_a_live_feed_too(server, workspace, ask):
    study = live.study(server.base)
    (source,) = study.sources
    options = {**source.options, "feeds": ("rss_xml",)}
    sources = (dataclasses.replace(source, options=options, metrics=("rank",)),)
    twin = dataclasses.replace(study, sources=sources)
    way = type("Way", (), {"WINDOW": live.WINDOW, "study": lambda _: twin})
    xml = {"Content-Type": "application/atom+xml"}
    feeds = {
        live.paths(cc)[0].replace("/json", "/xml"): (
            200, xml, atom(chart(30, signal=6), made=live.LATE, cc=cc),
        )
        for cc in ("in", "na")
    }  # fmt: skip
    way.answers = lambda _: feeds
    done, _ = ask(way)
    assert not done.failed
    assert days(twin, workspace) == {"11": (6, 6)}
