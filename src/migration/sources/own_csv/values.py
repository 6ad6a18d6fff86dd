"""Figures of one metric with the status that each has."""

import numpy as np
import pandas as pd

from migration.errors import CannotAsk, SchemaDrift
from migration.sources.own_csv.figures import PERCENT, read_figures
from migration.sources.own_csv.said import MISSING, Said, need
from migration.study.metrics import is_rank

COUNTS = ("downloads", "installs", "visits", "active_users")  # never below zero
_UNITS = {"visits": "visits a day", "downloads": "downloads a day"}
_NUMBERS = ["value", "lower", "upper"]
_PERCENTS = ("%", "percent", "per cent")


def read_values(texts: pd.DataFrame, said: Said) -> tuple[pd.DataFrame, str]:
    """Numbers and statuses of one metric's rows, and the unit that its cells carry.

    A blank rank is off the chart, beyond the end that is declared (or missing, where
    that is declared); a blank estimate is missing. A value with bounds of its own is
    partial: it stands between them and is not exact.

    Raises
    ------
    SourceError
        A cell is none of what it may be.
    Unsaid
        The chart's end, or a sign that divides thousands or decimals.
    """
    metric = str(texts["metric"].iloc[0])
    rank = is_rank(metric)
    figures, unit = read_figures(texts["value"], said, rank=rank)
    figures = _bounded(figures, texts, said, rank=rank)
    if metric in COUNTS and bool((figures["lower"] < 0).any()):
        raise SchemaDrift(f"{metric} need to be 0 or more, and some are below zero")
    if rank:
        figures = _on_chart(figures, said)
    observed = figures["value"].notna()
    exact = observed & (figures["lower"] == figures["upper"])
    known = figures["lower"].notna()
    status = np.select(
        [exact, observed, known], ["observed", "partial", "censored"], "missing"
    )
    return figures[_NUMBERS].assign(status=pd.array(status, dtype="str")), unit


def unit_of(metric: str, seen: str, said: Said) -> str:
    """What a figure counts: as declared, else as its cells or its metric say.

    Raises
    ------
    CannotAsk
        The cells are percentages, and another unit was declared.
    """
    declared = said.get("unit", "")
    shares = any(word in declared.casefold() for word in _PERCENTS)
    if seen == PERCENT and declared and not shares:
        raise CannotAsk(
            f"unit={declared} was said, but the {metric} are percentages: say unit=%"
        )
    if is_rank(metric):
        return declared or "place on the chart"
    return declared or seen or _UNITS.get(metric, "")


def _bounded(
    figures: pd.DataFrame, texts: pd.DataFrame, said: Said, *, rank: bool
) -> pd.DataFrame:
    """Bounds from columns of their own, where there are any."""
    sides = [read_figures(texts[n], said, rank=rank)[0] for n in ("lower", "upper")]
    low, high = (side["value"] for side in sides)
    has = low.notna()
    if not (has | high.notna()).any():
        return figures
    value = figures["value"]
    wrong = has != high.notna()
    wrong |= has & ((low > high) | (value < low) | (value > high))
    if wrong.any():
        row = texts[wrong].iloc[0]
        raise SchemaDrift(
            f"{int(wrong.sum())} rows need two bounds, around the value; the first has "
            f"value {row['value']!r:.30}, lower {row['lower']!r:.30}, "
            f"upper {row['upper']!r:.30}"
        )
    return figures.assign(
        lower=figures["lower"].mask(has, low),
        upper=figures["upper"].mask(has, high),
        blank=figures["blank"] & ~has,
    )


def _on_chart(figures: pd.DataFrame, said: Said) -> pd.DataFrame:
    """Blank ranks beyond the chart's end, and none on it that is."""
    off = figures["blank"] & (said.get("blank") != MISSING)
    size = np.inf
    if off.any():
        why = (
            f"{int(off.sum())} ranks are blank, which is beyond the chart's end: say "
            "its last place, or blank=missing"
        )
        largest = figures["value"].fillna(0).max()
        size = float(need(said, "chart_size", why, f"{max(200, largest):.0f}"))
    elif "chart_size" in said:
        size = float(said["chart_size"])
    if (beyond := figures["value"] > size).any():
        raise CannotAsk(
            f"chart_size={size:.0f} was said, but there are ranks up to "
            f"{figures.loc[beyond, 'value'].max():.0f}: say the chart's last place"
        )
    return figures.assign(
        lower=figures["lower"].mask(off, size + 1),
        upper=figures["upper"].mask(off, np.inf),
    )
