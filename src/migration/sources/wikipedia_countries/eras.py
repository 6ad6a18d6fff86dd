"""The three releases of the day files: where each is, its noise and its threshold.

Seen in the releases' READMEs and in a reader of them that was checked against files:
the days, the directories, the columns, the noise, the thresholds and the days without
a file. Not verified here: that nothing of it has changed since.
"""

import datetime as dt
from dataclasses import dataclass

# Days within a release for which no file was ever published.
NO_FILE = frozenset(
    map(
        dt.date.fromisoformat,
        ("2017-06-26", "2017-07-24", "2020-07-19", "2020-07-20", "2022-10-19"),
    )
)


@dataclass(frozen=True, kw_only=True)
class Era:
    """One release of day files.

    Attributes
    ----------
    folder : str
    first, last : date
    columns : int
        7, or 6 where there is no column of Wikidata items.
    thresholds : tuple of int
        A noisy count up to its threshold is not released; where there are several,
        which one holds depends on the country and the day.
    noise : str
    """

    folder: str
    first: dt.date
    last: dt.date
    columns: int
    thresholds: tuple[int, ...]
    noise: str

    def bound(self, smallest: int) -> int:
        """The most that a count which was not released can have been.

        ``smallest`` is the smallest count that was released of the same country on
        the same day, which its threshold cannot exceed.
        """
        under = (t for t in self.thresholds if t <= smallest)
        return max(under, default=min(self.thresholds))


ERAS = (
    Era(
        folder="country_project_page_historical_pre_2017",
        first=dt.date(2015, 7, 1),
        last=dt.date(2017, 2, 8),
        columns=6,
        thresholds=(3500,),
        noise="two-sided geometric, scale 300: standard deviation about 424",
    ),
    Era(
        folder="country_project_page_historical",
        first=dt.date(2017, 2, 9),
        last=dt.date(2023, 2, 5),
        columns=7,
        thresholds=(450,),
        noise="two-sided geometric, scale 30: standard deviation about 42",
    ),
    # 450: days and countries that were filled in afterwards as the era before.
    Era(
        folder="country_project_page",
        first=dt.date(2023, 2, 6),
        last=dt.date.max,
        columns=7,
        thresholds=(90, 450, 550, 1000),
        noise="discrete Gaussian: standard deviation about 18, 90 or 180 by country",
    ),
)


def era_of(day: dt.date) -> Era | None:
    """The release that a day is in; None before the first and where no file is."""
    inside = (era for era in ERAS if era.first <= day <= era.last)
    return None if day in NO_FILE else next(inside, None)
