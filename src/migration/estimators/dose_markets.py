"""The arrays of a dose contrast: apps by markets, their blocks, doses and regions."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from numbers import Real

import numpy as np
import pandas as pd

from migration.design import ONE_DAY, Design
from migration.errors import DesignError
from migration.estimators.choices import as_mapping
from migration.inference.arrays import (
    Array,
    Ints,
    Mask,
    net_of_controls,
    without_weekly_cycle,
)
from migration.inference.blocks import BlockContrast, block_contrast, block_means
from migration.inference.contrast import daily_widening
from migration.inference.dose import daily_gaps, region_means, slope_weights
from migration.inference.long_frame import LARGEST, SMALLEST
from migration.inference.permutation import DEALS
from migration.inference.sample import Sample, arrange
from migration.inference.week import window_widening

FEWEST_REGIONS = 5
Doses = Mapping[str, float] | pd.Series
Regions = Mapping[str, str] | pd.Series


@dataclass(frozen=True, eq=False)
class Markets:
    """Series of the treated app and of each unrelated one in the same markets.

    Attributes
    ----------
    sample : Sample
        Row 0 is the mean over markets of the treated app, the others of each unrelated
        app.
    y : (1 + J, M, T) array
        Without each series' own weekly cycle.
    names : tuple of str
        Of the markets.
    dose : (M,) array
        As declared.
    region : (M,) array
        Numbers of ``regions``.
    regions : tuple of str
    logs : bool
        Statistics are logs of means.
    warnings : tuple of str
    deals : int
        Ways to deal the doses that are drawn, where not all are made.
    """

    sample: Sample
    y: Array
    names: tuple[str, ...]
    dose: Array
    region: Ints
    regions: tuple[str, ...]
    logs: bool
    warnings: tuple[str, ...]
    deals: int = DEALS

    @property
    def centred(self) -> Array:
        """Doses less their mean, (M,): a slope knows no level, its digits do."""
        return np.asarray(self.dose - self.dose.mean())

    @property
    def region_dose(self) -> Array:
        """Mean centred dose of each region's markets, shape (R,)."""
        return region_means(self.centred, self.region)

    def statistics(self, window: Mask) -> tuple[Array, Array]:
        """Baseline blocks and window of every market, net of the other apps there.

        Returns
        -------
        (1 + J, M, q) array, (1 + J, M) array
        """
        apps, markets, days = self.y.shape
        flat = self.y.reshape(apps * markets, days)
        with np.errstate(divide="ignore", invalid="ignore"):
            pre = block_means(
                flat, self.sample.baseline, int(window.sum()), logs=self.logs
            )
            post = flat[:, window].mean(axis=1)
            post = np.log(post) if self.logs else post
            blocks = net_of_controls(pre.reshape(apps, markets, -1))
            return blocks, net_of_controls(post.reshape(apps, markets))

    def change(self, window: Mask) -> Array:
        """Window less the mean of the blocks, shape (1 + J, M)."""
        pre, post = self.statistics(window)
        return np.asarray(post - pre.mean(axis=2))

    def contrast(self, window: Mask) -> BlockContrast:
        """Slope over regions in the window against the slopes of baseline blocks."""
        pre, post = self.statistics(window)
        weights = slope_weights(self.region_dose)
        with np.errstate(invalid="ignore"):  # a log of zero: the estimator refuses it
            over = region_means(np.moveaxis(pre, 1, 2), self.region) @ weights
            own = region_means(post, self.region) @ weights
            s = self.sample
            widened = window_widening(s.weekday, s.baseline, window)
            return block_contrast(over, own, widened=widened)

    def daily(self) -> BlockContrast:
        """Slope of each day against those of the baseline's days, (1 + J, T).

        A market that counts nothing on a day is left out of its region's mean that day;
        a day on which a whole region does has no slope.
        """
        with np.errstate(divide="ignore", invalid="ignore"):
            y = np.log(self.y) if self.logs else self.y
        apart = daily_gaps(y, self.sample.baseline, self.region)
        path = apart @ slope_weights(self.region_dose)
        pre = path[:, self.sample.baseline]
        known = np.isfinite(pre)
        number = np.maximum(known.sum(axis=1, keepdims=True), 2)
        centre = np.where(known, pre, 0).sum(axis=1, keepdims=True) / number
        off = np.where(known, pre - centre, 0)
        spread = np.sqrt((off**2).sum(axis=1, keepdims=True) / (number - 1))
        part = np.where(self.sample.baseline, -1, 1) / number
        error = spread * np.sqrt(1 + part) * daily_widening(self.sample)
        return BlockContrast(path - centre, error, int(number[0, 0]) - 1)


def earlier_days(markets: Markets, design: Design) -> Mask | None:
    """Days of an earlier focal event, before the design's own can be felt.

    As many as the window has; not the day before day zero, which may be partial.
    """
    end = design.baseline[1]
    earlier = [
        full
        for touched, full in design.other_events.values()
        if end < touched < design.event
    ]
    if not earlier:
        return None
    first = max(earlier)
    last = min(first + ONE_DAY * (design.length - 1), design.event - 2 * ONE_DAY)
    days = markets.sample.span(first, last)
    return days if days.any() else None


def by_market(
    frame: pd.DataFrame, design: Design, dose: Doses, region: Regions | None
) -> Markets:
    """Check a design's units, doses and regions, and bring them into arrays."""
    pairs = {unit: _split(unit) for unit in (*design.treated, *design.controls)}
    names = _names(design, pairs)
    doses = _doses(dose, names)
    regions, place = _regions(region, names)
    _check_regions(region_means(doses, place))
    apps, said = _complete_apps(design, pairs, names)
    arrange(frame, design)  # so that its refusals name the units by their roles
    order = [unit for app in apps for unit in app]
    single = design.but(treated=order[0], controls=order[1:], competitors=())
    sample = arrange(frame, single)
    logs = design.estimand == "log ratio of means"
    y = without_weekly_cycle(sample.y, sample.weekday, sample.baseline, ratio=logs)
    shape = len(apps), len(names), len(sample.days)
    controls = tuple(pairs[app[0]][0] for app in apps[1:])
    over = replace(sample, y=sample.y.reshape(shape).mean(axis=1), controls=controls)
    made = Markets(over, y.reshape(shape), names, doses, place, regions, logs, said)
    return _audible(made) if logs else made


def _audible(markets: Markets) -> Markets:
    """Leave out unrelated apps that some market is silent about for a whole block."""
    s, (apps, number, days) = markets.sample, markets.y.shape
    flat = markets.y.reshape(apps * number, days)
    blocks = block_means(flat, s.baseline, int(s.window.sum()))
    means = np.column_stack([blocks, flat[:, s.window].mean(axis=1)])
    heard: Mask = np.asarray(means.min(axis=1) > 0)
    silent: Mask = ~heard.reshape(apps, number)
    if silent[0].any():
        quiet = [n for n, q in zip(markets.names, silent[0], strict=True) if q]
        raise DesignError(
            f"all zeros over a baseline block or the window in {quiet[:5]}: no log of "
            "that; leave these markets out of treated, or lengthen the window"
        )
    kept: Mask = np.asarray(~silent.any(axis=1))
    if kept.all():
        return markets
    controls = tuple(n for n, k in zip(s.controls, kept[1:], strict=True) if k)
    said = (
        f"{int((~kept).sum())} of {apps - 1} unrelated apps are left out: all zeros "
        "over a baseline block or the window in some market"
    )
    sample = replace(s, y=s.y[kept], controls=controls)
    words = (*markets.warnings, said)
    return replace(markets, sample=sample, y=markets.y[kept], warnings=words)


def _split(unit: str) -> tuple[str, str]:
    """App and market of a unit; a unit without a colon is a market itself."""
    app, _, market = str(unit).rpartition(":")
    return app, market


def _names(design: Design, pairs: Mapping[str, tuple[str, str]]) -> tuple[str, ...]:
    """Markets of the treated units, which must be one app."""
    apps = sorted({pairs[unit][0] for unit in design.treated})
    if len(apps) > 1:
        raise DesignError(
            f"a dose contrast is of one app in many markets, got {apps}; treat the "
            "units 'app:market' of one of them"
        )
    names = tuple(pairs[unit][1] for unit in design.treated)
    outside = [u for u in design.controls if pairs[u][1] not in set(names)]
    if outside:
        raise DesignError(
            f"controls {outside[:5]} lie in no market of the treated units; name units "
            "'app:market' in the same markets, or none"
        )
    return names


def _doses(dose: Doses, names: tuple[str, ...]) -> Array:
    given = as_mapping(dose, "dose", "a mapping or Series of market to number")
    if lacking := [n for n in names if n not in given]:
        raise DesignError(
            f"no dose for the markets {lacking[:5]} ({len(lacking)} of {len(names)}); "
            "declare one for each, or leave these markets out of treated"
        )
    if bad := [n for n in names if not isinstance(given[n], Real)]:
        raise DesignError(
            f"a dose must be a number for each market, got {given[bad[0]]!r} for "
            f"{bad[0]}"
        )
    if bad := [n for n in names if not abs(given[n]) < np.inf]:
        raise DesignError(f"the dose of {bad[:5]} is not finite; leave these out")
    size = max(abs(given[n]) for n in names)
    if size > LARGEST or 0 < size < SMALLEST:
        raise DesignError(
            f"the dose reaches {size:.3g}, beyond what can be squared and summed "
            f"(needed {SMALLEST:g} to {LARGEST:g}); change its unit"
        )
    return np.array([float(given[n]) for n in names])


def _regions(
    region: Regions | None, names: tuple[str, ...]
) -> tuple[tuple[str, ...], Ints]:
    needed = "a mapping or Series of market to the name of its region"
    given = {n: n for n in names}
    if region is not None:
        given = as_mapping(region, "region", needed)
    if lacking := [n for n in names if not isinstance(given.get(n), str)]:
        raise DesignError(
            f"no region for the markets {lacking[:5]} ({len(lacking)} of "
            f"{len(names)}), {lacking[0]} has {given.get(lacking[0])!r}; name one for "
            "each, as text"
        )
    found = tuple(sorted({given[n] for n in names}))
    return found, np.array([found.index(given[n]) for n in names], dtype=np.int64)


def _check_regions(dose: Array) -> None:
    if len(dose) < FEWEST_REGIONS:
        raise DesignError(
            f"region permutation needs {FEWEST_REGIONS} regions, better 10, got "
            f"{len(dose)}: with fewer no p can be small; divide the markets finer"
        )
    if np.ptp(dose) <= 1e-12 * float(np.abs(dose).max()):
        raise DesignError(
            "the mean dose is the same in all regions, so there is nothing to compare; "
            "declare a dose that differs between regions"
        )


def _complete_apps(
    design: Design, pairs: Mapping[str, tuple[str, str]], names: tuple[str, ...]
) -> tuple[list[list[str]], tuple[str, ...]]:
    """Units of the treated app, then of each unrelated app that is in all markets."""
    held: dict[str, dict[str, str]] = {}
    for unit in design.controls:
        app, market = pairs[unit]
        held.setdefault(app, {})[market] = unit
    whole = [
        [found[n] for n in names] for found in held.values() if len(found) == len(names)
    ]
    lost = len(held) - len(whole)
    said = (
        f"{lost} of {len(held)} unrelated apps are left out: they are not in all "
        f"{len(names)} markets"
    )
    return [list(design.treated), *whole], (said,) if lost else ()
