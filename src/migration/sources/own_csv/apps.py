"""Which app of a study a file's row is of.

An identifier of the study may have several names, joined by ``|``: they are one thing,
called differently by different vendors. Several identifiers are several things, added
up where a metric has more than one of them.
"""

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

import pandas as pd

from migration.errors import StudyError
from migration.sources.assemble import identifiers

if TYPE_CHECKING:
    from migration.study import Study

SOURCE = "own_csv"
BETWEEN = "|"
Part = tuple[str, str]  # the app, or the control, and its identifier


def parts_of(study: "Study") -> dict[str, Part]:
    """Every name in the study to the app and the identifier that it stands for.

    Raises
    ------
    StudyError
        One name stands for two.
    """
    found: dict[str, Part] = {}
    for app, listed in identifiers(study, SOURCE).items():
        for identifier in listed:
            for name in map(str.strip, identifier.split(BETWEEN)):
                part = found.setdefault(name, (app, identifier))
                if part != (app, identifier):
                    raise StudyError(
                        f"ids, {SOURCE}: {name!r} stands for {part[0]!r} and {app!r}: "
                        "each name needs to stand for one"
                    )
    return found


def match(rows: pd.DataFrame, study: "Study") -> pd.DataFrame:
    """The ``app`` and the ``part`` of each row's ``names``, blank where none is known.

    Of a row's several names the first that is known decides: the surest comes first.
    """
    known = parts_of(study)
    names: list[tuple[str, ...]] = rows["names"].tolist()
    found = {one: _first(one, known) for one in set(names)}
    pairs = [found[one] for one in names]
    return pd.DataFrame(pairs, columns=["app", "part"], index=rows.index, dtype=object)


def strangers(rows: pd.DataFrame, study: "Study") -> list[str]:
    """What a control would be called, of each row's ``names`` that the study lacks.

    The last of its names, which people read; its surest where others have that too.
    """
    known = parts_of(study)
    every = {names for names in rows["names"] if _first(names, known) == ("", "")}
    filled = [[name for name in names if name] for names in sorted(every)]
    last = Counter(names[-1] for names in filled if names)
    found = [names[-1 if last[names[-1]] == 1 else 0] for names in filled if names]
    return [name for name in dict.fromkeys(found) if BETWEEN not in name]


def _first(names: Iterable[str], known: dict[str, Part]) -> Part:
    return next((known[name] for name in names if name in known), ("", ""))
