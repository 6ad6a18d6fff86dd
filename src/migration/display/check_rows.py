"""Checks whose numbers are rows: an estimate and its interval, or several dots."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from migration.display import style, words
from migration.display.looks import Look
from migration.inference.arrays import Array
from migration.inference.rule import ALPHA
from migration.results import CheckResult

MOST = 12  # rows that a panel holds without its labels touching
MOST_LEFT_OUT = 5  # of parts left out, the most influential first: the rest move less
ROW, ENDS_OF_PANEL = 0.23, 1.0  # inches
ERRORS = 2  # standard errors of a bar, where a check gives no interval
UNITS = "Effect (of logs: 0.10 is +10.5%)"
FEW_DECADES = 300  # below this ratio a log axis is labelled at 1, 2 and 5
DASHED = (0, (4, 2))
GREYS = (style.INK, "white", "#9A9A9A")  # colours are for apps
BESIDE = 0.5  # of a row: numbers that are alike do not hide each other
COLUMNS = 3  # of a legend under axes that names have made narrow


@dataclass(frozen=True, kw_only=True)
class Forest:
    """Rows of an estimate with the ends of its bar, the first on top."""

    names: Sequence[str]
    estimate: Array
    low: Array
    high: Array
    p_value: Array
    axis: str


@dataclass(frozen=True, kw_only=True)
class Dots:
    """Rows of several numbers each; ``columns`` says what each number is."""

    names: Sequence[str]
    columns: dict[str, Array]
    axis: str
    logs: bool = False
    line: tuple[float, str] | None = None


def forest_of(check: CheckResult) -> Forest:
    """The rows of control dates, an outage or a part left out.

    Control dates have intervals of their own. The others give a standard error, and
    the bar is two of them to each side.
    """
    frame = check.frame
    if "control" in frame:
        names = [f"{row['control']} ({row['kind']})" for _, row in frame.iterrows()]
        ends = frame["conf_low"], frame["conf_high"]
        return _forest(names, frame, ends, UNITS)
    if "outage_days" in frame:
        names = [f"outage {name}" for name in frame["outage_days"]]
        names[-1] = "outage's days less the others"
    else:
        frame = frame.head(MOST_LEFT_OUT)
        if getattr(check, "over", "") == "days":
            frame = frame.sort_values("left_out")
        names = [f"without {name}" for name in frame["left_out"]]
    whole = getattr(check, "whole", None)
    if whole is not None:
        frame = pd.concat([pd.DataFrame([whole]), frame], ignore_index=True)
        names = [f"all the {getattr(check, 'over', 'data')}", *names]
    wide = ERRORS * frame["std_error"]
    ends = frame["estimate"] - wide, frame["estimate"] + wide
    return _forest(names, frame, ends, f"{UNITS}; bars are {ERRORS} standard errors")


def most_of(check: CheckResult) -> int:
    """The most rows of a check that are drawn."""
    return MOST_LEFT_OUT if "left_out" in check.frame else MOST


def dots_of(check: CheckResult) -> Dots:
    """The rows of joint significance, power before the event or pre-trend power."""
    frame = check.frame
    if "p_family" in frame:
        return _dots(frame, P_VALUES, list(frame["effect"]), "p, on a log scale")
    if "found_in" in frame:
        names = [
            f"found in {row['found_in']:.0%}: {words.figure(row['slope_a_day'])} a day"
            for _, row in frame.iterrows()
        ]
        return _dots(frame, HIDDEN, names, "Added to the window's mean")
    names = [f"{row['app']}, {row['design']}" for _, row in frame.iterrows()]
    axis = "Smallest effect found in 80%, units of the outcome"
    return _dots(frame, SIZES, names, axis)


P_VALUES = {
    "p_value": "alone",
    "p_family": "adjusted, family",
    "p_discovery": "adjusted, discovery",
}
HIDDEN = {"hidden": "of all baselines", "hidden_if_passed": "of those that pass"}
SIZES = {
    "gain": "gain",
    "loss": "loss",
    "formula": "formula, a lower bound",
    "blocks_gain": "gain, own blocks",
    "blocks_loss": "loss, own blocks",
}


def told_together(frame: pd.DataFrame) -> str:
    """How many effects are told from zero as a family, for a title."""
    told = int((frame["p_family"] <= ALPHA).sum())
    return f": {told} of {len(frame)} told from zero together"


def draw_forest(ax: Axes, rows: Forest, drawn: Look) -> None:
    """Draw one row a number, filled where it is told from zero at 5%."""
    place = np.arange(len(rows.names))
    found = rows.p_value <= ALPHA
    ax.axvline(0, color=style.INK, lw=0.8)
    colour = drawn.colour
    for hold in (True, False):
        here = found == hold
        ax.hlines(place[here], rows.low[here], rows.high[here], color=colour, lw=1.6)
        face = colour if hold else "white"
        look = {"color": colour, "mfc": face, "ms": 5.0}
        ax.plot(rows.estimate[here], place[here], drawn.marker, **look)  # type: ignore[arg-type]
    told = [
        "out of reach" if np.isnan(estimate) else words.p_words(p)
        for estimate, p in zip(rows.estimate, rows.p_value, strict=True)
    ]
    _lay_out(ax, rows.names, told, rows.axis)
    if not np.isfinite(rows.estimate).any():  # a scale of nothing would mislead
        ax.set_xticks([])
        ax.set_xlabel("")


def draw_dots(ax: Axes, rows: Dots) -> None:
    """Draw the numbers of each row on one line, a marker and a shade of grey each."""
    place = np.arange(len(rows.names))
    handles = []
    for at, (label, values) in enumerate(rows.columns.items()):
        look = {"color": style.INK, "mfc": GREYS[at % len(GREYS)], "ms": 5.0}
        look |= {"marker": style.MARKERS[at], "mew": 0.8}
        seen = np.isfinite(values)
        aside = BESIDE * ((at + 0.5) / len(rows.columns) - 0.5)
        ax.plot(values[seen], place[seen] + aside, ls="", **look)  # type: ignore[arg-type]
        handles.append(Line2D([], [], ls="", label=label, **look))  # type: ignore[arg-type]
    if rows.logs:
        _log_axis(ax)
    else:
        ax.axvline(0, color=style.INK, lw=0.8)
    if rows.line is not None:
        where, label = rows.line
        ax.axvline(where, color=style.INK, lw=1.0, ls=DASHED, zorder=1)
        handles.append(Line2D([], [], color=style.INK, lw=1.0, ls=DASHED, label=label))
    held = np.isfinite(np.array(list(rows.columns.values()))).any(axis=0)
    told = ["" if any_held else "no answer" for any_held in held]
    _lay_out(ax, rows.names, told, rows.axis)
    style.legend_below(ax, handles, drop=34, columns=min(len(handles), COLUMNS))


def forest_words(rows: Forest) -> str:
    """What the numbers are, and those of every row."""
    return f"{rows.axis}: " + "; ".join(
        f"{name}: out of reach"
        if np.isnan(estimate)
        else f"{name}: {words.number(estimate)} ({words.interval(low, high)}), "
        f"{words.p_words(p)}"
        for name, estimate, low, high, p in zip(
            rows.names, rows.estimate, rows.low, rows.high, rows.p_value, strict=True
        )
    )


def dots_words(rows: Dots) -> str:
    """What the numbers are, and those of every row, each after its name."""
    said = words.p_value if rows.logs else words.figure
    return f"{rows.axis}: " + "; ".join(
        f"{name}: "
        + ", ".join(f"{label} {said(v[at])}" for label, v in rows.columns.items())
        for at, name in enumerate(rows.names)
    )


def panel_height(rows: int) -> float:
    """Inches of a figure of this many rows."""
    return ENDS_OF_PANEL + ROW * max(rows, 2)


def _forest(
    names: list[str],
    frame: pd.DataFrame,
    ends: tuple["pd.Series[float]", "pd.Series[float]"],
    axis: str,
) -> Forest:
    low, high = (np.asarray(end, dtype=np.float64)[: MOST + 1] for end in ends)
    return Forest(
        names=names[: MOST + 1],
        estimate=frame["estimate"].to_numpy(float)[: MOST + 1],
        low=low,
        high=high,
        p_value=frame["p_value"].to_numpy(float)[: MOST + 1],
        axis=axis,
    )


def _dots(
    frame: pd.DataFrame, columns: dict[str, str], names: list[str], axis: str
) -> Dots:
    shown = frame.head(MOST)
    logs = "p_value" in columns
    return Dots(
        names=names[:MOST],
        columns={label: shown[key].to_numpy(float) for key, label in columns.items()},
        axis=axis,
        logs=logs,
        line=(ALPHA, f"p = {ALPHA:g}") if logs else _effect_itself(frame),
    )


def _effect_itself(frame: pd.DataFrame) -> tuple[float, str] | None:
    """The size of the effect, where the hidden trend is given as a share of it."""
    if "of_the_estimate" not in frame or not len(frame):
        return None
    size = abs(float(frame["hidden"].iloc[0] / frame["of_the_estimate"].iloc[0]))
    if not np.isfinite(size):
        return None
    return size, f"the effect's size, {words.figure(size)}"


def _log_axis(ax: Axes) -> None:
    ax.set_xscale("log")
    low, high = ax.get_xlim()
    if high / low < FEW_DECADES:
        ax.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda p, _: f"{p:g}"))
    ax.xaxis.set_minor_formatter(NullFormatter())


def _lay_out(ax: Axes, names: Sequence[str], told: list[str], axis: str) -> None:
    """Names at the left, what is told of each at the right, the first row on top."""
    ax.set_yticks(np.arange(len(names)), [words.label(name, 36) for name in names])
    ax.set_ylim(len(names) - 0.4, -0.6)
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    ax.set_xlabel(axis, loc="right")
    style.grid(ax, "x")
    for place, text in enumerate(told):
        if text:
            ax.annotate(
                text, (1.0, place), (4, 0), xycoords=("axes fraction", "data"),
                textcoords="offset points", va="center", fontsize=style.SMALL,
                annotation_clip=False,
            )  # fmt: skip
