"""The one sentence that stands first: every app, its size, its interval, its doubt."""

from collections.abc import Iterable, Mapping

import pandas as pd

from migration.clock import touched_days
from migration.design.questions import window_of
from migration.display import places, words
from migration.display.forest import Row, Sensitivity, forest_rows
from migration.display.sentences import meaning
from migration.results import EffectResult
from migration.study import Event, Study

UNTOLD, NONE = "not told from zero", "no effect can be given"
ALONE = "no other dated event of the calendar lies in the window"
MOST_NAMED = 6  # events of a line; the calendar's table has them all


def lead(
    results: Mapping[str, EffectResult],
    *,
    what: str,
    sensitivity: Sensitivity = None,
) -> str:
    """All results in one sentence, those told from zero first, with 95% intervals.

    Parameters
    ----------
    results : mapping of str to EffectResult
        Name to result, of one window.
    what : str
        What was measured: ``"new installs"``.
    sensitivity : mapping, optional
        Name to the result of ``baseline_sensitivity``.
    """
    signs = {name: c for name, c in (sensitivity or {}).items() if name in results}
    groups: dict[str, list[Row]] = {"": [], UNTOLD: [], NONE: []}
    for row in forest_rows(results, signs, "lead"):
        told = row.found or row.bounded_off_zero
        groups["" if told else UNTOLD if row.stable else NONE].append(row)
    said = [_group(label, rows, results) for label, rows in groups.items() if rows]
    first = next(iter(results.values()))
    kinds = dict.fromkeys(words.quantity(result) for result in results.values())
    level = ", ".join([*filter(None, kinds), "95% intervals"])
    means = [results[row.name] for row in groups[""] if not row.is_bound]
    said += list(dict.fromkeys(map(meaning, means)))
    days = words.day_range(*first.design.window_days)
    mark = "SIMULATED: " if any(r.simulated for r in results.values()) else ""
    return f"{mark}{words.sentence_case(what)}, {days} ({level}): {'; '.join(said)}."


def _group(label: str, rows: Iterable[Row], results: Mapping[str, EffectResult]) -> str:
    """Rows that are alike in what is known of them."""
    if label == NONE:
        named = ", ".join(row.name for row in rows)
        return f"{label} for {named}: its sign changes with the baseline"
    told = ", ".join(
        f"{row.name} {places.change_of(row, results[row.name])}" for row in rows
    )
    return f"{label}: {told}" if label else told


def calendar_lines(study: Study, *, event: str, zone: str) -> list[str]:
    """Which other dated events lie in an event's own window, or that none does.

    Parameters
    ----------
    study : Study
    event : str
        Id of the event.
    zone : str
        Whose days the window has.

    Returns
    -------
    list of str
        One line, for the warnings of a report.
    """
    own = study.event(event)
    start, end = window_of(own, zone)
    others = [e for e in study.events if e.id != event and _inside(e, zone, start, end)]
    days = words.day_range(start, end)
    if not others:
        return [f"{ALONE} of {event} ({days})"]
    grave = [e.label for e in others if e.severity == "high"]
    named = "; ".join(grave[:MOST_NAMED])
    more = len(grave) - MOST_NAMED
    rest = f" and {more} more" if more > 0 else ""
    return [
        f"the window of {event} ({days}) also holds {len(others)} other dated "
        f"event{'' if len(others) == 1 else 's'} of the calendar, {len(grave)} of high "
        f"severity{': ' if named else ''}{named}{rest}. An estimate over it is of all "
        "of them together"
    ]


def _inside(event: Event, zone: str, start: pd.Timestamp, end: pd.Timestamp) -> bool:
    if event.role == "placebo":  # a day on which nothing happened
        return False
    first, last = (pd.Timestamp(day) for day in touched_days(event, zone))
    return bool(first <= end and last >= start)
