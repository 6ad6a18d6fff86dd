"""The pages: tables in Markdown, a target missed said first."""

import platform
from collections.abc import Iterable, Sequence
from importlib.metadata import version
from typing import Any

from benchmarks.size import headline
from benchmarks.size.real import BASELINE_DAYS, LEAST_DAYS, Pool

PACKAGES = ("numpy", "pandas", "scipy")


def table(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Markdown table; the first column is text, the others stand to the right."""
    lines = [" | ".join(head), " | ".join(["---", *["---:"] * (len(head) - 1)])]
    lines += [" | ".join(str(cell).replace("|", "\\|") for cell in row) for row in rows]
    return "\n".join(f"| {line} |" for line in lines)


def versions() -> str:
    """What computed the numbers."""
    packages = [f"{name} {version(name)}" for name in PACKAGES]
    return ", ".join([f"Python {platform.python_version()}", *packages])


def percent(value: float) -> str:
    """One decimal."""
    return f"{100 * value:.1f}%"


def opening(title: str, pools: str) -> str:
    """What the page is, and how to read its intervals."""
    return f"""# {title}

Written by `make size`, not by hand; a second run writes the same bytes. Seed
{headline.SEED}; {versions()}. {pools}

A share stands with its 95% interval in brackets. Draws that share a day or a series are
not counted as independent: over series and dates the interval is clustered both ways,
with a degree of freedom less than the smaller side has pieces; over the series of one
date it is the exact binomial one and holds for that date only; over simulated worlds
each world is one draw.

**The limit of a rank.** The rule ranks a series among the others of its own days. When
each of n series takes its turn, the rank alone lets at most 5% of them through,
whatever the noise: the share over *all* series of a date is held down by construction
and proves little. What can fail, and is therefore what to read: the shares by volume, a
series unlike those it is ranked among, and power.
"""


def pool_line(name: str, pool: Pool, n_dates: int) -> str:
    """Range, number of series and how the dates are made."""
    return (
        f"{name}: {len(pool.units)} unrelated applications on Flathub, new installs a "
        f"day, logs, {pool.first_day:%F} to {pool.last_day:%F}; {n_dates} pairs of "
        "placebo window (nine days, one after the other) and baseline (the "
        f"{BASELINE_DAYS} days that end three days before, or from {LEAST_DAYS} on "
        "what the data have; for some again one that ends on 19 December)."
    )


def targets(rows: Sequence[tuple[str, str, str, bool]]) -> str:
    """Every target with what was measured; misses first and in bold."""
    ordered = sorted(rows, key=lambda row: row[3])
    shown = [
        (what, wanted, found, "yes" if met else "**NO**")
        for what, wanted, found, met in ordered
    ]
    missed = sum(not row[3] for row in rows)
    said = f"{missed} of {len(rows)} targets missed." if missed else "All targets met."
    head = ("what", "target", "measured", "met")
    return f"## Targets\n\n{said}\n\n{table(head, shown)}\n"
