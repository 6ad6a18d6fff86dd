"""What the rule is worth on these days: its own size, and what it could have found."""

import numpy as np
import pandas as pd
from scipy import special

from migration.inference.arrays import Ints
from migration.inference.blocks import BlockContrast
from migration.inference.power import POWER, minimum_effect
from migration.inference.rule import ALPHA, own_rejections
from migration.inference.sample import Sample

TERCILES = ("low", "middle", "high")
FEWEST_FOR_TERCILES = 9
TOLERATED_SIZE = 0.075


def calibration(sample: Sample, contrast: BlockContrast) -> pd.DataFrame:
    """The rule's own rejection rate over the unrelated series, by volume tercile."""
    rejected = own_rejections(contrast)
    rows = {"all": (len(rejected), mean_of(rejected))}
    tercile = volume_tercile(sample)[1:]
    if len(rejected) >= FEWEST_FOR_TERCILES:
        for place, name in enumerate(TERCILES):
            rows[name] = (
                int((tercile == place).sum()),
                mean_of(rejected[tercile == place]),
            )
    index = pd.Index(rows, name="volume")
    return pd.DataFrame(rows.values(), index=index, columns=["n", "rejection"])


def size_warnings(sample: Sample, contrast: BlockContrast) -> list[str]:
    """Say so where the rule rejects too often for series of the treated one's volume.

    Over all unrelated series it cannot reject for more than 5%, because each is ranked
    among the others: only a part of them can tell that the rule is off.
    """
    tercile = volume_tercile(sample)
    like = tercile[1:] == tercile[0]
    if len(like) < FEWEST_FOR_TERCILES or not like.any():
        return []
    rejected, number = int(own_rejections(contrast)[like].sum()), int(like.sum())
    if rejected / number <= TOLERATED_SIZE:
        return []
    chance = float(special.bdtrc(rejected - 1, number, ALPHA))
    return [
        f"the rule rejects for {rejected} of the {number} unrelated series of like "
        f"volume on these days, more than {TOLERATED_SIZE:.1%} (a rule that rejects "
        f"for {ALPHA:.0%} of independent ones gives so many with probability "
        f"{chance:.2f}): read p with that in mind"
    ]


def minimum_effects(sample: Sample, contrast: BlockContrast) -> dict[str, float]:
    """Smallest gain and loss that the rule finds with a power of 80%, by injection.

    ``gain`` and ``loss`` are those of the unrelated series as they are,
    ``_like_volume`` of those of the treated one's volume, and ``_own`` of all of them
    brought to the treated series' own error, which its null must be held against.
    """
    n_controls = len(sample.controls)
    found = {"power": POWER, "n_series": float(n_controls)}
    tercile = volume_tercile(sample)
    like = tercile[1:] == tercile[0]
    own = float(contrast.std_error[0])
    for name, sign in (("gain", 1), ("loss", -1)):
        found[name] = minimum_effect(contrast, sign=sign)
        found[f"{name}_own"] = minimum_effect(contrast, sign=sign, error=own)
        if n_controls >= FEWEST_FOR_TERCILES:
            found[f"{name}_like_volume"] = minimum_effect(
                contrast, sign=sign, among=like
            )
    return found


def volume_tercile(sample: Sample) -> Ints:
    """0, 1 or 2 for each series by its baseline mean, cut at the controls' terciles."""
    level = sample.y[:, sample.baseline].mean(axis=1)
    if len(level) == 1:
        return np.zeros(1, dtype=np.int64)
    cuts = np.quantile(level[1:], [1 / 3, 2 / 3])
    return np.asarray(np.searchsorted(cuts, level, side="right"), dtype=np.int64)


def mean_of(values: "np.typing.ArrayLike") -> float:
    """Mean, NaN of nothing."""
    given = np.asarray(values, dtype=float)
    return float(given.mean()) if len(given) else float("nan")
