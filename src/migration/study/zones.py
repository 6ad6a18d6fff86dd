"""The zones of a country, and the one clock that all of them show, where they do."""

import datetime as dt
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

NOON = dt.time(12, tzinfo=dt.UTC)


def zones_of(code: str) -> tuple[str, ...]:
    """Zones of an ISO 3166-1 code, as the table of IANA's database lists them.

    >>> zones_of("NA"), zones_of("DE"), zones_of("WW")
    (('Africa/Windhoek',), ('Europe/Berlin', 'Europe/Busingen'), ())
    """
    return _listed().get(code, ())


@cache
def _listed() -> dict[str, tuple[str, ...]]:
    table = files("tzdata").joinpath("zoneinfo", "zone.tab")
    found: dict[str, tuple[str, ...]] = {}
    for line in table.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            code, _, zone, *_ = line.split("\t")
            found[code] = (*found.get(code, ()), zone)
    return found


def one_clock(zones: tuple[str, ...], first: dt.date, last: dt.date) -> str | None:
    """The first of some zones, if all show the same time on all of the days.

    >>> spring = dt.date(2021, 1, 1), dt.date(2021, 4, 1)
    >>> one_clock(("Europe/Berlin", "Europe/Busingen"), *spring)
    'Europe/Berlin'
    >>> one_clock(("Australia/Sydney", "Australia/Perth"), *spring) is None
    True
    """
    noons = [
        dt.datetime.combine(first + dt.timedelta(days=n), NOON)
        for n in range((last - first).days + 1)
    ]
    clocks = {
        tuple(noon.astimezone(ZoneInfo(zone)).utcoffset() for noon in noons)
        for zone in zones
    }
    return zones[0] if len(clocks) == 1 else None
