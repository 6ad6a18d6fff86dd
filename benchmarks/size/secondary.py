"""Size of the tests beside the headline: whatever an estimator prints is measured.

The estimators are called as a user calls them. Each prints with every secondary test
the share of unrelated series in which it rejects at 5%; this gathers those shares over
placebo dates and SIMULATED worlds, each date or world one piece of evidence.
"""

import re
from collections.abc import Callable

import numpy as np
import pandas as pd

from benchmarks.size.headline import SEED
from benchmarks.size.noise import EVENT, WORLDS, Arma, frame_of, names_of
from benchmarks.size.real import LENGTH, design_at, placebos, pool_of
from migration.design import Design
from migration.errors import DesignError
from migration.estimators.abnormal_interest import abnormal_interest
from migration.estimators.cross_section import cross_section_tests
from migration.estimators.event_study import event_study
from migration.estimators.interrupted_counts import interrupted_counts
from migration.estimators.interrupted_series import interrupted_series
from migration.estimators.path_options import PathOptions
from migration.estimators.spillover_control import spillover_control
from migration.estimators.structural_counterfactual import structural_counterfactual
from migration.estimators.synthetic_control import synthetic_control
from migration.estimators.synthetic_did import synthetic_did
from migration.inference.arrays import weekday_dummies
from migration.inference.cross_ranks import all_tests
from migration.inference.normal_returns import abnormal_returns
from migration.inference.rule import ALPHA

Sizes = dict[tuple[str, str], float]
Estimator = Callable[[pd.DataFrame, Design], Sizes]

N_DRAWS = 12  # worlds for the estimators, 99 series in each
N_MARKETS, N_WORLDS = 20, 500  # of one app, for the tests over units
PORTFOLIO = 3
EXPOSED = 3  # unrelated series that stand for competitors
WINDOWS = (3, 14)  # days, beside the nine of the study that ships
A_DAY, SHARE = 100.0, 0.3  # SIMULATED counts: mean, and log units of a world's one
POISSON = PathOptions(estimator="poisson")
LAG = re.compile(r", lag \d+")


def of_result(method: str, estimate: Callable[..., object]) -> Estimator:
    """Shares of a result's secondary table, and of its own rule by volume."""

    def sizes(frame: pd.DataFrame, design: Design) -> Sizes:
        try:
            result = estimate(frame, design)
        except DesignError:  # a baseline too short for this method has no share
            return {}
        rows = result.secondary.set_index("test")["size_here"].dropna()
        found = {(method, _name(str(test))): float(v) for test, v in rows.items()}
        for volume, row in result.calibration.iterrows():
            found[method, f"HEADLINE, {volume}"] = float(row["rejection"])
        return found

    return sizes


def _name(test: str) -> str:
    """A test without what differs between dates: its window, its chosen bandwidth."""
    return LAG.sub("", test.split(": ")[0])


def _abnormal(normal: str) -> Estimator:
    def estimate(frame: pd.DataFrame, design: Design) -> object:
        return abnormal_interest(frame, design, normal=normal)

    return of_result(f"abnormal_interest, {normal}", estimate)


def _interrupted(noise: str) -> Estimator:
    def estimate(frame: pd.DataFrame, design: Design) -> object:
        return interrupted_series(frame, design, noise=noise)

    return of_result(f"interrupted_series, {noise}", estimate)


def _with_intercept(frame: pd.DataFrame, design: Design) -> object:
    return synthetic_control(frame, design, intercept=True)


def _with_spillovers(frame: pd.DataFrame, design: Design) -> object:
    """The first unrelated series as if they were competitors that nothing touched."""
    exposed, rest = design.controls[:EXPOSED], design.controls[EXPOSED:]
    return spillover_control(frame, design.but(controls=rest, competitors=exposed))


def _pseudo_likelihood(frame: pd.DataFrame, design: Design) -> object:
    return event_study(frame, design, options=POISSON)


ESTIMATORS: dict[str, Estimator] = {
    "market-adjusted": _abnormal("market-adjusted"),
    "constant mean": _abnormal("constant mean"),
    "market model": _abnormal("market model"),
    "ar1": _interrupted("ar1"),
    "arma11": _interrupted("arma11"),
    "synthetic control": of_result("synthetic_control, intercept", _with_intercept),
    "synthetic did": of_result("synthetic_did", synthetic_did),
    "event study": of_result("event_study", event_study),
    "structural": of_result("structural_counterfactual", structural_counterfactual),
    "spillover": of_result("spillover_control", _with_spillovers),
    "ratio of means": of_result("abnormal_interest, ratio of means", abnormal_interest),
    "counts": of_result("interrupted_counts", interrupted_counts),
    "pseudo-likelihood": of_result("event_study, poisson", _pseudo_likelihood),
}
PLAIN = ("market-adjusted", "constant mean", "market model")
COUNTS = ("ratio of means", "counts", "pseudo-likelihood")


def on_dates(pool_name: str, place: int, estimator: str, length: int = LENGTH) -> Sizes:
    """Shares at one placebo date; another series stands as the treated at each date.

    A window of another length than nine days is named with the method.
    """
    pool = pool_of(pool_name)
    at = placebos(pool, length)[place]
    treated = pool.units[(7 * place) % len(pool.units)]
    design, frame = design_at(pool, at, treated, length=length), pool.frame
    if estimator in COUNTS:
        frame, design = in_counts(frame.assign(n=np.exp(frame["y"]).round()), design)
    found = ESTIMATORS[estimator](frame, design)
    if length == LENGTH:
        return found
    return {(f"{m}, {length} days", test): v for (m, test), v in found.items()}


def in_counts(frame: pd.DataFrame, design: Design) -> tuple[pd.DataFrame, Design]:
    """The same design on the counts ``n`` of a frame."""
    return frame, design.but(outcome="n", estimand="log ratio of means")


def on_world(name: str, draw: int, estimator: str) -> Sizes:
    """Shares in one SIMULATED world of 99 unrelated series."""
    rng = np.random.default_rng([SEED, 1, list(WORLDS).index(name), draw])
    y = WORLDS[name].draw(rng)
    frame, design = frame_of(y), _design(len(y) - 1)
    if estimator in COUNTS:
        mean = A_DAY * np.exp(SHARE * frame["y"].to_numpy())
        frame, design = in_counts(frame.assign(n=rng.poisson(mean)), design)
    return ESTIMATORS[estimator](frame, design)


def over_units_on_dates(pool_name: str, place: int) -> Sizes:
    """Tests over three unrelated series as if hit together, at one placebo date."""
    pool = pool_of(pool_name)
    at = placebos(pool)[place]
    treated = tuple(pool.units[:PORTFOLIO])
    design = design_at(pool, at, treated[0]).but(
        treated=treated, controls=pool.units[PORTFOLIO:]
    )
    found = cross_section_tests(pool.frame, design).frame
    return {
        (str(row["over"]), str(row["test"])): float(row["size_here"])
        for _, row in found.iterrows()
    }


def over_markets(common: float, ar: float) -> dict[str, np.ndarray]:
    """Tests over 20 markets of one app that share its shock, in SIMULATED worlds.

    Parameters
    ----------
    common : float
        Share of a market's variance that all markets of the app have on the same day.
    ar : float
        Memory of that shock and of each market's own noise.

    Returns
    -------
    dict
        Rejections at 5%, shape (N_WORLDS,), by test of the window.
    """
    rng = np.random.default_rng([SEED, 2, int(100 * common), int(100 * ar)])
    n_pre, length = 64, 9
    days = n_pre + length
    x = weekday_dummies(np.arange(days) % 7)
    hits: dict[str, list[bool]] = {}
    for _ in range(N_WORLDS):
        own = Arma(ar)(rng, (N_MARKETS + 1, days))
        y = np.sqrt(1 - common) * own[1:] + np.sqrt(common) * own[0]
        for row in all_tests(abnormal_returns(y, x, n_pre)):
            if row.over == "window":
                hits.setdefault(row.test, []).append(row.p_value <= ALPHA)
    return {test: np.array(found, dtype=float) for test, found in hits.items()}


def _design(n_controls: int) -> Design:
    return Design(
        outcome="y",
        treated="hit",
        event=EVENT,
        window=(0, 8),
        baseline=("2020-11-01", "2021-01-03"),
        controls=names_of(n_controls),
    )
