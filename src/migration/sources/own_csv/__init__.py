"""A researcher's own files: exports of vendors, and any table with declared columns.

``migration add STUDY own_csv FILE`` puts them into the raw store byte for byte, with
what was said of them; here they are read again, each by its form. Who made the figures
and on which day they were exported is always known: they are models, and get revised.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import pandas as pd

from migration.errors import MigrationError, SchemaDrift
from migration.sources.own_csv.apps import SOURCE, strangers
from migration.sources.own_csv.declaring import declare as declare
from migration.sources.own_csv.reading import read
from migration.sources.own_csv.vintages import combine, is_invented, match_reading, told
from migration.sources.raw import Raw
from migration.store import Entry

if TYPE_CHECKING:
    from migration.study import Study

METRICS = ("rank", "downloads", "revenue", "active_users", "visits")
ZONE = "UTC"
EVERY_ANSWER = True  # files are no answers: each has cells of its own
BY_STUDY = True  # what a file shows, its owner says for one study
ANY_METRIC = True  # a file has what its owner bought: not all that a study could use

__all__ = [
    "ANY_METRIC",
    "BY_STUDY",
    "EVERY_ANSWER",
    "METRICS",
    "SOURCE",
    "ZONE",
    "declare",
    "others",
    "panel",
]


def panel(raw: Raw, study: "Study") -> pd.DataFrame:
    """The figures of a study's apps and controls, of each cell the newest export's.

    Returns
    -------
    DataFrame
        Panel rows. ``attrs["readings"]`` has a record a file: ``vendor``, ``exported``,
        ``metrics`` with their units, zone, chart. ``attrs["left_out"]`` names the apps
        and markets that the study does not know, ``attrs["absent"]`` the identifiers
        that no file has, ``attrs["breaks"]`` the days on which two exports meet,
        ``attrs["simulated"]`` whether any file's vendor says that it is SIMULATED.

    Raises
    ------
    SourceError
        A file cannot be read with what was said of it, one metric is of two kinds, or
        no row is of the study.
    """
    own_zone = study.source(SOURCE).zone
    files = []
    for entry in in_force(raw.entries):
        said = entry.declared
        try:
            reading = read(raw.files[entry.name], said)
            matched = match_reading(reading, study, zone=said.get("zone", own_zone))
        except MigrationError as error:
            raise SchemaDrift(f"{entry.name}: {error}") from error
        files.append((entry.name, matched))
    found = combine([matched for _, matched in files], study)
    found.attrs |= told(files, study)
    found.attrs["simulated"] = any(is_invented(one) for _, one in files)
    return found


def others(raw: Raw, study: "Study") -> list[str]:
    """The series of a study's files that are none of its apps and controls, by name."""
    readings = [
        read(raw.files[one.name], one.declared).rows for one in in_force(raw.entries)
    ]
    return strangers(pd.concat(readings), study) if readings else []


def in_force(entries: Iterable[Entry]) -> list[Entry]:
    """Of one file and metric, what was said last; ``use=no`` takes all back."""
    last: dict[tuple[str, str], Entry] = {}
    for one in entries:
        said = one.declared
        key = (one.sha256, said.get("metric", ""))
        if said.get("use") != "no":
            last[key] = one
        elif "metric" in said:
            last.pop(key, None)
        else:
            last = {k: held for k, held in last.items() if k[0] != one.sha256}
    return list(last.values())
