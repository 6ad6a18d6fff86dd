"""How a report is cited, in words and for BibTeX: no clock, and no author invented."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from migration.report.pages import vintage

_SPECIAL = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    **{letter: f"\\{letter}" for letter in "&%$#_{}"},
}


@dataclass(frozen=True, kw_only=True)
class Cited:
    """What is cited; the hash is that of everything that the report was made from."""

    title: str
    study: str
    study_id: str
    report: str
    version: str
    simulated: bool
    vintage: Sequence[Mapping[str, Any]]
    inputs_hash: str


def in_words(cited: Cited) -> str:
    """One line for a list of references."""
    return (
        f"“{_marked(cited)}”. {_end(cited.study)} Report {_report(cited)}. "
        f"{_made(cited)}. {_note(cited)}."
    )


def bibtex(cited: Cited) -> str:
    """A ``@misc`` entry; whoever cites adds the author and the date."""
    key = re.sub(r"[^A-Za-z0-9._-]+", "-", _report(cited).replace("/", "-"))
    whole = f"{_end(_marked(cited))} {cited.study}"
    fields = {
        "title": f"{{{_tex(whole)}}}",
        "howpublished": _tex(f"Report {_report(cited)}. {_made(cited)}"),
        "note": _tex(_note(cited)),
    }
    lines = [f"  {name} = {{{value}}}," for name, value in fields.items()]
    return "\n".join([f"@misc{{{key},", *lines, "}"])


def _marked(cited: Cited) -> str:
    mark = "SIMULATED: " if cited.simulated and "SIMULATED" not in cited.title else ""
    return f"{mark}{cited.title}"


def _report(cited: Cited) -> str:
    return "/".join(part for part in (cited.study_id, cited.report) if part)


def _made(cited: Cited) -> str:
    return f"Made with platform-migration {cited.version}".strip()


def _note(cited: Cited) -> str:
    data = vintage(cited.vintage)
    said = f"Data: {data}; " if data else ""
    return f"{said}inputs SHA-256 {cited.inputs_hash[:16]}"


def _end(text: str) -> str:
    return text if text.endswith((".", "?", "!")) else f"{text}."


def _tex(text: str) -> str:
    return "".join(_SPECIAL.get(letter, letter) for letter in " ".join(text.split()))
