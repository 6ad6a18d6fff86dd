"""From the errors of the validator to sentences for the author of a study."""

from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from pydantic_core import ErrorDetails

from migration.study.fields import near

LONGEST = 200  # characters of a value that a message repeats
NEEDED = {
    "bool_type": "true or false",
    "date_type": "a date such as 2021-01-06, without quotes or time",
    "datetime_type": "an instant with a time zone, such as 2021-01-15T19:45:00Z",
    "timezone_aware": "a time zone on the instant, as in 2021-01-15T19:45:00Z",
    "dict_type": "a table",
    "dataclass_exact_type": "a table",
    "int_type": "a whole number",
    "missing": "a value",
    "string_too_short": "some text",
    "string_type": "text in quotes",
    "tuple_type": "a list",
}


def sentences(
    where: str, found: Iterable[ErrorDetails], keys: Iterable[str]
) -> Iterator[str]:
    """Say each error: the key, what was needed, what came and what is nearest.

    Parameters
    ----------
    where : str
        The table, as ``events 'delay'``; empty for the top of the file.
    found
        Errors of one table, from the validator.
    keys
        The keys that the table takes.
    """
    names = list(keys)
    for error in found:
        path = ", ".join(str(step) for step in error["loc"])
        key = ", ".join(part for part in (where, path) if part)
        if error["type"] == "unexpected_keyword_argument":
            unknown = str(error["loc"][-1])
            yield f"{key}: no such key; {near(unknown, names)}"
        elif error["type"] == "missing" and len(error["loc"]) == 1:
            yield f"{key}: is needed and is not there"
        else:
            needed, _, hint = _needed(error).partition("; ")
            advice = f"; {hint}" if hint else ""
            yield f"{key}: needs {needed}, got {_shown(error['input'])}{advice}"


def _needed(error: ErrorDetails) -> str:
    """What was needed and, after a semicolon, what may have been meant."""
    kind, context = error["type"], error.get("ctx", {})
    if kind == "value_error":
        return str(context["error"])
    if kind == "literal_error":
        return _one_of(str(error["input"]), context)
    if kind in ("too_long", "too_short", "missing"):
        return _length(context)
    return NEEDED.get(kind, error["msg"])


def _one_of(came: str, context: Mapping[str, Any]) -> str:
    words = str(context["expected"]).replace(" or ", ", ").replace("'", "").split(", ")
    close = get_close_matches(came, words, n=1)
    hint = f"; did you mean {close[0]!r}?" if close else ""
    return f"one of {', '.join(words)}{hint}"


def _length(context: Mapping[str, Any]) -> str:
    if "max_length" in context:
        return f"at most {context['max_length']} entries"
    if "min_length" in context:
        return f"at least {context['min_length']}"
    return "one entry more"


def _shown(value: Any) -> str:
    """Show a value as the file's author would know it, its beginning if it is long."""
    text = _toml_text(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]} ..."


def _toml_text(value: Any) -> str:
    """Write a value as TOML does: a tuple came as a list."""
    if isinstance(value, tuple):
        return "[" + ", ".join(_toml_text(one) for one in value) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    return repr(value) if isinstance(value, str) else str(value)
