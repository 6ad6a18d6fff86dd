"""Many units that one event hit, each by itself, from one factored design."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from migration.design import Design
from migration.errors import DesignError
from migration.estimators import finish
from migration.estimators.choices import check_design
from migration.estimators.interrupted_series.estimate import check_finite, check_label
from migration.estimators.interrupted_series.model import check_rank, share, t_p
from migration.estimators.interrupted_series.segments import (
    Segment,
    Setting,
    segments_of,
    without_gaps,
)
from migration.estimators.interrupted_series.terms import lay_out
from migration.estimators.unit_effects import UnitEffects
from migration.inference import tails
from migration.inference.arrays import Array, Ints, Mask, without_weekly_cycle
from migration.inference.blocks import BlockContrast
from migration.inference.contrast import (
    unit_residuals,
    windows_contrasts,
)
from migration.inference.copies import rounding_error
from migration.inference.hac import WORDS
from migration.inference.hac_columns import newey_west_columns
from migration.inference.rule import ALPHA, decide_units
from migration.inference.sample import Sample
from migration.inference.units import Units, arrange_each
from migration.results import COLUMNS

STILL = "no error beyond rounding: net of its week and of the controls it does not move"
SILENT = "no value on some day of its window"


@dataclass(frozen=True, eq=False)
class Batch:
    """Units that have numbers in the same segments.

    Attributes
    ----------
    setting : Setting
        Of the controls; row 0 is the first of the units.
    rows : (U,) array
        Places of the units.
    y : (U, T) array
    """

    setting: Setting
    rows: Ints
    y: Array


def interrupted_units(
    frame: pd.DataFrame, design: Design, *, normal: str = "market-adjusted"
) -> UnitEffects:
    """Estimate what each event did to each treated unit by itself.

    Every unit of ``design.treated`` gets the row that
    :func:`~migration.estimators.interrupted_series.interrupted_series` with
    ``shape="window"`` gives it alone against the same controls: days and regressors are
    arranged and factored once, units are columns. One shared event stays one
    observation of its effect, however many units show it: the rows are descriptions of
    units, not independent findings.

    Parameters
    ----------
    frame : DataFrame
        Long, one row a unit and day; left as it is.
    design : Design
        Its controls are the unrelated series of every unit.
    normal : {"market-adjusted", "constant mean", "market model"}

    Returns
    -------
    UnitEffects
        A unit with gaps, or one that never moves, is no error: its reason is in
        ``refused``.

    Raises
    ------
    PanelError, DesignError
        For data or a design that can answer for no unit, with what to do.
    """
    check_design(design)
    _check(design)
    finish.check_normal(design, normal)
    units = _moving(arrange_each(frame, design), normal)
    segments = segments_of(design)
    heard = np.array([_heard(units, segment) for segment in segments])
    batches = [
        _batch(units, heard, pattern, segments)
        for pattern in np.unique(heard, axis=1).T
    ]
    effects = [table for one in batches for table in _by_the_rule(one, design, normal)]
    contrasts = [_by_newey_west(one, normal) for one in batches]
    first = batches[-1].setting.contrasts(normal)[0]
    alone = design.but(treated=units.names[0])
    said = dict.fromkeys(words for one in batches for words in one.setting.warnings)
    told = finish.warnings_of(units.sample, first, alone)
    return UnitEffects(
        effects=_sorted(effects, units),
        contrast=_sorted(contrasts, units),
        refused=_refused(units, heard, segments),
        design=design,
        inference=finish.words(units.sample, first, alone),
        warnings=(*told, *said, f"`contrast` {WORDS}: it is no answer"),
        **finish.attributes(frame),
    )


def _check(design: Design) -> None:
    if design.estimand != "mean of outcome":
        raise DesignError(
            "interrupted_units estimates the 'mean of outcome'; for ratios of means "
            "use interrupted_counts, unit by unit"
        )
    check_label(design, "interrupted_units")


def _moving(units: Units, normal: str) -> Units:
    """Leave out units whose error is nothing but rounding, and say so."""
    s = units.sample
    found = _contrast(_flat(units.y, s, normal), s, s.window)
    least = rounding_error(units.y[:, s.baseline], logs=False)
    moves = found.std_error > least
    if not moves.any():
        raise DesignError(f"no treated unit has an effect: {STILL}")
    refused = {units.names[row]: STILL for row in np.flatnonzero(~moves)}
    names = tuple(units.names[row] for row in np.flatnonzero(moves))
    y = units.y[moves]
    sample = replace(s, y=np.vstack([y[:1], s.y[1:]]))
    return Units(sample, y, names, units.refused | refused)


def _heard(units: Units, segment: Segment) -> Mask:
    """Units with a number on every day of a segment, shape (N,)."""
    sample = units.sample
    if segment.days[1] > sample.days[-1]:
        return np.zeros(len(units.y), dtype=bool)
    span = sample.span(*segment.days)
    return np.asarray(~np.isnan(units.y[:, span]).any(axis=1))


def _batch(units: Units, heard: Mask, pattern: Mask, segments: list[Segment]) -> Batch:
    """Units that have numbers in exactly the segments of a pattern."""
    rows = np.flatnonzero((heard == pattern[:, None]).all(axis=0))
    s, y = units.sample, units.y[rows]
    sample = replace(s, y=np.vstack([y[:1], s.y[1:]]))
    kept, samples = [], []
    said: list[str] = []
    for segment in (segments[place] for place in np.flatnonzero(pattern)):
        own, words = without_gaps(sample, sample.span(*segment.days), segment.name)
        kept.append(segment)
        samples.append(own)
        said += words
    setting = Setting(sample, tuple(kept), tuple(samples), tuple(said))
    return Batch(setting, rows, y)


def _by_the_rule(batch: Batch, design: Design, normal: str) -> Iterator[pd.DataFrame]:
    """The rule's five numbers of every unit, segment by segment."""
    setting = batch.setting
    found = setting.contrasts(normal)
    check_finite(setting, found, design.but(treated=design.treated[0]))
    told = zip(setting.segments, setting.samples, found, strict=True)
    flat: dict[tuple[str, ...], Array] = {}
    for place, (segment, own, others) in enumerate(told):
        if own.controls not in flat:  # those of segments without gaps are the same
            flat[own.controls] = _flat(batch.y, own, normal)
        mine = _contrast(flat[own.controls], own, own.span(*segment.days))
        rest = BlockContrast(others.estimate[1:], others.std_error[1:], others.df)
        yield pd.DataFrame(decide_units(mine, rest)).assign(
            row=batch.rows,
            place=place,
            segment=segment.name,
            first_day=segment.days[0],
            last_day=segment.days[1],
            identification=segment.identification,
        )


def _flat(y: Array, sample: Sample, normal: str) -> Array:
    """Units net of their normal path and of their weekly cycle."""
    net = unit_residuals(y, sample.y[1:], sample.baseline, normal)
    return without_weekly_cycle(net, sample.weekday, sample.baseline)


def _contrast(flat: Array, sample: Sample, window: Mask) -> BlockContrast:
    """Block contrast of what :func:`_flat` gives."""
    return windows_contrasts(
        flat, sample, [window], normal="constant mean", logs=False
    )[0]


def _by_newey_west(batch: Batch, normal: str) -> pd.DataFrame:
    """Least squares with a level for each segment: a contrast, never an answer."""
    setting = batch.setting
    layout = lay_out(setting, "window")
    check_rank(layout)
    own, x = layout.sample, layout.x
    y = unit_residuals(batch.y, own.y[1:], own.baseline, normal)[:, layout.used]
    found = newey_west_columns(y, x, layout.weights)
    others = newey_west_columns(layout.series(normal)[1:], x, layout.weights)
    df = len(x) - x.shape[1]
    p_values = t_p(others.estimate, others.std_error, df)
    half = float(tails.t.ppf(1 - ALPHA / 2, df)) * found.std_error
    numbers = (
        *(found.estimate, found.std_error, found.estimate - half),
        *(found.estimate + half, t_p(found.estimate, found.std_error, df)),
    )
    tables = [
        pd.DataFrame(
            {c: n[:, k] for c, n in zip(COLUMNS, numbers, strict=True)}
        ).assign(
            row=batch.rows,
            place=k,
            segment=segment.name,
            lag=found.lag,
            size_here=share(p_values[:, k]),
        )
        for k, segment in enumerate(setting.segments)
    ]
    return pd.concat(tables)


def _sorted(tables: list[pd.DataFrame], units: Units) -> pd.DataFrame:
    """One table by unit and segment, in the order of the design."""
    whole = pd.concat(tables).sort_values(["row", "place"], ignore_index=True)
    names = np.array(units.names, dtype=object)[whole["row"].to_numpy()]
    whole = whole.drop(columns=["row", "place"])
    whole.insert(0, "unit", names)
    whole.insert(1, "segment", whole.pop("segment"))
    return whole


def _refused(units: Units, heard: Mask, segments: list[Segment]) -> pd.DataFrame:
    rows = [(unit, "", why) for unit, why in units.refused.items()]
    rows += [
        (units.names[row], segments[place].name, SILENT)
        for row, place in np.argwhere(~heard.T)
    ]
    return pd.DataFrame(rows, columns=["unit", "segment", "reason"])
