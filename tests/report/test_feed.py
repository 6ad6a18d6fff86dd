"""What changed, run by run: kept in manifests, told in the index and as Atom."""

import re
import uuid
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migration.report.changes import (
    KEPT_RUNS,
    MOST_CHANGES,
    changes_between,
    last_changes,
    with_history,
)
from migration.report.feed import study_feed
from migration.report.headline import paired
from migration.report.html import check_html
from migration.report.manifest import load_manifest
from migration.report.owner import PLACE, place_of
from migration.report.pages import sort_script
from migration.report.publish import publish
from migration.report.site import study_index, write_indexes

ATOM = "{http://www.w3.org/2005/Atom}"
INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z")


def _row(estimate, app="signal"):
    return {"app": app, "event": "notice", "estimate": estimate, "p_value": 0.01}


def _run(name, *changes, day=1):
    told = [dict(zip(("what", "before", "after"), one, strict=True)) for one in changes]
    finished = f"2026-01-{day:02d} 10:00:00"
    return {"run_id": name, "finished": finished, "why": ["data"], "changes": told}


def test_numbers_that_moved_came_and_went_are_named(record):
    before = record(headline=[_row(1.0), _row(2.0, "whatsapp")])
    after = record(headline=[_row(1.5), _row(3.0, "viber")])
    assert changes_between(before, after) == [
        {
            "what": "signal, notice",
            "before": "estimate 1, p value 0.01",
            "after": "estimate 1.5, p value 0.01",
        },
        {
            "what": "whatsapp, notice",
            "before": "estimate 2, p value 0.01",
            "after": "",
        },
        {"what": "viber, notice", "before": "", "after": "estimate 3, p value 0.01"},
    ]


def test_what_rounding_moves_is_no_change(record):
    before, after = (record(headline=[_row(v)]) for v in (0.1 + 0.2, 0.3))
    assert changes_between(before, after) == []


def test_rows_of_one_name_are_told_apart_and_many_are_counted(record):
    old = record(headline=[_row(1.0), _row(2.0)])
    found = changes_between(old, record(headline=[_row(1.0), _row(2.5)]))
    assert [one["what"] for one in found] == ["signal, notice (2)"]
    rows = [_row(1.0, f"app {n}") for n in range(MOST_CHANGES + 5)]
    many = changes_between(record(headline=[]), record(headline=rows))
    assert many[-1]["what"] == "5 more numbers"
    assert len(many) == MOST_CHANGES + 1


BOTH = ("estimate 0.5, p value 0.01", "estimate 0.5, p value 0.01")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ({"estimate": 0.5}, {"estimate": 0.5 + 9e-7}, None),
        (
            {"estimate": 0.5}, {"estimate": 0.5 + 2e-6},
            [f"{BOTH[0]}, estimate 0.5", f"{BOTH[0]}, estimate 0.500002"],
        ),
        (
            {"std_error": 0.1}, {"std_error": 0.2},
            [f"{BOTH[0]}, std error 0.1", f"{BOTH[0]}, std error 0.2"],
        ),
        ({"change": "+65%"}, {"change": "+65 %"}, None),
        (
            {"estimate": None, "change": "not an effect: a"},
            {"estimate": None, "change": "not an effect: b"},
            ["not an effect: a, p = 0.01", "not an effect: b, p = 0.01"],
        ),
    ],
)  # fmt: skip
def test_the_index_and_the_command_call_the_same_cells_moved(record, old, new, said):
    rows = [_row(0.5) | changed for changed in (old, new)]
    found = changes_between(*(record(headline=[row]) for row in rows))
    assert [[one["before"], one["after"]] for one in found] == ([said] if said else [])
    (pair,) = paired(*([row] for row in rows))
    assert bool(list(pair.moved())) is bool(said)


def test_an_estimand_names_rows_that_nothing_else_tells_apart():
    one, other = ({**_row(1.0), "estimand": kind} for kind in ("mean", "ratio"))
    names = [pair.name for pair in paired([one, other, other], [other, one])]
    assert names == [
        "signal, notice, mean", "signal, notice, ratio", "signal, notice, ratio (2)",
    ]  # fmt: skip
    assert [pair.name for pair in paired([one], [one])] == ["signal, notice"]
    assert [pair.name for pair in paired([{"n": 1}], [{"of": "a", "n": 1}])] == [
        "row", "a",
    ]  # fmt: skip


def test_a_manifest_remembers_the_runs_that_changed_something(record):
    made = record(headline=[_row(0.0)], run_id="r0", why=["never rendered"])
    made["history"] = with_history(None, made)
    assert made["history"][0]["changes"][0]["what"] == "new report"
    for number in range(1, 30):
        new = record(headline=[_row(float(number // 2))], run_id=f"r{number}", why=[])
        new["history"] = with_history(made, new)
        made = new
    names = [run["run_id"] for run in made["history"]]
    assert names[:3] == ["r28", "r26", "r24"]
    assert len(names) == min(KEPT_RUNS, 15)


def test_a_history_that_is_none_of_ours_is_forgotten(record):
    odd = record(history=[{"run_id": 1}, _run("r1", ("a", "b", "c")), "text"])
    same = record(headline=odd["headline"])
    assert [run["run_id"] for run in with_history(odd, same)] == ["r1"]
    assert with_history(record(history="text"), same) == []


def test_publishing_writes_down_what_changed(tmp_path, record):
    files = {"report.html": b"a", "report.ipynb": b"{}"}
    publish(tmp_path, "tiny", files, record(headline=[_row(1.0)], run_id="r1"))
    second = record(headline=[_row(2.0)], run_id="r2", key="sha256:b")
    publish(tmp_path, "tiny", files, second)
    kept = load_manifest(tmp_path / "tiny.manifest.json")
    assert [run["run_id"] for run in kept["history"]] == ["r2", "r1"]
    table = (tmp_path / kept["run"] / "headline.csv").read_text(encoding="utf-8")
    assert table == "app,event,estimate,p_value,data\nsignal,notice,2.0,0.01,observed\n"


def test_a_simulated_headline_says_so_in_its_table(tmp_path, record):
    files = {"report.html": b"a", "report.ipynb": b"{}"}
    rows = [_row(None), _row(1 / 3) | {"conf_high": "unbounded"}]
    made = publish(tmp_path, "tiny", files, record(headline=rows, simulated=True))
    table = (tmp_path / made["run"] / "headline.csv").read_text(encoding="utf-8")
    assert table.splitlines() == [
        "app,event,estimate,p_value,data,conf_high",
        "signal,notice,,0.01,SIMULATED,",
        "signal,notice,0.3333333333333333,0.01,SIMULATED,unbounded",
    ]


def test_the_index_shows_what_changed_most_recently_and_when(record):
    old = record("old", run_id="r1", history=[_run("r1", ("x", "1", "2"))])
    moved = _run("r2", ("signal <b>", "+1%", "+2%"))
    new = record("new", run_id="r2", history=[moved])
    found = last_changes([old, new])
    assert [one["report"] for one in found] == ["new"]
    page = study_index([old, new], [])
    assert "<td>signal &lt;b&gt;</td><td>+1%</td><td>+2%</td><td>data</td>" in page
    assert check_html(page, scripts=[sort_script()]) == []
    assert "By the run of 2026-01-01 10:00 UTC;" in page
    assert "none since changed a number" in page
    assert "What changed most recently" not in study_index([record()], [])


def test_a_later_run_that_changed_nothing_leaves_what_changed_before(record):
    moved = record("a", run_id="r1", history=[_run("r1", ("x", "1", "2"))])
    again = {**moved, "run_id": "r2"}  # rendered once more, with the same numbers
    assert last_changes([again]) == last_changes([moved])
    assert last_changes([again])[0]["finished"] == moved["history"][0]["finished"]


def test_many_new_reports_are_one_line(record):
    made = [
        record(f"r{n}", run_id="x", history=[_run("x", ("new report", "", ""))])
        for n in range(9)
    ]
    page = study_index(made, [])
    assert "<summary>9 reports are new</summary>" in page
    assert study_index(made[:1], []).count("One report is new:") == 1


def _feed(*given):
    return ElementTree.fromstring(study_feed(*given).encode())


def test_the_feed_has_an_entry_a_run_the_newest_first(record, failure):
    first = _run("r1", ("new report", "", ""), day=1)
    second = _run("r2", ("signal", "1", "2"), day=2)
    made = [
        record("a", history=[second, first]),
        record("b", history=[_run("r2", ("viber", "", "3"), day=3)]),
    ]
    broken = failure | {"run_id": "r3", "timing": {"finished": "2026-02-01 00:00:00"}}
    feed = _feed(made, [broken])
    titles = [one.findtext(f"{ATOM}title") for one in feed.iter(f"{ATOM}entry")]
    assert titles == ["1 report failed", "2 numbers moved", "1 new report"]
    times = [one.findtext(f"{ATOM}updated") for one in feed.iter(f"{ATOM}entry")]
    assert times == [f"2026-{day}Z" for day in ("02-01T00:00:00", *_TIMES)]
    links = [one.find(f"{ATOM}link").get("href") for one in feed.iter(f"{ATOM}entry")]
    assert links == ["index.html", "index.html", "a.html"]
    content = [one.findtext(f"{ATOM}content") for one in feed.iter(f"{ATOM}entry")]
    assert "signal: 1 before, 2 now" in content[1]
    assert "viber: nothing before, 3 now" in content[1]


_TIMES = ("01-03T10:00:00", "01-01T10:00:00")


def _valid(feed):
    """What RFC 4287 asks of a feed and its entries."""
    ids = [one.text for one in feed.iter(f"{ATOM}id")]
    assert len(ids) == len(set(ids))
    assert all(uuid.UUID(one.removeprefix("urn:uuid:")) for one in ids)
    assert all(INSTANT.fullmatch(one.text) for one in feed.iter(f"{ATOM}updated"))
    assert feed.findtext(f"{ATOM}author/{ATOM}name")
    for one in (feed, *feed.iter(f"{ATOM}entry")):
        for name in ("id", "title", "updated"):
            assert len(one.findall(f"{ATOM}{name}")) == 1
        targets = [
            found.get("href")
            for found in one.findall(f"{ATOM}link")
            if found.get("rel") == "alternate"
        ]
        assert len(targets) == 1
        assert not re.match(r"[a-z]+:|/", targets[0])
    return ids


def test_the_feed_is_valid_the_same_each_time_and_ids_last(record, failure):
    made = [record(history=[_run("r1", ("x", "1", "2"))])]
    ids = _valid(_feed(made, [failure]))
    assert study_feed(made, [failure]) == study_feed(made, [failure])
    later = [record(history=[_run("r2", ("x", "2", "3")), *made[0]["history"]])]
    assert ids[1:2] != _valid(_feed(later, []))[1:2]
    assert set(ids) - set(_valid(_feed(later, [failure]))) == set()


def test_a_feed_of_nothing_that_changed_is_valid(record):
    assert len(_valid(_feed([record()], []))) == 1


def test_a_run_that_changed_nothing_leaves_the_feed_as_it_was(record):
    made = record(history=[_run("r1", ("x", "1", "2"))])
    later = made | {"timing": {"finished": "2027-01-01 00:00:00", "seconds": 1.0}}
    assert study_feed([later], []) == study_feed([made], [])


def test_a_simulated_study_says_so_in_title_and_entries(record):
    made = record(simulated=True, history=[_run("r1", ("x", "1", "2"))])
    feed = _feed([made], [])
    assert [one.text[:11] for one in feed.iter(f"{ATOM}title")] == ["SIMULATED: "] * 2


def test_a_title_that_says_simulated_says_it_once(record):
    feed = _feed([record(simulated=True, study_title="SIMULATED: a notice")], [])
    assert feed.findtext(f"{ATOM}title") == "SIMULATED: a notice"


@given(text=st.text(min_size=1))
def test_any_text_makes_a_feed_that_parses(record, text):
    run = _run(text, (text, text, text))
    made = record(study_title=text, title=text, question=text, history=[run])
    feed = _feed([made], [record("b", message=text, run_id=text)])
    _valid(feed)


def test_two_workspaces_of_one_study_have_two_feeds_that_stay(record, tmp_path):
    """Ids by which a reader knows a feed: not those of another, nor new ones."""
    ids = []
    for name in ("one", "other"):
        reports = tmp_path / name
        folder = reports / "tiny-observed"
        folder.mkdir(parents=True)
        files = {"report.html": b"a", "report.ipynb": b"{}"}
        publish(folder, "tiny", files, record(run_id="r1"))
        write_indexes(reports)
        before = (folder / "feed.xml").read_bytes()
        (folder / "feed.xml").unlink()
        write_indexes(reports)
        assert (folder / "feed.xml").read_bytes() == before
        place = (reports / PLACE).read_text(encoding="ascii").strip()
        assert uuid.UUID(place)
        assert place not in before.decode() + (folder / "index.html").read_text("utf-8")
        ids.append(set(_valid(ElementTree.fromstring(before))))
    assert ids[0] & ids[1] == set()


@pytest.mark.parametrize("held", [b"", b"../x", b"\xff", b"0" * 99])
def test_a_name_of_the_place_that_is_none_is_made_again(tmp_path, held):
    (tmp_path / PLACE).write_bytes(held)
    assert place_of(tmp_path) == place_of(tmp_path)
