"""Lines as rows of a panel."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from migration.outcomes import ROUNDED
from migration.panel import COLUMNS
from migration.sources.trends.cells import MOST, Array
from migration.sources.trends.lines import DRAW_SE, Lines

SOURCE = "trends"


def to_rows(lines: Sequence[Lines], *, zone: str) -> pd.DataFrame:
    """Panel rows of values, and of the standard errors of those that have one.

    A number was rounded, scaled and averaged: between what bounds it may lie stands in
    ``rounded_lower`` and ``rounded_upper``. A period that was not over, or of which
    nobody said so, is partial: its share of all searches may end up anywhere.
    """
    parts = [frame for one in lines for frame in (_values(one), _errors(one))]
    rows = pd.concat(parts, ignore_index=True).assign(source=SOURCE, zone=zone)
    words = ["source", "metric", "app", "market", "zone", "status"]
    return rows[[*COLUMNS, *ROUNDED]].astype(dict.fromkeys(words, "str"))


def _values(lines: Lines) -> pd.DataFrame:
    asked = ~np.isnan(lines.draws)
    value, low, high = (x[asked] for x in (lines.value, lines.lower, lines.upper))
    known, number = ~np.isnan(low), ~np.isnan(value)
    unsure = lines.partial[asked] & known
    exact = number & ~unsure
    status = np.select(
        [~known, exact, number], ["missing", "observed", "partial"], "censored"
    )
    return _frame(
        lines,
        asked,
        metric=lines.metric,
        value=value,
        lower=np.where(exact, value, np.where(unsure, 0.0, low)),
        upper=np.where(exact, value, np.where(unsure, float(MOST), high)),
        status=status,
        rounded_lower=np.where(exact, low, np.nan),
        rounded_upper=np.where(exact, high, np.nan),
    )


def _errors(lines: Lines) -> pd.DataFrame:
    has = ~np.isnan(lines.se)
    se = lines.se[has]
    none = np.full(se.shape, np.nan)
    return _frame(
        lines,
        has,
        metric=lines.metric + DRAW_SE,
        value=se,
        lower=se,
        upper=se,
        status=np.full(se.shape, "observed"),
        rounded_lower=none,
        rounded_upper=none,
    )


def _frame(
    lines: Lines,
    cells: "np.ndarray[tuple[int, ...], np.dtype[np.bool_]]",
    **columns: "Array | str | np.ndarray[tuple[int, ...], np.dtype[np.str_]]",
) -> pd.DataFrame:
    """One row a chosen cell, row by row of (T, N)."""
    row, column = np.nonzero(cells)
    return pd.DataFrame(
        {
            "app": np.array([one.app for one in lines.series], dtype=object)[column],
            "market": np.array([one.market for one in lines.series], dtype=object)[
                column
            ],
            "period": lines.periods.astype("datetime64[us]")[row],
            **columns,
        }
    )
