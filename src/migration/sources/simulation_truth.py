"""What is true of a SIMULATED panel: event by event, and day by day."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

if TYPE_CHECKING:
    from migration.sources.world import World

Array = NDArray[np.float64]


def truth_of(world: "World") -> pd.DataFrame:
    """One row an event, app and market: what the world says of it."""
    rows = [
        {
            "event": name,
            "app": app,
            "market": market,
            "day_zero": pd.Timestamp(onset.day_zero),
            "partial": pd.Timestamp(onset.partial) if onset.partial else pd.NaT,
            "effect": float(effect),
            "decay": world.decay,
        }
        for name, by_app in world.effects.items()
        for app, effect in by_app.items()
        for market, onset in world.onsets[name].items()
    ]
    names = ["event", "app", "market", "day_zero", "partial", "effect", "decay"]
    return pd.DataFrame(rows, columns=names)


def truth_by_day(world: "World", effects: Array, rates: Array) -> pd.DataFrame:
    """One row an app that an event moves, market and day, from the arrays themselves.

    Parameters
    ----------
    world : World
    effects, rates : (apps, markets, days) arrays
        Log points put in, and expected installs with them.
    """
    moved = {app for by_app in world.effects.values() for app in by_app}
    places = [place for place, app in enumerate(world.apps) if app in moved]
    apps = [world.apps[place] for place in places]
    index = pd.MultiIndex.from_product(
        [pd.Index(apps), pd.Index(list(world.zones)), world.periods],
        names=["app", "market", "period"],
    )
    put_in = effects[places]
    without = rates[places] / np.exp(put_in)
    columns = {"effect": put_in.ravel(), "without": without.ravel()}
    return pd.DataFrame(columns, index=index).reset_index()
