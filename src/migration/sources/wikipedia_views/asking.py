"""What is asked: who a page is, then the views of each of its titles."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from migration.sources.ask import Answer, Ask, Plan, Window, file_name
from migration.sources.assemble import identifiers
from migration.sources.wikimedia import ADDRESS as PAGEVIEWS
from migration.sources.wikimedia import PACE
from migration.sources.wikimedia.daily import UNSETTLED, daily_address, read_daily
from migration.sources.wikimedia.names import split_name
from migration.sources.wikipedia_views.pages import ADDRESS as WIKI
from migration.sources.wikipedia_views.pages import ask_about
from migration.sources.window import narrowed

if TYPE_CHECKING:
    from migration.study import Study

SOURCE = "wikipedia_views"
ADDRESSES = {"pageviews": PAGEVIEWS, "wiki": WIKI}
Titles = Mapping[str, Sequence[str]]


def plan(study: "Study", window: Window) -> Plan:
    """Ask for every title of every app, and for all views of each project.

    The redirects of a title are asked for once. The views are those of the whole
    window in one answer; it is asked for again where it was read before the last day
    had settled. The options ``first`` and ``last`` narrow the days; where they leave
    none, nothing is asked.
    """
    places, asked_days = addresses(study), narrowed(window, study.source(SOURCE))
    if asked_days[0] > asked_days[1]:
        return
    projects: dict[str, None] = {}
    asked: set[tuple[str, str]] = set()
    for project, title in _each(titles_of(study)):
        projects[project] = None
        page = yield from ask_about(places["wiki"], project, title)
        for one in page.titles if page else (title,):
            if (project, one) not in asked:
                asked.add((project, one))
                yield _daily(places["pageviews"], project, one, asked_days)
    for project in projects:
        yield _daily(places["pageviews"], project, "", asked_days)


def titles_of(study: "Study") -> dict[str, dict[str, list[str]]]:
    """The titles that a study names, by app and project.

    Raises
    ------
    StudyError
        An identifier that is not ``project/Title``.
    """
    found: dict[str, dict[str, list[str]]] = {}
    for app, names in identifiers(study, SOURCE).items():
        projects: dict[str, list[str]] = defaultdict(list)
        for name in names:
            project, title = split_name(name, SOURCE)
            projects[project].append(title)
        found[app] = dict(projects)
    return found


def addresses(study: "Study") -> dict[str, str]:
    """Where the views are, and the wikis; the study's option ``addresses`` wins."""
    own = study.source(SOURCE).options.get("addresses", {})
    return {name: str(own.get(name, place)) for name, place in ADDRESSES.items()}


def _each(named: Mapping[str, Titles]) -> Iterator[tuple[str, str]]:
    """Each project and title once."""
    pairs = (
        (project, title)
        for projects in named.values()
        for project, titles in projects.items()
        for title in titles
    )
    return iter(dict.fromkeys(pairs))


def _daily(base: str, project: str, title: str, window: Window) -> Ask:
    """Ask for the views of a title, where a 404 is an answer, or of a project."""
    first, last = window
    days = f"{first:%Y%m%d}-{last:%Y%m%d}"
    return Ask(
        url=daily_address(base, project, title, window),
        name=file_name(project, title or "all", days, suffix="json"),
        settles=last + UNSETTLED,
        accept=(200, 404) if title else (200,),
        absence="json",
        pace=PACE,
        check=_check,
        what=f"views of {project}/{title}" if title else f"all views of {project}",
    )


def _check(answer: Answer) -> None:
    read_daily(
        answer.url,
        answer.content,
        status=answer.status,
        retrieved_at=answer.retrieved_at,
    )
