"""Several apps side by side, against what unrelated series did on the same days."""

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes

from migration.display import style, words
from migration.display.alt import describe
from migration.display.bands import line_handle
from migration.display.forest import (
    Results,
    Row,
    Sensitivity,
    forest_rows,
    held_of,
    source_of,
)
from migration.display.looks import Look, looks_of
from migration.display.plots_effects import effect_axis, limits
from migration.display.sentences import NOT_AN_EFFECT
from migration.errors import DisplayError
from migration.results import CheckResult

MIDDLE = (0.05, 0.95)  # share of placebo estimates in the band
INCHES_A_ROW = 0.36


@style.styled
def plot_estimates(
    results: Results | pd.DataFrame,
    *,
    placebos: CheckResult | None = None,
    sensitivity: Sensitivity = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the headline effect of each app with its interval, label and p.

    Those not told from zero at 5% are hollow. An effect whose sign changes with a
    defensible baseline is named, and not drawn.

    Parameters
    ----------
    results : mapping, iterable of EffectResult, or DataFrame
        Name to result; or frames of ``to_frame()``, whose headlines are drawn.
    placebos : CheckResult, optional
        Of ``placebo_in_space``: shades what 90% of unrelated series did.
    sensitivity : mapping, optional
        Name to the result of ``baseline_sensitivity``.
    ax : Axes, optional

    Raises
    ------
    DisplayError
        If something else came, with what to give.
    """
    rows = forest_rows(results, sensitivity, "plot_estimates")
    if len({row.log for row in rows}) > 1:
        raise DisplayError(
            "plot_estimates needs effects of one kind, got log ratios and other units; "
            "draw them apart"
        )
    band = placebo_band(placebos) if placebos is not None else None
    ax = style.axes_for(ax, height=1.35 + INCHES_A_ROW * len(rows))
    _limits(ax, rows, band)
    handles = _band(ax, band)
    looks = looks_of([row.name for row in rows])
    for place, row in enumerate(rows):
        _row(ax, row, place, looks[row.name])
    _dress(ax, rows)
    style.legend_below(ax, handles + _key(rows), drop=36)
    caption = _caption(rows, placebos, _days_of(results))
    return describe(
        ax,
        _alt(rows, band, placebos),
        caption=caption,
        source=source_of(held_of(results)),
        simulated=any(row.simulated for row in rows),
    )


def placebo_band(check: CheckResult) -> tuple[float, float]:
    """Where the middle 90% of the unrelated series' estimates lie."""
    frame = placebo_frame(check, "plot_estimates")
    low, high = frame.loc[~frame["treated"], "estimate"].quantile(list(MIDDLE))
    return float(low), float(high)


def placebo_frame(check: CheckResult, what: str) -> pd.DataFrame:
    """The series of a placebo in space; refuses any other check."""
    needed = {"series", "estimate", "t", "treated"}
    if not isinstance(check, CheckResult) or not needed <= set(check.frame.columns):
        got = check.check if isinstance(check, CheckResult) else type(check).__name__
        raise DisplayError(
            f"{what} needs the result of placebo_in_space, got {got!r}; call "
            "placebo_in_space(frame, design)"
        )
    return check.frame.astype({"treated": bool})


def _limits(ax: Axes, rows: list[Row], band: tuple[float, float] | None) -> None:
    columns = ("estimate", "conf_low", "conf_high")
    numbers = pd.DataFrame([{c: getattr(r, c) for c in columns} for r in rows])
    if band is not None:
        numbers.loc[len(numbers)] = [0.0, *band]
    limits(ax, numbers, "x")
    ax.set_ylim(len(rows) - 0.4, -0.6)


def _band(ax: Axes, band: tuple[float, float] | None) -> list[Artist]:
    if band is None:
        return []
    label = "5–95% of unrelated series"
    span = ax.axvspan(*band, color="#E6E6E6", lw=0, label=label)
    span.set_zorder(0.4)
    return [span]


def _row(ax: Axes, row: Row, place: int, drawn: Look) -> None:
    """Interval, point and words of one app; an open end is an arrow at the edge."""
    side = ax.get_yaxis_transform()
    if not row.stable:
        text = {"fontsize": style.SMALL + 0.5, "style": "italic", "va": "center"}
        ax.text(1.02, place, NOT_AN_EFFECT, transform=side, **text)  # type: ignore[arg-type]
        return
    floor, ceiling = ax.get_xlim()
    low, high = (
        float(np.clip(v, floor, ceiling)) for v in (row.conf_low, row.conf_high)
    )
    colour = drawn.colour
    ax.plot([low, high], [place, place], color=colour, lw=1.8, solid_capstyle="butt")
    for end, mark, open_end in (
        (low, "<", np.isinf(row.conf_low)),
        (high, ">", np.isinf(row.conf_high)),
    ):
        ax.plot(
            end, place, mark if open_end else "|", color=colour, ms=6, clip_on=False
        )
    face = colour if row.found else "white"
    if not row.is_bound:
        look = {"color": colour, "mfc": face, "ms": 6.5, "mew": 1.5}
        ax.plot(row.estimate, place, drawn.marker, **look)  # type: ignore[arg-type]
    label = f"{row.change()}\n{_inference(row)}"
    ax.text(
        1.02, place, label, transform=side, va="center", fontsize=style.SMALL,
        linespacing=1.25,
    )  # fmt: skip


def _inference(row: Row) -> str:
    """Its p and label; a bound has no p and is its own label."""
    p = "" if row.is_bound else f"{words.p_words(row.p_value)}, "
    return f"{p}{row.identification}"


def _dress(ax: Axes, rows: list[Row]) -> None:
    effect_axis(ax, "x", log=rows[0].log)
    style.grid(ax, "x")
    ax.set_yticks(range(len(rows)), [words.label(row.name) for row in rows])
    ax.tick_params(axis="y", length=0, pad=8)
    ax.spines["left"].set_visible(False)
    simulated = any(row.simulated for row in rows)
    told = sum(row.found for row in rows)
    points = sum(not row.is_bound for row in rows)
    text = f"Effects with 95% intervals: {told} of {points} told from zero"
    style.title(ax, text, simulated=simulated, margin=1.7)


def _key(rows: list[Row]) -> list[Artist]:
    """The two kinds of point, where both are there."""
    shown = {row.found for row in rows if row.stable and not row.is_bound}
    key: list[Artist] = []
    if True in shown:
        key.append(_point("filled: told from zero (p ≤ 0.05)", style.MUTED))
    if False in shown:
        key.append(_point("hollow: not told from zero", "white"))
    return key


def _point(label: str, face: str) -> Artist:
    look = {"color": style.MUTED, "mfc": face, "marker": "o", "ms": 6, "mew": 1.5}
    return line_handle(**look, lw=1.8, label=label)


def _days_of(results: object) -> str:
    """The window and the baseline that results share, where they share them."""
    designs = [result.design for result in held_of(results)]
    spans = {(*design.window_days, *design.baseline) for design in designs}
    if len(spans) != 1:
        return ""
    first, last, start, end = spans.pop()
    return f", {words.day_range(first, last)} against {words.day_range(start, end)}"


def _caption(rows: list[Row], placebos: CheckResult | None, days: str) -> str:
    unit = "Percent change of the daily level" if rows[0].log else "Effect"
    told = [row.name for row in rows if row.found]
    who = f"told from zero: {', '.join(told)}" if told else "none is told from zero"
    text = f"{unit}{days}, with 95% intervals; {who}."
    if placebos is None:
        return text
    number = len(placebos.frame) - 1
    return f"{text} Grey: the middle 90% of {number} unrelated series."


def _alt(
    rows: list[Row], band: tuple[float, float] | None, placebos: CheckResult | None
) -> str:
    mark = "SIMULATED. " if any(row.simulated for row in rows) else ""
    parts = [
        f"{row.name}: {row.change()}, {_inference(row)}"
        f"{'' if row.found or row.is_bound else ', not told from zero'}"
        if row.stable
        else f"{row.name}: {NOT_AN_EFFECT}"
        for row in rows
    ]
    text = f"{mark}Effects with 95% intervals. {'; '.join(parts)}."
    if band is None or placebos is None:
        return text
    number = len(placebos.frame) - 1
    span = words.interval(*band, log=rows[0].log)
    return f"{text} The middle 90% of {number} unrelated series lie at {span}."
