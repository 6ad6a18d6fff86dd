"""The parameters whose values are names of a study, looked up before a kernel starts.

They are the contract of the notebooks: a parameter of one of these names and types
means this in every notebook that takes a study. What is given for it is held against
the study; a default is its notebook's own affair.

========== ==================== =====================================================
parameter  type                 means
========== ==================== =====================================================
source     str, str or None     a source that the study has enabled
attention  str, str or None     a source of the study
metric     str, str or None     a metric of the source given, or of the study's first
event      str or None          a focal event: left out, it is the study's first
event      str                  any event
later      str, str or None     a focal event
placebo    str, str or None     a placebo event
group      list[str], or None   markets, and groups of markets
zone       str, str or None     a zone of the tz database
========== ==================== =====================================================

``study``, ``market``, ``inputs`` and ``programs`` have rules of their own.
"""

import tomllib
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from importlib.resources import files

from migration.clock import known_zones
from migration.errors import ParameterError, StudyError
from migration.report.parameters import Parameter, Value
from migration.study import Study
from migration.study.fields import MOST, near

_TEXT = "str"
_OF_DRAWS = "_draw_se"  # beside each metric of a source that is drawn several times
Values = Mapping[str, Value]


def check_names(
    study: Study,
    parameters: Iterable[Parameter],
    given: Iterable[str],
    values: Values,
    notebook: str,
) -> None:
    """Refuse what was given and is no name of the study; ``values`` are cast.

    Raises
    ------
    ParameterError
        With the nearest name, or those there are.
    """
    asked = set(given)
    for one in parameters:
        kind = "any event" if _is_any_event(one) else one.name
        look_up = _LOOK_UPS.get((kind, one.kind))
        if look_up is None or one.name not in asked or values[one.name] is None:
            continue
        try:
            look_up(study, values[one.name], values)
        except StudyError as error:
            raise ParameterError(f"{notebook}: {one.name}: {error}") from error


def _is_any_event(one: Parameter) -> bool:
    return one.name == "event" and not one.optional


def _source(study: Study, value: Value, _: Values) -> None:
    if not study.source(str(value)).enabled:
        able = near(str(value), [one.id for one in study.sources if one.enabled])
        raise StudyError(
            f"the study {study.id!r} has not enabled {value!r}: {able}; to use it, "
            "write `enabled = true` in its table"
        )


def _metric(study: Study, value: Value, values: Values) -> None:
    named = values.get("source")
    source = study.source(str(named)) if named else study.sources[0]
    known = dict.fromkeys((*source.metrics, *_counted(source.id)))
    if str(value).removesuffix(_OF_DRAWS) not in known:
        hint = near(str(value), known)
        raise StudyError(f"no metric {value!r:.80} of {source.id}: {hint}")


def _counted(source: str) -> tuple[str, ...]:
    """The metrics on a source's card, which alone is read; none without a card."""
    card = files("migration").joinpath("sources", "cards", f"{source}.toml")
    if not card.is_file():
        return ()
    return tuple(tomllib.loads(card.read_text(encoding="utf-8"))["unit"])


def _zone(_: Study, value: Value, __: Values) -> None:
    if value not in known_zones():
        found = get_close_matches(str(value)[:MOST], sorted(known_zones()), n=1)
        hint = f"did you mean {found[0]!r}?" if found else "see the tz database"
        raise StudyError(f"no zone {value!r:.80}: {hint}")


def _group(study: Study, value: Value, _: Values) -> None:
    study.expand(value if isinstance(value, list) else str(value))


_LOOK_UPS: dict[tuple[str, str], Callable[[Study, Value, Values], object]] = {
    ("source", _TEXT): _source,
    ("attention", _TEXT): lambda study, value, _: study.source(str(value)),
    ("metric", _TEXT): _metric,
    ("event", _TEXT): lambda study, value, _: study.focal(str(value)),
    ("any event", _TEXT): lambda study, value, _: study.event(str(value)),
    ("later", _TEXT): lambda study, value, _: study.focal(str(value)),
    ("placebo", _TEXT): lambda study, value, _: study.placebo(str(value)),
    ("group", "list[str]"): _group,
    ("zone", _TEXT): _zone,
}
