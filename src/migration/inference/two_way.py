"""Least squares with unit and period effects, by the within transform."""

from dataclasses import dataclass

import numpy as np
from scipy import stats

from migration.inference.arrays import Array, Mask
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
        error = np.where(self.std_error > 0, self.std_error, np.nan)
        t = np.abs(self.coef) / error
        return np.asarray(2 * stats.t.sf(t, self.n_units - 1))


def within(values: Array) -> Array:
    """Take unit and period means out of a balanced panel.

    Parameters
    ----------
    values : (..., N, T) array
    """
    units = values.mean(axis=-1, keepdims=True)
    periods = values.mean(axis=-2, keepdims=True)
    return np.asarray(values - units - periods + values.mean((-2, -1), keepdims=True))


def two_way(y: Array, x: Array) -> TwoWayFit:
    """Regress ``y`` on ``x``, unit effects and period effects.

    Parameters
    ----------
    y : (N, T) array
        Balanced: no gaps.
    x : (K, N, T) array
    """
    n_units, n_periods = y.shape
    inner_x, inner_y = within(x), within(y)
    flat = inner_x.reshape(len(x), -1).T
    bread = np.linalg.inv(flat.T @ flat)
    coef = bread @ flat.T @ inner_y.ravel()
    residual = inner_y - np.tensordot(coef, inner_x, axes=1)
    scores = np.einsum("knt,nt->nk", inner_x, residual)
    # Unit effects are nested in the clusters and do not count; period effects do.
    left = y.size - len(x) - n_periods
    adjust = n_units / (n_units - 1) * (y.size - 1) / left
    cov = adjust * bread @ scores.T @ scores @ bread
    return TwoWayFit(coef, np.asarray(cov), n_units)


def dynamic(y: Array, treated: Mask, reference: int) -> TwoWayFit:
    """One coefficient a period for the treated units, but for a reference period.

    Parameters
    ----------
    y : (N, T) array
    treated : (N,) mask
    reference : int
        Column whose coefficient is zero.
    """
    columns = [t for t in range(y.shape[1]) if t != reference]
    x = np.zeros((len(columns), *y.shape))
    for k, column in enumerate(columns):
        x[k, treated, column] = 1
    return two_way(y, x)


def average_effect(y: Array, treated: Mask, after: Mask) -> TwoWayFit:
    """Difference in differences: one coefficient for the treated units afterwards.

    Parameters
    ----------
    y : (N, T) array
    treated : (N,) mask
    after : (T,) mask
    """
    return two_way(y, np.outer(treated, after)[None].astype(float))


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
    units = np.arange(len(y))
    effects = [float(average_effect(y, units == i, after).coef[0]) for i in units]
    return np.array(effects), share_beyond(effects[treated], np.array(effects))
