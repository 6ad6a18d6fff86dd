"""Whom the origin's loss went to: changes first, ratios only where it lost."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from migration.design import Design
from migration.errors import DesignError
from migration.estimators import finish
from migration.estimators.abnormal_interest import window_effect
from migration.estimators.choices import check_design
from migration.estimators.diversion_ratios import (
    GAIN,
    RATIOS,
    check_apart,
    critical_value,
    joint_covariance,
    market_change,
    ratio_rows,
)
from migration.inference.excess import Excess, excess_counts
from migration.inference.rule import ALPHA, CALIBRATED_FROM, decide
from migration.inference.sample import arrange
from migration.numerals import interval_words, p_words
from migration.results import plain, plain_rows

SHARED = (
    *("outcome", "event", "window", "baseline", "controls", "estimand"),
    *("unit", "period"),
)
NOT_LEAVING = "a download is not a user who left: nobody is seen to leave"


@dataclass(frozen=True, kw_only=True, eq=False)
class DiversionResult:
    """What an origin lost and others gained, in counts a day.

    Attributes
    ----------
    origin : str
    changes : DataFrame
        By ``app``: ``estimate`` and interval in counts a day, with the rule's p;
        ``normal``, the mean count a day expected of the window; ``level``, that of the
        baseline; ``log_estimate`` and ``p_logs``, the rule on the log ratio of means.
    covariance : DataFrame
        Of the changes, app by app, from the same baseline blocks.
    market : Series
        Change of all the apps' counts together, the five numbers.
    ratios : DataFrame
        One row a ratio: ``gain ratio`` G = dq_destination / -dq_origin, ``diversion
        share`` (G between 0 and 1, were the market's size constant) beside
        ``benchmark``, the logit's s_j / (1 - s_origin) of the baseline's shares, and
        ``outside share``. ``set`` is Fieller's, from ``low`` to ``high`` without what
        lies between ``gap_low`` and ``gap_high``. Empty where the origin has not lost.
    declined : bool
        Whether the rule finds that the origin lost: without it there is no ratio.
    findings : tuple of str
        One a change, then one a ratio or why there is none.
    inference : str
    design : Design
        The origin's.
    warnings : tuple of str
    vintage : mapping
    simulated : bool
    counted : str
        What they are: counts a day, of the mean market where markets were averaged.
    refused : mapping of str to str
        App to why it was asked for and left out.
    """

    origin: str
    changes: pd.DataFrame
    covariance: pd.DataFrame
    market: pd.Series
    ratios: pd.DataFrame
    declined: bool
    findings: tuple[str, ...]
    inference: str
    design: Design
    warnings: tuple[str, ...]
    vintage: Mapping[str, Any] = field(default_factory=dict)
    simulated: bool = False
    counted: str = "counts a day"
    refused: Mapping[str, str] = field(default_factory=dict)

    @property
    def answer(self) -> str:
        """The findings in one sentence."""
        return "; ".join(self.findings)

    def __repr__(self) -> str:
        mark = "SIMULATED " if self.simulated else ""
        return f"<{mark}diversion from {self.origin}: {self.answer}>"

    def to_frame(self) -> pd.DataFrame:
        """Changes in counts a day, one row an app, the market last."""
        market = self.market.to_frame("market").T
        frame = pd.concat([self.changes, market]).rename_axis("app").reset_index()
        return frame.assign(simulated=self.simulated)

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain values, ready for JSON; missing numbers are None."""
        return {
            "origin": self.origin,
            "changes": plain_rows(self.changes),
            "covariance": self.covariance.to_numpy().tolist(),
            "market": {str(k): plain(v) for k, v in self.market.items()},
            "ratios": plain_rows(self.ratios),
            "declined": self.declined,
            "answer": self.answer,
            "inference": self.inference,
            "design": self.design.to_dict(),
            "warnings": list(self.warnings),
            "vintage": dict(self.vintage),
            "simulated": self.simulated,
            "counted": self.counted,
            "refused": dict(self.refused),
        }


def diversion(
    frame: pd.DataFrame, designs: Mapping[str, Design], *, origin: str
) -> DiversionResult:
    """Compare what an origin lost with what others gained, in counts a day.

    The normal of a day is the app's own level, times its day of week, times what
    unrelated series did that day. The apps' changes have a joint covariance from the
    same baseline blocks of the window's length (t on q - 1). A ratio is a Fieller set,
    and is given only where the rule finds that the origin itself lost; else the changes
    stand alone (Conlon and Mortimer 2021, doi:10.1111/1756-2171.12387; Fieller 1954).
    A download is not a user who left.

    Parameters
    ----------
    frame : DataFrame
        Long, counts, one row a unit and day; left as it is.
    designs : mapping of app to Design
        The origin's and those of one destination or more: the same days and controls,
        ``estimand="log ratio of means"``.
    origin : str
        Which of them is left.

    Raises
    ------
    PanelError, DesignError
        For data or designs that cannot answer, with what to do.
    """
    _check(designs, origin)
    samples = {app: arrange(frame, design) for app, design in designs.items()}
    check_apart(samples)
    found = {app: excess_counts(sample) for app, sample in samples.items()}
    changes = _changes(frame, designs, found)
    declined = _lost(changes, origin)
    cov = joint_covariance(found)
    limit = critical_value(found[origin].contrast)
    ratios = ratio_rows(found, cov, origin, limit) if declined else []
    return DiversionResult(
        origin=origin,
        changes=changes,
        covariance=cov,
        market=market_change(found, cov, origin),
        ratios=pd.DataFrame(ratios, columns=RATIOS),
        declined=declined,
        findings=_findings(changes, ratios, origin),
        inference=_words(found[origin], limit),
        design=designs[origin],
        warnings=_warnings(designs),
        counted=_counted(frame),
        **{k: v for k, v in finish.attributes(frame).items() if k != "outcome"},
    )


def _check(designs: Mapping[str, Design], origin: str) -> None:
    _check_kinds(designs, origin)
    first = designs[origin]
    for app, design in designs.items():
        for name in SHARED:
            if getattr(design, name) != getattr(first, name):
                raise DesignError(
                    f"the designs of {origin} and {app} differ in {name!r}; changes "
                    "add up only on the same days against the same controls: use "
                    "design.but()"
                )
    if first.estimand != "log ratio of means":
        raise DesignError(
            "diversion adds and divides counts: give counts and designs with "
            "estimand='log ratio of means'"
        )
    if len(first.controls) < 2:
        raise DesignError(
            "diversion needs two unrelated units for the normal day, better "
            f"{CALIBRATED_FROM}, got {len(first.controls)}"
        )
    _check_units(designs)


def _check_kinds(designs: object, origin: object) -> None:
    named = designs if isinstance(designs, Mapping) else {}
    if not isinstance(origin, str) or origin not in named or len(named) < 2:
        raise DesignError(
            "diversion needs the origin's design and one destination's or more, got "
            f"{list(named) or type(designs)} with origin={origin!r}"
        )
    for design in named.values():
        check_design(design)


def _check_units(designs: Mapping[str, Design]) -> None:
    for app, design in designs.items():
        if len(design.treated) > 1:
            raise DesignError(
                f"{app} has {len(design.treated)} units, whose mean is no count of "
                "the app: add them up to one series first"
            )
    units = [design.treated[0] for design in designs.values()]
    if len(set(units)) < len(units):
        raise DesignError("a unit is treated in two designs; each app needs its own")


def _changes(
    frame: pd.DataFrame, designs: Mapping[str, Design], found: Mapping[str, Excess]
) -> pd.DataFrame:
    """Each app's change by the rule, in counts a day and in logs."""
    rows = {app: finish.decide_row(e.contrast) for app, e in found.items()}
    logs = [decide(window_effect(frame, design)[1]) for design in designs.values()]
    return (
        pd.DataFrame(rows)
        .T.rename_axis("app")
        .assign(
            normal=[e.normal for e in found.values()],
            level=[e.level for e in found.values()],
            log_estimate=[v.estimate for v in logs],
            p_logs=[v.p_value for v in logs],
        )
    )


def _lost(changes: pd.DataFrame, origin: str) -> bool:
    """Whether the rule finds a decline: in logs, where series compare."""
    names = ["estimate", "log_estimate", "p_logs"]
    change, log_change, p_value = changes.loc[origin, names].to_numpy(dtype=float)
    return bool(max(change, log_change) < 0 and p_value <= ALPHA)


def _findings(
    changes: pd.DataFrame, ratios: list[dict[str, Any]], origin: str
) -> tuple[str, ...]:
    told = [
        _told(str(row["app"]), row) for row in changes.reset_index().to_dict("records")
    ]
    if not ratios:
        p = float(changes["p_logs"][origin])
        absent = (
            f"the decline of {origin} is not told from zero ({p_words(p)} in logs), so "
            "there is no ratio and the word migration is not used"
        )
        return (*told, absent)
    said = [
        f"{row['app']} changed by {row['estimate']:+.2g} for each count that {origin} "
        f"lost ({row['set']})"
        for row in ratios
        if row["quantity"] == GAIN
    ]
    return (*told, *said, NOT_LEAVING)


def _told(app: str, row: dict[Any, Any]) -> str:
    """A gain, a loss, or a change that may be none."""
    span = interval_words(row["conf_low"], row["conf_high"])
    if row["p_value"] <= ALPHA:
        verb = "gained" if row["estimate"] > 0 else "lost"
        return f"{app} {verb} {abs(row['estimate']):.0f} a day ({span})"
    return f"{app}'s {row['estimate']:+.0f} a day ({span}) is not told from zero"


def _counted(frame: pd.DataFrame) -> str:
    markets = len(frame.attrs.get("averaged", ()))
    return "counts a day" + f", of the mean of {markets} markets" * bool(markets)


def _words(found: Excess, limit: float) -> str:
    return (
        f"covariance of the apps from {found.blocks.shape[1]} baseline blocks of the "
        f"window's length; critical value {limit:.2f}, the larger of Student's t "
        f"({found.contrast.df} df) and of the rank of |t| among "
        f"{len(found.post) - 1} unrelated series"
    )


def _warnings(designs: Mapping[str, Design]) -> tuple[str, ...]:
    number = len(next(iter(designs.values())).controls)
    said = [NOT_LEAVING, *(note for d in designs.values() for note in d.notes)]
    if number < CALIBRATED_FROM:
        said.append(
            f"not calibrated: {number} unrelated series; bring at least "
            f"{CALIBRATED_FROM}"
        )
    return tuple(dict.fromkeys(said))
