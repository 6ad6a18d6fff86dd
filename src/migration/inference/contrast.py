"""From a sample to a window's block contrast: normal path out, week out, blocks."""

import numpy as np

from migration.inference.arrays import (
    Array,
    Mask,
    net_of_controls,
    without_weekly_cycle,
)
from migration.inference.blocks import BlockContrast, block_contrast, block_means
from migration.inference.sample import Sample

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
        pre = block_means(y, sample.baseline, int(window.sum()), logs=logs)
        post = y[:, window].mean(axis=1)
        if logs:
            pre, post = _net(pre, normal), _net(np.log(post), normal)
        return block_contrast(pre, post)


def daily_path(sample: Sample, *, normal: str, logs: bool) -> BlockContrast:
    """Each day's contrast with the baseline days, as blocks of one day.

    Returns
    -------
    BlockContrast
        ``estimate`` and ``std_error`` of shape (1 + J, T). On a baseline day, which is
        part of the mean it is held against, the error is that of a residual. A day
        without a finite value (the log of a zero count) is NaN.
    """
    y = deseasoned(sample, normal, logs=logs)
    if logs:
        with np.errstate(divide="ignore"):
            y = np.log(y)
        y = _net(np.where(np.isinf(y), np.nan, y), normal)
    pre = y[:, sample.baseline]
    q = pre.shape[1]
    spread = pre.std(axis=1, ddof=1, keepdims=True)
    part = np.where(sample.baseline, -1, 1) / q
    return BlockContrast(
        y - pre.mean(axis=1, keepdims=True), spread * np.sqrt(1 + part), q - 1
    )


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
    market = y - net_of_controls(y)
    centred = market - market[:, baseline].mean(axis=1, keepdims=True)
    own = y - y[:, baseline].mean(axis=1, keepdims=True)
    cross = (centred * own)[:, baseline].sum(axis=1)
    beta = cross / (centred**2)[:, baseline].sum(axis=1)
    return np.asarray(beta[:, None] * centred)
