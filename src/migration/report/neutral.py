"""Texts without paths of this machine, for what others may read.

The whole text is told on the screen; what is kept in a reports' folder says
``WORKSPACE``, ``HOME`` and the like, or only a file's own name.
"""

import os
import re
import sys
import tempfile
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

_HOME = re.compile(
    r"(?<![\w.<~-])(?:[A-Za-z]:)?[\\/]+(?:home|Users)[\\/]+[^\s\\/'\"<>:,;()\[\]]+"
)
_FILE = re.compile(r"\bfile:/{2,}(?=[A-Za-z]:)|\bfile:/+(?=/)")
# An absolute path of two steps or more that no address, tag or fraction holds.
_PATH = re.compile(
    r"""(?<![\w.:/<>~\\])(?:/[^\s/'"<>:,;()\[\]]+){2,}/?"""
    r"""|(?<![\w/])[A-Za-z]:[\\/]+(?:[^\s\\/'"<>:,;()\[\]]+[\\/]+)*[^\s\\/'"<>:,;()\[\]]*"""
    r"""|(?<![\w\\])\\\\[^\s'"<>:,;()\[\]]+"""
)
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")  # it would stand before a path as a letter
_STEP = re.compile(r"[\\/]+")


def machine_folders(workspace: Path, others: Iterable[Path] = ()) -> dict[str, str]:
    """Folders that name this machine, as written and resolved, to what is said instead.

    ``others`` are said to be ``STUDY``. The longest come first.
    """
    named = [(Path(tempfile.gettempdir()), "TEMP"), *((p, "STUDY") for p in others)]
    named += [(Path(sys.prefix), "PYTHON"), (Path(sys.base_prefix), "PYTHON")]
    named += [(Path(__file__).parents[1], "MIGRATION"), (workspace, "WORKSPACE")]
    with suppress(RuntimeError):
        named.append((Path.home(), "HOME"))
    forms = {
        form: label
        for path, label in named
        for whole in (str(path), os.path.realpath(path))
        for form in (whole, whole.replace("\\", "\\\\"), Path(whole).as_posix())
        if len(Path(whole).parts) > 1
    }
    return dict(sorted(forms.items(), key=lambda pair: -len(pair[0])))


def neutral(text: str, folders: Mapping[str, str] | None = None) -> str:
    """A text without paths: known folders by their label, others cut to the last step.

    >>> neutral("no file '/srv/data/deep/days.csv', see https://example.org/a/b")
    "no file '…/days.csv', see https://example.org/a/b"
    """
    text = _FILE.sub("", _COLOUR.sub("", text))
    for folder, label in (folders or {}).items():
        text = re.sub(rf"(?<![\w.-]){re.escape(folder)}(?![\w-])", label, text)
    text = _HOME.sub("HOME", text)
    return _PATH.sub(lambda found: "…/" + _last(found.group()), text)


def neutral_all(value: Any, folders: Mapping[str, str] | None = None) -> Any:
    """Plain values with every text in them made neutral; keys are left."""
    if isinstance(value, str):
        return neutral(value, folders)
    if isinstance(value, Mapping):
        return {key: neutral_all(one, folders) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [neutral_all(one, folders) for one in value]
    return value


def _last(path: str) -> str:
    return [step for step in _STEP.split(path) if step][-1]
