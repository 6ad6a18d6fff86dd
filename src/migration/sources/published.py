"""The ledger: figures found in print, with their vintages, and where they clash.

A figure is a number, a bound, a range or only a word. What is not a number becomes
an interval or stays missing: nothing is guessed.
"""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from migration.errors import SchemaDrift
from migration.panel import COLUMNS, KEY, empty_panel
from migration.sources.assemble import identifiers, to_apps
from migration.sources.raw import Raw
from migration.sources.tables import read_table, refuse_rows, to_days

if TYPE_CHECKING:
    from migration.study import Study

SOURCE = "published"
ZONE = "UTC"
TABLE = "published_figures"
HEAD = (
    *("app", "metric", "value", "unit", "market", "period_start", "period_end"),
    *("comparison", "publisher", "source_title", "source_url", "source_date", "note"),
)
_SAME = {"downloads": "installs"}  # print uses both words for one quantity
_NUMBER = r"-?[0-9]+(?:\.[0-9]+)?"
_INF, _NAN = float("inf"), float("nan")
_FORMS = (  # a form, and the bounds where it names none
    (re.compile(f"(?P<one>{_NUMBER})"), _NAN, _NAN),
    (re.compile(f"(?P<low>{_NUMBER})-(?P<high>{_NUMBER})"), _NAN, _NAN),
    (re.compile(f">(?P<low>{_NUMBER})"), _NAN, _INF),
    (re.compile(f"<(?P<high>{_NUMBER})"), -_INF, _NAN),
    (re.compile(r"[a-z]+"), _NAN, _NAN),
)
_PERIODS = r"/(?:day|24h|week|month)$"
_VENDOR = r"^(.*?)(?:\s*\(|\s+via\b|\?|$)"
_PER_DAY = r"/(?:day|24h)"
_COUNTS = ("downloads", "installs", "users")


def panel(raw: Raw, study: "Study") -> pd.DataFrame:
    """Figures of one day and one market, as panel rows of the study's apps.

    Several figures of one day that disagree are an interval, from the lowest to the
    highest. An app of the study without such a figure has no row.
    """
    ledger = parse(raw.files)
    one_day = ledger["start"].notna() & (ledger["start"] == ledger["end"])
    one_market = ledger["market"].str.fullmatch("[A-Z]{2}")
    known = ledger["status"] != "missing"
    rows = ledger[one_day & one_market & known]
    if rows.empty:
        return empty_panel()
    named = rows.assign(source=SOURCE, metric=rows["quantity"], period=rows["start"])
    merged = span(named.assign(zone=ZONE))
    apps = to_apps(merged, study, SOURCE, combine=span)
    return apps[apps["app"].isin(list(identifiers(study, SOURCE)))]


def metrics(raws: Mapping[str, bytes]) -> tuple[str, ...]:
    """Quantities in the ledger, installs and downloads as one."""
    return tuple(sorted(parse(raws)["quantity"].unique()))


def parse(raws: Mapping[str, bytes]) -> pd.DataFrame:
    """Read the ledger; pure.

    Returns
    -------
    DataFrame
        The columns of the file as text, ``value`` as ``printed``, and ``quantity``
        (installs and downloads are one), ``kind`` (what is counted: the unit without
        its period), ``per_day`` (the value is a rate a day over several days),
        ``value``, ``lower``, ``upper``, ``status``, ``start`` and ``end`` (days, NaT
        where the source did not say), ``vendor`` (the firm behind the publisher),
        ``vintage_first`` and ``vintage_last`` (days that the date of publication may
        be). A word such as "millions" is missing.

    Raises
    ------
    UnexpectedContent
        Not a table of text.
    SchemaDrift
        Other columns, or a value, a day or a period that cannot be read.
    """
    tables = [_table(raw) for raw in raws.values()]
    table = pd.concat(tables, ignore_index=True).rename(columns={"value": "printed"})
    bounds = [
        _interval(*row) for row in zip(table["printed"], table["unit"], strict=True)
    ]
    lower, upper = np.array(bounds).T
    exact = lower == upper
    status = np.select([exact, np.isnan(lower)], ["observed", "missing"], "censored")
    start, end = (_days(table[n]) for n in ("period_start", "period_end"))
    refuse_rows(table, start > end, source=SOURCE, fault="a period that ends early")
    rate = table["unit"].str.contains(_PER_DAY) & (start != end)
    vintages = [_vintage(date) for date in table["source_date"]]
    return table.assign(
        quantity=table["metric"].replace(_SAME),
        per_day=rate,
        value=np.where(exact, lower, np.nan),
        lower=lower,
        upper=upper,
        status=pd.array(status, dtype="str"),
        start=start,
        end=end,
        kind=table["unit"].str.replace(_PERIODS, "", regex=True).replace(_SAME),
        vendor=table["publisher"].str.extract(_VENDOR)[0].astype("str"),
        vintage_first=pd.Series([v[0] for v in vintages], dtype="datetime64[us]"),
        vintage_last=pd.Series([v[1] for v in vintages], dtype="datetime64[us]"),
    )


def span(figures: pd.DataFrame) -> pd.DataFrame:
    """One row a series and day: from the lowest figure to the highest."""
    cells = figures.groupby([*KEY, "zone"], observed=True)
    merged = cells.agg(lower=("lower", "min"), upper=("upper", "max")).reset_index()
    exact = merged["lower"] == merged["upper"]
    merged["value"] = merged["lower"].where(exact)
    status = np.where(exact, "observed", "censored")
    return merged.assign(status=pd.array(status, dtype="str"))[list(COLUMNS)]


def _table(raw: bytes) -> pd.DataFrame:
    table = read_table(raw, source=SOURCE, head=HEAD)
    for name in ("app", "metric", "market", "publisher"):
        refuse_rows(table, table[name] == "", source=SOURCE, fault=f"no {name}")
    return table


def _interval(printed: str, unit: str) -> tuple[float, float]:
    """Bounds of a printed value, both included; NaN for a word."""
    floor = 0.0 if unit.startswith(_COUNTS) else -np.inf
    for form, low, high in _FORMS:
        if match := form.fullmatch(printed):
            bounds = {n: float(x) for n, x in match.groupdict().items()}
            lower, upper = (bounds.get(n, b) for n, b in (("low", low), ("high", high)))
            if "one" in bounds:
                return bounds["one"], bounds["one"]
            if not lower > upper:
                return max(lower, floor) if lower == -np.inf else lower, upper
    raise SchemaDrift(
        f"{SOURCE} needs a value like 12, >12, <12, 12-15 or a word, got {printed!r}"
    )


def _days(texts: "pd.Series[str]") -> "pd.Series[pd.Timestamp]":
    """Days, NaT where the source did not say."""
    said = texts != ""
    return to_days(texts[said], source=SOURCE).reindex(texts.index)


def _vintage(date: str) -> tuple[pd.Timestamp | None, pd.Timestamp | None]:
    """The first and the last day that a printed date may mean."""
    if date == "":
        return None, None
    try:
        if not re.fullmatch(r"[0-9]{4}(?:-[0-9]{2}){0,2}", date):
            raise ValueError(date)
        period = pd.Period(date, freq={4: "Y", 7: "M", 10: "D"}[len(date)])
    except ValueError as error:
        raise SchemaDrift(
            f"{SOURCE} needs source_date as 2021, 2021-02, 2021-02-11 or empty, "
            f"got {date!r}"
        ) from error
    return period.start_time.normalize(), period.end_time.normalize()
