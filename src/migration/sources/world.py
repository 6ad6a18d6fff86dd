"""All that decides a SIMULATED panel, and what a world cannot be."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from migration.clock import EventDay
from migration.errors import SourceError


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


def check_world(world: World) -> None:
    """Refuse a world that cannot be.

    Raises
    ------
    SourceError
        With all that it would need.
    """
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
