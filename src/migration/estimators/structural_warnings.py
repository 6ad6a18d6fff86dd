"""What a reader must know before believing a structural model's own interval."""

from collections.abc import Iterator

import pandas as pd

from migration.estimators.calibration import TOLERATED_SIZE
from migration.inference.structure_checks import PRIOR


def warnings_of(
    diagnostics: pd.DataFrame, rows: pd.DataFrame, *, named: bool = True
) -> tuple[str, ...]:
    """Sentences on size, coverage, prior and memory, where something is wrong.

    Parameters
    ----------
    diagnostics : DataFrame
        As :func:`migration.inference.structure_checks.diagnose` gives it.
    rows : DataFrame
        The model's own effects with their ``size_here``.
    named : bool
        Whether the frame says what kind its outcome is.
    """
    return (
        *_size(rows),
        *_coverage(diagnostics),
        *_prior(diagnostics),
        *_memory(diagnostics),
        *_relative(rows, named=named),
    )


def _size(rows: pd.DataFrame) -> Iterator[str]:
    size = float(rows["size_here"].iloc[0])
    if size > TOLERATED_SIZE:
        yield (
            f"the model's own 95% interval leaves out zero for {size:.0%} of the "
            "unrelated series, where nothing happened: read it as too short"
        )


def _coverage(diagnostics: pd.DataFrame) -> Iterator[str]:
    for name in ("coverage, treated", "coverage, unrelated"):
        row = diagnostics.loc[name]
        if row["value"] < row["limit"]:
            yield (
                f"{name}: the model's 95% intervals hold {row['value']:.0%} of the "
                "means of earlier windows, where nothing happened: read the model's "
                "own interval as too short"
            )


def _prior(diagnostics: pd.DataFrame) -> Iterator[str]:
    if PRIOR not in diagnostics.index:
        return
    row = diagnostics.loc[PRIOR]
    if row["value"] > row["limit"]:
        yield (
            "the model's own interval rests on its prior of how the level drifts: "
            f"another one moves an end by {row['value']:.0%} of its half-width"
        )


def _memory(diagnostics: pd.DataFrame) -> Iterator[str]:
    memory = diagnostics.loc["residual ACF, lag 1"]
    if abs(memory["value"]) > memory["limit"]:
        yield (
            f"one-step errors still correlate from day to day ({memory['value']:.2f}): "
            "the noise model misses part of the memory"
        )


def _relative(rows: pd.DataFrame, *, named: bool) -> Iterator[str]:
    if not named:
        yield (
            "the frame does not say of what kind its outcome is, so the relative "
            "effect takes it for a level: of logs that is no percentage; set "
            "frame.attrs['outcome'] = 'log_count' for them"
        )
    if bool(rows.loc[["relative"], "estimate"].isna().any()):
        yield (
            "no relative effect: the counterfactual may be zero or below, so that a "
            "share of it means nothing"
        )
