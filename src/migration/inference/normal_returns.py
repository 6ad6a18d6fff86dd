"""Normal and abnormal outcomes of units that share one event day.

Ordinary least squares over an estimation window, then what the event window holds
beyond it (MacKinlay 1997, Journal of Economic Literature 35:13): constant mean, market
model, or outcome net of the market, each with day-of-week dummies if wanted.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from migration.errors import DesignError
from migration.inference.arrays import Array, Ints, weekday_dummies

SPARE_DAYS = 3  # Patell's variance (M - k) / (M - k - 2) needs M - k of at least 3
ROUNDING = 1e-10


@dataclass(frozen=True, eq=False)
class AbnormalReturns:
    """Residuals of N units over M estimation days, abnormal outcomes over L days.

    Attributes
    ----------
    residuals : (N, M) array
    ar : (N, L) array
        AR_it, observed less normal.
    scale : (N,) array
        s_i, with M - k degrees of freedom.
    spread : (N, L, L) or (1, L, L) array
        ``I + X* (X'X)^-1 X*'``; V_i is ``scale**2`` times it.
    coef : (N, k) array
    """

    residuals: Array
    ar: Array
    scale: Array
    spread: Array
    coef: Array

    @property
    def n_units(self) -> int:
        """N."""
        return len(self.ar)

    @property
    def n_days(self) -> int:
        """M, days of the estimation window."""
        return int(self.residuals.shape[1])

    @property
    def length(self) -> int:
        """L, days of the event window."""
        return int(self.ar.shape[1])

    @property
    def df(self) -> int:
        """M - k."""
        return self.n_days - int(self.coef.shape[1])

    @property
    def variance(self) -> Array:
        """V_i, the covariance of a unit's abnormal outcomes, shape (N, L, L)."""
        return np.asarray(self.scale[:, None, None] ** 2 * self.spread)

    @property
    def std_error(self) -> Array:
        """Standard error of each AR_it, shape (N, L)."""
        days = np.diagonal(self.spread, axis1=1, axis2=2)
        return np.asarray(self.scale[:, None] * np.sqrt(days))

    @property
    def car(self) -> Array:
        """CAR_i, the sum over the window, shape (N,)."""
        return np.asarray(self.ar.sum(axis=1))

    @property
    def car_std_error(self) -> Array:
        """``sqrt(1' V_i 1)``, shape (N,)."""
        return np.asarray(self.scale * np.sqrt(self.spread.sum(axis=(1, 2))))

    @property
    def sar(self) -> Array:
        """SAR_it, each abnormal outcome over its standard error, shape (N, L)."""
        return self.ar / self.std_error

    @property
    def scar(self) -> Array:
        """SCAR_i, each sum over its standard error, shape (N,)."""
        return self.car / self.car_std_error


def normal_regressors(
    n_days: int, *, weekday: Ints | None = None, market: Array | None = None
) -> Array:
    """Columns of the normal model: intercept, day of week, market.

    Parameters
    ----------
    n_days : int
        T, estimation and window days together.
    weekday : (T,) array of 0 to 6, optional
        Adds six dummies.
    market : (T,) or (N, T) array, optional
        One series for all units, or one a unit.

    Returns
    -------
    (T, k) array
        Or (N, T, k) when each unit has a market of its own.
    """
    shared = np.ones((n_days, 1)) if weekday is None else weekday_dummies(weekday)
    if market is None:
        return shared
    if market.ndim == 1:
        return np.column_stack([shared, market])
    columns = np.broadcast_to(shared, (len(market), *shared.shape))
    return np.concatenate([columns, market[:, :, None]], axis=2)


def abnormal_returns(
    y: Array, x: Array, n_pre: int, *, names: Sequence[str] = ()
) -> AbnormalReturns:
    """Fit the first ``n_pre`` days by OLS and take the fit off the days after.

    Regressors that all units share are factored once.

    Parameters
    ----------
    y : (N, n_pre + L) array
    x : (n_pre + L, k) or (N, n_pre + L, k) array
    n_pre : int
        M, days of the estimation window.
    names : sequence of str
        Of the units, for what is refused; their numbers, from 0, without it.

    Raises
    ------
    DesignError
        For gaps, too few days, regressors that do not move, or a unit that the normal
        model fits without error.
    """
    designs = x if x.ndim == 3 else x[None]
    _check_shapes(y, designs, n_pre)
    q, r = np.linalg.qr(designs[:, :n_pre])
    _check_rank(r)
    coef = np.linalg.solve(r, np.swapaxes(q, 1, 2) @ y[:, :n_pre, None])
    gap = y - (designs @ coef)[:, :, 0]
    scale = np.sqrt((gap[:, :n_pre] ** 2).sum(axis=1) / (n_pre - x.shape[-1]))
    _check_scale(scale, y[:, :n_pre], names)
    after = designs[:, n_pre:]
    lever = np.swapaxes(
        np.linalg.solve(np.swapaxes(r, 1, 2), np.swapaxes(after, 1, 2)), 1, 2
    )
    spread = np.eye(after.shape[1]) + lever @ np.swapaxes(lever, 1, 2)
    return AbnormalReturns(gap[:, :n_pre], gap[:, n_pre:], scale, spread, coef[:, :, 0])


def _check_shapes(y: Array, designs: Array, n_pre: int) -> None:
    if y.ndim != 2 or designs.shape[1] != y.shape[1] or n_pre >= y.shape[1]:
        raise DesignError(
            f"needed units by days with at least one day after the {n_pre} of the "
            f"estimation window, got outcomes {y.shape} and regressors "
            f"{designs.shape[1:]}; give both the same days"
        )
    if not (np.isfinite(y).all() and np.isfinite(designs).all()):
        raise DesignError(
            "the normal model needs a number on every day, got gaps; choose days on "
            "which units and market are complete"
        )
    k = designs.shape[2]
    if n_pre < k + SPARE_DAYS:
        raise DesignError(
            f"a normal model of {k} coefficients needs an estimation window of "
            f"{k + SPARE_DAYS} days or more, got {n_pre}; lengthen it"
        )


def _check_rank(r: Array) -> None:
    pivots = np.abs(np.diagonal(r, axis1=1, axis2=2))
    longest = np.sqrt((r**2).sum(axis=1))
    if (pivots <= ROUNDING * longest).any():
        raise DesignError(
            "the normal model's regressors do not move apart in the estimation window: "
            "a market series that is constant, or repeats the weekly cycle, explains "
            "nothing; use normal='constant mean' or another market"
        )


def _check_scale(scale: Array, pre: Array, names: Sequence[str]) -> None:
    still = np.flatnonzero(scale <= ROUNDING * np.sqrt((pre**2).mean(axis=1)))
    if len(still):
        called = [names[i] if names else i for i in map(int, still)]
        raise DesignError(
            f"the normal model leaves no residual for {called[:5]}: a series that is "
            "constant, or a copy of the market, has no noise to hold the event "
            "against; leave it out"
        )
