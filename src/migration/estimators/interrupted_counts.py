"""Interrupted time series of counts: quasi-Poisson with offset and harmonics."""

from dataclasses import replace

import numpy as np
import pandas as pd

from migration.design import Design
from migration.errors import DesignError
from migration.estimators import finish
from migration.estimators.choices import check_design, check_one_of
from migration.estimators.count_model import CountModel
from migration.estimators.interrupted_series.estimate import (
    by_segment,
    check_finite,
    check_label,
)
from migration.estimators.interrupted_series.model import check_rank, share, t_row
from migration.estimators.interrupted_series.segments import (
    Setting,
    keep,
    prepare,
    since,
)
from migration.estimators.interrupted_series.terms import (
    ASSUMES,
    Layout,
    check_shape,
    lay_out,
)
from migration.inference.arrays import Array
from migration.inference.long_frame import check_numbers, rows_of
from migration.inference.quasi_poisson import CountFit, harmonics, quasi_poisson
from migration.inference.sample import Sample
from migration.results import EffectResult

NORMAL = ("market-adjusted", "constant mean")
POSITIVE = (
    "offset {!r} needs a positive exposure for every unit on every baseline and event "
    "day; fill it, or leave these units out"
)


def interrupted_counts(
    frame: pd.DataFrame,
    design: Design,
    *,
    normal: str = "market-adjusted",
    model: CountModel | None = None,
) -> EffectResult:
    """Estimate what each event did to counts, as log rate ratios.

    ``log E y_t = offset + mu + DOW_t + harmonics + terms_t`` with
    ``Var y_t = phi E y_t``, phi by Pearson (Lopez Bernal, Cummins and Gasparrini 2017,
    doi:10.1093/ije/dyw098). The rule on ratios of means, per exposure where there is
    one, is the headline; the regression takes days as independent given their mean and
    stands beside it with its size.

    Parameters
    ----------
    frame : DataFrame
        Long, one row a unit and day; left as it is.
    design : Design
        With ``estimand="log ratio of means"``.
    normal : {"market-adjusted", "constant mean"}
        ``"market-adjusted"`` adds the log mean count of the unrelated series to the
        offset.
    model : CountModel, optional
        A level for each event's window, unless it says otherwise.

    Returns
    -------
    EffectResult
        As of ``interrupted_series``; every estimate is a log ratio.

    Raises
    ------
    PanelError, DesignError
        For data or a design that cannot answer, with what to do.
    """
    check_design(design)
    model = CountModel() if model is None else model
    _check(design, normal, model)
    setting = _audible(prepare(frame, design, alone=normal == "constant mean"))
    rates = _rates(frame, design, setting, model)
    contrasts = rates.contrasts(normal, logs=True)
    check_finite(rates, contrasts, design)
    layout, said = _layout(setting, model)
    offset = _offsets(frame, design, layout, normal=normal, model=model)
    rows, unfit = _rows(layout, offset, model)
    halves = pd.DataFrame(finish.halves_of_the_rule(contrasts[0]))
    halves["identification"] = design.identification
    verdicts = [finish.decide_row(contrast) for contrast in contrasts]
    found = finish.Finding(
        method=f"interrupted counts, {model.shape}: quasi-Poisson beside the rule",
        effects=by_segment(setting.segments, verdicts),
        secondary=pd.concat([halves, rows], ignore_index=True),
        warnings=(*setting.warnings, *said, *unfit),
    )
    return finish.dress(frame, design, rates.sample, contrasts[0], found)


def _rates(
    frame: pd.DataFrame, design: Design, setting: Setting, model: CountModel
) -> Setting:
    """The setting with counts per exposure, whose ratio of means the rule judges."""
    if not model.offset:
        return setting

    def per_exposure(sample: Sample) -> Sample:
        held = _exposure(frame, design, sample, model.offset)
        return replace(sample, y=sample.y / held)

    used = setting.sample.baseline.copy()
    for segment in setting.segments:
        used |= setting.sample.span(*segment.days)
    held = _exposure(frame, design, setting.sample, model.offset)[:, used]
    if not (held > 0).all():
        raise DesignError(POSITIVE.format(model.offset))
    samples = tuple(per_exposure(sample) for sample in setting.samples)
    return replace(setting, sample=per_exposure(setting.sample), samples=samples)


def _check(design: Design, normal: str, model: CountModel) -> None:
    if not isinstance(model, CountModel):
        raise DesignError(f"model needs CountModel(...), got {model!r}")
    if design.estimand != "log ratio of means":
        raise DesignError(
            "interrupted_counts estimates the 'log ratio of means' of counts, the "
            f"design says {design.estimand!r}; use interrupted_series, or "
            "Design(estimand='log ratio of means') with counts"
        )
    check_one_of(normal, NORMAL, "for counts, normal")
    finish.check_normal(design, normal)
    check_shape(design, model.shape)
    check_label(design, "interrupted_counts")


def _audible(setting: Setting) -> Setting:
    """Leave silent series out of later segments: a mean of zero has no log."""
    pairs, said = [], []
    for place, segment in enumerate(setting.segments):
        sample = setting.samples[place]
        heard = sample.y[:, sample.span(*segment.days)].sum(axis=1) > 0
        if place and not heard[0]:
            said.append(f"{segment.name}: left out, because all its counts are zero")
            continue
        if place:
            sample, words = keep(sample, heard, f"{segment.name}: left out as silent")
            said += words
        pairs.append((segment, sample))
    segments, samples = zip(*pairs, strict=True)
    words = (*setting.warnings, *said)
    return replace(setting, segments=segments, samples=samples, warnings=words)


def _layout(setting: Setting, model: CountModel) -> tuple[Layout, tuple[str, ...]]:
    """The shape's layout with the harmonics among the regressors of every day."""
    layout = lay_out(setting, model.shape)
    day = since(layout.sample, setting.segments[0].start)[layout.used]
    waves = harmonics(day, model.harmonics, model.cycle)
    layout = replace(layout, week=np.column_stack([layout.week, waves]))
    check_rank(layout)
    return layout, layout.warnings


def _offsets(
    frame: pd.DataFrame,
    design: Design,
    layout: Layout,
    *,
    normal: str,
    model: CountModel,
) -> Array:
    """Log exposure of every series on the days used, shape (1 + J, n)."""
    counts = layout.sample.y[:, layout.used]
    offset = np.zeros_like(counts)
    if model.offset:
        held = _exposure(frame, design, layout.sample, model.offset)[:, layout.used]
        if not (held > 0).all():
            raise DesignError(POSITIVE.format(model.offset))
        offset += np.log(held)
    if normal == "market-adjusted":
        rates = counts / np.exp(offset)
        market = _mean_of_others(rates)
        if (market <= 0).any():
            raise DesignError(
                "the unrelated series are all zero on some day, so they give no "
                "offset; bring more of them, or use normal='constant mean'"
            )
        offset += np.log(market)
    return offset


def _mean_of_others(counts: Array) -> Array:
    """Mean of the controls other than the row itself; ones where there is none."""
    n_controls = len(counts) - 1
    total = counts[1:].sum(axis=0)
    market = np.ones_like(counts)
    market[0] = total / n_controls
    if n_controls > 1:
        market[1:] = (total - counts[1:]) / (n_controls - 1)
    return market


def _exposure(
    frame: pd.DataFrame, design: Design, sample: Sample, column: str
) -> Array:
    """Exposure of the sample's series on its days, NaN where none is given."""
    if column not in frame.columns:
        raise DesignError(
            f"offset {column!r} is no column of the frame; it has {list(frame.columns)}"
        )
    units = [*design.treated, *sample.controls]
    kept = rows_of(frame, design, [column])
    check_numbers(kept, column)
    wide = kept.pivot(index=design.unit, columns=design.period, values=column)
    held = wide.reindex(index=units, columns=sample.days).to_numpy(dtype=float)
    n_treated = len(design.treated)
    return np.vstack([held[:n_treated].mean(axis=0), held[n_treated:]])


def _rows(
    layout: Layout, offset: Array, model: CountModel
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    counts = layout.sample.y[:, layout.used]
    treated = quasi_poisson(counts[0], layout.x, offset[0])
    fits = [_fit_or_none(*pair, layout) for pair in zip(counts, offset, strict=True)]
    others = [fit for fit in fits[1:] if fit is not None]
    rows = []
    for term, weight in zip(layout.terms, layout.weights, strict=True):
        p_values = [_row(fit, weight)["p_value"] for fit in others]
        rows.append(
            {
                "test": f"quasi-Poisson: {term.words}",
                **_row(treated, weight),
                "size_here": share(np.array(p_values)),
                "assumes": (
                    f"{ASSUMES[model.shape]}; days independent given their mean, "
                    f"variance {treated.dispersion:.3g} times the mean"
                ),
                "identification": term.identification,
            }
        )
    unfit = len(fits) - 1 - len(others)
    said = (f"the size of the model leaves out {unfit} controls that it cannot fit",)
    return pd.DataFrame(rows), said if unfit else ()


def _fit_or_none(y: Array, offset: Array, layout: Layout) -> CountFit | None:
    try:
        return quasi_poisson(y, layout.x, offset)
    except DesignError:
        return None


def _row(fit: CountFit, weight: Array) -> dict[str, float]:
    error = float(np.sqrt(weight @ fit.cov @ weight))
    return t_row(float(fit.coef @ weight), error, fit.df)
