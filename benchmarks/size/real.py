"""Observed series of unrelated applications, and dates on which nothing hit them."""

import gzip
import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd

from migration.design import ONE_DAY, Design, design_for
from migration.inference.arrays import Ints
from migration.inference.sample import Sample, arrange
from migration.outcomes import to_outcome
from migration.sources import load_panel
from migration.study import load_study

VARIABLE = "MIGRATION_REAL"
LARGER = "flathub/flathub_allrefs_2020-10_2021-04_daily.csv.gz"
NOTICE = pd.Timestamp("2021-01-06")
LENGTH, GAP, BASELINE_DAYS, LEAST_DAYS = 9, 3, 64, 36
MOST_STALE = 31  # days between a baseline that ends before Christmas and its place
CHRISTMAS = pd.Timestamp("2020-12-20"), pd.Timestamp("2021-01-03")
FEWEST_A_DAY = 20
TERCILES = ("low", "middle", "high")
# They carry messages, calls or mail, or wrap a service that does: not unrelated.
TALK = (
    "chat|messeng|discord|slack|skype|zoom|teams|telegram|signal|whatsapp|threema|wire"
    "|viber|riot|element|session|jitsi|jami|mumble|teamspeak|pidgin|gajim|qtox|fractal"
    "|hexchat|mattermost|ferdi|franz|rambox|tangram|tootle|cawbird|mail|geary|evolution"
    "|thunderbird|tutanota|birdtray|kontact|polari|dino|nheko|quassel|konversation"
)


@dataclass(frozen=True, eq=False)
class Pool:
    """Unrelated series of one source.

    Attributes
    ----------
    frame : DataFrame
        Long: ``unit, period, y`` with the log of new installs.
    units : tuple of str
    a_day : (J,) Series
        Mean count from 1 November to 3 January, by unit.
    first_day, last_day : Timestamp
    """

    frame: pd.DataFrame
    units: tuple[str, ...]
    a_day: pd.Series
    first_day: pd.Timestamp
    last_day: pd.Timestamp

    @property
    def tercile(self) -> Ints:
        """0, 1 or 2 by volume before the notice, the same at every date, shape (J,)."""
        level = self.a_day[list(self.units)].to_numpy()
        cuts = np.quantile(level, [1 / 3, 2 / 3])
        return np.asarray(np.searchsorted(cuts, level, side="right"), dtype=np.int64)


@dataclass(frozen=True)
class Placebo:
    """A date on which unrelated series are held against a baseline before it."""

    event: pd.Timestamp
    baseline: tuple[pd.Timestamp, pd.Timestamp]

    @property
    def christmas(self) -> str:
        """How much of 20 December to 3 January the baseline holds."""
        first, last = self.baseline
        if first > CHRISTMAS[1] or last < CHRISTMAS[0]:
            return "no"
        return "yes" if last >= CHRISTMAS[1] and first <= CHRISTMAS[0] else "in part"


@lru_cache(maxsize=1)
def embedded() -> Pool:
    """Unrelated applications among the series that ship."""
    study = load_study("whatsapp-2021")
    panel = load_panel(study, source="flathub", metric="new_installs")
    frame = to_outcome(panel, "log_count")
    units = design_for(study, frame, app="signal", event="notice").controls
    counts = panel.pivot(index="period", columns="app", values="value")
    return _pool(frame, counts, units)


@lru_cache(maxsize=1)
def larger() -> Pool:
    """Unrelated applications of the larger set, zero days and small ones left out."""
    path = Path(os.environ[VARIABLE]) / LARGER
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        rows = pd.read_csv(lines, parse_dates=["date"])
    counts = rows.pivot(index="date", columns="app_id", values="new_installs")
    # Runtimes, extensions and themes carry a branch after a slash; applications none.
    apps = counts.columns[~counts.columns.str.contains("/")]
    apps = apps[~apps.str.contains(TALK, case=False)]
    whole = counts[apps].gt(0).all() & counts[apps].notna().all()
    busy = counts.loc["2020-11-01":"2021-01-03", apps].mean() >= FEWEST_A_DAY
    kept = apps[(whole & busy).to_numpy()]
    logs = np.log(counts[kept]).rename_axis(index="period", columns="unit")
    frame = logs.melt(ignore_index=False, value_name="y").reset_index()
    return _pool(frame, counts, tuple(kept))


def _pool(frame: pd.DataFrame, counts: pd.DataFrame, units: tuple[str, ...]) -> Pool:
    before = counts.loc["2020-11-01":"2021-01-03", list(units)].mean()
    days = frame["period"]
    return Pool(frame, units, before, days.min(), days.max())


def pool_of(name: str) -> Pool:
    """``"embedded"`` or ``"larger"``."""
    return {"embedded": embedded, "larger": larger}[name]()


def placebos(pool: Pool, length: int = LENGTH) -> list[Placebo]:
    """Windows of nine days, one after the other, the notice's own among them.

    Each is held against the 64 days that end three days before it, or as many as the
    data have from 36 on, and again with a baseline that ends on 19 December, before
    Christmas, where that is not too long before. Windows of another length begin on the
    same days, as many of them as do not overlap.
    """
    found = []
    step = ONE_DAY * LENGTH * -(-length // LENGTH)
    event = NOTICE - step * ((NOTICE - pool.first_day) // step)
    while event + ONE_DAY * (length - 1) <= pool.last_day:
        last = event - ONE_DAY * GAP
        for end in dict.fromkeys((last, min(last, CHRISTMAS[0] - ONE_DAY))):
            first = max(end - ONE_DAY * (BASELINE_DAYS - 1), pool.first_day)
            stale = (last - end).days > MOST_STALE
            if not stale and (end - first).days + 1 >= LEAST_DAYS:
                found.append(Placebo(event, (first, end)))
        event += step
    return found


def design_at(pool: Pool, at: Placebo, treated: str, *, length: int = LENGTH) -> Design:
    """One unrelated series treated, all others its controls."""
    return Design(
        outcome="y",
        treated=treated,
        event=at.event,
        window=(0, length - 1),
        baseline=at.baseline,
        controls=[unit for unit in pool.units if unit != treated],
    )


def sample_at(pool: Pool, at: Placebo) -> Sample:
    """All series as rows, in the order of ``pool.units``."""
    return arrange(pool.frame, design_at(pool, at, pool.units[0]))
