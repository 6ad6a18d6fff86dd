"""What a rank says of downloads, and a result that may be a bound."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import pandas as pd

from migration.design import Design
from migration.errors import DesignError
from migration.estimators.choices import are_numbers
from migration.results import COLUMNS, EffectResult, plain_rows

# size = A rank^-b. Garg and Telang (2013, MISQ 37:1253): 150 and 120 times the
# downloads of rank 200 at rank 1, paid charts. Nobody has published b of a free one.
PUBLISHED = {
    "paid, iPhone (Garg and Telang 2013)": float(np.log(150) / np.log(200)),
    "paid, iPad (Garg and Telang 2013)": float(np.log(120) / np.log(200)),
    "free, implied by download ratios of January 2021, least": 0.43,
    "free, implied by download ratios of January 2021, most": 0.47,
}


@dataclass(frozen=True, kw_only=True, eq=False)
class RankResult(EffectResult):
    """An effect on the latent index -log rank: an estimate, or a bound alone.

    A bound has no point estimate: ``estimate``, ``std_error`` and ``p_value`` are NaN
    and an end that the chart does not show is infinite.

    Attributes
    ----------
    downloads : DataFrame
        ``estimate``, ``conf_low`` and ``conf_high`` of the effect on log downloads,
        ``d log q = b dz``, one row a value of ``b``: the band's two ends, those
        published, and the band as a whole.
    censoring : DataFrame
        By ``period``: share of the treated cells at the ``floor`` (off the chart), at
        the ``ceiling`` (first), ``inside`` and ``missing``.
    """

    downloads: pd.DataFrame
    censoring: pd.DataFrame

    @property
    def is_bound(self) -> bool:
        """Whether the chart gives a bound and no estimate."""
        return bool(np.isnan(self.headline["estimate"]))

    def in_downloads(self) -> EffectResult:
        """The effect on log downloads, known between the ends of the band of b.

        Outcome and estimand say so, and ``identification`` as :func:`label_of_bound`;
        all else is as it was.
        """
        band = self.downloads.loc[["whole band"], ["conf_low", "conf_high"]]
        low, high = band.to_numpy(dtype=float)[0]
        shared = {f.name: getattr(self, f.name) for f in fields(EffectResult)}
        told = {
            "estimand": "log downloads by a band of rank exponents",
            "identification": label_of_bound(self.design),
            "headline": bound_row(low, high),
            "outcome": "log_count",
        }
        return EffectResult(**shared | told)

    def __repr__(self) -> str:
        h = self.headline
        first, last = self.design.window_days
        mark = "SIMULATED " if self.simulated else ""
        number = (
            in_words(h)
            if self.is_bound
            else f"{h.estimate:.3g} [{h.conf_low:.3g}, {h.conf_high:.3g}], "
            f"p = {h.p_value:.3g}"
        )
        return (
            f"<{mark}{self.method} of {_named(self.design.treated)}, "
            f"{first:%F} to {last:%F} ({self.identification}): {self.estimand} "
            f"{number}>"
        )

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain values, ready for JSON; missing numbers are None."""
        own = {
            "downloads": plain_rows(self.downloads),
            "censoring": plain_rows(self.censoring),
        }
        return super().to_dict() | own


def in_words(row: pd.Series) -> str:
    """Say a bound: ``at least 1.59``, ``at most 0.2``, ``between 1 and 2``."""
    low, high = float(row["conf_low"]), float(row["conf_high"])
    if np.isinf(high):
        return f"at least {low:.3g}"
    return (
        f"at most {high:.3g}" if np.isinf(low) else f"between {low:.3g} and {high:.3g}"
    )


def as_rank_result(result: EffectResult, **more: Any) -> RankResult:
    """Carry a finished result over, with fields added or replaced."""
    own = {f.name: getattr(result, f.name) for f in fields(EffectResult)}
    return RankResult(**own | more)


def to_downloads(headline: pd.Series, b_band: tuple[float, float]) -> pd.DataFrame:
    """Turn an effect on -log rank into effects on log downloads.

    Parameters
    ----------
    headline : Series
    b_band : (float, float)
        Least and largest b that is thought possible.

    Returns
    -------
    DataFrame
        Indexed by ``source`` of b. The row of the whole band has no estimate: its
        limits are the widest over b.
    """
    values = {"band, least": b_band[0], "band, largest": b_band[1], **PUBLISHED}
    table = pd.DataFrame({"b": values})
    ends = ["conf_low", "conf_high"]
    for name in ("estimate", *ends):
        table[name] = table["b"] * float(headline[name])
    band = table.iloc[:2]
    table.loc["whole band"] = [
        np.nan,
        np.nan,
        band["conf_low"].min(),
        band["conf_high"].max(),
    ]
    return table.rename_axis("source")


def check_band(b_band: Any) -> tuple[float, float]:
    """Two values 0 < least <= largest, or refuse."""
    pair = are_numbers(b_band) and len(b_band) == 2
    low, high = (float(b) for b in b_band) if pair else (np.nan, np.nan)
    if not 0 < low <= high < np.inf:
        raise DesignError(
            f"b_band needs the least and the largest b of downloads = A rank^-b, both "
            f"above zero, got {b_band!r}"
        )
    return low, high


def label_of_bound(design: Design) -> str:
    """``bounds`` for an event alone; several events stay a bundle or a combined path.

    A bound of what several events did is no bound of what the last of them did.
    """
    return "bounds" if design.identification == "window" else design.identification


def bound_row(low: float, high: float) -> pd.Series:
    """The five numbers of a bound."""
    values: Mapping[str, float] = dict.fromkeys(COLUMNS, np.nan)
    return pd.Series({**values, "conf_low": low, "conf_high": high}, dtype=float)


def _named(units: tuple[str, ...]) -> str:
    """Apps, with the number of their markets where there are several."""
    apps = ", ".join(sorted({app_of(unit) for unit in units}))
    return apps if len(units) == 1 else f"{apps} ({len(units)} markets)"


def app_of(unit: str) -> str:
    """The app of a unit ``app:market``, or the unit where it has no market."""
    return str(unit).rpartition(":")[0] or str(unit)
