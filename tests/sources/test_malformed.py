"""The harness spoils what it says it spoils, and lets only good ends through."""

import io
import json
import zipfile

import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from sources.malformed import KINDS, PAGE, ends_well, malformed

from migration.errors import PanelError, SchemaDrift
from migration.panel import empty_panel

TABLE = b"date,app,rank\n2021-01-06,signal,1\n2021-01-07,signal,2\n"
VALUE = b'{"days": [{"day": "2021-01-06", "n": 1}, {"day": "2021-01-07", "n": 2}]}'
HTML = b"<ul><li>1 Signal</li><li>2 Telegram</li></ul>"


def archive():
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as one:
        one.writestr("a.csv", TABLE)
    return made.getvalue()


PAYLOADS = {"csv": TABLE, "json": VALUE, "html": HTML, "zip": archive(), "text": TABLE}


def is_json(content):
    try:
        return isinstance(json.loads(content), dict)
    except (ValueError, RecursionError):
        return False


def lines(content):
    return content.decode("utf-8", "replace").splitlines()


FAULTS = {
    "a row less": ("csv", lambda b: lines(b) == lines(TABLE)[:2]),
    "a row twice": ("csv", lambda b: lines(b).count("2021-01-06,signal,1") == 2),
    "rows swapped": ("csv", lambda b: lines(b)[:0:-1] == lines(TABLE)[1:]),
    "a column less": ("csv", lambda b: lines(b)[:1] == ["date,app"]),
    "another delimiter": ("csv", lambda b: lines(b)[:1] == ["date;app;rank"]),
    "no number": ("csv", lambda b: b"NaN" in b),
    "cut": ("csv", lambda b: TABLE.startswith(b) and 0 < len(b) < len(TABLE)),
    "a BOM": ("csv", lambda b: b[:4] == b"\xef\xbb\xbfd"),
    "UTF-16": ("csv", lambda b: b[:4] == b"\xff\xfed\0"),
    "a NUL": ("csv", lambda b: b.count(b"\0") == 1),
    "a page of HTML": ("csv", lambda b: b.lstrip().startswith(PAGE)),
    "a key less": ("json", lambda b: is_json(b) and not json.loads(b)),
    "a huge number": ("json", lambda b: b"0" * 20 in b),
    "NaN": ("json", lambda b: b"NaN" in b),
    "a tag less": ("html", lambda b: b.startswith(b"<ul>1 Signal")),
    "an empty archive": ("zip", lambda b: b.startswith(b"PK\x05\x06")),
    "a damaged member": ("zip", lambda b: zipped(b) not in (None, TABLE)),
}  # fmt: skip


def zipped(content):
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as one:
            return one.read("a.csv")
    except (zipfile.BadZipFile, KeyError):
        return None


@pytest.mark.parametrize("kind", KINDS)
def test_every_fault_is_among_those_that_are_tried(kind):
    tried = set()

    @settings(max_examples=500, phases=[Phase.generate], database=None)
    @given(malformed(PAYLOADS[kind], kind))
    def collect(spoilt):
        assert isinstance(spoilt, bytes)
        tried.add(spoilt)

    collect()
    own = {name: shown for name, (one, shown) in FAULTS.items() if one == kind}
    assert [name for name, shown in own.items() if not any(map(shown, tried))] == []
    assert len(tried) > 150


def raising(error):
    def parse():
        raise error

    return parse


def test_a_refusal_and_a_sound_panel_are_good_ends():
    ends_well(raising(SchemaDrift("x")))
    ends_well(empty_panel)


def test_another_error_and_an_unsound_panel_are_not():
    with pytest.raises(KeyError):
        ends_well(raising(KeyError("x")))
    with pytest.raises(PanelError):
        ends_well(lambda: pd.DataFrame({"app": ["a"]}))
