"""Tables of a study: its calendar, its source's card, segments, refusals, any frame."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import pandas as pd

from migration.clock import touched_days
from migration.display import words
from migration.display.cells import to_cells
from migration.display.forest import named_results
from migration.display.gt import Table, Words, make_table
from migration.display.sentences import NOT_AN_EFFECT
from migration.errors import DisplayError
from migration.outcomes import PLACES
from migration.results import CheckResult, EffectResult, is_log_ratio

FEW_MARKETS = 10
RANGE = (
    "In brackets the least and the largest of the unrelated series: no interval of an "
    "estimate."
)

MEANS = {PLACES: "Geometric mean of the place, where 1 is the best"}

if TYPE_CHECKING:
    from migration.sources.cards import Card
    from migration.study import Event, Study


def table_frame(
    frame: pd.DataFrame, *, caption: str, notes: Iterable[str] = ()
) -> Table:
    """Set any frame in the house style; its first column labels the rows.

    Parameters
    ----------
    frame : DataFrame
        At least one row; ``attrs["simulated"]`` marks the caption SIMULATED.
    caption : str
    notes : iterable of str

    Raises
    ------
    DisplayError
        If the frame is empty.
    """
    if frame.empty:
        raise DisplayError(f"{caption!r} needs at least one row, got an empty frame")
    cells, right = to_cells(frame)
    return make_table(
        cells,
        Words(
            name="table-frame",
            caption=caption,
            stub=str(cells.columns[0]),
            right=right,
            notes=tuple(notes),
            simulated=bool(frame.attrs.get("simulated", False)),
        ),
    )


def table_segments(
    results: Mapping[str, EffectResult],
    *,
    sensitivity: Mapping[str, Mapping[str, CheckResult]] | None = None,
) -> Table:
    """Levels of each event's window, one row an app and event.

    Parameters
    ----------
    results : mapping of str to EffectResult
        Of ``interrupted_series``; its ``effects`` have one row a segment.
    sensitivity : mapping of str to mapping, optional
        Event to app to the result of ``baseline_sensitivity``. Where the sign changes,
        no number is printed.
    """
    named = named_results(results, "table_segments")
    signs = sensitivity or {}
    rows = [
        {
            "App": app,
            "After": words.plain(str(event)),
            **_segment(row, result, stable=_holds(signs, str(event), app)),
        }
        for app, result in named.items()
        for event, row in result.effects.iterrows()
    ]
    return make_table(
        pd.DataFrame(rows),
        Words(
            name="table-segments",
            caption="Level of each window against the baseline",
            stub="App",
            right=("Estimate (95%)", "p"),
            notes=("Combined path: the sum of both events' effects.",),
            simulated=any(result.simulated for result in named.values()),
        ),
    )


def _holds(
    signs: Mapping[str, Mapping[str, CheckResult]], event: str, app: str
) -> bool:
    check = signs.get(event, {}).get(app)
    return check is None or check.passed is not False


def _segment(row: "pd.Series", result: EffectResult, *, stable: bool) -> dict[str, str]:
    log = is_log_ratio(result)
    low, high = float(row.conf_low), float(row.conf_high)
    estimate = (
        f"{_signed(words.effect(float(row.estimate), log=log), log=log)} "
        f"({words.interval(low, high, log=log)})"
    )
    return {
        "Days": words.day_range(row.first_day, row.last_day),
        "Estimate (95%)": estimate if stable else NOT_AN_EFFECT,
        "p": words.p_value(float(row.p_value)) if stable else words.NOTHING,
        "Identification": str(row.identification),
    }


def _signed(text: str, *, log: bool) -> str:
    """A percent change has its sign, as everywhere."""
    return words.signed(text) if log else text


def table_means(means: pd.DataFrame, *, names: Mapping[str, str]) -> Table:
    """Means of two periods: the study's apps, and the middle of all others.

    Parameters
    ----------
    means : DataFrame
        Of :func:`migration.outcomes.period_means`.
    names : mapping of str to str
        Unit to name of the apps that have a row each; the others share one.
    """
    own = means[means["unit"].isin(list(names))].dropna(subset="ratio")
    rest = means.loc[~means["unit"].isin(list(names)), "ratio"].dropna()
    cells = pd.DataFrame(
        {
            "App": [names[unit] for unit in own["unit"]],
            "Before": [words.number(value) for value in own["before"]],
            "During": [words.number(value) for value in own["during"]],
            "Ratio": [f"{value:.2f}" for value in own["ratio"]],
        }
    )
    middle = {
        "App": f"Unrelated series, middle of {len(rest)}",
        "Before": words.NOTHING,
        "During": words.NOTHING,
        "Ratio": f"{rest.median():.2f} ({rest.min():.2f} to {rest.max():.2f})",
    }
    return make_table(
        pd.concat([cells, pd.DataFrame([middle])], ignore_index=True),
        Words(
            name="table-means",
            caption=MEANS.get(str(means.attrs.get("outcome")), "Mean counts a day")
            + ", by hand",
            stub="App",
            right=("Before", "During", "Ratio"),
            notes=(RANGE,),
            simulated=bool(means.attrs.get("simulated", False)),
        ),
    )


def table_refused(refused: Mapping[str, pd.DataFrame]) -> Table:
    """Which apps have no answer, and why: nothing is left out in silence.

    Parameters
    ----------
    refused : mapping
        What was asked to ``AppEffects.refused``.
    """
    rows = [
        {"App": row["app"], "Asked": asked, "Why there is no answer": row["reason"]}
        for asked, frame in refused.items()
        for row in frame.to_dict("records")
    ]
    none = [{"App": "none", "Asked": "all", "Why there is no answer": "all answered"}]
    return make_table(
        pd.DataFrame(rows or none),
        Words(name="table-refused", caption="Asked and not answered", stub="App"),
    )


def table_events(study: "Study", *, zone: str = "UTC") -> Table:
    """Every dated event of a study, by the days of a zone.

    Parameters
    ----------
    study : Study
    zone : str
        IANA zone.
    """
    rows = sorted(
        (_event(event, study, zone) for event in study.events),
        key=lambda row: row["first"],
    )
    cells = pd.DataFrame(rows).drop(columns="first")
    return make_table(
        cells,
        Words(
            name="table-events",
            caption=f"Calendar of the study, days in {zone}",
            stub="Event",
            notes=("Citations stand in the study's file.",),
            simulated=study.simulated,
        ),
    )


def _event(event: "Event", study: "Study", zone: str) -> dict[str, str]:
    first, last = (pd.Timestamp(day) for day in touched_days(event, zone))
    return {
        "first": f"{first:%F}",
        "Event": event.label,
        "Days": words.day_range(first, last),
        "Role": event.role,
        "Severity": event.severity,
        "Known to the": event.precision,
        "Markets": ", ".join(_markets(name, study) for name in event.markets),
    }


def _markets(name: str, study: "Study") -> str:
    """A small group by its members: its name means something to its author alone."""
    members = study.groups.get(name, ())
    return ", ".join(members) if 0 < len(members) <= FEW_MARKETS else name


def table_card(card: "Card", *, simulated: bool = False) -> Table:
    """What a source is: producer, terms, unit, zone and oddities.

    Parameters
    ----------
    card : Card
        Of :func:`migration.sources.card`.
    simulated : bool
    """
    facts = {
        "Producer": card.producer,
        "Citation": card.citation,
        "Address": card.address,
        "Terms": card.terms,
        "People": card.people,
        "Unit": "; ".join(f"{name}: {unit}" for name, unit in card.unit.items()),
        "Days of": card.zone,
        **{f"Oddity {n}": text for n, text in enumerate(card.oddities, 1)},
    }
    cells = pd.DataFrame({"Of the source": facts.keys(), "Known": facts.values()})
    return make_table(
        cells,
        Words(
            name="table-card",
            caption=card.title,
            stub="Of the source",
            simulated=simulated,
        ),
    )
