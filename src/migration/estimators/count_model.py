"""What an interrupted series of counts may be told beside its frame and design."""

from dataclasses import dataclass

from migration.errors import DesignError
from migration.estimators.choices import check_text, is_number, is_whole

SHAPES = ("window", "steps", "slopes")
MOST_PAIRS = 20


@dataclass(frozen=True, kw_only=True)
class CountModel:
    """What the mean of a count depends on, beside the day of the week.

    Parameters
    ----------
    shape : {"window", "steps", "slopes"}
        As for :func:`migration.estimators.interrupted_series.interrupted_series`.
    offset : str
        Column of the frame that holds each unit's exposure, in any unit; "" for none.
    harmonics : int
        Pairs of sines and cosines.
    cycle : float
        Their cycle in days.
    """

    shape: str = "window"
    offset: str = ""
    harmonics: int = 0
    cycle: float = 365.25

    def __post_init__(self) -> None:
        """Refuse what no model can hold."""
        if not isinstance(self.shape, str) or self.shape not in SHAPES:
            raise DesignError(
                f"shape is {self.shape!r}; counts have {SHAPES}, for pulses use "
                "interrupted_series on logs"
            )
        check_text(self.offset, "offset")
        pairs = is_whole(self.harmonics) and 0 <= self.harmonics <= MOST_PAIRS
        if not (pairs and is_number(self.cycle) and self.cycle > 1):
            raise DesignError(
                f"harmonics is {self.harmonics!r} and cycle {self.cycle!r}; use 0 to "
                f"{MOST_PAIRS} pairs and a cycle of more than a day"
            )
