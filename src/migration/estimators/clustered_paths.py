"""Daily paths of several events at once, between the units that each one hit or not."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from migration.design import ONE_DAY, Design
from migration.errors import DesignError
from migration.estimators import finish
from migration.estimators.choices import check_design, is_whole
from migration.inference import tails
from migration.inference.arrays import Array, Ints
from migration.inference.rule import ALPHA
from migration.inference.sample import (
    check_complete,
    check_copies,
    check_still,
    laid_out,
)
from migration.inference.two_way import TwoWayFit, two_way
from migration.results import COLUMNS

LEADS = 14
SAME = 1e-9  # of the largest eigenvalue: paths that no unit tells apart
SHARED = (
    "clustered by unit: the errors hold for differences between units that are hit "
    "independently. An event that all of them share is one observation of its effect, "
    "and for its level these errors are far too small: use event_study"
)
ADDED = (
    "units that several events hit show their sum: the paths are apart only if each "
    "event does the same to all units that it hits"
)


@dataclass(frozen=True, kw_only=True, eq=False)
class ClusteredPaths:
    """Daily effects of several events, and the covariance of all of them.

    Attributes
    ----------
    effects : DataFrame
        ``event, event_time, period`` and the five columns, with errors clustered by
        unit and Student's t.
    covariance : DataFrame
        (K, K), by event and event time: of sums or bins it is ``A V A'``.
    later : DataFrame
        ``event`` and the five columns for the days after the last lag, as one bin.
    n_units : int
        Clusters.
    designs : mapping of str to Design
    warnings : tuple of str
    vintage : mapping
    simulated : bool
    outcome : str
    """

    effects: pd.DataFrame
    covariance: pd.DataFrame
    later: pd.DataFrame
    n_units: int
    designs: Mapping[str, Design]
    warnings: tuple[str, ...]
    vintage: Mapping[str, Any] = field(default_factory=dict)
    simulated: bool = False
    outcome: str = ""

    def __repr__(self) -> str:
        mark = "SIMULATED " if self.simulated else ""
        return (
            f"<{mark}clustered paths of {', '.join(self.designs)}: {len(self.effects)} "
            f"daily effects, {self.n_units} units>"
        )


@dataclass(frozen=True, eq=False)
class _Layout:
    """Days of every event: one regressor a row.

    Attributes
    ----------
    v : (K, T) array
    place : (K,) array
        The event of each row.
    since : (K,) array
        Days since the event; NaN for the bin of later days.
    """

    v: Array
    place: Ints
    since: Array


def clustered_paths(
    frame: pd.DataFrame,
    designs: Mapping[str, Design],
    *,
    leads: int = LEADS,
    lags: int | None = None,
) -> ClusteredPaths:
    """Estimate each event's daily path jointly, with errors clustered by unit.

    ``y_it = alpha_i + gamma_t + sum_e sum_k beta_ek 1[i hit by e, t - t_e = k]`` and
    noise, against the baseline's days more than ``leads`` before an event; days after
    ``lags`` are one bin (Schmidheiny and Siegloch 2023, doi:10.1002/jae.2971). Units
    that an event hit are held against units that it did not hit; for one that hit all,
    :func:`migration.estimators.event_study.event_study` has the inference that holds.

    Parameters
    ----------
    frame : DataFrame
        Long, one row a unit and day; left as it is. Balanced over the days used.
    designs : mapping of str to Design
        One an event: its treated units and its day zero. Controls, baseline and columns
        are those of all events; a unit may be treated in several.
    leads : int
        Days before day zero that have an effect of their own.
    lags : int, optional
        Last day with an effect of its own; by default that of each design's window.

    Returns
    -------
    ClusteredPaths

    Raises
    ------
    PanelError, DesignError
        For data or designs that cannot answer; for events whose paths no unit tells
        apart.
    """
    _check(designs, leads, lags)
    first = next(iter(designs.values()))
    units = dict.fromkeys(unit for one in designs.values() for unit in one.treated)
    whole = first.but(treated=tuple(units), competitors=())
    lasts = [one.event + _last_lag(one, lags) * ONE_DAY for one in designs.values()]
    y, days = _balanced(frame, whole, max(lasts))
    names = (*units, *whole.controls)
    hit = np.array([np.isin(names, one.treated) for one in designs.values()], float)
    layout = _lay_out(days, designs, leads, lags)
    _check_apart(hit, layout)
    return _result(frame, designs, two_way(y, hit, layout.v, layout.place), layout)


def _check(designs: object, leads: object, lags: object) -> None:
    if not isinstance(designs, Mapping) or not designs:
        raise DesignError(
            f"designs needs a mapping of event to Design, got {type(designs)}"
        )
    for one in designs.values():
        check_design(one)
    first = next(iter(designs.values()))
    for name, one in designs.items():
        if one.estimand != "mean of outcome":
            raise DesignError(
                f"{name}: clustered_paths estimates the 'mean of outcome', the design "
                f"says {one.estimand!r}"
            )
        for what in ("outcome", "unit", "period", "controls", "baseline"):
            mine, shared = getattr(one, what), getattr(first, what)
            if mine != shared:
                raise DesignError(
                    f"{name}: {what} differs from that of the first event; all events "
                    "need the same, because they are estimated on one panel"
                )
    _check_days(leads, lags)


def _check_days(leads: object, lags: object) -> None:
    if not is_whole(leads) or not leads >= 0:  # type: ignore[operator]
        raise DesignError(f"leads is {leads!r}; use 0 days or more")
    if lags is not None and not (is_whole(lags) and lags >= 0):  # type: ignore[operator]
        raise DesignError(f"lags is {lags!r}; use 0 days or more")


def _balanced(
    frame: pd.DataFrame, whole: Design, last: pd.Timestamp
) -> tuple[Array, pd.DatetimeIndex]:
    """Complete values of all units from the baseline's first day to the last lag."""
    needed = (whole.baseline[0], last)
    wide, _ = laid_out(frame, whole, (needed,), 0)
    wide = wide.loc[:, needed[0] : needed[1]]
    check_complete(wide, np.ones(wide.shape[1], dtype=bool), frame, whole)
    y, days = wide.to_numpy(dtype=float), pd.DatetimeIndex(wide.columns)
    names = (*whole.treated, *whole.controls)
    check_still(y[:, days <= whole.baseline[1]], names)
    check_copies(y, names)
    return y, days


def _last_lag(design: Design, lags: int | None) -> int:
    return design.window[1] if lags is None else lags


def _lay_out(
    days: pd.DatetimeIndex, designs: Mapping[str, Design], leads: int, lags: int | None
) -> _Layout:
    """A dummy for each day from the first lead on; one for all days after the last lag.

    Days between the baseline and day zero are no reference: they all have dummies.
    """
    rows: list[Array] = []
    place: list[int] = []
    since: list[float] = []
    for number, (name, one) in enumerate(designs.items()):
        k = np.asarray((days - one.event) // ONE_DAY, dtype=np.int64)
        first = min(-leads, (one.baseline[1] - one.event).days + 1)
        last = _last_lag(one, lags)
        if first <= k[0]:
            raise DesignError(
                f"{name}: {leads} leads leave no day of the baseline (from "
                f"{one.baseline[0]:%F}) as the reference; use fewer, or a longer one"
            )
        own = np.flatnonzero((k >= first) & (k <= last))
        rows += [np.eye(len(days))[own]]
        since += k[own].tolist()
        if (k > last).any():
            rows += [(k > last).astype(float)[None]]
            since += [np.nan]
        place += [number] * (len(since) - len(place))
    return _Layout(np.vstack(rows), np.array(place), np.array(since, dtype=float))


def _check_apart(hit: Array, layout: _Layout) -> None:
    """Refuse events that no unit tells apart."""
    units = hit - hit.mean(axis=1, keepdims=True)
    times = layout.v - layout.v.mean(axis=1, keepdims=True)
    spread = (units @ units.T)[np.ix_(layout.place, layout.place)] * (times @ times.T)
    sizes = np.linalg.eigvalsh(spread)
    if sizes[0] <= SAME * sizes[-1]:
        raise DesignError(
            "no units tell the events' paths apart: they hit the same units on the "
            "same days, or no unrelated unit is left that they did not hit; leave one "
            "event out and read the combined path, or bring units that it did not hit"
        )


def _result(
    frame: pd.DataFrame,
    designs: Mapping[str, Design],
    fit: TwoWayFit,
    layout: _Layout,
) -> ClusteredPaths:
    error = fit.std_error
    half = float(tails.t.ppf(1 - ALPHA / 2, fit.n_units - 1)) * error
    numbers = (fit.coef, error, fit.coef - half, fit.coef + half, fit.p_value)
    event = np.array(list(designs), dtype=object)[layout.place]
    rows = pd.DataFrame(dict(zip(COLUMNS, numbers, strict=True)))
    rows.insert(0, "event", event)
    own = np.isfinite(layout.since)
    time = layout.since[own].astype(int)
    effects = rows[own].reset_index(drop=True)
    effects.insert(1, "event_time", time)
    zero = pd.Series({name: one.event for name, one in designs.items()})
    day = pd.DatetimeIndex(zero[effects["event"]]) + pd.to_timedelta(time, unit="D")
    effects.insert(2, "period", day)
    names = pd.MultiIndex.from_arrays([event[own], time], names=["event", "event_time"])
    return ClusteredPaths(
        effects=effects,
        covariance=pd.DataFrame(fit.cov[np.ix_(own, own)], index=names, columns=names),
        later=rows[~own].reset_index(drop=True),
        n_units=fit.n_units,
        designs=dict(designs),
        warnings=(SHARED, ADDED) if len(designs) > 1 else (SHARED,),
        **finish.attributes(frame),
    )
