"""Unrelated series put in the place of the treated units, portfolio by portfolio.

A test's share of rejections over them is its size on the same days: no event hit them.
"""

from collections.abc import Sequence

import numpy as np

from migration.inference.arrays import Array, Ints

MARK = ":"


def pseudo_portfolios(
    treated: Sequence[str], controls: Sequence[str], *, most: int, seed: int
) -> list[Ints]:
    """Rows of ``controls`` that stand in for the treated units.

    Units named ``app:market`` keep their structure, because what the markets of one app
    share is what the tests stumble over: each treated app is replaced by an unrelated
    app in the same markets. Other units are replaced by unrelated units.

    Parameters
    ----------
    treated, controls : sequence of str
        N and J names.
    most : int
        Portfolios at most; for one treated app, all there are if they are fewer.
    seed : int

    Returns
    -------
    list of (N,) arrays
        Empty when no unrelated app would be left to make the market.
    """
    place = {name: row for row, name in enumerate(controls)}
    cells = [split(name) for name in treated]
    apps = list(dict.fromkeys(app for app, _ in cells))
    markets = {market for _, market in cells}
    candidates = dict.fromkeys(split(name)[0] for name in controls)
    donors = [c for c in candidates if all(_join(c, m) in place for m in markets)]
    if len(donors) <= len(apps):
        return []
    rng = np.random.default_rng(seed)
    found: dict[tuple[int, ...], Ints] = {}
    for choice in _choices(len(donors), len(apps), most, rng):
        stand_in = {app: donors[d] for app, d in zip(apps, choice, strict=True)}
        rows = [place[_join(stand_in[app], market)] for app, market in cells]
        found.setdefault(tuple(sorted(rows)), np.array(rows, dtype=np.int64))
    return list(found.values())


def market_series(
    values: Array, places: Ints, wanted: Ints, left_out: Ints | None = None
) -> Array:
    """Mean of the unrelated series of each unit's market.

    Parameters
    ----------
    values : (J, T) array
    places : (J,) array of 0 to G - 1
        The market of each unrelated series.
    wanted : (N,) array
        The market of each unit.
    left_out : array, optional
        Rows of ``values`` that are no part of it: those in the treated units' place.

    Returns
    -------
    (T,) array
        Or (N, T) when there are several markets.
    """
    kept = np.ones(len(values), dtype=bool)
    if left_out is not None:
        kept[left_out] = False
    n_markets = int(places.max()) + 1
    total = np.zeros((n_markets, values.shape[1]))
    np.add.at(total, places[kept], values[kept])
    counts = np.bincount(places[kept], minlength=n_markets)
    means = total / counts[:, None]
    return np.asarray(means[0] if n_markets == 1 else means[wanted])


def split(name: str) -> tuple[str, str]:
    """App and market of a unit; the market is empty where the name has none."""
    app, _, market = name.partition(MARK)
    return app, market


def _join(app: str, market: str) -> str:
    return f"{app}{MARK}{market}" if market else app


def _choices(n: int, size: int, most: int, rng: np.random.Generator) -> list[Ints]:
    """Places of ``size`` of ``n``, each once; all of them in turn if size is 1."""
    if size == 1:
        return [np.array([k]) for k in rng.permutation(n)[:most]]
    return [rng.choice(n, size=size, replace=False) for _ in range(most)]
