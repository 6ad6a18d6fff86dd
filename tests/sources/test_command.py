"""`migration fetch` and `build` against a server that misbehaves on purpose."""

import io
import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
from sources.small_study import Files, path_of

from migration.cli import main
from migration.cli.progress import telling
from migration.report import gathering
from migration.report.gathering import duration, fetched_lines, fetched_values
from migration.sources import Fetched, Fetches, Rehearsed, open_questions
from migration.sources.ask import Ask
from migration.store import Store

FILES = Files(controls=("org.b.B", "org.c.C", "org.d.D", "org.e.E", "org.f.F"))
HTML = b"<!DOCTYPE html><title>Down for maintenance</title>"


@pytest.fixture
def here(server, workspace, monkeypatch):
    """A workspace with a study whose source is on this machine, all well."""
    FILES.serve(server)
    study = workspace.studies / "loop.toml"
    study.write_text(FILES.toml(server.base), encoding="utf-8")
    monkeypatch.setenv("MIGRATION_CONTACT", "tests@example.org")
    return workspace


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    """A client that waits for nothing."""
    from migration.sources.client import Client, polite

    made = polite.client_for

    def without_waits(contact=None, **how):
        client = made(contact, **how)
        client._turns.sleep = lambda _: None
        return client

    monkeypatch.setattr("migration.sources.client.client_for", without_waits)
    monkeypatch.setattr(Client, "timeout", (2.0, 1.0), raising=False)


@pytest.fixture
def run(here, monkeypatch, capsys):
    """The command as it is called, in this process: its code and its two streams."""
    monkeypatch.setattr("signal.signal", lambda *_: None)

    def start(*arguments):
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main([*arguments, "--workspace", str(here.root)])
        told = capsys.readouterr()
        return SimpleNamespace(code=ended.value.code, out=told.out, err=told.err)

    return start


def test_it_says_beforehand_how_much_it_asks_and_afterwards_what_came(run, server):
    done = run("fetch", "loop")
    host = server.base.removeprefix("http://")
    assert done.code == 0, done.err
    first = done.err.splitlines()[0]
    assert first == f"flathub: 6 questions to {host}, about 3 s"
    assert done.out.splitlines() == [
        "source   came  kept  absent  refused  why",
        "flathub     6     0       0        0",
    ]
    again = run("fetch", "loop")
    assert again.err.splitlines()[0] == "flathub: nothing to ask; 6 kept"
    assert again.out.splitlines()[1] == "flathub     0     6       0        0"


def test_a_server_that_misbehaves_costs_what_it_spoils_and_no_more(run, here, server):
    well = server.script[path_of("org.f.F")][0]
    server.answer(path_of("org.b.B"), (503, {}, b"<html>"))
    server.answer(path_of("org.c.C"), (404, {"Content-Type": "text/html"}, b"<html>"))
    server.answer(path_of("org.d.D"), (200, {"Content-Type": "text/html"}, HTML))
    server.answer(path_of("org.f.F"), (200, {"Content-Length": 9999}, well[2]))
    done = run("fetch", "loop")
    assert done.code == 1
    lines = done.out.splitlines()
    row, reasons = lines[1], lines[2:]
    assert row.split()[:5] == ["flathub", "2", "0", "1", "3"]
    assert [line.split(": ")[:3] for line in reasons] == [
        ["absent", "flathub", "downloads of org.c.C"],
        ["refused", "flathub", "downloads of org.b.B"],
        ["refused", "flathub", "downloads of org.d.D"],
        ["refused", "flathub", "downloads of org.f.F"],
    ]
    for line, said in zip(
        reasons,
        [
            "does not exist (404)",
            "in trouble (503)",
            "needs JSON, got text/html",
            "Prot",
        ],
        strict=True,
    ):
        assert said in line
    assert Store(here.raw).verify() == []
    FILES.serve(server)
    server.asked.clear()
    mended = run("fetch", "loop")
    assert mended.code == 0, mended.err
    asked = [path for path, _ in server.asked]
    assert asked == [path_of(f"org.{n}.{n.upper()}") for n in "bdf"]
    assert Store(here.raw).verify() == []


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ((403, {"Content-Type": "text/plain"}, b"policy"), "refuses (403)"),
        ((429, {"Retry-After": "7200"}, b""), "try again in 7200 s"),
        ((429, {}, b""), "asks for patience"),
    ],
)
def test_a_source_that_refuses_is_left_alone(run, server, answer, said):
    server.answer(path_of("org.b.B"), answer)
    done = run("fetch", "loop")
    assert done.code == 1
    assert said in done.out.splitlines()[1]
    assert path_of("org.c.C") not in [path for path, _ in server.asked]


def test_json_has_every_reason_and_nothing_else_on_standard_output(run, server):
    server.answer(path_of("org.b.B"), (404, {}, b""))
    server.answer(path_of("org.c.C"), (503, {}, b""))
    found = json.loads(run("fetch", "loop", "--json").out)
    (one,) = found["sources"]
    assert (found["study"], found["failed"], one["ended"]) == ("loop", True, "")
    assert list(one["absent"]) == ["downloads of org.b.B"]
    assert list(one["refused"]) == ["downloads of org.c.C"]
    assert len(one["came"]) == 4


def test_a_dry_run_asks_nobody_and_writes_nothing(run, here, server):
    done = run("fetch", "loop", "--dry-run")
    assert (done.code, server.asked) == (0, [])
    assert done.out.startswith("flathub: 6 questions to 127.0.0.1:")
    assert list(here.raw.iterdir()) == []
    (one,) = json.loads(run("fetch", "loop", "-n", "--json").out)
    assert (one["questions"], one["expected"], one["seconds"]) == (6, 0, 3.0)


def test_offline_tells_what_is_not_here(run, server):
    server.answer(path_of("org.b.B"), (503, {}, b""))
    run("fetch", "loop")
    server.asked.clear()
    done = run("fetch", "loop", "--offline")
    assert (done.code, server.asked) == (0, [])
    assert done.out.splitlines() == [
        "source   came  kept  absent  not here  refused  why",
        "flathub     0     5       0         1        0",
    ]


def test_a_probe_asks_one_question_and_writes_what_it_found(run, here, server):
    run("fetch", "loop")
    before = Store(here.raw).entries()
    server.asked.clear()
    done = run("fetch", "loop", "--probe")
    assert done.code == 0, done.err
    assert len(server.asked) == 1
    head, row, written = done.out.splitlines()
    assert head.split() == ["source", "status", "type", "bytes", "parses", "said"]
    assert row.split()[:2] + row.split()[-1:] == ["flathub", "200", "yes"]
    (page,) = here.probes.iterdir()
    assert written == f"written: {page}"
    text = page.read_text(encoding="utf-8")
    assert "| flathub | downloads of org.b.B | http://127.0.0.1:" in text
    assert "| wikipedia_views | Which rate limits does" in text
    assert Store(here.raw).entries() == before


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        ((503, {}, b"<html>down"), (503, "answered 503, begins with b'<html>down'")),
        ((404, {}, b""), (404, "answered 404")),
        ((302, {"Location": "http://elsewhere.example/"}, b""), (0, "another host")),
        ((200, {"Content-Type": "text/html"}, HTML), (0, "needs JSON, got text/html")),
        ((200, {}, b'{"ref": 1}'), (200, "SchemaDrift")),
    ],
)
def test_a_probe_says_what_is_wrong(run, here, server, answer, found):
    status, said = found
    server.answer(path_of("org.b.B"), answer)
    done = run("fetch", "loop", "--probe", "--json")
    assert (done.code, len(server.asked)) == (1, 1)
    told = json.loads(done.out)
    (one,) = told["sources"]
    assert (one["status"], one["parses"]) == (status, False)
    assert said in one["said"]
    assert Path(told["written"]).parent.samefile(here.probes)


def test_a_source_that_is_off_does_not_fail_a_probe(run, server):
    done = run("fetch", "whatsapp-2021", "--source", "trends", "--probe")
    assert (done.code, server.asked) == (0, [])
    assert "live requests are off" in done.out


def test_every_probe_is_a_page_of_its_own(run, here):
    for _ in range(2):
        run("fetch", "loop", "--probe")
    assert len(list(here.probes.iterdir())) == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--dry-run", "--offline"], "choose one of"),
        (["--since", "2021-02-01", "--until", "2021-01-01"], "until needs a day"),
        (["--since", "2021-02-01"], "since needs a day up to 2021-01-14"),
        (["--since", "yesterday"], "'yesterday'"),
        (["--source", "published"], "'published' cannot be fetched"),
    ],
)
def test_bad_input_is_refused_before_anything_is_asked(run, server, arguments, said):
    done = run("fetch", "loop", *arguments)
    assert (done.code, server.asked) == (2, [])
    assert said in done.err


def test_interrupted_it_keeps_what_came(run, here, server, monkeypatch):
    def stop(*_):
        raise KeyboardInterrupt

    server.answer(path_of("org.d.D"), (503, {}, b""))  # and it would wait
    monkeypatch.setattr("migration.sources.client.turns.Turns.hush", stop)
    done = run("fetch", "loop")
    assert done.code == 130
    assert "interrupted" in done.err.splitlines()[-1]
    assert len(Store(here.raw).entries()) == 2
    assert Store(here.raw).verify() == []


def test_every_open_question_is_of_a_source_of_the_study(study):
    known = {spec.id for spec in study.sources}
    asked = open_questions()
    assert len({one.ask for one in asked}) == len(asked) == 9
    assert all(set(one.sources) <= known for one in asked)


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize("stream", [Terminal, io.StringIO])
def test_a_long_fetch_says_where_it_is(stream):
    told = stream()
    expected = [Rehearsed(source="a", questions=60, kept=40, expected=20)]
    ask = Ask(url="u", name="n", what="views of x")
    with telling(told, expected) as tell:
        for _ in range(130):  # more than was expected
            tell("a", "came", ask)
    text = told.getvalue()
    if stream is Terminal:
        assert "130/130" in text
    else:
        assert text.splitlines() == [
            "a: 1 of about 120, views of x: came",
            "a: 50 of about 120, views of x: came",
            "a: 100 of about 120, views of x: came",
        ]


def test_what_was_kept_is_no_news():
    told = io.StringIO()
    ask = Ask(url="u", name="n", what="x")
    with telling(told, []) as tell:
        for became in ("kept",) * 500 + ("came",) * 50:
            tell("a", became, ask)
    assert told.getvalue().splitlines() == [
        "a: 1 of about 0, x: kept",
        "a: 550 of about 0, x: came",
    ]


def test_a_panel_is_built_of_what_came(run, here):
    run("fetch", "loop")
    done = run("build", "loop")
    path = "data/processed/loop/flathub.parquet"
    rows = len(pd.read_parquet(here.root / path))
    assert done.out == f"flathub: {rows:,} rows in {path}, made now\n"
    assert run("build", "loop").out.endswith("nothing changed\n")


def test_a_source_that_cannot_be_built_is_told(run, server):
    server.answer(path_of("org.hit.App"), (503, {}, b""))
    run("fetch", "loop")
    done = run("build", "loop", "--source", "flathub", "--json")
    (one,) = json.loads(done.out)
    assert (done.code, one["rows"]) == (1, 0)
    assert "org.hit.App for 'hit'" in one["problem"]


OFFLINE = """
import socket, sys
class Refusing(socket.socket):
    def __init__(self, *_, **__):
        raise AssertionError("a socket was opened")
def refuse(*_, **__):
    raise AssertionError("a name was looked up")
socket.socket, socket.getaddrinfo, socket.create_connection = Refusing, refuse, refuse
from migration.cli import main
from migration.cli.progress import telling
main(["fetch", "loop", *sys.argv[1:]])
"""


@pytest.mark.parametrize("mode", ["--offline", "--dry-run"])
def test_without_a_network_no_socket_is_opened(here, mode):
    child = subprocess.run(
        [sys.executable, "-c", OFFLINE, mode, "--workspace", here.root],
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=120,
    )
    assert child.returncode == 0, child.stderr
    assert "flathub" in child.stdout


def test_with_a_network_that_child_does_open_one(here):
    child = subprocess.run(
        [sys.executable, "-c", OFFLINE, "--workspace", here.root],
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=120,
    )
    assert child.returncode == 1
    assert "was opened" in child.stderr or "was looked up" in child.stderr


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.2, "1 s"), (56, "56 s"), (600, "10 min"), (9000, "2.5 h")],
)
def test_a_duration_is_no_more_exact_than_a_guess(seconds, words):
    assert duration(seconds) == f"about {words}"


def test_many_reasons_are_cut_and_counted():
    absent = {f"item {n}": "none" for n in range(40)}
    done = Fetches(study="s", sources=(Fetched(source="x", absent=absent),))
    lines = fetched_lines(done)
    assert len(lines) == 2 + gathering.MOST_REASONS + 1
    assert lines[-1] == "absent: x: and 30 more; --json names them"


def test_a_reason_in_the_table_is_short_and_names_its_host():
    said = "https://example.org/a/very/long/path/to/some-file.json is in trouble (503)"
    done = Fetches(study="s", sources=(Fetched(source="x", ended=said),))
    row = fetched_lines(done)[1]
    assert row.endswith("example.org … some-file.json is in trouble (503)")


def test_a_source_that_the_study_switches_off_says_why_and_what_to_do(
    run, server, monkeypatch
):
    """Nothing is asked, so that no contact is needed either."""
    monkeypatch.delenv("MIGRATION_CONTACT")
    for asked in ((), ("--dry-run",)):
        done = run("fetch", "whatsapp-2021", "--source", "trends", *asked)
        assert done.code == 0, done.err
        assert "live requests are off" in done.out
        assert (done.out + done.err).count("live requests are off") == 1
        assert "`migration add whatsapp-2021 trends FILE...`" in done.out
        assert "write `live = true` in the options of trends" in done.out
    found = json.loads(
        run("fetch", "whatsapp-2021", "--source", "trends", "--json").out
    )
    (one,) = found["sources"]
    assert one["note"].startswith("live requests are off")
    assert not found["failed"]
    assert server.asked == []


def test_days_that_a_source_does_not_have_are_told(run):
    days = ("--since", "2020-11-01", "--until", "2020-12-15")
    asked = ("fetch", "whatsapp-2021", "--source", "wikipedia_country_top", *days)
    for more in ((), ("--dry-run",)):
        done = run(*asked, *more)
        assert done.code == 0
        assert "from 2020-11-01 to 2020-12-15 there is nothing that it could be" in (
            done.out
        )


def test_a_long_address_is_cut_in_its_middle_for_a_person_alone():
    url = f"https://example.org/{'a' * 200}/last.json"
    why = f"{url} refuses (403): asking again will not help"
    one = Fetched(source="s", refused={"x": why}, ended=f"{url}: no more")
    done = Fetches(study="x", sources=(one,))
    lines = fetched_lines(done)
    assert max(map(len, lines)) < 180
    assert any(line.endswith("/last.json refuses (403): asking again will not help")
               for line in lines)  # fmt: skip
    (told,) = fetched_values(done)["sources"]
    assert told["refused"] == {"x": why}


def test_a_rehearsal_says_how_much_is_known_to_come(run):
    days = ("--since", "2021-01-01", "--until", "2021-01-31")
    source = ("--source", "wikipedia_countries")
    done = run("fetch", "whatsapp-2021", *source, *days, "--dry-run")
    assert done.out == (
        "wikipedia_countries: 31 questions to analytics.wikimedia.org, about 8 min "
        "with about 930 MB at 2 MB a second\n"
    )


def test_a_fault_in_one_parser_leaves_the_other_panels(run, monkeypatch):
    from migration.sources import published

    monkeypatch.setattr(published, "panel", lambda *_: {}["nothing"])
    done = run("build", "whatsapp-2021", "--json")
    assert done.code == 1
    made = {one["source"]: one for one in json.loads(done.out)}
    told = made["published"]["problem"]
    assert told.startswith("a fault of this program: KeyError: 'nothing' (test_command")
    assert made["flathub"]["rebuilt"]
    assert made["wikipedia_top"]["rebuilt"]
