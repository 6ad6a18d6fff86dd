"""What the effect would survive if trends were not parallel.

Rambachan and Roth (2023, doi:10.1093/restud/rdad018) on a daily path. Daily leads are
mostly noise, and the largest of sixty changes is noise alone; so the baseline is cut
into bins of several days, the last of which is the reference.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from numbers import Integral
from typing import Any

import numpy as np
import pandas as pd

from migration.design import Design
from migration.errors import DesignError
from migration.estimators.choices import are_numbers
from migration.estimators.path_options import PathOptions
from migration.estimators.path_track import Track, check_controls, make_track
from migration.inference.arrays import Array, Mask
from migration.inference.path import Paths
from migration.inference.relative_magnitudes import (
    breakdown,
    polyhedra,
    relative_magnitudes,
)
from migration.inference.sample import arrange
from migration.inference.smoothness import fixed_length
from migration.panel import is_simulated
from migration.results import CheckResult

FEWEST_BINS, MOST_BINS = 3, 10
MBARS = (0.0, 0.5, 1.0, 1.5, 2.0)
BENDS = (0.0, 0.5, 1.0)
ONE_SIDED = 60  # halvings in the search for a bend


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class HonestResult(CheckResult):
    """Sets for an effect under bounded departures from parallel trends.

    ``frame`` has a row a restriction: ``restriction``, ``bound``, ``conf_low``,
    ``conf_high``, ``excludes_zero`` and ``excluded_here``, the share of the unrelated
    series of the same days whose set under the same restriction excludes zero.

    Attributes
    ----------
    breakdown_magnitude : float
        Smallest Mbar whose set holds zero.
    breakdown_bend : float
        Smallest change of slope, in units of the outcome from bin to bin, whose
        interval holds zero.
    leads : DataFrame
        Coefficient of each bin against the reference, with ``std_error``; ``period`` is
        its first day.
    """

    breakdown_magnitude: float
    breakdown_bend: float
    leads: pd.DataFrame


def honest_pretrends(
    frame: pd.DataFrame,
    design: Design,
    *,
    bin_days: int | None = None,
    mbars: tuple[float, ...] = MBARS,
    bends: tuple[float, ...] = BENDS,
) -> HonestResult:
    """Bound the window's effect when the trend may go on moving after the event.

    Relative magnitudes: from bin to bin it moves at most Mbar times as much as it ever
    did in the baseline (hybrid test of Andrews, Roth and Pakes). Smoothness: its slope
    changes by at most M from bin to bin (fixed-length interval); M is given in
    multiples of the largest change of slope among the leads. The effect is the window's
    mean less the reference bin, not less the whole baseline: it is another contrast
    than the headline's, and its sets assume normal noise fitted on the baseline. So
    each row stands beside how many unrelated series it would call affected.

    Parameters
    ----------
    frame : DataFrame
        As for :func:`migration.estimators.event_study.event_study`.
    design : Design
    bin_days : int, optional
        Days in a bin; by default the window's length, so that the window is one bin.
        The last 10 whole bins of the baseline are used, and the window is cut into
        bins of the same length, the last of which may be shorter.
    mbars, bends : tuple of float
        Bounds to show, each 0 or more.

    Raises
    ------
    DesignError
        Fewer than 3 bins fit in the baseline, or a bound that is none.
    """
    check_controls(design)
    length = _checked(design, bin_days, {"mbars": mbars, "bends": bends})
    track = make_track(arrange(frame, design), _options(design))
    columns, n_pre = _bins(track, length)
    found = track.means(columns)
    target = _shares(columns[n_pre + 1 :], track)
    every = _against_reference(found, n_pre)
    table = _table(every, n_pre, target, (mbars, bends))
    one = every.beta[0], every.cov[0], n_pre
    magnitude = breakdown(*one, target=target)
    bend = _bend_breakdown(*one, target=target)
    return HonestResult(
        check="honest pre-trends",
        question="How far from parallel may trends be before the effect is gone?",
        answer=_answer(table, magnitude, bend, length),
        passed=None,
        frame=table,
        simulated=is_simulated(frame),
        breakdown_magnitude=magnitude,
        breakdown_bend=bend,
        leads=_leads(track, columns, every, n_pre),
    )


def _options(design: Design) -> PathOptions:
    ratio = design.estimand == "log ratio of means"
    return PathOptions(estimator="poisson" if ratio else "ols")


def _checked(design: Design, bin_days: int | None, bounds: dict[str, Any]) -> int:
    length = design.length if bin_days is None else bin_days
    if isinstance(length, bool) or not isinstance(length, Integral) or length < 1:
        raise DesignError(f"bin_days is {bin_days!r}; use 1 or more whole days")
    for name, given in bounds.items():
        if not are_numbers(given) or min(given, default=0) < 0:
            raise DesignError(
                f"{name} needs finite numbers of 0 or more such as (0.5, 1), got "
                f"{given!r}"
            )
    return int(length)


def _bins(track: Track, length: int) -> tuple[Array, int]:
    """Weights of the baseline's bins and the window's, shape (P + 1 + Q, T), and P."""
    s = track.sample
    before, after = np.flatnonzero(s.baseline), np.flatnonzero(s.window)
    number = min(len(before) // length, MOST_BINS)
    if number < FEWEST_BINS:
        raise DesignError(
            f"honest_pretrends needs {FEWEST_BINS} bins of {length} days in the "
            f"baseline, which has {len(before)}: lengthen it or use fewer bin_days"
        )
    parts = np.split(before[len(before) - number * length :], number)
    parts += np.split(after, range(length, len(after), length))
    columns = np.zeros((len(parts), len(s.days)))
    for row, days in enumerate(parts):
        columns[row, days] = 1 / len(days)
    return columns, number - 1


def _shares(after: Array, track: Track) -> Array:
    """Weights that make the window's mean of its bins, shape (Q,)."""
    days = (after > 0).sum(axis=1)
    return np.asarray(days / track.sample.window.sum())


def _against_reference(found: Paths, n_pre: int) -> Paths:
    """Each bin less the last one before the event; a series without a number is left.

    Returns
    -------
    Paths
        Of the treated series first, (N, P + Q).
    """
    size = found.beta.shape[1]
    less = np.eye(size)
    less[:, n_pre] -= 1
    moved = found.combine(np.delete(less, n_pre, axis=0))
    noisy = np.isfinite(moved.beta) & (moved.std_error > 0)
    kept: Mask = np.asarray(noisy.all(axis=1))
    if not kept[0]:
        raise DesignError(
            "honest_pretrends needs a treated series with a number on every day of its "
            "bins and with noise, got one without"
        )
    return Paths(moved.beta[kept], moved.cov[kept], moved.df)


def _table(
    every: Paths,
    n_pre: int,
    target: Array,
    bounds: tuple[tuple[float, ...], tuple[float, ...]],
) -> pd.DataFrame:
    mbars, bends = bounds
    rows = [_magnitude_row(every, n_pre, target, mbar) for mbar in mbars]
    rows += [_smooth_row(every, n_pre, target, multiple) for multiple in bends]
    names = ["restriction", "bound", "conf_low", "conf_high", "excluded_here"]
    table = pd.DataFrame(rows, columns=names)
    outside = (table["conf_low"] > 0) | (table["conf_high"] < 0)
    table.insert(4, "excludes_zero", outside)
    return table


def _magnitude_row(
    every: Paths, n_pre: int, target: Array, mbar: float
) -> tuple[str, float, float, float, float]:
    ends = relative_magnitudes(every.beta[0], every.cov[0], n_pre, mbar, target=target)
    here = [not _holds_zero(*one, n_pre, mbar, target=target) for one in _others(every)]
    return "relative magnitudes", mbar, *ends, _share(here)


def _smooth_row(
    every: Paths, n_pre: int, target: Array, multiple: float
) -> tuple[str, float, float, float, float]:
    """The bend is a multiple of each series' own largest."""
    ends = []
    for beta, cov in [(every.beta[0], every.cov[0]), *_others(every)]:
        bend = multiple * _largest_bend(beta, n_pre)
        found = fixed_length(beta, cov, n_pre, bend, target=target)
        ends.append((found.conf_low, found.conf_high))
    here = [low * high > 0 for low, high in ends[1:]]
    largest = multiple * _largest_bend(every.beta[0], n_pre)
    return "smoothness", largest, *ends[0], _share(here)


def _others(every: Paths) -> Iterator[tuple[Array, Array]]:
    """Coefficients and covariance of each unrelated series."""
    return zip(every.beta[1:], every.cov[1:], strict=True)


def _share(here: list[bool]) -> float:
    return float(np.mean(here)) if here else float("nan")


def _holds_zero(
    beta: Array, cov: Array, n_pre: int, mbar: float, *, target: Array
) -> bool:
    zero = np.zeros(1)
    posed = polyhedra(beta, cov, n_pre, mbar, target=target)
    return any(bool(p.accepts(zero)[0]) for p in posed if p.possible)


def _largest_bend(beta: Array, n_pre: int) -> float:
    """Largest change of slope among the leads and the reference."""
    path = np.r_[beta[:n_pre], 0.0]
    return float(np.abs(np.diff(path, n=2)).max(initial=0.0))


def _bend_breakdown(beta: Array, cov: Array, n_pre: int, *, target: Array) -> float:
    """Smallest bend whose interval holds zero, by halving."""

    def holds(bend: float) -> bool:
        found = fixed_length(beta, cov, n_pre, bend, target=target)
        return found.conf_low <= 0 <= found.conf_high

    if holds(0.0):
        return 0.0
    high = max(float(np.abs(beta).max()), 1e-12)
    while not holds(high):
        high *= 2
    low = 0.0
    for _ in range(ONE_SIDED):
        middle = (low + high) / 2
        low, high = (low, middle) if holds(middle) else (middle, high)
        if high - low < 1e-6 * high:
            break
    return high


def _answer(table: pd.DataFrame, magnitude: float, bend: float, length: int) -> str:
    if magnitude == 0 and bend == 0:
        return "not told from zero even with parallel trends"
    likely = table[(table["restriction"] == "relative magnitudes")]
    one = likely.iloc[int((likely["bound"] - 1).abs().argmin())]
    return (
        f"told from zero until trends move {magnitude:.2g} times as much as in the "
        f"baseline, or bend by {bend:.2g} from one bin of {length} days to the next; "
        f"at {one['bound']:g} times, {one['excluded_here']:.0%} of the unrelated "
        "series would be called affected, too"
    )


def _leads(track: Track, columns: Array, every: Paths, n_pre: int) -> pd.DataFrame:
    first = track.sample.days[(columns > 0).argmax(axis=1)]
    return pd.DataFrame(
        {
            "period": np.delete(first, n_pre),
            "estimate": every.beta[0],
            "std_error": every.std_error[0],
            "lead": np.arange(every.beta.shape[1]) < n_pre,
        }
    )
