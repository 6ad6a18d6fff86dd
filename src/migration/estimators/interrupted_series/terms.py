"""What an event may do to a series: a level, a lasting step, a slope, a pulse."""

from dataclasses import dataclass

import numpy as np

from migration.design import Design
from migration.errors import DesignError
from migration.estimators.choices import check_one_of
from migration.estimators.interrupted_series.segments import (
    Segment,
    Setting,
    effect_days,
    since,
    without_gaps,
)
from migration.inference.arrays import Array, Ints, weekday_dummies
from migration.inference.contrast import residuals
from migration.inference.sample import Sample

SHAPES = ("window", "steps", "slopes", "pulse", "pulse to floor")
ASSUMES = {
    "window": "one level per window",
    "steps": "level shifts that last: a fading first effect counts as the second's",
    "slopes": "a linear trend and lasting changes of level and slope",
    "pulse": "a jump on day zero that decays to zero by a fixed share a day",
    "pulse to floor": "a jump on day zero that decays by a fixed share to a new level",
}


@dataclass(frozen=True, eq=False)
class Term:
    """One row of the model: a combination of the shape's columns.

    Attributes
    ----------
    words : str
        Event, what of it, and the identification of a later event.
    identification : str
    weights : (m,) array
        Over the shape's columns.
    main : bool
        Whether it is the event's own level or step.
    level_of : int or None
        The segment whose level in its window it is, where it is one.
    """

    words: str
    identification: str
    weights: Array
    main: bool
    level_of: int | None = None


@dataclass(frozen=True, eq=False)
class Layout:
    """Days, regressors and series that a model is fitted to.

    Attributes
    ----------
    sample : Sample
        Of the controls that are complete on the days used.
    used : (n,) array
        Places of the days in the sample, which count as day numbers.
    week : (n, w) array
        Intercept and day of week.
    columns : (n, m) array
        Of the shape; empty for pulses, whose columns depend on the decay.
    terms : tuple of Term
    warnings : tuple of str
    """

    sample: Sample
    used: Ints
    week: Array
    columns: Array
    terms: tuple[Term, ...]
    warnings: tuple[str, ...]

    @property
    def days(self) -> Array:
        """Day numbers, shape (n,)."""
        return self.used.astype(np.float64)

    @property
    def x(self) -> Array:
        """Week and shape, shape (n, w + m)."""
        return np.column_stack([self.week, self.columns])

    @property
    def weights(self) -> Array:
        """Of the terms over the columns of ``x``, shape (terms, w + m)."""
        own = np.array([term.weights for term in self.terms])
        return np.column_stack([np.zeros((len(own), self.week.shape[1])), own])

    def series(self, normal: str) -> Array:
        """Every series net of its normal path, shape (1 + J, n)."""
        y = residuals(self.sample.y, self.sample.baseline, normal)
        return np.asarray(y[:, self.used])


def check_shape(design: Design, shape: str) -> None:
    """Refuse a shape that there is not, or that another event spoils."""
    check_one_of(shape, SHAPES, "shape")
    if shape == "window":
        return
    first, last = design.baseline[1], design.window_days[1]
    for name, (touched, _) in design.other_events.items():
        if first < touched <= last:
            raise DesignError(
                f"shape={shape!r} starts from the first event, but {name!r} "
                f"({touched:%F}) comes before the window ends ({last:%F}); use a "
                "design of the first event and end its window before the next, or "
                "shape='window'"
            )


def lay_out(setting: Setting, shape: str) -> Layout:
    """Arrange days, regressors and series for a shape."""
    spans = effect_days(setting.sample, setting.segments, whole=shape != "window")
    mask = setting.sample.baseline | np.any(spans, axis=0)
    sample, said = without_gaps(setting.sample, mask, "the noise model")
    used = np.flatnonzero(mask)
    if shape == "window":
        columns = np.column_stack([span[used].astype(float) for span in spans])
        terms = tuple(_levels(setting.segments))
    else:
        columns, terms = _lasting(sample, setting.segments, used, shape)
    week = weekday_dummies(sample.weekday[used])
    return Layout(sample, used, week, columns, terms, said)


def _levels(segments: tuple[Segment, ...]) -> list[Term]:
    units = np.eye(len(segments))
    return [
        Term(_say(segment, place, "level"), segment.identification, unit, True, place)
        for place, (segment, unit) in enumerate(zip(segments, units, strict=True))
    ]


def _lasting(
    sample: Sample, segments: tuple[Segment, ...], used: Ints, shape: str
) -> tuple[Array, tuple[Term, ...]]:
    """Steps, with a trend and changes of slope for ``"slopes"``; no step for pulses."""
    gaps = [since(sample, segment.start)[used] for segment in segments]
    steps = np.column_stack([(gap >= 0).astype(float) for gap in gaps])
    if shape == "pulse":
        return steps[:, :0], ()
    if shape != "slopes":
        units = np.eye(len(segments))
        return steps, tuple(_step_terms(segments, units))
    trend = gaps[0]
    slopes = np.column_stack([np.maximum(gap, 0.0) for gap in gaps])
    m = len(segments)
    units = np.eye(2 * m + 1)
    terms = [
        *_step_terms(segments, units[:m], level=False),
        *_slope_terms(segments, units[m : 2 * m]),
        Term("trend, per day", "", units[-1], False),
    ]
    return np.column_stack([steps, slopes, trend]), tuple(terms)


def _step_terms(
    segments: tuple[Segment, ...], units: Array, *, level: bool = True
) -> list[Term]:
    terms = []
    for place, (segment, unit) in enumerate(zip(segments, units, strict=True)):
        label = segment.identification
        first = 0 if level and not place else None
        terms.append(Term(_say(segment, place, "step"), label, unit, True, first))
        if place:
            total = units[: place + 1].sum(axis=0)
            words = _say(segment, place, "sum of steps")
            terms.append(Term(words, label, total, False, place if level else None))
    return terms


def _slope_terms(segments: tuple[Segment, ...], units: Array) -> list[Term]:
    return [
        Term(
            _say(segment, place, "change of slope, per day"),
            segment.identification,
            unit,
            False,
        )
        for place, (segment, unit) in enumerate(zip(segments, units, strict=True))
    ]


def _say(segment: Segment, place: int, what: str) -> str:
    label = f" ({segment.identification})" if place else ""
    return f"{segment.name}, {what}{label}"
