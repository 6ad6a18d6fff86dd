"""What a reader must know of a scale before believing it, in words."""

import datetime as dt
from collections.abc import Iterator

from migration.sources.trends.lines import FREQUENCY, Lines
from migration.sources.trends.scales import Scale

# Where Google is recalled to annotate a change of method; not checked.
METHOD_BREAKS = {
    dt.date(2011, 1, 1): "the geographical assignment changed",
    dt.date(2016, 1, 1): "the collection of data changed",
    dt.date(2022, 1, 1): "the collection of data changed",
}
APART = 0.1  # share by which the median ratio may differ from that of the sums


def cautions_of(scale: Scale) -> Iterator[str]:
    """What a reader must know of a scale: method breaks, and links that disagree."""
    if len(scale.requests) < 2:
        return
    names = ", ".join(dict.fromkeys(f for r in scale.requests for f in r.files))
    first, last = _days(scale.lines)
    for day, what in METHOD_BREAKS.items():
        if first < day <= last and not all(
            _days(r) == (first, last) for r in scale.requests
        ):
            yield (
                f"{names[:200]}: stitched across {day}, when {what} (recalled, not "
                "checked): test for a shift of level there before believing the stitch"
            )
    for link in scale.links:
        if abs(link.median / link.factor - 1) > APART:
            ours, theirs = (
                ", ".join(scale.requests[at].files)[:100]
                for at in (link.request, link.to)
            )
            yield (
                f"{ours} and {theirs}: the median ratio of {link.points} points is "
                f"{link.median:.3g}, that of their sums {link.factor:.3g}: draws "
                "differ, or one point carries it"
            )


def breaks_of(scale: Scale) -> Iterator[dict[str, str]]:
    """Days on which a series may break by itself: requests meet, or a method changed.

    ``app``, ``day`` and ``what``, as the breaks of other sources.
    """
    for one, days in scale.meetings.items():
        for meeting in days:
            what = f"{one.market}: two requests of {scale.lines.metric} meet, linked"
            yield {"app": one.app, "day": meeting, "what": what}
    first, last = _days(scale.lines)
    for day, what in METHOD_BREAKS.items():
        if scale.lines.metric in FREQUENCY and first < day <= last:
            yield from (
                {"app": app, "day": day.isoformat(), "what": f"{what} (recalled)"}
                for app in sorted({one.app for one in scale.lines.series})
            )


def _days(lines: Lines) -> tuple[dt.date, dt.date]:
    ends = lines.periods[[0, -1]].astype("datetime64[D]").tolist()
    return ends[0], ends[1]
