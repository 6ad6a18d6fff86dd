"""Ratios of what others gained to what an origin lost, as Fieller's sets."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from migration.estimators.finish import decide_row
from migration.inference.arrays import Array
from migration.inference.blocks import BlockContrast
from migration.inference.excess import Excess
from migration.inference.fieller import FiellerSet, fieller_set
from migration.inference.rule import ALPHA, rank_critical
from migration.inference.sample import Sample, check_copies

GAIN, SHARE, OUTSIDE = "gain ratio", "diversion share", "outside share"
RATIOS = [
    *("quantity", "app", "estimate", "low", "high", "kind", "gap_low", "gap_high"),
    *("set", "benchmark"),
]
EVERY = "all destinations"


def check_apart(samples: Mapping[str, Sample]) -> None:
    """Refuse apps that are one series: a ratio of theirs would have no error."""
    first = next(iter(samples.values()))
    used = first.baseline | first.window
    check_copies(np.array([s.y[0, used] for s in samples.values()]), list(samples))


def joint_covariance(found: Mapping[str, Excess]) -> pd.DataFrame:
    """Of the changes: each block is one draw of all the apps together."""
    blocks = np.array([e.blocks[0] for e in found.values()])
    widened = next(iter(found.values())).widened  # of the same days for all
    cov = np.cov(blocks, ddof=1) * (1 + 1 / blocks.shape[1]) * widened**2
    return pd.DataFrame(cov, index=list(found), columns=list(found))


def critical_value(contrast: BlockContrast) -> float:
    """Of the rule: block-t's, or the rank's among unrelated series where larger."""
    return max(contrast.critical(ALPHA), rank_critical(contrast.t[1:]))


def market_change(
    found: Mapping[str, Excess], cov: pd.DataFrame, origin: str
) -> pd.Series:
    """Change of the market's size, ranked among single unrelated series."""
    alone = found[origin].contrast
    total = sum(float(e.contrast.estimate[0]) for e in found.values())
    error = float(np.sqrt(cov.to_numpy().sum()))
    return decide_row(
        BlockContrast(
            np.concatenate([[total], alone.estimate[1:]]),
            np.concatenate([[error], alone.std_error[1:]]),
            alone.df,
        )
    )


def ratio_rows(
    found: Mapping[str, Excess], cov: pd.DataFrame, origin: str, limit: float
) -> list[dict[str, Any]]:
    """Each destination's gain and share, all of theirs, and the share of outside."""
    change = np.array([e.contrast.estimate[0] for e in found.values()])
    names, v = list(found), cov.to_numpy()
    place = np.eye(len(names))
    lost = -place[names.index(origin)]
    gains = {app: place[names.index(app)] for app in names if app != origin}
    every = np.sum(list(gains.values()), axis=0)
    level = {app: e.level for app, e in found.items()}
    size = sum(level.values()) - level[origin]
    rows = []
    for app, weight in {**gains, EVERY: every}.items():
        whole = _set(change, v, (weight, lost), limit)
        rows.append(_row(GAIN, app, whole, float("nan")))
        benchmark = level[app] / size if app in level else 1.0
        rows.append(_row(SHARE, app, whole.within(0, 1), benchmark))
    outside = _set(change, v, (lost - every, lost), limit).within(0, 1)
    return [*rows, _row(OUTSIDE, "outside", outside, 0.0)]


def _set(
    change: Array, cov: Array, weights: tuple[Array, Array], limit: float
) -> FiellerSet:
    w = np.array(weights)
    return fieller_set(w @ change, w @ cov @ w.T, limit)


def _row(
    quantity: str, app: str, found: FiellerSet, benchmark: float
) -> dict[str, Any]:
    said = found.words()
    if found.kind == "empty":
        said = "no value from 0 to 1: the market's size cannot have been constant"
    ends = (found.estimate, found.low, found.high, found.kind, *found.gap)
    return dict(zip(RATIOS, (quantity, app, *ends, said, benchmark), strict=True))
