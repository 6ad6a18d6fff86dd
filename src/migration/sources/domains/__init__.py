"""Ranks of domains a day, worldwide: Tranco's list and Cisco Umbrella's, UTC.

Tranco averages several lists over thirty days, so the day of an event is smeared in
it. Umbrella ranks host names by how many addresses ask its name servers for them in a
day. A domain that is not on a list ranks beyond the list's end: censored, not missing.
"""

import datetime as dt
import hashlib
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import pandas as pd

from migration.errors import Blocked, UnexpectedContent
from migration.sources.ask import Answer, Ask, Plan, Window, file_name
from migration.sources.cards import card
from migration.sources.domains.lists import check, sift_rows, sift_zip
from migration.sources.domains.ranks import LISTS, SMEARED, ZONE, panel
from migration.sources.domains.wanted import SOURCE, List, domains_of, options_of

if TYPE_CHECKING:
    from migration.study import Study

__all__ = ["METRICS", "SMEARED", "SOURCE", "ZONE", "panel", "plan"]

METRICS = tuple(LISTS.values())
# Tranco's host is the card's address. Of Umbrella's dated files those of 2018 and of
# January 2024 were seen.
ADDRESSES: dict[List, str] = {
    "umbrella": "https://s3-us-west-1.amazonaws.com/umbrella-static"
}
_LATE = dt.timedelta(days=2)  # a list that is not out by then does not come
_PACE = 2.0  # Tranco is said to allow one question a second; not verified
_USUAL_BYTES = 10_000_000  # of an archive of a million names
_ID = re.compile(r"[A-Z0-9]{2,16}")
_S3_LACKS = (b"<Code>AccessDenied</Code>", b"<Code>NoSuchKey</Code>")


def plan(study: "Study", window: Window) -> Plan:
    """Ask for each list of each day of a window.

    What follows ``#`` in an address is not sent: it marks which domains were kept of
    the list, so that it is asked for again when the study names others.

    Raises
    ------
    CannotAsk
        An option is unknown or cannot be meant.
    """
    asks = {"tranco": _ask_tranco, "umbrella": _ask_umbrella}
    wanted = {name: domains_of(study, name) for name in options_of(study).lists}
    for day in _days(window):
        for name, domains in wanted.items():
            yield from asks[name](study, day, domains)


def _ask_tranco(study: "Study", day: dt.date, domains: tuple[str, ...]) -> Plan:
    """The list's name first, then the list, as an archive or else as text."""
    base = _address(study, "tranco")
    answer = yield Ask(
        url=f"{base}/daily_list_id?date={day}&subdomains=false",
        name=file_name("tranco", "id", str(day), suffix="txt"),
        kind="text",
        settles=day + _LATE,
        check=_check_id,
        pace=_PACE,
        leads_to=1,
        size=_USUAL_BYTES,
        what=f"name of Tranco's list of {day}",
    )
    if answer is None:
        return
    listed = _list_id(answer.content)
    about = {"list": "tranco", "day": str(day), "id": listed}
    zipped = yield replace(
        _ask_rows(f"{base}/download_daily/{listed}", domains, about),
        kind="zip",
        size=_USUAL_BYTES,
        accept=(200, 403),  # 403: this list is not to be had as an archive
        sift=partial(sift_zip, wanted=domains, about=about),
        pace=_PACE,
    )
    if zipped is not None and zipped.status == 403:
        text = _ask_rows(f"{base}/download/{listed}/1000000", domains, about)
        yield replace(
            text, name=file_name("tranco", str(day), "text", suffix="json"), pace=_PACE
        )


def _ask_umbrella(study: "Study", day: dt.date, domains: tuple[str, ...]) -> Plan:
    about = {"list": "umbrella", "day": str(day), "id": ""}
    url = f"{_address(study, 'umbrella')}/top-1m-{day}.csv.zip"
    yield replace(
        _ask_rows(url, domains, about),
        kind="zip",
        size=_USUAL_BYTES,
        settles=day + _LATE,
        accept=(200, 403),  # so does its host say that there is no such file
        check=_check_umbrella,
        sift=partial(sift_zip, wanted=domains, about=about),
    )


def _ask_rows(url: str, domains: tuple[str, ...], about: dict[str, str]) -> Ask:
    """A list as plain rows; ``about`` says whose list of which day."""
    mark = hashlib.sha256(",".join(domains).encode()).hexdigest()[:12]
    return Ask(
        url=f"{url}#{mark}",
        name=file_name(about["list"], about["day"], suffix="json"),
        kind="csv",
        check=check,
        sift=partial(sift_rows, wanted=domains, about=about),
        what=f"{about['list'].title()}'s list of {about['day']}",
    )


def _check_umbrella(answer: Answer) -> None:
    if answer.status != 200 and not any(c in answer.content for c in _S3_LACKS):
        raise Blocked(
            f"{answer.url} refuses ({answer.status}): asking again will not help"
        )
    check(answer)


def _check_id(answer: Answer) -> None:
    _list_id(answer.content)


def _list_id(content: bytes) -> str:
    text = content.decode("utf-8", errors="replace").strip("\ufeff \t\r\n")
    if not _ID.fullmatch(text):
        raise UnexpectedContent(
            f"Tranco needs to name a list in capitals and digits, got {content[:60]!r}:"
            " the address may have moved"
        )
    return text


def _address(study: "Study", name: List) -> str:
    own = options_of(study).addresses
    known: dict[List, str] = {"tranco": card(SOURCE).address, **ADDRESSES, **own}
    return known[name].rstrip("/")


def _days(window: Window) -> Iterator[dt.date]:
    return (day.date() for day in pd.date_range(*window))
