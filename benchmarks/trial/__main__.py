"""Run the trial and write its page."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.size.page import percent, table, versions
from benchmarks.size.shares import Share, of_independent, of_means
from benchmarks.size.study import cores, run
from benchmarks.trial.one import FIRST_SEED, QUANTITY, STUDY, Row, rows_of

DOCS = Path(__file__).resolve().parents[2] / "docs"
SEEDS, LEVEL = 30, 0.95
OPENING = """# From known truth to the printed interval

Written by `make trial`, not by hand; a second run writes the same bytes. {versions}.

Everything here is SIMULATED. The study `{study}` (60 markets, 102 apps, 120 days) is
drawn with {seeds} seeds, {first} to {last}, and sent through the calls of the event
report and of the report of migration. The truth of each interval is read from the
simulator's own table of what it added to each app, market and day
(`Simulation.truth_by_day`), averaged over markets and days as the estimand is. An
interval of 95% should hold it 95 times in 100.

A share stands with its 95% interval in brackets. Apps, days and weeks of one world
share its unrelated series, so that a seed is one draw: the interval is Student's t over
the seeds' means, or exact binomial where a seed has one answer. Where every seed has
the same mean the interval has no width and the number of seeds is what is known.
"""
READING = """
The rows read:

- *told from zero* is the share for which the report says so: of effects that are there,
  power; there is no row of a true zero here (`docs/size.md` has those).
- *ratio of means* is held against the log of the mean ratio of the window's days.
- *gain ratio* counts the worlds in which the origin's loss is told from zero, as only
  those print one; *had it always been given* counts them all. The true loss is small
  beside its error, so that the sets are wide, and mostly without bounds in the second.
- A *diversion share* is left out: it has a truth only where the market's size is
  constant, and in this world the gains are four times the loss.
- *half-life* and *long-run gain* count the apps and worlds whose decay was not refused.
  They are the first event's; that the second takes a part back on days that differ
  between markets is in the data and not in the model.
"""


def main() -> int:
    """Write ``trial.md``."""
    parser = argparse.ArgumentParser(prog="make trial", description=main.__doc__)
    parser.add_argument("--out", type=Path, default=DOCS, help="folder (docs)")
    parser.add_argument("--seeds", type=int, default=SEEDS, help="worlds")
    parser.add_argument("--workers", type=int, default=cores(), help="processes")
    given = parser.parse_args()
    if min(given.seeds, given.workers) < 1:
        parser.error("--seeds and --workers need 1 or more")
    seeds = range(FIRST_SEED, FIRST_SEED + given.seeds)
    worlds = run([(rows_of, (seed,)) for seed in seeds], given.workers)
    given.out.mkdir(parents=True, exist_ok=True)
    path = given.out / "trial.md"
    path.write_text(page(worlds), encoding="utf-8", newline="\n")
    sys.stderr.write(f"wrote {path.name}\n")
    return 0


def page(worlds: Sequence[Sequence[Row]]) -> str:
    """The page of some worlds, the first seed being :data:`FIRST_SEED`."""
    told = OPENING.format(
        versions=versions(),
        study=STUDY,
        seeds=len(worlds),
        first=FIRST_SEED,
        last=FIRST_SEED + len(worlds) - 1,
    )
    head = (
        "interval",
        "covers",
        "answers",
        "told from zero",
        "median error",
        "half width",
    )
    lines = [line for key in QUANTITY for line in _lines(key, worlds)]
    return "\n".join([told, verdict(worlds) + "\n", table(head, lines), READING])


def verdict(worlds: Sequence[Sequence[Row]]) -> str:
    """Which quantities cover less often than they claim, beyond what chance allows."""
    low = [
        QUANTITY[key]
        for key in QUANTITY
        if (share := coverage(worlds, key)) is not None and share.high < LEVEL
    ]
    if not low:
        return "No interval covers less often than it claims, as far as this can tell."
    return f"**Too seldom: {'; '.join(low)}.**"


def coverage(
    worlds: Sequence[Sequence[Row]], quantity: str, app: str | None = None
) -> Share | None:
    """How often the intervals of a quantity hold the truth; None without any.

    Parameters
    ----------
    worlds : sequence of sequences of Row
    quantity : str
        Key of :data:`benchmarks.trial.one.QUANTITY`.
    app : str, optional
        All of them by default.
    """
    found = [
        np.array([row.covers for row in rows if _is(row, quantity, app)], dtype=float)
        for rows in worlds
    ]
    held = [one for one in found if len(one)]
    if not held:
        return None
    if all(len(one) == 1 for one in held):
        return of_independent(np.concatenate(held))
    weight = np.array([len(one) for one in held], dtype=float)
    means = np.array([one.mean() for one in held]) * weight / weight.mean()
    return of_means(means, round(float(weight.mean())))


def _is(row: Row, quantity: str, app: str | None) -> bool:
    return row.quantity == quantity and app in (None, row.app.partition(",")[0])


def _lines(quantity: str, worlds: Sequence[Sequence[Row]]) -> list[tuple[str, ...]]:
    """All apps together, then one by one."""
    rows = [row for world in worlds for row in world if row.quantity == quantity]
    apps = list(dict.fromkeys(row.app.partition(",")[0] for row in rows))
    several = [None, *apps] if len(apps) > 1 else [None]
    return [_line(quantity, app, worlds) for app in several if rows]


def _line(
    quantity: str, app: str | None, worlds: Sequence[Sequence[Row]]
) -> tuple[str, ...]:
    rows = [row for world in worlds for row in world if _is(row, quantity, app)]
    name = QUANTITY[quantity] if app is None else f"{QUANTITY[quantity]}: {app}"
    share = coverage(worlds, quantity, app)
    error = np.array([row.estimate - row.truth for row in rows])
    half = np.array([(row.high - row.low) / 2 for row in rows])
    known = np.isfinite(error).any()
    pooled = app is None and quantity in ("counts", "ungated", "gain")
    return (
        name,
        str(share),
        str(len(rows)),
        percent(float(np.mean([row.told for row in rows]))) if _tests(quantity) else "",
        f"{np.nanmedian(error):+.3g}" if known and not pooled else "",
        f"{np.nanmedian(half):.3g}" if known and not pooled else "",
    )


def _tests(quantity: str) -> bool:
    return quantity in ("logs", "ratio", "later", "day", "counts")


if __name__ == "__main__":
    sys.exit(main())
