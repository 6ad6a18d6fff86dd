"""What a structural model says of itself: refits at earlier dates, its residuals."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from migration.inference.arrays import Array, Mask
from migration.inference.counterfactual import innovations
from migration.inference.noise import GAINS
from migration.inference.sample import Sample
from migration.inference.structure import Structure, past_splits
from migration.results import COLUMNS

ALPHA = 0.05
TOLERATED_COVERAGE = 0.9
TOLERATED_SHIFT = 0.25
PRIOR = "ends under another prior"
WEEK = 7
NAN = float("nan")
PLACEBOS = ["first_day", "last_day", *COLUMNS]


@dataclass(frozen=True, eq=False)
class Refits:
    """The model refitted at earlier dates, on the days before them alone.

    Attributes
    ----------
    frame : DataFrame
        Of the treated series: one row a date, the mean error over a window's length
        and the model's 95% interval.
    covered : (S, 1 + J) mask
        Whether the interval of each series holds zero.
    """

    frame: pd.DataFrame
    covered: Mask


def placebo_refits(sample: Sample, structure: Structure) -> Refits:
    """Refit on the days before each baseline block that has three weeks before it.

    The noise is weighed again on those days: nothing of the block is known.
    """
    rows, covered = [], []
    for split in past_splits(structure):
        found = structure.gaps(split, structure.refit(split.known))
        p_value, first = found.p_value[:, -1], found.first()
        days = sample.days[structure.used[split.target]]
        rows.append(
            {
                "first_day": days[0],
                "last_day": days[-1],
                "estimate": first.estimate[0, -1],
                "std_error": first.std_error[0, -1],
                "conf_low": first.quantile(ALPHA / 2)[0, -1],
                "conf_high": first.quantile(1 - ALPHA / 2)[0, -1],
                "p_value": p_value[0],
            }
        )
        covered.append(p_value > ALPHA)
    kept = np.array(covered, dtype=bool).reshape(len(rows), len(structure.model.y))
    return Refits(pd.DataFrame(rows, columns=PLACEBOS), kept)


def diagnose(structure: Structure, covered: Mask) -> pd.DataFrame:
    """Drift, memory left in the residuals, and coverage before the event.

    Parameters
    ----------
    structure : Structure
    covered : (S, 1 + J) mask

    Returns
    -------
    DataFrame
        ``value``, ``limit`` (NaN where there is none), ``tells``, by ``diagnostic``.
    """
    from scipy import stats  # slow to load

    acf, n_dates = residual_acf(structure), len(covered)
    band = 1.96 / np.sqrt(len(structure.whole.known))
    rows = {
        **_noise_rows(structure),
        "residual ACF, lag 1": (acf[0], band, "memory left from day to day"),
        "residual ACF, lag 7": (acf[-1], band, "weekly pattern left"),
        "coverage, treated": (
            _share(covered[:, :1]),
            float(stats.binom.ppf(ALPHA, n_dates, 1 - ALPHA) / max(n_dates, 1)),
            f"95% intervals that hold zero at {n_dates} earlier dates",
        ),
        "coverage, unrelated": (
            _share(covered[:, 1:]),
            TOLERATED_COVERAGE,
            "the same over all unrelated series and dates",
        ),
    }
    index = pd.Index(rows, name="diagnostic")
    return pd.DataFrame(rows.values(), index=index, columns=["value", "limit", "tells"])


def residual_acf(structure: Structure, lags: int = WEEK) -> Array:
    """Autocorrelation of the treated series' one-step errors at lags 1 to ``lags``.

    Under the covariance of most weight, the coefficients as estimated.
    """
    best = int(structure.noise.weight[:, 0].argmax())
    found = innovations(
        structure.model, structure.noise.covs[best], structure.whole.known
    )
    error = found[0] - found[0].mean()
    power = error @ error
    return np.array([error[k:] @ error[:-k] / power for k in range(1, lags + 1)])


def _noise_rows(structure: Structure) -> dict[str, tuple[float, float, str]]:
    weight, points = structure.noise.weight[:, 0], structure.noise.points
    if structure.engine == "uc":
        ratio = np.array([point.ratio for point in points])
        return {
            "level sd / noise sd": (
                float(weight @ np.sqrt(ratio)),
                NAN,
                "how fast the level drifts, averaged over its likelihood",
            ),
            "weight of no drift": (float(weight[0]), NAN, "a level that stays"),
            PRIOR: (
                prior_shift(structure),
                TOLERATED_SHIFT,
                "shift of an end, in half-widths, when even in the log variance ratio",
            ),
        }
    (p, d, q), ar, ma, _ = points[int(weight.argmax())]
    return {
        f"AR of ARIMA({p},{d},{q})": (float(ar), NAN, "order by BIC"),
        f"MA of ARIMA({p},{d},{q})": (float(ma), NAN, "order by BIC"),
    }


def prior_shift(structure: Structure) -> float:
    """How far another prior moves an end of the mean effect, over the half-width.

    The same points weighed evenly over the log of the variance ratio instead of the
    gain, no drift at all as one point more at the lower end.
    """
    gain = np.maximum(GAINS, GAINS[1])
    weight = structure.noise.weight[:, :1] * (2 / gain + 1 / (1 - gain))[:, None]
    own = structure.in_window.first()
    other = replace(own, weight=weight / weight.sum())
    ends = [
        np.array([m.quantile(level)[0, -1] for level in (ALPHA / 2, 1 - ALPHA / 2)])
        for m in (own, other)
    ]
    return float(np.abs(ends[1] - ends[0]).max() / np.ptp(ends[0]) * 2)


def _share(values: Mask) -> float:
    return float(values.mean()) if values.size else NAN
