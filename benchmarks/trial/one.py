"""One SIMULATED world through the calls of the notebooks, each interval with its truth.

The study that ships is simulated with another seed; the calls are those of the event
report and of the report of migration.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.trial.truth import Truth, truth_of
from migration.design import ONE_DAY, Days, design_for
from migration.estimators.apps import AppEffects, estimate_apps
from migration.estimators.diversion import DiversionResult
from migration.estimators.diversion_ratios import (
    GAIN,
    critical_value,
    joint_covariance,
    ratio_rows,
)
from migration.estimators.diverted import diversion_for
from migration.estimators.event_study import event_study
from migration.estimators.lasted import persistence_for
from migration.estimators.persistence import QUANTITIES, PersistenceResult
from migration.inference.excess import excess_counts
from migration.inference.rule import ALPHA
from migration.inference.sample import arrange
from migration.outcomes import to_outcome
from migration.sources import load_panel
from migration.sources.simulated import world_of
from migration.sources.simulation import simulate
from migration.study import Study, load_study

STUDY, SOURCE, METRIC = "simulated-2021", "simulated", "installs"
EVENT, LATER = "notice", "delay"
FIRST_SEED = 1
HALF_LIFE, LONG_RUN = QUANTITIES["half-life, days"], QUANTITIES["cumulated pulse"]
QUANTITY = {
    "logs": "effect of the notice, mean of logs",
    "ratio": "effect of the notice, ratio of means",
    "later": "level after the delay, mean of logs",
    "day": "one day of the path, days 0 to 8",
    "band": "band over the whole path",
    "counts": "change in counts a day",
    "gain": "gain ratio (Fieller)",
    "ungated": "gain ratio, had it always been given",
    "week": "a later week over the window (Fieller)",
    "life": "half-life",
    "gain in the long run": "long-run gain of a pulse",
}


@dataclass(frozen=True)
class Row:
    """One printed interval of one world.

    Attributes
    ----------
    quantity : str
        Key of :data:`QUANTITY`.
    app : str
        App, and for weeks the first day after the event.
    truth, estimate, low, high : float
    covers : bool
        A set of Fieller's may be no interval, so ``low`` and ``high`` do not tell.
    told : bool
        Whether the report calls it different from zero.
    """

    quantity: str
    app: str
    truth: float
    estimate: float
    low: float
    high: float
    covers: bool
    told: bool


@dataclass(frozen=True, eq=False)
class World:
    """A study with its seed, its outcomes and its truth."""

    study: Study
    logs: pd.DataFrame
    counts: pd.DataFrame
    truth: Truth
    leads: tuple[str, ...]
    gainers: tuple[str, ...]

    @property
    def names(self) -> dict[str, str]:
        """Name of an app to its id."""
        return {app.name: app.id for app in self.study.apps}


def world_at(seed: int) -> World:
    """The study that ships, simulated with another seed."""
    study = seeded(load_study(STUDY), seed)
    panel = load_panel(study, source=SOURCE, metric=METRIC)
    leads = tuple(a.id for a in study.apps if a.role in ("origin", "destination"))
    made = simulate(world_of(study), metrics=(METRIC,), apps=leads)
    return World(
        study=study,
        logs=to_outcome(panel, "log_count", over_markets=True),
        counts=to_outcome(panel, "count", over_markets=True),
        truth=truth_of(made),
        leads=leads,
        gainers=tuple(a.id for a in study.apps if a.role == "destination"),
    )


def seeded(study: Study, seed: int) -> Study:
    """The same study with another seed of its simulated source."""
    made = [
        replace(s, options=dict(s.options) | {"seed": seed}) if s.id == SOURCE else s
        for s in study.sources
    ]
    return replace(study, sources=tuple(made))


def rows_of(seed: int) -> list[Row]:
    """Every interval that the reports of one world print."""
    world = world_at(seed)
    diverted = diversion_for(world.study, world.counts, event=EVENT)
    lasted = persistence_for(world.study, world.logs, apps=world.gainers, event=EVENT)
    return [
        *_effects(world),
        *_paths(world),
        *_diverted(world, diverted),
        *_lasted(world, lasted),
    ]


def _effects(world: World) -> Iterator[Row]:
    """The three tables of effects of the event report."""
    truth, study, leads = world.truth, world.study, world.leads
    first = estimate_apps(study, world.logs, apps=leads, event=EVENT)
    ratios = estimate_apps(
        study, world.counts, apps=leads, event=EVENT, estimand="log ratio of means"
    )
    later = estimate_apps(study, world.logs, apps=leads, event=LATER)
    yield from _headlines("logs", first, truth.log_mean)
    yield from _headlines("ratio", ratios, truth.ratio_of_means)
    yield from _headlines("later", later, truth.log_mean)


def _headlines(quantity: str, effects: AppEffects, true: Any) -> Iterator[Row]:
    for app, result in effects.results.items():
        h = result.headline
        value = true(app, result.design.window_days)
        yield _row(quantity, app, value, h)


def _row(quantity: str, app: str, truth: float, found: "pd.Series[float]") -> Row:
    low, high = float(found["conf_low"]), float(found["conf_high"])
    told = bool(found["p_value"] <= ALPHA)
    inside = low <= truth <= high
    return Row(quantity, app, truth, float(found["estimate"]), low, high, inside, told)


def _paths(world: World) -> Iterator[Row]:
    """Each day's interval in the window, and the band over all days that are shown."""
    paths = estimate_apps(
        world.study, world.logs, apps=world.gainers, event=EVENT, estimator=event_study
    )
    for app, result in paths.results.items():
        days = result.effects
        true = world.truth.logs.loc[app].reindex(days["period"]).to_numpy()
        for place, (k, day) in enumerate(days.iterrows()):
            if 0 <= int(str(k)) < result.design.length:
                yield _row("day", app, float(true[place]), day)
        inside = (days["band_low"] <= true) & (true <= days["band_high"])
        nan = float("nan")
        yield Row("band", app, nan, nan, nan, nan, bool(inside.all()), told=True)


def _diverted(world: World, found: DiversionResult) -> Iterator[Row]:
    """Changes in counts, and Fieller's sets where there are any."""
    span, ids = found.design.window_days, world.names
    change = {a: world.truth.change(a, span) for a in world.leads}
    for name, row in found.changes.iterrows():
        app = ids[str(name)]
        yield _row("counts", app, change[app], row)
    lost = -change[ids[found.origin]]
    gained = {app: change[app] for app in world.gainers}
    gained["all destinations"] = sum(gained.values())
    for _, row in found.ratios.iterrows():
        app = ids.get(row["app"], row["app"])
        if app in gained and row["quantity"] == GAIN:
            yield _set("gain", app, gained[app] / lost, row)
    yield from _ungated(world, gained, lost)


def _ungated(world: World, gained: dict[str, float], lost: float) -> Iterator[Row]:
    """Gain ratios whether the origin's loss is told from zero or not."""
    designs = {
        app: design_for(
            world.study, world.counts, app=app, event=EVENT,
            estimand="log ratio of means",
        )
        for app in world.leads
    }  # fmt: skip
    found = {a: excess_counts(arrange(world.counts, d)) for a, d in designs.items()}
    (origin,) = set(world.leads) - set(world.gainers)
    limit = critical_value(found[origin].contrast)
    for row in ratio_rows(found, joint_covariance(found), origin, limit):
        if row["quantity"] == GAIN and row["app"] in gained:
            truth = gained[row["app"]] / lost
            yield _set("ungated", row["app"], truth, pd.Series(row))


def _set(quantity: str, app: str, truth: float, row: "pd.Series[Any]") -> Row:
    """A set that has no value to hold (a share beyond 1) does not cover."""
    low, high = float(row["low"]), float(row["high"])
    between = row["gap_low"] < truth < row["gap_high"]
    inside = bool(low <= truth <= high and not between)
    estimate = float(row["estimate"])
    return Row(quantity, app, truth, estimate, low, high, inside, told=True)


def _lasted(world: World, found: dict[str, PersistenceResult]) -> Iterator[Row]:
    """Later weeks over the window, and the decay where one is seen."""
    for name, result in found.items():
        app, design = world.names[name], result.design
        early = world.truth.log_mean(app, design.window_days)
        for _, row in result.ratios.iterrows():
            week: Days = (row["first_day"], row["first_day"] + ONE_DAY * 6)
            late = world.truth.log_mean(app, week)
            if np.isfinite(row["estimate"]):
                told = f"{app}, from day {row['horizon']}"
                yield _set("week", told, late / early, row)
        effect, decay = world.truth.of_first(app, EVENT)
        true = {HALF_LIFE: np.log(0.5) / np.log(decay), LONG_RUN: effect / (1 - decay)}
        keys = {HALF_LIFE: "life", LONG_RUN: "gain in the long run"}
        for _, row in result.decay.iterrows():
            pulse, key = row["shape"] == "pulse", keys.get(str(row["quantity"]))
            if pulse and key:
                yield _row(key, app, float(true[str(row["quantity"])]), row)
