"""Dose contrast: whether more changed in markets that an event reached more."""

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import pandas as pd

from migration.design import Design
from migration.errors import DesignError
from migration.estimators import finish
from migration.estimators.choices import check_design, is_whole
from migration.estimators.dose_cautions import balance_of, cautions
from migration.estimators.dose_markets import (
    Doses,
    Markets,
    Regions,
    by_market,
)
from migration.estimators.dose_tests import beside, dealt_slopes_of
from migration.inference.blocks import BlockContrast
from migration.inference.copies import rounding_error
from migration.inference.dose import Dealt, slope_weights
from migration.inference.permutation import DEALS
from migration.inference.rule import ALPHA, decide
from migration.results import COLUMNS, EffectResult, plain_rows

COMPUTED = ("window", "bundle", "combined path", "dose")
FEWEST_DEALS = 99


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class DoseResult(EffectResult):
    """A slope over regions, with the markets behind it.

    Attributes
    ----------
    markets : DataFrame
        By ``market``: ``region, dose, change`` (net of unrelated apps, in units of the
        outcome) and ``volatility`` (standard deviation of its baseline blocks).
    balance : DataFrame
        What else differs with the dose before the event: ``slope``, ``correlation`` and
        ``p_value`` by region permutation of the log volatility and of the level (of
        counts its log).
    """

    markets: pd.DataFrame
    balance: pd.DataFrame

    def __repr__(self) -> str:
        h, mark = self.headline, "SIMULATED " if self.simulated else ""
        app = self.design.treated[0].rpartition(":")[0]
        first, last = self.design.window_days
        return (
            f"<{mark}{self.method} of {app + ' in ' if app else ''}"
            f"{len(self.markets)} markets, {self.markets['region'].nunique()} regions, "
            f"{first:%F} to {last:%F} ({self.identification}): {self.estimand} "
            f"{h.estimate:.3g} [{h.conf_low:.3g}, {h.conf_high:.3g}] for one unit of "
            f"the dose, p = {h.p_value:.3g}>"
        )

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain values, ready for JSON."""
        return {
            **super().to_dict(),
            "markets": plain_rows(self.markets),
            "balance": plain_rows(self.balance),
        }


def dose_contrast(
    frame: pd.DataFrame,
    design: Design,
    *,
    dose: Doses,
    region: Regions | None = None,
    deals: int = DEALS,
) -> DoseResult:
    """Estimate how much more an outcome changed for one unit more of a declared dose.

    The slope over regions of each one's mean change on its mean dose: what all markets
    share, the level of the effect and every common shock, cancels. Its p is the larger
    of the rule's (:mod:`migration.inference.rule`, on the daily slopes, ranked among
    those of unrelated apps) and of the share of all ways to deal the doses to the
    regions; the interval is the union. Dealing markets, or errors robust to their
    spread alone, reject a true null 12 to 21% of the time where regions share shocks:
    they stand beside it.

    Parameters
    ----------
    frame : DataFrame
        Long, one row a unit and day; units are ``app:market``, or markets; left as it
        is.
    design : Design
        ``treated``: one app's units in all markets; ``controls``: unrelated apps' in
        the same markets, or none.
    dose : mapping or Series
        Market to the dose, declared before the outcome is seen, in any unit.
    region : mapping or Series, optional
        Market to the region whose shocks it shares; without it each market is one.
    deals : int
        Ways to deal the doses that are drawn with a seed, where there are more than
        5040; :func:`migration.inference.batches.compute_on` has many drawn elsewhere.

    Returns
    -------
    DoseResult
        Estimates in units of the outcome for one unit of the dose; ``effects`` the
        slope by event time.

    Raises
    ------
    PanelError, DesignError
        For data or a design that cannot answer, with what to do.
    """
    check_design(design)
    if design.identification not in COMPUTED:
        raise DesignError(
            f"dose_contrast computes {COMPUTED}, not {design.identification!r}; decay "
            "and bounds are in `second` of event_study"
        )
    _check_deals(deals)
    markets = replace(by_market(frame, design, dose, region), deals=int(deals))
    contrast = markets.contrast(markets.sample.window)
    _check_finite(markets, contrast)
    dealt = dealt_slopes_of(markets, markets.sample.window)
    balance = balance_of(markets)
    found = finish.Finding(
        method="dose contrast, slope over regions",
        effects=_daily(markets),
        secondary=pd.DataFrame(beside(markets, contrast, dealt, design)),
        warnings=tuple(cautions(markets, balance, design, declared=region is not None)),
    )
    result = finish.dress(frame, design, markets.sample, contrast, found)
    return _with_markets(result, markets, (contrast, dealt), balance)


def _check_deals(deals: int) -> None:
    if not is_whole(deals) or deals < FEWEST_DEALS:
        raise DesignError(
            f"deals needs a whole number of at least {FEWEST_DEALS}, got {deals!r}: "
            "fewer tell no p below 1%"
        )


def _with_markets(
    result: EffectResult,
    markets: Markets,
    judged: tuple[BlockContrast, Dealt],
    balance: pd.DataFrame,
) -> DoseResult:
    shared = {f.name: getattr(result, f.name) for f in fields(EffectResult)}
    alone = "" if markets.sample.controls else "; here block-t alone, without a rank"
    words = (
        f"{alone}; with it the share of all deals of the dose to "
        f"{len(markets.regions)} regions: the larger p, the union of the intervals"
    )
    shared["headline"] = _union(*judged)
    shared["inference"] += words
    return DoseResult(**shared, markets=_market_table(markets), balance=balance)


def _check_finite(markets: Markets, contrast: BlockContrast) -> None:
    """Refuse a slope without a number, or with an error that only rounding makes."""
    before = markets.y[:, :, markets.sample.baseline]
    rounding = [rounding_error(app, logs=markets.logs).max() for app in before]
    least = np.array(rounding) * np.abs(slope_weights(markets.region_dose)).sum()
    if not (np.isfinite(contrast.estimate) & (contrast.std_error > least)).all():
        raise DesignError(
            "no slope with an error beyond rounding: every baseline block has the same "
            "slope, or some mean of counts is zero; look at the series, or lengthen "
            "the baseline"
        )


def _by_rule(contrast: BlockContrast) -> pd.Series:
    """The rule; without unrelated apps there is no rank, and block-t stands for it."""
    row = finish.verdict_row(decide(contrast))
    if len(contrast.estimate) == 1:
        half = contrast.critical(ALPHA) * row["std_error"]
        row["conf_low"], row["conf_high"] = row.estimate - half, row.estimate + half
        row["p_value"] = float(contrast.p_value[0])
    return row


def _union(contrast: BlockContrast, dealt: Dealt) -> pd.Series:
    """The stricter of the rule and the region permutation."""
    row = _by_rule(contrast)
    row["conf_low"] = min(row["conf_low"], dealt.interval[0])
    row["conf_high"] = max(row["conf_high"], dealt.interval[1])
    row["p_value"] = max(row["p_value"], float(dealt.p_value[0]))
    return row


def _daily(markets: Markets) -> pd.DataFrame:
    """The slope of each day up to the window's end, by block-t of a day and rank."""
    path, s = markets.daily(), markets.sample
    kept = np.flatnonzero(np.arange(len(s.days)) <= np.flatnonzero(s.window)[-1])
    rows = []
    for day in kept:
        row = _by_rule(path.on_day(int(day)).known())
        rows.append(row if np.isfinite(row.estimate) else row * np.nan)
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    frame.index = pd.Index(s.event_time[kept], name="event_time")
    frame.insert(0, "period", s.days[kept])
    return frame


def _market_table(markets: Markets) -> pd.DataFrame:
    pre, _ = markets.statistics(markets.sample.window)
    return pd.DataFrame(
        {
            "region": [markets.regions[place] for place in markets.region],
            "dose": markets.dose,
            "change": markets.change(markets.sample.window)[0],
            "volatility": pre[0].std(axis=1, ddof=1),
        },
        index=pd.Index(markets.names, name="market"),
    )
