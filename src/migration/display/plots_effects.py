"""One result: its daily path, or the level of each of its windows."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator

from migration.display import bands, style, words
from migration.display.alt import describe
from migration.display.forest import source_of
from migration.display.looks import Look, look_of
from migration.errors import DisplayError
from migration.results import COLUMNS, EffectResult, is_log_ratio

BEFORE, AFTER = 28, 28  # days of the path shown to each side of the window
PERCENTS = (
    0,
    100,
    -50,
    300,
    50,
    -25,
    25,
    -75,
    900,
    200,
    10,
    -10,
    500,
    2000,
    -90,
    5,
    -5,
    9_900,
    99_900,
    999_900,
    -99,
    -99.9,
)
LEAST_TICK = 0.11  # of the axis, between two percent ticks


@style.styled
def plot_effects(
    result: EffectResult, *, name: str = "", ax: Axes | None = None
) -> Axes:
    """Draw the effects of a result with pointwise 95% intervals.

    A daily path by event time, days outside the window muted; or one level for each
    window. Effects on logarithms are labelled in percent, on a log scale.

    Parameters
    ----------
    result : EffectResult
    name : str, optional
        What was measured, for the title; by default the treated units.
    ax : Axes, optional

    Raises
    ------
    DisplayError
        If it is not a result, or has no effects.
    """
    _check(result)
    ax = style.axes_for(ax, height=3.4)
    effects = result.effects
    daily = effects.index.name == "event_time"
    shown = _near(effects, result) if daily else effects
    limits(ax, _with_band(shown), "y")
    subject = name or words.treated_name(result)
    drawn = look_of(name, *result.design.treated)
    draw = _path if daily else _levels
    handles = draw(ax, shown, result, drawn)
    rows = bands.draw_event_times(ax, result.design)
    effect_axis(ax, "y", log=is_log_ratio(result))
    ax.set_xlabel(bands.day_axis(result.design))
    style.grid(ax, "y")
    method = result.method.split(",")[0]
    text = f"{words.label(subject)}: {method}, {result.identification}"
    pad = 6 + rows * bands.ROW_POINTS
    style.title(ax, text, simulated=result.simulated, pad=pad)
    style.legend_below(ax, handles, drop=34)
    each = "Each day's effect" if daily else "The level of each window"
    caption = f"{each} with its 95% interval, against the mean of the baseline."
    text = _alt(result, shown, subject, daily=daily)
    source, simulated = source_of([result]), result.simulated
    return describe(ax, text, caption=caption, source=source, simulated=simulated)


def effect_axis(ax: Axes, axis: str, *, log: bool) -> None:
    """Label effects: in percent where they are log ratios, else in their own units."""
    own = ax.yaxis if axis == "y" else ax.xaxis
    zero: dict[str, Any] = {"color": style.INK, "lw": 0.9, "zorder": 1.5}
    if axis == "y":
        ax.axhline(0, **zero)
    else:
        ax.axvline(0, **zero)
    own.set_label_text("Effect (percent change)" if log else "Effect (outcome's units)")
    if not log:
        return
    low, high = own.get_view_interval()
    own.set_major_locator(FixedLocator(percent_ticks(float(low), float(high))))
    own.set_minor_locator(NullLocator())
    own.set_major_formatter(FuncFormatter(lambda v, _: _percent_label(v)))


def percent_ticks(low: float, high: float) -> list[float]:
    """Logarithms of round percent changes between two, well apart."""
    least = LEAST_TICK * (high - low)
    taken: list[float] = []
    for percent in PERCENTS:
        at = float(np.log1p(percent / 100))
        if low <= at <= high and all(abs(at - other) >= least for other in taken):
            taken.append(at)
    return sorted(taken)


def limits(ax: Axes, effects: pd.DataFrame, axis: str) -> None:
    """Axis limits around the finite ends, zero among them."""
    numbers = effects[["estimate", "conf_low", "conf_high"]].to_numpy(float)
    finite = numbers[np.isfinite(numbers)]
    low, high = finite.min(initial=0.0), finite.max(initial=0.0)
    margin = 0.07 * (high - low) or 1.0
    (ax.set_ylim if axis == "y" else ax.set_xlim)(low - margin, high + margin)


def _check(result: object) -> None:
    if not isinstance(result, EffectResult):
        raise DisplayError(
            f"plot_effects needs an EffectResult, got {type(result).__name__}; give "
            "what an estimator returned"
        )
    if result.effects.empty or not set(COLUMNS) <= set(result.effects.columns):
        raise DisplayError(
            f"plot_effects needs effects with the columns {COLUMNS}, got "
            f"{len(result.effects)} rows of {list(result.effects.columns)}"
        )


def _near(effects: pd.DataFrame, result: EffectResult) -> pd.DataFrame:
    first, last = result.design.window
    return effects.loc[first - BEFORE : last + AFTER]


def _with_band(shown: pd.DataFrame) -> pd.DataFrame:
    """Widen the intervals to the band, for the axis alone."""
    if "band_low" not in shown.columns:
        return shown
    low = shown[["conf_low", "band_low"]].min(axis=1)
    high = shown[["conf_high", "band_high"]].max(axis=1)
    return shown.assign(conf_low=low, conf_high=high)


def _percent_label(log_ratio: float) -> str:
    change = 100 * float(np.expm1(log_ratio))
    if change > words.EASILY_READ:
        return f"×{change / 100 + 1:,.0f}"
    text = f"{change:,.{0 if change > -99.5 else 1}f}"
    return ("+" if float(log_ratio) > 1e-9 else "") + text.replace("-", "−") + "%"


def _path(
    ax: Axes, effects: pd.DataFrame, result: EffectResult, drawn: Look
) -> list[Artist]:
    """Days in three looks: before day zero, in the window, afterwards."""
    first, last = result.design.window
    days = np.asarray(effects.index, dtype=float)
    inside = (days >= first) & (days <= last)
    looks: Sequence[tuple[np.ndarray, dict[str, Any], str]] = (
        (inside, {"color": drawn.colour, "mfc": drawn.colour}, "day of the window"),
        (days < 0, {"color": "#9A9A9A", "mfc": "#9A9A9A"}, "day before"),
        (
            (days >= 0) & ~inside,
            {"color": drawn.colour, "mfc": "white", "alpha": 0.75},
            "other day after",
        ),
    )
    span = ax.axvspan(
        first - 0.5, last + 0.5, color=style.WINDOW_BAND, lw=0, label="window"
    )
    span.set_zorder(0.4)
    ax.set_xlim(days.min() - 0.8, days.max() + 0.8)
    handles: list[Artist] = [span]
    for chosen, look, label in looks:
        if chosen.any():
            look |= {"marker": drawn.marker}
            handles.append(_points(ax, effects[chosen], days[chosen], look, label))
    bar: dict[str, Any] = {"color": drawn.colour, "lw": 1.0, "alpha": 0.55}
    handles.append(bands.line_handle(**bar, label="95% interval of that day alone"))
    return handles + _band(ax, effects, days)


def _band(ax: Axes, effects: pd.DataFrame, days: np.ndarray) -> list[Artist]:
    """The band that holds for all days at once, where the result has one."""
    if not {"band_low", "band_high"} <= set(effects.columns):
        return []
    floor, ceiling = ax.get_ylim()
    look: dict[str, Any] = {
        "color": style.MUTED,
        "lw": 0.8,
        "ls": (0, (1, 1.5)),
        "zorder": 1.2,
    }
    for end in ("band_low", "band_high"):
        ax.plot(days, effects[end].clip(lower=floor, upper=ceiling), **look)
    return [bands.line_handle(**look, label="95% band for all days at once")]


def _points(
    ax: Axes,
    effects: pd.DataFrame,
    days: np.ndarray,
    look: dict[str, Any],
    label: str,
) -> Artist:
    floor, ceiling = ax.get_ylim()
    low = effects["conf_low"].clip(lower=floor, upper=ceiling)
    high = effects["conf_high"].clip(lower=floor, upper=ceiling)
    colour = str(look["color"])
    ax.vlines(days, low, high, color=colour, lw=1.0, alpha=0.55)
    (line,) = ax.plot(days, effects["estimate"], ls="", ms=3.4, label=label, **look)
    return line


def _levels(
    ax: Axes, effects: pd.DataFrame, result: EffectResult, drawn: Look
) -> list[Artist]:
    """One level and its interval over the days of each window."""
    zero = result.design.event
    floor, ceiling = ax.get_ylim()
    handles: list[Artist] = []
    for place, (name, row) in enumerate(effects.iterrows()):
        first, last = ((row[c] - zero).days for c in ("first_day", "last_day"))
        low, high = (
            float(np.clip(row[c], floor, ceiling)) for c in ("conf_low", "conf_high")
        )
        days = np.array([first - 0.5, last + 0.5])
        colour, line = drawn.colour, style.LINES[place % len(style.LINES)]
        ax.fill_between(days, low, high, color=colour, alpha=0.18, lw=0)
        label = f"{words.label(words.plain(str(name)))} ({row['identification']})"
        handles += ax.plot(
            days, [row["estimate"]] * 2, color=colour, ls=line, lw=2, label=label
        )
    ax.margins(x=0.08)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    return handles


def _alt(
    result: EffectResult, shown: pd.DataFrame, subject: str, *, daily: bool
) -> str:
    log = is_log_ratio(result)
    if not daily:
        parts = [
            f"{words.plain(str(name))}: {words.effect(row['estimate'], log=log)} "
            f"({words.interval(row['conf_low'], row['conf_high'], log=log)}, "
            f"{row['identification']})"
            for name, row in shown.iterrows()
        ]
        return f"{_mark(result)}Levels of {subject} by window. {'; '.join(parts)}."
    first, last = result.design.window
    path = shown.loc[first:last, "estimate"]
    top = int(path.abs().to_numpy().argmax())
    largest = f"{words.effect(path.iloc[top], log=log)} on day {path.index[top]}"
    before = shown.loc[shown.index < 0, "estimate"]
    around = words.interval(before.min(), before.max(), log=log)
    return (
        f"{_mark(result)}Daily effects with pointwise 95% intervals for {subject}, "
        f"{len(shown)} days. Largest in the window: {largest}. Days before the event "
        f"range from {around}."
    )


def _mark(result: EffectResult) -> str:
    return "SIMULATED. " if result.simulated else ""
