"""Controls of a study of one's own files: which there could be, in words."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from migration.errors import StoreError, StudyError
from migration.report.by_market import check_markets
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
    """Series that could be controls of a source, and those that are proposed.

    ``several`` says that averages over markets were asked about.
    """

    study: str
    source: str
    table: "pd.DataFrame"
    names: tuple[str, ...]
    several: bool = False

    @property
    def values(self) -> dict[str, Any]:
        """As plain values."""
        rows = self.table.assign(
            **{name: self.table[name].dt.strftime("%F") for name in ("first", "last")}
        )
        about = {"study": self.study, "source": self.source}
        return about | {"series": rows.to_dict("records"), "controls": self.names}


def propose(
    study: Study,
    source: str,
    *,
    left_out: Collection[str],
    market: str | None = None,
    workspace: Workspace,
) -> Proposed:
    """Every series that reports use and that is not left out.

    With ``market``, reports of this market alone.

    Raises
    ------
    StudyError
        A name that is left out is none of them, or none could serve.
    ParameterError
        The study has no such market.
    """
    from migration.sources import load_candidates  # pandas, which a plan needs not

    check_markets(study, (market,) if market else ())
    table = load_candidates(study, source=source, market=market, workspace=workspace)
    listed = table["series"].tolist()
    _check_left_out(left_out, listed)
    names = [n for n in table.loc[table["fault"] == "", "series"] if n not in left_out]
    if not names:
        raise StudyError(
            f"no series in the files of {source} could be a control of {study.id}: one "
            "is needed that is no app of the study, moves, and has a figure on every "
            f"day of the baseline and the windows, got {len(listed)} of other apps"
            f"{_commonest(table)}; add a file with unrelated series"
        )
    return Proposed(
        study=study.id,
        source=source,
        table=table,
        names=tuple(names),
        several=market is None and int(table["markets"].max()) > 1,
    )


def _check_left_out(names: Collection[str], listed: Collection[str]) -> None:
    for name in names:
        if name not in listed:
            raise StudyError(
                f"--leave-out {name!r}: no such series: {near(name, listed)}"
            )


def _commonest(table: "pd.DataFrame") -> str:
    """The fault that most have, with its number of series."""
    faults = table.loc[table["fault"] != "", "fault"]
    if faults.empty:
        return ", all of them left out"
    most = faults.value_counts()
    return f", {most.iloc[0]} of them with {most.index[0]}"


def candidate_lines(found: Proposed) -> list[str]:
    """The series, what is against each, and the lines for the study's file."""
    from migration.report.gathering import aligned

    rows = [["series", "metrics", "markets", "first", "last", "is proposed"]]
    rows += [_row(one, found.names) for one in found.values["series"]]
    return [
        *aligned(rows, right=[2]),
        "",
        *_told(found),
        "Take out what the event may touch, before any effect is looked at.",
        f"In the study, under the source {found.source!r}, or with --write:",
        "",
        controls_block(found.names),
    ]


def _told(found: Proposed) -> list[str]:
    """How many the reports use, what that is enough for, and what would be more."""
    count = len(found.names)
    named = found.table["series"].isin(found.names)
    every = "it" if count == 1 else f"all {count}"
    lines = [
        f"{count} proposed; reports use {every}: the smallest p-value of a rank among "
        f"them is 1/{count + 1}.",
        f"{FEWEST} are the least for a p-value of 5%, {BETTER} are better.",
    ]
    metrics = dict.fromkeys(m for used in found.table["used_by"] for m in _split(used))
    for metric in metrics:
        used = sum(metric in _split(one) for one in found.table.loc[named, "used_by"])
        if used < count:
            lines.append(f"Reports with -p metric={metric} use {used} of them.")
    gaps = int((found.table["fault"] != "").sum())
    if gaps and found.several:
        lines.append(
            "Reports of the average over markets need a series whole in each; what one "
            "market's could use: --market CODE."
        )
    return lines


def _split(metrics: str) -> list[str]:
    return [one for one in metrics.split(", ") if one]


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
