"""What a level baseline is worth: the trend that such a test would have missed."""

from collections.abc import Sequence

import pandas as pd

from migration.design import Design
from migration.estimators.path_options import PathOptions
from migration.estimators.path_pretrend import POWERS, pretrend
from migration.estimators.path_track import check_controls, make_track, rule_contrast
from migration.inference.rule import ALPHA, decide
from migration.inference.sample import arrange
from migration.numerals import p_words
from migration.panel import is_simulated
from migration.results import CheckResult

COLUMNS = ["found_in", "slope_a_day", "hidden", "hidden_if_passed", "of_the_estimate"]


def pre_trend_power(
    frame: pd.DataFrame, design: Design, *, options: PathOptions | None = None
) -> CheckResult:
    """Ask whether the baseline was level, and what slope the test would have missed.

    The baseline is cut into bins, tested together and ranked among the unrelated
    series. That it passes says little by itself: the slopes that the bins' band finds
    in 50% and in 80% are given with what each would add to the window's mean, and with
    the same among the baselines that pass (Roth 2022, doi:10.1257/aeri.20210236).

    Parameters
    ----------
    frame : DataFrame
        As for :func:`migration.estimators.event_study.event_study`.
    design : Design
    options : PathOptions, optional
        Bins and noise; by default weeks and ARMA(1,1).

    Returns
    -------
    CheckResult
        ``passed`` is False where the baseline is told from level at 5%, or where it is
        not and the slope that is found in 80% would add the whole of the effect; None
        where too few unrelated series could tell. ``frame`` has a row a chance:
        ``found_in``, ``slope_a_day``, ``hidden`` and ``hidden_if_passed`` in units of
        the outcome, ``of_the_estimate``, the share of the window's effect that
        ``hidden`` is.

    Raises
    ------
    DesignError
        Fewer than three bins fit in the baseline, or too few unrelated series.
    """
    check_controls(design)
    sample = arrange(frame, design)
    chosen = options or _options(design)
    track = make_track(sample, chosen)
    told = pretrend(track, design, chosen)
    estimate = decide(rule_contrast(track, sample.window)).estimate
    rows = [
        (
            chance,
            told[name],
            told[f"{name}_hidden"],
            told[f"{name}_hidden_passed"],
            abs(told[f"{name}_hidden"] / estimate),
        )
        for name, chance in POWERS.items()
    ]
    able = 1 / (1 + len(sample.controls)) <= ALPHA
    return CheckResult(
        check="pre-trend power",
        question="Was the baseline level, and what trend would that not have shown?",
        answer=_answer(told, rows, len(sample.controls)),
        passed=bool(told["p_rank"] > ALPHA and rows[-1][-1] < 1) if able else None,
        frame=pd.DataFrame(rows, columns=COLUMNS),
        simulated=is_simulated(frame),
    )


def _options(design: Design) -> PathOptions:
    ratio = design.estimand == "log ratio of means"
    return PathOptions(estimator="poisson" if ratio else "ols")


def _answer(
    told: dict[str, float], rows: Sequence[tuple[float, ...]], n_others: int
) -> str:
    (_, slope, hidden, passed, share), (*_, most) = rows
    return (
        f"{told['bins']:.0f} bins of the baseline have joint {p_words(told['p_rank'])} "
        f"by rank among {n_others} unrelated series; a slope of {slope:.2g} a day "
        f"would go unseen in half of the cases and add {hidden:.2g} to the window's "
        f"mean ({passed:.2g} where it passes), {share:.0%} of the estimate; one that "
        f"is found in 80% would add {most:.0%} of it"
    )
