"""Ranks of a chart as intervals of a latent index: an effect, or a bound."""

from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from migration.design import Design
from migration.errors import DesignError
from migration.estimators import finish
from migration.estimators.choices import check_design, check_truth
from migration.estimators.rank_bounds import bound_effect
from migration.estimators.rank_cells import Cells, to_cells
from migration.estimators.rank_model import likelihood_rows
from migration.estimators.rank_result import (
    RankResult,
    as_rank_result,
    check_band,
    to_downloads,
)
from migration.inference.arrays import (
    Array,
    Ints,
    Mask,
    net_of_controls,
    weekday_dummies,
)
from migration.inference.blocks import BlockContrast, block_contrast
from migration.inference.contrast import daily_path, window_contrast
from migration.inference.latent_index import latent_index
from migration.inference.sample import Sample, check_copies
from migration.results import COLUMNS

COMPUTED = ("window", "bundle", "combined path")
BAND = (0.4, 1.2)
DAY_MARKETS = 8  # fewer markets than this say too little about one day
MOSTLY = 0.5
UNSEEN = (
    "so many days are off the chart, or first on it, that an estimate would rest on "
    "the shape of the noise"
)
ESTIMAND = "mean of the latent index -log rank"


def rank_event_study(
    frame: pd.DataFrame,
    design: Design,
    *,
    chart_size: int,
    b_band: tuple[float, float] = BAND,
    bound: bool = False,
) -> RankResult:
    """Estimate the effect on -log rank, every rank an interval.

    Rank r of 2 to K says that the latent index lies in (-log(r + 1/2), -log(r - 1/2));
    first place that it exceeds -log(3/2); off the chart that it is below
    -log(K + 1/2). ``z = a_market + g_day + sigma eps`` by maximum likelihood (Tobin
    1958, doi:10.2307/1907382) gives each series one index a day, or, with fewer than
    eight markets, one a block of the window's length; the rule of
    :mod:`migration.inference.rule` judges it. The likelihood's own tests know noise of
    the markets alone and stand beside it with their size. Where the window or the
    baseline shows no rank, the answer is a bound.

    Parameters
    ----------
    frame : DataFrame
        As :func:`migration.estimators.rank_cells.to_cells` reads it; left as it is.
    design : Design
        Units ``app:market``, or ``app``; the units of one app are one series.
    chart_size : int
        K, the last rank shown.
    b_band : (float, float)
        Least and largest b of ``downloads = A rank^-b``.
    bound : bool
        Give a bound where an estimate could be made, too: what was seen alone, without
        what the shape of the noise says of what was not.

    Returns
    -------
    RankResult
        ``effects`` by event time; by block where there are few markets.

    Raises
    ------
    PanelError, DesignError
        For data or a design that cannot answer, with what to do.
    """
    _check(design)
    downloads = partial(to_downloads, b_band=check_band(b_band))
    cells = to_cells(frame, design, chart_size)
    more = {"censoring": censoring_by_day(cells), "downloads": downloads}
    try:
        path = _asked(cells, bound)
    except DesignError as error:
        if not _hides(cells):
            raise
        return bound_effect(frame, design, cells, str(error), **more)
    sample, contrast, effects = path.judge(cells, design)
    finish.check_finite(sample, contrast, design)
    rows = [pd.DataFrame(finish.halves_of_the_rule(contrast)), likelihood_rows(cells)]
    found = finish.Finding(
        method=f"rank event study, one latent index a {path.unit}",
        effects=effects,
        secondary=pd.concat(rows, ignore_index=True),
        warnings=tuple(_warnings(cells, path)),
    )
    result = finish.dress(frame, design, sample, contrast, found)
    more["downloads"] = downloads(result.headline)
    return as_rank_result(result, estimand=ESTIMAND, **more)


@dataclass(frozen=True, eq=False)
class Path:
    """Latent indices of the series that have one.

    Attributes
    ----------
    unit : {"day", "block"}
    groups : (T,) array
        Which days share an index; negative in none.
    index : (1 + J, G) array
    names : tuple of str
        Of the series, the treated one first.
    """

    unit: str
    groups: Ints
    index: Array
    names: tuple[str, ...]

    def judge(
        self, cells: Cells, design: Design
    ) -> tuple[Sample, BlockContrast, pd.DataFrame]:
        """Contrast of the window and its path, net of the other series."""
        check_copies(self.index[:, np.isfinite(self.index).all(axis=0)], self.names)
        y = np.where(self.groups >= 0, self.index[:, self.groups], np.nan)
        # Days in no block take the series' level, which only sorts series by volume.
        spare = cells.baseline & (self.groups < 0)
        y[:, spare] = self.index[:, :-1].mean(axis=1, keepdims=True)
        sample = Sample(
            y=y,
            controls=self.names[1:],
            days=cells.days,
            baseline=cells.baseline,
            window=cells.window,
            event_time=cells.event_time(design),
        )
        if self.unit == "block":
            return self._blocks(sample)
        normal = "market-adjusted" if sample.controls else "constant mean"
        contrast = window_contrast(sample, cells.window, normal=normal, logs=False)
        return sample, contrast, _by_day(sample, normal)

    def _blocks(self, sample: Sample) -> tuple[Sample, BlockContrast, pd.DataFrame]:
        net = net_of_controls(self.index)
        place = self.groups[sample.window][0]
        contrast = block_contrast(net[:, :place], net[:, place])
        row = finish.decide_row(contrast)
        days = sample.days[sample.window]
        effects = pd.DataFrame([row], index=pd.Index(["window"], name="segment"))
        effects = effects.assign(first_day=days[0], last_day=days[-1])
        return sample, contrast, effects


def _asked(cells: Cells, bound: bool) -> Path:
    """Indices of the series, unless a bound alone is wanted and there is one."""
    check_truth(bound, "bound")
    if bound and _hides(cells):
        raise DesignError(UNSEEN)
    return collapse(cells)


def collapse(cells: Cells) -> Path:
    """One index a day where there are markets enough, else one a block.

    Raises
    ------
    DesignError
        Where the treated series has no index for the window or some baseline day.
    """
    n_markets = len(cells.lower[cells.treated])
    if n_markets >= DAY_MARKETS:
        groups = np.arange(len(cells.days))
        used = cells.baseline | cells.window
        try:
            return _indices(cells, "day", groups, used)
        except DesignError:  # some day is off the chart in every market
            pass
    groups = _block_groups(cells)
    return _indices(cells, "block", groups, np.arange(groups.max() + 1) >= 0)


def _indices(cells: Cells, unit: str, groups: Ints, needed: Mask) -> Path:
    """Indices of all series; an unrelated one without some is left out."""
    week = weekday_dummies(cells.weekday)[:, 1:] if unit == "block" else None
    found: dict[str, Array] = {}
    for name in cells.lower:
        try:
            found[name] = _one(cells, name, groups, needed, week)
        except DesignError:
            if name == cells.treated:
                raise
    return Path(unit, groups, np.array(list(found.values())), tuple(found))


def _one(
    cells: Cells, name: str, groups: Ints, needed: Mask, week: Array | None
) -> Array:
    bounds = cells.lower[name], cells.upper[name]
    effect = latent_index(*bounds, groups, weekday=week).effect
    if np.isnan(effect[needed]).any():
        raise DesignError(
            f"off the chart of {cells.chart_size}, or first on it, in every market "
            "over a stretch of the baseline or the window: the index there has a bound "
            "and no estimate"
        )
    return effect


def _block_groups(cells: Cells) -> Ints:
    """0 to q - 1 for baseline blocks, q for the window, q + 1 for days before them."""
    length, n_base = int(cells.window.sum()), int(cells.baseline.sum())
    q = n_base // length
    groups = np.full(len(cells.days), -1, dtype=np.int64)
    groups[n_base - q * length : n_base] = np.repeat(np.arange(q), length)
    groups[cells.window] = q
    return groups


def _by_day(sample: Sample, normal: str) -> pd.DataFrame:
    """The rule on each day that has an index, among the series that have one too."""
    path = daily_path(sample, normal=normal, logs=False)
    whole = np.flatnonzero(np.isfinite(path.estimate[0]))
    rows = [finish.decide_row(path.on_day(int(day))) for day in whole]
    daily = pd.DataFrame(rows, columns=list(COLUMNS))
    daily.index = pd.Index(sample.event_time[whole], name="event_time")
    daily.insert(0, "period", sample.days[whole])
    return daily


def _hides(cells: Cells) -> bool:
    """Whether the chart hides any treated cell, or all are known and never move."""
    table = censoring_by_day(cells)[cells.baseline | cells.window]
    return bool((table[["floor", "ceiling"]] > 0).any(axis=None))


def censoring_by_day(cells: Cells) -> pd.DataFrame:
    """Shares of the treated cells at the floor, at the ceiling, inside, missing."""
    low, high = cells.lower[cells.treated], cells.upper[cells.treated]
    missing = np.isnan(low) | (np.isinf(low) & np.isinf(high))
    floor, ceiling = np.isneginf(low) & ~missing, np.isposinf(high) & ~missing
    parts = {"floor": floor, "ceiling": ceiling}
    parts |= {"inside": ~(floor | ceiling | missing), "missing": missing}
    shares = {name: part.mean(axis=0) for name, part in parts.items()}
    return pd.DataFrame(shares, index=cells.days.rename("period"))


def _check(design: Design) -> None:
    check_design(design)
    if design.estimand != "mean of outcome":
        raise DesignError(
            "rank_event_study estimates the 'mean of outcome' on the index -log rank; "
            "a ratio of means is for counts"
        )
    if design.identification not in COMPUTED:
        raise DesignError(
            f"rank_event_study computes {COMPUTED}, not {design.identification!r}: a "
            "window's mean cannot tell two events apart"
        )


def _warnings(cells: Cells, path: Path) -> list[str]:
    said = []
    if left := len(cells.lower) - len(path.names):
        said.append(
            f"{left} of {len(cells.lower) - 1} unrelated series are left out: on some "
            f"{path.unit} they are off the chart, or first on it, in every market"
        )
    table = censoring_by_day(cells)
    spans: dict[str, tuple[str, Mask]] = {
        "window at first place": ("ceiling", cells.window),
        "window off the chart": ("floor", cells.window),
        "baseline off the chart": ("floor", cells.baseline),
    }
    for where, (side, span) in spans.items():
        share = float(table.loc[span, side].mean())
        if share > MOSTLY:
            said.append(
                f"{share:.0%} of the cells of the {where}: the size of what is not "
                "seen there is read from the normal shape of the markets' noise"
            )
    return said
