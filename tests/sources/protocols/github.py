"""GitHub's stargazers: pages of a list, oldest first, with a limit told by 403."""

import dataclasses
import datetime as dt
import json

import pandas as pd
from sources.protocol import Protocol

from migration.errors import NoData
from migration.study import load_study

REPO = "signalapp/Signal-Android"
WINDOW = (dt.date(2021, 1, 1), dt.date(2021, 1, 6))
FIRST = dt.datetime(2021, 1, 1, 6, tzinfo=dt.UTC)
COUNTS = (2, 3, 0, 4, 1, 2)  # stars of each day
SIZE = 4


def study(base):
    shipped = load_study("whatsapp-2021")
    app = dataclasses.replace(shipped.app("signal"), ids={"github": (REPO,)}, until={})
    source = dataclasses.replace(
        shipped.source("github"), controls=(), options={"address": base, "pace": 0.0}
    )
    return dataclasses.replace(shipped, apps=(app,), sources=(source,))


def star(day, number):
    when = FIRST + dt.timedelta(days=day, minutes=number)
    user = {"login": f"ユーザー{day}-{number}", "id": 7}
    return {"starred_at": f"{when:%Y-%m-%dT%H:%M:%SZ}", "user": user}


STARS = [star(day, n) for day, count in enumerate(COUNTS) for n in range(count)]
PAGES = [STARS[i : i + SIZE] for i in range(0, len(STARS), SIZE)]


def path(number):
    return f"/repos/{REPO}/stargazers?per_page=100&page={number}"


def page(stars, number, last, *, mark=b""):
    links = {"next": number + 1, "last": last} if number < last else {}
    link = ", ".join(f'<https://x{path(n)}>; rel="{rel}"' for rel, n in links.items())
    headers = {"Content-Type": "application/json"} | ({"Link": link} if link else {})
    return (200, headers, mark + json.dumps(stars, ensure_ascii=False).encode())


def answers(base, pages=PAGES):  # noqa: ARG001 - the same at every address
    return {path(n): page(stars, n, len(pages)) for n, stars in enumerate(pages, 1)}


def days(panel):
    """The days of the window; after them are zeros up to the day of reading."""
    rows = panel.set_index("period").sort_index()
    return rows.loc[: pd.Timestamp(WINDOW[1])]


def check(panel):
    assert days(panel)["value"].tolist() == list(COUNTS)
    assert set(days(panel)["status"]) == {"observed"}
    assert panel["value"].sum() == sum(COUNTS)
    assert panel.iloc[-1]["status"] == "partial"


def a_star_on_two_pages(base):
    """The list moved between two questions: a star that came twice counts once."""
    moved = [PAGES[0], [PAGES[0][-1], *PAGES[1]], PAGES[2]]
    return answers(base, moved), check


def out_of_order(base):
    return answers(base, [stars[::-1] for stars in PAGES]), check


def a_gap(base):
    """Without the second page the days around it are at least what is seen."""

    def partial(panel):
        rows = panel.set_index("period").sort_index()
        assert rows.loc["2021-01-01", "status"] == "observed"
        assert rows.loc["2021-01-02", "status"] == "partial"
        assert rows.loc["2021-01-02", "upper"] == float("inf")
        assert pd.Timestamp("2021-01-03") not in rows.index
        assert rows.loc["2021-01-04", "status"] == "partial"
        assert rows.loc["2021-01-05", "status"] == "observed"

    whole = answers(base)
    return {p: sent for p, sent in whole.items() if p != path(2)}, partial


def limit(base):
    """403 with nothing left: nothing more is asked, and nothing of it is kept."""

    def ended(found):
        assert isinstance(found, NoData)

    headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "4102444800"}
    return {path(1): (403, headers, b'{"message": "API rate limit exceeded"}')} | {
        p: sent for p, sent in answers(base).items() if p != path(1)
    }, ended


def other_scripts(base):
    """Names in other scripts are on every page, and none is kept."""
    return answers(base), check


def marked(base):
    whole = answers(base)
    return whole | {path(2): page(PAGES[1], 2, 3, mark=b"\xef\xbb\xbf")}, check


def one_star(base):
    def alone(panel):
        assert days(panel)["value"].iloc[0] == 1

    return answers(base, [STARS[:1]]), alone


def short_pages(base):
    """Four stars to a page where a hundred were asked for."""
    return answers(base), check


PROTOCOL = Protocol(
    source="github",
    study=study,
    window=WINDOW,
    answers=answers,
    data_path=path(2),
    absence="json",
    check=check,
    own={
        11: out_of_order,
        12: [a_gap, limit],
        13: other_scripts,
        15: marked,
        16: one_star,
        17: short_pages,
        19: a_star_on_two_pages,
    },
    not_here={14: "GitHub puts no guard before its JSON"},
)
