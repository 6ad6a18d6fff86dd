"""Flathub's mirror: one JSON file an application, its whole history in it."""

import dataclasses
import datetime as dt
import json

from sources.protocol import Protocol

from migration.errors import NoData
from migration.study import load_study

APPS = ("com.gigitux.gtkwhats", "io.bit3.WhatsAppQT", "org.gimp.GIMP")
SIGNAL = "org.signal.Signal"
TEXT = {"Content-Type": "text/plain; charset=utf-8"}  # what the mirror's host declares
FIRST, LAST = dt.date(2020, 12, 30), dt.date(2021, 1, 8)


def study(base):
    shipped = load_study("whatsapp-2021")
    apps = tuple(app for app in shipped.apps if app.id in ("signal", "whatsapp"))
    source = dataclasses.replace(
        shipped.source("flathub"),
        controls=("org.gimp.GIMP",),
        options={"address": f"{base}/data"},
    )
    return dataclasses.replace(shipped, apps=apps, sources=(source,))


def day(number, downloads, updates=1, **arches):
    date = f"{FIRST + dt.timedelta(days=number):%Y/%m/%d}"
    return {"date": date, "arches": {"x86_64": [downloads, updates], **arches}}


def file(name, days):
    body = json.dumps({"ref": name, "stats": list(days)}, ensure_ascii=False)
    return (200, TEXT, body.encode())


def rising(order):
    """Signal's days in an order: 5 more downloads each."""
    return [day(n, 10 + 5 * n, 4, aarch64=[2, 1]) for n in order]


def answers(base):  # noqa: ARG001 - the same at every address
    signal = rising(range(10))
    files = {SIGNAL: file(SIGNAL, signal)}
    files |= {name: file(name, [day(n, 9) for n in range(10)]) for name in APPS}
    return {f"/data/{name}.json": sent for name, sent in files.items()}


def installs(panel, app):
    chosen = panel[(panel["app"] == app) & (panel["metric"] == "new_installs")]
    return chosen.set_index("period").sort_index()


def check(panel):
    """Worked by hand: downloads less updates, architectures summed."""
    signal = installs(panel, "signal")
    assert signal.loc["2020-12-30", "value"] == 10 + 2 - 4 - 1
    assert signal.loc["2021-01-06", "value"] == 45 + 2 - 4 - 1
    assert installs(panel, "whatsapp").loc["2021-01-06", "value"] == 2 * (9 - 1)
    assert signal["status"].tolist() == ["observed"] * 9 + ["partial"]


def _with_signal(base, days):
    return answers(base) | {f"/data/{SIGNAL}.json": file(SIGNAL, days)}


def twice(base):
    """A day twice is not known to mean a sum or a correction: the file is refused."""

    def refused(found):
        assert isinstance(found, NoData)
        assert SIGNAL in str(found)

    return _with_signal(base, [day(0, 9), day(1, 9), day(0, 12)]), refused


def out_of_order(base):
    days = [
        day(n, 10 + 5 * n, 4, aarch64=[2, 1]) for n in (3, 0, 9, 1, 2, *range(4, 9))
    ]
    return _with_signal(base, days), check


def miscounted(base):
    """More updates than downloads: kept as counted, with no ceiling."""

    def flagged(panel):
        row = installs(panel, "signal").loc["2020-12-31"]
        assert (row["value"], row["status"]) == (-2, "partial")
        assert row["upper"] == float("inf")

    return _with_signal(base, [day(0, 9), day(1, 3, 5), day(2, 9)]), flagged


def short(base):
    """A day that the mirror left out is missing, and no zero."""

    def gap(panel):
        signal = installs(panel, "signal")
        assert signal.loc["2021-01-01", "status"] == "missing"
        assert signal["value"].notna().sum() == 2

    return _with_signal(base, [day(0, 9), day(3, 9)]), gap


PROTOCOL = Protocol(
    source="flathub",
    study=study,
    window=(FIRST, LAST),
    answers=answers,
    data_path=f"/data/{SIGNAL}.json",
    check=check,
    own={11: [twice, out_of_order], 12: miscounted, 17: short},
    not_here={
        13: "identifiers are reversed host names in ASCII, and there are no markets",
        14: "the mirror's files are plain files and carry no guard",
        15: "the mirror serves JSON, which is UTF-8; no table of it is fetched",
        16: "a file holds a list of days even where there is one; another shape is "
        "refused",
        19: "one file holds an application's whole history; there are no pages",
    },
)
