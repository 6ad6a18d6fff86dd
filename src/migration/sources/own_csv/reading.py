"""One file and what was said of it, made into rows; pure.

Rows have what the file calls an app in ``names``; which app of a study that is comes
later. A rank that is blank is beyond the chart's end; a blank estimate is missing.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from migration.errors import CannotAsk, SchemaDrift
from migration.sources.own_csv.charts import one_chart, whole_lists
from migration.sources.own_csv.days import read_days
from migration.sources.own_csv.form import Form
from migration.sources.own_csv.forms import recognise
from migration.sources.own_csv.said import Said, are_ranks, need
from migration.sources.own_csv.values import read_values, unit_of
from migration.sources.places import read_markets
from migration.study.metrics import is_rank

KEY = ["metric", "called", "market", "period"]
ONE_DAY = dt.timedelta(days=1)
SHORT = 28  # days of the shortest month


@dataclass(frozen=True, kw_only=True, eq=False)
class Reading:
    """What a file says.

    Attributes
    ----------
    rows : DataFrame
        ``metric, names, called, market, period, value, lower, upper, status``;
        ``called`` is ``names`` as one text.
    lists : DataFrame
        Whole lists of a chart; see :func:`migration.sources.own_csv.charts`.
    form, vendor, exported : str
    about : mapping
        Chart, category and device, empty where nothing tells.
    units : mapping
        Metric to what a figure counts.
    """

    rows: pd.DataFrame
    lists: pd.DataFrame
    form: str
    vendor: str
    exported: str
    about: Mapping[str, str]
    units: Mapping[str, str]


def read(content: bytes, said: Said) -> Reading:
    """Read a file with what was said of it.

    Raises
    ------
    Unsaid
        Something that the file does not tell, with an example.
    SourceError
        It is no table of a form that is known, or its cells are not what they must be.
    """
    form, sheet = recognise(content, said)
    texts = _with_metric(form.read(sheet, said), said)
    texts, about = one_chart(texts, said)
    texts = _with_market(texts, said).reset_index(drop=True)
    rows = texts[["names", "metric"]].assign(
        called=["\n".join(names) for names in texts["names"]],
        market=read_markets(texts["market"]),
        period=read_days(texts["date"], said),
    )
    parts = {
        str(metric): read_values(part, said)
        for metric, part in texts.groupby("metric", sort=False)
    }
    numbers = pd.concat([frame for frame, _ in parts.values()]).sort_index()
    rows = _once(pd.concat([rows, numbers], axis=1))
    _check_granularity(rows, said)
    return Reading(
        rows=rows,
        lists=whole_lists(rows if form.lists else rows[:0], said),
        form=form.name,
        vendor=_vendor(form, said),
        exported=_exported(rows["period"].max().date(), said),
        about=about,
        units={
            metric: unit_of(metric, unit, said) for metric, (_, unit) in parts.items()
        },
    )


def _with_metric(texts: pd.DataFrame, said: Said) -> pd.DataFrame:
    """The metric of the form, or the one said: one of several, or another name."""
    known, wanted = list(texts["metric"].unique()), said.get("metric", "")
    if known == [""]:
        why = "what the values are; a name that begins with rank is a place on a chart"
        return texts.assign(metric=need(said, "metric", why, "downloads"))
    if not wanted:
        return texts
    if wanted in known:
        return texts[texts["metric"] == wanted]
    if len(known) > 1 or is_rank(known[0]) != is_rank(wanted):
        kind = "ranks: choose a name such as rank_social" if is_rank(known[0]) else ""
        raise CannotAsk(
            f"metric={wanted} was said, but the file holds {kind or ', '.join(known)}"
        )
    return texts.assign(metric=wanted)


def _with_market(texts: pd.DataFrame, said: Said) -> pd.DataFrame:
    """The market of the file's column, or that of the whole file."""
    blank = texts["market"].str.strip() == ""
    if blank.all():
        why = "of which country it is, or of the world"
        return texts.assign(market=need(said, "market", why, "WW"))
    if blank.any():
        raise SchemaDrift(f"{int(blank.sum())} rows have no market: fill it in")
    codes = sorted(read_markets(texts["market"]).unique())
    if "market" in said and codes != [said["market"]]:
        raise CannotAsk(
            f"market={said['market']} was said, but the file has a column of markets, "
            f"with {', '.join(codes[:8])}: leave it out"
        )
    return texts


def _once(rows: pd.DataFrame) -> pd.DataFrame:
    """Each row once; two that differ are no reading."""
    once = rows.drop_duplicates([*KEY, "value", "lower", "upper", "status"])
    again = once.duplicated(KEY)
    if again.any():
        metric, called, market, day = once.loc[again, KEY].iloc[0]
        raise SchemaDrift(
            f"{int(again.sum())} figures stand twice and differ, the first the "
            f"{metric} of {called.split(chr(10))[-1]!r:.80} in {market} on {day:%F}: "
            "keep one"
        )
    return once.reset_index(drop=True)


def _check_granularity(rows: pd.DataFrame, said: Said) -> None:
    """A figure of a week or a month is no day's; a place on a chart is.

    Weeks that begin on another day for each app, or in each market, are weeks.
    """
    figures = rows[~are_ranks(rows["metric"])]
    if figures.empty:
        return
    steps = _steps(figures["period"])
    series = figures.groupby(KEY[:-1], sort=False)["period"]
    coarse = [own for _, days in series if _is_coarse(own := _steps(days))]
    if coarse or len(steps) == 0 or steps.min() > 1:
        if len(coarse) == series.ngroups or _is_coarse(steps):
            _refuse_totals(coarse[0] if coarse else steps)
        steps = coarse[0] if coarse else steps
        seen = f"{steps.min()} days or more apart" if len(steps) else "of one date"
        why = f"the figures are {seen}: a week's or a month's total is no day's figure"
        why += "; export by day, or say so where each is of a day"
        need(said, "granularity", why, "day")


def _refuse_totals(steps: NDArray[np.int64]) -> None:
    """Of weeks and months alone no report can be made, whatever a figure is of."""
    if len(steps) > 1:  # two dates may be two days of many
        raise CannotAsk(
            f"the figures are {steps.min()} days or more apart, and a report needs one "
            "of every day: a week's or a month's total is no day's figure, nor can it "
            "be parted; export by day"
        )


def _steps(days: "pd.Series[pd.Timestamp]") -> NDArray[np.int64]:
    """Days from each date to the next."""
    return np.diff(np.unique(days.to_numpy())) // np.timedelta64(1, "D")


def _is_coarse(steps: NDArray[np.int64]) -> bool:
    """Whether the dates of one series are those of weeks, or of months."""
    return bool(len(steps)) and bool((steps % 7 == 0).all() or steps.min() >= SHORT)


def _vendor(form: Form, said: Said) -> str:
    if form.vendor and "vendor" not in said:
        return form.vendor
    return need(said, "vendor", "who made the figures", "Sensor Tower")


def _exported(last: dt.date, said: Said) -> str:
    """The day of the export, which no figure is later than."""
    why = f"the day of the export, on {last} or later: estimates are revised"
    day = need(said, "exported", why, f"{last + ONE_DAY}")
    if last > dt.date.fromisoformat(day) + ONE_DAY:  # the vendor's day may be ahead
        raise CannotAsk(
            f"exported={day} was said, but there are figures of {last}: correct it, or "
            "date_order"
        )
    return day
