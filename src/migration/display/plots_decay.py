"""What was left of an effect, week by week, and its half-life where one is seen."""

import math
import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from migration.display import style, words
from migration.display.alt import describe
from migration.display.bands import (
    ROW_POINTS,
    day_axis,
    draw_event_times,
    line_handle,
)
from migration.display.looks import Look, look_of
from migration.errors import DisplayError
from migration.estimators.persistence import ALL_DAYS, WEEK, PersistenceResult

HALF_LIFE, DECAY = "half-life, days", "decay a day"
_OUTSIDE = re.compile(r"at most (\S+) or at least (\S+)")
MOST = 2.5  # times the first effect: ends beyond are arrows at the edge


@style.styled
def plot_decay(
    result: PersistenceResult, *, name: str = "", ax: Axes | None = None
) -> Axes:
    """Draw each later week's share of the first effect, with Fieller's set.

    Weeks after another focal event is felt hold what it did too, and are hollow. Where
    the path shows a decay its curve and half-life are drawn; else it says that there
    is none.

    Parameters
    ----------
    result : PersistenceResult
    name : str, optional
        Of what was measured; by default the treated units.
    ax : Axes, optional

    Raises
    ------
    DisplayError
        If it is another result.
    """
    if not isinstance(result, PersistenceResult):
        raise DisplayError(
            f"plot_decay needs a PersistenceResult, got {type(result).__name__}; give "
            "what persistence returned"
        )
    weeks = result.ratios[result.ratios["days"] == ALL_DAYS]
    subject = name or ", ".join(result.design.treated)
    ax = style.axes_for(ax, height=3.1)
    band = _frame(ax, weeks, result)
    rows = draw_event_times(ax, result.design)
    drawn = look_of(name, *result.design.treated)
    for row in weeks.to_dict("records"):
        _week(ax, row, drawn)
    handles = [band, *_key(weeks, drawn), *_curve(ax, result)]
    title = f"{words.label(subject)}: what was left, {_life_words(result)}"
    style.title(ax, title, simulated=result.simulated, pad=6 + rows * ROW_POINTS)
    style.legend_below(ax, handles, drop=34)
    first = words.day_range(*result.design.window_days)
    caption = (
        f"Each later week's effect as a share of that of {first}"
        f"{', in log points' if result.of_logs else ''}, with its 95% set (Fieller). "
        "At 100% all of it is left; hollow weeks hold what a "
        "later event did, too."
    )
    source = str(result.vintage.get("source", ""))
    text, mark = _alt(result, weeks, subject), result.simulated
    return describe(ax, text, caption=caption, source=source, simulated=mark)


def half_life(result: PersistenceResult) -> pd.Series | None:
    """The first half-life that the path shows, with its interval, or None."""
    return _quantity(result, HALF_LIFE)


def _quantity(result: PersistenceResult, name: str) -> "pd.Series | None":
    found = result.decay[result.decay["quantity"] == name]
    known = found[np.isfinite(found["estimate"].to_numpy(float))]
    return known.iloc[0] if len(known) else None


def _frame(ax: Axes, weeks: pd.DataFrame, result: PersistenceResult) -> Artist:
    """Axes from the window on, with the lines of all and nothing left; the window."""
    numbers = weeks[["estimate", "low", "high"]].to_numpy(float)
    near = numbers[np.isfinite(numbers) & (np.abs(numbers) <= MOST)]
    low, high = near.min(initial=0.0), near.max(initial=1.0)
    margin = 0.08 * (high - low)
    ax.set_ylim(low - margin, high + margin)
    last = float(weeks["horizon"].max()) + WEEK if len(weeks) else WEEK
    first, end = result.design.window
    ax.set_xlim(first - 0.8, last)
    span = {"color": style.WINDOW_BAND, "lw": 0, "label": "window"}
    band = ax.axvspan(first - 0.5, end + 0.5, **span)  # type: ignore[arg-type]
    band.set_zorder(0.4)
    ax.axhline(1, color=style.MUTED, lw=0.9, ls=(0, (4, 2)), zorder=1.2)
    ax.axhline(0, color=style.INK, lw=0.9, zorder=1.2)
    ax.yaxis.set_major_formatter(FuncFormatter(_share))
    style.grid(ax, "y")
    ax.set_ylabel("Share of the first effect")
    ax.set_xlabel(day_axis(result.design))
    return band


def _share(value: float, _: int | None = None) -> str:
    return f"{value:.0%}".replace("-", words.MINUS)


def _week(ax: Axes, row: Mapping[Any, Any], drawn: Look) -> None:
    """A week's point and set; what has no bound leaves the axes with an arrow."""
    if row["estimate"] != row["estimate"]:
        return
    at = row["horizon"] + (WEEK - 1) / 2
    floor, ceiling = ax.get_ylim()
    for low, high in pieces(row):
        ends = np.clip([low, high], floor, ceiling)
        ax.vlines(at, *ends, color=drawn.colour, lw=1.4, alpha=0.7)
        for end, bound, mark in ((ends[0], low, "v"), (ends[1], high, "^")):
            if end != bound:
                ax.plot(at, end, mark, color=drawn.colour, ms=5, clip_on=False)
    face = "white" if row["identification"] == "combined path" else drawn.colour
    if floor <= row["estimate"] <= ceiling:
        look = {"color": drawn.colour, "mfc": face, "ms": 5.5, "mew": 1.3}
        ax.plot(at, row["estimate"], drawn.marker, **look)  # type: ignore[arg-type]


def pieces(row: Mapping[Any, Any]) -> list[tuple[float, float]]:
    """The intervals of Fieller's set: one, or two that leave a middle out.

    The inner ends of two are kept only in the words of the set.

    >>> pieces({"kind": "outside", "set": "at most -1.5 or at least 0.25"})
    [(-inf, -1.5), (0.25, inf)]
    """
    if row["kind"] == "outside" and (found := _OUTSIDE.fullmatch(row["set"])):
        return [(-math.inf, float(found[1])), (float(found[2]), math.inf)]
    return [(row["low"], row["high"])]


def _curve(ax: Axes, result: PersistenceResult) -> list[Artist]:
    """The decay from the window's middle on, and the day on which half is left."""
    decay, life = _quantity(result, DECAY), half_life(result)
    if decay is None or life is None or not 0 < decay["estimate"] < 1:
        return []
    start = sum(result.design.window) / 2
    days = np.linspace(start, ax.get_xlim()[1], 200)
    look: dict[str, Any] = {"color": style.INK, "lw": 1.4, "ls": (0, (5, 1.5))}
    ax.plot(days, float(decay["estimate"]) ** (days - start), **look)
    at = start + float(life["estimate"])
    last = float(ax.get_xlim()[1])
    if at < last:
        ink: dict[str, Any] = {"color": style.INK, "zorder": 1.8}
        ends = start + np.array([life["conf_low"], life["conf_high"]], dtype=float)
        if not np.isnan(ends).any():
            ax.hlines(0.5, *np.clip(ends, start, last), lw=1.2, **ink)
        ax.vlines(at, 0, 0.5, lw=0.9, ls=(0, (1, 1.5)), **ink)
        ax.plot(at, 0.5, "d", ms=7, **ink)
    label = f"decay ({life['shape']}), half-life and its 95% interval"
    return [line_handle(**look, label=label)]


def _key(weeks: pd.DataFrame, drawn: Look) -> list[Artist]:
    """What a filled and a hollow point are, where they occur."""
    known = weeks[weeks["estimate"].notna()]
    combined = known["identification"] == "combined path"
    look: dict[str, Any] = {"color": drawn.colour, "marker": drawn.marker}
    look |= {"ms": 5, "lw": 1.4}
    key = (
        [line_handle(**look, label="a week's share, 95% set")] if any(~combined) else []
    )
    if any(combined):
        hollow = look | {"mfc": "white"}
        key.append(line_handle(**hollow, label="holds another event's effect too"))
    if (known["high"] > MOST).any() or (known["low"] < -MOST).any():
        arrow = {**look, "marker": "^", "ls": ""}
        key.append(line_handle(**arrow, label="goes on beyond the axis"))
    return list(key)


def _life_words(result: PersistenceResult) -> str:
    life = half_life(result)
    if life is None:
        return "no half-life"
    low, high = (words.number(float(life[c]), 1) for c in ("conf_low", "conf_high"))
    return (
        f"half-life {words.number(float(life['estimate']), 1)} days ({low} to {high})"
    )


def _set_words(row: Mapping[Any, Any]) -> str:
    """Fieller's set in percent, as the axis has it."""
    said = []
    for low, high in pieces(row):
        if math.isinf(low) and math.isinf(high):
            said.append(words.UNBOUNDED)
        elif math.isinf(low) or math.isinf(high):
            end = f"at least {_share(low)}" if math.isinf(high) else ""
            said.append(end or f"at most {_share(high)}")
        else:
            said.append(f"{_share(low)} to {_share(high)}")
    return " or ".join(said)


def _alt(result: PersistenceResult, weeks: pd.DataFrame, subject: str) -> str:
    mark = "SIMULATED. " if result.simulated else ""
    said = [
        f"days {row['horizon']} to {row['horizon'] + WEEK - 1}: "
        + (
            f"{_share(row['estimate'])}, set {_set_words(row)}"
            if row["estimate"] == row["estimate"]
            else str(row["why"])
        )
        for row in weeks.to_dict("records")
    ]
    refused = result.decay[result.decay["quantity"] == "refused"]
    why = ""
    if half_life(result) is None and len(refused):
        reason = str(refused["why"].iloc[0])
        why = f": {reason.split('; use ', maxsplit=1)[0]}"  # advice is for who calls
    return (
        f"{mark}Share of the first effect of {subject} that was left, "
        f"{'in log points, ' if result.of_logs else ''}by week. "
        f"{'; '.join(said)}. {words.sentence_case(_life_words(result))}{why}."
    )
