"""Least squares with unit and period effects, by the within transform."""

from dataclasses import dataclass

import numpy as np

from migration.inference import tails
from migration.inference.arrays import Array, Ints, Mask
from migration.inference.permutation import share_beyond


@dataclass(frozen=True, eq=False)
class TwoWayFit:
    """Coefficients of a balanced panel, and their covariance clustered by unit.

    The covariance is for differences between units. For the level of the effect of
    one shared event it is no inference: see :mod:`migration.inference.rule`.

    Attributes
    ----------
    coef : (K,) array
    cov : (K, K) array
    n_units : int
    """

    coef: Array
    cov: Array
    n_units: int

    @property
    def std_error(self) -> Array:
        """Clustered by unit, shape (K,)."""
        return np.asarray(np.sqrt(np.diag(self.cov)))

    @property
    def p_value(self) -> Array:
        """Student's t on ``n_units - 1`` degrees of freedom, shape (K,).

        NaN where the error is zero, as for one unit against one.
        """
        return clustered_p(self.coef, self.std_error, self.n_units)


def clustered_p(coef: Array, std_error: Array, n_units: int) -> Array:
    """P of Student's t on ``n_units - 1`` degrees; NaN where the error is zero."""
    t = np.abs(coef) / np.where(std_error > 0, std_error, np.nan)
    return np.asarray(2 * tails.t.sf(t, n_units - 1))


def within(values: Array) -> Array:
    """Take unit and period means out of a balanced panel.

    Parameters
    ----------
    values : (..., N, T) array
    """
    units = values.mean(axis=-1, keepdims=True)
    periods = values.mean(axis=-2, keepdims=True)
    return np.asarray(values - units - periods + values.mean((-2, -1), keepdims=True))


def two_way(y: Array, u: Array, v: Array, place: Ints) -> TwoWayFit:
    """Regress ``y`` on products ``u_i v_t``, unit effects and period effects.

    An event's dummies are products of who it hit and when, and the within transform of
    a product is the product of both parts less their means: no regressor is ever formed
    as a panel, and the normal equations are products of two small ones.

    Parameters
    ----------
    y : (N, T) array
        Balanced: no gaps.
    u : (G, N) array
        Groups of units.
    v : (K, T) array
        One regressor a row.
    place : (K,) array
        The group in which each row of ``v`` counts.
    """
    inner = within(y)
    units, times = _centred(u), _centred(v)
    gram = (units @ units.T)[np.ix_(place, place)] * (times @ times.T)
    bread = np.linalg.inv(gram)
    coef = bread @ ((units @ inner)[place] * times).sum(axis=1)
    effect = np.zeros((len(u), y.shape[1]))
    np.add.at(effect, place, coef[:, None] * times)
    residual = inner - units.T @ effect
    scores = (residual @ times.T) * units.T[:, place]
    cov = _adjust(y.shape, len(v)) * bread @ (scores.T @ scores) @ bread
    return TwoWayFit(coef, np.asarray(cov), len(y))


def dynamic(y: Array, treated: Mask, reference: int) -> TwoWayFit:
    """One coefficient a period for the treated units, but for a reference period.

    Parameters
    ----------
    y : (N, T) array
    treated : (N,) mask
    reference : int
        Column whose coefficient is zero.
    """
    days = np.delete(np.eye(y.shape[1]), reference, axis=0)
    every = np.zeros(len(days), dtype=np.int64)
    return two_way(y, treated[None].astype(float), days, every)


def average_effect(y: Array, treated: Mask, after: Mask) -> TwoWayFit:
    """Difference in differences: one coefficient for the treated units afterwards.

    Parameters
    ----------
    y : (N, T) array
    treated : (N,) mask
    after : (T,) mask
    """
    u, v = treated[None].astype(float), after[None].astype(float)
    return two_way(y, u, v, np.zeros(1, dtype=np.int64))


def one_unit_effects(y: Array, after: Mask) -> tuple[Array, Array]:
    """Difference in differences of every unit in turn against all others.

    Parameters
    ----------
    y : (N, T) array
    after : (T,) mask

    Returns
    -------
    (N,) array, (N,) array
        Effects, and their errors clustered by unit, as :func:`average_effect` has them
        with that unit treated.
    """
    n, times = len(y), _centred(after[None].astype(float))[0]
    change = within(y) @ times
    long = times @ times
    coef = change / ((1 - 1 / n) * long)
    # Scores are (u_i - 1/n) times what the effect leaves of each unit's change.
    left = change[None] - long * coef[:, None] * (np.eye(n) - 1 / n)
    scores = left * (np.eye(n) - 1 / n)
    squares = _adjust(y.shape, 1) * (scores**2).sum(axis=1)
    return coef, np.asarray(np.sqrt(squares) / ((1 - 1 / n) * long))


def placebo_in_space(y: Array, treated: int, after: Mask) -> tuple[Array, float]:
    """Give every unit the treated one's place, and rank the true effect among them.

    One treated unit has one cluster: errors clustered by unit are then far too small
    (Conley and Taber 2011, doi:10.1162/REST_a_00049), and this rank is the inference.

    Parameters
    ----------
    y : (N, T) array
    treated : int
        Row of the treated unit.
    after : (T,) mask

    Returns
    -------
    (N,) array, float
        Effects of each unit in that place, against all others; the share of them at
        least as far from zero as the true one.
    """
    effects, _ = one_unit_effects(y, after)
    return effects, share_beyond(effects[treated], effects)


def _centred(rows: Array) -> Array:
    return np.asarray(rows - rows.mean(axis=1, keepdims=True))


def _adjust(shape: tuple[int, ...], n_coef: int) -> float:
    """Small-sample factor: unit effects are nested in the clusters and do not count."""
    n_units, n_periods = shape
    size = n_units * n_periods
    left = size - n_coef - n_periods
    return n_units / (n_units - 1) * (size - 1) / left
