"""Tranco's daily lists: a name first, then an archive, or rows of text without one."""

from sources.protocol import Protocol
from sources.protocols import domains_umbrella as umbrella
from sources.protocols.domains_umbrella import bounds, rows, series, zipped

TEXT, CSV = {"Content-Type": "text/plain"}, {"Content-Type": "text/csv"}
NAMES = {"09": "K2W9", "10": "Q7LX"}


def study(base):
    return umbrella.study(base, "tranco")


def name_path(day):
    return f"/lists/daily_list_id?date=2021-01-{day}&subdomains=false"


def archive(day):
    return f"/lists/download_daily/{NAMES[day]}"


def text(day):
    return f"/lists/download/{NAMES[day]}/1000000"


def answers(base):  # noqa: ARG001 - the same at every address
    lists = {"09": umbrella.EARLY, "10": umbrella.LATE}
    names = {name_path(day): (200, TEXT, NAMES[day].encode()) for day in lists}
    files = {
        archive(day): (200, umbrella.ZIP, zipped(rows(list_)))
        for day, list_ in lists.items()
    }
    return names | files


def tranco(panel, app):
    return bounds(panel, app, metric="tranco_rank")


def check(panel):
    """WhatsApp's host is folded into its domain, which the second list lacks."""
    assert tranco(panel, "signal") == [(3, 3), (2, 2)]
    assert tranco(panel, "whatsapp") == [(5, 5), (5, float("inf"))]
    told = panel.attrs["vintage"]["lists"]["tranco_rank"]
    assert told == {"days": 2, "rows": [4, 5], "averages_days": 30}


def _as_text(base, content):
    refused = (403, TEXT, b"Forbidden")
    return answers(base) | {archive("09"): refused, text("09"): (200, CSV, content)}


def without_an_archive(base):
    """403 says that this list is not to be had as an archive: its text is read."""
    return _as_text(base, rows(umbrella.EARLY)), check


def only_the_late(panel):
    assert tranco(panel, "signal") == [(2, 2)]


def twice(base):
    return _as_text(base, rows(umbrella.EARLY) * 2), only_the_late


def cut_short(base):
    """A row without an end, though the length announced is that of what came."""
    return _as_text(base, rows(umbrella.EARLY)[:-4]), only_the_late


def beyond_the_end(base):
    def censored(panel):
        assert tranco(panel, "signal") == [(3, float("inf")), (2, 2)]
        assert series(panel, "signal", "tranco_rank")["value"].isna().tolist() == [
            True, False,
        ]  # fmt: skip

    return _as_text(base, rows(("a.a", "b.b"))), censored


def other_scripts(base):
    """Names of other scripts are on the lists in ASCII, and na.na is a name."""
    return answers(base), check


def marked(base):
    content = rows(umbrella.EARLY, mark=b"\xef\xbb\xbf", end="\n")
    named = (200, TEXT, b"\xef\xbb\xbfK2W9\r\n")
    return _as_text(base, content) | {name_path("09"): named}, check


def one_row(base):
    def alone(panel):
        assert tranco(panel, "signal") == [(1, 1), (2, 2)]

    return _as_text(base, rows(("signal.org",))), alone


PROTOCOL = Protocol(
    source="domains",
    by="Tranco",
    study=study,
    window=umbrella.WINDOW,
    answers=answers,
    data_path=name_path("09"),
    check=check,
    own={
        11: twice,
        12: [beyond_the_end, without_an_archive],
        13: other_scripts,
        15: marked,
        16: one_row,
        17: [one_row, cut_short],
    },
    not_here={
        14: "a list is rows of text, and no JSON",
        19: "one file holds a whole list; there are no pages",
    },
)
