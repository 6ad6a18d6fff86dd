"""Structural counterfactuals of several apps at once, their errors correlated."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import Any

import numpy as np
import pandas as pd

from migration.design import Design
from migration.errors import DesignError
from migration.estimators import finish
from migration.estimators.structural_counterfactual import window_structure
from migration.inference.arrays import Array
from migration.inference.counterfactual import Mixture
from migration.inference.jointly import joint_covariance, joint_draws
from migration.inference.rule import ALPHA
from migration.inference.structure import Structure
from migration.results import COLUMNS

DRAWS = 20_000
SEED = 20210106
SHARED = ("outcome", "event", "window", "baseline", "controls", "estimand")
MAY_BE_ZERO = 1e-3  # share of draws on the other side of zero


@dataclass(frozen=True, kw_only=True, eq=False)
class JointEffects:
    """Mean effects of one window on several apps, with what they share.

    Attributes
    ----------
    effects : DataFrame
        The model's own average effect of each app, by ``app``, with ``size_here``.
    covariance : DataFrame
        Of the average effects, app by app.
    contrasts : DataFrame
        ``difference`` and ``ratio`` of every pair, by (``contrast``, ``app``,
        ``against``). A ratio whose denominator may be zero is unbounded.
    warnings : tuple of str
    simulated : bool
    """

    effects: pd.DataFrame
    covariance: pd.DataFrame
    contrasts: pd.DataFrame
    warnings: tuple[str, ...]
    simulated: bool

    def __repr__(self) -> str:
        mark = "SIMULATED " if self.simulated else ""
        said = "; ".join(
            f"{app} {row.estimate:.3g} [{row.conf_low:.3g}, {row.conf_high:.3g}]"
            for app, row in self.effects.iterrows()
        )
        return f"<{mark}structural counterfactual, jointly: {said}>"

    def to_frame(self) -> pd.DataFrame:
        """Every difference and ratio, one row each."""
        return self.contrasts.reset_index().assign(simulated=self.simulated)

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain values; what is unbounded or missing is None."""
        frames = {name: getattr(self, name) for name in ("effects", "contrasts")}
        return {
            **{name: _records(frame) for name, frame in frames.items()},
            "covariance": self.covariance.to_numpy().tolist(),
            "warnings": list(self.warnings),
            "simulated": self.simulated,
        }


def structural_jointly(
    frame: pd.DataFrame,
    designs: Mapping[str, Design] | Sequence[Design],
    *,
    engine: str = "uc",
    covariates: str | int = "mean",
) -> JointEffects:
    """Estimate one window for several apps with correlated errors.

    Interference between the apps is allowed and none from them to the controls
    (partial interference; Menchetti and Bojinov 2022, doi:10.1214/21-AOAS1498). Each
    app keeps the variance ratio, and so the interval, of its own model; one-step
    errors of the same day correlate between apps, which gives the effects' covariance
    in closed form, and seeded draws give intervals of differences and ratios.

    These are the models' own intervals: ``size_here`` says how often such an interval
    leaves out zero for unrelated series of the same days.

    Parameters
    ----------
    frame : DataFrame
        Long, one row a unit and day; left as it is.
    designs : mapping of app to Design, or sequence of Design
        Two or more, of the same outcome, days and controls.
    engine, covariates
        As in :func:`structural_counterfactual`.

    Raises
    ------
    PanelError, DesignError
        For data or designs that cannot answer, with what to do.
    """
    named = _named(designs)
    fitted = [
        window_structure(frame, d, engine=engine, covariates=covariates)[1]
        for d in named.values()
    ]
    found = [s.gaps(s.whole) for s in fitted]
    cov = joint_covariance(fitted)
    draws = joint_draws([f.first() for f in found], cov, n=DRAWS, seed=SEED)
    apps = list(named)
    effects = pd.DataFrame(
        [_row(f, s) for f, s in zip(found, fitted, strict=True)],
        index=pd.Index(apps, name="app"),
    )
    return JointEffects(
        effects=effects,
        covariance=pd.DataFrame(cov, index=apps, columns=apps),
        contrasts=_contrasts(effects, cov, draws),
        warnings=_warnings(effects),
        simulated=finish.attributes(frame)["simulated"],
    )


def _named(designs: Mapping[str, Design] | Sequence[Design]) -> dict[str, Design]:
    """Designs by name, refused where they are not one window on several apps."""
    if isinstance(designs, Mapping):
        named = dict(designs)
    else:
        named = {", ".join(d.treated): d for d in designs}
    if len(named) < 2 or len(named) < len(designs):
        raise DesignError(
            f"needs two or more designs of different apps, got {len(designs)}; for one "
            "app use structural_counterfactual"
        )
    first, *others = named.values()
    for name in SHARED:
        if any(getattr(d, name) != getattr(first, name) for d in others):
            raise DesignError(
                f"the designs differ in {name!r}; effects are joint only on the same "
                "days against the same controls: use design.but()"
            )
    units = [u for d in named.values() for u in d.treated]
    if len(set(units)) < len(units):
        raise DesignError("a unit is treated in two designs; each app needs its own")
    return named


def _row(found: Mixture, structure: Structure) -> dict[str, float]:
    first, p_value = found.first(), found.p_value[:, -1]
    others = p_value[1:]
    values = (
        first.estimate[0, -1],
        first.std_error[0, -1],
        first.quantile(ALPHA / 2)[0, -1],
        first.quantile(1 - ALPHA / 2)[0, -1],
        p_value[0],
    )
    size = float((others <= ALPHA).mean()) if len(others) else float("nan")
    return dict(zip(COLUMNS, map(float, values), strict=True)) | {"size_here": size}


def _contrasts(effects: pd.DataFrame, cov: Array, draws: Array) -> pd.DataFrame:
    rows = {}
    for (i, app), (j, against) in permutations(enumerate(effects.index), 2):
        rows["difference", app, against] = _difference(effects, cov, draws, i, j)
        rows["ratio", app, against] = _ratio(effects, draws, i, j)
    names = ["contrast", "app", "against"]
    index = pd.MultiIndex.from_tuples(rows, names=names)
    table = pd.DataFrame(list(rows.values()), index=index, columns=list(COLUMNS))
    return table.sort_index(level="contrast", sort_remaining=False)


def _difference(
    effects: pd.DataFrame, cov: Array, draws: Array, i: int, j: int
) -> tuple[float, ...]:
    """Difference of two effects: error in closed form, ends and p by draws."""
    centre = effects["estimate"].iloc[i] - effects["estimate"].iloc[j]
    error = np.sqrt(cov[i, i] + cov[j, j] - 2 * cov[i, j])
    drawn = draws[:, i] - draws[:, j]
    low, high = np.quantile(drawn, [ALPHA / 2, 1 - ALPHA / 2])
    beyond = min((drawn <= 0).sum(), (drawn >= 0).sum())
    p_value = min(1.0, 2 * (1 + beyond) / (1 + len(drawn)))
    return float(centre), float(error), float(low), float(high), float(p_value)


def _ratio(effects: pd.DataFrame, draws: Array, i: int, j: int) -> tuple[float, ...]:
    """Ratio of two effects: unbounded where its denominator may be zero."""
    nan = float("nan")
    centre = effects["estimate"].iloc[i] / effects["estimate"].iloc[j]
    other_sign = min((draws[:, j] <= 0).mean(), (draws[:, j] >= 0).mean())
    if other_sign > MAY_BE_ZERO:
        return float(centre), nan, -np.inf, np.inf, nan
    low, high = np.quantile(draws[:, i] / draws[:, j], [ALPHA / 2, 1 - ALPHA / 2])
    return float(centre), nan, float(low), float(high), nan


def _warnings(effects: pd.DataFrame) -> tuple[str, ...]:
    size = effects["size_here"].max()
    if not size > finish.TOLERATED_SIZE:
        return ()
    return (
        f"the model's own 95% intervals leave out zero for {size:.0%} of the unrelated "
        "series, where nothing happened: read these intervals, and those of differences "
        "and ratios, as too short",
    )


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    rows = frame.reset_index().to_dict("records")
    return [{str(name): _plain(value) for name, value in row.items()} for row in rows]


def _plain(value: Any) -> Any:
    return value if isinstance(value, str) or np.isfinite(value) else None
