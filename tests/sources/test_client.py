"""The client against a real server on this machine."""

import datetime as dt
import email.utils
import gzip
import time

import pytest

from migration.errors import (
    Blocked,
    NotFound,
    RateLimited,
    SourceError,
    Transient,
    UnexpectedContent,
)
from migration.sources.ask import Ask
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
    answer = ask(server, client, (200, packed, gzip.compress(b'{"a": 1}')))
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
        ((200, JSON, gzip.compress(b"a,b")), UnexpectedContent, "begins with"),
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


def test_csv_is_not_json(server, client):
    table = (200, {"Content-Type": "text/csv"}, b"a,b\n1,2\n")
    assert ask(server, client, table, kind="csv").content == b"a,b\n1,2\n"
    with pytest.raises(UnexpectedContent):
        ask(server, client, table)
    with pytest.raises(UnexpectedContent):
        ask(server, client, GOOD, kind="csv")


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
