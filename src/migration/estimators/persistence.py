"""How long it lasted: later weeks over the first days, and a decay if one is seen."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from migration.design import ONE_DAY, Days, Design
from migration.design.days import as_days
from migration.errors import DesignError
from migration.estimators import finish
from migration.estimators.choices import is_whole
from migration.estimators.interrupted_series import interrupted_series
from migration.estimators.path_options import PathOptions
from migration.estimators.path_track import Track, check_controls, column, make_track
from migration.inference.arrays import Mask
from migration.inference.fieller import fieller_set
from migration.inference.path import Paths
from migration.inference.rule import ALPHA, decide, rank_critical
from migration.inference.sample import Sample, arrange
from migration.numerals import p_words
from migration.results import COLUMNS, is_log, plain_rows

WEEK = 7
ALL_DAYS = "all days"
INFERENCE = "Fieller's set of two means of one path; t, or rank of {}, whichever wider"
QUANTITIES = {
    "decay a day": "decay a day",
    "half-life, days": "half-life, days",
    "cumulated pulse": "long-run gain, w / (1 - d)",
}
RATIOS = [
    *("horizon", "first_day", "last_day", "days", "early", "late"),
    *("estimate", "low", "high", "kind", "gap_low", "gap_high"),
    *("set", "identification", "why"),
]
DECAY = ["shape", "quantity", *COLUMNS, "why"]


@dataclass(frozen=True, kw_only=True, eq=False)
class PersistenceResult:
    """What was left of an effect, week by week.

    Attributes
    ----------
    ratios : DataFrame
        One row a horizon H and set of days: mean effects ``early`` (the window) and
        ``late`` (days H to H + 6); ``estimate``, late over early, with Fieller's
        ``set``, from ``low`` to ``high`` without what lies between ``gap_low`` and
        ``gap_high``. Where another focal event is felt a row is a ``combined path``.
    decay : DataFrame
        Decay, half-life and long-run gain of a pulse that decays to zero and of one
        that decays to a floor; or in ``why`` the reason for which there is none.
    answer, inference : str
    design : Design
    warnings : tuple of str
    vintage : mapping
    simulated : bool
    outcome : str
        Kind of the outcome, as :mod:`migration.outcomes` names it. Of logarithms a
        share is one of log points, which is not that of the percent changes.
    """

    ratios: pd.DataFrame
    decay: pd.DataFrame
    answer: str
    inference: str
    design: Design
    warnings: tuple[str, ...]
    vintage: Mapping[str, Any] = field(default_factory=dict)
    simulated: bool = False
    outcome: str = ""

    @property
    def of_logs(self) -> bool:
        """Whether effects, and so their shares, are of logarithms."""
        return is_log(self.design.estimand, self.outcome)

    def __repr__(self) -> str:
        mark = "SIMULATED " if self.simulated else ""
        return f"<{mark}persistence of {', '.join(self.design.treated)}: {self.answer}>"

    def to_frame(self) -> pd.DataFrame:
        """The ratios, one row a horizon and set of days."""
        return self.ratios.assign(simulated=self.simulated)

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain values, ready for JSON; missing numbers are None."""
        return {
            "ratios": plain_rows(self.ratios),
            "decay": plain_rows(self.decay),
            "answer": self.answer,
            "inference": self.inference,
            "design": self.design.to_dict(),
            "warnings": list(self.warnings),
            "vintage": dict(self.vintage),
            "simulated": self.simulated,
            "outcome": self.outcome,
        }


def persistence(
    frame: pd.DataFrame,
    design: Design,
    *,
    horizons: Sequence[int] | None = None,
    without: Iterable[tuple[Any, Any]] = (),
    options: PathOptions | None = None,
) -> PersistenceResult:
    """Divide the mean effect of later weeks by that of the design's window.

    ``R(H) = mean beta(H..H+6) / mean beta(window)``, with both from one path and their
    joint covariance (Jorda 2005, doi:10.1257/0002828053828518), as Fieller's exact set
    at the larger critical value of t and of its rank among unrelated series.

    Parameters
    ----------
    frame : DataFrame
        Long, one row a unit and day; left as it is.
    design : Design
    horizons : sequence of int, optional
        First days H of the weeks; by default every week after the window that the data
        hold whole.
    without : iterable of (first, last)
        Days of something else (an outage) without which each week that holds some is
        shown once more.
    options : PathOptions, optional
        By default the pseudo-likelihood for a log ratio of means, else least squares.

    Raises
    ------
    PanelError, DesignError
        For data or a design that cannot answer, with what to do. A week without a
        number and a decay that the path does not show are rows with the reason.
    """
    check_controls(design)
    chosen = _chosen(design, options)
    left = [as_days(span, "without") for span in _spans(without)]
    sample = arrange(frame, design)
    asked = _horizons(sample, design, horizons)
    track = make_track(sample, chosen)
    bases = [(first, b) for first in asked for b in _bases(sample, first, left)]
    rows = [_row(track, design, first, days) for first, days in bases]
    ratios = pd.DataFrame(rows, columns=RATIOS)
    decay = _decay(frame, design, track)
    told = finish.attributes(frame)
    return PersistenceResult(
        ratios=ratios,
        decay=decay,
        answer=_answer(ratios, decay, logs=is_log(design.estimand, told["outcome"])),
        inference=INFERENCE.format(len(design.controls)),
        design=design,
        warnings=design.notes,
        **told,
    )


def _chosen(design: Design, options: PathOptions | None) -> PathOptions:
    ratio = design.estimand == "log ratio of means"
    if not isinstance(options, PathOptions | None):
        raise DesignError(f"options needs PathOptions(...), got {options!r}")
    chosen = options or PathOptions(estimator="poisson" if ratio else "ols")
    if chosen.poisson != ratio or chosen.request:
        raise DesignError(
            f"persistence of the {design.estimand!r} needs "
            f"PathOptions(estimator={'poisson' if ratio else 'ols'!r}) without request"
        )
    return chosen


def _horizons(
    sample: Sample, design: Design, asked: Sequence[int] | None
) -> Sequence[int]:
    most = int(sample.event_time[-1]) - WEEK + 1
    least = design.window[1] + 1
    if asked is None:
        asked = range(least, most + 1, WEEK)
    given = list(asked) if isinstance(asked, Sequence) else [asked]
    if not given or not all(is_whole(h) and least <= h <= most for h in given):
        raise DesignError(
            f"a horizon is the first day of a week after the window and in the data, "
            f"{least} to {most}, got {given}"
        )
    return given


def _spans(without: Iterable[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
    if isinstance(without, str) or not isinstance(without, Iterable):
        raise DesignError(
            f"without needs a list of (first, last) days, got {without!r}"
        )
    return list(without)


def _bases(s: Sample, first: int, without: list[Days]) -> list[tuple[str, Mask]]:
    """Sets of days to leave out: none, and each that the week holds some of."""
    week = (s.event_time >= first) & (s.event_time < first + WEEK)
    spans = [(f"without {a:%F} to {b:%F}", s.span(a, b)) for a, b in without]
    touched = [(name, span) for name, span in spans if (span & week).any()]
    return [(ALL_DAYS, np.zeros_like(week)), *touched]


def _row(
    track: Track, design: Design, first: int, days: tuple[str, Mask]
) -> dict[str, Any]:
    s, (name, left_out) = track.sample, days
    week = (s.event_time >= first) & (s.event_time < first + WEEK) & ~left_out
    window = s.window & ~left_out
    start = design.event + ONE_DAY * first
    row = {
        "horizon": first,
        "first_day": start,
        "last_day": start + ONE_DAY * (WEEK - 1),
        "days": name,
        "identification": _label(design, start + ONE_DAY * (WEEK - 1)),
    }
    if not week.any() or not window.any():
        return row | {"set": "", "why": "no day is left"}
    means = np.array([week / week.sum(), window / window.sum()])
    found = track.means(means)
    if np.isnan(found.beta[0]).any():
        lacking = int(np.isnan(track.gaps[0, week | window]).sum())
        return row | {"set": "", "why": f"no number on {lacking} of its days"}
    ratio = fieller_set(found.beta[0], found.cov[0], _critical(found))
    numbers: dict[str, Any] = {
        k: getattr(ratio, k) for k in ("estimate", "low", "high", "kind")
    }
    numbers |= dict(zip(("gap_low", "gap_high"), ratio.gap, strict=True))
    late, early = found.beta[0]
    return row | numbers | {"late": late, "early": early, "set": ratio.words()}


def _label(design: Design, last: pd.Timestamp) -> str:
    felt = [t for t, _ in design.other_events.values() if design.event < t <= last]
    return "combined path" if felt else design.identification


def _critical(found: Paths) -> float:
    """The larger of t and of the ranks of both means."""
    both = [column(found, place) for place in (0, 1)]
    return max(
        [c.critical(ALPHA) for c in both] + [rank_critical(c.t[1:]) for c in both]
    )


def _decay(frame: pd.DataFrame, design: Design, track: Track) -> pd.DataFrame:
    """A pulse to zero and one to a floor, or the reason why there is none."""
    rows: list[dict[str, Any]] = []
    early = decide(column(track.mean_over(track.sample.window), 0))
    if not early.p_value <= ALPHA:
        why = (
            f"the window's effect is not told from zero ({p_words(early.p_value)}): "
            "there is nothing whose decay could be seen"
        )
        refused = {"shape": "pulse", "quantity": "refused", "why": why}
        return pd.DataFrame([refused], columns=DECAY)
    for shape in ("pulse", "pulse to floor"):
        try:
            found = interrupted_series(frame, design, shape=shape).secondary
        except DesignError as error:
            rows.append({"shape": shape, "quantity": "refused", "why": str(error)})
            continue
        for place, words in QUANTITIES.items():
            told = f"{design.event_name}, {place} (decay)"
            row = found[found["test"].str.endswith(told)].iloc[0]
            rows.append({"shape": shape, "quantity": words, **row[list(COLUMNS)]})
    return pd.DataFrame(rows, columns=DECAY)


def _answer(ratios: pd.DataFrame, decay: pd.DataFrame, *, logs: bool) -> str:
    whole = ratios[(ratios["days"] == ALL_DAYS) & ratios["estimate"].notna()]
    if whole.empty:
        why = ratios["why"].dropna().iloc[0]
        return f"nothing can be said of later weeks: {why}"
    said = " and ".join(
        f"{row['estimate']:.2g} of it ({row['set']}) on {row['first_day']:%F} to "
        f"{row['last_day']:%F}"
        for row in [whole.iloc[0], *([whole.iloc[-1]] if len(whole) > 1 else [])]
    )
    said = f"in log points, {said}" if logs else said
    lives = decay[decay["quantity"] == QUANTITIES["half-life, days"]]
    if lives.empty:
        return f"{said}; no half-life, because a decay is refused"
    life = lives.iloc[0]
    return (
        f"{said}; half-life {life['estimate']:.2g} days ({life['conf_low']:.2g} to "
        f"{life['conf_high']:.2g}, {life['shape']})"
    )
