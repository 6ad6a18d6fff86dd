"""Whether the data of a study were fetched of late: from a note, with no network.

Reports can be fresh for data that are weeks old, where each fetch fails: nothing
changed, so nothing is stale.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from migration.errors import MigrationError
from migration.report.addresses import shortened
from migration.report.by_market import card_facts
from migration.report.checking import CLOCKS, FRESH, STALE, span_words, study_of
from migration.store import LastFetch, Store, last_fetches
from migration.study import SourceSpec, Study
from migration.workspace import Workspace

_NEVER = "never"  # what a card says of a source without an address to ask
_IF = "if "  # begins what one says whose option turns questions on


@dataclass(frozen=True, kw_only=True)
class FetchAge:
    """How old the last whole fetch of a source is; ``state`` is fresh or stale.

    ``fetched`` is when that was, in UTC; None if never.
    """

    study: str
    source: str
    state: str
    why: tuple[str, ...]
    fetched: str | None = None


def is_asked(spec: SourceSpec) -> bool:
    """Whether a fetch asks this source: its card says so, or the study's option."""
    fetched = str(card_facts(spec.id).get("fetched", _NEVER))
    if fetched.startswith(_IF):
        return spec.enabled and spec.options.get(fetched.removeprefix(_IF)) is True
    return spec.enabled and fetched != _NEVER


def ages(
    study: Study | None, workspace: Workspace, max_age: dt.timedelta | None
) -> tuple[FetchAge, ...]:
    """Those of one study or, where none is named, of every one with reports here.

    None where no age is asked for.
    """
    if max_age is None:
        return ()
    if study is not None:
        return check_fetches(study, workspace, max_age)
    return check_all_fetches(workspace, max_age)


def check_fetches(
    study: Study, workspace: Workspace, max_age: dt.timedelta
) -> tuple[FetchAge, ...]:
    """Each source that a fetch of the study asks, and whether that was of late.

    A fetch is whole where the source's plan came to its end with nothing refused, over
    all the days that the study wants.

    Parameters
    ----------
    study : Study
    workspace : Workspace
    max_age : timedelta
        The longest ago that the last whole fetch may be.
    """
    known = last_fetches(Store(workspace.raw), study.id)
    asked = [spec.id for spec in study.sources if is_asked(spec)]
    return tuple(_age(study.id, one, known.get(one), max_age) for one in asked)


def check_all_fetches(
    workspace: Workspace, max_age: dt.timedelta
) -> tuple[FetchAge, ...]:
    """Those of every study that has a folder of reports here, and can be read."""
    found: list[FetchAge] = []
    folders = workspace.reports.iterdir() if workspace.reports.is_dir() else ()
    for folder in sorted(path for path in folders if path.is_dir()):
        try:
            found += check_fetches(study_of(folder, workspace), workspace, max_age)
        except MigrationError:
            continue  # what is wrong is told of its reports
    return tuple(found)


def fetch_lines(found: Sequence[FetchAge]) -> list[str]:
    """What was not fetched of late, each with its reasons, then how many were."""
    if not found:
        return []
    old = [one for one in found if one.state != FRESH]
    lines = [f"{o.state:<6}  {o.study}, {o.source}: {'; '.join(o.why)}" for o in old]
    return [*lines, f"{len(found) - len(old)} of {len(found)} sources fetched of late"]


def fetch_values(found: Iterable[FetchAge]) -> list[dict[str, Any]]:
    """As plain values."""
    return [asdict(one) for one in found]


def noted(study: Study, workspace: Workspace) -> list[dict[str, Any]]:
    """When each source of a study was last fetched, as plain values."""
    known = last_fetches(Store(workspace.raw), study.id)
    return [{"source": source, **asdict(last)} for source, last in known.items()]


def noted_line(one: Mapping[str, Any]) -> str:
    """When a source was last fetched, for a person."""
    whole = f"whole, last on {_shown(one['whole'])}" if one["whole"] else "never whole"
    tried = f"; on {_shown(one['tried'])} not: {shortened(one['why'])}"
    return f"{one['source']}: {whole}{tried if one['why'] else ''}"


def _age(
    study: str, source: str, last: LastFetch | None, max_age: dt.timedelta
) -> FetchAge:
    """One source; what kept the last try from being whole is told with it."""
    last = last or LastFetch(tried="")
    wrong = _wrong(_instant(last.whole), max_age)
    tried = f"last tried {_shown(last.tried)}: {shortened(last.why)}"
    told = (wrong, *((tried,) if last.why else ())) if wrong else ()
    return FetchAge(
        study=study,
        source=source,
        state=STALE if wrong else FRESH,
        why=told,
        fetched=last.whole or None,
    )


def _wrong(whole: dt.datetime | None, max_age: dt.timedelta) -> str:
    """Why a last whole fetch will not do; empty where it does."""
    most = span_words(max_age)
    if whole is None:
        return f"no whole fetch is noted here, needed one in the last {most}"
    age = dt.datetime.now(dt.UTC) - whole
    if age < -CLOCKS:
        return f"its last fetch is {span_words(-age)} ahead of the clock: set that"
    if age > max_age:
        return f"last fetched whole {span_words(age)} ago, needed {most} at most"
    return ""


def _instant(text: str) -> dt.datetime | None:
    try:
        found = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=dt.UTC)


def _shown(text: str) -> str:
    return f"{text[:16].replace('T', ' ')} UTC"
