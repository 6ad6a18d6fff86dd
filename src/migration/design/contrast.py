"""Who is treated, from which day, against whom, over which baseline and windows."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from numbers import Integral
from typing import TYPE_CHECKING, Any, Required, TypedDict, Unpack

import pandas as pd

from migration.design.days import (
    Day,
    Days,
    as_day,
    as_days,
    as_names,
    as_pair,
    by_name,
)
from migration.errors import DesignError

LABELS = ("bundle", "window", "combined path", "decay", "dose", "bounds")
AFTER_ANOTHER_EVENT = ("combined path", "decay", "dose", "bounds")
OVER_ANOTHER_EVENT = ("bundle", *AFTER_ANOTHER_EVENT)
ESTIMANDS = ("mean of outcome", "log ratio of means")
WORDS = (
    *("outcome", "unit", "period", "event_name", "rule"),
    *("identification", "estimand"),
)
LATEST = 3_650  # days after day zero: ten years
ONE_DAY = pd.Timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Design:
    """One contrast: an event, the units that it hit, and what they are held against.

    Days are those of the series' own zone, without zone; ranges include both ends.

    Parameters
    ----------
    outcome : str
        Column of the frame.
    treated : str or sequence of str
        Units that the event hit; several are averaged into one series, because one
        shared event is one observation of its effect.
    event : str or Timestamp
        Day zero, the first day wholly after the event.
    window : (int, int)
        First and last day of the effect, counted from day zero.
    baseline : (str, str)
        First and last day of the days without an effect. Days between the baseline and
        day zero (anticipation, roll-out) belong to neither.
    controls : sequence of str
        Unrelated units: they make the counterfactual and calibrate the inference.
    other_events : mapping, optional
        Name to day zero of every other focal event, or to the pair (first day touched,
        first full day).
    competitors : sequence of str
        Units that the event may spill upon; none may be a control.
    identification : str, optional
        What the window's contrast identifies, one of ``LABELS``. Needed when another
        focal event lies inside the window, or between the baseline and the window.
    breaks : mapping, optional
        What happened to a day on which a treated series is known to break by itself (a
        rename, a level shift); it looks like an effect and is none.
    estimand : str
        ``"mean of outcome"`` (for log counts a mean of logs) or
        ``"log ratio of means"`` (for counts; one zero day does no harm).
    touched : str or Timestamp, optional
        The day that the event split, for figures and words: the one before day zero
        on which it came. By default it split none.

    Raises
    ------
    DesignError
        If the design cannot mean anything, with what to change.
    """

    outcome: str
    treated: tuple[str, ...]
    event: pd.Timestamp
    window: tuple[int, int]
    baseline: Days
    controls: tuple[str, ...] = ()
    other_events: Mapping[str, Days] = field(default_factory=dict)
    competitors: tuple[str, ...] = ()
    breaks: Mapping[str, pd.Timestamp] = field(default_factory=dict)
    identification: str = ""
    estimand: str = "mean of outcome"
    event_name: str = "event"
    rule: str = "given"
    notes: tuple[str, ...] = ()
    unit: str = "unit"
    period: str = "period"
    touched: pd.Timestamp | None = None

    if TYPE_CHECKING:  # what may be given; the fields say what is kept of it

        def __init__(self, **given: Unpack["Given"]) -> None: ...

    def __post_init__(self) -> None:
        """Bring every field to its one form, then refuse what cannot be meant."""
        self._check_words()
        for name in ("treated", "controls", "competitors", "notes"):
            self._set(name, as_names(getattr(self, name), name))
        self._set("event", as_day(self.event, "event"))
        if self.touched is not None:
            self._set("touched", as_day(self.touched, "touched"))
        if _is_window(self.window):
            self._set("window", tuple(int(day) for day in self.window))
        self._set("baseline", as_days(self.baseline, "baseline"))
        given = by_name(self.other_events, "other_events")
        self._set("other_events", {k: as_pair(v, k) for k, v in given.items()})
        given = by_name(self.breaks, "breaks")
        breaks = {k: as_day(v, f"break {k!r}") for k, v in given.items()}
        self._set("breaks", breaks)
        self._check_window()
        self._check_units()
        self._set("identification", self._label())

    def _set(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)

    @property
    def length(self) -> int:
        """Days in the window."""
        return self.window[1] - self.window[0] + 1

    @property
    def window_days(self) -> Days:
        """First and last day of the window."""
        first, last = (self.event + ONE_DAY * k for k in self.window)
        return first, last

    def breaks_between(
        self, first: pd.Timestamp, last: pd.Timestamp
    ) -> dict[str, pd.Timestamp]:
        """Known breaks after ``first`` and up to ``last``, earliest first."""
        inside = {k: day for k, day in self.breaks.items() if first < day <= last}
        return dict(sorted(inside.items(), key=lambda pair: pair[1]))

    def to_dict(self) -> dict[str, Any]:
        """Every field as plain values, days in ISO form."""
        return {f.name: _plain(getattr(self, f.name)) for f in fields(self)}

    def but(self, **changes: Any) -> "Design":
        """Return the same design with some fields changed, checked again."""
        if {"event", "window", "other_events"} & changes.keys():
            changes.setdefault("identification", "")
        if "event" in changes:
            changes.setdefault("touched", None)
        return replace(self, **changes)

    def _check_window(self) -> None:
        if not _is_window(self.window):
            raise DesignError(
                "window needs two whole days 0 <= first <= last counted from day zero, "
                f"got {self.window}; leave anticipation out by ending the baseline "
                "earlier"
            )
        if self.window[1] > LATEST:
            raise DesignError(
                f"window ends on day {self.window[1]}; use days up to {LATEST}, "
                "counted from day zero"
            )
        if self.touched is not None and self.touched > self.event:
            raise DesignError(
                f"touched is {self.touched:%F}, after day zero {self.event:%F}; give "
                "the day that the event split, or leave it out"
            )
        if self.baseline[1] >= self.event:
            raise DesignError(
                f"the baseline ends on {self.baseline[1]:%F}, on or after day zero "
                f"{self.event:%F}; end it before the event"
            )

    def _check_words(self) -> None:
        for name in WORDS:
            if not isinstance(value := getattr(self, name), str):
                raise DesignError(f"{name} needs text, got {value!r}")

    def _check_units(self) -> None:
        if not self.treated:
            raise DesignError("treated names no unit; name at least one")
        named = (*self.treated, *self.controls)
        if twice := sorted(u for u, n in Counter(named).items() if n > 1):
            raise DesignError(
                f"{twice} are named twice; a unit counts once, as treated or as control"
            )
        if rivals := sorted(set(self.competitors) & set(self.controls)):
            raise DesignError(
                f"{rivals} compete with the treated units, so the event may have moved "
                "them too; use unrelated units as controls"
            )
        if self.estimand not in ESTIMANDS:
            raise DesignError(f"estimand is {self.estimand!r}; use one of {ESTIMANDS}")

    def _label(self) -> str:
        """The identification label, refused where another event makes it untrue."""
        label = self.identification
        if label and label not in LABELS:
            raise DesignError(f"identification is {label!r}; use one of {LABELS}")
        for name, (touched, _) in self.other_events.items():
            self._check_other(name, touched, label)
        return label or "window"

    def _check_other(self, name: str, touched: pd.Timestamp, label: str) -> None:
        first, last = self.window_days
        start, end = self.baseline
        if start <= touched <= end:
            raise DesignError(
                f"{name!r} ({touched:%F}) lies inside the baseline {start:%F} to "
                f"{end:%F}; end the baseline before it or start it afterwards"
            )
        if first <= touched <= last and label not in OVER_ANOTHER_EVENT:
            raise DesignError(
                f"the window {first:%F} to {last:%F} holds {name!r} ({touched:%F}); "
                "end it the day before, or say what the sum identifies with "
                f"identification= one of {OVER_ANOTHER_EVENT}"
            )
        if end < touched < first and label not in AFTER_ANOTHER_EVENT:
            raise DesignError(
                f"{name!r} ({touched:%F}) lies between the baseline and the window "
                f"{first:%F} to {last:%F}, which therefore shows both effects; say "
                "identification='combined path', or how they are told apart: one of "
                f"{AFTER_ANOTHER_EVENT}"
            )


class Given(TypedDict, total=False):
    """What a :class:`Design` takes: wider than what it keeps."""

    outcome: Required[str]
    treated: Required[str | Iterable[str]]
    event: Required[Day]
    window: Required[Sequence[int]]
    baseline: Required[Sequence[Day]]
    controls: str | Iterable[str]
    other_events: Mapping[str, Day | Sequence[Day]]
    competitors: str | Iterable[str]
    breaks: Mapping[str, Day]
    identification: str
    estimand: str
    event_name: str
    rule: str
    notes: str | Iterable[str]
    unit: str
    period: str
    touched: Day | None


def _is_window(value: Any) -> bool:
    """Whether it is two whole days, the first at or after zero, in order."""
    days = tuple(value) if isinstance(value, tuple | list) else ()
    whole = all(isinstance(d, Integral) and not isinstance(d, bool) for d in days)
    return len(days) == 2 and whole and 0 <= days[0] <= days[1]


def _plain(value: Any) -> Any:
    if isinstance(value, pd.Timestamp):
        return f"{value:%F}"
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, tuple) else value
