"""Structural counterfactuals of several apps at once, their errors correlated."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from migration.design import Design
from migration.errors import DesignError
from migration.estimators import finish
from migration.estimators.calibration import TOLERATED_SIZE
from migration.estimators.choices import check_design
from migration.estimators.joint_effects import JointEffects
from migration.estimators.structural_counterfactual import arranged
from migration.inference.arrays import Array, Ints
from migration.inference.blocks import BlockContrast
from migration.inference.jointly import (
    Errors,
    effect_errors,
    joint_covariance,
    joint_draws,
    ratio_interval,
    together,
    two_sided,
)
from migration.inference.rule import ALPHA, CALIBRATED_FROM, own_rejections
from migration.inference.sample import Sample, check_copies
from migration.inference.structure import (
    Structure,
    fit_structure,
    pseudo_contrast,
    pseudo_gaps,
)
from migration.results import COLUMNS

DRAWS = 20_000
DRAWS_OF_A_PAIR = 2_000
SEED = 20210106
SHARED = (
    "outcome",
    "event",
    "window",
    "baseline",
    "controls",
    "estimand",
    "identification",
)
NAN = float("nan")
Rows = dict[tuple[str, str, str], tuple[float, ...]]


@dataclass(frozen=True, eq=False)
class _Fitted:
    """One app: its sample, its model, the rule's contrast and the block means."""

    sample: Sample
    structure: Structure
    effect: Array  # (1 + J,)
    pseudo: Array  # (1 + J, q)

    @property
    def contrast(self) -> BlockContrast:
        return pseudo_contrast(self.effect, self.pseudo)


def structural_jointly(
    frame: pd.DataFrame,
    designs: Mapping[str, Design] | Sequence[Design],
    *,
    engine: str = "uc",
    covariates: str | int = "mean",
) -> JointEffects:
    """Estimate one window for several apps whose errors correlate.

    Interference between the apps is allowed and none from them to the controls
    (partial interference; Menchetti and Bojinov 2022, doi:10.1214/21-AOAS1498). Each
    app keeps the variance ratio, and so the interval, of its own model; one-step
    errors of the same day correlate between apps, which gives the effects' covariance
    in closed form, and seeded draws give the models' own intervals of differences and
    ratios. The headlines of effects and differences are the rule's. A window's
    cumulated effect is its length times the average, interval and all.

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
    fitted = _fit_each(frame, named, engine=engine, covariates=covariates)
    errors = together([f.structure for f in fitted.values()])
    cov = joint_covariance(errors)
    first = next(iter(fitted.values()))
    pairs = _pairs(first.sample.controls)
    calibration = _calibration(fitted, pairs)
    own = _own(list(fitted), errors, cov, _sizes(first.structure, pairs))
    rows = {app: finish.decide_row(f.contrast) for app, f in fitted.items()}
    return JointEffects(
        effects=pd.DataFrame(rows).T.rename_axis("app"),
        differences=_differences(fitted, pairs),
        own=own,
        covariance=pd.DataFrame(cov, index=list(fitted), columns=list(fitted)),
        calibration=calibration,
        warnings=_warnings(named, fitted, own, calibration),
        simulated=finish.attributes(frame)["simulated"],
    )


def _named(designs: Mapping[str, Design] | Sequence[Design]) -> dict[str, Design]:
    """Designs by name, refused where they are not one window on several apps."""
    if not isinstance(designs, Mapping | Sequence) or isinstance(designs, str):
        raise DesignError(
            f"needs a mapping of app to Design, or a list of them, got {designs!r}"
        )
    given = list(designs.values() if isinstance(designs, Mapping) else designs)
    for design in given:
        check_design(design)
    names = (
        list(designs)
        if isinstance(designs, Mapping)
        else [", ".join(design.treated) for design in given]
    )
    named = dict(zip(names, given, strict=True))
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


def _fit_each(
    frame: pd.DataFrame,
    named: dict[str, Design],
    *,
    engine: str,
    covariates: str | int,
) -> dict[str, _Fitted]:
    """The controls are the same: they are fitted with the first app alone."""
    samples = {
        app: arranged(frame, design, engine=engine, covariates=covariates)
        for app, design in named.items()
    }
    _check_apart(samples)
    fitted: dict[str, _Fitted] = {}
    for app, sample in samples.items():
        known = next(iter(fitted.values()), None)
        fitted[app] = _fit(sample, known, engine=engine, covariates=covariates)
        finish.check_finite(sample, fitted[app].contrast, named[app])
    return fitted


def _fit(
    sample: Sample, known: _Fitted | None, *, engine: str, covariates: str | int
) -> _Fitted:
    """One app and the controls, whose numbers are those that another app knows."""
    structure = fit_structure(
        sample, engine=engine, covariates=covariates, alone=known is not None
    )
    effect = structure.in_window.estimate[:, -1]
    pseudo = pseudo_gaps(structure).mean(axis=2)
    if known is not None:
        effect = np.r_[effect, known.effect[1:]]
        pseudo = np.vstack([pseudo, known.pseudo[1:]])
    return _Fitted(sample, structure, effect, pseudo)


def _check_apart(samples: dict[str, Sample]) -> None:
    """Refuse apps that are one series: their difference is rounding error."""
    used = [s.y[0, s.baseline | s.window] for s in samples.values()]
    check_copies(np.array(used), list(samples))


def _pairs(controls: Sequence[str]) -> Ints:
    """Rows of disjoint pairs of controls, shape (J // 2, 2), whatever their order.

    Disjoint, so that the rank counts no series twice.
    """
    rows = 1 + np.argsort(np.array(controls, dtype=str), kind="stable")
    half = len(rows) // 2
    return np.column_stack([rows[:half], rows[half : 2 * half]])


def _paired(one: _Fitted, other: _Fitted, pairs: Ints) -> BlockContrast:
    """Difference of two treated series, then those of the unrelated pairs."""
    left, right = np.r_[0, pairs[:, 0]], np.r_[0, pairs[:, 1]]
    effect = one.effect[left] - other.effect[right]
    pseudo = one.pseudo[left] - other.pseudo[right]
    return pseudo_contrast(effect, pseudo)


def _calibration(fitted: dict[str, _Fitted], pairs: Ints) -> pd.Series:
    """How often the rule rejects for unrelated series, and for their pairs."""
    first, *_, last = fitted.values()
    rejected = [_rejection(first.contrast), _rejection(_paired(first, last, pairs))]
    return pd.Series(rejected, index=["single series", "pairs"], name="size")


def _rejection(contrast: BlockContrast) -> float:
    found = own_rejections(contrast)
    return float(found.mean()) if len(found) else NAN


def _differences(fitted: dict[str, _Fitted], pairs: Ints) -> pd.DataFrame:
    rows = {
        (app, against): finish.decide_row(_paired(fitted[app], fitted[against], pairs))
        for app, against in combinations(fitted, 2)
    }
    return pd.DataFrame(rows).T.rename_axis(["app", "against"])


def _sizes(structure: Structure, pairs: Ints) -> dict[str, float]:
    """Share of the unrelated series, and of their pairs, that the models reject."""
    p_value = structure.in_window.p_value[1:, -1]
    errors = effect_errors(structure)
    of_pairs = [
        two_sided(np.diff(joint_draws(errors.rows(pair), n=DRAWS_OF_A_PAIR, seed=SEED)))
        for pair in pairs.tolist()
    ]
    found = {"average": p_value, "difference": np.array(of_pairs)}
    return {k: float((p <= ALPHA).mean()) if len(p) else NAN for k, p in found.items()}


def _own(
    apps: list[str], errors: Errors, cov: Array, sizes: dict[str, float]
) -> pd.DataFrame:
    draws, rows = joint_draws(errors, n=DRAWS, seed=SEED), Rows()
    for app, margin in zip(apps, errors.margin, strict=True):
        low, high = (margin.quantile(q)[0, -1] for q in (ALPHA / 2, 1 - ALPHA / 2))
        middle = margin.estimate[0, -1], margin.std_error[0, -1]
        rows["average", app, ""] = (*middle, low, high, margin.p_value[0, -1])
    mean = [rows["average", app, ""][0] for app in apps]
    for i, j in combinations(range(len(apps)), 2):
        error = float(np.sqrt(cov[i, i] + cov[j, j] - 2 * cov[i, j]))
        drawn = draws[:, i] - draws[:, j]
        ends = np.quantile(drawn, [ALPHA / 2, 1 - ALPHA / 2])
        found = (mean[i] - mean[j], error, *ends, two_sided(drawn))
        rows["difference", apps[i], apps[j]] = found
        for k, m in ((i, j), (j, i)):
            low, high = ratio_interval(draws[:, k], draws[:, m], ALPHA)
            ratio = mean[k] / mean[m] if np.isfinite(low) else NAN
            rows["ratio", apps[k], apps[m]] = (ratio, NAN, low, high, NAN)
    names = ["quantity", "app", "against"]
    index = pd.MultiIndex.from_tuples(rows, names=names)
    table = pd.DataFrame(list(rows.values()), index=index, columns=list(COLUMNS))
    size = [sizes.get(quantity, NAN) for quantity, _, _ in rows]
    ordered = table.assign(size_here=size)
    return ordered.sort_index(level="quantity", sort_remaining=False)


def _warnings(
    named: dict[str, Design],
    fitted: dict[str, _Fitted],
    own: pd.DataFrame,
    calibration: pd.Series,
) -> tuple[str, ...]:
    said = [
        f"{app}: {warning}"
        for app, f in fitted.items()
        for warning in finish.warnings_of(f.sample, f.contrast, named[app])
    ]
    n_pairs = len(next(iter(fitted.values())).sample.controls) // 2
    if n_pairs < CALIBRATED_FROM:
        said.append(
            f"differences are not calibrated: {n_pairs} disjoint pairs of unrelated "
            f"series; bring at least {2 * CALIBRATED_FROM} series"
        )
    if calibration["pairs"] > TOLERATED_SIZE:
        said.append(
            f"the rule rejects for {calibration['pairs']:.0%} of the unrelated pairs: "
            "read the p of differences with that in mind"
        )
    size = own["size_here"].max()
    if size > TOLERATED_SIZE:
        said.append(
            f"the models' own 95% intervals leave out zero for up to {size:.0%} of the "
            "unrelated series or pairs, where nothing happened: read them, and those "
            "of ratios, as too short"
        )
    return tuple(said)
