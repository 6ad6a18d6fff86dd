"""A small study of files of one's own, and a valid file of each form; invented."""

import json

from raw_files import raw_of
from study_parts import NOTICE, WORLD

from migration.sources.own_csv import panel
from migration.sources.own_csv.declaring import declare
from migration.study import load_study

STUDY = f"""
id = "own"
title = "Files of one's own"
question = "Are they read?"
[baseline]
start = 2020-11-01
end = 2021-01-03
[[apps]]
id = "signal"
name = "Signal"
role = "destination"
ids.own_csv = ["874139669|Signal - Private Messenger|signal.org", "org.securesms"]
[[apps]]
id = "telegram"
name = "Telegram"
role = "destination"
ids.own_csv = ["686449807|Telegram Messenger|telegram.org"]
{WORLD}
[[markets]]
code = "IN"
name = "India"
zone = "Asia/Kolkata"
[[markets]]
code = "NA"
name = "Namibia"
zone = "Africa/Windhoek"
[[markets]]
code = "US"
name = "United States"
zone = "America/New_York"
{NOTICE}
[[sources]]
id = "own_csv"
metrics = ["rank", "rank_social", "downloads", "revenue", "visits"]
zone = "UTC"
controls = ["Photos"]
"""
EXPORTED = {"exported": "2021-02-01"}


def make_study(folder, text=STUDY):
    path = folder / "own.toml"
    path.write_text(text, encoding="utf-8")
    return load_study(path)


def lines(*rows, mark=","):
    return "\n".join(mark.join(row.split("|")) for row in rows) + "\n"


RANKINGS = lines(
    "Country|Category|Chart|Date|Ranking|App ID|App name|Company",
    "IN|Social Networking|topfreeapplications|2021-01-10|1|874139669|"
    "Signal - Private Messenger|Signal Messenger, LLC",
    "IN|Social Networking|topfreeapplications|2021-01-10|4|686449807|"
    "Telegram Messenger|Telegram FZ-LLC",
    mark="\t",
)
UNIFIED = lines(
    "Unified Name|Unified ID|Category|Unified Publisher ID|Unified Publisher Name|Date|"
    "Platform|Downloads (Absolute)|Downloads (PoP Growth)|Downloads (PoP Growth %)|"
    "Revenue (Absolute)|Revenue (PoP Growth)|Revenue (PoP Growth %)|"
    "Earliest Release Date|Revenue (Prior, $)",
    "Signal - Private Messenger|5570fc|Social|p1|Signal|2021-01-10|Unified|12345|||0||"
    "|2014/07/01|0",
    "Signal - Private Messenger|5570fc|Social|p1|Signal|2021-01-11|Unified|||||||"
    "2014/07/01|0",
    mark="\t",
)
LONG = lines(
    "Date|Product|Store|Country|Category|Subtype|Device|Rank",
    "2021-01-10|Telegram Messenger|apple|India|Social Networking|free|iphone|12",
    "2021-01-11|Telegram Messenger|apple|India|Social Networking|free|iphone|",
)
WIDE = lines(
    "Date|Signal - Private Messenger - Social Networking (India; iPhone)|"
    "Telegram Messenger - Social Networking (Namibia; iPhone)",
    "2021-01-10|1|12",
    "2021-01-11|n/a|>500",
    mark="\t",
).replace(";", ",")
ANSWER = json.dumps(
    {
        "dates": ["2021-01-10T00:00:00", "2021-01-11T00:00:00"],
        "data": [
            {
                "product_id": 874139669,
                "country": "IN",
                "category": {
                    "id": 25204,
                    "name": "Social Networking",
                    "device": "iphone",
                    "subtype": "free",
                },
                "positions": [12, None],
                "deltas": [0, None],
            }
        ],
    }
)
HISTORY = lines(
    "Report Name|Store Rank History",
    "App Name|Signal - Private Messenger",
    "Date Range|2021-01-10 - 2021-01-11",
    "",
    "Date|Country|Device|Category|Rank Type|Rank",
    "2021-01-10|United States|iPhone|Overall|Free|1",
    "2021-01-11|United States|iPhone|Overall|Free|n/a",
)
HISTORY_WIDE = lines(
    "Report Name|Store Rank History",
    "Country|Namibia",
    "Date|Overall|Social Networking",
    "01/10/2021|1|2",
    "01/13/2021|-|3",
)
ESTIMATES = lines(
    "Report Name|Download & Revenue",
    "Date|App Name|App ID|Publisher|Market|Country|Downloads|Revenue",
    "2021-01-10|Signal|874139669|Signal|ios|India|1000|0",
    "2021-01-11|Signal|874139669|Signal|ios|India||0",
)
VISITS = 'Date,Domain,Visits\n2021-01-10,signal.org,"1,234,567"\n'
VISITS += '2021-01-11,signal.org,"987,654"\n'
TOP = lines(
    "date|country|list_name|cat_key|rank|package_name",
    "2021-01-10|in|topselling_free|OVERALL|3|org.securesms",
    "2021-01-11|in|topselling_free|OVERALL|1|org.securesms",
)
PLAIN = lines(
    "date|app|market|value|lower|upper",
    "2021-01-10|signal.org|NA|10|8|12",
    "2021-01-11|signal.org|NA||8|12",
    "2021-01-12|signal.org|NA|11||",
    "2021-01-13|signal.org|NA|||",
)
FILES = {  # name: bytes, and what must be said of them
    "sensor-tower-rankings": (RANKINGS.encode("utf-16"), {}),
    "sensor-tower-estimates": (UNIFIED.encode("utf-16"), {"market": "IN"}),
    "appfigures-long": (LONG.encode(), {"chart_size": "400"}),
    "appfigures-wide": (WIDE.encode(), {"chart_size": "500"}),
    "appfigures-answer": (ANSWER.encode(), {"chart_size": "400"}),
    "data-ai-ranks": (HISTORY.encode(), {"chart_size": "1000"}),
    "data-ai-ranks-wide": (
        HISTORY_WIDE.encode(),
        {"chart_size": "500", "app": "signal.org", "category": "Overall"},
    ),
    "data-ai-estimates": (ESTIMATES.encode("utf-8-sig"), {}),
    "similarweb-visits": (VISITS.encode(), {"market": "world"}),
    "42matters-charts": (TOP.encode(), {}),
    "plain": (PLAIN.encode(), {"metric": "downloads", "vendor": "A. Counter"}),
}


def load(study, *files, said=None):
    """The panel of files, each ``(bytes, said)``, through the door of both halves."""
    raws, headers = {}, {}
    for number, (content, own) in enumerate(files):
        name = f"own_csv/{number}.csv"
        raws[name] = content
        headers[name] = as_headers(
            declare(
                study, f"{number}.csv", content, {**EXPORTED, **own, **(said or {})}
            )
        )
    return panel(raw_with(raws, headers), study)


def as_headers(said):
    return {f"declared-{key.replace('_', '-')}": text for key, text in said.items()}


def raw_with(raws, headers):
    """Raw files, each with what was declared of it."""
    import dataclasses
    import hashlib

    raw = raw_of(raws)
    entries = [
        dataclasses.replace(
            entry,
            headers=headers[entry.name],
            sha256=hashlib.sha256(raws[entry.name]).hexdigest(),
        )
        for entry in raw.entries
    ]
    return dataclasses.replace(raw, entries=tuple(entries))
