"""What many units by themselves give: effects, a contrast, and who has no answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from migration.design import Design
from migration.inference.rule import ALPHA


@dataclass(frozen=True, kw_only=True, eq=False)
class UnitEffects:
    """Effects on many units, one row a unit and segment.

    Attributes
    ----------
    effects : DataFrame
        ``unit, segment``, the five columns by the rule of block-t and rank, its two
        halves ``p_block`` and ``p_rank``, ``first_day, last_day, identification``.
    contrast : DataFrame
        ``unit, segment, lag``, the five columns by least squares with prewhitened
        Newey-West errors, and ``size_here``: the share of the unrelated series in which
        they reject at 5%. A contrast, never an answer: see ``warnings``.
    refused : DataFrame
        ``unit, segment, reason``; no segment where the unit has no answer at all.
    design : Design
    inference : str
    warnings : tuple of str
    vintage : mapping
    simulated : bool
    outcome : str
    """

    effects: pd.DataFrame
    contrast: pd.DataFrame
    refused: pd.DataFrame
    design: Design
    inference: str
    warnings: tuple[str, ...] = ()
    vintage: Mapping[str, Any] = field(default_factory=dict)
    simulated: bool = False
    outcome: str = ""

    def __repr__(self) -> str:
        mark = "SIMULATED " if self.simulated else ""
        found = self.effects["p_value"] <= ALPHA
        return (
            f"<{mark}interrupted series of {self.effects['unit'].nunique()} units, "
            f"{len(self.effects)} effects, {int(found.sum())} with p at most {ALPHA:g} "
            f"({ALPHA:.0%} of true nulls would be)>"
        )

    def to_frame(self) -> pd.DataFrame:
        """The effects, with what they are effects of."""
        return self.effects.assign(
            event=self.design.event_name,
            estimand=self.design.estimand,
            simulated=self.simulated,
        )
