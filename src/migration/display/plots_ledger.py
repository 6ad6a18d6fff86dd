"""What was published: figures of one quantity that disagree, by vintage."""

from dataclasses import dataclass
from typing import Any

import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from migration.display import style, words
from migration.display.alt import describe
from migration.display.bands import line_handle
from migration.errors import DisplayError

CLASH_COLUMNS = (
    *("app", "quantity", "market", "how", "first_start", "first_end", "ratio"),
    *("first_lower", "second_lower", "first_vintage", "second_vintage"),
    *("first_vendor", "second_vendor", "order_known"),
)
SAME = "same period"
INCHES_A_ROW = 0.36
MILLION = 1e6
EARLIER = {"marker": "o", "color": style.INK, "mfc": "white", "mew": 1.5}
LATEST = {"marker": "s", "color": style.INK}
UNDATED = {"marker": "D", "color": style.MUTED, "mfc": "#C9C9C9"}


@dataclass(frozen=True, kw_only=True)
class Clash:
    """Figures of one quantity, market and period, by vintage."""

    name: str
    figures: pd.DataFrame  # value, vintage, vendor; the earliest vintage first
    dated: bool

    @property
    def ratio(self) -> float:
        """The largest figure over the smallest."""
        values = self.figures["value"]
        return float(values.max() / values.min())

    def vintages(self) -> str:
        """Dates of publication in order, each once."""
        told = dict.fromkeys(vintage_words(v) for v in self.figures["vintage"])
        return ", ".join(told)


@style.styled
def plot_ledger(clashes: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw published figures of the same quantity and days that disagree.

    Parameters
    ----------
    clashes : DataFrame
        Of ``migration.sources.clashes``; pairs of the same period are drawn.
    ax : Axes, optional

    Raises
    ------
    DisplayError
        If the frame is another, or holds no pair of the same period.
    """
    check_clashes(clashes, "plot_ledger")
    rows = same_period(clashes)
    if not rows:
        raise DisplayError(
            "plot_ledger draws figures of the same period, got none among "
            f"{len(clashes)} clashes; show them with table_clashes"
        )
    ax = style.axes_for(ax, height=1.5 + INCHES_A_ROW * len(rows))
    ax.set_xscale("log")
    for place, row in enumerate(rows):
        _dumbbell(ax, row, place)
    _count_axis(ax)
    ax.set_ylim(len(rows) - 0.4, -0.6)
    ax.set_yticks(range(len(rows)), [words.label(row.name, most=44) for row in rows])
    ax.tick_params(axis="y", length=0, pad=8)
    ax.spines["left"].set_visible(False)
    style.grid(ax, "x")
    worst = max(row.ratio for row in rows)
    simulated = bool(clashes.attrs.get("simulated", False))
    text = f"Figures for the same days disagree by up to ×{worst:.1f}"
    style.title(ax, text, simulated=simulated, margin=1.2)
    style.legend_below(ax, _ledger_key(rows), drop=36)
    caption = (
        "Published figures of one app, quantity, market and days, in millions, joined "
        "where they disagree; at the right how many times the largest is the "
        "smallest, and when each was published."
    )
    text = _ledger_alt(rows, simulated=simulated)
    return describe(ax, text, caption=caption, simulated=simulated)


def check_clashes(clashes: object, what: str) -> None:
    """Refuse a frame that is no list of clashing pairs."""
    columns = set(clashes.columns) if isinstance(clashes, pd.DataFrame) else set()
    if absent := [name for name in CLASH_COLUMNS if name not in columns]:
        raise DisplayError(
            f"{what} needs the frame of migration.sources.clashes, whose columns "
            f"{', '.join(absent)} are absent; call clashes(ledger)"
        )


def same_period(clashes: pd.DataFrame) -> list[Clash]:
    """Pairs of one quantity, market and period joined, the largest ratio first."""
    same = clashes[(clashes["how"] == SAME) & clashes["ratio"].notna()]
    keys = ["app", "quantity", "market", "first_start", "first_end"]
    found = []
    for key, pairs in same.groupby(keys, sort=False):
        app, quantity, market = key[:3]
        sides = [
            pairs[[f"{side}_lower", f"{side}_vintage", f"{side}_vendor"]].set_axis(
                ["value", "vintage", "vendor"], axis=1
            )
            for side in ("first", "second")
        ]
        figures = pd.concat(sides).drop_duplicates(ignore_index=True)
        dated = bool(pairs["order_known"].all())
        order = ["vintage", "value"] if dated else ["value"]
        when = words.day_range(*pairs[["first_start", "first_end"]].iloc[0])
        found.append(
            Clash(
                name=f"{app}, {words.plain(str(quantity))}, {market}\n{when}",
                figures=figures.sort_values(order, ignore_index=True),
                dated=dated,
            )
        )
    return sorted(found, key=lambda clash: -clash.ratio)


def vintage_words(printed: str) -> str:
    """``2021-02`` as ``Feb 2021``; an empty date is ``undated``."""
    parts = str(printed).split("-")
    if not parts[0].isdigit():
        return "undated"
    month = [words.MONTHS[int(parts[1]) - 1][:3]] if len(parts) > 1 else []
    day = [str(int(parts[2]))] if len(parts) > 2 else []
    return " ".join([*day, *month, parts[0]])


def _dumbbell(ax: Axes, row: Clash, place: int) -> None:
    values = row.figures["value"]
    ax.plot([values.min(), values.max()], [place] * 2, color="#9A9A9A", lw=1.6)
    for at, value in enumerate(values):
        ax.plot(value, place, ls="", ms=6.5, **_mark(row, at))
    vendors = row.figures["vendor"].nunique()
    note = f"\n{vendors} vendors" if vendors > 1 else ""
    ax.text(
        1.02,
        place,
        f"×{row.ratio:.1f}  {row.vintages()}{note}",
        transform=ax.get_yaxis_transform(),
        va="center",
        fontsize=style.SMALL,
    )


def _mark(row: Clash, at: int) -> dict[str, Any]:
    if not row.dated:
        return UNDATED
    return LATEST if at == len(row.figures) - 1 else EARLIER


def _ledger_key(rows: list[Clash]) -> list[Artist]:
    key: list[Artist] = []
    if any(row.dated for row in rows):
        key.append(line_handle(**EARLIER, ls="", label="earlier vintage"))
        key.append(line_handle(**LATEST, ls="", label="latest vintage"))
    if any(not row.dated for row in rows):
        label = "order of vintages unknown"
        key.append(line_handle(**UNDATED, ls="", label=label))
    return key


def _count_axis(ax: Axes) -> None:
    low, high = ax.get_xlim()
    ax.set_xlim(low / 1.15, high * 1.15)
    ax.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v / MILLION:g}"))
    ax.xaxis.set_minor_formatter(NullFormatter())
    ax.set_xlabel("Published figure, millions (log scale)")


def short_count(value: float) -> str:
    """``2.5 million``, ``300,000``."""
    return f"{value / MILLION:,.3g} million" if value >= MILLION else f"{value:,.0f}"


def _ledger_alt(rows: list[Clash], *, simulated: bool) -> str:
    mark = "SIMULATED. " if simulated else ""
    told = "; ".join(
        f"{row.name.replace(chr(10), ', ')}: "
        f"{', '.join(short_count(v) for v in row.figures['value'])} "
        f"({row.vintages()}), ratio {row.ratio:.2g}"
        for row in rows
    )
    return f"{mark}Published figures of the same quantity and days. {told}."
