"""Views a day of the articles about a study's apps, by language edition, UTC.

An app's views in a language are those of its title there, of every redirect to it and
of the titles that it had before. A language is no country: the market is the world,
``views`` sums over the languages, and each has a metric of its own, ``views_de`` and
the like, so that one of them can be asked for without pretending where its readers
live. ``share`` is ``views`` per view of anything in the same projects.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from migration.errors import NoData
from migration.panel import COLUMNS
from migration.sources.assemble import add_up, end_in_time
from migration.sources.raw import Raw, naming
from migration.sources.wikimedia.daily import Daily, is_daily, read_daily
from migration.sources.wikimedia.names import metric_of
from migration.sources.wikipedia_views.asking import SOURCE as SOURCE
from migration.sources.wikipedia_views.asking import plan as plan
from migration.sources.wikipedia_views.asking import titles_of
from migration.sources.wikipedia_views.pages import (
    Page,
    asked_about,
    join_pages,
    read_page,
)
from migration.sources.wikipedia_views.sums import (
    NOT_FETCHED,
    SUMMED,
    Array,
    Language,
    Line,
    language,
    line,
    share,
    without_unloaded,
)
from migration.sources.window import narrowed

if TYPE_CHECKING:
    from migration.study import Study

METRICS = ("views", "share")
ZONE = "UTC"
STATUSES = (200, 404)  # a 404 is an answer here
_Name = tuple[str, str]  # a project, and a title in it


@dataclass(frozen=True, kw_only=True)
class Record:
    """Everything that was read: views by title, pages by title, and the days."""

    views: Mapping[_Name, Sequence[Daily]]
    pages: Mapping[_Name, Page]
    days: pd.DatetimeIndex


def panel(raw: Raw, study: "Study") -> pd.DataFrame:
    """Views of a study's apps and controls, by language and in all, and their share.

    A language in which none of an app's titles was ever counted is left out of
    ``views`` and told in ``attrs["languages"]``; one that was not fetched makes it
    missing. ``attrs["titles"]`` says which titles were summed, which had no views
    (404) and which were not fetched.

    Raises
    ------
    UnexpectedContent, SchemaDrift
        A file is not what the service promises.
    NoData
        No view of any title of the study.
    """
    record = _of_study(parse(raw), study)
    found = {
        app: [_language(project, titles, record) for project, titles in each.items()]
        for app, each in titles_of(study).items()
    }
    counted = {app for app, some in found.items() if _usable(some)}
    if not counted:
        raise NoData(
            f"{SOURCE}: no view of any title that the study names is kept: check the "
            "titles, then fetch again"
        )
    controls = set(study.source(SOURCE).controls)
    kept = {a: some for a, some in found.items() if a in counted or a not in controls}
    made = _rows(kept, record)
    made = end_in_time(made, study, SOURCE).reset_index(drop=True)
    absent = sorted(set(found) - set(kept))
    made.attrs = {**_told(kept, record), "absent_controls": absent}
    return made


def parse(raw: Raw) -> Record:
    """Read every file by what its address asks for; pure."""
    views: dict[_Name, list[Daily]] = defaultdict(list)
    parts: dict[_Name, list[Page]] = defaultdict(list)
    for entry, content in raw:
        with naming(entry):
            if is_daily(entry.url):
                one = read_daily(
                    entry.url,
                    content,
                    status=entry.status,
                    retrieved_at=entry.retrieved_at,
                )
                views[one.project, one.title].append(one)
            elif name := asked_about(entry.url):
                parts[name].append(read_page(content, name[1]))
    pages = {name: join_pages(some) for name, some in parts.items()}
    return Record(views=views, pages=pages, days=_days(views))


def _of_study(record: Record, study: "Study") -> Record:
    """What was read of a study's titles, of their pages' and projects, on its days."""
    each = titles_of(study).values()
    named = {(project, t) for own in each for project, ts in own.items() for t in ts}
    pages = {name: page for name, page in record.pages.items() if name in named}
    every = named | {(p, t) for (p, _), page in pages.items() for t in page.titles}
    every |= {(project, "") for project, _ in named}
    views = {name: some for name, some in record.views.items() if name in every}
    days = _days(views)
    first, last = narrowed((days[0].date(), days[-1].date()), study.source(SOURCE))
    days = days[(days >= pd.Timestamp(first)) & (days <= pd.Timestamp(last))]
    if not len(days):
        raise NoData(
            f"{SOURCE}: no view is kept of the days that the options first and last "
            "leave: fetch them, or correct the options"
        )
    return Record(views=views, pages=pages, days=days)


def _days(views: Mapping[_Name, Sequence[Daily]]) -> pd.DatetimeIndex:
    """Every day from the first to the last that was asked of any title."""
    windows = [
        one.window for (_, title), some in views.items() if title for one in some
    ]
    if not windows:
        raise NoData(f"{SOURCE}: no views of any title are kept: fetch again")
    first, last = min(w[0] for w in windows), max(w[1] for w in windows)
    return pd.date_range(first, last, unit="us")


def _language(project: str, titles: Sequence[str], record: Record) -> Language:
    pages = [record.pages.get((project, title)) for title in titles]
    known = [page for page in pages if page is not None]
    mains = [*titles, *(page.current for page in known if page.current)]
    every = [*mains, *(title for page in known for title in page.titles)]
    everything = _line(project, "", record)
    lines = {
        title: without_unloaded(_line(project, title, record), everything)
        for title in dict.fromkeys(every)
    }
    whole = len(known) == len(titles) and not any(page.more for page in known)
    main = [lines.pop(title) for title in dict.fromkeys(mains)]
    return language(project, main, list(lines.values()), whole=whole)


def _line(project: str, title: str, record: Record) -> Line:
    """Views of a title by day, or of a whole project where it is empty."""
    return line(title, record.views.get((project, title), []), record.days)


def _usable(some: Iterable[Language]) -> list[Language]:
    return [one for one in some if one.state == SUMMED]


def _rows(found: Mapping[str, Sequence[Language]], record: Record) -> pd.DataFrame:
    """Rows of each language, of each app's sum over them, and of its share."""
    pairs = [(app, one) for app, some in found.items() for one in some]
    own = [(app, metric_of(one.project), one.days) for app, one in pairs]
    parts = [
        (app, "views", one.days) for app, some in found.items() for one in _parts(some)
    ]
    views = add_up(_table(parts, record.days))
    by_app = views.sort_values("period").groupby("app")
    shares = [
        (app, "share", share(by_app.get_group(app), _totals(some, record)))
        for app, some in found.items()
    ]
    tables = [_table(own, record.days), views, _table(shares, record.days)]
    return pd.concat(tables, ignore_index=True).astype({"status": "str"})


def _parts(some: Sequence[Language]) -> Sequence[Language]:
    """The languages that an app's sum is of; where none can be, one that is missing."""
    parts = [one for one in some if one.state in (SUMMED, NOT_FETCHED)]
    return parts or some[:1]


def _table(
    series: Sequence[tuple[str, str, pd.DataFrame]], days: pd.DatetimeIndex
) -> pd.DataFrame:
    """Panel rows of several series, each of an app and a metric, day by day."""
    long = pd.concat([values for _, _, values in series], ignore_index=True)
    long["app"] = np.repeat([app for app, _, _ in series], len(days))
    long["metric"] = np.repeat([metric for _, metric, _ in series], len(days))
    long["period"] = np.tile(days.to_numpy(), len(series))
    long["source"], long["market"], long["zone"] = SOURCE, "WW", ZONE
    return long[list(COLUMNS)].astype({"app": "str", "metric": "str"})


def _totals(some: Sequence[Language], record: Record) -> list[Array]:
    return [_total(one.project, record) for one in some if one.state == SUMMED]


def _total(project: str, record: Record) -> Array:
    """All views of a project by day; no day of a project is without any."""
    all_views = _line(project, "", record)
    counted = (all_views.views > 0) & ~all_views.unsettled
    return np.where(counted, all_views.views, np.nan)


def _told(
    found: Mapping[str, Sequence[Language]], record: Record
) -> dict[Hashable, Any]:
    """What the panel was made from, in plain words and lists."""
    languages = {
        app: {
            state: [one.project for one in some if one.state == state]
            for state in dict.fromkeys(one.state for one in some)
        }
        for app, some in found.items()
    }
    notes = {
        f"{project}/{title}": page.note
        for (project, title), page in record.pages.items()
        if page.note
    }
    items = {
        f"{project}/{title}": page.item
        for (project, title), page in record.pages.items()
        if page.item
    }
    titles = {
        app: {one.project: one.titles for one in some} for app, some in found.items()
    }
    return {"titles": titles, "languages": languages, "notes": notes, "items": items}
