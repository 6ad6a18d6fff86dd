"""The likelihood of a window's step in ranks, for noise of the markets alone.

One shared event shakes all markets of an app on the same days, which this likelihood
does not know: its tests stand beside the rule with their size on unrelated series.
"""

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy import sparse

from migration.errors import DesignError
from migration.estimators.rank_cells import Cells
from migration.inference import tails
from migration.inference.arrays import Array, Ints, Mask, weekday_dummies
from migration.inference.interval_censored import fit_intervals, score_test
from migration.inference.rule import ALPHA
from migration.results import COLUMNS

ASSUMES = "markets' noise is independent and normal: no shock common to all of them"
WITHOUT_FIRST = "no cell at first place matters; it drops the largest rises"


class Step(NamedTuple):
    """A window's step: five numbers, and the p-value of the score test."""

    row: pd.Series
    p_score: float


def likelihood_rows(cells: Cells) -> pd.DataFrame:
    """Wald, score and without-first-place tests of the window's step.

    Returns
    -------
    DataFrame
        Rows of a secondary table; NaN where the likelihood has no maximum.
    """
    steps = {name: window_step(cells, name) for name in cells.lower}
    trimmed = {
        name: window_step(cells, name, first=False) if _leads(cells, name) else step
        for name, step in steps.items()
    }
    own, others = steps[cells.treated], list(steps)[1:]
    wald = [steps[name].row["p_value"] for name in others]
    score = [steps[name].p_score for name in others]
    without = [trimmed[name].row["p_value"] for name in others]
    bare = pd.Series(np.nan, index=list(COLUMNS), dtype=float)
    bare["estimate"], bare["p_value"] = own.row["estimate"], own.p_score
    table = [
        _row("interval likelihood, market noise alone", own.row, wald, ASSUMES),
        _row("score test, market noise alone", bare, score, ASSUMES),
        _row(
            "interval likelihood without cells at first place",
            trimmed[cells.treated].row,
            without,
            f"{WITHOUT_FIRST}; {ASSUMES}",
        ),
    ]
    return pd.DataFrame(table)


def _leads(cells: Cells, series: str) -> bool:
    """Whether any cell of a series is at first place."""
    return bool(np.isposinf(cells.upper[series]).any())


def window_step(cells: Cells, series: str, *, first: bool = True) -> Step:
    """Maximum likelihood of ``z = a_c + DOW + step 1[window] + sigma eps``.

    Parameters
    ----------
    cells : Cells
    series : str
    first : bool
        Whether cells at first place take part.
    """
    low, high = cells.lower[series], cells.upper[series]
    used = ~np.isnan(low) & (cells.baseline | cells.window)[None, :]
    used &= np.isfinite(low) | np.isfinite(high)
    if not first:
        used &= np.isfinite(high)
    # A market that is never on the chart, or always first, tells no step.
    used &= _two_sided(low, high, used)[:, None]
    market, day = used.nonzero()
    nothing = Step(pd.Series(np.nan, index=list(COLUMNS)), float("nan"))
    if not len(day) or cells.window[day].all() or not cells.window[day].any():
        return nothing
    x = _columns(np.unique(market, return_inverse=True)[1], day, cells)
    bounds = low[market, day], high[market, day]
    try:
        found = fit_intervals(*bounds, x)
        if not found.identified or not np.isfinite(found.std_error[-1]):
            return nothing
        chi2 = score_test(*bounds, x, x.shape[1] - 1)
    except DesignError:
        return nothing
    row = _wald(float(found.coef[-1]), float(found.std_error[-1]))
    return Step(row, float(tails.chi2.sf(chi2, 1)))


def _two_sided(low: Array, high: Array, used: Mask) -> Mask:
    return np.asarray((used & np.isfinite(low) & np.isfinite(high)).any(axis=1))


def _columns(market: Ints, day: Ints, cells: Cells) -> sparse.csr_array:
    """Dummies of markets, then of weekdays but one, then the window's step."""
    n = len(market)
    level = sparse.csr_array((np.ones(n), (np.arange(n), market)))
    week = weekday_dummies(cells.weekday[day])[:, 1:]
    step = cells.window[day].astype(float)
    dense = sparse.csr_array(np.column_stack([week, step]))
    return sparse.csr_array(sparse.hstack([level, dense]))


def _wald(estimate: float, error: float) -> pd.Series:
    half = float(tails.norm.ppf(1 - ALPHA / 2)) * error
    p_value = float(2 * tails.norm.sf(abs(estimate / error)))
    row = (estimate, error, estimate - half, estimate + half, p_value)
    return pd.Series(row, index=list(COLUMNS), dtype=float)


def _row(
    test: str, numbers: pd.Series, others: list[float], assumes: str
) -> dict[str, Any]:
    p = np.array([value for value in others if not np.isnan(value)])
    size = float((p <= ALPHA).mean()) if len(p) else float("nan")
    return {"test": test, **numbers, "size_here": size, "assumes": assumes}
