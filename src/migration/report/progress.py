"""How a run is told of: a live line on a terminal, plain lines elsewhere, or JSON."""

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, TextIO

from migration.errors import ReportError
from migration.report.events import Event
from migration.report.manifest import headline_text, table_columns

_CLEAR = "\r\x1b[K"


class Teller:
    """Writes each event to a stream as it comes.

    On a terminal the cells of the running report share one line; elsewhere a report
    gets a line when it starts and one when it ends.
    """

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self.live = stream.isatty()

    def __call__(self, event: Event) -> None:
        """Tell of one event."""
        place = f"[{event.number}/{event.total}] {event.report}"
        if event.event == "cell":
            if self.live:
                self._write(f"{_CLEAR}{place}: cell {event.cell} of {event.cells}")
            return
        text = {
            "start": f"rendering ({event.reason})",
            "fresh": "fresh, nothing changed",
            "done": f"done in {event.seconds or 0:.1f} s",
            "failed": f"FAILED after {event.seconds or 0:.1f} s",
        }[event.event]
        self._write(f"{_CLEAR if self.live else ''}{place}: {text}\n")

    def _write(self, text: str) -> None:
        _write(self.stream, text)


class JsonTeller:
    """Writes each event as one JSON object a line, the same fields always."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream

    def __call__(self, event: Event) -> None:
        """Write one event as one line."""
        now = dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds")
        line = json.dumps({"ts": now, **asdict(event)}, ensure_ascii=False)
        _write(self.stream, line + "\n")


def _write(stream: TextIO, text: str) -> None:
    """Write at once; a log that cannot be written is no fault of the reports' folder.

    Raises
    ------
    ReportError
        Nobody reads the log any more, or its disk is full.
    """
    try:
        stream.write(text)
        stream.flush()
    except OSError as error:
        raise ReportError(
            f"what the run says could not be written ({error.strerror or error}), so "
            "it was ended; what was in place before stands: see to where the output "
            "goes, then run this again"
        ) from error


_WHOSE = ("report", "market")
_LONGEST = 40  # a longer cell, such as an estimand in words, is read in the index
_CUT = {"change": 60}  # says which app has no number: cut and not left out


def headline_lines(manifests: Sequence[Mapping[str, Any]]) -> list[str]:
    """The headline rows of reports as aligned text, one line a row."""
    rows = _told_apart([one for one in manifests if one["headline"]])
    columns = [
        name for name in table_columns(rows) if name in _WHOSE or _is_short(name, rows)
    ]
    if not columns:
        return []
    table = [[column.replace("_", " ") for column in columns]]
    table += [[_text(row, column) for column in columns] for row in rows]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        for row in table
    ]
    marks = ["SIMULATED"] if any(m["simulated"] for m in manifests) else []
    return marks + [line.rstrip() for line in lines]


def _told_apart(manifests: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Headline rows; those of several reports say first whose each is."""
    notebooks = {one.get("notebook") for one in manifests}
    markets = {one.get("market") for one in manifests}
    by_market = len(notebooks) == 1 and len(markets) == len(manifests)
    whose = "market" if by_market and None not in markets else "report"
    return [
        {whose: one[whose], **row} if len(manifests) > 1 else row
        for one in manifests
        for row in one["headline"]
    ]


def _is_short(column: str, rows: Sequence[Mapping[str, Any]]) -> bool:
    most = _CUT.get(column, _LONGEST)
    return all(len(_text(row, column)) <= most for row in rows)


def _text(row: Mapping[str, Any], column: str) -> str:
    """A cell; of a long reason the beginning."""
    text = headline_text(row, column)
    most = _CUT.get(column, len(text))
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"
