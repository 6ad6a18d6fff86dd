"""Flathub: new installs a day of Linux desktop applications, worldwide, UTC.

Two forms are read: the embedded long table, and the mirror's JSON, one file an app:
``{"ref": ..., "stats": [{"date": "YYYY/MM/DD", "arches": {arch: [downloads,
updates]}}]}``. Updates are part of downloads; new installs are the difference, since
downloads alone jump with each release of an app.
"""

import datetime as dt
import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import numpy as np
import pandas as pd

from migration.errors import NoData, SchemaDrift, UnexpectedContent
from migration.sources.ask import Answer, Ask, Plan, Window
from migration.sources.assemble import (
    add_up,
    identifiers,
    only_named,
    to_apps,
    wide_to_panel,
)
from migration.sources.cards import card
from migration.sources.raw import Raw
from migration.sources.tables import read_table, read_text, refuse_rows, to_days
from migration.store import Entry

if TYPE_CHECKING:
    from migration.study import Study

SOURCE = "flathub"
METRICS = ("new_installs", "rank")
ZONE = "UTC"
COUNTS = ["period", "app", "downloads", "updates"]
TABLE = "flathub_daily"
_HEAD = ["date", "app_id", "downloads", "updates"]
SETTLES = dt.timedelta(days=1)  # a day's counts may still change the day after
_LARGEST = 2**53  # beyond it a float no longer counts by ones


def panel(raw: Raw, study: "Study") -> pd.DataFrame:
    """New installs and ranks of the apps and controls of a study.

    ``attrs["ranked"]`` holds the least and the most applications that a day's ranks
    are among.
    """
    installs = to_apps(parse(raw.files), study, SOURCE, combine=add_up)
    ranks = rank(installs)
    both = pd.concat([installs, ranks], ignore_index=True)
    known = installs[installs["status"] != "missing"].groupby("period").size()
    both.attrs = {"ranked": [int(known.min()), int(known.max())]}
    return only_named(both, study, SOURCE)


def asked_by(study: "Study") -> Callable[[Entry], bool]:
    """Whether a fetched file is of an app or control of a study.

    Ranks are among those that a study asked for, not among what others asked.
    """
    files = {f"/{quote(name)}.json" for name in _names(study)}

    def asked(entry: Entry) -> bool:
        return not entry.url.endswith(".json") or any(map(entry.url.endswith, files))

    return asked


def plan(study: "Study", window: Window) -> Plan:
    """Ask for the mirror's file of each identifier; one file is an app's whole history.

    It is asked for again only where the store's newest was read before the window's
    last day had settled.
    """
    base = study.source(SOURCE).options.get("address", card(SOURCE).address)
    for name in _names(study):
        yield Ask(
            url=f"{str(base).rstrip('/')}/{quote(name)}.json",
            name=f"{name.lower()}.json",
            settles=window[1] + SETTLES,
            check=partial(_check, name),
            what=f"downloads of {name}",
        )


def _names(study: "Study") -> list[str]:
    return sorted({n for ids in identifiers(study, SOURCE).values() for n in ids})


def _check(name: str, answer: Answer) -> None:
    """Refuse an answer that the parser cannot read, or that is another app's."""
    apps = set(parse_mirror(answer.content, name=name)["app"])
    if not apps:
        raise NoData(f"{answer.url} holds no day of {name}")
    if apps != {name}:
        raise SchemaDrift(f"{answer.url} needs the ref {name!r}, got {min(apps)!r}")


def parse(raws: Mapping[str, bytes]) -> pd.DataFrame:
    """Panel rows of new installs, from files by name; pure.

    Every app has a row for every day from the first to the last of all files: a day
    that the source left out is missing. More updates than downloads is a miscount
    of the source: kept as counted, ``partial``. So is the last day of the mirror's
    files, which may have been read before it was over. References with a branch
    (``org.gnome.Platform/3.38``) are runtimes and extensions and are left out.

    Raises
    ------
    UnexpectedContent
        Not JSON or not a table of text.
    SchemaDrift
        A shape that is not known, a day twice, a count that is not one.
    NoData
        No application in any file.
    """
    tables = [parse_table(raw) for name, raw in raws.items() if _is_table(name)]
    files = [(n, raw) for n, raw in raws.items() if n.endswith(".json")]
    mirror = [parse_mirror(raw, name=name) for name, raw in files]
    counts = pd.concat([*tables, *mirror]) if tables or mirror else _no_counts()
    counts = counts[~counts["app"].str.contains("/")]
    if counts.empty:
        raise NoData("flathub's files hold no day of any application: fetch again")
    if counts.duplicated(["period", "app"]).any():
        raise SchemaDrift("flathub's files hold an app twice: keep one file an app")
    installs = (counts["downloads"] - counts["updates"]).rename("installs")
    wide = pd.concat([counts[["period", "app"]], installs], axis=1)
    wide = wide.pivot(index="period", columns="app", values="installs")
    days = pd.date_range(wide.index.min(), wide.index.max(), unit="us")
    long = wide_to_panel(
        wide.reindex(days), source=SOURCE, metric=METRICS[0], zone=ZONE
    )
    return _flag_partial(long, last=days[-1] if mirror else None)


def rank(installs: pd.DataFrame) -> pd.DataFrame:
    """Place of each app by new installs among the apps known for that day.

    Apps that tie are censored, from the best place they may have to the worst. The
    place of an app whose count is partial may be any.
    """
    wide = installs.pivot(index="period", columns="app", values="value")
    status = installs.pivot(index="period", columns="app", values="status")
    best = wide.rank(axis=1, method="min", ascending=False)
    worst = wide.rank(axis=1, method="max", ascending=False)
    ranked = wide.notna().sum(axis=1).to_numpy(float)
    places = wide_to_panel(best, source=SOURCE, metric="rank", zone=ZONE)
    places["upper"] = worst.to_numpy().ravel(order="F")
    tied = places["lower"] < places["upper"]
    unsure = (status == "partial").to_numpy().ravel(order="F")
    places["lower"] = places["lower"].mask(unsure, 1.0)
    places["upper"] = places["upper"].mask(unsure, np.tile(ranked, wide.shape[1]))
    places["value"] = places["value"].mask(tied)
    places["status"] = places["status"].mask(unsure, "partial").mask(tied, "censored")
    return places[status.notna().to_numpy().ravel(order="F")]


def parse_table(raw: bytes) -> pd.DataFrame:
    """Counts from the embedded table ``date,app_id,downloads,updates``."""
    table = read_table(raw, source=SOURCE, head=_HEAD)
    for name in ("downloads", "updates"):
        wrong = ~table[name].str.fullmatch(r"[0-9]{1,15}", na=False)
        _refuse(table, wrong, f"{name} that are not whole numbers")
    _refuse(table, table["app_id"] == "", "no app_id")
    table["period"] = to_days(table["date"], source=SOURCE)
    counts = table.rename(columns={"app_id": "app"})[COUNTS]
    return _no_repeats(counts.astype({"downloads": "int64", "updates": "int64"}))


def parse_mirror(raw: bytes, *, name: str = "a file") -> pd.DataFrame:
    """Counts of one app from the mirror's JSON, architectures summed."""
    text = read_text(raw, source=f"{SOURCE}, {name},", kind="JSON")
    reply = _json(text, name)
    if not isinstance(reply, dict) or set(reply) != {"ref", "stats"}:
        raise SchemaDrift(f"{name} needs an object of 'ref' and 'stats' and is another")
    if not isinstance(reply["ref"], str) or not isinstance(reply["stats"], list):
        raise SchemaDrift(f"{name} needs a text 'ref' and a list 'stats'")
    if not reply["ref"]:
        raise SchemaDrift(f"{name} has an empty 'ref'")
    rows = [_mirror_day(day, name) for day in reply["stats"]]
    if not rows:
        return _no_counts()
    dates, downloads, updates = zip(*rows, strict=True)
    counts = pd.DataFrame({"downloads": downloads, "updates": updates}, dtype="int64")
    counts["period"] = to_days(
        pd.Series(dates, dtype="str"), source=SOURCE, form="%Y/%m/%d"
    )
    return _no_repeats(counts.assign(app=reply["ref"])[COUNTS])


def _mirror_day(day: Any, name: str) -> tuple[str, int, int]:
    if not isinstance(day, dict) or set(day) != {"date", "arches"}:
        raise SchemaDrift(f"{name}: a day needs 'date' and 'arches', got {day!r:.80}")
    pairs = list(day["arches"].values()) if isinstance(day["arches"], dict) else []
    if not isinstance(day["date"], str) or not pairs or not all(map(_is_pair, pairs)):
        raise SchemaDrift(
            f"{name}: a day needs [downloads, updates], whole numbers, for each "
            f"architecture, got {day!r:.80}"
        )
    return day["date"], sum(p[0] for p in pairs), sum(p[1] for p in pairs)


def _is_pair(pair: Any) -> bool:
    """Two counts; True is an int in Python, and not a count."""
    return (
        isinstance(pair, list)
        and len(pair) == 2
        and all(type(n) is int and 0 <= n < _LARGEST / 64 for n in pair)
    )


def _json(text: str, name: str) -> Any:
    def no_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(dict(pairs)) < len(pairs):
            raise SchemaDrift(f"{name} names a key twice in one object")
        return dict(pairs)

    try:
        return json.loads(text, object_pairs_hook=no_repeats)
    except (ValueError, RecursionError) as error:
        raise UnexpectedContent(
            f"{name} needs JSON and cannot be read as that ({error}): fetch it again"
        ) from error


def _no_repeats(counts: pd.DataFrame) -> pd.DataFrame:
    _refuse(counts, counts.duplicated(["period", "app"]), "a day twice")
    return counts


def _refuse(table: pd.DataFrame, wrong: "pd.Series[bool]", fault: str) -> None:
    refuse_rows(table, wrong, source=SOURCE, fault=fault)


def _no_counts() -> pd.DataFrame:
    empty = pd.DataFrame({name: [] for name in COUNTS})
    types = {"period": "datetime64[us]", "app": "str"}
    return empty.astype({**types, "downloads": "int64", "updates": "int64"})


def _is_table(name: str) -> bool:
    return name.rpartition("/")[2].startswith(TABLE)


def _flag_partial(long: pd.DataFrame, *, last: pd.Timestamp | None) -> pd.DataFrame:
    """The truth behind a partial count has no ceiling."""
    unsure = long["value"] < 0
    if last is not None:
        unsure |= (long["period"] == last) & long["value"].notna()
    return long.assign(
        upper=long["upper"].mask(unsure, np.inf),
        status=long["status"].mask(unsure, "partial"),
    )
