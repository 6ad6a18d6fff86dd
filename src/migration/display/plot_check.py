"""One figure for the checks that have a table: rows, dots, days or lags."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes

from migration.display import check_days, check_rows, style, words
from migration.display.alt import describe
from migration.display.looks import Look, look_of
from migration.display.tables_checks import STATES
from migration.errors import DisplayError
from migration.results import CheckResult

LEAVE_ONE_OUT = "leave one out over "
NOTHING = "nothing to draw"
ACF = {"acf_least_squares": "least squares", "acf_innovations": "the model"}
ASIDE = 0.16
INNER = 2.4  # inches that names at the left take


@dataclass(frozen=True, kw_only=True)
class _Form:
    """How one form is drawn; ``draw`` gives the rows of names above the axes."""

    needs: Sequence[str]
    draw: Callable[[Axes, CheckResult, Look], int]
    said: Callable[[CheckResult], str]
    marks: str = ""
    found: Callable[[CheckResult], str] | None = None
    wide: bool = False


@style.styled
def plot_check(check: CheckResult, *, name: str = "", ax: Axes | None = None) -> Axes:
    """Draw the numbers of a check that has no figure of its own.

    Control dates, an outage and parts left out are rows of an estimate and its bar;
    joint significance, power before the event and pre-trend power are rows of dots;
    calendar collisions and break dates lie on the days; noise memory is by lag. At most
    twelve rows are drawn, five of parts left out, and the title says of how many.

    Parameters
    ----------
    check : CheckResult
    name : str, optional
        Of the treated series.
    ax : Axes, optional

    Raises
    ------
    DisplayError
        If it is another check, or its frame lacks what is drawn.
    """
    form = _form_of(check)
    number = len(check.frame)
    shown = number if form.wide else min(number, check_rows.most_of(check))
    tall = 2.8 if form.wide else check_rows.panel_height(shown + 1)
    ax = style.axes_for(ax, height=tall)
    above = form.draw(ax, check, look_of(name)) if number else _draw_nothing(ax)
    who = f"{words.label(name)}: " if name else ""
    left = f", {shown} of {number}" if shown < number else ""
    told = form.found(check) if form.found is not None and number else ""
    state = f" ({STATES[check.passed]})" if check.passed is not None else ""
    style.title(
        ax,
        f"{who}{words.sentence_case(check.check) if not who else check.check}"
        f"{left}{told}{state}",
        simulated=check.simulated,
        margin=0.0 if form.wide else INNER,
        pad=6 + 11 * above,
    )
    caption = " ".join([check.question, form.marks])
    text = _alt(check, form, name, left)
    return describe(ax, text, caption=caption, simulated=check.simulated)


def _form_of(check: CheckResult) -> _Form:
    kind = getattr(check, "check", type(check).__name__)
    known = "leave one out" if kind.startswith(LEAVE_ONE_OUT) else kind
    if not isinstance(check, CheckResult) or known not in _FORMS:
        raise DisplayError(
            f"plot_check draws {', '.join(_FORMS)}, got {kind}; use its own plot, or "
            "table_check"
        )
    form = _FORMS[known]
    if absent := [c for c in form.needs if c not in check.frame.columns]:
        raise DisplayError(
            f"plot_check needs the frame of {kind}, {absent} are absent; give what the "
            "check returned"
        )
    return form


def _alt(check: CheckResult, form: _Form, name: str, left: str) -> str:
    mark = "SIMULATED. " if check.simulated else ""
    whose = f" for {name}" if name else ""
    said = form.said(check) if len(check.frame) else NOTHING
    return (
        f"{mark}{words.sentence_case(check.check)}{whose}{left}. {said}. "
        f"{words.sentence_case(check.answer)}."
    )


def _draw_nothing(ax: Axes) -> int:
    ax.set_xticks([])
    ax.set_yticks([])
    for side in ax.spines.values():
        side.set_visible(False)
    look = {"ha": "center", "va": "center", "color": style.MUTED}
    ax.text(0.5, 0.5, NOTHING, transform=ax.transAxes, **look)  # type: ignore[arg-type]
    return 0


def _forest(ax: Axes, check: CheckResult, look: Look) -> int:
    check_rows.draw_forest(ax, check_rows.forest_of(check), look)
    return 0


def _forest_said(check: CheckResult) -> str:
    return check_rows.forest_words(check_rows.forest_of(check))


def _dots(ax: Axes, check: CheckResult, _: Look) -> int:
    check_rows.draw_dots(ax, check_rows.dots_of(check))
    return 0


def _dots_said(check: CheckResult) -> str:
    return check_rows.dots_words(check_rows.dots_of(check))


def _lags(ax: Axes, check: CheckResult, look: Look) -> int:
    """Stems of both autocorrelations side by side, a lag each."""
    lag = check.frame.index.to_numpy(float)
    ax.axhline(0, color=style.INK, lw=0.8)
    for place, (column, label) in enumerate(ACF.items()):
        value = check.frame[column].to_numpy(float)
        at = lag + (2 * place - 1) * ASIDE
        colour, marker = ((style.MUTED, "x"), (look.colour, look.marker))[place]
        ax.vlines(at, 0, value, color=colour, lw=1.6)
        ax.plot(at, value, marker, color=colour, ms=4.5, label=f"residuals of {label}")
    ax.set_xticks(lag, [f"{k:.0f}" for k in lag])
    ax.set_xlabel("Lag, days")
    ax.set_ylabel("Autocorrelation")
    style.grid(ax, "y")
    style.legend_below(ax, ax.get_legend_handles_labels()[0], drop=34)
    return 0


def _lags_said(check: CheckResult) -> str:
    return "; ".join(
        f"lag {lag}: "
        + ", ".join(f"{label} {words.number(row[c])}" for c, label in ACF.items())
        + ("" if np.isnan(row["p_value"]) else f", {words.p_words(row['p_value'])}")
        for lag, row in check.frame.iterrows()
    )


_P = ("estimate", "p_value")
_FORMS = {
    "control dates": _Form(
        needs=("control", "kind", *_P, "conf_low", "conf_high"),
        draw=_forest,
        said=_forest_said,
    ),
    "outage": _Form(
        needs=("outage_days", *_P, "std_error"), draw=_forest, said=_forest_said
    ),
    "leave one out": _Form(
        needs=("left_out", *_P, "std_error"), draw=_forest, said=_forest_said
    ),
    "joint significance": _Form(
        needs=("effect", *check_rows.P_VALUES),
        draw=_dots,
        said=_dots_said,
        found=lambda check: check_rows.told_together(check.frame),
        marks="p of each effect alone and adjusted for there being several; left of "
        "the dashed line it is told from zero at 5%.",
    ),
    "power before the event": _Form(
        needs=("app", "design", *check_rows.SIZES), draw=_dots, said=_dots_said
    ),
    "pre-trend power": _Form(
        needs=("found_in", "slope_a_day", *check_rows.HIDDEN),
        draw=_dots,
        said=_dots_said,
    ),
    "calendar collisions": _Form(
        needs=("label", "first_day", "last_day", "where", "severity"),
        draw=lambda ax, check, _: check_days.draw_collisions(ax, check.frame),
        said=lambda check: check_days.collisions_words(check.frame),
    ),
    "break dates": _Form(
        needs=(*check_days.BREAK, "event", "known_break"),
        draw=lambda ax, check, look: check_days.draw_breaks(ax, check.frame, look),
        said=lambda check: check_days.breaks_words(check.frame),
    ),
    "noise memory": _Form(
        needs=(*ACF, "p_value"), draw=_lags, said=_lags_said, wide=True
    ),
}
