"""From raw files to a study's panel: which vintage, parsed by whom."""

import datetime as dt
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

import pandas as pd

from migration.errors import NoData, SourceError
from migration.panel import check_panel
from migration.sources import published, simulated
from migration.sources.breaks import TABLE as BREAKS
from migration.sources.breaks import breaks_of
from migration.sources.cards import card
from migration.sources.here import held
from migration.sources.options import check_options
from migration.sources.raw import KeptFiles, Raw
from migration.sources.registry import can_be_fetched, module_of, takes_files
from migration.sources.tables import read_table
from migration.sources.vintage import Vintage
from migration.sources.whose import strangers
from migration.store import Store, shipped_store
from migration.workspace import Workspace, find_workspace

if TYPE_CHECKING:
    from migration.study import SourceSpec, Study


class Only(TypedDict, total=False):
    """Filters of :func:`load_panel`; all by default."""

    apps: Collection[str]
    markets: Collection[str]


def load_panel(
    study: "Study",
    *,
    source: str,
    metric: str | None = None,
    as_of: dt.date | str | None = None,
    workspace: Workspace | None = None,
    **only: Unpack[Only],
) -> pd.DataFrame:
    """Load the series of a study's apps and controls at one source.

    The newest fetched vintage is used where the workspace has one, else the embedded
    figures.

    Parameters
    ----------
    study : Study
    source : str
        A source of the study.
    metric : str, optional
        One metric; all that the study names by default.
    as_of : date or str, optional
        Use the newest vintage not later than this day.
    workspace : Workspace, optional
        Found as ``find_workspace`` does by default.
    only
        ``apps`` and ``markets``: collections to keep.

    Returns
    -------
    DataFrame
        A panel; see :mod:`migration.panel`. An app has the study's id, its several
        identifiers added up; a control has its identifier. ``attrs["vintage"]`` says
        what it was made from, ``attrs["simulated"]`` whether it is SIMULATED,
        ``attrs["breaks"]`` where a series is known to break by itself,
        ``attrs["contaminated"]`` why the study doubts some of its markets.

    Raises
    ------
    StudyError
        The study has no such source.
    SourceError
        No such metric, app or market, or the raw files are not as promised.
    DamagedFile
        A raw file is not what was sent.
    """
    spec = study.source(source)
    parser = _parser(spec)
    check_options(study, source)
    raw = read_raw(source, study=study, as_of=as_of, workspace=workspace)
    wanted = {"metric": (metric,) if metric else tuple(spec.metrics), **_only(only)}
    panel = _parse(parser, raw, study, wanted)
    told, panel.attrs = panel.attrs, {}
    if metric is None and getattr(parser, "ANY_METRIC", False):
        wanted["metric"] = _held(panel, spec.metrics)
    kept = _keep(panel, wanted)
    own_breaks = told.pop("breaks", [])
    invented = parser is simulated or told.pop("simulated", False)
    kept.attrs = {
        "vintage": Vintage(_vintage(kept, raw, source) | told),
        "breaks": [*breaks_of(_embedded(source, BREAKS), study, source), *own_breaks],
        "contaminated": _contaminated(study, kept),
        "source": source,
        "simulated": bool(study.simulated or invented),
    }
    return check_panel(kept)


def _parse(
    parser: Any, raw: Raw, study: "Study", wanted: Mapping[str, tuple[str, ...]]
) -> pd.DataFrame:
    if parser is simulated:  # large: made for what is asked alone
        return simulated.panel(raw, study, **wanted)
    panel: pd.DataFrame = parser.panel(raw, study)
    if isinstance(raw.files, KeptFiles):
        raw.files.prove_rest()
    return panel


def _contaminated(study: "Study", panel: pd.DataFrame) -> dict[str, str]:
    """Markets of the panel that the study doubts, each with the reason."""
    here = set(panel["market"].unique())
    return {
        m.code: m.contaminated or "excluded by the study"
        for m in study.markets
        if m.code in here and (m.contaminated or m.excluded)
    }


def read_raw(
    source: str,
    *,
    study: "Study | None" = None,
    as_of: dt.date | str | None = None,
    workspace: Workspace | None = None,
) -> Raw:
    """The newest raw files of a source, the fetched ones first.

    Each is read when it is asked for, and proved then.

    Where a source's every answer is data of its own (``EVERY_ANSWER``: a chart of the
    hour at one address), all are read. What was kept as an error, or as holding
    nothing, is not: an older answer of that address is then read. Of a study, its own
    alone; see :mod:`migration.sources.whose`.
    """
    found = held(source, study=study, as_of=as_of, workspace=workspace)
    if found is not None:
        files = KeptFiles(found.store, found.entries)
        return Raw(origin=found.origin, entries=found.entries, files=files)
    ways = ["run `migration fetch` first"] if can_be_fetched(source) else []
    ways += ["bring one with `migration add`"] if takes_files(source) else []
    others = ""
    if study is not None:
        store = Store((workspace or find_workspace()).raw)
        others = strangers(store.entries(source), study, source)
    raise NoData(f"no raw file of {source!r} is kept: {others}{', or '.join(ways)}")


def _held(panel: pd.DataFrame, metrics: Collection[str]) -> tuple[str, ...]:
    """Metrics of a study that a panel has; all where it has none, to be refused."""
    known = set(panel["metric"])
    return tuple(name for name in metrics if name in known) or tuple(metrics)


def _embedded(source: str, table: str) -> dict[str, bytes]:
    """What is known of a source's series beside them, whatever their vintage."""
    store = shipped_store()
    return {e.name: store.read(e) for e in store.newest(source) if table in e.name}


def load_ledger(
    study: "Study | None" = None,
    *,
    as_of: dt.date | str | None = None,
    workspace: Workspace | None = None,
) -> pd.DataFrame:
    """The ledger of published figures; :mod:`migration.sources.published` reads it.

    Raises
    ------
    NoData
        A study was given, and names none of its apps in the ledger: it is not about it.
    """
    if study and not any(published.SOURCE in app.ids for app in study.apps):
        raise NoData(
            f"the ledger of published figures is of other apps: {study.id} names none "
            f"of its own there (ids.{published.SOURCE}); leave the report of the "
            "record out of its notebooks"
        )
    raw = read_raw(published.SOURCE, as_of=as_of, workspace=workspace)
    ledger = published.parse(raw.files)
    ledger.attrs = {"vintage": _origin(raw, published.SOURCE), "simulated": False}
    return ledger


def load_calendar(*, workspace: Workspace | None = None) -> pd.DataFrame:
    """The calendar of dated events as text, as it was compiled."""
    raw = read_raw("calendar", workspace=workspace)
    head = ("id", "start", "end", "precision", "event", "markets", "sources")
    rows = [
        read_table(content, source="calendar", head=head)
        for content in raw.files.values()
    ]
    calendar = pd.concat(rows, ignore_index=True)
    calendar.attrs = {"vintage": _origin(raw, "calendar"), "simulated": False}
    return calendar


def verify(workspace: Workspace | None = None) -> list[str]:
    """What is wrong in the embedded and in the workspace's store; empty if nothing."""
    stores = {
        "embedded": shipped_store(),
        "workspace": Store((workspace or find_workspace()).raw),
    }
    return [f"{name}: {p}" for name, store in stores.items() for p in store.verify()]


def _parser(spec: "SourceSpec") -> Any:
    if not spec.enabled:
        raise SourceError(
            f"the source {spec.id!r} cannot be loaded: the study has not enabled it"
        )
    return module_of(spec.id)


def _only(only: Only) -> dict[str, tuple[str, ...]]:
    names = {"apps": "app", "markets": "market"}
    if unknown := set(only) - set(names):
        raise SourceError(
            f"load_panel filters by {', '.join(names)}, got {', '.join(unknown)}"
        )
    return {names[key]: tuple(kept) for key, kept in only.items()}  # type: ignore[arg-type]


def _keep(panel: pd.DataFrame, wanted: Mapping[str, tuple[str, ...]]) -> pd.DataFrame:
    kept = panel
    for name, values in wanted.items():
        known = sorted(panel[name].unique())
        if absent := [value for value in values if value not in known]:
            raise SourceError(
                f"no {name} {absent[0]!r} in the series of this source: choose among "
                f"{', '.join(known[:20])}{' …' if len(known) > 20 else ''}"
            )
        kept = kept[kept[name].isin(values)]
    return kept.reset_index(drop=True)


def _vintage(panel: pd.DataFrame, raw: Raw, source: str) -> dict[str, Any]:
    days = panel["period"]
    known = not panel.empty
    first, last = (f"{d:%Y-%m-%d}" if known else "" for d in (days.min(), days.max()))
    return _origin(raw, source) | {"first_day": first, "last_day": last}


def _origin(raw: Raw, source: str) -> dict[str, Any]:
    return {
        "source": source,
        "origin": raw.origin,
        "retrieved_at": max((e.retrieved_at for e in raw.entries), default=""),
        "citation": card(source).citation,
        "files": [
            {"name": e.name, "sha256": e.sha256, "retrieved_at": e.retrieved_at}
            for e in raw.entries
        ],
    }
