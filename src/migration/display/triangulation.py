"""Every measure of one episode on one axis, and what each can and cannot mean."""

import re
from collections import Counter
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes

from migration.display import style, words
from migration.display.alt import describe
from migration.display.bands import line_handle
from migration.display.gt import Table, Words, check_frame, make_table
from migration.display.looks import looks_of
from migration.display.plots_effects import effect_axis, limits
from migration.errors import DisplayError

NEEDED = (
    *("app", "measure", "kind", "estimate", "conf_low", "conf_high", "share"),
    *("vintage", "first_day", "last_day", "against", "scale", "can", "cannot"),
)
RANK, ABSENT = "rank", "absent"
FILLED, HOLLOW = True, False
LOOKS = {  # the colour is the app's
    "estimate": ("o", FILLED),
    "bound": (">", FILLED),
    "arithmetic": ("^", HOLLOW),
    "published change": ("D", FILLED),
    "survey: wanted": ("s", HOLLOW),
    "survey: done": ("s", FILLED),
}
INCHES_A_ROW, LETTERS = 0.21, 56
ASIDE = re.compile(  # by whom a figure was repeated
    r"\s+via [^,(]*(?:\([^)]*\))?|\s*\([^)]*\)"
)
WIDE, MULTIPLES = 4.0, (0.25, 1, 4, 20, 100, 500)  # ticks of an axis that wide


def table_triangulation(frame: pd.DataFrame) -> Table:
    """Every measure of an app in a row; below, what each kind can and cannot mean.

    Parameters
    ----------
    frame : DataFrame
        Of :func:`migration.checks.triangulation.triangulate`.

    Raises
    ------
    DisplayError
        If something else came, or nothing is in it.
    """
    rows = _checked(frame, "table_triangulation").to_dict("records")
    cells = [
        {
            "App": str(row["app"]),
            "Measure": words.plain(str(row["measure"])),
            "Kind": str(row["kind"]),
            "Log points": _said(row, log=False),
            "Change": words.NOTHING if row["scale"] == RANK else _change(row),
            "Days": _days(row),
            "Against": _text(row["against"]),
            "Vintage": _text(row["vintage"]),
        }
        for row in rows
    ]
    return make_table(
        pd.DataFrame(cells),
        Words(
            name="table-triangulation",
            caption="What each source says of the episode, and what it cannot",
            stub="App",
            notes=(
                "Every row is in log points; a change is exp(log points) − 1, which "
                "those of a rank do not have. Nothing is averaged over rows.",
                *_meanings(rows),
            ),
            simulated=bool(frame.attrs.get("simulated", False)),
        ),
    )


@style.styled
def plot_triangulation(frame: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw each measure of each app on one axis of percent changes.

    Estimates have intervals, bounds an arrow, printed figures and surveys only a point.
    Ranks, which are no percentages, and absent sources are in the table alone.

    Parameters
    ----------
    frame : DataFrame
        Of :func:`migration.checks.triangulation.triangulate`.
    ax : Axes, optional

    Raises
    ------
    DisplayError
        If something else came, or nothing can be drawn.
    """
    whole = _checked(frame, "plot_triangulation")
    drawn = whole[(whole["scale"] != RANK) & (whole["kind"] != ABSENT)]
    known = drawn[["estimate", "conf_low", "conf_high"]].to_numpy(dtype=float)
    drawn = drawn[np.isfinite(known).any(axis=1)]
    if drawn.empty:
        raise DisplayError(
            "plot_triangulation needs a measure in percent; see table_triangulation"
        )
    drawn = drawn.sort_values("app", key=_in_order(drawn), kind="stable")
    rows = drawn.to_dict("records")
    places = _places(rows)
    ax = style.axes_for(ax, height=1.5 + INCHES_A_ROW * (places[-1] + 1))
    limits(ax, drawn, "x")
    ax.set_ylim(places[-1] + 0.6, -0.6)
    looks = looks_of([str(app) for app in dict.fromkeys(drawn["app"])])
    for place, row in zip(places, rows, strict=True):
        _draw(ax, row, place, looks[str(row["app"])].colour)
    _dress(ax, rows, places, simulated=bool(frame.attrs.get("simulated", False)))
    return describe(ax, _alt(rows, whole))


def _checked(frame: object, what: str) -> pd.DataFrame:
    found = check_frame(frame, NEEDED, what)
    if found.empty:
        raise DisplayError(f"{what} needs one measure or more, got none")
    return found


def _in_order(frame: pd.DataFrame) -> Any:
    """Apps as they first come."""
    place = {app: at for at, app in enumerate(dict.fromkeys(frame["app"]))}
    return lambda column: column.map(place)


def _change(row: Any) -> str:
    """Change and interval or bounds in words: percent, of ranks log points."""
    return _said(row, log=row["scale"] != RANK)


def _said(row: Any, *, log: bool) -> str:
    point, low, high = (float(row[c]) for c in ("estimate", "conf_low", "conf_high"))
    if np.isnan(point):
        return words.NOTHING if np.isnan(low) else words.bounded(low, high, log=log)
    said = words.signed(words.effect(point, log=log))
    if log and row["share"] == row["share"]:
        return f"{said} of the users"
    return said if np.isnan(low) else f"{said} ({words.interval(low, high, log=log)})"


def _meanings(rows: list[Any]) -> list[str]:
    """What each kind can and cannot mean, and whose it is."""
    found: dict[tuple[str, str, str], list[str]] = {}
    for row in rows:
        kind = "rank" if row["scale"] == RANK else str(row["kind"])
        key = (kind, str(row["can"]), str(row["cannot"]))
        whose = str(row["measure"] if kind == ABSENT else row["app"])
        found.setdefault(key, []).append(whose)
    return [
        f"{words.sentence_case(kind)} ({words.plain(', '.join(dict.fromkeys(whose)))})"
        + (
            f": {cannot}."
            if kind == ABSENT
            else f" can say {can}; cannot say {cannot}."
        )
        for (kind, can, cannot), whose in found.items()
    ]


def _days(row: Any) -> str:
    first, last = row["first_day"], row["last_day"]
    if pd.isna(first) or pd.isna(last):
        return words.NOTHING
    return words.day_range(first, last)


def _text(value: object) -> str:
    return str(value) if isinstance(value, str) and value else words.NOTHING


def _draw(ax: Axes, row: Any, place: int, colour: str) -> None:
    mark, filled = LOOKS[row["kind"]]
    ends = [float(row[c]) for c in ("conf_low", "conf_high")]
    point = float(row["estimate"])
    if not np.isnan(ends).any():
        low, high = np.clip(ends, *ax.get_xlim())
        ax.plot([low, high], [place, place], color=colour, lw=1.5)
        for end, tip, held in ((low, "<", ends[0]), (high, ">", ends[1])):
            if np.isinf(held):
                ax.plot(end, place, tip, color=colour, ms=5, clip_on=False)
    if not np.isnan(point):
        face = colour if filled else "white"
        ax.plot(point, place, mark, color=colour, mfc=face, ms=5)


def _places(rows: list[Any]) -> list[int]:
    """Each row's place, below a line that names its app."""
    apps = list(dict.fromkeys(row["app"] for row in rows))
    return [at + 1 + apps.index(row["app"]) for at, row in enumerate(rows)]


def _names(rows: list[Any]) -> list[str]:
    """What each row measures; its days too, where two are of one name."""
    plain = [_name(str(row["measure"])) for row in rows]
    twice = Counter(zip([row["app"] for row in rows], plain, strict=True))
    return [
        f"{name}, {_days(row)}" if twice[row["app"], name] > 1 else name
        for name, row in zip(plain, rows, strict=True)
    ]


def _name(measure: str) -> str:
    """A measure without who repeated it: ``survey: will stop, LocalCircles, IN``."""
    short = ASIDE.sub("", words.plain(measure)).replace(" change pct", "")
    return re.sub(r"^survey ", "survey: ", short)


def _dress(ax: Axes, rows: list[Any], places: list[int], *, simulated: bool) -> None:
    effect_axis(ax, "x", log=True)
    ax.set_xlabel("Change (percent)")
    style.grid(ax, "x")
    _widen(ax)
    heads: dict[str, int] = {}
    for place, row in zip(places, rows, strict=True):
        heads.setdefault(str(row["app"]), place - 1)
    names = [*map(words.label, heads), *(words.label(n, LETTERS) for n in _names(rows))]
    ax.set_yticks([*heads.values(), *places], names)
    ax.tick_params(axis="y", length=0, pad=8, labelsize=style.SMALL)
    for head in ax.get_yticklabels()[: len(heads)]:
        head.set_fontweight("bold")
    ax.spines["left"].set_visible(False)
    for place in [*heads.values()][1:]:
        ax.axhline(place - 0.5, color=style.FAINT, lw=0.8, zorder=0.5)
    style.title(ax, "What each source says of the episode", simulated=simulated)
    kinds = dict.fromkeys(row["kind"] for row in rows)
    style.legend_below(ax, [_key(kind) for kind in kinds], drop=36, columns=3)


def _widen(ax: Axes) -> None:
    """Ticks of multiples where percent changes would be far apart and long."""
    low, high = ax.get_xlim()
    if high - low > WIDE:
        ticks = [m for m in MULTIPLES if low <= np.log(m) <= high]
        names = [f"×{m:g}" if m > 4 else _percent(m) for m in ticks]
        ax.set_xticks([float(np.log(m)) for m in ticks], names)


def _percent(multiple: float) -> str:
    return words.signed(words.number(100 * (multiple - 1), 0) + "%")


def _key(kind: str) -> Artist:
    mark, filled = LOOKS[kind]
    width = 1.5 if kind in ("estimate", "bound") else 0
    face = style.MUTED if filled else "white"
    look = {"color": style.MUTED, "mfc": face, "marker": mark, "ms": 5}
    return line_handle(**look, lw=width, label=kind)


def _alt(rows: list[Any], whole: pd.DataFrame) -> str:
    told = "; ".join(
        f"{row['app']}, {words.plain(str(row['measure']))} ({row['kind']}): "
        f"{_change(row)}"
        for row in rows
    )
    absent = whole.loc[whole["kind"] == ABSENT, "measure"]
    said = f" Absent: {', '.join(map(str, absent))}." if len(absent) else ""
    mark = "SIMULATED. " if whole.attrs.get("simulated", False) else ""
    return f"{mark}Changes of each measure, in percent. {told}.{said}"
