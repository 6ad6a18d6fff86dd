"""Bounds on a trend and dates without an event, drawn."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from migration.checks.honest import HonestResult
from migration.display import style, words
from migration.display.alt import describe
from migration.display.looks import look_of
from migration.errors import DisplayError
from migration.inference.rule import ALPHA
from migration.results import CheckResult

UNITS = "Effect\n(of logs: 0.10 is +10.5%)"
MAGNITUDES = "relative magnitudes"
ENDS = ("conf_low", "conf_high")
TIMED = ("first_day", "last_day", "estimate", *ENDS, "p_value")


@style.styled
def plot_breakdown(
    result: HonestResult, *, name: str = "", ax: Axes | None = None
) -> Axes:
    """Draw the set of effects by how far from parallel trends may be.

    Parameters
    ----------
    result : HonestResult
        Of ``honest_pretrends``.
    name : str, optional
        Of the treated series.
    ax : Axes, optional

    Raises
    ------
    DisplayError
        If it is another result, or holds no set of relative magnitudes.
    """
    frame = _sets(result)
    ax = style.axes_for(ax, height=3.0)
    bound, low, high = (frame[c].to_numpy(float) for c in ("bound", *ENDS))
    ax.axhline(0, color=style.INK, lw=0.8)
    colour = look_of(name).colour
    for hold in (True, False):
        here = frame["excludes_zero"].to_numpy(bool) == hold
        ax.vlines(
            bound[here], low[here], high[here], color=colour, lw=2.2,
            ls="-" if hold else (0, (2, 1.5)),
        )  # fmt: skip
        ends = np.r_[low[here], high[here]]
        face = colour if hold else "white"
        look = {"color": colour, "mfc": face, "ms": 4.5}
        ax.plot(np.tile(bound[here], 2), ends, "o", **look)  # type: ignore[arg-type]
    _broken(ax, result.breakdown_magnitude, bound)
    ax.set_xticks(bound, [f"{b:g}" for b in bound])
    ax.set_xlabel("How much more the trend may move than it did in the baseline (Mbar)")
    ax.set_ylabel(UNITS)
    style.grid(ax, "y")
    who = f"{words.label(name)}: " if name else ""
    title = f"{who}the effect if trends were not parallel"
    style.title(ax, title, simulated=result.simulated, pad=18)
    return describe(ax, _breakdown_alt(result, frame, name))


@style.styled
def plot_placebo_dates(
    check: CheckResult, *, name: str = "", ax: Axes | None = None
) -> Axes:
    """Draw the estimate and interval of every placebo window, by its days.

    Parameters
    ----------
    check : CheckResult
        Of ``placebo_in_time``.
    name : str, optional
    ax : Axes, optional

    Raises
    ------
    DisplayError
        If it is another check.
    """
    frame = _timed(check)
    ax = style.axes_for(ax, height=2.8)
    frame = frame.sort_values("first_day", ignore_index=True)
    place = np.arange(len(frame))
    low, high = (frame[end].to_numpy(float) for end in ENDS)
    found = (frame["p_value"] <= ALPHA).to_numpy(bool)
    ax.axhline(0, color=style.INK, lw=0.8)
    drawn = look_of(name)
    colour, marker = drawn.colour, drawn.marker
    for hold in (True, False):
        here = found == hold
        ax.vlines(place[here], low[here], high[here], color=colour, lw=1.8)
        at = frame.loc[here, "estimate"].to_numpy(float)
        face = colour if hold else "white"
        look = {"color": colour, "mfc": face, "ms": 5.5}
        ax.plot(place[here], at, marker, **look)  # type: ignore[arg-type]
    ax.set_xticks(place, [_window(row) for _, row in frame.iterrows()])
    ax.set_xlim(-0.6, len(frame) - 0.4)
    ax.set_ylabel(UNITS)
    style.grid(ax, "y")
    who = f"{words.label(name)}: " if name else ""
    title = f"{who}{int(found.sum())} of {len(frame)} windows without an event are told"
    style.title(ax, f"{title} from zero", simulated=check.simulated, margin=0.9)
    return describe(ax, _timed_alt(check, frame, name))


def _sets(result: HonestResult) -> pd.DataFrame:
    if not isinstance(result, HonestResult):
        raise DisplayError(
            f"plot_breakdown needs a HonestResult, got {type(result).__name__}; give "
            "what honest_pretrends returned"
        )
    frame = result.frame[result.frame["restriction"] == MAGNITUDES]
    if frame.empty:
        raise DisplayError(
            "plot_breakdown needs sets of relative magnitudes, got none; ask "
            "honest_pretrends for mbars"
        )
    return frame.sort_values("bound", ignore_index=True)


def _broken(ax: Axes, at: float, bound: np.ndarray) -> None:
    """Mark the breakdown where it lies among the bounds, else say that it does not."""
    margin = 0.08 * max(float(np.ptp(bound)), 0.5)
    ax.set_xlim(bound.min() - margin, bound.max() + margin)
    inside = bound.min() <= at <= bound.max()
    text = f"zero is in the set from {at:.2g} on"
    if inside:
        ax.axvline(at, color=style.INK, lw=1.2, ls=(0, (4, 2)))
    left = at > bound.mean()
    ax.annotate(
        text if at > 0 else "zero is in every set",
        (min(max(at, bound.min()), bound.max()), 1.0),
        (0, 3),
        xycoords=("data", "axes fraction"),
        textcoords="offset points",
        ha="right" if left else "left",
        va="bottom",
        fontsize=style.SMALL,
        color=style.INK,
    )


def _breakdown_alt(result: HonestResult, frame: pd.DataFrame, name: str) -> str:
    mark = "SIMULATED. " if result.simulated else ""
    sets = [
        f"{row['bound']:g}: {words.interval(row['conf_low'], row['conf_high'])}"
        for _, row in frame.iterrows()
    ]
    whose = f" for {name}" if name else ""
    return (
        f"{mark}Sets of the effect{whose} by Mbar, how much more the trend may move "
        f"from bin to bin than it did in the baseline. {'; '.join(sets)}. "
        f"{words.sentence_case(result.answer)}."
    )


def _timed(check: CheckResult) -> pd.DataFrame:
    if not isinstance(check, CheckResult) or not set(TIMED) <= set(check.frame.columns):
        raise DisplayError(
            f"plot_placebo_dates needs the check placebo_in_time, got "
            f"{getattr(check, 'check', type(check).__name__)}"
        )
    return check.frame


def _window(row: pd.Series) -> str:
    first, last = row["first_day"], row["last_day"]
    short = [f"{d.day} {words.MONTHS[d.month - 1][:3]}" for d in (first, last)]
    return f"{short[0]}–\n{short[1]}"


def _timed_alt(check: CheckResult, frame: pd.DataFrame, name: str) -> str:
    mark = "SIMULATED. " if check.simulated else ""
    told = [
        f"{words.day_range(row['first_day'], row['last_day'])}: "
        f"{words.number(row['estimate'])} "
        f"({words.interval(row['conf_low'], row['conf_high'])}), "
        f"{words.p_words(row['p_value'])}"
        for _, row in frame.iterrows()
    ]
    whose = f" for {name}" if name else ""
    return (
        f"{mark}Estimates of windows without an event{whose}, with their intervals. "
        f"{'; '.join(told)}. {words.sentence_case(check.answer)}."
    )
