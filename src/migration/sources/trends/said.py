"""What a researcher says of a file that the file itself does not: read, and checked.

A declaration is text by key. Pairs are written ``"column=app; column=app"``, with
quotes around what holds a semicolon.
"""

import csv
import datetime as dt
import io
import re
from collections.abc import Iterable, Mapping

from migration.errors import CannotAsk
from migration.sources.places import check_code, code_of
from migration.sources.trends.dates import ORDERS, iso_day
from migration.sources.trends.table import Column
from migration.study.fields import WORLD

KEYS = {
    "geo": "IN, US-NY or WW; of several places 'India=IN; Brazil=BR'",
    "kind": "term or topic; of several columns 'Signal=topic; telegram=term'",
    "terms": "which column is which app: 'WhatsApp=whatsapp; Pizza=-'",
    "exported": "the day of the export, such as 2021-07-02",
    "date_order": f"one of {', '.join(ORDERS)}",
    "draw": "a number, where two draws happen to be the same to the byte",
    "window": "first and last day of a map: '2020-12-01 2021-06-30'",
    "regions": "places that ISO names otherwise: 'Bavaria=DE-BY'",
    "use": "no, to take back a file that was added by mistake",
}
KINDS = ("term", "topic")
NOBODY = "-"
_FILE_NAME = re.compile(
    r"time_series_(?P<geo>.+?)_[0-9]{8}-[0-9]{4}_[0-9]{8}-[0-9]{4}"
    r"(?: ?\([0-9]+\)|-[0-9]+)?\.csv",
    re.IGNORECASE,
)


def check_keys(said: Mapping[str, str]) -> dict[str, str]:
    """The declarations that say something.

    Raises
    ------
    CannotAsk
        A key that is not known, an order of dates or a draw that is none.
    """
    said = {key.replace("-", "_"): text for key, text in said.items()}
    if unknown := sorted(set(said) - set(KEYS)):
        listed = "; ".join(f"{key}: {what}" for key, what in KEYS.items())
        raise CannotAsk(
            f"trends knows no declaration {unknown[0]!r}; it takes {listed}"
        )
    known = {key: text.strip() for key, text in said.items() if text.strip()}
    if known.get("use", "no") != "no":
        raise CannotAsk(f"use needs {KEYS['use']}, got {known['use']!r:.40}")
    if known.get("date_order", ORDERS[0]) not in ORDERS:
        raise CannotAsk(
            f"date_order needs {KEYS['date_order']}, got {known['date_order']!r:.40}"
        )
    if not re.fullmatch(r"[0-9]{1,6}", known.get("draw", "0")):
        raise CannotAsk(f"draw needs {KEYS['draw']}, got {known['draw']!r:.40}")
    return known


def geo_of(file: str, said: Mapping[str, str]) -> str:
    """The place of a file by its name and by what was declared; empty if by neither.

    Raises
    ------
    CannotAsk
        Both, and different.
    """
    declared = said.get("geo", "")
    found = _FILE_NAME.fullmatch(file.rpartition("/")[2])
    named = _code_or_none(found["geo"]) if found else None
    if "=" in declared or not (named and declared):
        return declared or named or ""
    if check_code(declared) != named:
        raise CannotAsk(
            f"{file}: its name says {named}, the declaration geo={declared}: correct "
            "one of them"
        )
    return named


def markets_of(columns: Iterable[Column], geo: str, *, file: str) -> list[str]:
    """The market of each column: as declared, else by its label.

    Raises
    ------
    CannotAsk
        Nothing says which it is, or what was declared does not fit the columns.
    """
    columns = list(columns)
    by_label = pairs(geo, key="geo") if "=" in geo else {}
    labels = dict.fromkeys(str(column.label) for column in columns)
    if geo and not by_label and len(labels) > 1:
        raise CannotAsk(
            f"{file} holds {len(labels)} places, {', '.join(labels)[:80]}: declare "
            "geo='India=IN; Brazil=BR' with each of them"
        )
    if unknown := sorted(set(by_label) - set(labels)):
        raise CannotAsk(f"{file} has no place {unknown[0]!r} as in geo: correct it")
    said = [by_label.get(str(c.label), "" if by_label else geo) for c in columns]
    return [
        check_code(code) if code else _by_label(column.label, file)
        for column, code in zip(columns, said, strict=True)
    ]


def check_labels(
    columns: Iterable[Column], markets: Iterable[str], *, file: str
) -> None:
    """Refuse a declared market that is not the one its column is labelled with.

    Raises
    ------
    CannotAsk
        ISO's tables know the label, as that of another place.
    """
    for column, code in zip(columns, markets, strict=True):
        within = code.partition("-")[0] if "-" in code else WORLD
        named = code_of(column.label or "", within=within)
        if named not in (None, code):
            raise CannotAsk(
                f"{file}: its header says {column.label} ({named}), the declaration "
                f"{code}: correct one of them"
            )


def apps_of(columns: Iterable[Column], said: Mapping[str, str], file: str) -> list[str]:
    """The app of each column, ``"-"`` where it is none of the study's.

    Raises
    ------
    CannotAsk
        A column that nothing is said of, or words of a column that is not there.
    """
    return _per_column(
        columns, pairs(said.get("terms", ""), key="terms"), "terms", file
    )


def kinds_of(
    columns: Iterable[Column], said: Mapping[str, str], file: str
) -> list[str]:
    """``term`` or ``topic`` of each column: the file never proves which.

    Raises
    ------
    CannotAsk
        Not declared, or another word.
    """
    columns, kind = list(columns), said.get("kind", "")
    if "=" not in kind:
        found = [kind] * len(columns)
    else:
        found = _per_column(columns, pairs(kind, key="kind"), "kind", file)
    if wrong := [one for one in found if one not in KINDS]:
        raise CannotAsk(
            f"{file} does not prove whether it shows a term or a topic: declare kind, "
            f"{KEYS['kind']}; got {wrong[0]!r:.40}"
        )
    return found


def exported_on(said: Mapping[str, str]) -> dt.date | None:
    """The day of the export; None where it was not declared."""
    text = said.get("exported", "")
    return iso_day(text, key="exported") if text else None


def pairs(text: str, *, key: str) -> dict[str, str]:
    """Read ``"a=b; c=d"``; the last ``=`` divides, so that a term may hold one.

    Raises
    ------
    CannotAsk
        An item without both sides, or one side twice.
    """
    try:
        items = next(
            csv.reader([text], delimiter=";", skipinitialspace=True, strict=True), []
        )
    except csv.Error as error:
        raise CannotAsk(f"{key} cannot be read ({error}): {KEYS[key]}") from error
    split = [item.rpartition("=") for item in items if item.strip()]
    found = {left.strip(): right.strip() for left, _, right in split}
    if len(found) < len(split) or not all(
        left and right for left, right in found.items()
    ):
        raise CannotAsk(f"{key} needs {KEYS[key]}, got {text!r:.80}")
    return found


def write_pairs(known: Mapping[str, str]) -> str:
    """The text that :func:`pairs` reads back."""
    text = io.StringIO()
    items = [f"{left}={right}" for left, right in known.items()]
    csv.writer(text, delimiter=";", lineterminator="").writerow(items)
    return text.getvalue()


def _per_column(
    columns: Iterable[Column], known: Mapping[str, str], key: str, file: str
) -> list[str]:
    """By the whole header cell, else by its term."""
    columns = list(columns)
    found = [known.get(c.cell, known.get(c.term, "")) for c in columns]
    names = {name for c in columns for name in (c.cell, c.term)}
    if unknown := sorted(set(known) - names):
        raise CannotAsk(
            f"{file} has no column {unknown[0]!r} as in {key}: it has "
            f"{', '.join(c.term for c in columns)[:120]}"
        )
    if "" in found:
        raise CannotAsk(
            f"{file} needs {key} for the column {columns[found.index('')].term!r}: "
            f"declare {KEYS[key]}"
        )
    return found


def _by_label(label: str | None, file: str) -> str:
    """The market that a label names, where it names one alone."""
    named = code_of(label) if label is not None else None
    # Georgia is a country, and a state of the US.
    if label is None or named is None or code_of(label, within="US"):
        shown = "the place it shows" if label is None else f"which place {label!r} is"
        raise CannotAsk(f"{file} does not say {shown}: declare geo as {KEYS['geo']}")
    return named


def _code_or_none(text: str) -> str | None:
    try:
        return check_code(text)
    except CannotAsk:
        return None
