"""The client against a real server on this machine."""

import datetime as dt
import email.utils
import gzip
import hashlib
import json
import time
import tracemalloc
import zlib

import pytest

from migration.errors import (
    Blocked,
    CannotAsk,
    NotFound,
    RateLimited,
    SourceError,
    Transient,
    UnexpectedContent,
)
from migration.sources.ask import UNPACKED, WHOLE_BYTES, WHOLE_SHA256, Ask
from migration.sources.client import CONTACT, Client, client_for, retry_seconds

JSON = {"Content-Type": "application/json"}
GOOD = (200, JSON, b'{"a": 1}')


def ask(server, client, *answers, **how):
    server.answer("/a.json", *answers)
    return client.get(Ask(url=f"{server.base}/a.json", name="a.json", **how))


def test_an_answer_is_whole_and_says_when(server, client):
    answer = ask(server, client, (200, {**JSON, "ETag": "1", "X-No": "2"}, b"[1]"))
    assert (answer.status, answer.content) == (200, b"[1]")
    assert answer.headers["etag"] == "1"
    assert "x-no" not in answer.headers
    then = dt.datetime.fromisoformat(answer.retrieved_at)
    assert abs(dt.datetime.now(dt.UTC) - then) < dt.timedelta(minutes=1)


def test_it_names_itself_and_its_contact(server, client):
    ask(server, client, GOOD)
    sent = server.asked[0][1]["User-Agent"]
    assert sent.startswith("platform-migration/")
    assert "(tests@example.org) python-requests/2" in sent


def test_a_packed_answer_is_unpacked(server, client):
    packed = {**JSON, "Content-Encoding": "gzip"}
    answer = ask(server, client, (200, packed, gzip.compress(b'{"a": 1}', mtime=0)))
    assert answer.content == b'{"a": 1}'


@pytest.mark.parametrize(
    ("answer", "error", "said"),
    [
        ((404, {}, b"no"), NotFound, "check the identifier"),
        ((410, {}, b"no"), NotFound, "410"),
        ((403, {}, b"policy"), Blocked, "will not help"),
        ((451, {}, b"law"), Blocked, "451"),
        ((500, {}, b"<html>"), Transient, "500"),
        ((503, {}, b""), Transient, "503"),
        ((204, {}, b""), UnexpectedContent, "204"),
        ((200, {"Content-Type": "text/html"}, b"{}"), UnexpectedContent, "JSON"),
        ((200, JSON, b" \n<!DOCTYPE html>"), UnexpectedContent, "begins with"),
        ((200, JSON, b""), UnexpectedContent, "begins with"),
        ((200, JSON, gzip.compress(b"a,b", mtime=0)), UnexpectedContent, "begins with"),
        ((200, {**JSON, "Content-Encoding": "gzip"}, b"{}"), UnexpectedContent, "read"),
        ((200, {**JSON, "Content-Length": 99}, b"{}"), Transient, "could not be read"),
    ],
)
def test_each_fault_has_its_own_error(server, client, answer, error, said):
    client.timeout = (2.0, 0.3)
    with pytest.raises(error, match=said):
        ask(server, client, answer)


def test_a_passing_fault_is_asked_again(server, client):
    assert ask(server, client, (503, {}, b""), (502, {}, b""), GOOD).status == 200
    assert len(server.asked) == 3


def test_asking_again_has_an_end(server, client):
    with pytest.raises(Transient):
        ask(server, client, (503, {}, b""))
    assert len(server.asked) == 1 + client.retries


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_it_waits_as_long_as_it_is_told(server, client, form):
    until = time.time() + 2
    header = "1" if form == "seconds" else email.utils.formatdate(until, usegmt=True)
    start = time.monotonic()
    ask(server, client, (429, {"Retry-After": header}, b""), GOOD)
    assert 0.9 <= time.monotonic() - start < 10
    assert len(server.asked) == 2


def test_a_wait_beyond_its_patience_is_not_cut_short_but_told(server, client):
    start = time.monotonic()
    with pytest.raises(RateLimited, match="in 3600 s") as caught:
        ask(server, client, (429, {"Retry-After": "3600"}, b""), GOOD)
    assert caught.value.retry_after == 3600
    assert len(server.asked) == 1
    assert time.monotonic() - start < 1


def test_a_plain_429_ends_as_rate_limited(server, client):
    with pytest.raises(RateLimited) as caught:
        ask(server, client, (429, {}, b""))
    assert caught.value.retry_after is None


def test_a_wait_that_cannot_be_read_is_none():
    assert retry_seconds("soon") is None
    assert retry_seconds(None) is None
    assert retry_seconds("-5") is None
    assert retry_seconds(" 7 ") == 7
    assert retry_seconds("Wed, 21 Oct 2015 07:28:00 GMT") == 0


def test_another_host_is_not_believed(server, client):
    elsewhere = server.base.replace("127.0.0.1", "localhost")
    server.answer("/b.json", GOOD)
    with pytest.raises(UnexpectedContent, match="another host"):
        ask(server, client, (302, {"Location": f"{elsewhere}/b.json"}, b""))


def test_a_circle_of_redirects_ends(server, client):
    with pytest.raises(UnexpectedContent):
        ask(server, client, (302, {"Location": "/a.json"}, b""))
    assert len(server.asked) <= 7


def test_an_answer_that_swells_is_cut_off(server, client):
    swollen = (200, JSON, b"[" + b" " * 2000 + b"]")
    with pytest.raises(UnexpectedContent, match="more than 1000 bytes"):
        ask(server, client, swollen, max_bytes=1000)


def test_a_slow_answer_is_given_up(server, client):
    client.deadline = -1.0
    with pytest.raises(Transient, match="too slow"):
        ask(server, client, GOOD)


def test_nobody_there_is_a_passing_fault():
    nobody = Client(contact="a@example.org", retries=0, timeout=(1.0, 1.0))
    with pytest.raises(Transient, match="try again later"):
        nobody.get(Ask(url="http://127.0.0.1:9/a.json", name="a.json"))
    nobody.close()


def test_without_a_network_it_gives_up_soon(client, waits):
    """A port that nobody listens on, as a host that has no name."""
    with pytest.raises(Transient, match="ConnectionError"):
        client.get(Ask(url="http://127.0.0.1:9/a.json", name="a.json"))
    assert len(waits) == 2
    client.retries = 0
    with pytest.raises(Transient, match="ConnectionError"):
        client.get(Ask(url="http://127.0.0.1:9/a.json", name="a.json"))
    assert len(waits) == 3


@pytest.mark.parametrize("url", ["a.json", "http://", "ftp://example.org/a"])
def test_an_address_that_is_none_is_refused(client, url):
    with pytest.raises(UnexpectedContent):
        client.get(Ask(url=url, name="a.json"))


def test_a_host_is_asked_at_a_pace(server, client):
    client.pace = 0.2
    start = time.monotonic()
    for _ in range(3):
        ask(server, client, GOOD)
    assert time.monotonic() - start >= 0.4


@pytest.fixture
def waits(client):
    """How long the client would have waited, each time; it waits no time at all."""
    told = []
    client._turns.sleep = told.append
    return told


def test_a_silence_is_kept_where_a_429_says_nothing(server, client, waits):
    answer = ask(server, client, (429, {}, b""), GOOD, silence=90.0)
    assert answer.status == 200
    assert waits[1] == pytest.approx(90, abs=1)


def test_a_silence_holds_for_the_host_even_after_the_last_try(server, client, waits):
    client.retries = 0
    with pytest.raises(RateLimited):
        ask(server, client, (429, {}, b""), silence=90.0)
    assert ask(server, client, GOOD, silence=90.0).status == 200
    assert waits[1] == pytest.approx(90, abs=1)


def test_a_host_that_asked_for_an_hour_is_not_asked_by_the_next_source(server, client):
    with pytest.raises(RateLimited):
        ask(server, client, (429, {"Retry-After": "3600"}, b""))
    for _ in range(2):
        with pytest.raises(RateLimited, match=r"try again in 3[56]\d\d s"):
            ask(server, client, GOOD)
    assert len(server.asked) == 1


def test_a_source_may_ask_for_a_slower_pace_and_not_for_a_quicker(
    server, client, waits
):
    client.pace = 2.0
    for pace in (0.5, 5.0, 0.5):
        ask(server, client, GOOD, pace=pace)
    assert waits == pytest.approx([0, 5, 2], abs=0.5)


def test_waits_double_and_have_a_ceiling(server, client, waits):
    client.backoff, client.patience = 4.0, 10.0
    with pytest.raises(Transient):
        ask(server, client, (503, {}, b""))
    first, second, *rest = waits[1:]
    assert 3.9 <= first <= 8
    assert 7.9 <= second <= 10
    assert rest == pytest.approx([10, 10], abs=0.1)


def test_a_status_that_is_accepted_is_an_answer_whatever_its_body(server, client):
    answer = ask(server, client, (404, {}, b"<html>none"), accept=(200, 404))
    assert (answer.status, answer.content) == (404, b"<html>none")


def test_a_redirect_on_the_same_host_is_followed(server, client):
    server.answer("/b.json", GOOD)
    answer = ask(server, client, (301, {"Location": "/b.json"}, b""))
    assert answer.content == GOOD[2]
    assert answer.url.endswith("/a.json")


def test_a_redirect_can_be_an_answer_and_is_then_not_followed(server, client):
    moved = (302, {"Location": "/b.json", "X-Why": "nearest"}, b"")
    kept = {"accept": (200, 302), "keep_headers": ("Location", "X-Why")}
    answer = ask(server, client, moved, follow=False, **kept)
    assert answer.status == 302
    assert answer.headers["location"] == "/b.json"
    assert answer.headers["x-why"] == "nearest"
    with pytest.raises(UnexpectedContent, match="answered 302"):
        ask(server, client, moved, follow=False)
    assert [path for path, _ in server.asked] == ["/a.json", "/a.json"]


def test_a_sources_own_headers_are_sent_beside_the_clients(server, client):
    ask(server, client, GOOD, send_headers={"Accept-Language": "de"})
    sent = server.asked[0][1]
    assert sent["Accept-Language"] == "de"
    assert sent["User-Agent"].startswith("platform-migration/")
    assert sent["Accept-Encoding"] == "gzip, deflate"


BOTH = gzip.compress(gzip.compress(b'{"a": 1}', mtime=0), mtime=0)


@pytest.mark.parametrize(
    ("headers", "body", "noted"),
    [
        ({"Content-Encoding": "gzip"}, gzip.compress(b'{"a": 1}', mtime=0), None),
        ({"Content-Encoding": ", gzip"}, gzip.compress(b'{"a": 1}', mtime=0), None),
        ({"Content-Encoding": "x-gzip"}, gzip.compress(b'{"a": 1}', mtime=0), None),
        ({"Content-Encoding": "identity"}, b'{"a": 1}', None),
        ({"Content-Encoding": "deflate"}, zlib.compress(b'{"a": 1}'), None),
        ({}, gzip.compress(b'{"a":', mtime=0) + gzip.compress(b" 1}", mtime=0), "gzip"),
        ({"Content-Encoding": "gzip"}, BOTH, "gzip"),
    ],
)
def test_every_way_of_packing_is_undone(server, client, headers, body, noted):
    answer = ask(server, client, (200, JSON | headers, body))
    assert json.loads(answer.content) == {"a": 1}
    assert answer.headers.get(UNPACKED) == noted


def test_a_packed_file_that_was_asked_for_stays_packed(server, client):
    packed = gzip.compress(b"[1]", mtime=0)
    answer = ask(server, client, (200, {}, packed), kind="bytes")
    assert answer.content == packed


def test_a_packing_that_nobody_asked_for_is_refused(server, client):
    with pytest.raises(UnexpectedContent, match="packed as 'br'"):
        ask(server, client, (200, {**JSON, "Content-Encoding": "br"}, b"{}"))


@pytest.mark.parametrize("headers", [{}, {"Content-Encoding": "gzip"}])
def test_a_bomb_is_cut_off_before_it_fills_the_memory(server, client, headers):
    bomb = gzip.compress(b"[" + b" " * 60_000_000 + b"]", 1, mtime=0)
    tracemalloc.start()
    with pytest.raises(UnexpectedContent, match="more than 1000000 bytes"):
        ask(server, client, (200, JSON | headers, bomb), max_bytes=1_000_000)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 20_000_000


@pytest.mark.parametrize(
    "headers", [{"Connection": "close"}, {"Transfer-Encoding": "chunked"}]
)
def test_a_packed_stream_that_stops_early_is_a_passing_fault(server, client, headers):
    client.retries = 0
    half = gzip.compress(bytes(range(256)) * 40, mtime=0)[:-40]
    if "Transfer-Encoding" in headers:
        half = b"%x\r\n%s\r\n0\r\n\r\n" % (len(half), half)
    with pytest.raises(Transient, match="stops before its end"):
        ask(server, client, (200, headers, half), kind="text")


@pytest.mark.parametrize("body", [b"ff\r\n{}", b"2\r\n{}\r\n", b"nonsense\r\n{}"])
def test_a_chunk_that_is_not_whole_is_a_passing_fault(server, client, body):
    client.retries = 0
    with pytest.raises(Transient, match="could not be read"):
        ask(server, client, (200, {**JSON, "Transfer-Encoding": "chunked"}, body))


def test_a_body_cut_short_is_asked_for_again(server, client):
    cut = (200, {**JSON, "Content-Length": 99}, b"{}")
    assert ask(server, client, cut, GOOD).content == GOOD[2]


def test_a_contact_by_which_nobody_can_be_reached_is_refused():
    with pytest.raises(CannotAsk, match="a mail address or a page"):
        Client(contact="x")


def test_what_hangs_or_drips_is_asked_for_once_more_and_not_five_times(server, client):
    """Each attempt may take two minutes: a source that hangs would take all night."""
    client.deadline, server.delay, client.retries = 0.3, 0.1, 4
    with pytest.raises(Transient, match="too slow"):
        ask(server, client, (200, {}, [b"{", *[b" "] * 50, b"}"]))
    assert len(server.asked) == 2
    server.asked.clear()
    client.timeout, server.delay = (0.2, 0.2), 0.6
    with pytest.raises(Transient, match="could not be read"):
        ask(server, client, (200, {}, [b"{}"]))
    assert len(server.asked) == 2


def test_an_answer_that_drips_is_given_up_at_its_deadline(server, client):
    client.deadline, client.retries, server.delay = 0.3, 0, 0.1
    start = time.monotonic()
    with pytest.raises(Transient, match="too slow"):
        ask(server, client, (200, JSON, [b"[", *[b" "] * 100, b"]"]))
    assert time.monotonic() - start < 5


def evens(pieces):
    """Lines with an even number, as they come."""
    rest = b""
    for piece in pieces:
        *lines, rest = (rest + piece).split(b"\n")
        yield from (line + b"\n" for line in lines if int(line) % 2 == 0)


def test_of_a_sifted_answer_only_that_is_kept_and_the_whole_is_measured(server, client):
    whole = b"".join(b"%d\n" % n for n in range(100_000))
    answer = ask(server, client, (200, {}, whole), kind="csv", sift=evens)
    assert answer.content.split()[:3] == [b"0", b"2", b"4"]
    assert len(answer.content.split()) == 50_000
    assert answer.headers[WHOLE_BYTES] == str(len(whole))
    assert answer.headers[WHOLE_SHA256] == hashlib.sha256(whole).hexdigest()


def test_a_sift_that_stops_early_does_not_shorten_the_whole(server, client):
    whole = b"a,b\n" * 100_000

    def first(pieces):
        yield next(pieces)[:4]

    answer = ask(server, client, (200, {}, whole), kind="csv", sift=first)
    assert answer.content == b"a,b\n"
    assert answer.headers[WHOLE_SHA256] == hashlib.sha256(whole).hexdigest()


def test_a_sift_never_sees_a_page_of_html(server, client):
    with pytest.raises(UnexpectedContent, match="begins with"):
        ask(server, client, (200, {}, b"<html>"), kind="csv", sift=pytest.fail)


BOM = b"\xef\xbb\xbf"


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        ("json", [b"{}", b" [1]", BOM + b"{}", b")]}'\n{}", b")]}',\n{}"], [b"", b"a"]),
        ("csv", [b"a,b\n", BOM + b"a;b", b"\xff\xfea\0"], [b"", b"{}", b"<a>"]),
        ("text", [b"", b"words", b"a <b>"], [b"<!DOCTYPE html>", b" <html>"]),
        ("html", [b"<!doctype html>", b"\n<p>"], [b"", b"{}", b"words"]),
        ("xml", [b"<?xml ?><a/>", b"<feed/>"], [b"", b"<html>", b"{}"]),
        ("zip", [b"PK\x03\x04"], [b"", b"<html>", b" PK"]),
        ("bytes", [b"", b"\x00\x01", b"<a/>"], [b"<!DOCTYPE HTML>"]),
    ],
)
def test_each_kind_is_known_by_its_first_bytes(server, client, kind, good, bad):
    for body in good:
        assert ask(server, client, (200, {}, body), kind=kind).content == body
    for body in bad:
        with pytest.raises(UnexpectedContent, match=f"needs {kind.upper()}"):
            ask(server, client, (200, {}, body), kind=kind)


def test_html_is_believed_where_it_was_asked_for(server, client):
    page = (200, {"Content-Type": "text/html"}, b"<html></html>")
    assert ask(server, client, page, kind="html").content == page[2]
    for kind in ("json", "csv", "text", "xml", "bytes"):
        declared = (200, {"Content-Type": "text/html"}, b"{}")
        with pytest.raises(UnexpectedContent, match="text/html"):
            ask(server, client, declared, kind=kind)


@pytest.mark.parametrize("status", [408, 421, 425, 502, 599])
def test_a_status_of_trouble_is_a_passing_fault(server, client, status):
    client.retries = 0
    with pytest.raises(Transient, match=str(status)):
        ask(server, client, (status, {}, b""))


@pytest.mark.parametrize("contact", ["", "  ", None])
def test_nobody_asks_without_a_contact(contact):
    with pytest.raises(SourceError, match=CONTACT):
        client_for(contact)


@pytest.mark.parametrize("contact", ["a\r\nX: y", "é@example.org", "a" * 201])
def test_a_contact_that_would_break_the_header_is_refused(contact):
    with pytest.raises(SourceError, match="ASCII"):
        Client(contact=contact)


def test_the_settings_win_over_the_study(monkeypatch):
    monkeypatch.setenv(CONTACT, "mine@example.org")
    asks = client_for("study@example.org")
    assert asks.contact == "mine@example.org"
    asks.close()


def test_it_tells_what_it_asks(server, client):
    told = []
    client.progress = told.append
    ask(server, client, GOOD)
    assert told == [f"{server.base}/a.json"]


def test_a_header_may_make_any_status_an_answer(server, client):
    """An archive's copy of somebody's 503 comes at once, body and all."""
    server.answer("/a", (503, {"Memento-Datetime": "x"}, b"<html>"), GOOD)
    url = f"{server.base}/a"
    copy = client.get(Ask(url=url, name="a", answer_if="memento-datetime"))
    assert (copy.status, copy.content) == (503, b"<html>")
    assert (
        client.get(Ask(url=url, name="a", answer_if="memento-datetime")).status == 200
    )
    assert len(server.asked) == 2


def test_what_may_be_anything_is_kept_as_it_came(server, client):
    packed = gzip.compress(b"{}", mtime=0)
    for content in (b"<!DOCTYPE html>", packed, b""):
        server.answer("/a", (200, {"Content-Type": "text/html"}, content))
        found = client.get(Ask(url=f"{server.base}/a", name="a", kind="any"))
        assert found.content == content
