"""The market of a report, and what it is called."""

from functools import cache

from migration.report.pages import Record


def market_of(record: Record) -> str:
    """The code of a report's market; empty where it is of none."""
    return str(record.get("market") or "")


def name_of(record: Record) -> str:
    """The market's name in its study, where the record says it; else in English."""
    return str(record.get("market_name") or market_name(market_of(record)))


@cache
def market_name(code: str) -> str:
    """A market's English name by its code; the code where it is no country."""
    if code == "WW":
        return "World"
    import pycountry  # reads its tables on import

    found = pycountry.countries.get(alpha_2=code)
    name = getattr(found, "common_name", None) or getattr(found, "name", code)
    return str(name).split(",")[0]
