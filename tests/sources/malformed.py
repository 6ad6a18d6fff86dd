"""Valid payloads spoiled as the world spoils them, for every parser's fuzz test.

``malformed(payload, kind)`` is a strategy of bytes: rows and keys dropped, repeated and
swapped, cells of another type, NaN and huge numbers, other alphabets, and then the
bytes themselves cut, re-encoded, marked, compressed or replaced by a page of HTML.
``ends_well(parse)`` says what may come of it: a MigrationError or a sound panel.

    @given(malformed(GOOD, "csv"))
    def test_a_spoilt_table_ends_well(spoilt):
        ends_well(lambda: panel(raw_of({"a.csv": spoilt}), study))
"""

import copy
import gzip
import io
import json
import re
import zipfile
from collections.abc import Callable, Sequence
from typing import Any

from hypothesis import strategies as st

from migration.errors import MigrationError
from migration.panel import check_panel

Draw = Callable[..., Any]
PAGE = b"<!DOCTYPE html><html><head><title>Sorry</title></head><body>Denied</body>"
MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\x00", b")]}'\n", b")]}',\n")
NOISE = (b"\x00", b"\xff", b"\xc3", b'"', b"'", b",", b"\n", b"\r", b"<", b"{", b"]")
# What stands in a cell, or in a text of JSON, where something else was promised.
TEXTS = (
    *("", " ", "-", "–", "n/a", "NA", "NaN", "null", "inf", "-inf", "true", "<1"),
    *(">500", "0", "-0", "-1", "1.5", "1e5", "1e400", "-1e-400", "1,234", "1.234"),
    *("1.234.567,8", "1 234", "12%", "$5", "9" * 40, "0x1F", "١٢", "²", "½", "1_0"),
    *("2021-13-45", "0000-00-00", "99999-01-01", "01/02/2021", "2021-01-06T12:30"),
    *("2021-01-06", "UK", "United Kingdom", "XX", "ไทย", "é", "😀", "\u202e", "\ufeff"),
    *("a\tb", "a;b", 'a"b', "=1+1", "<html>", "x" * 3000, "\x00", "\x1f"),
)
VALUES = (
    *(None, True, False, 0, -1, 1.5, 10**30, -(10**30), 1e308, 2**53 + 1),
    *(float("nan"), float("inf"), -float("inf"), [], {}, [[]], {"": None}, "\ud800"),
    *([None], [1, "1"], {"a": {"a": {"a": []}}}),
)
DEEP = b"[" * 100_000


def malformed(payload: bytes, kind: str) -> st.SearchStrategy[bytes]:
    """Payloads that differ from a valid one by one to four faults.

    Parameters
    ----------
    payload : bytes
        A small valid one: the smaller, the more of its parts are tried.
    kind : {"csv", "json", "html", "zip", "text"}
        How it is taken apart. A table may have any delimiter and be UTF-16.
    """
    spoil = KINDS[kind]

    @st.composite
    def build(draw: Draw) -> bytes:
        inner, outer = draw(st.sampled_from([(1, 0), (2, 0), (3, 0), (0, 1), (1, 1)]))
        spoilt = spoil(draw, payload, inner) if inner else payload
        for _ in range(outer):
            spoilt = _spoil_bytes(draw, spoilt)
        return spoilt

    return build()


def ends_well(parse: Callable[[], Any]) -> None:
    """Run a parser: a MigrationError or a sound panel will do, nothing else."""
    try:
        panel = parse()
    except MigrationError:
        return
    check_panel(panel)


def _spoil_json(draw: Draw, payload: bytes, times: int) -> bytes:
    value = copy.deepcopy(json.loads(payload))
    for _ in range(times):
        value = _spoil_value(draw, value)
    return json.dumps(value, ensure_ascii=draw(st.booleans())).encode(
        "utf-8", "surrogatepass"
    )


def _spoil_value(draw: Draw, value: Any) -> Any:
    """Walk down to some part of a value and spoil it there."""
    down = isinstance(value, dict | list) and value and draw(st.integers(0, 4))
    if not down:
        return _other_value(draw, value)
    keys = list(value) if isinstance(value, dict) else list(range(len(value)))
    key = draw(st.sampled_from(keys))
    action = draw(st.sampled_from(["into"] * 4 + ["drop", "repeat", "swap", "rename"]))
    if action == "into":
        value[key] = _spoil_value(draw, value[key])
    elif action == "drop":
        del value[key]
    elif action == "swap":
        other = draw(st.sampled_from(keys))
        value[key], value[other] = value[other], value[key]
    elif isinstance(value, list):
        value.insert(draw(st.integers(0, len(value))), copy.deepcopy(value[key]))
    else:
        twin = copy.deepcopy(value[key]) if action == "repeat" else value.pop(key)
        value[draw(st.sampled_from([str(key).upper(), f"{key} ", "", "é"]))] = twin
    return value


def _other_value(draw: Draw, value: Any) -> Any:
    made = [[value], {"data": value}, str(value), *VALUES, *TEXTS]
    if isinstance(value, int | float) and not isinstance(value, bool):
        made += [-value, value * 10**20, value + 0.5, float(value)]
    return copy.deepcopy(draw(st.sampled_from(made)))  # it may be spoilt again


def _spoil_csv(draw: Draw, payload: bytes, times: int) -> bytes:
    text, encoding = _decoded(payload)
    lines = text.splitlines() or [""]
    mark = max(",;\t|", key=lambda one: max(line.count(one) for line in lines))
    rows = [line.split(mark) for line in lines]
    for _ in range(times):
        rows = draw(st.sampled_from(_ROWS))(draw, rows) or [[""]]
    end = draw(st.sampled_from(["\n", "\n", "\r\n", "\r"]))
    joined = end.join(mark.join(row) for row in rows) + end
    return joined.encode(encoding, "surrogatepass")


def _decoded(payload: bytes) -> tuple[str, str]:
    for bom, encoding in ((b"\xff\xfe", "utf-16"), (b"\xef\xbb\xbf", "utf-8-sig")):
        if payload.startswith(bom):
            return payload.decode(encoding), encoding
    return payload.decode("utf-8"), "utf-8"


Rows = list[list[str]]


def _drop_row(draw: Draw, rows: Rows) -> Rows:
    at = draw(st.integers(0, len(rows) - 1))
    return rows[:at] + rows[at + 1 :]


def _repeat_row(draw: Draw, rows: Rows) -> Rows:
    row = list(draw(st.sampled_from(rows)))
    if row and draw(st.booleans()):  # the same key, and yet another value
        row[draw(st.integers(0, len(row) - 1))] = draw(st.sampled_from(TEXTS))
    at = draw(st.integers(0, len(rows)))
    return [*rows[:at], row, *rows[at:]]


def _swap_rows(draw: Draw, rows: Rows) -> Rows:
    return list(draw(st.permutations(rows)))


def _spoil_cell(draw: Draw, rows: Rows) -> Rows:
    at = draw(st.integers(0, len(rows) - 1))
    row = list(rows[at]) or [""]
    row[draw(st.integers(0, len(row) - 1))] = draw(st.sampled_from(TEXTS))
    return [*rows[:at], row, *rows[at + 1 :]]


def _spoil_column(draw: Draw, rows: Rows) -> Rows:
    """One text in a whole column below the header: none is then the odd one out."""
    at = draw(st.integers(0, max(len(row) for row in rows)))
    text = draw(st.sampled_from(TEXTS))
    return rows[:1] + [[*r[:at], text, *r[at + 1 :]] for r in rows[1:]]


def _drop_column(draw: Draw, rows: Rows) -> Rows:
    at = draw(st.integers(0, max(len(row) for row in rows)))
    return [row[:at] + row[at + 1 :] for row in rows]


def _swap_columns(draw: Draw, rows: Rows) -> Rows:
    """With the header, which is no fault, or below it, which is."""
    width = min(len(row) for row in rows)
    order = list(draw(st.permutations(range(width))))
    kept = draw(st.integers(0, 1))
    return rows[:kept] + [[r[i] for i in order] + r[width:] for r in rows[kept:]]


def _other_length(draw: Draw, rows: Rows) -> Rows:
    at = draw(st.integers(0, len(rows) - 1))
    row = draw(st.sampled_from([rows[at][:-1], [*rows[at], "1"], [], ['"open']]))
    return [*rows[:at], row, *rows[at + 1 :]]


def _other_mark(draw: Draw, rows: Rows) -> Rows:
    mark = draw(st.sampled_from([",", ";", "\t", "|"]))
    return [[mark.join(row)] for row in rows]


_ROWS = (
    *(_drop_row, _repeat_row, _swap_rows, _spoil_cell, _spoil_cell, _spoil_column),
    *(_drop_column, _swap_columns, _other_length, _other_mark),
)


def _spoil_html(draw: Draw, payload: bytes, times: int) -> bytes:
    """Tags, and the texts between them, dropped, repeated, swapped and replaced."""
    return _spoil_parts(draw, re.split(rb"(<[^>]*>)", payload), times)


def _spoil_text(draw: Draw, payload: bytes, times: int) -> bytes:
    return _spoil_parts(draw, payload.splitlines(keepends=True), times)


def _spoil_parts(draw: Draw, parts: Sequence[bytes], times: int) -> bytes:
    found = list(parts) or [b""]
    for _ in range(times):
        at = draw(st.integers(0, len(found) - 1))
        to = draw(st.integers(at, min(at + 8, len(found) - 1)))
        action = draw(st.sampled_from(["drop", "repeat", "swap", "text", "number"]))
        if action == "drop":
            found[at : to + 1] = [b""]
        elif action == "repeat":
            found[at:at] = found[at : to + 1]
        elif action == "swap":
            found[at], found[to] = found[to], found[at]
        else:
            odd = draw(st.sampled_from(TEXTS)).encode()
            whole = rb"[0-9]+" if action == "number" else rb"(?s).+"
            found[at] = re.sub(whole, lambda _, odd=odd: odd, found[at], count=1)
    return b"".join(found)


def _spoil_zip(draw: Draw, payload: bytes, times: int) -> bytes:
    with zipfile.ZipFile(io.BytesIO(payload)) as archive:
        members = [(one.filename, archive.read(one)) for one in archive.infolist()]
    valid = dict(members)
    for _ in range(times):
        if not members:
            break
        at = draw(st.integers(0, len(members) - 1))
        name, content = members[at]
        action = draw(st.sampled_from(["into", "into", "bytes", "drop", "name", "add"]))
        if action == "into" and content == valid.get(name):
            spoil = KINDS.get(name.rpartition(".")[2], _spoil_text)
            members[at] = (name, spoil(draw, content, 1))
        elif action in ("into", "bytes"):
            members[at] = (name, _spoil_bytes(draw, content))
        elif action == "drop":
            del members[at]
        elif action == "name":
            odd = draw(st.sampled_from(["x", f"../{name}", f"/{name}", "é.csv", "a/"]))
            members[at] = (odd, content)
        else:
            members.append((f"{len(members)}-{name}", content))
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(zipfile.ZipInfo(name), content)
    return made.getvalue()


KINDS: dict[str, Callable[[Draw, bytes, int], bytes]] = {
    "csv": _spoil_csv,
    "json": _spoil_json,
    "html": _spoil_html,
    "zip": _spoil_zip,
    "text": _spoil_text,
}


def _spoil_bytes(draw: Draw, content: bytes) -> bytes:
    """What a transport, an editor or a gate-keeper does to any file."""
    return draw(st.sampled_from(_BYTES))(draw, content)


def _cut(draw: Draw, content: bytes) -> bytes:
    at = draw(st.integers(0, len(content)))
    return content[:at] if draw(st.booleans()) else content[at:]


def _insert(draw: Draw, content: bytes) -> bytes:
    noise = draw(st.sampled_from((*MARKS, *NOISE)))
    at, over = draw(st.integers(0, len(content))), draw(st.integers(0, 1))
    return content[:at] + noise + content[at + over :]


def _mark(draw: Draw, content: bytes) -> bytes:
    return draw(st.sampled_from(MARKS)) + content


def _encode(draw: Draw, content: bytes) -> bytes:
    encoding = draw(st.sampled_from(ENCODINGS))
    return content.decode("utf-8", "replace").encode(encoding, "replace")


def _wrap(draw: Draw, content: bytes) -> bytes:
    whole = (gzip.compress(content, mtime=0), content + content, PAGE + content)
    return draw(st.sampled_from(whole))


def _replace(draw: Draw, _: bytes) -> bytes:
    other = draw(st.binary(max_size=40))
    return draw(st.sampled_from([PAGE, b"\n " + PAGE, b"", b" \r\n\t", DEEP, other]))


ENCODINGS = ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "utf-7")
_BYTES = (_cut, _insert, _insert, _mark, _encode, _wrap, _replace)
