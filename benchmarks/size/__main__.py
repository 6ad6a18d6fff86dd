"""Run the study and write its pages."""

import argparse
import os
import sys
from pathlib import Path

from benchmarks.size import charts, headline, page, secondary, tables
from benchmarks.size.noise import N_CONTROLS
from benchmarks.size.real import VARIABLE, placebos, pool_of
from benchmarks.size.study import OnDates, OnWorlds, cores, on_dates, on_worlds

DOCS = Path(__file__).resolve().parents[2] / "docs"


def main() -> int:
    """Write ``size.md``, and ``size-larger.md`` where the larger set is at hand."""
    parser = argparse.ArgumentParser(prog="make size", description=main.__doc__)
    parser.add_argument("--out", type=Path, default=DOCS, help="folder (docs)")
    parser.add_argument("--workers", type=int, default=cores(), help="processes")
    given = parser.parse_args()
    if given.workers < 1:
        parser.error(f"--workers needs at least one process, got {given.workers}")
    given.out.mkdir(parents=True, exist_ok=True)
    _write(given.out / "size.md", size_page(given.workers))
    if os.environ.get(VARIABLE):
        _write(given.out / "size-larger.md", larger_page(given.workers))
    else:
        _say(f"size-larger.md left as it is: {VARIABLE} names no folder")
    return 0


def size_page(workers: int) -> str:
    """The data that ship, and SIMULATED noise."""
    seen, made = on_dates("embedded", workers), on_worlds(workers)
    missed = [*_targets("embedded", seen), *tables.targets_on_worlds(made)]
    parts = [
        _opening("Size and power of every inference", "embedded"),
        page.targets(missed),
        *_observed("embedded", seen),
        *_simulated(made),
    ]
    return "\n".join(parts)


def larger_page(workers: int) -> str:
    """The larger set of observed series."""
    seen = on_dates("larger", workers, secondary.PLAIN)
    opening = _opening("Size and power on the larger set", "larger")
    parts = [opening, page.targets(_targets("larger", seen))]
    return "\n".join([*parts, *_observed("larger", seen)])


def _opening(title: str, pool_name: str) -> str:
    pool = pool_of(pool_name)
    line = page.pool_line(pool_name.capitalize(), pool, len(placebos(pool)))
    return page.opening(title, line)


def _targets(pool_name: str, seen: OnDates) -> list[tables.Target]:
    found = seen.rule["market-adjusted"]
    return tables.targets_on_dates(pool_name, pool_of(pool_name), found)


def _observed(pool_name: str, seen: OnDates) -> list[str]:
    pool = pool_of(pool_name)
    n = len(pool.units) - 1
    return [
        "## The headline on observed series\n\nEach series in turn is treated and all "
        "others are its controls. The first power is at a log effect of "
        f"{headline.EFFECT} on every day, for series of {tables.BUSY} and more a day; "
        "with idle days whose window mean is the same it is the same by construction, "
        "because the rule reads the window's mean. Power rests on the rank: what a "
        "series must pass is the fifth largest |t| of a hundred, which a few series "
        "that moved by themselves set, and which differs from date to date.\n",
        tables.pooled(pool, seen.rule) + "\n",
        "### By date, net of the mean of the unrelated series\n",
        tables.by_date(pool, seen.rule["market-adjusted"]) + "\n",
        "## Tests beside the headline, on observed series\n\nThe share of unrelated "
        "series in which each rejects at 5%, averaged over dates; the interval counts "
        "dates alone, which share days of their baselines, so that it is if anything "
        "too narrow. Ranks, and HEADLINE over all series, are held by "
        "construction.\n",
        tables.beside(list(seen.beside.values()), n) + "\n",
        *_more(seen, n),
    ]


def _more(seen: OnDates, n: int) -> list[str]:
    """Windows of other lengths, and several series at once, where they are measured."""
    if not seen.windows:
        return []
    days = " and ".join(map(str, secondary.WINDOWS))
    return [
        f"### Windows of {days} days\n\nThe same dates, or every second one where "
        "windows would overlap; a baseline must hold four windows, and what has no "
        "date left is not in the table.\n",
        tables.beside(list(seen.windows.values()), n) + "\n",
        f"### Over {secondary.PORTFOLIO} series as if hit together\n\nPortfolios of "
        "unrelated series, at most 200 a date, which share series: the dates alone "
        "are counted.\n",
        tables.beside([seen.over_units], 200) + "\n",
    ]


def _simulated(made: OnWorlds) -> list[str]:
    return [
        "## The headline on SIMULATED noise\n\nA treated series and "
        f"{N_CONTROLS} unrelated ones of 75 days; 30% of each one's variance is a "
        "shock that hits every series on the same day and has the same memory. "
        f"Coverage is of an effect of {headline.EFFECT}.\n",
        tables.on_worlds(made) + "\n",
        "### Where the rank's assumption fails\n\nThe treated series is unlike the "
        "unrelated ones, so that the rank no longer holds the level and block-t is "
        "left to do it.\n",
        tables.unlike(made) + "\n",
        f"## Tests beside the headline, on SIMULATED noise\n\nPercent, over "
        f"{secondary.N_DRAWS} worlds of {N_CONTROLS - 1 + 1} unrelated series, with "
        "half of a 95% interval that counts worlds; above 7.5% in bold.\n",
        tables.beside_by_noise(made, N_CONTROLS) + "\n",
        f"## Tests over units, on SIMULATED noise\n\nOne app in {secondary.N_MARKETS} "
        f"markets, {secondary.N_WORLDS} worlds; percent. What the markets share is the "
        "shock of the app: one event is one observation of its effect.\n",
        tables.over_markets(made) + "\n",
        f"## The rank estimator, on SIMULATED charts\n\n{charts.N_APPS} apps in "
        f"{charts.N_MARKETS} markets, charts of {charts.PLACES} places, "
        f"{charts.N_CHARTS} worlds.\n",
        tables.beside([made.ranks], charts.N_APPS - 1),
    ]


def _write(path: Path, text: str) -> None:
    path.write_text(text.rstrip() + "\n", encoding="utf-8", newline="\n")
    _say(f"wrote {path.name}")


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")


if __name__ == "__main__":
    sys.exit(main())
