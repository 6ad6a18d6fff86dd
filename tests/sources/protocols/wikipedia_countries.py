"""Wikimedia's day files by country: a table of tabs a day, most of it not wanted."""

import dataclasses
import datetime as dt

from sources.protocol import Protocol

from migration.errors import NoData
from migration.study import load_study

TABS = {"Content-Type": "text/tab-separated-values"}
FOLDER = "/datasets/country_project_page_historical"
FIRST, LAST = dt.date(2021, 1, 5), dt.date(2021, 1, 7)
ITEMS = {"signal": ("Q19718090",), "whatsapp": ("Q1049511",)}
NAMES = {"IN": "India", "NA": "Namibia", "DE": "Germany", "FR": "France"}


def study(base):
    shipped = load_study("whatsapp-2021")
    apps = tuple(
        dataclasses.replace(
            shipped.app(name), ids={"wikipedia_countries": ids}, until={}
        )
        for name, ids in ITEMS.items()
    )
    source = dataclasses.replace(
        shipped.source("wikipedia_countries"), options={"address": f"{base}/datasets"}
    )
    markets = tuple(m for m in shipped.markets if m.code in ("IN", "NA", "DE", "TR"))
    return dataclasses.replace(shipped, apps=apps, sources=(source,), markets=markets)


def row(code, project, title, item, count):
    return f"{NAMES[code]}\t{code}\t{project}\t4711\t{title}\t{item}\t{count}\n"


def signal(code, count, project="en.wikipedia"):
    return row(code, project, "Signal_(software)", ITEMS["signal"][0], count)


def other(code):
    """A row that is not wanted: it says that the country is in the file."""
    return row(code, "en.wikipedia", "Main_Page", "Q5296", 90_000) + row(
        code, "fr.wikipedia", "Quatre-mâts", "", 460
    )


def file(*rows):
    return (200, TABS, "".join(rows).encode())


FIFTH = (other("DE"), signal("DE", 500), other("IN"), signal("IN", 900))
SIXTH = (
    *(other("DE"), signal("DE", 700), signal("DE", 480, "de.wikipedia"), other("FR")),
    *(other("IN"), signal("IN", 20_000), other("NA")),
    row("IN", "hi.wikipedia", "व्हाट्सऐप", ITEMS["whatsapp"][0], 1234),
)
SEVENTH = (other("DE"), other("IN"), signal("IN", 60_211), signal("NA", 451))


def answers(base):  # noqa: ARG001 - the same at every address
    days = {5: FIFTH, 6: SIXTH, 7: SEVENTH}
    return {f"{FOLDER}/2021-01-{n:02d}.tsv": file(*rows) for n, rows in days.items()}


def views(panel, market, app="signal"):
    chosen = panel[(panel["app"] == app) & (panel["market"] == market)]
    return chosen.set_index("period").sort_index()


def bounds(rows):
    return list(zip(rows["lower"], rows["upper"], rows["status"], strict=True))


def check(panel):
    """Worked by hand: what is left out is between 0 and 450, and Turkey is nowhere."""
    india = views(panel, "IN")
    assert india["value"].tolist() == [900, 20_000, 60_211]
    germany = bounds(views(panel, "DE"))
    assert germany == [
        (500, 950, "censored"),  # English, and German up to the threshold
        (1180, 1180, "observed"),
        (0, 900, "censored"),  # neither
    ]
    namibia = bounds(views(panel, "NA"))
    assert namibia[1:] == [(0, 450, "censored"), (451, 451, "observed")]
    assert views(panel, "NA")["status"].iloc[0] == "missing"
    assert bounds(views(panel, "IN", "whatsapp"))[0] == (0, 450, "censored")
    assert set(panel["market"]) == {"DE", "IN", "NA"}
    assert panel.attrs["vintage"]["never_released"] == ["TR"]
    assert panel.attrs["vintage"]["projects"]["signal"]["DE"] == [
        "de.wikipedia",
        "en.wikipedia",
    ]


def _sixth(base, body):
    sent = body if isinstance(body, bytes) else "".join(body).encode()
    return answers(base) | {f"{FOLDER}/2021-01-06.tsv": (200, TABS, sent)}


def refused(panel):
    """The day is missing everywhere; the others are as they were."""
    day = panel[panel["period"] == "2021-01-06"]
    assert set(day["status"]) == {"missing"}
    assert views(panel, "IN")["value"].dropna().tolist() == [900, 60_211]
    assert panel.attrs["vintage"]["days_without"] == ["2021-01-06"]


def twice_and_out_of_order(base):
    return _sixth(base, [*reversed(SIXTH), SIXTH[1]]), check


def twice_with_two_counts(base):
    return _sixth(base, [*SIXTH, signal("IN", 20_001)]), refused


def suppressed_everywhere(base):
    """Countries in the files, no row of the app: intervals and no number at all."""
    nothing = {path: file(other("DE"), other("NA")) for path in answers(base)}

    def intervals(panel):
        assert panel["value"].isna().all()
        assert set(panel["market"]) == {"DE", "NA"}
        assert set(bounds(panel)) == {(0, 450, "censored")}

    return nothing, intervals


def namibia(base):
    """The code NA is read as Namibia's, titles in other scripts byte for byte."""

    def there(panel):
        assert views(panel, "NA")["value"].tolist()[-1] == 451
        india = views(panel, "IN", "whatsapp")
        assert india["value"].tolist()[1] == 1234

    return answers(base), there


def a_mark_in_front(base):
    return _sixth(base, b"\xef\xbb\xbf" + "".join(SIXTH).encode()), check


def utf_16(base):
    return _sixth(base, "".join(SIXTH).encode("utf-16")), refused


def semicolons(base):
    return _sixth(base, "".join(SIXTH).replace("\t", ";")), refused


def a_line_cut_off(base):
    """The host says that this is all, yet the last line has no end."""
    return _sixth(base, "".join(SIXTH)[:-3]), refused


def no_file_at_all(base):  # noqa: ARG001 - the same at every address
    def nothing(found):
        assert isinstance(found, NoData)

    return {"/elsewhere": file(other("IN"))}, nothing


PROTOCOL = Protocol(
    source="wikipedia_countries",
    study=study,
    window=(FIRST, LAST),
    answers=answers,
    data_path=f"{FOLDER}/2021-01-06.tsv",
    check=check,
    own={
        11: [twice_and_out_of_order, twice_with_two_counts],
        12: suppressed_everywhere,
        13: namibia,
        15: [a_mark_in_front, utf_16, semicolons],
        17: [a_line_cut_off, no_file_at_all],
    },
    not_here={
        14: "the files are tables and carry no guard",
        16: "the files are tables; one row is a table too",
        19: "one file holds a whole day; there are no pages",
    },
)
