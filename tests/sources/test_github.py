"""Stars a day: which days the pages tell of, and what they cannot say."""

import dataclasses
import datetime as dt
import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from served import raw_from, serve

from migration.errors import (
    Blocked,
    CannotAsk,
    MigrationError,
    NoData,
    RateLimited,
    SchemaDrift,
    UnexpectedContent,
)
from migration.panel import check_panel
from migration.sources import fetch, github
from migration.sources.ask import Answer
from migration.sources.github import pages
from migration.sources.github.pages import check, read_page, sift
from migration.sources.hosts import PRIVATE_HOSTS

BASE = "https://api.github.com"
REPO = "signalapp/Signal-Android"
WINDOW = (dt.date(2021, 1, 5), dt.date(2021, 1, 8))
READ = "2021-02-01T12:00:00+00:00"


def url_of(number, repo=REPO, base=BASE):
    return f"{base}/repos/{repo}/stargazers?per_page=100&page={number}"


def star(when, login):
    return {
        "starred_at": f"{when:%Y-%m-%dT%H:%M:%SZ}",
        "user": {"login": login, "id": 7},
    }


def link_of(number, last):
    links = {"next": number + 1, "last": last} if number < last else {}
    return ", ".join(f'<{url_of(n)}>; rel="{rel}"' for rel, n in links.items())


def listing(times, *, size=4, repo=REPO, last=None):
    """Pages of so many stars each, by address."""
    parts = [times[i : i + size] for i in range(0, len(times), size)]
    total = last or len(parts)
    return {
        url_of(n, repo): (
            200,
            {"link": link_of(n, total)},
            json.dumps([star(t, f"u{n}-{i}") for i, t in enumerate(part)]).encode(),
        )
        for n, part in enumerate(parts, 1)
    }


def days(*counts, first=dt.datetime(2021, 1, 1, 6, tzinfo=dt.UTC)):
    """Times of so many stars on each day, a minute apart."""
    return [
        first + dt.timedelta(days=day, minutes=n)
        for day, several in enumerate(counts)
        for n in range(several)
    ]


def of_repos(study, app, repos, **options):
    one = dataclasses.replace(study.app(app), ids={"github": repos}, until={})
    spec = dataclasses.replace(study.source("github"), controls=(), options=options)
    return dataclasses.replace(study, apps=(one,), sources=(spec,))


@pytest.fixture(scope="module")
def one(study):
    return of_repos(study, "signal", (REPO,))


def read(study, answers, window=WINDOW, retrieved_at=READ):
    asked, raw = serve(github.plan(study, window), answers, retrieved_at=retrieved_at)
    return asked, github.panel(raw, study)


def test_stars_of_a_window_by_hand(one):
    """Three a day, four to a page, 75 pages; of the 45th to the 48th day.

    By halving the pages 38, 19, 28, 33, 35 and 34 are read, then 36 and 37. The run
    from 33 to 38 holds the last star of 12 February to the second of the 20th.
    """
    window = (dt.date(2021, 2, 14), dt.date(2021, 2, 17))
    asked, made = read(
        one, listing(days(*[3] * 100)), window, retrieved_at="2021-05-01T12:00:00"
    )
    assert [pages.page_number(ask.url) for ask in asked] == [
        1, 75, 38, 19, 28, 33, 35, 34, 36, 37,
    ]  # fmt: skip
    rows = check_panel(made).set_index("period")["2021-02-12":"2021-02-20"]
    assert rows["value"].tolist() == [1, 3, 3, 3, 3, 3, 3, 3, 2]
    assert rows["status"].tolist() == ["partial", *["observed"] * 7, "partial"]
    assert rows["upper"].tolist() == [np.inf, *[3] * 7, np.inf]
    assert made.attrs == {"capped": {}, "absent": [], "lower_bound": True}
    assert set(made["zone"]) == {"UTC"}


def test_every_day_of_a_window_is_whole_wherever_it_lies(one):
    counts = [1, 0, 7, 2, 0, 0, 3, 9, 1, 0, 4, 5, 0, 2, 6, 1]
    answers = listing(days(*counts))
    for first in range(1, 16, 2):
        for last in range(first, 16, 3):
            window = (dt.date(2021, 1, first), dt.date(2021, 1, last))
            _, made = read(one, answers, window)
            rows = made.set_index("period")[f"{window[0]}" : f"{window[1]}"]
            assert rows["value"].tolist() == counts[first - 1 : last], window
            assert set(rows["status"]) == {"observed"}, window


def test_newest_first_is_read_as_well(one):
    counts = [1, 0, 7, 2, 0, 0, 3, 9, 1, 0, 4, 5, 0, 2, 6, 1]
    answers = listing(days(*counts)[::-1])
    for first, last in [(1, 3), (4, 9), (12, 16), (1, 16)]:
        window = (dt.date(2021, 1, first), dt.date(2021, 1, last))
        _, made = read(one, answers, window)
        rows = made.set_index("period")[f"{window[0]}" : f"{window[1]}"]
        assert rows["value"].tolist() == counts[first - 1 : last], window
        assert set(rows["status"]) == {"observed"}, window


def test_the_day_of_reading_is_partial_and_the_days_before_have_no_stars(one):
    _, made = read(one, listing(days(2, 1)), retrieved_at="2021-01-04T10:00:00+00:00")
    assert made["value"].tolist() == [2, 1, 0, 0]
    assert made["status"].tolist() == ["observed"] * 3 + ["partial"]


def test_beyond_the_cap_nothing_is_known(one):
    """More than 400 pages: the last that is shown ends on 3 January."""
    answers = listing(days(*[800] * 2, 10), size=4, last=2000)
    window = (dt.date(2021, 1, 1), dt.date(2021, 1, 20))
    asked, made = read(one, answers, window)
    assert len(asked) == pages.CAP
    assert made["period"].max() == pd.Timestamp("2021-01-02")
    assert made["status"].tolist() == ["observed", "partial"]
    assert made.attrs["capped"] == {REPO: ["2021-01-01", "2021-01-02"]}


def test_several_repositories_are_summed_where_all_are_known(study):
    repos = (REPO, "signalapp/Signal-iOS")
    both = of_repos(study, "signal", repos)
    answers = listing(days(1, 2, 3)) | listing(days(0, 5, 5), repo=repos[1])
    _, made = read(both, answers, retrieved_at="2021-01-04T10:00:00+00:00")
    rows = made.set_index("period")
    assert rows.loc["2021-01-02":"2021-01-03", "value"].tolist() == [7, 8]
    assert rows.loc["2021-01-01", "status"] == "missing"
    assert rows.loc["2021-01-04", "status"] == "partial"


def test_a_repository_without_pages_is_told(study):
    both = of_repos(study, "signal", (REPO, "signalapp/none"))
    _, made = read(both, listing(days(1, 2)))
    assert made.attrs["absent"] == ["signalapp/none"]
    assert set(made["status"]) == {"missing"}


def test_a_page_that_is_not_to_be_had_ends_that_repository(one):
    answers = listing(days(*[3] * 20))
    whole = len(serve(github.plan(one, WINDOW), answers)[0])
    for number in range(1, 16):
        some = {url: sent for url, sent in answers.items() if url != url_of(number)}
        asked, _ = serve(github.plan(one, WINDOW), some)
        assert len(asked) <= whole
    assert len(serve(github.plan(one, WINDOW), {})[0]) == 1


def test_pages_that_do_not_follow_each_other_leave_a_gap(one):
    answers = listing(days(*[4] * 8))
    kept = {}
    for number in (1, 2, 5, 6):
        status, headers, body = answers[url_of(number)]
        content = b"".join(sift([body]))
        kept[f"{number}.json"] = Answer(
            url=url_of(number), status=status, headers=headers, content=content,
            retrieved_at=READ,
        )  # fmt: skip
    made = github.panel(raw_from(kept), one).set_index("period")
    assert made["status"].to_dict() == {
        pd.Timestamp("2021-01-01"): "observed", pd.Timestamp("2021-01-02"): "partial",
        pd.Timestamp("2021-01-05"): "partial", pd.Timestamp("2021-01-06"): "partial",
    }  # fmt: skip


def test_the_end_of_a_list_that_grew_since_is_no_bridge(one):
    """Page 2 was the last when it was read: what page 3 follows is not known."""
    old, new = listing(days(4, 3)), listing(days(4, 3, 4, 4, 4))
    kept = {}
    for number, (answers, when) in {
        2: (old, "2021-01-02T23:00:00+00:00"), 3: (new, READ), 4: (new, READ),
    }.items():  # fmt: skip
        status, headers, body = answers[url_of(number)]
        kept[f"{number}.json"] = Answer(
            url=url_of(number), status=status, headers=headers,
            content=b"".join(sift([body])), retrieved_at=when,
        )  # fmt: skip
    made = github.panel(raw_from(kept), one).set_index("period")
    assert made.loc["2021-01-02", "status"] == "partial"
    assert made.loc["2021-01-03", "status"] == "partial"


def test_a_star_on_two_pages_counts_once_and_two_of_one_second_twice(one):
    when = dt.datetime(2021, 1, 1, 5, tzinfo=dt.UTC)
    first = [star(when, "a"), star(when, "b"), star(when, "c")]
    second = [star(when, "c"), star(when + dt.timedelta(hours=1), "d")]
    answers = {
        url_of(1): (200, {"link": link_of(1, 2)}, json.dumps(first).encode()),
        url_of(2): (200, {}, json.dumps(second).encode()),
    }
    _, made = read(one, answers)
    assert made["value"].iloc[0] == 4


def test_no_name_is_kept(one):
    _, raw = serve(github.plan(one, WINDOW), listing(days(3, 3)))
    assert raw.files
    for content in raw.files.values():
        assert b"u1-" not in content
        assert b"login" not in content
        assert {len(mark) for _, mark in json.loads(content)["stars"]} == {4}


def test_an_account_that_is_gone_still_gave_a_star():
    gone = {"starred_at": "2021-01-05T00:00:00Z", "user": None}
    page = read_page(url_of(1), {}, b"".join(sift([json.dumps([gone]).encode()])))
    assert page.stars == ((dt.datetime(2021, 1, 5, tzinfo=dt.UTC), ""),)


def test_a_token_is_sent_and_shown_nowhere(one, monkeypatch):
    monkeypatch.setenv(github.TOKEN, "ghp_secret")
    asked, raw = serve(github.plan(one, WINDOW), listing(days(3, 3)))
    assert {ask.send_headers["Authorization"] for ask in asked} == {"Bearer ghp_secret"}
    assert asked[0].pace < 1
    assert "secret" not in repr(asked) + str(asked[0]) + repr(raw)
    assert (
        "starred" in asked[0].send_headers["Accept"]
        or "star+json" in (asked[0].send_headers["Accept"])
    )
    monkeypatch.setenv(github.TOKEN, "two words")
    with pytest.raises(CannotAsk, match=github.TOKEN):
        next(github.plan(one, WINDOW))


def test_a_token_is_in_no_file(one, server, client, workspace, monkeypatch):
    monkeypatch.setenv(github.TOKEN, "ghp_secret")
    for url, sent in listing(days(2, 1)).items():
        server.answer(url.removeprefix(BASE), sent)
    spec = dataclasses.replace(
        one.source("github"), options={"address": server.base, "pace": 0.0}
    )
    study = dataclasses.replace(one, sources=(spec,))
    done = fetch(study, workspace=workspace, client=client)["github"]
    assert done.entries
    assert all(h["Authorization"] == "Bearer ghp_secret" for _, h in server.asked)
    kept = [path for path in workspace.root.rglob("*") if path.is_file()]
    assert kept
    assert not any(b"ghp_secret" in path.read_bytes() for path in kept)


@pytest.mark.parametrize(
    "address",
    [
        *("https://example.org", "http://api.github.com", "https://api.github.com.co"),
        *("https://api.github.com:444", "https://example.org/https://api.github.com"),
    ],
)
def test_a_study_cannot_have_the_token_sent_elsewhere(study, address, monkeypatch):
    monkeypatch.setenv(github.TOKEN, "ghp_secret")
    led = of_repos(study, "signal", (REPO,), address=address)
    (ask,), _ = serve(github.plan(led, WINDOW), {})
    assert "Authorization" not in ask.send_headers
    assert ask.pace >= 60
    monkeypatch.setenv(PRIVATE_HOSTS, "example.org api.github.com.co")
    (ask,), _ = serve(github.plan(led, WINDOW), {})
    named = "//example.org" in address or address.endswith(".co")
    assert ("Authorization" in ask.send_headers) is named


def test_without_a_token_sixty_questions_an_hour_are_asked(one):
    asked, _ = serve(github.plan(one, WINDOW), listing(days(3, 3)))
    assert all(ask.pace >= 60 for ask in asked)
    assert "Authorization" not in asked[0].send_headers


def test_a_host_of_ones_own_may_be_asked_faster(study):
    own = of_repos(study, "signal", (REPO,), address="http://127.0.0.1:1/", pace=0.5)
    (ask,), _ = serve(github.plan(own, WINDOW), {})
    assert (ask.url, ask.pace) == (url_of(1, base="http://127.0.0.1:1"), 0.5)
    other = of_repos(study, "signal", (REPO,), token="x")
    with pytest.raises(CannotAsk, match="options of 'github' are address, pace"):
        next(github.plan(other, WINDOW))


def answer(status, body, **headers):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(
        url=url_of(1), status=status, headers=named, content=body, retrieved_at=READ
    )


def test_a_limit_that_is_used_up_is_told_from_a_refusal():
    reset = str(int(dt.datetime.fromisoformat(READ).timestamp()) + 90)
    with pytest.raises(RateLimited, match="in 90 s, or set a token") as told:
        check(answer(403, b"{}", x_ratelimit_remaining="0", x_ratelimit_reset=reset))
    assert told.value.retry_after == 90
    with pytest.raises(RateLimited, match="later") as told:
        check(answer(403, b"{}", x_ratelimit_remaining="0"))
    assert told.value.retry_after is None
    with pytest.raises(RateLimited, match="in 7 s"):
        check(answer(403, b"{}", x_ratelimit_remaining="40", retry_after="7"))
    with pytest.raises(Blocked, match=r"refuses \(403\)"):
        check(answer(403, b"policy", x_ratelimit_remaining="40"))


GOOD = {"starred_at": "2021-01-05T00:00:00Z", "user": {"login": "a"}}


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ([], NoData),
        ([{"login": "a"}], SchemaDrift),
        ([{**GOOD, "starred_at": None}], SchemaDrift),
        ([{**GOOD, "starred_at": "2021-01-05"}], SchemaDrift),
        ([{**GOOD, "starred_at": "2021-01-05T00:00:00+01:00"}], SchemaDrift),
        ([{**GOOD, "starred_at": "2021-02-30T00:00:00Z"}], SchemaDrift),
        ([{**GOOD, "starred_at": "0001-01-05T00:00:00Z"}], SchemaDrift),
        ([{**GOOD, "user": "a"}], SchemaDrift),
        ([{"starred_at": GOOD["starred_at"]}], SchemaDrift),
        ([GOOD, 5], SchemaDrift),
        ({"message": "Not Found"}, SchemaDrift),
        ({}, NoData),
        (7, SchemaDrift),
    ],
)
def test_a_page_that_is_none_is_refused(body, error):
    content = b"".join(sift([json.dumps(body).encode()]))
    with pytest.raises(error):
        check(answer(200, content))


@pytest.mark.parametrize("body", [b"", b"<html>", b"[{", b"\xff", b"[" * 10**5])
def test_what_is_no_json_is_refused(body):
    with pytest.raises(UnexpectedContent):
        check(answer(200, b"".join(sift([body]))))


@pytest.mark.parametrize("url", [f"{BASE}/repos/a/stargazers?page=1", f"{BASE}/x",
                                 url_of("0"), url_of("x"), url_of(1)[:-1]])  # fmt: skip
def test_an_address_of_another_kind_is_refused(url):
    with pytest.raises(SchemaDrift, match="page of stargazers"):
        read_page(url, {}, b'{"stars": [["2021-01-05T00:00:00Z", "a"]]}')


def test_pages_in_no_order_are_refused(one):
    times = days(*[4] * 4)
    answers = listing([*times[:4], *times[8:12], *times[4:8], *times[12:]])
    window = (dt.date(2021, 1, 1), dt.date(2021, 1, 31))
    with pytest.raises(SchemaDrift, match="in order of time"):
        read(one, answers, window)


def test_pages_of_other_repositories_are_no_panel(one, study):
    other = of_repos(study, "signal", ("a/b",))
    _, raw = serve(github.plan(one, WINDOW), listing(days(3, 3)))
    with pytest.raises(NoData, match="no page"):
        github.panel(raw, other)


TIMES = ["2021-01-05T00:00:00Z", "2199-12-31T23:59:59Z", "2008-01-01T00:00:00Z"]
LEAVES = st.none() | st.integers(-9, 9) | st.text(max_size=6) | st.sampled_from(TIMES)
STARS = st.dictionaries(
    st.sampled_from(["starred_at", "user", "login"]),
    LEAVES | st.dictionaries(st.just("login"), LEAVES, max_size=1),
    max_size=3,
)
LINKS = ["", link_of(1, 9), "<x>; rel=next", '<?page=x>; rel="last"']
SPOILT = st.fixed_dictionaries(
    {
        "stars": st.lists(STARS | LEAVES, max_size=3),
        "good": st.lists(st.integers(0, 40), max_size=4),
        "link": st.sampled_from(LINKS) | st.text(max_size=30),
        "number": st.integers(1, 500),
        "at": st.lists(st.tuples(st.integers(0, 300), st.integers(0, 255)), max_size=2),
    }
)


def spoilt_page(study, parts):
    first = dt.datetime(2021, 1, 1, tzinfo=dt.UTC)
    own = [star(first + dt.timedelta(hours=5 * n), "a") for n in parts["good"]]
    body = bytearray(json.dumps(own + parts["stars"]).encode())
    for at, byte in parts["at"]:
        body[at % len(body)] = byte
    page = Answer(
        url=url_of(parts["number"]), status=200, headers={"link": parts["link"]},
        content=b"".join(sift([bytes(body)])), retrieved_at=READ,
    )  # fmt: skip
    try:
        check(page)
        made = github.panel(raw_from({"a.json": page}), study)
    except MigrationError:
        return
    check_panel(made)


@given(SPOILT)
@settings(max_examples=100)
def test_a_spoilt_page_is_read_right_or_refused(one, parts):
    spoilt_page(one, parts)


@pytest.mark.slow
@given(SPOILT)
@settings(max_examples=1000)
def test_very_many_spoilt_pages_are_read_right_or_refused(one, parts):
    spoilt_page(one, parts)
