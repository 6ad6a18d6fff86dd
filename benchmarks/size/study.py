"""The whole study as a list of small tasks, spread over processes.

Each task seeds itself, so the answers do not depend on how many processes there are.
"""

import multiprocessing
import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.size import charts, headline, secondary
from benchmarks.size.headline import AtDate
from benchmarks.size.noise import UNLIKE, WORLDS
from benchmarks.size.real import placebos, pool_of
from benchmarks.size.secondary import Sizes
from migration.inference.contrast import NORMAL

MOST_WORKERS = 8
MARKETS = ((0.0, 0.0), (0.3, 0.0), (0.3, 0.5), (0.3, 0.8))

Task = tuple[Callable[..., Any], tuple[Any, ...]]


@dataclass(frozen=True, eq=False)
class OnDates:
    """What observed series say, by placebo date in order.

    Attributes
    ----------
    rule : dict
        By normal path, one :class:`AtDate` a date.
    beside : dict
        By estimator, one dict of shares a date.
    windows : dict
        By (days of the window, estimator), the same.
    over_units : list of dict
    """

    rule: dict[str, list[AtDate]]
    beside: dict[str, list[Sizes]]
    windows: dict[tuple[int, str], list[Sizes]]
    over_units: list[Sizes]


@dataclass(frozen=True, eq=False)
class OnWorlds:
    """What SIMULATED worlds say, by the name of the noise.

    Attributes
    ----------
    rule : dict
        (worlds, 2) arrays: rejected a true null, covered the effect.
    beside : dict
        By (noise, estimator), one dict of shares a world.
    over_markets : dict
        By (common share, AR), rejections by test.
    ranks : list of dict
    """

    rule: dict[str, np.ndarray]
    beside: dict[tuple[str, str], list[Sizes]]
    over_markets: dict[tuple[float, float], dict[str, np.ndarray]]
    ranks: list[Sizes]


def run(tasks: Iterable[Task], workers: int) -> list[Any]:
    """Answers in the order of the tasks; as many processes as cores, eight at most."""
    given = list(tasks)
    if workers == 1:
        return [call(task) for task in given]
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        return list(pool.map(call, given))


def call(task: Task) -> Any:
    """Do one task."""
    function, words = task
    return function(*words)


def cores() -> int:
    """Processes to use: those that this one may run on."""
    able = getattr(os, "sched_getaffinity", None)
    return min(len(able(0)) if able else os.cpu_count() or 1, MOST_WORKERS)


def on_dates(pool_name: str, workers: int, names: Sequence[str] = ()) -> OnDates:
    """Everything on the observed series of a pool.

    Parameters
    ----------
    pool_name : str
    workers : int
    names : sequence of str
        Estimators whose own tests are measured; all of them by default, and then over
        windows of other lengths and over several units too.
    """
    pool, whole = pool_of(pool_name), not names
    names = names or tuple(secondary.ESTIMATORS)
    dates = range(len(placebos(pool)))
    pairs = [(d, n) for d in secondary.WINDOWS for n in names] if whole else []
    spans = {d: range(len(placebos(pool, d))) for d, _ in pairs}
    tasks: list[Task] = [
        (headline.at_date, (pool_name, date, normal))
        for normal in NORMAL
        for date in dates
    ]
    tasks += [(secondary.on_dates, (pool_name, d, n)) for n in names for d in dates]
    tasks += [
        (secondary.on_dates, (pool_name, date, name, days))
        for days, name in pairs
        for date in spans[days]
    ]
    units = dates if whole else ()
    tasks += [(secondary.over_units_on_dates, (pool_name, date)) for date in units]
    found = iter(run(tasks, workers))
    return OnDates(
        rule={normal: [next(found) for _ in dates] for normal in NORMAL},
        beside={name: [next(found) for _ in dates] for name in names},
        windows={pair: [next(found) for _ in spans[pair[0]]] for pair in pairs},
        over_units=[next(found) for _ in units],
    )


def on_worlds(workers: int) -> OnWorlds:
    """Everything on SIMULATED noise."""
    kinds, draws = list(WORLDS | UNLIKE), range(secondary.N_DRAWS)
    batches = range(headline.N_WORLDS // headline.BATCH)
    pairs = [(kind, name) for kind in WORLDS for name in secondary.ESTIMATORS]
    sheets = range(charts.N_CHARTS)
    tasks: list[Task] = [(headline.at_world, (k, b)) for k in kinds for b in batches]
    tasks += [(secondary.on_world, (k, d, n)) for k, n in pairs for d in draws]
    tasks += [(secondary.over_markets, pair) for pair in MARKETS]
    tasks += [(charts.on_chart, (draw,)) for draw in sheets]
    found = iter(run(tasks, workers))
    return OnWorlds(
        rule={k: np.vstack([next(found) for _ in batches]) for k in kinds},
        beside={pair: [next(found) for _ in draws] for pair in pairs},
        over_markets={pair: next(found) for pair in MARKETS},
        ranks=[next(found) for _ in sheets],
    )
