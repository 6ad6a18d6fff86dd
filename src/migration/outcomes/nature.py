"""What a metric is by its nature, and so which outcome is made of it.

A rank is an order, not a count: it falls where an app does better, and neither its
logarithm nor its mean is a number of anybody.
"""

import pandas as pd

from migration.design import NUMBERS_ONLY
from migration.errors import PanelError
from migration.outcomes.convert import to_outcome
from migration.outcomes.scales import PLACES, is_rank


def default_outcome(metric: str, *, logs: bool = True) -> str:
    """Kind of outcome that a metric is estimated on.

    Parameters
    ----------
    metric : str
        As a panel names it: ``rank``, ``rank_page``, ``tranco_rank`` are places in a
        list, where 1 is the best; others are counts.
    logs : bool
        Of counts their logarithms, else the counts. A place is on one scale alone.

    Returns
    -------
    str
        ``minus_log_rank`` of a place, on which higher is better; ``log_count`` or
        ``count`` of all else.

    Examples
    --------
    >>> default_outcome("rank"), default_outcome("new_installs", logs=False)
    ('minus_log_rank', 'count')
    """
    if is_rank(metric):
        return PLACES
    return "log_count" if logs else "count"


def series_outcome(
    panel: pd.DataFrame, *, logs: bool = True, over_markets: bool = False
) -> pd.DataFrame:
    """Turn one metric of a panel into the outcome that its nature asks for.

    What a report estimates on. Unrelated series that are off a chart on some day are no
    controls then, because a mean needs a number of every day; their intervals are for
    :func:`migration.estimators.rank_event_study.rank_event_study`.

    Parameters
    ----------
    panel : DataFrame
        One source and one metric; see :mod:`migration.panel`.
    logs : bool
        As in :func:`default_outcome`.
    over_markets : bool
        As in :func:`migration.outcomes.to_outcome`.

    Raises
    ------
    PanelError
        As :func:`migration.outcomes.to_outcome` does.
    """
    if "metric" not in panel or panel.empty:
        raise PanelError(
            "an outcome needs a panel with rows of one metric, got none: see "
            "migration.panel"
        )
    kind = default_outcome(str(panel["metric"].iloc[0]), logs=logs)
    frame = to_outcome(panel, kind, over_markets=over_markets)
    if kind == PLACES:
        frame.attrs[NUMBERS_ONLY] = True
    return frame
