"""Panel rows of ranks, from what was kept of the lists."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from migration.errors import NoData
from migration.panel import check_panel
from migration.sources.assemble import best_rank, forget, identifiers, to_apps
from migration.sources.domains.lists import Sifted, parse
from migration.sources.domains.wanted import SOURCE, as_listed, domains_of, options_of
from migration.sources.raw import Raw, naming

if TYPE_CHECKING:
    from migration.study import Study

ZONE = "UTC"
LISTS = {"tranco": "tranco_rank", "umbrella": "umbrella_rank"}
SMEARED = {"tranco_rank": 30}  # days that one day's rank averages over


def panel(raw: Raw, study: "Study") -> pd.DataFrame:
    """Ranks of the study's apps and controls on both lists.

    A domain that was looked for and is not on a day's list is censored between the
    list's end and infinity. An app of several domains ranks at least as good as the
    best of them: censored between 1 and that rank, unless the option ``one_domain``
    names the one that stands for it. A day without a list is missing.

    ``attrs["lists"]`` says for each metric on how many days there was a list, its
    least and most rows, and ``averages_days`` over how many days a rank averages: a
    jump there has no date.

    Raises
    ------
    NoData
        No list among the raw files was looked through for a domain of the study.
    """
    lists = options_of(study).lists
    wanted: dict[str, set[str]] = {n: set(domains_of(study, n)) for n in lists}
    every = []
    for entry, content in raw:
        with naming(entry):
            every += [parse(content)] if _is_list(entry.name) else []
    kept = [one for one in every if wanted.get(one.list, set()) & set(one.ranks)]
    if not kept:
        raise NoData("no list of domains is kept: run `migration fetch` first")
    first, last = (pick(one.day for one in kept) for pick in (min, max))
    days = pd.date_range(first, last, unit="us")
    frames = [
        _of_study([one for one in kept if one.list == name], name, days, study)
        for name in LISTS
    ]
    both = check_panel(pd.concat(frames, ignore_index=True))
    both.attrs = {"lists": {LISTS[name]: _about(kept, name) for name in LISTS}}
    return both


def ranks(
    kept: Iterable[Sifted], days: pd.DatetimeIndex, domains: Iterable[str]
) -> pd.DataFrame:
    """Rows of each domain and day, from what was kept of one list; pure.

    Of two files of one day the later one is believed in what it looked for.
    """
    lengths: dict[str, int] = {}
    found: dict[tuple[str, str], float] = {}
    for one in kept:
        lengths[one.day] = one.length
        for name, rank in one.ranks.items():
            found[name, one.day] = one.length + 1.0 if rank is None else float(rank)
    cells = [(name, f"{day:%Y-%m-%d}") for name in domains for day in days]
    lower = np.array([found.get(cell, np.nan) for cell in cells], dtype=float)
    off = lower > np.array([lengths.get(day, np.inf) for _, day in cells])
    status = np.select([np.isnan(lower), off], ["missing", "censored"], "observed")
    return pd.DataFrame(
        {
            "source": SOURCE,
            "app": [name for name, _ in cells],
            "market": "WW",
            "period": pd.to_datetime([day for _, day in cells]).astype(days.dtype),
            "zone": ZONE,
            "value": np.where(off, np.nan, lower),
            "lower": lower,
            "upper": np.where(off, np.inf, lower),
            "status": status,
        }
    )


def best_known_rank(rows: pd.DataFrame) -> pd.DataFrame:
    """At least as good as the best domain that is known; missing where none is."""
    best = best_rank(rows)
    return forget(best, best["upper"].isna())


def _of_study(
    kept: list[Sifted], listed: str, days: pd.DatetimeIndex, study: "Study"
) -> pd.DataFrame:
    own = as_listed(study, listed)
    names = identifiers(own, SOURCE).values()
    domains = dict.fromkeys(name for several in names for name in several)
    rows = ranks(kept, days, domains).assign(metric=LISTS[listed])
    words = ["source", "metric", "app", "market", "zone", "status"]
    rows = rows.astype(dict.fromkeys(words, "str"))
    return to_apps(rows, own, SOURCE, combine=best_known_rank)


def _about(kept: list[Sifted], listed: str) -> dict[str, Any]:
    own = [one for one in kept if one.list == listed]
    lengths = [one.length for one in own]
    return {
        "days": len({one.day for one in own}),
        "rows": [min(lengths), max(lengths)] if lengths else [],
        "averages_days": SMEARED.get(LISTS[listed], 1),
    }


def _is_list(name: str) -> bool:
    """Whether a raw file holds ranks, and not the name of a list."""
    return name.endswith(".json")
