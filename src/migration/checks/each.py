"""One check of several effects, refusals kept beside answers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, TypeVar

import pandas as pd

from migration.design import Design
from migration.errors import MigrationError
from migration.estimators.choices import check_results
from migration.inference.batches import in_batches
from migration.panel import is_simulated
from migration.results import CheckResult, EffectResult, lines_of

R = TypeVar("R", bound=CheckResult)


@dataclass(frozen=True, eq=False, repr=False)
class Checked(Generic[R]):
    """What one check found, by name, and why the others have no answer.

    Attributes
    ----------
    results : mapping of str to CheckResult
    refused : DataFrame
        ``app`` and ``reason``.
    """

    results: Mapping[str, R]
    refused: pd.DataFrame

    def __repr__(self) -> str:
        return lines_of(self.results, self.refused)


def check_each(
    check: Callable[..., R],
    frame: pd.DataFrame,
    results: Mapping[str, EffectResult],
    **options: Any,
) -> Checked[R]:
    """Run a check of a frame and a design for several effects.

    Parameters
    ----------
    check : callable
        Takes a frame and a design, as ``leave_one_out`` does.
    frame : DataFrame
        The frame that the results were estimated on.
    results : mapping of str to EffectResult
        Each is checked on its own design.
    options
        Passed on to the check.
    """
    check_results(results, "check_each")
    answered, refused = {}, []
    one = partial(_checked, check, frame, options)
    designs = [result.design for result in results.values()]
    for name, found in zip(results, in_batches(one, designs), strict=True):
        if isinstance(found, MigrationError):
            refused.append({"app": name, "reason": str(found)})
        else:
            answered[name] = found
    return Checked(answered, pd.DataFrame(refused, columns=["app", "reason"]))


def check_or_reason(
    check: Callable[..., CheckResult], *arguments: Any, **options: Any
) -> CheckResult:
    """Run one check, or say for information why it is not computed.

    Parameters
    ----------
    check : callable
        Such as ``joint_significance``, which needs two results or more.
    arguments, options
        Passed on to it.
    """
    try:
        return check(*arguments, **options)
    except MigrationError as error:
        name = getattr(check, "__name__", "check").replace("_", " ")
        frames = [one for one in arguments if isinstance(one, pd.DataFrame)]
        return CheckResult(
            check=name,
            question=f"{name.capitalize()}: can it be asked of these data?",
            answer=f"not computed: {error}",
            passed=None,
            frame=pd.DataFrame({"why": [str(error)]}),
            simulated=any(is_simulated(frame) for frame in frames),
        )


def _checked(
    check: Callable[..., R],
    frame: pd.DataFrame,
    options: Mapping[str, Any],
    design: Design,
) -> R | MigrationError:
    """What a check says of one effect, or why it refuses."""
    try:
        return check(frame, design, **options)
    except MigrationError as error:
        return error
