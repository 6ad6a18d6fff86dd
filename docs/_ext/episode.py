"""The dated events of the study that ships, with their citations, as a table."""

import datetime as dt

from migration.study import load_study
from migration.study.model import Event

STUDY = "whatsapp-2021"
ADDRESS = ("http://", "https://")


def episode() -> str:
    """A row an event, in the order in which they happened."""
    events = sorted(load_study(STUDY).events, key=began)
    head = "| when (UTC) | what | role | severity | read at |\n|---|---|---|---|---|"
    return "\n".join([head, *map(row, events)])


def row(event: Event) -> str:
    """When, what, what for, how strong, and where it was read."""
    said = event.label.replace("|", "/")
    cited = ", ".join(map(link, event.citation.split(" | ")))
    return f"| {when(event)} | {said} | {event.role} | {event.severity} | {cited} |"


def began(event: Event) -> str:
    """What sorts events: ISO's way of writing an instant or a day."""
    return str(event.instant or event.start)


def when(event: Event) -> str:
    """The instant to the minute, or the first day and the last."""
    if event.instant is not None:
        return f"{day(event.instant)}, {event.instant:%H:%M}"
    last = f" to {day(event.end)}" if event.end not in (None, event.start) else ""
    return f"{day(event.start)}{last}"


def day(one: dt.date | None) -> str:
    """A day on one line."""
    words = "" if one is None else f"{one.day} {one:%b %Y}"
    return words.replace(" ", "\N{NO-BREAK SPACE}")


def link(citation: str) -> str:
    """An address by the name of its host; anything else as it stands."""
    if not citation.startswith(ADDRESS):
        return citation.replace("|", "/")
    host = citation.split("/")[2].removeprefix("www.")
    return f"[{host}](<{citation}>)"
