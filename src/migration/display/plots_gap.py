"""The gap between a treated series and its counterfactual, by calendar day."""

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.patches import Patch

from migration.display import bands, style, words
from migration.display.alt import describe
from migration.display.forest import source_of
from migration.display.looks import Look, look_of
from migration.display.plots_effects import effect_axis, limits
from migration.display.plots_series import date_axis, in_legend
from migration.errors import DisplayError
from migration.inference.arrays import Array
from migration.results import COLUMNS, EffectResult, is_log_ratio

ENDS = ("conf_low", "conf_high")
BAND = ("band_low", "band_high")


@style.styled
def plot_gap(result: EffectResult, *, name: str = "", ax: Axes | None = None) -> Axes:
    """Draw the treated series less its counterfactual on every day, with its band.

    How close the line keeps to zero over the baseline says how good the counterfactual
    is; what it does afterwards is the effect. A day without a gap breaks the line.

    Parameters
    ----------
    result : EffectResult
        With an effect a day, as synthetic control, synthetic difference in
        differences, a structural forecast or an event study give.
    name : str, optional
        What was measured, for the title; by default the treated units.
    ax : Axes, optional

    Raises
    ------
    DisplayError
        If it is no result, or has no effect by day.

    Notes
    -----
    The gap plot of Abadie, Diamond and Hainmueller (2010, figure 3,
    doi:10.1198/jasa.2009.ap08746).
    """
    gap = _by_day(result)
    design, log = result.design, is_log_ratio(result)
    subject = name or words.treated_name(result)
    drawn = look_of(name, *design.treated)
    ax = style.axes_for(ax, height=3.2)
    _frame(ax, gap)
    shaded = bands.draw_bands(ax, design)
    handles = [*_band(ax, gap, drawn), *_line(ax, gap, drawn)]
    rows = bands.draw_events(ax, design)
    effect_axis(ax, "y", log=log)
    unit = "percent of it" if log else "outcome's units"
    ax.set_ylabel(f"Observed less counterfactual\n({unit})")
    style.grid(ax, "y")
    date_axis(ax)
    method = result.method.split(",")[0]
    text = f"{words.label(subject)}: gap to its counterfactual, {method}"
    pad = 6 + rows * bands.ROW_POINTS
    style.title(ax, text, simulated=result.simulated, pad=pad)
    named = [patch for patch in shaded if in_legend(patch)]
    style.legend_below(ax, [*handles, *named], drop=30)
    caption = (
        "The series less its counterfactual on each day, with that day's 95% interval: "
        "near zero over the baseline where the counterfactual fits."
    )
    text = _alt(result, gap, subject)
    source, simulated = source_of([result]), result.simulated
    return describe(ax, text, caption=caption, source=source, simulated=simulated)


def fit(result: EffectResult, gap: pd.DataFrame) -> float:
    """Root mean square gap over the days of the baseline that are known."""
    first, last = result.design.baseline
    known = gap.loc[first:last, "estimate"].dropna().to_numpy(float)
    return float(np.sqrt(np.mean(known**2))) if len(known) else float("nan")


def _by_day(result: EffectResult) -> pd.DataFrame:
    """Gaps by calendar day, every day between the first and the last present."""
    if not isinstance(result, EffectResult):
        raise DisplayError(
            f"plot_gap needs an EffectResult, got {type(result).__name__}; give what "
            "an estimator returned"
        )
    effects = result.effects
    daily = effects.index.name == "event_time" and set(COLUMNS) <= set(effects.columns)
    if not daily or effects.empty:
        raise DisplayError(
            f"plot_gap needs an effect a day, got {len(effects)} rows by "
            f"{effects.index.name or 'no event time'} of {result.method}; use "
            "plot_effects, or an estimator with a path"
        )
    days = pd.to_timedelta(effects.index.to_numpy(), unit="D")
    kept = [c for c in (*COLUMNS, *BAND) if c in effects.columns]
    return effects[kept].set_axis(result.design.event + days).asfreq("D")


def _frame(ax: Axes, gap: pd.DataFrame) -> None:
    """Limits from the line and the pointwise intervals; the days with half around."""
    wide = gap.assign(
        conf_low=gap[[c for c in ("conf_low", BAND[0]) if c in gap]].min(axis=1),
        conf_high=gap[[c for c in ("conf_high", BAND[1]) if c in gap]].max(axis=1),
    )
    limits(ax, wide, "y")
    ax.set_xlim(*bands.edges(gap.index[0], gap.index[-1]))


def _band(ax: Axes, gap: pd.DataFrame, drawn: Look) -> list[Artist]:
    """Each day's interval as a band; what has no end goes on to the edge."""
    days = np.array([bands.date_number(day) for day in gap.index])
    handles: list[Artist] = []
    low, high = _clipped(ax, gap, ENDS)
    known = ~(np.isnan(low) | np.isnan(high))
    if known.any():
        look = {"color": drawn.colour, "alpha": 0.22, "lw": 0}
        steps, where = _steps(days), np.repeat(known, 2)
        ends = np.repeat(low, 2), np.repeat(high, 2)
        ax.fill_between(steps, *ends, where=where, **look)  # type: ignore[arg-type]
        label = "95% interval of that day alone"
        handles.append(Patch(**look, label=label))  # type: ignore[arg-type]
    if set(BAND) <= set(gap.columns) and gap[list(BAND)].notna().any(axis=None):
        dotted = {"color": style.MUTED, "lw": 0.8, "ls": (0, (1, 1.5)), "zorder": 1.2}
        for end in _clipped(ax, gap, BAND):
            ax.plot(days, end, **dotted)  # type: ignore[arg-type]
        label = "95% band for all days at once"
        handles.append(bands.line_handle(**dotted, label=label))
    return handles


def _clipped(ax: Axes, gap: pd.DataFrame, ends: tuple[str, str]) -> tuple[Array, Array]:
    floor, ceiling = ax.get_ylim()
    low, high = (gap[end].to_numpy(float).clip(floor, ceiling) for end in ends)
    return low, high


def _steps(days: Array) -> Array:
    """The start and the end of each day, so that one known day alone has a width."""
    return np.column_stack([days - 0.5, days + 0.5]).ravel()


def _line(ax: Axes, gap: pd.DataFrame, drawn: Look) -> list[Artist]:
    look = {"color": drawn.colour, "lw": 1.5, "marker": drawn.marker, "ms": 2.2}
    ax.plot(gap.index, gap["estimate"], ls="-", **look)  # type: ignore[arg-type]
    handle = bands.line_handle(**look, label="observed less counterfactual")
    return [handle]


def _alt(result: EffectResult, gap: pd.DataFrame, subject: str) -> str:
    log = is_log_ratio(result)
    mark = "SIMULATED. " if result.simulated else ""
    off, lost = fit(result, gap), int(gap["estimate"].isna().sum())
    days = words.day_range(gap.index[0], gap.index[-1])
    said = [
        f"{mark}Gap of {subject} from its counterfactual by {result.method}, {days}"
        f"{f', {words.days(lost)} without one' if lost else ''}."
    ]
    if np.isfinite(off):
        size = words.effect(off, log=log)
        said.append(f"Over the baseline it is {size} off zero (root mean square).")
    said += [*_largest(result, gap, log=log), bands.design_words(result.design)]
    return " ".join(said)


def _largest(result: EffectResult, gap: pd.DataFrame, *, log: bool) -> list[str]:
    known = gap["estimate"].loc[result.design.event :].dropna()
    if known.empty:
        return []
    at = int(known.abs().to_numpy().argmax())
    size = words.effect(float(known.iloc[at]), log=log)
    when = words.day(pd.Timestamp(known.index.to_numpy()[at]))
    return [f"The largest from day zero on is {size}, on {when}."]
