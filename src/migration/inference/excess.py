"""Counts beyond normal, in counts a day, for apps that are to be added and divided."""

from dataclasses import dataclass

import numpy as np

from migration.inference.arrays import Array
from migration.inference.blocks import BlockContrast, block_contrast, block_means
from migration.inference.poisson_path import expected_counts, normalised
from migration.inference.sample import Sample
from migration.inference.week import window_widening


@dataclass(frozen=True, eq=False)
class Excess:
    """A window's mean count beyond normal, of one app and of unrelated series.

    Attributes
    ----------
    normal : float
        The app's own mean count a day that the window was expected to have.
    level : float
        Its mean count a day over the baseline.
    blocks : (1 + J, q) array
        The same statistic of each baseline block of the window's length.
    post : (1 + J,) array
        Of the window.
    widened : float
        What the weekly cycle costs the window's contrast with the blocks.
    """

    normal: float
    level: float
    blocks: Array
    post: Array
    widened: float = 1.0

    @property
    def contrast(self) -> BlockContrast:
        """The window less the blocks, for every series."""
        return block_contrast(self.blocks, self.post, widened=self.widened)


def excess_counts(sample: Sample) -> Excess:
    """Observed less normal counts a day: own level x day of week x the others' day.

    Parameters
    ----------
    sample : Sample
        Counts; row 0 the app, the rest unrelated series, each of which is expected
        from the others.
    """
    used = sample.baseline | sample.window
    level = sample.y[:, sample.baseline].mean(axis=1, keepdims=True)
    y, weekday, base = sample.y[:, used], sample.weekday[used], sample.baseline[used]
    normal = level * expected_counts(normalised(y, base), weekday, base)
    window = sample.window[used]
    beyond = y - normal
    return Excess(
        normal=float(normal[0, window].mean()),
        level=float(level[0, 0]),
        blocks=block_means(beyond, base, int(window.sum())),
        post=np.asarray(beyond[:, window].mean(axis=1)),
        widened=window_widening(weekday, base, window),
    )
