"""A live answer with the question it was kept for, made into lines; pure."""

from collections.abc import Mapping

import numpy as np

from migration.errors import CannotAsk, SchemaDrift
from migration.sources.ask import Answer
from migration.sources.places import check_code
from migration.sources.trends.dates import frequency_of
from migration.sources.trends.lines import (
    BY_REGION,
    INTEREST,
    Lines,
    Series,
    one_draw,
)
from migration.sources.trends.points import parse_map, parse_timeseries
from migration.sources.trends.questions import LINES, Question
from migration.sources.trends.topics import thing_of


def read_answer(answer: Answer, question: Question, apps: Mapping[str, str]) -> Lines:
    """Lines of one draw; keywords that stand for no app are passed over.

    Raises
    ------
    NoData
        Too few searches.
    UnexpectedContent, SchemaDrift
        Not what the question was for.
    """
    if question.widget == LINES:
        return _over_time(answer, question, apps)
    return _by_region(answer, question, apps)


def _over_time(answer: Answer, question: Question, apps: Mapping[str, str]) -> Lines:
    found = parse_timeseries(answer.content, items=len(question.items))
    frequency = frequency_of(found.periods, name=question.what)
    if frequency not in INTEREST:
        raise SchemaDrift(
            f"{question.what} came by {frequency} and a panel holds whole days: ask "
            "for 8 days or more"
        )
    kept = [at for at, item in enumerate(question.items) if item.keyword in apps]
    items = [question.items[at] for at in kept]
    series = tuple(
        Series(apps[item.keyword], item.geo, thing_of(item.keyword)) for item in items
    )
    if len(set(series)) < len(series):
        raise SchemaDrift(f"{question.what} holds an app in one market twice")
    cells = (x[:, kept] for x in (found.value, found.lower, found.upper))
    draw = one_draw(*cells, partial=found.partial[:, kept])
    draw["draws"] = np.where(found.asked[:, kept], draw["draws"], np.nan)
    return Lines(
        metric=INTEREST[frequency],
        series=series,
        periods=found.periods,
        **draw,
        files=(question.what,),
    )


def _by_region(answer: Answer, question: Question, apps: Mapping[str, str]) -> Lines:
    """A map of the one item; places that ISO has no code for are passed over."""
    item = question.items[0]
    found = parse_map(answer.content, items=1)
    codes = [_code_or_none(code) for code in found.codes]
    rows = [at for at, code in enumerate(codes) if code and item.keyword in apps]
    app = apps.get(item.keyword, "")
    over = answer.retrieved_at[:10] > question.last.isoformat()
    flat = (x[rows, 0][None, :] for x in (found.value, found.lower, found.upper))
    return Lines(
        metric=BY_REGION[found.compared],
        series=tuple(
            Series(app, str(codes[at]), thing_of(item.keyword)) for at in rows
        ),
        periods=np.array([item.time[:10]], dtype="datetime64[s]"),
        until=question.last.isoformat(),
        within=item.geo,
        **one_draw(*flat, partial=np.full((1, len(rows)), not over)),
        files=(question.what,),
    )


def _code_or_none(code: str) -> str | None:
    try:
        return check_code(code)
    except CannotAsk:
        return None
