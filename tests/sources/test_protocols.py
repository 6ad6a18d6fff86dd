"""Every networked source in the twenty cases, against a server on this machine."""

import email.utils
import gzip
import socket
import time
from pathlib import Path

import pytest
from pandas.testing import assert_frame_equal
from sources.protocol import CASES, COMMON, load_protocols, write_page

from migration.errors import MigrationError
from migration.panel import check_panel
from migration.sources import fetch, load_panel, rehearse, verify
from migration.sources.ask import ABSENT
from migration.sources.client import Client
from migration.sources.registry import fetchable
from migration.store import Store
from migration.workspace import init_workspace

PROTOCOLS = {one.name: one for one in load_protocols()}
PAGE = Path(__file__).resolve().parents[2] / "docs" / "source-cases.md"
HTML = (200, {"Content-Type": "text/html"}, b"<!DOCTYPE html><title>Sorry</title>")
PROBLEM = {"Content-Type": "application/problem+json"}
GONE = b'{"type": "about:blank", "title": "Not Found", "status": 404}'


def having(number):
    """Sources on which a case is tried as on all others."""
    some = [
        one
        for one in PROTOCOLS.values()
        if number not in one.not_here and number not in one.own
    ]
    return pytest.mark.parametrize("source", [one.name for one in some])


@pytest.fixture
def waits():
    """How long the client would have waited, each time."""
    return []


@pytest.fixture
def trial(server, tmp_path, waits):
    """Starts a source's server, and fetches from it as often as wanted."""
    client = Client(
        contact="tests@example.org", pace=0.0, timeout=(5.0, 2.0), sleep=waits.append
    )

    def start(source, answers=None):
        return Trial(PROTOCOLS[source], server, client, tmp_path, answers)

    yield start
    client.close()


class Trial:
    """One source, its server and a workspace."""

    def __init__(self, protocol, server, client, folder, answers):
        self.protocol, self.server, self.client = protocol, server, client
        self.folder, self.workspace = folder, init_workspace(folder / "space")
        self.study = protocol.study(server.base)
        self.well = answers or protocol.answers(server.base)
        self.serve()

    def serve(self):
        """Answer as when all is well."""
        self.server.script = {path: [sent] for path, sent in self.well.items()}

    def spoil(self, *answers):
        self.server.script[self.protocol.data_path] = list(answers)

    @property
    def whole(self):
        return self.well[self.protocol.data_path]

    def fetch(self, **how):
        self.server.asked.clear()
        since, until = self.protocol.window
        where = {"workspace": self.workspace, "client": self.client}
        return fetch(self.study, since=since, until=until, **where, **how)[
            self.protocol.source
        ]

    def panel(self):
        return check_panel(
            load_panel(
                self.study, source=self.protocol.source, workspace=self.workspace
            )
        )

    def found(self):
        """The panel or, where there is none, the error that says why."""
        try:
            return self.panel()
        except MigrationError as error:
            return error

    def asked(self):
        """How often the spoiled address was asked."""
        paths = [path for path, _ in self.server.asked]
        return paths.count(self.protocol.data_path)

    def kept(self):
        """Data kept of the spoiled address."""
        url = self.server.base + self.protocol.data_path
        entries = Store(self.workspace.raw).entries(self.protocol.source)
        good = [e for e in entries if e.status == 200 and ABSENT not in e.headers]
        return [entry for entry in good if entry.url.partition("#")[0] == url]

    def known(self):
        """How many numbers the panel has; none where there is no panel."""
        found = self.found()
        if isinstance(found, MigrationError):
            return 0
        return int(found[["value", "lower", "upper"]].notna().any(axis=1).sum())

    def no_number_from_nothing(self):
        """What lacks an answer knows no more than what has them all."""
        poor = self.known()
        self.serve()
        self.workspace = init_workspace(self.folder / "whole")
        self.fetch()
        assert poor <= self.known()

    def mended(self):
        """All is well again: the next fetch finishes what is left, and no more."""
        self.serve()
        done = self.fetch()
        assert not done.failed, done.why
        assert self.asked() == 1
        self.protocol.check(self.panel())
        assert verify(self.workspace) == []


def test_every_source_that_is_fetched_has_a_protocol():
    assert {one.source for one in PROTOCOLS.values()} == set(fetchable())


@pytest.mark.parametrize("source", PROTOCOLS)
def test_each_case_is_tried_or_cannot_arise(source):
    protocol = PROTOCOLS[source]
    answered = set(COMMON) | set(protocol.own) | set(protocol.not_here)
    assert answered == set(CASES)
    assert not set(protocol.own) & set(protocol.not_here)
    assert all(len(why) > 20 for why in protocol.not_here.values())


def test_the_page_of_cases_is_up_to_date():
    made = write_page(list(PROTOCOLS.values()))
    assert PAGE.read_text(encoding="utf-8") == made, (
        "write it anew: PYTHONPATH=src:tests python -m sources.protocol "
        "docs/source-cases.md"
    )


def own_cases():
    """Each source's own answers, named after its case."""
    for protocol in PROTOCOLS.values():
        for number, cases in protocol.own.items():
            for case in cases if isinstance(cases, list) else [cases]:
                name = f"{protocol.name}-{number}-{case.__name__}"
                yield pytest.param(protocol.name, case, id=name)


@pytest.mark.parametrize(("source", "case"), list(own_cases()))
def test_the_sources_own_cases(trial, server, source, case):
    answers, check = case(server.base)
    tried = trial(source, answers)
    tried.fetch()
    check(tried.found())
    assert verify(tried.workspace) == []


@having(1)
def test_1_all_is_well(trial, server, source):
    tried = trial(source)
    since, until = tried.protocol.window
    days = {"since": since, "until": until, "workspace": tried.workspace}
    (before,) = rehearse(tried.study, **days)
    assert (server.asked, before.kept, before.ended) == ([], 0, "")
    done = tried.fetch()
    assert (done.kept, done.refused, done.not_here, done.ended) == ((), {}, (), "")
    assert 1 <= before.questions <= len(done.entries) + len(done.absent)
    tried.protocol.check(tried.panel())
    assert verify(tried.workspace) == []
    (after,) = rehearse(tried.study, **days)
    assert after.kept == len(done.entries)


@having(2)
def test_2_packed_and_said_so(trial, source):
    tried = trial(source)
    status, headers, body = tried.whole
    tried.spoil(
        (status, {**headers, "Content-Encoding": "gzip"}, gzip.compress(body, mtime=0))
    )
    assert not tried.fetch().failed
    tried.protocol.check(tried.panel())


@having(3)
def test_3_too_many_without_a_word_on_when(trial, source):
    tried = trial(source)
    tried.spoil((429, {"Content-Type": "text/html"}, b"<html>429</html>"))
    done = tried.fetch()
    assert "patience" in done.ended
    assert tried.asked() <= 1 + tried.client.retries
    assert tried.kept() == []
    tried.mended()


@having(3)
@pytest.mark.parametrize("form", ["seconds", "date"])
def test_3_too_many_and_when_again(trial, waits, source, form):
    tried = trial(source)
    then = email.utils.formatdate(time.time() + 30, usegmt=True)
    wait = "30" if form == "seconds" else then
    tried.spoil((429, {"Retry-After": wait}, b"later"), tried.whole)
    assert not tried.fetch().failed
    assert any(20 < seconds <= 30 for seconds in waits)
    tried.protocol.check(tried.panel())


@having(4)
def test_4_a_passing_fault(trial, source):
    tried = trial(source)
    tried.spoil((503, {}, b"<html>"), tried.whole)
    assert not tried.fetch().failed
    tried.protocol.check(tried.panel())


@having(4)
def test_4_a_fault_that_lasts(trial, source):
    tried = trial(source)
    tried.spoil((503, {}, b"<html>"))
    done = tried.fetch()
    assert done.refused
    assert tried.asked() == 1 + tried.client.retries
    assert tried.kept() == []
    tried.mended()


@having(5)
def test_5_a_page_in_place_of_the_data(trial, source):
    tried = trial(source)
    tried.spoil(HTML)
    assert tried.fetch().refused
    assert tried.kept() == []
    tried.mended()


@having(6)
@pytest.mark.parametrize("form", ["length", "chunk"])
def test_6_cut_short(trial, source, form):
    tried = trial(source)
    status, headers, body = tried.whole
    half = body[: len(body) // 2]
    if form == "length":
        cut = {**headers, "Content-Length": str(len(body))}
    else:
        cut = {**headers, "Transfer-Encoding": "chunked"}
        half = b"%x\r\n" % len(body) + half
    tried.spoil((status, cut, half))
    assert tried.fetch().refused
    assert tried.kept() == []
    tried.mended()


@having(7)
@pytest.mark.parametrize("body", [b"[]", b"{}", b""])
def test_7_nothing_in_it(trial, source, body):
    tried = trial(source)
    status, headers, _ = tried.whole
    tried.spoil((status, headers, body))
    done = tried.fetch()
    assert done.refused or done.absent
    assert tried.kept() == []
    tried.no_number_from_nothing()


@having(8)
@pytest.mark.parametrize(
    ("headers", "body"),
    [(PROBLEM, GONE), ({"Content-Type": "text/html"}, b"<html>no such page</html>")],
    ids=["problem", "page"],
)
def test_8_not_there(trial, source, headers, body):
    tried = trial(source)
    tried.spoil((404, headers, body))
    done = tried.fetch()
    assert done.absent or done.refused
    assert tried.kept() == []
    tried.fetch()
    assert tried.asked() == (0 if not done.refused else 1)
    assert verify(tried.workspace) == []
    tried.no_number_from_nothing()


@pytest.mark.parametrize("source", PROTOCOLS)
def test_8_a_page_says_that_there_is_nothing_only_where_the_source_says_it_so(
    trial, server, source
):
    """A page of a proxy's must not become a final "there is nothing" of an interface's.

    Where a source's own 404 is a page, it is believed.
    """
    tried = trial(source)
    page = b"<!DOCTYPE html><title>404</title>"
    tried.spoil((404, {"Content-Type": "text/html; charset=utf-8"}, page))
    done = tried.fetch()
    if tried.protocol.absence == "page":
        assert not done.refused
        return
    path = tried.protocol.data_path.partition("#")[0]
    (why,) = [why for why in done.refused.values() if "in JSON" in why]
    assert why.startswith(f"{server.base}{path}")
    assert "answered 404 with b'<!DOCTYPE html>" in why
    assert tried.kept() == []
    tried.mended()


@having(9)
def test_9_to_another_host(trial, server, source):
    tried = trial(source)
    elsewhere = server.base.replace("127.0.0.1", "localhost") + "/sorry"
    server.script["/sorry"] = [tried.whole]
    tried.spoil((302, {"Location": elsewhere}, b""))
    done = tried.fetch()
    assert done.refused or done.absent
    assert "/sorry" not in [path for path, _ in server.asked]
    assert tried.kept() == []


@having(10)
def test_10_packed_and_not_said_so(trial, source):
    tried = trial(source)
    status, headers, body = tried.whole
    tried.spoil((status, headers, gzip.compress(body, mtime=0)))
    assert not tried.fetch().failed
    tried.protocol.check(tried.panel())


@having(18)
def test_18_refused_by_policy(trial, source):
    tried = trial(source)
    said = b"Please set a user-agent and respect our robot policy"
    tried.spoil((403, {"Content-Type": "text/plain"}, said))
    done = tried.fetch()
    assert "refuses (403)" in done.ended
    assert tried.asked() == 1
    assert tried.kept() == []
    tried.mended()


@having(20)
def test_20_what_is_kept_is_not_asked_again(trial, source, monkeypatch):
    tried = trial(source)
    first = tried.fetch()
    panel = tried.panel()
    again = tried.fetch()
    assert tried.server.asked == []
    assert len(again.kept) == len(first.entries)
    assert (again.entries, again.absent) == ((), first.absent)
    monkeypatch.setattr(socket, "socket", None)
    offline = tried.fetch(offline=True)
    assert (len(offline.kept), offline.not_here) == (len(first.entries), ())
    assert_frame_equal(tried.panel(), panel)
