"""Time block-t and the conformal test over many series, against loops over series.

Run ``python -m benchmarks.bench.many_series``. No package has either test for many
series, so the loops are plain ones of this file: Student's t on block means from scipy,
and the moving blocks of the residuals of numpy's least squares, series by series.
"""

import sys
from collections.abc import Callable, Iterator

import numpy as np
from scipy import stats

from benchmarks.bench.compare import Array, Comparison, best, check_equal, show
from migration.inference.arrays import weekday_dummies
from migration.inference.blocks import BlockContrast, block_contrast, block_means
from migration.inference.conformal import conformal_p

SERIES, N_PRE, LENGTH, SEED = 10_000, 64, 9, 20210106
EQUAL, REPEATS, CLOSE = 1e-9, 5, 1e-12


def main(series: int = SERIES) -> int:
    """Print ours, the loop's and their ratio, of both tests; 1 where they disagree."""
    return show(lambda: compare(series))


def compare(series: int = SERIES) -> Iterator[Comparison]:
    """Block-t, then the conformal test."""
    y, x = arrays(series)
    pairs: dict[str, tuple[Callable[[], Array], Callable[[], Array]]] = {
        "block-t": (lambda: blocks(y).p_value, lambda: blocks_alone(y)),
        "conformal test": (lambda: conformal(y, x), lambda: conformal_alone(y, x)),
    }
    for name, (ours, loop) in pairs.items():
        said = check_equal("p-values", ours(), loop(), most=EQUAL)
        yield Comparison(
            f"{name} of a window of {LENGTH} days after {N_PRE}, {series} series; "
            f"{said}",
            [
                ("ours, all series", best(ours, REPEATS)),
                ("a loop of numpy and scipy", best(loop, 1)),
            ],
        )


def arrays(series: int) -> tuple[Array, Array]:
    """SIMULATED series, and intercept and day of week."""
    days = np.arange(N_PRE + LENGTH)
    y = np.random.default_rng(SEED).normal(size=(series, len(days)))
    return y, weekday_dummies(days % 7)


def blocks(y: Array) -> BlockContrast:
    """Block-t of all series."""
    baseline = np.arange(y.shape[1]) < N_PRE
    pre = block_means(y, baseline, LENGTH)
    return block_contrast(pre, y[:, N_PRE:].mean(axis=1))


def blocks_alone(y: Array) -> Array:
    """The same, series by series."""
    q, found = N_PRE // LENGTH, []
    for one in y:
        pre = one[N_PRE - q * LENGTH : N_PRE].reshape(q, LENGTH).mean(axis=1)
        gap = one[N_PRE:].mean() - pre.mean()
        t = gap / (pre.std(ddof=1) * np.sqrt(1 + 1 / q))
        found.append(2 * stats.t.sf(abs(t), q - 1))
    return np.array(found)


def conformal(y: Array, x: Array) -> Array:
    """The conformal test of all series."""
    return conformal_p(y, x, N_PRE)


def conformal_alone(y: Array, x: Array) -> Array:
    """The same, series by series."""
    found = []
    for one in y:
        left = one - x @ np.linalg.lstsq(x, one, rcond=None)[0]
        means = np.abs(np.convolve(left, np.full(LENGTH, 1 / LENGTH), mode="valid"))
        placebos = means[: N_PRE - LENGTH + 1]
        beyond = (placebos >= means[-1] - CLOSE * np.abs(left).max()).sum()
        found.append((1 + beyond) / (1 + len(placebos)))
    return np.array(found)


def task(series: int) -> Callable[[], object]:
    """Both tests of so many series."""
    y, x = arrays(series)
    return lambda: (blocks(y).p_value, conformal(y, x))


if __name__ == "__main__":
    sys.exit(main())
