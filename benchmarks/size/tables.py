"""Answers of the study into rows of the pages."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from benchmarks.size.headline import AtDate
from benchmarks.size.noise import UNLIKE
from benchmarks.size.page import percent, table
from benchmarks.size.real import NOTICE, TERCILES, Pool
from benchmarks.size.secondary import N_MARKETS, Sizes
from benchmarks.size.shares import Share, of_independent, of_means, of_table
from benchmarks.size.study import OnWorlds
from migration.inference.arrays import Mask

LOWEST, HIGHEST, COVERAGE, POWER = 0.02, 0.075, 0.93, 0.67
BUSY = 100  # new installs a day from which the power is promised
Row = tuple[Any, ...]
Target = tuple[str, str, str, bool]


def by_date(pool: Pool, found: Sequence[AtDate]) -> str:
    """One row a date and baseline: size by volume, and power of busy applications."""
    tercile, busy = pool.tercile, busy_of(pool)
    head = (
        *("window from", "baseline", "Christmas in it", "size, all"),
        *(f"{name} volume" for name in TERCILES),
        *("power, flat", "power, two idle days, mean 0.3", "two idle days, then 0.3"),
    )
    rows = []
    for one in found:
        first, last = one.at.baseline
        rows.append(
            (
                f"{one.at.event:%F}",
                f"{first:%F} to {last:%F}",
                one.at.christmas,
                of_independent(one.size),
                *(percent(one.size[tercile == t].mean()) for t in range(3)),
                of_independent(one.flat[busy]),
                *(percent(x[busy].mean()) for x in (one.idle, one.late)),
            )
        )
    return table(head, rows)


def pooled(pool: Pool, paths: dict[str, list[AtDate]]) -> str:
    """Over all dates, by normal path, Christmas and volume."""
    rows = []
    for normal, found in paths.items():
        for name, kept in by_christmas(found).items():
            sizes, powers = shares(pool, kept)
            cells = (normal, name, len(kept), *sizes.values(), *powers.values())
            rows.append(cells)
    head = ("normal path", "Christmas in the baseline", "dates", "size, all")
    more = (*(f"{name} volume" for name in TERCILES), "power, flat", "power, idle days")
    return table((*head, *more), rows)


def by_christmas(found: Sequence[AtDate]) -> dict[str, list[AtDate]]:
    """All dates, and those whose baseline holds Christmas or not."""
    kinds = {"all": list(found)}
    for name in ("yes", "no"):
        kinds[name] = [one for one in found if one.at.christmas == name]
    return {name: kept for name, kept in kinds.items() if kept}


def shares(
    pool: Pool, found: Sequence[AtDate]
) -> tuple[dict[str, Share], dict[str, Share]]:
    """Size by volume, and power of busy applications, over dates."""
    size = np.column_stack([one.size for one in found])
    sizes = {"all": of_table(size)}
    for place, name in enumerate(TERCILES):
        sizes[name] = of_table(size[pool.tercile == place])
    busy = busy_of(pool)
    powers = {
        name: of_table(np.column_stack([getattr(one, name)[busy] for one in found]))
        for name in ("flat", "idle")
    }
    return sizes, powers


def busy_of(pool: Pool) -> Mask:
    """Mask of applications of 100 new installs a day and more."""
    return pool.a_day[list(pool.units)].to_numpy() >= BUSY


def targets_on_dates(name: str, pool: Pool, found: Sequence[AtDate]) -> list[Target]:
    """Size of each volume and of each date, power at the notice and over all dates."""
    rows = []
    sizes, powers = shares(pool, found)
    for volume, share in sizes.items():
        met = LOWEST <= share.value <= HIGHEST
        what = f"{name}: size over all dates, volume {volume}"
        rows.append((what, "2% to 7.5%", str(share), met))
    worst = max(found, key=lambda one: one.size.mean())
    share = of_independent(worst.size)
    what = f"{name}: size at the worst date, {worst.at.event:%F}"
    rows.append((what, "at most 7.5%", str(share), share.value <= HIGHEST))
    for path, share in powers.items():
        rows.append(_power(f"{name}: power over all dates, {path}", share))
    for one in found:
        if one.at.event == NOTICE:
            held = one.at.christmas
            for path in ("flat", "idle"):
                share = of_independent(getattr(one, path)[busy_of(pool)])
                what = f"{name}: power at the notice, {path}, Christmas in: {held}"
                rows.append(_power(what, share))
    return rows


def _power(what: str, share: Share) -> Target:
    wanted = f"at least {POWER:.0%}, {BUSY} a day and more"
    return what, wanted, str(share), share.value >= POWER


def on_worlds(found: OnWorlds) -> str:
    """Size and coverage of the headline by SIMULATED noise."""
    rows = [
        (name, of_independent(hits[:, 0]), of_independent(hits[:, 1]), len(hits))
        for name, hits in found.rule.items()
        if name not in UNLIKE
    ]
    return table(("noise", "size at 5%", "coverage of the interval", "worlds"), rows)


def unlike(found: OnWorlds) -> str:
    """The same where the treated series is unlike the unrelated ones."""
    rows = [
        (name, of_independent(hits[:, 0]), of_independent(hits[:, 1]), len(hits))
        for name, hits in found.rule.items()
        if name in UNLIKE
    ]
    return table(("treated among others", "size at 5%", "coverage", "worlds"), rows)


def targets_on_worlds(found: OnWorlds) -> list[Target]:
    """Size and coverage by noise."""
    rows = []
    for name, hits in found.rule.items():
        size, cover = of_independent(hits[:, 0]), of_independent(hits[:, 1])
        what = f"SIMULATED {name}"
        rows += [
            (f"{what}: size", "at most 7.5%", str(size), size.value <= HIGHEST),
            (f"{what}: coverage", "at least 93%", str(cover), cover.value >= COVERAGE),
        ]
    return rows


def beside(found: Sequence[Sequence[Sizes]], n_series: int) -> str:
    """Each secondary test of each estimator, over the dates that it answers for."""
    rows = []
    for many in found:
        for key in _keys(many):
            means = np.array([sizes[key] for sizes in many if key in sizes])
            share = of_means(means, n_series)
            mark = "" if share.value <= HIGHEST else "**too often**"
            numbers = (len(means), share, percent(means.max()))
            rows.append((key[0], key[1], *numbers, mark))
    return table(("estimator", "test", "dates", "size at 5%", "worst", ""), rows)


def _keys(many: Sequence[Sizes]) -> list[tuple[str, str]]:
    """Every test that some date has, in order: some refuse a short baseline."""
    return list(dict.fromkeys(key for sizes in many for key in sizes))


def beside_by_noise(found: OnWorlds, n_series: int) -> str:
    """Mean size of each secondary test by noise, misses in bold."""
    noises = list(dict.fromkeys(noise for noise, _ in found.beside))
    rows = []
    for estimator in dict.fromkeys(name for _, name in found.beside):
        for key in _keys(found.beside[noises[0], estimator]):
            if key[1].startswith("HEADLINE"):
                continue
            cells = []
            for noise in noises:
                drawn = found.beside[noise, estimator]
                means = [sizes[key] for sizes in drawn if key in sizes]
                share = of_means(np.array(means), n_series)
                cells.append(_cell(share))
            rows.append((key[0], key[1], *cells))
    return table(("estimator", "test", *noises), rows)


def _cell(share: Share) -> str:
    half = (share.high - share.low) / 2
    shown = f"{100 * share.value:.1f} ± {100 * half:.1f}"
    return shown if share.value <= HIGHEST else f"**{shown}**"


def over_markets(found: OnWorlds) -> str:
    """Tests over the markets of one app, by what the markets share."""
    pairs = list(found.over_markets)
    rows = [
        (test, *(_cell(of_independent(found.over_markets[p][test])) for p in pairs))
        for test in found.over_markets[pairs[0]]
    ]
    head = [
        "no common shock" if not common else f"{common:.0%} common, AR {ar:g}"
        for common, ar in pairs
    ]
    return table((f"test over {N_MARKETS} markets", *head), rows)
