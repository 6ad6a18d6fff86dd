"""The same window against other defensible baselines and normal paths.

An effect whose sign changes with a defensible baseline is not printed as an effect.
"""

from collections.abc import Collection, Mapping

import numpy as np
import pandas as pd

from migration.design import ONE_DAY, Days, Design
from migration.errors import MigrationError
from migration.estimators.abnormal_interest import window_effect
from migration.estimators.choices import as_mapping, check_design, check_names
from migration.estimators.finish import decide_row
from migration.inference.sample import MIN_DAYS
from migration.panel import is_simulated
from migration.results import CheckResult, EffectResult

HOLIDAYS = (12, 20)  # month and day from which the year's end shows in daily series
# The sign needs no more; the interval of so few blocks is as wide as it must be.
FEWEST_BLOCKS = 2

NEEDED = "a mapping of name to Design"


def baseline_sensitivity(
    frame: pd.DataFrame,
    design: Design,
    *,
    alternatives: Mapping[str, Design] | None = None,
    doubtful: Collection[str] = (),
) -> CheckResult:
    """Estimate against each defensible baseline, and say whether the sign holds.

    Parameters
    ----------
    frame : DataFrame
    design : Design
    alternatives : mapping, optional
        Name to design. By default: the baseline without the days from 20 December, its
        later two thirds and later half, and what is left of it from each known break
        of the series (``design.breaks``). A baseline of fewer than 14 days or two
        windows is not tried, and one that the data cannot answer for is refused; the
        answer says so.
    doubtful : collection of str
        Controls that are doubted beforehand: one row leaves them out.
    """
    check_design(design)
    check_names(doubtful, "doubtful")
    for given in as_mapping(alternatives or {}, "alternatives", NEEDED).values():
        check_design(given)
    short: list[str] = []
    if alternatives is None:
        alternatives, short = _default_designs(design)
    rows, refused = _rows(frame, _specifications(design, alternatives, doubtful))
    found = pd.DataFrame(rows)
    stable = bool((np.sign(found["estimate"]) == np.sign(found["estimate"][0])).all())
    return CheckResult(
        check="baseline sensitivity",
        question="Does the sign hold against other defensible baselines?",
        answer=_answer(found["estimate"], short, refused, stable=stable),
        passed=stable,
        frame=found,
        simulated=is_simulated(frame),
    )


def _answer(
    estimate: "pd.Series[float]",
    short: list[str],
    refused: Mapping[str, str],
    *,
    stable: bool,
) -> str:
    left = f"; not tried, too short: {', '.join(short)}" if short else ""
    left += "".join(f"; {name} refused: {why}" for name, why in refused.items())
    return (
        f"{'the sign holds' if stable else 'the sign CHANGES'}: estimates from "
        f"{estimate.min():.3g} to {estimate.max():.3g} over {len(estimate)} "
        f"specifications{left}"
    )


def baseline_sensitivities(
    frame: pd.DataFrame,
    results: Mapping[str, EffectResult],
    *,
    doubtful: Collection[str] = (),
) -> dict[str, CheckResult]:
    """:func:`baseline_sensitivity` of each result's own design, by the same names.

    Parameters
    ----------
    frame : DataFrame
        The frame that the results were estimated on.
    results : mapping of str to EffectResult
    doubtful : collection of str
    """
    return {
        name: baseline_sensitivity(frame, result.design, doubtful=doubtful)
        for name, result in results.items()
    }


def default_baselines(design: Design) -> dict[str, Days]:
    """First and last day of the baselines that a referee would ask for."""
    start, end = design.baseline
    days = (end - start).days + 1
    wanted = {
        "later two thirds": (start + ONE_DAY * (days // 3), end),
        "later half": (start + ONE_DAY * (days // 2), end),
    }
    holidays = pd.Timestamp(year=start.year, month=HOLIDAYS[0], day=HOLIDAYS[1])
    if start < holidays <= end:
        wanted["without the days from 20 December"] = (start, holidays - ONE_DAY)
    for what, day in design.breaks_between(start, end).items():
        wanted[f"from the break of {day:%F} ({what})"] = (day, end)
    return wanted


def _default_designs(design: Design) -> tuple[dict[str, Design], list[str]]:
    """Designs of the default baselines, and the names of those that are too short."""
    wanted = default_baselines(design)
    short = [name for name, span in wanted.items() if not _long_enough(design, span)]
    made = {n: design.but(baseline=s) for n, s in wanted.items() if n not in short}
    return made, short


def _long_enough(design: Design, span: Days) -> bool:
    days = (span[1] - span[0]).days + 1
    return days >= max(MIN_DAYS, FEWEST_BLOCKS * design.length)


Named = tuple[str, Design, str]


def _specifications(
    design: Design, alternatives: Mapping[str, Design], doubtful: Collection[str]
) -> list[Named]:
    """Name, design and normal path of each, the declared one first."""
    found = [("declared", design, "market-adjusted")]
    found += [(name, other, "market-adjusted") for name, other in alternatives.items()]
    firm = [unit for unit in design.controls if unit not in doubtful]
    if firm and len(firm) < len(design.controls):
        name = f"declared, without {len(design.controls) - len(firm)} doubted controls"
        found.append((name, design.but(controls=firm), "market-adjusted"))
    found.append(("declared, constant mean", design, "constant mean"))
    if design.estimand == "mean of outcome" and design.controls:
        found.append(("declared, market model", design, "market model"))
    return found


def _rows(
    frame: pd.DataFrame, asked: list[Named]
) -> tuple[list[dict[str, object]], dict[str, str]]:
    """Rows, and why some have none; the declared one has to have one."""
    rows, refused = [_row(frame, *asked[0])], {}
    for name, design, normal in asked[1:]:
        try:
            rows.append(_row(frame, name, design, normal))
        except MigrationError as error:
            refused[name] = str(error)
    return rows, refused


def _row(
    frame: pd.DataFrame, name: str, design: Design, normal: str
) -> dict[str, object]:
    used = normal if design.controls else "constant mean"
    _, contrast = window_effect(frame, design, normal=used, min_blocks=FEWEST_BLOCKS)
    return {
        "baseline": name,
        "first_day": design.baseline[0],
        "last_day": design.baseline[1],
        "normal": used,
        **decide_row(contrast),
    }
