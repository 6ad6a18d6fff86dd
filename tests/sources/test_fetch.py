"""Fetching the mirror into the store, from a server on this machine."""

import dataclasses
import datetime as dt
import json

import pytest

from migration.errors import (
    DamagedFile,
    NoData,
    SourceError,
)
from migration.sources import fetch, load_panel, read_raw, status, verify
from migration.store import Store, last_fetches

NAMES = (
    "com.gigitux.gtkwhats",
    "io.bit3.WhatsAppQT",
    "org.gimp.GIMP",
    "org.kde.krita",
    "org.signal.Signal",
)
JSON = {"Content-Type": "text/plain; charset=utf-8"}


def body(name, count=9, days=60):
    first = dt.date(2020, 12, 1)
    dates = [first + dt.timedelta(days=n) for n in range(days)]
    stats = [{"date": f"{d:%Y/%m/%d}", "arches": {"x86_64": [count, 1]}} for d in dates]
    return json.dumps({"ref": name, "stats": stats}).encode()


@pytest.fixture
def here(small, server):
    """The small study, its source on this machine; every file there."""
    for name in NAMES:
        server.answer(f"/data/{name}.json", (200, JSON, body(name)))
    source = dataclasses.replace(
        small.source("flathub"), options={"address": f"{server.base}/data/"}
    )
    return dataclasses.replace(small, sources=(source,))


def fetch_one(study, **how):
    return fetch(study, **how)["flathub"]


def paths(server):
    return [
        path.removeprefix("/data/").removesuffix(".json") for path, _ in server.asked
    ]


def test_what_is_fetched_is_kept_with_where_and_when(here, server, client, workspace):
    done = fetch_one(here, workspace=workspace, client=client)
    assert repr(done) == "<flathub: 5 fetched, 0 kept, 0 absent>"
    store = Store(workspace.raw)
    assert [entry.name for entry in store.entries()] == [
        f"flathub/{name.lower()}.json" for name in NAMES
    ]
    first = store.entries()[0]
    assert store.read(first) == body(NAMES[0])
    assert first.url == f"{server.base}/data/{NAMES[0]}.json"
    assert (first.status, first.card, first.source) == (200, "flathub", "flathub")
    assert first.headers["content-type"] == JSON["Content-Type"]
    assert verify(workspace) == []


def test_a_whole_fetch_is_noted_though_nothing_new_came(here, client, workspace):
    """Answers that are the same add no line to the manifest.

    So there was no way to tell a fetch that works from one that fails for weeks.
    """
    store = Store(workspace.raw)
    fetch(here, workspace=workspace, offline=True)
    assert last_fetches(store, here.id) == {}
    fetch(here, workspace=workspace, client=client)
    first = last_fetches(store, here.id)["flathub"]
    assert first.why == ""
    assert first.whole == first.tried
    when = dt.datetime.fromisoformat(first.whole)
    assert abs((dt.datetime.now(dt.UTC) - when).total_seconds()) < 60
    lines = (store.root / "manifest.jsonl").read_bytes()
    fetch(here, workspace=workspace, client=client)
    again = last_fetches(store, here.id)["flathub"]
    assert again.whole >= first.whole
    assert (store.root / "manifest.jsonl").read_bytes() == lines
    assert verify(workspace) == []


def test_a_fetch_that_fails_or_is_of_fewer_days_is_not_whole(
    here, server, client, workspace
):
    store = Store(workspace.raw)
    until = here.baseline.end - dt.timedelta(days=9)
    fetch(here, workspace=workspace, client=client, until=until)
    last = last_fetches(store, here.id)["flathub"]
    assert last.whole == ""
    assert f"to {until} alone; the study wants" in last.why
    fetch(here, workspace=workspace, client=client)
    whole = last_fetches(store, here.id)["flathub"].whole
    assert whole
    server.answer(f"/data/{NAMES[0]}.json", (403, {}, b""))
    today = dt.datetime.now(dt.UTC).date()
    assert fetch(here, workspace=workspace, client=client, until=today).failed
    last = last_fetches(store, here.id)["flathub"]
    assert (last.whole, "403" in last.why) == (whole, True)
    assert last_fetches(store, "another-study") == {}


def test_the_panel_is_then_of_the_fetched_files(here, client, workspace):
    fetch(here, workspace=workspace, client=client)
    panel = load_panel(
        here, source="flathub", metric="new_installs", workspace=workspace
    )
    vintage = panel.attrs["vintage"]
    assert (vintage["origin"], len(vintage["files"])) == ("fetched", 5)
    assert vintage["first_day"] == "2020-12-01"
    assert set(panel["app"]) == {"signal", "whatsapp", "org.gimp.GIMP", "org.kde.krita"}
    one = panel[panel["period"] == "2021-01-05"].set_index("app")["value"]
    assert (one["signal"], one["whatsapp"]) == (8, 16)
    assert panel.loc[panel["app"] == "whatsapp", "period"].max().day == 17
    assert set(status(here, workspace=workspace)["origin"]) == {"fetched"}


def test_what_is_kept_is_not_asked_again(here, server, client, workspace):
    fetch(here, workspace=workspace, client=client)
    server.asked.clear()
    again = fetch_one(here, workspace=workspace, client=client)
    assert (server.asked, len(again.kept), again.entries) == ([], 5, ())


def test_what_failed_is_told_and_asked_again_the_next_time(
    here, server, client, workspace
):
    broken = "/data/org.gimp.GIMP.json"
    server.answer(broken, (503, {}, b""))
    done = fetch_one(here, workspace=workspace, client=client)
    assert repr(done) == "<flathub: 4 fetched, 0 kept, 0 absent, 1 refused>"
    assert "in trouble (503)" in done.refused["downloads of org.gimp.GIMP"]
    server.answer(broken, (200, JSON, body("org.gimp.GIMP")))
    server.asked.clear()
    done = fetch_one(here, workspace=workspace, client=client)
    assert paths(server) == ["org.gimp.GIMP"]
    assert (len(done.kept), len(done.entries), done.failed) == (4, 1, False)


def test_three_failures_in_a_row_end_a_source(here, server, client, workspace):
    for name in NAMES[1:]:
        server.answer(f"/data/{name}.json", (503, {}, b""))
    client.retries = 0
    done = fetch_one(here, workspace=workspace, client=client)
    assert paths(server) == list(NAMES[:4])
    assert (len(done.entries), len(done.refused)) == (1, 3)
    assert done.ended.startswith("3 questions in a row failed, the last: ")


def test_half_of_a_fetch_is_no_panel_of_the_study(here, server, client, workspace):
    server.answer("/data/org.gimp.GIMP.json", (403, {}, b"no"))
    done = fetch_one(here, workspace=workspace, client=client)
    assert "refuses (403)" in done.ended
    with pytest.raises(NoData, match=r"org\.signal\.Signal.*fetch again"):
        load_panel(here, source="flathub", workspace=workspace)
    (row,) = status(here, workspace=workspace).to_dict("records")
    assert "fetch again" in row["problem"]


def test_an_identifier_that_does_not_exist_is_told(here, server, client, workspace):
    server.answer("/data/org.kde.krita.json", (404, {}, b"no"))
    server.answer(
        "/data/org.gimp.GIMP.json", (200, JSON, body("org.gimp.GIMP", days=0))
    )
    done = fetch_one(here, workspace=workspace, client=client)
    absent = [f"downloads of {name}" for name in ("org.gimp.GIMP", "org.kde.krita")]
    assert sorted(done.absent) == absent
    assert len(done.entries) == 3
    panel = load_panel(here, source="flathub", workspace=workspace)
    absent = panel.attrs["vintage"]["absent_controls"]
    assert absent == ["org.gimp.GIMP", "org.kde.krita"]


@pytest.mark.parametrize("sent", [b'{"ref": "a"}', body("org.other.App")])
def test_a_shape_that_is_not_known_is_not_kept(here, server, client, workspace, sent):
    server.answer(f"/data/{NAMES[0]}.json", (200, JSON, sent))
    done = fetch_one(here, workspace=workspace, client=client)
    assert list(done.refused) == [f"downloads of {NAMES[0]}"]
    assert len(Store(workspace.raw).entries()) == 4


def test_a_source_that_asks_for_patience_is_left_alone(here, server, client, workspace):
    answer = (429, {"Retry-After": "600"}, b"")
    server.answer(f"/data/{NAMES[0]}.json", answer)
    done = fetch_one(here, workspace=workspace, client=client)
    assert "try again in 600 s" in done.ended
    assert (len(server.asked), done.entries) == (1, ())


def test_a_later_day_asks_for_a_new_vintage(here, server, client, workspace):
    fetch(here, workspace=workspace, client=client)
    store = Store(workspace.raw)
    (old,) = [e for e in store.entries() if e.name.endswith("signal.json")]
    server.answer(f"/data/{NAMES[4]}.json", (200, JSON, body(NAMES[4], count=11)))
    today = dt.datetime.now(dt.UTC).date()
    done = fetch_one(here, workspace=workspace, client=client, until=today)
    assert len(done.entries) == 5
    vintages = [e for e in store.entries() if e.url == old.url]
    assert len(vintages) == 2
    assert store.read(vintages[0]) == body(NAMES[4])
    raw = read_raw("flathub", workspace=workspace)
    assert set(raw.files) >= {vintages[1].name}
    assert vintages[0].name not in raw.files


def test_as_of_chooses_the_vintage(here, workspace):
    store = Store(workspace.raw)
    for month, count in (("02", 5), ("03", 7)):
        for name in NAMES:
            store.put(
                "flathub",
                f"{name.lower()}.json",
                body(name, count=count),
                url=f"https://example.org/{name}.json",
                retrieved_at=f"2021-{month}-15T00:00:00+00:00",
            )

    def signal(**when):
        panel = load_panel(here, source="flathub", workspace=workspace, **when)
        one = panel[(panel["app"] == "signal") & (panel["metric"] == "new_installs")]
        return one["value"].iloc[0], panel.attrs["vintage"]["retrieved_at"][:10]

    assert signal() == (6, "2021-03-15")
    assert signal(as_of="2021-02-28") == (4, "2021-02-15")


def test_before_the_first_vintage_it_is_the_embedded_table(workspace, study):
    Store(workspace.raw).put(
        "flathub",
        "a.json",
        body("a"),
        url="u",
        retrieved_at="2021-02-15T00:00:00+00:00",
    )
    panel = load_panel(study, source="flathub", as_of="2021-02-01", workspace=workspace)
    assert panel.attrs["vintage"]["origin"] == "embedded"


def test_a_damaged_file_is_named_and_never_parsed(here, client, workspace):
    fetch(here, workspace=workspace, client=client)
    victim = workspace.raw / "flathub" / "org.signal.signal.json"
    victim.write_bytes(body(NAMES[4], count=99))
    with pytest.raises(DamagedFile, match=r"org\.signal\.signal\.json is damaged"):
        load_panel(here, source="flathub", workspace=workspace)
    (problem,) = verify(workspace)
    assert problem.startswith("workspace: damaged: flathub/org.signal.signal.json")


def test_a_fetch_needs_a_contact(here, server, workspace):
    with pytest.raises(SourceError, match="MIGRATION_CONTACT"):
        fetch(dataclasses.replace(here, contact=None), workspace=workspace)
    assert server.asked == []


def test_the_contact_of_a_study_will_do(here, server, workspace):
    source = dataclasses.replace(here.source("flathub"), controls=())
    changes = {"apps": (here.app("signal"),), "sources": (source,)}
    own = dataclasses.replace(here, contact="study@example.org", **changes)
    assert len(fetch_one(own, workspace=workspace).entries) == 1
    assert "(study@example.org)" in server.asked[0][1]["User-Agent"]


def test_a_source_without_an_address_is_refused(study, client, workspace):
    with pytest.raises(SourceError, match=r"only .*flathub.* can"):
        fetch(study, sources="published", workspace=workspace, client=client)
