"""Cisco Umbrella's daily lists: an archive of a million rows, two of them wanted."""

import dataclasses
import datetime as dt
import gzip
import io
import zipfile

from sources.protocol import Protocol

from migration.errors import NoData
from migration.study import load_study

WINDOW = (dt.date(2021, 1, 9), dt.date(2021, 1, 10))
ZIP = {"Content-Type": "application/zip"}
XML = {"Content-Type": "application/xml"}
LACKS = (
    b'<?xml version="1.0" encoding="UTF-8"?><Error><Code>{}</Code>'
    b"<Message>no</Message></Error>"
)
EARLY = (
    "google.com",
    "netflix.com",
    "signal.org",
    "xn--80ak6aa92e.com",
    "whatsapp.net",
)
LATE = ("google.com", "signal.org", "g.whatsapp.net", "na.na")


def study(base, listed="umbrella"):
    shipped = load_study("whatsapp-2021")
    ids = {"signal": ("signal.org",), "whatsapp": ("whatsapp.net", "g.whatsapp.net")}
    apps = tuple(
        dataclasses.replace(shipped.app(app), ids={"domains": names}, until={})
        for app, names in ids.items()
    )
    source = dataclasses.replace(
        shipped.source("domains"),
        controls=("gimp.org",),
        options={"lists": [listed], "addresses": {listed: f"{base}/lists"}},
    )
    return dataclasses.replace(shipped, apps=apps, sources=(source,))


def rows(names, *, mark=b"", end="\r\n"):
    numbered = (f"{n},{name}{end}" for n, name in enumerate(names, 1))
    return mark + "".join(numbered).encode()


def zipped(content):
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("top-1m.csv", content)
    return held.getvalue()


def path(day):
    return f"/lists/top-1m-2021-01-{day}.csv.zip"


def answers(base, early=None, late=None):  # noqa: ARG001 - the same at every address
    first, second = early or rows(EARLY), late or rows(LATE)
    return {
        path("09"): (200, ZIP, zipped(first)),
        path("10"): (200, ZIP, zipped(second)),
    }


def series(panel, app, metric="umbrella_rank"):
    chosen = panel[(panel["app"] == app) & (panel["metric"] == metric)]
    return chosen.set_index("period").sort_index()


def bounds(panel, app, **which):
    found = series(panel, app, **which)
    return list(zip(found["lower"], found["upper"], strict=True))


def check(panel):
    """Signal third and second; gimp.org past the ends of lists of five and four."""
    assert bounds(panel, "signal") == [(3, 3), (2, 2)]
    assert bounds(panel, "whatsapp") == [(1, 5), (1, 3)]
    assert bounds(panel, "gimp.org") == [(6, float("inf")), (5, float("inf"))]
    told = panel.attrs["vintage"]["lists"]["umbrella_rank"]
    assert told == {"days": 2, "rows": [4, 5], "averages_days": 1}
    assert set(series(panel, "signal", "tranco_rank")["status"]) == {"missing"}


def only_the_late(panel):
    """The early day's list is refused: the day has no row, as it was not read."""
    assert bounds(panel, "signal") == [(2, 2)]


def packed_twice(base):
    """An archive packed again without a word of it does not begin as an archive."""
    packed = (200, ZIP, gzip.compress(zipped(rows(EARLY)), mtime=0))
    return answers(base) | {path("09"): packed}, only_the_late


def twice(base):
    return answers(base, rows(EARLY) + rows(EARLY)), only_the_late


def out_of_order(base):
    lines = rows(EARLY).splitlines(keepends=True)
    return answers(base, b"".join(lines[::-1])), only_the_late


def beyond_the_end(base):
    """No domain of the study is on the list: each is past its end."""

    def censored(panel):
        assert bounds(panel, "signal") == [(3, float("inf")), (2, 2)]
        assert bounds(panel, "whatsapp")[0] == (1, float("inf"))
        assert series(panel, "signal")["status"].tolist() == ["censored", "observed"]

    return answers(base, rows(("a.a", "b.b"))), censored


def other_scripts(base):
    """Names of other scripts are on the lists in ASCII, and na.na is a name."""
    return answers(base), check


def marked(base):
    return answers(base, rows(EARLY, mark=b"\xef\xbb\xbf", end="\n")), check


def one_row(base):
    def alone(panel):
        assert bounds(panel, "signal") == [(1, 1), (2, 2)]

    return answers(base, rows(("signal.org",))), alone


def bucket_says_no(base):
    """Its host says 403 or 404 for a file that it lacks: the day is absent."""
    denied = (403, XML, LACKS.replace(b"{}", b"AccessDenied"))
    return answers(base) | {path("09"): denied}, only_the_late


def nothing_at_all(base):
    gone = (404, XML, LACKS.replace(b"{}", b"NoSuchKey"))

    def refused(found):
        assert isinstance(found, NoData)

    return answers(base) | {path("09"): gone, path("10"): gone}, refused


PROTOCOL = Protocol(
    source="domains",
    by="Umbrella",
    study=study,
    window=WINDOW,
    answers=answers,
    data_path=path("09"),
    check=check,
    own={
        10: packed_twice,
        11: [twice, out_of_order],
        12: [beyond_the_end, bucket_says_no, nothing_at_all],
        13: other_scripts,
        15: marked,
        16: one_row,
        17: one_row,
    },
    not_here={
        14: "a list is rows of text in an archive, and no JSON",
        19: "one archive holds a whole list; there are no pages",
    },
)
