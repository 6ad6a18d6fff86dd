"""Ranks of domains: the few rows that are kept of a long list, and what they mean."""

import dataclasses
import datetime as dt
import io
import json
import tracemalloc
import zipfile

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from raw_files import raw_of
from served import serve

from migration.errors import (
    Blocked,
    CannotAsk,
    MigrationError,
    NoData,
    SchemaDrift,
    Transient,
    UnexpectedContent,
)
from migration.outcomes import to_outcome
from migration.panel import check_panel
from migration.sources import domains
from migration.sources.domains import lists
from migration.sources.domains.wanted import domains_of

TRANCO, UMBRELLA = "https://tranco-list.eu", domains.ADDRESSES["umbrella"]
ABOUT = {"list": "umbrella", "day": "2021-01-10", "id": ""}
NAMES = ("g.whatsapp.net", "signal.org", "t.me", "telegram.org", "whatsapp.net")
XML = b"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>"


def rows(*names, end="\r\n"):
    return "".join(f"{n},{name}{end}" for n, name in enumerate(names, 1)).encode()


def zipped(content, *, name="top-1m.csv", method=zipfile.ZIP_DEFLATED):
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", method) as archive:
        archive.writestr(name, content)
    return held.getvalue()


def sift(content, *, wanted=NAMES, piece=7, of=lists.sift_zip):
    pieces = (content[i : i + piece] for i in range(0, len(content), piece))
    return b"".join(of(pieces, wanted=wanted, about=ABOUT))


@pytest.fixture(scope="module")
def two(study):
    """Signal of one domain and WhatsApp of a domain and its host; one control."""
    ids = {"signal": ("signal.org",), "whatsapp": ("whatsapp.net", "g.whatsapp.net")}
    apps = [
        dataclasses.replace(study.app(app), ids={"domains": names}, until={})
        for app, names in ids.items()
    ]
    spec = dataclasses.replace(study.source("domains"), controls=("gimp.org",))
    return dataclasses.replace(study, apps=tuple(apps), sources=(spec,))


def optioned(study, **options):
    spec = study.source("domains")
    own = dataclasses.replace(spec, options={**spec.options, **options})
    return dataclasses.replace(study, sources=(own,))


def kept(day, ranks, *, listed="umbrella", length=100):
    made = {"list": listed, "day": day, "id": "", "length": length, "ranks": ranks}
    return json.dumps(made).encode()


def series(panel, metric, app):
    one = panel[(panel["metric"] == metric) & (panel["app"] == app)]
    return one.set_index("period").sort_index()


@pytest.mark.parametrize("piece", [1, 2, 3, 7, 10_000])
@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED])
def test_what_is_kept_of_a_list_by_hand(piece, method):
    content = rows("google.com", "t.me", "xn--e1afmkfd.xn--p1ai", "signal.org", "a.a")
    told = lists.parse(sift(zipped(content, method=method), piece=piece))
    assert (told.length, told.day, told.list) == (5, "2021-01-10", "umbrella")
    assert told.ranks == {
        "g.whatsapp.net": None, "signal.org": 4, "t.me": 2, "telegram.org": None,
        "whatsapp.net": None,
    }  # fmt: skip


@pytest.mark.parametrize("piece", [1, 2, 3, 7, 10_000])
@pytest.mark.parametrize("end", ["\r\n", "\n"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_plain_rows_are_read_as_those_in_an_archive(piece, end, mark):
    content = mark + rows("google.com", "t.me", "signal.org", end=end)
    plain = sift(content, piece=piece, of=lists.sift_rows)
    assert plain == sift(zipped(content), piece=piece)
    assert lists.parse(plain).ranks["signal.org"] == 3


def test_a_long_list_takes_little_memory():
    """Unpacked it has 1.7 MB, twice what may be held beside the archive."""
    names = ("signal.org" if n == 7 else "ab.cd" for n in range(140_000))
    content = rows(*names)
    packed = zipped(content)
    tracemalloc.start()
    told = lists.parse(sift(packed, piece=65536))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (told.length, told.ranks["signal.org"]) == (140_000, 8)
    assert peak < 2 * len(packed) + len(content) / 2


def bomb():
    return zipped(b"0" * 20_000_000)


def several():
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for name in "ab":
            archive.writestr(name, rows("a.a"))
    return held.getvalue()


def very_many():
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for n in range(40):
            archive.writestr(f"{n}", b"")
    return held.getvalue()


def locked():
    """An archive whose file says that it is encrypted, in both of its places."""
    content = bytearray(zipped(rows("a.a")))
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    return bytes(content)


def large():
    """An archive whose directory says that its file has 4 GB."""
    content = bytearray(zipped(rows("a.a")))
    at = content.index(b"PK\x01\x02") + 24
    content[at : at + 4] = b"\xfe\xff\xff\xff"
    return bytes(content)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (bomb(), "20000000 in .* it is not unpacked"),
        (large(), "4294967294 in"),
        (several(), "needs one file, got 2"),
        (very_many(), "got very many"),
        (locked(), "cannot be opened"),
        (zipped(zipped(rows("a.a"))), "another archive"),
        (zipped(b"", name="a/"), "needs one file"),
    ],
)
def test_an_archive_that_is_none_of_a_list_is_refused(content, words):
    with pytest.raises(UnexpectedContent, match=words):
        sift(content)


def test_an_archive_larger_than_any_list_is_not_held(monkeypatch):
    monkeypatch.setattr(lists, "MOST_ZIPPED", 50)
    with pytest.raises(UnexpectedContent, match="larger than 50"):
        sift(zipped(rows("a.a")))


def test_an_archive_cut_short_or_changed_is_a_passing_fault():
    whole = zipped(rows(*(f"a{n}.com" for n in range(500))))
    for end in (5, 40, len(whole) // 2, len(whole) - 1):
        with pytest.raises(Transient, match="cut short"):
            sift(whole[:end])
    changed = bytearray(whole)
    changed[200] ^= 0xFF
    with pytest.raises((Transient, SchemaDrift)):
        sift(bytes(changed))


def test_a_list_of_plain_rows_cut_short_is_a_passing_fault():
    content = rows("google.com", "signal.org")
    with pytest.raises(Transient, match="cut short in row 2"):
        sift(content[:-5], of=lists.sift_rows)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"1,a.a\r\n3,b.b\r\n", "row 2 of the list needs 2,domain, got b'3,b.b"),
        (b"1,a.a\r\n1,b.b\r\n", "row 2"),
        (b"1,a.a\r\n\r\n2,b.b\r\n", "row 2"),
        (b"1;a.a\r\n", "row 1"),
        (b"1\r\n", "row 1"),
        (b"1,\r\n", "row 1"),
        (b"01,a.a\r\n", "row 1"),
        (b"rank,domain\r\n1,a.a\r\n", "row 1"),
        (b"1,signal.org\n2,signal.org\n", "'signal.org' twice"),
        (b"1," + b"a" * 400, "more than 300 characters"),
    ],
)
def test_rows_that_do_not_count_up_are_refused(content, words):
    with pytest.raises(SchemaDrift, match=words):
        sift(zipped(content))


def test_an_empty_list_holds_nothing():
    with pytest.raises(NoData, match="no row"):
        sift(zipped(b""))


@pytest.mark.parametrize("of", [lists.sift_zip, lists.sift_rows])
@pytest.mark.parametrize("content", [b"", b"<html>", XML, b"K2W9", b"[1]", b"PK"])
def test_what_is_no_list_is_passed_on_to_be_refused(of, content):
    with pytest.raises(UnexpectedContent, match="domains needs a list"):
        lists.parse(sift(content, of=of))


@pytest.mark.parametrize(
    "change",
    [
        {"length": 3}, {"length": "9"}, {"length": True}, {"day": "2021-1-1"},
        {"day": 5}, {"list": 1}, {"more": 1}, {"ranks": {"a": 1, "b": 1}},
        {"ranks": {"a": 0}}, {"ranks": {"a": 1.0}}, {"ranks": ["a"]}, {"ranks": None},
    ],
)  # fmt: skip
def test_what_no_sift_has_kept_is_refused(change):
    content = {**json.loads(kept("2021-01-10", {"a": 4}, length=9)), **change}
    with pytest.raises((SchemaDrift, UnexpectedContent)):
        lists.parse(json.dumps(content).encode())


def test_a_domain_off_the_list_ranks_beyond_its_end(two):
    files = {
        "a.json": kept("2021-01-09", {"signal.org": 41}),
        "b.json": kept("2021-01-10", {"signal.org": None}, length=70),
        "c.json": kept("2021-01-12", {"signal.org": 39}),
        "id.txt": b"K2W9",
    }
    made = domains.panel(raw_of(files), two)
    signal = series(made, "umbrella_rank", "signal")
    np.testing.assert_array_equal(signal["lower"], [41, 71, np.nan, 39])
    np.testing.assert_array_equal(signal["upper"], [41, np.inf, np.nan, 39])
    assert signal["status"].tolist() == ["observed", "censored", "missing", "observed"]
    assert set(series(made, "tranco_rank", "signal")["status"]) == {"missing"}
    about = made.attrs["lists"]
    assert about["umbrella_rank"] == {"days": 3, "rows": [70, 100], "averages_days": 1}
    assert about["tranco_rank"] == {"days": 0, "rows": [], "averages_days": 30}
    only = made[made["metric"] == "umbrella_rank"]
    frame = to_outcome(only[only["app"] == "signal"], "minus_log_rank")
    assert frame["y_upper"].iloc[1] == -np.log(70.5)


def test_several_domains_rank_at_least_as_the_best_of_them(two):
    files = {
        "a.json": kept("2021-01-09", {"whatsapp.net": 41, "g.whatsapp.net": 7}),
        "b.json": kept("2021-01-10", {"whatsapp.net": None, "g.whatsapp.net": None}),
        "c.json": kept("2021-01-11", {"signal.org": 5}),
    }
    made = series(domains.panel(raw_of(files), two), "umbrella_rank", "whatsapp")
    np.testing.assert_array_equal(made["lower"], [1, 1, np.nan])
    np.testing.assert_array_equal(made["upper"], [7, np.inf, np.nan])
    assert made["status"].tolist() == ["censored", "censored", "missing"]


def test_one_domain_may_stand_for_an_app(two):
    study = optioned(two, one_domain={"whatsapp": "whatsapp.net"})
    files = {"a.json": kept("2021-01-09", {"whatsapp.net": 41, "g.whatsapp.net": 7})}
    made = series(domains.panel(raw_of(files), study), "umbrella_rank", "whatsapp")
    assert made[["value", "status"]].values.tolist() == [[41, "observed"]]
    other = optioned(two, one_domain={"whatsapp": "signal.org"})
    with pytest.raises(CannotAsk, match="'whatsapp' needs one of its domains"):
        domains.panel(raw_of(files), other)


def test_hosts_are_folded_into_their_domain_on_trancos_list_alone(two):
    assert domains_of(two, "tranco") == ("gimp.org", "signal.org", "whatsapp.net")
    assert "g.whatsapp.net" in domains_of(two, "umbrella")
    files = {"a.json": kept("2021-01-09", {"whatsapp.net": 41}, listed="tranco")}
    made = series(domains.panel(raw_of(files), two), "tranco_rank", "whatsapp")
    assert made[["value", "status"]].values.tolist() == [[41, "observed"]]


def test_later_files_of_a_day_are_believed_in_what_they_looked_for(two):
    files = {
        "a.json": kept("2021-01-09", {"signal.org": 41, "gimp.org": 8}),
        "b.json": kept("2021-01-09", {"signal.org": 40}),
    }
    made = domains.panel(raw_of(files), two)
    assert series(made, "umbrella_rank", "signal")["value"].tolist() == [40]
    assert series(made, "umbrella_rank", "gimp.org")["value"].tolist() == [8]


def test_the_order_of_files_of_other_days_changes_nothing(two):
    files = {f"{n}.json": kept(f"2021-01-0{n}", {"signal.org": n}) for n in range(1, 6)}
    one, other = (
        domains.panel(raw_of(dict(pairs)), two)
        for pairs in (files.items(), reversed(files.items()))
    )
    pd.testing.assert_frame_equal(one, other)


def test_without_a_list_there_is_no_panel(two):
    with pytest.raises(NoData, match="no list of domains"):
        domains.panel(raw_of({"tranco-id.txt": b"K2W9"}), two)


WINDOW = (dt.date(2021, 1, 9), dt.date(2021, 1, 10))
LIST = zipped(rows("google.com", "whatsapp.net", "signal.org"))


def id_of(day):
    return f"{TRANCO}/daily_list_id?date={day}&subdomains=false"


def test_a_plan_asks_for_both_lists_of_every_day(two):
    answers = {
        id_of("2021-01-09"): b"K2W9\n",
        f"{TRANCO}/download_daily/K2W9": LIST,
        f"{UMBRELLA}/top-1m-2021-01-09.csv.zip": LIST,
        f"{UMBRELLA}/top-1m-2021-01-10.csv.zip": (403, {}, XML),
    }
    asked, raw = serve(domains.plan(two, WINDOW), answers)
    assert [ask.url.partition("#")[0] for ask in asked] == [
        *list(answers)[:3], id_of("2021-01-10"), list(answers)[3],
    ]  # fmt: skip
    made = check_panel(domains.panel(raw, two))
    assert made.attrs["lists"]["tranco_rank"]["rows"] == [3, 3]
    assert series(made, "tranco_rank", "signal")["value"].tolist() == [3]
    assert series(made, "umbrella_rank", "gimp.org")["lower"].tolist() == [4]
    assert all(ask.what for ask in asked)


def test_a_list_that_is_no_archive_is_read_as_text(two):
    study = optioned(two, lists=["tranco"], addresses={"tranco": "http://127.0.0.1:1/"})
    base = "http://127.0.0.1:1"
    answers = {
        f"{base}/daily_list_id?date=2021-01-09&subdomains=false": b"K2W9",
        f"{base}/download_daily/K2W9": (403, {}, b"Forbidden"),
        f"{base}/download/K2W9/1000000": rows("signal.org", "gimp.org"),
    }
    asked, raw = serve(domains.plan(study, WINDOW), answers)
    assert len(asked) == 4
    made = series(domains.panel(raw, study), "tranco_rank", "signal")
    assert made["value"].tolist() == [1]


def test_a_rehearsal_goes_through_every_day(two):
    asked, raw = serve(domains.plan(two, WINDOW), {})
    assert len(asked) == 4
    assert raw.files == {}
    assert [ask.leads_to for ask in asked] == [1, 0, 1, 0]


def test_a_study_of_other_domains_asks_for_the_lists_again(two, study):
    def urls(one):
        return {ask.url for ask in serve(domains.plan(one, WINDOW), {})[0]}

    assert urls(two) & urls(study) == {id_of(f"2021-01-{day}") for day in ("09", "10")}


def test_a_list_that_is_not_known_is_refused(two):
    with pytest.raises(
        CannotAsk,
        match=r"options of 'domains' are lists, one_dom.*one of tranco, umbrella",
    ):
        next(domains.plan(optioned(two, lists=["alexa"]), WINDOW))


@pytest.mark.parametrize("body", [b"", b"<html>no", b"k2w9", b"K2W9 K2W8", b"{}"])
def test_a_name_that_is_none_is_refused(two, body):
    with pytest.raises(UnexpectedContent, match="name a list"):
        serve(domains.plan(two, WINDOW), {id_of("2021-01-09"): body})


def test_a_host_that_refuses_is_told_from_a_day_that_is_absent(two):
    study = optioned(two, lists=["umbrella"])
    url = f"{UMBRELLA}/top-1m-2021-01-09.csv.zip"
    with pytest.raises(Blocked, match=r"refuses \(403\)"):
        serve(domains.plan(study, WINDOW), {url: (403, {}, b"policy")})


def spoilt_list(changes, cut, of):
    plain = rows("google.com", "t.me", "signal.org", "telegram.org")
    spoilt = bytearray(zipped(plain) if of is lists.sift_zip else plain)
    for at, byte in changes:
        spoilt[at % len(spoilt)] = byte
    content = bytes(spoilt)[: cut if cut % 3 == 0 else None]
    try:
        told = lists.parse(sift(content, of=of))
    except MigrationError:
        return
    assert set(told.ranks) == set(NAMES)
    assert all(rank is None or rank <= told.length for rank in told.ranks.values())


def changed_file(study, change, drop):
    whole = {**json.loads(kept("2021-01-09", {"signal.org": 4})), **change}
    raw = json.dumps({k: v for k, v in whole.items() if k not in drop}).encode()
    try:
        made = domains.panel(raw_of({"a.json": raw}), study)
    except MigrationError:
        return
    check_panel(made)


SPOILT = (
    st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), max_size=6),
    st.integers(0, 400),
    st.sampled_from([lists.sift_zip, lists.sift_rows]),
)
LEAVES = (
    st.none() | st.booleans() | st.integers(-2, 9) | st.floats() | st.text(max_size=9)
)
FIELDS = ["list", "day", "id", "length", "ranks", "more"]
CHANGED = {
    "change": st.dictionaries(
        st.sampled_from(FIELDS),
        LEAVES | st.dictionaries(st.sampled_from(NAMES), LEAVES, max_size=3),
        max_size=3,
    ),
    "drop": st.sets(st.sampled_from(FIELDS), max_size=1),
}


@given(*SPOILT)
@settings(max_examples=80)
def test_a_spoilt_list_is_read_right_or_refused(changes, cut, of):
    spoilt_list(changes, cut, of)


@given(**CHANGED)
@settings(max_examples=60)
def test_any_kept_file_is_read_right_or_refused(two, change, drop):
    changed_file(two, change, drop)


@pytest.mark.slow
@given(*SPOILT)
@settings(max_examples=1000)
def test_very_many_spoilt_lists_are_read_right_or_refused(changes, cut, of):
    spoilt_list(changes, cut, of)


@pytest.mark.slow
@given(**CHANGED)
@settings(max_examples=500)
def test_very_many_kept_files_are_read_right_or_refused(two, change, drop):
    changed_file(two, change, drop)
