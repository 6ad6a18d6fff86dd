"""Controls of a study of one's own files: which there could be, in words."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from migration.errors import StoreError, StudyError
from migration.store import Store
from migration.study import Study
from migration.study.controls import controls_block
from migration.study.fields import near
from migration.workspace import Workspace

if TYPE_CHECKING:
    import pandas as pd

FEWEST, BETTER = 39, 99  # ranks among them: a p-value of 5%, and of 2%


@dataclass(frozen=True, kw_only=True, eq=False)
class Proposed:
    """Series that could be controls of a source, and those that are proposed."""

    study: str
    source: str
    table: "pd.DataFrame"
    names: tuple[str, ...]

    @property
    def values(self) -> dict[str, Any]:
        """As plain values."""
        rows = self.table.assign(
            **{name: self.table[name].dt.strftime("%F") for name in ("first", "last")}
        )
        about = {"study": self.study, "source": self.source}
        return about | {"series": rows.to_dict("records"), "controls": self.names}


def propose(
    study: Study, source: str, *, left_out: Collection[str], workspace: Workspace
) -> Proposed:
    """Every series that could serve and is not left out.

    Raises
    ------
    StudyError
        A name that is left out is none of them, or none could serve.
    """
    from migration.sources import load_candidates  # pandas, which a plan needs not

    table = load_candidates(study, source=source, workspace=workspace)
    listed = table["series"].tolist()
    for name in left_out:
        if name not in listed:
            raise StudyError(
                f"--leave-out {name!r}: no such series: {near(name, listed)}"
            )
    names = [n for n in table.loc[table["fault"] == "", "series"] if n not in left_out]
    if not names:
        raise StudyError(
            f"no series in the files of {source} could be a control of {study.id}: one "
            "is needed that is no app of the study and has every day of the baseline "
            f"and the windows, got {len(listed)} of other apps, none of them whole; "
            "add a file with unrelated series"
        )
    return Proposed(study=study.id, source=source, table=table, names=tuple(names))


def candidate_lines(found: Proposed) -> list[str]:
    """The series, what is against each, and the lines for the study's file."""
    from migration.report.gathering import aligned

    rows = [["series", "metrics", "markets", "first", "last", "is proposed"]]
    rows += [_row(one, found.names) for one in found.values["series"]]
    return [
        *aligned(rows, right=[2]),
        "",
        f"{len(found.names)} proposed; {FEWEST} are the least for a p-value of 5%, "
        f"{BETTER} are better. Take out what the event may touch, before any effect is",
        f"looked at. In the study, under the source {found.source!r}, or with --write:",
        "",
        controls_block(found.names),
    ]


def _row(one: Mapping[str, Any], names: Collection[str]) -> list[str]:
    stands = "yes" if one["series"] in names else one["fault"] or "left out"
    shown = ("series", "metrics", "markets", "first", "last")
    return [*(str(one[name]) for name in shown), stands]


def ranks_hint(study: Study, rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """A line where a study has no unrelated series at all, by what is here of it."""
    if any(row["control"] for row in rows) or any(s.controls for s in study.sources):
        return []
    return [
        f"{study.id} has no unrelated series: the rank of an effect among them, which "
        f"its p-value needs, takes {FEWEST} at least for 5% and {BETTER} for 2%; name "
        "them as the controls of a source in the study's file"
    ]


def controls_hint(study: Study, workspace: Workspace) -> list[str]:
    """A line for each source of files whose series are not named as controls yet."""
    store = Store(workspace.raw)
    wanting = [one.id for one in study.sources if one.enabled and not one.controls]
    try:
        held = [source for source in wanting if store.entries(source)]
    except StoreError:
        return []  # a manifest that does not read is told by whoever reads it
    return [line for source in held for line in _hint(study, source, workspace)]


def _hint(study: Study, source: str, workspace: Workspace) -> list[str]:
    from migration.sources import count_candidates

    if not (count := count_candidates(study, source, workspace)):
        return []
    return [
        f"{source}: {count} other series are in the files and none is named as a "
        f"control, without which no effect is told from chance: "
        f"migration controls {study.id}"
    ]
