"""A table or a figure, or in its place why there is none: a report goes on."""

from collections.abc import Callable
from typing import Any

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes

from migration.display.gt import Table, Words, make_table
from migration.display.words import plain
from migration.errors import MigrationError
from migration.estimators.apps import AppEffects

Shown = Table | Axes


def show(draw: Callable[..., Shown], *arguments: Any, **options: Any) -> Shown:
    """Draw, or say in a table of one row why it cannot be drawn.

    Only what the package itself refuses is said so; any other error stays one.

    Parameters
    ----------
    draw : callable
        A ``table_*`` or a ``plot_*``.
    arguments, options
        Passed on to it.
    """
    open_before = set(plt.get_fignums())
    try:
        return draw(*arguments, **options)
    except MigrationError as error:
        for number in set(plt.get_fignums()) - open_before:
            plt.close(number)
        return _reason(draw, str(error))


def show_app(
    draw: Callable[..., Shown], effects: AppEffects, app: str, **options: Any
) -> Shown:
    """Draw one app's result by its name, or say why the app has none.

    Parameters
    ----------
    draw : callable
        Takes a result and ``name``, as ``plot_effects`` does.
    effects : AppEffects
    app : str
        Id in the study.
    options
        Passed on to ``draw``.
    """
    try:
        result = effects[app]
    except MigrationError as error:
        return _reason(draw, str(error))
    return show(draw, result, name=effects.names[app], **options)


def _reason(draw: Callable[..., Shown], reason: str) -> Table:
    asked = plain(draw.__name__.strip("<>")).split(" ", maxsplit=1)[-1]
    asked = "this" if asked == "lambda" else asked
    row = {"Asked": asked, "Why it is not computed": reason}
    return make_table(
        pd.DataFrame([row]),
        Words(name="table-not-computed", caption="Not computed", stub="Asked"),
    )
