"""Views a day by country of the articles about a study's apps, UTC.

From the day files that Wikimedia releases with noise: a count that is not above a
threshold is left out. So an article without a row, in a country that is in the day's
file, was read between 0 and that many times: an interval, never 0. Of a country that
is not in the file nothing is known; those that are in no file are told in ``attrs``.

A country's ``views`` are summed over the projects that its readers were ever counted
in, on the days at hand: a project that is not released on one of them adds its
interval. ``views_en`` and the like are those of one project.
"""

import datetime as dt
from collections.abc import Hashable, Mapping, Sequence, Set
from typing import TYPE_CHECKING, Any

import pandas as pd

from migration.errors import NoData, SchemaDrift
from migration.panel import COLUMNS
from migration.sources.ask import Answer, Ask, Plan, Window, file_name
from migration.sources.assemble import add_up, end_in_time, identifiers
from migration.sources.cards import card
from migration.sources.raw import Raw, naming
from migration.sources.suppressed import ALL_PARTS, lay_out, parts_of, table_of
from migration.sources.wikimedia.names import metric_of
from migration.sources.wikipedia_countries.eras import Era, era_of
from migration.sources.wikipedia_countries.extract import Extract, read_extract
from migration.sources.wikipedia_countries.sifting import Sift
from migration.sources.wikipedia_countries.wanted import Wanted
from migration.sources.window import days_of, narrowed

if TYPE_CHECKING:
    from migration.study import Study

SOURCE = "wikipedia_countries"
METRICS = ("views",)
ZONE = "UTC"
PACE = 1.0
MAX_BYTES = 2 * 1024**3
USUAL_BYTES = 30_000_000  # of a day; the card says from how much to how much
SETTLES = dt.timedelta(days=7)  # a file may come late, or be filled in


def plan(study: "Study", window: Window) -> Plan:
    """Ask for each day's file, of which the wanted rows alone are kept.

    The options ``first`` and ``last`` narrow the days. A study that wants other rows
    asks again: what is wanted is part of the address that is kept, after a ``#``,
    which no server is sent.
    """
    spec = study.source(SOURCE)
    base = str(spec.options.get("address", card(SOURCE).address)).rstrip("/")
    wanted = Wanted.of(n for ids in identifiers(study, SOURCE).values() for n in ids)
    for day in days_of(narrowed(window, spec)):
        era = era_of(day)
        if era is not None and wanted.names:
            yield _ask(base, era, day, wanted)


def panel(raw: Raw, study: "Study") -> pd.DataFrame:
    """Views of a study's apps and controls in each of its markets.

    ``attrs`` says which markets are in no file (``never_released``), in which projects
    each app was counted (``projects``), which days have no file (``days_without``) and
    how much noise was added (``noise``).

    Raises
    ------
    UnexpectedContent, SchemaDrift
        A file is not an extract.
    NoData
        No file was kept for the identifiers of one of the study's apps.
    """
    named = identifiers(study, SOURCE)
    extracts = _of_study(parse(raw), study)
    found = {
        app: [one for one in extracts if one.names >= set(names)]
        for app, names in named.items()
    }
    lacking = [app.id for app in study.apps if found.get(app.id) == []]
    if lacking or not any(found.values()):
        raise NoData(
            f"{SOURCE}: {', '.join(lacking) or 'nothing'} was looked for in no file "
            "that is kept: fetch again"
        )
    markets = {market.code for market in study.markets} - {"WW"}
    grids = [
        _grid({app: named[app] for app in apps}, found[apps[0]], markets)
        for apps in _alike(found)
    ]
    grid = pd.concat(grids, ignore_index=True)
    if grid.empty:
        raise NoData(
            f"{SOURCE}: none of the study's {len(markets)} markets is in any file that "
            "is kept: fetch more days, or other markets"
        )
    made = end_in_time(_rows(grid), study, SOURCE).reset_index(drop=True)
    absent = sorted(app for app, some in found.items() if not some)
    made.attrs = {**_told(grid, extracts, markets), "absent_controls": absent}
    return made


def _ask(base: str, era: Era, day: dt.date, wanted: Wanted) -> Ask:
    return Ask(
        url=f"{base}/{era.folder}/{day}.tsv#{','.join(wanted.names)}",
        name=file_name(str(day), suffix="tsv"),
        kind="text",
        settles=day + SETTLES,
        pace=PACE,
        sift=Sift(wanted, era, day),
        check=_check,
        what=f"views by country of {day}",
        max_bytes=MAX_BYTES,
        size=USUAL_BYTES,
    )


def _check(answer: Answer) -> None:
    _read(answer.url, answer.content)


def parse(raw: Raw) -> list[Extract]:
    """Every extract, the last read last; pure."""
    by_age = sorted(raw, key=lambda pair: pair[0].retrieved_at)
    found = []
    for entry, content in by_age:
        with naming(entry):
            found.append(_read(entry.url, content))
    return found


def _read(url: str, content: bytes) -> Extract:
    one = read_extract(content)
    if f"/{one.day}.tsv" not in url:
        raise SchemaDrift(f"{url} holds an extract of {one.day}: fetch the day again")
    return one


def _of_study(extracts: Sequence[Extract], study: "Study") -> list[Extract]:
    """Extracts of its days that looked for anything of a study's."""
    names = {n for ids in identifiers(study, SOURCE).values() for n in ids}
    first, last = narrowed((dt.date.min, dt.date.max), study.source(SOURCE))
    return [one for one in extracts if first <= one.day <= last and names & one.names]


def _alike(found: Mapping[str, Sequence[Extract]]) -> list[list[str]]:
    """Apps that were looked for in the same files, together."""
    groups: dict[tuple[int, ...], list[str]] = {}
    for app, some in found.items():
        if some:
            groups.setdefault(tuple(map(id, some)), []).append(app)
    return list(groups.values())


def _grid(
    named: Mapping[str, Sequence[str]], some: Sequence[Extract], markets: Set[str]
) -> pd.DataFrame:
    """Apps in each market, project and day; see :func:`lay_out`."""
    days = {one.day: one for one in some}  # the last read wins
    owner = {name: app for app, names in named.items() for name in names}
    released = table_of(
        (
            (owner[row.name], day, row.country, row.project, row.count)
            for day, one in days.items()
            for row in one.rows
            if row.name in owner and row.country in markets
        ),
        ("app", "period", "market", "part", "lower"),
    )
    bounds = table_of(
        (
            (day, country, bound)
            for day, one in days.items()
            for country, bound in one.bounds.items()
            if country in markets
        ),
        ("period", "market", "bound"),
    )
    key = ["app", "period", "market", "part"]
    summed = released.groupby(key).agg({"lower": "sum"}).reset_index()
    return lay_out(summed.assign(upper=summed["lower"]), bounds, named)


def _rows(grid: pd.DataFrame) -> pd.DataFrame:
    """Panel rows: each project's, and their sum."""
    rows = grid.assign(source=SOURCE, zone=ZONE)
    own = rows[rows["part"] != ALL_PARTS]
    own = own.assign(metric=own["part"].map(metric_of))
    every = add_up(rows.assign(metric="views"))
    return pd.concat([every, own])[list(COLUMNS)].astype({"status": "str"})


def _told(
    grid: pd.DataFrame, extracts: Sequence[Extract], markets: Set[str]
) -> dict[Hashable, Any]:
    """What the panel was made from, in plain words and lists."""
    days = {one.day for one in extracts}
    span = pd.date_range(min(days), max(days))
    names = {code: name for one in extracts for code, name in one.countries.items()}
    eras = [era for day in sorted(days) if (era := era_of(day))]
    return {
        "never_released": sorted(markets - set(names)),
        "countries_in_files": len(names),
        "days_without": [f"{day:%F}" for day in span if day.date() not in days],
        "projects": parts_of(grid),
        "noise": {era.folder: era.noise for era in eras},
    }
