"""A SIMULATED world of markets, apps and days: no number here was observed.

log λ_amt = b_a + s_m + w(weekday) + h(holiday) + f_at + e_amt + Σ_j θ_ja d^k_jmt,
installs ~ Poisson(λ), with f an AR(1) shock common to all markets of an app, e noise,
θ_j the effect of event j on its day zero, d the decay a day and k the days since.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from migration.errors import SourceError
from migration.panel import COLUMNS
from migration.sources.simulation_truth import truth_by_day, truth_of
from migration.sources.world import World as World
from migration.sources.world import check_world

SOURCE = "simulated"
METRICS = ("installs", "rank", "interest")
Array = NDArray[np.float64]

_HOLIDAYS = ("12-24", "12-25", "12-26", "12-31", "01-01")


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
    world: World

    @cached_property
    def truth(self) -> pd.DataFrame:
        """As told above."""
        return truth_of(self.world)

    @cached_property
    def truth_by_day(self) -> pd.DataFrame:
        """As told above; simulated anew, for few ask."""
        everywhere = np.arange(len(self.world.zones))
        found = _simulated(self.world, everywhere)
        return truth_by_day(self.world, found.effects, found.rates)


@dataclass(frozen=True, eq=False)
class _Simulated:
    """Effects, expected and simulated installs, each (apps, markets, days)."""

    effects: Array
    rates: Array
    installs: Array


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
    check_world(world)
    kept = _positions(world, apps, markets)
    found = _simulated(world, kept[1])
    rows = [
        _rows(world, metric, kept, _measured(world, metric, kept[1], found))
        for metric in _known(metrics, METRICS, "metric")
    ]
    panel = pd.concat(rows, ignore_index=True)
    panel.attrs = {"simulated": True, "source": SOURCE}
    return Simulation(panel=panel, world=world)


def _simulated(world: World, markets: NDArray[np.intp]) -> _Simulated:
    """The world, app by app: of all markets at once it takes much more room.

    Each app has Poisson counts of its own stream, day by day over all markets: an
    effect moves nothing else, and nor do the markets that are kept.
    """
    drawn = _rng(world, "base").normal(4.5, 0.8, len(world.apps))
    size = _rng(world, "size").normal(0, 0.7, len(world.zones))
    noise, calendar = _rng(world, "noise"), _weekly(world) + _holidays(world)
    paths, shocks = _paths(world), _common_shock(world)
    kept = []
    for place, app in enumerate(world.apps):
        base = world.base.get(app, drawn[place])
        level = base + size[:, None] + calendar[None, :] + shocks[place]
        own = noise.normal(0, world.noise_sd, level.shape)
        effect = _effect(world, app, paths)
        rate = np.exp(level + own + effect)
        count = _rng(world, f"installs {app}").poisson(rate.T).T
        kept.append([part[markets] for part in (effect, rate, count)])
    parts = (np.array(part, dtype=np.float64) for part in zip(*kept, strict=True))
    return _Simulated(*parts)


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


def _paths(world: World) -> dict[str, Array]:
    """What is left of each event's effect, (markets, days)."""
    days = world.periods.to_numpy().astype("datetime64[D]")
    found = {}
    for name in world.effects:
        onsets = [world.onsets[name][market] for market in world.zones]
        zero = np.array([o.day_zero for o in onsets], dtype="datetime64[D]")
        since = (days[None, :] - zero[:, None]).astype(int)
        path = np.where(since >= 0, world.decay ** np.clip(since, 0, None), 0.0)
        for row, onset in enumerate(onsets):
            if onset.partial is not None:
                path[row, days == np.datetime64(onset.partial)] = 1 - onset.before
        found[name] = path
    return found


def _effect(world: World, app: str, paths: Mapping[str, Array]) -> Array:
    """Of all events on one app, in log points, (markets, days)."""
    total = np.zeros((len(world.zones), world.days))
    for name, path in paths.items():
        total += world.effects[name].get(app, 0.0) * path
    return total


def _measured(
    world: World, metric: str, markets: NDArray[np.intp], found: _Simulated
) -> tuple[Array, Array, Array]:
    """Value, lower and upper, each (apps, markets, days)."""
    installs, shape = found.installs, (len(world.apps), len(world.zones), world.days)
    if metric == "installs":
        return installs, installs, installs
    if metric == "rank":
        ties = _rng(world, "ties").random(shape)[:, markets]
        order = np.argsort(-(installs + ties), axis=0)
        ranks = (np.argsort(order, axis=0) + 1).astype(float)
        off = ranks > world.chart_size
        lower, upper = (
            np.where(off, world.chart_size + 1, ranks),
            np.where(off, np.inf, ranks),
        )
        return np.where(off, np.nan, ranks), lower, upper
    noise = _rng(world, "searches").normal(0, 0.05, shape)[:, markets]
    searches = found.rates * np.exp(noise)
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
    numbers = [part[apps].ravel() for part in measured]
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
