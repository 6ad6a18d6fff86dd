"""The simulated source of a study: its options make a world; SIMULATED throughout."""

from collections.abc import Collection
from typing import TYPE_CHECKING

import pandas as pd

from migration.clock import event_day
from migration.errors import SourceError
from migration.sources.raw import Raw
from migration.sources.simulation import METRICS, World, simulate
from migration.sources.simulation import SOURCE as SOURCE

if TYPE_CHECKING:
    from migration.study import Study

BASE = {"origin": 6.0, "destination": 4.5, "neighbour": 4.5, "control": 4.5}
EFFECT = "_effect"


def panel(
    raw: Raw,
    study: "Study",
    *,
    metric: Collection[str] = METRICS,
    app: Collection[str] | None = None,
    market: Collection[str] | None = None,
) -> pd.DataFrame:
    """Simulate what a study's options say; there are no raw files."""
    if raw.files:
        raise SourceError(f"{SOURCE} reads no file, got {', '.join(raw.files)}")
    world = world_of(study)
    return simulate(world, metrics=metric, apps=app, markets=market).panel


def world_of(study: "Study") -> World:
    """Read a world from the options of a study's simulated source.

    Options are the fields of :class:`World`, and ``<event>_effect`` tables of app to
    effect. A market that the study excludes is simulated like the others.

    Raises
    ------
    SourceError
        An option that is none of these.
    """
    spec = study.source(SOURCE)
    options = dict(spec.options)
    effects = {
        name.removesuffix(EFFECT): dict(options.pop(name))
        for name in list(options)
        if name.endswith(EFFECT)
    }
    free = {"days", "seed", "decay", "base", "shock_sd", "shock_ar", "noise_sd"}
    free |= {"weekly_amplitude", "holiday_dip", "chart_size", "start"}
    if unknown := sorted(set(options) - free):
        raise SourceError(
            f"the options of {SOURCE!r} are {', '.join(sorted(free))} and "
            f"<event>{EFFECT}, got {', '.join(unknown)}"
        )
    zones = {market.code: market.zone for market in study.markets}
    onsets = {
        name: {m: event_day(study.event(name), zone) for m, zone in zones.items()}
        for name in effects
    }
    own = {app.id: BASE[app.role] for app in study.apps}
    options["base"] = own | dict(options.get("base", {}))
    options.setdefault("start", study.baseline.start)
    names = tuple(dict.fromkeys([*own, *spec.controls]))
    return World(apps=names, zones=zones, onsets=onsets, effects=effects, **options)
