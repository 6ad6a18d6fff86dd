"""Several results told from chance together, not one at a time."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy import special

from migration.design import Design
from migration.errors import DesignError
from migration.estimators.abnormal_interest import window_effect
from migration.estimators.choices import check_results
from migration.inference.arrays import Array, Ints
from migration.inference.blocks import BlockContrast
from migration.inference.rule import ALPHA, decide
from migration.inference.step_down import step_down
from migration.panel import is_simulated
from migration.results import CheckResult, EffectResult


def joint_significance(
    frame: pd.DataFrame, results: Mapping[str, EffectResult]
) -> CheckResult:
    """Adjust the p-values of several effects for there being several.

    The family is what ``results`` holds and nothing else: it is chosen before looking,
    and an effect printed beside it, as a neighbour's, keeps the p that it has alone.
    Every effect is estimated again by the block contrast (market-adjusted), with its
    unrelated series. ``p_family`` is the larger of two adjusted p, as the rule is the
    larger of two: the step-down of Romano and Wolf (2005,
    doi:10.1198/016214504000000539) on the largest size of t among unrelated series of
    the same days, and Holm's of block-t. It bounds the chance of even one false
    finding. ``p_discovery`` (Benjamini and Hochberg 1995,
    doi:10.1111/j.2517-6161.1995.tb02031.x) bounds the share of false ones among those
    found: for a map of many markets, where a family's p can hardly be small.

    Parameters
    ----------
    frame : DataFrame
        The frame that the results were estimated on.
    results : mapping of str to EffectResult
        Only their designs are used. Those with the same treated units (several windows
        of one app) share their draws.

    Returns
    -------
    CheckResult
        For information, and of this family alone. ``frame``: ``effect``,
        ``estimate``, ``p_value`` alone, ``p_family``, ``p_discovery``.

    Raises
    ------
    DesignError
        Fewer than two results, or one without two unrelated series that the other
        windows of its app have, too.
    """
    if not isinstance(results, Mapping) or len(results) < 2:
        raise DesignError(
            "joint_significance needs two results or more by name, got "
            f"{len(results) if isinstance(results, Mapping) else type(results)}"
        )
    check_results(results, "joint_significance")
    designs = [result.design for result in results.values()]
    found = _contrasts(frame, designs)
    groups = _groups(designs)
    table = _table(list(results), found, groups)
    return CheckResult(
        check="joint significance",
        question=(
            f"Which of these {len(table)} effects are told from chance, taken together?"
        ),
        answer=_answer(table, int(groups.max()) + 1),
        passed=None,
        frame=table,
        simulated=is_simulated(frame),
    )


def _groups(designs: list[Design]) -> Ints:
    """A number for each app, in order of appearance."""
    known = list(dict.fromkeys(design.treated for design in designs))
    return np.array([known.index(d.treated) for d in designs], dtype=np.int64)


def _contrasts(frame: pd.DataFrame, designs: list[Design]) -> list[BlockContrast]:
    """One a design, all windows of an app over the unrelated series that all have."""
    found = []
    for design in designs:
        alike = [set(d.controls) for d in designs if d.treated == design.treated]
        shared = [c for c in design.controls if all(c in other for other in alike)]
        if len(shared) < 2:
            raise DesignError(
                f"joint_significance needs two unrelated series on all windows of "
                f"{', '.join(design.treated)}, got {len(shared)}"
            )
        found.append(window_effect(frame, design.but(controls=sorted(shared)))[1])
    return found


def _table(names: list[str], found: list[BlockContrast], groups: Ints) -> pd.DataFrame:
    verdicts = [decide(contrast) for contrast in found]
    z = [_normal(contrast) for contrast in found]
    null = [
        np.column_stack([z[h][1:] for h in np.flatnonzero(groups == group)])
        for group in range(int(groups.max()) + 1)
    ]
    ranked = step_down(np.array([each[0] for each in z]), null, groups)
    block = _adjusted([v.p_block for v in verdicts], "holm")
    p_value = [verdict.p_value for verdict in verdicts]
    return pd.DataFrame(
        {
            "effect": names,
            "estimate": [verdict.estimate for verdict in verdicts],
            "p_value": p_value,
            "p_family": np.maximum(ranked, block),
            "p_discovery": _adjusted(p_value, "fdr_bh"),
        }
    )


def _normal(contrast: BlockContrast) -> Array:
    """The t as the normal value of its p: windows of other lengths have other df."""
    tail = special.stdtr(contrast.df, -np.abs(contrast.t))
    return np.asarray(-special.ndtri(np.clip(tail, 1e-300, 0.5)))


def _adjusted(p_value: list[float], method: str) -> Array:
    from statsmodels.stats.multitest import multipletests  # slow to load

    return np.asarray(multipletests(p_value, method=method)[1])


def _answer(table: pd.DataFrame, apps: int) -> str:
    alone = int((table["p_value"] <= ALPHA).sum())
    kept = table.loc[table["p_family"] <= ALPHA, "effect"]
    told = f" ({', '.join(kept)})" if 0 < len(kept) <= 6 else ""
    discovered = int((table["p_discovery"] <= ALPHA).sum())
    return (
        f"of {len(table)} effects of {apps} apps {alone} have p <= {ALPHA} alone, "
        f"{len(kept)} together{told}; {discovered} with at most {ALPHA:.0%} false ones "
        "among them expected"
    )
