"""What a researcher said of a file: kept in its manifest line, beside the bytes."""

from collections.abc import Mapping

from migration.store import Entry

PREFIX = "declared-"


def as_headers(said: Mapping[str, str]) -> dict[str, str]:
    """Declarations as headers of an entry; their keys may have the prefix already."""
    keys = {key: PREFIX + key.removeprefix(PREFIX).replace("_", "-") for key in said}
    return {keys[key]: text for key, text in said.items() if text}


def declarations(entry: Entry) -> dict[str, str]:
    """What was declared of an entry's file, by key; empty where nothing was."""
    return {
        key.removeprefix(PREFIX).replace("-", "_"): text
        for key, text in entry.headers.items()
        if key.startswith(PREFIX)
    }
