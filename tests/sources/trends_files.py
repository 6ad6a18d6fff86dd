"""Exports of Google Trends as they were seen, with invented numbers, and raw files.

One export a language in which one was seen, in real files or, of Germany and Italy, in
the tests of somebody else's parser.
"""

import datetime as dt
import hashlib

from migration.sources import trends
from migration.sources.raw import Raw
from migration.store import Entry

WEEKS = ("2020-12-27,12", "2021-01-03,<1", "2021-01-10,100", "2021-01-17,40")
MONTHS = ("2020-11,12", "2020-12,<1", "2021-01,100", "2021-02,40")
DAYS = ("2021-01-05,12", "2021-01-06,<1", "2021-01-07,100", "2021-01-08,40")
HOURS = (
    "2021-01-10T04,12",
    "2021-01-10T05,<1",
    "2021-01-10T06,100",
    "2021-01-10T07,40",
)
VALUES = [12, None, 100, 40]


def export(preamble, head, rows):
    """The classic form: a preamble and an empty line, the header, the rows."""
    above = [preamble, ""] if preamble else []
    return "\n".join([*above, head, *rows, ""]).encode()


EN, DE = "Category: All categories", "Kategorie: Alle Kategorien"
IT = "Categoria: Tutte le categorie"
# language: preamble, header, rows, place, and what ISO's tables make of its label
LOCALISED = {
    "en": (EN, "Week,signal: (Worldwide)", WEEKS, "WW", None),
    "en-day": (EN, "Day,signal: (South Korea)", DAYS, "KR", "KR"),
    "en-hour": (EN, "Time,signal: (India)", HOURS, "IN", "IN"),
    "en-month": (EN, "Month,signal: (United States)", MONTHS, "US", "US"),
    "es": (
        *("Categoría: Todas las categorías", "Semana,signal: (Todo el mundo)"),
        *(WEEKS, "WW", None),
    ),
    "pt": (
        *("Categoria: Todas as categorias", "Semana,signal: (Brasil)"),
        *(WEEKS, "BR", "BR"),
    ),
    "uk": (
        *("Категорія: Усі категорії", "Тиждень,signal: (Україна)"),
        *(WEEKS, "UA", "UA"),
    ),
    "ja": ("カテゴリ: すべてのカテゴリ", "月,signal: (すべての国)", MONTHS, "WW", None),
    "zh": ("类别：所有类别", "semaine,signal: (USA)", WEEKS, "US", "US"),
    "de": (DE, "Woche,signal: (Deutschland)", WEEKS, "DE", "DE"),
    "de-day": (DE, "Tag,signal: (Deutschland)", DAYS, "DE", "DE"),
    "it-day": (IT, "Giorno,signal: (Italia)", DAYS, "IT", "IT"),
    "it-hour": (IT, "Tempo,signal: (Italia)", HOURS, "IT", "IT"),
    "stripped": ("", "Semana,signal: (Todo el mundo)", WEEKS, "WW", None),
}
FREQUENCY = {WEEKS: "week", MONTHS: "month", DAYS: "day", HOURS: "hour"}
NEWER = (
    b'"Time","WhatsApp","Signal","Telegram"\n"2020-12-01",58,1,8\n'
    b'"2021-01-01",100,14,19\n"2021-02-01",71,<1,"<1"'
)
NEWER_NAME = "time_series_IN_20201201-0000_20210228-2359.csv"
MAP = (
    b"Category: All categories\n\nCountry,Signal: (12/1/20 - 6/30/21)\nGermany,100\n"
    b"Switzerland,91\nNamibia,<1\nIndia,44\nChad,\n"
)
COMPARED = (
    b"Country,WhatsApp: (12/1/20 - 6/30/21),Signal: (12/1/20 - 6/30/21)\n"
    b"India,78%,22%\nGermany,91%,9%\nChad,,\n"
)
APPS = "WhatsApp=whatsapp; Signal=signal; Telegram=telegram"
SAID = {"kind": "topic", "geo": "IN", "exported": "2022-12-31"}


def daily(first, columns, *, label="India", frequency=1):
    """A classic export of columns by their header's term: texts or whole numbers."""
    head = ",".join(["Day", *(f"{term}: ({label})" for term in columns)])
    start = dt.date.fromisoformat(first)
    rows = [
        ",".join([f"{start + dt.timedelta(days=frequency * n)}", *map(str, values)])
        for n, values in enumerate(zip(*columns.values(), strict=True))
    ]
    return export("Category: All categories", head, rows)


def raw(study, *files):
    """Raw files as they are after being added: ``(name, content, said)`` each."""
    entries, contents = [], {}
    for number, (name, content, said) in enumerate(files):
        headers = dict(trends.declare(study, name, content, said))
        entries.append(entry(f"trends/{number}.csv", content, headers))
        contents[entries[-1].name] = content
    return Raw(origin="fetched", entries=tuple(entries), files=contents)


def entry(name, content, headers, *, url="", retrieved_at="2023-01-01T00:00:00+00:00"):
    return Entry(
        source="trends",
        name=name,
        url=url,
        retrieved_at=retrieved_at,
        status=200,
        headers=headers,
        sha256=hashlib.sha256(content).hexdigest(),
        bytes=len(content),
        card="trends",
    )


def said(terms, **more):
    """What is said of a file, a topic in India by default."""
    return {**SAID, "terms": terms, **more}
