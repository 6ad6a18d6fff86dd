"""Every method's answer for every app, side by side."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes

from migration.display import style, words
from migration.display.alt import describe
from migration.display.bands import line_handle
from migration.display.forest import Row
from migration.display.looks import Look, looks_of
from migration.display.methods import (
    Answers,
    Signs,
    check_answers,
    every_method,
    rows_on_logs,
)
from migration.display.plots_effects import effect_axis, limits
from migration.display.sentences import NOT_AN_EFFECT
from migration.errors import DisplayError

INCHES_A_ROW, INCHES_AN_APP = 0.16, 0.13
SPREAD = 0.62  # of a row's height, for its apps


@style.styled
def plot_methods(
    effects: Answers, *, sensitivity: Signs = None, ax: Axes | None = None
) -> Axes:
    """Draw each method's answer in percent, one line an app, with its interval.

    Those not told from zero at 5% are hollow; the band of downloads that a rank implies
    has no point.

    Parameters
    ----------
    effects : mapping of str to MethodEffects
        Of :func:`migration.estimators.side_by_side.methods_of_apps`, by the app's name.
    sensitivity : mapping, optional
        App's name to the result of ``baseline_sensitivity``. An app whose sign changes
        is named, and not drawn.
    ax : Axes, optional

    Raises
    ------
    DisplayError
        If something else came, or nothing was answered in log ratios.
    """
    check_answers(effects, "plot_methods")
    drawn = {
        app: rows_on_logs(found, app, sensitivity) for app, found in effects.items()
    }
    shown = {name for rows in drawn.values() for name in rows}
    methods = [name for name in every_method(effects) if name in shown]
    if not methods:
        raise DisplayError(
            "plot_methods needs at least one answer in log ratios; see table_methods"
        )
    height = 1.3 + len(methods) * (INCHES_A_ROW + INCHES_AN_APP * len(drawn))
    ax = style.axes_for(ax, height=height)
    _limits(ax, drawn, len(methods))
    looks = looks_of(drawn)
    for place, (app, rows) in enumerate(drawn.items()):
        offset = SPREAD * ((place + 0.5) / len(drawn) - 0.5)
        _app(ax, rows, methods, looks[app], offset=offset)
    _dress(ax, drawn, methods, looks)
    return describe(ax, _alt(drawn, methods))


def _limits(ax: Axes, drawn: dict[str, dict[str, Row]], n_methods: int) -> None:
    rows = [r for rows in drawn.values() for r in rows.values() if r.stable]
    columns = ("estimate", "conf_low", "conf_high")
    limits(
        ax,
        pd.DataFrame(
            [{c: getattr(r, c) for c in columns} for r in rows]
            or [dict.fromkeys(columns, 0.0)]
        ),
        "x",
    )
    ax.set_ylim(n_methods - 0.5, -0.5)


def _app(
    ax: Axes,
    rows: dict[str, Row],
    methods: list[str],
    drawn: Look,
    *,
    offset: float,
) -> None:
    """One app's intervals, ``offset`` of a row below the middle of each."""
    floor, ceiling = ax.get_xlim()
    for at, method in enumerate(methods):
        row = rows.get(method)
        if row is None or not row.stable:
            continue
        low, high = np.clip([row.conf_low, row.conf_high], floor, ceiling)
        look = _look(drawn, hollow=not row.found)
        ax.plot([low, high], [at + offset] * 2, color=look["color"], lw=1.4)
        if not row.is_bound:
            ax.plot(row.estimate, at + offset, **look)


def _look(drawn: Look, *, hollow: bool = False) -> dict[str, Any]:
    return {
        "color": drawn.colour,
        "marker": drawn.marker,
        "mfc": "white" if hollow else drawn.colour,
        "ms": 5,
        "mew": 1.3,
        "lw": 0,
    }


def _dress(
    ax: Axes,
    drawn: dict[str, dict[str, Row]],
    methods: list[str],
    looks: dict[str, Look],
) -> None:
    effect_axis(ax, "x", log=True)
    style.grid(ax, "x")
    names = [words.label(words.sentence_case(name)) for name in methods]
    ax.set_yticks(range(len(methods)), names)
    ax.tick_params(axis="y", length=0, pad=8)
    ax.spines["left"].set_visible(False)
    for edge in range(1, len(methods)):
        ax.axhline(edge - 0.5, color=style.FAINT, lw=0.6, zorder=0.5)
    simulated = any(r.simulated for rows in drawn.values() for r in rows.values())
    style.title(ax, "Each method's answer, with 95% intervals", simulated=simulated)
    style.legend_below(ax, _key(drawn, looks), drop=36)


def _key(drawn: dict[str, dict[str, Row]], looks: dict[str, Look]) -> list[Artist]:
    key: list[Artist] = []
    for app, rows in drawn.items():
        stable = all(row.stable for row in rows.values())
        label = app if stable else f"{app}: {NOT_AN_EFFECT}"
        key.append(line_handle(**_look(looks[app]) | {"lw": 1.4, "label": label}))
    hollow = [r for rows in drawn.values() for r in rows.values() if r.stable]
    if any(not row.found and not row.is_bound for row in hollow):
        look = _look(looks[next(iter(drawn))], hollow=True)
        look |= {"color": style.MUTED, "marker": "o"}
        key.append(line_handle(**look | {"label": "hollow: not told from zero"}))
    if any(row.is_bound for row in hollow):
        look = {"color": style.MUTED, "lw": 1.4, "label": "no mark: a band, no point"}
        key.append(line_handle(**look))
    return key


def _alt(drawn: dict[str, dict[str, Row]], methods: list[str]) -> str:
    simulated = any(r.simulated for rows in drawn.values() for r in rows.values())
    parts = [f"{app}: {_told(rows, methods)}" for app, rows in drawn.items()]
    mark = "SIMULATED. " if simulated else ""
    return f"{mark}Each method's answer with its 95% interval. {'. '.join(parts)}."


def _told(rows: dict[str, Row], methods: list[str]) -> str:
    if not all(row.stable for row in rows.values()):
        return NOT_AN_EFFECT
    return "; ".join(f"{m} {rows[m].change()}" for m in methods if m in rows)
