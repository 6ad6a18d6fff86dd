"""A SIMULATED world of markets, apps and days: no number here was observed.

log λ_amt = b_a + s_m + w(weekday) + h(holiday) + f_at + e_amt + Σ_j θ_ja d^k_jmt,
installs ~ Poisson(λ), with f an AR(1) shock common to all markets of an app, e noise,
θ_j the effect of event j on its day zero, d the decay a day and k the days since.
"""

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from migration.clock import EventDay
from migration.errors import SourceError
from migration.panel import COLUMNS
from migration.sources.simulation_truth import truth_by_day, truth_of

SOURCE = "simulated"
METRICS = ("installs", "rank", "interest")
Array = NDArray[np.float64]

_HOLIDAYS = ("12-24", "12-25", "12-26", "12-31", "01-01")


@dataclass(frozen=True, kw_only=True)
class World:
    """All that decides a simulated panel.

    Attributes
    ----------
    apps : tuple of str
        Every app, the unrelated ones too.
    zones : mapping
        Market code to the zone of its days.
    start, days
        First day, and how many.
    onsets : mapping
        Event id to market to its day zero there; see :mod:`migration.clock`.
    effects : mapping
        Event id to app to the effect on log installs on day zero. The day that an
        event splits has the share of it that came after.
    decay : float
        Factor a day on an effect.
    base : mapping
        App to its log installs a day in a market of middling size; drawn if absent.
    shock_sd, shock_ar : float
        Standard deviation and autocorrelation of an app's common shock.
    noise_sd : float
        Of one app, market and day.
    weekly_amplitude, holiday_dip : float
        Of the weekly cycle, highest on Sunday; of 24-26 and 31 December, 1 January.
    chart_size, seed : int
        Ranks beyond ``chart_size`` are off the chart.
    """

    apps: tuple[str, ...]
    zones: Mapping[str, str]
    start: dt.date
    days: int = 120
    onsets: Mapping[str, Mapping[str, EventDay]] = field(default_factory=dict)
    effects: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    decay: float = 0.9
    base: Mapping[str, float] = field(default_factory=dict)
    shock_sd: float = 0.1
    shock_ar: float = 0.5
    noise_sd: float = 0.2
    weekly_amplitude: float = 0.1
    holiday_dip: float = 0.2
    chart_size: int = 50
    seed: int = 0

    @property
    def periods(self) -> pd.DatetimeIndex:
        """The days, without a zone."""
        return pd.date_range(self.start, periods=self.days, unit="us")


@dataclass(frozen=True, kw_only=True, eq=False)
class Simulation:
    """A SIMULATED panel and what is true of it.

    ``truth``: one row an event, app and market with ``effect`` (log points on
    ``day_zero``), ``decay`` a day, and the day that the event splits (``partial``).
    ``truth_by_day``: one row an app that an event moves, market and day, with
    ``effect``, the log points of all events together, and ``without``, the installs
    that were to be expected had there been none.
    """

    panel: pd.DataFrame
    truth: pd.DataFrame
    truth_by_day: pd.DataFrame


def simulate(
    world: World,
    *,
    metrics: Collection[str] = METRICS,
    apps: Collection[str] | None = None,
    markets: Collection[str] | None = None,
) -> Simulation:
    """Make a SIMULATED panel with known effects; the same seed, the same bytes.

    Parameters
    ----------
    world : World
    metrics : collection of {"installs", "rank", "interest"}
        Installs are counts; ranks are censored past the chart; interest is an
        integer of 0 to 100, scaled to the maximum of all apps and days of its market,
        and "<1", censored, below one.
    apps, markets : collection of str, optional
        Rows to keep; they change no number in the others.

    Raises
    ------
    SourceError
        An unknown metric, app or market, or a world that cannot be.
    """
    _check_world(world)
    kept = _positions(world, apps, markets)
    effects = _effects(world)
    rates = np.exp(_log_rates(world) + effects)
    installs = _counts(world, rates)
    rows = [
        _rows(world, metric, kept, _measured(world, metric, rates, installs))
        for metric in _known(metrics, METRICS, "metric")
    ]
    panel = pd.concat(rows, ignore_index=True)
    panel.attrs = {"simulated": True, "source": SOURCE}
    by_day = truth_by_day(world, effects, rates)
    return Simulation(panel=panel, truth=truth_of(world), truth_by_day=by_day)


def _log_rates(world: World) -> Array:
    """Log of installs expected without any event, shape (apps, markets, days)."""
    n_apps, n_markets, n_days = len(world.apps), len(world.zones), world.days
    drawn = _rng(world, "base").normal(4.5, 0.8, n_apps)
    named = [world.base.get(app) for app in world.apps]
    base = np.array([d if b is None else b for b, d in zip(named, drawn, strict=True)])
    size = _rng(world, "size").normal(0, 0.7, n_markets)
    noise = _rng(world, "noise").normal(0, world.noise_sd, (n_apps, n_markets, n_days))
    calendar = _weekly(world) + _holidays(world)
    level = base[:, None, None] + size[None, :, None] + calendar[None, None, :]
    return level + _common_shock(world)[:, None, :] + noise


def _counts(world: World, rates: Array) -> Array:
    """Poisson counts; an app's own stream, day by day: an effect moves nothing else."""
    draws = [
        _rng(world, f"installs {app}").poisson(rate.T).T
        for app, rate in zip(world.apps, rates, strict=True)
    ]
    return np.array(draws, dtype=np.float64)


def _weekly(world: World) -> Array:
    phase = 2 * np.pi * (world.periods.day_of_week.to_numpy() - 6) / 7
    return np.asarray(world.weekly_amplitude * np.cos(phase))


def _holidays(world: World) -> Array:
    off = world.periods.strftime("%m-%d").isin(_HOLIDAYS)
    return np.where(off, -world.holiday_dip, 0.0)


def _common_shock(world: World) -> Array:
    """AR(1) from its stationary distribution, shape (apps, days)."""
    draws = _rng(world, "shock").normal(0, 1, (len(world.apps), world.days))
    shock = np.empty_like(draws)
    shock[:, 0] = draws[:, 0]
    innovation = np.sqrt(1 - world.shock_ar**2)
    for day in range(1, world.days):
        shock[:, day] = world.shock_ar * shock[:, day - 1] + innovation * draws[:, day]
    return world.shock_sd * shock


def _effects(world: World) -> Array:
    shape = (len(world.apps), len(world.zones), world.days)
    total = np.zeros(shape)
    days = world.periods.to_numpy().astype("datetime64[D]")
    for name, by_app in world.effects.items():
        onsets = [world.onsets[name][market] for market in world.zones]
        zero = np.array([o.day_zero for o in onsets], dtype="datetime64[D]")
        since = (days[None, :] - zero[:, None]).astype(int)
        path = np.where(since >= 0, world.decay ** np.clip(since, 0, None), 0.0)
        for row, onset in enumerate(onsets):
            if onset.partial is not None:
                path[row, days == np.datetime64(onset.partial)] = 1 - onset.before
        size = np.array([by_app.get(app, 0.0) for app in world.apps])
        total += size[:, None, None] * path[None, :, :]
    return total


def _measured(
    world: World, metric: str, rates: Array, installs: Array
) -> tuple[Array, Array, Array]:
    """Value, lower and upper, each (apps, markets, days)."""
    if metric == "installs":
        return installs, installs, installs
    if metric == "rank":
        ties = _rng(world, "ties").random(installs.shape)
        order = np.argsort(-(installs + ties), axis=0)
        ranks = (np.argsort(order, axis=0) + 1).astype(float)
        off = ranks > world.chart_size
        lower, upper = (
            np.where(off, world.chart_size + 1, ranks),
            np.where(off, np.inf, ranks),
        )
        return np.where(off, np.nan, ranks), lower, upper
    searches = rates * np.exp(_rng(world, "searches").normal(0, 0.05, rates.shape))
    scaled = 100 * searches / searches.max(axis=(0, 2), keepdims=True)
    below, whole = scaled < 1, np.rint(scaled)
    value = np.where(below, np.nan, whole)
    return value, np.where(below, 0.0, whole), np.where(below, 1.0, whole)


def _rows(
    world: World,
    metric: str,
    kept: tuple[NDArray[np.intp], NDArray[np.intp]],
    measured: tuple[Array, Array, Array],
) -> pd.DataFrame:
    apps, markets = kept
    shape = (len(apps), len(markets), world.days)
    at_app, at_market, at_day = (i.ravel() for i in np.indices(shape, dtype=np.int32))
    numbers = [part[np.ix_(apps, markets)].ravel() for part in measured]
    codes, zones = list(world.zones), list(world.zones.values())
    columns = {
        "source": _words([SOURCE], 0 * at_app),
        "metric": _words([metric], 0 * at_app),
        "app": _words([world.apps[i] for i in apps], at_app),
        "market": _words([codes[i] for i in markets], at_market),
        "period": world.periods.take(at_day),
        "zone": _words([zones[i] for i in markets], at_market),
        **dict(zip(("value", "lower", "upper"), numbers, strict=True)),
        "status": _words(["observed", "censored"], np.isnan(numbers[0]).astype(int)),
    }
    return pd.DataFrame(columns)[list(COLUMNS)]


def _words(
    words: list[str], at: NDArray[np.integer]
) -> pd.api.extensions.ExtensionArray:
    return pd.array(words, dtype="str").take(at)


def _rng(world: World, stream: str) -> np.random.Generator:
    """One stream a part: none shifts another."""
    return np.random.default_rng([world.seed, *stream.encode()])


def _positions(
    world: World, apps: Collection[str] | None, markets: Collection[str] | None
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    codes = list(world.zones)
    own = world.apps if apps is None else _known(apps, world.apps, "app")
    chosen = codes if markets is None else _known(markets, codes, "market")
    at_app = np.isin(world.apps, list(own)).nonzero()[0]
    return at_app, np.isin(codes, list(chosen)).nonzero()[0]


def _known(asked: Collection[str], known: Collection[str], what: str) -> list[str]:
    if unknown := sorted(set(asked) - set(known)):
        raise SourceError(
            f"the simulation has no {what} {unknown[0]!r}: choose among "
            f"{', '.join(list(known)[:20])}"
        )
    return [name for name in known if name in set(asked)]


def _check_world(world: World) -> None:
    touched = {app for by_app in world.effects.values() for app in by_app}
    faults = {
        "at least two days": world.days >= 2,
        "an app and a market": bool(world.apps and world.zones),
        "a decay of 0 to 1": 0 <= world.decay <= 1,
        "a shock_ar between -1 and 1": abs(world.shock_ar) < 1,
        "deviations of 0 or more": min(world.shock_sd, world.noise_sd) >= 0,
        "a chart_size of 1 or more": world.chart_size >= 1,
        "a seed of 0 or more": world.seed >= 0,
        "effects on its own apps": touched <= set(world.apps),
        "an onset for each effect": set(world.effects) <= set(world.onsets),
    }
    broken = [needed for needed, holds in faults.items() if not holds]
    if broken:
        raise SourceError(f"a simulated world needs {'; '.join(broken)}")
