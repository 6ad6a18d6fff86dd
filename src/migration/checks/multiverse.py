"""Every specification that a referee would defend, and one test of them all."""

from collections.abc import Collection, Hashable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import pandas as pd

from migration.checks.choices import NAMES, Choices, Specification
from migration.checks.spec_samples import (
    Asked,
    Base,
    arranged,
    asked_of,
    contrasts_of,
    later_shifts,
    moved,
)
from migration.design import Design
from migration.errors import DesignError
from migration.estimators.choices import check_design, check_names, is_whole
from migration.inference.arrays import Array
from migration.inference.batches import in_batches
from migration.inference.blocks import BlockContrast
from migration.inference.spec_curve import STATISTICS, Curves, curve_p, rule_p
from migration.panel import is_simulated
from migration.results import CheckResult

PERMUTATIONS = 500
SEED = 20210106
FEWEST_SHARED = 0.5  # of the specifications, for a series to stand for chance


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class MultiverseResult(CheckResult):
    """A curve of estimates over specifications, and what chance makes of such curves.

    ``frame`` has one row a specification: its choices, ``estimate``, ``std_error`` and
    the rule's ``p_value``, smallest estimate first.

    Attributes
    ----------
    curve : DataFrame
        By statistic of the whole curve: ``observed``; ``p_same_days`` among the
        unrelated series of the event's own days; ``p_value``, the larger of that and
        of the p among all permutations.
    permutations, same_days : int
        Null curves in all, and those of the event's own days among them.
    refused : mapping
        Specifications without an answer, with the reason.
    """

    curve: pd.DataFrame
    permutations: int
    same_days: int
    refused: Mapping[str, str] = field(default_factory=dict)


def multiverse(
    frames: pd.DataFrame | Mapping[str, pd.DataFrame],
    design: Design,
    *,
    choices: Choices | str = "referee",
    doubtful: Collection[str] = (),
    permutations: int = PERMUTATIONS,
) -> MultiverseResult:
    """Estimate one effect under every declared choice, and test the curve as a whole.

    Each specification is judged by the rule of block-t and rank. The event is then
    given to each unrelated series on the same days, and to unrelated series on days
    that are whole weeks later, and every specification estimated again. The p of the
    curve is the larger of those among the first and among all: the days around an event
    may be like no others, and a hundred series can tell no p below .01.

    Parameters
    ----------
    frames : DataFrame, or mapping of str to DataFrame
        Long frames of the same units by the name of their outcome; a single frame is
        that of the design.
    design : Design
    choices : Choices or {"referee", "full"}
        By name, the dozens that a referee would ask for, or about a thousand.
    doubtful : collection of str
        Controls that are doubted beforehand: half of a named grid leaves them out.
    permutations : int
        Most null curves.

    Raises
    ------
    DesignError
        No specification has an answer, or fewer than two unrelated series.
    """
    check_design(design)
    named = dict(frames) if isinstance(frames, Mapping) else {"declared": frames}
    asked = choices
    check_names(doubtful, "doubtful")
    if not isinstance(asked, Choices):
        asked = Choices.named(asked, design, doubtful)
    if not is_whole(permutations) or len(design.controls) < 2 or permutations < 1:
        raise DesignError(
            "multiverse needs two unrelated series and one permutation, got "
            f"{len(design.controls)} and {permutations}"
        )
    bases = {name: arranged(frame, design, asked) for name, frame in named.items()}
    answered, refused = _estimated(bases, asked, design)
    if not answered:
        first = next(iter(refused.items()), ("none", "nothing was declared"))
        raise DesignError(f"no specification has an answer; {first[0]}: {first[1]}")
    same = _curves(answered, bases)
    later = _later(answered, bases, permutations - (same.shape[1] - 1))
    simulated = any(is_simulated(frame) for frame in named.values())
    return _result(answered, (same, later), refused, simulated)


@dataclass(frozen=True, eq=False)
class Answer:
    """One specification, its design, its place in the arrays, and its contrast."""

    spec: Specification
    design: Design
    asked: Asked
    contrast: BlockContrast


def _estimated(
    bases: Mapping[str, Base], asked: Choices, design: Design
) -> tuple[list[Answer], dict[str, str]]:
    designs: dict[Hashable, Design] = {}
    answered: list[Answer] = []
    refused: dict[str, str] = {}
    for outcome, base in bases.items():
        placed: list[tuple[Specification, Design, Asked]] = []
        for spec in asked.specifications(outcome=outcome):
            try:
                own = _design_of(spec, design, designs)
                placed.append((spec, own, asked_of(base, spec, own)))
            except DesignError as error:
                refused[str(spec)] = str(error)
        contrasts = contrasts_of(base, [one for _, _, one in placed])
        pairs = zip(placed, contrasts, strict=True)
        answered += [Answer(*where, found) for where, found in pairs]
    return answered, refused


def _design_of(
    spec: Specification, declared: Design, made: dict[Hashable, Design]
) -> Design:
    """Its design; those that differ in holidays and normal path alone share one."""
    key = (spec.baseline, spec.window, spec.day_zero, spec.controls)
    if key not in made:
        made[key] = spec.design(declared)
    return made[key]


def _curves(answered: list[Answer], bases: Mapping[str, Base]) -> Array:
    """Statistics of every series' curve on the event's own days, (3, 1 + J')."""
    n_series = max(len(base.y) for base in bases.values())
    asked = [one.asked for one in answered]
    return _statistics(asked, [one.contrast for one in answered], n_series)


def _statistics(
    asked: list[Asked], contrasts: list[BlockContrast], n_series: int
) -> Array:
    """Of the treated series, and of those in enough of the specifications."""
    shape = len(asked), n_series
    estimate, p_value = np.full(shape, np.nan), np.full(shape, np.nan)
    for row, (one, found) in enumerate(zip(asked, contrasts, strict=True)):
        places = np.r_[0, 1 + one.rows]
        estimate[row, places] = found.estimate
        p_value[row, places] = rule_p(found)
    shared = np.isfinite(p_value).mean(axis=0) >= FEWEST_SHARED
    shared[0] = True
    return Curves(estimate[:, shared], p_value[:, shared]).statistics()


def _later(answered: list[Answer], bases: Mapping[str, Base], wanted: int) -> Array:
    """Statistics of null curves on later days, (3, B), drawn by a seed."""
    if wanted <= 0:
        return np.empty((len(STATISTICS), 0))
    null = [np.empty((len(STATISTICS), 0))]
    asked = {name: _asked_of(answered, name) for name in bases}
    curves = partial(_moved_curves, asked, bases)
    shifts = later_shifts(bases.values(), [one.design for one in answered])
    with closing(in_batches(curves, shifts)) as moved_on:
        for found in moved_on:
            null.append(found[:, 1:])
            if sum(part.shape[1] for part in null) >= 2 * wanted:
                break
    pool = np.hstack(null)
    pool = pool[:, np.isfinite(pool).all(axis=0)]
    order = np.random.default_rng(SEED).permutation(pool.shape[1])
    return np.asarray(pool[:, order[:wanted]])


def _asked_of(answered: list[Answer], outcome: str) -> list[Asked]:
    return [one.asked for one in answered if one.spec.named["outcome"] == outcome]


def _moved_curves(
    each: Mapping[str, list[Asked]], bases: Mapping[str, Base], shift: int
) -> Array:
    """The same with the event ``shift`` days later; none where too few series go on."""
    asked: list[Asked] = []
    contrasts: list[BlockContrast] = []
    for outcome, base in bases.items():
        own = each[outcome]
        later = moved(base, own, shift) if own else None
        if own and later is None:
            return np.empty((len(STATISTICS), 1))
        if later is not None:
            asked += later[1]
            contrasts += contrasts_of(*later)
    n_series = max(len(base.y) for base in bases.values())
    return _statistics(asked, contrasts, n_series)


def _result(
    answered: list[Answer],
    statistics: tuple[Array, Array],
    refused: dict[str, str],
    simulated: bool,
) -> MultiverseResult:
    same, later = statistics
    observed, own = same[:, 0], same[:, 1:]
    p_same, p_all = curve_p(observed, own), curve_p(observed, np.hstack([own, later]))
    curve = pd.DataFrame(
        {
            "observed": observed,
            "p_same_days": p_same,
            "p_value": np.maximum(p_same, p_all),
        },
        index=pd.Index(STATISTICS, name="statistic"),
    )
    table = _table(answered)
    return MultiverseResult(
        check="multiverse",
        question="Does the effect hang on one choice?",
        answer=_answer(table, curve, own.shape[1] + later.shape[1], len(refused)),
        passed=bool(np.sign(table["estimate"]).nunique() == 1),
        frame=table,
        simulated=simulated,
        curve=curve,
        permutations=own.shape[1] + later.shape[1],
        same_days=own.shape[1],
        refused=refused,
    )


def _table(answered: list[Answer]) -> pd.DataFrame:
    rows = [
        {
            **one.spec.named,
            "estimate": float(one.contrast.estimate[0]),
            "std_error": float(one.contrast.std_error[0]),
            "p_value": float(rule_p(one.contrast)[0]),
        }
        for one in answered
    ]
    table = pd.DataFrame(rows)[[*NAMES, "estimate", "std_error", "p_value"]]
    return table.sort_values("estimate", kind="stable", ignore_index=True)


def _answer(table: pd.DataFrame, curve: pd.DataFrame, null: int, refused: int) -> str:
    estimate, p_value = table["estimate"], table["p_value"]
    signs = "one sign" if np.sign(estimate).nunique() == 1 else "BOTH signs"
    left = f"; {refused} refused" if refused else ""
    return (
        f"{len(table)} specifications have {signs}: {estimate.min():.3g} to "
        f"{estimate.max():.3g}, median {estimate.median():.3g}; "
        f"{(p_value <= 0.05).mean():.0%} have p <= 0.05; the median's p over the whole "
        f"curve is {curve['p_value'].iloc[0]:.2g} among {null} null curves{left}"
    )
