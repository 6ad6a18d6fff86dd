"""Where a command prints: streams that take any text, and JSON that any reader reads.

Standard output has the answer, standard error the messages.
"""

import io
import json
import math
import os
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TextIO

import click

from migration.numerals import p_value, with_minus

if TYPE_CHECKING:
    import pandas as pd


def open_streams() -> None:
    """Make a stream of what was closed, and let none stumble over a character."""
    sys.stdout = sys.stdout or io.StringIO()
    sys.stderr = sys.stderr or io.StringIO()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def close_output() -> None:
    """Write what is left; a reader that has gone, as ``head`` does, needs no more."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        # The interpreter flushes once more as it ends: into nothing, then.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def json_stream() -> TextIO:
    """Standard output as JSON needs it: UTF-8, whatever the terminal's language."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")
    return sys.stdout


def print_json(value: object) -> None:
    """Print a value as one JSON document; what is no finite number is null."""
    text = json.dumps(
        _plain(value), indent=1, ensure_ascii=False, allow_nan=False, default=str
    )
    click.echo(text, file=json_stream())


def print_frame(frame: "pd.DataFrame") -> None:
    """Print a table of text: days in ISO form, three digits, nothing for no number."""
    p_columns = [name for name in frame.columns if _is_p(str(name))]
    text = frame.to_string(
        index=False,
        float_format=lambda x: with_minus(f"{x:.3g}"),
        formatters=dict.fromkeys(p_columns, p_value),
        na_rep="-",
    )
    click.echo("\n".join(line.rstrip() for line in text.split("\n")))


def _is_p(column: str) -> bool:
    return column == "p" or column.startswith("p_")


def _plain(value: Any) -> Any:
    if hasattr(value, "item"):  # a number of an array library
        value = value.item()
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
