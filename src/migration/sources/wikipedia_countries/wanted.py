"""Which rows of a day file are wanted: by Wikidata item, by page, or by title."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from migration.errors import StudyError

COUNTRY, CODE, PROJECT, PAGE, TITLE, ITEM = range(6)  # columns; then the count
_FORMS = {
    "item": re.compile(r"Q([1-9][0-9]{0,11})"),
    "page": re.compile(r"[a-z0-9.-]+:([1-9][0-9]{0,11})"),
    "title": re.compile(r"[a-z0-9.-]+/([^\s,][^\t\n,]*)"),
}


@dataclass(frozen=True)
class Wanted:
    """Identifiers of which the rows are kept, each once and sorted.

    ``Q1049511`` is an item in every project, ``en.wikipedia:47089118`` a page, and
    ``en.wikipedia/Signal_(software)`` a title: for days before 9 February 2017, whose
    files have neither items nor page numbers.
    """

    names: tuple[str, ...]

    @classmethod
    def of(cls, names: Iterable[str]) -> "Wanted":
        """Check identifiers.

        Raises
        ------
        StudyError
            One is of none of the three forms.
        """
        known = tuple(sorted(set(names)))
        for name in known:
            if not any(form.fullmatch(name) for form in _FORMS.values()):
                raise StudyError(
                    "wikipedia_countries needs identifiers such as 'Q1049511', "
                    "'en.wikipedia:47089118' or 'en.wikipedia/Signal_(software)', got "
                    f"{name!r}: correct it in the study"
                )
        return cls(known)

    def numbers(self, form: str) -> NDArray[np.int64]:
        """Numbers of the wanted items, or pages, whatever their project."""
        return np.array([int(text) for text in self._inside(form)], dtype=np.int64)

    def titles(self) -> list[bytes]:
        """What a line with a wanted title holds, whatever its project."""
        return [f"\t{title}\t".encode() for title in self._inside("title")]

    def name_of(self, row: Sequence[str]) -> str | None:
        """The identifier that a row goes by, the surest first; None if not wanted."""
        item = row[ITEM] if len(row) > ITEM + 1 else ""
        page, title = (
            f"{row[PROJECT]}{x}" for x in (f":{row[PAGE]}", f"/{row[TITLE]}")
        )
        return next((n for n in (item, page, title) if n in self.names), None)

    def _inside(self, form: str) -> list[str]:
        found = (_FORMS[form].fullmatch(name) for name in self.names)
        return [match[1] for match in found if match]
