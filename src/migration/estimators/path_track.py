"""Every series' path of daily effects, the unrelated ones treated in turn."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from migration.design import Design
from migration.errors import DesignError
from migration.estimators import finish
from migration.estimators.choices import check_design
from migration.estimators.path_options import PathOptions
from migration.inference import tails
from migration.inference.arrays import Array, Mask, weekday_dummies
from migration.inference.blocks import BlockContrast, block_contrast, block_means
from migration.inference.later_days import filled_counts, net_of_known
from migration.inference.path import (
    Noise,
    Paths,
    baseline_noise,
    contrast_weights,
    paths,
)
from migration.inference.poisson_path import expected_counts, log_ratios, normalised
from migration.inference.rule import rank_critical
from migration.inference.sample import Sample
from migration.inference.sup_t import sup_t_critical
from migration.inference.week import window_widening
from migration.results import COLUMNS


@dataclass(frozen=True, eq=False)
class Track:
    """What any effect of any days is computed from, for all series at once.

    Attributes
    ----------
    sample : Sample
    gaps : (1 + J, T) array
        OLS: series net of the unrelated ones. Poisson: relative residuals of counts.
        NaN where a series has no number.
    noise : Noise
        Of the gaps, fitted on the baseline alone.
    counts : tuple of two (1 + J, T) arrays, or None
        Observed and fitted counts of the pseudo-likelihood, 0 where there is none.
    """

    sample: Sample
    gaps: Array
    noise: Noise
    counts: tuple[Array, Array] | None

    def means(self, columns: Array) -> Paths:
        """Effects on sets of days, NaN where a day of a set has no number.

        Parameters
        ----------
        columns : (K, T) array
            Rows with equal weights that sum to one.
        """
        s = self.sample
        weights = contrast_weights(columns, s.weekday, s.baseline)
        found = paths(
            np.nan_to_num(self.gaps),
            weights,
            self.noise,
            baseline=s.baseline,
            weekday=s.weekday,
        )
        beta = found.beta
        if self.counts is not None:
            observed, fitted = self.counts
            beta = log_ratios(observed, fitted, columns)
        absent = np.isnan(self.gaps).astype(float) @ (columns > 0).T > 0
        return Paths(np.where(absent, np.nan, beta), found.cov, found.df)

    def days(self, chosen: Mask) -> Paths:
        """One effect for each of the chosen days."""
        return self.means(np.eye(len(chosen))[chosen])

    def mean_over(self, chosen: Mask) -> Paths:
        """One effect for all of the chosen days together."""
        return self.means(chosen[None] / chosen.sum())


def make_track(sample: Sample, options: PathOptions) -> Track:
    """Net every series of the others, and fit each one's noise on the baseline."""
    s, counts = sample, None
    if options.poisson:
        filled = filled_counts(s.y, s.weekday, s.baseline)
        y = normalised(filled, s.baseline)
        fitted = expected_counts(y, s.weekday, s.baseline)
        y = np.where(np.isfinite(s.y), y, np.nan)
        gaps = np.where(fitted > 0, y / np.where(fitted > 0, fitted, 1) - 1, np.nan)
        counts = np.nan_to_num(y), np.nan_to_num(fitted)
    else:
        gaps = net_of_known(s.y, s.weekday, s.baseline)
    x = weekday_dummies(s.weekday)
    known = np.where(np.isfinite(gaps), gaps, 0.0)
    noise = baseline_noise(known, x, s.baseline, options.family)
    return Track(s, gaps, noise, counts)


def rule_contrast(track: Track, window: Mask) -> BlockContrast:
    """A window against baseline blocks of its length, by the estimator's own gaps.

    By the pseudo-likelihood a block's statistic is the log of its observed over its
    fitted counts; by least squares it is the mean of the gap.
    """
    s, length = track.sample, int(window.sum())
    widened = window_widening(s.weekday, s.baseline, window)
    if track.counts is None:
        pre = block_means(track.gaps, s.baseline, length)
        post = track.gaps[:, window].mean(axis=1)
        return block_contrast(pre, post, widened=widened)
    inside = np.flatnonzero(s.baseline)
    q = len(inside) // length
    blocks = np.zeros((q, len(s.days)))
    for place, days in enumerate(inside[len(inside) - q * length :].reshape(q, length)):
        blocks[place, days] = 1
    observed, fitted = track.counts
    post = log_ratios(observed, fitted, window[None].astype(float))[:, 0]
    absent = np.isnan(track.gaps[:, window]).any(axis=1)
    pre = log_ratios(observed, fitted, blocks)
    return block_contrast(pre, np.where(absent, np.nan, post), widened=widened)


def verdicts(found: Paths) -> pd.DataFrame:
    """The five columns for each effect: union of t and rank among unrelated series."""
    rows = [finish.decide_row(column(found, k)) for k in range_of(found)]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def range_of(found: Paths) -> range:
    """Numbers of the effects."""
    return range(found.beta.shape[1])


def column(found: Paths, place: int) -> BlockContrast:
    """One effect of all series."""
    return BlockContrast(found.beta[:, place], found.std_error[:, place], found.df)


def largest_t(found: Paths) -> Array:
    """Largest |t| of each series over the effects, shape (1 + J,).

    NaN for a series that lacks one of them: over fewer days its largest is smaller.
    """
    error = np.where(found.std_error > 0, found.std_error, np.nan)
    return np.asarray(np.abs(found.beta / error).max(axis=1))


def sup_t_limit(cov: Array, df: int, draws: int = 0) -> float:
    """Critical value of the largest |t|, at Student's t of the normal value's tail.

    The covariance is estimated, so the normal value alone is too small.
    """
    return float(tails.t.isf(tails.norm.sf(sup_t_critical(cov, draws=draws)), df))


def band_critical(found: Paths) -> float:
    """Half-width of the band in standard errors: of sup-t, and of its rank."""
    whole = np.isfinite(found.beta[0]) & (found.std_error[0] > 0)
    part = Paths(found.beta[:, whole], found.cov[:, whole][:, :, whole], found.df)
    others = rank_critical(largest_t(part)[1:])
    return max(sup_t_limit(part.cov[0], found.df), others)


def check_controls(design: Design) -> None:
    """Refuse a path without unrelated units for its day effects."""
    check_design(design)
    if (number := len(design.controls)) < 2:
        raise DesignError(
            "event_study needs two unrelated units for its day effects, better 39, got "
            f"{number}; name more in Design(controls=), or use interrupted_series with "
            "normal='constant mean'"
        )
