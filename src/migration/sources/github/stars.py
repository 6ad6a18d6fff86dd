"""Stars a day from the pages that were read, and which days they tell of."""

import datetime as dt
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from migration.errors import NoData, SchemaDrift
from migration.panel import check_panel, empty_panel
from migration.sources.assemble import add_up, identifiers, to_apps
from migration.sources.github.pages import CAP, Page, read_page
from migration.sources.raw import Raw, naming

if TYPE_CHECKING:
    from migration.study import Study

SOURCE = "github"
METRICS = ("stars",)
ZONE = "UTC"
_DAY = dt.timedelta(days=1)
_MOMENT = dt.timedelta(microseconds=1)
Span = tuple[dt.datetime, dt.datetime]


def panel(raw: Raw, study: "Study") -> pd.DataFrame:
    """Stars given a day that still stood when they were read, summed over an app.

    Only days that pages tell of have rows: those between the oldest and the newest
    star of pages that follow each other. The day on which such a run begins or ends is
    partial: at least so many. Who took a star back is not seen, so that the stars
    given are at least these. ``attrs["capped"]`` names the repositories whose list is
    longer than what is shown, with the first and last day known; ``attrs["absent"]``
    those of which there is no page.

    Raises
    ------
    NoData
        No page of any of the study's repositories.
    """
    names = {n.lower(): n for ids in identifiers(study, SOURCE).values() for n in ids}
    pages: dict[str, list[Page]] = {}
    for entry, content in raw:
        with naming(entry):
            read = _when(entry.retrieved_at)
            page = read_page(entry.url, entry.headers, content, read)
        if page.repository.lower() in names:
            pages.setdefault(names[page.repository.lower()], []).append(page)
    if not pages:
        raise NoData("no page of the study's repositories is kept: fetch them first")
    rows = pd.concat([count(own).assign(app=name) for name, own in pages.items()])
    rows = rows.astype({"app": "str"})
    made = check_panel(to_apps(rows, study, SOURCE, combine=add_up))
    made.attrs = {
        "capped": {n: _known(own) for n, own in pages.items() if _is_capped(own)},
        "absent": sorted(set(names.values()) - set(pages)),
        "lower_bound": True,
    }
    return made


def count(pages: Iterable[Page]) -> pd.DataFrame:
    """Rows of one repository's days, from its pages in any order; pure.

    Raises
    ------
    SchemaDrift
        The pages are in order of time neither forwards nor backwards.
    """
    own = sorted(pages, key=lambda page: page.number)
    stars = {star for page in own for star in page.stars}
    days = pd.Series([when.date() for when, _ in stars], dtype=object)
    per_day = days.value_counts().to_dict()
    known: dict[dt.date, bool] = {}
    for span in _spans(own, rising=_is_rising(own)):
        for day, is_whole in _days(span):
            known[day] = known.get(day, False) or is_whole
    if not known:
        return empty_panel()
    table = sorted(known.items())
    value = np.array([per_day.get(day, 0) for day, _ in table], dtype=float)
    whole = np.array([is_whole for _, is_whole in table], dtype=bool)
    words = {"source": SOURCE, "metric": METRICS[0], "app": "-", "market": "WW"}
    frame = pd.DataFrame(
        {
            "period": pd.to_datetime([day for day, _ in table]).astype(
                "datetime64[us]"
            ),
            "value": value,
            "lower": value,
            "upper": np.where(whole, value, np.inf),
            "status": np.where(whole, "observed", "partial"),
            "zone": ZONE,
            **words,
        }
    )
    return frame.astype(dict.fromkeys([*words, "zone", "status"], "str"))


def _spans(own: list[Page], *, rising: bool) -> Iterator[Span]:
    """From when to when each run of pages that follow each other tells of stars."""
    run: list[Page] = []
    for page in own:
        if run and not (run[-1].more and page.number == run[-1].number + 1):
            yield _span(run, rising=rising)
            run = []
        run.append(page)
    if run:
        yield _span(run, rising=rising)


def _span(run: list[Page], *, rising: bool) -> Span:
    """The list begins at the repository's first star and ends when it was read."""
    head, tail = (run[0], run[-1]) if rising else (run[-1], run[0])
    ends = not run[-1].more and run[-1].number < CAP
    begins = run[0].number == 1
    from_first, to_now = (begins, ends) if rising else (ends, begins)
    start = _morning(head.oldest.date()) - _MOMENT if from_first else head.oldest
    read = tail.read if to_now else None
    return start, max(read or tail.newest, tail.newest)


def _days(span: Span) -> Iterator[tuple[dt.date, bool]]:
    """Days that a span touches, and whether it holds them whole."""
    start, end = span
    day = (start + _MOMENT).date()  # a start just before midnight is the day's own
    while day <= end.date():
        morning = _morning(day)
        yield day, start < morning and morning + _DAY <= end
        day += _DAY


def _morning(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), dt.UTC)


def _is_rising(own: list[Page]) -> bool:
    """Whether the list begins with the oldest star, as it is said to."""
    pairs = list(pairwise(own))
    if all(a.oldest <= b.oldest and a.newest <= b.newest for a, b in pairs):
        return True
    if all(a.oldest >= b.oldest and a.newest >= b.newest for a, b in pairs):
        return False
    raise SchemaDrift(
        f"{own[0].repository} needs its pages of stars in order of time, got them in "
        "none: fetch them again"
    )


def _is_capped(own: list[Page]) -> bool:
    return max(page.last for page in own) >= CAP


def _known(own: list[Page]) -> list[str]:
    first, last = min(p.oldest for p in own), max(p.newest for p in own)
    return [f"{first:%Y-%m-%d}", f"{last:%Y-%m-%d}"]


def _when(retrieved_at: str) -> dt.datetime | None:
    if not retrieved_at:
        return None
    when = dt.datetime.fromisoformat(retrieved_at)
    return when if when.tzinfo else when.replace(tzinfo=dt.UTC)
