"""A study as far as the series at hand show it."""

from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from migration.errors import DesignError

if TYPE_CHECKING:
    from migration.study import Study

LEADS = ("origin", "destination")


def with_series(study: "Study", panel: pd.DataFrame) -> "Study":
    """The study without those origins and destinations of which a panel has no row.

    A file of one's own need not hold every app of a study: what can be asked of the
    others is asked. Other roles stay, and are told of where they are asked for.

    Parameters
    ----------
    study : Study
    panel : DataFrame
        Of :func:`migration.load_panel`.

    Raises
    ------
    DesignError
        If no app is left that people may leave, or none that they may join.
    """
    here = set(panel["app"].unique())
    kept = tuple(a for a in study.apps if a.id in here or a.role not in LEADS)
    roles = {app.role for app in kept}
    if lacking := [role for role in LEADS if role not in roles]:
        _check_declared(study, lacking)
        source = str(panel.attrs.get("source", ""))
        wanted = [app for app in study.apps if app.role in lacking]
        named = ", ".join(
            f"{a.name} ({', '.join(a.ids.get(source, ()))})" for a in wanted
        )
        raise DesignError(
            f"a report needs a series of an origin and of a destination, and {source} "
            f"has none of {named or ' and '.join(lacking)}: add a file that has, or "
            "correct its names in the study"
        )
    return study if len(kept) == len(study.apps) else replace(study, apps=kept)


def _check_declared(study: "Study", lacking: list[str]) -> None:
    """Refuse a study that names no app that people leave, or none that they join."""
    declared = {app.role for app in study.apps}
    if absent := [role for role in lacking if role not in declared]:
        wanted = " and ".join(f'role = "{role}"' for role in absent)
        raise DesignError(
            f"a report needs an app that people leave (origin) and one that they join "
            f"(destination), and {study.id} declares {len(study.apps)} apps, none with "
            f"{wanted}: give one of its apps that role in the study's file"
        )
