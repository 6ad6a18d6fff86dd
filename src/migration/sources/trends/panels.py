"""Stored files into a study's panel, and what must be told of it."""

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from migration.errors import CannotAsk, NoData
from migration.panel import check_panel
from migration.sources.raw import Raw
from migration.sources.trends.cautions import breaks_of, cautions_of
from migration.sources.trends.draws import average_draws
from migration.sources.trends.exports import SOURCE
from migration.sources.trends.lines import FREQUENCY, Lines
from migration.sources.trends.linking import POINTS, Link
from migration.sources.trends.reading import read_all
from migration.sources.trends.rows import to_rows
from migration.sources.trends.scales import Scale, put_on_scales, take_once

if TYPE_CHECKING:
    from migration.study import Study


def panel(raw: Raw, study: "Study") -> pd.DataFrame:
    """Interest in a study's apps and controls, by market.

    Draws of one request are averaged, their standard errors a metric of their own
    (``interest_draw_se``): it goes with the numbers through files and filters, and an
    estimator adds it to the variance. Requests that share a series, be it a window
    that overlaps or an anchor market, are put on one scale. Weekly and monthly
    numbers stay what they are, a metric each, a period named by its first day; so do
    maps, whose one row stands on the first day of their window.

    Returns
    -------
    DataFrame
        A panel with the columns ``rounded_lower`` and ``rounded_upper`` of
        :mod:`migration.outcomes`. ``attrs``: ``frequency`` by metric; ``scales``, what
        can be compared with what and by which links; ``draws``, how many there are
        and how much they vary; ``things``, whether topic or term stands for an app;
        ``breaks``, where requests meet or a method changed; ``cautions``, in words;
        ``passed_over`` and ``absent``, what is not here and why; ``until``, the last
        day of each map.

    Raises
    ------
    NoData
        No file shows an app of the study.
    CannotAsk, SourceError
        A file that cannot be read, or says nothing of what it shows.
    PanelError
        A series that cannot be put on one scale, or two things for one app.
    """
    points = _points(study)
    found = read_all(raw, study)
    if not found.lines:
        raise NoData(
            "no file of trends shows an app of the study: export interest over time "
            "and add it with `migration add`"
        )
    draws = average_draws(found.lines)
    scales = take_once(put_on_scales(draws, points=points), points=points)
    lines = [scale.lines for scale in scales]
    made = to_rows(lines, zone=study.source(SOURCE).zone)
    apps = {one.app for some in lines for one in some.series}
    made.attrs = {
        "frequency": {m: f for m, f in FREQUENCY.items() if m in set(made["metric"])},
        "scales": [_told(scale) for scale in scales],
        "draws": [row for some in lines for row in _spread(some)],
        "things": sorted(
            {f"{o.app}: {o.thing}" for some in lines for o in some.series}
        ),
        "breaks": [one for scale in scales for one in breaks_of(scale)],
        "cautions": [words for scale in scales for words in cautions_of(scale)],
        "passed_over": found.passed_over,
        "absent": sorted(app.id for app in study.apps if app.id not in apps),
        "until": sorted({f"{x.metric} {_day(x)}: {x.until}" for x in lines if x.until}),
    }
    return check_panel(made)


def _told(scale: Scale) -> dict[str, Any]:
    """What stands on one scale, and by which links."""
    return {
        "metric": scale.lines.metric,
        "series": [[one.app, one.market] for one in scale.lines.series],
        "files": list(scale.lines.files),
        "links": [_link(scale, link) for link in scale.links],
    }


def _link(scale: Scale, link: Link) -> dict[str, Any]:
    ends = {"of": link.request, "to": link.to}
    names = {k: list(scale.requests[at].files) for k, at in ends.items()}
    return names | {
        "factor": link.factor,
        "lower": link.lower,
        "upper": link.upper,
        "median": link.median,
        "points": link.points,
    }


def _spread(lines: Lines) -> list[dict[str, Any]]:
    """Number of draws of each series that has several, and by how much they vary.

    ``cv`` is the median over periods of the draws' standard deviation by their mean.
    """
    rows = []
    for at, one in enumerate(lines.series):
        count, mean = lines.draws[:, at], lines.value[:, at]
        has = ~np.isnan(lines.se[:, at]) & (mean > 0)
        if has.any():
            deviation = lines.se[has, at] * np.sqrt(count[has])
            about = {"metric": lines.metric, "app": one.app, "market": one.market}
            most, cv = int(count[has].max()), float(np.median(deviation / mean[has]))
            rows.append(about | {"draws": most, "cv": cv})
    return rows


def _points(study: "Study") -> int:
    points = study.source(SOURCE).options.get("least_overlap", POINTS)
    if type(points) is not int or not 1 <= points <= 1000:
        raise CannotAsk(
            f"the option least_overlap needs a number of points, got {points!r:.40}"
        )
    return points


def _day(lines: Lines) -> str:
    return str(lines.periods[0].astype("datetime64[D]"))
