"""SIMULATED worlds: series with memory, and shocks that hit all of them on one day."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from migration.inference.sample import Sample

Array = NDArray[np.float64]
Rng = np.random.Generator

# The days of the study that ships: 64 of baseline, two between, a window of nine.
DAYS = pd.date_range("2020-11-01", "2021-01-14", name="period")
BASELINE = np.asarray(DAYS <= "2021-01-03")
WINDOW = np.asarray(DAYS >= "2021-01-06")
EVENT = "2021-01-06"
N_CONTROLS = 99
COMMON = 0.3  # share of a series' variance that hits every series on the same day
BURN_IN = 100


@dataclass(frozen=True)
class Arma:
    """``y_t = ar1 y_(t-1) + ar2 y_(t-2) + e_t + ma e_(t-1)``, scaled to variance 1."""

    ar1: float = 0.0
    ar2: float = 0.0
    ma: float = 0.0
    heavy: bool = False

    def __call__(self, rng: Rng, shape: tuple[int, int]) -> Array:
        """Draw series, shape (N, T)."""
        n, length = shape[0], shape[1] + BURN_IN
        size = (n, length)
        e = rng.standard_t(4, size=size) if self.heavy else rng.normal(size=size)
        y = np.zeros(size)
        for t in range(2, length):
            y[:, t] = self.ar1 * y[:, t - 1] + self.ar2 * y[:, t - 2]
            y[:, t] += e[:, t] + self.ma * e[:, t - 1]
        return np.asarray(y[:, BURN_IN:] / self._spread(heavy=self.heavy))

    def _spread(self, *, heavy: bool) -> float:
        """Standard deviation, by the moving-average form."""
        psi = [1.0, self.ar1 + self.ma]
        for _ in range(2 * BURN_IN):
            psi.append(self.ar1 * psi[-1] + self.ar2 * psi[-2])
        return float(np.sqrt(np.square(psi).sum() * (2.0 if heavy else 1.0)))


@dataclass(frozen=True)
class LocalLevel:
    """A mean that drifts by a step of sd ``drift`` a day, plus noise of variance 1."""

    drift: float

    def __call__(self, rng: Rng, shape: tuple[int, int]) -> Array:
        """Draw series, shape (N, T)."""
        steps = self.drift * rng.normal(size=shape)
        return np.asarray(steps.cumsum(axis=1) + rng.normal(size=shape))


@dataclass(frozen=True)
class Weekly:
    """AR(0.5) plus a weekly cycle of each series' own, as strong as the noise."""

    def __call__(self, rng: Rng, shape: tuple[int, int]) -> Array:
        """Draw series, shape (N, T)."""
        cycle = rng.normal(size=(shape[0], 7))
        weekday = np.arange(shape[1]) % 7
        return Arma(ar1=0.5)(rng, shape) + cycle[:, weekday]


Noise = Callable[[Rng, tuple[int, int]], Array]


@dataclass(frozen=True)
class World:
    """How series come about: own noise, a common shock, and perhaps an odd treated one.

    Attributes
    ----------
    own : Noise
    loading : (float, float)
        Series load on the common shock by a number drawn between these.
    treated : Noise, optional
        Of row 0, where it is unlike the others.
    """

    own: Noise
    loading: tuple[float, float] = (1.0, 1.0)
    treated: Noise | None = None

    def draw(self, rng: Rng, n_controls: int = N_CONTROLS) -> Array:
        """Draw one world, shape (1 + J, T), row 0 the treated series."""
        shape = (1 + n_controls, len(DAYS))
        y = self.own(rng, shape)
        if self.treated is not None:
            y[:1] = self.treated(rng, (1, shape[1]))
        common = self.own(rng, (1, shape[1]))
        loading = rng.uniform(*self.loading, size=(shape[0], 1))
        return np.sqrt(1 - COMMON) * y + np.sqrt(COMMON) * loading * common


WORLDS = {
    "AR 0": World(Arma()),
    "AR 0.3": World(Arma(0.3)),
    "AR 0.5": World(Arma(0.5)),
    "AR 0.8": World(Arma(0.8)),
    "AR 0.8, loadings 0 to 2": World(Arma(0.8), loading=(0.0, 2.0)),
    "ARMA(1,1), 0.8 and -0.4": World(Arma(0.8, ma=-0.4)),
    "AR(2), 0.5 and 0.3": World(Arma(0.5, 0.3)),
    "AR 0.5, t with 4 df": World(Arma(0.5, heavy=True)),
    "local level, step 0.15": World(LocalLevel(0.15)),
    "weekly cycle, AR 0.5": World(Weekly()),
}
# What the rank assumes fails here: the treated series is unlike the unrelated ones.
UNLIKE = {
    "AR 0.8 among AR 0": World(Arma(), treated=Arma(0.8)),
    "local level 0.15 among AR 0": World(Arma(), treated=LocalLevel(0.15)),
    "AR(2) among AR 0.5": World(Arma(0.5), treated=Arma(0.5, 0.3)),
}


def names_of(n_controls: int) -> tuple[str, ...]:
    """Names of the unrelated series."""
    return tuple(f"c{place:03d}" for place in range(n_controls))


def sample_of(y: Array) -> Sample:
    """Arrays as the estimators take them, shape (1 + J, T)."""
    since = (DAYS - pd.Timestamp(EVENT)).days
    return Sample(
        y=y,
        controls=names_of(len(y) - 1),
        days=DAYS,
        baseline=BASELINE,
        window=WINDOW,
        event_time=np.asarray(since, dtype=np.int64),
    )


def frame_of(y: Array) -> pd.DataFrame:
    """Long frame of a world, marked SIMULATED; the treated unit is ``"hit"``."""
    units = ["hit", *names_of(len(y) - 1)]
    wide = pd.DataFrame(y.T, index=DAYS, columns=units)
    long = wide.melt(ignore_index=False, var_name="unit", value_name="y").reset_index()
    long["simulated"] = True
    return long
