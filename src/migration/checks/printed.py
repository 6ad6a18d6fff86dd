"""Changes and shares that were printed, as log points, each with what it can mean."""

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from migration.design import ONE_DAY, Design
from migration.sources import clashes

if TYPE_CHECKING:
    from migration.study import App, Study

LEADS = ("origin", "destination")
ESTIMATE, BOUND, PLAIN, PRINTED = "estimate", "bound", "arithmetic", "published change"
WANTED, DONE, ABSENT = "survey: wanted", "survey: done", "absent"
# What a survey's question is called in the ledger, in part, and what it asks.
ASKED = {
    "uninstalled": DONE,
    "deleted": DONE,
    "wanted_to": WANTED,
    "will_stop": WANTED,
    "plan_to_leave": WANTED,
}
OF_ALL = "percent of respondents"
STATED = "downloads_change_pct"
NEAR, REACH = 3 * ONE_DAY, 14 * ONE_DAY  # before day zero, and after the window
MEANS = {
    ESTIMATE: (
        "how far the series departed from its past and from unrelated series, and "
        "whether by chance",
        "who left: an install is not a user who left. Seen here: {people}",
    ),
    "rank": ("that it rose on the chart", "a percentage: a place has no unit"),
    PLAIN: (
        "attention, from the baseline's days to the window's",
        "that anybody installed or left, or what would have been without the event",
    ),
    PRINTED: (
        "a vendor's change from the period before, in its own vintage",
        "an interval, or what would have been without the event; one vendor's figures "
        "of the same days differ by up to x{revised:.1f} between vintages",
    ),
    WANTED: ("what respondents said they wanted", "what they did"),
    DONE: ("what respondents said they did", "installs: users are a stock, not a flow"),
    ABSENT: ("nothing", "{why}"),
}


def what_it_means(kind: str, **words: object) -> dict[str, str]:
    """What a kind of measure can say, and what it cannot."""
    can, cannot = MEANS[kind]
    return {"can": can, "cannot": cannot.format(**words)}


def printed_rows(
    study: "Study", ledger: pd.DataFrame, design: Design
) -> list[dict[str, Any]]:
    """Changes between periods, changes that were stated, and shares of respondents."""
    twice = clashes(ledger)
    same = twice[twice["same_vendor"].fillna(False).astype(bool)]
    rows = []
    for app in study.apps:
        own = ledger[ledger["app"].isin(app.ids.get("published", ()))]
        if app.role not in LEADS or own.empty:
            continue
        ratio = same.loc[same["app"].isin(own["app"].unique()), "ratio"]
        revised = float(np.exp(np.abs(np.log(ratio)).max())) if len(ratio) else 1.0
        rows += _changes(app, own, design, revised)
        rows += _stated(app, own, design, revised)
        rows += _asked(app, own)
    return rows


def _changes(
    app: "App", own: pd.DataFrame, design: Design, revised: float
) -> list[dict[str, Any]]:
    """Two periods of one article that follow each other, the first before day zero."""
    known = own[(own["quantity"] == "installs") & own["value"].gt(0)]
    known = known[known["start"].notna() & known["end"].notna()]
    rows = []
    for _, article in known.groupby(["source_url", "market", "kind"], sort=False):
        for _, then in article[article["end"] < design.event].iterrows():
            soon = article[
                (article["start"] > then["end"])
                & (article["start"] <= then["end"] + 2 * ONE_DAY)
                & (article["start"] >= design.event - NEAR)
                & (article["end"] >= design.event)
                & (article["end"] <= design.window_days[1] + REACH)
            ]
            for _, now in soon.iterrows():
                change = float(np.log(_rate(now) / _rate(then)))
                against = f"{then['start']:%F} to {then['end']:%F}"
                rows.append(_row(app, now, PRINTED, change) | {"against": against})
                rows[-1] |= what_it_means(PRINTED, revised=revised)
    return rows


def _stated(
    app: "App", own: pd.DataFrame, design: Design, revised: float
) -> list[dict[str, Any]]:
    """Percent changes as they were printed, of days that meet the window."""
    first, last = design.window_days
    known = own[(own["quantity"] == STATED) & own["value"].gt(-100)]
    known = known[(known["start"] <= last) & (known["end"] >= first)]
    return [
        _row(app, row, PRINTED, float(np.log1p(row["value"] / 100)))
        | {"against": row["comparison"], **what_it_means(PRINTED, revised=revised)}
        for _, row in known.iterrows()
    ]


def _rate(row: "pd.Series[Any]") -> float:
    """A day's count."""
    days = 1 if row["per_day"] else (row["end"] - row["start"]).days + 1
    return float(row["value"]) / days


def _asked(app: "App", own: pd.DataFrame) -> list[dict[str, Any]]:
    """Shares of all respondents who left, or wanted to, as changes of the stock."""
    rows = []
    # A stock of which everybody left has no logarithm.
    told = own[(own["kind"] == OF_ALL) & own["value"].lt(100)]
    for _, row in told.iterrows():
        kinds = [kind for word, kind in ASKED.items() if word in row["quantity"]]
        if kinds:
            change = float(np.log1p(-row["value"] / 100))
            share = {"share": row["value"] / 100, "scale": "users"}
            meaning = what_it_means(kinds[0])
            rows.append(_row(app, row, kinds[0], change) | share | meaning)
    return rows


def _row(app: "App", row: "pd.Series[Any]", kind: str, change: float) -> dict[str, Any]:
    what = str(row["quantity"]).replace("_", " ")
    return {
        "app": app.name,
        "measure": f"{what}, {row['publisher']}, {row['market']}",
        "kind": kind,
        "estimate": change,
        "source": "published",
        "vintage": row["source_date"],
        "market": row["market"],
        "first_day": row["start"],
        "last_day": row["end"],
        "against": "",
        "scale": str(row["quantity"]),
    }
