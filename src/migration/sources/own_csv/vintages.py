"""Files of several days, vendors and forms, made into one panel.

Estimates are revised, so that a cell is that of the newest export which has it, and a
day on which two exports meet is a known break of the series. One metric is one thing:
two vendors, charts or zones under one name are refused.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from migration.errors import CannotAsk, NoData, SchemaDrift
from migration.panel import COLUMNS, empty_panel
from migration.sources.assemble import add_up, best_rank, end_in_time, forget
from migration.sources.own_csv.apps import SOURCE, match, parts_of
from migration.sources.own_csv.reading import Reading
from migration.sources.own_csv.said import OF_MARKET, are_ranks
from migration.study.fields import WORLD
from migration.study.metrics import is_rank

if TYPE_CHECKING:
    from migration.study import Study

CELL = ["metric", "app", "part", "market", "period"]
_SERIES = ["metric", "app", "market"]
MOST_NAMED = 100


@dataclass(frozen=True, kw_only=True, eq=False)
class Matched:
    """One file's rows of a study's apps, and what was kept out.

    Attributes
    ----------
    rows : DataFrame
        ``metric, app, part, market, period, zone, value, lower, upper, status``.
    reading : Reading
    zone : str
    apps, markets : tuple of str
        What the study does not know.
    """

    rows: pd.DataFrame
    reading: Reading
    zone: str
    apps: tuple[str, ...]
    markets: tuple[str, ...]


def match_reading(reading: Reading, study: "Study", *, zone: str) -> Matched:
    """The rows of a file that a study knows, those off a whole list added."""
    zones = {market.code: market.zone for market in study.markets}
    zones = {WORLD: study.source(SOURCE).zone} | zones
    rows = pd.concat([reading.rows, match(reading.rows, study)], axis=1)
    known, here = rows["app"] != "", rows["market"].isin(list(zones))
    strangers = rows.loc[~known, "names"].map(lambda names: names[-1])
    kept = rows[known & here]
    kept = _off_the_lists(kept, reading)
    own = kept["market"].map(zones) if zone == OF_MARKET else zone
    kept = kept.assign(zone=own)[[*CELL, "zone", "value", "lower", "upper", "status"]]
    again = kept.duplicated(CELL)
    if again.any():
        metric, app, part, market, day = kept.loc[again, CELL].iloc[0]
        raise SchemaDrift(
            f"two rows are the {metric} of {app!r} ({part}) in {market} on {day:%F}, "
            "under two of its names: give each its own identifier in the study"
        )
    return Matched(
        rows=kept,
        reading=reading,
        zone=zone,
        apps=tuple(sorted(set(strangers))),
        markets=tuple(sorted(set(rows.loc[known & ~here, "market"]))),
    )


def combine(files: Iterable[Matched], study: "Study") -> pd.DataFrame:
    """One panel of several files, the oldest export first.

    Raises
    ------
    CannotAsk
        One metric of two vendors, charts or zones.
    NoData
        No row is of an app of the study.
    """
    chosen = [one for one in files if not one.rows.empty and _is_chosen(one, study)]
    if not chosen:
        raise NoData(
            f"no row of the files of {SOURCE} is of an app and a market of the study: "
            f"see ids.{SOURCE} of its apps"
        )
    _refuse_mixed(chosen)
    ordered = sorted(chosen, key=lambda one: one.reading.exported)
    cells = pd.concat(
        [one.rows.assign(exported=one.reading.exported) for one in ordered],
        ignore_index=True,
    ).drop_duplicates(CELL, keep="last")
    kept = end_in_time(_to_apps(cells), study, SOURCE).reset_index(drop=True)
    panel = kept.astype(empty_panel().dtypes)
    panel.attrs = {"breaks": _meetings(cells, ordered)}
    return panel


def _off_the_lists(rows: pd.DataFrame, reading: Reading) -> pd.DataFrame:
    """Apps that are on some list of a file are off the whole lists that lack them."""
    if reading.lists.empty or rows.empty:
        return rows
    apps = rows[["metric", "app", "part"]].drop_duplicates()
    every = reading.lists.merge(apps, how="cross")
    absent = every.merge(rows[CELL], on=CELL, how="left", indicator=True)
    absent = absent[absent["_merge"] == "left_only"]
    off = absent[CELL].assign(
        value=np.nan, lower=absent["size"] + 1, upper=np.inf, status="censored"
    )
    return pd.concat([rows, off], ignore_index=True) if len(off) else rows


def is_invented(one: Matched) -> bool:
    """Whether whoever declared a file named its maker SIMULATED, whatever else."""
    return "simulated" in one.reading.vendor.casefold()


def _is_chosen(one: Matched, study: "Study") -> bool:
    vendor = study.source(SOURCE).options.get("vendor")
    return vendor in (None, one.reading.vendor)


def _refuse_mixed(files: Iterable[Matched]) -> None:
    """One metric, one meaning: else unlike things would stand in one column."""
    meanings: dict[str, dict[str, str]] = {}
    for one in files:
        for metric in one.rows["metric"].unique():
            told = meaning(one, metric)
            first = meanings.setdefault(metric, told)
            if differs := [key for key in told if told[key] != first[key]]:
                key = differs[0]
                raise CannotAsk(
                    f"{metric!r} is of two kinds: {key} {first[key]!r} and "
                    f"{told[key]!r}. Add one of the files again with another metric "
                    f"(--say metric={metric}_2), or withdraw it (--say use=no)"
                    + ("; or set options.vendor" if key == "vendor" else "")
                )


def meaning(one: Matched, metric: str) -> dict[str, str]:
    """What makes two figures of one metric comparable."""
    reading = one.reading
    told = {"vendor": reading.vendor, "zone": one.zone, "unit": reading.units[metric]}
    return told | dict(reading.about)


def _to_apps(cells: pd.DataFrame) -> pd.DataFrame:
    """Identifiers of one app added up; of ranks the best. A gap in one is a gap."""
    cells = cells.assign(source=SOURCE)
    parts = cells.groupby(["metric", "app"])["part"].transform("nunique")
    single, several = cells[parts == 1], cells[parts > 1]
    found = [single[list(COLUMNS)]]
    for metric, own in several.groupby("metric"):
        merged = (best_rank if is_rank(str(metric)) else add_up)(own)
        key = [*_SERIES, "period"]
        has = own[own["status"] != "missing"].groupby(key).size().rename("has")
        need = own.groupby(["metric", "app"])["part"].nunique().rename("need")
        counted = merged.join(has, on=key).join(need, on=["metric", "app"])
        found.append(forget(merged, counted["has"].fillna(0) < counted["need"]))
    panel = pd.concat(found, ignore_index=True)
    return panel.sort_values(["metric", "app", "market", "period"], ignore_index=True)


def _meetings(cells: pd.DataFrame, files: list[Matched]) -> list[dict[str, str]]:
    """Days on which a series of estimates goes over from one export to another."""
    vendors = {
        m: one.reading.vendor for one in files for m in one.rows["metric"].unique()
    }
    flows = cells[~are_ranks(cells["metric"])]
    ordered = flows.sort_values([*CELL[:4], "period"])
    # Before the rows are chosen: a frame without rows would take those of a column.
    ordered = ordered.assign(was=ordered.groupby(CELL[:4])["exported"].shift())
    goes_over = ordered["was"].notna() & (ordered["was"] != ordered["exported"])
    keys = ["app", "period", "metric", "was", "exported"]
    return [
        {
            "app": str(app),
            "day": f"{day:%F}",
            "what": f"{metric}: exports of {vendors[metric]} of {was} and {now} meet",
        }
        for app, day, metric, was, now in ordered.loc[goes_over, keys]
        .drop_duplicates()
        .to_numpy()
    ]


def told(files: Sequence[tuple[str, Matched]], study: "Study") -> dict[str, Any]:
    """What a reader must know of the files, each with its name, as plain values."""
    met = {part for _, one in files for part in one.rows["part"].unique()}
    wanted = [part for _, part in dict.fromkeys(parts_of(study).values())]
    left_out = {app for _, one in files for app in one.apps}
    markets = {market for _, one in files for market in one.markets}
    return {
        "origin": "added",
        "readings": [_record(name, one) for name, one in files],
        "absent": [part for part in wanted if part not in met],
        "left_out": {
            "apps": sorted(left_out)[:MOST_NAMED],
            "n_apps": len(left_out),
            "markets": sorted(markets),
        },
    }


def _record(name: str, one: Matched) -> dict[str, Any]:
    """One file: who made it, when it was exported, what it measures."""
    reading, days = one.reading, one.reading.rows["period"]
    size = reading.lists["size"].max()
    return {
        "file": name,
        "form": reading.form,
        "vendor": reading.vendor,
        "exported": reading.exported,
        "metrics": dict(reading.units),
        "zone": one.zone,
        **reading.about,
        "chart_size": None if np.isnan(size) else int(size),
        "first_day": f"{days.min():%F}",
        "last_day": f"{days.max():%F}",
        "rows": len(one.rows),
    }
