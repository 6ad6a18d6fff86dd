"""Dynamic event study: a path of daily effects with the covariance of its days."""

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import pandas as pd

from migration.design import Design
from migration.errors import DesignError
from migration.estimators import finish, path_frames
from migration.estimators.choices import check_design, is_whole
from migration.estimators.path_options import NAMES, PathOptions
from migration.estimators.path_pretrend import pretrend
from migration.estimators.path_requests import with_requests
from migration.estimators.path_track import (
    Track,
    check_controls,
    make_track,
    rule_contrast,
)
from migration.estimators.second_path import cautions, second_events
from migration.inference.arrays import Mask
from migration.inference.blocks import BlockContrast
from migration.inference.sample import Sample, arrange
from migration.results import EffectResult, plain, plain_rows

COMPUTED = ("window", "bundle", "combined path")
LEADS = 14
FITTED = {"ols": "two-way least squares", "poisson": "Poisson pseudo-likelihood"}


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class PathResult(EffectResult):
    """An effect by day, and what the covariance of its days says.

    Beside the five columns ``effects`` has ``period``; ``band_low`` and ``band_high``,
    which hold for all its days at once; ``cumulated`` from day zero with
    ``cumulated_low`` and ``cumulated_high``; and ``identification``: what the day
    shows.

    Attributes
    ----------
    covariance : DataFrame
        Of ``effects``, (K, K), by event time: of sums or bins of them it is ``A V A'``.
    ends : DataFrame
        The binned end points: the baseline before the first lead (``earlier``) and the
        days after the last lag (``later``).
    pretrend : mapping
        Joint test of the baseline's bins: ``statistic, df, p_value`` of noise with a
        short memory, its size on the unrelated series, and ``p_rank`` among them, which
        is the p to read. ``slope_50`` and ``slope_80`` a day are found with a chance of
        50 and 80% by the band of the bins; ``_hidden`` is what such a slope would add
        to the window's mean, ``_hidden_passed`` where the baseline passed.
    second : DataFrame
        Later focal events: every route to an effect of their own, with its
        ``identification``, computed or with the reason in ``why``.
    """

    covariance: pd.DataFrame
    ends: pd.DataFrame
    pretrend: dict[str, float]
    second: pd.DataFrame

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain values, ready for JSON; missing numbers are None."""
        return {
            **super().to_dict(),
            "covariance": self.covariance.to_numpy().tolist(),
            "ends": plain_rows(self.ends),
            "pretrend": {k: plain(v) for k, v in self.pretrend.items()},
            "second": plain_rows(self.second),
        }


def event_study(
    frame: pd.DataFrame,
    design: Design,
    *,
    leads: int = LEADS,
    lags: int | None = None,
    options: PathOptions | None = None,
) -> PathResult:
    """Estimate an effect for each day around an event, against the baseline's mean.

    ``y_it = alpha_i + gamma_t + DOW + sum_k beta_k 1[i treated, t - t0 = k] + e_it``:
    unrelated units give the day effects, the declared baseline (no single day) is the
    reference, and the days beyond leads and lags are binned end points (Schmidheiny and
    Siegloch 2023, doi:10.1002/jae.2971). The headline is the rule of
    :mod:`migration.inference.rule` on the window's mean. The daily intervals are the
    union of t, with an autocovariance fitted outside every event window, and of the
    rank of that t among the unrelated series; ``band_low`` and ``band_high`` hold for
    the whole path at once (Montiel Olea and Plagborg-Moller 2019,
    doi:10.1002/jae.2656). Errors clustered over units stand beside it with their size:
    one shared event is one observation of its effect.

    Parameters
    ----------
    frame : DataFrame
        Long, one row a unit and day (and request, where the options name one); left as
        it is.
    design : Design
    leads : int
        Days before day zero that have an effect of their own.
    lags : int, optional
        Last day with an effect of its own; by default the last of the design's window
        and of one of its length after each later focal event. From the day on which
        another event is felt, days are labelled ``combined path``.
    options : PathOptions, optional

    Returns
    -------
    PathResult
        ``effects`` by event time in units of the outcome, with ``cumulated`` effects
        from day zero (for counts the log ratio of means to date, times its days) and an
        ``identification`` a day.

    Raises
    ------
    PanelError, DesignError
        For data or a design that cannot answer, with what to do.
    """
    check_design(design)
    chosen = PathOptions() if options is None else options
    _check(design, chosen)
    tidy = with_requests(frame, design, chosen.request) if chosen.request else frame
    sample = arrange(tidy, design)
    shown = _shown(sample, design, leads, lags)
    track = make_track(sample, chosen)
    contrast = rule_contrast(track, sample.window)
    finish.check_finite(sample, contrast, design)
    result, second = _dressed(frame, track, contrast, (design, shown, chosen))
    return PathResult(
        **{f.name: getattr(result, f.name) for f in fields(EffectResult)},
        covariance=path_frames.covariance(track, shown),
        ends=path_frames.ends(track, design, shown),
        pretrend=pretrend(track, design, chosen),
        second=second,
    )


def _dressed(
    frame: pd.DataFrame,
    track: Track,
    contrast: BlockContrast,
    asked: tuple[Design, Mask, PathOptions],
) -> tuple[EffectResult, pd.DataFrame]:
    """What all results share, and the routes to a later event's effect."""
    design, shown, chosen = asked
    second = second_events(track, design, chosen)
    found = finish.Finding(
        method=f"event study, {FITTED[chosen.estimator]}, {NAMES[chosen.noise]} noise",
        effects=path_frames.daily(track, design, shown),
        secondary=pd.DataFrame(path_frames.tests(track, contrast, chosen)),
        warnings=cautions(second),
    )
    return finish.dress(frame, design, track.sample, contrast, found), second


def _check(design: Design, options: PathOptions) -> None:
    if not isinstance(options, PathOptions):
        raise DesignError(f"options needs PathOptions(...), got {options!r}")
    check_controls(design)
    ratio = design.estimand == "log ratio of means"
    if ratio != options.poisson:
        needed = "log ratio of means" if options.poisson else "mean of outcome"
        raise DesignError(
            f"estimator={options.estimator!r} estimates the {needed!r}, the design "
            f"says {design.estimand!r}; change one of them ('poisson' needs counts or "
            "search interest, not their logs)"
        )
    if design.identification not in COMPUTED:
        raise DesignError(
            f"event_study's headline is one of {COMPUTED}, not "
            f"{design.identification!r}: take the later event's own effect from "
            "`second` of the study of the first event"
        )


def _shown(sample: Sample, design: Design, leads: int, lags: int | None) -> Mask:
    """Mask of the days that have an effect of their own."""
    first, last = int(sample.event_time[0]), int(sample.event_time[-1])
    if not (is_whole(leads) and 0 <= leads <= -first):
        raise DesignError(
            f"leads is {leads!r}; use 0 to {-first} days, the baseline's first being "
            f"day {first}"
        )
    if lags is None:
        later = [
            (day - design.event).days for _, _, day in path_frames.last_days(design)
        ]
        lags = min(max([design.window[1], *later]), last)
    if not (is_whole(lags) and design.window[1] <= lags <= last):
        raise DesignError(
            f"lags is {lags!r}; use {design.window[1]} (the window's last day) to "
            f"{last} (the data's)"
        )
    return np.asarray((sample.event_time >= -leads) & (sample.event_time <= lags))
