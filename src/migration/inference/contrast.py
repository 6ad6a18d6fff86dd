"""From a sample to a window's block contrast: normal path out, week out, blocks."""

from collections.abc import Sequence

import numpy as np

from migration.inference.arrays import (
    Array,
    Mask,
    net_of_controls,
    without_weekly_cycle,
)
from migration.inference.blocks import BlockContrast, block_contrast, block_means
from migration.inference.later_days import mean_of_known
from migration.inference.sample import Sample
from migration.inference.week import widening, window_widening

NORMAL = ("market-adjusted", "constant mean", "market model")


def window_contrast(
    sample: Sample, window: Mask, *, normal: str, logs: bool
) -> BlockContrast:
    """Block contrast of every series of a sample, net of its normal path.

    Parameters
    ----------
    sample : Sample
        Of 1 + J series.
    window : (T,) mask
    normal : str
        ``"market-adjusted"`` (net of the mean of the unrelated series),
        ``"constant mean"`` or ``"market model"`` (its loading estimated on the
        baseline).
    logs : bool
        Statistics are logs of means (counts), not means.
    """
    # A mean of zero has no log: the estimator refuses it by the series' name.
    with np.errstate(divide="ignore", invalid="ignore"):
        y = deseasoned(sample, normal, logs=logs)
    return windows_contrasts(y, sample, [window], normal=normal, logs=logs)[0]


def windows_contrasts(
    y: Array, sample: Sample, windows: Sequence[Mask], *, normal: str, logs: bool
) -> list[BlockContrast]:
    """Block contrasts of several windows against one baseline.

    Parameters
    ----------
    y : (1 + J, T) array
        As :func:`deseasoned` gives it for the same normal path and baseline.
    sample : Sample
        Whose days and baseline those are.
    windows : sequence of (T,) masks
    normal, logs
        As in :func:`window_contrast`.
    """
    before: dict[int, Array] = {}
    found = []
    with np.errstate(divide="ignore", invalid="ignore"):
        for window in windows:
            length, post = int(window.sum()), y[:, window].mean(axis=1)
            if length not in before:
                pre = block_means(y, sample.baseline, length, logs=logs)
                before[length] = _net(pre, normal) if logs else pre
            post = _net(np.log(post), normal) if logs else post
            widened = window_widening(sample.weekday, sample.baseline, window)
            found.append(block_contrast(before[length], post, widened=widened))
    return found


def daily_path(sample: Sample, *, normal: str, logs: bool) -> BlockContrast:
    """Each day's contrast with the baseline days, as blocks of one day.

    A series without a finite value on a day (the log of a zero count) has no number
    there, and no part in the normal path of the others; such days of the baseline are
    in none of its means.

    Returns
    -------
    BlockContrast
        ``estimate`` and ``std_error`` of shape (1 + J, T), NaN where there is no
        number; ``df`` that of row 0. On a baseline day, which is part of the mean it is
        held against, the error is that of a residual.
    """
    y = without_weekly_cycle(sample.y, sample.weekday, sample.baseline, ratio=logs)
    if logs:
        y = np.log(np.where(y > 0, y, np.nan))
    own = _from_level(y, sample.baseline)[0]
    if normal == "market-adjusted":
        own = own - mean_of_known(own)
    elif normal == "market model":
        own = own - _loading(sample.y, sample.baseline)[:, None] * mean_of_known(own)
    gap, number = _from_level(own, sample.baseline)
    squares = np.nansum(gap[:, sample.baseline] ** 2, axis=1, keepdims=True)
    spread = np.sqrt(squares / np.maximum(number - 1, 1))
    part = np.where(sample.baseline, -1, 1) / number
    error = spread * np.sqrt(1 + part) * daily_widening(sample)
    return BlockContrast(gap, error, int(number[0, 0]) - 1)


def daily_widening(sample: Sample) -> Array:
    """What the weekly cycle costs the contrast of each day, shape (T,)."""
    each = np.eye(len(sample.days))
    return widening(each, each[sample.baseline], sample.weekday, sample.baseline)


def _from_level(y: Array, baseline: Mask) -> tuple[Array, Array]:
    """Series less their mean over known baseline days, and how many those are."""
    number = np.isfinite(y[:, baseline]).sum(axis=1, keepdims=True)
    number = np.maximum(number, 1).astype(float)
    level = np.nansum(y[:, baseline], axis=1, keepdims=True) / number
    return np.asarray(y - level), np.asarray(number)


def residuals(y: Array, baseline: Mask, normal: str) -> Array:
    """Series net of their normal path, the weekly cycle still in.

    Parameters
    ----------
    y : (1 + J, T) array
    baseline : (T,) mask
    normal : str
    """
    if normal == "market model":
        return y - _market_path(y, baseline)
    return _net(y, normal)


def unit_residuals(y: Array, controls: Array, baseline: Mask, normal: str) -> Array:
    """Each series net of the normal path that the controls give it.

    The numbers are those of row 0 of :func:`residuals` with each series in that row.

    Parameters
    ----------
    y : (N, T) array
    controls : (J, T) array
        None of the series is among them.
    baseline : (T,) mask
    normal : str
    """
    if normal == "constant mean":
        return y
    market = controls.mean(axis=0)
    if normal == "market-adjusted":
        return np.asarray(y - market)
    centred = market - market[baseline].mean()
    past = centred[baseline]
    own = y[:, baseline] - y[:, baseline].mean(axis=1, keepdims=True)
    return np.asarray(y - np.outer(own @ past / (past @ past), centred))


def deseasoned(sample: Sample, normal: str, *, logs: bool) -> Array:
    """Additive models net first; for counts the netting waits for the logs."""
    y = sample.y if logs else residuals(sample.y, sample.baseline, normal)
    return without_weekly_cycle(y, sample.weekday, sample.baseline, ratio=logs)


def _net(values: Array, normal: str) -> Array:
    return net_of_controls(values) if normal == "market-adjusted" else values


def _market_path(y: Array, baseline: Mask) -> Array:
    """``beta_i (R_m - mean R_m)`` with R_m the mean of the *other* controls.

    Parameters
    ----------
    y : (1 + J, T) array
    baseline : (T,) mask

    Returns
    -------
    (1 + J, T) array
    """
    return np.asarray(_loading(y, baseline)[:, None] * _market(y, baseline))


def _loading(y: Array, baseline: Mask) -> Array:
    """Slope of each series on the mean of the other controls, (1 + J,)."""
    centred = _market(y, baseline)[:, baseline]
    own = y[:, baseline] - y[:, baseline].mean(axis=1, keepdims=True)
    return np.asarray((centred * own).sum(axis=1) / (centred**2).sum(axis=1))


def _market(y: Array, baseline: Mask) -> Array:
    market = y - net_of_controls(y)
    return np.asarray(market - market[:, baseline].mean(axis=1, keepdims=True))
