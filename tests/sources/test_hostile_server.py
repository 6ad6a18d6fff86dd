"""A host that means harm: what it can make the client do, and what it cannot."""

import dataclasses
import itertools
import socket
import threading
import time
import zlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from migration.errors import Blocked, RateLimited, UnexpectedContent
from migration.sources.ask import Ask
from migration.sources.client import Client, retry_seconds
from migration.sources.client.statuses import next_address
from migration.sources.fetching import fetch
from migration.sources.hosts import PRIVATE_HOSTS

JSON = {"Content-Type": "application/json"}
GOOD = (200, JSON, b'{"a": 1}')
MOST = 100_000
ENDLESS_SECONDS = 20.0


class _Endless(BaseHTTPRequestHandler):
    """Sends one piece again and again, as fast as it is taken."""

    def do_GET(self):
        self.send_response(200)
        for name, value in self.server.headers.items():
            self.send_header(name, value)
        self.end_headers()
        until = time.monotonic() + ENDLESS_SECONDS
        try:
            self.wfile.write(self.server.first)
            while time.monotonic() < until:
                self.wfile.write(self.server.piece)
        except ConnectionError:
            self.server.left.set()

    def log_message(self, *_):
        """Keep the tests' output clean."""


@pytest.fixture
def endless():
    with ThreadingHTTPServer(("127.0.0.1", 0), _Endless) as running:
        running.daemon_threads = True
        running.left = threading.Event()
        thread = threading.Thread(target=running.serve_forever, args=(0.01,))
        thread.start()
        yield running
        running.shutdown()
        thread.join(timeout=10)


def _nothing_packed():
    """The head of a gzip stream, and a block of it that holds nothing."""
    machine = zlib.compressobj(wbits=zlib.MAX_WBITS | 16)
    head = machine.flush(zlib.Z_FULL_FLUSH)
    return head, machine.flush(zlib.Z_FULL_FLUSH) or b"\x00\x00\x00\xff\xff"


@pytest.mark.parametrize(
    ("headers", "first", "piece"),
    [
        (JSON, b"", b" " * 60_000),
        ({**JSON, "Content-Encoding": "gzip"}, *_nothing_packed()),
        (JSON, *_nothing_packed()),
        ({**JSON, "Content-Encoding": "gzip"}, b"", zlib.compress(b"", wbits=31)),
    ],
    ids=["blanks", "packed nothing", "nothing packed unsaid", "empty members"],
)
def test_an_answer_without_an_end_is_cut_off(endless, client, headers, first, piece):
    """What is sent counts, not only what comes out of it."""
    endless.headers, endless.first = headers, first
    endless.piece = piece * (1 + 60_000 // len(piece))
    url = f"http://127.0.0.1:{endless.server_port}/a.json"
    began = time.monotonic()
    with pytest.raises(UnexpectedContent):
        client.get(Ask(url=url, name="a.json", max_bytes=MOST))
    assert time.monotonic() - began < ENDLESS_SECONDS / 2
    assert endless.left.wait(5)


@pytest.mark.parametrize(
    "header",
    [
        "Mon, 01 Jan 99999999999999999999 00:00:00 GMT",
        "Mon, 01 Jan 2026 00:00:00 +9999999999999",
        "Mon, 01 Jan 0001 00:00:00 +2359",
    ],
)
def test_a_wait_that_no_clock_has_is_none_or_no_wait(header):
    assert not retry_seconds(header)


def test_a_wait_of_thousands_of_digits_ends_the_source(server, client):
    server.answer("/a.json", (429, {"Retry-After": "9" * 5000}, b""))
    with pytest.raises(RateLimited, match="try again in inf s"):
        client.get(Ask(url=f"{server.base}/a.json", name="a.json"))
    assert len(server.asked) == 1


def test_no_password_of_this_machine_is_sent(server, client, tmp_path, monkeypatch):
    """A study names the host: it must not draw what the machine keeps for that host."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password secret\n", encoding="utf-8")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    server.answer("/a.json", GOOD)
    sent = {"Authorization": "Bearer own"}
    client.get(Ask(url=f"{server.base}/a.json", name="a.json"))
    client.get(Ask(url=f"{server.base}/a.json", name="a.json", send_headers=sent))
    first, second = (headers for _, headers in server.asked)
    assert "Authorization" not in first
    assert second["Authorization"] == "Bearer own"


def test_no_cookie_is_kept(server, client):
    server.answer("/a.json", (200, {**JSON, "Set-Cookie": "who=you; Path=/"}, b"[1]"))
    for _ in range(2):
        client.get(Ask(url=f"{server.base}/a.json", name="a.json"))
    assert all("Cookie" not in headers for _, headers in server.asked)


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "localhost", "10.0.0.1", "192.168.1.1", "169.254.169.254"),
        *("[::1]", "[::ffff:127.0.0.1]", "[fd00::1]", "[fe80::1]", "100.64.0.1"),
        *("0.0.0.0", "[::]"),
    ],
)
def test_no_address_of_this_network_is_asked(client, host, monkeypatch):
    monkeypatch.delenv(PRIVATE_HOSTS)
    with pytest.raises(Blocked, match=f"name the host in {PRIVATE_HOSTS}"):
        client.get(Ask(url=f"http://{host}:9/a.json", name="a.json"))


@pytest.mark.parametrize("form", ["name.example.org", "2130706433", "0x7f.1", "127.1"])
def test_what_a_name_means_is_looked_at_where_it_connects(
    server, client, form, monkeypatch
):
    """However it is written: no byte is sent to where it leads."""
    monkeypatch.setenv(PRIVATE_HOSTS, "another.example.org")
    here = ("127.0.0.1", server.server_port)
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", here)]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    with pytest.raises(Blocked, match=r"is 127\.0\.0\.1, on this machine"):
        client.get(Ask(url=f"http://{form}:9/a.json", name="a.json"))
    assert server.asked == []


def test_a_host_that_is_named_is_asked(server, client, monkeypatch):
    monkeypatch.setenv(PRIVATE_HOSTS, "mirror.example.org, 127.0.0.1")
    server.answer("/a.json", GOOD)
    assert client.get(Ask(url=f"{server.base}/a.json", name="a.json")).status == 200


def test_a_lock_keeps_nothing_out_of_sight(client, server, monkeypatch):
    """Over TLS, too, it is looked at before the first byte."""
    monkeypatch.setenv(PRIVATE_HOSTS, "")
    found = [
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", server.server_port))
    ]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    with pytest.raises(Blocked):
        client.get(Ask(url="https://name.example.org/a.json", name="a.json"))


def test_a_study_that_leads_here_ends_its_source(small, server, workspace, monkeypatch):
    monkeypatch.setenv(PRIVATE_HOSTS, "")
    (spec,) = small.sources
    led = dataclasses.replace(spec, options={"address": server.base})
    study = dataclasses.replace(small, sources=(led,))
    monkeypatch.setenv("MIGRATION_CONTACT", "tests@example.org")
    done = fetch(study, workspace=workspace)
    assert "where a study must not lead" in done.sources[0].ended
    assert server.asked == []


class _Reply:
    status_code = 301

    def __init__(self, url, location):
        self.url, self.headers = url, {"Location": location}


@pytest.mark.parametrize(
    "location",
    [
        "http://example.org/a",
        "file://example.org/etc/passwd",
        "ftp://example.org/a",
        "//example.com/a",
        "https://example.org@example.com/a",
        "https://169.254.169.254/latest",
        "javascript:alert(1)",
    ],
)
def test_no_redirect_leaves_the_host_or_its_lock(location):
    with pytest.raises(UnexpectedContent, match="leads to"):
        next_address(_Reply("https://example.org/b", location))


def test_a_redirect_to_the_locked_door_of_a_host_is_followed():
    reply = _Reply("http://example.org/b", "https://example.org/a")
    assert next_address(reply) == "https://example.org/a"


@pytest.mark.parametrize("sent", ["\x1b]0;owned\x07text/html", "\x9b2Jtext/html"])
def test_a_header_cannot_write_on_the_terminal(server, client, sent):
    server.answer("/a.json", (200, {"Content-Type": sent}, b"<p>"))
    with pytest.raises(UnexpectedContent) as caught:
        client.get(Ask(url=f"{server.base}/a.json", name="a.json"))
    assert all(char.isprintable() for char in str(caught.value))


def test_the_contact_is_one_line():
    for contact in itertools.product(
        ["a@example.org"], ["\r\nX: 1", "\x00", "\x1b[2J"]
    ):
        with pytest.raises(Exception, match="ASCII"):
            Client(contact="".join(contact))
