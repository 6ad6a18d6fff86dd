"""Synthetic control that lets the event move the competitors too."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from migration.design import Design
from migration.errors import DesignError
from migration.estimators import counterfactual as shared
from migration.estimators import finish
from migration.estimators.synthetic_result import SyntheticResult, with_weights
from migration.inference.arrays import Array, Mask
from migration.inference.blocks import BlockContrast
from migration.inference.sample import Sample, arrange
from migration.inference.spillover import all_unit_equations, placebo_effects
from migration.inference.synthetic import Synthetic, baseline_blocks, gap_contrast
from migration.inference.synthetic_tests import mean_rank, ratio_rank
from migration.inference.synthetic_weights import (
    DEMEANED_CONTROL,
)
from migration.results import COLUMNS

NAME = "spillover_control"


@dataclass(frozen=True, eq=False)
class _Joint:
    """Treated, exposed and unrelated series in one pool, in this order.

    ``sample`` holds the treated series and the unrelated ones, ``pool`` all.
    """

    pool: Sample
    sample: Sample
    y: Array
    exposure: pd.DataFrame

    @property
    def pattern(self) -> Array:
        """Spillover columns over all rows of the pool, shape (n, k)."""
        rest = np.zeros((len(self.sample.controls), self.exposure.shape[1]))
        none = np.zeros((1, self.exposure.shape[1]))
        return np.vstack([none, self.exposure.to_numpy(dtype=float), rest])

    def effects(self, baseline: Mask) -> tuple[Array, Array]:
        """Direct effects (1 + J, T) and the exposed units' spillovers (E, T)."""
        n_exposed = len(self.exposure)
        controls = np.arange(1 + n_exposed, len(self.y))
        direct, spilt = placebo_effects(self.y, baseline, self.pattern, controls)
        return direct, spilt[1 : 1 + n_exposed]


def spillover_control(
    frame: pd.DataFrame,
    design: Design,
    *,
    exposure: pd.DataFrame | None = None,
    inference: str = "rule",
) -> SyntheticResult:
    """Estimate the effect on the treated and the spillovers on competitors jointly.

    Cao and Dowd (2019, arXiv:1902.07343): synthetic controls with intercept for every
    series, and least squares for ``alpha_t = A gamma_t`` in
    ``(I - B) Y_t - a = (I - B) A gamma_t + u_t``. The unrelated series have no effect
    and are treated in turn, with the same exposed units and without the treated
    series, for the rule of :mod:`migration.inference.rule`.

    Parameters
    ----------
    frame : DataFrame
        Long, one row a unit and day; left as it is.
    design : Design
        Its ``competitors`` may be exposed, its ``controls`` may not. Competitors
        without complete series are left out, and a warning names them.
    exposure : DataFrame, optional
        Rows exposed units, columns effects that they share (a column of ones: one
        spillover for all). By default each exposed unit has an effect of its own.
    inference : {"rule"}
        Others are refused, with the reason.

    Returns
    -------
    SyntheticResult
        ``exposed`` holds the mean effect of the window on each exposed unit.

    Raises
    ------
    PanelError, DesignError
        For data or a design that cannot answer: no exposed unit with data, or more
        effects than the unrelated series can tell apart.
    """
    shared.check(design, inference, NAME)
    joint, said = _pool(frame, design, exposure)
    sample = joint.sample
    direct, spilt = joint.effects(sample.baseline)
    held_direct, held_spilt = _held_out(joint, design.length)
    found = _as_synthetic(joint, direct)
    widened = shared.week_cost(sample)
    contrast = gap_contrast(found.estimate, held_direct, widened=widened)
    finish.check_finite(sample, contrast, design)
    finding = finish.Finding(
        method="synthetic control with spillovers",
        effects=shared.daily(sample, direct, held_direct),
        secondary=_secondary(joint, found, contrast),
        warnings=(*said, *shared.few_donors(sample)),
    )
    result = finish.dress(frame, design, sample, contrast, finding)
    spilt = spilt[:, sample.window].mean(axis=1)
    spillovers = gap_contrast(spilt, held_spilt, widened=widened)
    exposed = _exposed(spillovers, contrast, list(joint.exposure.index))
    return with_weights(result, joint.pool, found, exposed=exposed)


def _pool(
    frame: pd.DataFrame, design: Design, exposure: pd.DataFrame | None
) -> tuple[_Joint, tuple[str, ...]]:
    arrange(frame, design)  # what is wrong with the frame is said before the rest
    usable = _complete(frame, design)
    if exposure is None:
        exposure = pd.DataFrame(np.eye(len(usable)), index=usable, columns=usable)
    elif not isinstance(exposure, pd.DataFrame):
        raise DesignError(
            "exposure needs a DataFrame, rows exposed units and columns effects, got "
            f"{exposure!r}"
        )
    _check_exposure(exposure, usable, design)
    exposed = tuple(exposure.index)
    wide = design.but(controls=(*exposed, *design.controls), competitors=())
    pool, y = shared.prepare(frame, wide)
    rows = [0, *range(1 + len(exposed), len(y))]
    sample = replace(pool, y=pool.y[rows], controls=design.controls)
    return _Joint(pool, sample, y, exposure), _left_out(design, usable, exposed)


def _left_out(
    design: Design, usable: list[str], exposed: tuple[str, ...]
) -> tuple[str, ...]:
    """Say which competitors have no spillover, and why."""
    reasons = {
        "no complete series for": [n for n in design.competitors if n not in usable],
        "exposure leaves out": [n for n in usable if n not in exposed],
    }
    return tuple(
        f"{why} the competitors {', '.join(names)}: their spillovers are unknown, and "
        "they are in no counterfactual"
        for why, names in reasons.items()
        if names
    )


def _complete(frame: pd.DataFrame, design: Design) -> list[str]:
    """Competitors with a value on every baseline and window day."""
    days = frame[design.period]
    inside = days.between(*design.baseline) | days.between(*design.window_days)
    here = frame[inside & frame[design.outcome].notna()]
    counted = here.groupby(design.unit)[design.period].nunique()
    needed = (design.baseline[1] - design.baseline[0]).days + 1 + design.length
    return [n for n in design.competitors if counted.get(n, 0) == needed]


def _check_exposure(exposure: pd.DataFrame, usable: list[str], design: Design) -> None:
    if not len(exposure):
        raise DesignError(
            f"{NAME} needs a competitor with a value on every baseline and window day, "
            f"got none of {list(design.competitors)}; name them in "
            "Design(competitors=), or use synthetic_control(intercept=True)"
        )
    if unknown := [n for n in exposure.index if n not in usable]:
        raise DesignError(
            f"exposure names {unknown}, which are no competitors of the design with "
            f"complete series; those are {usable}"
        )
    if exposure.index.has_duplicates or not exposure.shape[1]:
        raise DesignError("exposure needs one row a unit and at least one column")
    if odd := [c for c, kind in exposure.dtypes.items() if not _counts(kind)]:
        raise DesignError(
            f"exposure holds {exposure[odd].dtypes.iloc[0]} in {odd[0]!r}, needs "
            "numbers: how much of that effect each unit has"
        )
    values = exposure.to_numpy(dtype=float, na_value=np.nan)
    if not np.isfinite(values).all() or not values.any(axis=1).all():
        raise DesignError(
            "exposure needs finite numbers, and for every unit one that is not zero"
        )


def _counts(kind: Any) -> bool:
    """Whether a column of that kind holds real numbers, or yes and no."""
    known = pd.api.types
    return known.is_numeric_dtype(kind) and not known.is_complex_dtype(kind)


def _held_out(joint: _Joint, length: int) -> tuple[Array, Array]:
    """Effects on baseline blocks that took no part in the equations."""
    direct, spilt = [], []
    for block in baseline_blocks(joint.sample.baseline, length):
        found = joint.effects(joint.sample.baseline & ~block)
        direct.append(found[0][:, block])
        spilt.append(found[1][:, block])
    return np.stack(direct, axis=1), np.stack(spilt, axis=1)


def _as_synthetic(joint: _Joint, direct: Array) -> Synthetic:
    """The direct effects as gaps; the weights are those of the treated's equation."""
    sample = joint.sample
    apart, _ = all_unit_equations(joint.y, sample.baseline)
    n_days = int(sample.baseline.sum())
    return Synthetic(
        omega=np.eye(len(apart)) - apart,
        lam=np.full((len(direct), n_days), 1 / n_days),
        gap=direct,
        estimate=direct[:, sample.window].mean(axis=1),
        pre_rmspe=direct[:, sample.baseline].std(axis=1),
    )


def _secondary(
    joint: _Joint, found: Synthetic, contrast: BlockContrast
) -> pd.DataFrame:
    sample = joint.sample
    rows = [0, *range(1 + len(joint.exposure), len(joint.y))]
    plain = shared.fit(sample, joint.y[rows], DEMEANED_CONTROL)
    return pd.DataFrame(
        [
            *finish.halves_of_the_rule(contrast),
            shared.as_row(ratio_rank(found, sample.window)),
            shared.as_row(mean_rank(found)),
            shared.by_the_rule("synthetic control of unrelated series alone", plain),
        ]
    )


def _exposed(
    spillovers: BlockContrast, contrast: BlockContrast, names: list[str]
) -> pd.DataFrame:
    """Each spillover by the rule, ranked among the same placebos."""
    rows = []
    for place in range(len(names)):
        estimate = [spillovers.estimate[place], *contrast.estimate[1:]]
        error = [spillovers.std_error[place], *contrast.std_error[1:]]
        each = BlockContrast(np.array(estimate), np.array(error), contrast.df)
        rows.append(finish.decide_row(each))
    index = pd.Index(names, name="unit")
    return pd.DataFrame(rows, columns=list(COLUMNS)).set_axis(index)
