"""An instant on the local days of markets: how much of the day lay before it."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from migration.clock import exposure
from migration.display import style, words
from migration.display.alt import describe
from migration.errors import DisplayError

MOST_NAMES = 3


@style.styled
def plot_exposure(
    instant: datetime | None,
    markets: Any,
    *,
    name: str = "event",
    ax: Axes | None = None,
) -> Axes:
    """Draw how an instant splits the local day that holds it, by market.

    Parameters
    ----------
    instant : datetime
        With a zone.
    markets : mapping of str to str, or iterable
        Name to IANA zone; or things with ``name`` and ``zone``, as a study's markets.
    name : str
        Of the event.
    ax : Axes, optional

    Raises
    ------
    ClockError
        If the instant has no zone, or a market's is unknown.
    DisplayError
        If there are no markets, or the event has no instant.
    """
    if instant is None:
        raise DisplayError(
            f"plot_exposure needs an instant, {name} has none: it was rolled out over "
            "days; choose an event with one"
        )
    rows = exposure_rows(instant, _zones(markets))
    ax = style.axes_for(ax, height=1.3 + 0.24 * len(rows))
    for place, row in enumerate(rows.to_dict("records")):
        _bar(ax, place, row)
    ax.set_yticks(range(len(rows)), [words.label(m, most=60) for m in rows["markets"]])
    ax.tick_params(axis="y", labelsize=style.SMALL)
    ax.set_ylim(len(rows) - 0.4, -0.6)
    ax.set_xlim(0, 1)
    ax.xaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:.0%}"))
    ax.set_xlabel(f"Share of the local day before (light) and after (dark) the {name}")
    ax.tick_params(axis="y", length=0)
    style.title(ax, f"The day of the {name}, by market", margin=1.5)
    return describe(ax, _exposure_alt(rows, name))


def exposure_rows(instant: datetime, zones: Mapping[str, str]) -> pd.DataFrame:
    """One row a distinct split of the day, the earliest local time first."""
    seen = [(name, exposure(instant, zone)) for name, zone in zones.items()]
    table = pd.DataFrame(
        {
            "name": [name for name, _ in seen],
            "day": [split.day for _, split in seen],
            "before": [round(split.before, 6) for _, split in seen],
        }
    )
    grouped = table.groupby(["day", "before"])["name"].agg(list).reset_index()
    grouped["markets"] = [_some(names) for names in grouped["name"]]
    return grouped


def _some(names: list[str]) -> str:
    shown = ", ".join(names[:MOST_NAMES])
    left = len(names) - MOST_NAMES
    return f"{shown} and {left} more" if left > 0 else shown


def _zones(markets: Any) -> dict[str, str]:
    if isinstance(markets, Mapping):
        zones = {str(name): str(zone) for name, zone in markets.items()}
    elif isinstance(markets, Iterable) and not isinstance(markets, str):
        zones = {market.name: market.zone for market in markets}
    else:
        zones = {}
    if not zones:
        raise DisplayError(
            "plot_exposure needs at least one market with its zone, got "
            f"{markets!r}; give study.markets or a mapping of names to IANA zones"
        )
    return zones


def _bar(ax: Axes, place: int, row: Mapping[Any, Any]) -> None:
    before, day = float(row["before"]), row["day"]
    ax.barh(place, before, color="#BDBDBD", height=0.62)
    ax.barh(place, 1 - before, left=before, color=style.SLATE, height=0.62)
    ax.text(
        1.02,
        place,
        f"{day.day} {words.MONTHS[day.month - 1][:3]}, {before:.0%} before",
        transform=ax.get_yaxis_transform(),
        va="center",
        fontsize=style.SMALL,
    )


def _exposure_alt(rows: pd.DataFrame, name: str) -> str:
    told = "; ".join(
        f"{row['markets']}: {row['before']:.0%} of {row['day'].day} "
        f"{words.MONTHS[row['day'].month - 1]}"
        for _, row in rows.iterrows()
    )
    return f"Share of the local day that lies before the {name}. {told}."
