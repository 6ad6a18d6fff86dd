"""Checks of several apps together: their figures, their numbers, their ledger."""

import textwrap
from collections.abc import Callable, Mapping

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.layout_engine import ConstrainedLayoutEngine

from migration.display import style, words
from migration.display.alt import describe
from migration.display.cells import to_cells
from migration.display.forest import forest_rows
from migration.display.gt import Table, Words, make_table
from migration.display.laid_out import LaidOut
from migration.display.tables_checks import STATES
from migration.display.tables_study import table_refused
from migration.errors import DisplayError
from migration.results import CheckResult, EffectResult

Checks = Mapping[str, CheckResult]
Plot = Callable[..., Axes]
LINE, LINE_HEIGHT = 100, 0.16  # letters and inches of a refusal's line


_NOTHING = pd.DataFrame(
    [{"app": "every app", "reason": "there is no estimate of it to check"}]
)


def plot_each(
    plot: Plot,
    results: Checks,
    *,
    height: float = 2.8,
    refused: pd.DataFrame | None = None,
) -> Axes:
    """Draw one figure with a panel for each app, one below the other.

    Parameters
    ----------
    plot : callable
        Takes a result, ``name`` and ``ax``, as ``plot_breakdown`` does.
    results : mapping of str to CheckResult
        By the app's name.
    height : float
        Inches of a panel.
    refused : DataFrame, optional
        ``app`` and ``reason``: said in place of a figure where no app has an answer.
        Empty: nothing was there to check.

    Returns
    -------
    Axes
        The last panel; its figure's alternative text holds those of all.

    Raises
    ------
    DisplayError
        If there is none.
    """
    if refused is not None and not results:
        return _say(refused if len(refused) else _NOTHING)
    _check(results, "plot_each")
    return _panels(plot, results, height)


@style.styled
def _panels(plot: Plot, results: Checks, height: float) -> Axes:
    """Axes are made under the style, whose fonts and ticks they then keep."""
    layout = ConstrainedLayoutEngine(w_pad=0.08, h_pad=0.12)
    size = style.WIDTH, height * len(results)
    figure = plt.figure(figsize=size, dpi=style.DPI, layout=layout, FigureClass=LaidOut)
    for place, (name, result) in enumerate(results.items(), start=1):
        ax = plot(result, name=name, ax=figure.add_subplot(len(results), 1, place))
    return ax


@style.styled
def _say(refused: pd.DataFrame) -> Axes:
    """Axes that hold only why there is no figure."""
    lines = [f"{row['app']}: {row['reason']}" for _, row in refused.iterrows()]
    wrapped = [textwrap.fill(line, LINE, subsequent_indent="    ") for line in lines]
    text = "\n".join(["Nothing to draw.", *wrapped])
    ax = style.axes_for(None, height=0.3 + LINE_HEIGHT * (text.count("\n") + 1))
    ax.set_axis_off()
    ax.text(0, 1, text, transform=ax.transAxes, va="top", color=style.INK)
    return describe(ax, f"Nothing to draw. {'. '.join(lines)}.")


def table_each(
    checks: Checks, *, rows: int = 12, refused: pd.DataFrame | None = None
) -> Table:
    """The numbers behind one check of each app, at most ``rows`` of each.

    Parameters
    ----------
    checks : mapping of str to CheckResult
        By the app's name.
    rows : int
    refused : DataFrame, optional
        ``app`` and ``reason``: shown where no app has an answer. Empty: nothing was
        there to check.

    Raises
    ------
    DisplayError
        If there is none, or they are not of one check.
    """
    if refused is not None and not checks:
        return table_refused({"this check": refused if len(refused) else _NOTHING})
    _check(checks, "table_each")
    kinds = {check.check for check in checks.values()}
    if len(kinds) > 1:
        raise DisplayError(
            f"table_each needs one check, got {', '.join(sorted(kinds))}"
        )
    frames = [check.frame.head(rows).assign(app=name) for name, check in checks.items()]
    joined = pd.concat(frames, ignore_index=True)
    joined.insert(0, "app", joined.pop("app"))
    cells, right = to_cells(joined)
    first = next(iter(checks.values()))
    return make_table(
        cells,
        Words(
            name="table-each",
            caption=f"{words.sentence_case(first.check)}: {first.question}",
            stub="App",
            right=right,
            notes=_answers(checks, rows),
            simulated=any(check.simulated for check in checks.values()),
        ),
    )


def _answers(checks: Checks, rows: int) -> list[str]:
    return [
        f"{name}: {check.answer} ({STATES[check.passed]})."
        + _more(len(check.frame) - rows)
        for name, check in checks.items()
    ]


def table_every_check(*checks: Checks) -> Table:
    """Every check of every app in a row, whether it flatters or not.

    Parameters
    ----------
    checks : mappings of str to CheckResult
        One a check, each by the app's name.

    Raises
    ------
    DisplayError
        If there is none.
    """
    held = [(app, found) for each in checks for app, found in each.items()]
    _check(dict(held), "table_every_check")
    order = list(dict.fromkeys(app for app, _ in held))
    held.sort(key=lambda pair: order.index(pair[0]))
    cells = pd.DataFrame(
        {
            "App": [app for app, _ in held],
            "Check": [words.sentence_case(found.check) for _, found in held],
            "Found": [found.answer for _, found in held],
            "Holds": [STATES[found.passed] for _, found in held],
        }
    )
    return make_table(
        cells,
        Words(
            name="table-every-check",
            caption="Every check, whether it flatters or not",
            stub="App",
            notes=checks_answer(*checks).splitlines()[1:],
            simulated=any(found.simulated for _, found in held),
        ),
    )


def checks_answer(
    *checks: Checks,
    refused: pd.DataFrame | None = None,
    effects: Mapping[str, EffectResult] | None = None,
) -> str:
    """How many checks hold of all, then an app a line the names of those that fail.

    Parameters
    ----------
    checks : mappings of str to CheckResult
        As for :func:`table_every_check`.
    refused : DataFrame, optional
        ``app`` and ``reason`` of those without an estimate: each is named.
    effects : mapping of str to EffectResult, optional
        By the app's name: the first line says each with its 95% interval.
    """
    rows = forest_rows(effects, None, "checks_answer") if effects else []
    sizes = {row.name: f" {row.change()}" for row in rows}
    said, counts = [], []
    for app in dict.fromkeys(name for each in checks for name in each):
        found = [each[app] for each in checks if app in each]
        hold = sum(check.passed is True for check in found)
        failed = [check.check for check in found if check.passed is False]
        told = f"; failing: {', '.join(failed)}" if failed else "; none fails"
        able = hold + len(failed)
        line = f"{app}: {hold} of {able} checks that can fail hold{told}"
        said.append(words.sentence_start(line))
        counts.append(f"{app}{sizes.get(app, '')} {hold} of {able}")
    absent = [] if refused is None else refused.to_dict("records")
    said += [f"{row['app']}: no estimate to check, {row['reason']}" for row in absent]
    of = "each effect (95% interval) and its checks" if sizes else "checks"
    first = f"{words.sentence_case(of)} that hold, of those that can fail: "
    first += ", ".join(counts) or "none"
    return "\n".join(f"{line.rstrip('.')}." for line in (first, *said))


def _check(checks: Checks, what: str) -> None:
    if not isinstance(checks, Mapping) or not checks:
        raise DisplayError(
            f"{what} needs results by the app's name, got "
            f"{'none' if isinstance(checks, Mapping) else type(checks).__name__}"
        )


def _more(left_out: int) -> str:
    return f" {left_out} more rows in result.to_frame()." if left_out > 0 else ""
