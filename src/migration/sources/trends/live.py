"""Live requests by the protocol of the site's own page; off unless it is asked for.

The site offers no such service, and its terms forbid automated access against its
rules for robots: this mode is there for who may use it. It asks slowly, and at the
first sign of refusal it asks no more.
"""

import datetime as dt
import re
from collections.abc import Generator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from migration.errors import Blocked, CannotAsk, RateLimited
from migration.sources.ask import Answer, Ask, Plan, Window, file_name
from migration.sources.cards import card
from migration.sources.trends import topics
from migration.sources.trends.answers import read_answer
from migration.sources.trends.exports import SOURCE
from migration.sources.trends.questions import MAP, Question, as_query, questions
from migration.sources.trends.widgets import Widget, is_multirange, widget_of

if TYPE_CHECKING:
    from migration.study import Study

PACE = 10.0  # seconds between two questions
COOKIE_PAGE = "/trends/explore/?geo=US"
DATA = "/trends/api/widgetdata/"
_ELSEWHERE = (301, 302, 303, 307, 308)
_COOKIE = re.compile(r"\bNID=[^;,\s]+")
_PAGE = re.compile(rb"\s*<(?:!doctype|html)", re.IGNORECASE)
Step = Generator[Ask, Answer | None, Answer | None]


def plan(study: "Study", window: Window) -> Plan:
    """Ask the site what its own page asks, where the option ``live`` is true.

    One cookie, then for each request a token and its data. A request that the
    store holds is not asked again; the cookie is asked for only where one lacks.

    Raises
    ------
    CannotAsk
        An option that is none, or days too few to be answered by day.
    """
    options = study.source(SOURCE).options
    if why_nothing(study):
        return
    base = str(options.get("address", card(SOURCE).address)).rstrip("/")
    most = _draws(options)
    topics.check_titles(study)
    visit = _Visit(base=base)
    keywords = topics.fixed_keywords(study)
    for app, title in topics.titles(study).items():
        answer = yield from visit.suggestions(title)
        suggested = topics.parse_topics(answer.content) if answer else ()
        if mid := topics.choose(suggested, title):
            keywords[app] = mid
    for question in questions(study, window, keywords):
        yield from visit.draws(question, most)


def why_nothing(study: "Study") -> str:
    """Why the site is not asked, and what to do instead; empty where it is."""
    if study.source(SOURCE).options.get("live", False) is True:
        return ""
    return (
        "live requests are off: export the pages by hand at trends.google.com and run "
        f"`migration add {study.id} {SOURCE} FILE...` (docs/trends.md says how). To "
        "turn them on, write `live = true` in the options of trends in the study, "
        "where you may: the site's terms are recalled to forbid automated access "
        "against its rules for robots"
    )


@dataclass
class _Visit:
    """One visit: its cookie, and the day on which it began."""

    base: str
    cookie: str = ""
    day: str = ""

    def suggestions(self, title: str) -> Step:
        """Topics that the site suggests for a title; None without an answer."""
        url, what = topics.lookup(self.base, title), f"topics called {title}"
        kept = yield from self._visited(url, what)
        if kept is not None or not self.cookie:
            return kept
        name = file_name("topics", title, suffix="json")
        return (yield self._ask(url, name=name, what=what, check=_check_topics))

    def draws(self, question: Question, most: int) -> Step:
        """One more draw of a request, while it has fewer than ``most``.

        A second one of the same day would most likely be the same.
        """
        before = None
        for number in range(1, most + 1):
            one = replace(question, draw=number)
            address = one.address(self.base)
            kept = yield from self._visited(address, one.what, one.settles)
            day = before.retrieved_at[:10] if before else ""
            if kept is None and (not self.cookie or day == self.day):
                return before
            before = kept or (yield from self._draw(one))
            if before is None or before.retrieved_at[:10] == self.day:
                return before
        return before

    def _visited(self, address: str, what: str, settles: dt.date | None = None) -> Step:
        """Begin the visit where the store lacks an answer; return what it holds."""
        if self.cookie:
            return None
        answer = yield self._ask(
            f"{self.base}{COOKIE_PAGE}",
            address=address,
            name="visit.html",
            what=what,
            settles=settles,
            accept=(200, 404, 429, *_ELSEWHERE),
            absence="any",
            keep_headers=("set-cookie", "retry-after"),
            check=_check_cookie,
            keep=False,
            leads_to=2,
        )
        if answer is None or answer.url == address:
            return answer
        self.cookie = _COOKIE.findall(answer.headers["set-cookie"])[-1]
        self.day = answer.retrieved_at[:10]
        return None

    def _draw(self, question: Question) -> Step:
        """The data of a request, from the store or from the site."""
        address = question.address(self.base)
        page = yield self._ask(
            question.url(self.base),
            address=address,
            name=question.name,
            what=question.what,
            check=lambda answer: _check_page(answer, question),
            settles=question.settles,
            keep=False,
        )
        if page is None or page.url == address:
            return page
        widget = widget_of(page.content, question.widget)
        return (
            yield self._ask(
                data_url(self.base, widget, question),
                address=address,
                name=question.name,
                what=question.what,
                check=lambda answer: _check_data(answer, question),
                settles=question.settles,
            )
        )

    def _ask(self, url: str, **how: Any) -> Ask:
        """A question with the cookie, at the pace of the whole source."""
        cookie = {"cookie": self.cookie} if self.cookie else {}
        usual: dict[str, Any] = {
            "kind": "any",
            "accept": (200, 429, *_ELSEWHERE),
            "absence": "json",
            "follow": False,
            "keep_headers": ("retry-after",),
            "send_headers": {"accept-language": "en-US", **cookie},
        }
        return Ask(url=url, pace=PACE, **{**usual, **how})


def data_url(base: str, widget: Widget, question: Question) -> str:
    """Where a widget's data are: its request goes back as it came, with its token."""
    if question.widget == MAP:
        kind = "comparedgeo"
    else:
        kind = "multirange" if is_multirange(widget) else "multiline"
    token = quote(widget.token, safe="")
    return (
        f"{base}{DATA}{kind}?hl=en-US&tz=0&req={as_query(widget.request)}&token={token}"
    )


def _check_cookie(answer: Answer) -> None:
    """The page may be a 404 and give the cookie all the same."""
    _check_welcome(answer, page=True)
    if not _COOKIE.search(answer.headers.get("set-cookie", "")):
        raise Blocked(
            f"{answer.url} gave no cookie, without which Trends answers nothing: "
            "export the pages by hand"
        )


def _check_topics(answer: Answer) -> None:
    _check_welcome(answer)
    topics.parse_topics(answer.content)


def _check_page(answer: Answer, question: Question) -> None:
    _check_welcome(answer)
    widget_of(answer.content, question.widget)


def _check_data(answer: Answer, question: Question) -> None:
    _check_welcome(answer)
    apps = {item.keyword: item.keyword for item in question.items}
    read_answer(answer, question, apps)


def _check_welcome(answer: Answer, *, page: bool = False) -> None:
    """Whether the site still answers: the first sign of refusal ends the visit.

    Raises
    ------
    RateLimited
        429.
    Blocked
        A way elsewhere (a puzzle, a consent), or a page where data were asked for.
    """
    said = answer.headers.get("retry-after", "")
    where = answer.url.partition("?")[0]
    if answer.status == 429:
        seconds = float(said) if said.isascii() and said.isdigit() else None
        raise RateLimited(
            f"{where} asks for patience (429): Trends is asked no more now; try again "
            "after some hours, or export the pages by hand",
            seconds,
        )
    if answer.status in _ELSEWHERE or (not page and _PAGE.match(answer.content)):
        raise Blocked(
            f"{where} wants a person ({answer.status}, a page or a way to another): "
            "Trends is asked no more; export the pages by hand"
        )


def _draws(options: Mapping[str, Any]) -> int:
    most = options.get("draws", 1)
    if type(most) is not int or not 1 <= most <= 100:
        raise CannotAsk(
            f"the option draws needs a number of 1 to 100, got {most!r:.40}"
        )
    return most
