"""What a reader must know before believing a test over units that share an event."""

from collections.abc import Mapping, Sequence

import numpy as np

from migration.estimators.calibration import TOLERATED_SIZE
from migration.estimators.cross_sample import Sizes
from migration.inference.cross_section import ALPHA, CrossTest

FEW_DAYS, TIED, LOUDER = 60, 0.10, 1.5


def warnings_of(
    shared: Mapping[str, float], tests: Sequence[CrossTest], sizes: Sizes
) -> list[str]:
    """Warnings in the order of what they rest on: data, then tests, then sizes.

    Parameters
    ----------
    shared : mapping
        As :func:`migration.inference.cross_diagnostics.shared_diagnostics` names it,
        with ``volatility_ratio`` and ``thin``.
    tests : sequence of CrossTest
    sizes : Sizes
    """
    return [*_of_the_data(shared), *_of_the_tests(tests, sizes)]


def _of_the_data(shared: Mapping[str, float]) -> list[str]:
    days, rbar = shared["estimation_days"], shared["rbar"]
    memory, ratio = shared["portfolio_autocorrelation"], shared["volatility_ratio"]
    said = []
    if days < FEW_DAYS:
        said.append(f"{days:.0f} days of estimation, fewer than {FEW_DAYS}")
    if shared["ljung_box_p"] <= ALPHA:
        said.append(
            "the portfolio's residuals remember earlier days (autocorrelation at one "
            f"day {memory:.2f}): no test here allows for it"
        )
    if ratio > LOUDER:
        said.append(
            f"the window varies {ratio:.1f} times as much as the days before it: tests "
            "that assume no more variance do not hold"
        )
    if rbar < 0:
        said.append(
            f"the units' mean correlation is {rbar:.2f}, below zero: adjusted "
            "statistics are larger than plain ones"
        )
    if shared["thin"]:
        said.append(
            f"{shared['thin']:.0f} units have one value on more than {TIED:.0%} of "
            "days: small counts or rounding, to which ranks and t do not apply"
        )
    return said


def _of_the_tests(tests: Sequence[CrossTest], sizes: Sizes) -> list[str]:
    silent = dict.fromkeys(row.test for row in tests if np.isnan(row.statistic))
    shares = {r.test: sizes.of(r.test, "window") for r in tests if r.over == "window"}
    loud = [f"{k} {v:.0%}" for k, v in shares.items() if v > TOLERATED_SIZE]
    said = []
    if silent:
        said.append(
            f"no statistic for {', '.join(silent)}: the units repeat each other"
        )
    if sizes.n == 0:
        said.append(
            "no unrelated series can stand in for the treated units with others left "
            "over, so size_here is not known"
        )
    if loud:
        said.append(
            f"tests that reject {sizes.n} portfolios of unrelated series on these days "
            f"more than {TOLERATED_SIZE:.1%} of the time: {', '.join(loud)}"
        )
    return said
