"""The text of a study file, read within limits, so that no file can hang a reading.

A study is written by hand. What a parser would stumble over (a pipe, a folder, a file
of megabytes, a key of thousands of parts) is refused before it is parsed, and what
TOML allows but no study means (a number of more than 64 bits, a control character)
right after.
"""

import re
import stat
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from migration.errors import StudyError
from migration.plain import UNSEEN

MAX_BYTES = 1_000_000  # the largest that ships has 37 kB
MAX_DEPTH = 32  # the deepest that ships has 4
_BITS = 63
# Strings and comments hold dots that are no key's; one that never ends is the rest.
_TEXT = re.compile(
    r'"""(?:\\.|[^\\])*?(?:"""|\Z)'
    r"|'''.*?(?:'''|\Z)"
    r'|"(?:\\.|[^"\\\n])*+"?'
    r"|'[^'\n]*+'?"
    r"|#[^\n]*+",
    re.DOTALL,
)
# Every repetition is possessive: the search never goes back, whatever it meets.
_DEEP_KEY = re.compile(
    r"(?<![\w-])[\w-]++(?:[ \t]*+\.[ \t]*+[\w-]++){%d}" % MAX_DEPTH  # noqa: UP031
)


def read_bytes(path: Path) -> bytes:
    """Read a study file whole.

    Raises
    ------
    StudyError
        If it is no plain file, has more than ``MAX_BYTES``, or cannot be opened.
    """
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):  # before opening: a pipe would wait for a writer
            raise StudyError(f"{path}: a study is a plain file, and this is {_a(mode)}")
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise StudyError(
            f"{path}: cannot be read: {error.strerror or error}"
        ) from error
    if len(content) > MAX_BYTES:
        raise StudyError(
            f"{path}: a study has at most {MAX_BYTES:,} bytes, and this has more; "
            "data do not belong in it"
        )
    return content


def _line_of(error: tomllib.TOMLDecodeError, text: str) -> str:
    """The line that an error of the parser names, if it names one."""
    named = re.search(r"\(at line (\d+)", str(error))
    lines = text.split("\n")
    if not named or int(named[1]) > len(lines):
        return ""
    return f", which reads {lines[int(named[1]) - 1].strip()!a:.80}"


def parse_toml(content: bytes, path: Path) -> dict[str, Any]:
    """Read TOML into plain values, its lists into tuples.

    Raises
    ------
    StudyError
        If it is not UTF-8 or not TOML, or holds what no study can mean: more than
        ``MAX_DEPTH`` levels, a number of more than 64 bits, or a character that cannot
        be seen.
    """
    text = _decoded(content, path)
    if _DEEP_KEY.search(_TEXT.sub(_one_word, text)):
        raise _too_deep(path, "a key")
    try:
        raw = tomllib.loads(text)
    except RecursionError as error:
        raise _too_deep(path, "a list or table") from error
    except tomllib.TOMLDecodeError as error:
        raise StudyError(
            f"{path}: needs to be TOML, and is not: {error}{_line_of(error, text)}; a "
            "date is written 2021-01-31, a text in quotes; see https://toml.io"
        ) from error
    except ValueError as error:  # Python reads no number of thousands of digits
        raise StudyError(
            f"{path}: needs numbers of at most 64 bits, got one of thousands of "
            "digits; write an identifier as text, in quotes"
        ) from error
    return _table(raw, (), path)


def _decoded(content: bytes, path: Path) -> str:
    try:
        return content.decode("utf-8-sig")  # some editors add a mark
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise StudyError(
            f"{path}: needs to be UTF-8, and line {line} is not; save it as UTF-8"
        ) from error


def _one_word(found: re.Match[str]) -> str:
    """A quoted key is one part of a key; a comment is none."""
    return "" if found[0].startswith("#") else "s"


def _frozen(value: Any, keys: tuple[str, ...], path: Path) -> Any:
    """Turn the lists of TOML into tuples, all the way down, within the limits."""
    if len(keys) > MAX_DEPTH:
        raise _too_deep(path, ", ".join(keys[:3]))
    if isinstance(value, list):
        every = enumerate(value, start=1)
        return tuple(_frozen(one, (*keys, _which(n, one)), path) for n, one in every)
    if isinstance(value, Mapping):
        return _table(value, keys, path)
    if isinstance(value, str):
        _refuse_unseen(value, keys, path)
    if isinstance(value, int) and value.bit_length() > _BITS:
        raise StudyError(
            f"{path}: {', '.join(keys)}: needs a number of at most 64 bits, got one of "
            f"{value.bit_length()}; write an identifier as text, in quotes"
        )
    return value


def _which(number: int, one: object) -> str:
    """An item of a list by its id, else by its place from 1."""
    named = one.get("id") if isinstance(one, Mapping) else None
    return f"{named!a:.40}" if isinstance(named, str) else f"no. {number}"


def _table(
    table: Mapping[str, Any], keys: tuple[str, ...], path: Path
) -> dict[str, Any]:
    for key in table:
        _refuse_unseen(key.replace("\n", "\x00"), keys or ("the top",), path)
    return {key: _frozen(one, (*keys, key), path) for key, one in table.items()}


def _refuse_unseen(text: str, keys: tuple[str, ...], path: Path) -> None:
    """What stands in a study is printed, on terminals and in logs and pages."""
    if found := UNSEEN.search(text):
        raise StudyError(
            f"{path}: {', '.join(keys)}: needs text and names without control "
            f"characters, got {found.group()!a} in {text!a:.80}; leave it out"
        )


def _too_deep(path: Path, what: str) -> StudyError:
    return StudyError(
        f"{path}: {what} goes more than {MAX_DEPTH} levels deep, and a study needs 4; "
        "leave it out"
    )


def _a(mode: int) -> str:
    """Name what is no plain file."""
    kinds = {
        stat.S_IFDIR: "a folder",
        stat.S_IFIFO: "a pipe",
        stat.S_IFSOCK: "a socket",
    }
    return kinds.get(stat.S_IFMT(mode), "a device")
