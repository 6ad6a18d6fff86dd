"""Interrupted time series: a level for each event's window, noise with memory."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import optimize, stats

from migration.design import ONE_DAY, Days, Design
from migration.errors import DesignError
from migration.estimators import finish
from migration.inference.arrays import Array, weekday_dummies
from migration.inference.blocks import BlockContrast
from migration.inference.contrast import residuals, window_contrast
from migration.inference.gls import Fit, fit
from migration.inference.noise import ar_family, arma11, arma_family
from migration.inference.rule import ALPHA
from migration.inference.sample import Sample, arrange
from migration.results import COLUMNS, EffectResult

NOISES = {"ar1": ar_family, "arma11": arma_family}
NAMES = {"ar1": "AR(1) GLS, REML", "arma11": "ARMA(1,1) GLS, REML"}
LEAST_LEFT = 1e-3  # keeps the search off the unit root and off cancellation


@dataclass(frozen=True)
class Segment:
    """Days that share one level: an event's window."""

    name: str
    days: Days
    identification: str


def interrupted_series(
    frame: pd.DataFrame,
    design: Design,
    *,
    noise: str = "ar1",
    normal: str = "market-adjusted",
) -> EffectResult:
    """Estimate a step for the window of each event, one after the other.

    ``y_t = mu + DOW_t + sum_j tau_j 1[t in window j] + N_t`` on baseline and window
    days (Box and Tiao 1975, doi:10.1080/01621459.1975.10480264). The segment of the
    design's own event comes first; each later focal event has a window of the same
    length from its first full day, whose level is the *combined path* of both events.
    The rule of :mod:`migration.inference.rule` is the headline; generalised least
    squares with ``N_t`` an AR(1) or ARMA(1,1) by REML stands beside it with its size.

    Parameters
    ----------
    frame : DataFrame
        Long, one row a unit and day; left as it is.
    design : Design
    noise : {"ar1", "arma11"}
    normal : {"market-adjusted", "constant mean", "market model"}

    Returns
    -------
    EffectResult
        ``effects`` has one row a segment, each with its ``identification``.

    Raises
    ------
    PanelError, DesignError
        For data or a design that cannot answer, with what to do.
    """
    _check(design, noise)
    finish.check_normal(design, normal)
    segments = segments_of(design)
    sample = arrange(frame, design, spans=tuple(s.days for s in segments))
    contrasts = _contrasts(sample, segments, normal)
    effects = _by_segment(segments, [finish.decide_row(c) for c in contrasts])
    model = _gls_rows(sample, segments, noise=noise, normal=normal)
    found = finish.Finding(
        method=f"interrupted series, {NAMES[noise]} beside the rule",
        effects=effects,
        secondary=model,
        warnings=tuple(_disagreements(effects, model)),
    )
    return finish.dress(frame, design, sample, contrasts[0], found)


def segments_of(design: Design) -> list[Segment]:
    """The design's window and one of the same length for each later focal event."""
    first = Segment(design.event_name, design.window_days, design.identification)
    later = sorted(
        (full, touched, name)
        for name, (touched, full) in design.other_events.items()
        if touched > design.window_days[1]
    )
    segments, ends = [first], [touched for _, touched, _ in later[1:]]
    for place, (full, _, name) in enumerate(later):
        days = full, full + ONE_DAY * (design.length - 1)
        if place < len(ends) and days[1] >= ends[place]:
            raise DesignError(
                f"the window of {name!r} ({days[0]:%F} to {days[1]:%F}) reaches the "
                f"next event ({ends[place]:%F}); shorten the window"
            )
        segments.append(Segment(name, days, "combined path"))
    return segments


def _check(design: Design, noise: str) -> None:
    if noise not in NOISES:
        raise DesignError(f"noise is {noise!r}; use one of {tuple(NOISES)}")
    if design.estimand != "mean of outcome":
        raise DesignError(
            "interrupted_series estimates the 'mean of outcome'; for ratios of means "
            "use abnormal_interest"
        )
    if design.identification not in ("window", "bundle", "combined path"):
        raise DesignError(
            "interrupted_series computes levels of windows ('window', 'bundle', "
            f"'combined path'), not {design.identification!r}: steps alone cannot tell "
            "two events apart"
        )


def _contrasts(
    sample: Sample, segments: list[Segment], normal: str
) -> list[BlockContrast]:
    spans = (sample.span(*segment.days) for segment in segments)
    return [window_contrast(sample, s, normal=normal, logs=False) for s in spans]


def _by_segment(segments: list[Segment], rows: list[pd.Series]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    frame.index = pd.Index([s.name for s in segments], name="segment")
    frame["first_day"] = [s.days[0] for s in segments]
    frame["last_day"] = [s.days[1] for s in segments]
    frame["identification"] = [s.identification for s in segments]
    return frame


def _gls_rows(
    sample: Sample, segments: list[Segment], *, noise: str, normal: str
) -> pd.DataFrame:
    """The model's own steps, and how often each rejects for unrelated series."""
    spans = [sample.span(*s.days) for s in segments]
    used = np.flatnonzero(sample.baseline | np.any(spans, axis=0))
    y = residuals(sample.y, sample.baseline, normal)[:, used]
    steps = np.column_stack([span[used].astype(float) for span in spans])
    x = np.column_stack([weekday_dummies(sample.weekday[used]), steps])
    days = used.astype(float)
    treated = polish(y[:1], x, days, noise)
    p_values = _grid_p(y[1:], x, days, noise=noise, n_steps=len(segments))
    rows = []
    for place, segment in enumerate(segments):
        column = x.shape[1] - len(segments) + place
        sizes = p_values[:, place] <= ALPHA
        rows.append(
            {
                "test": f"{NAMES[noise]}: {segment.name}",
                **_t_row(treated, column),
                "size_here": float(sizes.mean()) if len(sizes) else float("nan"),
                "assumes": f"steps and {noise} noise, the same throughout",
            }
        )
    return pd.DataFrame(rows)


def _disagreements(effects: pd.DataFrame, model: pd.DataFrame) -> list[str]:
    """Steps of the noise model that fall outside the rule's interval."""
    said = []
    for (name, rule), (_, step) in zip(
        effects.iterrows(), model.iterrows(), strict=True
    ):
        if not rule.conf_low <= step.estimate <= rule.conf_high:
            said.append(
                f"{name}: the noise model's step of {step.estimate:.2f} lies outside "
                "the rule's interval: the path inside the window is no level (a ramp, "
                "say), and the model reads part of it as noise with a long memory"
            )
    return said


def _t_row(found: Fit, column: int) -> dict[str, Any]:
    unit = np.eye(found.coef.shape[1])[column]
    estimate, error = float(found.coef[0, column]), float(found.std_error(unit)[0])
    half = float(stats.t.ppf(1 - ALPHA / 2, found.df)) * error
    p_value = float(2 * stats.t.sf(abs(estimate / error), found.df))
    row = (estimate, error, estimate - half, estimate + half, p_value)
    return dict(zip(COLUMNS, row, strict=True))


def polish(
    y: Array, x: Array, days: Array, noise: str, *, restricted: bool = True
) -> Fit:
    """Fit one series, its noise parameters searched from the best grid point.

    Parameters
    ----------
    y : (1, n) array
    x : (n, k) array
    days : (n,) array
    noise : {"ar1", "arma11"}
    restricted : bool
        REML, else maximum likelihood.
    """
    grid = NOISES[noise](days)
    points = [(p, fit(y, x, v, restricted=restricted).loglik[0]) for p, v in grid]
    start = max(points, key=lambda item: item[1])[0]
    free = 1 if noise == "ar1" else 2

    def loss(values: Array) -> float:
        ar, ma = (*values, 0.0)[:2]
        cov = arma11(days, float(ar), float(ma))
        return -float(fit(y, x, cov, restricted=restricted).loglik[0])

    edge = 1 - LEAST_LEFT
    found = optimize.minimize(
        loss,
        np.array(start[:free]),
        method="Nelder-Mead",
        bounds=[(-edge, edge)] * free,
        options={"xatol": 1e-9, "fatol": 1e-12, "maxiter": 1000},
    )
    ar, ma = (*found.x, 0.0)[:2]
    return fit(y, x, arma11(days, float(ar), float(ma)), restricted=restricted)


def _grid_p(y: Array, x: Array, days: Array, *, noise: str, n_steps: int) -> Array:
    """P-values of the steps of N series at each one's best grid point, (N, n_steps)."""
    best = np.full(len(y), -np.inf)
    p_values = np.ones((len(y), n_steps))
    if not len(y):
        return p_values
    for _, cov in NOISES[noise](days):
        found = fit(y, x, cov)
        error = np.sqrt(found.scale[:, None] * np.diag(found.unscaled))
        t = (found.coef / error)[:, -n_steps:]
        better = found.loglik > best
        best = np.where(better, found.loglik, best)
        p = 2 * stats.t.sf(np.abs(t), found.df)
        p_values = np.where(better[:, None], p, p_values)
    return p_values
