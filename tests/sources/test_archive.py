"""The archive's traps, one by one; every capture here is invented."""

import datetime as dt
import gzip
import json
from dataclasses import replace
from email.utils import format_datetime
from types import SimpleNamespace
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plan_loop import Loop, answer

from migration.errors import (
    Blocked,
    Excluded,
    MigrationError,
    NoData,
    SchemaDrift,
    Transient,
    UnexpectedContent,
)
from migration.report.gathering import fetched_lines
from migration.sources.archive import (
    Archive,
    Capture,
    Listing,
    captures,
    digest_of,
    memento,
    parse_listing,
    playback,
    unpacked,
)
from migration.sources.archive.original import named_digest
from migration.sources.archive.playing import HOPS
from migration.sources.driving import Fetching, run_plan
from migration.sources.fetched import Fetches
from migration.sources.kept import Kept
from migration.store import Store

HERE = Archive(address="http://127.0.0.1:9")
WINDOW = (dt.date(2021, 1, 1), dt.date(2021, 1, 31))
FEED = "https://a.org/us/rss/limit=100/json"
HEAD = ["urlkey", "timestamp", "original", "mimetype", "statuscode", "digest", "length"]
BODY = b'{"feed": 1}'
STAMP = "20210110061233"
CAPTURE = Capture(timestamp=STAMP, original=FEED, digest=digest_of(BODY))


def row(stamp, original=FEED, *, status="200", digest="D" * 32, length="20111"):
    return ["org,a)/us", stamp, original, "text/javascript", status, digest, length]


def page(*rows, key=None):
    table = [HEAD, *rows, *([[], [key]] if key else [])]
    return json.dumps(table).encode()


def listed(replies, **how):
    """Serve pages in turn, whatever is asked."""
    loop, left = Loop({}), iter(replies)
    loop.reply = lambda _: next(left, None)
    found = loop(captures(FEED, WINDOW, archive=HERE, listing=Listing(**how)))
    return loop, found


# ---- the index ----------------------------------------------------------------------


def test_the_index_is_asked_slowly_and_precisely():
    loop, _ = listed([], match="prefix", filters=("statuscode:200", "!mimetype:x"))
    (ask,) = loop.asked
    assert ask.url.startswith("http://127.0.0.1:9/cdx/search/cdx?url=https%3A%2F%2Fa")
    query = parse_qsl(urlsplit(ask.url).query)
    assert [v for k, v in query if k == "filter"] == ["statuscode:200", "!mimetype:x"]
    assert dict(query) | {"filter": ""} == {
        "url": FEED, "matchType": "prefix", "output": "json", "filter": "",
        "from": "20210101000000", "to": "20210131235959", "limit": "5000",
        "fl": "timestamp,original,mimetype,statuscode,digest,length",
        "collapse": "timestamp:10", "showResumeKey": "true",
    }  # fmt: skip
    assert (ask.pace, ask.silence, ask.kind) == (2.5, 60.0, "text")
    assert ask.settles == dt.date(2021, 3, 2)


def test_pages_follow_their_key_sent_back_as_it_came():
    """Duplicate and out-of-order rows, within a page and over two."""
    key = "org%2Ca%29%2Fus+20210110061234"
    first = page(row("20210110061233"), row("20210102000000"), key=key)
    second = page(row("20210110061233"), row("20210120000000"), row("20210120000000"))
    loop, found = listed([answer(first), answer(second), answer(page())])
    stamps = ["20210102000000", "20210110061233", "20210120000000"]
    assert [capture.timestamp for capture in found] == stamps
    assert len(loop.asked) == 2
    assert "resumeKey=org%252Ca%2529%252Fus%2B20210110061234" in loop.asked[1].url
    assert len({ask.name for ask in loop.asked}) == 2


@pytest.mark.parametrize("pages", [1, 2, 7])
def test_no_more_pages_are_read_than_are_allowed(pages):
    endless = (
        answer(page(row(f"202101{d % 28 + 1:02}000000"), key=f"k{d}"))
        for d in range(99)
    )
    loop, _ = listed(endless, pages=pages)
    assert len(loop.asked) == pages


@pytest.mark.parametrize(("key", "told"), [("k1", 1), (None, 0)])
def test_pages_beyond_those_that_are_read_are_told(key, told, workspace):
    """There is a third page or not, and two are read; kept answers tell it too."""
    replies = [answer(page(row(STAMP), key="k0")), answer(page(row(STAMP), key=key))]
    name = "captures of " + FEED
    for client in (SimpleNamespace(get=lambda _: replies.pop(0)), None):
        kept = Kept(Store(workspace.raw), "app_store")
        plan = captures(FEED, WINDOW, archive=HERE, listing=Listing(pages=2))
        done = run_plan(plan, Fetching(kept=kept, client=client))
        assert (len(done.entries) + len(done.kept), done.failed) == (2, False)
        assert list(done.not_asked) == [name] * told
        frame = Fetches(study="s", sources=(done,)).to_frame()
        assert frame["not_asked"].tolist() == [told]
        lines = fetched_lines(Fetches(study="s", sources=(done,)))
        assert (
            lines[2:]
            == [
                f"not asked: app_store: {name}: the archive lists more than the 2 "
                "pages of 5,000 captures that are read: narrow the days"
            ][:told]
        )


def test_a_key_that_comes_again_ends_the_reading():
    again = (answer(page(row(STAMP), key="same")) for _ in range(99))
    loop, found = listed(again)
    assert (len(loop.asked), len(found)) == (2, 1)


def test_where_a_page_is_not_to_be_had_the_others_are_given():
    loop, found = listed([answer(page(row(STAMP), key="k")), None])
    assert (len(loop.asked), len(found)) == (2, 1)


def test_captures_outside_the_window_are_left_out():
    stamps = ("20201231235959", "20210101000000", "20210131235959", "20210201000000")
    _, found = listed([answer(page(*map(row, stamps)))])
    assert [capture.timestamp for capture in found] == list(stamps[1:3])


def test_an_address_without_a_capture_gives_none_and_that_is_an_answer():
    assert parse_listing(b"[]") == ([], None)
    assert parse_listing(page()) == ([], None)
    assert listed([answer(b"[]")])[1] == []


def test_a_dash_is_a_number_that_is_not_known():
    (seen,), _ = parse_listing(page(row(STAMP, status="-", length="-")))
    assert (seen.status, seen.length) == (None, None)
    assert seen.instant == dt.datetime(2021, 1, 10, 6, 12, 33, tzinfo=dt.UTC)
    (whole,), _ = parse_listing(page(row(STAMP)))
    assert (whole.status, whole.length, whole.digest) == (200, 20111, "D" * 32)


@pytest.mark.parametrize(
    ("content", "error", "said"),
    [
        (b"", NoData, "not even an empty list"),
        (b" \n", NoData, "not even an empty list"),
        (b"<html>slow down</html>", UnexpectedContent, "needs JSON, got '<html>"),
        (b'[["urlkey","times', UnexpectedContent, "needs JSON"),
        (b"[" * 100_000, UnexpectedContent, "needs JSON"),
        (b"{}", SchemaDrift, "lists of texts"),
        (b"[[1]]", SchemaDrift, "lists of texts"),
        (b'[["urlkey"]]', SchemaDrift, "timestamp, original, .* are absent"),
        (page(row(STAMP)[:-1]), SchemaDrift, "needs 7 fields"),
        (page(row("2021")), SchemaDrift, "YYYYMMDDhhmmss, got '2021'"),
        (page(row("20210231000000")), SchemaDrift, "YYYYMMDDhhmmss"),
        (page(row(STAMP, "a.org/x")), SchemaDrift, "an address with its scheme"),
        (
            b"org.archive.util.io.RuntimeIOException: org.archive.wayback.exception."
            b"AdministrativeAccessControlException: Blocked Site Error",
            Excluded,
            "may not show this address",
        ),
        (b"org.archive...RobotAccessControlException: x", Excluded, "may not show"),
    ],
)
def test_the_index_is_read_or_refused(content, error, said):
    with pytest.raises(error, match=said):
        parse_listing(content)


# ---- playback -----------------------------------------------------------------------


def sent(content=BODY, *, status=200, stamp=STAMP, **headers):
    """A capture as the archive plays it back."""
    when = dt.datetime.strptime(stamp, "%Y%m%d%H%M%S").replace(tzinfo=dt.UTC)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    dated = {"memento-datetime": format_datetime(when, usegmt=True)}
    return answer(content, status=status, headers=dated | named)


def own(content=b"", *, status=200, **headers):
    """An answer of the archive's own."""
    return answer(content, status=status, headers=headers)


def to(stamp, original=FEED):
    return f"http://127.0.0.1:9/web/{stamp}id_/{original}"


def play(answers, *, capture=CAPTURE, check=lambda found: json.loads(found.content)):
    loop = Loop(answers)
    plan = playback(capture, archive=HERE, check=check, label="feed", suffix="json")
    return loop, loop(plan)


def test_a_capture_is_given_as_it_was_sent():
    loop, found = play({to(STAMP): sent()})
    assert (found.content, found.original, found.timestamp) == (BODY, FEED, STAMP)
    (ask,) = loop.asked
    assert (ask.follow, ask.kind, ask.pace, ask.silence) == (False, "any", 0.25, 60.0)
    assert ask.answer_if == "memento-datetime"
    assert ask.name == f"feed-{STAMP}-{CAPTURE.digest.lower()}.json"
    assert named_digest(ask.name) == CAPTURE.digest


def test_what_is_kept_tells_its_origin_by_its_address_alone():
    loop, found = play(
        {to(STAMP): sent(gzip.compress(BODY, mtime=0))}, capture=UNPROVED
    )
    ((url, kept),) = loop.kept.values()
    assert kept.content != BODY
    assert memento(url, kept.content) == found
    assert memento("https://a.org/web/2021/x") is None
    assert memento("https://a.org/?u=/web/20210110061233id_/http://b.org/") is None


UNPROVED = replace(CAPTURE, digest="-")


@pytest.mark.parametrize("times", [0, 1, 2, 3])
def test_a_body_packed_without_a_header_is_unpacked(times):
    packed = BODY
    for _ in range(times):
        packed = gzip.compress(packed, mtime=0)
    _, found = play({to(STAMP): sent(packed)}, capture=UNPROVED)
    assert found.content == BODY
    assert unpacked(packed)[0] == packed
    assert len(unpacked(packed)) == times + 1


def test_a_stream_of_two_members_is_one_body():
    packed = (
        gzip.compress(BODY[:5], mtime=0) + gzip.compress(BODY[5:], mtime=0) + b"\0\0"
    )
    assert unpacked(packed)[-1] == BODY


def test_what_is_packed_badly_is_refused(monkeypatch):
    four = BODY
    for _ in range(4):
        four = gzip.compress(four, mtime=0)
    with pytest.raises(UnexpectedContent, match="more than 3 times"):
        unpacked(four)
    with pytest.raises(UnexpectedContent, match="end in the middle"):
        unpacked(gzip.compress(BODY, mtime=0)[:-4])
    with pytest.raises(UnexpectedContent, match="cannot be read"):
        unpacked(b"\x1f\x8bnot gzip at all")
    monkeypatch.setattr("migration.sources.archive.original.MAX_BYTES", 1000)
    with pytest.raises(UnexpectedContent, match="more than 1000 bytes"):
        unpacked(gzip.compress(b"0" * 1001, mtime=0))
    assert unpacked(gzip.compress(b"0" * 1000, mtime=0))[-1] == b"0" * 1000


def test_the_digest_may_be_of_what_was_packed_or_of_what_was_not():
    packed = gzip.compress(BODY, mtime=0)
    for digest in (digest_of(packed), digest_of(BODY)):
        capture = replace(CAPTURE, digest=digest)
        assert play({to(STAMP): sent(packed)}, capture=capture)[1].content == BODY


def test_other_bytes_than_were_captured_are_refused():
    loop, found = play({to(STAMP): sent(b'{"feed": 2}')})
    assert found is None
    error = loop.refused[to(STAMP)]
    assert isinstance(error, Transient)
    assert f"needs the SHA-1 {CAPTURE.digest}" in str(error)


@pytest.mark.parametrize(
    "said",
    [{"x_archive_orig_content_encoding": "gzip"},
     {"x_archive_orig_transfer_encoding": "chunked"}],
)  # fmt: skip
def test_a_digest_of_coded_bytes_that_came_plain_proves_nothing(said):
    """The client undoes a packing that a header names: the digest is of what it was."""
    capture = replace(CAPTURE, digest=digest_of(gzip.compress(BODY, mtime=0)))
    packed = sent(**said)
    assert play({to(STAMP): packed}, capture=capture)[1].content == BODY
    assert play({to(STAMP): sent()}, capture=capture)[1] is None


@pytest.mark.parametrize(
    ("there", "given"),
    [("20210110070000", True), ("20210111061233", True), ("20210111061234", False),
     ("20210109061232", False), ("20210601000000", False)],
)  # fmt: skip
def test_the_nearest_capture_is_taken_within_a_day_and_refused_beyond(there, given):
    """Else another month is read in silence."""
    answers = {
        to(STAMP): own(
            status=302,
            location=f"https://web.archive.org/web/{there}id_/{FEED}",
            **{"x-archive-redirect-reason": f"found capture at {there}"},
        ),
        to(there): sent(b'{"other": 1}', stamp=there),
    }
    loop, found = play(answers)
    assert (found is not None) == given
    if given:
        assert found.timestamp == there
        assert loop.asked[1].name == f"feed-{there}-unknown-hop1.json"
    else:
        assert "needed 1 day, 0:00:00 at most" in loop.absent[to(STAMP)]
        assert len(loop.asked) == 1


def test_a_capture_that_is_dated_otherwise_than_its_address_is_refused():
    loop, found = play({to(STAMP): sent(stamp="20210301000000")})
    assert found is None
    assert "off, needed 1 day" in loop.absent[to(STAMP)]


@pytest.mark.parametrize(
    "location",
    [f"/web/{STAMP}id_/https://b.org/new", f"http://x/web/{STAMP}/https://b.org/new",
     "https://b.org/new"],
)  # fmt: skip
def test_a_redirect_that_was_captured_is_followed(location):
    """Rewritten by the archive, with a host or without, or as it was sent."""
    answers = {
        to(STAMP): sent(b"", status=301, location=location),
        to(STAMP, "https://b.org/new"): sent(),
    }
    _, found = play(answers)
    assert (found.original, found.content) == ("https://b.org/new", BODY)


def test_a_captured_redirect_may_be_relative_to_the_original():
    answers = {
        to(STAMP): sent(b"", status=302, location="/us/other"),
        to(STAMP, "https://a.org/us/other"): sent(),
    }
    assert play(answers)[1].original == "https://a.org/us/other"


def test_redirects_in_a_circle_end():
    other = "https://b.org/"
    answers = {
        to(STAMP): sent(status=301, location=f"/web/{STAMP}id_/{other}"),
        to(STAMP, other): sent(status=301, location=f"/web/{STAMP}id_/{FEED}"),
    }
    loop, found = play(answers)
    assert (found, len(loop.asked)) == (None, 2)
    assert "leads in a circle" in loop.absent[to(STAMP, other)]


def test_redirects_on_and_on_end():
    answers = {
        to(STAMP, f"https://b.org/{n}"): sent(
            status=301, location=f"/web/{STAMP}id_/https://b.org/{n + 1}"
        )
        for n in range(50)
    }
    start = replace(CAPTURE, original="https://b.org/0")
    loop, found = play(answers, capture=start)
    assert (found, len(loop.asked)) == (None, HOPS + 1)


def test_a_redirect_to_no_capture_is_refused():
    loop, found = play({to(STAMP): own(status=302, location="https://a.org/sorry")})
    assert found is None
    assert isinstance(loop.refused[to(STAMP)], UnexpectedContent)
    assert "which is no capture" in str(loop.refused[to(STAMP)])


@pytest.mark.parametrize("status", [400, 403, 404, 429, 500, 503])
def test_an_error_that_was_captured_is_no_error_of_the_archive(status):
    loop, found = play({to(STAMP): sent(b"<html>", status=status)})
    assert found is None
    assert "an error was captured" in loop.absent[to(STAMP)]


def test_an_address_that_was_never_captured_is_absent():
    loop, _ = play({to(STAMP): own(b"<html>Wayback Machine", status=404)})
    assert "the archive has no capture of it" in loop.absent[to(STAMP)]


def test_an_exclusion_comes_as_a_page_with_status_200():
    page = b"<html><p>This URL has been excluded from the Wayback Machine.</p>"
    loop, found = play({to(STAMP): own(page)})
    assert found is None
    assert isinstance(loop.refused[to(STAMP)], Excluded)
    same = sent(page)
    assert play({to(STAMP): same}, capture=UNPROVED, check=repr)[1] is not None


def test_a_403_of_the_archives_own_is_of_the_address_only_where_it_says_so():
    said = b"<p>AdministrativeAccessControlException: Blocked Site Error"
    loop, _ = play({to(STAMP): own(said, status=403)})
    assert isinstance(loop.refused[to(STAMP)], Excluded)
    loop, _ = play({to(STAMP): own(b"<p>Forbidden", status=403)})
    assert type(loop.refused[to(STAMP)]) is Blocked


def test_a_page_of_the_archives_own_is_no_capture():
    loop, found = play({to(STAMP): own(BODY)})
    assert found is None
    assert isinstance(loop.refused[to(STAMP)], UnexpectedContent)
    assert "needs a capture, which has a Memento-Datetime" in str(
        loop.refused[to(STAMP)]
    )


def test_what_the_parser_refuses_was_captured_and_is_absent():
    """A page of apologies with status 200 is history, not a fault of today."""

    def check(found):
        raise SchemaDrift(f"no feed in {found.content!r}")

    loop, found = play({to(STAMP): sent()}, check=check)
    assert found is None
    assert "was captured, but as what? no feed in" in loop.absent[to(STAMP)]


def test_an_address_in_other_letters_is_asked_as_such():
    capture = replace(CAPTURE, original="https://a.org/é|#x y?b=%20&c=[1]")
    loop, _ = play({}, capture=capture)
    assert loop.asked[0].url == to(STAMP, "https://a.org/%C3%A9|%23x%20y?b=%20&c=[1]")
    assert memento(loop.asked[0].url).original.endswith("/%C3%A9|%23x%20y?b=%20&c=[1]")


# ---- whatever comes -----------------------------------------------------------------

JSONS = st.recursive(
    st.none() | st.integers() | st.text(max_size=14), lambda c: st.lists(c, max_size=8),
    max_leaves=30,
)  # fmt: skip
CELLS = st.sampled_from([STAMP, "20210231000000", "-", "200", FEED, "", "a" * 40])
LOCATIONS = st.sampled_from(
    ["", "/", "//", "https://[", f"/web/{STAMP}id_/{FEED}", "/web/99999999999999/x:/y",
     "/web/20210111000000id_/http://b.org/é", "javascript:/", "\x00"],
)  # fmt: skip


@given(st.one_of(
    st.binary(max_size=80),
    JSONS.map(lambda x: json.dumps(x).encode()),
    st.lists(st.lists(CELLS, max_size=8)).map(lambda r: page(*r)),
    st.lists(st.lists(CELLS, min_size=7, max_size=7)).map(lambda r: page(*r, key="k")),
))  # fmt: skip
def test_any_index_is_read_or_refused(content):
    try:
        rows, _ = parse_listing(content)
    except MigrationError:
        return
    assert all(isinstance(row, Capture) for row in rows)


@given(
    status=st.sampled_from([200, 301, 302, 404, 503]),
    date=st.sampled_from(["", "x", "Sun, 10 Jan 2021 06:12:33 GMT", "Sun, 99 Jan"]),
    location=LOCATIONS,
    content=st.binary(max_size=40)
    | st.binary(max_size=40).map(lambda b: b"\x1f\x8b" + b),
)
def test_any_playback_ends(status, date, location, content):
    headers = {"memento-datetime": date, "location": location}
    loop = Loop({})
    reply = answer(content, status=status, headers=headers)
    loop.answers = dict.fromkeys(
        [to(STAMP), to("20210111000000", "http://b.org/%C3%A9")], reply
    )
    plan = playback(UNPROVED, archive=HERE, check=repr, label="feed")
    found = loop(plan)
    assert found is None or status == 200
