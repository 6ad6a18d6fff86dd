"""A later event's own effect, route by route, computed or refused."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from migration.display import words
from migration.display.gt import Table, Words, make_table
from migration.errors import DisplayError
from migration.estimators.event_study import PathResult
from migration.results import is_log_ratio


def table_routes(results: Mapping[str, PathResult]) -> Table:
    """Every route to a later event's own effect, one row an app and route.

    Parameters
    ----------
    results : mapping of str to PathResult
        Of :func:`migration.estimators.event_study.event_study`, by the app's name.

    Raises
    ------
    DisplayError
        If something else came. A result without a later event says so in its row.
    """
    rows = []
    for app, result in results.items():
        if not isinstance(result, PathResult):
            raise DisplayError(
                f"table_routes needs results of event_study, got "
                f"{type(result).__name__} for {app}"
            )
        rows += [
            {"App": app, **_route(row, log=is_log_ratio(result))}
            for row in result.second.to_dict("records")
        ] or [{"App": app, **_NO_ROUTE}]
    if not rows:
        raise DisplayError("table_routes needs at least one result, got none")
    return make_table(
        pd.DataFrame(rows),
        Words(
            name="table-routes",
            caption="A later event's own effect, by every route to it",
            stub="App",
            notes=(
                "A set is every value that the route allows; its interval covers each "
                "point of it.",
            ),
            simulated=any(result.simulated for result in results.values()),
        ),
    )


_NO_ROUTE = {
    "Event": words.NOTHING,
    "Identification": words.NOTHING,
    "By": words.NOTHING,
    "Estimate or set (95%)": words.NOTHING,
    "What it rests on": "the design has no later event",
}


def _route(row: Mapping[Any, Any], *, log: bool) -> dict[str, str]:
    return {
        "Event": words.plain(str(row["event"])),
        "Identification": str(row["identification"]),
        "By": str(row["by"]),
        "Estimate or set (95%)": _number(row, log=log),
        "What it rests on": str(row["why"]),
    }


def _number(row: Mapping[Any, Any], *, log: bool) -> str:
    point, low, high = (float(row[c]) for c in ("estimate", "conf_low", "conf_high"))
    if low != low and high != high:
        return words.NOTHING
    ends = (float(row["set_low"]), float(row["set_high"]))
    shown = words.interval(*ends, log=log)
    if point == point:
        shown = words.signed(words.effect(point, log=log))
    return f"{shown} ({words.interval(low, high, log=log)})"
