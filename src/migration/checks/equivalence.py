"""What may be said where nothing was found: how small it is, or how far from known."""

import math

import numpy as np
import pandas as pd

from migration.checks.second_event import no_later
from migration.design import Design
from migration.errors import DesignError
from migration.estimators.abnormal_interest import window_effect
from migration.estimators.apps import AppEffects
from migration.estimators.choices import is_number
from migration.estimators.event_study import PathResult
from migration.inference import tails
from migration.inference.blocks import BlockContrast
from migration.inference.rule import ALPHA
from migration.panel import is_simulated
from migration.results import CheckResult, is_log_ratio

NEEDED = ["identification", "by", "conf_low", "conf_high", "breakdown"]


def equivalence(
    frame: pd.DataFrame,
    design: Design,
    *,
    bound: float,
    name: str = "",
    normal: str = "market-adjusted",
) -> CheckResult:
    """Ask whether an effect is smaller in size than a bound declared beforehand.

    Two one-sided tests at 5% (Schuirmann 1987, doi:10.1007/BF01068419), each by the
    rule: the larger of block-t's p and of the rank of the statistic among unrelated
    series of the same days. That no effect was found never says that it is small.

    Parameters
    ----------
    frame : DataFrame
    design : Design
        Of a later event, or of a neighbour.
    bound : float
        In units of the outcome; larger than 0.
    name : str
        Of the app, for the question; by default the unit's.
    normal : str
        As in :func:`migration.estimators.abnormal_interest.abnormal_interest`.

    Returns
    -------
    CheckResult
        ``passed`` where both sides are refused. ``frame`` has a row a side, with
        ``p_block``, ``p_rank`` and ``p_value``, and ``least_bound``: the smallest bound
        for which the whole would pass.

    Raises
    ------
    DesignError, PanelError
        For a bound that is none, and as the estimator does.
    """
    if not (is_number(bound) and bound > 0):
        raise DesignError(
            f"bound is {bound!r}; declare a size of 0.1, say, in units of the outcome"
        )
    _, contrast = window_effect(frame, design, normal=normal)
    rows = [_side(contrast, bound, sign) for sign in (1, -1)]
    found = pd.DataFrame(rows)
    smaller = bool((found["p_value"] <= ALPHA).all())
    least = float(found["least_bound"].max())
    return CheckResult(
        check="equivalence",
        question=(
            f"Is what {design.event_name} did to "
            f"{name or ', '.join(design.treated)} smaller than {bound:g} in size?"
        ),
        answer=_told(smaller, bound, least, float(contrast.estimate[0])),
        passed=smaller,
        frame=found,
        simulated=is_simulated(frame),
    )


def _side(contrast: BlockContrast, bound: float, sign: int) -> dict[str, object]:
    """Refuse that the effect is at least ``bound``, or at most its negative."""
    estimate, error = float(contrast.estimate[0]), float(contrast.std_error[0])
    others = np.sort(-sign * contrast.t[1:])[::-1]
    t = (bound - sign * estimate) / error
    p_block = float(tails.t.sf(t, contrast.df))
    p_rank = (1 + int((others >= t).sum())) / (1 + len(others))
    place = int(np.floor(ALPHA * (1 + len(others)) + 1e-9))
    rank = float(others[place - 1]) if place else math.inf
    limit = max(float(tails.t.isf(ALPHA, contrast.df)), rank)
    return {
        "refused": f"at least {bound:g}" if sign > 0 else f"at most {-bound:g}",
        "estimate": estimate,
        "p_block": p_block,
        "p_rank": p_rank,
        "p_value": max(p_block, p_rank),
        "least_bound": max(sign * estimate + limit * error, 0.0),
    }


def _told(smaller: bool, bound: float, least: float, estimate: float) -> str:
    state = "smaller" if smaller else "NOT shown to be smaller"
    reach = f"{least:.3g}" if math.isfinite(least) else "no number, with so few series"
    return (
        f"{state} than {bound:g} in size (estimate {estimate:.3g}); the least bound "
        f"that would pass is {reach}"
    )


def identification_gap(
    result: PathResult, *, event: str, name: str = "the series"
) -> CheckResult:
    """Say by how much the data would have to differ for a later event to be known.

    Every route to the event's own effect puts something in the place of what the first
    would have gone on to do. Its sign is known where no route's interval holds zero
    and all agree. Else the path after the event would have to be shifted, by at least
    ``rise`` for all routes to say a rise, or by ``fall`` for a fall.

    Parameters
    ----------
    result : PathResult
        Of the first event, by :func:`migration.estimators.event_study.event_study`.
    event : str
        The later one.
    name : str
        Of the app, for the sentence.

    Returns
    -------
    CheckResult
        ``frame`` has a row a route: its interval, ``rise`` and ``fall`` in units of the
        outcome, and ``breakdown``, the change of the carried slope a day at which the
        interval of a straight line takes zero in. ``passed`` where the sign is known.
    """
    if not isinstance(result, PathResult):
        raise DesignError(
            f"identification_gap needs a result of event_study, got {type(result)}"
        )
    known = result.second["event"].unique()
    if event not in known:
        raise DesignError(
            f"the path knows the later events {list(known)}, not {event!r}"
        )
    rows = result.second[result.second["event"] == event]
    own = rows[rows["identification"] != "combined path"].dropna(subset="conf_low")
    found = own[NEEDED].assign(
        rise=(-own["conf_low"]).clip(lower=0.0), fall=own["conf_high"].clip(lower=0.0)
    )
    rise, fall = float(found["rise"].max()), float(found["fall"].max())
    agreed = len(found) > 0 and 0.0 in (rise, fall)
    return CheckResult(
        check="identification gap",
        question=f"How far is {event}'s own effect on {name} from being identified?",
        answer=_distance(
            found, rise, fall, rows, " log points" if is_log_ratio(result) else ""
        ),
        passed=bool(agreed),
        frame=found.reset_index(drop=True),
        simulated=result.simulated,
    )


def identification_gaps(
    effects: AppEffects, *, event: str | None
) -> dict[str, CheckResult]:
    """:func:`identification_gap` of each app's path, by the app's name.

    Without an event, which a study of one event has not, each says so.
    """
    if event is None:
        return {name: no_later(result) for name, result in effects.named.items()}
    return {
        name: identification_gap(result, event=event, name=name)  # type: ignore[arg-type]
        for name, result in effects.named.items()
    }


def _distance(
    found: pd.DataFrame, rise: float, fall: float, rows: pd.DataFrame, unit: str
) -> str:
    if found.empty:
        why = "; ".join(dict.fromkeys(rows["why"].astype(str)))
        return f"no route has a number ({why})"
    if 0.0 in (rise, fall):
        way = "rise" if rise == 0 else "fall"
        return f"all {len(found)} routes say a {way}"
    if math.isinf(rise) or math.isinf(fall):
        return (
            f"NOT identified: no shift of the path makes the {len(found)} routes "
            "agree, because an interval has no end: too few unrelated series"
        )
    bent = found["breakdown"][found["breakdown"] > 0]
    line = ""
    if len(bent):
        least = f"{bent.min():.2g}"
        line = f"; a change of slope of {least} a day makes a straight line hold zero"
    return (
        f"NOT identified: the {len(found)} routes would agree on a rise if the path "
        f"after the event were higher by {rise:.3g}{unit}, and on a fall if it were "
        f"lower by {fall:.3g}{line}"
    )
