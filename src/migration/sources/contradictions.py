"""Pairs of published figures that cannot both be right."""

import numpy as np
import pandas as pd

_SERIES = ["app", "quantity", "kind", "market", "per_day"]
_ADDITIVE = ("installs", "new_users")
_SIDES = (
    "value",
    "lower",
    "upper",
    "vintage",
    "vendor",
    "publisher",
    "source_url",
    "parts",
)
COLUMNS = (
    *("app", "quantity", "market", "how", "first_start", "first_end"),
    *("second_start", "second_end"),
    *(f"{side}_{name}" for name in _SIDES for side in ("first", "second")),
    *("ratio", "order_known", "same_vendor"),
)


def clashes(ledger: pd.DataFrame) -> pd.DataFrame:
    """Find figures of one app, quantity and market that contradict each other.

    Two figures clash when their intervals do not meet and either they are of the
    ``same period``, or one period holds the other and the ``part exceeds the whole``
    (totals only). Figures of one article for periods that follow each other without
    a gap are also compared, as their sum, with another article's figure for the same
    whole: ``parts`` says of how many.

    Parameters
    ----------
    ledger : DataFrame
        Of :func:`migration.sources.published.parse`.

    Returns
    -------
    DataFrame
        One row a pair. ``first`` is the earlier vintage where the dates of
        publication tell (``order_known``), else the smaller figure. ``ratio`` is the
        second over the first, NaN when one of them is an interval.
    """
    known = ledger[(ledger["status"] != "missing") & ledger["start"].notna()]
    figures = known[known["end"].notna()].assign(parts=1, vintage=known["source_date"])
    found = []
    for _, series in figures.groupby(_SERIES):
        found += _within(pd.concat([series, _sums(series)], ignore_index=True))
    table = pd.DataFrame(found, columns=list(COLUMNS))
    table.attrs = dict(ledger.attrs)
    order = ["app", "market", "quantity", "first_start", "first_end", "ratio"]
    return table.sort_values(order, kind="stable", ignore_index=True)


def _sums(series: pd.DataFrame) -> pd.DataFrame:
    """Runs of an article's figures whose periods follow on, added up."""
    sums = []
    if series["quantity"].iloc[0] in _ADDITIVE and not series["per_day"].iloc[0]:
        for _, article in series.groupby("source_url"):
            rows = article.sort_values("start")
            gap = rows["start"].shift(-1) - rows["end"]
            follow = (gap == pd.Timedelta(days=1)).tolist()
            sums += [
                _add(rows.iloc[i : j + 1])
                for i in range(len(rows))
                for j in range(i + 1, len(rows))
                if all(follow[i:j])
            ]
    return pd.DataFrame(sums, columns=series.columns).astype(series.dtypes)


def _add(rows: pd.DataFrame) -> dict[str, object]:
    lower, upper = rows["lower"].sum(), rows["upper"].sum()
    exact = lower == upper
    first = {str(name): cell for name, cell in rows.iloc[0].items()}
    last = {"end": rows["end"].iloc[-1], "parts": len(rows)}
    numbers = {"lower": lower, "upper": upper, "value": lower if exact else np.nan}
    return first | last | numbers


def _within(series: pd.DataFrame) -> list[dict[str, object]]:
    """Clashing pairs of one series."""
    start, end = (series[n].to_numpy()[:, None] for n in ("start", "end"))
    lower, upper = (series[n].to_numpy()[:, None] for n in ("lower", "upper"))
    same = (start == start.T) & (end == end.T)
    apart = lower > upper.T  # the row's figure is wholly above the column's
    totals = series["quantity"].isin(_ADDITIVE) & ~series["per_day"]
    inside = (start >= start.T) & (end <= end.T) & ~same & totals.to_numpy()[:, None]
    article, summed = series["source_url"].to_numpy(), series["parts"].to_numpy() > 1
    apart &= article[:, None] != article
    inside &= ~(summed[:, None] | summed)  # a sum is compared with its own whole only
    return [
        _pair(series.iloc[i], series.iloc[j], how)
        for how, mask in (("same period", same), ("part exceeds the whole", inside))
        for i, j in np.argwhere(apart & mask)
    ]


def _pair(above: "pd.Series", below: "pd.Series", how: str) -> dict[str, object]:
    swapped = above["vintage_last"] < below["vintage_first"]
    first, second = (above, below) if swapped else (below, above)
    sides = {
        f"{side}_{name}": row[name]
        for side, row in (("first", first), ("second", second))
        for name in (*_SIDES, "start", "end")
    }
    return {
        **{name: first[name] for name in ("app", "quantity", "market")},
        **sides,
        "how": how,
        "ratio": second["value"] / first["value"] if first["value"] else np.nan,
        "order_known": bool(swapped or below["vintage_last"] < above["vintage_first"]),
        "same_vendor": first["vendor"] == second["vendor"],
    }
