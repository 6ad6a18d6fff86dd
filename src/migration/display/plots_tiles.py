"""Effects by market as tiles: each says its value and interval, colour repeats them."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Patch, Rectangle

from migration.display import style, words
from migration.display.alt import describe
from migration.display.forest import Results, Row, Sensitivity, forest_rows
from migration.errors import DisplayError
from migration.study.regions import REGIONS, region_of

COLUMNS = 8  # tiles side by side
TILE_INCHES, HEAD = 0.56, 0.55  # height of a tile; of a region's name, in tiles
BETWEEN = 0.4  # tiles between two parts of the world
MOST_TOLD = 8  # markets named one by one in the alternative text
RISES = ("#D3E7F5", "#7AB8E0", "#00507D")
FALLS = ("#FDE0C8", "#F0954F", "#8A3C00")
# From the deepest fall to the highest rise.
_LOOKS = [(FALLS[step], -1, step) for step in (2, 1, 0)]
_LOOKS += [(RISES[step], 1, step) for step in (0, 1, 2)]
LIGHT_ON = {RISES[-1], FALLS[-1]}  # dark grounds
NO_NUMBER = "no defensible\nnumber"


@style.styled
def plot_tiles(
    results: Results | pd.DataFrame,
    *,
    sensitivity: Sensitivity = None,
    name: str = "",
    ax: Axes | None = None,
) -> Axes:
    """Draw each market's effect as a tile, markets by part of the world.

    A tile is coloured where the interval leaves zero out, dashed and white where it
    holds zero, and grey where there is no number that could be defended.

    Parameters
    ----------
    results : mapping, iterable of EffectResult, or DataFrame
        Market's ISO 3166-1 code, or ``app:market``, to result; or frames of
        ``to_frame()``.
    sensitivity : mapping, optional
        The same name to the result of ``baseline_sensitivity``; where the sign changes
        no number is given.
    name : str, optional
        Of what was measured, for the title.
    ax : Axes, optional

    Raises
    ------
    DisplayError
        If something else came, with what to give.
    """
    rows = market_rows(results, sensitivity, "plot_tiles")
    groups = by_region(rows)
    corners, height = _laid_out(groups)
    ax = style.axes_for(ax, height=1.1 + TILE_INCHES * height)
    largest = max((abs(size_of(row)) for row in rows if told(row)), default=0.0)
    for region, (left, top) in corners.items():
        at = left + 0.03, top + HEAD - 0.14
        ax.text(*at, region, fontsize=style.SMALL, weight="bold")
        for place, row in enumerate(groups[region]):
            at = left + place % COLUMNS, top + HEAD + place // COLUMNS
            _tile(ax, row, at, largest)
    ax.set_xlim(0, COLUMNS)
    ax.set_ylim(height, 0)
    ax.set_axis_off()
    simulated = any(row.simulated for row in rows)
    style.title(ax, _title(rows, name), simulated=simulated)
    style.legend_below(ax, _key(rows, largest), drop=6)
    return describe(ax, _alt(rows, name))


def market_rows(
    results: Results | pd.DataFrame, sensitivity: Sensitivity, what: str
) -> list[Row]:
    """Rows named by market, of one kind of effect.

    Raises
    ------
    DisplayError
        If effects are of two kinds, or a market has several.
    """
    rows = forest_rows(results, sensitivity, what)
    if len({row.log for row in rows}) > 1:
        raise DisplayError(
            f"{what} needs effects of one kind, got log ratios and other units; "
            "draw them apart"
        )
    codes = [market_of(row) for row in rows]
    if twice := sorted({code for code in codes if codes.count(code) > 1}):
        raise DisplayError(
            f"{what} needs one effect a market, got several of {', '.join(twice)}; "
            "draw each app apart"
        )
    return rows


def market_of(row: Row) -> str:
    """The code in a row's name, which may be ``app:market``."""
    return row.name.rsplit(":", 1)[-1]


def by_region(rows: Iterable[Row]) -> dict[str, list[Row]]:
    """Rows by part of the world, in its order, by code in each."""
    ordered = sorted(rows, key=market_of)
    found = {
        region: [row for row in ordered if region_of(market_of(row)) == region]
        for region in REGIONS
    }
    return {region: group for region, group in found.items() if group}


def _laid_out(
    groups: Mapping[str, list[Row]],
) -> tuple[dict[str, tuple[float, float]], float]:
    """The corner of each part of the world, side by side where both fit; the height."""
    corners: dict[str, tuple[float, float]] = {}
    left, top, height = 0.0, 0.0, 0.0
    for region, group in groups.items():
        width = min(len(group), COLUMNS)
        if left + width > COLUMNS:
            left, top, height = 0.0, top + height, 0.0
        corners[region] = (left, top)
        left += width + BETWEEN
        height = max(height, HEAD + -(-len(group) // COLUMNS))
    return corners, top + height


def told(row: Row) -> bool:
    """Whether the interval leaves zero out."""
    return row.stable and (row.conf_low > 0 or row.conf_high < 0)


def known(row: Row) -> bool:
    """Whether there is a number, or at least a bound on one side."""
    both = np.isinf(row.conf_low) and np.isinf(row.conf_high)
    return row.stable and not (row.is_bound and both)


def size_of(row: Row) -> float:
    """The estimate or, of a bound, the end nearest to zero."""
    if not row.is_bound:
        return row.estimate
    return row.conf_low if row.conf_low > 0 else min(row.conf_high, 0.0)


def _step(row: Row, largest: float) -> int:
    share = abs(size_of(row)) / largest if largest > 0 else 1.0
    return min(int(share * len(RISES)), len(RISES) - 1)


def _tile(ax: Axes, row: Row, at: tuple[float, float], largest: float) -> None:
    look: dict[str, Any] = {
        "fc": "white",
        "ec": style.MUTED,
        "lw": 0.8,
        "ls": (0, (3, 2)),
    }
    ink = style.INK
    if not known(row):
        look, ink = {"fc": style.BAND, "ec": style.FAINT, "lw": 0.8}, style.MUTED
    elif told(row):
        ground = (RISES if size_of(row) > 0 else FALLS)[_step(row, largest)]
        look, ink = {"fc": ground, "lw": 0}, "white" if ground in LIGHT_ON else "black"
    left, top = at
    ax.add_patch(Rectangle((left + 0.03, top + 0.04), 0.94, 0.92, zorder=2, **look))
    text: dict[str, Any] = {"color": ink, "zorder": 3, "va": "center"}
    value, interval = _said(row)
    ax.text(
        left + 0.09, top + 0.22, market_of(row), fontsize=6.5, weight="bold", **text
    )
    if known(row):
        ax.text(left + 0.09, top + 0.5, value, fontsize=8, weight="bold", **text)
        ax.text(left + 0.09, top + 0.77, interval, fontsize=5.6, **text)
    else:
        ax.text(
            left + 0.09, top + 0.62, NO_NUMBER, fontsize=5.6, style="italic", **text
        )


def _said(row: Row) -> tuple[str, str]:
    """Value and interval, each on a line of its own."""
    value, _, interval = row.change().partition(" (")
    if not row.is_bound:
        return value, interval.removesuffix(")")
    short = value.replace("at least ", "≥ ").replace("at most ", "≤ ")
    return (short, "a bound") if short != value else ("a bound", value)


def _title(rows: list[Row], name: str) -> str:
    found = sum(told(row) for row in rows)
    what = f"{words.label(name)}: " if name else ""
    return f"{what}effects in {len(rows)} markets, {found} told from zero"


def _key(rows: list[Row], largest: float) -> list[Patch]:
    """A patch for each look that occurs."""
    log, key = rows[0].log, []
    for ground, sign, step in _LOOKS:
        shown = (r for r in rows if told(r) and sign * size_of(r) > 0)
        if any(_step(row, largest) == step for row in shown):
            ends = (sign * largest * (step + i) / len(RISES) for i in (0, 1))
            said = [words.signed(words.effect(end, log=log)) for end in ends]
            key.append(Patch(fc=ground, lw=0, label=" to ".join(said)))
    if any(known(row) and not told(row) for row in rows):
        dashed = {"fc": "white", "ec": style.MUTED, "ls": (0, (3, 2))}
        key.append(Patch(**dashed, label="interval holds zero"))  # type: ignore[arg-type]
    if not all(known(row) for row in rows):
        key.append(Patch(fc=style.BAND, ec=style.FAINT, label="no defensible number"))
    return key


def _alt(rows: list[Row], name: str) -> str:
    mark = "SIMULATED. " if any(row.simulated for row in rows) else ""
    return f"{mark}Tiles, one a market{f', of {name}' if name else ''}. {told_of(rows)}"


def told_of(rows: list[Row]) -> str:
    """How many rose, fell and cannot be told, with the largest and their intervals."""
    clear = sorted((r for r in rows if told(r)), key=size_of, reverse=True)
    up = [row for row in clear if size_of(row) > 0]
    lost = [market_of(row) for row in rows if not known(row)]
    counts = (
        f"{len(rows)} markets: {len(up)} rose, {len(clear) - len(up)} fell, in "
        f"{len(rows) - len(clear) - len(lost)} the interval holds zero"
    )
    if lost:
        counts += f", {len(lost)} have no number that could be defended"
    if len(clear) > MOST_TOLD:
        half = MOST_TOLD // 2
        clear = [*clear[:half], *clear[-half:]]
        counts += ". The largest and the smallest"
    named = "; ".join(f"{market_of(row)} {row.change()}" for row in clear)
    return f"{counts}: {named}." if named else f"{counts}."
