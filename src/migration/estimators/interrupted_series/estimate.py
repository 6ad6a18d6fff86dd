"""The estimator: the rule by segment, and a model of the whole path beside it."""

from dataclasses import replace

import pandas as pd

from migration.design import Design
from migration.errors import DesignError
from migration.estimators import finish
from migration.estimators.choices import check_design
from migration.estimators.interrupted_series import decay, model
from migration.estimators.interrupted_series.segments import (
    Segment,
    Setting,
    prepare,
)
from migration.estimators.interrupted_series.terms import Term, check_shape, lay_out
from migration.inference.blocks import BlockContrast
from migration.results import COLUMNS, EffectResult


def interrupted_series(
    frame: pd.DataFrame,
    design: Design,
    *,
    noise: str = "ar1",
    normal: str = "market-adjusted",
    shape: str = "window",
) -> EffectResult:
    """Estimate what each event did to the path, one event after the other.

    ``y_t = mu + DOW_t + terms_t + N_t`` on baseline and event days (Box and Tiao 1975,
    doi:10.1080/01621459.1975.10480264), the terms by ``shape``:

    - ``"window"``: a level for each event's window;
    - ``"steps"``: ``tau_j S_j``, level shifts that last;
    - ``"slopes"``: steps, ``kappa_j (t - t_j) S_j`` and a linear trend;
    - ``"pulse"``: ``w_j / (1 - d_j B) P(t_j)``, a jump that decays to zero;
    - ``"pulse to floor"``: the same with ``tau_j S_j``, a jump that decays to a level.

    The segment of the design's own event comes first; each later focal event has a
    window of the same length from its first full day, whose level is the *combined
    path* of both events. The rule of :mod:`migration.inference.rule` is the headline
    and makes ``effects``, whatever the shape; the model stands beside it in
    ``secondary``, each row with its size on the unrelated series.

    Parameters
    ----------
    frame : DataFrame
        Long, one row a unit and day; left as it is.
    design : Design
    noise : {"ar1", "arma11", "arma"}
        Of ``N_t``, by REML; ``"arma"`` chooses p, q <= 2 by BIC.
    normal : {"market-adjusted", "constant mean", "market model"}
    shape : {"window", "steps", "slopes", "pulse", "pulse to floor"}

    Returns
    -------
    EffectResult
        ``effects`` has one row a segment, each with its ``identification``, a column
        that ``secondary`` has too. A later segment that the treated series does not
        fill is left out with a warning, as is a control from a segment.

    Raises
    ------
    PanelError, DesignError
        For data or a design that cannot answer, with what to do; for a pulse whose
        decay the path does not show.
    """
    _check(design, noise)
    check_shape(design, shape)
    finish.check_normal(design, normal)
    setting = prepare(frame, design, alone=normal == "constant mean")
    contrasts = setting.contrasts(normal)
    check_finite(setting, contrasts, design)
    effects = by_segment(setting.segments, [finish.decide_row(c) for c in contrasts])
    rows, said = _beside(setting, effects, noise=noise, normal=normal, shape=shape)
    halves = pd.DataFrame(finish.halves_of_the_rule(contrasts[0]))
    halves["identification"] = design.identification
    found = finish.Finding(
        method=f"interrupted series, {shape}: {model.NAMES[noise]} beside the rule",
        effects=effects,
        secondary=pd.concat([halves, rows], ignore_index=True),
        warnings=(*setting.warnings, *said),
    )
    return finish.dress(frame, design, setting.sample, contrasts[0], found)


def check_finite(
    setting: Setting, contrasts: list[BlockContrast], design: Design
) -> None:
    """Refuse a segment in which some series has no number, or no error."""
    found = zip(setting.segments, setting.samples, contrasts, strict=True)
    for segment, sample, contrast in found:
        window = sample.span(*segment.days)
        finish.check_finite(replace(sample, window=window), contrast, design)


def by_segment(segments: tuple[Segment, ...], rows: list[pd.Series]) -> pd.DataFrame:
    """The rule's five numbers by segment, with its days and identification."""
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    frame.index = pd.Index([s.name for s in segments], name="segment")
    frame["first_day"] = [s.days[0] for s in segments]
    frame["last_day"] = [s.days[1] for s in segments]
    frame["identification"] = [s.identification for s in segments]
    return frame


def _check(design: Design, noise: str) -> None:
    check_design(design)
    model.check_noise(noise)
    if design.estimand != "mean of outcome":
        raise DesignError(
            "interrupted_series estimates the 'mean of outcome'; for ratios of means "
            "use interrupted_counts or abnormal_interest"
        )
    check_label(design, "interrupted_series")


def check_label(design: Design, what: str) -> None:
    """Refuse an identification that levels of windows do not have."""
    if design.identification not in ("window", "bundle", "combined path"):
        raise DesignError(
            f"{what} computes levels of windows ('window', 'bundle', 'combined path'), "
            f"not {design.identification!r}: steps alone cannot tell two events apart"
        )


def _beside(
    setting: Setting, effects: pd.DataFrame, *, noise: str, normal: str, shape: str
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """The model's rows, and what must be said about them."""
    if shape.startswith("pulse"):
        return _pulses(setting, noise=noise, normal=normal, shape=shape)
    layout = lay_out(setting, shape)
    found = model.fit_layout(layout, noise=noise, normal=normal)
    rows = model.model_rows(layout, found, noise=noise, normal=normal, shape=shape)
    said = (*layout.warnings, *model.memory_left(layout, found, normal=normal))
    said = (*said, *_disagreements(effects, rows, layout.terms))
    hac = model.hac_rows(layout, normal=normal)
    return pd.concat([rows, hac], ignore_index=True), said


def _pulses(
    setting: Setting, *, noise: str, normal: str, shape: str
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    decay.check_path(setting, normal)
    layout = lay_out(setting, shape)
    model.check_rank(layout)
    found = decay.fit_pulses(setting, layout, noise=noise, normal=normal)
    rows = decay.pulse_rows(setting, layout, found, noise=noise, normal=normal)
    return rows, (*layout.warnings, *decay.open_ends(setting, found))


def _disagreements(
    effects: pd.DataFrame, rows: pd.DataFrame, terms: tuple[Term, ...]
) -> list[str]:
    """Levels of the noise model that fall outside the rule's interval."""
    said = []
    for term, estimate in zip(terms, rows["estimate"], strict=True):
        if term.level_of is None:
            continue
        rule, name = effects.iloc[term.level_of], effects.index[term.level_of]
        if not rule.conf_low <= estimate <= rule.conf_high:
            said.append(
                f"{name}: the noise model's level of {estimate:.2f} lies outside the "
                "rule's interval: the path inside the window is no level (a ramp, "
                "say), and the model reads part of it as noise with a long memory"
            )
    return said
