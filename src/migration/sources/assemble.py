"""From a source's own identifiers to a study's apps; shared by the sources."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from migration.errors import NoData
from migration.panel import COLUMNS, KEY

if TYPE_CHECKING:
    from migration.study import Study

Combine = Callable[[pd.DataFrame], pd.DataFrame]


def identifiers(study: "Study", source: str) -> dict[str, tuple[str, ...]]:
    """What each app of a study, and each of its controls, is called at a source."""
    apps = {a.id: tuple(a.ids[source]) for a in study.apps if a.ids.get(source)}
    controls = study.source(source).controls
    return apps | {name: (name,) for name in controls if name not in apps}


def wide_to_panel(
    values: pd.DataFrame, *, source: str, metric: str, zone: str
) -> pd.DataFrame:
    """Days × apps into panel rows of one market, the world; a NaN is missing."""
    days, apps = values.shape
    value = values.to_numpy(float).ravel(order="F")
    return pd.DataFrame(
        {
            "source": source,
            "metric": metric,
            "app": np.repeat(values.columns.to_numpy(object), days),
            "market": "WW",
            "period": np.tile(values.index.to_numpy(), apps),
            "zone": zone,
            "value": value,
            "lower": value,
            "upper": value,
            "status": np.where(np.isnan(value), "missing", "observed"),
        }
    ).astype({"app": "str", "status": "str"})


def to_apps(
    frame: pd.DataFrame, study: "Study", source: str, *, combine: Combine
) -> pd.DataFrame:
    """Rename identifiers to the study's apps, several of one app made into one.

    Series that the study does not name keep the source's identifier. After an app's
    last usable day (``until``) there are no rows. A day on which one of an app's
    identifiers has no row at all is missing.
    """
    own = {
        name: app for app, names in identifiers(study, source).items() for name in names
    }
    renamed = frame.assign(app=frame["app"].map(own).fillna(frame["app"]))
    parts = {app: len(names) for app, names in identifiers(study, source).items()}
    several = renamed["app"].isin([app for app, n in parts.items() if n > 1])
    if several.any():
        merged = combine(renamed[several])
        has = renamed[several].groupby(list(KEY)).size().reset_index(name="has")
        whole = merged.merge(has, on=list(KEY))["has"] == merged["app"].map(parts)
        renamed = pd.concat([renamed[~several], forget(merged, ~whole)])
    return end_in_time(renamed, study, source).reset_index(drop=True)


def end_in_time(frame: pd.DataFrame, study: "Study", source: str) -> pd.DataFrame:
    """Drop rows after an app's last usable day (``until``)."""
    kept = frame
    for app in study.apps:
        if last := app.until.get(source):
            late = (kept["app"] == app.id) & (kept["period"] > pd.Timestamp(last))
            kept = kept[~late]
    return kept


def only_named(frame: pd.DataFrame, study: "Study", source: str) -> pd.DataFrame:
    """Keep the series that a study names; tell in ``attrs`` which controls lack.

    Raises
    ------
    NoData
        One of the study's apps is not in the raw files.
    """
    wanted = identifiers(study, source)
    absent = sorted(set(wanted) - set(frame["app"]))
    apps = [app.id for app in study.apps if app.id in absent]
    if apps:
        raise NoData(
            f"{source} needs {', '.join(wanted[apps[0]])} for {apps[0]!r}, which the "
            f"raw files lack ({len(apps)} apps lack theirs): fetch again, or correct "
            "the identifiers in the study"
        )
    kept = frame[frame["app"].isin(list(wanted))].reset_index(drop=True)
    kept.attrs = {**frame.attrs, "absent_controls": absent}
    return kept


def add_up(frame: pd.DataFrame) -> pd.DataFrame:
    """Sum counts of one app over its identifiers; one that is missing makes it so."""
    flags = {
        name: frame["status"] == name for name in ("missing", "censored", "partial")
    }
    cells = frame.assign(**flags).groupby([*KEY, "zone"], observed=True)
    numbers = cells[["value", "lower", "upper"]].sum(skipna=False)
    has = cells[list(flags)].any()
    worst = np.select([has[name] for name in flags], list(flags), default="observed")
    summed = numbers.assign(status=pd.array(worst, dtype="str")).reset_index()
    return forget(summed, summed["status"] == "missing")[list(COLUMNS)]


def best_rank(ranks: pd.DataFrame) -> pd.DataFrame:
    """Rank of several things taken together: at least as good as their best."""
    cells = ranks.groupby([*KEY, "zone"], observed=True)
    best = cells["upper"].min().reset_index()
    return best.assign(value=np.nan, lower=1.0, status="censored")[list(COLUMNS)]


def forget(frame: pd.DataFrame, rows: "pd.Series[bool]") -> pd.DataFrame:
    """Make rows missing: no number is left in them."""
    numbers = {name: frame[name].mask(rows) for name in ("value", "lower", "upper")}
    return frame.assign(**numbers, status=frame["status"].mask(rows, "missing"))
