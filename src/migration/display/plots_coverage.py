"""What is known of each source, market and day, before anything is drawn from it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Patch

from migration.display import bands, style, words
from migration.display.alt import describe
from migration.display.plots_series import date_axis
from migration.errors import DisplayError
from migration.panel import STATUSES

PLACE = ["source", "market"]
FEW_MARKETS = 12  # of one source that get a row each; more share one
INCHES_A_ROW = 0.24
TALL = 0.72  # of a row's height
LOOKS: dict[str, dict[str, Any]] = {
    "observed": {"facecolor": style.SLATE},
    "censored": {"facecolor": "#DDE3E9", "edgecolor": "#8FA0B0", "hatch": "////"},
    "partial": {"facecolor": "#8FA0B0", "edgecolor": "white", "hatch": "...."},
    "missing": {"facecolor": "#F0F0F0"},
}


@dataclass(frozen=True, kw_only=True)
class Row:
    """One row of the figure: a source and market, or why there is none."""

    name: str
    days: pd.DataFrame | None = None  # shares by day, in the order of ``STATUSES``
    series: int = 0
    why: str = ""


@style.styled
def plot_coverage(
    coverage: pd.DataFrame, *, design: bands.Events = None, ax: Axes | None = None
) -> Axes:
    """Draw which share of each source's series is known, day by day.

    A row is a source and market; a source of more than twelve markets has one row,
    with all of them in it. The height of a colour is its share of the series that have
    begun and not ended: a series ends with its last row.

    Parameters
    ----------
    coverage : DataFrame
        Of ``migration.sources.load_coverage``.
    design : Design or mapping, optional
        Marks its events; a mapping has names and days.
    ax : Axes, optional

    Raises
    ------
    DisplayError
        If the frame is another.
    """
    _check(coverage)
    rows = _rows(coverage)
    ax = style.axes_for(ax, height=1.25 + INCHES_A_ROW * len(rows))
    _limits(ax, coverage, len(rows))
    shaded = bands.draw_bands(ax, design)
    drawn = [_draw(ax, row, place) for place, row in enumerate(rows)]
    marked = bands.draw_events(ax, design)
    _dress(ax, rows, simulated=_simulated(coverage), marked=marked)
    kinds = [kind for kind in STATUSES if any(kind in some for some in drawn)]
    key = [Patch(label=kind, **_look(kind)) for kind in kinds]
    style.legend_below(ax, [*key, *shaded], drop=36)
    return describe(ax, _alt(coverage, rows))


def _check(coverage: object) -> None:
    columns = set(coverage.columns) if isinstance(coverage, pd.DataFrame) else set()
    if absent := [c for c in (*PLACE, "period", *STATUSES) if c not in columns]:
        raise DisplayError(
            f"plot_coverage needs the frame of load_coverage, whose columns "
            f"{', '.join(absent)} are absent; call load_coverage(study)"
        )


def _rows(coverage: pd.DataFrame) -> list[Row]:
    """Rows in the order of the study's sources."""
    known = dict(iter(coverage.groupby("source", observed=True, sort=False)))
    reasons = {
        **dict.fromkeys(coverage.attrs.get("nothing_here", {}), "nothing here yet"),
        **dict.fromkeys(coverage.attrs.get("problems", {}), "cannot be read"),
    }
    order = coverage.attrs.get("sources") or [*known, *reasons]
    rows: list[Row] = []
    for source in dict.fromkeys([*order, *known, *reasons]):
        if source in known:
            rows += _of_source(str(source), known[source])
        else:
            why = reasons.get(source, "no day")
            rows.append(Row(name=words.plain(str(source)), why=why))
    return rows


def _of_source(source: str, days: pd.DataFrame) -> list[Row]:
    name = words.plain(source)
    count = days["market"].nunique()
    if count > FEW_MARKETS:
        every = days.groupby("period", as_index=False)[list(STATUSES)].sum()
        return [_row(f"{name}, {count} markets", every)]
    places = days.groupby("market", observed=True, sort=True)
    return [_row(f"{name}, {market}", own) for market, own in places]


def _row(name: str, days: pd.DataFrame) -> Row:
    counts = days.set_index("period")[list(STATUSES)].sort_index()
    counts = counts.asfreq("D", fill_value=0)
    every = counts.sum(axis=1)
    shares = counts.div(every.where(every > 0), axis=0)
    return Row(name=name, days=shares, series=int(every.max()))


def _draw(ax: Axes, row: Row, place: int) -> set[str]:
    """Draw one row; which statuses it has."""
    if row.days is None:
        ax.annotate(
            row.why,
            xy=(0.005, place),
            xycoords=("axes fraction", "data"),
            va="center",
            fontsize=style.SMALL,
            style="italic",
            color=style.MUTED,
        )
        return set()
    edges = [bands.date_number(day - bands.HALF_DAY) for day in row.days.index]
    steps = np.repeat([*edges, edges[-1] + 1], 2)[1:-1]
    tops = np.cumsum(row.days.to_numpy(), axis=1)
    floor = np.zeros(len(row.days))
    for kind, top in zip(STATUSES, tops.T, strict=True):
        if np.nansum(top - floor) > 0:
            low, high = (place + TALL * (0.5 - np.repeat(e, 2)) for e in (floor, top))
            where = np.repeat(top > floor, 2)
            ax.fill_between(steps, low, high, where=where, lw=0, **LOOKS[kind])
        floor = top
    return {kind for kind in STATUSES if (row.days[kind] > 0).any()}


def _limits(ax: Axes, coverage: pd.DataFrame, rows: int) -> None:
    """All days that there are; where there are none, there is no axis of days."""
    ax.set_ylim(max(rows, 1) - 0.4, -0.6)
    if coverage.empty:
        ax.set_xticks([])
        return
    first, last = coverage["period"].min(), coverage["period"].max()
    ends = (first - bands.ONE_DAY, last + bands.ONE_DAY)
    ax.set_xlim(*map(bands.date_number, ends))
    date_axis(ax)


def _dress(ax: Axes, rows: list[Row], *, simulated: bool, marked: int) -> None:
    style.grid(ax, "x")
    ax.set_yticks(range(len(rows)), [words.label(row.name) for row in rows])
    ax.tick_params(axis="y", length=0, pad=6)
    ax.spines["left"].set_visible(False)
    for place, row in enumerate(rows):
        if row.series:
            _count(ax, row.series, place)
    pad = 6 + marked * bands.ROW_POINTS
    text = "What is known of each source and market, by day"
    style.title(ax, text, simulated=simulated, margin=1.2, pad=pad)


def _count(ax: Axes, series: int, place: int) -> None:
    """How many series a row stands for, at its right."""
    ax.annotate(
        f"{series:,} series",
        xy=(1.01, place),
        xycoords=("axes fraction", "data"),
        va="center",
        fontsize=style.SMALL,
        color=style.MUTED,
        annotation_clip=False,
    )


def _look(kind: str) -> Mapping[str, Any]:
    return {"lw": 0, **LOOKS[kind]}


def _simulated(coverage: pd.DataFrame) -> bool:
    return bool(coverage.attrs.get("simulated", False))


def _alt(coverage: pd.DataFrame, rows: list[Row]) -> str:
    mark = "SIMULATED. " if _simulated(coverage) else ""
    when = ""
    if not coverage.empty:
        period = coverage["period"]
        when = f", {words.day_range(period.min(), period.max())}"
    told = [f"{row.name}: {_told(row)}." for row in rows]
    said = f"{mark}Chart of what is known of each source and market by day{when}."
    return " ".join([said, *told])


def _told(row: Row) -> str:
    """A row in words: its days and the shares of what is known."""
    if row.days is None:
        return row.why
    shares = row.days.mean()
    parts = [f"{_percent(shares[kind])} {kind}" for kind in STATUSES if shares[kind]]
    plural = "" if row.series == 1 else " at most"
    days = words.day_range(row.days.index[0], row.days.index[-1])
    return f"{days}, {row.series:,} series{plural}, {', '.join(parts)}"


def _percent(share: float) -> str:
    """A share that is there is never 0%, and one that is not whole never 100%."""
    whole = min(max(round(100 * share), 1), 100 if share == 1 else 99)
    return f"less than {whole}%" if 100 * share < 0.5 else f"{whole}%"
