"""A frame and a design into arrays, each treated unit its own series."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from migration.design import Design
from migration.errors import DesignError
from migration.inference.arrays import Array, Ints
from migration.inference.copies import rounding_error
from migration.inference.cross_ranks import all_tests
from migration.inference.cross_section import ALPHA
from migration.inference.normal_returns import (
    AbnormalReturns,
    abnormal_returns,
    normal_regressors,
)
from migration.inference.pseudo_portfolios import (
    market_series,
    pseudo_portfolios,
    split,
)
from migration.inference.sample import arrange

PORTFOLIOS, SEED = 200, 20210106


@dataclass(frozen=True, eq=False)
class UnitSample:
    """Baseline days, then window days, of treated and unrelated units.

    Attributes
    ----------
    y : (N, T) array
    controls : (J, T) array
    names, control_names : tuple of str
    days : (T,) DatetimeIndex
    n_pre : int
        M, baseline days.
    weekday : (T,) array, or None
    market : (T,) array, or None
        The caller's own.
    places, wanted : (J,) and (N,) arrays
        The market of each unrelated and of each treated unit, as numbers.
    """

    y: Array
    controls: Array
    names: tuple[str, ...]
    control_names: tuple[str, ...]
    days: pd.DatetimeIndex
    n_pre: int
    weekday: Ints | None
    market: Array | None
    places: Ints
    wanted: Ints

    @property
    def market_name(self) -> str:
        """What the market series is, in words."""
        if self.market is not None:
            return "a series of the caller's own"
        of = "" if self.places.max(initial=0) == 0 else " of the unit's own market"
        return f"mean of the unrelated series{of} ({len(self.controls)} in all)"


@dataclass(frozen=True, eq=False)
class Sizes:
    """Shares of rejections at 5% by (test, over), over ``n`` portfolios."""

    share: dict[tuple[str, str], float]
    n: int

    def of(self, test: str, over: str) -> float:
        """NaN where no portfolio can be made."""
        return self.share.get((test, over), float("nan"))


def arrange_units(
    frame: pd.DataFrame, design: Design, *, weekday: bool, market: pd.Series | None
) -> UnitSample:
    """Bring a frame into arrays with a row for each treated unit.

    Raises
    ------
    PanelError, DesignError
        As :func:`migration.inference.sample.arrange`, for every unit by itself.
    """
    sample = arrange(frame, design)
    first, *rest = design.treated
    # The other treated units stand where controls do, so that each is checked and kept.
    apart = arrange(
        frame, design.but(treated=first, controls=tuple(rest), competitors=())
    )
    used = np.flatnonzero(sample.baseline | sample.window)
    days = sample.days[used]
    kept, places, wanted = _markets(design)
    names = tuple(sample.controls[row] for row in kept)
    return UnitSample(
        y=apart.y[:, used],
        controls=sample.y[1:][np.ix_(kept, used)],
        names=design.treated,
        control_names=names,
        days=days,
        n_pre=int(sample.baseline.sum()),
        weekday=sample.weekday[used] if weekday else None,
        market=_own_market(market, days),
        places=places,
        wanted=wanted,
    )


def returns_of(
    sample: UnitSample, normal: str, stand_in: Ints | None = None
) -> AbnormalReturns:
    """Fit the normal model to the treated units, or to unrelated ones in their place.

    Parameters
    ----------
    sample : UnitSample
    normal : {"market model", "market-adjusted", "constant mean"}
    stand_in : (N,) array, optional
        Rows of ``controls`` in the treated units' place; they are no part of the
        market then.
    """
    y, names = sample.y, sample.names
    if stand_in is not None:
        y = sample.controls[stand_in]
        names = tuple(sample.control_names[row] for row in stand_in)
    market = None if normal == "constant mean" else _market(sample, stand_in)
    if market is not None and normal == "market-adjusted":
        y, market = y - market, None
    x = normal_regressors(y.shape[1], weekday=sample.weekday, market=market)
    found = abnormal_returns(y, x, sample.n_pre, names=names)
    if stand_in is None:
        _check_beyond_rounding(sample, found)
    return found


def _check_beyond_rounding(sample: UnitSample, found: AbnormalReturns) -> None:
    """Refuse units that the normal model fits exactly."""
    least = rounding_error(sample.y[:, : sample.n_pre], logs=False)
    exact = found.scale <= least
    if exact.any():
        fitted = [name for name, e in zip(sample.names, exact, strict=True) if e]
        raise DesignError(
            f"the normal model fits {fitted[:5]} exactly, so that any return is "
            "rounding error; leave out these units, or the market made of them"
        )


def portfolio_sizes(sample: UnitSample, normal: str) -> Sizes:
    """How often each test rejects for unrelated series in the treated units' place."""
    portfolios = pseudo_portfolios(
        sample.names, sample.control_names, most=PORTFOLIOS, seed=SEED
    )
    rejected: dict[tuple[str, str], int] = {}
    for stand_in in portfolios:
        for row in all_tests(returns_of(sample, normal, stand_in)):
            key = row.test, row.over
            rejected[key] = rejected.get(key, 0) + int(row.p_value <= ALPHA)
    n = len(portfolios)
    return Sizes({key: count / n for key, count in rejected.items()}, n)


def _market(sample: UnitSample, left_out: Ints | None) -> Array:
    if sample.market is not None:
        return sample.market
    return market_series(sample.controls, sample.places, sample.wanted, left_out)


def _markets(design: Design) -> tuple[Ints, Ints, Ints]:
    """Controls to use, their markets and the treated units', as numbers.

    Units are held against their own market where every treated one names a market with
    unrelated series in it; else all unrelated series are one market.
    """
    treated = [split(name)[1] for name in design.treated]
    controls = [split(name)[1] for name in design.controls]
    markets = sorted(set(treated))
    if not set(markets) <= set(controls):
        everyone = np.arange(len(controls))
        zeros = np.zeros(len(controls), dtype=np.int64)
        return everyone, zeros, np.zeros(len(treated), dtype=np.int64)
    number = {market: place for place, market in enumerate(markets)}
    kept = [row for row, market in enumerate(controls) if market in number]
    places = [number[controls[row]] for row in kept]
    wanted = [number[market] for market in treated]
    return np.array(kept), np.array(places), np.array(wanted)


def _own_market(market: pd.Series | None, days: pd.DatetimeIndex) -> Array | None:
    if market is None:
        return None
    if not isinstance(market, pd.Series) or not market.index.is_unique:
        raise DesignError(
            f"market needs a Series with one number a day, got {type(market)} or days "
            "that repeat"
        )
    known = pd.api.types
    odd = known.is_complex_dtype(market) or known.is_bool_dtype(market)
    if odd or not known.is_numeric_dtype(market):
        raise DesignError(f"market holds {market.dtype}, needs numbers")
    values = market.reindex(days).to_numpy(dtype=float)
    if not np.isfinite(values).all():
        lacking = days[~np.isfinite(values)]
        raise DesignError(
            f"market has no number on {len(lacking)} days of the baseline or the "
            f"window, the first {lacking[0]:%F}; bring a complete series"
        )
    return values
