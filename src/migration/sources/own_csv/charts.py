"""Charts in a file: which one is meant, and where each ends."""

from collections import Counter

import pandas as pd

from migration.errors import CannotAsk
from migration.sources.own_csv.said import Said, Unsaid

ABOUT = ("chart", "category", "device")
SHORTEST = 10  # a shorter list is an extract, unless its end is declared
Shown = dict[str, str]


def one_chart(texts: pd.DataFrame, said: Said) -> tuple[pd.DataFrame, Shown]:
    """The rows of one chart, category and device, and what these are.

    What the file does not hold may be declared all the same: it then says what the
    whole file is.

    Raises
    ------
    Unsaid
        There are several, and none was chosen.
    CannotAsk
        The one chosen is not there.
    """
    about = {}
    for key in ABOUT:
        held = texts[key].str.strip()
        choices = Counter(held.tolist())
        if set(choices) <= {""}:
            about[key] = said.get(key, "")
            continue
        chosen = _chosen(key, choices, said)
        texts, about[key] = texts[held == chosen], chosen
    return texts, about


def _chosen(key: str, choices: Counter[str], said: Said) -> str:
    wanted = said.get(key, "")
    listed = ", ".join(repr(one) for one in sorted(choices)[:8])
    if wanted:
        found = [one for one in choices if one.casefold() == wanted.casefold()]
        if not found:
            raise CannotAsk(f"{key} needs one of {listed}, got {wanted!r}")
        return found[0]
    if len(choices) > 1:
        why = f"the file holds {len(choices)}: {listed}"
        raise Unsaid(key, why, next(o for o, _ in choices.most_common() if o))
    return next(iter(choices))


def whole_lists(rows: pd.DataFrame, said: Said) -> pd.DataFrame:
    """The days and markets whose list has every place from first to the chart's end.

    An app that such a list lacks is beyond its end. Where the end is not declared it
    is known when all lists have the same; a list that is cut short is none.

    Returns
    -------
    DataFrame
        ``market, period, size``.
    """
    places = rows[rows["value"].notna()].groupby(["market", "period"])["value"]
    lists = places.agg(["count", "nunique", "max"]).reset_index()
    whole = (lists["count"] == lists["max"]) & (lists["nunique"] == lists["max"])
    if "chart_size" in said:
        size = int(said["chart_size"])
        whole &= lists["max"] >= size
    else:
        size = int(lists["max"].max()) if len(lists) else 0
        same = bool((lists["max"] == size).all()) and bool(whole.all())
        whole &= same and size >= SHORTEST
    return lists[whole][["market", "period"]].assign(size=float(size))
