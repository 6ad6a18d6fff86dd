"""Time the contrast of 99 series in turn, ours in one batch, statsmodels one by one.

Both give the same estimates, or nothing is timed: a series net of the mean of the
others, regressed on day of week over the baseline, and its window's mean residual.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from benchmarks.size.real import NOTICE, embedded, placebos, sample_at
from migration.inference.arrays import net_of_controls, weekday_dummies
from migration.inference.contrast import window_contrast
from migration.inference.sample import Sample

Array = NDArray[np.float64]
RENDER, WRITE = "--render", "--write"
REPEATS = 5
TOLERANCE = 1e-9


def main() -> int:
    """Print ours, the peer's, and their ratio; 1 where they disagree.

    With ``--render`` it is reports of many markets that are timed instead; with
    ``--write PAGE`` everything else, into a page.
    """
    if WRITE in sys.argv[1:-1]:
        from benchmarks.bench import page

        return page.main(Path(sys.argv[sys.argv.index(WRITE) + 1]))
    if RENDER in sys.argv[1:]:
        from benchmarks import render

        return render.main([one for one in sys.argv[1:] if one != RENDER])
    pool = embedded()
    at = next(one for one in placebos(pool) if one.event == NOTICE)
    sample = sample_at(pool, at)
    gap = float(np.abs(ours(sample) - peer(sample)).max())
    if gap > TOLERANCE:
        sys.stderr.write(f"ours and the peer's differ by {gap:.3g}: nothing timed\n")
        return 1
    mine, theirs = best(ours, sample), best(peer, sample)
    sys.stdout.write(
        f"{len(sample.y)} series, estimates equal to {gap:.0e}\n"
        f"ours            {1000 * mine:9.2f} ms\n"
        f"statsmodels OLS {1000 * theirs:9.2f} ms\n"
        f"ratio           {theirs / mine:9.1f}\n"
    )
    return 0


def ours(sample: Sample) -> Array:
    """Mean of the window's days less their normal path, every series at once."""
    found = window_contrast(sample, sample.window, normal="market-adjusted", logs=False)
    return found.estimate


def peer(sample: Sample) -> Array:
    """The same by a loop over series with statsmodels' OLS."""
    import statsmodels.api as sm

    y, x = net_of_controls(sample.y), weekday_dummies(sample.weekday)
    length, base = int(sample.window.sum()), sample.baseline
    blocks = np.flatnonzero(base)[-(int(base.sum()) // length) * length :]
    found = []
    for one in y:
        fit = sm.OLS(one[base], x[base]).fit()
        left = one - x @ fit.params
        found.append(left[sample.window].mean() - left[blocks].mean())
    return np.array(found)


def best(run: Callable[[Sample], Array], sample: Sample) -> float:
    """Seconds of the quickest of some runs."""
    times = []
    for _ in range(REPEATS):
        start = perf_counter()
        run(sample)
        times.append(perf_counter() - start)
    return min(times)


if __name__ == "__main__":
    sys.exit(main())
