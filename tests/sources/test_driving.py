"""Plans driven by answers made by hand: what is kept, told, and asked again."""

import dataclasses
import datetime as dt
import json
import subprocess
import sys
import types

import pytest

from migration.errors import (
    Blocked,
    CannotAsk,
    Excluded,
    NoData,
    RateLimited,
    SchemaDrift,
    SourceError,
    StoreError,
    Transient,
)
from migration.sources import driving, fetch, read_raw, registry, rehearse
from migration.sources.ask import Answer, Ask
from migration.sources.client import Client
from migration.sources.driving import Fetching, drive, run_plan
from migration.sources.kept import Kept
from migration.sources.rehearsing import PACE, RATE, Rehearsing
from migration.sources.window import window_of
from migration.store import MANIFEST, Store

LATER = dt.date(9999, 1, 1)
BASE = "https://example.org"


class Network:
    """Stands for the client: answers by the last part of an address, counts."""

    def __init__(self, **answers):
        self.answers, self.asked = answers, []

    def get(self, ask):
        name = ask.url.rpartition("/")[2]
        self.asked.append(name)
        said = self.answers.get(name, f"{name} of {len(self.asked)}".encode())
        if isinstance(said, Exception):
            raise said
        status, content = said if isinstance(said, tuple) else (200, said)
        now = f"{dt.datetime.now(dt.UTC):%Y-%m-%dT%H:%M:%S+00:00}"
        return Answer(
            url=ask.url, status=status, headers={}, content=content, retrieved_at=now
        )


def question(name, **how):
    return Ask(url=f"{BASE}/{name}", name=f"{name}.json", what=name, **how)


def plan(asks, sent=None):
    """A plan of fixed questions that notes what it was sent."""
    for ask in asks:
        answer = yield ask
        if sent is not None:
            sent.append(answer and answer.content)


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "raw")


def run(store, network, asks, sent=None):
    return run_plan(plan(asks, sent), Fetching(kept=Kept(store, "s"), client=network))


def test_each_answer_reaches_the_plan_in_its_turn_and_is_kept(store):
    sent = []
    done = run(store, Network(a=b"1", b=b"2"), map(question, "ab"), sent)
    assert sent == [b"1", b"2"]
    assert [entry.name for entry in done.entries] == ["s/a.json", "s/b.json"]
    assert not done.failed


def test_what_is_final_is_sent_from_the_store_and_not_asked_again(store):
    network, sent = Network(a=b"1"), []
    run(store, network, [question("a")])
    done = run(store, network, [question("a")], sent)
    assert (network.asked, sent, done.kept) == (["a"], [b"1"], ("a",))


def test_what_may_still_change_is_asked_again_and_becomes_a_vintage(store):
    network = Network()
    for _ in range(2):
        run(store, network, [question("a", settles=LATER)])
    assert network.asked == ["a", "a"]
    assert len(store.entries()) == 2


def test_in_one_run_an_address_is_asked_once(store):
    network, sent = Network(), []
    asks = [question("a", settles=LATER)] * 3
    done = run(store, network, asks, sent)
    assert (network.asked, sent) == (["a"], [b"a of 1"] * 3)
    assert (len(done.entries), done.kept) == (1, ("a", "a"))


def test_an_answer_is_known_by_its_address_whatever_token_its_url_holds(store):
    network, sent = Network(), []
    for token in "12":
        ask = dataclasses.replace(question(f"a?token={token}"), name="a.json")
        asks = [dataclasses.replace(ask, address=f"{BASE}/a")]
        run(store, network, asks, sent)
    assert network.asked == ["a?token=1"]
    assert sent == [b"a?token=1 of 1"] * 2
    assert [entry.url for entry in store.entries()] == [f"{BASE}/a"]


def test_the_same_bytes_read_after_they_settled_are_not_asked_a_third_time(store):
    today = dt.datetime.now(dt.UTC).date()
    yesterday = today - dt.timedelta(days=1)
    store.put("s", "a.json", b"1", url=f"{BASE}/a", retrieved_at=f"{yesterday}T01:00")
    network, asks = Network(a=b"1"), [question("a", settles=yesterday)]
    for _ in range(3):
        run(store, network, asks)
    assert network.asked == ["a"]
    assert [e.retrieved_at[:10] for e in store.entries()] == [
        f"{yesterday}",
        f"{today}",
    ]


@pytest.mark.parametrize("said", [(404, b"no"), (410, b""), NoData("empty")])
def test_what_is_not_there_is_remembered_and_never_read(store, said):
    def check(_):
        if isinstance(said, NoData):
            raise said

    sent = []
    network = Network(a=b"{}" if isinstance(said, NoData) else said)
    asks = [question("a", check=check), question("b")]
    done = run(store, network, asks, sent)
    assert (sent, list(done.absent), len(done.entries)) == ([None, b"b of 2"], ["a"], 1)
    again = run(store, network, asks, sent)
    assert network.asked == ["a", "b"]
    assert again.absent == done.absent
    assert not again.failed


def test_an_older_answer_is_read_where_the_address_is_gone(workspace, monkeypatch):
    monkeypatch.setitem(registry.MODULES, "s", "flathub")
    store = Store(workspace.raw)
    store.put("s", "a.json", b"1", url=f"{BASE}/a", retrieved_at="2021-01-01T00:00")
    run(store, Network(a=(404, b"no")), [question("a", settles=LATER)])
    assert [e.status for e in store.newest("s")] == [404]
    assert dict(read_raw("s", workspace=workspace).files) == {"s/a.json": b"1"}


def test_where_nothing_at_all_exists_the_source_may_have_moved(store):
    """A weekly fetch of a mirror that was given up is no success."""
    asks, gone = list(map(question, "abc")), dict.fromkeys("abc", (404, b"no"))
    for network in (Network(**gone), Network()):  # then from what was kept of it
        done = run(store, network, asks)
        assert done.failed
        assert done.ended.startswith("none of 3 addresses exists (404)")
    assert not run(store, Network(), [*asks, question("d")]).failed


def test_a_404_that_is_accepted_is_an_answer(store):
    sent = []
    done = run(store, Network(a=(404, b"no")), [question("a", accept=(200, 404))], sent)
    assert (sent, done.absent, done.entries[0].status) == ([b"no"], {}, 404)


def test_what_a_check_refuses_is_not_kept_and_costs_the_item_alone(store):
    def check(_):
        raise SchemaDrift("a shape that is not known")

    sent = []
    done = run(store, Network(), [question("a", check=check), question("b")], sent)
    assert (done.refused, sent) == (
        {"a": "a shape that is not known; asked was https://example.org/a"},
        [None, b"b of 2"],
    )
    assert [entry.name for entry in store.entries()] == ["s/b.json"]


@pytest.mark.parametrize("error", [Blocked("by policy"), RateLimited("later", 60.0)])
def test_a_refusal_ends_the_source_at_once(store, error):
    network = Network(b=error)
    done = run(store, network, map(question, "abc"))
    assert (network.asked, done.ended) == (["a", "b"], str(error))
    assert (len(done.entries), done.refused) == (1, {"b": str(error)})


def test_an_address_that_may_not_be_shown_leaves_the_others(store):
    """However many: the source answers, and says which it may not show."""
    network = Network(**{name: Excluded("by policy") for name in "abcd"})
    done = run(store, network, map(question, "abcde"))
    assert (network.asked, done.ended, done.failed) == (list("abcde"), "", True)
    assert (len(done.entries), done.refused["d"]) == (1, "by policy")


def test_three_failures_in_a_row_end_it_and_fewer_do_not(store):
    down = Transient("down")
    network = Network(a=down, b=down, d=down, e=down, f=down)
    done = run(store, network, map(question, "abcdefg"))
    assert network.asked == list("abcdef")
    assert done.ended == "3 questions in a row failed, the last: down"


def test_what_is_kept_between_failures_does_not_hide_that_the_source_is_down(store):
    run(store, Network(), map(question, "bd"))
    down = Transient("down")
    network = Network(a=down, c=down, e=down)
    assert run(store, network, map(question, "abcdefg")).ended
    assert network.asked == list("ace")


def test_where_a_new_answer_fails_in_passing_the_plan_goes_on_with_the_old(store):
    asks, sent = [question("a", settles=LATER)], []
    run(store, Network(a=b"old"), asks)
    done = run(store, Network(a=Transient("down")), asks, sent)
    assert (sent, done.refused) == ([b"old"], {"a": "down"})
    sent.clear()
    run(store, Network(a=SchemaDrift("odd")), asks, sent)
    assert sent == [None]


def test_a_token_is_sent_and_not_kept(store):
    network, sent = Network(), []
    for _ in range(2):
        run(store, network, [question("a", keep=False)], sent)
    assert (sent, store.entries()) == ([b"a of 1", b"a of 2"], [])


def test_a_damaged_file_is_told_and_the_rest_goes_on(store):
    network = Network()
    run(store, network, map(question, "ab"))
    (store.root / "s" / "a.json").write_bytes(b"damage")
    sent = []
    done = run(store, network, map(question, "abc"), sent)
    assert "s/a.json is damaged" in done.refused["a"]
    assert (sent, done.ended) == ([None, b"b of 2", b"c of 3"], "")


def test_a_deleted_file_is_asked_for_again(store):
    network = Network(a=b"1")
    run(store, network, [question("a")])
    (store.root / "s" / "a.json").unlink()
    assert len(run(store, network, [question("a")]).entries) == 1
    assert store.verify() == []


def test_a_store_that_cannot_keep_ends_the_fetch(store):
    name = "Not A Name"
    with pytest.raises(StoreError, match="will not do"):
        run(store, Network(), [dataclasses.replace(question("a"), name=name)])


def test_a_plan_that_refuses_the_study_is_told(store):
    def refusing():
        yield question("a")
        raise CannotAsk("no such market")

    done = run_plan(refusing(), Fetching(kept=Kept(store, "s"), client=Network()))
    assert (done.ended, len(done.entries)) == ("no such market", 1)


def test_a_plan_without_end_is_ended(monkeypatch):
    monkeypatch.setattr(driving, "MOST_QUESTIONS", 50)
    with pytest.raises(SourceError, match="asked 50 questions and had more"):
        drive(plan(question("a") for _ in range(51)), lambda _: None)
    drive(plan(question("a") for _ in range(49)), lambda _: None)


def test_a_plan_is_closed_wherever_it_ends(store):
    closed = []

    def tidy():
        try:
            yield question("a")
            yield question("b")
        finally:
            closed.append(True)

    run_plan(tidy(), Fetching(kept=Kept(store, "s"), client=Network(a=Blocked("no"))))
    assert closed == [True]


def test_progress_is_told_what_became_of_each(store):
    told = []
    network = Network(b=(404, b""), c=SchemaDrift("odd"))
    run(store, network, [question("a")])
    fetching = Fetching(kept=Kept(store, "s"), client=network)
    fetching.progress = lambda _, became, ask: told.append((became, ask.what))
    run_plan(plan(map(question, "abcd")), fetching)
    assert told == [("kept", "a"), ("absent", "b"), ("refused", "c"), ("came", "d")]


def test_offline_sends_what_is_there_even_if_it_may_have_changed(store):
    run(store, Network(a=b"1"), [question("a", settles=LATER)])
    sent = []
    done = run(store, None, [question("a", settles=LATER), question("b")], sent)
    assert (sent, done.kept, done.not_here) == ([b"1", None], ("a",), ("b",))
    assert not done.failed


def rehearsed(store, asks):
    rehearsing = Rehearsing(kept=Kept(store, "s"))
    drive(plan(asks), rehearsing)
    return rehearsing.result()


def test_a_rehearsal_counts_questions_and_what_follows_by_the_hosts_pace(store):
    asks = [question("a", leads_to=20, pace=2.5), question("b"), question("c")]
    run(store, Network(), [question("c")])
    found = rehearsed(store, asks)
    assert (found.questions, found.expected, found.kept) == (2, 20, 1)
    assert found.seconds == 21 * 2.5 + PACE
    assert found.hosts == ("example.org",)


def test_what_is_known_to_be_large_takes_the_time_that_it_takes_to_come(store):
    asks = [question("a", size=10 * RATE), question("b", pace=3.0, size=RATE)]
    found = rehearsed(store, [*asks, question("c", size=0)])
    assert found.seconds == 10 + 3.0 + PACE
    assert found.bytes == 11 * RATE
    run(store, Network(), [question("a")])
    assert rehearsed(store, asks).bytes == RATE


def test_an_answer_that_may_have_changed_still_says_what_follows(store):
    asks = [question("a", leads_to=20, settles=LATER), question("b")]
    run(store, Network(), asks)
    found = rehearsed(store, asks)
    assert (found.questions, found.expected, found.kept) == (1, 0, 1)


def test_the_rehearsal_knows_the_clients_pace():
    client = Client(contact="a@example.org")
    assert client.pace == PACE
    client.close()


@pytest.fixture
def two(small, monkeypatch):
    """A study of two sources: the first fails in a way of the test's choosing."""

    def make(failing):
        fake = types.ModuleType("migration.sources.fake_source")
        fake.plan = lambda *_: failing()
        monkeypatch.setitem(sys.modules, fake.__name__, fake)
        monkeypatch.setitem(registry.MODULES, "fake", "fake_source")
        spec = dataclasses.replace(small.source("flathub"), id="fake", controls=())
        return dataclasses.replace(small, sources=(spec, *small.sources))

    return make


def counts(name):
    days = [{"date": "2021/01/01", "arches": {"x86_64": [9, 1]}}]
    return json.dumps({"ref": name, "stats": days}).encode()


class Mirror(Network):
    def get(self, ask):
        name = ask.url.rpartition("/")[2].removesuffix(".json")
        self.answers.setdefault(f"{name}.json", counts(name))
        return super().get(ask)


@pytest.mark.parametrize("error", [Blocked("by policy"), Transient("down")])
def test_a_source_that_fails_leaves_the_next_one_its_turn(two, workspace, error):
    def failing():
        yield from map(question, "abc")

    study = two(failing)
    mirror = Mirror(a=error, b=error, c=error)
    done = fetch(study, workspace=workspace, client=mirror)
    assert [one.source for one in done] == ["fake", "flathub"]
    assert (done["fake"].failed, done["flathub"].failed, done.failed) == (
        True,
        False,
        True,
    )
    frame = done.to_frame().set_index("source")
    assert frame.loc["flathub", ["came", "refused", "ended"]].tolist() == [5, 0, False]
    assert str(error) in frame.loc["fake", "why"]
    with pytest.raises(SourceError, match="'nobody' was not asked: there are fake, fl"):
        done["nobody"]


def test_a_broken_line_of_one_source_leaves_the_next_one_its_turn(two, workspace):
    study = two(lambda: plan([question("a")]))
    Store(workspace.raw).put("fake", "a.json", b"1", url=f"{BASE}/a")
    manifest = workspace.raw / MANIFEST
    manifest.write_bytes(manifest.read_bytes().replace(b'"status"', b"status"))
    before = rehearse(study, workspace=workspace)
    assert "not a manifest line" in before[0].ended
    assert before[1].questions == 5
    done = fetch(study, workspace=workspace, client=Mirror())
    assert "not a manifest line" in done["fake"].ended
    assert (len(done["flathub"].entries), done["flathub"].failed) == (5, False)


def test_a_damaged_file_does_not_stop_a_rehearsal(store):
    run(store, Network(), map(question, "ab"))
    (store.root / "s" / "a.json").write_bytes(b"damage")
    assert rehearsed(store, list(map(question, "abc"))).questions == 1


def test_a_source_is_named_or_all_are_asked(two, workspace):
    study = two(lambda: plan([question("a")]))
    only = fetch(study, sources="fake", workspace=workspace, client=Mirror())
    assert [one.source for one in only] == ["fake"]
    assert repr(only) == (
        "<fetched for 'whatsapp-2021': fake: 1 fetched, 0 kept, 0 absent>"
    )
    both = ["flathub", "fake", "flathub"]
    done = fetch(study, sources=both, workspace=workspace, client=Mirror())
    assert [one.source for one in done] == ["flathub", "fake"]


def test_a_source_that_is_switched_off_is_not_asked(small, workspace):
    off = dataclasses.replace(small.source("flathub"), enabled=False)
    study = dataclasses.replace(small, sources=(off,))
    with pytest.raises(CannotAsk, match="'flathub' is not enabled"):
        fetch(study, sources="flathub", workspace=workspace, client=Network())
    with pytest.raises(CannotAsk, match="nothing to fetch for 'whatsapp-2021'"):
        fetch(study, workspace=workspace, client=Network())


def test_the_days_wanted_are_the_studys_or_those_named(study):
    first, last = window_of(study)
    assert (first, last) == (dt.date(2020, 11, 1), dt.date(2021, 10, 5))
    since, until = dt.date(2020, 12, 1), dt.date(2021, 1, 31)
    assert window_of(study, since, until) == (since, until)
    assert window_of(study, since) == (since, last)
    with pytest.raises(CannotAsk, match="since needs a day up to 2021-10-05"):
        window_of(study, dt.date(2021, 10, 6))
    with pytest.raises(CannotAsk, match="until needs a day from 2020-12-01"):
        window_of(study, since, dt.date(2020, 11, 30))
    with pytest.raises(CannotAsk, match="until needs a day"):
        window_of(study, None, LATER)


OFFLINE = """
import socket, sys
def refuse(*_, **__):
    raise AssertionError("a socket was opened")
socket.socket = socket.create_connection = socket.getaddrinfo = refuse
from migration.sources import fetch, rehearse
from migration.study import load_study
from migration.workspace import find_workspace
study, here = load_study("whatsapp-2021"), find_workspace(sys.argv[1])
(one,) = fetch(study, sources="flathub", workspace=here, offline=True)
(two,) = rehearse(study, sources="flathub", workspace=here)
loaded = {"requests", "urllib3"} & set(sys.modules)
print(len(one.not_here), two.questions, *sorted(loaded))
"""


def test_offline_opens_no_socket_and_loads_nothing_that_could(workspace):
    child = subprocess.run(
        [sys.executable, "-c", OFFLINE, workspace.root],
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=120,
    )
    assert child.returncode == 0, child.stderr
    here, asked, *loaded = child.stdout.split()
    assert here == asked
    assert int(here) > 100
    assert loaded == []
